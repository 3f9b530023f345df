/* SPDX-License-Identifier: MIT
 *
 * risk/limits, rule by rule. Prices stand at 100.00, equity at 1,000; 1.000 units are worth 100. */
#include "limits.h"

#include "check_main.h"

#include <string.h>

#define UNIT INT64_C(1000)       /* one unit, mantissa */
#define MONEY INT64_C(100000000) /* 1.00, mantissa */
#define HOUR (3600 * QN_NS_PER_S)

static fake_host h;
static qn_answer answer;

static void open_limits(const char *params)
{
    if (h.bench) fake_close(&h);
    fake_init(&h, 4);
    fake_account(&h);
    h.exposures[3].account = 1;
    for (int i = 0; i < 4; i++)
        h.exposures[i].mark = 10000;
    ck_assert_int_eq(fake_open(&h, "risk/limits", params, NULL), QN_OK);
}

static void expect_error(const char *params, int32_t code, const char *text)
{
    qn_err err = QN_ERR_INIT;

    if (h.bench) fake_close(&h);
    fake_init(&h, 1);
    ck_assert_int_eq(fake_open(&h, "risk/limits", params, &err), code);
    ck_assert_msg(strstr(err.msg, text), "%s", err.msg);
}

/* A market order over `qty` units, in thousandths; < 0 sells. Returns what is allowed, signed. */
static int64_t market(uint32_t instrument, int64_t qty)
{
    uint32_t side = qty > 0 ? QN_BUY : QN_SELL;
    qn_proposal p = proposal_of(&h, instrument, side, qty > 0 ? qty : -qty, 0);

    return qn_sign(side) * ask(&h, &p, &answer);
}

static int64_t market_at(int64_t ts_ns, int64_t qty)
{
    uint32_t side = qty > 0 ? QN_BUY : QN_SELL;
    qn_proposal p = proposal_of(&h, 0, side, qty > 0 ? qty : -qty, 0);

    p.ts_ns = ts_ns;
    return qn_sign(side) * ask(&h, &p, &answer);
}

static void expect(uint32_t reason, double limit, double value)
{
    ck_assert_uint_eq(answer.reason, reason);
    ck_assert_double_eq_tol(answer.limit, limit, 1e-9);
    ck_assert_double_eq_tol(answer.value, value, 1e-9);
}

static void equity_at(int64_t ts_ns, int64_t equity)
{
    h.accounts[0].equity = equity * MONEY;
    fake_market(&h, 0, ts_ns);
}

/* ------------------------------------------------------------------ rules */

START_TEST(nothing_is_limited_unless_it_is_set)
{
    open_limits("");
    h.accounts[0].equity = -1;
    ck_assert_int_eq(market(0, INT64_MAX), INT64_MAX);
    ck_assert_int_eq(market(0, -INT64_MAX), -INT64_MAX);
    h.exposures[0].mark = 0;
    ck_assert_int_eq(market(0, 5 * UNIT), 5 * UNIT);
    h.exposures[0].qty = INT64_MAX;
    h.exposures[0].buying = INT64_MAX;
    ck_assert_int_eq(market(0, INT64_MAX), INT64_MAX);
    equity_at(0, 1000);
    equity_at(1, 1);
    ck_assert_uint_eq(h.nhalts, 0);
}
END_TEST

