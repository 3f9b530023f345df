/* SPDX-License-Identifier: MIT
 *
 * Performance figures against fractions worked out by hand, and the normal distribution against
 * its inverse and printed values. */
#include <quoin/sdk/normal.h>
#include <quoin/sdk/performance.h>

#include "check_main.h"
#include "random.h"

#include <math.h>

/* Mean 1/100; differences -3, 1, 2, -5, 5 (in hundredths): squares 64, cubes -27 + 1 + 8 - 125 +
 * 125 = -18, fourth powers 81 + 1 + 16 + 625 + 625 = 1348. */
static const double five[] = {-0.02, 0.02, 0.03, -0.04, 0.06};
static const double pair[] = {-0.01, 0.01, 0.00, -0.03, 0.04};

#define N(array) (sizeof(array) / sizeof(array)[0])

static void near(double got, double expected)
{
    ck_assert_msg(fabs(got - expected) <= 1e-13 * fmax(fabs(expected), 1e-3),
                  "%.17g, expected %.17g", got, expected);
}

static void undefined(double got)
{
    ck_assert_msg(isnan(got), "%g", got);
}

START_TEST(moments_by_hand)
{
    qn_moments m = qn_moments_of(five, N(five));

    near(m.mean, 0.01);
    near(m.m2, 64.0 / 5 * 1e-4);
    near(m.m3, -18.0 / 5 * 1e-6);
    near(m.m4, 1348.0 / 5 * 1e-8);
    near(qn_moments_deviation(&m), 0.04);
    near(qn_moments_skewness(&m), -3.6 / pow(12.8, 1.5));
    near(qn_moments_kurtosis(&m), 269.6 / (12.8 * 12.8) - 3);
    near(qn_moments_sharpe(&m, 0), 0.25);
    near(qn_moments_sharpe(&m, 0.02), -0.25);
    near(qn_moments_kelly(&m, 0), 6.25);
    near(qn_moments_kelly(&m, 0.002), 5);
    m = qn_moments_of(five, 2); /* the fewest that have a deviation */
    near(qn_moments_deviation(&m), sqrt(8) * 0.01);
    m = qn_moments_of(five + 1, 2); /* K = -2: the root is of 1 */
    near(qn_moments_probabilistic_sharpe(&m, 0), qn_normal_cdf(5 / sqrt(2)));
}
END_TEST

/* Bailey and Lopez de Prado: normal returns have S = K = 0 and a variance of 1 + SR^2 / 2. */
START_TEST(the_probabilistic_sharpe_ratio)
{
    qn_moments m = {.n = 25, .mean = 0.2, .m2 = 0.96, .m3 = 0, .m4 = 3 * 0.96 * 0.96};
    qn_moments skewed = m;

    near(qn_moments_probabilistic_sharpe(&m, 0), qn_normal_cdf(0.2 * sqrt(24) / sqrt(1.02)));
    near(qn_moments_probabilistic_sharpe(&m, 0.2), 0.5);
    near(qn_moments_probabilistic_sharpe(&m, 0.1), qn_normal_cdf(0.1 * sqrt(24) / sqrt(1.02)));
    skewed.m3 = -2 * 0.96 * sqrt(0.96);
    near(qn_moments_probabilistic_sharpe(&skewed, 0), qn_normal_cdf(0.2 * sqrt(24) / sqrt(1.42)));
    skewed.m3 = 6 * 0.96 * sqrt(0.96); /* 1 - 6 / 5 + 0.02 < 0 */
    undefined(qn_moments_probabilistic_sharpe(&skewed, 0));
}
END_TEST

START_TEST(growth_and_targets_by_hand)
{
    static const double doubled[] = {1, -0.5, 1, 1};

    near(qn_returns_growth(doubled, 4), 3);
    near(qn_returns_annual(doubled, 4, 2), 1);
    near(qn_returns_annual(doubled + 1, 1, 2), -0.75);
    near(qn_returns_positive(doubled, 4), 0.75);
    near(qn_returns_downside(five, 5, 0), sqrt((4 + 16) / 5.0) * 0.01);
    near(qn_returns_downside(five, 5, 0.02), sqrt((16 + 36) / 5.0) * 0.01);
    near(qn_returns_sortino(five, 5, 0), 0.5);
    near(qn_returns_sortino(five, 5, 0.02), -0.01 / (sqrt(52 / 5.0) * 0.01));
    near(qn_returns_omega(five, 5, 0), 11.0 / 6);
    near(qn_returns_omega(five, 5, 0.02), 5.0 / 10);
}
END_TEST

