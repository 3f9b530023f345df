/* SPDX-License-Identifier: MIT
 *
 * What is each kind's own: how its service begins and ends, and what it is asked. */
#include "bench_internal.h"

#include <quoin/sdk/fail.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ service */

static int32_t venue_begin(qn_bench *b, qn_err *err)
{
    const qn_venue *t = (const qn_venue *)b->cls->table;
    qn_venue_start start = {.size = sizeof start,
                            .incarnation = 1,
                            .out = &b->venue_out,
                            .accounts = {b->accounts, b->naccounts, sizeof b->accounts[0]}};
    bench_guard g;
    int32_t rc;

    b->venue = (qn_venue_info){.size = sizeof b->venue};
    if (!bench_enter(b, &g, CALL_CONTROL, "describe", 1)) return QN_E_STATE;
    rc = t->describe(b->self, &b->venue);
    bench_leave(b, &g);
    if (rc != QN_OK) return qn_fail(err, rc, "describe failed");
    if (!bench_enter(b, &g, CALL_CONTROL, "start", 0)) return QN_E_STATE;
    rc = t->start(b->self, &start, err);
    bench_leave(b, &g);
    return rc;
}

static int32_t sink_begin(qn_bench *b, qn_err *err)
{
    static const char *const strategies[] = {"host", "strategy"};
    static const char *const modules[] = {"host", "risk"};
    static const qn_sink_start start = {.size = sizeof start,
                                        .nstrategies = 2,
                                        .run_id = "bench",
                                        .strategies = strategies,
                                        .modules = modules,
                                        .nmodules = 2};
    bench_guard g;
    int32_t rc;

    if (!bench_enter(b, &g, CALL_CONTROL, "start", 0)) return QN_E_STATE;
    rc = ((const qn_sink *)b->cls->table)
             ->start(b->self, b->sink_start ? b->sink_start : &start, err);
    bench_leave(b, &g);
    return rc;
}

static int32_t tuner_begin(qn_bench *b, qn_err *err)
{
    bench_guard g;
    int32_t rc;

    b->planned = 0;
    b->space.dimensions = (qn_table){b->dimensions, b->ndimensions, sizeof b->dimensions[0]};
    if (!bench_enter(b, &g, CALL_CONTROL, "begin", 0)) return QN_E_STATE;
    rc = ((const qn_tuner *)b->cls->table)->begin(b->self, &b->space, &b->planned, err);
    bench_leave(b, &g);
    return rc;
}

static void optimizer_begin(qn_bench *b)
{
    const qn_optimizer *t = (const qn_optimizer *)b->cls->table;
    bench_guard g;

    b->need = (qn_history_need){.size = sizeof b->need};
    if (!t->need || !bench_enter(b, &g, CALL_CONTROL, "need", 1)) return;
    t->need(b->self, &b->need);
    bench_leave(b, &g);
    if (b->need.nreturns > 4096 || (b->need.nreturns > 0 && b->need.period <= 0))
        bench_fault(b, PLUGIN, "it needs %u periods of %lld ns", b->need.nreturns,
                    (long long)b->need.period);
}

int32_t bench_begin_service(qn_bench *b, qn_err *err)
{
    int32_t rc = QN_OK;

    if (bench_is(b, QN_KIND_VENUE)) rc = venue_begin(b, err);
    if (bench_is(b, QN_KIND_SINK)) rc = sink_begin(b, err);
    if (bench_is(b, QN_KIND_TUNER)) rc = tuner_begin(b, err);
    if (bench_is(b, QN_KIND_OPTIMIZER)) optimizer_begin(b);
    if (rc == QN_OK) b->phase = PHASE_ACTIVE;
    return rc;
}

