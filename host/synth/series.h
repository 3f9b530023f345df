/* SPDX-License-Identifier: MIT
 *
 * One series of one instrument, from the first minute to the last: the path, what is made of
 * it, and the rows that go to the catalog. */
#ifndef QUOIN_SYNTH_SERIES_H
#define QUOIN_SYNTH_SERIES_H

#include "synth.h"

#include "tape/writer.h"

/* Is told after each minute. */
typedef void (*series_tick)(void *ctx);

/* Can a type be made? With `has_trades` bars come from trades and may be of any length. */
int32_t series_check(data_type data, bool has_trades, qn_err *err);

/* Make the series of `ins` into the writer. Options that passed synth_check.
 *
 * out     its `rows`, `from` and `to` are filled in
 * returns QN_OK, or as the writer; then the writer is to be closed. */
int32_t series_make(const synth_options *opt, const synth_instrument *ins, data_type data,
                    bool has_trades, catalog_writer *w, series_tick tick, void *ctx,
                    synth_series *out, qn_err *err);

#endif
