/* SPDX-License-Identifier: MIT
 *
 * Orders on their way out, and what comes back. */
#include "internal.h"

#include "base/fail.h"
#include "base/log.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* ------------------------------------------------------------------ state */

/* Counts the outcomes that a report shows. */
static void count_change(engine_counts *c, order_change change)
{
    static const uint16_t counters[ORDER_CHANGES] = {
        [ORDER_SUBMIT] = offsetof(engine_counts, submitted),
        [ORDER_DENY] = offsetof(engine_counts, denied),
        [ORDER_REJECT] = offsetof(engine_counts, rejected),
        [ORDER_FILL_WHOLE] = offsetof(engine_counts, filled),
        [ORDER_CANCEL] = offsetof(engine_counts, canceled),
        [ORDER_EXPIRE] = offsetof(engine_counts, expired),
    };
    char *at = (char *)c + counters[change];

    if (counters[change]) ++*(uint64_t *)(void *)at; /* at 0 stands the count of events */
}

/* True if the change is possible; the state has then moved. */
static bool advance(engine *e, order *o, order_change change)
{
    uint32_t next = order_next(o->state, change);

    if (!next) return false;
    if (next == QN_ORDER_ACCEPTED && !o->was_accepted) {
        o->was_accepted = true;
        e->counts.accepted++;
    }
    if (next != o->state) count_change(&e->counts, change);
    o->state = next;
    return true;
}

/* Market orders that are not filled yet belong to what a target looks at. */
static void add_market_orders(engine *e, const order *o, int64_t qty)
{
    if (o->sent.type == QN_MARKET && !o->parent)
        ledger_position(e->ledger, o->sent.strategy, o->sent.instrument)->market_orders +=
            qn_sign(o->sent.side) * qty;
}

/* Once for each order, when it reaches a closed state. */
static void close_order(engine *e, order *o)
{
    if (o->filled < o->sent.qty) add_market_orders(e, o, -(o->sent.qty - o->filled));
    if (e->observer.on_order) e->observer.on_order(e->observer.ctx, o);
    orders_close(e->orders, o);
}

static void note_order(engine *e, const strategy *s, const order *o, uint8_t kind, uint32_t verdict)
{
    decision d = {.kind = kind,
                  .strategy = s->in.id,
                  .counter = QN_ORDER_COUNTER(o->sent.id),
                  .instrument = &e->instruments[o->sent.instrument],
                  .side = o->sent.side,
                  .type = o->sent.type,
                  .tif = o->sent.tif,
                  .qty = o->sent.qty,
                  .price = o->sent.price,
                  .trigger = o->sent.trigger,
                  .verdict = verdict,
                  .reason = o->reason,
                  .market_ts = e->market_ts};

    decisions_add(&e->decisions, &d);
}

/* Tells the owner of an order what the host itself has decided. */
static void tell(engine *e, const order *o)
{
    qn_order_report report = {
        .hdr = {.size = sizeof report, .type = QN_EVENT_ORDER, .instrument = o->sent.instrument},
        .venue_ts = e->market_ts,
        .order_id = o->sent.id,
        .state = o->state,
        .reason = o->reason};

    if (queue_put(&e->queue, &report.hdr) != QN_OK)
        engine_fail(e, QN_E_FULL, "the event queue is full");
}

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

static order *new_order(engine *e, strategy *s, const qn_order_intent *want)
{
    order *o = orders_add(e->orders, QN_ORDER_ID(s->number, ++s->counter));

    if (!o) return NULL;
    o->made_ts = e->market_ts;
    o->sent.instrument = want->hdr.instrument;
    o->sent.strategy = s->number;
    o->sent.side = want->side;
    o->sent.type = want->type;
    o->sent.tif = want->tif;
    o->sent.flags = want->flags;
    o->sent.qty = want->qty;
    o->sent.price = want->price;
    o->sent.trigger = want->trigger;
    o->sent.expire_ts = want->expire_ts;
    o->sent.stop_loss = want->stop_loss;
    o->sent.take_profit = want->take_profit;
    o->sent.sent_ts = e->now;
    return o;
}

/* The exits of an entry are orders of their own: a stop and a limit of the other side. */
static uint64_t new_exit(engine *e, strategy *s, const order *entry, uint32_t type, int64_t at)
{
    qn_order_intent want = {.hdr.instrument = entry->sent.instrument,
                            .side = entry->sent.side == QN_BUY ? QN_SELL : QN_BUY,
                            .type = type,
                            .tif = QN_GTC,
                            .flags = QN_REDUCE_ONLY,
                            .qty = entry->sent.qty,
                            .price = type == QN_LIMIT ? at : 0,
                            .trigger = type == QN_STOP ? at : 0};
    order *o = at ? new_order(e, s, &want) : NULL;

    if (!o) return 0;
    o->parent = entry->sent.id;
    advance(e, o, ORDER_SUBMIT);
    note_order(e, s, o, DECISION_ORDER, 0);
    return o->sent.id;
}

