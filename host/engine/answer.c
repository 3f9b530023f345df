/* SPDX-License-Identifier: MIT
 *
 * What venues answer, and what becomes of the books by it. Every change of an order or an
 * account is the application of a record: the same functions book a run while it goes on, and
 * again when its journal is read. */
#include "internal.h"

#include "base/log.h"
#include "module/oldest.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* ------------------------------------------------------------------ what a venue pushes */

static const uint16_t pushable[QN_EVENT_TYPES] = {
    [QN_EVENT_ORDER] = sizeof(qn_order_report),
    [QN_EVENT_FILL] = sizeof(qn_fill),
    [QN_EVENT_PAYMENT] = sizeof(qn_payment),
};

/* As short as an older venue may push them: what came later is zero then. */
static const uint16_t shortest[QN_EVENT_TYPES] = {
    [QN_EVENT_ORDER] = OLDEST_qn_order_report,
    [QN_EVENT_FILL] = OLDEST_qn_fill,
    [QN_EVENT_PAYMENT] = OLDEST_qn_payment,
};

/* What the queue took in of a venue: flags are the host's own, and no byte is left over from the
 * event that lay there before. */
static void made_whole(qn_event *ev)
{
    ev->flags = 0;
    if (ev->size < pushable[ev->type])
        memset((char *)ev + ev->size, 0, pushable[ev->type] - ev->size);
}

/* A denial is the host's own word: from a venue it would end an order that the books still have. */
static bool is_denial(const qn_event *ev)
{
    return ev->type == QN_EVENT_ORDER &&
           ((const qn_order_report *)(const void *)ev)->state == QN_ORDER_DENIED;
}

/* In the flags of a report that waits: it is the host's word on a parent, which the books have had
 * since it was decided. By now a flood may have made them forget the parent. */
#define ON_PARENT (1u << 31)

int32_t answer_put(engine *e, const qn_event *ev)
{
    int32_t rc = queue_put(&e->queue, ev);

    if (rc == QN_OK) made_whole((void *)e->queue.ring[(e->queue.tail - 1) % QUEUE_EVENTS].bytes);
    return rc;
}

int32_t venue_push(void *ctx, const qn_event *ev)
{
    venue *v = ctx;
    engine *e = v->in.engine;
    bool may_be = ev->type < QN_EVENT_TYPES && shortest[ev->type] &&
                  ev->size >= shortest[ev->type] && ev->instrument < e->ninstruments &&
                  v->in.slots[ev->instrument] != NO_SLOT && !is_denial(ev);
    int32_t rc;

    if (v->asked) return reconcile_take(v->asked, may_be ? ev : NULL);
    if (!v->started) return QN_E_STATE; /* while it stops: the next build is asked */
    rc = may_be ? answer_put(e, ev) : QN_E_INVALID;
    if (rc != QN_OK)
        engine_fail(e, rc, "venue %s pushed an event of type %u and %u bytes that %s", v->in.id,
                    ev->type, ev->size,
                    rc == QN_E_FULL ? "finds the queue full" : "a venue may not push");
    return rc;
}

void answer_tell(engine *e, const order *o, uint32_t state, uint32_t reason)
{
    qn_order_report report = {.hdr = {.size = sizeof report,
                                      .type = QN_EVENT_ORDER,
                                      .flags = o->is_parent ? ON_PARENT : 0,
                                      .instrument = o->sent.instrument},
                              .venue_ts = e->market_ts,
                              .order_id = o->sent.id,
                              .state = state,
                              .reason = reason};

    if (queue_put(&e->queue, &report.hdr) != QN_OK)
        engine_fail(e, QN_E_FULL, "the event queue is full");
}

void answer_anomaly(engine *e, uint64_t id, const char *what)
{
    if (e->counts.anomalies++ < 10)
        log_line(LOG_WARNING, "order %" PRIu64 " of strategy %u: %s", QN_ORDER_COUNTER(id),
                 QN_ORDER_STRATEGY(id), what);
}

/* ------------------------------------------------------------------ the state of an order */

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

/* True if the change is possible; the state has then moved. A parent never was at a venue: it
 * is in no count of orders. */
