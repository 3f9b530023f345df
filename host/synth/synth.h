/* SPDX-License-Identifier: MIT
 *
 * Synthetic markets: perpetuals made from a seed, written into a catalog (docs/synthetic-data.md).
 *
 * The same options give the same bytes on every machine: integers, and doubles with + - x /
 * and square root alone (maths.h). Each series of an instrument is made in a pass of its own
 * over the same path, so that memory does not grow with the span, and no series depends on
 * which others were asked for. The one exception is said at `bars`.
 *
 * Whatever is made is of the venue "synthetic", so that everything that names an instrument
 * says so. Not thread-safe. */
#ifndef QUOIN_SYNTH_SYNTH_H
#define QUOIN_SYNTH_SYNTH_H

#include "path.h"

#include "tape/catalog.h"

#define SYNTH_VENUE "synthetic"
#define SYNTH_TYPES_MAX 16
#define SYNTH_RATE_MAX 100.0 /* trades a second */
#define SYNTH_VOLATILITY_MAX 10.0
#define SYNTH_DRIFT_MAX 10.0 /* on both sides of zero */

typedef struct synth_instrument {
    qn_instrument definition; /* of the venue SYNTH_VENUE; `number` is ignored */
    int64_t price;            /* that it begins at: a mantissa, a multiple of the tick */
} synth_instrument;

typedef struct synth_options {
    const char *catalog;
    const synth_instrument *instruments; /* no two of one name */
    size_t ninstruments;
    path_options path;
    double trade_rate; /* trades a second, on the average; above 0 */
    /* The span: trades and quotes from `from` to before `to`; marks, rates and the ends of bars
     * after `from` to `to`. Whole minutes, and whole bars of each length asked for. */
    int64_t from, to;
    /* What is made: bars, trade, quote, mark, index, funding. Bars are the aggregation of the
     * trades if trades are made, of the path itself otherwise: then of whole minutes only. */
    const data_type *types;
    size_t ntypes;

    /* Is told from time to time how far it is, 0 to 1. NULL = nobody asks. */
    void (*progress)(void *ctx, double part);
    void *progress_ctx;
} synth_options;

/* One series that was made. */
typedef struct synth_series {
    const char *instrument; /* in the options */
    data_type data;
    uint64_t rows;
    int64_t from, to; /* start of the first row, end of the last; 0 without rows */
} synth_series;

typedef struct synth_result {
    synth_series *series; /* by instrument, then type, as asked for */
    size_t n;
    uint64_t rows; /* of all */
} synth_result;

/* Judge the options alone.
 *
 * returns QN_OK; QN_E_MISSING, QN_E_RANGE, QN_E_INVALID, QN_E_DUPLICATE with the option's name
 *         as the command line has it. */
int32_t synth_check(const synth_options *opt, qn_err *err);

/* Make everything and publish it at once.
 *
 * returns QN_OK; what synth_check returns; QN_E_EXISTS if the catalog has data of one of these
 *         instruments and types within the span, or another definition of an instrument; or as
 *         the catalog's writer. On an error, and when the process is killed, the catalog is as
 *         it was, and *out is empty. */
int32_t synth_run(const synth_options *opt, synth_result *out, qn_err *err);

void synth_result_free(synth_result *result); /* an all zero one is fine */

#endif
