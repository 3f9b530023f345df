/* SPDX-License-Identifier: MIT
 *
 * The macros of all kinds: each event reaches the callback of its type with the author's struct,
 * and what has none reaches on_other; kind tables stand where the host looks for them; a class
 * without state shows no save and no load. Several classes stand in one file here, as in a module
 * of many. */
#include <quoin/sdk/execution.h>
#include <quoin/sdk/model.h>
#include <quoin/sdk/optimizer.h>
#include <quoin/sdk/risk.h>
#include <quoin/sdk/sink.h>
#include <quoin/sdk/strategy.h>

#include "check_main.h"

#include <string.h>

/* What was called last. */
typedef struct probe {
    const char *called;
    const void *ev;
    const void *out;
    int64_t kept;
} probe;

typedef probe lean, model, optimizer, risk, execution, sink, quiet;

#define CALLBACK(kind, name, type, out_type)                                                       \
    static void kind##_##name(kind *p, const type *ev, const out_type *out)                        \
    {                                                                                              \
        p->called = #name;                                                                         \
        p->ev = ev;                                                                                \
        p->out = out;                                                                              \
    }

#define MARKET(kind, out_type)                                                                     \
    CALLBACK(kind, bar, qn_bar, out_type)                                                          \
    CALLBACK(kind, trade, qn_trade, out_type)                                                      \
    CALLBACK(kind, quote, qn_quote, out_type)                                                      \
    CALLBACK(kind, depth, qn_depth, out_type)                                                      \
    CALLBACK(kind, mark, qn_mark, out_type)                                                        \
    CALLBACK(kind, funding, qn_funding, out_type)                                                  \
    CALLBACK(kind, other, qn_event, out_type)

#define MARKET_OF(kind)                                                                            \
    .on_bar = kind##_bar, .on_trade = kind##_trade, .on_quote = kind##_quote,                      \
    .on_depth = kind##_depth, .on_mark = kind##_mark, .on_funding = kind##_funding,                \
    .on_other = kind##_other

static const qn_field fields[] = {QN_FIELD(probe, kept)};
static const qn_named names[] = {QN_NAMED("one", "", "the first"), QN_NAMED("two", "", "")};

/* ------------------------------------------------------------------ one class of each kind */

static int64_t two_bars(const probe *p, int64_t bar_length)
{
    return (p->kept + 2) * bar_length;
}

MARKET(lean, qn_out)
CALLBACK(lean, timer, qn_timer, qn_out)
CALLBACK(lean, result, qn_result, qn_out)
CALLBACK(lean, order, qn_order_report, qn_out)
CALLBACK(lean, fill, qn_fill, qn_out)
QN_STRATEGY_CLASS(lean, "strategy/lean", "1.0.0", "MIT", MARKET_OF(lean),
                  .state = QN_STATE(1, fields), .lookback = two_bars, .on_timer = lean_timer,
                  .on_result = lean_result, .on_order = lean_order, .on_fill = lean_fill);

MARKET(model, qn_model_out)
CALLBACK(model, timer, qn_timer, qn_model_out)
CALLBACK(model, result, qn_result, qn_model_out)
QN_MODEL_CLASS(model, "model/model", "1.0.0", "MIT", MARKET_OF(model), .features = QN_TABLE(names),
               .state = QN_STATE(1, fields), .lookback = two_bars, .on_timer = model_timer,
               .on_result = model_result);

static void need(const optimizer *o, qn_history_need *out)
{
    (void)o;
    out->nreturns = 7;
}

static int32_t allocate(optimizer *o, const qn_portfolio *in, qn_weights *out, qn_err *err)
{
    (void)err;
    o->called = "allocate";
    o->ev = in;
    out->weights[1] = qn_line_at(in, 1)->strength;
    return QN_E_STATE;
}

QN_OPTIMIZER_CLASS(optimizer, "optimizer/optimizer", "1.0.0", "MIT", .values = QN_TABLE(names),
                   .need = need, .allocate = allocate);

