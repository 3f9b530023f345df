/* SPDX-License-Identifier: MIT
 *
 * A strategy in C++17: what <quoin/sdk/strategy.h> is for C.
 *
 *   struct mine : quoin::strategy {                  zeroed by the host; one a strategy of the config
 *       int64_t length;
 *       qn_window closes;
 *       int32_t configure(const qn_setup &setup, qn_err *err);
 *       void on_bar(const qn_bar &bar, const qn_out &out);
 *   };
 *   static constexpr qn_param params[] = {
 *       QN_CXX_PARAM(mine, length, I64, "bars", "length of the average").def("20").min("2"),
 *   };
 *   static constexpr qn_field fields[] = {QN_CXX_FIELD_OF_WINDOW(mine, closes)};
 *   QN_CXX_STRATEGY(mine, "strategy/mine", "1.0.0", "MIT", "Mine", "Long above its average.",
 *                   params, 1, fields)
 *
 * The struct is a plain one: the host makes it of zero bytes, and runs neither constructors nor
 * destructors. Members of quoin::strategy that the struct defines anew are called; the others do
 * nothing. There are no virtual functions, exceptions or allocations, so that the module needs no
 * C++ runtime and can be unloaded: it is compiled with -fno-exceptions -fno-rtti
 * -fno-threadsafe-statics and linked by the C compiler, as quoin_add_plugin does.
 *
 * In place of `params` stands quoin::no_params where there are none; schema 0 and
 * quoin::no_fields where nothing is to be carried over a reload. */
#ifndef QUOIN_SDK_STRATEGY_HPP
#define QUOIN_SDK_STRATEGY_HPP

#include <quoin/plugin.h>
#include <quoin/sdk/fail.h>
#include <quoin/sdk/fields.h>
#include <quoin/strategy.h>

#include <type_traits>

namespace quoin
{

/* What a strategy may define anew; thread classes as in <quoin/sdk/strategy.h>. */
struct strategy {
    int32_t configure(const qn_setup &, qn_err *) /* [control & !active] */
    {
        return QN_OK;
    }
    int64_t lookback(int64_t /* bar_length */) const /* [control & !active] */
    {
        return 0;
    }
    void on_bar(const qn_bar &, const qn_out &)
    {
    } /* [event & active] */
    void on_trade(const qn_trade &, const qn_out &)
    {
    } /* [event & active] */
    void on_quote(const qn_quote &, const qn_out &)
    {
    } /* [event & active] */
    void on_depth(const qn_depth &, const qn_out &)
    {
    } /* [event & active] */
    void on_mark(const qn_mark &, const qn_out &)
    {
    } /* [event & active] */
    void on_funding(const qn_funding &, const qn_out &)
    {
    } /* [event & active] */
    void on_timer(const qn_timer &, const qn_out &)
    {
    } /* [event & active] */
    void on_result(const qn_result &, const qn_out &)
    {
    } /* [event & active] */
    void on_order(const qn_order_report &, const qn_out &)
    {
    } /* [event & active] */
    void on_fill(const qn_fill &, const qn_out &)
    {
    } /* [event & active] */
    void on_other(const qn_event &, const qn_out &)
    {
    } /* [event & active] */
};

/* A row of the table of parameters; the members that a person writes one by one. */
struct param : qn_param {
  private:
    template <class V> constexpr param set(V qn_param::*member, V value) const
    {
        param p = *this;
        p.*member = value;
        return p;
    }

