/* SPDX-License-Identifier: MIT */
#include "svg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTER 7.2  /* mean width of a letter of the 13 high text */
#define TICK_Y 34.0 /* height that a tick of the y axis wants */
#define TICK_X 70.0 /* width that one of the x axis wants */
#define LEAST_Y 3   /* ticks of it, however low the chart */

/* ------------------------------------------------------------------ places */

static double part_of(const svg_axis *a, double value)
{
    double part;

    if (a->scale == SVG_LOG)
        part = value > 0 ? log(value / a->low) / log(a->high / a->low) : 0;
    else
        part = (value - a->low) / (a->high - a->low);
    return part < 0 ? 0 : part > 1 ? 1 : part;
}

double svg_x(const svg *s, double x)
{
    return s->left + part_of(&s->x, x) * (s->right - s->left);
}

double svg_y(const svg *s, double y)
{
    return s->bottom - part_of(&s->y, y) * (s->bottom - s->top);
}

/* ------------------------------------------------------------------ frame and axes */

static void put_text(svg *s, double x, double y, const char *anchor, const char *class,
                     const char *text)
{
    html_putf(s->to, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"", x, y, anchor);
    if (class) html_attribute(s->to, "class", class);
    html_put(s->to, ">");
    html_text(s->to, text);
    html_put(s->to, "</text>");
}

