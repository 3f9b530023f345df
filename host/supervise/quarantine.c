/* SPDX-License-Identifier: MIT */
#include "quarantine.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FILE_NAME "quarantine.json"
#define LOCK_NAME "quarantine.lock"
#define FORMAT 1

/* ------------------------------------------------------------------ the file */

static void copy_text(struct json_object *from, const char *key, char *to, size_t room)
{
    const char *text = json_get_text(from, key);

    snprintf(to, room, "%s", text ? text : "");
}

static bool read_time(const char *text, int64_t *out)
{
    return text && time_parse(text, strlen(text), out) == QN_OK;
}

static bool read_build(struct json_object *from, quarantine_build *to)
{
    struct json_object *crashes = json_get(from, "crashes", json_type_array);
    const char *since = json_get_text(from, "quarantined");
    size_t n = crashes ? json_object_array_length(crashes) : 0;

    *to = (quarantine_build){0};
    copy_text(from, "sha256", to->sha256, sizeof to->sha256);
    copy_text(from, "class", to->class_id, sizeof to->class_id);
    copy_text(from, "version", to->version, sizeof to->version);
    copy_text(from, "file", to->file, sizeof to->file);
    for (size_t i = n > QUARANTINE_CRASHES ? n - QUARANTINE_CRASHES : 0; i < n; i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(crashes, i));
        if (!read_time(text, &to->crashes[to->ncrashes++])) return false;
    }
    return strlen(to->sha256) == SHA256_HEX - 1 && crashes &&
           (!since || read_time(since, &to->since));
}

static int32_t parse(const char *path, const char *text, quarantine *q, qn_err *err)
{
    struct json_object *root = json_tokener_parse(text);
    struct json_object *version = json_get(root, "version", json_type_int);
    struct json_object *builds = json_get(root, "builds", json_type_array);
    size_t n = builds ? json_object_array_length(builds) : 0;
    bool is_whole = version && json_object_get_int(version) == FORMAT && builds;

    for (size_t i = n > QUARANTINE_BUILDS ? n - QUARANTINE_BUILDS : 0; is_whole && i < n; i++)
        is_whole = read_build(json_object_array_get_idx(builds, i), &q->builds[q->n++]);
    json_object_put(root);
    return is_whole ? QN_OK
                    : fail(err, QN_E_DAMAGED,
                           "%s is no list of builds in quarantine: mend it, or remove it to begin "
                           "a new one",
                           path);
}

quarantine *quarantine_read(const char *store, qn_err *err)
{
    char path[PATH_ROOM];
    quarantine *q = mem_new(1, sizeof *q);
    char *text = NULL;
    size_t size;
    int32_t rc = q ? path_join(store, FILE_NAME, path, err)
                   : fail(err, QN_E_NO_MEMORY, "no memory for the list of builds in quarantine");

    if (rc == QN_OK && file_exists(path)) {
        rc = file_read(path, &text, &size, err);
        if (rc == QN_OK) rc = parse(path, text, q, err);
        mem_free(text);
    }
    if (rc == QN_OK) return q;
    mem_free(q);
    return NULL;
}

static bool put_build(struct json_object *list, const quarantine_build *b)
{
    struct json_object *o = json_append_object(list);
    struct json_object *crashes;
    char text[TIME_TEXT];
    bool is_whole =
        json_put_text(o, "sha256", b->sha256) && json_put_text(o, "class", b->class_id) &&
        json_put_text(o, "version", b->version) && json_put_text(o, "file", b->file) &&
        (b->since ? json_put_time(o, "quarantined", b->since) : json_put_null(o, "quarantined")) &&
        (crashes = json_put_array(o, "crashes"));

    for (uint32_t i = 0; is_whole && i < b->ncrashes; i++) {
        time_format(b->crashes[i], text);
        is_whole = json_append(crashes, json_object_new_string(text));
    }
    return is_whole;
}

