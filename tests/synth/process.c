/* SPDX-License-Identifier: MIT
 *
 * The synthetic process, piece by piece: exact mathematics against libm, the normals, regimes,
 * volatility, pattern, correlation, jumps, premium, funding; quotes and trades around the path.
 * Seeds are fixed, so that no test can fail by chance; tolerances say how far a sample of that
 * size may lie from what was asked for. */
#include "check_main.h"

#include "synth/flow.h"
#include "synth/funding.h"

#include <math.h>
#include <string.h>

#define T2024 (INT64_C(1704067200) * QN_NS_PER_S) /* 2024-01-01T00:00:00Z */
#define YEAR_MINUTES (365 * PATH_DAY)

/* ck_assert writes to Check's file each time: too slow for millions. */
#define HOLDS(what)                                                                                \
    do                                                                                             \
        if (!(what)) ck_abort_msg("%s", #what);                                                    \
    while (0)

static const path_options usual = {.seed = 7, .volatility = 0.6, .drift = 0, .correlation = 0.6};

static const qn_instrument btc = {.size = sizeof btc,
                                  .kind = QN_LINEAR,
                                  .price_exp = -1,
                                  .qty_exp = -3,
                                  .money_exp = QN_MONEY_EXP,
                                  .tick_size = 5,
                                  .lot_size = 2,
                                  .contract_size = {1, 0, 0},
                                  .name = "BTCUSDT.synthetic"};

/* ---- mathematics ---- */

START_TEST(logarithm_and_exponential_are_libm_s)
{
    draw d;

    draw_begin(&d, 1, "test", "");
    for (int i = 0; i < 200000; i++) {
        double x = (draw_unit(&d) - 0.5) * 80.0;
        double e = exp(x);
        HOLDS(fabs(portable_exp(x) - e) <= 1e-15 * e);
        ck_assert_double_le(fabs(portable_ln(e) - log(e)), 4e-16 * fmax(1.0, fabs(log(e))));
        e = draw_unit(&d);
        ck_assert_double_le(fabs(portable_ln(e) - log(e)), 4e-16 * fmax(1.0, fabs(log(e))));
    }
    HOLDS(portable_exp(0.0) == 1.0);
    HOLDS(portable_ln(1.0) == 0.0);
}
END_TEST

START_TEST(rounding_is_to_the_nearest)
{
    ck_assert_int_eq(portable_round(2.4999), 2);
    ck_assert_int_eq(portable_round(2.5), 3);
    ck_assert_int_eq(portable_round(-2.4), -2);
    ck_assert_int_eq(portable_round(-2.6), -3);
    ck_assert_int_eq(portable_round(-2.0), -2);
}
END_TEST

START_TEST(normals_have_the_normal_s_moments_and_tails)
{
    enum { N = 4000000 };
    static const double edges[] = {-4, -3, -2, -1, 0, 0.5, 1, 2, 3, 3.5, 4};
    enum { EDGES = sizeof edges / sizeof edges[0] };
    long below[EDGES] = {0};
    double sum[5] = {0};
    draw_layers z;
    draw d;

    draw_layers_make(&z);
    draw_begin(&d, 2, "test", "");
    for (int i = 0; i < N; i++) {
        double x = draw_normal(&d, &z);
        double power = 1;
        for (int k = 1; k < 5; k++)
            sum[k] += power *= x;
        for (int k = 0; k < EDGES; k++)
            below[k] += x < edges[k];
    }
    ck_assert_double_le(fabs(sum[1] / N), 0.0015);
    ck_assert_double_le(fabs(sum[2] / N - 1), 0.002);
    ck_assert_double_le(fabs(sum[3] / N), 0.005);
    ck_assert_double_le(fabs(sum[4] / N - 3), 0.02);
    for (int k = 0; k < EDGES; k++) {
        double p = 0.5 * erfc(-edges[k] / sqrt(2.0));
        ck_assert_double_le(fabs((double)below[k] / N - p), 4 * sqrt(p * (1 - p) / N));
    }
}
END_TEST

/* Beyond the ziggurat's last edge R: E[X | X > R] is the density at R over what lies beyond. */
START_TEST(the_tail_is_the_normal_s)
{
    enum { N = 400000 };
    double sum = 0;
    double edge;
    draw_layers z;
    draw d;

    draw_layers_make(&z);
    edge = z.x[1];
    draw_begin(&d, 3, "test", "");
    for (int i = 0; i < N; i++) {
        double x = draw_normal_rare(&d, &z, i % 2 ? 1.0 : -1.0, 0);
        HOLDS((x > 0) == (i % 2 == 1) && fabs(x) >= edge);
        sum += fabs(x);
    }
    ck_assert_double_eq_tol(
        sum / N, exp(-0.5 * edge * edge) / sqrt(2 * acos(-1)) / (0.5 * erfc(edge / sqrt(2.0))),
        0.002);
}
END_TEST

START_TEST(streams_differ_by_seed_purpose_and_name)
{
    static const struct {
        uint64_t seed;
        const char *purpose, *name;
    } all[] = {{1, "a", "b"}, {2, "a", "b"},  {1, "ab", ""}, {1, "", "ab"},
               {1, "a", "c"}, {1, "ax", "b"}, {1, "a", "bx"}};
    enum { N = sizeof all / sizeof all[0] };
    uint64_t first[N];

    for (int i = 0; i < N; i++) {
        draw d;
        draw_begin(&d, all[i].seed, all[i].purpose, all[i].name);
        first[i] = draw_bits(&d);
        for (int k = 0; k < i; k++)
            ck_assert_uint_ne(first[i], first[k]);
    }
}
END_TEST

/* ---- the path ---- */

static double pearson(const double *s) /* n, x, y, xx, yy, xy */
{
    double xy = s[5] - s[1] * s[2] / s[0];

    return xy / sqrt((s[3] - s[1] * s[1] / s[0]) * (s[4] - s[2] * s[2] / s[0]));
}

START_TEST(volatility_and_correlation_are_those_asked_for)
{
    static const double asked[] = {0.0, 0.6, 1.0};

    for (int i = 0; i < 3; i++) {
        path_options opt = usual;
        path a;
        path b;
        path_minute ma;
        path_minute mb;
        double s[6] = {0};
        double xa = log(600000);
        double xb = log(1000);
        opt.correlation = asked[i];
        path_begin(&a, &opt, "AUSDT.synthetic", 600000, T2024);
        path_begin(&b, &opt, "BUSDT.synthetic", 1000, T2024);
        for (int k = 0; k < 4 * YEAR_MINUTES; k++) {
            path_next(&a, &ma);
            path_next(&b, &mb);
            double x = ma.index - xa;
            double y = mb.index - xb;
            double add[] = {1, x, y, x * x, y * y, x * y};
            for (int j = 0; j < 6; j++)
                s[j] += add[j];
            xa = ma.index;
            xb = mb.index;
        }
        ck_assert_double_le(fabs(sqrt(s[3] / 4) - 0.6), 0.03);
        ck_assert_double_le(fabs(sqrt(s[4] / 4) - 0.6), 0.03);
        ck_assert_double_le(fabs(pearson(s) - asked[i]), 0.01);
    }
}
END_TEST

START_TEST(an_instrument_s_path_does_not_depend_on_others_or_on_its_price)
{
    path a;
    path b;
    path_minute ma;
    path_minute mb;

    path_begin(&a, &usual, "AUSDT.synthetic", 1000, T2024);
    path_begin(&b, &usual, "AUSDT.synthetic", 1000, T2024);
    for (int k = 0; k < 1000; k++) {
        path_next(&a, &ma);
        path_next(&b, &mb);
        ck_assert_mem_eq(&ma.fair, &mb.fair, sizeof ma.fair);
    }
    path_begin(&b, &usual, "BUSDT.synthetic", 1000, T2024);
    path_next(&b, &mb);
    path_begin(&a, &usual, "AUSDT.synthetic", 1000, T2024);
    path_next(&a, &ma);
    ck_assert(ma.fair[0] != mb.fair[0]);
    ck_assert(ma.heat == mb.heat);
}
END_TEST

/* A hundred short markets end, on the average, where they began: no strategy can have an edge
 * by holding. The drift moves that average. */
START_TEST(the_expected_price_grows_at_the_drift)
{
    static const double drifts[] = {0, 10};

    for (int i = 0; i < 2; i++) {
        double sum = 0;
        for (uint64_t seed = 0; seed < 400; seed++) {
            path_options opt = {seed, 2, drifts[i], 0.5};
            path p;
            path_minute m;
            path_begin(&p, &opt, "AUSDT.synthetic", 1000, T2024);
            for (int k = 0; k < 10 * PATH_DAY; k++)
                path_next(&p, &m);
            sum += exp(m.index) / 1000 / 400;
        }
        ck_assert_double_le(fabs(sum - exp(drifts[i] * 10 / 365)), 0.06);
    }
}
END_TEST

START_TEST(regimes_are_seen_as_often_as_the_chain_says_and_jumps_too)
{
    double share[PATH_REGIMES];
    double seen[PATH_REGIMES] = {0};
    double variance[PATH_REGIMES] = {0};
    long changes = 0;
    long jumps = 0;
    uint32_t before = 9;
    const long n = 40L * YEAR_MINUTES;
    path p;
    path_minute m;

    path_shares(share);
    ck_assert_double_eq_tol(share[0] + share[1] + share[2], 1, 1e-15);
    path_begin(&p, &usual, "AUSDT.synthetic", 1e5, T2024);
    for (long k = 0; k < n; k++) {
        path_next(&p, &m);
        HOLDS(m.regime < PATH_REGIMES);
        seen[m.regime] += 1.0 / (double)n;
        variance[m.regime] += m.heat * m.heat / (double)n;
        changes += before != 9 && m.regime != before;
        HOLDS(before == 9 || m.regime == before || m.regime == 1 || before == 1);
        jumps += m.jump != 0;
        before = m.regime;
    }
    for (int i = 0; i < PATH_REGIMES; i++)
        HOLDS(fabs(seen[i] / share[i] - 1) <= 0.06);
    ck_assert_double_eq_tol(variance[2] / seen[2] / (variance[0] / seen[0]), 25, 0.5);
    HOLDS(fabs((double)changes / 40 / (2 * share[1] * 365 / 1.5) - 1) <= 0.06);
    HOLDS(fabs((double)jumps / 40 / 100 - 1) <= 0.05);
}
END_TEST

START_TEST(the_day_has_its_pattern)
{
    double heat[24] = {0};
    path p;
    path_minute m;

    path_begin(&p, &usual, "AUSDT.synthetic", 1e5, T2024);
    for (int k = 0; k < 100 * PATH_DAY; k++) {
        path_next(&p, &m);
        heat[k / 60 % 24] += m.heat;
    }
    ck_assert_double_gt(heat[14], 1.5 * heat[5]); /* America opens; Asia has closed */
    ck_assert_double_gt(heat[8], heat[5]);
    ck_assert_double_gt(heat[8], heat[11]);
    ck_assert_double_gt(heat[0], heat[22]);
}
END_TEST

/* ---- funding ---- */

START_TEST(funding_follows_the_premium_within_its_bounds)
{
    static const struct {
        double premium;
        int64_t rate; /* 10^-12 */
    } cases[] = {{0.0, 100000000},     {0.0004, 100000000},   {-0.0003, 100000000},
                 {0.0016, 1100000000}, {-0.0014, -900000000}, {0.01, 3000000000},
                 {-0.01, -3000000000}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        funding f = {0};
        path_minute m = {.index = 5, .premium = log(1 + cases[i].premium)};
        int64_t rate = 0;
        double mark;
        int due = 0;
        for (int k = 0; k < 1440; k++) {
            m.start = T2024 + k * PATH_MINUTE;
            if (!funding_minute(&f, &m, &mark, &rate)) continue;
            due++;
            ck_assert_int_eq((m.start + PATH_MINUTE - T2024) % (8 * 60 * PATH_MINUTE), 0);
            ck_assert_int_eq(rate, cases[i].rate);
        }
        ck_assert_int_eq(due, 3);
        ck_assert_double_eq_tol(mark, m.index + m.premium, 1e-12);
    }
}
END_TEST

START_TEST(later_minutes_weigh_more_and_the_mark_is_smooth)
{
    funding f = {0};
    path_minute m = {.index = 5};
    int64_t rate;
    double mark;
    double before = 5;

    for (int k = 0; k < 480; k++) {
        m.start = T2024 + k * PATH_MINUTE;
        m.premium = k < 240 ? 0 : log(1.002);
        if (k == 240) before = mark;
        if (funding_minute(&f, &m, &mark, &rate))
            ck_assert_int_eq(rate / 10000, 99896); /* about 0.75 x 0.2 % - 0.05 % */
        if (k == 240) {
            ck_assert_double_gt(mark - before, 0.3 * m.premium);
            ck_assert_double_lt(mark - before, 0.4 * m.premium);
        }
    }
    ck_assert_int_eq(f.minutes, 0);
}
END_TEST

/* ---- order flow ---- */

START_TEST(quotes_and_trades_keep_their_rules)
{
    path p;
    path_minute m;
    flow f;
    int64_t last = T2024;
    uint64_t quotes = (uint64_t)(T2024 / QN_NS_PER_MS);
    uint64_t trades = quotes;
    double far = 0;

    path_begin(&p, &usual, btc.name, 120000, T2024);
    flow_begin(&f, usual.seed, &btc, 120000, 5, T2024);
    for (int k = 0; k < 5 * PATH_DAY; k++) {
        path_next(&p, &m);
        flow_minute(&f, &m);
        while (flow_next(&f)) {
            HOLDS(f.quote.venue_ts > last);
            HOLDS(f.quote.venue_ts >= m.start);
            HOLDS(f.quote.bid < f.quote.ask);
            HOLDS(f.quote.bid > 0);
            HOLDS(f.quote.bid % btc.tick_size + f.quote.ask % btc.tick_size == 0);
            HOLDS(f.quote.bid_qty % btc.lot_size + f.quote.ask_qty % btc.lot_size == 0);
            HOLDS(f.quote.bid_qty > 0);
            HOLDS(f.quote.ask_qty > 0);
            HOLDS(f.quote.update_id == ++quotes);
            last = f.quote.venue_ts;
            if (!f.has_trade) { /* a trade has moved the lean since */
                double middle = (double)(f.quote.bid + f.quote.ask) / 10;
                far = fmax(far, fabs(middle / exp(f.price + f.lean) - 1));
                continue;
            }
            HOLDS(f.trade.venue_ts == f.quote.venue_ts + FLOW_TRADE_DELAY);
            HOLDS(f.trade.price == (f.trade.side == QN_BUY ? f.quote.ask : f.quote.bid));
            HOLDS(f.trade.qty > 0);
            HOLDS(f.trade.qty % btc.lot_size == 0);
            HOLDS(f.trade.id == ++trades);
            last = f.trade.venue_ts;
        }
        HOLDS(last < m.start + PATH_MINUTE);
    }
    /* The middle is within half a tick of the price, at which a tick is 1 / 120000. */
    ck_assert_double_lt(far, 0.6 / 120000);
    ck_assert_double_gt(far, 0.4 / 120000);
    /* Five a second, and no more of them than quotes. */
    ck_assert_double_le(fabs((double)(trades - (uint64_t)(T2024 / QN_NS_PER_MS)) / 5 / 86400 - 5),
                        3);
    HOLDS(trades < quotes);
}
END_TEST

START_TEST(the_price_meets_the_path_at_each_step)
{
    path p;
    path_minute m;
    flow f;
    double gap[2] = {0};
    long n = 0;

    path_begin(&p, &usual, btc.name, 120000, T2024);
    flow_begin(&f, usual.seed, &btc, 120000, 30, T2024);
    for (int k = 0; k < 1000; k++) {
        path_next(&p, &m);
        flow_minute(&f, &m);
        while (flow_next(&f)) {
            /* close to a step's end, close to the step's price; in its middle not */
            double off = fabs(f.price - m.fair[f.step]) / m.deviation;
            if (PATH_STEP - f.at < 20 * QN_NS_PER_MS) {
                gap[0] = fmax(gap[0], off);
                n++;
            }
            if (f.at < PATH_STEP / 2) gap[1] = fmax(gap[1], off);
        }
        HOLDS(f.price == m.fair[PATH_STEPS - 1]);
    }
    HOLDS(n > 1000);
    HOLDS(gap[0] < 0.35); /* 5 deviations of a bridge 20 ms before its end */
    HOLDS(gap[1] > 2);
}
END_TEST

START_TEST(sides_have_a_long_memory_and_sizes_a_heavy_tail)
{
    enum { N = 400000, LAGS = 4 };
    static const int lags[LAGS] = {1, 10, 100, 1000};
    static signed char side[N];
    static double size[N];
    double mean = 0;
    double above[2] = {0};
    double acf[LAGS] = {0};
    long n = 0;
    path p;
    path_minute m;
    flow f;

    path_begin(&p, &usual, btc.name, 120000, T2024);
    flow_begin(&f, usual.seed, &btc, 120000, 20, T2024);
    while (n < N) {
        path_next(&p, &m);
        flow_minute(&f, &m);
        while (flow_next(&f)) {
            if (!f.has_trade || n == N) continue;
            side[n] = f.trade.side == QN_BUY ? 1 : -1;
            size[n] = (double)(f.trade.qty / btc.lot_size) / f.usual_lots;
            mean += side[n++] / (double)N;
        }
    }
    for (int i = 0; i < LAGS; i++)
        for (long k = 0; k + lags[i] < N; k++)
            acf[i] += (side[k] - mean) * (side[k + lags[i]] - mean) / N;
    ck_assert_double_lt(fabs(mean), 0.1);
    ck_assert_double_gt(acf[0], 0.15);
    /* Slower than any exponential: lag^-0.5, so about a third for each factor of ten. */
    ck_assert_double_gt(acf[1], 0.2 * acf[0]);
    ck_assert_double_gt(acf[2], 0.15 * acf[1]);
    ck_assert_double_gt(acf[2], acf[3]);
    for (long k = 0; k < N; k++) {
        above[0] += size[k] > 10;
        above[1] += size[k] > 100;
    }
    /* P(X > 10) = 10^-1.5, and again a factor of 10^1.5 to 100. */
    ck_assert_double_eq_tol(above[0] / N, 0.0316, 0.003);
    ck_assert_double_eq_tol(above[0] / above[1], 31.6, 4);
}
END_TEST

CHECK_MAIN("synth_process", logarithm_and_exponential_are_libm_s, rounding_is_to_the_nearest,
           normals_have_the_normal_s_moments_and_tails, the_tail_is_the_normal_s,
           streams_differ_by_seed_purpose_and_name, volatility_and_correlation_are_those_asked_for,
           an_instrument_s_path_does_not_depend_on_others_or_on_its_price,
           the_expected_price_grows_at_the_drift,
           regimes_are_seen_as_often_as_the_chain_says_and_jumps_too, the_day_has_its_pattern,
           funding_follows_the_premium_within_its_bounds,
           later_minutes_weigh_more_and_the_mark_is_smooth, quotes_and_trades_keep_their_rules,
           the_price_meets_the_path_at_each_step, sides_have_a_long_memory_and_sizes_a_heavy_tail)
