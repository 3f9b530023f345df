/* SPDX-License-Identifier: MIT */
#include "cli.h"
#include "run.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"

#include <string.h>

bool run_request_set(run_request *request, const char *argument)
{
    if (request->nsets == CLI_SETS || !strchr(argument, '=')) return false;
    request->sets[request->nsets++] = argument;
    return true;
}

bool run_time(const char *option, const char *text, int64_t *out)
{
    if (time_parse(text, strlen(text), out) == QN_OK) return true;
    log_line(LOG_ERROR, "%s %s: expected a time such as 2024-01-31 or 2024-01-31T12:30:00 [%s]",
             option, text, error_name(QN_E_SYNTAX));
    return false;
}

/* Mistakes are the person's to mend, whatever the code of the first one is. */
static int tell(config *cfg, int32_t rc, const qn_err *err)
{
    const config_mistake *list;

    if (!config_mistakes(cfg, &list)) return cli_fail(rc, err);
    config_print_mistakes(cfg);
    return EXIT_USAGE;
}

int run_open(const run_request *request, const engine_options *options, config **cfg, engine **e)
{
    char plugins[PATH_ROOM];
    engine_options with_plugins = *options;
    qn_err err = QN_ERR_INIT;
    config *opened = NULL;
    const config_mistake *list;
    int status;
    int32_t rc;

    rc = config_open(request->conf, request->sets, request->nsets, &opened, &err);
    if (rc != QN_OK) {
        cli_fail(rc, &err);
        return rc == QN_E_NO_MEMORY ? EXIT_FAILED : EXIT_USAGE;
    }
    if (config_mistakes(opened, &list))
        rc = QN_E_INVALID;
    else if ((rc = cli_plugin_dir(plugins, sizeof plugins, &err)) == QN_OK) {
        with_plugins.plugin_dir = plugins;
        rc = engine_new(opened, &with_plugins, e, &err);
    }
    if (rc == QN_OK) {
        *cfg = opened;
        return EXIT_DONE;
    }
    status = tell(opened, rc, &err);
    config_close(opened);
    return status;
}
