/* SPDX-License-Identifier: MIT
 *
 * tune.html: what came of a search, to look at. Its size has a bound, whatever the number of
 * trials: pictures have as many cells and marks as can be told apart. */
#include "internal.h"
#include "rank.h"
#include "text.h"

#include "base/clock.h"
#include "base/fail.h"
#include "report/svg.h"

#include <quoin/sdk/tuner.h>

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define MAPS_MAX 6       /* heat maps: the pairs of dimensions that matter most */
#define SCATTERS_MAX 12  /* dimensions with a picture of their own */
#define MARKS_MAX 1000   /* in one picture */
#define MARKS_ACROSS 120 /* places of marks that can be told apart, */
#define MARKS_DOWN 60    /* across and down; where more of them are taken than MARKS_MAX, */
#define MARKS_COARSER 3  /* so many times fewer each way, which are 820 at most */
#define WITHOUT_SHOWN 50
#define CELLS_WITH_TEXT 8 /* bins of each axis at most, for figures to fit into cells */

/* ------------------------------------------------------------------ dimensions by importance */

static double weight(const tune *t, uint32_t i)
{
    return isfinite(t->importance[i]) ? t->importance[i] : -1;
}

/* Numbers of the dimensions, those that matter most first; of equals the config's order. */
static void by_importance(const tune *t, uint32_t sorted[DIMENSIONS_MAX])
{
    for (uint32_t i = 0; i < t->ndimensions; i++) {
        uint32_t at = i;
        while (at > 0 && weight(t, sorted[at - 1]) < weight(t, i)) {
            sorted[at] = sorted[at - 1];
            at--;
        }
        sorted[at] = i;
    }
}

static double objective_of(const tune *t, const trial *tr)
{
    return outcome_figure(&tr->train, t->objective);
}

/* ------------------------------------------------------------------ head and tables */

static void put_row(html *h, const char *heading, const char *text)
{
    html_row_begin(h, heading);
    html_cell(h, text);
    html_row_end(h);
}

static void put_count_row(html *h, const char *heading, uint64_t n)
{
    char text[HTML_NUMBER];

    html_number((double)n, 0, text);
    html_row_begin(h, heading);
    html_cell_number(h, text);
    html_row_end(h);
}

static bool is_synthetic(const tune *t)
{
    const config_run *c = config_get(t->cfg);

    for (size_t i = 0; i < c->nvenues; i++)
        if (strcmp(c->venues[i].id, "synthetic") == 0) return true;
    return false;
}

/* What must be known before a figure is read. */
static void put_head(const tune *t, html *h)
{
    char text[SPAN_ROOM];

    span_write(&t->config->train, text);
    html_putf(h, "<p class=\"muted\">%zu trial%s, searched on ", t->ntrials,
              t->ntrials == 1 ? "" : "s");
    html_text(h, text);
    if (t->config->test.node) {
        span_write(&t->config->test, text);
        html_put(h, "<br/>the best tested on ");
        html_text(h, text);
    }
    html_put(h, "</p>\n<div>");
    if (is_synthetic(t)) html_put(h, "<span class=\"badge warn\">SYNTHETIC DATA</span>");
    if (t->is_stopped) html_put(h, "<span class=\"badge warn\">STOPPED</span>");
    if (!t->config->test.node) html_put(h, "<span class=\"badge warn\">NOT TESTED</span>");
    html_put(h, "</div>\n");
    if (!t->config->test.node)
        html_paragraph(h, NULL,
                       "All figures are of the data that the search has chosen by: the best of "
                       "many trials looks good on it, whatever it is worth.");
}

