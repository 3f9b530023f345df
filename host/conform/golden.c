/* SPDX-License-Identifier: MIT
 *
 * The check of states that an author keeps: one file for each layout that was ever released,
 * FOLDER/CLASS/LAYOUT.state. A file is a JSON object and behind its line the bytes that a build of
 * that time saved:
 *
 *   {
 *     "state_file": 1,
 *     "class": "strategy/mine", "version": "1.0.0", "layout": 1,
 *     "instruments": 2, "params": { "length": "20" },
 *     "bytes": 212, "sha256": "..."
 *   }
 *
 * Parameters stand in it because a state belongs to them (a window has the length that they say),
 * and because defaults change. */
#include "drive.h"

#include "base/fail.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_FORMAT 1
#define MINUTES 120u /* before a state is kept */
#define AFTER 10u    /* minutes that a plugin goes on with what it loaded */
#define KEPT 64u     /* layouts at most */
#define SETS 128u    /* parameters of a kept state, and those that the user sets */

static const shim_mode plain = {.shape = HOST_PLAIN};

/* ------------------------------------------------------------------ a file */

/* A state that was read. What `head` and `data` hold is borrowed by the rest. */
typedef struct kept {
    char *data;
    struct json_object *head;
    const void *bytes;
    uint64_t n;
    uint32_t slots;
    char *sets[SETS]; /* "key=value"; the first `nowned` are ours */
    size_t nsets, nowned;
} kept;

static void kept_free(kept *k)
{
    for (size_t i = 0; i < k->nowned; i++)
        mem_free(k->sets[i]);
    json_object_put(k->head);
    mem_free(k->data);
}

static int64_t head_number(const kept *k, const char *key)
{
    struct json_object *value = json_get(k->head, key, json_type_int);

    return value ? json_object_get_int64(value) : -1;
}

/* The head, and where it ends: a brace in a line of its own, which is in no text of JSON. False: it
 * is none. */
static bool read_head(kept *k, size_t size, size_t *end)
{
    static const char brace[] = "\n}\n";
    const char *last = memmem(k->data, size, brace, sizeof brace - 1);
    struct json_tokener *tok = last ? json_tokener_new() : NULL;

    if (!tok) return false;
    *end = (size_t)(last - k->data) + sizeof brace - 1;
    if (*end < INT32_MAX) k->head = json_tokener_parse_ex(tok, k->data, (int)*end);
    json_tokener_free(tok);
    return json_object_is_type(k->head, json_type_object);
}

static bool has_param(const qn_class *cls, const char *key)
{
    for (uint32_t i = 0; i < cls->params.nrows; i++)
        if (strcmp(((const qn_param *)qn_table_row(&cls->params, i))->key, key) == 0) return true;
    return false;
}

static bool take_param(kept *k, const subject *s, const char *key, const char *text)
{
    size_t n = strlen(key) + 1 + strlen(text) + 1;

    if (!has_param(s->cls, key)) return true;
    if (k->nsets == SETS || !(k->sets[k->nsets] = mem_new(n, 1))) return false;
    snprintf(k->sets[k->nsets++], n, "%s=%s", key, text);
    return true;
}

/* The parameters of that time, but for those that the class has no more; what the user says now
 * counts more. */
static bool take_params(kept *k, const subject *s)
{
    struct json_object *params = json_get(k->head, "params", json_type_object);
    struct json_object_iterator at, end;
    bool is_whole = params != NULL;

    if (!params) return false;
    at = json_object_iter_begin(params);
    end = json_object_iter_end(params);
    for (; is_whole && !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *text = json_object_get_string(json_object_iter_peek_value(&at));
        is_whole = take_param(k, s, json_object_iter_peek_name(&at), text ? text : "");
    }
    k->nowned = k->nsets;
    for (size_t i = 0; is_whole && i < s->nsets; i++) {
        is_whole = k->nsets < SETS;
        if (is_whole) k->sets[k->nsets++] = (char *)(uintptr_t)s->sets[i];
    }
    return is_whole;
}

