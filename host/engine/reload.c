/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/log.h"
#include "base/nearest.h"
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
    sem_init(&r->turn, 0, 0);
    pthread_mutex_init(&r->filling, NULL);
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

void reload_record(engine *e, uint32_t step, int32_t code)
{
    reloads *r = &e->reloads;
    qn_reload record = {
        .hdr = {.size = sizeof record, .type = QN_EVENT_RELOAD, .instrument = QN_NO_INSTRUMENT},
        .epoch = r->seat->epoch,
        .step = step,
        .mode = r->what.mode,
        .code = code,
        .is_unsigned = r->is_unsigned,
        .events = r->tee.events};

    memcpy(record.build, r->build, sizeof record.build);
    snprintf(record.id, sizeof record.id, "%s", r->seat->id);
    record_put(e, &record.hdr);
    operation_keep(e, &record.hdr);
    record_publish(e);
}

static void tell(reloads *r, int32_t code, const char *why)
{
    if (r->what.done) r->what.done(r->what.ctx, code, why);
    r->what.done = NULL;
}

/* ------------------------------------------------------------------ loading, on its own thread */

/* What a build holds in place of the class that is meant. */
static int32_t no_class(const module *m, const char *id, qn_err *err)
{
    const char *names[MODULE_CLASSES];
    char hint[HINT_TEXT];
    size_t n = 0;

    for (const qn_class *c; n < MODULE_CLASSES && (c = module_class_at(m, (uint32_t)n)); n++)
        names[n] = c->id;
    return fail(err, QN_E_UNKNOWN_NAME, "%s: it has no class %s, %s", module_about(m)->path, id,
                name_hint(id, names, n, hint));
}

/* A new build must take over what the one at work remembers. */
static int32_t check_class(const instance *seat, const qn_class *cls, qn_err *err)
{
    uint32_t now = seat->live->cls->schema;

    if (strcmp(cls->kind, seat->kind) != 0)
        return fail(err, QN_E_TYPE, "its %s is of kind %s, not %s", cls->id, cls->kind, seat->kind);
    if (now && (now < cls->schema_min || now > cls->schema))
        return fail(err, QN_E_STATE,
                    "it loads state of layouts %u to %u, and the build at work has layout %u",
                    cls->schema_min, cls->schema, now);
    return QN_OK;
}

static bool is_sink(const instance *in)
{
    return strcmp(in->kind, QN_KIND_SINK) == 0;
}

/* An instance of a build, which has seen nothing. */
static int32_t make_body(instance *seat, module *m, body **to, qn_err *err)
{
    const qn_class *cls = module_class(m, seat->live->cls->id);
    int32_t rc = cls ? check_class(seat, cls, err) : no_class(m, seat->live->cls->id, err);

    return rc == QN_OK ? body_make(seat, seat->changed, m, cls, to, err) : rc;
}

int32_t reload_make_spare(reloads *r, qn_err *err)
{
    return make_body(r->seat, r->seat->live->module, &r->spare, err);
}

static int32_t load_build(engine *e, reloads *r, qn_err *err)
{
    const char *file = r->what.file[0] ? r->what.file : r->seat->file;
    int32_t rc = catchup_open(&r->later, err);

    if (rc == QN_OK) rc = isolation_load(e, r->seat, file, NULL, &r->module, err);
    if (rc != QN_OK) return rc;
    if (module_is_barred(e, r->module))
        return fail(err, QN_E_QUARANTINED, "this build is in quarantine: it has crashed the host");
    rc = make_body(r->seat, r->module, &r->body, err);
    if (rc == QN_OK && is_sink(r->seat)) rc = reload_make_spare(r, err);
    if (rc == QN_OK && instance_is_venue(r->seat)) rc = venue_make_ready(r, err);
    return rc;
}

/* An instance loads a state once: for another one there is another instance. */
int32_t reload_make_again(reloads *r, qn_err *err)
{
    body_drop(r->body);
    r->body = NULL;
    return make_body(r->seat, r->adopted, &r->body, err);
}

