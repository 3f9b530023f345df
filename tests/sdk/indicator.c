/* SPDX-License-Identifier: MIT
 *
 * Indicators against slow twins that compute every value anew from all data, by the formulas of
 * the header; what init refuses; what a window does at the ends of its range. Results of TA-Lib
 * and TTR are checked in indicator_real.py. */
#include <quoin/sdk/indicator.h>

#include "check_main.h"

#include <math.h>
#include <string.h>

#define BARS 700
#define SEEDS 6

typedef struct series {
    int64_t high[BARS], low[BARS], close[BARS];
} series;

static char memory[1 << 20] __attribute__((aligned(16)));
static size_t used;

static void *take(qn_ctx *ctx, uint64_t n, uint64_t align)
{
    char *p = memory + (used + align - 1) / align * align;

    (void)ctx;
    used = (size_t)(p - memory) + n;
    return used <= sizeof memory ? p : NULL;
}

static const qn_host host = {.size = sizeof host, .abi = QN_ABI, .alloc = take};
static const qn_setup setup = {.size = sizeof setup, .host = &host};

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* A walk of prices around `level`, with bars that do not move at all now and then. */
static void make(series *s, int64_t level, int64_t step, uint64_t seed)
{
    int64_t price = level;

    for (int i = 0; i < BARS; i++) {
        int is_still = i % 50 > 40;
        if (!is_still) price += (int64_t)(next(&seed) % (uint64_t)(2 * step + 1)) - step;
        if (price <= 2 * step) price = level;
        s->close[i] = price;
        s->high[i] = price + (is_still ? 0 : (int64_t)(next(&seed) % (uint64_t)(step + 1)));
        s->low[i] = price - (is_still ? 0 : (int64_t)(next(&seed) % (uint64_t)(step + 1)));
    }
}

static void check_near(double value, double expected, double tolerance)
{
    double scale = fabs(expected) > 1.0 ? fabs(expected) : 1.0;

    ck_assert_msg(fabs(value - expected) <= tolerance * scale, "%.17g, expected %.17g", value,
                  expected);
}

/* ------------------------------------------------------------------ slow twins */

static double slow_ema(const int64_t *x, int i, int n)
{
    double y = 0.0;

    for (int k = 0; k < n; k++)
        y += (double)x[k];
    y /= n;
    for (int k = n; k <= i; k++)
        y = (double)x[k] * 2.0 / (n + 1) + y * (n - 1) / (n + 1);
    return y;
}

static double slow_ewma(const int64_t *x, int i, double lambda, int is_log)
{
    double sum = 0.0;
    double weights = 0.0;

    for (int k = 1; k <= i; k++) {
        double w = pow(lambda, i - k);
        double r = (double)x[k] / (double)x[k - 1];
        r = is_log ? log(r) : r - 1.0;
        sum += w * r * r;
        weights += w;
    }
    return sum / weights;
}

static double slow_range(const series *s, int i)
{
    double a = (double)(s->high[i] - s->low[i]);
    double b = fabs((double)(s->high[i] - s->close[i - 1]));
    double c = fabs((double)(s->low[i] - s->close[i - 1]));

    return fmax(a, fmax(b, c));
}

static double slow_atr(const series *s, int i, int n)
{
    double y = 0.0;

    for (int k = 1; k <= n; k++)
        y += slow_range(s, k) / n;
    for (int k = n + 1; k <= i; k++)
        y = (y * (n - 1) + slow_range(s, k)) / n;
    return y;
}

typedef struct dmi {
    double plus, minus, adx;
} dmi;

static dmi slow_dmi(const series *s, int last, int n)
{
    double sums[3] = {0};
    dmi d = {0};
    double seed = 0.0;

    for (int i = 1; i <= last; i++) {
        double up = (double)(s->high[i] - s->high[i - 1]);
        double down = (double)(s->low[i - 1] - s->low[i]);
        double x[3] = {up > down && up > 0 ? up : 0, down > up && down > 0 ? down : 0,
                       slow_range(s, i)};
        for (int k = 0; k < 3; k++)
            sums[k] = i < n ? sums[k] + x[k] : sums[k] - sums[k] / n + x[k];
        if (i < n) continue;
        d.plus = sums[2] > 0 ? 100 * sums[0] / sums[2] : 0;
        d.minus = sums[2] > 0 ? 100 * sums[1] / sums[2] : 0;
        double both = d.plus + d.minus;
        double dx = both > 0 ? 100 * fabs(d.plus - d.minus) / both : 0;
        if (i < 2 * n) {
            seed += dx;
            d.adx = seed / n;
        } else {
            d.adx = (d.adx * (n - 1) + dx) / n;
        }
    }
    return d;
}