/* Read a file. False: it is damaged, or of something else, and f says so. */
static bool kept_read(kept *k, const subject *s, const char *path, uint32_t layout, finding *f)
{
    qn_err err = QN_ERR_INIT;
    char hash[SHA256_HEX];
    const char *cls, *sum;
    size_t size, end;

    *k = (kept){.data = NULL};
    if (file_read(path, &k->data, &size, &err) != QN_OK) {
        broken(f, "%s", err.msg);
        return false;
    }
    if (!read_head(k, size, &end) || head_number(k, "state_file") != FILE_FORMAT) {
        broken(f, "%s is no file that `plugin check --keep` wrote", path);
        return false;
    }
    k->bytes = k->data + end;
    k->n = size - end;
    cls = json_get_text(k->head, "class");
    sum = json_get_text(k->head, "sha256");
    if (!sum || head_number(k, "bytes") != (int64_t)k->n ||
        sha256_of(k->bytes, k->n, hash, &err) != QN_OK || strcmp(hash, sum) != 0)
        broken(f, "%s is damaged: the state in it is not the one that was kept", path);
    else if (!cls || strcmp(cls, s->class_id) != 0 || head_number(k, "layout") != layout)
        broken(f, "%s holds layout %lld of %.63s, and its name says layout %u of %s", path,
               (long long)head_number(k, "layout"), cls ? cls : "no class", layout, s->class_id);
    else if (!take_params(k, s))
        broken(f, "%s: its parameters cannot be read", path);
    k->slots = head_number(k, "instruments") == 1 ? 1 : DRIVE_SLOTS;
    return f->state == CONFORM_PASSED;
}

/* Text of a parameter in the instance whose state is kept; NULL: not worth keeping. A path is
 * another one each time, and what a secret says is nobody's business. */
static const char *param_text(const subject *s, const qn_param *p, char room[256])
{
    size_t len = strlen(p->key);

    if (p->type == QN_PARAM_TYPE_PATH || p->type == QN_PARAM_TYPE_SECRET) return NULL;
    for (size_t i = s->nsets; i-- > 0;)
        if (strncmp(s->sets[i], p->key, len) == 0 && s->sets[i][len] == '=')
            return s->sets[i] + len + 1;
    if (p->def) return p->def;
    if (!(p->flags & QN_PARAM_REQUIRED)) return NULL;
    drive_value(s, p, room);
    return room;
}

static struct json_object *head_of(const subject *s, const void *bytes, uint64_t n, qn_err *err)
{
    struct json_object *o = json_object_new_object();
    struct json_object *params;
    char hash[SHA256_HEX];
    bool is_whole =
        sha256_of(bytes, n, hash, err) == QN_OK && json_put_count(o, "state_file", FILE_FORMAT) &&
        json_put_text(o, "class", s->class_id) && json_put_text(o, "version", s->cls->version) &&
        json_put_count(o, "layout", s->cls->schema) && json_put_count(o, "instruments", s->slots) &&
        json_put_count(o, "bytes", n) && json_put_text(o, "sha256", hash) &&
        (params = json_put_object(o, "params"));

    for (uint32_t i = 0; is_whole && i < s->cls->params.nrows; i++) {
        const qn_param *p = qn_table_row(&s->cls->params, i);
        char room[256];
        const char *text = param_text(s, p, room);
        if (text) is_whole = json_put_text(params, p->key, text);
    }
    return json_whole(o, is_whole);
}

static int32_t write_file(const subject *s, const char *path, const void *bytes, uint64_t n,
                          qn_err *err)
{
    struct json_object *head = head_of(s, bytes, n, err);
    const char *text = json_text(head);
    char folder[PATH_ROOM];
    file_out to;
    int32_t rc = text ? path_dir(path, folder, err) : fail(err, QN_E_NO_MEMORY, "out of memory");

    if (rc == QN_OK) rc = dir_make(folder, err);
    if (rc == QN_OK) rc = file_out_open(&to, path, err);
    if (rc == QN_OK) {
        file_out_text(&to, text);
        file_out_text(&to, "\n");
        file_out_write(&to, bytes, n);
        rc = file_out_close(&to, false, err);
    }
    json_object_put(head);
    return rc;
}

static void keep(const subject *s, const char *path, finding *f)
{
    qn_err err = QN_ERR_INIT;
    const void *bytes;
    uint64_t n;
    drive d;

    if (!drive_run(&d, s, s->seed, MINUTES, f)) return;
    bytes = qn_bench_save(d.b, &n);
    if (drive_failure(&d))
        broken(f, "%s", drive_failure(&d));
    else if (write_file(s, path, bytes, n, &err) != QN_OK)
        broken(f, "cannot keep its state: %s", err.msg);
    drive_close(&d);
}

/* ------------------------------------------------------------------ the check */

/* What it made of the old state is whole: of its own layout the very bytes, of an older one bytes
 * that it loads again. */
