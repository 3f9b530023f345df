/* SPDX-License-Identifier: MIT
 *
 * Orders on their way out: judged, recorded, booked, handed to the venue. The record comes
 * first, always: what leaves the host has been written down. */
#include "internal.h"

#include <inttypes.h>
#include <string.h>

/* ------------------------------------------------------------------ sending */

/* What an order needs its venue to be able to do. */
static uint64_t needs(const qn_order *o)
{
    static const uint64_t types[] = {
        [QN_MARKET] = QN_CAN_MARKET, [QN_LIMIT] = QN_CAN_LIMIT, [QN_STOP] = QN_CAN_STOP};
    static const uint64_t tifs[] = {[QN_GTC] = 0, [QN_IOC] = QN_CAN_IOC, [QN_GTD] = QN_CAN_GTD};

    return types[o->type] | tifs[o->tif] | (o->flags & QN_REDUCE_ONLY ? QN_CAN_REDUCE_ONLY : 0) |
           (o->flags & QN_POST_ONLY ? QN_CAN_POST_ONLY : 0) |
           (o->stop_loss || o->take_profit ? QN_CAN_EXITS : 0);
}

/* The order that was wished for, in the quantity that was allowed. The ids of its exits are the
 * next ones, so that its record is whole. */
static qn_order make_order(const engine *e, const strategy *s, const wish *w, int64_t qty)
{
    const qn_order_intent *want = &w->order;
    qn_order o = {.size = sizeof o,
                  .instrument = want->hdr.instrument,
                  .id = w->order_id,
                  .strategy = s->number,
                  .incarnation = e->incarnation,
                  .side = want->side,
                  .type = want->type,
                  .tif = want->tif,
                  .flags = want->flags,
                  .qty = qty,
                  .price = want->price,
                  .trigger = want->trigger,
                  .sent_ts = e->now,
                  .expire_ts = want->expire_ts,
                  .stop_loss = want->stop_loss,
                  .take_profit = want->take_profit};
    uint64_t next = QN_ORDER_COUNTER(w->order_id) + 1;

    if (o.stop_loss) o.stop_loss_id = QN_ORDER_ID(s->number, next++);
    if (o.take_profit) o.take_profit_id = QN_ORDER_ID(s->number, next);
    return o;
}

/* Records and books an order. NULL after a failure of the run. */
static order *put_order(engine *e, qn_submit *record)
{
    record->hdr.size = sizeof *record;
    record->hdr.type = QN_EVENT_SUBMIT;
    record->hdr.instrument = record->order.instrument;
    record->made_ts = e->market_ts;
    record_put(e, &record->hdr);
    return apply_submit(e, record);
}

/* The exits of an entry are orders of their own: a stop and a limit of the other side. They only
 * reduce, and stand on the approval of their entry. */
static void put_exit(engine *e, const qn_submit *entry, uint64_t id, uint32_t type, int64_t at)
{
    qn_submit record = {.cause_seq = entry->cause_seq,
                        .entry_id = entry->order.id,
                        .state = QN_ORDER_SUBMITTED,
                        .order = {.size = sizeof record.order,
                                  .instrument = entry->order.instrument,
                                  .id = id,
                                  .strategy = entry->order.strategy,
                                  .incarnation = entry->order.incarnation,
                                  .side = entry->order.side == QN_BUY ? QN_SELL : QN_BUY,
                                  .type = type,
                                  .tif = QN_GTC,
                                  .flags = QN_REDUCE_ONLY,
                                  .qty = entry->order.qty,
                                  .price = type == QN_LIMIT ? at : 0,
                                  .trigger = type == QN_STOP ? at : 0,
                                  .sent_ts = entry->order.sent_ts}};

    put_order(e, &record);
}