START_TEST(position)
{
    open_limits("max_position=2");
    ck_assert_int_eq(market(0, 2 * UNIT), 2 * UNIT);
    ck_assert_int_eq(market(0, 3 * UNIT), 2 * UNIT);
    expect(QN_REASON_LIMIT_POSITION, 2, 3);
    ck_assert_int_eq(market(1, -3 * UNIT), -2 * UNIT);
    h.exposures[0].qty = UNIT;
    h.exposures[0].buying = 500;
    h.exposures[0].selling = 300; /* may not fill: makes no room for buys */
    ck_assert_int_eq(market(0, 2 * UNIT), 500);
    expect(QN_REASON_LIMIT_POSITION, 2, 3.5);
    ck_assert_int_eq(market(0, -5 * UNIT), -2700); /* 0.7 closes, 2 more are short */
    h.exposures[0].buying = UNIT;
    ck_assert_int_eq(market(0, 1), 0);
    expect(QN_REASON_LIMIT_POSITION, 2, 2.001);
    h.exposures[0] = (qn_exposure){.size = sizeof(qn_exposure), .qty = 5 * UNIT, .mark = 10000};
    ck_assert_int_eq(market(0, -5 * UNIT), -5 * UNIT); /* an exit is never blocked */
    ck_assert_int_eq(market(0, -9 * UNIT), -7 * UNIT);
    ck_assert_int_eq(market(0, 1), 0);
}
END_TEST

START_TEST(position_in_money)
{
    qn_proposal p;

    open_limits("max_position_notional=150");
    ck_assert_int_eq(market(0, 3 * UNIT), 1500);
    expect(QN_REASON_LIMIT_POSITION, 150, 300);
    ck_assert_int_eq(market(0, 1500), 1500);
    h.exposures[0].mark = 30000;
    ck_assert_int_eq(market(0, 1500), 500);
    h.exposures[0].mark = 0;
    ck_assert_int_eq(market(0, 1), 0);
    expect(QN_REASON_NO_PRICE, 150, 0);
    p = proposal_of(&h, 0, QN_BUY, 2 * UNIT, 10000); /* its own price, where there is no mark */
    ck_assert_int_eq(ask(&h, &p, &answer), 1500);
    h.exposures[0].qty = -4 * UNIT;
    ck_assert_int_eq(market(0, 4 * UNIT), 4 * UNIT);
}
END_TEST

START_TEST(order_notional)
{
    open_limits("max_order_notional=100");
    ck_assert_int_eq(market(0, UNIT), UNIT);
    ck_assert_int_eq(market(0, UNIT + 1), 0);
    expect(QN_REASON_LIMIT_ORDER_NOTIONAL, 100, 100.1);
    ck_assert_int_eq(market(0, INT64_MAX), 0);
    h.exposures[0].qty = -5 * UNIT;
    ck_assert_int_eq(market(0, 3 * UNIT), 3 * UNIT);
    ck_assert_int_eq(market(0, 8 * UNIT), 5 * UNIT); /* the part that closes is let through */
    ck_assert_int_eq(market(0, -2 * UNIT), 0);
    h.exposures[1].mark = 0;
    ck_assert_int_eq(market(1, 1), 0);
    expect(QN_REASON_NO_PRICE, 100, 0);
}
END_TEST

START_TEST(a_mistake_is_not_reduced_to_a_wish)
{
    open_limits("max_order_notional=1000 max_position=2");
    ck_assert_int_eq(market(0, 3 * UNIT), 2 * UNIT);
    ck_assert_int_eq(market(0, 3000 * UNIT), 0);
    expect(QN_REASON_LIMIT_ORDER_NOTIONAL, 1000, 300000);
}
END_TEST

START_TEST(gross)
{
    open_limits("max_gross=1.5");
    h.exposures[1].qty = -5 * UNIT;
    h.exposures[3].qty = 900 * UNIT; /* another account's */
    ck_assert_int_eq(market(0, 10 * UNIT), 10 * UNIT);
    ck_assert_int_eq(market(0, 12 * UNIT), 10 * UNIT);
    expect(QN_REASON_LIMIT_GROSS, 1.5, 1.7);
    h.exposures[1].selling = 2 * UNIT;
    h.exposures[1].buying = 3 * UNIT; /* nobody knows whether it fills: the worst case is -7 */
    ck_assert_int_eq(market(0, -12 * UNIT), -8 * UNIT);
    h.exposures[1].selling = 0;
    h.exposures[1].buying = 11 * UNIT; /* the worst case is +6 */
    ck_assert_int_eq(market(0, -12 * UNIT), -9 * UNIT);
    h.exposures[1].buying = 0;
    h.accounts[0].equity = 100 * MONEY;
    ck_assert_int_eq(market(0, 1), 0);
    expect(QN_REASON_LIMIT_GROSS, 1.5, 5.001);
    ck_assert_int_eq(market(1, 5 * UNIT), 5 * UNIT);
    ck_assert_int_eq(market(1, 7 * UNIT), 6500); /* 5 close, 1.5 are worth 150 */
    ck_assert_int_eq(market(1, -1), 0);
    h.exposures[1].mark = 0;
    ck_assert_int_eq(market(0, 1), 0);
    expect(QN_REASON_NO_PRICE, 1.5, 0);
}
END_TEST

