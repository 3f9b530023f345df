/* SPDX-License-Identifier: MIT
 *
 * The engine's structs, shared by its files:
 *   build.c      config -> instruments, books, streams
 *   plugins.c    config -> instances
 *   instance.c   one plugin instance and its host table
 *   engine.c     the loop: time, order, dispatch
 *   run.c        start and end of a run
 *   read.c       what a report reads of it
 *   record.c     the one door: each event and decision is numbered, hashed, journaled, told
 *   feature.c    models and what they publish
 *   function.c   functions of libraries, computed on bars
 *   intent.c     what strategies push
 *   portfolio.c  signals -> weights -> targets
 *   history.c    returns for the optimizer
 *   risk.c       the chain of risk modules, the halt, the books as plugins see them
 *   budget.c     what was approved; the only calls of a venue that can add to a position
 *   execution.c  parents and their children
 *   order.c      orders on their way out
 *   answer.c     what venues answer: the books change here
 *   journal.c    beginning and end of a run in its store; comparing a replay with it
 *   isolation.c  plugins in processes of their own
 *   header.c     what is written there of them
 *   replay.c     the books of a recorded run, without its plugins
 *   snapshot.c   the state of a run between two events
 *   bus.c        the stream that sinks read
 *   worker.c     the pool for slow work
 *   waiting.h    events and timers that wait: queue.c, timers.c
 *   reload.c     a new build takes the place of one at work
 *   sink.c       the same of a sink
 *   again.c      a recorded run does its reloads again
 *   recorded.c   the builds that a recorded run was begun with
 *   venue.c      the service of a venue, and a new build of it
 *   reconcile.c  what a venue says of its orders, held against the books
 *   set.c        parameters change while the run goes on
 *   tee.c        two builds in one seat, compared
 *   watch.c      builds whose files have changed are reloaded
 *   catchup.c    what a build that comes late has still to see
 *   fault.c      a plugin is taken out of the run
 *   seat.c       who is called in its place, and what follows from it
 *   apart.c      a call that can be left for good
 *   command.c    what operators ask for between two events
 *   state.c      what they are told of the run
 *   decision.c   the decision hash */
#ifndef QUOIN_ENGINE_INTERNAL_H
#define QUOIN_ENGINE_INTERNAL_H

#include "engine.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/store.h"
#include "supervise/slot.h"
#include "tape/tape.h"

#include "apart.h"
#include "bus.h"
#include "command.h"
#include "fault.h"
#include "function.h"
#include "isolation.h"
#include "operation.h"
#include "reconcile.h"
#include "reload.h"
#include "set.h"
#include "tee.h"
#include "waiting.h"
#include "watchdog.h"
#include "worker.h"

#include <quoin/sdk/record.h>

#include <quoin/execution.h>
#include <quoin/optimizer.h>
#include <quoin/risk.h>
#include <quoin/strategy.h>
#include <quoin/venue.h>

#include <string.h>

#define RUN_ID_TEXT 40
#define WORKERS 2u /* threads for slow work, at most */
#define NO_SLOT UINT32_MAX
#define NO_VENUE UINT32_MAX

#define TIMERS_PER_INSTANCE 4096u /* pending, or due at once at one engine time */
/* Of the whole run: half of the queue, so that canceling all of them cannot fill it. */
#define WORKING_ORDERS 8000u
#define ORDERS_PER_EVENT 1024u /* and changes, of one strategy between two market events */
#define CLASS_MODULES 64u      /* modules of one run */

/* ------------------------------------------------------------------ decisions */

/* Collects the decision hash; which records enter it, and how, stands in decision.c. */
typedef struct decisions {
    sha256 *hash;
    size_t used;
    unsigned char buffer[4096];
} decisions;

int32_t decisions_init(decisions *d, qn_err *err);
/* Adds a record, if it is one that decides. */
void decisions_add(engine *e, const qn_event *record);
int32_t decisions_hex(const decisions *d, char to[SHA256_HEX], qn_err *err);
void decisions_free(decisions *d);

/* ------------------------------------------------------------------ instances */

#define FEATURES_MAX 1024u /* of one run */

struct instance;

/* What one build of a plugin made of an instance. Its address is the qn_ctx that its host table
 * carries, so that host calls tell a build from another that is tried out beside it. */
typedef struct body {
    struct instance *seat;
    module *module;
    const qn_class *cls;
    void *self;
    bool is_created;
    arena arena; /* what it allocated */
    qn_host host;
    qn_setup setup;
} body;

