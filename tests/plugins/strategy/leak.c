/* SPDX-License-Identifier: MIT
 *
 * strategy/leak, a test plugin: takes 16 MiB on each bar from number `at` on, uses them, and gives
 * nothing back; when there is no more it uses what it did not get. */
#include "culprit.h"

#include <stdlib.h>

#define PIECE (16u << 20)

static const qn_param params[] = {CULPRIT_PARAMS};

static void harm(culprit *s)
{
    volatile unsigned char *p = malloc(PIECE);

    (void)s;
    for (uint32_t i = 0; i < PIECE; i += 4096)
        p[i] = 1;
}

QN_STRATEGY(culprit, "strategy/leak", "1.0.0", "MIT", .name = "Leak",
            .doc = "Takes memory and gives none back. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_bar, .state = QN_STATE(1, culprit_fields))