static bool advance(engine *e, order *o, order_change change)
{
    uint32_t next = order_next(o->state, change);

    if (!next) return false;
    if (!o->is_parent) {
        if (next == QN_ORDER_ACCEPTED && !o->was_accepted) {
            o->was_accepted = true;
            e->counts.accepted++;
        }
        if (next != o->state) count_change(&e->counts, change);
    }
    o->state = next;
    return true;
}

static order *working_parent(const engine *e, const order *child)
{
    order *p = child->parent ? orders_find(e->orders, child->parent) : NULL;

    return p && !order_is_closed(p) ? p : NULL;
}

/* Adds to the quantities that are approved and not filled: what a target looks at, and what
 * the risk chain counts as exposure. A child is counted by its parent, an exit by nobody. A child
 * that outlives its parent, until the venue has answered the cancel, is exposure still. */
static void add_open(engine *e, const order *o, int64_t qty)
{
    open_quantity *open = &e->open[o->sent.instrument];

    if (o->entry || working_parent(e, o)) return;
    *(o->sent.side == QN_BUY ? &open->buying : &open->selling) += qty;
    if (o->sent.type == QN_MARKET && !o->parent)
        ledger_position(e->ledger, o->sent.strategy, o->sent.instrument)->market_orders +=
            qn_sign(o->sent.side) * qty;
}

/* From here on the children of a parent that ended count by themselves. */
static void release_children(engine *e, const order *parent)
{
    for (const order *o = orders_first(e->orders); o; o = o->next)
        if (o->parent == parent->sent.id) add_open(e, o, order_unfilled(o));
}

/* Once for each order, when it reaches a closed state. */
static void close_order(engine *e, order *o)
{
    order *parent = working_parent(e, o);

    if (o->state != QN_ORDER_DENIED) add_open(e, o, -order_unfilled(o));
    if (o->is_parent) release_children(e, o);
    if (parent && o->state != QN_ORDER_DENIED)
        parent->budget.charged -= order_unfilled(o); /* may be sent again */
    if (e->observer.on_order && !o->is_parent) e->observer.on_order(e->observer.ctx, o);
    orders_close(e->orders, o);
}

/* ------------------------------------------------------------------ records of the host */

/* The approval that an order stands on, if it is the last one that was given, and for it. An
 * exit stands on that of its entry, but only ever reduces. */
static budget take_grant(const engine *e, uint64_t cause, uint64_t id, int64_t qty, bool is_exit)
{
    const qn_verdict *g = &e->granted;

    if (g->hdr.seq != cause || g->order_id != id || g->action == QN_REJECT || qty > g->allowed)
        return (budget){0};
    return (budget){.qty = g->allowed,
                    .price_bound = is_exit ? 0 : g->price_bound,
                    .expire_ts = is_exit ? INT64_MAX : g->expire_ts};
}

/* A new order in the books. NULL: the run has failed. */
static order *add_order(engine *e, const qn_order *sent)
{
    order *o = orders_add(e->orders, sent->id);
    strategy *s = &e->strategies[sent->strategy - 1];

    if (!o) {
        engine_fail(e, QN_E_NO_MEMORY, "no memory for order %" PRIu64 " of %s",
                    QN_ORDER_COUNTER(sent->id), s->in.id);
        return NULL;
    }
    o->sent = *sent;
    s->counter = QN_ORDER_COUNTER(sent->id);
    return o;
}

order *apply_submit(engine *e, const qn_submit *s)
{
    order *o = add_order(e, &s->order);
    order *parent;

    if (!o) return NULL;
    o->made_ts = s->made_ts;
    o->entry = s->entry_id;
    o->parent = s->parent_id;
    o->reason = s->reason;
    if (s->state != QN_ORDER_DENIED) { /* which may be of any size, and has no budget */
        o->budget = take_grant(e, s->cause_seq, s->entry_id ? s->entry_id : s->order.id,
                               s->order.qty, s->entry_id != 0);
        o->budget.charged = s->order.qty;
        add_open(e, o, o->sent.qty);
        if ((parent = working_parent(e, o))) parent->budget.charged += o->sent.qty;
    }
    advance(e, o, s->state == QN_ORDER_DENIED ? ORDER_DENY : ORDER_SUBMIT);
    if (order_is_closed(o)) close_order(e, o);
    return o;
}

