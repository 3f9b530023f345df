/* SPDX-License-Identifier: MIT */
#include "bus.h"

#include "base/fail.h"
#include "base/memory.h"
#include "supervise/slot.h"
#include "bus_lane.h"

#include <string.h>
#include <time.h>

#define RING_BYTES (4u << 20)
#define RING_LEAST 4096u

struct bus {
    bus_options options;
    arena memory; /* lanes and what they hold: their cache lines want an alignment */
    uint32_t nlanes;
    bool is_running;
    lane **lanes;
};

/* ------------------------------------------------------------------ making and freeing */

static void lane_free(lane *l)
{
    pthread_cond_destroy(&l->wake);
    pthread_mutex_destroy(&l->lock);
}

static lane *lane_new(bus *b, const bus_sink *sink, uint32_t number)
{
    size_t size = b->options.ring_bytes;
    lane *l = arena_alloc(&b->memory, sizeof *l, _Alignof(lane));
    void *bytes = arena_alloc(&b->memory, size, RING_LINE);
    void *batch = arena_alloc(&b->memory, size + BUS_BATCH, RING_LINE);
    pthread_condattr_t steady;

    if (!l || !bytes || !batch) return NULL;
    l->sink = *sink;
    l->options = &b->options;
    l->number = number;
    l->cursor = l->saved = l->put = sink->cursor;
    l->start = *b->options.start;
    l->start.cursor = sink->cursor;
    l->batch = batch;
    l->batch_room = size + BUS_BATCH;
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&l->wake, &steady);
    pthread_condattr_destroy(&steady);
    ring_writer_open(&l->writer, (ring_memory){&l->shared, bytes, size});
    ring_reader_open(&l->writer, &l->reader);
    return l;
}

int32_t bus_new(const bus_sink *sinks, uint32_t nsinks, const bus_options *options, bus **out,
                qn_err *err)
{
    uint32_t size = options->ring_bytes ? options->ring_bytes : RING_BYTES;
    bus *b;

    if (size < RING_LEAST || size & (size - 1))
        return fail(err, QN_E_RANGE, "a ring of %u bytes: it takes a power of two, at least %u",
                    size, RING_LEAST);
    b = mem_new(1, sizeof *b);
    if (!b) goto no_memory;
    b->lanes = arena_alloc(&b->memory, nsinks * sizeof *b->lanes, _Alignof(lane *));
    if (!b->lanes) goto no_memory;
    b->options = *options;
    b->options.ring_bytes = size;
    for (; b->nlanes < nsinks; b->nlanes++)
        if (!(b->lanes[b->nlanes] = lane_new(b, &sinks[b->nlanes], b->nlanes))) goto no_memory;
    *out = b;
    return QN_OK;
no_memory:
    bus_free(b);
    return fail(err, QN_E_NO_MEMORY, "no memory for the rings of %u sinks", nsinks);
}

void bus_free(bus *b)
{
    if (!b) return;
    bus_stop(b, NULL);
    for (uint32_t i = 0; i < b->nlanes; i++)
        lane_free(b->lanes[i]);
    arena_free(&b->memory);
    mem_free(b);
}

/* ------------------------------------------------------------------ beginning and end */

/* Signals are for the thread that runs the program. */
static int32_t thread_start(lane *l, qn_err *err)
{
    sigset_t all;
    sigset_t before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&l->thread, NULL, lane_run, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return fail(err, QN_E_NO_MEMORY, "no thread for sink %s: %s", l->sink.id, strerror(failed));
    l->has_thread = true;
    return QN_OK;
}

static int32_t sink_start(lane *l, qn_err *err)
{
    qn_err why = QN_ERR_INIT;
    uint32_t before = slot_enter(slot_here(), l->sink.row, SLOT_CALL_START);
    int32_t rc = l->sink.table->start(l->sink.self, &l->start, &why);

    slot_leave(slot_here(), before);
    if (rc != QN_OK) return fail(err, rc, "sink %s: %s", l->sink.id, error_text(&why, rc));
    l->is_started = true;
    return QN_OK;
}

int32_t bus_start(bus *b, qn_err *err)
{
    int32_t rc = QN_OK;

    b->is_running = true;
    for (uint32_t i = 0; i < b->nlanes && rc == QN_OK; i++)
        rc = sink_start(b->lanes[i], err);
    for (uint32_t i = 0; i < b->nlanes && rc == QN_OK; i++)
        rc = thread_start(b->lanes[i], err);
    if (rc != QN_OK) bus_stop(b, NULL);
    return rc;
}

