/* SPDX-License-Identifier: MIT
 *
 * The order of it all: ask, run, tell. */
#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/nearest.h"
#include "crew.h"

#include <math.h>
#include <string.h>

#define LOOK_MS 200 /* how often a stop is looked for, and the progress shown, while trials run */

/* ------------------------------------------------------------------ opening */

static int32_t find_objective(tune *t, qn_err *err)
{
    const statistic *rows;
    size_t n = statistics(&rows);
    const char *names[FIGURES_MAX];
    char hint[HINT_TEXT];

    if (n > FIGURES_MAX) return fail(err, QN_E_INTERNAL, "more than %d statistics", FIGURES_MAX);
    if (!(t->figures = arena_alloc(&t->memory, n * sizeof *t->figures, 8)))
        return fail(err, QN_E_NO_MEMORY, "no memory for the search");
    t->nfigures = (uint32_t)n;
    t->objective = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++) {
        names[i] = rows[i].name;
        t->figures[i] = (qn_named){
            .size = sizeof(qn_named), .name = rows[i].name, .unit = "", .doc = rows[i].title};
        if (strcmp(rows[i].name, t->config->objective) == 0) t->objective = i;
    }
    if (t->objective == UINT32_MAX)
        config_add_mistake(t->cfg, config_find(t->cfg, "tuner.objective"), QN_E_UNKNOWN_NAME,
                           "objective: found \"%.64s\", %s", t->config->objective,
                           name_hint(t->config->objective, names, n, hint));
    return QN_OK;
}

static int32_t note_plugins(tune *t, const engine *e, qn_err *err)
{
    bool is_whole = (t->plugins = json_object_new_object()) != NULL;

    for (uint32_t i = 0; is_whole && i < engine_plugins(e); i++) {
        engine_plugin p = engine_plugin_at(e, i);
        is_whole = json_put_text(t->plugins, p.id, p.module->sha256);
    }
    return is_whole ? QN_OK : fail(err, QN_E_NO_MEMORY, "no memory for the search");
}

/* What a trial is made of, checked once as a whole. The engine is gone before the first process is
 * made: it has threads. */
static int32_t check_run(tune *t, qn_err *err)
{
    engine_options with = {.from = INT64_MIN,
                           .to = INT64_MAX,
                           .version = t->options.version,
                           .plugin_dir = t->options.plugin_dir};
    engine *e = NULL;
    int32_t rc;

    if ((rc = engine_new(t->cfg, &with, &e, err)) != QN_OK) return rc;
    if ((rc = engine_data_hash(e, t->identity_data, err)) == QN_OK) rc = note_plugins(t, e, err);
    if (rc == QN_OK) rc = space_build(t, e, err);
    engine_free(e);
    return rc;
}

static struct json_object *identity_of(const tune *t)
{
    struct json_object *out = json_object_new_object();
    struct json_object *names = json_put_array(out, "figures");
    bool is_whole = names != NULL;

    for (uint32_t i = 0; is_whole && i < t->nfigures; i++)
        is_whole = json_append(names, json_object_new_string(t->figures[i].name));
    return json_whole(out, is_whole && json_put_text(out, "host_version", t->options.version) &&
                               json_put_text(out, "config", t->identity_config) &&
                               json_put_text(out, "data", t->identity_data) &&
                               json_put(out, "plugins", json_object_get(t->plugins)));
}

static int32_t open_record(tune *t, qn_err *err)
{
    struct json_object *identity;
    int32_t rc;

    if (!json_put_text(t->plugins, "tuner", tuner_sha256(t->tuner)) || !(identity = identity_of(t)))
        return fail(err, QN_E_NO_MEMORY, "no memory for the search");
    rc = record_open(t->config->path, identity, t->options.is_fresh, &t->record, err);
    json_object_put(identity);
    return rc;
}

static int32_t open_points(tune *t, qn_err *err)
{
    t->npoints = 64;
    while (t->npoints < (size_t)t->config->trials * 2)
        t->npoints *= 2;
    t->points = mem_new(t->npoints, sizeof *t->points);
    return t->points ? QN_OK : fail(err, QN_E_NO_MEMORY, "no memory for the search");
}

