/* SPDX-License-Identifier: MIT
 *
 * What the store costs, and what LMDB alone would: 128-byte records, made ahead.
 *
 *   bench_store commit DIR N BATCH   records a second, each commit on disk, BATCH in one
 *   bench_store bare DIR N BATCH     the same by LMDB alone (MDB_APPEND, MDB_RESERVE)
 *   bench_store group DIR N BATCH    the same with group commit: put and published in batches,
 *                                    on disk when the store is closed
 *   bench_store enqueue DIR N        p50 and p99 in ns of one put and publish, group commit; taken
 *                                    over 16 of them, because clocks step by 10 ns and more
 *   bench_store copy N               the same of a bare copy into memory
 *   bench_store scan DIR N           bytes a second of CPU of reading N records back, each checked
 *   bench_store open DIR N           ms of opening a store of N records for writing
 */
#include "store/store.h"

#include <inttypes.h>
#include <lmdb.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIZE 128u
#define MAP (UINT64_C(8) << 30)

typedef union record {
    qn_event hdr;
    unsigned char bytes[SIZE];
} record;

static double wall_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_store: %s: %s\n", what, why);
    exit(1);
}

static record a_record(uint64_t seq)
{
    record r;

    for (uint32_t i = 0; i < SIZE; i++)
        r.bytes[i] = (unsigned char)(seq + i);
    r.hdr = (qn_event){.size = SIZE, .type = QN_EVENT_OUTPUT, .seq = seq};
    return r;
}

/* A batch of records; their numbers are set when they are put. */
static record *some_records(uint64_t n)
{
    record *r = calloc(n, sizeof *r);

    if (!r) die("records", "out of memory");
    for (uint64_t i = 0; i < n; i++)
        r[i] = a_record(i);
    return r;
}

static store *open_store(const char *dir, durability d, bool is_read_only)
{
    store_options o = {
        .path = dir, .durability = d, .map_bytes = MAP, .is_read_only = is_read_only};
    qn_err err = QN_ERR_INIT;
    store *s = NULL;
    store_run run;

    if (store_open(&o, &s, &err) != QN_OK) die("open", err.msg);
    if (!is_read_only && store_run_begin(s, "{}", &run, &err) != QN_OK) die("begin", err.msg);
    return s;
}

static void close_store(store *s)
{
    qn_err err = QN_ERR_INIT;

    if (store_check(s, &err) != QN_OK || store_close(s, &err) != QN_OK) die("store", err.msg);
}

static void fill(store *s, uint64_t n, uint64_t batch)
{
    record *r = some_records(batch);

    for (uint64_t seq = 1; seq <= n;) {
        for (uint64_t i = 0; i < batch; i++) {
            r[i].hdr.seq = seq++;
            journal_put(s, &r[i].hdr);
        }
        journal_publish(s);
    }
    free(r);
}

static void commit(const char *dir, uint64_t n, uint64_t batch)
{
    store *s = open_store(dir, DURABILITY_SYNC, false);
    double begin = wall_ns();

    fill(s, n, batch);
    printf("%.0f\n", (double)n / (wall_ns() - begin) * 1e9);
    close_store(s);
}

/* The benchmarks are pinned to one processor; the thread that commits wants one of its own. */
static void use_all_processors(void)
{
    cpu_set_t all;

    memset(&all, 0xff, sizeof all);
    sched_setaffinity(0, sizeof all, &all);
}

static void group(const char *dir, uint64_t n, uint64_t batch)
{
    double begin;
    store *s;

    use_all_processors();
    s = open_store(dir, DURABILITY_GROUP, false);
    begin = wall_ns();

    fill(s, n, batch);
    close_store(s);
    printf("%.0f\n", (double)n / (wall_ns() - begin) * 1e9);
}

static void lmdb(int code)
{
    if (code != 0) die("LMDB", mdb_strerror(code));
}

