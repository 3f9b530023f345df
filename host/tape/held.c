/* SPDX-License-Identifier: MIT */
#include "held.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static bool is_within(int fd, const struct rlimit *limit)
{
    return (rlim_t)fd < limit->rlim_cur - limit->rlim_cur / 4;
}

/* The lowest free descriptor is the one that open() gives, so its number says how many are in
 * use. A program that raised the limit for all its life could no longer use select(), so it is
 * raised only for a run that needs it. */
static bool leaves_room(int fd)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
    if (is_within(fd, &limit)) return true;
    if (limit.rlim_cur == limit.rlim_max) return false;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 && is_within(fd, &limit);
}

/* *fd = -1 if no more can be held. */
static int32_t hold(const char *dir, const char *name, int *fd, qn_err *err)
{
    char path[PATH_ROOM];
    int32_t rc = path_join(dir, name, path, err);

    *fd = -1;
    if (rc != QN_OK) return rc;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* as file_map_open */
    if (*fd < 0)
        return errno == EMFILE || errno == ENFILE ? QN_OK : fail_errno(err, "cannot open %s", path);
    if (leaves_room(*fd)) return QN_OK;
    close(*fd);
    *fd = -1;
    return QN_OK;
}

int32_t held_open(held_files *h, const char *dir, const catalog_file *files, size_t n, qn_err *err)
{
    int32_t rc = QN_OK;

    if (n == 0) return QN_OK;
    if (!(h->fds = mem_new(n, sizeof *h->fds)))
        return fail(err, QN_E_NO_MEMORY, "out of memory reading the tape");
    while (h->n < n && rc == QN_OK) {
        rc = hold(dir, files[h->n].path, &h->fds[h->n], err);
        if (rc != QN_OK || h->fds[h->n] < 0) break;
        h->n++;
    }
    return rc;
}

int held_take(held_files *h, size_t i)
{
    int fd = -1;

    if (i >= h->n) return -1;
    fd = h->fds[i];
    h->fds[i] = -1;
    return fd;
}

void held_close(held_files *h)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->fds[i] >= 0) close(h->fds[i]);
    mem_free(h->fds);
    *h = (held_files){0};
}
