/* SPDX-License-Identifier: MIT
 *
 * The orders of the venue: their memory, their lists, and the requests that change them. */
#include "sim.h"

#include <quoin/sdk/decimal.h>
#include <quoin/sdk/fail.h>

#include <string.h>

/* --------------------------------------------------------------------------------- memory */

int32_t orders_create(sim *s, const qn_setup *setup, qn_err *err)
{
    const qn_host *host = setup->host;

    while ((INT64_C(1) << s->index_bits) < s->max_orders)
        s->index_bits++;
    s->orders = host->alloc(host->ctx, (uint64_t)s->max_orders * sizeof(order), _Alignof(order));
    s->index =
        host->alloc(host->ctx, (UINT64_C(1) << s->index_bits) * sizeof(order *), _Alignof(order *));
    s->positions =
        host->alloc(host->ctx, (uint64_t)s->max_positions * sizeof(position), _Alignof(position));
    if (!s->orders || !s->index || !s->positions)
        return qn_fail(err, QN_E_NO_MEMORY, "no memory for %lld orders and %lld positions",
                       (long long)s->max_orders, (long long)s->max_positions);
    return QN_OK;
}

/* The chain of an id. Ids are (strategy, counter); the multiplier spreads both over the top
 * bits (Knuth: 2^64 divided by the golden ratio). */
static order **chain_of(const sim *s, uint64_t id)
{
    uint64_t spread = id * UINT64_C(0x9e3779b97f4a7c15);

    return &s->index[s->index_bits ? spread >> (64 - s->index_bits) : 0];
}

order *order_find(const sim *s, uint64_t id)
{
    order *o = *chain_of(s, id);

    while (o && o->id != id)
        o = o->chain;
    return o;
}

static void book_append(book *b, order *o)
{
    o->prev = b->last;
    o->next = NULL;
    *(b->last ? &b->last->next : &b->first) = o;
    b->last = o;
}

static void book_remove(book *b, order *o)
{
    *(o->prev ? &o->prev->next : &b->first) = o->next;
    *(o->next ? &o->next->prev : &b->last) = o->prev;
}

order *order_new(sim *s, book *b, uint64_t id)
{
    order *o = s->orders_free;
    order **chain = chain_of(s, id);

    if (o)
        s->orders_free = o->chain;
    else
        o = &s->orders[s->orders_used++];
    s->orders_open++;
    *o = (order){.id = id, .book = b, .chain = *chain, .tif = QN_GTC, .expire_ts = INT64_MAX};
    *chain = o;
    book_append(b, o);
    return o;
}

static void order_free(sim *s, order *o)
{
    order **link = chain_of(s, o->id);

    while (*link != o)
        link = &(*link)->chain;
    *link = o->chain;
    book_remove(o->book, o);
    o->chain = s->orders_free;
    s->orders_free = o;
    s->orders_open--;
}

void book_sweep(sim *s, book *b)
{
    order *next;

    if (!s->has_closed) return;
    for (order *o = b->first; o; o = next) {
        next = o->next;
        if (o->state == SIM_CLOSED) order_free(s, o);
    }
    s->has_closed = false;
}

/* The position of a strategy, made on its first order; NULL when the pool is used up. */
static position *position_of(sim *s, book *b, uint32_t strategy)
{
    position *p = b->positions;

    while (p && p->strategy != strategy)
        p = p->next;
    if (p || s->positions_used == s->max_positions) return p;
    p = &s->positions[s->positions_used++];
    p->strategy = strategy;
    p->next = b->positions;
    b->positions = p;
    return p;
}

/* -------------------------------------------------------------------------------- reports */

static void report(sim *s, const book *b, uint64_t id, uint32_t state, uint32_t reason, int64_t ts)
{
    qn_order_report r = {.venue_ts = ts, .order_id = id, .state = state, .reason = reason};

    event_push(s, b, &r.hdr, QN_EVENT_ORDER, sizeof r);
}

void order_report(sim *s, const order *o, uint32_t state, uint32_t reason, int64_t ts)
{
    report(s, o->book, o->id, state, reason, ts);
}

