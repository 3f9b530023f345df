/* SPDX-License-Identifier: MIT */
#include "page_parts.h"

#include "statistics.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ charts */

void page_chart(page *p, const char *id, const char *caption, bool is_wide, double height,
                page_draw draw, const void *ctx)
{
    char narrow_id[64];
    svg_head head = {.id = id, .width = SVG_HALF, .height = height};

    html_put(&p->h, "<figure><figcaption>");
    html_text(&p->h, caption);
    html_put(&p->h, "</figcaption>\n");
    if (is_wide) {
        head.width = SVG_WIDE;
        head.class = "wide";
    }
    draw(p, &head, ctx);
    if (is_wide) { /* text of the wide picture would be too small on a small screen */
        snprintf(narrow_id, sizeof narrow_id, "%s-narrow", id);
        head = (svg_head){.id = narrow_id,
                          .class = "narrow",
                          .width = SVG_HALF,
                          .height = height > 260 ? 260 : height};
        draw(p, &head, ctx);
    }
    html_put(&p->h, "</figure>\n");
}

/* ------------------------------------------------------------------ header */

static const char *text_or(const char *text, const char *other)
{
    return text && *text ? text : other;
}

/* Names of the instruments: the first ones, and how many more. */
static void put_instruments(page *p)
{
    const sheet *s = p->s;
    uint32_t n = s->ninstruments > 4 ? 3 : s->ninstruments;

    for (uint32_t i = 0; i < n; i++) {
        if (i) html_put(&p->h, ", ");
        html_name(&p->h, s->instruments[i].name);
    }
    if (s->ninstruments > n) html_putf(&p->h, " and %u more", (unsigned)(s->ninstruments - n));
}

/* The days, or the minutes where the run is short. */
static void put_period(page *p)
{
    const char *from = text_or(page_string(p->result, "data.from"), "");
    const char *to = text_or(page_string(p->result, "data.to"), "");
    bool with_clock = p->end_s - p->start_s < 4 * 86400.0;
    char length[HTML_NUMBER];

    page_duration(p->end_s - p->start_s, length);
    html_putf(&p->h, "%.10s", from);
    if (with_clock && strlen(from) > 16) html_putf(&p->h, " %.5s", from + 11);
    html_putf(&p->h, " to %.10s", to);
    if (with_clock && strlen(to) > 16) html_putf(&p->h, " %.5s", to + 11);
    html_putf(&p->h, " UTC (%s)", length);
}

/* What a status other than "completed" means for who reads the figures. */
static const struct {
    const char *status, *badge, *text;
} statuses[] = {
    {"stopped", "STOPPED", "The run was stopped before the end of its data."},
    {"ruined", "RUINED", "Equity fell to zero or below, and the run ended there."},
    {"halted", "HALTED",
     "Trading was halted: from then on only what reduced a position could be "
     "done."},
    {"failed", "FAILED", "The run failed: the figures are of what came before."},
    {"unfinished", "UNFINISHED",
     "The run has not ended: the figures are of what is recorded so far."},
};

static void put_badge(page *p, const char *badge)
{
    html_putf(&p->h, "<span class=\"badge warn\">%s</span>", badge);
}

/* What the module that halted compared, where it said so. */
static void put_compared(page *p, const char *name, const char *before)
{
    char key[48];
    const char *text;

    snprintf(key, sizeof key, "run.halt.%s", name);
    text = page_string(p->result, key);
    if (!text) return;
    html_put(&p->h, before);
    html_text(&p->h, text);
}

static void put_halt(page *p)
{
    const char *reason = page_string(p->result, "run.halt.reason");
    const char *by = page_string(p->result, "run.halt.by");
    const char *ts = page_string(p->result, "run.halt.ts");

    if (!reason) return;
    html_put(&p->h, "<p>Trading was halted by <strong>");
    html_name(&p->h, by);
    html_put(&p->h, "</strong> at ");
    html_putf(&p->h, "%.10s %.8s UTC", text_or(ts, ""), ts && strlen(ts) > 18 ? ts + 11 : "");
    html_put(&p->h, ", reason ");
    html_text(&p->h, reason);
    put_compared(p, "limit", ": limit ");
    put_compared(p, "value", ", value ");
    html_put(&p->h, ".</p>\n");
}