static int32_t check(const risk *r, const qn_proposal *p, qn_answer *answer)
{
    if (p->qty > r->kept) return qn_reduce(answer, r->kept, QN_REASON_LIMIT_POSITION, 1.5, 2.5);
    return p->qty == r->kept ? qn_reject(answer, QN_REASON_BUDGET, 3.5, 4.5) : QN_E_STATE;
}

CALLBACK(risk, market, qn_event, qn_risk_out)
CALLBACK(risk, order, qn_order_report, qn_risk_out)
CALLBACK(risk, fill, qn_fill, qn_risk_out)
CALLBACK(risk, payment, qn_payment, qn_risk_out)
CALLBACK(risk, verdict, qn_verdict, qn_risk_out)
CALLBACK(risk, halt, qn_halt, qn_risk_out)
CALLBACK(risk, other, qn_event, qn_risk_out)
QN_RISK_CLASS(risk, "risk/risk", "1.0.0", "MIT", .state = QN_STATE(1, fields), .check = check,
              .on_market = risk_market, .on_order = risk_order, .on_fill = risk_fill,
              .on_payment = risk_payment, .on_verdict = risk_verdict, .on_halt = risk_halt,
              .on_other = risk_other);

MARKET(execution, qn_child_out)
CALLBACK(execution, parent, qn_parent, qn_child_out)
CALLBACK(execution, order, qn_order_report, qn_child_out)
CALLBACK(execution, fill, qn_fill, qn_child_out)
CALLBACK(execution, timer, qn_timer, qn_child_out)
QN_EXECUTION_CLASS(execution, "execution/execution", "1.0.0", "MIT", MARKET_OF(execution),
                   .state = QN_STATE(1, fields), .on_parent = execution_parent,
                   .on_order = execution_order, .on_fill = execution_fill,
                   .on_timer = execution_timer);

static int32_t start(sink *s, const qn_sink_start *with, qn_err *err)
{
    (void)err;
    s->called = "start";
    s->ev = with;
    return QN_E_IO;
}

static int32_t take(sink *s, const qn_batch *batch, qn_err *err)
{
    (void)err;
    s->called = "write";
    for (const qn_event *ev = NULL; (ev = qn_batch_next(batch, ev));)
        s->kept = s->kept * 10 + (int64_t)ev->seq;
    return QN_E_FULL;
}

static int32_t stop(sink *s, qn_err *err)
{
    (void)err;
    s->called = "stop";
    return QN_E_BUSY;
}

QN_SINK_CLASS(sink, "sink/sink", "1.0.0", "MIT", .start = start, .write = take, .stop = stop);

/* The one that is the module: it has nothing at all. */
QN_STRATEGY(quiet, "strategy/quiet", "1.0.0", "MIT", .name = "Quiet")

/* ------------------------------------------------------------------ the tests */

typedef struct route {
    uint32_t type;
    const char *called;
} route;

#define MARKET_ROUTES                                                                              \
    {QN_EVENT_BAR, "bar"}, {QN_EVENT_TRADE, "trade"}, {QN_EVENT_QUOTE, "quote"},                   \
        {QN_EVENT_DEPTH, "depth"}, {QN_EVENT_MARK, "mark"},                                        \
    {                                                                                              \
        QN_EVENT_FUNDING, "funding"                                                                \
    }

static const route strategy_routes[] = {MARKET_ROUTES,
                                        {QN_EVENT_TIMER, "timer"},
                                        {QN_EVENT_RESULT, "result"},
                                        {QN_EVENT_ORDER, "order"},
                                        {QN_EVENT_FILL, "fill"}};
static const route model_routes[] = {
    MARKET_ROUTES, {QN_EVENT_TIMER, "timer"}, {QN_EVENT_RESULT, "result"}};
