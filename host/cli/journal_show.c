/* SPDX-License-Identifier: MIT
 *
 * quoin journal show */
#include "journal.h"
#include "journal_order.h"

#include "base/fail.h"

#include <stdio.h>
#include <string.h>

#define KEY_ORDER 1000

static const struct argp_option options[] = {
    {"order", KEY_ORDER, "ORDER", 0,
     "Explain one order: what was seen, wished, weighed, allowed, sent and filled. ORDER is an id "
     "as in orders.csv, or that of a parent order: sma-17",
     0},
    {0}};

typedef struct arguments {
    journal_request request;
    const char *order;
} arguments;

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->request;
        return 0;
    case KEY_ORDER:
        a->order = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Print what a store has recorded: its runs, then the records of one run, a line each. A store "
    "that a running host holds can be read, too.\v"
    "Examples:\n"
    "  quoin journal show var/sma\n"
    "  quoin journal show var/sma --run 3 --json\n"
    "  quoin journal show var/sma --order sma-17\n"
    "\n"
    "Exit status: 0 done; 2 no such run or order; 4 no store, or a damaged one.";

static const struct argp_child children[] = {{&journal_request_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = options, .parser = parse, .args_doc = "STORE", .doc = doc, .children = children};

/* ------------------------------------------------------------------ the runs */

static int32_t count(void *ctx, const qn_event *record, qn_err *err)
{
    (void)record;
    (void)err;
    ++*(uint64_t *)ctx;
    return QN_OK;
}

/* What has ended says how much it is; the rest is counted. */
static void print_count(const recorded_run *run)
{
    qn_err err = QN_ERR_INIT;
    uint64_t n = run->footer.last_seq - run->footer.market_events;

    if (!run->has_ended && recorded_walk(run, 0, count, &n, &err) != QN_OK)
        printf("  damaged");
    else
        printf("  %llu records", (unsigned long long)n);
}

static int print_runs(store *s)
{
    qn_err err = QN_ERR_INIT;
    uint32_t n;
    int32_t rc = recorded_runs(s, &n, &err);

    if (rc != QN_OK) return cli_fail(rc, &err);
    for (uint32_t i = 1; i <= n; i++) {
        recorded_run run;
        if (recorded_run_get(s, i, &run, &err) != QN_OK) {
            printf("run %u: %s\n", i, err.msg);
            continue;
        }
        printf("run %u  %s  %s  %.19sZ  %s", run.number, run.header.id, run.header.name,
               run.header.begun, recorded_run_status(&run));
        print_count(&run);
        printf("  %s\n", run.header.config);
        recorded_run_free(&run);
    }
    return EXIT_DONE;
}

/* ------------------------------------------------------------------ the records */

typedef struct printer {
    const recorded_run *run;
    bool is_json;
    uint64_t n; /* printed so far */
} printer;

static int32_t print_record(void *ctx, const qn_event *record, qn_err *err)
{
    printer *p = ctx;
    char room[QN_RECORD_TEXT];
    qn_text line = QN_TEXT(room);
    int32_t rc = (p->is_json ? qn_record_json : qn_record_text)(&line, record, &p->run->names.all);

    if (rc != QN_OK)
        return fail(err, rc, "record %llu is too long", (unsigned long long)record->seq);
    if (p->is_json) fputs(p->n ? ",\n" : "\n", stdout);
    fputs(room, stdout);
    if (!p->is_json) putchar('\n');
    p->n++;
    return ferror(stdout) ? WALK_ENDS : QN_OK;
}

static int print_records(const recorded_run *run, bool is_json)
{
    printer p = {.run = run, .is_json = is_json};
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    if (is_json)
        putchar('[');
    else
        printf("\nrecords of run %u:\n", run->number);
    rc = recorded_walk(run, 0, print_record, &p, &err);
    if (is_json) puts(p.n ? "\n]" : "]"); /* whole, even when a damage ends it early */
    return rc == QN_OK ? EXIT_DONE : cli_fail(rc, &err);
}

int cmd_journal_show(int argc, char **argv)
{
    arguments a = {0};
    store *s = NULL;
    recorded_run run;
    int status;

    cli_parse(&argp, argc, argv, &a);
    if ((status = recorded_open(&a.request, &s, &run)) != EXIT_DONE) return status;
    if (a.order) {
        status = journal_show_order(&run, a.order, a.request.is_json);
    } else {
        if (!a.request.is_json) status = print_runs(s);
        if (status == EXIT_DONE) status = print_records(&run, a.request.is_json);
    }
    recorded_run_free(&run);
    store_close(s, NULL);
    return status;
}
