/* SPDX-License-Identifier: MIT
 *
 * Equity with its benchmark, drawdown, months and years, exposure and turnover. */
#include "page_parts.h"

#include <quoin/sdk/performance.h>
#include <quoin/sdk/time.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ series as points */

static double seconds(int64_t ns)
{
    return (double)ns * 1e-9;
}

size_t page_points(page *p, const thin *t, double scale)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++) {
        const thin_bucket *b = &t->at[i];
        double from = seconds(b->from);
        double step = (seconds(b->to) - from) / 3;
        bool is_rising = b->last >= b->first;
        p->points[n++] = (svg_point){from, b->first * scale};
        if (b->from == b->to && b->low == b->high) continue;
        p->points[n++] = (svg_point){from + step, (is_rising ? b->low : b->high) * scale};
        p->points[n++] = (svg_point){from + 2 * step, (is_rising ? b->high : b->low) * scale};
        p->points[n++] = (svg_point){seconds(b->to), b->last * scale};
    }
    return n;
}

void page_range(const thin *t, double scale, double *low, double *high)
{
    for (size_t i = 0; i < t->n; i++) {
        double a = t->at[i].low * scale;
        double b = t->at[i].high * scale;
        *low = fmin(*low, fmin(a, b)); /* fmin and fmax skip a NaN */
        *high = fmax(*high, fmax(a, b));
    }
}

svg_axis page_time_axis(const page *p)
{
    return (svg_axis){.scale = SVG_TIME, .low = p->start_s, .high = p->end_s};
}

#define LOG_FROM 10 /* times the lowest value */

svg_scale page_scale(double low, double high)
{
    return low > 0 && high > low * LOG_FROM ? SVG_LOG : SVG_LINEAR;
}

/* ------------------------------------------------------------------ equity and drawdown */

static void draw_equity(page *p, svg_head *head, const void *ctx)
{
    const sheet *s = p->s;
    const svg_key keys[] = {{.class = "a", .text = "Equity"}, {.class = "c", .text = "Benchmark"}};
    bool has_benchmark = s->benchmark.n > 0;
    double low = NAN;
    double high = NAN;
    svg chart;

    (void)ctx;
    page_range(&s->equity, 1, &low, &high);
    page_range(&s->benchmark, 1, &low, &high);
    head->title = "Equity";
    head->desc = "Equity over time, and what the benchmark would have made of the same start.";
    head->left = PAGE_LEFT;
    head->x = page_time_axis(p);
    head->y =
        (svg_axis){.scale = page_scale(low, high), .low = low, .high = high, .title = p->currency};
    head->has_legend = has_benchmark;
    svg_begin(&chart, &p->h, head);
    svg_line(&chart, p->points, page_points(p, &s->benchmark, 1), "c");
    svg_line(&chart, p->points, page_points(p, &s->equity, 1), "a");
    if (has_benchmark) svg_legend(&chart, keys, 2);
    svg_end(&chart);
}

static void draw_drawdown(page *p, svg_head *head, const void *ctx)
{
    const thin *t = &p->s->drawdown;
    double low = 0;
    double high = 0;
    size_t n;
    svg chart;

    (void)ctx;
    page_range(t, -1, &low, &high);
    head->title = "Drawdown";
    head->desc = "How far equity lay below its highest value so far, over time.";
    head->left = PAGE_LEFT;
    head->x = page_time_axis(p);
    head->y = (svg_axis){.unit = SVG_PART, .low = low < 0 ? low : -0.01, .high = 0};
    svg_begin(&chart, &p->h, head);
    n = page_points(p, t, -1);
    svg_area(&chart, p->points, n, 0, "fb");
    svg_line(&chart, p->points, n, "b");
    svg_end(&chart);
}

void page_equity(page *p)
{
    const sheet *s = p->s;
    double low = NAN;
    double high = NAN;
    const char *caption = "Equity";

    html_section(&p->h, "equity", "Equity and drawdown");
    if (s->equity.n == 0) {
        html_paragraph(&p->h, "note", "No equity was seen: nothing was marked in this run.");
        html_put(&p->h, "</section>\n");
        return;
    }
    page_range(&s->equity, 1, &low, &high);
    page_range(&s->benchmark, 1, &low, &high);
    if (page_scale(low, high) == SVG_LOG) caption = "Equity, logarithmic scale";
    page_chart(p, "equity-chart", caption, true, 330, draw_equity, NULL);
    page_chart(p, "drawdown-chart", "Drawdown: distance below the highest equity so far", true, 170,
               draw_drawdown, NULL);
    html_put(&p->h, "</section>\n");
}

