/* SPDX-License-Identifier: MIT
 *
 * The worker pool: what comes back, and when, does not depend on how many threads there are. No
 * test waits for a time: work that must not end yet waits at a gate. */
#include "engine/worker.h"

#include "allocation.h"
#include "check_main.h"

#include <dirent.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed;

static uint64_t next_random(void) /* splitmix64 (Steele, Lea, Flood 2014) */
{
    uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* ------------------------------------------------------------------ work */

/* A sum over the input, as often as its first byte says: some takes longer than other. */
static int64_t sum(const void *input, uint64_t n, void *output, uint64_t room,
                   const volatile uint32_t *cancel)
{
    const unsigned char *bytes = input;
    uint64_t total = n;

    (void)cancel;
    ck_assert_uint_eq(room, QN_RESULT_BYTES);
    for (unsigned k = 0; n && k < bytes[0] * 2u; k++)
        for (uint64_t i = 0; i < n; i++)
            total = total * 31 + bytes[i];
    memcpy(output, &total, sizeof total);
    return total % 5 == 0 ? QN_E_RANGE : (int64_t)sizeof total;
}

static const qn_work sum_work = {.size = sizeof sum_work, .run = sum};

/* Fills its room, and returns what it is told. */
static int64_t say(const void *input, uint64_t n, void *output, uint64_t room,
                   const volatile uint32_t *cancel)
{
    int64_t value;

    (void)cancel;
    ck_assert_uint_eq(n, sizeof value);
    memcpy(&value, input, sizeof value);
    memset(output, 0xab, room);
    return value;
}

static const qn_work say_work = {.size = sizeof say_work, .run = say};

typedef struct gate {
    sem_t entered, open;
    sigset_t blocked; /* signals, on the worker's thread */
} gate;

static void gate_init(gate *g)
{
    ck_assert_int_eq(sem_init(&g->entered, 0, 0), 0);
    ck_assert_int_eq(sem_init(&g->open, 0, 0), 0);
}

static void pass(sem_t *s)
{
    while (sem_wait(s) != 0) {
    }
}

/* Says that it has begun, and waits until it may end. */
static int64_t wait_at_gate(const void *input, uint64_t n, void *output, uint64_t room,
                            const volatile uint32_t *cancel)
{
    gate *g;

    (void)output;
    (void)room;
    (void)cancel;
    ck_assert_uint_eq(n, sizeof g);
    memcpy(&g, input, sizeof g);
    pthread_sigmask(SIG_SETMASK, NULL, &g->blocked);
    sem_post(&g->entered);
    pass(&g->open);
    return 0;
}

static const qn_work gate_work = {.size = sizeof gate_work, .run = wait_at_gate};

/* Says that it has begun, and ends when it is canceled. */
static int64_t until_canceled(const void *input, uint64_t n, void *output, uint64_t room,
                              const volatile uint32_t *cancel)
{
    gate *g;

    (void)output;
    (void)room;
    ck_assert_uint_eq(n, sizeof g);
    memcpy(&g, input, sizeof g);
    sem_post(&g->entered);
    while (!__atomic_load_n(cancel, __ATOMIC_RELAXED)) {
    }
    sem_post(&g->open);
    return 0;
}

static const qn_work cancel_work = {.size = sizeof cancel_work, .run = until_canceled};

static void submit(pool *p, const qn_work *w, uint32_t owner, int64_t due, uint64_t cookie,
                   const void *input, uint64_t n)
{
    ck_assert_int_eq(pool_submit(p, w, owner, due, cookie, input, n), QN_OK);
}

/* ------------------------------------------------------------------ results */

START_TEST(by_due_date_then_in_the_order_of_submission)
{
    static const struct {
        int64_t due;
        uint32_t owner;
    } jobs[] = {{50, 1}, {10, 2}, {50, 3}, {-5, 1}, {10, 1}, {INT64_MAX, 2}, {INT64_MIN, 3}};
    static const uint64_t expected[] = {6, 3, 1, 4, 0, 2, 5};
    pool *p = pool_new(2);
    int64_t value = 8;
    qn_result r;

    ck_assert_ptr_null(pool_first(p));
    ck_assert(!pool_is_done(p));
    for (uint64_t i = 0; i < 7; i++)
        submit(p, &say_work, jobs[i].owner, jobs[i].due, i, &value, sizeof value);
    for (uint64_t i = 0; i < 7; i++) {
        const job *first = pool_first(p);
        ck_assert_int_eq(first->due_ns, jobs[expected[i]].due);
        ck_assert_uint_eq(first->cookie, expected[i]);
        ck_assert_uint_eq(first->owner, jobs[expected[i]].owner);
        ck_assert_uint_eq(pool_take(p, true, &r), jobs[expected[i]].owner);
        ck_assert_uint_eq(r.cookie, expected[i]);
    }
    ck_assert_ptr_null(pool_first(p));
    pool_free(p);
    pool_free(NULL);
}
END_TEST

/* A hash of what comes back, in its order. */
static void take(pool *p, uint64_t *hash)
{
    qn_result r = {.cookie = 0};

    *hash = *hash * 31 + pool_take(p, true, &r);
    *hash = *hash * 31 + r.cookie;
    *hash = *hash * 31 + (uint64_t)r.status;
    for (size_t i = 0; i < sizeof r.bytes; i++)
        *hash = *hash * 31 + r.bytes[i];
}

/* Submits, takes and cancels at random. */
static uint64_t play(uint32_t threads, uint64_t from)
{
    pool *p = pool_new(threads);
    uint64_t hash = 0;

    seed = from;
    for (uint64_t step = 0; step < 400; step++) {
        unsigned char input[300];
        uint64_t what = next_random() % 30;
        uint32_t owner = (uint32_t)(next_random() % 9);
        if (what == 0) {
            pool_cancel(p, owner);
        } else if (what < 20) {
            uint64_t size = next_random() % sizeof input;
            int64_t due = (int64_t)(next_random() % 50);
            for (uint64_t i = 0; i < size; i++)
                input[i] = (unsigned char)next_random();
            hash = hash * 31 + (uint64_t)pool_submit(p, &sum_work, owner, due, step, input, size);
        } else if (pool_first(p)) {
            take(p, &hash);
        }
    }
    while (pool_first(p))
        take(p, &hash);
    pool_free(p);
    return hash;
}

START_TEST(the_same_whatever_the_number_of_threads)
{
    for (uint64_t k = 1; k <= 12; k++) {
        uint64_t one = play(1, k);
        ck_assert_uint_eq(play(0, k), one);
        ck_assert_uint_eq(play(2, k), one);
        ck_assert_uint_eq(play(7, k), one);
        ck_assert_uint_ne(play(2, k + 1000), one);
    }
}
END_TEST

START_TEST(what_the_work_returns)
{
    static const struct {
        int64_t returned;
        int32_t status;
        uint32_t nbytes;
    } rows[] = {
        {0, QN_OK, 0},
        {1, QN_OK, 1},
        {QN_RESULT_BYTES, QN_OK, QN_RESULT_BYTES},
        {QN_RESULT_BYTES + 1, QN_E_INVALID, 0},
        {INT64_MAX, QN_E_INVALID, 0},
        {(INT64_C(1) << 32) + 4, QN_E_INVALID, 0},
        {QN_E_STALE, QN_E_STALE, 0},
        {-9999, QN_E_INVALID, 0},
        {QN_E_STALE - (INT64_C(1) << 32), QN_E_INVALID, 0},
        {INT64_MIN, QN_E_INVALID, 0},
    };
    pool *p = pool_new(1);
    qn_result r;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(&r, 0x55, sizeof r);
        submit(p, &say_work, 3, 1, i, &rows[i].returned, sizeof rows[i].returned);
        ck_assert_uint_eq(pool_take(p, true, &r), 3);
        ck_assert_int_eq(r.status, rows[i].status);
        ck_assert_uint_eq(r.nbytes, rows[i].nbytes);
        for (uint32_t b = 0; b < QN_RESULT_BYTES; b++)
            ck_assert_uint_eq(r.bytes[b], b < r.nbytes ? 0xab : 0);
    }
    pool_free(p);
}
END_TEST

