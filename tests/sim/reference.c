/* SPDX-License-Identifier: MIT */
#include "reference.h"

#include <check.h>
#include <string.h>

typedef qn_wide wide;

/* ---------------------------------------------------------------------------- arithmetic */

/* n / 10^places, to the nearest; exactly in the middle to the even neighbour. */
static wide shed(wide n, int32_t places)
{
    wide unit = 1;
    wide below, rest;

    for (int32_t i = 0; i < places; i++)
        unit *= 10;
    below = n / unit;
    if (below * unit > n) below -= 1; /* the multiple below, for negative n too */
    rest = n - below * unit;
    if (2 * rest > unit) return below + 1;
    if (2 * rest < unit) return below;
    return below % 2 == 0 ? below : below + 1;
}

/* qty x price x contract size x rate (10^-12) in money. Only exponents that shed digits occur
 * in these tests; the numbers are small enough for 128 bits. */
static wide money(const qn_instrument *ins, wide qty, wide price, wide rate)
{
    int32_t exp = ins->qty_exp + ins->price_exp + ins->contract_size.exp - 12;

    ck_assert_int_le(exp, ins->money_exp);
    return shed(qty * price * ins->contract_size.mantissa * rate, ins->money_exp - exp);
}

#define RATE_ONE INT64_C(1000000000000)

static wide raised(wide n, int32_t places)
{
    for (int32_t i = 0; i < places; i++)
        n *= 10;
    return n;
}

static wide smaller(wide a, wide b)
{
    return a < b ? a : b;
}

static wide absolute(wide a)
{
    return a < 0 ? -a : a;
}

static ref_cash *cash_of(reference *r, const char *currency)
{
    for (uint32_t i = 0; i < r->ncash; i++) {
        if (strcmp(r->cash[i].currency, currency) == 0) return &r->cash[i];
    }
    ck_assert_uint_lt(r->ncash, REF_CURRENCIES);
    r->cash[r->ncash].currency = currency;
    return &r->cash[r->ncash++];
}

/* -------------------------------------------------------------------------------- events */

static pushed *event(reference *r, uint32_t slot, uint16_t type, size_t size)
{
    pushed *e = &r->events[r->nevents++];

    ck_assert_uint_le(r->nevents, HARNESS_EVENTS);
    memset(e, 0, sizeof *e);
    e->hdr.size = (uint16_t)size;
    e->hdr.type = type;
    e->hdr.instrument = r->instruments[slot].number;
    return e;
}

static void say(reference *r, uint32_t slot, uint64_t id, uint32_t state, uint32_t reason,
                int64_t ts)
{
    qn_order_report *p = &event(r, slot, QN_EVENT_ORDER, sizeof(qn_order_report))->report;

    p->venue_ts = ts;
    p->order_id = id;
    p->state = state;
    p->reason = reason;
}

/* -------------------------------------------------------------------------------- orders */

static bool is_open(const ref_order *o)
{
    return o->state == QN_ORDER_ACCEPTED || o->state == QN_ORDER_HELD;
}

static ref_order *find(reference *r, uint64_t id)
{
    for (uint32_t i = 0; i < r->norders; i++) {
        if (r->orders[i].asked.id == id && is_open(&r->orders[i])) return &r->orders[i];
    }
    return NULL;
}

const ref_order *ref_open_order(const reference *r, uint32_t n)
{
    for (uint32_t i = 0; i < r->norders; i++) {
        if (is_open(&r->orders[i]) && n-- == 0) return &r->orders[i];
    }
    return NULL;
}

static uint32_t slot_of(const reference *r, const ref_order *o)
{
    for (uint32_t i = 0; i < r->ninstruments; i++) {
        if (r->instruments[i].number == o->asked.instrument) return i;
    }
    ck_abort_msg("an order of no instrument");
    return 0;
}

/* The open order with the smallest rank above `rank`; NULL past the last. The way to go through
 * the orders in the order of sending. */
static ref_order *after(reference *r, uint64_t rank)
{
    ref_order *best = NULL;

    for (uint32_t i = 0; i < r->norders; i++) {
        ref_order *o = &r->orders[i];
        if (is_open(o) && o->rank > rank && (!best || o->rank < best->rank)) best = o;
    }
    return best;
}

