/* SPDX-License-Identifier: MIT
 *
 * The store as its callers see it. */
#include "base/memory.h"
#include "check_main.h"
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const durability all[] = {DURABILITY_NONE, DURABILITY_GROUP, DURABILITY_SYNC};

static void begin(store *s, const char *header, uint32_t number)
{
    qn_err err = QN_ERR_INIT;
    store_run run;

    ck_assert_msg(store_run_begin(s, header, &run, &err) == QN_OK, "%s", err.msg);
    ck_assert_uint_eq(run.number, number);
    ck_assert_uint_eq(run.incarnation, 1);
    ck_assert(!run.has_ended);
    ck_assert_str_eq(run.header, header);
    ck_assert_str_eq(run.footer, "");
}

static void end(store *s, const char *footer)
{
    qn_err err = QN_ERR_INIT;

    ck_assert_msg(store_run_end(s, footer, &err) == QN_OK, "%s", err.msg);
}

/* Many laps of a small ring, two runs, closed and opened; each durability. */
START_TEST(what_was_put_is_read)
{
    char dir[PATH_ROOM];
    store_options o;
    journal_counts counts;
    store *s;

    folder_new(dir);
    o = some_options(dir, all[_i]);
    s = open_store(&o);
    begin(s, "{\"a\":1}", 1);
    for (uint64_t seq = 1; seq <= 2000; seq += 8) {
        put_records(s, seq, seq + 7, RECORD_MOST);
        journal_publish(s);
    }
    expect_run(s, 1, 1, 2000, RECORD_MOST);
    end(s, "{\"b\":2}");
    begin(s, "{}", 2);
    put_records(s, 5, 9, 100);
    journal_publish(s);
    counts = journal_count(s);
    ck_assert_uint_eq(counts.records, 2005);
    ck_assert_uint_gt(counts.commits, 2);
    ck_assert_int_eq(store_check(s, NULL), QN_OK);
    close_store(s);

    s = read_store(dir);
    expect_run(s, 1, 1, 2000, RECORD_MOST);
    expect_run(s, 1, 777, 2000, RECORD_MOST);
    expect_run(s, 1, 2001, 2000, RECORD_MOST);
    expect_run(s, 2, 5, 9, 100);
    close_store(s);
    folder_free(dir);
}
END_TEST

START_TEST(runs_are_numbered_and_kept)
{
    char dir[PATH_ROOM];
    store_options o;
    store_run run;
    store *s;

    folder_new(dir);
    o = some_options(dir, all[_i]);
    s = open_store(&o);
    ck_assert_int_eq(store_run_get(s, 0, &run, NULL), QN_E_NOT_FOUND);
    ck_assert_int_eq(store_run_end(s, "", NULL), QN_E_STATE);
    begin(s, "one", 1);
    end(s, "end of one");
    ck_assert_int_eq(store_run_end(s, "", NULL), QN_E_STATE);
    begin(s, "two", 2);
    close_store(s);

    s = open_store(&o);
    ck_assert_int_eq(store_run_get(s, 0, &run, NULL), QN_OK);
    ck_assert_uint_eq(run.number, 2);
    ck_assert(!run.has_ended);
    ck_assert_int_eq(run.durability, (int)all[_i]);
    ck_assert_str_eq(run.header, "two");
    ck_assert_int_eq(store_run_get(s, 1, &run, NULL), QN_OK);
    ck_assert(run.has_ended);
    ck_assert_str_eq(run.header, "one");
    ck_assert_str_eq(run.footer, "end of one");
    ck_assert_int_eq(store_run_get(s, 3, &run, NULL), QN_E_NOT_FOUND);
    ck_assert_int_eq(store_run_resume(s, 1, &run, NULL), QN_E_STATE);
    ck_assert_int_eq(store_run_resume(s, 3, &run, NULL), QN_E_NOT_FOUND);
    close_store(s);
    folder_free(dir);
}
END_TEST

