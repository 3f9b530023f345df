/* SPDX-License-Identifier: MIT
 *
 * What the tear sheet gathers, over a real ledger, curve and round trips; only the engine is made
 * here. Compared with figures worked out by hand and with slow references. */
#include "report/gather.h"

#include "base/clock.h"
#include "base/memory.h"

#include "check_main.h"
#include "random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MONEY(units) ((int64_t)(units)*100000000)
#define S QN_NS_PER_S
#define DAY QN_NS_PER_DAY
#define INSTRUMENTS 3

/* ------------------------------------------------------------------ an engine for the sheet */

struct engine {
    qn_instrument in[INSTRUMENTS];
    uint32_t ninstruments;
    ledger *ledger;
};

uint32_t engine_instruments(const engine *e)
{
    return e->ninstruments;
}

const qn_instrument *engine_instrument(const engine *e, uint32_t i)
{
    return &e->in[i];
}

uint32_t engine_strategies(const engine *e)
{
    (void)e;
    return 2;
}

const char *engine_strategy_id(const engine *e, uint32_t number)
{
    static const char *const ids[] = {"host", "a", "b"};

    (void)e;
    return ids[number];
}

const ledger *engine_ledger(const engine *e)
{
    return e->ledger;
}

typedef struct bench {
    engine engine;
    report report;
    sheet *sheet;
} bench;

static void on_trip(void *ctx, const trip *t)
{
    bench *b = ctx;

    sheet_trip(b->sheet, t);
}

static void totals(const bench *b, int64_t *equity, int64_t *cash)
{
    *equity = account_equity(ledger_account(b->engine.ledger, 0));
    *cash = account_cash(ledger_account(b->engine.ledger, 0));
}

/* Two instruments that settle in USD, prices in cents and quantities in tenths, the second one the
 * benchmark, and a third one in EUR. Equity begins with 1,000 at `ts`. */
static void open_bench(bench *b, int64_t ts, uint32_t ninstruments)
{
    static const char *const names[INSTRUMENTS] = {"A.x", "B.x", "C.synthetic"};
    ledger_instrument list[INSTRUMENTS];
    account accounts[2] = {{.currency = "USD", .start = MONEY(1000)},
                           {.currency = "EUR", .start = MONEY(1000)}};
    report *r = &b->report;

    *b = (bench){.engine = {.ninstruments = ninstruments}};
    for (uint32_t i = 0; i < ninstruments; i++) {
        b->engine.in[i] = (qn_instrument){.size = sizeof *b->engine.in,
                                          .number = i,
                                          .kind = QN_LINEAR,
                                          .price_exp = -2,
                                          .qty_exp = -1,
                                          .money_exp = QN_MONEY_EXP,
                                          .tick_size = 1,
                                          .lot_size = 1,
                                          .contract_size = {1, 0, 0}};
        memcpy(b->engine.in[i].name, names[i], strlen(names[i]));
        memcpy(b->engine.in[i].settle, i < 2 ? "USD" : "EUR", 4);
        list[i] = (ledger_instrument){&b->engine.in[i], i < 2 ? 0 : 1};
    }
    ck_assert_int_eq(ledger_new(list, ninstruments, 3, accounts, 2, &b->engine.ledger, NULL),
                     QN_OK);
    r->engine = &b->engine;
    r->currency = ledger_account(b->engine.ledger, 0)->currency;
    r->benchmark = ninstruments > 1 ? 1 : NO_BENCHMARK;
    r->trips = trips_new(b->engine.ledger, ninstruments, 3, on_trip, b);
    ck_assert_ptr_nonnull(r->trips);
    curve_begin(&r->curve, DAY, ts, MONEY(1000), MONEY(1000), false, NULL, NULL);
    ck_assert_int_eq(sheet_new(r, &b->sheet, NULL), QN_OK);
}

static void close_bench(bench *b)
{
    sheet_free(b->sheet);
    trips_free(b->report.trips);
    curve_free(&b->report.curve);
    ledger_free(b->engine.ledger);
}

