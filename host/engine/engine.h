/* SPDX-License-Identifier: MIT
 *
 * The engine: one thread, one order of events, one writer of the books.
 *
 *   tape ─► venue matches ─► fills ─► ledger, mark ─► strategies ─► intents ─► orders ─► venue
 *   timers ────────────────────────────────────────────┘                           │
 *   queue ◄── reports, fills, payments ──────────────────────────────────────────────┘
 *
 * What a venue pushes waits in the queue and is sequenced behind the event under way, except
 * what it pushes while it matches a market event: that comes before the event. Nothing in
 * here knows a particular plugin, reads a clock for a decision, or allocates per event. */
#ifndef QUOIN_ENGINE_ENGINE_H
#define QUOIN_ENGINE_ENGINE_H

#include "base/hash.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "ledger/order.h"
#include "module/module.h"

#include <quoin/decision.h>

#include <signal.h>

typedef struct engine engine;

/* Who wants to know what happens: the report. Called on the engine's thread, after the books
 * have changed. All members may be NULL; arguments are borrowed for the call. */
typedef struct engine_observer {
    void *ctx;
    /* A fill was booked. `realized` is the strategy's profit by it before its fee. */
    void (*on_fill)(void *ctx, const qn_fill *fill, const order *o, int64_t realized);
    /* An order ended. */
    void (*on_order)(void *ctx, const order *o);
    /* The books were marked with a price of an instrument at market time `ts`. */
    void (*on_mark)(void *ctx, uint32_t instrument, int64_t price, int64_t ts);
    /* Funding was booked. */
    void (*on_payment)(void *ctx, const qn_payment *payment);
} engine_observer;

typedef enum engine_mode {
    ENGINE_TRADE,  /* a new run */
    ENGINE_RESUME, /* go on with a recorded run that has not ended */
    ENGINE_REPLAY, /* do a recorded run again, and compare each record; nothing is written */
    ENGINE_BOOKS   /* only book a recorded run again: no plugin is loaded */
} engine_mode;

typedef struct engine_options {
    int64_t from, to;            /* events with from < ts <= to; INT64_MIN, INT64_MAX = all */
    bool is_prefix;              /* the data goes on behind `to`: its end is not handled */
    const int64_t *cuts;         /* rising times at which the decision hash is noted */
    size_t ncuts;                /* at most ENGINE_CUTS */
    volatile sig_atomic_t *stop; /* set from outside to end the run; NULL = never */
    const char *plugin_dir;      /* searched behind the config's own folders; NULL = none */
    const char *cache_dir;       /* of module copies; NULL = the user's own */
    const char *version;         /* of the host, for the journal */
    struct store *store;         /* where the run is kept; NULL = nowhere. Outlives the engine */
    engine_mode mode;
    uint32_t run;    /* number of the recorded run, unless the mode is ENGINE_TRADE */
    bool with_sinks; /* the config's sinks are fed */
    bool watches;    /* plugins with watch = true are reloaded when their files change */
    bool goes_on;    /* ENGINE_REPLAY of a run that has not ended: behind its last record, too.
                          Nothing is kept of that */
    const struct quarantine *quarantine; /* builds that are not to be called; NULL = none */
    uint64_t crashed_at; /* ENGINE_RESUME: the event in whose call a plugin crashed; 0 = none */
    int64_t
        down_since; /* ENGINE_RESUME, steady clock: the engine before it died; 0 = by its start */
    const char *instead_file; /* a build that may be in no cache; NULL = none */
    bool lifts_halt;   /* ENGINE_TRADE: the store's halt ends with the beginning of this run */
    int64_t tape_from; /* ENGINE_BOOKS: where the recorded run's tape began; else ignored */
} engine_options;

#define ENGINE_CUTS 16

typedef enum run_status {
    RUN_COMPLETED,
    RUN_STOPPED,
    RUN_RUINED,
    RUN_HALTED,
    RUN_FAILED
} run_status;

const char *run_status_name(run_status status);