/* ------------------------------------------------------------------ waiting, canceling, limits */

static unsigned count_threads(void)
{
    DIR *dir = opendir("/proc/self/task");
    unsigned n = 0;

    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *d; (d = readdir(dir));)
        n += d->d_name[0] != '.';
    closedir(dir);
    return n;
}

START_TEST(threads_start_with_the_work_and_hear_no_signal)
{
    unsigned before = count_threads();
    unsigned one = 0;
    pool *p = pool_new(2);
    gate g;
    gate *at = &g;
    qn_result r;

    gate_init(&g);
    ck_assert_uint_eq(count_threads(), before);
    for (uint64_t i = 0; i < 3; i++) { /* one thread is enough for one job after the other */
        submit(p, &sum_work, 1, 5, i, "a", 1);
        if (i == 0) one = count_threads(); /* TSan starts one of its own with the first */
        ck_assert_uint_eq(pool_take(p, true, &r), 1);
        ck_assert_uint_eq(count_threads(), one);
    }
    for (uint64_t i = 0; i < 3; i++) {
        submit(p, &gate_work, 1, 5, i, &at, sizeof at);
        ck_assert_uint_eq(count_threads(), one + (i > 0));
    }
    ck_assert_uint_gt(one, before);
    pass(&g.entered);
    pass(&g.entered);
    ck_assert(sigismember(&g.blocked, SIGINT) && sigismember(&g.blocked, SIGTERM));
    ck_assert(!pool_is_done(p));
    ck_assert_uint_eq(pool_take(p, false, &r), POOL_BUSY);
    ck_assert_uint_eq(pool_first(p)->cookie, 0);
    for (int i = 0; i < 3; i++)
        sem_post(&g.open);
    for (uint64_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(pool_take(p, true, &r), 1);
        ck_assert_uint_eq(r.cookie, i);
    }
    submit(p, &sum_work, 1, 5, 9, "a", 1);
    while (!pool_is_done(p)) {
    }
    ck_assert_uint_eq(pool_take(p, false, &r), 1);
    ck_assert_uint_eq(count_threads(), one + 1);
    pool_free(p);
}
END_TEST

