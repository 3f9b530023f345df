/* SPDX-License-Identifier: MIT
 *
 * What host and guest process say to each other: messages over rings in memory that both map.
 *
 * A lane is two rings, one each way, and is used by one thread on either side. The host makes a
 * call; until it has RETURNed, the guest asks what its plugin asks of the host, and the host
 * answers or makes a further call, which the guest serves before it reads on: calls and questions
 * are nested as on one stack. There are two lanes: one for the engine's thread, one for slow work.
 *
 * A ring holds records of 8-byte units: a head, then the bytes. It is written by one side and read
 * by the other one, who takes nothing from it but by copying it out once; there are no pointers
 * in it. A message that is longer than a record comes in several, all but the last with WIRE_MORE.
 *
 * Neither side trusts the other's numbers, and the host has reason not to: what is out of place is
 * QN_E_GUEST_WIRE, and the end of the lane. */
#ifndef QUOIN_GUEST_WIRE_H
#define QUOIN_GUEST_WIRE_H

#include <quoin/error.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_VERSION 2u

/* File descriptors that a guest is started with. */
#define WIRE_SOCKET 3
#define WIRE_MEMORY 4

#define WIRE_RING (1u << 18)         /* bytes of a ring */
#define WIRE_PIECE (1u << 15)        /* of one record's payload, at most */
#define WIRE_MESSAGE_MAX (64u << 20) /* of a whole message, at most */
#define WIRE_INTENT_MAX 4096u        /* of an intent or a child order */
#define WIRE_WORK_MAX (16u << 20)    /* of the input of slow work */
#define WIRE_NAME_MAX 256u           /* of a feature's name */
#define WIRE_SEATS 64u               /* instances of a guest at a time; their numbers begin at 1 */
#define WIRE_IMAGES 64u              /* modules of a guest */

/* What the host calls. X(NAME, text) */
#define WIRE_CALL_LIST(X)                                                                          \
    X(HELLO, "its start")                                                                          \
    X(LOAD, "the loading of its module")                                                           \
    X(LOCK, "its lockdown")                                                                        \
    X(ENTER, "its entry point")                                                                    \
    X(CREATE, "create")                                                                            \
    X(DESTROY, "destroy")                                                                          \
    X(SAVE, "save")                                                                                \
    X(RESTORE, "load")                                                                             \
    X(LOOKBACK, "lookback")                                                                        \
    X(NEED, "need")                                                                                \
    X(EVENT, "on_event")                                                                           \
    X(CHECK, "check")                                                                              \
    X(ALLOCATE, "allocate")                                                                        \
    X(WORK, "its work")                                                                            \
    X(COMMAND, "a command")                                                                        \
    X(PARAM, "the setting of a parameter")

/* What a guest asks for. X(NAME) */
#define WIRE_ASK_LIST(X)                                                                           \
    X(LOG)                                                                                         \
    X(TIMER)                                                                                       \
    X(POSITION)                                                                                    \
    X(EQUITY)                                                                                      \
    X(MARK)                                                                                        \
    X(FEATURE_FIND)                                                                                \
    X(FEATURE_READ)                                                                                \
    X(SUBMIT)                                                                                      \
    X(ACCOUNTS)                                                                                    \
    X(ACCOUNT)                                                                                     \
    X(EXPOSURE)                                                                                    \
    X(PART)                                                                                        \
    X(MONEY)                                                                                       \
    X(INTENT)                                                                                      \
    X(PUBLISH)                                                                                     \
    X(CHILD)                                                                                       \
    X(CHILD_CANCEL)                                                                                \
    X(CHILD_FINISH)                                                                                \
    X(HALT)

#define WIRE_CALL_ENUM(NAME, text) WIRE_##NAME,
#define WIRE_ASK_ENUM(NAME) ASK_##NAME,
enum {
    WIRE_NONE,
    WIRE_CALL_LIST(WIRE_CALL_ENUM) WIRE_CALLS, /* one more than the last */
    WIRE_ANSWER = 32,                          /* host: to a question */
    WIRE_RETURN,                               /* guest: a call is over */
    WIRE_FIRST_ASK = 64,
    WIRE_BEFORE_ASKS_ = WIRE_FIRST_ASK - 1,
    WIRE_ASK_LIST(WIRE_ASK_ENUM) WIRE_ASKS_END
};
#undef WIRE_CALL_ENUM
#undef WIRE_ASK_ENUM

/* Extensions that a host may have, as bits of `exts` in CREATE. */
#define WIRE_EXT_LIST(X)                                                                           \
    X(PORTFOLIO, QN_HOST_PORTFOLIO)                                                                \
    X(FEATURES, QN_HOST_FEATURES)                                                                  \
    X(WORKER, QN_HOST_WORKER)                                                                      \
    X(BOOKS, QN_HOST_BOOKS)
#define WIRE_EXT_ENUM(NAME, id) WIRE_EXT_##NAME,
enum { WIRE_EXT_LIST(WIRE_EXT_ENUM) WIRE_EXTS };
#undef WIRE_EXT_ENUM
extern const char *const wire_exts[WIRE_EXTS]; /* their names */

