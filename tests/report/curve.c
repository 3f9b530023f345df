/* SPDX-License-Identifier: MIT
 *
 * The equity curve: its grid, its drawdowns and its returns, against figures worked out by hand
 * and against the two-pass formulas. */
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

    curve_begin(&c, DAY, 3, 100, 90, keep, &s);
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
}
END_TEST

START_TEST(an_end_on_the_grid_is_one_sample)
{
    seen s = {0};
    curve c;

    curve_begin(&c, DAY, 10, 100, 100, keep, &s); /* a start on the grid, too */
    curve_mark(&c, 20, 101, 101, false);
    curve_end(&c, 20, 102, 102, false);
    ck_assert_uint_eq(s.n, 2);
    expect(&s, 1, 20, 102);
}
END_TEST

START_TEST(times_before_1970)
{
    seen s = {0};
    curve c;

    curve_begin(&c, DAY, -25, 100, 100, keep, &s);
    curve_mark(&c, 5, 100, 100, false);
    curve_end(&c, 5, 100, 100, false);
    ck_assert_uint_eq(s.n, 5);
    for (int i = 1; i < 4; i++)
        expect(&s, (size_t)i, -30 + 10 * i, 100);
}
END_TEST

/* An end that lies before the last mark: engine time can be behind the venue's. */
START_TEST(time_never_goes_back)
{
    seen s = {0};
    curve c;

    curve_begin(&c, DAY, 0, 100, 100, keep, &s);
    curve_mark(&c, 15, 90, 90, true);
    curve_mark(&c, 12, 80, 80, true); /* late: as if at 15 */
    curve_end(&c, 5, 70, 70, true);
    ck_assert_uint_eq(s.n, 3);
    expect(&s, 1, 10, 100);
    expect(&s, 2, 15, 70);
    ck_assert_int_eq(c.last_ts, 15);
    ck_assert_int_eq(c.exposed_ns, 15);
}
END_TEST

START_TEST(drawdown_looks_at_every_mark)
{
    curve c;

    curve_begin(&c, DAY, 0, 100, 100, NULL, NULL);
    curve_mark(&c, 1, 200, 200, true);
    curve_mark(&c, 2, 150, 150, true); /* a quarter, between two samples */
    curve_mark(&c, 3, 180, 180, true);
    curve_mark(&c, 4, 160, 160, true);
    curve_mark(&c, 10, 400, 400, true);
    curve_mark(&c, 30, 320, 320, true);
    curve_end(&c, 40, 390, 390, true);
    ck_assert_double_eq(c.max_drawdown, 0.25);
    ck_assert_int_eq(c.longest_ns, 30); /* from 10 to the end */
}
END_TEST

START_TEST(the_longest_drawdown_ends_where_the_peak_is_reached_again)
{
    curve c;

    curve_begin(&c, DAY, 0, 100, 100, NULL, NULL);
    curve_mark(&c, 5, 90, 90, true);
    curve_mark(&c, 17, 100, 100, true); /* reached, not passed: 17 since the start */
    curve_mark(&c, 20, 99, 99, true);
    curve_end(&c, 30, 99, 99, true); /* 13 since 17 */
    ck_assert_int_eq(c.longest_ns, 17);
}
END_TEST

/* Nobody marks a flat account, and its equity stays at the peak all the while. */
START_TEST(a_flat_account_stays_at_its_peak)
{
    curve c;

    curve_begin(&c, DAY, 0, 100, 100, NULL, NULL);
    curve_pass(&c, 1000, false); /* a fill opens a position */
    curve_mark(&c, 1001, 95, 95, true);
    curve_mark(&c, 1005, 101, 101, true);
    curve_end(&c, 1005, 101, 101, true);
    ck_assert_int_eq(c.longest_ns, 5);
}
END_TEST

START_TEST(exposure_is_the_time_with_a_position)
{
    curve c;

    curve_begin(&c, DAY, 0, 100, 100, NULL, NULL);
    curve_pass(&c, 10, false);
    curve_mark(&c, 14, 100, 100, true);
    curve_pass(&c, 20, true);
    curve_mark(&c, 26, 100, 100, false);
    curve_end(&c, 30, 100, 100, true);
    ck_assert_int_eq(c.exposed_ns, 4 + 6 + 4);
}
END_TEST

START_TEST(no_return_is_made_of_nothing)
{
    seen s = {0};
    curve c;

    curve_begin(&c, DAY, 0, 0, 0, keep, &s);
    curve_mark(&c, 20, -50, -50, true);
    curve_end(&c, 30, 100, 100, true);
    ck_assert_uint_eq(c.returns, 0);
    ck_assert_double_eq(c.max_drawdown, 0);
    for (size_t i = 0; i < s.n; i++)
        ck_assert_double_eq(s.samples[i].drawdown, 0);
}
END_TEST

/* Mean and deviation as they are carried along, against two passes over all returns. */
START_TEST(returns_by_two_passes)
{
    static const int64_t equity[] = {100000, 101000, 99500, 99500, 105000, 104000, 110000, 90000};
    enum { N = sizeof equity / sizeof equity[0] };
    double mean = 0;
    double squares = 0;
    double downside = 0;
    curve c;

    curve_begin(&c, DAY, 0, equity[0], 0, NULL, NULL);
    for (int i = 1; i < N - 1; i++)
        curve_mark(&c, i * DAY, equity[i], 0, true);
    curve_end(&c, (N - 1) * DAY, equity[N - 1], 0, true);
    for (int i = 1; i < N; i++)
        mean += ((double)equity[i] / (double)equity[i - 1] - 1) / (N - 1);
    for (int i = 1; i < N; i++) {
        double r = (double)equity[i] / (double)equity[i - 1] - 1;
        squares += (r - mean) * (r - mean);
        if (r < 0) downside += r * r;
    }
    ck_assert_uint_eq(c.returns, N - 1);
    ck_assert_double_eq_tol(c.mean, mean, 1e-15);
    ck_assert_double_eq_tol(c.sum_squares, squares, 1e-15);
    ck_assert_double_eq_tol(c.downside, downside, 1e-15);
    ck_assert_double_eq(c.equity_sum, 809000);
    ck_assert_double_eq_tol(c.max_drawdown, 2.0 / 11, 1e-15);
}
END_TEST

CHECK_MAIN("report curve", samples_stand_at_the_start_each_multiple_and_the_end,
           an_end_on_the_grid_is_one_sample, times_before_1970, time_never_goes_back,
           drawdown_looks_at_every_mark, the_longest_drawdown_ends_where_the_peak_is_reached_again,
           a_flat_account_stays_at_its_peak, exposure_is_the_time_with_a_position,
           no_return_is_made_of_nothing, returns_by_two_passes)
