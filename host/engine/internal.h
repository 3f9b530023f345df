/* SPDX-License-Identifier: MIT
 *
 * The engine's structs, shared by its files:
 *   build.c     config -> instances, streams, books
 *   instance.c  one plugin instance and its host table
 *   engine.c    the loop: time, order, dispatch
 *   intent.c    what strategies push
 *   order.c     sending orders, and what venues answer
 *   queue.c     events that wait
 *   timers.c    timers that wait
 *   decision.c  the decision hash */
#ifndef QUOIN_ENGINE_INTERNAL_H
#define QUOIN_ENGINE_INTERNAL_H

#include "engine.h"

#include "base/memory.h"
#include "tape/tape.h"

#include <quoin/strategy.h>
#include <quoin/venue.h>

#define NO_SLOT UINT32_MAX
#define NO_VENUE UINT32_MAX

#define QUEUE_EVENTS 16384u       /* a power of two */
#define EVENT_ROOM 128u           /* the largest event that a venue may push, bytes */
#define TIMERS_PER_INSTANCE 4096u /* pending, or due at once at one engine time */
/* Of the whole run: half of the queue, so that canceling all of them cannot fill it. */
#define WORKING_ORDERS 8000u
#define ORDERS_PER_EVENT 1024u /* and changes, of one strategy between two market events */
#define CLASS_MODULES 64u      /* modules of one run */

/* ------------------------------------------------------------------ waiting events */

/* A ring of events in their order. Memory is taken once. */
typedef struct event_queue {
    struct queued {
        _Alignas(16) unsigned char bytes[EVENT_ROOM];
    } * ring;
    uint64_t head, tail; /* taken, put: tail - head wait */
} event_queue;

static inline bool queue_is_empty(const event_queue *q)
{
    return q->head == q->tail;
}

int32_t queue_init(event_queue *q, qn_err *err);
void queue_free(event_queue *q);
/* Copies an event; QN_E_FULL, or QN_E_INVALID for one that is too large. */
int32_t queue_put(event_queue *q, const qn_event *ev);
/* The next event, valid until the next call; NULL when empty. */
qn_event *queue_take(event_queue *q);

/* A heap of timers, by due time, then by the order in which they were set. */
typedef struct timer {
    int64_t due;
    uint64_t order;
    uint64_t cookie;
    uint32_t strategy; /* index */
    uint32_t rsv0;
} timer;

typedef struct timers {
    timer *heap;
    size_t n, room;
    uint64_t order;
} timers;

int32_t timers_add(timers *t, int64_t due, uint32_t owner, uint64_t cookie);
/* The earliest timer, NULL when there is none. */
static inline const timer *timers_first(const timers *t)
{
    return t->n ? t->heap : NULL;
}
timer timers_take(timers *t);
void timers_free(timers *t);

/* ------------------------------------------------------------------ decisions */

/* Collects the records of design "decision hash"; the layout stands in decision.c. */
typedef struct decisions {
    sha256 *hash;
    size_t used;
    unsigned char buffer[4096];
} decisions;

typedef struct decision {
    uint8_t kind; /* DECISION_ */
    const char *strategy;
    uint64_t counter;
    const qn_instrument *instrument;
    uint32_t side, type, tif;
    int64_t qty, price, trigger, fee;
    double strength, confidence;
    uint32_t verdict, reason;
    int64_t market_ts;
} decision;

enum { DECISION_OUTPUT = 1, DECISION_VERDICT, DECISION_ORDER, DECISION_FILL };

int32_t decisions_init(decisions *d, qn_err *err);
void decisions_add(decisions *d, const decision *record);
int32_t decisions_hex(const decisions *d, char to[SHA256_HEX], qn_err *err);
void decisions_free(decisions *d);

/* ------------------------------------------------------------------ instances */

/* One plugin instance. Its address is the qn_ctx that its host table carries. */
typedef struct instance {
    engine *engine;
    const char *id;
    module *module;
    const qn_class *cls;
    void *self;
    bool is_created;
    arena arena; /* what the instance allocated */
    qn_host host;
    qn_setup setup;
    uint32_t *slots;   /* by instrument number: place in the instance's list, or NO_SLOT */
    uint32_t strategy; /* index in engine.strategies, NO_SLOT for a venue */
    uint32_t ntimers;
    int64_t at_once_ts; /* engine time that the count below belongs to */
    uint32_t at_once;   /* timers set then that were due at once */
} instance;

