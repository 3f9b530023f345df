/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include "crash.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "crashes"
#define NAMES_MAX 4096u

/* ------------------------------------------------------------------ copying files */

#define PIECE 65536u

static bool is_zero(const char *p, size_t n)
{
    return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

/* Runs of zeros become holes: a ring is mostly empty. */
static int32_t copy_open(int from, int to, const char *name, qn_err *err)
{
    static char piece[PIECE];
    off_t at = 0;
    ssize_t n;

    while ((n = pread(from, piece, sizeof piece, at)) > 0) {
        if (!is_zero(piece, (size_t)n) && pwrite(to, piece, (size_t)n, at) != n)
            return fail_errno(err, "%s", name);
        at += n;
    }
    if (n < 0 || ftruncate(to, at) != 0) return fail_errno(err, "%s", name);
    return QN_OK;
}

static int32_t copy_file(const char *from, const char *dir, const char *name, qn_err *err)
{
    char path[PATH_ROOM];
    int32_t rc = path_join(dir, name, path, err);
    int in = rc == QN_OK ? open(from, O_RDONLY | O_CLOEXEC) : -1;
    int out;

    if (rc != QN_OK) return rc;
    if (in < 0) return fail_errno(err, "%s", from);
    out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    rc = out < 0 ? fail_errno(err, "%s", path) : copy_open(in, out, path, err);
    if (out >= 0 && close(out) != 0 && rc == QN_OK) rc = fail_errno(err, "%s", path);
    close(in);
    return rc;
}

static const char *const store_files[] = {"data.mdb", "ring", "lock"};
#define STORE_FILES (sizeof store_files / sizeof store_files[0])

static uint64_t store_bytes(const char *store)
{
    uint64_t sum = 0;
    char path[PATH_ROOM];
    struct stat s;

    for (size_t i = 0; i < STORE_FILES; i++)
        if (path_join(store, store_files[i], path, NULL) == QN_OK && stat(path, &s) == 0)
            sum += (uint64_t)s.st_blocks * 512;
    return sum;
}

/* False if it is too large to be kept. */
static int32_t copy_store(const char *store, const char *dir, bool *is_kept, qn_err *err)
{
    char to[PATH_ROOM];
    char from[PATH_ROOM];
    int32_t rc;

    *is_kept = store_bytes(store) <= BUNDLE_STORE_BYTES;
    if (!*is_kept) return QN_OK;
    if ((rc = path_join(dir, "store", to, err)) != QN_OK) return rc;
    if ((rc = dir_make(to, err)) != QN_OK) return rc;
    for (size_t i = 0; i < STORE_FILES && rc == QN_OK; i++) {
        rc = path_join(store, store_files[i], from, err);
        if (rc == QN_OK && file_exists(from)) rc = copy_file(from, to, store_files[i], err);
    }
    return rc;
}

/* ------------------------------------------------------------------ where it was */

/* "crash.so+0x1139": the file that lay at an address, and the place in it. Empty: nothing did. */
static void place_of(const crash_record *c, uint64_t address, char *to, size_t room)
{
    const char *end = c->maps + c->nmaps;

    to[0] = '\0';
    for (const char *line = c->maps; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        uint64_t low;
        uint64_t high;
        uint64_t offset;
        int at = 0;
        char text[512];
        if (!next) return; /* the last line is cut */
        snprintf(text, sizeof text, "%.*s", (int)(next - line), line);
        if (sscanf(text, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %n", &low, &high, &offset,
                   &at) == 3 &&
            address >= low && address < high) {
            snprintf(to, room, "%s+0x%" PRIx64, at && text[at] ? text + at : "memory",
                     address - low + offset);
            return;
        }
        line = next + 1;
    }
}

static bool put_hex(struct json_object *o, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "0x%" PRIx64, value);
    return json_put_text(o, key, text);
}

static bool put_frames(struct json_object *o, const crash_record *c)
{
    struct json_object *list = json_put_array(o, "backtrace");
    char text[640];
    bool is_whole = list != NULL;

    for (uint32_t i = 0; is_whole && i < c->nframes && i < SLOT_FRAMES; i++) {
        place_of(c, c->frames[i], text, sizeof text);
        is_whole = json_append(list, json_object_new_string(text));
    }
    return is_whole;
}

static const char *kind_name(uint32_t kind)
{
    return kind == CRASH_EXIT ? "exit" : kind == CRASH_HUNG ? "hung" : "signal";
}

static bool put_crash(struct json_object *o, const slot_page *page)
{
    static const slot_row host = {.id = "host"};
    const crash_record *c = &page->crash;
    const slot_row *row = slot_row_of(page, c->word);
    char where[640];
    bool is_plugin = row != NULL;

    if (!row) row = &host;
    place_of(c, c->at, where, sizeof where);
    return json_put_text(o, "plugin", row->id) && json_put_text(o, "kind", row->kind) &&
           json_put_text(o, "class", row->class_id) && json_put_text(o, "version", row->version) &&
           json_put_text(o, "sha256", is_plugin ? row->sha256 : NULL) &&
           json_put_text(o, "file", is_plugin ? row->path : NULL) &&
           json_put_text(o, "callback",
                         is_plugin ? slot_call_name(SLOT_WORD_CALL(c->word)) : NULL) &&
           (c->has_seq ? json_put_count(o, "seq", c->seq) : json_put_null(o, "seq")) &&
           json_put_text(o, "how", kind_name(c->kind)) &&
           json_put_text(o, "signal", c->signal ? crash_signal_name(c->signal) : NULL) &&
           put_hex(o, "address", c->address) && put_hex(o, "instruction", c->at) &&
           json_put_text(o, "where", where) && put_frames(o, c);
}

