/* SPDX-License-Identifier: MIT */
#include "module.h"

#include "access.h"
#include "attach.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "cache.h"
#include "kind.h"
#include "note.h"
#include "rules.h"
#include "table.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Time for the first run of a build's entry point, which returns the address of a table. */
#define PROBE_LIMIT_S 5

#define FILE_MAX ((off_t)256 << 20) /* bytes; it is read into memory */

static _Atomic uint32_t retired;

/* Puts the file's name in front of a reason; the end of a path says more than its start. */
static int32_t about(const char *path, int32_t code, qn_err *err)
{
    char reason[sizeof err->msg];
    size_t len = strlen(path);

    if (code == QN_OK || !err) return code;
    snprintf(reason, sizeof reason, "%s", err->msg);
    if (len <= 80) return fail(err, code, "%s: %s", path, reason);
    return fail(err, code, "...%s: %s", path + len - 80, reason);
}

/* A file on its way to being loaded. The bytes are read once into our own memory: what is
 * checked, hashed and copied can't change in between. */
typedef struct candidate {
    char *data;
    size_t size;
    image img;
    note note;
    char *note_text;
    verdict verdict;
    bool is_signed;
    signature signature;
} candidate;

struct module {
    module_info info;
    attachment image;
    arena memory; /* the paths and all descriptors */
    qn_class *classes;
    module_door door; /* all NULL: none */
    void *inside;     /* the door's image */
    candidate *waits; /* what it is to be held against once it is entered */
};

static void candidate_free(candidate *c)
{
    mem_free(c->note_text);
    mem_free(c->data);
    *c = (candidate){0};
}

/* Before it is opened: a pipe would block us, and a huge file is no plugin. */
static int32_t check_file(const char *path, qn_err *err)
{
    struct stat st;

    if (stat(path, &st) != 0) return fail_errno(err, "cannot open it");
    if (!S_ISREG(st.st_mode)) return fail(err, QN_E_ELF_FORMAT, "not a regular file");
    if (st.st_size > FILE_MAX)
        return fail(err, QN_E_ELF_FORMAT, "a file of %lld bytes; a plugin has at most %lld",
                    (long long)st.st_size, (long long)FILE_MAX);
    return QN_OK;
}

static int32_t preflight(const char *path, const trust *t, candidate *c, module_info *info,
                         qn_err *err)
{
    char hash[SHA256_HEX];
    char real[PATH_ROOM];
    int32_t rc;

    if ((rc = check_file(path, err)) != QN_OK) return rc;
    if ((rc = access_check(path, "module", real, err)) != QN_OK) return rc;
    if ((rc = file_read(real, &c->data, &c->size, err)) != QN_OK) return rc;
    if ((rc = sha256_of(c->data, c->size, hash, err)) != QN_OK) return rc;
    /* first of all: what nobody has signed is not even parsed */
    rc = trust_judge(t, path, hash, (trust_bytes){c->data, c->size}, &c->is_signed, &c->signature,
                     err);
    if (rc != QN_OK) return rc;
    if ((rc = image_open(c->data, c->size, &c->img, err)) != QN_OK) return rc;
    if ((rc = note_read(&c->img, &c->note, &c->note_text, err)) != QN_OK) return rc;
    if (c->is_signed && (rc = trust_compare_note(&c->signature, &c->note, err)) != QN_OK) return rc;
    if ((rc = rules_check(&c->img, &c->note, profile_here(), &c->verdict, err)) != QN_OK) return rc;
    *info = (module_info){.path = path,
                          .abi = c->note.abi,
                          .tier = c->note.tier,
                          .can_close = c->verdict.can_close,
                          .is_dev = c->verdict.is_dev,
                          .kept_because = c->verdict.kept_because,
                          .is_signed = c->is_signed,
                          .nclasses = c->note.nclasses};
    memcpy(info->sha256, hash, sizeof hash);
    if (c->is_signed) memcpy(info->signed_by, c->signature.key, sizeof info->signed_by);
    image_build_id(&c->img, info->build_id);
    return QN_OK;
}

