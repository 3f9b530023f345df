/* SPDX-License-Identifier: MIT
 *
 * model/steps, a test plugin: publishes the number of each bar; every n-th one only, and valid for
 * as long as it is told. A feature that it is to look at must be there. */
#include <quoin/sdk/model.h>

typedef struct steps {
    int64_t every, from, valid;
    qn_str feature;
    qn_feature_source source;
    int64_t bars;
} steps;

static const qn_param params[] = {
    QN_PARAM(steps, every, I64, "bars", "from one value to the next", .def = "1", .min = "1"),
    QN_PARAM(steps, from, I64, "bars", "the first one", .def = "1"),
    QN_PARAM(steps, valid, I64, "ns", "how long a value counts; 0 = until the next one",
             .def = "0"),
    QN_PARAM(steps, feature, STRING, "", "what it looks at", .def = ""),
};

static const qn_named features[] = {QN_NAMED("step", "bars", "number of the bar")};

static int32_t configure(steps *m, const qn_setup *setup, qn_err *err)
{
    return qn_feature_open(&m->source, setup, m->feature, err);
}

static void on_bar(steps *m, const qn_bar *bar, const qn_model_out *out)
{
    if (++m->bars >= m->from && (m->bars - m->from) % m->every == 0)
        qn_publish(out, bar->hdr.instrument, 0, (double)m->bars, m->valid);
}

QN_MODEL(steps, "model/steps", "1.0.0", "MIT", .name = "Steps",
         .doc = "Publishes the number of each bar. For tests.", .params = QN_TABLE(params),
         .features = QN_TABLE(features), .configure = configure, .on_bar = on_bar)
