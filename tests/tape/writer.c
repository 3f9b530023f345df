/* SPDX-License-Identifier: MIT
 *
 * Writing a catalog: all or nothing, one writer, periods, merging, dated definitions. */
#include "base/clock.h"
#include "base/memory.h"
#include "check_main.h"
#include "support.h"
#include "tape/manifest.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sanitizers keep freed memory, and count for nothing here. */
#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    HAS_FEATURE(address_sanitizer) || HAS_FEATURE(thread_sanitizer)
#define KEEPS_FREED true
#else
#define KEEPS_FREED false
#endif

static char dir[PATH_ROOM];

static qn_trade trade_at(int64_t ts, uint64_t id)
{
    return (qn_trade){.hdr = {.type = QN_EVENT_TRADE, .ts_ns = ts},
                      .venue_ts = ts,
                      .id = id,
                      .price = 5000000,
                      .qty = 1,
                      .side = QN_BUY};
}

static size_t count_entries(const char *folder)
{
    DIR *d = opendir(folder);
    struct dirent *entry;
    size_t n = 0;

    while (d && (entry = readdir(d)))
        n += entry->d_name[0] != '.';
    if (d) closedir(d);
    return n;
}

START_TEST(unpublished_is_nothing)
{
    char sub[PATH_ROOM];
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    qn_trade t = trade_at(T2020, 1);
    catalog_writer *w;

    folder_new(dir);
    ck_assert_int_eq(path_join(dir, "cat", sub, NULL), QN_OK);
    w = writer_at(sub, &ins, a_type(QN_EVENT_TRADE, 0));
    writer_add(w, &t.hdr);
    t = trade_at(T2020 + QN_NS_PER_DAY, 2); /* ends the first file */
    writer_add(w, &t.hdr);
    catalog_writer_close(w);
    ck_assert_uint_eq(count_entries(dir), 0); /* not even the folder stays */

    w = writer_at(sub, &ins, a_type(QN_EVENT_TRADE, 0));
    writer_add(w, &t.hdr);
    writer_done(w);
    ck_assert_uint_eq(count_entries(sub), 2);
    w = writer_at(sub, &ins, a_type(QN_EVENT_BAR, MINUTE));
    catalog_writer_close(w);
    ck_assert_uint_eq(
        read_events(sub, &ins, a_type(QN_EVENT_TRADE, 0), INT64_MIN, INT64_MAX, NULL, 0), 1);
    folder_free(dir);
}
END_TEST

START_TEST(second_writer_is_busy)
{
    catalog_writer *a = NULL;
    catalog_writer *b = NULL;
    qn_err err = QN_ERR_INIT;

    folder_new(dir);
    ck_assert_int_eq(catalog_writer_open(dir, &a, &err), QN_OK);
    ck_assert_int_eq(catalog_writer_open(dir, &b, &err), QN_E_BUSY);
    ck_assert_ptr_null(b);
    catalog_writer_close(a);
    ck_assert_int_eq(catalog_writer_open(dir, &b, &err), QN_OK);
    catalog_writer_close(b);
    folder_free(dir);
}
END_TEST

typedef struct period_case {
    uint32_t type;
    int64_t length;
    int64_t step;
    uint32_t rows;
    size_t files;
    const char *first; /* path of the first file up to the checksum */
} period_case;