/* What came in and went out. */
typedef struct engine_counts {
    uint64_t events;    /* sequenced, of all kinds */
    uint64_t market;    /* of them from the tape */
    uint64_t late;      /* raised to the engine's time */
    uint64_t refused;   /* intents that were not let in */
    uint64_t faults;    /* errors that strategies returned */
    uint64_t strikes;   /* what plugins sent that was wrong */
    uint64_t anomalies; /* reports and fills of venues that do not fit the order's state */
    uint64_t submitted, accepted, filled, canceled, rejected, denied, expired;
    uint64_t fills, maker, taker;
    uint64_t features;    /* values that models and functions published */
    uint64_t not_finite;  /* results of functions that were none, and not published */
    uint64_t halts;       /* of trading */
    uint64_t snapshots;   /* taken */
    uint64_t allocations; /* made by the host while events flowed */
} engine_counts;

/* Build a run: load the plugins, fill in their parameters, open the catalog and the books.
 * Mistakes that come up are added to the config (ask config_mistakes) and give QN_E_INVALID;
 * a refused plugin gives its own code. On error *out is unchanged. `cfg` outlives the engine. */
int32_t engine_new(config *cfg, const engine_options *options, engine **out, qn_err *err);
void engine_free(engine *e);

/* Whom to tell. Before engine_run. */
void engine_observe(engine *e, const engine_observer *observer);

/* Bring up what the run needs: its place in the store, sinks, venues. On error nothing has run, and
 * nothing is left to be resumed. engine_run does it where it was not done. */
int32_t engine_start(engine *e, qn_err *err);

/* End the run in its store: behind its report, so that a death in between leaves a run that can be
 * resumed, and reported. A run whose store or sink has failed stays unfinished. */
int32_t engine_end(engine *e, qn_err *err);

/* Run to the end of the data, a stop, or ruin. On error the status is RUN_FAILED and the
 * books are as they were when it happened. */
int32_t engine_run(engine *e, qn_err *err);

/* In place of engine_run, of an engine that is built with ENGINE_BOOKS: the market event with this
 * number among those of the tape, from 1, with the engine time that it had if it came late. Numbers
 * do not fall from call to call. The event is valid until the next call, its seq 0.
 *
 * returns QN_OK; QN_E_GAP: there are not so many; QN_E_DAMAGED or QN_E_IO */
int32_t engine_find_market(engine *e, uint64_t number, const qn_event **out, qn_err *err);

/* ---- a new build of a plugin, while the run goes on */

#define ENGINE_RELOAD_SHADOW 10u /* calls, where nothing else is said */
#define ENGINE_RELOAD_PROBATION 100u

/* What is asked for. Texts are copied. */
typedef struct engine_reload {
    char id[64];     /* of the instance: a strategy, model, optimizer, risk module or execution */
    char file[4096]; /* "" = the file that the build at work came from */
    uint32_t mode;   /* QN_RELOAD_REFACTOR, ... */
    uint64_t shadow, probation; /* calls that it is beside the old build before and after */

    /* Is told once, on the engine's thread: QN_OK when the new build was put to work, or why it was
     * not, and the old one goes on. NULL = nobody asks. */
    void (*done)(void *ctx, int32_t code, const char *why);
    void *ctx;
} engine_reload;

/* Ask for a reload, from any thread, while the run goes on. They are done in their order.
 * QN_OK; QN_E_FULL: too many wait. */
int32_t engine_ask_reload(engine *e, const engine_reload *what, qn_err *err);

#define ENGINE_RELOAD_PROMOTE 1u  /* commit now; on probation: keep now */
#define ENGINE_RELOAD_ROLLBACK 2u /* on probation: the old build back to work; before: give it up */
/* Ask for the end of the step that a reload is in. From any thread. */
void engine_ask_reload_step(engine *e, uint32_t step);

/* p in 0..1 of how long events waited for the steps of reloads, ns; 0 when there were none. */
int64_t engine_reload_pause_ns(const engine *e, double p);

/* ---- what a report reads, before, during and after a run */