  public:
    constexpr param(const char *key_, uint32_t type_, uint32_t offset_, const char *unit_,
                    const char *doc_)
        : qn_param()
    {
        size = sizeof(qn_param);
        type = type_;
        offset = offset_;
        key = key_;
        unit = unit_;
        doc = doc_;
    }
    constexpr param with(uint32_t flags_) const
    {
        return set(&qn_param::flags, flags_);
    }
    constexpr param def(const char *text) const
    {
        return set(&qn_param::def, text);
    }
    constexpr param min(const char *text) const
    {
        return set(&qn_param::min, text);
    }
    constexpr param max(const char *text) const
    {
        return set(&qn_param::max, text);
    }
    constexpr param labels(const char *text) const
    {
        return set(&qn_param::labels, text);
    }
    constexpr param search(const char *lo, const char *hi, const char *step) const
    {
        param p = *this;
        p.qn_param::search.lo = lo;
        p.qn_param::search.hi = hi;
        p.qn_param::search.step = step;
        return p;
    }
};

constexpr qn_field field(const char *name, uint32_t kind, uint32_t offset, uint32_t bytes)
{
    return qn_field{name, kind, offset, bytes, 1, nullptr, 0, 0};
}

struct none {
};
constexpr none no_params{};
constexpr none no_fields{};

template <class T, size_t N> constexpr qn_table table_of(const T (&rows)[N])
{
    return qn_table{rows, static_cast<uint32_t>(N), static_cast<uint32_t>(sizeof(T))};
}
constexpr qn_table table_of(none)
{
    return qn_table{nullptr, 0, 0};
}

/* The note of a module of one class; its text without the NUL that C++ puts behind a literal. */
template <size_t N> struct note {
    uint32_t owner_size, desc_size, type;
    char owner[8];
    qn_note_head head;
    char classes[N - 1];
};
template <size_t N> constexpr note<N> note_of(uint32_t tier, const char (&text)[N])
{
    note<N> out = {sizeof(QN_NOTE_OWNER),
                   static_cast<uint32_t>(sizeof(qn_note_head) + N - 1),
                   QN_NOTE_TYPE,
                   QN_NOTE_OWNER,
                   {QN_ABI_USED, tier, 0, 1},
                   {}};

    for (size_t i = 0; i + 1 < N; i++)
        out.classes[i] = text[i];
    return out;
}

/* From the C tables to the struct's members. */
template <class T> struct adapter {
    static int32_t create(void *self, const qn_setup *setup, qn_err *err)
    {
        return static_cast<T *>(self)->configure(*setup, err);
    }
    static int64_t lookback(const void *self, int64_t bar_length)
    {
        return static_cast<const T *>(self)->lookback(bar_length);
    }
    template <class E> static const E &as(const qn_event *ev)
    {
        return *static_cast<const E *>(static_cast<const void *>(ev));
    }
    static int32_t on_event(void *self, const qn_event *ev, const qn_out *out)
    {
        T *s = static_cast<T *>(self);
        switch (ev->type) {
        case QN_EVENT_BAR:
            s->on_bar(as<qn_bar>(ev), *out);
            break;
        case QN_EVENT_TRADE:
            s->on_trade(as<qn_trade>(ev), *out);
            break;
        case QN_EVENT_QUOTE:
            s->on_quote(as<qn_quote>(ev), *out);
            break;
        case QN_EVENT_DEPTH:
            s->on_depth(as<qn_depth>(ev), *out);
            break;
        case QN_EVENT_MARK:
            s->on_mark(as<qn_mark>(ev), *out);
            break;
        case QN_EVENT_FUNDING:
            s->on_funding(as<qn_funding>(ev), *out);
            break;
        case QN_EVENT_TIMER:
            s->on_timer(as<qn_timer>(ev), *out);
            break;
        case QN_EVENT_RESULT:
            s->on_result(as<qn_result>(ev), *out);
            break;
        case QN_EVENT_ORDER:
            s->on_order(as<qn_order_report>(ev), *out);
            break;
        case QN_EVENT_FILL:
            s->on_fill(as<qn_fill>(ev), *out);
            break;
        default:
            s->on_other(*ev, *out);
            break;
        }
        return QN_OK;
    }
};

/* Hold `qty` (signed, mantissa). Returns what push returns. [event & active] */
inline int64_t target(const qn_out &out, uint32_t instrument, int64_t qty)
{
    qn_target t = {};

    t.hdr.size = sizeof t;
    t.hdr.kind = QN_INTENT_TARGET;
    t.hdr.instrument = instrument;
    t.qty = qty;
    return out.push(out.ctx, &t.hdr);
}

/* Send an order, or say a signal, whose members the caller has set; header filled in here. */
inline int64_t order(const qn_out &out, uint32_t instrument, qn_order_intent o)
{
    o.hdr.size = sizeof o;
    o.hdr.kind = QN_INTENT_ORDER;
    o.hdr.instrument = instrument;
    return out.push(out.ctx, &o.hdr);
}
inline int64_t signal(const qn_out &out, uint32_t instrument, qn_signal s)
{
    s.hdr.size = sizeof s;
    s.hdr.kind = QN_INTENT_SIGNAL;
    s.hdr.instrument = instrument;
    return out.push(out.ctx, &s.hdr);
}

} // namespace quoin

