/* SPDX-License-Identifier: MIT
 *
 * The decision hash against records put together byte by byte, as docs/results.md lays them out,
 * and libcrypto's own SHA-256. */
#include "engine/internal.h"

#include "check_main.h"

#include <math.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

typedef struct bytes {
    unsigned char at[1 << 20];
    size_t n;
} bytes;

static bytes expected;

#define MARKET_TS INT64_C(-1234567890123456789)
#define ORDER QN_ORDER_ID(2, 17)

/* A run of two strategies on one instrument, as far as the hash looks at it. */
static engine e;
static strategy strategies[2];
static qn_instrument instrument;

static void begin(void)
{
    strategies[0].in.id = "other";
    strategies[1].in.id = "trend";
    instrument = (qn_instrument){.price_exp = -2, .qty_exp = -5, .money_exp = -8};
    snprintf(instrument.name, sizeof instrument.name, "BTCUSDT.binance");
    e.strategies = strategies;
    e.nstrategies = 2;
    e.instruments = &instrument;
    e.ninstruments = 1;
    e.market_ts = MARKET_TS;
    ck_assert_int_eq(decisions_init(&e.decisions, NULL), QN_OK);
}

/* The lowest `n` bytes of a value, the lowest one first. */
static void add(uint64_t value, int n)
{
    for (int i = 0; i < n; i++)
        expected.at[expected.n++] = (unsigned char)(value >> (8 * i));
}

static void add_text(const char *text)
{
    add(strlen(text), 1);
    memcpy(&expected.at[expected.n], text, strlen(text));
    expected.n += strlen(text);
}

static void add_number(int64_t mantissa, int32_t exp)
{
    add((uint64_t)mantissa, 8);
    add((uint64_t)(int64_t)exp, 4);
}

/* A record as it must enter the hash. */
typedef struct row {
    int kind;
    uint64_t counter;
    int side, type, tif;
    int64_t qty, price, trigger, fee, strength, confidence;
    uint32_t verdict, reason;
    int64_t market_ts;
} row;

static void add_row(const row *r)
{
    size_t before = expected.n;

    add((uint64_t)r->kind, 1);
    add_text("trend");
    add(r->counter, 8);
    add_text("BTCUSDT.binance");
    add((uint64_t)r->side, 1);
    add((uint64_t)r->type, 1);
    add((uint64_t)r->tif, 1);
    add_number(r->qty, -5);
    add_number(r->price, -2);
    add_number(r->trigger, -2);
    add_number(r->fee, -8);
    add((uint64_t)r->strength, 8);
    add((uint64_t)r->confidence, 8);
    add(r->verdict, 4);
    add(r->reason, 4);
    add((uint64_t)r->market_ts, 8);
    ck_assert_uint_eq(expected.n - before, 1 + 6 + 8 + 16 + 3 + 48 + 16 + 8 + 8);
}

static void compare(void)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char hex[SHA256_HEX];
    char got[SHA256_HEX];

    SHA256(expected.at, expected.n, digest);
    for (int i = 0; i < SHA256_DIGEST_LENGTH; i++)
        snprintf(&hex[2 * i], 3, "%02x", digest[i]);
    ck_assert_int_eq(decisions_hex(&e.decisions, got, NULL), QN_OK);
    ck_assert_str_eq(got, hex);
}

/* The record, as one of the engine's, adds these bytes. */
static void check(qn_event *record, uint16_t type, row r)
{
    record->type = type;
    record->seq = 99; /* sequence numbers and engine times enter no hash */
    record->ts_ns = 77;
    r.market_ts = r.market_ts ? r.market_ts : MARKET_TS;
    decisions_add(&e, record);
    add_row(&r);
    compare();
}

START_TEST(no_decision_is_the_hash_of_nothing)
{
    begin();
    compare();
    decisions_free(&e.decisions);
}
END_TEST

