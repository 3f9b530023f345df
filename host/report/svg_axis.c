/* SPDX-License-Identifier: MIT
 *
 * Axes: a range that can be drawn, and the round values in it. */
#include "svg.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DAY 86400
#define FARTHEST 1e200       /* of a value: sums and differences of two stay finite */
#define LAST_SECOND 9.2e9    /* of a time in ns: the years 1678 to 2261 */
#define SMALLEST_RANGE 1e-11 /* of the values: below it ticks are the same number */

/* ------------------------------------------------------------------ ranges */

double svg_round_step(double least)
{
    double power = pow(10, floor(log10(least)));
    double part = least / power;

    return (part <= 1.0000001 ? 1 : part <= 2.0000001 ? 2 : part <= 5.0000001 ? 5 : 10) * power;
}

static double clamp(double value, double most)
{
    return value > most ? most : value < -most ? -most : value;
}

static void widen(svg_axis *a)
{
    double by = a->scale == SVG_TIME ? 1800 : fabs(a->low) * 0.05;

    if (by < 1e-100) by = a->unit == SVG_PART ? 0.01 : 1;
    if (a->scale == SVG_LOG) by = a->low * 0.05;
    a->low -= by;
    a->high += by;
}

static void grow_to_steps(svg_axis *a, int want)
{
    double step = svg_round_step((a->high - a->low) / (want > 1 ? want : 1));

    a->low = floor(a->low / step + 1e-9) * step;
    a->high = ceil(a->high / step - 1e-9) * step;
    a->step = step;
}

svg_axis svg_axis_fit(const svg_axis *axis, int want)
{
    svg_axis a = *axis;
    double most = a.scale == SVG_TIME ? LAST_SECOND : FARTHEST;

    if (a.scale == SVG_NAMES) {
        a.low = 0;
        a.high = a.nnames ? (double)a.nnames : 1;
        return a;
    }
    if (!isfinite(a.low) || !isfinite(a.high)) {
        a.low = 0;
        a.high = a.scale == SVG_TIME ? DAY : 1;
    }
    a.low = clamp(a.low, most);
    a.high = clamp(a.high, most);
    if (a.low > a.high) {
        double high = a.low;
        a.low = a.high;
        a.high = high;
    }
    if (a.scale == SVG_LOG && a.low < 1e-100) a.scale = SVG_LINEAR;
    if (a.high - a.low <= SMALLEST_RANGE * fmax(fabs(a.low), fabs(a.high))) widen(&a);
    if (a.scale == SVG_LINEAR && !a.is_fixed) grow_to_steps(&a, want);
    if (a.scale == SVG_LOG && !a.is_fixed) {
        a.low *= 0.97;
        a.high *= 1.03;
    }
    return a;
}

/* ------------------------------------------------------------------ ticks of numbers */

/* A value with as many places as `step` has; large ones in millions and more. */
static void number_text(const svg_axis *a, double value, double step, char to[SVG_LABEL])
{
    static const struct {
        double unit;
        const char *text;
    } large[] = {{1e12, "T"}, {1e9, "B"}, {1e6, "M"}};
    double scale = a->unit == SVG_PART ? 0.01 : 1;
    const char *text = a->unit == SVG_PART ? "\xc2\xa0%" : "";
    double most = fmax(fabs(a->low), fabs(a->high));
    char number[HTML_NUMBER];
    int places;

    for (size_t i = 0; i < 3 && a->unit == SVG_PLAIN; i++)
        if (most >= large[i].unit) {
            scale = large[i].unit;
            text = large[i].text;
            break;
        }
    places = (int)ceil(-log10(step / scale) - 1e-9);
    html_number(value / scale, places, number);
    snprintf(to, SVG_LABEL, "%.24s%s", number, text);
}

static void add(svg_ticks *out, double at)
{
    if (out->n < SVG_TICKS) out->at[out->n++] = at;
}

/* The step of a range that does not end at ticks: one by which at least three of them lie within,
 * or it would be no scale. */
static double inner_step(const svg_axis *a, int want)
{
    double range = a->high - a->low;
    double step = svg_round_step(range / (want > 1 ? want : 1));

    for (int finer = 2; finer <= 4; finer++) {
        double n = floor(a->high / step + 1e-9) - ceil(a->low / step - 1e-9) + 1;
        if (n >= 3) break;
        step = svg_round_step(range / (finer * (want > 1 ? want : 1)));
    }
    return step;
}

static void linear_ticks(const svg_axis *a, int want, svg_ticks *out)
{
    bool is_grown = a->step > 0;
    double step = is_grown ? a->step : inner_step(a, want);
    /* a grown range ends at ticks, whatever the division makes of it */
    double first = is_grown ? round(a->low / step) : ceil(a->low / step - 1e-9);
    double last = is_grown ? round(a->high / step) : floor(a->high / step + 1e-9);

    for (double i = first; i <= last && out->n < SVG_TICKS; i++) {
        add(out, fabs(i) < 0.5 ? 0 : i * step);
        number_text(a, out->at[out->n - 1], step, out->text[out->n - 1]);
    }
}

