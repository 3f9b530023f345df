/* SPDX-License-Identifier: MIT
 *
 * Taking a plugin out of a run.
 *
 * From then on it is not called, and nothing that it sends has an effect: in its seat stands the
 * absent plugin of its kind.
 *
 *   strategy     does nothing. Its working orders are canceled; with on_fault = "flatten" its
 *                positions are closed, and what a late fill adds to them
 *   model        publishes nothing. What it has published is stale
 *   risk         lets through what reduces a position, and no more. Trading is halted
 *   optimizer    gives no weights. Trading is halted
 *   execution    works no order: its parents are ended. Trading is halted
 *
 *   venue        takes no order, and asks for nothing. Its orders are UNKNOWN. Trading is halted
 *
 * A venue is absent only where it was stopped for a new build, and neither could be started. Any
 * other fault of a venue, or of a sink, ends the run: it fails.
 *
 * It is on record (qn_fault) at once, and what follows from it happens when the queue is worked
 * off, behind the call under way. A run that is done again takes the plugin out at the same place,
 * though it may do well this time: in place of a call, behind as many effects in a call, or
 * between two events. Only strikes are not taken from the record: the same plugin sends the same.
 *
 * A reload of another build lifts it. */
#ifndef QUOIN_ENGINE_FAULT_H
#define QUOIN_ENGINE_FAULT_H

#include <quoin/decision.h>

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct instance;

#define FAULTS_TOLD 64u /* of one run, the last ones */

/* A plugin that was taken out, for reports. */
typedef struct fault_told {
    qn_fault record;
    bool is_over; /* another build was put to work */
} fault_told;

/* A call that crashes behind what it sends: the event that it answers, in which run. Kept in the
 * store as the value "fault.within", for whoever does the run again. */
#define FAULTS_APART 32u
typedef struct fault_call {
    uint64_t run, cause_seq;
} fault_call;

typedef struct faults {
    fault_told told[FAULTS_TOLD];
    uint32_t ntold;
    uint64_t n;        /* in all */
    uint64_t last_seq; /* of the last one's record */
    fault_call apart[FAULTS_APART];
    uint32_t napart;
} faults;

/* What an instance is to be taken out for as soon as all that was recorded is done again. */
typedef struct fault_plan {
    uint32_t reason; /* QN_FAULT_; 0 = nothing is planned */
    int32_t code;
    char why[sizeof((qn_fault *)0)->why];
} fault_plan;

/* Take an instance out of the run, for reason QN_FAULT_ and an error code. `why` is for people, and
 * is copied; NULL = the code's meaning. On the engine's thread: in a call of the instance, directly
 * behind the fault of another one, or between two events (engine.is_attending). Nothing is done
 * when it is out already, and while a run is done again that tells its faults itself. */
void fault_take_out(struct engine *e, struct instance *in, uint32_t reason, int32_t code,
                    const char *why);

/* The same, before the run or between two events of a replay: as soon as the journal is at its end,
 * before the instance is called again. In a new run: before its first event. */
void fault_plan_out(struct engine *e, struct instance *in, uint32_t reason, int32_t code,
                    const char *why);

/* What the instance sent was refused with `code`. Where that is a strike (the table in fault.c) it
 * is counted; the config says how many take the instance out. Behind the record of the refusal. */
void fault_strike(struct instance *in, int32_t code);

/* Why an instance is out; "" when it is not. */
const char *fault_why(const struct instance *in);
/* Another build sits in the seat now: it gets a new chance. */
void fault_lift(struct instance *in);

/* ------------------------------------------------------------------ for the engine */

/* A run that is done again watches each call. Before the first event. */
void faults_begin(struct engine *e);
/* It has come to the end of the journal. */
void faults_go_live(struct engine *e);
/* Between two events: what is planned. */
void faults_attend(struct engine *e);
/* What follows from a fault: its turn in the queue has come. */
void fault_follow(struct engine *e, const qn_event *ev);
/* A recorded fault of a run whose books are made again; and of the end of one. */
void fault_book(struct engine *e, const qn_fault *record);
void fault_book_reload(struct engine *e, const qn_reload *record);
/* If the journal goes on with a fault between two events, it is done. */
bool fault_again(struct engine *e);
/* Around each call of one that is watched. Before: true if it was taken out here, and is not called
 * any more. Behind: what the call returned. One in which it was taken out had no answer then: that
 * of a build which does well now does not count. */
bool fault_before(struct instance *in);
int32_t fault_behind(struct instance *in, int32_t rc);
/* Of an instance that is out, or watched: true if what it sends now is not to count. */
bool fault_stops(struct instance *in);
/* The calls that answer this event are made so that they can be left (apart.h). */
void fault_expect(struct engine *e, uint64_t cause_seq);
/* True if the call that is to come is one of those. */
bool fault_is_apart(const struct instance *in);
/* Within a call that can be left, behind an effect: leaves it if that was the last one. */
void fault_leave(struct instance *in);

/* seat.c */

/* Put into the seat who is called: the plugin, who watches it, or the absent one. */
void fault_seat(struct instance *in);
/* What follows when an instance is absent from now on: orders, features, halt. */
void seat_is_left(struct engine *e, struct instance *in, uint64_t cause);

#endif