START_TEST(outputs_by_their_kind)
{
    qn_output signal = {.strategy = 2,
                        .counter = UINT64_C(0x0102030405060708),
                        .kind = QN_INTENT_SIGNAL,
                        .strength = -0.25,
                        .confidence = 0.1234567896, /* to the nearest 1e-9 */
                        .horizon = 5};
    qn_output target = {.strategy = 2,
                        .counter = 3,
                        .kind = QN_INTENT_TARGET,
                        .qty = -250000,
                        .stop_loss = 11,
                        .take_profit = 12};
    qn_output direct = {.strategy = 2,
                        .counter = 4,
                        .kind = QN_INTENT_ORDER,
                        .side = QN_SELL,
                        .type = QN_STOP,
                        .tif = QN_GTD,
                        .qty = INT64_MAX,
                        .price = -1,
                        .trigger = INT64_MIN,
                        .stop_loss = 5};
    qn_output cancel = {.strategy = 2, .counter = 5, .kind = QN_INTENT_CANCEL, .order_id = ORDER};
    qn_output modify = {.strategy = 2,
                        .counter = 6,
                        .kind = QN_INTENT_MODIFY,
                        .order_id = ORDER,
                        .qty = 7,
                        .price = 8,
                        .trigger = 9};

    begin();
    check(&signal.hdr, QN_EVENT_OUTPUT,
          (row){.kind = 1,
                .counter = UINT64_C(0x0102030405060708),
                .strength = -250000000,
                .confidence = 123456790,
                .verdict = 1});
    check(&target.hdr, QN_EVENT_OUTPUT,
          (row){.kind = 1, .counter = 3, .qty = -250000, .price = 12, .trigger = 11, .verdict = 2});
    check(&direct.hdr, QN_EVENT_OUTPUT,
          (row){.kind = 1,
                .counter = 4,
                .side = 2,
                .type = 3,
                .tif = 3,
                .qty = INT64_MAX,
                .price = -1,
                .trigger = INT64_MIN,
                .verdict = 3});
    check(&cancel.hdr, QN_EVENT_OUTPUT, (row){.kind = 1, .counter = 5, .qty = 17, .verdict = 4});
    check(
        &modify.hdr, QN_EVENT_OUTPUT,
        (row){
            .kind = 1, .counter = 6, .qty = 7, .price = 8, .trigger = 9, .fee = 17, .verdict = 5});
    decisions_free(&e.decisions);
}
END_TEST

START_TEST(what_no_number_is_counts_as_zero)
{
    static const double odd[] = {NAN, INFINITY, -INFINITY, 1e9, -1e300};

    begin();
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        qn_output signal = {
            .strategy = 2, .kind = QN_INTENT_SIGNAL, .strength = odd[i], .confidence = odd[i]};
        check(&signal.hdr, QN_EVENT_OUTPUT, (row){.kind = 1, .verdict = 1});
    }
    decisions_free(&e.decisions);
}
END_TEST

/* Without a chain an approval is nobody's word; an objection of the host's always is. */
START_TEST(verdicts_count_where_somebody_judged)
{
    qn_verdict allowed = {.strategy = 2, .order_id = ORDER, .action = QN_ALLOW, .allowed = 4};
    qn_verdict rejected = {.strategy = 2,
                           .order_id = ORDER,
                           .action = QN_REJECT,
                           .reason = QN_REASON_HALTED,
                           .side = QN_BUY,
                           .asked = 4,
                           .price_bound = 6};

    begin();
    allowed.hdr.type = QN_EVENT_VERDICT;
    decisions_add(&e, &allowed.hdr);
    compare();
    check(&rejected.hdr, QN_EVENT_VERDICT,
          (row){.kind = 2,
                .counter = 17,
                .side = 1,
                .price = 6,
                .verdict = 3,
                .reason = QN_REASON_HALTED});
    e.nrisk = 1;
    check(&allowed.hdr, QN_EVENT_VERDICT, (row){.kind = 2, .counter = 17, .qty = 4, .verdict = 1});
    decisions_free(&e.decisions);
}
END_TEST

