/* SPDX-License-Identifier: MIT
 *
 * What `run` and `check` share: a config and the engine built from it. */
#ifndef QUOIN_CLI_RUN_H
#define QUOIN_CLI_RUN_H

#include "engine/engine.h"

#define CLI_SETS 64 /* --set arguments of one call */

/* A config and --set arguments, as the command line gives them. */
typedef struct run_request {
    const char *conf;
    const char *sets[CLI_SETS];
    size_t nsets;
} run_request;

/* Adds a --set argument. False if there are too many, or it is no path=value. */
bool run_request_set(run_request *request, const char *argument);

/* Open the config and build the engine. Everything that is wrong is printed.
 * Returns an exit status; on EXIT_DONE *cfg and *e are the caller's to free. */
int run_open(const run_request *request, const engine_options *options, config **cfg, engine **e);

/* Read "2020-01-01T00:00" of --from and --to. Prints what is wrong. */
bool run_time(const char *option, const char *text, int64_t *out);

#endif
