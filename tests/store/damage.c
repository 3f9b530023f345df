/* SPDX-License-Identifier: MIT
 *
 * Damage: a flipped bit in any byte of a store's files, and a cut at any place, is reported with
 * the file named, or changes nothing that a reader sees, and nothing that is written later. */
#include "base/hash.h"
#include "base/memory.h"
#include "check_main.h"
#include "proof.h"
#include "store/internal.h"
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PARTS 8   /* of a file, each a test of its own */
#define PAGE 4096 /* of data.mdb here */
/* Of pages that nobody reads (a flip of their number is not seen) only some bytes are flipped;
 * with a sanitizer, which is slow, only some of all. */
#define UNUSED_STEP 61
#ifdef QUOIN_SANITIZER
#define USED_STEP 23
#else
#define USED_STEP 1
#endif
#define LENGTH 200u
#define FIRST_RUN 60
#define IN_LMDB 30
#define IN_ALL 44
#define SNAPSHOT_SIZE 3000

/* A store of two runs, closed or left by a process that died, and what its files were. */
typedef struct fixture {
    char dir[PATH_ROOM], path[PATH_ROOM], name[16];
    unsigned char *bytes;
    size_t size;
    char *data, *ring, *lock; /* all three, to put them back */
    size_t data_size, ring_size, lock_size;
} fixture;

static void fill(store *s)
{
    static unsigned char snapshot[SNAPSHOT_SIZE];
    store_run run;

    memset(snapshot, 7, sizeof snapshot);
    ck_assert_int_eq(store_run_begin(s, "{\"first\":1}", &run, NULL), QN_OK);
    put_records(s, 1, FIRST_RUN, LENGTH);
    ck_assert_int_eq(snapshot_put(s, FIRST_RUN, snapshot, sizeof snapshot, NULL), QN_OK);
    ck_assert_int_eq(store_run_end(s, "{\"ended\":1}", NULL), QN_OK);
    ck_assert_int_eq(store_run_begin(s, "{\"second\":2}", &run, NULL), QN_OK);
    put_records(s, 1, IN_LMDB, LENGTH);
    ck_assert_int_eq(value_put(s, "halt", "limit", 5, NULL), QN_OK);
    ck_assert_int_eq(value_put(s, "sink", "0123456789", 10, NULL), QN_OK);
}

/* Die with records in the ring that the committing thread has no chance to take. */
_Noreturn static void die_with_records(const store_options *o)
{
    store *s = open_store(o);

    fill(s);
    journal_publish(s);
    ck_assert_int_eq(value_put(s, "sink", "abcdefghij", 10, NULL), QN_OK);
    pthread_mutex_lock(&s->write);
    put_records(s, IN_LMDB + 1, IN_ALL, LENGTH);
    journal_publish(s);
    _exit(0);
}

static char *read_all(const fixture *f, const char *name, size_t *n)
{
    char path[PATH_ROOM];
    char *bytes = NULL;

    ck_assert_int_eq(path_join(f->dir, name, path, NULL), QN_OK);
    ck_assert_int_eq(file_read(path, &bytes, n, NULL), QN_OK);
    return bytes;
}

static void make(fixture *f, const char *name, bool is_dead)
{
    store_options o;
    int status;

    memset(f, 0, sizeof *f);
    folder_new(f->dir);
    o = some_options(f->dir, DURABILITY_GROUP);
    if (fork() == 0) {
        if (is_dead) die_with_records(&o);
        store *s = open_store(&o);
        fill(s);
        put_records(s, IN_LMDB + 1, IN_ALL, LENGTH);
        close_store(s);
        _exit(0);
    }
    wait(&status);
    ck_assert_int_eq(status, 0);
    snprintf(f->name, sizeof f->name, "%s", name);
    ck_assert_int_eq(path_join(f->dir, name, f->path, NULL), QN_OK);
    f->bytes = (unsigned char *)read_all(f, name, &f->size);
    f->data = read_all(f, "data.mdb", &f->data_size);
    f->ring = read_all(f, "ring", &f->ring_size);
    f->lock = read_all(f, "lock", &f->lock_size);
}

