/* SPDX-License-Identifier: MIT
 *
 * Tuners: the order of the grid, what it refuses; random points within their space, none twice,
 * spread as the scale says, the same for the same seed. */
#include "fake_host.h"

#include "check_main.h"

#include <quoin/sdk/tuner.h>
#include <quoin/tuner.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DIMENSIONS 4
#define TRIALS 4096

typedef struct bench {
    fake_host h;
    qn_dimension dimensions[DIMENSIONS];
    uint32_t ndimensions;
    uint64_t planned;
    qn_err err;
    int64_t got[TRIALS][DIMENSIONS];
    uint64_t ngot;
} bench;

static bench b;

static qn_dimension steps(int64_t low, int64_t high, int64_t step)
{
    return (qn_dimension){.size = sizeof(qn_dimension),
                          .type = QN_DIMENSION_INTEGER,
                          .flags = QN_DIMENSION_ORDERED,
                          .name = "x.y",
                          .unit = "",
                          .low = low,
                          .high = high,
                          .step = step};
}

/* A new instance on the first `n` dimensions. What begin returns. */
static int32_t begin(const char *plugin, const char *params, uint32_t n, uint64_t most,
                     uint64_t seed)
{
    int32_t rc;

    if (b.h.bench) fake_close(&b.h);
    fake_init(&b.h, 1);
    for (uint32_t i = 0; i < n; i++)
        qn_bench_add_dimension_of(b.h.bench, &b.dimensions[i]);
    qn_bench_search(b.h.bench, seed, 256, most);
    b.ndimensions = n;
    b.ngot = 0;
    b.err = (qn_err)QN_ERR_INIT;
    rc = fake_open(&b.h, plugin, params, &b.err);
    b.planned = qn_bench_planned(b.h.bench);
    return rc;
}

static uint32_t ask(int64_t *values)
{
    int32_t answer = qn_bench_ask(b.h.bench);

    ck_assert_msg(!qn_bench_failure(b.h.bench), "%s", qn_bench_failure(b.h.bench));
    ck_assert_int_gt(answer, 0);
    if (answer == QN_ASK_TRIAL)
        memcpy(values, qn_bench_last(b.h.bench, QN_BENCH_TRIAL)->as.list.values.whole,
               b.ndimensions * sizeof *values);
    qn_bench_forget(b.h.bench);
    return (uint32_t)answer;
}

/* Ask to the end, or `most` times; every value must be in its dimension. */
static void ask_all(uint64_t most)
{
    while (b.ngot < most && ask(b.got[b.ngot]) == QN_ASK_TRIAL) {
        for (uint32_t i = 0; i < b.ndimensions; i++) {
            const qn_dimension *d = &b.dimensions[i];
            int64_t value = b.got[b.ngot][i];
            ck_assert_int_ge(value, d->low);
            ck_assert_int_le(value, d->high);
            if (d->step)
                ck_assert_uint_eq(((uint64_t)value - (uint64_t)d->low) % (uint64_t)d->step, 0);
        }
        b.ngot++;
    }
}

START_TEST(grid_counts)
{
    static const int64_t expected[][3] = {{1, 10, 0}, {1, 10, 1}, {1, 13, 0}, {1, 13, 1},
                                          {3, 10, 0}, {3, 10, 1}, {3, 13, 0}, {3, 13, 1}};

    b.dimensions[0] = steps(1, 4, 2); /* 1, 3: 4 is no multiple */
    b.dimensions[1] = steps(10, 13, 3);
    b.dimensions[2] = steps(0, 1, 1);
    ck_assert_int_eq(begin("tuner/grid", "", 3, 8, 1), QN_OK);
    ck_assert_uint_eq(b.planned, 8);
    ask_all(TRIALS);
    ck_assert_uint_eq(b.ngot, 8);
    for (uint32_t i = 0; i < 8; i++)
        ck_assert_mem_eq(b.got[i], expected[i], sizeof expected[i]);
    ck_assert_uint_eq(ask(b.got[8]), QN_ASK_END);
    ck_assert_int_eq(begin("tuner/grid", "", 3, 7, 1), QN_E_RANGE);
    ck_assert_ptr_nonnull(strstr(b.err.msg, "8 combinations"));
}
END_TEST

START_TEST(grid_without_a_step)
{
    static const int64_t linear[] = {100, 325, 550, 775, 1000};
    static const int64_t log_of[] = {1, 10, 100, 1000, 10000};

    b.dimensions[0] = steps(100, 1000, 0);
    ck_assert_int_eq(begin("tuner/grid", "", 1, 100, 1), QN_E_MISSING);
    ck_assert_int_eq(begin("tuner/grid", "points=5", 1, 100, 1), QN_OK);
    ask_all(TRIALS);
    ck_assert_uint_eq(b.ngot, 5);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_int_eq(b.got[i][0], linear[i]);
    b.dimensions[0] = steps(1, 10000, 0);
    b.dimensions[0].scale = QN_SCALE_LOG;
    ck_assert_int_eq(begin("tuner/grid", "points=5", 1, 100, 1), QN_OK);
    ask_all(TRIALS);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_int_eq(b.got[i][0], log_of[i]);
    b.dimensions[0] = steps(1, 3, 0); /* four values of three do not differ */
    ck_assert_int_eq(begin("tuner/grid", "points=4", 1, 100, 1), QN_E_RANGE);
}
END_TEST

