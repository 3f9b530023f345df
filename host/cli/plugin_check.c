/* SPDX-License-Identifier: MIT
 *
 * quoin plugin check: does a plugin keep the rules? */
#include "plugin.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli.h"
#include "conform/conform.h"
#include "option.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char doc[] =
    "Check a plugin against the rules of the ABI: its file, its parameters, its state, what it "
    "does while events flow. Each check runs in a process of its own.\v"
    "docs/plugin-check.md says of each check what it asks for, why, and what to do when it "
    "fails; so does --list. A check that rests on one that failed is not run.\n"
    "\n"
    "Exit status: 0 if all checks pass, 3 if one fails.\n"
    "\n"
    "Examples:\n"
    "  quoin plugin check ./build/mine.so\n"
    "  quoin plugin check ./build/mine.so --only '^state' --seed 7\n"
    "  quoin plugin check ./build/mine.so --golden golden --keep   # before a release\n"
    "  quoin plugin check --list";

#define SETS 32u

typedef struct arguments {
    const char *path, *junit, *only, *seed, *limit, *golden;
    const char *sets[SETS];
    size_t nsets;
    bool is_json, is_list, keeps;
} arguments;

/* The results, in their order. */
typedef struct results {
    conform_result *rows;
    size_t n, room;
    const char *class_id; /* that was printed last */
    bool is_json, is_short;
} results;

enum {
    KEY_JSON = 1000,
    KEY_JUNIT,
    KEY_ONLY,
    KEY_SEED,
    KEY_LIMIT,
    KEY_LIST,
    KEY_SET,
    KEY_GOLDEN,
    KEY_KEEP
};

static const struct argp_option options[] = {
    {"only", KEY_ONLY, "RE", 0, "Run the checks whose names match the regular expression alone", 0},
    {"set", KEY_SET, "KEY=VALUE", 0,
     "Give a parameter this value in place of its default; may be repeated", 0},
    {"seed", KEY_SEED, "N", 0, "Draw values and markets from this seed (default: 1)", 0},
    {"limit", KEY_LIMIT, "SECONDS", 0, "Stop a check after that time: it has failed (default: 60)",
     0},
    {"golden", KEY_GOLDEN, "FOLDER", 0,
     "Where states of released layouts are kept, as CLASS/LAYOUT.state (default: the folder golden "
     "beside FILE, if there is one)",
     0},
    {"keep", KEY_KEEP, NULL, 0,
     "Write the state of FILE's own layout into the folder that --golden names, where none is kept "
     "of it; what is there stays",
     0},
    {"junit", KEY_JUNIT, "FILE", 0, "Write the results to FILE as JUnit XML, too", 0},
    {"list", KEY_LIST, NULL, 0, "Tell all checks: what, why, and what to do. No FILE", 0},
    {"json", KEY_JSON, NULL, 0, "Print the result as JSON", 0},
    {0}};

