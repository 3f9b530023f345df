/* SPDX-License-Identifier: MIT
 *
 * Files held open until their turn comes. An import removes the files that it supersedes; one
 * that is open stays readable, so a run that has begun reads what it began with. */
#ifndef QUOIN_TAPE_HELD_H
#define QUOIN_TAPE_HELD_H

#include "catalog.h"

/* All zero holds nothing. */
typedef struct held_files {
    int *fds; /* -1 = taken */
    size_t n;
} held_files;

/* Open `n` files of the catalog `dir`, in their order. The process's soft limit of open files
 * is raised to the hard one when it is needed; a quarter of the limit is left to everything
 * else, and files that this does not suffice for are not held. `h` is all zero before, and
 * closed by the caller also after an error.
 *
 * returns QN_OK; QN_E_NOT_FOUND or QN_E_IO for a file that cannot be opened; QN_E_NO_MEMORY. */
int32_t held_open(held_files *h, const char *dir, const catalog_file *files, size_t n, qn_err *err);

/* The descriptor of file `i`, from now on the caller's; -1 if it is not held. */
int held_take(held_files *h, size_t i);

void held_close(held_files *h);

#endif
