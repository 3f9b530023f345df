/* SPDX-License-Identifier: MIT
 *
 * trials.log: what is known of a search, one line a result.
 *
 *   xxxxxxxx {JSON}\n      the checksum (CRC32C, hex) of the JSON, and the JSON
 *
 * The first line says what the results are results of: format, config, data, plugins, host. Each
 * other one is the result of a trial on `train` or on `test`. Lines are only added, each by one
 * write, in the order in which results came in; the order of trials is in their numbers.
 *
 * A process that is killed leaves whole lines behind it, at worst a part of the last one; a power
 * loss may cut more off, because the disk is asked to hold the file once a second. A last line that
 * is not whole is taken away, and its trial run again. Damage anywhere else is an error. */
#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT 1
#define SUM_TEXT 9 /* eight digits and a blank */

/* Where the lines of a trial stand in the text, 0 = there is none: on train, on test. */
typedef struct places {
    size_t at[2];
} places;

struct record {
    int fd;
    char *text; /* the file as it was when it was opened, its line ends NULs */
    size_t size;
    places *trials; /* by number - 1 */
    size_t ntrials, room;
    int64_t synced; /* steady time */
    char path[PATH_ROOM];
};

static int32_t damaged(const record *r, size_t line, const char *what, qn_err *err)
{
    return fail(err, QN_E_DAMAGED, "%s: line %zu %s; `--fresh` begins the search anew", r->path,
                line, what);
}

/* The JSON of a line whose checksum is right; NULL otherwise. */
static const char *line_json(const char *line)
{
    char sum[SUM_TEXT + 1];

    if (strlen(line) < SUM_TEXT + 2) return NULL;
    snprintf(sum, sizeof sum, "%08x ", (unsigned)crc32c(line + SUM_TEXT, strlen(line + SUM_TEXT)));
    return memcmp(sum, line, SUM_TEXT) == 0 ? line + SUM_TEXT : NULL;
}

static int32_t write_line(record *r, struct json_object *line, qn_err *err)
{
    const char *json = json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN);
    size_t n = json ? strlen(json) : 0;
    char *text = json ? mem_new(1, SUM_TEXT + n + 2) : NULL;
    ssize_t put;

    if (!text) return fail(err, QN_E_NO_MEMORY, "no memory for a line of %s", r->path);
    snprintf(text, SUM_TEXT + n + 2, "%08x %s\n", (unsigned)crc32c(json, n), json);
    put = write(r->fd, text, SUM_TEXT + n + 1);
    mem_free(text);
    if (put < 0) return fail_errno(err, "cannot write %s", r->path);
    if ((size_t)put != SUM_TEXT + n + 1)
        return fail(err, QN_E_IO, "cannot write %s: no room on the disk", r->path);
    return QN_OK;
}

/* ------------------------------------------------------------------ opening */

/* What keeps results apart from those of something else, by the names of the first line. */
static const struct {
    const char *key, *what;
} parts[] = {
    {"format", "by another version of the program"},
    {"host_version", "by another version of the program"},
    {"config", "of another config or other --set arguments"},
    {"data", "of other data"},
    {"plugins", "of other builds of the plugins"},
    {"figures", "by a version of the program that knows other figures"},
};

static int32_t check_identity(const record *r, struct json_object *expected, qn_err *err)
{
    const char *json = line_json(r->text);
    struct json_object *found = json ? json_tokener_parse(json) : NULL;
    int32_t rc = found ? QN_OK : damaged(r, 1, "is damaged", err);

    for (size_t i = 0; rc == QN_OK && i < sizeof parts / sizeof parts[0]; i++)
        if (!json_object_equal(json_object_object_get(found, parts[i].key),
                               json_object_object_get(expected, parts[i].key)))
            rc = fail(err, QN_E_STATE,
                      "%s holds trials %s: give the search another tuner.path, or begin it anew "
                      "with --fresh",
                      r->path, parts[i].what);
    json_object_put(found);
    return rc;
}

