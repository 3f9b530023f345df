/* SPDX-License-Identifier: MIT
 *
 * A strategy in a page: typed callbacks, a table of parameters, a table of state.
 *
 *   typedef struct mine { int64_t length; ... } mine;     zeroed by the host
 *   static const qn_param params[] = {QN_PARAM(mine, length, I64, "bars", "...", .def = "10")};
 *   static void on_bar(mine *s, const qn_bar *bar, const qn_out *out) { ... }
 *   QN_STRATEGY(mine, "strategy/mine", "1.0.0", "MIT", .name = "Mine", .params = QN_TABLE(params),
 *               .on_bar = on_bar)
 *
 * The macro emits the class, the module, the note and the entry point. What may follow the
 * license stands in <quoin/sdk/class.h>; the callbacks are those of QN_STRATEGY_CALLBACKS. */
#ifndef QUOIN_SDK_STRATEGY_H
#define QUOIN_SDK_STRATEGY_H

#include <quoin/sdk/class.h>
#include <quoin/sdk/features.h>
#include <quoin/strategy.h>

/* The callbacks, each with the author's own type first. All may be left out, as may configure
 * (<quoin/sdk/class.h>). Those with an `out` may push intents to it. */
#define QN_STRATEGY_CALLBACKS(T)                                                                   \
    int64_t (*lookback)(const T *self, int64_t bar_length); /* [control & !active] */              \
    QN_MARKET_CALLBACKS(T, qn_out)                                                                 \
    void (*on_timer)(T * self, const qn_timer *ev, const qn_out *out);   /* [event & active] */    \
    void (*on_result)(T * self, const qn_result *ev, const qn_out *out); /* [event & active] */    \
    void (*on_order)(T * self, const qn_order_report *ev,                                          \
                     const qn_out *out);                             /* [event & active] */        \
    void (*on_fill)(T * self, const qn_fill *ev, const qn_out *out); /* [event & active] */        \
    /* every other type, and those above that have no callback of their own */                     \
    void (*on_other)(T * self, const qn_event *ev, const qn_out *out); /* [event & active] */

/* A class, for a module that has several and writes its own note and entry. */
#define QN_STRATEGY_CLASS(T, ID, VERSION, LICENSE, ...)                                            \
    QN_CLASS_DECLARE(T, , QN_STRATEGY_CALLBACKS(T))                                                \
    static int64_t T##_lookback_(const void *self, int64_t bar_length)                             \
    {                                                                                              \
        return T##_class_.lookback ? T##_class_.lookback((const T *)self, bar_length) : 0;         \
    }                                                                                              \
    static int32_t T##_on_event_(void *self, const qn_event *ev, const qn_out *out)                \
    {                                                                                              \
        switch (ev->type) {                                                                        \
            QN_MARKET_CASES(T)                                                                     \
            QN_CLASS_CASE(T, TIMER, qn_timer, on_timer)                                            \
            QN_CLASS_CASE(T, RESULT, qn_result, on_result)                                         \
            QN_CLASS_CASE(T, ORDER, qn_order_report, on_order)                                     \
            QN_CLASS_CASE(T, FILL, qn_fill, on_fill)                                               \
        default:                                                                                   \
            break;                                                                                 \
        }                                                                                          \
        QN_CLASS_OTHER(T)                                                                          \
    }                                                                                              \
    static const qn_strategy T##_table_ = {sizeof(qn_strategy), 0, T##_on_event_, T##_lookback_};  \
    QN_CLASS_DEFINE(T, (QN_CLASS_HEAD(T, ID, QN_KIND_STRATEGY, VERSION, LICENSE, &T##_table_)),    \
                    __VA_ARGS__)

/* A module of one strategy. */
#define QN_STRATEGY(T, ID, VERSION, LICENSE, ...)                                                  \
    QN_STRATEGY_CLASS(T, ID, VERSION, LICENSE, __VA_ARGS__);                                       \
    QN_CLASS_MODULE(T, QN_TIER_PURE, ID, QN_KIND_STRATEGY, VERSION, LICENSE)

/* ------------------------------------------------------------------ intents, one line each */

/* Say what `signal` says; header filled in here. Route "portfolio". Returns what push returns.
 * [event & active] */
static inline int64_t qn_out_signal(const qn_out *out, uint32_t instrument, qn_signal signal)
{
    signal.hdr = (qn_intent){sizeof signal, QN_INTENT_SIGNAL, instrument, 0};
    return out->push(out->ctx, &signal.hdr);
}

/* Hold `qty` (signed, mantissa). Returns what push returns. [event & active] */
static inline int64_t qn_out_target(const qn_out *out, uint32_t instrument, int64_t qty)
{
    qn_target t = {.hdr = {sizeof t, QN_INTENT_TARGET, instrument, 0}, .qty = qty};

    return out->push(out->ctx, &t.hdr);
}

/* Hold `qty`, with exits for what the order opens; 0 = none. [event & active] */
static inline int64_t qn_out_target_exits(const qn_out *out, uint32_t instrument, int64_t qty,
                                          int64_t stop_loss, int64_t take_profit)
{
    qn_target t = {.hdr = {sizeof t, QN_INTENT_TARGET, instrument, 0},
                   .qty = qty,
                   .stop_loss = stop_loss,
                   .take_profit = take_profit};

    return out->push(out->ctx, &t.hdr);
}

/* Send an order whose members `order` names; header filled in here. [event & active] */
static inline int64_t qn_out_order(const qn_out *out, uint32_t instrument, qn_order_intent order)
{
    order.hdr = (qn_intent){sizeof order, QN_INTENT_ORDER, instrument, 0};
    return out->push(out->ctx, &order.hdr);
}

/* Cancel one order, or with id 0 all of the instrument. [event & active] */
static inline int64_t qn_out_cancel(const qn_out *out, uint32_t instrument, uint64_t order_id)
{
    qn_cancel c = {.hdr = {sizeof c, QN_INTENT_CANCEL, instrument, 0}, .order_id = order_id};

    return out->push(out->ctx, &c.hdr);
}

#endif
