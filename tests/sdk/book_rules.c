/* SPDX-License-Identifier: MIT
 *
 * qn_book by hand: each rule of sequence at its borders, what is kept for a snapshot, what does
 * not fit, and the figures. */
#include "base/memory.h"
#include "check_main.h"

#include <quoin/sdk/book.h>

#include <math.h>

static qn_book book;
static void *memory;

static const qn_book_room wide = {256, 4096, 65536, 4096};

static void make(const qn_book_room *room, int64_t tick, uint32_t rule)
{
    qn_err err = QN_ERR_INIT;

    ck_assert_ptr_nonnull(memory = mem_new(qn_book_bytes(room), 1));
    ck_assert_int_eq(qn_book_init(&book, memory, room, tick, rule, &err), QN_OK);
}

static void drop(void)
{
    mem_free(memory);
}

/* One level of a message: ids U, u, pu; in the units of the ids' order. */
typedef struct line {
    uint64_t first, last, previous;
    uint32_t side;
    int64_t price, qty;
    uint32_t flags;
    int32_t wanted;
} line;

static qn_depth row_of(const line *l)
{
    return (qn_depth){.hdr = {.size = sizeof(qn_depth), .type = QN_EVENT_DEPTH, .flags = l->flags},
                      .first_update_id = l->first,
                      .update_id = l->last,
                      .prev_update_id = l->previous,
                      .price = l->price,
                      .qty = l->qty,
                      .side = l->side};
}

static void lines(const line *l, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        qn_depth d = row_of(&l[i]);
        ck_assert_int_eq(qn_book_apply(&book, &d), l[i].wanted);
    }
}

#define LINES(...)                                                                                 \
    lines((const line[]){__VA_ARGS__}, sizeof((const line[]){__VA_ARGS__}) / sizeof(line))

#define MORE QN_EVENT_MORE
#define SNAP QN_EVENT_SNAPSHOT
#define A_SNAPSHOT(id)                                                                             \
    {(id), (id), 0, QN_BUY, 100, 3, SNAP | MORE, QN_OK},                                           \
    {                                                                                              \
        (id), (id), 0, QN_SELL, 110, 5, SNAP, QN_OK                                                \
    }

static int64_t bid_at(int64_t price)
{
    int64_t qty = -1;

    ck_assert_int_eq(qn_book_qty(&book, QN_BUY, price, &qty), QN_OK);
    return qty;
}

START_TEST(nothing_of_a_half_message_is_visible)
{
    qn_book_level best;

    make(&QN_BOOK_ROOM, 1, QN_BOOK_AUTO);
    LINES({7, 7, 0, QN_BUY, 100, 3, SNAP | MORE, QN_OK});
    ck_assert_int_eq(qn_book_best(&book, QN_BUY, &best), QN_E_STATE);
    LINES({7, 7, 0, QN_SELL, 110, 5, SNAP, QN_OK}, {8, 8, 7, QN_BUY, 100, 0, MORE, QN_OK});
    ck_assert_int_eq(bid_at(100), 3);
    LINES({8, 8, 7, QN_BUY, 99, 2, 0, QN_OK});
    ck_assert_int_eq(bid_at(100), 0);
    ck_assert_int_eq(bid_at(99), 2);
    drop();
}
END_TEST