/* One plugin instance of the config: its identity, its place in the run, and what belongs to it
 * whatever build is at work. */
typedef struct instance {
    engine *engine;
    const char *id;
    const char *kind;
    const config_node *node, *params; /* of the config */
    const char *isolation;            /* "none", "process", "group:NAME" */
    const char *file;                 /* that the config names, whatever build is at work */
    config *changed;                  /* its parameters, since some of them were set; else NULL */
    body *live;                       /* the build at work; NULL in ENGINE_BOOKS */
    const qn_class *cls;              /* = live->cls */
    void *self;                       /* = seated_self, or the instance where seat.c stands in */
    void *seated_self;                /* = live->self, or the tee that stands before it */
    const void *seated;               /* the table that goes with it */
    void *table_at;                   /* where its kind keeps the table that is called */
    tee *tee;                         /* another build is beside the one at work; else NULL */
    uint64_t epoch;                   /* builds that were put to work after the first */
    bool is_replaced;                 /* of a run whose books are booked again: by `build` */
    uint8_t build[32];                /* SHA-256 */
    arena arena;
    const qn_instrument **instruments;
    uint32_t ninstruments;
    uint32_t *slots;   /* by instrument number: place in the instance's list, or NO_SLOT */
    uint32_t owner;    /* number in engine.owners: whose a timer or a job is */
    uint32_t strategy; /* index in engine.strategies; NO_SLOT for other kinds */
    /* Gives it an event of its own: a timer, a result. NULL = its kind has none. */
    void (*deliver)(struct instance *in, qn_event *ev);
    bool sees_books;           /* may use QN_HOST_BOOKS */
    uint32_t features_known;   /* it may read features below this number */
    bool is_failing_told;      /* its first error was logged */
    bool is_unsigned;          /* a build that nobody trusted has signed ran in its place */
    uint64_t events, faults;   /* calls that gave it one; errors that they returned */
    struct stage_times *times; /* of those of sampled events */
    uint32_t ntimers;
    int64_t at_once_ts;   /* engine time that the count below belongs to */
    uint32_t at_once;     /* timers set then that were due at once */
    uint64_t sent;        /* effects that it has asked for: intents, features, timers, ... */
    uint32_t strikes;     /* of the build at work: what it sent that was wrong */
    config_budget budget; /* of one call; 0 = none */
    atomic_bool is_hung;  /* the watchdog: a call of it takes too long */
    atomic_uint_fast64_t over_budget; /* calls that took longer than the soft one */
    uint32_t fault_action;            /* QN_FAULT_ACTION_: what follows when it is taken out */
    fault_plan planned;
    apart *apart;            /* the call under way can be left; else NULL */
    bool is_out, is_watched; /* fault.h: who is called in its stead */
    uint64_t read_seq;       /* event in whose call the features below were read */
    uint32_t nread;
    qn_feature_read read[QN_FEATURES_READ]; /* a ring: the last ones count */
} instance;

/* A module that is loaded, and the bodies of its classes. */
typedef struct module_use {
    module *module;
    uint32_t uses;
} module_use;

/* What an instance is made of. */
typedef struct instance_spec {
    const char *id, *plugin; /* of the config: class id, or a file */
    const char *kind;
    const config_node *node, *params;
    const uint32_t *instruments; /* numbers */
    uint32_t ninstruments;
    const char *isolation; /* NULL = "none" */
} instance_spec;

static inline body *body_of(qn_ctx *ctx)
{
    return (body *)(void *)ctx;
}

/* Makes an instance: loads the module, fills in the parameters, does not create it yet. */
int32_t instance_init(instance *in, engine *e, const instance_spec *spec, qn_err *err);
/* Fill a plugin's struct of `room` bytes: an older one's is shorter than what was made for it. */
static inline void give_struct(void *to, uint32_t room, const void *made, size_t size)
{
    if (room >= size)
        memcpy(to, made, size); /* of a length that the compiler knows: no call */
    else
        memcpy(to, made, room);
}
void give_position(const position *p, uint32_t instrument, qn_position *out);
/* The second half of it, for a module that is entered: the class, a body in the seat, the
 * parameters. QN_E_INVALID: a mistake of the config. */
int32_t instance_take_class(instance *in, module *m, const char *plugin, qn_err *err);
void instance_free(instance *in);
/* The instance that is meant by an id; NULL: there is none. A strategy may be called as a venue or
 * a sink is: the strategy is meant. */
instance *instance_find(const engine *e, const char *id);

