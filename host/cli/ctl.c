/* SPDX-License-Identifier: MIT
 *
 * quoin ctl: commands to a host that is running. */
#include "ctl.h"
#include "cli.h"
#include "option.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/control.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define A_NUMBER '\001' /* mark of an argument that begins with a minus sign */
#define MOST 10         /* arguments: a call of eight, a set of nine */

typedef struct arguments {
    const char *store, *mode, *shadow, *probation;
    const char *given[MOST]; /* command, target, file; call, target, arguments; set, assignments */
    size_t ngiven;
    bool is_json;
} arguments;

enum { OPTION_STORE = 1024, OPTION_MODE, OPTION_SHADOW, OPTION_PROBATION, OPTION_JSON };

static const struct argp_option options[] = {
    {"store", OPTION_STORE, "DIR", 0, "Folder of the store of the run that is meant", 0},
    {"mode", OPTION_MODE, "MODE", 0,
     "reload: refactor (default; the new build must do what the old one does), tune (it may decide "
     "otherwise), force (at once)",
     0},
    {"shadow", OPTION_SHADOW, "N", 0,
     "reload: events for which the new build is compared before it is put to work (default 10)", 0},
    {"probation", OPTION_PROBATION, "N", 0,
     "reload: events for which the old build stays beside it afterwards (default 100)", 0},
    {"json", OPTION_JSON, NULL, 0, "Print the answer as one JSON object", 0},
    {0},
};

static const option_text texts[] = {
    {OPTION_STORE, offsetof(arguments, store)},
    {OPTION_MODE, offsetof(arguments, mode)},
    {OPTION_SHADOW, offsetof(arguments, shadow)},
    {OPTION_PROBATION, offsetof(arguments, probation)},
};

static bool is_verb(const arguments *a, const char *verb)
{
    return strcmp(a->given[0], verb) == 0;
}

/* "trend.bias=0.2": length of the id; 0 = it is no such thing. With `is_whole` it has a value. */
static size_t id_of(const char *word, bool is_whole)
{
    size_t id = strcspn(word, ".=");
    size_t key = word[id] == '.' ? strcspn(word + id + 1, "=") : 0;

    return key && (word[id + 1 + key] == '=') == is_whole ? id : 0;
}

/* ID.PARAMETER VALUE, or ID.PARAMETER=VALUE once or more, all of one plugin, none of them twice. */
static bool is_set(const arguments *a)
{
    size_t id;

    if (a->ngiven == 3 && id_of(a->given[1], false)) return true;
    if (a->ngiven < 2 || !(id = id_of(a->given[1], true))) return false;
    for (size_t i = 2; i < a->ngiven; i++) {
        size_t len = strcspn(a->given[i], "=") + 1;
        if (id_of(a->given[i], true) != id || memcmp(a->given[i], a->given[1], id) != 0)
            return false;
        for (size_t k = 1; k < i; k++)
            if (strncmp(a->given[i], a->given[k], len) == 0) return false;
    }
    return true;
}

