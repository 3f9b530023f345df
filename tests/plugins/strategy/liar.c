/* SPDX-License-Identifier: MIT
 *
 * strategy/liar, a test plugin: from bar number `at` on it sends what no strategy has a reason to
 * send, one of it in each call. */
#include "culprit.h"

enum { VALUE, INSTRUMENT, SIZE, KIND, ROUTE, EXITS };

static const qn_param params[] = {
    CULPRIT_PARAMS,
    QN_PARAM(culprit, how, ENUM, "", "what is wrong in it", .def = "value",
             .labels = "value|instrument|size|kind|route|exits"),
};

static void lie(const culprit *s, const qn_out *out)
{
    uint32_t number = s->setup->instruments[0]->number;
    qn_order_intent order = {.hdr = {sizeof order, QN_INTENT_ORDER, number, 0},
                             .side = QN_BUY,
                             .type = QN_MARKET,
                             .qty = -1};
    qn_signal signal = {.hdr = {sizeof signal, QN_INTENT_SIGNAL, number, 0}, .confidence = 1};

    if (s->how == INSTRUMENT) order.hdr.instrument = 1000000;
    if (s->how == SIZE) order.hdr.size = 3;
    if (s->how == KIND) order.hdr.kind = 77;
    if (s->how == EXITS) {
        order.qty = 1;
        order.stop_loss = -5;
    }
    if (s->how == ROUTE)
        out->push(out->ctx, &signal.hdr);
    else
        out->push(out->ctx, &order.hdr);
}

static void harm(culprit *s)
{
    (void)s;
}

static void on_any_bar(culprit *s, const qn_bar *bar, const qn_out *out)
{
    on_bar(s, bar, out);
    if (s->at && s->bars >= s->at) lie(s, out);
}

QN_STRATEGY(culprit, "strategy/liar", "1.0.0", "MIT", .name = "Liar",
            .doc = "Intents that are wrong. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_any_bar, .state = QN_STATE(1, culprit_fields))
