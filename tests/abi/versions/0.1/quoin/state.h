/* SPDX-License-Identifier: MIT
 *
 * State: what an instance carries over a reload or a restart, as bytes in a stream.
 *
 * A class numbers the layouts of its state ("schema", see qn_class). It writes the current
 * one and reads every one back to schema_min, so that a new build takes over from an old one.
 * Saving what was loaded gives the same bytes; no pointers, no wall clock, doubles as bit
 * patterns. sdk/ has helpers that do both from a table of fields. */
#ifndef QUOIN_STATE_H
#define QUOIN_STATE_H

#include <quoin/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A stream of bytes. Short counts are legal: the caller goes on until it has all. */
typedef struct qn_stream {
    uint32_t size;
    uint32_t rsv0;
    void *ctx;
    /* Read up to `n` bytes. Returns the count, 0 at the end, or an error. [event & quiesced] */
    int64_t (*read)(void *ctx, void *to, uint64_t n); /* [event & quiesced] */
    /* Write up to `n` bytes. Returns the count (> 0) or an error. [event & quiesced] */
    int64_t (*write)(void *ctx, const void *from, uint64_t n); /* [event & quiesced] */
} qn_stream;

#ifdef __cplusplus
}
#endif
#endif
