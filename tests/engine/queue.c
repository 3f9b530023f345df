/* SPDX-License-Identifier: MIT
 *
 * The queue of events that wait: order, bound, and what it refuses. */
#include "engine/internal.h"

#include "check_main.h"

#include <string.h>

static qn_fill numbered(uint64_t n)
{
    return (qn_fill){.hdr = {.size = sizeof(qn_fill), .type = QN_EVENT_FILL}, .trade_id = n};
}

static int32_t put(event_queue *q, uint64_t n)
{
    qn_fill f = numbered(n);

    return queue_put(q, &f.hdr);
}

static uint64_t take(event_queue *q)
{
    const qn_event *ev = queue_take(q);

    return ev ? ((const qn_fill *)(const void *)ev)->trade_id : 0;
}

START_TEST(first_in_first_out_round_and_round)
{
    event_queue q;
    uint64_t in = 0;
    uint64_t out = 0;

    ck_assert_int_eq(queue_init(&q, NULL), QN_OK);
    ck_assert_ptr_null(queue_take(&q));
    for (int round = 0; round < 40; round++) { /* several times around the ring, never empty */
        while (in - out < 1000 + 300 * (uint64_t)(round % 7))
            ck_assert_int_eq(put(&q, ++in), QN_OK);
        while (in - out > 500)
            ck_assert_uint_eq(take(&q), ++out);
    }
    while (out < in)
        ck_assert_uint_eq(take(&q), ++out);
    ck_assert_ptr_null(queue_take(&q));
    ck_assert(queue_is_empty(&q));
    queue_free(&q);
}
END_TEST

/* The event that was taken stays whole until the next call, whatever is put meanwhile. */
START_TEST(full_is_an_answer_and_spares_the_event_in_hand)
{
    event_queue q;
    const qn_event *held;
    uint64_t n = 0;

    ck_assert_int_eq(queue_init(&q, NULL), QN_OK);
    while (put(&q, n + 1) == QN_OK)
        n++;
    ck_assert_uint_eq(n, QUEUE_EVENTS - 1);
    held = queue_take(&q);
    ck_assert_int_eq(put(&q, n + 1), QN_OK);
    ck_assert_int_eq(put(&q, n + 2), QN_E_FULL);
    ck_assert_uint_eq(((const qn_fill *)(const void *)held)->trade_id, 1);
    for (uint64_t i = 2; i <= n + 1; i++)
        ck_assert_uint_eq(take(&q), i);
    ck_assert_uint_eq(take(&q), 0);
    queue_free(&q);
}
END_TEST

START_TEST(the_last_event_stays_whole_while_others_are_put)
{
    event_queue q;
    const qn_event *held;

    ck_assert_int_eq(queue_init(&q, NULL), QN_OK);
    ck_assert_int_eq(put(&q, 1), QN_OK);
    held = queue_take(&q);
    ck_assert_int_eq(put(&q, 2), QN_OK);
    ck_assert_uint_eq(((const qn_fill *)(const void *)held)->trade_id, 1);
    ck_assert_uint_eq(take(&q), 2);
    queue_free(&q);
}
END_TEST

START_TEST(what_is_too_large_is_refused)
{
    struct {
        _Alignas(16) unsigned char bytes[EVENT_ROOM + 16];
    } large = {{0}};
    qn_event *ev = (qn_event *)(void *)large.bytes;
    event_queue q;

    ck_assert_int_eq(queue_init(&q, NULL), QN_OK);
    ev->size = EVENT_ROOM + 1;
    ck_assert_int_eq(queue_put(&q, ev), QN_E_INVALID);
    ck_assert_ptr_null(queue_take(&q));
    ev->size = EVENT_ROOM;
    ck_assert_int_eq(queue_put(&q, ev), QN_OK);
    ck_assert_ptr_nonnull(queue_take(&q));
    queue_free(&q);
}
END_TEST

CHECK_MAIN("engine queue", first_in_first_out_round_and_round,
           full_is_an_answer_and_spares_the_event_in_hand,
           the_last_event_stays_whole_while_others_are_put, what_is_too_large_is_refused)
