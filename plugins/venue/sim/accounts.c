/* SPDX-License-Identifier: MIT
 *
 * What a fill costs and what follows from it: fees, balances, positions, exits, funding. */
#include "sim.h"

#include <quoin/sdk/decimal.h>

#include <string.h>

/* The slot of a basis-point parameter holds 10^-8 bps, and 1 bps is 10^-4. */
#define FEE_EXP (QN_RATE_EXP - 4)

void event_push(sim *s, const book *b, qn_event *ev, uint16_t type, size_t size)
{
    int32_t rc;

    ev->size = (uint16_t)size;
    ev->type = type;
    ev->instrument = b->ins->number;
    rc = s->out->push(s->out->ctx, ev);
    if (rc != QN_OK && s->failed == QN_OK) s->failed = rc;
}

/* ---------------------------------------------------------------------------------- money */

/* a x b; false if that does not fit. */
static bool wide_multiply(qn_wide a, int64_t b, qn_wide *out)
{
    static const qn_wide limit = ((qn_wide)1 << 126) - 1;
    qn_wide size = a < 0 ? -a : a;
    qn_wide factor = b < 0 ? -(qn_wide)b : b;

    /* two numbers of 63 bits always fit, and a division of 128 bits is slow */
    if (size > INT64_MAX && factor != 0 && size > limit / factor) return false;
    *out = a * b;
    return true;
}

int32_t money_of(const qn_instrument *ins, int64_t qty, int64_t price, int64_t rate,
                 int32_t rate_exp, int64_t *out)
{
    int32_t shift =
        ins->price_exp + ins->qty_exp + ins->contract_size.exp + rate_exp - ins->money_exp;
    qn_wide value = qty;

    if (!wide_multiply(value, price, &value) || !wide_multiply(value, rate, &value) ||
        !wide_multiply(value, ins->contract_size.mantissa, &value))
        return QN_E_OVERFLOW;
    if (qn_wide_scale(value, shift, &value) != QN_OK) return QN_E_OVERFLOW;
    return qn_wide_narrow(value, out);
}

/* Money or quantity at 10^exp as a balance's amount. Exponents were checked at create: the
 * shift is not negative, so nothing is rounded. */
static int32_t amount_of(int64_t value, int32_t exp, qn_wide *out)
{
    int32_t shift = exp - SIM_AMOUNT_EXP;

    return shift > 36 ? QN_E_OVERFLOW : qn_wide_scale(value, shift, out);
}

/* ------------------------------------------------------------------------------ settlement */

/* A fill, worked out before anything changes. */
typedef struct settlement {
    int64_t qty;      /* signed: > 0 bought */
    int64_t notional; /* money, signed as qty */
    int64_t fee;
    int64_t position; /* of the strategy, after the fill */
    int64_t net_qty;  /* of the account, after the fill */
    int64_t net_cost;
    qn_wide money; /* change of the settle balance */
    qn_wide base;  /* change of the base balance; 0 unless spot */
} settlement;

static qn_wide magnitude(int64_t value)
{
    return value < 0 ? -(qn_wide)value : value;
}

/* The account's position after the fill, at average cost; *realized is what closing a part of
 * it earned. A fill that reverses is split by quantity. */
static int32_t net_after(const book *b, settlement *t, int64_t *realized)
{
    qn_wide held = magnitude(b->net_qty);
    qn_wide size = magnitude(t->qty);
    qn_wide closed = held == 0 || (b->net_qty < 0) == (t->qty < 0) ? 0 : held < size ? held : size;
    qn_wide notional = qn_wide_divide(t->notional * closed, size);
    qn_wide cost = closed ? qn_wide_divide(b->net_cost * closed, held) : 0;

    if (qn_wide_narrow((qn_wide)b->net_qty + t->qty, &t->net_qty) != QN_OK ||
        qn_wide_narrow(b->net_cost - cost + t->notional - notional, &t->net_cost) != QN_OK)
        return QN_E_OVERFLOW;
    return qn_wide_narrow(-notional - cost, realized);
}

/* Spot: money and base change hands whole. Linear: only what was earned moves, and no order is
 * refused for lack of funds. Returns a QN_REASON_. */
static uint32_t balances_after(const book *b, settlement *t, int64_t realized)
{
    bool is_spot = b->ins->kind == QN_SPOT;
    qn_wide moved = is_spot ? -(qn_wide)t->notional : realized;

    /* at most 2^65 units of money, each 10^18 amounts at most: fits */
    t->money = (moved - t->fee) * qn_pow10(b->ins->money_exp - SIM_AMOUNT_EXP);
    t->base = 0;
    if (!is_spot) return QN_REASON_NONE;
    if (amount_of(t->qty, b->ins->qty_exp, &t->base) != QN_OK) return QN_REASON_INVALID_VALUE;
    if (t->qty > 0 && b->settle->amount + t->money < 0) return QN_REASON_INSUFFICIENT_BALANCE;
    if (t->qty < 0 && b->base->amount + t->base < 0) return QN_REASON_INSUFFICIENT_BALANCE;
    return QN_REASON_NONE;
}

