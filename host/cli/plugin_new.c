/* SPDX-License-Identifier: MIT
 *
 * quoin plugin new: a project of one's own, copied from a template.
 *
 * The templates are folders beside the program, KIND for C and KIND-LANGUAGE for others. In their
 * texts and file names PLUGIN_NAME stands for the name; NEXT is not copied: it is what to do next,
 * a command a line. So the program knows neither kinds nor languages by heart. */
#include "plugin.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "cli.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_LEN 31u
#define FILES_MAX 32u
#define KINDS_MAX 32u
#define TOKEN "PLUGIN_NAME"
#define NEXT "NEXT"

typedef struct arguments {
    const char *kind, *name, *into, *language;
    bool is_json;
} arguments;

/* A project that is being made. */
typedef struct project {
    const arguments *args;
    char templates[PATH_ROOM]; /* the folder of all of them */
    bool is_build;             /* of a build folder, not of an installation */
    char from[PATH_ROOM];      /* the one that is copied */
    char to[PATH_ROOM];
    char *shown;            /* `to` as a shell takes it */
    char *prefix;           /* option that tells cmake where we are installed, or "" */
    char *names[FILES_MAX]; /* of the files that were made, sorted */
    size_t nnames;
    char *next; /* commands, a line each */
} project;

/* ------------------------------------------------------------------ the command line */

#define KEY_JSON 1000

static const struct argp_option options[] = {
    {"into", 'd', "DIR", 0, "Make the project's folder in DIR (default: the current folder)", 0},
    {"language", 'l', "LANGUAGE", 0, "c, c++ or rust (default: c)", 0},
    {"json", KEY_JSON, NULL, 0, "Print the result as JSON", 1},
    {0}};

static const char doc[] =
    "Make a project for a plugin: source, tests, CMakeLists.txt, README, and for a strategy a "
    "config to run it with. It builds and passes its tests as it is."
    "\v"
    "KIND is the kind of plugin; NAME becomes the folder, the file and the class KIND/NAME: "
    "lower-case letters, digits and _, at most 31, a letter first.\n"
    "\n"
    "Exit status: 2 for a kind, language or name that will not do, and where the folder exists "
    "already; 1 where it cannot be written.\n"
    "\n"
    "Examples:\n"
    "  quoin plugin new strategy breakout\n"
    "  quoin plugin new risk careful --into ~/plugins";

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    switch (key) {
    case 'd':
        a->into = arg;
        return 0;
    case 'l':
        a->language = arg;
        return 0;
    case KEY_JSON:
        a->is_json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (a->name) cli_usage(state, "a KIND and a NAME are expected, '%s' is one too many", arg);
        *(a->kind ? &a->name : &a->kind) = arg;
        return 0;
    case ARGP_KEY_END:
        if (!a->name) cli_usage(state, "a KIND and a NAME are expected");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options, .parser = parse, .args_doc = "KIND NAME", .doc = doc};

/* ------------------------------------------------------------------ names */

/* Words that cannot name a type, in any of the languages. */
static const char *const reserved[] = {
    "auto",     "break",    "case",     "catch",    "char",      "class",  "const",  "continue",
    "crate",    "default",  "delete",   "do",       "double",    "else",   "enum",   "extern",
    "float",    "fn",       "for",      "friend",   "goto",      "if",     "impl",   "inline",
    "int",      "let",      "long",     "loop",     "main",      "match",  "mod",    "move",
    "mut",      "new",      "operator", "private",  "protected", "pub",    "public", "ref",
    "register", "restrict", "return",   "self",     "short",     "signed", "sizeof", "static",
    "struct",   "super",    "switch",   "template", "this",      "throw",  "trait",  "try",
    "type",     "typedef",  "union",    "unsafe",   "unsigned",  "use",    "using",  "virtual",
    "void",     "volatile", "where",    "while"};

static int32_t name_check(const char *name, qn_err *err)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    if (len == 0 || name[len] || len > NAME_MAX_LEN || !islower((unsigned char)name[0]))
        return fail(err, QN_E_INVALID,
                    "'%.60s' is no name: lower-case letters, digits and _, at most %u, a letter "
                    "first",
                    name, NAME_MAX_LEN);
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(reserved[i], name) == 0)
            return fail(err, QN_E_INVALID, "'%s' is a word of the language", name);
    return QN_OK;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The end of a comment or a string that begins at `at`, else `at`. */
