/* SPDX-License-Identifier: MIT
 *
 * quoin data list */
#include "data.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define KEY_JSON 1000

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "Print the result as JSON", 0}, {0}};

typedef struct arguments {
    const char *catalog;
    bool is_json;
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
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] = "Show what a catalog holds: one line an instrument and type of data."
                          "\v"
                          "Times of bars: the open of the first one, the end of the last one.\n"
                          "\n"
                          "Examples:\n"
                          "  quoin data list var/catalog\n"
                          "  quoin data list var/catalog --json";

static const struct argp_child children[] = {{&data_catalog_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = options, .parser = parse, .args_doc = "CATALOG", .doc = doc, .children = children};

/* All files of one instrument and type together. */
typedef struct series {
    const catalog_file *first; /* of its run in the catalog */
    size_t nfiles;
    uint64_t events, bytes;
    int64_t from, to;
} series;

/* Take the next run of files off the catalog's list. */
static bool next_series(const catalog_file *files, size_t n, size_t *at, series *out)
{
    if (*at == n) return false;
    *out = (series){.first = &files[*at]};
    out->from = data_start(out->first->data, out->first->first_ts);
    while (*at < n && strcmp(files[*at].instrument, out->first->instrument) == 0 &&
           files[*at].data.type == out->first->data.type &&
           files[*at].data.length == out->first->data.length) {
        const catalog_file *file = &files[(*at)++];
        out->nfiles++;
        out->events += file->events;
        out->bytes += file->bytes;
        out->to = file->last_ts;
    }
    return true;
}

static struct json_object *json_series(const series *s)
{
    char data[DATA_TYPE_TEXT];
    struct json_object *o = json_object_new_object();

    data_type_format(s->first->data, data);
    if (json_put_text(o, "instrument", s->first->instrument) && json_put_text(o, "data", data) &&
        json_put_count(o, "files", s->nfiles) && json_put_count(o, "events", s->events) &&
        json_put_count(o, "bytes", s->bytes) && json_put_time(o, "from", s->from) &&
        json_put_time(o, "to", s->to))
        return o;
    json_object_put(o);
    return NULL;
}

/* Add to an array of an object. */

static int print_json(const catalog *cat)
{
    const qn_instrument *defs;
    const catalog_file *files;
    size_t ndefs = catalog_instruments(cat, &defs);
    size_t nfiles = catalog_files(cat, &files);
    size_t at = 0;
    series s;
    struct json_object *o = json_object_new_object();
    struct json_object *instruments = json_object_new_array();
    struct json_object *data = json_object_new_array();
    bool is_whole = json_put_text(o, "catalog", catalog_dir(cat));

    is_whole = json_put(o, "instruments", instruments) && is_whole;
    is_whole = json_put(o, "data", data) && is_whole;
    for (size_t i = 0; i < ndefs && is_whole; i++)
        is_whole = json_append(instruments, json_instrument(&defs[i]));
    while (is_whole && next_series(files, nfiles, &at, &s))
        is_whole = json_append(data, json_series(&s));
    return cli_print_json(o, is_whole, EXIT_DONE);
}

static int print_table(const catalog *cat)
{
    const catalog_file *files;
    size_t n = catalog_files(cat, &files);
    size_t at = 0;
    series s;

    printf("%-24s %-12s %-20s %-20s %12s %6s %14s\n", "instrument", "data", "from", "to", "events",
           "files", "bytes");
    while (next_series(files, n, &at, &s)) {
        char data[DATA_TYPE_TEXT];
        char from[TIME_TEXT];
        char to[TIME_TEXT];
        data_type_format(s.first->data, data);
        time_format_short(s.from, from);
        time_format_short(s.to, to);
        printf("%-24s %-12s %-20s %-20s %12llu %6zu %14llu\n", s.first->instrument, data, from, to,
               (unsigned long long)s.events, s.nfiles, (unsigned long long)s.bytes);
    }
    return EXIT_DONE;
}

int cmd_data_list(int argc, char **argv)
{
    arguments a = {0};
    catalog *cat = NULL;
    qn_err err = QN_ERR_INIT;
    int32_t rc;
    int status;

    cli_parse(&argp, argc, argv, &a);
    if ((rc = catalog_open(a.catalog, &cat, &err)) != QN_OK) return cli_fail(rc, &err);
    status = a.is_json ? print_json(cat) : print_table(cat);
    catalog_close(cat);
    return status;
}
