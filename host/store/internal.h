/* SPDX-License-Identifier: MIT
 *
 * What the parts of the store share.
 *
 * Threads. `ring` belongs to the thread that puts records. All that stands under `write` below
 * is used with that mutex held: by the committing thread, and by whoever writes a value or a
 * run, who commits what is in the ring in the same transaction. */
#ifndef QUOIN_STORE_INTERNAL_H
#define QUOIN_STORE_INTERNAL_H

#include "format.h"
#include "pages.h"
#include "store.h"

#include "base/file.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

#define DATA_FILE "data.mdb"
#define RING_FILE "ring"
#define LOCK_FILE "lock"
#define HEAD_KEY "quoin"

/* Values are kept small, so that they are stored beside their names. */
#define VALUE_BYTES 4000u
#define VALUE_NAME 256u

typedef enum store_tree { TREE_JOURNAL, TREE_RUNS, TREE_SNAPSHOTS, TREE_VALUES, TREES } store_tree;
extern const char *const tree_names[TREES];

/* A record of a dead process that stands in its ring and not in LMDB. */
typedef struct leftover {
    uint32_t crc, size;
    uint64_t seq;
    size_t at; /* in leftovers.bytes */
} leftover;

typedef struct leftovers {
    leftover *items;
    unsigned char *bytes;
    size_t n, room, nbytes, bytes_room;
    uint32_t run;
    bool is_cut; /* behind them stood something that a power loss had torn */
} leftovers;

struct store {
    void *memory; /* this object is somewhere in it */
    char dir[PATH_ROOM], data_path[PATH_ROOM], ring_path[PATH_ROOM], lock_path[PATH_ROOM];
    store_options options;
    uint64_t id;

    /* the putting thread's */
    _Alignas(RING_LINE) ring_writer ring;
    uint32_t crc;     /* of the last record put */
    bool may_put;     /* a run was begun */
    uint32_t run;     /* its number */
    uint64_t put_seq; /* of the last record put */
    uint64_t records, waits;
    _Atomic uint64_t *ring_seq; /* ring_file.last_seq, or where it would be */

    /* any thread's */
    _Alignas(RING_LINE) _Atomic int32_t failed; /* code of the first failure; 0 = none */
    _Atomic uint64_t commits;
    _Atomic(snapshot_head *) asked; /* a snapshot to be written; its bytes follow */
    pthread_mutex_t failure_lock;
    qn_err failure;
    bool is_told;

    _Alignas(RING_LINE) pthread_mutex_t write;
    ring_reader taken; /* of the ring: what is committed */
    store_head head;   /* as it was committed last */
    MDB_env *env;
    MDB_dbi main, trees[TREES];
    snapshot_head *snapshot; /* taken from `asked`, not committed yet */

    /* the committing thread */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t sleep_lock;
    pthread_cond_t sleep;
    bool must_end;

    /* files */
    page_file data; /* for reading, beside LMDB's own */
    int lock_fd;
    lock_page *lock;
    void *ring_map; /* ring_file and the bytes; anonymous for durability none */
    size_t ring_map_size;
    leftovers left;     /* read only: what a dead process left in its ring */
    run_head *run_kept; /* texts of store_run */
    uint64_t recovered;
    bool is_cut;
};

/* ------------------------------------------------------------------ lock.c */

/* Take the lock, and say who holds it if that fails. */
int32_t lock_take(store *s, qn_err *err);
/* Whether another process holds it (its number in *pid, 0 if not known). */
int32_t lock_query(const store *s, bool *is_held, uint32_t *pid, qn_err *err);
/* The number of the transaction that the lock file knows, 0 if it has none of store `id`. */
int32_t lock_txn(const store *s, uint64_t id, uint64_t *txn, qn_err *err);
/* The lock file is that of store `id` from now on; a transaction was committed. */
void lock_claim(store *s, uint64_t id, uint64_t txn);
void lock_note(store *s, uint64_t txn);
void lock_drop(store *s);

/* ------------------------------------------------------------------ ringfile.c */

/* Make the ring, in a file unless the durability is none; it is empty. */
int32_t ring_make(store *s, qn_err *err);
void ring_drop(store *s);
/* What a dead process left in the ring file: the records behind `head`, checked. */
int32_t leftovers_read(const store *s, const store_head *head, leftovers *out, qn_err *err);
void leftovers_free(leftovers *l);

/* ------------------------------------------------------------------ view.c */

/* One state of the store, for reading. Zeroed is closed. */
typedef struct view {
    const page_file *file;
    MDB_txn *pin; /* keeps LMDB from using its pages again; NULL: nobody writes */
    page_meta meta;
    tree trees[TREES];
    store_head head;
} view;

/* The state before LMDB is opened: nobody may be writing, or the caller tries again. */
int32_t view_first(page_file *f, view *v, qn_err *err);
int32_t view_open(store *s, view *v, qn_err *err);
void view_close(view *v);
/* The whole value of a key; free *bytes by mem_free. QN_E_NOT_FOUND, without words. */
int32_t view_get(const view *v, store_tree which, const void *key, size_t nkey, void **bytes,
                 size_t *n, qn_err *err);
/* A head of this format version, undamaged. */
int32_t head_check(const page_file *f, const store_head *head, qn_err *err);
uint32_t head_crc(const store_head *head);

/* ------------------------------------------------------------------ check.c */

/* Runs, snapshots and values: each is there under its right name. */
int32_t small_trees_check(const view *v, qn_err *err);
/* All that LMDB relies on when it writes: each page has one use, the free ones none. Leaves of
 * the journal are read with `is_whole` only. */
int32_t structure_check(const view *v, bool is_whole, qn_err *err);
/* The last record of the journal is the one that the head names. */
int32_t tail_check(const view *v, qn_err *err);

/* ------------------------------------------------------------------ run.c */

/* A run's record, checked, with its last record filled in; free *out by mem_free. */
int32_t run_read(const view *v, uint32_t number, run_head **out, qn_err *err);
int32_t run_check(const char *path, uint32_t number, const void *bytes, size_t n, qn_err *err);

/* ------------------------------------------------------------------ commit.c */

/* What else a transaction does; may change *head. */
typedef int32_t (*commit_step)(store *s, MDB_txn *txn, store_head *head, void *ctx, qn_err *err);

/* One transaction: all published records, then the step (may be NULL). A failure is remembered
 * (store_check); it counts as told if err is not NULL. [any] */
int32_t commit_with(store *s, commit_step step, void *ctx, qn_err *err);
/* Records found in the ring of a dead process. Before there are threads. */
int32_t commit_leftovers(store *s, const leftovers *l, qn_err *err);

/* An error of LMDB, with the file and what to do. */
int32_t lmdb_error(const store *s, int code, const char *doing, qn_err *err);
/* Remember a failure; returns its code. */
int32_t store_failed(store *s, const qn_err *why, bool is_told);

int32_t committer_start(store *s, qn_err *err);
void committer_stop(store *s);

/* ------------------------------------------------------------------ snapshot.c */

/* Within a transaction, s->write held: take what is asked for; write it (an error of LMDB, or 0);
 * and forget it when it is committed. Taken before the ring is read, so that the records up to it
 * are there. */
void snapshot_claim(store *s);
int snapshot_write(store *s, MDB_txn *txn);
void snapshot_done(store *s);

#endif