static void put_rule(svg *s, double x1, double y1, double x2, double y2, const char *class)
{
    html_putf(s->to, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>", class, x1, y1, x2, y2);
}

/* Letters of a text, not bytes. */
static size_t letters(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* Of names every k-th, so that they do not touch. */
static size_t name_stride(const svg_axis *a, double room)
{
    size_t longest = 1;
    size_t stride;

    for (size_t i = 0; i < a->nnames; i++)
        if (letters(a->names[i]) > longest) longest = letters(a->names[i]);
    stride = (size_t)ceil((double)a->nnames * ((double)longest + 2) * LETTER / room);
    return stride < 1 ? 1 : stride;
}

static double widest(const svg_ticks *t, const svg_axis *a)
{
    size_t most = 0;

    for (size_t i = 0; i < t->n; i++)
        if (letters(t->text[i]) > most) most = letters(t->text[i]);
    for (size_t i = 0; a->scale == SVG_NAMES && i < a->nnames; i++)
        if (letters(a->names[i]) > most) most = letters(a->names[i]);
    return (double)most * LETTER;
}

static void draw_y(svg *s, const svg_ticks *t)
{
    size_t stride = (size_t)ceil((double)s->y.nnames * 18 / (s->bottom - s->top));

    for (size_t i = 0; i < t->n; i++) {
        double y = svg_y(s, t->at[i]);
        put_rule(s, s->left, y, s->right, y, t->at[i] == 0 ? "z" : "g");
        put_text(s, s->left - 8, y + 4.5, "end", NULL, t->text[i]);
    }
    for (size_t i = 0; s->y.scale == SVG_NAMES && i < s->y.nnames; i += stride ? stride : 1)
        put_text(s, s->left - 8, svg_y(s, (double)i + 0.5) + 4.5, "end", NULL, s->y.names[i]);
    if (s->y.title) put_text(s, 0, 13, "start", NULL, s->y.title);
}

static void draw_x(svg *s, const svg_ticks *t)
{
    size_t stride = name_stride(&s->x, s->right - s->left);
    double taken = -1e9;

    for (size_t i = 0; i < t->n; i++) {
        double x = svg_x(s, t->at[i]);
        double half = (double)letters(t->text[i]) * LETTER / 2;
        put_rule(s, x, s->bottom, x, s->bottom + 5, "z");
        if (x + half > s->width) x = s->width - half;
        if (x < half) x = half;
        if (x - half < taken) continue;
        put_text(s, x, s->bottom + 19, "middle", NULL, t->text[i]);
        taken = x + half + LETTER;
    }
    for (size_t i = 0; s->x.scale == SVG_NAMES && i < s->x.nnames; i += stride)
        put_text(s, svg_x(s, (double)i + 0.5), s->bottom + 19, "middle", NULL, s->x.names[i]);
    put_rule(s, s->left, s->bottom, s->right, s->bottom, "z");
    if (s->x.title) put_text(s, s->right, s->bottom + 36, "end", NULL, s->x.title);
}

static void open_element(svg *s, const svg_head *head)
{
    html_putf(s->to, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\"", head->width, head->height);
    if (head->class) html_attribute(s->to, "class", head->class);
    html_putf(s->to,
              " aria-labelledby=\"%s-t %s-d\" xmlns=\"http://www.w3.org/2000/svg\">"
              "<title id=\"%s-t\">",
              head->id, head->id, head->id);
    html_text(s->to, head->title);
    html_putf(s->to, "</title><desc id=\"%s-d\">", head->id);
    html_text(s->to, head->desc);
    html_put(s->to, "</desc>\n");
}

void svg_begin(svg *s, html *to, const svg_head *head)
{
    svg_ticks x;
    svg_ticks y;
    int want_x;
    int want_y;
    bool is_topped = head->y.title || head->has_legend;

    *s = (svg){.to = to, .width = head->width, .height = head->height, .top = is_topped ? 24 : 10};
    s->bottom = head->height - (head->x.title ? 42 : 26);
    s->right = head->width - 8;
    want_y = (int)((s->bottom - s->top) / TICK_Y);
    if (want_y < LEAST_Y) want_y = LEAST_Y;
    s->y = svg_axis_fit(&head->y, want_y);
    svg_axis_ticks(&s->y, want_y, &y);
    s->left = widest(&y, &s->y) + 10;
    if (s->left < head->left) s->left = head->left;
    if (s->left > head->width / 2) s->left = head->width / 2;
    want_x = (int)((s->right - s->left) / TICK_X);
    s->x = svg_axis_fit(&head->x, want_x);
    svg_axis_ticks(&s->x, want_x, &x);
    open_element(s, head);
    draw_y(s, &y);
    draw_x(s, &x);
    html_put(to, "\n");
}

void svg_end(svg *s)
{
    html_put(s->to, "</svg>\n");
}

/* ------------------------------------------------------------------ lines and areas */

/* A path under way, in tenths of a unit. Coordinates are written as differences: half the
 * bytes. */
typedef struct pen {
    html *to;
    long x, y;
    bool is_down;
} pen;

static void put_tenths(html *to, long tenths, bool is_second)
{
    if (tenths >= 0 && is_second) html_put(to, " ");
    if (tenths % 10 == 0)
        html_putf(to, "%ld", tenths / 10);
    else
        html_putf(to, "%s%ld.%ld", tenths < 0 ? "-" : "", labs(tenths) / 10, labs(tenths) % 10);
}

static void pen_to(pen *p, double x, double y)
{
    long to_x = lround(x * 10);
    long to_y = lround(y * 10);

    if (p->is_down && to_x == p->x && to_y == p->y) return;
    html_put(p->to, p->is_down ? "l" : "M");
    put_tenths(p->to, p->is_down ? to_x - p->x : to_x, false);
    put_tenths(p->to, p->is_down ? to_y - p->y : to_y, true);
    *p = (pen){.to = p->to, .x = to_x, .y = to_y, .is_down = true};
}

/* What of a run of points is drawn in one column of the picture. */
typedef struct column {
    double x;
    double first, low, high, last;
    bool is_used, low_is_first;
} column;

static void column_end(column *c, pen *p)
{
    if (!c->is_used) return;
    pen_to(p, c->x, c->first);
    pen_to(p, c->x, c->low_is_first ? c->low : c->high);
    pen_to(p, c->x, c->low_is_first ? c->high : c->low);
    pen_to(p, c->x, c->last);
    c->is_used = false;
}

static void column_add(column *c, pen *p, double x, double y)
{
    if (c->is_used && x - c->x >= 1) column_end(c, p);
    if (!c->is_used) *c = (column){x, y, y, y, y, true, true};
    if (y < c->low) {
        c->low = y;
        c->low_is_first = false;
    }
    if (y > c->high) {
        c->high = y;
        c->low_is_first = true;
    }
    c->last = y;
}

static bool is_drawn(const svg_point *p)
{
    return isfinite(p->x) && isfinite(p->y);
}

/* The points from `i` on that follow each other without a break, as a path; returns the first
 * one behind them. */
static size_t draw_run(svg *s, const svg_point *points, size_t i, size_t n, pen *p)
{
    column c = {0};

    for (; i < n && is_drawn(&points[i]); i++)
        column_add(&c, p, svg_x(s, points[i].x), svg_y(s, points[i].y));
    column_end(&c, p);
    return i;
}

/* The runs of a series as one path; with a base, down to it and closed. */
static void draw_path(svg *s, const svg_point *points, size_t n, const double *base,
                      const char *class)
{
    double base_y = base ? svg_y(s, *base) : 0;
    pen p = {.to = s->to};
    bool is_open = false;

    for (size_t i = 0; i < n;) {
        if (!is_drawn(&points[i])) {
            i++;
            continue;
        }
        if (!is_open) html_putf(s->to, "<path class=\"%s\" d=\"", class);
        is_open = true;
        p.is_down = false;
        if (base) pen_to(&p, svg_x(s, points[i].x), base_y);
        i = draw_run(s, points, i, n, &p);
        if (base) pen_to(&p, svg_x(s, points[i - 1].x), base_y);
        html_put(s->to, base ? "z" : "h0"); /* h0: a run of one point is a dot, as caps are round */
    }
    if (is_open) html_put(s->to, "\"/>\n");
}

void svg_line(svg *s, const svg_point *points, size_t n, const char *class)
{
    draw_path(s, points, n, NULL, class);
}

void svg_area(svg *s, const svg_point *points, size_t n, double base, const char *class)
{
    draw_path(s, points, n, &base, class);
}

/* ------------------------------------------------------------------ bars, cells, marks */

static void close_with_tip(svg *s, const char *element, const char *tip)
{
    if (!tip) {
        html_put(s->to, "/>");
        return;
    }
    html_put(s->to, "><title>");
    html_text(s->to, tip);
    html_putf(s->to, "</title></%s>", element);
}

static void put_rect(svg *s, double x, double y, double w, double h, const char *class)
{
    html_putf(s->to, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"",
              class, x, y, w, h);
}

void svg_bar(svg *s, double from, double to, double y, const char *class, const char *tip)
{
    double left;
    double right;
    double base;
    double top;

    if (!isfinite(from) || !isfinite(to) || !isfinite(y)) return;
    left = svg_x(s, from);
    right = svg_x(s, to);
    base = svg_y(s, 0);
    top = svg_y(s, y);
    put_rect(s, left, top < base ? top : base, right - left > 0.5 ? right - left : 0.5,
             fabs(top - base), class);
    close_with_tip(s, "rect", tip);
}

const char *svg_shade(double shade)
{
    static const char *const names[] = {"n5", "n4", "n3", "n2", "n1", "h0",
                                        "p1", "p2", "p3", "p4", "p5"};

    if (!isfinite(shade) || shade == 0) return "h0";
    if (shade > 1) shade = 1;
    if (shade < -1) shade = -1;
    return names[5 + (int)(shade > 0 ? ceil(shade * 5) : floor(shade * 5))];
}

void svg_cell(svg *s, svg_point from, svg_point to, double shade, const char *text, const char *tip)
{
    double left = svg_x(s, from.x);
    double right = svg_x(s, to.x);
    double bottom = svg_y(s, from.y);
    double top = svg_y(s, to.y);
    double gap = right - left > 4 && bottom - top > 4 ? 1 : 0;
    const char *class = svg_shade(shade);
    bool is_dark = strcmp(class, "p5") == 0 || strcmp(class, "n5") == 0;

    if (!is_drawn(&from) || !is_drawn(&to)) return;
    put_rect(s, left, top, right - left - gap, bottom - top - gap, class);
    close_with_tip(s, "rect", tip);
    if (text && (double)letters(text) * LETTER < right - left && bottom - top >= 14)
        put_text(s, (left + right) / 2, (top + bottom) / 2 + 4.5, "middle", is_dark ? class : "ink",
                 text);
}

void svg_mark(svg *s, svg_point at, svg_shape shape, double size, const char *class,
              const char *tip)
{
    double x = svg_x(s, at.x);
    double y = svg_y(s, at.y);

    if (!is_drawn(&at) || !isfinite(size)) return;
    if (shape == SVG_DOT) {
        html_putf(s->to, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"", class, x, y,
                  size);
        close_with_tip(s, "circle", tip);
        return;
    }
    html_putf(s->to, "<path class=\"%s\" d=\"M", class);
    switch (shape) {
    case SVG_UP:
        html_putf(s->to, "%.1f %.1fl%.1f %.1fh-%.1fz", x, y, size, size * 1.8, size * 2);
        break;
    case SVG_DOWN:
        html_putf(s->to, "%.1f %.1fl%.1f-%.1fh-%.1fz", x, y, size, size * 1.8, size * 2);
        break;
    case SVG_CROSS:
        html_putf(s->to, "%.1f %.1fl%.1f %.1fm0-%.1fl-%.1f %.1f", x - size, y - size, size * 2,
                  size * 2, size * 2, size * 2, size * 2);
        break;
    default:
        html_putf(s->to, "%.1f %.1fh%.1fv%.1fh-%.1fz", x - size, y - size, size * 2, size * 2,
                  size * 2);
        break;
    }
    html_put(s->to, "\"");
    close_with_tip(s, "path", tip);
}

void svg_rule_y(svg *s, double y, const char *class)
{
    if (isfinite(y)) put_rule(s, s->left, svg_y(s, y), s->right, svg_y(s, y), class);
}

void svg_rule_x(svg *s, double x, const char *class)
{
    if (isfinite(x)) put_rule(s, svg_x(s, x), s->top, svg_x(s, x), s->bottom, class);
}

/* ------------------------------------------------------------------ legend */

static void put_key(svg *s, const svg_key *key, double x)
{
    if (key->class[0] == 'm' || key->class[0] == 'o') { /* where the plot cannot place it */
        svg at = {.to = s->to, .x = {.low = 0, .high = 1}, .y = {.low = 0, .high = 1}};
        at.left = at.right = x + 9;
        at.top = at.bottom = key->shape == SVG_UP ? 4 : key->shape == SVG_DOWN ? 13 : 8.5;
        svg_mark(&at, (svg_point){0, 0}, key->shape, 5, key->class, NULL);
    } else if (key->class[0] == 'f' || strcmp(key->class, "ba") == 0 ||
               strcmp(key->class, "bb") == 0 || strcmp(key->class, "bc") == 0) {
        put_rect(s, x, 3, 18, 11, key->class);
        html_put(s->to, "/>");
    } else {
        put_rule(s, x, 9, x + 18, 9, key->class);
    }
}

void svg_legend(svg *s, const svg_key *keys, size_t n)
{
    double x = s->right;

    for (size_t i = 0; i < n; i++)
        x -= 24 + ((double)letters(keys[i].text) + 2.2) * LETTER;
    if (x < 0) x = 0;
    for (size_t i = 0; i < n; i++) {
        put_key(s, &keys[i], x);
        put_text(s, x + 24, 13, "start", NULL, keys[i].text);
        x += 24 + ((double)letters(keys[i].text) + 2.2) * LETTER;
    }
    html_put(s->to, "\n");
}
