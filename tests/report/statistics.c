/* SPDX-License-Identifier: MIT
 *
 * Each statistic against a figure worked out by hand from the definition in its row, and against
 * nothing at all: what is not defined is a NaN, never 0 and never infinite. */
#include "report/statistics.h"

#include "check_main.h"

#include <math.h>
#include <string.h>

#define DAY QN_NS_PER_DAY
#define MONEY(units) ((int64_t)((units)*1e8 + ((units) < 0 ? -0.5 : 0.5)))

static const statistic *row_of(const char *name)
{
    const statistic *rows;
    size_t n = statistics(&rows);

    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    ck_abort_msg("no statistic %s", name);
    return NULL;
}

static void is_near(const char *name, const performance *p, double expected)
{
    double got = row_of(name)->compute(p);

    ck_assert_msg(fabs(got - expected) <= 1e-12 * fabs(expected) + 1e-300,
                  "%s: %.17g, expected %.17g", name, got, expected);
}

static void is_undefined(const char *name, const performance *p)
{
    double got = row_of(name)->compute(p);

    ck_assert_msg(isnan(got), "%s: %g", name, got);
    ck_assert_msg(row_of(name)->undefined != NULL, "%s says that it always is defined", name);
}

static void prepare(performance *p, const curve *c)
{
    p->curve = c;
    ck_assert_int_eq(performance_prepare(p, NULL), QN_OK);
}

static void add_trip(trip_totals *sum, uint32_t side, double realized, double fees, int64_t days)
{
    trip t = {.side = side,
              .entry_ts = 7 * DAY,
              .exit_ts = (7 + days) * DAY,
              .realized = MONEY(realized),
              .fees = MONEY(fees)};

    trip_totals_add(sum, &t);
}

/* 80 days: 100, 110, 99, 118.8, 112.86 at 0, 20, 40, 60, 80, and 77 in between at 50; a benchmark
 * at 1000, 1050, 1050, 945, 1039.5. Returns 0.1, -0.1, 0.2, -0.05 and 0.05, 0, -0.1, 0.1. */
static void begin_example(curve *c, performance *p, double scale)
{
    curve_begin(c, 20 * DAY, 0, MONEY(100 * scale), 0, true, NULL, NULL);
    curve_reference(c, 0, 10000);
    curve_reference(c, 20 * DAY, 10500);
    curve_mark(c, 20 * DAY, MONEY(110 * scale), 0, false);
    curve_mark(c, 40 * DAY, MONEY(99 * scale), 0, true);
    curve_mark(c, 50 * DAY, MONEY(77 * scale), 0, true);
    curve_reference(c, 60 * DAY, 9450);
    curve_mark(c, 60 * DAY, MONEY(118.8 * scale), 0, true);
    curve_reference(c, 80 * DAY, 10395);
    curve_end(c, 80 * DAY, MONEY(112.86 * scale), 0, false);
    *p = (performance){.periods_per_year = 16, .traded = 430 * scale};
    add_trip(&p->trips, QN_BUY, 30, 1, 10);
    add_trip(&p->trips, QN_SELL, -5, 1, 5);
    add_trip(&p->trips, QN_SELL, 0.5, 1, 1); /* the fee makes it a loss */
    add_trip(&p->trips, QN_BUY, 1, 1, 2);    /* neither won nor lost: ends the row of losses */
    add_trip(&p->trips, QN_BUY, -2, 0.5, 2);
    prepare(p, c);
}

/* Means, squares and so on of the example's returns, by hand: mean 3/80, differences 5, -11, 13, -7
 * eightieths. Those that ask for the normal distribution by Python's statistics.NormalDist. */
#define MEAN 0.0375
#define SQUARES 0.056875
#define DEVIATION sqrt(SQUARES / 3)
#define CAGR (pow(1.1286, 365.0 / 80) - 1)

