/* SPDX-License-Identifier: MIT */
#include "message.h"

#include "base/fail.h"
#include "base/json.h"

#include <quoin/number.h>

#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define JSON_DEPTH 12

/* --- members ------------------------------------------------------------------------------- */

typedef enum member_kind {
    MEMBER_TIME,   /* int64_t, ns: a number of ms or us */
    MEMBER_ID,     /* uint64_t: a whole number */
    MEMBER_NUMBER, /* text_piece: a string */
    MEMBER_MAKER,  /* bool: true if the buyer was the maker, so that the aggressor sold */
    MEMBER_SIDE,   /* bool: "BUY" or "SELL" */
    MEMBER_MARKET, /* bool: "MARKET", or another word */
    MEMBER_LEVELS, /* struct json_object *: an array of [price, quantity] */
} member_kind;

typedef struct member {
    const char *key;
    member_kind kind;
    bool is_optional;
    uint16_t offset;
} member;

#define MEMBER(key, KIND, is_optional, member)                                                     \
    {                                                                                              \
        key, MEMBER_##KIND, is_optional, offsetof(message, member)                                 \
    }

static const member depth_members[] = {
    MEMBER("E", TIME, true, event_ts), MEMBER("T", TIME, true, trade_ts),
    MEMBER("U", ID, false, first),     MEMBER("u", ID, false, last),
    MEMBER("pu", ID, true, prev),      MEMBER("b", LEVELS, false, bids),
    MEMBER("a", LEVELS, false, asks),
};
static const member snapshot_members[] = {
    MEMBER("E", TIME, true, event_ts),       MEMBER("T", TIME, true, trade_ts),
    MEMBER("lastUpdateId", ID, false, last), MEMBER("bids", LEVELS, false, bids),
    MEMBER("asks", LEVELS, false, asks),
};
static const member trade_members[] = {
    MEMBER("E", TIME, true, event_ts),    MEMBER("T", TIME, false, trade_ts),
    MEMBER("t", ID, false, id),           MEMBER("p", NUMBER, false, price),
    MEMBER("q", NUMBER, false, qty),      MEMBER("m", MAKER, false, is_sell),
    MEMBER("X", MARKET, true, is_market),
};
/* the futures' aggTrade had no id in 2019 */
static const member aggtrade_members[] = {
    MEMBER("E", TIME, true, event_ts), MEMBER("T", TIME, false, trade_ts),
    MEMBER("a", ID, true, id),         MEMBER("p", NUMBER, false, price),
    MEMBER("q", NUMBER, false, qty),   MEMBER("m", MAKER, false, is_sell),
};
/* the spot's bookTicker has no times, and no "e" */
static const member quote_members[] = {
    MEMBER("E", TIME, true, event_ts),   MEMBER("T", TIME, true, trade_ts),
    MEMBER("u", ID, false, last),        MEMBER("b", NUMBER, false, bid),
    MEMBER("B", NUMBER, false, bid_qty), MEMBER("a", NUMBER, false, ask),
    MEMBER("A", NUMBER, false, ask_qty),
};
/* its "r" and "T" are the rate and date of the next funding: what is expected, not what is */
static const member mark_members[] = {
    MEMBER("E", TIME, false, event_ts),
    MEMBER("p", NUMBER, false, price),
    MEMBER("i", NUMBER, true, index),
};
static const member force_members[] = {
    MEMBER("T", TIME, false, trade_ts),
    MEMBER("p", NUMBER, false, price),
    MEMBER("q", NUMBER, false, qty),
    MEMBER("S", SIDE, false, is_sell),
};

/* The kinds: the event's name ("e"), or the member by which one without a name is known; its
 * members, and the one that holds these if it is not the message itself. */
typedef struct kind_row {
    const char *event, *mark;
    const char *quoted_mark; /* as the text has it */
    const char *inside;
    const member *members;
    size_t nmembers;
} kind_row;

#define ROW(event, mark, inside, members)                                                          \
    {                                                                                              \
        event, mark, "\"" mark "\"", inside, members, sizeof members / sizeof members[0]           \
    }

