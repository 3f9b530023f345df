/* SPDX-License-Identifier: MIT
 *
 * Thinned series: what a chart needs of a series survives, whatever its length. */
#include "report/thin.h"

#include "check_main.h"
#include "random.h"

#include <math.h>

#define S QN_NS_PER_S

/* What the header promises. */
static void check_invariants(const thin *t)
{
    ck_assert_uint_le(t->n, THIN_MAX);
    for (size_t i = 0; i < t->n; i++) {
        const thin_bucket *b = &t->at[i];
        int64_t cell = (b->from - t->start) / t->length;
        ck_assert_int_le(b->from, b->to);
        ck_assert_int_eq(cell, (b->to - t->start) / t->length);
        ck_assert(b->low <= b->first && b->first <= b->high);
        ck_assert(b->low <= b->last && b->last <= b->high);
        if (i > 0) ck_assert_int_gt(cell, (b[-1].from - t->start) / t->length);
    }
}

START_TEST(a_bucket_knows_its_ends_and_extremes)
{
    static thin t;

    thin_add(&t, 5, 3);
    thin_add(&t, 6, 9);
    thin_add(&t, 6, 1); /* the same time */
    thin_add(&t, 8, 4);
    thin_add(&t, 5 + S, 7); /* the next second from the first value on */
    ck_assert_uint_eq(t.n, 2);
    ck_assert_int_eq(t.at[0].from, 5);
    ck_assert_int_eq(t.at[0].to, 8);
    ck_assert_double_eq(t.at[0].first, 3);
    ck_assert_double_eq(t.at[0].low, 1);
    ck_assert_double_eq(t.at[0].high, 9);
    ck_assert_double_eq(t.at[0].last, 4);
    ck_assert_double_eq(t.at[1].first, 7);
    ck_assert_int_eq(t.at[1].from, 5 + S);
    check_invariants(&t);
}
END_TEST

START_TEST(a_time_before_the_last_is_taken_as_the_last)
{
    static thin t;

    thin_add(&t, 10 * S, 1);
    thin_add(&t, 20 * S, 2);
    thin_add(&t, 3 * S, 5);
    ck_assert_uint_eq(t.n, 2);
    ck_assert_int_eq(t.at[1].to, 20 * S);
    ck_assert_double_eq(t.at[1].last, 5);
    check_invariants(&t);
}
END_TEST

START_TEST(a_series_is_held_at_its_last_value)
{
    static thin t;

    thin_hold(&t, 7);
    ck_assert_uint_eq(t.n, 0); /* nothing to hold */
    thin_add(&t, 0, 3);
    thin_hold(&t, 9 * S);
    ck_assert_uint_eq(t.n, 2);
    ck_assert_int_eq(t.at[1].from, 9 * S);
    ck_assert_double_eq(t.at[1].last, 3);
}
END_TEST

/* One value a second: full, the length doubles, and neighbours are one. */
START_TEST(lengths_double)
{
    static thin t;

    for (int i = 0; i < THIN_MAX; i++)
        thin_add(&t, i * S, i);
    ck_assert_uint_eq(t.n, THIN_MAX);
    ck_assert_int_eq(t.length, S);
    thin_add(&t, THIN_MAX * S, THIN_MAX);
    ck_assert_uint_eq(t.n, THIN_MAX / 2 + 1);
    ck_assert_int_eq(t.length, 2 * S);
    for (size_t i = 0; i < THIN_MAX / 2; i++) {
        ck_assert_double_eq(t.at[i].first, 2.0 * (double)i);
        ck_assert_double_eq(t.at[i].last, 2.0 * (double)i + 1);
        ck_assert_int_eq(t.at[i].to - t.at[i].from, S);
    }
    check_invariants(&t);
}
END_TEST