static int32_t open_parts(tune *t, qn_err *err)
{
    const config_mistake *list;
    int32_t run, rc;

    if (!t->config->node) {
        config_add_mistake(t->cfg, NULL, QN_E_MISSING,
                           "the group 'tuner' is missing: it says what to search");
        return fail(err, QN_E_INVALID, "the config has mistakes");
    }
    snprintf(t->identity_config, sizeof t->identity_config, "%s", config_identity(t->cfg));
    if ((rc = find_objective(t, err)) != QN_OK) return rc;
    /* all mistakes are told at once: those of the tuner after those of the run */
    if ((run = check_run(t, err)) != QN_OK && run != QN_E_INVALID) return run;
    if ((rc = tuner_open(t, err)) != QN_OK && rc != QN_E_INVALID) return rc;
    if (run != QN_OK || rc != QN_OK || config_mistakes(t->cfg, &list))
        return fail(err, QN_E_INVALID, "the config has mistakes");
    if ((rc = tuner_begin(t, err)) != QN_OK) return rc;
    if ((rc = open_points(t, err)) != QN_OK) return rc;
    return open_record(t, err);
}

int32_t tune_open(config *cfg, const tune_options *options, tune **out, qn_err *err)
{
    tune *t = mem_new(1, sizeof *t);
    int32_t rc;

    if (!t) return fail(err, QN_E_NO_MEMORY, "no memory for the search");
    t->cfg = cfg;
    t->config = &config_get(cfg)->tuner;
    t->options = *options;
    t->started = clock_wall();
    if ((rc = open_parts(t, err)) == QN_OK)
        *out = t;
    else
        tune_free(t);
    return rc;
}

void tune_free(tune *t)
{
    if (!t) return;
    record_close(t->record, NULL);
    tuner_close(t->tuner);
    json_object_put(t->plugins);
    mem_free(t->ranked);
    mem_free(t->points);
    mem_free(t->trials);
    arena_free(&t->memory);
    mem_free(t);
}

bool tune_is_tuner_at_fault(const tune *t)
{
    return t->is_tuner_at_fault;
}

/* ------------------------------------------------------------------ trials and their results */

/* The search while it goes on. */
typedef struct search {
    tune *t;
    crew *crew;
    size_t told, launched; /* trials before these were told, or need no process any more */
    bool is_over;          /* the tuner has no more */
    bool must_wait;        /* nor, before the next result, */
    bool is_testing;
    uint64_t best; /* number of the best trial so far, 0 = none: for the progress alone */
    int64_t began; /* steady time */
} search;

/* An earlier trial of the same values; else its own place is taken in the set. */
static uint64_t earlier_of(tune *t, const trial *tr)
{
    uint64_t at = crc32c(tr->values, t->ndimensions * sizeof *tr->values);

    for (;; at++) {
        uint64_t number = t->points[at &= t->npoints - 1];
        if (number == 0) break;
        if (memcmp(t->trials[number - 1].values, tr->values, t->ndimensions * sizeof *tr->values) ==
            0)
            return number;
    }
    t->points[at] = tr->number;
    return 0;
}

static struct json_object *texts_of(const tune *t, const trial *tr)
{
    struct json_object *out = json_object_new_array();
    bool is_whole = out != NULL;
    char text[VALUE_TEXT];

    for (uint32_t i = 0; is_whole && i < t->ndimensions; i++) {
        value_write(&t->dimensions[i], tr->values[i], text);
        is_whole = json_append(out, json_object_new_string(text));
    }
    return json_whole(out, is_whole);
}

/* A result that is on record. It must be one of these values: the tuner asks as it did before, or
 * it is not the same search. */
static int32_t take_stored(tune *t, trial *tr, bool is_test, qn_err *err)
{
    struct json_object *line;
    struct json_object *texts;
    int32_t rc = record_find(t->record, tr->number, is_test, &line, err);

    if (rc != QN_OK || !line) return rc;
    texts = texts_of(t, tr);
    if (!texts)
        rc = fail(err, QN_E_NO_MEMORY, "no memory for the results");
    else if (!json_object_equal(texts, json_object_object_get(line, "values")))
        rc = fail(err, QN_E_DIVERGED,
                  "trial %llu is of other values than on record: the tuner does not repeat itself; "
                  "`--fresh` begins the search anew",
                  (unsigned long long)tr->number);
    else
        rc = outcome_read(t, json_object_object_get(line, "result"),
                          is_test ? &tr->test : &tr->train, err);
    if (rc == QN_OK) t->reused++;
    json_object_put(texts);
    json_object_put(line);
    return rc;
}

