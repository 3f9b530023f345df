/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/log.h"
#include "supervise/crash.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#define LOOKS_PER_BUDGET 4
#define PERIOD_LEAST QN_NS_PER_MS
#define PERIOD_MOST QN_NS_PER_S

/* ------------------------------------------------------------------ budgets */

static bool is_paced(const engine *e)
{
    for (uint32_t i = 0; i < e->nvenues; i++)
        if (e->venues[i].info.pace > 0) return true;
    return false;
}

static void fill(config_budget *b, const config_budget *of_run, bool is_paced)
{
    if (!b->soft) b->soft = of_run->soft;
    if (!b->hard) b->hard = of_run->hard;
    if (!b->hard && is_paced) b->hard = WATCHDOG_HARD_NS;
    if (!b->fatal) b->fatal = of_run->fatal;
    if (!b->fatal && b->hard && __builtin_mul_overflow(b->hard, WATCHDOG_FATAL, &b->fatal))
        b->fatal = INT64_MAX;
}

/* The shortest budget of all; INT64_MAX = there is none. */
static int64_t shortest(const engine *e)
{
    int64_t least = INT64_MAX;

    for (uint32_t i = 1; i < e->nowners; i++) {
        const config_budget *b = &e->owners[i]->budget;
        const int64_t all[] = {b->soft, b->hard, b->fatal};
        for (size_t k = 0; k < sizeof all / sizeof all[0]; k++)
            if (all[k] && all[k] < least) least = all[k];
    }
    return least;
}

/* ------------------------------------------------------------------ looking */

/* True for the look with which the budget is used up. */
static bool is_used_up(const watchdog *w, uint32_t looks, int64_t most)
{
    return most && (int64_t)looks == (most - 1) / w->period + 1;
}

static void judge(engine *e, instance *in, uint32_t looks)
{
    const watchdog *w = &e->watchdog;
    const config_budget *b = &in->budget;

    if (is_used_up(w, looks, b->soft))
        atomic_fetch_add_explicit(&in->over_budget, 1, memory_order_relaxed);
    if (is_used_up(w, looks, b->hard)) {
        log_line(LOG_ERROR, "%s (%s) has been at work on one event for %lld ms, its hard budget",
                 in->id, in->cls->id, (long long)(b->hard / QN_NS_PER_MS));
        atomic_store_explicit(&in->is_hung, true, memory_order_relaxed);
        engine_attend(e);
    }
    if (is_used_up(w, looks, b->fatal)) {
        log_line(LOG_ERROR, "%s (%s) does not come back: the process ends", in->id, in->cls->id);
        crash_hung(e->slot);
    }
}

static void look(engine *e)
{
    watchdog *w = &e->watchdog;
    uint32_t row = SLOT_WORD_ROW(atomic_load_explicit(&e->slot->word, memory_order_relaxed));
    uint64_t step = atomic_load_explicit(&e->steps, memory_order_relaxed);

    if (step != w->step) {
        memset(w->looks, 0, e->nowners * sizeof *w->looks);
        w->step = step;
    }
    if (row == 0 || row >= e->nowners) return; /* the host's own code, or a build on its way in */
    judge(e, e->owners[row], ++w->looks[row]);
}

static void add_ns(struct timespec *t, int64_t ns)
{
    ns += t->tv_nsec;
    t->tv_sec += ns / QN_NS_PER_S;
    t->tv_nsec = ns % QN_NS_PER_S;
}

static void *watch(void *arg)
{
    engine *e = arg;
    watchdog *w = &e->watchdog;
    struct timespec next;

    pthread_mutex_lock(&w->lock);
    while (!w->has_to_end) {
        clock_gettime(CLOCK_MONOTONIC, &next);
        add_ns(&next, w->period);
        while (!w->has_to_end && pthread_cond_timedwait(&w->wake, &w->lock, &next) == 0)
            ;
        if (!w->has_to_end) look(e);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* ------------------------------------------------------------------ start and end */

static int32_t start_thread(engine *e, qn_err *err)
{
    watchdog *w = &e->watchdog;
    pthread_condattr_t attributes;
    sigset_t all;
    sigset_t before;
    int failed;

    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&w->thread, NULL, watch, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) return fail(err, QN_E_NO_MEMORY, "no thread for the watchdog");
    w->is_running = true;
    return QN_OK;
}

int32_t watchdog_start(engine *e, qn_err *err)
{
    watchdog *w = &e->watchdog;
    bool paced = is_paced(e);
    int64_t least;

    for (uint32_t i = 1; i < e->nowners; i++)
        fill(&e->owners[i]->budget, &e->run->budget, paced);
    if ((least = shortest(e)) == INT64_MAX) return QN_OK;
    w->period = least / LOOKS_PER_BUDGET;
    if (w->period < PERIOD_LEAST) w->period = PERIOD_LEAST;
    if (w->period > PERIOD_MOST) w->period = PERIOD_MOST;
    w->looks = arena_alloc(&e->arena, e->nowners * sizeof *w->looks, 8);
    if (!w->looks) return fail(err, QN_E_NO_MEMORY, "no memory for the watchdog");
    return start_thread(e, err);
}

void watchdog_stop(engine *e)
{
    watchdog *w = &e->watchdog;

    if (!w->is_running) return;
    pthread_mutex_lock(&w->lock);
    w->has_to_end = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    w->is_running = false;
}