static const kind_row rows[MESSAGE_OTHER] = {
    [MESSAGE_DEPTH] = ROW("depthUpdate", "", NULL, depth_members),
    [MESSAGE_SNAPSHOT] = ROW("", "lastUpdateId", NULL, snapshot_members),
    [MESSAGE_TRADE] = ROW("trade", "", NULL, trade_members),
    [MESSAGE_AGGTRADE] = ROW("aggTrade", "", NULL, aggtrade_members),
    [MESSAGE_QUOTE] = ROW("bookTicker", "B", NULL, quote_members),
    [MESSAGE_MARK] = ROW("markPriceUpdate", "", NULL, mark_members),
    [MESSAGE_FORCE] = ROW("forceOrder", "", "o", force_members),
};

static text_piece text_of(struct json_object *value)
{
    return (text_piece){json_object_get_string(value), (size_t)json_object_get_string_len(value)};
}

/* Read a time of 12 or 13 digits, ms since 1970, or of 15 or 16, us. */
static int32_t read_time(const char *key, struct json_object *value, int64_t *out, qn_err *err)
{
    int64_t ms = json_object_get_int64(value);
    int64_t unit = 0;

    if (!json_object_is_type(value, json_type_int))
        return fail(err, QN_E_TYPE, "\"%s\": expected a time, a number of ms or us", key);
    if (ms >= INT64_C(100000000000) && ms < INT64_C(10000000000000)) unit = QN_NS_PER_MS;
    if (ms >= INT64_C(100000000000000) && ms < INT64_C(10000000000000000)) unit = QN_NS_PER_US;
    if (unit == 0 || __builtin_mul_overflow(ms, unit, out))
        return fail(err, QN_E_RANGE, "\"%s\": %" PRId64 " is no time in ms or us since 1970", key,
                    ms);
    return QN_OK;
}

static int32_t read_id(const char *key, struct json_object *value, uint64_t *out, qn_err *err)
{
    if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
        return fail(err, QN_E_TYPE, "\"%s\": expected an id, a whole number", key);
    *out = json_object_get_uint64(value);
    if (*out == UINT64_MAX) /* the reader's answer to more than it can hold */
        return fail(err, QN_E_OVERFLOW, "\"%s\" is larger than 64 bits", key);
    return QN_OK;
}

static int32_t read_side(const char *key, struct json_object *value, bool *out, qn_err *err)
{
    const char *text = json_object_get_string(value);

    *out = text && strcmp(text, "SELL") == 0;
    if (json_object_is_type(value, json_type_string) && (*out || strcmp(text, "BUY") == 0))
        return QN_OK;
    return fail(err, QN_E_TYPE, "\"%s\": expected \"BUY\" or \"SELL\"", key);
}

/* Every level must be [price, quantity], of strings; early captures have a third element. */
static int32_t check_levels(const char *key, struct json_object *value, qn_err *err)
{
    if (!json_object_is_type(value, json_type_array))
        return fail(err, QN_E_TYPE, "\"%s\": expected an array of levels", key);
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        struct json_object *level = json_object_array_get_idx(value, i);
        if (!json_object_is_type(level, json_type_array) || json_object_array_length(level) < 2 ||
            !json_object_is_type(json_object_array_get_idx(level, 0), json_type_string) ||
            !json_object_is_type(json_object_array_get_idx(level, 1), json_type_string))
            return fail(err, QN_E_TYPE, "\"%s\": level %zu: expected [\"price\", \"quantity\"]",
                        key, i + 1);
    }
    return QN_OK;
}

static int32_t read_member(const member *m, struct json_object *value, message *out, qn_err *err)
{
    void *to = (char *)out + m->offset;
    bool is_text = json_object_is_type(value, json_type_string);

    switch (m->kind) {
    case MEMBER_TIME:
        return read_time(m->key, value, to, err);
    case MEMBER_ID:
        return read_id(m->key, value, to, err);
    case MEMBER_NUMBER:
        if (!is_text) return fail(err, QN_E_TYPE, "\"%s\": expected a number as a string", m->key);
        *(text_piece *)to = text_of(value);
        return QN_OK;
    case MEMBER_MAKER:
        if (!json_object_is_type(value, json_type_boolean))
            return fail(err, QN_E_TYPE, "\"%s\": expected true or false", m->key);
        *(bool *)to = json_object_get_boolean(value);
        return QN_OK;
    case MEMBER_SIDE:
        return read_side(m->key, value, to, err);
    case MEMBER_MARKET:
        if (!is_text) return fail(err, QN_E_TYPE, "\"%s\": expected a string", m->key);
        *(bool *)to = strcmp(json_object_get_string(value), "MARKET") == 0;
        return QN_OK;
    case MEMBER_LEVELS:
        *(struct json_object **)to = value;
        return check_levels(m->key, value, err);
    }
    return QN_OK;
}

