/* SPDX-License-Identifier: MIT
 *
 * The stream of the sinks: nothing is lost, nothing changes its place, and what is left out is
 * told, whatever the sinks do. Their speed is set by semaphores, never by the clock. */
#include <quoin/sdk/fail.h>

#include "base/log.h"
#include "base/memory.h"
#include "engine/bus.h"

#include "check_main.h"

#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define SMALL_RING 4096u
#define ROWS 60000u

/* What a sink was given: one row a record. */
typedef struct row {
    uint32_t type;
    uint64_t seq, missed;
    bool begins_batch;
} row;

typedef struct fake {
    sem_t *before_event; /* taken once an event, before the batch is; NULL = free */
    sem_t *before_batch;
    sem_t *each_event;  /* posted once an event */
    uint32_t nfailures; /* that its next writes have; UINT32_MAX = all */
    int32_t start_code, stop_code;
    atomic_uint ntries, ngaps, nstarts, nstops;
    uint64_t failed_first, cursor;
    size_t nrows, largest;
    row *rows; /* ROWS of them, made by the test: the host allocates on one thread */
} fake;

static int32_t fake_start(void *self, const qn_sink_start *start, qn_err *err)
{
    fake *f = self;

    f->nstarts++;
    f->cursor = start->cursor;
    return f->start_code ? qn_fail(err, f->start_code, "no such folder") : QN_OK;
}

static void fake_take(fake *f, const qn_event *ev, bool begins_batch)
{
    row r = {.type = ev->type, .seq = ev->seq, .begins_batch = begins_batch};

    if (ev->type == QN_EVENT_GAP) {
        r.missed = ((const qn_gap *)(const void *)ev)->missed;
        f->ngaps++;
    }
    ck_assert_uint_lt(f->nrows, ROWS);
    f->rows[f->nrows++] = r;
}

static int32_t fake_write(void *self, const qn_batch *batch, qn_err *err)
{
    fake *f = self;
    const char *at = batch->events;
    const qn_event *first = batch->events;
    const qn_event *ev = first;

    f->ntries++;
    if (f->before_batch) sem_wait(f->before_batch);
    if (f->failed_first) ck_assert_uint_eq(batch->first_seq, f->failed_first);
    f->failed_first = 0;
    if (f->nfailures) {
        if (f->nfailures != UINT32_MAX) f->nfailures--;
        f->failed_first = batch->first_seq;
        return qn_fail(err, QN_E_IO, "disk full");
    }
    ck_assert_uint_eq((uintptr_t)batch->events % 8, 0);
    ck_assert_uint_eq(batch->first_seq, first->seq);
    for (uint32_t i = 0; i < batch->nevents; i++) {
        ev = (const qn_event *)(const void *)at;
        if (f->before_event) sem_wait(f->before_event);
        fake_take(f, ev, i == 0);
        if (f->each_event) sem_post(f->each_event);
        at += qn_event_room(ev);
    }
    ck_assert_uint_eq(batch->last_seq, ev->seq);
    ck_assert_uint_eq(batch->nbytes, (uint64_t)(at - (const char *)batch->events));
    if (batch->nbytes > f->largest) f->largest = batch->nbytes;
    return QN_OK;
}

static int32_t fake_stop(void *self, qn_err *err)
{
    fake *f = self;

    f->nstops++;
    return f->stop_code ? qn_fail(err, f->stop_code, "cannot close") : QN_OK;
}

static const qn_sink fake_table = {sizeof fake_table, 0, fake_start, fake_write, fake_stop};
static const qn_sink_start told = {.size = sizeof told, .run_id = "test"};
static const char *const ids[] = {"one", "two", "three"};

static bus *bus_of(fake *fakes, uint32_t n, bus_options options, uint64_t cursor)
{
    bus_sink sinks[3];
    bus *b = NULL;

    for (uint32_t i = 0; i < n; i++) {
        sinks[i] = (bus_sink){&fake_table, &fakes[i], ids[i], cursor, i};
        if (!fakes[i].rows) fakes[i].rows = mem_new(ROWS, sizeof(row));
        ck_assert_ptr_nonnull(fakes[i].rows);
    }
    options.start = &told;
    ck_assert_int_eq(bus_new(sinks, n, &options, &b, NULL), QN_OK);
    return b;
}

static void begin(bus *b)
{
    qn_err err = QN_ERR_INIT;

    ck_assert_msg(bus_start(b, &err) == QN_OK, "%s", err.msg);
}

static void end(bus *b)
{
    qn_err err = QN_ERR_INIT;

    ck_assert_msg(bus_stop(b, &err) == QN_OK, "%s", err.msg);
}