static void bare(const char *dir, uint64_t n, uint64_t batch)
{
    record *r = some_records(batch);
    unsigned char name[12] = {0};
    MDB_cursor *at;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    double begin;

    lmdb(mdb_env_create(&env));
    lmdb(mdb_env_set_maxdbs(env, 1));
    lmdb(mdb_env_set_mapsize(env, MAP));
    lmdb(mdb_env_open(env, dir, MDB_NOTLS | MDB_NORDAHEAD, 0666));
    lmdb(mdb_txn_begin(env, NULL, 0, &txn));
    lmdb(mdb_dbi_open(txn, "journal", MDB_CREATE, &dbi));
    lmdb(mdb_txn_commit(txn));
    begin = wall_ns();
    for (uint64_t seq = 1; seq <= n;) {
        lmdb(mdb_txn_begin(env, NULL, 0, &txn));
        lmdb(mdb_cursor_open(txn, dbi, &at));
        for (uint64_t i = 0; i < batch; i++) {
            uint64_t number = __builtin_bswap64(seq++);
            MDB_val key = {sizeof name, name}, value = {SIZE, NULL};
            memcpy(name + 4, &number, sizeof number);
            lmdb(mdb_cursor_put(at, &key, &value, MDB_APPEND | MDB_RESERVE));
            memcpy(value.mv_data, &r[i], SIZE);
        }
        mdb_cursor_close(at);
        lmdb(mdb_txn_commit(txn));
    }
    printf("%.0f\n", (double)n / (wall_ns() - begin) * 1e9);
    mdb_env_close(env);
    free(r);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

#define GROUP 16u

/* p50 and p99 of one of GROUP, less what taking the time costs. */
static void print_quantiles(double *ns, uint64_t n)
{
    double *none = calloc(n, sizeof *none);

    if (!none) die("times", "out of memory");
    for (uint64_t i = 0; i < n; i++) {
        double t = wall_ns();
        none[i] = wall_ns() - t;
    }
    qsort(none, n, sizeof *none, compare);
    qsort(ns, n, sizeof *ns, compare);
    printf("%.1f %.1f\n", (ns[n / 2] - none[n / 2]) / GROUP,
           (ns[n * 99 / 100] - none[n / 2]) / GROUP);
    free(none);
    free(ns);
}

/* As in an engine: other memory is touched between two records. */
static uint64_t disturb(unsigned char *memory, uint64_t i)
{
    uint64_t sum = 0;

    for (uint64_t k = 0; k < 64; k++)
        sum += memory[(i * 64 + k) * 64 % (1 << 20)]++;
    return sum;
}

static void make_group(record r[GROUP], uint64_t first)
{
    for (uint64_t k = 0; k < GROUP; k++)
        r[k] = a_record(first + k);
}

static void enqueue(const char *dir, uint64_t n)
{
    static unsigned char memory[1 << 20];
    double *ns = calloc(n, sizeof *ns);
    record r[GROUP];
    uint64_t sum = 0;
    store *s;

    if (!ns) die("times", "out of memory");
    use_all_processors();
    s = open_store(dir, DURABILITY_GROUP, false);
    for (uint64_t i = 0; i < n; i++) {
        double t;
        make_group(r, i * GROUP + 1);
        sum += disturb(memory, i);
        t = wall_ns();
        for (uint64_t k = 0; k < GROUP; k++) {
            journal_put(s, &r[k].hdr);
            journal_publish(s);
        }
        ns[i] = wall_ns() - t;
    }
    if (journal_count(s).waits != 0 || sum == 1) die("enqueue", "the ring was full");
    print_quantiles(ns, n);
    close_store(s);
}

static void copy(uint64_t n)
{
    static unsigned char memory[1 << 20], to[1 << 20];
    double *ns = calloc(n, sizeof *ns);
    record r[GROUP];
    uint64_t sum = 0;

    if (!ns) die("times", "out of memory");
    for (uint64_t i = 0; i < n; i++) {
        double t;
        make_group(r, i * GROUP + 1);
        sum += disturb(memory, i);
        t = wall_ns();
        for (uint64_t k = 0; k < GROUP; k++) {
            memcpy(to + (i * GROUP + k) * SIZE % sizeof to, &r[k], SIZE);
            __asm__ volatile("" ::: "memory");
        }
        ns[i] = wall_ns() - t;
    }
    if (sum == 1) die("copy", "sum");
    print_quantiles(ns, n);
}

static void scan(const char *dir, uint64_t n)
{
    const qn_event *ev = NULL;
    qn_err err = QN_ERR_INIT;
    journal_reader *r = NULL;
    uint64_t bytes = 0;
    double begin;
    store *s;

    s = open_store(dir, DURABILITY_NONE, false);
    fill(s, n, 100);
    close_store(s);
    s = open_store(dir, DURABILITY_NONE, true);
    for (int warm = 0; warm < 2; warm++) {
        bytes = 0;
        begin = cpu_ns();
        if (journal_open(s, 1, 0, &r, &err) != QN_OK) die("scan", err.msg);
        while (journal_next(r, &ev, &err) == QN_OK && ev)
            bytes += ev->size;
        journal_close(r);
    }
    if (bytes != n * SIZE) die("scan", err.msg);
    printf("%.0f\n", (double)bytes / (cpu_ns() - begin) * 1e9);
    close_store(s);
}

static void open_and_close(const char *dir, uint64_t n)
{
    store *s = open_store(dir, DURABILITY_NONE, false);
    double begin;

    fill(s, n, 100);
    close_store(s);
    begin = wall_ns();
    s = open_store(dir, DURABILITY_NONE, false);
    printf("%.3f\n", (wall_ns() - begin) / 1e6);
    close_store(s);
}

static uint64_t number(const char *text)
{
    return strtoull(text, NULL, 10);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (argc == 5 && strcmp(what, "commit") == 0)
        commit(argv[2], number(argv[3]), number(argv[4]));
    else if (argc == 5 && strcmp(what, "bare") == 0)
        bare(argv[2], number(argv[3]), number(argv[4]));
    else if (argc == 5 && strcmp(what, "group") == 0)
        group(argv[2], number(argv[3]), number(argv[4]));
    else if (argc == 4 && strcmp(what, "enqueue") == 0)
        enqueue(argv[2], number(argv[3]));
    else if (argc == 3 && strcmp(what, "copy") == 0)
        copy(number(argv[2]));
    else if (argc == 4 && strcmp(what, "scan") == 0)
        scan(argv[2], number(argv[3]));
    else if (argc == 4 && strcmp(what, "open") == 0)
        open_and_close(argv[2], number(argv[3]));
    else
        die(what, "see the head of tests/bench/store.c");
    return 0;
}
