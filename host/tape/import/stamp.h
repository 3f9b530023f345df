/* SPDX-License-Identifier: MIT
 *
 * Times as data files write them: ISO 8601, or a number of s, ms, us or ns since 1970.
 *
 * The unit of a number is told by its magnitude: 9 or 10 digits before the point are seconds
 * (1973 to 2262), 12 or 13 milliseconds, 15 or 16 microseconds, 18 or 19 nanoseconds. Any
 * other count could be two units, and is refused; so is a second form within one file. */
#ifndef QUOIN_IMPORT_STAMP_H
#define QUOIN_IMPORT_STAMP_H

#include <quoin/error.h>

#include <stddef.h>
#include <stdint.h>

typedef enum stamp_form {
    STAMP_UNKNOWN, /* of a file of which no row was read */
    STAMP_ISO,
    STAMP_S,
    STAMP_MS,
    STAMP_US,
    STAMP_NS
} stamp_form;

/* Read one time. *form is the file's; the first time sets it.
 *
 * returns QN_OK; QN_E_SYNTAX for a text that is no time; QN_E_RANGE for a number whose unit
 *         cannot be told, or a time after 2261; QN_E_TYPE for another form than the file's.
 *         On error nothing is changed. */
int32_t stamp_read(const char *text, size_t len, stamp_form *form, int64_t *out_ns, qn_err *err);

#endif
