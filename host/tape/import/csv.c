/* SPDX-License-Identifier: MIT */
#include "csv.h"

#include "source.h"

#include "base/fail.h"
#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

#define BUFFER_ROOM ((size_t)256 * 1024)

/* Unread text is [at, end); *end is always a newline, so that the splitting loop needs no
 * bounds check: a newline found at `end` means "fetch more", or the file's last line. */
struct csv {
    source *src;
    char *buffer;
    char *at, *end;
    bool has_ended; /* of the source */
    int64_t line;   /* of the last row */
};

/* Move the unread text to the front and fill the rest of the buffer. */
static int32_t fetch(csv *c, qn_err *err)
{
    size_t kept = (size_t)(c->end - c->at);
    size_t got = 0;
    int32_t rc;

    memmove(c->buffer, c->at, kept);
    c->at = c->buffer;
    c->end = c->buffer + kept;
    rc = source_read(c->src, c->end, BUFFER_ROOM - kept, &got, err);
    if (rc == QN_OK && got == 0) c->has_ended = true;
    c->end += rc == QN_OK ? got : 0;
    *c->end = '\n';
    return rc;
}

static int32_t skip_mark(csv *c, qn_err *err)
{
    int32_t rc = QN_OK;

    while (rc == QN_OK && !c->has_ended && c->end - c->at < 3)
        rc = fetch(c, err);
    if (rc == QN_OK && c->end - c->at >= 3 && memcmp(c->at, "\xef\xbb\xbf", 3) == 0) c->at += 3;
    return rc;
}

int32_t csv_open(const char *path, csv **out, qn_err *err)
{
    csv *c = mem_new(1, sizeof *c);
    int32_t rc = QN_E_NO_MEMORY;

    if (c) c->buffer = mem_new(1, BUFFER_ROOM + 1);
    if (!c || !c->buffer) {
        fail(err, rc, "out of memory opening the file");
        goto done;
    }
    c->at = c->end = c->buffer;
    *c->end = '\n';
    if ((rc = source_open(path, &c->src, err)) != QN_OK) goto done;
    if ((rc = skip_mark(c, err)) != QN_OK) goto done;
    *out = c;
    c = NULL;
done:
    csv_close(c);
    return rc;
}

void csv_close(csv *c)
{
    if (!c) return;
    source_close(c->src);
    mem_free(c->buffer);
    mem_free(c);
}

double csv_progress(const csv *c)
{
    return source_progress(c->src);
}

/* Drop what is left of an overlong line. */
static int32_t skip_line(csv *c, qn_err *err)
{
    int32_t rc = QN_OK;

    for (;;) {
        char *stop = memchr(c->at, '\n', (size_t)(c->end - c->at) + 1);
        c->at = stop < c->end ? stop + 1 : c->end;
        if (stop < c->end || c->has_ended) return QN_OK;
        if ((rc = fetch(c, err)) != QN_OK) return rc;
    }
}

/* Find the newline that ends the row at c->at, fetching as needed. *stop may be c->end only
 * at the end of the file. QN_E_SYNTAX for a line longer than the bound, which is then read
 * over. */
static int32_t line_end(csv *c, char **stop, qn_err *err)
{
    int32_t rc;

    for (;;) {
        *stop = memchr(c->at, '\n', (size_t)(c->end - c->at) + 1);
        if (*stop - c->at > CSV_LINE_MAX) {
            if ((rc = skip_line(c, err)) != QN_OK) return rc;
            return fail(err, QN_E_SYNTAX, "the line is longer than %d bytes", CSV_LINE_MAX);
        }
        if (*stop < c->end || c->has_ended) return QN_OK;
        if ((rc = fetch(c, err)) != QN_OK) return rc;
    }
}

static int32_t row_add(csv_row *row, const char *text, const char *end, qn_err *err)
{
    if (row->n == CSV_FIELDS_MAX)
        return fail(err, QN_E_SYNTAX, "the row has more than %d fields", CSV_FIELDS_MAX);
    row->fields[row->n++] = (csv_field){text, (uint32_t)(end - text)};
    return QN_OK;
}

/* Take one field in quotes off [*p, stop); its text is put together in place. */
static int32_t take_quoted(csv_row *row, char **p, char *stop, qn_err *err)
{
    char *text = *p + 1;
    char *from = text;
    char *to = text;

    for (;;) {
        if (from == stop) return fail(err, QN_E_SYNTAX, "a quoted field does not end on its line");
        if (*from != '"') {
            *to++ = *from++;
            continue;
        }
        from++;
        if (from == stop || *from != '"') break;
        *to++ = *from++;
    }
    if (from < stop && *from != ',')
        return fail(err, QN_E_SYNTAX, "text follows a quoted field; expected a comma");
    *p = from;
    return row_add(row, text, to, err);
}

/* Split the text [p, stop) of one line, quotes and all. */
static int32_t split_line(csv_row *row, char *p, char *stop, qn_err *err)
{
    int32_t rc;

    for (;;) {
        if (p < stop && *p == '"') {
            rc = take_quoted(row, &p, stop, err);
        } else {
            char *comma = memchr(p, ',', (size_t)(stop - p));
            char *end = comma ? comma : stop;
            rc = row_add(row, p, end, err);
            p = end;
        }
        if (rc != QN_OK || p == stop) return rc;
        p++; /* the comma: a field follows it, be it an empty one */
    }
}

/* The careful way: the row crosses the end of the buffer, has quotes, is too long or the
 * last one. */
static int32_t next_slowly(csv *c, csv_row *row, qn_err *err)
{
    char *stop;
    char *start;
    int32_t rc = line_end(c, &stop, err);

    if (rc != QN_OK) return rc;
    if (stop == c->end && c->at == c->end) {
        row->line = 0;
        c->line--;
        return QN_OK;
    }
    start = c->at;
    c->at = stop < c->end ? stop + 1 : c->end;
    if (stop > start && stop[-1] == '\r') stop--;
    return start < stop ? split_line(row, start, stop, err) : QN_OK;
}

/* The bytes at which the fast loop stops. */
static const bool is_special[256] = {[','] = true, ['\n'] = true, ['"'] = true};

/* Split the row at c->at in one pass over its bytes, if it is a plain one that lies in the
 * buffer whole. Else false, and the row is still to be read. */
static bool next_fast(csv *c, csv_row *row)
{
    char *start = c->at;
    char *p = start;

    for (uint32_t n = 0; n < CSV_FIELDS_MAX; n++) {
        while (!is_special[(unsigned char)*p])
            p++;
        row->fields[n] = (csv_field){start, (uint32_t)(p - start)};
        if (*p == ',') {
            start = ++p;
            continue;
        }
        if (*p == '"' || p == c->end || p - c->at > CSV_LINE_MAX) break;
        if (p > start && p[-1] == '\r') row->fields[n].len--;
        row->n = n == 0 && row->fields[0].len == 0 ? 0 : n + 1;
        c->at = p + 1;
        return true;
    }
    return false;
}

int32_t csv_next(csv *c, csv_row *row, qn_err *err)
{
    row->n = 0;
    row->line = ++c->line;
    return next_fast(c, row) ? QN_OK : next_slowly(c, row, err);
}
