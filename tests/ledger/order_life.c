/* SPDX-License-Identifier: MIT
 *
 * Walks every pair of (state, change) of an order's life against a list written by hand. */
#include "ledger/order.h"

#include "check_main.h"

#include <string.h>

#define S(NAME) QN_ORDER_##NAME

/* Every pair that is possible; all others are not. */
static const struct {
    uint32_t from;
    order_change change;
    uint32_t to;
} possible[] = {
    {S(INITIALIZED), ORDER_SUBMIT, S(SUBMITTED)},
    {S(INITIALIZED), ORDER_DENY, S(DENIED)},
    /* a venue may fill before it confirms */
    {S(SUBMITTED), ORDER_HOLD, S(HELD)},
    {S(SUBMITTED), ORDER_ACCEPT, S(ACCEPTED)},
    {S(SUBMITTED), ORDER_REJECT, S(REJECTED)},
    {S(SUBMITTED), ORDER_TRIGGER, S(TRIGGERED)},
    {S(SUBMITTED), ORDER_FILL_PART, S(PARTIALLY_FILLED)},
    {S(SUBMITTED), ORDER_FILL_WHOLE, S(FILLED)},
    {S(SUBMITTED), ORDER_CANCEL, S(CANCELED)},
    {S(SUBMITTED), ORDER_EXPIRE, S(EXPIRED)},
    {S(SUBMITTED), ORDER_ASK_CANCEL, S(PENDING_CANCEL)},
    {S(SUBMITTED), ORDER_LOSE, S(UNKNOWN)},
    {S(HELD), ORDER_HOLD, S(HELD)},
    {S(HELD), ORDER_ACCEPT, S(ACCEPTED)},
    {S(HELD), ORDER_REJECT, S(REJECTED)},
    {S(HELD), ORDER_TRIGGER, S(TRIGGERED)},
    {S(HELD), ORDER_FILL_PART, S(PARTIALLY_FILLED)},
    {S(HELD), ORDER_FILL_WHOLE, S(FILLED)},
    {S(HELD), ORDER_CANCEL, S(CANCELED)},
    {S(HELD), ORDER_EXPIRE, S(EXPIRED)},
    {S(HELD), ORDER_ASK_CANCEL, S(PENDING_CANCEL)},
    {S(HELD), ORDER_ASK_UPDATE, S(PENDING_UPDATE)},
    {S(HELD), ORDER_LOSE, S(UNKNOWN)},
    {S(ACCEPTED), ORDER_ACCEPT, S(ACCEPTED)},
    {S(ACCEPTED), ORDER_REJECT, S(REJECTED)}, /* a venue that finds no balance at the fill */
    {S(ACCEPTED), ORDER_TRIGGER, S(TRIGGERED)},
    {S(ACCEPTED), ORDER_FILL_PART, S(PARTIALLY_FILLED)},
    {S(ACCEPTED), ORDER_FILL_WHOLE, S(FILLED)},
    {S(ACCEPTED), ORDER_CANCEL, S(CANCELED)},
    {S(ACCEPTED), ORDER_EXPIRE, S(EXPIRED)},
    {S(ACCEPTED), ORDER_ASK_CANCEL, S(PENDING_CANCEL)},
    {S(ACCEPTED), ORDER_ASK_UPDATE, S(PENDING_UPDATE)},
    {S(ACCEPTED), ORDER_LOSE, S(UNKNOWN)},
    {S(TRIGGERED), ORDER_ACCEPT, S(TRIGGERED)},
    {S(TRIGGERED), ORDER_REJECT, S(REJECTED)},
    {S(TRIGGERED), ORDER_FILL_PART, S(PARTIALLY_FILLED)},
    {S(TRIGGERED), ORDER_FILL_WHOLE, S(FILLED)},
    {S(TRIGGERED), ORDER_CANCEL, S(CANCELED)},
    {S(TRIGGERED), ORDER_EXPIRE, S(EXPIRED)},
    {S(TRIGGERED), ORDER_ASK_CANCEL, S(PENDING_CANCEL)},
    {S(TRIGGERED), ORDER_ASK_UPDATE, S(PENDING_UPDATE)},
    {S(TRIGGERED), ORDER_LOSE, S(UNKNOWN)},
    {S(PARTIALLY_FILLED), ORDER_ACCEPT, S(PARTIALLY_FILLED)},
    {S(PARTIALLY_FILLED), ORDER_REJECT, S(REJECTED)},
    {S(PARTIALLY_FILLED), ORDER_FILL_PART, S(PARTIALLY_FILLED)},
    {S(PARTIALLY_FILLED), ORDER_FILL_WHOLE, S(FILLED)},
    {S(PARTIALLY_FILLED), ORDER_CANCEL, S(CANCELED)},
    {S(PARTIALLY_FILLED), ORDER_EXPIRE, S(EXPIRED)},
    {S(PARTIALLY_FILLED), ORDER_ASK_CANCEL, S(PENDING_CANCEL)},
    {S(PARTIALLY_FILLED), ORDER_ASK_UPDATE, S(PENDING_UPDATE)},
    {S(PARTIALLY_FILLED), ORDER_LOSE, S(UNKNOWN)},
    /* a refused cancel or change: it works on; a fill may come in between */
    {S(PENDING_UPDATE), ORDER_HOLD, S(HELD)},
    {S(PENDING_UPDATE), ORDER_ACCEPT, S(ACCEPTED)},
    {S(PENDING_UPDATE), ORDER_TRIGGER, S(TRIGGERED)},
    {S(PENDING_UPDATE), ORDER_REJECT, S(REJECTED)},
    {S(PENDING_UPDATE), ORDER_FILL_PART, S(PENDING_UPDATE)},
    {S(PENDING_UPDATE), ORDER_FILL_WHOLE, S(FILLED)},
    {S(PENDING_UPDATE), ORDER_CANCEL, S(CANCELED)},
    {S(PENDING_UPDATE), ORDER_EXPIRE, S(EXPIRED)},
    {S(PENDING_UPDATE), ORDER_ASK_CANCEL, S(PENDING_CANCEL)},
    {S(PENDING_UPDATE), ORDER_LOSE, S(UNKNOWN)},
    {S(PENDING_CANCEL), ORDER_HOLD, S(HELD)},
    {S(PENDING_CANCEL), ORDER_ACCEPT, S(ACCEPTED)},
    {S(PENDING_CANCEL), ORDER_TRIGGER, S(TRIGGERED)},
    {S(PENDING_CANCEL), ORDER_REJECT, S(REJECTED)},
    {S(PENDING_CANCEL), ORDER_FILL_PART, S(PENDING_CANCEL)},
    {S(PENDING_CANCEL), ORDER_FILL_WHOLE, S(FILLED)},
    {S(PENDING_CANCEL), ORDER_CANCEL, S(CANCELED)},
    {S(PENDING_CANCEL), ORDER_EXPIRE, S(EXPIRED)},
    {S(PENDING_CANCEL), ORDER_ASK_CANCEL, S(PENDING_CANCEL)},
    {S(PENDING_CANCEL), ORDER_LOSE, S(UNKNOWN)},
    {S(UNKNOWN), ORDER_HOLD, S(HELD)},
    {S(UNKNOWN), ORDER_ACCEPT, S(ACCEPTED)},
    {S(UNKNOWN), ORDER_TRIGGER, S(TRIGGERED)},
    {S(UNKNOWN), ORDER_REJECT, S(REJECTED)},
    {S(UNKNOWN), ORDER_FILL_PART, S(PARTIALLY_FILLED)},
    {S(UNKNOWN), ORDER_FILL_WHOLE, S(FILLED)},
    {S(UNKNOWN), ORDER_CANCEL, S(CANCELED)},
    {S(UNKNOWN), ORDER_EXPIRE, S(EXPIRED)},
    {S(UNKNOWN), ORDER_ASK_CANCEL, S(PENDING_CANCEL)},
    {S(UNKNOWN), ORDER_LOSE, S(UNKNOWN)},
    /* late fills */
    {S(FILLED), ORDER_FILL_PART, S(FILLED)},
    {S(FILLED), ORDER_FILL_WHOLE, S(FILLED)},
    {S(CANCELED), ORDER_FILL_PART, S(CANCELED)},
    {S(CANCELED), ORDER_FILL_WHOLE, S(FILLED)},
    {S(EXPIRED), ORDER_FILL_PART, S(EXPIRED)},
    {S(EXPIRED), ORDER_FILL_WHOLE, S(FILLED)},
};

