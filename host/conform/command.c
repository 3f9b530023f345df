/* SPDX-License-Identifier: MIT
 *
 * Checks of commands: what an operator may call is called, in the middle of a market. */
#include "drive.h"

#include "foreign/command.h"

#include <quoin/sdk/random.h>

#include <stdio.h>
#include <string.h>

#define ROUNDS 12u    /* calls of each command */
#define MINUTES 7u    /* of the market between two calls */
#define TEXT_MOST 60u /* bytes of one text argument: all of a call must fit its record */

#define NOWHERE UINT32_MAX

static const shim_mode plain = {.shape = HOST_PLAIN};

/* What is called, and how often. */
typedef struct caller {
    drive d;
    const qn_command_table *table;
    uint64_t random;
    bool reloads; /* after each call */
    uint32_t made, refused;
} caller;

/* ------------------------------------------------------------------ arguments */

/* A type of a signature as one of parameters, and its bounds. */
static const struct {
    uint32_t param;
    const char *low, *high;
} types[FOREIGN_TYPES] = {
    [FOREIGN_I8] = {QN_PARAM_TYPE_I64, "-128", "127"},
    [FOREIGN_U8] = {QN_PARAM_TYPE_I64, "0", "255"},
    [FOREIGN_I16] = {QN_PARAM_TYPE_I64, "-32768", "32767"},
    [FOREIGN_U16] = {QN_PARAM_TYPE_I64, "0", "65535"},
    [FOREIGN_I32] = {QN_PARAM_TYPE_I64, "-2147483648", "2147483647"},
    [FOREIGN_U32] = {QN_PARAM_TYPE_I64, "0", "4294967295"},
    [FOREIGN_I64] = {QN_PARAM_TYPE_I64, "-9223372036854775808", "9223372036854775807"},
    [FOREIGN_U64] = {QN_PARAM_TYPE_I64, "0", "18446744073709551615"},
    [FOREIGN_F32] = {QN_PARAM_TYPE_F64, "-3.4e38", "3.4e38"},
    [FOREIGN_F64] = {QN_PARAM_TYPE_F64, "-1.7e308", "1.7e308"},
    [FOREIGN_STR] = {QN_PARAM_TYPE_STRING, NULL, NULL},
};

static void draw(const qn_command_arg *arg, foreign_type type, uint64_t *random, char to[256])
{
    bool is_real = types[type].param == QN_PARAM_TYPE_F64; /* its ends are too far apart */
    const qn_param p = {.type = types[type].param,
                        .min = arg->min || is_real ? arg->min : types[type].low,
                        .max = arg->max || is_real ? arg->max : types[type].high};

    param_draw(&p, random, to);
    if (type == FOREIGN_STR && strlen(to) > TEXT_MOST) to[TEXT_MOST] = '\0';
}

/* Values at which code breaks; the host refuses those that are not of the type or the range. */
static const char *const odd_numbers[] = {"0", "-0.0", "-1", "1", "1e300", "-1e300", "5e-324"};
static const char *const odd_texts[] = {"",     " ",       "%s%n%d",
                                        "\"\\", "../../x", "\xc3\xa4\xe2\x82\xac"};

#define ODD_NUMBERS (sizeof odd_numbers / sizeof odd_numbers[0])
#define ODD_TEXTS (sizeof odd_texts / sizeof odd_texts[0])
#define ODDS (ODD_NUMBERS + 4)

static const char *odd(const qn_command_arg *arg, foreign_type type, size_t i)
{
    const char *ends[] = {arg->min, arg->max, types[type].low, types[type].high};

    if (type == FOREIGN_STR) return odd_texts[i % ODD_TEXTS];
    return i < ODD_NUMBERS ? odd_numbers[i] : ends[i - ODD_NUMBERS];
}

/* A call as a text: arguments drawn, but for `place`, which is the i-th odd value. */
static bool compose(caller *c, const qn_command_row *row, uint32_t place, size_t i,
                    char to[WORDS_TEXT])
{
    foreign_signature s;
    char word[256];
    const char *value;

    to[0] = '\0';
    if (foreign_signature_parse(row->signature, FOREIGN_COMMAND, &s, NULL) != QN_OK ||
        words_add(to, row->name, NULL) != QN_OK)
        return false;
    for (uint32_t k = 0; k < s.nargs && k < FOREIGN_ARGS; k++) {
        const qn_command_arg *arg = qn_table_row(&row->args, k);
        draw(arg, s.args[k], &c->random, word);
        value = k == place ? odd(arg, s.args[k], i) : word;
        if (!value || words_add(to, value, NULL) != QN_OK) return false;
    }
    return true;
}

