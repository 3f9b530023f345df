/* SPDX-License-Identifier: MIT
 *
 * Bars: built ones are the same objects as imported ones, whatever they are built from. */
#include "base/memory.h"
#include "check_main.h"
#include "support.h"

#include <quoin/sdk/bars.h>

#include <string.h>

#define TRADES 40000

static char dir[PATH_ROOM];

static qn_trade a_trade(int64_t ts, int64_t price, int64_t qty)
{
    return (qn_trade){
        .hdr = {.size = sizeof(qn_trade), .type = QN_EVENT_TRADE, .ts_ns = ts, .instrument = 3},
        .venue_ts = ts,
        .price = price,
        .qty = qty,
        .side = QN_SELL};
}

START_TEST(builder_keeps_the_rules)
{
    qn_bar_builder b;
    qn_bar bar = {0};
    qn_trade t = a_trade(T2020 + 30, 100, 1);

    ck_assert_int_eq(qn_bar_builder_init(&b, 0), QN_E_RANGE);
    ck_assert_int_eq(qn_bar_builder_init(&b, MINUTE), QN_OK);
    ck_assert_int_eq(qn_bar_builder_end(&b, INT64_MAX, &bar), QN_BAR_NONE);
    ck_assert_int_eq(qn_bar_builder_add(&b, &t.hdr, &bar), QN_BAR_NONE);
    t = a_trade(T2020 + MINUTE - 1, 90, 2);
    ck_assert_int_eq(qn_bar_builder_add(&b, &t.hdr, &bar), QN_BAR_NONE);
    ck_assert_int_eq(qn_bar_builder_end(&b, T2020 + MINUTE - 1, &bar), QN_BAR_NONE);
    t = a_trade(T2020 + MINUTE, 110, 4); /* at the boundary: the next bar's */
    ck_assert_int_eq(qn_bar_builder_add(&b, &t.hdr, &bar), QN_BAR_DONE);
    ck_assert_int_eq(bar.open_ts, T2020);
    ck_assert_int_eq(bar.length, MINUTE);
    ck_assert_int_eq(bar.hdr.ts_ns, T2020 + MINUTE);
    ck_assert_uint_eq(bar.hdr.instrument, 3);
    ck_assert_uint_eq(bar.hdr.size, sizeof bar);
    ck_assert(bar.open == 100 && bar.high == 100 && bar.low == 90 && bar.close == 90);
    ck_assert_int_eq(bar.volume, 3);
    t = a_trade(T2020 + 30, 1, 1); /* late */
    ck_assert_int_eq(qn_bar_builder_add(&b, &t.hdr, &bar), QN_BAR_NONE);
    ck_assert_uint_eq(b.late, 1);
    t = a_trade(T2020 + 5 * MINUTE, 120, 1); /* minutes without a trade have no bar */
    ck_assert_int_eq(qn_bar_builder_add(&b, &t.hdr, &bar), QN_BAR_DONE);
    ck_assert_int_eq(bar.open_ts, T2020 + MINUTE);
    ck_assert_int_eq(bar.low, 110);
    ck_assert_int_eq(qn_bar_builder_end(&b, INT64_MAX, &bar), QN_BAR_DONE);
    ck_assert_int_eq(bar.open_ts, T2020 + 5 * MINUTE);
    ck_assert_int_eq(qn_bar_builder_end(&b, INT64_MAX, &bar), QN_BAR_NONE);
}
END_TEST

/* A live venue finishes a bar by the clock; the trade that comes then belongs to no bar. */
START_TEST(a_row_of_a_bar_that_the_clock_has_finished_is_late)
{
    qn_bar_builder b;
    qn_bar bar = {0};
    qn_trade t = a_trade(T2020 + 30, 100, 1);

    ck_assert_int_eq(qn_bar_builder_init(&b, MINUTE), QN_OK);
    ck_assert_int_eq(qn_bar_builder_add(&b, &t.hdr, &bar), QN_BAR_NONE);
    ck_assert_int_eq(qn_bar_builder_end(&b, T2020 + MINUTE, &bar), QN_BAR_DONE);
    t = a_trade(T2020 + 59, 90, 1);
    ck_assert_int_eq(qn_bar_builder_add(&b, &t.hdr, &bar), QN_BAR_NONE);
    ck_assert_uint_eq(b.late, 1);
    ck_assert_int_eq(qn_bar_builder_end(&b, INT64_MAX, &bar), QN_BAR_NONE);
    t = a_trade(T2020 + MINUTE, 80, 1);
    ck_assert_int_eq(qn_bar_builder_add(&b, &t.hdr, &bar), QN_BAR_NONE);
    ck_assert_int_eq(qn_bar_builder_end(&b, INT64_MAX, &bar), QN_BAR_DONE);
    ck_assert_int_eq(bar.open_ts, T2020 + MINUTE);
    ck_assert_int_eq(bar.high, 80);
}
END_TEST

