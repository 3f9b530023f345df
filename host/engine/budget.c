/* SPDX-License-Identifier: MIT
 *
 * Budgets: an order leaves the host only on what the risk chain has approved. This file holds
 * the only calls of qn_venue.submit and qn_venue.modify; a test of the sources sees to it. */
#include "internal.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>

/* The worst price at which an order can trade, as far as it says: 0 = it does not. */
static int64_t stated_price(const qn_order *o, int64_t mark)
{
    return o->type == QN_LIMIT ? o->price : o->type == QN_STOP ? o->trigger : mark;
}

uint32_t budget_check(const budget *b, const qn_order *o, int64_t qty, int64_t now, int64_t mark)
{
    int64_t price = stated_price(o, mark);

    if (b->qty <= 0 || qty > b->qty || b->charged > b->qty) return QN_REASON_BUDGET;
    if (now >= b->expire_ts) return QN_REASON_BUDGET_EXPIRED;
    if (b->price_bound && price &&
        (o->side == QN_BUY ? price > b->price_bound : price < b->price_bound))
        return QN_REASON_PRICE_BOUND;
    return QN_REASON_NONE;
}

/* What the parent of a child lets go; everything for an order that is no child. */
static uint32_t parent_check(const engine *e, const order *o, const qn_order *as, int64_t mark)
{
    const order *parent = o->parent ? orders_find(e->orders, o->parent) : NULL;

    if (!o->parent) return QN_REASON_NONE;
    if (!parent || parent->sent.side != o->sent.side ||
        parent->sent.instrument != o->sent.instrument)
        return QN_REASON_BUDGET;
    return budget_check(&parent->budget, as, as->qty, e->now, mark);
}

/* True if the order may leave: it stands on an approval of its own, a child on that of its parent,
 * too. What gets here without a budget is a fault of this program: a debug build ends at once, a
 * release build keeps the order back. */
static bool may_leave(const engine *e, const order *o, const qn_order *as)
{
    int64_t mark = ledger_price(e->ledger, o->sent.instrument);
    uint32_t reason = budget_check(&o->budget, as, as->qty, e->now, mark);

    if (reason == QN_REASON_NONE) reason = parent_check(e, o, as, mark);
    if (reason == QN_REASON_NONE) return true;
    log_line(LOG_ERROR, "order %" PRIu64 " of strategy %u was kept back: %s",
             QN_ORDER_COUNTER(o->sent.id), o->sent.strategy, order_reason_name(reason));
#ifndef NDEBUG
    abort();
#endif
    return false;
}

bool budget_submit(engine *e, order *o)
{
    venue *v = &e->venues[e->venue_of[o->sent.instrument]];
    int64_t begun = stage_begin(e);
    uint32_t before;
    int32_t rc;

    if (!may_leave(e, o, &o->sent)) return false;
    record_publish(e);
    before = call_begin(e, &v->in, SLOT_CALL_SUBMIT);
    rc = v->table->submit(v->in.self, &o->sent);
    call_end(e, before);
    if (rc != QN_OK)
        engine_fail(e, rc, "venue %s did not take order %" PRIu64 " of strategy %u", v->in.id,
                    QN_ORDER_COUNTER(o->sent.id), o->sent.strategy);
    stage_end(e, STAGE_SUBMIT, begun);
    return true;
}

int32_t budget_modify(engine *e, order *o)
{
    venue *v = &e->venues[e->venue_of[o->sent.instrument]];
    uint32_t before;
    int32_t rc;

    if (!may_leave(e, o, &o->asked)) return QN_E_BUDGET;
    before = call_begin(e, &v->in, SLOT_CALL_MODIFY);
    rc = v->table->modify(v->in.self, &o->asked);
    call_end(e, before);
    return rc;
}