/* --- lines --------------------------------------------------------------------------------- */

int32_t message_reader_open(message_reader *r, qn_err *err)
{
    *r = (message_reader){.json = json_tokener_new_ex(JSON_DEPTH)};
    if (!r->json) return fail(err, QN_E_NO_MEMORY, "out of memory reading messages");
    json_tokener_set_flags(r->json, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    return QN_OK;
}

void message_reader_close(message_reader *r)
{
    if (r->json) json_tokener_free(r->json);
    r->json = NULL;
}

static size_t blanks(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len && (text[n] == ' ' || text[n] == '\t'))
        n++;
    return n;
}

/* The receive time that may stand before the JSON text; *used is what it takes up. */
static int32_t read_recv(message_reader *r, const char *text, size_t len, int64_t *out,
                         size_t *used, qn_err *err)
{
    size_t digits = 0;
    bool has_recv;

    while (digits < len && isdigit((unsigned char)text[digits]))
        digits++;
    has_recv = digits > 0;
    *out = NO_TIME;
    *used = digits;
    if (r->has_line && has_recv != r->has_recv)
        return fail(err, QN_E_TYPE,
                    has_recv ? "a receive time stands before the message; the file's first has none"
                             : "no receive time stands before the message, as before the first");
    if (has_recv) {
        size_t gap = blanks(text + digits, len - digits);
        stamp_form form = r->form;
        int32_t rc = stamp_read(text, digits, &form, out, err);
        if (rc != QN_OK) return rc;
        if (gap == 0) return fail(err, QN_E_SYNTAX, "expected a blank behind the receive time");
        *used += gap;
        r->form = form;
    }
    r->has_line = true;
    r->has_recv = has_recv;
    return QN_OK;
}

static int32_t parse(message_reader *r, const char *text, size_t len, size_t before,
                     struct json_object **out, qn_err *err)
{
    enum json_tokener_error error;
    size_t end;
    size_t rest;

    json_tokener_reset(r->json);
    *out = json_tokener_parse_ex(r->json, text, (int)len);
    error = json_tokener_get_error(r->json);
    end = json_tokener_get_parse_end(r->json);
    if (error == json_tokener_continue)
        return fail(err, QN_E_SYNTAX, "the message ends too early, at byte %zu", before + len);
    if (error != json_tokener_success)
        return fail(err, QN_E_SYNTAX, "no JSON at byte %zu: %s", before + end + 1,
                    json_tokener_error_desc(error));
    if (!*out) return fail(err, QN_E_NO_MEMORY, "out of memory reading a message");
    rest = end + blanks(text + end, len - end);
    if (rest == len && json_object_is_type(*out, json_type_object)) return QN_OK;
    json_object_put(*out);
    if (rest < len)
        return fail(err, QN_E_SYNTAX, "text follows the message at byte %zu", before + rest + 1);
    return fail(err, QN_E_SYNTAX, "expected a message: a JSON object");
}

