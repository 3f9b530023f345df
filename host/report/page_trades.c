/* SPDX-License-Identifier: MIT
 *
 * Round trips: the best and the worst, long and short, and how far prices went for and against
 * them while they were open. */
#include "page_parts.h"

#include <math.h>
#include <stdio.h>

/* ------------------------------------------------------------------ tables */

static const char *name_of(const sheet_part *parts, uint32_t n, uint32_t i)
{
    return parts && i < n && parts[i].name ? parts[i].name : "";
}

static void trade_row(page *p, size_t number, const sheet_trade *t)
{
    const sheet *s = p->s;
    char text[24];

    snprintf(text, sizeof text, "%zu", number);
    html_row_begin(&p->h, text);
    html_put(&p->h, "<td>");
    html_name(&p->h, name_of(s->instruments, s->ninstruments, t->instrument));
    html_put(&p->h, "</td><td>");
    html_name(&p->h, name_of(s->strategies, s->nstrategies + 1, t->strategy));
    html_put(&p->h, "</td>");
    html_cell(&p->h, t->side == QN_BUY ? "long" : "short");
    page_cell_number(p, t->qty);
    page_cell_time(p, t->entry_ts);
    page_cell_number(p, t->entry_price);
    page_cell_time(p, t->exit_ts);
    page_cell_number(p, t->exit_price);
    page_cell_money(p, t->pnl);
    page_cell_money(p, t->fees);
    html_row_end(&p->h);
}

static void trade_table(page *p, const char *caption, const sheet_trade *trades, size_t n)
{
    static const html_column columns[] = {
        {"#", false},       {"Instrument", false}, {"Strategy", false}, {"Side", false},
        {"Quantity", true}, {"Entry", false},      {"at", true},        {"Exit", false},
        {"at", true},       {"Net profit", true},  {"Fees", true}};

    char title[96];

    if (n == 0) return;
    snprintf(title, sizeof title, "%s; profit and fees in %.40s", caption, p->currency);
    html_table_begin(&p->h, title, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < n; i++)
        trade_row(p, i + 1, &trades[i]);
    html_table_end(&p->h);
}

/* No trade in both tables: of a few of them one table has all. */
static void best_and_worst(page *p)
{
    const sheet *s = p->s;
    size_t n = s->ntrades < 2 * SHEET_TRADES ? (size_t)s->ntrades : 2 * SHEET_TRADES;
    size_t nbest = n / 2 < s->nbest ? n - n / 2 : s->nbest;

    if (s->ntrades <= s->nbest) {
        trade_table(p, "All trades, the best first", s->best, s->nbest);
        return;
    }
    trade_table(p, "Best trades", s->best, nbest);
    trade_table(p, "Worst trades, the worst first", s->worst,
                n - nbest < s->nworst ? n - nbest : s->nworst);
}

static void side_table(page *p)
{
    static const html_column columns[] = {
        {"Side", false}, {"Trades", true}, {"Won", true}, {"Net profit", true}, {"Mean", true}};
    static const char *const names[] = {"Long", "Short"};
    char title[64];

    snprintf(title, sizeof title, "Long and short, %.40s", p->currency);
    html_table_begin(&p->h, title, columns, 5);
    for (size_t i = 0; i < 2; i++) {
        const sheet_side *side = &p->s->sides[i];
        double n = (double)side->trades;
        html_row_begin(&p->h, names[i]);
        page_cell_count(p, side->trades);
        page_cell_part(p, side->trades ? (double)side->wins / n : NAN);
        page_cell_money(p, side->pnl);
        page_cell_money(p, side->trades ? side->pnl / n : NAN);
        html_row_end(&p->h);
    }
    html_table_end(&p->h);
    if (p->s->sides[0].trades == 0 || p->s->sides[1].trades == 0)
        html_paragraph(&p->h, "note", "n/a: there was no trade on that side.");
}

/* ------------------------------------------------------------------ excursions */

typedef struct excursion {
    const char *title, *desc, *axis;
    bool is_adverse;
} excursion;

static double way_of(const sheet_trade *t, const excursion *e)
{
    return e->is_adverse ? t->mae : t->mfe;
}

static void draw_excursion(page *p, svg_head *head, const void *ctx)
{
    const excursion *e = ctx;
    const sheet *s = p->s;
    const svg_key keys[] = {{.class = "ma", .text = "Won", .shape = SVG_DOT},
                            {.class = "ob", .text = "Lost", .shape = SVG_CROSS}};
    double most = 0;
    double low = 0;
    double high = 0;
    char across[96];
    char up[64];
    svg chart;

    for (size_t i = 0; i < s->npoints; i++) {
        most = fmax(most, way_of(&s->points[i], e));
        low = fmin(low, s->points[i].pnl);
        high = fmax(high, s->points[i].pnl);
    }
    head->has_legend = true;
    head->title = e->title;
    head->desc = e->desc;
    snprintf(across, sizeof across, "%s, %.40s", e->axis, p->currency);
    snprintf(up, sizeof up, "Net profit, %.40s", p->currency);
    head->x = (svg_axis){.low = 0, .high = most, .title = across};
    head->y = (svg_axis){.low = low, .high = high, .title = up};
    svg_begin(&chart, &p->h, head);
    svg_rule_y(&chart, 0, "z");
    for (size_t i = 0; i < s->npoints; i++) {
        const sheet_trade *t = &s->points[i];
        svg_point at = {way_of(t, e), t->pnl};
        if (t->pnl > 0)
            svg_mark(&chart, at, SVG_DOT, 3.2, "ma", NULL);
        else
            svg_mark(&chart, at, SVG_CROSS, 2.6, "ob", NULL);
    }
    svg_legend(&chart, keys, 2);
    svg_end(&chart);
}

static void excursion_figures(page *p)
{
    static const excursion adverse = {
        "Adverse excursion", "Net profit of each round trip against its worst loss while open.",
        "Worst loss while open (MAE)", true};
    static const excursion favourable = {
        "Favourable excursion", "Net profit of each round trip against its best profit while open.",
        "Best profit while open (MFE)", false};

    html_put(&p->h, "<div class=\"pair\">\n");
    page_chart(p, "mae-chart", "Worst loss while open, and what became of it", false, 300,
               draw_excursion, &adverse);
    page_chart(p, "mfe-chart", "Best profit while open, and what became of it", false, 300,
               draw_excursion, &favourable);
    html_put(&p->h, "</div>\n");
    if (p->s->points_step > 1)
        html_putf(&p->h,
                  "<p class=\"note\">%zu of %llu round trips are shown: one of every %llu.</p>\n",
                  p->s->npoints, (unsigned long long)p->s->ntrades,
                  (unsigned long long)p->s->points_step);
}

void page_trades(page *p)
{
    const sheet *s = p->s;

    html_section(&p->h, "trades", "Trades");
    if (s->ntrades == 0) {
        html_paragraph(&p->h, "note",
                       page_number(p->result, "fills.count") > 0
                           ? "No trade was finished: no position was closed again."
                           : "No trades were made.");
    } else {
        side_table(p);
        best_and_worst(p);
        excursion_figures(p);
    }
    html_put(&p->h, "</section>\n");
}
