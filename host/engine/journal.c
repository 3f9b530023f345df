/* SPDX-License-Identifier: MIT
 *
 * A run and its store: how it begins, how it ends, and how a run that is done again is held
 * against what was recorded. */
#include "internal.h"

#include "base/fail.h"
#include "base/json.h"
#include "base/log.h"
#include "header.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SETS_TEXT 96

struct replay {
    journal_reader *reader;
    const qn_event *next; /* NULL at the end of the journal */
    bool has_ended;       /* the recorded run: it must end as the record says */
    run_footer footer;
};

/* ------------------------------------------------------------------ the header */

static bool put_integer(struct json_object *to, const char *key, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, value);
    return json_put_text(to, key, text);
}

static bool put_plugins(const engine *e, struct json_object *to)
{
    struct json_object *list = json_put_array(to, "plugins");
    bool is_whole = list != NULL;

    for (uint32_t i = 0; i < engine_plugins(e) && is_whole; i++) {
        engine_plugin p = engine_plugin_at(e, i);
        struct json_object *one = json_append_object(list);
        is_whole = json_put_text(one, "id", p.id) && json_put_text(one, "class", p.cls->id) &&
                   json_put_text(one, "version", p.cls->version) &&
                   json_put_text(one, "sha256", p.module->sha256) &&
                   json_put_text(one, "license", p.cls->license);
    }
    return is_whole;
}

static bool put_names(struct json_object *to, const char *key, const engine *e,
                      const char *(*name)(const engine *, uint32_t), uint32_t n)
{
    struct json_object *list = json_put_array(to, key);
    bool is_whole = list != NULL;

    for (uint32_t i = 0; i < n && is_whole; i++)
        is_whole = json_append(list, json_object_new_string(name(e, i)));
    return is_whole;
}

/* With what a price, a quantity and an amount of money in a record are counted in. */
static bool put_instruments(const engine *e, struct json_object *to)
{
    struct json_object *list = json_put_array(to, "instruments");
    bool is_whole = list != NULL;

    for (uint32_t i = 0; i < e->ninstruments && is_whole; i++) {
        const qn_instrument *in = &e->instruments[i];
        struct json_object *one = json_append_object(list);
        is_whole = json_put_text(one, "name", in->name) &&
                   json_put_text(one, "settle", in->settle) &&
                   json_put(one, "price_exp", json_object_new_int(in->price_exp)) &&
                   json_put(one, "qty_exp", json_object_new_int(in->qty_exp)) &&
                   json_put(one, "money_exp", json_object_new_int(in->money_exp));
    }
    return is_whole;
}

static const char *risk_name(const engine *e, uint32_t i)
{
    return i ? e->risk[i - 1].in.id : "host";
}

static const char *feature_name(const engine *e, uint32_t i)
{
    return e->features.names[i];
}

static const char *value_name(const engine *e, uint32_t i)
{
    const qn_optimizer *table = e->portfolio.in.live->cls->table; /* whoever stands in its seat */

    return ((const qn_named *)qn_table_row(&table->values, i))->name;
}

static bool put_sets(const engine *e, struct json_object *to)
{
    struct json_object *list = json_put_array(to, "sets");
    bool is_whole = list != NULL;

    for (size_t i = 0; i < e->run->nsets && is_whole; i++)
        is_whole = json_append(list, json_object_new_string(e->run->sets[i]));
    return is_whole;
}

/* Everything by which a reader understands the records, and can tell whether it has the same
 * config, plugins and data. NULL when out of memory. */
