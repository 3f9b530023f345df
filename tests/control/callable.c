/* SPDX-License-Identifier: MIT
 *
 * strategy/callable, a test plugin: it turns its position over at each N-th bar, and an operator
 * may change N and what it holds. Macros make the builds differ:
 *
 *   LACKS   0   1 = it has no command set_every
 *   ADDS    0   what set_every adds to what it returns */
#include <quoin/sdk/strategy.h>

#include <quoin/sdk/command.h>

#include <stdio.h>

#ifndef LACKS
#define LACKS 0
#endif
#ifndef ADDS
#define ADDS 0
#endif

typedef struct callable {
    int64_t every, bars;
    int64_t side;
    const qn_setup *setup;
    char text[64];
} callable;

static const qn_param params[] = {
    QN_PARAM(callable, every, I64, "bars", "bars between two orders", .def = "50", .min = "1"),
};

static const qn_field fields[] = {QN_FIELD(callable, every), QN_FIELD(callable, bars),
                                  QN_FIELD(callable, side)};

static int32_t configure(callable *c, const qn_setup *setup, qn_err *err)
{
    (void)err;
    c->setup = setup;
    c->side = 1;
    return QN_OK;
}

static void on_bar(callable *c, const qn_bar *bar, const qn_out *out)
{
    if (++c->bars % c->every != 0) return;
    c->side = -c->side;
    qn_out_target(out, bar->hdr.instrument,
                  c->side * c->setup->instruments[bar->hdr.slot]->lot_size);
}

__attribute__((unused)) static int64_t set_every(callable *c, int64_t every, qn_err *err)
{
    int64_t before = c->every;

    (void)err;
    c->every = every;
    return before + ADDS;
}

static void turn(callable *c, qn_err *err)
{
    (void)err;
    c->side = -c->side;
}

static int32_t refuse(callable *c, qn_err *err)
{
    (void)c;
    qn_fail(err, QN_E_STATE, "not now, says the plugin");
    return 5;
}

static const char *echo(callable *c, const char *text, double number, uint8_t small, qn_err *err)
{
    (void)err;
    snprintf(c->text, sizeof c->text, "%.30s/%g/%u", text, number, small);
    return c->text;
}

static double undefined(const callable *c, qn_err *err)
{
    (void)c;
    (void)err;
    return __builtin_nan("");
}

__attribute__((unused)) static const qn_command_arg every_args[] = {
    QN_COMMAND_ARG("every", "bars", "bars between two orders", .min = "1", .max = "1000")};
static const qn_command_arg echo_args[] = {QN_COMMAND_ARG("text", "", "a text"),
                                           QN_COMMAND_ARG("number", "", "a number"),
                                           QN_COMMAND_ARG("small", "", "a small number")};

static const qn_command_row commands[] = {
    QN_COMMAND_PLAIN(callable, turn, void, "Turns the side over."),
    QN_COMMAND_PLAIN(callable, refuse, i32, "Refuses."),
    QN_COMMAND(callable, echo, str, (str, f64, u8), "Returns what it was given.", echo_args),
    {.size = sizeof(qn_command_row),
     .name = "undefined",
     .signature = "f64()",
     .doc = "Returns no number.",
     .fn = (qn_command_fn)undefined},
#if !LACKS
    QN_COMMAND(callable, set_every, i64, (i64), "Sets it; returns the one before.", every_args),
#endif
};
static const qn_command_table command_table = QN_COMMANDS_OF(commands);
static const qn_ext exts[] = {QN_EXT(QN_COMMAND_TABLE, &command_table)};

QN_STRATEGY(callable, "strategy/callable", "1.0.0", "MIT", .name = "callable",
            .doc = "Turns its position over.", .params = QN_TABLE(params), .exts = QN_TABLE(exts),
            .state = QN_STATE(1, fields), .configure = configure, .on_bar = on_bar)
