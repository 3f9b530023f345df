/* SPDX-License-Identifier: MIT
 *
 * strategy/nan, a test plugin: from bar number `at` on its signals are no numbers. */
#include "culprit.h"

#include <math.h>

static const qn_param params[] = {
    CULPRIT_PARAMS,
    QN_PARAM(culprit, how, ENUM, "", "what it sends", .def = "nan", .labels = "nan|inf"),
};

static void harm(culprit *s)
{
    (void)s;
}

static void on_any_bar(culprit *s, const qn_bar *bar, const qn_out *out)
{
    qn_signal signal = {
        .hdr = {sizeof signal, QN_INTENT_SIGNAL, s->setup->instruments[0]->number, 0},
        .strength = s->how ? INFINITY : NAN,
        .confidence = 1};

    on_bar(s, bar, out);
    if (s->at && s->bars >= s->at) out->push(out->ctx, &signal.hdr);
}

QN_STRATEGY(culprit, "strategy/nan", "1.0.0", "MIT", .name = "Not a number",
            .doc = "Signals that are no numbers. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_any_bar, .state = QN_STATE(1, culprit_fields))
