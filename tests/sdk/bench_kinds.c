/* SPDX-License-Identifier: MIT
 *
 * The test bench and each kind: answers that a host would not take are failures or refusals, work
 * comes back when it is due, fills change the books, a batch is given again until it is taken. */
#include <quoin/bench.h>
#include <quoin/sdk/execution.h>
#include <quoin/sdk/model.h>
#include <quoin/sdk/optimizer.h>
#include <quoin/sdk/risk.h>
#include <quoin/sdk/sink.h>
#include <quoin/sdk/strategy.h>
#include <quoin/sdk/tuner.h>

#include "check_main.h"

#include <math.h>
#include <string.h>

#define SECOND QN_NS_PER_S

/* Classes of all kinds; what they do wrong is said by the parameter `how`. */
#define HOW(T) QN_PARAM(T, how, I64, "", "what it does", .def = "0")

/* ------------------------------------------------------------------ risk */

typedef struct judge {
    int64_t how, asked;
} judge;
static const qn_param judge_params[] = {HOW(judge)};

static int32_t judge_check(const judge *r, const qn_proposal *p, qn_answer *answer)
{
    switch (r->how) {
    case 1:
        ((judge *)(uintptr_t)r)->asked++;
        return QN_OK;
    case 2:
        return qn_reject(answer, QN_REASON_NONE, 0, 0);
    case 3:
        return qn_reduce(answer, p->qty, QN_REASON_LIMIT_GROSS, 0, 0);
    case 4:
        return qn_reject(answer, QN_REASON_LIMIT_GROSS, NAN, 0);
    case 5:
        return QN_E_RANGE;
    default:
        return qn_reduce(answer, 1000, QN_REASON_LIMIT_GROSS, 1, 2);
    }
}

static void judge_on_market(judge *r, const qn_event *ev, const qn_risk_out *out)
{
    (void)ev;
    if (r->how == 6) qn_risk_halt(out, QN_REASON_LIMIT_DRAWDOWN, 0.1, 0.2);
}
QN_RISK_CLASS(judge, "risk/judge", "1.0.0", "MIT", .params = QN_TABLE(judge_params),
              .check = judge_check, .on_market = judge_on_market);

/* ------------------------------------------------------------------ model */

typedef struct worker {
    int64_t how;
    const qn_setup *setup;
} worker;
static const qn_param worker_params[] = {HOW(worker)};
static const qn_named worker_features[] = {QN_NAMED("sum", "", "What the work came to.")};

static int64_t work_run(const void *input, uint64_t n, void *output, uint64_t room,
                        const volatile uint32_t *cancel)
{
    const int64_t *in = (const int64_t *)input;
    int64_t sum = in[0] + in[1];

    if (*cancel || n != 16 || room < sizeof sum) return QN_E_INVALID;
    memcpy(output, &sum, sizeof sum);
    return sizeof sum;
}
static const qn_work work = {sizeof work, 0, work_run};
static const qn_ext worker_exts[] = {QN_EXT(QN_WORK, &work)};

static int32_t worker_configure(worker *m, const qn_setup *setup, qn_err *err)
{
    (void)err;
    m->setup = setup;
    return QN_OK;
}

static void worker_on_bar(worker *m, const qn_bar *bar, const qn_model_out *out)
{
    const qn_host *host = m->setup->host;
    const qn_host_worker *pool = (const qn_host_worker *)host->ext(host->ctx, QN_HOST_WORKER);
    const int64_t input[2] = {bar->open, bar->close};

    if (m->how == 1) qn_publish(out, bar->hdr.instrument, 0, NAN, 0);
    if (m->how == 2) qn_publish(out, bar->hdr.instrument, 1, 0, 0);
    if (m->how == 3) pool->submit(host->ctx, bar->hdr.ts_ns, 1, input, sizeof input);
    if (m->how == 0) pool->submit(host->ctx, bar->hdr.ts_ns + SECOND, 7, input, sizeof input);
}

static void worker_on_result(worker *m, const qn_result *ev, const qn_model_out *out)
{
    int64_t sum;

    (void)m;
    memcpy(&sum, ev->bytes, sizeof sum);
    if (ev->status == QN_OK && ev->nbytes == sizeof sum && ev->cookie == 7)
        qn_publish(out, 0, 0, (double)sum, 0);
}
QN_MODEL_CLASS(worker, "model/worker", "1.0.0", "MIT", .params = QN_TABLE(worker_params),
               .exts = QN_TABLE(worker_exts), .features = QN_TABLE(worker_features),
               .configure = worker_configure, .on_bar = worker_on_bar,
               .on_result = worker_on_result);