static void finish(reference *r, ref_order *o, uint32_t state, uint32_t reason, int64_t ts)
{
    uint64_t id = o->asked.id;
    uint64_t exits[2] = {o->asked.stop_loss_id, o->asked.take_profit_id};

    o->state = state;
    say(r, slot_of(r, o), id, state, reason, ts);
    for (int k = 0; k < 2; k++) {
        ref_order *x = o->entry == 0 && exits[k] ? find(r, exits[k]) : NULL;
        if (x && x->state == QN_ORDER_HELD && x->entry == id) {
            x->state = QN_ORDER_CANCELED;
            say(r, slot_of(r, x), exits[k], QN_ORDER_CANCELED, QN_REASON_PARENT_CLOSED, ts);
        }
    }
}

/* ----------------------------------------------------------------------------- a fill */

/* The books after a fill, or why it cannot be: nothing has changed then. */
static uint32_t pay(reference *r, const ref_order *o, wide qty, int64_t price, wide fee)
{
    uint32_t slot = slot_of(r, o);
    const qn_instrument *ins = &r->instruments[slot];
    ref_cash *quote = cash_of(r, ins->settle);
    ref_cash *base = ins->kind == QN_SPOT ? cash_of(r, ins->base) : NULL;
    wide sign = o->asked.side == QN_BUY ? 1 : -1;
    wide worth = money(ins, qty, price, RATE_ONE);
    wide net = 0;
    wide gain = 0;

    for (int s = 0; s < REF_STRATEGIES; s++)
        net += r->position[slot][s];
    if (base) {
        wide left = quote->amount - raised(sign * worth + fee, 18 + ins->money_exp);
        wide held = base->amount + raised(sign * qty, 18 + ins->qty_exp);
        if (sign > 0 && left < 0) return QN_REASON_INSUFFICIENT_BALANCE;
        if (sign < 0 && held < 0) return QN_REASON_INSUFFICIENT_BALANCE;
        quote->amount = left;
        base->amount = held;
    } else {
        /* the part that closes is paid for with its share of the cost */
        wide closes = net * sign < 0 ? smaller(absolute(net), qty) : 0;
        wide got = closes == qty ? worth : 0;
        wide cost = closes == absolute(net) ? r->cost[slot] : 0;
        if (closes && closes < qty) { /* worth x closes / qty to the nearest, ties to even */
            got = worth * closes / qty;
            wide rest = worth * closes - got * qty;
            if (2 * rest > qty || (2 * rest == qty && got % 2)) got++;
        }
        if (closes && closes < absolute(net)) {
            wide whole = absolute(net);
            wide c = absolute(r->cost[slot]);
            cost = c * closes / whole;
            wide rest = c * closes - cost * whole;
            if (2 * rest > whole || (2 * rest == whole && cost % 2)) cost++;
            if (r->cost[slot] < 0) cost = -cost;
        }
        if (closes) {
            gain = -sign * got - cost;
            r->cost[slot] -= cost;
        }
        r->cost[slot] += sign * (worth - (closes ? got : 0));
        quote->amount += raised(gain - fee, 18 + ins->money_exp);
    }
    r->position[slot][o->asked.strategy] += sign * qty;
    return QN_REASON_NONE;
}

bool ref_can_buy(reference *r, uint32_t slot, int64_t qty, int64_t price)
{
    const qn_instrument *ins = &r->instruments[slot];
    wide worth = money(ins, qty, price, RATE_ONE);
    wide fee = money(ins, qty, price, r->maker_bps);

    return raised(worth + fee, 18 + ins->money_exp) <= cash_of(r, ins->settle)->amount;
}

