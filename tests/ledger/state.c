/* SPDX-License-Identifier: MIT
 *
 * Ledger and orders as bytes: what is loaded is what was saved, in what it holds and in what it
 * does from there on, and what was cut or changed is refused and changes nothing. */
#include "base/hash.h"
#include "ledger/ledger.h"
#include "ledger/order.h"

#include "allocation.h"
#include "check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed;

static int64_t below(int64_t n) /* splitmix64 (Steele, Lea, Flood 2014) */
{
    uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (int64_t)((z ^ z >> 31) % (uint64_t)n);
}

/* ------------------------------------------------------------------ the ledger */

#define INSTRUMENTS 3
#define STRATEGIES 4

static qn_instrument definitions[INSTRUMENTS];

static ledger *open_ledger(uint32_t strategies)
{
    static const uint32_t kinds[INSTRUMENTS] = {QN_LINEAR, QN_SPOT, QN_LINEAR};
    account accounts[2] = {{.venue = 0, .currency = "USD", .start = INT64_C(10000000000000)},
                           {.venue = 1, .currency = "EUR", .start = INT64_C(20000000000000)}};
    ledger_instrument list[INSTRUMENTS];
    ledger *l = NULL;

    for (uint32_t i = 0; i < INSTRUMENTS; i++) {
        qn_instrument *in = &definitions[i];
        *in = (qn_instrument){.size = sizeof *in,
                              .kind = kinds[i],
                              .price_exp = i == 0 ? -9 : -2,
                              .qty_exp = -3,
                              .money_exp = QN_MONEY_EXP,
                              .tick_size = 1,
                              .lot_size = 1,
                              .contract_size = {1, 0, 0}};
        snprintf(in->name, sizeof in->name, "X%u.v", i);
        list[i] = (ledger_instrument){in, i == 2};
    }
    ck_assert_int_eq(ledger_new(list, INSTRUMENTS, strategies, accounts, 2, &l, NULL), QN_OK);
    return l;
}

/* A fill, a mark or a payment; what came of it. Both ledgers of a pair are given the same. */
typedef struct action {
    qn_fill fill;
    qn_payment payment;
    uint32_t strategy;
    int64_t mark;
    bool is_sent; /* it has set market_orders, as the engine does */
} action;

static action random_action(void)
{
    uint32_t i = (uint32_t)below(INSTRUMENTS);
    int64_t price = i == 0 ? INT64_C(1218300885) + below(200000000) : 10000 + below(3000);
    action a = {.strategy = (uint32_t)below(STRATEGIES), .mark = price, .is_sent = below(2)};

    a.fill = (qn_fill){.hdr = {.size = sizeof a.fill, .instrument = i},
                       .price = price + below(100),
                       .qty = 1 + below(900),
                       .side = below(2) ? QN_BUY : QN_SELL,
                       .fee = below(1000) - 100};
    a.payment = (qn_payment){.hdr = {.size = sizeof a.payment, .instrument = i},
                             .amount = below(500) - 250};
    return a;
}

static int64_t apply(ledger *l, const action *a)
{
    int64_t realized = 0;

    ck_assert_int_eq(ledger_fill(l, a->strategy, &a->fill, &realized), QN_OK);
    ck_assert_int_eq(ledger_mark(l, a->fill.hdr.instrument, a->mark), QN_OK);
    if (ledger_net(l, a->payment.hdr.instrument)->qty)
        ck_assert_int_eq(ledger_payment(l, &a->payment), QN_OK);
    if (a->is_sent)
        ledger_position(l, a->strategy, a->fill.hdr.instrument)->market_orders += a->fill.qty;
    return realized;
}

static bytes_out saved_ledger(const ledger *l)
{
    bytes_out out = {0};

    ck_assert_int_eq(ledger_save(l, &out), QN_OK);
    return out;
}

static int32_t load_ledger(ledger *l, const bytes_out *from, qn_err *err)
{
    bytes_in in = bytes_reader(from->data, from->used);
    int32_t rc = ledger_load(l, &in, err);

    if (rc == QN_OK) ck_assert_int_eq(bytes_in_end(&in, err), QN_OK);
    return rc;
}

static bool is_same(const bytes_out *a, const bytes_out *b)
{
    return a->used == b->used && memcmp(a->data, b->data, a->used) == 0;
}

