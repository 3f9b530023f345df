/* SPDX-License-Identifier: MIT
 *
 * The risk chain, the halt, and the books as risk modules see them.
 *
 * Whatever a module does, the chain fails closed: an error, a verdict that makes no sense or one
 * that allows more than was asked for is a rejection, and is told as such. */
#include "internal.h"

#include "base/log.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------ what is asked */

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

/* How much of an order can only reduce the account's position, whatever else that was approved
 * still fills. A child comes out of what its parent has not sent yet; what it has sent still works
 * beside it. */
static int64_t reducing_part(const engine *e, const wish *w, int64_t qty)
{
    uint32_t i = w->order.hdr.instrument;
    int64_t held = ledger_net(e->ledger, i)->qty;
    const open_quantity *open = &e->open[i];
    int64_t working = w->order.side == QN_BUY ? open->buying : open->selling;
    const order *parent = w->parent ? orders_find(e->orders, w->parent) : NULL;
    const order *own = orders_find(e->orders, w->order_id);
    int64_t room;

    if (parent && parent->budget.charged < parent->budget.qty)
        working -= parent->budget.qty - parent->budget.charged;
    /* a change, judged as the order that it becomes, takes that order's place */
    if (own && !own->entry && !(w->stage & QN_STAGE_INTENT) && own->filled < own->sent.qty)
        working -= own->sent.qty - own->filled;
    if (held == 0 || (held > 0) == (w->order.side == QN_BUY)) return 0;
    room = magnitude(held) - working;
    return room <= 0 ? 0 : room < qty ? room : qty;
}

static int64_t price_of(const engine *e, const qn_order_intent *o)
{
    return o->type == QN_LIMIT  ? o->price
           : o->type == QN_STOP ? o->trigger
                                : ledger_price(e->ledger, o->hdr.instrument);
}

/* The proposal in the quantity that is left of it. */
static void set_quantity(const engine *e, const wish *w, qn_proposal *p, int64_t qty)
{
    p->qty = qty;
    p->reducing = reducing_part(e, w, qty);
    if (valuation_money(ledger_valuation(e->ledger, p->instrument), qty, p->price, &p->notional) !=
        QN_OK)
        p->notional = INT64_MAX;
}

static qn_proposal propose(const engine *e, const wish *w)
{
    const qn_order_intent *o = &w->order;
    qn_proposal p = {.size = sizeof p,
                     .stage = w->stage,
                     .strategy = w->strategy,
                     .instrument = o->hdr.instrument,
                     .side = o->side,
                     .type = o->type,
                     .flags = o->flags,
                     .price = price_of(e, o),
                     .ts_ns = e->now};

    set_quantity(e, w, &p, o->qty);
    return p;
}

/* ------------------------------------------------------------------ what the books can hold */

/* The most that a position may come to be worth by an order: a quarter of 64 bits of money, so that
 * neither a fill at another price nor what the market does next brings the books to their end. */
#define MOST_MONEY (INT64_MAX / 4)

/* Why the books could not hold what an order asks for; QN_REASON_NONE if they can. Of a strategy
 * that asks for 2^63 of something no risk module may ever hear. */
static uint32_t unbookable(const engine *e, const qn_proposal *p)
{
    const open_quantity *open = &e->open[p->instrument];
    int64_t net = magnitude(ledger_net(e->ledger, p->instrument)->qty);
    int64_t part = magnitude(ledger_part(e->ledger, p->strategy, p->instrument)->qty);
    int64_t mark = ledger_price(e->ledger, p->instrument);
    qn_wide most = (qn_wide)(net > part ? net : part) + p->qty +
                   (p->side == QN_BUY ? open->buying : open->selling);
    int64_t money;

    if (!(p->stage & QN_STAGE_INTENT) || p->reducing >= p->qty) return QN_REASON_NONE;
    if (p->price == 0) return QN_REASON_NO_PRICE;
    if (most > INT64_MAX ||
        valuation_money(ledger_valuation(e->ledger, p->instrument), (int64_t)most,
                        mark > p->price ? mark : p->price, &money) != QN_OK ||
        money > MOST_MONEY)
        return QN_REASON_INVALID_VALUE;
    return QN_REASON_NONE;
}

