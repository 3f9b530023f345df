/* SPDX-License-Identifier: MIT
 *
 * What came of a search, for people at a terminal. */
#include "internal.h"

#include "base/clock.h"
#include "report/html.h"
#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define CELL_TEXT VALUE_TEXT
#define COLUMNS_MAX (DIMENSIONS_MAX + 8)

const char *dimension_title(const tune *t, uint32_t i)
{
    const char *dot = strrchr(t->dimensions[i].name, '.');

    for (uint32_t k = 0; dot && k < t->ndimensions; k++) {
        const char *other = strrchr(t->dimensions[k].name, '.');
        if (k != i && other && strcmp(dot, other) == 0) return t->dimensions[i].name;
    }
    return dot ? dot + 1 : t->dimensions[i].name;
}

const statistic *statistic_of(uint32_t figure)
{
    const statistic *rows;

    statistics(&rows);
    return &rows[figure];
}

void figure_write(const statistic *s, double value, char to[CELL_ROOM])
{
    if (!isfinite(value))
        snprintf(to, CELL_ROOM, "n/a");
    else if (s->unit == STATISTIC_PART)
        html_percent(value, 2, to);
    else
        html_number(value, s->unit == STATISTIC_COUNT ? 0 : html_places(value, 4), to);
}

/* The same in plain letters, whose number is their width. */
static void figure_print(const statistic *s, double value, char to[CELL_ROOM])
{
    if (!isfinite(value))
        snprintf(to, CELL_ROOM, "n/a");
    else if (s->unit == STATISTIC_PART)
        snprintf(to, CELL_ROOM, "%.2f %%", value * 100);
    else
        snprintf(to, CELL_ROOM, "%.*f", s->unit == STATISTIC_COUNT ? 0 : html_places(value, 4),
                 value);
}

/* The figures beside the objective that people ask for next. */
static const char *const asked[] = {"total_return", "max_drawdown", "trades"};

static uint32_t figure_named(const tune *t, const char *name)
{
    for (uint32_t i = 0; i < t->nfigures; i++)
        if (strcmp(t->figures[i].name, name) == 0 && i != t->objective) return i;
    return UINT32_MAX;
}

uint32_t figures_shown(const tune *t, uint32_t to[FIGURES_SHOWN])
{
    uint32_t n = 0;

    to[n++] = t->objective;
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        if ((to[n] = figure_named(t, asked[i])) != UINT32_MAX) n++;
    return n;
}

void span_write(const config_span *span, char to[SPAN_ROOM])
{
    char from[TIME_TEXT] = "the start of the data";
    char until[TIME_TEXT] = "its end";

    if (span->from != INT64_MIN) time_format_short(span->from, from);
    if (span->to != INT64_MAX) time_format_short(span->to, until);
    snprintf(to, SPAN_ROOM, "%s to %s", from, until);
}

/* ------------------------------------------------------------------ the table */

/* All cells are written first: a column is as wide as its widest. */
typedef struct grid {
    char (*cells)[CELL_TEXT];
    size_t nrows, ncolumns;
} grid;

static char *cell(const grid *g, size_t row, size_t column)
{
    return g->cells[row * g->ncolumns + column];
}

static void print_grid(const grid *g, FILE *to)
{
    for (size_t r = 0; r < g->nrows; r++) {
        for (size_t c = 0; c < g->ncolumns; c++) {
            int width = 0;
            for (size_t k = 0; k < g->nrows; k++)
                if ((int)strlen(cell(g, k, c)) > width) width = (int)strlen(cell(g, k, c));
            fprintf(to, "  %*s", width, cell(g, r, c));
        }
        fputc('\n', to);
    }
}

static void fill_titles(const tune *t, const grid *g, const uint32_t *figures, uint32_t n)
{
    size_t c = 0;

    snprintf(cell(g, 0, c++), CELL_TEXT, "rank");
    snprintf(cell(g, 0, c++), CELL_TEXT, "trial");
    for (uint32_t i = 0; i < t->ndimensions; i++)
        snprintf(cell(g, 0, c++), CELL_TEXT, "%s", dimension_title(t, i));
    for (uint32_t i = 0; i < n; i++)
        snprintf(cell(g, 0, c++), CELL_TEXT, "%s", t->figures[figures[i]].name);
    if (t->config->test.node)
        snprintf(cell(g, 0, c++), CELL_TEXT, "%s on test", t->config->objective);
}

