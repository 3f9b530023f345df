/* SPDX-License-Identifier: MIT */
#include "funding.h"

#define INTEREST 0.0001
#define DAMPER 0.0005
#define RATE_MOST 0.003
/* What a minute takes of the distance to its premium: 1 - e^(-60 / 150). */
#define BASIS_CHANGE 0.329679953964360728
/* Rates have 8 places, as Binance's. */
#define RATE_PLACES 1e8
#define RATE_STEP 10000 /* of a mantissa at 10^-12 */

static double clamp(double x, double most)
{
    return x > most ? most : x < -most ? -most : x;
}

static int64_t rate_of(double premium)
{
    double rate = premium + clamp(INTEREST - premium, DAMPER);

    return portable_round(clamp(rate, RATE_MOST) * RATE_PLACES) * RATE_STEP;
}

bool funding_minute(funding *f, const path_minute *m, double *mark, int64_t *rate)
{
    if (!f->is_begun) f->basis = m->premium;
    f->is_begun = true;
    f->basis += BASIS_CHANGE * (m->premium - f->basis);
    *mark = m->index + f->basis;
    f->minutes++;
    f->sum += (double)f->minutes * (portable_exp(m->premium) - 1.0);
    f->weights += (double)f->minutes;
    if ((m->start + PATH_MINUTE) % FUNDING_PERIOD != 0) return false;
    *rate = rate_of(f->sum / f->weights);
    f->sum = f->weights = 0;
    f->minutes = 0;
    return true;
}
