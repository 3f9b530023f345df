/* SPDX-License-Identifier: MIT
 *
 * tuner/climb, a test plugin: a search that learns. Batches of points around the best one so far,
 * the first batch at random. It waits for all results of a batch before it makes the next, or,
 * where it is told not to, takes what it knows by then. */
#include <quoin/sdk/tuner.h>

#include <math.h>

#define BATCH 7
#define VALUES 32

typedef struct climb {
    int64_t batches, waits;
    const qn_space *space;
    uint64_t state;
    uint64_t asked, told;
    double best;
    int64_t at[VALUES];
} climb;

static const qn_param params[] = {
    QN_PARAM(climb, batches, I64, "", "how many", .def = "4", .min = "1"),
    QN_PARAM(climb, waits, BOOL, "", "for the results of a batch", .def = "true"),
};

static int32_t begin(climb *c, const qn_space *space, uint64_t *planned, qn_err *err)
{
    if (space->dimensions.nrows > VALUES) return qn_fail(err, QN_E_RANGE, "too many dimensions");
    for (uint32_t i = 0; i < space->dimensions.nrows; i++)
        if (qn_dimension_at(space, i)->step == 0)
            return qn_fail(err, QN_E_UNSUPPORTED, "every dimension needs a step");
    c->space = space;
    c->state = space->seed;
    c->best = -HUGE_VAL;
    *planned = (uint64_t)c->batches * BATCH;
    return QN_OK;
}

static int64_t move(climb *c, const qn_dimension *d, int64_t from)
{
    uint64_t n = qn_dimension_count(d);
    uint64_t place = ((uint64_t)from - (uint64_t)d->low) / (uint64_t)d->step;
    uint64_t way = qn_random_below(&c->state, 3); /* down, stay, up */

    if (c->best == -HUGE_VAL) return qn_dimension_nth(d, qn_random_below(&c->state, n));
    if (way == 0 && place > 0) place--;
    if (way == 2 && place + 1 < n) place++;
    return qn_dimension_nth(d, place);
}

static int32_t ask(climb *c, qn_ask *out, qn_err *err)
{
    (void)err;
    out->answer = QN_ASK_END;
    if (c->asked == (uint64_t)c->batches * BATCH) return QN_OK;
    out->answer = QN_ASK_WAIT;
    if (c->waits && c->asked % BATCH == 0 && c->told < c->asked) return QN_OK;
    for (uint32_t i = 0; i < out->nvalues; i++)
        out->values[i] = move(c, qn_dimension_at(c->space, i), c->at[i]);
    out->answer = QN_ASK_TRIAL;
    c->asked++;
    return QN_OK;
}

static int32_t tell(climb *c, const qn_trial *trial, qn_err *err)
{
    if (trial->number != ++c->told) return qn_fail(err, QN_E_ORDER, "told out of order");
    if (trial->state != QN_TRIAL_DONE || !(trial->objective > c->best)) return QN_OK;
    c->best = trial->objective;
    for (uint32_t i = 0; i < trial->nvalues; i++)
        c->at[i] = trial->values[i];
    return QN_OK;
}

QN_TUNER(climb, "tuner/climb", "1.0.0", "MIT", .name = "Climb", .params = QN_TABLE(params),
         .begin = begin, .ask = ask, .tell = tell)
