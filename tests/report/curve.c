/* SPDX-License-Identifier: MIT
 *
 * The equity curve: its grid, its drawdowns and its returns, against figures worked out by
 * hand. */
#include "report/curve.h"

#include "check_main.h"

#include <math.h>
#include <string.h>

#define DAY 10 /* length of a sample, so that times can be read */
#define ROOM 64

typedef struct seen {
    curve_sample samples[ROOM];
    size_t n;
} seen;

static void keep(void *ctx, const curve_sample *sample)
{
    seen *s = ctx;

    ck_assert_uint_lt(s->n, ROOM);
    s->samples[s->n++] = *sample;
}

static void expect(const seen *s, size_t i, int64_t ts, int64_t equity)
{
    ck_assert_uint_lt(i, s->n);
    ck_assert_int_eq(s->samples[i].ts, ts);
    ck_assert_int_eq(s->samples[i].equity, equity);
}

START_TEST(samples_stand_at_the_start_each_multiple_and_the_end)
{
    seen s = {0};
    curve c;

    curve_begin(&c, DAY, 3, 100, 90, false, keep, &s);
    curve_mark(&c, 7, 110, 90, true);
    curve_mark(&c, 10, 120, 90, true); /* exactly on the grid: of the sample that ends there */
    curve_mark(&c, 11, 130, 90, true);
    curve_mark(&c, 44, 140, 95, true);
    curve_end(&c, 47, 150, 99, true);
    ck_assert_uint_eq(s.n, 6);
    expect(&s, 0, 3, 100);
    expect(&s, 1, 10, 120);
    expect(&s, 2, 20, 130);
    expect(&s, 3, 30, 130);
    expect(&s, 4, 40, 130);
    expect(&s, 5, 47, 150);
    ck_assert_int_eq(s.samples[0].cash, 90);
    ck_assert_int_eq(s.samples[5].cash, 99);
    ck_assert_uint_eq(c.samples, 6);
    curve_free(&c);
}
END_TEST

START_TEST(an_end_on_the_grid_is_one_sample)
{
    seen s = {0};
    curve c;

    curve_begin(&c, DAY, 10, 100, 100, false, keep, &s); /* a start on the grid, too */
    curve_mark(&c, 20, 101, 101, false);
    curve_end(&c, 20, 102, 102, false);
    ck_assert_uint_eq(s.n, 2);
    expect(&s, 1, 20, 102);
    curve_free(&c);
}
END_TEST

START_TEST(times_before_1970)
{
    seen s = {0};
    curve c;

    curve_begin(&c, DAY, -25, 100, 100, false, keep, &s);
    curve_mark(&c, 5, 100, 100, false);
    curve_end(&c, 5, 100, 100, false);
    ck_assert_uint_eq(s.n, 5);
    for (int i = 1; i < 4; i++)
        expect(&s, (size_t)i, -30 + 10 * i, 100);
    curve_free(&c);
}
END_TEST

/* An end that lies before the last mark: engine time can be behind the venue's. */
START_TEST(time_never_goes_back)
{
    seen s = {0};
    curve c;

    curve_begin(&c, DAY, 0, 100, 100, false, keep, &s);
    curve_mark(&c, 15, 90, 90, true);
    curve_mark(&c, 12, 80, 80, true); /* late: as if at 15 */
    curve_end(&c, 5, 70, 70, true);
    ck_assert_uint_eq(s.n, 3);
    expect(&s, 1, 10, 100);
    expect(&s, 2, 15, 70);
    ck_assert_int_eq(c.last_ts, 15);
    ck_assert_int_eq(c.exposed_ns, 15);
    curve_free(&c);
}
END_TEST

START_TEST(drawdown_looks_at_every_mark)
{
    curve c;

    curve_begin(&c, DAY, 0, 100, 100, false, NULL, NULL);
    curve_mark(&c, 1, 200, 200, true);
    curve_mark(&c, 2, 150, 150, true); /* a quarter, between two samples */
    curve_mark(&c, 3, 180, 180, true);
    curve_mark(&c, 4, 160, 160, true);
    curve_mark(&c, 10, 400, 400, true);
    curve_mark(&c, 30, 320, 320, true);
    curve_end(&c, 40, 390, 390, true);
    ck_assert_double_eq(c.max_drawdown, 0.25);
    ck_assert_int_eq(c.longest_ns, 30); /* from 10 to the end */
    curve_free(&c);
}
END_TEST

