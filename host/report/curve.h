/* SPDX-License-Identifier: MIT
 *
 * The equity curve: seen at every mark, sampled on a grid of time.
 *
 * The grid is the start, each UTC multiple of the sample length, and the end. A mark at
 * exactly a grid time belongs to the sample that ends there. Memory does not grow with the
 * run: what the statistics need is carried along. */
#ifndef QUOIN_REPORT_CURVE_H
#define QUOIN_REPORT_CURVE_H

#include <quoin/number.h>

#include <stdbool.h>

/* One point of the grid. Money, and the drawdown as a fraction of the peak, >= 0. */
typedef struct curve_sample {
    int64_t ts;
    int64_t equity, cash;
    double drawdown;
} curve_sample;

/* Gets each sample as it is final. */
typedef void (*curve_sink)(void *ctx, const curve_sample *sample);

/* Invariants: peak >= every equity seen; trough <= every equity since the peak. */
typedef struct curve {
    curve_sink sink;
    void *ctx;
    int64_t sample_ns;
    int64_t next;              /* next grid time */
    int64_t first_ts, last_ts; /* of the curve; of the last mark */
    int64_t first_equity, equity, cash;
    int64_t peak, trough, peak_ts;
    double max_drawdown; /* fraction, over all marks */
    int64_t longest_ns;  /* longest time from a peak until it is reached again, or the end */
    int64_t exposed_ns;  /* time with an open position */
    /* simple returns between samples, by Welford's method (1962) */
    uint64_t returns;
    double mean, sum_squares; /* sum of squared differences to the mean */
    double downside;          /* sum of min(r, 0)^2 */
    double equity_sum;        /* of the samples, for the mean */
    uint64_t samples;
    int64_t sampled; /* equity of the last sample */
} curve;

/* Begin at `ts` with the first sample. */
void curve_begin(curve *c, int64_t sample_ns, int64_t ts, int64_t equity, int64_t cash,
                 curve_sink sink, void *ctx);

/* Time goes on to `ts`; `is_exposed`: a position was open, so that equity is known again at the
 * next mark only. Without one it stays as it is, at a peak too. Times that have passed already
 * are ignored. */
void curve_pass(curve *c, int64_t ts, bool is_exposed);

/* A new equity at `ts`: curve_pass, then the change. */
void curve_mark(curve *c, int64_t ts, int64_t equity, int64_t cash, bool is_exposed);

/* End with the last mark, which is the last sample. */
void curve_end(curve *c, int64_t ts, int64_t equity, int64_t cash, bool is_exposed);

#endif
