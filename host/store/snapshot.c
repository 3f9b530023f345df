/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

#define SNAPSHOT_BYTES ((size_t)1 << 30)
#define SNAPSHOTS_KEPT 2

static uint32_t snapshot_crc(const snapshot_head *head)
{
    return crc32c((const char *)head + sizeof head->crc,
                  sizeof *head - sizeof head->crc + (size_t)head->nbytes);
}

int32_t snapshot_put(store *s, uint64_t seq, const void *bytes, size_t n, qn_err *err)
{
    snapshot_head *head;
    int32_t rc = store_check(s, err);

    if (rc != QN_OK) return rc;
    if (!s->may_put) return fail(err, QN_E_STATE, "no run was begun in %s", s->dir);
    if (n > SNAPSHOT_BYTES) return fail(err, QN_E_RANGE, "a snapshot of %zu bytes is too long", n);
    if (!(head = mem_new(1, sizeof *head + n)))
        return fail(err, QN_E_NO_MEMORY, "out of memory for a snapshot of %zu bytes", n);
    *head = (snapshot_head){.run = s->run, .seq = seq, .nbytes = n};
    if (n) memcpy(head + 1, bytes, n);
    journal_publish(s);
    /* release: the records up to it are published for who takes it. One that was not taken yet
     * is older, and not needed any more */
    mem_free(atomic_exchange_explicit(&s->asked, head, memory_order_acq_rel));
    return s->has_thread ? QN_OK : commit_with(s, NULL, NULL, err);
}

/* ------------------------------------------------------------------ writing */

void snapshot_claim(store *s)
{
    /* acquire: see snapshot_put */
    snapshot_head *head = atomic_exchange_explicit(&s->asked, NULL, memory_order_acq_rel);

    if (!head) return;
    mem_free(s->snapshot);
    s->snapshot = head;
}

/* All snapshots of the run but the last ones. */
static int delete_old(MDB_cursor *at, uint32_t run)
{
    unsigned char first[JOURNAL_KEY];
    MDB_val key = {sizeof first, first}, value;
    int n = 0, code;

    journal_key_write(run, 0, first);
    for (code = mdb_cursor_get(at, &key, &value, MDB_SET_RANGE);
         code == 0 && memcmp(key.mv_data, first, RUN_KEY) == 0;
         code = mdb_cursor_get(at, &key, &value, MDB_NEXT))
        n++;
    for (; n > SNAPSHOTS_KEPT && (code == 0 || code == MDB_NOTFOUND); n--) {
        key = (MDB_val){sizeof first, first};
        journal_key_write(run, 0, first);
        code = mdb_cursor_get(at, &key, &value, MDB_SET_RANGE);
        if (code == 0) code = mdb_cursor_del(at, 0);
    }
    return code == MDB_NOTFOUND ? 0 : code;
}

int snapshot_write(store *s, MDB_txn *txn)
{
    snapshot_head *head = s->snapshot;
    unsigned char name[JOURNAL_KEY];
    MDB_val key = {sizeof name, name}, value;
    MDB_cursor *at = NULL;
    int code;

    if (!head) return 0;
    head->crc = snapshot_crc(head);
    journal_key_write(head->run, head->seq, name);
    value = (MDB_val){sizeof *head + (size_t)head->nbytes, head};
    code = mdb_cursor_open(txn, s->trees[TREE_SNAPSHOTS], &at);
    if (code == 0) code = mdb_cursor_put(at, &key, &value, 0);
    if (code == 0) code = delete_old(at, head->run);
    if (at) mdb_cursor_close(at);
    return code;
}

void snapshot_done(store *s)
{
    mem_free(s->snapshot);
    s->snapshot = NULL;
}

/* ------------------------------------------------------------------ reading */

/* The key of the run's last snapshot. */
static int32_t last_of(const view *v, uint32_t run, unsigned char key[JOURNAL_KEY], qn_err *err)
{
    const tree *t = &v->trees[TREE_SNAPSHOTS];
    bool is_there = false;
    cursor c = {0};
    int32_t rc;
    entry e;

    if (t->root == NO_PAGE) return QN_E_NOT_FOUND;
    if ((rc = cursor_open(&c, v->file, &v->meta, t, err)) != QN_OK) return rc;
    journal_key_write(run, UINT64_MAX, key);
    rc = cursor_seek(&c, key, JOURNAL_KEY, err);
    if (rc == QN_OK) rc = cursor_previous(&c, &is_there, err);
    if (rc == QN_OK && (!is_there || !cursor_entry(&c, &e) || e.nkey != JOURNAL_KEY ||
                        memcmp(e.key, key, RUN_KEY) != 0))
        rc = QN_E_NOT_FOUND;
    if (rc == QN_OK) memcpy(key, e.key, JOURNAL_KEY);
    cursor_close(&c);
    return rc;
}

static int32_t unpack(const view *v, const unsigned char key[JOURNAL_KEY], void *stored, size_t n,
                      uint64_t *seq, qn_err *err)
{
    snapshot_head head;
    uint32_t run;

    journal_key_read(key, &run, seq);
    if (n >= sizeof head) memcpy(&head, stored, sizeof head);
    if (n < sizeof head || head.run != run || head.seq != *seq || head.nbytes != n - sizeof head ||
        head.crc != snapshot_crc(stored))
        return fail(err, QN_E_DAMAGED, "%s is damaged: run %u: its snapshot at %llu", v->file->path,
                    run, (unsigned long long)*seq);
    memmove(stored, (char *)stored + sizeof head, n - sizeof head);
    return QN_OK;
}

int32_t snapshot_get(store *s, uint32_t run, uint64_t *seq, void **bytes, size_t *n, qn_err *err)
{
    unsigned char key[JOURNAL_KEY];
    void *stored = NULL;
    uint64_t at = 0;
    size_t size = 0;
    int32_t rc;
    view v;

    if ((rc = view_open(s, &v, err)) != QN_OK) return rc;
    rc = last_of(&v, run, key, err);
    if (rc == QN_OK) rc = view_get(&v, TREE_SNAPSHOTS, key, sizeof key, &stored, &size, err);
    if (rc == QN_E_NOT_FOUND)
        rc = fail(err, rc, "there is no snapshot of run %u in %s", run, s->dir);
    if (rc == QN_OK) rc = unpack(&v, key, stored, size, &at, err);
    view_close(&v);
    if (rc != QN_OK) {
        mem_free(stored);
        return rc;
    }
    *seq = at;
    *bytes = stored;
    *n = size - sizeof(snapshot_head);
    return QN_OK;
}
