/* SPDX-License-Identifier: MIT
 *
 * Fills on a price chart: one place each while there are few, else one for a span of time. */
#include "gather.h"

static int64_t cell_of(const sheet_chart *c, int64_t ts)
{
    return ts / c->fill_length - (ts % c->fill_length < 0);
}

/* The mean price of both, weighted by quantity. */
static void mix(double *price, double *qty, double other_price, double other_qty)
{
    if (other_qty <= 0) return;
    *price = (*price * *qty + other_price * other_qty) / (*qty + other_qty);
    *qty += other_qty;
}

void sheet_fill_join(sheet_fill *to, const sheet_fill *f)
{
    to->to = f->to > to->to ? f->to : to->to;
    to->buys += f->buys;
    to->sells += f->sells;
    mix(&to->buy_price, &to->buy_qty, f->buy_price, f->buy_qty);
    mix(&to->sell_price, &to->sell_qty, f->sell_price, f->sell_qty);
}

/* True if a fill at `ts` shares the last place. */
static bool is_in_last(const sheet_chart *c, int64_t ts)
{
    return c->fill_length > 0 && c->nfills > 0 &&
           cell_of(c, ts) <= cell_of(c, c->fills[c->nfills - 1].from);
}

/* Lengthen the spans until a place is free: each of them holds all there are in the end. */
static void coarsen(sheet_chart *c)
{
    while (c->nfills == SHEET_FILLS) {
        c->fill_length = c->fill_length ? c->fill_length * 2 : QN_NS_PER_S;
        c->nfills = 1;
        for (size_t i = 1; i < SHEET_FILLS; i++) {
            if (is_in_last(c, c->fills[i].from))
                sheet_fill_join(&c->fills[c->nfills - 1], &c->fills[i]);
            else
                c->fills[c->nfills++] = c->fills[i];
        }
    }
}

void fills_add(sheet_chart *c, int64_t ts, uint32_t side, double price, double qty)
{
    sheet_fill f = {.from = ts, .to = ts};

    if (side == QN_BUY) {
        f.buys = 1;
        f.buy_price = price;
        f.buy_qty = qty;
    } else {
        f.sells = 1;
        f.sell_price = price;
        f.sell_qty = qty;
    }
    if (c->nfills == SHEET_FILLS && !is_in_last(c, ts)) coarsen(c);
    if (is_in_last(c, ts))
        sheet_fill_join(&c->fills[c->nfills - 1], &f);
    else
        c->fills[c->nfills++] = f;
}
