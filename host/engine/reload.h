/* SPDX-License-Identifier: MIT
 *
 * Hot reload: a new build of a plugin takes the place of the one at work, between two events.
 *
 *   load       preflight, private copy, dlopen, create: on a thread of its own; the run goes on
 *   save       between two events: the one at work saves its state
 *   take over  the new one loads it, on that thread; calls are kept meanwhile (catchup.h)
 *   catch up   between events, a few at a time: the new one is given what was kept
 *   shadow     the new one sees each event behind the other one, and is compared with it (tee.h)
 *   commit     between two events: it is at work, and the old one shadows it
 *   keep       the old one is gone; before that, a rollback puts it back to work, unchanged
 *
 * Who reads changes, not what is read: no event is lost or comes twice. Orders, positions and
 * timers are the host's, and stay. Until the commit any failure leaves the build at work as if
 * nothing had been asked for.
 *
 * A sink has no state but its cursor: it is stopped, and the new one is started with that, on the
 * sink's thread (bus_replace); that is its commit. One that does not start is refused, and an
 * instance of the old build goes on.
 *
 * A venue is stopped, and the new one is started, in one step between two events (venue.c). All
 * that can fail is done before: the old one has saved its state, and the new one has loaded it; so
 * has another instance of the old build, to which the run goes back when the new one does not
 * start, or does not know what became of the orders (reconcile.h). Where that cannot serve either
 * trading is halted. On record are SAVE, with which the old one is stopped; COMMIT and KEEP, or
 * REFUSE; then what is booked of orders.
 *
 * Two of them go over in one step, between two events: an optimizer, whose calls cannot be kept
 * (tee_can_keep), and a build that asks the host, of a call that was kept, what the one at work had
 * not asked: nobody knows any more what the answer was.
 *
 * A run that is done again takes each step where its journal has it: builds are loaded by their
 * hash. A reload that was under way when the host died is given up: how much of its time had passed
 * died with it. */
#ifndef QUOIN_ENGINE_RELOAD_H
#define QUOIN_ENGINE_RELOAD_H

#include "bus.h"
#include "engine.h"
#include "tee.h"

#include <quoin/venue.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#define RELOADS_WAITING 16u
#define RELOAD_PAUSES 1024u /* of 1 us; the last one takes the rest */

typedef enum reload_phase {
    RELOAD_IDLE,
    RELOAD_LOADING,
    RELOAD_TAKING_OVER,
    RELOAD_CATCHING_UP,
    RELOAD_CHANGING, /* of sinks: one is stopped, the other one started, on its thread; of venues
                      * in a run that is done again: one is to be stopped */
    RELOAD_SHADOWED,
    RELOAD_ON_PROBATION
} reload_phase;

/* What the loading thread is to do next. */
typedef enum reload_job {
    LOAD_BUILD,
    LOAD_STATE,
    LOAD_AGAIN,
    LOAD_AFRESH,
    LOAD_NO_MORE
} reload_job;

/* The reload under way, and those that wait for it: one at a time.
 * `waiting`, `nwaiting` and `asked` are guarded by `lock`; the rest is the engine thread's, but for
 * what the loading thread writes until it sets is_loaded: module, body, code, err. It waits at
 * `turn` then, until `job` says what is next. */
typedef struct reloads {
    pthread_mutex_t lock;
    engine_reload waiting[RELOADS_WAITING];
    uint32_t nwaiting;
    uint32_t asked;     /* ENGINE_RELOAD_PROMOTE, ..._ROLLBACK; 0 = nothing */
    atomic_bool is_due; /* the engine thread is to look here between two events */
    int bell;           /* an eventfd: ends its sleep between two events of a paced run */

    reload_phase phase;
    engine_reload what;
    struct instance *seat;
    tee tee;

    pthread_t thread;
    bool has_thread;
    sem_t turn;
    _Atomic reload_job job;
    bool goes_at_once; /* the state goes over between two events, loaded on the engine's thread */
    uint32_t nsaves;   /* how often the state was saved */
    bytes_out state;   /* what was saved last */
    catchup later;
    atomic_bool is_loaded;
    int32_t code; /* of loading */
    qn_err err;
    struct module *module;  /* until it is one of the run's */
    struct module *adopted; /* then */
    bus_outcome outcome;    /* RELOAD_CHANGING, behind is_loaded */
    struct body *spare;     /* sink, venue: the old build once more, should the new one not start */
    qn_venue_info info;     /* of a venue: what the new build says to be */
    struct body *old, *body; /* the build from before, the new one */
    uint8_t build[32];       /* SHA-256 of the new one */
    bool is_unsigned;        /* nobody trusted has signed it, and somebody has looked */
    bool is_again;           /* its steps are those of a journal */
    pthread_mutex_t filling; /* one thread at a time reads parameters: the config notes mistakes */

    uint32_t pauses[RELOAD_PAUSES]; /* for how long events waited for a step, by us */
    uint64_t npauses;
} reloads;

