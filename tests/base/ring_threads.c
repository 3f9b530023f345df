/* SPDX-License-Identifier: MIT
 *
 * The ring between threads: nothing is lost, nothing is torn, for a writer that is always ahead
 * of slow readers. */
#include "base/memory.h"
#include "base/ring.h"

#include "check_main.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#define RECORDS 300000u
#define READERS 3

typedef struct job {
    pthread_t thread;
    ring_reader reader;
    uint64_t seen, sum;
    bool is_wrong;
} job;

static void *take(void *arg)
{
    job *j = arg;

    while (j->seen < RECORDS) {
        size_t n;
        const uint64_t *at = ring_peek(&j->reader, &n);
        if (!at) {
            sched_yield();
            continue;
        }
        /* record k: k, then k % 5 times its square */
        for (size_t i = 0; i < n / 8; j->seen++) {
            uint64_t k = at[i];
            if (k != j->seen) j->is_wrong = true;
            for (uint64_t more = k % 5; more > 0; more--)
                if (at[i + more] != k * k) j->is_wrong = true;
            i += 1 + (size_t)(k % 5);
            if (j->is_wrong) return NULL;
        }
        ring_consume(&j->reader, n);
    }
    return NULL;
}

START_TEST(threads_see_all_records)
{
    static _Alignas(RING_LINE) ring_shared shared;
    static _Alignas(8) unsigned char bytes[4096];
    ring_memory m = {&shared, bytes, sizeof bytes};
    job jobs[READERS];
    uint64_t waits = 0;
    ring_writer w;

    memset(jobs, 0, sizeof jobs);
    ring_writer_open(&w, m);
    for (int i = 0; i < READERS; i++)
        ck_assert(ring_reader_open(&w, &jobs[i].reader));
    for (int i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&jobs[i].thread, NULL, take, &jobs[i]), 0);
    for (uint64_t k = 0; k < RECORDS; k++) {
        uint64_t *to;
        while (!(to = ring_reserve(&w, 8 + 8 * (size_t)(k % 5)))) {
            ring_publish(&w);
            waits++;
            sched_yield();
        }
        to[0] = k;
        for (uint64_t more = k % 5; more > 0; more--)
            to[more] = k * k;
        if (k % 3 == 0) ring_publish(&w);
    }
    ring_publish(&w);
    for (int i = 0; i < READERS; i++) {
        ck_assert_int_eq(pthread_join(jobs[i].thread, NULL), 0);
        ck_assert(!jobs[i].is_wrong);
        ck_assert_uint_eq(jobs[i].seen, RECORDS);
        ck_assert_uint_eq(ring_behind(&jobs[i].reader), 0);
    }
    ck_assert_uint_gt(waits, 0);
}
END_TEST

CHECK_MAIN("ring_threads", threads_see_all_records)
