/* SPDX-License-Identifier: MIT
 *
 * quoin tune: search the parameters of a config. */
#include "cli.h"
#include "option.h"
#include "progress.h"
#include "run.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "tune/tune.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

typedef struct arguments {
    run_request request;
    const char *workers; /* NULL = as many as there are processors */
    bool is_fresh;
} arguments;

enum { OPTION_WORKERS = 256, OPTION_FRESH };

static const struct argp_option options[] = {
    {"workers", OPTION_WORKERS, "N", 0,
     "Run so many trials at once (default: as many as there are processors)", 0},
    {"fresh", OPTION_FRESH, NULL, 0, "Begin anew: trials that are kept are thrown away", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->request;
        return 0;
    case OPTION_WORKERS:
        a->workers = arg;
        return 0;
    case OPTION_FRESH:
        a->is_fresh = true;
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
    "Search the parameters of a config: run it with other values, in the order of its tuner.\v"
    "The config's group `tuner` says what is searched, for which objective, on which data. The "
    "result goes to standard output, and with all trials to the folder tuner.path. A search that "
    "is interrupted (Ctrl-C) keeps what is done; the same command goes on from there.\n\n"
    "  quoin tune sma.cfg\n"
    "  quoin tune sma.cfg --workers 4 --json\n"
    "  quoin tune sma.cfg --set tuner.trials=200 --fresh\n",
    children,
    NULL,
    NULL,
};

static void show(void *ctx, const tune_progress *p)
{
    char best[64] = "";
    char left[48] = "";

    (void)ctx;
    if (isfinite(p->best))
        snprintf(best, sizeof best, ", best %.6g (trial %llu)", p->best,
                 (unsigned long long)p->best_trial);
    if (isfinite(p->left_s)) snprintf(left, sizeof left, ", %.0f s left", ceil(p->left_s));
    fprintf(stderr, "\r\033[K%s %llu of %llu%s%s", p->is_testing ? "test" : "trials",
            (unsigned long long)p->done, (unsigned long long)p->total, best, left);
}

static int print_result(const tune *t, bool is_json)
{
    if (is_json) return cli_print_json(tune_json(t), true, EXIT_DONE);
    tune_print(t, stdout);
    return EXIT_DONE;
}

static int search(const arguments *a, tune *t, bool with_progress)
{
    qn_err err = QN_ERR_INIT;
    int32_t rc = tune_search(t, &err);
    int status;

    if (with_progress) fputs("\r\033[K", stderr);
    if (rc == QN_OK) rc = tune_finish(t, &err);
    if (rc == QN_OK) return print_result(t, a->request.is_json);
    status = cli_fail(rc, &err);
    if (tune_is_tuner_at_fault(t)) return EXIT_REFUSED;
    return status == EXIT_USAGE ? EXIT_FAILED
                                : status; /* the config was right: tune_open said so */
}

static int open_failed(config *cfg, int32_t rc, const qn_err *err)
{
    const config_mistake *list;
    int status;

    if (config_mistakes(cfg, &list)) {
        config_print_mistakes(cfg);
        return EXIT_USAGE;
    }
    status = cli_fail(rc, err);
    return rc == QN_E_STATE ? EXIT_USAGE : status; /* results of another config */
}

static int64_t processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : n > TUNE_WORKERS ? TUNE_WORKERS : n;
}

int cmd_tune(int argc, char **argv)
{
    arguments a = {0};
    int64_t workers = processors();
    bool with_progress;
    char plugins[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    config *cfg = NULL;
    tune *t = NULL;
    int status;
    int32_t rc;

    cli_parse(&argp, argc, argv, &a);
    rc = option_whole("--workers", a.workers, 1, TUNE_WORKERS, &workers, &err);
    if (rc != QN_OK) return cli_fail(rc, &err);
    if ((status = run_config(&a.request, &cfg)) != EXIT_DONE) return status;
    with_progress = progress_wanted(a.request.is_quiet);
    rc = cli_plugin_dir(plugins, sizeof plugins, &err);
    if (rc == QN_OK)
        rc = tune_open(cfg,
                       &(tune_options){.conf = a.request.conf,
                                       .sets = a.request.sets,
                                       .nsets = a.request.nsets,
                                       .plugin_dir = plugins,
                                       .version = QUOIN_VERSION,
                                       .workers = (uint32_t)workers,
                                       .is_fresh = a.is_fresh,
                                       .stop = &cli_stop,
                                       .progress = with_progress ? show : NULL},
                       &t, &err);
    if (rc != QN_OK) {
        status = open_failed(cfg, rc, &err);
    } else {
        const config_tuner *group = &config_get(cfg)->tuner;
        cli_catch_stop();
        if (!group->test.node)
            log_at(LOG_WARNING, config_node_file(group->node), config_node_line(group->node),
                   "no data is kept apart for a test: the figures are those of the data that the "
                   "search has chosen by");
        status = search(&a, t, with_progress);
    }
    tune_free(t);
    config_close(cfg);
    return status;
}