static void put_about(const tune *t, html *h)
{
    static const html_column columns[] = {{"", false}, {"", false}};
    char text[SPAN_ROOM];

    html_section(h, "search", "The search");
    html_table_begin(h, NULL, columns, 2);
    put_row(h, "Tuner", tuner_class(t->tuner));
    snprintf(text, sizeof text, "%s, %s", t->config->objective,
             is_minimised(t) ? "less is better" : "more is better");
    put_row(h, "Objective", text);
    put_row(h, "Status", t->is_stopped ? "stopped before its end" : "completed");
    span_write(&t->config->train, text);
    put_row(h, "Searched on", text);
    if (t->config->test.node) span_write(&t->config->test, text);
    put_row(h, "Tested on",
            t->config->test.node ? text : "nothing: all figures are of the data of the search");
    put_count_row(h, "Trials", t->ntrials);
    for (uint32_t s = 1; s < QN_TRIAL_STATES; s++)
        put_count_row(h, trial_state_name(s), count_state(t, s));
    html_table_end(h);
    html_put(h, "</section>\n");
}

static void put_best_row(const tune *t, html *h, size_t rank, const uint32_t *figures, uint32_t n)
{
    const trial *tr = t->ranked[rank - 1];
    char text[VALUE_TEXT];
    char figure[CELL_ROOM];

    snprintf(text, sizeof text, "%zu", rank);
    html_row_begin(h, text);
    snprintf(text, sizeof text, "%" PRIu64, tr->number);
    html_cell_number(h, text);
    for (uint32_t i = 0; i < t->ndimensions; i++) {
        value_write(&t->dimensions[i], tr->values[i], text);
        html_cell_number(h, text);
    }
    for (uint32_t i = 0; i < n; i++) {
        figure_write(statistic_of(figures[i]), outcome_figure(&tr->train, figures[i]), figure);
        html_cell_number(h, figure);
    }
    for (uint32_t i = 0; t->config->test.node && i < n; i++) {
        figure_write(statistic_of(figures[i]), outcome_figure(&tr->test, figures[i]), figure);
        html_cell_number(h, figure);
    }
    html_row_end(h);
}

static void put_best(const tune *t, html *h)
{
    html_column columns[2 + DIMENSIONS_MAX + 2 * FIGURES_SHOWN] = {{"Rank", false},
                                                                   {"Trial", true}};
    char titles[FIGURES_SHOWN][80];
    uint32_t figures[FIGURES_SHOWN];
    uint32_t nfigures = figures_shown(t, figures);
    size_t n = 2;

    html_section(h, "best", "The best trials");
    if (t->nranked == 0) {
        html_paragraph(h, NULL, "No trial has an objective.");
        html_put(h, "</section>\n");
        return;
    }
    for (uint32_t i = 0; i < t->ndimensions; i++)
        columns[n++] = (html_column){dimension_title(t, i), true};
    for (uint32_t i = 0; i < nfigures; i++)
        columns[n++] = (html_column){statistic_of(figures[i])->title, true};
    for (uint32_t i = 0; t->config->test.node && i < nfigures; i++) {
        snprintf(titles[i], sizeof titles[i], "%s, test", statistic_of(figures[i])->title);
        columns[n++] = (html_column){titles[i], true};
    }
    html_table_begin(h,
                     t->config->test.node
                         ? "Ranked by the data of the search; the test took no part in it"
                         : "On the data that they were chosen by",
                     columns, n);
    for (size_t i = 1; i <= best_shown(t); i++)
        put_best_row(t, h, i, figures, nfigures);
    html_table_end(h);
    html_put(h, "</section>\n");
}

static void put_around(const tune *t, html *h)
{
    static const html_column columns[] = {{"", false}, {"", true}};
    const statistic *s = statistic_of(t->objective);
    const struct {
        const char *name;
        double value;
    } rows[] = {{"The best", t->nranked ? objective_of(t, t->ranked[0]) : NAN},
                {"Best of its neighbours", t->around.best},
                {"Their mean", t->around.mean},
                {"Their median", t->around.median},
                {"Their worst", t->around.worst}};
    char text[CELL_ROOM];

    html_section(h, "neighbourhood", "Around the best");
    html_paragraph(
        h, NULL,
        "Trials that differ from the best by no more than one step, or 5 % of the range, "
        "in each dimension. A best that stands far above them is a peak, and may be "
        "chance; on a plateau, small mistakes in the parameters cost little.");
    html_table_begin(h, s->title, columns, 2);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        figure_write(s, rows[i].value, text);
        html_row_begin(h, rows[i].name);
        html_cell_number(h, text);
        html_row_end(h);
    }
    put_count_row(h, "Neighbours with an objective", t->around.n);
    put_count_row(h, "Neighbours without", t->around.without);
    html_table_end(h);
    html_put(h, "</section>\n");
}

