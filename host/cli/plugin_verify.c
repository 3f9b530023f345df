/* SPDX-License-Identifier: MIT
 *
 * quoin plugin verify: who has signed a plugin's file, and what. */
#include "plugin.h"

#include "base/fail.h"
#include "base/file.h"
#include "cli.h"
#include "module/access.h"
#include "module/trust.h"

#include <stdio.h>

typedef struct arguments {
    plugin_file file;
    const char *keys;
    bool is_library;
} arguments;

static const struct argp_option options[] = {
    {"trust", 't', "DIR", 0, "Folder of the trusted public keys, *.pem", 0},
    {"library", 'l', NULL, 0, "FILE is a library of functions that a config names, no plugin", 0},
    {0}};

static const char doc[] =
    "Tell who has signed a plugin's file and what was signed, if the signature FILE.sig is by a "
    "key in DIR and of this file. None of the plugin's code is run."
    "\v"
    "It is what a host with trust.policy = \"require\" asks of the file before it loads it.\n"
    "\n"
    "Exit status: 2 if there is no folder DIR, 3 if the file is refused.\n"
    "\n"
    "Example:\n"
    "  quoin plugin verify build/mine.so --trust trusted";

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->file;
        return 0;
    case 't':
        a->keys = arg;
        return 0;
    case 'l':
        a->is_library = true;
        return 0;
    case ARGP_KEY_END:
        if (!a->keys) cli_usage(state, "no --trust is given");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&plugin_file_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = options, .parser = parse, .args_doc = "FILE", .doc = doc, .children = children};

/* What the host asks of a library that the config names by its file. */
static int32_t verify_library(const char *path, const trust *t, signature *out, qn_err *err)
{
    char real[PATH_ROOM];
    char hash[SHA256_HEX];
    bool is_signed;
    int32_t rc = access_check(path, "library", real, err);

    if (rc == QN_OK) rc = file_sha256(real, hash, err);
    return rc == QN_OK ? trust_judge(t, real, hash, (trust_bytes){0}, &is_signed, out, err) : rc;
}

int plugin_verify(int argc, char **argv)
{
    arguments a = {0};
    qn_err err = QN_ERR_INIT;
    trust t = {.policy = TRUST_REQUIRE};
    signature s;
    int32_t rc;

    cli_parse(&argp, argc, argv, &a);
    if (!file_exists(a.keys)) {
        fail(&err, QN_E_INVALID, "there is no folder %s", a.keys);
        return cli_fail(QN_E_INVALID, &err);
    }
    t.keys = a.keys;
    rc = a.is_library ? verify_library(a.file.path, &t, &s, &err)
                      : module_verify(a.file.path, &t, &s, &err);
    if (rc != QN_OK) {
        cli_fail(rc, &err);
        return rc == QN_E_NO_MEMORY ? EXIT_FAILED : EXIT_REFUSED;
    }
    if (!a.file.is_json) printf("%s is signed by a trusted key\n", a.file.path);
    return plugin_print_signature(a.file.path, &s, a.file.is_json);
}
