/* SPDX-License-Identifier: MIT
 *
 * The price process: what is random about an instrument besides its order flow, a minute at a
 * time, twelve steps of 5 s each.
 *
 * The logarithm x of the index price moves by
 *
 *   dx = mu dt + s(t) dW + J dN - their convexity,   so that E[e^x] grows at mu
 *
 *   s(t)  = volatility x regime(t) x hour(t). The regime is a Markov chain of three states,
 *           calm, normal, stormy (Hamilton, 1989, Econometrica 57; here the chain drives
 *           the variance, not the mean). hour(t) is the pattern of the day (Wood,
 *           McInish and Ord, 1985, Journal of Finance 40; Andersen and Bollerslev, 1997,
 *           Journal of Empirical Finance 4): W-shaped in UTC, one peak a continent.
 *   J dN  = jumps at the times of a Poisson process, normal in size (Merton, 1976, Journal of
 *           Financial Economics 3), with a tenth of the variance.
 *   dW, J = sqrt(R) F + sqrt(1 - R) Z_i: one factor F that all share, one Z_i of each
 *           instrument (Sharpe, 1963, Management Science 9). Regime, pattern and the times of
 *           jumps are common (Das and Uppal, 2004, Journal of Finance 59), so that returns of
 *           any two have the correlation R exactly, jumps included.
 *
 * The perpetual's price is index x e^premium. The premium is an Ornstein-Uhlenbeck process
 * (Uhlenbeck and Ornstein, 1930) with a mean life of eight hours, as funding holds it.
 *
 * volatility is the root of the expected variance of a year of 365 days: regimes, pattern and
 * jumps are scaled so that they keep it. Plain memory, no allocation; not thread-safe. */
#ifndef QUOIN_SYNTH_PATH_H
#define QUOIN_SYNTH_PATH_H

#include "draw.h"

#include <quoin/number.h>

#define PATH_STEPS 12
#define PATH_MINUTE (60 * QN_NS_PER_S)
#define PATH_STEP (PATH_MINUTE / PATH_STEPS)
#define PATH_REGIMES 3
#define PATH_DAY 1440 /* minutes */

/* What was asked for; fractions a year. */
typedef struct path_options {
    uint64_t seed;
    double volatility;  /* > 0 */
    double drift;       /* of the expected price */
    double correlation; /* R, 0 to 1 */
} path_options;

/* One minute of one instrument. Prices are natural logarithms of the price in ticks. */
typedef struct path_minute {
    int64_t start;           /* ns */
    uint32_t regime;         /* 0 calm, 1 normal, 2 stormy */
    double heat;             /* volatility now against its mean over time */
    double deviation;        /* standard deviation of a step, jumps left out */
    double open;             /* perpetual's price before the first step */
    double fair[PATH_STEPS]; /* the same after each step */
    double index;            /* index price at the minute's end */
    double premium;          /* fair - index, at the minute's end */
    double jump;             /* 0 = none */
    uint32_t jump_at;        /* the step at whose beginning it happens */
} path_minute;

typedef struct path {
    draw_layers normal;
    /* from the options */
    double volatility[PATH_REGIMES]; /* of a step, in each regime, before the pattern */
    double heat[PATH_REGIMES];
    double hour[PATH_DAY];
    double drift;       /* of a step */
    double common, own; /* loadings */
    double jump_chance; /* a minute */
    double jump_deviation;
    /* streams: those of the market are the same for every instrument of a seed */
    draw clock, factor, jumps; /* the market's */
    draw noise, jump_noise, basis;
    /* state */
    int64_t now; /* start of the next minute */
    uint32_t regime;
    double index, premium;
} path;

/* Begin at `from`, a whole minute, with an index price of `ticks` > 0. */
void path_begin(path *p, const path_options *opt, const char *instrument, double ticks,
                int64_t from);

/* The next minute. */
void path_next(path *p, path_minute *m);

/* The share of time that each regime has in the long run. */
void path_shares(double shares[PATH_REGIMES]);

#endif
