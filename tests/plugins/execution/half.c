/* SPDX-License-Identifier: MIT
 *
 * execution/half, a test plugin: half of a parent as a limit order, the rest at the market an hour
 * and a half later. */
#include <quoin/sdk/execution.h>

typedef struct half {
    int64_t price;
    const qn_setup *setup;
    int64_t rest; /* of the parent that came last */
} half;

static const qn_param params[] = {
    QN_PARAM(half, price, I64, "mantissa", "limit of the first half", .def = "1"),
};

static int32_t configure(half *x, const qn_setup *setup, qn_err *err)
{
    (void)err;
    x->setup = setup;
    return QN_OK;
}

static void on_parent(half *x, const qn_parent *ev, const qn_child_out *out)
{
    const qn_host *host = x->setup->host;

    if (ev->state != QN_ORDER_ACCEPTED) return;
    qn_child_send(out, ev->order_id,
                  (qn_child){.type = QN_LIMIT, .qty = ev->qty / 2, .price = x->price});
    x->rest = ev->qty - ev->qty / 2;
    host->timer(host->ctx, ev->hdr.ts_ns + INT64_C(5400000000000), ev->order_id);
}

static void on_timer(half *x, const qn_timer *ev, const qn_child_out *out)
{
    qn_child_send(out, ev->cookie, (qn_child){.type = QN_MARKET, .qty = x->rest});
}

QN_EXECUTION(half, "execution/half", "1.0.0", "MIT", .name = "Half",
             .doc = "Half now and half later. For tests.", .params = QN_TABLE(params),
             .configure = configure, .on_parent = on_parent, .on_timer = on_timer)
