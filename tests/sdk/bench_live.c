/* SPDX-License-Identifier: MIT
 *
 * The test bench as an operator: commands of a plugin's own are called, parameters that may change
 * while a run goes on are set, and what a plugin must not do in either is seen. */
#include <quoin/bench.h>
#include <quoin/sdk/command.h>
#include <quoin/sdk/strategy.h>

#include "check_main.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ a strategy */

#define DEEDS "none|push|alloc|spoil|silent|refuse|stuck|later"
enum { NONE, PUSH, ALLOC, SPOIL, SILENT, REFUSE, STUCK, LATER };

typedef struct desk {
    double bias;
    int64_t length;
    qn_str label;
    int64_t deed;
    const qn_setup *setup;
    const qn_out *kept;
    char text[QN_COMMAND_TEXT];
    int64_t bars;
} desk;

static const qn_param params[] = {
    QN_PARAM(desk, bias, F64, "", "added to signals", .def = "0", .min = "-1", .max = "1",
             .flags = QN_PARAM_LIVE),
    QN_PARAM(desk, length, I64, "bars", "nothing", .def = "5"),
    QN_PARAM(desk, label, STRING, "", "said with a text", .def = "plain", .flags = QN_PARAM_LIVE),
    QN_PARAM(desk, deed, ENUM, "", "what it does wrong", .def = "none", .labels = DEEDS,
             .flags = QN_PARAM_LIVE),
};

/* The bias is a parameter that a command changes, so it is a part of the state. */
static const qn_field state[] = {QN_FIELD(desk, bias), QN_FIELD(desk, bars)};

static int32_t configure(desk *s, const qn_setup *setup, qn_err *err)
{
    s->setup = setup;
    return s->deed == REFUSE ? qn_fail(err, QN_E_RANGE, "not with that deed") : QN_OK;
}

static void on_bar(desk *s, const qn_bar *bar, const qn_out *out)
{
    s->kept = out;
    s->bars++;
    qn_out_signal(out, bar->hdr.instrument, (qn_signal){.strength = s->bias, .confidence = 1});
}

static double set_bias(desk *s, double bias, qn_err *err)
{
    double before = s->bias;

    (void)err;
    s->bias = bias;
    return before;
}

static const char *say(desk *s, const char *text, int8_t n, qn_err *err)
{
    (void)err;
    snprintf(s->text, sizeof s->text, "%.*s %s %d", (int)s->label.len, s->label.ptr, text, n);
    return s->text;
}

static uint64_t bars(desk *s, qn_err *err)
{
    (void)err;
    return (uint64_t)s->bars | UINT64_C(1) << 63;
}

/* Every width, and more than registers hold. */
static double mix(desk *s, int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f,
                  float g, double h, qn_err *err)
{
    (void)s;
    (void)err;
    return a + b + c + d + e + f + (double)g + h;
}

static int8_t low(desk *s, int64_t a, uint64_t b, qn_err *err)
{
    (void)s;
    (void)err;
    return (int8_t)(a == INT64_MIN && b == UINT64_MAX ? -3 : 3);
}

static uint16_t high(desk *s, qn_err *err)
{
    (void)s;
    (void)err;
    return UINT16_MAX;
}

static float third(desk *s, qn_err *err)
{
    (void)s;
    (void)err;
    return 1.5F;
}

static void act(desk *s, qn_err *err)
{
    if (s->deed == PUSH) qn_out_target(s->kept, 0, 1);
    if (s->deed == ALLOC) s->setup->host->alloc(s->setup->host->ctx, 8, 8);
    if (s->deed == SPOIL) s->bars = -1;
    if (s->deed == SPOIL || s->deed == LATER) qn_fail(err, QN_E_STATE, "not now");
    if (s->deed == SILENT) err->code = QN_E_STATE;
}

static const qn_command_arg bias_args[] = {
    QN_COMMAND_ARG("bias", "", "the bias", .min = "-1", .max = "1"),
};
static const qn_command_arg say_args[] = {
    QN_COMMAND_ARG("text", "", "what is said"),
    QN_COMMAND_ARG("n", "", "a number"),
};
#define NUMBER(name) QN_COMMAND_ARG(name, "", "a number")
static const qn_command_arg mix_args[] = {NUMBER("a"), NUMBER("b"), NUMBER("c"), NUMBER("d"),
                                          NUMBER("e"), NUMBER("f"), NUMBER("g"), NUMBER("h")};