/* Makes a body for an instance: memory and host table. Its parameters are not filled in, and it is
 * not created yet. On error *out is unchanged. */
int32_t body_new(instance *seat, module *m, const qn_class *cls, body **out, qn_err *err);
int32_t body_create(body *b, qn_err *err);
/* A body with its parameters filled in, those of `values` or, where it is NULL, of the config, and
 * created. What its create asks for has no effect: it takes over. From any thread. A use of the
 * module is the caller's to give with it, or to give back on error; *out is then unchanged. */
int32_t body_make(instance *seat, config *values, module *m, const qn_class *cls, body **out,
                  qn_err *err);
void body_free(body *b); /* destroys what was created; NULL is fine */
void body_drop(body *b); /* the same from any thread; its module stays in use */
/* Whose row of the page of calls (slot.h) a body's are. */
uint32_t body_row(const body *b);
/* Have a body save its state behind what is in `to`; have one of the same class load what was saved
 * of layout `schema`. From any thread. An error says that the state did not go over. */
int32_t body_save(const body *b, bytes_out *to, qn_err *err);
int32_t body_load(const body *b, uint32_t schema, const bytes_out *state, qn_err *err);
/* Say whose calls those of a row are from now on. */
void instance_name(const instance *in, uint32_t row, const body *b);
/* Put a body to work in its seat. */
void instance_seat(instance *in, body *b);
/* Have calls of an instance go to another table of its kind, with what is in->self now. */
void seat_table(instance *in, const void *table);
/* Put a module that was loaded elsewhere among those of the run, in use by one body; and take one
 * use away: the last one closes it. */
int32_t module_adopt(engine *e, module *m, qn_err *err);
/* One more use of a module of the run. */
void module_share(engine *e, const module *m);
void module_give_back(engine *e, module *m);
/* Is its build in quarantine? */
bool module_is_barred(const engine *e, const module *m);
/* SHA-256 of its file. */
void module_hash(const module *m, uint8_t to[32]);

/* For functions of the host that plugins call. True: the call is answered, by what the build at
 * work was told or by nothing at all. False: go on as ever, and hand the result to tee_note. */
static inline bool tee_answer(const body *b, tee_call *c)
{
    return b->seat->tee && tee_answer_call(b->seat->tee, b, c);
}
/* Note a call of the build at work; returns its result. */
static inline int64_t tee_note(const body *b, tee_call *c, int64_t result)
{
    if (b->seat->tee) tee_note_call(b->seat->tee, c, result);
    return result;
}

/* An instance asks for an effect. False: it has none, for the instance is out of the run. */
static inline bool instance_may_send(instance *in)
{
    bool is_hung = atomic_load_explicit(&in->is_hung, memory_order_relaxed);

    if ((in->is_out || in->is_watched || is_hung) && fault_stops(in)) return false;
    in->sent++;
    return true;
}

/* The error that names the plugins of the run, for an id that none of them has. */
int32_t command_no_plugin(const engine *e, const char *id, qn_err *err);

/* Call a plugin's command on one of its builds. QN_OK, or why not. */
int32_t command_of_body(const body *b, const qn_command *record, command_result *out, qn_err *err);

/* What it asked for is done: behind the last of it a call that is known to crash is left. */
static inline int64_t instance_has_sent(instance *in, int64_t result)
{
    if (in->apart) fault_leave(in);
    return result;
}

/* Logs the first error of an instance and counts all. */
void instance_fault(instance *in, int32_t rc);

/* recorded.c: a recorded run is done again with the builds that it was begun with, though files of
 * the config may hold others by now. */

/* By the number of the instance, from 0; "" = not known. */
typedef struct recorded_builds {
    const char *const *builds; /* SHA-256, hex */
    uint32_t n;
} recorded_builds;

/* Read them from the header of the run: nothing of a new one, or of a run of another config. */
int32_t recorded_read(engine *e, qn_err *err);
/* The build that an instance was begun with, where its file is not that one; else NULL. */
const char *recorded_other(const engine *e, uint32_t number, const char *path);
/* Load a build by its SHA-256: from the bundle of a crash that has it, else from the module cache.
 * Its signature was looked at when it came into the run. QN_OK; what module_load_cached returns. */
int32_t recorded_load(const engine *e, const char *hash, const module_door *door, module **out,
                      qn_err *err);

/* ------------------------------------------------------------------ the run */

typedef struct model {
    instance in;
    const qn_model *table;
    qn_model_out out;
    uint32_t first; /* number of its first feature */
    uint32_t nfeatures;
} model;

