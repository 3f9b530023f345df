/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/log.h"
#include "supervise/crash.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int32_t reloads_init(reloads *r, qn_err *err)
{
    pthread_mutex_init(&r->lock, NULL);
    r->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return r->bell >= 0 ? QN_OK : fail_errno(err, "cannot make an eventfd");
}

void engine_attend(engine *e)
{
    uint64_t one = 1;

    atomic_store_explicit(&e->reloads.is_due, true, memory_order_release);
    /* it fails when it has been rung 2^64 times, and then it rings */
    if (write(e->reloads.bell, &one, sizeof one) < 0) return;
}

/* ------------------------------------------------------------------ what is asked for */

int32_t engine_ask_reload(engine *e, const engine_reload *what, qn_err *err)
{
    reloads *r = &e->reloads;
    int32_t rc = QN_OK;

    pthread_mutex_lock(&r->lock);
    if (r->nwaiting == RELOADS_WAITING)
        rc = fail(err, QN_E_FULL, "%u reloads wait already", RELOADS_WAITING);
    else
        r->waiting[r->nwaiting++] = *what;
    pthread_mutex_unlock(&r->lock);
    if (rc == QN_OK) engine_attend(e);
    return rc;
}

void engine_ask_reload_step(engine *e, uint32_t step)
{
    pthread_mutex_lock(&e->reloads.lock);
    e->reloads.asked = step;
    pthread_mutex_unlock(&e->reloads.lock);
    engine_attend(e);
}

static bool take_waiting(reloads *r)
{
    bool has_one;

    pthread_mutex_lock(&r->lock);
    has_one = r->nwaiting > 0;
    if (has_one) {
        r->what = r->waiting[0];
        memmove(&r->waiting[0], &r->waiting[1], --r->nwaiting * sizeof r->waiting[0]);
        r->asked = 0;
    }
    pthread_mutex_unlock(&r->lock);
    return has_one;
}

static uint32_t take_asked(reloads *r)
{
    uint32_t asked;

    pthread_mutex_lock(&r->lock);
    asked = r->asked;
    r->asked = 0;
    pthread_mutex_unlock(&r->lock);
    return asked;
}

/* ------------------------------------------------------------------ on record */

static void record_step(engine *e, uint32_t step, int32_t code)
{
    reloads *r = &e->reloads;
    qn_reload record = {
        .hdr = {.size = sizeof record, .type = QN_EVENT_RELOAD, .instrument = QN_NO_INSTRUMENT},
        .epoch = r->seat->epoch,
        .step = step,
        .mode = r->what.mode,
        .code = code,
        .events = r->tee.events};

    memcpy(record.build, r->build, sizeof record.build);
    snprintf(record.id, sizeof record.id, "%s", r->seat->id);
    record_put(e, &record.hdr);
    record_publish(e);
}

static void tell(reloads *r, int32_t code, const char *why)
{
    if (r->what.done) r->what.done(r->what.ctx, code, why);
    r->what.done = NULL;
}

/* ------------------------------------------------------------------ loading, on its own thread */

/* A new build must take over what the one at work remembers. */
static int32_t check_class(const instance *seat, const qn_class *cls, qn_err *err)
{
    uint32_t now = seat->live->cls->schema;

    if (!cls) return fail(err, QN_E_UNKNOWN_NAME, "it has no class %s", seat->live->cls->id);
    if (strcmp(cls->kind, seat->kind) != 0)
        return fail(err, QN_E_TYPE, "its %s is of kind %s, not %s", cls->id, cls->kind, seat->kind);
    if (now && (now < cls->schema_min || now > cls->schema))
        return fail(err, QN_E_STATE,
                    "it loads state of layouts %u to %u, and the build at work has layout %u",
                    cls->schema_min, cls->schema, now);
    return QN_OK;
}

static int32_t load_body(engine *e, reloads *r, qn_err *err)
{
    instance *seat = r->seat;
    const char *file = r->what.file[0] ? r->what.file : module_about(seat->live->module)->path;
    const qn_class *cls;
    int32_t rc;

    if ((rc = module_load(file, &e->loading, &r->module, err)) != QN_OK) return rc;
    cls = module_class(r->module, seat->live->cls->id);
    if ((rc = check_class(seat, cls, err)) != QN_OK) return rc;
    if ((rc = body_new(seat, r->module, cls, &r->body, err)) != QN_OK) return rc;
    instance_name(seat, SLOT_ROW_CANDIDATE, r->body);
    rc = config_fill(e->cfg, seat->node, seat->params, &cls->params, r->body->self);
    if (rc != QN_OK) {
        config_take_mistakes(e->cfg, err);
        return rc;
    }
    return body_create(r->body, err);
}

static void *load_thread(void *arg)
{
    engine *e = arg;
    reloads *r = &e->reloads;

    r->err = (qn_err)QN_ERR_INIT;
    crash_thread_begin();
    r->code = load_body(e, r, &r->err);
    crash_thread_end();
    atomic_store_explicit(&r->is_loaded, true, memory_order_release);
    engine_attend(e);
    return NULL;
}