START_TEST(orders_that_left_and_those_that_did_not)
{
    qn_submit s = {.state = QN_ORDER_SUBMITTED,
                   .order = {.id = ORDER,
                             .strategy = 2,
                             .side = QN_BUY,
                             .type = QN_LIMIT,
                             .tif = QN_IOC,
                             .qty = 5,
                             .price = 6,
                             .sent_ts = 1,
                             .incarnation = 3}};

    begin();
    check(&s.hdr, QN_EVENT_SUBMIT,
          (row){.kind = 3, .counter = 17, .side = 1, .type = 2, .tif = 2, .qty = 5, .price = 6});
    s.state = QN_ORDER_DENIED;
    s.reason = QN_REASON_UNSUPPORTED;
    check(&s.hdr, QN_EVENT_SUBMIT,
          (row){.kind = 2,
                .counter = 17,
                .side = 1,
                .type = 2,
                .tif = 2,
                .qty = 5,
                .price = 6,
                .verdict = QN_ORDER_DENIED,
                .reason = QN_REASON_UNSUPPORTED});
    decisions_free(&e.decisions);
}
END_TEST

START_TEST(fills_have_the_venues_time)
{
    qn_fill f = {.order_id = ORDER,
                 .venue_ts = 55,
                 .side = QN_SELL,
                 .qty = 4,
                 .price = 3,
                 .fee = -2,
                 .trade_id = 8};
    qn_fill unknown = {.order_id = ORDER + 1, .qty = 4, .price = 3};
    order *o;

    begin();
    e.orders = orders_new(4);
    o = orders_add(e.orders, ORDER);
    o->sent = (qn_order){.id = ORDER, .strategy = 2, .type = QN_STOP, .tif = QN_GTC};
    check(&f.hdr, QN_EVENT_FILL,
          (row){.kind = 4,
                .counter = 17,
                .side = 2,
                .type = 3,
                .tif = 1,
                .qty = 4,
                .price = 3,
                .fee = -2,
                .market_ts = 55});
    unknown.hdr.type = QN_EVENT_FILL;
    decisions_add(&e, &unknown.hdr);
    compare();
    orders_free(e.orders);
    decisions_free(&e.decisions);
}
END_TEST

START_TEST(what_decides_nothing_enters_no_hash)
{
    static const uint16_t silent[] = {QN_EVENT_TIMER,      QN_EVENT_ORDER,     QN_EVENT_PAYMENT,
                                      QN_EVENT_RESULT,     QN_EVENT_HALT,      QN_EVENT_REFUSAL,
                                      QN_EVENT_ALLOCATION, QN_EVENT_WEIGHT,    QN_EVENT_PARENT,
                                      QN_EVENT_REQUEST,    QN_EVENT_CHECKPOINT};
    static union {
        qn_event hdr;
        unsigned char room[1024];
    } record;

    begin();
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        record.hdr.type = silent[i];
        decisions_add(&e, &record.hdr);
    }
    compare();
    decisions_free(&e.decisions);
}
END_TEST

/* Many more records than are collected at a time, with the longest names there can be; and the
 * hash asked for in between changes nothing. */
START_TEST(any_number_of_records)
{
    static const char id[] = "abcdefghijklmnopqrstuvwxyz012345"; /* 32 characters */

    begin();
    memset(instrument.name, 'X', sizeof instrument.name - 1);
    for (uint64_t i = 0; i < 2000; i++) {
        qn_output o = {.hdr.type = QN_EVENT_OUTPUT,
                       .strategy = 2,
                       .kind = QN_INTENT_TARGET,
                       .counter = i,
                       .qty = (int64_t)i};
        strategies[1].in.id = &id[i % 32];
        decisions_add(&e, &o.hdr);
        add(1, 1);
        add_text(&id[i % 32]);
        add(i, 8);
        add_text(instrument.name);
        add(0, 3);
        add_number((int64_t)i, -5);
        add_number(0, -2);
        add_number(0, -2);
        add_number(0, -8);
        add(0, 8);
        add(0, 8);
        add(2, 4);
        add(0, 4);
        add((uint64_t)MARKET_TS, 8);
        if (i % 97 == 0) compare();
    }
    compare();
    decisions_free(&e.decisions);
}
END_TEST

CHECK_MAIN("engine decision", no_decision_is_the_hash_of_nothing, outputs_by_their_kind,
           what_no_number_is_counts_as_zero, verdicts_count_where_somebody_judged,
           orders_that_left_and_those_that_did_not, fills_have_the_venues_time,
           what_decides_nothing_enters_no_hash, any_number_of_records)
