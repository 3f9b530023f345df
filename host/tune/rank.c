/* SPDX-License-Identifier: MIT
 *
 * What the trials say together: the best of them; how much each dimension matters; whether the
 * best stands on a plateau or on a peak. */
#include "internal.h"
#include "rank.h"

#include "base/fail.h"

#include <quoin/sdk/tuner.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEAR 0.05 /* of a range: next to each other, where a step is less */

bool is_minimised(const tune *t)
{
    return strcmp(t->config->direction, "min") == 0;
}

double merit(const tune *t, const outcome *o)
{
    double value = o->state == QN_TRIAL_DONE ? outcome_figure(o, t->objective) : NAN;

    return is_minimised(t) ? -value : value;
}

size_t best_shown(const tune *t)
{
    return t->nranked < (size_t)t->config->best ? t->nranked : (size_t)t->config->best;
}

uint64_t count_state(const tune *t, uint32_t state)
{
    uint64_t n = 0;

    for (size_t i = 0; i < t->ntrials; i++)
        if (!t->trials[i].repeats && t->trials[i].train.state == state) n++;
    return n;
}

uint64_t count_repeats(const tune *t)
{
    uint64_t n = 0;

    for (size_t i = 0; i < t->ntrials; i++)
        n += t->trials[i].repeats != 0;
    return n;
}

/* ------------------------------------------------------------------ places on a dimension */

double value_place(const qn_dimension *d, int64_t value)
{
    if (d->low == d->high) return 0;
    if (d->scale == QN_SCALE_LOG)
        return log((double)value / (double)d->low) / log((double)d->high / (double)d->low);
    return ((double)value - (double)d->low) / ((double)d->high - (double)d->low);
}

uint32_t bins_of(const qn_dimension *d)
{
    uint64_t n = qn_dimension_count(d);

    return n > 0 && n <= BINS ? (uint32_t)n : BINS;
}

uint32_t bin_of(const qn_dimension *d, int64_t value)
{
    uint32_t n = bins_of(d);
    double at;

    if (qn_dimension_count(d) == n)
        return (uint32_t)(((uint64_t)value - (uint64_t)d->low) / (uint64_t)d->step);
    at = floor(value_place(d, value) * n);
    return at >= n ? n - 1 : (uint32_t)at;
}

/* ------------------------------------------------------------------ the best */

/* A trial and what it is ordered by. */
typedef struct ranking {
    double merit;
    trial *tr;
} ranking;

/* The better first; of equals the one that was asked for first. */
static int compare(const void *a, const void *b)
{
    const ranking *x = a;
    const ranking *y = b;

    if (x->merit != y->merit) return x->merit < y->merit ? 1 : -1;
    return x->tr->number < y->tr->number ? -1 : 1;
}

static int32_t rank(tune *t, qn_err *err)
{
    ranking *list = mem_new(t->ntrials + 1, sizeof *list);

    mem_free(t->ranked);
    t->ranked = mem_new(t->ntrials + 1, sizeof(trial *));
    t->nranked = 0;
    if (!list || !t->ranked) {
        mem_free(list);
        return fail(err, QN_E_NO_MEMORY, "no memory for the ranking");
    }
    for (size_t i = 0; i < t->ntrials; i++) {
        trial *tr = &t->trials[i];
        if (tr->repeats || tr->train.state != QN_TRIAL_DONE) continue;
        list[t->nranked++] = (ranking){merit(t, &tr->train), tr};
    }
    qsort(list, t->nranked, sizeof *list, compare);
    for (size_t i = 0; i < t->nranked; i++)
        t->ranked[i] = list[i].tr;
    mem_free(list);
    return QN_OK;
}

/* ------------------------------------------------------------------ what matters */

/* The correlation ratio (Pearson, On the General Theory of Skew Correlation, 1905): the part of
 * the objective's variance that lies between the bins of the dimension. NAN where there is none. */
static double importance(const tune *t, uint32_t dimension)
{
    const qn_dimension *d = &t->dimensions[dimension];
    double sums[BINS] = {0};
    double counts[BINS] = {0};
    double sum = 0;
    double total = 0;
    double between = 0;
    double mean;

    for (size_t i = 0; i < t->nranked; i++)
        sum += merit(t, &t->ranked[i]->train);
    mean = sum / (double)t->nranked;
    for (size_t i = 0; i < t->nranked; i++) {
        double off = merit(t, &t->ranked[i]->train) - mean;
        uint32_t bin = bin_of(d, t->ranked[i]->values[dimension]);
        sums[bin] += off;
        counts[bin]++;
        total += off * off;
    }
    for (uint32_t b = 0; b < BINS; b++)
        if (counts[b] > 0) between += sums[b] * sums[b] / counts[b];
    return total > 0 ? between / total : NAN;
}

/* ------------------------------------------------------------------ around the best */

static bool is_near(const qn_dimension *d, int64_t a, int64_t b)
{
    int64_t low = a < b ? a : b;
    int64_t high = a < b ? b : a;

    if (low == high) return true;
    if (!(d->flags & QN_DIMENSION_ORDERED)) return false;
    if (d->step && (uint64_t)high - (uint64_t)low <= (uint64_t)d->step) return true;
    return value_place(d, high) - value_place(d, low) <= NEAR;
}

static bool is_neighbour(const tune *t, const trial *a, const trial *b)
{
    for (uint32_t i = 0; i < t->ndimensions; i++)
        if (!is_near(&t->dimensions[i], a->values[i], b->values[i])) return false;
    return true;
}

/* The ranked trials come best first, so that what is found of them is in order, too. */
static void look_around(tune *t)
{
    neighbourhood *out = &t->around;
    const trial *best = t->nranked ? t->ranked[0] : NULL;
    double sum = 0;
    uint64_t k = 0;

    *out = (neighbourhood){0, 0, NAN, NAN, NAN, NAN};
    for (size_t i = 1; i < t->nranked; i++)
        if (is_neighbour(t, best, t->ranked[i])) out->n++;
    for (size_t i = 1; i < t->nranked; i++) {
        double value = outcome_figure(&t->ranked[i]->train, t->objective);
        if (!is_neighbour(t, best, t->ranked[i])) continue;
        if (k == 0) out->best = value;
        if (k == (out->n - 1) / 2) out->median = value;
        if (k == out->n / 2) out->median = (out->median + value) / 2;
        out->worst = value;
        sum += value;
        k++;
    }
    if (k) out->mean = sum / (double)k;
    for (size_t i = 0; best && i < t->ntrials; i++) {
        const trial *tr = &t->trials[i];
        if (!tr->repeats && tr->train.state > QN_TRIAL_DONE && is_neighbour(t, best, tr))
            out->without++;
    }
}

int32_t rank_all(tune *t, qn_err *err)
{
    int32_t rc = rank(t, err);

    if (rc != QN_OK) return rc;
    for (uint32_t i = 0; i < t->ndimensions; i++)
        t->importance[i] = importance(t, i);
    look_around(t);
    return QN_OK;
}
