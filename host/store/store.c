/* SPDX-License-Identifier: MIT
 *
 * Opening and closing. */
#include "internal.h"

#include "base/fail.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* ------------------------------------------------------------------ making a store */

static unsigned sync_flags(const store *s)
{
    return s->options.durability == DURABILITY_NONE ? MDB_NOSYNC : 0;
}

static int first_transaction(MDB_env *env, store_head *head)
{
    MDB_val key = {strlen(HEAD_KEY), (void *)(uintptr_t)HEAD_KEY}, value = {sizeof *head, head};
    MDB_txn *txn = NULL;
    MDB_dbi dbi;
    int code = mdb_txn_begin(env, NULL, 0, &txn);

    for (int i = 0; i < TREES && code == 0; i++)
        code = mdb_dbi_open(txn, tree_names[i], MDB_CREATE, &dbi);
    if (code == 0) code = mdb_dbi_open(txn, NULL, 0, &dbi);
    if (code == 0) {
        head->txn = mdb_txn_id(txn);
        head->crc = head_crc(head);
        code = mdb_put(txn, dbi, &key, &value, 0);
    }
    if (code == 0) return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
}

static int32_t make_data(store *s, const char *path, qn_err *err)
{
    store_head head = {.magic = STORE_MAGIC, .version = STORE_VERSION};
    MDB_env *env = NULL;
    int code;

    if (getrandom(&head.id, sizeof head.id, 0) != sizeof head.id)
        return fail_errno(err, "cannot name the store %s", s->dir);
    head.id |= 1; /* never 0 */
    code = mdb_env_create(&env);
    if (code == 0) code = mdb_env_set_maxdbs(env, TREES);
    if (code == 0) code = mdb_env_set_mapsize(env, s->options.map_bytes);
    if (code == 0) code = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK | sync_flags(s), 0666);
    if (code == 0) code = first_transaction(env, &head);
    if (env) mdb_env_close(env);
    return code == 0 ? QN_OK : lmdb_error(s, code, "make", err);
}

/* Made beside its place, and renamed: where there is a data.mdb, it is a whole store. */
static int32_t make_store(store *s, qn_err *err)
{
    char path[PATH_ROOM + 8];
    int32_t rc;

    snprintf(path, sizeof path, "%s.new", s->data_path);
    if (unlink(path) != 0 && errno != ENOENT) return fail_errno(err, "cannot remove %s", path);
    rc = make_data(s, path, err);
    if (rc == QN_OK && rename(path, s->data_path) != 0)
        rc = fail_errno(err, "cannot rename %s to %s", path, s->data_path);
    if (rc != QN_OK) {
        unlink(path);
        return rc;
    }
    return s->options.durability == DURABILITY_NONE ? QN_OK : dir_sync(s->dir, err);
}

/* ------------------------------------------------------------------ opening one */

static int32_t open_data(store *s, qn_err *err)
{
    s->data.path = s->data_path;
    s->data.fd = open(s->data_path, O_RDONLY | O_CLOEXEC);
    if (s->data.fd < 0) return fail_errno(err, "cannot open %s", s->data_path);
    return QN_OK;
}

static int32_t open_env(store *s, unsigned flags, uint64_t map_bytes, qn_err *err)
{
    int code = mdb_env_create(&s->env);

    if (code == 0) code = mdb_env_set_maxdbs(s->env, TREES);
    if (code == 0) code = mdb_env_set_mapsize(s->env, map_bytes);
    /* NOTLS: a read transaction belongs to a reader, not to a thread. NORDAHEAD: we read by
     * pread, and LMDB itself here and there */
    if (code == 0) code = mdb_env_open(s->env, s->dir, flags | MDB_NOTLS | MDB_NORDAHEAD, 0666);
    if (code == 0) return QN_OK;
    if (s->env) mdb_env_close(s->env);
    s->env = NULL;
    return lmdb_error(s, code, "open", err);
}

