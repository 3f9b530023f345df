/* SPDX-License-Identifier: MIT
 *
 * What `run` and `check` share: a config and the engine built from it. */
#ifndef QUOIN_CLI_RUN_H
#define QUOIN_CLI_RUN_H

#include "engine/engine.h"

#include <argp.h>

#define CLI_SETS 64 /* --set arguments of one call */

/* A config, --set arguments and the form of the result, as the command line gives them. */
typedef struct run_request {
    const char *conf;
    const char *sets[CLI_SETS];
    size_t nsets;
    bool is_json, is_quiet;
} run_request;

/* CONF, --set, --json and --quiet: a child parser whose input is a run_request. */
extern const struct argp run_request_argp;

/* Open the config, and build the engine: one after the other, or both. Everything that is wrong
 * is printed. Returns an exit status; on EXIT_DONE *cfg and *e are the caller's to free. */
int run_config(const run_request *request, config **cfg);
int run_engine(config *cfg, const engine_options *options, engine **e);
int run_open(const run_request *request, const engine_options *options, config **cfg, engine **e);

#endif
