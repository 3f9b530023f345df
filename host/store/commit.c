/* SPDX-License-Identifier: MIT
 *
 * Transactions: what is in the ring, and what else there is to write, in one. */
#include "internal.h"

#include "base/fail.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* What a power loss costs at most, and how long a reader of the file lags behind. */
#define COMMIT_NS 2000000

/* ------------------------------------------------------------------ failures */

int32_t lmdb_error(const store *s, int code, const char *doing, qn_err *err)
{
    switch (code) {
    case MDB_MAP_FULL:
        return fail(err, QN_E_FULL, "%s is full at %llu MiB: raise store.map_mib", s->data_path,
                    (unsigned long long)(s->options.map_bytes >> 20));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return fail(err, QN_E_FULL, "cannot write %s: %s: free some space", s->data_path,
                    strerror(code));
    case ENOMEM:
        return fail(err, QN_E_NO_MEMORY, "cannot %s %s: out of memory", doing, s->data_path);
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
        return fail(err, QN_E_DAMAGED, "%s is damaged: %s", s->data_path, mdb_strerror(code));
    default:
        return fail(err, QN_E_IO, "cannot %s %s: %s", doing, s->data_path, mdb_strerror(code));
    }
}

int32_t store_failed(store *s, const qn_err *why, bool is_told)
{
    pthread_mutex_lock(&s->failure_lock);
    if (s->failure.code == QN_OK) {
        s->failure = *why;
        s->is_told = is_told;
        /* release: who sees the code finds the words */
        atomic_store_explicit(&s->failed, why->code, memory_order_release);
    }
    pthread_mutex_unlock(&s->failure_lock);
    return why->code;
}

int32_t store_check(store *s, qn_err *err)
{
    if (atomic_load_explicit(&s->failed, memory_order_acquire) == QN_OK) return QN_OK;
    pthread_mutex_lock(&s->failure_lock);
    if (err) {
        *err = s->failure;
        s->is_told = true;
    }
    pthread_mutex_unlock(&s->failure_lock);
    return atomic_load_explicit(&s->failed, memory_order_relaxed);
}

/* ------------------------------------------------------------------ a transaction */

/* What a transaction is writing. */
typedef struct writing {
    store *s;
    MDB_txn *txn;
    MDB_cursor *journal;
    store_head head; /* as it will be */
    ring_reader at;  /* as `taken` will be */
    unsigned flags;  /* of a record's put */
} writing;

static int put_record(writing *w, uint32_t crc, const void *record, uint32_t size, uint64_t seq)
{
    unsigned char name[JOURNAL_KEY];
    MDB_val key = {sizeof name, name}, value = {sizeof crc + size, NULL};
    int code;

    journal_key_write(w->head.run, seq, name);
    code = mdb_cursor_put(w->journal, &key, &value, w->flags | MDB_RESERVE);
    if (code == MDB_KEYEXIST && w->flags == MDB_APPEND) {
        w->flags = MDB_NOOVERWRITE; /* runs behind this one have records: it was taken up again */
        code = mdb_cursor_put(w->journal, &key, &value, w->flags | MDB_RESERVE);
    }
    if (code != 0) return code;
    memcpy(value.mv_data, &crc, sizeof crc);
    memcpy((unsigned char *)value.mv_data + sizeof crc, record, size);
    w->head.last_seq = seq;
    w->head.last_crc = crc;
    return 0;
}

static int put_piece(writing *w, const unsigned char *piece, size_t n)
{
    size_t done = 0;

    while (done < n) {
        const ring_slot *slot = (const void *)(piece + done);
        const qn_event *record = (const void *)(slot + 1);
        int code = put_record(w, slot->crc, record, slot->size, record->seq);
        if (code != 0) return code;
        done += sizeof *slot + ((slot->size + 7u) & ~7u);
    }
    return 0;
}

/* All that is published: one piece, or two where a lap ends between them. */
static int put_ring(writing *w)
{
    const void *piece;
    size_t n;

    w->at = w->s->taken;
    while ((piece = ring_peek(&w->at, &n)) != NULL) {
        int code = put_piece(w, piece, n);
        if (code != 0) return code;
        w->at.at += n; /* taken, but not handed back before the commit */
    }
    return 0;
}

static int put_leftovers(writing *w, const leftovers *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const leftover *r = &l->items[i];
        int code = put_record(w, r->crc, l->bytes + r->at, r->size, r->seq);
        if (code != 0) return code;
    }
    return 0;
}

static int begin(store *s, writing *w)
{
    int code = mdb_txn_begin(s->env, NULL, 0, &w->txn);

    if (code == 0) code = mdb_cursor_open(w->txn, s->trees[TREE_JOURNAL], &w->journal);
    return code;
}

