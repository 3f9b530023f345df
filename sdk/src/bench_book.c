/* SPDX-License-Identifier: MIT
 *
 * What events do to the bench's books: marks, positions, what is left of orders. Enough for a
 * plugin to see what it would see; a venue's fees and margins are not the bench's business. */
#include "bench_internal.h"

#include <quoin/sdk/decimal.h>

static void mark_to(qn_bench *b, uint32_t instrument, int64_t price)
{
    int64_t slot = bench_slot(b, instrument);
    qn_exposure *e;

    if (slot < 0) return;
    e = &b->exposures[slot];
    e->mark = price;
    if (qn_bench_money(b, (uint32_t)slot, e->qty, price, &e->value) != QN_OK) e->value = 0;
}

/* A position after a fill of `qty`, signed: what reduces it realises its share of the cost. */
static void position_change(qn_bench *b, uint32_t slot, int64_t qty, const qn_fill *fill)
{
    qn_position *p = &b->positions[slot];
    int is_against = p->qty != 0 && (p->qty > 0) != (qty > 0);
    int64_t held = p->qty < 0 ? -p->qty : p->qty;
    int64_t most = qty < 0 ? -qty : qty;
    int64_t closes = !is_against ? 0 : most < held ? most : held;
    int64_t signed_closes = qty > 0 ? closes : -closes;
    int64_t money = 0;

    if (closes > 0) {
        int64_t share = (int64_t)qn_wide_divide((qn_wide)p->cost * closes, held);
        if (qn_bench_money(b, slot, -signed_closes, fill->price, &money) == QN_OK)
            p->realized_pnl += money - share;
        p->cost -= share;
    }
    if (qn_bench_money(b, slot, qty - signed_closes, fill->price, &money) == QN_OK)
        p->cost += money;
    p->qty += qty;
    p->fees += fill->fee;
    b->exposures[slot].qty += qty;
}

static void order_fill(qn_bench *b, const qn_fill *fill)
{
    bench_order *o = bench_order_find(b, fill->order_id);
    bench_order *parent = o && o->parent_id ? bench_order_find(b, o->parent_id) : NULL;
    int64_t slot = bench_slot(b, fill->hdr.instrument);
    int64_t qty = qn_sign(fill->side) * fill->qty;

    if (slot >= 0) position_change(b, (uint32_t)slot, qty, fill);
    if (!o) return;
    if (o->is_market) b->positions[o->slot].market_orders -= qty;
    o->filled += fill->qty;
    o->is_closed = o->filled >= o->qty;
    if (parent) parent->filled += fill->qty;
}

static void order_end(qn_bench *b, uint64_t id)
{
    bench_order *o = bench_order_find(b, id);

    if (!o) return;
    if (o->is_market)
        b->positions[o->slot].market_orders -= qn_sign(o->side) * (o->qty - o->filled);
    o->is_closed = 1;
}

static int is_closed(uint32_t state)
{
#define CLASS_closed 1
#define CLASS_local 0
#define CLASS_inflight 0
#define CLASS_open 0
#define ROW(number, NAME, klass) [number] = CLASS_##klass,
    static const unsigned char closed[QN_ORDER_STATES] = {QN_ORDER_STATE_LIST(ROW)};
#undef ROW
    return state < QN_ORDER_STATES && closed[state];
}

static void parent_change(qn_bench *b, const qn_parent *p)
{
    int64_t slot = bench_slot(b, p->hdr.instrument);

    if (is_closed(p->state)) {
        order_end(b, p->order_id);
    } else if (!bench_order_find(b, p->order_id) &&
               bench_order_add(b, slot < 0 ? 0 : (uint32_t)slot, p->side, p->qty)) {
        bench_order *o = &b->orders[b->norders - 1];
        o->id = p->order_id;
        o->filled = p->filled;
        o->is_parent = 1;
    }
}

void bench_book(qn_bench *b, const qn_event *ev)
{
    const void *any = ev;
    const qn_order_report *report = (const qn_order_report *)any;

    switch (ev->type) {
    case QN_EVENT_BAR:
        mark_to(b, ev->instrument, ((const qn_bar *)any)->close);
        break;
    case QN_EVENT_TRADE:
        mark_to(b, ev->instrument, ((const qn_trade *)any)->price);
        break;
    case QN_EVENT_MARK:
        mark_to(b, ev->instrument, ((const qn_mark *)any)->price);
        break;
    case QN_EVENT_FILL:
        order_fill(b, (const qn_fill *)any);
        break;
    case QN_EVENT_ORDER:
        if (is_closed(report->state)) order_end(b, report->order_id);
        break;
    case QN_EVENT_PARENT:
        parent_change(b, (const qn_parent *)any);
        break;
    default:
        break;
    }
}