int32_t module_preflight(const char *path, module_info *info, qn_err *err)
{
    const trust off = {TRUST_OFF, NULL};
    candidate c = {0};
    module_info found;
    int32_t rc = preflight(path, &off, &c, &found, err);

    if (rc == QN_OK) *info = found;
    candidate_free(&c);
    return about(path, rc, err);
}

int32_t module_identify(const char *path, signature *out, qn_err *err)
{
    candidate c = {0};
    int32_t rc = file_read(path, &c.data, &c.size, err);

    if (rc == QN_OK) rc = image_open(c.data, c.size, &c.img, err);
    if (rc == QN_OK) rc = sha256_of(c.data, c.size, out->sha256, err);
    if (rc == QN_OK) rc = image_mapped_hash(&c.img, out->mapped, err);
    if (rc == QN_OK) image_build_id(&c.img, out->build_id);
    candidate_free(&c);
    return about(path, rc, err);
}

int32_t module_verify(const char *path, const trust *t, signature *out, qn_err *err)
{
    candidate c = {0};
    module_info found;
    int32_t rc = preflight(path, t, &c, &found, err);

    if (rc == QN_OK) *out = c.signature;
    candidate_free(&c);
    return about(path, rc, err);
}

/* Copies the descriptors of the classes whose kind this host has; names the others. */
static int32_t adopt(module *m, const candidate *from, const qn_module *table, qn_err *err)
{
    uint32_t n = 0;

    m->classes = arena_alloc(&m->memory, m->info.nclasses * sizeof *m->classes, _Alignof(qn_class));
    if (!m->classes) return fail(err, QN_E_NO_MEMORY, "out of memory");
    for (uint32_t i = 0; i < m->info.nclasses; i++) {
        const qn_class *c = table->classes[i];
        const kind *k = kind_find(c->kind);
        int32_t rc;
        if (!k || !k->table_size) {
            log_line(LOG_WARNING, "%s: class %s is hidden: this host has no kind %s", m->info.path,
                     c->id, c->kind);
            continue;
        }
        if (from->is_signed && (rc = trust_compare_state(&from->signature, c, err)) != QN_OK)
            return rc;
        if ((rc = table_copy_class(c, &m->memory, &m->classes[n++], err)) != QN_OK) return rc;
    }
    m->info.nclasses = n;
    if (n == 0)
        return fail(err, QN_E_UNSUPPORTED, "this host has none of the kinds of its classes");
    return QN_OK;
}

/* Copy, try out if it is new, attach. */
static int32_t bring_in(module *m, const candidate *c, const char *cache, qn_err *err)
{
    char dir[PATH_ROOM];
    char copy[PATH_ROOM];
    const char *sha = m->info.sha256;
    int32_t rc;

    if ((rc = cache_dir(cache, dir, err)) != QN_OK) return rc;
    if ((rc = cache_copy(dir, sha, c->data, c->size, copy, err)) != QN_OK) return rc;
    m->info.path = arena_text_n(&m->memory, m->info.path, strlen(m->info.path));
    m->info.copy_path = arena_text_n(&m->memory, copy, strlen(copy));
    if (!m->info.path || !m->info.copy_path) return fail(err, QN_E_NO_MEMORY, "out of memory");
    if (m->door.load) return m->door.load(m->door.ctx, copy, &m->inside, err);
    if (!cache_is_proven(dir, sha)) {
        if ((rc = probe(copy, &c->note, PROBE_LIMIT_S, err)) != QN_OK) return rc;
        cache_prove(dir, sha);
    }
    if ((rc = attach(copy, &c->note, m->info.can_close, &m->image, err)) != QN_OK) return rc;
    return adopt(m, c, m->image.table, err);
}

/* What is left of a module. The file's bytes are gone; its note stays until it is entered. */
static void module_free(module *m)
{
    if (m->inside) m->door.close(m->inside);
    detach(&m->image);
    if (m->waits) candidate_free(m->waits);
    mem_free(m->waits);
    arena_free(&m->memory);
    mem_free(m);
}

