/* SPDX-License-Identifier: MIT
 *
 * Numbers: exact where money depends on them.
 *
 * Prices and quantities are int64_t mantissas. Each instrument says with `price_exp` and
 * `qty_exp` what one unit is worth: price = mantissa x 10^price_exp. One scale for all
 * instruments was the alternative; it needs 128 bits for small coins and still rounds some.
 *
 * Money is int64_t in the smallest unit of its currency, 10^QN_MONEY_EXP unless the account
 * says otherwise: up to 92 billion units. Products are 128 bits wide and are rounded once,
 * half to even, where they become money. A double never enters the books.
 *
 * Time is int64_t, nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. */
#ifndef QUOIN_NUMBER_H
#define QUOIN_NUMBER_H

#include <quoin/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_MONEY_EXP (-8)    /* exponent of money */
#define QN_RATE_EXP (-8)     /* exponent of ratios and basis points in parameters */
#define QN_FUNDING_EXP (-12) /* exponent of funding rates */

#define QN_NS_PER_US INT64_C(1000)
#define QN_NS_PER_MS INT64_C(1000000)
#define QN_NS_PER_S INT64_C(1000000000)
#define QN_NS_PER_DAY (86400 * QN_NS_PER_S)

/* Wide enough for any product of two mantissas, or a sum of 2^60 of them. */
__extension__ typedef __int128 qn_wide;

/* A decimal number with its own exponent: mantissa x 10^exp. What a config's "0.001"
 * becomes before an instrument gives it a scale. A frozen pair. */
typedef struct qn_decimal {
    int64_t mantissa;
    int32_t exp; /* -18 .. 18 */
    uint32_t rsv0;
} qn_decimal;

#ifdef __cplusplus
}
#endif
#endif
