/* SPDX-License-Identifier: MIT
 *
 * What the commands of `quoin plugin` share. One file a command. */
#ifndef QUOIN_CLI_PLUGIN_H
#define QUOIN_CLI_PLUGIN_H

#include "module/module.h"

#include <argp.h>

int plugin_list(int argc, char **argv);
int plugin_show(int argc, char **argv);
int plugin_check(int argc, char **argv);
int plugin_new(int argc, char **argv);
int plugin_sign(int argc, char **argv);
int plugin_verify(int argc, char **argv);
int plugin_quarantine(int argc, char **argv);

#define PLUGIN_PATHS 16

/* The options that all of them have. */
typedef struct plugin_options {
    const char *paths[PLUGIN_PATHS];
    size_t npaths;
    bool is_json;
    const char *subject; /* ID|FILE, for commands that take one */
} plugin_options;

/* The parser of --path and --json; its input is a plugin_options. */
extern const struct argp plugin_argp;

/* What a command is given that has one FILE. */
typedef struct plugin_file {
    const char *path;
    bool is_json;
} plugin_file;

/* The parser of FILE, which must be there, and --json; its input is a plugin_file. */
extern const struct argp plugin_file_argp;

/* The index of the folders that were named, or of the default folder. `default_dir` holds the
 * latter's path and must outlive the index. A folder that was named and does not exist is
 * QN_E_INVALID. */
int32_t plugin_index(const plugin_options *options, char *default_dir, size_t room,
                     module_index **out, qn_err *err);

/* Print what a signature says of a file, as text or as an object. An exit status. */
int plugin_print_signature(const char *path, const signature *s, bool is_json);

/* Print one class of a loaded module, as text or as an object. */
void plugin_print(const module *m, const qn_class *c);
struct json_object *plugin_json(const module *m, const qn_class *c);

#endif
