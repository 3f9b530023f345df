/* SPDX-License-Identifier: MIT
 *
 * The buckets of times: each time falls into one whose middle is near it, longer ones into later
 * ones. */
#include "engine/internal.h"

#include "check_main.h"

START_TEST(a_time_is_told_to_a_thirty_second_part)
{
    for (int64_t ns = 0; ns < INT64_C(30000000000); ns += 1 + ns / 257) {
        int64_t told = latency_middle(latency_bucket(ns));
        int64_t off = told > ns ? told - ns : ns - told;
        ck_assert_int_le(off, ns < 2048 ? 4 : ns / 32);
    }
}
END_TEST

START_TEST(each_bucket_is_the_one_of_its_middle_and_later_ones_are_longer)
{
    for (uint32_t i = 0; i < LATENCY_BUCKETS; i++) {
        ck_assert_uint_eq(latency_bucket(latency_middle(i)), i);
        if (i) ck_assert_int_gt(latency_middle(i), latency_middle(i - 1));
    }
}
END_TEST

START_TEST(what_is_out_of_range_stands_at_the_ends)
{
    ck_assert_uint_eq(latency_bucket(-1), 0);
    ck_assert_uint_eq(latency_bucket(INT64_MIN), 0);
    ck_assert_uint_eq(latency_bucket(INT64_MAX), LATENCY_BUCKETS - 1);
}
END_TEST

CHECK_MAIN("engine latency", a_time_is_told_to_a_thirty_second_part,
           each_bucket_is_the_one_of_its_middle_and_later_ones_are_longer,
           what_is_out_of_range_stands_at_the_ends)
