/* SPDX-License-Identifier: MIT
 *
 * Both forms of a record are written by one walk over its row; they differ in the marks between
 * the values, and in what is left out. */
#include <quoin/sdk/record.h>

#include "record_words.h"

#include <stdbool.h>
#include <string.h>

typedef struct form {
    qn_text *to;
    const qn_record_names *names;
    const qn_instrument *instrument; /* of the record; NULL = not known */
    bool is_json;
} form;

typedef struct value {
    uint64_t bits; /* of a member of 4 or 8 bytes */
    const char *at;
    uint32_t count; /* of a list */
} value;

/* ------------------------------------------------------------------ words */

static void mark(const form *f, char c)
{
    if (f->is_json) qn_text_add_char(f->to, c);
}

/* A word of others: quoted and escaped in JSON; in a line it cannot break the line. */
static void add_word(const form *f, const char *word)
{
    (f->is_json ? qn_text_add_json : qn_text_add_clean)(f->to, word);
}

static void quoted(const form *f, const char *word)
{
    mark(f, '"');
    add_word(f, word);
    mark(f, '"');
}

/* The name behind a number, or the number. */
static void named(const form *f, const char *const *names, uint32_t n, uint32_t number)
{
    if (number < n && names[number])
        quoted(f, names[number]);
    else
        qn_text_add_count(f->to, number);
}

static const qn_instrument *instrument_of(const qn_record_names *names, uint32_t number)
{
    return number < names->ninstruments ? names->instruments[number] : NULL;
}

static void instrument_name(const form *f, uint32_t number)
{
    const qn_instrument *instrument = instrument_of(f->names, number);

    if (instrument)
        quoted(f, instrument->name);
    else if (number == QN_NO_INSTRUMENT)
        qn_text_add(f->to, f->is_json ? "null" : "-");
    else
        qn_text_add_count(f->to, number);
}

/* ------------------------------------------------------------------ values, one function a kind */

static void put_time(const form *f, const qn_record_field *field, const value *v)
{
    (void)field;
    mark(f, '"');
    if (f->is_json)
        qn_text_add_time(f->to, (int64_t)v->bits);
    else
        qn_text_add_time_short(f->to, (int64_t)v->bits);
    mark(f, '"');
}

static void put_decimal(const form *f, int64_t mantissa, int32_t exp)
{
    mark(f, '"');
    qn_text_add_decimal(f->to, mantissa, exp);
    mark(f, '"');
}

/* Prices, quantities and money have the instrument's scale; without it the mantissa is all there
 * is, and it is no string, so that nobody takes it for an amount. */
static void put_scaled(const form *f, const qn_record_field *field, const value *v)
{
    const qn_instrument *in = f->instrument;

    if (in)
        put_decimal(f, (int64_t)v->bits,
                    field->holds == QN_HOLDS_PRICE ? in->price_exp
                    : field->holds == QN_HOLDS_QTY ? in->qty_exp
                                                   : in->money_exp);
    else
        qn_text_add_integer(f->to, (int64_t)v->bits);
}

static void put_rate(const form *f, const qn_record_field *field, const value *v)
{
    (void)field;
    put_decimal(f, (int64_t)v->bits, QN_FUNDING_EXP);
}

static void put_ns(const form *f, const qn_record_field *field, const value *v)
{
    (void)field;
    qn_text_add_integer(f->to, (int64_t)v->bits);
}

static void put_count(const form *f, const qn_record_field *field, const value *v)
{
    (void)field;
    qn_text_add_count(f->to, v->bits);
}

static void put_real(const form *f, const qn_record_field *field, const value *v)
{
    double real;

    (void)field;
    memcpy(&real, &v->bits, sizeof real);
    qn_text_add_real(f->to, real);
}

static void put_order_id(const form *f, const qn_record_field *field, const value *v)
{
    const qn_record_names *names = f->names;
    uint32_t strategy = QN_ORDER_STRATEGY(v->bits);

    (void)field;
    mark(f, '"');
    if (strategy < names->nstrategies && names->strategies[strategy])
        add_word(f, names->strategies[strategy]);
    else
        qn_text_add_count(f->to, strategy);
    qn_text_add_char(f->to, '-');
    qn_text_add_count(f->to, QN_ORDER_COUNTER(v->bits));
    mark(f, '"');
}

static void put_strategy(const form *f, const qn_record_field *field, const value *v)
{
    (void)field;
    named(f, f->names->strategies, f->names->nstrategies, (uint32_t)v->bits);
}

static void put_module(const form *f, const qn_record_field *field, const value *v)
{
    (void)field;
    named(f, f->names->modules, f->names->nmodules, (uint32_t)v->bits);
}

static void put_feature(const form *f, const qn_record_field *field, const value *v)
{
    (void)field;
    named(f, f->names->features, f->names->nfeatures, (uint32_t)v->bits);
}

static void put_instrument(const form *f, const qn_record_field *field, const value *v)
{
    (void)field;
    instrument_name(f, (uint32_t)v->bits);
}