/* The borders of each rule: what is dropped, what is the first, what follows. */
START_TEST(rules_at_their_borders)
{
    make(&wide, 1, QN_BOOK_AUTO);
    LINES(A_SNAPSHOT(10), {8, 9, 7, QN_BUY, 90, 1, 0, QN_OK}, {8, 10, 9, QN_BUY, 91, 1, 0, QN_OK},
          {15, 15, 10, QN_BUY, 92, 1, 0, QN_OK}, {15, 15, 10, QN_BUY, 93, 1, 0, QN_OK},
          {16, 17, 14, QN_BUY, 94, 1, 0, QN_E_GAP});
    ck_assert_uint_eq(book.dropped, 2);
    ck_assert_uint_eq(book.applied, 2);
    drop();
    make(&wide, 1, QN_BOOK_AUTO); /* the first one begins behind the snapshot */
    LINES(A_SNAPSHOT(10), {11, 12, 9, QN_BUY, 90, 1, 0, QN_E_GAP});
    drop();
    make(&wide, 1, QN_BOOK_AUTO);
    LINES(A_SNAPSHOT(10), {8, 10, 0, QN_BUY, 90, 1, 0, QN_OK}, {11, 11, 0, QN_BUY, 91, 1, 0, QN_OK},
          {12, 14, 0, QN_BUY, 92, 1, 0, QN_OK}, {15, 15, 0, QN_BUY, 93, 1, 0, QN_OK},
          {17, 17, 0, QN_BUY, 94, 1, 0, QN_E_GAP});
    ck_assert_uint_eq(book.dropped, 1);
    ck_assert_uint_eq(book.applied, 3);
    drop();
    make(&wide, 1, QN_BOOK_AUTO);
    LINES(A_SNAPSHOT(10), {12, 12, 0, QN_BUY, 90, 1, 0, QN_E_GAP});
    drop();
    make(&wide, 1, QN_BOOK_AUTO); /* same u, other U: not the same message */
    LINES(A_SNAPSHOT(10), {11, 12, 0, QN_BUY, 90, 1, 0, QN_OK},
          {10, 12, 0, QN_BUY, 90, 1, 0, QN_E_GAP});
    drop();
    make(&wide, 1, QN_BOOK_AUTO); /* a venue without numbers */
    LINES(A_SNAPSHOT(0), {0, 0, 0, QN_BUY, 90, 1, 0, QN_OK}, {0, 0, 0, QN_BUY, 91, 1, 0, QN_OK});
    ck_assert_uint_eq(book.applied, 2);
    drop();
}
END_TEST

START_TEST(a_gap_heals)
{
    make(&wide, 1, QN_BOOK_CHAINED);
    LINES(A_SNAPSHOT(10), {11, 11, 10, QN_BUY, 101, 1, 0, QN_OK},
          {14, 14, 13, QN_BUY, 102, 1, 0, QN_E_GAP}, {15, 15, 14, QN_BUY, 103, 1, 0, QN_OK});
    ck_assert(!qn_book_is_synced(&book));
    ck_assert_uint_eq(qn_book_levels(&book, QN_BUY), 0);
    ck_assert(isnan(qn_book_mid(&book)));
    /* Older than the hole: it does not reach what came after, and the hole was counted. */
    LINES({12, 12, 0, QN_BUY, 100, 1, SNAP, QN_E_GAP});
    ck_assert_uint_eq(book.gaps, 1);
    LINES(A_SNAPSHOT(13));
    ck_assert(qn_book_is_synced(&book));
    ck_assert_uint_eq(qn_book_levels(&book, QN_BUY), 3);
    ck_assert_uint_eq(book.applied, 3);
    LINES({16, 16, 15, QN_BUY, 104, 1, 0, QN_OK});
    qn_book_reset(&book);
    ck_assert(!qn_book_is_synced(&book));
    LINES(A_SNAPSHOT(20));
    ck_assert_uint_eq(qn_book_levels(&book, QN_BUY), 1);
    drop();
}
END_TEST