static struct json_object *make_header(const engine *e, const char *file)
{
    struct json_object *h = json_object_new_object();
    char hash[SHA256_HEX];
    bool is_whole =
        h && tape_identity(e->tape, hash, NULL) == QN_OK && json_put_text(h, "id", e->run_id) &&
        json_put_text(h, "name", e->run->name) &&
        json_put_text(h, "host_version", e->options.version) && json_put_text(h, "config", file) &&
        json_put_text(h, "config_sha256", config_sha256(e->cfg)) &&
        json_put_text(h, "config_identity", config_identity(e->cfg)) && put_sets(e, h) &&
        put_integer(h, "seed", e->run->seed) && put_integer(h, "from_ns", e->options.from) &&
        put_integer(h, "to_ns", e->options.to) && put_integer(h, "tape_from_ns", e->tape_from) &&
        json_put_text(h, "data_sha256", hash) && json_put_time(h, "begun", clock_wall()) &&
        json_put_bool(h, "halted", e->halt.is_halted) && put_plugins(e, h) &&
        json_put(h, "functions", engine_functions(e)) && json_put(h, "trust", engine_trust(e)) &&
        put_instruments(e, h) &&
        put_names(h, "strategies", e, engine_strategy_id, e->nstrategies + 1) &&
        put_names(h, "risk", e, risk_name, e->nrisk + 1) &&
        put_names(h, "features", e, feature_name, e->features.n) &&
        put_names(h, "allocation", e, value_name, e->portfolio.nvalues);

    return json_whole(h, is_whole);
}

/* A run's id: 128 bits that sort by time, 48 of milliseconds and the rest random, in the
 * layout of a version 7 UUID (RFC 9562, 5.7). */
void run_id_make(int64_t now, char to[RUN_ID_TEXT])
{
    unsigned char b[16];
    uint64_t ms = (uint64_t)(now / QN_NS_PER_MS);
    char *p = to;

    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b) memset(b, 0, sizeof b);
    for (int i = 0; i < 6; i++)
        b[i] = (unsigned char)(ms >> (40 - 8 * i));
    b[6] = (unsigned char)(0x70 | (b[6] & 0x0f));
    b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));
    for (int i = 0; i < 16; i++)
        p += snprintf(p, 4, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
}

/* ------------------------------------------------------------------ cursors of sinks */

/* How far a sink has come in which run. */
typedef struct cursor {
    uint64_t run, seq;
} cursor;

static void cursor_name(const engine *e, uint32_t sink, char to[96])
{
    snprintf(to, 96, "sink.%s", e->sinks[sink].id);
}

int32_t cursor_load(const engine *e, uint32_t sink, uint64_t *seq, qn_err *err)
{
    cursor c = {0};
    size_t n = sizeof c;
    char name[96];
    int32_t rc;

    *seq = 0;
    if (!e->store) return QN_OK;
    cursor_name(e, sink, name);
    rc = value_get(e->store, name, &c, &n, err);
    if (rc == QN_E_NOT_FOUND) return QN_OK;
    if (rc == QN_OK && c.run == e->run_number) *seq = c.seq;
    return rc;
}

int32_t cursor_save(void *ctx, uint32_t sink, uint64_t seq, qn_err *err)
{
    const engine *e = ctx;
    cursor c = {e->run_number, seq};
    char name[96];

    cursor_name(e, sink, name);
    return value_put(e->store, name, &c, sizeof c, err);
}

/* ------------------------------------------------------------------ the same run again? */

/* The builds that the run began with, compared with those of this engine. */
static int32_t check_plugins(const engine *e, const run_header *h, qn_err *err)
{
    struct json_object *list;
    size_t n = engine_plugins(e);
    size_t left_out = e->options.with_sinks ? 0 : e->run->nsinks; /* the last ones of the list */

    if (!json_object_object_get_ex(h->root, "plugins", &list) ||
        json_object_array_length(list) != n + left_out)
        return fail(err, QN_E_MODULE_MISMATCH, "the run was begun with other plugins");
    for (size_t i = 0; i < n; i++) {
        engine_plugin p = engine_plugin_at(e, (uint32_t)i);
        struct json_object *hash;
        const char *was =
            json_object_object_get_ex(json_object_array_get_idx(list, i), "sha256", &hash)
                ? json_object_get_string(hash)
                : "";
        if (strcmp(was, p.module->sha256) != 0)
            return fail(
                err, QN_E_MODULE_MISMATCH,
                "%s (%s) is another build than the one that the run was begun with, and the "
                "module cache has that one (%.12s...) no more: `quoin plugin show FILE` with "
                "its file puts it there; or begin a new run",
                p.id, p.cls->id, was);
    }
    return QN_OK;
}

