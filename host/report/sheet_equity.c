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
}

/* ------------------------------------------------------------------ series */

static thin *series_of(sheet *s, int i)
{
    thin *const all[SERIES] = {[SERIES_EQUITY] = &s->equity,
                               [SERIES_DRAWDOWN] = &s->drawdown,
                               [SERIES_EXPOSURE] = &s->exposure,
                               [SERIES_NET] = &s->net};

    return all[i];
}

static void write_back(sheet *s)
{
    gather_buckets *k = &s->gather->buckets;

    if (k->end == INT64_MIN) return;
    for (int i = 0; i < SERIES; i++) {
        thin *t = series_of(s, i);
        thin_bucket *b = &t->at[t->n - 1];
        b->to = k->to;
        b->low = k->low[i];
        b->high = k->high[i];
        b->last = k->last[i];
    }
    k->end = INT64_MIN;
}

/* Adds the long way, and has the last buckets at hand from then on. Exposure on nothing is none. */
__attribute__((noinline)) static void begin_buckets(sheet *s, int64_t ts, int64_t equity,
                                                    const double values[SERIES])
{
    gather_buckets *k = &s->gather->buckets;
    const thin_bucket *b = NULL;
    int64_t end = INT64_MAX;

    write_back(s);
    for (int i = 0; i < SERIES; i++) {
        thin *t = series_of(s, i);
        if (equity <= 0 && i >= SERIES_EXPOSURE) return;
        thin_add(t, ts, values[i]);
        b = &t->at[t->n - 1];
        end = t->end < end ? t->end : end;
        k->low[i] = b->low;
        k->high[i] = b->high;
        k->last[i] = b->last;
    }
    k->to = b->to;
    k->end = end;
}

static inline void put(gather_buckets *k, int i, double value)
{
    k->low[i] = value < k->low[i] ? value : k->low[i];
    k->high[i] = value > k->high[i] ? value : k->high[i];
    k->last[i] = value;
}

/* One by one: values that go through an array are waited for, as long as all the rest takes. */
static void add(sheet *s, int64_t ts, int64_t equity)
{
    gather *g = s->gather;
    gather_buckets *k = &g->buckets;
    double per_equity = 1 / (double)equity;
    double drawdown = (double)(g->peak - equity) * g->per_peak;
    double exposure = wide_number(g->gross) * per_equity;
    double net = wide_number(g->net) * per_equity;

    if (ts >= k->end || equity <= 0) {
        begin_buckets(s, ts, equity,
                      (double[SERIES]){[SERIES_EQUITY] = sheet_money(equity),
                                       [SERIES_DRAWDOWN] = drawdown,
                                       [SERIES_EXPOSURE] = exposure,
                                       [SERIES_NET] = net});
        return;
    }
    k->to = ts > k->to ? ts : k->to;
    put(k, SERIES_EQUITY, sheet_money(equity));
    put(k, SERIES_DRAWDOWN, drawdown);
    put(k, SERIES_EXPOSURE, exposure);
    put(k, SERIES_NET, net);
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
    g->buckets.end = INT64_MIN;
    equity_see(s, r, ts, g->equity, g->cash);
}

void equity_hold(sheet *s, int64_t ts)
{
    write_back(s);
    for (int i = 0; i < SERIES; i++)
        thin_hold(series_of(s, i), ts);
    thin_hold(&s->cash, ts);
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
    see_drawdown(s, r, ts, equity);
    add(s, ts, equity);
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

/* Behind equity_hold, which wrote the buckets back; what was seen since then was added the long
 * way. */
void equity_end(sheet *s, const struct report *r)
{
    month_close(s, r);
    end_drawdown(s, 0);
    scale_benchmark(s, r);
}

/* Here, where what it calls can be inlined: the one call of a mark. */
void sheet_mark(sheet *s, const struct report *r, uint32_t instrument, int64_t price, int64_t ts,
                int64_t equity, int64_t cash)
{
    gather *g = s->gather;

    if (ts > g->month_end) months_pass(s, r, ts);
    thin_add(&s->charts[instrument].price, ts, (double)price * g->instruments[instrument].price);
    equity_weigh(s, instrument);
    if (g->gross != 0 || g->is_moving || equity != g->equity) equity_see(s, r, ts, equity, cash);
}
