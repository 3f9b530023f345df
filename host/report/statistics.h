/* SPDX-License-Identifier: MIT
 *
 * Performance statistics: one function and one row each; JSON, text and documentation follow
 * the table. A figure that is not defined is a NaN here and `null` or "n/a" outside. */
#ifndef QUOIN_REPORT_STATISTICS_H
#define QUOIN_REPORT_STATISTICS_H

#include "curve.h"
#include "trips.h"

#include <stddef.h>

/* What the statistics are computed from. */
typedef struct performance {
    const curve *curve;
    trip_totals trips;
    double periods_per_year; /* of the curve's samples */
    double traded;           /* notional of all fills, units of the currency */
} performance;

typedef enum statistic_unit {
    STATISTIC_RATIO, /* a plain number */
    STATISTIC_PART,  /* a fraction: 0.05 is 5 % */
    STATISTIC_DAYS,
    STATISTIC_COUNT,
    STATISTIC_MONEY, /* units of the currency */
} statistic_unit;

typedef struct statistic {
    const char *name;  /* in JSON */
    const char *title; /* for people */
    statistic_unit unit;
    double (*compute)(const performance *p);
    const char *definition; /* formula and source */
} statistic;

/* The table. */
size_t statistics(const statistic **out);

#endif
