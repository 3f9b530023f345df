/* SPDX-License-Identifier: MIT */
#include "curve.h"

static double drawdown_of(const curve *c, int64_t equity)
{
    return c->peak > 0 ? (double)(c->peak - equity) / (double)c->peak : 0;
}

static void put_sample(curve *c, int64_t ts)
{
    curve_sample sample = {ts, c->equity, c->cash, drawdown_of(c, c->equity)};

    if (c->samples > 0 && c->sampled > 0) {
        double r = (double)c->equity / (double)c->sampled - 1;
        double delta = r - c->mean;
        c->returns++;
        c->mean += delta / (double)c->returns;
        c->sum_squares += delta * (r - c->mean);
        if (r < 0) c->downside += r * r;
    }
    c->samples++;
    c->equity_sum += (double)c->equity;
    c->sampled = c->equity;
    if (c->sink) c->sink(c->ctx, &sample);
}

/* The first multiple of the sample length behind `ts`. */
static int64_t grid_after(int64_t ts, int64_t length)
{
    int64_t rest = ts % length;

    return ts - rest + (rest < 0 ? 0 : length);
}

void curve_begin(curve *c, int64_t sample_ns, int64_t ts, int64_t equity, int64_t cash,
                 curve_sink sink, void *ctx)
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
                 .peak_ts = ts};
    put_sample(c, ts);
}

static void put_samples_before(curve *c, int64_t ts)
{
    for (; c->next < ts; c->next += c->sample_ns)
        put_sample(c, c->next);
}

static void see_peak(curve *c, int64_t ts)
{
    if (ts - c->peak_ts > c->longest_ns && c->trough < c->peak) c->longest_ns = ts - c->peak_ts;
}

void curve_pass(curve *c, int64_t ts, bool is_exposed)
{
    if (ts <= c->last_ts) return;
    if (c->next < ts) put_samples_before(c, ts);
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
        c->peak = c->trough = equity;
        c->peak_ts = ts;
    } else if (equity < c->trough) {
        c->trough = equity;
        double drawdown = drawdown_of(c, equity);
        if (drawdown > c->max_drawdown) c->max_drawdown = drawdown;
    }
}

void curve_end(curve *c, int64_t ts, int64_t equity, int64_t cash, bool is_exposed)
{
    curve_mark(c, ts, equity, cash, is_exposed);
    see_peak(c, c->last_ts);
    put_sample(c, c->last_ts);
}