/* More deltas before the snapshot than are kept: the oldest go, whole messages at a time. */
START_TEST(kept_deltas_are_bounded)
{
    static const qn_book_room rooms[] = {{256, 64, 1000, 8}, {256, 64, 17, 1000}};

    for (size_t i = 0; i < 2; i++) {
        make(&rooms[i], 1, QN_BOOK_CHAINED);
        for (uint64_t id = 1; id <= 100; id++) {
            LINES({id, id, id - 1, QN_BUY, (int64_t)id, 1, MORE, QN_OK},
                  {id, id, id - 1, QN_SELL, 200, (int64_t)id, 0, QN_OK});
            if (id >= 8) ck_assert_uint_ge(book.nmessages, 4); /* not all at once */
        }
        ck_assert_uint_lt(book.nmessages, 9);
        ck_assert_uint_eq(book.dropped + book.nmessages, 100);
        LINES({50, 50, 0, QN_BUY, 50, 1, SNAP, QN_E_GAP}, {98, 98, 0, QN_BUY, 50, 1, SNAP, QN_OK});
        ck_assert_uint_eq(book.gaps, 1);
        ck_assert_uint_eq(qn_book_levels(&book, QN_BUY), 4); /* 50; 98, 99, 100 on it */
        ck_assert_uint_eq(book.applied, 3);
        drop();
    }
}
END_TEST

START_TEST(what_does_not_fit_makes_it_stale)
{
    static const qn_book_room small = {256, 4, 8, 4};

    make(&small, 1, QN_BOOK_AUTO);
    LINES(A_SNAPSHOT(10));
    for (int64_t i = 0; i < 8; i++)
        LINES({11, 11, 10, QN_BUY, 100 + i, 1, MORE, QN_OK});
    LINES({11, 11, 10, QN_BUY, 108, 1, 0, QN_E_FULL});
    ck_assert(!qn_book_is_synced(&book));
    LINES(A_SNAPSHOT(11));
    for (uint64_t i = 0; i < 4; i++) /* far away, one after the other */
        LINES({12 + i, 12 + i, 11 + i, QN_SELL, 5000 + 1000 * (int64_t)i, 1, 0, QN_OK});
    LINES({16, 16, 15, QN_SELL, 9000, 1, 0, QN_E_FULL});
    ck_assert(!qn_book_is_synced(&book));
    ck_assert_uint_eq(book.gaps, 2);
    LINES(A_SNAPSHOT(16), {17, 17, 16, QN_SELL, 9000, 1, 0, QN_OK});
    ck_assert_uint_eq(qn_book_levels(&book, QN_SELL), 2);
    for (int64_t i = 0; i < 6; i++)
        LINES({18, 18, 0, QN_SELL, 200 + 1000 * i, 1, SNAP | MORE, QN_OK});
    LINES({18, 18, 0, QN_SELL, 9000, 1, SNAP, QN_E_FULL});
    ck_assert(!qn_book_is_synced(&book));
    ck_assert_uint_eq(book.gaps, 3);
    ck_assert_uint_eq(book.refused, 1);
    drop();
}
END_TEST

/* With a full far list the array cannot follow the market: slower, and still right. */
START_TEST(stays_right_when_the_array_cannot_move)
{
    static const qn_book_room small = {256, 8, 64, 4};
    int64_t at[] = {10000, 10200, 10300, 11000, 12000, 12500, 13000};
    qn_book_walk w;
    qn_book_level level;

    make(&small, 1, QN_BOOK_UNNUMBERED);
    for (int64_t i = 0; i < 20; i++) /* in the array: too many to be moved out of it */
        LINES({0, 0, 0, QN_BUY, 10000 - i, 1, (i ? 0 : SNAP), QN_OK});
    for (size_t i = 1; i < 7; i++)
        LINES({0, 0, 0, QN_BUY, at[i], (int64_t)i, 0, QN_OK});
    LINES({0, 0, 0, QN_BUY, 12000, 0, 0, QN_OK}, {0, 0, 0, QN_BUY, 20, 9, 0, QN_OK});
    w = qn_book_walk_of(&book, QN_BUY);
    for (size_t i = 6; i > 0; i--) {
        if (at[i] == 12000) continue;
        ck_assert_int_eq(qn_book_walk_next(&w, &level), 1);
        ck_assert_int_eq(level.price, at[i]);
        ck_assert_int_eq(level.qty, (int64_t)i);
    }
    for (int64_t i = 0; i < 20; i++) {
        ck_assert_int_eq(qn_book_walk_next(&w, &level), 1);
        ck_assert_int_eq(level.price, 10000 - i);
    }
    ck_assert_int_eq(qn_book_walk_next(&w, &level), 1);
    ck_assert_int_eq(level.price, 20);
    ck_assert_int_eq(qn_book_walk_next(&w, &level), 0);
    for (size_t i = 0; i < 256; i++) /* which lies behind the list in memory */
        ck_assert_int_eq(book.side[1].qty[i], 0);
    drop();
}
END_TEST