/* The calls of the report, in its order. Prices in cents, quantities in tenths. */
static void mark(bench *b, uint32_t in, int64_t price, int64_t ts)
{
    int64_t equity;
    int64_t cash;

    ck_assert_int_eq(ledger_mark(b->engine.ledger, in, price), QN_OK);
    totals(b, &equity, &cash);
    trips_mark(b->report.trips, in);
    curve_mark(&b->report.curve, ts, equity, cash, trips_open(b->report.trips) > 0);
    sheet_mark(b->sheet, &b->report, in, price, ts, equity, cash);
}

static void fill_as(bench *b, uint32_t strategy, uint32_t in, int64_t dq, int64_t price,
                    int64_t fee, int64_t ts)
{
    qn_fill f = {.hdr = {.size = sizeof f, .type = QN_EVENT_FILL, .instrument = in},
                 .venue_ts = ts,
                 .price = price,
                 .qty = dq < 0 ? -dq : dq,
                 .side = dq < 0 ? QN_SELL : QN_BUY,
                 .liquidity = dq < 0 ? QN_MAKER : QN_TAKER,
                 .fee = fee};
    order o = {.sent = {.strategy = strategy}};
    int64_t realized = 0;

    ck_assert_int_eq(ledger_fill(b->engine.ledger, strategy, &f, &realized), QN_OK);
    sheet_fill_add(b->sheet, &b->report, &f, &o, MONEY(f.qty * price) / 1000);
    curve_pass(&b->report.curve, ts, trips_open(b->report.trips) > 0);
    trips_fill(b->report.trips, strategy, &f, realized);
}

static void fill(bench *b, uint32_t in, int64_t dq, int64_t price, int64_t ts)
{
    fill_as(b, 1, in, dq, price, 0, ts);
}

static void pay(bench *b, uint32_t in, int64_t amount, int64_t ts)
{
    qn_payment p = {.hdr = {.size = sizeof p, .type = QN_EVENT_PAYMENT, .instrument = in},
                    .venue_ts = ts,
                    .amount = amount};
    int64_t equity;
    int64_t cash;

    ck_assert_int_eq(ledger_payment(b->engine.ledger, &p), QN_OK);
    totals(b, &equity, &cash);
    curve_mark(&b->report.curve, ts, equity, cash, true);
    sheet_payment(b->sheet, &b->report, &p);
}

static const sheet *finish(bench *b, int64_t ts)
{
    int64_t equity;
    int64_t cash;

    totals(b, &equity, &cash);
    curve_end(&b->report.curve, ts, equity, cash, trips_open(b->report.trips) > 0);
    sheet_finish(b->sheet, &b->report, ts, equity, cash);
    return b->sheet;
}

static int64_t at(const char *text)
{
    int64_t ts = 0;

    ck_assert_int_eq(time_parse(text, strlen(text), &ts), QN_OK);
    return ts;
}

#define NEAR(a, b) ck_assert_double_eq_tol(a, b, 1e-9)

static const thin_bucket *last_of(const thin *t)
{
    ck_assert_uint_gt(t->n, 0);
    return &t->at[t->n - 1];
}

/* ------------------------------------------------------------------ series */

START_TEST(a_run_of_nothing)
{
    bench b;
    const sheet *s;

    open_bench(&b, at("2020-01-31"), 1);
    s = finish(&b, at("2020-02-01"));
    ck_assert_uint_eq(s->nmonths, 1);
    ck_assert_uint_eq(s->ndrawdowns + s->nbest + s->npoints + s->nrefusals, 0);
    ck_assert_uint_eq(s->charts[0].price.n + s->charts[0].position.n + s->benchmark.n, 0);
    NEAR(s->equity.at[0].first, 1000);
    NEAR(last_of(&s->equity)->last, 1000);
    ck_assert_int_eq(last_of(&s->equity)->to, at("2020-02-01"));
    ck_assert(!s->is_synthetic);
    close_bench(&b);
}
END_TEST