static void put_one(const fixture *f, const char *name, const char *bytes, size_t n)
{
    char path[PATH_ROOM];

    ck_assert_int_eq(path_join(f->dir, name, path, NULL), QN_OK);
    put_file(path, bytes, n);
}

static void put_back(const fixture *f)
{
    put_one(f, "data.mdb", f->data, f->data_size);
    put_one(f, "ring", f->ring, f->ring_size);
    put_one(f, "lock", f->lock, f->lock_size);
}

static void unmake(fixture *f)
{
    mem_free(f->bytes);
    mem_free(f->data);
    mem_free(f->ring);
    mem_free(f->lock);
    folder_free(f->dir);
}

/* ------------------------------------------------------------------ what must be seen */

static int32_t see_value(store *s, const char *name, const char *wanted, qn_err *err)
{
    char got[100];
    size_t n = sizeof got;
    int32_t rc = value_get(s, name, got, &n, err);

    if (rc != QN_OK) return rc;
    ck_assert_uint_eq(n, strlen(wanted));
    ck_assert_int_eq(memcmp(got, wanted, n), 0);
    return QN_OK;
}

static int32_t see_run(store *s, uint32_t number, const char *header, bool has_ended, uint64_t last,
                       qn_err *err)
{
    store_run run;
    uint64_t n;
    int32_t rc = store_run_get(s, number, &run, err);

    if (rc != QN_OK) return rc;
    ck_assert_str_eq(run.header, header);
    ck_assert_str_eq(run.footer, has_ended ? "{\"ended\":1}" : "");
    ck_assert(run.has_ended == has_ended);
    ck_assert_uint_eq(run.incarnation, 1);
    if ((rc = read_run(s, number, 1, LENGTH, &n, err)) != QN_OK) return rc;
    ck_assert_uint_eq(n, last);
    if ((rc = read_run(s, number, last / 2, LENGTH, &n, err)) != QN_OK) return rc;
    ck_assert_uint_eq(n, last - last / 2 + 1);
    return QN_OK;
}

static int32_t see_snapshot(store *s, qn_err *err)
{
    unsigned char *bytes;
    uint64_t seq;
    size_t n;
    int32_t rc = snapshot_get(s, 1, &seq, (void **)&bytes, &n, err);

    if (rc != QN_OK) return rc;
    ck_assert_uint_eq(seq, FIRST_RUN);
    ck_assert_uint_eq(n, SNAPSHOT_SIZE);
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != 7) ck_abort_msg("the snapshot is wrong at %zu", i);
    mem_free(bytes);
    return QN_OK;
}

/* Everything that was put, or the first error. Wrong contents fail the test. */
static int32_t see_all(store *s, bool is_dead, qn_err *err)
{
    int32_t rc;

    if ((rc = see_run(s, 1, "{\"first\":1}", true, FIRST_RUN, err)) != QN_OK) return rc;
    if ((rc = see_run(s, 2, "{\"second\":2}", false, IN_ALL, err)) != QN_OK) return rc;
    if ((rc = see_value(s, "halt", "limit", err)) != QN_OK) return rc;
    if ((rc = see_value(s, "sink", is_dead ? "abcdefghij" : "0123456789", err)) != QN_OK) return rc;
    return see_snapshot(s, err);
}

static int32_t see_as_reader(const char *dir, bool is_dead, qn_err *err)
{
    store_options o = {.path = dir, .is_read_only = true, .map_bytes = UINT64_C(1) << 30};
    store *s = NULL;
    uint64_t records;
    int32_t rc = store_open(&o, &s, err);

    if (rc == QN_OK) rc = see_all(s, is_dead, err);
    if (rc == QN_OK) rc = store_verify(s, &records, err);
    store_close(s, NULL);
    return rc;
}

/* Go on writing, and read all of it afterwards. */
static int32_t write_more(store *s, qn_err *err)
{
    store_run run;
    int32_t rc;

    if ((rc = store_run_resume(s, 2, &run, err)) != QN_OK) return rc;
    ck_assert_uint_eq(run.incarnation, 2);
    put_records(s, IN_ALL + 1, IN_ALL + 40, LENGTH);
    if ((rc = snapshot_put(s, IN_ALL + 9, "abc", 3, err)) != QN_OK) return rc;
    if ((rc = value_put(s, "halt", NULL, 0, err)) != QN_OK) return rc;
    if ((rc = store_run_begin(s, "{}", &run, err)) != QN_OK) return rc;
    ck_assert_uint_eq(run.number, 3);
    put_records(s, 1, 50, LENGTH);
    return store_run_end(s, "{}", err);
}