/* "with --set a=1 --set b=2", for a message; cut when longer. */
static const char *describe_sets(const run_header *h, char to[SETS_TEXT])
{
    size_t used = (size_t)snprintf(to, SETS_TEXT, h->nsets ? "with" : "with no --set");

    for (size_t i = 0; i < h->nsets && used < SETS_TEXT; i++)
        used += (size_t)snprintf(to + used, SETS_TEXT - used, " --set %s", h->sets[i]);
    return to;
}

static int32_t check_header(const engine *e, const run_header *h, qn_err *err)
{
    char sets[SETS_TEXT];
    char hash[SHA256_HEX];
    int32_t rc;

    if (strcmp(h->config_identity, config_identity(e->cfg)) != 0)
        return fail(err, QN_E_INVALID,
                    "%s with its --set arguments is not what it was when the run was begun (%s): "
                    "undo the change, or begin a new run in another store",
                    e->run->file, describe_sets(h, sets));
    if (h->from != e->options.from || h->to != e->options.to)
        return fail(err, QN_E_INVALID, "the run was begun with other times of --from or --to");
    if (!e->is_books && (rc = check_plugins(e, h, err)) != QN_OK) return rc;
    if (!e->is_books && (rc = functions_check(e, h->root, err)) != QN_OK) return rc;
    if ((rc = tape_identity(e->tape, hash, err)) != QN_OK) return rc;
    if (strcmp(hash, h->data_sha256) != 0)
        return fail(err, QN_E_DAMAGED, "the data in %s is not what the run was begun on",
                    e->run->catalog);
    return QN_OK;
}

/* ------------------------------------------------------------------ begin */

/* Trading that was halted in this store stays so. */
static int32_t load_halt(engine *e, qn_err *err)
{
    size_t n = sizeof e->halt.why;
    int32_t rc = value_get(e->store, "halt", &e->halt.why, &n, err);

    if (rc == QN_E_NOT_FOUND) return QN_OK;
    if (rc != QN_OK) return rc;
    if (n != sizeof e->halt.why)
        return fail(err, QN_E_DAMAGED, "the store's halt has %zu bytes, expected %zu", n,
                    sizeof e->halt.why);
    if (e->halt.why.module > e->nrisk) e->halt.why.module = 0; /* of another config */
    e->halt.is_halted = true;
    log_line(LOG_WARNING,
             "trading is halted (%s): only what reduces a position is let through; lift it by "
             "quoin run --lift-halt",
             order_reason_name(e->halt.why.reason));
    return QN_OK;
}

static int32_t begin_new(engine *e, qn_err *err)
{
    char path[PATH_MAX];
    struct json_object *header;
    store_run run;
    int32_t rc;

    if (!e->options.lifts_halt && (rc = load_halt(e, err)) != QN_OK) return rc;
    if (!realpath(e->run->file, path)) return fail_errno(err, "%s", e->run->file);
    header = make_header(e, path);
    if (!json_text(header)) {
        json_object_put(header);
        return fail(err, QN_E_NO_MEMORY, "no memory for the header of the run");
    }
    rc = store_run_begin(e->store, json_text(header), &run, err);
    json_object_put(header);
    if (rc != QN_OK) return rc;
    e->incarnation = run.incarnation;
    e->run_number = run.number;
    return e->options.lifts_halt ? value_put(e->store, "halt", NULL, 0, err) : QN_OK;
}

/* Why the run began halted: the first record says so, but for commands that came before it. */
static int32_t find_halt(engine *e, const store_run *run, qn_err *err)
{
    const qn_event *record;
    journal_reader *reader;
    int32_t rc = journal_open(e->store, run->number, 0, &reader, err);

    if (rc != QN_OK) return rc;
    while ((rc = journal_next(reader, &record, err)) == QN_OK && record) {
        if (record->type != QN_EVENT_HALT) continue;
        e->halt.why = *(const qn_halt *)(const void *)record;
        break;
    }
    journal_close(reader);
    return rc;
}

