/* SPDX-License-Identifier: MIT
 *
 * tuner/random: points drawn at random, each dimension by itself: evenly over its range, or with
 * scale "log" evenly over the logarithm of its range. With few dimensions that matter it finds good
 * values with fewer trials than a grid (Bergstra, Bengio, Random Search for Hyper-Parameter
 * Optimization, Journal of Machine Learning Research 13, 2012).
 *
 * No combination comes twice where they can be counted: one that was drawn before is drawn again,
 * and if that goes on, the next one behind it, in the order of counting, is taken. The search ends
 * when all have been. Where a dimension has no step, there are too many to meet one twice. */
#include <quoin/sdk/tuner.h>

#include <math.h>

#define DRAWS 32 /* before the next free one is taken */

typedef struct tuner_random {
    const qn_host *host;
    const qn_space *space;
    uint64_t state;
    uint64_t total; /* combinations; 0 = more than can be counted */
    uint64_t used;  /* of them */
    uint64_t *seen; /* hash set of numbers of combinations, + 1; open addressing */
    uint64_t mask;  /* places - 1 */
} tuner_random;

static int32_t configure(tuner_random *r, const qn_setup *setup, qn_err *err)
{
    (void)err;
    r->host = setup->host;
    return QN_OK;
}

/* The product of the counts; 0 if a dimension has no step, or the product no number. */
static uint64_t combinations(const qn_space *space)
{
    uint64_t total = 1;

    for (uint32_t i = 0; i < space->dimensions.nrows; i++)
        if (__builtin_mul_overflow(total, qn_dimension_count(qn_dimension_at(space, i)), &total))
            return 0;
    return total <= INT64_MAX ? total : 0;
}

static int32_t begin(tuner_random *r, const qn_space *space, uint64_t *planned, qn_err *err)
{
    uint64_t places = 16;

    r->space = space;
    r->state = space->seed;
    r->total = combinations(space);
    *planned = r->total && r->total < space->most ? r->total : space->most;
    if (r->total == 0) return QN_OK;
    while (places < *planned * 2)
        places *= 2;
    r->mask = places - 1;
    r->seen = r->host->alloc(r->host->ctx, places * sizeof *r->seen, sizeof *r->seen);
    return r->seen ? QN_OK
                   : qn_fail(err, QN_E_NO_MEMORY, "no memory for %llu trials",
                             (unsigned long long)*planned);
}

/* The place of a number in the set, or the free one where it would stand. */
static uint64_t *place_of(const tuner_random *r, uint64_t number)
{
    uint64_t state = number;
    uint64_t at = qn_random_next(&state) & r->mask;

    while (r->seen[at] && r->seen[at] != number + 1)
        at = (at + 1) & r->mask;
    return &r->seen[at];
}

static int64_t draw_log(tuner_random *r, const qn_dimension *d)
{
    double low = log((double)d->low);
    double x = exp(low + qn_random_unit(&r->state) * (log((double)d->high) - low));
    uint64_t step = d->step ? (uint64_t)d->step : 1;
    uint64_t last = ((uint64_t)d->high - (uint64_t)d->low) / step;
    double at = round((x - (double)d->low) / (double)step);
    /* a double holds 53 bits: the end is the end, not what is nearest to it */
    uint64_t k = at >= (double)last ? last : at > 0 ? (uint64_t)at : 0;

    return (int64_t)((uint64_t)d->low + k * step);
}

static int64_t draw(tuner_random *r, const qn_dimension *d)
{
    uint64_t n = d->step ? qn_dimension_count(d) : (uint64_t)d->high - (uint64_t)d->low + 1;
    uint64_t k;

    if (d->scale == QN_SCALE_LOG) return draw_log(r, d);
    k = n ? qn_random_below(&r->state, n) : qn_random_next(&r->state);
    return (int64_t)((uint64_t)d->low + k * (d->step ? (uint64_t)d->step : 1));
}

/* Number of a combination, in the order of counting, and back. */
static uint64_t number_of(const tuner_random *r, const int64_t *values)
{
    uint64_t number = 0;

    for (uint32_t i = 0; i < r->space->dimensions.nrows; i++) {
        const qn_dimension *d = qn_dimension_at(r->space, i);
        number = number * qn_dimension_count(d) +
                 ((uint64_t)values[i] - (uint64_t)d->low) / (uint64_t)d->step;
    }
    return number;
}

static void values_of(const tuner_random *r, uint64_t number, int64_t *values)
{
    for (uint32_t i = r->space->dimensions.nrows; i-- > 0;) {
        const qn_dimension *d = qn_dimension_at(r->space, i);
        uint64_t n = qn_dimension_count(d);
        values[i] = qn_dimension_nth(d, number % n);
        number /= n;
    }
}

static void draw_all(tuner_random *r, int64_t *values)
{
    for (uint32_t i = 0; i < r->space->dimensions.nrows; i++)
        values[i] = draw(r, qn_dimension_at(r->space, i));
}

/* A combination that was not drawn before; there is one. */
static void draw_new(tuner_random *r, int64_t *values)
{
    uint64_t number = 0;

    for (int i = 0; i < DRAWS; i++) {
        draw_all(r, values);
        number = number_of(r, values);
        if (!*place_of(r, number)) break;
    }
    while (*place_of(r, number))
        number = (number + 1) % r->total;
    values_of(r, number, values);
    *place_of(r, number) = number + 1;
    r->used++;
}

static int32_t ask(tuner_random *r, qn_ask *out, qn_err *err)
{
    (void)err;
    out->answer = QN_ASK_END;
    if (r->total && (r->used == r->total || r->used > r->mask / 2)) return QN_OK;
    if (r->total)
        draw_new(r, out->values);
    else
        draw_all(r, out->values);
    out->answer = QN_ASK_TRIAL;
    return QN_OK;
}

QN_TUNER(tuner_random, "tuner/random", "1.0.0", "MIT", .name = "Random search",
         .doc = "Tries points drawn at random, none twice.", .configure = configure, .begin = begin,
         .ask = ask)
