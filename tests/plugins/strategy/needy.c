/* SPDX-License-Identifier: MIT
 *
 * strategy/needy, a fixture: needs a host extension that no host has. */
#include <quoin/sdk/strategy.h>

typedef struct needy {
    int64_t unused;
} needy;

QN_STRATEGY(needy, "strategy/needy", "1.0.0", "MIT", .name = "Needy",
            .needs = QN_HOST_PORTFOLIO " com.example.moon/1")