order *apply_parent(engine *e, const qn_parent *p)
{
    qn_order sent = {.size = sizeof sent,
                     .instrument = p->hdr.instrument,
                     .id = p->order_id,
                     .strategy = p->strategy,
                     .side = p->side,
                     .type = QN_MARKET,
                     .tif = QN_GTC,
                     .qty = p->qty,
                     .sent_ts = p->hdr.ts_ns,
                     .stop_loss = p->stop_loss,
                     .take_profit = p->take_profit};
    order *o;

    if (p->state != QN_ORDER_ACCEPTED) { /* its end */
        o = orders_find(e->orders, p->order_id);
        if (!o || order_is_closed(o)) return o;
        o->reason = p->reason;
        advance(e, o, p->state == QN_ORDER_FILLED ? ORDER_FILL_WHOLE : ORDER_CANCEL);
        close_order(e, o);
        return o;
    }
    if (!(o = add_order(e, &sent))) return NULL;
    o->is_parent = true;
    o->made_ts = e->market_ts;
    o->budget = take_grant(e, p->cause_seq, p->order_id, p->qty, false);
    add_open(e, o, p->qty);
    advance(e, o, ORDER_SUBMIT);
    advance(e, o, ORDER_ACCEPT);
    return o;
}

void apply_request(engine *e, const qn_request *r)
{
    order *o = orders_find(e->orders, r->order_id);

    if (!o) return;
    if (r->kind == QN_INTENT_CANCEL) {
        o->why = r->reason;
        advance(e, o, ORDER_ASK_CANCEL);
        return;
    }
    o->asked = o->sent;
    o->asked.sent_ts = r->hdr.ts_ns;
    o->asked.qty = r->qty;
    o->asked.price = r->price;
    o->asked.trigger = r->trigger;
    if (e->granted.hdr.seq == r->cause_seq && e->granted.action == QN_ALLOW) {
        o->budget.qty = r->qty > o->budget.qty ? r->qty : o->budget.qty;
        o->budget.price_bound = e->granted.price_bound;
        o->budget.expire_ts = e->granted.expire_ts;
    }
    advance(e, o, ORDER_ASK_UPDATE);
}

void apply_output(engine *e, const qn_output *o)
{
    e->strategies[o->strategy - 1].outputs = o->counter;
}

/* ------------------------------------------------------------------ reports */

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
    int64_t before = order_unfilled(o);

    if (o->asked.id == 0 || (change != ORDER_ACCEPT && change != ORDER_HOLD)) return;
    if (report->reason == QN_REASON_NONE) {
        o->sent = o->asked;
        add_open(e, o, order_unfilled(o) - before); /* it may have filled beyond the new quantity */
        o->budget.charged = o->sent.qty;
    }
    o->asked.id = 0;
    follow_entry(e, o->sent.stop_loss_id, o->sent.qty);
    follow_entry(e, o->sent.take_profit_id, o->sent.qty);
}

/* Of an order that was denied, or of a parent: the books have it already. */
static bool is_own_word(const order *o, const qn_order_report *report)
{
    return report->state == QN_ORDER_DENIED || (o && o->is_parent);
}

static bool apply_report(engine *e, const qn_order_report *report)
{
    order *o = orders_find(e->orders, report->order_id);
    order_change change = order_change_of_report(report->state);

    if (is_own_word(o, report)) return true;
    if (!o || report->hdr.instrument != o->sent.instrument) {
        answer_anomaly(e, report->order_id, "a report of an order that is not known there");
        return false;
    }
    if (order_is_closed(o) || !order_next(o->state, change)) {
        answer_anomaly(e, report->order_id, "a report that does not fit its state");
        return false;
    }
    settle_update(e, o, change, report);
    advance(e, o, change);
    if (order_is_closed(o)) {
        o->reason = report->reason;
        close_order(e, o);
    }
    return true;
}

/* ------------------------------------------------------------------ fills and payments */

static bool fits(const order *o, const qn_fill *fill)
{
    return o && !o->is_parent && fill->qty > 0 && fill->price > 0 && fill->side == o->sent.side &&
           fill->hdr.instrument == o->sent.instrument;
}

/* A child's fill is its parent's, too. What the child had no more left of is charged again: it was
 * given back when the child ended, or is more than was ever sent. */