void order_retire(sim *s, order *o)
{
    o->state = SIM_CLOSED;
    s->has_closed = true;
    if (o->sibling) o->sibling->sibling = NULL;
    if (o->parent) o->parent->exits[o->parent->exits[1] == o] = NULL;
    o->sibling = NULL;
    o->parent = NULL;
}

void order_close(sim *s, order *o, uint32_t state, uint32_t reason, int64_t ts)
{
    order *exits[2] = {o->exits[0], o->exits[1]};

    order_retire(s, o);
    order_report(s, o, state, reason, ts);
    for (int k = 0; k < 2; k++) {
        if (!exits[k]) continue;
        order_retire(s, exits[k]);
        order_report(s, exits[k], QN_ORDER_CANCELED, QN_REASON_PARENT_CLOSED, ts);
    }
}

/* ---------------------------------------------------------------------------------- checks */

/* One check of a request. Each returns the reason to refuse it, or QN_REASON_NONE. */
typedef uint32_t check(const book *b, const qn_order *r);

static uint32_t check_kind(const book *b, const qn_order *r)
{
    (void)b;
    if (r->type < QN_MARKET || r->type > QN_STOP) return QN_REASON_UNSUPPORTED;
    if (r->tif < QN_GTC || r->tif > QN_GTD) return QN_REASON_UNSUPPORTED;
    if (r->flags & ~(QN_ORDER_FLAGS | QN_CLOSE_OUT)) return QN_REASON_UNSUPPORTED;
    return QN_REASON_NONE;
}

/* Values that make sense together. A limit is always maker here, so a post-only order needs
 * no refusal for its price; it must be a limit that may rest. */
static uint32_t check_values(const book *b, const qn_order *r)
{
    bool is_sound = (r->side == QN_BUY || r->side == QN_SELL) && r->id != 0 && r->qty > 0;

    (void)b;
    is_sound &= r->type == QN_LIMIT ? r->price > 0 : r->price == 0;
    is_sound &= r->type == QN_STOP ? r->trigger > 0 : r->trigger == 0;
    is_sound &= r->tif != QN_GTD || r->expire_ts > r->sent_ts;
    is_sound &= !(r->flags & QN_POST_ONLY) || (r->type == QN_LIMIT && r->tif != QN_IOC);
    is_sound &= r->stop_loss >= 0 && (r->stop_loss != 0) == (r->stop_loss_id != 0);
    is_sound &= r->take_profit >= 0 && (r->take_profit != 0) == (r->take_profit_id != 0);
    is_sound &= r->stop_loss_id != r->id && r->take_profit_id != r->id;
    is_sound &= r->stop_loss_id == 0 || r->stop_loss_id != r->take_profit_id;
    return is_sound ? QN_REASON_NONE : QN_REASON_INVALID_VALUE;
}

static uint32_t check_tick(const book *b, const qn_order *r)
{
    int64_t tick = b->ins->tick_size;
    bool is_on_grid = r->price % tick == 0 && r->trigger % tick == 0 && r->stop_loss % tick == 0 &&
                      r->take_profit % tick == 0;

    return is_on_grid ? QN_REASON_NONE : QN_REASON_FILTER_TICK;
}

static uint32_t check_lot(const book *b, const qn_order *r)
{
    return r->qty % b->ins->lot_size == 0 ? QN_REASON_NONE : QN_REASON_FILTER_LOT;
}

static uint32_t check_min_qty(const book *b, const qn_order *r)
{
    return r->qty >= b->ins->min_qty ? QN_REASON_NONE : QN_REASON_FILTER_MIN_QTY;
}

static uint32_t check_max_qty(const book *b, const qn_order *r)
{
    bool is_below = b->ins->max_qty == 0 || r->qty <= b->ins->max_qty;

    return is_below ? QN_REASON_NONE : QN_REASON_FILTER_MAX_QTY;
}

/* At the order's own price; a market order at the last close, and not checked before there is
 * one. Notional too large for money is refused as well. */
