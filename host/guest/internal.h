/* SPDX-License-Identifier: MIT
 *
 * The host's side of a guest, shared by its files:
 *   process.c   the process: start, death, end
 *   call.c      one call, and the questions until it returns
 *   serve.c     the questions
 *   describe.c  what a guest says of a module -> classes
 *   door.c      modules in it
 *   proxy.c     the functions of those classes
 *   operate.c   what operators ask of an instance: commands, parameters
 *   wire.c      rings and messages (both sides) */
#ifndef QUOIN_GUEST_INTERNAL_H
#define QUOIN_GUEST_INTERNAL_H

#include "guest.h"
#include "wire.h"

#include "base/bytes.h"
#include "base/memory.h"

#include <pthread.h>

#define GUEST_DEPTH 8u /* calls in calls */

/* One module in a guest. */
typedef struct guest_image {
    struct guest *guest;
    uint32_t number;
    arena memory; /* the tables that its classes are made of */
    qn_module table;
    qn_class *classes;
    uint32_t *shifts; /* by class: bytes of the proxy that stands before the parameters */
} guest_image;

/* What the host holds of an instance: this, and behind it the parameters. */
typedef struct proxy {
    guest_image *image;
    uint32_t cls;    /* place in the module */
    uint32_t number; /* of its seat in the guest, from 1; 0 = not created */
    uint32_t params; /* bytes behind the proxy */
    const qn_host *host;
} proxy;

/* A call under way. */
typedef struct call {
    struct call *outer;
    const proxy *proxy; /* NULL: a call of the guest itself */
    uint32_t type;      /* WIRE_ */
    const void *out;    /* EVENT: where the plugin puts what it sends */
    uint64_t asked;     /* questions so far */
    int64_t since;      /* clock when somebody looked first; 0 = nobody has */
} call;

/* What came back. `bytes` hold until the guest is spoken to again. */
typedef struct answer {
    int64_t result, value;
    const unsigned char *bytes;
    size_t n;
} answer;

struct guest {
    char name[64];
    guest_options options;
    uint32_t uses;
    int pid, pidfd, socket;
    wire_memory *memory;
    wire_lane lane, work;
    pthread_mutex_t working; /* the work lane is one job's at a time; with it held: */
    const volatile uint32_t *canceled;
    int64_t canceled_at; /* clock when that was seen; 0 = it was not */
    call *innermost;
    proxy *seats[WIRE_SEATS + 1];
    uint32_t nimages;
    bool is_locked;
    bool is_dead;
    int32_t code; /* why */
    char why[200];
    guest_death died;
    void *ctx;
};

/* The end of a guest: it is killed, and its watcher told. Returns `code`, or what it died of
 * before. */
__attribute__((format(printf, 3, 4))) int32_t guest_end(guest *g, int32_t code, const char *format,
                                                        ...);

/* Ends the process, from any thread: who calls it next finds it dead. */
void guest_kill(guest *g);

/* Looks whether the process is there, and in time. For lane.idle; ctx is the guest. */
int32_t guest_look(void *ctx);
int32_t guest_look_work(void *ctx);

/* Make a call and answer its questions until it returns. `c` has proxy, type and out.
 *
 * returns QN_OK: *a is what the guest returned, which may be an error; else the guest is dead */
int32_t guest_call(guest *g, call *c, const wire_part *parts, size_t nparts, answer *a);

/* The same; what the guest returned is the result, and its text goes to `err` (may be NULL). */
int32_t guest_call_told(guest *g, call *c, const wire_part *parts, size_t nparts, answer *a,
                        qn_err *err);

/* The same with one part behind a wire_call. */
int32_t guest_ask(guest *g, call *c, const wire_call *head, const void *data, size_t n, answer *a,
                  qn_err *err);

/* A call of an instance that brings back no bytes: `data` behind the head, the answer's result.
 * The same errors; QN_E_STATE: it was not created. */
int32_t guest_tell(const proxy *p, uint32_t type, const wire_call *head, const void *data, size_t n,
                   const void *out, qn_err *err);

/* A guest's words, without what would steer a terminal, and a NUL behind them. */
void guest_text(char *to, const unsigned char *from, size_t n);

/* A type of parameter whose slot holds a qn_str. */
bool param_is_text(uint32_t type);

/* Stands as the function of each command: it is never called, for calls go by guest_command. */
void command_elsewhere(void);

/* Answer the question in g->lane that came in call `c`. QN_OK; QN_E_GUEST_WIRE: it may not be
 * asked, or not so; what sending failed with. */
int32_t serve(guest *g, call *c);

/* Read what a guest says of a module. QN_OK; QN_E_DAMAGED, QN_E_NO_MEMORY. */
int32_t describe_read(guest_image *inside, const void *data, size_t n, qn_err *err);

/* The table of a kind, in the arena, whose functions hand calls over. `has` as in the description.
 * NULL: no such kind, or no memory. */
const void *proxy_table(arena *memory, const char *kind, uint32_t has, const qn_table *named);
void proxy_functions(qn_class *c, uint32_t has);
bool proxy_work(guest_image *inside, uint32_t cls, qn_ext *to); /* false: no memory */

#endif