/* What exits do when something filled. */
static void settle_exits(reference *r, ref_order *o, wide before, wide filled, int64_t ts)
{
    uint32_t slot = slot_of(r, o);
    wide now = r->position[slot][o->asked.strategy];
    bool is_over = (before > 0 && now <= 0) || (before < 0 && now >= 0);
    uint64_t own[2] = {o->asked.stop_loss_id, o->asked.take_profit_id};
    ref_order *x;

    /* the other exit of the same entry */
    for (uint32_t i = 0; o->entry && i < r->norders; i++) {
        x = &r->orders[i];
        if (x != o && is_open(x) && x->entry == o->entry)
            finish(r, x, QN_ORDER_CANCELED, QN_REASON_SIBLING_FILLED, ts);
    }
    /* exits at work, when their position is closed or reversed */
    for (x = after(r, 0); is_over && x; x = after(r, x->rank)) {
        if (x->entry && x->state == QN_ORDER_ACCEPTED && slot_of(r, x) == slot &&
            x->asked.strategy == o->asked.strategy)
            finish(r, x, QN_ORDER_CANCELED, QN_REASON_POSITION_CLOSED, ts);
    }
    /* exits of what filled: they guard a position in the entry's direction */
    for (int k = 0; !o->entry && k < 2; k++) {
        x = own[k] ? find(r, own[k]) : NULL;
        if (!x || x->entry != o->asked.id) continue;
        if (o->asked.side == QN_BUY ? now > 0 : now < 0) {
            x->state = QN_ORDER_ACCEPTED;
            x->asked.qty = (int64_t)filled;
            x->works_from = ts;
            say(r, slot, own[k], QN_ORDER_ACCEPTED, QN_REASON_NONE, ts);
        } else {
            finish(r, x, QN_ORDER_CANCELED, QN_REASON_POSITION_CLOSED, ts);
        }
    }
}

static void fill(reference *r, ref_order *o, int64_t price, int64_t ts)
{
    uint32_t slot = slot_of(r, o);
    wide before = r->position[slot][o->asked.strategy];
    wide qty = o->asked.qty;
    uint32_t liquidity = o->asked.type == QN_LIMIT ? QN_MAKER : QN_TAKER;
    wide fee;
    uint32_t reason;

    if (o->entry || (o->asked.flags & QN_REDUCE_ONLY)) {
        wide room = o->asked.side == QN_BUY ? -before : before;
        if (room <= 0) {
            finish(r, o, QN_ORDER_CANCELED, QN_REASON_REDUCE_ONLY, ts);
            return;
        }
        qty = smaller(qty, room);
    }
    fee = money(&r->instruments[slot], qty, price,
                liquidity == QN_MAKER ? r->maker_bps : r->taker_bps);
    reason = pay(r, o, qty, price, fee);
    if (reason) {
        finish(r, o, QN_ORDER_REJECTED, reason, ts);
        return;
    }
    qn_fill *f = &event(r, slot, QN_EVENT_FILL, sizeof *f)->fill;
    f->venue_ts = ts;
    f->order_id = o->asked.id;
    f->trade_id = ++r->trades;
    f->price = price;
    f->qty = (int64_t)qty;
    f->fee = (int64_t)fee;
    f->side = o->asked.side;
    f->liquidity = liquidity;
    if (qty < o->asked.qty) say(r, slot, o->asked.id, QN_ORDER_CANCELED, QN_REASON_REDUCE_ONLY, ts);
    o->state = QN_ORDER_FILLED;
    settle_exits(r, o, before, qty, ts);
}

/* ---------------------------------------------------------------------------------- a bar */

typedef struct ref_bar_ {
    uint32_t slot;
    int64_t open_ts, close_ts;
    int64_t open, high, low, close;
} ref_bar_;

static bool works(const reference *r, const ref_order *o, const ref_bar_ *b)
{
    return o->state == QN_ORDER_ACCEPTED && slot_of(r, o) == b->slot && o->works_from <= b->open_ts;
}

/* The four ways to be reached by a price, spelt out. */
static bool reached(const ref_order *o, int64_t price)
{
    if (o->asked.type == QN_STOP && o->asked.side == QN_BUY) return price >= o->asked.trigger;
    if (o->asked.type == QN_STOP && o->asked.side == QN_SELL) return price <= o->asked.trigger;
    if (o->asked.type == QN_LIMIT && o->asked.side == QN_BUY) return price <= o->asked.price;
    if (o->asked.type == QN_LIMIT && o->asked.side == QN_SELL) return price >= o->asked.price;
    return true;
}

