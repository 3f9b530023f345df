/* SPDX-License-Identifier: MIT
 *
 * The state of venue/sim as bytes: what is cut or changed is refused or is a state of its own,
 * never a crash; other instruments are refused; a full venue is saved whole. That a run goes on
 * from it as if nothing had been is property.c's. */
#include "harness.h"

#include "check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char params[] = "maker_bps=1 taker_bps=5 max_orders=40 max_positions=8";

static qn_instrument instruments[2];
static qn_account account;

/* An entry that works, with two exits held; one that was filled, with two exits that work; a
 * dated one; on a linear and on a spot instrument. */
static void open_and_trade(harness *h)
{
    static const int64_t bar[4] = {10000, 10100, 9900, 10000};
    qn_order o = {.size = sizeof o, .side = QN_BUY, .type = QN_MARKET, .tif = QN_GTC, .qty = 2000};

    instruments[0] = harness_instrument(0, "BTC");
    instruments[1] = harness_instrument(1, "ETH");
    instruments[1].kind = QN_SPOT;
    account = harness_account("USDT", INT64_C(100000000000));
    harness_open(h, params, instruments, 2, &account, 1, NULL);
    for (uint32_t i = 0; i < 2; i++) {
        for (uint32_t k = 0; k < 3; k++) {
            o.instrument = i;
            o.strategy = k % 2;
            o.id = QN_ORDER_ID(1 + k, 10 * i + 1);
            o.stop_loss = k == 2 ? 0 : 9000;
            o.stop_loss_id = k == 2 ? 0 : o.id + 1;
            o.take_profit = k == 1 ? 0 : 12000;
            o.take_profit_id = k == 1 ? 0 : o.id + 2;
            if (k == 0 && i == 0) o.type = QN_MARKET, o.price = 0;
            ck_assert_int_eq(harness_submit(h, &o), QN_OK);
        }
        harness_bar(h, i, 0, QN_NS_PER_S, bar);
        o.type = QN_LIMIT;
        o.price = 9500;
        o.stop_loss = 9000;
        o.stop_loss_id = QN_ORDER_ID(7, 10 * i + 2);
        o.take_profit = 12000;
        o.take_profit_id = QN_ORDER_ID(7, 10 * i + 3);
        o.id = QN_ORDER_ID(7, 10 * i + 1);
        ck_assert_int_eq(harness_submit(h, &o), QN_OK);
        o.type = QN_MARKET;
        o.price = 0;
        harness_mark(h, i, QN_NS_PER_S, 10010 + i);
    }
    ck_assert_uint_gt(h->nevents, 20);
}

static bool is_same(const bytes_out *a, const void *data, size_t n)
{
    return a->used == n && memcmp(a->data, data, n) == 0;
}

/* A block of its size, so that a read beyond it is seen. */
static int32_t replace_with(harness *h, const unsigned char *data, size_t n, qn_err *err)
{
    unsigned char *copy = malloc(n + 1);
    int32_t rc;

    memcpy(copy + 1, data, n);
    rc = harness_replace(h, copy + 1, n, 7, false, err);
    free(copy);
    return rc;
}

START_TEST(a_state_that_is_cut_is_refused)
{
    static harness h;
    bytes_out state;
    qn_err err = QN_ERR_INIT;

    open_and_trade(&h);
    state = harness_save(&h, 3);
    for (size_t n = 0; n < state.used; n++)
        ck_assert_int_eq(replace_with(&h, state.data, n, &err), QN_E_DAMAGED);
    ck_assert_int_eq(replace_with(&h, state.data, state.used, &err), QN_OK);
    bytes_free(&state);
    harness_close(&h);
}
END_TEST