int32_t qn_bench_stop(qn_bench *b)
{
    qn_err err = QN_ERR_INIT;
    bench_guard g;
    int32_t rc = QN_OK;

    if (!b) return QN_E_NO_MEMORY;
    if (b->phase != PHASE_ACTIVE) return QN_OK;
    if (bench_is(b, QN_KIND_SINK) && bench_enter(b, &g, CALL_IO, "stop", 0)) {
        rc = ((const qn_sink *)b->cls->table)->stop(b->self, &err);
        bench_leave(b, &g);
    }
    if (bench_is(b, QN_KIND_VENUE) && bench_enter(b, &g, CALL_CONTROL, "stop", 0)) {
        ((const qn_venue *)b->cls->table)->stop(b->self);
        bench_leave(b, &g);
    }
    b->phase = PHASE_QUIESCED; /* nothing more is called but destroy */
    return bench_keep(b, rc, &err);
}

/* A plugin of this kind that is in service, else a failure of the test. */
static int is_ready(qn_bench *b, const char *kind, const char *what)
{
    if (b && b->phase == PHASE_ACTIVE && bench_is(b, kind)) return 1;
    if (b) bench_fault(b, TEST, "%s: the plugin is not started, or no %s", what, kind);
    return 0;
}

int64_t qn_bench_lookback(qn_bench *b, int64_t bar_length)
{
    int64_t (*lookback)(const void *, int64_t) = NULL;
    bench_guard g;
    int64_t ns;

    if (b && b->self && bench_is(b, QN_KIND_STRATEGY))
        lookback = ((const qn_strategy *)b->cls->table)->lookback;
    else if (b && b->self && bench_is(b, QN_KIND_MODEL))
        lookback = ((const qn_model *)b->cls->table)->lookback;
    if (!lookback || !bench_enter(b, &g, CALL_CONTROL, "lookback", 1)) return 0;
    ns = lookback(b->self, bar_length);
    bench_leave(b, &g);
    if (ns < 0) bench_fault(b, PLUGIN, "its lookback is negative");
    return ns;
}

/* ------------------------------------------------------------------ risk */

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

/* How much can only reduce: what is held against it, less what already works against that. */
static int64_t reducing_of(const qn_exposure *e, uint32_t side, int64_t qty)
{
    int64_t room = magnitude(e->qty) - (side == QN_BUY ? e->buying : e->selling);

    if (e->qty == 0 || (e->qty > 0) == (side == QN_BUY) || room <= 0) return 0;
    return room < qty ? room : qty;
}

qn_proposal qn_bench_proposal(qn_bench *b, uint32_t slot, uint32_t side, const char *qty,
                              const char *price)
{
    const qn_instrument *in = b ? bench_at(b, slot) : NULL;
    qn_proposal p = {.size = sizeof p, .stage = QN_STAGE_INTENT | QN_STAGE_ORDER, .strategy = 1};

    if (!in) return p;
    p.instrument = in->number;
    p.side = side;
    p.type = price ? QN_LIMIT : QN_MARKET;
    p.qty = bench_number(b, qty, in->qty_exp);
    p.price = price ? bench_number(b, price, in->price_exp) : b->exposures[slot].mark;
    p.reducing = reducing_of(&b->exposures[slot], side, p.qty);
    p.ts_ns = b->now;
    if (qn_bench_money(b, slot, p.qty, p.price, &p.notional) != QN_OK) p.notional = INT64_MAX;
    return p;
}

/* What an answer allows; one that the host would take for a fault is a failure. */
static int64_t answer_qty(qn_bench *b, const qn_proposal *p, const qn_answer *a)
{
    if (a->action == QN_ALLOW && a->halt == 0) return p->qty;
    if (a->reason == QN_REASON_NONE || a->reason >= QN_REASONS || !isfinite(a->limit) ||
        !isfinite(a->value)) {
        bench_fault(b, PLUGIN, "its answer has the reason %u, limit %g, value %g", a->reason,
                    a->limit, a->value);
        return 0;
    }
    if (a->action == QN_ALLOW) return p->qty;
    if (a->action == QN_REJECT) return 0;
    if (a->action == QN_REDUCE && a->qty > 0 && a->qty < p->qty) return a->qty;
    bench_fault(b, PLUGIN, "its answer is action %u over %lld of %lld", a->action,
                (long long)a->qty, (long long)p->qty);
    return 0;
}

