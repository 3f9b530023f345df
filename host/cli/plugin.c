/* SPDX-License-Identifier: MIT
 *
 * quoin plugin: look at plugins, check one, begin one. */
#include "plugin.h"

#include "base/fail.h"
#include "base/file.h"
#include "cli.h"

static const cli_command commands[] = {
    {"list", "show which plugins there are; runs none of their code", plugin_list},
    {"show", "show one plugin and its parameters", plugin_show},
    {"check", "check a plugin against the rules", plugin_check},
    {"new", "make a project for a plugin of one's own", plugin_new},
    {"sign", "sign a plugin's file", plugin_sign},
    {"quarantine", "show builds that crashed a host, and give them a new chance",
     plugin_quarantine},
    {"verify", "tell who has signed a plugin's file, and what", plugin_verify},
};

int cmd_plugin(int argc, char **argv)
{
    return cli_dispatch("quoin plugin", "Look at plugins, check one, begin one of your own.",
                        commands, sizeof commands / sizeof commands[0], argc, argv);
}

#define KEY_JSON 1000
#define KEY_PATH 1001

static const struct argp_option options[] = {
    {"path", KEY_PATH, "DIR", 0,
     "Look in DIR and the folders directly below it, not in the default folder; may be repeated",
     0},
    {"json", KEY_JSON, NULL, 0, "Print the result as JSON", 0},
    {0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    plugin_options *o = state->input;

    switch (key) {
    case KEY_JSON:
        o->is_json = true;
        return 0;
    case KEY_PATH:
        if (o->npaths == PLUGIN_PATHS) cli_usage(state, "more than %d folders", PLUGIN_PATHS);
        o->paths[o->npaths++] = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp plugin_argp = {.options = options, .parser = parse};

static const struct argp_option file_options[] = {
    {"json", KEY_JSON, NULL, 0, "Print the result as JSON", 0}, {0}};

static error_t parse_file(int key, char *arg, struct argp_state *state)
{
    plugin_file *f = state->input;

    switch (key) {
    case KEY_JSON:
        f->is_json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (f->path) cli_usage(state, "one FILE is expected");
        f->path = arg;
        return 0;
    case ARGP_KEY_END:
        if (!f->path) cli_usage(state, "no FILE is given");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp plugin_file_argp = {.options = file_options, .parser = parse_file};

int32_t plugin_index(const plugin_options *o, char *default_dir, size_t room, module_index **out,
                     qn_err *err)
{
    const char *dirs[1] = {default_dir};
    int32_t rc;

    for (size_t i = 0; i < o->npaths; i++)
        if (!file_exists(o->paths[i]))
            return fail(err, QN_E_INVALID, "there is no folder %s", o->paths[i]);
    if (o->npaths > 0) return module_index_open(o->paths, o->npaths, out, err);
    if ((rc = cli_plugin_dir(default_dir, room, err)) != QN_OK) return rc;
    return module_index_open(dirs, 1, out, err);
}
