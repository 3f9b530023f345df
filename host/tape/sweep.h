/* SPDX-License-Identifier: MIT
 *
 * The catalog's folder: its lock, what killed writers left in it, and getting files to disk. */
#ifndef QUOIN_TAPE_SWEEP_H
#define QUOIN_TAPE_SWEEP_H

#include "manifest.h"

/* What a file is called while it is written. */
#define PART_SUFFIX ".part"
#define TAPE_SUFFIX ".tape"

/* Lock the folder for one writer; the lock goes with the descriptor, and so with the process.
 * QN_OK, QN_E_BUSY, QN_E_IO. */
int32_t folder_lock(const char *dir, int *fd, qn_err *err);

/* Remove tape files that `m` does not name, unfinished ones, and folders that are empty then.
 * Nothing else is touched, and what cannot be removed stays. */
void folder_sweep(const char *dir, const manifest *m);

/* Remove one file, given relative to `dir`, and its folders if they are empty then. */
void folder_remove(const char *dir, const char *path);

/* Get `n` files, given relative to `dir`, and their folders' entries to disk. `fd` is dir's. */
int32_t folder_sync(const char *dir, int fd, const char *const *paths, size_t n, qn_err *err);

#endif
