/* SPDX-License-Identifier: MIT
 *
 * What the returns look like: their histogram beside the normal curve, and Sharpe ratio and
 * volatility over a rolling window. */
#include "page_parts.h"

#include "base/clock.h"

#include <quoin/sdk/normal.h>
#include <quoin/sdk/performance.h>

#include <math.h>
#include <stdio.h>

#define LEAST_RETURNS 10 /* below it a histogram shows nothing but chance */
#define BINS_MAX 61
#define ROLLING_POINTS 1500 /* windows evaluated: more than a picture has columns */

/* ------------------------------------------------------------------ histogram */

typedef struct spread {
    size_t n; /* returns that are finite and not 0 */
    double mean, deviation, low, high;
} spread;

/* Mean and deviation by Welford's method (1962), ddof 1: the SDK's moments are of all of them. */
static spread spread_of(const double *returns, size_t n)
{
    spread s = {.low = INFINITY, .high = -INFINITY};
    double squares = 0;

    for (size_t i = 0; i < n; i++) {
        double r = returns[i];
        double apart = r - s.mean;
        if (!isfinite(r) || r == 0) continue;
        s.n++;
        s.mean += apart / (double)s.n;
        squares += apart * (r - s.mean);
        s.low = fmin(s.low, r);
        s.high = fmax(s.high, r);
    }
    s.deviation = s.n > 1 ? sqrt(squares / (double)(s.n - 1)) : NAN;
    return s;
}

typedef struct histogram {
    spread spread;
    double low, width; /* of the first bin; of each */
    size_t nbins;
    double counts[BINS_MAX];
    size_t outside; /* returns beyond the ends, counted in the last bins there */
    size_t zeros;   /* returns of exactly 0, left out: nothing was held */
} histogram;

/* Bins of a third of a deviation, rounded, no farther out than five deviations: a crash would
 * otherwise press all other days into one bin. */
static void set_bins(histogram *g)
{
    const spread *s = &g->spread;
    double low = fmax(s->low, s->mean - 5 * s->deviation);
    double high = fmin(s->high, s->mean + 5 * s->deviation);
    double last;

    g->width = svg_round_step(s->deviation / 3.5);
    g->low = floor(low / g->width) * g->width;
    last = floor(high / g->width) * g->width;
    g->nbins = (size_t)lround((last - g->low) / g->width) + 1;
    if (g->nbins > BINS_MAX) g->nbins = BINS_MAX;
}

static histogram histogram_of(const page_run *run)
{
    histogram g = {.spread = spread_of(run->returns, run->nreturns)};

    for (size_t i = 0; i < run->nreturns; i++)
        g.zeros += run->returns[i] == 0;
    if (g.spread.n < LEAST_RETURNS || !(g.spread.deviation > 1e-300)) return g;
    set_bins(&g);
    for (size_t i = 0; i < run->nreturns; i++) {
        double at = floor((run->returns[i] - g.low) / g.width);
        if (!isfinite(at) || run->returns[i] == 0) continue;
        if (at < 0 || at >= (double)g.nbins) g.outside++;
        g.counts[at < 0 ? 0 : at >= (double)g.nbins ? g.nbins - 1 : (size_t)at]++;
    }
    return g;
}

static double normal_density(double x, double mean, double deviation)
{
    return qn_normal_density((x - mean) / deviation) / deviation;
}

static void draw_histogram(page *p, svg_head *head, const void *ctx)
{
    const histogram *g = ctx;
    const spread *s = &g->spread;
    const svg_key keys[] = {{.class = "ba", .text = "Returns"}, {.class = "c", .text = "Normal"}};
    double end = g->low + (double)g->nbins * g->width;
    double full = (double)s->n * g->width;
    double high = full * normal_density(s->mean, s->mean, s->deviation);
    svg chart;

    for (size_t i = 0; i < g->nbins; i++)
        high = fmax(high, g->counts[i]);
    head->has_legend = true;
    head->left = PAGE_LEFT;
    head->title = "Histogram of returns";
    head->desc = "How many returns fell into each range, beside a normal distribution of the same "
                 "mean and deviation.";
    head->x = (svg_axis){.unit = SVG_PART, .low = g->low, .high = end, .is_fixed = true};
    head->y = (svg_axis){.low = 0, .high = high};
    svg_begin(&chart, &p->h, head);
    for (size_t i = 0; i < g->nbins; i++) {
        double from = g->low + (double)i * g->width;
        svg_bar(&chart, from + g->width * 0.06, from + g->width * 0.94, g->counts[i], "ba", NULL);
    }
    for (size_t i = 0; i <= 120; i++) {
        double x = g->low + (end - g->low) * (double)i / 120;
        p->points[i] = (svg_point){x, full * normal_density(x, s->mean, s->deviation)};
    }
    svg_line(&chart, p->points, 121, "c");
    svg_rule_x(&chart, 0, "z");
    svg_legend(&chart, keys, 2);
    svg_end(&chart);
}

/* ------------------------------------------------------------------ rolling window */

typedef struct rolling {
    size_t window, n;
    double sharpe[ROLLING_POINTS], volatility[ROLLING_POINTS], at[ROLLING_POINTS];
} rolling;

/* A quarter, or a month, or a fifth of what there is, of at least 10 returns; 0 = too few. */
static size_t window_of(const page_run *run)
{
    size_t quarter = (size_t)lround(run->periods_per_year / 4);
    size_t month = (size_t)lround(run->periods_per_year / 12);

    if (quarter >= LEAST_RETURNS && run->nreturns >= 3 * quarter) return quarter;
    if (month >= LEAST_RETURNS && run->nreturns >= 3 * month) return month;
    return run->nreturns / 5 >= LEAST_RETURNS ? run->nreturns / 5 : 0;
}