/* The features of all models. values[feature x instruments + instrument]. */
typedef struct features {
    const char **names; /* "vol.ewma", by number */
    uint32_t n;
    qn_feature *values; /* size 0 = never published */
} features;

/* An opinion that a strategy holds on an instrument, and the weight it was given for it. */
typedef struct line {
    uint32_t strategy; /* index */
    uint32_t instrument;
    uint32_t column; /* in the optimizer's returns */
    double strength, confidence;
    int64_t valid_to; /* engine time up to which the signal counts */
    int64_t stop_loss, take_profit;
    uint64_t signal_seq; /* output that it came with; 0 = none counts */
    double weight;       /* as last given */
} line;

/* The portfolio route. Lines are the instruments of its strategies, in config order. */
typedef struct portfolio {
    instance in;
    const qn_optimizer *table; /* NULL = the config has no optimizer */
    line *lines;
    uint32_t nlines;
    uint32_t *columns; /* instrument of each column */
    uint32_t ncolumns;
    int64_t rebalance, min_trade;
    qn_line *asked; /* by line: what the optimizer is asked */
    double *weights;
    qn_weight *records;
    double values[QN_ALLOCATION_VALUES];
    uint32_t nvalues;
    /* returns: a ring of `need.nreturns` rows, and the prices that the next one starts from */
    qn_history_need need;
    int64_t next_sample; /* engine time; INT64_MAX = none is needed */
    uint64_t sampled_at; /* count of market events at the last sample */
    int64_t *prices;     /* by column; 0 = none yet */
    double *rows;        /* the ring, then a copy in order, then the covariance */
    double *ordered;
    double *covariance;
    uint64_t nsampled; /* rows ever written */
} portfolio;

typedef struct risk_module {
    instance in;
    const qn_risk *table;
    qn_risk_out out;
    uint32_t number; /* from 1 */
} risk_module;

typedef struct execution {
    instance in;
    const qn_execution *table; /* NULL = orders are sent as they were approved */
    qn_child_out out;
} execution;

typedef struct strategy {
    instance in;
    const qn_strategy *table;
    qn_out out;
    uint32_t number;    /* index + 1: in order ids and in the ledger */
    bool is_portfolio;  /* its signals go to the optimizer */
    uint64_t counter;   /* of its orders */
    uint64_t outputs;   /* of its intents */
    uint64_t burst_seq; /* market event that the count below belongs to */
    uint32_t burst;     /* orders and changes sent in answer to it */
    int64_t capital;    /* share of the equity, 10^-8 */
} strategy;

typedef struct venue {
    instance in;
    const qn_venue *table;
    qn_venue_info info;
    qn_venue_out out;
    const config_venue *config;
    qn_account *accounts; /* what it is started with */
    const body *started;  /* the build that serves; NULL = none does */
    reconcile *asked;     /* what it pushes is an answer; else NULL */
} venue;

/* Who gets the events of a stream. */
typedef struct subscriber {
    strategy *strategy;
    uint32_t slot;
} subscriber;

typedef struct listener {
    model *model;
    uint32_t slot;
} listener;

typedef struct stream {
    uint32_t instrument;
    uint32_t venue;                      /* index of the venue that matches on it, or NO_VENUE */
    uint32_t venue_slot;                 /* the instrument's place in that venue's list */
    uint32_t first, n;                   /* its run in engine.subscribers */
    uint32_t first_listener, nlisteners; /* its run in engine.listeners */
    uint32_t first_use, nuses;           /* its run in engine.functions.uses */
    bool is_executed;                    /* the execution algorithm sees it, too */
    const account *account;              /* the ledger's, which settles the instrument */
} stream;

/* Quantities of approved orders that are not filled yet, exits left out. */
typedef struct open_quantity {
    int64_t buying, selling;
} open_quantity;

typedef struct halt_state {
    bool is_halted;
    bool has_to_cancel; /* what adds to a position may still be working */
    bool has_to_tell;   /* nobody has heard of it yet */
    int64_t *kept;      /* by instrument: what is left working to reduce; of halt_cancel alone */
    qn_halt why;
} halt_state;

typedef struct replay replay;

#define CHECKPOINT_MASK 0xffffu /* a checkpoint every 65,536 market events */

/* Times of sampled events are counted in buckets: of 8 ns below 2 us, above that 32 for each power
 * of two, so of at most 1 / 32 of the time, up to 34 s; the last one takes the rest. */
#define LATENCY_BUCKETS 1024u
uint32_t latency_bucket(int64_t ns);
int64_t latency_middle(uint32_t bucket); /* ns */