static uint32_t expected(uint32_t from, order_change change)
{
    for (size_t i = 0; i < sizeof possible / sizeof possible[0]; i++)
        if (possible[i].from == from && possible[i].change == change) return possible[i].to;
    return 0;
}

START_TEST(every_pair)
{
    for (uint32_t state = 0; state < QN_ORDER_STATES + 2; state++)
        for (uint32_t c = 0; c < ORDER_CHANGES; c++)
            ck_assert_msg(order_next(state, (order_change)c) == expected(state, (order_change)c),
                          "%s + %s leads to %s", order_state_name(state),
                          order_change_name((order_change)c),
                          order_state_name(order_next(state, (order_change)c)));
}
END_TEST

START_TEST(a_closed_order_never_opens_again)
{
    for (uint32_t state = 1; state < QN_ORDER_STATES; state++)
        for (uint32_t c = 0; c < ORDER_CHANGES; c++) {
            uint32_t next = order_next(state, (order_change)c);
            if (next && order_state_class(state) == ORDER_CLASS_CLOSED)
                ck_assert_int_eq(order_state_class(next), ORDER_CLASS_CLOSED);
        }
}
END_TEST

START_TEST(states_and_reasons_have_names)
{
    for (uint32_t state = 1; state < QN_ORDER_STATES; state++)
        ck_assert_str_ne(order_state_name(state), "?");
    for (uint32_t reason = 0; reason < QN_REASONS; reason++)
        ck_assert_ptr_nonnull(order_reason_name(reason));
    ck_assert_str_eq(order_reason_name(QN_REASON_RUN_END), "RUN_END");
    ck_assert_str_eq(order_state_name(99), "?");
}
END_TEST

START_TEST(a_venue_reports_only_its_own_states)
{
    ck_assert_int_eq(order_change_of_report(S(DENIED)), ORDER_CHANGES);
    ck_assert_int_eq(order_change_of_report(S(FILLED)), ORDER_CHANGES);
    ck_assert_int_eq(order_change_of_report(S(SUBMITTED)), ORDER_CHANGES);
    ck_assert_int_eq(order_change_of_report(S(ACCEPTED)), ORDER_ACCEPT);
    ck_assert_int_eq(order_change_of_report(12345), ORDER_CHANGES);
}
END_TEST

CHECK_MAIN("order life", every_pair, a_closed_order_never_opens_again,
           states_and_reasons_have_names, a_venue_reports_only_its_own_states)
