/* SPDX-License-Identifier: MIT
 *
 * quoin report: the report of a recorded run, made of its journal and the data, without its
 * plugins. */
#include "journal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>

typedef struct arguments {
    journal_request request;
    const char *into;
} arguments;

enum { OPTION_INTO = 1024 };

static const struct argp_option options[] = {
    {"into", OPTION_INTO, "DIR", 0,
     "Folder for report.html, report.json and the tables (default: report-N in the store's "
     "folder, N the run's number)",
     0},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->request;
        return 0;
    case OPTION_INTO:
        a->into = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&journal_request_argp, 0, NULL, 0}, {0}};

static const char doc[] =
    "Make the report of a recorded run, at any time: its books are made again of the journal and "
    "the market data, and checked against the hashes that the run ended with. Its plugins are not "
    "needed; its config and its data are, as they were.\v"
    "The result goes to standard output. Figures that only the run's own process knew (events a "
    "second, memory) are null. Of a run that has not ended, what was recorded is reported.\n\n"
    "  quoin report var/sma\n"
    "  quoin report var/sma --run 3 --into out --json\n"
    "\n"
    "Exit status: 0 done; 1 the report cannot be written; 2 no such run, or its config is not what "
    "it was; 4 the data is not, or the store is damaged.";

static const struct argp argp = {
    .options = options, .parser = parse, .args_doc = "STORE", .doc = doc, .children = children};

/* What the report says of the process that made the run. */
static void read_recorded(const recorded_run *run, report_recorded *out)
{
    struct json_object *root = run->header.root;
    struct json_object *version;

    *out = (report_recorded){.status = run->has_ended ? run->footer.status : "unfinished",
                             .ended = run->has_ended ? run->footer.ended : 0};
    time_parse(run->header.begun, strlen(run->header.begun), &out->begun);
    out->version = json_object_object_get_ex(root, "host_version", &version)
                       ? json_object_get_string(version)
                       : "";
    json_object_object_get_ex(root, "plugins", &out->plugins);
}

static int32_t print_result(report *r, const arguments *a, qn_err *err)
{
    if (a->request.is_json) return report_print_json(r, stdout, err);
    report_print_text(r, stdout);
    printf("\n%s/report.html\n", a->into);
    return QN_OK;
}

/* Book the run again, watched by the report. */
static int32_t make_report(const arguments *a, const recorded_run *run, config *cfg, engine *e,
                           qn_err *err)
{
    report_recorded recorded;
    report_options how = {.dir = a->into, .version = QUOIN_VERSION, .recorded = &recorded};
    report *r = NULL;
    int32_t rc;

    read_recorded(run, &recorded);
    if ((rc = engine_start(e, err)) != QN_OK) return rc;
    if ((rc = report_new(e, cfg, &how, &r, err)) != QN_OK) return rc;
    if ((rc = engine_run(e, err)) == QN_OK) rc = report_finish(r, err);
    if (rc == QN_OK) rc = print_result(r, a, err);
    report_free(r);
    return rc;
}

static int32_t report_run(const arguments *a, store *s, const recorded_run *run, qn_err *err)
{
    const run_header *h = &run->header;
    engine_options with = {.from = h->from,
                           .to = h->to,
                           .version = QUOIN_VERSION,
                           .store = s,
                           .mode = ENGINE_BOOKS,
                           .run = run->number,
                           .tape_from = h->tape_from};
    config *cfg = NULL;
    engine *e = NULL;
    int32_t rc = recorded_config(h, &cfg, err);

    if (rc != QN_OK) return rc;
    if ((rc = engine_new(cfg, &with, &e, err)) == QN_OK)
        rc = make_report(a, run, cfg, e, err);
    else
        rc = recorded_mistake(cfg, rc, err);
    engine_free(e);
    config_close(cfg);
    return rc;
}

int cmd_report(int argc, char **argv)
{
    arguments a = {0};
    qn_err err = QN_ERR_INIT;
    char into[PATH_ROOM];
    char name[32];
    store *s = NULL;
    recorded_run run;
    int32_t rc = QN_OK;
    int status;

    cli_parse(&argp, argc, argv, &a);
    if ((status = recorded_open(&a.request, &s, &run)) != EXIT_DONE) return status;
    if (!a.into) {
        snprintf(name, sizeof name, "report-%u", run.number);
        rc = path_join(a.request.store, name, into, &err);
        a.into = into;
    }
    if (rc == QN_OK) rc = report_run(&a, s, &run, &err);
    if (rc != QN_OK) status = cli_fail(rc, &err);
    recorded_run_free(&run);
    store_close(s, NULL);
    return status;
}
