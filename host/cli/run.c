/* SPDX-License-Identifier: MIT
 *
 * quoin run: replay, trade, report. */
#include "cli.h"
#include "run.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/control.h"
#include "engine/header.h"
#include "report/report.h"
#include "store/store.h"
#include "supervise/supervise.h"

#include <stdio.h>
#include <string.h>

typedef struct arguments {
    run_request request;
    engine_options engine;
    const char *report;
    bool is_resume;
    bool is_alone; /* nobody starts it again */
    bool lifts_halt;
} arguments;

enum { OPTION_FROM = 256, OPTION_TO, OPTION_REPORT, OPTION_RESUME, OPTION_LIFT_HALT, OPTION_ALONE };

static const struct argp_option options[] = {
    {"from", OPTION_FROM, "TIME", 0, "Leave out events up to and including this time (UTC)", 0},
    {"to", OPTION_TO, "TIME", 0, "Leave out events after this time (UTC)", 0},
    {"report", OPTION_REPORT, "DIR", 0,
     "Write report.html, report.json, manifest.json, orders.csv, fills.csv, trades.csv and "
     "equity.csv",
     0},
    {"resume", OPTION_RESUME, NULL, 0,
     "Go on with the run that the store holds unfinished; begin a new one where there is none", 0},
    {"lift-halt", OPTION_LIFT_HALT, NULL, 0,
     "Begin a new run in a store whose trading was halted, with the halt lifted", 0},
    {"no-supervise", OPTION_ALONE, NULL, 0,
     "Run a venue of a pace without the parent that starts the engine again when a plugin has "
     "crashed it: for a debugger",
     0},
    {0},
};

static void parse_time(const char *option, const char *text, int64_t *out,
                       const struct argp_state *state)
{
    if (time_parse(text, strlen(text), out) != QN_OK)
        cli_usage(state, "%s %s: expected a time such as 2024-01-31 or 2024-01-31T12:30:00", option,
                  text);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->request;
        return 0;
    case OPTION_FROM:
        parse_time("--from", arg, &a->engine.from, state);
        return 0;
    case OPTION_TO:
        parse_time("--to", arg, &a->engine.to, state);
        return 0;
    case OPTION_REPORT:
        a->report = arg;
        return 0;
    case OPTION_RESUME:
        a->is_resume = true;
        return 0;
    case OPTION_LIFT_HALT:
        a->lifts_halt = a->engine.lifts_halt = true;
        return 0;
    case OPTION_ALONE:
        a->is_alone = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&run_request_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    options,
    parse,
    "CONF",
    "Run a config: load its plugins, replay its data, trade, and report.\v"
    "The result goes to standard output, everything else to standard error. A run that is "
    "interrupted (Ctrl-C) ends cleanly, with its report, and counts as done.\n\n"
    "  quoin run conf/demo/sma.cfg\n"
    "  quoin run conf/demo/sma.cfg --set strategies.sma.params.fast=20 --json\n"
    "  quoin run conf/demo/sma.cfg --from 2008-01-01 --to 2009-01-01 --report out\n"
    "  quoin run live.cfg --resume\n",
    children,
    NULL,
    NULL,
};

static int print_result(report *r, bool is_json)
{
    qn_err err = QN_ERR_INIT;
    int32_t rc = QN_OK;

    if (is_json)
        rc = report_print_json(r, stdout, &err);
    else
        report_print_text(r, stdout);
    return rc == QN_OK ? EXIT_DONE : cli_fail(rc, &err);
}

/* ------------------------------------------------------------------ the store */

static durability durability_of(const char *name)
{
    return strcmp(name, "sync") == 0    ? DURABILITY_SYNC
           : strcmp(name, "group") == 0 ? DURABILITY_GROUP
                                        : DURABILITY_NONE;
}

/* A run that has not ended is taken up with --resume, and with nothing else. One of durability
 * none cannot be: it is as if it had never been. */
