/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/record.h>

#include "record_words.h"

#include <quoin/sdk/fail.h>

#include <string.h>

#define NONE_0 QN_RECORD_NONE_0
#define NEVER QN_RECORD_NEVER
#define QUIET QN_RECORD_QUIET
#define GIVEN QN_RECORD_AS_GIVEN

/* KEY: under another name than the member's; LIST: an array and the member that counts it. */
#define KEY(struct_, member_, key_, HOLDS, flags_)                                                 \
    {                                                                                              \
        .name = key_, .offset = offsetof(struct_, member_),                                        \
        .bytes = sizeof(((struct_ *)0)->member_), .holds = QN_HOLDS_##HOLDS, .flags = (flags_)     \
    }
#define IS(struct_, member_, HOLDS, flags_) KEY(struct_, member_, #member_, HOLDS, flags_)
#define LIST(struct_, member_, HOLDS, count_)                                                      \
    {                                                                                              \
        .name = #member_, .offset = offsetof(struct_, member_),                                    \
        .bytes = sizeof(((struct_ *)0)->member_), .holds = QN_HOLDS_##HOLDS,                       \
        .count_offset = offsetof(struct_, count_)                                                  \
    }

/* Name and members of a type. One that QN_EVENT_LIST has and this table has not does not
 * compile. */
#define RECORD(NAME, text, ...)                                                                    \
    static const char name_##NAME[] = text;                                                        \
    static const qn_record_field fields_##NAME[] = {__VA_ARGS__};

/* clang-format off */
RECORD(BAR, "bar",
       IS(qn_bar, open_ts, TIME, 0),
       KEY(qn_bar, length, "length_ns", NS, 0),
       IS(qn_bar, open, PRICE, 0),
       IS(qn_bar, high, PRICE, 0),
       IS(qn_bar, low, PRICE, 0),
       IS(qn_bar, close, PRICE, 0),
       IS(qn_bar, volume, QTY, 0))

#define TRADE_FIELDS                                                                               \
    IS(qn_trade, venue_ts, TIME, 0), IS(qn_trade, id, COUNT, NONE_0),                              \
        IS(qn_trade, price, PRICE, 0), IS(qn_trade, qty, QTY, 0), IS(qn_trade, side, SIDE, 0)
RECORD(TRADE, "trade", TRADE_FIELDS)
RECORD(LIQUIDATION, "liquidation", TRADE_FIELDS)

RECORD(QUOTE, "quote",
       IS(qn_quote, venue_ts, TIME, 0),
       IS(qn_quote, update_id, COUNT, NONE_0),
       IS(qn_quote, bid, PRICE, 0),
       IS(qn_quote, bid_qty, QTY, 0),
       IS(qn_quote, ask, PRICE, 0),
       IS(qn_quote, ask_qty, QTY, 0))

RECORD(DEPTH, "depth",
       IS(qn_depth, venue_ts, TIME, 0),
       IS(qn_depth, first_update_id, COUNT, 0),
       IS(qn_depth, update_id, COUNT, 0),
       IS(qn_depth, prev_update_id, COUNT, 0),
       IS(qn_depth, price, PRICE, 0),
       IS(qn_depth, qty, QTY, 0),
       IS(qn_depth, side, SIDE, 0))

#define MARK_FIELDS IS(qn_mark, venue_ts, TIME, 0), IS(qn_mark, price, PRICE, 0)
RECORD(MARK, "mark", MARK_FIELDS)
RECORD(INDEX, "index", MARK_FIELDS)

RECORD(FUNDING, "funding",
       IS(qn_funding, venue_ts, TIME, 0),
       IS(qn_funding, rate, RATE, 0))

RECORD(TIMER, "timer",
       IS(qn_timer, due_ns, TIME, 0),
       IS(qn_timer, cookie, COUNT, 0))

RECORD(ORDER, "order",
       IS(qn_order_report, venue_ts, TIME, 0),
       IS(qn_order_report, order_id, ORDER_ID, 0),
       IS(qn_order_report, state, STATE, 0),
       IS(qn_order_report, reason, REASON, NONE_0),
       IS(qn_order_report, parent_id, ORDER_ID, NONE_0))

RECORD(FILL, "fill",
       IS(qn_fill, venue_ts, TIME, 0),
       IS(qn_fill, order_id, ORDER_ID, 0),
       IS(qn_fill, trade_id, COUNT, 0),
       IS(qn_fill, price, PRICE, 0),
       IS(qn_fill, qty, QTY, 0),
       IS(qn_fill, fee, MONEY, 0),
       IS(qn_fill, side, SIDE, 0),
       IS(qn_fill, liquidity, LIQUIDITY, 0),
       IS(qn_fill, parent_id, ORDER_ID, NONE_0))