START_TEST(series_of_a_position)
{
    bench b;
    const sheet *s;

    open_bench(&b, 0, 2);
    mark(&b, 1, 5000, 5 * S);        /* B at 50: the benchmark */
    fill(&b, 0, 20, 10000, 10 * S);  /* 2 A at 100 */
    mark(&b, 0, 11000, 20 * S);      /* +20: equity 1,020 */
    fill(&b, 1, -100, 5000, 25 * S); /* -10 B at 50 */
    mark(&b, 0, 11000, 30 * S);      /* gross 220 + 500, net 220 - 500 */
    mark(&b, 1, 5200, 40 * S);       /* -20: equity 1,000 */
    fill(&b, 0, -20, 11000, 50 * S); /* closed: 20 earned */
    fill(&b, 1, 100, 5200, 50 * S);  /* closed: 20 lost */
    mark(&b, 0, 9000, 60 * S);
    mark(&b, 0, 8000, 70 * S); /* flat: only the price moves */
    s = finish(&b, 80 * S);
    NEAR(s->charts[0].price.at[0].first, 110);
    NEAR(last_of(&s->charts[0].price)->last, 80);
    ck_assert_int_eq(last_of(&s->charts[0].price)->from, 70 * S);
    NEAR(s->charts[0].position.at[0].first, 0);
    ck_assert_int_eq(s->charts[0].position.at[0].from, 0);
    NEAR(s->charts[0].position.at[1].first, 0); /* straight up at the fill */
    NEAR(s->charts[0].position.at[1].last, 2);
    NEAR(s->charts[1].position.at[1].last, -10);
    NEAR(last_of(&s->charts[1].position)->last, 0);
    ck_assert_int_eq(last_of(&s->charts[1].position)->to, 80 * S);
    const struct {
        int64_t ts;
        double equity, gross, net;
    } want[] = {{0, 1000, 0, 0},
                {10, 1000, 0, 0},
                {20, 1020, 220 / 1020.0, 220 / 1020.0},
                {25, 1020, 220 / 1020.0, 220 / 1020.0},
                {30, 1020, 720 / 1020.0, -280 / 1020.0},
                {40, 1000, 740 / 1000.0, -300 / 1000.0},
                {50, 1000, 740 / 1000.0, -300 / 1000.0},
                {60, 1000, 0, 0},
                {80, 1000, 0, 0}};
    ck_assert_uint_eq(s->equity.n, sizeof want / sizeof *want);
    for (size_t i = 0; i < s->equity.n; i++) {
        ck_assert_int_eq(s->equity.at[i].from, want[i].ts * S);
        NEAR(s->equity.at[i].last, want[i].equity);
        NEAR(s->exposure.at[i].last, want[i].gross);
        NEAR(s->net.at[i].last, want[i].net);
        NEAR(s->drawdown.at[i].last, want[i].ts >= 40 ? 20 / 1020.0 : 0);
    }
    ck_assert_uint_eq(s->benchmark.n, 2); /* on the scale of the first equity */
    NEAR(s->benchmark.at[0].first, 1000);
    NEAR(s->benchmark.at[1].last, 1040);
    NEAR(s->benchmark.at[1].high, 1040);
    close_bench(&b);
}
END_TEST