/* ------------------------------------------------------------------ optimizer */

typedef struct weigher {
    int64_t how;
} weigher;
static const qn_param weigher_params[] = {HOW(weigher)};

static int32_t weigher_allocate(weigher *o, const qn_portfolio *in, qn_weights *out, qn_err *err)
{
    (void)in;
    if (o->how == 2) return QN_E_RANGE; /* without a reason */
    if (o->how == 3) return qn_fail(err, QN_E_RANGE, "too little history");
    out->weights[0] = o->how == 1 ? NAN : -1;
    return QN_OK;
}
QN_OPTIMIZER_CLASS(weigher, "optimizer/weigher", "1.0.0", "MIT", .params = QN_TABLE(weigher_params),
                   .allocate = weigher_allocate);

/* ------------------------------------------------------------------ execution */

typedef struct hasty {
    int64_t how;
} hasty;
static const qn_param hasty_params[] = {HOW(hasty)};

static void hasty_on_parent(hasty *x, const qn_parent *ev, const qn_child_out *out)
{
    uint64_t id = x->how == 1 ? ev->order_id + 1 : ev->order_id;

    if (ev->state != QN_ORDER_ACCEPTED) return;
    qn_child_send(out, id, (qn_child){.type = QN_MARKET, .qty = ev->qty / 2});
    qn_child_send(out, id, (qn_child){.type = QN_LIMIT, .qty = ev->qty, .price = 100});
    qn_child_send(out, id, (qn_child){.type = QN_LIMIT, .qty = 1});
    qn_child_cancel(out, 99);
}
QN_EXECUTION_CLASS(hasty, "execution/hasty", "1.0.0", "MIT", .params = QN_TABLE(hasty_params),
                   .on_parent = hasty_on_parent);

/* ------------------------------------------------------------------ sink, tuner */

typedef struct stubborn {
    int64_t how, taken, refused;
} stubborn;

static int32_t stubborn_write(stubborn *s, const qn_batch *batch, qn_err *err)
{
    if (s->refused++ == 0) return qn_fail(err, QN_E_IO, "not yet");
    for (const qn_event *ev = NULL; (ev = qn_batch_next(batch, ev));)
        s->taken++;
    return batch->nevents == 2 && batch->first_seq == 1 && batch->last_seq == 2 ? QN_OK
                                                                                : QN_E_INVALID;
}
QN_SINK_CLASS(stubborn, "sink/stubborn", "1.0.0", "MIT", .write = stubborn_write);

typedef struct seeker {
    int64_t how;
} seeker;
static const qn_param seeker_params[] = {HOW(seeker)};

static int32_t seeker_begin(seeker *t, const qn_space *space, uint64_t *planned, qn_err *err)
{
    (void)t;
    (void)err;
    *planned = space->most;
    return QN_OK;
}

static int32_t seeker_ask(seeker *t, qn_ask *out, qn_err *err)
{
    (void)err;
    out->answer = t->how == 1 ? QN_ASK_WAIT : QN_ASK_TRIAL;
    out->values[0] = t->how == 2 ? 5 : 4;
    return QN_OK;
}
QN_TUNER_CLASS(seeker, "tuner/seeker", "1.0.0", "MIT", .params = QN_TABLE(seeker_params),
               .begin = seeker_begin, .ask = seeker_ask);

/* ------------------------------------------------------------------ strategy */

typedef struct holder {
    const qn_setup *setup;
    int64_t qty, cost, realized, way, mark; /* as the books said at the last fill */
} holder;

static int32_t holder_configure(holder *s, const qn_setup *setup, qn_err *err)
{
    (void)err;
    s->setup = setup;
    return QN_OK;
}

static void holder_on_trade(holder *s, const qn_trade *ev, const qn_out *out)
{
    (void)s;
    qn_out_target(out, ev->hdr.instrument, ev->side == QN_BUY ? 3000 : -1000);
}

static void holder_on_fill(holder *s, const qn_fill *ev, const qn_out *out)
{
    const qn_host *host = s->setup->host;
    const qn_host_portfolio *books =
        (const qn_host_portfolio *)host->ext(host->ctx, QN_HOST_PORTFOLIO);
    qn_position p = {.size = sizeof p};

    (void)out;
    ck_assert_int_eq(books->position(host->ctx, ev->hdr.instrument, &p), QN_OK);
    s->qty = p.qty;
    s->cost = p.cost;
    s->realized = p.realized_pnl;
    s->way = p.market_orders;
    s->mark = books->mark(host->ctx, ev->hdr.instrument);
}
QN_STRATEGY_CLASS(holder, "strategy/holder", "1.0.0", "MIT", .configure = holder_configure,
                  .on_trade = holder_on_trade, .on_fill = holder_on_fill);