/* ------------------------------------------------------------------ calling */

static bool open_caller(caller *c, const subject *s, finding *f)
{
    *c = (caller){.table = command_table_of(s->cls), .random = s->seed};
    if (!c->table || !c->table->rows.nrows) {
        skipped(f, "the class has no commands");
        return false;
    }
    shim_wrap(s->cls, &plain);
    return drive_run(&c->d, s, s->seed, MINUTES, f);
}

static const qn_command_row *row_of(const caller *c, uint32_t i)
{
    return qn_table_row(&c->table->rows, i);
}

/* One call, and what comes of it. */
static void call(caller *c, const char *name, const char *text, finding *f)
{
    doing_what("%s", text);
    doing_call(name);
    if (qn_bench_call(c->d.b, text) == QN_OK)
        c->made++;
    else
        c->refused++;
    doing_call("");
    if (c->reloads) qn_bench_reload(c->d.b);
    if (!drive_failure(&c->d)) drive_go(&c->d, MINUTES);
    if (drive_failure(&c->d)) broken(f, "`%s`: %s", text, drive_failure(&c->d));
}

static void call_all(caller *c, finding *f)
{
    char text[WORDS_TEXT];

    for (uint32_t i = 0; i < ROUNDS * c->table->rows.nrows && f->state == CONFORM_PASSED; i++) {
        const qn_command_row *row = row_of(c, i % c->table->rows.nrows);
        if (compose(c, row, NOWHERE, 0, text)) call(c, row->name, text, f);
    }
}

/* What makes no sense behind a call, and made sense without one. */
static void judge(const caller *c, const subject *s, finding *f)
{
    const char *what = c->d.insane[0] ? c->d.insane : c->d.error;
    drive without;

    if (!what[0] || f->state != CONFORM_PASSED) return;
    shim_wrap(s->cls, &plain);
    if (!drive_run(&without, s, s->seed, c->d.step, f)) return;
    if (!without.insane[0] && !without.error[0]) broken(f, "when commands were called, %s", what);
    drive_close(&without);
}

void check_command_calls(const subject *s, finding *f)
{
    caller c;

    if (!open_caller(&c, s, f)) return;
    call_all(&c, f);
    judge(&c, s, f);
    noted(f, "%u calls, %u refused", c.made, c.refused);
    drive_close(&c.d);
}

void check_command_extremes(const subject *s, finding *f)
{
    char text[WORDS_TEXT];
    caller c;

    if (!open_caller(&c, s, f)) return;
    for (uint32_t i = 0; i < c.table->rows.nrows; i++) {
        const qn_command_row *row = row_of(&c, i);
        for (uint32_t k = 0; k < row->args.nrows * ODDS && f->state == CONFORM_PASSED; k++)
            if (compose(&c, row, k / ODDS, k % ODDS, text)) call(&c, row->name, text, f);
    }
    judge(&c, s, f);
    noted(f, "%u calls, %u refused", c.made, c.refused);
    drive_close(&c.d);
}

/* ------------------------------------------------------------------ the same calls again */

/* What they say must be the same, and what they keep. */
static void compare(const subject *s, bool reloads, const char *one, const char *other, finding *f)
{
    caller first, second;
    uint64_t n, m;
    const void *x, *y;

    if (!open_caller(&first, s, f)) return;
    call_all(&first, f);
    if (!open_caller(&second, s, f)) return;
    second.reloads = reloads;
    call_all(&second, f);
    drive_compare(&first.d, one, &second.d, other, f);
    x = qn_bench_save(first.d.b, &n);
    y = qn_bench_save(second.d.b, &m);
    if (n != m || (n > 0 && memcmp(x, y, n) != 0))
        broken(f, "%s the state is another one than %s", other, one);
    drive_close(&first.d);
    drive_close(&second.d);
}

void check_command_repeat(const subject *s, finding *f)
{
    compare(s, false, "first", "when the same events and calls come again", f);
}

void check_command_resume(const subject *s, finding *f)
{
    if (!s->cls->schema && !(s->cls->flags & QN_CLASS_STATELESS))
        skipped(f, "the class saves no state, and does not say that it has none");
    else
        compare(s, true, "without a reload", "with one behind each call", f);
}