static void put_word(const form *f, const qn_record_field *field, const value *v)
{
    const char *word = record_word(field->holds, (uint32_t)v->bits);

    if (!word)
        qn_text_add_count(f->to, v->bits);
    else if (field->holds == QN_HOLDS_BOOL)
        qn_text_add(f->to, word);
    else
        quoted(f, word);
}

/* Bits without a name are told as one number at the end. */
static void put_flags(const form *f, const qn_record_field *field, const value *v)
{
    uint32_t left = (uint32_t)v->bits;
    bool is_first = true;

    mark(f, '[');
    for (uint32_t bit = 0; record_flag(field->holds, bit); bit++) {
        if (!(left & 1u << bit)) continue;
        left &= ~(1u << bit);
        if (!is_first) qn_text_add_char(f->to, f->is_json ? ',' : '|');
        quoted(f, record_flag(field->holds, bit));
        is_first = false;
    }
    if (left && !is_first) qn_text_add_char(f->to, f->is_json ? ',' : '|');
    if (left) qn_text_add_count(f->to, left);
    mark(f, ']');
}

static void put_reals(const form *f, const qn_record_field *field, const value *v)
{
    double real;

    (void)field;
    qn_text_add_char(f->to, '[');
    for (uint32_t i = 0; i < v->count; i++) {
        memcpy(&real, v->at + i * sizeof real, sizeof real);
        if (i > 0) qn_text_add_char(f->to, ',');
        qn_text_add_real(f->to, real);
    }
    qn_text_add_char(f->to, ']');
}

/* JSON: [{"feature":"vol.ewma","instrument":"BTCUSDT.binance","value":0.01}]; a line:
 * [vol.ewma(BTCUSDT.binance)=0.01]. */
static void put_reads(const form *f, const qn_record_field *field, const value *v)
{
    qn_feature_read read;

    (void)field;
    qn_text_add_char(f->to, '[');
    for (uint32_t i = 0; i < v->count; i++) {
        memcpy(&read, v->at + i * sizeof read, sizeof read);
        if (i > 0) qn_text_add_char(f->to, ',');
        qn_text_add(f->to, f->is_json ? "{\"feature\":" : "");
        named(f, f->names->features, f->names->nfeatures, read.feature);
        qn_text_add(f->to, f->is_json ? ",\"instrument\":" : "(");
        instrument_name(f, read.instrument);
        qn_text_add(f->to, f->is_json ? ",\"value\":" : ")=");
        qn_text_add_real(f->to, read.value);
        mark(f, '}');
    }
    qn_text_add_char(f->to, ']');
}

static void put_bytes(const form *f, const qn_record_field *field, const value *v)
{
    static const char digits[] = "0123456789abcdef";

    (void)field;
    mark(f, '"');
    for (uint32_t i = 0; i < v->count; i++) {
        unsigned char byte = (unsigned char)v->at[i];

        qn_text_add_char(f->to, digits[byte >> 4]);
        qn_text_add_char(f->to, digits[byte & 15]);
    }
    mark(f, '"');
}

static void put_text(const form *f, const qn_record_field *field, const value *v)
{
    (void)field;
    quoted(f, v->at);
}

typedef void (*put_fn)(const form *f, const qn_record_field *field, const value *v);

static const put_fn puts_of[QN_HOLDS_KINDS] = {
    [QN_HOLDS_TIME] = put_time,         [QN_HOLDS_NS] = put_ns,
    [QN_HOLDS_PRICE] = put_scaled,      [QN_HOLDS_QTY] = put_scaled,
    [QN_HOLDS_MONEY] = put_scaled,      [QN_HOLDS_RATE] = put_rate,
    [QN_HOLDS_COUNT] = put_count,       [QN_HOLDS_NUMBER] = put_count,
    [QN_HOLDS_REAL] = put_real,         [QN_HOLDS_ORDER_ID] = put_order_id,
    [QN_HOLDS_STRATEGY] = put_strategy, [QN_HOLDS_MODULE] = put_module,
    [QN_HOLDS_FEATURE] = put_feature,   [QN_HOLDS_INSTRUMENT] = put_instrument,
    [QN_HOLDS_BOOL] = put_word,         [QN_HOLDS_SIDE] = put_word,
    [QN_HOLDS_LIQUIDITY] = put_word,    [QN_HOLDS_STATE] = put_word,
    [QN_HOLDS_REASON] = put_word,       [QN_HOLDS_ORDER_TYPE] = put_word,
    [QN_HOLDS_TIF] = put_word,          [QN_HOLDS_ACTION] = put_word,
    [QN_HOLDS_INTENT] = put_word,       [QN_HOLDS_CODE] = put_word,
    [QN_HOLDS_ORDER_FLAGS] = put_flags, [QN_HOLDS_STAGE] = put_flags,
    [QN_HOLDS_REALS] = put_reals,       [QN_HOLDS_READS] = put_reads,
    [QN_HOLDS_BYTES] = put_bytes,       [QN_HOLDS_HASH] = put_bytes,
    [QN_HOLDS_TEXT] = put_text,         [QN_HOLDS_RELOAD_STEP] = put_word,
    [QN_HOLDS_FAULT] = put_word,        [QN_HOLDS_FAULT_ACTION] = put_word,
    [QN_HOLDS_FAULT_PLACE] = put_word,  [QN_HOLDS_RELOAD_MODE] = put_word,
    [QN_HOLDS_COMMAND] = put_word,
};