/* ------------------------------------------------------------------ months and years */

static double gain(double first, double last)
{
    return first > 0 ? last / first - 1 : NAN;
}

/* The months of one year are neighbours: the first one behind those of the year of `i`. */
static size_t year_end(const sheet *s, size_t i)
{
    size_t end = i;

    while (end < s->nmonths && s->months[end].year == s->months[i].year)
        end++;
    return end;
}

static size_t years_of(const sheet *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->nmonths; i = year_end(s, i))
        n++;
    return n;
}

/* How months are shown: `full` is the return that has the strongest colour. */
typedef struct heat {
    double full;
    int places;
} heat;

/* The colour follows the figure, whose sign says the same. */
static void heat_cell(page *p, double value, double full, int places)
{
    char text[HTML_NUMBER];
    bool is_zero;

    if (!isfinite(value)) {
        html_put(&p->h, "<td class=\"h0\">n/a</td>");
        return;
    }
    html_number(value * 100, fabs(value) < 1 ? places : 0, text);
    is_zero = strspn(text, "0.") == strlen(text); /* as shown: it has no sign, and no colour */
    html_putf(&p->h, "<td class=\"%s\">%s%s</td>", svg_shade(is_zero ? 0 : value / full),
              value > 0 && !is_zero ? "+" : "", text);
}

static void heat_row(page *p, size_t from, size_t end, const heat *h)
{
    const sheet *s = p->s;
    size_t at = from;

    html_putf(&p->h, "<tr><th scope=\"row\">%d</th>", (int)s->months[from].year);
    for (int32_t month = 1; month <= 12; month++) {
        if (at < end && s->months[at].month == month) {
            heat_cell(p, gain(s->months[at].first, s->months[at].last), h->full, h->places);
            at++;
        } else {
            html_put(&p->h, "<td></td>");
        }
    }
    heat_cell(p, gain(s->months[from].first, s->months[end - 1].last), h->full * 3.5, h->places);
    html_put(&p->h, "</tr>\n");
}

/* Colours from 1 % on, so that what is next to nothing looks so; of 25 % all are the same. */
static heat heat_of(const sheet *s)
{
    double most = 0;
    int places;

    for (size_t i = 0; i < s->nmonths; i++) {
        double value = fabs(gain(s->months[i].first, s->months[i].last));
        if (isfinite(value) && value > most) most = value;
    }
    places = most > 0 ? html_places(most * 100, 2) : 1;
    return (heat){.full = most < 0.01   ? 0.01
                          : most > 0.25 ? 0.25
                                        : most,
                  .places = places < 1   ? 1
                            : places > 4 ? 4
                                         : places};
}

static void heat_table(page *p)
{
    const sheet *s = p->s;
    const heat h = heat_of(s);

    html_put(&p->h, "<div class=\"scroll\"><table class=\"heat\"><caption>Monthly returns, %"
                    "</caption>\n<thead><tr><th scope=\"col\">Year</th>");
    for (int32_t month = 1; month <= 13; month++)
        html_putf(&p->h, "<th scope=\"col\" class=\"r\">%s</th>",
                  month <= 12 ? html_month(month) : "Total");
    html_put(&p->h, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < s->nmonths; i = year_end(s, i))
        heat_row(p, i, year_end(s, i), &h);
    html_put(&p->h, "</tbody></table></div>\n");
}

/* Bars of periods beside each other: the run's and its benchmark's. */
#define BARS_MAX 120
#define BARS_FEW 8 /* fewer are no wider than these */
typedef struct bars {
    size_t n;
    double own[BARS_MAX], benchmark[BARS_MAX];
    char text[BARS_MAX][12];
    const char *names[BARS_MAX];
    const char *title, *desc;
    bool has_benchmark;
} bars;

static void add_bar(bars *b, const sheet_month *first, const sheet_month *last, bool is_year)
{
    size_t i = b->n;

    if (i == BARS_MAX) return;
    b->own[i] = gain(first->first, last->last);
    b->benchmark[i] = gain(first->benchmark_first, last->benchmark_last);
    if (isfinite(b->benchmark[i])) b->has_benchmark = true;
    if (is_year)
        snprintf(b->text[i], sizeof b->text[i], "%d", (int)first->year);
    else
        snprintf(b->text[i], sizeof b->text[i], "%d-%02d", (int)first->year, (int)first->month);
    b->names[i] = b->text[i];
    b->n++;
}

