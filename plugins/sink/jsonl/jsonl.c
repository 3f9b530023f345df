/* SPDX-License-Identifier: MIT
 *
 * sink/jsonl: records as lines of JSON in a file (<quoin/sdk/record.h> says how they look).
 *
 * The first line of a run is {"seq":0,"type":"run","run":"ID"}. A new run begins the file anew;
 * with `append` it goes on behind the runs that are there. A file that does not begin with such a
 * line is somebody else's, and left as it is.
 *
 * Exactly once: the host gives everything behind the cursor again after a restart, so what a crash
 * left behind the cursor, a torn line included, is cut off first. A run that is gone on with needs
 * the file that it wrote: another run's is refused, never overwritten. What the file has lost up to
 * the cursor cannot be had again, and is told.
 *
 * A batch is written at a place of the file that moves on when all of it was: a try that failed (a
 * full disk) leaves nothing that the next one does not write over. */
#include "resume.h"

#include <quoin/sdk/record.h>
#include <quoin/sdk/sink.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_ROOM 4096
#define BUFFER_BYTES (256u << 10)

typedef struct jsonl {
    qn_str path, types;
    int64_t flush, append;
    uint64_t wanted; /* bit for each type that is written */
    qn_record_names names;
    const qn_host *host;
    qn_text buffer;
    int fd;
    uint64_t end; /* of what was written whole, bytes */
    char name[PATH_ROOM];
} jsonl;

static const qn_param params[] = {
    QN_PARAM(jsonl, path, PATH, "", "file to write", .flags = QN_PARAM_REQUIRED),
    QN_PARAM(
        jsonl, types, STRING, "",
        "types of records to write, with commas between them (\"order,fill,verdict\"); gaps are "
        "always written; all when absent",
        .flags = QN_PARAM_OPTIONAL),
    QN_PARAM(jsonl, flush, BOOL, "",
             "bring each batch to the disk before it counts as written: nothing is lost when the "
             "power fails",
             .def = "false"),
    QN_PARAM(jsonl, append, BOOL, "",
             "a new run goes on behind the runs that the file has, instead of beginning it anew",
             .def = "false"),
};

/* ------------------------------------------------------------------ parameters */

static int is_blank(char c)
{
    return c == ' ' || c == ',';
}

/* "order, fill" as bits. */
static int32_t read_types(jsonl *s, qn_err *err)
{
    const char *at = s->types.ptr;
    const char *end = at + s->types.len;

    s->wanted = UINT64_C(1) << QN_EVENT_GAP;
    while (at < end) {
        const char *word = at;
        uint32_t type;

        while (at < end && !is_blank(*at))
            at++;
        type = qn_record_type_named(word, (uint64_t)(at - word));
        if (at > word && !type)
            return qn_fail(err, QN_E_UNKNOWN_NAME, "types: \"%.*s\" is no type of record",
                           (int)(at - word), word);
        s->wanted |= type ? UINT64_C(1) << type : 0;
        while (at < end && is_blank(*at))
            at++;
    }
    return QN_OK;
}

static int32_t configure(jsonl *s, const qn_setup *setup, qn_err *err)
{
    s->fd = -1;
    s->host = setup->host;
    s->wanted = UINT64_MAX;
    s->names.instruments = setup->instruments;
    s->names.ninstruments = setup->ninstruments;
    if (s->path.len == 0 || s->path.len >= sizeof s->name || memchr(s->path.ptr, 0, s->path.len))
        return qn_fail(err, QN_E_RANGE, "path must have 1 to %u bytes", PATH_ROOM - 1);
    memcpy(s->name, s->path.ptr, s->path.len);
    s->buffer.room = BUFFER_BYTES;
    s->buffer.to = s->host->alloc(s->host->ctx, BUFFER_BYTES, 1);
    if (!s->buffer.to) return qn_fail(err, QN_E_NO_MEMORY, "no memory for a buffer");
    return s->types.ptr ? read_types(s, err) : QN_OK;
}

/* ------------------------------------------------------------------ the file */

static int32_t fail_file(const jsonl *s, const char *what, qn_err *err)
{
    int32_t code = errno == ENOENT ? QN_E_NOT_FOUND : QN_E_IO;
    char why[128];

    if (strerror_r(errno, why, sizeof why) != 0) why[0] = '\0';
    return qn_fail(err, code, "cannot %s %s: %s", what, s->name, why);
}

