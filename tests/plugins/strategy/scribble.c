/* SPDX-License-Identifier: MIT
 *
 * strategy/scribble, a test plugin: writes through wild pointers. Addresses at random, most of
 * which are nobody's; or `heap`: over its own setup, which is the host's memory, and then all over
 * what lies behind it, until the processor stops it. */
#include "culprit.h"

enum { WILD, HEAP };

static const qn_param params[] = {
    CULPRIT_PARAMS,
    QN_PARAM(culprit, how, ENUM, "", "where it writes", .def = "wild", .labels = "wild|heap"),
};

static void harm(culprit *s)
{
    uint64_t at = s->how == HEAP ? (uint64_t)(uintptr_t)s->setup : 0x5851f42d4c95;

    for (;; at = s->how == HEAP ? at + 64 : (at * 6364136223846793005u + 1) & 0x7fffffffffff)
        *(volatile unsigned char *)(uintptr_t)at = 0xa5;
}

QN_STRATEGY(culprit, "strategy/scribble", "1.0.0", "MIT", .name = "Scribble",
            .doc = "Writes where it must not. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_bar, .state = QN_STATE(1, culprit_fields))