START_TEST(by_hand)
{
    const double s = SQUARES / 4;
    const struct {
        const char *name;
        double value;
    } expected[] = {
        {"total_return", 0.1286},
        {"cagr", CAGR},
        {"volatility", DEVIATION * 4},
        {"sharpe", MEAN / DEVIATION * 4},
        {"sortino", MEAN / sqrt(0.0125 / 4) * 4},
        {"calmar", CAGR / 0.3},
        {"max_drawdown", 0.3},
        {"max_drawdown_days", 40},
        {"trades", 5},
        {"win_rate", 0.2},
        {"profit_factor", 29.0 / 9},
        {"expectancy", 4},
        {"exposure", 0.5},
        {"turnover", 430 / 108.132 * 365 / 80},
        {"periods", 4},
        {"mean_return", MEAN},
        {"best_return", 0.2},
        {"worst_return", -0.1},
        {"positive_returns", 0.5},
        {"downside_deviation", sqrt(0.0125 / 4) * 4},
        {"skewness", 0.001265625 / 4 / pow(s, 1.5)},
        {"kurtosis", 0.00112861328125 / 4 / (s * s) - 3},
        {"recovery_days", 10},
        {"underwater", 0.25},
        {"drawdowns", 2},
        {"average_drawdown", 0.075},
        {"ulcer_index", sqrt(0.0125 / 4)},
        {"pain_index", 0.0375},
        {"var_95", -0.0925},
        {"es_95", -0.1},
        {"var_99", -0.0985},
        {"es_99", -0.1},
        {"var_95_gaussian", -0.1586362944177318},
        {"es_95_gaussian", -0.2084628260432675},
        {"var_95_cornish_fisher", -0.1560936084215428},
        {"es_95_cornish_fisher", -0.1696216122889444},
        {"var_99_gaussian", -0.2398993041475661},
        {"es_99_gaussian", -0.280306540620221},
        {"var_99_cornish_fisher", -0.17724727565274},
        {"es_99_cornish_fisher", -0.5281694026976915},
        {"probabilistic_sharpe", 0.685215303634332},
        {"martin_ratio", CAGR / sqrt(0.0125 / 4)},
        {"pain_ratio", CAGR / 0.0375},
        {"omega", 2},
        {"kelly", MEAN / (SQUARES / 3)},
        {"average_win", 29},
        {"average_loss", -3},
        {"payoff_ratio", 29.0 / 3},
        {"largest_win", 29},
        {"largest_loss", -6},
        {"max_consecutive_losses", 2},
        {"long_trades", 3},
        {"short_trades", 2},
        {"long_pnl", 26.5},
        {"short_pnl", -6.5},
        {"holding_days", 4},
        {"trades_per_day", 5.0 / 80},
        {"fee_share", 4.5 / 31.5},
        {"beta", -1}, /* sum of products -0.021875, of squares 0.021875 */
        {"alpha", (MEAN + 0.0125) * 16},
        {"correlation", -0.021875 / sqrt(SQUARES * 0.021875)},
        {"tracking_error", sqrt(0.1225 / 3) * 4},
        {"information_ratio", 0.025 / sqrt(0.1225 / 3) * 4},
        {"up_capture", 1.0 / 3},
        {"down_capture", -2},
    };
    const statistic *rows;
    performance p;
    curve c;

    begin_example(&c, &p, 1);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        is_near(expected[i].name, &p, expected[i].value);
    ck_assert_uint_eq(statistics(&rows), sizeof expected / sizeof expected[0]); /* none left out */
    curve_free(&c);
}
END_TEST

/* No time, no equity, no round trip, no benchmark: what can be undefined is. */
START_TEST(nothing_at_all)
{
    const statistic *rows;
    size_t n = statistics(&rows);
    performance p = {.periods_per_year = 365};
    curve c;

    curve_begin(&c, DAY, 5, 0, 0, false, NULL, NULL);
    curve_end(&c, 5, 0, 0, false);
    prepare(&p, &c);
    for (size_t i = 0; i < n; i++)
        if (rows[i].undefined)
            is_undefined(rows[i].name, &p);
        else
            is_near(rows[i].name, &p, 0);
    curve_free(&c);
}
END_TEST

