/* SPDX-License-Identifier: MIT */
#include "csv.h"

#include "source.h"

#include "base/fail.h"
#include "base/memory.h"

#include <stdbool.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BUFFER_ROOM ((size_t)256 * 1024)
#define STRIDE 64 /* characters that are looked at together */

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

    if (c) c->buffer = mem_new(1, BUFFER_ROOM + 1 + STRIDE); /* looking goes beyond the end */
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
    row->fields[row->n++] = (text_piece){text, (size_t)(end - text)};
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

/* Which of STRIDE characters end a field, or begin a quoted one: a bit each, the first lowest. */
static uint64_t find_special(const char *p)
{
    uint64_t found = 0;

#ifdef __SSE2__
    const __m128i comma = _mm_set1_epi8(',');
    const __m128i newline = _mm_set1_epi8('\n');
    const __m128i quote = _mm_set1_epi8('"');

    for (int i = 0; i < STRIDE; i += 16) {
        __m128i text = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i is = _mm_or_si128(_mm_cmpeq_epi8(text, comma), _mm_cmpeq_epi8(text, newline));
        is = _mm_or_si128(is, _mm_cmpeq_epi8(text, quote));
        found |= (uint64_t)(uint32_t)_mm_movemask_epi8(is) << i;
    }
#else
    for (int i = 0; i < STRIDE; i++)
        found |= (uint64_t)(p[i] == ',' || p[i] == '\n' || p[i] == '"') << i;
#endif
    return found;
}

/* Split the row at c->at in one pass over its bytes, if it is a plain one that lies in the
 * buffer whole. Else false, and the row is still to be read. The newline at c->end is found
 * before anything behind it. */
static bool next_fast(csv *c, csv_row *row)
{
    char *start = c->at;
    char *from = start; /* what `found` is of */
    uint64_t found = find_special(from);

    for (uint32_t n = 0; n < CSV_FIELDS_MAX; n++) {
        char *p;
        while (found == 0)
            found = find_special(from += STRIDE);
        p = from + __builtin_ctzll(found);
        found &= found - 1;
        row->fields[n] = (text_piece){start, (size_t)(p - start)};
        if (*p == ',') {
            start = p + 1;
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
