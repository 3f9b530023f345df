/* SPDX-License-Identifier: MIT */
#include "importer.h"

#include "number.h"

#include "base/clock.h"
#include "base/fail.h"

#include <quoin/sdk/decimal.h>

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define SHOWN(field) (int)((field).len > 40 ? 40 : (field).len), (field).text

/* Why a number could not be read. Out of line: this is not what happens. */
static int32_t __attribute__((cold))
bad_number(int32_t rc, const char *role, text_piece field, int32_t exp, qn_err *err)
{
    char unit[QN_DECIMAL_TEXT];

    if (field.len == 0) return fail(err, QN_E_SYNTAX, "%s is empty; expected a number", role);
    if (rc == QN_E_SYNTAX) return fail(err, rc, "%s '%.*s' is not a number", role, SHOWN(field));
    qn_decimal_format(1, exp, unit);
    if (rc == QN_E_PRECISION)
        return fail(err, rc, "%s %.*s is finer than %s (exponent %d)", role, SHOWN(field), unit,
                    exp);
    return fail(err, rc, "%s %.*s is too large to be counted in units of %s (exponent %d)", role,
                SHOWN(field), unit, exp);
}

int32_t field_decimal(const char *role, text_piece field, int32_t exp, int64_t *to, qn_err *err)
{
    int32_t rc = number_read(field.text, field.len, exp, to);

    return __builtin_expect(rc == QN_OK, 1) ? rc : bad_number(rc, role, field, exp, err);
}

static int32_t read_id(const import_column *col, text_piece field, void *to, qn_err *err)
{
    int32_t rc = number_id(field.text, field.len, to);

    if (rc == QN_OK) return rc;
    return fail(err, rc, "%s '%.*s' is not a whole number of 64 bits", col->role, SHOWN(field));
}

/* The words of sides and truth values. */
typedef struct word {
    const char *text;
    uint32_t side;
} word;

static const word side_words[] = {{"buy", QN_BUY}, {"sell", QN_SELL}, {NULL, 0}};
static const word maker_words[] = {
    {"true", QN_SELL}, {"false", QN_BUY}, {"1", QN_SELL}, {"0", QN_BUY}, {NULL, 0}};

static int32_t read_word(const import_column *col, const word *words, text_piece field, void *to,
                         qn_err *err)
{
    for (const word *w = words; w->text; w++) {
        if (strlen(w->text) != field.len || strncasecmp(w->text, field.text, field.len) != 0)
            continue;
        memcpy(to, &w->side, sizeof w->side);
        return QN_OK;
    }
    return fail(err, QN_E_SYNTAX, "%s '%.*s' is neither %s nor %s", col->role, SHOWN(field),
                words[0].text, words[1].text);
}

static int32_t read_field(const import_column *col, const import_settings *set,
                          import_layout *layout, text_piece field, void *to, qn_err *err)
{
    switch (col->kind) {
    case COLUMN_TIME:
        return stamp_read(field.text, field.len, &layout->form, to, err);
    case COLUMN_PRICE:
        return field_decimal(col->role, field, set->price_exp, to, err);
    case COLUMN_QTY:
        return field_decimal(col->role, field, set->qty_exp, to, err);
    case COLUMN_RATE:
        return field_decimal(col->role, field, QN_FUNDING_EXP, to, err);
    case COLUMN_ID:
        return read_id(col, field, to, err);
    case COLUMN_SIDE:
        return read_word(col, side_words, field, to, err);
    case COLUMN_MAKER:
        return read_word(col, maker_words, field, to, err);
    case COLUMN_KINDS:
        break;
    }
    return fail(err, QN_E_INTERNAL, "column %s has no kind", col->role);
}

int32_t row_read(const importer *imp, const import_settings *set, import_layout *layout,
                 const csv_row *row, import_event *out, qn_err *err)
{
    int32_t rc = QN_OK;

    if (row->n != layout->nfields)
        return fail(err, QN_E_SYNTAX, "the row has %u fields; expected %u", row->n,
                    layout->nfields);
    *out = (import_event){.hdr = {.type = (uint16_t)imp->type}};
    for (size_t i = 0; i < imp->ncolumns; i++) {
        const import_column *col = &imp->columns[i];
        if (layout->at[i] < 0) continue;
        rc = read_field(col, set, layout, row->fields[layout->at[i]], (char *)out + col->offset,
                        err);
        if (rc != QN_OK) return rc;
    }
    return imp->finish(&out->hdr, set, err);
}

int32_t row_places(const importer *imp, const import_layout *layout, const csv_row *row,
                   column_kind kind, int32_t *places)
{
    int32_t rc;
    int32_t found;

    for (size_t i = 0; i < imp->ncolumns; i++) {
        if (imp->columns[i].kind != kind || layout->at[i] < 0) continue;
        text_piece field = row->fields[layout->at[i]];
        if ((rc = number_places(field.text, field.len, &found)) != QN_OK) return rc;
        if (found > *places) *places = found;
    }
    return QN_OK;
}

/* "high 1.5 is below low 2": two prices that contradict each other. */
static int32_t __attribute__((cold))
contradict(const char *a_name, int64_t a, const char *relation, const char *b_name, int64_t b,
           int32_t exp, qn_err *err)
{
    char a_text[QN_DECIMAL_TEXT];
    char b_text[QN_DECIMAL_TEXT];

    qn_decimal_format(a, exp, a_text);
    qn_decimal_format(b, exp, b_text);
    return fail(err, QN_E_RANGE, "%s %s is %s %s %s", a_name, a_text, relation, b_name, b_text);
}