START_TEST(grid_of_the_largest_numbers)
{
    b.dimensions[0] = steps(INT64_MIN, INT64_MAX, 1);
    b.dimensions[1] = b.dimensions[0];
    ck_assert_int_eq(begin("tuner/grid", "", 1, 100000, 1), QN_E_RANGE);
    ck_assert_int_eq(begin("tuner/grid", "", 2, 100000, 1), QN_E_RANGE);
    b.dimensions[0] = steps(INT64_MIN, INT64_MAX, INT64_MAX);
    ck_assert_int_eq(begin("tuner/grid", "", 1, 100000, 1), QN_OK);
    ask_all(TRIALS);
    ck_assert_uint_eq(b.ngot, 3);
    ck_assert_int_eq(b.got[2][0], INT64_MAX - 1);
    b.dimensions[0] = steps(INT64_MIN, INT64_MAX, 0);
    ck_assert_int_eq(begin("tuner/grid", "points=3", 1, 100000, 1), QN_OK);
    ask_all(TRIALS);
    ck_assert_int_eq(b.got[2][0], INT64_MAX);
}
END_TEST

START_TEST(random_takes_each_once)
{
    bool seen[7][5][2] = {0};

    b.dimensions[0] = steps(-3, 3, 1);
    b.dimensions[1] = steps(1, 5, 1);
    b.dimensions[1].scale = QN_SCALE_LOG;
    b.dimensions[2] = steps(0, 1, 1);
    b.dimensions[2].type = QN_DIMENSION_BOOL;
    ck_assert_int_eq(begin("tuner/random", "", 3, 1000, 7), QN_OK);
    ck_assert_uint_eq(b.planned, 70);
    ask_all(TRIALS);
    ck_assert_uint_eq(b.ngot, 70);
    for (uint32_t i = 0; i < 70; i++) {
        bool *place = &seen[b.got[i][0] + 3][b.got[i][1] - 1][b.got[i][2]];
        ck_assert_msg(!*place, "trial %u came before", i + 1);
        *place = true;
    }
    ck_assert_uint_eq(ask(b.got[70]), QN_ASK_END);
}
END_TEST

START_TEST(random_repeats_with_its_seed)
{
    static int64_t first[200][DIMENSIONS];

    b.dimensions[0] = steps(0, 1000000, 1);
    b.dimensions[1] = steps(1, 1000, 0);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        ck_assert_int_eq(begin("tuner/random", "", 2, 200, seed == 3 ? 1 : seed), QN_OK);
        ask_all(200);
        if (seed == 1) memcpy(first, b.got, sizeof first);
        if (seed == 2) ck_assert_mem_ne(first, b.got, sizeof first);
        if (seed == 3) ck_assert_mem_eq(first, b.got, sizeof first);
    }
}
END_TEST

/* Half of the points lie below the middle, on the dimension's own scale: within five standard
 * deviations of a coin, (p (1 - p) n)^1/2 = 32 of 4,096. */
START_TEST(random_spreads_as_the_scale_says)
{
    static const struct {
        int64_t low, high, step, middle;
        uint32_t scale;
    } rows[] = {
        {0, 1000000, 0, 500000, QN_SCALE_LINEAR},
        {0, 1000000, 10, 500000, QN_SCALE_LINEAR},
        {1, 100000000, 0, 10000, QN_SCALE_LOG},
        {1000000, 100000000000000, 1, 10000000000, QN_SCALE_LOG},
        {INT64_MIN, INT64_MAX, 0, 0, QN_SCALE_LINEAR},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        uint64_t below = 0;
        b.dimensions[0] = steps(rows[r].low, rows[r].high, rows[r].step);
        b.dimensions[0].scale = rows[r].scale;
        ck_assert_int_eq(begin("tuner/random", "", 1, TRIALS, 11), QN_OK);
        ask_all(TRIALS);
        ck_assert_uint_eq(b.ngot, TRIALS);
        for (uint32_t i = 0; i < TRIALS; i++)
            below += b.got[i][0] < rows[r].middle;
        ck_assert_msg(below > TRIALS / 2 - 160 && below < TRIALS / 2 + 160,
                      "row %zu: %llu of %d below the middle", r, (unsigned long long)below, TRIALS);
    }
}
END_TEST

/* Any space: no value outside of it, no combination twice where they can be counted. */
START_TEST(random_spaces)
{
    uint64_t state = 5;
    uint64_t asked = 0;

    for (int round = 0; round < 300; round++) {
        uint32_t n = (uint32_t)fake_between(&state, 1, 3);
        uint64_t total = 1;
        for (uint32_t i = 0; i < n; i++) {
            int64_t low = fake_between(&state, 1, 50);
            b.dimensions[i] =
                steps(low, low + fake_between(&state, 0, 12), fake_between(&state, 1, 4));
            b.dimensions[i].scale = (uint32_t)fake_between(&state, 0, 1);
            total *= qn_dimension_count(&b.dimensions[i]);
        }
        ck_assert_int_eq(begin("tuner/random", "", n, TRIALS, fake_draw(&state)), QN_OK);
        ask_all(TRIALS);
        ck_assert_uint_eq(b.ngot, total);
        ck_assert_int_eq(begin("tuner/grid", "", n, TRIALS, 1), QN_OK);
        ask_all(TRIALS);
        ck_assert_uint_eq(b.ngot, total);
        asked += total;
    }
    printf("proof: kinds: %llu trials of 300 spaces, each combination once\n",
           (unsigned long long)asked);
}
END_TEST

CHECK_MAIN("tuner", grid_counts, grid_without_a_step, grid_of_the_largest_numbers,
           random_takes_each_once, random_repeats_with_its_seed, random_spreads_as_the_scale_says,
           random_spaces)