static int32_t choose_run(arguments *a, store *s, qn_err *err)
{
    store_run run;
    run_header h;
    int32_t rc = store_run_get(s, 0, &run, err);

    if (rc == QN_E_NOT_FOUND) return QN_OK;
    if (rc != QN_OK || run.has_ended || run.durability == DURABILITY_NONE) return rc;
    if (!a->is_resume)
        return fail(err, QN_E_INVALID,
                    "its store holds run %u, which has not ended: go on with it by `quoin run %s "
                    "--resume`, or remove the folder to give it up",
                    run.number, a->request.conf);
    if ((rc = run_header_read(run.header, &h, err)) != QN_OK) return rc;
    a->engine.mode = ENGINE_RESUME;
    a->engine.run = run.number;
    if (a->engine.from == INT64_MIN) a->engine.from = h.from;
    if (a->engine.to == INT64_MAX) a->engine.to = h.to;
    run_header_free(&h);
    return QN_OK;
}

static int open_store(arguments *a, const config_run *run, store **s)
{
    store_options how = {.path = run->store_path,
                         .durability = durability_of(run->durability),
                         .map_bytes = (uint64_t)run->map_mib << 20};
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    if (!run->store_path) {
        if (!a->is_resume && !a->lifts_halt) return EXIT_DONE;
        log_line(LOG_ERROR, "%s has no store: set store.path and store.durability [%s]",
                 a->request.conf, error_name(QN_E_MISSING));
        return EXIT_USAGE;
    }
    if ((rc = store_open(&how, s, &err)) != QN_OK) {
        int status = cli_fail(rc, &err);
        return rc == QN_E_NOT_FOUND ? EXIT_FAILED : status; /* a folder that cannot be made */
    }
    a->engine.store = *s;
    if (!(a->engine.quarantine = quarantine_read(run->store_path, &err)))
        return cli_fail(err.code, &err);
    rc = choose_run(a, *s, &err);
    return rc == QN_OK ? EXIT_DONE : cli_fail(rc, &err);
}

/* ------------------------------------------------------------------ the run */

/* A run that cannot be commanded from outside still ends by a signal. */
static control *open_control(engine *e, const config_run *run)
{
    qn_err err = QN_ERR_INIT;
    control *c = NULL;
    int32_t rc;

    if (!run->store_path) return NULL;
    if ((rc = control_start(e, run->store_path, run->name, &c, &err)) != QN_OK)
        log_line(LOG_WARNING, "no operator can reach this run: %s [%s]", err.msg, error_name(rc));
    return c;
}

/* A run that ended without one of its plugins is not the run that was asked for. True if so. */
static bool tell_faults(const engine *e)
{
    for (uint32_t i = 0; i < engine_faults(e); i++) {
        bool is_over;
        const qn_fault *f = engine_fault_at(e, i, &is_over);
        if (!is_over)
            log_line(LOG_ERROR, "the run ended without %s, which was taken out of it: %s (%s) [%s]",
                     f->id, f->why, fault_reason_name(f->reason), error_name(f->code));
    }
    return engine_is_incomplete(e);
}

/* A failed run still has a report: what happened up to the failure. */
static int run(const arguments *a, const config_run *what, engine *e, report *r)
{
    qn_err run_err = QN_ERR_INIT;
    qn_err report_err = QN_ERR_INIT;
    control *c = open_control(e, what);
    int32_t ran = engine_run(e, &run_err);
    int32_t reported;
    int status;

    control_stop(c);
    reported = report_finish(r, &report_err);
    status = ran == QN_OK ? EXIT_DONE : cli_fail(ran, &run_err);

    /* once events flowed the config was fine, and the run was not */
    if (status == EXIT_USAGE && engine_count(e)->events) status = EXIT_FAILED;
    if (reported != QN_OK) {
        cli_fail(reported, &report_err);
        if (status == EXIT_DONE) status = EXIT_FAILED;
    }
    if (print_result(r, a->request.is_json) != EXIT_DONE && status == EXIT_DONE)
        status = EXIT_FAILED;
    run_err = (qn_err)QN_ERR_INIT;
    if ((ran = engine_end(e, &run_err)) != QN_OK) {
        cli_fail(ran, &run_err);
        if (status == EXIT_DONE) status = EXIT_FAILED;
    }
    atomic_store(&slot_page_here()->has_ended, true);
    if (status == EXIT_DONE && tell_faults(e)) status = EXIT_REFUSED;
    return status;
}