START_TEST(builder_refuses)
{
    qn_bar_builder b;
    qn_bar bar = {0};
    qn_bar before;
    qn_trade t = a_trade(T2020, 100, INT64_MAX);
    qn_quote q = {.hdr = {.type = QN_EVENT_QUOTE}};
    qn_bar finer = {.hdr = {.type = QN_EVENT_BAR}, .open_ts = T2020 + MINUTE / 2, .length = MINUTE};

    ck_assert_int_eq(qn_bar_builder_init(&b, MINUTE), QN_OK);
    ck_assert_int_eq(qn_bar_builder_add(&b, &q.hdr, &bar), QN_E_TYPE);
    ck_assert_int_eq(qn_bar_builder_add(&b, &finer.hdr, &bar), QN_E_RANGE); /* over the edge */
    ck_assert_int_eq(qn_bar_builder_add(&b, &t.hdr, &bar), QN_BAR_NONE);
    before = b.bar;
    t.qty = 1;
    ck_assert_int_eq(qn_bar_builder_add(&b, &t.hdr, &bar), QN_E_OVERFLOW);
    ck_assert_mem_eq(&before, &b.bar, sizeof before);
    t = a_trade(INT64_MAX - 5, 1, 1);
    ck_assert_int_eq(qn_bar_builder_add(&b, &t.hdr, &bar), QN_E_RANGE);
    ck_assert_mem_eq(&before, &b.bar, sizeof before);
}
END_TEST

/* Before 1970, and with lengths that divide no day. */
START_TEST(opens_are_multiples_of_the_length)
{
    static const struct {
        int64_t length, ts, open;
    } cases[] = {
        {MINUTE, -1, -MINUTE},
        {MINUTE, -MINUTE, -MINUTE},
        {7 * QN_NS_PER_DAY, 0, 0},
        {7 * QN_NS_PER_DAY, T2020, 18256 * QN_NS_PER_DAY}, /* Thursday, 2019-12-26 */
        {7, 20, 14},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qn_bar_builder b;
        qn_bar bar = {0};
        qn_trade t = a_trade(cases[i].ts, 1, 1);
        ck_assert_int_eq(qn_bar_builder_init(&b, cases[i].length), QN_OK);
        ck_assert_int_eq(qn_bar_builder_add(&b, &t.hdr, &bar), QN_BAR_NONE);
        ck_assert_int_eq(qn_bar_builder_end(&b, INT64_MAX, &bar), QN_BAR_DONE);
        ck_assert_int_eq(bar.open_ts, cases[i].open);
    }
}
END_TEST

/* With receive times a bar is not known before its last trade was. */
START_TEST(bar_waits_for_its_last_trade)
{
    qn_bar_builder b;
    qn_bar bar = {0};
    qn_trade t = a_trade(T2020 + MINUTE - 5, 1, 1);

    t.hdr.ts_ns = T2020 + MINUTE + 50;
    ck_assert_int_eq(qn_bar_builder_init(&b, MINUTE), QN_OK);
    ck_assert_int_eq(qn_bar_builder_add(&b, &t.hdr, &bar), QN_BAR_NONE);
    ck_assert_int_eq(qn_bar_builder_end(&b, T2020 + MINUTE, &bar), QN_BAR_DONE);
    ck_assert_int_eq(bar.hdr.ts_ns, T2020 + MINUTE + 50);
}
END_TEST

/* ---- through the catalog ---- */