/* ------------------------------------------------------------------ one answer */

static bool is_sane(const qn_answer *a, int64_t asked)
{
    bool has_reason = a->reason > QN_REASON_NONE && a->reason < QN_REASONS;

    if (a->price_bound < 0 || a->lifetime < 0 || a->halt > 1) return false;
    if (a->action == QN_ALLOW) return !a->halt || has_reason;
    if (a->action == QN_REDUCE) return has_reason && a->qty > 0 && a->qty < asked;
    return a->action == QN_REJECT && has_reason;
}

static void reject(qn_verdict *v, uint32_t reason, uint32_t by)
{
    v->action = QN_REJECT;
    v->reason = reason;
    v->module = by;
    v->allowed = 0;
}

/* Whole lots, and no less than the venue takes. */
static void reduce(const engine *e, qn_verdict *v, uint32_t reason, uint32_t by, int64_t qty)
{
    const qn_instrument *in = &e->instruments[v->hdr.instrument];

    v->allowed = qn_floor_to(qty, in->lot_size);
    v->action = QN_REDUCE;
    v->reason = reason;
    v->module = by;
    if (v->allowed < in->min_qty || v->allowed <= 0) reject(v, reason, by);
}

static void tighten(qn_verdict *v, const qn_answer *a)
{
    int64_t bound = a->price_bound;
    int64_t end;

    if (bound &&
        (!v->price_bound || (v->side == QN_BUY ? bound < v->price_bound : bound > v->price_bound)))
        v->price_bound = bound;
    if (a->lifetime && !__builtin_add_overflow(v->hdr.ts_ns, a->lifetime, &end) &&
        end < v->expire_ts)
        v->expire_ts = end;
}

static double finite_or_zero(double value)
{
    return isfinite(value) ? value : 0;
}

/* What a module says of what the ones before it left. */
static void ask(engine *e, risk_module *m, qn_proposal *p, qn_verdict *v)
{
    qn_answer a = {.size = sizeof a, .action = QN_ALLOW, .qty = p->qty};
    uint32_t before = call_begin(e, &m->in, SLOT_CALL_CHECK);
    int32_t rc = m->table->check(m->in.self, p, &a);

    call_end(e, before);
    if (rc != QN_OK || !is_sane(&a, p->qty)) {
        instance_fault(&m->in, rc != QN_OK ? rc : QN_E_INTENT_VALUE);
        reject(v, QN_REASON_RISK_FAULT, m->number);
        if (rc == QN_OK) fault_strike(&m->in, QN_E_INTENT_VALUE);
        return;
    }
    tighten(v, &a);
    if (a.action != QN_ALLOW) {
        v->limit = finite_or_zero(a.limit);
        v->value = finite_or_zero(a.value);
    }
    if (a.action == QN_REJECT) reject(v, a.reason, m->number);
    if (a.action == QN_REDUCE) reduce(e, v, a.reason, m->number, a.qty);
    if (a.halt) risk_halt(m, a.reason, a.limit, a.value);
}

/* ------------------------------------------------------------------ the chain */

/* A halted engine lets through what reduces, and no more of it. */
static void apply_halt(const engine *e, const qn_proposal *p, qn_verdict *v)
{
    if (!e->halt.is_halted || p->reducing >= p->qty) return;
    if (p->reducing > 0)
        reduce(e, v, QN_REASON_HALTED, 0, p->reducing);
    else
        reject(v, QN_REASON_HALTED, 0);
}