/* The lowest and highest of each bucket, against all values that lie in its time. */
START_TEST(extremes_survive)
{
    enum { N = 40000 };
    static thin t;
    static double values[N];
    static int64_t times[N];
    uint64_t seed = 7;
    int64_t ts = -1000 * S;
    size_t i = 0;

    for (int k = 0; k < N; k++) {
        ts += (int64_t)random_below(&seed, (uint64_t)(k % 1000 ? 3 * S : 5000 * S));
        times[k] = ts;
        values[k] = (double)random_below(&seed, 1000000) - 500000;
        thin_add(&t, ts, values[k]);
    }
    check_invariants(&t);
    ck_assert_uint_gt(t.n, THIN_MAX / 8);
    for (size_t b = 0; b < t.n; b++) {
        double low = INFINITY;
        double high = -INFINITY;
        ck_assert_int_eq(times[i], t.at[b].from);
        ck_assert_double_eq(values[i], t.at[b].first);
        for (; i < N && times[i] <= t.at[b].to; i++) {
            low = fmin(low, values[i]);
            high = fmax(high, values[i]);
        }
        ck_assert_double_eq(low, t.at[b].low);
        ck_assert_double_eq(high, t.at[b].high);
        ck_assert_double_eq(values[i - 1], t.at[b].last);
    }
    ck_assert_uint_eq(i, N);
}
END_TEST

START_TEST(ten_years_of_minutes)
{
    static thin t;
    int64_t first = INT64_C(1420070400) * S;
    int n = 10 * 365 * 1440;

    for (int i = 0; i < n; i++)
        thin_add(&t, first + i * (60 * S), i == 1234567 ? 1e9 : i);
    check_invariants(&t);
    ck_assert_uint_gt(t.n, THIN_MAX / 2); /* no coarser than it has to be */
    ck_assert_double_eq(t.at[0].first, 0);
    ck_assert_double_eq(t.at[t.n - 1].last, n - 1);
    double high = 0;
    for (size_t i = 0; i < t.n; i++)
        high = fmax(high, t.at[i].high);
    ck_assert_double_eq(high, 1e9);
}
END_TEST

/* Many at once are one bucket; few far apart are one each. */
START_TEST(equal_times_and_far_ones)
{
    static thin t;
    static thin far;

    for (int i = 0; i < 100000; i++)
        thin_add(&t, 42, i % 100);
    ck_assert_uint_eq(t.n, 1);
    ck_assert_double_eq(t.at[0].high, 99);
    for (int i = 0; i < 3000; i++)
        thin_add(&far, i * (1000000 * S), i);
    check_invariants(&far);
    ck_assert_uint_gt(far.n, THIN_MAX / 2);
}
END_TEST

START_TEST(all_times_that_there_are)
{
    static thin t;
    uint64_t step = UINT64_MAX / (3 * THIN_MAX);
    uint64_t ts = (uint64_t)INT64_MIN;

    for (int i = 0; i < 3 * THIN_MAX; i++, ts += step)
        thin_add(&t, (int64_t)ts, i);
    thin_add(&t, INT64_MAX, -1);
    thin_add(&t, INT64_MAX, -2);
    ck_assert_uint_le(t.n, THIN_MAX);
    ck_assert_int_eq(t.at[0].from, INT64_MIN);
    ck_assert_int_eq(t.at[t.n - 1].to, INT64_MAX);
    ck_assert_double_eq(t.at[t.n - 1].last, -2);
}
END_TEST

/* The last cell may end exactly at the last time that there is. */
START_TEST(a_full_series_at_the_end_of_time)
{
    static thin t;

    for (int i = THIN_MAX; i > 0; i--)
        thin_add(&t, INT64_MAX - i * S, i);
    ck_assert_uint_eq(t.n, THIN_MAX);
    thin_add(&t, INT64_MAX, 0);
    ck_assert_uint_le(t.n, THIN_MAX);
    ck_assert_int_eq(t.at[t.n - 1].to, INT64_MAX);
    ck_assert_double_eq(t.at[t.n - 1].last, 0);
}
END_TEST

CHECK_MAIN("report thin", a_bucket_knows_its_ends_and_extremes,
           a_time_before_the_last_is_taken_as_the_last, a_series_is_held_at_its_last_value,
           lengths_double, extremes_survive, ten_years_of_minutes, equal_times_and_far_ones,
           all_times_that_there_are, a_full_series_at_the_end_of_time)