static uint32_t check_notional(const book *b, const qn_order *r)
{
    int64_t price = r->type == QN_LIMIT ? r->price : r->type == QN_STOP ? r->trigger : b->close;
    int64_t notional;

    if (money_of(b->ins, r->qty, price, 1, 0, &notional) != QN_OK) return QN_REASON_INVALID_VALUE;
    if (price == 0 || notional >= b->ins->min_notional) return QN_REASON_NONE;
    return QN_REASON_FILTER_MIN_NOTIONAL;
}

static uint32_t request_check(const book *b, const qn_order *r)
{
    static check *const checks[] = {check_kind,    check_values,  check_tick,    check_lot,
                                    check_min_qty, check_max_qty, check_notional};
    size_t n = sizeof checks / sizeof checks[0];

    if (r->flags & QN_CLOSE_OUT) n -= 3; /* the size of a position is what it is */
    for (size_t i = 0; i < n; i++) {
        uint32_t reason = checks[i](b, r);
        if (reason != QN_REASON_NONE) return reason;
    }
    return QN_REASON_NONE;
}

/* Room for the order and its exits, and ids that no open order has. */
static uint32_t room_check(const sim *s, const qn_order *r)
{
    int64_t needed = 1 + (r->stop_loss_id != 0) + (r->take_profit_id != 0);

    if (order_find(s, r->id)) return QN_REASON_INVALID_VALUE;
    if (r->stop_loss_id && order_find(s, r->stop_loss_id)) return QN_REASON_INVALID_VALUE;
    if (r->take_profit_id && order_find(s, r->take_profit_id)) return QN_REASON_INVALID_VALUE;
    if (s->orders_open + needed > s->max_orders) return QN_REASON_TOO_MANY_ORDERS;
    return QN_REASON_NONE;
}

/* -------------------------------------------------------------------------------- requests */

/* Refuse a request: the order itself, and exits that therefore will never be. */
static void refuse(sim *s, const book *b, const qn_order *r, uint32_t reason)
{
    uint64_t exits[2] = {r->stop_loss_id, r->take_profit_id};

    report(s, b, r->id, QN_ORDER_REJECTED, reason, r->sent_ts);
    for (int k = 0; k < 2; k++) {
        if (exits[k])
            report(s, b, exits[k], QN_ORDER_CANCELED, QN_REASON_PARENT_CLOSED, r->sent_ts);
    }
}

/* One exit of an entry, held until the entry fills. Its quantity is the entry's. */
static order *exit_new(sim *s, order *entry, uint64_t id, uint32_t type, int64_t price)
{
    order *o;

    if (id == 0) return NULL;
    o = order_new(s, entry->book, id);
    o->state = SIM_HELD;
    o->side = entry->side == QN_BUY ? QN_SELL : QN_BUY;
    o->type = type;
    o->qty = entry->qty;
    o->price = price;
    o->position = entry->position;
    o->parent = entry;
    o->is_exit = true;
    o->is_reducing = true;
    return o;
}

/* Take an order in: the entry and right behind it, as sent with it, its exits. */
static void admit(sim *s, book *b, position *p, const qn_order *r)
{
    order *o = order_new(s, b, r->id);

    o->state = SIM_WORKING;
    o->side = r->side;
    o->type = r->type;
    o->tif = r->tif;
    o->qty = r->qty;
    o->price = r->type == QN_STOP ? r->trigger : r->price;
    o->works_from = r->sent_ts;
    if (r->tif == QN_GTD) o->expire_ts = r->expire_ts;
    o->is_reducing = (r->flags & QN_REDUCE_ONLY) != 0;
    o->position = p;
    o->exits[0] = exit_new(s, o, r->stop_loss_id, QN_STOP, r->stop_loss);
    o->exits[1] = exit_new(s, o, r->take_profit_id, QN_LIMIT, r->take_profit);
    if (o->exits[0] && o->exits[1]) {
        o->exits[0]->sibling = o->exits[1];
        o->exits[1]->sibling = o->exits[0];
    }

    order_report(s, o, QN_ORDER_ACCEPTED, QN_REASON_NONE, r->sent_ts);
    for (int k = 0; k < 2; k++) {
        if (o->exits[k]) order_report(s, o->exits[k], QN_ORDER_HELD, QN_REASON_NONE, r->sent_ts);
    }
}

