/* SPDX-License-Identifier: MIT
 *
 * Parents, which an execution algorithm works, and the children it sends for them. The host
 * keeps both: an algorithm can ask for less than was approved, never for more. */
#include "internal.h"

#include <string.h>

static void put_parent(engine *e, const order *o, qn_parent *record)
{
    record->hdr.size = sizeof *record;
    record->hdr.type = QN_EVENT_PARENT;
    record->hdr.instrument = o->sent.instrument;
    record->order_id = o->sent.id;
    record->strategy = o->sent.strategy;
    record->side = o->sent.side;
    record->qty = o->sent.qty;
    record->filled = o->filled;
    record->price_bound = o->budget.price_bound;
    record->expire_ts = o->budget.expire_ts;
    record->stop_loss = o->sent.stop_loss;
    record->take_profit = o->sent.take_profit;
    record_put(e, &record->hdr);
}

int64_t execution_begin(engine *e, strategy *s, const wish *w, const qn_verdict *verdict)
{
    order wanted = {
        .sent = {.instrument = w->order.hdr.instrument,
                 .id = w->order_id,
                 .strategy = s->number,
                 .side = w->order.side,
                 .qty = verdict->allowed,
                 .stop_loss = w->order.stop_loss,
                 .take_profit = w->order.take_profit},
        .budget = {.price_bound = verdict->price_bound, .expire_ts = verdict->expire_ts}};
    qn_parent record = {.cause_seq = verdict->hdr.seq, .state = QN_ORDER_ACCEPTED};
    const order *o;

    put_parent(e, &wanted, &record);
    if (!(o = apply_parent(e, &record))) return QN_E_NO_MEMORY;
    answer_tell(e, o, QN_ORDER_ACCEPTED, QN_REASON_NONE);
    execution_deliver(&e->execution.in, &record.hdr);
    return (int64_t)w->order_id;
}

void execution_end(engine *e, order *parent, uint32_t state, uint32_t reason, uint64_t cause)
{
    qn_parent record = {.cause_seq = cause, .state = state, .reason = reason};
    uint64_t id = parent->sent.id;

    if (order_is_closed(parent)) return;
    put_parent(e, parent, &record);
    apply_parent(e, &record);
    /* by the queue: the algorithm may be the one that asked, and is not called in a call */
    if (queue_put(&e->queue, &record.hdr) != QN_OK)
        engine_fail(e, QN_E_FULL, "the event queue is full");
    if (parent->budget.charged <= parent->filled) return; /* no child works */
    for (order *o = orders_first(e->orders); o; o = o->next)
        if (o->parent == id) order_ask_cancel(e, o, reason, record.hdr.seq);
}

bool execution_end_side(engine *e, uint32_t number, uint32_t instrument, uint32_t side,
                        uint32_t reason, uint64_t cause)
{
    bool has_ended = false;
    order *next;

    if (!e->execution.table) return false; /* no parents: no walk over all orders for a target */
    for (order *o = orders_first(e->orders); o; o = next) {
        next = o->next; /* a parent leaves the list at once */
        if (!o->is_parent || o->sent.strategy != number || o->sent.instrument != instrument ||
            o->sent.side != side)
            continue;
        execution_end(e, o, QN_ORDER_CANCELED, reason, cause);
        has_ended = true;
    }
    return has_ended;
}

void execution_deliver(instance *in, qn_event *ev)
{
    engine *e = in->engine;
    uint64_t cause = e->cause; /* a strategy may be waiting for the answer to its intent */
    int64_t begun = stage_begin(e);
    uint32_t before;
    int32_t rc;

    e->cause = ev->seq;
    ev->slot = ev->instrument < e->ninstruments ? in->slots[ev->instrument] : NO_SLOT;
    before = call_begin(e, in, SLOT_CALL_ON_EVENT);
    rc = e->execution.table->on_event(in->self, ev, &e->execution.out);
    call_end(e, before);
    instance_end(in, begun);
    if (rc != QN_OK) instance_fault(in, rc);
    e->cause = cause;
    stage_end(e, STAGE_EXECUTION, begun);
}

/* ------------------------------------------------------------------ what it asks for */

/* A copy of what was handed over: zero behind a shorter struct of an older plugin; only zeros
 * behind what this host knows. */
static int32_t read_child(const qn_child *from, qn_child *to)
{
    const unsigned char *bytes = (const unsigned char *)from;

    if (from->size < offsetof(qn_child, price) || from->size > 4096) return QN_E_INTENT_VALUE;
    for (uint32_t i = sizeof *to; i < from->size; i++)
        if (bytes[i]) return QN_E_TOO_NEW;
    *to = (qn_child){0};
    memcpy(to, from, from->size < sizeof *to ? from->size : sizeof *to);
    return QN_OK;
}