/* Two passes over the window, relative to its last value, and that much exact. */
static void slow_rolling(const int64_t *x, int i, int n, int ddof, double *z, double *deviation)
{
    long double m = 0;
    long double q = 0;

    for (int k = i - n + 1; k <= i; k++)
        m += (long double)(x[k] - x[i]);
    m /= n;
    for (int k = i - n + 1; k <= i; k++)
        q += ((long double)(x[k] - x[i]) - m) * ((long double)(x[k] - x[i]) - m);
    *deviation = (double)sqrtl(q / (n - ddof));
    *z = q > 0 ? (double)-m / *deviation : 0.0;
}

/* ------------------------------------------------------------------ the tests */

static const int lengths[] = {2, 3, 14, 50};

START_TEST(averages)
{
    series s;

    for (size_t l = 0; l < 4 * SEEDS; l++) {
        int n = lengths[l % 4];
        make(&s, 5000000, 30000, l);
        qn_ema e;
        ck_assert_int_eq(qn_ema_init(&e, n, NULL), QN_OK);
        for (int i = 0; i < BARS; i++) {
            int is_ready = qn_ema_push(&e, (double)s.close[i]);
            ck_assert_int_eq(is_ready, i >= n - 1);
            ck_assert_int_eq(qn_ema_is_ready(&e), i >= n - 1);
            if (is_ready) check_near(e.value, slow_ema(s.close, i, n), 1e-12);
        }
    }
}
END_TEST

START_TEST(ewma_volatility)
{
    static const double lambdas[] = {0.5, 0.94, 0.999};
    series s;

    make(&s, 5000000, 30000, 7);
    for (int l = 0; l < 6; l++) {
        double lambda = lambdas[l / 2];
        qn_ewma e;
        ck_assert_int_eq(qn_ewma_init(&e, lambda, l % 2, NULL), QN_OK);
        for (int i = 0; i < BARS; i++) {
            ck_assert_int_eq(qn_ewma_push(&e, s.close[i]), i >= 1);
            ck_assert_int_eq(qn_ewma_push(&e, 0), i >= 1); /* left out */
            if (i == 0) continue;
            double expected = slow_ewma(s.close, i, lambda, l % 2);
            check_near(qn_ewma_variance(&e) / expected, 1.0, 1e-9);
            check_near(qn_ewma_volatility(&e), sqrt(expected), 1e-12);
        }
    }
    ck_assert(qn_ewma_lambda(1.0) == 0.5);
    check_near(pow(qn_ewma_lambda(11.0), 11.0), 0.5, 1e-14);
}
END_TEST

START_TEST(true_range)
{
    series s;

    for (size_t l = 0; l < 4 * SEEDS; l++) {
        int n = lengths[l % 4];
        make(&s, 700000, 5000, l);
        qn_atr a;
        ck_assert_int_eq(qn_atr_init(&a, n, NULL), QN_OK);
        for (int i = 0; i < BARS; i++) {
            int is_ready = qn_atr_push(&a, s.high[i], s.low[i], s.close[i]);
            ck_assert_int_eq(is_ready, i >= n);
            ck_assert_int_eq(qn_atr_is_ready(&a), i >= n);
            if (is_ready) check_near(a.value, slow_atr(&s, i, n), 1e-12);
        }
    }
}
END_TEST

START_TEST(directional_movement)
{
    series s;

    for (size_t l = 0; l < 4 * SEEDS; l++) {
        int n = lengths[l % 4];
        make(&s, 700000, 5000, l);
        qn_dmi d;
        ck_assert_int_eq(qn_dmi_init(&d, n, NULL), QN_OK);
        for (int i = 0; i < BARS; i++) {
            int is_ready = qn_dmi_push(&d, s.high[i], s.low[i], s.close[i]);
            dmi expected = slow_dmi(&s, i, n);
            ck_assert_int_eq(is_ready, i >= 2 * n - 1);
            ck_assert_int_eq(qn_dmi_is_ready(&d), i >= 2 * n - 1);
            if (i >= n) check_near(d.plus_di, expected.plus, 1e-10);
            if (i >= n) check_near(d.minus_di, expected.minus, 1e-10);
            if (is_ready) check_near(d.adx, expected.adx, 1e-10);
        }
    }
}
END_TEST

/* Bars without any movement, from the first one on: no DI, no ADX, and nothing is divided by 0. */
START_TEST(movement_of_nothing)
{
    qn_dmi d;

    ck_assert_int_eq(qn_dmi_init(&d, 3, NULL), QN_OK);
    for (int i = 0; i < 20; i++)
        qn_dmi_push(&d, 100, 100, 100);
    ck_assert(d.plus_di == 0.0 && d.minus_di == 0.0 && d.adx == 0.0);
}
END_TEST

