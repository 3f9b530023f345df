/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/nearest.h"

#include <stdarg.h>
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
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "-?") == 0) {
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

/* getopt begins its messages with argv[0], argp its help with state->name, which it takes from
 * argv[0] before the first option. So the first option is one of ours, which nobody can type:
 * it sets argv[0] to what errors begin with, and state->name stays the command's. */
#define KEY_FIRST 0x7ffff
#define FIRST_OPTION "\001"

static error_t parse_outer(int key, char *arg, struct argp_state *state)
{
    static char prefix[] = "quoin: error";

    (void)arg;
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = state->input;
        return 0;
    }
    if (key != KEY_FIRST) return ARGP_ERR_UNKNOWN;
    state->argv[0] = prefix;
    return 0;
}

void cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    static const struct argp_option first[] = {
        {FIRST_OPTION, KEY_FIRST, NULL, OPTION_HIDDEN, NULL, 0}, {0}};
    static char option[] = "--" FIRST_OPTION;
    static char **args; /* parsers keep pointers into it, so it lives as long as the program */
    struct argp_child children[] = {{argp, 0, NULL, 0}, {0}};
    struct argp outer = {.options = first, .parser = parse_outer, .children = children};

    if (!(args = mem_new((size_t)argc + 2, sizeof *args))) exit(cli_fail(QN_E_NO_MEMORY, NULL));
    args[0] = argv[0];
    args[1] = option;
    memcpy(args + 2, argv + 1, (size_t)argc * sizeof *args); /* with the NULL that ends it */
    setenv("ARGP_HELP_FMT", "rmargin=100", 0);               /* the user's own goes before */
    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&outer, argc + 1, args, 0, NULL, input) != 0) exit(EXIT_USAGE);
}

void cli_usage(const struct argp_state *state, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_line(LOG_ERROR, "%s", text);
    argp_state_help(state, stderr, ARGP_HELP_STD_ERR); /* "Try ..."; ends the program */
}

static const struct {
    int32_t code;
    int status;
} statuses[] = {
    {QN_E_INVALID, EXIT_USAGE},
    {QN_E_RANGE, EXIT_USAGE},
    {QN_E_OVERFLOW, EXIT_USAGE},
    {QN_E_PRECISION, EXIT_USAGE},
    {QN_E_SYNTAX, EXIT_USAGE},
    {QN_E_DUPLICATE, EXIT_USAGE},
    {QN_E_MISSING, EXIT_USAGE},
    {QN_E_UNKNOWN_NAME, EXIT_USAGE},
    {QN_E_TYPE, EXIT_USAGE},
    {QN_E_GAP, EXIT_DATA},
    {QN_E_NOT_FOUND, EXIT_DATA},
    {QN_E_EXISTS, EXIT_DATA},
    {QN_E_DAMAGED, EXIT_DATA},
    {QN_E_ORDER, EXIT_DATA},
    {QN_E_TOO_NEW, EXIT_DATA},
    {QN_E_SIGNATURE_STRIPPED, EXIT_REFUSED},
    {QN_E_SIGNATURE_REPLACED, EXIT_REFUSED},
};

static int status_of(int32_t code)
{
    if (code == QN_OK) return EXIT_DONE;
    if (code <= QN_E_ELF_FORMAT && code >= QN_E_SIGNATURE_FORMAT) return EXIT_REFUSED;
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

volatile sig_atomic_t cli_stop;

static void on_signal(int number)
{
    (void)number;
    cli_stop = 1;
}

void cli_catch_stop(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
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

int cli_print_json(struct json_object *object, bool is_whole, int status)
{
    const char *text = is_whole ? json_text(object) : NULL;

    if (text)
        puts(text);
    else
        status = cli_fail(QN_E_NO_MEMORY, NULL);
    json_object_put(object);
    return status;
}
