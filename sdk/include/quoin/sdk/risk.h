/* SPDX-License-Identifier: MIT
 *
 * A risk module in a page: judges orders, counts events, halts.
 *
 *   static int32_t check(const mine *r, const qn_proposal *p, qn_answer *answer)
 *   {
 *       if (p->notional > r->limit)
 *           return qn_reject(answer, QN_REASON_LIMIT_ORDER_NOTIONAL, limit, value);
 *       return QN_OK;                                   as it stands, the answer allows
 *   }
 *   QN_RISK(mine, "risk/mine", "1.0.0", "MIT", .name = "Mine", .params = QN_TABLE(params),
 *           .state = QN_STATE(1, fields), .check = check, .on_verdict = on_verdict)
 *
 * What may follow the license stands in <quoin/sdk/class.h>; the callbacks are those of
 * QN_RISK_CALLBACKS. */
#ifndef QUOIN_SDK_RISK_H
#define QUOIN_SDK_RISK_H

#include <quoin/risk.h>
#include <quoin/sdk/class.h>

/* The callbacks, each with the author's own type first. All may be left out; without `check`
 * every order is allowed. on_market is given all that the market sends, whatever its type. */
#define QN_RISK_CALLBACKS(T)                                                                       \
    int32_t (*check)(const T *self, const qn_proposal *proposal,                                   \
                     qn_answer *answer); /* [event & active] */                                    \
    void (*on_market)(T * self, const qn_event *ev,                                                \
                      const qn_risk_out *out); /* [event & active] */                              \
    void (*on_order)(T * self, const qn_order_report *ev,                                          \
                     const qn_risk_out *out);                             /* [event & active] */   \
    void (*on_fill)(T * self, const qn_fill *ev, const qn_risk_out *out); /* [event & active] */   \
    void (*on_payment)(T * self, const qn_payment *ev,                                             \
                       const qn_risk_out *out); /* [event & active] */                             \
    void (*on_verdict)(T * self, const qn_verdict *ev,                                             \
                       const qn_risk_out *out);                           /* [event & active] */   \
    void (*on_halt)(T * self, const qn_halt *ev, const qn_risk_out *out); /* [event & active] */   \
    /* every other type, and those above that have no callback of their own */                     \
    void (*on_other)(T * self, const qn_event *ev, const qn_risk_out *out); /* [event & active] */

/* A class, for a module that has several and writes its own note and entry. */
#define QN_RISK_CLASS(T, ID, VERSION, LICENSE, ...)                                                \
    QN_CLASS_DECLARE(T, , QN_RISK_CALLBACKS(T))                                                    \
    static int32_t T##_check_(const void *self, const qn_proposal *proposal, qn_answer *answer)    \
    {                                                                                              \
        return T##_class_.check ? T##_class_.check((const T *)self, proposal, answer) : QN_OK;     \
    }                                                                                              \
    static int32_t T##_on_event_(void *self, const qn_event *ev, const qn_risk_out *out)           \
    {                                                                                              \
        switch (ev->type) {                                                                        \
            QN_CLASS_CASE(T, BAR, qn_event, on_market)                                             \
            QN_CLASS_CASE(T, TRADE, qn_event, on_market)                                           \
            QN_CLASS_CASE(T, QUOTE, qn_event, on_market)                                           \
            QN_CLASS_CASE(T, DEPTH, qn_event, on_market)                                           \
            QN_CLASS_CASE(T, MARK, qn_event, on_market)                                            \
            QN_CLASS_CASE(T, INDEX, qn_event, on_market)                                           \
            QN_CLASS_CASE(T, FUNDING, qn_event, on_market)                                         \
            QN_CLASS_CASE(T, LIQUIDATION, qn_event, on_market)                                     \
            QN_CLASS_CASE(T, ORDER, qn_order_report, on_order)                                     \
            QN_CLASS_CASE(T, FILL, qn_fill, on_fill)                                               \
            QN_CLASS_CASE(T, PAYMENT, qn_payment, on_payment)                                      \
            QN_CLASS_CASE(T, VERDICT, qn_verdict, on_verdict)                                      \
            QN_CLASS_CASE(T, HALT, qn_halt, on_halt)                                               \
        default:                                                                                   \
            break;                                                                                 \
        }                                                                                          \
        QN_CLASS_OTHER(T)                                                                          \
    }                                                                                              \
    static const qn_risk T##_table_ = {sizeof(qn_risk), 0, T##_check_, T##_on_event_};             \
    QN_CLASS_DEFINE(T, (QN_CLASS_HEAD(T, ID, QN_KIND_RISK, VERSION, LICENSE, &T##_table_)),        \
                    __VA_ARGS__)

/* A module of one risk class. */
#define QN_RISK(T, ID, VERSION, LICENSE, ...)                                                      \
    QN_RISK_CLASS(T, ID, VERSION, LICENSE, __VA_ARGS__);                                           \
    QN_CLASS_MODULE(T, QN_TIER_PURE, ID, QN_KIND_RISK, VERSION, LICENSE)

/* ------------------------------------------------------------------ answers, one line each */

/* Reject. `limit` and `value` are what was compared. Returns QN_OK, for `return qn_reject(...)`. */
static inline int32_t qn_reject(qn_answer *answer, uint32_t reason, double limit, double value)
{
    answer->action = QN_REJECT;
    answer->reason = reason;
    answer->limit = limit;
    answer->value = value;
    return QN_OK;
}

/* Allow `qty` of what was asked, 0 < qty < asked. Returns QN_OK. */
static inline int32_t qn_reduce(qn_answer *answer, int64_t qty, uint32_t reason, double limit,
                                double value)
{
    answer->action = QN_REDUCE;
    answer->reason = reason;
    answer->qty = qty;
    answer->limit = limit;
    answer->value = value;
    return QN_OK;
}

/* Halt trading. Returns what halt returns. [event & active] */
static inline int32_t qn_risk_halt(const qn_risk_out *out, uint32_t reason, double limit,
                                   double value)
{
    return out->halt(out->ctx, reason, limit, value);
}

#endif
