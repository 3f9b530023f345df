/* SPDX-License-Identifier: MIT
 *
 * What came of a search, for machines: tune.json and trials.csv. */
#include "internal.h"
#include "text.h"

#include "base/fail.h"
#include "base/file.h"

#include <quoin/sdk/text.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WITHOUT_SHOWN 100 /* trials without a result that the JSON lists; the CSV has all */
#define ROW_TEXT 16384

#define ROW(number, NAME, name, meaning) [number] = {name, meaning},

static const struct {
    const char *name, *meaning;
} states[QN_TRIAL_STATES] = {QN_TRIAL_LIST(ROW)};

const char *trial_state_name(uint32_t state)
{
    return state < QN_TRIAL_STATES && states[state].name ? states[state].name : "";
}

const char *trial_state_meaning(uint32_t state)
{
    return state < QN_TRIAL_STATES && states[state].meaning ? states[state].meaning : "";
}

/* ------------------------------------------------------------------ JSON */

static bool put_texts(const tune *t, struct json_object *to, const trial *tr)
{
    struct json_object *out = json_put_object(to, "values");
    bool is_whole = out != NULL;
    char text[VALUE_TEXT];

    for (uint32_t i = 0; is_whole && i < t->ndimensions; i++) {
        value_write(&t->dimensions[i], tr->values[i], text);
        is_whole = json_put_text(out, t->dimensions[i].name, text);
    }
    return is_whole;
}

static bool put_outcome(const tune *t, struct json_object *to, const char *key, const outcome *o)
{
    struct json_object *out;
    struct json_object *figures;
    bool is_whole;

    if (!o->state) return json_put_null(to, key);
    out = json_put_object(to, key);
    is_whole = json_put_text(out, "state", trial_state_name(o->state)) &&
               json_put_text(out, "reason", o->reason[0] ? o->reason : NULL) &&
               json_put_text(out, "status", o->status[0] ? o->status : NULL) &&
               json_put_text(out, "decision_hash", o->hash[0] ? o->hash : NULL) &&
               json_put_number(out, "objective", outcome_figure(o, t->objective)) &&
               (figures = json_put_object(out, "performance"));
    for (uint32_t i = 0; is_whole && i < t->nfigures; i++)
        is_whole = statistic_put(figures, statistic_of(i), outcome_figure(o, i));
    return is_whole;
}

static bool put_best(const tune *t, struct json_object *to)
{
    struct json_object *list = json_put_array(to, "best");
    bool is_whole = list != NULL;

    for (size_t i = 0; is_whole && i < best_shown(t); i++) {
        const trial *tr = t->ranked[i];
        struct json_object *row = json_append_object(list);
        is_whole = json_put_count(row, "rank", i + 1) && json_put_count(row, "trial", tr->number) &&
                   put_texts(t, row, tr) && put_outcome(t, row, "train", &tr->train) &&
                   put_outcome(t, row, "test", &tr->test);
    }
    return is_whole;
}

static bool put_without(const tune *t, struct json_object *to)
{
    struct json_object *list = json_put_array(to, "without_result");
    bool is_whole = list != NULL;
    size_t n = 0;

    for (size_t i = 0; is_whole && i < t->ntrials && n < WITHOUT_SHOWN; i++) {
        const trial *tr = &t->trials[i];
        struct json_object *row;
        if (tr->repeats || tr->train.state <= QN_TRIAL_DONE) continue;
        row = json_append_object(list);
        is_whole = json_put_count(row, "trial", tr->number) && put_texts(t, row, tr) &&
                   json_put_text(row, "state", trial_state_name(tr->train.state)) &&
                   json_put_text(row, "reason", tr->train.reason[0] ? tr->train.reason : NULL);
        n++;
    }
    return is_whole;
}

static bool put_end(const qn_dimension *d, struct json_object *to, const char *key, int64_t value,
                    bool has_range)
{
    char text[VALUE_TEXT];

    if (!has_range) return json_put_null(to, key);
    value_write(d, value, text);
    return json_put_text(to, key, text);
}

