/* SPDX-License-Identifier: MIT
 *
 * The test bench inside: what its files share. The manual is <quoin/bench.h>. */
#ifndef QUOIN_SDK_BENCH_INTERNAL_H
#define QUOIN_SDK_BENCH_INTERNAL_H

#include <quoin/bench.h>

#include <pthread.h>
#include <stddef.h>

/* A class as long as the oldest ABI has it that a host of these headers serves (QN_ABI_OLDEST). */
#define BENCH_CLASS_LEAST (offsetof(qn_class, load) + sizeof(((qn_class *)0)->load))

/* ------------------------------------------------------------------ memory */

/* Zeroed; NULL when out of memory. The one file of the SDK that takes memory from the system. */
void *bench_take(uint64_t n, uint64_t align);
void bench_give(void *p);
/* An array of `size` bytes a row with room for `need`: 0 = out of memory, nothing has changed. */
int bench_reserve(void **rows, uint64_t *room, uint64_t need, uint64_t size);

/* ------------------------------------------------------------------ the bench */

/* Where an instance is in its life. Quiesced = between two events, its state is being saved. */
enum { PHASE_NONE, PHASE_CREATED, PHASE_ACTIVE, PHASE_QUIESCED, PHASE_ENDED };

/* What kind of call the plugin is in. */
enum { CALL_NONE, CALL_CONTROL, CALL_EVENT, CALL_IO };

typedef struct bench_block {
    void *bytes;
    uint64_t n;
} bench_block;

/* Something that is due: a timer, or the result of work that was given to the pool. */
typedef struct bench_due {
    int64_t due_ns;
    uint64_t cookie, number; /* number: in the order in which they were set */
    int32_t is_result, status;
    uint32_t nbytes;
    unsigned char bytes[QN_RESULT_BYTES];
} bench_due;

/* An order, child or parent that the bench gave an id. */
typedef struct bench_order {
    uint64_t id, parent_id;
    uint32_t slot, side;
    int64_t qty, filled;
    uint32_t is_market, is_parent, is_closed, rsv0;
} bench_order;

typedef struct bench_param {
    char key[64], value[256];
} bench_param;

typedef struct bench_feature {
    char name[96];
    int32_t code;
    uint32_t rsv0;
    double values[QN_BENCH_INSTRUMENTS];
    unsigned char is_known[QN_BENCH_INSTRUMENTS]; /* by slot: was given */
} bench_feature;

struct qn_bench {
    char failure[1024];
    char reason[sizeof(((qn_err *)0)->msg)];
    pthread_t owner;

    /* what it is given */
    qn_instrument instruments[QN_BENCH_INSTRUMENTS];
    const qn_instrument *list[QN_BENCH_INSTRUMENTS];
    uint32_t ninstruments, naccounts, nfeatures, ndimensions;
    qn_account accounts[QN_BENCH_ACCOUNTS];
    qn_account_state states[QN_BENCH_ACCOUNTS];
    qn_exposure exposures[QN_BENCH_INSTRUMENTS];
    qn_position positions[QN_BENCH_INSTRUMENTS];
    bench_feature features[QN_BENCH_FEATURES];
    qn_dimension dimensions[QN_BENCH_DIMENSIONS];
    char dimension_names[QN_BENCH_DIMENSIONS][96];
    qn_space space;
    bench_param *params;
    uint64_t nparams, params_room;
    int64_t answers[QN_BENCH_OUTPUTS];

    /* the plugin */
    void *module; /* of dlopen; NULL = linked in */
    const qn_module *about;
    const qn_class *cls;
    void *self;
    bench_block *blocks; /* the arena; block 0 is the instance */
    uint64_t nblocks, blocks_room;
    qn_host host;
    qn_setup setup;
    qn_venue_info venue;
    const qn_sink_start *sink_start; /* NULL = the bench's own */
    qn_out out;
    qn_model_out model_out;
    qn_child_out child_out;
    qn_risk_out risk_out;
    qn_venue_out venue_out;
    qn_history_need need;
    int phase;

    /* the call under way */
    int call;
    const char *call_name;
    int is_entered; /* a call is under way: the guard of one call at a time */

    /* events */
    int64_t now;
    uint64_t seq, order_counter, due_counter;
    int64_t bar_end[QN_BENCH_INSTRUMENTS];
    bench_due *due;
    uint64_t ndue, due_room;
    bench_order *orders;
    uint64_t norders, orders_room;
    unsigned char *batch; /* for a sink: events not taken over yet */
    uint64_t batch_bytes, batch_room, batch_events, batch_first;
    int reloads_always, loads_early;

    /* tuner: trials that were asked for */
    int64_t *trials; /* ndimensions each */
    uint64_t ntrials, trials_room, ntold, planned;

    /* what it said */
    qn_bench_output *outputs;
    uint64_t noutputs, outputs_room, nexpected;
    char *text;
    uint64_t text_used, text_room;

