/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <string.h>

static uint64_t round_up(uint64_t n)
{
    return (n + 7) & ~UINT64_C(7);
}

/* Where the lap of a place ends. */
static uint64_t end_of_lap(const ring_memory *m, uint64_t at)
{
    return (at & ~(m->size - 1)) + m->size;
}

void ring_writer_open(ring_writer *w, ring_memory memory)
{
    /* relaxed: no other thread writes it, and this one has not begun */
    uint64_t at = atomic_load_explicit(&memory.shared->published, memory_order_relaxed);

    *w = (ring_writer){.memory = memory, .at = at, .limit = at};
}

/* Place of the slowest reader; `none` if there is no reader. */
static uint64_t slowest(const ring_shared *s, uint64_t none)
{
    uint64_t least = none;

    for (uint32_t i = 0; i < RING_READERS; i++) {
        /* acquire: what the reader did with the bytes is done before they are overwritten */
        uint64_t next = atomic_load_explicit(&s->readers[i].next, memory_order_acquire);
        if (next != 0 && next - 1 < least) least = next - 1;
    }
    return least;
}

void *ring_reserve(ring_writer *w, size_t n)
{
    ring_memory *m = &w->memory;
    uint64_t room = round_up(n);
    uint64_t lap_end = end_of_lap(m, w->at);
    bool is_wrapping = room > lap_end - w->at;
    uint64_t from = is_wrapping ? lap_end : w->at;

    if (n > m->size / 2) return NULL;
    if (from + room > w->limit) {
        w->limit = slowest(m->shared, w->at) + m->size;
        if (from + room > w->limit) return NULL;
    }
    /* A reader of the lap that ends here needs this end once it sees the next lap published:
     * the release of that publishing orders it. The end before it is needed by nobody: there is
     * room for a record in the next lap, so all readers have left the lap before this one. A lap
     * that ends exactly with a record is told by the first record of the next. */
    if (is_wrapping || w->at == (w->at & ~(m->size - 1)))
        atomic_store_explicit(&m->shared->lap_end, w->at, memory_order_relaxed);
    w->at = from + room;
    return m->bytes + (from & (m->size - 1));
}

bool ring_put(ring_writer *w, const void *bytes, size_t n)
{
    void *to = ring_reserve(w, n);

    if (to) memcpy(to, bytes, n);
    return to;
}

void ring_publish(ring_writer *w)
{
    /* release: who sees the place sees the bytes in front of it, and the end of the lap */
    atomic_store_explicit(&w->memory.shared->published, w->at, memory_order_release);
}

bool ring_reader_open(ring_writer *w, ring_reader *r)
{
    ring_shared *s = w->memory.shared;
    uint64_t at = atomic_load_explicit(&s->published, memory_order_relaxed);

    for (uint32_t i = 0; i < RING_READERS; i++) {
        if (atomic_load_explicit(&s->readers[i].next, memory_order_acquire) != 0) continue;
        atomic_store_explicit(&s->readers[i].next, at + 1, memory_order_relaxed);
        *r = (ring_reader){.memory = w->memory, .at = at, .place = i};
        w->limit = w->at; /* the next record looks where its readers are */
        return true;
    }
    return false;
}

void ring_reader_close(ring_reader *r)
{
    /* release: as ring_consume */
    if (r->memory.shared)
        atomic_store_explicit(&r->memory.shared->readers[r->place].next, 0, memory_order_release);
    r->memory.shared = NULL;
}

const void *ring_peek(ring_reader *r, size_t *n)
{
    ring_memory *m = &r->memory;
    /* acquire: the bytes in front of this place are there */
    uint64_t until = atomic_load_explicit(&m->shared->published, memory_order_acquire);

    if (until > end_of_lap(m, r->at)) {
        /* relaxed: it was written before `until`, and is not written again while this reader
         * stands in its lap (ring_reserve) */
        uint64_t lap_end = atomic_load_explicit(&m->shared->lap_end, memory_order_relaxed);
        if (r->at == lap_end)
            r->at = end_of_lap(m, r->at);
        else
            until = lap_end;
    }
    *n = (size_t)(until - r->at);
    return *n ? m->bytes + (r->at & (m->size - 1)) : NULL;
}

void ring_consume(ring_reader *r, size_t n)
{
    r->at += round_up(n);
    /* release: the bytes were read before the writer takes them for free */
    atomic_store_explicit(&r->memory.shared->readers[r->place].next, r->at + 1,
                          memory_order_release);
}

uint64_t ring_behind(const ring_reader *r)
{
    const ring_shared *s = r->memory.shared;
    uint64_t next = atomic_load_explicit(&s->readers[r->place].next, memory_order_relaxed);
    uint64_t until = atomic_load_explicit(&s->published, memory_order_relaxed);

    return until + 1 > next ? until + 1 - next : 0;
}