static void fill_parent(engine *e, const order *child, int64_t qty, int64_t left)
{
    order *p = working_parent(e, child);

    if (!p) return;
    if (qty > left) p->budget.charged += qty - left;
    add_open(e, p, -(qty < order_unfilled(p) ? qty : order_unfilled(p)));
    p->filled += qty;
    advance(e, p, ORDER_FILL_PART);
}

static bool apply_fill(engine *e, const qn_fill *fill)
{
    order *o = orders_find(e->orders, fill->order_id);
    bool was_closed = o && order_is_closed(o);
    int64_t open = was_closed || !o ? 0 : order_unfilled(o);
    int64_t realized = 0;

    if (!fits(o, fill) || ledger_fill(e->ledger, o->sent.strategy, fill, &realized) != QN_OK) {
        engine_fail(e, QN_E_INVALID,
                    "a fill of order %" PRIu64
                    " of strategy %u that cannot be booked: unknown order, "
                    "wrong side or instrument, or more than 64 bits of money",
                    QN_ORDER_COUNTER(fill->order_id), QN_ORDER_STRATEGY(fill->order_id));
        return false;
    }
    add_open(e, o, -(fill->qty < open ? fill->qty : open));
    fill_parent(e, o, fill->qty, open);
    o->filled += fill->qty;
    o->filled_value += (qn_wide)fill->price * fill->qty;
    o->is_overfilled = o->filled > o->sent.qty;
    if (o->is_overfilled) answer_anomaly(e, fill->order_id, "filled beyond its quantity");
    if (!advance(e, o, o->filled >= o->sent.qty ? ORDER_FILL_WHOLE : ORDER_FILL_PART))
        answer_anomaly(e, fill->order_id, "a fill that does not fit its state");
    e->counts.fills++;
    ++*(fill->liquidity == QN_MAKER ? &e->counts.maker : &e->counts.taker);
    if (e->observer.on_fill) e->observer.on_fill(e->observer.ctx, fill, o, realized);
    if (!was_closed && order_is_closed(o)) close_order(e, o);
    return true;
}

static bool apply_payment(engine *e, const qn_payment *payment)
{
    int32_t rc = ledger_payment(e->ledger, payment);

    if (rc != QN_OK) {
        engine_fail(e, rc, "a funding payment on %s that cannot be booked",
                    e->instruments[payment->hdr.instrument].name);
        return false;
    }
    if (e->observer.on_payment) e->observer.on_payment(e->observer.ctx, payment);
    return true;
}

bool answer_apply(engine *e, const qn_event *ev)
{
    switch (ev->type) {
    case QN_EVENT_ORDER:
        return apply_report(e, (const qn_order_report *)(const void *)ev);
    case QN_EVENT_FILL:
        return apply_fill(e, (const qn_fill *)(const void *)ev);
    case QN_EVENT_PAYMENT:
        return apply_payment(e, (const qn_payment *)(const void *)ev);
    default:
        return true; /* the word on a parent: the books have it already */
    }
}

/* ------------------------------------------------------------------ who is told */

/* What the host knows better than the venue. */
static void complete(engine *e, qn_event *ev)
{
    if (ev->type == QN_EVENT_ORDER) {
        qn_order_report *report = (qn_order_report *)(void *)ev;
        const order *o = orders_find(e->orders, report->order_id);
        report->parent_id = o ? o->parent : 0;
        if (o && o->why && report->state == QN_ORDER_CANCELED &&
            report->reason == QN_REASON_REQUESTED)
            report->reason = o->why; /* the venue knows that it was asked, the host knows why */
        if (e->has_ended && report->state == QN_ORDER_CANCELED) report->reason = QN_REASON_RUN_END;
    } else if (ev->type == QN_EVENT_FILL) {
        qn_fill *fill = (qn_fill *)(void *)ev;
        const order *o = orders_find(e->orders, fill->order_id);
        fill->parent_id = o ? o->parent : 0;
    }
    ev->size = pushable[ev->type]; /* a newer venue's further members are no part of the record */
    ev->flags = 0;
}

static void tell_owner(engine *e, uint64_t order_id, qn_event *ev)
{
    uint32_t number = QN_ORDER_STRATEGY(order_id);

    if (!e->has_ended && number >= 1 && number <= e->nstrategies)
        strategy_deliver(&e->strategies[number - 1].in, ev);
}

