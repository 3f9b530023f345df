/* SPDX-License-Identifier: MIT
 *
 * strategy/mortal, a test plugin: holds `qty`, and on its fifth bar ends in the way that it is
 * told to. */
#include <quoin/sdk/decimal.h>
#include <quoin/sdk/strategy.h>

#include <signal.h>

enum { NOT_AT_ALL, CRASH, KILL, HANG };

typedef struct mortal {
    int64_t how, size, bars;
    const qn_setup *setup;
} mortal;

static const qn_param params[] = {
    QN_PARAM(mortal, how, ENUM, "", "how it ends", .def = "not", .labels = "not|crash|kill|hang"),
    QN_PARAM(mortal, size, I64, "units", "what to hold", .def = "1", .min = "0", .max = "9",
             .search = {"0", "9", "1"}),
};

static int32_t configure(mortal *s, const qn_setup *setup, qn_err *err)
{
    (void)err;
    s->setup = setup;
    return QN_OK;
}

static void on_bar(mortal *s, const qn_bar *bar, const qn_out *out)
{
    const qn_instrument *in = s->setup->instruments[bar->hdr.slot];

    if (++s->bars == 1) qn_out_target(out, bar->hdr.instrument, s->size * qn_pow10(-in->qty_exp));
    if (s->bars < 5) return;
    if (s->how == CRASH) __builtin_trap();
    if (s->how == KILL) raise(SIGKILL);
    while (s->how == HANG)
        __asm__ volatile("" ::: "memory");
}

QN_STRATEGY(mortal, "strategy/mortal", "1.0.0", "MIT", .name = "Mortal", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_bar)