static bool put_sets(struct json_object *o, const bundle_spec *spec)
{
    struct json_object *list = json_put_array(o, "sets");
    bool is_whole = list != NULL;

    for (size_t i = 0; is_whole && i < spec->nsets; i++)
        is_whole = json_append(list, json_object_new_string(spec->sets[i]));
    return is_whole;
}

static int32_t write_json(const bundle_spec *spec, const slot_page *page, int64_t now,
                          bool has_store, const char *dir, qn_err *err)
{
    struct json_object *o = json_object_new_object();
    char text[CRASH_TEXT];
    char path[PATH_ROOM];
    bool is_whole = json_put_count(o, "format", BUNDLE_FORMAT) && json_put_time(o, "at", now);
    int32_t rc;

    crash_describe(page, text);
    is_whole = is_whole && json_put_text(o, "what", text) && put_crash(o, page) &&
               json_put_text(o, "host_version", spec->version) &&
               json_put_text(o, "config", spec->config) && put_sets(o, spec) &&
               json_put_text(o, "store", has_store ? "store" : NULL);
    rc = path_join(dir, "crash.json", path, err);
    if (rc == QN_OK && (!is_whole || !json_text(o)))
        rc = fail(err, QN_E_NO_MEMORY, "no memory for %s", path);
    if (rc == QN_OK) rc = file_replace(path, json_text(o), strlen(json_text(o)), err);
    json_object_put(o);
    return rc;
}

/* ------------------------------------------------------------------ the folder */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void remove_tree(const char *path)
{
    char inner[PATH_ROOM];
    DIR *d = opendir(path);
    const struct dirent *entry;

    while (d && (entry = readdir(d))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (path_join(path, entry->d_name, inner, NULL) != QN_OK) continue;
        if (unlink(inner) != 0 && errno == EISDIR) remove_tree(inner);
    }
    if (d) closedir(d);
    rmdir(path);
}

/* Names begin with their time. */
static void remove_old(const char *folder, uint32_t keep)
{
    char path[PATH_ROOM];
    char **names = mem_new(NAMES_MAX, sizeof *names);
    DIR *d = opendir(folder);
    const struct dirent *entry;
    uint32_t n = 0;

    while (names && d && n < NAMES_MAX && (entry = readdir(d)))
        if (entry->d_name[0] != '.' && (names[n] = mem_text(entry->d_name))) n++;
    if (n) qsort(names, n, sizeof *names, by_name);
    for (uint32_t i = 0; i < n; i++) {
        if (i + keep < n && path_join(folder, names[i], path, NULL) == QN_OK) remove_tree(path);
        mem_free(names[i]);
    }
    if (d) closedir(d);
    mem_free(names);
}

static int32_t make_folder(const bundle_spec *spec, int64_t now, char path[PATH_ROOM], qn_err *err)
{
    char folder[PATH_ROOM];
    char time[TIME_TEXT];
    char name[TIME_TEXT];
    size_t n = 0;
    int32_t rc = path_join(spec->store, FOLDER, folder, err);

    if (rc != QN_OK) return rc;
    time_format(now, time);
    for (const char *p = time; *p; p++)
        if (*p != '-' && *p != ':') name[n++] = *p;
    name[n] = '\0';
    if ((rc = path_join(folder, name, path, err)) != QN_OK) return rc;
    if ((rc = dir_make(path, err)) == QN_OK) remove_old(folder, spec->keep);
    return rc;
}

int32_t bundle_write(const bundle_spec *spec, const slot_page *page, int64_t now,
                     char path[PATH_ROOM], bool *has_store, qn_err *err)
{
    const slot_row *row = slot_row_of(page, page->crash.word);
    char maps[PATH_ROOM];
    int32_t rc = make_folder(spec, now, path, err);
    int32_t copied;

    *has_store = false;
    if (rc != QN_OK) return rc;
    rc = copy_file(spec->config, path, "config.cfg", err);
    if (row && row->copy[0] && (copied = copy_file(row->copy, path, "module.so", err)) != QN_OK)
        rc = copied;
    if (path_join(path, "maps.txt", maps, NULL) == QN_OK &&
        (copied = file_replace(maps, page->crash.maps, page->crash.nmaps, err)) != QN_OK)
        rc = copied;
    if ((copied = copy_store(spec->store, path, has_store, err)) != QN_OK) {
        rc = copied;
        *has_store = false;
    }
    copied = write_json(spec, page, now, *has_store, path, err);
    return rc == QN_OK ? copied : rc;
}
