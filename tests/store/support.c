/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/memory.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void folder_new(char to[PATH_ROOM])
{
    folder_make(to, "store");
}

void put_file(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
    ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    ck_assert_int_eq(close(fd), 0);
}

void folder_copy(const char *from, const char *to)
{
    struct dirent *entry;
    DIR *dir;

    folder_free(to);
    ck_assert_int_eq(dir_make(to, NULL), QN_OK);
    ck_assert_ptr_nonnull(dir = opendir(from));
    while ((entry = readdir(dir)) != NULL) {
        char a[PATH_ROOM], b[PATH_ROOM];
        char *bytes = NULL;
        size_t n = 0;
        if (entry->d_name[0] == '.') continue;
        ck_assert_int_eq(path_join(from, entry->d_name, a, NULL), QN_OK);
        ck_assert_int_eq(path_join(to, entry->d_name, b, NULL), QN_OK);
        ck_assert_int_eq(file_read(a, &bytes, &n, NULL), QN_OK);
        put_file(b, bytes, n);
        mem_free(bytes);
    }
    closedir(dir);
}

store_options some_options(const char *dir, durability d)
{
    return (store_options){
        .path = dir, .durability = d, .map_bytes = UINT64_C(1) << 30, .ring_bytes = SMALL_RING};
}

store *open_store(const store_options *o)
{
    qn_err err = QN_ERR_INIT;
    store *s = NULL;

    ck_assert_msg(store_open(o, &s, &err) == QN_OK, "%s", err.msg);
    return s;
}

store *read_store(const char *dir)
{
    return open_store(&(store_options){.path = dir, .is_read_only = true});
}

void close_store(store *s)
{
    qn_err err = QN_ERR_INIT;

    ck_assert_msg(store_close(s, &err) == QN_OK, "%s", err.msg);
}

void make_record(any_record *to, uint64_t seq, uint32_t most)
{
    uint64_t state = seq;
    uint32_t size;

    memset(to, 0, sizeof *to);
    size = (uint32_t)(sizeof(qn_event) + random_below(&state, most - sizeof(qn_event) + 1));
    for (uint32_t i = sizeof(qn_event); i < size; i++)
        to->bytes[i] = (unsigned char)random_next(&state);
    to->hdr = (qn_event){.size = (uint16_t)size,
                         .type = QN_EVENT_OUTPUT,
                         .seq = seq,
                         .ts_ns = (int64_t)(seq * 1000),
                         .instrument = (uint32_t)random_next(&state)};
}

void put_records(store *s, uint64_t from, uint64_t to, uint32_t most)
{
    any_record r;

    for (uint64_t seq = from; seq <= to; seq++) {
        make_record(&r, seq, most);
        journal_put(s, &r.hdr);
    }
}

static void expect_record(const qn_event *got, uint64_t seq, uint32_t most)
{
    any_record wanted;

    make_record(&wanted, seq, most);
    /* one assertion for all: each costs a system call, and millions of records are compared */
    if (got->seq == seq && got->size == wanted.hdr.size && !memcmp(got, &wanted, got->size)) return;
    ck_abort_msg("record %llu of %u bytes is not record %llu of %u bytes",
                 (unsigned long long)got->seq, got->size, (unsigned long long)seq, wanted.hdr.size);
}

int32_t read_run(store *s, uint32_t run, uint64_t first, uint32_t most, uint64_t *n, qn_err *err)
{
    journal_reader *r = NULL;
    const qn_event *record;
    int32_t rc = journal_open(s, run, first - 1, &r, err);

    for (*n = 0; rc == QN_OK; ++*n) {
        if ((rc = journal_next(r, &record, err)) != QN_OK || !record) break;
        expect_record(record, first + *n, most);
    }
    if (rc == QN_OK && (journal_next(r, &record, err) != QN_OK || record))
        ck_abort_msg("the end of run %u is none", run);
    journal_close(r);
    return rc;
}

void expect_run(store *s, uint32_t run, uint64_t first, uint64_t last, uint32_t most)
{
    qn_err err = QN_ERR_INIT;
    uint64_t n;

    ck_assert_msg(read_run(s, run, first, most, &n, &err) == QN_OK, "%s", err.msg);
    ck_assert_uint_eq(n, last + 1 - first);
}