static int64_t deny(engine *e, strategy *s, order *o, uint32_t reason)
{
    o->reason = reason;
    advance(e, o, ORDER_DENY);
    note_order(e, s, o, DECISION_VERDICT, o->state);
    tell(e, o);
    close_order(e, o);
    return (int64_t)o->sent.id;
}

/* A strategy that answers each event of its own orders with a new one, or with a change, would
 * never let the next market event in. */
static bool is_flooding(engine *e, strategy *s)
{
    if (s->burst_seq != e->counts.market) {
        s->burst_seq = e->counts.market;
        s->burst = 0;
    }
    return ++s->burst > ORDERS_PER_EVENT;
}

int64_t order_send(engine *e, strategy *s, const order_wish *wish)
{
    venue *v = &e->venues[e->venue_of[wish->order.hdr.instrument]];
    order *o;
    int32_t rc;

    if (!wish->is_closing && is_flooding(e, s)) return QN_E_FULL;
    if (orders_working(e->orders) + 3 > WORKING_ORDERS) return QN_E_FULL;
    if (!(o = new_order(e, s, &wish->order))) return QN_E_NO_MEMORY;
    add_market_orders(e, o, o->sent.qty);
    if (needs(&o->sent) & ~v->info.capabilities) return deny(e, s, o, QN_REASON_UNSUPPORTED);
    advance(e, o, ORDER_SUBMIT);
    note_order(e, s, o, DECISION_ORDER, 0);
    o->sent.stop_loss_id = new_exit(e, s, o, QN_STOP, o->sent.stop_loss);
    o->sent.take_profit_id = new_exit(e, s, o, QN_LIMIT, o->sent.take_profit);
    if ((rc = v->table->submit(v->in.self, &o->sent)) != QN_OK)
        engine_fail(e, rc, "venue %s did not take order %" PRIu64 " of %s: %s", v->in.id,
                    QN_ORDER_COUNTER(o->sent.id), s->in.id, error_meaning(rc));
    return (int64_t)o->sent.id;
}

/* ------------------------------------------------------------------ cancel, modify */

static order *own_order(engine *e, const strategy *s, uint64_t id)
{
    order *o = orders_find(e->orders, id);

    return o && o->sent.strategy == s->number && !order_is_closed(o) ? o : NULL;
}

/* A venue does not find an order whose end waits in the queue: to its owner it is closed. */
static int32_t refusal(int32_t rc)
{
    return rc == QN_E_NOT_FOUND ? QN_E_INTENT_ORDER : rc;
}

static int32_t ask_cancel(engine *e, order *o)
{
    venue *v = &e->venues[e->venue_of[o->sent.instrument]];
    int32_t rc;

    if (o->state == QN_ORDER_PENDING_CANCEL) return QN_OK;
    if (!order_next(o->state, ORDER_ASK_CANCEL)) return QN_E_INTENT_ORDER;
    if ((rc = v->table->cancel(v->in.self, o->sent.id)) == QN_OK) advance(e, o, ORDER_ASK_CANCEL);
    return refusal(rc);
}

int64_t order_cancel(engine *e, strategy *s, const qn_cancel *cancel)
{
    order *o;

    if (cancel->order_id) {
        o = own_order(e, s, cancel->order_id);
        return o ? ask_cancel(e, o) : QN_E_INTENT_ORDER;
    }
    for (o = orders_first(e->orders); o; o = o->next)
        if (o->sent.strategy == s->number && o->sent.instrument == cancel->hdr.instrument &&
            !o->parent)
            ask_cancel(e, o);
    return QN_OK;
}

int64_t order_modify(engine *e, strategy *s, const qn_modify *modify)
{
    order *o = own_order(e, s, modify->order_id);
    venue *v = o ? &e->venues[e->venue_of[o->sent.instrument]] : NULL;
    qn_order asked;
    int32_t rc;

    if (is_flooding(e, s)) return QN_E_FULL;
    if (!o || o->sent.type == QN_MARKET || !order_next(o->state, ORDER_ASK_UPDATE) ||
        !(v->info.capabilities & QN_CAN_MODIFY))
        return QN_E_INTENT_ORDER;
    if ((modify->price && o->sent.type != QN_LIMIT) ||
        (modify->trigger && o->sent.type != QN_STOP) || (modify->qty && modify->qty <= o->filled))
        return QN_E_INTENT_VALUE;
    asked = o->sent;
    asked.sent_ts = e->now;
    if (modify->qty) asked.qty = modify->qty;
    if (modify->price) asked.price = modify->price;
    if (modify->trigger) asked.trigger = modify->trigger;
    if ((rc = v->table->modify(v->in.self, &asked)) != QN_OK) return refusal(rc);
    o->asked = asked;
    advance(e, o, ORDER_ASK_UPDATE);
    return QN_OK;
}

