/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "run.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "supervise/crash.h"

#include <string.h>

enum { OPTION_SET = 512, OPTION_JSON };

static const struct argp_option accepted[] = {
    {"set", OPTION_SET, "PATH=VALUE", 0,
     "Override one value of the config, by id: strategies.sma.params.fast=12", 0},
    {"json", OPTION_JSON, NULL, 0, "Print the result as one JSON object", 0},
    {"quiet", 'q', NULL, 0, "Print no diagnostics below warnings", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    run_request *r = state->input;

    switch (key) {
    case OPTION_SET:
        if (r->nsets == CLI_SETS || !strchr(arg, '='))
            cli_usage(state, "--set %s: expected PATH=VALUE, at most %d times", arg, CLI_SETS);
        r->sets[r->nsets++] = arg;
        return 0;
    case OPTION_JSON:
        r->is_json = true;
        return 0;
    case 'q':
        r->is_quiet = true;
        log_set_level(LOG_WARNING);
        return 0;
    case ARGP_KEY_ARG:
        if (r->conf) cli_usage(state, "one CONF is expected");
        r->conf = arg;
        return 0;
    case ARGP_KEY_END:
        if (!r->conf) cli_usage(state, "no CONF is given");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp run_request_argp = {accepted, parse, NULL, NULL, NULL, NULL, NULL};

/* Mistakes are the person's to mend, whatever the code of the first one is. */
static int tell(config *cfg, int32_t rc, const qn_err *err)
{
    const config_mistake *list;

    if (!config_mistakes(cfg, &list)) return cli_fail(rc, err);
    config_print_mistakes(cfg);
    return EXIT_USAGE;
}

int run_config(const run_request *request, config **cfg)
{
    const config_mistake *list;
    qn_err err = QN_ERR_INIT;
    config *opened = NULL;
    int32_t rc = config_open(request->conf, request->sets, request->nsets, &opened, &err);

    if (rc != QN_OK) {
        cli_fail(rc, &err);
        return rc == QN_E_NO_MEMORY ? EXIT_FAILED : EXIT_USAGE;
    }
    if (config_mistakes(opened, &list)) {
        int status = tell(opened, QN_E_INVALID, &err);
        config_close(opened);
        return status;
    }
    *cfg = opened;
    return EXIT_DONE;
}

int run_engine(config *cfg, const engine_options *options, engine **e)
{
    char plugins[PATH_ROOM];
    engine_options with_plugins = *options;
    qn_err err = QN_ERR_INIT;
    int32_t rc = cli_plugin_dir(plugins, sizeof plugins, &err);

    with_plugins.plugin_dir = plugins;
    crash_watch();
    if (rc == QN_OK) rc = engine_new(cfg, &with_plugins, e, &err);
    return rc == QN_OK ? EXIT_DONE : tell(cfg, rc, &err);
}

int run_open(const run_request *request, const engine_options *options, config **cfg, engine **e)
{
    int status = run_config(request, cfg);

    if (status != EXIT_DONE) return status;
    if ((status = run_engine(*cfg, options, e)) != EXIT_DONE) config_close(*cfg);
    return status;
}
