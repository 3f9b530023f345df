/* SPDX-License-Identifier: MIT
 *
 * The test bench itself: every rule that it watches is broken once, by a strategy that is linked in
 * and breaks the one its parameter names, and the bench must say which. A bench that sees nothing
 * would pass every plugin. Expectations that are not met, mistakes of a test, and what the bench
 * answers where a host has no room are looked at the same way. */
#include <quoin/bench.h>
#include <quoin/sdk/decimal.h>
#include <quoin/sdk/strategy.h>

#include "check_main.h"

#include <fenv.h>
#include <pthread.h>
#include <string.h>

#define MINUTE (60 * QN_NS_PER_S)

/* ------------------------------------------------------------------ a strategy that breaks one */

#define MODES                                                                                      \
    "none|alloc_in_event|timer_in_create|position_in_create|find_in_event|keeps_out|thread|"       \
    "rounding|foreign|size|signal|order|save_writes|lookback_writes|forgets|silent_load|fails|"    \
    "timer_loop"
enum {
    NONE,
    ALLOC_IN_EVENT,
    TIMER_IN_CREATE,
    POSITION_IN_CREATE,
    FIND_IN_EVENT,
    KEEPS_OUT,
    THREAD,
    ROUNDING,
    FOREIGN,
    SIZE,
    SIGNAL,
    ORDER,
    SAVE_WRITES,
    LOOKBACK_WRITES,
    FORGETS,
    SILENT_LOAD,
    FAILS,
    TIMER_LOOP
};

typedef struct rogue {
    int64_t mode;
    const qn_setup *setup;
    const qn_out *kept;
    int64_t seen, other;
} rogue;

static const qn_param params[] = {
    QN_PARAM(rogue, mode, ENUM, "", "what it breaks", .def = "none", .labels = MODES),
};

static int32_t create(void *self, const qn_setup *setup, qn_err *err)
{
    rogue *r = (rogue *)self;
    qn_position p = {.size = sizeof p};
    const qn_host_portfolio *books;

    (void)err;
    r->setup = setup;
    if (r->mode == TIMER_IN_CREATE) setup->host->timer(setup->host->ctx, 1, 1);
    if (r->mode == POSITION_IN_CREATE) {
        books = (const qn_host_portfolio *)setup->host->ext(setup->host->ctx, QN_HOST_PORTFOLIO);
        books->position(setup->host->ctx, 0, &p);
    }
    return QN_OK;
}

static int64_t lookback(const void *self, int64_t bar_length)
{
    if (((const rogue *)self)->mode == LOOKBACK_WRITES) ((rogue *)(uintptr_t)self)->other++;
    return bar_length;
}

/* What another thread would do with what the plugin was given. */
static void *push_elsewhere(void *ctx)
{
    qn_out_target((const qn_out *)ctx, 0, 1);
    return NULL;
}

static void push_wrongly(const rogue *r, const qn_out *out)
{
    qn_target short_one = {.hdr = {.size = 24, .kind = QN_INTENT_TARGET}};

    if (r->mode == FOREIGN) qn_out_target(out, 7, 1);
    if (r->mode == SIZE) out->push(out->ctx, &short_one.hdr);
    if (r->mode == SIGNAL) qn_out_signal(out, 0, (qn_signal){.strength = 1.5, .confidence = 1});
    if (r->mode == ORDER)
        qn_out_order(out, 0, (qn_order_intent){.side = QN_BUY, .type = QN_LIMIT, .qty = 1});
}

static int32_t on_event(void *self, const qn_event *ev, const qn_out *out)
{
    rogue *r = (rogue *)self;
    const qn_host *host = r->setup->host;
    const qn_host_features *features;
    qn_out copy = *out;
    pthread_t thread;
    uint32_t number;

    r->seen++;
    push_wrongly(r, out);
    if (r->mode == ALLOC_IN_EVENT) host->alloc(host->ctx, 8, 8);
    if (r->mode == FIND_IN_EVENT) {
        features = (const qn_host_features *)host->ext(host->ctx, QN_HOST_FEATURES);
        features->find(host->ctx, "vol.ewma", &number);
    }
    if (r->mode == KEEPS_OUT) r->kept = out;
    if (r->mode == THREAD && pthread_create(&thread, NULL, push_elsewhere, &copy) == 0)
        pthread_join(thread, NULL);
    if (r->mode == ROUNDING) fesetround(FE_UPWARD);
    if (r->mode == TIMER_LOOP) host->timer(host->ctx, ev->ts_ns, 1);
    return r->mode == FAILS ? QN_E_RANGE : QN_OK;
}