/* A child's reports are its algorithm's business; its fills are its strategy's, too. */
static void tell_order(engine *e, qn_order_report *report)
{
    if (report->parent_id && e->execution.table)
        execution_deliver(&e->execution.in, &report->hdr);
    else
        tell_owner(e, report->order_id, &report->hdr);
}

/* A stop or a take-profit has ended a position: nothing goes on building it. */
static void end_entries(engine *e, const order *exit, uint64_t cause)
{
    uint32_t side = exit->sent.side == QN_BUY ? QN_SELL : QN_BUY;

    portfolio_exit(e, exit);
    execution_end_side(e, exit->sent.strategy, exit->sent.instrument, side,
                       QN_REASON_POSITION_CLOSED, cause);
}

static void tell_fill(engine *e, qn_fill *fill)
{
    const order *o = orders_find(e->orders, fill->order_id);
    order *parent;

    if (o && o->entry) end_entries(e, o, fill->hdr.seq);
    tell_owner(e, fill->order_id, &fill->hdr);
    if (fill->parent_id && e->execution.table) execution_deliver(&e->execution.in, &fill->hdr);
    /* looked for behind the calls: a flood of orders in them may have made the books forget it */
    parent = fill->parent_id ? orders_find(e->orders, fill->parent_id) : NULL;
    if (parent && parent->filled >= parent->sent.qty)
        execution_end(e, parent, QN_ORDER_FILLED, QN_REASON_NONE, fill->hdr.seq);
    if (e->halt.is_halted && !e->has_ended) e->halt.has_to_cancel = true; /* it may add now */
}

static void tell_payment(engine *e, qn_payment *payment)
{
    for (uint32_t i = 0; i < e->nstrategies && !e->has_ended; i++)
        if (e->strategies[i].in.slots[payment->hdr.instrument] != NO_SLOT)
            strategy_deliver(&e->strategies[i].in, &payment->hdr);
}

/* The end of a parent was recorded and booked when it was decided. The algorithm hears of it before
 * the strategy does. One event stands for both, so that the ends of all parents at once take no
 * more of the queue than other orders do. */
static void tell_parent(engine *e, qn_parent *p)
{
    qn_order_report report = {.hdr = {.size = sizeof report,
                                      .type = QN_EVENT_ORDER,
                                      .flags = ON_PARENT,
                                      .instrument = p->hdr.instrument},
                              .venue_ts = e->market_ts,
                              .order_id = p->order_id,
                              .state = p->state,
                              .reason = p->reason};

    if (!e->has_ended) execution_deliver(&e->execution.in, &p->hdr);
    answer_event(e, &report.hdr);
}

/* A parent never was at a venue: none can say what became of it. */
static bool is_on_foreign_parent(const engine *e, const qn_event *ev)
{
    const order *o;

    if (ev->type != QN_EVENT_ORDER) return false;
    o = orders_find(e->orders, ((const qn_order_report *)(const void *)ev)->order_id);
    return o && o->is_parent;
}

void answer_event(engine *e, qn_event *ev)
{
    bool is_on_parent;

    if (ev->type == QN_EVENT_PARENT) {
        tell_parent(e, (qn_parent *)(void *)ev);
        return;
    }
    if (ev->type == QN_EVENT_FAULT) {
        fault_follow(e, ev);
        return;
    }
    is_on_parent = ev->flags & ON_PARENT;
    complete(e, ev);
    record_put(e, ev);
    e->cause = ev->seq;
    if (!is_on_parent && is_on_foreign_parent(e, ev)) {
        answer_anomaly(e, ((const qn_order_report *)(const void *)ev)->order_id,
                       "a venue's report of an order that no venue was given");
        return;
    }
    if (!is_on_parent && !answer_apply(e, ev)) return;
    if (e->nrisk) risk_event(e, ev);
    switch (ev->type) {
    case QN_EVENT_ORDER:
        tell_order(e, (qn_order_report *)(void *)ev);
        break;
    case QN_EVENT_FILL:
        tell_fill(e, (qn_fill *)(void *)ev);
        break;
    default:
        tell_payment(e, (qn_payment *)(void *)ev);
        break;
    }
}