/* An order that says a worse price than was approved cannot go. */
static void apply_bound(const qn_proposal *p, qn_verdict *v)
{
    if (v->action == QN_REJECT || !v->price_bound || !p->price) return;
    if (p->side == QN_BUY ? p->price > v->price_bound : p->price < v->price_bound)
        reject(v, QN_REASON_PRICE_BOUND, v->module);
}

static void run_chain(engine *e, const wish *w, qn_verdict *v)
{
    qn_proposal p = propose(e, w);
    uint32_t reason = unbookable(e, &p);

    if (reason != QN_REASON_NONE) reject(v, reason, 0);
    if (v->action != QN_REJECT) apply_halt(e, &p, v);
    for (uint32_t i = 0; i < e->nrisk && v->action != QN_REJECT; i++) {
        if (v->allowed != p.qty) set_quantity(e, w, &p, v->allowed);
        ask(e, &e->risk[i], &p, v);
    }
    apply_bound(&p, v);
    /* a module that halted trading with its answer did so for this order, too */
    if (v->action != QN_REJECT) {
        if (v->allowed != p.qty) set_quantity(e, w, &p, v->allowed);
        apply_halt(e, &p, v);
    }
}

/* Modules hear of each verdict, and one may halt trading on it: the order that it was about has not
 * left yet, and is the first one that the halt denies, unless it reduces. */
static void tell_verdict(engine *e, const wish *w, qn_verdict *v)
{
    bool was_halted = e->halt.is_halted;
    qn_proposal p;

    risk_event(e, &v->hdr);
    if (was_halted || !e->halt.is_halted || w->is_closing || v->action == QN_REJECT) return;
    p = propose(e, w);
    set_quantity(e, w, &p, v->allowed);
    if (p.reducing >= p.qty) return;
    reject(v, QN_REASON_HALTED, 0);
    e->granted = *v;
}

bool risk_approve(engine *e, const wish *w, qn_verdict *v)
{
    int64_t begun = stage_begin(e);

    *v = (qn_verdict){.hdr = {.size = sizeof *v,
                              .type = QN_EVENT_VERDICT,
                              .ts_ns = e->now,
                              .instrument = w->order.hdr.instrument},
                      .cause_seq = w->cause,
                      .order_id = w->order_id,
                      .strategy = w->strategy,
                      .stage = w->stage,
                      .action = QN_ALLOW,
                      .side = w->order.side,
                      .asked = w->order.qty,
                      .allowed = w->order.qty,
                      .expire_ts = INT64_MAX};
    if (!w->is_closing) run_chain(e, w, v);
    record_put(e, &v->hdr);
    e->granted = *v;
    if (e->nrisk) tell_verdict(e, w, v);
    stage_end(e, STAGE_RISK, begun);
    return v->action != QN_REJECT;
}

void risk_event(engine *e, qn_event *ev)
{
    for (uint32_t i = 0; i < e->nrisk; i++) {
        risk_module *m = &e->risk[i];
        int64_t begun = stage_begin(e);
        uint32_t before;
        int32_t rc;
        if (!QN_HAS(m->table, qn_risk, on_event)) continue;
        ev->slot = ev->instrument; /* a risk module is given all instruments, in their order */
        before = call_begin(e, &m->in, SLOT_CALL_ON_EVENT);
        rc = m->table->on_event(m->in.self, ev, &m->out);
        call_end(e, before);
        instance_end(&m->in, begun);
        if (rc == QN_OK) continue;
        instance_fault(&m->in, rc);
        risk_halt(m, QN_REASON_RISK_FAULT, 0, 0);
    }
}

/* ------------------------------------------------------------------ the halt */

int32_t risk_halt(void *ctx, uint32_t reason, double limit, double value)
{
    risk_module *m = ctx;
    qn_halt why = {
        .hdr = {.size = sizeof why, .type = QN_EVENT_HALT, .instrument = QN_NO_INSTRUMENT},
        .is_halted = 1,
        .reason = reason,
        .module = m->number,
        .limit = finite_or_zero(limit),
        .value = finite_or_zero(value)};

    if (!instance_may_send(&m->in)) return QN_E_QUARANTINED;
    if (reason == QN_REASON_NONE || reason >= QN_REASONS) {
        fault_strike(&m->in, QN_E_RANGE);
        return QN_E_RANGE;
    }
    if (m->in.engine->is_live && !m->in.engine->halt.is_halted) halt_set(m->in.engine, &why);
    return QN_OK;
}