START_TEST(net)
{
    open_limits("max_net=0.5");
    h.exposures[0].qty = 8 * UNIT;
    ck_assert_int_eq(market(1, 1), 0);
    expect(QN_REASON_LIMIT_NET, 0.5, 0.8001);
    ck_assert_int_eq(market(1, -20 * UNIT), -13 * UNIT); /* a hedge is no exposure */
    expect(QN_REASON_LIMIT_NET, 0.5, 1.2);
    h.exposures[2].selling = 4 * UNIT;
    h.exposures[2].buying = 90 * UNIT; /* of the other direction */
    ck_assert_int_eq(market(1, -20 * UNIT), -9 * UNIT);
    ck_assert_int_eq(market(0, -8 * UNIT), -8 * UNIT);
}
END_TEST

START_TEST(no_equity_no_exposure)
{
    open_limits("max_gross=3");
    h.accounts[0].equity = 0;
    ck_assert_int_eq(market(0, 1), 0);
    expect(QN_REASON_RUINED, 0, 0);
    h.accounts[0].equity = -5 * MONEY;
    h.exposures[0].qty = UNIT;
    ck_assert_int_eq(market(0, -UNIT), -UNIT);
    ck_assert_int_eq(market(0, -2 * UNIT), -UNIT);
    expect(QN_REASON_RUINED, 0, -5);
    open_limits("max_position=1");
    h.accounts[0].equity = -5 * MONEY;
    ck_assert_int_eq(market(0, UNIT), UNIT);
}
END_TEST

START_TEST(daily_loss)
{
    int64_t day = QN_NS_PER_DAY;

    open_limits("max_daily_loss=0.1");
    ck_assert_int_eq(market_at(0, UNIT), UNIT); /* nothing was seen yet */
    equity_at(10 * HOUR, 1000);
    equity_at(24 * HOUR - 1, 1100); /* the last one before midnight */
    equity_at(day, 1000);
    ck_assert_int_eq(market_at(day, UNIT), UNIT);
    equity_at(day + HOUR, 991);
    ck_assert_int_eq(market_at(day + HOUR, UNIT), UNIT);
    equity_at(day + HOUR, 990);
    ck_assert_int_eq(market_at(day + HOUR, UNIT), 0);
    expect(QN_REASON_LIMIT_DAILY_LOSS, 0.1, 0.1);
    ck_assert_uint_eq(answer.halt, 0);
    h.exposures[0].qty = UNIT;
    ck_assert_int_eq(market_at(day + HOUR, -UNIT), -UNIT);
    ck_assert_int_eq(market_at(day + HOUR, -3 * UNIT), -UNIT);
    fake_reload(&h);
    ck_assert_int_eq(market_at(day + HOUR, UNIT), 0);
    ck_assert_int_eq(market_at(2 * day, UNIT), UNIT); /* a new day, before any event of it */
    equity_at(2 * day + 1, 880);
    ck_assert_int_eq(market_at(2 * day + 1, UNIT), 0); /* 110 of 990 */
    ck_assert_uint_eq(h.nhalts, 0);
}
END_TEST