/* Several marks within one bucket: all extremes are there. */
START_TEST(extremes_of_a_bucket)
{
    bench b;
    const sheet *s;

    open_bench(&b, 0, 1);
    fill(&b, 0, 100, 10000, 10 * S); /* 10 at 100 */
    mark(&b, 0, 11000, 11 * S);      /* 1,100 */
    mark(&b, 0, 8000, 11 * S + 1);   /* 800 */
    mark(&b, 0, 12000, 11 * S + 2);  /* 1,200 */
    mark(&b, 0, 10000, 11 * S + 3);  /* 1,000 */
    s = finish(&b, 11 * S + 4);
    NEAR(last_of(&s->equity)->low, 800);
    NEAR(last_of(&s->equity)->high, 1200);
    NEAR(last_of(&s->equity)->first, 1100);
    NEAR(last_of(&s->equity)->last, 1000);
    ck_assert_int_eq(last_of(&s->equity)->to, 11 * S + 4);
    NEAR(last_of(&s->drawdown)->high, 300 / 1100.0);
    NEAR(last_of(&s->drawdown)->low, 0);
    NEAR(last_of(&s->drawdown)->last, 200 / 1200.0);
    NEAR(last_of(&s->exposure)->low, 1);
    NEAR(last_of(&s->exposure)->high, 1);
    close_bench(&b);
}
END_TEST

/* Equity at or below nothing: exposure on it is none, and the series stays finite. */
START_TEST(a_loss_of_everything)
{
    bench b;
    const sheet *s;

    open_bench(&b, 0, 1);
    fill(&b, 0, 100, 20000, 10 * S);
    mark(&b, 0, 20000, 11 * S);
    mark(&b, 0, 10000, 12 * S); /* 0 left */
    mark(&b, 0, 9000, 13 * S);  /* less than nothing */
    s = finish(&b, 14 * S);
    NEAR(last_of(&s->equity)->last, -100);
    NEAR(s->drawdowns[0].depth, 1.1);
    for (size_t i = 0; i < s->exposure.n; i++)
        ck_assert(isfinite(s->exposure.at[i].high));
    NEAR(last_of(&s->exposure)->high, 2);
    close_bench(&b);
}
END_TEST

/* ------------------------------------------------------------------ months */

START_TEST(months_across_years)
{
    bench b;
    const sheet *s;
    const sheet_month *m;

    open_bench(&b, at("2019-12-30"), 2);
    fill_as(&b, 1, 0, 100, 1000, MONEY(1), at("2019-12-30T12:00")); /* 10 at 10 */
    mark(&b, 0, 1100, at("2019-12-31"));                            /* 1,009 */
    mark(&b, 1, 4000, at("2019-12-31T23:00"));
    mark(&b, 0, 1200, at("2020-01-01"));                      /* midnight: of December, 1,019 */
    fill_as(&b, 1, 0, 100, 1200, MONEY(2), at("2020-01-01")); /* the open of January's first bar */
    mark(&b, 0, 1200, at("2020-01-01T00:01"));                /* 1,017 */
    pay(&b, 0, MONEY(3), at("2020-02-01"));                   /* of January */
    mark(&b, 1, 5000, at("2020-03-31"));
    fill_as(&b, 1, 0, -200, 1200, MONEY(4), at("2020-03-31T10:00"));
    mark(&b, 0, 1200, at("2020-03-31T10:01")); /* 1,016 */
    s = finish(&b, at("2020-06-15"));
    m = s->months;
    ck_assert_uint_eq(s->nmonths, 7);
    for (int i = 0; i < 7; i++) {
        ck_assert_int_eq(m[i].year, i ? 2020 : 2019);
        ck_assert_int_eq(m[i].month, i ? i : 12);
        if (i) NEAR(m[i].first, m[i - 1].last);
        if (i) NEAR(m[i].benchmark_first, m[i - 1].benchmark_last);
    }
    NEAR(m[0].first, 1000);
    NEAR(m[0].last, 1019);
    NEAR(m[0].fees, 1);
    NEAR(m[0].traded, 100);
    NEAR(m[0].benchmark_first, 40);
    NEAR(m[0].benchmark_last, 40);
    NEAR(m[1].last, 1020);
    NEAR(m[1].fees, 2);
    NEAR(m[1].funding, 3);
    NEAR(m[1].traded, 120);
    NEAR(m[2].last, 1020);
    NEAR(m[2].fees + m[2].funding + m[2].traded, 0);
    NEAR(m[3].last, 1016);
    NEAR(m[3].fees, 4);
    NEAR(m[3].benchmark_last, 50);
    NEAR(m[6].last, 1016);
    close_bench(&b);
}
END_TEST

