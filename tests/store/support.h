/* SPDX-License-Identifier: MIT
 *
 * Stores for tests: folders, records, and reading everything back. */
#ifndef TESTS_STORE_SUPPORT_H
#define TESTS_STORE_SUPPORT_H

#include "folder.h"
#include "random.h"

#include "base/file.h"
#include "store/store.h"

#define SMALL_RING ((uint64_t)4096)

void folder_new(char to[PATH_ROOM]);
/* Remove what is in `to`, and copy the files of `from` there. */
void folder_copy(const char *from, const char *to);
void put_file(const char *path, const void *data, size_t size);

store_options some_options(const char *dir, durability d);
store *open_store(const store_options *o); /* must succeed */
store *read_store(const char *dir);
void close_store(store *s);

/* The record with this sequence number: made of the number alone, 32 to `most` bytes, of all
 * lengths. */
#define RECORD_MOST 1000u
typedef union any_record {
    qn_event hdr;
    unsigned char bytes[RECORD_MOST + 8];
} any_record;
void make_record(any_record *to, uint64_t seq, uint32_t most);
void put_records(store *s, uint64_t from, uint64_t to, uint32_t most);

/* Read a run: the records must be `first` .. in order, each as make_record makes it. *n = how
 * many. The first error of the store, else QN_OK; a wrong record fails the test. */
int32_t read_run(store *s, uint32_t run, uint64_t first, uint32_t most, uint64_t *n, qn_err *err);
/* All of run `run` is there: records first .. last. */
void expect_run(store *s, uint32_t run, uint64_t first, uint64_t last, uint32_t most);

#endif
