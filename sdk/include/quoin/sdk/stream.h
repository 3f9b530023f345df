/* SPDX-License-Identifier: MIT
 *
 * Whole values through a qn_stream, whose counts may be short. For the save and load of a class
 * that writes its state by hand; most need no more than fields.h. */
#ifndef QUOIN_SDK_STREAM_H
#define QUOIN_SDK_STREAM_H

#include <quoin/state.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Write `n` bytes. QN_OK or the stream's error. [event & quiesced] */
int32_t qn_stream_put(const qn_stream *to, const void *from, uint64_t n, qn_err *err);

/* Read `n` bytes. QN_OK; QN_E_DAMAGED: the stream ends before; or the stream's error. What was
 * read up to there is then in *to. [event & quiesced] */
int32_t qn_stream_get(const qn_stream *from, void *to, uint64_t n, qn_err *err);

#ifdef __cplusplus
}
#endif
#endif