/* Each start of a run has a number of its own, and its records go on behind the last. */
START_TEST(a_run_is_taken_up_again)
{
    char dir[PATH_ROOM];
    store_options o;
    store_run run;
    store *s;

    folder_new(dir);
    o = some_options(dir, all[_i]);
    s = open_store(&o);
    begin(s, "one", 1);
    put_records(s, 1, 10, 100);
    close_store(s);
    for (uint32_t k = 2; k < 6; k++) {
        s = open_store(&o);
        ck_assert_int_eq(store_run_resume(s, 1, &run, NULL), QN_OK);
        ck_assert_uint_eq(run.incarnation, k);
        ck_assert_str_eq(run.header, "one");
        put_records(s, 10 * k - 9, 10 * k, 100);
        close_store(s);
    }
    s = open_store(&o);
    expect_run(s, 1, 1, 50, 100);
    begin(s, "two", 2);
    put_records(s, 1, 300, 100);
    /* the first goes on while the second has records: they must not mix */
    ck_assert_int_eq(store_run_resume(s, 1, &run, NULL), QN_OK);
    ck_assert_uint_eq(run.incarnation, 6);
    put_records(s, 51, 400, 100);
    end(s, "");
    ck_assert_int_eq(store_run_resume(s, 2, &run, NULL), QN_OK);
    put_records(s, 301, 310, 100);
    expect_run(s, 1, 1, 400, 100);
    close_store(s);
    s = read_store(dir);
    expect_run(s, 1, 1, 400, 100);
    expect_run(s, 2, 1, 310, 100);
    close_store(s);
    folder_free(dir);
}
END_TEST

START_TEST(values_are_kept)
{
    char dir[PATH_ROOM], long_name[300];
    unsigned char bytes[4001], got[4001];
    store_options o;
    size_t n;
    store *s;

    folder_new(dir);
    memset(long_name, 'x', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    o = some_options(dir, all[_i]);
    s = open_store(&o);
    ck_assert_int_eq(value_put(s, "halt", "yes", 3, NULL), QN_OK);
    ck_assert_int_eq(value_put(s, "sink.log", bytes, 4000, NULL), QN_OK);
    ck_assert_int_eq(value_put(s, "x", bytes, 4001, NULL), QN_E_RANGE);
    ck_assert_int_eq(value_put(s, "", bytes, 1, NULL), QN_E_RANGE);
    ck_assert_int_eq(value_put(s, long_name, bytes, 1, NULL), QN_E_RANGE);
    ck_assert_int_eq(value_put(s, "none", NULL, 0, NULL), QN_OK);
    ck_assert_int_eq(value_put(s, "halt", "no", 2, NULL), QN_OK);
    close_store(s);

    s = open_store(&o);
    n = sizeof got;
    ck_assert_int_eq(value_get(s, "halt", got, &n, NULL), QN_OK);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(memcmp(got, "no", 2), 0);
    n = sizeof got;
    ck_assert_int_eq(value_get(s, "sink.log", got, &n, NULL), QN_OK);
    ck_assert_uint_eq(n, 4000);
    ck_assert_int_eq(memcmp(got, bytes, n), 0);
    n = 3999;
    ck_assert_int_eq(value_get(s, "sink.log", got, &n, NULL), QN_E_FULL);
    n = sizeof got;
    ck_assert_int_eq(value_get(s, "hal", got, &n, NULL), QN_E_NOT_FOUND);
    ck_assert_int_eq(value_put(s, "halt", NULL, 0, NULL), QN_OK);
    ck_assert_int_eq(value_get(s, "halt", got, &n, NULL), QN_E_NOT_FOUND);
    close_store(s);
    folder_free(dir);
}
END_TEST

static void expect_snapshot(store *s, uint32_t run, uint64_t seq, size_t n, int fill)
{
    qn_err err = QN_ERR_INIT;
    unsigned char *bytes;
    uint64_t at;
    size_t size;

    ck_assert_msg(snapshot_get(s, run, &at, (void **)&bytes, &size, &err) == QN_OK, "%s", err.msg);
    ck_assert_uint_eq(at, seq);
    ck_assert_uint_eq(size, n);
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != fill) ck_abort_msg("the snapshot is wrong at %zu", i);
    mem_free(bytes);
}