/* ------------------------------------------------------------------ records */

static value value_of(const qn_event *ev, const qn_record_field *field)
{
    value v = {.at = (const char *)ev + field->offset};
    uint32_t narrow;

    if (field->count_offset) {
        memcpy(&v.count, (const char *)ev + field->count_offset, sizeof v.count);
    } else if (field->bytes == sizeof narrow) {
        memcpy(&narrow, v.at, sizeof narrow);
        v.bits = narrow;
    } else if (field->bytes == sizeof v.bits) {
        memcpy(&v.bits, v.at, sizeof v.bits);
    } else {
        v.count = field->bytes;
    }
    return v;
}

static bool is_none(const qn_record_field *field, const value *v)
{
    if (field->count_offset) return false;
    return (field->flags & QN_RECORD_NONE_0 && v->bits == 0) ||
           (field->flags & QN_RECORD_NEVER && v->bits == INT64_MAX);
}

/* What adds nothing to a line. A double's zero has all bits zero, or the sign's alone. */
static bool is_left_out(const qn_record_field *field, const value *v)
{
    if (field->count_offset) return v->count == 0;
    return is_none(field, v) || (field->flags & QN_RECORD_QUIET && v->bits << 1 == 0);
}

static void field_json(const form *f, const qn_record_field *field, const value *v)
{
    qn_text_add(f->to, ",\"");
    qn_text_add(f->to, field->name);
    qn_text_add(f->to, "\":");
    if (is_none(field, v))
        qn_text_add(f->to, "null");
    else
        puts_of[field->holds](f, field, v);
}

static void field_line(const form *f, const qn_record_field *field, const value *v)
{
    if (is_left_out(field, v)) return;
    qn_text_add_char(f->to, ' ');
    qn_text_add(f->to, field->name);
    qn_text_add_char(f->to, '=');
    puts_of[field->holds](f, field, v);
}

static void add_header_flags(const form *f, uint32_t flags)
{
    static const char *const words[] = {"more", "snapshot", "late"};
    bool is_first = true;

    if (!flags) return;
    qn_text_add(f->to, f->is_json ? ",\"flags\":[" : " flags=");
    for (uint32_t bit = 0; bit < 32; bit++) {
        if (!(flags & 1u << bit)) continue;
        if (!is_first) qn_text_add_char(f->to, f->is_json ? ',' : '|');
        named(f, words, sizeof words / sizeof words[0], bit);
        is_first = false;
    }
    mark(f, ']');
}

static void add_header_json(const form *f, const qn_event *ev, const qn_record_row *row)
{
    qn_text_add(f->to, "{\"seq\":");
    qn_text_add_count(f->to, ev->seq);
    qn_text_add(f->to, ",\"ts\":\"");
    qn_text_add_time(f->to, ev->ts_ns);
    qn_text_add(f->to, "\",\"type\":\"");
    qn_text_add(f->to, row->name);
    qn_text_add(f->to, "\",\"instrument\":");
    instrument_name(f, ev->instrument);
}

static void add_header_line(const form *f, const qn_event *ev, const qn_record_row *row)
{
    qn_text_add_time_short(f->to, ev->ts_ns);
    qn_text_add(f->to, "  #");
    qn_text_add_count(f->to, ev->seq);
    qn_text_add(f->to, "  ");
    qn_text_add(f->to, row->name);
    qn_text_add(f->to, "  ");
    instrument_name(f, ev->instrument);
    qn_text_add_char(f->to, ' ');
}

static int32_t write_record(qn_text *to, const qn_event *ev, const qn_record_names *names,
                            bool is_json)
{
    const qn_record_row *row = qn_record_row_of(ev->type);
    form f = {to, names, instrument_of(names, ev->instrument), is_json};
    uint64_t before = to->used;

    if (is_json)
        add_header_json(&f, ev, row);
    else
        add_header_line(&f, ev, row);
    add_header_flags(&f, ev->flags);
    for (uint32_t i = 0; i < row->nfields; i++) {
        value v = value_of(ev, &row->fields[i]);

        if (row->fields[i].holds == QN_HOLDS_HIDDEN) continue;
        if (is_json)
            field_json(&f, &row->fields[i], &v);
        else
            field_line(&f, &row->fields[i], &v);
    }
    mark(&f, '}');
    if (!to->is_cut) return QN_OK;
    qn_text_back_to(to, before);
    return QN_E_FULL;
}

int32_t qn_record_json(qn_text *to, const qn_event *ev, const qn_record_names *names)
{
    return write_record(to, ev, names, true);
}

int32_t qn_record_text(qn_text *to, const qn_event *ev, const qn_record_names *names)
{
    return write_record(to, ev, names, false);
}

void qn_record_order_id(qn_text *to, uint64_t id, const qn_record_names *names)
{
    form f = {.to = to, .names = names};
    value v = {.bits = id};

    put_order_id(&f, NULL, &v);
}