int64_t qn_bench_check(qn_bench *b, const qn_proposal *proposal, qn_answer *answer)
{
    qn_answer a = {.size = sizeof a, .action = QN_ALLOW, .qty = proposal->qty};
    qn_bench_output *o;
    bench_guard g;
    int64_t rc;

    if (!is_ready(b, QN_KIND_RISK, "check") || !bench_enter(b, &g, CALL_EVENT, "check", 1))
        return QN_E_STATE;
    rc = ((const qn_risk *)b->cls->table)->check(b->self, proposal, &a);
    bench_leave(b, &g);
    if (rc == QN_OK) rc = answer_qty(b, proposal, &a);
    if (answer) *answer = a;
    if ((o = bench_say(b, QN_BENCH_ANSWER))) {
        o->as.verdict = a;
        o->as.verdict.qty = rc;
        o->as.verdict.size = proposal->instrument; /* whose: an answer does not name it */
        o->answer = rc < 0 ? rc : 0;
    }
    return rc;
}

int32_t qn_bench_verdict(qn_bench *b, const qn_proposal *proposal, int64_t allowed)
{
    int64_t slot = b ? bench_slot(b, proposal->instrument) : 0;
    qn_verdict v = {.hdr = {.size = sizeof v,
                            .type = QN_EVENT_VERDICT,
                            .ts_ns = proposal->ts_ns,
                            .instrument = proposal->instrument,
                            .slot = slot < 0 ? 0 : (uint32_t)slot},
                    .strategy = proposal->strategy,
                    .stage = proposal->stage,
                    .action = allowed == 0              ? QN_REJECT
                              : allowed < proposal->qty ? QN_REDUCE
                                                        : QN_ALLOW,
                    .side = proposal->side,
                    .asked = proposal->qty,
                    .allowed = allowed,
                    .expire_ts = INT64_MAX};

    return is_ready(b, QN_KIND_RISK, "verdict") ? qn_bench_send(b, &v.hdr) : QN_E_STATE;
}

/* ------------------------------------------------------------------ optimizers */

qn_line qn_bench_line(uint32_t slot, double strength)
{
    return (qn_line){.size = sizeof(qn_line),
                     .strategy = 1,
                     .instrument = slot,
                     .column = slot,
                     .strength = strength,
                     .confidence = 1,
                     .capital = 1,
                     .min_weight = -HUGE_VAL,
                     .max_weight = HUGE_VAL};
}

int32_t qn_bench_allocate(qn_bench *b, const qn_line *lines, uint32_t n, double *weights,
                          double *values)
{
    qn_portfolio in = {.size = sizeof in,
                       .ncolumns = b ? b->ninstruments : 0,
                       .lines = {lines, n, sizeof *lines},
                       .period = QN_NS_PER_DAY,
                       .ts_ns = b ? b->now : 0};

    return qn_bench_allocate_of(b, &in, weights, values);
}

/* What the host refuses, and what is kept of the rest. */
static void weights_keep(qn_bench *b, const qn_portfolio *in, const double *weights, int32_t rc)
{
    qn_bench_output *o = bench_say(b, QN_BENCH_WEIGHTS);

    if (!o) return;
    o->answer = rc;
    o->as.list.n = in->lines.nrows < QN_BENCH_DIMENSIONS ? in->lines.nrows : QN_BENCH_DIMENSIONS;
    memcpy(o->as.list.values.real, weights, o->as.list.n * sizeof *weights);
    for (uint32_t i = 0; i < in->lines.nrows && rc == QN_OK; i++) {
        const qn_line *line = (const qn_line *)qn_table_row(&in->lines, i);
        if (!isfinite(weights[i]) || weights[i] < line->min_weight || weights[i] > line->max_weight)
            bench_fault(b, PLUGIN, "line %u is given the weight %g: %g to %g is allowed", i,
                        weights[i], line->min_weight, line->max_weight);
    }
}

