/* SPDX-License-Identifier: MIT
 *
 * The report's struct, shared by its files: report.c watches the run, tables.c writes the
 * CSV files, summary.c the result; performance.c makes of the curve what statistics.c needs,
 * sheet.c gathers and page.c draws the tear sheet. */
#ifndef QUOIN_REPORT_INTERNAL_H
#define QUOIN_REPORT_INTERNAL_H

#include "report.h"

#include "base/file.h"
#include "curve.h"
#include "statistics.h"
#include "trips.h"

enum { TABLE_ORDERS, TABLE_FILLS, TABLE_TRADES, TABLE_EQUITY, TABLES };

struct report {
    engine *engine;
    config *cfg;
    const char *dir; /* NULL = no files */
    const char *version;
    const report_recorded *recorded; /* NULL = the run happens now */
    const account *accounts;         /* the ledger's */
    uint32_t naccounts;
    const char *currency;      /* of the curve: the first account's */
    int64_t started, finished; /* wall time, ns */
    curve curve;
    bool is_moving; /* a mark changes equity, or a fill did since the curve saw it */
    trips *trips;
    qn_wide volume;                          /* notional of all fills, money */
    qn_wide traded;                          /* the part of it in the report's currency */
    trip_totals done;                        /* trips in the report's currency */
    int64_t benchmark_first, benchmark_last; /* prices, mantissas; 0 = none seen */
    uint32_t benchmark;                      /* instrument, or NO_BENCHMARK */
    performance performance;                 /* once the run is over */
    file_out tables[TABLES];
    struct sheet *sheet; /* NULL = no files */
};

#define NO_BENCHMARK UINT32_MAX

/* tables.c */
int32_t tables_open(report *r, qn_err *err);
void tables_order(report *r, const order *o);
void tables_fill(report *r, const qn_fill *fill, const order *o, int64_t realized);
void tables_trip(report *r, const trip *t);
void tables_sample(report *r, const curve_sample *s);
int32_t tables_close(report *r, qn_err *err);

/* "sma-17": the strategy's id and its counter. `to` has ORDER_TEXT bytes. */
#define ORDER_TEXT 96
void order_text(const report *r, uint64_t id, char to[ORDER_TEXT]);
const char *side_text(uint32_t side);

/* summary.c: report.json and manifest.json; NULL when out of memory. */
struct json_object;
struct json_object *summary_json(const report *r);
struct json_object *summary_manifest(const report *r);

#endif
