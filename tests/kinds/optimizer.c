/* SPDX-License-Identifier: MIT
 *
 * Optimizers: weights computed by hand, against another way to find them, and against published
 * results where the reference data is there. */
#include "fake_host.h"

#include "check_main.h"
#include "proof.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LINES 24
#define PERIODS 80
#define EXACT 1e-12

/* A portfolio: line i is instrument i of strategy 1, until a test says otherwise. */
typedef struct book {
    fake_host h;
    qn_line lines[LINES];
    double returns[PERIODS * LINES], covariance[LINES * LINES];
    double weights[LINES], values[QN_ALLOCATION_VALUES];
    qn_portfolio in;
    qn_err err;
} book;

static book b;

static void open_lines(const char *plugin, const char *params, uint32_t nlines)
{
    if (b.h.bench) fake_close(&b.h);
    memset(&b, 0, sizeof b);
    fake_init(&b.h, 1);
    ck_assert_int_eq(fake_open(&b.h, plugin, params, NULL), QN_OK);
    for (uint32_t i = 0; i < LINES; i++)
        b.lines[i] = (qn_line){.size = sizeof(qn_line),
                               .strategy = 1,
                               .instrument = i,
                               .column = i,
                               .strength = 1,
                               .confidence = 1,
                               .capital = 1,
                               .min_weight = -HUGE_VAL,
                               .max_weight = HUGE_VAL};
    b.in = (qn_portfolio){.size = sizeof b.in,
                          .ncolumns = nlines,
                          .lines = {b.lines, nlines, sizeof(qn_line)},
                          .returns = b.returns,
                          .covariance = b.covariance,
                          .nreturns = PERIODS,
                          .period = QN_NS_PER_DAY};
}

static int32_t allocate(void)
{
    int32_t rc = qn_bench_allocate_of(b.h.bench, &b.in, b.weights, b.values);

    b.err = (qn_err)QN_ERR_INIT;
    snprintf(b.err.msg, sizeof b.err.msg, "%s", qn_bench_reason(b.h.bench));
    ck_assert_msg(qn_bench_failure(b.h.bench) == NULL, "%s", qn_bench_failure(b.h.bench));
    qn_bench_forget(b.h.bench);
    return rc;
}

/* A diagnostic by its name. */
static double value(const char *name)
{
    const qn_optimizer *table = qn_bench_class(b.h.bench)->table;

    for (uint32_t i = 0; i < table->values.nrows; i++)
        if (strcmp(((const qn_named *)qn_table_row(&table->values, i))->name, name) == 0)
            return b.values[i];
    ck_abort_msg("there is no value %s", name);
    return 0;
}

static void expect(const double *weights, double tolerance)
{
    ck_assert_int_eq(allocate(), QN_OK);
    for (uint32_t i = 0; i < b.in.lines.nrows; i++)
        ck_assert_msg(fabs(b.weights[i] - weights[i]) <= tolerance,
                      "line %u: %.17g, expected %.17g", i, b.weights[i], weights[i]);
}

/* Uncorrelated columns of these standard deviations. */
static void set_sigmas(const double *sigmas)
{
    uint32_t n = b.in.ncolumns;

    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++)
            b.covariance[i * n + j] = i == j ? sigmas[i] * sigmas[i] : 0;
}

/* ------------------------------------------------------------------ equal weight */

START_TEST(equal_weight_by_hand)
{
    open_lines("optimizer/equal_weight", "gross=1.5", 4);
    b.lines[0].strength = 0.3;
    b.lines[1].strength = -0.9;
    b.lines[2].strength = 0; /* no signal */
    b.lines[3].strength = 0.01;
    b.lines[3].capital = 0.5;
    expect((const double[]){0.5, -0.5, 0, 0.5}, EXACT);
    ck_assert_double_eq_tol(value("gross"), 1.25, EXACT);
    ck_assert_double_eq_tol(value("net"), 0.25, EXACT);
    ck_assert_double_eq(value("lines"), 3);
}
END_TEST