static struct json_object *line_of(const tune *t, const trial *tr, bool is_test,
                                   struct json_object *result)
{
    struct json_object *out = json_object_new_object();

    return json_whole(out, json_put_count(out, "trial", tr->number) &&
                               json_put_text(out, "on", is_test ? "test" : "train") &&
                               json_put(out, "values", texts_of(t, tr)) &&
                               json_put(out, "result", json_object_get(result)));
}

/* A process has ended: what it said is kept on disk first, and read from there on. */
static int32_t settle(search *s, const crew_done *done, qn_err *err)
{
    tune *t = s->t;
    trial *tr = &t->trials[done->job - 1];
    struct json_object *result =
        done->text ? json_tokener_parse(done->text) : outcome_failed(done->reason);
    int32_t rc;

    if (!result && done->text) result = outcome_failed("its result cannot be read");
    if (!result) return fail(err, QN_E_NO_MEMORY, "no memory for a result");
    rc = record_add(t->record, line_of(t, tr, s->is_testing, result), err);
    if (rc == QN_OK) rc = outcome_read(t, result, s->is_testing ? &tr->test : &tr->train, err);
    json_object_put(result);
    t->ran++;
    return rc;
}

static int work(void *ctx, uint64_t job, int fd)
{
    const search *s = ctx;
    const tune *t = s->t;

    return trial_run(t, &t->trials[job - 1], s->is_testing ? &t->config->test : &t->config->train,
                     fd);
}

/* ------------------------------------------------------------------ ask, run, tell */

static int32_t add_trial(search *s, trial *tr, qn_err *err)
{
    tune *t = s->t;
    void *grown = t->trials;

    if (!mem_reserve(&grown, &t->trials_room, t->ntrials + 1, sizeof *t->trials))
        return fail(err, QN_E_NO_MEMORY, "no memory for trials");
    t->trials = grown;
    tr->repeats = earlier_of(t, tr);
    t->trials[t->ntrials++] = *tr;
    return tr->repeats ? QN_OK : take_stored(t, &t->trials[tr->number - 1], false, err);
}

static int32_t ask(search *s, qn_err *err)
{
    tune *t = s->t;
    int32_t rc = QN_OK;

    while (rc == QN_OK && !s->is_over && !s->must_wait) {
        trial tr = {.number = t->ntrials + 1};
        uint32_t answer;

        if (t->ntrials >= (size_t)t->config->trials) {
            s->is_over = true;
            break;
        }
        tr.values = arena_alloc(&t->memory, t->ndimensions * sizeof *tr.values, 8);
        if (!tr.values) return fail(err, QN_E_NO_MEMORY, "no memory for trials");
        rc = tuner_ask(t, t->ntrials - s->told, tr.values, &answer, err);
        if (rc != QN_OK) break;
        s->is_over = answer == QN_ASK_END;
        s->must_wait = answer == QN_ASK_WAIT;
        if (answer == QN_ASK_TRIAL) rc = add_trial(s, &tr, err);
    }
    return rc;
}

/* Processes for trials that have no result, in their order, as many as may run. */
static int32_t launch(search *s, qn_err *err)
{
    tune *t = s->t;
    int32_t rc = QN_OK;

    for (; rc == QN_OK && s->launched < t->ntrials; s->launched++) {
        const trial *tr = &t->trials[s->launched];
        if (tr->repeats || tr->train.state) continue;
        if (!crew_has_room(s->crew)) break;
        rc = crew_start(s->crew, tr->number, err);
    }
    return rc;
}

/* Tell the next result, if it is there: *has_told. */
static int32_t tell(search *s, bool *has_told, qn_err *err)
{
    tune *t = s->t;
    trial *tr = s->told < t->ntrials ? &t->trials[s->told] : NULL;
    const trial *best = s->best ? &t->trials[s->best - 1] : NULL;

    *has_told = false;
    if (!tr) return QN_OK;
    if (tr->repeats) tr->train = t->trials[tr->repeats - 1].train; /* told before: it is there */
    if (!tr->train.state) return QN_OK;
    *has_told = true;
    s->must_wait = false;
    s->told++;
    if (tr->train.state == QN_TRIAL_DONE &&
        (!best || merit(t, &tr->train) > merit(t, &best->train)))
        s->best = tr->number;
    return tuner_tell(t, tr, err);
}