static bool put_space(const tune *t, struct json_object *to)
{
    static const char *const types[QN_DIMENSION_TYPES] = {NULL,       "integer", "real",  "decimal",
                                                          "duration", "bool",    "choice"};
    struct json_object *list = json_put_array(to, "space");
    bool is_whole = list != NULL;

    for (uint32_t i = 0; is_whole && i < t->ndimensions; i++) {
        const qn_dimension *d = &t->dimensions[i];
        struct json_object *row = json_append_object(list);
        struct json_object *labels = NULL;
        bool has_range = d->type != QN_DIMENSION_CHOICE && d->type != QN_DIMENSION_BOOL;
        is_whole = json_put_text(row, "path", d->name) &&
                   json_put_text(row, "type", types[d->type]) &&
                   put_end(d, row, "low", d->low, has_range) &&
                   put_end(d, row, "high", d->high, has_range) &&
                   put_end(d, row, "step", d->step, has_range && d->step) &&
                   json_put_text(row, "scale", d->scale == QN_SCALE_LOG ? "log" : "linear") &&
                   (d->nlabels ? (labels = json_put_array(row, "values")) != NULL
                               : json_put_null(row, "values")) &&
                   json_put_number(row, "importance", t->importance[i]);
        for (uint32_t k = 0; is_whole && k < d->nlabels; k++)
            is_whole = json_append(labels, json_object_new_string(d->labels[k]));
    }
    return is_whole;
}

static bool put_span(struct json_object *to, const char *key, const config_span *span,
                     bool is_there)
{
    struct json_object *out = is_there ? json_put_object(to, key) : NULL;

    if (!is_there) return json_put_null(to, key);
    return (span->from == INT64_MIN ? json_put_null(out, "from")
                                    : json_put_time(out, "from", span->from)) &&
           (span->to == INT64_MAX ? json_put_null(out, "to") : json_put_time(out, "to", span->to));
}

static bool put_counts(const tune *t, struct json_object *to)
{
    struct json_object *out = json_put_object(to, "trials");
    bool is_whole =
        json_put_count(out, "planned", t->planned) && json_put_count(out, "asked", t->ntrials);

    for (uint32_t s = 1; is_whole && s < QN_TRIAL_STATES; s++)
        is_whole = json_put_count(out, trial_state_name(s), count_state(t, s));
    return is_whole && json_put_count(out, "repeated", count_repeats(t));
}

static bool put_around(const tune *t, struct json_object *to)
{
    struct json_object *out = json_put_object(to, "neighbourhood");

    return json_put_count(out, "trials", t->around.n) &&
           json_put_count(out, "without_result", t->around.without) &&
           json_put_number(out, "best", t->around.best) &&
           json_put_number(out, "mean", t->around.mean) &&
           json_put_number(out, "median", t->around.median) &&
           json_put_number(out, "worst", t->around.worst);
}

/* What differs from one machine and one call to the next stands here, and nowhere else. */
static bool put_call(const tune *t, struct json_object *to)
{
    struct json_object *out = json_put_object(to, "call");

    return json_put_time(out, "started", t->started) &&
           json_put_time(out, "finished", t->finished) &&
           json_put_number(out, "wall_s", (double)(t->finished - t->started) * 1e-9) &&
           json_put_count(out, "workers", t->options.workers) &&
           json_put_count(out, "ran", t->ran) && json_put_count(out, "stored", t->reused);
}

static bool put_search(const tune *t, struct json_object *to)
{
    struct json_object *out = json_put_object(to, "search");

    return json_put_text(out, "name", config_get(t->cfg)->name) &&
           json_put_text(out, "status", t->is_stopped ? "stopped" : "completed") &&
           json_put_text(out, "tuner", tuner_class(t->tuner)) &&
           json_put_text(out, "objective", t->config->objective) &&
           json_put_text(out, "direction", t->config->direction) &&
           json_put(out, "seed", json_object_new_int64(config_get(t->cfg)->seed)) &&
           json_put_text(out, "host_version", t->options.version) &&
           json_put_text(out, "config_sha256", t->identity_config) &&
           json_put_text(out, "data_sha256", t->identity_data) &&
           json_put(out, "plugins", json_object_get(t->plugins));
}

