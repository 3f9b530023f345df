/* SPDX-License-Identifier: MIT
 *
 * Tables of figures: statistics, drawdowns, costs, strategies and instruments, refused orders. */
#include "page_parts.h"

#include "statistics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ statistics */

static page_format format_of(statistic_unit unit)
{
    switch (unit) {
    case STATISTIC_PART:
        return PAGE_PART;
    case STATISTIC_DAYS:
        return PAGE_DAYS;
    case STATISTIC_COUNT:
        return PAGE_COUNT;
    case STATISTIC_MONEY:
        return PAGE_MONEY;
    default:
        return PAGE_NUMBER;
    }
}

static const char *unit_name(const page *p, statistic_unit unit)
{
    return unit == STATISTIC_DAYS ? "days" : unit == STATISTIC_MONEY ? p->currency : "";
}

static const char *why_of(const statistic *row)
{
    return row->undefined ? row->undefined : "It is not defined for this run.";
}

static void statistic_row(page *p, const statistic *row)
{
    const char *unit = unit_name(p, row->unit);
    char key[96];

    snprintf(key, sizeof key, "performance.%s", row->name);
    html_put(&p->h, "<tr><th scope=\"row\"");
    html_attribute(&p->h, "title", row->definition);
    html_put(&p->h, ">");
    html_text(&p->h, row->title);
    if (*unit) {
        html_put(&p->h, " <span class=\"muted\">");
        html_text(&p->h, unit);
        html_put(&p->h, "</span>");
    }
    html_put(&p->h, "</th>");
    page_cell(p, key, format_of(row->unit), why_of(row));
    html_row_end(&p->h);
}

static struct json_object *value_of(page *p, const statistic *row)
{
    char key[96];

    snprintf(key, sizeof key, "performance.%s", row->name);
    return page_find(p->result, key);
}

/* A run without a benchmark has no figures to it: one sentence says so. */
static bool is_without(page *p, statistic_group group)
{
    return group == STATISTIC_BENCHMARK && !page_find(p->result, "performance.benchmark");
}

static void statistic_table(page *p, statistic_group group, const statistic *rows, size_t n)
{
    static const html_column columns[] = {{"Figure", false}, {"Value", true}};
    bool is_open = false;

    for (size_t i = 0; i < n; i++) {
        if (rows[i].group != group) continue;
        if (!is_open) {
            html_put(&p->h, "<div class=\"keep quiet\">");
            html_table_begin(&p->h, statistic_group_title(group), columns, 2);
        }
        is_open = true;
        statistic_row(p, &rows[i]);
    }
    if (!is_open) return;
    html_table_end(&p->h);
    html_put(&p->h, "</div>\n");
}

/* Why figures are n/a, each reason once. */
static void undefined_note(page *p, const statistic *rows, size_t n)
{
    bool is_open = false;

    for (size_t i = 0; i < n; i++) {
        bool is_new = !value_of(p, &rows[i]) && !is_without(p, rows[i].group);
        for (size_t k = 0; k < i && is_new; k++)
            if (!value_of(p, &rows[k]) && strcmp(why_of(&rows[k]), why_of(&rows[i])) == 0)
                is_new = false;
        if (!is_new) continue;
        html_put(&p->h, is_open ? "" : "<h3>Figures that are n/a</h3>\n<ul class=\"note\">\n");
        is_open = true;
        html_put(&p->h, "<li>");
        html_text(&p->h, rows[i].title);
        for (size_t k = i + 1; k < n; k++)
            if (!value_of(p, &rows[k]) && strcmp(why_of(&rows[k]), why_of(&rows[i])) == 0) {
                html_put(&p->h, ", ");
                html_text(&p->h, rows[k].title);
            }
        html_put(&p->h, ": ");
        html_text(&p->h, why_of(&rows[i]));
        html_put(&p->h, "</li>\n");
    }
    if (is_open) html_put(&p->h, "</ul>\n");
}

void page_statistics(page *p)
{
    const statistic *rows;
    size_t n = statistics(&rows);

    html_section(&p->h, "statistics", "Statistics");
    html_put(&p->h, "<div class=\"columns\">\n");
    for (int group = 0; group < STATISTIC_GROUPS; group++)
        if (!is_without(p, (statistic_group)group))
            statistic_table(p, (statistic_group)group, rows, n);
    html_put(&p->h, "</div>\n");
    if (is_without(p, STATISTIC_BENCHMARK))
        html_paragraph(&p->h, "note",
                       "No figures to a benchmark: the config names none (report.benchmark).");
    undefined_note(p, rows, n);
    html_put(&p->h, "</section>\n");
}