RECORD(PAYMENT, "payment",
       IS(qn_payment, venue_ts, TIME, 0),
       IS(qn_payment, position, QTY, 0),
       IS(qn_payment, price, PRICE, 0),
       IS(qn_payment, rate, RATE, 0),
       IS(qn_payment, amount, MONEY, 0))

RECORD(GAP, "gap",
       IS(qn_gap, venue_ts, TIME, 0),
       IS(qn_gap, missed, COUNT, 0))

RECORD(RESULT, "result",
       IS(qn_result, cookie, COUNT, 0),
       IS(qn_result, status, CODE, 0),
       IS(qn_result, nbytes, HIDDEN, 0),
       LIST(qn_result, bytes, BYTES, nbytes))

RECORD(HALT, "halt",
       IS(qn_halt, is_halted, BOOL, 0),
       IS(qn_halt, reason, REASON, NONE_0),
       IS(qn_halt, module, MODULE, 0),
       IS(qn_halt, limit, REAL, QUIET),
       IS(qn_halt, value, REAL, QUIET))

RECORD(COMMAND, "command",
       IS(qn_command, wall_ts, TIME, 0),
       IS(qn_command, verb, COMMAND, 0),
       IS(qn_command, uid, NUMBER, 0),
       IS(qn_command, pid, NUMBER, 0),
       IS(qn_command, code, CODE, 0),
       IS(qn_command, target, TEXT, 0),
       IS(qn_command, value, TEXT, 0))

RECORD(FEATURE, "feature",
       IS(qn_feature_value, feature, FEATURE, 0),
       IS(qn_feature_value, value, REAL, 0),
       IS(qn_feature_value, valid_to, TIME, NEVER))

RECORD(OUTPUT, "output",
       IS(qn_output, cause_seq, COUNT, NONE_0),
       IS(qn_output, counter, COUNT, 0),
       IS(qn_output, strategy, STRATEGY, 0),
       IS(qn_output, kind, INTENT, GIVEN),
       IS(qn_output, side, SIDE, NONE_0 | GIVEN),
       KEY(qn_output, type, "order_type", ORDER_TYPE, NONE_0 | GIVEN),
       IS(qn_output, tif, TIF, NONE_0 | GIVEN),
       KEY(qn_output, flags, "order_flags", ORDER_FLAGS, QUIET | GIVEN),
       IS(qn_output, qty, QTY, 0),
       IS(qn_output, price, PRICE, NONE_0),
       IS(qn_output, trigger, PRICE, NONE_0),
       IS(qn_output, expire_ts, TIME, NONE_0),
       IS(qn_output, stop_loss, PRICE, NONE_0),
       IS(qn_output, take_profit, PRICE, NONE_0),
       KEY(qn_output, horizon, "horizon_ns", NS, NONE_0),
       IS(qn_output, order_id, ORDER_ID, NONE_0),
       IS(qn_output, strength, REAL, QUIET),
       IS(qn_output, confidence, REAL, QUIET),
       IS(qn_output, nread, HIDDEN, 0),
       LIST(qn_output, read, READS, nread))

RECORD(REFUSAL, "refusal",
       IS(qn_refusal, cause_seq, COUNT, NONE_0),
       IS(qn_refusal, strategy, STRATEGY, 0),
       IS(qn_refusal, code, CODE, 0))

RECORD(ALLOCATION, "allocation",
       IS(qn_allocation, cause_seq, COUNT, NONE_0),
       IS(qn_allocation, status, CODE, 0),
       IS(qn_allocation, nlines, NUMBER, 0),
       IS(qn_allocation, nreturns, NUMBER, 0),
       IS(qn_allocation, nvalues, HIDDEN, 0),
       LIST(qn_allocation, values, REALS, nvalues))

RECORD(WEIGHT, "weight",
       IS(qn_weight, cause_seq, COUNT, NONE_0),
       IS(qn_weight, signal_seq, COUNT, NONE_0),
       IS(qn_weight, strategy, STRATEGY, 0),
       IS(qn_weight, strength, REAL, 0),
       IS(qn_weight, confidence, REAL, 0),
       IS(qn_weight, before, REAL, 0),
       IS(qn_weight, weight, REAL, 0),
       IS(qn_weight, equity, MONEY, 0),
       IS(qn_weight, price, PRICE, 0),
       IS(qn_weight, target, QTY, 0),
       IS(qn_weight, held, QTY, 0),
       IS(qn_weight, order, QTY, 0))

