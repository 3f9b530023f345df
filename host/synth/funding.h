/* SPDX-License-Identifier: MIT
 *
 * Mark price and funding rate of a perpetual, from its premium, as Binance's rules have them
 * (its documentation: "Introduction to funding rates", "Mark price and price index"):
 *
 *   mark = index + moving average of (price - index) over 2.5 minutes, here an exponential one;
 *   rate = P + clamp(0.01 % - P, -0.05 %, 0.05 %), itself within -0.3 % and 0.3 %, where P is the
 *          average premium of the eight hours, its k-th minute of weight k,
 *
 * due at 00:00, 08:00 and 16:00 UTC. Plain memory, no allocation. */
#ifndef QUOIN_SYNTH_FUNDING_H
#define QUOIN_SYNTH_FUNDING_H

#include "path.h"

#include <stdbool.h>

#define FUNDING_PERIOD (8 * 3600 * QN_NS_PER_S)

typedef struct funding {
    double basis;        /* smoothed premium */
    double sum, weights; /* of the period so far */
    int64_t minutes;     /* of it seen */
    bool is_begun;
} funding;

/* A minute went by. All zero is the state before the first one.
 *
 * mark    logarithm of the mark price at its end, in ticks
 * rate    a mantissa at QN_FUNDING_EXP, if true is returned: a rate is due at its end */
bool funding_minute(funding *f, const path_minute *m, double *mark, int64_t *rate);

#endif
