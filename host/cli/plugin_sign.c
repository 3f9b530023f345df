/* SPDX-License-Identifier: MIT
 *
 * quoin plugin sign: a signature beside a plugin's file. */
#include "plugin.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli.h"

#include <stdio.h>
#include <string.h>

typedef struct arguments {
    plugin_file file;
    const char *key;
    bool is_library;
} arguments;

static const struct argp_option options[] = {
    {"key", 'k', "KEY", 0, "The private key: a PEM file, Ed25519", 0},
    {"library", 'l', NULL, 0, "FILE is a library of functions that a config names, no plugin", 0},
    {0}};

static const char doc[] =
    "Sign a plugin's file: FILE.sig is written beside it, with the SHA-256 of the file, what the "
    "file holds, and an Ed25519 signature over both."
    "\v"
    "The plugin is loaded, so only what a host would take is signed; a library is not. A signature "
    "that is there already is replaced; a later change of the file, by strip too, makes it "
    "worthless.\n"
    "\n"
    "Exit status: 2 if the key will not do, 3 if the file is refused.\n"
    "\n"
    "Examples:\n"
    "  openssl genpkey -algorithm ed25519 -out mine.key\n"
    "  openssl pkey -in mine.key -pubout -out trusted/mine.pem\n"
    "  quoin plugin sign build/mine.so --key mine.key\n"
    "  quoin plugin sign libmine.so --library --key mine.key";

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->file;
        return 0;
    case 'k':
        a->key = arg;
        return 0;
    case 'l':
        a->is_library = true;
        return 0;
    case ARGP_KEY_END:
        if (!a->key) cli_usage(state, "no --key is given");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&plugin_file_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = options, .parser = parse, .args_doc = "FILE", .doc = doc, .children = children};

/* ------------------------------------------------------------------ what is signed */

static struct json_object *json_signature(const char *path, const char *beside, const signature *s)
{
    struct json_object *o = json_object_new_object();
    struct json_object *list;
    char abi[24];
    bool is_whole;

    snprintf(abi, sizeof abi, "%u.%u", s->abi >> 16, s->abi & 0xffff);
    is_whole =
        json_put_text(o, "file", path) && json_put_text(o, "signature", beside) &&
        json_put_text(o, "key", s->key) && json_put_text(o, "sha256", s->sha256) &&
        json_put_text(o, "mapped", s->mapped) &&
        (s->build_id[0] ? json_put_text(o, "build", s->build_id) : json_put_null(o, "build")) &&
        (s->nclasses ? json_put_text(o, "abi", abi) : json_put_null(o, "abi"));
    list = json_put_array(o, "classes");
    is_whole = is_whole && list;
    for (uint32_t i = 0; i < s->nclasses && is_whole; i++) {
        const signature_class *c = &s->classes[i];
        struct json_object *one = json_append_object(list);
        is_whole = json_put_text(one, "id", c->id) && json_put_text(one, "kind", c->kind) &&
                   json_put_text(one, "version", c->version) &&
                   json_put_count(one, "state_schema", c->schema) &&
                   json_put_count(one, "state_schema_min", c->schema_min);
    }
    return json_whole(o, is_whole);
}

static void print_class(const signature_class *c)
{
    printf("  class     %s %s, %s, ", c->id, c->version, c->kind);
    if (c->schema)
        printf("state of layouts %u to %u\n", c->schema_min, c->schema);
    else
        printf("no state\n");
}

int plugin_print_signature(const char *path, const signature *s, bool is_json)
{
    char beside[PATH_ROOM];
    struct json_object *o;

    trust_signature_path(path, beside, NULL);
    if (is_json) {
        o = json_signature(path, beside, s);
        return cli_print_json(o, o != NULL, EXIT_DONE);
    }
    printf("  signature %s\n", beside);
    printf("  key       %s\n", s->key);
    printf("  sha256    %s\n", s->sha256);
    printf("  mapped    %s\n", s->mapped);
    printf("  build     %s\n", s->build_id[0] ? s->build_id : "-");
    if (s->nclasses)
        printf("  abi       %u.%u\n", s->abi >> 16, s->abi & 0xffff);
    else
        printf("  class     none: a library of functions\n");
    for (uint32_t i = 0; i < s->nclasses; i++)
        print_class(&s->classes[i]);
    return EXIT_DONE;
}