START_TEST(equal_weight_takes_no_part_where_it_may_not)
{
    open_lines("optimizer/equal_weight", "", 4);
    b.lines[0].min_weight = 0; /* spot */
    b.lines[0].strength = -1;
    b.lines[1].min_weight = 0;
    b.lines[2].strength = (double)NAN;
    expect((const double[]){0, 0.5, 0, 0.5}, EXACT);
    b.lines[3].max_weight = (double)NAN;
    expect((const double[]){0, 1, 0, 0}, EXACT);
    b.in.lines.nrows = 0;
    ck_assert_int_eq(allocate(), QN_OK);
    ck_assert_double_eq(value("gross"), 0);
}
END_TEST

START_TEST(equal_weight_caps)
{
    open_lines("optimizer/equal_weight", "gross=2 max_weight=0.3", 3);
    expect((const double[]){0.3, 0.3, 0.3}, EXACT);
    open_lines("optimizer/equal_weight", "gross=0.9", 3);
    b.lines[1].max_weight = 0.1; /* the other two share what it leaves */
    expect((const double[]){0.4, 0.1, 0.4}, EXACT);
}
END_TEST

/* ------------------------------------------------------------------ inverse volatility */

static const double sigmas[] = {0.01, 0.02, 0.04};

START_TEST(inverse_volatility_by_hand)
{
    open_lines("optimizer/inverse_volatility", "", 3);
    set_sigmas(sigmas); /* 1 / sigma as 4 : 2 : 1 */
    b.lines[1].strength = -1;
    expect((const double[]){4.0 / 7, -2.0 / 7, 1.0 / 7}, EXACT);
    ck_assert_double_eq_tol(value("gross"), 1, EXACT);
    ck_assert_double_eq_tol(value("net"), 3.0 / 7, EXACT);
    /* each line has 0.04 / 7 of its own, and they are uncorrelated */
    ck_assert_double_eq_tol(value("volatility"), sqrt(3) * 0.04 / 7, EXACT);
    ck_assert_double_eq_tol(value("volatility_annual"), sqrt(3 * 365) * 0.04 / 7, EXACT);
    ck_assert_double_eq(value("lines"), 3);
    ck_assert_double_eq(value("lines_without_history"), 0);
}
END_TEST

START_TEST(strength_moves_weight)
{
    open_lines("optimizer/inverse_volatility", "", 3);
    set_sigmas(sigmas);
    b.lines[0].strength = 0.5;
    b.lines[0].confidence = 0.5; /* 4 x 0.25 : 2 : 1 */
    expect((const double[]){0.25, 0.5, 0.25}, EXACT);
    b.lines[1].confidence = 0; /* a signal that nobody believes is none */
    expect((const double[]){0.5, 0, 0.5}, EXACT);
    b.lines[1].confidence = (double)NAN;
    expect((const double[]){0.5, 0, 0.5}, EXACT);
    open_lines("optimizer/inverse_volatility", "use_strength=false gross=0.7", 3);
    set_sigmas(sigmas);
    b.lines[0].strength = 0.01;
    b.lines[1].confidence = 0;
    expect((const double[]){0.4, 0.2, 0.1}, EXACT);
}
END_TEST

START_TEST(excess_goes_to_the_others)
{
    open_lines("optimizer/inverse_volatility", "max_weight=0.45", 3);
    set_sigmas(sigmas);
    expect((const double[]){0.45, 0.55 * 2 / 3, 0.55 / 3}, EXACT);
    open_lines("optimizer/inverse_volatility", "max_weight=0.35", 3);
    set_sigmas(sigmas); /* what the first leaves lifts the second over its cap, too */
    expect((const double[]){0.35, 0.35, 0.3}, EXACT);
    open_lines("optimizer/inverse_volatility", "max_weight=0.2", 3);
    set_sigmas(sigmas);
    expect((const double[]){0.2, 0.2, 0.2}, EXACT);
    open_lines("optimizer/inverse_volatility", "", 3);
    set_sigmas(sigmas);
    b.lines[0].min_weight = 0;
    b.lines[0].strength = -1;
    b.lines[1].max_weight = 0.5;
    expect((const double[]){0, 0.5, 0.5}, EXACT);
}
END_TEST

