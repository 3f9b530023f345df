/* SPDX-License-Identifier: MIT
 *
 * quoin plugin show */
#include "plugin.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "cli.h"

#include <stdio.h>
#include <string.h>

static const char doc[] =
    "Show a plugin: what it is, where it lies, how strictly it was checked, and its parameters "
    "with type, unit, range and default."
    "\v"
    "ID is the id of a class (KIND/NAME); FILE is a path that begins with / or ends in "
    ".so. The plugin is loaded.\n"
    "\n"
    "Exit status: 2 if no plugin has the id, 3 if the file is refused.\n"
    "\n"
    "Examples:\n"
    "  quoin plugin show strategy/NAME\n"
    "  quoin plugin show ./build/mine.so --json";

static const struct argp_child children[] = {{&plugin_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    plugin_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = state->input;
        return 0;
    case ARGP_KEY_ARG:
        if (o->subject) cli_usage(state, "one ID or FILE is expected");
        o->subject = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        cli_usage(state, "no ID or FILE is given");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .parser = parse, .args_doc = "ID|FILE", .doc = doc, .children = children};

static int show_json(const module *m, const qn_class *only)
{
    struct json_object *all;
    bool is_whole;

    if (!only && module_about(m)->nclasses == 1) only = module_class_at(m, 0);
    if (only) {
        all = plugin_json(m, only);
        return cli_print_json(all, all != NULL, EXIT_DONE);
    }
    all = json_object_new_array();
    is_whole = all != NULL;
    for (uint32_t i = 0; is_whole && i < module_about(m)->nclasses; i++) {
        struct json_object *o = plugin_json(m, module_class_at(m, i));
        is_whole = o && json_object_array_add(all, o) == 0;
    }
    return cli_print_json(all, is_whole, EXIT_DONE);
}

/* Load a file and print one of its classes, or with `id` NULL all. */
static int show_file(const plugin_options *o, const char *path, const char *id)
{
    qn_err err = QN_ERR_INIT;
    const qn_class *only;
    module *m;
    int32_t rc = module_load(path, NULL, &m, &err);
    int status = EXIT_DONE;

    if (rc != QN_OK) {
        cli_fail(rc, &err);
        return rc == QN_E_NO_MEMORY ? EXIT_FAILED : EXIT_REFUSED;
    }
    only = id ? module_class(m, id) : NULL;
    if (id && !only) { /* a kind that this host does not have; the loader has said so */
        module_close(m);
        return EXIT_REFUSED;
    }
    if (o->is_json)
        status = show_json(m, only);
    else
        for (uint32_t i = 0; i < module_about(m)->nclasses; i++) {
            const qn_class *c = module_class_at(m, i);
            if (only && c != only) continue;
            if (i > 0 && !only) putchar('\n');
            plugin_print(m, c);
        }
    module_close(m);
    return status;
}

static int show_id(const plugin_options *o)
{
    char dir[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    module_index *index;
    const module_file *file;
    const char *near;
    int32_t rc = plugin_index(o, dir, sizeof dir, &index, &err);
    int status;

    if (rc != QN_OK) return cli_fail(rc, &err);
    file = module_index_find(index, o->subject);
    if (file) {
        status = show_file(o, file->path, o->subject);
    } else {
        near = module_index_nearest(index, o->subject);
        fail(&err, QN_E_UNKNOWN_NAME,
             "no plugin has the id '%.80s'%s%s%s (`quoin plugin list' shows all)", o->subject,
             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        status = cli_fail(QN_E_UNKNOWN_NAME, &err);
    }
    module_index_close(index);
    return status;
}

int plugin_show(int argc, char **argv)
{
    plugin_options o = {0};
    size_t len;

    cli_parse(&argp, argc, argv, &o);
    len = strlen(o.subject);
    if (o.subject[0] == '/' || (len > 3 && strcmp(o.subject + len - 3, ".so") == 0))
        return show_file(&o, o.subject, NULL);
    return show_id(&o);
}
