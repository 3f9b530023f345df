/* SPDX-License-Identifier: MIT
 *
 * quoin journal verify */
#include "journal.h"

#include "base/fail.h"
#include "base/json.h"
#include "base/log.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char doc[] =
    "Read every record of every run, or of the one that --run names, and check it: checksums, "
    "members, order, that each cause lies before what it brought about and is of the right type, "
    "and that the count of market events in between is the one that was noted.\v"
    "Examples:\n"
    "  quoin journal verify var/sma\n"
    "  quoin journal verify var/sma --json\n"
    "\n"
    "Exit status: 0 nothing wrong; 2 no such run; 4 no store, or a damaged one, with run and "
    "record.";

static const struct argp argp = {
    .options = journal_options, .parser = journal_parse, .args_doc = "STORE", .doc = doc};

/* ------------------------------------------------------------------ one run */

#define RECENT 4096u /* records whose types are at hand: most causes are near */

typedef struct checker {
    const recorded_run *run;
    uint64_t n;
    uint64_t last;
    struct {
        uint64_t seq;
        uint32_t type;
    } recent[RECENT];
} checker;

static int32_t take_type(void *ctx, const qn_event *record, qn_err *err)
{
    (void)err;
    memcpy(ctx, record, sizeof *record);
    return WALK_ENDS;
}

/* The type of record `seq`, which lies before the one under way; 0: a market event. */
static int32_t type_of(const checker *c, uint64_t seq, uint32_t *type, qn_err *err)
{
    uint64_t lo = 0;
    uint64_t hi = c->n < RECENT ? c->n : RECENT; /* rising from the oldest on */
    uint64_t first = c->n - hi;
    qn_event found = {0};
    int32_t rc;

    while (lo < hi) {
        uint64_t mid = (lo + hi) / 2;
        if (c->recent[(first + mid) % RECENT].seq < seq)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo > 0 || first == 0) {
        bool is_there = first + lo < c->n && c->recent[(first + lo) % RECENT].seq == seq;
        *type = is_there ? c->recent[(first + lo) % RECENT].type : 0;
        return QN_OK;
    }
    rc = recorded_walk(c->run, seq - 1, take_type, &found, err);
    *type = found.seq == seq ? found.type : 0;
    return rc;
}

/* What names another record, and which type that must be of; 0 = any, a market event included.
 * Only the end of a parent has another cause than a verdict. */
static const struct {
    uint32_t type;
    size_t offset;
    uint32_t must;
} links[] = {
    {QN_EVENT_OUTPUT, offsetof(qn_output, cause_seq), 0},
    {QN_EVENT_REFUSAL, offsetof(qn_refusal, cause_seq), 0},
    {QN_EVENT_ALLOCATION, offsetof(qn_allocation, cause_seq), 0},
    {QN_EVENT_WEIGHT, offsetof(qn_weight, cause_seq), QN_EVENT_ALLOCATION},
    {QN_EVENT_WEIGHT, offsetof(qn_weight, signal_seq), QN_EVENT_OUTPUT},
    {QN_EVENT_VERDICT, offsetof(qn_verdict, cause_seq), 0},
    {QN_EVENT_PARENT, offsetof(qn_parent, cause_seq), 0},
    {QN_EVENT_SUBMIT, offsetof(qn_submit, cause_seq), QN_EVENT_VERDICT},
    {QN_EVENT_REQUEST, offsetof(qn_request, cause_seq), 0},
};

static int32_t check_link(const checker *c, const qn_event *record, size_t offset, uint32_t must,
                          qn_err *err)
{
    uint64_t cause;
    uint32_t type;
    int32_t rc;

    memcpy(&cause, (const char *)record + offset, sizeof cause);
    if (cause == 0) return QN_OK;
    if (cause >= record->seq)
        return fail(err, QN_E_DAMAGED,
                    "run %u, record %" PRIu64 ": its cause is %" PRIu64 ", which does not lie "
                    "before it",
                    c->run->number, record->seq, cause);
    if (!must) return QN_OK;
    if ((rc = type_of(c, cause, &type, err)) != QN_OK) return rc;
    if (type != must)
        return fail(err, QN_E_DAMAGED,
                    "run %u, record %" PRIu64 ": its cause %" PRIu64 " is '%s', expected '%s'",
                    c->run->number, record->seq, cause,
                    type ? qn_record_name(type) : "market event", qn_record_name(must));
    return QN_OK;
}

/* Sequence numbers without a record are those of market events. */
static int32_t check_count(const checker *c, const qn_checkpoint *mark, qn_err *err)
{
    uint64_t market = mark->hdr.seq - 1 - c->n;

    if (market == mark->market_events) return QN_OK;
    return fail(err, QN_E_DAMAGED,
                "run %u, record %" PRIu64 ": %" PRIu64 " market events were noted, and the "
                "numbers before it leave room for %" PRIu64,
                c->run->number, mark->hdr.seq, mark->market_events, market);
}

