/* SPDX-License-Identifier: MIT
 *
 * Logarithm and exponential of + - x / and the square root alone. IEEE 754
 * says of these five how the last bit is rounded, and of no other: libm's log and exp differ
 * between machines and releases, and with them a catalog made from a seed would. The build's
 * -ffp-contract=off is a part of this.
 *
 * The arguments are the caller's duty; nothing here is checked. */
#ifndef QUOIN_SYNTH_MATHS_H
#define QUOIN_SYNTH_MATHS_H

#include <stdint.h>

/* Natural logarithm of a normal x > 0: x = m 2^k with m in [sqrt 1/2, sqrt 2), and
 * ln m = 2 artanh((m - 1) / (m + 1)) by its series. Error below 4e-16 of the value, or of 1. */
double portable_ln(double x);

/* e^x for |x| <= 700: x = k ln 2 + r with |r| <= ln 2 / 2, and e^r by its Taylor series.
 * Relative error below 1e-15 for |x| <= 40. */
double portable_exp(double x);

/* The nearest whole number, halves up; |x| < 2^62. */
static inline int64_t portable_round(double x)
{
    double up = x + 0.5;
    int64_t whole = (int64_t)up;

    return (double)whole > up ? whole - 1 : whole;
}

#endif