static int32_t __attribute__((cold))
not_positive(const char *name, int64_t value, int32_t exp, qn_err *err)
{
    char text[QN_DECIMAL_TEXT];

    qn_decimal_format(value, exp, text);
    return fail(err, QN_E_RANGE, "%s %s is not above 0", name, text);
}

static int32_t bar_check(const qn_bar *bar, const import_settings *set, qn_err *err)
{
    int32_t exp = set->price_exp;
    char text[QN_DECIMAL_TEXT];

    if (bar->low <= 0) return not_positive("low", bar->low, exp, err);
    if (bar->high < bar->low)
        return contradict("high", bar->high, "below", "low", bar->low, exp, err);
    if (bar->high < bar->open)
        return contradict("high", bar->high, "below", "open", bar->open, exp, err);
    if (bar->high < bar->close)
        return contradict("high", bar->high, "below", "close", bar->close, exp, err);
    if (bar->low > bar->open)
        return contradict("low", bar->low, "above", "open", bar->open, exp, err);
    if (bar->low > bar->close)
        return contradict("low", bar->low, "above", "close", bar->close, exp, err);
    if (bar->volume >= 0) return QN_OK;
    qn_decimal_format(bar->volume, set->qty_exp, text);
    return fail(err, QN_E_RANGE, "volume %s is negative", text);
}

static int32_t __attribute__((cold)) off_grid(int64_t ts, int64_t length, qn_err *err)
{
    char time[TIME_TEXT];
    char span[24];

    time_format_short(ts, time);
    duration_format(length, span);
    return fail(err, QN_E_INVALID, "time %s does not begin a bar of %s (--bar, --stamp)", time,
                span);
}

int32_t bar_finish(qn_event *ev, const import_settings *set, qn_err *err)
{
    qn_bar *bar = (qn_bar *)ev;
    int32_t rc;

    if (set->is_close_time) bar->open_ts -= set->length;
    if (__builtin_add_overflow(bar->open_ts, set->length, &bar->hdr.ts_ns))
        return fail(err, QN_E_RANGE, "the bar ends after the year 2261");
    bar->length = set->length;
    if ((rc = bar_check(bar, set, err)) != QN_OK) return rc;
    if (set->length > 0 && bar->open_ts % set->length != 0)
        return off_grid(bar->open_ts, set->length, err);
    return QN_OK;
}

int32_t trade_finish(qn_event *ev, const import_settings *set, qn_err *err)
{
    qn_trade *trade = (qn_trade *)ev;

    trade->hdr.ts_ns = trade->venue_ts;
    if (trade->price <= 0) return not_positive("price", trade->price, set->price_exp, err);
    if (trade->qty <= 0) return not_positive("quantity", trade->qty, set->qty_exp, err);
    return QN_OK;
}

/* One side of a quote, or a level of a book. */
static int32_t side_check(const char *price_name, int64_t price, const char *qty_name, int64_t qty,
                          const import_settings *set, qn_err *err)
{
    char text[QN_DECIMAL_TEXT];

    if (qty < 0) {
        qn_decimal_format(qty, set->qty_exp, text);
        return fail(err, QN_E_RANGE, "%s %s is negative", qty_name, text);
    }
    if (price <= 0 && (price < 0 || qty > 0))
        return not_positive(price_name, price, set->price_exp, err);
    return QN_OK;
}

int32_t quote_finish(qn_event *ev, const import_settings *set, qn_err *err)
{
    qn_quote *quote = (qn_quote *)ev;
    int32_t rc;

    if (quote->hdr.ts_ns == 0) quote->hdr.ts_ns = quote->venue_ts;
    rc = side_check("bid", quote->bid, "bid_qty", quote->bid_qty, set, err);
    return rc == QN_OK ? side_check("ask", quote->ask, "ask_qty", quote->ask_qty, set, err) : rc;
}

int32_t mark_finish(qn_event *ev, const import_settings *set, qn_err *err)
{
    qn_mark *mark = (qn_mark *)ev;

    mark->hdr.ts_ns = mark->venue_ts;
    if (mark->price <= 0) return not_positive("price", mark->price, set->price_exp, err);
    return QN_OK;
}

int32_t funding_finish(qn_event *ev, const import_settings *set, qn_err *err)
{
    qn_funding *funding = (qn_funding *)ev;
    const int64_t one = qn_pow10(-QN_FUNDING_EXP);
    char text[QN_DECIMAL_TEXT];

    (void)set;
    funding->hdr.ts_ns = funding->venue_ts;
    if (funding->rate > -one && funding->rate < one) return QN_OK;
    qn_decimal_format(funding->rate, QN_FUNDING_EXP, text);
    return fail(err, QN_E_RANGE, "rate %s is not a fraction between -1 and 1", text);
}

int32_t level_finish(qn_event *ev, const import_settings *set, qn_err *err)
{
    qn_depth *level = (qn_depth *)ev;

    if (level->price <= 0) return not_positive("price", level->price, set->price_exp, err);
    return side_check("price", level->price, "quantity", level->qty, set, err);
}