int32_t qn_bench_allocate_of(qn_bench *b, const qn_portfolio *portfolio, double *weights,
                             double *values)
{
    const qn_optimizer *t;
    qn_weights out = {.size = sizeof out};
    qn_err err = QN_ERR_INIT;
    bench_guard g;
    double *room;
    int32_t rc = QN_E_STATE;

    if (!is_ready(b, QN_KIND_OPTIMIZER, "allocate")) return rc;
    t = (const qn_optimizer *)b->cls->table;
    out.nweights = portfolio->lines.nrows;
    out.nvalues = t->values.nrows;
    if (!(room = (double *)bench_take((out.nweights + out.nvalues) * sizeof *room, 8)))
        return QN_E_NO_MEMORY;
    out.weights = room;
    out.values = room + out.nweights;
    if (bench_enter(b, &g, CALL_EVENT, "allocate", 0)) {
        rc = t->allocate(b->self, portfolio, &out, &err);
        bench_leave(b, &g);
        if (rc != QN_OK && !err.msg[0])
            bench_fault(b, PLUGIN, "allocate did not say why it failed");
        weights_keep(b, portfolio, room, rc);
        if (weights) memcpy(weights, room, out.nweights * sizeof *room);
        if (values) memcpy(values, out.values, out.nvalues * sizeof *room);
    }
    bench_give(room);
    return bench_keep(b, rc, &err);
}

/* ------------------------------------------------------------------ venues */

qn_order qn_bench_order(qn_bench *b, uint32_t slot, uint32_t side, const char *qty,
                        const char *price)
{
    const qn_instrument *in = b ? bench_at(b, slot) : NULL;
    qn_order o = {.size = sizeof o, .strategy = 1, .incarnation = 1, .tif = QN_GTC};

    if (!in) return o;
    o.instrument = in->number;
    o.id = QN_ORDER_ID(1, ++b->order_counter);
    o.side = side;
    o.type = price ? QN_LIMIT : QN_MARKET;
    o.qty = bench_number(b, qty, in->qty_exp);
    o.price = price ? bench_number(b, price, in->price_exp) : 0;
    o.sent_ts = b->now;
    return o;
}

int32_t qn_bench_submit(qn_bench *b, const qn_order *order)
{
    bench_guard g;
    int32_t rc;

    if (!is_ready(b, QN_KIND_VENUE, "submit") || !bench_enter(b, &g, CALL_EVENT, "submit", 0))
        return QN_E_STATE;
    rc = ((const qn_venue *)b->cls->table)->submit(b->self, order);
    bench_leave(b, &g);
    return rc;
}

int32_t qn_bench_modify(qn_bench *b, const qn_order *order)
{
    bench_guard g;
    int32_t rc;

    if (!is_ready(b, QN_KIND_VENUE, "modify") || !bench_enter(b, &g, CALL_EVENT, "modify", 0))
        return QN_E_STATE;
    rc = ((const qn_venue *)b->cls->table)->modify(b->self, order);
    bench_leave(b, &g);
    return rc;
}

int32_t qn_bench_cancel(qn_bench *b, uint64_t order_id)
{
    bench_guard g;
    int32_t rc;

    if (!is_ready(b, QN_KIND_VENUE, "cancel") || !bench_enter(b, &g, CALL_EVENT, "cancel", 0))
        return QN_E_STATE;
    rc = ((const qn_venue *)b->cls->table)->cancel(b->self, order_id);
    bench_leave(b, &g);
    return rc;
}

