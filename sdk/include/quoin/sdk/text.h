/* SPDX-License-Identifier: MIT
 *
 * Text into a buffer of the caller's, piece by piece, with one check at the end: what does not
 * fit sets `is_cut`, and nothing behind it is written.
 *
 *   char room[256];
 *   qn_text t = QN_TEXT(room);
 *   qn_text_add(&t, "x = ");
 *   qn_text_add_real(&t, x);
 *   if (t.is_cut) return QN_E_FULL; */
#ifndef QUOIN_SDK_TEXT_H
#define QUOIN_SDK_TEXT_H

#include <quoin/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A text that grows. Invariants: used < room, to[used] is NUL. The buffer is the caller's. */
typedef struct qn_text {
    char *to;
    uint64_t room; /* bytes at `to`, > 0; one is kept for the NUL */
    uint64_t used; /* bytes, without the NUL */
    uint32_t is_cut;
    uint32_t rsv0;
} qn_text;

/* An empty text in an array. */
#define QN_TEXT(array)                                                                             \
    {                                                                                              \
        (array), sizeof(array), 0, 0, 0                                                            \
    }

/* Back to a length that `used` had before: what was added since is gone, is_cut is 0. */
void qn_text_back_to(qn_text *t, uint64_t used);

void qn_text_add_n(qn_text *t, const char *text, uint64_t len);
void qn_text_add(qn_text *t, const char *text); /* NULL adds nothing */
void qn_text_add_char(qn_text *t, char c);
void qn_text_add_count(qn_text *t, uint64_t value);
void qn_text_add_integer(qn_text *t, int64_t value);

/* The shortest of 15, 16 and 17 digits that reads back as the same double: "0.1", "1e+300". What is
 * not finite is "null", because neither JSON nor a person has a number for it. */
void qn_text_add_real(qn_text *t, double value);

/* mantissa x 10^exp as qn_decimal_format writes it. */
void qn_text_add_decimal(qn_text *t, int64_t mantissa, int32_t exp);

/* ISO 8601, UTC: "2020-01-01T00:00:00.000000000Z"; short: without a fraction that is zero. */
void qn_text_add_time(qn_text *t, int64_t ts_ns);
void qn_text_add_time_short(qn_text *t, int64_t ts_ns);

/* The inside of a JSON string: quotes, backslashes and control characters escaped; a byte that
 * is not UTF-8 becomes U+FFFD, so that the result is JSON whatever the text was. */
void qn_text_add_json(qn_text *t, const char *text);

/* Text of others in a line of ours: a control character becomes "?", a byte that is not UTF-8
 * U+FFFD, so that it cannot break the line or steer a terminal. */
void qn_text_add_clean(qn_text *t, const char *text);

#ifdef __cplusplus
}
#endif
#endif
