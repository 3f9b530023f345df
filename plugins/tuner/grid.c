/* SPDX-License-Identifier: MIT
 *
 * tuner/grid: every combination of values, once.
 *
 * The order is that of counting: the last dimension of the space changes from trial to trial, the
 * one before it each time the last one has been through, and so on; each goes from low to high. A
 * dimension with a step has the values that the step gives; one without has `points` values, at
 * even distances, or with scale "log" at even ratios, both ends included. */
#include <quoin/sdk/tuner.h>

#include <math.h>

typedef struct grid {
    int64_t points;
    const qn_host *host;
    const qn_space *space;
    uint64_t *place; /* of the next trial, by dimension */
    uint64_t left;   /* trials not asked for yet */
} grid;

static const qn_param params[] = {
    QN_PARAM(grid, points, I64, "values",
             "values of each dimension that has no step; such a dimension is refused when absent",
             .flags = QN_PARAM_OPTIONAL, .min = "2", .max = "100000"),
};

static uint64_t count_of(const grid *g, const qn_dimension *d)
{
    return d->step ? qn_dimension_count(d) : d->low == d->high ? 1 : (uint64_t)g->points;
}

/* The k-th of n values between the ends, for a dimension without a step. */
static int64_t between(const qn_dimension *d, uint64_t k, uint64_t n)
{
    qn_wide width = (qn_wide)d->high - d->low;

    if (k == 0) return d->low;
    if (k == n - 1) return d->high;
    if (d->scale == QN_SCALE_LOG)
        return llround((double)d->low *
                       pow((double)d->high / (double)d->low, (double)k / (double)(n - 1)));
    return (int64_t)(d->low + (width * (qn_wide)k + (qn_wide)(n - 1) / 2) / (qn_wide)(n - 1));
}

static int64_t value_of(const grid *g, const qn_dimension *d, uint64_t k)
{
    return d->step ? qn_dimension_nth(d, k) : between(d, k, count_of(g, d));
}

/* Points closer than the values can be written would be the same trial twice. */
static int32_t check(const grid *g, const qn_dimension *d, qn_err *err)
{
    uint64_t n = count_of(g, d);

    if (d->step) return QN_OK;
    if (n == 0)
        return qn_fail(err, QN_E_MISSING,
                       "%s has no step: give it one, or the tuner the parameter points", d->name);
    for (uint64_t k = 1; k < n; k++)
        if (value_of(g, d, k) <= value_of(g, d, k - 1))
            return qn_fail(err, QN_E_RANGE, "%s has no %llu values that differ", d->name,
                           (unsigned long long)n);
    return QN_OK;
}

static int32_t configure(grid *g, const qn_setup *setup, qn_err *err)
{
    (void)err;
    g->host = setup->host;
    return QN_OK;
}

static int32_t begin(grid *g, const qn_space *space, uint64_t *planned, qn_err *err)
{
    uint64_t total = 1;
    int32_t rc;

    for (uint32_t i = 0; i < space->dimensions.nrows; i++) {
        const qn_dimension *d = qn_dimension_at(space, i);
        if ((rc = check(g, d, err)) != QN_OK) return rc;
        if (__builtin_mul_overflow(total, count_of(g, d), &total) || total > INT64_MAX)
            return qn_fail(err, QN_E_RANGE, "the grid has more than 2^63 combinations");
    }
    if (total > space->most)
        return qn_fail(
            err, QN_E_RANGE,
            "the grid has %llu combinations, more than the %llu of trials: raise trials, "
            "or make the steps larger",
            (unsigned long long)total, (unsigned long long)space->most);
    g->place = g->host->alloc(g->host->ctx, space->dimensions.nrows * sizeof *g->place,
                              _Alignof(uint64_t));
    if (!g->place) return qn_fail(err, QN_E_NO_MEMORY, "no memory for the grid");
    *planned = g->left = total;
    g->space = space;
    return QN_OK;
}

/* The place behind this one, in the order of counting. */
static void step_on(grid *g)
{
    for (uint32_t i = g->space->dimensions.nrows; i-- > 0;) {
        if (++g->place[i] < count_of(g, qn_dimension_at(g->space, i))) return;
        g->place[i] = 0;
    }
}

static int32_t ask(grid *g, qn_ask *out, qn_err *err)
{
    (void)err;
    out->answer = QN_ASK_END;
    if (g->left == 0) return QN_OK;
    for (uint32_t i = 0; i < out->nvalues; i++)
        out->values[i] = value_of(g, qn_dimension_at(g->space, i), g->place[i]);
    out->answer = QN_ASK_TRIAL;
    g->left--;
    step_on(g);
    return QN_OK;
}

QN_TUNER(grid, "tuner/grid", "1.0.0", "MIT", .name = "Grid search",
         .doc = "Tries every combination of values.", .params = QN_TABLE(params),
         .configure = configure, .begin = begin, .ask = ask)