int64_t order_submit(engine *e, strategy *s, const wish *w, const qn_verdict *verdict)
{
    const venue *v = &e->venues[e->venue_of[w->order.hdr.instrument]];
    bool is_rejected = verdict->action == QN_REJECT;
    qn_submit record = {.cause_seq = verdict->hdr.seq,
                        .parent_id = w->parent,
                        .state = QN_ORDER_SUBMITTED,
                        .order =
                            make_order(e, s, w, is_rejected ? verdict->asked : verdict->allowed)};
    order *o;

    if (is_rejected)
        record.reason = verdict->reason;
    else if (needs(&record.order) & ~v->info.capabilities)
        record.reason = QN_REASON_UNSUPPORTED;
    if (record.reason) {
        record.state = QN_ORDER_DENIED;
        record.order.stop_loss_id = record.order.take_profit_id = 0;
    }
    if (!(o = put_order(e, &record))) return QN_E_NO_MEMORY;
    if (record.state == QN_ORDER_DENIED) {
        answer_tell(e, o, QN_ORDER_DENIED, o->reason);
        return (int64_t)w->order_id;
    }
    if (o->sent.stop_loss_id)
        put_exit(e, &record, o->sent.stop_loss_id, QN_STOP, o->sent.stop_loss);
    if (o->sent.take_profit_id)
        put_exit(e, &record, o->sent.take_profit_id, QN_LIMIT, o->sent.take_profit);
    if (!budget_submit(e, o)) answer_tell(e, o, QN_ORDER_REJECTED, QN_REASON_BUDGET);
    return (int64_t)w->order_id;
}

/* A strategy that answers each event of its own orders with a new one, or with a change, would
 * never let the next market event in. */
bool order_is_flooding(engine *e, strategy *s)
{
    if (s->burst_seq != e->counts.market) {
        s->burst_seq = e->counts.market;
        s->burst = 0;
    }
    return ++s->burst > ORDERS_PER_EVENT;
}

/* Each working order may bring about two further events before the queue is worked off, its answer
 * and its end: with room for all of them no plugin can fill the queue. */
bool order_has_room(const engine *e)
{
    uint64_t working = orders_working(e->orders) + 3; /* it and its exits */

    return working <= WORKING_ORDERS &&
           e->queue.tail - e->queue.head + 2 * working < QUEUE_EVENTS - 1;
}

int64_t order_send(engine *e, strategy *s, wish *w)
{
    bool is_worked = w->is_worked && e->execution.table;
    qn_verdict verdict;

    if (!w->is_closing && order_is_flooding(e, s)) return QN_E_FULL;
    if (!order_has_room(e)) return QN_E_FULL;
    w->strategy = s->number;
    w->order_id = QN_ORDER_ID(s->number, s->counter + 1);
    w->stage = is_worked ? QN_STAGE_INTENT : QN_STAGE_INTENT | QN_STAGE_ORDER;
    if (risk_approve(e, w, &verdict) && is_worked) return execution_begin(e, s, w, &verdict);
    return order_submit(e, s, w, &verdict);
}

/* ------------------------------------------------------------------ cancel, modify */

static order *own_order(engine *e, const strategy *s, uint64_t id)
{
    order *o = orders_find(e->orders, id);

    return o && o->sent.strategy == s->number && !order_is_closed(o) ? o : NULL;
}

static void put_request(engine *e, const order *o, qn_request *record)
{
    record->hdr.size = sizeof *record;
    record->hdr.type = QN_EVENT_REQUEST;
    record->hdr.instrument = o->sent.instrument;
    record->order_id = o->sent.id;
    record_put(e, &record->hdr);
    apply_request(e, record);
    record_publish(e);
}

/* What a venue's refusal of a request means. One that does not find the order has ended it: the
 * end waits in the queue, and to its owner it is closed. Any other leaves the order as it was. */
static int32_t settle_refusal(engine *e, const order *o, int32_t rc)
{
    if (rc == QN_OK) return QN_OK;
    if (rc == QN_E_NOT_FOUND) return QN_E_INTENT_ORDER;
    answer_tell(e, o, QN_ORDER_ACCEPTED, QN_REASON_UNSUPPORTED);
    return rc;
}