/* ------------------------------------------------------------------ the module */

#define BARE(T) (const qn_class *)(const void *)&T##_bare_
static const qn_class *const classes[] = {BARE(judge),    BARE(worker), BARE(weigher), BARE(hasty),
                                          BARE(stubborn), BARE(seeker), BARE(holder)};
static const qn_module module = {sizeof module, QN_ABI, classes, 7, 0};

static const qn_module *entry(uint32_t host_abi)
{
    return host_abi == QN_ABI ? &module : NULL;
}

static qn_bench *bench_of(const char *id, const char *how)
{
    qn_bench *b = qn_bench_new();

    if (how) qn_bench_set(b, "how", how);
    qn_bench_link(b, entry);
    qn_bench_pick(b, id);
    qn_bench_add_dimension(b, "x.y", 2, 8, 2);
    ck_assert_int_eq(qn_bench_start(b), QN_OK);
    return b;
}

static void expect_failure(qn_bench *b, const char *words)
{
    const char *failure = qn_bench_failure(b);

    ck_assert_msg(failure && strstr(failure, words), "expected \"%s\", got \"%s\"", words,
                  failure ? failure : "no failure");
    qn_bench_free(b);
}

/* ------------------------------------------------------------------ tests */

START_TEST(answers_of_risk_modules)
{
    static const char *const rows[][2] = {{"1", "the plugin: check changed the instance"},
                                          {"2", "the plugin: its answer has the reason 0"},
                                          {"3", "the plugin: its answer is action 2 over 5000"},
                                          {"4", "limit nan"}};
    qn_proposal p;
    qn_bench *b;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        b = bench_of("risk/judge", rows[i][0]);
        p = qn_bench_proposal(b, 0, QN_BUY, "5", "100");
        qn_bench_check(b, &p, NULL);
        expect_failure(b, rows[i][1]);
    }
    b = bench_of("risk/judge", "0");
    p = qn_bench_proposal(b, 0, QN_BUY, "5", "100");
    ck_assert_int_eq(p.notional, INT64_C(50000000000));
    ck_assert_int_eq(qn_bench_check(b, &p, NULL), 1000);
    qn_bench_expect(b, "#0 reduce TEST.bench 1 LIMIT_GROSS\n");
    ck_assert_int_eq(qn_bench_end(b), 0);
    b = bench_of("risk/judge", "5");
    ck_assert_int_eq(qn_bench_check(b, &p, NULL), QN_E_RANGE);
    ck_assert_int_eq(qn_bench_end(b), 0);
    b = bench_of("risk/judge", "6");
    qn_bench_mark(b, 0, "100");
    qn_bench_expect(b, "#1 halt LIMIT_DRAWDOWN limit 0.1 value 0.2\n");
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

START_TEST(features_and_work_of_models)
{
    static const char *const rows[][2] = {
        {"1", "#1 feature TEST.bench sum nan refused QN_E_INTENT_VALUE\n"},
        {"2", "#1 feature TEST.bench a-feature-that-does-not-exist 0 refused QN_E_RANGE\n"},
        {"3", "#1 work 1000000000 cookie 1 refused QN_E_RANGE\n"}, /* it is that late already */
        {"0", "#1 work 2000000000 cookie 7\n"}};
    qn_bench *b = NULL;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        qn_bench_free(b);
        b = bench_of("model/worker", rows[i][0]);
        qn_bench_bar(b, 0, SECOND, "10 12 10 12");
        ck_assert_str_eq(qn_bench_told(b), rows[i][1]);
        ck_assert_int_eq(qn_bench_expect(b, rows[i][1]), 1);
    }
    qn_bench_advance(b, 2 * SECOND - 1);
    qn_bench_expect(b, "");
    qn_bench_advance(b, 2 * SECOND);
    qn_bench_expect(b, "#2 feature TEST.bench sum 2200\n");
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

START_TEST(weights_of_optimizers)
{
    static const char *const rows[][2] = {{"0", "line 0 is given the weight -1: 0 to inf"},
                                          {"1", "line 0 is given the weight nan"},
                                          {"2", "allocate did not say why"}};
    qn_line line = qn_bench_line(0, 1);
    qn_bench *b;

    line.min_weight = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        b = bench_of("optimizer/weigher", rows[i][0]);
        qn_bench_allocate(b, &line, 1, NULL, NULL);
        expect_failure(b, rows[i][1]);
    }
    b = bench_of("optimizer/weigher", "3");
    ck_assert_int_eq(qn_bench_allocate(b, &line, 1, NULL, NULL), QN_E_RANGE);
    ck_assert_str_eq(qn_bench_reason(b), "too little history");
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

