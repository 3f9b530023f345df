/* SPDX-License-Identifier: MIT
 *
 * An execution algorithm in a page: an approved parent in, its children out.
 *
 *   static void on_parent(mine *x, const qn_parent *p, const qn_child_out *out)
 *   {
 *       if (p->state == QN_ORDER_ACCEPTED)
 *           qn_child_send(out, p->order_id, (qn_child){.type = QN_MARKET, .qty = p->qty});
 *   }
 *   QN_EXECUTION(mine, "execution/mine", "1.0.0", "MIT", .name = "Mine",
 *                .params = QN_TABLE(params), .state = QN_STATE(1, fields), .on_parent = on_parent)
 *
 * What may follow the license stands in <quoin/sdk/class.h>; the callbacks are those of
 * QN_EXECUTION_CALLBACKS. */
#ifndef QUOIN_SDK_EXECUTION_H
#define QUOIN_SDK_EXECUTION_H

#include <quoin/execution.h>
#include <quoin/sdk/class.h>
#include <quoin/sdk/features.h>

/* The callbacks, each with the author's own type first. All may be left out. */
#define QN_EXECUTION_CALLBACKS(T)                                                                  \
    QN_MARKET_CALLBACKS(T, qn_child_out)                                                           \
    void (*on_parent)(T * self, const qn_parent *ev,                                               \
                      const qn_child_out *out); /* [event & active] */                             \
    void (*on_order)(T * self, const qn_order_report *ev,                                          \
                     const qn_child_out *out);                             /* [event & active] */  \
    void (*on_fill)(T * self, const qn_fill *ev, const qn_child_out *out); /* [event & active] */  \
    void (*on_timer)(T * self, const qn_timer *ev,                                                 \
                     const qn_child_out *out); /* [event & active] */                              \
    /* every other type, and those above that have no callback of their own */                     \
    void (*on_other)(T * self, const qn_event *ev, const qn_child_out *out); /* [event & active] */

/* A class, for a module that has several and writes its own note and entry. */
#define QN_EXECUTION_CLASS(T, ID, VERSION, LICENSE, ...)                                           \
    QN_CLASS_DECLARE(T, , QN_EXECUTION_CALLBACKS(T))                                               \
    static int32_t T##_on_event_(void *self, const qn_event *ev, const qn_child_out *out)          \
    {                                                                                              \
        switch (ev->type) {                                                                        \
            QN_MARKET_CASES(T)                                                                     \
            QN_CLASS_CASE(T, PARENT, qn_parent, on_parent)                                         \
            QN_CLASS_CASE(T, ORDER, qn_order_report, on_order)                                     \
            QN_CLASS_CASE(T, FILL, qn_fill, on_fill)                                               \
            QN_CLASS_CASE(T, TIMER, qn_timer, on_timer)                                            \
        default:                                                                                   \
            break;                                                                                 \
        }                                                                                          \
        QN_CLASS_OTHER(T)                                                                          \
    }                                                                                              \
    static const qn_execution T##_table_ = {sizeof(qn_execution), 0, T##_on_event_};               \
    QN_CLASS_DEFINE(T, (QN_CLASS_HEAD(T, ID, QN_KIND_EXECUTION, VERSION, LICENSE, &T##_table_)),   \
                    __VA_ARGS__)

/* A module of one execution algorithm. */
#define QN_EXECUTION(T, ID, VERSION, LICENSE, ...)                                                 \
    QN_EXECUTION_CLASS(T, ID, VERSION, LICENSE, __VA_ARGS__);                                      \
    QN_CLASS_MODULE(T, QN_TIER_PURE, ID, QN_KIND_EXECUTION, VERSION, LICENSE)

/* ------------------------------------------------------------------ children, one line each */

/* Send a child of `parent_id` whose other members `child` names. Returns what send returns: its
 * order id, or an error. [event & active] */
static inline int64_t qn_child_send(const qn_child_out *out, uint64_t parent_id, qn_child child)
{
    child.size = sizeof child;
    child.parent_id = parent_id;
    return out->send(out->ctx, &child);
}

/* Cancel a working child. QN_OK or QN_E_INTENT_ORDER. [event & active] */
static inline int32_t qn_child_cancel(const qn_child_out *out, uint64_t order_id)
{
    return out->cancel(out->ctx, order_id);
}

/* Give up what is left of a parent. QN_OK or QN_E_INTENT_ORDER. [event & active] */
static inline int32_t qn_parent_finish(const qn_child_out *out, uint64_t parent_id)
{
    return out->finish(out->ctx, parent_id);
}

#endif
