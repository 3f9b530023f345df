/* SPDX-License-Identifier: MIT
 *
 * Decisions: what the host makes of events, step by step, as records with the header of an
 * event. The journal keeps them, sinks are given them, `quoin journal show` explains an order
 * by them. Each names the record that brought it about:
 *
 *   market event <- feature
 *              ^--- output (a strategy's intent) <- verdict <- submit <- report, fill
 *                      ^--- allocation <- weight <--'   ^--- parent <- verdict <- submit
 *
 * A timer, a fill or a worker's result can stand where the market event stands. `cause_seq` is
 * the sequence number of the cause; a feature has that of its cause and none of its own. */
#ifndef QUOIN_DECISION_H
#define QUOIN_DECISION_H

#include <quoin/event.h>
#include <quoin/intent.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A value that a model published. hdr.seq is that of the event which brought it about. */
typedef struct qn_feature_value {
    qn_event hdr;
    uint32_t feature; /* number in the run: place in the list of all features, from 0 */
    uint32_t rsv0;
    double value;     /* finite */
    int64_t valid_to; /* engine time up to which it counts; INT64_MAX = until the next one */
} qn_feature_value;

/* A feature as a strategy read it before it pushed an intent. */
typedef struct qn_feature_read {
    uint32_t feature; /* number in the run */
    uint32_t instrument;
    double value;
} qn_feature_read;

#define QN_FEATURES_READ 6u

/* A strategy pushed an intent: its members as they were pushed, those of other kinds zero. */
typedef struct qn_output {
    qn_event hdr;
    uint64_t cause_seq; /* event that the strategy was answering */
    uint64_t counter;   /* of the strategy's outputs, from 1 */
    uint32_t strategy;  /* number from 1 */
    uint32_t kind;      /* QN_INTENT_ */
    uint32_t side, type, tif, flags;
    int64_t qty; /* order, modify: as pushed; target: signed */
    int64_t price, trigger;
    int64_t expire_ts;
    int64_t stop_loss, take_profit;
    int64_t horizon;
    uint64_t order_id; /* cancel, modify */
    double strength, confidence;
    uint32_t nread; /* features read in the same call, the last QN_FEATURES_READ of them */
    uint32_t rsv0;
    qn_feature_read read[QN_FEATURES_READ];
} qn_output;

/* An output was not let in: nothing was sent. */
typedef struct qn_refusal {
    qn_event hdr;
    uint64_t cause_seq; /* the output, or the weight; 0 = it was too broken to be recorded */
    uint32_t strategy;
    int32_t code; /* QN_E_ */
} qn_refusal;

#define QN_ALLOCATION_VALUES 8u

/* The optimizer weighed the portfolio. */
typedef struct qn_allocation {
    qn_event hdr;
    uint64_t cause_seq; /* an output whose sign changed, or the timer of the rebalance */
    int32_t status;     /* QN_OK; else the weights stay as they were */
    uint32_t nlines;    /* strategies' instruments it was asked about */
    uint32_t nreturns;  /* periods of returns it was given */
    uint32_t nvalues;
    double values[QN_ALLOCATION_VALUES]; /* its diagnostics, in the order of its table */
} qn_allocation;

/* One line of an allocation: what became of a strategy's instrument. */
typedef struct qn_weight {
    qn_event hdr;
    uint64_t cause_seq;  /* the allocation */
    uint64_t signal_seq; /* the output that the signal is from; 0 = none counts now */
    uint32_t strategy;
    uint32_t rsv0;
    double strength, confidence; /* of the signal */
    double before, weight;       /* held when it was asked, and given */
    int64_t equity;              /* money: the account's, times the strategy's capital */
    int64_t price;               /* mantissa: what quantities were made of it with */
    int64_t target;              /* position to hold, signed, mantissa */
    int64_t held;                /* position and working orders, signed, mantissa */
    int64_t order;               /* what was asked for, signed, mantissa; 0 = nothing */
} qn_weight;

#define QN_ALLOW 1u
#define QN_REDUCE 2u
#define QN_REJECT 3u

