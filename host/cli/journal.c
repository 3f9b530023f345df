/* SPDX-License-Identifier: MIT
 *
 * quoin journal: the table of its subcommands, and what they share. */
#include "journal.h"

#include "base/fail.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/nearest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const cli_command commands[] = {
    {"show", "print a run's records, or explain one order", cmd_journal_show},
    {"verify", "check every record of every run", cmd_journal_verify},
    {"replay", "do a recorded run again and compare it", cmd_journal_replay},
};

int cmd_journal(int argc, char **argv)
{
    return cli_dispatch("quoin journal",
                        "What a run did, and why: the journal in the folder of a store.", commands,
                        sizeof commands / sizeof commands[0], argc, argv);
}

/* ------------------------------------------------------------------ the command line */

enum { OPTION_RUN = 768, OPTION_JSON };

const struct argp_option journal_options[] = {
    {"run", OPTION_RUN, "ID", 0,
     "Which run of the store: its number, its id or the beginning of its id; the last one when "
     "absent",
     0},
    {"json", OPTION_JSON, NULL, 0, "Print the result as JSON", 0},
    {"quiet", 'q', NULL, 0, "Warnings and errors only", 0},
    {0}};

error_t journal_parse(int key, char *arg, struct argp_state *state)
{
    journal_request *r = state->input;

    switch (key) {
    case OPTION_RUN:
        r->run = arg;
        return 0;
    case OPTION_JSON:
        r->is_json = true;
        return 0;
    case 'q':
        log_set_level(LOG_WARNING);
        return 0;
    case ARGP_KEY_ARG:
        if (r->store) cli_usage(state, "one STORE is expected");
        r->store = arg;
        return 0;
    case ARGP_KEY_END:
        if (!r->store) cli_usage(state, "no STORE is given");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp journal_request_argp = {.options = journal_options, .parser = journal_parse};

/* ------------------------------------------------------------------ runs */

const char *recorded_run_status(const recorded_run *run)
{
    return run->has_ended ? run->footer.status : "not ended";
}

int recorded_store_open(const journal_request *request, store **out)
{
    store_options how = {.path = request->store, .is_read_only = true};
    qn_err err = QN_ERR_INIT;
    int32_t rc = store_open(&how, out, &err);

    return rc == QN_OK ? EXIT_DONE : cli_fail(rc, &err);
}

int32_t recorded_runs(store *s, uint32_t *n, qn_err *err)
{
    store_run last;
    int32_t rc = store_run_get(s, 0, &last, err);

    *n = rc == QN_OK ? last.number : 0;
    return rc == QN_E_NOT_FOUND ? QN_OK : rc;
}

int32_t recorded_run_get(store *s, uint32_t number, recorded_run *out, qn_err *err)
{
    recorded_run run = {.store = s};
    store_run found;
    int32_t rc = store_run_get(s, number, &found, err);

    if (rc != QN_OK) return rc;
    run.number = found.number;
    run.has_ended = found.has_ended;
    if (found.has_ended && (rc = run_footer_read(found.footer, &run.footer, err)) != QN_OK)
        return rc;
    if ((rc = run_header_read(found.header, &run.header, err)) != QN_OK) return rc;
    if ((rc = run_names_read(&run.header, &run.names, err)) == QN_OK)
        *out = run;
    else
        run_header_free(&run.header);
    return rc;
}

void recorded_run_free(recorded_run *run)
{
    run_names_free(&run->names);
    run_header_free(&run->header);
}

/* A number as a person writes it. Ids begin with a 0. */
static bool number_of(const char *name, uint32_t *out)
{
    char *end;
    unsigned long value = strtoul(name, &end, 10);

    if (name[0] < '1' || name[0] > '9' || *end || value > UINT32_MAX) return false;
    *out = (uint32_t)value;
    return true;
}

/* Ids of all runs, for names and hints; NULL when out of memory. A run whose header cannot be
 * read has none. */
static char **run_ids(store *s, uint32_t n)
{
    char **ids = mem_new((size_t)n + 1, sizeof *ids);

    for (uint32_t i = 0; ids && i < n; i++) {
        recorded_run run;
        if (recorded_run_get(s, i + 1, &run, NULL) != QN_OK) continue;
        ids[i] = mem_text(run.header.id);
        recorded_run_free(&run);
    }
    return ids;
}

static void free_ids(char **ids, uint32_t n)
{
    for (uint32_t i = 0; ids && i < n; i++)
        mem_free(ids[i]);
    mem_free(ids);
}

/* The number of the run whose id begins with `name`. */
static int32_t find_by_id(char *const *ids, uint32_t n, const char *name, uint32_t *number,
                          qn_err *err)
{
    const char **known = mem_new((size_t)n + 1, sizeof *known);
    char hint[HINT_TEXT];
    uint32_t fits = 0;
    uint32_t nknown = 0;
    int32_t rc = QN_OK;

    if (!known) return fail(err, QN_E_NO_MEMORY, "no memory for the ids of %u runs", n);
    for (uint32_t i = 0; i < n; i++) {
        if (!ids[i]) continue;
        known[nknown++] = ids[i];
        if (strncmp(ids[i], name, strlen(name)) != 0) continue;
        *number = i + 1;
        fits++;
    }
    if (fits > 1)
        rc = fail(err, QN_E_UNKNOWN_NAME, "the ids of %u runs begin with '%s'", fits, name);
    else if (fits == 0)
        rc = fail(err, QN_E_UNKNOWN_NAME, "the store has %u run%s, and none is '%s': %s", n,
                  n == 1 ? "" : "s", name, name_hint(name, known, nknown, hint));
    mem_free(known);
    return rc;
}

int32_t recorded_run_find(store *s, const char *name, recorded_run *out, qn_err *err)
{
    uint32_t n = 0;
    uint32_t number = 0;
    int32_t rc = recorded_runs(s, &n, err);

    if (rc != QN_OK) return rc;
    if (n == 0) return fail(err, QN_E_NOT_FOUND, "the store has no run yet");
    if (!name || !*name) return recorded_run_get(s, n, out, err);
    if (!number_of(name, &number) || number > n) {
        char **ids = run_ids(s, n);
        rc = ids ? find_by_id(ids, n, name, &number, err)
                 : fail(err, QN_E_NO_MEMORY, "no memory for the ids of %u runs", n);
        free_ids(ids, n);
    }
    return rc == QN_OK ? recorded_run_get(s, number, out, err) : rc;
}

int recorded_open(const journal_request *request, store **s, recorded_run *run)
{
    qn_err err = QN_ERR_INIT;
    int status = recorded_store_open(request, s);
    int32_t rc;

    if (status != EXIT_DONE) return status;
    if ((rc = recorded_run_find(*s, request->run, run, &err)) == QN_OK) return EXIT_DONE;
    status = cli_fail(rc, &err);
    store_close(*s, NULL);
    return status;
}

int32_t recorded_mistake(const config *cfg, int32_t rc, qn_err *err)
{
    const config_mistake *list;

    return config_mistakes(cfg, &list)
               ? fail(err, list[0].code, "%s:%d: %s", list[0].file, list[0].line, list[0].text)
               : rc;
}

int32_t recorded_config(const run_header *h, config **out, qn_err *err)
{
    config *cfg = NULL;
    int32_t rc = config_open(h->config, h->sets, h->nsets, &cfg, err);

    if (rc != QN_OK) return rc;
    if (strcmp(config_identity(cfg), h->config_identity) != 0)
        rc = fail(err, QN_E_INVALID, "%s is not what it was when the run was begun", h->config);
    else
        rc = recorded_mistake(cfg, QN_OK, err);
    if (rc == QN_OK)
        *out = cfg;
    else
        config_close(cfg);
    return rc;
}

/* ------------------------------------------------------------------ records */

int32_t recorded_walk(const recorded_run *run, uint64_t after, record_visit visit, void *ctx,
                      qn_err *err)
{
    qn_err why = QN_ERR_INIT;
    journal_reader *reader = NULL;
    const qn_event *record;
    int32_t rc = journal_open(run->store, run->number, after, &reader, err);

    if (rc != QN_OK) return rc;
    while ((rc = journal_next(reader, &record, err)) == QN_OK && record) {
        if (qn_record_check(record, record->size, &why) != QN_OK) {
            rc = fail(err, QN_E_DAMAGED, "run %u, record %" PRIu64 ": %s", run->number, record->seq,
                      why.msg);
            break;
        }
        if ((rc = visit(ctx, record, err)) != QN_OK) break;
    }
    journal_close(reader);
    return rc == WALK_ENDS ? QN_OK : rc;
}