/* Which plugins are missing in what the figures are of, and why. */
static void put_faults(page *p)
{
    struct json_object *list = page_find(p->result, "faults");
    size_t n = list ? json_object_array_length(list) : 0;

    for (size_t i = 0; i < n; i++) {
        struct json_object *f = json_object_array_get_idx(list, i);
        const char *ts = page_string(f, "ts");
        html_put(&p->h, "<p>The plugin <strong>");
        html_name(&p->h, page_string(f, "id"));
        html_put(&p->h, "</strong> was taken out of the run at ");
        html_putf(&p->h, "%.10s %.8s UTC", text_or(ts, ""), ts && strlen(ts) > 18 ? ts + 11 : "");
        html_put(&p->h, ": ");
        html_name(&p->h, page_string(f, "why"));
        if (json_object_get_boolean(page_find(f, "replaced")))
            html_put(&p->h, ". Another build took its place later");
        html_put(&p->h, ".</p>\n");
    }
}

/* Money is not converted: what the figures leave out. */
static void put_currencies(page *p)
{
    const sheet *s = p->s;
    bool is_other = false;

    for (uint32_t i = 0; i < s->ninstruments; i++)
        is_other = is_other || (s->instruments[i].currency &&
                                strcmp(s->instruments[i].currency, p->currency) != 0);
    if (!is_other) return;
    html_put(&p->h, "<p>Returns, risk and trades are those of the accounts in ");
    html_name(&p->h, p->currency);
    html_put(&p->h, ", the currency of the first account, alone. Currencies are not converted: "
                    "what settles in another one stands in the tables of accounts, strategies "
                    "and instruments.</p>\n");
}

static void put_badges(page *p)
{
    const char *status = text_or(page_string(p->result, "run.status"), "");
    struct json_object *faults = page_find(p->result, "faults");
    bool is_tainted = json_object_get_boolean(page_find(p->result, "trust.tainted"));

    html_put(&p->h, "<div>");
    if (p->s->is_synthetic) put_badge(p, "SYNTHETIC DATA");
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (strcmp(status, statuses[i].status) == 0) put_badge(p, statuses[i].badge);
    if (is_tainted) put_badge(p, "UNSIGNED PLUGINS");
    if (faults && json_object_array_length(faults)) put_badge(p, "PLUGIN TAKEN OUT");
    html_put(&p->h, "</div>\n");
    if (p->s->is_synthetic)
        html_paragraph(&p->h, NULL,
                       "The prices were made by a random generator: the figures say how the "
                       "strategy behaves, not what it would have earned.");
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (strcmp(status, statuses[i].status) == 0) html_paragraph(&p->h, NULL, statuses[i].text);
    put_halt(p);
    put_faults(p);
    put_currencies(p);
}

static void put_header(page *p)
{
    char events[HTML_NUMBER];

    page_format_value(page_find(p->result, "data.events"), PAGE_COUNT, events);
    html_put(&p->h, "<header>\n<h1>");
    html_name(&p->h, text_or(page_string(p->result, "run.name"), "Run"));
    html_put(&p->h, "</h1>\n<p class=\"muted\">");
    put_instruments(p);
    html_put(&p->h, "<br/>");
    put_period(p);
    html_put(&p->h, "<br/>");
    html_putf(&p->h, "%s market event%s, status ", events, strcmp(events, "1") == 0 ? "" : "s");
    html_text(&p->h, text_or(page_string(p->result, "run.status"), "unknown"));
    html_put(&p->h, "</p>\n");
    put_badges(p);
}

/* ------------------------------------------------------------------ headline figures */

static const struct {
    const char *title, *key;
    page_format format;
    bool is_signed;
} tiles[] = {
    {"Total return", "performance.total_return", PAGE_PART, true},
    {"Return a year (CAGR)", "performance.cagr", PAGE_PART, true},
    {"Sharpe ratio", "performance.sharpe", PAGE_NUMBER, false},
    {"Largest drawdown", "performance.max_drawdown", PAGE_PART, false},
    {"Volatility a year", "performance.volatility", PAGE_PART, false},
    {"Round trips", "performance.trades", PAGE_COUNT, false},
};

