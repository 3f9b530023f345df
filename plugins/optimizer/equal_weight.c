/* SPDX-License-Identifier: MIT
 *
 * optimizer/equal_weight: each line that has a signal gets the same weight.
 *
 *   weight = side x gross / n,  n = lines whose signal can be held
 *
 * also known as 1/N (DeMiguel, Garlappi, Uppal, Optimal Versus Naive Diversification, Review of
 * Financial Studies 22, 2009). How strong a signal is does not count. A line takes no part where
 * it has no signal, or a sell signal for what cannot be sold short. |weight| is at most
 * max_weight: with few signals part of the gross exposure is then left out.
 *
 * A line holds its weight of the strategy's share of the equity: with capital = 1 for each
 * strategy, `gross` is the gross exposure of the whole account. */
#include "weigh.h"

#include <quoin/sdk/optimizer.h>

typedef struct equal_weight {
    double gross, max_weight;
} equal_weight;

static const qn_param params[] = {
    QN_PARAM(equal_weight, gross, F64, "fraction of the capital", "sum of all |weights|",
             .flags = QN_PARAM_LIVE, .def = "1.0", .min = "0", .max = "100",
             .search = {"0.5", "3", "0.5"}),
    QN_PARAM(equal_weight, max_weight, F64, "fraction of the capital", "largest |weight| of a line",
             .flags = QN_PARAM_LIVE, .def = "1.0", .min = "0", .max = "100"),
};

enum { GROSS, NET, LINES };
static const qn_named values[] = {
    [GROSS] = QN_NAMED("gross", "fraction of the equity", "sum of |weight x capital|"),
    [NET] = QN_NAMED("net", "fraction of the equity", "sum of weight x capital"),
    [LINES] = QN_NAMED("lines", "", "lines that were given a weight"),
};

static int32_t allocate(equal_weight *self, const qn_portfolio *in, qn_weights *out, qn_err *err)
{
    weigh_sum sum;

    (void)err;
    for (uint32_t i = 0; i < in->lines.nrows; i++)
        out->weights[i] = weigh_side(qn_line_at(in, i));
    weigh_spread(in, out->weights, self->gross, self->max_weight);
    sum = weigh_total(in, out->weights);
    out->values[GROSS] = sum.gross;
    out->values[NET] = sum.net;
    out->values[LINES] = sum.lines;
    return QN_OK;
}

QN_OPTIMIZER(equal_weight, "optimizer/equal_weight", "1.0.0", "MIT", .name = "Equal weight",
             .doc = "Gives each instrument that has a signal the same weight.",
             .params = QN_TABLE(params), .flags = QN_CLASS_STATELESS, .values = QN_TABLE(values),
             .allocate = allocate)
