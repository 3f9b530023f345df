/* SPDX-License-Identifier: MIT
 *
 * Each statistic against a figure worked out by hand from the definition in its row, and against
 * nothing at all: what is not defined is a NaN, never 0 and never infinite. */
#include "report/statistics.h"

#include "check_main.h"

#include <math.h>
#include <string.h>

static double compute(const char *name, const performance *p)
{
    const statistic *rows;
    size_t n = statistics(&rows);

    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, name) == 0) return rows[i].compute(p);
    ck_abort_msg("no statistic %s", name);
    return 0;
}

static void is_near(const char *name, const performance *p, double expected)
{
    double got = compute(name, p);

    ck_assert_msg(fabs(got - expected) <= 1e-12 * fabs(expected), "%s: %.17g, expected %.17g", name,
                  got, expected);
}

static void is_undefined(const char *name, const performance *p)
{
    ck_assert_msg(isnan(compute(name, p)), "%s: %g", name, compute(name, p));
}

#define MONEY(units) ((int64_t)(units)*100000000)

/* 73 days, a fifth of a year: 100, 110, 99, 121 at 0, 20, 40, 73. Returns 0.1, -0.1, 2/9. */
START_TEST(by_hand)
{
    const double mean = (0.1 - 0.1 + 2.0 / 9) / 3;
    const double deviation =
        sqrt((pow(0.1 - mean, 2) + pow(-0.1 - mean, 2) + pow(2.0 / 9 - mean, 2)) / 2);
    performance p = {
        .trips = {.trips = 4, .wins = 3, .gained = MONEY(30), .lost = MONEY(9)},
        .periods_per_year = 16,
        .traded = 430,
    };
    curve c;

    curve_begin(&c, 20 * QN_NS_PER_DAY, 0, MONEY(100), 0, NULL, NULL);
    curve_mark(&c, 20 * QN_NS_PER_DAY, MONEY(110), 0, false);
    curve_mark(&c, 40 * QN_NS_PER_DAY, MONEY(99), 0, true);
    curve_mark(&c, 50 * QN_NS_PER_DAY, MONEY(121), 0, true);
    c.next = INT64_MAX; /* no sample at 60 */
    curve_end(&c, 73 * QN_NS_PER_DAY, MONEY(121), 0, false);
    p.curve = &c;
    is_near("total_return", &p, 0.21);
    is_near("cagr", &p, pow(1.21, 5) - 1);
    is_near("volatility", &p, deviation * 4);
    is_near("sharpe", &p, mean / deviation * 4);
    is_near("sortino", &p, mean / sqrt(0.01 / 3) * 4);
    is_near("max_drawdown", &p, 0.1);
    is_near("calmar", &p, (pow(1.21, 5) - 1) / 0.1);
    is_near("max_drawdown_days", &p, 30);
    is_near("trades", &p, 4);
    is_near("win_rate", &p, 0.75);
    is_near("profit_factor", &p, 30.0 / 9);
    is_near("expectancy", &p, 5.25);
    is_near("exposure", &p, 30.0 / 73);
    is_near("turnover", &p, 430 / 107.5 * 5);
}
END_TEST

START_TEST(a_run_without_time_defines_nothing_but_its_return)
{
    static const char *const undefined[] = {
        "cagr",     "volatility",    "sharpe",     "sortino",  "calmar",
        "win_rate", "profit_factor", "expectancy", "exposure", "turnover",
    };
    curve c;
    performance p = {.curve = &c, .periods_per_year = 365};

    curve_begin(&c, QN_NS_PER_DAY, 5, MONEY(100), 0, NULL, NULL);
    curve_end(&c, 5, MONEY(100), 0, false);
    is_near("total_return", &p, 0);
    for (size_t i = 0; i < sizeof undefined / sizeof undefined[0]; i++)
        is_undefined(undefined[i], &p);
}
END_TEST

START_TEST(one_return_has_no_deviation)
{
    curve c;
    performance p = {.curve = &c, .periods_per_year = 365};

    curve_begin(&c, QN_NS_PER_DAY, 0, MONEY(100), 0, NULL, NULL);
    curve_end(&c, QN_NS_PER_DAY / 2, MONEY(90), 0, true);
    is_undefined("volatility", &p);
    is_undefined("sharpe", &p);
    is_near("sortino", &p, -sqrt(365));
    is_near("exposure", &p, 1);
}
END_TEST

START_TEST(returns_that_never_differ_have_no_sharpe_ratio)
{
    curve c;
    performance p = {.curve = &c, .periods_per_year = 365};

    curve_begin(&c, QN_NS_PER_DAY, 0, MONEY(100), 0, NULL, NULL);
    curve_end(&c, 9 * QN_NS_PER_DAY, MONEY(100), 0, false);
    is_near("volatility", &p, 0);
    is_undefined("sharpe", &p);
    is_undefined("sortino", &p);
    is_undefined("calmar", &p);
}
END_TEST

START_TEST(without_equity_there_is_no_return)
{
    curve c;
    performance p = {.curve = &c, .periods_per_year = 365, .traded = 10};

    curve_begin(&c, QN_NS_PER_DAY, 0, 0, 0, NULL, NULL);
    curve_mark(&c, QN_NS_PER_DAY, MONEY(-5), 0, true);
    curve_end(&c, 2 * QN_NS_PER_DAY, MONEY(-5), 0, true);
    is_undefined("total_return", &p);
    is_undefined("cagr", &p);
    is_undefined("turnover", &p);
    curve_begin(&c, QN_NS_PER_DAY, 0, MONEY(10), 0, NULL, NULL);
    curve_mark(&c, QN_NS_PER_DAY, MONEY(-5), 0, true);
    curve_end(&c, 2 * QN_NS_PER_DAY, MONEY(-5), 0, true);
    is_near("total_return", &p, -1.5);
    is_undefined("cagr", &p); /* no root of a negative growth */
    is_near("max_drawdown", &p, 1.5);
}
END_TEST

/* Names are keys of the JSON: each once, and each with a definition that docs can show. */
START_TEST(rows_are_whole)
{
    const statistic *rows;
    size_t n = statistics(&rows);

    for (size_t i = 0; i < n; i++) {
        ck_assert(rows[i].name && rows[i].title && rows[i].compute && rows[i].definition);
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(rows[i].name, rows[k].name);
    }
}
END_TEST

CHECK_MAIN("report statistics", by_hand, a_run_without_time_defines_nothing_but_its_return,
           one_return_has_no_deviation, returns_that_never_differ_have_no_sharpe_ratio,
           without_equity_there_is_no_return, rows_are_whole)
