/* SPDX-License-Identifier: MIT */
#include "tape.h"

#include "base/fail.h"
#include "base/hash.h"
#include "base/memory.h"
#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A stream in the heap: its next event's time, and its place among streams with events of the
 * same time. */
typedef struct entry {
    int64_t ts;
    uint32_t place;
    uint32_t stream;
} entry;

/* The merge is a binary heap whose root is the stream being read. As long as its next event
 * is not later than the tape's `limit`, nothing has to be compared: that is the common case, and
 * all the work there is for a single stream. */
typedef struct merge {
    tape tape; /* first: what the caller sees */
    stream *streams;
    uint32_t *places; /* of each stream */
    size_t n;
    entry *heap;
    size_t heap_n;
    block_columns columns; /* to decode in; used by one stream at a time */
} merge;

static bool is_before(const entry *a, const entry *b)
{
    return a->ts != b->ts ? a->ts < b->ts : a->place < b->place;
}

static void sift_down(merge *m, size_t at)
{
    entry moving = m->heap[at];

    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= m->heap_n) break;
        if (child + 1 < m->heap_n && is_before(&m->heap[child + 1], &m->heap[child])) child++;
        if (!is_before(&m->heap[child], &moving)) break;
        m->heap[at] = m->heap[child];
        at = child;
    }
    m->heap[at] = moving;
}

/* Make the root's next event the head. */
static void show_root(merge *m)
{
    const entry *root = m->heap;
    const entry *second =
        m->heap_n > 2 && is_before(&m->heap[2], &m->heap[1]) ? &m->heap[2] : &m->heap[1];
    const stream *s;

    if (m->heap_n == 0) {
        m->tape.head = NULL;
        return;
    }
    s = &m->streams[root->stream];
    m->tape.head = (qn_event *)(void *)s->at;
    m->tape.stream = root->stream;
    m->tape.end = s->end;
    m->tape.stride = s->stride;
    m->tape.limit = INT64_MAX;
    if (m->heap_n > 1) /* at the same time the lower place goes first */
        m->tape.limit = root->place < second->place ? second->ts : second->ts - 1;
}

static int64_t next_ts(const stream *s)
{
    return ((const qn_event *)(const void *)s->at)->ts_ns;
}

int32_t tape_advance(tape *t, qn_err *err)
{
    merge *m = (merge *)t;
    stream *s = &m->streams[t->stream];
    int32_t rc;

    s->at = (char *)t->head + t->stride;
    if (s->at == s->end && (rc = stream_fill(s, m->columns, err)) != QN_OK) {
        m->tape.head = NULL;
        return rc;
    }
    if (s->at == s->end)
        m->heap[0] = m->heap[--m->heap_n];
    else
        m->heap[0].ts = next_ts(s);
    if (m->heap_n > 1) sift_down(m, 0);
    show_root(m);
    return QN_OK;
}

/* ---- opening ---- */

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* The order of events of one time: rank, instrument, type (mark before index before funding,
 * trade before quote before depth: the order of their numbers), shorter bars before longer,
 * and the order in which the streams were asked for. */
static int by_place(const void *a, const void *b)
{
    const stream *x = *(const stream *const *)a;
    const stream *y = *(const stream *const *)b;
    int order =
        compare(event_row_of(x->what.data.type)->rank, event_row_of(y->what.data.type)->rank);

    if (!order) order = compare(x->what.instrument->number, y->what.instrument->number);
    if (!order) order = compare(x->what.data.type, y->what.data.type);
    if (!order) order = compare(x->what.data.length, y->what.data.length);
    return order ? order : (x > y) - (x < y);
}

static int32_t give_places(merge *m, qn_err *err)
{
    const stream **sorted = mem_new(m->n, sizeof *sorted);

    if (!sorted) return fail(err, QN_E_NO_MEMORY, "out of memory reading the tape");
    for (size_t i = 0; i < m->n; i++)
        sorted[i] = &m->streams[i];
    if (m->n > 1) qsort(sorted, m->n, sizeof *sorted, by_place);
    for (size_t i = 0; i < m->n; i++)
        m->places[sorted[i] - m->streams] = (uint32_t)i;
    mem_free(sorted);
    return QN_OK;
}

static int32_t fill_heap(merge *m, qn_err *err)
{
    int32_t rc;

    for (size_t i = 0; i < m->n; i++) {
        stream *s = &m->streams[i];
        if ((rc = stream_fill(s, m->columns, err)) != QN_OK) return rc;
        if (s->at == s->end) continue;
        m->heap[m->heap_n++] = (entry){next_ts(s), m->places[i], (uint32_t)i};
    }
    for (size_t i = m->heap_n / 2; i-- > 0;)
        sift_down(m, i);
    show_root(m);
    return QN_OK;
}

int32_t tape_open(const catalog *cat, const tape_stream *streams, size_t n, int64_t from,
                  int64_t to, tape **out, qn_err *err)
{
    merge *m = mem_new(1, sizeof *m);
    int32_t rc = QN_OK;

    if (!m) return fail(err, QN_E_NO_MEMORY, "out of memory reading the tape");
    m->streams = mem_new(n, sizeof *m->streams);
    m->places = mem_new(n, sizeof *m->places);
    m->heap = mem_new(n + 3, sizeof *m->heap); /* show_root looks at the first three */
    if (!m->streams || !m->places || !m->heap) {
        rc = fail(err, QN_E_NO_MEMORY, "out of memory reading the tape");
        goto done;
    }
    for (; m->n < n && rc == QN_OK; m->n++)
        rc = stream_open(&m->streams[m->n], cat, &streams[m->n], from, to, err);
    if (rc == QN_OK) rc = give_places(m, err);
    if (rc == QN_OK) rc = fill_heap(m, err);
done:
    if (rc == QN_OK)
        *out = &m->tape;
    else
        tape_close(&m->tape);
    return rc;
}

void tape_close(tape *t)
{
    merge *m = (merge *)t;

    if (!m) return;
    for (size_t i = 0; i < m->n; i++)
        stream_close(&m->streams[i]);
    mem_free(m->streams);
    mem_free(m->places);
    mem_free(m->heap);
    mem_free(m);
}

/* ---- identity ---- */

static int by_path(const void *a, const void *b)
{
    return strcmp((*(const catalog_file *const *)a)->path, (*(const catalog_file *const *)b)->path);
}

int32_t tape_identity(const tape *t, char *to, qn_err *err)
{
    const merge *m = (const merge *)t;
    const catalog_file **files = NULL;
    sha256 *hash = NULL;
    size_t n = 0;
    size_t k = 0;
    int32_t rc;

    for (size_t i = 0; i < m->n; i++)
        n += m->streams[i].nfiles;
    files = mem_new(n, sizeof *files);
    hash = sha256_new();
    if (!files || !hash) {
        rc = fail(err, QN_E_NO_MEMORY, "out of memory reading the tape");
        goto done;
    }
    for (size_t i = 0; i < m->n; i++)
        for (size_t f = 0; f < m->streams[i].nfiles; f++)
            files[k++] = &m->streams[i].files[f];
    if (n > 1) qsort(files, n, sizeof *files, by_path);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && strcmp(files[i]->path, files[i - 1]->path) == 0) continue;
        sha256_add(hash, files[i]->path, strlen(files[i]->path)); /* the checksum is part of it */
        sha256_add(hash, "\n", 1);
    }
    rc = sha256_hex(hash, to, err);
done:
    sha256_free(hash);
    mem_free(files);
    return rc;
}
