/* SPDX-License-Identifier: MIT
 *
 * The thread of a sink: ring -> batch -> write, and the cursor behind it. */
#include "bus_lane.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "supervise/crash.h"

#include <string.h>
#include <time.h>

#define IDLE_NS QN_NS_PER_MS
#define RETRY_FIRST_NS (10 * QN_NS_PER_MS)
#define RETRY_LONGEST_NS (5 * QN_NS_PER_S)
#define SAVE_EVERY_NS QN_NS_PER_S

/* Wait until `ns` have passed, the stream ends or another sink is to take over. Returns whether
 * it ends. */
static bool pause_for(lane *l, int64_t ns)
{
    int64_t until = clock_steady() + ns;
    struct timespec at = {.tv_sec = until / QN_NS_PER_S, .tv_nsec = until % QN_NS_PER_S};
    bool is_ending;

    pthread_mutex_lock(&l->lock);
    while (!l->is_ending && !l->has_change && pthread_cond_timedwait(&l->wake, &l->lock, &at) == 0)
        ;
    is_ending = l->is_ending;
    pthread_mutex_unlock(&l->lock);
    return is_ending;
}

/* The same without waiting: a wait of no time would cost a timer of the kernel for each batch. */
static bool is_ending(lane *l)
{
    bool is;

    pthread_mutex_lock(&l->lock);
    is = l->is_ending;
    pthread_mutex_unlock(&l->lock);
    return is;
}

/* ------------------------------------------------------------------ ring -> batch */

/* How many bytes of a piece of the ring go into the batch: up to the first group that would begin
 * behind BUS_BATCH bytes. Counts their records. */
static size_t batch_share(lane *l, const unsigned char *piece, size_t n)
{
    size_t at = 0;

    while (at < n) {
        const qn_event *ev = (const qn_event *)(const void *)(piece + at);
        uint64_t bytes = l->batch_bytes + at;

        if (bytes >= BUS_BATCH && ev->seq != l->last_seq) break;
        if (bytes + qn_event_room(ev) > l->batch_room) break;
        if (l->batch_events++ == 0) l->first_seq = ev->seq;
        l->last_seq = ev->seq;
        at += qn_event_room(ev);
    }
    return at;
}

/* Copies, so that the engine has its ring back while the sink works, or fails. A group that the
 * end of the ring's lap parts was published as a whole: its second piece is there when the first
 * one is. Returns false when there is nothing. */
static bool batch_fill(lane *l)
{
    l->batch_bytes = 0;
    l->batch_events = 0;
    for (;;) {
        size_t n;
        const unsigned char *piece = ring_peek(&l->reader, &n);
        size_t share = piece ? batch_share(l, piece, n) : 0;

        if (share == 0) return l->batch_events > 0;
        memcpy(l->batch + l->batch_bytes, piece, share);
        l->batch_bytes += share;
        ring_consume(&l->reader, share);
    }
}

/* The gap that the engine had no room for any more. */
static bool batch_of_gap(lane *l)
{
    if (!l->gap) return false;
    memcpy(l->batch, &l->gap_record, sizeof l->gap_record);
    l->batch_bytes = sizeof l->gap_record;
    l->batch_events = 1;
    l->first_seq = l->last_seq = l->gap_record.hdr.seq;
    l->gap = 0;
    return true;
}

/* ------------------------------------------------------------------ batch -> sink */

/* Tell of an error once; returns its code. */
static int32_t tell(lane *l, bool *is_told, int32_t rc, const char *what, const qn_err *why)
{
    if (!*is_told)
        log_line(LOG_ERROR, "sink %s: %s: %s; trying again", l->sink.id, what, error_text(why, rc));
    *is_told = true;
    return rc;
}

static void keep_error(lane *l, int32_t rc, const qn_err *why)
{
    if (l->code != QN_OK || rc == QN_OK) return;
    l->code = rc;
    l->err = *why;
}

static int32_t cursor_save(lane *l, qn_err *why)
{
    int32_t rc = QN_OK;

    l->save_at = clock_steady() + SAVE_EVERY_NS;
    if (l->cursor == l->saved || l->is_frozen || !l->options->save) return QN_OK;
    rc = l->options->save(l->options->ctx, l->number, l->cursor, why);
    if (rc == QN_OK) l->saved = l->cursor;
    return rc;
}

/* ------------------------------------------------------------------ another sink */

static bool take_change(lane *l, bus_change *to)
{
    bool has_one;

    pthread_mutex_lock(&l->lock);
    has_one = l->has_change;
    *to = l->change;
    l->has_change = false;
    pthread_mutex_unlock(&l->lock);
    return has_one;
}

