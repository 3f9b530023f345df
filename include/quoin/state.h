/* SPDX-License-Identifier: MIT
 *
 * State: what an instance carries over a reload or a restart, as bytes in a stream.
 *
 * The class numbers the layouts of its state ("schema"). It writes the current one and
 * reads every one back to schema_min, so that a new build takes over from an old one.
 * Saving what was loaded gives the same bytes; no pointers, no wall clock, doubles as bit
 * patterns. sdk/ has helpers that make both functions from a table of fields. */
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

#define QN_EXT_STATE "qn.state/1"

/* Extension of a class: its state. A class without it starts anew at each reload. */
typedef struct qn_state {
    uint32_t size;
    uint32_t schema;     /* the layout that save writes, >= 1 */
    uint32_t schema_min; /* the oldest layout that load reads */
    uint32_t rsv0;
    /* Write the state. Does not change the instance. On error the stream is discarded. */
    int32_t (*save)(const void *self, const qn_stream *to, qn_err *err); /* [event & quiesced] */
    /* Read a state of layout `schema`, schema_min <= schema <= the current one, into an
     * instance that was created and has seen no event. On error the instance is destroyed. */
    int32_t (*load)(void *self, uint32_t schema, const qn_stream *from,
                    qn_err *err); /* [control & !active] */
} qn_state;

#ifdef __cplusplus
}
#endif
#endif