int32_t reloads_init(reloads *r, qn_err *err);
/* Who waits for a reload is told that the run is over. */
void reloads_give_up(struct engine *e);
/* Ends what is under way: before the instances are freed. */
void reloads_end(struct engine *e);

/* Something is to be looked at between two events. From any thread. */
void engine_attend(struct engine *e);
/* Between two events: the next step of what is under way, or wanted. Nothing while a run is done
 * again. */
void reload_attend(struct engine *e);
/* Steps of the reload under way: on record, and done. reload.c takes them when they are due,
 * again.c when the journal has them. `code` and `why`: of a build that was refused, or not kept. */
void reload_shadow(struct engine *e);
void reload_commit(struct engine *e);
void reload_settle_on(struct engine *e, struct body *stays, uint32_t step, int32_t code);
void reload_roll_back(struct engine *e, int32_t code, const char *why);
/* A new build takes the seat of one that was taken out of the run: it starts anew, and there is
 * nothing to compare it with. */
void reload_take_seat(struct engine *e);
void reload_refuse(struct engine *e, int32_t code, const char *why);
void reload_record(struct engine *e, uint32_t step, int32_t code);
/* An instance of the adopted build that has seen nothing yet; then the state of the one at work,
 * where there is one, to it. */
int32_t reload_make_again(reloads *r, qn_err *err);
bool reload_has_state(const reloads *r);
int32_t reload_save_state(reloads *r, qn_err *err);
int32_t reload_load_state(const reloads *r, const struct body *to, qn_err *err);
/* One more instance of the build at work. */
int32_t reload_make_spare(reloads *r, qn_err *err);

/* again.c: what a recorded run did to its plugins. On the engine's thread. */

/* A run that is done again, between two events: the step that the journal has next. One that
 * cannot be done fails the run. */
void reload_again(struct engine *e, const qn_reload *record);
/* What the new build is still to see of the calls so far: at once, whatever the pace was. */
void reload_catch_up_again(struct engine *e);
/* The journal is at its end, and a reload is under way: it is given up. */
void reload_give_up_again(struct engine *e);
/* The books have come to a step of a reload. */
void reload_book(struct engine *e, const qn_reload *record);
/* Behind the books: the builds that were at work then are put to work, with what was set of them.
 * Their state is still to be loaded. */
int32_t reload_restore(struct engine *e, qn_err *err);

/* sink.c: have the new build take the place of the sink (RELOAD_CHANGING; is_loaded says when it is
 * done); then, who runs now sits in the seat, and the one that was stopped is freed. */
void sink_change(struct engine *e);
void sink_seat(reloads *r);

/* venue.c, on the engine's thread but for the first one: the new build, and a spare of the old one,
 * say what they are. All at once, between two events; then the parts of it that again.c takes when
 * the journal has them: states go over; the new one serves, or the old one does again, or none. */
int32_t venue_make_ready(reloads *r, qn_err *err);
void venue_change(struct engine *e);
int32_t venue_hand_over(struct engine *e, qn_err *err);
int32_t venue_take_over(struct engine *e, qn_err *err);
void venue_go_back(struct engine *e, int32_t code, const char *why);

static inline bool reload_is_due(const reloads *r)
{
    return atomic_load_explicit(&r->is_due, memory_order_relaxed);
}

#endif