/* Event `seq` and its features. */
static void put(bus *b, uint64_t seq, uint32_t nfeatures)
{
    qn_mark mark = {.hdr = {sizeof mark, QN_EVENT_MARK, 0, seq, (int64_t)seq, 0, 0}};
    qn_feature_value value = {.hdr = {sizeof value, QN_EVENT_FEATURE, 0, seq, (int64_t)seq, 0, 0}};

    bus_put(b, &mark.hdr);
    for (uint32_t k = 0; k < nfeatures; k++)
        bus_put(b, &value.hdr);
}

static uint32_t features_of(uint64_t seq)
{
    return (uint32_t)(seq * 7 % 4);
}

/* Everything from `from` on, exactly once, features behind their cause and in its batch. */
static void has_all(const fake *f, uint64_t from, uint64_t to)
{
    size_t i = 0;

    for (uint64_t seq = from; seq <= to; seq++) {
        ck_assert_uint_lt(i, f->nrows);
        ck_assert_uint_eq(f->rows[i].seq, seq);
        ck_assert_uint_eq(f->rows[i++].type, QN_EVENT_MARK);
        for (uint32_t k = 0; k < features_of(seq); k++, i++) {
            ck_assert_uint_lt(i, f->nrows);
            ck_assert_uint_eq(f->rows[i].type, QN_EVENT_FEATURE);
            ck_assert_uint_eq(f->rows[i].seq, seq);
            ck_assert(!f->rows[i].begins_batch);
        }
    }
    ck_assert_uint_eq(i, f->nrows);
}

/* Three sinks: one free, one that follows the first event by event, one that may take as many
 * batches as events were put. The ring has room for some 80 records, so that the engine waits. */
START_TEST(test_three_speeds)
{
    fake fakes[3] = {0};
    sem_t first, puts;
    bus *b = bus_of(fakes, 3, (bus_options){.ring_bytes = SMALL_RING}, 0);

    sem_init(&first, 0, 0);
    sem_init(&puts, 0, 0);
    fakes[0].each_event = fakes[1].before_event = &first;
    fakes[2].before_batch = &puts;
    begin(b);
    for (uint64_t seq = 1; seq <= 20000; seq++) {
        sem_post(&puts);
        put(b, seq, features_of(seq));
    }
    end(b);
    for (uint32_t i = 0; i < 3; i++) {
        has_all(&fakes[i], 1, 20000);
        ck_assert_uint_eq(bus_cursor(b, i), 20000);
        ck_assert_uint_eq(bus_missed(b, i), 0);
        ck_assert_uint_eq(fakes[i].nstarts, 1);
        ck_assert_uint_eq(fakes[i].nstops, 1);
        mem_free(fakes[i].rows);
    }
    bus_free(b);
}
END_TEST

/* Numbers go on without a hole, those in gaps counted in; returns what the gaps count. */
static uint64_t has_gaps(const fake *f, uint64_t to)
{
    uint64_t seq = 0;
    uint64_t missed = 0;
    bool was_gap = false;

    for (size_t i = 0; i < f->nrows; i++) {
        const row *r = &f->rows[i];

        if (r->type == QN_EVENT_GAP) {
            ck_assert(!was_gap);
            ck_assert_uint_ge(r->seq, seq);
            ck_assert_uint_ge(r->missed, r->seq - seq); /* features are missed, too */
            missed += r->missed;
        } else if (r->type == QN_EVENT_MARK) {
            ck_assert_uint_eq(r->seq, seq + 1);
        } else {
            ck_assert_uint_eq(r->seq, seq);
            ck_assert(!was_gap); /* no feature without its cause */
        }
        was_gap = r->type == QN_EVENT_GAP;
        seq = r->seq;
    }
    ck_assert_uint_eq(seq, to);
    return missed;
}

static size_t records_up_to(uint64_t seq)
{
    size_t n = 0;

    for (uint64_t k = 1; k <= seq; k++)
        n += 1 + features_of(k);
    return n;
}

