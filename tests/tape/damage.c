/* SPDX-License-Identifier: MIT
 *
 * Damage: a flipped byte or a cut at any place is an error that names file and offset, never a
 * shorter run. */
#include "base/hash.h"
#include "base/memory.h"
#include "check_main.h"
#include "support.h"
#include "tape/bits.h"

#include <stdio.h>
#include <string.h>

/* Read everything; the first error, or QN_OK. */
static int32_t read_all(const char *dir, const qn_instrument *ins, data_type data, size_t *n,
                        qn_err *err)
{
    tape_stream stream = {ins, data};
    catalog *cat = NULL;
    tape *t = NULL;
    int32_t rc = catalog_open(dir, &cat, err);

    *n = 0;
    if (rc == QN_OK) rc = tape_open(cat, &stream, 1, INT64_MIN, INT64_MAX, &t, err);
    while (rc == QN_OK && t->head) {
        ++*n;
        rc = tape_next(t, err);
    }
    tape_close(t);
    catalog_close(cat);
    return rc;
}

typedef struct damaged_file {
    char dir[PATH_ROOM], path[PATH_ROOM];
    qn_instrument ins;
    data_type data;
    char *bytes;
    size_t size;
} damaged_file;

/* A catalog of one small file of `data`, and its bytes. */
static void make(damaged_file *d, data_type data, uint32_t n)
{
    static any_event events[3 * BLOCK_ROWS];
    uint64_t state = data.type;

    folder_new(d->dir);
    d->ins = an_instrument("BTCUSDT.binance", 0);
    d->data = data;
    for (uint32_t i = 0; i < n; i++)
        events[i] = random_event(data, i, TAME, T2020, &state);
    write_events(d->dir, &d->ins, data, events, n);
    only_file(d->dir, d->path);
    ck_assert_int_eq(file_read(d->path, &d->bytes, &d->size, NULL), QN_OK);
}

static void unmake(damaged_file *d)
{
    mem_free(d->bytes);
    folder_free(d->dir);
}

static void expect_damage(const damaged_file *d, const char *what, size_t at)
{
    qn_err err = QN_ERR_INIT;
    size_t n;
    int32_t rc = read_all(d->dir, &d->ins, d->data, &n, &err);

    ck_assert_msg(rc == QN_E_DAMAGED, "%s %zu of %zu: %d %s", what, at, d->size, rc, err.msg);
    ck_assert_msg(strstr(err.msg, "damaged at byte ") && strstr(err.msg, ".tape"), "%s", err.msg);
}

START_TEST(every_flip_is_seen)
{
    const event_row *rows;
    size_t nrows = event_rows(&rows);
    damaged_file d;
    size_t n;

    ck_assert_int_lt(_i, (int)nrows);
    make(&d, a_type(rows[_i].type, MINUTE), 150);
    ck_assert_int_eq(read_all(d.dir, &d.ins, d.data, &n, NULL), QN_OK);
    ck_assert_uint_eq(n, 150);
    for (size_t i = 0; i < d.size; i++) {
        d.bytes[i] = (char)(d.bytes[i] ^ 1 << i % 8);
        put_file(d.path, d.bytes, d.size);
        expect_damage(&d, "flip", i);
        d.bytes[i] = (char)(d.bytes[i] ^ 1 << i % 8);
    }
    put_file(d.path, d.bytes, d.size);
    ck_assert_int_eq(read_all(d.dir, &d.ins, d.data, &n, NULL), QN_OK);
    unmake(&d);
}
END_TEST

START_TEST(every_cut_is_seen)
{
    damaged_file d;

    make(&d, a_type(QN_EVENT_TRADE, 0), 1500); /* two blocks */
    for (size_t i = 0; i < d.size; i++) {
        put_file(d.path, d.bytes, i);
        expect_damage(&d, "cut", i);
    }
    unmake(&d);
}
END_TEST

START_TEST(more_bytes_are_seen)
{
    damaged_file d;
    char *longer;

    make(&d, a_type(QN_EVENT_TRADE, 0), 10);
    longer = mem_new(1, d.size + 64);
    memcpy(longer, d.bytes, d.size);
    for (size_t i = 1; i <= 64; i++) {
        put_file(d.path, longer, d.size + i);
        expect_damage(&d, "longer by", i);
    }
    mem_free(longer);
    unmake(&d);
}
END_TEST

