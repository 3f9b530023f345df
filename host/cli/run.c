/* SPDX-License-Identifier: MIT
 *
 * quoin run: replay, trade, report. */
#include "cli.h"
#include "run.h"

#include "base/clock.h"
#include "base/log.h"
#include "report/report.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t stop;

typedef struct arguments {
    run_request request;
    engine_options engine;
    const char *report;
} arguments;

enum { OPTION_FROM = 256, OPTION_TO, OPTION_REPORT };

static const struct argp_option options[] = {
    {"from", OPTION_FROM, "TIME", 0, "Leave out events up to and including this time (UTC)", 0},
    {"to", OPTION_TO, "TIME", 0, "Leave out events after this time (UTC)", 0},
    {"report", OPTION_REPORT, "DIR", 0,
     "Write report.json, manifest.json, orders.csv, fills.csv, trades.csv and equity.csv", 0},
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
    "  quoin run conf/demo/sma.cfg --from 2008-01-01 --to 2009-01-01 --report out\n",
    children,
    NULL,
    NULL,
};

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

/* The first signal ends the run in order, the second one ends the program. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

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

/* A failed run still has a report: what happened up to the failure. */
static int run(const arguments *a, engine *e, report *r)
{
    qn_err run_err = QN_ERR_INIT;
    qn_err report_err = QN_ERR_INIT;
    int32_t ran = engine_run(e, &run_err);
    int32_t reported = report_finish(r, &report_err);
    int status = ran == QN_OK ? EXIT_DONE : cli_fail(ran, &run_err);

    if (status == EXIT_USAGE) status = EXIT_FAILED; /* the config was fine, the run was not */
    if (reported != QN_OK) {
        cli_fail(reported, &report_err);
        if (status == EXIT_DONE) status = EXIT_FAILED;
    }
    if (print_result(r, a->request.is_json) != EXIT_DONE && status == EXIT_DONE)
        status = EXIT_FAILED;
    return status;
}

int cmd_run(int argc, char **argv)
{
    arguments a = {.engine = {.from = INT64_MIN, .to = INT64_MAX, .stop = &stop}};
    qn_err err = QN_ERR_INIT;
    config *cfg = NULL;
    engine *e = NULL;
    report *r = NULL;
    int status;
    int32_t rc;

    cli_parse(&argp, argc, argv, &a);
    if ((status = run_open(&a.request, &a.engine, &cfg, &e)) != EXIT_DONE) return status;
    catch_signals();
    log_line(LOG_WARNING, "no risk module checks the orders of this run: in a backtest only");
    if ((rc = report_new(e, cfg, a.report, QUOIN_VERSION, &r, &err)) == QN_OK)
        status = run(&a, e, r);
    else {
        cli_fail(rc, &err);
        status = EXIT_FAILED;
    }
    report_free(r);
    engine_free(e);
    config_close(cfg);
    return status;
}