static int32_t save(const char *store, const quarantine *q, qn_err *err)
{
    char path[PATH_ROOM];
    struct json_object *root = json_object_new_object();
    struct json_object *list;
    bool is_whole =
        json_put_count(root, "version", FORMAT) && (list = json_put_array(root, "builds"));
    const char *text;
    int32_t rc;

    for (uint32_t i = 0; is_whole && i < q->n; i++)
        is_whole = put_build(list, &q->builds[i]);
    text = is_whole ? json_text(root) : NULL;
    rc = text ? path_join(store, FILE_NAME, path, err)
              : fail(err, QN_E_NO_MEMORY, "no memory for the list of builds in quarantine");
    if (rc == QN_OK) rc = file_replace(path, text, strlen(text), err);
    json_object_put(root);
    return rc;
}

/* ------------------------------------------------------------------ changing it */

/* The descriptor that holds the lock, or -1. */
static int lock(const char *store, qn_err *err)
{
    char path[PATH_ROOM];
    int fd = -1;

    if (path_join(store, LOCK_NAME, path, err) != QN_OK) return -1;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        fail_errno(err, "%s", path);
        return -1;
    }
    while (flock(fd, LOCK_EX) != 0 && errno == EINTR) {
    }
    return fd;
}

static void remove_at(quarantine *q, uint32_t i)
{
    memmove(&q->builds[i], &q->builds[i + 1], (--q->n - i) * sizeof q->builds[0]);
}

/* Its place, made where there is none, as the last one: the one that has not crashed for longest
 * makes room. */
static quarantine_build *place_of(quarantine *q, const slot_row *build)
{
    quarantine_build known = {0};

    snprintf(known.sha256, sizeof known.sha256, "%.64s", build->sha256);
    for (uint32_t i = 0; i < q->n; i++) {
        if (strcmp(q->builds[i].sha256, build->sha256) != 0) continue;
        known = q->builds[i];
        remove_at(q, i);
        break;
    }
    if (q->n == QUARANTINE_BUILDS) remove_at(q, 0);
    q->builds[q->n] = known;
    return &q->builds[q->n++];
}

static void note(quarantine_build *b, const slot_row *build, int64_t now,
                 const quarantine_rule *rule)
{
    uint32_t n = 0;

    snprintf(b->class_id, sizeof b->class_id, "%s", build->class_id);
    snprintf(b->version, sizeof b->version, "%s", build->version);
    snprintf(b->file, sizeof b->file, "%s", build->path);
    if (b->ncrashes == QUARANTINE_CRASHES)
        memmove(b->crashes, b->crashes + 1, --b->ncrashes * sizeof b->crashes[0]);
    b->crashes[b->ncrashes++] = now;
    for (uint32_t i = 0; i < b->ncrashes; i++)
        n += now - b->crashes[i] <= rule->window;
    if (!b->since && rule->crashes && n >= rule->crashes) b->since = now;
}

int32_t quarantine_note(const char *store, const slot_row *build, int64_t now,
                        const quarantine_rule *rule, bool *is_in, qn_err *err)
{
    int held = lock(store, err);
    quarantine *q = held >= 0 ? quarantine_read(store, err) : NULL;
    quarantine_build *b;
    int32_t rc = QN_E_IO;

    if (q) {
        b = place_of(q, build);
        note(b, build, now, rule);
        *is_in = b->since != 0;
        rc = save(store, q, err);
    }
    mem_free(q);
    if (held >= 0) close(held);
    return rc;
}

int32_t quarantine_lift(const char *store, const char *hash, uint32_t *n, qn_err *err)
{
    int held = lock(store, err);
    quarantine *q = held >= 0 ? quarantine_read(store, err) : NULL;
    uint32_t left = 0;
    int32_t rc = q ? QN_OK : QN_E_IO;

    *n = 0;
    for (uint32_t i = 0; q && i < q->n; i++) {
        if (strncmp(q->builds[i].sha256, hash, strlen(hash)) == 0)
            ++*n;
        else
            q->builds[left++] = q->builds[i];
    }
    if (q) q->n = left;
    if (*n) rc = save(store, q, err);
    mem_free(q);
    if (held >= 0) close(held);
    return rc;
}

const quarantine_build *quarantine_find(const quarantine *q, const char *hash)
{
    for (uint32_t i = 0; i < q->n; i++)
        if (q->builds[i].since && strcmp(q->builds[i].sha256, hash) == 0) return &q->builds[i];
    return NULL;
}
