/* SPDX-License-Identifier: MIT
 *
 * risk/rule, a test plugin: one rule of each sort, each off unless set. */
#include <quoin/sdk/risk.h>

typedef struct rule {
    int64_t most, never, bound, lifetime, halt_at, halt_on, stage;
    int64_t market, verdicts; /* seen so far */
} rule;

static const qn_param params[] = {
    QN_PARAM(rule, most, I64, "lots", "an order of more is reduced to it", .def = "0"),
    QN_PARAM(rule, never, I64, "lots", "an order of more is rejected", .def = "0"),
    QN_PARAM(rule, bound, I64, "mantissa", "worst price of what is approved", .def = "0"),
    QN_PARAM(rule, lifetime, I64, "ns", "of what is approved", .def = "0"),
    QN_PARAM(rule, halt_at, I64, "events", "number of the market event that halts trading",
             .def = "0"),
    QN_PARAM(rule, halt_on, I64, "verdicts", "number of the verdict that halts trading",
             .def = "0"),
    QN_PARAM(rule, stage, I64, "", "stages at which it looks: 1 wishes, 2 orders, 3 both",
             .def = "3"),
};

static int32_t check(const rule *m, const qn_proposal *p, qn_answer *a)
{
    if (!(p->stage & (uint32_t)m->stage)) return QN_OK;
    a->price_bound = m->bound;
    a->lifetime = m->lifetime;
    if (m->never && p->qty > m->never)
        return qn_reject(a, QN_REASON_LIMIT_ORDER_NOTIONAL, (double)m->never, (double)p->qty);
    if (m->most && p->qty > m->most)
        return qn_reduce(a, m->most, QN_REASON_LIMIT_POSITION, (double)m->most, (double)p->qty);
    return QN_OK;
}

static void on_market(rule *m, const qn_event *ev, const qn_risk_out *out)
{
    (void)ev;
    if (++m->market == m->halt_at) qn_risk_halt(out, QN_REASON_LIMIT_DRAWDOWN, 0.25, 0.5);
}

static void on_verdict(rule *m, const qn_verdict *ev, const qn_risk_out *out)
{
    (void)ev;
    if (++m->verdicts == m->halt_on) qn_risk_halt(out, QN_REASON_LIMIT_ORDER_RATE, 1, 2);
}

QN_RISK(rule, "risk/rule", "1.0.0", "MIT", .name = "Rule",
        .doc = "One rule of each sort. For tests.", .params = QN_TABLE(params), .check = check,
        .on_market = on_market, .on_verdict = on_verdict)
