/* SPDX-License-Identifier: MIT
 *
 * quoin data verify */
#include "data.h"

#include "base/fail.h"
#include "base/log.h"
#include "tape/verify.h"

#include <stdio.h>

#define KEY_JSON 1000

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "Print the result as JSON", 0},
    {"quiet", 'q', NULL, 0, "Warnings and errors only", 0},
    {0}};

typedef struct arguments {
    const char *catalog;
    bool is_json, is_quiet;
} arguments;

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    (void)arg;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->catalog;
        return 0;
    case KEY_JSON:
        a->is_json = true;
        return 0;
    case 'q':
        a->is_quiet = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Read every byte of a catalog and check it: checksums, order, duplicates, values that cannot "
    "be, books."
    "\v"
    "An error is what makes data wrong to use. A warning is what the market or the feed did: a "
    "missing day or message, a crossed book, a clock that was set back. A kind of finding is told "
    "once a file, with its first place and how often it is there.\n"
    "\n"
    "Examples:\n"
    "  quoin data verify var/catalog\n"
    "  quoin data verify var/catalog --json\n"
    "\n"
    "Exit status: 0 nothing wrong (there may be warnings); 4 an error.";

static const struct argp_child children[] = {{&data_catalog_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = options, .parser = parse, .args_doc = "CATALOG", .doc = doc, .children = children};

/* What was found so far. */
typedef struct findings {
    uint64_t errors, warnings;
    struct json_object *list; /* NULL = not asked for */
    bool is_whole;
} findings;

static bool json_problem(struct json_object *list, const catalog_problem *p)
{
    struct json_object *o = json_append_object(list);

    return json_put_text(o, "level", p->is_error ? "error" : "warning") &&
           json_put_text(o, "code", error_name(p->code)) &&
           (!p->file || json_put_text(o, "file", p->file->path)) &&
           (p->offset < 0 || json_put_count(o, "offset", (uint64_t)p->offset)) &&
           (!p->has_ts || json_put_time(o, "ts", p->ts)) && json_put_count(o, "count", p->count) &&
           json_put_text(o, "text", p->text);
}

static void report(void *ctx, const catalog_problem *problem)
{
    findings *f = ctx;

    if (problem->is_error)
        f->errors++;
    else
        f->warnings++;
    log_line(problem->is_error ? LOG_ERROR : LOG_WARNING, "%s [%s]", problem->text,
             error_name(problem->code));
    if (f->list && f->is_whole) f->is_whole = json_problem(f->list, problem);
}

static int print_json(findings *f, size_t files, uint64_t events, int status)
{
    struct json_object *o = json_object_new_object();
    bool is_whole = json_put(o, "problems", f->list) && f->is_whole &&
                    json_put_count(o, "files", files) && json_put_count(o, "events", events) &&
                    json_put_count(o, "errors", f->errors) &&
                    json_put_count(o, "warnings", f->warnings);

    return cli_print_json(o, is_whole, status);
}

int cmd_data_verify(int argc, char **argv)
{
    arguments a = {0};
    findings f = {.is_whole = true};
    catalog *cat = NULL;
    const catalog_file *files;
    size_t n;
    uint64_t events = 0;
    qn_err err = QN_ERR_INIT;
    int32_t rc;
    int status;

    cli_parse(&argp, argc, argv, &a);
    if (a.is_quiet) log_set_level(LOG_WARNING);
    if ((rc = catalog_open(a.catalog, &cat, &err)) != QN_OK) return cli_fail(rc, &err);
    if (a.is_json && !(f.list = json_object_new_array())) f.is_whole = false;
    if ((rc = catalog_verify(cat, report, &f, &err)) != QN_OK) {
        json_object_put(f.list);
        status = cli_fail(rc, &err);
        goto done;
    }
    n = catalog_files(cat, &files);
    for (size_t i = 0; i < n; i++)
        events += files[i].events;
    status = f.errors ? EXIT_DATA : EXIT_DONE;
    if (a.is_json)
        status = print_json(&f, n, events, status);
    else
        printf("%zu files, %llu events: %llu errors, %llu warnings\n", n,
               (unsigned long long)events, (unsigned long long)f.errors,
               (unsigned long long)f.warnings);
done:
    catalog_close(cat);
    return status;
}