/* The word of the risk chain on one order: the approval it gives is a budget. */
typedef struct qn_verdict {
    qn_event hdr;
    uint64_t cause_seq; /* output, weight, or the event an execution algorithm answered */
    uint64_t order_id;
    uint32_t strategy;
    uint32_t stage;  /* QN_STAGE_, or-ed */
    uint32_t action; /* QN_ALLOW, QN_REDUCE, QN_REJECT */
    uint32_t reason; /* QN_REASON_ of the module that decided */
    uint32_t module; /* its number from 1; 0 = no module objected, or the host decided */
    uint32_t side;
    int64_t asked, allowed; /* quantity, mantissa */
    int64_t price_bound;    /* worst price, mantissa; 0 = none */
    int64_t expire_ts;      /* engine time; INT64_MAX = never */
    double limit, value;    /* of the module that decided; 0 where its reason has none */
} qn_verdict;

/* An order was given to the execution algorithm (ACCEPTED), ended before it was filled
 * (CANCELED), or was filled (FILLED). The algorithm sees it, too. */
typedef struct qn_parent {
    qn_event hdr;
    uint64_t cause_seq; /* the verdict; at its end: what ended it */
    uint64_t order_id;
    uint32_t strategy;
    uint32_t state;  /* QN_ORDER_ */
    uint32_t reason; /* QN_REASON_ */
    uint32_t side;
    int64_t qty, filled;            /* mantissa */
    int64_t price_bound;            /* mantissa; 0 = none */
    int64_t expire_ts;              /* engine time; INT64_MAX = never */
    int64_t stop_loss, take_profit; /* exits that its children carry; 0 = none */
} qn_parent;

/* An order left for its venue; with state DENIED it did not, and ended here. */
typedef struct qn_submit {
    qn_event hdr;
    uint64_t cause_seq; /* the verdict */
    uint64_t parent_id; /* of an execution algorithm's child: the parent; 0 = no child */
    uint64_t entry_id;  /* of an exit: the order whose position it ends; 0 = no exit */
    uint32_t state;     /* QN_ORDER_SUBMITTED, QN_ORDER_DENIED */
    uint32_t reason;    /* QN_REASON_ of a denial */
    int64_t made_ts;    /* market time of the event that caused it */
    qn_order order;
} qn_submit;

/* A cancel or a change of an order left for its venue. */
typedef struct qn_request {
    qn_event hdr;
    uint64_t cause_seq;
    uint64_t order_id;
    uint32_t kind;               /* QN_INTENT_CANCEL, QN_INTENT_MODIFY */
    uint32_t reason;             /* cancel: QN_REASON_, why it was asked for */
    int64_t qty, price, trigger; /* modify: the values asked for */
} qn_request;

/* How far the tape was. */
typedef struct qn_checkpoint {
    qn_event hdr;
    uint64_t market_events;
    int64_t market_ts; /* of the last one */
} qn_checkpoint;

/* Steps of a reload. X(number, NAME, name, meaning) */
#define QN_RELOAD_STEP_LIST(X)                                                                     \
    X(1, SHADOW, "shadow", "it has caught up with the one at work, and sees every event after it") \
    X(2, COMMIT, "commit", "it is at work; the one before is still beside it")                     \
    X(3, KEEP, "keep", "its probation is over: the one before is gone")                            \
    X(4, ROLLBACK, "rollback", "the one before is at work again")                                  \
    X(5, REFUSE, "refuse", "it was not put to work")                                               \
    X(6, SAVE, "save", "it begins with the state that the one at work has here")

#define QN_RELOAD_STEP_ENUM(number, NAME, name, meaning) QN_RELOAD_##NAME = (number),
enum { QN_RELOAD_STEP_LIST(QN_RELOAD_STEP_ENUM) QN_RELOAD_STEPS = 7 };
#undef QN_RELOAD_STEP_ENUM

/* How a new build is judged while it is beside the one at work. X(number, NAME, name, meaning) */
#define QN_RELOAD_MODE_LIST(X)                                                                     \
    X(1, REFACTOR, "refactor", "it must answer each event as the other one does")                  \
    X(2, TUNE, "tune", "it may answer otherwise, but nothing that is refused")                     \
    X(3, FORCE, "force", "it is put to work at once")

#define QN_RELOAD_MODE_ENUM(number, NAME, name, meaning) QN_RELOAD_##NAME = (number),
enum { QN_RELOAD_MODE_LIST(QN_RELOAD_MODE_ENUM) QN_RELOAD_MODES = 4 };
#undef QN_RELOAD_MODE_ENUM

