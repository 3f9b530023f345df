/* SPDX-License-Identifier: MIT
 *
 * The heap of timers against a search of all of them. */
#include "engine/internal.h"

#include "check_main.h"

#include <string.h>

static uint64_t seed;

static int64_t below(int64_t n) /* splitmix64 (Steele, Lea, Flood 2014) */
{
    uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (int64_t)((z ^ z >> 31) % (uint64_t)n);
}

START_TEST(timers_of_one_time_come_in_the_order_in_which_they_were_set)
{
    static const struct {
        int64_t due;
        uint32_t owner;
        uint64_t cookie;
    } set[] = {{50, 0, 1}, {10, 1, 2}, {50, 1, 3},        {10, 0, 4},
               {-5, 2, 5}, {50, 0, 6}, {INT64_MIN, 0, 7}, {INT64_MAX, 0, 8}};
    static const uint64_t expected[] = {7, 5, 2, 4, 1, 3, 6, 8};
    timers t = {0};

    ck_assert_ptr_null(timers_first(&t));
    for (size_t i = 0; i < 8; i++)
        ck_assert_int_eq(timers_add(&t, set[i].due, set[i].owner, set[i].cookie), QN_OK);
    for (size_t i = 0; i < 8; i++) {
        ck_assert_uint_eq(timers_first(&t)->cookie, expected[i]);
        timer taken = timers_take(&t);
        ck_assert_uint_eq(taken.cookie, expected[i]);
        ck_assert_int_eq(taken.due, set[expected[i] - 1].due);
        ck_assert_uint_eq(taken.owner, set[expected[i] - 1].owner);
    }
    ck_assert_ptr_null(timers_first(&t));
    timers_free(&t);
    ck_assert_ptr_null(timers_first(&t));
}
END_TEST

#define MOST 200

/* The earliest of a plain list: by due time, then by its place in it. */
static size_t earliest(const timer *list, size_t n)
{
    size_t at = 0;

    for (size_t i = 1; i < n; i++)
        if (list[i].due < list[at].due) at = i;
    return at;
}

START_TEST(any_order_of_calls)
{
    for (uint64_t k = 1; k <= 200; k++) {
        timer list[MOST];
        timers t = {0};
        size_t n = 0;
        seed = k;
        for (uint64_t step = 1; step < 1000; step++) {
            if (n < MOST && (n == 0 || below(100) < 55)) {
                list[n++] = (timer){.due = below(40), .owner = (uint32_t)below(5), .cookie = step};
                ck_assert_int_eq(timers_add(&t, list[n - 1].due, list[n - 1].owner, step), QN_OK);
            } else {
                size_t at = earliest(list, n);
                timer taken = timers_take(&t);
                ck_assert_uint_eq(taken.cookie, list[at].cookie);
                ck_assert_uint_eq(taken.owner, list[at].owner);
                memmove(&list[at], &list[at + 1], (--n - at) * sizeof list[0]);
            }
            ck_assert_uint_eq(t.n, n);
        }
        timers_free(&t);
    }
}
END_TEST

CHECK_MAIN("engine timers", timers_of_one_time_come_in_the_order_in_which_they_were_set,
           any_order_of_calls)