START_TEST(target_volatility_only_lowers)
{
    double year = sqrt(3 * 365) * 0.04 / 7;

    open_lines("optimizer/inverse_volatility", "target_vol=0.1", 3);
    set_sigmas(sigmas);
    expect((const double[]){0.4 / 7 / year, 0.2 / 7 / year, 0.1 / 7 / year}, EXACT);
    ck_assert_double_eq_tol(value("volatility_annual"), 0.1, EXACT);
    open_lines("optimizer/inverse_volatility", "target_vol=0.5", 3);
    set_sigmas(sigmas);
    expect((const double[]){4.0 / 7, 2.0 / 7, 1.0 / 7}, EXACT);
    open_lines("optimizer/inverse_volatility", "target_vol=0.05", 3);
    set_sigmas(sigmas); /* capital counts: half of it, half the volatility */
    for (uint32_t i = 0; i < 3; i++)
        b.lines[i].capital = 0.5;
    expect((const double[]){0.4 / 7 / year, 0.2 / 7 / year, 0.1 / 7 / year}, EXACT);
}
END_TEST

START_TEST(lines_without_history)
{
    open_lines("optimizer/inverse_volatility", "", 3);
    set_sigmas((const double[]){0.01, 0, 0.02}); /* the second has not moved */
    expect((const double[]){2.0 / 3, 0, 1.0 / 3}, EXACT);
    ck_assert_double_eq(value("lines_without_history"), 1);
    b.covariance[8] = (double)NAN;
    expect((const double[]){1, 0, 0}, EXACT);
    ck_assert_double_eq(value("lines_without_history"), 2);
    b.lines[1].min_weight = 0; /* it cannot be held: that is no want of history */
    b.lines[1].strength = -1;
    expect((const double[]){1, 0, 0}, EXACT);
    ck_assert_double_eq(value("lines_without_history"), 1);
    b.lines[1].strength = 1;
    b.in.nreturns = 59; /* of 60 */
    expect((const double[]){0, 0, 0}, EXACT);
    ck_assert_double_eq(value("lines_without_history"), 3);
    ck_assert_double_eq(value("volatility"), 0);
    b.in.nreturns = 1;
    b.in.covariance = NULL;
    expect((const double[]){0, 0, 0}, EXACT);
    open_lines("optimizer/inverse_volatility", "min_returns=10", 3);
    set_sigmas(sigmas);
    b.in.nreturns = 10;
    b.returns[1] = (double)NAN; /* one of the second's ten */
    expect((const double[]){0.8, 0, 0.2}, EXACT);
}
END_TEST

START_TEST(hostile_history)
{
    open_lines("optimizer/inverse_volatility", "", 3);
    set_sigmas((const double[]){1e-154, 1e150, 1});
    ck_assert_int_eq(allocate(), QN_OK);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert(isfinite(b.weights[i]) && b.weights[i] >= 0 && b.weights[i] <= 1);
    ck_assert_double_eq_tol(value("gross"), 1, EXACT);
    set_sigmas(sigmas);
    b.covariance[1] = b.covariance[3] = (double)NAN; /* volatility is not known ... */
    expect((const double[]){4.0 / 7, 2.0 / 7, 1.0 / 7}, EXACT);
    ck_assert(isnan(value("volatility")));
    open_lines("optimizer/inverse_volatility", "target_vol=0.1", 3);
    set_sigmas(sigmas);
    b.covariance[1] = b.covariance[3] = (double)INFINITY; /* ... but is needed here */
    ck_assert_int_eq(allocate(), QN_E_INVALID);
    ck_assert(strstr(b.err.msg, "target_vol"));
    b.lines[2].column = 77; /* out of the matrix */
    b.covariance[77 * 4] = 1;
    b.lines[1].strength = 0;
    ck_assert_int_eq(allocate(), QN_OK);
    ck_assert_double_eq(b.weights[2], 0);
}
END_TEST

