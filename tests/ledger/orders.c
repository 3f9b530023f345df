/* SPDX-License-Identifier: MIT
 *
 * The store of orders against a plain array, over a long random sequence. */
#include "ledger/order.h"

#include "check_main.h"

#define IDS 30000

static uint64_t seed = 7;

static uint64_t next_random(void) /* splitmix64 (Steele, Lea, Flood 2014) */
{
    uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

START_TEST(finds_what_works_and_forgets_what_closed_long_ago)
{
    static uint64_t closed_at[IDS]; /* 0 = works */
    orders *all = orders_new(200);
    uint64_t made = 0;
    uint64_t closed = 0;
    uint64_t ids[200];
    size_t n = 0;

    while (made < IDS) {
        if (n < 200 && (n == 0 || next_random() % 2)) {
            uint64_t id = QN_ORDER_ID(1 + made % 3, made + 1);
            order *o = orders_add(all, id);
            ck_assert_ptr_nonnull(o);
            o->sent.qty = (int64_t)made;
            ck_assert_ptr_null(orders_add(all, id));
            ids[n++] = made++;
        } else {
            size_t at = next_random() % n;
            order *o = orders_find(all, QN_ORDER_ID(1 + ids[at] % 3, ids[at] + 1));
            ck_assert_ptr_nonnull(o);
            ck_assert_int_eq(o->sent.qty, (int64_t)ids[at]);
            o->state = QN_ORDER_CANCELED;
            orders_close(all, o);
            closed_at[ids[at]] = ++closed;
            ids[at] = ids[--n];
        }
        ck_assert_uint_eq(orders_working(all), n);
    }
    for (uint64_t i = 0; i < made; i++) {
        order *o = orders_find(all, QN_ORDER_ID(1 + i % 3, i + 1));
        if (!closed_at[i] || closed_at[i] + 1024 > closed)
            ck_assert_ptr_nonnull(o);
        else
            ck_assert_ptr_null(o);
    }
    orders_free(all);
}
END_TEST

START_TEST(walks_the_working_ones_in_order_and_is_bounded)
{
    orders *all = orders_new(3);
    order *o;

    for (uint64_t i = 1; i <= 3; i++)
        ck_assert_ptr_nonnull(orders_add(all, i));
    ck_assert_ptr_null(orders_add(all, 4));
    o = orders_find(all, 2);
    orders_close(all, o);
    ck_assert_ptr_nonnull(orders_add(all, 4));
    o = orders_first(all);
    ck_assert_uint_eq(o->sent.id, 1);
    ck_assert_uint_eq(o->next->sent.id, 3);
    ck_assert_uint_eq(o->next->next->sent.id, 4);
    ck_assert_ptr_null(o->next->next->next);
    orders_free(all);
}
END_TEST

CHECK_MAIN("orders", finds_what_works_and_forgets_what_closed_long_ago,
           walks_the_working_ones_in_order_and_is_bounded)