RECORD(VERDICT, "verdict",
       IS(qn_verdict, cause_seq, COUNT, NONE_0),
       IS(qn_verdict, order_id, ORDER_ID, 0),
       IS(qn_verdict, strategy, STRATEGY, 0),
       IS(qn_verdict, stage, STAGE, 0),
       IS(qn_verdict, action, ACTION, 0),
       IS(qn_verdict, reason, REASON, NONE_0),
       IS(qn_verdict, module, MODULE, NONE_0),
       IS(qn_verdict, side, SIDE, GIVEN),
       IS(qn_verdict, asked, QTY, 0),
       IS(qn_verdict, allowed, QTY, 0),
       IS(qn_verdict, price_bound, PRICE, NONE_0),
       IS(qn_verdict, expire_ts, TIME, NEVER),
       IS(qn_verdict, limit, REAL, QUIET),
       IS(qn_verdict, value, REAL, QUIET))

RECORD(PARENT, "parent",
       IS(qn_parent, cause_seq, COUNT, NONE_0),
       IS(qn_parent, order_id, ORDER_ID, 0),
       IS(qn_parent, strategy, STRATEGY, 0),
       IS(qn_parent, state, STATE, 0),
       IS(qn_parent, reason, REASON, NONE_0),
       IS(qn_parent, side, SIDE, 0),
       IS(qn_parent, qty, QTY, 0),
       IS(qn_parent, filled, QTY, 0),
       IS(qn_parent, price_bound, PRICE, NONE_0),
       IS(qn_parent, expire_ts, TIME, NEVER),
       IS(qn_parent, stop_loss, PRICE, NONE_0),
       IS(qn_parent, take_profit, PRICE, NONE_0))

/* A denied order is recorded as its strategy asked for it, and so is the word on it. */
RECORD(SUBMIT, "submit",
       IS(qn_submit, cause_seq, COUNT, NONE_0),
       IS(qn_submit, parent_id, ORDER_ID, NONE_0),
       IS(qn_submit, entry_id, ORDER_ID, NONE_0),
       IS(qn_submit, state, STATE, 0),
       IS(qn_submit, reason, REASON, NONE_0),
       IS(qn_submit, made_ts, TIME, 0),
       KEY(qn_submit, order.size, "size", HIDDEN, 0),
       KEY(qn_submit, order.instrument, "instrument", HIDDEN, 0),
       KEY(qn_submit, order.id, "order_id", ORDER_ID, 0),
       KEY(qn_submit, order.strategy, "strategy", STRATEGY, 0),
       KEY(qn_submit, order.incarnation, "incarnation", NUMBER, QUIET),
       KEY(qn_submit, order.side, "side", SIDE, GIVEN),
       KEY(qn_submit, order.type, "order_type", ORDER_TYPE, GIVEN),
       KEY(qn_submit, order.tif, "tif", TIF, GIVEN),
       KEY(qn_submit, order.flags, "order_flags", ORDER_FLAGS, QUIET | GIVEN),
       KEY(qn_submit, order.qty, "qty", QTY, 0),
       KEY(qn_submit, order.price, "price", PRICE, NONE_0),
       KEY(qn_submit, order.trigger, "trigger", PRICE, NONE_0),
       KEY(qn_submit, order.sent_ts, "sent_ts", TIME, 0),
       KEY(qn_submit, order.expire_ts, "expire_ts", TIME, NONE_0),
       KEY(qn_submit, order.stop_loss, "stop_loss", PRICE, NONE_0),
       KEY(qn_submit, order.take_profit, "take_profit", PRICE, NONE_0),
       KEY(qn_submit, order.stop_loss_id, "stop_loss_id", ORDER_ID, NONE_0),
       KEY(qn_submit, order.take_profit_id, "take_profit_id", ORDER_ID, NONE_0))

RECORD(REQUEST, "request",
       IS(qn_request, cause_seq, COUNT, NONE_0),
       IS(qn_request, order_id, ORDER_ID, 0),
       IS(qn_request, kind, INTENT, 0),
       IS(qn_request, reason, REASON, NONE_0),
       IS(qn_request, qty, QTY, NONE_0),
       IS(qn_request, price, PRICE, NONE_0),
       IS(qn_request, trigger, PRICE, NONE_0))

RECORD(CHECKPOINT, "checkpoint",
       IS(qn_checkpoint, market_events, COUNT, 0),
       IS(qn_checkpoint, market_ts, TIME, 0))

RECORD(RELOAD, "reload",
       IS(qn_reload, epoch, COUNT, 0),
       IS(qn_reload, step, RELOAD_STEP, 0),
       IS(qn_reload, mode, RELOAD_MODE, 0),
       IS(qn_reload, code, CODE, 0),
       IS(qn_reload, is_unsigned, BOOL, 0),
       IS(qn_reload, events, COUNT, 0),
       IS(qn_reload, build, HASH, 0),
       IS(qn_reload, id, TEXT, 0))

