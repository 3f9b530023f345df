/* SPDX-License-Identifier: MIT
 *
 * strategy/crash, a test plugin: crashes its process, in one of the ways that there are. */
#include "culprit.h"

#include <stdlib.h>
#include <string.h>

enum { READ, WRITE, ABORT, TRAP, DIVIDE, OVERFLOW };

static const qn_param params[] = {
    CULPRIT_PARAMS,
    QN_PARAM(culprit, how, ENUM, "", "how it crashes", .def = "read",
             .labels = "read|write|abort|trap|divide|overflow"),
};

/* Reads and writes of addresses that the compiler cannot know. */
static volatile uintptr_t nowhere = 16;
static volatile int nothing, many = 7;

/* Deeper than any stack. */
__attribute__((noinline)) static int64_t sink_into(int64_t depth)
{
    volatile char room[4096];

    memset((char *)(uintptr_t)room, (int)depth, sizeof room);
    return nothing ? 0 : sink_into(depth + 1) + room[depth & 4095];
}

static void harm(culprit *s)
{
    switch (s->how) {
    case WRITE:
        *(volatile int *)nowhere = 1;
        break;
    case ABORT:
        abort();
    case TRAP:
        __builtin_trap();
    case DIVIDE:
        nothing = many / nothing;
        break;
    case OVERFLOW:
        nothing = (int)sink_into(0);
        break;
    default:
        nothing = *(volatile int *)nowhere;
        break;
    }
}

QN_STRATEGY(culprit, "strategy/crash", "1.0.0", "MIT", .name = "Crash",
            .doc = "Crashes its process. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_bar, .state = QN_STATE(1, culprit_fields))
