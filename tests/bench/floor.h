/* SPDX-License-Identifier: MIT
 *
 * The strategy of the workload as bare as it can be, and the table by which the floor calls it
 * when it comes from a shared object: no events, no checks, no books. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include "workload.h"

typedef struct floor_bar {
    int64_t ts_ms;
    double open, high, low, close, volume;
} floor_bar;

typedef struct floor_sma {
    double ring[WORKLOAD_SLOW];
    double fast, slow; /* sums */
    int64_t n, at;
} floor_sma;

/* What to trade at the next open: 1, -1 or 0. */
typedef struct floor_strategy {
    int (*on_bar)(floor_sma *self, const floor_bar *bar, int position);
} floor_strategy;

static inline int floor_sma_on_bar(floor_sma *s, const floor_bar *bar, int position)
{
    int64_t leaves = s->at - WORKLOAD_FAST;

    if (leaves < 0) leaves += WORKLOAD_SLOW;
    s->fast += bar->close - s->ring[leaves];
    s->slow += bar->close - s->ring[s->at];
    s->ring[s->at] = bar->close;
    if (++s->at == WORKLOAD_SLOW) s->at = 0;
    if (++s->n < WORKLOAD_SLOW) return 0;
    if (position == 0) return s->fast / WORKLOAD_FAST > s->slow / WORKLOAD_SLOW;
    return -(s->fast / WORKLOAD_FAST < s->slow / WORKLOAD_SLOW);
}

#endif