/* A sink without a thread is stopped here: its start, or that of another, failed. */
static void lane_end(lane *l)
{
    if (l->has_thread) {
        pthread_mutex_lock(&l->lock);
        l->is_ending = true;
        pthread_cond_signal(&l->wake);
        pthread_mutex_unlock(&l->lock);
    } else if (l->is_started) {
        uint32_t before = slot_enter(slot_here(), l->sink.row, SLOT_CALL_STOP);
        l->code = l->sink.table->stop(l->sink.self, &l->err);
        slot_leave(slot_here(), before);
    }
}

/* ------------------------------------------------------------------ records */

/* Wait for a sink; false when there is no use in it: it has read all, and there is no room, or it
 * has failed for seconds. */
static bool wait_for_room(lane *l)
{
    static const struct timespec pause = {.tv_nsec = 50000};

    if (ring_behind(&l->reader) == 0 ||
        atomic_load_explicit(&l->failures, memory_order_relaxed) >= BUS_PATIENCE ||
        (l->options->stop && *l->options->stop))
        return false;
    nanosleep(&pause, NULL);
    return true;
}

/* A record, behind the gap in front of it if there is one: both or none, so that no two gaps
 * stand side by side. */
static bool put(lane *l, const qn_event *ev)
{
    bool with_waiting = !l->options->is_paced;
    size_t before = l->gap ? sizeof l->gap_record : 0;
    unsigned char *to = ring_reserve(&l->writer, before + ev->size);

    while (!to && with_waiting && wait_for_room(l))
        to = ring_reserve(&l->writer, before + ev->size);
    /* the sink may have emptied the ring between the last try and the last look */
    if (!to && with_waiting) to = ring_reserve(&l->writer, before + ev->size);
    if (!to) return false;
    memcpy(to, &l->gap_record, before);
    memcpy(to + before, ev, ev->size);
    l->gap = 0;
    return true;
}

static void leave_out(lane *l, uint64_t seq, int64_t ts_ns, uint64_t n)
{
    l->gap += n;
    l->missed += n;
    l->gap_record = (qn_gap){.hdr = {.size = sizeof(qn_gap),
                                     .type = QN_EVENT_GAP,
                                     .seq = seq,
                                     .ts_ns = ts_ns,
                                     .instrument = QN_NO_INSTRUMENT,
                                     .slot = UINT32_MAX},
                             .venue_ts = ts_ns,
                             .missed = l->gap};
}

/* Whether a gap goes on: features of a record that was left out are left out with it; and until
 * there is room for many records, or gaps and records would take turns. */
static bool is_in_gap(const lane *l, const qn_event *ev)
{
    if (!l->gap) return false;
    return ev->seq <= l->gap_record.hdr.seq ||
           (l->options->is_paced && ring_behind(&l->reader) > l->options->ring_bytes / 2);
}

static void lane_put(lane *l, const qn_event *ev)
{
    if (ev->seq <= l->sink.cursor) return; /* taken over before the restart */
    if (ev->seq != l->put) {
        ring_publish(&l->writer);
        if (l->put == l->sink.cursor && ev->seq > l->put + 1)
            leave_out(l, ev->seq - 1, ev->ts_ns, ev->seq - 1 - l->put);
        l->put = ev->seq;
    }
    if (is_in_gap(l, ev) || !put(l, ev)) leave_out(l, ev->seq, ev->ts_ns, 1);
}

void bus_put(bus *b, const qn_event *ev)
{
    for (uint32_t i = 0; i < b->nlanes; i++)
        lane_put(b->lanes[i], ev);
}

void bus_publish(bus *b)
{
    for (uint32_t i = 0; i < b->nlanes; i++)
        ring_publish(&b->lanes[i]->writer);
}

int32_t bus_stop(bus *b, qn_err *err)
{
    const lane *failed = NULL;

    if (!b->is_running) return QN_OK;
    b->is_running = false;
    bus_publish(b);
    for (uint32_t i = 0; i < b->nlanes; i++)
        lane_end(b->lanes[i]);
    for (uint32_t i = b->nlanes; i > 0; i--) {
        lane *l = b->lanes[i - 1];

        if (l->has_thread) pthread_join(l->thread, NULL);
        l->has_thread = l->is_started = false;
        if (l->code != QN_OK) failed = l;
    }
    if (!failed) return QN_OK;
    return fail(err, failed->code, "sink %s: %s", failed->sink.id,
                error_text(&failed->err, failed->code));
}

void bus_replace(bus *b, uint32_t sink, const bus_change *change)
{
    lane *l = b->lanes[sink];

    pthread_mutex_lock(&l->lock);
    l->change = *change;
    l->has_change = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
}

uint64_t bus_cursor(const bus *b, uint32_t sink)
{
    return b->lanes[sink]->cursor;
}

uint64_t bus_missed(const bus *b, uint32_t sink)
{
    return b->lanes[sink]->missed;
}
