/* SPDX-License-Identifier: MIT
 *
 * One series of one instrument, from the first minute to the last: the path, what is made of
 * it, and the rows that go to the catalog. */
#ifndef QUOIN_SYNTH_SERIES_H
#define QUOIN_SYNTH_SERIES_H

#include "synth.h"

#include "tape/writer.h"

/* Can a type be made? With `has_trades` bars come from trades and may be of any length.
 *
 * returns QN_OK; QN_E_INVALID, with the option's name. */
int32_t series_check(data_type data, bool has_trades, qn_err *err);

/* Make the series of `ins` into the writer. Options that passed synth_check.
 *
 * minute_done  called with `ctx` after each minute
 * out          its `rows`, `from` and `to` are filled in
 * returns QN_OK, or as the writer; then the writer is to be closed. */
int32_t series_make(const synth_options *opt, const synth_instrument *ins, data_type data,
                    bool has_trades, catalog_writer *w, void (*minute_done)(void *ctx), void *ctx,
                    synth_series *out, qn_err *err);

#endif