int32_t qn_bench_query(qn_bench *b, uint32_t slot, uint64_t order_id, const char *filled)
{
    const qn_instrument *in = b ? bench_at(b, slot) : NULL;
    qn_query query = {.size = sizeof query,
                      .what = order_id ? QN_QUERY_ORDER : QN_QUERY_ORDERS,
                      .order_id = order_id};
    const qn_venue *t;
    bench_guard g;
    int32_t rc;

    if (!in || !is_ready(b, QN_KIND_VENUE, "query")) return QN_E_STATE;
    t = (const qn_venue *)b->cls->table;
    if (!QN_HAS(t, qn_venue, query)) return QN_E_UNSUPPORTED;
    query.instrument = order_id ? in->number : QN_NO_INSTRUMENT;
    query.filled = filled ? bench_number(b, filled, in->qty_exp) : 0;
    if (!bench_enter(b, &g, CALL_EVENT, "query", 0)) return QN_E_STATE;
    rc = t->query(b->self, &query);
    bench_leave(b, &g);
    return rc;
}

void qn_bench_end_of_data(qn_bench *b, int64_t ts_ns)
{
    const qn_venue *t;
    bench_guard g;

    if (!is_ready(b, QN_KIND_VENUE, "on_end")) return;
    t = (const qn_venue *)b->cls->table;
    if (!t->on_end || !bench_enter(b, &g, CALL_EVENT, "on_end", 0)) return;
    t->on_end(b->self, ts_ns);
    bench_leave(b, &g);
}

/* ------------------------------------------------------------------ sinks */

void qn_bench_sink_start(qn_bench *b, const qn_sink_start *start)
{
    if (b && b->phase == PHASE_NONE)
        b->sink_start = start;
    else if (b)
        bench_fault(b, TEST, "a sink is told of its run before it starts");
}

int32_t qn_bench_write(qn_bench *b)
{
    qn_batch batch = {.size = sizeof batch};
    qn_err err = QN_ERR_INIT;
    bench_guard g;
    int32_t rc;

    if (!is_ready(b, QN_KIND_SINK, "write")) return QN_E_STATE;
    if (b->batch_events == 0) return QN_OK;
    batch.nevents = (uint32_t)b->batch_events;
    batch.events = b->batch;
    batch.nbytes = b->batch_bytes;
    batch.first_seq = b->batch_first;
    batch.last_seq = b->seq;
    if (!bench_enter(b, &g, CALL_IO, "write", 0)) return QN_E_STATE;
    rc = ((const qn_sink *)b->cls->table)->write(b->self, &batch, &err);
    bench_leave(b, &g);
    if (rc == QN_OK) b->batch_events = b->batch_bytes = 0;
    return bench_keep(b, rc, &err);
}

/* ------------------------------------------------------------------ tuners */

int32_t qn_bench_add_dimension_of(qn_bench *b, const qn_dimension *dimension)
{
    if (!b) return QN_E_NO_MEMORY;
    if (b->phase != PHASE_NONE || b->ndimensions == QN_BENCH_DIMENSIONS ||
        dimension->low > dimension->high || dimension->step < 0) {
        bench_fault(b, TEST, "dimension %.60s: low <= high, before the start, %u at most",
                    dimension->name, QN_BENCH_DIMENSIONS);
        return QN_E_RANGE;
    }
    b->dimensions[b->ndimensions++] = *dimension;
    return QN_OK;
}

int32_t qn_bench_add_dimension(qn_bench *b, const char *name, int64_t low, int64_t high,
                               int64_t step)
{
    qn_dimension d = {.size = sizeof d,
                      .type = QN_DIMENSION_INTEGER,
                      .flags = QN_DIMENSION_ORDERED,
                      .unit = "",
                      .low = low,
                      .high = high,
                      .step = step};
    uint32_t own = b && b->ndimensions < QN_BENCH_DIMENSIONS ? b->ndimensions : 0;

    if (!b) return QN_E_NO_MEMORY;
    snprintf(b->dimension_names[own], sizeof b->dimension_names[own], "%s", name);
    d.name = b->dimension_names[own];
    return qn_bench_add_dimension_of(b, &d);
}

uint64_t qn_bench_planned(const qn_bench *b)
{
    return b ? b->planned : 0;
}

