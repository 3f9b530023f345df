/* SPDX-License-Identifier: MIT
 *
 * The price of each instrument with the fills in it, and the position that they made.
 *
 * Where there are more fills than places that an eye tells apart, a triangle stands for all fills
 * of a span of time: it lies at their mean price and grows with their number. */
#include "page_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CHARTS_MAX 12   /* pictures; the other instruments are named */
#define WIDE_UP_TO 2    /* so many instruments have the whole width each */
#define PLACES_WIDE 170 /* triangles of a side at most, by the width of the picture */
#define PLACES_HALF 70

typedef struct price_chart {
    const sheet_chart *chart;
    const char *name;
} price_chart;

/* ------------------------------------------------------------------ fills */

/* The places of a picture that has room for `most` of them: neighbours in time are joined. How
 * many fills the largest triangle stands for. */
static size_t places_of(const sheet_chart *c, size_t most, sheet_fill *out, uint32_t *largest)
{
    size_t n = 0;
    double from = c->nfills ? (double)c->fills[0].from : 0;
    double span = c->nfills ? (double)c->fills[c->nfills - 1].to - from : 0;
    size_t last_cell = SIZE_MAX;

    *largest = 0;
    for (size_t i = 0; i < c->nfills; i++) {
        const sheet_fill *f = &c->fills[i];
        double mid = ((double)f->from + (double)f->to) / 2 - from;
        size_t cell = c->nfills <= most || !(span > 0) ? i : (size_t)(mid / span * (double)most);
        if (n > 0 && cell == last_cell)
            sheet_fill_join(&out[n - 1], f);
        else
            out[n++] = *f;
        last_cell = cell;
    }
    for (size_t i = 0; i < n; i++) {
        if (out[i].buys > *largest) *largest = out[i].buys;
        if (out[i].sells > *largest) *largest = out[i].sells;
    }
    return n;
}

static double size_of(uint32_t count, uint32_t largest)
{
    return largest <= 1 ? 5 : 2.5 + 4 * sqrt((double)count / (double)largest);
}

static void draw_fills(svg *s, const sheet_fill *fills, size_t n, uint32_t largest)
{
    for (size_t i = 0; i < n; i++) {
        const sheet_fill *f = &fills[i];
        double at = ((double)f->from + (double)f->to) / 2 * 1e-9;
        if (f->buys)
            svg_mark(s, (svg_point){at, f->buy_price}, SVG_UP, size_of(f->buys, largest), "ma",
                     NULL);
        if (f->sells)
            svg_mark(s, (svg_point){at, f->sell_price}, SVG_DOWN, size_of(f->sells, largest), "mb",
                     NULL);
    }
}

/* ------------------------------------------------------------------ pictures */

static void fill_range(const sheet_chart *c, double *low, double *high)
{
    for (size_t i = 0; i < c->nfills; i++) {
        const sheet_fill *f = &c->fills[i];
        if (f->buys) *low = fmin(*low, f->buy_price);
        if (f->buys) *high = fmax(*high, f->buy_price);
        if (f->sells) *low = fmin(*low, f->sell_price);
        if (f->sells) *high = fmax(*high, f->sell_price);
    }
}

static void draw_price(page *p, svg_head *head, const void *ctx)
{
    const price_chart *pc = ctx;
    const sheet_chart *c = pc->chart;
    const svg_key keys[] = {{.class = "ma", .text = "Buy", .shape = SVG_UP},
                            {.class = "mb", .text = "Sell", .shape = SVG_DOWN}};
    sheet_fill places[SHEET_FILLS];
    uint32_t largest;
    size_t n = places_of(c, head->width > SVG_HALF ? PLACES_WIDE : PLACES_HALF, places, &largest);
    double low = NAN;
    double high = NAN;
    svg chart;

    page_range(&c->price, 1, &low, &high);
    fill_range(c, &low, &high);
    head->title = "Price and fills";
    head->desc =
        "Price over time. A triangle below the price that points up is a buy, one above it "
        "that points down a sell.";
    head->x = page_time_axis(p);
    head->y = (svg_axis){.scale = page_scale(low, high), .low = low, .high = high};
    head->left = PAGE_LEFT;
    head->has_legend = n > 0;
    svg_begin(&chart, &p->h, head);
    svg_line(&chart, p->points, page_points(p, &c->price, 1), "p");
    if (c->price.n == 1) /* no line comes of it */
        svg_mark(&chart, (svg_point){(double)c->price.at[0].from * 1e-9, c->price.at[0].last},
                 SVG_DOT, 3, "bc", NULL);
    draw_fills(&chart, places, n, largest);
    if (n > 0) svg_legend(&chart, keys, 2);
    svg_end(&chart);
}

