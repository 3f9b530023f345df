/* SPDX-License-Identifier: MIT
 *
 * execution/immediate: the whole of a parent as one market order, at once.
 *
 * A child that is denied, rejected, canceled or expires is not sent again: the parent is finished,
 * and what is left of it is given up. What asked for it asks anew at its next target or
 * rebalance, with the prices and the approval of that time. */
#include <quoin/sdk/execution.h>

typedef struct immediate {
    uint64_t rsv0; /* it remembers nothing: all it needs stands in the events */
} immediate;

static void on_parent(immediate *self, const qn_parent *parent, const qn_child_out *out)
{
    int64_t id;

    (void)self;
    if (parent->state != QN_ORDER_ACCEPTED) return;
    id = qn_child_send(out, parent->order_id,
                       (qn_child){.type = QN_MARKET, .qty = parent->qty - parent->filled});
    if (id < 0) qn_parent_finish(out, parent->order_id);
}

static void on_order(immediate *self, const qn_order_report *report, const qn_child_out *out)
{
    (void)self;
    switch (report->state) {
    case QN_ORDER_DENIED:
    case QN_ORDER_REJECTED:
    case QN_ORDER_CANCELED:
    case QN_ORDER_EXPIRED:
        if (report->parent_id) qn_parent_finish(out, report->parent_id);
        break;
    default:
        break;
    }
}

QN_EXECUTION(immediate, "execution/immediate", "1.0.0", "MIT", .name = "Immediate",
             .flags = QN_CLASS_STATELESS,
             .doc = "Sends the whole of an approved order as one market order, at once.",
             .on_parent = on_parent, .on_order = on_order)
