/* SPDX-License-Identifier: MIT
 *
 * quoin plugin quarantine: builds that have crashed the host of a store. */
#include "plugin.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli.h"
#include "supervise/quarantine.h"

#include <stdio.h>
#include <string.h>

typedef struct arguments {
    const char *store, *action, *hash;
    bool is_json, is_all;
} arguments;

enum { KEY_STORE = 1100, KEY_JSON, KEY_ALL };

static const struct argp_option options[] = {
    {"store", KEY_STORE, "DIR", 0, "Folder of the store", 0},
    {"all", KEY_ALL, NULL, 0, "lift: every build", 0},
    {"json", KEY_JSON, NULL, 0, "Print the list as JSON", 0},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    switch (key) {
    case KEY_STORE:
        a->store = arg;
        return 0;
    case KEY_ALL:
        a->is_all = true;
        return 0;
    case KEY_JSON:
        a->is_json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (a->hash) cli_usage(state, "one HASH is expected");
        *(a->action ? &a->hash : &a->action) = arg;
        return 0;
    case ARGP_KEY_END:
        if (!a->store) cli_usage(state, "--store DIR says which store is meant");
        if (!a->action) a->action = "list";
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "list\nlift HASH\nlift --all",
    .doc = "Builds of plugins that have crashed the host of a store. A run starts without those "
           "that are in quarantine.\v"
           "`lift` forgets the crashes of the builds whose SHA-256 begins with HASH: from the next "
           "start of a run on they have a new chance.\n\n"
           "  quoin plugin quarantine list --store var/live\n"
           "  quoin plugin quarantine lift --store var/live 1f0c55d2aa31\n"};

static bool put(struct json_object *list, const quarantine_build *b)
{
    struct json_object *o = json_append_object(list);
    struct json_object *crashes = NULL;
    char text[TIME_TEXT];
    bool is_whole =
        json_put_text(o, "class", b->class_id) && json_put_text(o, "version", b->version) &&
        json_put_text(o, "sha256", b->sha256) && json_put_text(o, "file", b->file) &&
        (b->since ? json_put_time(o, "quarantined", b->since) : json_put_null(o, "quarantined")) &&
        (crashes = json_put_array(o, "crashes"));

    for (uint32_t i = 0; is_whole && i < b->ncrashes; i++) {
        time_format(b->crashes[i], text);
        is_whole = json_append(crashes, json_object_new_string(text));
    }
    return is_whole;
}

static int print_json(const quarantine *q)
{
    struct json_object *list = json_object_new_array();
    bool is_whole = list != NULL;

    for (uint32_t i = 0; is_whole && i < q->n; i++)
        is_whole = put(list, &q->builds[i]);
    return cli_print_json(list, is_whole, EXIT_DONE);
}

static int print_text(const quarantine *q)
{
    char text[TIME_TEXT];

    if (!q->n) puts("no build has crashed");
    for (uint32_t i = 0; i < q->n; i++) {
        const quarantine_build *b = &q->builds[i];
        time_format_short(b->crashes[b->ncrashes - 1], text);
        printf("%.12s  %-24s %-10s %2u crash%s, the last at %s%s\n", b->sha256, b->class_id,
               b->version, b->ncrashes, b->ncrashes == 1 ? "" : "es", text,
               b->since ? ": in quarantine" : "");
    }
    return EXIT_DONE;
}

static int list(const arguments *a)
{
    qn_err err = QN_ERR_INIT;
    quarantine *q = quarantine_read(a->store, &err);
    int status;

    if (!q) return cli_fail(err.code, &err);
    status = a->is_json ? print_json(q) : print_text(q);
    mem_free(q);
    return status;
}

static int lift(const arguments *a)
{
    qn_err err = QN_ERR_INIT;
    uint32_t n;
    int32_t rc;

    if (!a->hash && !a->is_all) {
        log_line(LOG_ERROR, "lift: give the beginning of a SHA-256, or --all [%s]",
                 error_name(QN_E_INVALID));
        return EXIT_USAGE;
    }
    rc = quarantine_lift(a->store, a->hash ? a->hash : "", &n, &err);
    if (rc == QN_OK && n == 0 && !a->is_all)
        rc = fail(&err, QN_E_UNKNOWN_NAME, "no build that has crashed begins with %s", a->hash);
    if (rc != QN_OK) return cli_fail(rc, &err);
    printf("%u build%s: a new chance from the next start of a run on\n", n, n == 1 ? "" : "s");
    return EXIT_DONE;
}

int plugin_quarantine(int argc, char **argv)
{
    arguments a = {0};

    cli_parse(&argp, argc, argv, &a);
    if (!file_exists(a.store)) {
        log_line(LOG_ERROR, "there is no store %s [%s]", a.store, error_name(QN_E_INVALID));
        return EXIT_USAGE;
    }
    if (strcmp(a.action, "list") == 0) return list(&a);
    if (strcmp(a.action, "lift") == 0) return lift(&a);
    log_line(LOG_ERROR, "quoin plugin quarantine: list or lift, not %s [%s]", a.action,
             error_name(QN_E_UNKNOWN_NAME));
    return EXIT_USAGE;
}
