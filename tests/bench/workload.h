/* SPDX-License-Identifier: MIT
 *
 * The workload of the benchmarks: one-minute bars and the five trades each is made of.
 *
 * Generated, so that anybody can make the same bytes: splitmix64 (Steele, Lea and Flood, 2014),
 * integer arithmetic only. Prices are ticks of 0.25, which doubles hold exactly: sums of them
 * are not rounded, and a tie of two averages is a tie in every program. */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stdint.h>

#define WORKLOAD_TRADES 5           /* a bar */
#define WORKLOAD_MINUTE_MS 60000    /* */
#define WORKLOAD_BARS 1000000       /* of the published figures */
#define WORKLOAD_FILLS 27356        /* of the level rule below, on that many bars */
#define WORKLOAD_EQUITY 593592.4832 /* at its end */

/* The strategy that all of them run, long or flat, one unit: after the close of bar 50 and each
 * one behind it, flat and SMA 10 above SMA 50: buy at the next open; long and SMA 10 below
 * SMA 50: sell at the next open. 4 basis points a fill, 1,000,000 to begin with. */
#define WORKLOAD_FAST 10
#define WORKLOAD_SLOW 50
#define WORKLOAD_FEE 4e-4
#define WORKLOAD_CASH 1e6

typedef struct workload_trade {
    int64_t ts_ms;
    int64_t price; /* ticks of 0.25 */
    int64_t qty;   /* thousandths */
    int32_t is_buyer_maker;
    uint32_t id; /* from 1 */
} workload_trade;

typedef struct workload_bar {
    int64_t ts_ms; /* of the open */
    int64_t open, high, low, close;
    int64_t volume;
} workload_bar;

typedef struct workload {
    uint64_t state;
    int64_t ts_ms, price;
    uint32_t id;
} workload;

/* At 2020-01-01T00:00Z and a price of 50,000. */
workload workload_begin(void);

/* The trades of the next minute, and their bar. */
void workload_next(workload *w, workload_trade trades[WORKLOAD_TRADES], workload_bar *bar);

#endif