static void draw_bars(page *p, svg_head *head, const void *ctx)
{
    const bars *b = ctx;
    const svg_key keys[] = {{.class = "ba", .text = "Run"}, {.class = "bc", .text = "Benchmark"}};
    double low = 0;
    double high = 0;
    double slot = b->n < BARS_FEW ? (double)b->n / BARS_FEW : 1; /* of a bar's place */
    double width = (b->has_benchmark ? 0.38 : 0.64) * slot;
    svg chart;

    for (size_t i = 0; i < b->n; i++) {
        low = fmin(low, fmin(b->own[i], b->benchmark[i]));
        high = fmax(high, fmax(b->own[i], b->benchmark[i]));
    }
    head->title = b->title;
    head->desc = b->desc;
    head->has_legend = b->has_benchmark;
    head->left = PAGE_LEFT;
    head->x = (svg_axis){.scale = SVG_NAMES, .names = b->names, .nnames = b->n};
    head->y = (svg_axis){.unit = SVG_PART, .low = low, .high = high};
    svg_begin(&chart, &p->h, head);
    for (size_t i = 0; i < b->n; i++) {
        double from = (double)i + 0.5 - (b->has_benchmark ? width : width / 2);
        char number[HTML_NUMBER];
        char tip[HTML_NUMBER + 16];
        html_percent(b->own[i], 2, number);
        snprintf(tip, sizeof tip, "%s: %s", b->text[i], number);
        svg_bar(&chart, from, from + width, b->own[i], "ba", tip);
        if (b->has_benchmark)
            svg_bar(&chart, from + width, from + 2 * width, b->benchmark[i], "bc", NULL);
    }
    svg_rule_y(&chart, 0, "z");
    if (b->has_benchmark) svg_legend(&chart, keys, 2);
    svg_end(&chart);
}

/* Years where there are some, else months. */
static void bar_chart(page *p)
{
    const sheet *s = p->s;
    bool by_year = years_of(s) > 1;
    bars b = {.title = by_year ? "Yearly returns" : "Monthly returns",
              .desc = "Return of each calendar period, of the run and of its benchmark."};
    size_t end;

    for (size_t i = 0; i < s->nmonths; i = end) {
        end = by_year ? year_end(s, i) : i + 1;
        add_bar(&b, &s->months[i], &s->months[end - 1], by_year);
    }
    page_chart(p, "periods-chart", b.title, true, 220, draw_bars, &b);
}

void page_months(page *p)
{
    html_section(&p->h, "months", "Months and years");
    if (p->s->nmonths == 0) {
        html_paragraph(&p->h, "note", "No month was seen: nothing was marked in this run.");
    } else {
        heat_table(p);
        html_paragraph(&p->h, "note",
                       "The first and the last month may be parts of one. A total is the return "
                       "from the first equity of the year to its last.");
        if (p->s->nmonths > 1) bar_chart(p);
    }
    html_put(&p->h, "</section>\n");
}

/* ------------------------------------------------------------------ exposure and turnover */

/* The highest exposure that is drawn; infinite = all of it. Where equity nears 0 it grows without
 * bound, and the rest of the run would be a flat line. */
static double exposure_cap(const sheet *s)
{
    double highs[THIN_MAX];
    double usual;
    size_t n = s->exposure.n;

    if (n == 0) return INFINITY;
    for (size_t i = 0; i < n; i++)
        highs[i] = s->exposure.at[i].high;
    qn_sort(highs, n);
    usual = highs[n * 9 / 10];
    return usual > 0 && highs[n - 1] > 8 * usual ? 2 * usual : INFINITY;
}

static void draw_exposure(page *p, svg_head *head, const void *ctx)
{
    const svg_key keys[] = {{.class = "fa", .text = "Gross"}, {.class = "b", .text = "Net"}};
    const sheet *s = p->s;
    double cap = exposure_cap(s);
    double low = 0;
    double high = 0;
    size_t n;
    svg chart;

    (void)ctx;
    page_range(&s->exposure, 1, &low, &high);
    page_range(&s->net, 1, &low, &high);
    head->has_legend = true;
    head->title = "Exposure";
    head->desc = "Value of all positions as part of equity: gross counts long and short alike, "
                 "net sets one against the other.";
    head->left = PAGE_LEFT;
    head->x = page_time_axis(p);
    head->y = (svg_axis){.unit = SVG_PART, .low = fmax(low, -cap), .high = fmin(high, cap)};
    svg_begin(&chart, &p->h, head);
    n = page_points(p, &s->exposure, 1);
    svg_area(&chart, p->points, n, 0, "fa");
    svg_line(&chart, p->points, page_points(p, &s->net, 1), "b");
    svg_legend(&chart, keys, 2);
    svg_end(&chart);
}

