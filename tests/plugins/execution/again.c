/* SPDX-License-Identifier: MIT
 *
 * execution/again, a test plugin: sends the whole of a parent, and sends it again whenever it is
 * denied, for ever if it may. */
#include <quoin/sdk/execution.h>

typedef struct again {
    int64_t qty; /* of the parent that came last */
} again;

static void on_parent(again *x, const qn_parent *ev, const qn_child_out *out)
{
    if (ev->state != QN_ORDER_ACCEPTED) return;
    x->qty = ev->qty;
    qn_child_send(out, ev->order_id, (qn_child){.type = QN_MARKET, .qty = x->qty});
}

static void on_order(again *x, const qn_order_report *ev, const qn_child_out *out)
{
    if (ev->state == QN_ORDER_DENIED)
        qn_child_send(out, ev->parent_id, (qn_child){.type = QN_MARKET, .qty = x->qty});
}

QN_EXECUTION(again, "execution/again", "1.0.0", "MIT", .name = "Again",
             .doc = "Does not take no for an answer. For tests.", .on_parent = on_parent,
             .on_order = on_order)
