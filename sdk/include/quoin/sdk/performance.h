/* SPDX-License-Identifier: MIT
 *
 * The arithmetic of performance measurement: figures of a series of simple returns.
 *
 * Returns are those of one period each, in order of time: 0.01 is 1 %. Nothing here is
 * annualised unless it says so, nothing allocates, and the order of operations is fixed, so that
 * equal input gives equal output. A figure that is not defined is a NaN: of too few returns, of
 * returns that never differ, without a loss to divide by. A NaN or infinity among the returns
 * makes every figure of them one or the other; take them out before. [any thread]
 *
 * Definitions and signs are those of the R package PerformanceAnalytics: VaR and ES are returns,
 * so a loss is negative; a drawdown is a fraction >= 0. Sources stand at each function;
 * "Bacon" is C. R. Bacon, "Practical Portfolio Performance Measurement and Attribution", 2nd ed.,
 * Wiley 2008. */
#ifndef QUOIN_SDK_PERFORMANCE_H
#define QUOIN_SDK_PERFORMANCE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ growth */

/* All periods together: product of (1 + r), less 1. 0 for none. */
double qn_returns_growth(const double *returns, size_t n);

/* The same a year: (1 + growth)^(per_year / n) - 1. NaN for none, and after a loss of more than
 * everything. */
double qn_returns_annual(const double *returns, size_t n, double per_year);

/* The part of the periods with a return > 0; NaN for none. */
double qn_returns_positive(const double *returns, size_t n);

/* ------------------------------------------------------------------ moments */

/* Mean and central moments: m2 = mean of (r - mean)^2, m3 and m4 alike with the powers 3 and 4.
 * All of n = 0 are NaN. m2, m3 and m4 are exactly 0 where the returns differ by rounding only: by
 * less than 8 units of the last place of the largest. */
typedef struct qn_moments {
    size_t n;
    double mean, m2, m3, m4;
} qn_moments;

/* In two passes over the returns, so that no digits cancel. */
qn_moments qn_moments_of(const double *returns, size_t n);

/* Standard deviation of the sample, ddof 1: sqrt(m2 n / (n - 1)). NaN below 2 returns. */
double qn_moments_deviation(const qn_moments *m);

/* m3 / m2^(3/2) and m4 / m2^2 - 3, which is 0 for the normal distribution. NaN without variance.
 * Bacon. */
double qn_moments_skewness(const qn_moments *m);
double qn_moments_kurtosis(const qn_moments *m);

/* (mean - riskless) / deviation. Times sqrt(periods a year) it is the one of a year.
 * W. F. Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21 (1994) 49-58. */
double qn_moments_sharpe(const qn_moments *m, double riskless);

/* The part of the equity that makes growth fastest if returns were normal and small:
 * (mean - riskless) / deviation^2. E. O. Thorp, "The Kelly Criterion in Blackjack, Sports
 * Betting and the Stock Market" (1997). */
double qn_moments_kelly(const qn_moments *m, double riskless);

/* Probability that the true Sharpe ratio is above `reference` (of a period, not a year), given
 * skewness S and excess kurtosis K of the returns:
 * Phi((SR - reference) sqrt(n - 1) / sqrt(1 - S SR + (K + 2) / 4 SR^2)). NaN where the root is
 * not of a positive number. D. H. Bailey, M. Lopez de Prado, "The Sharpe Ratio Efficient
 * Frontier", Journal of Risk 15 (2012) 3-44. */
double qn_moments_probabilistic_sharpe(const qn_moments *m, double reference);

/* ------------------------------------------------------------------ below a target */

/* sqrt(mean of min(r - target, 0)^2) over all returns; NaN for none. F. A. Sortino, L. N. Price,
 * "Performance Measurement in a Downside Risk Framework", Journal of Investing 3 (1994) 59-64. */
double qn_returns_downside(const double *returns, size_t n, double target);

/* (mean - target) / downside; NaN where nothing fell below the target. Same source. */
double qn_returns_sortino(const double *returns, size_t n, double target);

/* sum of max(r - threshold, 0) / sum of max(threshold - r, 0). C. Keating, W. F. Shadwick, "A
 * Universal Performance Measure", Journal of Performance Measurement 6 (2002) 59-84. */
double qn_returns_omega(const double *returns, size_t n, double threshold);

/* ------------------------------------------------------------------ drawdowns */

/* Of the wealth W that starts at 1 and grows by the returns: a period's drawdown is 1 - W /
 * (largest W so far, the start included). A drawdown as a whole goes from the first period below
 * a peak to the one that reaches it again, or to the last. */