START_TEST(all_months_that_there_are)
{
    bench b;
    const sheet *s;
    uint64_t before;

    open_bench(&b, at("1700-01-01"), 1);
    s = b.sheet;
    before = mem_count();
    sheet_mark(b.sheet, &b.report, 0, 100, at("2250-01-02"), MONEY(900), MONEY(900));
    sheet_finish(b.sheet, &b.report, INT64_MAX, MONEY(900), MONEY(900));
    ck_assert_uint_eq(mem_count(), before);
    ck_assert_uint_eq(s->nmonths, 562 * 12 + 4); /* the last time is in April of 2262 */
    ck_assert_uint_le(s->nmonths, SHEET_MONTHS);
    close_bench(&b);
}
END_TEST

/* ------------------------------------------------------------------ drawdowns */

enum { WALK = 3000 };

/* All ways from a peak down and up again, by looking back from each point. */
static size_t slow_drawdowns(const int64_t *equity, size_t n, sheet_drawdown *to)
{
    size_t found = 0;

    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        size_t low = i;
        while (end < n && equity[end] < equity[i]) {
            if (equity[end] < equity[low]) low = end;
            end++;
        }
        if (low > i)
            to[found++] =
                (sheet_drawdown){(int64_t)i * S, (int64_t)low * S, end < n ? (int64_t)end * S : 0,
                                 (double)(equity[i] - equity[low]) / (double)equity[i]};
        i = end;
    }
    for (size_t i = 1; i < found; i++) /* deepest first, the earlier of equal ones first */
        for (size_t k = i; k > 0 && to[k - 1].depth < to[k].depth; k--) {
            sheet_drawdown one = to[k];
            to[k] = to[k - 1];
            to[k - 1] = one;
        }
    return found;
}

START_TEST(drawdowns_against_a_slow_reference)
{
    static int64_t equity[WALK];
    static sheet_drawdown want[WALK];
    uint64_t seed = 11;

    for (int round = 0; round < 20; round++) {
        bench b;
        const sheet *s;
        size_t n;
        int64_t price = 100000;

        open_bench(&b, 0, 1);
        fill(&b, 0, 10, price, 0); /* 1 at 1,000: equity is the price */
        for (int i = 0; i < WALK; i++) {
            equity[i] = price * 1000000;
            mark(&b, 0, price, i * S);
            price += (int64_t)random_below(&seed, 201) - 99 + round % 3;
            if (price < 1000) price = 1000;
        }
        s = finish(&b, WALK * S);
        n = slow_drawdowns(equity, WALK, want);
        ck_assert_uint_eq(s->ndrawdowns, n < SHEET_DRAWDOWNS ? n : SHEET_DRAWDOWNS);
        for (size_t i = 0; i < s->ndrawdowns; i++) {
            ck_assert_double_eq(s->drawdowns[i].depth, want[i].depth);
            ck_assert_int_eq(s->drawdowns[i].peak_ts, want[i].peak_ts);
            ck_assert_int_eq(s->drawdowns[i].trough_ts, want[i].trough_ts);
            ck_assert_int_eq(s->drawdowns[i].end_ts, want[i].end_ts);
        }
        ck_assert_double_eq(s->drawdowns[0].depth, b.report.curve.max_drawdown);
        close_bench(&b);
    }
}
END_TEST

/* ------------------------------------------------------------------ fills */

START_TEST(ten_fills_have_a_place_each)
{
    bench b;
    const sheet_chart *c;

    open_bench(&b, 0, 1);
    for (int i = 0; i < 10; i++)
        fill(&b, 0, i % 2 ? -5 : 5, 10000 + i, 7 * S); /* at one time, too */
    c = &finish(&b, 8 * S)->charts[0];
    ck_assert_int_eq(c->fill_length, 0);
    ck_assert_uint_eq(c->nfills, 10);
    for (uint32_t i = 0; i < 10; i++) {
        const sheet_fill *f = &c->fills[i];
        ck_assert_uint_eq(f->buys, i % 2 == 0);
        ck_assert_uint_eq(f->sells, i % 2);
        NEAR(i % 2 ? f->sell_price : f->buy_price, 100 + i * 0.01);
        NEAR(i % 2 ? f->sell_qty : f->buy_qty, 0.5);
        NEAR(i % 2 ? f->buy_price : f->sell_price, 0);
    }
    close_bench(&b);
}
END_TEST

