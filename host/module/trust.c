/* SPDX-License-Identifier: MIT */
#include "trust.h"

#include "access.h"
#include "base/fail.h"
#include "base/memory.h"
#include "config/config.h"
#include "module.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(SIGNATURE_CLASSES == MODULE_CLASSES, "a signature tells of all classes");

#define PEM_MAX 65536 /* bytes; a key has some hundred */

static const char *const policies[] = {"off", "taint", "require"};

const char *trust_policy_name(trust_policy policy)
{
    return policies[policy];
}

trust trust_from(const config_trust *from)
{
    trust t = {TRUST_OFF, from->keys};

    for (size_t i = 0; from->policy && i < sizeof policies / sizeof policies[0]; i++)
        if (strcmp(policies[i], from->policy) == 0) t.policy = (trust_policy)i;
    return t;
}

/* ------------------------------------------------------------------ keys */

/* Looking for one key in the folder. */
typedef struct search {
    const char *dir, *id;
    signature_key *found;
    uint32_t nkeys;
    char odd[64]; /* a file that holds no key, for the message */
} search;

static int32_t open_keys(const trust *t, DIR **out, qn_err *err)
{
    int32_t rc;

    if (!(*out = opendir(t->keys)))
        return fail(err, QN_E_SIGNATURE_KEY, "the folder of trusted keys %s cannot be read: %s",
                    t->keys, strerror(errno));
    if ((rc = access_check_dir(t->keys, "folder of trusted keys", err)) == QN_OK) return QN_OK;
    closedir(*out);
    *out = NULL;
    return rc;
}

int32_t trust_check_keys(const trust *t, qn_err *err)
{
    DIR *dir;
    int32_t rc;

    if (t->policy == TRUST_OFF) return QN_OK;
    if ((rc = open_keys(t, &dir, err)) != QN_OK) return rc;
    closedir(dir);
    return QN_OK;
}