START_TEST(what_it_needs)
{
    qn_history_need need;
    qn_err err = QN_ERR_INIT;

    open_lines("optimizer/inverse_volatility", "lookback=30 period=4h", 1);
    need = *qn_bench_need(b.h.bench);
    ck_assert_uint_eq(need.nreturns, 30);
    ck_assert_int_eq(need.period, 4 * 3600 * QN_NS_PER_S);
    fake_close(&b.h);
    fake_init(&b.h, 1);
    ck_assert_int_eq(
        fake_open(&b.h, "optimizer/inverse_volatility", "lookback=30 min_returns=31", &err),
        QN_E_RANGE);
    ck_assert_str_eq(err.msg, "min_returns (31) must not exceed lookback (30)");
}
END_TEST

/* ------------------------------------------------------------------ random portfolios */

static double real(uint64_t *state, double low, double high)
{
    return low + (high - low) * (double)(fake_draw(state) >> 11) / 9007199254740992.0;
}

/* Random returns with a common factor, and their covariance as a textbook has it. */
static void random_history(uint64_t *state)
{
    uint32_t n = b.in.ncolumns;
    double scale[LINES];
    double mean[LINES] = {0};

    for (uint32_t i = 0; i < n; i++)
        scale[i] = pow(10, real(state, -4, -1));
    for (uint32_t t = 0; t < b.in.nreturns; t++) {
        double common = real(state, -1, 1);
        for (uint32_t i = 0; i < n; i++)
            b.returns[t * n + i] = scale[i] * (common + real(state, -1, 1));
    }
    for (uint32_t t = 0; t < b.in.nreturns; t++)
        for (uint32_t i = 0; i < n; i++)
            mean[i] += b.returns[t * n + i] / b.in.nreturns;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) {
            double sum = 0;
            for (uint32_t t = 0; t < b.in.nreturns; t++)
                sum += (b.returns[t * n + i] - mean[i]) * (b.returns[t * n + j] - mean[j]);
            b.covariance[i * n + j] = sum / (b.in.nreturns - 1);
        }
}

static double cap_of(const qn_line *l, double max_weight)
{
    double own = l->strength < 0 ? -l->min_weight : l->max_weight;

    return fmin(own, max_weight);
}

static double claim_of(const qn_line *l, bool is_equal)
{
    uint32_t n = b.in.ncolumns;

    if (l->strength == 0 || cap_of(l, HUGE_VAL) <= 0) return 0;
    return is_equal ? 1
                    : fabs(l->strength) * l->confidence / sqrt(b.covariance[l->column * (n + 1)]);
}

/* Another way to the same weights: bisect the level at which the capped claims make up gross. */
static double held_at(double level, double max_weight, bool is_equal)
{
    double sum = 0;

    for (uint32_t i = 0; i < b.in.lines.nrows; i++)
        sum += fmin(level * claim_of(&b.lines[i], is_equal), cap_of(&b.lines[i], max_weight));
    return sum;
}

static double level_of(double gross, double max_weight, bool is_equal)
{
    double low = 0;
    double high = 1;

    for (int i = 0; i < 200 && held_at(high, max_weight, is_equal) < gross; i++)
        high *= 2;
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2;
        *(held_at(middle, max_weight, is_equal) < gross ? &low : &high) = middle;
    }
    return high;
}

