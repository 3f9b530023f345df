/* SPDX-License-Identifier: MIT
 *
 * The store of a host: one folder, held by one process at a time.
 *
 *   data.mdb   LMDB: runs, journal, snapshots, values (its format: format.h)
 *   ring       a file mapping in front of the journal: what is in it survives the death of the
 *              process, and is moved into LMDB every 2 ms
 *   lock       held by the process that writes; knows the number of its last transaction
 *   lock.mdb   LMDB's own: who is reading
 *
 * A record is a qn_event with a sequence number that rises within its run; the store looks at
 * `size` and `seq` and knows nothing else of trading. Each record carries a CRC32C that goes on
 * from the one before it, so that a flipped byte, a missing record and two that changed places
 * are all found, and named by run and sequence number.
 *
 * What is checked, and when. LMDB has no checksums and believes its pages, so a store is checked
 * before it is used: at every opening both heads of data.mdb, runs and values, and the keys of
 * snapshots; for writing also that each page has one use and the free ones none, the branches of
 * the journal and the way to its last record. That reads about one page in a hundred of the
 * journal. Its records are checked when they are read, each against the one before it, and the
 * last against the store's head; a snapshot when it is read. store_verify does all of it.
 *
 * After the death of the process all that was published is there, whatever the moment. After a
 * power loss all that was committed is; what of the ring is whole then is taken, too, and
 * journal_count tells if something was not. With durability none a power loss can damage the
 * whole store, earlier runs included: keep backtests and real runs in stores of their own.
 *
 * Threads. One thread (the engine's) puts records and publishes them; a thread of the store's own
 * commits them, but with durability sync, where the publishing thread does. Everything else is
 * called by the thread that opened the store while no other puts, but for values, which any
 * thread may read and write. A store may be open once in a process (LMDB's locks want that).
 *
 * Failures. LMDB is transactional: whatever fails, the store holds what it held after the last
 * commit, and the records behind it stay in the ring until they are committed, at the next
 * opening if need be. A store that failed once takes nothing more; store_check says why. */
#ifndef QUOIN_STORE_STORE_H
#define QUOIN_STORE_STORE_H

#include <quoin/decision.h>
#include <quoin/error.h>

#include <stdbool.h>
#include <stddef.h>

typedef struct store store;

typedef enum durability {
    DURABILITY_NONE,  /* no ring file and no flush: a crash loses the run. For backtests */
    DURABILITY_GROUP, /* the ring survives the process, a commit every few ms a power loss */
    DURABILITY_SYNC /* journal_publish returns when the records are on disk, or the store failed */
} durability;

#define STORE_MAP_BYTES (UINT64_C(64) << 30) /* of address space; the file grows as used */
/* Default sizes of the ring. Group: what is put while a flush takes 100 ms and more. Sync: what is
 * put between two publishings; a larger one would only be more for the system to write back.
 * None: fits into a cache; nothing survives in it. */
#define STORE_RING_BYTES_GROUP (UINT64_C(32) << 20)
#define STORE_RING_BYTES_SYNC (UINT64_C(4) << 20)
#define STORE_RING_BYTES_NONE (UINT64_C(1) << 20)
#define STORE_RING_LEAST 4096u

typedef struct store_options {
    const char *path;
    durability durability;
    uint64_t map_bytes;  /* LMDB's map: the largest the store can grow to; 0 = STORE_MAP_BYTES */
    uint64_t ring_bytes; /* a power of two; 0 = STORE_RING_BYTES_. A record takes half of it at
                            most */
    bool is_read_only;   /* for readers: beside a running host, too. Nothing may be put */
} store_options;

/* Open, or make, a store. What a dead process left in its ring is checked and moved into the
 * journal first (unless is_read_only: readers then see it as if it had been).
 *
 * returns QN_OK; QN_E_BUSY: another process holds it (it is named by its pid); QN_E_NOT_FOUND:
 *         read only, and there is no store; QN_E_TOO_NEW, QN_E_UNSUPPORTED: of a newer or an older
 *         format version; QN_E_DAMAGED: no store, or a damaged one, with the file and place;
 *         QN_E_FULL: no space for the ring; QN_E_RANGE: a ring of that size cannot be; QN_E_IO. On
 *         error *out is unchanged, and so is what the store holds; an empty one may have been
 *         made. */
int32_t store_open(const store_options *options, store **out, qn_err *err);

/* Commit what is in the ring, and close. The first error that the store met and nobody was told
 * of is returned. NULL is fine. */
int32_t store_close(store *s, qn_err *err);