START_TEST(what_is_canceled_ends_and_is_forgotten)
{
    pool *p = pool_new(1);
    gate g;
    gate *at = &g;
    qn_result r;

    gate_init(&g);
    submit(p, &cancel_work, 1, 5, 1, &at, sizeof at);
    pass(&g.entered);
    submit(p, &gate_work, 1, 6, 2, &at, sizeof at); /* would wait for ever */
    submit(p, &sum_work, 2, 7, 3, "b", 1);
    pool_cancel(p, 1);
    ck_assert_uint_eq(pool_first(p)->cookie, 3);
    ck_assert_uint_eq(pool_take(p, true, &r), 2);
    ck_assert_uint_eq(r.cookie, 3);
    ck_assert_ptr_null(pool_first(p));
    pass(&g.open); /* it was told */

    submit(p, &sum_work, 1, 5, 4, "c", 1);
    while (!pool_is_done(p)) {
    }
    pool_cancel(p, 1); /* done, and not taken */
    ck_assert_ptr_null(pool_first(p));
    submit(p, &cancel_work, 1, 5, 5, &at, sizeof at);
    submit(p, &gate_work, 1, 6, 6, &at, sizeof at);
    pass(&g.entered);
    pool_free(p); /* ends what runs */
    pass(&g.open);
}
END_TEST