struct json_object *tune_json(const tune *t)
{
    struct json_object *out = json_object_new_object();

    return json_whole(out, out && put_search(t, out) && put_call(t, out) &&
                               put_span(out, "train", &t->config->train, true) &&
                               put_span(out, "test", &t->config->test, t->config->test.node) &&
                               put_space(t, out) && put_counts(t, out) && put_best(t, out) &&
                               put_around(t, out) && put_without(t, out));
}

/* ------------------------------------------------------------------ CSV */

/* Text of others: in quotes, which are doubled, on one line. */
static void add_quoted(qn_text *row, const char *text)
{
    qn_text_add_char(row, '"');
    for (; *text; text++) {
        if (*text == '"') qn_text_add_char(row, '"');
        qn_text_add_char(row, (unsigned char)*text < ' ' ? ' ' : *text);
    }
    qn_text_add_char(row, '"');
}

static void add_figure(qn_text *row, double value)
{
    char text[40];

    qn_text_add_char(row, ',');
    if (!isfinite(value)) return;
    snprintf(text, sizeof text, "%.12g", value);
    qn_text_add(row, text);
}

static void add_row(const tune *t, const trial *tr, qn_text *row)
{
    char text[VALUE_TEXT];

    qn_text_add_count(row, tr->number);
    qn_text_add_char(row, ',');
    qn_text_add(row, trial_state_name(tr->train.state));
    for (uint32_t i = 0; i < t->ndimensions; i++) {
        value_write(&t->dimensions[i], tr->values[i], text);
        qn_text_add_char(row, ',');
        if (strpbrk(text, ",\" \t"))
            add_quoted(row, text);
        else
            qn_text_add(row, text);
    }
    for (uint32_t i = 0; i < t->nfigures; i++)
        add_figure(row, outcome_figure(&tr->train, i));
    add_figure(row, outcome_figure(&tr->test, t->objective));
    qn_text_add_char(row, ',');
    qn_text_add(row, tr->train.hash);
    qn_text_add_char(row, ',');
    if (tr->repeats) qn_text_add_count(row, tr->repeats);
    qn_text_add_char(row, ',');
    if (tr->train.reason[0]) add_quoted(row, tr->train.reason);
    qn_text_add_char(row, '\n');
}

static void add_titles(const tune *t, qn_text *row)
{
    qn_text_add(row, "trial,state");
    for (uint32_t i = 0; i < t->ndimensions; i++) {
        qn_text_add_char(row, ',');
        qn_text_add(row, t->dimensions[i].name);
    }
    for (uint32_t i = 0; i < t->nfigures; i++) {
        qn_text_add_char(row, ',');
        qn_text_add(row, t->figures[i].name);
    }
    qn_text_add(row, ",test_objective,decision_hash,repeats,reason\n");
}

int32_t csv_write(const tune *t, const char *path, qn_err *err)
{
    char room[ROW_TEXT];
    qn_text row = QN_TEXT(room);
    file_out out = {0};
    int32_t rc;

    if ((rc = file_out_open(&out, path, err)) != QN_OK) return rc;
    add_titles(t, &row);
    file_out_write(&out, room, row.used);
    for (size_t i = 0; i < t->ntrials && !row.is_cut; i++) {
        if (!t->trials[i].train.state) continue; /* stopped before it ended */
        qn_text_back_to(&row, 0);
        add_row(t, &t->trials[i], &row);
        file_out_write(&out, room, row.used);
    }
    rc = file_out_close(&out, false, err);
    return row.is_cut ? fail(err, QN_E_OVERFLOW, "a row of %s is too long", path) : rc;
}