run_status engine_status(const engine *e);
const engine_counts *engine_count(const engine *e);
const ledger *engine_ledger(const engine *e);
int64_t engine_first_ts(const engine *e); /* market time at which the data begins, ns */
int64_t engine_last_ts(const engine *e);  /* engine time of the last event, >= the first */
/* The range that was asked for: from < ts <= to; INT64_MIN, INT64_MAX = no bound. */
int64_t engine_from(const engine *e);
int64_t engine_to(const engine *e);
int64_t engine_run_ns(const engine *e); /* wall time that events took, ns */
/* p in 0..1 of the sampled time from an event's arrival to the end of its dispatch, ns; 0 when
 * nothing was sampled. */
int64_t engine_dispatch_ns(const engine *e, double p);

/* SHA-256 over the books, as hex: orders aside, the same books have the same hash. */
int32_t engine_ledger_hash(const engine *e, char to[SHA256_HEX], qn_err *err);

/* The decision hash so far, or as noted at cut `i`, as hex. */
int32_t engine_decision_hash(const engine *e, char to[SHA256_HEX], qn_err *err);
const char *engine_cut_hash(const engine *e, size_t i);
/* The hash of the data that is read. */
int32_t engine_data_hash(const engine *e, char to[SHA256_HEX], qn_err *err);

uint32_t engine_instruments(const engine *e);
const qn_instrument *engine_instrument(const engine *e, uint32_t i);
/* Strategies are numbered from 1; 0 is the host itself. */
uint32_t engine_strategies(const engine *e);
const char *engine_strategy_id(const engine *e, uint32_t number);
uint32_t engine_venues(const engine *e);
const char *engine_venue_id(const engine *e, uint32_t i);

const char *engine_run_id(const engine *e);
/* The store's number of the run; 0 without a store. */
uint32_t engine_run_number(const engine *e);
/* Which start of a host with this store it is; 0 without a store. */
uint32_t engine_incarnation(const engine *e);
/* Time of the stages of sampled events: i-th stage, or NULL behind the last. */
typedef struct engine_stage {
    const char *name, *meaning;
    uint64_t n; /* samples */
    int64_t p50_ns, p99_ns;
} engine_stage;
bool engine_stage_at(const engine *e, uint32_t i, engine_stage *out);
/* Why trading is halted; NULL when it is not. The module's id stands in *module. */
const qn_halt *engine_halt(const engine *e, const char **module);

/* Plugins that were taken out of the run, in their order, the last ones of many: i-th record.
 * *is_over when another build of it was put to work. */
uint32_t engine_faults(const engine *e);
const qn_fault *engine_fault_at(const engine *e, uint32_t i, bool *is_over);
/* Commands of operators (qn_command) and steps of new builds (qn_reload), in their order, the last
 * ones of many. */
uint32_t engine_operations(const engine *e);
const qn_event *engine_operation_at(const engine *e, uint32_t i);
const char *fault_reason_name(uint32_t reason); /* "strikes"; "?" for none of QN_FAULT_LIST */
const char *fault_action_name(uint32_t action);
/* Calls that took longer than the soft budget of their plugin. */
uint64_t engine_over_budget(const engine *e);
/* Is a plugin out of the run now? */
bool engine_is_incomplete(const engine *e);

/* The plugins of the run: i-th instance's id, class and module. */
typedef struct engine_plugin {
    const char *id;
    const qn_class *cls;
    const module_info *module;
} engine_plugin;
uint32_t engine_plugins(const engine *e);

/* Has code run in this run that is not signed, and the policy is to tell? Never with "off". */
bool engine_is_tainted(const engine *e);
/* The same as the run's record and its report hold it: `policy`, `tainted`, `unsigned` (ids of
 * instances, the last two null with "off"). The caller's to free; NULL: out of memory. */
struct json_object *engine_trust(const engine *e);
engine_plugin engine_plugin_at(const engine *e, uint32_t i);

/* The functions of the config as the run's record and its report hold them: name, library, symbol,
 * signature and sha256 of each. The caller's to free; NULL: out of memory. */
struct json_object *engine_functions(const engine *e);

#endif