static const char *why_undefined(const char *key)
{
    const statistic *rows;
    size_t n = statistics(&rows);

    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, strchr(key, '.') + 1) == 0 && rows[i].undefined)
            return rows[i].undefined;
    return "not defined for this run";
}

static void put_tiles(page *p)
{
    html_put(&p->h, "<dl class=\"tiles\">\n");
    for (size_t i = 0; i < sizeof tiles / sizeof tiles[0]; i++) {
        struct json_object *value = page_find(p->result, tiles[i].key);
        double number = page_number(p->result, tiles[i].key);
        char text[HTML_NUMBER];
        page_format_value(value, tiles[i].format, text);
        html_putf(&p->h, "<div><dt>%s</dt><dd", tiles[i].title);
        page_mark(p, tiles[i].key);
        if (!value) html_attribute(&p->h, "title", why_undefined(tiles[i].key));
        html_putf(&p->h, ">%s%s</dd></div>\n", tiles[i].is_signed && number > 0 ? "+" : "", text);
    }
    html_put(&p->h, "</dl>\n</header>\n");
}

static void put_footer(page *p)
{
    html_put(&p->h, "<footer><p class=\"note\">Made by Quoin ");
    html_text(&p->h, page_string(p->result, "run.host_version"));
    html_put(&p->h, ". Times are UTC. Charts of long runs are thinned so that every extreme "
                    "stays; tables and report.json are exact.</p></footer>\n");
}

/* ------------------------------------------------------------------ the page */

static void set_range(page *p)
{
    const thin *t = &p->s->equity;

    p->start_s = (double)p->run->first_ts * 1e-9;
    p->end_s = p->start_s;
    if (t->n == 0) return;
    p->start_s = fmin(p->start_s, (double)t->at[0].from * 1e-9);
    p->end_s = (double)t->at[t->n - 1].to * 1e-9;
}

static bool is_within_day(int64_t ts)
{
    return ts % QN_NS_PER_DAY != 0;
}

static bool trades_have_clock(const sheet_trade *trades, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_within_day(trades[i].entry_ts) || is_within_day(trades[i].exit_ts)) return true;
    return false;
}

/* Dates alone where all times in the tables are midnights, as with daily bars. */
static void set_clock(page *p)
{
    const sheet *s = p->s;

    p->has_clock = trades_have_clock(s->best, s->nbest) || trades_have_clock(s->worst, s->nworst);
    for (size_t i = 0; i < s->ndrawdowns; i++) {
        const sheet_drawdown *d = &s->drawdowns[i];
        if (is_within_day(d->peak_ts) || is_within_day(d->trough_ts) || is_within_day(d->end_ts))
            p->has_clock = true;
    }
}

static void put_page(page *p)
{
    static void (*const sections[])(page *) = {
        page_equity,     page_months,    page_returns, page_exposure, page_prices,
        page_statistics, page_drawdowns, page_trades,  page_costs,    page_components,
        page_refusals,   page_manifest,  page_appendix};

    html_begin(&p->h, text_or(page_string(p->result, "run.name"), "Quoin: a run"));
    put_header(p);
    put_tiles(p);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        sections[i](p);
    put_footer(p);
    html_end(&p->h);
}

int32_t page_write(const char *path, const page_run *run, qn_err *err)
{
    page p = {.run = run, .result = run->result, .manifest = run->manifest, .s = run->sheet};
    int32_t rc;

    p.points = mem_new(PAGE_POINTS, sizeof *p.points);
    if (!p.points) return fail(err, QN_E_NO_MEMORY, "no memory for %s", path);
    p.currency = text_or(page_string(run->result, "performance.currency"), "");
    set_range(&p);
    set_clock(&p);
    put_page(&p);
    rc = html_write(&p.h, path, err);
    html_free(&p.h);
    mem_free(p.points);
    return rc;
}
