/* SPDX-License-Identifier: MIT
 *
 * What waits its turn: events that venues have pushed, and timers that are not due yet. */
#ifndef QUOIN_ENGINE_WAITING_H
#define QUOIN_ENGINE_WAITING_H

#include <quoin/event.h>

#include <stdbool.h>
#include <stddef.h>

#define QUEUE_EVENTS 16384u /* a power of two */
#define EVENT_ROOM 128u     /* the largest event that a venue may push, bytes */

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
    uint32_t owner; /* number of the instance, see instance.owner; OWNER_HOST */
    uint32_t rsv0;
} timer;

#define OWNER_HOST 0u /* the rebalance of the portfolio */

typedef struct timers {
    timer *heap;
    size_t n, room;
    uint64_t order;
} timers;

int32_t timers_add(timers *t, int64_t due, uint32_t owner, uint64_t cookie);
/* Put back one that was saved: timers come in the order in which they lay in the heap. */
int32_t timers_append(timers *t, const timer *made);
/* The earliest timer, NULL when there is none. */
static inline const timer *timers_first(const timers *t)
{
    return t->n ? t->heap : NULL;
}
timer timers_take(timers *t);
/* Forget those of one owner. */
void timers_drop(timers *t, uint32_t owner);
void timers_free(timers *t);

#endif