static void show(const search *s, uint64_t done, uint64_t total)
{
    const tune *t = s->t;
    tune_progress p = {.is_testing = s->is_testing, .done = done, .total = total};
    double took = (double)(clock_steady() - s->began) * 1e-9;

    if (!t->options.progress) return;
    p.best_trial = s->best;
    p.best = s->best ? outcome_figure(&t->trials[s->best - 1].train, t->objective) : NAN;
    p.left_s = t->ran ? took / (double)t->ran * (double)(total - done) : NAN;
    t->options.progress(t->options.ctx, &p);
}

/* Let time go by until a process has ended, or a stop may have come. */
static int32_t await(search *s, uint64_t done, uint64_t total, qn_err *err)
{
    crew_done ended;
    int32_t rc;

    show(s, done, total);
    rc = crew_wait(s->crew, LOOK_MS, &ended, err);
    return rc == QN_OK && ended.job ? settle(s, &ended, err) : rc;
}

static bool is_stopped(tune *t)
{
    if (t->options.stop && *t->options.stop) t->is_stopped = true;
    return t->is_stopped;
}

static int32_t train(search *s, qn_err *err)
{
    tune *t = s->t;
    bool has_told;
    int32_t rc;

    while (!is_stopped(t)) {
        if ((rc = ask(s, err)) != QN_OK) return rc;
        if ((rc = launch(s, err)) != QN_OK) return rc;
        if ((rc = tell(s, &has_told, err)) != QN_OK) return rc;
        if (has_told) continue;
        if (s->is_over && s->told == t->ntrials) break;
        if ((rc = await(s, s->told, t->planned > s->told ? t->planned : s->told, err)) != QN_OK)
            return rc;
    }
    return QN_OK;
}

/* The best, once, on data that the search has not seen. */
static int32_t test(search *s, qn_err *err)
{
    tune *t = s->t;
    size_t n = best_shown(t);
    size_t next = 0;
    int32_t rc;

    s->is_testing = true;
    for (size_t i = 0; i < n; i++)
        if ((rc = take_stored(t, t->ranked[i], true, err)) != QN_OK) return rc;
    while (!is_stopped(t)) {
        for (; next < n && crew_has_room(s->crew); next++)
            if (!t->ranked[next]->test.state &&
                (rc = crew_start(s->crew, t->ranked[next]->number, err)) != QN_OK)
                return rc;
        if (next == n && crew_running(s->crew) == 0) break;
        if ((rc = await(s, next - crew_running(s->crew), n, err)) != QN_OK) return rc;
    }
    return QN_OK;
}

int32_t tune_search(tune *t, qn_err *err)
{
    search s = {.t = t, .began = clock_steady()};
    int32_t rc = crew_new(t->options.workers, t->config->limit, work, &s, &s.crew, err);

    if (rc == QN_OK) rc = train(&s, err);
    if (rc == QN_OK && t->config->test.node && !is_stopped(t)) {
        if ((rc = rank_all(t, err)) == QN_OK) rc = test(&s, err);
    }
    crew_free(s.crew);
    t->finished = clock_wall();
    return rc;
}

/* ------------------------------------------------------------------ its end */

static int32_t write_json(const tune *t, const char *path, qn_err *err)
{
    struct json_object *json = tune_json(t);
    const char *text = json_text(json);
    int32_t rc = text ? file_replace(path, text, strlen(text), err)
                      : fail(err, QN_E_NO_MEMORY, "no memory for %s", path);

    json_object_put(json);
    return rc;
}

int32_t tune_finish(tune *t, qn_err *err)
{
    static const struct {
        const char *name;
        int32_t (*write)(const tune *t, const char *path, qn_err *err);
    } files[] = {{"trials.csv", csv_write}, {"tune.json", write_json}, {"tune.html", page_of_tune}};
    char path[PATH_ROOM];
    int32_t rc = rank_all(t, err);

    for (size_t i = 0; rc == QN_OK && i < sizeof files / sizeof files[0]; i++) {
        if ((rc = path_join(t->config->path, files[i].name, path, err)) == QN_OK)
            rc = files[i].write(t, path, err);
    }
    if (rc == QN_OK) {
        rc = record_close(t->record, err);
        t->record = NULL;
    }
    return rc;
}
