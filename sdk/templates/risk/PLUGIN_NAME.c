/* SPDX-License-Identifier: MIT
 *
 * PLUGIN_NAME: no order is worth more than `max_notional`, and no more than `max_orders` add to
 * a position in a day (UTC). What only reduces a position is never stopped. */
#include <quoin/sdk/decimal.h>
#include <quoin/sdk/risk.h>

typedef struct PLUGIN_NAME { /* one instance; made by the host, zeroed */
    qn_decimal max_notional; /* parameters: filled in before configure */
    int64_t max_orders;
    int64_t most;        /* max_notional as money */
    int64_t day, orders; /* state: orders that were allowed on that day */
} PLUGIN_NAME;

static const qn_param params[] = {
    QN_PARAM(PLUGIN_NAME, max_notional, DECIMAL, "account currency", "value of one order at most",
             .def = "10000", .min = "0"),
    QN_PARAM(PLUGIN_NAME, max_orders, I64, "orders", "orders of a day at most", .def = "100",
             .min = "0"),
};

static const qn_field state[] = {QN_FIELD(PLUGIN_NAME, day), QN_FIELD(PLUGIN_NAME, orders)};

static int32_t configure(PLUGIN_NAME *r, const qn_setup *setup, qn_err *err)
{
    (void)setup;
    if (qn_decimal_at(r->max_notional, QN_MONEY_EXP, &r->most) != QN_OK)
        return qn_fail(err, QN_E_RANGE, "max_notional does not fit an amount of money");
    return QN_OK;
}

/* Reads only: the next module may still reject, so orders are counted by their verdict. */
static int32_t check(const PLUGIN_NAME *r, const qn_proposal *p, qn_answer *answer)
{
    int64_t today = r->day == p->ts_ns / QN_NS_PER_DAY ? r->orders : 0;

    if (p->reducing >= p->qty) return QN_OK;
    if (p->notional > r->most)
        return qn_reject(answer, QN_REASON_LIMIT_ORDER_NOTIONAL,
                         qn_decimal_double(r->most, QN_MONEY_EXP),
                         qn_decimal_double(p->notional, QN_MONEY_EXP));
    if (today >= r->max_orders)
        return qn_reject(answer, QN_REASON_LIMIT_ORDER_RATE, (double)r->max_orders,
                         (double)(today + 1));
    return QN_OK;
}

static void on_verdict(PLUGIN_NAME *r, const qn_verdict *v, const qn_risk_out *out)
{
    (void)out;
    if (!(v->stage & QN_STAGE_ORDER) || v->action == QN_REJECT) return;
    if (r->day != v->hdr.ts_ns / QN_NS_PER_DAY) r->orders = 0;
    r->day = v->hdr.ts_ns / QN_NS_PER_DAY;
    r->orders++;
}

QN_RISK(PLUGIN_NAME, "risk/PLUGIN_NAME", "1.0.0", "MIT", .name = "PLUGIN_NAME",
        .doc = "Limits the value of an order and the orders of a day.", .params = QN_TABLE(params),
        .state = QN_STATE(1, state), .configure = configure, .check = check,
        .on_verdict = on_verdict)