START_TEST(daily_loss_halts_once_a_day)
{
    int64_t day = QN_NS_PER_DAY;

    open_limits("max_daily_loss=0.1 halt_on_daily_loss=true");
    equity_at(0, 1000);
    equity_at(1, 900);
    equity_at(2, 899);
    ck_assert_uint_eq(h.nhalts, 1);
    ck_assert_uint_eq(h.halts[0].reason, QN_REASON_LIMIT_DAILY_LOSS);
    ck_assert_double_eq_tol(h.halts[0].limit, 0.1, 1e-12);
    ck_assert_double_eq_tol(h.halts[0].value, 0.1, 1e-12);
    tell_resume(&h);
    fake_reload(&h);
    equity_at(3, 898);
    ck_assert_uint_eq(h.nhalts, 1);
    ck_assert_int_eq(market_at(3, UNIT), 0); /* resumed, but nothing is added until midnight */
    ck_assert_uint_eq(answer.halt, 0);
    equity_at(day, 800);
    ck_assert_uint_eq(h.nhalts, 2);
    expect_error("halt_on_daily_loss=true", QN_E_MISSING, "needs max_daily_loss");
}
END_TEST

START_TEST(drawdown_halts)
{
    open_limits("max_drawdown=0.2");
    equity_at(0, 1000);
    equity_at(1, 1200);
    equity_at(2, 961);
    ck_assert_int_eq(market_at(2, UNIT), UNIT);
    tell_resume(&h); /* of another halt: the peak stays */
    equity_at(3, 960);
    ck_assert_uint_eq(h.nhalts, 1);
    ck_assert_uint_eq(h.halts[0].reason, QN_REASON_LIMIT_DRAWDOWN);
    ck_assert_double_eq_tol(h.halts[0].value, 0.2, 1e-12);
    ck_assert_int_eq(market_at(3, UNIT), 0);
    expect(QN_REASON_LIMIT_DRAWDOWN, 0.2, 0.2);
    ck_assert_uint_eq(answer.halt, 1);
    equity_at(4, 900);
    ck_assert_uint_eq(h.nhalts, 1);
    fake_reload(&h);
    tell_resume(&h); /* from 900 on */
    equity_at(5, 721);
    ck_assert_int_eq(market_at(5, UNIT), UNIT);
    ck_assert_uint_eq(h.nhalts, 1);
    equity_at(6, 720);
    ck_assert_uint_eq(h.nhalts, 2);
}
END_TEST

START_TEST(a_fill_and_a_payment_are_losses_too)
{
    qn_fill fill = {.hdr = {.size = sizeof fill, .type = QN_EVENT_FILL, .ts_ns = 1}};
    qn_payment payment = {.hdr = {.size = sizeof payment, .type = QN_EVENT_PAYMENT, .ts_ns = 2}};

    open_limits("max_drawdown=0.2");
    equity_at(0, 1000);
    h.accounts[0].equity = 800 * MONEY;
    ck_assert_int_eq(fake_event(&h, &fill.hdr), QN_OK);
    ck_assert_uint_eq(h.nhalts, 1);
    tell_resume(&h);
    h.accounts[0].equity = 640 * MONEY;
    ck_assert_int_eq(fake_event(&h, &payment.hdr), QN_OK);
    ck_assert_uint_eq(h.nhalts, 2);
}
END_TEST

static int64_t rated(int64_t ts_ns, uint32_t stage, uint32_t flags)
{
    qn_proposal p = proposal_of(&h, 0, QN_BUY, UNIT, 0);
    int64_t allowed;

    p.ts_ns = ts_ns;
    p.stage = stage;
    p.flags = flags;
    allowed = ask(&h, &p, &answer);
    tell_verdict(&h, &p, allowed ? QN_ALLOW : QN_REJECT);
    return allowed;
}