/* What a class has, in a description. X(NAME) */
#define WIRE_HAS_LIST(X)                                                                           \
    X(CREATE)                                                                                      \
    X(DESTROY)                                                                                     \
    X(SAVE)                                                                                        \
    X(LOAD)                                                                                        \
    X(LOOKBACK)                                                                                    \
    X(NEED)                                                                                        \
    X(ON_EVENT)                                                                                    \
    X(WORK)                                                                                        \
    X(COMMANDS)
#define WIRE_HAS_ENUM(NAME) HAS_BIT_##NAME,
enum { WIRE_HAS_LIST(WIRE_HAS_ENUM) HAS_BITS };
#undef WIRE_HAS_ENUM
#define HAS(NAME) (1u << HAS_BIT_##NAME)

/* Head of a record. */
typedef struct wire_head {
    uint32_t size; /* of the record, this included: a multiple of 8 */
    uint16_t type;
    uint16_t flags; /* WIRE_MORE */
    uint32_t seat;  /* number of the instance in its guest */
    uint32_t n;     /* bytes that follow, without those that fill up to 8 */
} wire_head;

#define WIRE_MORE 1u

/* Each message begins with one of these, and bytes may follow. */

/* A question. What the members mean depends on it, as for a function's arguments. */
typedef struct wire_ask {
    uint32_t i, k; /* instrument, strategy, feature, ... */
    uint32_t size; /* of the struct that the asker has room for */
    uint32_t rsv0;
    int64_t a, b;
    double x, y;
} wire_ask;

/* An answer, and what a call returned. With a RETURN that is an error, a text may follow. */
typedef struct wire_answer {
    int64_t result;
    int64_t value;
} wire_answer;

/* What a command returned, behind the answer: a text follows where it is one. */
typedef struct wire_result {
    uint32_t type; /* FOREIGN_ */
    uint32_t rsv0;
    uint64_t value; /* the bits of a foreign_value */
} wire_result;

/* A call. */
typedef struct wire_call {
    uint32_t i, k;
    uint32_t size;
    uint32_t rsv0;
    int64_t a;
} wire_call;

/* ------------------------------------------------------------------ rings */

/* The shared part of one ring. Each line is written by one side. */
typedef struct wire_ring {
    _Alignas(64) _Atomic uint32_t head; /* bytes ever written, mod 2^32 */
    _Atomic uint32_t writer_sleeps;
    _Alignas(64) _Atomic uint32_t tail; /* bytes ever read */
    _Atomic uint32_t reader_sleeps;
    _Alignas(64) unsigned char bytes[WIRE_RING];
} wire_ring;

/* The shared memory of a guest. */
typedef struct wire_memory {
    wire_ring calls, asks;                /* the engine's lane */
    wire_ring work_calls, work_asks;      /* slow work */
    _Alignas(64) _Atomic uint32_t cancel; /* nobody waits for the work under way */
} wire_memory;

#define WIRE_WAIT_FUTEX 0u
#define WIRE_WAIT_SPIN 1u

/* One side's view of a lane. */
typedef struct wire_lane {
    wire_ring *out, *in;
    uint32_t head, tail; /* our own: what the shared ones should be */
    uint32_t looks;      /* before anything else is done */
    int64_t look_ns;     /* before it sleeps */
    int64_t asked_at;    /* clock when `idle` was asked last; 0 = a wait is to begin the count */
    /* Asked now and then of the time that passes in waits, however short each of them is: QN_OK to
     * go on waiting, else the wait ends with that error. NULL = for ever. Who begins to wait for
     * something new sets asked_at to 0. */
    int32_t (*idle)(void *ctx);
    void *ctx;
    /* the message that was read last */
    unsigned char *bytes;
    size_t n, room;
    uint32_t type, seat;
} wire_lane;

/* Begin with empty rings. `wait` as in the config. */
void wire_lane_init(wire_lane *l, wire_ring *out, wire_ring *in, uint32_t wait);
void wire_lane_free(wire_lane *l);

/* A part of a message. */
typedef struct wire_part {
    const void *data;
    size_t n;
} wire_part;

/* Send a message: the parts, one behind the other. QN_OK; QN_E_GUEST_WIRE: the other side's numbers
 * make no sense; QN_E_FULL: longer than WIRE_MESSAGE_MAX, nothing was sent; what `idle` said. */
int32_t wire_send(wire_lane *l, uint32_t type, uint32_t seat, const wire_part *parts,
                  size_t nparts);

/* True if nothing waits to be read. */
bool wire_is_empty(const wire_lane *l);

/* Wait for the next message: l->type, seat, bytes, n. They hold until the next call. QN_OK;
 * QN_E_GUEST_WIRE; QN_E_NO_MEMORY; what `idle` said. */
int32_t wire_receive(wire_lane *l);

/* "on_event": a call's name for people. */
const char *wire_call_text(uint32_t type);

#endif
