/* SPDX-License-Identifier: MIT
 *
 * The one order: the merge of many streams against a slow sort, and the limits of time. */
#include "base/memory.h"
#include "check_main.h"
#include "support.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define STREAMS 12
#define ROWS 700

static char dir[PATH_ROOM];

/* An event as the slow sort sees it. */
typedef struct expected {
    any_event ev;
    uint32_t rank;
    int64_t length;
    size_t position; /* in its file */
    uint32_t stream;
} expected;

/* design: (engine time, rank, instrument, mark before index before funding, shorter bars
 * before longer, position in the file). */
static int by_order(const void *a, const void *b)
{
    const expected *x = a;
    const expected *y = b;

    if (x->ev.hdr.ts_ns != y->ev.hdr.ts_ns) return x->ev.hdr.ts_ns < y->ev.hdr.ts_ns ? -1 : 1;
    if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
    if (x->ev.hdr.instrument != y->ev.hdr.instrument)
        return x->ev.hdr.instrument < y->ev.hdr.instrument ? -1 : 1;
    if (x->ev.hdr.type != y->ev.hdr.type) return x->ev.hdr.type < y->ev.hdr.type ? -1 : 1;
    if (x->length != y->length) return x->length < y->length ? -1 : 1;
    return x->position < y->position ? -1 : x->position > y->position;
}

typedef struct market {
    qn_instrument ins[3];
    tape_stream streams[STREAMS];
    expected *all; /* sorted */
    size_t n;
} market;

/* Three instruments, all types, times that often coincide. */
static void make_market(market *m)
{
    static const char *const names[] = {"AAA.x", "BBB.x", "CCC.y"};
    static const uint32_t numbers[] = {2, 0, 1}; /* not in the order of the names */
    static const data_type types[] = {
        {QN_EVENT_BAR, MINUTE}, {QN_EVENT_BAR, 5 * MINUTE}, {QN_EVENT_TRADE, 0},
        {QN_EVENT_QUOTE, 0},    {QN_EVENT_DEPTH, 0},        {QN_EVENT_MARK, 0},
        {QN_EVENT_INDEX, 0},    {QN_EVENT_FUNDING, 0},      {QN_EVENT_LIQUIDATION, 0},
        {QN_EVENT_TRADE, 0},    {QN_EVENT_BAR, MINUTE},     {QN_EVENT_MARK, 0}};
    static const uint32_t of[STREAMS] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2};
    static any_event rows[ROWS];
    uint64_t state = 11;

    folder_new(dir);
    m->all = mem_new(STREAMS * ROWS, sizeof *m->all);
    m->n = 0;
    for (uint32_t i = 0; i < 3; i++)
        m->ins[i] = an_instrument(names[i], numbers[i]);
    for (uint32_t s = 0; s < STREAMS; s++) {
        const event_row *row = event_row_of(types[s].type);
        int64_t ts = T2020 - HOUR; /* over midnight, into another month and year */
        for (uint32_t i = 0; i < ROWS; i++) {
            int64_t step = types[s].length ? types[s].length : MINUTE / 2;
            /* bars leave some out, the others stand still now and then */
            ts += step * (int64_t)(types[s].length ? 1 + random_below(&state, 3) / 2
                                                   : random_below(&state, 3));
            rows[i] = random_event(types[s], 0, TAME, ts, &state);
            rows[i].hdr.instrument = numbers[of[s]];
            m->all[m->n++] = (expected){rows[i], row->rank, types[s].length, i, s};
        }
        write_events(dir, &m->ins[of[s]], types[s], rows, ROWS);
        m->streams[s] = (tape_stream){&m->ins[of[s]], types[s]};
    }
    qsort(m->all, m->n, sizeof *m->all, by_order);
}

static void expect_range(const market *m, const catalog *cat, int64_t from, int64_t to)
{
    qn_err err = QN_ERR_INIT;
    tape *t = NULL;
    size_t i = 0;

    ck_assert_msg(tape_open(cat, m->streams, STREAMS, from, to, &t, &err) == QN_OK, "%s", err.msg);
    for (; i < m->n; i++) {
        const expected *e = &m->all[i];
        any_event got = {0};
        if (e->ev.hdr.ts_ns <= from || e->ev.hdr.ts_ns > to) continue;
        ck_assert_ptr_nonnull(t->head);
        memcpy(&got, t->head, t->head->size);
        ck_assert_uint_eq(t->stream, e->stream);
        ck_assert_uint_eq(got.hdr.instrument, e->ev.hdr.instrument);
        expect_same(event_row_of(e->ev.hdr.type), &got, &e->ev, i);
        t->head->seq = i; /* the reader may write these */
        t->head->slot = 9;
        ck_assert_int_eq(tape_next(t, &err), QN_OK);
    }
    ck_assert_ptr_null(t->head);
    ck_assert_int_eq(tape_next(t, &err), QN_OK); /* the end stays the end */
    ck_assert_ptr_null(t->head);
    tape_close(t);
}