static int32_t save(const void *self, const qn_stream *to, qn_err *err)
{
    const rogue *r = (const rogue *)self;

    if (r->mode == SAVE_WRITES) ((rogue *)(uintptr_t)self)->other++;
    return to->write(to->ctx, &r->seen, 1) == 1 ? QN_OK : qn_fail(err, QN_E_IO, "no room");
}

static int32_t load(void *self, uint32_t schema, const qn_stream *from, qn_err *err)
{
    rogue *r = (rogue *)self;
    unsigned char seen = 0;

    (void)schema;
    if (from->read(from->ctx, &seen, 1) != 1)
        return r->mode == SILENT_LOAD ? QN_E_DAMAGED : qn_fail(err, QN_E_DAMAGED, "it is cut");
    r->seen = r->mode == FORGETS ? 0 : seen;
    return QN_OK;
}

static const qn_strategy table = {sizeof table, 0, on_event, lookback};
static const qn_class rogue_class = {.size = sizeof rogue_class,
                                     .id = "strategy/rogue",
                                     .kind = QN_KIND_STRATEGY,
                                     .version = "1.0.0",
                                     .license = "MIT",
                                     .params = QN_TABLE(params),
                                     .table = &table,
                                     .instance_size = sizeof(rogue),
                                     .instance_align = _Alignof(rogue),
                                     .schema = 1,
                                     .schema_min = 1,
                                     .create = create,
                                     .save = save,
                                     .load = load};
static const qn_class needy_class = {.size = sizeof needy_class,
                                     .id = "strategy/needy",
                                     .kind = QN_KIND_STRATEGY,
                                     .version = "1.0.0",
                                     .license = "MIT",
                                     .needs = QN_HOST_FEATURES " " QN_HOST_BOOKS,
                                     .table = &table,
                                     .instance_size = sizeof(rogue),
                                     .instance_align = _Alignof(rogue)};
static const qn_class *const classes[] = {&rogue_class, &needy_class};
static const qn_module module = {sizeof module, QN_ABI, classes, 2, 0};

static const qn_module *entry(uint32_t host_abi)
{
    return host_abi == QN_ABI ? &module : NULL;
}

static qn_bench *bench_of(const char *mode)
{
    qn_bench *b = qn_bench_new();

    qn_bench_set(b, "mode", mode);
    qn_bench_link(b, entry);
    return b;
}

static void expect_failure(qn_bench *b, const char *words)
{
    const char *failure = qn_bench_failure(b);

    ck_assert_msg(failure && strstr(failure, words), "expected \"%s\", got \"%s\"", words,
                  failure ? failure : "no failure");
    qn_bench_free(b);
}

/* ------------------------------------------------------------------ rules of the ABI */