static double caps_of_claims(double max_weight, bool is_equal)
{
    double sum = 0;

    for (uint32_t i = 0; i < b.in.lines.nrows; i++)
        if (claim_of(&b.lines[i], is_equal) > 0) sum += cap_of(&b.lines[i], max_weight);
    return sum;
}

static double portfolio_volatility(void)
{
    double weights[LINES] = {0}; /* by column */
    double variance = 0;

    for (uint32_t i = 0; i < b.in.lines.nrows; i++)
        weights[b.lines[i].column] += b.weights[i] * b.lines[i].capital;
    for (uint32_t i = 0; i < b.in.ncolumns; i++)
        for (uint32_t j = 0; j < b.in.ncolumns; j++)
            variance += weights[i] * weights[j] * b.covariance[i * b.in.ncolumns + j];
    return sqrt(variance);
}

static void random_lines(uint64_t *state)
{
    for (uint32_t i = 0; i < b.in.lines.nrows; i++) {
        qn_line *l = &b.lines[i];
        l->column = (uint32_t)fake_between(state, 0, b.in.ncolumns - 1);
        l->strength = fake_between(state, 0, 3) ? real(state, -1, 1) : 0;
        l->confidence = real(state, 0.01, 1);
        l->capital = real(state, 0.1, 1);
        if (fake_between(state, 0, 2) == 0) l->min_weight = 0;
        if (fake_between(state, 0, 3) == 0) l->max_weight = real(state, 0, 0.5);
    }
}

static void check_random(uint64_t seed)
{
    uint64_t state = seed * 2654435761u + 1;
    bool is_equal = seed % 2;
    double gross = real(&state, 0.1, 3);
    double max_weight = fake_between(&state, 0, 1) ? 1 : real(&state, 0.05, 1);
    double target = !is_equal && fake_between(&state, 0, 1) ? real(&state, 0.001, 1) : 0;
    double expected;
    double factor = 1;
    double sum = 0;
    char params[160];

    snprintf(params, sizeof params,
             target > 0 ? "gross=%.17g max_weight=%.17g target_vol=%.17g"
                        : "gross=%.17g max_weight=%.17g",
             gross, max_weight, target);
    open_lines(is_equal ? "optimizer/equal_weight" : "optimizer/inverse_volatility", params,
               (uint32_t)fake_between(&state, 1, LINES));
    b.in.ncolumns = (uint32_t)fake_between(&state, 1, b.in.lines.nrows);
    random_history(&state);
    random_lines(&state);
    ck_assert_int_eq(allocate(), QN_OK);

    expected = fmin(gross, caps_of_claims(max_weight, is_equal));
    if (target > 0 && value("lines") > 0) {
        double held = portfolio_volatility() * sqrt(365);
        ck_assert_msg(held <= target * (1 + 1e-9), "seed %llu", (unsigned long long)seed);
        ck_assert_double_eq_tol(value("volatility_annual"), held, 1e-9 * (1 + held));
    }
    for (uint32_t i = 0; i < b.in.lines.nrows; i++)
        sum += fabs(b.weights[i]);
    if (target > 0 && sum > 0) factor = sum / expected;
    ck_assert_msg(target > 0 ? factor <= 1 + 1e-9 : fabs(sum - expected) < 1e-9,
                  "seed %llu: %.17g of %.17g", (unsigned long long)seed, sum, expected);
    for (uint32_t i = 0; i < b.in.lines.nrows; i++) {
        const qn_line *l = &b.lines[i];
        double size = fmin(level_of(gross, max_weight, is_equal) * claim_of(l, is_equal),
                           cap_of(l, max_weight));
        ck_assert_msg(fabs(b.weights[i] - copysign(factor * size, l->strength)) < 1e-9,
                      "seed %llu line %u: %.17g, expected %.17g", (unsigned long long)seed, i,
                      b.weights[i], copysign(factor * size, l->strength));
        ck_assert(b.weights[i] >= l->min_weight && b.weights[i] <= l->max_weight);
        ck_assert(fabs(b.weights[i]) <= max_weight);
    }
    fake_close(&b.h);
}