START_TEST(merge_is_the_slow_sort)
{
    market m;
    catalog *cat;

    make_market(&m);
    cat = catalog_at(dir);
    expect_range(&m, cat, INT64_MIN, INT64_MAX);
    catalog_close(cat);
    mem_free(m.all);
    folder_free(dir);
}
END_TEST

/* from < ts_ns <= to, wherever in blocks and files the two lie. */
START_TEST(limits_are_exact)
{
    market m;
    catalog *cat;
    uint64_t state = 12;

    make_market(&m);
    cat = catalog_at(dir);
    for (uint32_t round = 0; round < 60; round++) {
        int64_t from = m.all[random_below(&state, m.n)].ev.hdr.ts_ns;
        int64_t to = m.all[random_below(&state, m.n)].ev.hdr.ts_ns;
        expect_range(&m, cat, from - (int64_t)random_below(&state, 2),
                     to - (int64_t)random_below(&state, 2));
    }
    expect_range(&m, cat, INT64_MAX, INT64_MAX);
    expect_range(&m, cat, INT64_MIN, INT64_MIN);
    catalog_close(cat);
    mem_free(m.all);
    folder_free(dir);
}
END_TEST

START_TEST(missing_data_is_told)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    tape_stream quote = {&ins, {QN_EVENT_QUOTE, 0}};
    uint64_t state = 1;
    any_event ev = random_event(a_type(QN_EVENT_MARK, 0), 0, TAME, T2020, &state);
    qn_err err = QN_ERR_INIT;
    tape *t = NULL;
    catalog *cat;

    folder_new(dir);
    write_events(dir, &ins, a_type(QN_EVENT_MARK, 0), &ev, 1);
    cat = catalog_at(dir);
    ck_assert_int_eq(tape_open(cat, &quote, 1, INT64_MIN, INT64_MAX, &t, &err), QN_E_NOT_FOUND);
    ck_assert_ptr_null(t);
    ck_assert_ptr_nonnull(strstr(err.msg, "has no quote of BTCUSDT.binance: it has mark"));
    quote.data = (data_type){QN_EVENT_BAR, MINUTE};
    ck_assert_int_eq(tape_open(cat, &quote, 1, INT64_MIN, INT64_MAX, &t, &err), QN_E_NOT_FOUND);
    catalog_close(cat);
    ck_assert_int_eq(catalog_open("/nonexistent", &cat, &err), QN_E_NOT_FOUND);
    folder_free(dir);
}
END_TEST

START_TEST(identity_names_the_data)
{
    market m;
    char first[65];
    char second[65];
    qn_err err = QN_ERR_INIT;
    tape_stream turned[2];
    tape *t = NULL;
    catalog *cat;

    make_market(&m);
    cat = catalog_at(dir);
    ck_assert_int_eq(tape_open(cat, m.streams, 2, INT64_MIN, INT64_MAX, &t, &err), QN_OK);
    ck_assert_int_eq(tape_identity(t, first, &err), QN_OK);
    tape_close(t);
    turned[0] = m.streams[1];
    turned[1] = m.streams[0];
    ck_assert_int_eq(tape_open(cat, turned, 2, INT64_MIN, INT64_MAX, &t, &err), QN_OK);
    ck_assert_int_eq(tape_identity(t, second, &err), QN_OK);
    tape_close(t);
    ck_assert_str_eq(first, second); /* the order of a config does not matter */
    ck_assert_int_eq(tape_open(cat, m.streams, 3, INT64_MIN, INT64_MAX, &t, &err), QN_OK);
    ck_assert_int_eq(tape_identity(t, second, &err), QN_OK);
    tape_close(t);
    ck_assert_str_ne(first, second);
    catalog_close(cat);
    mem_free(m.all);
    folder_free(dir);
}
END_TEST