int32_t reload_load_state(const reloads *r, const body *to, qn_err *err)
{
    return body_load(to, r->old->cls->schema, &r->state, err);
}

static int32_t do_job(engine *e, reloads *r, reload_job what, qn_err *err)
{
    int32_t rc = QN_OK;

    if (what == LOAD_BUILD) return load_build(e, r, err);
    if (what == LOAD_AGAIN || what == LOAD_AFRESH) rc = reload_make_again(r, err);
    return rc == QN_OK && what != LOAD_AFRESH ? reload_load_state(r, r->body, err) : rc;
}

static void *load_thread(void *arg)
{
    engine *e = arg;
    reloads *r = &e->reloads;
    reload_job what;

    while ((what = atomic_load(&r->job)) != LOAD_NO_MORE) {
        r->err = (qn_err)QN_ERR_INIT;
        crash_thread_begin();
        r->code = do_job(e, r, what, &r->err);
        crash_thread_end();
        atomic_store_explicit(&r->is_loaded, true, memory_order_release);
        engine_attend(e);
        while (sem_wait(&r->turn) != 0)
            ;
    }
    return NULL;
}

static void give_job(reloads *r, reload_job what)
{
    atomic_store_explicit(&r->is_loaded, false, memory_order_relaxed);
    atomic_store(&r->job, what);
    sem_post(&r->turn);
}

/* It ends by itself; who needs that waits for it. */
static void let_thread_end(reloads *r)
{
    if (r->has_thread && atomic_load(&r->job) != LOAD_NO_MORE) give_job(r, LOAD_NO_MORE);
}

static void end_thread(reloads *r)
{
    let_thread_end(r);
    if (r->has_thread) pthread_join(r->thread, NULL);
    r->has_thread = false;
}

/* ------------------------------------------------------------------ steps, between two events */

/* Nothing is under way any more. */
static void idle(engine *e)
{
    reloads *r = &e->reloads;

    end_thread(r);
    bytes_free(&r->state);
    r->phase = RELOAD_IDLE;
    r->is_again = false;
    r->seat = NULL;
    r->old = r->body = NULL;
    r->module = r->adopted = NULL;
    r->tee = (tee){0};
    if (r->nwaiting) engine_attend(e); /* a look without the lock: asking attends as well */
}

/* Its module is the run's, and closed with its last body, once it was adopted. */
static void drop_new_build(engine *e)
{
    reloads *r = &e->reloads;

    end_thread(r);
    body_drop(r->body);
    body_drop(r->spare);
    r->spare = NULL;
    if (r->adopted) module_give_back(e, r->adopted);
    if (r->module) module_close(r->module);
    r->body = NULL;
    r->module = r->adopted = NULL;
}

void reload_refuse(engine *e, int32_t code, const char *why)
{
    reloads *r = &e->reloads;

    if (r->seat) {
        if (r->seat->tee) tee_end(&r->tee);
        reload_record(e, QN_RELOAD_REFUSE, code);
        log_line(LOG_WARNING, "%s was not reloaded: %s [%s]", r->seat->id, why, error_name(code));
    }
    drop_new_build(e);
    tell(r, code, why);
    idle(e);
}

static void begin(engine *e)
{
    reloads *r = &e->reloads;
    sigset_t all;
    sigset_t before;
    int failed;

    if (!take_waiting(r)) return;
    memset(r->build, 0, sizeof r->build);
    r->is_unsigned = false;
    r->seat = instance_find(e, r->what.id);
    if (!r->seat) {
        tell(r, QN_E_UNKNOWN_NAME, "the run has no plugin of that id");
        idle(e);
        return;
    }
    atomic_store_explicit(&r->is_loaded, false, memory_order_relaxed);
    atomic_store(&r->job, LOAD_BUILD);
    r->goes_at_once = !tee_can_keep(r->seat);
    r->nsaves = 0;
    r->old = r->seat->live;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&r->thread, NULL, load_thread, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    r->has_thread = !failed;
    if (failed)
        reload_refuse(e, QN_E_NO_MEMORY, "no thread to load it on");
    else
        r->phase = RELOAD_LOADING;
}

