/* SPDX-License-Identifier: MIT
 *
 * quoin plugin list */
#include "plugin.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "cli.h"
#include "module/kind.h"

#include <stdio.h>
#include <string.h>

static const char doc[] =
    "Show which plugins there are: one line a class, read from the notes of the files. None of "
    "their code is run."
    "\v"
    "Files that are no plugins are told on standard error, with the reason.\n"
    "\n"
    "Examples:\n"
    "  quoin plugin list\n"
    "  quoin plugin list --path ~/my/plugins --json";

static const struct argp_child children[] = {{&plugin_argp, 0, NULL, 0}, {0}};

/* No argument is taken: the options are the child's. */
static error_t parse(int key, char *arg, struct argp_state *state)
{
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = state->input;
        return 0;
    case ARGP_KEY_ARG:
        cli_usage(state, "no argument is expected, but '%s' is given", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {.parser = parse, .doc = doc, .children = children};

/* The columns of the table; the file's path is last and as long as it is. */
enum { ID, VERSION, KIND, TIER, LICENSE, COLUMNS };
static const char *const titles[COLUMNS] = {"CLASS", "VERSION", "KIND", "TIER", "LICENSE"};

static const char *cell(const module_file *f, uint32_t class, int column)
{
    const note_class *c = &f->note.classes[class];
    const char *const cells[COLUMNS] = {c->id, c->version, c->kind, tier_name(f->note.tier),
                                        c->license};

    return cells[column];
}

static void measure(const module_file *files, size_t n, int widths[COLUMNS])
{
    for (int k = 0; k < COLUMNS; k++)
        widths[k] = (int)strlen(titles[k]);
    for (size_t i = 0; i < n; i++)
        for (uint32_t c = 0; c < files[i].note.nclasses; c++)
            for (int k = 0; k < COLUMNS; k++) {
                int len = (int)strlen(cell(&files[i], c, k));
                if (len > widths[k]) widths[k] = len;
            }
}

static void print_table(const module_index *index, const module_file *files, size_t n)
{
    int widths[COLUMNS];
    bool has_title = false;

    measure(files, n, widths);
    for (size_t i = 0; i < n; i++) {
        for (uint32_t c = 0; c < files[i].note.nclasses; c++) {
            bool is_first = module_index_find(index, cell(&files[i], c, ID)) == &files[i];
            for (int k = 0; k < COLUMNS && !has_title; k++)
                printf("%-*s  ", widths[k], titles[k]);
            if (!has_title) puts("FILE");
            has_title = true;
            for (int k = 0; k < COLUMNS; k++)
                printf("%-*s  ", widths[k], cell(&files[i], c, k));
            printf("%s%s\n", files[i].path, is_first ? "" : " (hidden by an earlier one)");
        }
    }
}

static struct json_object *json_class(const module_index *index, const module_file *f,
                                      uint32_t class)
{
    struct json_object *o = json_object_new_object();
    bool is_first = module_index_find(index, cell(f, class, ID)) == f;
    bool is_whole = json_put_text(o, "id", cell(f, class, ID)) &&
                    json_put_text(o, "kind", cell(f, class, KIND)) &&
                    json_put_text(o, "version", cell(f, class, VERSION)) &&
                    json_put_text(o, "license", cell(f, class, LICENSE)) &&
                    json_put_text(o, "tier", f->note.tier == QN_TIER_PURE ? "pure" : "io") &&
                    json_put_text(o, "file", f->path) &&
                    json_put(o, "hidden", json_object_new_boolean(!is_first));

    if (is_whole) return o;
    json_object_put(o);
    return NULL;
}

static int print_json(const module_index *index, const module_file *files, size_t n)
{
    struct json_object *all = json_object_new_array();
    bool is_whole = all != NULL;

    for (size_t i = 0; is_whole && i < n; i++)
        for (uint32_t c = 0; is_whole && c < files[i].note.nclasses; c++) {
            struct json_object *o = json_class(index, &files[i], c);
            is_whole = o && json_object_array_add(all, o) == 0;
        }
    return cli_print_json(all, is_whole, EXIT_DONE);
}

int plugin_list(int argc, char **argv)
{
    char dir[PATH_ROOM];
    plugin_options o = {0};
    qn_err err = QN_ERR_INIT;
    module_index *index;
    const module_file *files;
    size_t n;
    int status = EXIT_DONE;
    int32_t rc;

    cli_parse(&argp, argc, argv, &o);
    if ((rc = plugin_index(&o, dir, sizeof dir, &index, &err)) != QN_OK) return cli_fail(rc, &err);
    n = module_index_files(index, &files);
    for (size_t i = 0; i < n; i++)
        if (files[i].code != QN_OK)
            log_line(LOG_WARNING, "%s [%s]", files[i].err.msg, error_name(files[i].code));
    if (o.is_json)
        status = print_json(index, files, n);
    else
        print_table(index, files, n);
    module_index_close(index);
    return status;
}
