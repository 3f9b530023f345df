/* SPDX-License-Identifier: MIT
 *
 * Commands of a class: which rows are sane, what an operator may give, and what comes of a call.
 * Names and arguments as one text: what is written is read again. */
#include "foreign/command.h"

#include "check_main.h"
#include "random.h"

#include <quoin/sdk/command.h>
#include <quoin/sdk/fail.h>

#include <stdio.h>
#include <string.h>

typedef struct mine {
    double bias;
    char note[64];
    int32_t calls;
} mine;

static double set_bias(mine *m, double bias, qn_err *err)
{
    double before = m->bias;

    if (bias == 0.125) { /* what no range can say */
        qn_fail(err, QN_E_STATE, "not an eighth");
        return 99;
    }
    m->bias = bias;
    return before;
}

static const char *note(mine *m, const char *text, int16_t times, qn_err *err)
{
    (void)err;
    m->note[0] = '\0';
    for (int16_t i = 0; i < times; i++)
        snprintf(m->note + strlen(m->note), sizeof m->note - strlen(m->note), "%s", text);
    return m->note;
}

static void reset(mine *m, qn_err *err)
{
    (void)err;
    m->bias = 0;
}

static const qn_command_arg bias_args[] = {
    QN_COMMAND_ARG("bias", "", "what it is", .min = "-1", .max = "1")};
static const qn_command_arg note_args[] = {
    QN_COMMAND_ARG("text", "", "what is noted"),
    QN_COMMAND_ARG("times", "times", "how often", .min = "0")};
static const qn_command_row rows[] = {
    QN_COMMAND(mine, set_bias, f64, (f64), "Sets the bias.", bias_args),
    QN_COMMAND(mine, note, str, (str, i16), "Notes a text.", note_args),
    QN_COMMAND_PLAIN(mine, reset, void, "Resets the bias."),
};
static const qn_command_table table = QN_COMMANDS_OF(rows);
static const qn_ext exts[] = {QN_EXT("com.other.thing/1", &table),
                              QN_EXT(QN_COMMAND_TABLE, &table)};
static const qn_class with = {.id = "strategy/mine", .exts = QN_TABLE(exts)};
static const qn_class without = {.id = "strategy/none"};

START_TEST(the_macro_makes_the_signature)
{
    ck_assert_str_eq(rows[1].name, "note");
    ck_assert_str_eq(rows[1].signature, "str(str, i16)");
    ck_assert_str_eq(rows[2].signature, "void()");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_int_eq(command_check(&rows[i], NULL), QN_OK);
}
END_TEST

