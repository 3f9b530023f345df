/* SPDX-License-Identifier: MIT
 *
 * The tear sheet's parts, shared by its files: page.c frames them, page_curves.c draws equity and
 * what follows of it, page_returns.c what its returns look like, page_prices.c prices with fills,
 * page_tables.c and page_trades.c figures, page_manifest.c how to run it again. Each part writes a
 * section and says in a sentence why it is empty, if it is. */
#ifndef QUOIN_REPORT_PAGE_PARTS_H
#define QUOIN_REPORT_PAGE_PARTS_H

#include "html.h"
#include "page.h"
#include "svg.h"

#include <json-c/json.h>

typedef struct page {
    html h;
    const page_run *run;
    struct json_object *result, *manifest; /* the run's */
    const sheet *s;
    const char *currency;  /* of the statistics; "" = none */
    double start_s, end_s; /* of the equity, seconds since 1970 */
    bool has_clock;        /* times in tables are to the minute, not days alone */
    svg_point *points;     /* room for PAGE_POINTS, shared by all charts */
} page;

/* First, low, high and last of each bucket. */
#define PAGE_POINTS (4 * THIN_MAX)

/* Room for the labels of charts over time, so that those below each other line up. */
#define PAGE_LEFT 62

/* How a figure is shown. */
typedef enum page_format {
    PAGE_TEXT,
    PAGE_COUNT,
    PAGE_MONEY,  /* two places */
    PAGE_NUMBER, /* a ratio: two places */
    PAGE_PART,   /* per cent */
    PAGE_DAYS,
} page_format;

/* The value at a path like "accounts.0.equity" of a JSON object; NULL if there is none, or null. */
struct json_object *page_find(struct json_object *in, const char *path);
/* Its text as JSON has it, without quotes; NULL for none. A number of it; NAN for none. */
const char *page_string(struct json_object *in, const char *path);
double page_number(struct json_object *in, const char *path);

/* What people read of a figure; "n/a" for none. */
void page_format_value(struct json_object *value, page_format format, char to[HTML_NUMBER]);
/* ` data-key="..." data-value="..."` of a figure of the result: its exact text. */
void page_mark(page *p, const char *key);
/* A cell with a figure of the result; where it is undefined, `why` says so on pointing. */
void page_cell(page *p, const char *key, page_format format, const char *why);
/* The same of money with so many places, so that a column of sums adds up to the eye. */
void page_cell_places(page *p, const char *key, int places);
/* Cells of figures that only the sheet knows. */
void page_cell_money(page *p, double value);
void page_cell_count(page *p, uint64_t count);
void page_cell_part(page *p, double value);
void page_cell_time(page *p, int64_t ts);
/* A quantity or price: up to 6 significant digits. */
void page_cell_number(page *p, double value);

/* "2020-01-31", or "2020-01-31 14:05" where `with_clock`. */
#define PAGE_TIME 24
void page_time(int64_t ts, bool with_clock, char to[PAGE_TIME]);
/* "45 s", "3 h", "12.5 days": a length of time. */
void page_duration(double seconds, char to[HTML_NUMBER]);

/* A chart drawn by `draw` as a figure: once for half the page, or twice for all of its width,
 * for wide screens and for narrow ones. `draw` gets id, width, height and class of the head, and
 * fills the rest. */
typedef void (*page_draw)(page *p, svg_head *head, const void *ctx);
void page_chart(page *p, const char *id, const char *caption, bool is_wide, double height,
                page_draw draw, const void *ctx);

/* The axis of all charts over time: from the start of equity to its end. */
svg_axis page_time_axis(const page *p);
/* How a range of values is drawn: by its logarithm where a linear axis would hide what is small. */
svg_scale page_scale(double low, double high);

/* The points of a thinned series, `scale` times each; how many. They lie in p->points. */
size_t page_points(page *p, const thin *t, double scale);
/* Lowest and highest value of it, joined with what low and high are already. */
void page_range(const thin *t, double scale, double *low, double *high);

/* Sections. */
void page_equity(page *p);
void page_months(page *p);
void page_returns(page *p);
void page_exposure(page *p);
void page_prices(page *p);
void page_statistics(page *p);
void page_drawdowns(page *p);
void page_trades(page *p);
void page_costs(page *p);
void page_components(page *p);
void page_refusals(page *p);
void page_manifest(page *p);
void page_appendix(page *p);

#endif
