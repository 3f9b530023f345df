/* SPDX-License-Identifier: MIT
 *
 * A tuner in a page: asked for trials, told what came of them.
 *
 *   static int32_t begin(mine *t, const qn_space *space, uint64_t *planned, qn_err *err)
 *   {
 *       t->space = space;
 *       t->random = space->seed;
 *       return QN_OK;
 *   }
 *   static int32_t ask(mine *t, qn_ask *out, qn_err *err)
 *   {
 *       for (uint32_t i = 0; i < out->nvalues; i++)
 *           out->values[i] = qn_dimension_nth(qn_dimension_at(t->space, i), ...);
 *       out->answer = QN_ASK_TRIAL;
 *       return QN_OK;
 *   }
 *   QN_TUNER(mine, "tuner/mine", "1.0.0", "MIT", .name = "Mine", .params = QN_TABLE(params),
 *            .begin = begin, .ask = ask)
 *
 * What may follow the license stands in <quoin/sdk/class.h>. */
#ifndef QUOIN_SDK_TUNER_H
#define QUOIN_SDK_TUNER_H

#include <quoin/sdk/class.h>
#include <quoin/sdk/random.h>
#include <quoin/tuner.h>

/* The callbacks, each with the author's own type first; as in qn_tuner. `tell` may be left out by a
 * search that does not learn. */
#define QN_TUNER_CALLBACKS(T)                                                                      \
    int32_t (*begin)(T * self, const qn_space *space, uint64_t *planned,                           \
                     qn_err *err);                                 /* [control & !active] */       \
    int32_t (*ask)(T * self, qn_ask * out, qn_err * err);          /* [control & active] */        \
    int32_t (*tell)(T * self, const qn_trial *trial, qn_err *err); /* [control & active] */

/* A class, for a module that has several and writes its own note and entry. */
#define QN_TUNER_CLASS(T, ID, VERSION, LICENSE, ...)                                               \
    QN_CLASS_DECLARE(T, , QN_TUNER_CALLBACKS(T))                                                   \
    static int32_t T##_begin_(void *self, const qn_space *space, uint64_t *planned, qn_err *err)   \
    {                                                                                              \
        return T##_class_.begin((T *)self, space, planned, err);                                   \
    }                                                                                              \
    static int32_t T##_ask_(void *self, qn_ask *out, qn_err *err)                                  \
    {                                                                                              \
        return T##_class_.ask((T *)self, out, err);                                                \
    }                                                                                              \
    static int32_t T##_tell_(void *self, const qn_trial *trial, qn_err *err)                       \
    {                                                                                              \
        return T##_class_.tell ? T##_class_.tell((T *)self, trial, err) : QN_OK;                   \
    }                                                                                              \
    static const qn_tuner T##_tuner_ = {                                                           \
        .size = sizeof(qn_tuner), .begin = T##_begin_, .ask = T##_ask_, .tell = T##_tell_};        \
    QN_CLASS_DEFINE(T, (QN_CLASS_HEAD(T, ID, QN_KIND_TUNER, VERSION, LICENSE, &T##_tuner_)),       \
                    __VA_ARGS__)

/* A module of one tuner. */
#define QN_TUNER(T, ID, VERSION, LICENSE, ...)                                                     \
    QN_TUNER_CLASS(T, ID, VERSION, LICENSE, __VA_ARGS__);                                          \
    QN_CLASS_MODULE(T, QN_TIER_PURE, ID, QN_KIND_TUNER, VERSION, LICENSE)

/* Dimension `i` of the space, i < space->dimensions.nrows. */
static inline const qn_dimension *qn_dimension_at(const qn_space *space, uint32_t i)
{
    return (const qn_dimension *)qn_table_row(&space->dimensions, i);
}

/* How many values a dimension has; 0 = it has no step. The largest that can be is told for 2^64. */
static inline uint64_t qn_dimension_count(const qn_dimension *d)
{
    uint64_t last = d->step ? ((uint64_t)d->high - (uint64_t)d->low) / (uint64_t)d->step : 0;

    return !d->step ? 0 : last == UINT64_MAX ? last : last + 1;
}

/* The k-th value from low, k < its count. */
static inline int64_t qn_dimension_nth(const qn_dimension *d, uint64_t k)
{
    return (int64_t)((uint64_t)d->low + k * (uint64_t)d->step);
}

#endif
