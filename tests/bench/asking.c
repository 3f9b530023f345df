/* SPDX-License-Identifier: MIT
 *
 * strategy/asking: asks for its position on every bar, and does nothing else: what a question
 * costs. */
#include <quoin/sdk/strategy.h>

typedef struct asking {
    const qn_setup *setup;
    const qn_host_portfolio *portfolio;
    int64_t held;
} asking;

static int32_t configure(asking *s, const qn_setup *setup, qn_err *err)
{
    (void)err;
    s->setup = setup;
    s->portfolio = setup->host->ext(setup->host->ctx, QN_HOST_PORTFOLIO);
    return QN_OK;
}

static void on_bar(asking *s, const qn_bar *bar, const qn_out *out)
{
    qn_position position = {.size = sizeof position};

    (void)out;
    s->portfolio->position(s->setup->host->ctx, bar->hdr.instrument, &position);
    s->held = position.qty;
}

QN_STRATEGY(asking, "strategy/asking", "1.0.0", "MIT", .name = "Asking",
            .doc = "Asks for its position: for measuring what that costs.",
            .needs = QN_HOST_PORTFOLIO, .configure = configure, .on_bar = on_bar)
