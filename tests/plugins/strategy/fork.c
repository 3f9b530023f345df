/* SPDX-License-Identifier: MIT
 *
 * strategy/fork, a test plugin: copies its process on each bar from number `at` on, and has the
 * copy go on as if it were the run. */
#include "culprit.h"

#include <sys/wait.h>
#include <unistd.h>

static const qn_param params[] = {CULPRIT_PARAMS};

static void harm(culprit *s)
{
    pid_t copy = fork();

    (void)s;
    if (copy > 0) waitpid(copy, NULL, 0);
}

QN_STRATEGY(culprit, "strategy/fork", "1.0.0", "MIT", .name = "Fork",
            .doc = "Copies its process. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_bar, .state = QN_STATE(1, culprit_fields))
