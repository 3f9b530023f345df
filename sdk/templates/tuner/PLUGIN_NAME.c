/* SPDX-License-Identifier: MIT
 *
 * PLUGIN_NAME: random points first, then steps away from the best one that was found. */
#include <quoin/sdk/tuner.h>

typedef struct PLUGIN_NAME { /* one instance; made by the host, zeroed */
    int64_t trials;          /* parameters: filled in before configure */
    int64_t first;
    int64_t reach;
    const qn_setup *setup;
    const qn_space *space;
    uint64_t random; /* all chance comes from the seed of the search */
    int64_t asked, told;
    double best;
    int64_t *point; /* of the best trial, by dimension */
    int64_t has_point;
} PLUGIN_NAME;

static const qn_param params[] = {
    QN_PARAM(PLUGIN_NAME, trials, I64, "trials", "trials of the whole search", .def = "100",
             .min = "1"),
    QN_PARAM(PLUGIN_NAME, first, I64, "trials", "random points to begin with", .def = "20",
             .min = "1"),
    QN_PARAM(PLUGIN_NAME, reach, I64, "steps", "largest change of a value in one trial", .def = "3",
             .min = "1", .max = "1000000"),
};

static int32_t configure(PLUGIN_NAME *t, const qn_setup *setup, qn_err *err)
{
    (void)err;
    t->setup = setup;
    return QN_OK;
}

static int32_t begin(PLUGIN_NAME *t, const qn_space *space, uint64_t *planned, qn_err *err)
{
    const qn_host *host = t->setup->host;

    for (uint32_t i = 0; i < space->dimensions.nrows; i++)
        if (qn_dimension_count(qn_dimension_at(space, i)) == 0)
            return qn_fail(err, QN_E_MISSING, "%s has no step", qn_dimension_at(space, i)->name);
    t->point = (int64_t *)host->alloc(host->ctx, space->dimensions.nrows * sizeof *t->point, 8);
    if (!t->point) return qn_fail(err, QN_E_NO_MEMORY, "no memory for a point");
    t->space = space;
    t->random = space->seed;
    *planned = (uint64_t)t->trials;
    return QN_OK;
}

/* A value at most `reach` steps from the best one, kept within the dimension. */
static int64_t near(PLUGIN_NAME *t, const qn_dimension *d, int64_t best)
{
    uint64_t count = qn_dimension_count(d);
    uint64_t at = ((uint64_t)best - (uint64_t)d->low) / (uint64_t)d->step;
    uint64_t reach = (uint64_t)t->reach;
    uint64_t from = at > reach ? at - reach : 0;
    uint64_t to = count - 1 - at > reach ? at + reach : count - 1;

    return qn_dimension_nth(d, from + qn_random_below(&t->random, to - from + 1));
}

static int32_t ask(PLUGIN_NAME *t, qn_ask *out, qn_err *err)
{
    int is_random = t->asked < t->first || !t->has_point;

    (void)err;
    if (t->asked == t->trials) {
        out->answer = QN_ASK_END;
        return QN_OK;
    }
    if (t->asked >= t->first && t->told < t->asked) {
        out->answer = QN_ASK_WAIT; /* each step is made from the best point known */
        return QN_OK;
    }
    for (uint32_t i = 0; i < out->nvalues; i++) {
        const qn_dimension *d = qn_dimension_at(t->space, i);
        out->values[i] =
            is_random ? qn_dimension_nth(d, qn_random_below(&t->random, qn_dimension_count(d)))
                      : near(t, d, t->point[i]);
    }
    t->asked++;
    out->answer = QN_ASK_TRIAL;
    return QN_OK;
}

static int32_t tell(PLUGIN_NAME *t, const qn_trial *trial, qn_err *err)
{
    (void)err;
    t->told++;
    if (trial->state != QN_TRIAL_DONE || (t->has_point && !(trial->objective > t->best)))
        return QN_OK;
    t->best = trial->objective;
    t->has_point = 1;
    for (uint32_t i = 0; i < trial->nvalues; i++)
        t->point[i] = trial->values[i];
    return QN_OK;
}

QN_TUNER(PLUGIN_NAME, "tuner/PLUGIN_NAME", "1.0.0", "MIT", .name = "PLUGIN_NAME",
         .doc = "Random points, then steps away from the best one.", .params = QN_TABLE(params),
         .configure = configure, .begin = begin, .ask = ask, .tell = tell)