static int32_t check_record(void *ctx, const qn_event *record, qn_err *err)
{
    checker *c = ctx;
    int32_t rc = QN_OK;

    if (record->seq <= c->last)
        return fail(err, QN_E_DAMAGED, "run %u, record %" PRIu64 " stands behind %" PRIu64,
                    c->run->number, record->seq, c->last);
    if (!qn_record_is_journaled(record->type))
        return fail(err, QN_E_DAMAGED, "run %u, record %" PRIu64 " is a %s, which no journal holds",
                    c->run->number, record->seq, qn_record_name(record->type));
    for (size_t i = 0; i < sizeof links / sizeof links[0] && rc == QN_OK; i++)
        if (links[i].type == record->type)
            rc = check_link(c, record, links[i].offset, links[i].must, err);
    if (rc == QN_OK && record->type == QN_EVENT_CHECKPOINT)
        rc = check_count(c, (const qn_checkpoint *)(const void *)record, err);
    c->recent[c->n % RECENT].seq = record->seq;
    c->recent[c->n % RECENT].type = record->type;
    c->n++;
    c->last = record->seq;
    return rc;
}

/* What the run's end says of it. */
static int32_t check_end(const checker *c, qn_err *err)
{
    const run_footer *f = &c->run->footer;

    if (!c->run->has_ended) return QN_OK;
    if (f->last_seq < c->last || f->last_seq - f->market_events != c->n)
        return fail(err, QN_E_DAMAGED,
                    "run %u ended with %" PRIu64 " records up to %" PRIu64 "; it has %" PRIu64
                    " up to %" PRIu64,
                    c->run->number, f->last_seq - f->market_events, f->last_seq, c->n, c->last);
    return QN_OK;
}

/* ------------------------------------------------------------------ all of them */

typedef struct findings {
    struct json_object *list; /* NULL = as text */
    bool is_whole;
    uint64_t records, errors;
    uint32_t runs;
} findings;

static void tell(findings *f, const recorded_run *run, const checker *c, const qn_err *wrong)
{
    struct json_object *o;

    if (!f->list) {
        printf("run %u  %s  %s  %" PRIu64 " records, the last one %" PRIu64 "%s\n", run->number,
               run->header.id, recorded_run_status(run), c->n, c->last, wrong ? ": damaged" : "");
        return;
    }
    o = json_append_object(f->list);
    f->is_whole = f->is_whole && json_put_count(o, "run", run->number) &&
                  json_put_text(o, "id", run->header.id) &&
                  json_put_text(o, "name", run->header.name) &&
                  json_put_text(o, "begun", run->header.begun) &&
                  json_put_text(o, "config", run->header.config) &&
                  json_put_text(o, "status", recorded_run_status(run)) &&
                  json_put_count(o, "records", c->n) && json_put_count(o, "last_seq", c->last) &&
                  json_put_text(o, "error", wrong ? wrong->msg : NULL);
}

static void verify_run(findings *f, store *s, uint32_t number)
{
    checker c = {0};
    recorded_run run;
    qn_err err = QN_ERR_INIT;
    int32_t rc = recorded_run_get(s, number, &run, &err);

    f->runs++;
    if (rc == QN_OK) {
        c.run = &run;
        rc = recorded_walk(&run, 0, check_record, &c, &err);
        if (rc == QN_OK) rc = check_end(&c, &err);
        tell(f, &run, &c, rc == QN_OK ? NULL : &err);
        recorded_run_free(&run);
    }
    f->records += c.n;
    if (rc == QN_OK) return;
    f->errors++;
    cli_fail(rc, &err);
}

static int print_sum(findings *f)
{
    int status = f->errors ? EXIT_DATA : EXIT_DONE;
    struct json_object *o;
    bool is_whole;

    if (!f->list) {
        printf("%u runs, %" PRIu64 " records: %" PRIu64 " errors\n", f->runs, f->records,
               f->errors);
        return status;
    }
    o = json_object_new_object();
    is_whole = json_put(o, "runs", json_object_get(f->list)) && f->is_whole &&
               json_put_count(o, "records", f->records) && json_put_count(o, "errors", f->errors);
    return cli_print_json(o, is_whole, status);
}

static int verify(store *s, const journal_request *r)
{
    findings f = {.list = r->is_json ? json_object_new_array() : NULL, .is_whole = true};
    qn_err err = QN_ERR_INIT;
    recorded_run one;
    uint32_t n = 0;
    int32_t rc;
    int status;

    if (r->is_json && !f.list) return cli_fail(QN_E_NO_MEMORY, NULL);
    if (r->run) {
        if ((rc = recorded_run_find(s, r->run, &one, &err)) == QN_OK) {
            verify_run(&f, s, one.number);
            recorded_run_free(&one);
        }
    } else if ((rc = recorded_runs(s, &n, &err)) == QN_OK) {
        for (uint32_t i = 1; i <= n; i++)
            verify_run(&f, s, i);
    }
    status = rc == QN_OK ? print_sum(&f) : cli_fail(rc, &err);
    json_object_put(f.list);
    return status;
}

int cmd_journal_verify(int argc, char **argv)
{
    journal_request r = {0};
    store *s = NULL;
    int status;

    cli_parse(&argp, argc, argv, &r);
    if ((status = recorded_store_open(&r, &s)) != EXIT_DONE) return status;
    status = verify(s, &r);
    store_close(s, NULL);
    return status;
}
