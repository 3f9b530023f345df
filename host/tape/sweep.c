/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include "base/fail.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int32_t folder_lock(const char *dir, int *fd, qn_err *err)
{
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int32_t rc;

    if (folder < 0) return fail_errno(err, "cannot open folder %s", dir);
    /* the folder itself is what is locked: no file that a killed writer could leave behind */
    if (flock(folder, LOCK_EX | LOCK_NB) == 0) {
        *fd = folder;
        return QN_OK;
    }
    rc = errno == EWOULDBLOCK ? fail(err, QN_E_BUSY, "another process writes to catalog %s", dir)
                              : fail_errno(err, "cannot lock folder %s", dir);
    close(folder);
    return rc;
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name);
    size_t n = strlen(suffix);

    return len > n && strcmp(name + len - n, suffix) == 0;
}

static bool is_listed(const manifest *m, const char *instrument, data_type data, const char *name)
{
    size_t count;
    size_t first = manifest_find(m, instrument, data, &count);

    for (size_t i = first; i < first + count; i++)
        if (strcmp(strrchr(m->files[i].path, '/') + 1, name) == 0) return true;
    return false;
}

static void remove_in(const char *folder, const char *name)
{
    char path[PATH_ROOM];

    if (path_join(folder, name, path, NULL) == QN_OK) unlink(path);
}

/* One folder of tape files. */
static void sweep_data(const char *folder, const manifest *m, const char *instrument,
                       data_type data)
{
    DIR *d = opendir(folder);
    struct dirent *entry;

    if (!d) return;
    while ((entry = readdir(d)))
        if (ends_with(entry->d_name, PART_SUFFIX) ||
            (ends_with(entry->d_name, TAPE_SUFFIX) &&
             !is_listed(m, instrument, data, entry->d_name)))
            remove_in(folder, entry->d_name);
    closedir(d);
    rmdir(folder); /* refused unless it is empty */
}

static void sweep_instrument(const char *folder, const manifest *m, const char *instrument)
{
    DIR *d = opendir(folder);
    struct dirent *entry;
    char path[PATH_ROOM];
    data_type data;

    if (!d) return;
    while ((entry = readdir(d)))
        if (data_type_parse(entry->d_name, &data) == QN_OK &&
            path_join(folder, entry->d_name, path, NULL) == QN_OK)
            sweep_data(path, m, instrument, data);
    closedir(d);
    rmdir(folder);
}

void folder_sweep(const char *dir, const manifest *m)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    char path[PATH_ROOM];

    if (!d) return;
    while ((entry = readdir(d)))
        /* instruments have a dot in their name, and not in front */
        if (entry->d_type != DT_REG && strchr(entry->d_name, '.') && entry->d_name[0] != '.' &&
            path_join(dir, entry->d_name, path, NULL) == QN_OK)
            sweep_instrument(path, m, entry->d_name);
    closedir(d);
    remove_in(dir, MANIFEST_NAME ".new");
}

void folder_remove(const char *dir, const char *path)
{
    char full[PATH_ROOM];
    size_t root = strlen(dir) + 1;

    if (path_join(dir, path, full, NULL) != QN_OK) return;
    unlink(full);
    for (char *slash = strrchr(full, '/'); slash && slash > full + root;
         slash = strrchr(full, '/')) {
        *slash = '\0';
        if (rmdir(full) != 0) return;
    }
}

/* A sync is a flush of the disk's cache: for many files one of the whole file system is the
 * lesser evil, for few it would wait for everybody else's data. */
#define SYNC_ONE_BY_ONE 32

static int32_t sync_file(const char *path, qn_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int32_t rc = QN_OK;

    if (fd < 0) return fail_errno(err, "cannot open %s", path);
    if (fsync(fd) != 0) rc = fail_errno(err, "cannot sync %s", path);
    close(fd);
    return rc;
}

/* The folder of one data type, and the instrument's above it. */
static int32_t sync_folders(const char *path, qn_err *err)
{
    char folder[PATH_ROOM];
    char above[PATH_ROOM];
    int32_t rc;

    if ((rc = path_dir(path, folder, err)) != QN_OK) return rc;
    if ((rc = dir_sync(folder, err)) != QN_OK) return rc;
    if ((rc = path_dir(folder, above, err)) != QN_OK) return rc;
    return dir_sync(above, err);
}

int32_t folder_sync(const char *dir, int fd, const char *const *paths, size_t n, qn_err *err)
{
    char path[PATH_ROOM];
    int32_t rc = QN_OK;

    if (n > SYNC_ONE_BY_ONE)
        return syncfs(fd) == 0 ? QN_OK : fail_errno(err, "cannot sync %s", dir);
    for (size_t i = 0; i < n && rc == QN_OK; i++)
        if ((rc = path_join(dir, paths[i], path, err)) == QN_OK) rc = sync_file(path, err);
    for (size_t i = 0; i < n && rc == QN_OK; i++) {
        size_t folder = (size_t)(strrchr(paths[i], '/') - paths[i]) + 1;
        if (i > 0 && strncmp(paths[i], paths[i - 1], folder) == 0) continue;
        if ((rc = path_join(dir, paths[i], path, err)) == QN_OK) rc = sync_folders(path, err);
    }
    return rc;
}