static int run_reported(const arguments *a, config *cfg, engine *e)
{
    qn_err err = QN_ERR_INIT;
    report *r = NULL;
    report_options how = {.dir = a->report, .version = QUOIN_VERSION};
    int32_t rc = report_new(e, cfg, &how, &r, &err);
    int status = EXIT_FAILED;

    if (rc == QN_OK)
        status = run(a, config_get(cfg), e, r);
    else
        cli_fail(rc, &err);
    report_free(r);
    return status;
}

/* A run that lasts: it keeps a pace, and can be resumed. */
static bool is_lasting(const config *cfg)
{
    const config_run *run = config_get(cfg);
    char path[256];

    if (!run->store_path || !run->supervise.is_on || strcmp(run->durability, "none") == 0)
        return false;
    for (size_t i = 0; i < run->nvenues; i++) {
        const char *pace;
        snprintf(path, sizeof path, "venues.%s.params.pace", run->venues[i].id);
        pace = config_node_text(config_find(cfg, path));
        if (strpbrk(pace, "123456789")) return true;
    }
    return false;
}

/* True in the process that runs the engine. False: the run is over. */
static bool run_supervised(arguments *a, const config *cfg, int *status)
{
    const config_run *run = config_get(cfg);
    supervise_options o = {.bundle = {.store = run->store_path,
                                      .config = run->file,
                                      .sets = run->sets,
                                      .nsets = run->nsets,
                                      .version = QUOIN_VERSION,
                                      .keep = (uint32_t)run->supervise.bundles},
                           .rule = {(uint32_t)run->supervise.crashes, run->supervise.window},
                           .restarts = (uint32_t)run->supervise.restarts,
                           .backoff = run->supervise.backoff};
    uint32_t starts;

    if (a->is_alone || !is_lasting(cfg)) return true;
    if (!supervise(&o, &starts, status)) return false;
    if (starts) {
        a->is_resume = true;
        a->engine.crashed_at = atomic_load(&slot_page_here()->crashed_at);
        a->engine.down_since = atomic_load(&slot_page_here()->down_since);
        a->lifts_halt = a->engine.lifts_halt = false;
    }
    return true;
}

static int run_config_once(arguments *a, config *cfg)
{
    qn_err err = QN_ERR_INIT;
    store *s = NULL;
    engine *e = NULL;
    int status = open_store(a, config_get(cfg), &s);
    int32_t rc;

    if (status == EXIT_DONE) status = run_engine(cfg, &a->engine, &e);
    if (status == EXIT_DONE) {
        cli_catch_stop();
        if (config_get(cfg)->nrisk == 0)
            log_line(LOG_WARNING,
                     "no risk module checks the orders of this run: in a backtest only");
        if ((rc = engine_start(e, &err)) == QN_OK) {
            atomic_store(&slot_page_here()->is_begun, true);
            status = run_reported(a, cfg, e);
        } else {
            status = cli_fail(rc, &err);
        }
    }
    engine_free(e);
    if ((rc = store_close(s, &err)) != QN_OK && status == EXIT_DONE) status = cli_fail(rc, &err);
    mem_free((void *)(uintptr_t)a->engine.quarantine);
    return status;
}

int cmd_run(int argc, char **argv)
{
    arguments a = {.engine = {.from = INT64_MIN,
                              .to = INT64_MAX,
                              .stop = &cli_stop,
                              .version = QUOIN_VERSION,
                              .with_sinks = true,
                              .watches = true}};
    config *cfg = NULL;
    int status;

    cli_parse(&argp, argc, argv, &a);
    if (a.is_resume && a.lifts_halt) {
        log_line(LOG_ERROR,
                 "--lift-halt begins a new run, --resume goes on with one: give one of "
                 "the two [%s]",
                 error_name(QN_E_INVALID));
        return EXIT_USAGE;
    }
    if ((status = run_config(&a.request, &cfg)) != EXIT_DONE) return status;
    if (run_supervised(&a, cfg, &status)) status = run_config_once(&a, cfg);
    config_close(cfg);
    atomic_store(&slot_page_here()->has_returned, true);
    return status;
}
