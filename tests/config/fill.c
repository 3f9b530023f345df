/* SPDX-License-Identifier: MIT
 *
 * Parameters of a class, from the text to the slots. */
#include "support.h"

#include "base/fail.h"
#include "base/log.h"
#include "base/memory.h"

#include "check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct instance {
    int64_t count, flag, mode, wait, share, fee, old;
    double ratio;
    qn_str note, file, key;
    qn_decimal qty, none;
} instance;

static const qn_param params[] = {
    QN_PARAM(instance, count, I64, "bars", "how many", .def = "10", .min = "1",
             .max = "5000000000"),
    QN_PARAM(instance, flag, BOOL, "", "on or off", .def = "false"),
    QN_PARAM(instance, mode, ENUM, "", "which way", .def = "reverse",
             .labels = "reverse|long_flat"),
    QN_PARAM(instance, wait, DURATION, "", "how long", .def = "0s", .max = "1d"),
    QN_PARAM(instance, share, RATIO, "fraction", "how much", .def = "0.5", .min = "0", .max = "1"),
    QN_PARAM(instance, fee, BPS, "bps", "what it costs", .def = "2.0", .min = "-100"),
    QN_PARAM(instance, old, I64, "", "as before", .def = "0", .replaced = "count"),
    QN_PARAM(instance, ratio, F64, "", "any number", .def = "1.5", .min = "-1e3", .max = "1e3"),
    QN_PARAM(instance, note, STRING, "", "a note", .flags = QN_PARAM_OPTIONAL),
    QN_PARAM(instance, file, PATH, "", "a file", .flags = QN_PARAM_OPTIONAL),
    QN_PARAM(instance, key, SECRET, "", "a key", .flags = QN_PARAM_OPTIONAL),
    QN_PARAM(instance, qty, DECIMAL, "lots", "the size", .flags = QN_PARAM_REQUIRED, .min = "0",
             .max = "1e10"),
    QN_PARAM(instance, none, DECIMAL, "", "absent", .flags = QN_PARAM_OPTIONAL),
};
static const qn_table table = QN_TABLE(params);

/* A config whose venue has these parameters; opened and filled. */
static config *fill(const char *text, instance *to, int32_t expected)
{
    char whole[2048];
    config *cfg;
    const config_venue *v;
    int32_t rc;

    snprintf(
        whole, sizeof whole,
        "catalog = \"c\"; strategies = ( );\n"
        "venues = ( { id = \"v\"; plugin = \"venue/x\"; instruments = [ \"X\" ];\n"
        "  data = [ \"trade\" ]; accounts = ( { currency = \"USD\"; balance = 0; } );\n%s } );\n",
        text);
    cfg = open_text(whole);
    config_print_mistakes(cfg);
    ck_assert_uint_eq(mistakes_of(cfg), 0);
    v = config_get(cfg)->venues;
    memset(to, 0, sizeof *to);
    rc = config_fill(cfg, v->node, v->params, &table, to);
    if (rc != expected) config_print_mistakes(cfg);
    ck_assert_str_eq(error_name(rc), error_name(expected));
    return cfg;
}

START_TEST(values)
{
    instance i;
    config *cfg =
        fill("params = { count = 3000000000; flag = true; mode = \"long_flat\";\n"
             "wait = \"250ms\"; share = 0.12345678; fee = -1.5; ratio = 2; note = \"a b\";\n"
             "file = \"x/y\"; qty = 0.001; };",
             &i, QN_OK);

    ck_assert_int_eq(i.count, INT64_C(3000000000));
    ck_assert_int_eq(i.flag, 1);
    ck_assert_int_eq(i.mode, 1);
    ck_assert_int_eq(i.wait, 250 * QN_NS_PER_MS);
    ck_assert_int_eq(i.share, 12345678);
    ck_assert_int_eq(i.fee, -150000000);
    ck_assert_double_eq(i.ratio, 2);
    ck_assert_uint_eq(i.note.len, 3);
    ck_assert_str_eq(i.note.ptr, "a b");
    ck_assert_str_eq(i.file.ptr, "/tmp/x/y");
    ck_assert_int_eq(i.qty.mantissa, 1);
    ck_assert_int_eq(i.qty.exp, -3);
    config_close(cfg);
}
END_TEST