/* The text of a key's file; NULL in *pem: it cannot be one of a key. */
static int32_t read_pem(const char *path, char **pem, size_t *size, qn_err *err)
{
    char real[PATH_ROOM];
    struct stat st;
    int32_t rc;

    *pem = NULL;
    if (stat(path, &st) != 0) return QN_OK; /* a link that leads nowhere */
    if ((rc = access_check(path, "trusted key", real, err)) != QN_OK) return rc;
    if (stat(real, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > PEM_MAX) return QN_OK;
    rc = file_read(real, pem, size, NULL);
    return rc == QN_E_NO_MEMORY ? fail(err, rc, "out of memory reading %s", path) : QN_OK;
}

static int32_t look_at(search *s, const char *name, qn_err *err)
{
    char path[PATH_ROOM];
    char id[SHA256_HEX];
    signature_key *key = NULL;
    size_t size = 0;
    char *pem;
    int32_t rc;

    if ((rc = path_join(s->dir, name, path, err)) != QN_OK) return rc;
    if ((rc = read_pem(path, &pem, &size, err)) != QN_OK) return rc;
    if (pem) key = signature_key_public(pem, size, id);
    mem_free(pem);
    if (!key) {
        snprintf(s->odd, sizeof s->odd, "%.63s", name);
        return QN_OK;
    }
    s->nkeys++;
    if (!s->found && strcmp(id, s->id) == 0)
        s->found = key;
    else
        signature_key_free(key);
    return QN_OK;
}

static bool is_pem(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && strcmp(name + len - 4, ".pem") == 0;
}

static int32_t tell_unknown(const search *s, qn_err *err)
{
    return fail(err, QN_E_SIGNATURE_KEY,
                "it is signed by key %.12s..., which is none of the %u public keys in %s%s%s%s",
                s->id, s->nkeys, s->dir, s->odd[0] ? " (" : "", s->odd,
                s->odd[0] ? " holds no Ed25519 public key)" : "");
}

/* All files are looked at: one that others may write is refused whichever key is wanted. */
static int32_t find_key(const trust *t, const char *id, signature_key **out, qn_err *err)
{
    search s = {.dir = t->keys, .id = id};
    struct dirent *entry;
    DIR *dir;
    int32_t rc = open_keys(t, &dir, err);

    if (rc != QN_OK) return rc;
    while (rc == QN_OK && (entry = readdir(dir)))
        if (is_pem(entry->d_name)) rc = look_at(&s, entry->d_name, err);
    closedir(dir);
    if (rc == QN_OK && !s.found) rc = tell_unknown(&s, err);
    if (rc == QN_OK)
        *out = s.found;
    else
        signature_key_free(s.found);
    return rc;
}

/* ------------------------------------------------------------------ judging */

int32_t trust_signature_path(const char *path, char to[PATH_ROOM], qn_err *err)
{
    if (snprintf(to, PATH_ROOM, "%s.sig", path) >= PATH_ROOM)
        return fail(err, QN_E_OVERFLOW, "path too long: %.64s...", path);
    return QN_OK;
}

/* What lies there and cannot be read is not nothing: it is refused under each policy that looks. */
static int32_t read_signature(const char *path, bool *is_there, signature *out, qn_err *err)
{
    char beside[PATH_ROOM];
    struct stat st;
    char *text;
    size_t size;
    int32_t rc;

    *is_there = false;
    if ((rc = trust_signature_path(path, beside, err)) != QN_OK) return rc;
    if (lstat(beside, &st) != 0 && errno == ENOENT) return QN_OK;
    if (stat(beside, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size >= SIGNATURE_TEXT ||
        file_read(beside, &text, &size, NULL) != QN_OK)
        return fail(err, QN_E_SIGNATURE_FORMAT,
                    "the signature beside it is not a file that can be read");
    rc = signature_read(text, size, out, err);
    mem_free(text);
    *is_there = rc == QN_OK;
    return rc;
}

/* The signature is right, and the file is not the one that it is of. */
static int32_t tell_change(const signature *s, const char *hash, trust_bytes content, qn_err *err)
{
    char mapped[SHA256_HEX];
    char build_id[IMAGE_BUILD_ID];
    image img;

    if (content.data && image_open(content.data, content.size, &img, NULL) == QN_OK) {
        if (image_mapped_hash(&img, mapped, NULL) == QN_OK && strcmp(mapped, s->mapped) == 0)
            return fail(err, QN_E_SIGNATURE_STRIPPED,
                        "what is loaded of it is as signed, the rest of the file is not: it was "
                        "stripped, or added to, after signing; strip first, then sign");
        image_build_id(&img, build_id);
        if (build_id[0] && s->build_id[0] && strcmp(build_id, s->build_id) != 0)
            return fail(err, QN_E_SIGNATURE_REPLACED,
                        "it is another build than the signed one: its build id is %.12s..., "
                        "signed was %.12s...",
                        build_id, s->build_id);
    }
    return fail(err, QN_E_SIGNATURE_ALTERED,
                "it was altered after signing: its SHA-256 is %.12s..., signed was %.12s...", hash,
                s->sha256);
}

int32_t trust_judge(const trust *t, const char *path, const char hash[SHA256_HEX],
                    trust_bytes content, bool *is_signed, signature *out, qn_err *err)
{
    signature_key *key;
    signature s;
    bool is_there;
    int32_t rc;

    *is_signed = false;
    if (t->policy == TRUST_OFF) return QN_OK;
    if ((rc = read_signature(path, &is_there, &s, err)) != QN_OK) return rc;
    if (!is_there && t->policy == TRUST_TAINT) return QN_OK;
    if (!is_there)
        return fail(err, QN_E_MODULE_UNSIGNED,
                    "it has no signature, and trust.policy = \"require\" asks for one: `quoin "
                    "plugin sign` makes it");
    if ((rc = find_key(t, s.key, &key, err)) != QN_OK) return rc;
    rc = signature_check(&s, key, err);
    signature_key_free(key);
    if (rc != QN_OK) return rc;
    if (strcmp(s.sha256, hash) != 0) return tell_change(&s, hash, content, err);
    *is_signed = true;
    *out = s;
    return QN_OK;
}

/* ------------------------------------------------------------------ the manifest */

int32_t trust_compare_note(const signature *s, const note *n, qn_err *err)
{
    bool is_same = s->abi == n->abi && s->nclasses == n->nclasses;

    for (uint32_t i = 0; is_same && i < n->nclasses; i++) {
        const signature_class *c = &s->classes[i];
        is_same = strcmp(c->id, n->classes[i].id) == 0 &&
                  strcmp(c->kind, n->classes[i].kind) == 0 &&
                  strcmp(c->version, n->classes[i].version) == 0;
    }
    return is_same ? QN_OK
                   : fail(err, QN_E_MODULE_MISMATCH,
                          "its note has other classes than its signature says");
}

int32_t trust_compare_state(const signature *s, const qn_class *c, qn_err *err)
{
    for (uint32_t i = 0; i < s->nclasses; i++) {
        const signature_class *of = &s->classes[i];
        if (strcmp(of->id, c->id) != 0) continue;
        if (of->schema_min == c->schema_min && of->schema == c->schema) return QN_OK;
        return fail(err, QN_E_MODULE_MISMATCH,
                    "its class %s reads state of layouts %u to %u, its signature says %u to %u",
                    c->id, c->schema_min, c->schema, of->schema_min, of->schema);
    }
    return fail(err, QN_E_MODULE_MISMATCH, "its class %s is not one that was signed", c->id);
}