START_TEST(test_paced)
{
    fake fakes[2] = {0};
    sem_t gate;
    uint64_t seq = 0;
    bus *b = bus_of(fakes, 2, (bus_options){.ring_bytes = SMALL_RING, .is_paced = true}, 0);

    sem_init(&gate, 0, 0);
    fakes[1].before_batch = &gate;
    begin(b);
    while (seq < 1000) {
        seq++;
        put(b, seq, features_of(seq));
    }
    ck_assert_uint_eq(fakes[1].ngaps, 0); /* it was not let through yet */
    for (uint32_t i = 0; i < 3; i++)      /* a batch, the ring, what came behind the gap */
        sem_post(&gate);
    /* it catches up to half of its ring, and is told what it missed while the stream flows */
    while (fakes[1].ngaps == 0) {
        seq++;
        put(b, seq, features_of(seq));
        sched_yield();
        sem_post(&gate);
    }
    /* and at the end, with the gate shut for as long as any post is left: missed again */
    while (sem_trywait(&gate) == 0)
        ;
    for (uint64_t to = seq + 1000; seq < to;) {
        seq++;
        put(b, seq, features_of(seq));
    }
    for (uint32_t i = 0; i < 5000; i++)
        sem_post(&gate);
    end(b);
    ck_assert_uint_eq(has_gaps(&fakes[1], seq), bus_missed(b, 1));
    ck_assert_uint_ge(fakes[1].ngaps, 2);
    ck_assert_uint_eq(fakes[1].nrows - fakes[1].ngaps + bus_missed(b, 1), records_up_to(seq));
    ck_assert_uint_eq(bus_cursor(b, 1), seq);
    /* the other one is held up by nobody, but may have been too slow itself */
    ck_assert_uint_eq(has_gaps(&fakes[0], seq), bus_missed(b, 0));
    mem_free(fakes[0].rows);
    mem_free(fakes[1].rows);
    bus_free(b);
}
END_TEST

static char log_text[4096];

static void keep_log(log_level level, const char *line)
{
    size_t used = strlen(log_text);

    (void)level;
    snprintf(log_text + used, sizeof log_text - used, "%s\n", line);
}

static uint32_t times_in_log(const char *what)
{
    uint32_t n = 0;

    for (const char *at = log_text; (at = strstr(at, what)); at++)
        n++;
    return n;
}

START_TEST(test_failing_for_a_while)
{
    fake f = {.nfailures = 3};
    sem_t gate;
    bus *b = bus_of(&f, 1, (bus_options){.ring_bytes = SMALL_RING}, 0);

    log_set_sink(keep_log);
    sem_init(&gate, 0, 0);
    f.each_event = &gate;
    begin(b);
    for (uint64_t seq = 1; seq <= 2000; seq++)
        put(b, seq, features_of(seq));
    bus_publish(b);
    for (size_t i = 0; i < records_up_to(2000); i++)
        sem_wait(&gate); /* the stream has not ended: it was given all of it by trying again */
    end(b);
    has_all(&f, 1, 2000);
    ck_assert_uint_eq(times_in_log("sink one: cannot write: disk full"), 1);
    ck_assert_uint_eq(times_in_log("sink one: writes again"), 1);
    mem_free(f.rows);
    bus_free(b);
}
END_TEST

typedef struct saved {
    atomic_uint ncalls;
    uint64_t seq[3];
    int32_t code;
} saved;

static int32_t save(void *ctx, uint32_t sink, uint64_t seq, qn_err *err)
{
    saved *s = ctx;

    s->ncalls++;
    if (s->code) return qn_fail(err, s->code, "map full");
    ck_assert_uint_gt(seq, s->seq[sink]);
    s->seq[sink] = seq;
    return QN_OK;
}

START_TEST(test_failing_for_ever)
{
    fake fakes[2] = {{.nfailures = UINT32_MAX}, {0}};
    saved s = {0};
    qn_err err = QN_ERR_INIT;
    bus *b = bus_of(fakes, 2, (bus_options){.save = save, .ctx = &s}, 0);

    log_set_sink(keep_log);
    begin(b);
    for (uint64_t seq = 1; seq <= 500; seq++)
        put(b, seq, features_of(seq));
    ck_assert_int_eq(bus_stop(b, &err), QN_E_IO);
    ck_assert_str_eq(err.msg, "sink one: disk full");
    ck_assert_uint_eq(fakes[0].nrows, 0);
    ck_assert_uint_eq(fakes[0].nstops, 1);
    ck_assert_uint_eq(bus_cursor(b, 0), 0);
    ck_assert_uint_eq(s.seq[0], 0);
    has_all(&fakes[1], 1, 500);
    ck_assert_uint_eq(s.seq[1], 500);
    ck_assert_uint_eq(times_in_log("cannot write"), 1);
    mem_free(fakes[0].rows);
    mem_free(fakes[1].rows);
    bus_free(b);
}
END_TEST

