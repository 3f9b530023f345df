/* SPDX-License-Identifier: MIT */
#include "curve.h"

#include "base/memory.h"

#include <math.h>

static double drawdown_of(const curve *c, int64_t equity)
{
    return c->peak > 0 ? (double)(c->peak - equity) / (double)c->peak : 0;
}

static double return_of(int64_t from, int64_t to)
{
    return from > 0 ? (double)to / (double)from - 1 : NAN;
}

static bool reserve(curve *c, size_t need)
{
    return mem_reserve((void **)&c->returns, &c->returns_room, need, sizeof *c->returns) &&
           (!c->has_reference ||
            mem_reserve((void **)&c->references, &c->references_room, need, sizeof *c->references));
}

/* The returns of the period that ends now. */
static void put_returns(curve *c)
{
    if (c->is_short || !reserve(c, c->nreturns + 1)) {
        c->is_short = true;
        return;
    }
    c->returns[c->nreturns] = return_of(c->sampled, c->equity);
    if (c->has_reference)
        c->references[c->nreturns] = return_of(c->reference_sampled, c->reference);
    c->nreturns++;
}

static void put_sample(curve *c, int64_t ts)
{
    curve_sample sample = {ts, c->equity, c->cash, drawdown_of(c, c->equity)};

    if (c->samples > 0) put_returns(c);
    c->samples++;
    c->equity_sum += (double)c->equity;
    c->sampled = c->equity;
    c->reference_sampled = c->reference;
    if (c->sink) c->sink(c->ctx, &sample);
}

/* The first multiple of the sample length behind `ts`. */
static int64_t grid_after(int64_t ts, int64_t length)
{
    int64_t rest = ts % length;

    return ts - rest + (rest < 0 ? 0 : length);
}

void curve_begin(curve *c, int64_t sample_ns, int64_t ts, int64_t equity, int64_t cash,
                 bool has_reference, curve_sink sink, void *ctx)
{
    *c = (curve){.sink = sink,
                 .ctx = ctx,
                 .sample_ns = sample_ns,
                 .next = grid_after(ts, sample_ns),
                 .first_ts = ts,
                 .last_ts = ts,
                 .first_equity = equity,
                 .equity = equity,
                 .cash = cash,
                 .peak = equity,
                 .trough = equity,
                 .peak_ts = ts,
                 .has_reference = has_reference};
    c->is_short = !reserve(c, CURVE_ROOM);
    put_sample(c, ts);
}

void curve_free(curve *c)
{
    mem_free(c->returns);
    mem_free(c->references);
    *c = (curve){0};
}

void curve_sample_before(curve *c, int64_t ts)
{
    for (; c->next < ts; c->next += c->sample_ns)
        put_sample(c, c->next);
}

/* How long the way from the last peak was, which is reached again, or at its end. */
static void see_peak(curve *c, int64_t ts)
{
    if (ts - c->peak_ts > c->longest_ns && c->trough < c->peak) c->longest_ns = ts - c->peak_ts;
}

static void see_trough(curve *c, int64_t ts)
{
    double drawdown = drawdown_of(c, c->equity);

    c->trough = c->equity;
    if (drawdown <= c->max_drawdown) return;
    c->max_drawdown = drawdown;
    c->deepest_ts = ts;
    c->is_recovered = false;
}

static void see_recovery(curve *c, int64_t ts)
{
    if (c->is_recovered || c->max_drawdown == 0) return;
    c->is_recovered = true;
    c->recovery_ns = ts - c->deepest_ts;
}

void curve_pass(curve *c, int64_t ts, bool is_exposed)
{
    if (ts <= c->last_ts) return;
    if (c->next < ts) curve_sample_before(c, ts);
    if (c->equity < c->peak) c->below_ns += ts - c->last_ts;
    if (is_exposed)
        c->exposed_ns += ts - c->last_ts;
    else if (c->equity >= c->peak)
        c->peak_ts = ts;
    c->last_ts = ts;
}

void curve_mark(curve *c, int64_t ts, int64_t equity, int64_t cash, bool is_exposed)
{
    curve_pass(c, ts, is_exposed);
    ts = c->last_ts;
    c->equity = equity;
    c->cash = cash;
    if (equity >= c->peak) {
        see_peak(c, ts);
        see_recovery(c, ts);
        c->peak = c->trough = equity;
        c->peak_ts = ts;
    } else if (equity < c->trough) {
        see_trough(c, ts);
    }
}

void curve_end(curve *c, int64_t ts, int64_t equity, int64_t cash, bool is_exposed)
{
    curve_mark(c, ts, equity, cash, is_exposed);
    see_peak(c, c->last_ts);
    put_sample(c, c->last_ts);
}