/* The slow way: look at every trade for every bar that any trade falls into. */
static size_t slow_bars(const any_event *trades, size_t n, int64_t length, any_event *bars)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        const qn_trade *t = &trades[i].trade;
        int64_t open = t->venue_ts / length * length; /* after 1970 */
        qn_bar *bar = count ? &bars[count - 1].bar : NULL;
        if (!bar || bar->open_ts != open) {
            bar = &bars[count++].bar;
            *bar = (qn_bar){.hdr = {.type = QN_EVENT_BAR, .ts_ns = open + length},
                            .open_ts = open,
                            .length = length,
                            .open = t->price,
                            .high = t->price,
                            .low = t->price};
        }
        if (t->price > bar->high) bar->high = t->price;
        if (t->price < bar->low) bar->low = t->price;
        bar->close = t->price;
        bar->volume += t->qty;
    }
    return count;
}

/* Trades with a walking price and pauses, over the end of a month. */
static any_event *random_trades(void)
{
    any_event *trades = mem_new(TRADES, sizeof *trades);
    uint64_t state = 21;
    int64_t ts = T2020 + 31 * QN_NS_PER_DAY - 20 * HOUR;
    int64_t price = 5000000;

    for (size_t i = 0; i < TRADES; i++) {
        ts += (int64_t)random_below(&state, 8000) * QN_NS_PER_MS;
        if (random_below(&state, 500) == 0) ts += (int64_t)random_below(&state, 3) * HOUR;
        if (random_below(&state, 300) == 0) ts = (ts / MINUTE + 1) * MINUTE; /* the boundary */
        price += 25 * ((int64_t)random_below(&state, 201) - 100);
        trades[i].trade = a_trade(ts, price, 1 + (int64_t)random_below(&state, 2000));
        trades[i].trade.id = i + 1;
    }
    return trades;
}

static void expect_bars(const char *where, const qn_instrument *ins, int64_t length,
                        const any_event *wanted, size_t n, int64_t from, int64_t to)
{
    any_event *got = mem_new(n + 1, sizeof *got);
    size_t count = read_events(where, ins, a_type(QN_EVENT_BAR, length), from, to, got, n + 1);
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        if (wanted[i].hdr.ts_ns <= from || wanted[i].hdr.ts_ns > to) continue;
        ck_assert_uint_lt(k, count);
        expect_same(event_row_of(QN_EVENT_BAR), &got[k], &wanted[i], i);
        ck_assert_uint_eq(got[k].hdr.instrument, ins->number);
        k++;
    }
    ck_assert_uint_eq(k, count);
    mem_free(got);
}

START_TEST(built_bars_are_imported_bars)
{
    static const int64_t lengths[] = {MINUTE, 3 * MINUTE, 7 * MINUTE, HOUR, 24 * HOUR, 168 * HOUR};
    qn_instrument ins = an_instrument("BTCUSDT.binance", 5);
    any_event *trades = random_trades();
    any_event *bars = mem_new(TRADES, sizeof *bars);
    any_event *minutes = mem_new(TRADES, sizeof *bars);
    size_t nminutes = slow_bars(trades, TRADES, MINUTE, minutes);
    char from_trades[PATH_ROOM];
    char from_minutes[PATH_ROOM];
    uint64_t state = 22;

    folder_new(from_trades);
    folder_new(from_minutes);
    write_events(from_trades, &ins, a_type(QN_EVENT_TRADE, 0), trades, TRADES);
    write_events(from_minutes, &ins, a_type(QN_EVENT_BAR, MINUTE), minutes, nminutes);
    for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
        size_t n = slow_bars(trades, TRADES, lengths[l], bars);
        expect_bars(from_trades, &ins, lengths[l], bars, n, INT64_MIN, INT64_MAX);
        expect_bars(from_minutes, &ins, lengths[l], bars, n, INT64_MIN, INT64_MAX);
        for (uint32_t round = 0; round < 40; round++) {
            int64_t from = bars[random_below(&state, n)].hdr.ts_ns + (int64_t)(round % 3) - 1;
            int64_t to = bars[random_below(&state, n)].hdr.ts_ns + (int64_t)(round / 3 % 3) - 1;
            expect_bars(from_trades, &ins, lengths[l], bars, n, from, to);
            expect_bars(from_minutes, &ins, lengths[l], bars, n, from, to);
        }
    }
    folder_free(from_trades);
    folder_free(from_minutes);
    mem_free(trades);
    mem_free(bars);
    mem_free(minutes);
}
END_TEST