/* Work out a fill of `qty` (> 0) of an order. Returns QN_REASON_NONE, or why it cannot be. */
static uint32_t settle(const sim *s, const order *o, int64_t qty, int64_t price, uint32_t liquidity,
                       settlement *t)
{
    const qn_instrument *ins = o->book->ins;
    int64_t bps = liquidity == QN_MAKER ? s->maker_bps : s->taker_bps;
    int64_t realized = 0;

    t->qty = qty * qn_sign(o->side);
    if (money_of(ins, t->qty, price, 1, 0, &t->notional) != QN_OK ||
        money_of(ins, qty, price, bps, FEE_EXP, &t->fee) != QN_OK ||
        qn_wide_narrow((qn_wide)o->position->qty + t->qty, &t->position) != QN_OK ||
        net_after(o->book, t, &realized) != QN_OK)
        return QN_REASON_INVALID_VALUE;
    return balances_after(o->book, t, realized);
}

/* ---------------------------------------------------------------------- fill and aftermath */

/* How much of a reducing order the position leaves to fill; 0 = nothing. */
static int64_t reducible(const order *o)
{
    int64_t held = o->position->qty;

    if (held == 0 || (held > 0) == (o->side == QN_BUY)) return 0;
    if (held < 0) held = held == INT64_MIN ? INT64_MAX : -held;
    return held < o->qty ? held : o->qty;
}

/* The exits that worked for a position end with it. */
static void exits_end(sim *s, book *b, const position *p, int64_t ts)
{
    for (order *o = b->first; o; o = o->next) {
        if (o->is_exit && o->state == SIM_WORKING && o->position == p)
            order_close(s, o, QN_ORDER_CANCELED, QN_REASON_POSITION_CLOSED, ts);
    }
}

/* An entry was filled: its exit guards what was filled, from this instant on. At the open that
 * is the same bar; inside a bar the instant is the bar's close, so it is the next one. An
 * entry that merely reduced an opposite position leaves nothing to guard. */
static void exit_begin(sim *s, const order *entry, order *exit, int64_t qty, int64_t ts)
{
    int64_t held = entry->position->qty;

    exit->parent = NULL;
    if (held == 0 || (held > 0) != (entry->side == QN_BUY)) {
        order_close(s, exit, QN_ORDER_CANCELED, QN_REASON_POSITION_CLOSED, ts);
        return;
    }
    exit->state = SIM_WORKING;
    exit->qty = qty;
    exit->works_from = ts;
    order_report(s, exit, QN_ORDER_ACCEPTED, QN_REASON_NONE, ts);
}

/* What follows from a fill, in this order: the rest of a capped order is canceled, then the
 * sibling, then the exits of a position that was closed or reversed; then exits begin. */
static void fill_follow_up(sim *s, order *o, int64_t filled, int64_t before, int64_t ts)
{
    int64_t after = o->position->qty;
    order *sibling = o->sibling;
    order *exits[2] = {o->exits[0], o->exits[1]};

    if (filled < o->qty) order_report(s, o, QN_ORDER_CANCELED, QN_REASON_REDUCE_ONLY, ts);
    order_retire(s, o);
    if (sibling) order_close(s, sibling, QN_ORDER_CANCELED, QN_REASON_SIBLING_FILLED, ts);
    if (before != 0 && (after == 0 || (before > 0) != (after > 0)))
        exits_end(s, o->book, o->position, ts);
    for (int k = 0; k < 2; k++) {
        if (exits[k]) exit_begin(s, o, exits[k], filled, ts);
    }
}

void order_fill(sim *s, order *o, int64_t price, uint32_t liquidity, int64_t ts)
{
    position *p = o->position;
    int64_t before = p->qty;
    int64_t qty = o->is_reducing ? reducible(o) : o->qty;
    settlement t;
    uint32_t reason;

    if (qty == 0) {
        order_close(s, o, QN_ORDER_CANCELED, QN_REASON_REDUCE_ONLY, ts);
        return;
    }
    reason = settle(s, o, qty, price, liquidity, &t);
    if (reason != QN_REASON_NONE) {
        order_close(s, o, QN_ORDER_REJECTED, reason, ts);
        return;
    }
    p->qty = t.position;
    o->book->net_qty = t.net_qty;
    o->book->net_cost = t.net_cost;
    o->book->settle->amount += t.money;
    if (o->book->base) o->book->base->amount += t.base;

    qn_fill fill = {.venue_ts = ts,
                    .order_id = o->id,
                    .trade_id = ++s->trades,
                    .price = price,
                    .qty = qty,
                    .fee = t.fee,
                    .side = o->side,
                    .liquidity = liquidity};
    event_push(s, o->book, &fill.hdr, QN_EVENT_FILL, sizeof fill);
    fill_follow_up(s, o, qty, before, ts);
}

/* -------------------------------------------------------------------------------- funding */

int32_t funding_pay(sim *s, book *b, const qn_funding *ev)
{
    int64_t price = b->mark ? b->mark : b->close;
    qn_payment payment = {
        .venue_ts = ev->venue_ts, .position = b->net_qty, .price = price, .rate = ev->rate};

    if (b->ins->kind == QN_SPOT || price == 0 || b->net_qty == 0) return QN_OK;
    /* the negated rate, so that the amount is rounded once and with its final sign */
    if (ev->rate == INT64_MIN ||
        money_of(b->ins, b->net_qty, price, -ev->rate, QN_FUNDING_EXP, &payment.amount) != QN_OK)
        return QN_E_OVERFLOW;
    b->settle->amount += (qn_wide)payment.amount * qn_pow10(b->ins->money_exp - SIM_AMOUNT_EXP);
    s->failed = QN_OK;
    event_push(s, b, &payment.hdr, QN_EVENT_PAYMENT, sizeof payment);
    return s->failed;
}
