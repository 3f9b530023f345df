/* SPDX-License-Identifier: MIT
 *
 * The command line: one file a subcommand, one row in the table of main.c. */
#ifndef QUOIN_CLI_CLI_H
#define QUOIN_CLI_CLI_H

#include <quoin/error.h>

#include <argp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* Exit status. */
#define EXIT_DONE 0
#define EXIT_FAILED 1  /* the run failed */
#define EXIT_USAGE 2   /* usage or config */
#define EXIT_REFUSED 3 /* a plugin was refused or quarantined */
#define EXIT_DATA 4    /* data missing or damaged */

typedef struct cli_command {
    const char *name;
    const char *summary;               /* one line of --help */
    int (*run)(int argc, char **argv); /* argv[0] is "quoin NAME"; returns an exit status */
} cli_command;

/* Run the command that argv[1] names. `program` is "quoin" or "quoin data". Prints the help,
 * or an error with the nearest known name. */
int cli_dispatch(const char *program, const char *about, const cli_command *commands, size_t n,
                 int argc, char **argv);

/* argp_parse with this program's exit statuses and its manner of telling errors: a wrong usage
 * ends the program with status 2. */
void cli_parse(const struct argp *argp, int argc, char **argv, void *input);

/* For parsers, in place of argp_error: "quoin: error: ..." and a hint to --help, exit 2. */
void cli_usage(const struct argp_state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Print an error as "quoin: error: ..." and return the exit status that its code stands for. */
int cli_fail(int32_t code, const qn_err *err);

/* Print a JSON object as one document on stdout, and free it. With is_whole false (something
 * could not be put), or out of memory, nothing is printed and the exit status says so. */
struct json_object;
int cli_print_json(struct json_object *object, bool is_whole, int status);

/* The folder that plugins are looked for in when the config names none: beside the binary in a
 * build folder, else PREFIX/lib/quoin/plugins. */
int32_t cli_plugin_dir(char *to, size_t room, qn_err *err);

/* Catch SIGINT and SIGTERM from here on: the first one sets cli_stop, which ends the work in
 * order, the second one ends the program. Until then a signal ends it at once. */
void cli_catch_stop(void);
extern volatile sig_atomic_t cli_stop;

int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_plugin(int argc, char **argv);
int cmd_data(int argc, char **argv);
int cmd_journal(int argc, char **argv);
int cmd_tune(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_ctl(int argc, char **argv);

#endif