/* Everything but the key. A class that this host has no kind for could not be told of whole. */
static int32_t fill_in(const char *path, const module *m, signature *s, qn_err *err)
{
    const module_info *info = module_about(m);
    char *text = NULL;
    note n;
    int32_t rc = module_read_note(path, &n, &text, err);

    if (rc != QN_OK) return rc;
    mem_free(text);
    if (n.nclasses != info->nclasses)
        return fail(err, QN_E_UNSUPPORTED,
                    "%s has classes of kinds that this host does not know: sign it with one that "
                    "does",
                    path);
    *s = (signature){.abi = info->abi, .nclasses = info->nclasses};
    if ((rc = module_identify(path, s, err)) != QN_OK) return rc;
    if (strcmp(s->sha256, info->sha256) != 0)
        return fail(err, QN_E_MODULE_MISMATCH, "%s was replaced while it was being signed", path);
    for (uint32_t i = 0; i < info->nclasses; i++) {
        const qn_class *c = module_class_at(m, i);
        signature_class *to = &s->classes[i];
        snprintf(to->id, sizeof to->id, "%s", c->id);
        snprintf(to->kind, sizeof to->kind, "%s", c->kind);
        snprintf(to->version, sizeof to->version, "%s", c->version);
        to->schema_min = c->schema_min;
        to->schema = c->schema;
    }
    return QN_OK;
}

/* A library is not loaded: what it runs when it is, is its own. */
static int32_t fill_in_library(const char *path, signature *s, qn_err *err)
{
    char *text = NULL;
    note n;

    if (module_read_note(path, &n, &text, NULL) == QN_OK) {
        mem_free(text);
        return fail(err, QN_E_INVALID, "%s is a plugin: sign it without --library", path);
    }
    *s = (signature){0};
    return module_identify(path, s, err);
}

static int32_t identify(const arguments *a, module **m, signature *s, qn_err *err)
{
    qn_err why = QN_ERR_INIT;
    int32_t rc;

    if (a->is_library) return fill_in_library(a->file.path, s, err);
    rc = module_load(a->file.path, NULL, m, &why);
    if (rc == QN_E_ELF_NOTE)
        return fail(err, rc, "%s; a library of functions is signed with --library", why.msg);
    if (rc != QN_OK) return fail(err, rc, "%s", why.msg);
    return fill_in(a->file.path, *m, s, err);
}

static int32_t read_key(const char *path, signature_key **out, char id[SHA256_HEX], qn_err *err)
{
    char *pem;
    size_t size;

    if (file_read(path, &pem, &size, NULL) != QN_OK)
        return fail(err, QN_E_INVALID, "cannot read the key %s", path);
    *out = signature_key_private(pem, size, id);
    explicit_bzero(pem, size);
    mem_free(pem);
    if (*out) return QN_OK;
    return fail(err, QN_E_INVALID,
                "%s is no private key for Ed25519: `openssl genpkey -algorithm ed25519` makes one",
                path);
}

static int32_t write_signature(const char *path, const signature *s, qn_err *err)
{
    char text[SIGNATURE_TEXT];
    char beside[PATH_ROOM];
    size_t n = signature_write(s, text);
    int32_t rc = trust_signature_path(path, beside, err);

    return rc == QN_OK ? file_replace(beside, text, n, err) : rc;
}

/* A file that is refused exits 3 whatever the reason, as `show` does. */
static int refused(int32_t rc, const qn_err *err)
{
    cli_fail(rc, err);
    return rc == QN_E_NO_MEMORY ? EXIT_FAILED : EXIT_REFUSED;
}

int plugin_sign(int argc, char **argv)
{
    arguments a = {0};
    qn_err err = QN_ERR_INIT;
    signature_key *key = NULL;
    char id[SHA256_HEX];
    module *m = NULL;
    signature s;
    int status;
    int32_t rc;

    cli_parse(&argp, argc, argv, &a);
    if ((rc = read_key(a.key, &key, id, &err)) != QN_OK) return cli_fail(rc, &err);
    if ((rc = identify(&a, &m, &s, &err)) != QN_OK) {
        status = refused(rc, &err);
        goto done;
    }
    memcpy(s.key, id, sizeof s.key);
    rc = signature_make(&s, key, &err);
    if (rc == QN_OK) rc = write_signature(a.file.path, &s, &err);
    if (rc != QN_OK) {
        cli_fail(rc, &err);
        status = EXIT_FAILED;
        goto done;
    }
    if (!a.file.is_json) printf("%s is signed\n", a.file.path);
    status = plugin_print_signature(a.file.path, &s, a.file.is_json);
done:
    module_close(m);
    signature_key_free(key);
    return status;
}