/* ------------------------------------------------------------------ drawdowns */

static void length_cell(page *p, int64_t ns)
{
    char text[HTML_NUMBER];

    page_duration((double)ns * 1e-9, text);
    html_cell_number(&p->h, text);
}

static void drawdown_row(page *p, size_t number, const sheet_drawdown *d)
{
    char text[24];

    snprintf(text, sizeof text, "%zu", number);
    html_row_begin(&p->h, text);
    page_cell_part(p, d->depth);
    page_cell_time(p, d->peak_ts);
    page_cell_time(p, d->trough_ts);
    if (d->end_ts)
        page_cell_time(p, d->end_ts);
    else
        html_cell(&p->h, "not yet");
    length_cell(p, d->trough_ts - d->peak_ts);
    if (d->end_ts)
        length_cell(p, d->end_ts - d->trough_ts);
    else
        html_cell_number(&p->h, "\xe2\x80\x94");
    html_row_end(&p->h);
}

void page_drawdowns(page *p)
{
    static const html_column columns[] = {
        {"#", false},         {"Depth", true},          {"Peak", false},        {"Trough", false},
        {"Recovered", false}, {"Peak to trough", true}, {"Trough to end", true}};
    const sheet *s = p->s;

    html_section(&p->h, "drawdowns", "Worst drawdowns");
    if (s->ndrawdowns == 0) {
        html_paragraph(&p->h, "note", "Equity was never below an earlier value.");
    } else {
        html_table_begin(&p->h, NULL, columns, sizeof columns / sizeof columns[0]);
        for (size_t i = 0; i < s->ndrawdowns; i++)
            drawdown_row(p, i + 1, &s->drawdowns[i]);
        html_table_end(&p->h);
    }
    html_put(&p->h, "</section>\n");
}

/* ------------------------------------------------------------------ costs */

/* One line of an account's way from start to end. */
typedef struct cost_line {
    const char *title, *key;
} cost_line;

/* Places behind the point that it takes to show all lines of an account exactly; 2 at least. */
static int account_places(const page *p, size_t i, const cost_line *lines, size_t n)
{
    size_t places = 2;
    char key[96];

    for (size_t k = 0; k < n; k++) {
        const char *text;
        const char *point;
        snprintf(key, sizeof key, "accounts.%zu.%s", i, lines[k].key);
        text = page_string(p->result, key);
        point = text ? strchr(text, '.') : NULL;
        if (point && strlen(point + 1) > places) places = strlen(point + 1);
    }
    return (int)places;
}

static void account_table(page *p, size_t i)
{
    static const html_column columns[] = {{"From start to end", false}, {"", true}};
    static const cost_line lines[] = {
        {"Cash at the start", "start"},
        {"Realized profit, before fees", "realized_pnl"},
        {"Unrealized profit", "unrealized_pnl"},
        {"Fees paid", "fees"},
        {"Funding received", "funding"},
        {"Equity at the end", "equity"},
        {"Cash at the end", "end"},
    };
    char key[96];
    char title[160];
    const char *venue;
    size_t n = sizeof lines / sizeof lines[0];
    int places = account_places(p, i, lines, n);

    snprintf(key, sizeof key, "accounts.%zu.venue", i);
    venue = page_string(p->result, key);
    snprintf(key, sizeof key, "accounts.%zu.currency", i);
    snprintf(title, sizeof title, "Account %.80s, %.40s", venue ? venue : "",
             page_string(p->result, key) ? page_string(p->result, key) : "");
    html_put(&p->h, "<div class=\"quiet\">");
    html_table_begin(&p->h, title, columns, 2);
    for (size_t k = 0; k < n; k++) {
        html_row_begin(&p->h, lines[k].title);
        snprintf(key, sizeof key, "accounts.%zu.%s", i, lines[k].key);
        page_cell_places(p, key, places);
        html_row_end(&p->h);
    }
    html_table_end(&p->h);
    html_put(&p->h, "</div>\n");
}

/* Fees and funding beside what was earned before them, of all accounts in the currency. */
static void cost_sums(const page *p, double *gross, double *fees, double *funding)
{
    struct json_object *accounts = page_find(p->result, "accounts");
    size_t n = accounts ? json_object_array_length(accounts) : 0;

    for (size_t i = 0; i < n; i++) {
        struct json_object *a = json_object_array_get_idx(accounts, i);
        const char *currency = page_string(a, "currency");
        if (!currency || strcmp(currency, p->currency) != 0) continue;
        *gross += page_number(a, "realized_pnl") + page_number(a, "unrealized_pnl");
        *fees += page_number(a, "fees");
        *funding += page_number(a, "funding");
    }
}

