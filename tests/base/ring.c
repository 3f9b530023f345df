/* SPDX-License-Identifier: MIT
 *
 * The ring: what readers see is what the writer published, whole, in order, once. */
#include "base/memory.h"
#include "base/ring.h"

#include "check_main.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#define ROOM 65536u

/* A record says how long it is, counts, and is filled with what the two make. */
typedef struct record {
    uint32_t size; /* in bytes, this head included */
    uint32_t check;
    uint64_t number;
    unsigned char fill[];
} record;

static ring_memory a_ring(uint64_t size)
{
    ring_memory m = {aligned_alloc(RING_LINE, sizeof(ring_shared)), mem_new(size, 1), size};

    ck_assert_ptr_nonnull(m.shared);
    ck_assert_ptr_nonnull(m.bytes);
    memset((void *)m.shared, 0, sizeof *m.shared);
    return m;
}

static void ring_free(ring_memory m)
{
    free((void *)m.shared);
    mem_free(m.bytes);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static uint32_t size_of(uint64_t number, uint64_t most)
{
    uint64_t state = number * UINT64_C(0x9E3779B97F4A7C15) + 1;

    next_random(&state);
    return (uint32_t)(sizeof(record) + next_random(&state) % (most - sizeof(record) + 1));
}

static bool put(ring_writer *w, uint64_t number, uint64_t most)
{
    uint32_t size = size_of(number, most);
    record *r = ring_reserve(w, size);

    if (!r) return false;
    if ((uintptr_t)r % 8) ck_abort_msg("a record does not lie on 8 bytes");
    *r = (record){size, (uint32_t)number ^ size, number};
    memset(r->fill, (int)(number & 255), size - sizeof *r);
    return true;
}

static bool is_filled(const record *r)
{
    for (size_t i = 0; i < r->size - sizeof *r; i++)
        if (r->fill[i] != (r->number & 255)) return false;
    return true;
}

/* Check the records of a piece; returns how many. */
static uint64_t check(const unsigned char *at, size_t n, uint64_t number, uint64_t most)
{
    uint64_t seen = 0;

    while (n > 0) {
        const record *r = (const void *)at;
        size_t whole = (r->size + 7u) & ~(size_t)7;
        /* no ck_assert here: each writes to a file where it stands, and there are millions */
        if (n < whole || r->number != number + seen || r->size != size_of(r->number, most) ||
            r->check != ((uint32_t)r->number ^ r->size) || !is_filled(r))
            ck_abort_msg("record %llu is not what was written", (unsigned long long)number + seen);
        at += whole;
        n -= whole;
        seen++;
    }
    return seen;
}

/* The first records of a piece, as bytes. */
static size_t cut(const unsigned char *at, size_t n, uint64_t records)
{
    size_t taken = 0;

    while (taken < n && records-- > 0) {
        const record *r = (const void *)(at + taken);
        taken += (r->size + 7u) & ~(size_t)7;
    }
    return taken;
}

/* Random steps of a writer and of three readers that take as much as they like. */
START_TEST(readers_see_all_records_in_order)
{
    static const uint64_t sizes[] = {64, 256, 1024, 8192};
    uint64_t size = sizes[_i], most = size / 2;
    ring_memory m = a_ring(size);
    ring_reader readers[3];
    uint64_t seen[3] = {0}, written = 0, published = 0, refused = 0;
    uint64_t state = 7 + (uint64_t)_i;
    ring_writer w;

    ring_writer_open(&w, m);
    for (int i = 0; i < 3; i++)
        ck_assert(ring_reader_open(&w, &readers[i]));
    for (int step = 0; step < 200000; step++) {
        uint64_t what = next_random(&state) % 8;
        if (what < 4) {
            if (put(&w, written, most))
                written++;
            else
                refused++;
        } else if (what == 4) {
            ring_publish(&w);
            published = written;
        } else {
            ring_reader *r = &readers[what - 5];
            size_t n;
            const unsigned char *at = ring_peek(r, &n);
            uint64_t *mine = &seen[what - 5];
            if ((n != 0) != (*mine < published))
                ck_abort_msg("a reader sees too much or too little");
            n = at ? cut(at, n, 1 + next_random(&state) % 4) : 0;
            *mine += at ? check(at, n, *mine, most) : 0;
            if (at) ring_consume(r, n);
            if (*mine > published) ck_abort_msg("a reader is ahead of the writer");
        }
    }
    ck_assert_uint_gt(refused, 100);
    ck_assert_uint_gt(seen[0], 10000);
    ring_free(m);
}
END_TEST

/* What cannot fit is refused for ever, what just fits is not. */
START_TEST(full_is_a_result)
{
    ring_memory m = a_ring(1024);
    ring_writer w;
    ring_reader r;
    size_t n;

    ring_writer_open(&w, m);
    ck_assert(ring_reader_open(&w, &r));
    ck_assert_ptr_null(ring_reserve(&w, 513));
    for (int i = 0; i < 1024 / 64; i++)
        ck_assert_ptr_nonnull(ring_reserve(&w, 60));
    ck_assert_ptr_null(ring_reserve(&w, 1));
    ck_assert_ptr_null(ring_peek(&r, &n)); /* nothing was published */
    ring_publish(&w);
    ck_assert_ptr_null(ring_reserve(&w, 1));
    ck_assert_uint_eq(ring_behind(&r), 1024);
    ck_assert_ptr_eq(ring_peek(&r, &n), m.bytes);
    ck_assert_uint_eq(n, 1024);
    ring_consume(&r, 60);
    ck_assert_ptr_nonnull(ring_reserve(&w, 64));
    ck_assert_ptr_null(ring_reserve(&w, 1));
    ring_free(m);
}
END_TEST

START_TEST(without_readers_the_writer_never_waits)
{
    ring_memory m = a_ring(256);
    ring_writer w;
    ring_reader r;
    size_t n;

    ring_writer_open(&w, m);
    for (uint64_t i = 0; i < 1000; i++) {
        ck_assert(put(&w, i, 100));
        ring_publish(&w);
    }
    ck_assert(ring_reader_open(&w, &r));
    ck_assert_ptr_null(ring_peek(&r, &n)); /* it begins with what comes now */
    for (uint64_t i = 1000; put(&w, i, 100); i++)
        ring_publish(&w);
    ck_assert_ptr_nonnull(ring_peek(&r, &n));
    check(ring_peek(&r, &n), n, 1000, 100);
    ring_reader_close(&r);
    for (uint64_t i = 0; i < 1000; i++)
        ck_assert(put(&w, i, 100));
    ring_free(m);
}
END_TEST

START_TEST(readers_are_counted)
{
    ring_memory m = a_ring(256);
    ring_reader r[RING_READERS + 1];
    ring_writer w;

    ring_writer_open(&w, m);
    for (uint32_t i = 0; i < RING_READERS; i++)
        ck_assert(ring_reader_open(&w, &r[i]));
    ck_assert(!ring_reader_open(&w, &r[RING_READERS]));
    ring_reader_close(&r[3]);
    ck_assert(ring_reader_open(&w, &r[RING_READERS]));
    ring_free(m);
}
END_TEST

/* A writer dies with records put and not published; the next one goes on behind the published
 * ones, and the reader notices nothing. At every place of a lap. */
START_TEST(a_writer_can_be_replaced)
{
    ring_memory m = a_ring(512);
    uint64_t number = 0, seen = 0, state = 5;
    ring_writer w;
    ring_reader r;

    ring_writer_open(&w, m);
    ck_assert(ring_reader_open(&w, &r));
    for (int round = 0; round < 5000; round++) {
        size_t n;
        const void *at;
        for (uint64_t k = next_random(&state) % 3; k > 0 && put(&w, number, 120); k--)
            number++;
        ring_publish(&w);
        for (uint64_t k = next_random(&state) % 6, lost = number; k > 0; k--)
            put(&w, lost++, 120);
        ring_writer_open(&w, m);
        if (next_random(&state) % 3 == 0) continue;
        while ((at = ring_peek(&r, &n)) != NULL) {
            seen += check(at, n, seen, 120);
            ring_consume(&r, n);
        }
        ck_assert_uint_eq(seen, number);
    }
    ck_assert_uint_gt(seen, 1000);
    ring_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ring");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(all, 100);
    tcase_add_loop_test(all, readers_see_all_records_in_order, 0, 4);
    tcase_add_test(all, full_is_a_result);
    tcase_add_test(all, without_readers_the_writer_never_waits);
    tcase_add_test(all, readers_are_counted);
    tcase_add_test(all, a_writer_can_be_replaced);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