/* The host has a checksum around a state; what passes it may still be anything. */
START_TEST(a_state_that_is_changed_is_refused_or_is_another)
{
    static const int64_t bar[4] = {9500, 12500, 8500, 9000};
    static harness h;
    bytes_out state, again;
    unsigned nrefused = 0;

    open_and_trade(&h);
    state = harness_save(&h, UINT64_MAX);
    for (size_t i = 0; i < state.used * 8; i++) {
        qn_err err = QN_ERR_INIT;
        state.data[i / 8] ^= (unsigned char)(1u << i % 8);
        if (replace_with(&h, state.data, state.used, &err) == QN_OK) {
            again = harness_save(&h, UINT64_MAX);
            ck_assert_msg(is_same(&again, state.data, state.used), "bit %zu", i);
            bytes_free(&again);
            for (uint32_t k = 0; k < 2; k++)
                harness_bar(&h, k, QN_NS_PER_S, QN_NS_PER_S, bar);
            harness_cancel(&h, QN_ORDER_ID(7, 1));
            harness_forget(&h);
        } else {
            ck_assert(err.code != QN_OK && err.msg[0]);
            nrefused++;
        }
        state.data[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    ck_assert_uint_gt(nrefused, state.used);
    bytes_free(&state);
    harness_close(&h);
}
END_TEST

static int64_t place_of(const bytes_out *state, uint64_t id, unsigned nth)
{
    for (size_t i = 0; i + 8 <= state->used; i++)
        if (memcmp(state->data + i, &id, 8) == 0 && nth-- == 0) return (int64_t)i;
    ck_abort_msg("the state has no order %llu", (unsigned long long)id);
    return -1;
}

/* Links that would send the matcher astray. An order row begins with its id; a link row is
 * {id, parent, sibling} and is behind the orders. */
START_TEST(links_that_cannot_be_are_refused)
{
    static const struct {
        uint64_t id;
        uint64_t parent, sibling;
        const char *what;
    } rows[] = {
        {QN_ORDER_ID(7, 2), QN_ORDER_ID(7, 2), QN_ORDER_ID(7, 3), "an exit of no entry"},
        {QN_ORDER_ID(7, 2), QN_ORDER_ID(7, 11), QN_ORDER_ID(7, 3), "an exit of no entry"},
        {QN_ORDER_ID(7, 2), 0, QN_ORDER_ID(7, 3), "an exit of no entry"},
        {QN_ORDER_ID(7, 2), QN_ORDER_ID(7, 1), QN_ORDER_ID(7, 2), "an exit without its other one"},
        {QN_ORDER_ID(7, 2), QN_ORDER_ID(7, 1), 0, "an exit without its other one"},
        {QN_ORDER_ID(7, 2), QN_ORDER_ID(7, 1), QN_ORDER_ID(1, 3), "an exit without its other one"},
        {QN_ORDER_ID(7, 2), QN_ORDER_ID(7, 1), 12345, "an exit without its other one"},
        {QN_ORDER_ID(7, 2), 0, 0, "a link of nothing"},
        {QN_ORDER_ID(1, 2), QN_ORDER_ID(7, 1), QN_ORDER_ID(1, 3), "an exit of no entry"},
    };
    static harness h;
    bytes_out state;

    open_and_trade(&h);
    state = harness_save(&h, UINT64_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char *link = state.data + place_of(&state, rows[i].id, 1);
        unsigned char was[24];
        qn_err err = QN_ERR_INIT;
        memcpy(was, link, sizeof was);
        memcpy(link + 8, &rows[i].parent, 8);
        memcpy(link + 16, &rows[i].sibling, 8);
        ck_assert_msg(replace_with(&h, state.data, state.used, &err) == QN_E_DAMAGED, "row %zu", i);
        ck_assert_msg(strstr(err.msg, rows[i].what) != NULL, "row %zu: %s", i, err.msg);
        memcpy(link, was, sizeof was);
    }
    bytes_free(&state);
    harness_close(&h);
}
END_TEST

START_TEST(a_state_needs_the_same_shape_and_a_fresh_instance)
{
    static harness h, other;
    qn_err err = QN_ERR_INIT;
    bytes_out state;
    bytes_in in;
    qn_stream stream;

    open_and_trade(&h);
    state = harness_save(&h, UINT64_MAX);
    in = bytes_reader(state.data, state.used);
    stream = bytes_stream_in(&in);
    ck_assert_int_eq(qn_bench_class(h.bench)->load(qn_bench_self(h.bench), 1, &stream, &err),
                     QN_E_STATE);
    ck_assert_int_eq(qn_bench_class(h.bench)->load(qn_bench_self(h.bench), 2, &stream, &err),
                     QN_E_TOO_NEW);
    harness_open(&other, params, instruments, 1, &account, 1, NULL);
    ck_assert_int_eq(harness_replace(&other, state.data, state.used, 99, true, &err), QN_E_RANGE);
    ck_assert_str_eq(err.msg, "a state of 2 balances, this instance has 1");
    harness_close(&other);
    harness_open(&other, "max_orders=4", instruments, 2, &account, 1, NULL);
    ck_assert_int_eq(harness_replace(&other, state.data, state.used, 99, true, &err), QN_E_RANGE);
    ck_assert_ptr_nonnull(strstr(err.msg, "orders, this instance has room for 4"));
    bytes_free(&state);
    harness_close(&other);
    harness_close(&h);
}
END_TEST

#define MANY 100000u

START_TEST(a_full_venue_is_saved_whole)
{
    static harness h;
    qn_order o = {.size = sizeof o, .side = QN_BUY, .type = QN_LIMIT, .tif = QN_GTC, .qty = 1};
    bytes_out first, second;
    qn_err err = QN_ERR_INIT;

    instruments[0] = harness_instrument(0, "BTC");
    account = harness_account("USDT", 0);
    harness_open(&h, "max_orders=100000", instruments, 1, &account, 1, NULL);
    for (uint32_t i = 0; i + 1 < MANY; i += i % 3 == 0 ? 2 : 1) {
        o.id = QN_ORDER_ID(1, i + 1);
        o.strategy = i % 7;
        o.price = 1 + i;
        o.take_profit_id = i % 3 == 0 ? o.id + 1 : 0;
        o.take_profit = o.take_profit_id ? 200000 : 0;
        ck_assert_int_eq(harness_submit(&h, &o), QN_OK);
        harness_forget(&h);
    }
    first = harness_save(&h, UINT64_MAX);
    ck_assert_msg(harness_replace(&h, first.data, first.used, UINT64_MAX, false, &err) == QN_OK,
                  "%s", err.msg);
    second = harness_save(&h, UINT64_MAX);
    ck_assert(is_same(&first, second.data, second.used));
    ck_assert_uint_gt(first.used, (MANY - 1) * 72u);
    bytes_free(&first);
    bytes_free(&second);
    harness_close(&h);
}
END_TEST

CHECK_MAIN("sim_state", a_state_that_is_cut_is_refused,
           a_state_that_is_changed_is_refused_or_is_another, links_that_cannot_be_are_refused,
           a_state_needs_the_same_shape_and_a_fresh_instance, a_full_venue_is_saved_whole)
