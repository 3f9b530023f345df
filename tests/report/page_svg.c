/* SPDX-License-Identifier: MIT
 *
 * Charts: round ticks, and a picture whatever the figures: no range, no points, NaN, the largest
 * numbers that there are. */
#include "report/svg.h"

#include "check_main.h"
#include "random.h"
#include "wellformed.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* All ticks of an axis, as one text. */
static void ticks_are(int want, svg_axis axis, const char *expected)
{
    svg_axis a = svg_axis_fit(&axis, want);
    char text[SVG_TICKS * (SVG_LABEL + 1)] = "";
    size_t used = 0;
    svg_ticks t;

    svg_axis_ticks(&a, want, &t);
    for (size_t i = 0; i < t.n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? "|" : "", t.text[i]);
    ck_assert_str_eq(text, expected);
}

#define AXIS(...) ((svg_axis){__VA_ARGS__})
#define MINUS "\xe2\x88\x92"
#define PERCENT "\xc2\xa0%"

START_TEST(ticks_of_numbers)
{
    ticks_are(5, AXIS(.low = 0, .high = 97), "0|20|40|60|80|100");
    ticks_are(4, AXIS(.low = -0.03, .high = 0.02), MINUS "0.04|" MINUS "0.02|0.00|0.02");
    ticks_are(3, AXIS(.low = 980000, .high = 1210000), "0.9M|1.0M|1.1M|1.2M|1.3M");
    ticks_are(4, AXIS(.low = 11500, .high = 13200), "11,500|12,000|12,500|13,000|13,500");
    ticks_are(3, AXIS(.unit = SVG_PART, .low = -0.12, .high = 0),
              MINUS "15" PERCENT "|" MINUS "10" PERCENT "|" MINUS "5" PERCENT "|0" PERCENT);
    ticks_are(4, AXIS(.low = 0.3, .high = 3.4, .is_fixed = true), "1|2|3");
}
END_TEST

START_TEST(ticks_of_a_grown_range_keep_its_ends)
{
    uint64_t seed = 3;

    for (int i = 0; i < 2000; i++) {
        double middle = ((double)random_below(&seed, 2001) - 1000) * pow(10, (double)(i % 13) - 6);
        double width = (double)(1 + random_below(&seed, 999)) * pow(10, (double)(i % 11) - 5);
        int want = 3 + (int)random_below(&seed, 8);
        svg_axis axis = {.low = middle - width, .high = middle + width};
        svg_axis a = svg_axis_fit(&axis, want);
        svg_ticks t;
        svg_axis_ticks(&a, want, &t);
        ck_assert_double_le(a.low, axis.low + 1e-6 * a.step);
        ck_assert_double_ge(a.high, axis.high - 1e-6 * a.step);
        ck_assert_uint_ge(t.n, 2);
        ck_assert_double_eq_tol(t.at[0], a.low, 1e-6 * a.step + 1e-15 * fabs(a.low));
        ck_assert_double_eq_tol(t.at[t.n - 1], a.high, 1e-6 * a.step + 1e-15 * fabs(a.high));
    }
}
END_TEST

/* A range that stays as it is has three ticks at least: one alone is no scale. */
START_TEST(ticks_within_a_range)
{
    ticks_are(3, AXIS(.low = -0.33, .high = 0.33, .is_fixed = true),
              "\xe2\x88\x92"
              "0.2|0.0|0.2");
    ticks_are(3, AXIS(.low = 0, .high = 94500, .is_fixed = true), "0|20,000|40,000|60,000|80,000");
    ticks_are(3, AXIS(.low = -1.1, .high = 1.1, .is_fixed = true),
              "\xe2\x88\x92"
              "1|0|1");
}
END_TEST

START_TEST(ticks_of_powers)
{
    ticks_are(8, AXIS(.scale = SVG_LOG, .low = 1, .high = 90), "1|2|5|10|20|50");
    ticks_are(5, AXIS(.scale = SVG_LOG, .low = 100, .high = 200000), "100|1,000|10,000|100,000");
    /* no power of 10 in it */
    ticks_are(5, AXIS(.scale = SVG_LOG, .low = 101, .high = 108), "100|105|110");
    ck_assert_int_eq(svg_axis_fit(&AXIS(.scale = SVG_LOG, .low = -1, .high = 5), 5).scale,
                     SVG_LINEAR);
}
END_TEST

#define AT_2020 1577836800.0
#define DAY 86400.0

START_TEST(ticks_of_time)
{
#define TIME(from, to) AXIS(.scale = SVG_TIME, .low = AT_2020 + (from), .high = AT_2020 + (to))
    ticks_are(4, TIME(0, DAY), "1 Jan 2020|06:00|12:00|18:00|2 Jan");
    ticks_are(5, TIME(-90, 120), "23:59|1 Jan 2020|00:01|00:02");
    ticks_are(5, TIME(2 * DAY, 30 * DAY), "9 Jan 2020|16 Jan|23 Jan|30 Jan");
    ticks_are(6, TIME(40 * DAY, 400 * DAY), "Mar 2020|May|Jul|Sep|Nov|2021");
    ticks_are(6, TIME(0, 3653 * DAY), "2020|2022|2024|2026|2028|2030");
    ticks_are(5, AXIS(.scale = SVG_TIME, .low = 5, .high = 5), "23:45|1 Jan 1970|00:15|00:30");
#undef TIME
}
END_TEST

