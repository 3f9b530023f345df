/* SPDX-License-Identifier: MIT */
#include "flow.h"

#include <math.h>

#define TRADE_SHARE 0.35    /* of the arrivals that bring a trade */
#define SIZE_TAIL 1.5       /* Pareto exponents */
#define LENGTH_TAIL 1.5     /* of hidden orders */
#define SIZE_MOST 1e4       /* times the smallest usual one */
#define LENGTH_MOST 1e5     /* trades */
#define USUAL_MONEY 1000.0  /* of the smallest usual trade */
#define QUOTE_SIZE 10.0     /* median at the best price, times the smallest usual trade */
#define SPREAD_USUAL 0.2e-4 /* above one tick, of the price */
#define SPREAD_CHANGE 0.2   /* towards its new value at each quote */
#define LEAN_SHARE 0.15     /* of the spread by which a trade moves the price */
#define LEAN_LIFE 10e9      /* ns in which it fades to 1/e */
#define STEP_NS ((double)PATH_STEP)

/* e^x ticks, at least one, and no more than a mantissa holds. */
static double ticks_of(double x, double tick)
{
    double most = (double)FLOW_PRICE_MOST / tick;
    double ticks = x < 0 ? 1.0 : portable_exp(x < 40.0 ? x : 40.0);

    return ticks < most ? ticks : most;
}

int64_t flow_price(double x, double tick)
{
    return portable_round(ticks_of(x, tick)) * (int64_t)tick;
}

double flow_usual_lots(const qn_instrument *ins, double ticks)
{
    int32_t exp = ins->price_exp + ins->qty_exp + ins->contract_size.exp;
    double value = ticks * (double)ins->tick_size * (double)ins->lot_size *
                   (double)ins->contract_size.mantissa;
    double lots;

    for (; exp < 0; exp++)
        value /= 10.0;
    for (; exp > 0; exp--)
        value *= 10.0;
    lots = USUAL_MONEY / value;
    return lots < 1.0 ? 1.0 : lots > 1e8 ? 1e8 : lots;
}

void flow_begin(flow *f, uint64_t seed, const qn_instrument *ins, double ticks, double trade_rate,
                int64_t from)
{
    *f = (flow){.tick = (double)ins->tick_size,
                .lot = (double)ins->lot_size,
                .usual_lots = flow_usual_lots(ins, ticks),
                .trade_rate = trade_rate,
                .spread = SPREAD_USUAL,
                .quotes = from > 0 ? (uint64_t)(from / QN_NS_PER_MS) : 0,
                .trades = from > 0 ? (uint64_t)(from / QN_NS_PER_MS) : 0};
    draw_layers_make(&f->normal);
    draw_begin(&f->arrivals, seed, "arrivals", ins->name);
    draw_begin(&f->bridge, seed, "bridge", ins->name);
    draw_begin(&f->takers, seed, "sides", ins->name);
    draw_begin(&f->sizes, seed, "sizes", ins->name);
}

void flow_minute(flow *f, const path_minute *m)
{
    f->minute = m;
    f->step = 0;
    f->at = 0;
    f->price = m->open + (m->jump_at == 0 ? m->jump : 0.0);
}

/* The side of the next trade: the next part of one of the hidden orders. */
static uint32_t next_side(flow *f)
{
    flow_order *o = &f->orders[draw_bits(&f->takers) % FLOW_ORDERS];

    if (o->left == 0) {
        o->left = (uint32_t)draw_pareto(&f->takers, LENGTH_TAIL, LENGTH_MOST);
        o->side = draw_bits(&f->takers) >> 63 ? QN_BUY : QN_SELL;
    }
    o->left--;
    return o->side;
}

/* Go to `at` in the step: the price on its way to the step's end, drawn from the bridge. */
static void move_to(flow *f, int64_t at)
{
    double left = STEP_NS - (double)f->at;
    double gone = (double)(at - f->at);
    double part = gone / left;
    double deviation = f->minute->deviation * sqrt(part * (left - gone) / STEP_NS);

    f->price += (f->minute->fair[f->step] - f->price) * part +
                deviation * draw_normal(&f->bridge, &f->normal);
    f->lean *= portable_exp(-gone / LEAN_LIFE);
    f->at = at;
}

static int64_t next_size(flow *f, double median)
{
    double lots = f->usual_lots * median * portable_exp(draw_normal(&f->sizes, &f->normal));

    return portable_round(lots < 1.0 ? 1.0 : lots) * (int64_t)f->lot;
}

static void make_quote(flow *f, int64_t ts)
{
    double aim = SPREAD_USUAL * f->minute->heat * draw_exponential(&f->sizes);
    double middle = ticks_of(f->price + f->lean, f->tick);
    int64_t wide;
    int64_t bid;

    f->spread += SPREAD_CHANGE * (aim - f->spread);
    wide = 1 + portable_round(f->spread * middle);
    bid = portable_round(middle - 0.5 * (double)wide);
    if (bid < 1) bid = 1;
    f->quote.hdr = (qn_event){.size = sizeof f->quote, .type = QN_EVENT_QUOTE, .ts_ns = ts};
    f->quote.venue_ts = ts;
    f->quote.update_id = ++f->quotes;
    f->quote.bid = bid * (int64_t)f->tick;
    f->quote.ask = (bid + wide) * (int64_t)f->tick;
    f->quote.bid_qty = next_size(f, QUOTE_SIZE);
    f->quote.ask_qty = next_size(f, QUOTE_SIZE);
}

static void make_trade(flow *f, int64_t ts)
{
    uint32_t side = next_side(f);
    double size = f->usual_lots * draw_pareto(&f->takers, SIZE_TAIL, SIZE_MOST);
    double shift = LEAN_SHARE * (f->spread + f->tick / (double)f->quote.bid);

    f->trade.hdr = (qn_event){.size = sizeof f->trade, .type = QN_EVENT_TRADE, .ts_ns = ts};
    f->trade.venue_ts = ts;
    f->trade.id = ++f->trades;
    f->trade.side = side;
    f->trade.price = side == QN_BUY ? f->quote.ask : f->quote.bid;
    f->trade.qty = portable_round(size) * (int64_t)f->lot;
    f->lean += side == QN_BUY ? shift : -shift;
}

/* The time of the next arrival in the step, ns since its beginning. Waiting has no memory, so
 * that each step may begin it anew, with a rate of its own. */
static int64_t next_arrival(flow *f)
{
    double rate = f->trade_rate / TRADE_SHARE * f->minute->heat / 1e3; /* a millisecond */
    double wait = draw_exponential(&f->arrivals) / rate;

    return f->at + (wait < 1e6 ? 1 + (int64_t)wait : 1000000) * QN_NS_PER_MS;
}

bool flow_next(flow *f)
{
    int64_t at;

    while ((at = next_arrival(f)) >= PATH_STEP) {
        f->price = f->minute->fair[f->step];
        f->lean *= portable_exp(-(double)(PATH_STEP - f->at) / LEAN_LIFE);
        f->at = 0;
        if (++f->step == PATH_STEPS) return false;
        if (f->minute->jump_at == f->step) f->price += f->minute->jump;
    }
    move_to(f, at);
    make_quote(f, f->minute->start + f->step * PATH_STEP + at);
    f->has_trade = draw_unit(&f->arrivals) < TRADE_SHARE;
    if (f->has_trade) make_trade(f, f->quote.venue_ts + FLOW_TRADE_DELAY);
    return true;
}
