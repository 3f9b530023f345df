/* SPDX-License-Identifier: MIT
 *
 * strategy/trend_following and strategy/mean_reversion: their signals against numbers worked out
 * by hand from the formulas at the head of their files, what they refuse, and the same signals
 * when they are saved and loaded between any two bars. */
#include "fake_host.h"

#include "check_main.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DAY QN_NS_PER_DAY
#define TREND "strategy/trend_following"
#define REVERSION "strategy/mean_reversion"

static fake_host h;

static void start(const char *plugin, const char *params, int64_t tick)
{
    fake_init(&h, 2);
    for (uint32_t i = 0; i < 2; i++)
        h.instruments[i].tick_size = tick;
    fake_open(&h, plugin, params, NULL);
}

/* Signal `i` is the last one, and says this. */
static void expect(uint32_t i, double strength, double confidence, int64_t stop)
{
    ck_assert_uint_eq(h.nsignals, i + 1);
    const qn_signal *s = &h.signals[i];
    ck_assert_msg(fabs(s->strength - strength) < 1e-6, "strength %.9f", s->strength);
    ck_assert_msg(fabs(s->confidence - confidence) < 1e-6, "confidence %.9f", s->confidence);
    ck_assert_int_eq(s->stop_loss, stop);
    ck_assert_int_eq(s->take_profit, 0);
    ck_assert_int_eq(s->horizon, 0);
}

static void refused(const char *plugin, const char *params, int32_t code)
{
    qn_err err = QN_ERR_INIT;

    fake_init(&h, 2);
    ck_assert_int_eq(fake_open(&h, plugin, params, &err), code);
    ck_assert_msg(err.msg[0], "it does not say why");
}

/* ------------------------------------------------------------------ trend following */

#define LENGTHS "fast=1 slow=2 adx=2 atr=1 step=0 repeat=0 "
#define SHORT_ONES LENGTHS "adx_floor=0 adx_full=100 stop=2 "

static const int64_t bars[5][3] = {{1010, 990, 1000},
                                   {1030, 1000, 1020},
                                   {1060, 1020, 1050},
                                   {1050, 1010, 1020},
                                   {1120, 1040, 1100}};

static void feed(int from, int to)
{
    for (int i = from; i < to; i++)
        fake_bar(&h, 0, DAY, bars[i][0], bars[i][1], bars[i][2]);
}

/* EMA(1) is the close. EMA(2): 1010, 1036.6667, 1025.5556, 1075.1852. ATR(1) is the true range:
 * 30, 40, 40, 100. Wilder's sums of +DM, -DM over 2: 20, 0; 40, 0; 20, 10; 80, 5. So DX is 100,
 * 33.3333, 88.2353 and ADX from bar 4 on 66.6667, 77.4510. The tick is 7. */
START_TEST(trend_by_hand)
{
    start(TREND, SHORT_ONES "full_distance=1", 7);
    feed(0, 3);
    ck_assert_uint_eq(h.nsignals, 0);
    feed(3, 4);
    expect(0, -5.5555556 / 40, 0.66666667, 1106); /* 1020 + 80, up to the tick */
    ck_assert_uint_eq(h.signals[0].hdr.instrument, 0);
    feed(4, 5);
    expect(1, 24.8148148 / 100, 0.77450980, 896); /* 1100 - 200, down to the tick */
    fake_close(&h);
}
END_TEST

START_TEST(trend_keeps_its_bounds)
{
    start(TREND, LENGTHS "stop=2 full_distance=0.1 adx_floor=70 adx_full=75", 1);
    feed(0, 4);
    expect(0, -1.0, 0.0, 1100);
    feed(4, 5);
    expect(1, 1.0, 1.0, 900);
    fake_close(&h);
}
END_TEST

START_TEST(trend_leans_by_its_bias)
{
    start(TREND, SHORT_ONES "full_distance=0.1 bias=0.5", 1);
    feed(0, 4);
    expect(0, -0.5, 0.66666667, 1100);
    feed(4, 5);
    expect(1, 1.0, 0.77450980, 900);
    fake_close(&h);
    start(TREND, SHORT_ONES "full_distance=1 bias=0.5", 1);
    feed(0, 4);
    expect(0, 0.5 - 5.5555556 / 40, 0.66666667, 940); /* long now, and its stop below */
    fake_close(&h);
}
END_TEST

/* A bias that was changed while it ran is a part of the state, not what the config said. */
START_TEST(trend_keeps_its_bias)
{
    const double lean = 0.5;

    start(TREND, SHORT_ONES "full_distance=1", 1);
    for (uint32_t i = 0; i < qn_bench_class(h.bench)->params.nrows; i++) {
        const qn_param *p = qn_table_row(&qn_bench_class(h.bench)->params, i);
        if (strcmp(p->key, "bias") != 0) continue;
        ck_assert_uint_ne(p->flags & QN_PARAM_LIVE, 0);
        memcpy((char *)qn_bench_self(h.bench) + p->offset, &lean, sizeof lean);
    }
    fake_reload(&h);
    feed(0, 4);
    expect(0, 0.5 - 5.5555556 / 40, 0.66666667, 940);
    fake_close(&h);
}
END_TEST