START_TEST(prices_at_the_ends_of_their_range)
{
    qn_book_level level;

    make(&wide, 1, QN_BOOK_UNNUMBERED);
    LINES({0, 0, 0, QN_BUY, INT64_MAX, 1, SNAP | MORE, QN_OK},
          {0, 0, 0, QN_SELL, INT64_MAX, 2, SNAP, QN_OK}, {0, 0, 0, QN_BUY, 1, 3, MORE, QN_OK},
          {0, 0, 0, QN_SELL, 1, 4, 0, QN_OK});
    ck_assert_int_eq(bid_at(INT64_MAX), 1);
    ck_assert_int_eq(bid_at(1), 3);
    ck_assert_int_eq(qn_book_best(&book, QN_SELL, &level), QN_OK);
    ck_assert_int_eq(level.price, 1);
    LINES({0, 0, 0, QN_SELL, 1, 0, 0, QN_OK}, {0, 0, 0, QN_BUY, INT64_MAX, 0, 0, QN_OK});
    ck_assert_int_eq(qn_book_best(&book, QN_SELL, &level), QN_OK);
    ck_assert_int_eq(level.price, INT64_MAX);
    ck_assert_int_eq(qn_book_best(&book, QN_BUY, &level), QN_OK);
    ck_assert_int_eq(level.price, 1);
    drop();
}
END_TEST

/* The first checkpoint of a COIN-M capture of 2024-08-08, by its reference replay. */
START_TEST(figures)
{
    int64_t sum;

    make(&QN_BOOK_ROOM, 1, QN_BOOK_UNNUMBERED);
    LINES({0, 0, 0, QN_BUY, 618149, 2465, SNAP | MORE, QN_OK},
          {0, 0, 0, QN_BUY, 618148, 35, SNAP | MORE, QN_OK},
          {0, 0, 0, QN_SELL, 618150, 5, SNAP, QN_OK});
    ck_assert_double_eq_tol(qn_book_mid(&book), 618149.5, 1e-12);
    ck_assert_double_eq_tol(qn_book_microprice(&book) / 10.0, 61814.99979757085, 1e-10);
    ck_assert_double_eq_tol(qn_book_imbalance(&book, 1), 0.9959514170040485, 1e-15);
    ck_assert_double_eq_tol(qn_book_imbalance(&book, 5), 2495.0 / 2505.0, 1e-15);
    ck_assert(isnan(qn_book_imbalance(&book, 0)));
    ck_assert_int_eq(qn_book_depth(&book, QN_BUY, 2, &sum), QN_OK);
    ck_assert_int_eq(sum, 2500);
    ck_assert_int_eq(qn_book_depth(&book, QN_BUY, 0, &sum), QN_OK);
    ck_assert_int_eq(sum, 0);
    LINES({0, 0, 0, QN_BUY, 618140, INT64_MAX, 0, QN_OK});
    ck_assert_int_eq(qn_book_depth(&book, QN_BUY, 3, &sum), QN_E_OVERFLOW);
    ck_assert_int_eq(sum, 0);
    LINES({0, 0, 0, QN_SELL, 618150, 0, 0, QN_OK});
    ck_assert(isnan(qn_book_mid(&book)) && isnan(qn_book_microprice(&book)));
    ck_assert(isnan(qn_book_imbalance(&book, 1)));
    ck_assert_int_eq(qn_book_is_crossed(&book), 0);
    LINES({0, 0, 0, QN_SELL, 618149, 1, 0, QN_OK});
    ck_assert_int_eq(qn_book_is_crossed(&book), 1);
    drop();
}
END_TEST

