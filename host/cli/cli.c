/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "config/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMANDS_MAX 32

static void print_help(FILE *to, const char *program, const char *about,
                       const cli_command *commands, size_t n)
{
    fprintf(to, "Usage: %s COMMAND [ARGUMENT...]\n%s\n\n", program, about);
    for (size_t i = 0; i < n; i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fprintf(to, "\n`%s COMMAND --help' explains a command.\n", program);
}

static int unknown(const char *program, const char *word, const cli_command *commands, size_t n)
{
    const char *names[COMMANDS_MAX];
    const char *name;

    for (size_t i = 0; i < n && i < COMMANDS_MAX; i++)
        names[i] = commands[i].name;
    if ((name = name_nearest(word, names, n < COMMANDS_MAX ? n : COMMANDS_MAX)))
        log_line(LOG_ERROR, "%s knows no command '%s'; did you mean '%s'? [%s]", program, word,
                 name, error_name(QN_E_UNKNOWN_NAME));
    else
        log_line(LOG_ERROR, "%s knows no command '%s'; try `%s --help' [%s]", program, word,
                 program, error_name(QN_E_UNKNOWN_NAME));
    return EXIT_USAGE;
}

int cli_dispatch(const char *program, const char *about, const cli_command *commands, size_t n,
                 int argc, char **argv)
{
    char name[64];

    if (argc < 2) {
        print_help(stderr, program, about, commands, n);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0) {
        print_help(stdout, program, about, commands, n);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(argv[1], commands[i].name) != 0) continue;
        snprintf(name, sizeof name, "%s %s", program, commands[i].name);
        argv[1] = name;
        return commands[i].run(argc - 1, argv + 1);
    }
    return unknown(program, argv[1], commands, n);
}

/* What the outer parser of cli_parse is given. */
typedef struct parse {
    char *name; /* "quoin data import", for usage and help */
    void *input;
} parse;

static error_t parse_outer(int key, char *arg, struct argp_state *state)
{
    parse *p = state->input;

    (void)arg;
    if (key != ARGP_KEY_INIT) return ARGP_ERR_UNKNOWN;
    state->name = p->name;
    state->child_inputs[0] = p->input;
    return 0;
}

void cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    /* getopt begins its messages with argv[0], argp its help with state->name: setting them
     * apart is what makes a wrong option read "quoin: error: ..." like any other error */
    static char prefix[] = "quoin: error";
    struct argp_child children[] = {{argp, 0, NULL, 0}, {0}};
    struct argp outer = {.parser = parse_outer, .children = children};
    parse p = {argv[0], input};

    argp_err_exit_status = EXIT_USAGE;
    argv[0] = prefix;
    if (argp_parse(&outer, argc, argv, 0, NULL, &p) != 0) exit(EXIT_USAGE);
    argv[0] = p.name;
}

static const struct {
    int32_t code;
    int status;
} statuses[] = {
    {QN_E_INVALID, EXIT_USAGE},   {QN_E_RANGE, EXIT_USAGE},        {QN_E_OVERFLOW, EXIT_USAGE},
    {QN_E_PRECISION, EXIT_USAGE}, {QN_E_SYNTAX, EXIT_USAGE},       {QN_E_DUPLICATE, EXIT_USAGE},
    {QN_E_MISSING, EXIT_USAGE},   {QN_E_UNKNOWN_NAME, EXIT_USAGE}, {QN_E_TYPE, EXIT_USAGE},
    {QN_E_GAP, EXIT_DATA},        {QN_E_NOT_FOUND, EXIT_DATA},     {QN_E_EXISTS, EXIT_DATA},
    {QN_E_DAMAGED, EXIT_DATA},    {QN_E_ORDER, EXIT_DATA},         {QN_E_TOO_NEW, EXIT_DATA},
};

static int status_of(int32_t code)
{
    if (code == QN_OK) return EXIT_DONE;
    if (code <= QN_E_ELF_FORMAT && code >= QN_E_MODULE_ACCESS) return EXIT_REFUSED;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].code == code) return statuses[i].status;
    return EXIT_FAILED;
}

int cli_fail(int32_t code, const qn_err *err)
{
    bool is_told = err && err->code != QN_OK && err->msg[0];

    log_line(LOG_ERROR, "%s [%s]", is_told ? err->msg : error_meaning(code), error_name(code));
    return status_of(code);
}

int32_t cli_plugin_dir(char *to, size_t room, qn_err *err)
{
    char binary[PATH_ROOM];
    char dir[PATH_ROOM];
    ssize_t len = readlink("/proc/self/exe", binary, sizeof binary - 1);
    int32_t rc;

    if (len < 0) return fail_errno(err, "cannot tell where the program lies");
    binary[len] = '\0';
    if ((rc = path_dir(binary, dir, err)) != QN_OK) return rc;
    if ((size_t)snprintf(to, room, "%s/plugins", dir) < room && file_exists(to)) return QN_OK;
    if ((size_t)snprintf(to, room, "%s/../lib/quoin/plugins", dir) < room) return QN_OK;
    return fail(err, QN_E_OVERFLOW, "path too long: %.64s...", dir);
}