/* In a refactor both builds do the same, and it is all one whose answers count: the old one's do as
 * long as it is there, so that one which differs after all has no effect. */
void reload_commit(engine *e)
{
    reloads *r = &e->reloads;

    r->seat->epoch++;
    reload_record(e, QN_RELOAD_COMMIT, QN_OK);
    if (r->what.mode != QN_RELOAD_REFACTOR) tee_swap(&r->tee);
    fault_lift(r->seat);
    r->tee.events = r->tee.differences = 0;
    r->tee.limit = r->what.probation;
    r->phase = RELOAD_ON_PROBATION;
    tell(r, QN_OK, "");
    if (r->what.probation == 0) engine_attend(e);
}

/* It has seen what the one at work has: from here on it is beside it. */
void reload_shadow(engine *e)
{
    reloads *r = &e->reloads;

    isolation_watch(e, r->body);
    reload_record(e, QN_RELOAD_SHADOW, QN_OK);
    tee_shadow(&r->tee, r->body, r->what.shadow);
    r->phase = RELOAD_SHADOWED;
}

static void shadow(engine *e)
{
    reloads *r = &e->reloads;

    let_thread_end(r);
    reload_shadow(e);
    if (r->what.mode == QN_RELOAD_FORCE || r->what.shadow == 0) reload_commit(e);
}

/* There is a state to go over: a class that has none starts anew, and says so. */
bool reload_has_state(const reloads *r)
{
    return r->old->cls->save && r->body->cls->load;
}

int32_t reload_save_state(reloads *r, qn_err *err)
{
    r->state.used = 0;
    if (!r->old->cls->save || (!r->body->cls->load && !r->spare)) return QN_OK;
    return body_save(r->old, &r->state, err);
}

/* What the build at work remembers now is what the new one begins with. */
static void save(engine *e)
{
    reloads *r = &e->reloads;
    bool is_first = r->nsaves++ == 0;
    qn_err err = QN_ERR_INIT;
    int32_t rc = reload_save_state(r, &err);

    if (rc == QN_OK) rc = tee_begin(&r->tee, r->seat, r->what.mode, &r->later);
    if (rc == QN_OK && r->goes_at_once && reload_has_state(r))
        rc = reload_load_state(r, r->body, &err);
    if (rc != QN_OK) {
        reload_refuse(e, rc, error_text(&err, rc));
        return;
    }
    catchup_begin(&r->later);
    reload_record(e, QN_RELOAD_SAVE, QN_OK);
    if (r->goes_at_once || !reload_has_state(r)) {
        shadow(e);
        return;
    }
    give_job(r, is_first ? LOAD_STATE : LOAD_AGAIN);
    r->phase = RELOAD_TAKING_OVER;
}

/* A sink has told what came of it. */
static void on_changed(engine *e)
{
    reloads *r = &e->reloads;

    sink_seat(r);
    if (r->outcome != BUS_CHANGED) {
        reload_refuse(e, r->code, r->err.msg);
        return;
    }
    r->seat->epoch++;
    reload_record(e, QN_RELOAD_COMMIT, QN_OK);
    tell(r, QN_OK, "");
    idle(e);
}

/* ------------------------------------------------------------------ a seat that is empty */

/* Why a build may not take the place of one that was taken out; NULL = it may. */
static const char *why_not(const reloads *r)
{
    uint8_t was[32];

    module_hash(r->seat->live->module, was);
    if (memcmp(was, r->build, sizeof was) == 0) return "this build was taken out of the run";
    if (r->what.mode != QN_RELOAD_FORCE)
        return "it was taken out of the run, so there is nothing to compare a new build with: ask "
               "for mode force";
    return NULL;
}

