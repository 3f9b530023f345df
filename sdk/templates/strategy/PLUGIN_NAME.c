/* SPDX-License-Identifier: MIT
 *
 * PLUGIN_NAME: long while the close stands above the average of the last `length` closes, flat
 * below. `qty` may change while a run goes on (quoin ctl set), and an operator may make it hold
 * (quoin ctl call PLUGIN_NAME.hold_for 60). */
#include <quoin/sdk/command.h>
#include <quoin/sdk/decimal.h>
#include <quoin/sdk/strategy.h>

typedef struct PLUGIN_NAME { /* one instance; made by the host, zeroed */
    int64_t length;          /* parameters: filled in before configure */
    qn_decimal qty;
    int64_t lots;     /* qty at the instrument's exponent */
    qn_window closes; /* state: what is carried over a reload */
    int64_t is_long;
    int64_t held_for; /* bars for which nothing is done any more */
} PLUGIN_NAME;

static const qn_param params[] = {
    QN_PARAM(PLUGIN_NAME, length, I64, "bars", "bars that the average is made of", .def = "20",
             .min = "2", .max = "10000", .search = {"5", "200", "5"}),
    QN_PARAM(PLUGIN_NAME, qty, DECIMAL, "units", "position to hold, from the next entry on",
             .def = "1", .min = "0", .flags = QN_PARAM_LIVE),
};

static const qn_field state[] = {
    QN_FIELD_OF_WINDOW(PLUGIN_NAME, closes),
    QN_FIELD(PLUGIN_NAME, is_long),
    QN_FIELD(PLUGIN_NAME, held_for),
};

static int32_t configure(PLUGIN_NAME *s, const qn_setup *setup, qn_err *err)
{
    const qn_instrument *in = setup->instruments[0];

    if (setup->ninstruments != 1)
        return qn_fail(err, QN_E_INVALID, "it trades one instrument, not %u", setup->ninstruments);
    if (qn_decimal_at(s->qty, in->qty_exp, &s->lots) != QN_OK || s->lots % in->lot_size != 0)
        return qn_fail(err, QN_E_RANGE, "qty must be a multiple of the lot of %s", in->name);
    return qn_window_init(&s->closes, setup, s->length, err);
}

static int64_t lookback(const PLUGIN_NAME *s, int64_t bar_length)
{
    return s->length * bar_length;
}

static void on_bar(PLUGIN_NAME *s, const qn_bar *bar, const qn_out *out)
{
    int64_t was_long = s->is_long;

    qn_window_push(&s->closes, bar->close);
    if (s->held_for > 0 && s->held_for--) return;
    if (!qn_window_is_full(&s->closes)) return;
    /* Exact: the sum is an integer, so multiply instead of dividing. */
    s->is_long = (qn_wide)bar->close * s->length > qn_window_sum(&s->closes, s->closes.count);
    if (s->is_long != was_long) qn_out_target(out, bar->hdr.instrument, s->is_long ? s->lots : 0);
}

/* What a command changes must be a part of the state. */
static int64_t hold_for(PLUGIN_NAME *s, int64_t bars, qn_err *err)
{
    int64_t before = s->held_for;

    (void)err; /* the range of `bars` is the table's */
    s->held_for = bars;
    return before;
}

static const qn_command_arg hold_args[] = {
    QN_COMMAND_ARG("bars", "bars", "for how long", .min = "0", .max = "100000"),
};
static const qn_command_row commands[] = {
    QN_COMMAND(PLUGIN_NAME, hold_for, i64, (i64),
               "Leaves the position as it is for so many bars; returns how many were left.",
               hold_args),
};
static const qn_command_table command_table = QN_COMMANDS_OF(commands);
static const qn_ext exts[] = {QN_EXT(QN_COMMAND_TABLE, &command_table)};

QN_STRATEGY(PLUGIN_NAME, "strategy/PLUGIN_NAME", "1.0.0", "MIT", .name = "PLUGIN_NAME",
            .doc = "Long while the close stands above its average.", .params = QN_TABLE(params),
            .exts = QN_TABLE(exts), .state = QN_STATE(1, state), .configure = configure,
            .lookback = lookback, .on_bar = on_bar)
