/* SPDX-License-Identifier: MIT
 *
 * model/steps, a test plugin: publishes the number of each bar; every n-th one only, and valid for
 * as long as it is told. */
#include <quoin/sdk/model.h>

typedef struct steps {
    int64_t every, from, valid;
    int64_t bars;
} steps;

static const qn_param params[] = {
    QN_PARAM(steps, every, I64, "bars", "from one value to the next", .def = "1", .min = "1"),
    QN_PARAM(steps, from, I64, "bars", "the first one", .def = "1"),
    QN_PARAM(steps, valid, I64, "ns", "how long a value counts; 0 = until the next one",
             .def = "0"),
};

static const qn_named features[] = {QN_NAMED("step", "bars", "number of the bar")};

static void on_bar(steps *m, const qn_bar *bar, const qn_model_out *out)
{
    if (++m->bars >= m->from && (m->bars - m->from) % m->every == 0)
        qn_publish(out, bar->hdr.instrument, 0, (double)m->bars, m->valid);
}

QN_MODEL(steps, "model/steps", "1.0.0", "MIT", .name = "Steps",
         .doc = "Publishes the number of each bar. For tests.", .params = QN_TABLE(params),
         .features = QN_TABLE(features), .on_bar = on_bar)