/* Where the time of a sampled event goes. X(NAME, name, meaning) */
#define STAGE_LIST(X)                                                                              \
    X(VENUE, "venue", "matching, and booking what was filled")                                     \
    X(FUNCTIONS, "functions", "features of libraries' functions")                                  \
    X(MODELS, "models", "features")                                                                \
    X(STRATEGIES, "strategies", "strategies, and all that their intents bring about")              \
    X(OPTIMIZER, "optimizer", "weights")                                                           \
    X(RISK, "risk", "the risk chain, for one order")                                               \
    X(EXECUTION, "execution", "the execution algorithm, and all that its children bring about")    \
    X(SUBMIT, "submit", "handing one order to its venue")                                          \
    X(JOURNAL, "journal", "one record: number, hash, journal, sinks")

#define STAGE_ENUM(NAME, name, meaning) STAGE_##NAME,
enum { STAGE_LIST(STAGE_ENUM) STAGES };
#undef STAGE_ENUM

typedef struct stage_times {
    uint64_t n;
    uint32_t buckets[LATENCY_BUCKETS];
} stage_times;

struct engine {
    config *cfg;
    call_slot *slot; /* of the thread that runs it: who is being called */
    const config_run *run;
    engine_options options;
    module_options loading; /* how all modules of the run are loaded */
    recorded_builds recorded;
    struct json_object *trust_was; /* is_books: what the recorded run's record says of it */
    engine_observer observer;

    /* what the run is made of; fixed once built */
    arena arena;
    module_index *index;
    module_use modules[CLASS_MODULES];
    uint32_t nmodules;
    catalog *catalog;
    qn_instrument *instruments;
    uint32_t ninstruments;
    uint32_t *venue_of; /* by instrument */
    venue *venues;
    uint32_t nvenues;
    model *models;
    uint32_t nmodels;
    strategy *strategies;
    uint32_t nstrategies;
    portfolio portfolio;
    risk_module *risk;
    uint32_t nrisk;
    execution execution;
    instance *sinks;
    uint32_t nsinks;
    instance **owners; /* by instance.owner; [OWNER_HOST] is NULL */
    uint32_t nowners, most_owners;
    stream *streams;
    tape_stream *sources;
    uint32_t nstreams;
    subscriber *subscribers;
    listener *listeners;
    int64_t live_from; /* events up to here only warm up */

    /* what changes with each event */
    tape *tape;
    ledger *ledger;
    orders *orders;
    open_quantity *open; /* by instrument */
    event_queue queue;
    timers timers;
    pool *pool;
    reloads reloads;
    isolation isolation;
    commands commands;
    faults faults;
    operations operations;
    watchdog watchdog;
    atomic_uint_fast64_t steps; /* of the loop: the watchdog tells calls apart by it */
    decisions decisions;
    features features;
    functions functions;
    halt_state halt;
    qn_verdict granted; /* the last approval: what the next order stands on */
    uint64_t cause;     /* sequence number of the event that a plugin is answering */
    store *store;       /* NULL = nothing is kept */
    replay *replay;     /* NULL = records are new, else they are compared */
    bus *bus;           /* NULL = no sink */
    char run_id[RUN_ID_TEXT];
    uint32_t incarnation;
    uint32_t run_number;  /* in the store */
    uint64_t loop_seq;    /* the last one before the end of the data was handled */
    uint64_t snapshot_at; /* count of market events at which the next one is due */
    uint64_t seq;
    int64_t now;       /* engine time */
    int64_t market_ts; /* market time of the event under way */
    int64_t check_ts;  /* from here on the slow checks of the loop have something to do */
    bool is_live;      /* past the warm-up */
    bool has_ended;    /* strategies are off */
    bool is_books;     /* a recorded run is booked again: no plugin is called */
    bool is_started;
    bool is_attending;     /* between two events: to what others ask for */
    bool stays_unfinished; /* in its store: a resume has something to make good */
    bool is_cut_short;     /* the replay has come to the end of a run that has none */
    bool has_unpublished;  /* records that would not survive the process */
    bool is_sampled;       /* this event's stages are timed */
    int32_t failed;        /* an error inside a callback that could not return it */
    qn_err failure;

    /* what it was like */
    run_status status;
    engine_counts counts;
    int64_t tape_from;             /* where the tape was opened, warm-up included */
    int64_t pace_from, pace_begun; /* real pace counts from this engine time at that moment */
    int64_t first_ts, last_ts, started, run_ns;
    size_t cut;
    char cuts[ENGINE_CUTS][SHA256_HEX];
    uint32_t latency[LATENCY_BUCKETS];
    stage_times stages[STAGES];
};

