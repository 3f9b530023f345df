/* SPDX-License-Identifier: MIT
 *
 * Verification of rows: for each kind of finding a catalog that has it, with count, place and
 * time of the first one, and one that only looks like it. */
#include "check_main.h"
#include "forge.h"
#include "tape/verify.h"

#include <stdio.h>
#include <string.h>

#define ROWS 1100 /* more than a block holds */

static char dir[PATH_ROOM];
static any_event rows[ROWS];
static size_t nrows;

/* The findings of one kind, and how many others there are. */
typedef struct findings {
    int32_t code;
    bool is_error;
    uint64_t kinds, others, count;
    int64_t offset, ts;
    char text[512];
} findings;

static void note(void *ctx, const catalog_problem *p)
{
    findings *f = ctx;

    if (p->code != f->code || p->is_error != f->is_error) {
        f->others++;
        return;
    }
    f->kinds++;
    f->count = p->count;
    f->offset = p->offset;
    f->ts = p->ts;
    ck_assert(p->has_ts);
    snprintf(f->text, sizeof f->text, "%s", p->text);
}

/* Forge a catalog of the rows made so far, which are then forgotten, and verify it. */
static findings verify(bool is_error, int32_t code)
{
    findings f = {.is_error = is_error, .code = code};
    qn_instrument ins = an_instrument("BTCUSDT.binance", 0);
    qn_err err = QN_ERR_INIT;
    data_type data = {rows[0].hdr.type, rows[0].hdr.type == QN_EVENT_BAR ? MINUTE : 0};
    catalog *cat;

    folder_new(dir);
    forge(dir, &ins, data, rows, nrows);
    cat = catalog_at(dir);
    ck_assert_int_eq(catalog_verify(cat, note, &f, &err), QN_OK);
    catalog_close(cat);
    folder_free(dir);
    nrows = 0;
    memset(rows, 0, sizeof rows);
    return f;
}

/* One finding of this kind, no other one, and this often; `ts` is after T2020. */
static void expect(bool is_error, int32_t code, uint64_t count, int64_t ts)
{
    findings f = verify(is_error, code);

    ck_assert_uint_eq(f.others, 0);
    ck_assert_uint_eq(f.kinds, 1);
    ck_assert_uint_eq(f.count, count);
    ck_assert_int_eq(f.ts, T2020 + ts);
    ck_assert_int_eq(f.offset, 128); /* the first block */
}

static void expect_nothing(void)
{
    findings f = verify(true, QN_OK);

    ck_assert_uint_eq(f.others, 0);
}

/* A row at T2020 + ts, of engine time and venue time. */
static any_event *add(uint32_t type, uint16_t size, int64_t ts)
{
    any_event *row = &rows[nrows++];

    ck_assert_uint_le(nrows, ROWS);
    row->hdr.size = size;
    row->hdr.type = (uint16_t)type;
    row->hdr.ts_ns = T2020 + ts;
    return row;
}

static qn_trade *trade(int64_t ts, uint64_t id, int64_t price, int64_t qty)
{
    qn_trade *t = &add(QN_EVENT_TRADE, sizeof *t, ts)->trade;

    t->venue_ts = T2020 + ts;
    t->id = id;
    t->price = price;
    t->qty = qty;
    t->side = QN_BUY;
    return t;
}

static qn_quote *quote(int64_t ts, uint64_t id, int64_t bid, int64_t ask)
{
    qn_quote *q = &add(QN_EVENT_QUOTE, sizeof *q, ts)->quote;

    q->venue_ts = T2020 + ts;
    q->update_id = id;
    q->bid = bid;
    q->ask = ask;
    q->bid_qty = q->ask_qty = 10;
    return q;
}

/* A delta of one level whose ids are `id` and whose chain is (id - 1, id). */
static qn_depth *delta(int64_t ts, uint64_t id, uint32_t side, int64_t price, int64_t qty)
{
    qn_depth *d = &add(QN_EVENT_DEPTH, sizeof *d, ts)->depth;

    d->venue_ts = T2020 + ts;
    d->first_update_id = d->update_id = id;
    d->prev_update_id = id - 1;
    d->price = price;
    d->qty = qty;
    d->side = side;
    return d;
}

