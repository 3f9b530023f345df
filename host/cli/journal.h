/* SPDX-License-Identifier: MIT
 *
 * What the subcommands of `quoin journal` share: which store and run is meant, and a walk
 * through its records. Nothing here writes to a store. */
#ifndef QUOIN_CLI_JOURNAL_H
#define QUOIN_CLI_JOURNAL_H

#include "cli.h"

#include "config/config.h"
#include "engine/header.h"
#include "store/store.h"

/* The command line of all of them. */
typedef struct journal_request {
    const char *store;
    const char *run; /* number, id, or the beginning of an id; NULL = not said */
    bool is_json;
} journal_request;

/* STORE, --run, --json and --quiet: options and parser of a command that has no others, whose input
 * is a journal_request; and both as a child parser for one that has. */
extern const struct argp_option journal_options[];
error_t journal_parse(int key, char *arg, struct argp_state *state);
extern const struct argp journal_request_argp;

/* A recorded run, and what its records are read with. */
typedef struct recorded_run {
    store *store; /* borrowed */
    uint32_t number;
    bool has_ended;
    run_header header;
    run_footer footer; /* all zero while it has not ended */
    run_names names;
} recorded_run;

/* "completed", "stopped", ..., "not ended". */
const char *recorded_run_status(const recorded_run *run);

/* Open the store that is asked for, to read. What is wrong is printed; an exit status. */
int recorded_store_open(const journal_request *request, store **out);

/* Number of runs in the store. */
int32_t recorded_runs(store *s, uint32_t *n, qn_err *err);
/* Run `number`, from 1. QN_E_DAMAGED: what it was begun with cannot be read. On error *out is
 * unchanged. */
int32_t recorded_run_get(store *s, uint32_t number, recorded_run *out, qn_err *err);
/* The run that is asked for: the last one where the request names none. QN_E_UNKNOWN_NAME: there
 * is none of that name, or several; QN_E_NOT_FOUND: the store has no run. */
int32_t recorded_run_find(store *s, const char *name, recorded_run *out, qn_err *err);
void recorded_run_free(recorded_run *run);

/* Store and run in one: an exit status; on EXIT_DONE both are the caller's to free. */
int recorded_open(const journal_request *request, store **s, recorded_run *run);

/* The config that a run was begun with. QN_E_INVALID: it is not what it was; a mistake in it is
 * told by its file and line. On error *out is unchanged. */
int32_t recorded_config(const run_header *h, config **out, qn_err *err);
/* The first mistake of a config as the error, else `rc`. */
int32_t recorded_mistake(const config *cfg, int32_t rc, qn_err *err);

/* Called with each record, which can be relied on and is borrowed. QN_OK goes on, WALK_ENDS ends
 * the walk, an error ends it and is returned. */
#define WALK_ENDS 1
typedef int32_t (*record_visit)(void *ctx, const qn_event *record, qn_err *err);

/* Records of a run behind sequence number `after`, in their order. QN_E_DAMAGED names run and
 * sequence number. */
int32_t recorded_walk(const recorded_run *run, uint64_t after, record_visit visit, void *ctx,
                      qn_err *err);

int cmd_journal_show(int argc, char **argv);
int cmd_journal_verify(int argc, char **argv);
int cmd_journal_replay(int argc, char **argv);

#endif