static wish make_wish(const engine *e, const qn_child *c, const order *parent)
{
    return (wish){
        .order = {.hdr = {sizeof(qn_order_intent), QN_INTENT_ORDER, parent->sent.instrument, 0},
                  .side = parent->sent.side,
                  .type = c->type,
                  .tif = c->tif ? c->tif : QN_GTC,
                  .flags = c->flags,
                  .qty = c->qty,
                  .price = c->price,
                  .trigger = c->trigger,
                  .expire_ts = c->expire_ts,
                  .stop_loss = parent->sent.stop_loss,
                  .take_profit = parent->sent.take_profit},
        .cause = e->cause,
        .strategy = parent->sent.strategy,
        .stage = QN_STAGE_ORDER,
        .parent = parent->sent.id};
}

static order *find_parent(engine *e, uint64_t id)
{
    order *o = orders_find(e->orders, id);

    return o && o->is_parent && !order_is_closed(o) ? o : NULL;
}

/* True if what is left of the parent's budget covers the child. */
static bool is_covered(const engine *e, const order *parent, const wish *w)
{
    qn_order as = {.side = w->order.side,
                   .type = w->order.type,
                   .price = w->order.price,
                   .trigger = w->order.trigger};
    int64_t mark = ledger_price(e->ledger, parent->sent.instrument);

    return w->order.qty <= parent->budget.qty - parent->budget.charged &&
           budget_check(&parent->budget, &as, w->order.qty, e->now, mark) == QN_REASON_NONE;
}

/* *is_wrong: no algorithm has a reason to ask for that, whatever the books are. */
static int64_t send(engine *e, const qn_child *child, bool *is_wrong)
{
    const order *parent;
    strategy *s;
    qn_verdict verdict;
    qn_child c;
    wish w;
    int32_t rc;

    if (e->has_ended) return QN_E_STATE;
    *is_wrong = true;
    if ((rc = read_child(child, &c)) != QN_OK) return rc;
    *is_wrong = false;
    if (!(parent = find_parent(e, c.parent_id))) return QN_E_INTENT_ORDER;
    s = &e->strategies[parent->sent.strategy - 1];
    w = make_wish(e, &c, parent);
    rc = intent_check_order(&w.order);
    *is_wrong = rc != QN_OK || w.order.qty > parent->budget.qty - parent->budget.charged;
    if (rc != QN_OK) return rc;
    if (!is_covered(e, parent, &w)) return QN_E_BUDGET;
    if (order_is_flooding(e, s) || !order_has_room(e)) return QN_E_FULL;
    w.order_id = QN_ORDER_ID(s->number, s->counter + 1);
    risk_approve(e, &w, &verdict);
    return order_submit(e, s, &w, &verdict);
}

int64_t child_send(void *ctx, const qn_child *child)
{
    engine *e = ((execution *)ctx)->in.engine;
    bool is_wrong = false;
    int64_t rc;

    if (!instance_may_send(&e->execution.in)) return QN_E_QUARANTINED;
    rc = send(e, child, &is_wrong);

    if (rc < 0) e->counts.refused++;
    if (rc < 0 && is_wrong) fault_strike(&e->execution.in, (int32_t)rc);
    return instance_has_sent(&e->execution.in, rc);
}

int32_t child_cancel(void *ctx, uint64_t order_id)
{
    engine *e = ((execution *)ctx)->in.engine;
    order *o = orders_find(e->orders, order_id);

    if (!instance_may_send(&e->execution.in)) return QN_E_QUARANTINED;
    if (!o || !o->parent || order_is_closed(o)) return QN_E_INTENT_ORDER;
    return (int32_t)instance_has_sent(&e->execution.in,
                                      order_ask_cancel(e, o, QN_REASON_REQUESTED, e->cause));
}

int32_t child_finish(void *ctx, uint64_t parent_id)
{
    engine *e = ((execution *)ctx)->in.engine;
    order *o = find_parent(e, parent_id);

    if (!instance_may_send(&e->execution.in)) return QN_E_QUARANTINED;
    if (!o) return QN_E_INTENT_ORDER;
    execution_end(e, o, QN_ORDER_CANCELED, QN_REASON_GIVEN_UP, e->cause);
    return (int32_t)instance_has_sent(&e->execution.in, QN_OK);
}