START_TEST(order_rate)
{
    int64_t s = QN_NS_PER_S;

    open_limits("max_orders=2 per=1s");
    ck_assert_int_eq(rated(0, BOTH, 0), UNIT);
    ck_assert_int_eq(rated(0, QN_STAGE_INTENT, 0), UNIT); /* is no order yet */
    ck_assert_int_eq(rated(s / 2, QN_STAGE_ORDER, 0), UNIT);
    ck_assert_int_eq(rated(s - 1, BOTH, 0), 0);
    expect(QN_REASON_LIMIT_ORDER_RATE, 2, 3);
    fake_reload(&h);
    ck_assert_int_eq(rated(s - 1, BOTH, 0), 0);
    ck_assert_int_eq(rated(s - 1, BOTH, QN_CLOSE_OUT), UNIT); /* counts, all the same */
    ck_assert_int_eq(rated(s, BOTH, 0), 0);
    ck_assert_int_eq(rated(s + s / 2, BOTH, 0), UNIT);
    ck_assert_int_eq(rated(s + s / 2, BOTH, 0), 0);
    h.exposures[0].qty = -5 * UNIT;
    ck_assert_int_eq(rated(s + s / 2, BOTH, 0), 0); /* exits wait as well */
}
END_TEST

static int64_t priced(uint32_t side, int64_t price)
{
    qn_proposal p = proposal_of(&h, 0, side, UNIT, price);

    return ask(&h, &p, &answer);
}

START_TEST(price_band)
{
    open_limits("price_band=0.05");
    ck_assert_int_eq(priced(QN_BUY, 10500), UNIT);
    ck_assert_int_eq(priced(QN_BUY, 10501), 0);
    expect(QN_REASON_PRICE_BOUND, 0.05, 0.0501);
    ck_assert_int_eq(priced(QN_BUY, 1), UNIT); /* far on the better side: it waits there */
    ck_assert_int_eq(priced(QN_SELL, 9500), UNIT);
    ck_assert_int_eq(priced(QN_SELL, 9499), 0);
    ck_assert_int_eq(priced(QN_SELL, INT64_MAX), UNIT);
    ck_assert_int_eq(priced(QN_BUY, INT64_MAX), 0);
    h.exposures[0].qty = -UNIT;
    ck_assert_int_eq(priced(QN_BUY, 10501), 0);
    ck_assert_int_eq(market(0, UNIT), UNIT);
    h.exposures[0].mark = 0;
    ck_assert_int_eq(priced(QN_BUY, 100), 0);
    expect(QN_REASON_NO_PRICE, 0.05, 0);
}
END_TEST

START_TEST(stages)
{
    qn_proposal p;

    open_limits("max_position=1 max_order_notional=150 max_drawdown=0.5");
    p = proposal_of(&h, 0, QN_BUY, 2 * UNIT, 0);
    p.stage = QN_STAGE_INTENT;
    ck_assert_int_eq(ask(&h, &p, &answer), UNIT);
    p.stage = QN_STAGE_ORDER;
    ck_assert_int_eq(ask(&h, &p, &answer), 0);
    expect(QN_REASON_LIMIT_ORDER_NOTIONAL, 150, 200);
    equity_at(0, 1000);
    equity_at(0, 400);
    p.qty = 1;
    p.notional = 1;
    ck_assert_int_eq(ask(&h, &p, &answer), 0); /* a child whose parent came before the loss */
    expect(QN_REASON_LIMIT_DRAWDOWN, 0.5, 0.6);
}
END_TEST

/* ------------------------------------------------------------------ hostile */

#define ALL                                                                                        \
    "max_position=1000 max_position_notional=1e9 max_order_notional=1e9 max_gross=1000 "           \
    "max_net=1000 max_daily_loss=0.5 max_drawdown=0.5 price_band=1000 max_orders=10"

START_TEST(nonsense_is_an_error)
{
    qn_mark ev = {.hdr = {.size = sizeof ev, .type = QN_EVENT_MARK, .instrument = 99}};
    qn_proposal p;

    open_limits(ALL);
    p = proposal_of(&h, 0, QN_BUY, UNIT, 0);
    p.instrument = 4;
    ck_assert_int_lt(qn_bench_check(h.bench, &p, &answer), 0);
    p = proposal_of(&h, 0, QN_BUY, 0, 0);
    ck_assert_int_lt(qn_bench_check(h.bench, &p, &answer), 0);
    h.exposures[0].account = 77;
    p = proposal_of(&h, 0, QN_BUY, UNIT, 0);
    ck_assert_int_lt(qn_bench_check(h.bench, &p, &answer), 0);
    fake_market(&h, 0, 0);
    ev.price = h.exposures[0].mark;
    fake_event(&h, &ev.hdr); /* of an instrument that the books do not know */
}
END_TEST

