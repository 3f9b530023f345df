/* SPDX-License-Identifier: MIT
 *
 * PLUGIN_NAME: long while the close stands above the average of the last `length` closes, flat
 * below. `qty` may change while a run goes on (quoin ctl set). */
#include <quoin/sdk/decimal.h>
#include <quoin/sdk/strategy.hpp>

struct PLUGIN_NAME : quoin::strategy { /* one instance; made by the host of zero bytes */
    int64_t length;                    /* parameters: filled in before configure */
    qn_decimal qty;
    int64_t lots;     /* qty at the instrument's exponent */
    qn_window closes; /* state: what is carried over a reload */
    int64_t is_long;

    int32_t configure(const qn_setup &setup, qn_err *err);
    int64_t lookback(int64_t bar_length) const
    {
        return length * bar_length;
    }
    void on_bar(const qn_bar &bar, const qn_out &out);
};

int32_t PLUGIN_NAME::configure(const qn_setup &setup, qn_err *err)
{
    const qn_instrument &in = *setup.instruments[0];

    if (setup.ninstruments != 1)
        return qn_fail(err, QN_E_INVALID, "it trades one instrument, not %u", setup.ninstruments);
    if (qn_decimal_at(qty, in.qty_exp, &lots) != QN_OK || lots % in.lot_size != 0)
        return qn_fail(err, QN_E_RANGE, "qty must be a multiple of the lot of %s", in.name);
    return qn_window_init(&closes, &setup, length, err);
}

void PLUGIN_NAME::on_bar(const qn_bar &bar, const qn_out &out)
{
    int64_t was_long = is_long;

    qn_window_push(&closes, bar.close);
    if (!qn_window_is_full(&closes)) return;
    /* Exact: the sum is an integer, so multiply instead of dividing. */
    is_long = qn_wide(bar.close) * length > qn_window_sum(&closes, closes.count);
    if (is_long != was_long) quoin::target(out, bar.hdr.instrument, is_long ? lots : 0);
}

static constexpr qn_param params[] = {
    QN_CXX_PARAM(PLUGIN_NAME, length, I64, "bars", "bars that the average is made of")
        .def("20")
        .min("2")
        .max("10000")
        .search("5", "200", "5"),
    QN_CXX_PARAM(PLUGIN_NAME, qty, DECIMAL, "units", "position to hold, from the next entry on")
        .def("1")
        .min("0")
        .with(QN_PARAM_LIVE),
};

static constexpr qn_field fields[] = {
    QN_CXX_FIELD_OF_WINDOW(PLUGIN_NAME, closes),
    QN_CXX_FIELD(PLUGIN_NAME, is_long),
};

QN_CXX_STRATEGY(PLUGIN_NAME, "strategy/PLUGIN_NAME", "1.0.0", "MIT", "PLUGIN_NAME",
                "Long while the close stands above its average.", params, 1, fields)