static const qn_command_arg low_args[] = {NUMBER("a"), NUMBER("b")};
static const qn_command_row commands[] = {
    QN_COMMAND(desk, set_bias, f64, (f64), "Sets the bias.", bias_args),
    QN_COMMAND(desk, say, str, (str, i8), "Says a text.", say_args),
    QN_COMMAND_PLAIN(desk, bars, u64, "Bars, and the highest bit."),
    QN_COMMAND(desk, mix, f64, (i8, u8, i16, u16, i32, u32, f32, f64), "A sum.", mix_args),
    QN_COMMAND(desk, low, i8, (i64, u64), "-3 at the ends.", low_args),
    QN_COMMAND_PLAIN(desk, high, u16, "The highest."),
    QN_COMMAND_PLAIN(desk, third, f32, "One and a half."),
    QN_COMMAND_PLAIN(desk, act, void, "Does something wrong."),
};
static const qn_command_table command_table = QN_COMMANDS_OF(commands);
static const qn_ext exts[] = {QN_EXT(QN_COMMAND_TABLE, &command_table)};

QN_STRATEGY(desk, "strategy/desk", "1.0.0", "MIT", .doc = "For the bench.",
            .params = QN_TABLE(params), .exts = QN_TABLE(exts), .state = QN_STATE(1, state),
            .configure = configure, .on_bar = on_bar)

static qn_bench *started(const char *deed)
{
    qn_bench *b = qn_bench_new();

    qn_bench_set(b, "deed", deed);
    qn_bench_link(b, qn_plugin_entry);
    qn_bench_start(b);
    qn_bench_closes(b, 0, "10");
    qn_bench_expect(b, "#1 signal TEST.bench strength 0 confidence 1\n");
    return b;
}

static const desk *desk_of(qn_bench *b)
{
    return (const desk *)qn_bench_self(b);
}

static void expect_failure(qn_bench *b, const char *words)
{
    const char *failure = qn_bench_failure(b);

    ck_assert_msg(failure && strstr(failure, words), "expected \"%s\", got \"%s\"", words,
                  failure ? failure : "no failure");
    qn_bench_free(b);
}

/* ------------------------------------------------------------------ commands */

