/* SPDX-License-Identifier: MIT
 *
 * A model in a page: market events in, features out.
 *
 *   enum { SPREAD };                                      places in the table of features
 *   static const qn_named features[] = {QN_NAMED("spread", "fraction of the close", "...")};
 *   static void on_bar(mine *m, const qn_bar *bar, const qn_model_out *out)
 *   {
 *       qn_publish(out, bar->hdr.instrument, SPREAD, value, 2 * bar->length);
 *   }
 *   QN_MODEL(mine, "model/mine", "1.0.0", "MIT", .name = "Mine", .params = QN_TABLE(params),
 *            .features = QN_TABLE(features), .state = QN_STATE(1, fields), .on_bar = on_bar)
 *
 * What may follow the license stands in <quoin/sdk/class.h>; the callbacks are those of
 * QN_MODEL_CALLBACKS. Slow work: `.exts = QN_TABLE(exts)` with a row QN_EXT(QN_WORK, &work). */
#ifndef QUOIN_SDK_MODEL_H
#define QUOIN_SDK_MODEL_H

#include <quoin/model.h>
#include <quoin/sdk/class.h>
#include <quoin/sdk/features.h>

/* The callbacks, each with the author's own type first. All may be left out. */
#define QN_MODEL_CALLBACKS(T)                                                                      \
    int64_t (*lookback)(const T *self, int64_t bar_length); /* [control & !active] */              \
    QN_MARKET_CALLBACKS(T, qn_model_out)                                                           \
    void (*on_timer)(T * self, const qn_timer *ev,                                                 \
                     const qn_model_out *out); /* [event & active] */                              \
    void (*on_result)(T * self, const qn_result *ev,                                               \
                      const qn_model_out *out); /* [event & active] */                             \
    /* every other type, and those above that have no callback of their own */                     \
    void (*on_other)(T * self, const qn_event *ev, const qn_model_out *out); /* [event & active] */

/* qn_model as a part of the class: the author fills in `features`, the macro the rest. */
#define QN_MODEL_TABLE                                                                             \
    uint32_t table_size, table_rsv0;                                                               \
    qn_table features;                                                                             \
    int32_t (*table_on_event)(void *self, const qn_event *ev, const qn_model_out *out);            \
    int64_t (*table_lookback)(const void *self, int64_t bar_length);

/* A class, for a module that has several and writes its own note and entry. */
#define QN_MODEL_CLASS(T, ID, VERSION, LICENSE, ...)                                               \
    QN_CLASS_DECLARE(T, QN_MODEL_TABLE, QN_MODEL_CALLBACKS(T))                                     \
    _Static_assert(                                                                                \
        offsetof(struct T##_class_, features) - offsetof(struct T##_class_, table_size) ==         \
                offsetof(qn_model, features) &&                                                    \
            offsetof(struct T##_class_, configure) - offsetof(struct T##_class_, table_size) ==    \
                sizeof(qn_model),                                                                  \
        "QN_MODEL_TABLE has the layout of qn_model");                                              \
    static int64_t T##_lookback_(const void *self, int64_t bar_length)                             \
    {                                                                                              \
        return T##_class_.lookback ? T##_class_.lookback((const T *)self, bar_length) : 0;         \
    }                                                                                              \
    static int32_t T##_on_event_(void *self, const qn_event *ev, const qn_model_out *out)          \
    {                                                                                              \
        switch (ev->type) {                                                                        \
            QN_MARKET_CASES(T)                                                                     \
            QN_CLASS_CASE(T, TIMER, qn_timer, on_timer)                                            \
            QN_CLASS_CASE(T, RESULT, qn_result, on_result)                                         \
        default:                                                                                   \
            break;                                                                                 \
        }                                                                                          \
        QN_CLASS_OTHER(T)                                                                          \
    }                                                                                              \
    QN_CLASS_DEFINE(                                                                               \
        T,                                                                                         \
        (QN_CLASS_HEAD(T, ID, QN_KIND_MODEL, VERSION, LICENSE, &T##_class_.table_size),            \
         .table_size = sizeof(qn_model), .table_on_event = T##_on_event_,                          \
         .table_lookback = T##_lookback_),                                                         \
        __VA_ARGS__)

/* A module of one model. */
#define QN_MODEL(T, ID, VERSION, LICENSE, ...)                                                     \
    QN_MODEL_CLASS(T, ID, VERSION, LICENSE, __VA_ARGS__);                                          \
    QN_CLASS_MODULE(T, QN_TIER_PURE, ID, QN_KIND_MODEL, VERSION, LICENSE)

/* Publish feature `feature` (its place in the table) of an instrument; it counts for `valid_ns`
 * from now, 0 = until the next one. Returns what publish returns. [event & active] */
static inline int32_t qn_publish(const qn_model_out *out, uint32_t instrument, uint32_t feature,
                                 double value, int64_t valid_ns)
{
    return out->publish(out->ctx, instrument, feature, value, valid_ns);
}

#endif