START_TEST(limits)
{
    pool *p = pool_new(1);
    unsigned char *large = calloc(POOL_INPUT_BYTES + 1, 1);
    gate g;
    gate *at = &g;
    qn_result r;
    static const qn_work none = {.size = sizeof none};

    gate_init(&g);
    for (uint64_t i = 0; i < POOL_JOBS_PER_OWNER; i++)
        submit(p, &gate_work, 1, 5, i, &at, sizeof at);
    ck_assert_int_eq(pool_submit(p, &gate_work, 1, 5, 0, &at, sizeof at), QN_E_FULL);
    submit(p, &sum_work, 2, 6, 0, NULL, 0);
    for (unsigned i = 0; i < POOL_JOBS_PER_OWNER; i++)
        sem_post(&g.open);
    pool_take(p, true, &r);
    submit(p, &sum_work, 1, 5, 0, "a", 1);
    ck_assert_int_eq(pool_submit(p, &sum_work, 3, 5, 0, large, POOL_INPUT_BYTES + 1), QN_E_RANGE);
    submit(p, &sum_work, 3, 4, 7, large, POOL_INPUT_BYTES);
    ck_assert_uint_eq(pool_take(p, true, &r), 3);
    ck_assert_int_eq(pool_submit(p, NULL, 3, 5, 0, "a", 1), QN_E_INVALID);
    ck_assert_int_eq(pool_submit(p, &none, 3, 5, 0, "a", 1), QN_E_INVALID);
    ck_assert_int_eq(pool_submit(p, &sum_work, 3, 5, 0, NULL, 1), QN_E_INVALID);
    pool_free(p);
    free(large);
}
END_TEST

/* ------------------------------------------------------------------ saving and loading */

static const qn_work *find_work(void *ctx, uint32_t owner)
{
    (void)ctx;
    return owner < 8 ? &sum_work : NULL;
}

static bytes_out saved(const pool *p)
{
    bytes_out out = {0};

    ck_assert_int_eq(pool_save(p, &out), QN_OK);
    return out;
}

static int32_t load(pool *p, const bytes_out *from, qn_err *err)
{
    bytes_in in = bytes_reader(from->data, from->used);

    return pool_load(p, &in, find_work, NULL, err);
}

static void fill(pool *p, uint32_t owners)
{
    seed = 77;
    for (uint64_t i = 0; i < 40; i++) {
        unsigned char input[64];
        uint64_t n = next_random() % sizeof input;
        for (uint64_t k = 0; k < n; k++)
            input[k] = (unsigned char)next_random();
        submit(p, &sum_work, (uint32_t)(i % owners), (int64_t)(next_random() % 9) - 4, i, input, n);
    }
}

START_TEST(what_is_saved_is_done_after_a_load)
{
    pool *p = pool_new(2);
    pool *loaded = pool_new(3);
    qn_err err = QN_ERR_INIT;
    bytes_out first, second;

    fill(p, 8);
    first = saved(p); /* some wait, some run, some are done */
    ck_assert_msg(load(loaded, &first, &err) == QN_OK, "%s", err.msg);
    second = saved(loaded);
    ck_assert_uint_eq(first.used, second.used);
    ck_assert_mem_eq(first.data, second.data, first.used);
    ck_assert_int_eq(load(loaded, &first, &err), QN_E_STATE);
    while (pool_first(p)) {
        qn_result a = {.cookie = 0}, b = {.cookie = 1};
        ck_assert_ptr_nonnull(pool_first(loaded));
        ck_assert_uint_eq(pool_take(p, true, &a), pool_take(loaded, true, &b));
        ck_assert_mem_eq(&a, &b, sizeof a);
    }
    ck_assert_ptr_null(pool_first(loaded));
    bytes_free(&first);
    bytes_free(&second);
    pool_free(p);
    pool_free(loaded);
}
END_TEST

