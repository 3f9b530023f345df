/* SPDX-License-Identifier: MIT
 *
 * optimizer/plain, a test plugin: the weight of a line is its strength times its confidence, so
 * that a test says by its signals what the weights are. From call `fail_from` on it fails,
 * from call `huge_from` on they are 10^300 times that. */
#include <quoin/sdk/optimizer.h>

typedef struct plain {
    int64_t fail_from, huge_from;
    int64_t calls;
} plain;

static const qn_param params[] = {
    QN_PARAM(plain, fail_from, I64, "calls", "the first call that fails; 0 = none", .def = "0"),
    QN_PARAM(plain, huge_from, I64, "calls", "the first call with huge weights; 0 = none",
             .def = "0"),
};

static const qn_named values[] = {
    QN_NAMED("held", "fraction of the equity", "weight of the first line as it is held"),
};

static int32_t allocate(plain *o, const qn_portfolio *in, qn_weights *out, qn_err *err)
{
    double unit = o->huge_from && o->calls + 1 >= o->huge_from ? 1e300 : 1;

    if (++o->calls >= o->fail_from && o->fail_from)
        return qn_fail(err, QN_E_RANGE, "call %lld was to fail", (long long)o->calls);
    for (uint32_t i = 0; i < in->lines.nrows; i++)
        out->weights[i] = qn_line_at(in, i)->strength * qn_line_at(in, i)->confidence * unit;
    out->values[0] = qn_line_at(in, 0)->weight;
    return QN_OK;
}

QN_OPTIMIZER(plain, "optimizer/plain", "1.0.0", "MIT", .name = "Plain",
             .doc = "Weights are what signals say. For tests.", .params = QN_TABLE(params),
             .values = QN_TABLE(values), .allocate = allocate)
