/* SPDX-License-Identifier: MIT
 *
 * Performance statistics: one function and one row each; JSON, text, tear sheet and documentation
 * follow the table. A figure that is not defined is a NaN here and `null` or "n/a" outside, and
 * its row says why. The arithmetic of returns is the SDK's, <quoin/sdk/performance.h>. */
#ifndef QUOIN_REPORT_STATISTICS_H
#define QUOIN_REPORT_STATISTICS_H

#include "curve.h"
#include "trips.h"

#include <quoin/host.h>
#include <quoin/sdk/performance.h>

/* What the statistics are computed from. The first part is given; the second part is made of it by
 * performance_prepare, once for all rows. */
typedef struct performance {
    const curve *curve; /* ended */
    trip_totals trips;
    double periods_per_year; /* of the curve's samples */
    double traded;           /* notional of all fills, units of the currency */

    double years; /* of the run */
    qn_moments moments;
    qn_drawdowns drawdowns;                                 /* of the samples */
    qn_relative relative;                                   /* to the benchmark */
    double sortino, downside, omega, positive, best, worst; /* of a period; of the returns */
    double var[2], es[2];                                   /* historical, at 95 and 99 % */
} performance;

/* Make the second part. Periods without a return are left out; of the figures to the benchmark
 * those without one of its returns, too.
 *
 * returns QN_OK; QN_E_NO_MEMORY: none was left, or the curve had none left while it ran. Then the
 * second part is unchanged. */
int32_t performance_prepare(performance *p, qn_err *err);

typedef enum statistic_unit {
    STATISTIC_RATIO, /* a plain number */
    STATISTIC_PART,  /* a fraction: 0.05 is 5 % */
    STATISTIC_DAYS,
    STATISTIC_COUNT,
    STATISTIC_MONEY, /* units of the currency */
} statistic_unit;

/* What it says something about. Rows of one group need not stand together in the table. */
typedef enum statistic_group {
    STATISTIC_RETURN,
    STATISTIC_RISK,
    STATISTIC_DRAWDOWN,
    STATISTIC_TAIL,
    STATISTIC_REWARD, /* return for risk */
    STATISTIC_TRADES,
    STATISTIC_ACTIVITY,
    STATISTIC_BENCHMARK,
    STATISTIC_GROUPS
} statistic_group;

/* "Return", "Risk", ... */
const char *statistic_group_title(statistic_group group);

typedef struct statistic {
    const char *name;  /* in JSON */
    const char *title; /* for people */
    statistic_unit unit;
    statistic_group group;
    double (*compute)(const performance *p);
    const char *definition; /* formula */
    const char *source;     /* author and year, NULL where the words say it all */
    const char *undefined;  /* when it is a NaN; NULL = never */
    bool is_headline;       /* in the summary for a terminal */
} statistic;

/* The table. */
size_t statistics(const statistic **out);

/* Put a figure as results have it: counts are integers, money is a decimal text, what is not
 * defined is null. False when memory ran out, as json_put. */
struct json_object;
bool statistic_put(struct json_object *to, const statistic *s, double value);

#endif