START_TEST(defaults)
{
    instance i;
    config *cfg = fill("params = { qty = \"12.50\"; };", &i, QN_OK);

    ck_assert_int_eq(i.count, 10);
    ck_assert_int_eq(i.flag, 0);
    ck_assert_int_eq(i.mode, 0);
    ck_assert_int_eq(i.wait, 0);
    ck_assert_int_eq(i.share, 50000000);
    ck_assert_int_eq(i.fee, 200000000);
    ck_assert_double_eq(i.ratio, 1.5);
    ck_assert_ptr_null(i.note.ptr);
    ck_assert_ptr_null(i.key.ptr);
    ck_assert_int_eq(i.qty.mantissa, 125);
    ck_assert_int_eq(i.qty.exp, -1);
    ck_assert_int_eq(i.none.mantissa, 0);
    config_close(cfg);
}
END_TEST

/* One mistake each: its code, line and part of its text. */
static const struct wrong {
    const char *text;
    int32_t code, line;
    const char *part;
} wrong[] = {
    {"", QN_E_MISSING, 2, "the parameter 'qty' is missing, expected a decimal number"},
    {"\nparams = { count = 1;\n };", QN_E_MISSING, 5, "'qty' is missing"},
    {"params = { qty = 1;\n cuont = 5; };", QN_E_UNKNOWN_NAME, 5, "did you mean 'count'?"},
    {"params = { qty = 1; count = 0; };", QN_E_RANGE, 4,
     "count: found the number 0, which lies outside the range, expected a whole number, 1 or more, "
     "5000000000 or less"},
    {"params = { qty = 1; count = 5000000001; };", QN_E_RANGE, 4, "count: found"},
    {"params = { qty = 1; count = 1.0; };", QN_E_TYPE, 4, "expected a whole number"},
    {"params = { qty = 1; count = \"5\"; };", QN_E_TYPE, 4, "count: found \"5\""},
    {"params = { qty = 1; count = [ 5 ]; };", QN_E_TYPE, 4, "count: found an array [ ]"},
    {"params = { qty = 1; flag = 1; };", QN_E_TYPE, 4, "expected true or false"},
    {"params = { qty = 1; mode = \"revers\"; };", QN_E_UNKNOWN_NAME, 4,
     "expected one of reverse|long_flat"},
    {"params = { qty = 1; mode = 1; };", QN_E_TYPE, 4, "mode: found the number 1"},
    {"params = { qty = 1; wait = 5; };", QN_E_TYPE, 4, "expected a period"},
    {"params = { qty = 1; wait = \"5\"; };", QN_E_SYNTAX, 4, "expected a period"},
    {"params = { qty = 1; wait = \"2d\"; };", QN_E_RANGE, 4, "1d or less"},
    {"params = { qty = 1; share = 1.00000001; };", QN_E_RANGE, 4, "share: found"},
    {"params = { qty = 1; share = 0.123456789; };", QN_E_PRECISION, 4, "too many decimal places"},
    {"params = { qty = 1; fee = -100.00000001; };", QN_E_RANGE, 4, "-100 or more"},
    {"params = { qty = 1; fee = true; };", QN_E_TYPE, 4, "fee: found true"},
    {"params = { qty = 1; fee = 100000000000; };", QN_E_OVERFLOW, 4, "too large"},
    {"params = { qty = 1; ratio = 1000.1; };", QN_E_RANGE, 4, "ratio: found"},
    {"params = { qty = 1; ratio = \"1\"; };", QN_E_TYPE, 4, "expected a number"},
    {"params = { qty = 1; note = 5; };", QN_E_TYPE, 4, "expected a text"},
    {"params = { qty = 1; file = \"\"; };", QN_E_INVALID, 4, "expected a path"},
    {"params = { qty = -0.000000001; };", QN_E_RANGE, 4, "0 or more"},
    {"params = { qty = 10000000000.5; };", QN_E_RANGE, 4, "1e10 or less"},
    {"params = { qty = 1e18; };", QN_E_RANGE, 4, "1e10 or less"},
    {"params = { qty = 1e40; };", QN_E_OVERFLOW, 4, "qty"},
    {"params = { qty = \"1,5\"; };", QN_E_SYNTAX, 4, "qty: found \"1,5\""},
    {"params = { qty = 1; key = \"env:\"; };", QN_E_SYNTAX, 4, "no name of a secret"},
};

