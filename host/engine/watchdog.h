/* SPDX-License-Identifier: MIT
 *
 * The watchdog: a thread that looks, every now and then, which plugin the engine's thread is
 * calling (supervise/slot.h). A plugin that is found at work too often within one step of the loop
 * is over its budget:
 *
 *   soft    it is counted
 *   hard    what it sends from then on has no effect, and it is taken out of the run at its next
 *           push or behind the event: HUNG. It is told to the log at once
 *   fatal   the call is taken never to come back: the process ends as in a crash (crash.h)
 *
 * Time is counted in looks, so a process that was stopped for a while blames nobody, and a call is
 * found over its budget a look too late at most. It runs only where there is a budget, and costs
 * the engine's thread one relaxed store for each step. */
#ifndef QUOIN_ENGINE_WATCHDOG_H
#define QUOIN_ENGINE_WATCHDOG_H

#include <quoin/error.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct engine;

#define WATCHDOG_HARD_NS (INT64_C(10) * 1000000000) /* of a paced run that says nothing */
#define WATCHDOG_FATAL 10                           /* times the hard one */

typedef struct watchdog {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_running;
    bool has_to_end; /* guarded by lock */
    int64_t period;  /* between two looks, ns */
    uint64_t step;   /* that the looks belong to */
    uint32_t *looks; /* by owner: how often it was at work in it */
} watchdog;

/* Fill in budgets that instances lack, and begin to watch where there is one. */
int32_t watchdog_start(struct engine *e, qn_err *err);
/* Stop watching. Once it was started or not. */
void watchdog_stop(struct engine *e);

#endif