/* ------------------------------------------------------------------ steps, between two events */

/* Nothing is under way any more. */
static void idle(engine *e)
{
    reloads *r = &e->reloads;

    r->phase = RELOAD_IDLE;
    r->seat = NULL;
    r->old = r->body = NULL;
    r->module = NULL;
    r->tee = (tee){0};
    if (r->nwaiting) engine_attend(e); /* a look without the lock: asking attends as well */
}

/* Its module is the run's, and closed with its last body, once it was adopted. */
static void drop_new_build(reloads *r)
{
    body_free(r->body);
    if (r->module) module_close(r->module);
    r->body = NULL;
    r->module = NULL;
}

static void refuse(engine *e, int32_t code, const char *why)
{
    reloads *r = &e->reloads;

    if (r->seat) {
        if (r->seat->tee) tee_end(&r->tee);
        record_step(e, QN_RELOAD_REFUSE, code);
        log_line(LOG_WARNING, "%s was not reloaded: %s [%s]", r->seat->id, why, error_name(code));
    }
    drop_new_build(r);
    tell(r, code, why);
    idle(e);
}

/* A strategy may be called as a venue is: the one that can be reloaded is meant. */
static instance *find_seat(const engine *e, const char *id)
{
    instance *found = NULL;

    for (uint32_t i = 1; i < e->nowners; i++)
        if (strcmp(e->owners[i]->id, id) == 0 && !(found && found->table_at)) found = e->owners[i];
    return found;
}

static void begin(engine *e)
{
    reloads *r = &e->reloads;
    sigset_t all;
    sigset_t before;
    int failed;

    if (!take_waiting(r)) return;
    memset(r->build, 0, sizeof r->build);
    r->seat = find_seat(e, r->what.id);
    if (!r->seat) {
        tell(r, QN_E_UNKNOWN_NAME, "the run has no plugin of that id");
        idle(e);
        return;
    }
    if (!r->seat->table_at) {
        refuse(e, QN_E_UNSUPPORTED, "venues and sinks are stopped and started, not reloaded");
        return;
    }
    atomic_store_explicit(&r->is_loaded, false, memory_order_relaxed);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&r->thread, NULL, load_thread, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        refuse(e, QN_E_NO_MEMORY, "no thread to load it on");
    else
        r->phase = RELOAD_LOADING;
}

/* The state of the build at work goes over to the new one, as bytes. */
static int32_t hand_over(engine *e, qn_err *err)
{
    const body *from = e->reloads.seat->live;
    const body *to = e->reloads.body;
    bytes_out saved = {0};
    qn_stream out = bytes_stream_out(&saved);
    bytes_in loaded;
    qn_stream in;
    qn_err why = QN_ERR_INIT;
    uint32_t before;
    int32_t rc = QN_OK;

    if (!from->cls->save || !to->cls->load) return QN_OK; /* it starts anew, and says so */
    before = call_begin(e, from->seat, SLOT_CALL_SAVE);
    rc = from->cls->save(from->self, &out, &why);
    call_end(e, before);
    if (rc == QN_OK) rc = bytes_check(&saved, &why);
    if (rc == QN_OK) {
        loaded = bytes_reader(saved.data, saved.used);
        in = bytes_stream_in(&loaded);
        before = slot_enter(e->slot, SLOT_ROW_CANDIDATE, SLOT_CALL_LOAD_STATE);
        rc = to->cls->load(to->self, from->cls->schema, &in, &why);
        call_end(e, before);
        if (rc == QN_OK) rc = bytes_in_end(&loaded, &why);
    }
    bytes_free(&saved);
    return rc == QN_OK ? rc : fail(err, rc, "its state did not go over: %s", error_text(&why, rc));
}

/* In a refactor both builds do the same, and it is all one whose answers count: the old one's do as
 * long as it is there, so that one which differs after all has no effect. */
static void commit(engine *e)
{
    reloads *r = &e->reloads;

    r->seat->epoch++;
    record_step(e, QN_RELOAD_COMMIT, QN_OK);
    if (r->what.mode != QN_RELOAD_REFACTOR) tee_swap(&r->tee);
    r->tee.events = r->tee.differences = 0;
    r->tee.limit = r->what.probation;
    r->phase = RELOAD_ON_PROBATION;
    tell(r, QN_OK, "");
    if (r->what.probation == 0) engine_attend(e);
}

/* It is loaded: from here on it is beside the build at work. */
static void shadow(engine *e)
{
    reloads *r = &e->reloads;
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    pthread_join(r->thread, NULL);
    if (r->module) taint_note(e, r->seat, r->module);
    if (r->code != QN_OK) {
        refuse(e, r->code, r->err.msg);
        return;
    }
    module_hash(r->module, r->build);
    if ((rc = module_adopt(e, r->module, &err)) == QN_OK) {
        r->module = NULL; /* the body's from now on */
        rc = hand_over(e, &err);
    }
    r->old = r->seat->live;
    if (rc == QN_OK) rc = tee_begin(&r->tee, r->seat, r->body, r->what.mode, r->what.shadow);
    if (rc != QN_OK) {
        refuse(e, rc, error_text(&err, rc));
        return;
    }
    record_step(e, QN_RELOAD_SHADOW, QN_OK);
    r->phase = RELOAD_SHADOWED;
    if (r->what.mode == QN_RELOAD_FORCE || r->what.shadow == 0) commit(e);
}

