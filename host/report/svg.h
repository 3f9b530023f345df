/* SPDX-License-Identifier: MIT
 *
 * Charts as inline SVG on a page: lines, areas, bars, cells of a heat map, marks, and axes with
 * round ticks. Colours and dashes are classes of the page's style (html.c).
 *
 *     svg s;
 *     svg_begin(&s, page, &(svg_head){.id = "equity", .title = "Equity", .x = {...}, ...});
 *     svg_line(&s, points, n, "a");
 *     svg_end(&s);
 *
 * Classes: lines "a" (blue), "b" (orange), "c" (dashed grey); areas "fa", "fb"; bars "ba", "bb",
 * "bc"; filled marks "ma", "mb"; open ones "oa", "ob".
 *
 * What is not finite is not drawn, what lies beyond an axis is drawn at its end. An axis without
 * a range gets one, so that no figure leads to a picture that cannot be drawn. */
#ifndef QUOIN_REPORT_SVG_H
#define QUOIN_REPORT_SVG_H

#include "html.h"

#define SVG_HALF 480  /* width of a chart for half the page; legible on a small screen */
#define SVG_WIDE 1032 /* for the whole of it */
#define SVG_TICKS 24  /* most ticks of an axis with numbers */
#define SVG_LABEL 32  /* room of a tick's text, NUL included */

typedef enum svg_scale {
    SVG_LINEAR,
    SVG_LOG,   /* linear where the range is not above 0 */
    SVG_TIME,  /* values are seconds since 1970, UTC */
    SVG_NAMES, /* name i stands at i + 0.5; the range is 0 to nnames */
} svg_scale;

typedef enum svg_unit {
    SVG_PLAIN,
    SVG_PART, /* fractions, shown as per cent */
} svg_unit;

typedef struct svg_axis {
    svg_scale scale;
    svg_unit unit;
    double low, high;
    const char *title; /* shown at its end; NULL = none */
    const char *const *names;
    size_t nnames;
    bool is_fixed; /* the range stays as it is; else a linear one grows to round numbers */
    double step;   /* between ticks, set where the range has grown; 0 = by the range */
} svg_axis;

typedef struct svg_head {
    const char *id;           /* unique on the page, of letters, digits, - */
    const char *title, *desc; /* for those who cannot see it */
    const char *class;        /* of the svg element; NULL = none */
    double width, height;     /* units; text is 13 high */
    double left;              /* least room for the labels of the y axis, so that charts below
                               * each other line up; 0 = as needed */
    bool has_legend;          /* svg_legend will be called: keep room for it */
    svg_axis x, y;
} svg_head;

/* A chart under way. The plot is the rectangle left, top to right, bottom. */
typedef struct svg {
    html *to;
    svg_axis x, y; /* as they are drawn: finite, low < high */
    double left, top, right, bottom, width, height;
} svg;

typedef struct svg_point {
    double x, y;
} svg_point;

/* Opens the element and draws grid and axes; svg_end closes it. */
void svg_begin(svg *s, html *to, const svg_head *head);
void svg_end(svg *s);

/* A line through points in the order of x. A point that is not finite breaks it. Points that
 * share a column of the picture become its first, lowest, highest and last. */
void svg_line(svg *s, const svg_point *points, size_t n, const char *class);
/* What lies between the line and the height `base`. */
void svg_area(svg *s, const svg_point *points, size_t n, double base, const char *class);
/* A bar from the height 0 to `y`, with a text for the pointer (NULL = none). */
void svg_bar(svg *s, double from, double to, double y, const char *class, const char *tip);

/* A cell of a heat map between two places of each axis. `shade` -1 to 1: orange, none, blue.
 * `text` stands inside, NULL = none. */
void svg_cell(svg *s, svg_point from, svg_point to, double shade, const char *text,
              const char *tip);
/* The style's class of a shade: "n5" to "n1", "h0", "p1" to "p5"; "h0" for a NaN. */
const char *svg_shade(double shade);

typedef enum svg_shape { SVG_DOT, SVG_UP, SVG_DOWN, SVG_CROSS, SVG_SQUARE } svg_shape;

/* A mark; `size` is half its width, in units. A triangle points at the place, others have their
 * middle there. */
void svg_mark(svg *s, svg_point at, svg_shape shape, double size, const char *class,
              const char *tip);

/* A line across at a value. */
void svg_rule_y(svg *s, double y, const char *class);
void svg_rule_x(svg *s, double x, const char *class);

/* What is what: above the plot, from left to right. */
typedef struct svg_key {
    const char *class, *text;
    svg_shape shape; /* for classes of marks */
} svg_key;
void svg_legend(svg *s, const svg_key *keys, size_t n);

/* Where values lie in the picture. */
double svg_x(const svg *s, double x);
double svg_y(const svg *s, double y);

/* The ticks of an axis, in order. */
typedef struct svg_ticks {
    size_t n;
    double at[SVG_TICKS];
    char text[SVG_TICKS][SVG_LABEL];
} svg_ticks;

/* The smallest of 1, 2, 5 times a power of 10 that is not below `least`, > 0, but for rounding. */
double svg_round_step(double least);
/* An axis that can be drawn: finite, low < high; linear ones end at round numbers unless
 * is_fixed. `want` is about how many ticks there is room for. */
svg_axis svg_axis_fit(const svg_axis *axis, int want);
/* Round values (1, 2, 5 times a power of 10; seconds to years) within a fitted axis. */
void svg_axis_ticks(const svg_axis *axis, int want, svg_ticks *out);

#endif
