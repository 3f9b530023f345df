/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_LEN 31 /* of a command; longer words are not compared */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be added, dropped, changed or swapped with their neighbour. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NAME_MAX_LEN + 1];
    size_t n = strlen(a);
    size_t m = strlen(b);

    if (n > NAME_MAX_LEN || m > NAME_MAX_LEN) return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

static const char *nearest(const char *word, const cli_command *commands, size_t n)
{
    size_t best = strlen(word) / 3 + 1; /* farther is another word, not a slip */
    const char *name = NULL;

    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, commands[i].name);
        if (d > best || (d == best && name)) continue;
        best = d;
        name = commands[i].name;
    }
    return name;
}

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
    const char *name = nearest(word, commands, n);

    if (name)
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
