/* SPDX-License-Identifier: MIT
 *
 * What was done to a run while it went on: commands of operators, and the steps of new builds on
 * their way in or out. The last ones are kept for results and reports; the journal has all. On the
 * engine's thread. */
#ifndef QUOIN_ENGINE_OPERATION_H
#define QUOIN_ENGINE_OPERATION_H

#include <quoin/decision.h>

#define OPERATIONS_KEPT 64u

typedef union operation {
    qn_event hdr;
    qn_command command; /* QN_EVENT_COMMAND */
    qn_reload reload;   /* QN_EVENT_RELOAD */
} operation;

typedef struct operations {
    operation kept[OPERATIONS_KEPT]; /* in their order */
    uint32_t n;
    uint64_t last_seq; /* of the last one: what is booked again is not kept twice */
} operations;

struct engine;

/* Keep a record of either type. */
void operation_keep(struct engine *e, const qn_event *record);

#endif
