/* SPDX-License-Identifier: MIT
 *
 * quoin journal replay */
#include "journal.h"
#include "run.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"

#include <quoin/sdk/text.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char doc[] =
    "Do a recorded run again, with the config, the plugins and the data that it was begun with, "
    "and hold each record against the journal's. Nothing is written, and no sink is fed.\v"
    "Examples:\n"
    "  quoin journal replay var/sma\n"
    "  quoin journal replay var/sma --run 3 --json\n"
    "\n"
    "A run that has not ended is done again up to its last record. STORE may be the bundle of a "
    "crash (STORE/crashes/TIME): then the run goes on behind it, up to the crash.\n"
    "\n"
    "Exit status: 0 equal; 1 it differs, and where is told; 2 no such run, or its config is not "
    "what it was; 3 a plugin is not, or has crashed; 4 the data is not, or the store is damaged.";

static const struct argp argp = {
    .options = journal_options, .parser = journal_parse, .args_doc = "STORE", .doc = doc};

/* What came of it. The hashes of a run that has not ended are those of no end: none is told. */
typedef struct outcome {
    const char *status;
    bool has_hashes;
    char decisions[SHA256_HEX];
    char books[SHA256_HEX];
    uint64_t events, records;
    bool is_equal;
} outcome;

static int32_t take_outcome(const recorded_run *run, const engine *e, outcome *out, qn_err *err)
{
    const engine_counts *n = engine_count(e);
    int32_t rc;

    out->events = n->events;
    out->records = n->events - n->market;
    out->status = run->has_ended ? run_status_name(engine_status(e)) : recorded_run_status(run);
    out->has_hashes = run->has_ended;
    if ((rc = engine_decision_hash(e, out->decisions, err)) != QN_OK) return rc;
    return engine_ledger_hash(e, out->books, err);
}

/* The engine has compared the records; a run that failed is over when it fails again. */
static int32_t compare(const recorded_run *run, const outcome *o, qn_err *err)
{
    const run_footer *f = &run->footer;

    if (!run->has_ended) return QN_OK;
    if (strcmp(o->status, f->status) != 0)
        return fail(err, QN_E_DIVERGED, "the replay's status is %s, the recorded run's is %s",
                    o->status, f->status);
    if (strcmp(o->decisions, f->decision_hash) != 0 || strcmp(o->books, f->ledger_hash) != 0)
        return fail(err, QN_E_DIVERGED, "the replay ends with other hashes than the recorded run");
    return QN_OK;
}

static int print_text(const recorded_run *run, const outcome *o)
{
    if (o->has_hashes) printf("decision hash %s\nledger hash   %s\n", o->decisions, o->books);
    printf("run %u  %s: %" PRIu64 " records, %" PRIu64 " events, ", run->number, o->status,
           o->records, o->events);
    if (run->has_ended)
        puts("equal to the recorded run");
    else
        puts("equal to what was recorded up to its last record");
    return EXIT_DONE;
}

static int print_outcome(const recorded_run *run, const outcome *o, bool is_json, int status)
{
    struct json_object *j;
    bool is_whole;

    if (!is_json) return o->is_equal ? print_text(run, o) : status;
    j = json_object_new_object();
    is_whole = json_put_count(j, "run", run->number) && json_put_text(j, "id", run->header.id) &&
               json_put_text(j, "status", o->status) &&
               json_put_text(j, "decision_hash", o->has_hashes ? o->decisions : NULL) &&
               json_put_text(j, "ledger_hash", o->has_hashes ? o->books : NULL) &&
               json_put_count(j, "records", o->records) && json_put_count(j, "events", o->events) &&
               json_put_bool(j, "is_equal", o->is_equal);
    return cli_print_json(j, is_whole, status);
}

/* What stopped before an event was done is about config, plugins and data. What differs has a
 * result, too; what could not be done has none. */
static int replay(const recorded_run *run, engine *e, bool is_json)
{
    qn_err err = QN_ERR_INIT;
    qn_err later = QN_ERR_INIT;
    outcome o = {0};
    int32_t rc = engine_run(e, &err);
    bool failed_again = rc != QN_OK && rc != QN_E_DIVERGED && engine_count(e)->events &&
                        run->has_ended && strcmp(run->footer.status, "failed") == 0;
    int status;
    int32_t taken;

    if (failed_again) rc = QN_OK;
    if ((taken = take_outcome(run, e, &o, &later)) != QN_OK) return cli_fail(taken, &later);
    if (rc == QN_OK) rc = compare(run, &o, &err);
    o.is_equal = rc == QN_OK;
    status = rc == QN_OK ? EXIT_DONE : cli_fail(rc, &err);
    if (status == EXIT_USAGE && o.events) status = EXIT_FAILED;
    return rc == QN_OK || rc == QN_E_DIVERGED ? print_outcome(run, &o, is_json, status) : status;
}

