/* SPDX-License-Identifier: MIT
 *
 * One run. It happens in a process of its own, which reads the config again with the trial's
 * values as --set arguments: what a trial does is what `quoin run` does with them. */
#include "internal.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a run says of itself does not belong on the terminal of the search: what went wrong is in
 * its result. */
static void say_nothing(log_level level, const char *line)
{
    (void)level;
    (void)line;
}

static struct json_object *result_new(uint32_t state, const char *reason)
{
    struct json_object *out = json_object_new_object();

    return json_whole(out, json_put_text(out, "state", trial_state_name(state)) &&
                               json_put_text(out, "reason", reason));
}

struct json_object *outcome_failed(const char *reason)
{
    return result_new(QN_TRIAL_FAILED, reason);
}

/* Seventeen digits: what is read from the file is what the run gave. */
static struct json_object *number_exactly(double value)
{
    char text[40];

    if (!isfinite(value)) return NULL;
    snprintf(text, sizeof text, "%.17g", value);
    return json_object_new_double_s(value, text);
}

/* The figures of a run's result, by the table of statistics; null is null. */
static bool copy_figures(const tune *t, struct json_object *run, struct json_object *to)
{
    struct json_object *list = json_put_array(to, "figures");
    struct json_object *from = json_object_object_get(run, "performance");

    for (uint32_t i = 0; list && i < t->nfigures; i++) {
        struct json_object *f = json_object_object_get(from, t->figures[i].name);
        double value = f ? json_object_get_double(f) : NAN;
        if (json_object_array_add(list, number_exactly(value)) != 0) return false;
    }
    return list != NULL;
}

static struct json_object *result_of_run(const tune *t, struct json_object *run)
{
    struct json_object *out = json_object_new_object();
    struct json_object *about = json_object_object_get(run, "run");
    const char *status = json_object_get_string(json_object_object_get(about, "status"));
    const char *hash = json_object_get_string(json_object_object_get(run, "decision_hash"));

    return json_whole(out, json_put_text(out, "state", trial_state_name(QN_TRIAL_DONE)) &&
                               json_put_text(out, "status", status) &&
                               json_put_text(out, "decision_hash", hash) &&
                               copy_figures(t, run, out));
}

static struct json_object *parse(const file_map *map)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *out = NULL;

    if (tokener && map->size > 0 && map->size <= INT32_MAX)
        out = json_tokener_parse_ex(tokener, (const char *)map->data, (int)map->size);
    if (tokener) json_tokener_free(tokener);
    return out;
}

/* The report's own JSON, written to a file in memory: its figures are those that `quoin run --json`
 * prints. */
static struct json_object *read_report(const tune *t, report *r)
{
    int fd = memfd_create("quoin-result", MFD_CLOEXEC);
    FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
    struct json_object *run = NULL;
    struct json_object *out;
    qn_err err = QN_ERR_INIT;
    file_map map = {0};
    int32_t rc;

    if (!to) return outcome_failed("no memory for its result");
    rc = report_print_json(r, to, &err);
    if (rc == QN_OK && fflush(to) != 0) rc = fail_errno(&err, "cannot keep its result");
    if (rc == QN_OK) rc = file_map_fd(fd, "its result", &map, &err);
    if (rc == QN_OK) run = parse(&map);
    out = run ? result_of_run(t, run) : outcome_failed(rc == QN_OK ? "no result" : err.msg);
    file_map_close(&map);
    json_object_put(run);
    fclose(to);
    return out;
}

static struct json_object *run_engine_of(const tune *t, engine *e, config *cfg)
{
    report_options how = {.version = t->options.version};
    struct json_object *out;
    qn_err err = QN_ERR_INIT;
    report *r = NULL;
    int32_t rc;

    if ((rc = report_new(e, cfg, &how, &r, &err)) != QN_OK) return outcome_failed(err.msg);
    rc = engine_run(e, &err);
    if (rc == QN_OK) rc = report_finish(r, &err);
    out = rc == QN_OK ? read_report(t, r) : outcome_failed(error_text(&err, rc));
    report_free(r);
    return out;
}