static int32_t note_place(record *r, size_t line, const char *json, qn_err *err)
{
    struct json_object *o = json_tokener_parse(json);
    int64_t number = json_object_get_int64(json_object_object_get(o, "trial"));
    const char *on = json_object_get_string(json_object_object_get(o, "on"));
    void *grown = r->trials;
    int32_t rc = QN_OK;

    if (number < 1 || number > INT32_MAX || !on) {
        rc = damaged(r, line, "is no result of a trial", err);
    } else if (!mem_reserve(&grown, &r->room, (size_t)number, sizeof *r->trials)) {
        rc = fail(err, QN_E_NO_MEMORY, "no memory for the trials of %s", r->path);
    } else {
        r->trials = grown;
        for (; r->ntrials < (size_t)number; r->ntrials++)
            r->trials[r->ntrials] = (places){0};
        r->trials[number - 1].at[strcmp(on, "test") == 0] = (size_t)(json - r->text);
    }
    json_object_put(o);
    return rc;
}

/* Cuts the text into lines. What stands behind the last line end was never finished. */
static int32_t read_lines(record *r, struct json_object *identity, qn_err *err)
{
    char *end = r->size ? memrchr(r->text, '\n', r->size) : NULL;
    size_t whole = end ? (size_t)(end - r->text) + 1 : 0;
    size_t line = 1;
    int32_t rc;

    if (whole < r->size && ftruncate(r->fd, (off_t)whole) != 0)
        return fail_errno(err, "cannot cut the end of %s", r->path);
    if (whole == 0) return write_line(r, identity, err);
    for (size_t i = 0; i < whole; i++)
        if (r->text[i] == '\n') r->text[i] = '\0';
    if ((rc = check_identity(r, identity, err)) != QN_OK) return rc;
    for (size_t at = strlen(r->text) + 1; at < whole; at += strlen(r->text + at) + 1) {
        const char *json = line_json(r->text + at);
        line++;
        if (!json) return damaged(r, line, "is damaged", err);
        if ((rc = note_place(r, line, json, err)) != QN_OK) return rc;
    }
    return QN_OK;
}

static int32_t open_file(record *r, bool is_fresh, qn_err *err)
{
    r->fd = open(r->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (r->fd < 0) return fail_errno(err, "cannot open %s", r->path);
    if (flock(r->fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK
                   ? fail(err, QN_E_BUSY, "another process searches in the folder of %s", r->path)
                   : fail_errno(err, "cannot lock %s", r->path);
    if (is_fresh && ftruncate(r->fd, 0) != 0) return fail_errno(err, "cannot empty %s", r->path);
    return file_read(r->path, &r->text, &r->size, err);
}

int32_t record_open(const char *folder, struct json_object *identity, bool is_fresh, record **out,
                    qn_err *err)
{
    record *r = mem_new(1, sizeof *r);
    int32_t rc;

    if (!r) return fail(err, QN_E_NO_MEMORY, "no memory for the results");
    r->fd = -1;
    json_object_object_add(identity, "format", json_object_new_int(FORMAT));
    if ((rc = dir_make(folder, err)) == QN_OK) rc = path_join(folder, "trials.log", r->path, err);
    if (rc == QN_OK) rc = open_file(r, is_fresh, err);
    if (rc == QN_OK) rc = read_lines(r, identity, err);
    if (rc == QN_OK) rc = dir_sync(folder, err);
    if (rc == QN_OK)
        *out = r;
    else
        record_close(r, NULL);
    return rc;
}

int32_t record_close(record *r, qn_err *err)
{
    int32_t rc = QN_OK;

    if (!r) return QN_OK;
    if (r->fd >= 0 && fdatasync(r->fd) != 0) rc = fail_errno(err, "cannot write %s", r->path);
    if (r->fd >= 0) close(r->fd);
    mem_free(r->trials);
    mem_free(r->text);
    mem_free(r);
    return rc;
}

void record_forget(record *r)
{
    close(r->fd);
}

/* ------------------------------------------------------------------ results */

int32_t record_find(record *r, uint64_t number, bool is_test, struct json_object **out, qn_err *err)
{
    size_t at = number <= r->ntrials ? r->trials[number - 1].at[is_test] : 0;

    *out = NULL;
    if (at == 0) return QN_OK;
    if (!(*out = json_tokener_parse(r->text + at)))
        return fail(err, QN_E_NO_MEMORY, "no memory for the results");
    return QN_OK;
}

int32_t record_add(record *r, struct json_object *line, qn_err *err)
{
    int32_t rc = line ? write_line(r, line, err)
                      : fail(err, QN_E_NO_MEMORY, "no memory for a line of %s", r->path);

    json_object_put(line);
    if (rc == QN_OK && clock_steady() - r->synced > QN_NS_PER_S) {
        r->synced = clock_steady();
        if (fdatasync(r->fd) != 0) rc = fail_errno(err, "cannot write %s", r->path);
    }
    return rc;
}