START_TEST(test_errors_of_the_end)
{
    fake fakes[2] = {{.stop_code = QN_E_IO}, {0}};
    saved s = {0};
    qn_err err = QN_ERR_INIT;
    bus *b = bus_of(fakes, 2, (bus_options){.save = save, .ctx = &s}, 0);

    begin(b);
    put(b, 1, 0);
    ck_assert_int_eq(bus_stop(b, &err), QN_E_IO);
    ck_assert_str_eq(err.msg, "sink one: cannot close");
    ck_assert_uint_eq(s.seq[0], 0); /* it may not have what it was given */
    ck_assert_uint_eq(s.seq[1], 1);
    ck_assert_int_eq(bus_stop(b, &err), QN_OK); /* it has ended */
    bus_free(b);

    s = (saved){.code = QN_E_FULL};
    fakes[0].stop_code = QN_OK;
    b = bus_of(fakes, 2, (bus_options){.save = save, .ctx = &s}, 0);
    begin(b);
    put(b, 1, 0);
    ck_assert_int_eq(bus_stop(b, &err), QN_E_FULL);
    ck_assert_str_eq(err.msg, "sink one: map full");
    mem_free(fakes[0].rows);
    mem_free(fakes[1].rows);
    bus_free(b);
}
END_TEST

START_TEST(test_start_that_fails)
{
    fake fakes[3] = {{0}, {.start_code = QN_E_NOT_FOUND}, {0}};
    qn_err err = QN_ERR_INIT;
    bus *b = bus_of(fakes, 3, (bus_options){0}, 0);

    ck_assert_int_eq(bus_start(b, &err), QN_E_NOT_FOUND);
    ck_assert_str_eq(err.msg, "sink two: no such folder");
    ck_assert_uint_eq(fakes[0].nstarts, 1);
    ck_assert_uint_eq(fakes[0].nstops, 1);
    ck_assert_uint_eq(fakes[1].nstops, 0);
    ck_assert_uint_eq(fakes[2].nstarts, 0);
    bus_free(b);
    ck_assert_uint_eq(fakes[0].nstops, 1);
    for (uint32_t i = 0; i < 3; i++)
        mem_free(fakes[i].rows);
}
END_TEST

/* A run that goes on puts from any place at or before the cursor. */
START_TEST(test_every_cursor)
{
    for (uint64_t cursor = 0; cursor <= 40; cursor++) {
        for (uint64_t from = 1; from <= cursor + 1; from += 5) {
            fake f = {0};
            bus *b = bus_of(&f, 1, (bus_options){.ring_bytes = SMALL_RING}, cursor);

            begin(b);
            ck_assert_uint_eq(f.cursor, cursor);
            for (uint64_t seq = from; seq <= 40; seq++)
                put(b, seq, features_of(seq));
            end(b);
            has_all(&f, cursor + 1, 40);
            ck_assert_uint_eq(bus_cursor(b, 0), 40);
            mem_free(f.rows);
            bus_free(b);
        }
    }
}
END_TEST

START_TEST(test_put_begins_behind_the_cursor)
{
    fake f = {0};
    bus *b = bus_of(&f, 1, (bus_options){0}, 10);

    begin(b);
    put(b, 14, 0);
    put(b, 15, 0);
    end(b);
    ck_assert_uint_eq(f.nrows, 3);
    ck_assert_uint_eq(f.rows[0].type, QN_EVENT_GAP);
    ck_assert_uint_eq(f.rows[0].seq, 13);
    ck_assert_uint_eq(f.rows[0].missed, 3);
    ck_assert_uint_eq(f.rows[1].seq, 14);
    mem_free(f.rows);
    bus_free(b);
}
END_TEST

/* A stop from outside ends the waiting for a sink that does not go on. */
START_TEST(test_stop_while_full)
{
    volatile sig_atomic_t stop = 1;
    fake f = {0};
    sem_t gate;
    bus *b = bus_of(&f, 1, (bus_options){.ring_bytes = SMALL_RING, .stop = &stop}, 0);

    sem_init(&gate, 0, 0);
    f.before_batch = &gate;
    begin(b);
    for (uint64_t seq = 1; seq <= 1000; seq++)
        put(b, seq, features_of(seq));
    for (uint32_t i = 0; i < 1000; i++)
        sem_post(&gate);
    end(b);
    ck_assert_uint_gt(bus_missed(b, 0), 0);
    ck_assert_uint_eq(has_gaps(&f, 1000), bus_missed(b, 0));
    ck_assert_uint_eq(f.nrows - f.ngaps + bus_missed(b, 0), records_up_to(1000));
    mem_free(f.rows);
    bus_free(b);
}
END_TEST