static int put_head(writing *w)
{
    MDB_val key = {strlen(HEAD_KEY), (void *)(uintptr_t)HEAD_KEY};
    MDB_val value = {sizeof w->head, &w->head};

    w->head.txn = mdb_txn_id(w->txn);
    w->head.crc = head_crc(&w->head);
    return mdb_put(w->txn, w->s->main, &key, &value, 0);
}

/* On disk, unless the durability is none. */
static int end(writing *w)
{
    int code = put_head(w);

    mdb_cursor_close(w->journal);
    w->journal = NULL;
    if (code != 0) return code;
    code = mdb_txn_commit(w->txn);
    w->txn = NULL;
    return code;
}

static void settle(writing *w)
{
    store *s = w->s;

    s->head = w->head;
    lock_note(s, w->head.txn);
    if (w->at.memory.shared) {
        s->taken.at = w->at.at;
        ring_consume(&s->taken, 0);
    }
    snapshot_done(s);
    atomic_fetch_add_explicit(&s->commits, 1, memory_order_relaxed);
}

/* With s->write held. */
static int32_t commit_locked(store *s, const leftovers *left, commit_step step, void *ctx,
                             qn_err *err)
{
    writing w = {.s = s, .head = s->head, .flags = MDB_APPEND};
    int32_t rc = QN_OK;
    int code;

    snapshot_claim(s);
    code = begin(s, &w);
    if (code == 0) code = left ? put_leftovers(&w, left) : put_ring(&w);
    if (code == 0) code = snapshot_write(s, w.txn);
    if (code == 0 && step) rc = step(s, w.txn, &w.head, ctx, err);
    if (code == 0 && rc == QN_OK) code = end(&w);
    if (code == MDB_KEYEXIST)
        rc = fail(err, QN_E_ORDER, "%s: run %u has a record of that sequence number already",
                  s->data_path, w.head.run);
    else if (code != 0)
        rc = lmdb_error(s, code, "write", err);
    if (rc == QN_OK) settle(&w);
    if (w.journal) mdb_cursor_close(w.journal);
    if (w.txn) mdb_txn_abort(w.txn); /* nothing of a failed one is seen */
    return rc;
}

static bool has_work(store *s)
{
    size_t n;

    return ring_peek(&s->taken, &n) != NULL || s->snapshot ||
           atomic_load_explicit(&s->asked, memory_order_relaxed) != NULL;
}

int32_t commit_with(store *s, commit_step step, void *ctx, qn_err *err)
{
    qn_err why = QN_ERR_INIT;
    int32_t rc = store_check(s, err);

    if (rc != QN_OK) return rc;
    pthread_mutex_lock(&s->write);
    if (step || has_work(s)) rc = commit_locked(s, NULL, step, ctx, &why);
    pthread_mutex_unlock(&s->write);
    if (rc == QN_OK) return QN_OK;
    if (err) *err = why;
    return store_failed(s, &why, err != NULL);
}

int32_t commit_leftovers(store *s, const leftovers *l, qn_err *err)
{
    return l->n ? commit_locked(s, l, NULL, NULL, err) : QN_OK;
}

/* ------------------------------------------------------------------ the committing thread */

static struct timespec soon(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += COMMIT_NS;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* Sleep until a commit is due. It is not woken by records: that would be a system call of the
 * thread that puts them. */
static bool await_work(store *s)
{
    struct timespec until = soon();
    bool goes_on;

    pthread_mutex_lock(&s->sleep_lock);
    if (!s->must_end) pthread_cond_timedwait(&s->sleep, &s->sleep_lock, &until);
    goes_on = !s->must_end;
    pthread_mutex_unlock(&s->sleep_lock);
    return goes_on;
}

static void *commit_always(void *arg)
{
    store *s = arg;
    uint64_t large = s->options.ring_bytes / 4;

    /* NULL: nobody is told here, so that store_check or store_close does */
    while (await_work(s)) {
        while (commit_with(s, NULL, NULL, NULL) == QN_OK && ring_behind(&s->taken) > large)
            continue; /* it is filled as fast as it is emptied */
    }
    return NULL;
}

int32_t committer_start(store *s, qn_err *err)
{
    int code = pthread_create(&s->thread, NULL, commit_always, s);

    if (code == 0) {
        s->has_thread = true;
        return QN_OK;
    }
    errno = code;
    return fail_errno(err, "cannot start the thread that commits to %s", s->data_path);
}

void committer_stop(store *s)
{
    if (!s->has_thread) return;
    pthread_mutex_lock(&s->sleep_lock);
    s->must_end = true;
    pthread_cond_signal(&s->sleep);
    pthread_mutex_unlock(&s->sleep_lock);
    pthread_join(s->thread, NULL);
    s->has_thread = false;
}
