/* SPDX-License-Identifier: MIT
 *
 * PLUGIN_NAME: long while the close stands above the average of the last `length` closes, flat
 * below. */
#include <quoin/sdk/decimal.h>
#include <quoin/sdk/strategy.h>

typedef struct PLUGIN_NAME { /* one instance; made by the host, zeroed */
    int64_t length;          /* parameters: filled in before configure */
    qn_decimal qty;
    int64_t lots;     /* qty at the instrument's exponent */
    qn_window closes; /* state: what is carried over a reload */
    int64_t is_long;
} PLUGIN_NAME;

static const qn_param params[] = {
    QN_PARAM(PLUGIN_NAME, length, I64, "bars", "bars that the average is made of", .def = "20",
             .min = "2", .max = "10000", .search = {"5", "200", "5"}),
    QN_PARAM(PLUGIN_NAME, qty, DECIMAL, "units", "position to hold", .def = "1", .min = "0"),
};

static const qn_field state[] = {
    QN_FIELD_OF_WINDOW(PLUGIN_NAME, closes),
    QN_FIELD(PLUGIN_NAME, is_long),
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
    if (!qn_window_is_full(&s->closes)) return;
    /* Exact: the sum is an integer, so multiply instead of dividing. */
    s->is_long = (qn_wide)bar->close * s->length > qn_window_sum(&s->closes, s->closes.count);
    if (s->is_long != was_long) qn_out_target(out, bar->hdr.instrument, s->is_long ? s->lots : 0);
}

QN_STRATEGY(PLUGIN_NAME, "strategy/PLUGIN_NAME", "1.0.0", "MIT", .name = "PLUGIN_NAME",
            .doc = "Long while the close stands above its average.", .params = QN_TABLE(params),
            .state = QN_STATE(1, state), .configure = configure, .lookback = lookback,
            .on_bar = on_bar)