static void put_importance(const tune *t, html *h)
{
    static const html_column columns[] = {{"Dimension", false}, {"Part of the variance", true}};
    uint32_t sorted[DIMENSIONS_MAX];
    char text[HTML_NUMBER];

    by_importance(t, sorted);
    html_section(h, "importance", "What matters");
    html_paragraph(h, NULL,
                   "The part of the objective's variance that each dimension explains by itself "
                   "(correlation ratio). What acts only together with another one shows on the "
                   "maps below, not here.");
    html_table_begin(h, NULL, columns, 2);
    for (uint32_t i = 0; i < t->ndimensions; i++) {
        html_percent(t->importance[sorted[i]], 1, text);
        html_row_begin(h, t->dimensions[sorted[i]].name);
        html_cell_number(h, text);
        html_row_end(h);
    }
    html_table_end(h);
    html_put(h, "</section>\n");
}

/* ------------------------------------------------------------------ heat maps */

/* Means of the objective by the bins of two dimensions. */
typedef struct map {
    const tune *t;
    const qn_dimension *x, *y;
    uint32_t at_x, at_y; /* their numbers */
    uint32_t nx, ny;
    double sum[BINS][BINS];
    uint64_t n[BINS][BINS];
    double low, high; /* of the means */
    char names[2][BINS][VALUE_TEXT];
    const char *texts[2][BINS];
} map;

/* What stands at a bin: its value, or the least of its values. */
static void name_bins(const qn_dimension *d, uint32_t n, char names[BINS][VALUE_TEXT],
                      const char *texts[BINS])
{
    for (uint32_t i = 0; i < n; i++) {
        double part = (double)i / n;
        int64_t value = d->low;
        if (qn_dimension_count(d) == n)
            value = qn_dimension_nth(d, i);
        else if (d->scale == QN_SCALE_LOG)
            value = llround((double)d->low * pow((double)d->high / (double)d->low, part));
        else
            value = d->low + (int64_t)(((qn_wide)d->high - d->low) * i / n);
        value_write(d, value, names[i]);
        if (strlen(names[i]) > 12) snprintf(names[i] + 11, 4, "…");
        texts[i] = names[i];
    }
}

static void fill_map(map *m)
{
    for (size_t i = 0; i < m->t->nranked; i++) {
        const trial *tr = m->t->ranked[i];
        uint32_t x = bin_of(m->x, tr->values[m->at_x]);
        uint32_t y = bin_of(m->y, tr->values[m->at_y]);
        m->sum[x][y] += objective_of(m->t, tr);
        m->n[x][y]++;
    }
    m->low = HUGE_VAL;
    m->high = -HUGE_VAL;
    for (uint32_t x = 0; x < m->nx; x++)
        for (uint32_t y = 0; y < m->ny; y++) {
            if (!m->n[x][y]) continue;
            m->low = fmin(m->low, m->sum[x][y] / (double)m->n[x][y]);
            m->high = fmax(m->high, m->sum[x][y] / (double)m->n[x][y]);
        }
}

static void put_map_cell(const map *m, svg *s, uint32_t x, uint32_t y)
{
    double mean = m->sum[x][y] / (double)m->n[x][y];
    double place = m->high > m->low ? (mean - m->low) / (m->high - m->low) * 2 - 1 : 0;
    char figure[CELL_ROOM];
    char tip[3 * VALUE_TEXT];

    figure_write(statistic_of(m->t->objective), mean, figure);
    snprintf(tip, sizeof tip, "%s, %s: %s, %" PRIu64 " trials", m->texts[0][x], m->texts[1][y],
             figure, m->n[x][y]);
    svg_cell(s, (svg_point){x, y}, (svg_point){x + 1, y + 1}, is_minimised(m->t) ? -place : place,
             m->nx <= CELLS_WITH_TEXT && m->ny <= BINS ? figure : NULL, tip);
}

