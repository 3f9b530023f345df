/* SPDX-License-Identifier: MIT
 *
 * Whatever call fails, and wherever the process is killed: what was published is there
 * afterwards, in order, once; what failed is told; the store can be used again. */
#include "base/memory.h"
#include "check_main.h"
#include "shim.h"
#include "store/internal.h"
#include "support.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LENGTH 200u
#define MOST_CALLS 100000

/* What a session did, in memory that outlives it. */
typedef struct progress {
    volatile bool has_fired, was_opened;
    volatile uint32_t begun, asked; /* runs that were begun, or tried to be */
    volatile uint64_t put[3], published[3];
    volatile uint64_t value, value_asked;
    volatile int32_t told; /* the first error that a call of the store returned */
    char words[256];
} progress;

static progress *p;

static bool is_fine(int32_t rc, const qn_err *err)
{
    if (rc == QN_OK) return true;
    if (p->told != QN_OK) return false;
    p->told = rc;
    snprintf(p->words, sizeof p->words, "%s", err->msg);
    return false;
}

static void put_part(store *s, uint32_t run, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        qn_err err = QN_ERR_INIT;
        uint64_t seq = p->put[run] + 1;
        p->put[run] = seq;
        put_records(s, seq, seq, LENGTH);
        if (seq % 3) continue;
        journal_publish(s);
        if (!is_fine(store_check(s, &err), &err)) return;
        p->published[run] = seq;
    }
}

static void set_value(store *s, uint64_t number)
{
    qn_err err = QN_ERR_INIT;

    p->value_asked = number;
    if (is_fine(value_put(s, "v", &number, sizeof number, &err), &err)) p->value = number;
}

static void begin_run(store *s)
{
    qn_err err = QN_ERR_INIT;
    store_run run;

    p->asked++;
    if (is_fine(store_run_begin(s, "a header", &run, &err), &err)) p->begun = run.number;
}

static void take_up(store *s)
{
    qn_err err = QN_ERR_INIT;
    store_run run;

    is_fine(store_run_resume(s, 1, &run, &err), &err);
}

/* All that a store can do, in two goes. Goes on after an error, as far as that makes sense. */
static void session(const store_options *o)
{
    static unsigned char snapshot[9000];
    qn_err err = QN_ERR_INIT;
    store *s = NULL;
    uint64_t number;
    size_t n = sizeof number;
    int32_t rc;

    if (!is_fine(store_open(o, &s, &err), &err)) return;
    p->was_opened = true;
    begin_run(s);
    if (p->told == QN_OK) put_part(s, 1, 20);
    set_value(s, 1);
    is_fine(snapshot_put(s, 20, snapshot, sizeof snapshot, &err), &err);
    if (p->told == QN_OK) put_part(s, 1, 10);
    is_fine(store_close(s, &err), &err);
    s = NULL;
    if (p->told != QN_OK || !is_fine(store_open(o, &s, &err), &err)) return;
    take_up(s);
    if (p->told == QN_OK) put_part(s, 1, 30);
    is_fine(snapshot_put(s, 60, snapshot, 100, &err), &err);
    is_fine(snapshot_put(s, 61, snapshot, 5000, &err), &err);
    rc = value_get(s, "v", &number, &n, &err);
    is_fine(rc, &err);
    if (rc == QN_OK && number != p->value) p->told = QN_E_INTERNAL;
    if (p->told == QN_OK) is_fine(store_run_end(s, "a footer", &err), &err);
    if (p->told == QN_OK) begin_run(s);
    if (p->told == QN_OK) put_part(s, 2, 15);
    set_value(s, 2);
    is_fine(store_close(s, &err), &err);
}