START_TEST(damaged_jobs_are_refused)
{
    pool *p = pool_new(2);
    pool *loaded = pool_new(1);
    qn_err err = QN_ERR_INIT;
    bytes_out state, late = {0};
    size_t begun;

    fill(p, 9); /* one of them has no work */
    state = saved(p);
    ck_assert_int_eq(load(loaded, &state, &err), QN_E_DAMAGED);
    ck_assert_ptr_nonnull(strstr(err.msg, "a job of nobody who has work"));
    ck_assert_ptr_null(pool_first(loaded));
    bytes_free(&state);
    pool_free(p);

    p = pool_new(2);
    fill(p, 8);
    state = saved(p);
    for (size_t n = 0; n < state.used; n += 7) {
        bytes_in in = bytes_reader(state.data, n);
        ck_assert_int_eq(pool_load(loaded, &in, find_work, NULL, &err), QN_E_DAMAGED);
    }
    for (size_t i = 0; i < state.used; i++) {
        state.data[i] ^= 4;
        ck_assert_int_eq(load(loaded, &state, &err), QN_E_DAMAGED);
        ck_assert_ptr_null(pool_first(loaded));
        state.data[i] ^= 4;
    }
    begun = bytes_begin(&late, BYTES_TAG('P', 'O', 'O', 'L'));
    bytes_put_u64(&late, 2);
    for (int64_t due = 2; due > 0; due--) {
        bytes_put_u32(&late, 1);
        bytes_put_i64(&late, due);
        bytes_put_u64(&late, 0);
        bytes_put_u64(&late, 0);
    }
    bytes_end(&late, begun);
    ck_assert_int_eq(load(loaded, &late, &err), QN_E_DAMAGED);
    ck_assert_ptr_nonnull(strstr(err.msg, "jobs out of order"));
    ck_assert_int_eq(load(loaded, &state, &err), QN_OK);
    bytes_free(&state);
    bytes_free(&late);
    pool_free(p);
    pool_free(loaded);
}
END_TEST

/* ------------------------------------------------------------------ memory */

/* Makes a pool, gives it work, saves and loads it. */
static int32_t use(const bytes_out *state)
{
    pool *p = pool_new(2);
    pool *loaded = pool_new(2);
    bytes_out out = {0};
    int32_t rc = p && loaded ? QN_OK : QN_E_NO_MEMORY;

    for (uint64_t i = 0; i < 3 && rc == QN_OK; i++)
        rc = pool_submit(p, &sum_work, 1, 5, i, "abc", 3);
    if (rc == QN_OK) rc = pool_save(p, &out);
    if (rc == QN_OK) rc = load(loaded, state, NULL);
    if (rc != QN_OK && loaded) ck_assert_ptr_null(pool_first(loaded));
    bytes_free(&out);
    pool_free(p);
    pool_free(loaded);
    return rc;
}

START_TEST(every_allocation_fails_in_turn)
{
    pool *p = pool_new(1);
    bytes_out state;
    int32_t rc = QN_E_NO_MEMORY;
    long k;

    fill(p, 8);
    state = saved(p);
    for (k = 1; rc != QN_OK; k++) {
        allocation_fail(k);
        rc = use(&state);
        allocation_fail(0);
        ck_assert(rc == QN_OK || rc == QN_E_NO_MEMORY);
    }
    ck_assert_int_gt(k, 2 + 3 + 40);
    bytes_free(&state);
    pool_free(p);
}
END_TEST

CHECK_MAIN("engine worker", by_due_date_then_in_the_order_of_submission,
           the_same_whatever_the_number_of_threads, what_the_work_returns,
           threads_start_with_the_work_and_hear_no_signal, what_is_canceled_ends_and_is_forgotten,
           limits, what_is_saved_is_done_after_a_load, damaged_jobs_are_refused,
           every_allocation_fails_in_turn)