START_TEST(files_are_cut_by_period)
{
    static const period_case cases[] = {
        {QN_EVENT_TRADE, 0, 6 * HOUR, 12, 3, "BTCUSDT.binance/trade/2020-01-01-"},
        {QN_EVENT_QUOTE, 0, 24 * HOUR, 3, 3, "BTCUSDT.binance/quote/2020-01-01-"},
        {QN_EVENT_DEPTH, 0, 12 * HOUR, 5, 3, "BTCUSDT.binance/depth/2020-01-01-"},
        {QN_EVENT_LIQUIDATION, 0, 12 * HOUR, 4, 2, "BTCUSDT.binance/liquidation/2020-01-01-"},
        {QN_EVENT_MARK, 0, 24 * HOUR, 60, 2, "BTCUSDT.binance/mark/2020-01-"},
        {QN_EVENT_INDEX, 0, 24 * HOUR, 61, 3, "BTCUSDT.binance/index/2020-01-"},
        {QN_EVENT_FUNDING, 0, 240 * HOUR, 100, 1, "BTCUSDT.binance/funding/all-"},
        {QN_EVENT_BAR, MINUTE, 24 * HOUR, 366, 12, "BTCUSDT.binance/bar:1m/2020-01-"},
        {QN_EVENT_BAR, HOUR, 24 * HOUR, 367, 2, "BTCUSDT.binance/bar:1h/2020-"},
        {QN_EVENT_BAR, 24 * HOUR, 24 * HOUR, 4000, 1, "BTCUSDT.binance/bar:1d/all-"},
    };
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);

    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        data_type data = a_type(cases[c].type, cases[c].length);
        const catalog_file *files;
        catalog_writer *w;
        catalog *cat;
        uint64_t state = 1;

        folder_new(dir);
        w = writer_at(dir, &ins, data);
        for (uint32_t i = 0; i < cases[c].rows; i++) {
            any_event ev = random_event(data, 0, TAME, T2020 + i * cases[c].step, &state);
            writer_add(w, &ev.hdr);
        }
        writer_done(w);
        cat = catalog_at(dir);
        ck_assert_uint_eq(catalog_files(cat, &files), cases[c].files);
        ck_assert_msg(strncmp(files[0].path, cases[c].first, strlen(cases[c].first)) == 0, "%s",
                      files[0].path);
        ck_assert_uint_eq(read_events(dir, &ins, data, INT64_MIN, INT64_MAX, NULL, 0),
                          cases[c].rows);
        catalog_close(cat);
        folder_free(dir);
    }
}
END_TEST

/* A bar belongs to the period of its open, though its engine time is its close. */
START_TEST(bar_belongs_to_its_open)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    const catalog_file *files;
    uint64_t state = 1;
    int64_t last = T2020 + 31 * QN_NS_PER_DAY - MINUTE; /* 2020-01-31T23:59 */
    any_event ev = random_event(a_type(QN_EVENT_BAR, MINUTE), 0, TAME, last, &state);
    catalog *cat;

    folder_new(dir);
    write_events(dir, &ins, a_type(QN_EVENT_BAR, MINUTE), &ev, 1);
    cat = catalog_at(dir);
    ck_assert_uint_eq(catalog_files(cat, &files), 1);
    ck_assert_ptr_nonnull(strstr(files[0].path, "/2020-01-"));
    ck_assert_int_eq(files[0].last_ts, T2020 + 31 * QN_NS_PER_DAY);
    catalog_close(cat);
    folder_free(dir);
}
END_TEST

/* The same rows in any pieces make the same file. */
START_TEST(pieces_make_the_same_file)
{
    static const uint32_t orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}};
    static any_event events[3000];
    data_type data = a_type(QN_EVENT_TRADE, 0);
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    uint64_t state = 7;
    char whole[PATH_ROOM];
    char part[PATH_ROOM];

    for (uint32_t i = 0; i < 3000; i++)
        events[i] = random_event(data, i, TAME, T2020, &state);
    folder_new(dir);
    write_events(dir, &ins, data, events, 3000);
    only_file(dir, whole);
    for (size_t o = 0; o < 4; o++) {
        char other[PATH_ROOM];
        folder_new(other);
        for (size_t k = 0; k < 3; k++)
            write_events(other, &ins, data, events + orders[o][k] * 1000, 1000);
        only_file(other, part);
        /* the name holds the checksum of all the rest */
        ck_assert_str_eq(strrchr(part, '/'), strrchr(whole, '/'));
        ck_assert_uint_eq(count_entries(other), 2);
        folder_free(other);
    }
    folder_free(dir);
}
END_TEST

