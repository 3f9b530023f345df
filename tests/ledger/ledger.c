/* SPDX-License-Identifier: MIT
 *
 * The ledger against sums worked out by hand, and against conservation over random fills. */
#include "ledger/ledger.h"

#include "check_main.h"

#include <stdio.h>
#include <string.h>

static qn_instrument instrument(uint32_t kind, int32_t price_exp, int32_t qty_exp)
{
    qn_instrument in = {.size = sizeof in,
                        .kind = kind,
                        .price_exp = price_exp,
                        .qty_exp = qty_exp,
                        .money_exp = QN_MONEY_EXP,
                        .tick_size = 1,
                        .lot_size = 1,
                        .contract_size = {1, 0, 0}};

    snprintf(in.name, sizeof in.name, "X.v");
    return in;
}

static ledger *open_ledger(const qn_instrument *in, uint32_t n, uint32_t strategies, int64_t start)
{
    ledger_instrument list[8];
    account acc = {.currency = "USD", .start = start};
    ledger *l = NULL;
    qn_err err = QN_ERR_INIT;

    for (uint32_t i = 0; i < n; i++)
        list[i] = (ledger_instrument){&in[i], 0};
    ck_assert_msg(ledger_new(list, n, strategies, &acc, 1, &l, &err) == QN_OK, "%s", err.msg);
    return l;
}

static int64_t fill(ledger *l, uint32_t strategy, uint32_t in, int64_t dq, int64_t price,
                    int64_t fee)
{
    qn_fill f = {.hdr = {.size = sizeof f, .type = QN_EVENT_FILL, .instrument = in},
                 .price = price,
                 .qty = dq < 0 ? -dq : dq,
                 .side = dq < 0 ? QN_SELL : QN_BUY,
                 .fee = fee};
    int64_t realized = 0;

    ck_assert_int_eq(ledger_fill(l, strategy, &f, &realized), QN_OK);
    return realized;
}

#define MONEY(units) ((int64_t)(units)*100000000)

START_TEST(a_linear_position_by_hand)
{
    qn_instrument in = instrument(QN_LINEAR, -2, 0);
    ledger *l = open_ledger(&in, 1, 2, MONEY(1000));
    const account *a = ledger_account(l, 0);

    ck_assert_int_eq(fill(l, 1, 0, 3, 10000, MONEY(1)), 0); /* buy 3 at 100 */
    ck_assert_int_eq(fill(l, 1, 0, 1, 12000, MONEY(1)), 0); /* buy 1 at 120: mean 105 */
    ck_assert_int_eq(ledger_mark(l, 0, 11000), QN_OK);      /* 110 */
    ck_assert_int_eq(a->unrealized_pnl, MONEY(20));
    ck_assert_int_eq(fill(l, 1, 0, -2, 11000, MONEY(1)), MONEY(10)); /* 2 x (110 - 105) */
    ck_assert_int_eq(a->unrealized_pnl, MONEY(10));
    ck_assert_int_eq(fill(l, 1, 0, -5, 10000, MONEY(1)), MONEY(-10)); /* closes 2, short 3 at 100 */
    ck_assert_int_eq(ledger_net(l, 0)->qty, -3);
    ck_assert_int_eq(ledger_net(l, 0)->cost, MONEY(-300));
    ck_assert_int_eq(ledger_mark(l, 0, 9000), QN_OK);
    ck_assert_int_eq(a->unrealized_pnl, MONEY(30));
    ck_assert_int_eq(a->realized_pnl, 0);
    ck_assert_int_eq(account_equity(a), MONEY(1000 + 30 - 4));
    ck_assert_int_eq(account_cash(a), MONEY(1000 - 4));
    ck_assert_int_eq(ledger_check(l, NULL), QN_OK);
    ledger_free(l);
}
END_TEST

START_TEST(spot_spends_cash)
{
    qn_instrument in = instrument(QN_SPOT, -2, -3);
    ledger *l = open_ledger(&in, 1, 2, MONEY(1000));
    const account *a = ledger_account(l, 0);

    fill(l, 1, 0, 2500, 10000, 0); /* 2.5 at 100 */
    ledger_mark(l, 0, 20000);
    ck_assert_int_eq(account_cash(a), MONEY(750));
    ck_assert_int_eq(account_equity(a), MONEY(1250));
    ck_assert_int_eq(fill(l, 1, 0, -2500, 20000, 0), MONEY(250));
    ck_assert_int_eq(account_cash(a), MONEY(1250));
    ck_assert_int_eq(ledger_check(l, NULL), QN_OK);
    ledger_free(l);
}
END_TEST