/* Trades that were received late: a run of a part sees the bars that a run of all sees in that
 * part, no more, no fewer and no other ones. */
START_TEST(late_trades_keep_the_future_out)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    data_type minute = a_type(QN_EVENT_BAR, MINUTE);
    any_event *trades = mem_new(5000, sizeof *trades);
    any_event *bars = mem_new(5000, sizeof *bars);
    uint64_t state = 31;
    int64_t ts = T2020;
    size_t n;

    for (size_t i = 0; i < 5000; i++) {
        ts += (int64_t)random_below(&state, 4000) * QN_NS_PER_MS;
        trades[i].trade = a_trade(ts, 100 + (int64_t)random_below(&state, 50), 1);
        trades[i].hdr.ts_ns += 900 * QN_NS_PER_MS; /* beyond the end of many a bar */
    }
    folder_new(dir);
    write_events(dir, &ins, a_type(QN_EVENT_TRADE, 0), trades, 5000);
    n = read_events(dir, &ins, minute, INT64_MIN, INT64_MAX, bars, 5000);
    ck_assert_uint_gt(n, 100);
    for (uint32_t round = 0; round < 200; round++) {
        int64_t from = bars[random_below(&state, n)].hdr.ts_ns;
        int64_t to = bars[random_below(&state, n)].hdr.ts_ns;
        /* also into the time between a bar's end and its delivery */
        from -= (int64_t)random_below(&state, 2) * 100 * QN_NS_PER_MS;
        to -= (int64_t)random_below(&state, 2) * 100 * QN_NS_PER_MS;
        expect_bars(dir, &ins, MINUTE, bars, n, from, to);
    }
    folder_free(dir);
    mem_free(trades);
    mem_free(bars);
}
END_TEST

/* The coarsest bars that fit are the source: 6 minutes come of 3, not of 5 or of trades. */
START_TEST(coarsest_fitting_source_is_read)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    any_event ev = {.trade = a_trade(T2020, 1, 1)};
    any_event got;
    uint64_t state = 1;

    folder_new(dir);
    write_events(dir, &ins, a_type(QN_EVENT_TRADE, 0), &ev, 1);
    for (int64_t minutes = 1; minutes <= 5; minutes += 2) {
        ev = random_event(a_type(QN_EVENT_BAR, minutes * MINUTE), 0, TAME, T2020, &state);
        ev.bar.volume = minutes;
        write_events(dir, &ins, a_type(QN_EVENT_BAR, minutes * MINUTE), &ev, 1);
    }
    ck_assert_uint_eq(
        read_events(dir, &ins, a_type(QN_EVENT_BAR, 6 * MINUTE), INT64_MIN, INT64_MAX, &got, 1), 1);
    ck_assert_int_eq(got.bar.volume, 3);
    ck_assert_uint_eq(
        read_events(dir, &ins, a_type(QN_EVENT_BAR, MINUTE / 2), INT64_MIN, INT64_MAX, &got, 1), 1);
    ck_assert_int_eq(got.bar.volume, 1); /* nothing but trades is finer */
    ck_assert_int_eq(got.bar.open, 1);
    folder_free(dir);
}
END_TEST

static void add_bars(const qn_instrument *ins, int64_t length, int64_t start, int64_t end)
{
    catalog_writer *w = writer_at(dir, ins, a_type(QN_EVENT_BAR, length));

    for (int64_t open = start; open < end; open += length) {
        qn_bar bar = {.hdr = {.type = QN_EVENT_BAR, .ts_ns = open + length},
                      .open_ts = open,
                      .length = length,
                      .open = 1,
                      .high = 1,
                      .low = 1,
                      .close = 1,
                      .volume = length / MINUTE * 1000 + 1};
        writer_add(w, &bar.hdr);
    }
    writer_done(w);
}

/* Volumes tell what the hours in (from, to] are built of: 12 times 5001, or 60 times 1001. */
static void expect_hours(const qn_instrument *ins, int64_t from, int64_t to, size_t n,
                         int64_t volume)
{
    any_event got[24];

    ck_assert_uint_eq(read_events(dir, ins, a_type(QN_EVENT_BAR, HOUR), from, to, got, 24), n);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(got[i].bar.volume, volume);
}

