/* SPDX-License-Identifier: MIT
 *
 * Returns for the optimizer: the last price of each instrument at the UTC multiples of a period.
 * A period in which nothing at all was priced is left out, so that nights and weekends do not
 * count as calm. */
#include "internal.h"

#include "base/fail.h"

#include <string.h>

#define RETURNS_MAX 4096u

int32_t history_build(engine *e, qn_err *err)
{
    portfolio *p = &e->portfolio;
    size_t cells;

    p->need = (qn_history_need){.size = sizeof p->need};
    if (p->in.live->is_created && QN_HAS(p->table, qn_optimizer, need)) {
        uint32_t before = call_begin(e, &p->in, SLOT_CALL_NEED);
        p->table->need(p->in.self, &p->need);
        call_end(e, before);
    }
    if (p->need.nreturns == 0) return QN_OK;
    if (p->need.nreturns > RETURNS_MAX || p->need.period <= 0)
        return fail(err, QN_E_RANGE,
                    "%s asks for %u returns of %lld ns, expected up to %u of more "
                    "than 0 ns",
                    p->in.id, p->need.nreturns, (long long)p->need.period, RETURNS_MAX);
    cells = (size_t)p->need.nreturns * p->ncolumns + 1;
    p->prices = arena_alloc(&e->arena, (p->ncolumns + 1) * sizeof *p->prices, 8);
    p->rows = arena_alloc(&e->arena, cells * sizeof *p->rows, 8);
    p->ordered = arena_alloc(&e->arena, cells * sizeof *p->ordered, 8);
    p->covariance =
        arena_alloc(&e->arena, ((size_t)p->ncolumns * p->ncolumns + 1) * sizeof(double), 8);
    if (!p->prices || !p->rows || !p->ordered || !p->covariance)
        return fail(err, QN_E_NO_MEMORY, "no memory for returns");
    p->next_sample = INT64_MIN; /* set by the first event */
    return QN_OK;
}

/* The first row needs two prices of every instrument; one that has none yet makes no row. */
static void take_sample(engine *e)
{
    portfolio *p = &e->portfolio;
    double *row = p->rows + (size_t)(p->nsampled % p->need.nreturns) * p->ncolumns;
    bool is_whole = true;

    if (e->counts.market == p->sampled_at) return;
    p->sampled_at = e->counts.market;
    for (uint32_t i = 0; i < p->ncolumns; i++) {
        int64_t price = ledger_price(e->ledger, p->columns[i]);
        is_whole = is_whole && price > 0 && p->prices[i] > 0;
        if (price > 0 && p->prices[i] > 0) row[i] = (double)price / (double)p->prices[i] - 1;
        p->prices[i] = price;
    }
    p->nsampled += is_whole;
}

void history_sample(engine *e, int64_t ts, bool or_at)
{
    portfolio *p = &e->portfolio;
    int64_t step = p->need.period;

    if (p->next_sample == INT64_MAX) return;
    if (p->next_sample == INT64_MIN) { /* the first price of all: rows start at the next multiple */
        p->next_sample = qn_floor_to(ts, step) + step;
        return;
    }
    if (p->next_sample > ts || (p->next_sample == ts && !or_at)) return;
    take_sample(e);
    p->next_sample = qn_floor_to(or_at ? ts : ts - 1, step);
    if (__builtin_add_overflow(p->next_sample, step, &p->next_sample)) p->next_sample = INT64_MAX;
}

/* Sample covariance, ddof 1. */
static void covariance(portfolio *p, uint32_t n)
{
    uint32_t columns = p->ncolumns;

    for (uint32_t a = 0; a < columns; a++)
        for (uint32_t b = 0; b <= a; b++) {
            double mean_a = 0;
            double mean_b = 0;
            double sum = 0;
            for (uint32_t t = 0; t < n; t++) {
                mean_a += p->ordered[(size_t)t * columns + a];
                mean_b += p->ordered[(size_t)t * columns + b];
            }
            mean_a /= n;
            mean_b /= n;
            for (uint32_t t = 0; t < n; t++)
                sum += (p->ordered[(size_t)t * columns + a] - mean_a) *
                       (p->ordered[(size_t)t * columns + b] - mean_b);
            p->covariance[(size_t)a * columns + b] = p->covariance[(size_t)b * columns + a] =
                sum / (n - 1);
        }
}

uint32_t history_rows(portfolio *p)
{
    uint32_t n = p->nsampled < p->need.nreturns ? (uint32_t)p->nsampled : p->need.nreturns;

    for (uint32_t t = 0; t < n; t++)
        memcpy(p->ordered + (size_t)t * p->ncolumns,
               p->rows + (size_t)((p->nsampled - n + t) % p->need.nreturns) * p->ncolumns,
               p->ncolumns * sizeof *p->rows);
    if (n >= 2) covariance(p, n);
    return n;
}