static void expire(reference *r, const ref_bar_ *b, int64_t until)
{
    for (ref_order *o = after(r, 0); o; o = after(r, o->rank)) {
        if (o->state == QN_ORDER_ACCEPTED && slot_of(r, o) == b->slot && o->asked.tif == QN_GTD &&
            o->asked.expire_ts < until)
            finish(r, o, QN_ORDER_EXPIRED, QN_REASON_TIME_IN_FORCE, o->asked.expire_ts);
    }
}

/* Orders of one type which `price` reaches fill at `at`, in the order of sending. */
static int fill_type(reference *r, const ref_bar_ *b, uint32_t type, int64_t price, int64_t ts)
{
    int n = 0;

    for (ref_order *o = after(r, 0); o; o = after(r, o->rank)) {
        if (o->asked.type != type || !works(r, o, b) || !reached(o, price)) continue;
        fill(r, o, price, ts);
        n++;
    }
    return n;
}

static void inside_worst(reference *r, const ref_bar_ *b)
{
    for (ref_order *o = after(r, 0); o; o = after(r, o->rank)) {
        if (o->asked.type == QN_STOP && works(r, o, b) &&
            (reached(o, b->high) || reached(o, b->low)))
            fill(r, o, o->asked.trigger, b->close_ts);
    }
    for (ref_order *o = after(r, 0); o; o = after(r, o->rank)) {
        if (o->asked.type == QN_LIMIT && works(r, o, b) &&
            (reached(o, b->high) || reached(o, b->low)))
            fill(r, o, o->asked.price, b->close_ts);
    }
}

/* True if an order of the bar could mind a price: nothing but its own price can set it off. */
static bool is_anything_at(const reference *r, const ref_bar_ *b, int64_t price)
{
    for (uint32_t i = 0; i < r->norders; i++) {
        const ref_order *o = &r->orders[i];
        if (works(r, o, b) && (o->asked.price == price || o->asked.trigger == price)) return true;
    }
    return false;
}

/* One step of price at a time. */
static void walk(reference *r, const ref_bar_ *b, int64_t from, int64_t to)
{
    int64_t step = to > from ? 1 : -1;

    for (int64_t p = from; p != to; p += step) {
        if (!is_anything_at(r, b, p + step)) continue;
        fill_type(r, b, QN_STOP, p + step, b->close_ts);
        fill_type(r, b, QN_LIMIT, p + step, b->close_ts);
    }
}

static void match(reference *r, const ref_bar_ *b)
{
    expire(r, b, b->open_ts + 1);

    fill_type(r, b, QN_MARKET, b->open, b->open_ts);
    while (fill_type(r, b, QN_STOP, b->open, b->open_ts) +
           fill_type(r, b, QN_LIMIT, b->open, b->open_ts))
        continue;

    for (ref_order *o = after(r, 0); o; o = after(r, o->rank)) {
        if (o->asked.tif == QN_IOC && works(r, o, b))
            finish(r, o, QN_ORDER_EXPIRED, QN_REASON_TIME_IN_FORCE, b->open_ts);
    }
    expire(r, b, b->close_ts);

    if (!r->is_path) {
        inside_worst(r, b);
    } else if (b->close > b->open) {
        walk(r, b, b->open, b->low);
        walk(r, b, b->low, b->high);
        walk(r, b, b->high, b->close);
    } else {
        walk(r, b, b->open, b->high);
        walk(r, b, b->high, b->low);
        walk(r, b, b->low, b->close);
    }
    r->close[b->slot] = b->close;
    r->close_ts[b->slot] = b->close_ts;
    if (b->close_ts > r->now) r->now = b->close_ts;
}

void ref_bar(reference *r, uint32_t slot, int64_t open_ts, int64_t length, const int64_t ohlc[4])
{
    match(r, &(ref_bar_){slot, open_ts, open_ts + length, ohlc[0], ohlc[1], ohlc[2], ohlc[3]});
}

void ref_trade(reference *r, uint32_t slot, int64_t ts, int64_t price)
{
    match(r, &(ref_bar_){slot, ts, ts, price, price, price, price});
}

void ref_mark(reference *r, uint32_t slot, int64_t price)
{
    r->mark[slot] = price;
}