    /* state */
    unsigned char *saved;
    uint64_t saved_bytes, saved_room;
    uint64_t stream_bytes;
};

/* ------------------------------------------------------------------ failures, guards */

/* Whose fault it is stands before the sentence. */
void bench_fault(qn_bench *b, const char *who, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define PLUGIN "the plugin: "
#define TEST "the test: "

/* Keep an error's words; returns its code. */
int32_t bench_keep(qn_bench *b, int32_t code, const qn_err *err);
const char *bench_error_name(int64_t code);

/* A call of the plugin begins and ends. Between them the host's functions may be called, as far as
 * `call` allows. 0 = it may not begin: a call is under way already. */
typedef struct bench_guard {
    int rounding, is_reading;
    uint64_t hash;
    const char *rule; /* why it may not write */
} bench_guard;
int bench_enter(qn_bench *b, bench_guard *g, int call, const char *name, int is_reading);
void bench_leave(qn_bench *b, const bench_guard *g);

/* A function of the host is called: in a call of the kind `needs` (0 = any), on its thread, and in
 * an active instance (is_active 1) or one that is not yet (0); -1 = in either. 0 = a failure. */
int bench_allows(qn_bench *b, const char *function, int needs, int is_active);

/* ------------------------------------------------------------------ commands */

#define BENCH_WORDS (QN_COMMAND_ARGS + 1u)
#define BENCH_TEXT 256u /* bytes of a command with its arguments, as a journal holds them */

typedef struct bench_words {
    char *items[BENCH_WORDS];
    uint32_t n;
    char text[BENCH_TEXT]; /* of the items */
} bench_words;

/* Cut a text into words. QN_OK; QN_E_SYNTAX, QN_E_INVALID. */
int32_t bench_split(const char *text, bench_words *out, qn_err *err);

/* The commands of the class, or NULL; the name of one, by its place. */
const qn_command_table *bench_commands(const qn_bench *b);
const char *bench_command_name(const qn_bench *b, uint32_t command);

typedef union bench_value {
    int64_t i;
    uint64_t u;
    double f;
    const char *text;
} bench_value;

/* A command with its arguments, ready to be called; not to be moved. */
typedef struct bench_ask {
    const qn_command_row *row;
    uint32_t place, nargs, result;
    uint32_t types[QN_COMMAND_ARGS];
    bench_value args[QN_COMMAND_ARGS];
    bench_words words;
} bench_ask;

/* Read "NAME ARGUMENT ...", as the host does. A table that lies is a failure, too. */
int32_t bench_command_read(qn_bench *b, const char *text, bench_ask *out, qn_err *err);

/* Call it; what it returned goes into the output. The code that it failed with. */
int32_t bench_command_call(const bench_ask *ask, void *self, qn_bench_output *out, qn_err *err);

/* ------------------------------------------------------------------ parts */

int bench_is(const qn_bench *b, const char *kind);
void bench_host_make(qn_bench *b);
int bench_has(const qn_bench *b, const char *ext);
/* The tables into which the plugin speaks: they stay, so that one that was kept is seen. */
void bench_outs_make(qn_bench *b);
int64_t bench_answer_of(const qn_bench *b, uint32_t what);

/* A new, zeroed output of the current event; NULL = out of memory, a failure. */
qn_bench_output *bench_say(qn_bench *b, uint32_t what);

/* An order's row; NULL = there is none that works. */
bench_order *bench_order_find(qn_bench *b, uint64_t id);
uint64_t bench_order_add(qn_bench *b, uint32_t slot, uint32_t side, int64_t qty);

int32_t bench_params_fill(qn_bench *b, qn_err *err);
/* A class's parameter by its key, or NULL. */
const qn_param *bench_param_find(const qn_class *cls, const char *key);
uint64_t bench_slot_bytes(const qn_param *p);
/* A new instance with the state of the one there is, in its place; the last `nset` parameters that
 * were given count, whatever the state says of them. On error the old one stays. */
int32_t bench_replace_set(qn_bench *b, uint64_t nset, qn_err *err);
int32_t bench_instance_make(qn_bench *b, qn_err *err);
void bench_blocks_free(qn_bench *b, bench_block *blocks, uint64_t n);
/* The slot of an instrument's number, or -1. */
int64_t bench_slot(const qn_bench *b, uint32_t number);
int32_t bench_begin_service(qn_bench *b, qn_err *err);
/* One event of the current number to the plugin, as its kind takes it. */
int32_t bench_deliver(qn_bench *b, const qn_event *ev);
/* What an event does to the books and to the orders. */
void bench_book(qn_bench *b, const qn_event *ev);
/* A decimal text at an exponent; a failure of the test where it is none. */
int64_t bench_number(qn_bench *b, const char *text, int32_t exp);
const qn_instrument *bench_at(qn_bench *b, uint32_t slot);

#endif
