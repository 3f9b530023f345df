/* SPDX-License-Identifier: MIT
 *
 * The standard normal distribution. [any thread] */
#ifndef QUOIN_SDK_NORMAL_H
#define QUOIN_SDK_NORMAL_H

#ifdef __cplusplus
extern "C" {
#endif

/* Density at x: exp(-x^2 / 2) / sqrt(2 pi). */
double qn_normal_density(double x);

/* Probability of a value <= x: erfc(-x / sqrt 2) / 2, which is exact to the last digits in the
 * lower tail, where 1 - erf would have lost them. */
double qn_normal_cdf(double x);

/* The x with qn_normal_cdf(x) = p, 0 < p < 1, to about 1e-16 of itself; NaN for any other p.
 * M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied
 * Statistics 37 (1988) 477-484, routine PPND16. */
double qn_normal_quantile(double p);

#ifdef __cplusplus
}
#endif
#endif
