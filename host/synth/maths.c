/* SPDX-License-Identifier: MIT */
#include "maths.h"

#include <string.h>

#define LN2 0.693147180559945309417
/* The same in two parts, of which the first has room for a product with a small whole number. */
#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10
#define SQRT2 1.41421356237309504880
#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023
#define EXPONENT_MASK 0x7FF

/* Polynomials by Horner's rule, the highest power first. */
static inline double poly(const double *c, int n, double x)
{
    double y = c[0];

    for (int i = 1; i < n; i++)
        y = y * x + c[i];
    return y;
}

double portable_ln(double x)
{
    /* 2 / (2 i + 1), i = 10 .. 0: with s^2 <= 0.0295 the next one is below 2^-60 */
    static const double series[] = {2.0 / 21, 2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13, 2.0 / 11,
                                    2.0 / 9,  2.0 / 7,  2.0 / 5,  2.0 / 3,  2.0};
    uint64_t bits;
    int k;
    double m;
    double s;

    memcpy(&bits, &x, sizeof bits);
    k = (int)(bits >> MANTISSA_BITS & EXPONENT_MASK) - EXPONENT_BIAS;
    bits = (bits & ((UINT64_C(1) << MANTISSA_BITS) - 1)) | (uint64_t)EXPONENT_BIAS << MANTISSA_BITS;
    memcpy(&m, &bits, sizeof m);
    if (m >= SQRT2) {
        m *= 0.5;
        k++;
    }
    s = (m - 1.0) / (m + 1.0);
    return k * LN2_HIGH + (k * LN2_LOW + s * poly(series, 11, s * s));
}

double portable_exp(double x)
{
    /* 1 / i!, i = 13 .. 0 */
    static const double series[] = {1.0 / 6227020800.0,
                                    1.0 / 479001600.0,
                                    1.0 / 39916800.0,
                                    1.0 / 3628800.0,
                                    1.0 / 362880.0,
                                    1.0 / 40320.0,
                                    1.0 / 5040.0,
                                    1.0 / 720.0,
                                    1.0 / 120.0,
                                    1.0 / 24.0,
                                    1.0 / 6.0,
                                    0.5,
                                    1.0,
                                    1.0};
    int64_t k = portable_round(x / LN2);
    double r = (x - (double)k * LN2_HIGH) - (double)k * LN2_LOW;
    uint64_t bits = (uint64_t)(k + EXPONENT_BIAS) << MANTISSA_BITS;
    double scale;

    memcpy(&scale, &bits, sizeof scale);
    return poly(series, 14, r) * scale;
}
