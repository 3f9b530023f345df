/* SPDX-License-Identifier: MIT
 *
 * strategy/empty: sees every bar and does next to nothing, so that what remains is dispatch. */
#include <quoin/sdk/strategy.h>

typedef struct empty {
    int64_t close;
} empty;

static void on_bar(empty *s, const qn_bar *bar, const qn_out *out)
{
    (void)out;
    s->close = bar->close;
}

QN_STRATEGY(empty, "strategy/empty", "1.0.0", "MIT", .name = "Empty",
            .doc = "Does nothing: for measuring what the host costs.", .on_bar = on_bar)