static void compare_saved(drive *d, const kept *k, bool is_own, finding *f)
{
    uint64_t n, again;
    const void *now = qn_bench_save(d->b, &n);
    void *first = now ? mem_new(n + 1, 1) : NULL;

    if (!first) return;
    memcpy(first, now, n);
    if (is_own && (n != k->n || memcmp(first, k->bytes, n) != 0))
        broken(f, "it saves other bytes than it loaded: the layout is another one by now, and has "
                  "the same number");
    qn_bench_reload(d->b);
    now = qn_bench_save(d->b, &again);
    if (f->state == CONFORM_PASSED && (!now || again != n || memcmp(first, now, n) != 0))
        broken(f, "what it made of it is saved and loaded as something else");
    mem_free(first);
}

static void load_kept(const subject *s, const kept *k, uint32_t layout, finding *f)
{
    subject then = *s;
    drive d;

    then.sets = (const char *const *)k->sets;
    then.nsets = k->nsets;
    if (then.slots > k->slots) then.slots = k->slots;
    shim_wrap(s->cls, &plain);
    if (!drive_run(&d, &then, s->seed, 0, f)) return;
    if (qn_bench_load(d.b, layout, k->bytes, k->n) != QN_OK)
        broken(f, "it is refused: %s", qn_bench_reason(d.b));
    else
        compare_saved(&d, k, layout == s->cls->schema, f);
    if (f->state == CONFORM_PASSED) drive_go(&d, AFTER);
    if (drive_failure(&d)) broken(f, "%s", drive_failure(&d));
    drive_close(&d);
}

static void try_layout(const subject *s, const char *folder, uint32_t layout, finding *f)
{
    char path[PATH_ROOM + 160];
    finding found = {0};
    kept k;

    snprintf(path, sizeof path, "%s/%u.state", folder, layout);
    doing_what("the state that is kept in %s", path);
    if (layout > s->cls->schema) {
        broken(f, "%s: this build knows layouts up to %u: a number was taken back", path,
               s->cls->schema);
        return;
    }
    if (kept_read(&k, s, path, layout, f)) {
        load_kept(s, &k, layout, &found);
        if (found.state == CONFORM_FAILED) broken(f, "%s: %s", path, found.text);
    }
    kept_free(&k);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* The layouts that are kept, in their order. */
static size_t list(const char *folder, uint32_t layouts[KEPT])
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    size_t n = 0;

    while (dir && n < KEPT && (entry = readdir(dir))) {
        char *end;
        unsigned long number = strtoul(entry->d_name, &end, 10);
        if (number > 0 && number < UINT32_MAX && strcmp(end, ".state") == 0 &&
            entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            layouts[n++] = (uint32_t)number;
    }
    if (dir) closedir(dir);
    qsort(layouts, n, sizeof *layouts, by_number);
    return n;
}

/* "layouts 1, 2", and what a reader should know of others. */
static void tell(const subject *s, const uint32_t *layouts, size_t n, finding *f)
{
    bool has_own = n > 0 && layouts[n - 1] == s->cls->schema;
    char text[400];
    size_t used = 0;
    size_t loaded = 0;

    for (size_t i = 0; i < n && used < sizeof text - 16; i++)
        if (layouts[i] >= s->cls->schema_min)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%u",
                                     loaded++ ? ", " : "layout ", layouts[i]);
    if (!has_own) snprintf(text + used, sizeof text - used, "; %u is not kept yet", s->cls->schema);
    if (n == 0)
        skipped(f, "no state of it is kept in the folder (--keep)");
    else
        noted(f, "%s", text);
}

void check_golden(const subject *s, finding *f)
{
    uint32_t layouts[KEPT];
    char folder[PATH_ROOM + 80];
    char own[PATH_ROOM + 120];
    size_t n;

    if (!s->cls->schema) {
        skipped(f, "the class keeps no state");
        return;
    }
    if (!s->golden) {
        skipped(f, "no states of released layouts are kept: there is no folder golden beside the "
                   "file (--golden)");
        return;
    }
    snprintf(folder, sizeof folder, "%s/%s", s->golden, s->class_id);
    snprintf(own, sizeof own, "%s/%u.state", folder, s->cls->schema);
    shim_wrap(s->cls, &plain);
    if (s->keeps && !file_exists(own)) keep(s, own, f);
    n = list(folder, layouts);
    for (size_t i = 0; i < n && f->state == CONFORM_PASSED; i++)
        if (layouts[i] >= s->cls->schema_min) try_layout(s, folder, layouts[i], f);
    if (f->state == CONFORM_PASSED) tell(s, layouts, n, f);
}