/* One trade a day, at an hour. */
static void add_days(const qn_instrument *ins, int64_t hour, uint32_t first, uint32_t n)
{
    catalog_writer *w = writer_at(dir, ins, a_type(QN_EVENT_TRADE, 0));

    for (uint32_t day = first; day < first + n; day++) {
        int64_t ts = T2020 + day * QN_NS_PER_DAY + hour * HOUR;
        qn_trade t = {.hdr = {.type = QN_EVENT_TRADE, .ts_ns = ts},
                      .venue_ts = ts,
                      .price = 1,
                      .qty = 1,
                      .side = QN_BUY};
        writer_add(w, &t.hdr);
    }
    writer_done(w);
}

/* The rest of a tape: one trade a day, each at noon. */
static uint32_t count_noons(tape *t)
{
    qn_err err = QN_ERR_INIT;
    uint32_t n = 0;

    for (; t->head; n++) {
        ck_assert_int_eq((t->head->ts_ns - T2020) % QN_NS_PER_DAY, 12 * HOUR);
        ck_assert_msg(tape_next(t, &err) == QN_OK, "%s", err.msg);
    }
    return n;
}

/* Runs go on with the files that they began with when an import supersedes those. */
START_TEST(an_import_leaves_open_tapes_alone)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    tape_stream streams[2] = {{&ins, {QN_EVENT_TRADE, 0}}, {&ins, {QN_EVENT_BAR, HOUR}}};
    qn_err err = QN_ERR_INIT;
    tape *trades = NULL;
    tape *bars = NULL;
    char before[65];
    char after[65];
    char first[PATH_ROOM];
    const catalog_file *files;
    uint32_t nbars = 0;
    catalog *cat;

    folder_new(dir);
    add_days(&ins, 12, 0, 5);
    cat = catalog_at(dir);
    ck_assert_uint_eq(catalog_files(cat, &files), 5);
    ck_assert_int_eq(path_join(dir, files[3].path, first, NULL), QN_OK);
    ck_assert_int_eq(tape_open(cat, streams, 1, INT64_MIN, INT64_MAX, &trades, &err), QN_OK);
    ck_assert_int_eq(tape_open(cat, streams + 1, 1, INT64_MIN, INT64_MAX, &bars, &err), QN_OK);
    ck_assert_int_eq(tape_identity(trades, before, &err), QN_OK);
    add_days(&ins, 18, 0, 5);
    ck_assert(!file_exists(first)); /* the import did supersede it */
    ck_assert_uint_eq(count_noons(trades), 5);
    for (; bars->head; nbars++) {
        ck_assert_int_eq((bars->head->ts_ns - T2020) % QN_NS_PER_DAY, 13 * HOUR);
        ck_assert_msg(tape_next(bars, &err) == QN_OK, "%s", err.msg);
    }
    ck_assert_uint_eq(nbars, 5);
    ck_assert_int_eq(tape_identity(trades, after, &err), QN_OK);
    ck_assert_str_eq(before, after);
    tape_close(trades);
    tape_close(bars);
    catalog_close(cat);
    folder_free(dir);
}
END_TEST

/* Open descriptors; the test's limits are below 256. */
static rlim_t count_open(void)
{
    rlim_t n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* More files than may be open: the soft limit is raised, and what the hard one forbids is read
 * all the same, with room left for everybody else. */
START_TEST(many_files_leave_descriptors_to_others)
{
    static const struct {
        rlim_t soft, hard;
        bool is_superseded;
    } cases[] = {{40, 200, true}, {40, 40, false}};
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    tape_stream stream = {&ins, {QN_EVENT_TRADE, 0}};
    qn_err err = QN_ERR_INIT;

    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct rlimit limit = {cases[c].soft, cases[c].hard};
        tape *t = NULL;
        catalog *cat;
        rlim_t before = count_open();

        folder_new(dir);
        add_days(&ins, 12, 0, 100);
        cat = catalog_at(dir);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        ck_assert_msg(tape_open(cat, &stream, 1, INT64_MIN, INT64_MAX, &t, &err) == QN_OK, "%s",
                      err.msg);
        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        ck_assert_uint_ge(count_open(), 20); /* many are held, some are left */
        ck_assert_uint_le(count_open(), limit.rlim_cur - limit.rlim_cur / 4);
        if (cases[c].is_superseded) add_days(&ins, 18, 0, 100);
        ck_assert_uint_eq(count_noons(t), 100);
        tape_close(t);
        ck_assert_uint_eq(count_open(), before);
        catalog_close(cat);
        folder_free(dir);
    }
}
END_TEST

CHECK_MAIN("tape_merge", merge_is_the_slow_sort, limits_are_exact, missing_data_is_told,
           identity_names_the_data, an_import_leaves_open_tapes_alone,
           many_files_leave_descriptors_to_others)