int32_t order_ask_cancel(engine *e, order *o, uint32_t reason, uint64_t cause)
{
    venue *v = &e->venues[e->venue_of[o->sent.instrument]];
    qn_request record = {.cause_seq = cause, .kind = QN_INTENT_CANCEL, .reason = reason};
    uint32_t before;
    int32_t rc;

    if (o->is_parent) {
        execution_end(e, o, QN_ORDER_CANCELED, reason, cause);
        return QN_OK;
    }
    if (o->state == QN_ORDER_PENDING_CANCEL) return QN_OK;
    if (!order_next(o->state, ORDER_ASK_CANCEL)) return QN_E_INTENT_ORDER;
    put_request(e, o, &record);
    before = call_begin(e, &v->in, SLOT_CALL_CANCEL);
    rc = v->table->cancel(v->in.self, o->sent.id);
    call_end(e, before);
    return settle_refusal(e, o, rc);
}

int64_t order_cancel(engine *e, strategy *s, const qn_cancel *cancel, uint64_t cause)
{
    order *next;
    order *o;

    if (cancel->order_id) {
        o = own_order(e, s, cancel->order_id);
        return o ? order_ask_cancel(e, o, QN_REASON_REQUESTED, cause) : QN_E_INTENT_ORDER;
    }
    for (o = orders_first(e->orders); o; o = next) {
        next = o->next; /* a parent leaves the list at once */
        if (o->sent.strategy == s->number && o->sent.instrument == cancel->hdr.instrument &&
            !o->entry)
            order_ask_cancel(e, o, QN_REASON_REQUESTED, cause);
    }
    return QN_OK;
}

uint32_t order_cancel_all(engine *e, const strategy *s, uint32_t reason, uint64_t cause)
{
    uint32_t n = 0;
    order *next;

    for (order *o = orders_first(e->orders); o; o = next) {
        next = o->next; /* a parent leaves the list at once */
        if (o->entry || (s && o->sent.strategy != s->number)) continue;
        if (order_ask_cancel(e, o, reason, cause) == QN_OK) n++;
    }
    return n;
}

bool order_close(engine *e, strategy *s, uint32_t instrument, uint64_t cause)
{
    const position *p = ledger_part(e->ledger, s->number, instrument);
    int64_t held;
    wish w = {.order = {.hdr = {.size = sizeof w.order, .instrument = instrument},
                        .type = QN_MARKET,
                        .tif = QN_GTC},
              .cause = cause};

    if (__builtin_add_overflow(p->qty, p->market_orders, &held) || held == 0 || held == INT64_MIN)
        return false;
    w.order.side = held > 0 ? QN_SELL : QN_BUY;
    w.order.qty = held > 0 ? held : -held;
    return order_send(e, s, &w) > 0;
}

/* A child is its algorithm's: its quantity is a part of what the parent was approved for. */
static bool is_modifiable(const venue *v, const order *o)
{
    return o->sent.type != QN_MARKET && !o->is_parent && !o->parent &&
           order_next(o->state, ORDER_ASK_UPDATE) && (v->info.capabilities & QN_CAN_MODIFY);
}

/* Whether all of a change is allowed at one stage. */
static bool approve_stage(engine *e, const order *o, const qn_request *to, uint32_t stage,
                          int64_t qty, uint64_t cause, qn_verdict *verdict)
{
    wish w = {.order = {.hdr.instrument = o->sent.instrument,
                        .side = o->sent.side,
                        .type = o->sent.type,
                        .tif = o->sent.tif,
                        .flags = o->sent.flags,
                        .qty = qty,
                        .price = to->price,
                        .trigger = to->trigger},
              .cause = cause,
              .order_id = o->sent.id,
              .strategy = o->sent.strategy,
              .stage = stage};

    return risk_approve(e, &w, verdict) && verdict->action == QN_ALLOW;
}