static const route risk_routes[] = {
    {QN_EVENT_BAR, "market"},     {QN_EVENT_TRADE, "market"},   {QN_EVENT_QUOTE, "market"},
    {QN_EVENT_DEPTH, "market"},   {QN_EVENT_MARK, "market"},    {QN_EVENT_INDEX, "market"},
    {QN_EVENT_HALT, "halt"},      {QN_EVENT_FUNDING, "market"}, {QN_EVENT_LIQUIDATION, "market"},
    {QN_EVENT_ORDER, "order"},    {QN_EVENT_FILL, "fill"},      {QN_EVENT_PAYMENT, "payment"},
    {QN_EVENT_VERDICT, "verdict"}};
static const route execution_routes[] = {MARKET_ROUTES,
                                         {QN_EVENT_PARENT, "parent"},
                                         {QN_EVENT_ORDER, "order"},
                                         {QN_EVENT_FILL, "fill"},
                                         {QN_EVENT_TIMER, "timer"}};

static const char *expected(const route *routes, size_t n, uint32_t type)
{
    for (size_t i = 0; i < n; i++)
        if (routes[i].type == type) return routes[i].called;
    return "other";
}

/* Every type of event, and its way through one kind's table. */
#define CHECK_ROUTES(kind, table_type, out_type, routes)                                           \
    for (uint32_t type = 0; type < QN_EVENT_TYPES; type++) {                                       \
        const table_type *table = (const table_type *)kind##_class_.table;                         \
        qn_event ev = {.size = sizeof ev, .type = (uint16_t)type};                                 \
        out_type out = {.size = sizeof out};                                                       \
        kind self = {0};                                                                           \
        ck_assert_int_eq(table->on_event(&self, &ev, &out), QN_OK);                                \
        ck_assert_str_eq(self.called, expected(routes, sizeof routes / sizeof routes[0], type));   \
        ck_assert_ptr_eq(self.ev, &ev);                                                            \
        ck_assert_ptr_eq(self.out, &out);                                                          \
    }

START_TEST(events_reach_their_callbacks){
    CHECK_ROUTES(lean, qn_strategy, qn_out, strategy_routes)
        CHECK_ROUTES(model, qn_model, qn_model_out, model_routes)
            CHECK_ROUTES(risk, qn_risk, qn_risk_out, risk_routes)
                CHECK_ROUTES(execution, qn_execution, qn_child_out, execution_routes)} END_TEST

    START_TEST(without_callbacks_nothing_happens)
{
    const qn_strategy *table = (const qn_strategy *)quiet_class_.table;
    qn_event ev = {.size = sizeof ev};
    qn_out out = {.size = sizeof out};
    quiet self = {0};

    for (uint16_t type = 0; type < QN_EVENT_TYPES; type++) {
        ev.type = type;
        ck_assert_int_eq(table->on_event(&self, &ev, &out), QN_OK);
    }
    ck_assert_int_eq(table->lookback(&self, 60), 0);
    ck_assert_int_eq(quiet_class_.create(&self, NULL, NULL), QN_OK);
}
END_TEST

START_TEST(tables_stand_where_the_host_looks)
{
    const qn_model *m = (const qn_model *)model_class_.table;
    const qn_optimizer *o = (const qn_optimizer *)optimizer_class_.table;
    probe self = {.kept = 1};

    ck_assert_uint_eq(m->size, sizeof *m);
    ck_assert_ptr_eq(m->features.rows, names);
    ck_assert_uint_eq(m->features.nrows, 2);
    ck_assert_uint_eq(m->features.stride, sizeof(qn_named));
    ck_assert_int_eq(m->lookback(&self, 60), 180);
    ck_assert_uint_eq(o->size, sizeof *o);
    ck_assert_ptr_eq(o->values.rows, names);
    ck_assert_int_eq(((const qn_strategy *)lean_class_.table)->lookback(&self, 60), 180);
}
END_TEST

