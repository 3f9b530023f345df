/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/file.h"

#include <string.h>

/* An empty config that knows its file. On error the caller closes it. */
static int32_t prepare(config *cfg, const char *path, qn_err *err)
{
    char dir[PATH_ROOM];
    int32_t rc;

    if ((rc = path_dir(path, dir, err)) != QN_OK) return rc;
    cfg->file = mem_text(path);
    cfg->dir = mem_text(strcmp(dir, ".") == 0 ? "" : dir);
    cfg->hash = sha256_new();
    if (!cfg->file || !cfg->dir || !cfg->hash ||
        !mem_reserve((void **)&cfg->mistakes, &cfg->mistakes_room, 1, sizeof *cfg->mistakes))
        return fail(err, QN_E_NO_MEMORY, "out of memory reading %s", path);
    return QN_OK;
}

/* "sma" for "conf/sma.cfg". */
static const char *name_of_file(config *cfg)
{
    const char *slash = strrchr(cfg->file, '/');
    const char *name = slash ? slash + 1 : cfg->file;
    const char *dot = strrchr(name, '.');

    return config_text_n(cfg, name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

/* What the run does first, then what says where it is kept. */
static int32_t hash_sets(config *cfg, qn_err *err)
{
    int32_t rc;

    for (size_t i = 0; i < cfg->run.nsets; i++)
        if (!set_is_of_place(cfg->run.sets[i])) set_hash(cfg, cfg->run.sets[i]);
    if ((rc = sha256_hex(cfg->hash, cfg->identity, err)) != QN_OK) return rc;
    for (size_t i = 0; i < cfg->run.nsets; i++)
        if (set_is_of_place(cfg->run.sets[i])) set_hash(cfg, cfg->run.sets[i]);
    return sha256_hex(cfg->hash, cfg->sha256, err);
}

static int32_t load(config *cfg, const char *path, const char *const *sets, size_t nsets,
                    qn_err *err)
{
    tokens ts = {0};
    int32_t rc;

    if ((rc = tokens_read_file(cfg, path, &ts, err)) != QN_OK) goto done;
    if ((rc = tree_build(cfg, &ts, &cfg->root)) != QN_OK) goto done;
    for (size_t i = 0; rc == QN_OK && i < nsets; i++)
        rc = tree_set(cfg, sets[i]);
    if (rc != QN_OK) goto done;
    if (cfg->root) {
        schema_read(cfg);
        config_check(cfg);
    }
    if (!cfg->run.name) cfg->run.name = name_of_file(cfg);
    cfg->run.sets = sets;
    cfg->run.nsets = nsets;
    cfg->run.file = cfg->file;
    rc = hash_sets(cfg, err);
done:
    mem_free(ts.items);
    if (rc == QN_OK && cfg->is_out_of_memory) rc = QN_E_NO_MEMORY;
    if (rc == QN_E_NO_MEMORY) fail(err, rc, "out of memory reading %s", path);
    return rc;
}

int32_t config_open(const char *path, const char *const *sets, size_t nsets, config **out,
                    qn_err *err)
{
    config *cfg = mem_new(1, sizeof *cfg);
    int32_t rc;

    if (!cfg) return fail(err, QN_E_NO_MEMORY, "out of memory reading %s", path);
    if ((rc = prepare(cfg, path, err)) == QN_OK) rc = load(cfg, path, sets, nsets, err);
    sha256_free(cfg->hash);
    cfg->hash = NULL;
    if (rc == QN_OK)
        *out = cfg;
    else
        config_close(cfg);
    return rc;
}

void config_close(config *cfg)
{
    if (!cfg) return;
    while (cfg->secrets) {
        secret *s = cfg->secrets;
        cfg->secrets = s->next;
        explicit_bzero(s->text, s->len);
        mem_free(s);
    }
    mem_free(cfg->mistakes);
    mem_free(cfg->files);
    mem_free(cfg->dir);
    mem_free(cfg->file);
    arena_free(&cfg->arena);
    mem_free(cfg);
}

const config_run *config_get(const config *cfg)
{
    return &cfg->run;
}

const char *config_identity(const config *cfg)
{
    return cfg->identity;
}

const char *config_sha256(const config *cfg)
{
    return cfg->sha256;
}

/* The child of a group by its key, of a list by the id of its elements; `len` bytes of name. */
static const config_node *find_child(const config_node *node, const char *name, size_t len)
{
    for (const config_node *c = node->first; c; c = c->next) {
        const config_node *id = !c->name && c->kind == NODE_GROUP ? node_child(c, "id") : NULL;
        const char *is_called = id ? id->text : c->name;
        if (is_called && strncmp(is_called, name, len) == 0 && !is_called[len]) return c;
    }
    return NULL;
}

const config_node *config_find(const config *cfg, const char *path)
{
    const config_node *node = cfg->root;

    while (node && *path) {
        size_t len = strcspn(path, ".");
        node = find_child(node, path, len);
        path += len + (path[len] == '.');
    }
    return node;
}
