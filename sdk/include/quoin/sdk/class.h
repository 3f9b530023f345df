/* SPDX-License-Identifier: MIT
 *
 * What the macros of all kinds share: the class, its state, the module, the note, the entry.
 *
 * An author includes the header of a kind (<quoin/sdk/strategy.h>, model.h, optimizer.h, risk.h,
 * execution.h, sink.h) and writes one macro at the end of the file:
 *
 *   QN_KIND(T, id, version, license, ...)
 *
 * T is the author's struct, one instance of which the host makes, zeroed, for each instance in
 * the config. Everything behind the license is optional and comes as designated initialisers:
 * the members of qn_class that a person writes (name, doc, needs, params, exts),
 * `.state = QN_STATE(1, fields)`, and the kind's callbacks, each with T first. All kinds have
 *
 *   int32_t configure(T *, const qn_setup *, qn_err *)     [control & !active]
 *
 * which is called when the parameters are filled in: check them together, take memory; on
 * error say why. A class without `.state` has no state, and starts anew at each reload.
 *
 * How it works. The macro declares struct T_class_, which is a qn_class with the callbacks behind
 * it: its members come from the same macro, so its beginning has the layout of qn_class. The
 * functions of the kind's table are resolved at compile time, because the struct is constant. A
 * class exists twice, as T_class_ with save and load and as T_bare_ without: only its own
 * initialisers say whether it has state, and C has no way to ask them while it initialises. The
 * entry shows the host the right one; the compiler drops the other. */
#ifndef QUOIN_SDK_CLASS_H
#define QUOIN_SDK_CLASS_H

#include <quoin/event.h>
#include <quoin/plugin.h>
#include <quoin/sdk/fail.h>
#include <quoin/sdk/fields.h>

/* `.state = QN_STATE(layout, table of qn_field)`, with layouts back to 1 being read. */
#define QN_STATE(layout, table)                                                                    \
    {(table), (uint32_t)(sizeof(table) / sizeof((table)[0])), 0}, .schema = (layout),              \
                                                                  .schema_min = 1

/* A row of `.exts`: QN_EXT(QN_WORK, &work). */
#define QN_EXT(id, table)                                                                          \
    {                                                                                              \
        sizeof(qn_ext), 0, id, table                                                               \
    }

/* ------------------------------------------------------------------ parts of the kinds' macros */

/* Struct T_class_ and what every kind makes of it. TABLE are members that stand between state and
 * callbacks: the kind's table, where an author fills a part of it. */
#define QN_CLASS_DECLARE(T, TABLE, CALLBACKS)                                                      \
    struct T##_class_ {                                                                            \
        QN_CLASS_MEMBERS                                                                           \
        qn_fields state;                                                                           \
        TABLE                                                                                      \
        int32_t (*configure)(T * self, const qn_setup *setup, qn_err *err);                        \
        CALLBACKS                                                                                  \
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
        if (schema > T##_class_.schema)                                                            \
            return qn_fail(err, QN_E_TOO_NEW, "state of layout %u; this build knows up to %u",     \
                           schema, T##_class_.schema);                                             \
        return qn_fields_load(&T##_class_.state, self, schema, from, err);                         \
    }

/* What every class says of itself; `table_` is a pointer to the kind's table. */
#define QN_CLASS_HEAD(T, id_, kind_, version_, license_, table_)                                   \
    .size = sizeof(qn_class), .id = id_, .kind = kind_, .version = version_, .license = license_,  \
    .table = table_, .instance_size = sizeof(T), .instance_align = _Alignof(T),                    \
    .create = T##_create_

/* The class, twice; HEAD is a QN_CLASS_HEAD and what else the kind fills in, in parentheses. */
#define QN_CLASS_DEFINE(T, HEAD, ...)                                                              \
    __attribute__((unused)) static const struct T##_class_ T##_bare_ = {QN_CLASS_OPEN HEAD,        \
                                                                        __VA_ARGS__};              \
    static const struct T##_class_ T##_class_ = {QN_CLASS_OPEN HEAD, .save = T##_save_,            \
                                                 .load = T##_load_, __VA_ARGS__}
#define QN_CLASS_OPEN(...) __VA_ARGS__

/* A module of one class: note and entry. */
#define QN_CLASS_MODULE(T, TIER, ID, KIND, VERSION, LICENSE)                                       \
    QN_NOTE(TIER, 1, QN_NOTE_CLASS(ID, KIND, VERSION, LICENSE));                                   \
    QN_EXPORT const qn_module *qn_plugin_entry(uint32_t host_abi);                                 \
    QN_EXPORT const qn_module *qn_plugin_entry(uint32_t host_abi)                                  \
    {                                                                                              \
        static const qn_class *const full[] = {(const qn_class *)(const void *)&T##_class_};       \
        static const qn_class *const bare[] = {(const qn_class *)(const void *)&T##_bare_};        \
        static const qn_module with_state = {sizeof(qn_module), QN_ABI_USED, full, 1, 0};          \
        static const qn_module without_state = {sizeof(qn_module), QN_ABI_USED, bare, 1, 0};       \
                                                                                                   \
        if (!QN_ABI_FITS(host_abi)) return NULL;                                                   \
        return T##_class_.schema ? &with_state : &without_state;                                   \
    }

/* Event to callback: one case of a switch over ev->type, in a function with self, ev and out. */
#define QN_CLASS_CASE(T, TYPE, type, callback)                                                     \
    case QN_EVENT_##TYPE:                                                                          \
        if (!T##_class_.callback) break;                                                           \
        T##_class_.callback((T *)self, (const type *)(const void *)ev, out);                       \
        return QN_OK;

/* Callbacks of the market's data, for kinds that look at it, and their cases. OUT is the type
 * that the kind's events are answered with. */
#define QN_MARKET_CALLBACKS(T, OUT)                                                                \
    void (*on_bar)(T * self, const qn_bar *ev, const OUT *out);         /* [event & active] */     \
    void (*on_trade)(T * self, const qn_trade *ev, const OUT *out);     /* [event & active] */     \
    void (*on_quote)(T * self, const qn_quote *ev, const OUT *out);     /* [event & active] */     \
    void (*on_depth)(T * self, const qn_depth *ev, const OUT *out);     /* [event & active] */     \
    void (*on_mark)(T * self, const qn_mark *ev, const OUT *out);       /* [event & active] */     \
    void (*on_funding)(T * self, const qn_funding *ev, const OUT *out); /* [event & active] */

#define QN_MARKET_CASES(T)                                                                         \
    QN_CLASS_CASE(T, BAR, qn_bar, on_bar)                                                          \
    QN_CLASS_CASE(T, TRADE, qn_trade, on_trade)                                                    \
    QN_CLASS_CASE(T, QUOTE, qn_quote, on_quote)                                                    \
    QN_CLASS_CASE(T, DEPTH, qn_depth, on_depth)                                                    \
    QN_CLASS_CASE(T, MARK, qn_mark, on_mark)                                                       \
    QN_CLASS_CASE(T, FUNDING, qn_funding, on_funding)

/* The end of such a function: what has no callback of its own goes to on_other. */
#define QN_CLASS_OTHER(T)                                                                          \
    if (T##_class_.on_other) T##_class_.on_other((T *)self, ev, out);                              \
    return QN_OK;

#endif