/* 101 returns: the quantiles fall on the sixth and the second of them. */
START_TEST(tails_of_many_returns)
{
    enum { RETURNS = 101 };
    double rising[RETURNS];
    performance p = {.periods_per_year = 365};
    curve c;

    curve_begin(&c, DAY, 0, MONEY(1000), 0, false, NULL, NULL);
    for (int64_t day = 1; day < RETURNS; day++)
        curve_mark(&c, day * DAY, MONEY(1000) + day * day * 77 % 101 * MONEY(1), 0, true);
    curve_end(&c, RETURNS * DAY, MONEY(990), 0, true);
    prepare(&p, &c);
    ck_assert_uint_eq(c.nreturns, RETURNS);
    memcpy(rising, c.returns, sizeof rising);
    for (int i = 0; i < RETURNS; i++)
        for (int k = i; k > 0 && rising[k] < rising[k - 1]; k--) {
            double larger = rising[k - 1];
            rising[k - 1] = rising[k];
            rising[k] = larger;
        }
    ck_assert(rising[1] < rising[2] && rising[5] < rising[6]);
    is_near("var_95", &p, rising[5]);
    is_near("var_99", &p, rising[1]);
    is_near("es_99", &p, (rising[0] + rising[1]) / 2);
    is_near("es_95", &p,
            (rising[0] + rising[1] + rising[2] + rising[3] + rising[4] + rising[5]) / 6);
    is_near("worst_return", &p, rising[0]);
    is_near("best_return", &p, rising[RETURNS - 1]);
    curve_free(&c);
}
END_TEST

START_TEST(a_run_without_time)
{
    performance p = {.periods_per_year = 365, .traded = 7};
    curve c;

    curve_begin(&c, DAY, 5, MONEY(100), 0, false, NULL, NULL);
    curve_end(&c, 5, MONEY(100), 0, false);
    prepare(&p, &c);
    is_near("total_return", &p, 0);
    is_undefined("cagr", &p);
    is_undefined("exposure", &p);
    is_undefined("underwater", &p);
    is_undefined("turnover", &p);
    is_undefined("trades_per_day", &p);
    curve_free(&c);
}
END_TEST

/* A year: half of it, then all of it. */
START_TEST(a_return_a_year_of_losses)
{
    performance p = {.periods_per_year = 365};
    curve c;

    curve_begin(&c, DAY, 0, MONEY(100), 0, false, NULL, NULL);
    curve_end(&c, 365 * DAY, MONEY(50), 0, true);
    prepare(&p, &c);
    is_near("cagr", &p, -0.5);
    is_near("calmar", &p, -1);
    c.equity = 0;
    is_near("total_return", &p, -1);
    is_undefined("cagr", &p);
    curve_free(&c);
}
END_TEST

/* One name after another, NULL at the end. */
static void are_undefined(const performance *p, const char *const *names)
{
    for (; *names; names++)
        is_undefined(*names, p);
}

START_TEST(one_return_has_no_deviation)
{
    performance p = {.periods_per_year = 365};
    curve c;

    curve_begin(&c, DAY, 0, MONEY(100), 0, false, NULL, NULL);
    curve_end(&c, DAY / 2, MONEY(90), 0, true);
    prepare(&p, &c);
    are_undefined(&p, (const char *const[]){"volatility", "sharpe", "skewness", "kurtosis",
                                            "probabilistic_sharpe", "kelly", "var_95", "es_99",
                                            "beta", "tracking_error", "var_99_cornish_fisher",
                                            "recovery_days", NULL});
    is_near("sortino", &p, -sqrt(365));
    is_near("exposure", &p, 1);
    is_near("worst_return", &p, -0.1);
    is_near("average_drawdown", &p, 0.1);
    is_near("omega", &p, 0);
    curve_free(&c);
}
END_TEST