/* A config with mistakes is a combination that is not allowed; anything else has failed. */
static struct json_object *not_begun(config *cfg, const qn_err *err)
{
    const config_mistake *list;

    if (cfg && config_mistakes(cfg, &list)) return result_new(QN_TRIAL_REFUSED, list[0].text);
    return outcome_failed(error_text(err, err->code));
}

static struct json_object *run_sets(const tune *t, char **sets, const config_span *span)
{
    size_t nsets = t->options.nsets + t->ndimensions;
    engine_options with = {.from = span->from,
                           .to = span->to,
                           .version = t->options.version,
                           .plugin_dir = t->options.plugin_dir};
    struct json_object *out;
    const config_mistake *list;
    qn_err err = QN_ERR_INIT;
    config *cfg = NULL;
    engine *e = NULL;
    int32_t rc = config_open(t->options.conf, (const char *const *)sets, nsets, &cfg, &err);

    if (rc == QN_OK && config_mistakes(cfg, &list) == 0) rc = engine_new(cfg, &with, &e, &err);
    out = e ? run_engine_of(t, e, cfg) : not_begun(cfg, &err);
    engine_free(e);
    config_close(cfg);
    return out;
}

static int write_all(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t put = write(fd, text, n);
        if (put <= 0) return EXIT_FAILURE; /* the parent is gone */
        text += put;
        n -= (size_t)put;
    }
    return EXIT_SUCCESS;
}

int trial_run(const tune *t, const trial *tr, const config_span *span, int fd)
{
    char **sets = space_sets(t, tr);
    struct json_object *result;
    const char *text;
    int status = EXIT_FAILURE;

    log_set_sink(say_nothing);
    record_forget(t->record);
    result = sets ? run_sets(t, sets, span) : outcome_failed("out of memory");
    text = json_text(result);
    if (text) status = write_all(fd, text, strlen(text));
    json_object_put(result);
    space_sets_free(t, sets);
    return status;
}

/* ------------------------------------------------------------------ reading a result */

static const char *text_at(tune *t, struct json_object *from, const char *key)
{
    const char *text = json_object_get_string(json_object_object_get(from, key));

    return text ? arena_text_n(&t->memory, text, strlen(text)) : "";
}

static int32_t read_figures(tune *t, struct json_object *list, outcome *out, qn_err *err)
{
    if (!list || !json_object_is_type(list, json_type_array) ||
        json_object_array_length(list) != t->nfigures)
        return fail(err, QN_E_DAMAGED, "a result has not the figures of this version");
    out->figures = arena_alloc(&t->memory, t->nfigures * sizeof(double), sizeof(double));
    if (!out->figures) return fail(err, QN_E_NO_MEMORY, "no memory for a result");
    for (uint32_t i = 0; i < t->nfigures; i++) {
        struct json_object *f = json_object_array_get_idx(list, i);
        out->figures[i] = f ? json_object_get_double(f) : NAN;
    }
    return QN_OK;
}

int32_t outcome_read(tune *t, struct json_object *result, outcome *out, qn_err *err)
{
    const char *name = text_at(t, result, "state");
    const char *hash = text_at(t, result, "decision_hash");
    int32_t rc;

    *out =
        (outcome){.status = text_at(t, result, "status"), .reason = text_at(t, result, "reason")};
    if (!name || !hash || !out->status || !out->reason)
        return fail(err, QN_E_NO_MEMORY, "no memory for a result");
    for (uint32_t s = 1; s < QN_TRIAL_STATES; s++)
        if (strcmp(trial_state_name(s), name) == 0) out->state = s;
    if (!out->state) return fail(err, QN_E_DAMAGED, "a result has no state");
    if (out->state != QN_TRIAL_DONE) return QN_OK;
    snprintf(out->hash, sizeof out->hash, "%s", hash);
    rc = read_figures(t, json_object_object_get(result, "figures"), out, err);
    if (rc == QN_OK && !isfinite(out->figures[t->objective])) out->state = QN_TRIAL_UNDEFINED;
    return rc;
}

double outcome_figure(const outcome *o, uint32_t figure)
{
    return o->figures ? o->figures[figure] : NAN;
}