/* A crash that was kept: where its parts lie. All "" for what is none. */
typedef struct bundle {
    char store[PATH_ROOM], module[PATH_ROOM];
} bundle;

static int replay_run(store *s, const recorded_run *run, const bundle *b, bool is_json)
{
    const run_header *h = &run->header;
    run_request request = {.conf = h->config, .nsets = h->nsets};
    engine_options options = {.from = h->from,
                              .to = h->to,
                              .version = QUOIN_VERSION,
                              .store = s,
                              .mode = ENGINE_REPLAY,
                              .run = run->number,
                              .goes_on = b->store[0] != '\0',
                              .instead_file = b->module[0] ? b->module : NULL};
    config *cfg = NULL;
    engine *e = NULL;
    int status;

    memcpy(request.sets, h->sets, h->nsets * sizeof h->sets[0]);
    status = run_open(&request, &options, &cfg, &e);
    if (status == EXIT_DONE) {
        status = replay(run, e, is_json);
        if (status == EXIT_DONE && b->store[0]) {
            log_line(LOG_ERROR, "the run came to its end: the crash did not come again [%s]",
                     error_name(QN_E_DIVERGED));
            status = EXIT_FAILED;
        }
        engine_free(e);
        config_close(cfg);
    } else {
        log_line(LOG_ERROR,
                 "run %u was begun with %s, its plugins and its data: put back what is missing, "
                 "and replay again",
                 run->number, h->config);
    }
    return status;
}

/* A crash whose store was too large to be kept: the run from its start, as a new one in a store of
 * its own. Nobody starts that one again, and no build is in quarantine there. */
static int32_t tell_how(const char *path, struct json_object *o, qn_err *err)
{
    struct json_object *sets = json_get(o, "sets", json_type_array);
    size_t n = sets ? json_object_array_length(sets) : 0;
    char text[4096];
    qn_text line = QN_TEXT(text);

    qn_text_add(&line, "quoin run '");
    qn_text_add(&line, json_get_text(o, "config"));
    qn_text_add(&line, "' --no-supervise");
    for (size_t i = 0; i < n; i++) {
        qn_text_add(&line, " --set '");
        qn_text_add(&line, json_object_get_string(json_object_array_get_idx(sets, i)));
        qn_text_add(&line, "'");
    }
    log_line(LOG_ERROR,
             "the same config on the same data crashes again: %s --set store.path=ANOTHER (where "
             "operators have reloaded or set something, do so again)",
             text);
    return fail(err, QN_E_MISSING, "%s: the store took too much room on disk to be kept", path);
}

/* What `folder` holds: the bundle of a crash, or a store. */
static int32_t bundle_open(const char *folder, bundle *out, qn_err *err)
{
    char path[PATH_ROOM];
    struct json_object *o;
    char *text = NULL;
    size_t size;
    int32_t rc = path_join(folder, "crash.json", path, err);

    if (rc != QN_OK || !file_exists(path)) return rc;
    if ((rc = file_read(path, &text, &size, err)) != QN_OK) return rc;
    o = json_tokener_parse(text);
    mem_free(text);
    if (!json_get_text(o, "what"))
        rc = fail(err, QN_E_DAMAGED, "%s does not tell of a crash", path);
    else if (!json_get_text(o, "store"))
        rc = tell_how(path, o, err);
    else
        rc = path_join(folder, "store", out->store, err);
    if (rc == QN_OK && json_get_text(o, "file"))
        rc = path_join(folder, "module.so", out->module, err);
    json_object_put(o);
    return rc;
}

int cmd_journal_replay(int argc, char **argv)
{
    journal_request r = {0};
    store *s = NULL;
    static bundle b; /* too large for the stack */
    qn_err err = QN_ERR_INIT;
    recorded_run run;
    int status;
    int32_t rc;

    cli_parse(&argp, argc, argv, &r);
    if ((rc = bundle_open(r.store, &b, &err)) != QN_OK) return cli_fail(rc, &err);
    if (b.store[0]) r.store = b.store;
    if ((status = recorded_open(&r, &s, &run)) != EXIT_DONE) return status;
    status = replay_run(s, &run, &b, r.is_json);
    recorded_run_free(&run);
    store_close(s, NULL);
    return status;
}