/* A rise that never pauses: nothing to divide by. */
START_TEST(returns_that_never_differ_have_no_ratio)
{
    performance p = {.periods_per_year = 365};
    curve c;

    curve_begin(&c, DAY, 0, MONEY(1), 0, false, NULL, NULL);
    for (int64_t day = 1; day < 10; day++)
        curve_mark(&c, day * DAY, MONEY(1) << day, 0, true);
    curve_end(&c, 9 * DAY, MONEY(512), 0, true);
    prepare(&p, &c);
    is_near("volatility", &p, 0);
    is_near("var_95", &p, 1);
    is_near("underwater", &p, 0);
    are_undefined(&p, (const char *const[]){"sharpe", "sortino", "calmar", "omega", "kelly",
                                            "skewness", "kurtosis", "martin_ratio", "pain_ratio",
                                            "average_drawdown", "var_95_gaussian", "es_95_gaussian",
                                            "probabilistic_sharpe", "es_99_cornish_fisher", NULL});
    curve_free(&c);
}
END_TEST

START_TEST(a_loss_of_everything)
{
    const statistic *rows;
    size_t n = statistics(&rows);
    performance p = {.periods_per_year = 365};
    curve c;

    curve_begin(&c, DAY, 0, MONEY(10), 0, false, NULL, NULL);
    curve_mark(&c, DAY, MONEY(12), 0, true);
    curve_mark(&c, 2 * DAY, MONEY(-6), 0, true);
    curve_end(&c, 3 * DAY, MONEY(-6), 0, true);
    prepare(&p, &c);
    is_near("total_return", &p, -1.6);
    is_near("max_drawdown", &p, 1.5);
    is_near("worst_return", &p, -1.5);
    is_near("periods", &p, 2); /* the third begins with nothing */
    are_undefined(&p,
                  (const char *const[]){"cagr", "calmar", "martin_ratio", "recovery_days", NULL});
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(!isinf(rows[i].compute(&p)), "%s is infinite", rows[i].name);
    curve_free(&c);
}
END_TEST

/* One trip that won, or lost, or did neither. */
START_TEST(one_round_trip)
{
    performance p = {.periods_per_year = 365};
    curve c;

    curve_begin(&c, DAY, 0, MONEY(10), 0, false, NULL, NULL);
    curve_end(&c, DAY, MONEY(11), 0, true);
    add_trip(&p.trips, QN_BUY, 2, 1, 1);
    prepare(&p, &c);
    is_near("average_win", &p, 1);
    is_near("fee_share", &p, 0.5);
    are_undefined(&p, (const char *const[]){"profit_factor", "average_loss", "largest_loss",
                                            "payoff_ratio", NULL});
    p.trips = (trip_totals){0};
    add_trip(&p.trips, QN_SELL, -2, 1, 1);
    is_near("profit_factor", &p, 0);
    is_near("average_loss", &p, -3);
    is_near("long_pnl", &p, 0);
    are_undefined(
        &p, (const char *const[]){"average_win", "largest_win", "payoff_ratio", "fee_share", NULL});
    p.trips = (trip_totals){0};
    add_trip(&p.trips, QN_SELL, 1, 1, 0);
    is_near("win_rate", &p, 0);
    is_near("holding_days", &p, 0);
    is_near("max_consecutive_losses", &p, 0);
    are_undefined(&p, (const char *const[]){"average_win", "average_loss", NULL});
    curve_free(&c);
}
END_TEST