static void cost_row(page *p, const char *title, double money, double gross)
{
    html_row_begin(&p->h, title);
    page_cell_money(p, money);
    if (gross > 0)
        page_cell_part(p, money / gross);
    else
        html_cell_number(&p->h, "n/a");
    html_row_end(&p->h);
}

static void cost_table(page *p)
{
    const html_column columns[] = {{"", false}, {p->currency, true}, {"of gross profit", true}};
    double gross = 0;
    double fees = 0;
    double funding = 0;

    cost_sums(p, &gross, &fees, &funding);
    html_table_begin(&p->h, "Gross and net", columns, 3);
    cost_row(p, "Gross profit", gross, gross);
    cost_row(p, "Fees", -fees, gross);
    cost_row(p, "Funding", funding, gross);
    cost_row(p, "Net profit", gross - fees + funding, gross);
    html_table_end(&p->h);
    if (!(gross > 0))
        html_paragraph(&p->h, "note",
                       "There was no gross profit that costs could be a part of: n/a.");
}

static void liquidity_row(page *p, const char *title, const char *key, const sheet_cost *cost)
{
    char text[HTML_NUMBER];

    html_row_begin(&p->h, title);
    if (key)
        page_cell(p, key, PAGE_COUNT, NULL);
    else
        page_cell_count(p, cost->fills);
    page_cell_money(p, cost->volume);
    page_cell_money(p, cost->fees);
    html_number(cost->volume > 0 ? cost->fees / cost->volume * 1e4 : NAN, 2, text);
    html_cell_number(&p->h, cost->volume > 0 ? text : "\xe2\x80\x94");
    html_row_end(&p->h);
}

/* What was paid for making and for taking liquidity. */
static void liquidity_table(page *p)
{
    static const html_column columns[] = {
        {"", false}, {"Fills", true}, {"Traded value", true}, {"Fees", true}, {"bp of it", true}};
    const sheet_cost *costs = p->s->costs;
    const sheet_cost all = {costs[0].fills + costs[1].fills, costs[0].volume + costs[1].volume,
                            costs[0].fees + costs[1].fees};
    bool is_all = (double)all.fills == page_number(p->result, "fills.count");
    char caption[80];

    snprintf(caption, sizeof caption, "Maker and taker, %.40s", p->currency);
    html_table_begin(&p->h, caption, columns, 5);
    liquidity_row(p, "Maker", is_all ? "fills.maker" : NULL, &costs[0]);
    liquidity_row(p, "Taker", is_all ? "fills.taker" : NULL, &costs[1]);
    liquidity_row(p, "All", is_all ? "fills.count" : NULL, &all);
    html_table_end(&p->h);
    if (!is_all) html_paragraph(&p->h, "note", "Fills in other currencies are not among these.");
    if (all.fills > 0)
        html_paragraph(
            &p->h, "note",
            "Fees are those of the venue, below 0 a rebate. Slippage is not told apart: it is in "
            "the prices of the fills, as far as the venue models it.");
}

void page_costs(page *p)
{
    struct json_object *accounts = page_find(p->result, "accounts");
    size_t n = accounts ? json_object_array_length(accounts) : 0;

    html_section(&p->h, "costs", "Costs");
    html_put(&p->h, "<div class=\"pair\">\n<div>");
    cost_table(p);
    liquidity_table(p);
    html_put(&p->h, "</div>\n");
    for (size_t i = 0; i < n; i++)
        account_table(p, i);
    html_put(&p->h, "</div>\n</section>\n");
}

/* ------------------------------------------------------------------ strategies, instruments */

#define PARTS_MAX 200 /* rows: beyond it nobody reads, and the page has its size */

static const html_column part_columns[] = {
    {"Name", false}, {"Net profit", true}, {"Realized", true},     {"Unrealized", true},
    {"Fees", true},  {"Funding", true},    {"Traded value", true}, {"Fills", true},
    {"Maker", true}, {"Trades", true},     {"Won", true},          {"", false}};

