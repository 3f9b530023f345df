/* SPDX-License-Identifier: MIT
 *
 * What an operator asks of a run while it goes on. A command is asked for from any thread, waits in
 * a queue that is bounded, and is done on the engine's thread between two events, in its order.
 * It becomes a record (qn_command) before it has an effect, with who asked and when; what it brings
 * about names it as its cause. A run that is done again does its commands again, at their sequence
 * numbers, so it is the same run.
 *
 *   halt      what would add to a position is canceled, and denied from now on
 *   resume    trading is allowed again, and the store's halt is lifted
 *   cancel    asks for the end of working orders; exits stay, which only guard what is held
 *   flatten   the same, then a market order against each position of a strategy. They pass the risk
 *             chain as orders of that strategy, and are denied where they would add to the
 *             account's position while trading is halted
 *   stop      the run ends as it does at the end of a signal
 *   reload, promote, rollback   reload.h
 *   set       parameters of a plugin: set.h
 *   call      a command of a plugin's own (<quoin/command.h>): what was given is checked before it
 *             is put on record, then it is called. While a new build is beside the one at work both
 *             are called; a new build that lacks the command, or fails in it, is given up
 *
 * Asking for the state of a run is no command: it changes nothing and leaves no record. */
#ifndef QUOIN_ENGINE_COMMAND_H
#define QUOIN_ENGINE_COMMAND_H

#include "engine.h"
#include "foreign/command.h"
#include "set.h"

#include <pthread.h>

#define COMMANDS_WAITING 64u /* in the queue at most */
#define COMMANDS_AT_ONCE 8u  /* done between two events at most: the others wait for the next one */

/* ------------------------------------------------------------------ the state of a run */

/* X(NAME, name, meaning) */
#define PLUGIN_STATE_LIST(X)                                                                       \
    X(ACTIVE, "active", "it is at work, alone")                                                    \
    X(LOADING, "loading", "a new build is being loaded")                                           \
    X(SHADOW, "shadow", "a new build is beside it, and compared")                                  \
    X(PROBATION, "probation", "a new build was put to work, the one before is beside it")          \
    X(OUT, "out", "it was taken out of the run")

#define PLUGIN_STATE_ENUM(NAME, name, meaning) PLUGIN_##NAME,
enum { PLUGIN_STATE_LIST(PLUGIN_STATE_ENUM) PLUGIN_STATES };
#undef PLUGIN_STATE_ENUM

const char *plugin_state_name(uint32_t state);

typedef struct plugin_state {
    const char *id, *kind;
    char class_id[128], version[64];
    char sha256[SHA256_HEX]; /* of the build whose word counts */
    uint32_t state;          /* PLUGIN_ */
    uint64_t epoch;          /* builds that were put to work after the first */
    uint64_t events;      /* calls that gave it one; a sink: the last record that it has stored */
    uint64_t faults;      /* errors that it returned */
    uint64_t missed;      /* a sink: records that were left out for it */
    uint64_t strikes;     /* of this build: what it sent that was wrong */
    uint64_t over_budget; /* calls that took longer than its soft budget */
    char why[128];        /* PLUGIN_OUT: why; else "" */
    char values[SET_VALUES]; /* of its parameters that were set, as config_changes */
    uint32_t timers;         /* pending */
    uint64_t samples;        /* calls that were timed; without any the times below mean nothing */
    int64_t p50_ns, p99_ns;
} plugin_state;

typedef struct position_state {
    const char *strategy;
    const qn_instrument *instrument;
    int64_t qty;
} position_state;

#define POSITIONS_TOLD 1024u

/* The run between two events. Texts that are pointers live as long as the engine. */
typedef struct engine_state {
    run_status status;
    int64_t now;    /* engine time, ns */
    int64_t run_ns; /* wall time since the first event */
    engine_counts counts;
    bool is_again; /* a resume has not come to the journal's end yet */
    bool is_halted;
    bool is_judged, is_tainted; /* signatures are looked at; what is unsigned has run */
    qn_halt halt;
    const char *halted_by;  /* id of a risk module, or "host" */
    uint64_t working;       /* orders */
    int64_t p50_ns, p99_ns; /* dispatch of sampled events */
    uint32_t nplugins;
    plugin_state *plugins; /* room for engine_plugins() */
    uint32_t npositions;   /* that are not 0; more than POSITIONS_TOLD are counted, and not told */
    position_state positions[POSITIONS_TOLD];
} engine_state;

/* Room for the state of this run; NULL when out of memory. Freed by state_free. */
engine_state *engine_state_new(const engine *e);
void engine_state_free(engine_state *s);

/* ------------------------------------------------------------------ asking */

#define ENGINE_ASK_STATE 0u /* in place of a QN_COMMAND_: fill in `state` */

/* A command. It is the asker's, and must not be touched from engine_post until `done` is called. */
typedef struct engine_command {
    uint32_t verb;          /* QN_COMMAND_, or ENGINE_ASK_STATE */
    uint32_t uid, pid;      /* who asks */
    int64_t wall_ts;        /* when */
    char target[64];        /* cancel, flatten: id of a strategy, "" = all; else id of a plugin */
    engine_reload reload;   /* reload: file, mode, shadow, probation; the rest is filled in here */
    engine_state *state;    /* ENGINE_ASK_STATE */
    char value[WORDS_TEXT]; /* call: name and arguments; set: what is set */

    /* Is told once, on the engine's thread: QN_OK, or why nothing was done; of a reload when it is
     * put to work or refused. It is short, does not block, and may free the command. */
    void (*done)(struct engine_command *c, int32_t code, const char *why);
    void *ctx;
    bool is_begun;    /* of a reload: it was asked for, and what came of it is told; for `done` */
    uint32_t norders; /* that it asked the end of, or sent; for `done` */
    command_result result;   /* of a call that did not fail; for `done` */
    qn_err failure;          /* of one that did: what the plugin says */
    char values[SET_VALUES]; /* of a set: what of the plugin is set now; for `done` */
    struct engine_command *next;
} engine_command;

/* Ask for a command, from any thread, between engine_start and engine_free.
 * QN_OK: done will be called; QN_E_FULL: too many wait; QN_E_CANCELED: the run is over. On error
 * done is not called. */
int32_t engine_post(engine *e, engine_command *c, qn_err *err);

/* ------------------------------------------------------------------ for the engine */

/* Guarded by `lock`. */
typedef struct commands {
    pthread_mutex_t lock;
    engine_command *first, **last;
    uint32_t nwaiting;
    bool is_closed;
    set_ready set; /* the engine thread's: between the check of a set and its turn */
} commands;

void commands_init(commands *c);
/* Between two events: does what waits. */
void commands_attend(struct engine *e);
/* The run is over: what waits is told so, and nothing is taken any more. */
void commands_close(struct engine *e);
void commands_end(commands *c);

/* What a recorded command did to the books without a record of its own. */
void commands_book(struct engine *e, const qn_command *record);
/* A run that is done again: if the journal goes on with an operator's command, or with a step of a
 * reload, it is done. */
bool commands_again(struct engine *e);

#endif