typedef struct qn_drawdowns {
    size_t count;   /* how many */
    size_t longest; /* periods of the longest one, both ends counted */
    double max;     /* the deepest */
    double average; /* mean of the deepest of each; NaN when there is none */
    double ulcer;   /* sqrt(mean of the periods' drawdown^2): P. G. Martin, B. B. McCann, "The
                       Investor's Guide to Fidelity Funds" (1989); NaN without returns */
    double pain;    /* mean of the periods' drawdown: T. Becker, Zephyr Associates (2006), after
                       Bacon; NaN without returns */
} qn_drawdowns;

qn_drawdowns qn_drawdowns_of(const double *returns, size_t n);

/* One drawdown: indices of returns. */
typedef struct qn_drawdown {
    size_t from, trough, to; /* first period below the peak; deepest; the one that reaches the
                                peak again, or n if none does */
    double depth;            /* at the trough */
} qn_drawdown;

/* The `room` deepest ones, deepest first, the earlier of two equal ones first; returns how many
 * there are in `out`. */
size_t qn_drawdowns_worst(const double *returns, size_t n, qn_drawdown *out, size_t room);

/* ------------------------------------------------------------------ tails */

/* Put values in rising order, in place. */
void qn_sort(double *values, size_t n);

/* The p-quantile, 0 <= p <= 1, of values in rising order, linear between neighbours: type 7 of
 * R. J. Hyndman, Y. Fan, "Sample Quantiles in Statistical Packages", American Statistician 50
 * (1996) 361-365. NaN for none. */
double qn_quantile(const double *rising, size_t n, double p);

/* Value at risk: the return that is undercut in a part 1 - confidence of the periods; and expected
 * shortfall: the mean return of those. Confidence is 0.95 or 0.99, say.
 *
 * Historical, of returns in rising order: the quantile, and the mean of returns <= it. */
double qn_var_historical(const double *rising, size_t n, double confidence);
double qn_es_historical(const double *rising, size_t n, double confidence);

/* Gaussian, with z the normal quantile at 1 - confidence: mean + z sqrt(m2), and mean - sqrt(m2)
 * phi(z) / (1 - confidence). P. Jorion, "Value at Risk", 3rd ed. (2007). */
double qn_var_gaussian(const qn_moments *m, double confidence);
double qn_es_gaussian(const qn_moments *m, double confidence);

/* Cornish-Fisher, called modified: mean + h sqrt(m2), with z corrected for skewness S and excess
 * kurtosis K: h = z + (z^2 - 1) S / 6 + (z^3 - 3 z) K / 24 - (2 z^3 - 5 z) S^2 / 36. L. Favre,
 * J.-A. Galeano, "Mean-Modified Value-at-Risk Optimization with Hedge Funds", Journal of
 * Alternative Investments 5 (2002) 21-25.
 *
 * The shortfall is mean + sqrt(m2) min(e, h), e = -phi(h) / (1 - confidence) x (1 + h^3 S / 6 +
 * (h^6 - 9 h^4 + 9 h^2 + 3) S^2 / 72 + (h^4 - 2 h^2 - 1) K / 24), never milder than the VaR: K.
 * Boudt, B. Peterson, C. Croux, "Estimation and Decomposition of Downside Risk for Portfolios
 * with Non-Normal Returns", Journal of Risk 11 (2008) 79-103, the operational form.
 *
 * Far from normal the expansion is not monotone, and the figures with it: with K above about 8
 * believe the historical ones. NaN without variance. */
double qn_var_cornish_fisher(const qn_moments *m, double confidence);
double qn_es_cornish_fisher(const qn_moments *m, double confidence);

/* ------------------------------------------------------------------ against a benchmark */

/* Of pairs of returns r, b of the same periods. Members that are not defined are NaN. */
typedef struct qn_relative {
    size_t n;
    double beta;             /* covariance(r, b) / variance(b) */
    double alpha;            /* mean r - beta x mean b: M. C. Jensen, "The Performance of Mutual
                                Funds in the Period 1945-1964", Journal of Finance 23 (1968) */
    double correlation;      /* covariance(r, b) / sqrt(variance(r) variance(b)) */
    double active;           /* mean of r - b */
    double active_deviation; /* standard deviation of r - b, ddof 1: the tracking error of a period.
                                R. C. Grinold, R. N. Kahn, "Active Portfolio Management", 2nd ed.
                                (2000) */
    double up, down;         /* capture: mean r / mean b over the periods with b > 0, with b < 0.
                                Bacon */
} qn_relative;

qn_relative qn_relative_of(const double *returns, const double *benchmark, size_t n);

#ifdef __cplusplus
}
#endif
#endif