int32_t sim_submit(void *self, const qn_order *r)
{
    sim *s = self;
    position *p = NULL;
    book *b;
    uint32_t reason;

    if (r->instrument >= s->nnumbers || s->slots[r->instrument] == UINT32_MAX)
        return QN_E_INVALID; /* not an instrument of this venue: nothing to report on */
    b = &s->books[s->slots[r->instrument]];
    s->failed = QN_OK;
    if (r->sent_ts > s->now) s->now = r->sent_ts;

    reason = request_check(b, r);
    if (reason == QN_REASON_NONE) reason = room_check(s, r);
    if (reason == QN_REASON_NONE && !(p = position_of(s, b, r->strategy)))
        reason = QN_REASON_TOO_MANY_ORDERS;
    if (reason == QN_REASON_NONE)
        admit(s, b, p, r);
    else
        refuse(s, b, r, reason);
    return s->failed;
}

/* The checks of a change. An exit has its entry's quantity; only its price can change. */
static uint32_t change_check(const order *o, const qn_order *r)
{
    qn_order as_new = *r;

    as_new.stop_loss = as_new.take_profit = 0; /* exits are changed under their own ids */
    as_new.stop_loss_id = as_new.take_profit_id = 0;
    if (r->side != o->side || r->type != o->type || r->tif != o->tif)
        return QN_REASON_INVALID_VALUE;
    if (!o->is_exit) return request_check(o->book, &as_new);
    if (r->qty != o->qty || (r->type == QN_STOP ? r->trigger : r->price) <= 0)
        return QN_REASON_INVALID_VALUE;
    return check_tick(o->book, &as_new);
}

/* A changed order is a new one under the old id: it loses its place in the order of sending
 * and works from the first bar that opens after the change. A change that is refused leaves
 * all as it was; the report then carries the state the order is in, and the reason. */
int32_t sim_modify(void *self, const qn_order *r)
{
    sim *s = self;
    order *o = order_find(s, r->id);
    uint32_t reason;

    if (!o) return QN_E_NOT_FOUND;
    s->failed = QN_OK;
    if (r->sent_ts > s->now) s->now = r->sent_ts;
    reason = change_check(o, r);
    if (reason == QN_REASON_NONE) {
        o->qty = r->qty;
        for (int k = 0; k < 2; k++) {
            if (o->exits[k]) o->exits[k]->qty = r->qty;
        }
        o->price = o->type == QN_STOP ? r->trigger : r->price;
        o->works_from = r->sent_ts;
        if (o->tif == QN_GTD) o->expire_ts = r->expire_ts;
        book_remove(o->book, o);
        book_append(o->book, o);
    }
    order_report(s, o, o->state, reason, r->sent_ts);
    return s->failed;
}

int32_t sim_cancel(void *self, uint64_t order_id)
{
    sim *s = self;
    order *o = order_find(s, order_id);

    if (!o) return QN_E_NOT_FOUND;
    s->failed = QN_OK;
    order_close(s, o, QN_ORDER_CANCELED, QN_REASON_REQUESTED, s->now);
    book_sweep(s, o->book);
    return s->failed;
}

static void tell_all(sim *s)
{
    for (uint32_t i = 0; i < s->nbooks; i++) {
        for (const order *o = s->books[i].first; o; o = o->next)
            order_report(s, o, o->state, QN_REASON_NONE, s->now);
    }
}

/* An order is filled whole or not at all, so one that is there has no fill to tell; and what has
 * ended is forgotten. */
int32_t sim_query(void *self, const qn_query *query)
{
    sim *s = self;
    const order *o = order_find(s, query->order_id);

    s->failed = QN_OK;
    if (query->what == QN_QUERY_ORDERS)
        tell_all(s);
    else if (query->what != QN_QUERY_ORDER)
        return QN_E_UNSUPPORTED;
    else if (o)
        order_report(s, o, o->state, QN_REASON_NONE, s->now);
    else if (query->instrument < s->nnumbers && s->slots[query->instrument] != UINT32_MAX)
        report(s, &s->books[s->slots[query->instrument]], query->order_id, QN_ORDER_UNKNOWN,
               QN_REASON_NONE, s->now);
    else
        return QN_E_INVALID;
    return s->failed;
}