int32_t qn_bench_search(qn_bench *b, uint64_t seed, uint32_t outstanding, uint64_t most)
{
    if (!b) return QN_E_NO_MEMORY;
    b->space.seed = seed;
    b->space.outstanding = outstanding;
    b->space.most = most;
    return QN_OK;
}

static void trial_check(qn_bench *b, const int64_t *values)
{
    for (uint32_t i = 0; i < b->ndimensions; i++) {
        const qn_dimension *d = &b->dimensions[i];
        if (values[i] < d->low || values[i] > d->high ||
            (d->step && ((uint64_t)values[i] - (uint64_t)d->low) % (uint64_t)d->step != 0))
            bench_fault(b, PLUGIN, "trial %llu: %lld is no value of %s",
                        (unsigned long long)b->ntrials + 1, (long long)values[i], d->name);
    }
}

/* A trial is kept, to be told; what was answered is kept, to be looked at. */
static int32_t ask_keep(qn_bench *b, const qn_ask *ask)
{
    qn_bench_output *o;
    uint64_t at = b->ntrials * b->ndimensions;

    if (ask->answer == QN_ASK_TRIAL) {
        trial_check(b, ask->values);
        if (!bench_reserve((void **)&b->trials, &b->trials_room, at + b->ndimensions,
                           sizeof *b->trials))
            return QN_E_NO_MEMORY;
        memcpy(b->trials + at, ask->values, b->ndimensions * sizeof *b->trials);
        b->ntrials++;
    } else if (ask->answer == QN_ASK_WAIT && b->ntold == b->ntrials) {
        bench_fault(b, PLUGIN, "it waits for a trial, and none is out");
    } else if (ask->answer != QN_ASK_WAIT && ask->answer != QN_ASK_END) {
        bench_fault(b, PLUGIN, "it answered %u", ask->answer);
    }
    if (!(o = bench_say(b, QN_BENCH_TRIAL))) return QN_E_NO_MEMORY;
    o->as.list.answer = ask->answer;
    o->as.list.n = ask->answer == QN_ASK_TRIAL ? b->ndimensions : 0;
    memcpy(o->as.list.values.whole, ask->values, o->as.list.n * sizeof *ask->values);
    return (int32_t)ask->answer;
}

int32_t qn_bench_ask(qn_bench *b)
{
    int64_t values[QN_BENCH_DIMENSIONS] = {0};
    qn_ask ask = {.size = sizeof ask, .values = values};
    qn_err err = QN_ERR_INIT;
    bench_guard g;
    int32_t rc;

    if (!is_ready(b, QN_KIND_TUNER, "ask")) return QN_E_STATE;
    ask.nvalues = b->ndimensions;
    if (!bench_enter(b, &g, CALL_CONTROL, "ask", 0)) return QN_E_STATE;
    rc = ((const qn_tuner *)b->cls->table)->ask(b->self, &ask, &err);
    bench_leave(b, &g);
    bench_keep(b, rc, &err);
    return rc == QN_OK ? ask_keep(b, &ask) : rc;
}

int32_t qn_bench_tell(qn_bench *b, double objective)
{
    qn_trial trial = {.size = sizeof trial, .objective = objective};
    qn_err err = QN_ERR_INIT;
    bench_guard g;
    int32_t rc;

    if (!is_ready(b, QN_KIND_TUNER, "tell")) return QN_E_STATE;
    if (b->ntold == b->ntrials) {
        bench_fault(b, TEST, "there is no trial to be told");
        return QN_E_STATE;
    }
    trial.state = isnan(objective) ? QN_TRIAL_FAILED : QN_TRIAL_DONE;
    trial.nvalues = b->ndimensions;
    trial.values = b->trials + b->ntold * b->ndimensions;
    trial.number = ++b->ntold;
    if (!bench_enter(b, &g, CALL_CONTROL, "tell", 0)) return QN_E_STATE;
    rc = ((const qn_tuner *)b->cls->table)->tell(b->self, &trial, &err);
    bench_leave(b, &g);
    return bench_keep(b, rc, &err);
}