START_TEST(mistakes)
{
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        const config_mistake *m;
        instance i;
        config *cfg = fill(wrong[k].text, &i, QN_E_INVALID);
        ck_assert_msg(config_mistakes(cfg, &m) == 1, "%s", wrong[k].text);
        ck_assert_msg(m->code == wrong[k].code && m->line == wrong[k].line &&
                          strstr(m->text, wrong[k].part),
                      "%s: %d %s %s", wrong[k].text, (int)m->line, error_name(m->code), m->text);
        config_close(cfg);
    }
}
END_TEST

START_TEST(decimals_are_compared_exactly)
{
    static const struct {
        const char *value, *min;
        bool is_good;
    } rows[] = {
        {"1e1", "5e-18", true},     {"5e-18", "1e1", false},
        {"1", "1.0", true},         {"0.999999999999999999", "1", false},
        {"1e18", "1e-18", true},    {"1e-18", "1e18", false},
        {"-1e18", "1e-18", false},  {"0", "-1e-18", true},
        {"-9e17", "-9.1e17", true}, {"1e-18", "0", true},
        {"-1e-18", "0", false},
    };

    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        const qn_param one[] = {
            QN_PARAM(instance, qty, DECIMAL, "", "", .def = "1", .min = rows[k].min)};
        const qn_table t = QN_TABLE(one);
        char set[64];
        const char *sets[] = {set};
        instance i;
        config *cfg;
        snprintf(set, sizeof set, "venues.binance.params.qty=%s", rows[k].value);
        cfg = open_config(here("good/full.cfg"), sets, 1);
        config_fill(cfg, NULL, config_find(cfg, "venues.binance.params"), &t, &i);
        /* the other keys of the group are unknown here; only the mistake of the range counts */
        bool is_told = false;
        for (size_t n = 0; n < mistakes_of(cfg); n++)
            is_told |= strstr(mistake_text(cfg, n), "qty:") != NULL;
        ck_assert_msg(is_told != rows[k].is_good, "%s >= %s", rows[k].value, rows[k].min);
        config_close(cfg);
    }
}
END_TEST

static void expect_no_secret(const config *cfg, const char *value)
{
    const config_mistake *m;
    size_t n = config_mistakes(cfg, &m);

    for (size_t k = 0; k < n; k++) {
        ck_assert_ptr_null(strstr(m[k].text, value));
        ck_assert_ptr_null(strstr(m[k].file, value));
    }
}

START_TEST(secrets_come_from_the_environment)
{
    static const char text[] = "params = { qty = 1; key = \"env:QUOIN_TEST_KEY\"; };";
    instance i;
    config *cfg;

    ck_assert_int_eq(setenv("QUOIN_TEST_KEY", "hunter2hunter2", 1), 0);
    cfg = fill(text, &i, QN_OK);
    ck_assert_uint_eq(i.key.len, 14);
    ck_assert_str_eq(i.key.ptr, "hunter2hunter2");
    config_close(cfg);
    ck_assert_int_eq(unsetenv("QUOIN_TEST_KEY"), 0);
    cfg = fill(text, &i, QN_E_INVALID);
    ck_assert_ptr_nonnull(strstr(mistake_text(cfg, 0), "no such environment variable"));
    config_close(cfg);
}
END_TEST