/* The picture, for wide screens or for narrow ones. */
static void draw_map(const tune *t, html *h, const map *m, bool is_wide)
{
    char id[40];
    char title[2 * VALUE_TEXT];
    svg s;

    snprintf(id, sizeof id, "map-%u-%u%s", m->at_x, m->at_y, is_wide ? "" : "-narrow");
    snprintf(title, sizeof title, "%s by %.100s and %.100s", statistic_of(t->objective)->title,
             dimension_title(t, m->at_x), dimension_title(t, m->at_y));
    svg_begin(
        &s, h,
        &(svg_head){.id = id,
                    .class = is_wide ? "wide" : "narrow",
                    .title = title,
                    .desc = "Mean of the trials of each cell: blue is better, orange is worse",
                    .width = is_wide ? SVG_WIDE : SVG_HALF,
                    .height = is_wide ? 120 + 24.0 * m->ny : 80 + 18.0 * m->ny,
                    .x = {.scale = SVG_NAMES,
                          .title = dimension_title(t, m->at_x),
                          .names = m->texts[0],
                          .nnames = m->nx},
                    .y = {.scale = SVG_NAMES,
                          .title = dimension_title(t, m->at_y),
                          .names = m->texts[1],
                          .nnames = m->ny}});
    for (uint32_t x = 0; x < m->nx; x++)
        for (uint32_t y = 0; y < m->ny; y++)
            if (m->n[x][y]) put_map_cell(m, &s, x, y);
    svg_end(&s);
}

/* What the colours stand for. */
static void put_map_range(const tune *t, html *h, const map *m)
{
    const statistic *s = statistic_of(t->objective);
    char worst[CELL_ROOM];
    char best[CELL_ROOM];

    figure_write(s, is_minimised(t) ? m->high : m->low, worst);
    figure_write(s, is_minimised(t) ? m->low : m->high, best);
    html_put(h, "<p class=\"note\">");
    html_text(h, s->title);
    html_put(h, ": the most orange cell ");
    html_text(h, worst);
    html_put(h, ", the bluest ");
    html_text(h, best);
    html_put(h, ".</p>\n");
}

static void put_map(const tune *t, html *h, uint32_t a, uint32_t b, map *m)
{
    *m = (map){.t = t, .x = &t->dimensions[a], .y = &t->dimensions[b], .at_x = a, .at_y = b};
    m->nx = bins_of(m->x);
    m->ny = bins_of(m->y);
    name_bins(m->x, m->nx, m->names[0], m->texts[0]);
    name_bins(m->y, m->ny, m->names[1], m->texts[1]);
    fill_map(m);
    draw_map(t, h, m, true);
    draw_map(t, h, m, false);
    put_map_range(t, h, m);
}

static int32_t put_maps(const tune *t, html *h, qn_err *err)
{
    uint32_t sorted[DIMENSIONS_MAX];
    uint32_t n = 0;
    map *m;

    if (t->ndimensions < 2 || t->nranked == 0) return QN_OK;
    if (!(m = mem_new(1, sizeof *m))) return fail(err, QN_E_NO_MEMORY, "no memory for the maps");
    by_importance(t, sorted);
    html_section(h, "maps", "Two dimensions at a time");
    html_paragraph(h, NULL,
                   "Each cell is the mean of its trials, over all values of the other dimensions. "
                   "Blue is better, orange is worse; a cell without a trial is empty.");
    for (uint32_t sum = 1; sum < 2 * t->ndimensions && n < MAPS_MAX; sum++)
        for (uint32_t i = 0; 2 * i < sum && n < MAPS_MAX; i++) {
            if (sum - i >= t->ndimensions) continue;
            put_map(t, h, sorted[i], sorted[sum - i], m);
            n++;
        }
    mem_free(m);
    html_put(h, "</section>\n");
    return QN_OK;
}

/* ------------------------------------------------------------------ one dimension */

/* Marks so far: those that would cover another are left out. */
typedef struct marks {
    bool is_taken[MARKS_ACROSS + 1][MARKS_DOWN + 1];
    uint32_t n;
} marks;