/* A change is judged as a wish for what it adds, and as the order that it becomes: else one could
 * grow beyond any limit on one order, step by step. */
static bool approve_change(engine *e, const order *o, const qn_request *to, uint64_t cause,
                           qn_verdict *verdict)
{
    int64_t added = to->qty - o->sent.qty;

    if (added > 0 && !approve_stage(e, o, to, QN_STAGE_INTENT, added, cause, verdict)) return false;
    return approve_stage(e, o, to, QN_STAGE_ORDER, to->qty - o->filled, cause, verdict);
}

int64_t order_modify(engine *e, strategy *s, const qn_modify *modify, uint64_t cause)
{
    order *o = own_order(e, s, modify->order_id);
    const venue *v = o ? &e->venues[e->venue_of[o->sent.instrument]] : NULL;
    qn_request to = {.kind = QN_INTENT_MODIFY};
    qn_verdict verdict;

    if (order_is_flooding(e, s)) return QN_E_FULL;
    if (!o || !is_modifiable(v, o)) return QN_E_INTENT_ORDER;
    if ((modify->price && o->sent.type != QN_LIMIT) ||
        (modify->trigger && o->sent.type != QN_STOP) || (modify->qty && modify->qty <= o->filled))
        return QN_E_INTENT_VALUE;
    to.qty = modify->qty ? modify->qty : o->sent.qty;
    to.price = modify->price ? modify->price : o->sent.price;
    to.trigger = modify->trigger ? modify->trigger : o->sent.trigger;
    if (!approve_change(e, o, &to, cause, &verdict)) return QN_E_BUDGET;
    to.cause_seq = verdict.hdr.seq;
    put_request(e, o, &to);
    return settle_refusal(e, o, budget_modify(e, o));
}

/* ------------------------------------------------------------------ the end */

static void close_positions(engine *e, const venue *v)
{
    for (uint32_t i = 0; i < e->ninstruments; i++) {
        if (v->in.slots[i] == NO_SLOT) continue;
        for (uint32_t s = 0; s < e->nstrategies; s++) {
            int64_t qty = ledger_position(e->ledger, s + 1, i)->qty;
            wish w = {.order = {.hdr.instrument = i,
                                .side = qty > 0 ? QN_SELL : QN_BUY,
                                .type = QN_MARKET,
                                .tif = QN_GTC,
                                .flags = QN_CLOSE_OUT,
                                .qty = qty > 0 ? qty : -qty},
                      .cause = e->cause,
                      .is_closing = true};
            if (qty) order_send(e, &e->strategies[s], &w);
        }
    }
}

void order_end_all(engine *e)
{
    order *o;

    e->has_ended = true;
    /* one by one, because a cancel may end others too: the exits of an entry */
    for (o = orders_first(e->orders); o;
         o = order_is_closed(o) ? orders_first(e->orders) : o->next) {
        order_ask_cancel(e, o, QN_REASON_RUN_END, e->cause);
        engine_drain(e);
    }
    for (uint32_t i = 0; i < e->nvenues && e->status == RUN_COMPLETED; i++) {
        venue *v = &e->venues[i];
        if (v->info.close_at_end) close_positions(e, v);
        if (v->table->on_end) {
            uint32_t before = call_begin(e, &v->in, SLOT_CALL_ON_END);
            v->table->on_end(v->in.self, e->now);
            call_end(e, before);
        }
        engine_drain(e);
    }
    for (o = orders_first(e->orders); o && e->failed == QN_OK; o = orders_first(e->orders)) {
        answer_anomaly(e, o->sent.id, "its venue did not confirm the cancel at the end of the run");
        answer_tell(e, o, QN_ORDER_CANCELED, QN_REASON_RUN_END);
        engine_drain(e);
        if (!order_is_closed(o))
            engine_fail(e, QN_E_INTERNAL, "order %" PRIu64 " cannot be ended",
                        QN_ORDER_COUNTER(o->sent.id));
    }
}
