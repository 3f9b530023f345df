/* SPDX-License-Identifier: MIT
 *
 * State as bytes: a writer that grows, and a reader that checks. Numbers are little-endian
 * whatever the machine, doubles are their bit patterns, so the same state is the same bytes.
 *
 * Both keep their first error and do nothing after it: a function that writes or reads many
 * values checks once, at its end. Values read after an error are 0.
 *
 * Sections. A part of the state stands behind {u32 tag, u32 CRC32C of the part, u64 length}, so
 * that a reader can say which part is damaged, and never takes damaged numbers for true ones.
 * Sections may lie in sections. */
#ifndef QUOIN_BASE_BYTES_H
#define QUOIN_BASE_BYTES_H

#include <quoin/number.h>
#include <quoin/state.h>

#include <stdbool.h>
#include <stddef.h>

/* ------------------------------------------------------------------ writing */

/* All zero is an empty one. The owner frees it by bytes_free. */
typedef struct bytes_out {
    unsigned char *data;
    size_t used, room;
    int32_t code; /* of the first error */
} bytes_out;

void bytes_free(bytes_out *out);

/* QN_OK, or the first error: QN_E_NO_MEMORY; QN_E_OVERFLOW: a text of 4 GiB. `data` is then not
 * whole. */
int32_t bytes_check(const bytes_out *out, qn_err *err);

void bytes_put(bytes_out *out, const void *from, size_t n);
void bytes_put_u8(bytes_out *out, uint8_t value);
void bytes_put_u32(bytes_out *out, uint32_t value);
void bytes_put_u64(bytes_out *out, uint64_t value);
void bytes_put_i64(bytes_out *out, int64_t value);
void bytes_put_wide(bytes_out *out, qn_wide value);
void bytes_put_double(bytes_out *out, double value);
/* u32 length and the text, without its NUL. */
void bytes_put_text(bytes_out *out, const char *text);

/* A tag is four letters: BYTES_TAG('L', 'E', 'D', 'G'). */
#define BYTES_TAG(a, b, c, d)                                                                      \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* Begin a section, and end it with what begin returned. */
size_t bytes_begin(bytes_out *out, uint32_t tag);
void bytes_end(bytes_out *out, size_t begun);

/* A stream that writes behind what is there, for qn_class.save. Lives as long as `out`. */
qn_stream bytes_stream_out(bytes_out *out);

/* ------------------------------------------------------------------ reading */

/* The bytes are borrowed, and live as long as the reader. */
typedef struct bytes_in {
    const unsigned char *data;
    size_t size, at;
    size_t origin; /* of data[0] in the outermost reader: for messages */
    uint32_t tag;  /* of the section that is read, 0 = none: for messages */
    int32_t code;  /* of the first error */
    qn_err err;    /* and what it was */
} bytes_in;

bytes_in bytes_reader(const void *data, size_t n);

/* QN_OK, or the first error (QN_E_DAMAGED, as a rule), with section and place. */
int32_t bytes_in_check(const bytes_in *in, qn_err *err);
/* The same; that something was left unread is QN_E_DAMAGED as well. */
int32_t bytes_in_end(bytes_in *in, qn_err *err);

/* Bytes not read yet; 0 after an error. */
size_t bytes_left(const bytes_in *in);

void bytes_get(bytes_in *in, void *to, size_t n);
/* The next `n` bytes where they lie; NULL after an error. */
const void *bytes_borrow(bytes_in *in, size_t n);
uint8_t bytes_get_u8(bytes_in *in);
uint32_t bytes_get_u32(bytes_in *in);
uint64_t bytes_get_u64(bytes_in *in);
int64_t bytes_get_i64(bytes_in *in);
qn_wide bytes_get_wide(bytes_in *in);
double bytes_get_double(bytes_in *in);
/* A byte that is 0 or 1. */
bool bytes_get_bool(bytes_in *in);
/* A text into `room` bytes, its NUL included. An error if it does not fit, or holds a NUL. */
void bytes_get_text(bytes_in *in, char *to, size_t room);
/* A u64: how many things of at least `each` (> 0) bytes follow. More than what is left could hold
 * is an error, so that memory can be taken for them. */
size_t bytes_get_count(bytes_in *in, size_t each);

/* A rule that the values read so far must follow: if it does not hold, the state is damaged, and
 * `what` says in what. Does nothing after an error. Returns whether all is well. */
bool bytes_require(bytes_in *in, bool holds, const char *what);

/* The section that follows, which must have this tag and be whole: a reader of its own. After an
 * error it is an empty one with the same error. */
bytes_in bytes_section(bytes_in *in, uint32_t tag);
/* The tag of the section that follows, 0 = there is none (the end, or an error). */
uint32_t bytes_peek(const bytes_in *in);

/* A stream that reads on from where the reader stands, for qn_class.load. Lives as long as
 * `in`. */
qn_stream bytes_stream_in(bytes_in *in);

#endif