START_TEST(strategies_add_up_while_the_account_nets_them)
{
    qn_instrument in = instrument(QN_LINEAR, -2, 0);
    ledger *l = open_ledger(&in, 1, 3, MONEY(1000));
    const account *a = ledger_account(l, 0);

    fill(l, 1, 0, 5, 10000, 0);
    fill(l, 2, 0, -5, 11000, 0); /* the account is flat and has realized 50 */
    ledger_mark(l, 0, 12000);
    ck_assert_int_eq(ledger_net(l, 0)->qty, 0);
    ck_assert_int_eq(a->realized_pnl, MONEY(50));
    ck_assert_int_eq(a->unrealized_pnl, 0);
    ck_assert_int_eq(position_unrealized(ledger_part(l, 1, 0)), MONEY(100));
    ck_assert_int_eq(position_unrealized(ledger_part(l, 2, 0)), MONEY(-50));
    ck_assert_int_eq(ledger_check(l, NULL), QN_OK);
    ledger_free(l);
}
END_TEST

START_TEST(funding_is_shared_to_the_last_unit)
{
    qn_instrument in = instrument(QN_LINEAR, -2, 0);
    ledger *l = open_ledger(&in, 1, 4, 0);
    qn_payment p = {.hdr = {.size = sizeof p, .type = QN_EVENT_PAYMENT}, .amount = -100};

    fill(l, 1, 0, 1, 10000, 0);
    fill(l, 2, 0, 1, 10000, 0);
    fill(l, 3, 0, 1, 10000, 0);
    ck_assert_int_eq(ledger_payment(l, &p), QN_OK);
    ck_assert_int_eq(ledger_part(l, 1, 0)->funding, -33);
    ck_assert_int_eq(ledger_part(l, 3, 0)->funding, -34);
    ck_assert_int_eq(ledger_account(l, 0)->funding, -100);
    ck_assert_int_eq(ledger_check(l, NULL), QN_OK);
    ledger_free(l);
}
END_TEST

START_TEST(what_does_not_fit_is_refused_and_changes_nothing)
{
    qn_instrument in[2] = {instrument(QN_LINEAR, 8, 8), instrument(QN_LINEAR, 0, 0)};
    ledger *l = open_ledger(&in[1], 1, 2, 0);
    qn_fill f = {.hdr = {.size = sizeof f}, .price = INT64_MAX, .qty = 2, .side = QN_BUY};
    ledger_instrument bad = {&in[0], 0};
    account acc = {.currency = "USD"};
    ledger *none = NULL;
    int64_t realized = 0;
    qn_err err = QN_ERR_INIT;

    ck_assert_int_eq(ledger_fill(l, 1, &f, &realized), QN_E_OVERFLOW);
    ck_assert_int_eq(ledger_net(l, 0)->qty, 0);
    ck_assert_int_eq(ledger_check(l, NULL), QN_OK);
    ledger_free(l);
    ck_assert_int_eq(ledger_new(&bad, 1, 1, &acc, 1, &none, &err), QN_E_RANGE);
    in[0] = instrument(QN_INVERSE, -2, 0);
    ck_assert_int_eq(ledger_new(&bad, 1, 1, &acc, 1, &none, &err), QN_E_UNSUPPORTED);
}
END_TEST

/* 4e18 of INT64_MAX = 9.2e18: one part of the account fits, their sum or a change need not. */
#define HUGE_MONEY INT64_C(4000000000000000000)

START_TEST(parts_that_fit_can_add_up_to_what_does_not)
{
    qn_instrument in = instrument(QN_LINEAR, -8, 0); /* money = quantity x price */
    ledger *l = open_ledger(&in, 1, 3, 0);

    fill(l, 1, 0, 1, HUGE_MONEY, 0);
    fill(l, 2, 0, 1, HUGE_MONEY, 0);
    ck_assert_int_eq(ledger_mark(l, 0, HUGE_MONEY + MONEY(1)), QN_OK);
    ck_assert_int_eq(ledger_mark(l, 0, HUGE_MONEY / 5 * 6), QN_E_OVERFLOW);
    ledger_free(l);
}
END_TEST

START_TEST(equity_that_does_not_fit_is_refused)
{
    qn_instrument in = instrument(QN_LINEAR, -8, 0);
    ledger *l = open_ledger(&in, 1, 2, 2 * HUGE_MONEY);
    qn_fill close = {.hdr = {.size = sizeof close}, .price = HUGE_MONEY, .qty = 1, .side = QN_SELL};
    qn_payment paid = {.hdr = {.size = sizeof paid}, .amount = HUGE_MONEY};
    int64_t realized = 0;

    fill(l, 1, 0, 1, HUGE_MONEY / 2, 0);
    ck_assert_int_eq(ledger_payment(l, &paid), QN_E_OVERFLOW);
    ck_assert_int_eq(ledger_fill(l, 1, &close, &realized), QN_E_OVERFLOW);
    ck_assert_int_eq(account_equity(ledger_account(l, 0)), 2 * HUGE_MONEY);
    ck_assert_int_eq(ledger_part(l, 1, 0)->funding, 0);
    ck_assert_int_eq(ledger_check(l, NULL), QN_OK);
    ck_assert_int_eq(ledger_mark(l, 0, HUGE_MONEY), QN_E_OVERFLOW);
    ledger_free(l);
}
END_TEST