START_TEST(the_last_snapshots_are_kept)
{
    static unsigned char bytes[100000];
    char dir[PATH_ROOM];
    store_options o;
    uint64_t seq;
    void *got;
    size_t n;
    store *s;

    folder_new(dir);
    o = some_options(dir, all[_i]);
    s = open_store(&o);
    ck_assert_int_eq(snapshot_put(s, 1, bytes, 1, NULL), QN_E_STATE);
    begin(s, "", 1);
    ck_assert_int_eq(snapshot_get(s, 1, &seq, &got, &n, NULL), QN_E_NOT_FOUND);
    for (uint64_t k = 1; k <= 5; k++) {
        put_records(s, 100 * k, 100 * k + 50, 100);
        memset(bytes, (int)k, sizeof bytes);
        ck_assert_int_eq(snapshot_put(s, 100 * k + 50, bytes, sizeof bytes / 5 * k, NULL), QN_OK);
        ck_assert_int_eq(value_put(s, "x", "y", 1, NULL), QN_OK); /* it is committed by then */
        expect_snapshot(s, 1, 100 * k + 50, sizeof bytes / 5 * k, (int)k);
    }
    close_store(s);
    s = open_store(&o);
    expect_snapshot(s, 1, 550, sizeof bytes, 5);
    begin(s, "", 2);
    ck_assert_int_eq(snapshot_get(s, 2, &seq, &got, &n, NULL), QN_E_NOT_FOUND);
    ck_assert_int_eq(snapshot_put(s, 7, NULL, 0, NULL), QN_OK);
    close_store(s);
    s = read_store(dir);
    expect_snapshot(s, 1, 550, sizeof bytes, 5);
    expect_snapshot(s, 2, 7, 0, 0);
    close_store(s);
    folder_free(dir);
}
END_TEST

/* Old snapshots and values leave no pages behind: the file does not grow with their number. */
START_TEST(old_snapshots_make_room)
{
    static unsigned char bytes[100000];
    char dir[PATH_ROOM], path[PATH_ROOM];
    store_options o;
    file_map map;
    store *s;

    folder_new(dir);
    o = some_options(dir, DURABILITY_NONE);
    s = open_store(&o);
    begin(s, "", 1);
    for (uint64_t k = 1; k <= 200; k++) {
        ck_assert_int_eq(snapshot_put(s, k, bytes, sizeof bytes, NULL), QN_OK);
        ck_assert_int_eq(value_put(s, "x", bytes, 1000, NULL), QN_OK);
    }
    close_store(s);
    ck_assert_int_eq(path_join(dir, "data.mdb", path, NULL), QN_OK);
    ck_assert_int_eq(file_map_open(path, &map, NULL), QN_OK);
    ck_assert_uint_lt(map.size, 1000000);
    file_map_close(&map);
    close_store(open_store(&o));
    folder_free(dir);
}
END_TEST

