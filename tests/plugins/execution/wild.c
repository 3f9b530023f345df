/* SPDX-License-Identifier: MIT
 *
 * execution/wild, a test plugin: sends more than was approved, for parents that never were or have
 * ended, of every type, in floods; cancels the orders of others; finishes what is not its own, or
 * nothing ever. In between it works a parent in sane pieces. */
#include "wild.h"

#include <quoin/sdk/execution.h>

#define PARENTS 32

typedef struct wild {
    int64_t seed;
    uint64_t state;
    const qn_setup *setup;
    struct parent {
        uint64_t id;
        int64_t qty;
        uint32_t instrument;
    } parents[PARENTS]; /* the last ones, whatever became of them */
    uint32_t nparents;
    uint64_t last; /* child that was sent last */
} wild;

static const qn_param params[] = {
    QN_PARAM(wild, seed, I64, "", "of the random numbers", .def = "1"),
};

static int32_t configure(wild *x, const qn_setup *setup, qn_err *err)
{
    (void)err;
    x->state = (uint64_t)x->seed;
    x->setup = setup;
    return QN_OK;
}

static void send(wild *x, const qn_child_out *out, uint64_t parent, qn_child child)
{
    int64_t id = qn_child_send(out, parent, child);

    if (id > 0) x->last = (uint64_t)id;
}

static uint64_t any_order(wild *x)
{
    return QN_ORDER_ID(wild_below(&x->state, 5), wild_below(&x->state, 200));
}

static void odd_child(wild *x, const struct parent *p, const qn_child_out *out)
{
    uint64_t *r = &x->state;
    qn_child child = {.type = wild_once_in(r, 2) ? QN_MARKET : wild_number(r),
                      .tif = wild_once_in(r, 2) ? 0 : wild_number(r),
                      .flags = wild_once_in(r, 2) ? 0 : wild_number(r),
                      .qty = wild_once_in(r, 2) ? wild_int(r) : p->qty + wild_below(r, 3),
                      .price = wild_once_in(r, 2) ? 0 : wild_int(r),
                      .trigger = wild_once_in(r, 2) ? 0 : wild_int(r),
                      .expire_ts = wild_once_in(r, 2) ? 0 : wild_int(r)};

    send(x, out, wild_once_in(r, 2) ? p->id : any_order(x), child);
}

static void sane_child(wild *x, const struct parent *p, const qn_child_out *out)
{
    int64_t lot = x->setup->instruments[p->instrument]->lot_size;
    int64_t lots = p->qty / lot;

    send(x, out, p->id,
         (qn_child){.type = QN_MARKET, .qty = lot * (1 + wild_below(&x->state, lots / 2 + 1))});
}

static void odd_bytes(wild *x, const struct parent *p, const qn_child_out *out)
{
    union {
        qn_child child;
        unsigned char bytes[256];
    } any = {.bytes = {0}};
    uint64_t *r = &x->state;

    any.child = (qn_child){.type = QN_MARKET, .qty = 1, .parent_id = p->id};
    if (wild_once_in(r, 2)) any.bytes[wild_below(r, sizeof any)] = (unsigned char)wild_next(r);
    any.child.size = (uint32_t)wild_below(r, sizeof any + 1);
    if (wild_once_in(r, 8)) any.child.size = UINT32_MAX;
    out->send(out->ctx, &any.child);
}

static void act(wild *x, const struct parent *p, const qn_child_out *out)
{
    uint64_t *r = &x->state;

    switch (wild_below(r, 8)) {
    case 0:
        odd_child(x, p, out);
        break;
    case 1:
        qn_child_cancel(out, wild_once_in(r, 2) ? x->last : any_order(x));
        break;
    case 2:
        qn_parent_finish(out, wild_once_in(r, 4) ? p->id : any_order(x));
        break;
    case 3:
        odd_bytes(x, p, out);
        break;
    default:
        sane_child(x, p, out);
        break;
    }
}

static int32_t on_event(void *self, const qn_event *ev, const qn_child_out *out)
{
    wild *x = self;
    const qn_host *host = x->setup->host;
    uint64_t *r = &x->state;

    if (ev->type == QN_EVENT_PARENT) {
        const qn_parent *p = (const qn_parent *)(const void *)ev;
        x->parents[x->nparents++ % PARENTS] =
            (struct parent){p->order_id, p->qty, p->hdr.instrument};
        host->timer(host->ctx, ev->ts_ns + wild_below(r, INT64_C(3600000000000)), 0);
    }
    if (x->nparents == 0) return QN_OK;
    for (int64_t n = wild_once_in(r, 100) ? 1500 : 1 + wild_below(r, 2); n > 0; n--)
        act(x, &x->parents[wild_below(r, x->nparents < PARENTS ? x->nparents : PARENTS)], out);
    if (ev->type < QN_EVENT_TIMER) host->timer(host->ctx, wild_int(r), 1);
    return wild_once_in(r, 10) ? wild_code(r) : QN_OK;
}

static const qn_execution table = {.size = sizeof table, .on_event = on_event};

QN_CLASS_DECLARE(wild, , )
QN_CLASS_DEFINE(wild,
                (QN_CLASS_HEAD(wild, "execution/wild", QN_KIND_EXECUTION, "1.0.0", "MIT", &table)),
                .name = "Wild", .doc = "Works orders as nobody should. For tests.",
                .params = QN_TABLE(params), .configure = configure);
QN_CLASS_MODULE(wild, QN_TIER_PURE, "execution/wild", QN_KIND_EXECUTION, "1.0.0", "MIT")