/* Takes the place of a mark in a plot of so many places; false if another has it. */
static bool take_place(marks *taken, const svg *s, svg_point at, double coarser)
{
    double across = (svg_x(s, at.x) - s->left) / (s->right - s->left) * MARKS_ACROSS / coarser;
    double down = (svg_y(s, at.y) - s->top) / (s->bottom - s->top) * MARKS_DOWN / coarser;
    bool *place = &taken->is_taken[(uint32_t)fmin(fmax(across, 0), MARKS_ACROSS)]
                                  [(uint32_t)fmin(fmax(down, 0), MARKS_DOWN)];

    if (*place) return false;
    *place = true;
    taken->n++;
    return true;
}

static svg_axis value_axis(const tune *t, uint32_t i, const char *texts[BINS])
{
    const qn_dimension *d = &t->dimensions[i];
    svg_axis axis = {.title = dimension_title(t, i)};

    if (d->flags & QN_DIMENSION_ORDERED && d->type != QN_DIMENSION_CHOICE) {
        axis.scale = d->scale == QN_SCALE_LOG ? SVG_LOG : SVG_LINEAR;
        axis.low = value_as_number(d, d->low);
        axis.high = value_as_number(d, d->high);
    } else {
        axis.scale = SVG_NAMES;
        axis.names = texts;
        axis.nnames = bins_of(d);
    }
    return axis;
}

static double mark_x(const qn_dimension *d, const svg_axis *axis, int64_t value)
{
    return axis->scale == SVG_NAMES ? bin_of(d, value) + 0.5 : value_as_number(d, value);
}

static svg_point mark_of(const tune *t, uint32_t i, const svg_axis *x, size_t k)
{
    const trial *tr = t->ranked[k];

    return (svg_point){mark_x(&t->dimensions[i], x, tr->values[i]), objective_of(t, tr)};
}

/* A mark at each place where trials lie. The worst ones have theirs as the best: marks are not
 * given out by rank until there are none left. */
static void put_marks(const tune *t, svg *s, uint32_t i, const svg_axis *x, marks *taken)
{
    double coarser = 1;

    *taken = (marks){0};
    for (size_t k = 1; k < t->nranked; k++)
        take_place(taken, s, mark_of(t, i, x, k), 1);
    if (taken->n > MARKS_MAX) coarser = MARKS_COARSER;
    *taken = (marks){0};
    for (size_t k = 1; k < t->nranked; k++) {
        svg_point at = mark_of(t, i, x, k);
        if (take_place(taken, s, at, coarser)) svg_mark(s, at, SVG_DOT, 2.5, "oa", NULL);
    }
}

static void put_scatter(const tune *t, html *h, uint32_t i, marks *taken)
{
    const qn_dimension *d = &t->dimensions[i];
    const statistic *objective = statistic_of(t->objective);
    double worst = objective_of(t, t->ranked[t->nranked - 1]);
    double best = objective_of(t, t->ranked[0]);
    char names[BINS][VALUE_TEXT];
    const char *texts[BINS];
    char id[24];
    char title[2 * VALUE_TEXT];
    svg_axis x;
    svg s;

    name_bins(d, bins_of(d), names, texts);
    x = value_axis(t, i, texts);
    snprintf(id, sizeof id, "by-%u", i);
    snprintf(title, sizeof title, "%s by %.100s", objective->title, d->name);
    svg_begin(&s, h,
              &(svg_head){.id = id,
                          .title = title,
                          .desc =
                              "One mark for each trial that has an objective; the square is the "
                              "best one",
                          .width = SVG_HALF,
                          .height = 260,
                          .x = x,
                          .y = {.unit = objective->unit == STATISTIC_PART ? SVG_PART : SVG_PLAIN,
                                .low = fmin(worst, best),
                                .high = fmax(worst, best),
                                .title = objective->title}});
    put_marks(t, &s, i, &x, taken);
    svg_mark(&s, mark_of(t, i, &x, 0), SVG_SQUARE, 5, "mb", "the best trial");
    svg_end(&s);
}

