/* SPDX-License-Identifier: MIT */
#include "gather.h"

#include "base/fail.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------ making one */

static bool is_synthetic(const qn_instrument *in)
{
    const char *dot = strrchr(in->name, '.');

    return dot && strcmp(dot + 1, "synthetic") == 0;
}

static void begin_instrument(sheet *s, const struct report *r, uint32_t i)
{
    const qn_instrument *in = engine_instrument(r->engine, i);

    s->gather->instruments[i] =
        (gather_instrument){.net = ledger_net(engine_ledger(r->engine), i),
                            .price = pow(10, in->price_exp),
                            .qty = pow(10, in->qty_exp),
                            .is_counted = strcmp(in->settle, r->currency) == 0};
    s->instruments[i] = (sheet_part){.name = in->name, .currency = in->settle};
    s->is_synthetic = s->is_synthetic || is_synthetic(in);
    equity_weigh(s, i);
}

/* Months and charts are large and mostly not used: memory that is zeroed by the system is none
 * before it is written to. */
static bool allocate(sheet *s)
{
    sheet_fill *fills = mem_new((size_t)s->ninstruments * SHEET_FILLS, sizeof *fills);

    s->months = mem_new(SHEET_MONTHS, sizeof *s->months);
    s->strategies = mem_new((size_t)s->nstrategies + 1, sizeof *s->strategies);
    s->instruments = mem_new(s->ninstruments, sizeof *s->instruments);
    s->charts = mem_new(s->ninstruments, sizeof *s->charts);
    s->gather = mem_new(1, sizeof *s->gather);
    if (s->gather)
        s->gather->instruments = mem_new(s->ninstruments, sizeof *s->gather->instruments);
    if (!fills || !s->months || !s->strategies || !s->instruments || !s->charts || !s->gather ||
        !s->gather->instruments) {
        mem_free(fills);
        return false;
    }
    for (uint32_t i = 0; i < s->ninstruments; i++)
        s->charts[i].fills = fills + (size_t)i * SHEET_FILLS;
    if (s->ninstruments == 0) mem_free(fills);
    return true;
}

int32_t sheet_new(const struct report *r, sheet **out, qn_err *err)
{
    sheet *s = mem_new(1, sizeof *s);

    if (!s) return fail(err, QN_E_NO_MEMORY, "no memory for the tear sheet");
    s->nstrategies = engine_strategies(r->engine);
    s->ninstruments = engine_instruments(r->engine);
    s->points_step = 1;
    if (!allocate(s)) {
        sheet_free(s);
        return fail(err, QN_E_NO_MEMORY, "no memory for the tear sheet");
    }
    for (uint32_t i = 0; i <= s->nstrategies; i++)
        s->strategies[i] =
            (sheet_part){.name = engine_strategy_id(r->engine, i), .currency = r->currency};
    for (uint32_t i = 0; i < s->ninstruments; i++)
        begin_instrument(s, r, i);
    equity_begin(s, r);
    *out = s;
    return QN_OK;
}

void sheet_free(sheet *s)
{
    if (!s) return;
    if (s->charts && s->ninstruments) mem_free(s->charts[0].fills);
    if (s->gather) mem_free(s->gather->instruments);
    mem_free(s->gather);
    mem_free(s->months);
    mem_free(s->strategies);
    mem_free(s->instruments);
    mem_free(s->charts);
    mem_free(s);
}

/* ------------------------------------------------------------------ following the run */

/* Money of two currencies cannot be added: from then on there is none. */
static void part_fill(sheet_part *p, const qn_instrument *in, const qn_fill *fill, double notional)
{
    if (p->fills == 0) p->currency = in->settle;
    if (p->currency && strcmp(p->currency, in->settle) != 0) {
        p->currency = NULL;
        p->volume = NAN;
    }
    p->volume += notional;
    p->fills++;
    p->maker += fill->liquidity == QN_MAKER;
}

static void cost_fill(sheet_cost *c, const qn_fill *fill, int64_t notional)
{
    c->fills++;
    c->volume += sheet_money(notional);
    c->fees += sheet_money(fill->fee);
}