START_TEST(huge_numbers)
{
    static const int64_t edges[] = {0, 1, 1000, INT64_MAX / 2, INT64_MAX};
    static const int64_t equities[] = {INT64_MIN, -1, 1, INT64_MAX};
    uint64_t seed = 1;

    open_limits(ALL);
    for (int n = 0; n < 20000; n++) {
        qn_proposal p;
        uint32_t side;
        int64_t qty;
        for (int i = 0; i < 4; i++) {
            int64_t sign = fake_between(&seed, 0, 1) ? 1 : -1;
            h.exposures[i].qty = sign * edges[fake_between(&seed, 0, 4)];
            h.exposures[i].buying = edges[fake_between(&seed, 0, 4)];
            h.exposures[i].selling = edges[fake_between(&seed, 0, 4)];
            h.exposures[i].mark = edges[fake_between(&seed, 0, 4)];
        }
        h.accounts[0].equity = equities[fake_between(&seed, 0, 3)];
        fake_market(&h, 0, n < 10000 ? n : n < 19000 ? INT64_MAX / 2 + n : INT64_MAX);
        h.nhalts = 0;
        side = fake_between(&seed, 0, 1) ? QN_BUY : QN_SELL;
        qty = 1 + edges[fake_between(&seed, 0, 3)];
        p = proposal_of(&h, 0, side, qty, edges[fake_between(&seed, 0, 4)]);
        p.ts_ns = fake_between(&seed, 0, 1) ? INT64_MAX : INT64_MIN;
        ck_assert(ask(&h, &p, &answer) >= (answer.reason == QN_REASON_PRICE_BOUND ||
                                                   answer.reason == QN_REASON_LIMIT_ORDER_RATE ||
                                                   answer.reason == QN_REASON_NO_PRICE
                                               ? 0
                                               : p.reducing));
    }
}
END_TEST

START_TEST(what_does_not_fit_64_bits_exceeds)
{
    open_limits("max_position_notional=1000 max_gross=3");
    h.exposures[0].qty = h.exposures[0].buying = INT64_MAX;
    ck_assert_int_eq(market(0, 5), 0);
    expect(QN_REASON_LIMIT_POSITION, 1000, (double)INT64_MAX / MONEY);
    open_limits("max_gross=3");
    h.exposures[1].qty = h.exposures[1].buying = INT64_MAX;
    ck_assert_int_eq(market(0, 1), 0);
    ck_assert_uint_eq(answer.reason, QN_REASON_LIMIT_GROSS);
}
END_TEST

START_TEST(limits_are_never_rounded_up)
{
    open_limits("max_position=1.0009"); /* finer than a mantissa */
    ck_assert_int_eq(market(0, 2 * UNIT), UNIT);
    open_limits("max_position=1e18 max_order_notional=1e18"); /* beyond every integer: no limit */
    ck_assert_int_eq(market(0, INT64_MAX), INT64_MAX);
    expect_error("max_position=0.0009", QN_E_RANGE, "max_position is smaller than");
    expect_error("max_order_notional=1e-9", QN_E_RANGE, "max_order_notional is smaller than");
    expect_error("max_position_notional=1e-18", QN_E_RANGE, "max_position_notional is smaller");
}
END_TEST

CHECK_MAIN("limits", nothing_is_limited_unless_it_is_set, position, position_in_money,
           order_notional, a_mistake_is_not_reduced_to_a_wish, gross, net, no_equity_no_exposure,
           daily_loss, daily_loss_halts_once_a_day, drawdown_halts,
           a_fill_and_a_payment_are_losses_too, order_rate, price_band, stages,
           nonsense_is_an_error, huge_numbers, what_does_not_fit_64_bits_exceeds,
           limits_are_never_rounded_up)
