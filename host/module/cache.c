/* SPDX-License-Identifier: MIT */
#include "cache.h"

#include "access.h"
#include "base/fail.h"
#include "base/hash.h"
#include "base/memory.h"

#include <quoin/abi.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Raised with each change of what is checked after loading: older marks then count no more. */
#define CHECKS 1u

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value && value[0] ? value : NULL;
}

/* Where the cache may lie, in this order; %s is the variable's value. */
static const struct {
    const char *variable, *below;
} places[] = {
    {"QUOIN_CACHE", ""},
    {"XDG_CACHE_HOME", "/quoin/modules"},
    {"HOME", "/.cache/quoin/modules"},
};

static int32_t use(const char *base, const char *below, char to[PATH_ROOM], qn_err *err)
{
    if (snprintf(to, PATH_ROOM, "%s%s", base, below) >= PATH_ROOM)
        return fail(err, QN_E_OVERFLOW, "path too long: %.64s...", base);
    return access_private_dir(to, err);
}

/* A place that was named is used or refused; a home that cannot be used, as that of a service
 * or in a container, is passed over. */
int32_t cache_dir(const char *wanted, char to[PATH_ROOM], qn_err *err)
{
    char own[64];

    if (!wanted) wanted = variable(places[0].variable);
    if (wanted) return use(wanted, places[0].below, to, err);
    for (size_t i = 1; i < sizeof places / sizeof places[0]; i++)
        if (variable(places[i].variable) &&
            use(variable(places[i].variable), places[i].below, to, err) == QN_OK)
            return QN_OK;
    snprintf(own, sizeof own, "/quoin-modules-%u", (unsigned)geteuid());
    return use(variable("TMPDIR") ? variable("TMPDIR") : "/tmp", own, to, err);
}

static int32_t write_whole(int fd, const char *path, const void *data, size_t size, qn_err *err)
{
    const char *from = data;

    while (size > 0) {
        ssize_t n = write(fd, from, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(err, "cannot write %s", path);
        from += n;
        size -= (size_t)n;
    }
    return QN_OK;
}

/* Write beside and rename. Not synced: a file that a power cut has torn is found by its hash. */
static int32_t put(const char *path, const void *data, size_t size, mode_t mode, qn_err *err)
{
    static _Atomic uint32_t counter; /* two loads of one process must not share a file */
    char beside[PATH_ROOM + 32];
    int32_t rc;
    int fd;

    snprintf(beside, sizeof beside, "%s.%ld.%u", path, (long)getpid(),
             atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed)); /* only distinct */
    unlink(beside); /* left by a process of the same number that died */
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0) return fail_errno(err, "cannot write %s", beside);
    rc = write_whole(fd, beside, data, size, err);
    if (rc == QN_OK && fchmod(fd, mode) != 0) rc = fail_errno(err, "cannot write %s", beside);
    if (close(fd) != 0 && rc == QN_OK) rc = fail_errno(err, "cannot write %s", beside);
    if (rc == QN_OK && rename(beside, path) != 0)
        rc = fail_errno(err, "cannot rename %s to %s", beside, path);
    if (rc != QN_OK) unlink(beside);
    return rc;
}

/* True if a regular file of ours lies there with that content. */
static bool is_right(const char *path, const char *hash)
{
    char found[SHA256_HEX];
    struct stat st;

    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
           !(st.st_mode & (S_IWGRP | S_IWOTH)) && file_sha256(path, found, NULL) == QN_OK &&
           strcmp(found, hash) == 0;
}

static int32_t name_of(const char *dir, const char *hash, const char *ending, char to[PATH_ROOM],
                       qn_err *err)
{
    if (snprintf(to, PATH_ROOM, "%s/%s%s", dir, hash, ending) >= PATH_ROOM)
        return fail(err, QN_E_OVERFLOW, "path too long: %.64s...", dir);
    return QN_OK;
}

int32_t cache_copy(const char *dir, const char *hash, const void *data, size_t size,
                   char to[PATH_ROOM], qn_err *err)
{
    int32_t rc = name_of(dir, hash, ".so", to, err);

    if (rc != QN_OK || is_right(to, hash)) return rc;
    if ((rc = put(to, data, size, 0500, err)) != QN_OK) return rc;
    if (!is_right(to, hash))
        return fail(err, QN_E_DAMAGED, "%s does not hold what was written to it", to);
    return QN_OK;
}

int32_t cache_find(const char *dir, const char *hash, char to[PATH_ROOM], qn_err *err)
{
    int32_t rc = name_of(dir, hash, ".so", to, err);

    if (rc != QN_OK || is_right(to, hash)) return rc;
    return fail(err, QN_E_NOT_FOUND, "%s is not there, or holds something else", to);
}

/* What a mark says; also of which host, because another may check other things. */
static size_t mark_text(char to[64])
{
    return (size_t)snprintf(to, 64, "quoin module checks %u abi %u.%u\n", CHECKS, QN_ABI_MAJOR,
                            QN_ABI_MINOR);
}

bool cache_is_proven(const char *dir, const char *hash)
{
    char path[PATH_ROOM];
    char mark[64];
    size_t size = mark_text(mark);
    file_map map = {0};
    bool is_proven;

    if (name_of(dir, hash, ".ok", path, NULL) != QN_OK) return false;
    if (file_map_open(path, &map, NULL) != QN_OK) return false;
    is_proven = map.size == size && memcmp(map.data, mark, size) == 0;
    file_map_close(&map);
    return is_proven;
}

void cache_prove(const char *dir, const char *hash)
{
    char path[PATH_ROOM];
    char mark[64];
    size_t size = mark_text(mark);

    if (name_of(dir, hash, ".ok", path, NULL) == QN_OK) put(path, mark, size, 0600, NULL);
}