RECORD(FAULT, "fault",
       IS(qn_fault, cause_seq, COUNT, NONE_0),
       IS(qn_fault, sent, COUNT, 0),
       IS(qn_fault, reason, FAULT, 0),
       IS(qn_fault, action, FAULT_ACTION, 0),
       IS(qn_fault, place, FAULT_PLACE, 0),
       IS(qn_fault, code, CODE, 0),
       IS(qn_fault, build, HASH, 0),
       IS(qn_fault, id, TEXT, 0),
       IS(qn_fault, why, TEXT, 0))

/* clang-format on */

#define ROW(number, NAME, type, rank, meaning_)                                                    \
    [number] = {.name = name_##NAME,                                                               \
                .meaning = meaning_,                                                               \
                .size = sizeof(type),                                                              \
                .nfields = sizeof fields_##NAME / sizeof fields_##NAME[0],                         \
                .fields = fields_##NAME},
static const qn_record_row rows[QN_EVENT_TYPES] = {QN_EVENT_LIST(ROW)};
#undef ROW

const qn_record_row *qn_record_row_of(uint32_t type)
{
    return type < QN_EVENT_TYPES && rows[type].name ? &rows[type] : NULL;
}

const char *qn_record_name(uint32_t type)
{
    const qn_record_row *row = qn_record_row_of(type);

    return row ? row->name : "?";
}

uint32_t qn_record_size(uint32_t type)
{
    const qn_record_row *row = qn_record_row_of(type);

    return row ? row->size : 0;
}

uint32_t qn_record_type_named(const char *name, uint64_t len)
{
    for (uint32_t type = 0; type < QN_EVENT_TYPES; type++)
        if (rows[type].name && strlen(rows[type].name) == len &&
            memcmp(rows[type].name, name, len) == 0)
            return type;
    return 0;
}

int32_t qn_record_is_journaled(uint32_t type)
{
    return qn_record_row_of(type) && type >= QN_EVENT_TIMER && type != QN_EVENT_FEATURE;
}

/* ------------------------------------------------------------------ check */

static uint32_t number_at(const qn_event *ev, uint32_t offset)
{
    uint32_t value;

    memcpy(&value, (const char *)ev + offset, sizeof value);
    return value;
}

/* How many items a list has room for; 1 for what is no list, so that nothing is divided by 0. */
static uint32_t list_room(const qn_record_field *field)
{
    static const uint32_t items[QN_HOLDS_KINDS] = {[QN_HOLDS_REALS] = sizeof(double),
                                                   [QN_HOLDS_READS] = sizeof(qn_feature_read),
                                                   [QN_HOLDS_BYTES] = 1};

    return field->bytes / items[field->holds];
}

static int32_t field_check(const qn_event *ev, const qn_record_row *row,
                           const qn_record_field *field, qn_err *err)
{
    uint32_t value;

    if (field->holds == QN_HOLDS_TEXT && !memchr((const char *)ev + field->offset, 0, field->bytes))
        return qn_fail(err, QN_E_DAMAGED, "%s: %s has no end", row->name, field->name);
    if (field->count_offset) {
        value = number_at(ev, field->count_offset);
        if (value > list_room(field))
            return qn_fail(err, QN_E_DAMAGED, "%s: %u of %s, and there is room for %u", row->name,
                           value, field->name, list_room(field));
        return QN_OK;
    }
    if (field->bytes != sizeof value || field->flags & QN_RECORD_AS_GIVEN) return QN_OK;
    value = number_at(ev, field->offset);
    if (value == 0 && field->flags & QN_RECORD_NONE_0) return QN_OK;
    if (!record_is_in_list(field->holds, value))
        return qn_fail(err, QN_E_DAMAGED, "%s: %s is %u, which stands for nothing", row->name,
                       field->name, value);
    return QN_OK;
}

int32_t qn_record_check(const qn_event *ev, uint64_t nbytes, qn_err *err)
{
    const qn_record_row *row;
    int32_t rc = QN_OK;

    if (nbytes < sizeof *ev)
        return qn_fail(err, QN_E_DAMAGED, "%llu bytes are too few for a record",
                       (unsigned long long)nbytes);
    row = qn_record_row_of(ev->type);
    if (!row) return qn_fail(err, QN_E_DAMAGED, "a record of type %u, which is none", ev->type);
    if (ev->size != row->size)
        return qn_fail(err, QN_E_DAMAGED, "%s: a size of %u bytes, and it has %u", row->name,
                       ev->size, row->size);
    if (nbytes < row->size)
        return qn_fail(err, QN_E_DAMAGED, "%s: cut after %llu of %u bytes", row->name,
                       (unsigned long long)nbytes, row->size);
    for (uint32_t i = 0; i < row->nfields && rc == QN_OK; i++)
        rc = field_check(ev, row, &row->fields[i], err);
    return rc;
}
