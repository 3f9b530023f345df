/* SPDX-License-Identifier: MIT
 *
 * Periods: which stretch of time one file of the catalog holds.
 *
 *   trade, quote, depth, liquidation             a UTC day    "2020-01-31"
 *   bars below 1 h, mark, index                  a month      "2020-01"
 *   bars below 1 d                               a year       "2020"
 *   other bars, funding                          everything   "all"
 *
 * A bar belongs to the period of its open, everything else to that of its engine time, which
 * never goes back, so that files follow each other in time. */
#ifndef QUOIN_TAPE_PERIOD_H
#define QUOIN_TAPE_PERIOD_H

#include "catalog.h"
#include "event_table.h"

/* Times that can be stored: the years that have a text. */
#define STORED_TS_MIN (-9214560000 * QN_NS_PER_S)    /* 1678-01-01 */
#define STORED_TS_MAX (9214646400 * QN_NS_PER_S - 1) /* 2261-12-31, its last ns */

#define PERIOD_TEXT 16

typedef struct period {
    int64_t start, end; /* ns; end is not part of it */
    char text[PERIOD_TEXT];
} period;

/* The period of `data` that holds `ts_ns`, a time that can be stored. */
period period_of(data_type data, int64_t ts_ns);

/* The period that `text` names. QN_OK, or QN_E_SYNTAX if `data` has none of that name. */
int32_t period_parse(data_type data, const char *text, period *out);

/* The time by which an event is assigned to a period. */
int64_t period_key(const qn_event *ev);

#endif