static void stop_sink(lane *l)
{
    qn_err why = QN_ERR_INIT;
    uint32_t before = slot_enter(slot_here(), l->sink.row, SLOT_CALL_STOP);
    int32_t rc = l->sink.table->stop(l->sink.self, &why);

    slot_leave(slot_here(), before);
    l->is_started = false;
    if (rc == QN_OK) rc = cursor_save(l, &why);
    l->is_frozen = rc != QN_OK;
    keep_error(l, rc, &why);
}

static int32_t start_sink(lane *l, const qn_sink *table, void *self, qn_err *why)
{
    uint32_t before = slot_enter(slot_here(), SLOT_ROW_CANDIDATE, SLOT_CALL_START);
    int32_t rc;

    l->start.cursor = l->cursor;
    rc = table->start(self, &l->start, why);
    slot_leave(slot_here(), before);
    if (rc != QN_OK) return rc;
    l->sink.table = table;
    l->sink.self = self;
    l->is_started = true;
    return QN_OK;
}

/* False if no sink is left. */
static bool change_if_asked(lane *l)
{
    bus_change c;
    bus_outcome outcome = BUS_CHANGED;
    qn_err why = QN_ERR_INIT;
    qn_err why_not_back = QN_ERR_INIT;
    int32_t rc;
    int32_t back;

    if (!take_change(l, &c)) return true;
    stop_sink(l);
    if ((rc = start_sink(l, c.table, c.self, &why)) != QN_OK) {
        outcome = BUS_PUT_BACK;
        if ((back = start_sink(l, c.back_table, c.back, &why_not_back)) != QN_OK) {
            outcome = BUS_LOST;
            keep_error(l, back, &why_not_back);
            /* nobody reads its ring any more: it is not waited for */
            atomic_store_explicit(&l->failures, BUS_PATIENCE, memory_order_relaxed);
        }
    }
    c.done(c.ctx, outcome, rc, error_text(&why, rc));
    return outcome != BUS_LOST;
}

/* ------------------------------------------------------------------ batches out */

/* Returns false when the stream has ended and the sink did not take it. */
static bool batch_write(lane *l)
{
    const qn_batch batch = {.size = sizeof batch,
                            .nevents = l->batch_events,
                            .events = l->batch,
                            .nbytes = l->batch_bytes,
                            .first_seq = l->first_seq,
                            .last_seq = l->last_seq};

    for (int64_t pause = RETRY_FIRST_NS;; pause *= 2) {
        qn_err why = QN_ERR_INIT;
        bool is_last = is_ending(l); /* asked first: a try behind the end is the one that counts */
        uint32_t before = slot_enter(slot_here(), l->sink.row, SLOT_CALL_WRITE);
        int32_t rc = l->sink.table->write(l->sink.self, &batch, &why);

        slot_leave(slot_here(), before);
        if (rc == QN_OK) break;
        tell(l, &l->is_failing, rc, "cannot write", &why);
        atomic_fetch_add_explicit(&l->failures, 1, memory_order_relaxed); /* a hint, no more */
        if (is_last) {
            keep_error(l, rc, &why);
            return false;
        }
        pause = pause < RETRY_LONGEST_NS ? pause : RETRY_LONGEST_NS;
        pause_for(l, pause);
        if (!change_if_asked(l)) return false;
    }
    if (l->is_failing) log_line(LOG_INFO, "sink %s: writes again", l->sink.id);
    l->is_failing = false;
    atomic_store_explicit(&l->failures, 0, memory_order_relaxed);
    l->cursor = l->last_seq;
    return true;
}

static void cursor_save_if_due(lane *l)
{
    qn_err why = QN_ERR_INIT;
    int32_t rc;

    if (l->cursor == l->saved || clock_steady() < l->save_at) return;
    rc = cursor_save(l, &why);
    if (rc != QN_OK)
        tell(l, &l->is_unsaved, rc, "cannot save how far it is", &why);
    else
        l->is_unsaved = false;
}

/* A sink that fails to end may not have all that it said it had: its cursor stays where it was
 * saved, and the next start gives the rest again. */
static void lane_finish(lane *l)
{
    bus_change c;

    if (take_change(l, &c)) c.done(c.ctx, BUS_AS_BEFORE, QN_E_CANCELED, "the run is over");
    if (l->is_started) stop_sink(l);
}

void *lane_run(void *arg)
{
    lane *l = arg;
    bool is_taken = true;

    crash_thread_begin();
    slot_here()->seq = &l->last_seq;
    l->save_at = clock_steady() + SAVE_EVERY_NS;
    while (is_taken) {
        bool is_last = is_ending(l); /* asked first: what was put before the end is then seen */

        if (batch_fill(l) || (is_last && batch_of_gap(l)))
            is_taken = batch_write(l);
        else if (is_last)
            break;
        else
            pause_for(l, IDLE_NS);
        cursor_save_if_due(l);
        is_taken = is_taken && change_if_asked(l);
    }
    lane_finish(l);
    crash_thread_end();
    return NULL;
}