START_TEST(wrong_records_stop_the_store)
{
    static const char *const words[] = {"no run was begun", "behind record", "bytes was put"};
    char dir[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    any_record r;
    store_options o;
    store *s;

    folder_new(dir);
    o = some_options(dir, DURABILITY_GROUP);
    s = open_store(&o);
    make_record(&r, 5, 100);
    if (_i > 0) begin(s, "", 1);
    if (_i > 0) put_records(s, 1, 5, 100);
    if (_i == 2) r.hdr = (qn_event){.size = 31, .seq = 6};
    journal_put(s, &r.hdr);
    ck_assert_int_ne(store_check(s, &err), QN_OK);
    ck_assert_msg(strstr(err.msg, words[_i]) != NULL, "%s", err.msg);
    ck_assert_int_eq(store_close(s, NULL), QN_OK); /* it was told already */
    s = open_store(&o);
    close_store(s);
    folder_free(dir);
}
END_TEST

START_TEST(a_record_may_be_too_long_for_the_ring)
{
    static union {
        qn_event hdr;
        unsigned char bytes[4096];
    } r = {.hdr = {.size = 2041, .seq = 1}};
    char dir[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    store_options o;
    store *s;

    folder_new(dir);
    o = some_options(dir, DURABILITY_GROUP);
    s = open_store(&o);
    begin(s, "", 1);
    journal_put(s, &r.hdr);
    ck_assert_int_eq(store_close(s, &err), QN_E_FULL);
    ck_assert_msg(strstr(err.msg, "does not fit into the ring"), "%s", err.msg);
    folder_free(dir);
}
END_TEST

/* Many records of one event that are not published yet: more than the ring holds. */
START_TEST(a_ring_that_is_too_small_is_only_slow)
{
    char dir[PATH_ROOM];
    store_options o;
    store *s;

    folder_new(dir);
    o = some_options(dir, all[_i]);
    s = open_store(&o);
    begin(s, "", 1);
    put_records(s, 1, 500, RECORD_MOST);
    ck_assert_uint_gt(journal_count(s).waits, 10);
    close_store(s);
    s = read_store(dir);
    expect_run(s, 1, 1, 500, RECORD_MOST);
    close_store(s);
    folder_free(dir);
}
END_TEST

/* A second process is refused, and told by whom; it may read. */
START_TEST(one_process_holds_it)
{
    char dir[PATH_ROOM], expected[64];
    qn_err err = QN_ERR_INIT;
    store_options o;
    store *s, *other = NULL;
    int status;

    folder_new(dir);
    o = some_options(dir, DURABILITY_GROUP);
    s = open_store(&o);
    begin(s, "", 1);
    put_records(s, 1, 100, 100);
    journal_publish(s);
    ck_assert_int_eq(value_put(s, "x", "y", 1, NULL), QN_OK);
    snprintf(expected, sizeof expected, "used by process %d", (int)getpid());
    ck_assert_int_eq(store_open(&o, &other, &err), QN_E_BUSY);
    ck_assert_msg(strstr(err.msg, expected) != NULL, "%s", err.msg);
    ck_assert_int_eq(store_open(&(store_options){.path = dir, .is_read_only = true}, &other, &err),
                     QN_E_BUSY);
    if (fork() == 0) {
        int32_t rc = store_open(&o, &other, &err);
        if (rc != QN_E_BUSY || !strstr(err.msg, expected)) _exit(1);
        if (store_open(&(store_options){.path = dir, .is_read_only = true}, &other, &err) != QN_OK)
            _exit(2);
        expect_run(other, 1, 1, 100, 100);
        _exit(store_close(other, NULL) == QN_OK ? 0 : 3);
    }
    wait(&status);
    ck_assert_int_eq(status, 0);
    put_records(s, 101, 200, 100);
    close_store(s);
    s = open_store(&o); /* nothing of it is left */
    expect_run(s, 1, 1, 200, 100);
    close_store(s);
    folder_free(dir);
}
END_TEST

START_TEST(reading_changes_nothing)
{
    char dir[PATH_ROOM], none[PATH_ROOM];
    store_options o;
    store_run run;
    store *s = NULL;

    folder_new(dir);
    ck_assert_int_eq(path_join(dir, "none", none, NULL), QN_OK);
    ck_assert_int_eq(store_open(&(store_options){.path = none, .is_read_only = true}, &s, NULL),
                     QN_E_NOT_FOUND);
    ck_assert(!file_exists(none));
    o = some_options(dir, DURABILITY_GROUP);
    close_store(open_store(&o));
    s = read_store(dir);
    ck_assert_int_eq(store_run_begin(s, "", &run, NULL), QN_E_STATE);
    ck_assert_int_eq(store_run_resume(s, 1, &run, NULL), QN_E_STATE);
    ck_assert_int_eq(store_run_end(s, "", NULL), QN_E_STATE);
    ck_assert_int_eq(value_put(s, "x", "y", 1, NULL), QN_E_STATE);
    ck_assert_int_eq(snapshot_put(s, 1, "y", 1, NULL), QN_E_STATE);
    ck_assert_int_eq(store_run_get(s, 0, &run, NULL), QN_E_NOT_FOUND);
    close_store(s);
    folder_free(dir);
}
END_TEST

typedef struct user {
    pthread_t thread;
    store *s;
    uint32_t number;
    bool is_wrong;
} user;

static void *use_values(void *arg)
{
    user *u = arg;
    char name[16];

    snprintf(name, sizeof name, "user.%u", u->number);
    for (uint64_t i = 1; i <= 100; i++) {
        uint64_t got = 0;
        size_t n = sizeof got;
        if (value_put(u->s, name, &i, sizeof i, NULL) != QN_OK ||
            value_get(u->s, name, &got, &n, NULL) != QN_OK || got != i || n != sizeof got)
            u->is_wrong = true;
    }
    return NULL;
}

/* Values by threads of their own, while records are put and snapshots taken. */
START_TEST(any_thread_keeps_values)
{
    char dir[PATH_ROOM];
    store_options o;
    user users[3];
    store *s;

    folder_new(dir);
    o = some_options(dir, all[_i]);
    s = open_store(&o);
    begin(s, "", 1);
    for (uint32_t i = 0; i < 3; i++) {
        users[i] = (user){.s = s, .number = i};
        ck_assert_int_eq(pthread_create(&users[i].thread, NULL, use_values, &users[i]), 0);
    }
    for (uint64_t seq = 1; seq <= 3000; seq += 10) {
        put_records(s, seq, seq + 9, 200);
        journal_publish(s);
        if (seq % 100 == 1) ck_assert_int_eq(snapshot_put(s, seq, "x", 1, NULL), QN_OK);
    }
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_int_eq(pthread_join(users[i].thread, NULL), 0);
        ck_assert(!users[i].is_wrong);
    }
    expect_run(s, 1, 1, 3000, 200);
    close_store(s);
    s = read_store(dir);
    expect_run(s, 1, 1, 3000, 200);
    close_store(s);
    folder_free(dir);
}
END_TEST

START_TEST(options_are_checked)
{
    static const uint64_t wrong[] = {1, 2048, 5000, 4097};
    char dir[PATH_ROOM];
    store_options o;
    store *s = NULL;

    folder_new(dir);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        o = some_options(dir, DURABILITY_GROUP);
        o.ring_bytes = wrong[i];
        ck_assert_int_eq(store_open(&o, &s, NULL), QN_E_RANGE);
    }
    folder_free(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *tests = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tests, 100);
    tcase_add_loop_test(tests, what_was_put_is_read, 0, 3);
    tcase_add_loop_test(tests, runs_are_numbered_and_kept, 0, 3);
    tcase_add_loop_test(tests, a_run_is_taken_up_again, 0, 3);
    tcase_add_loop_test(tests, values_are_kept, 0, 3);
    tcase_add_loop_test(tests, the_last_snapshots_are_kept, 0, 3);
    tcase_add_test(tests, old_snapshots_make_room);
    tcase_add_loop_test(tests, wrong_records_stop_the_store, 0, 3);
    tcase_add_test(tests, a_record_may_be_too_long_for_the_ring);
    tcase_add_loop_test(tests, a_ring_that_is_too_small_is_only_slow, 0, 3);
    tcase_add_test(tests, one_process_holds_it);
    tcase_add_test(tests, reading_changes_nothing);
    tcase_add_loop_test(tests, any_thread_keeps_values, 0, 3);
    tcase_add_test(tests, options_are_checked);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