void ref_funding(reference *r, uint32_t slot, int64_t ts, int64_t rate)
{
    const qn_instrument *ins = &r->instruments[slot];
    int64_t price = r->mark[slot] ? r->mark[slot] : r->close[slot];
    wide net = 0;

    for (int s = 0; s < REF_STRATEGIES; s++)
        net += r->position[slot][s];
    if (ins->kind == QN_SPOT || net == 0 || price == 0) return;
    qn_payment *p = &event(r, slot, QN_EVENT_PAYMENT, sizeof *p)->payment;
    p->venue_ts = ts;
    p->position = (int64_t)net;
    p->price = price;
    p->rate = rate;
    p->amount = (int64_t)-money(ins, net, price, rate);
    cash_of(r, ins->settle)->amount += raised(p->amount, 18 + ins->money_exp);
}

void ref_end(reference *r, int64_t ts)
{
    for (uint32_t slot = 0; r->closes_at_end && slot < r->ninstruments; slot++) {
        for (ref_order *o = after(r, 0); o; o = after(r, o->rank)) {
            if (o->state == QN_ORDER_ACCEPTED && o->asked.type == QN_MARKET &&
                o->asked.sent_ts >= ts && slot_of(r, o) == slot && r->close[slot])
                fill(r, o, r->close[slot], r->close_ts[slot]);
        }
    }
}

/* ------------------------------------------------------------------------------- requests */

void ref_open(reference *r, const qn_instrument *instruments, uint32_t ninstruments,
              const qn_account *accounts, uint32_t naccounts)
{
    r->instruments = instruments;
    r->ninstruments = ninstruments;
    for (uint32_t i = 0; i < naccounts; i++)
        cash_of(r, accounts[i].currency)->amount =
            raised(accounts[i].balance, 18 + accounts[i].exp);
}

static bool is_sound(const qn_order *o)
{
    if (o->side != QN_BUY && o->side != QN_SELL) return false;
    if (o->id == 0 || o->qty <= 0) return false;
    if (o->type == QN_MARKET && (o->price || o->trigger)) return false;
    if (o->type == QN_LIMIT && (o->price <= 0 || o->trigger)) return false;
    if (o->type == QN_STOP && (o->trigger <= 0 || o->price)) return false;
    if (o->tif == QN_GTD && o->expire_ts <= o->sent_ts) return false;
    if ((o->flags & QN_POST_ONLY) && (o->type != QN_LIMIT || o->tif == QN_IOC)) return false;
    return o->stop_loss >= 0 && o->take_profit >= 0;
}

static uint32_t judge(const reference *r, uint32_t slot, const qn_order *o)
{
    const qn_instrument *ins = &r->instruments[slot];
    int64_t at = o->type == QN_LIMIT ? o->price : o->type == QN_STOP ? o->trigger : r->close[slot];

    if (o->type < 1 || o->type > 3 || o->tif < 1 || o->tif > 3) return QN_REASON_UNSUPPORTED;
    if (!is_sound(o)) return QN_REASON_INVALID_VALUE;
    if (o->price % ins->tick_size || o->trigger % ins->tick_size || o->stop_loss % ins->tick_size ||
        o->take_profit % ins->tick_size)
        return QN_REASON_FILTER_TICK;
    if (o->qty % ins->lot_size) return QN_REASON_FILTER_LOT;
    if (o->qty < ins->min_qty) return QN_REASON_FILTER_MIN_QTY;
    if (ins->max_qty && o->qty > ins->max_qty) return QN_REASON_FILTER_MAX_QTY;
    if (at && money(ins, o->qty, at, RATE_ONE) < ins->min_notional)
        return QN_REASON_FILTER_MIN_NOTIONAL;
    return QN_REASON_NONE;
}

static uint32_t room(const reference *r, uint32_t slot, const qn_order *o)
{
    uint32_t open = 0;
    uint32_t positions = 0;
    uint32_t needed = 1 + (o->stop_loss_id != 0) + (o->take_profit_id != 0);

    while (ref_open_order(r, open))
        open++;
    if (open + needed > r->max_orders) return QN_REASON_TOO_MANY_ORDERS;
    for (uint32_t i = 0; i < r->ninstruments; i++) {
        for (int s = 0; s < REF_STRATEGIES; s++)
            positions += r->has_position[i][s];
    }
    if (!r->has_position[slot][o->strategy] && positions >= r->max_positions)
        return QN_REASON_TOO_MANY_ORDERS;
    return QN_REASON_NONE;
}