/* Rows on both sides of what is there, in one go and within one writer. */
START_TEST(rows_around_are_merged)
{
    static any_event events[300];
    data_type data = a_type(QN_EVENT_TRADE, 0);
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    qn_err err = QN_ERR_INIT;
    uint64_t state = 8;
    any_event back[300];
    catalog_writer *w;

    folder_new(dir);
    for (uint32_t i = 0; i < 300; i++)
        events[i] = random_event(data, i, TAME, T2020, &state);
    w = writer_at(dir, &ins, data);
    for (uint32_t i = 100; i < 200; i++)
        writer_add(w, &events[i].hdr);
    ck_assert_int_eq(catalog_writer_begin(w, ins.name, data, &err), QN_OK); /* not published yet */
    for (uint32_t i = 0; i < 100; i++)
        writer_add(w, &events[i].hdr);
    ck_assert_int_eq(catalog_writer_add(w, &events[150].hdr, &err), QN_E_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.msg, "BTCUSDT.binance trade: the catalog has 2020-01-01T"));
    for (uint32_t i = 200; i < 300; i++)
        writer_add(w, &events[i].hdr);
    writer_done(w);
    ck_assert_uint_eq(read_events(dir, &ins, data, INT64_MIN, INT64_MAX, back, 300), 300);
    for (size_t i = 0; i < 300; i++)
        expect_same(event_row_of(data.type), &back[i], &events[i], i);
    folder_free(dir);
}
END_TEST

/* A superseded file goes when, and only when, the new manifest is there. */
START_TEST(superseded_files_go_after_publishing)
{
    data_type data = a_type(QN_EVENT_TRADE, 0);
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    any_event ev = {.trade = trade_at(T2020, 1)};
    char old[PATH_ROOM];
    char now[PATH_ROOM];
    catalog_writer *w;

    folder_new(dir);
    write_events(dir, &ins, data, &ev, 1);
    only_file(dir, old);
    w = writer_at(dir, &ins, data);
    ev.trade = trade_at(T2020 + 1, 2);
    writer_add(w, &ev.hdr);
    ck_assert(file_exists(old));
    catalog_writer_close(w); /* not published */
    ck_assert(file_exists(old));
    write_events(dir, &ins, data, &ev, 1);
    only_file(dir, now);
    ck_assert(!file_exists(old));
    ck_assert(file_exists(now));
    folder_free(dir);
}
END_TEST

/* What a killed writer leaves is gone after the next one; what is not the catalog's stays. */
START_TEST(leftovers_are_swept)
{
    static const char *const left[] = {"BTCUSDT.binance/trade/2020-01-01-00000000.tape",
                                       "BTCUSDT.binance/trade/2020-01-02.part",
                                       "BTCUSDT.binance/bar:1m/2020-01.part", "manifest.json.new"};
    static const char *const stay[] = {"BTCUSDT.binance/notes.txt", "README"};
    data_type data = a_type(QN_EVENT_TRADE, 0);
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    any_event ev = {.trade = trade_at(T2020, 1)};
    char path[PATH_ROOM];
    char kept[PATH_ROOM];

    folder_new(dir);
    write_events(dir, &ins, data, &ev, 1);
    only_file(dir, kept);
    ck_assert_int_eq(path_join(dir, "BTCUSDT.binance/bar:1m", path, NULL), QN_OK);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(path_join(dir, left[i], path, NULL), QN_OK);
        put_file(path, "x", 1);
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(path_join(dir, stay[i], path, NULL), QN_OK);
        put_file(path, "x", 1);
    }
    catalog_writer_close(writer_at(dir, &ins, data));
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(path_join(dir, left[i], path, NULL), QN_OK);
        ck_assert_msg(!file_exists(path), "%s", path);
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(path_join(dir, stay[i], path, NULL), QN_OK);
        ck_assert_msg(file_exists(path), "%s", path);
    }
    ck_assert(file_exists(kept));
    folder_free(dir);
}
END_TEST

