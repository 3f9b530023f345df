/* SPDX-License-Identifier: MIT
 *
 * What stands in the files of a store: format version 1. Numbers have the byte order of the
 * machine, keys are big-endian so that LMDB's order of bytes is that of the numbers.
 *
 *   data.mdb, the unnamed tree    "quoin" -> store_head, written anew by every transaction
 *   data.mdb, "journal"           journal_key -> CRC32C (4 bytes), then the record
 *   data.mdb, "runs"              number (u32) -> run_head, header, footer
 *   data.mdb, "snapshots"         journal_key -> snapshot_head, bytes
 *   data.mdb, "values"            name -> CRC32C of name and bytes (4 bytes), then the bytes
 *   ring                          ring_file, then the bytes of the ring, each record a ring_slot
 *   lock                          lock_page
 *
 * The checksum of a record goes on from the one of the record before it; that of a run's first
 * record from the CRC32C of the run's number. LMDB itself has no checksums and believes what a
 * page says: host/store/pages.h reads them with all the suspicion that it lacks. */
#ifndef QUOIN_STORE_FORMAT_H
#define QUOIN_STORE_FORMAT_H

#include "base/ring.h"

#include <quoin/event.h>

#include <stdint.h>

#define STORE_VERSION 1u
#define STORE_MAGIC "quoin st"
#define RING_MAGIC "quoin rg"
#define LOCK_MAGIC "quoin lk"

/* Which records there are. `txn` is the number of the transaction that wrote it, which is the
 * way to tell that LMDB was led to an older state by a flipped bit: LMDB has that number in
 * its own head only. Its size and the place of its checksum are the same in all versions. */
typedef struct store_head {
    char magic[8];
    uint32_t version;
    uint32_t run; /* that was written last; 0 = none yet */
    uint64_t id;  /* of the store, random: tells whose ring and lock a file is */
    uint64_t txn;
    uint64_t last_seq; /* of that run, 0 = no record */
    uint32_t last_crc;
    uint32_t crc; /* of all before */
} store_head;

/* Run and sequence number. */
#define JOURNAL_KEY 12u
/* Number of a run. */
#define RUN_KEY 4u

typedef struct run_head {
    uint32_t crc; /* of all behind, header and footer included */
    uint32_t number;
    uint32_t incarnation;
    uint32_t durability;
    uint32_t has_ended;
    uint32_t last_crc; /* its last record; for the run that store_head names, that one counts */
    uint64_t last_seq;
    uint32_t header_bytes, footer_bytes; /* with their NUL */
} run_head;

typedef struct snapshot_head {
    uint32_t crc; /* of all behind, the bytes included */
    uint32_t run;
    uint64_t seq;
    uint64_t nbytes;
} snapshot_head;

/* A record in the ring. */
typedef struct ring_slot {
    uint32_t crc;
    uint32_t size; /* of the record that follows */
} ring_slot;

#define RING_FILE_HEAD 4096u

/* The head of a ring file, its first RING_FILE_HEAD bytes. */
typedef struct ring_file {
    char magic[8];
    uint32_t version;
    uint32_t rsv0;
    uint64_t id;   /* of the store */
    uint64_t size; /* of the ring */
    char boot[40]; /* the kernel's name of its boot: after another one, what the ring holds is
                        as old as what the kernel happened to write */
    uint32_t crc;  /* of all before */
    uint32_t rsv1;
    /* Of the last record that was published. Written before shared.published: so records up to
     * here are whole, and a damaged place cannot hide one. */
    _Alignas(RING_LINE) _Atomic uint64_t last_seq;
    ring_shared shared; /* reader 0 is the committing thread: what it consumed is in LMDB */
} ring_file;

/* The lock file. The lock is that of fcntl (F_OFD_SETLK): it ends with its process. */
typedef struct lock_page {
    char magic[8];
    uint32_t version;
    uint32_t pid; /* of the last process that wrote to the store */
    uint64_t id;
    _Atomic uint64_t txn; /* the last transaction that is on disk, or a later one is */
} lock_page;

_Static_assert(sizeof(store_head) == 48, "format");
_Static_assert(sizeof(run_head) == 40, "format");
_Static_assert(sizeof(snapshot_head) == 24, "format");
_Static_assert(sizeof(ring_file) <= RING_FILE_HEAD, "format");

/* Where a run's chain of checksums begins. */
uint32_t journal_seed(uint32_t run);

void journal_key_write(uint32_t run, uint64_t seq, unsigned char to[JOURNAL_KEY]);
void journal_key_read(const unsigned char from[JOURNAL_KEY], uint32_t *run, uint64_t *seq);
void run_key_write(uint32_t number, unsigned char to[RUN_KEY]);

#endif