/* The halt outlives the run: it stands in the store until an operator lifts it. */
static void keep_halt(engine *e)
{
    qn_err err = QN_ERR_INIT;

    if (!e->store || e->replay || e->is_books) return;
    if (value_put(e->store, "halt", &e->halt.why, e->halt.is_halted ? sizeof e->halt.why : 0,
                  &err) != QN_OK)
        log_line(LOG_ERROR, "the halt could not be kept: %s", err.msg);
}

void halt_begin(engine *e)
{
    record_put(e, &e->halt.why.hdr);
    e->halt.has_to_cancel = e->halt.has_to_tell = true;
}

void halt_set(engine *e, const qn_halt *why)
{
    e->halt.why = *why;
    e->halt.is_halted = true;
    if (e->is_live) halt_begin(e); /* else the first event that counts does */
    e->counts.halts++;
    if (!e->replay)
        log_line(LOG_WARNING, "%s halts trading: %s (limit %g, value %g)",
                 why->module ? e->risk[why->module - 1].in.id : "the host",
                 order_reason_name(why->reason), why->limit, why->value);
    keep_halt(e);
}

/* True if the order could add to a position, be it together with those that were kept before it. An
 * exit only ever ends what its strategy holds; a child is a part of its parent. */
static bool is_adding(const engine *e, const order *o)
{
    int64_t held = ledger_net(e->ledger, o->sent.instrument)->qty;
    int64_t *kept = &e->halt.kept[o->sent.instrument];
    int64_t left = order_unfilled(o);
    const order *parent = o->parent ? orders_find(e->orders, o->parent) : NULL;

    if (o->entry || (o->sent.flags & (QN_REDUCE_ONLY | QN_CLOSE_OUT)) ||
        (parent && !order_is_closed(parent)))
        return false;
    if (held == 0 || (held > 0) == (o->sent.side == QN_BUY) || left > magnitude(held) - *kept)
        return true;
    *kept += left;
    return false;
}

static void tell_halt(engine *e)
{
    e->halt.has_to_tell = false;
    e->cause = e->halt.why.hdr.seq;
    if (e->nrisk) risk_event(e, &e->halt.why.hdr);
    for (uint32_t i = 0; i < e->nstrategies && !e->has_ended; i++)
        strategy_deliver(&e->strategies[i].in, &e->halt.why.hdr);
}

void halt_lift(engine *e)
{
    e->halt.why = (qn_halt){
        .hdr = {.size = sizeof e->halt.why, .type = QN_EVENT_HALT, .instrument = QN_NO_INSTRUMENT},
        .reason = QN_REASON_OPERATOR};
    e->halt.is_halted = e->halt.has_to_cancel = false;
    if (!e->replay) log_line(LOG_WARNING, "trading is allowed again");
    keep_halt(e);
    if (!e->is_live) return; /* nobody has heard that it was not */
    record_put(e, &e->halt.why.hdr);
    tell_halt(e);
}

void halt_cancel(engine *e)
{
    uint64_t cause = e->halt.has_to_tell ? e->halt.why.hdr.seq : e->cause;
    order *next;

    e->halt.has_to_cancel = false;
    memset(e->halt.kept, 0, e->ninstruments * sizeof *e->halt.kept);
    for (order *o = orders_first(e->orders); o; o = next) {
        next = o->next; /* a parent leaves the list at once */
        if (!is_adding(e, o)) continue;
        order_ask_cancel(e, o, QN_REASON_HALTED, cause);
    }
    if (e->halt.has_to_tell) tell_halt(e);
}