START_TEST(wrong_rows_are_refused_and_leave_no_trace)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    data_type data = a_type(QN_EVENT_TRADE, 0);
    qn_trade good = trade_at(T2020 + 5, 1);
    qn_trade bad;
    qn_err err = QN_ERR_INIT;
    catalog_writer *w;
    any_event back[2];

    folder_new(dir);
    w = writer_at(dir, &ins, data);
    writer_add(w, &good.hdr);
    bad = trade_at(T2020 + 4, 2);
    ck_assert_int_eq(catalog_writer_add(w, &bad.hdr, &err), QN_E_ORDER);
    bad = trade_at(T2020 + 6, 2);
    bad.side = 3;
    ck_assert_int_eq(catalog_writer_add(w, &bad.hdr, &err), QN_E_INVALID);
    bad = trade_at(INT64_MAX, 2);
    ck_assert_int_eq(catalog_writer_add(w, &bad.hdr, &err), QN_E_RANGE);
    bad = trade_at(T2020 + 6, 2);
    bad.venue_ts = INT64_MIN;
    ck_assert_int_eq(catalog_writer_add(w, &bad.hdr, &err), QN_E_RANGE);
    bad = trade_at(T2020 + 6, 2);
    bad.hdr.type = QN_EVENT_LIQUIDATION;
    ck_assert_int_eq(catalog_writer_add(w, &bad.hdr, &err), QN_E_INVALID);
    good = trade_at(T2020 + 5, 2); /* the same time is no step back */
    writer_add(w, &good.hdr);
    writer_done(w);
    ck_assert_uint_eq(read_events(dir, &ins, data, INT64_MIN, INT64_MAX, back, 2), 2);
    ck_assert_uint_eq(back[1].trade.id, 2);
    folder_free(dir);
}
END_TEST

START_TEST(bars_must_rise)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    data_type data = a_type(QN_EVENT_BAR, MINUTE);
    uint64_t state = 3;
    any_event ev = random_event(data, 0, TAME, T2020, &state);
    qn_err err = QN_ERR_INIT;
    catalog_writer *w;

    folder_new(dir);
    w = writer_at(dir, &ins, data);
    writer_add(w, &ev.hdr);
    ck_assert_int_eq(catalog_writer_add(w, &ev.hdr, &err), QN_E_ORDER);
    ev = random_event(a_type(QN_EVENT_BAR, HOUR), 0, TAME, T2020 + HOUR, &state);
    ck_assert_int_eq(catalog_writer_add(w, &ev.hdr, &err), QN_E_INVALID);
    catalog_writer_close(w);
    folder_free(dir);
}
END_TEST

START_TEST(definitions_are_dated)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    qn_err err = QN_ERR_INIT;
    catalog_writer *w = NULL;
    const qn_instrument *defs;
    catalog *cat;

    folder_new(dir);
    ck_assert_int_eq(catalog_writer_open(dir, &w, &err), QN_OK);
    ck_assert_int_eq(catalog_writer_instrument(w, &ins, &err), QN_OK);
    ins.valid_from = T2020;
    ck_assert_int_eq(catalog_writer_instrument(w, &ins, &err), QN_OK); /* says the same */
    ins.tick_size = 50;
    ck_assert_int_eq(catalog_writer_instrument(w, &ins, &err), QN_OK);
    ins.tick_size = 75;
    ck_assert_int_eq(catalog_writer_instrument(w, &ins, &err), QN_E_EXISTS);
    ins.price_exp = -3;
    ck_assert_int_eq(catalog_writer_instrument(w, &ins, &err), QN_E_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.msg, "exponents -2 (price), -3 (quantity)"));
    ck_assert_ptr_null(catalog_writer_find(w, "ETHUSDT.binance", 0));
    ck_assert_int_eq(catalog_writer_find(w, "BTCUSDT.binance", 0)->tick_size, 25);
    writer_done(w);

    cat = catalog_at(dir);
    ck_assert_uint_eq(catalog_instruments(cat, &defs), 2);
    ck_assert_int_eq(catalog_instrument(cat, "BTCUSDT.binance", T2020 - 1)->tick_size, 25);
    ck_assert_int_eq(catalog_instrument(cat, "BTCUSDT.binance", T2020)->tick_size, 50);
    ck_assert_int_eq(catalog_instrument(cat, "BTCUSDT.binance", INT64_MIN)->tick_size, 25);
    ck_assert_ptr_null(catalog_instrument(cat, "BTCUSDT.other", T2020));
    ck_assert_int_eq(defs[0].min_notional, 500000000);
    ck_assert_int_eq(defs[0].contract_size.mantissa, 1);
    ck_assert_str_eq(defs[0].settle, "USDT");
    ck_assert_uint_eq(defs[0].kind, QN_LINEAR);
    catalog_close(cat);
    folder_free(dir);
}
END_TEST