/* A snapshot of one bid at 100 and one ask at 110. */
static void snapshot(int64_t ts, uint64_t id)
{
    qn_depth *bid = delta(ts, id, QN_BUY, 100, 1);
    qn_depth *ask = delta(ts, id, QN_SELL, 110, 1);

    bid->hdr.flags = QN_EVENT_SNAPSHOT | QN_EVENT_MORE;
    ask->hdr.flags = QN_EVENT_SNAPSHOT;
    bid->prev_update_id = ask->prev_update_id = 0;
}

static void bar(int64_t i, int64_t open, int64_t high, int64_t low, int64_t close, int64_t volume)
{
    qn_bar *b = &add(QN_EVENT_BAR, sizeof *b, (i + 1) * MINUTE)->bar;

    *b = (qn_bar){b->hdr, T2020 + i * MINUTE, MINUTE, open, high, low, close, volume};
}

START_TEST(values_of_trades)
{
    static const int64_t bad[][3] = {{0, 1, QN_BUY},  {-1, 1, QN_BUY}, {1, 0, QN_BUY},
                                     {1, -1, QN_BUY}, {1, 1, 0},       {1, 1, 3}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        trade(0, 1, 1, 1);
        trade(5, 2, bad[i][0], bad[i][1])->side = (uint32_t)bad[i][2];
        trade(6, 3, 1, 1)->side = QN_SELL;
        expect(true, QN_E_INVALID, 1, 5);
    }
    trade(0, 1, 1, 1);
    expect_nothing();
}
END_TEST

START_TEST(values_of_bars)
{
    static const int64_t bad[][5] = {{5, 4, 6, 5, 1},  {5, 7, 0, 5, 1},    {8, 7, 4, 5, 1},
                                     {3, 7, 4, 5, 1},  {5, 7, 4, 8, 1},    {5, 7, 4, 3, 1},
                                     {5, 7, 4, 5, -1}, {-5, -4, -6, -5, 1}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        bar(0, 5, 7, 4, 6, 0);
        bar(1, bad[i][0], bad[i][1], bad[i][2], bad[i][3], bad[i][4]);
        expect(true, QN_E_INVALID, 1, MINUTE); /* by its open */
    }
    bar(0, 5, 5, 5, 5, 0);
    expect_nothing();
}
END_TEST

START_TEST(values_of_quotes_and_marks)
{
    any_event *mark;

    quote(1, 1, 0, 5);
    quote(2, 2, 4, 5)->ask_qty = -1;
    quote(3, 3, 4, -5)->bid_qty = 0;
    expect(true, QN_E_INVALID, 3, 1);
    quote(1, 1, 0, 5)->bid_qty = 0; /* a side that is empty has no price */
    quote(2, 2, 4, 0)->ask_qty = 0;
    expect_nothing();
    for (int64_t i = 0; i < 3; i++) {
        mark = add(QN_EVENT_MARK, sizeof(qn_mark), i);
        mark->mark.venue_ts = T2020 + i;
        mark->mark.price = 1 - i;
    }
    expect(true, QN_E_INVALID, 2, 1);
}
END_TEST

START_TEST(values_of_depth)
{
    static const int64_t bad[][3] = {{0, 1, QN_BUY},  {-1, 1, QN_BUY}, {-1, 0, QN_BUY},
                                     {1, -1, QN_BUY}, {1, 1, 0},       {1, 0, 3}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snapshot(0, 7);
        delta(5, 8, (uint32_t)bad[i][2], bad[i][0], bad[i][1]);
        snapshot(6, 8);
        expect(true, QN_E_INVALID, 1, 5);
    }
    snapshot(0, 7);
    delta(5, 8, QN_BUY, 0, 0); /* a message without levels */
    expect_nothing();
}
END_TEST

START_TEST(ids_of_quotes_and_messages)
{
    quote(0, 1, 4, 5);
    quote(1, 2, 4, 5);
    quote(2, 2, 4, 5);
    expect(false, QN_E_DUPLICATE, 1, 2);
    quote(0, 2, 4, 5);
    quote(1, 1, 4, 5);
    quote(2, 3, 4, 5);
    quote(3, 2, 4, 5);
    expect(false, QN_E_DUPLICATE, 1, 3);
    quote(0, 0, 4, 5);
    quote(1, 0, 4, 5);
    expect_nothing();
    snapshot(0, 7);
    delta(1, 8, QN_BUY, 99, 1);
    delta(2, 8, QN_BUY, 99, 1);
    expect(false, QN_E_DUPLICATE, 1, 2);
    snapshot(0, 7);
    delta(1, 7, QN_BUY, 99, 1); /* of a snapshot's id */
    delta(2, 8, QN_BUY, 99, 1)->hdr.flags = QN_EVENT_MORE;
    delta(2, 8, QN_BUY, 98, 1); /* of the same message */
    snapshot(3, 8);
    snapshot(4, 8);
    expect_nothing();
}
END_TEST