START_TEST(fifty_thousand_fills_share_places)
{
    enum { N = 50000 };
    bench b;
    const sheet_chart *c;
    uint64_t buys = 0;
    uint64_t sells = 0;
    double bought = 0;
    double sold = 0;
    double bought_qty = 0;
    uint64_t seed = 3;
    int64_t ts = at("1969-12-01");
    double want[2] = {0, 0};

    open_bench(&b, ts, 1);
    for (int i = 0; i < N; i++) {
        int64_t qty = 1 + (int64_t)random_below(&seed, 9);
        int64_t price = 9000 + (int64_t)random_below(&seed, 2000);
        ts += (int64_t)random_below(&seed, (uint64_t)(120 * S));
        fill(&b, 0, i % 2 ? -qty : qty, price, ts);
        want[i % 2] += (double)(qty * price) / 1000;
    }
    c = &finish(&b, ts)->charts[0];
    ck_assert_uint_le(c->nfills, SHEET_FILLS);
    ck_assert_uint_gt(c->nfills, SHEET_FILLS / 2 - 2);
    ck_assert_int_gt(c->fill_length, 0);
    for (size_t i = 0; i < c->nfills; i++) {
        const sheet_fill *f = &c->fills[i];
        int64_t cell = f->from / c->fill_length - (f->from % c->fill_length < 0);
        ck_assert_int_lt(f->to, (cell + 1) * c->fill_length);
        if (i > 0) ck_assert_int_ge(cell * c->fill_length, f[-1].to - c->fill_length + 1);
        if (i > 0) ck_assert_int_gt(f->from, f[-1].to);
        buys += f->buys;
        sells += f->sells;
        bought += f->buy_price * f->buy_qty;
        sold += f->sell_price * f->sell_qty;
        bought_qty += f->buy_qty;
    }
    ck_assert_uint_eq(buys, N / 2);
    ck_assert_uint_eq(sells, N / 2);
    ck_assert_double_eq_tol(bought, want[0], want[0] * 1e-9);
    ck_assert_double_eq_tol(sold, want[1], want[1] * 1e-9);
    ck_assert_double_gt(bought_qty, 0);
    close_bench(&b);
}
END_TEST

/* ------------------------------------------------------------------ round trips */

START_TEST(best_worst_sides)
{
    bench b;
    const sheet *s;

    open_bench(&b, 0, 1);
    for (int i = 1; i <= 30; i++) { /* long trips earn 1 to 30, short ones lose as much */
        fill(&b, 0, 10, 10000, i * 100 * S);
        fill(&b, 0, -10, 10000 + i * 100, (i * 100 + 10) * S);
        fill(&b, 0, -10, 10000, (i * 100 + 20) * S);
        fill(&b, 0, 10, 10000 + i * 100, (i * 100 + 30) * S);
    }
    s = finish(&b, 4000 * S);
    ck_assert_uint_eq(s->ntrades, 60);
    ck_assert_uint_eq(s->nbest, SHEET_TRADES);
    ck_assert_uint_eq(s->nworst, SHEET_TRADES);
    for (int i = 0; i < SHEET_TRADES; i++) {
        NEAR(s->best[i].pnl, 30 - i);
        NEAR(s->worst[i].pnl, i - 30);
        ck_assert_uint_eq(s->best[i].side, QN_BUY);
        ck_assert_uint_eq(s->worst[i].side, QN_SELL);
        ck_assert_int_eq(s->best[i].entry_ts, (30 - i) * 100 * S);
        ck_assert_int_eq(s->best[i].exit_ts, ((30 - i) * 100 + 10) * S);
        NEAR(s->best[i].entry_price, 100);
        NEAR(s->best[i].exit_price, 130 - i);
        NEAR(s->best[i].qty, 1);
        NEAR(s->best[i].mfe, 30 - i);
        NEAR(s->worst[i].mae, 30 - i);
    }
    ck_assert_uint_eq(s->sides[0].trades, 30);
    ck_assert_uint_eq(s->sides[0].wins, 30);
    ck_assert_uint_eq(s->sides[1].wins, 0);
    NEAR(s->sides[0].pnl, 465);
    NEAR(s->sides[1].pnl, -465);
    close_bench(&b);
}
END_TEST