/* QN_OK, or why the store can take nothing any more (a full disk, a full map, an I/O error),
 * with the file named. Cheap: one load. The engine asks between events. */
int32_t store_check(store *s, qn_err *err);

/* Check all there is: the use of each page, each record of each run against the one before it,
 * values, the last snapshots. *records = how many records there are. QN_E_DAMAGED names the
 * file, and page or run and sequence number. Works beside a running host, too. */
int32_t store_verify(store *s, uint64_t *records, qn_err *err);

/* ------------------------------------------------------------------ runs */

/* A run: numbered from 1 in its store. */
typedef struct store_run {
    uint32_t number;
    uint32_t incarnation; /* of its last start: raised and on disk before anything is sent */
    bool has_ended;
    durability durability; /* that it was begun with */
    const char *header;    /* text of its beginning, JSON; lives until the next call */
    const char *footer;    /* text of its end, JSON; "" while it has not ended */
} store_run;

/* Begin a run. On disk when it returns (durability none: in the file). `header` is copied. What
 * was put before, for another run, is committed first. */
int32_t store_run_begin(store *s, const char *header, store_run *out, qn_err *err);
/* Take up a run that has not ended: raises its incarnation, on disk when it returns. Records put
 * from now on go on behind its last one. QN_E_NOT_FOUND; QN_E_STATE: it has ended. */
int32_t store_run_resume(store *s, uint32_t run, store_run *out, qn_err *err);
/* End the run that was begun or resumed: all its records and this footer are committed. QN_E_STATE:
 * there is none. */
int32_t store_run_end(store *s, const char *footer, qn_err *err);
/* The run with that number, or with 0 the last one. QN_E_NOT_FOUND. */
int32_t store_run_get(store *s, uint32_t run, store_run *out, qn_err *err);

/* ------------------------------------------------------------------ the journal */

/* Append a record (copied). [event] No lock, no system call; waits only if the ring is full, and
 * then counts it. The caller publishes before anything that depends on the record leaves. A failed
 * store keeps records in its ring until that is full, and drops the rest: store_check tells. */
void journal_put(store *s, const qn_event *record);

/* Make all records put so far survive the process (GROUP), or be on disk (SYNC: waits for the
 * commit). [event] */
void journal_publish(store *s);

/* Records put and times that journal_put found the ring full, since the store was opened. */
typedef struct journal_counts {
    uint64_t records, waits, commits;
    uint64_t recovered; /* records found in the ring of a dead process when it was opened */
    bool is_cut;        /* and behind them some that were lost when the machine went down */
} journal_counts;
journal_counts journal_count(const store *s);

/* A walk through the records of a run, in the order of their sequence numbers, those in the ring
 * of a dead process included. */
typedef struct journal_reader journal_reader;

/* Begin behind sequence number `after` (0 = at the start). What is published is committed first, by
 * the process that writes; records put later are not seen. The reader pins a state of the store:
 * pages that it needs are not used again until it is closed. QN_E_NOT_FOUND: there is no such
 * run. */
int32_t journal_open(store *s, uint32_t run, uint64_t after, journal_reader **out, qn_err *err);
/* The next record, valid until the next call; NULL at the end. QN_E_DAMAGED: run and sequence
 * number are named; reading cannot go on. */
int32_t journal_next(journal_reader *r, const qn_event **out, qn_err *err);
void journal_close(journal_reader *r);

/* ------------------------------------------------------------------ snapshots and values */

/* Keep a snapshot of the current run at a sequence number: the records up to it are committed
 * with it. The last two of a run are kept. Copied, and what was put is published; written by
 * the store's thread, unless a newer one is put before it came to that. QN_E_STATE: no run;
 * QN_E_RANGE: more than 1 GiB. */
int32_t snapshot_put(store *s, uint64_t seq, const void *bytes, size_t n, qn_err *err);
/* The last snapshot of a run; free *bytes by mem_free. QN_E_NOT_FOUND: there is none (the usual
 * case of a young run); QN_E_DAMAGED. */
int32_t snapshot_get(store *s, uint32_t run, uint64_t *seq, void **bytes, size_t *n, qn_err *err);

/* A small value by its name ("halt", "sink.log"): at most 4,000 bytes, on disk when it returns
 * (durability none: in the file). n = 0 removes it. May be called by any thread. */
int32_t value_put(store *s, const char *name, const void *bytes, size_t n, qn_err *err);
/* *n is the room on the way in. QN_E_NOT_FOUND; QN_E_FULL: longer than the room. */
int32_t value_get(store *s, const char *name, void *bytes, size_t *n, qn_err *err);

#endif