static void watch_shadow(engine *e)
{
    reloads *r = &e->reloads;
    uint32_t asked = take_asked(r);

    if (r->tee.is_broken)
        refuse(e, r->tee.code, r->tee.why);
    else if (asked == ENGINE_RELOAD_ROLLBACK)
        refuse(e, QN_E_CANCELED, "it was given up");
    else if (asked == ENGINE_RELOAD_PROMOTE || r->tee.events >= r->tee.limit)
        commit(e);
}

/* One build stays, the other one goes for good. */
static void settle_on(engine *e, body *stays, uint32_t step, int32_t code)
{
    reloads *r = &e->reloads;
    body *goes = r->tee.first == stays ? r->tee.second : r->tee.first;

    if (r->tee.first != stays) tee_swap(&r->tee);
    tee_end(&r->tee);
    record_step(e, step, code);
    if (step == QN_RELOAD_ROLLBACK) fault_lift(r->seat);
    body_free(goes);
    idle(e);
}

static void roll_back(engine *e, int32_t code, const char *why)
{
    reloads *r = &e->reloads;

    r->seat->epoch++;
    log_line(LOG_WARNING, "%s: its build from before the reload is at work again: %s [%s]",
             r->seat->id, why, error_name(code));
    settle_on(e, r->old, QN_RELOAD_ROLLBACK, code);
}

static void watch_probation(engine *e)
{
    reloads *r = &e->reloads;
    uint32_t asked = take_asked(r);

    if (r->tee.is_broken)
        roll_back(e, r->tee.code, r->tee.why);
    else if (asked == ENGINE_RELOAD_ROLLBACK)
        roll_back(e, QN_OK, "asked for");
    else if (asked == ENGINE_RELOAD_PROMOTE || r->tee.events >= r->tee.limit)
        settle_on(e, r->body, QN_RELOAD_KEEP, QN_OK);
}

static void note_pause(reloads *r, int64_t begun)
{
    uint64_t us = (uint64_t)(clock_steady() - begun) / 1000;

    r->pauses[us < RELOAD_PAUSES ? us : RELOAD_PAUSES - 1]++;
    r->npauses++;
}

int64_t engine_reload_pause_ns(const engine *e, double p)
{
    const reloads *r = &e->reloads;
    uint64_t seen = 0;

    for (uint32_t i = 0; i < RELOAD_PAUSES && r->npauses; i++) {
        seen += r->pauses[i];
        if ((double)seen >= p * (double)r->npauses) return (int64_t)i * 1000 + 1000;
    }
    return 0;
}

void reload_attend(engine *e)
{
    reloads *r = &e->reloads;
    int64_t begun = clock_steady();
    reload_phase before = r->phase;

    atomic_store_explicit(&r->is_due, false, memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    switch (r->phase) {
    case RELOAD_IDLE:
        begin(e);
        break;
    case RELOAD_LOADING:
        if (atomic_load_explicit(&r->is_loaded, memory_order_acquire)) shadow(e);
        break;
    case RELOAD_SHADOWED:
        watch_shadow(e);
        break;
    case RELOAD_ON_PROBATION:
        watch_probation(e);
        break;
    }
    if (r->phase != before) note_pause(r, begun); /* a step, and not a look in passing */
}

void reloads_give_up(engine *e)
{
    reloads *r = &e->reloads;

    tell(r, QN_E_CANCELED, "the run is over");
    pthread_mutex_lock(&r->lock);
    for (uint32_t i = 0; i < r->nwaiting; i++)
        if (r->waiting[i].done)
            r->waiting[i].done(r->waiting[i].ctx, QN_E_CANCELED, "the run is over");
    r->nwaiting = 0;
    pthread_mutex_unlock(&r->lock);
}

void reloads_end(engine *e)
{
    reloads *r = &e->reloads;

    if (r->phase == RELOAD_LOADING) {
        pthread_join(r->thread, NULL);
        if (r->module) taint_note(e, r->seat, r->module);
    }
    if (r->phase >= RELOAD_SHADOWED) {
        tee_end(&r->tee);
        body_free(r->seat->live == r->body ? r->old : r->body);
    } else {
        drop_new_build(r);
    }
    if (r->phase != RELOAD_IDLE) tell(r, QN_E_CANCELED, "the run is over");
    r->phase = RELOAD_IDLE;
    while (take_waiting(r))
        tell(r, QN_E_CANCELED, "the run is over");
    pthread_mutex_destroy(&r->lock);
    if (r->bell >= 0) close(r->bell);
}