START_TEST(clock_that_runs_backwards)
{
    trade(0, 1, 1, 1);
    trade(10, 2, 1, 1)->venue_ts = T2020 - 1;
    trade(20, 3, 1, 1);
    trade(30, 4, 1, 1)->venue_ts = T2020 + 19;
    expect(false, QN_E_ORDER, 2, 10);
    trade(0, 1, 1, 1);
    trade(0, 2, 1, 1)->venue_ts = T2020 - 1; /* engine time stands still */
    trade(1, 3, 1, 1)->venue_ts = T2020 - 1;
    expect_nothing();
    delta(0, 6, QN_BUY, 99, 1);
    delta(10, 7, QN_BUY, 99, 1);
    snapshot(20, 7); /* a snapshot may be older than what it is sent among */
    rows[2].depth.venue_ts = rows[3].depth.venue_ts = T2020 + 5;
    delta(30, 8, QN_BUY, 99, 1)->venue_ts = T2020 + 10;
    snapshot(40, 8); /* nor does a later one count against what follows */
    delta(50, 9, QN_BUY, 99, 1)->venue_ts = T2020 + 30;
    expect_nothing();
}
END_TEST

START_TEST(crossed_quotes)
{
    quote(0, 1, 4, 5);
    quote(1, 2, 5, 5);
    quote(2, 3, 6, 5);
    expect(false, QN_E_CROSSED, 2, 1);
    quote(0, 1, 6, 5)->bid_qty = 0;
    quote(1, 2, 6, 5)->ask_qty = 0;
    expect_nothing();
}
END_TEST

START_TEST(crossed_books)
{
    snapshot(0, 7);
    delta(1, 8, QN_BUY, 110, 1);
    delta(2, 9, QN_BUY, 110, 0);
    delta(3, 10, QN_SELL, 99, 1);
    expect(false, QN_E_CROSSED, 2, 1);
    snapshot(0, 7);
    delta(1, 8, QN_BUY, 111, 1)->hdr.flags = QN_EVENT_MORE; /* within a message it may be */
    delta(1, 8, QN_SELL, 110, 0)->hdr.flags = QN_EVENT_MORE;
    delta(1, 8, QN_SELL, 112, 1);
    delta(2, 9, QN_BUY, 90, 1);
    expect_nothing();
}
END_TEST

START_TEST(holes_in_a_sequence)
{
    findings f;

    snapshot(0, 7);
    delta(1, 8, QN_BUY, 99, 1);
    delta(2, 10, QN_BUY, 99, 2);
    delta(3, 12, QN_BUY, 99, 3);
    f = verify(false, QN_E_GAP);
    ck_assert_uint_eq(f.kinds, 1);
    ck_assert_uint_eq(f.others, 0);
    ck_assert_uint_eq(f.count, 2);
    ck_assert_int_eq(f.ts, T2020 + 2);
    ck_assert_ptr_nonnull(strstr(f.text, "not healed in this file"));
    snapshot(0, 7);
    delta(1, 9, QN_BUY, 99, 1);
    snapshot(2, 9);
    f = verify(false, QN_E_GAP);
    ck_assert_uint_eq(f.count, 1);
    ck_assert_ptr_nonnull(strstr(f.text, "healed by a snapshot"));
    delta(0, 6, QN_BUY, 99, 1); /* no snapshot, no hole */
    delta(1, 7, QN_BUY, 99, 1);
    expect_nothing();
}
END_TEST

/* Many blocks: the place is that of the block. */
START_TEST(place_is_the_block)
{
    findings f;

    for (uint32_t i = 0; i < ROWS; i++)
        quote(i, i + 1, 4, i == ROWS - 1 ? 3 : 5);
    f = verify(false, QN_E_CROSSED);
    ck_assert_uint_eq(f.count, 1);
    ck_assert_int_eq(f.ts, T2020 + ROWS - 1);
    ck_assert_int_gt(f.offset, 128);
}
END_TEST

CHECK_MAIN("tape_verify_rows", values_of_trades, values_of_bars, values_of_quotes_and_marks,
           values_of_depth, ids_of_quotes_and_messages, clock_that_runs_backwards, crossed_quotes,
           crossed_books, holes_in_a_sequence, place_is_the_block)