static const char *skip_text(const char *at)
{
    const char *end;

    if (strncmp(at, "/*", 2) == 0) return (end = strstr(at + 2, "*/")) ? end + 2 : strchr(at, '\0');
    if (strncmp(at, "//", 2) == 0) return at + strcspn(at, "\n");
    if (*at != '"') return at;
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1]) at++;
    return *at ? at + 1 : at;
}

/* Whether code uses a word: a type of that name would hide what is meant. */
static bool code_uses(const char *code, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = code, *next; *at; at = next) {
        if ((next = skip_text(at)) != at) continue;
        next = at + 1;
        if (!is_word(*at)) continue;
        while (is_word(*next))
            next++;
        if ((size_t)(next - at) == len && strncmp(at, word, len) == 0) return true;
    }
    return false;
}

/* ------------------------------------------------------------------ templates */

/* Beside the program in a build, which brings its own files for cmake along, or in an installation.
 * *home: the folder that cmake is told of. */
static int32_t templates_find(project *p, char home[PATH_ROOM], qn_err *err)
{
    static const char *const places[] = {"templates", "../share/quoin/templates"};
    char program[PATH_ROOM], dir[PATH_ROOM];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    int32_t rc;

    if (len < 0) return fail_errno(err, "cannot tell where the program lies");
    program[len] = '\0';
    if ((rc = path_dir(program, dir, err)) != QN_OK) return rc;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if ((rc = path_join(dir, places[i], p->templates, err)) != QN_OK) return rc;
        if (!file_exists(p->templates)) continue;
        p->is_build = i == 0;
        return p->is_build ? path_join("", dir, home, err) : path_dir(dir, home, err);
    }
    return fail(err, QN_E_IO, "there are no templates beside %.150s", program);
}

