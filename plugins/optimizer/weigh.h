/* SPDX-License-Identifier: MIT
 *
 * What optimizers share: which side of a line may be held, how a gross exposure is spread over
 * lines that have caps, and what the weights amount to. */
#ifndef QUOIN_OPTIMIZER_WEIGH_H
#define QUOIN_OPTIMIZER_WEIGH_H

#include <quoin/optimizer.h>

/* The side that a line's signal asks for: 1, -1, or 0 where there is no signal or the line may
 * not be held on its side (a sell signal for what cannot be sold short). */
int weigh_side(const qn_line *line);

/* Spread a gross exposure over the lines.
 *
 * weights     on entry each line's claim, with the sign of its side, finite; on return its weight
 * gross       to be spread, >= 0
 * max_weight  cap of |weight|; the line's own min_weight or max_weight caps it, too
 *
 * |weight| = min(cap, level x |claim|), with one level for all, so that the sum is `gross`, or the
 * sum of the caps where that is less. What a cap cuts off is thereby spread over the other lines
 * in proportion to their claims. The level is found by capping what exceeds its cap and spreading
 * the rest anew until no further line exceeds: the level only rises, so that each round caps at
 * least one line more, and n lines take at most n + 1 rounds. */
void weigh_spread(const qn_portfolio *in, double *weights, double gross, double max_weight);

/* What the account would hold: weight x the strategy's share of the equity. */
typedef struct weigh_sum {
    double gross, net; /* fractions of the equity */
    double lines;      /* lines with a weight */
} weigh_sum;

weigh_sum weigh_total(const qn_portfolio *in, const double *weights);

/* Standard deviation of the portfolio's return per period, fraction of the equity:
 * sqrt(x' S x), x = weight x capital (Markowitz, Portfolio Selection, 1952). NAN where the
 * covariance of two lines with a weight is not known. */
double weigh_volatility(const qn_portfolio *in, const double *weights);

#endif