/* Makes the instance of `plugin` (class id or file) with the given instruments: loads the
 * module, fills in the parameters, does not create it yet. */
int32_t instance_init(instance *in, engine *e, const char *id, const char *plugin, const char *kind,
                      const config_node *owner, const config_node *params,
                      const uint32_t *instruments, uint32_t ninstruments, qn_err *err);
int32_t instance_create(instance *in, qn_err *err);
void instance_free(instance *in);

/* ------------------------------------------------------------------ the run */

typedef struct strategy {
    instance in;
    const qn_strategy *table;
    qn_out out;
    uint32_t number;      /* index + 1: in order ids and in the ledger */
    uint64_t counter;     /* of its orders */
    uint64_t outputs;     /* of its intents */
    uint64_t burst_seq;   /* event that the count below belongs to */
    uint32_t burst;       /* orders and changes sent in answer to it */
    int64_t capital;      /* share of the equity, 10^-8 */
    bool is_failing_told; /* its first error was logged */
} strategy;

typedef struct venue {
    instance in;
    const qn_venue *table;
    qn_venue_info info;
    qn_venue_out out;
    const config_venue *config;
    bool is_started;
} venue;

/* Who gets the events of a stream. */
typedef struct subscriber {
    strategy *strategy;
    uint32_t slot;
} subscriber;

typedef struct stream {
    uint32_t instrument;
    uint32_t venue;         /* index of the venue that matches on it, or NO_VENUE */
    uint32_t venue_slot;    /* the instrument's place in that venue's list */
    uint32_t first, n;      /* its run in engine.subscribers */
    const account *account; /* the ledger's, which settles the instrument */
} stream;

#define LATENCY_BUCKETS 1024u /* of 8 ns: to 8 us, the last one takes the rest */

struct engine {
    config *cfg;
    const config_run *run;
    engine_options options;
    engine_observer observer;

    /* what the run is made of; fixed once built */
    arena arena;
    module_index *index;
    module *modules[CLASS_MODULES];
    uint32_t nmodules;
    catalog *catalog;
    qn_instrument *instruments;
    uint32_t ninstruments;
    uint32_t *venue_of; /* by instrument */
    venue *venues;
    uint32_t nvenues;
    strategy *strategies;
    uint32_t nstrategies;
    stream *streams;
    tape_stream *sources;
    uint32_t nstreams;
    subscriber *subscribers;
    int64_t live_from; /* events up to here only warm up */

    /* what changes with each event */
    tape *tape;
    ledger *ledger;
    orders *orders;
    event_queue queue;
    timers timers;
    decisions decisions;
    uint64_t seq;
    int64_t now;       /* engine time */
    int64_t market_ts; /* market time of the event under way */
    int64_t check_ts;  /* from here on the slow checks of the loop have something to do */
    bool is_live;      /* past the warm-up */
    bool has_ended;    /* strategies are off */
    int32_t failed;    /* an error inside a callback that could not return it */
    qn_err failure;

    /* what it was like */
    run_status status;
    engine_counts counts;
    int64_t first_ts, last_ts, started, run_ns;
    size_t cut;
    char cuts[ENGINE_CUTS][SHA256_HEX];
    uint32_t latency[LATENCY_BUCKETS];
};

/* engine.c */
void engine_fail(engine *e, int32_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void engine_deliver(engine *e, strategy *s, qn_event *ev);
void engine_drain(engine *e);

/* intent.c: qn_out.push */
int64_t intent_push(void *ctx, const qn_intent *intent);

/* order.c */
typedef struct order_wish {
    qn_order_intent order;
    bool is_closing; /* made by the host at the end of the data */
} order_wish;
int64_t order_send(engine *e, strategy *s, const order_wish *wish);
int64_t order_cancel(engine *e, strategy *s, const qn_cancel *cancel);
int64_t order_modify(engine *e, strategy *s, const qn_modify *modify);
int32_t venue_push(void *ctx, const qn_event *ev);
void order_event(engine *e, qn_event *ev);
/* Ends every order, then closes positions where the venue says so. */
void order_end_all(engine *e);

#endif