/* A recorded run is done again from its beginning. */
static int32_t begin_again(engine *e, qn_err *err)
{
    struct json_object *halted;
    run_header h;
    store_run run;
    int32_t rc;

    if ((rc = store_run_get(e->store, e->options.run, &run, err)) != QN_OK) return rc;
    if ((rc = run_header_read(run.header, &h, err)) != QN_OK) return rc;
    snprintf(e->run_id, sizeof e->run_id, "%s", h.id);
    e->halt.is_halted =
        json_object_object_get_ex(h.root, "halted", &halted) && json_object_get_boolean(halted);
    rc = check_header(e, &h, err);
    if (e->is_books)
        e->functions.was = json_object_get(json_get(h.root, "functions", json_type_array));
    run_header_free(&h);
    if (rc != QN_OK) return rc;
    e->run_number = run.number;
    e->incarnation = run.incarnation;
    taint_recall(e, run.header, run.has_ended ? run.footer : NULL);
    if ((rc = replay_open(e, &run, err)) != QN_OK) return rc;
    return e->halt.is_halted ? find_halt(e, &run, err) : QN_OK;
}

int32_t journal_begin(engine *e, qn_err *err)
{
    store_run run;
    int32_t rc;

    if (!e->store) return QN_OK;
    if (e->options.mode == ENGINE_TRADE) return begin_new(e, err);
    if ((rc = begin_again(e, err)) != QN_OK || e->options.mode != ENGINE_RESUME) return rc;
    if ((rc = store_run_resume(e->store, e->run_number, &run, err)) != QN_OK) return rc;
    e->incarnation = run.incarnation;
    return QN_OK;
}

/* ------------------------------------------------------------------ end */

static struct json_object *make_footer(const engine *e)
{
    struct json_object *f = json_object_new_object();
    char decided[SHA256_HEX];
    char books[SHA256_HEX];
    bool is_whole = f && engine_decision_hash(e, decided, NULL) == QN_OK &&
                    engine_ledger_hash(e, books, NULL) == QN_OK &&
                    json_put_text(f, "status", run_status_name(e->status)) &&
                    json_put_text(f, "decision_hash", decided) &&
                    json_put_text(f, "ledger_hash", books) &&
                    put_integer(f, "loop_seq", (int64_t)e->loop_seq) &&
                    put_integer(f, "last_seq", (int64_t)e->seq) &&
                    put_integer(f, "market_events", (int64_t)e->counts.market) &&
                    json_put(f, "trust", engine_trust(e)) && /* reloads may have changed it */
                    json_put_time(f, "ended", clock_wall());

    return json_whole(f, is_whole);
}

int32_t journal_compare_end(const engine *e, qn_err *err)
{
    const replay *r = e->replay;
    char decided[SHA256_HEX];
    char books[SHA256_HEX];
    int32_t rc;

    if (!r->has_ended || e->is_cut_short) return QN_OK;
    if (r->next)
        return fail(err, QN_E_DIVERGED,
                    "the replay is over, and the journal goes on: %s at %" PRIu64,
                    qn_record_name(r->next->type), r->next->seq);
    if ((rc = engine_decision_hash(e, decided, err)) != QN_OK) return rc;
    if ((rc = engine_ledger_hash(e, books, err)) != QN_OK) return rc;
    if (strcmp(decided, r->footer.decision_hash) != 0)
        return fail(err, QN_E_DIVERGED, "the decision hash is %s, the recorded run's is %s",
                    decided, r->footer.decision_hash);
    if (strcmp(books, r->footer.ledger_hash) != 0)
        return fail(err, QN_E_DIVERGED, "the ledger's hash is %s, the recorded run's is %s", books,
                    r->footer.ledger_hash);
    return QN_OK;
}

int32_t journal_end(engine *e, qn_err *err)
{
    struct json_object *footer;
    int32_t rc;

    if ((rc = store_check(e->store, err)) != QN_OK) return rc; /* unfinished: it can be resumed */
    footer = make_footer(e);
    rc = json_text(footer) ? store_run_end(e->store, json_text(footer), err)
                           : fail(err, QN_E_NO_MEMORY, "no memory for the footer of the run");
    json_object_put(footer);
    return rc;
}

/* ------------------------------------------------------------------ comparing */

int32_t replay_open(engine *e, const store_run *run, qn_err *err)
{
    replay *r = mem_new(1, sizeof *r);
    int32_t rc;

    if (!r) return fail(err, QN_E_NO_MEMORY, "no memory for the replay");
    r->has_ended = run->has_ended;
    e->replay = r;
    if (run->has_ended && (rc = run_footer_read(run->footer, &r->footer, err)) != QN_OK) return rc;
    if ((rc = journal_open(e->store, run->number, 0, &r->reader, err)) != QN_OK) return rc;
    return journal_next(r->reader, &r->next, err);
}

