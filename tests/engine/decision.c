/* SPDX-License-Identifier: MIT
 *
 * The decision hash against records put together byte by byte, as docs/results.md lays them out,
 * and libcrypto's own SHA-256. */
#include "engine/internal.h"

#include "check_main.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

typedef struct bytes {
    unsigned char at[1 << 20];
    size_t n;
} bytes;

static bytes expected;

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

static void compare(const decisions *d)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char hex[SHA256_HEX];
    char got[SHA256_HEX];

    SHA256(expected.at, expected.n, digest);
    for (int i = 0; i < SHA256_DIGEST_LENGTH; i++)
        snprintf(&hex[2 * i], 3, "%02x", digest[i]);
    ck_assert_int_eq(decisions_hex(d, got, NULL), QN_OK);
    ck_assert_str_eq(got, hex);
}

START_TEST(no_decision_is_the_hash_of_nothing)
{
    decisions d;

    expected.n = 0;
    ck_assert_int_eq(decisions_init(&d, NULL), QN_OK);
    compare(&d);
    decisions_free(&d);
}
END_TEST

START_TEST(a_record_byte_by_byte)
{
    qn_instrument in = {.price_exp = -2, .qty_exp = -5, .money_exp = -8};
    decision r = {.kind = DECISION_FILL,
                  .strategy = "trend",
                  .counter = UINT64_C(0x0102030405060708),
                  .instrument = &in,
                  .side = QN_SELL,
                  .type = QN_STOP,
                  .tif = QN_GTD,
                  .qty = 250000,
                  .price = -1,
                  .trigger = INT64_MIN,
                  .fee = INT64_MAX,
                  .strength = -0.25,
                  .confidence = 0.1234567896, /* to the nearest 1e-9 */
                  .verdict = 7,
                  .reason = 0xfffffffe,
                  .market_ts = INT64_C(-1234567890123456789)};
    decisions d;

    snprintf(in.name, sizeof in.name, "BTCUSDT.binance");
    expected.n = 0;
    add(4, 1);
    add_text("trend");
    add(UINT64_C(0x0102030405060708), 8);
    add_text("BTCUSDT.binance");
    add(2, 1);
    add(3, 1);
    add(3, 1);
    add_number(250000, -5);
    add_number(-1, -2);
    add_number(INT64_MIN, -2);
    add_number(INT64_MAX, -8);
    add((uint64_t)INT64_C(-250000000), 8);
    add(123456790, 8);
    add(7, 4);
    add(0xfffffffe, 4);
    add((uint64_t)INT64_C(-1234567890123456789), 8);
    ck_assert_uint_eq(expected.n, 1 + 6 + 8 + 16 + 3 + 48 + 16 + 8 + 8);
    ck_assert_int_eq(decisions_init(&d, NULL), QN_OK);
    decisions_add(&d, &r);
    compare(&d);
    decisions_free(&d);
}
END_TEST

/* The longest names there can be, many more records than are collected at a time; and the hash
 * asked for in between changes nothing. */
START_TEST(any_number_of_records)
{
    static const char id[] = "abcdefghijklmnopqrstuvwxyz012345"; /* 32 characters */
    qn_instrument in = {.price_exp = -9, .qty_exp = 3, .money_exp = -8};
    decisions d;

    memset(in.name, 'X', sizeof in.name - 1);
    expected.n = 0;
    ck_assert_int_eq(decisions_init(&d, NULL), QN_OK);
    for (uint64_t i = 0; i < 2000; i++) {
        decision r = {.kind = DECISION_ORDER,
                      .strategy = &id[i % 32],
                      .counter = i,
                      .instrument = &in,
                      .qty = (int64_t)i};
        decisions_add(&d, &r);
        add(3, 1);
        add_text(&id[i % 32]);
        add(i, 8);
        add_text(in.name);
        add(0, 3);
        add_number((int64_t)i, 3);
        add_number(0, -9);
        add_number(0, -9);
        add_number(0, -8);
        for (int k = 0; k < 4; k++)
            add(0, 8);
        if (i % 97 == 0) compare(&d);
    }
    compare(&d);
    decisions_free(&d);
}
END_TEST

CHECK_MAIN("engine decision", no_decision_is_the_hash_of_nothing, a_record_byte_by_byte,
           any_number_of_records)