START_TEST(trend_without_a_stop)
{
    start(TREND, LENGTHS "adx_floor=0 adx_full=100 full_distance=1 stop=0", 1);
    feed(0, 4);
    expect(0, -5.5555556 / 40, 0.66666667, 0);
    fake_close(&h);
}
END_TEST

START_TEST(trend_takes_a_feature)
{
    fake_init(&h, 2);
    h.instruments[0].tick_size = 7;
    h.features[1] = (fake_feature){"vol.ewma", QN_E_NOT_FOUND, 0.05};
    fake_open(&h, TREND, SHORT_ONES "full_distance=1 volatility=vol.ewma", NULL);
    feed(0, 4);
    ck_assert_uint_eq(h.nsignals, 0); /* nothing was published yet */
    h.features[1].result = QN_OK;
    feed(4, 5);
    expect(0, 24.8148148 / 55, 0.77450980, 987); /* 1100 - 2 x 0.05 x 1100 = 990 */
    h.features[1].result = QN_E_STALE;
    feed(0, 1);
    ck_assert_uint_eq(h.nsignals, 1);
    fake_close(&h);
}
END_TEST

START_TEST(trend_refuses)
{
    refused(TREND, "fast=60 slow=60", QN_E_RANGE);
    refused(TREND, "adx_floor=40 adx_full=40", QN_E_RANGE);
    refused(TREND, "volatility=vol.unknown", QN_E_UNKNOWN_NAME);
}
END_TEST

START_TEST(lookbacks)
{
    static const struct {
        const char *plugin, *params;
        int64_t bars; /* before the first bar that can speak */
    } rows[] = {
        {TREND, "slow=60", 59},
        {TREND, "fast=2 slow=3 adx=14 atr=2", 27},
        {TREND, "fast=2 slow=3 adx=2 atr=14", 14},
        {REVERSION, "length=20", 19},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start(rows[i].plugin, rows[i].params, 1);
        ck_assert_int_eq(qn_bench_lookback(h.bench, DAY), rows[i].bars * DAY);
        ck_assert_int_eq(qn_bench_lookback(h.bench, INT64_MAX), INT64_MAX);
        for (int64_t k = 0; k <= rows[i].bars; k++) {
            ck_assert_uint_eq(h.nsignals, 0);
            fake_bar(&h, 0, DAY, 1011 + k * k, 1009 + k * k, 1010 + k * k);
        }
        ck_assert_msg(h.nsignals == 1, "row %zu", i);
        fake_close(&h);
    }
}
END_TEST

/* ------------------------------------------------------------------ mean reversion */

static void closes(const int64_t *prices, int n)
{
    for (int i = 0; i < n; i++)
        fake_bar(&h, 0, DAY, prices[i], prices[i], prices[i]);
}