START_TEST(points_are_every_so_many_trips)
{
    bench b;
    const sheet *s;

    open_bench(&b, 0, 1);
    for (int i = 0; i < 5000; i++) {
        fill(&b, 0, 1, 10000, i * 100 * S);
        fill(&b, 0, -1, 10000, i * 100 * S + S);
        if (i + 1 == SHEET_POINTS) ck_assert_uint_eq(b.sheet->points_step, 1);
        if (i + 1 == SHEET_POINTS) ck_assert_uint_eq(b.sheet->npoints, SHEET_POINTS);
    }
    s = finish(&b, 500000 * S);
    ck_assert_uint_eq(s->ntrades, 5000);
    ck_assert_uint_eq(s->points_step, 16);
    ck_assert_uint_eq(s->npoints, (5000 + 15) / 16);
    for (size_t i = 0; i < s->npoints; i++)
        ck_assert_int_eq(s->points[i].entry_ts, (int64_t)i * 1600 * S);
    for (int i = 0; i < SHEET_TRADES; i++) { /* all alike: the first ones */
        ck_assert_int_eq(s->best[i].entry_ts, i * 100 * S);
        ck_assert_int_eq(s->worst[i].entry_ts, i * 100 * S);
    }
    close_bench(&b);
}
END_TEST

/* ------------------------------------------------------------------ lists and parts */

START_TEST(refusals_by_frequency)
{
    bench b;
    const sheet *s;
    order o = {.state = QN_ORDER_FILLED};

    open_bench(&b, 0, 1);
    sheet_order(b.sheet, &o);
    for (uint32_t reason = 0; reason < QN_REASONS; reason++)
        for (uint32_t k = 0; k <= reason; k++) {
            sheet_order(b.sheet, &(order){.state = QN_ORDER_DENIED, .reason = reason});
            sheet_order(b.sheet, &(order){.state = QN_ORDER_REJECTED, .reason = reason});
            sheet_order(b.sheet, &(order){.state = QN_ORDER_CANCELED, .reason = reason});
        }
    s = finish(&b, 1);
    ck_assert_uint_eq(s->nrefusals, 2 * QN_REASONS);
    for (uint32_t i = 0; i < 2 * QN_REASONS; i++) {
        ck_assert_uint_eq(s->refusals[i].count, QN_REASONS - i / 2);
        ck_assert_uint_eq(s->refusals[i].reason, QN_REASONS - 1 - i / 2);
        ck_assert_uint_eq(s->refusals[i].state, i % 2 ? QN_ORDER_REJECTED : QN_ORDER_DENIED);
    }
    close_bench(&b);
}
END_TEST

