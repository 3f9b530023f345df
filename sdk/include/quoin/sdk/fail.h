/* SPDX-License-Identifier: MIT
 *
 * Saying why a call failed, from a plugin. */
#ifndef QUOIN_SDK_FAIL_H
#define QUOIN_SDK_FAIL_H

#include <quoin/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Fill *err (may be NULL) with `code` and the formatted text, cut to its room; returns `code`,
 * so that a function ends with `return qn_fail(err, QN_E_RANGE, ...)`. */
int32_t qn_fail(qn_err *err, int32_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif
#endif
