/* SPDX-License-Identifier: MIT */
#include "fixture_file.h"

#include "folder.h"

#include "base/memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fixture_folder(char *to)
{
    char path[PATH_ROOM + 16];

    snprintf(to, PATH_ROOM, "/tmp/quoin-module-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(to));
    snprintf(path, sizeof path, "%s/cache", to);
    setenv("QUOIN_CACHE", path, 1);
    snprintf(path, sizeof path, "%s/marker", to);
    setenv("QUOIN_TEST_MARKER", path, 1);
    setenv("QUOIN_DEV", "0", 1);
}

void fixture_clean(const char *folder)
{
    ck_assert_int_eq(folder_free(folder), 0);
}

void fixture_write(const char *folder, const char *name, const void *data, size_t size, char *to)
{
    file_out out;

    ck_assert_int_eq(path_join(folder, name, to, NULL), QN_OK);
    ck_assert_int_eq(file_out_open(&out, to, NULL), QN_OK);
    file_out_write(&out, data, size);
    ck_assert_int_eq(file_out_close(&out, false, NULL), QN_OK);
    ck_assert_int_eq(chmod(to, 0644), 0); /* whatever the umask */
}

void fixture_copy(const char *folder, const char *name, char *to)
{
    char from[PATH_ROOM];
    char file[256];
    char *data;
    size_t size;

    snprintf(file, sizeof file, "%s.so", name);
    ck_assert_int_eq(path_join(FIXTURES, file, from, NULL), QN_OK);
    ck_assert_msg(file_read(from, &data, &size, NULL) == QN_OK, "%s", from);
    fixture_write(folder, file, data, size, to);
    mem_free(data);
}

int fixture_ran(const char *folder)
{
    char path[PATH_ROOM];

    ck_assert_int_eq(path_join(folder, "marker", path, NULL), QN_OK);
    return file_exists(path);
}