/* Seconds since 1970 at which a month begins. */
static double month_start(int32_t year, int32_t month)
{
    return (double)qn_civil_days((qn_civil){.year = year, .month = month, .day = 1}) * 86400;
}

/* Traded notional / mean equity of the month. */
static double turnover(const sheet_month *m)
{
    double mean = (m->first + m->last) / 2;

    return mean > 0 ? m->traded / mean : NAN;
}

/* Months by name, or on an axis of time where there are too many of them. */
#define MONTHS_NAMED 18

static void turnover_bar(svg *chart, const sheet *s, size_t i)
{
    const sheet_month *m = &s->months[i];
    double from = month_start(m->year, m->month);
    double end = month_start(m->year + m->month / 12, m->month % 12 + 1);
    double gap = (end - from) * 0.1;
    double half = s->nmonths < BARS_FEW ? 0.32 * (double)s->nmonths / BARS_FEW : 0.32;

    if (s->nmonths <= MONTHS_NAMED)
        svg_bar(chart, (double)i + 0.5 - half, (double)i + 0.5 + half, turnover(m), "ba", NULL);
    else
        svg_bar(chart, fmax(from + gap, chart->x.low), fmin(end - gap, chart->x.high), turnover(m),
                "ba", NULL);
}

static void draw_turnover(page *p, svg_head *head, const void *ctx)
{
    const sheet *s = p->s;
    char text[MONTHS_NAMED][16];
    const char *names[MONTHS_NAMED];
    double high = 0;
    svg chart;

    (void)ctx;
    for (size_t i = 0; i < s->nmonths; i++)
        high = fmax(high, turnover(&s->months[i]));
    head->title = "Turnover";
    head->desc = "Traded value of each month as a multiple of its mean equity.";
    head->left = PAGE_LEFT;
    head->x = page_time_axis(p);
    head->y = (svg_axis){.low = 0, .high = high};
    for (size_t i = 0; i < s->nmonths && s->nmonths <= MONTHS_NAMED; i++) {
        snprintf(text[i], sizeof text[i], "%d-%02d", (int)s->months[i].year,
                 (int)s->months[i].month);
        names[i] = text[i];
    }
    if (s->nmonths <= MONTHS_NAMED)
        head->x = (svg_axis){.scale = SVG_NAMES, .names = names, .nnames = s->nmonths};
    svg_begin(&chart, &p->h, head);
    for (size_t i = 0; i < s->nmonths; i++)
        turnover_bar(&chart, s, i);
    svg_end(&chart);
}

/* Without positions at a mark, or without equity to measure them by, a line at 0 would be wrong. */
static void exposure_figure(page *p)
{
    double low = 0;
    double high = 0;

    page_range(&p->s->exposure, 1, &low, &high);
    if (high > 0)
        page_chart(p, "exposure-chart", "Exposure, part of equity", false, 220, draw_exposure,
                   NULL);
    else
        html_paragraph(&p->h, "note",
                       "No exposure to show: at no mark with equity above 0 was a position open.");
}

static void turnover_figure(page *p)
{
    double high = 0;

    for (size_t i = 0; i < p->s->nmonths; i++)
        high = fmax(high, turnover(&p->s->months[i]));
    if (high > 0)
        page_chart(p, "turnover-chart", "Turnover of each month, times its mean equity", false, 220,
                   draw_turnover, NULL);
    else
        html_paragraph(&p->h, "note",
                       "No turnover to show: in no month with fills was mean equity above 0.");
}

void page_exposure(page *p)
{
    html_section(&p->h, "exposure", "Exposure and turnover");
    if (page_number(p->result, "fills.count") == 0) {
        html_paragraph(&p->h, "note", "Nothing was bought or sold: there was no exposure.");
    } else {
        html_put(&p->h, "<div class=\"pair\">\n");
        exposure_figure(p);
        turnover_figure(p);
        html_put(&p->h, "</div>\n");
        if (isfinite(exposure_cap(p->s)))
            html_paragraph(&p->h, "note",
                           "Exposure is cut off at the edge of the chart where it was many times "
                           "the usual one, as it is when equity nears zero.");
    }
    html_put(&p->h, "</section>\n");
}