/* The note and the signature are kept for module_enter. */
static int32_t keep_waiting(module *m, candidate *c, qn_err *err)
{
    if (!(m->waits = mem_new(1, sizeof *m->waits)))
        return fail(err, QN_E_NO_MEMORY, "out of memory loading %s", m->info.path);
    mem_free(c->data);
    c->data = NULL;
    *m->waits = *c;
    *c = (candidate){0};
    m->info.can_close = true; /* its image ends with the door's */
    m->info.kept_because = NULL;
    m->info.nclasses = 0;
    return QN_OK;
}

int32_t module_enter(module *m, qn_err *err)
{
    const qn_module *table;
    candidate *c = m->waits;
    int32_t rc;

    if (!c) return QN_OK;
    m->info.nclasses = c->note.nclasses;
    rc = m->door.enter(m->door.ctx, m->inside, c->note.abi, &table, err);
    if (rc == QN_OK) rc = table_check(table, &c->note, err);
    if (rc == QN_OK) rc = adopt(m, c, table, err);
    if (rc != QN_OK) m->info.nclasses = 0;
    candidate_free(c);
    mem_free(c);
    m->waits = NULL;
    return about(m->info.path, rc, err);
}

void module_bind(const module *m, const qn_class *cls, void *self)
{
    if (m->inside) m->door.bind(m->inside, cls, self);
}

void *module_door_of(const module *m)
{
    return m->door.ctx;
}

int32_t module_load(const char *path, const module_options *options, module **out, qn_err *err)
{
    const module_options plain = {0};
    candidate c = {0};
    module *m = mem_new(1, sizeof *m);
    int32_t rc;

    if (!m) return fail(err, QN_E_NO_MEMORY, "out of memory loading %s", path);
    if (!options) options = &plain;
    if (options->door) m->door = *options->door;
    if ((rc = preflight(path, &options->trust, &c, &m->info, err)) != QN_OK) goto done;
    if ((rc = bring_in(m, &c, options->cache_dir, err)) != QN_OK) goto done;
    if (m->door.load && (rc = keep_waiting(m, &c, err)) != QN_OK) goto done;
    *out = m;
    m = NULL;
done:
    candidate_free(&c);
    if (m) module_free(m);
    return about(path, rc, err);
}

int32_t module_load_cached(const char *hash, const char *cache, const module_door *door,
                           module **out, qn_err *err)
{
    const module_options how = {.cache_dir = cache, .door = door};
    char dir[PATH_ROOM];
    char path[PATH_ROOM];
    qn_err why = QN_ERR_INIT;
    int32_t rc = cache_dir(cache, dir, err);

    if (rc != QN_OK) return rc;
    if (cache_find(dir, hash, path, &why) == QN_OK) return module_load(path, &how, out, err);
    return fail(err, QN_E_MODULE_MISMATCH,
                "the build %.64s is not in the module cache %.80s any more: `quoin plugin show "
                "FILE` with its file puts it there",
                hash, dir);
}

void module_close(module *m)
{
    if (!m) return;
    /* a counter and nothing else: no order with other memory is needed */
    if (!m->info.can_close) atomic_fetch_add_explicit(&retired, 1, memory_order_relaxed);
    module_free(m);
}

uint32_t module_retired(void)
{
    return atomic_load_explicit(&retired, memory_order_relaxed);
}

const module_info *module_about(const module *m)
{
    return &m->info;
}

const qn_class *module_class_at(const module *m, uint32_t i)
{
    return i < m->info.nclasses ? &m->classes[i] : NULL;
}

const qn_class *module_class(const module *m, const char *class_id)
{
    for (uint32_t i = 0; i < m->info.nclasses; i++)
        if (strcmp(m->classes[i].id, class_id) == 0) return &m->classes[i];
    return NULL;
}

int32_t module_read_note(const char *path, note *out, char **text, qn_err *err)
{
    file_map map = {0};
    image img;
    int32_t rc;

    if ((rc = check_file(path, err)) != QN_OK) return about(path, rc, err);
    if ((rc = file_map_open(path, &map, err)) != QN_OK) return rc;
    if ((rc = image_open(map.data, map.size, &img, err)) == QN_OK)
        rc = note_read(&img, out, text, err);
    file_map_close(&map);
    return about(path, rc, err);
}
