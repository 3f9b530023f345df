/* SPDX-License-Identifier: MIT */
#include "access.h"

#include "base/fail.h"
#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int32_t check_one(const char *path, const char *what, qn_err *err)
{
    struct stat st;

    if (stat(path, &st) != 0) return fail_errno(err, "cannot look at %s", path);
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return fail(err, QN_E_MODULE_ACCESS,
                    "the %s belongs to user %u: make it yours or root's (chown)", what, st.st_uid);
    if (st.st_mode & (S_IWGRP | S_IWOTH)) /* sticky or not: a new file is enough */
        return fail(err, QN_E_MODULE_ACCESS,
                    "the %s may be written by others (mode %04o): chmod go-w it", what,
                    (unsigned)st.st_mode & 07777);
    return QN_OK;
}

_Static_assert(PATH_ROOM >= PATH_MAX, "realpath writes up to PATH_MAX bytes");

int32_t access_check(const char *path, const char *what, char real[PATH_ROOM], qn_err *err)
{
    char dir[PATH_ROOM];
    char part[64];
    int32_t rc;

    if (!realpath(path, real)) return fail_errno(err, "cannot open it");
    if ((rc = path_dir(real, dir, err)) != QN_OK) return rc;
    snprintf(part, sizeof part, "%s's folder", what);
    if ((rc = check_one(dir, part, err)) != QN_OK) return rc;
    snprintf(part, sizeof part, "%s's file", what);
    return check_one(real, part, err);
}

int32_t access_check_dir(const char *path, const char *what, qn_err *err)
{
    return check_one(path, what, err);
}

int32_t access_private_dir(const char *path, qn_err *err)
{
    char parent[PATH_ROOM];
    struct stat st;
    int32_t rc;

    if ((rc = path_dir(path, parent, err)) != QN_OK) return rc;
    if ((rc = dir_make(parent, err)) != QN_OK) return rc;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail_errno(err, "cannot make the cache folder %s (QUOIN_CACHE names another)", path);
    if (lstat(path, &st) != 0) return fail_errno(err, "cannot look at %s", path);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return fail(err, QN_E_MODULE_ACCESS,
                    "the cache folder %s is not a folder of yours that only you may write "
                    "(chmod 700, or let QUOIN_CACHE name another)",
                    path);
    return QN_OK;
}