static void chart_fill(sheet *s, const qn_fill *fill)
{
    const gather_instrument *in = &s->gather->instruments[fill->hdr.instrument];
    sheet_chart *c = &s->charts[fill->hdr.instrument];
    int64_t before = in->net->qty - qn_sign(fill->side) * fill->qty;

    if (c->position.n == 0) thin_add(&c->position, s->gather->first_ts, (double)before * in->qty);
    thin_hold(&c->position, fill->venue_ts);
    thin_add(&c->position, fill->venue_ts, (double)in->net->qty * in->qty);
    fills_add(c, fill->venue_ts, fill->side, (double)fill->price * in->price,
              (double)fill->qty * in->qty);
}

void sheet_fill_add(sheet *s, const struct report *r, const qn_fill *fill, const order *o,
                    int64_t notional)
{
    const qn_instrument *in = engine_instrument(r->engine, fill->hdr.instrument);
    gather *g = s->gather;

    chart_fill(s, fill);
    part_fill(&s->strategies[o->sent.strategy], in, fill, sheet_money(notional));
    part_fill(&s->instruments[fill->hdr.instrument], in, fill, sheet_money(notional));
    if (!g->instruments[fill->hdr.instrument].is_counted) return;
    equity_hold(s, fill->venue_ts);
    equity_weigh(s, fill->hdr.instrument);
    cost_fill(&s->costs[fill->liquidity == QN_MAKER ? 0 : 1], fill, notional);
    g->traded += sheet_money(notional);
    g->fees += sheet_money(fill->fee);
    g->is_moving = true;
}

void sheet_order(sheet *s, const order *o)
{
    if (o->state == QN_ORDER_DENIED || o->state == QN_ORDER_REJECTED)
        refusals_add(s, o->state, o->reason);
}

static void part_trip(sheet_part *p, const trip *t)
{
    p->trades++;
    p->wins += trip_pnl(t) > 0;
}

void sheet_trip(sheet *s, const trip *t)
{
    const gather_instrument *in = &s->gather->instruments[t->instrument];
    sheet_trade trade = {.strategy = t->strategy,
                         .instrument = t->instrument,
                         .side = t->side,
                         .entry_ts = t->entry_ts,
                         .exit_ts = t->exit_ts,
                         .qty = (double)t->entered * in->qty,
                         .entry_price = (double)t->entry_value / (double)t->entered * in->price,
                         .exit_price = (double)t->exit_value / (double)t->left * in->price,
                         .pnl = sheet_money(trip_pnl(t)),
                         .fees = sheet_money(t->fees),
                         .mae = sheet_money(t->mae),
                         .mfe = sheet_money(t->mfe)};

    part_trip(&s->strategies[t->strategy], t);
    part_trip(&s->instruments[t->instrument], t);
    if (in->is_counted) trades_add(s, &trade);
}

void sheet_payment(sheet *s, const struct report *r, const qn_payment *payment)
{
    gather *g = s->gather;

    if (!g->instruments[payment->hdr.instrument].is_counted) return;
    if (payment->venue_ts > g->month_end) months_pass(s, r, payment->venue_ts);
    equity_hold(s, payment->venue_ts);
    g->funding += sheet_money(payment->amount);
    g->is_moving = true;
    equity_see(s, r, payment->venue_ts, r->curve.equity, r->curve.cash);
}

/* ------------------------------------------------------------------ the end */

static void part_books(sheet_part *p, const position *books)
{
    p->realized += sheet_money(books->realized_pnl);
    p->unrealized += sheet_money(position_unrealized(books));
    p->fees += sheet_money(books->fees);
    p->funding += sheet_money(books->funding);
}

static void finish_parts(sheet *s, const ledger *l)
{
    for (uint32_t i = 0; i < s->ninstruments; i++) {
        part_books(&s->instruments[i], ledger_net(l, i));
        for (uint32_t n = 0; n <= s->nstrategies; n++)
            part_books(&s->strategies[n], ledger_part(l, n, i));
    }
    for (uint32_t n = 0; n <= s->nstrategies; n++) {
        sheet_part *p = &s->strategies[n];
        if (!p->currency) p->realized = p->unrealized = p->fees = p->funding = NAN;
    }
}

void sheet_finish(sheet *s, const struct report *r, int64_t ts, int64_t equity, int64_t cash)
{
    months_pass(s, r, ts);
    equity_hold(s, ts);
    equity_see(s, r, ts, equity, cash);
    equity_end(s, r);
    for (uint32_t i = 0; i < s->ninstruments; i++)
        thin_hold(&s->charts[i].position, ts);
    finish_parts(s, engine_ledger(r->engine));
    refusals_sort(s);
}
