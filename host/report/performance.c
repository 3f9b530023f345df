/* SPDX-License-Identifier: MIT
 *
 * What the statistics share: the sampled returns, looked at once. */
#include "statistics.h"

#include "base/fail.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* The returns as arrays without gaps. Each has room for all. */
typedef struct series {
    size_t n, npairs;
    double *returns, *rising;
    double *active, *references; /* pairs of the same period */
} series;

static void collect(series *s, const curve *c)
{
    for (size_t i = 0; i < c->nreturns; i++) {
        double r = c->returns[i];
        if (!isfinite(r)) continue;
        s->returns[s->n++] = r;
        if (!c->has_reference || !isfinite(c->references[i])) continue;
        s->active[s->npairs] = r;
        s->references[s->npairs++] = c->references[i];
    }
    if (s->n > 0) memcpy(s->rising, s->returns, s->n * sizeof *s->rising);
    qn_sort(s->rising, s->n);
}

static void look_at_tail(performance *p, const series *s)
{
    static const double levels[] = {0.95, 0.99};

    for (int i = 0; i < 2; i++) {
        bool is_tail = s->n > 1; /* one return has none */
        p->var[i] = is_tail ? qn_var_historical(s->rising, s->n, levels[i]) : NAN;
        p->es[i] = is_tail ? qn_es_historical(s->rising, s->n, levels[i]) : NAN;
    }
    p->worst = s->n > 0 ? s->rising[0] : NAN;
    p->best = s->n > 0 ? s->rising[s->n - 1] : NAN;
}

int32_t performance_prepare(performance *p, qn_err *err)
{
    const curve *c = p->curve;
    size_t room = c->nreturns + 1; /* of an empty one, too, a place that can be pointed to */
    double *all = c->is_short ? NULL : mem_new(4 * room, sizeof *all);
    series s = {0};

    if (!all)
        return fail(err, QN_E_NO_MEMORY,
                    "no memory for the returns of %zu samples: a longer report.sample takes less",
                    c->nreturns);
    s.returns = all;
    s.rising = all + room;
    s.active = all + 2 * room;
    s.references = all + 3 * room;
    collect(&s, c);
    p->years = (double)(c->last_ts - c->first_ts) / (365.0 * (double)QN_NS_PER_DAY);
    p->moments = qn_moments_of(s.returns, s.n);
    p->drawdowns = qn_drawdowns_of(s.returns, s.n);
    p->relative = qn_relative_of(s.active, s.references, s.npairs);
    p->sortino = qn_returns_sortino(s.returns, s.n, 0);
    p->downside = qn_returns_downside(s.returns, s.n, 0);
    p->omega = qn_returns_omega(s.returns, s.n, 0);
    p->positive = qn_returns_positive(s.returns, s.n);
    look_at_tail(p, &s);
    mem_free(all);
    return QN_OK;
}
