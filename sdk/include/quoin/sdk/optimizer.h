/* SPDX-License-Identifier: MIT
 *
 * An optimizer in a page: signals in, weights out.
 *
 *   static int32_t allocate(mine *o, const qn_portfolio *in, qn_weights *out, qn_err *err)
 *   {
 *       for (uint32_t i = 0; i < in->lines.nrows; i++) {
 *           const qn_line *line = qn_line_at(in, i);
 *           out->weights[i] = line->strength * line->confidence / in->lines.nrows;
 *       }
 *       return QN_OK;
 *   }
 *   QN_OPTIMIZER(mine, "optimizer/mine", "1.0.0", "MIT", .name = "Mine",
 *                .params = QN_TABLE(params), .values = QN_TABLE(values), .need = need,
 *                .allocate = allocate)
 *
 * What may follow the license stands in <quoin/sdk/class.h>. */
#ifndef QUOIN_SDK_OPTIMIZER_H
#define QUOIN_SDK_OPTIMIZER_H

#include <quoin/optimizer.h>
#include <quoin/sdk/class.h>
#include <quoin/sdk/features.h>

/* The callbacks, each with the author's own type first; as in qn_optimizer. `need` may be left
 * out. */
#define QN_OPTIMIZER_CALLBACKS(T)                                                                  \
    void (*need)(const T *self, qn_history_need *out); /* [control & !active] */                   \
    int32_t (*allocate)(T * self, const qn_portfolio *in, qn_weights *out,                         \
                        qn_err *err); /* [event & active] */

/* qn_optimizer as a part of the class: the author fills in `values`, the macro the rest. */
#define QN_OPTIMIZER_TABLE                                                                         \
    uint32_t table_size, table_rsv0;                                                               \
    qn_table values;                                                                               \
    void (*table_need)(const void *self, qn_history_need *out);                                    \
    int32_t (*table_allocate)(void *self, const qn_portfolio *in, qn_weights *out, qn_err *err);

/* A class, for a module that has several and writes its own note and entry. */
#define QN_OPTIMIZER_CLASS(T, ID, VERSION, LICENSE, ...)                                           \
    QN_CLASS_DECLARE(T, QN_OPTIMIZER_TABLE, QN_OPTIMIZER_CALLBACKS(T))                             \
    _Static_assert(                                                                                \
        offsetof(struct T##_class_, values) - offsetof(struct T##_class_, table_size) ==           \
                offsetof(qn_optimizer, values) &&                                                  \
            offsetof(struct T##_class_, configure) - offsetof(struct T##_class_, table_size) ==    \
                sizeof(qn_optimizer),                                                              \
        "QN_OPTIMIZER_TABLE has the layout of qn_optimizer");                                      \
    static void T##_need_(const void *self, qn_history_need *out)                                  \
    {                                                                                              \
        if (T##_class_.need) T##_class_.need((const T *)self, out);                                \
    }                                                                                              \
    static int32_t T##_allocate_(void *self, const qn_portfolio *in, qn_weights *out, qn_err *err) \
    {                                                                                              \
        return T##_class_.allocate((T *)self, in, out, err);                                       \
    }                                                                                              \
    QN_CLASS_DEFINE(                                                                               \
        T,                                                                                         \
        (QN_CLASS_HEAD(T, ID, QN_KIND_OPTIMIZER, VERSION, LICENSE, &T##_class_.table_size),        \
         .table_size = sizeof(qn_optimizer), .table_need = T##_need_,                              \
         .table_allocate = T##_allocate_),                                                         \
        __VA_ARGS__)

/* A module of one optimizer. */
#define QN_OPTIMIZER(T, ID, VERSION, LICENSE, ...)                                                 \
    QN_OPTIMIZER_CLASS(T, ID, VERSION, LICENSE, __VA_ARGS__);                                      \
    QN_CLASS_MODULE(T, QN_TIER_PURE, ID, QN_KIND_OPTIMIZER, VERSION, LICENSE)

/* Line `i` of the portfolio, i < in->lines.nrows. */
static inline const qn_line *qn_line_at(const qn_portfolio *in, uint32_t i)
{
    return (const qn_line *)qn_table_row(&in->lines, i);
}

#endif
