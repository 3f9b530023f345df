/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include "base/fail.h"
#include "base/memory.h"
#include "choice.h"
#include "period.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- choosing ---- */

static int32_t nothing_found(const catalog *cat, const char *name, data_type data, qn_err *err)
{
    const catalog_file *files;
    size_t n = catalog_files(cat, &files);
    char wanted[DATA_TYPE_TEXT];
    char has[120] = "";
    size_t len = 0;
    data_type last = {0, 0};

    data_type_format(data, wanted);
    for (size_t i = 0; i < n && len < sizeof has; i++) {
        char text[DATA_TYPE_TEXT];
        if (strcmp(files[i].instrument, name) != 0 ||
            (files[i].data.type == last.type && files[i].data.length == last.length))
            continue;
        last = files[i].data;
        data_type_format(last, text);
        len += (size_t)snprintf(has + len, sizeof has - len, "%s%s", len ? ", " : "", text);
    }
    return fail(err, QN_E_NOT_FOUND, "catalog %s has no %s of %s: it has %s", catalog_dir(cat),
                wanted, name, len ? has : "nothing of it");
}

/* Those of the files that may hold events of the range. */
static int32_t choose_files(stream *s, const catalog *cat, int64_t last, qn_err *err)
{
    const catalog_file *files;
    size_t n = catalog_find(cat, s->what.instrument->name, s->source, &files);
    size_t first = 0;
    size_t end;

    for (size_t i = 1; i < n; i++)
        if (files[i].first_ts < files[i - 1].last_ts)
            return fail(err, QN_E_DAMAGED, "damaged: %s: %s begins before %s ends",
                        catalog_dir(cat), files[i].path, files[i - 1].path);
    while (first < n && files[first].last_ts <= s->from)
        first++;
    end = first;
    while (end < n && files[end].first_ts <= last)
        end++;
    s->files = n ? files + first : NULL;
    s->nfiles = end - first;
    return QN_OK;
}