/* A step of a new build of a plugin. Between two events: those before it went to the build that was
 * at work then, those behind it go to the one that is now. */
typedef struct qn_reload {
    qn_event hdr;
    uint64_t epoch; /* of the instance: how many commits and rollbacks it has seen, this included */
    uint32_t step;  /* QN_RELOAD_ */
    uint32_t mode;  /* QN_RELOAD_ */
    int32_t code;   /* REFUSE, ROLLBACK: why; QN_OK = it was asked for */
    uint32_t is_unsigned; /* signatures are looked at, and the new build has none that counts */
    uint64_t events;      /* seen by both builds so far */
    uint8_t build[32];    /* SHA-256 of the new build's file */
    char id[64];          /* of the instance */
} qn_reload;

/* Why a plugin was taken out of a run. X(number, NAME, name, meaning) */
#define QN_FAULT_LIST(X)                                                                           \
    X(1, CRASHED, "crashed", "this build of it has crashed the process")                           \
    X(2, DIED, "died", "the process that it ran in has ended")                                     \
    X(3, HUNG, "hung", "a call of it took longer than its hard budget")                            \
    X(4, STRIKES, "strikes", "it has sent what is wrong too often")                                \
    X(5, QUARANTINED, "quarantined", "this build of it was in quarantine before the run began")    \
    X(6, STOPPED, "stopped", "a venue was stopped for a new build, and neither can be started")

#define QN_FAULT_ENUM(number, NAME, name, meaning) QN_FAULT_##NAME = (number),
enum { QN_FAULT_LIST(QN_FAULT_ENUM) QN_FAULTS = 7 };
#undef QN_FAULT_ENUM

/* What follows from it. X(number, NAME, name, meaning) */
#define QN_FAULT_ACTION_LIST(X)                                                                    \
    X(1, HOLD, "hold", "a strategy: its orders are canceled, its positions stay")                  \
    X(2, FLATTEN, "flatten", "a strategy: its orders are canceled, its positions are closed")      \
    X(3, HALT, "halt", "what all orders pass through: trading is halted")                          \
    X(4, STALE, "stale", "a model: what it has published counts no more")

#define QN_FAULT_ACTION_ENUM(number, NAME, name, meaning) QN_FAULT_ACTION_##NAME = (number),
enum { QN_FAULT_ACTION_LIST(QN_FAULT_ACTION_ENUM) QN_FAULT_ACTIONS = 5 };
#undef QN_FAULT_ACTION_ENUM

/* Where in the run it was. X(number, NAME, name, meaning) */
#define QN_FAULT_PLACE_LIST(X)                                                                     \
    X(1, BETWEEN, "between", "between two events")                                                 \
    X(2, BEFORE, "before", "in place of a call of the plugin")                                     \
    X(3, WITHIN, "within", "in a call of the plugin, behind what it had sent by then")             \
    X(4, BEHIND, "behind", "directly behind the fault of another plugin")

#define QN_FAULT_PLACE_ENUM(number, NAME, name, meaning) QN_FAULT_PLACE_##NAME = (number),
enum { QN_FAULT_PLACE_LIST(QN_FAULT_PLACE_ENUM) QN_FAULT_PLACES = 5 };
#undef QN_FAULT_PLACE_ENUM

/* A plugin was taken out of the run: from here on it is not called, and nothing that it sends has
 * an effect, until another build of it is put to work. All but STRIKES comes from outside, and is
 * an input: a run that is done again takes the plugin out at the same place. */
typedef struct qn_fault {
    qn_event hdr;
    uint64_t cause_seq; /* the event under way, or the last one */
    uint64_t sent;      /* by the plugin so far: intents, features, timers, ... */
    uint32_t reason;    /* QN_FAULT_ */
    uint32_t action;    /* QN_FAULT_ACTION_ */
    uint32_t place;     /* QN_FAULT_PLACE_ */
    int32_t code;       /* QN_E_: of the last wrong output, ... */
    uint8_t build[32];  /* SHA-256 of its file */
    char id[64];        /* of the instance */
    char why[128];      /* for people */
} qn_fault;

/* Record -> bytes it takes in a batch or a journal: 8-byte aligned. */
static inline uint32_t qn_event_room(const qn_event *ev)
{
    return (ev->size + 7u) & ~7u;
}

#ifdef __cplusplus
}
#endif
#endif