START_TEST(names_must_be_folders)
{
    static const char *const bad[] = {"",       ".",     "BTC",  "BTC.",  ".binance", "a/b.c",
                                      "../x.y", "a b.c", "-a.b", "a\n.b", "a\".b"};
    static const char *const good[] = {"BTCUSDT.binance", "BRK.B.nyse", "1000PEPE_USDT.x",
                                       "^GSPC.y", "BTC-27DEC24-100000-C.deribit"};
    qn_err err = QN_ERR_INIT;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        qn_instrument ins = an_instrument(bad[i], 0);
        ck_assert_msg(instrument_check(&ins, &err) == QN_E_INVALID, "%s", bad[i]);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        qn_instrument ins = an_instrument(good[i], 0);
        ck_assert_msg(instrument_check(&ins, &err) == QN_OK, "%s: %s", good[i], err.msg);
    }
}
END_TEST

START_TEST(data_types_have_names)
{
    static const char *const names[] = {"bar:1s", "bar:1m", "bar:1d", "trade",   "quote",
                                        "depth",  "mark",   "index",  "funding", "liquidation"};
    static const char *const wrong[] = {"",       "bar",      "bar:",   "bar:0m",
                                        "bar:1x", "trade:1m", "trades", "order"};
    char text[DATA_TYPE_TEXT];
    data_type data;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_int_eq(data_type_parse(names[i], &data), QN_OK);
        data_type_format(data, text);
        ck_assert_str_eq(text, names[i]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(data_type_parse(wrong[i], &data) == QN_E_SYNTAX, "%s", wrong[i]);
}
END_TEST

static long max_rss(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Write and read `n` trades a day apart by 8 ms; returns the peak of memory in KiB. */
static long peak_of(uint32_t n)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    data_type data = a_type(QN_EVENT_TRADE, 0);
    uint64_t state = 1;
    catalog_writer *w;

    folder_new(dir);
    w = writer_at(dir, &ins, data);
    for (uint32_t i = 0; i < n; i++) {
        any_event ev = random_event(data, i, TAME, T2020, &state);
        writer_add(w, &ev.hdr);
    }
    writer_done(w);
    ck_assert_uint_eq(read_events(dir, &ins, data, INT64_MIN, INT64_MAX, NULL, 0), n);
    folder_free(dir);
    return max_rss();
}

/* One file of 10 times the rows takes no more memory, but for the index of the file being
 * written, 24 bytes for 1024 rows. */
START_TEST(memory_is_flat)
{
    long small = KEEPS_FREED ? 0 : peak_of(100000);
    long large = KEEPS_FREED ? 0 : peak_of(1000000);

    ck_assert_int_lt(large - small, 512);
}
END_TEST

CHECK_MAIN("tape_writer", unpublished_is_nothing, second_writer_is_busy, files_are_cut_by_period,
           bar_belongs_to_its_open, pieces_make_the_same_file, rows_around_are_merged,
           superseded_files_go_after_publishing, leftovers_are_swept,
           wrong_rows_are_refused_and_leave_no_trace, bars_must_rise, definitions_are_dated,
           names_must_be_folders, data_types_have_names, memory_is_flat)
