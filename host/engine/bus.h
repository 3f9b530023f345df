/* SPDX-License-Identifier: MIT
 *
 * The stream that sinks read: from the engine's thread to one thread a sink.
 *
 * Each sink has a ring of its own, so that a slow one holds up no other. The engine's thread puts
 * records in; as long as there is room that is a copy a sink, and no lock or system call. When a
 * ring is full:
 *   at full speed (a replay)  the engine waits for that sink, unless it has failed BUS_PATIENCE
 *                             times in a row
 *   paced (real time)         the record is left out for that sink. When it has caught up to half
 *                             of its ring, a QN_EVENT_GAP stands where the records are missing,
 *                             with the number of the last one, and how many there were.
 *
 * What a sink is given: batches of whole groups, in order. A group is an event and the features
 * that have its number; it is seen when the next one begins, or bus_publish is called. A batch
 * ends with the first group that takes it to BUS_BATCH bytes. What of one group does not fit a
 * ring is left out.
 *
 * Errors of a sink's write are logged when they begin and when they end; the same batch is tried
 * again, after a pause of 10 ms that doubles up to 5 s. Meanwhile its ring fills up, see above.
 *
 * A sink's cursor is the number up to which it has taken everything. It is saved once a second
 * and at the end. A run that goes on from an older state puts records again that a sink has:
 * those up to its cursor are not given to it, the rest follows without a hole. If the first one
 * that is put lies further ahead than that, a QN_EVENT_GAP tells it. */
#ifndef QUOIN_ENGINE_BUS_H
#define QUOIN_ENGINE_BUS_H

#include <quoin/sink.h>

#include <signal.h>
#include <stdbool.h>

#define BUS_PATIENCE 8u  /* failed writes in a row, 2.5 s, behind which a full ring loses records */
#define BUS_BATCH 65536u /* bytes */

/* One sink. The table and what the pointers lead to live as long as the bus. */
typedef struct bus_sink {
    const qn_sink *table;
    void *self;
    const char *id;  /* for the log */
    uint64_t cursor; /* saved by an earlier start of this run; 0 = it begins */
    uint32_t row;    /* of its calls: supervise/slot.h */
} bus_sink;

typedef struct bus_options {
    bool is_paced;
    uint32_t ring_bytes;               /* of each sink: a power of two; 0 = 4 MiB */
    const volatile sig_atomic_t *stop; /* not 0: no more waiting for full rings; NULL = never */
    const qn_sink_start *start;        /* what the sinks are told, the cursor left out */
    /* Keep the cursor of a sink, by its place in the list. Called by the sink's thread: those of
     * several sinks may call at once. Its errors are logged, the last one ends the stream with
     * that error. NULL = cursors are not kept. */
    int32_t (*save)(void *ctx, uint32_t sink, uint64_t seq, qn_err *err);
    void *ctx;
} bus_options;

typedef struct bus bus;

/* Make a bus; nothing runs yet. Both arguments are copied. QN_OK, QN_E_NO_MEMORY; QN_E_RANGE for
 * a ring that is no power of two or too small for a record. On error *out is unchanged. */
int32_t bus_new(const bus_sink *sinks, uint32_t nsinks, const bus_options *options, bus **out,
                qn_err *err);

/* Start the sinks in their order, then their threads. On error those that were started are stopped
 * again, and the bus can only be freed. [the engine's thread] */
int32_t bus_start(bus *b, qn_err *err);

/* Hand a record to all sinks. It is copied. [the engine's thread] */
void bus_put(bus *b, const qn_event *ev);

/* Let the sinks see all that was put: call it when no further feature can follow and the next
 * record may be long in coming. [the engine's thread] */
void bus_publish(bus *b);

/* The stream ends: wait until the sinks have taken everything, stop them, end their threads, save
 * their cursors. A sink that fails now is given one last try. Returns QN_OK, or the first error of
 * the first sink that has one; all are stopped either way. Nothing to do for a bus that does not
 * run. [the engine's thread] */
int32_t bus_stop(bus *b, qn_err *err);

/* What came of a sink whose place another one was to take. */
typedef enum bus_outcome {
    BUS_AS_BEFORE, /* the stream ended first: nothing was done */
    BUS_CHANGED,   /* it has taken over */
    BUS_PUT_BACK,  /* it did not start: `back` has */
    BUS_LOST       /* nor did that: nothing is written, and the stream ends with the error */
} bus_outcome;

/* Another sink is to take the place of one that runs. */
typedef struct bus_change {
    const qn_sink *table, *back_table;
    void *self, *back; /* created, and not started */
    /* Is told once, on the sink's thread; the sink that was there is not called any more, but for
     * BUS_AS_BEFORE. `why` is for people. */
    void (*done)(void *ctx, bus_outcome outcome, int32_t code, const char *why);
    void *ctx;
} bus_change;

/* Between two batches, also of one that cannot be written, the sink is stopped, its cursor stored,
 * and the other one started with it: what is behind the cursor is given to that one. The engine
 * does not wait. A sink that fails to stop may have lost something: its cursor stays where it was,
 * and the stream ends with that error, so that a resume gives it again. One change at a time.
 * [the engine's thread] */
void bus_replace(bus *b, uint32_t sink, const bus_change *change);

/* Number up to which a sink has everything. [any thread] */
uint64_t bus_cursor(const bus *b, uint32_t sink);

/* How many records were left out for a sink so far. [the engine's thread] */
uint64_t bus_missed(const bus *b, uint32_t sink);

/* Frees it; stops it first if it runs. NULL is fine. */
void bus_free(bus *b);

#endif