START_TEST(the_longest_drawdown_ends_where_the_peak_is_reached_again)
{
    curve c;

    curve_begin(&c, DAY, 0, 100, 100, false, NULL, NULL);
    curve_mark(&c, 5, 90, 90, true);
    curve_mark(&c, 17, 100, 100, true); /* reached, not passed: 17 since the start */
    curve_mark(&c, 20, 99, 99, true);
    curve_end(&c, 30, 99, 99, true); /* 13 since 17 */
    ck_assert_int_eq(c.longest_ns, 17);
    curve_free(&c);
}
END_TEST

/* Nobody marks a flat account, and its equity stays at the peak all the while. */
START_TEST(a_flat_account_stays_at_its_peak)
{
    curve c;

    curve_begin(&c, DAY, 0, 100, 100, false, NULL, NULL);
    curve_pass(&c, 1000, false); /* a fill opens a position */
    curve_mark(&c, 1001, 95, 95, true);
    curve_mark(&c, 1005, 101, 101, true);
    curve_end(&c, 1005, 101, 101, true);
    ck_assert_int_eq(c.longest_ns, 5);
    curve_free(&c);
}
END_TEST

START_TEST(exposure_is_the_time_with_a_position)
{
    curve c;

    curve_begin(&c, DAY, 0, 100, 100, false, NULL, NULL);
    curve_pass(&c, 10, false);
    curve_mark(&c, 14, 100, 100, true);
    curve_pass(&c, 20, true);
    curve_mark(&c, 26, 100, 100, false);
    curve_end(&c, 30, 100, 100, true);
    ck_assert_int_eq(c.exposed_ns, 4 + 6 + 4);
    curve_free(&c);
}
END_TEST

START_TEST(no_return_is_made_of_nothing)
{
    seen s = {0};
    curve c;

    curve_begin(&c, DAY, 0, 0, 0, false, keep, &s);
    curve_mark(&c, 20, -50, -50, true);
    curve_end(&c, 30, 100, 100, true);
    ck_assert(isnan(c.returns[0]) && isnan(c.returns[c.nreturns - 1]));
    ck_assert_double_eq(c.max_drawdown, 0);
    for (size_t i = 0; i < s.n; i++)
        ck_assert_double_eq(s.samples[i].drawdown, 0);
    curve_free(&c);
}
END_TEST

START_TEST(returns_are_kept_period_by_period)
{
    curve c;

    curve_begin(&c, DAY, 5, 100, 100, false, NULL, NULL);
    curve_mark(&c, 12, 110, 0, true); /* behind the sample at 10 */
    curve_mark(&c, 20, 120, 0, true);
    curve_mark(&c, 25, -30, 0, true);
    curve_mark(&c, 45, 60, 0, true);
    curve_end(&c, 52, 90, 0, true);
    ck_assert_uint_eq(c.nreturns, 6);
    ck_assert_double_eq(c.returns[0], 0);
    ck_assert_double_eq(c.returns[1], 120.0 / 100 - 1);
    ck_assert_double_eq(c.returns[2], -30.0 / 120 - 1);
    ck_assert(isnan(c.returns[3])); /* of less than nothing */
    ck_assert(isnan(c.returns[4]));
    ck_assert_double_eq(c.returns[5], 90.0 / 60 - 1);
    ck_assert_double_eq(c.equity_sum, 100 + 100 + 120 - 30 - 30 + 60 + 90);
    ck_assert_ptr_null(c.references);
    ck_assert(!c.is_short);
    curve_free(&c);
}
END_TEST