/* The trees' handles, for writing. */
static int32_t open_trees(store *s, qn_err *err)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(s->env, NULL, 0, &txn);

    if (code == 0) code = mdb_dbi_open(txn, NULL, 0, &s->main);
    for (int i = 0; i < TREES && code == 0; i++)
        code = mdb_dbi_open(txn, tree_names[i], 0, &s->trees[i]);
    if (code == 0) {
        code = mdb_txn_commit(txn);
        txn = NULL;
    }
    if (txn) mdb_txn_abort(txn);
    return code == 0 ? QN_OK : lmdb_error(s, code, "open", err);
}

/* The lock file knows of a transaction that LMDB does not have. */
static int32_t lost_check(const store *s, const store_head *head, qn_err *err)
{
    uint64_t txn;
    int32_t rc = lock_txn(s, head->id, &txn, err);

    if (rc != QN_OK || txn <= head->txn) return rc;
    return fail(err, QN_E_DAMAGED,
                "%s is damaged: transaction %llu was written (%s), and the last that is there is "
                "%llu",
                s->data_path, (unsigned long long)txn, s->lock_path, (unsigned long long)head->txn);
}

/* A run that was cut off has left its last records in the ring: without it they are lost, and
 * nobody may go on as if they had never been. Not so of durability none, which has no ring, and of
 * sync, which has them all in LMDB. */
static int32_t ring_lost_check(const store *s, const view *v, qn_err *err)
{
    run_head *run;
    bool needs_ring;
    int32_t rc;

    if (!v->head.run || file_exists(s->ring_path)) return QN_OK;
    if ((rc = run_read(v, v->head.run, &run, err)) != QN_OK) return rc;
    needs_ring = !run->has_ended && run->durability == DURABILITY_GROUP;
    mem_free(run);
    if (!needs_ring) return QN_OK;
    return fail(err, QN_E_DAMAGED,
                "%s is gone, and with it the last records of run %u, which was cut off: put it "
                "back, or give them up by an empty file of that name",
                s->ring_path, v->head.run);
}

/* Before LMDB may write: nothing that it would stumble over. */
static int32_t check_all(store *s, qn_err *err)
{
    int32_t rc;
    view v;

    if ((rc = view_first(&s->data, &v, err)) != QN_OK) return rc;
    if ((rc = lost_check(s, &v.head, err)) != QN_OK) return rc;
    if ((rc = structure_check(&v, false, err)) != QN_OK) return rc;
    if ((rc = small_trees_check(&v, err)) != QN_OK) return rc;
    if ((rc = tail_check(&v, err)) != QN_OK) return rc;
    if ((rc = ring_lost_check(s, &v, err)) != QN_OK) return rc;
    s->head = v.head;
    s->id = v.head.id;
    return QN_OK;
}

static int32_t recover(store *s, qn_err *err)
{
    int32_t rc = leftovers_read(s, &s->head, &s->left, err);

    if (rc != QN_OK) return rc;
    rc = commit_leftovers(s, &s->left, err);
    s->recovered = s->left.n;
    s->is_cut = s->left.is_cut;
    leftovers_free(&s->left);
    return rc;
}

static int32_t open_writer(store *s, qn_err *err)
{
    int32_t rc;

    if ((rc = dir_make(s->dir, err)) != QN_OK) return rc;
    if ((rc = lock_take(s, err)) != QN_OK) return rc;
    if (!file_exists(s->data_path) && (rc = make_store(s, err)) != QN_OK) return rc;
    if ((rc = open_data(s, err)) != QN_OK) return rc;
    if ((rc = check_all(s, err)) != QN_OK) return rc;
    if ((rc = open_env(s, sync_flags(s), s->options.map_bytes, err)) != QN_OK) return rc;
    if ((rc = open_trees(s, err)) != QN_OK) return rc;
    lock_claim(s, s->id, s->head.txn);
    if ((rc = recover(s, err)) != QN_OK) return rc;
    if ((rc = ring_make(s, err)) != QN_OK) return rc;
    /* sync: the thread that publishes commits; another one would only cost two wake-ups */
    return s->options.durability == DURABILITY_SYNC ? QN_OK : committer_start(s, err);
}

