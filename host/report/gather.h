/* SPDX-License-Identifier: MIT
 *
 * What the sheet knows of the run so far, shared by its files: sheet.c follows the run,
 * sheet_equity.c the money and its months, sheet_lists.c keeps the best, the worst and the
 * most frequent, sheet_fills.c the fills of a chart. */
#ifndef QUOIN_REPORT_GATHER_H
#define QUOIN_REPORT_GATHER_H

#include "internal.h"
#include "sheet.h"

/* An instrument: its units, and what its position is worth. */
typedef struct gather_instrument {
    const position *net; /* the ledger's */
    double price, qty;   /* 1 of a mantissa, in units */
    int64_t value;       /* of the net position at the last mark or fill, money; as summed up */
    bool is_counted;     /* settles in the report's currency */
} gather_instrument;

/* The series that every mark adds to. */
enum { SERIES_EQUITY, SERIES_DRAWDOWN, SERIES_EXPOSURE, SERIES_NET, SERIES };

/* Their last buckets, side by side: a mark changes three cache lines instead of a dozen. Written
 * back before anything else is done with the series. */
typedef struct gather_buckets {
    int64_t end; /* values before it fall into these buckets; INT64_MIN = there are none */
    int64_t to;
    double low[SERIES], high[SERIES], last[SERIES];
} gather_buckets;

/* Invariants: gross and net are the sums of |value| and value of the counted instruments. */
typedef struct gather {
    gather_instrument *instruments;
    qn_wide gross, net;
    int64_t equity, cash; /* as they were last seen, money */
    int64_t peak, trough; /* money; the lowest equity since the peak */
    gather_buckets buckets;
    double per_peak;           /* 1 / peak; 0 = the peak is not above 0 */
    int64_t first_ts, last_ts; /* market time at which the run began; last seen, ns */
    int64_t month_end;         /* midnight that ends the month under way, ns */
    bool is_moving;            /* the books have changed since equity was last seen */
    /* of fills and payments since then: they enter the month together with what they did */
    double traded, fees, funding;
} gather;

static inline double sheet_money(int64_t money)
{
    return (double)money * 1e-8;
}

/* sheet_equity.c */
void equity_begin(sheet *s, const struct report *r);
/* Before the books change: what stood still did so until `ts`. */
void equity_hold(sheet *s, int64_t ts);
/* The position in an instrument may have a new value. */
void equity_weigh(sheet *s, uint32_t instrument);
void equity_see(sheet *s, const struct report *r, int64_t ts, int64_t equity, int64_t cash);
/* Ends the months before `ts`. */
void months_pass(sheet *s, const struct report *r, int64_t ts);
void equity_end(sheet *s, const struct report *r);

/* sheet_lists.c */
void drawdowns_add(sheet *s, const sheet_drawdown *d);
void trades_add(sheet *s, const sheet_trade *t);
void refusals_add(sheet *s, uint32_t state, uint32_t reason);
void refusals_sort(sheet *s);

/* sheet_fills.c */
void fills_add(sheet_chart *c, int64_t ts, uint32_t side, double price, double qty);

#endif