/* ------------------------------------------------------------------ what a venue pushes */

static const uint16_t pushable[QN_EVENT_TYPES] = {
    [QN_EVENT_ORDER] = sizeof(qn_order_report),
    [QN_EVENT_FILL] = sizeof(qn_fill),
    [QN_EVENT_PAYMENT] = sizeof(qn_payment),
};

/* A denial is the host's own word: from a venue it would end an order that the books still have. */
static bool is_denial(const qn_event *ev)
{
    return ev->type == QN_EVENT_ORDER &&
           ((const qn_order_report *)(const void *)ev)->state == QN_ORDER_DENIED;
}

int32_t venue_push(void *ctx, const qn_event *ev)
{
    venue *v = ctx;
    engine *e = v->in.engine;
    int32_t rc = QN_E_INVALID;

    if (ev->type < QN_EVENT_TYPES && pushable[ev->type] && ev->size >= pushable[ev->type] &&
        ev->instrument < e->ninstruments && v->in.slots[ev->instrument] != NO_SLOT &&
        !is_denial(ev))
        rc = queue_put(&e->queue, ev);
    if (rc != QN_OK)
        engine_fail(e, rc, "venue %s pushed an event of type %u and %u bytes that %s", v->in.id,
                    ev->type, ev->size,
                    rc == QN_E_FULL ? "finds the queue full" : "a venue may not push");
    return rc;
}

static void anomaly(engine *e, uint64_t id, const char *what)
{
    if (e->counts.anomalies++ < 10)
        log_line(LOG_WARNING, "order %" PRIu64 " of strategy %u: %s", QN_ORDER_COUNTER(id),
                 QN_ORDER_STRATEGY(id), what);
}

static void deliver_to_owner(engine *e, uint64_t order_id, qn_event *ev)
{
    uint32_t number = QN_ORDER_STRATEGY(order_id);

    if (!e->has_ended && number >= 1 && number <= e->nstrategies)
        engine_deliver(e, &e->strategies[number - 1], ev);
}

/* An exit that has not begun to fill has its entry's quantity. */
static void follow_entry(engine *e, uint64_t exit_id, int64_t qty)
{
    order *o = exit_id ? orders_find(e->orders, exit_id) : NULL;

    if (o && o->filled == 0) o->sent.qty = qty;
}

/* An accepted change puts the new values into force; a refused one carries a reason. It does so
 * too when a cancel was asked for behind it. */
static void settle_update(engine *e, order *o, order_change change, const qn_order_report *report)
{
    if (o->asked.id == 0 || (change != ORDER_ACCEPT && change != ORDER_HOLD)) return;
    if (report->reason == QN_REASON_NONE) o->sent = o->asked;
    o->asked.id = 0;
    follow_entry(e, o->sent.stop_loss_id, o->sent.qty);
    follow_entry(e, o->sent.take_profit_id, o->sent.qty);
}

static void on_report(engine *e, qn_order_report *report)
{
    order *o = orders_find(e->orders, report->order_id);
    order_change change = order_change_of_report(report->state);

    if (report->state == QN_ORDER_DENIED) { /* the host's own word: the order is closed already */
        deliver_to_owner(e, report->order_id, &report->hdr);
        return;
    }
    if (!o || report->hdr.instrument != o->sent.instrument) {
        anomaly(e, report->order_id, "a report of an order that is not known there");
        return;
    }
    if (e->has_ended && change == ORDER_CANCEL) report->reason = QN_REASON_RUN_END;
    settle_update(e, o, change, report);
    if (order_is_closed(o) || !advance(e, o, change)) {
        anomaly(e, report->order_id, "a report that does not fit its state");
        return;
    }
    if (order_is_closed(o)) {
        o->reason = report->reason;
        close_order(e, o);
    }
    deliver_to_owner(e, report->order_id, &report->hdr);
}

static bool fits(const order *o, const qn_fill *fill)
{
    return o && fill->qty > 0 && fill->price > 0 && fill->side == o->sent.side &&
           fill->hdr.instrument == o->sent.instrument;
}