#define CLOSES(...)                                                                                \
    closes((const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

/* Three equal closes and a fourth that is d away: the mean is d / 4 away, the deviation
 * d x sqrt(3) / 4, so z is sqrt(3) = 1.7320508, whatever d. */
START_TEST(reversion_by_hand)
{
    start(REVERSION, "length=4 entry=1.7 exit=0.5 stop=3 full=2 step=0.1 repeat=0", 5);
    CLOSES(10000, 10000, 10000);
    ck_assert_uint_eq(h.nsignals, 0);
    CLOSES(9600); /* mean 9900, deviation 173.205: the stop is at 9380.4 */
    expect(0, 0.8660254, 1.0, 9380);
    CLOSES(9600); /* mean 9800, deviation 200, z -1: still far from the exit */
    expect(1, 0.5, 1.0, 9200);
    CLOSES(9600); /* mean 9700, deviation 173.205, z -0.577 */
    expect(2, 0.2886751, 1.0, 9180);
    CLOSES(9600); /* all are equal: there is no z */
    expect(2, 0.2886751, 1.0, 9180);
    CLOSES(9640); /* through the mean to the other side: deviation 17.32, stop at 9662 */
    expect(3, -0.8660254, 1.0, 9665);
    CLOSES(9610); /* mean 9612.5, z -0.153 */
    expect(4, 0.0, 1.0, 0);
    CLOSES(9615);
    expect(4, 0.0, 1.0, 0);
    fake_close(&h);
}
END_TEST

START_TEST(reversion_is_stopped)
{
    start(REVERSION, "length=4 entry=0.9 exit=0.1 stop=1.5 full=2 confidence=0.25 repeat=0", 1);
    CLOSES(10000, 10000, 9600, 9600); /* z -1 */
    expect(0, 0.5, 0.25, 9500);
    CLOSES(8000); /* z -1.69: it was wrong */
    expect(1, 0.0, 0.25, 0);
    CLOSES(8000); /* z -1, but it was stopped */
    expect(1, 0.0, 0.25, 0);
    CLOSES(8533); /* the mean */
    expect(1, 0.0, 0.25, 0);
    CLOSES(7600); /* mean 8033.25, deviation 331.537, z -1.306792 */
    expect(2, 0.6533960, 0.25, 7535);
    fake_close(&h);
}
END_TEST

START_TEST(reversion_does_not_enter_beyond_its_stop)
{
    start(REVERSION, "length=4 entry=1 exit=0.1 stop=1.7 repeat=0", 1);
    CLOSES(10000, 10000, 10000, 11000); /* z 1.73 */
    ck_assert_uint_eq(h.nsignals, 0);
    fake_close(&h);
    start(REVERSION, "length=4 entry=1 exit=0.1 stop=0 full=1 repeat=0", 1);
    CLOSES(10000, 10000, 10000, 11000);
    expect(0, -1.0, 1.0, 0); /* without a stop it does; the strength is at its bound */
    fake_close(&h);
}
END_TEST

START_TEST(reversion_refuses)
{
    refused(REVERSION, "entry=1 exit=1", QN_E_RANGE);
    refused(REVERSION, "entry=2 stop=2", QN_E_RANGE);
}
END_TEST

/* ------------------------------------------------------------------ both */

/* What two instruments of a random walk bring, with a reload every `every` bars; 0 = none. */
static void walk(const char *plugin, const char *params, int every)
{
    uint64_t state = 5;
    int64_t price[2] = {100000, 5000};

    start(plugin, params, 1);
    for (int i = 0; i < 1500; i++) {
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
    static const char *const rows[][2] = {
        {TREND, "fast=5 slow=20 adx=7 bias=0.1"},
        {TREND, "fast=1 slow=100 atr=50 repeat=3"},
        {REVERSION, "length=20 entry=1.5"},
        {REVERSION, "length=5 entry=0.5 stop=1.2 exit=0 repeat=2"},
    };
    static qn_signal plain[FAKE_RECORDS];
    uint32_t n;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        walk(rows[i][0], rows[i][1], 0);
        n = h.nsignals;
        ck_assert_uint_gt(n, 50);
        memcpy(plain, h.signals, n * sizeof plain[0]);
        for (int every = 1; every < 60; every += 29) {
            walk(rows[i][0], rows[i][1], every);
            ck_assert_uint_eq(h.nsignals, n);
            ck_assert(memcmp(plain, h.signals, n * sizeof plain[0]) == 0);
        }
    }
}
END_TEST

/* Whatever the market does, what is pushed is in range, and a stop lies on the wrong side. */
START_TEST(signals_are_always_valid)
{
    static const int64_t extremes[] = {
        1, 2, 1000, INT64_C(1) << 40, INT64_C(1) << 53, INT64_C(1) << 60};
    static const char *const rows[][2] = {
        {TREND, "fast=1 slow=2 adx=2 atr=1 step=0 full_distance=0.001 stop=1000"},
        {REVERSION, "length=2 entry=0.5 exit=0 stop=1.5 step=0"},
        {REVERSION, "length=7 entry=0.1 exit=0 stop=1000 step=0"},
    };
    uint64_t state = 9;

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        start(rows[r][0], rows[r][1], 3);
        for (int i = 0; i < 3000; i++) {
            int64_t close = extremes[fake_between(&state, 0, 5)];
            uint32_t before = h.nsignals;
            fake_bar(&h, 0, DAY, close + close / 2, close - close / 2, close);
            if (h.nsignals == before) continue;
            const qn_signal *s = &h.signals[before];
            ck_assert(s->strength >= -1.0 && s->strength <= 1.0);
            ck_assert(s->confidence >= 0.0 && s->confidence <= 1.0);
            ck_assert_int_eq(s->stop_loss % 3, 0);
            ck_assert(s->stop_loss == 0 ||
                      (s->strength > 0.0 ? s->stop_loss <= close : s->stop_loss >= close));
        }
        ck_assert_uint_gt(h.nsignals, 100);
        fake_close(&h);
    }
}
END_TEST

CHECK_MAIN("signals", trend_by_hand, trend_keeps_its_bounds, trend_leans_by_its_bias,
           trend_keeps_its_bias, trend_without_a_stop, trend_takes_a_feature, trend_refuses,
           lookbacks, reversion_by_hand, reversion_is_stopped,
           reversion_does_not_enter_beyond_its_stop, reversion_refuses, reloads_change_nothing,
           signals_are_always_valid)
