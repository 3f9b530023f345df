/* SPDX-License-Identifier: MIT
 *
 * strategy/scribble, a test plugin: writes through wild pointers: all over its own setup, which is
 * the host's memory, and then up through the addresses until the processor stops it. */
#include "culprit.h"

static const qn_param params[] = {CULPRIT_PARAMS};

static void harm(culprit *s)
{
    volatile unsigned char *p = (volatile unsigned char *)(uintptr_t)s->setup;

    for (uint64_t i = 0;; i += 64)
        p[i] = 0xa5;
}

QN_STRATEGY(culprit, "strategy/scribble", "1.0.0", "MIT", .name = "Scribble",
            .doc = "Writes where it must not. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_bar, .state = QN_STATE(1, culprit_fields))
