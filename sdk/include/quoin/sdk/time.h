/* SPDX-License-Identifier: MIT
 *
 * Dates of times, and times as text. Nobody here reads a clock. */
#ifndef QUOIN_SDK_TIME_H
#define QUOIN_SDK_TIME_H

#include <quoin/number.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Room for "2020-01-01T00:00:00.000000000Z" and the NUL. */
#define QN_TIME_TEXT 32

/* A date of the Gregorian calendar, UTC. */
typedef struct qn_civil {
    int32_t year, month, day; /* month 1..12, day 1..31 */
} qn_civil;

/* Date of a time, ns since 1970; any int64_t. */
qn_civil qn_civil_of(int64_t ts_ns);

/* Days from 1970-01-01 to a date; < 0 before it. */
int64_t qn_civil_days(qn_civil date);

/* "2020-01-01T00:00:00.000000000Z"; returns the length. Any int64_t: years 1677 to 2262. */
size_t qn_time_format(int64_t ts_ns, char to[QN_TIME_TEXT]);

/* The same without a fraction that is zero: "2020-01-01T00:00:00Z". */
size_t qn_time_format_short(int64_t ts_ns, char to[QN_TIME_TEXT]);

#ifdef __cplusplus
}
#endif
#endif
