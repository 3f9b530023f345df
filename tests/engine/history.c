/* SPDX-License-Identifier: MIT
 *
 * The returns that an optimizer is given: the grid on which prices are taken, gaps in it, and the
 * covariance, against a plain second computation that keeps every price it ever saw. */
#include "engine/internal.h"

#include "check_main.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS 3u
#define STEP INT64_C(100)
#define MOST 4096u

static engine e;
static uint32_t nreturns; /* asked for */
static uint64_t seed;

static uint64_t below(uint64_t n) /* splitmix64 (Steele, Lea, Flood 2014) */
{
    uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (z ^ z >> 31) % n;
}

static void need(const void *self, qn_history_need *out)
{
    (void)self;
    out->nreturns = nreturns;
    out->period = STEP;
}

static int32_t allocate(void *self, const qn_portfolio *in, qn_weights *out, qn_err *err)
{
    (void)self;
    (void)in;
    (void)out;
    (void)err;
    return QN_OK;
}

static const qn_optimizer optimizer = {
    .size = sizeof optimizer, .need = need, .allocate = allocate};

/* The columns are the instruments backwards, so that a mix-up of the two is seen. */
static int32_t begin(uint32_t returns)
{
    static uint32_t columns[COLUMNS] = {2, 1, 0};
    static qn_instrument in = {.size = sizeof in,
                               .kind = QN_LINEAR,
                               .money_exp = QN_MONEY_EXP,
                               .tick_size = 1,
                               .lot_size = 1,
                               .contract_size = {1, 0, 0}};
    const ledger_instrument list[COLUMNS] = {{&in, 0}, {&in, 0}, {&in, 0}};
    static body at_work = {.is_created = true};
    const account acc = {.currency = "USD", .start = 1};

    e = (engine){.slot = slot_here(),
                 .portfolio = {.table = &optimizer, .columns = columns, .ncolumns = COLUMNS}};
    e.portfolio.in.id = "optimizer";
    e.portfolio.in.live = &at_work;
    e.portfolio.next_sample = INT64_MAX;
    nreturns = returns;
    ck_assert_int_eq(ledger_new(list, COLUMNS, 1, &acc, 1, &e.ledger, NULL), QN_OK);
    return history_build(&e, NULL);
}

static void end(void)
{
    arena_free(&e.arena);
    ledger_free(e.ledger);
}

/* A price at `ts`, as the loop does it: what was due before is sampled, then the books change. */
static void price(int64_t ts, uint32_t instrument, int64_t value)
{
    history_sample(&e, ts, false);
    e.counts.market++;
    ck_assert_int_eq(ledger_mark(e.ledger, instrument, value), QN_OK);
}

static void prices(int64_t ts, int64_t a, int64_t b, int64_t c)
{
    price(ts, 0, a);
    price(ts, 1, b);
    price(ts, 2, c);
}

static void expect_row(uint32_t at, double c, double b, double a)
{
    const double *row = e.portfolio.ordered + at * COLUMNS;

    ck_assert_double_eq(row[0], c);
    ck_assert_double_eq(row[1], b);
    ck_assert_double_eq(row[2], a);
}

START_TEST(prices_are_taken_at_the_grid_with_what_came_at_it)
{
    ck_assert_int_eq(begin(8), QN_OK);
    prices(30, 100, 200, 400);
    prices(100, 110, 200, 400); /* at the multiple itself: in it */
    prices(101, 999, 999, 999); /* behind it */
    ck_assert_uint_eq(history_rows(&e.portfolio), 0);
    prices(200, 121, 100, 400);
    prices(299, 1, 1, 1); /* not the last price of its period */
    prices(300, 121, 150, 500);
    ck_assert_uint_eq(history_rows(&e.portfolio), 1);
    history_sample(&e, 301, false);
    ck_assert_uint_eq(history_rows(&e.portfolio), 2);
    expect_row(0, 0.0, -0.5, 121.0 / 110.0 - 1);
    expect_row(1, 0.25, 0.5, 0.0);
    end();
}
END_TEST

START_TEST(a_rebalance_at_the_grid_has_the_price_of_that_moment_once)
{
    ck_assert_int_eq(begin(8), QN_OK);
    prices(30, 100, 100, 100);
    history_sample(&e, 100, true);
    prices(150, 100, 100, 100);
    prices(200, 200, 100, 100);
    history_sample(&e, 200, false); /* a signal at that moment: later events may still come */
    ck_assert_uint_eq(history_rows(&e.portfolio), 0);
    history_sample(&e, 200, true);
    ck_assert_uint_eq(history_rows(&e.portfolio), 1);
    history_sample(&e, 200, true);
    history_sample(&e, 201, false);
    ck_assert_uint_eq(history_rows(&e.portfolio), 1);
    expect_row(0, 0, 0, 1);
    end();
}
END_TEST

START_TEST(a_time_without_prices_is_no_calm_time)
{
    ck_assert_int_eq(begin(8), QN_OK);
    prices(50, 100, 100, 100);
    prices(150, 110, 100, 100);
    for (int64_t ts = 200; ts <= 900; ts += STEP)
        history_sample(&e, ts, true); /* rebalances go on over the weekend */
    prices(950, 121, 100, 100);
    history_sample(&e, 1001, false);
    ck_assert_uint_eq(history_rows(&e.portfolio), 2);
    expect_row(0, 0, 0, 110.0 / 100.0 - 1);
    expect_row(1, 0, 0, 121.0 / 110.0 - 1);
    end();
}
END_TEST

