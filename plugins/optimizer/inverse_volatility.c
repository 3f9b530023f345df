/* SPDX-License-Identifier: MIT
 *
 * optimizer/inverse_volatility: the calmer an instrument, the larger its weight.
 *
 *   claim  = side x scale / sigma
 *   weight = claim x gross / sum of |claims|
 *   scale  = |strength| x confidence with use_strength, else 1
 *   sigma  = standard deviation of the instrument's simple returns over `lookback` periods of
 *            length `period`, ddof 1
 *
 * Each line then has the same risk of its own; correlations are not looked at, and where they are
 * all equal the lines also contribute equally to the portfolio's risk (Maillard, Roncalli,
 * Teiletche, The Properties of Equally Weighted Risk Contribution Portfolios, Journal of Portfolio
 * Management 36, 2010, section "the general case"). Strength moves weight from one line to
 * another; it does not change how much is held in all.
 *
 * Caps: |weight| <= max_weight; the excess goes to the other lines in proportion to their claims,
 * again and again until none is over its cap (weigh_spread). Where all are capped, less than
 * `gross` is held.
 *
 * Target volatility: with target_vol set, all weights are scaled by
 *
 *   min(1, target_vol / (sqrt(x' S x) x sqrt(periods_per_year))),  x = weight x capital
 *
 * with S the covariance of the same returns, so that exposure falls when markets are wild, and
 * never rises above `gross`.
 *
 * A line gets 0 where it has no signal or one that cannot be held, where sigma is 0 or unknown,
 * and while there are fewer returns than min_returns. */
#include "weigh.h"

#include <quoin/sdk/optimizer.h>

#include <math.h>

typedef struct inverse_volatility {
    int64_t lookback, min_returns, period, use_strength;
    double gross, max_weight, target_vol, periods_per_year;
} inverse_volatility;

static const qn_param params[] = {
    QN_PARAM(inverse_volatility, lookback, I64, "periods", "returns that volatility is made of",
             .def = "60", .min = "2", .max = "4096", .search = {"20", "250", "10"}),
    QN_PARAM(inverse_volatility, min_returns, I64, "periods",
             "returns needed before a line is weighted; absent = lookback",
             .flags = QN_PARAM_OPTIONAL, .min = "2", .max = "4096"),
    QN_PARAM(inverse_volatility, period, DURATION, "", "length of the period of a return",
             .def = "1d", .min = "1s", .max = "365d"),
    QN_PARAM(inverse_volatility, use_strength, BOOL, "",
             "scale each line by the strength and confidence of its signal", .flags = QN_PARAM_LIVE,
             .def = "true"),
    QN_PARAM(inverse_volatility, gross, F64, "fraction of the capital", "sum of all |weights|",
             .flags = QN_PARAM_LIVE, .def = "1.0", .min = "0", .max = "100",
             .search = {"0.5", "3", "0.5"}),
    QN_PARAM(inverse_volatility, max_weight, F64, "fraction of the capital",
             "largest |weight| of a line", .flags = QN_PARAM_LIVE, .def = "1.0", .min = "0",
             .max = "100"),
    QN_PARAM(inverse_volatility, target_vol, F64, "fraction per year",
             "volatility above which all weights are scaled down; absent = never",
             .flags = QN_PARAM_OPTIONAL | QN_PARAM_LIVE, .min = "1e-6", .max = "100"),
    QN_PARAM(inverse_volatility, periods_per_year, F64, "periods",
             "periods in a year, to annualise volatility", .def = "365", .min = "1e-3",
             .max = "1e9"),
};

enum { GROSS, NET, VOLATILITY, VOLATILITY_ANNUAL, LINES, NO_HISTORY };
static const qn_named values[] = {
    [GROSS] = QN_NAMED("gross", "fraction of the equity", "sum of |weight x capital|"),
    [NET] = QN_NAMED("net", "fraction of the equity", "sum of weight x capital"),
    [VOLATILITY] = QN_NAMED("volatility", "fraction per period",
                            "expected volatility of the weights, sqrt(x' S x) (Markowitz 1952)"),
    [VOLATILITY_ANNUAL] =
        QN_NAMED("volatility_annual", "fraction per year", "the same x sqrt(periods_per_year)"),
    [LINES] = QN_NAMED("lines", "", "lines that were given a weight"),
    [NO_HISTORY] =
        QN_NAMED("lines_without_history", "",
                 "lines with a signal and no weight for want of returns, or of movement"),
};

