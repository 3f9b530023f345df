/* SPDX-License-Identifier: MIT
 *
 * The equity curve: seen at every mark, sampled on a grid of time.
 *
 * The grid is the start, each UTC multiple of the sample length, and the end. A mark at
 * exactly a grid time belongs to the sample that ends there.
 *
 * The returns between samples are kept, 8 bytes each, and as much again for those of a benchmark:
 * with a sample a day 3 kB a year, with one a minute 4 MB. That is all that grows with the run;
 * the first CURVE_ROOM of them have their place from the start. */
#ifndef QUOIN_REPORT_CURVE_H
#define QUOIN_REPORT_CURVE_H

#include <quoin/number.h>

#include <stdbool.h>
#include <stddef.h>

/* One point of the grid. Money, and the drawdown as a fraction of the peak, >= 0. */
typedef struct curve_sample {
    int64_t ts;
    int64_t equity, cash;
    double drawdown;
} curve_sample;

/* Gets each sample as it is final. */
typedef void (*curve_sink)(void *ctx, const curve_sample *sample);

#define CURVE_ROOM 4096

/* Invariants: peak >= every equity seen; trough <= every equity since the peak; returns, and
 * references if there are any, have nreturns values. */
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
    int64_t deepest_ts;  /* time of the mark that made max_drawdown */
    int64_t recovery_ns; /* from then until its peak was reached again */
    bool is_recovered;   /* it was; without a drawdown it is not */
    int64_t below_ns;    /* time below a peak */
    int64_t exposed_ns;  /* time with an open position */
    /* simple returns between samples, of equity and of the benchmark's price; NaN where there is
     * none: what it would start from is not above 0, or not yet known */
    double *returns, *references;
    size_t nreturns, returns_room, references_room;
    bool has_reference;                   /* there is a benchmark */
    bool is_short;                        /* memory ran out: the last returns are missing */
    int64_t reference, reference_sampled; /* its price; at the last sample. 0 = none yet */
    double equity_sum;                    /* of the samples, for the mean */
    uint64_t samples;
    int64_t sampled; /* equity of the last sample */
} curve;

/* Begin at `ts` with the first sample. `has_reference`: a benchmark's prices will be told, too. */
void curve_begin(curve *c, int64_t sample_ns, int64_t ts, int64_t equity, int64_t cash,
                 bool has_reference, curve_sink sink, void *ctx);

/* Give back its memory. Of a curve that has not begun, all zero, too. */
void curve_free(curve *c);

/* Samples before `ts`, with equity as it is. */
void curve_sample_before(curve *c, int64_t ts);

/* Time goes on to `ts`; `is_exposed`: a position was open, so that equity is known again at the
 * next mark only. Without one it stays as it is, at a peak too. Times that have passed already
 * are ignored. */
void curve_pass(curve *c, int64_t ts, bool is_exposed);

/* A new equity at `ts`: curve_pass, then the change. */
void curve_mark(curve *c, int64_t ts, int64_t equity, int64_t cash, bool is_exposed);

/* A price of the benchmark, > 0, at `ts`. Inline: it comes with each of its market events. */
static inline void curve_reference(curve *c, int64_t ts, int64_t price)
{
    if (c->next < ts) curve_sample_before(c, ts);
    c->reference = price;
    if (ts <= c->first_ts && c->nreturns == 0) c->reference_sampled = price;
}

/* End with the last mark, which is the last sample. */
void curve_end(curve *c, int64_t ts, int64_t equity, int64_t cash, bool is_exposed);

#endif