/* Wealth 1 -> 1.25, 1, 0.75, 1.5, 1.2, 1.8, 0.9: drawdowns 0, 1/5, 2/5, 0, 1/5, 0, 1/2. */
START_TEST(drawdowns_by_hand)
{
    static const double r[] = {0.25, -0.2, -0.25, 1, -0.2, 0.5, -0.5};
    qn_drawdowns d = qn_drawdowns_of(r, N(r));
    qn_drawdown worst[2];

    ck_assert_uint_eq(d.count, 3);
    ck_assert_uint_eq(d.longest, 3);
    near(d.max, 0.5);
    near(d.average, (0.4 + 0.2 + 0.5) / 3);
    near(d.ulcer, sqrt((0.04 + 0.16 + 0.04 + 0.25) / 7));
    near(d.pain, 1.3 / 7);
    ck_assert_uint_eq(qn_drawdowns_worst(r, N(r), worst, 2), 2);
    ck_assert(worst[0].from == 6 && worst[0].trough == 6 && worst[0].to == 7);
    ck_assert(worst[1].from == 1 && worst[1].trough == 2 && worst[1].to == 3);
    near(worst[1].depth, 0.4);
    ck_assert_uint_eq(qn_drawdowns_worst(r + 1, 1, worst, 2), 1); /* the start is a peak, too */
    ck_assert(worst[0].from == 0 && worst[0].trough == 0 && worst[0].to == 1);
    near(qn_drawdowns_of(r + 1, 2).max, 0.4);
    near(qn_drawdowns_of(r + 1, 2).pain, 0.3);
    ck_assert_uint_eq(qn_drawdowns_worst(r, N(r), worst, 0), 0);
    ck_assert_uint_eq(qn_drawdowns_worst(r, 1, worst, 2), 0);
}
END_TEST

START_TEST(tails_by_hand)
{
    double rising[N(five)];
    qn_moments m = qn_moments_of(five, N(five));
    double z = qn_normal_quantile(0.05);

    for (size_t i = 0; i < N(five); i++)
        rising[i] = five[i];
    qn_sort(rising, N(five));
    near(qn_quantile(rising, 5, 0), -0.04);
    near(qn_quantile(rising, 5, 0.5), 0.02);
    near(qn_quantile(rising, 5, 0.375), 0.0);
    near(qn_quantile(rising, 5, 1), 0.06);
    near(qn_var_historical(rising, 5, 0.95), -0.04 + 0.2 * 0.02);
    near(qn_es_historical(rising, 5, 0.95), -0.04);
    near(qn_es_historical(rising, 5, 0.5), (-0.04 - 0.02 + 0.02) / 3);
    near(qn_var_gaussian(&m, 0.95), 0.01 - 1.6448536269514722 * sqrt(12.8) * 0.01);
    near(qn_es_gaussian(&m, 0.95),
         0.01 - sqrt(12.8) * 0.01 * exp(-z * z / 2) / sqrt(2 * acos(-1)) / 0.05);
    /* without skewness and excess kurtosis nothing is corrected */
    m = (qn_moments){.n = 9, .mean = 0.01, .m2 = 0.04, .m4 = 3 * 0.04 * 0.04};
    near(qn_var_cornish_fisher(&m, 0.99), qn_var_gaussian(&m, 0.99));
    near(qn_es_cornish_fisher(&m, 0.99), qn_es_gaussian(&m, 0.99));
}
END_TEST

/* At z = -1 (confidence Phi(1)), S = 0.6, K = 1.2: h = -1 + 0 + 2 x 1.2 / 24 - 3 x 0.36 / 36. */
START_TEST(the_corrected_quantile_by_hand)
{
    double confidence = qn_normal_cdf(1);
    qn_moments m = {.n = 9, .mean = 0.5, .m2 = 4, .m3 = 0.6 * 8, .m4 = 4.2 * 16};
    double h = -0.93;
    double h2 = h * h;
    double tail = 1 + h2 * h * 0.1 + (h2 * h2 * h2 - 9 * h2 * h2 + 9 * h2 + 3) * 0.005 +
                  (h2 * h2 - 2 * h2 - 1) * 0.05;

    near(qn_var_cornish_fisher(&m, confidence), 0.5 - 2 * 0.93);
    near(qn_es_cornish_fisher(&m, confidence),
         0.5 - 2 * qn_normal_density(h) / qn_normal_cdf(-1) * tail);
}
END_TEST

/* Pairs: b has mean 0.002, squares 1 + 1 + 0 + 9 + 16 = 27 less 5 x 0.2^2; products 2 + 2 + 0 +
 * 12 + 24 = 40 less 5 x 1 x 0.2, all in hundredths. */