/* Run the session in a process of its own, with the k-th call failing. */
static int run_with(const store_options *o, shim_kind kind, long k)
{
    int status;
    pid_t child;

    memset((void *)p, 0, sizeof *p);
    if ((child = fork()) == 0) {
        shim_arm(kind, k, &p->has_fired);
        session(o);
        shim_disarm();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

/* What is in the store, by its reader or its next writer. */
static void expect_kept(store *s, const char *what)
{
    qn_err err = QN_ERR_INIT;
    uint64_t n, number = 0;
    size_t size = sizeof number;
    store_run run;
    int32_t rc = store_run_get(s, 0, &run, &err);
    uint32_t runs = rc == QN_OK ? run.number : 0;

    ck_assert_msg(rc == QN_OK || rc == QN_E_NOT_FOUND, "%s: %s", what, err.msg);
    if (runs < p->begun || runs > p->asked)
        ck_abort_msg("%s: %u runs; %u were begun", what, runs, p->begun);
    for (uint32_t i = 1; i <= runs; i++) {
        rc = read_run(s, i, 1, LENGTH, &n, &err);
        ck_assert_msg(rc == QN_OK, "%s: %s", what, err.msg);
        if (n < p->published[i] || n > p->put[i])
            ck_abort_msg("%s: run %u has %llu records; %llu were published, %llu put", what, i,
                         (unsigned long long)n, (unsigned long long)p->published[i],
                         (unsigned long long)p->put[i]);
    }
    rc = value_get(s, "v", &number, &size, &err);
    ck_assert_msg(rc == QN_OK || rc == QN_E_NOT_FOUND, "%s: %s", what, err.msg);
    if (number != p->value && number != p->value_asked)
        ck_abort_msg("%s: value %llu", what, (unsigned long long)number);
    rc = store_verify(s, &n, &err);
    ck_assert_msg(rc == QN_OK, "%s: %s", what, err.msg);
}

static void expect_usable(const store_options *o, const char *what)
{
    store_options r = {.path = o->path, .is_read_only = true};
    qn_err err = QN_ERR_INIT;
    store *s = NULL;
    store_run run;
    int32_t rc = store_open(&r, &s, &err);

    ck_assert_msg(rc == QN_OK || (rc == QN_E_NOT_FOUND && !p->was_opened), "%s: %s", what, err.msg);
    if (rc == QN_OK) {
        expect_kept(s, what);
        close_store(s);
    }
    rc = store_open(o, &s, &err);
    ck_assert_msg(rc == QN_OK, "%s: %s", what, err.msg);
    expect_kept(s, what);
    ck_assert_int_eq(store_run_begin(s, "", &run, NULL), QN_OK);
    put_records(s, 1, 9, LENGTH);
    close_store(s);
    s = open_store(o);
    expect_run(s, run.number, 1, 9, LENGTH);
    close_store(s);
}

typedef struct kind_row {
    shim_kind kind;
    const char *name;
    int32_t codes[6]; /* that may be told; 0 = no more */
} kind_row;

static const kind_row kinds[] = {
    {SHIM_KILL, "killed before a write", {0}},
    {SHIM_KILL_AFTER, "killed behind a write", {0}},
    {SHIM_IO, "a system call fails", {QN_E_IO, QN_E_FULL, QN_E_NO_MEMORY}},
    {SHIM_WRITES, "nothing can be written any more", {QN_E_IO, QN_E_FULL}},
    {SHIM_MEMORY, "an allocation fails", {QN_E_NO_MEMORY}},
    {SHIM_LMDB_IO, "LMDB: an I/O error", {QN_E_IO}},
    {SHIM_LMDB_FULL, "LMDB: the map is full", {QN_E_FULL}},
    {SHIM_LMDB_MEMORY, "LMDB: no memory", {QN_E_NO_MEMORY}},
};

#define KINDS (sizeof kinds / sizeof kinds[0])

static bool may_tell(const kind_row *kind, int32_t code)
{
    for (size_t i = 0; i < 6 && kind->codes[i]; i++)
        if (kind->codes[i] == code) return true;
    return false;
}

START_TEST(every_call)
{
    static const durability all[] = {DURABILITY_NONE, DURABILITY_GROUP, DURABILITY_SYNC};
    const kind_row *kind = &kinds[(size_t)_i % KINDS];
    bool is_kill = kind->kind == SHIM_KILL || kind->kind == SHIM_KILL_AFTER;
    long k, told = 0;
    char dir[PATH_ROOM], sub[PATH_ROOM], what[100];
    store_options o;

    p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    folder_new(dir);
    ck_assert_int_eq(path_join(dir, "store", sub, NULL), QN_OK);
    o = some_options(sub, all[(size_t)_i / KINDS]);
    for (k = 1; k < MOST_CALLS; k++) {
        int status = run_with(&o, kind->kind, k);
        if (!p->has_fired) break;
        snprintf(what, sizeof what, "%s, call %ld, durability %d", kind->name, k, o.durability);
        if (is_kill)
            ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "%s", what);
        else if (status != 0)
            ck_abort_msg("%s: status %x", what, status);
        else if (p->told != QN_OK) {
            ck_assert_msg(may_tell(kind, p->told), "%s: %d %s", what, p->told, p->words);
            ck_assert_msg(p->words[0], "%s: no words", what);
            told++;
        }
        /* durability none keeps nothing in a ring */
        if (o.durability == DURABILITY_NONE) p->published[1] = p->published[2] = 0;
        expect_usable(&o, what);
        folder_free(sub);
    }
    ck_assert_int_eq(p->told, QN_OK);
    expect_usable(&o, "nothing fails");
    printf("proof: store faults: durability %d, %s: %ld calls, %ld told\n", o.durability,
           kind->name, k - 1, told);
    ck_assert_int_gt(k, 10);
    ck_assert(is_kill || told > (k - 1) / 2);
    folder_free(dir);
}
END_TEST

/* The thread that puts goes on while a flush takes as long as it likes: this one ends when the
 * test says so, and the test says so when everything was put. */
START_TEST(publishing_never_waits_for_a_flush)
{
    char dir[PATH_ROOM];
    journal_counts before, after;
    store_options o;
    store_run run;
    store *s;

    folder_new(dir);
    o = some_options(dir, DURABILITY_GROUP);
    o.ring_bytes = 1 << 20;
    s = open_store(&o);
    ck_assert_int_eq(store_run_begin(s, "", &run, NULL), QN_OK);
    for (uint64_t round = 0; round < 5; round++) {
        shim_sync_hold();
        put_records(s, round * 1000 + 1, round * 1000 + 1, LENGTH);
        journal_publish(s);
        shim_sync_await(); /* the committing thread is in fdatasync now */
        before = journal_count(s);
        for (uint64_t seq = round * 1000 + 2; seq <= round * 1000 + 1000; seq++) {
            put_records(s, seq, seq, LENGTH);
            journal_publish(s);
        }
        after = journal_count(s);
        shim_sync_go();
        ck_assert_uint_eq(after.records, before.records + 999);
        ck_assert_uint_eq(after.waits, 0);
        ck_assert_uint_eq(after.commits, before.commits); /* it has not come back meanwhile */
        ck_assert_int_eq(value_put(s, "v", "x", 1, NULL), QN_OK);
    }
    expect_run(s, 1, 1, 5000, LENGTH);
    close_store(s);
    folder_free(dir);
}
END_TEST

/* Put until it is told that it cannot go on; what was put until then is there when there is
 * room again. */
static uint64_t put_until_told(store *s, const char *words)
{
    qn_err err = QN_ERR_INIT;
    uint64_t seq = 0, kept;

    while (store_check(s, &err) == QN_OK && seq < 1000000) {
        put_records(s, seq + 1, seq + 10, RECORD_MOST);
        seq += 10;
        journal_publish(s);
    }
    ck_assert_int_eq(store_check(s, &err), QN_E_FULL);
    ck_assert_msg(strstr(err.msg, "data.mdb") && strstr(err.msg, words), "%s", err.msg);
    put_records(s, seq + 1, seq + 100, RECORD_MOST); /* goes nowhere, and does no harm */
    journal_publish(s);
    kept = journal_count(s).records;
    ck_assert_int_eq(value_put(s, "v", "x", 1, &err), QN_E_FULL);
    ck_assert_int_eq(store_close(s, &err), QN_OK); /* told already */
    return kept;
}

START_TEST(a_full_map_is_told)
{
    char dir[PATH_ROOM];
    store_options o;
    store_run run;
    uint64_t kept;
    store *s;

    folder_new(dir);
    o = some_options(dir, DURABILITY_GROUP);
    o.map_bytes = 256 << 10;
    s = open_store(&o);
    ck_assert_int_eq(store_run_begin(s, "", &run, NULL), QN_OK);
    kept = put_until_told(s, "raise store.map_mib");
    s = read_store(dir);
    expect_run(s, 1, 1, kept, RECORD_MOST);
    close_store(s);
    o.map_bytes = 1 << 20;
    s = open_store(&o);
    expect_run(s, 1, 1, kept, RECORD_MOST);
    ck_assert_int_eq(store_run_resume(s, 1, &run, NULL), QN_OK);
    put_records(s, kept + 1, kept + 10, RECORD_MOST);
    close_store(s);
    s = read_store(dir);
    expect_run(s, 1, 1, kept + 10, RECORD_MOST);
    close_store(s);
    folder_free(dir);
}
END_TEST

START_TEST(a_full_disk_is_told)
{
    volatile bool has_fired = false;
    char dir[PATH_ROOM];
    store_options o;
    store_run run;
    uint64_t kept;
    store *s;

    folder_new(dir);
    o = some_options(dir, DURABILITY_GROUP);
    s = open_store(&o);
    ck_assert_int_eq(store_run_begin(s, "", &run, NULL), QN_OK);
    shim_arm(SHIM_WRITES, 30, &has_fired);
    kept = put_until_told(s, "free some space");
    shim_disarm();
    ck_assert(has_fired);
    s = open_store(&o);
    expect_run(s, 1, 1, kept, RECORD_MOST);
    close_store(s);
    folder_free(dir);
}
END_TEST

/* Once is enough: what is told does not become untrue. */
START_TEST(a_failed_store_stays_failed)
{
    volatile bool has_fired = false;
    qn_err err = QN_ERR_INIT, again = QN_ERR_INIT;
    char dir[PATH_ROOM];
    store_options o;
    store_run run;
    store *s;

    folder_new(dir);
    o = some_options(dir, DURABILITY_SYNC);
    s = open_store(&o);
    ck_assert_int_eq(store_run_begin(s, "", &run, NULL), QN_OK);
    put_records(s, 1, 3, LENGTH);
    shim_arm(SHIM_LMDB_IO, 1, &has_fired);
    journal_publish(s);
    shim_disarm();
    ck_assert(has_fired);
    put_records(s, 4, 5, LENGTH);
    journal_publish(s);
    ck_assert_int_eq(value_put(s, "v", "x", 1, &err), QN_E_IO);
    ck_assert_int_eq(snapshot_put(s, 5, "x", 1, NULL), QN_E_IO);
    ck_assert_int_eq(store_run_end(s, "", NULL), QN_E_IO);
    ck_assert_int_eq(store_check(s, &again), QN_E_IO);
    ck_assert_str_eq(err.msg, again.msg);
    ck_assert_int_eq(store_close(s, NULL), QN_OK);
    s = open_store(&o); /* the ring has kept what was published */
    expect_run(s, 1, 1, 5, LENGTH);
    close_store(s);
    folder_free(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_faults");
    TCase *tests = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, every_call, 0, 3 * (int)KINDS);
    tcase_add_test(tests, publishing_never_waits_for_a_flush);
    tcase_add_test(tests, a_failed_store_stays_failed);
    tcase_add_test(tests, a_full_map_is_told);
    tcase_add_test(tests, a_full_disk_is_told);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