START_TEST(a_loaded_ledger_is_the_one_that_was_saved)
{
    for (uint64_t k = 1; k <= 1000; k++) {
        ledger *l = open_ledger(STRATEGIES);
        ledger *loaded = open_ledger(STRATEGIES);
        const account *held = ledger_account(loaded, 1);
        bytes_out first, second;
        qn_err err = QN_ERR_INIT;
        action a;
        seed = k;
        for (int64_t n = below(30); n > 0; n--) {
            a = random_action();
            apply(l, &a);
            if (below(3) == 0) apply(loaded, &a); /* what it held before must not shine through */
        }
        first = saved_ledger(l);
        ck_assert_msg(load_ledger(loaded, &first, &err) == QN_OK, "%s", err.msg);
        second = saved_ledger(loaded);
        ck_assert(is_same(&first, &second));
        ck_assert_ptr_eq(held, ledger_account(loaded, 1));
        ck_assert_int_eq(account_equity(held), account_equity(ledger_account(l, 1)));
        bytes_free(&first);
        bytes_free(&second);
        for (int step = 0; step < 20; step++) {
            a = random_action();
            ck_assert_int_eq(apply(l, &a), apply(loaded, &a));
        }
        ck_assert_int_eq(ledger_check(loaded, NULL), QN_OK);
        first = saved_ledger(l);
        second = saved_ledger(loaded);
        ck_assert(is_same(&first, &second));
        bytes_free(&first);
        bytes_free(&second);
        ledger_free(l);
        ledger_free(loaded);
    }
}
END_TEST

static bytes_out random_books(ledger *l)
{
    for (int step = 0; step < 20; step++) {
        action a = random_action();
        apply(l, &a);
    }
    return saved_ledger(l);
}

/* Each figure that differs makes other bytes: nothing of the books is left out. */
START_TEST(other_books_are_other_bytes)
{
    ledger *l = open_ledger(STRATEGIES);
    bytes_out before = random_books(l);
    bytes_out after;

    for (size_t k = 0; k < sizeof(position) / sizeof(int64_t); k++) {
        int64_t *figure = (int64_t *)(void *)ledger_position(l, 3, 2) + k;
        *figure += 1;
        after = saved_ledger(l);
        ck_assert(!is_same(&before, &after));
        bytes_free(&after);
        *figure -= 1;
    }
    ck_assert_int_eq(ledger_mark(l, 2, ledger_price(l, 2) + 1), QN_OK);
    after = saved_ledger(l);
    ck_assert(!is_same(&before, &after));
    bytes_free(&after);
    bytes_free(&before);
    ledger_free(l);
}
END_TEST

/* In a block of its size, so that a read beyond it is seen. */
static int32_t load_ledger_part(ledger *l, const unsigned char *data, size_t n)
{
    unsigned char *copy = malloc(n + 1);
    bytes_in in;
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    memcpy(copy + 1, data, n);
    in = bytes_reader(copy + 1, n);
    rc = ledger_load(l, &in, &err);
    ck_assert(rc == QN_OK || (err.code == rc && err.msg[0]));
    free(copy);
    return rc;
}

/* Bytes of a section that are changed, and a checksum that fits them: the figures must be seen
 * to be wrong by themselves, or be taken without harm. */
static void with_checksum(bytes_out *section)
{
    uint32_t crc = crc32c(section->data + 16, section->used - 16);

    for (size_t i = 0; i < 4; i++)
        section->data[4 + i] = (unsigned char)(crc >> 8 * i);
}