START_TEST(a_benchmark_by_hand)
{
    qn_relative a = qn_relative_of(five, pair, 5);

    near(a.beta, 39.0 / 26.8);
    near(a.alpha, 0.01 - 39.0 / 26.8 * 0.002);
    near(a.correlation, 39.0 / sqrt(64 * 26.8));
    near(a.active, 0.008);
    near(a.active_deviation, sqrt((1 + 1 + 9 + 1 + 4 - 5 * 0.64) / 4) * 0.01);
    near(a.up, 8.0 / 5);
    near(a.down, 6.0 / 4);
}
END_TEST

START_TEST(what_is_not_defined)
{
    static const double same[] = {0.1, 0.1, 0.1};
    qn_moments none = qn_moments_of(five, 0);
    qn_moments one = qn_moments_of(five, 1);
    qn_moments flat = qn_moments_of(same, 3);
    qn_relative alone = qn_relative_of(same, five, 1);
    qn_drawdowns d = qn_drawdowns_of(five, 0);

    undefined(none.mean);
    undefined(qn_moments_skewness(&none));
    undefined(qn_moments_deviation(&one));
    undefined(qn_moments_sharpe(&one, 0));
    undefined(qn_moments_probabilistic_sharpe(&one, 0));
    undefined(qn_moments_probabilistic_sharpe(&none, 0));
    ck_assert(flat.m2 == 0 && flat.m4 == 0);
    undefined(qn_moments_sharpe(&flat, 0));
    undefined(qn_moments_kelly(&flat, 0));
    undefined(qn_moments_kurtosis(&flat));
    undefined(qn_var_gaussian(&flat, 0.95));
    undefined(qn_es_gaussian(&flat, 0.95));
    undefined(qn_var_cornish_fisher(&flat, 0.95));
    undefined(qn_es_cornish_fisher(&flat, 0.95));
    undefined(qn_returns_annual(five, 0, 365));
    undefined(qn_returns_positive(five, 0));
    undefined(qn_returns_downside(five, 0, 0));
    undefined(qn_returns_sortino(same, 3, 0));
    undefined(qn_returns_omega(same, 3, 0));
    undefined(qn_quantile(five, 0, 0.5));
    undefined(qn_quantile(five, 5, 1.5));
    undefined(qn_es_historical(five, 0, 0.95));
    undefined(d.average);
    undefined(d.ulcer);
    undefined(d.pain);
    undefined(alone.beta);
    undefined(alone.alpha);
    undefined(alone.correlation);
    undefined(alone.active_deviation);
    undefined(alone.up); /* the one benchmark return is a loss */
    near(alone.down, 0.1 / -0.02);
    undefined(qn_normal_quantile(0));
    undefined(qn_normal_quantile(1));
    undefined(qn_normal_quantile(NAN));
}
END_TEST

/* A loss of more than everything: no root, a drawdown of more than 1, and no crash. */
START_TEST(ruin)
{
    static const double r[] = {0.1, -1.5};

    near(qn_returns_growth(r, 2), -1.55);
    undefined(qn_returns_annual(r, 2, 365));
    near(qn_drawdowns_of(r, 2).max, 1.5);
}
END_TEST

START_TEST(the_normal_distribution)
{
    near(qn_normal_cdf(0), 0.5);
    near(qn_normal_cdf(1), 0.84134474606854293);
    near(qn_normal_quantile(0.975), 1.9599639845400545);
    near(qn_normal_quantile(0.01), -2.3263478740408408);
    ck_assert(qn_normal_cdf(-38) > 0); /* the tail is not lost */
    for (double x = -37; x <= 5; x += 0.0625) {
        double back = qn_normal_quantile(qn_normal_cdf(x));
        /* above 0 the probability itself is short of digits */
        double slack = x > 0 ? 1e-16 / qn_normal_density(x) : 0;
        ck_assert_msg(fabs(back - x) <= 4e-15 * fabs(x) + slack + 1e-15, "%g: %.17g", x, back);
    }
}
END_TEST

START_TEST(sorting)
{
    enum { ROOM = 300 };
    double values[ROOM];
    uint64_t state = 7;

    for (size_t n = 0; n < ROOM; n++) {
        double sum = 0;
        double after = 0;
        for (size_t i = 0; i < n; i++) {
            values[i] = (double)(random_next(&state) % 64);
            sum += values[i];
        }
        qn_sort(values, n);
        for (size_t i = 0; i < n; i++) {
            after += values[i];
            if (i) ck_assert(values[i - 1] <= values[i]);
        }
        ck_assert(sum == after);
    }
}
END_TEST

CHECK_MAIN("sdk performance", moments_by_hand, the_probabilistic_sharpe_ratio,
           growth_and_targets_by_hand, drawdowns_by_hand, tails_by_hand,
           the_corrected_quantile_by_hand, a_benchmark_by_hand, what_is_not_defined, ruin,
           the_normal_distribution, sorting)
