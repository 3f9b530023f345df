/* SPDX-License-Identifier: MIT
 *
 * strategy/edges, a test plugin: on the first bar it does one thing that lies at the edge of
 * what the host allows, by its parameter `act`. */
#include <quoin/sdk/strategy.h>

enum { CHANGE_FOR_EVER, CHANGE_AT_ONCE, TIMER_FOR_EVER, LATE_TIMER, CANCEL_CHANGED };

typedef struct edges {
    int64_t act;
    const qn_host *host;
    const qn_instrument *instrument;
    int64_t bars;
    uint64_t order;
} edges;

static const qn_param params[] = {
    QN_PARAM(edges, act, ENUM, "", "what it does", .def = "change_for_ever",
             .labels = "change_for_ever|change_at_once|timer_for_ever|late_timer|cancel_changed"),
};

static int32_t configure(edges *s, const qn_setup *setup, qn_err *err)
{
    (void)err;
    s->host = setup->host;
    s->instrument = setup->instruments[0];
    return QN_OK;
}

static void change(edges *s, int64_t qty, int64_t price, const qn_out *out)
{
    qn_modify m = {.hdr = {sizeof m, QN_INTENT_MODIFY, s->instrument->number, 0},
                   .order_id = s->order,
                   .qty = qty,
                   .price = price};

    out->push(out->ctx, &m.hdr);
}

/* A limit order that no bar reaches. */
static void rest(edges *s, const qn_out *out)
{
    s->order = (uint64_t)qn_out_order(out, s->instrument->number,
                                      (qn_order_intent){.side = QN_BUY,
                                                        .type = QN_LIMIT,
                                                        .qty = s->instrument->lot_size * 2,
                                                        .price = s->instrument->tick_size});
}

static void on_bar(edges *s, const qn_bar *bar, const qn_out *out)
{
    if (s->bars++ > 0) {
        if (s->act == CANCEL_CHANGED && s->bars == 2) {
            change(s, s->instrument->lot_size * 3, 0, out);
            qn_out_cancel(out, s->instrument->number, s->order);
        }
        return;
    }
    if (s->act == TIMER_FOR_EVER || s->act == LATE_TIMER) {
        s->host->timer(s->host->ctx, s->act == LATE_TIMER ? 1 : bar->hdr.ts_ns, 0);
        return;
    }
    rest(s, out);
    if (s->act == CHANGE_AT_ONCE) change(s, s->instrument->lot_size * 2 + 1, 0, out);
}

static void on_timer(edges *s, const qn_timer *timer, const qn_out *out)
{
    if (s->act == LATE_TIMER)
        qn_out_target(out, s->instrument->number, s->instrument->lot_size);
    else
        s->host->timer(s->host->ctx, timer->hdr.ts_ns, 0);
}

static void on_order(edges *s, const qn_order_report *report, const qn_out *out)
{
    if (s->act == CHANGE_FOR_EVER && report->state == QN_ORDER_ACCEPTED)
        change(s, 0, s->instrument->tick_size * (1 + (int64_t)(report->hdr.seq % 2)), out);
}

QN_STRATEGY(edges, "strategy/edges", "1.0.0", "MIT", .name = "Edges",
            .doc = "Does what is just about allowed. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_bar, .on_timer = on_timer, .on_order = on_order)
