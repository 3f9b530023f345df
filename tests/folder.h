/* SPDX-License-Identifier: MIT
 *
 * Folders of tests: made, and removed with all that is in them. */
#ifndef QUOIN_TESTS_FOLDER_H
#define QUOIN_TESTS_FOLDER_H

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FOLDER_ROOM 4096 /* = PATH_ROOM of the host */

/* A new folder for the tests of `part`. In memory where there is such a place: some tests make
 * thousands of small files. */
static inline void folder_make(char to[FOLDER_ROOM], const char *part)
{
    const char *tmp = getenv("TMPDIR");

    if (!tmp) tmp = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(to, FOLDER_ROOM, "%s/quoin-%s-XXXXXX", tmp, part);
    ck_assert_ptr_nonnull(mkdtemp(to));
}

static inline int folder_remove_one(const char *path, const struct stat *st, int flag,
                                    struct FTW *at)
{
    (void)st;
    (void)flag;
    (void)at;
    return remove(path);
}

/* 0, or -1 if something could not be removed. */
static inline int folder_free(const char *dir)
{
    return nftw(dir, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