static void log_ticks(const svg_axis *a, int want, svg_ticks *out)
{
    static const int parts[] = {1, 2, 5};
    double decades = log10(a->high) - log10(a->low);
    int stride = decades * 3 <= want ? 1 : 3;

    for (double k = floor(log10(a->low)); k <= log10(a->high); k++)
        for (int i = 0; i < 3; i += stride) {
            double at = parts[i] * pow(10, k);
            if (at < a->low || at > a->high) continue;
            add(out, at);
            number_text(a, at, pow(10, k), out->text[out->n - 1]);
        }
    if (out->n >= 2) return;
    out->n = 0; /* a range within one step of the powers */
    linear_ticks(a, want, out);
}

/* ------------------------------------------------------------------ ticks of time */

/* "14:00", "14:00:05", at midnight "5 Jan"; the first of them says the year where it can. */
static void clock_text(double at, int64_t step, bool is_first, char to[SVG_LABEL])
{
    int64_t second = (int64_t)at;
    int64_t of_day = ((second % DAY) + DAY) % DAY;
    civil date = civil_of(second * QN_NS_PER_S);

    if (of_day == 0 && (is_first || (date.month == 1 && date.day == 1)))
        snprintf(to, SVG_LABEL, "%d %s %d", (int)date.day, html_month(date.month), (int)date.year);
    else if (of_day == 0)
        snprintf(to, SVG_LABEL, "%d %s", (int)date.day, html_month(date.month));
    else if (step < 60)
        snprintf(to, SVG_LABEL, "%02d:%02d:%02d", (int)(of_day / 3600), (int)(of_day / 60 % 60),
                 (int)(of_day % 60));
    else
        snprintf(to, SVG_LABEL, "%02d:%02d", (int)(of_day / 3600), (int)(of_day / 60 % 60));
}

static void second_ticks(const svg_axis *a, int64_t step, svg_ticks *out)
{
    int64_t at = (int64_t)ceil(a->low / (double)step) * step;

    for (; (double)at <= a->high && out->n < SVG_TICKS; at += step) {
        add(out, (double)at);
        clock_text((double)at, step, out->n == 1, out->text[out->n - 1]);
    }
}

/* Every `step` months from a January on. */
static void month_ticks(const svg_axis *a, int step, svg_ticks *out)
{
    civil date = civil_of((int64_t)a->low * QN_NS_PER_S);
    int month = (int)date.year * 12 + (int)date.month - 1;

    for (month -= month % step; out->n < SVG_TICKS; month += step) {
        double at;
        date = (civil){.year = month / 12, .month = month % 12 + 1, .day = 1};
        at = (double)(qn_civil_days(date) * DAY); /* in ns it may not fit */
        if (at > a->high) break;
        if (at < a->low) continue;
        add(out, at);
        if (date.month == 1)
            snprintf(out->text[out->n - 1], SVG_LABEL, "%d", (int)date.year);
        else if (out->n == 1)
            snprintf(out->text[0], SVG_LABEL, "%s %d", html_month(date.month), (int)date.year);
        else
            snprintf(out->text[out->n - 1], SVG_LABEL, "%s", html_month(date.month));
    }
}

static void time_ticks(const svg_axis *a, int want, svg_ticks *out)
{
    static const int64_t seconds[] = {1,     2,     5,     10,  15,      30,      60,
                                      120,   300,   600,   900, 1800,    3600,    7200,
                                      10800, 21600, 43200, DAY, 2 * DAY, 4 * DAY, 7 * DAY};
    static const int months[] = {1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200};
    double range = a->high - a->low;
    size_t i = 0;

    while (i < sizeof seconds / sizeof seconds[0] && range / (double)seconds[i] > want)
        i++;
    if (i < sizeof seconds / sizeof seconds[0]) {
        second_ticks(a, seconds[i], out);
        return;
    }
    i = 0;
    while (i + 1 < sizeof months / sizeof months[0] && range / (months[i] * 30.44 * DAY) > want)
        i++;
    month_ticks(a, months[i], out);
}

void svg_axis_ticks(const svg_axis *axis, int want, svg_ticks *out)
{
    *out = (svg_ticks){0};
    if (want > SVG_TICKS - 2) want = SVG_TICKS - 2;
    switch (axis->scale) {
    case SVG_LINEAR:
        linear_ticks(axis, want, out);
        break;
    case SVG_LOG:
        log_ticks(axis, want, out);
        break;
    case SVG_TIME:
        time_ticks(axis, want, out);
        break;
    case SVG_NAMES:
        break;
    }
}
