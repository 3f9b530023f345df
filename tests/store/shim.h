/* SPDX-License-Identifier: MIT
 *
 * Stands between a test and the system: the test's own definitions of open, pwrite, fdatasync
 * and so on are the ones that the store and LMDB call, and the linker leads the store's calls of
 * mdb_ functions and of malloc through here, too (CMakeLists.txt). Nothing is counted or fails
 * before shim_arm. */
#ifndef TESTS_STORE_SHIM_H
#define TESTS_STORE_SHIM_H

#include <stdbool.h>
#include <stdint.h>

typedef enum shim_kind {
    SHIM_OFF,
    SHIM_KILL,       /* the process is killed before the k-th system call that can write */
    SHIM_KILL_AFTER, /* and behind it */
    SHIM_IO,         /* the k-th system call fails, as it fails in practice */
    SHIM_WRITES,     /* the k-th system call that can write and all such behind it: no space */
    SHIM_MEMORY,     /* the k-th allocation of the store fails */
    SHIM_LMDB_IO,    /* the k-th call of LMDB fails with EIO */
    SHIM_LMDB_FULL,  /* with MDB_MAP_FULL */
    SHIM_LMDB_MEMORY /* with ENOMEM */
} shim_kind;

/* From now on; *has_fired, in memory that outlives the process, is set when it happens. */
void shim_arm(shim_kind kind, long k, volatile bool *has_fired);
void shim_disarm(void);

/* The next fdatasync waits until shim_sync_go. shim_sync_await waits until it does. */
void shim_sync_hold(void);
void shim_sync_await(void);
void shim_sync_go(void);

#endif