/* ------------------------------------------------------------------ for reading only */

/* The heads, beside a process that may be writing one of them. */
static int32_t heads_check(store *s, bool is_written, qn_err *err)
{
    page_meta meta;
    int32_t rc;

    for (int tries = is_written ? 100 : 1; tries > 0; tries--)
        if ((rc = page_meta_read(&s->data, &meta, err)) != QN_E_DAMAGED) break;
    return rc;
}

/* What a dead process left in its ring. Another one may be starting at this moment: then that
 * one moves it into LMDB. */
static int32_t read_leftovers(store *s, const store_head *head, qn_err *err)
{
    bool is_held;
    uint32_t pid;
    int32_t rc = leftovers_read(s, head, &s->left, err);
    int32_t asked = lock_query(s, &is_held, &pid, rc == QN_OK ? err : NULL);

    if (asked != QN_OK) return rc == QN_OK ? asked : rc;
    if (is_held) leftovers_free(&s->left);
    return is_held ? QN_OK : rc;
}

static uint64_t reader_map(const store *s)
{
    off_t size = lseek(s->data.fd, 0, SEEK_END);

    return size > (off_t)(s->options.map_bytes / 2) ? (uint64_t)size * 2 : s->options.map_bytes;
}

static int32_t open_reader(store *s, qn_err *err)
{
    bool is_held;
    uint32_t pid;
    int32_t rc;
    view v;

    if (!file_exists(s->data_path))
        return fail(err, QN_E_NOT_FOUND, "there is no store %s", s->dir);
    if ((rc = lock_query(s, &is_held, &pid, err)) != QN_OK) return rc;
    if (is_held && pid == (uint32_t)getpid())
        return fail(err, QN_E_BUSY, "this process has the store %s open for writing", s->dir);
    if ((rc = open_data(s, err)) != QN_OK) return rc;
    if ((rc = heads_check(s, is_held, err)) != QN_OK) return rc;
    if ((rc = open_env(s, MDB_RDONLY, reader_map(s), err)) != QN_OK) return rc;
    if ((rc = view_open(s, &v, err)) != QN_OK) return rc;
    rc = small_trees_check(&v, err);
    if (rc == QN_OK && !is_held) rc = lost_check(s, &v.head, err);
    if (rc == QN_OK && !is_held) rc = ring_lost_check(s, &v, err);
    if (rc == QN_OK && !is_held) rc = read_leftovers(s, &v.head, err);
    s->id = v.head.id;
    view_close(&v);
    return rc;
}

/* ------------------------------------------------------------------ both */

static const uint64_t ring_sizes[] = {[DURABILITY_NONE] = STORE_RING_BYTES_NONE,
                                      [DURABILITY_GROUP] = STORE_RING_BYTES_GROUP,
                                      [DURABILITY_SYNC] = STORE_RING_BYTES_SYNC};

static int32_t take_options(store *s, const store_options *options, qn_err *err)
{
    store_options *o = &s->options;
    int32_t rc;

    *o = *options;
    o->path = s->dir;
    if (!o->map_bytes) o->map_bytes = STORE_MAP_BYTES;
    if (!o->ring_bytes) o->ring_bytes = ring_sizes[o->durability];
    if (o->ring_bytes < STORE_RING_LEAST || (o->ring_bytes & (o->ring_bytes - 1)) != 0)
        return fail(err, QN_E_RANGE, "a ring of %llu bytes: a power of two, at least %u",
                    (unsigned long long)o->ring_bytes, STORE_RING_LEAST);
    if ((rc = path_join("", options->path, s->dir, err)) != QN_OK) return rc;
    if ((rc = path_join(s->dir, DATA_FILE, s->data_path, err)) != QN_OK) return rc;
    if ((rc = path_join(s->dir, RING_FILE, s->ring_path, err)) != QN_OK) return rc;
    return path_join(s->dir, LOCK_FILE, s->lock_path, err);
}