/* The folders above the file, as far as they are missing. */
static int32_t make_folders(jsonl *s, qn_err *err)
{
    for (char *slash = strchr(s->name + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        int failed;

        *slash = '\0';
        failed = mkdir(s->name, 0777) != 0 && errno != EEXIST;
        if (failed) fail_file(s, "make", err);
        *slash = '/';
        if (failed) return QN_E_IO;
    }
    return QN_OK;
}

/* A file that another program made is not to be lost by a wrong path. */
static int32_t check_owner(const jsonl *s, qn_err *err)
{
    char bytes[sizeof RUN_LINE_BEGIN - 1];
    ssize_t n = pread(s->fd, bytes, sizeof bytes, 0);

    if (n < 0) return fail_file(s, "read", err);
    if (n == 0 || is_of_sink(bytes, (uint64_t)n)) return QN_OK;
    return qn_fail(err, QN_E_EXISTS,
                   "%s exists, and was not written by sink/jsonl: move it away, or give another "
                   "path",
                   s->name);
}

static int32_t open_file(jsonl *s, qn_err *err)
{
    struct stat st;

    s->fd = open(s->name, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (s->fd < 0 || fstat(s->fd, &st) != 0) return fail_file(s, "open", err);
    if (!S_ISREG(st.st_mode)) return qn_fail(err, QN_E_TYPE, "%s is no regular file", s->name);
    if (flock(s->fd, LOCK_EX | LOCK_NB) != 0)
        return qn_fail(err, QN_E_BUSY, "%s is being written by another sink", s->name);
    s->end = (uint64_t)st.st_size;
    return check_owner(s, err);
}

static void log_text(const jsonl *s, int32_t level, const char *text)
{
    s->host->log(s->host->ctx, level, (qn_str){text, strlen(text)});
}

/* The file may have lost what it had: it was cut, or the power failed. With all types each number
 * has a line; with some of them the numbers do not tell, but for that of a line that was torn. */
static void tell_missing(const jsonl *s, uint64_t last, uint64_t torn, uint64_t cursor)
{
    int is_torn = torn && torn <= cursor;
    char text[PATH_ROOM + 256];

    if (last == cursor && !is_torn) return;
    if (is_torn || s->wanted == UINT64_MAX) {
        snprintf(text, sizeof text,
                 "%s goes up to record %llu: it has lost what it had from record %llu on, up to "
                 "%llu",
                 s->name, (unsigned long long)last, (unsigned long long)(is_torn ? torn : last + 1),
                 (unsigned long long)cursor);
        log_text(s, QN_LOG_WARNING, text);
    } else {
        snprintf(text, sizeof text,
                 "%s goes up to record %llu, and on behind %llu: whether there were others of its "
                 "types in between cannot be told",
                 s->name, (unsigned long long)last, (unsigned long long)cursor);
        log_text(s, QN_LOG_INFO, text);
    }
}

/* Where the file goes on. *is_begun: it has the beginning of this run. With cursor 0 that is a run
 * that ended before its cursor was saved; any other file is then gone on with at its end. */
static int32_t find_end(jsonl *s, const char *run_id, uint64_t cursor, int *is_begun, qn_err *err)
{
    uint64_t size = s->end;
    resume_place at;
    qn_err why = QN_ERR_INIT;
    uint64_t torn;
    int32_t rc;
    void *bytes;

    if (size == 0) return QN_OK;
    bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, s->fd, 0);
    if (bytes == MAP_FAILED) return fail_file(s, "read", err);
    s->end = whole_lines(bytes, size);
    torn = torn_seq((const char *)bytes + s->end, size - s->end);
    rc = s->end ? resume_at(bytes, s->end, run_id, cursor, &at, &why) : QN_OK;
    munmap(bytes, size);
    if (s->end == 0 || (rc != QN_OK && cursor == 0)) return QN_OK;
    if (rc != QN_OK)
        return qn_fail(err, rc, "%s cannot be gone on with: %s; move it away, or give another path",
                       s->name, why.msg);
    *is_begun = 1;
    s->end = at.end;
    tell_missing(s, at.last, torn, cursor);
    return QN_OK;
}

/* Write the buffer at *at and move *at behind it. */
static int32_t write_buffer(jsonl *s, uint64_t *at, qn_err *err)
{
    const char *from = s->buffer.to;
    uint64_t left = s->buffer.used;

    while (left > 0) {
        ssize_t n = pwrite(s->fd, from, left, (off_t)*at);

        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_file(s, "write", err);
        from += n;
        left -= (uint64_t)n;
        *at += (uint64_t)n;
    }
    qn_text_back_to(&s->buffer, 0);
    return QN_OK;
}

/* What was written up to `at` counts from now on. */
static int32_t commit(jsonl *s, uint64_t at, qn_err *err)
{
    if (s->flush && fdatasync(s->fd) != 0) return fail_file(s, "sync", err);
    s->end = at;
    return QN_OK;
}

static int32_t begin_run(jsonl *s, const char *run_id, qn_err *err)
{
    uint64_t at = s->end;
    int32_t rc;

    qn_text_back_to(&s->buffer, 0);
    qn_text_add(&s->buffer, RUN_LINE_BEGIN);
    qn_text_add_json(&s->buffer, run_id);
    qn_text_add(&s->buffer, RUN_LINE_END);
    rc = write_buffer(s, &at, err);
    return rc != QN_OK ? rc : commit(s, at, err);
}

/* The run is gone on with, and its file is not there. */
static void tell_new(const jsonl *s, uint64_t cursor)
{
    char text[PATH_ROOM + 128];

    snprintf(text, sizeof text,
             "%s is new, or empty: it lacks the run's beginning, records 1 to %llu", s->name,
             (unsigned long long)cursor);
    log_text(s, QN_LOG_WARNING, text);
}

static int32_t prepare(jsonl *s, const qn_sink_start *start, qn_err *err)
{
    char room[512];
    qn_text id = QN_TEXT(room);
    int is_begun = 0;
    int32_t rc;

    qn_text_add_json(&id, start->run_id);
    if (id.is_cut) return qn_fail(err, QN_E_RANGE, "the run's id is too long");
    if (start->cursor == 0 && !s->append)
        s->end = 0;
    else if ((rc = find_end(s, room, start->cursor, &is_begun, err)) != QN_OK)
        return rc;
    if (ftruncate(s->fd, (off_t)s->end) != 0) return fail_file(s, "cut", err);
    if (is_begun) return QN_OK;
    if (start->cursor) tell_new(s, start->cursor);
    return begin_run(s, start->run_id, err);
}

static int32_t start(jsonl *s, const qn_sink_start *start, qn_err *err)
{
    int32_t rc;

    s->names.strategies = start->strategies;
    s->names.nstrategies = start->nstrategies;
    s->names.modules = start->modules;
    s->names.nmodules = start->nmodules;
    s->names.features = start->features;
    s->names.nfeatures = start->nfeatures;
    if ((rc = make_folders(s, err)) != QN_OK) return rc;
    if ((rc = open_file(s, err)) == QN_OK) rc = prepare(s, start, err);
    if (rc != QN_OK && s->fd >= 0) {
        close(s->fd);
        s->fd = -1;
    }
    return rc;
}

/* ------------------------------------------------------------------ batches */

/* One line into the buffer. QN_E_FULL: the buffer has to be written first. */
static int32_t add_line(jsonl *s, const qn_event *ev)
{
    uint64_t before = s->buffer.used;
    int32_t rc = qn_record_json(&s->buffer, ev, &s->names);

    if (rc != QN_OK) return rc;
    qn_text_add_char(&s->buffer, '\n');
    if (!s->buffer.is_cut) return QN_OK;
    qn_text_back_to(&s->buffer, before);
    return QN_E_FULL;
}

static int32_t take(jsonl *s, const qn_batch *batch, qn_err *err)
{
    uint64_t at = s->end;
    int32_t rc = QN_OK;

    qn_text_back_to(&s->buffer, 0); /* what a try that failed has left */
    for (const qn_event *ev = NULL; rc == QN_OK && (ev = qn_batch_next(batch, ev));) {
        if (ev->type >= QN_EVENT_TYPES || !(s->wanted >> ev->type & 1)) continue;
        if (!qn_record_row_of(ev->type)) continue; /* of a later version */
        if (add_line(s, ev) == QN_OK) continue;
        rc = write_buffer(s, &at, err);
        if (rc == QN_OK) rc = add_line(s, ev);
    }
    if (rc == QN_OK) rc = write_buffer(s, &at, err);
    return rc != QN_OK ? rc : commit(s, at, err);
}

static int32_t stop(jsonl *s, qn_err *err)
{
    int32_t rc = QN_OK;

    /* half a batch, where the last try failed as well */
    if (ftruncate(s->fd, (off_t)s->end) != 0) rc = fail_file(s, "cut", err);
    if (s->flush && rc == QN_OK && fdatasync(s->fd) != 0) rc = fail_file(s, "sync", err);
    if (close(s->fd) != 0 && rc == QN_OK) rc = fail_file(s, "close", err);
    s->fd = -1;
    return rc;
}

QN_SINK(jsonl, "sink/jsonl", "1.0.0", "MIT", .name = "JSON lines",
        .doc = "Writes events and decisions to a file, one JSON object a line.",
        .params = QN_TABLE(params), .configure = configure, .start = start, .write = take,
        .stop = stop)
