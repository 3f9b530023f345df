/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"

#include <string.h>

int32_t queue_init(event_queue *q, qn_err *err)
{
    *q = (event_queue){.ring = mem_new(QUEUE_EVENTS, sizeof *q->ring)};
    return q->ring ? QN_OK : fail(err, QN_E_NO_MEMORY, "no memory for the event queue");
}

void queue_free(event_queue *q)
{
    mem_free(q->ring);
    q->ring = NULL;
}

int32_t queue_put(event_queue *q, const qn_event *ev)
{
    if (ev->size > EVENT_ROOM) return QN_E_INVALID;
    if (q->tail - q->head >= QUEUE_EVENTS - 1) return QN_E_FULL; /* one stays for the taken one */
    memcpy(q->ring[q->tail++ % QUEUE_EVENTS].bytes, ev, ev->size);
    return QN_OK;
}

qn_event *queue_take(event_queue *q)
{
    if (queue_is_empty(q)) {
        q->head = q->tail = 0; /* nothing is in use any more: begin where the cache is warm */
        return NULL;
    }
    return (qn_event *)(void *)q->ring[q->head++ % QUEUE_EVENTS].bytes;
}