static void free_all(store *s)
{
    committer_stop(s);
    ring_drop(s);
    if (s->env) mdb_env_close(s->env);
    if (s->data.fd >= 0) close(s->data.fd);
    lock_drop(s);
    leftovers_free(&s->left);
    mem_free(s->run_kept);
    mem_free(s->snapshot);
    mem_free(atomic_load_explicit(&s->asked, memory_order_relaxed));
    pthread_cond_destroy(&s->sleep);
    pthread_mutex_destroy(&s->sleep_lock);
    pthread_mutex_destroy(&s->write);
    pthread_mutex_destroy(&s->failure_lock);
    mem_free(s->memory);
}

static store *new_store(void)
{
    /* on a cache line of its own: mem_new aligns to 16 */
    unsigned char *memory = mem_new(1, sizeof(store) + RING_LINE);
    pthread_condattr_t steady;
    store *s;

    if (!memory) return NULL;
    s = (void *)(memory + (RING_LINE - (uintptr_t)memory % RING_LINE));
    s->memory = memory;
    s->lock_fd = s->data.fd = -1;
    s->failure = (qn_err)QN_ERR_INIT;
    pthread_mutex_init(&s->failure_lock, NULL);
    pthread_mutex_init(&s->write, NULL);
    pthread_mutex_init(&s->sleep_lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&s->sleep, &steady);
    pthread_condattr_destroy(&steady);
    return s;
}

int32_t store_open(const store_options *options, store **out, qn_err *err)
{
    store *s = new_store();
    int32_t rc;

    if (!s) return fail(err, QN_E_NO_MEMORY, "out of memory opening %s", options->path);
    rc = take_options(s, options, err);
    if (rc == QN_OK) rc = s->options.is_read_only ? open_reader(s, err) : open_writer(s, err);
    if (rc != QN_OK) {
        free_all(s);
        return rc;
    }
    *out = s;
    return QN_OK;
}

int32_t store_close(store *s, qn_err *err)
{
    int32_t rc = QN_OK;

    if (!s) return QN_OK;
    committer_stop(s);
    if (!s->options.is_read_only) {
        journal_publish(s);
        commit_with(s, NULL, NULL, NULL);
    }
    if (s->failure.code != QN_OK && !s->is_told) rc = store_check(s, err);
    free_all(s);
    return rc;
}

/* ------------------------------------------------------------------ all of it */

static int32_t verify_run(store *s, uint32_t run, uint64_t *records, qn_err *err)
{
    const qn_event *record;
    journal_reader *r = NULL;
    int32_t rc = journal_open(s, run, 0, &r, err);

    while (rc == QN_OK && (rc = journal_next(r, &record, err)) == QN_OK && record)
        ++*records;
    journal_close(r);
    return rc;
}

static int32_t verify_snapshots(store *s, uint32_t run, qn_err *err)
{
    void *bytes = NULL;
    uint64_t seq;
    size_t n;
    int32_t rc = snapshot_get(s, run, &seq, &bytes, &n, err);

    if (rc == QN_OK) mem_free(bytes);
    return rc == QN_E_NOT_FOUND ? QN_OK : rc;
}

int32_t store_verify(store *s, uint64_t *records, qn_err *err)
{
    uint32_t runs;
    int32_t rc;
    view v;

    *records = 0;
    if ((rc = view_open(s, &v, err)) != QN_OK) return rc;
    rc = structure_check(&v, true, err);
    if (rc == QN_OK) rc = small_trees_check(&v, err);
    runs = (uint32_t)v.trees[TREE_RUNS].entries;
    view_close(&v);
    for (uint32_t run = 1; run <= runs && rc == QN_OK; run++) {
        rc = verify_run(s, run, records, err);
        if (rc == QN_OK) rc = verify_snapshots(s, run, err);
    }
    return rc;
}
