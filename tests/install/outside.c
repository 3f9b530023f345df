/* SPDX-License-Identifier: MIT
 *
 * A strategy as somebody outside this repository writes it: built against an installation, with
 * the one line of the documentation. Holds `qty` from the first bar on. */
#include <quoin/sdk/decimal.h>
#include <quoin/sdk/strategy.h>

typedef struct outside {
    qn_decimal qty;
    const qn_setup *setup;
    int64_t is_done;
} outside;

static const qn_param params[] = {
    QN_PARAM(outside, qty, DECIMAL, "units", "position to hold", .def = "1", .min = "0"),
};

static const qn_field fields[] = {QN_FIELD(outside, is_done)};

static int32_t configure(outside *s, const qn_setup *setup, qn_err *err)
{
    int64_t qty;

    s->setup = setup;
    if (qn_decimal_at(s->qty, setup->instruments[0]->qty_exp, &qty) != QN_OK)
        return qn_fail(err, QN_E_PRECISION, "qty is finer than the instrument");
    return QN_OK;
}

static void on_bar(outside *s, const qn_bar *bar, const qn_out *out)
{
    int64_t qty = 0;

    if (s->is_done) return;
    qn_decimal_at(s->qty, s->setup->instruments[bar->hdr.slot]->qty_exp, &qty);
    s->is_done = qn_out_target(out, bar->hdr.instrument, qty) > 0;
}

QN_STRATEGY(outside, "strategy/outside", "1.0.0", "MIT", .name = "From outside",
            .doc = "Shows that a plugin needs no more than an installation.",
            .params = QN_TABLE(params), .state = QN_STATE(1, fields), .configure = configure,
            .on_bar = on_bar)