START_TEST(weights_of_random_portfolios)
{
    uint64_t n = 2000 * proof_scale();

    for (uint64_t seed = 1; seed <= n; seed++)
        check_random(seed);
    printf("proof: kinds: weights of %llu random portfolios\n", (unsigned long long)n);
}
END_TEST

/* ------------------------------------------------------------------ published results */

static FILE *reference_open(const char *set, const char *suffix, char path[1024])
{
    const char *shared = getenv("QUOIN_SHARED");

    snprintf(path, 1024, "%s/data/ref/port_%s%s", shared ? shared : QUOIN_SOURCE_DIR "/../shared",
             set, suffix);
    return fopen(path, "r");
}

/* The matrix behind a line of names; each row begins with a name. Returns the number of rows. */
static uint32_t read_covariance(FILE *f)
{
    static char line[8192];
    uint32_t rows = 0;

    ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    b.in.ncolumns = 0;
    for (const char *p = line; (p = strchr(p, ',')); p++)
        b.in.ncolumns++;
    while (fgets(line, sizeof line, f)) {
        char *at = line;
        for (uint32_t i = 0; i < b.in.ncolumns; i++) {
            at = strchr(at, ',');
            ck_assert_ptr_nonnull(at);
            b.covariance[rows * b.in.ncolumns + i] = strtod(at + 1, &at);
        }
        rows++;
    }
    return rows;
}

/* Does nothing where the reference data is not there. */
static void check_reference(const char *set, const char *plugin, const char *solution)
{
    char path[1024];
    FILE *f = reference_open(set, "_cov.csv", path);
    struct json_object *root;
    struct json_object *found = NULL;
    struct json_object *weights = NULL;
    struct json_object *vol = NULL;

    if (!f) return;
    open_lines(plugin, strstr(plugin, "inverse") ? "periods_per_year=1" : "", LINES);
    b.in.lines.nrows = read_covariance(f);
    fclose(f);
    ck_assert_uint_eq(b.in.lines.nrows, b.in.ncolumns);
    f = reference_open(set, ".json", path);
    ck_assert_ptr_nonnull(f);
    fclose(f);
    root = json_object_from_file(path);
    ck_assert(root && json_object_object_get_ex(root, "solutions", &found));
    ck_assert(json_object_object_get_ex(found, solution, &found));
    ck_assert(json_object_object_get_ex(found, "weights", &weights));
    ck_assert(json_object_object_get_ex(found, "vol", &vol));
    ck_assert_uint_eq(json_object_array_length(weights), b.in.lines.nrows);
    ck_assert_int_eq(allocate(), QN_OK);
    for (uint32_t i = 0; i < b.in.lines.nrows; i++)
        ck_assert_double_eq_tol(
            b.weights[i], json_object_get_double(json_object_array_get_idx(weights, i)), 1e-8);
    if (strstr(plugin, "inverse"))
        ck_assert_double_eq_tol(value("volatility_annual"), json_object_get_double(vol), 1e-8);
    printf("proof: kinds: %s of %s, %u published weights\n", solution, set, b.in.lines.nrows);
    json_object_put(root);
    fake_close(&b.h);
}

START_TEST(published_weights)
{
    static const char *const sets[] = {"crypto4_4h_2024", "skfolio20_2015_2019"};

    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        check_reference(sets[i], "optimizer/equal_weight", "equal_weight");
        check_reference(sets[i], "optimizer/inverse_volatility", "inverse_vol");
    }
}
END_TEST

CHECK_MAIN("optimizer", equal_weight_by_hand, equal_weight_takes_no_part_where_it_may_not,
           equal_weight_caps, inverse_volatility_by_hand, strength_moves_weight,
           excess_goes_to_the_others, target_volatility_only_lowers, lines_without_history,
           hostile_history, what_it_needs, weights_of_random_portfolios, published_weights)