/* A benchmark's prices come while nothing else is seen, too: they are sampled on the same grid. */
START_TEST(the_benchmark_is_sampled_on_the_same_grid)
{
    seen s = {0};
    curve c;

    curve_begin(&c, DAY, 0, 100, 100, true, keep, &s);
    curve_reference(&c, 7, 50);
    curve_reference(&c, 10, 55); /* of the sample that ends there */
    curve_reference(&c, 11, 60);
    curve_reference(&c, 31, 66); /* 20 and 30 saw 60 */
    ck_assert_uint_eq(s.n, 4);
    expect(&s, 3, 30, 100);
    curve_mark(&c, 33, 90, 90, true);
    curve_end(&c, 35, 95, 95, true);
    ck_assert_uint_eq(c.nreturns, 4);
    ck_assert(isnan(c.references[0])); /* not known when the run began */
    ck_assert_double_eq(c.references[1], 60.0 / 55 - 1);
    ck_assert_double_eq(c.references[2], 0);
    ck_assert_double_eq(c.references[3], 66.0 / 60 - 1);
    ck_assert_double_eq(c.returns[3], 95.0 / 100 - 1);
    curve_free(&c);
    curve_begin(&c, DAY, 3, 100, 100, true, NULL, NULL);
    curve_reference(&c, 3, 40); /* with a trade the run begins at its price */
    curve_reference(&c, 9, 44);
    curve_end(&c, 9, 100, 100, false);
    ck_assert_double_eq(c.references[0], 44.0 / 40 - 1);
    curve_free(&c);
}
END_TEST

/* More samples than have their place from the start. */
START_TEST(many_samples)
{
    enum { DAYS = 3 * CURVE_ROOM };
    curve c;

    curve_begin(&c, DAY, 0, 1000, 0, true, NULL, NULL);
    for (int64_t day = 1; day <= DAYS; day++) {
        curve_reference(&c, day * DAY, day);
        curve_mark(&c, day * DAY, 1000 + day, 0, true);
    }
    curve_end(&c, (int64_t)DAYS * DAY, 1000 + DAYS, 0, true);
    ck_assert_uint_eq(c.nreturns, DAYS);
    for (int64_t i = 1; i < DAYS; i++) {
        ck_assert_double_eq(c.returns[i], (double)(1001 + i) / (double)(1000 + i) - 1);
        ck_assert_double_eq(c.references[i], (double)(i + 1) / (double)i - 1);
    }
    curve_free(&c);
}
END_TEST

START_TEST(recovery_is_from_the_deepest_mark_to_its_peak)
{
    curve c;

    curve_begin(&c, DAY, 0, 100, 100, false, NULL, NULL);
    curve_mark(&c, 2, 90, 90, true); /* below from here on */
    curve_mark(&c, 5, 80, 80, true);
    ck_assert(!c.is_recovered);
    curve_mark(&c, 12, 100, 100, true);
    ck_assert(c.is_recovered);
    ck_assert_int_eq(c.recovery_ns, 7);
    curve_mark(&c, 14, 90, 90, true); /* not as deep */
    curve_mark(&c, 15, 110, 110, true);
    ck_assert_int_eq(c.recovery_ns, 7);
    curve_mark(&c, 16, 88, 88, true); /* as deep: the first one stays */
    curve_mark(&c, 19, 110, 110, true);
    ck_assert_int_eq(c.recovery_ns, 7);
    ck_assert_int_eq(c.below_ns, 10 + 1 + 3);
    curve_mark(&c, 20, 55, 55, false);
    curve_end(&c, 26, 60, 60, false);
    ck_assert(!c.is_recovered); /* a deeper one that has not ended */
    ck_assert_int_eq(c.below_ns, 10 + 1 + 3 + 6);
    curve_free(&c);
}
END_TEST

CHECK_MAIN("report curve", samples_stand_at_the_start_each_multiple_and_the_end,
           an_end_on_the_grid_is_one_sample, times_before_1970, time_never_goes_back,
           drawdown_looks_at_every_mark, the_longest_drawdown_ends_where_the_peak_is_reached_again,
           a_flat_account_stays_at_its_peak, exposure_is_the_time_with_a_position,
           no_return_is_made_of_nothing, returns_are_kept_period_by_period,
           the_benchmark_is_sampled_on_the_same_grid, many_samples,
           recovery_is_from_the_deepest_mark_to_its_peak)
