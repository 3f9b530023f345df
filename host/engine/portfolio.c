/* SPDX-License-Identifier: MIT
 *
 * The portfolio route: signals are held, the optimizer weighs them, and the difference between
 * what a weight means and what is held becomes an order.
 *
 *   target value = weight x equity of the account x the strategy's capital share
 *   target       = target value / (price x contract size), towards zero to a whole lot
 *   order        = target - (position + working orders); none below min_trade
 *
 * All lines are weighed together, at each rebalance and whenever the sign of a signal changes,
 * and all targets are worked out before the first order is sent. Orders that reduce a position go
 * first, so that what adds finds the room they made. */
#include "internal.h"

#include "base/fail.h"
#include "base/log.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------ building */

static uint32_t column_of(portfolio *p, uint32_t instrument)
{
    for (uint32_t i = 0; i < p->ncolumns; i++)
        if (p->columns[i] == instrument) return i;
    p->columns[p->ncolumns] = instrument;
    return p->ncolumns++;
}

static void add_lines(portfolio *p, const strategy *s)
{
    for (uint32_t i = 0; i < s->in.ninstruments; i++) {
        line *l = &p->lines[p->nlines++];
        l->strategy = s->in.strategy;
        l->instrument = s->in.instruments[i]->number;
        l->column = column_of(p, l->instrument);
    }
}

int32_t portfolio_build(engine *e, qn_err *err)
{
    portfolio *p = &e->portfolio;
    size_t n = 1;

    for (uint32_t i = 0; i < e->nstrategies; i++)
        n += e->strategies[i].is_portfolio ? e->strategies[i].in.ninstruments : 0;
    p->lines = arena_alloc(&e->arena, n * sizeof *p->lines, 8);
    p->asked = arena_alloc(&e->arena, n * sizeof *p->asked, 8);
    p->weights = arena_alloc(&e->arena, n * sizeof *p->weights, 8);
    p->records = arena_alloc(&e->arena, n * sizeof *p->records, 8);
    p->columns = arena_alloc(&e->arena, (e->ninstruments + 1) * sizeof *p->columns, 8);
    if (!p->lines || !p->asked || !p->weights || !p->records || !p->columns)
        return fail(err, QN_E_NO_MEMORY, "no memory for the portfolio");
    for (uint32_t i = 0; i < e->nstrategies; i++)
        if (e->strategies[i].is_portfolio) add_lines(p, &e->strategies[i]);
    p->next_sample = INT64_MAX;
    if (!p->table) return QN_OK;
    p->rebalance = e->run->optimizer.rebalance;
    p->min_trade = e->run->optimizer.min_trade;
    p->nvalues = p->table->values.nrows;
    return history_build(e, err);
}

/* ------------------------------------------------------------------ what is asked */

static double as_double(int64_t at_rate_exp)
{
    return (double)at_rate_exp * 1e-8;
}

/* Equity that a line's weight is a share of, money; 0 when there is none. */
static int64_t equity_of(const engine *e, const line *l)
{
    int64_t equity = strategy_equity(e, &e->strategies[l->strategy], l->instrument);

    return equity > 0 ? equity : 0;
}

static bool has_signal(const engine *e, const line *l)
{
    return l->signal_seq && l->valid_to >= e->now;
}

static void ask_line(engine *e, uint32_t i)
{
    const line *l = &e->portfolio.lines[i];
    const strategy *s = &e->strategies[l->strategy];
    const position *held = ledger_part(e->ledger, s->number, l->instrument);
    const venue *v = &e->venues[e->venue_of[l->instrument]];
    int64_t equity = equity_of(e, l);
    bool is_spot = e->instruments[l->instrument].kind == QN_SPOT;

    e->portfolio.asked[i] = (qn_line){.size = sizeof(qn_line),
                                      .strategy = s->number,
                                      .instrument = l->instrument,
                                      .column = l->column,
                                      .strength = has_signal(e, l) ? l->strength : 0,
                                      .confidence = has_signal(e, l) ? l->confidence : 0,
                                      .capital = as_double(s->capital),
                                      .weight = equity ? (double)held->value / (double)equity : 0,
                                      .cost = as_double(v->info.taker_fee),
                                      .min_weight = is_spot ? 0 : -HUGE_VAL,
                                      .max_weight = HUGE_VAL};
}