START_TEST(optimizer_is_asked)
{
    const qn_optimizer *table = (const qn_optimizer *)optimizer_class_.table;
    qn_line lines[] = {{.strength = 0.25}, {.strength = 0.5}};
    qn_portfolio in = {.size = sizeof in, .lines = QN_TABLE(lines)};
    double weights[2] = {0};
    qn_weights out = {.size = sizeof out, .nweights = 2, .weights = weights};
    qn_history_need wanted = {.size = sizeof wanted};
    optimizer self = {0};

    table->need(&self, &wanted);
    ck_assert_uint_eq(wanted.nreturns, 7);
    ck_assert_int_eq(table->allocate(&self, &in, &out, NULL), QN_E_STATE);
    ck_assert_ptr_eq(self.ev, &in);
    ck_assert(weights[0] == 0.0 && weights[1] == 0.5);
}
END_TEST

START_TEST(risk_answers)
{
    const qn_risk *table = (const qn_risk *)risk_class_.table;
    risk self = {.kept = 5};
    qn_proposal p = {.size = sizeof p, .qty = 6};
    qn_answer a = {.size = sizeof a, .action = QN_ALLOW, .qty = 6};

    ck_assert_int_eq(table->check(&self, &p, &a), QN_OK);
    ck_assert_uint_eq(a.action, QN_REDUCE);
    ck_assert_uint_eq(a.reason, QN_REASON_LIMIT_POSITION);
    ck_assert_int_eq(a.qty, 5);
    ck_assert(a.limit == 1.5 && a.value == 2.5);
    p.qty = 5;
    ck_assert_int_eq(table->check(&self, &p, &a), QN_OK);
    ck_assert_uint_eq(a.action, QN_REJECT);
    ck_assert_uint_eq(a.reason, QN_REASON_BUDGET);
    ck_assert(a.limit == 3.5 && a.value == 4.5);
    p.qty = 4;
    ck_assert_int_eq(table->check(&self, &p, &a), QN_E_STATE);
}
END_TEST

START_TEST(sink_is_given_batches)
{
    const qn_sink *table = (const qn_sink *)sink_class_.table;
    struct {
        qn_bar bar;
        qn_refusal refusal;
        qn_event last;
    } events = {.bar.hdr = {.size = sizeof(qn_bar), .seq = 1},
                .refusal.hdr = {.size = sizeof(qn_refusal), .seq = 2},
                .last = {.size = sizeof(qn_event), .seq = 3}};
    qn_batch batch = {
        .size = sizeof batch, .nevents = 3, .events = &events, .nbytes = sizeof events};
    qn_batch empty = {.size = sizeof empty, .events = &events};
    qn_sink_start with = {.size = sizeof with};
    sink self = {0};

    ck_assert_int_eq(table->start(&self, &with, NULL), QN_E_IO);
    ck_assert_ptr_eq(self.ev, &with);
    ck_assert_int_eq(table->write(&self, &batch, NULL), QN_E_FULL);
    ck_assert_int_eq(self.kept, 123);
    ck_assert_ptr_null(qn_batch_next(&empty, NULL));
    ck_assert_int_eq(table->stop(&self, NULL), QN_E_BUSY);
    ck_assert_str_eq(self.called, "stop");
}
END_TEST

START_TEST(only_state_shows_save_and_load)
{
    const qn_module *m = qn_plugin_entry(QN_ABI);

    ck_assert_ptr_nonnull(m);
    ck_assert_uint_eq(m->nclasses, 1);
    ck_assert_str_eq(m->classes[0]->id, "strategy/quiet");
    ck_assert_uint_eq(m->classes[0]->schema, 0);
    ck_assert(!m->classes[0]->save && !m->classes[0]->load);
    ck_assert_ptr_eq(qn_plugin_entry(QN_ABI + 1), m); /* a newer host serves it as well */
    ck_assert_ptr_null(qn_plugin_entry(QN_ABI + (1u << 16)));
    ck_assert_uint_eq(lean_class_.schema, 1);
    ck_assert_uint_eq(lean_class_.schema_min, 1);
    ck_assert(lean_class_.save && lean_class_.load);
}
END_TEST

CHECK_MAIN("kinds", events_reach_their_callbacks, without_callbacks_nothing_happens,
           tables_stand_where_the_host_looks, optimizer_is_asked, risk_answers,
           sink_is_given_batches, only_state_shows_save_and_load)