START_TEST(children_are_refused_as_by_the_host)
{
    qn_bench *b = bench_of("execution/hasty", "0");

    qn_bench_parent(b, 0, QN_BUY, "2");
    qn_bench_expect(b, "#1 child of 1099511627777 1 market\n"
                       "#1 child of 1099511627777 2 limit 1 refused QN_E_BUDGET\n"
                       "#1 child of 1099511627777 0.001 limit 0 refused QN_E_INTENT_VALUE\n"
                       "#1 cancel child 99 refused QN_E_INTENT_ORDER\n");
    ck_assert_int_eq(qn_bench_end(b), 0);
    b = bench_of("execution/hasty", "1");
    qn_bench_parent(b, 0, QN_BUY, "2");
    ck_assert_int_eq(qn_bench_nth(b, QN_BENCH_CHILD, 0)->answer, QN_E_INTENT_ORDER);
    ck_assert_int_eq(qn_bench_end(b), 0);
    b = bench_of("execution/hasty", "0");
    qn_bench_answer(b, QN_BENCH_CHILD, QN_E_FULL);
    qn_bench_parent(b, 0, QN_BUY, "2");
    ck_assert_int_eq(qn_bench_nth(b, QN_BENCH_CHILD, 0)->answer, QN_E_FULL);
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

START_TEST(a_batch_is_given_until_it_is_taken)
{
    qn_bench *b = bench_of("sink/stubborn", NULL);

    qn_bench_bar(b, 0, SECOND, "10");
    qn_bench_mark(b, 0, "10");
    ck_assert_int_eq(qn_bench_write(b), QN_E_IO);
    ck_assert_str_eq(qn_bench_reason(b), "not yet");
    ck_assert_int_eq(qn_bench_write(b), QN_OK);
    ck_assert_int_eq(qn_bench_write(b), QN_OK); /* nothing is left */
    ck_assert_int_eq(((stubborn *)qn_bench_self(b))->taken, 2);
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

START_TEST(trials_lie_in_the_space)
{
    qn_bench *b = bench_of("tuner/seeker", "1");

    qn_bench_ask(b);
    expect_failure(b, "the plugin: it waits for a trial, and none is out");
    b = bench_of("tuner/seeker", "2");
    qn_bench_ask(b);
    expect_failure(b, "the plugin: trial 1: 5 is no value of x.y");
    b = bench_of("tuner/seeker", "0");
    ck_assert_int_eq(qn_bench_ask(b), QN_ASK_TRIAL);
    qn_bench_expect(b, "#0 trial 4\n");
    ck_assert_uint_eq(qn_bench_planned(b), 1000);
    ck_assert_int_eq(qn_bench_tell(b, 1), QN_OK);
    qn_bench_tell(b, 1);
    expect_failure(b, "the test: there is no trial to be told");
}
END_TEST

START_TEST(fills_change_the_books)
{
    qn_bench *b = bench_of("strategy/holder", NULL);
    const holder *s;

    qn_bench_trade(b, 0, QN_BUY, "100", "1");
    qn_bench_fill(b, (uint64_t)qn_bench_last(b, QN_BENCH_TARGET)->answer, "100", "1");
    s = (const holder *)qn_bench_self(b);
    ck_assert_int_eq(s->qty, 1000);
    ck_assert_int_eq(s->way, 2000);
    qn_bench_fill(b, (uint64_t)qn_bench_last(b, QN_BENCH_TARGET)->answer, "103", "2");
    ck_assert_int_eq(s->cost, INT64_C(30600000000)); /* 100 + 2 x 103 */
    ck_assert_int_eq(s->way, 0);
    qn_bench_trade(b, 0, QN_SELL, "110", "1"); /* from 3 to -1 */
    qn_bench_fill(b, (uint64_t)qn_bench_last(b, QN_BENCH_TARGET)->answer, "110", "4");
    ck_assert_int_eq(s->qty, -1000);
    ck_assert_int_eq(s->realized, INT64_C(2400000000)); /* 3 x 110 - 306 */
    ck_assert_int_eq(s->cost, INT64_C(-11000000000));
    ck_assert_int_eq(s->mark, 11000);
    qn_bench_expect(b, "#1 target TEST.bench 3\n#4 target TEST.bench -1\n");
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

CHECK_MAIN("bench_kinds", answers_of_risk_modules, features_and_work_of_models,
           weights_of_optimizers, children_are_refused_as_by_the_host,
           a_batch_is_given_until_it_is_taken, trials_lie_in_the_space, fills_change_the_books)