START_TEST(each_broken_rule_is_named)
{
    static const struct {
        const char *mode, *words;
    } rows[] = {
        {"alloc_in_event", "the plugin: alloc was called in on_event: it is [control]"},
        {"timer_in_create", "the plugin: timer was called in create: it is [event]"},
        {"position_in_create", "the plugin: position was called in create: it is [event]"},
        {"find_in_event", "the plugin: find was called in on_event: it is [control]"},
        {"thread", "the plugin: push was called from a thread of its own"},
        {"rounding", "the plugin: on_event changed the rounding"},
        {"size", "the plugin: it pushed an intent of kind 2 and size 24"},
        {"lookback_writes", "the plugin: lookback changed the instance"},
        {"save_writes", "the plugin: save changed the instance"},
        {"forgets", "the plugin: reload: what was loaded is saved as other bytes"},
        {"fails", "the plugin: event 1: it returned QN_E_RANGE"},
        {"timer_loop", "the plugin: 100000 timers were due up to one time"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        qn_bench *b = bench_of(rows[i].mode);
        ck_assert_int_eq(qn_bench_start(b), QN_OK);
        qn_bench_bar(b, 0, MINUTE, "10");
        qn_bench_advance(b, 2 * MINUTE);
        qn_bench_reload(b);
        qn_bench_lookback(b, MINUTE);
        ck_assert_int_eq(fegetround(), FE_TONEAREST); /* the test goes on with its own */
        expect_failure(b, rows[i].words);
    }
}
END_TEST

START_TEST(the_one_that_breaks_nothing_passes)
{
    qn_bench *b = bench_of("none");

    qn_bench_start(b);
    qn_bench_reload_always(b, 1);
    qn_bench_closes(b, 0, "10 11 12");
    ck_assert_int_eq(qn_bench_lookback(b, MINUTE), MINUTE);
    ck_assert_int_eq(((rogue *)qn_bench_self(b))->seen, 3);
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

START_TEST(what_was_given_for_a_call_ends_with_it)
{
    qn_bench *b = bench_of("keeps_out");

    qn_bench_start(b);
    qn_bench_bar(b, 0, MINUTE, "10");
    ck_assert_ptr_null(qn_bench_failure(b));
    ck_assert_int_lt(qn_out_target(((rogue *)qn_bench_self(b))->kept, 0, 1), 0);
    expect_failure(b, "the plugin: push was called outside of a call");
}
END_TEST

START_TEST(intents_are_refused_as_by_the_host)
{
    static const char *const rows[][2] = {
        {"foreign", "#1 target instrument-7 1 refused QN_E_INTENT_INSTRUMENT\n"},
        {"signal", "#1 signal TEST.bench strength 1.5 confidence 1 refused QN_E_INTENT_VALUE\n"},
        {"order", "#1 order TEST.bench buy 0.001 limit 0 refused QN_E_INTENT_VALUE\n"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        qn_bench *b = bench_of(rows[i][0]);
        qn_bench_start(b);
        qn_bench_bar(b, 0, MINUTE, "10");
        ck_assert_str_eq(qn_bench_told(b), rows[i][1]);
        ck_assert_int_eq(qn_bench_expect(b, rows[i][1]), 1);
        ck_assert_int_eq(qn_bench_end(b), 0);
    }
}
END_TEST

START_TEST(a_state_that_cannot_be_used_leaves_the_old_instance)
{
    qn_bench *b = bench_of("none");
    void *old;

    qn_bench_start(b);
    qn_bench_bar(b, 0, MINUTE, "10");
    old = qn_bench_self(b);
    ck_assert_int_eq(qn_bench_load(b, 1, "", 0), QN_E_DAMAGED);
    ck_assert_str_eq(qn_bench_reason(b), "it is cut");
    ck_assert_ptr_eq(qn_bench_self(b), old);
    ck_assert_int_eq(qn_bench_load(b, 1, "ab", 2), QN_E_DAMAGED); /* a byte too many */
    ck_assert_int_eq(qn_bench_load(b, 1, "\x05", 1), QN_OK);
    ck_assert_int_eq(((rogue *)qn_bench_self(b))->seen, 5);
    ck_assert_int_eq(qn_bench_end(b), 0);
    b = bench_of("silent_load");
    qn_bench_start(b);
    qn_bench_load(b, 1, "", 0);
    expect_failure(b, "the plugin: load returned QN_E_DAMAGED and did not say why");
}
END_TEST

/* ------------------------------------------------------------------ tests that are wrong */

START_TEST(what_is_expected_and_not_said_is_a_failure)
{
    qn_bench *b = bench_of("none");

    qn_bench_start(b);
    qn_bench_bar(b, 0, MINUTE, "10");
    ck_assert_int_eq(qn_bench_expect(b, "#1 target TEST.bench 1\n"), 0);
    expect_failure(b, "expected\n#1 target TEST.bench 1\nit said\n(nothing)");
    b = bench_of("foreign");
    qn_bench_start(b);
    qn_bench_bar(b, 0, MINUTE, "10");
    ck_assert_int_eq(qn_bench_expect(b, ""), 0);
    qn_bench_fail(b, "the second failure");
    expect_failure(b, "expected\n(nothing)\nit said\n#1 target");
}
END_TEST

START_TEST(mistakes_of_a_test_are_told_as_such)
{
    static const char *const bars[] = {"10 11", "10 9 9 10", "10 11 9.001 10", "", "ten", "-1"};
    qn_bench *b;

    for (size_t i = 0; i < sizeof bars / sizeof bars[0]; i++) {
        b = bench_of("none");
        qn_bench_start(b);
        qn_bench_bar(b, 0, MINUTE, bars[i]);
        expect_failure(b, "the test: ");
    }
    b = bench_of("none");
    qn_bench_bar(b, 0, MINUTE, "10");
    expect_failure(b, "the test: "); /* not started */
    b = bench_of("none");
    qn_bench_start(b);
    qn_bench_fill(b, 77, "10", "1");
    expect_failure(b, "the test: a fill of order 77");
    b = bench_of("none");
    qn_bench_start(b);
    qn_bench_advance(b, 10);
    qn_bench_advance(b, 9);
    expect_failure(b, "the test: the clock cannot go back");
    b = qn_bench_new();
    qn_bench_start(b);
    expect_failure(b, "the test: there is no plugin to start");
    ck_assert_str_eq(qn_bench_failure(NULL), "the test: there is no bench: out of memory");
    ck_assert_int_eq(qn_bench_end(NULL), 1);
}
END_TEST

/* ------------------------------------------------------------------ parameters, modules */

START_TEST(parameters_are_checked)
{
    qn_bench *b = bench_of("nonsense");

    ck_assert_int_eq(qn_bench_refuses(b, QN_E_UNKNOWN_NAME, "mode = nonsense"), 1);
    ck_assert_int_eq(qn_bench_end(b), 0);
    b = bench_of("none");
    qn_bench_set(b, "mod", "none");
    ck_assert_int_eq(qn_bench_try_start(b), QN_E_UNKNOWN_NAME);
    ck_assert_str_eq(qn_bench_reason(b), "strategy/rogue has no parameter 'mod'");
    ck_assert_int_eq(qn_bench_end(b), 0);
    b = bench_of("none");
    ck_assert_int_eq(qn_bench_refuses(b, QN_E_RANGE, "anything"), 0);
    expect_failure(b, "expected QN_E_RANGE: ...anything..., got a start");
}
END_TEST

START_TEST(modules_are_opened_and_classes_picked)
{
    qn_bench *b = qn_bench_new();

    ck_assert_int_eq(qn_bench_open(b, "no/such/module.so"), QN_E_MODULE_LOAD);
    expect_failure(b, "no/such/module.so");
    b = qn_bench_new();
    qn_bench_link(b, entry);
    qn_bench_pick(b, "strategy/needy");
    ck_assert_int_eq(qn_bench_try_start(b), QN_E_UNSUPPORTED); /* books are not for strategies */
    ck_assert_ptr_nonnull(strstr(qn_bench_reason(b), QN_HOST_BOOKS));
    ck_assert_int_eq(qn_bench_end(b), 0);
    b = qn_bench_new();
    qn_bench_link(b, entry);
    ck_assert_int_eq(qn_bench_pick(b, "strategy/other"), QN_E_UNKNOWN_NAME);
    expect_failure(b, "strategy/other");
}
END_TEST

CHECK_MAIN("bench", each_broken_rule_is_named, the_one_that_breaks_nothing_passes,
           what_was_given_for_a_call_ends_with_it, intents_are_refused_as_by_the_host,
           a_state_that_cannot_be_used_leaves_the_old_instance,
           what_is_expected_and_not_said_is_a_failure, mistakes_of_a_test_are_told_as_such,
           parameters_are_checked, modules_are_opened_and_classes_picked)