#define QN_CXX_PARAM(T, member, TYPE, unit, doc)                                                   \
    quoin::param(#member, QN_PARAM_TYPE_##TYPE, static_cast<uint32_t>(offsetof(T, member)), unit,  \
                 doc)
#define QN_CXX_FIELD(T, member)                                                                    \
    quoin::field(#member, QN_FIELD_BYTES, static_cast<uint32_t>(offsetof(T, member)),              \
                 static_cast<uint32_t>(sizeof(T::member)))
#define QN_CXX_FIELD_OF_WINDOW(T, member)                                                          \
    quoin::field(#member, QN_FIELD_WINDOW, static_cast<uint32_t>(offsetof(T, member)), 0)

/* The module: class, note and entry. Once a file. */
#define QN_CXX_STRATEGY(T, ID, VERSION, LICENSE, NAME, DOC, PARAMS, SCHEMA, FIELDS)                \
    static_assert(std::is_standard_layout<T>::value && std::is_trivially_copyable<T>::value,       \
                  "an instance is made of zero bytes: no constructors, no virtual functions");     \
    static constexpr qn_table T##_rows_ = quoin::table_of(FIELDS);                                 \
    static int32_t T##_save_(const void *self, const qn_stream *to, qn_err *err)                   \
    {                                                                                              \
        const qn_fields all = {static_cast<const qn_field *>(T##_rows_.rows), T##_rows_.nrows, 0}; \
        return qn_fields_save(&all, self, to, err);                                                \
    }                                                                                              \
    static int32_t T##_load_(void *self, uint32_t schema, const qn_stream *from, qn_err *err)      \
    {                                                                                              \
        const qn_fields all = {static_cast<const qn_field *>(T##_rows_.rows), T##_rows_.nrows, 0}; \
        if (schema > (SCHEMA))                                                                     \
            return qn_fail(err, QN_E_TOO_NEW, "state of layout %u; this build knows up to %u",     \
                           schema, static_cast<uint32_t>(SCHEMA));                                 \
        return qn_fields_load(&all, self, schema, from, err);                                      \
    }                                                                                              \
    static constexpr qn_strategy T##_table_ = {                                                    \
        sizeof(qn_strategy), 0, quoin::adapter<T>::on_event, quoin::adapter<T>::lookback};         \
    static constexpr qn_class T##_class_ = {sizeof(qn_class),                                      \
                                            0,                                                     \
                                            ID,                                                    \
                                            QN_KIND_STRATEGY,                                      \
                                            VERSION,                                               \
                                            LICENSE,                                               \
                                            NAME,                                                  \
                                            DOC,                                                   \
                                            nullptr,                                               \
                                            quoin::table_of(PARAMS),                               \
                                            {nullptr, 0, 0},                                       \
                                            &T##_table_,                                           \
                                            sizeof(T),                                             \
                                            alignof(T),                                            \
                                            (SCHEMA),                                              \
                                            (SCHEMA) ? 1u : 0u,                                    \
                                            quoin::adapter<T>::create,                             \
                                            nullptr,                                               \
                                            (SCHEMA) ? T##_save_ : nullptr,                        \
                                            (SCHEMA) ? T##_load_ : nullptr};                       \
    static constexpr const qn_class *T##_classes_[] = {&T##_class_};                               \
    static constexpr qn_module T##_module_ = {sizeof(qn_module), QN_ABI_USED, T##_classes_, 1, 0}; \
    __attribute__((section(QN_NOTE_SECTION), used, aligned(4))) static constexpr auto T##_note_ =  \
        quoin::note_of(QN_TIER_PURE, QN_NOTE_CLASS(ID, QN_KIND_STRATEGY, VERSION, LICENSE));       \
    extern "C" QN_EXPORT const qn_module *qn_plugin_entry(uint32_t host_abi);                      \
    extern "C" QN_EXPORT const qn_module *qn_plugin_entry(uint32_t host_abi)                       \
    {                                                                                              \
        return QN_ABI_FITS(host_abi) ? &T##_module_ : nullptr;                                     \
    }

#endif
