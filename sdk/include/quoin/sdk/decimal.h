/* SPDX-License-Identifier: MIT
 *
 * Exact decimals: text to mantissa and back, rescaling, and the one rounding rule. */
#ifndef QUOIN_SDK_DECIMAL_H
#define QUOIN_SDK_DECIMAL_H

#include <quoin/error.h>
#include <quoin/number.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Room for the longest formatted decimal: sign, 19 digits, 18 zeros, point, NUL. */
#define QN_DECIMAL_TEXT 48

/* 10^n for 0 <= n <= 18. */
int64_t qn_pow10(int32_t n);

/* Read "[+-]digits[.digits][e[+-]digits]": all of the text, no blanks. Trailing zeros of the
 * fraction are dropped, so "1.50" and "1.5" give the same decimal.
 *
 * returns QN_OK; QN_E_SYNTAX; QN_E_OVERFLOW if the digits do not fit 64 bits or the exponent
 *         lies outside -18..18. On error *out is unchanged. */
int32_t qn_decimal_parse(const char *text, size_t len, qn_decimal *out);

/* The mantissa of `value` at exponent `exp`, exactly.
 *
 * returns QN_OK; QN_E_PRECISION if `value` is finer than `exp` holds; QN_E_OVERFLOW. On error
 *         *out is unchanged. */
int32_t qn_decimal_at(qn_decimal value, int32_t exp, int64_t *out);

/* Text to mantissa in one go: qn_decimal_parse, then qn_decimal_at. */
int32_t qn_decimal_parse_at(const char *text, size_t len, int32_t exp, int64_t *out);

/* Write mantissa x 10^exp in plain notation without trailing zeros: "0.25", "-1200", "0".
 * `to` has QN_DECIMAL_TEXT bytes; returns the length without the NUL. */
size_t qn_decimal_format(int64_t mantissa, int32_t exp, char *to);

/* The same with exactly `places` digits behind the point (cut to what exp holds is never
 * needed: places >= -exp is the caller's duty; fewer are rounded half to even). */
size_t qn_decimal_format_fixed(int64_t mantissa, int32_t exp, int32_t places, char *to);

/* As a double, for mathematics only. */
double qn_decimal_double(int64_t mantissa, int32_t exp);

/* numerator / denominator, rounded half to even; denominator > 0. */
qn_wide qn_wide_divide(qn_wide numerator, qn_wide denominator);

/* value x 10^shift, rounded half to even when shift < 0. |shift| <= 36.
 * returns QN_OK or QN_E_OVERFLOW, *out then unchanged. */
int32_t qn_wide_scale(qn_wide value, int32_t shift, qn_wide *out);

/* Narrow to 64 bits. QN_OK or QN_E_OVERFLOW, *out then unchanged. */
static inline int32_t qn_wide_narrow(qn_wide value, int64_t *out)
{
    if (value > INT64_MAX || value < INT64_MIN) return QN_E_OVERFLOW;
    *out = (int64_t)value;
    return QN_OK;
}

/* Round `value` to a multiple of step > 0, towards negative infinity. */
int64_t qn_floor_to(int64_t value, int64_t step);

/* Round `value` to a multiple of step > 0, towards positive infinity. */
int64_t qn_ceil_to(int64_t value, int64_t step);

#ifdef __cplusplus
}
#endif
#endif
