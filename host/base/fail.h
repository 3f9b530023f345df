/* SPDX-License-Identifier: MIT
 *
 * Saying why something failed. */
#ifndef QUOIN_BASE_FAIL_H
#define QUOIN_BASE_FAIL_H

#include <quoin/error.h>

#include <stdbool.h>

/* Fill `err` (may be NULL) with `code` and the formatted text, cut to its room. Returns
 * `code`, so that a function can end with `return fail(err, QN_E_..., ...)`. */
int32_t fail(qn_err *err, int32_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As fail(), with ": " and the text of errno behind it. QN_E_NO_MEMORY for ENOMEM. */
int32_t fail_errno(qn_err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The constant's name ("QN_E_RANGE", "QN_OK") and its meaning; "?" for an unknown code. */
const char *error_name(int32_t code);
const char *error_meaning(int32_t code);

/* What a plugin or a call has to say of its failure: its text, else what its code means. */
const char *error_text(const qn_err *err, int32_t code);

#endif
