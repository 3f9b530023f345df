/* SPDX-License-Identifier: MIT
 *
 * optimizer/wild, a test plugin: weights that are no numbers or out of all bounds, errors, wrong
 * counts; now and then weights that make sense. */
#include "wild.h"

#include <quoin/sdk/optimizer.h>

typedef struct wild {
    int64_t seed;
    uint64_t state;
} wild;

static const qn_param params[] = {
    QN_PARAM(wild, seed, I64, "", "of the random numbers", .def = "1"),
};

static const qn_named values[] = {
    QN_NAMED("odd", "", "a number that need not be one"),
    QN_NAMED("lines", "", "lines that it was asked about"),
};

static int32_t configure(wild *o, const qn_setup *setup, qn_err *err)
{
    (void)setup;
    (void)err;
    o->state = (uint64_t)o->seed;
    return QN_OK;
}

static void need(const wild *o, qn_history_need *out)
{
    out->nreturns = (uint32_t)(o->seed % 50);
    out->period = INT64_C(3600000000000);
}

/* All that it was given is read: a sanitizer sees what was not there. */
static double touch(const qn_portfolio *in)
{
    double sum = 0;

    for (uint32_t i = 0; i < in->nreturns * in->ncolumns; i++)
        sum += in->returns[i];
    for (uint32_t i = 0; in->covariance && i < in->ncolumns * in->ncolumns; i++)
        sum += in->covariance[i];
    return sum;
}

static int32_t allocate(wild *o, const qn_portfolio *in, qn_weights *out, qn_err *err)
{
    uint64_t *r = &o->state;
    uint32_t n = in->lines.nrows;
    int64_t mood = wild_below(r, 8);

    for (uint32_t i = 0; i < n; i++) {
        const qn_line *line = qn_line_at(in, i);
        double weight = line->strength * line->confidence / n;
        out->weights[i] = weight < line->min_weight ? 0 : weight;
    }
    out->values[0] = wild_once_in(r, 2) ? wild_double(r) : touch(in);
    out->values[1] = n;
    switch (mood) {
    case 0:
        out->weights[wild_below(r, n)] = wild_double(r);
        break;
    case 1:
        for (uint32_t i = 0; i < n; i++)
            out->weights[i] = wild_share(r) * 100; /* of what may not be sold short, too */
        break;
    case 2:
        return qn_fail(err, wild_code(r), "I would rather not");
    case 3:
        out->nweights = wild_number(r);
        out->nvalues = wild_number(r);
        out->weights = NULL;
        break;
    default:
        break;
    }
    return QN_OK;
}

QN_OPTIMIZER(wild, "optimizer/wild", "1.0.0", "MIT", .name = "Wild",
             .doc = "Gives weights that make no sense. For tests.", .params = QN_TABLE(params),
             .values = QN_TABLE(values), .configure = configure, .need = need, .allocate = allocate)