static void draw_position(page *p, svg_head *head, const void *ctx)
{
    const price_chart *pc = ctx;
    const thin *t = &pc->chart->position;
    double low = 0;
    double high = 0;
    double margin;
    size_t n;
    svg chart;

    page_range(t, 1, &low, &high);
    margin = (high - low) * 0.05;
    head->title = "Position";
    head->desc = "Net quantity held over time: above 0 long, below 0 short.";
    head->x = page_time_axis(p);
    /* round values stand in the range, not at its ends: the height is the position's */
    head->y = (svg_axis){.low = low < 0 ? low - margin : 0,
                         .high = high > 0 ? high + margin : 0,
                         .is_fixed = margin > 0};
    head->left = PAGE_LEFT;
    svg_begin(&chart, &p->h, head);
    n = page_points(p, t, 1);
    svg_area(&chart, p->points, n, 0, "fa");
    svg_end(&chart);
}

static uint64_t fills_of(const sheet_chart *c)
{
    uint64_t n = 0;

    for (size_t i = 0; i < c->nfills; i++)
        n += c->fills[i].buys + c->fills[i].sells;
    return n;
}

static void note_of(page *p, const sheet_chart *c, bool is_wide)
{
    sheet_fill places[SHEET_FILLS];
    uint32_t largest;
    char count[HTML_NUMBER];
    char most[HTML_NUMBER];

    places_of(c, is_wide ? PLACES_WIDE : PLACES_HALF, places, &largest);
    html_number((double)fills_of(c), 0, count);
    html_number((double)largest, 0, most);
    if (c->nfills == 0)
        html_paragraph(&p->h, "note", "It was not traded.");
    else if (largest > 1)
        html_putf(&p->h,
                  "<p class=\"note\">%s fills. A triangle stands for the fills of a span of time, "
                  "up to %s of them, at their mean price; its size grows with their number.</p>\n",
                  count, most);
    else
        html_putf(&p->h, "<p class=\"note\">%s fill%s with its own triangle.</p>\n", count,
                  fills_of(c) == 1 ? "" : "s, each");
}

static void instrument_figure(page *p, uint32_t i, bool is_wide)
{
    const sheet_chart *c = &p->s->charts[i];
    price_chart pc = {.chart = c, .name = p->s->instruments[i].name};
    char id[32];

    html_put(&p->h, "<div class=\"keep\">\n<h3>");
    html_name(&p->h, pc.name);
    html_put(&p->h, "</h3>\n");
    if (c->price.n == 0) {
        html_paragraph(&p->h, "note", "No price of it was seen.");
    } else {
        snprintf(id, sizeof id, "price-%u", (unsigned)i);
        page_chart(p, id, "Price and fills", is_wide, is_wide ? 320 : 240, draw_price, &pc);
        if (c->position.n > 0) {
            snprintf(id, sizeof id, "position-%u", (unsigned)i);
            page_chart(p, id, "Position", is_wide, 150, draw_position, &pc);
        }
        note_of(p, c, is_wide);
    }
    html_put(&p->h, "</div>\n");
}

/* ------------------------------------------------------------------ which of them */

/* The numbers of the instruments with the most volume, in its order; names decide ties by their
 * place. */
static size_t most_traded(const sheet *s, uint32_t *out, size_t most)
{
    size_t n = 0;

    for (uint32_t i = 0; i < s->ninstruments; i++) {
        size_t at = n < most ? n++ : most;
        while (at > 0 && s->instruments[i].volume > s->instruments[out[at - 1]].volume) {
            if (at < most) out[at] = out[at - 1];
            at--;
        }
        if (at < most) out[at] = i;
    }
    return n;
}

static void name_others(page *p, const uint32_t *shown, size_t n)
{
    const sheet *s = p->s;
    const char *between = "";

    html_putf(&p->h, "<p class=\"note\">The %zu instruments of the largest volume are shown. ", n);
    html_put(&p->h, "The others: ");
    for (uint32_t i = 0; i < s->ninstruments; i++) {
        bool is_shown = false;
        for (size_t k = 0; k < n; k++)
            is_shown = is_shown || shown[k] == i;
        if (is_shown) continue;
        html_put(&p->h, between);
        html_name(&p->h, s->instruments[i].name);
        between = ", ";
    }
    html_put(&p->h, ".</p>\n");
}

void page_prices(page *p)
{
    const sheet *s = p->s;
    bool is_wide = s->ninstruments <= WIDE_UP_TO;
    uint32_t shown[CHARTS_MAX];
    size_t n = most_traded(s, shown, CHARTS_MAX);

    html_section(&p->h, "prices", "Prices and fills");
    if (n == 0) html_paragraph(&p->h, "note", "The run had no instruments.");
    if (n > 0 && !is_wide) html_put(&p->h, "<div class=\"pair\">\n");
    for (size_t i = 0; i < n; i++)
        instrument_figure(p, shown[i], is_wide);
    if (n > 0 && !is_wide) html_put(&p->h, "</div>\n");
    if (s->ninstruments > n) name_others(p, shown, n);
    html_put(&p->h, "</section>\n");
}
