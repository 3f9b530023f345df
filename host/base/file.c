/* SPDX-License-Identifier: MIT */
#include "file.h"

#include "fail.h"
#include "hash.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE ((size_t)65536)

int32_t path_join(const char *dir, const char *name, char to[PATH_ROOM], qn_err *err)
{
    int n = name[0] == '/' || !dir[0] ? snprintf(to, PATH_ROOM, "%s", name)
                                      : snprintf(to, PATH_ROOM, "%s/%s", dir, name);

    if (n < 0 || n >= PATH_ROOM)
        return fail(err, QN_E_OVERFLOW, "path too long: %.64s.../%.64s", dir, name);
    return QN_OK;
}

int32_t path_dir(const char *path, char to[PATH_ROOM], qn_err *err)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;

    if (!slash) return path_join("", ".", to, err);
    if (len == 0) return path_join("", "/", to, err);
    if (len >= PATH_ROOM) return fail(err, QN_E_OVERFLOW, "path too long: %.64s...", path);
    memcpy(to, path, len);
    to[len] = '\0';
    return QN_OK;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int32_t dir_make(const char *path, qn_err *err)
{
    char part[PATH_ROOM];
    int32_t rc = path_join("", path, part, err);

    for (char *p = part + 1; rc == QN_OK && *p; p++) {
        if (*p != '/') continue;
        *p = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            rc = fail_errno(err, "cannot make folder %s", part);
        *p = '/';
    }
    if (rc == QN_OK && mkdir(part, 0777) != 0 && errno != EEXIST)
        rc = fail_errno(err, "cannot make folder %s", part);
    return rc;
}

int32_t dir_sync(const char *path, qn_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int32_t rc = QN_OK;

    if (fd < 0) return fail_errno(err, "cannot open folder %s", path);
    if (fsync(fd) != 0) rc = fail_errno(err, "cannot sync folder %s", path);
    close(fd);
    return rc;
}

int32_t file_map_fd(int fd, const char *path, file_map *map, qn_err *err)
{
    struct stat st;
    void *data = NULL;
    int32_t rc = QN_OK;

    if (fstat(fd, &st) != 0)
        rc = fail_errno(err, "cannot read %s", path);
    else if (!S_ISREG(st.st_mode))
        rc = fail(err, QN_E_IO, "cannot read %s: not a regular file", path);
    else if (st.st_size > 0) {
        data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED) rc = fail_errno(err, "cannot map %s", path);
    }
    if (rc != QN_OK) return rc;
    map->data = data;
    map->size = (size_t)st.st_size;
    return QN_OK;
}

int32_t file_map_open(const char *path, file_map *map, qn_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* do not wait for a pipe's writer */
    int32_t rc;

    if (fd < 0) return fail_errno(err, "cannot open %s", path);
    rc = file_map_fd(fd, path, map, err);
    close(fd);
    return rc;
}

void file_map_close(file_map *map)
{
    if (map->data) munmap((void *)(uintptr_t)map->data, map->size);
    *map = (file_map){0};
}

void file_map_drop(const file_map *map, size_t *dropped, size_t offset)
{
    size_t until = offset & ~(size_t)4095;

    if (until <= *dropped) return;
    madvise((void *)(uintptr_t)(map->data + *dropped), until - *dropped, MADV_DONTNEED);
    *dropped = until;
}

/* Reads to the end; *data has room for `room` bytes and a NUL. */
static int32_t read_all(int fd, const char *path, char **data, size_t *size, qn_err *err)
{
    size_t room = 0;
    ssize_t n;

    do {
        if (!mem_reserve((void **)data, &room, *size + BUFFER_SIZE + 1, 1))
            return fail(err, QN_E_NO_MEMORY, "out of memory reading %s", path);
        n = read(fd, *data + *size, room - *size - 1);
        if (n < 0) return fail_errno(err, "cannot read %s", path);
        *size += (size_t)n;
    } while (n > 0);
    (*data)[*size] = '\0';
    return QN_OK;
}

int32_t file_read(const char *path, char **data, size_t *size, qn_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = NULL;
    size_t len = 0;
    int32_t rc;

    if (fd < 0) return fail_errno(err, "cannot open %s", path);
    rc = read_all(fd, path, &text, &len, err);
    close(fd);
    if (rc != QN_OK) {
        mem_free(text);
        return rc;
    }
    *data = text;
    *size = len;
    return QN_OK;
}

int32_t file_out_open(file_out *out, const char *path, qn_err *err)
{
    int32_t rc;

    *out = (file_out){.fd = -1};
    if ((rc = path_join("", path, out->path, err)) != QN_OK) return rc;
    if (!(out->buffer = mem_new(1, BUFFER_SIZE)))
        return fail(err, QN_E_NO_MEMORY, "out of memory opening %s", path);
    out->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (out->fd < 0) {
        rc = fail_errno(err, "cannot write %s", path);
        mem_free(out->buffer);
        out->buffer = NULL;
    }
    return rc;
}

static void flush(file_out *out)
{
    size_t done = 0;

    while (done < out->used && out->code == QN_OK) {
        ssize_t n = write(out->fd, out->buffer + done, out->used - done);
        if (n < 0)
            out->code = fail_errno(&out->err, "cannot write %s", out->path);
        else
            done += (size_t)n;
    }
    out->used = 0;
}

void file_out_write(file_out *out, const void *data, size_t n)
{
    const char *from = data;

    out->written += (int64_t)n;
    while (n > 0 && out->code == QN_OK) {
        size_t part = BUFFER_SIZE - out->used < n ? BUFFER_SIZE - out->used : n;
        memcpy(out->buffer + out->used, from, part);
        out->used += part;
        from += part;
        n -= part;
        if (out->used == BUFFER_SIZE) flush(out);
    }
}

void file_out_text(file_out *out, const char *text)
{
    file_out_write(out, text, strlen(text));
}

int32_t file_out_close(file_out *out, bool with_sync, qn_err *err)
{
    int32_t rc;

    if (!out->buffer) return QN_OK;
    flush(out);
    if (with_sync && out->code == QN_OK && fsync(out->fd) != 0)
        out->code = fail_errno(&out->err, "cannot sync %s", out->path);
    if (close(out->fd) != 0 && out->code == QN_OK)
        out->code = fail_errno(&out->err, "cannot write %s", out->path);
    mem_free(out->buffer);
    rc = out->code;
    if (rc != QN_OK && err) *err = out->err;
    *out = (file_out){.fd = -1};
    return rc;
}

int32_t file_replace(const char *path, const void *data, size_t size, qn_err *err)
{
    char beside[PATH_ROOM];
    char dir[PATH_ROOM];
    file_out out = {0};
    int32_t rc;

    if ((rc = path_dir(path, dir, err)) != QN_OK) return rc;
    if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
        return fail(err, QN_E_OVERFLOW, "path too long: %.64s...", path);
    if ((rc = file_out_open(&out, beside, err)) != QN_OK) return rc;
    file_out_write(&out, data, size);
    if ((rc = file_out_close(&out, true, err)) != QN_OK) goto done;
    if (rename(beside, path) != 0) {
        rc = fail_errno(err, "cannot rename %s to %s", beside, path);
        goto done;
    }
    return dir_sync(dir, err);
done:
    unlink(beside);
    return rc;
}

int32_t file_sha256(const char *path, char *to, qn_err *err)
{
    file_map map = {0};
    int32_t rc = file_map_open(path, &map, err);

    if (rc != QN_OK) return rc;
    rc = sha256_of(map.data ? (const void *)map.data : "", map.size, to, err);
    file_map_close(&map);
    return rc;
}