static ref_order *add(reference *r, const qn_order *o, uint64_t entry, uint32_t state)
{
    ref_order *a = &r->orders[r->norders++];

    ck_assert_uint_le(r->norders, REF_ORDERS);
    *a = (ref_order){
        .asked = *o, .entry = entry, .state = state, .rank = ++r->ranks, .works_from = o->sent_ts};
    return a;
}

static void add_exit(reference *r, const qn_order *o, uint64_t id, uint32_t type, int64_t price)
{
    qn_order x = {.id = id,
                  .instrument = o->instrument,
                  .strategy = o->strategy,
                  .side = o->side == QN_BUY ? QN_SELL : QN_BUY,
                  .type = type,
                  .tif = QN_GTC,
                  .qty = o->qty,
                  .price = type == QN_LIMIT ? price : 0,
                  .trigger = type == QN_STOP ? price : 0,
                  .sent_ts = o->sent_ts};

    if (id) add(r, &x, o->id, QN_ORDER_HELD);
}

void ref_submit(reference *r, const qn_order *o)
{
    ref_order probe = {.asked = *o};
    uint32_t slot = slot_of(r, &probe);
    uint32_t reason = judge(r, slot, o);
    uint32_t state, exit_state, exit_reason;

    if (o->sent_ts > r->now) r->now = o->sent_ts;
    if (!reason) reason = room(r, slot, o);
    state = reason ? QN_ORDER_REJECTED : QN_ORDER_ACCEPTED;
    exit_state = reason ? QN_ORDER_CANCELED : QN_ORDER_HELD;
    exit_reason = reason ? QN_REASON_PARENT_CLOSED : QN_REASON_NONE;
    if (!reason) {
        r->has_position[slot][o->strategy] = true;
        add(r, o, 0, QN_ORDER_ACCEPTED);
        add_exit(r, o, o->stop_loss_id, QN_STOP, o->stop_loss);
        add_exit(r, o, o->take_profit_id, QN_LIMIT, o->take_profit);
    }
    say(r, slot, o->id, state, reason, o->sent_ts);
    if (o->stop_loss_id) say(r, slot, o->stop_loss_id, exit_state, exit_reason, o->sent_ts);
    if (o->take_profit_id) say(r, slot, o->take_profit_id, exit_state, exit_reason, o->sent_ts);
}

bool ref_modify(reference *r, const qn_order *o)
{
    ref_order *old = find(r, o->id);
    uint32_t reason = QN_REASON_NONE;

    if (!old) return false;
    uint32_t slot = slot_of(r, old);
    if (o->sent_ts > r->now) r->now = o->sent_ts;
    if (old->entry) {
        int64_t price = o->type == QN_STOP ? o->trigger : o->price;
        if (price <= 0 || o->qty != old->asked.qty)
            reason = QN_REASON_INVALID_VALUE;
        else if (price % r->instruments[slot].tick_size)
            reason = QN_REASON_FILTER_TICK;
    } else {
        qn_order as_new = *o;
        as_new.stop_loss = as_new.take_profit = 0;
        reason = judge(r, slot, &as_new);
    }
    if (!reason) {
        old->asked.qty = o->qty;
        for (uint32_t i = 0; i < r->norders; i++) {
            if (is_open(&r->orders[i]) && r->orders[i].entry == o->id)
                r->orders[i].asked.qty = o->qty;
        }
        old->asked.price = o->price;
        old->asked.trigger = o->trigger;
        old->asked.expire_ts = o->expire_ts;
        old->works_from = o->sent_ts;
        old->rank = ++r->ranks;
    }
    say(r, slot, o->id, old->state, reason, o->sent_ts);
    return true;
}

bool ref_cancel(reference *r, uint64_t id)
{
    ref_order *o = find(r, id);

    if (!o) return false;
    finish(r, o, QN_ORDER_CANCELED, QN_REASON_REQUESTED, r->now);
    return true;
}
