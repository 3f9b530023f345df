/* SPDX-License-Identifier: MIT
 *
 * Round trips, worked out by hand, over a real ledger. */
#include "report/trips.h"

#include "check_main.h"

#include <stdio.h>

#define MONEY(units) ((int64_t)(units)*100000000)
#define ROOM 8

typedef struct bench {
    qn_instrument in[2];
    ledger *ledger;
    trips *trips;
    trip done[ROOM];
    size_t n;
} bench;

static void keep(void *ctx, const trip *t)
{
    bench *b = ctx;

    ck_assert_uint_lt(b->n, ROOM);
    b->done[b->n++] = *t;
}

/* Two linear instruments, prices in whole units, and strategies 1 and 2. */
static void open_bench(bench *b)
{
    ledger_instrument list[2];
    account acc = {.currency = "USD", .start = MONEY(1000)};

    *b = (bench){0};
    for (uint32_t i = 0; i < 2; i++) {
        b->in[i] = (qn_instrument){.size = sizeof b->in[i],
                                   .number = i,
                                   .kind = QN_LINEAR,
                                   .money_exp = QN_MONEY_EXP,
                                   .tick_size = 1,
                                   .lot_size = 1,
                                   .contract_size = {1, 0, 0}};
        list[i] = (ledger_instrument){&b->in[i], 0};
    }
    ck_assert_int_eq(ledger_new(list, 2, 3, &acc, 1, &b->ledger, NULL), QN_OK);
    b->trips = trips_new(b->ledger, 2, 3, keep, b);
    ck_assert_ptr_nonnull(b->trips);
}

static void close_bench(bench *b)
{
    trips_free(b->trips);
    ledger_free(b->ledger);
}

static void fill(bench *b, uint32_t strategy, uint32_t in, int64_t dq, int64_t price, int64_t fee,
                 int64_t ts)
{
    qn_fill f = {.hdr = {.size = sizeof f, .type = QN_EVENT_FILL, .instrument = in},
                 .venue_ts = ts,
                 .price = price,
                 .qty = dq < 0 ? -dq : dq,
                 .side = dq < 0 ? QN_SELL : QN_BUY,
                 .fee = fee};
    int64_t realized = 0;

    ck_assert_int_eq(ledger_fill(b->ledger, strategy, &f, &realized), QN_OK);
    trips_fill(b->trips, strategy, &f, realized);
}

static void mark(bench *b, uint32_t in, int64_t price)
{
    ck_assert_int_eq(ledger_mark(b->ledger, in, price), QN_OK);
    trips_mark(b->trips, in);
}

START_TEST(a_long_way_in_and_out)
{
    bench b;
    const trip *t = &b.done[0];

    open_bench(&b);
    fill(&b, 1, 0, 2, 100, MONEY(1), 10);
    mark(&b, 0, 95);                       /* -10 */
    fill(&b, 1, 0, 2, 90, MONEY(1), 20);   /* mean 95 */
    mark(&b, 0, 85);                       /* -40 */
    fill(&b, 1, 0, -1, 105, MONEY(1), 30); /* +10 */
    mark(&b, 0, 115);                      /* +10 + 60 */
    ck_assert_uint_eq(trips_open(b.trips), 1);
    fill(&b, 1, 0, -3, 110, MONEY(1), 40); /* +45 */
    ck_assert_uint_eq(b.n, 1);
    ck_assert_uint_eq(trips_open(b.trips), 0);
    ck_assert_uint_eq(t->strategy, 1);
    ck_assert_uint_eq(t->side, QN_BUY);
    ck_assert_int_eq(t->entered, 4);
    ck_assert_int_eq(t->left, 4);
    ck_assert(t->entry_value == 380 && t->exit_value == 435);
    ck_assert(t->entry_ts == 10 && t->exit_ts == 40);
    ck_assert_int_eq(t->realized, MONEY(55));
    ck_assert_int_eq(t->fees, MONEY(4));
    ck_assert_int_eq(trip_pnl(t), MONEY(51));
    ck_assert_uint_eq(t->bars, 3);
    ck_assert_int_eq(t->mae, MONEY(40));
    ck_assert_int_eq(t->mfe, MONEY(70));
    close_bench(&b);
}
END_TEST