static int32_t see_more(const char *dir, qn_err *err)
{
    store *s = NULL;
    uint64_t n;
    int32_t rc = store_open(&(store_options){.path = dir, .is_read_only = true}, &s, err);

    if (rc == QN_OK && (rc = read_run(s, 1, 1, LENGTH, &n, err)) == QN_OK)
        ck_assert_uint_eq(n, FIRST_RUN);
    if (rc == QN_OK && (rc = read_run(s, 2, 1, LENGTH, &n, err)) == QN_OK)
        ck_assert_uint_eq(n, IN_ALL + 40);
    if (rc == QN_OK && (rc = read_run(s, 3, 1, LENGTH, &n, err)) == QN_OK) ck_assert_uint_eq(n, 50);
    if (rc == QN_OK) rc = see_snapshot(s, err);
    store_close(s, NULL);
    return rc;
}

static int32_t see_as_writer(const char *dir, bool is_dead, qn_err *err)
{
    store_options o = some_options(dir, DURABILITY_NONE);
    store *s = NULL;
    int32_t rc, closed;

    if ((rc = store_open(&o, &s, err)) != QN_OK) return rc;
    if ((rc = see_all(s, is_dead, err)) == QN_OK) rc = write_more(s, err);
    closed = store_close(s, rc == QN_OK ? err : NULL);
    if (rc == QN_OK) rc = closed;
    return rc == QN_OK ? see_more(dir, err) : rc;
}

static void expect_named(const fixture *f, int32_t rc, const qn_err *err, const char *what,
                         size_t at)
{
    ck_assert_msg(rc == QN_E_DAMAGED || rc == QN_OK, "%s %s at %zu: %d %s", f->name, what, at, rc,
                  err->msg);
    ck_assert_msg(rc == QN_OK || strstr(err->msg, f->name), "%s %s at %zu: %s", f->name, what, at,
                  err->msg);
}

/* The file is damaged now: look at it in both ways, and put everything back. Returns whether it
 * was seen. */
static bool look(const fixture *f, bool is_dead, const char *what, size_t at)
{
    qn_err first = QN_ERR_INIT, second = QN_ERR_INIT;
    int32_t read = see_as_reader(f->dir, is_dead, &first);
    int32_t written = see_as_writer(f->dir, is_dead, &second);

    expect_named(f, read, &first, what, at);
    expect_named(f, written, &second, what, at);
    put_back(f);
    return read != QN_OK || written != QN_OK;
}

