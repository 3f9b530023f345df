/* SPDX-License-Identifier: MIT
 *
 * Reading the journal: record by record, each checked against the one before it. */
#include "internal.h"

#include "base/fail.h"
#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

struct journal_reader {
    store *s;
    view v;
    cursor at;
    uint32_t run;
    uint64_t after;
    uint64_t seq, last_seq; /* read last; the run's last in LMDB */
    uint32_t crc, last_crc; /* theirs */
    size_t left;            /* next of the leftovers */
    bool is_at_end;         /* of LMDB's */
    _Alignas(8) unsigned char record[UINT16_MAX + 1];
};

static int32_t damaged(const journal_reader *r, const char *what, qn_err *err)
{
    return fail(err, QN_E_DAMAGED, "%s is damaged: run %u, behind sequence number %llu: %s",
                r->v.file->path, r->run, (unsigned long long)r->seq, what);
}

/* Run and sequence number of an entry's key. */
static bool key_of(const entry *e, uint32_t *run, uint64_t *seq)
{
    if (e->nkey != JOURNAL_KEY) return false;
    journal_key_read(e->key, run, seq);
    return true;
}

/* What the chain of checksums goes on from: the record in front of the cursor, or the run. */
static int32_t find_start(journal_reader *r, qn_err *err)
{
    bool is_there;
    uint32_t run;
    int32_t rc;
    entry e;

    r->crc = journal_seed(r->run);
    if ((rc = cursor_previous(&r->at, &is_there, err)) != QN_OK || !is_there) return rc;
    if (cursor_entry(&r->at, &e) && key_of(&e, &run, &r->seq) && run == r->run)
        rc = entry_read(r->v.file, &r->v.meta, &e, 0, &r->crc, sizeof r->crc, err);
    else
        r->seq = 0;
    return rc == QN_OK ? cursor_next(&r->at, err) : rc;
}

static int32_t place(journal_reader *r, qn_err *err)
{
    unsigned char key[JOURNAL_KEY];
    run_head *run = NULL;
    int32_t rc;

    if ((rc = run_read(&r->v, r->run, &run, err)) != QN_OK) return rc;
    r->last_seq = run->last_seq;
    r->last_crc = run->last_crc;
    mem_free(run);
    journal_key_write(r->run, r->after == UINT64_MAX ? r->after : r->after + 1, key);
    rc = cursor_open(&r->at, r->v.file, &r->v.meta, &r->v.trees[TREE_JOURNAL], err);
    if (rc == QN_OK) rc = cursor_seek(&r->at, key, sizeof key, err);
    return rc == QN_OK ? find_start(r, err) : rc;
}

int32_t journal_open(store *s, uint32_t run, uint64_t after, journal_reader **out, qn_err *err)
{
    journal_reader *r;
    int32_t rc = QN_OK;

    if (!s->options.is_read_only) rc = commit_with(s, NULL, NULL, err);
    if (rc != QN_OK) return rc;
    if (!(r = mem_new(1, sizeof *r))) return fail(err, QN_E_NO_MEMORY, "out of memory reading");
    r->s = s;
    r->run = run;
    r->after = after;
    rc = view_open(s, &r->v, err);
    if (rc == QN_OK) rc = place(r, err);
    if (rc != QN_OK) {
        journal_close(r);
        return rc;
    }
    *out = r;
    return QN_OK;
}

/* The record that was copied to r->record: the one that follows? */
static int32_t take(journal_reader *r, uint64_t seq, uint32_t crc, size_t size, qn_err *err)
{
    const qn_event *record = (const void *)r->record;

    if (size < sizeof *record || record->size != size || record->seq != seq || seq <= r->seq ||
        crc32c_add(r->crc, record, size) != crc)
        return damaged(r, "the next record is missing or has a wrong checksum", err);
    r->crc = crc;
    r->seq = seq;
    return QN_OK;
}

/* The entry where the cursor is; NULL behind the run's last. */
static int32_t next_entry(journal_reader *r, const qn_event **out, qn_err *err)
{
    uint32_t run = 0, crc;
    uint64_t seq = 0;
    int32_t rc;
    entry e;

    *out = NULL;
    if (!cursor_entry(&r->at, &e)) return QN_OK;
    if (!key_of(&e, &run, &seq)) return damaged(r, "a key has a wrong length", err);
    if (run != r->run) return QN_OK;
    if (e.is_tree || e.ndata < sizeof crc || e.ndata - sizeof crc > UINT16_MAX)
        return damaged(r, "the next record has a wrong length", err);
    if ((rc = entry_read(r->v.file, &r->v.meta, &e, 0, &crc, sizeof crc, err)) != QN_OK ||
        (rc = entry_read(r->v.file, &r->v.meta, &e, sizeof crc, r->record, e.ndata - sizeof crc,
                         err)) != QN_OK ||
        (rc = take(r, seq, crc, e.ndata - sizeof crc, err)) != QN_OK)
        return rc;
    *out = (const void *)r->record;
    return cursor_next(&r->at, err);
}

/* What a dead process left, behind what is in LMDB. Another process may have moved some of it
 * there since. */
static int32_t next_leftover(journal_reader *r, const qn_event **out, qn_err *err)
{
    const leftovers *l = &r->s->left;

    *out = NULL;
    while (l->run == r->run && r->left < l->n && !*out) {
        const leftover *item = &l->items[r->left++];
        int32_t rc;
        if (item->seq <= r->seq) continue;
        memcpy(r->record, l->bytes + item->at, item->size);
        if ((rc = take(r, item->seq, item->crc, item->size, err)) != QN_OK) return rc;
        if (item->seq > r->after) *out = (const void *)r->record;
    }
    return QN_OK;
}

int32_t journal_next(journal_reader *r, const qn_event **out, qn_err *err)
{
    int32_t rc;

    if (!r->is_at_end) {
        if ((rc = next_entry(r, out, err)) != QN_OK || *out) return rc;
        r->is_at_end = true;
        if (r->seq != r->last_seq || (r->seq != 0 && r->crc != r->last_crc))
            return damaged(r, "records are missing", err);
    }
    return next_leftover(r, out, err);
}

void journal_close(journal_reader *r)
{
    if (!r) return;
    cursor_close(&r->at);
    view_close(&r->v);
    mem_free(r);
}