/* Levels from one tick to where a double no longer holds a price; the deviation must not care. */
START_TEST(mean_and_deviation)
{
    static const int64_t levels[] = {1000, 5000000, INT64_C(1) << 40, INT64_C(1) << 61};
    series s;
    double z;
    double deviation;

    for (size_t level = 0; level < 4; level++) {
        make(&s, levels[level], 97, 3);
        for (int l = 0; l < 8; l++) {
            int n = lengths[l / 2];
            qn_rolling r;
            used = 0;
            ck_assert_int_eq(qn_rolling_init(&r, &setup, n, l % 2, NULL), QN_OK);
            for (int i = 0; i < BARS; i++) {
                int is_ready = qn_rolling_push(&r, s.close[i]);
                ck_assert_int_eq(is_ready, i >= n - 1);
                if (!is_ready) continue;
                slow_rolling(s.close, i, n, l % 2, &z, &deviation);
                check_near(qn_rolling_deviation(&r), deviation, 1e-14);
                check_near(qn_rolling_zscore(&r), z, 1e-14);
                check_near(qn_rolling_mean(&r), (double)s.close[i] - z * deviation, 1e-14);
            }
        }
    }
}
END_TEST

/* The largest spread that is taken, over the longest window, and one step beyond it. */
START_TEST(deviation_at_the_ends)
{
    const int64_t reach = INT64_C(1) << 54;
    const int64_t n = QN_INDICATOR_LENGTH_MAX;
    static char large[(2 * QN_INDICATOR_LENGTH_MAX + 2) * sizeof(qn_wide)]
        __attribute__((aligned(16)));
    qn_rolling r;

    memset(&r, 0, sizeof r);
    ck_assert_int_eq(qn_rolling_init(&r, &setup, 4, 0, NULL), QN_OK);
    r.values = (qn_window){
        .sums = (qn_wide *)(void *)large, .mask = 2 * (uint64_t)n - 1, .room = (uint64_t)n};
    for (int64_t i = 0; i < n; i++)
        ck_assert_int_eq(qn_rolling_push(&r, i % 2 ? reach : 0), i == n - 1);
    check_near(qn_rolling_deviation(&r), (double)reach / 2, 1e-15);
    check_near(qn_rolling_zscore(&r), 1.0, 1e-15);
    ck_assert_int_eq(qn_rolling_push(&r, -reach), 1);
    ck_assert_int_eq(qn_rolling_push(&r, -reach - 1), 0); /* a new window begins */
    ck_assert_uint_eq(r.values.count, 1);
    for (int64_t i = 1; i < n; i++)
        qn_rolling_push(&r, -reach - 1 - i % 2);
    check_near(qn_rolling_deviation(&r), 0.5, 1e-15);
    ck_assert_int_eq(qn_rolling_push(&r, INT64_MAX), 0); /* the difference does not fit */
    qn_rolling_push(&r, 0);
    ck_assert_uint_eq(r.values.count, 1);
    qn_rolling_push(&r, reach + 1);
    ck_assert_uint_eq(r.values.count, 1);
    qn_rolling_push(&r, 2 * reach + 1);
    ck_assert_uint_eq(r.values.count, 2);
}
END_TEST

START_TEST(lengths_are_checked)
{
    qn_err err = QN_ERR_INIT;
    qn_ema e = {.count = 5};
    qn_atr a = {.count = 5};
    qn_dmi d = {.count = 5};
    qn_ewma w = {.count = 5};
    qn_rolling r = {.ddof = 5};

    ck_assert_int_eq(qn_ema_init(&e, 0, &err), QN_E_RANGE);
    ck_assert_int_eq(qn_ema_init(&e, QN_INDICATOR_LENGTH_MAX + 1, &err), QN_E_RANGE);
    ck_assert_int_eq(qn_atr_init(&a, 0, &err), QN_E_RANGE);
    ck_assert_int_eq(qn_dmi_init(&d, 1, &err), QN_E_RANGE);
    ck_assert_int_eq(qn_ewma_init(&w, 0.0, 0, &err), QN_E_RANGE);
    ck_assert_int_eq(qn_ewma_init(&w, 1.0, 0, &err), QN_E_RANGE);
    ck_assert_int_eq(qn_ewma_init(&w, NAN, 0, &err), QN_E_RANGE);
    ck_assert_int_eq(qn_rolling_init(&r, &setup, 0, 0, &err), QN_E_RANGE);
    ck_assert_int_eq(qn_rolling_init(&r, &setup, 1, 1, &err), QN_E_RANGE);
    ck_assert_int_eq(qn_rolling_init(&r, &setup, 9, 2, &err), QN_E_RANGE);
    ck_assert_int_eq(qn_rolling_init(&r, &setup, 65536, 0, &err), QN_E_NO_MEMORY);
    ck_assert(e.count == 5 && a.count == 5 && d.count == 5 && w.count == 5 && r.ddof == 5);
}
END_TEST

CHECK_MAIN("indicator", averages, ewma_volatility, true_range, directional_movement,
           movement_of_nothing, mean_and_deviation, deviation_at_the_ends, lengths_are_checked)