START_TEST(a_damaged_ledger_is_refused_and_changes_nothing)
{
    ledger *l = open_ledger(STRATEGIES);
    ledger *other = open_ledger(STRATEGIES);
    bytes_out books, before, after;
    unsigned nrefused = 0;

    seed = 5;
    books = random_books(l);
    before = random_books(other);
    for (size_t n = 0; n < books.used; n++)
        ck_assert_int_eq(load_ledger_part(other, books.data, n), QN_E_DAMAGED);
    for (size_t i = 0; i < books.used * 8; i++) {
        books.data[i / 8] ^= (unsigned char)(1u << i % 8);
        ck_assert_int_eq(load_ledger_part(other, books.data, books.used), QN_E_DAMAGED);
        books.data[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    after = saved_ledger(other);
    ck_assert(is_same(&before, &after));
    for (size_t i = 16 * 8; i < books.used * 8; i++) {
        books.data[i / 8] ^= (unsigned char)(1u << i % 8);
        with_checksum(&books);
        if (load_ledger_part(l, books.data, books.used) == QN_OK) {
            ck_assert_int_eq(ledger_check(l, NULL), QN_OK);
            load_ledger_part(l, before.data, before.used);
        } else {
            nrefused++;
        }
        books.data[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    /* what cannot be seen: marks, what market orders are under way, and that of costs and
     * profits which only their sum could tell */
    ck_assert_uint_gt(nrefused, books.used * 8 / 2);
    bytes_free(&books);
    bytes_free(&before);
    bytes_free(&after);
    ledger_free(l);
    ledger_free(other);
}
END_TEST

START_TEST(a_ledger_of_another_shape_is_refused)
{
    ledger *l = open_ledger(STRATEGIES);
    ledger *other = open_ledger(STRATEGIES + 1);
    bytes_out books = random_books(l);
    qn_err err = QN_ERR_INIT;

    ck_assert_int_eq(load_ledger(other, &books, &err), QN_E_INVALID);
    ck_assert_str_eq(err.msg, "the ledger was saved with 3 instruments, 4 strategies and 2 "
                              "accounts, and is to be loaded with 3, 5 and 2");
    bytes_free(&books);
    ledger_free(l);
    ledger_free(other);
}
END_TEST

/* ------------------------------------------------------------------ orders */

#define MOST 300

/* An order with something in each member, id aside. */
static void fill_order(order *o)
{
    uint64_t id = o->sent.id;

    o->sent = (qn_order){.size = sizeof o->sent,
                         .instrument = (uint32_t)below(9),
                         .id = id,
                         .strategy = (uint32_t)below(9),
                         .side = QN_SELL,
                         .qty = below(INT64_MAX),
                         .price = below(INT64_MAX),
                         .stop_loss_id = (uint64_t)below(99)};
    o->asked = o->sent;
    o->asked.qty = below(1000);
    if (below(2)) o->asked.id = 0;
    o->parent = (uint64_t)below(1000);
    o->state = QN_ORDER_ACCEPTED;
    o->reason = (uint32_t)below(QN_REASONS);
    o->made_ts = below(INT64_MAX);
    o->filled = below(INT64_MAX);
    o->filled_value = (qn_wide)below(INT64_MAX) * -below(INT64_MAX);
    o->is_overfilled = below(2);
    o->was_accepted = below(2);
    o->budget = (budget){below(99), below(99), below(99), below(99)};
    o->entry = (uint64_t)below(1000);
    o->is_parent = below(2);
}

static uint64_t next_id = 1;

static void random_orders(orders *all, int64_t steps)
{
    while (steps-- > 0) {
        order *o = orders_first(all);
        if (below(100) < 53) {
            if (!(o = orders_add(all, QN_ORDER_ID(1 + below(3), next_id++)))) continue;
            fill_order(o);
        } else if (o) {
            for (int64_t n = below(4); n > 0 && o->next; n--)
                o = o->next;
            o->state = QN_ORDER_FILLED;
            orders_close(all, o);
        }
    }
}

static bytes_out saved_orders(const orders *all)
{
    bytes_out out = {0};

    ck_assert_int_eq(orders_save(all, &out), QN_OK);
    return out;
}

static int32_t load_orders(orders *all, const void *data, size_t n, qn_err *err)
{
    bytes_in in = bytes_reader(data, n);
    int32_t rc = orders_load(all, &in, err);

    if (rc == QN_OK) ck_assert_int_eq(bytes_in_end(&in, err), QN_OK);
    return rc;
}

static void check_same_orders(const orders *a, const orders *b)
{
    const order *q = orders_first(b);

    ck_assert_uint_eq(orders_working(a), orders_working(b));
    for (const order *p = orders_first(a); p; p = p->next, q = q->next) {
        ck_assert_ptr_nonnull(q);
        ck_assert_ptr_eq(orders_find(b, p->sent.id), q);
        ck_assert_mem_eq(&p->sent, &q->sent, sizeof p->sent);
        ck_assert_mem_eq(&p->asked, &q->asked, sizeof p->asked);
        ck_assert(p->parent == q->parent && p->state == q->state && p->reason == q->reason);
        ck_assert(p->made_ts == q->made_ts && p->filled == q->filled);
        ck_assert(p->filled_value == q->filled_value && p->was_accepted == q->was_accepted);
        ck_assert(p->is_overfilled == q->is_overfilled && p->is_parent == q->is_parent);
        ck_assert(p->entry == q->entry);
        ck_assert_mem_eq(&p->budget, &q->budget, sizeof p->budget);
    }
    ck_assert_ptr_null(q);
    for (uint64_t i = 1; i < next_id; i++)
        for (uint32_t s = 1; s <= 3; s++)
            ck_assert_int_eq(!orders_find(a, QN_ORDER_ID(s, i)),
                             !orders_find(b, QN_ORDER_ID(s, i)));
}

START_TEST(loaded_orders_are_those_that_were_saved)
{
    for (uint64_t k = 1; k <= 40; k++) {
        orders *all = orders_new(MOST);
        orders *loaded = orders_new(MOST);
        bytes_out first, second;
        qn_err err = QN_ERR_INIT;
        uint64_t was, next;
        seed = k;
        next_id = 1;
        random_orders(loaded, below(300)); /* all of them are replaced */
        random_orders(all, below(2) ? below(8000) : below(300));
        first = saved_orders(all);
        ck_assert_msg(load_orders(loaded, first.data, first.used, &err) == QN_OK, "%s", err.msg);
        second = saved_orders(loaded);
        ck_assert(is_same(&first, &second));
        check_same_orders(all, loaded);
        bytes_free(&first);
        bytes_free(&second);
        was = seed;
        next = next_id;
        random_orders(all, 2000); /* the same from here on: the same are forgotten */
        seed = was;
        next_id = next;
        random_orders(loaded, 2000);
        first = saved_orders(all);
        second = saved_orders(loaded);
        ck_assert(is_same(&first, &second));
        check_same_orders(all, loaded);
        bytes_free(&first);
        bytes_free(&second);
        orders_free(all);
        orders_free(loaded);
    }
}
END_TEST

START_TEST(as_many_as_there_is_room_for)
{
    orders *all = orders_new(2);
    orders *loaded = orders_new(2);
    orders *small = orders_new(1);
    bytes_out saved;
    qn_err err = QN_ERR_INIT;

    for (uint64_t i = 1; i <= 3; i++) {
        order *o = orders_add(all, i);
        o->state = i == 1 ? QN_ORDER_DENIED : QN_ORDER_SUBMITTED;
        if (i == 1) orders_close(all, o);
    }
    saved = saved_orders(all);
    ck_assert_msg(load_orders(loaded, saved.data, saved.used, &err) == QN_OK, "%s", err.msg);
    ck_assert_uint_eq(orders_working(loaded), 2);
    ck_assert_int_eq(load_orders(small, saved.data, saved.used, &err), QN_E_DAMAGED);
    ck_assert_uint_eq(orders_working(small), 0);
    bytes_free(&saved);
    orders_free(all);
    orders_free(loaded);
    orders_free(small);
}
END_TEST

START_TEST(damaged_orders_are_refused_and_change_nothing)
{
    orders *all = orders_new(MOST);
    orders *other = orders_new(MOST);
    bytes_out saved, before, after;
    qn_err err = QN_ERR_INIT;

    seed = 9;
    random_orders(all, 12);
    random_orders(other, 30);
    saved = saved_orders(all);
    before = saved_orders(other);
    for (size_t n = 0; n < saved.used; n++) {
        unsigned char *copy = malloc(n + 1);
        memcpy(copy + 1, saved.data, n);
        ck_assert_int_eq(load_orders(other, copy + 1, n, &err), QN_E_DAMAGED);
        free(copy);
    }
    for (size_t i = 0; i < saved.used * 8; i++) {
        saved.data[i / 8] ^= (unsigned char)(1u << i % 8);
        ck_assert_int_eq(load_orders(other, saved.data, saved.used, &err), QN_E_DAMAGED);
        saved.data[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    after = saved_orders(other);
    ck_assert(is_same(&before, &after));
    for (size_t i = 16 * 8; i < saved.used * 8; i++) { /* and with a checksum that fits */
        saved.data[i / 8] ^= (unsigned char)(1u << i % 8);
        with_checksum(&saved);
        if (load_orders(other, saved.data, saved.used, &err) == QN_OK) {
            bytes_free(&after);
            after = saved_orders(other);
            ck_assert(is_same(&saved, &after));
        }
        saved.data[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    bytes_free(&saved);
    bytes_free(&before);
    bytes_free(&after);
    orders_free(all);
    orders_free(other);
}
END_TEST

/* Two working orders, of which one byte or more is changed. */
START_TEST(orders_that_cannot_be)
{
    static const size_t first = 16 + 4 + 8 + 8; /* head, size of an order, no closed ones, two */
    static const struct {
        size_t at;
        unsigned char value;
        const char *what;
    } rows[] = {
        {offsetof(qn_order, size), 7, "no order"},
        {offsetof(qn_order, id), 0, "no order"},
        {offsetof(qn_order, id), 2, "two orders of one id"},
        {sizeof(qn_order) + offsetof(qn_order, id), 9, "a change of another order"},
        {2 * sizeof(qn_order) + 8, 0, "an order of no state"},
        {2 * sizeof(qn_order) + 8, QN_ORDER_STATES, "an order of no state"},
        {2 * sizeof(qn_order) + 8, QN_ORDER_FILLED, "an order in the wrong list"},
        {2 * sizeof(qn_order) + 12, QN_REASONS, "an order of no reason"},
        {2 * sizeof(qn_order) + 48, 2, "a flag is neither 0 nor 1"},
    };
    orders *all = orders_new(2);
    bytes_out saved;

    orders_add(all, 1);
    orders_add(all, 2);
    saved = saved_orders(all);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        qn_err err = QN_ERR_INIT;
        unsigned char *byte = &saved.data[first + rows[i].at];
        unsigned char was = *byte;
        *byte = rows[i].value;
        with_checksum(&saved);
        ck_assert_int_eq(load_orders(all, saved.data, saved.used, &err), QN_E_DAMAGED);
        ck_assert_msg(strstr(err.msg, rows[i].what) != NULL, "%zu: %s", i, err.msg);
        *byte = was;
    }
    with_checksum(&saved);
    ck_assert_int_eq(load_orders(all, saved.data, saved.used, NULL), QN_OK);
    bytes_free(&saved);
    orders_free(all);
}
END_TEST

/* ------------------------------------------------------------------ memory */

START_TEST(every_allocation_fails_in_turn)
{
    ledger *l = open_ledger(STRATEGIES);
    orders *all = orders_new(MOST);
    bytes_out books, saved;
    long k;
    long failed = 0;

    random_orders(all, 1200);
    books = random_books(l);
    saved = saved_orders(all);
    for (int what = 0; what < 4; what++) {
        int32_t rc = QN_E_NO_MEMORY;
        for (k = 1; rc != QN_OK; k++) {
            bytes_out out = {0};
            qn_err err = QN_ERR_INIT;
            allocation_fail(k);
            rc = what == 0   ? ledger_save(l, &out)
                 : what == 1 ? orders_save(all, &out)
                 : what == 2 ? load_ledger(l, &books, &err)
                             : load_orders(all, saved.data, saved.used, &err);
            allocation_fail(0);
            ck_assert(rc == QN_OK || rc == QN_E_NO_MEMORY);
            failed += rc != QN_OK;
            bytes_free(&out);
        }
        ck_assert_int_gt(k, 2);
    }
    ck_assert_int_gt(failed, 12);
    bytes_free(&books);
    bytes_free(&saved);
    ledger_free(l);
    orders_free(all);
}
END_TEST

CHECK_MAIN("ledger state", a_loaded_ledger_is_the_one_that_was_saved, other_books_are_other_bytes,
           a_damaged_ledger_is_refused_and_changes_nothing, a_ledger_of_another_shape_is_refused,
           loaded_orders_are_those_that_were_saved, as_many_as_there_is_room_for,
           damaged_orders_are_refused_and_change_nothing, orders_that_cannot_be,
           every_allocation_fails_in_turn)