/* Coarse bars of a part of the time do not hide finer data of all of it. */
START_TEST(source_that_covers_the_time_is_read)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    int64_t part = T2020 + 4 * HOUR;

    folder_new(dir);
    add_bars(&ins, MINUTE, T2020, T2020 + 10 * HOUR);
    add_bars(&ins, 5 * MINUTE, part, part + 2 * HOUR);
    expect_hours(&ins, INT64_MIN, INT64_MAX, 10, 60 * 1001);
    expect_hours(&ins, T2020 + 2 * HOUR, INT64_MAX, 8, 60 * 1001);
    expect_hours(&ins, part, part + 2 * HOUR, 2, 12 * 5001); /* both cover that */
    /* the 5 minute bars lack the first half hour of 10: as good as all */
    add_bars(&ins, 5 * MINUTE, T2020 + HOUR / 2, part);
    add_bars(&ins, 5 * MINUTE, part + 2 * HOUR, T2020 + 10 * HOUR);
    expect_hours(&ins, T2020 + HOUR, T2020 + 10 * HOUR, 9, 12 * 5001);
    expect_hours(&ins, T2020 + 9 * HOUR, INT64_MAX, 1, 12 * 5001);
    folder_free(dir);
}
END_TEST

/* Trades are a source like bars; a month that the bars lack is a gap, a night is none. */
START_TEST(gaps_between_files_count)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    int64_t march = T2020 + 60 * QN_NS_PER_DAY;
    any_event trades[70];

    folder_new(dir);
    for (int64_t i = 0; i < 70; i++)
        trades[i].trade = a_trade(T2020 + i * QN_NS_PER_DAY, 1, 7);
    write_events(dir, &ins, a_type(QN_EVENT_TRADE, 0), trades, 70);
    add_bars(&ins, MINUTE, T2020, T2020 + HOUR);
    add_bars(&ins, MINUTE, march + 9 * QN_NS_PER_DAY, march + 9 * QN_NS_PER_DAY + HOUR);
    ck_assert_uint_eq(
        read_events(dir, &ins, a_type(QN_EVENT_BAR, 24 * HOUR), INT64_MIN, INT64_MAX, trades, 70),
        70);
    ck_assert_int_eq(trades[0].bar.volume, 7);
    folder_free(dir);
}
END_TEST

/* Built bars take their place in the merge: at their end, before trades of that time. */
START_TEST(built_bars_are_merged_at_their_end)
{
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    any_event trades[3] = {{.trade = a_trade(T2020, 1, 1)},
                           {.trade = a_trade(T2020 + MINUTE, 2, 1)},
                           {.trade = a_trade(T2020 + MINUTE + 1, 3, 1)}};
    static const uint32_t order[] = {QN_EVENT_TRADE, QN_EVENT_BAR, QN_EVENT_TRADE, QN_EVENT_TRADE,
                                     QN_EVENT_BAR};
    tape_stream streams[2] = {{&ins, {QN_EVENT_TRADE, 0}}, {&ins, {QN_EVENT_BAR, MINUTE}}};
    qn_err err = QN_ERR_INIT;
    tape *t = NULL;
    catalog *cat;

    folder_new(dir);
    write_events(dir, &ins, a_type(QN_EVENT_TRADE, 0), trades, 3);
    cat = catalog_at(dir);
    ck_assert_int_eq(tape_open(cat, streams, 2, INT64_MIN, INT64_MAX, &t, &err), QN_OK);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_ptr_nonnull(t->head);
        ck_assert_uint_eq(t->head->type, order[i]);
        ck_assert_int_eq(tape_next(t, &err), QN_OK);
    }
    ck_assert_ptr_null(t->head);
    tape_close(t);
    catalog_close(cat);
    folder_free(dir);
}
END_TEST

CHECK_MAIN("tape_bars", builder_keeps_the_rules, a_row_of_a_bar_that_the_clock_has_finished_is_late,
           builder_refuses, opens_are_multiples_of_the_length, bar_waits_for_its_last_trade,
           built_bars_are_imported_bars, late_trades_keep_the_future_out,
           coarsest_fitting_source_is_read, source_that_covers_the_time_is_read,
           gaps_between_files_count, built_bars_are_merged_at_their_end)