/* ------------------------------------------------------------------ the books, read only */

static const engine *books_of(qn_ctx *ctx)
{
    return body_of(ctx)->seat->engine;
}

static uint32_t books_accounts(qn_ctx *ctx)
{
    return ledger_accounts(books_of(ctx)->ledger);
}

static int64_t clamp(qn_wide value)
{
    return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

static int32_t books_account(qn_ctx *ctx, uint32_t number, qn_account_state *out)
{
    const engine *e = books_of(ctx);
    const account *a;
    qn_account_state made = {.size = out->size, .account = number};
    qn_wide gross = 0;
    qn_wide net = 0;
    tee_call c = {.call = TEE_BOOKS_ACCOUNT,
                  .in = &number,
                  .nin = sizeof number,
                  .out = out,
                  .nout = out->size};

    if (number >= ledger_accounts(e->ledger)) return QN_E_RANGE;
    if (tee_answer(body_of(ctx), &c)) return QN_OK;
    a = ledger_account(e->ledger, number);
    for (uint32_t i = 0; i < e->ninstruments; i++) {
        qn_wide value = ledger_net(e->ledger, i)->value;
        if (ledger_account_of(e->ledger, i) != number) continue;
        net += value;
        gross += value < 0 ? -value : value;
    }
    made.start = a->start;
    made.equity = account_equity(a);
    made.cash = account_cash(a);
    made.gross = clamp(gross);
    made.net = clamp(net);
    give_struct(out, out->size, &made, sizeof made);
    return (int32_t)tee_note(body_of(ctx), &c, QN_OK);
}

static int32_t books_exposure(qn_ctx *ctx, uint32_t instrument, qn_exposure *out)
{
    const engine *e = books_of(ctx);
    const position *p;
    qn_exposure made = {.size = out->size};
    tee_call c = {.call = TEE_BOOKS_EXPOSURE,
                  .in = &instrument,
                  .nin = sizeof instrument,
                  .out = out,
                  .nout = out->size};

    if (instrument >= e->ninstruments) return QN_E_RANGE;
    if (tee_answer(body_of(ctx), &c)) return QN_OK;
    p = ledger_net(e->ledger, instrument);
    made.account = ledger_account_of(e->ledger, instrument);
    made.qty = p->qty;
    made.value = p->value;
    made.buying = e->open[instrument].buying;
    made.selling = e->open[instrument].selling;
    made.mark = ledger_price(e->ledger, instrument);
    give_struct(out, out->size, &made, sizeof made);
    return (int32_t)tee_note(body_of(ctx), &c, QN_OK);
}

static int32_t books_position(qn_ctx *ctx, uint32_t number, uint32_t instrument, qn_position *out)
{
    const engine *e = books_of(ctx);
    uint32_t in[] = {number, instrument};
    tee_call c = {
        .call = TEE_BOOKS_POSITION, .in = in, .nin = sizeof in, .out = out, .nout = out->size};

    if (instrument >= e->ninstruments || number > e->nstrategies) return QN_E_RANGE;
    if (tee_answer(body_of(ctx), &c)) return QN_OK;
    give_position(number ? ledger_part(e->ledger, number, instrument)
                         : ledger_net(e->ledger, instrument),
                  instrument, out);
    return (int32_t)tee_note(body_of(ctx), &c, QN_OK);
}

static int32_t books_money(qn_ctx *ctx, uint32_t instrument, int64_t qty, int64_t price,
                           int64_t *out)
{
    const engine *e = books_of(ctx);

    if (instrument >= e->ninstruments) return QN_E_RANGE;
    return valuation_money(ledger_valuation(e->ledger, instrument), qty, price, out);
}

const qn_host_books books_extension = {
    .size = sizeof books_extension,
    .accounts = books_accounts,
    .account = books_account,
    .exposure = books_exposure,
    .position = books_position,
    .money = books_money,
};