static int32_t configure(inverse_volatility *self, const qn_setup *setup, qn_err *err)
{
    (void)setup;
    if (self->min_returns == 0) self->min_returns = self->lookback;
    if (self->min_returns > self->lookback)
        return qn_fail(err, QN_E_RANGE, "min_returns (%lld) must not exceed lookback (%lld)",
                       (long long)self->min_returns, (long long)self->lookback);
    return QN_OK;
}

static void need(const inverse_volatility *self, qn_history_need *out)
{
    out->nreturns = (uint32_t)self->lookback;
    out->period = self->period;
}

/* Standard deviation per period; 0 where it is not known or the instrument has not moved. */
static double sigma_of(const inverse_volatility *self, const qn_portfolio *in, uint32_t column)
{
    double variance;
    int64_t n = 0;

    if (!in->covariance || column >= in->ncolumns) return 0;
    for (uint32_t row = 0; row < in->nreturns; row++)
        n += isfinite(in->returns[(size_t)row * in->ncolumns + column]);
    if (n < self->min_returns) return 0;
    variance = in->covariance[(size_t)column * in->ncolumns + column];
    return isfinite(variance) && variance > 0 ? sqrt(variance) : 0;
}

static double scale_of(const inverse_volatility *self, const qn_line *line)
{
    double scale = self->use_strength ? fabs(line->strength) * line->confidence : 1;

    return isfinite(scale) && scale > 0 ? scale : 0;
}

/* Claims into `weights`: first each line's sigma, then what is made of it by the smallest of them,
 * for 1 / sigma of a near-constant price could be beyond what a double holds. Returns the number
 * of lines without history. */
static uint32_t claim(const inverse_volatility *self, const qn_portfolio *in, double *weights)
{
    double least = HUGE_VAL;
    uint32_t missing = 0;

    for (uint32_t i = 0; i < in->lines.nrows; i++) {
        const qn_line *line = qn_line_at(in, i);
        weights[i] = 0;
        if (weigh_side(line) == 0 || scale_of(self, line) == 0) continue;
        weights[i] = sigma_of(self, in, line->column);
        if (weights[i] > 0 && weights[i] < least) least = weights[i];
        missing += weights[i] == 0;
    }
    for (uint32_t i = 0; i < in->lines.nrows; i++) {
        const qn_line *line = qn_line_at(in, i);
        if (weights[i] > 0)
            weights[i] = weigh_side(line) * scale_of(self, line) * (least / weights[i]);
    }
    return missing;
}

static int32_t allocate(inverse_volatility *self, const qn_portfolio *in, qn_weights *out,
                        qn_err *err)
{
    double year = sqrt(self->periods_per_year);
    uint32_t missing = claim(self, in, out->weights);
    double volatility;
    weigh_sum sum;

    weigh_spread(in, out->weights, self->gross, self->max_weight);
    volatility = weigh_volatility(in, out->weights);
    if (self->target_vol > 0 && isnan(volatility))
        return qn_fail(err, QN_E_INVALID,
                       "the covariance of the returns is not finite, so that "
                       "weights cannot be scaled to target_vol");
    if (self->target_vol > 0 && volatility * year > self->target_vol) {
        double factor = self->target_vol / (volatility * year);
        for (uint32_t i = 0; i < in->lines.nrows; i++)
            out->weights[i] *= factor;
        volatility *= factor;
    }
    sum = weigh_total(in, out->weights);
    out->values[GROSS] = sum.gross;
    out->values[NET] = sum.net;
    out->values[VOLATILITY] = volatility;
    out->values[VOLATILITY_ANNUAL] = volatility * year;
    out->values[LINES] = sum.lines;
    out->values[NO_HISTORY] = missing;
    return QN_OK;
}

QN_OPTIMIZER(inverse_volatility, "optimizer/inverse_volatility", "1.0.0", "MIT",
             .name = "Inverse volatility",
             .doc = "Weighs each instrument that has a signal by the inverse of its volatility, "
                    "up to a target volatility of the whole.",
             .params = QN_TABLE(params), .flags = QN_CLASS_STATELESS, .values = QN_TABLE(values),
             .configure = configure, .need = need, .allocate = allocate)