START_TEST(rows_begin_when_every_instrument_has_a_price)
{
    ck_assert_int_eq(begin(8), QN_OK);
    price(50, 0, 100);
    price(150, 1, 100);
    price(250, 2, 100);
    price(350, 0, 200);
    history_sample(&e, 401, false);
    ck_assert_uint_eq(history_rows(&e.portfolio), 1); /* 300 to 400 */
    expect_row(0, 0, 0, 1);
    end();
}
END_TEST

START_TEST(what_it_may_ask_for)
{
    ck_assert_int_eq(begin(0), QN_OK);
    ck_assert_int_eq(e.portfolio.next_sample, INT64_MAX); /* nothing is collected */
    end();
    ck_assert_int_eq(begin(4096), QN_OK);
    end();
    ck_assert_int_eq(begin(4097), QN_E_RANGE);
    end();
}
END_TEST

/* ------------------------------------------------------------------ a second computation */

typedef struct sample {
    double at[COLUMNS]; /* by column; 0 = no price yet */
} sample;

typedef struct twin {
    sample all[MOST];
    uint32_t n;
} twin;

static double mean_of(const twin *t, uint32_t from, uint32_t column)
{
    double sum = 0;

    for (uint32_t i = from; i < t->n; i++)
        sum += t->all[i].at[column] / t->all[i - 1].at[column] - 1;
    return sum / (t->n - from);
}

static double covariance_of(const twin *t, uint32_t from, uint32_t a, uint32_t b)
{
    double mean_a = mean_of(t, from, a);
    double mean_b = mean_of(t, from, b);
    double sum = 0;

    for (uint32_t i = from; i < t->n; i++)
        sum += (t->all[i].at[a] / t->all[i - 1].at[a] - 1 - mean_a) *
               (t->all[i].at[b] / t->all[i - 1].at[b] - 1 - mean_b);
    return sum / (t->n - from - 1);
}

static void compare(const twin *t)
{
    uint32_t whole = 0; /* first sample with all prices */
    uint32_t n = history_rows(&e.portfolio);
    uint32_t from;

    while (whole < t->n &&
           (t->all[whole].at[0] == 0 || t->all[whole].at[1] == 0 || t->all[whole].at[2] == 0))
        whole++;
    ck_assert_uint_eq(n, whole + 1 >= t->n             ? 0
                         : t->n - 1 - whole > nreturns ? nreturns
                                                       : t->n - 1 - whole);
    from = t->n - n;
    for (uint32_t i = 0; i < n * COLUMNS; i++) {
        uint32_t at = from + i / COLUMNS;
        ck_assert_double_eq_tol(e.portfolio.ordered[i],
                                t->all[at].at[i % COLUMNS] / t->all[at - 1].at[i % COLUMNS] - 1,
                                1e-15);
    }
    for (uint32_t i = 0; n >= 2 && i < COLUMNS * COLUMNS; i++)
        ck_assert_double_eq_tol(e.portfolio.covariance[i],
                                covariance_of(t, from, i / COLUMNS, i % COLUMNS), 1e-13);
}

/* Prices at random times, with nights; rebalances and signals in between. */
static void one_history(uint64_t k)
{
    static twin t;
    double last[COLUMNS] = {0};
    uint64_t since = 0; /* prices since the last sample */
    int64_t ts = 1 + (int64_t)below(3 * STEP);
    int64_t grid = INT64_MIN;

    t.n = 0;
    ck_assert_int_eq(begin(1 + (uint32_t)below(12)), QN_OK);
    for (uint32_t step = 0; step < 600 && t.n < MOST; step++) {
        uint32_t instrument = (uint32_t)below(COLUMNS);
        int64_t value = 500 + (int64_t)below(1000);
        ts += (int64_t)(below(12) ? below(60) : below(2000));
        if (grid == INT64_MIN) {
            grid = (ts / STEP + 1) * STEP;
        } else if (ts > grid) { /* one sample, however many multiples have gone by */
            if (since) memcpy(t.all[t.n++].at, last, sizeof last);
            since = 0;
            grid = ((ts - 1) / STEP + 1) * STEP;
        }
        price(ts, instrument, value);
        last[COLUMNS - 1 - instrument] = (double)value;
        since++;
        if (below(10) == 0) history_sample(&e, ts, false); /* a signal: nothing new is due */
        if (below(20) == 0) compare(&t);
    }
    compare(&t);
    ck_assert_msg(t.n > 50, "history %llu has %u samples", (unsigned long long)k, t.n);
    end();
}

START_TEST(any_prices)
{
    for (uint64_t k = 1; k <= 200; k++) {
        seed = k;
        one_history(k);
    }
}
END_TEST

CHECK_MAIN("engine history", prices_are_taken_at_the_grid_with_what_came_at_it,
           a_rebalance_at_the_grid_has_the_price_of_that_moment_once,
           a_time_without_prices_is_no_calm_time, rows_begin_when_every_instrument_has_a_price,
           what_it_may_ask_for, any_prices)