/* Time at which return i ends: samples lie on UTC multiples of their length. */
static double return_time(const page_run *run, size_t i)
{
    double sample = (double)run->sample_ns * 1e-9;
    double start = floor((double)run->first_ts * 1e-9 / sample) * sample;

    return start + sample * (double)(i + 1);
}

static void roll(const page_run *run, rolling *r)
{
    size_t places;

    r->window = window_of(run);
    if (r->window == 0) return;
    places = run->nreturns - r->window + 1;
    r->n = places < ROLLING_POINTS ? places : ROLLING_POINTS;
    for (size_t i = 0; i < r->n; i++) {
        size_t first =
            r->n > 1 ? (size_t)((double)i * (double)(places - 1) / (double)(r->n - 1)) : 0;
        qn_moments m = qn_moments_of(run->returns + first, r->window); /* a NaN stays one */
        r->at[i] = return_time(run, first + r->window - 1);
        r->volatility[i] = qn_moments_deviation(&m) * sqrt(run->periods_per_year);
        r->sharpe[i] = qn_moments_sharpe(&m, 0) * sqrt(run->periods_per_year);
    }
}

static void draw_rolling(page *p, svg_head *head, const double *at, const double *values, size_t n,
                         const char *class)
{
    double low = 0;
    double high = 0;
    svg chart;

    for (size_t i = 0; i < n; i++) {
        p->points[i] = (svg_point){at[i], values[i]};
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    head->x = page_time_axis(p);
    head->left = PAGE_LEFT;
    head->y.low = low;
    head->y.high = high;
    svg_begin(&chart, &p->h, head);
    svg_line(&chart, p->points, n, class);
    svg_rule_y(&chart, 0, "z");
    svg_end(&chart);
}

static void draw_sharpe(page *p, svg_head *head, const void *ctx)
{
    const rolling *r = ctx;

    head->title = "Rolling Sharpe ratio";
    head->desc = "Sharpe ratio of the returns in a window that ends at each time.";
    head->y = (svg_axis){.unit = SVG_PLAIN};
    draw_rolling(p, head, r->at, r->sharpe, r->n, "a");
}

static void draw_volatility(page *p, svg_head *head, const void *ctx)
{
    const rolling *r = ctx;

    head->title = "Rolling volatility";
    head->desc = "Yearly volatility of the returns in a window that ends at each time.";
    head->y = (svg_axis){.unit = SVG_PART};
    draw_rolling(p, head, r->at, r->volatility, r->n, "b");
}

/* ------------------------------------------------------------------ section */

static void histogram_figure(page *p, const histogram *g, const char *sample)
{
    char caption[128];
    char count[HTML_NUMBER];

    if (g->nbins == 0) {
        html_putf(
            &p->h,
            "<p class=\"note\">No histogram: it takes %d returns that differ and are not 0, and "
            "the run has %zu. One return covers %s; a shorter report.sample gives "
            "more of them.</p>\n",
            LEAST_RETURNS, g->spread.n, sample);
        return;
    }
    snprintf(caption, sizeof caption, "Returns over %s", sample);
    page_chart(p, "histogram-chart", caption, true, 250, draw_histogram, g);
    if (g->zeros + g->outside == 0) return;
    html_put(&p->h, "<p class=\"note\">");
    html_number((double)g->zeros, 0, count);
    if (g->zeros)
        html_putf(&p->h, "%s return%s of exactly 0 %s left out. ", count, g->zeros == 1 ? "" : "s",
                  g->zeros == 1 ? "is" : "are");
    html_number((double)g->outside, 0, count);
    if (g->outside)
        html_putf(&p->h, "%s beyond five deviations %s counted at the ends.", count,
                  g->outside == 1 ? "is" : "are");
    html_put(&p->h, "</p>\n");
}

static void rolling_figures(page *p, rolling *r, const char *sample)
{
    char caption[128];
    char text[HTML_NUMBER];

    roll(p->run, r);
    if (r->window == 0) {
        html_putf(
            &p->h,
            "<p class=\"note\">No rolling figures: they take %d returns, and the run has %zu. "
            "One return covers %s; a shorter report.sample gives "
            "more of them.</p>\n",
            5 * LEAST_RETURNS, p->run->nreturns, sample);
        return;
    }
    html_put(&p->h, "<div class=\"pair\">\n");
    page_duration((double)r->window * (double)p->run->sample_ns * 1e-9, text);
    snprintf(caption, sizeof caption, "Sharpe ratio, rolling over %.40s", text);
    page_chart(p, "rolling-sharpe-chart", caption, false, 220, draw_sharpe, r);
    snprintf(caption, sizeof caption, "Yearly volatility, rolling over %.40s", text);
    page_chart(p, "rolling-volatility-chart", caption, false, 220, draw_volatility, r);
    html_put(&p->h, "</div>\n");
}

void page_returns(page *p)
{
    static const char *const whole[] = {"one day", "one hour", "one minute"};
    static const int64_t lengths[] = {QN_NS_PER_DAY, QN_NS_PER_DAY / 24, QN_NS_PER_DAY / 1440};
    histogram g = histogram_of(p->run);
    rolling r = {0};
    char sample[HTML_NUMBER];

    page_duration((double)p->run->sample_ns * 1e-9, sample);
    for (size_t i = 0; i < 3; i++)
        if (p->run->sample_ns == lengths[i]) snprintf(sample, sizeof sample, "%s", whole[i]);
    html_section(&p->h, "returns", "Returns");
    histogram_figure(p, &g, sample);
    rolling_figures(p, &r, sample);
    html_put(&p->h, "</section>\n");
}