void replay_close(replay *r)
{
    if (!r) return;
    if (r->reader) journal_close(r->reader);
    mem_free(r);
}

const qn_event *replay_next(const replay *r)
{
    return r->next;
}

bool replay_stops_at(const replay *r, uint64_t seq)
{
    return r->has_ended && seq == r->footer.loop_seq && strcmp(r->footer.status, "stopped") == 0;
}

uint64_t replay_last_seq(const replay *r)
{
    return r->has_ended ? r->footer.last_seq : UINT64_MAX;
}

void replay_advance(engine *e)
{
    qn_err err = QN_ERR_INIT;
    int32_t rc = journal_next(e->replay->reader, &e->replay->next, &err);

    if (rc != QN_OK) engine_fail(e, rc, "%s", err.msg);
}

/* For operators: how long nobody traded. */
static void tell_back(const engine *e)
{
    bool was_down = e->options.down_since != 0;
    int64_t since = was_down ? e->options.down_since : e->started;

    log_line(LOG_INFO,
             "all that is on record is done again, %" PRIu64 " events: the run goes on, %" PRId64
             " ms after %s",
             e->seq, (clock_steady() - since) / QN_NS_PER_MS,
             was_down ? "the crash" : "it was taken up");
}

void replay_go_live(engine *e)
{
    if (e->options.mode == ENGINE_RESUME) tell_back(e);
    replay_close(e->replay);
    e->replay = NULL;
    if (e->options.mode == ENGINE_REPLAY) e->store = NULL;
    faults_go_live(e);
    engine_attend(e); /* to what operators asked for meanwhile */
    e->pace_from = e->now;
    e->pace_begun = clock_steady();
    if (e->snapshot_at != UINT64_MAX)
        e->snapshot_at = e->counts.market + (uint64_t)e->run->snapshot_every;
}

/* The journal is at its end, the run is not. False if the record is a new one. */
static bool is_past_the_end(engine *e, const qn_event *record)
{
    if (e->options.mode == ENGINE_RESUME || e->options.goes_on) {
        replay_go_live(e);
        return e->store == NULL;
    }
    if (e->replay->has_ended) {
        engine_fail(e, QN_E_DIVERGED, "the journal ends before %s at %" PRIu64,
                    qn_record_name(record->type), record->seq);
    } else { /* what happened afterwards was never recorded */
        e->is_cut_short = true;
        e->status = RUN_STOPPED;
    }
    return true;
}

/* Both records in full, for the one who must find out why. */
static void tell_difference(const qn_event *was, const qn_event *is)
{
    const qn_record_names none = {0};
    char room[QN_RECORD_TEXT];
    qn_text text = QN_TEXT(room);

    qn_record_text(&text, was, &none);
    log_line(LOG_ERROR, "recorded: %s", room);
    qn_text_back_to(&text, 0);
    qn_record_text(&text, is, &none);
    log_line(LOG_ERROR, "done now: %s", room);
}

bool replay_compare(engine *e, qn_event *record)
{
    const qn_event *was = e->replay->next;

    if (e->is_cut_short || e->failed != QN_OK) return true;
    if (!was) return is_past_the_end(e, record);
    /* each start of the host has an incarnation of its own; the order keeps that of its sending */
    if (record->type == QN_EVENT_SUBMIT && was->type == QN_EVENT_SUBMIT)
        ((qn_submit *)(void *)record)->order.incarnation =
            ((const qn_submit *)(const void *)was)->order.incarnation;
    if (was->size != record->size || memcmp(was, record, record->size) != 0) {
        tell_difference(was, record);
        engine_fail(e, QN_E_DIVERGED,
                    "the replay differs from the journal at %" PRIu64
                    ": recorded was %s at %" PRIu64 ", done is %s",
                    record->seq, qn_record_name(was->type), was->seq, qn_record_name(record->type));
        return true;
    }
    replay_advance(e);
    return true;
}
