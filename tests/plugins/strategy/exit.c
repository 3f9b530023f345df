/* SPDX-License-Identifier: MIT
 *
 * strategy/exit, a test plugin: ends its process, as if the run were over. */
#include "culprit.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EXIT, AT_ONCE, QUICK, RAW };

static const qn_param params[] = {
    CULPRIT_PARAMS,
    QN_PARAM(culprit, how, ENUM, "", "exit(), _exit(), quick_exit(), system call", .def = "exit",
             .labels = "exit|at_once|quick|raw"),
};

static void harm(culprit *s)
{
    if (s->how == AT_ONCE) _exit(0);
    if (s->how == QUICK) quick_exit(0);
    if (s->how == RAW) syscall(SYS_exit_group, 0);
    exit(0);
}

QN_STRATEGY(culprit, "strategy/exit", "1.0.0", "MIT", .name = "Exit",
            .doc = "Ends its process. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_bar, .state = QN_STATE(1, culprit_fields))
