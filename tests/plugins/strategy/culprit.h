/* SPDX-License-Identifier: MIT
 *
 * What strategies that harm their process share: they count the bars of one instrument, and on bar
 * number `at` they do what they are there for. With `trades` they hold `qty` from the first bar on,
 * and send one more order in the call in which they do it. Their state is saved, so that a run with
 * them can be resumed from a snapshot. */
#ifndef QUOIN_TESTS_CULPRIT_H
#define QUOIN_TESTS_CULPRIT_H

#include <quoin/sdk/decimal.h>
#include <quoin/sdk/fields.h>
#include <quoin/sdk/strategy.h>

typedef struct culprit {
    int64_t at;
    int64_t how;
    int64_t bars;
    int64_t trades;
    const qn_setup *setup;
} culprit;

#define CULPRIT_PARAMS                                                                             \
    QN_PARAM(culprit, at, I64, "bars", "on which bar it does it; 0 = never", .def = "10",          \
             .min = "0"),                                                                          \
        QN_PARAM(culprit, trades, BOOL, "", "whether it holds a position before that",             \
                 .def = "false")

static const qn_field culprit_fields[] = {QN_FIELD(culprit, bars)};

static int32_t configure(culprit *s, const qn_setup *setup, qn_err *err)
{
    (void)err;
    s->setup = setup;
    return QN_OK;
}

static void harm(culprit *s);

static void on_bar(culprit *s, const qn_bar *bar, const qn_out *out)
{
    const qn_instrument *in = s->setup->instruments[bar->hdr.slot];
    int64_t units = qn_pow10(-in->qty_exp);

    s->bars++;
    if (s->trades && s->bars == 1) qn_out_target(out, in->number, 2 * units);
    if (!s->at || s->bars < s->at) return;
    if (s->trades && s->bars == s->at) qn_out_target(out, in->number, units);
    harm(s);
}

#endif