/* Another, whole file in the place of the right one. */
START_TEST(exchanged_file_is_seen)
{
    damaged_file d;
    damaged_file other;

    make(&d, a_type(QN_EVENT_TRADE, 0), 10);
    make(&other, a_type(QN_EVENT_TRADE, 0), 11);
    put_file(d.path, other.bytes, other.size);
    expect_damage(&d, "exchanged", 0);
    unmake(&other);
    unmake(&d);
}
END_TEST

START_TEST(missing_file_is_told)
{
    damaged_file d;
    qn_err err = QN_ERR_INIT;
    size_t n;

    make(&d, a_type(QN_EVENT_TRADE, 0), 10);
    ck_assert_int_eq(remove(d.path), 0);
    ck_assert_int_eq(read_all(d.dir, &d.ins, d.data, &n, &err), QN_E_NOT_FOUND);
    ck_assert_msg(strstr(err.msg, ".tape") != NULL, "%s", err.msg);
    unmake(&d);
}
END_TEST

/* Foot and index with right checksums, but wrong in themselves: the manifest is not asked. */
START_TEST(hostile_files_do_no_harm)
{
    damaged_file d;
    uint64_t state = 9;
    size_t foot;
    size_t index;

    make(&d, a_type(QN_EVENT_TRADE, 0), 2500);
    foot = d.size - 64;
    index = load64((unsigned char *)d.bytes + foot + 16);
    for (uint32_t round = 0; round < 3000; round++) {
        unsigned char *copy = mem_new(1, d.size);
        block_columns columns;
        tape_file f;
        block_reader r;

        memcpy(copy, d.bytes, d.size);
        for (uint64_t k = random_below(&state, 3) + 1; k > 0; k--)
            copy[index + random_below(&state, foot + 52 - index)] =
                (unsigned char)random_next(&state);
        store32(copy + foot + 52, crc32c(copy + index, foot + 52 - index));
        put_file(d.path, copy, d.size);
        if (tape_file_open(d.path, &f, NULL) == QN_OK) {
            for (uint64_t i = 0; i < f.blocks; i++)
                if (tape_file_block(&f, i, &r, NULL) == QN_OK)
                    while (block_next(&r, columns) > 0)
                        continue;
            (void)tape_file_seek(&f, (int64_t)random_next(&state));
        }
        tape_file_close(&f);
        mem_free(copy);
    }
    unmake(&d);
}
END_TEST

START_TEST(manifest_flips_and_cuts_are_seen)
{
    damaged_file d;
    char path[PATH_ROOM];
    char *text = NULL;
    size_t size = 0;
    qn_err err = QN_ERR_INIT;
    size_t n;

    make(&d, a_type(QN_EVENT_BAR, MINUTE), 5);
    ck_assert_int_eq(path_join(d.dir, "manifest.json", path, NULL), QN_OK);
    ck_assert_int_eq(file_read(path, &text, &size, NULL), QN_OK);
    for (size_t i = 0; i < size; i++) {
        text[i] = (char)(text[i] ^ 1 << i % 8);
        put_file(path, text, size);
        ck_assert_int_eq(read_all(d.dir, &d.ins, d.data, &n, &err), QN_E_DAMAGED);
        ck_assert_ptr_nonnull(strstr(err.msg, "manifest.json"));
        text[i] = (char)(text[i] ^ 1 << i % 8);
        put_file(path, text, i);
        ck_assert_int_eq(read_all(d.dir, &d.ins, d.data, &n, &err), QN_E_DAMAGED);
    }
    put_file(path, text, size);
    ck_assert_int_eq(read_all(d.dir, &d.ins, d.data, &n, &err), QN_OK);
    mem_free(text);
    unmake(&d);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tape_damage");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(all, 100);
    tcase_add_loop_test(all, every_flip_is_seen, 0, 8); /* once a stored type */
    tcase_add_test(all, every_cut_is_seen);
    tcase_add_test(all, more_bytes_are_seen);
    tcase_add_test(all, exchanged_file_is_seen);
    tcase_add_test(all, missing_file_is_told);
    tcase_add_test(all, hostile_files_do_no_harm);
    tcase_add_test(all, manifest_flips_and_cuts_are_seen);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