static void poke(const fixture *f, size_t at, unsigned char byte)
{
    int fd = open(f->path, O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
    close(fd);
}

/* Whether anybody reads the page of a byte. A file of few pages counts as used. */
static bool is_used(const fixture *f, bool is_dead, size_t at)
{
    size_t page = at - at % PAGE;

    if (f->size <= 8 * PAGE) return true;
    poke(f, page, (unsigned char)~f->bytes[page]);
    return look(f, is_dead, "flip", page);
}

/* One bit in each byte of a part of a file. */
static void flip_part(const char *name, bool is_dead, int part)
{
    size_t from, to, step = 1, flips = 0, seen = 0;
    qn_err err = QN_ERR_INIT;
    fixture f;

    make(&f, name, is_dead);
    ck_assert_msg(see_as_reader(f.dir, is_dead, &err) == QN_OK, "%s", err.msg);
    ck_assert_msg(see_as_writer(f.dir, is_dead, &err) == QN_OK, "%s", err.msg);
    put_back(&f);
    from = f.size * (size_t)part / PARTS;
    to = f.size * ((size_t)part + 1) / PARTS;
    for (size_t i = from, page_end = from; i < to; flips++) {
        if (i >= page_end) {
            i = page_end; /* a step may have gone past it */
            page_end += PAGE - page_end % PAGE;
            step = is_used(&f, is_dead, i) ? USED_STEP : UNUSED_STEP;
        }
        poke(&f, i, (unsigned char)(f.bytes[i] ^ 1u << i % 8));
        seen += look(&f, is_dead, "flip", i);
        i += step;
    }
    printf("proof: store damage: %s, part %d of %d: %zu flips, %zu reported\n", name, part + 1,
           PARTS, flips, seen);
    unmake(&f);
}

START_TEST(flips_of_data)
{
    flip_part("data.mdb", false, _i);
}
END_TEST

START_TEST(flips_of_ring)
{
    flip_part("ring", true, _i);
}
END_TEST

START_TEST(flips_of_lock)
{
    flip_part("lock", true, _i);
}
END_TEST

/* LMDB's two heads, and what the lock file knows of them: every bit, because one of them can make
 * an older state look like the last one. */
START_TEST(every_bit_of_the_heads)
{
    static const size_t used = 16 + 24 + 2 * 48 + 16; /* of a head's page */
    size_t seen = 0;
    fixture f;

    make(&f, "data.mdb", _i);
    for (size_t i = 0; i < 2 * used; i++) {
        size_t at = i < used ? i : PAGE + i - used;
        for (uint32_t bit = 0; bit < 8; bit++) {
            poke(&f, at, (unsigned char)(f.bytes[at] ^ 1u << bit));
            seen += look(&f, _i, "flip", at);
        }
    }
    printf("proof: store damage: both heads: %zu flips, %zu reported\n", 16 * used, seen);
    ck_assert_uint_gt(seen, 8 * used);
    unmake(&f);
}
END_TEST

static void poke64(const fixture *f, size_t at, uint64_t number)
{
    unsigned char bytes[sizeof number];

    memcpy(bytes, &number, sizeof number);
    for (size_t i = 0; i < sizeof number; i++)
        poke(f, at + i, bytes[i]);
}

/* The head of the state before the last, numbered as if it came behind it; and no lock file that
 * would know better. */
START_TEST(an_older_state_is_not_taken_for_the_last)
{
    static const size_t at_txn = 16 + 24 + 2 * 48 + 8;
    qn_err err = QN_ERR_INIT;
    uint64_t txn[2];
    char lock[PATH_ROOM];
    size_t older;
    fixture f;

    make(&f, "data.mdb", false);
    for (size_t page = 0; page < 2; page++)
        memcpy(&txn[page], f.bytes + page * PAGE + at_txn, sizeof txn[page]);
    older = txn[0] < txn[1] ? 0 : 1;
    ck_assert_int_eq(path_join(f.dir, "lock", lock, NULL), QN_OK);
    ck_assert_int_eq(remove(lock), 0);
    ck_assert_int_eq(see_as_reader(f.dir, false, &err), QN_OK);
    poke64(&f, older * PAGE + at_txn, txn[1 - older] + 1);
    ck_assert_int_eq(see_as_reader(f.dir, false, &err), QN_E_DAMAGED);
    ck_assert_msg(strstr(err.msg, "transaction"), "%s", err.msg);
    ck_assert_int_eq(see_as_writer(f.dir, false, &err), QN_E_DAMAGED);
    unmake(&f);
}
END_TEST

/* The places of the ring: every bit of them, and every place in the stead of each. */
START_TEST(every_place_of_the_ring)
{
    static const size_t places[] = {
        offsetof(ring_file, last_seq), offsetof(ring_file, shared.published),
        offsetof(ring_file, shared.lap_end), offsetof(ring_file, shared.readers[0].next)};
    uint64_t is_next = _i == 3; /* that one is the place plus 1 */
    size_t at = places[_i], seen = 0;
    fixture f;

    make(&f, "ring", true);
    for (size_t bit = 0; bit < 64; bit++) {
        poke(&f, at + bit / 8, (unsigned char)(f.bytes[at + bit / 8] ^ 1u << bit % 8));
        seen += look(&f, true, "flip", at + bit / 8);
    }
    for (uint64_t place = 0; place <= 3 * SMALL_RING; place += 8) {
        poke64(&f, at, place + is_next);
        seen += look(&f, true, "place", (size_t)place);
    }
    if (_i != 2) ck_assert_uint_gt(seen, 64);
    unmake(&f);
}
END_TEST

/* Begin to read behind each record of both runs: the next one comes, or an error. */
static bool seek_everywhere(store *s)
{
    static const uint64_t last[] = {FIRST_RUN, IN_ALL};
    bool is_seen = false;

    for (uint32_t run = 1; run <= 2; run++)
        for (uint64_t after = 0; after < last[run - 1]; after++) {
            const qn_event *record = NULL;
            journal_reader *r = NULL;
            int32_t rc = journal_open(s, run, after, &r, NULL);
            if (rc == QN_OK) rc = journal_next(r, &record, NULL);
            if (rc == QN_OK && (!record || record->seq != after + 1))
                ck_abort_msg("run %u, behind %d: %d", run, (int)after,
                             record ? (int)record->seq : -1);
            is_seen |= rc != QN_OK;
            journal_close(r);
        }
    return is_seen;
}

/* Every bit of the branches, which lead to the records. */
START_TEST(branches_lead_nobody_astray)
{
    size_t flips = 0, seen = 0;
    fixture f;

    make(&f, "data.mdb", false);
    for (size_t page = 2 * PAGE; page + PAGE <= f.size; page += PAGE) {
        uint16_t flags, upper;
        memcpy(&flags, f.bytes + page + 10, sizeof flags);
        memcpy(&upper, f.bytes + page + 14, sizeof upper);
        if (flags != 1) continue;
        for (size_t bit = upper * 8u; bit < PAGE * 8u; bit++, flips++) {
            store_options o = {.path = f.dir, .is_read_only = true, .map_bytes = 1u << 30};
            size_t at = page + bit / 8;
            store *s = NULL;
            poke(&f, at, (unsigned char)(f.bytes[at] ^ 1u << bit % 8));
            seen += store_open(&o, &s, NULL) != QN_OK || seek_everywhere(s);
            store_close(s, NULL);
            poke(&f, at, f.bytes[at]);
        }
    }
    printf("proof: store damage: branches: %zu flips, %zu reported\n", flips, seen);
    ck_assert_uint_gt(flips, 400);
    ck_assert_uint_gt(seen, flips / 8);
    unmake(&f);
}
END_TEST

START_TEST(cuts)
{
    static const char *const names[] = {"data.mdb", "ring", "lock"};
    size_t step, seen = 0;
    fixture f;

    make(&f, names[_i], true);
    step = f.size > 20000 ? 173 : 7 * USED_STEP;
    /* an empty ring is one that was given up on purpose */
    for (size_t n = _i == 1; n < f.size; n += step) {
        put_file(f.path, f.bytes, n);
        seen += look(&f, true, "cut", n);
    }
    if (_i < 2) ck_assert_uint_gt(seen, f.size / step / 2);
    unmake(&f);
}
END_TEST

/* Every record's own bytes: always seen, with run and sequence number named. */
START_TEST(damaged_records_are_named)
{
    qn_err err = QN_ERR_INIT;
    uint64_t n;
    fixture f;
    size_t found = 0;

    make(&f, "data.mdb", false);
    for (uint64_t seq = 2; seq < IN_ALL; seq += 7) {
        any_record r;
        char wanted[80];
        make_record(&r, seq, LENGTH);
        snprintf(wanted, sizeof wanted, "behind sequence number %d", (int)seq - 1);
        for (size_t at = 0; at + r.hdr.size <= f.size; at++) {
            store *s = NULL;
            int32_t rc;
            if (memcmp(f.bytes + at, &r, r.hdr.size) != 0) continue;
            poke(&f, at + r.hdr.size / 2, (unsigned char)~f.bytes[at + r.hdr.size / 2]);
            rc = store_open(&(store_options){.path = f.dir, .is_read_only = true}, &s, &err);
            ck_assert_int_eq(rc, QN_OK);
            for (uint32_t run = 1; run <= 2 && rc == QN_OK; run++)
                rc = read_run(s, run, 1, LENGTH, &n, &err);
            /* an older copy of the page may hold it, too: nobody reads that one */
            if (rc != QN_OK) {
                ck_assert_int_eq(rc, QN_E_DAMAGED);
                ck_assert_msg(strstr(err.msg, wanted), "%s; expected %s", err.msg, wanted);
                found++;
            }
            close_store(s);
            put_back(&f);
        }
    }
    ck_assert_uint_ge(found, 2 * (IN_ALL / 7));
    unmake(&f);
}
END_TEST

/* The ring of a machine that went down: what is whole of it is taken, the rest is told. */
START_TEST(a_ring_of_another_boot_may_be_torn)
{
    ring_file head;
    store_options o;
    journal_counts counts;
    uint64_t n = 0, whole = 0;
    fixture f;

    make(&f, "ring", true);
    o = some_options(f.dir, DURABILITY_GROUP);
    memcpy((void *)&head, f.ring, sizeof head);
    memset(head.boot, 'x', 36);
    head.crc = crc32c(&head, offsetof(ring_file, crc));
    memcpy(f.ring, (void *)&head, sizeof head);
    for (size_t at = RING_FILE_HEAD; at < f.ring_size; at += 13) {
        store *s;
        put_back(&f);
        poke(&f, at, (unsigned char)~(unsigned char)f.ring[at]);
        s = read_store(f.dir);
        ck_assert_int_eq(read_run(s, 2, 1, LENGTH, &n, NULL), QN_OK);
        ck_assert(n >= IN_LMDB && n <= IN_ALL);
        close_store(s);
        s = open_store(&o);
        counts = journal_count(s);
        ck_assert_uint_eq(counts.recovered, n - IN_LMDB);
        ck_assert(counts.is_cut == (n < IN_ALL));
        expect_run(s, 2, 1, n, LENGTH);
        close_store(s);
        whole += n == IN_ALL;
    }
    ck_assert_uint_gt(whole, 0);
    ck_assert_uint_lt(whole, 300);
    unmake(&f);
}
END_TEST

/* A ring that is gone is missed where a run was cut off; an empty file gives it up. */
START_TEST(a_ring_that_is_gone_is_missed)
{
    qn_err err = QN_ERR_INIT;
    store_options o;
    store *s;
    fixture f;

    make(&f, "ring", true);
    o = some_options(f.dir, DURABILITY_GROUP);
    ck_assert_int_eq(remove(f.path), 0);
    ck_assert_int_eq(see_as_reader(f.dir, true, &err), QN_E_DAMAGED);
    ck_assert_msg(strstr(err.msg, "is gone"), "%s", err.msg);
    ck_assert_int_eq(store_open(&o, &s, &err), QN_E_DAMAGED);
    ck_assert_msg(strstr(err.msg, "is gone"), "%s", err.msg);
    put_file(f.path, "", 0);
    s = open_store(&o);
    expect_run(s, 2, 1, IN_LMDB, LENGTH);
    close_store(s);
    o.durability = DURABILITY_NONE; /* needs no ring, and leaves none to be missed */
    close_store(open_store(&o));
    close_store(read_store(f.dir));
    unmake(&f);
}
END_TEST

/* Files of others in the place of ours. */
START_TEST(foreign_files_are_refused)
{
    fixture a, b;
    qn_err err = QN_ERR_INIT;
    store *s = NULL;
    store_options o;
    unsigned char noise[9000];
    uint64_t state = 1;

    make(&a, "ring", true);
    make(&b, "ring", true);
    o = some_options(a.dir, DURABILITY_GROUP);
    put_one(&a, "ring", b.ring, b.ring_size);
    ck_assert_int_eq(store_open(&o, &s, &err), QN_E_DAMAGED);
    ck_assert_msg(strstr(err.msg, "ring of another store"), "%s", err.msg);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (unsigned char)random_next(&state);
    put_one(&a, "data.mdb", (char *)noise, sizeof noise);
    ck_assert_int_eq(store_open(&o, &s, &err), QN_E_DAMAGED);
    ck_assert_int_eq(see_as_reader(a.dir, true, &err), QN_E_DAMAGED);
    ck_assert_msg(strstr(err.msg, "is no head of LMDB"), "%s", err.msg);
    unmake(&a);
    unmake(&b);
}
END_TEST

/* Another program's LMDB file. */
START_TEST(foreign_databases_are_refused)
{
    char dir[PATH_ROOM];
    qn_err err = QN_ERR_INIT;
    store_options o;
    store *s = NULL;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    char hello[] = "hello";
    MDB_val key = {5, hello};

    folder_new(dir);
    ck_assert_int_eq(mdb_env_create(&env), 0);
    ck_assert_int_eq(mdb_env_open(env, dir, 0, 0666), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
        ck_assert_int_eq(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
        ck_assert_int_eq(mdb_put(txn, dbi, &key, &key, 0), 0);
        ck_assert_int_eq(mdb_txn_commit(txn), 0);
    }
    mdb_env_close(env);
    o = some_options(dir, DURABILITY_GROUP);
    ck_assert_int_eq(store_open(&o, &s, &err), QN_E_DAMAGED);
    ck_assert_msg(strstr(err.msg, "no store of this program"), "%s", err.msg);
    o.is_read_only = true;
    ck_assert_int_eq(store_open(&o, &s, &err), QN_E_DAMAGED);
    ck_assert_msg(strstr(err.msg, "no store of this program"), "%s", err.msg);
    folder_free(dir);
}
END_TEST

/* Write the head anew, with this version, as a program of that version would. */
static void set_version(const char *dir, uint32_t version)
{
    MDB_val key = {strlen(HEAD_KEY), (void *)(uintptr_t)HEAD_KEY}, value;
    store_head head;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;

    ck_assert_int_eq(mdb_env_create(&env), 0);
    ck_assert_int_eq(mdb_env_set_maxdbs(env, TREES), 0);
    ck_assert_int_eq(mdb_env_open(env, dir, 0, 0666), 0);
    ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
    ck_assert_int_eq(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
    ck_assert_int_eq(mdb_get(txn, dbi, &key, &value), 0);
    memcpy(&head, value.mv_data, sizeof head);
    head.version = version;
    head.txn = mdb_txn_id(txn);
    head.crc = head_crc(&head);
    value = (MDB_val){sizeof head, &head};
    ck_assert_int_eq(mdb_put(txn, dbi, &key, &value, 0), 0);
    ck_assert_int_eq(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

START_TEST(versions_are_told)
{
    static const struct {
        uint32_t version;
        int32_t rc;
        const char *words;
    } rows[] = {{0, QN_E_UNSUPPORTED, "format version 0; this program reads version 1"},
                {1, QN_OK, ""},
                {2, QN_E_TOO_NEW, "format version 2; this program reads version 1"}};
    qn_err err = QN_ERR_INIT;
    store_options o;
    store *s = NULL;
    fixture f;

    make(&f, "data.mdb", false);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set_version(f.dir, rows[i].version);
        for (int is_reader = 0; is_reader < 2; is_reader++) {
            o = some_options(f.dir, DURABILITY_GROUP);
            o.is_read_only = is_reader;
            ck_assert_int_eq(store_open(&o, &s, &err), rows[i].rc);
            if (rows[i].rc != QN_OK)
                ck_assert_msg(strstr(err.msg, rows[i].words), "%s", err.msg);
            else
                close_store(s);
        }
        put_back(&f);
    }
    unmake(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_damage");
    TCase *tests = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, flips_of_data, 0, PARTS);
    tcase_add_loop_test(tests, flips_of_ring, 0, PARTS);
    tcase_add_loop_test(tests, flips_of_lock, 0, PARTS);
    tcase_add_loop_test(tests, every_bit_of_the_heads, 0, 2);
    tcase_add_test(tests, an_older_state_is_not_taken_for_the_last);
    tcase_add_loop_test(tests, every_place_of_the_ring, 0, 4);
    tcase_add_test(tests, branches_lead_nobody_astray);
    tcase_add_loop_test(tests, cuts, 0, 3);
    tcase_add_test(tests, damaged_records_are_named);
    tcase_add_test(tests, a_ring_of_another_boot_may_be_torn);
    tcase_add_test(tests, a_ring_that_is_gone_is_missed);
    tcase_add_test(tests, foreign_files_are_refused);
    tcase_add_test(tests, foreign_databases_are_refused);
    tcase_add_test(tests, versions_are_told);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