/* Sells 5 while it holds 2: 2/5 of the fee ends the long, the rest begins the short. */
START_TEST(a_reversal_ends_one_trip_and_begins_the_next)
{
    bench b;

    open_bench(&b);
    fill(&b, 1, 0, 2, 100, MONEY(2), 10);
    fill(&b, 1, 0, -5, 90, MONEY(5), 20);
    ck_assert_uint_eq(b.n, 1);
    ck_assert_int_eq(b.done[0].realized, MONEY(-20));
    ck_assert_int_eq(b.done[0].fees, MONEY(4));
    ck_assert_int_eq(b.done[0].mae, MONEY(20));
    ck_assert_int_eq(b.done[0].mfe, 0);
    ck_assert_uint_eq(trips_open(b.trips), 1);
    fill(&b, 1, 0, 3, 80, MONEY(1), 30);
    ck_assert_uint_eq(b.n, 2);
    ck_assert_uint_eq(b.done[1].side, QN_SELL);
    ck_assert_int_eq(b.done[1].entered, 3);
    ck_assert(b.done[1].entry_value == 270 && b.done[1].exit_value == 240);
    ck_assert(b.done[1].entry_ts == 20 && b.done[1].exit_ts == 30);
    ck_assert_int_eq(b.done[1].realized, MONEY(30));
    ck_assert_int_eq(b.done[1].fees, MONEY(4));
    ck_assert_uint_eq(b.done[1].bars, 0);
    close_bench(&b);
}
END_TEST

/* A fee of 1 unit of money that does not divide: none of it is lost. */
START_TEST(no_part_of_a_fee_is_lost)
{
    bench b;

    open_bench(&b);
    fill(&b, 1, 0, 1, 100, 0, 10);
    fill(&b, 1, 0, -3, 100, 1, 20);
    fill(&b, 1, 0, 2, 100, 0, 30);
    ck_assert_uint_eq(b.n, 2);
    ck_assert_int_eq(b.done[0].fees + b.done[1].fees, 1);
    close_bench(&b);
}
END_TEST

START_TEST(strategies_and_instruments_have_trips_of_their_own)
{
    bench b;
    trip_totals all = {0};

    open_bench(&b);
    fill(&b, 1, 0, 1, 100, 0, 10);
    fill(&b, 2, 0, -1, 100, 0, 10); /* the account is flat, both strategies are not */
    fill(&b, 1, 1, 1, 50, 0, 10);
    ck_assert_uint_eq(trips_open(b.trips), 3);
    mark(&b, 0, 110);
    fill(&b, 1, 0, -1, 110, MONEY(1), 20);
    fill(&b, 2, 0, 1, 110, MONEY(1), 20);
    fill(&b, 1, 1, -1, 50, 0, 20); /* no profit is no win */
    ck_assert_uint_eq(trips_open(b.trips), 0);
    ck_assert_uint_eq(trips_of_strategy(b.trips, 1)->trips, 2);
    ck_assert_uint_eq(trips_of_strategy(b.trips, 2)->trips, 1);
    for (size_t i = 0; i < b.n; i++)
        trip_totals_add(&all, &b.done[i]);
    ck_assert_uint_eq(all.trips, 3);
    ck_assert_uint_eq(all.wins, 1);
    ck_assert(all.gained == MONEY(9) && all.lost == MONEY(11));
    ck_assert_uint_eq(b.done[2].bars, 0); /* the mark was of another instrument */
    close_bench(&b);
}
END_TEST

CHECK_MAIN("report trips", a_long_way_in_and_out, a_reversal_ends_one_trip_and_begins_the_next,
           no_part_of_a_fee_is_lost, strategies_and_instruments_have_trips_of_their_own)