START_TEST(rows_that_are_not_sane)
{
    static const qn_command_arg bad_min[] = {QN_COMMAND_ARG("a", "", "d", .min = "x")};
    static const qn_command_arg turned[] = {QN_COMMAND_ARG("a", "", "d", .min = "2", .max = "1")};
    const struct {
        qn_command_row row;
        const char *says;
    } cases[] = {
        {{.signature = "f64(f63)", .args = QN_TABLE(bias_args)}, "column 5"},
        {{.signature = "f64(f64,f64)", .args = QN_TABLE(bias_args)}, "1 rows of arguments"},
        {{.signature = "f64(str)", .args = QN_TABLE(bias_args)}, "a text has no order"},
        {{.signature = "f64(f64)", .args = QN_TABLE(bad_min)}, "argument a: found \"x\""},
        {{.signature = "f64(f64)", .args = QN_TABLE(turned)}, "min 2 is above max 1"},
        {{.signature = "f64(u8)", .args = QN_TABLE(bias_args)}, "argument bias: found \"-1\""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qn_err err = QN_ERR_INIT;
        ck_assert_int_ne(command_check(&cases[i].row, &err), QN_OK);
        ck_assert_msg(strstr(err.msg, cases[i].says) != NULL, "%s", err.msg);
    }
}
END_TEST

START_TEST(wrong_calls_are_refused_before)
{
    static const struct {
        const qn_class *cls;
        const char *text;
        int32_t code;
        const char *says;
    } cases[] = {
        {&without, "set_bias 1", QN_E_UNKNOWN_NAME, "strategy/none has no commands"},
        {&with, "set_bais 1", QN_E_UNKNOWN_NAME, "did you mean 'set_bias'?"},
        {&with, "", QN_E_MISSING, "no command is named"},
        {&with, "set_bias", QN_E_INVALID, "found 0 arguments, expected 1: set_bias(bias)"},
        {&with, "set_bias 1 2", QN_E_INVALID, "found 2 arguments"},
        {&with, "set_bias up", QN_E_TYPE, "argument bias: found \"up\", expected a number"},
        {&with, "set_bias nan", QN_E_TYPE, "argument bias"},
        {&with, "set_bias 1.01", QN_E_RANGE, "found 1.01, expected -1 to 1"},
        {&with, "set_bias -1.01", QN_E_RANGE, "expected -1 to 1"},
        {&with, "note a -1", QN_E_RANGE, "expected 0 or more"},
        {&with, "note a 32768", QN_E_RANGE, "argument times"},
        {&with, "note \"a 1", QN_E_SYNTAX, "quotation mark"},
        {&with, "reset 1", QN_E_INVALID, "expected 0: reset()"},
        {&with, "reset 1 2 3 4 5 6 7 8 9", QN_E_INVALID, "more than 9 words"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        command_ask ask;
        qn_err err = QN_ERR_INIT;
        ck_assert_int_eq(command_read(cases[i].cls, cases[i].text, &ask, &err), cases[i].code);
        ck_assert_msg(strstr(err.msg, cases[i].says) != NULL, "'%s': %s", cases[i].text, err.msg);
    }
}
END_TEST

static int32_t call(mine *m, const char *text, command_result *result, qn_err *err)
{
    command_ask ask;

    ck_assert_int_eq(command_read(&with, text, &ask, NULL), QN_OK);
    return command_call(&ask, m, result, err);
}

START_TEST(calls_reach_the_instance)
{
    mine m = {.bias = 0.5};
    command_result result;
    command_result again;
    qn_err err;

    ck_assert_int_eq(call(&m, "set_bias -0.25", &result, &err), QN_OK);
    ck_assert_int_eq(result.type, FOREIGN_F64);
    ck_assert_double_eq(result.value.f, 0.5);
    ck_assert_double_eq(m.bias, -0.25);
    ck_assert_int_eq(call(&m, "set_bias 0.125", &result, &err), QN_E_STATE);
    ck_assert_str_eq(err.msg, "not an eighth");
    ck_assert_int_eq(result.type, FOREIGN_VOID);
    ck_assert_double_eq(m.bias, -0.25);
    ck_assert_int_eq(call(&m, "note \"a \\\"b\\\"\" 2", &result, &err), QN_OK);
    ck_assert_str_eq(result.text, "a \"b\"a \"b\"");
    ck_assert_int_eq(call(&m, "note \"a \\\"b\\\"\" 2", &again, &err), QN_OK);
    ck_assert(command_is_same(&result, &again));
    ck_assert_int_eq(call(&m, "note x 1", &again, &err), QN_OK);
    ck_assert(!command_is_same(&result, &again));
    ck_assert_int_eq(call(&m, "reset", &result, &err), QN_OK);
    ck_assert_int_eq(result.type, FOREIGN_VOID);
    ck_assert_double_eq(m.bias, 0);
}
END_TEST

START_TEST(words_come_back)
{
    static const char letters[] = "ab \"\\.-";
    uint64_t state = 3;
    uint32_t whole = 0;

    for (int round = 0; round < 100000; round++) {
        char items[WORDS_MAX][40];
        uint64_t n = 1 + random_below(&state, WORDS_MAX);
        char text[WORDS_TEXT] = "";
        word_list got;
        int32_t rc = QN_OK;
        for (uint64_t i = 0; i < n && rc == QN_OK; i++) {
            uint64_t len = random_below(&state, 38);
            for (uint64_t k = 0; k < len; k++)
                items[i][k] = letters[random_below(&state, sizeof letters - 1)];
            items[i][len] = '\0';
            rc = words_add(text, items[i], NULL);
        }
        if (rc != QN_OK) continue; /* too long */
        whole++;
        ck_assert_int_eq(words_split(text, &got, NULL), QN_OK);
        ck_assert_uint_eq(got.n, n);
        for (uint64_t i = 0; i < n; i++)
            ck_assert_str_eq(got.items[i], items[i]);
    }
    ck_assert_uint_gt(whole, 20000);
}
END_TEST

START_TEST(texts_that_are_no_words)
{
    static const char *const wrong[] = {"a ", "\"", "\"a", "\"a\"b", "\"\\", "a \"b\\\""};
    uint64_t state = 9;
    char text[WORDS_TEXT + 1];
    word_list got;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_int_eq(words_split(wrong[i], &got, NULL), QN_E_SYNTAX);
    for (int round = 0; round < 200000; round++) { /* random bytes: read or refused */
        uint64_t len = random_below(&state, sizeof text);
        for (uint64_t k = 0; k < len; k++)
            text[k] = (char)(random_below(&state, 3) ? " \"\\a"[random_below(&state, 4)]
                                                     : (char)random_next(&state));
        text[len] = '\0';
        words_split(text, &got, NULL);
    }
    text[0] = '\0';
    ck_assert_int_eq(words_add(text, "a\nb", NULL), QN_E_TYPE);
    ck_assert_str_eq(text, "");
}
END_TEST

CHECK_MAIN("foreign_command", the_macro_makes_the_signature, rows_that_are_not_sane,
           wrong_calls_are_refused_before, calls_reach_the_instance, words_come_back,
           texts_that_are_no_words)
