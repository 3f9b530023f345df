/* SPDX-License-Identifier: MIT
 *
 * The guest process, shared by its files:
 *   main.c      start, and the loop over calls
 *   serve.c     the calls
 *   describe.c  what a module is, for the host
 *   host.c      the host table that its plugins see: each call is a question
 *   kinds.c     the calls of the kinds
 *   lock.c      what it gives up
 *
 * One thread serves the engine's lane, one the work. The process ends when its host does. */
#ifndef QUOIN_GUEST_CHILD_H
#define QUOIN_GUEST_CHILD_H

#include "guest/wire.h"

#include "base/bytes.h"
#include "base/memory.h"

#include <quoin/plugin.h>

#include <pthread.h>

#define CHILD_DEPTH 10u

/* One instance. Its address is the qn_ctx that its plugin is given. */
typedef struct seat {
    uint32_t number;
    const qn_class *cls;
    void *self;
    arena arena;
    uint32_t exts; /* WIRE_EXT_ bits */
    qn_host host;
    qn_setup setup;
    qn_instrument *instruments;
} seat;

typedef struct child_image {
    void *handle;
    const qn_module *table; /* NULL = not entered yet */
} child_image;

typedef struct process {
    wire_memory *memory;
    wire_lane lane, work;
    unsigned char *buffers[CHILD_DEPTH]; /* of calls in calls: what a call brought stays */
    size_t rooms[CHILD_DEPTH];
    uint32_t depth;
    child_image images[WIRE_IMAGES];
    uint32_t nimages;
    seat *seats[WIRE_SEATS + 1];
    uint64_t memory_limit;
    pthread_t worker;
} process;

extern process self_;

/* A call, as it came. */
typedef struct served {
    wire_call head;
    seat *seat; /* NULL: of the guest itself */
    const unsigned char *bytes;
    size_t n;
    /* what goes back */
    int64_t result, value;
    bytes_out out; /* bytes behind it; with an error the text */
    qn_err err;
} served;

/* Serve the call that is in the lane, and send what it returned. */
void serve_call(void);

/* Next message of the lane that is not a call, which are served: only an answer can be one. */
const wire_answer *wait_answer(const unsigned char **bytes, size_t *n);

void describe_module(const qn_module *m, bytes_out *out);

/* The host table of an instance. */
void host_table(seat *s);

/* Ask the host for something, and wait: the result of its answer. `tail` is what goes behind the
 * question. */
int64_t ask_host(const seat *s, uint32_t type, const wire_ask *q, const void *tail, size_t n);

/* The calls of the kinds. */
void call_event(served *c);
void call_check(served *c);
void call_allocate(served *c);
void call_need(served *c);
void call_lookback(served *c);

/* The work of a class, NULL if it has none. */
const struct qn_work *class_work(const qn_class *cls);

/* Give up what a plugin has no business with. Names of what the kernel lacks go to `lacks`.
 * `between` is called when threads may still be made, for the last time. QN_OK or an error. */
int32_t lock_down(uint64_t memory, int32_t (*between)(void), char *lacks, size_t room);

/* It makes no sense to go on. */
_Noreturn void give_up(void);

#endif
