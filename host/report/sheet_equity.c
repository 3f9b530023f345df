/* SPDX-License-Identifier: MIT
 *
 * The tear sheet's money: series of equity and what is made of it, drawdowns, months. */
#include "gather.h"

#include "base/clock.h"

/* ------------------------------------------------------------------ months */

static int64_t end_of_month(int32_t year, int32_t month)
{
    const civil next = month < 12 ? (civil){year, month + 1, 1} : (civil){year + 1, 1, 1};
    qn_wide ns = (qn_wide)qn_civil_days(next) * QN_NS_PER_DAY;

    return ns < INT64_MAX ? (int64_t)ns : INT64_MAX;
}

/* The benchmark's last price in units, 0 = none. */
static double benchmark_price(const sheet *s, const struct report *r)
{
    const thin *price;

    if (r->benchmark >= s->ninstruments) return 0;
    price = &s->charts[r->benchmark].price;
    return price->n > 0 ? price->at[price->n - 1].last : 0;
}

static void month_begin(sheet *s, const struct report *r, int32_t year, int32_t month)
{
    s->months[s->nmonths++] = (sheet_month){.year = year,
                                            .month = month,
                                            .first = sheet_money(s->gather->equity),
                                            .benchmark_first = benchmark_price(s, r)};
    s->gather->month_end = end_of_month(year, month);
}

/* The first price that is seen is what the benchmark begins with, be it within a month. */
static void month_close(sheet *s, const struct report *r)
{
    sheet_month *m = &s->months[s->nmonths - 1];

    m->last = sheet_money(s->gather->equity);
    m->benchmark_last = benchmark_price(s, r);
    if (m->benchmark_first == 0 && m->benchmark_last != 0)
        m->benchmark_first = s->charts[r->benchmark].price.at[0].first;
}

void months_pass(sheet *s, const struct report *r, int64_t ts)
{
    while (ts > s->gather->month_end && s->nmonths < SHEET_MONTHS) {
        const sheet_month *m = &s->months[s->nmonths - 1];
        month_close(s, r);
        month_begin(s, r, m->month < 12 ? m->year : m->year + 1, m->month % 12 + 1);
    }
}

/* ------------------------------------------------------------------ exposure */

/* Integers that are added and taken away again: doubles would drift. */
void equity_weigh(sheet *s, uint32_t instrument)
{
    gather *g = s->gather;
    gather_instrument *in = &g->instruments[instrument];
    int64_t before = in->value;
    int64_t value = in->net->value;

    if (value == before || !in->is_counted) return;
    in->value = value;
    g->net += (qn_wide)value - before;
    g->gross += (value < 0 ? -(qn_wide)value : value) - (before < 0 ? -(qn_wide)before : before);
}

/* Nearly always one instruction; 128 bits are a call. */
static double wide_number(qn_wide value)
{
    return value == (int64_t)value ? (double)(int64_t)value : (double)value;
}

static void see_exposure(sheet *s, int64_t ts, int64_t equity)
{
    double per_equity = 1 / (double)equity;

    if (equity <= 0) return;
    thin_add(&s->exposure, ts, wide_number(s->gather->gross) * per_equity);
    thin_add(&s->net, ts, wide_number(s->gather->net) * per_equity);
}

/* ------------------------------------------------------------------ drawdowns */

static void set_peak(sheet *s, int64_t equity)
{
    gather *g = s->gather;

    g->peak = g->trough = equity;
    g->per_peak = equity > 0 ? 1 / (double)equity : 0;
    s->peak = sheet_money(equity);
}

static void end_drawdown(sheet *s, int64_t end_ts)
{
    if (s->now.depth <= 0) return;
    s->now.end_ts = end_ts;
    drawdowns_add(s, &s->now);
}

/* The same fraction as the curve's, to the last bit: both are shown side by side. */
static void see_trough(sheet *s, const struct report *r, int64_t ts, int64_t equity)
{
    gather *g = s->gather;

    g->trough = equity;
    if (g->peak <= 0) return;
    if (s->now.depth <= 0) s->now.peak_ts = r->curve.peak_ts;
    s->now.trough_ts = ts;
    s->now.depth = (double)(g->peak - equity) / (double)g->peak;
}

static void see_drawdown(sheet *s, const struct report *r, int64_t ts, int64_t equity)
{
    gather *g = s->gather;

    if (equity >= g->peak) {
        end_drawdown(s, ts);
        s->now = (sheet_drawdown){0};
        set_peak(s, equity);
    } else if (equity < g->trough) {
        see_trough(s, r, ts, equity);
    }
    thin_add(&s->drawdown, ts, (double)(g->peak - equity) * g->per_peak);
}

/* ------------------------------------------------------------------ equity */

void equity_begin(sheet *s, const struct report *r)
{
    gather *g = s->gather;
    int64_t ts = r->curve.first_ts;
    civil date = civil_of(ts);

    g->first_ts = g->last_ts = ts;
    g->equity = r->curve.first_equity;
    g->cash = r->curve.cash;
    set_peak(s, g->equity);
    thin_add(&s->cash, ts, sheet_money(g->cash));
    month_begin(s, r, date.year, date.month);
    equity_see(s, r, ts, g->equity, g->cash);
}

void equity_hold(sheet *s, int64_t ts)
{
    thin_hold(&s->equity, ts);
    thin_hold(&s->cash, ts);
    thin_hold(&s->drawdown, ts);
    thin_hold(&s->exposure, ts);
    thin_hold(&s->net, ts);
}

/* Fills and payments are settled: cash changes by them alone. */
static void settle(sheet *s, int64_t ts, int64_t cash)
{
    gather *g = s->gather;
    sheet_month *m = &s->months[s->nmonths - 1];

    thin_add(&s->cash, ts, sheet_money(cash));
    g->cash = cash;
    m->traded += g->traded;
    m->fees += g->fees;
    m->funding += g->funding;
    g->traded = g->fees = g->funding = 0;
    g->is_moving = false;
}

void equity_see(sheet *s, const struct report *r, int64_t ts, int64_t equity, int64_t cash)
{
    gather *g = s->gather;

    if (ts < g->last_ts) ts = g->last_ts;
    g->last_ts = ts;
    g->equity = equity;
    thin_add(&s->equity, ts, sheet_money(equity));
    see_drawdown(s, r, ts, equity);
    see_exposure(s, ts, equity);
    if (g->is_moving) settle(s, ts, cash);
}

/* The benchmark's series is its price's, on the scale of the first equity. */
static void scale_benchmark(sheet *s, const struct report *r)
{
    double scale;

    if (benchmark_price(s, r) == 0) return;
    s->benchmark = s->charts[r->benchmark].price;
    scale = s->months[0].first / s->benchmark.at[0].first;
    for (size_t i = 0; i < s->benchmark.n; i++) {
        thin_bucket *b = &s->benchmark.at[i];
        b->first *= scale;
        b->low *= scale;
        b->high *= scale;
        b->last *= scale;
    }
}

void equity_end(sheet *s, const struct report *r)
{
    month_close(s, r);
    end_drawdown(s, 0);
    scale_benchmark(s, r);
}