/* There is room again when the features of a record come that was left out. */
START_TEST(test_features_of_what_is_missed)
{
    volatile sig_atomic_t stop = 1;
    fake f = {0};
    sem_t gate, seen;
    uint64_t seq = 0;
    bus *b = bus_of(&f, 1, (bus_options){.ring_bytes = SMALL_RING, .stop = &stop}, 0);

    sem_init(&gate, 0, 0);
    sem_init(&seen, 0, 0);
    f.before_batch = &gate;
    f.each_event = &seen;
    begin(b);
    while (bus_missed(b, 0) == 0)
        put(b, ++seq, 0);
    for (uint32_t i = 0; i < 1000; i++)
        sem_post(&gate);
    for (uint64_t i = 1; i < seq; i++)
        sem_wait(&seen);
    bus_put(b, &(qn_event){.size = sizeof(qn_event), .type = QN_EVENT_FEATURE, .seq = seq});
    put(b, seq + 1, 0);
    end(b);
    ck_assert_uint_eq(bus_missed(b, 0), 2);
    ck_assert_uint_eq(f.rows[f.nrows - 2].type, QN_EVENT_GAP);
    ck_assert_uint_eq(f.rows[f.nrows - 2].missed, 2);
    ck_assert_uint_eq(has_gaps(&f, seq + 1), 2);
    mem_free(f.rows);
    bus_free(b);
}
END_TEST

/* More features of one event than a ring holds: what does not fit is told, the engine goes on. */
START_TEST(test_group_larger_than_the_ring)
{
    fake f = {0};
    bus *b = bus_of(&f, 1, (bus_options){.ring_bytes = SMALL_RING}, 0);

    begin(b);
    put(b, 1, 0);
    put(b, 2, 500);
    put(b, 3, 1);
    end(b);
    ck_assert_uint_gt(bus_missed(b, 0), 400);
    ck_assert_uint_eq(has_gaps(&f, 3), bus_missed(b, 0));
    ck_assert_uint_eq(f.nrows - f.ngaps + bus_missed(b, 0), 504);
    mem_free(f.rows);
    bus_free(b);
}
END_TEST

START_TEST(test_batches_are_bounded)
{
    fake f = {0};
    sem_t gate;
    bus *b = bus_of(&f, 1, (bus_options){.ring_bytes = 1 << 20}, 0);

    sem_init(&gate, 0, 0);
    f.before_batch = &gate;
    begin(b);
    for (uint64_t seq = 1; seq <= 5000; seq++)
        put(b, seq, features_of(seq));
    for (uint32_t i = 0; i < 5000; i++)
        sem_post(&gate);
    end(b);
    has_all(&f, 1, 5000);
    ck_assert_uint_ge(f.largest, BUS_BATCH);
    ck_assert_uint_lt(f.largest, BUS_BATCH + 300);
    mem_free(f.rows);
    bus_free(b);
}
END_TEST

/* The last group is seen before the next begins, when it is published. */
START_TEST(test_publish)
{
    fake f = {0};
    sem_t seen;
    bus *b = bus_of(&f, 1, (bus_options){0}, 0);

    sem_init(&seen, 0, 0);
    f.each_event = &seen;
    begin(b);
    put(b, 1, 2);
    bus_publish(b);
    for (uint32_t i = 0; i < 3; i++)
        sem_wait(&seen);
    end(b);
    ck_assert_uint_eq(f.nrows, 3);
    mem_free(f.rows);
    bus_free(b);
}
END_TEST

START_TEST(test_rings_that_cannot_be)
{
    bus_options options = {.start = &told, .ring_bytes = 5000};
    bus *b = NULL;

    ck_assert_int_eq(bus_new(NULL, 0, &options, &b, NULL), QN_E_RANGE);
    options.ring_bytes = 1024;
    ck_assert_int_eq(bus_new(NULL, 0, &options, &b, NULL), QN_E_RANGE);
    ck_assert_ptr_null(b);
    options.ring_bytes = 0;
    ck_assert_int_eq(bus_new(NULL, 0, &options, &b, NULL), QN_OK);
    begin(b);
    put(b, 1, 0);
    end(b);
    bus_free(b);
    bus_free(NULL);
}
END_TEST

CHECK_MAIN("bus", test_three_speeds, test_paced, test_failing_for_a_while, test_failing_for_ever,
           test_errors_of_the_end, test_start_that_fails, test_every_cursor,
           test_put_begins_behind_the_cursor, test_stop_while_full, test_features_of_what_is_missed,
           test_group_larger_than_the_ring, test_batches_are_bounded, test_publish,
           test_rings_that_cannot_be)