static void check_given(const arguments *a, struct argp_state *state)
{
    if (!a->ngiven) cli_usage(state, "expected what to do: status, halt, resume, ...");
    if (a->ngiven > 3 && !is_verb(a, "call") && !is_verb(a, "set"))
        cli_usage(state, "%s: one argument too many", a->given[3]);
    if (is_verb(a, "call") && (a->ngiven < 2 || !strchr(a->given[1], '.')))
        cli_usage(state, "found '%.64s', expected what to call: ID.COMMAND",
                  a->ngiven < 2 ? "" : a->given[1]);
    if (is_verb(a, "set") && !is_set(a))
        cli_usage(state,
                  "found '%.64s'%s, expected what to set of one plugin, each parameter once: "
                  "ID.PARAMETER=VALUE ..., or ID.PARAMETER VALUE",
                  a->ngiven < 2 ? "" : a->given[1], a->ngiven > 2 ? " and more" : "");
    if (!a->store) cli_usage(state, "say which run is meant: --store DIR");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    if (option_store(texts, sizeof texts / sizeof texts[0], key, arg, a)) return 0;
    switch (key) {
    case OPTION_JSON:
        a->is_json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (a->ngiven == MOST) cli_usage(state, "%s: one argument too many", arg);
        a->given[a->ngiven++] = arg[0] == A_NUMBER ? arg + 1 : arg;
        return 0;
    case ARGP_KEY_END:
        check_given(a, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Command a host that is running, by the socket in its store's folder.\v"
    "  status           how the run and each plugin are\n"
    "  halt, resume     no order that adds to a position any more; again\n"
    "  cancel [ID|all]  cancel the working orders of a strategy, or all\n"
    "  flatten [ID|all] cancel them, and close the positions by market orders\n"
    "  reload ID [FILE] a new build of a plugin; returns when it is at work\n"
    "  promote ID       the next step of its reload at once\n"
    "  rollback ID      back to the build from before, or give the new one up\n"
    "  set ID.PARAM=VALUE...  parameters of a plugin that may change while it runs; all or none\n"
    "  call ID.COMMAND [ARGUMENT...]  a command of the plugin's own; prints what it returns\n"
    "  stop             end the run in order, with its report\n\n"
    "  quoin ctl --store var/sma status --json\n"
    "  quoin ctl --store var/sma reload sma ./sma.so --mode tune\n"
    "  quoin ctl --store var/sma set sma.qty=0.002\n"
    "\n"
    "Exit status: 0 done; 1 no host is running, or it ended; 2 there is no such command, or it "
    "was refused; 3 the new build was refused.";

static const struct argp argp = {.options = options,
                                 .parser = parse,
                                 .args_doc = "ACTION [ID] [FILE]\ncall ID.COMMAND [ARGUMENT...]\n"
                                             "set ID.PARAMETER=VALUE...",
                                 .doc = doc};

/* ------------------------------------------------------------------ the request */

/* The host has a folder of its own: it is told the whole path. */
static bool put_file(struct json_object *o, const char *file)
{
    char here[PATH_ROOM];
    char path[PATH_ROOM];

    if (!getcwd(here, sizeof here) || path_join(here, file, path, NULL) != QN_OK) return false;
    return json_put_text(o, "file", path);
}

/* "trend.set_bias": the id of the plugin, and the name of its command; then the arguments. */
static bool put_call(struct json_object *o, const arguments *a)
{
    const char *dot = strchr(a->given[1], '.');
    struct json_object *args = json_put_array(o, "args");
    bool is_whole =
        args &&
        json_put(o, "target", json_object_new_string_len(a->given[1], (int)(dot - a->given[1]))) &&
        json_put_text(o, "name", dot + 1);

    for (size_t i = 2; i < a->ngiven && is_whole; i++)
        is_whole = json_append(args, json_object_new_string(a->given[i]));
    return is_whole;
}

static bool put_param(struct json_object *to, const char *key, size_t len, const char *value)
{
    char *name = mem_new(len + 1, 1);
    bool is_whole;

    if (!name) return false;
    memcpy(name, key, len);
    is_whole = json_put_text(to, name, value);
    mem_free(name);
    return is_whole;
}

static bool put_set(struct json_object *o, const arguments *a)
{
    size_t id = strcspn(a->given[1], ".");
    struct json_object *params = json_put_object(o, "params");
    bool is_whole =
        params && json_put(o, "target", json_object_new_string_len(a->given[1], (int)id));

    for (size_t i = 1; i < a->ngiven && is_whole; i++) {
        const char *key = a->given[i] + id + 1;
        size_t len = strcspn(key, "=");
        const char *value = key[len] ? key + len + 1 : a->given[++i];
        is_whole = put_param(params, key, len, value);
    }
    return is_whole;
}

static bool put_given(struct json_object *o, const arguments *a)
{
    if (is_verb(a, "call")) return put_call(o, a);
    if (is_verb(a, "set")) return put_set(o, a);
    return (a->ngiven < 2 || json_put_text(o, "target", a->given[1])) &&
           (a->ngiven < 3 || put_file(o, a->given[2]));
}

static int32_t put_events(struct json_object *o, const char *name, const char *given,
                          bool *is_whole, qn_err *err)
{
    char option[24];
    int64_t value;
    int32_t rc;

    if (!given) return QN_OK;
    snprintf(option, sizeof option, "--%s", name);
    rc = option_whole(option, given, 0, INT64_MAX, &value, err);
    if (rc == QN_OK) *is_whole = *is_whole && json_put(o, name, json_object_new_int64(value));
    return rc;
}

static int32_t make_request(const arguments *a, struct json_object **out, qn_err *err)
{
    struct json_object *o = json_object_new_object();
    bool is_whole = o && json_put(o, "version", json_object_new_int(CONTROL_VERSION)) &&
                    json_put(o, "id", json_object_new_int(1)) &&
                    json_put_text(o, "command", a->given[0]) && put_given(o, a) &&
                    (!a->mode || json_put_text(o, "mode", a->mode));
    int32_t rc = put_events(o, "shadow", a->shadow, &is_whole, err);

    if (rc == QN_OK) rc = put_events(o, "probation", a->probation, &is_whole, err);
    if (rc == QN_OK && !(o = json_whole(o, is_whole)))
        return fail(err, QN_E_NO_MEMORY, "no memory for the request");
    if (rc == QN_OK)
        *out = o;
    else
        json_object_put(o);
    return rc;
}

static int32_t ask(const arguments *a, struct json_object *request, struct json_object **answer,
                   qn_err *err)
{
    const char *text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
    char *line = text ? mem_new(strlen(text) + 2, 1) : NULL;
    char *got;
    int fd;
    int32_t rc;

    if (!line) return fail(err, QN_E_NO_MEMORY, "no memory for the request");
    snprintf(line, strlen(text) + 2, "%s\n", text);
    if ((rc = control_connect(a->store, &fd, err)) == QN_OK) {
        rc = control_ask(fd, line, &got, err);
        close(fd);
    }
    mem_free(line);
    if (rc != QN_OK) return rc;
    *answer = json_tokener_parse(got);
    mem_free(got);
    return json_object_is_type(*answer, json_type_object)
               ? QN_OK
               : fail(err, QN_E_IO, "the host's answer is no JSON object");
}

/* ------------------------------------------------------------------ the answer */

static const char *text_of(struct json_object *answer, const char *name)
{
    struct json_object *value;

    return json_object_object_get_ex(answer, name, &value) ? json_object_get_string(value) : NULL;
}

/* That the host is ending, or has too much to do, says nothing of the command. */
static int status_of(struct json_object *answer)
{
    static const char *const failed[] = {"QN_E_CANCELED", "QN_E_FULL", "QN_E_BUSY",
                                         "QN_E_NO_MEMORY"};
    const char *code = text_of(answer, "code");

    if (!code) return EXIT_FAILED;
    if (strcmp(code, "QN_OK") == 0) return EXIT_DONE;
    if (text_of(answer, "reload")) return EXIT_REFUSED;
    for (size_t i = 0; i < sizeof failed / sizeof failed[0]; i++)
        if (strcmp(code, failed[i]) == 0) return EXIT_FAILED;
    return EXIT_USAGE;
}

/* What of the plugin is other than its config says, behind a set. */
static void print_params(const char *given, struct json_object *params)
{
    int id = (int)strcspn(given, ".");
    struct json_object_iterator at = json_object_iter_begin(params);
    struct json_object_iterator end = json_object_iter_end(params);

    if (!json_object_object_length(params)) printf("%.*s: as the config says\n", id, given);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        printf("%.*s.%s: %s\n", id, given, json_object_iter_peek_name(&at),
               json_object_get_string(json_object_iter_peek_value(&at)));
}

static void print_answer(const arguments *a, struct json_object *answer)
{
    struct json_object *status;
    struct json_object *result;
    struct json_object *params;
    const char *norders = text_of(answer, "orders");

    if (json_object_object_get_ex(answer, "status", &status))
        ctl_print_status(status);
    else if (json_object_object_get_ex(answer, "result", &result))
        printf("%s: %s\n", a->given[1],
               result ? json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN) : "done");
    else if (json_object_object_get_ex(answer, "params", &params))
        print_params(a->given[1], params);
    else if (norders)
        printf("%s: %s orders\n", a->given[0], norders);
    else
        printf("%s: done\n", a->given[0]);
}

static int print_json(struct json_object *answer, int status)
{
    struct json_object *part;

    if (status == EXIT_DONE && json_object_object_get_ex(answer, "status", &part))
        return cli_print_json(json_object_get(part), true, status);
    return cli_print_json(json_object_get(answer), true, status);
}

/* argp takes "-0.2" for an option. Numbers behind "call" and "set" get a mark in front, which is
 * taken off where they are read. Copies live as long as the process. False: no memory. */
static bool mark_numbers(int argc, char **argv)
{
    bool is_on = false;

    for (int i = 1; i < argc; i++) {
        const char *digits = argv[i] + 1;
        char *marked;
        is_on = is_on || strcmp(argv[i], "call") == 0 || strcmp(argv[i], "set") == 0;
        if (!is_on || argv[i][0] != '-' || !*digits || !strchr("0123456789.", *digits)) continue;
        if (!(marked = mem_new(strlen(argv[i]) + 2, 1))) return false;
        snprintf(marked, strlen(argv[i]) + 2, "%c%s", A_NUMBER, argv[i]);
        argv[i] = marked;
    }
    return true;
}

int cmd_ctl(int argc, char **argv)
{
    arguments a = {0};
    qn_err err = QN_ERR_INIT;
    struct json_object *request = NULL;
    struct json_object *answer = NULL;
    int status;
    int32_t rc;

    if (!mark_numbers(argc, argv))
        return cli_fail(fail(&err, QN_E_NO_MEMORY, "no memory for the arguments"), &err);
    cli_parse(&argp, argc, argv, &a);
    if ((rc = make_request(&a, &request, &err)) != QN_OK) return cli_fail(rc, &err);
    rc = ask(&a, request, &answer, &err);
    json_object_put(request);
    if (rc != QN_OK) {
        cli_fail(rc, &err);
        json_object_put(answer);
        return EXIT_FAILED;
    }
    status = status_of(answer);
    if (status != EXIT_DONE)
        log_line(LOG_ERROR, "%s [%s]", text_of(answer, "error"), text_of(answer, "code"));
    if (a.is_json)
        status = print_json(answer, status);
    else if (status == EXIT_DONE)
        print_answer(&a, answer);
    json_object_put(answer);
    return status;
}
