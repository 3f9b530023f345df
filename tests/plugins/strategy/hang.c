/* SPDX-License-Identifier: MIT
 *
 * strategy/hang, a test plugin: on bar number `at` a call of it goes on until a file is there (a
 * test makes it when it has seen what it waits for), or for ever. Then it sends an order. With
 * `trades` it holds two units before that, and sends another order in that call before it hangs. */
#include <quoin/sdk/decimal.h>
#include <quoin/sdk/fields.h>
#include <quoin/sdk/strategy.h>

#include <string.h>
#include <unistd.h>

typedef struct hang {
    int64_t at;
    qn_str until;
    int64_t bars;
    int64_t trades;
    const qn_setup *setup;
} hang;

static const qn_param params[] = {
    QN_PARAM(hang, at, I64, "bars", "on which bar it hangs; 0 = never", .def = "10", .min = "0"),
    QN_PARAM(hang, until, STRING, "", "file that ends it; absent: nothing does",
             .flags = QN_PARAM_OPTIONAL),
    QN_PARAM(hang, trades, BOOL, "", "whether it holds a position before that", .def = "false"),
};

static const qn_field fields[] = {QN_FIELD(hang, bars)};

static int32_t configure(hang *h, const qn_setup *setup, qn_err *err)
{
    (void)err;
    h->setup = setup;
    return QN_OK;
}

static void on_bar(hang *h, const qn_bar *bar, const qn_out *out)
{
    const qn_instrument *in = h->setup->instruments[bar->hdr.slot];
    char path[4096] = "";

    h->bars++;
    if (h->trades && h->bars == 1) qn_out_target(out, in->number, 2 * qn_pow10(-in->qty_exp));
    if (h->bars != h->at) return;
    if (h->trades) qn_out_target(out, in->number, qn_pow10(-in->qty_exp));
    if (h->until.len && h->until.len < sizeof path) memcpy(path, h->until.ptr, h->until.len);
    while (!path[0] || access(path, F_OK) != 0)
        ;
    qn_out_target(out, in->number, 5 * qn_pow10(-in->qty_exp));
}

QN_STRATEGY(hang, "strategy/hang", "1.0.0", "MIT", .name = "Hang",
            .doc = "A call that does not come back. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_bar, .state = QN_STATE(1, fields))