/* Money in another currency is in none of the sums, and a strategy that has both has none. */
START_TEST(two_currencies)
{
    bench b;
    const sheet *s;

    open_bench(&b, 0, 3);
    fill_as(&b, 1, 0, 100, 1000, MONEY(1), 10 * S); /* a: 10 A at 10 */
    fill_as(&b, 1, 2, 500, 1000, MONEY(5), 20 * S); /* a: 50 C at 10, EUR */
    fill_as(&b, 2, 2, 100, 1000, MONEY(2), 20 * S); /* b: 10 C at 10 */
    mark(&b, 0, 1100, 30 * S);
    mark(&b, 2, 1200, 31 * S);
    pay(&b, 0, MONEY(3), 32 * S);
    fill_as(&b, 2, 2, -100, 1300, MONEY(2), 40 * S); /* 30 earned less 4, EUR */
    s = finish(&b, 50 * S);
    ck_assert(s->is_synthetic);
    NEAR(last_of(&s->exposure)->last, 110 / 1012.0);
    NEAR(s->months[0].fees, 1);
    NEAR(s->months[0].traded, 100);
    ck_assert_uint_eq(s->costs[0].fills, 0); /* the sale, as maker, was of the other currency */
    ck_assert_uint_eq(s->costs[1].fills, 1);
    NEAR(s->costs[1].volume, 100);
    NEAR(s->costs[1].fees, 1);
    NEAR(s->months[0].last, 1012);
    ck_assert_uint_eq(s->ntrades + s->nbest + s->sides[0].trades, 0);
    ck_assert_uint_eq(s->charts[2].nfills, 3);
    NEAR(last_of(&s->charts[2].position)->last, 50);

    ck_assert_str_eq(s->strategies[0].name, "host");
    ck_assert_str_eq(s->strategies[0].currency, "USD");
    ck_assert_uint_eq(s->strategies[0].fills, 0);
    ck_assert_ptr_null(s->strategies[1].currency);
    ck_assert(isnan(s->strategies[1].realized) && isnan(s->strategies[1].volume) &&
              isnan(s->strategies[1].fees));
    ck_assert_uint_eq(s->strategies[1].fills, 2);
    ck_assert_str_eq(s->strategies[2].currency, "EUR");
    NEAR(s->strategies[2].realized, 30);
    NEAR(s->strategies[2].fees, 4);
    NEAR(s->strategies[2].volume, 230);
    ck_assert_uint_eq(s->strategies[2].maker, 1);
    ck_assert_uint_eq(s->strategies[2].trades, 1);
    ck_assert_uint_eq(s->strategies[2].wins, 1);
    NEAR(s->instruments[0].unrealized, 10);
    NEAR(s->instruments[0].funding, 3);
    NEAR(s->instruments[0].volume, 100);
    ck_assert_str_eq(s->instruments[2].currency, "EUR");
    NEAR(s->instruments[2].fees, 9);
    NEAR(s->instruments[2].volume, 730);
    ck_assert_uint_eq(s->instruments[2].trades, 1);
    close_bench(&b);
}
END_TEST

/* ------------------------------------------------------------------ memory */

START_TEST(nothing_is_allocated_while_the_run_goes_on)
{
    bench b;
    uint64_t before;

    open_bench(&b, 0, 3);
    before = mem_count();
    for (int i = 0; i < 200000; i++) {
        fill(&b, 0, i % 2 ? -1 : 1, 10000, i * 600 * S);
        ck_assert_int_eq(ledger_mark(b.engine.ledger, 0, 10000 + i % 7), QN_OK);
        sheet_mark(b.sheet, &b.report, 0, 10000 + i % 7, i * 600 * S, MONEY(1000 + i % 11), 0);
    }
    ck_assert_uint_eq(mem_count(), before);
    close_bench(&b);
    ck_assert_uint_lt(sizeof(sheet), 640 * 1024);
    ck_assert_uint_lt(sizeof(sheet_chart) + SHEET_FILLS * sizeof(sheet_fill), 160 * 1024);
}
END_TEST

CHECK_MAIN("report sheet", a_run_of_nothing, series_of_a_position, extremes_of_a_bucket,
           a_loss_of_everything, months_across_years, all_months_that_there_are,
           drawdowns_against_a_slow_reference, ten_fills_have_a_place_each,
           fifty_thousand_fills_share_places, best_worst_sides, points_are_every_so_many_trips,
           refusals_by_frequency, two_currencies, nothing_is_allocated_while_the_run_goes_on)
