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
 * The macro emits the class, the module, the note and the entry point. Everything behind the
 * license is optional and comes as designated initialisers: the members of qn_class that a
 * person writes (name, doc, needs, params, exts), `.state = QN_STATE(1, fields)`, and the
 * callbacks of QN_STRATEGY_CALLBACKS. */
#ifndef QUOIN_SDK_STRATEGY_H
#define QUOIN_SDK_STRATEGY_H

#include <quoin/sdk/fail.h>
#include <quoin/sdk/fields.h>
#include <quoin/strategy.h>

/* The callbacks, each with the author's own type first. All may be left out. Those with an
 * `out` may push intents to it. */
#define QN_STRATEGY_CALLBACKS(T)                                                                   \
    /* Parameters are filled in: check them together, take memory. On error say why. */            \
    int32_t (*configure)(T * self, const qn_setup *setup, qn_err *err); /* [control & !active] */  \
    int64_t (*lookback)(const T *self, int64_t bar_length);             /* [control & !active] */  \
    void (*on_bar)(T * self, const qn_bar *ev, const qn_out *out);      /* [event & active] */     \
    void (*on_trade)(T * self, const qn_trade *ev, const qn_out *out);  /* [event & active] */     \
    void (*on_quote)(T * self, const qn_quote *ev, const qn_out *out);  /* [event & active] */     \
    void (*on_depth)(T * self, const qn_depth *ev, const qn_out *out);  /* [event & active] */     \
    void (*on_mark)(T * self, const qn_mark *ev, const qn_out *out);    /* [event & active] */     \
    void (*on_funding)(T * self, const qn_funding *ev, const qn_out *out); /* [event & active] */  \
    void (*on_timer)(T * self, const qn_timer *ev, const qn_out *out);     /* [event & active] */  \
    void (*on_order)(T * self, const qn_order_report *ev,                                          \
                     const qn_out *out);                             /* [event & active] */        \
    void (*on_fill)(T * self, const qn_fill *ev, const qn_out *out); /* [event & active] */        \
    /* every other type, and those above that have no callback of their own */                     \
    void (*on_other)(T * self, const qn_event *ev, const qn_out *out); /* [event & active] */

/* `.state = QN_STATE(layout, table of qn_field)`, with layouts back to 1 being read. */
#define QN_STATE(layout, table)                                                                    \
    {(table), (uint32_t)(sizeof(table) / sizeof((table)[0])), 0}, .schema = (layout),              \
                                                                  .schema_min = 1

/* One case of the dispatch below. */
#define QN_STRATEGY_CASE(T, TYPE, type, callback)                                                  \
    case QN_EVENT_##TYPE:                                                                          \
        if (!T##_class_.callback) break;                                                           \
        T##_class_.callback((T *)self, (const type *)(const void *)ev, out);                       \
        return QN_OK;

/* Declares struct T_class_, which is a qn_class with the typed callbacks behind it: its
 * members come from the same macro, so its beginning has the layout of qn_class. The thunks
 * below are resolved at compile time, because the struct is constant. */
#define QN_STRATEGY_CLASS(T, ID, VERSION, LICENSE, ...)                                            \
    struct T##_class_ {                                                                            \
        QN_CLASS_MEMBERS                                                                           \
        qn_fields state;                                                                           \
        QN_STRATEGY_CALLBACKS(T)                                                                   \
    };                                                                                             \
    static const struct T##_class_ T##_class_;                                                     \
    static int32_t T##_create_(void *self, const qn_setup *setup, qn_err *err)                     \
    {                                                                                              \
        return T##_class_.configure ? T##_class_.configure((T *)self, setup, err) : QN_OK;         \
    }                                                                                              \
    static int32_t T##_save_(const void *self, const qn_stream *to, qn_err *err)                   \
    {                                                                                              \
        return qn_fields_save(&T##_class_.state, self, to, err);                                   \
    }                                                                                              \
    static int32_t T##_load_(void *self, uint32_t schema, const qn_stream *from, qn_err *err)      \
    {                                                                                              \
        return qn_fields_load(&T##_class_.state, self, schema, from, err);                         \
    }                                                                                              \
    static int64_t T##_lookback_(const void *self, int64_t bar_length)                             \
    {                                                                                              \
        return T##_class_.lookback ? T##_class_.lookback((const T *)self, bar_length) : 0;         \
    }                                                                                              \
    static int32_t T##_on_event_(void *self, const qn_event *ev, const qn_out *out)                \
    {                                                                                              \
        switch (ev->type) {                                                                        \
            QN_STRATEGY_CASE(T, BAR, qn_bar, on_bar)                                               \
            QN_STRATEGY_CASE(T, TRADE, qn_trade, on_trade)                                         \
            QN_STRATEGY_CASE(T, QUOTE, qn_quote, on_quote)                                         \
            QN_STRATEGY_CASE(T, DEPTH, qn_depth, on_depth)                                         \
            QN_STRATEGY_CASE(T, MARK, qn_mark, on_mark)                                            \
            QN_STRATEGY_CASE(T, FUNDING, qn_funding, on_funding)                                   \
            QN_STRATEGY_CASE(T, TIMER, qn_timer, on_timer)                                         \
            QN_STRATEGY_CASE(T, ORDER, qn_order_report, on_order)                                  \
            QN_STRATEGY_CASE(T, FILL, qn_fill, on_fill)                                            \
        default:                                                                                   \
            break;                                                                                 \
        }                                                                                          \
        if (T##_class_.on_other) T##_class_.on_other((T *)self, ev, out);                          \
        return QN_OK;                                                                              \
    }                                                                                              \
    static const qn_strategy T##_table_ = {sizeof(qn_strategy), 0, T##_on_event_, T##_lookback_};  \
    static const struct T##_class_ T##_class_ = {.size = sizeof(qn_class),                         \
                                                 .id = ID,                                         \
                                                 .kind = QN_KIND_STRATEGY,                         \
                                                 .version = VERSION,                               \
                                                 .license = LICENSE,                               \
                                                 .table = &T##_table_,                             \
                                                 .instance_size = sizeof(T),                       \
                                                 .instance_align = _Alignof(T),                    \
                                                 .create = T##_create_,                            \
                                                 .save = T##_save_,                                \
                                                 .load = T##_load_,                                \
                                                 __VA_ARGS__}

/* A module of one strategy. */
#define QN_STRATEGY(T, ID, VERSION, LICENSE, ...)                                                  \
    QN_STRATEGY_CLASS(T, ID, VERSION, LICENSE, __VA_ARGS__);                                       \
    static const qn_class *const T##_classes_[] = {(const qn_class *)(const void *)&T##_class_};   \
    QN_NOTE(QN_TIER_PURE, 1, QN_NOTE_CLASS(ID, QN_KIND_STRATEGY, VERSION, LICENSE));               \
    QN_ENTRY(T##_classes_)

/* ------------------------------------------------------------------ intents, one line each */

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