/* The optimizer's answer, checked. */
static int32_t ask_optimizer(engine *e, qn_err *err)
{
    portfolio *p = &e->portfolio;
    uint32_t nreturns = history_rows(p);
    qn_portfolio in = {.size = sizeof in,
                       .ncolumns = p->ncolumns,
                       .lines = {p->asked, p->nlines, sizeof *p->asked},
                       .returns = p->ordered,
                       .covariance = nreturns >= 2 ? p->covariance : NULL,
                       .nreturns = nreturns,
                       .period = p->need.period,
                       .ts_ns = e->now};
    qn_weights out = {.size = sizeof out,
                      .nweights = p->nlines,
                      .weights = p->weights,
                      .nvalues = p->nvalues,
                      .values = p->values};
    uint32_t before;
    int32_t rc;

    memset(p->weights, 0, p->nlines * sizeof *p->weights);
    memset(p->values, 0, sizeof p->values);
    before = call_begin(e, &p->in, SLOT_CALL_ALLOCATE);
    rc = p->table->allocate(p->in.self, &in, &out, err);
    call_end(e, before);
    if (rc != QN_OK) return rc;
    for (uint32_t i = 0; i < p->nlines; i++)
        if (!isfinite(p->weights[i]) || p->weights[i] < p->asked[i].min_weight ||
            p->weights[i] > p->asked[i].max_weight) {
            fault_strike(&p->in, QN_E_INTENT_VALUE);
            return fail(err, QN_E_INTENT_VALUE,
                        "weight %u is %g, which is not finite or not in "
                        "its bounds",
                        i, p->weights[i]);
        }
    return QN_OK;
}

/* ------------------------------------------------------------------ from weights to orders */

/* The position that `value` of money stands for at `price`: towards zero to a whole lot. False if
 * there is no price, or no such quantity. */
static bool quantity_of(const engine *e, uint32_t instrument, double value, int64_t price,
                        int64_t *qty)
{
    const valuation *v = ledger_valuation(e->ledger, instrument);
    qn_wide whole;

    if (price <= 0 || !(fabs(value) < 9.2e18)) return false;
    /* money x divisor / (price x factor): both fit 128 bits, and C divides towards zero */
    whole = (qn_wide)llrint(value) * v->divisor / ((qn_wide)price * v->factor);
    whole -= whole % e->instruments[instrument].lot_size;
    if (whole > INT64_MAX || whole < -INT64_MAX) return false;
    *qty = (int64_t)whole;
    return true;
}

static bool is_below(const engine *e, uint32_t instrument, int64_t qty, int64_t price)
{
    int64_t notional;

    if (valuation_money(ledger_valuation(e->ledger, instrument), qty < 0 ? -qty : qty, price,
                        &notional) != QN_OK)
        return false;
    return notional < e->portfolio.min_trade;
}

/* What a line's weight asks for. */
static void make_record(engine *e, uint32_t i, uint64_t cause)
{
    const line *l = &e->portfolio.lines[i];
    const qn_line *asked = &e->portfolio.asked[i];
    const position *held = ledger_part(e->ledger, l->strategy + 1, l->instrument);
    qn_weight r = {.hdr = {.size = sizeof r, .type = QN_EVENT_WEIGHT, .instrument = l->instrument},
                   .cause_seq = cause,
                   .signal_seq = has_signal(e, l) ? l->signal_seq : 0,
                   .strategy = l->strategy + 1,
                   .strength = asked->strength,
                   .confidence = asked->confidence,
                   .before = asked->weight,
                   .weight = e->portfolio.weights[i],
                   .equity = equity_of(e, l),
                   .price = ledger_price(e->ledger, l->instrument),
                   .held = held->qty + held->market_orders};

    /* a weight that stands for no quantity is no reason to sell what is held, nor is one of a
     * strategy that was taken out: what becomes of its positions its config says */
    if (e->strategies[l->strategy].in.is_out ||
        !quantity_of(e, l->instrument, r.weight * (double)r.equity, r.price, &r.target))
        r.target = r.held;
    /* a parent that still works against what is missing gives way to it */
    if (r.target != r.held &&
        execution_end_side(e, r.strategy, l->instrument, r.target > r.held ? QN_SELL : QN_BUY,
                           QN_REASON_REPLACED, cause))
        r.held = held->qty + held->market_orders;
    if (__builtin_sub_overflow(r.target, r.held, &r.order) || r.price <= 0 ||
        is_below(e, l->instrument, r.order, r.price))
        r.order = 0;
    e->portfolio.records[i] = r;
}

static bool is_reducing(const qn_weight *r)
{
    return r->held > 0 ? r->order < 0 : r->held < 0 && r->order > 0;
}