static void count_call(void *ctx, const qn_book *b)
{
    uint64_t *n = ctx;

    ck_assert_uint_eq(b->applied + b->snapshots, ++*n);
}

/* A price between two ticks makes the tick finer, for which the far list must have room; where a
 * side has not, the book is what it was until the message ends. */
START_TEST(a_tick_that_cannot_become_finer_changes_nothing)
{
    static const qn_book_room room = {256, 2, 64, 4};

    make(&room, 10, QN_BOOK_CHAINED);
    LINES({7, 7, 0, QN_BUY, 100, 3, SNAP | MORE, QN_OK},
          {7, 7, 0, QN_SELL, 110, 5, SNAP | MORE, QN_OK},
          {7, 7, 0, QN_SELL, 120, 5, SNAP | MORE, QN_OK}, {7, 7, 0, QN_SELL, 130, 5, SNAP, QN_OK},
          {8, 8, 7, QN_BUY, 95, 1, MORE, QN_OK});
    ck_assert_int_eq(bid_at(100), 3);
    ck_assert_double_eq(qn_book_mid(&book), 105.0);
    LINES({8, 8, 7, QN_BUY, 90, 1, 0, QN_E_FULL});
    ck_assert(!qn_book_is_synced(&book));
    drop();
}
END_TEST

START_TEST(each_change_is_told)
{
    uint64_t n = 0;

    make(&wide, 1, QN_BOOK_CHAINED);
    book.watch = count_call;
    book.watch_ctx = &n;
    LINES({9, 9, 8, QN_BUY, 90, 1, 0, QN_OK}, {10, 10, 9, QN_BUY, 90, 1, 0, QN_OK},
          {11, 11, 10, QN_BUY, 91, 1, 0, QN_OK}, A_SNAPSHOT(10),
          {12, 12, 11, QN_BUY, 91, 1, 0, QN_OK}, A_SNAPSHOT(9));
    ck_assert_uint_eq(n, 4); /* the snapshot, 10 and 11 on it, 12 */
    ck_assert_uint_eq(book.refused, 1);
    drop();
}
END_TEST

START_TEST(what_init_refuses)
{
    static const qn_book_room wrong[] = {{128, 1, 1, 1},       {300, 1, 1, 1}, {1u << 25, 1, 1, 1},
                                         {256, 0, 1, 1},       {256, 1, 0, 1}, {256, 1, 1, 0},
                                         {256, 1u << 25, 1, 1}};
    qn_err err = QN_ERR_INIT;
    qn_book b = {.tick = 77};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_uint_eq(qn_book_bytes(&wrong[i]), 0);
        ck_assert_int_eq(qn_book_init(&b, &b, &wrong[i], 1, QN_BOOK_AUTO, &err), QN_E_RANGE);
    }
    ck_assert_int_eq(qn_book_init(&b, &b, &wide, 0, QN_BOOK_AUTO, &err), QN_E_RANGE);
    ck_assert_int_eq(qn_book_init(&b, &b, &wide, 1, QN_BOOK_RULES, &err), QN_E_INVALID);
    ck_assert_int_eq(b.tick, 77);
}
END_TEST

CHECK_MAIN("book_rules", nothing_of_a_half_message_is_visible, rules_at_their_borders, a_gap_heals,
           kept_deltas_are_bounded, what_does_not_fit_makes_it_stale,
           stays_right_when_the_array_cannot_move, prices_at_the_ends_of_their_range, figures,
           a_tick_that_cannot_become_finer_changes_nothing, each_change_is_told, what_init_refuses)