static int32_t put_scatters(const tune *t, html *h, qn_err *err)
{
    uint32_t sorted[DIMENSIONS_MAX];
    marks *taken;

    if (t->nranked == 0) return QN_OK;
    if (!(taken = mem_new(1, sizeof *taken)))
        return fail(err, QN_E_NO_MEMORY, "no memory for the pictures");
    by_importance(t, sorted);
    html_section(h, "dimensions", "One dimension at a time");
    html_paragraph(h, NULL,
                   "A mark for each trial that has an objective, or for all that lie so close that "
                   "they would cover each other. The square is the best one.");
    html_put(h, "<div class=\"pair\">\n");
    for (uint32_t i = 0; i < t->ndimensions && i < SCATTERS_MAX; i++)
        put_scatter(t, h, sorted[i], taken);
    html_put(h, "</div>\n</section>\n");
    mem_free(taken);
    return QN_OK;
}

/* ------------------------------------------------------------------ the rest */

static void put_without(const tune *t, html *h)
{
    static const html_column columns[] = {
        {"Trial", false}, {"State", false}, {"Values", false}, {"Reason", false}};
    uint64_t all = t->ntrials - count_state(t, QN_TRIAL_DONE);
    uint32_t n = 0;
    char text[VALUE_TEXT];

    if (all == 0) return;
    html_section(h, "without", "Trials without an objective");
    html_paragraph(h, NULL, "The first of them; trials.csv has all.");
    html_table_begin(h, NULL, columns, 4);
    for (size_t i = 0; i < t->ntrials && n < WITHOUT_SHOWN; i++) {
        const trial *tr = &t->trials[i];
        if (tr->repeats || tr->train.state <= QN_TRIAL_DONE) continue;
        snprintf(text, sizeof text, "%" PRIu64, tr->number);
        html_row_begin(h, text);
        html_cell(h, trial_state_name(tr->train.state));
        html_put(h, "<td>");
        for (uint32_t k = 0; k < t->ndimensions; k++) {
            value_write(&t->dimensions[k], tr->values[k], text);
            html_text(h, k ? ", " : "");
            html_text(h, dimension_title(t, k));
            html_text(h, " ");
            html_text(h, text);
        }
        html_put(h, "</td>");
        html_cell(h, tr->train.reason[0] ? tr->train.reason : trial_state_meaning(tr->train.state));
        html_row_end(h);
        n++;
    }
    html_table_end(h);
    html_put(h, "</section>\n");
}

static void put_manifest(const tune *t, html *h)
{
    static const html_column columns[] = {{"", false}, {"", false}};
    struct json_object_iterator at = json_object_iter_begin(t->plugins);
    struct json_object_iterator end = json_object_iter_end(t->plugins);

    html_section(h, "manifest", "What it was made of");
    html_table_begin(h, NULL, columns, 2);
    put_row(h, "Quoin", t->options.version);
    put_row(h, "Config, SHA-256", t->identity_config);
    put_row(h, "Data, SHA-256", t->identity_data);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        put_row(h, json_object_iter_peek_name(&at),
                json_object_get_string(json_object_iter_peek_value(&at)));
    html_table_end(h);
    html_put(h, "</section>\n");
}

int32_t page_of_tune(const tune *t, const char *path, qn_err *err)
{
    html h = {0};
    char title[200];
    int32_t rc;

    snprintf(title, sizeof title, "%.150s: search of parameters", config_get(t->cfg)->name);
    html_begin(&h, title);
    html_put(&h, "<h1>");
    html_text(&h, title);
    html_put(&h, "</h1>\n");
    put_head(t, &h);
    put_best(t, &h);
    put_around(t, &h);
    put_importance(t, &h);
    if ((rc = put_maps(t, &h, err)) == QN_OK) rc = put_scatters(t, &h, err);
    put_without(t, &h);
    put_about(t, &h);
    put_manifest(t, &h);
    html_end(&h);
    if (rc == QN_OK) rc = html_write(&h, path, err);
    html_free(&h);
    return rc;
}