START_TEST(a_command_is_called_and_returns)
{
    qn_bench *b = started("none");

    ck_assert_int_eq(qn_bench_call(b, "set_bias 0.25"), QN_OK);
    ck_assert_int_eq(qn_bench_call(b, "set_bias -0.1234567"), QN_OK);
    ck_assert_double_eq(qn_bench_last(b, QN_BENCH_RESULT)->as.result.value, 0.25);
    ck_assert_int_eq(qn_bench_call(b, "say \"good day\" -128"), QN_OK);
    ck_assert_int_eq(qn_bench_call(b, "bars"), QN_OK);
    ck_assert_int_eq(qn_bench_call(b, "act"), QN_OK);
    qn_bench_closes(b, 0, "10");
    qn_bench_expect(b, "#1 result set_bias 0\n"
                       "#1 result set_bias 0.25\n"
                       "#1 result say plain good day -128\n"
                       "#1 result bars 9223372036854775809\n"
                       "#1 result act\n"
                       "#2 signal TEST.bench strength -0.123457 confidence 1\n");
    ck_assert_uint_eq(qn_bench_count(b, QN_BENCH_RESULT), 5);
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

START_TEST(every_type_goes_through)
{
    qn_bench *b = started("none");

    qn_bench_call(b, "mix -128 255 -32768 65535 -2147483648 4294967295 0.5 1e3");
    qn_bench_call(b, "low -9223372036854775808 18446744073709551615");
    qn_bench_call(b, "high");
    qn_bench_call(b, "third");
    ck_assert_double_eq(qn_bench_nth(b, QN_BENCH_RESULT, 0)->as.result.value, 2147517541.5);
    qn_bench_expect(b, "#1 result mix 2.14752e+09\n"
                       "#1 result low -3\n"
                       "#1 result high 65535\n"
                       "#1 result third 1.5\n");
    ck_assert_int_eq(qn_bench_call(b, "mix 0 0 0 0 0 0 1e39 0"), QN_E_RANGE);
    ck_assert_int_eq(qn_bench_call(b, "mix 0 0 0 0 0 4294967296 0 0"), QN_E_RANGE);
    ck_assert_int_eq(qn_bench_call(b, "mix 0 -1 0 0 0 0 0 0"), QN_E_RANGE);
    ck_assert_int_eq(qn_bench_call(b, "mix 0 1.5 0 0 0 0 0 0"), QN_E_TYPE);
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

START_TEST(a_command_is_refused_as_by_the_host)
{
    static const struct {
        const char *text, *reason;
        int32_t code;
    } rows[] = {
        {"set_bias 1.5", "argument bias: found 1.5, expected 1 or less", QN_E_RANGE},
        {"set_bias nan", "argument bias: found \"nan\", expected a number", QN_E_TYPE},
        {"set_bias", "found 0 arguments, expected 1", QN_E_INVALID},
        {"set_bais 1", "strategy/desk has no command 'set_bais'", QN_E_UNKNOWN_NAME},
        {"say x 128", "argument n: found \"128\", expected a whole number", QN_E_RANGE},
        {"say \"x 1", "a quotation mark has no other", QN_E_SYNTAX},
        {"", "no command is named", QN_E_MISSING},
    };
    qn_bench *b = started("later");

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_int_eq(qn_bench_call(b, rows[i].text), rows[i].code);
        ck_assert_msg(strstr(qn_bench_reason(b), rows[i].reason), "%s", qn_bench_reason(b));
    }
    ck_assert_int_eq(qn_bench_call(b, "act"), QN_E_STATE);
    ck_assert_str_eq(qn_bench_reason(b), "not now");
    qn_bench_expect(b, "");
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

START_TEST(what_a_command_must_not_do_is_seen)
{
    static const char *const rows[][2] = {
        {"push", "the plugin: push was called in act: it is [event]"},
        {"alloc", "the plugin: alloc was called in act: only before events flow"},
        {"spoil", "the plugin: act changed the instance; it refused, which"},
        {"silent", "the plugin: act refused with QN_E_STATE and did not say why"},
    };
    qn_bench *b = qn_bench_new();

    qn_bench_link(b, qn_plugin_entry);
    qn_bench_call(b, "bars");
    expect_failure(b, "the test: a command of a plugin that is not started");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        b = started(rows[i][0]);
        qn_bench_call(b, "act");
        expect_failure(b, rows[i][1]);
    }
}
END_TEST

/* ------------------------------------------------------------------ parameters */

START_TEST(a_parameter_changes_and_the_state_stays)
{
    qn_bench *b = started("none");
    const void *old = qn_bench_self(b);

    ck_assert_int_eq(qn_bench_change(b, "bias=0.5 \"label=a b\""), QN_OK);
    ck_assert_ptr_ne(qn_bench_self(b), old);
    ck_assert_int_eq(desk_of(b)->bars, 1);
    ck_assert_int_eq(qn_bench_call(b, "say x 1"), QN_OK);
    qn_bench_reload_always(b, 1); /* what was set is what later instances are made with */
    qn_bench_closes(b, 0, "10");
    ck_assert_int_eq(qn_bench_call(b, "say y 2"), QN_OK);
    qn_bench_expect(b, "#1 result say a b x 1\n"
                       "#2 signal TEST.bench strength 0.5 confidence 1\n"
                       "#2 result say a b y 2\n");
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

/* The state holds what the command made of the parameter; what is set later counts, and what is not
 * named stays as the command left it. */
START_TEST(what_is_set_counts_over_the_state)
{
    qn_bench *b = started("none");

    qn_bench_call(b, "set_bias 0.75");
    ck_assert_int_eq(qn_bench_change(b, "label=x"), QN_OK);
    ck_assert_double_eq(desk_of(b)->bias, 0.75);
    ck_assert_int_eq(qn_bench_change(b, "bias=0.25"), QN_OK);
    ck_assert_double_eq(desk_of(b)->bias, 0.25);
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

START_TEST(a_change_is_all_or_nothing)
{
    static const struct {
        const char *text, *reason;
        int32_t code;
    } rows[] = {
        {"bias=0.5 length=6", "length does not change while a run goes on", QN_E_UNSUPPORTED},
        {"bias=0.5 deed=refuse", "not with that deed", QN_E_RANGE},
        {"bias=0.5 bais=1", "strategy/desk has no parameter 'bais'", QN_E_UNKNOWN_NAME},
        {"bias=2", "bias = 2 is above 1", QN_E_RANGE},
        {"bias", "bias is no PARAMETER=VALUE", QN_E_SYNTAX},
        {"", "there is no PARAMETER=VALUE", QN_E_MISSING},
    };
    qn_bench *b = started("none");
    const void *old = qn_bench_self(b);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_int_eq(qn_bench_change(b, rows[i].text), rows[i].code);
        ck_assert_msg(strstr(qn_bench_reason(b), rows[i].reason), "%s", qn_bench_reason(b));
        ck_assert_ptr_eq(qn_bench_self(b), old);
    }
    qn_bench_reload(b);
    ck_assert_double_eq(desk_of(b)->bias, 0);
    ck_assert_int_eq(qn_bench_end(b), 0);
    b = qn_bench_new();
    qn_bench_link(b, qn_plugin_entry);
    qn_bench_change(b, "bias=0.5");
    expect_failure(b, "the test: a change of a plugin that is not started");
}
END_TEST

/* ------------------------------------------------------------------ classes nobody checked */

static const qn_module *altered_entry(uint32_t host_abi);

static struct {
    qn_class cls;
    const qn_class *classes[1];
    qn_module module;
} altered;

static void alter(void)
{
    const qn_module *real = qn_plugin_entry(QN_ABI);

    altered.cls = *real->classes[0];
    altered.classes[0] = &altered.cls;
    altered.module = *real;
    altered.module.classes = altered.classes;
}

static const qn_module *altered_entry(uint32_t host_abi)
{
    (void)host_abi;
    return &altered.module;
}

START_TEST(classes_may_be_as_short_as_the_host_takes_them)
{
    uint32_t oldest = offsetof(qn_class, load) + sizeof(void (*)(void));
    qn_bench *b = qn_bench_new();

    alter();
    altered.cls.size = oldest - 1;
    ck_assert_int_eq(qn_bench_link(b, altered_entry), QN_E_MODULE_TABLE);
    expect_failure(b, "a class has the wrong size");
    altered.cls.size = oldest;
    b = qn_bench_new();
    ck_assert_int_eq(qn_bench_link(b, altered_entry), QN_OK);
    ck_assert_int_eq(qn_bench_start(b), QN_OK);
    ck_assert_int_eq(qn_bench_end(b), 0);
    altered.cls.size = sizeof(qn_class) + 8; /* members that nobody knows here */
    b = qn_bench_new();
    ck_assert_int_eq(qn_bench_link(b, altered_entry), QN_OK);
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

START_TEST(a_table_of_commands_that_lies_is_told)
{
    static const qn_command_row odd[] = {
        {sizeof odd[0], 0, "odd", "f64(f64)", "It has no row.", (qn_command_fn)bars, {NULL, 0, 0}}};
    static const qn_command_table odd_table = QN_COMMANDS_OF(odd);
    static const qn_ext odd_exts[] = {QN_EXT(QN_COMMAND_TABLE, &odd_table)};
    qn_bench *b = qn_bench_new();

    alter();
    altered.cls.exts = (qn_table)QN_TABLE(odd_exts);
    qn_bench_link(b, altered_entry);
    qn_bench_start(b);
    ck_assert_int_eq(qn_bench_call(b, "odd 1"), QN_E_MODULE_TABLE);
    expect_failure(b, "the plugin: command odd: its signature f64(f64) is none, or not of its 0");
    alter();
    altered.cls.schema = altered.cls.schema_min = 0;
    b = qn_bench_new();
    qn_bench_link(b, altered_entry);
    qn_bench_start(b);
    ck_assert_int_eq(qn_bench_change(b, "bias=0.5"), QN_E_STATE);
    ck_assert_ptr_nonnull(strstr(qn_bench_reason(b), "saves no state"));
    ck_assert_int_eq(qn_bench_end(b), 0);
}
END_TEST

CHECK_MAIN("bench_live", a_command_is_called_and_returns, every_type_goes_through,
           a_command_is_refused_as_by_the_host, what_a_command_must_not_do_is_seen,
           a_parameter_changes_and_the_state_stays, what_is_set_counts_over_the_state,
           a_change_is_all_or_nothing, classes_may_be_as_short_as_the_host_takes_them,
           a_table_of_commands_that_lies_is_told)