static const option_text texts[] = {{KEY_ONLY, offsetof(arguments, only)},
                                    {KEY_SEED, offsetof(arguments, seed)},
                                    {KEY_LIMIT, offsetof(arguments, limit)},
                                    {KEY_GOLDEN, offsetof(arguments, golden)},
                                    {KEY_JUNIT, offsetof(arguments, junit)}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    if (option_store(texts, sizeof texts / sizeof texts[0], key, arg, a)) return 0;
    switch (key) {
    case KEY_JSON:
        a->is_json = true;
        return 0;
    case KEY_SET:
        if (a->nsets == SETS) cli_usage(state, "more than %u values", SETS);
        a->sets[a->nsets++] = arg;
        return 0;
    case KEY_KEEP:
        a->keeps = true;
        return 0;
    case KEY_LIST:
        a->is_list = true;
        return 0;
    case ARGP_KEY_ARG:
        if (a->path) cli_usage(state, "one FILE is expected");
        a->path = arg;
        return 0;
    case ARGP_KEY_END:
        if (!a->path && !a->is_list) cli_usage(state, "no FILE is given");
        if (a->keeps && !a->golden) cli_usage(state, "--keep needs --golden FOLDER");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {options, parse, "FILE", doc, NULL, NULL, NULL};

/* ------------------------------------------------------------------ as text */

static const char *const words[] = {
    [CONFORM_PASSED] = "pass", [CONFORM_FAILED] = "FAIL", [CONFORM_SKIPPED] = "skip"};

static void print_row(results *all, const conform_result *r)
{
    if (!all->class_id || strcmp(all->class_id, r->class_id) != 0)
        printf("%s%s\n", all->class_id ? "\n" : "", r->class_id[0] ? r->class_id : "the file");
    printf("  %s  %-*s", words[r->state], r->text[0] ? 18 : 0, r->check->name);
    printf("%s%s\n", r->text[0] ? " " : "", r->text);
    if (r->state == CONFORM_FAILED)
        printf("        rule: %s\n        to do: %s\n", r->check->what, r->check->fix);
    fflush(stdout);
}

/* A result came in. Rows stay: what is printed last names the class. */
static void take(void *ctx, const conform_result *r)
{
    results *all = ctx;

    if (!mem_reserve((void **)&all->rows, &all->room, all->n + 1, sizeof *all->rows)) {
        all->is_short = true;
        return;
    }
    if (all->n > 0) all->class_id = all->rows[all->n - 1].class_id;
    all->rows[all->n++] = *r;
    if (!all->is_json) print_row(all, r);
}

static int print_list(bool is_json)
{
    struct json_object *list = is_json ? json_object_new_array() : NULL;
    const conform_check *c;
    bool is_whole = list != NULL;

    for (size_t i = 0; (c = conform_check_at(i)); i++) {
        struct json_object *o = list ? json_append_object(list) : NULL;
        is_whole = is_whole && json_put_text(o, "name", c->name) &&
                   json_put_text(o, "what", c->what) && json_put_text(o, "why", c->why) &&
                   json_put_text(o, "fix", c->fix);
        if (!is_json)
            printf("%s%s\n  rule: %s\n  why: %s\n  to do: %s\n", i ? "\n" : "", c->name, c->what,
                   c->why, c->fix);
    }
    return is_json ? cli_print_json(list, is_whole, EXIT_DONE) : EXIT_DONE;
}

/* ------------------------------------------------------------------ as JSON */

static const char *const states[] = {
    [CONFORM_PASSED] = "passed", [CONFORM_FAILED] = "failed", [CONFORM_SKIPPED] = "skipped"};

static bool put_row(struct json_object *checks, const conform_result *r)
{
    struct json_object *o = json_append_object(checks);

    return json_put_text(o, "check", r->check->name) &&
           json_put_text(o, "class", r->class_id[0] ? r->class_id : NULL) &&
           json_put_text(o, "result", states[r->state]) &&
           json_put_text(o, "text", r->text[0] ? r->text : NULL) &&
           json_put_text(o, "fix", r->state == CONFORM_FAILED ? r->check->fix : NULL) &&
           json_put_number(o, "seconds", r->seconds);
}

static int print_json(const arguments *a, uint64_t seed, const results *all,
                      const conform_totals *totals, int status)
{
    struct json_object *o = json_object_new_object();
    bool is_whole = json_put_text(o, "file", a->path) && json_put_count(o, "seed", seed) &&
                    json_put_count(o, "passed", totals->passed) &&
                    json_put_count(o, "failed", totals->failed) &&
                    json_put_count(o, "skipped", totals->skipped);
    struct json_object *checks = json_put_array(o, "checks");

    for (size_t i = 0; is_whole && i < all->n; i++)
        is_whole = put_row(checks, &all->rows[i]);
    return cli_print_json(o, is_whole && !all->is_short, status);
}

/* ------------------------------------------------------------------ as JUnit */

/* Text in XML: what is no character there becomes '?'. */
static void put_xml(file_out *to, const char *text)
{
    static const struct {
        char c;
        const char *entity;
    } rows[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\n', "&#10;"}};

    for (; *text; text++) {
        const char *entity = (unsigned char)*text < ' ' && *text != '\n' ? "?" : NULL;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            if (rows[i].c == *text) entity = rows[i].entity;
        if (entity)
            file_out_text(to, entity);
        else
            file_out_write(to, text, 1);
    }
}

static void put_attribute(file_out *to, const char *name, const char *text)
{
    file_out_text(to, " ");
    file_out_text(to, name);
    file_out_text(to, "=\"");
    put_xml(to, text);
    file_out_text(to, "\"");
}

static void put_case(file_out *to, const conform_result *r)
{
    char seconds[32];

    snprintf(seconds, sizeof seconds, "%.3f", r->seconds);
    file_out_text(to, "  <testcase");
    put_attribute(to, "classname", r->class_id[0] ? r->class_id : "file");
    put_attribute(to, "name", r->check->name);
    put_attribute(to, "time", seconds);
    file_out_text(to, ">");
    if (r->state != CONFORM_PASSED) {
        file_out_text(to, r->state == CONFORM_FAILED ? "<failure" : "<skipped");
        put_attribute(to, "message", r->text);
        file_out_text(to, ">");
        put_xml(to, r->state == CONFORM_FAILED ? r->check->fix : "");
        file_out_text(to, r->state == CONFORM_FAILED ? "</failure>" : "</skipped>");
    }
    file_out_text(to, "</testcase>\n");
}

static int32_t write_junit(const arguments *a, const results *all, const conform_totals *totals,
                           qn_err *err)
{
    char counts[128];
    file_out to;
    int32_t rc = file_out_open(&to, a->junit, err);

    if (rc != QN_OK) return rc;
    snprintf(counts, sizeof counts, " tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\" errors=\"0\"",
             all->n, totals->failed, totals->skipped);
    file_out_text(&to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite");
    put_attribute(&to, "name", a->path);
    file_out_text(&to, counts);
    file_out_text(&to, ">\n");
    for (size_t i = 0; i < all->n; i++)
        put_case(&to, &all->rows[i]);
    file_out_text(&to, "</testsuite>\n");
    return file_out_close(&to, false, err);
}

/* ------------------------------------------------------------------ the command */

static int conclude(const arguments *a, uint64_t seed, const results *all,
                    const conform_totals *totals)
{
    int status = totals->failed > 0 ? EXIT_REFUSED : EXIT_DONE;
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    if (a->junit && (rc = write_junit(a, all, totals, &err)) != QN_OK) {
        cli_fail(rc, &err);
        return EXIT_FAILED;
    }
    if (a->is_json) return print_json(a, seed, all, totals, status);
    printf("\n%zu passed, %zu failed, %zu skipped (seed %" PRIu64 ")\n", totals->passed,
           totals->failed, totals->skipped, seed);
    return status;
}

int plugin_check(int argc, char **argv)
{
    arguments a = {0};
    results all = {0};
    conform_totals totals;
    qn_err err = QN_ERR_INIT;
    int64_t seed = 1;
    int64_t limit = CONFORM_LIMIT_S;
    conform_options o;
    int32_t rc;
    int status;

    cli_parse(&argp, argc, argv, &a);
    if (a.is_list) return print_list(a.is_json);
    if ((rc = option_whole("--seed", a.seed, 0, INT64_MAX, &seed, &err)) != QN_OK ||
        (rc = option_whole("--limit", a.limit, 1, 86400, &limit, &err)) != QN_OK)
        return cli_fail(rc, &err);
    all.is_json = a.is_json;
    o = (conform_options){.path = a.path,
                          .only = a.only,
                          .sets = a.sets,
                          .nsets = a.nsets,
                          .seed = (uint64_t)seed,
                          .golden = a.golden,
                          .keeps = a.keeps,
                          .limit_s = (unsigned)limit,
                          .report = take,
                          .ctx = &all};
    rc = conform_run(&o, &totals, &err);
    status = rc == QN_OK ? conclude(&a, (uint64_t)seed, &all, &totals) : cli_fail(rc, &err);
    if (rc == QN_E_NOT_FOUND) status = EXIT_REFUSED; /* as `plugin show` says of such a file */
    mem_free(all.rows);
    return status;
}