static void draw(html *h, const svg_head *head, const svg_point *points, size_t n)
{
    static const svg_key keys[] = {{.class = "a", .text = "A"},
                                   {.class = "ba", .text = "<B>"},
                                   {.class = "ma", .text = "C", .shape = SVG_UP}};
    svg s;

    svg_begin(&s, h, head);
    svg_line(&s, points, n, "a");
    svg_area(&s, points, n, 0, "fa");
    for (size_t i = 0; i < n; i++) {
        for (int shape = SVG_DOT; shape <= SVG_SQUARE; shape++)
            svg_mark(&s, points[i], (svg_shape)shape, 3, "ma", i % 2 ? "<tip>" : NULL);
        svg_bar(&s, points[i].x, points[i].x + 1, points[i].y, "ba", "tip");
        svg_cell(&s, points[i], (svg_point){points[i].x + 1, points[i].y + 1}, points[i].y, "text",
                 NULL);
        svg_rule_x(&s, points[i].x, "g");
        svg_rule_y(&s, points[i].y, "g");
    }
    svg_legend(&s, keys, 3);
    svg_end(&s);
    ck_assert(!h->is_cut);
    check_wellformed(h->text);
    ck_assert_ptr_null(strstr(h->text, "nan"));
    ck_assert_ptr_null(strstr(h->text, "inf"));
}

static const double extremes[] = {0,       1,        -1,          NAN,    INFINITY,  -INFINITY,
                                  DBL_MAX, -DBL_MAX, DBL_MIN,     1e-320, 9.3e9,     1e18,
                                  -1e18,   0.1,      0.1 + 1e-17, 1e-12,  1577836800};
#define EXTREMES (sizeof extremes / sizeof extremes[0])

START_TEST(any_range_is_a_picture)
{
    static const char *const names[] = {"one", "<two>"};
    svg_point points[EXTREMES];

    for (size_t i = 0; i < EXTREMES; i++)
        points[i] = (svg_point){extremes[i], extremes[(i * 7 + 3) % EXTREMES]};
    for (size_t i = 0; i < EXTREMES; i++)
        for (size_t k = i % 4; k < EXTREMES; k += 4)
            for (int scale = SVG_LINEAR; scale <= SVG_NAMES; scale++) {
                svg_axis axis = {.scale = (svg_scale)scale,
                                 .unit = i % 2 ? SVG_PART : SVG_PLAIN,
                                 .low = extremes[i],
                                 .high = extremes[k],
                                 .names = names,
                                 .nnames = i % 3,
                                 .is_fixed = i % 3 == 0};
                html h = {0};
                svg_axis fit = svg_axis_fit(&axis, 5);
                ck_assert(isfinite(fit.low) && isfinite(fit.high) && fit.low < fit.high);
                draw(&h,
                     &(svg_head){.id = "x",
                                 .title = "\"<&>\"",
                                 .desc = "d",
                                 .width = i % 2 ? 480 : 1032,
                                 .height = 200,
                                 .x = axis,
                                 .y = axis},
                     points, i % 5 == 0 ? 0 : EXTREMES);
                html_free(&h);
            }
}
END_TEST

static html line_of(const svg_point *points, size_t n)
{
    html h = {0};
    svg s;

    svg_begin(&s, &h,
              &(svg_head){.id = "x",
                          .title = "t",
                          .desc = "d",
                          .width = 480,
                          .height = 200,
                          .x = {.low = 0, .high = 1000},
                          .y = {.low = 0, .high = 100}});
    svg_line(&s, points, n, "a");
    svg_end(&s);
    return h;
}

START_TEST(a_line_touches_extremes_and_breaks_at_what_is_undefined)
{
    static svg_point points[100000];
    size_t n = sizeof points / sizeof points[0];
    html h;

    for (size_t i = 0; i < n; i++)
        points[i] = (svg_point){(double)i / 100, 50};
    points[54321].y = 100;
    points[54321 + 7].y = 0;
    h = line_of(points, n);
    ck_assert_uint_lt(h.used, 20000); /* as wide as the picture, not as long as the run */
    ck_assert_uint_eq(count_text(h.text, "l.1-"), 0);
    ck_assert_uint_ge(count_text(h.text, "l0 "), 1);
    ck_assert_uint_ge(count_text(h.text, "l0-"), 1);
    html_free(&h);

    points[500].y = NAN;
    h = line_of(points, 1000);
    ck_assert_uint_eq(count_text(h.text, "h0"), 2);
    html_free(&h);
    points[0].y = NAN;
    h = line_of(points, 1);
    ck_assert_ptr_null(strstr(h.text, "class=\"a\""));
    html_free(&h);
}
END_TEST

START_TEST(shades)
{
    ck_assert_str_eq(svg_shade(0), "h0");
    ck_assert_str_eq(svg_shade(NAN), "h0");
    ck_assert_str_eq(svg_shade(1e-9), "p1");
    ck_assert_str_eq(svg_shade(-1e-9), "n1");
    ck_assert_str_eq(svg_shade(1), "p5");
    ck_assert_str_eq(svg_shade(-7), "n5");
    ck_assert_str_eq(svg_shade(0.41), "p3");
}
END_TEST

CHECK_MAIN("report page svg", ticks_of_numbers, ticks_of_a_grown_range_keep_its_ends,
           ticks_within_a_range, ticks_of_powers, ticks_of_time, any_range_is_a_picture,
           a_line_touches_extremes_and_breaks_at_what_is_undefined, shades)