/* The folders that are kinds: those of C, without a language behind them. */
static size_t kinds_list(const char *templates, char *names[KINDS_MAX])
{
    DIR *dir = opendir(templates);
    const struct dirent *e;
    size_t n = 0;

    while (dir && n < KINDS_MAX && (e = readdir(dir)))
        if (e->d_name[0] != '.' && !strchr(e->d_name, '-') && (names[n] = mem_text(e->d_name))) n++;
    if (dir) closedir(dir);
    return n;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int32_t kind_check(const project *p, qn_err *err)
{
    char *names[KINDS_MAX];
    char hint[HINT_TEXT];
    size_t n = kinds_list(p->templates, names);
    bool is_known = false;

    for (size_t i = 0; i < n; i++)
        is_known = is_known || strcmp(names[i], p->args->kind) == 0;
    qsort(names, n, sizeof names[0], compare);
    if (!is_known)
        fail(err, QN_E_UNKNOWN_NAME, "there is no kind '%.40s'; %s", p->args->kind,
             name_hint(p->args->kind, (const char *const *)names, n, hint));
    while (n > 0)
        mem_free(names[--n]);
    return is_known ? QN_OK : QN_E_UNKNOWN_NAME;
}

static int32_t template_choose(project *p, qn_err *err)
{
    static const char *const languages[] = {"c", "c++", "rust"};
    static const char *const suffixes[] = {"", "-cpp", "-rust"};
    char hint[HINT_TEXT], folder[128];
    size_t i = 0;
    int32_t rc;

    if ((rc = kind_check(p, err)) != QN_OK) return rc;
    while (i < 3 && strcmp(languages[i], p->args->language) != 0)
        i++;
    if (i == 3)
        return fail(err, QN_E_UNKNOWN_NAME, "there are no templates in '%.40s'; %s",
                    p->args->language, name_hint(p->args->language, languages, 3, hint));
    snprintf(folder, sizeof folder, "%.60s%s", p->args->kind, suffixes[i]);
    if ((rc = path_join(p->templates, folder, p->from, err)) != QN_OK || file_exists(p->from))
        return rc;
    return fail(err, QN_E_INVALID, "there is no template of a %s in %s: those of strategies only",
                p->args->kind, p->args->language);
}

/* ------------------------------------------------------------------ copying */

/* `text` with each `token` as `value`; NULL = out of memory. */
static char *replace(const char *text, const char *token, const char *value)
{
    size_t room = 1, count = 0, used = 0;
    size_t token_len = strlen(token), value_len = strlen(value);
    char *out;

    for (const char *at = text; (at = strstr(at, token)); at += token_len)
        count++;
    room += strlen(text) + count * value_len;
    if (!(out = mem_new(room, 1))) return NULL;
    for (const char *at = text, *next; *at; at = next) {
        bool is_token = strncmp(at, token, token_len) == 0;
        next = at + (is_token ? token_len : 1);
        memcpy(out + used, is_token ? value : at, is_token ? value_len : 1);
        used += is_token ? value_len : 1;
    }
    return out;
}

static int32_t file_make(project *p, const char *name, const char *text, qn_err *err)
{
    char path[PATH_ROOM];
    char *own_name = replace(name, TOKEN, p->args->name);
    char *own_text = replace(text, TOKEN, p->args->name);
    file_out out = {0};
    int32_t rc = own_name && own_text ? QN_OK : fail(err, QN_E_NO_MEMORY, "out of memory");

    if (rc == QN_OK) rc = path_join(p->to, own_name, path, err);
    if (rc == QN_OK && (rc = file_out_open(&out, path, err)) == QN_OK) {
        p->names[p->nnames++] = own_name;
        own_name = NULL;
        file_out_text(&out, own_text);
        rc = file_out_close(&out, false, err);
    }
    mem_free(own_name);
    mem_free(own_text);
    return rc;
}

static int32_t next_make(project *p, const char *text, qn_err *err)
{
    char *named = replace(text, TOKEN, p->args->name);
    char *placed = named ? replace(named, "PLUGIN_DIR", p->shown) : NULL;

    p->next = placed ? replace(placed, "PLUGIN_PREFIX", p->prefix) : NULL;
    mem_free(named);
    mem_free(placed);
    return p->next ? QN_OK : fail(err, QN_E_NO_MEMORY, "out of memory");
}

/* One file of the template. With is_check only what stands in the way of the name is looked for. */
static int32_t file_take(project *p, const char *name, bool is_check, qn_err *err)
{
    char path[PATH_ROOM];
    const char *dot = strrchr(name, '.');
    bool is_code = dot && (strcmp(dot, ".c") == 0 || strcmp(dot, ".cpp") == 0);
    char *text = NULL;
    size_t size;
    int32_t rc = path_join(p->from, name, path, err);

    if (rc == QN_OK) rc = file_read(path, &text, &size, err);
    if (rc != QN_OK) return rc;
    if (is_check && is_code && code_uses(text, p->args->name))
        rc = fail(err, QN_E_INVALID, "the code of the template uses the word '%s': choose another",
                  p->args->name);
    else if (!is_check)
        rc = strcmp(name, NEXT) == 0 ? next_make(p, text, err) : file_make(p, name, text, err);
    mem_free(text);
    return rc;
}

static int32_t files_take(project *p, bool is_check, qn_err *err)
{
    DIR *dir = opendir(p->from);
    const struct dirent *e;
    int32_t rc = QN_OK;

    if (!dir) return fail_errno(err, "%.200s", p->from);
    while (rc == QN_OK && (e = readdir(dir))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        if (p->nnames == FILES_MAX)
            rc = fail(err, QN_E_FULL, "the template has more than %u files", FILES_MAX);
        else
            rc = file_take(p, e->d_name, is_check, err);
    }
    closedir(dir);
    return rc;
}

/* What was made of a project that could not be finished goes. */
static void remove_all(const project *p)
{
    char path[PATH_ROOM];

    for (size_t i = 0; i < p->nnames; i++)
        if (path_join(p->to, p->names[i], path, NULL) == QN_OK) unlink(path);
    rmdir(p->to);
}

static int32_t folder_make(project *p, qn_err *err)
{
    int32_t rc;

    if (*p->args->into && (rc = dir_make(p->args->into, err)) != QN_OK) return rc;
    if (mkdir(p->to, 0755) == 0) return QN_OK;
    if (errno == EEXIST)
        return fail(err, QN_E_DUPLICATE, "%.200s exists already; nothing was changed", p->to);
    return fail_errno(err, "cannot make %.200s", p->to);
}

/* ------------------------------------------------------------------ what to do next */

/* Whether a folder is one of $PATH, where cmake finds an installation by itself. */
static bool is_in_path(const char *dir)
{
    const char *at = getenv("PATH");
    size_t len = strlen(dir);

    while (at && *at) {
        size_t n = strcspn(at, ":");
        if (n == len && strncmp(at, dir, len) == 0) return true;
        at += n + (at[n] == ':');
    }
    return false;
}

/* A path as a word of a shell, to be freed; NULL = out of memory. */
static char *shell_word(const char *path)
{
    bool is_plain = path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789_./+:,@%-")] == '\0';
    char *inside = replace(path, "'", "'\\''");
    char *word = is_plain || !inside ? mem_text(path) : mem_new(strlen(inside) + 3, 1);

    if (word && !is_plain && inside) {
        size_t len = strlen(inside);
        word[0] = word[len + 1] = '\'';
        memcpy(word + 1, inside, len);
    }
    mem_free(inside);
    return word;
}

/* The option that tells cmake where we are installed; "" where it finds that by itself. */
static int32_t prefix_set(project *p, const char *home, qn_err *err)
{
    const char *option = p->is_build ? " -Dquoin_DIR=@/cmake" : " -DCMAKE_PREFIX_PATH=@";
    char bin[PATH_ROOM];
    char *word = shell_word(home);
    int32_t rc = path_join(home, "bin", bin, err);

    if (rc == QN_OK && word)
        p->prefix = is_in_path(bin) ? mem_text("") : replace(option, "@", word);
    mem_free(word);
    if (rc == QN_OK && !p->prefix) rc = fail(err, QN_E_NO_MEMORY, "out of memory");
    return rc;
}

static int print_json(const project *p)
{
    struct json_object *o = json_object_new_object();
    bool is_whole =
        json_put_text(o, "kind", p->args->kind) && json_put_text(o, "name", p->args->name) &&
        json_put_text(o, "language", p->args->language) && json_put_text(o, "folder", p->to);
    struct json_object *files = json_put_array(o, "files");
    struct json_object *next = json_put_array(o, "next");

    for (size_t i = 0; i < p->nnames; i++)
        is_whole = is_whole && json_append(files, json_object_new_string(p->names[i]));
    for (const char *at = p->next; *at; at += strcspn(at, "\n") + 1)
        is_whole =
            is_whole && json_append(next, json_object_new_string_len(at, (int)strcspn(at, "\n")));
    return cli_print_json(o, is_whole && files && next, EXIT_DONE);
}

static int print_text(const project *p)
{
    printf("%s: a %s in %s, with", p->args->name, p->args->kind, p->shown);
    for (size_t i = 0; i < p->nnames; i++)
        printf(" %s", p->names[i]);
    printf("\nNext:\n");
    for (const char *at = p->next; *at; at += strcspn(at, "\n") + 1)
        printf("  %.*s\n", (int)strcspn(at, "\n"), at);
    return EXIT_DONE;
}

/* ------------------------------------------------------------------ the command */

static int32_t project_make(project *p, qn_err *err)
{
    char home[PATH_ROOM];
    int32_t rc;

    if ((rc = name_check(p->args->name, err)) != QN_OK) return rc;
    if ((rc = templates_find(p, home, err)) != QN_OK) return rc;
    if ((rc = template_choose(p, err)) != QN_OK) return rc;
    if ((rc = prefix_set(p, home, err)) != QN_OK) return rc;
    if ((rc = path_join(p->args->into, p->args->name, p->to, err)) != QN_OK) return rc;
    if (!(p->shown = shell_word(p->to))) return fail(err, QN_E_NO_MEMORY, "out of memory");
    if ((rc = files_take(p, true, err)) != QN_OK) return rc;
    if ((rc = folder_make(p, err)) != QN_OK) return rc;
    if ((rc = files_take(p, false, err)) == QN_OK && !p->next)
        rc = fail(err, QN_E_IO, "the template %.200s has no %s", p->from, NEXT);
    if (rc != QN_OK) remove_all(p);
    qsort(p->names, p->nnames, sizeof p->names[0], compare);
    return rc;
}

int plugin_new(int argc, char **argv)
{
    arguments args = {.into = "", .language = "c"};
    project *p = mem_new(1, sizeof *p);
    qn_err err = QN_ERR_INIT;
    int32_t rc;
    int status;

    cli_parse(&argp, argc, argv, &args);
    if (!p) return cli_fail(QN_E_NO_MEMORY, NULL);
    p->args = &args;
    rc = project_make(p, &err);
    if (rc != QN_OK)
        status = cli_fail(rc, &err);
    else
        status = args.is_json ? print_json(p) : print_text(p);
    while (p->nnames > 0)
        mem_free(p->names[--p->nnames]);
    mem_free(p->next);
    mem_free(p->shown);
    mem_free(p->prefix);
    mem_free(p);
    return status;
}
