/* SPDX-License-Identifier: MIT
 *
 * A sink in a page: batches of events and decisions, on a thread of its own.
 *
 *   static int32_t take(mine *s, const qn_batch *batch, qn_err *err)
 *   {
 *       for (const qn_event *ev = NULL; (ev = qn_batch_next(batch, ev));)
 *           ...
 *       return QN_OK;
 *   }
 *   QN_SINK(mine, "sink/mine", "1.0.0", "MIT", .name = "Mine", .params = QN_TABLE(params),
 *           .start = start, .write = take, .stop = stop)
 *
 * What may follow the license stands in <quoin/sdk/class.h>. */
#ifndef QUOIN_SDK_SINK_H
#define QUOIN_SDK_SINK_H

#include <quoin/sdk/class.h>
#include <quoin/sink.h>

/* The callbacks, each with the author's own type first; as in qn_sink. start and stop may be left
 * out. */
#define QN_SINK_CALLBACKS(T)                                                                       \
    int32_t (*start)(T * self, const qn_sink_start *start, qn_err *err); /* [control & !active] */ \
    int32_t (*write)(T * self, const qn_batch *batch, qn_err *err);      /* [io] */                \
    int32_t (*stop)(T * self, qn_err * err);                             /* [io] */

/* A class, for a module that has several and writes its own note and entry. */
#define QN_SINK_CLASS(T, ID, VERSION, LICENSE, ...)                                                \
    QN_CLASS_DECLARE(T, , QN_SINK_CALLBACKS(T))                                                    \
    static int32_t T##_start_(void *self, const qn_sink_start *start, qn_err *err)                 \
    {                                                                                              \
        return T##_class_.start ? T##_class_.start((T *)self, start, err) : QN_OK;                 \
    }                                                                                              \
    static int32_t T##_write_(void *self, const qn_batch *batch, qn_err *err)                      \
    {                                                                                              \
        return T##_class_.write((T *)self, batch, err);                                            \
    }                                                                                              \
    static int32_t T##_stop_(void *self, qn_err *err)                                              \
    {                                                                                              \
        return T##_class_.stop ? T##_class_.stop((T *)self, err) : QN_OK;                          \
    }                                                                                              \
    static const qn_sink T##_table_ = {sizeof(qn_sink), 0, T##_start_, T##_write_, T##_stop_};     \
    QN_CLASS_DEFINE(T, (QN_CLASS_HEAD(T, ID, QN_KIND_SINK, VERSION, LICENSE, &T##_table_)),        \
                    __VA_ARGS__)

/* A module of one sink. */
#define QN_SINK(T, ID, VERSION, LICENSE, ...)                                                      \
    QN_SINK_CLASS(T, ID, VERSION, LICENSE, __VA_ARGS__);                                           \
    QN_CLASS_MODULE(T, QN_TIER_IO, ID, QN_KIND_SINK, VERSION, LICENSE)

/* The event behind `ev` in the batch, the first one for NULL; NULL = there is none. [io] */
static inline const qn_event *qn_batch_next(const qn_batch *batch, const qn_event *ev)
{
    const char *at = ev ? (const char *)ev + qn_event_room(ev) : (const char *)batch->events;

    if ((uint64_t)(at - (const char *)batch->events) >= batch->nbytes) return NULL;
    return (const qn_event *)(const void *)at;
}

#endif