static int64_t plus_or_max(int64_t a, int64_t b)
{
    int64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* A bar whose end is later than `from` is built of rows from its open on, which is up to one
 * length before. With receive times a bar may be delivered later than at its end, so the one
 * before it is built, too. */
static int64_t build_from(int64_t from, int64_t length)
{
    int64_t into = from % length;
    int64_t open;

    if (into < 0) into += length;
    if (__builtin_sub_overflow(from, into, &open) || __builtin_sub_overflow(open, length, &open) ||
        __builtin_sub_overflow(open, 1, &open))
        return INT64_MIN;
    return open;
}

static int32_t open_built(stream *s, int64_t from, int64_t to, qn_err *err)
{
    s->is_built = true;
    s->bars_from = from;
    s->bars_to = to;
    s->from = build_from(from, s->what.data.length);
    s->to = INT64_MAX; /* the builder knows when the last bar is whole */
    s->stride = sizeof(qn_bar);
    s->bars = mem_new(GROUP_ROWS, sizeof *s->bars);
    if (!s->bars) return fail(err, QN_E_NO_MEMORY, "out of memory reading the tape");
    return qn_bar_builder_init(&s->builder, s->what.data.length);
}

int32_t stream_open(stream *s, const catalog *cat, const tape_stream *what, int64_t from,
                    int64_t to, qn_err *err)
{
    int64_t last = to;
    event_common common;
    int32_t rc;

    s->dir = catalog_dir(cat);
    s->what = *what;
    s->from = from;
    s->to = to;
    if (!choose_source(cat, what->instrument->name, what->data, from, to, &s->source))
        return nothing_found(cat, what->instrument->name, what->data, err);
    s->row = event_row_of(s->source.type);
    s->stride = s->row->size;
    if (!(s->events = mem_new(GROUP_ROWS, s->row->size)))
        return fail(err, QN_E_NO_MEMORY, "out of memory reading the tape");
    common = (event_common){what->instrument->number, s->source.length};
    events_prepare(s->row, &common, s->events, GROUP_ROWS);
    if (s->source.type != what->data.type || s->source.length != what->data.length) {
        if ((rc = open_built(s, from, to, err)) != QN_OK) return rc;
        last = plus_or_max(to, what->data.length);
    }
    if ((rc = choose_files(s, cat, last, err)) != QN_OK) return rc;
    return held_open(&s->held, s->dir, s->files, s->nfiles, err);
}

void stream_close(stream *s)
{
    tape_file_close(&s->file);
    held_close(&s->held);
    mem_free(s->events);
    mem_free(s->bars);
    *s = (stream){0};
}

/* ---- reading ---- */

static int32_t next_file(stream *s, qn_err *err)
{
    const catalog_file *listed = &s->files[s->next_file];
    const qn_instrument *ins = s->what.instrument;
    int fd = held_take(&s->held, s->next_file);
    int32_t rc;

    tape_file_close(&s->file);
    rc = tape_file_open_held(s->dir, listed, fd, &s->file, err);
    if (fd >= 0) close(fd); /* the mapping keeps the file */
    if (rc != QN_OK) return rc;
    if (s->file.about.price_exp != ins->price_exp || s->file.about.qty_exp != ins->qty_exp)
        return tape_file_damaged(&s->file, 0, "its exponents are not the instrument's", err);
    s->next_file++;
    s->next_block = tape_file_seek(&s->file, s->from);
    return QN_OK;
}

/* Begin the next block, if need be of the next file. */
static int32_t next_block(stream *s, qn_err *err)
{
    int32_t rc = QN_OK;

    while (!s->file.map.data || s->next_block == s->file.blocks) {
        if (s->next_file == s->nfiles) {
            tape_file_close(&s->file);
            s->is_over = true;
            return QN_OK;
        }
        if ((rc = next_file(s, err)) != QN_OK) return rc;
    }
    rc = tape_file_block(&s->file, s->next_block, &s->block, err);
    s->next_block++;
    return rc;
}

/* The rows [*first, *n) of a group that lie in the range; times never fall. */
static void cut(stream *s, const int64_t *ts, uint32_t *first, uint32_t *n)
{
    uint32_t end = *n;

    if (ts[0] <= s->from)
        while (*first < end && ts[*first] <= s->from)
            ++*first;
    if (ts[end - 1] > s->to) {
        while (end > *first && ts[end - 1] > s->to)
            end--;
        s->is_over = true;
    }
    *n = end;
}

/* Decode the next rows of the source in the range into s->events; *to = from when none. */
static int32_t fill_source(stream *s, block_columns columns, char **from, char **to, qn_err *err)
{
    int32_t rc;

    *from = *to = s->events;
    while (!s->is_over && *to == *from) {
        uint32_t first = 0;
        uint32_t n;
        int32_t got = s->block.block ? block_next(&s->block, columns) : 0;

        if (got < 0)
            return tape_file_damaged(&s->file, tape_file_offset(&s->file, &s->block),
                                     "a block's values cannot be", err);
        if (got == 0) {
            if ((rc = next_block(s, err)) != QN_OK) return rc;
            continue;
        }
        n = (uint32_t)got;
        cut(s, columns[FIELD_AT_TS], &first, &n);
        block_events(s->row, columns, first, n, s->events);
        *to = s->events + (size_t)(n - first) * s->row->size;
    }
    return QN_OK;
}

/* ---- building ---- */

static int32_t build_failed(const stream *s, int32_t rc, const qn_event *ev, qn_err *err)
{
    char data[DATA_TYPE_TEXT];

    data_type_format(s->what.data, data);
    return fail(err, rc, "cannot build %s of %s: %s at %" PRId64 " ns", data,
                s->what.instrument->name,
                rc == QN_E_OVERFLOW ? "its volume does not fit 64 bits"
                                    : "finer data does not lie inside one bar",
                ev->ts_ns);
}

/* Keep a finished bar if it is in the range. */
static void keep(stream *s, const qn_bar *bar, uint32_t *n)
{
    if (bar->hdr.ts_ns > s->bars_from && bar->hdr.ts_ns <= s->bars_to) s->bars[(*n)++] = *bar;
}

/* Feed rows until the batch is full, the rows are used up, or no later bar can be in range. */
static int32_t feed(stream *s, uint32_t *n, qn_err *err)
{
    qn_bar bar;

    while (s->source_at < s->source_end && *n < GROUP_ROWS) {
        const qn_event *ev = (const qn_event *)(const void *)s->source_at;
        int32_t rc = qn_bar_builder_add(&s->builder, ev, &bar);

        if (rc < 0) return build_failed(s, rc, ev, err);
        if (rc == QN_BAR_DONE) keep(s, &bar, n);
        s->source_at += s->row->size;
        if (s->builder.end > s->bars_to) {
            s->source_at = s->source_end;
            s->is_over = true;
        }
    }
    return QN_OK;
}

static int32_t fill_built(stream *s, block_columns columns, qn_err *err)
{
    uint32_t n = 0;
    qn_bar bar;
    int32_t rc = QN_OK;

    while (n < GROUP_ROWS) {
        if (s->source_at == s->source_end) {
            rc = fill_source(s, columns, &s->source_at, &s->source_end, err);
            if (rc != QN_OK) return rc;
        }
        if (s->source_at == s->source_end) {
            if (qn_bar_builder_end(&s->builder, INT64_MAX, &bar) == QN_BAR_DONE) keep(s, &bar, &n);
            break;
        }
        if ((rc = feed(s, &n, err)) != QN_OK) return rc;
    }
    s->at = (char *)s->bars;
    s->end = (char *)(s->bars + n);
    return QN_OK;
}

int32_t stream_fill(stream *s, block_columns columns, qn_err *err)
{
    return s->is_built ? fill_built(s, columns, err)
                       : fill_source(s, columns, &s->at, &s->end, err);
}