static void note_fill(engine *e, const order *o, const qn_fill *fill)
{
    decision d = {.kind = DECISION_FILL,
                  .strategy = e->strategies[o->sent.strategy - 1].in.id,
                  .counter = QN_ORDER_COUNTER(o->sent.id),
                  .instrument = &e->instruments[o->sent.instrument],
                  .side = fill->side,
                  .type = o->sent.type,
                  .tif = o->sent.tif,
                  .qty = fill->qty,
                  .price = fill->price,
                  .fee = fill->fee,
                  .market_ts = fill->venue_ts};

    decisions_add(&e->decisions, &d);
}

static void on_fill(engine *e, qn_fill *fill)
{
    order *o = orders_find(e->orders, fill->order_id);
    bool was_closed = o && order_is_closed(o);
    int64_t open = was_closed || !o ? 0 : o->sent.qty - o->filled;
    int64_t realized = 0;

    if (!fits(o, fill) || ledger_fill(e->ledger, o->sent.strategy, fill, &realized) != QN_OK) {
        engine_fail(e, QN_E_INVALID,
                    "a fill of order %" PRIu64
                    " of strategy %u that cannot be booked: unknown order, "
                    "wrong side or instrument, or more than 64 bits of money",
                    QN_ORDER_COUNTER(fill->order_id), QN_ORDER_STRATEGY(fill->order_id));
        return;
    }
    o->filled += fill->qty;
    o->filled_value += (qn_wide)fill->price * fill->qty;
    o->is_overfilled = o->filled > o->sent.qty;
    if (o->is_overfilled) anomaly(e, fill->order_id, "filled beyond its quantity");
    add_market_orders(e, o, -(fill->qty < open ? fill->qty : open));
    if (!advance(e, o, o->filled >= o->sent.qty ? ORDER_FILL_WHOLE : ORDER_FILL_PART))
        anomaly(e, fill->order_id, "a fill that does not fit its state");
    e->counts.fills++;
    ++*(fill->liquidity == QN_MAKER ? &e->counts.maker : &e->counts.taker);
    note_fill(e, o, fill);
    if (e->observer.on_fill) e->observer.on_fill(e->observer.ctx, fill, o, realized);
    if (!was_closed && order_is_closed(o)) close_order(e, o);
    deliver_to_owner(e, fill->order_id, &fill->hdr);
}

static void on_payment(engine *e, qn_payment *payment)
{
    int32_t rc = ledger_payment(e->ledger, payment);

    if (rc != QN_OK) {
        engine_fail(e, rc, "a funding payment on %s that cannot be booked",
                    e->instruments[payment->hdr.instrument].name);
        return;
    }
    if (e->observer.on_payment) e->observer.on_payment(e->observer.ctx, payment);
    for (uint32_t i = 0; i < e->nstrategies && !e->has_ended; i++)
        if (e->strategies[i].in.slots[payment->hdr.instrument] != NO_SLOT)
            engine_deliver(e, &e->strategies[i], &payment->hdr);
}

void order_event(engine *e, qn_event *ev)
{
    switch (ev->type) {
    case QN_EVENT_ORDER:
        on_report(e, (qn_order_report *)(void *)ev);
        break;
    case QN_EVENT_FILL:
        on_fill(e, (qn_fill *)(void *)ev);
        break;
    default:
        on_payment(e, (qn_payment *)(void *)ev);
        break;
    }
}

/* ------------------------------------------------------------------ the end */

static void close_positions(engine *e, const venue *v)
{
    for (uint32_t i = 0; i < e->ninstruments; i++) {
        if (v->in.slots[i] == NO_SLOT) continue;
        for (uint32_t s = 0; s < e->nstrategies; s++) {
            int64_t qty = ledger_position(e->ledger, s + 1, i)->qty;
            order_wish wish = {.order = {.hdr.instrument = i,
                                         .side = qty > 0 ? QN_SELL : QN_BUY,
                                         .type = QN_MARKET,
                                         .tif = QN_GTC,
                                         .flags = QN_CLOSE_OUT,
                                         .qty = qty > 0 ? qty : -qty},
                               .is_closing = true};
            if (qty) order_send(e, &e->strategies[s], &wish);
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
        ask_cancel(e, o);
        engine_drain(e);
    }
    for (uint32_t i = 0; i < e->nvenues && e->status == RUN_COMPLETED; i++) {
        venue *v = &e->venues[i];
        if (v->info.close_at_end) close_positions(e, v);
        if (v->table->on_end) v->table->on_end(v->in.self, e->now);
        engine_drain(e);
    }
    while ((o = orders_first(e->orders))) { /* the venue never answered */
        o->reason = QN_REASON_RUN_END;
        anomaly(e, o->sent.id, "its venue did not confirm the cancel at the end of the run");
        close_order(e, o);
    }
}
