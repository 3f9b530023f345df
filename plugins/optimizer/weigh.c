/* SPDX-License-Identifier: MIT */
#include "weigh.h"

#include <quoin/sdk/optimizer.h>

#include <math.h>

/* How much of a line may be held on a side. A bound that is no number lets nothing through. */
static double most(const qn_line *line, double claim, double max_weight)
{
    double own = claim < 0 ? -line->min_weight : line->max_weight;
    double cap = max_weight < own ? max_weight : own;

    return cap > 0 ? cap : 0;
}

int weigh_side(const qn_line *line)
{
    int side = (line->strength > 0) - (line->strength < 0);

    return most(line, side, HUGE_VAL) > 0 ? side : 0;
}

/* One round: what lines over their cap at `level` leave to the others. Returns their number. */
static uint32_t cap_at(const qn_portfolio *in, const double *claims, double level,
                       double max_weight, double *capped, double *open)
{
    uint32_t n = 0;

    *capped = *open = 0;
    for (uint32_t i = 0; i < in->lines.nrows; i++) {
        double cap = most(qn_line_at(in, i), claims[i], max_weight);
        double claim = fabs(claims[i]);
        if (level * claim > cap) {
            *capped += cap;
            n++;
        } else {
            *open += claim;
        }
    }
    return n;
}

void weigh_spread(const qn_portfolio *in, double *weights, double gross, double max_weight)
{
    double level = 0;
    double capped;
    double open;
    uint32_t before = 0;
    uint32_t n = cap_at(in, weights, 0, max_weight, &capped, &open);

    for (int is_first = 1; (is_first || n != before) && open > 0; is_first = 0) {
        double next = (gross - capped) / open;
        before = n;
        level = next > level ? next : level; /* rounding must not lower it: a cap stays a cap */
        n = cap_at(in, weights, level, max_weight, &capped, &open);
    }
    for (uint32_t i = 0; i < in->lines.nrows; i++) {
        double cap = most(qn_line_at(in, i), weights[i], max_weight);
        double size = fmin(cap, level * fabs(weights[i]));
        weights[i] = size > 0 ? copysign(size, weights[i]) : 0;
    }
}

weigh_sum weigh_total(const qn_portfolio *in, const double *weights)
{
    weigh_sum sum = {0, 0, 0};

    for (uint32_t i = 0; i < in->lines.nrows; i++) {
        double share = weights[i] * qn_line_at(in, i)->capital;
        sum.gross += fabs(share);
        sum.net += share;
        sum.lines += weights[i] != 0;
    }
    return sum;
}

double weigh_volatility(const qn_portfolio *in, const double *weights)
{
    double variance = 0;

    for (uint32_t i = 0; i < in->lines.nrows; i++) {
        const qn_line *a = qn_line_at(in, i);
        if (weights[i] == 0) continue; /* its covariances may not be known: 0 x NAN */
        if (!in->covariance) return NAN;
        for (uint32_t j = 0; j < in->lines.nrows; j++) {
            const qn_line *b = qn_line_at(in, j);
            if (weights[j] == 0) continue;
            variance += weights[i] * a->capital * weights[j] * b->capital *
                        in->covariance[(size_t)a->column * in->ncolumns + b->column];
        }
    }
    if (!isfinite(variance)) return NAN;
    return variance > 0 ? sqrt(variance) : 0; /* a perfect hedge can round to below 0 */
}