static void fill_row(const tune *t, const grid *g, size_t rank, const uint32_t *figures, uint32_t n)
{
    const trial *tr = t->ranked[rank - 1];
    char text[CELL_ROOM];
    size_t c = 0;

    snprintf(cell(g, rank, c++), CELL_TEXT, "%zu", rank);
    snprintf(cell(g, rank, c++), CELL_TEXT, "%" PRIu64, tr->number);
    for (uint32_t i = 0; i < t->ndimensions; i++)
        value_write(&t->dimensions[i], tr->values[i], cell(g, rank, c++));
    for (uint32_t i = 0; i < n; i++) {
        figure_print(statistic_of(figures[i]), outcome_figure(&tr->train, figures[i]), text);
        snprintf(cell(g, rank, c++), CELL_TEXT, "%s", text);
    }
    if (!t->config->test.node) return;
    figure_print(statistic_of(t->objective), outcome_figure(&tr->test, t->objective), text);
    snprintf(cell(g, rank, c++), CELL_TEXT, "%s",
             tr->test.state == QN_TRIAL_FAILED || tr->test.state == QN_TRIAL_REFUSED
                 ? trial_state_name(tr->test.state)
                 : text);
}

static void print_best(const tune *t, FILE *to)
{
    uint32_t figures[FIGURES_SHOWN];
    uint32_t n = figures_shown(t, figures);
    grid g = {.nrows = best_shown(t) + 1,
              .ncolumns = 2 + t->ndimensions + n + (t->config->test.node != NULL)};

    if (g.nrows == 1 || !(g.cells = mem_new(g.nrows * g.ncolumns, CELL_TEXT))) return;
    fill_titles(t, &g, figures, n);
    for (size_t i = 1; i < g.nrows; i++)
        fill_row(t, &g, i, figures, n);
    print_grid(&g, to);
    mem_free(g.cells);
}

/* ------------------------------------------------------------------ the rest */

static void print_head(const tune *t, FILE *to)
{
    char span[SPAN_ROOM];

    fprintf(to, "%s: %s, %s %s, %zu trials:", config_get(t->cfg)->name, tuner_class(t->tuner),
            t->config->direction, t->config->objective, t->ntrials);
    for (uint32_t s = 1; s < QN_TRIAL_STATES; s++)
        if (s == QN_TRIAL_DONE || count_state(t, s))
            fprintf(to, "%s %" PRIu64 " %s", s > 1 ? "," : "", count_state(t, s),
                    trial_state_name(s));
    if (count_repeats(t)) fprintf(to, ", %" PRIu64 " asked for twice", count_repeats(t));
    fprintf(to, "%s\n", t->is_stopped ? " (stopped)" : "");
    span_write(&t->config->train, span);
    fprintf(to, "  train  %s\n", span);
    if (!t->config->test.node) return;
    span_write(&t->config->test, span);
    fprintf(to, "  test   %s\n", span);
}

static void print_around(const tune *t, FILE *to)
{
    const statistic *s = statistic_of(t->objective);
    char mean[CELL_ROOM], median[CELL_ROOM], worst[CELL_ROOM];

    if (!t->nranked) {
        fputs("No trial has an objective.\n", to);
        return;
    }
    figure_print(s, t->around.mean, mean);
    figure_print(s, t->around.median, median);
    figure_print(s, t->around.worst, worst);
    fprintf(to, "Within one step of the best: %" PRIu64 " trial%s, %s mean %s, median %s, worst %s",
            t->around.n, t->around.n == 1 ? "" : "s", t->config->objective, mean, median, worst);
    if (t->around.without) fprintf(to, "; %" PRIu64 " without a result", t->around.without);
    fputc('\n', to);
}

void tune_print(const tune *t, FILE *to)
{
    print_head(t, to);
    print_best(t, to);
    print_around(t, to);
    fprintf(to, "Report: %s/tune.html\n", t->config->path);
}
