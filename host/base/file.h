/* SPDX-License-Identifier: MIT
 *
 * Files: mapped for reading, buffered for writing, replaced as a whole. Every error names the
 * file and the cause. */
#ifndef QUOIN_BASE_FILE_H
#define QUOIN_BASE_FILE_H

#include <quoin/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATH_ROOM 4096

/* "dir/name", or `name` alone if it is absolute or dir is empty. Paths that do not fit are
 * QN_E_OVERFLOW. */
int32_t path_join(const char *dir, const char *name, char to[PATH_ROOM], qn_err *err);

/* The folder of a path: "a/b" for "a/b/c", "." for "c". */
int32_t path_dir(const char *path, char to[PATH_ROOM], qn_err *err);

bool file_exists(const char *path);

/* Make a folder and those above it; existing ones are fine. */
int32_t dir_make(const char *path, qn_err *err);

/* Flush a folder's entries to disk. */
int32_t dir_sync(const char *path, qn_err *err);

/* A whole file, mapped read-only. All zero is an empty one. */
typedef struct file_map {
    const unsigned char *data; /* NULL for an empty file */
    size_t size;
} file_map;

int32_t file_map_open(const char *path, file_map *map, qn_err *err);
/* The same of an open file, which stays open; `path` is for messages. */
int32_t file_map_fd(int fd, const char *path, file_map *map, qn_err *err);
void file_map_close(file_map *map);
/* Tell the kernel that bytes before `offset` are not needed again: keeps memory flat. */
void file_map_drop(const file_map *map, size_t *dropped, size_t offset);

/* The whole file in memory, with a NUL behind it (not counted in *size). Free by mem_free. */
int32_t file_read(const char *path, char **data, size_t *size, qn_err *err);

/* A file being written. The first error sticks and is told by file_out_close, so that a
 * writer of many lines checks once. */
typedef struct file_out {
    int fd;
    size_t used;
    int64_t written; /* bytes handed over so far, buffered ones included */
    int32_t code;    /* of the first error */
    qn_err err;
    char *buffer;
    char path[PATH_ROOM];
} file_out;

/* Create or truncate. On error nothing is open. */
int32_t file_out_open(file_out *out, const char *path, qn_err *err);
void file_out_write(file_out *out, const void *data, size_t n);
void file_out_text(file_out *out, const char *text);
/* Flush, sync to disk if asked, close. Returns the first error of the file's whole life. An
 * unopened (all zero) file is fine. */
int32_t file_out_close(file_out *out, bool with_sync, qn_err *err);

/* Put `size` bytes at `path` so that a reader, or a crash at any moment, sees the old file or
 * the new one whole: written beside it, synced, renamed, folder synced. */
int32_t file_replace(const char *path, const void *data, size_t size, qn_err *err);

/* The file's SHA-256 as hex (SHA256_HEX bytes). */
int32_t file_sha256(const char *path, char *to, qn_err *err);

#endif
