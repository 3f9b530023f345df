/* SPDX-License-Identifier: MIT
 *
 * A window over the last values of a series, with exact sums of any of its ends.
 *
 * It keeps cumulative sums in 128 bits, so that the sum of the last n values is one
 * subtraction for every n, and never carries a rounding error along. */
#ifndef QUOIN_SDK_WINDOW_H
#define QUOIN_SDK_WINDOW_H

#include <quoin/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Invariants: mask + 1 is a power of two > room; count <= room; sums[head & mask] is the sum
 * of all values ever pushed. All zero = not yet made. */
typedef struct qn_window {
    qn_wide *sums;
    uint64_t head;  /* values pushed since it was made or loaded */
    uint64_t mask;  /* of the ring */
    uint64_t room;  /* values it holds when full */
    uint64_t count; /* values it holds now */
} qn_window;

/* Make a window of the last `room` values, 1 .. 2^24, in the instance's arena. [control]
 * QN_OK; QN_E_RANGE; QN_E_NO_MEMORY: the window is unchanged. */
int32_t qn_window_init(qn_window *w, const qn_setup *setup, int64_t room, qn_err *err);

/* Add a value; the oldest leaves when the window is full. [event] */
static inline void qn_window_push(qn_window *w, int64_t value)
{
    w->sums[(w->head + 1) & w->mask] = w->sums[w->head & w->mask] + value;
    w->head++;
    w->count += w->count < w->room;
}

/* True once it holds `room` values. [event] */
static inline int qn_window_is_full(const qn_window *w)
{
    return w->count == w->room;
}

/* The exact sum of the last n values, 0 <= n <= count. [event] */
static inline qn_wide qn_window_sum(const qn_window *w, uint64_t n)
{
    return w->sums[w->head & w->mask] - w->sums[(w->head - n) & w->mask];
}

/* The value pushed `back` values ago, 0 = the last one; back < count. [event] */
static inline int64_t qn_window_at(const qn_window *w, uint64_t back)
{
    return (int64_t)(w->sums[(w->head - back) & w->mask] - w->sums[(w->head - back - 1) & w->mask]);
}

#ifdef __cplusplus
}
#endif
#endif
