/* SPDX-License-Identifier: MIT
 *
 * PLUGIN_NAME: works an order in market orders of at most `clip`, one after the other: the next
 * one is sent when the last one is filled. */
#include <quoin/sdk/decimal.h>
#include <quoin/sdk/execution.h>

#define PARENTS 64 /* worked at once; more are given up */

typedef struct parent {
    uint64_t id;     /* 0 = free */
    int64_t left;    /* not filled yet */
    int64_t working; /* of the child that is out */
    uint32_t slot, rsv0;
} parent;

typedef struct PLUGIN_NAME { /* one instance; made by the host, zeroed */
    qn_decimal clip;         /* parameter: filled in before configure */
    const qn_setup *setup;
    parent parents[PARENTS]; /* state: what is carried over a reload */
} PLUGIN_NAME;

static const qn_param params[] = {
    QN_PARAM(PLUGIN_NAME, clip, DECIMAL, "units", "quantity of one order at most", .def = "1",
             .min = "0.00000001"),
};

static const qn_field state[] = {QN_FIELD(PLUGIN_NAME, parents)};

static int32_t configure(PLUGIN_NAME *x, const qn_setup *setup, qn_err *err)
{
    int64_t clip;

    x->setup = setup;
    for (uint32_t i = 0; i < setup->ninstruments; i++)
        if (qn_decimal_at(x->clip, setup->instruments[i]->qty_exp, &clip) != QN_OK ||
            clip % setup->instruments[i]->lot_size != 0)
            return qn_fail(err, QN_E_RANGE, "clip must be a multiple of the lot of %s",
                           setup->instruments[i]->name);
    return QN_OK;
}

static parent *find(PLUGIN_NAME *x, uint64_t id)
{
    for (uint32_t i = 0; i < PARENTS; i++)
        if (x->parents[i].id == id) return &x->parents[i];
    return NULL;
}

/* Send the next clip; a parent whose child is refused is given up. */
static void send(PLUGIN_NAME *x, parent *p, const qn_child_out *out)
{
    int64_t clip = 0;

    qn_decimal_at(x->clip, x->setup->instruments[p->slot]->qty_exp, &clip);
    p->working = p->left < clip ? p->left : clip;
    if (qn_child_send(out, p->id, (qn_child){.type = QN_MARKET, .qty = p->working}) < 0)
        qn_parent_finish(out, p->id);
}

static void on_parent(PLUGIN_NAME *x, const qn_parent *ev, const qn_child_out *out)
{
    parent *p = find(x, ev->state == QN_ORDER_ACCEPTED ? 0 : ev->order_id);

    if (ev->state != QN_ORDER_ACCEPTED) {
        if (p) *p = (parent){0};
    } else if (!p) {
        qn_parent_finish(out, ev->order_id);
    } else {
        *p = (parent){.id = ev->order_id, .left = ev->qty - ev->filled, .slot = ev->hdr.slot};
        send(x, p, out);
    }
}

static void on_fill(PLUGIN_NAME *x, const qn_fill *fill, const qn_child_out *out)
{
    parent *p = fill->parent_id ? find(x, fill->parent_id) : NULL;

    if (!p) return;
    p->left -= fill->qty;
    p->working -= fill->qty;
    if (p->working == 0 && p->left > 0) send(x, p, out);
}

/* A child that ended unfilled will not do better the second time. */
static void on_order(PLUGIN_NAME *x, const qn_order_report *report, const qn_child_out *out)
{
    int is_refused = report->state == QN_ORDER_DENIED || report->state == QN_ORDER_CANCELED ||
                     report->state == QN_ORDER_REJECTED || report->state == QN_ORDER_EXPIRED;

    if (is_refused && report->parent_id && find(x, report->parent_id))
        qn_parent_finish(out, report->parent_id);
}

QN_EXECUTION(PLUGIN_NAME, "execution/PLUGIN_NAME", "1.0.0", "MIT", .name = "PLUGIN_NAME",
             .doc = "Works an order in market orders of a limited size, one after the other.",
             .params = QN_TABLE(params), .state = QN_STATE(1, state), .configure = configure,
             .on_parent = on_parent, .on_order = on_order, .on_fill = on_fill)
