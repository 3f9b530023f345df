/* SPDX-License-Identifier: MIT
 *
 * Which orders fill in a bar, where, and in which order.
 *
 * A bar is four prices; what happened between them is not known. The rules below decide each
 * case the same way every time, and by default against the trader:
 *
 *   1. At the open: market orders; then stops; then limits, each in the order of sending, all at
 *      the open price. Exits of what filled work from here on.
 *   2. Inside: stops at their price, then limits at theirs ("worst"), or in the order in which
 *      a path through the four prices reaches them ("ohlc"). Exits of what filled inside work
 *      from the next bar on.
 *
 * A trade is a bar whose four prices are one and whose length is zero. */
#include "sim.h"

/* True if the order is reached by a rising price: a buy stop above the market or a sell limit.
 * The other two, sell stop and buy limit, are reached by a falling one. */
static bool is_reached_rising(const order *o)
{
    return (o->type == QN_STOP) == (o->side == QN_BUY);
}

/* True if `price` is at the order's price or through it. */
static bool is_reached(const order *o, int64_t price)
{
    return is_reached_rising(o) ? price >= o->price : price <= o->price;
}

/* True if the bar's range reaches the order's price. */
static bool is_touched(const order *o, const span *v)
{
    return is_reached(o, is_reached_rising(o) ? v->high : v->low);
}

/* An order works from the first bar that opens at or after the time at which it was sent; an
 * exit counts as sent when its entry filled. */
static bool does_work(const order *o, const span *v)
{
    return o->state == SIM_WORKING && o->works_from <= v->open_ts;
}

/* What fills a limit order made liquidity; everything else took it. */
static uint32_t liquidity_of(const order *o)
{
    return o->type == QN_LIMIT ? QN_MAKER : QN_TAKER;
}

/* Anything to do in this bar? Most resting orders are far from most bars; one look at each
 * saves the passes below. What only a fill sets free (exits) needs a fill first. */
static bool has_candidate(const book *b, const span *v)
{
    for (const order *o = b->first; o; o = o->next) {
        if (o->state == SIM_WORKING && o->expire_ts < v->close_ts) return true;
        if (o->state == SIM_WORKING && o->expire_ts <= v->open_ts) return true;
        if (!does_work(o, v)) continue;
        if (o->type == QN_MARKET || o->tif == QN_IOC || is_touched(o, v)) return true;
    }
    return false;
}

/* Expire what is good till a time that lies before `until`. */
static void expire_dated(sim *s, book *b, int64_t until)
{
    for (order *o = b->first; o; o = o->next) {
        if (o->state == SIM_WORKING && o->expire_ts < until)
            order_close(s, o, QN_ORDER_EXPIRED, QN_REASON_TIME_IN_FORCE, o->expire_ts);
    }
}

/* Expire what was to fill at once: the open was its chance. */
static void expire_immediate(sim *s, book *b, const span *v)
{
    for (order *o = b->first; o; o = o->next) {
        if (o->tif == QN_IOC && does_work(o, v))
            order_close(s, o, QN_ORDER_EXPIRED, QN_REASON_TIME_IN_FORCE, v->open_ts);
    }
}

/* Fill all orders of a type which the open reaches, at the open. Returns how many were tried. */
static uint32_t fill_at_open(sim *s, book *b, const span *v, uint32_t type)
{
    uint32_t n = 0;

    for (order *o = b->first; o; o = o->next) {
        if (o->type != type || !does_work(o, v)) continue;
        if (type != QN_MARKET && !is_reached(o, v->open)) continue;
        order_fill(s, o, v->open, liquidity_of(o), v->open_ts);
        n++;
    }
    return n;
}

/* Rule 1. The last two passes repeat for exits which an order filled by them set free and
 * whose own price the open has reached as well: a buy limit at 100 with a stop loss at 95
 * opens at 94, is bought there and must not be sold at 95, a price that the bar may never
 * have had. */
static void match_open(sim *s, book *b, const span *v)
{
    uint32_t n;

    fill_at_open(s, b, v, QN_MARKET);
    do {
        n = fill_at_open(s, b, v, QN_STOP);
        n += fill_at_open(s, b, v, QN_LIMIT);
    } while (n);
}

/* Rule 2, "worst": all stops before all limits, in the order of sending. */
static void match_worst(sim *s, book *b, const span *v)
{
    static const uint32_t types[] = {QN_STOP, QN_LIMIT};

    for (uint32_t k = 0; k < 2; k++) {
        for (order *o = b->first; o; o = o->next) {
            if (o->type == types[k] && does_work(o, v) && is_touched(o, v))
                order_fill(s, o, o->price, liquidity_of(o), v->close_ts);
        }
    }
}

/* True if a path in the orders' common direction meets `a` before `b`, which was sent before
 * `a`. At the same price stops come first, as in "worst", then what was sent first. */
static bool is_met_before(const order *a, const order *b)
{
    if (a->price != b->price) return (a->price < b->price) == is_reached_rising(a);
    return a->type == QN_STOP && b->type != QN_STOP;
}

/* One leg of the path: fill what it meets, nearest first. */
static void match_leg(sim *s, book *b, const span *v, bool is_rising)
{
    for (;;) {
        order *next = NULL;
        for (order *o = b->first; o; o = o->next) {
            if (!does_work(o, v) || is_reached_rising(o) != is_rising || !is_touched(o, v))
                continue;
            if (!next || is_met_before(o, next)) next = o;
        }
        if (!next) return;
        order_fill(s, next, next->price, liquidity_of(next), v->close_ts);
    }
}

/* Rule 2, "ohlc": open, low, high, close if the bar rose, else open, high, low, close. What
 * the last leg passes was met before, on the way from the open to the extreme. */
static void match_path(sim *s, book *b, const span *v)
{
    bool has_risen = v->close > v->open;

    match_leg(s, b, v, !has_risen);
    match_leg(s, b, v, has_risen);
}

int32_t book_match(sim *s, book *b, const span *v)
{
    if (!has_candidate(b, v)) return QN_OK;
    s->failed = QN_OK;
    expire_dated(s, b, v->open_ts + 1);
    match_open(s, b, v);
    expire_immediate(s, b, v);
    /* a touch inside a bar that ends later than the order cannot be shown to be in time */
    expire_dated(s, b, v->close_ts);
    if (s->intrabar == SIM_OHLC)
        match_path(s, b, v);
    else
        match_worst(s, b, v);
    book_sweep(s, b);
    return s->failed;
}