void reload_take_seat(engine *e)
{
    reloads *r = &e->reloads;
    instance *seat = r->seat;
    bool was_out = seat->is_out;

    r->old = seat->live;
    let_thread_end(r);
    isolation_watch(e, r->body);
    instance_seat(seat, r->body);
    seat->epoch++;
    reload_record(e, QN_RELOAD_COMMIT, QN_OK);
    fault_lift(seat);
    reload_record(e, QN_RELOAD_KEEP, QN_OK);
    body_free(r->old);
    if (was_out && !e->replay)
        log_line(LOG_WARNING, "%s is in the run again, with another build", seat->id);
    tell(r, QN_OK, "");
    idle(e);
}

/* The one at work was taken out of the run, and is not called any more. */
static void replace_absent(engine *e)
{
    const char *why = why_not(&e->reloads);

    if (why)
        reload_refuse(e, QN_E_QUARANTINED, why);
    else
        reload_take_seat(e);
}

/* ------------------------------------------------------------------ what is next */

/* The loading thread is through with the build, or with one more instance of it. */
static void on_loaded(engine *e)
{
    reloads *r = &e->reloads;
    qn_err err = QN_ERR_INIT;
    int32_t rc = r->code;

    if (r->module) {
        r->is_unsigned = taint_note(e, r->seat, r->module);
        if (rc == QN_OK) module_hash(r->module, r->build);
        if (rc == QN_OK && (rc = module_adopt(e, r->module, &err)) == QN_OK) {
            r->adopted = r->module;
            r->module = NULL;
        }
    }
    if (rc == QN_OK && is_sink(r->seat))
        sink_change(e);
    else if (rc == QN_OK && instance_is_venue(r->seat))
        venue_change(e);
    else if (rc == QN_OK && r->seat->is_out)
        replace_absent(e);
    else if (rc == QN_OK)
        save(e);
    else
        reload_refuse(e, rc, r->code == QN_OK ? error_text(&err, rc) : r->err.msg);
}

/* The calls that it would have to see are too many to be kept: it begins with a later state. */
static void begin_later(engine *e)
{
    reloads *r = &e->reloads;

    tee_end(&r->tee);
    if (r->nsaves < CATCHUP_TRIES)
        save(e);
    else
        reload_refuse(
            e, QN_E_FULL,
            "while it loads its state more happens than can be kept for it: reload it when "
            "less goes on, or make load faster");
}

static void on_taken_over(engine *e)
{
    reloads *r = &e->reloads;

    if (r->code != QN_OK) {
        reload_refuse(e, r->code, r->err.msg);
    } else if (r->tee.is_broken) { /* the build at work was taken out of the run */
        reload_refuse(e, r->tee.code, r->tee.why);
    } else if (r->later.is_overrun) {
        begin_later(e);
    } else {
        r->phase = RELOAD_CATCHING_UP;
        engine_attend(e);
    }
}

static void catch_up(engine *e)
{
    reloads *r = &e->reloads;
    bool is_through;

    if (r->later.is_overrun && !r->tee.is_broken) {
        begin_later(e);
        return;
    }
    is_through = tee_catch_up(&r->tee, r->body, CATCHUP_CALLS);
    if (r->tee.is_astray) { /* with a state of the moment it need not ask */
        tee_end(&r->tee);
        r->goes_at_once = true;
        give_job(r, LOAD_AFRESH);
        r->phase = RELOAD_LOADING;
    } else if (r->tee.is_broken) {
        reload_refuse(e, r->tee.code, r->tee.why);
    } else if (is_through) {
        shadow(e);
    } else {
        engine_attend(e);
    }
}

static void watch_shadow(engine *e)
{
    reloads *r = &e->reloads;
    uint32_t asked = take_asked(r);

    if (r->tee.is_broken)
        reload_refuse(e, r->tee.code, r->tee.why);
    else if (asked == ENGINE_RELOAD_ROLLBACK)
        reload_refuse(e, QN_E_CANCELED, "it was given up");
    else if (asked == ENGINE_RELOAD_PROMOTE || r->tee.events >= r->tee.limit)
        reload_commit(e);
}