/* Sends what the record says, with the exits of the signal for what it opens. */
static void send_line(engine *e, uint32_t i)
{
    qn_weight *r = &e->portfolio.records[i];
    const line *l = &e->portfolio.lines[i];
    bool is_opening = r->target != 0 && (r->target > 0) == (r->order > 0);
    wish w = {.order = {.hdr = {sizeof w.order, QN_INTENT_ORDER, l->instrument, 0},
                        .side = r->order > 0 ? QN_BUY : QN_SELL,
                        .type = QN_MARKET,
                        .tif = QN_GTC,
                        .qty = r->order > 0 ? r->order : -r->order,
                        .stop_loss = is_opening ? l->stop_loss : 0,
                        .take_profit = is_opening ? l->take_profit : 0},
              .is_worked = true};
    strategy *s = &e->strategies[l->strategy];
    int64_t rc;

    record_put(e, &r->hdr);
    if (!r->order) return;
    w.cause = r->hdr.seq;
    if ((rc = order_send(e, s, &w)) < 0) intent_refuse(e, s, l->instrument, w.cause, (int32_t)rc);
}

/* Weighs all lines and sends what is missing. `cause` is an output or a timer. */
static void allocate(engine *e, uint64_t cause)
{
    portfolio *p = &e->portfolio;
    qn_allocation record = {
        .hdr = {.size = sizeof record, .type = QN_EVENT_ALLOCATION, .instrument = QN_NO_INSTRUMENT},
        .cause_seq = cause,
        .nlines = p->nlines,
        .nvalues = p->nvalues};
    qn_err err = QN_ERR_INIT;
    int64_t begun = stage_begin(e);

    for (uint32_t i = 0; i < p->nlines; i++)
        ask_line(e, i);
    record.status = ask_optimizer(e, &err);
    instance_end(&p->in, begun);
    record.nreturns = (uint32_t)(p->nsampled < p->need.nreturns ? p->nsampled : p->need.nreturns);
    memcpy(record.values, p->values, p->nvalues * sizeof *p->values);
    stage_end(e, STAGE_OPTIMIZER, begun);
    record_put(e, &record.hdr);
    if (record.status != QN_OK) {
        e->counts.refused++;
        if (!p->in.is_failing_told && err.msg[0])
            log_line(LOG_WARNING, "%s: %s", p->in.id, err.msg);
        instance_fault(&p->in, record.status);
        return;
    }
    for (uint32_t i = 0; i < p->nlines; i++) {
        p->lines[i].weight = p->weights[i];
        make_record(e, i, record.hdr.seq);
    }
    for (uint32_t i = 0; i < p->nlines; i++)
        if (is_reducing(&p->records[i])) send_line(e, i);
    for (uint32_t i = 0; i < p->nlines; i++)
        if (!is_reducing(&p->records[i])) send_line(e, i);
}

/* ------------------------------------------------------------------ when it is asked */

static line *line_of(portfolio *p, uint32_t index, uint32_t instrument)
{
    for (uint32_t i = 0; i < p->nlines; i++)
        if (p->lines[i].strategy == index && p->lines[i].instrument == instrument)
            return &p->lines[i];
    return NULL;
}

static int sign(double value)
{
    return (value > 0) - (value < 0);
}

int64_t portfolio_signal(engine *e, strategy *s, const qn_signal *signal, uint64_t output_seq)
{
    line *l = line_of(&e->portfolio, s->in.strategy, signal->hdr.instrument);
    int before = has_signal(e, l) ? sign(l->strength) : 0;

    l->strength = signal->strength;
    l->confidence = signal->confidence;
    l->stop_loss = signal->stop_loss;
    l->take_profit = signal->take_profit;
    l->signal_seq = output_seq;
    if (!signal->horizon || __builtin_add_overflow(e->now, signal->horizon, &l->valid_to))
        l->valid_to = INT64_MAX;
    if (sign(l->strength) == before) return 0;
    history_sample(e, e->now, false);
    allocate(e, output_seq);
    return 0;
}

void portfolio_exit(engine *e, const order *o)
{
    line *l = e->portfolio.table ? line_of(&e->portfolio, o->sent.strategy - 1, o->sent.instrument)
                                 : NULL;

    if (l) l->signal_seq = 0; /* the price has said that it is over: no way back but a new one */
}

static void set_timer(engine *e)
{
    int64_t step = e->portfolio.rebalance;
    int64_t due;

    if (__builtin_add_overflow(qn_floor_to(e->now, step), step, &due)) return;
    if (timers_add(&e->timers, due, OWNER_HOST, 0) != QN_OK)
        engine_fail(e, QN_E_NO_MEMORY, "no memory for the rebalance timer");
}

void portfolio_start(engine *e)
{
    if (e->portfolio.table && e->portfolio.nlines) set_timer(e);
}

void portfolio_rebalance(engine *e, const qn_timer *ev)
{
    history_sample(e, ev->due_ns, true);
    allocate(e, ev->hdr.seq);
    set_timer(e);
}
