/* SPDX-License-Identifier: MIT
 *
 * PLUGIN_NAME: each line is weighed by its signal, strength x confidence, so that all of them
 * together come to `gross` of the equity when every signal is as strong as it can be. */
#include <quoin/sdk/optimizer.h>

#include <math.h>

typedef struct PLUGIN_NAME { /* one instance; made by the host, zeroed */
    double gross;            /* parameter: filled in before configure */
} PLUGIN_NAME;

static const qn_param params[] = {
    QN_PARAM(PLUGIN_NAME, gross, F64, "", "gross exposure as a multiple of the equity", .def = "1",
             .min = "0", .max = "100", .search = {"0.25", "4", "0.25"}),
};

enum { GROSS };
static const qn_named values[] = {
    [GROSS] = QN_NAMED("gross", "", "Sum of the absolute weights that were given."),
};

static double within(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static int32_t allocate(PLUGIN_NAME *o, const qn_portfolio *in, qn_weights *out, qn_err *err)
{
    (void)err;
    for (uint32_t i = 0; i < in->lines.nrows; i++) {
        const qn_line *line = qn_line_at(in, i);
        double weight = o->gross * line->strength * line->confidence / in->lines.nrows;
        out->weights[i] = isfinite(weight) ? within(weight, line->min_weight, line->max_weight) : 0;
        out->values[GROSS] += fabs(out->weights[i]);
    }
    return QN_OK;
}

QN_OPTIMIZER(PLUGIN_NAME, "optimizer/PLUGIN_NAME", "1.0.0", "MIT", .name = "PLUGIN_NAME",
             .doc = "Weights in proportion to the signals.", .flags = QN_CLASS_STATELESS,
             .params = QN_TABLE(params), .values = QN_TABLE(values), .allocate = allocate)