/* One build stays, the other one goes for good. */
void reload_settle_on(engine *e, body *stays, uint32_t step, int32_t code)
{
    reloads *r = &e->reloads;
    bool comes_back = r->tee.first != stays;
    body *goes = comes_back ? r->tee.first : r->tee.second;

    if (comes_back) tee_swap(&r->tee);
    tee_end(&r->tee);
    reload_record(e, step, code);
    /* of a refactor: what was taken out is the build that stays */
    if (step == QN_RELOAD_ROLLBACK && comes_back) fault_lift(r->seat);
    body_free(goes);
    idle(e);
}

void reload_roll_back(engine *e, int32_t code, const char *why)
{
    reloads *r = &e->reloads;

    r->seat->epoch++;
    log_line(LOG_WARNING, "%s: its build from before the reload is at work again: %s [%s]",
             r->seat->id, why, error_name(code));
    reload_settle_on(e, r->old, QN_RELOAD_ROLLBACK, code);
}

/* The build from before can be put to work again: its guest has not died meanwhile. */
static bool can_go_back(const reloads *r)
{
    const guest *g = module_door_of(r->old->module);

    return !r->tee.is_committed || !g || guest_is_alive(g);
}

static void watch_probation(engine *e)
{
    reloads *r = &e->reloads;
    uint32_t asked = take_asked(r);

    if ((asked == ENGINE_RELOAD_ROLLBACK || r->tee.is_broken) && !can_go_back(r)) {
        log_line(LOG_WARNING, "%s: the build from before the reload has gone: the new one stays",
                 r->seat->id);
        reload_settle_on(e, r->body, QN_RELOAD_KEEP, QN_OK);
    } else if (r->tee.is_broken)
        reload_roll_back(e, r->tee.code, r->tee.why);
    else if (asked == ENGINE_RELOAD_ROLLBACK)
        reload_roll_back(e, QN_OK, "asked for");
    else if (asked == ENGINE_RELOAD_PROMOTE || r->tee.events >= r->tee.limit)
        reload_settle_on(e, r->body, QN_RELOAD_KEEP, QN_OK);
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

/* ------------------------------------------------------------------ what is due */

void reload_attend(engine *e)
{
    reloads *r = &e->reloads;
    int64_t begun = clock_steady();
    reload_phase before = r->phase;

    atomic_store_explicit(&r->is_due, false, memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    if (e->replay) { /* it attends again when it has come to the journal's end */
        reload_catch_up_again(e);
        return;
    }
    if (r->is_again) {
        reload_give_up_again(e);
        return;
    }
    switch (r->phase) {
    case RELOAD_IDLE:
        begin(e);
        break;
    case RELOAD_LOADING:
        if (atomic_load_explicit(&r->is_loaded, memory_order_acquire)) on_loaded(e);
        break;
    case RELOAD_TAKING_OVER:
        if (atomic_load_explicit(&r->is_loaded, memory_order_acquire)) on_taken_over(e);
        break;
    case RELOAD_CATCHING_UP:
        catch_up(e);
        break;
    case RELOAD_CHANGING:
        if (atomic_load_explicit(&r->is_loaded, memory_order_acquire)) on_changed(e);
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

    end_thread(r);
    if (r->module) taint_note(e, r->seat, r->module);
    if (r->seat && r->seat->tee) tee_end(&r->tee);
    if (r->phase == RELOAD_CHANGING && is_sink(r->seat))
        sink_seat(r); /* its thread has ended: it has told */
    if (r->phase >= RELOAD_SHADOWED)
        body_free(r->seat->live == r->body ? r->old : r->body);
    else
        drop_new_build(e);
    bytes_free(&r->state);
    catchup_close(&r->later);
    if (r->phase != RELOAD_IDLE) tell(r, QN_E_CANCELED, "the run is over");
    r->phase = RELOAD_IDLE;
    while (take_waiting(r))
        tell(r, QN_E_CANCELED, "the run is over");
    pthread_mutex_destroy(&r->lock);
    sem_destroy(&r->turn);
    pthread_mutex_destroy(&r->filling);
    if (r->bell >= 0) close(r->bell);
}
