/* SPDX-License-Identifier: MIT
 *
 * model/volatility: its features against numbers worked out by hand, and the same features when it
 * is saved and loaded between any two bars. */
#include "fake_host.h"

#include "check_main.h"

#include <math.h>
#include <string.h>

#define DAY QN_NS_PER_DAY
#define MODEL "model/volatility"

enum { EWMA, ANNUAL, ATR };

static fake_host h;

static void start(const char *params)
{
    fake_init(&h, 2);
    fake_open(&h, MODEL, params, NULL);
}

static void expect(uint32_t i, uint32_t feature, double value, int64_t valid_ns)
{
    const fake_published *p = &h.published[i];

    ck_assert_uint_lt(i, h.npublished);
    ck_assert_uint_eq(p->feature, feature);
    ck_assert_msg(fabs(p->value - value) < 1e-12, "%.15f, expected %.15f", p->value, value);
    ck_assert_int_eq(p->valid_ns, valid_ns);
}

/* Returns 0.1, -0.1, 0; true ranges 1000, 1100, 100. */
static void feed(uint32_t instrument)
{
    fake_bar(&h, instrument, DAY, 10000, 10000, 10000);
    fake_bar(&h, instrument, DAY, 11000, 10000, 11000);
    fake_bar(&h, instrument, DAY, 11000, 9900, 9900);
    fake_bar(&h, instrument, DAY, 9950, 9850, 9900);
}

START_TEST(features_by_hand)
{
    start("lambda=0.5 warmup=2 length=2 valid_bars=3 periods_per_year=4");
    feed(1);
    ck_assert_uint_eq(h.npublished, 6); /* nothing before the third bar */
    expect(0, EWMA, 0.1, 3 * DAY);
    expect(1, ANNUAL, 0.2, 3 * DAY);
    expect(2, ATR, 1050.0 / 9900, 3 * DAY);
    expect(3, EWMA, sqrt((0.25 * 0.01 + 0.5 * 0.01) / 1.75), 3 * DAY);
    expect(4, ANNUAL, 2 * sqrt((0.25 * 0.01 + 0.5 * 0.01) / 1.75), 3 * DAY);
    expect(5, ATR, 575.0 / 9900, 3 * DAY);
    for (uint32_t i = 0; i < 6; i++)
        ck_assert_uint_eq(h.published[i].instrument, 1);
    feed(0); /* the other instrument has bars of its own */
    ck_assert_uint_eq(h.npublished, 12);
    expect(9, EWMA, sqrt((0.25 * 0.01 + 0.5 * 0.01) / 1.75), 3 * DAY);
    ck_assert_uint_eq(h.published[9].instrument, 0);
    fake_close(&h);
}
END_TEST

START_TEST(parameters_count)
{
    double up = log(1.1);
    double down = log(0.9);

    start("halflife=1 warmup=2 length=60 returns=log");
    feed(0);
    ck_assert_uint_eq(h.npublished, 4); /* no ATR yet */
    expect(0, EWMA, sqrt((0.5 * up * up + down * down) / 1.5), 2 * DAY);
    expect(1, ANNUAL, sqrt(365 * (0.5 * up * up + down * down) / 1.5), 2 * DAY);
    fake_close(&h);
    start("lambda=0.9 halflife=1 warmup=3 length=3 valid_bars=0"); /* halflife goes before */
    feed(0);
    ck_assert_uint_eq(h.npublished, 3);
    expect(0, EWMA, sqrt((0.25 * 0.01 + 0.5 * 0.01) / 1.75), 0);
    expect(2, ATR, (1000 + 1100 + 100) / 3.0 / 9900, 0);
    fake_close(&h);
    start("warmup=1 length=3 valid_bars=100000");
    fake_bar(&h, 0, INT64_MAX / 1000, 10000, 10000, 10000);
    fake_bar(&h, 0, INT64_MAX / 1000, 10000, 10000, 11000);
    ck_assert_int_eq(h.published[0].valid_ns, 0); /* longer than time: for ever */
    fake_close(&h);
}
END_TEST

START_TEST(lookback_is_what_it_needs)
{
    start("warmup=20 length=14");
    ck_assert_int_eq(qn_bench_lookback(h.bench, DAY), 20 * DAY);
    ck_assert_int_eq(qn_bench_lookback(h.bench, INT64_MAX), INT64_MAX);
    for (int i = 0; i < 20; i++)
        fake_bar(&h, 0, DAY, 110, 90, 100 + i % 2);
    for (uint32_t i = 0; i < h.npublished; i++)
        ck_assert_uint_eq(h.published[i].feature, ATR);
    ck_assert_uint_eq(h.npublished, 6); /* of bars 15 to 20 */
    fake_bar(&h, 0, DAY, 110, 90, 100);
    ck_assert_uint_eq(h.npublished, 9);
    fake_close(&h);
    start("warmup=3 length=14");
    ck_assert_int_eq(qn_bench_lookback(h.bench, DAY), 14 * DAY);
    fake_close(&h);
}
END_TEST

static void walk(int every)
{
    uint64_t state = 5;
    int64_t price[2] = {100000, 5000};

    start("");
    for (int i = 0; i < 1000; i++) {
        uint32_t k = (uint32_t)fake_between(&state, 0, 1);
        int64_t step = price[k] / 50;
        price[k] += fake_between(&state, -step, step);
        fake_bar(&h, k, DAY, price[k] + fake_between(&state, 0, step),
                 price[k] - fake_between(&state, 0, step), price[k]);
        if (every && i % every == 0) fake_reload(&h);
    }
    fake_close(&h);
}

START_TEST(reloads_change_nothing)
{
    static fake_published plain[FAKE_RECORDS];
    uint32_t n;

    walk(0);
    n = h.npublished;
    ck_assert_uint_gt(n, 2500);
    memcpy(plain, h.published, n * sizeof plain[0]);
    for (int every = 1; every < 60; every += 29) {
        walk(every);
        ck_assert_uint_eq(h.npublished, n);
        ck_assert(memcmp(plain, h.published, n * sizeof plain[0]) == 0);
    }
}
END_TEST

CHECK_MAIN("volatility", features_by_hand, parameters_count, lookback_is_what_it_needs,
           reloads_change_nothing)