static void part_row(page *p, const sheet_part *part)
{
    double share = part->fills ? (double)part->maker / (double)part->fills : NAN;

    html_row_begin(&p->h, part->name);
    page_cell_money(p, part->realized + part->unrealized - part->fees + part->funding);
    page_cell_money(p, part->realized);
    page_cell_money(p, part->unrealized);
    page_cell_money(p, part->fees);
    page_cell_money(p, part->funding);
    page_cell_money(p, part->volume);
    page_cell_count(p, part->fills);
    page_cell_part(p, share);
    page_cell_count(p, part->trades);
    page_cell_part(p, part->trades ? (double)part->wins / (double)part->trades : NAN);
    html_cell(&p->h, part->currency ? part->currency : "several");
    html_row_end(&p->h);
}

static bool is_idle(const sheet_part *part)
{
    return part->fills == 0 && part->trades == 0 && part->funding == 0;
}

static void part_table(page *p, const char *caption, const sheet_part *parts, size_t n)
{
    html_table_begin(&p->h, caption, part_columns, sizeof part_columns / sizeof part_columns[0]);
    for (size_t i = 0; i < n && i < PARTS_MAX; i++)
        part_row(p, &parts[i]);
    html_table_end(&p->h);
    if (n > PARTS_MAX)
        html_putf(&p->h, "<p class=\"note\">The first %d of %zu.</p>\n", PARTS_MAX, n);
}

void page_components(page *p)
{
    const sheet *s = p->s;
    bool has_host = s->strategies && !is_idle(&s->strategies[0]);
    bool is_several = false;

    html_section(&p->h, "components", "Strategies and instruments");
    if (s->nstrategies + has_host > 0)
        part_table(p, "Strategies", s->strategies + !has_host, s->nstrategies + has_host);
    else
        html_paragraph(&p->h, "note", "The run had no strategies.");
    if (s->ninstruments > 0) part_table(p, "Instruments", s->instruments, s->ninstruments);
    for (uint32_t i = 0; i <= s->nstrategies && s->strategies; i++)
        is_several = is_several || (!s->strategies[i].currency && !is_idle(&s->strategies[i]));
    if (is_several)
        html_paragraph(&p->h, "note",
                       "A strategy that trades in several currencies has no sum of money: n/a.");
    html_put(&p->h, "</section>\n");
}

/* ------------------------------------------------------------------ refused orders */

/* "INSUFFICIENT_BALANCE" -> "insufficient balance". */
static void reason_cell(page *p, uint32_t reason)
{
    char text[64];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", order_reason_name(reason));

    for (size_t i = 0; i < n && i < sizeof text; i++)
        text[i] = text[i] == '_'
                      ? ' '
                      : (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 32 : text[i]);
    html_row_begin(&p->h, text);
}

void page_refusals(page *p)
{
    static const html_column columns[] = {
        {"Reason", false}, {"Refused by", false}, {"Orders", true}};
    static const html_column states[] = {{"Orders", false}, {"", true}};
    static const char *const names[][2] = {{"Sent", "submitted"},
                                           {"Accepted", "accepted"},
                                           {"Filled", "filled"},
                                           {"Canceled", "canceled"},
                                           {"Expired", "expired"},
                                           {"Rejected by the venue", "rejected"},
                                           {"Denied by the host", "denied"}};
    const sheet *s = p->s;
    char key[48];

    html_section(&p->h, "orders", "Orders");
    html_put(&p->h, "<div class=\"pair\">\n<div class=\"quiet\">");
    html_table_begin(&p->h, "What became of them", states, 2);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        html_row_begin(&p->h, names[i][0]);
        snprintf(key, sizeof key, "orders.%s", names[i][1]);
        page_cell(p, key, PAGE_COUNT, NULL);
        html_row_end(&p->h);
    }
    html_table_end(&p->h);
    html_put(&p->h, "</div>\n<div>");
    if (s->nrefusals == 0) {
        html_put(&p->h, "<h3>Refused orders</h3>\n");
        html_paragraph(&p->h, "note", "No order was denied or rejected.");
    } else {
        html_table_begin(&p->h, "Refused orders, by reason", columns, 3);
        for (size_t i = 0; i < s->nrefusals; i++) {
            reason_cell(p, s->refusals[i].reason);
            html_cell(&p->h, s->refusals[i].state == QN_ORDER_DENIED ? "host (denied)"
                                                                     : "venue (rejected)");
            page_cell_count(p, s->refusals[i].count);
            html_row_end(&p->h);
        }
        html_table_end(&p->h);
    }
    html_put(&p->h, "</div>\n</div>\n</section>\n");
}