/* The value of a member, whatever it is, or NULL. */
static struct json_object *get(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

int32_t message_line_read(message_reader *r, char *text, size_t len, message_line *out, qn_err *err)
{
    struct json_object *data;
    size_t used = 0;
    int32_t rc;

    *out = (message_line){0};
    if ((rc = read_recv(r, text, len, &out->recv_ts, &used, err)) != QN_OK) return rc;
    if ((rc = parse(r, text + used, len - used, used, &out->document, err)) != QN_OK) return rc;
    out->stream = json_get_text(out->document, "stream");
    data = out->stream ? get(out->document, "data") : out->document;
    if (!json_object_is_type(data, json_type_object) &&
        !json_object_is_type(data, json_type_array)) {
        message_line_free(out);
        return fail(err, data ? QN_E_TYPE : QN_E_MISSING,
                    "\"data\": expected a message, or an array of some");
    }
    out->data = data;
    out->n = json_object_is_type(data, json_type_array) ? json_object_array_length(data) : 1;
    return QN_OK;
}

void message_line_free(message_line *line)
{
    if (line->document) json_object_put(line->document);
    line->document = NULL;
}

/* --- messages ------------------------------------------------------------------------------ */

/* Is the stream one of the best 5, 10 or 20 levels only ("btcusdt@depth20@100ms")? Those are
 * no part of a whole book, and would be taken for one. */
static bool is_partial_book(const char *stream)
{
    const char *at = stream ? strstr(stream, "@depth") : NULL;

    return at && isdigit((unsigned char)at[strlen("@depth")]);
}

static message_kind kind_of(struct json_object *object, const char *stream)
{
    const char *event = json_get_text(object, "e");

    if (is_partial_book(stream)) return MESSAGE_OTHER;
    for (uint32_t k = 0; k < MESSAGE_OTHER; k++) {
        if (event && strcmp(event, rows[k].event) == 0) return (message_kind)k;
        if (!event && rows[k].mark[0] && get(object, rows[k].mark)) return (message_kind)k;
    }
    return MESSAGE_OTHER;
}

/* The symbol of a message: its "s", a COIN-M book's "symbol", else what the stream's name
 * begins with: "btcusdt@trade". */
static text_piece symbol_of(struct json_object *object, const char *stream)
{
    static const char *const keys[] = {"s", "symbol"};
    const char *at = stream && stream[0] != '!' ? strchr(stream, '@') : NULL;

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct json_object *value = json_get(object, keys[i], json_type_string);
        if (value) return text_of(value);
    }
    return at ? (text_piece){stream, (size_t)(at - stream)} : (text_piece){"", 0};
}

static int32_t read_members(const kind_row *row, struct json_object *object, message *out,
                            qn_err *err)
{
    int32_t rc = QN_OK;

    for (size_t k = 0; k < row->nmembers && rc == QN_OK; k++) {
        const member *m = &row->members[k];
        struct json_object *value = get(object, m->key);
        if (value)
            rc = read_member(m, value, out, err);
        else if (!m->is_optional)
            rc = fail(err, QN_E_MISSING, "\"%s\" is missing in a %s", m->key,
                      row->event[0] ? row->event : "book");
    }
    return rc;
}

int32_t message_read(const message_line *line, size_t i, message *out, qn_err *err)
{
    struct json_object *object = line->data;
    const kind_row *row;

    *out = (message){.kind = MESSAGE_OTHER,
                     .recv_ts = line->recv_ts,
                     .event_ts = NO_TIME,
                     .trade_ts = NO_TIME,
                     .is_market = true};
    if (json_object_is_type(object, json_type_array)) object = json_object_array_get_idx(object, i);
    if (!json_object_is_type(object, json_type_object))
        return fail(err, QN_E_TYPE, "\"data\": element %zu: expected a message", i + 1);
    out->kind = kind_of(object, line->stream);
    if (out->kind == MESSAGE_OTHER) return QN_OK;
    row = &rows[out->kind];
    if (row->inside) {
        struct json_object *event_ts = get(object, "E");
        int32_t rc = event_ts ? read_time("E", event_ts, &out->event_ts, err) : QN_OK;
        if (rc != QN_OK) return rc;
        object = get(object, row->inside);
        if (!json_object_is_type(object, json_type_object))
            return fail(err, object ? QN_E_TYPE : QN_E_MISSING,
                        "\"%s\": expected an object in a %s", row->inside, row->event);
    }
    out->symbol = symbol_of(object, line->stream);
    return read_members(row, object, out, err);
}

size_t message_levels(struct json_object *side)
{
    return json_object_array_length(side);
}

void message_level(struct json_object *side, size_t i, text_piece *price, text_piece *qty)
{
    struct json_object *level = json_object_array_get_idx(side, i);

    *price = text_of(json_object_array_get_idx(level, 0));
    *qty = text_of(json_object_array_get_idx(level, 1));
}

bool message_may_be(uint32_t kinds, const char *text, size_t len)
{
    if (memchr(text, '\\', len)) return true; /* names may be written in escapes */
    for (uint32_t k = 0; k < MESSAGE_OTHER; k++) {
        if (!(kinds >> k & 1)) continue;
        if (rows[k].event[0] && memmem(text, len, rows[k].event, strlen(rows[k].event)))
            return true;
        if (rows[k].mark[0] && memmem(text, len, rows[k].quoted_mark, strlen(rows[k].quoted_mark)))
            return true;
    }
    return false;
}