/* 8e18 and a profit of 2e18 are more than fit; less a fee of 4e18 they are not. */
START_TEST(equity_is_told_though_what_it_is_summed_up_from_does_not_fit)
{
    qn_instrument in = instrument(QN_LINEAR, -8, 0);
    ledger *l = open_ledger(&in, 1, 2, 2 * HUGE_MONEY);

    fill(l, 1, 0, 1, HUGE_MONEY / 2, 0);
    fill(l, 1, 0, -1, HUGE_MONEY, HUGE_MONEY);
    ck_assert_int_eq(account_equity(ledger_account(l, 0)), HUGE_MONEY / 2 * 3);
    ledger_free(l);
}
END_TEST

/* From long 8e18 to short 4e18: the change of 12e18 does not fit, both ends of it do. */
START_TEST(a_reversal_is_booked_though_its_change_does_not_fit)
{
    qn_instrument in = instrument(QN_LINEAR, -8, 0);
    ledger *l = open_ledger(&in, 1, 2, 0);
    const account *a = ledger_account(l, 0);

    fill(l, 1, 0, 1, 2 * HUGE_MONEY, 0);
    ck_assert_int_eq(fill(l, 1, 0, -2, HUGE_MONEY, 0), -HUGE_MONEY);
    ck_assert_int_eq(ledger_net(l, 0)->value, -HUGE_MONEY);
    ck_assert_int_eq(ledger_net(l, 0)->cost, -HUGE_MONEY);
    ck_assert_int_eq(a->realized_pnl, -HUGE_MONEY);
    ck_assert_int_eq(a->unrealized_pnl, 0);
    ck_assert_int_eq(ledger_check(l, NULL), QN_OK);
    ledger_free(l);
}
END_TEST

static uint64_t seed;

static int64_t random_below(int64_t n)
{
    uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (int64_t)((z ^ z >> 31) % (uint64_t)n);
}

/* Cash flows added up by another route: equity = start - sum of signed notional - fees +
 * funding + value of what is held, where each notional and value is rounded once. */
START_TEST(equity_is_what_the_cash_flows_say)
{
    for (uint64_t k = 1; k <= 3000; k++) {
        qn_instrument in[2] = {instrument(QN_LINEAR, -9, -3), instrument(QN_SPOT, -2, -1)};
        ledger *l = open_ledger(in, 2, 4, MONEY(100000));
        int64_t expected = MONEY(100000);
        int64_t price[2] = {INT64_C(1218300885), 123456};
        seed = k;
        for (int step = 0; step < 60; step++) {
            uint32_t i = (uint32_t)random_below(2);
            uint32_t s = (uint32_t)random_below(4);
            int64_t dq = random_below(2000) - 1000;
            int64_t fee = random_below(1000) - 100;
            int64_t notional;
            price[i] += random_below(2001) - 1000;
            if (dq) {
                valuation_money(ledger_valuation(l, i), dq < 0 ? -dq : dq, price[i], &notional);
                expected -= (dq < 0 ? -notional : notional) + fee;
                fill(l, s, i, dq, price[i], fee);
            }
            ck_assert_int_eq(ledger_mark(l, i, price[i]), QN_OK);
            if (i == 0 && ledger_net(l, 0)->qty) {
                qn_payment p = {.hdr = {.size = sizeof p}, .amount = random_below(500) - 250};
                ck_assert_int_eq(ledger_payment(l, &p), QN_OK);
                expected += p.amount;
            }
            ck_assert_int_eq(ledger_check(l, NULL), QN_OK);
        }
        for (uint32_t i = 0; i < 2; i++)
            expected += ledger_net(l, i)->value;
        ck_assert_int_eq(account_equity(ledger_account(l, 0)), expected);
        ledger_free(l);
    }
}
END_TEST

CHECK_MAIN("ledger", a_linear_position_by_hand, spot_spends_cash,
           strategies_add_up_while_the_account_nets_them, funding_is_shared_to_the_last_unit,
           what_does_not_fit_is_refused_and_changes_nothing,
           parts_that_fit_can_add_up_to_what_does_not, equity_that_does_not_fit_is_refused,
           equity_is_told_though_what_it_is_summed_up_from_does_not_fit,
           a_reversal_is_booked_though_its_change_does_not_fit, equity_is_what_the_cash_flows_say)
