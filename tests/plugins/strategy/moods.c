/* SPDX-License-Identifier: MIT
 *
 * strategy/moods, a test plugin: opinions at random, each of them sane: strengths of either side,
 * horizons, exits near the price; on some bars none. */
#include "wild.h"

#include <quoin/sdk/strategy.h>

typedef struct moods {
    int64_t seed, every;
    uint64_t state;
    const qn_setup *setup;
} moods;

static const qn_param params[] = {
    QN_PARAM(moods, seed, I64, "", "of the random numbers", .def = "1"),
    QN_PARAM(moods, every, I64, "bars", "one opinion in so many", .def = "3", .min = "1"),
};

static int32_t configure(moods *s, const qn_setup *setup, qn_err *err)
{
    (void)err;
    s->state = (uint64_t)s->seed;
    s->setup = setup;
    return QN_OK;
}

/* A price off the close by up to 3 %, on the tick; 0 = none, half of the time. */
static int64_t exit_at(moods *s, const qn_instrument *in, int64_t close, int side)
{
    int64_t price = close + side * close * (1 + wild_below(&s->state, 30)) / 1000;

    return wild_once_in(&s->state, 2) ? 0 : price - price % in->tick_size;
}

static void on_bar(moods *s, const qn_bar *bar, const qn_out *out)
{
    const qn_instrument *in = s->setup->instruments[bar->hdr.slot];
    double strength = wild_share(&s->state);
    int side = strength > 0 ? 1 : -1;

    if (!wild_once_in(&s->state, s->every)) return;
    if (wild_once_in(&s->state, 5)) strength = 0;
    qn_out_signal(out, in->number,
                  (qn_signal){.strength = strength,
                              .confidence = fabs(wild_share(&s->state)),
                              .horizon = wild_below(&s->state, 4) * bar->length,
                              .stop_loss = exit_at(s, in, bar->close, -side),
                              .take_profit = exit_at(s, in, bar->close, side)});
}

QN_STRATEGY(moods, "strategy/moods", "1.0.0", "MIT", .name = "Moods",
            .doc = "Opinions at random. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_bar)