START_TEST(secrets_are_never_told)
{
    static const char *const sets[] = {"venues.binance.params.key=hunter2hunter2",
                                       "venues.binance.params.kye=hunter2hunter2",
                                       "venues.binance.params.qty=1"};
    instance i;
    config *cfg = fill("params = { qty = 1; key = \"hunter2hunter2\"; };", &i, QN_E_INVALID);

    ck_assert_uint_eq(mistakes_of(cfg), 1);
    expect_no_secret(cfg, "hunter2");
    config_close(cfg);

    cfg = fill("params = { qty = 1; key = 22222222; };", &i, QN_E_INVALID);
    expect_no_secret(cfg, "2222");
    config_close(cfg);

    cfg = open_config(here("good/full.cfg"), sets, 3);
    ck_assert_int_eq(config_fill(cfg, NULL, config_find(cfg, "venues.binance.params"), &table, &i),
                     QN_E_INVALID);
    expect_no_secret(cfg, "hunter2");
    config_close(cfg);
}
END_TEST

static char warned[512];

static void keep_line(log_level level, const char *line)
{
    if (level == LOG_WARNING) snprintf(warned, sizeof warned, "%s", line);
}

START_TEST(a_replaced_key_is_a_warning)
{
    instance i;
    config *cfg;

    log_set_sink(keep_line);
    cfg = fill("params = { qty = 1; old = 5; };", &i, QN_OK);
    log_set_sink(NULL);
    ck_assert_int_eq(i.old, 5);
    ck_assert_ptr_nonnull(
        strstr(warned, ":4: warning: the parameter 'old' is replaced by 'count'"));
    config_close(cfg);
}
END_TEST

START_TEST(broken_tables_are_refused)
{
    const qn_param rows[] = {
        QN_PARAM(instance, count, I64, "", "no way to get a value", .def = NULL),
        QN_PARAM(instance, count, I64, "", "two ways", .def = "1", .flags = QN_PARAM_REQUIRED),
        QN_PARAM(instance, count, I64, "", "a bad default", .def = "one"),
        QN_PARAM(instance, count, I64, "", "a bad bound", .def = "1", .max = "many"),
        QN_PARAM(instance, flag, BOOL, "", "a bound of no order", .def = "true", .min = "false"),
        QN_PARAM(instance, mode, ENUM, "", "no labels", .def = "x"),
        {.size = sizeof(qn_param), .type = 99, .key = "count", .def = "1"},
        {.size = 8, .type = QN_PARAM_TYPE_I64, .key = "count", .def = "1"},
    };

    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        const qn_table one = {&rows[k], 1, sizeof rows[k]};
        const config_mistake *m;
        instance i;
        config *cfg = open_text(RIGHT_HEAD "strategies = ( );\n");
        ck_assert_int_eq(config_fill(cfg, config_get(cfg)->venues->node, NULL, &one, &i),
                         QN_E_INVALID);
        ck_assert_uint_eq(config_mistakes(cfg, &m), 1);
        ck_assert_str_eq(error_name(m->code), "QN_E_MODULE_TABLE");
        config_close(cfg);
    }
}
END_TEST

START_TEST(tables_as_markdown)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    const qn_table empty = {NULL, 0, sizeof(qn_param)};

    config_describe_params(&table, to);
    config_describe_params(&empty, to);
    ck_assert_int_eq(fclose(to), 0);
    ck_assert_ptr_nonnull(
        strstr(text, "| `count` | whole number, in bars | 1 to 5000000000 | `10` | how many |\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "| `mode` | `reverse`, `long_flat` |  | `reverse` | which way |\n"));
    ck_assert_ptr_nonnull(strstr(text, "| required | the size |"));
    ck_assert_ptr_nonnull(strstr(text, "; replaced by `count` |"));
    ck_assert_ptr_nonnull(strstr(text, "It has no parameters.\n"));
    mem_free(text);
}
END_TEST

CHECK_MAIN("parameters", values, defaults, mistakes, decimals_are_compared_exactly,
           secrets_come_from_the_environment, secrets_are_never_told, a_replaced_key_is_a_warning,
           broken_tables_are_refused, tables_as_markdown)
