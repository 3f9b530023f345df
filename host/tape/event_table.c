/* SPDX-License-Identifier: MIT */
#include "event_table.h"

#include <quoin/decision.h>

#include <string.h>

/* Fields: struct, member, kind, what it is guessed from, column of an export and its heading
 * (0, NULL = not exported). */
#define FIELD(struct_, member_, KIND, GUESS, a_, b_, place_, head_)                                \
    {                                                                                              \
        .name = #member_, .offset = offsetof(struct_, member_),                                    \
        .size = sizeof(((struct_ *)0)->member_), .kind = FIELD_##KIND, .guess = GUESS_##GUESS,     \
        .a = a_, .b = b_, .place = place_, .head = head_                                           \
    }

/* Engine time is nearly always a constant away from the venue's: 0 for data without receive
 * times, the length for bars. A bar opens near the last close, and its high and low lie near
 * the higher and the lower one of open and close. */
static const event_field bar_fields[] = {
    FIELD(qn_bar, open_ts, TIME, PREVIOUS, 0, 0, 1, "ts"),
    FIELD(qn_event, ts_ns, TIME, FIELD, 0, 0, 0, NULL),
    FIELD(qn_event, flags, FLAGS, ZERO, 0, 0, 0, NULL),
    FIELD(qn_bar, close, PRICE, PREVIOUS, 0, 0, 5, "close"),
    FIELD(qn_bar, open, PRICE, LAST, 3, 0, 2, "open"),
    FIELD(qn_bar, high, PRICE, HIGHER, 3, 4, 3, "high"),
    FIELD(qn_bar, low, PRICE, LOWER, 3, 4, 4, "low"),
    FIELD(qn_bar, volume, QTY, ZERO, 0, 0, 6, "volume"),
};

static const event_field trade_fields[] = {
    FIELD(qn_trade, venue_ts, TIME, PREVIOUS, 0, 0, 1, "ts"),
    FIELD(qn_event, ts_ns, TIME, FIELD, 0, 0, 0, NULL),
    FIELD(qn_event, flags, FLAGS, ZERO, 0, 0, 0, NULL),
    FIELD(qn_trade, id, ID, PREVIOUS, 0, 0, 2, "id"),
    FIELD(qn_trade, price, PRICE, PREVIOUS, 0, 0, 3, "price"),
    FIELD(qn_trade, qty, QTY, ZERO, 0, 0, 4, "qty"),
    FIELD(qn_trade, side, SIDE, ZERO, 0, 0, 5, "side"),
};

static const event_field quote_fields[] = {
    FIELD(qn_quote, venue_ts, TIME, PREVIOUS, 0, 0, 1, "ts"),
    FIELD(qn_event, ts_ns, TIME, FIELD, 0, 0, 0, NULL),
    FIELD(qn_event, flags, FLAGS, ZERO, 0, 0, 0, NULL),
    FIELD(qn_quote, update_id, ID, PREVIOUS, 0, 0, 0, NULL),
    FIELD(qn_quote, bid, PRICE, PREVIOUS, 0, 0, 2, "bid"),
    FIELD(qn_quote, bid_qty, QTY, ZERO, 0, 0, 3, "bid_qty"),
    FIELD(qn_quote, ask, PRICE, FIELD, 4, 0, 4, "ask"),
    FIELD(qn_quote, ask_qty, QTY, ZERO, 0, 0, 5, "ask_qty"),
};

static const event_field depth_fields[] = {
    FIELD(qn_depth, venue_ts, TIME, PREVIOUS, 0, 0, 1, "ts"),
    FIELD(qn_event, ts_ns, TIME, FIELD, 0, 0, 2, "recv_ts"),
    FIELD(qn_event, flags, FLAGS, ZERO, 0, 0, 6, "kind"),
    FIELD(qn_depth, first_update_id, ID, PREVIOUS, 0, 0, 3, "first_update_id"),
    FIELD(qn_depth, update_id, ID, FIELD, 3, 0, 4, "update_id"),
    FIELD(qn_depth, prev_update_id, ID, FIELD, 3, 0, 5, "prev_update_id"),
    FIELD(qn_depth, price, PRICE, PREVIOUS, 0, 0, 8, "price"),
    FIELD(qn_depth, qty, QTY, ZERO, 0, 0, 9, "qty"),
    FIELD(qn_depth, side, SIDE, ZERO, 0, 0, 7, "side"),
};

static const event_field mark_fields[] = {
    FIELD(qn_mark, venue_ts, TIME, PREVIOUS, 0, 0, 1, "ts"),
    FIELD(qn_event, ts_ns, TIME, FIELD, 0, 0, 0, NULL),
    FIELD(qn_event, flags, FLAGS, ZERO, 0, 0, 0, NULL),
    FIELD(qn_mark, price, PRICE, PREVIOUS, 0, 0, 2, "price"),
};

static const event_field funding_fields[] = {
    FIELD(qn_funding, venue_ts, TIME, PREVIOUS, 0, 0, 1, "ts"),
    FIELD(qn_event, ts_ns, TIME, FIELD, 0, 0, 0, NULL),
    FIELD(qn_event, flags, FLAGS, ZERO, 0, 0, 0, NULL),
    FIELD(qn_funding, rate, RATE, PREVIOUS, 0, 0, 2, "rate"),
};

#define RANK(number, NAME, type, rank, meaning) RANK_##NAME = (rank),
#define SIZE(number, NAME, type, rank, meaning) SIZE_##NAME = sizeof(type),
enum { QN_EVENT_LIST(RANK) RANK_END_ };
enum { QN_EVENT_LIST(SIZE) SIZE_END_ };

#define ROW(NAME, name_, SPAN, has_days_, has_ids_, fields_)                                       \
    {                                                                                              \
        .type = QN_EVENT_##NAME, .name = name_, .size = SIZE_##NAME, .rank = RANK_##NAME,          \
        .nfields = sizeof(fields_) / sizeof((fields_)[0]), .span = SPAN_##SPAN,                    \
        .has_days = has_days_, .has_ids = has_ids_, .fields = fields_                              \
    }

/* Type, its name, the span of a file, whether a missing day is told, whether ids are unique. */
static const event_row rows[] = {
    ROW(BAR, "bar", BAR, false, false, bar_fields),
    ROW(TRADE, "trade", DAY, true, true, trade_fields),
    ROW(QUOTE, "quote", DAY, true, false, quote_fields),
    ROW(DEPTH, "depth", DAY, true, false, depth_fields),
    ROW(MARK, "mark", MONTH, false, false, mark_fields),
    ROW(INDEX, "index", MONTH, false, false, mark_fields),
    ROW(FUNDING, "funding", ALL, false, false, funding_fields),
    ROW(LIQUIDATION, "liquidation", DAY, false, false, trade_fields),
};

#define NROWS (sizeof rows / sizeof rows[0])

const event_row *event_row_of(uint32_t type)
{
    for (size_t i = 0; i < NROWS; i++)
        if (rows[i].type == type) return &rows[i];
    return NULL;
}

const event_row *event_row_named(const char *name, size_t len)
{
    for (size_t i = 0; i < NROWS; i++)
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0) return &rows[i];
    return NULL;
}

size_t event_rows(const event_row **out)
{
    *out = rows;
    return NROWS;
}

int64_t event_field_get(const event_field *field, const qn_event *ev)
{
    const char *at = (const char *)ev + field->offset;
    uint32_t narrow;
    int64_t wide;

    if (field->size == sizeof narrow) {
        memcpy(&narrow, at, sizeof narrow);
        return narrow;
    }
    memcpy(&wide, at, sizeof wide);
    return wide;
}