/* engine.c */
void engine_fail(engine *e, int32_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Applies everything that waits, in its order; what that brings about waits behind it. */
void engine_drain(engine *e);
/* What a market event does to the books, behind its fills. */
void engine_mark(engine *e, const stream *s, const qn_event *ev);
/* Market time of an event of the tape. */
int64_t engine_market_time(const qn_event *ev);
/* Engine time goes on to that of an event of the tape. */
void engine_set_time(engine *e, qn_event *ev);
/* When something began that is timed; 0 = it is not. */
static inline int64_t time_begin(bool is_sampled)
{
    return is_sampled ? clock_steady() : 0;
}
/* Times a stage of a sampled event. */
static inline int64_t stage_begin(const engine *e)
{
    return time_begin(e->is_sampled);
}
void stage_note(engine *e, uint32_t stage, int64_t begun);
static inline void stage_end(engine *e, uint32_t stage, int64_t begun)
{
    if (begun) stage_note(e, stage, begun);
}

/* The end of an event: all that it brought about has happened, and is on record. */
void engine_settle(engine *e);
/* Counts a call that gave an instance an event, and times it where that is sampled. */
void instance_note(instance *in, int64_t begun);
static inline void instance_end(instance *in, int64_t begun)
{
    in->events++;
    if (begun) instance_note(in, begun);
}

/* Around each call of an instance on the engine's thread, so that a crash has a name. `call` is a
 * SLOT_CALL_; what call_begin returns goes to call_end. */
static inline uint32_t call_begin(const engine *e, const instance *in, uint32_t call)
{
    return slot_enter(e->slot, in->owner, call);
}
static inline void call_end(const engine *e, uint32_t before)
{
    slot_leave(e->slot, before);
}

/* From the first event to the last, or until the run is stopped. */
int32_t engine_loop(engine *e, qn_err *err);

/* record.c */

/* Take an event or a decision into the run: it gets its sequence number and the engine's time,
 * enters the decision hash, the journal and the stream of the sinks. */
void record_put(engine *e, qn_event *record);
/* Make what was recorded survive the process: before an order leaves, and behind each event. */
void record_publish(engine *e);

/* build.c */

/* QN_OK, or QN_E_INVALID when the config has collected mistakes: asked at the end of a phase. */
int32_t build_mistakes(const engine *e, qn_err *err);
/* An instrument's number by its name, or NO_SLOT. */
uint32_t build_find_instrument(const engine *e, const char *name);
/* The stream of an instrument and data type: the one that is there, or a new one. */
stream *build_get_stream(engine *e, uint32_t instrument, data_type data);

/* plugins.c: load all plugins of the config, then create them. */
int32_t build_instances(engine *e, qn_err *err);
int32_t create_instances(engine *e, qn_err *err);

/* feature.c */
int32_t features_build(engine *e, qn_err *err);
void model_deliver(instance *in, qn_event *ev);
/* Publish a value that was found good, up to an engine time. */
void feature_put(engine *e, uint32_t feature, uint32_t instrument, double value, int64_t valid_to);
int32_t model_publish(void *ctx, uint32_t instrument, uint32_t feature, double value,
                      int64_t valid_ns);
/* The work of its class for the pool; NULL when it has none. */
const qn_work *instance_work(const instance *in);
extern const qn_host_features features_extension;
extern const qn_host_worker worker_extension;

/* instance.c */

/* Equity of the account that settles `instrument`, times the strategy's capital share, money. */
int64_t strategy_equity(const engine *e, const strategy *s, uint32_t instrument);

/* intent.c: qn_out.push */
int64_t intent_push(void *ctx, const qn_intent *intent);
void strategy_deliver(instance *in, qn_event *ev);
/* Record that an output, or a weight, came to nothing. Returns the code. */
int64_t intent_refuse(engine *e, const strategy *s, uint32_t instrument, uint64_t output,
                      int32_t code);
/* QN_OK, or what an intent would be refused with whatever the books are. */
int32_t intent_judge(const qn_intent *intent);
/* QN_OK, or QN_E_INTENT_VALUE for an order that makes no sense by itself. */
int32_t intent_check_order(const qn_order_intent *o);

/* portfolio.c */
int32_t portfolio_build(engine *e, qn_err *err);
int64_t portfolio_signal(engine *e, strategy *s, const qn_signal *signal, uint64_t output_seq);
/* The rebalance timer is due. */
void portfolio_rebalance(engine *e, const qn_timer *ev);
/* Its first timer, once events count. */
void portfolio_start(engine *e);
/* The exit of a position was filled: the signal that it belonged to is over. */
void portfolio_exit(engine *e, const order *o);

/* history.c */
int32_t history_build(engine *e, qn_err *err);
/* Take the samples that were due before `ts` (`or_at`: or at it). */
void history_sample(engine *e, int64_t ts, bool or_at);
/* Rows in order, oldest first; the covariance of them. Returns how many there are. */
uint32_t history_rows(portfolio *p);

/* risk.c */
typedef struct wish wish;
bool risk_approve(engine *e, const wish *w, qn_verdict *out);
void risk_event(engine *e, qn_event *ev);
int32_t risk_halt(void *ctx, uint32_t reason, double limit, double value);
void halt_set(engine *e, const qn_halt *why);
/* Trading is allowed again, and all are told. */
void halt_lift(engine *e);
/* A run that begins halted says so, as its first record. */
void halt_begin(engine *e);
/* Cancels what a halted engine may not leave working. Between two events. */
void halt_cancel(engine *e);
extern const qn_host_books books_extension;

/* budget.c: the only callers of qn_venue.submit and qn_venue.modify. */

/* QN_REASON_NONE if `budget` lets `o` go, `qty` of it, at engine time `now` with the instrument
 * at `mark`. */
uint32_t budget_check(const budget *b, const qn_order *o, int64_t qty, int64_t now, int64_t mark);
/* Hand an order to its venue. Without a budget that covers it the program aborts in a debug
 * build; in a release build the order is not sent, and false is returned. */
bool budget_submit(engine *e, order *o);
/* Ask its venue for the values in o->asked. QN_OK, or what the venue returned; QN_E_BUDGET. */
int32_t budget_modify(engine *e, order *o);

/* execution.c */
int64_t execution_begin(engine *e, strategy *s, const wish *w, const qn_verdict *verdict);
void execution_end(engine *e, order *parent, uint32_t state, uint32_t reason, uint64_t cause);
/* Ends the parents of a strategy (its number) in an instrument that work on `side`. True if there
 * was one. What their children have at the venue is canceled, and counts no more for targets. */
bool execution_end_side(engine *e, uint32_t number, uint32_t instrument, uint32_t side,
                        uint32_t reason, uint64_t cause);
void execution_deliver(instance *in, qn_event *ev);
int64_t child_send(void *ctx, const qn_child *child);
int32_t child_cancel(void *ctx, uint64_t order_id);
int32_t child_finish(void *ctx, uint64_t parent_id);

/* order.c */

/* An order that somebody wants, on its way to the risk chain. */
struct wish {
    qn_order_intent order;
    uint64_t cause; /* sequence number of the output, weight or event behind it */
    uint64_t order_id;
    uint32_t strategy; /* number */
    uint32_t stage;    /* QN_STAGE_ */
    uint64_t parent;   /* a child's */
    bool is_worked;    /* by the execution algorithm, if there is one */
    bool is_closing;   /* made by the host at the end of the data: not asked about */
};
int64_t order_send(engine *e, strategy *s, wish *w);
int64_t order_cancel(engine *e, strategy *s, const qn_cancel *cancel, uint64_t cause);
int64_t order_modify(engine *e, strategy *s, const qn_modify *modify, uint64_t cause);
/* Send or deny an order that was judged: the records, the books, the venue. */
int64_t order_submit(engine *e, strategy *s, const wish *w, const qn_verdict *verdict);
/* Ask for the end of an order, and say why: QN_OK, QN_E_INTENT_ORDER, or the venue's refusal. */
int32_t order_ask_cancel(engine *e, order *o, uint32_t reason, uint64_t cause);
/* Ask for the end of all working orders of a strategy, or of all (NULL). Exits are left: they
 * only guard what is held, and end with it. Returns how many. */
uint32_t order_cancel_all(engine *e, const strategy *s, uint32_t reason, uint64_t cause);
/* A market order against what a strategy holds, and what its market orders will still make of it.
 * True if one was sent. */
bool order_close(engine *e, strategy *s, uint32_t instrument, uint64_t cause);
bool order_is_flooding(engine *e, strategy *s);
/* True if the run can take one more order, its exits, and all events that they may bring about. */
bool order_has_room(const engine *e);
/* Ends every order, then closes positions where the venue says so. */
void order_end_all(engine *e);

/* venue.c */

static inline bool instance_is_venue(const instance *in)
{
    return in->table_at && strcmp(in->kind, QN_KIND_VENUE) == 0;
}
/* It decides, and does nothing else: calls and parameters reach it between two events. */
static inline bool instance_is_pure(const instance *in)
{
    return in->table_at && !instance_is_venue(in);
}
/* What a build says to be, once, behind its create: refused is what this host cannot run. */
int32_t venue_describe(const body *b, qn_venue_info *out, qn_err *err);
/* Start a build, with what its accounts hold now; *err has a reason. Stop the one that serves. */
int32_t venue_start(venue *v, const body *b, qn_err *err);
void venue_stop(venue *v);
/* Behind the books: another build than that of the config serves from here on. */
int32_t venue_restore(instance *in, body *b, qn_err *err);
/* Nobody knows any more what becomes of its orders. */
void venue_lose_orders(engine *e, const instance *in);
extern const qn_venue venue_absent;

/* answer.c */
int32_t venue_push(void *ctx, const qn_event *ev);
/* Put an event of a venue into the queue. QN_OK, QN_E_FULL, QN_E_INVALID. */
int32_t answer_put(engine *e, const qn_event *ev);
/* Takes an event of a venue, or the host's own word, into the run, and tells its owners. */
void answer_event(engine *e, qn_event *ev);
/* Books a report, a fill or a payment. False if it does not fit: nobody is told. */
bool answer_apply(engine *e, const qn_event *ev);
order *apply_submit(engine *e, const qn_submit *s);
order *apply_parent(engine *e, const qn_parent *p);
void apply_request(engine *e, const qn_request *r);
void apply_output(engine *e, const qn_output *o);
/* Counts, and logs the first ones. */
void answer_anomaly(engine *e, uint64_t id, const char *what);
/* The host's own word on an order, in the order of events. */
void answer_tell(engine *e, const order *o, uint32_t state, uint32_t reason);

/* journal.c */

void run_id_make(int64_t now, char to[RUN_ID_TEXT]);

/* How far a sink has come in this run: 0 = not yet begun. */
int32_t cursor_load(const engine *e, uint32_t sink, uint64_t *seq, qn_err *err);
int32_t cursor_save(void *ctx, uint32_t sink, uint64_t seq, qn_err *err); /* bus_options.save */

/* Begin the run in its store, or take up the recorded one: after this, records are written or
 * compared. QN_OK without a store. */
int32_t journal_begin(engine *e, qn_err *err);
/* End it: the footer is written. A run whose store has failed stays unfinished. */
int32_t journal_end(engine *e, qn_err *err);
/* A replay must have come to the end that was recorded. */
int32_t journal_compare_end(const engine *e, qn_err *err);

/* taint.c: on the engine's thread. A module's code ran as an instance's. True if it is unsigned. */
bool taint_note(engine *e, instance *in, const module *m);
/* What a recorded run says of itself is true of the run that goes on, or is reported. `footer`
 * NULL: it has none. */
void taint_recall(engine *e, const char *header, const char *footer);

int32_t replay_open(engine *e, const store_run *run, qn_err *err);
void replay_close(replay *r);
/* Hold a record against the journal's next one. False if it is a new one: a resume has come to the
 * journal's end, and it is to be put there. */
bool replay_compare(engine *e, qn_event *record);
/* The next record of the journal, NULL at its end. */
const qn_event *replay_next(const replay *r);
void replay_advance(engine *e);
/* A resume has come to the end of the journal: from here on records are new. */
void replay_go_live(engine *e);
/* True if the recorded run was stopped from outside at this sequence number. */
bool replay_stops_at(const replay *r, uint64_t seq);
/* The last sequence number of the recorded run; UINT64_MAX if it has not ended. */
uint64_t replay_last_seq(const replay *r);

/* replay.c: book records and the tape up to sequence number `to`. */
int32_t books_replay(engine *e, uint64_t to, qn_err *err);

/* read.c */
int64_t stage_percentile(const stage_times *t, double p);

/* state.c */
void state_fill(const engine *e, engine_state *out);

/* snapshot.c */

/* The id of a plugin that cannot save its state; NULL when all can. */
const char *snapshot_hindrance(const engine *e);
/* Take one. Between two events. */
void snapshot_take(engine *e);
/* Bring the run to where its last snapshot was taken; nothing to do where there is none. */
int32_t snapshot_restore(engine *e, qn_err *err);

#endif
