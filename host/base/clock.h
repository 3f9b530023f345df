/* SPDX-License-Identifier: MIT
 *
 * Times and durations as text, and the wall clock. */
#ifndef QUOIN_BASE_CLOCK_H
#define QUOIN_BASE_CLOCK_H

#include <quoin/number.h>
#include <quoin/sdk/time.h>

#include <stdbool.h>
#include <stddef.h>

/* Room for "2020-01-01T00:00:00.000000000Z" and the NUL. */
#define TIME_TEXT QN_TIME_TEXT

/* The wall clock, ns since 1970, and a steady clock for measuring. Only the host's edges call
 * these: the engine lives on the time of its events. */
int64_t clock_wall(void);
int64_t clock_steady(void);

/* Read ISO 8601: "2020-01-01", "2020-01-01T12:30", "...:59", "...:59.123456789", with a blank
 * instead of T, with "Z", "+00:00" or another offset, or none (UTC). Years 1678 to 2261.
 * QN_OK or QN_E_SYNTAX, *out then unchanged. */
int32_t time_parse(const char *text, size_t len, int64_t *out);

/* "2020-01-01T00:00:00.000000000Z"; returns the length. */
static inline size_t time_format(int64_t ts_ns, char to[TIME_TEXT])
{
    return qn_time_format(ts_ns, to);
}

/* The same without a fraction that is zero: "2020-01-01T00:00:00Z". */
static inline size_t time_format_short(int64_t ts_ns, char to[TIME_TEXT])
{
    return qn_time_format_short(ts_ns, to);
}

/* The date parts of a time. */
typedef qn_civil civil;
static inline civil civil_of(int64_t ts_ns)
{
    return qn_civil_of(ts_ns);
}
/* its midnight, ns; years 1678 to 2261 */
static inline int64_t civil_time(civil date)
{
    return qn_civil_days(date) * QN_NS_PER_DAY;
}

/* Read "250ms", "1s", "5m", "4h", "1d", "1w": one number > 0 and a unit.
 * QN_OK, QN_E_SYNTAX or QN_E_OVERFLOW, *out then unchanged. */
int32_t duration_parse(const char *text, size_t len, int64_t *out);

/* "1m", "4h", "1d", "90s": the largest unit that holds it whole. `to` has 24 bytes. */
size_t duration_format(int64_t ns, char to[24]);

#endif