/* The same as the benchmark: nothing is active, and beta is 1. Then one that only falls. */
START_TEST(the_benchmark_itself)
{
    static const int64_t prices[] = {1000, 900, 720, 648};
    performance p = {.periods_per_year = 365};
    curve c;

    curve_begin(&c, DAY, 0, MONEY(1000), 0, true, NULL, NULL);
    curve_reference(&c, 0, prices[0]);
    for (int64_t day = 1; day < 4; day++) {
        curve_reference(&c, day * DAY, prices[day]);
        curve_mark(&c, day * DAY, MONEY(1) * prices[day], 0, true);
    }
    curve_end(&c, 3 * DAY, MONEY(648), 0, true);
    prepare(&p, &c);
    is_near("beta", &p, 1);
    is_near("correlation", &p, 1);
    is_near("tracking_error", &p, 0);
    is_near("down_capture", &p, 1);
    are_undefined(&p, (const char *const[]){"information_ratio", "up_capture", NULL});
    curve_free(&c);
}
END_TEST

START_TEST(money_in_another_unit_changes_no_ratio)
{
    const statistic *rows;
    size_t n = statistics(&rows);
    performance a;
    performance b;
    curve ca;
    curve cb;

    begin_example(&ca, &a, 1);
    begin_example(&cb, &b, 1000);
    for (size_t i = 0; i < n; i++)
        is_near(rows[i].name, &b, rows[i].compute(&a));
    curve_free(&ca);
    curve_free(&cb);
}
END_TEST

START_TEST(a_year_of_four_times_the_periods)
{
    static const struct {
        const char *name;
        double factor;
    } yearly[] = {{"volatility", 2},     {"sharpe", 2},
                  {"sortino", 2},        {"downside_deviation", 2},
                  {"tracking_error", 2}, {"information_ratio", 2},
                  {"alpha", 4}};
    const statistic *rows;
    size_t n = statistics(&rows);
    performance p;
    performance more;
    curve c;

    begin_example(&c, &p, 1);
    more = p;
    more.periods_per_year = 64;
    prepare(&more, &c);
    for (size_t i = 0; i < n; i++) {
        double factor = 1;
        for (size_t k = 0; k < sizeof yearly / sizeof yearly[0]; k++)
            if (strcmp(yearly[k].name, rows[i].name) == 0) factor = yearly[k].factor;
        is_near(rows[i].name, &more, factor * rows[i].compute(&p));
    }
    curve_free(&c);
}
END_TEST

START_TEST(a_curve_that_ran_out_of_memory_is_an_error)
{
    performance p = {.periods_per_year = 365};
    qn_err err = QN_ERR_INIT;
    curve c;

    curve_begin(&c, DAY, 0, MONEY(1), 0, false, NULL, NULL);
    curve_end(&c, DAY, MONEY(1), 0, false);
    c.is_short = true;
    p.curve = &c;
    ck_assert_int_eq(performance_prepare(&p, &err), QN_E_NO_MEMORY);
    ck_assert_ptr_nonnull(strstr(err.msg, "report.sample"));
    curve_free(&c);
}
END_TEST

/* Names are keys of the JSON: each once, and each with a definition that docs can show. */
START_TEST(rows_are_whole)
{
    const statistic *rows;
    size_t n = statistics(&rows);

    for (size_t i = 0; i < n; i++) {
        ck_assert(rows[i].name && rows[i].title && rows[i].compute && rows[i].definition);
        ck_assert(rows[i].group < STATISTIC_GROUPS && statistic_group_title(rows[i].group));
        ck_assert_ptr_null(strchr(rows[i].definition, '|'));
        for (size_t k = 0; k < i; k++) {
            ck_assert_str_ne(rows[i].name, rows[k].name);
            ck_assert_str_ne(rows[i].title, rows[k].title);
        }
    }
}
END_TEST

CHECK_MAIN("report statistics", by_hand, nothing_at_all, tails_of_many_returns, a_run_without_time,
           a_return_a_year_of_losses, one_return_has_no_deviation,
           returns_that_never_differ_have_no_ratio, a_loss_of_everything, one_round_trip,
           the_benchmark_itself, money_in_another_unit_changes_no_ratio,
           a_year_of_four_times_the_periods, a_curve_that_ran_out_of_memory_is_an_error,
           rows_are_whole)
