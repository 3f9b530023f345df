/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include "source.h"

#include "base/fail.h"
#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

#define ROOM_FIRST ((size_t)256 * 1024)

/* Unread text is [at, end) of the buffer; the buffer grows with the longest line. */
struct lines {
    source *src;
    char *buffer;
    size_t room, at, end;
    bool has_ended; /* of the source */
    int64_t number; /* of the last line */
};

/* Move the unread text to the front and read more behind it, into more room if that is full. */
static int32_t fetch(lines *l, qn_err *err)
{
    size_t got = 0;
    int32_t rc;

    memmove(l->buffer, l->buffer + l->at, l->end - l->at);
    l->end -= l->at;
    l->at = 0;
    if (l->end == l->room && !mem_reserve((void **)&l->buffer, &l->room, l->room + 1, 1))
        return fail(err, QN_E_NO_MEMORY, "out of memory reading a line");
    if ((rc = source_read(l->src, l->buffer + l->end, l->room - l->end, &got, err)) != QN_OK)
        return rc;
    l->has_ended = got == 0;
    l->end += got;
    return QN_OK;
}

static int32_t skip_mark(lines *l, qn_err *err)
{
    int32_t rc = QN_OK;

    while (rc == QN_OK && !l->has_ended && l->end - l->at < 3)
        rc = fetch(l, err);
    if (rc == QN_OK && l->end - l->at >= 3 && memcmp(l->buffer + l->at, "\xef\xbb\xbf", 3) == 0)
        l->at += 3;
    return rc;
}

int32_t lines_open(const char *path, lines **out, qn_err *err)
{
    lines *l = mem_new(1, sizeof *l);
    int32_t rc = QN_E_NO_MEMORY;

    if (!l || !mem_reserve((void **)&l->buffer, &l->room, ROOM_FIRST, 1)) {
        fail(err, rc, "out of memory opening the file");
        goto done;
    }
    if ((rc = source_open(path, &l->src, err)) != QN_OK) goto done;
    if ((rc = skip_mark(l, err)) != QN_OK) goto done;
    *out = l;
    l = NULL;
done:
    lines_close(l);
    return rc;
}

void lines_close(lines *l)
{
    if (!l) return;
    source_close(l->src);
    mem_free(l->buffer);
    mem_free(l);
}

double lines_progress(const lines *l)
{
    return source_progress(l->src);
}

/* Drop what is left of an overlong line. */
static int32_t skip_line(lines *l, qn_err *err)
{
    int32_t rc;

    for (;;) {
        char *stop = memchr(l->buffer + l->at, '\n', l->end - l->at);
        l->at = stop ? (size_t)(stop - l->buffer) + 1 : l->end;
        if (stop || l->has_ended) return QN_OK;
        if ((rc = fetch(l, err)) != QN_OK) return rc;
    }
}

int32_t lines_next(lines *l, text_line *out, qn_err *err)
{
    size_t seen = 0; /* unread text in which there is no newline */
    char *stop;
    int32_t rc;

    *out = (text_line){.number = ++l->number};
    for (;;) {
        stop = memchr(l->buffer + l->at + seen, '\n', l->end - l->at - seen);
        seen = l->end - l->at;
        if (!stop && l->has_ended) break;
        if (!stop && seen > LINE_MAX_BYTES) {
            if ((rc = skip_line(l, err)) != QN_OK) return rc;
            return fail(err, QN_E_SYNTAX, "the line is longer than %zu bytes", LINE_MAX_BYTES);
        }
        if (stop) break;
        if ((rc = fetch(l, err)) != QN_OK) return rc;
    }
    if (!stop && seen == 0) {
        out->number = 0;
        l->number--;
        return QN_OK;
    }
    out->text = l->buffer + l->at;
    out->len = stop ? (size_t)(stop - out->text) : seen;
    l->at += out->len + (stop != NULL);
    if (out->len > 0 && out->text[out->len - 1] == '\r') out->len--;
    return QN_OK;
}
