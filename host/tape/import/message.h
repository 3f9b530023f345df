/* SPDX-License-Identifier: MIT
 *
 * Captured messages of Binance: one JSON text a line, as it came over the WebSocket (in the
 * envelope {"stream":..,"data":..} of a combined stream, or bare; "data" may be an array), or
 * as the REST interface gave a book. A receive time may stand before it:
 *
 *   1721347021434994132 {"stream":"btcusdt@trade","data":{"e":"trade",...}}
 *
 * What is read is a table of members a kind, after Binance's "WebSocket Streams" (spot) and
 * "Websocket Market Streams" (USD-M and COIN-M futures). Prices and quantities are strings and
 * stay text until the instrument says how they are counted. */
#ifndef QUOIN_IMPORT_MESSAGE_H
#define QUOIN_IMPORT_MESSAGE_H

#include "piece.h"
#include "stamp.h"

#include <json-c/json.h>
#include <stdbool.h>

typedef enum message_kind {
    MESSAGE_DEPTH,    /* depthUpdate: what changed in the book */
    MESSAGE_SNAPSHOT, /* a REST book: it has lastUpdateId */
    MESSAGE_TRADE,    /* trade */
    MESSAGE_AGGTRADE, /* aggTrade: the same trades, those of one order at one price as one */
    MESSAGE_QUOTE,    /* bookTicker */
    MESSAGE_MARK,     /* markPriceUpdate: mark and index price */
    MESSAGE_FORCE,    /* forceOrder: a liquidation */
    MESSAGE_OTHER,    /* anything else */
    MESSAGE_KINDS
} message_kind;

#define NO_TIME INT64_MIN

/* One message. Texts and JSON objects belong to the line's document; a member that is absent
 * is empty, NULL or 0. */
typedef struct message {
    message_kind kind;
    text_piece symbol;          /* as it says; empty where it does not */
    int64_t recv_ts;            /* when it was received, ns; NO_TIME without */
    int64_t event_ts;           /* E: when the venue sent it */
    int64_t trade_ts;           /* T: when it happened (not of a mark, where T is a date) */
    uint64_t id;                /* of a trade */
    uint64_t first, last, prev; /* update ids */
    text_piece price, qty;      /* of a trade, a mark, a forced order */
    text_piece index;           /* of a mark */
    text_piece bid, bid_qty, ask, ask_qty;
    bool is_sell;   /* the aggressor's side */
    bool is_market; /* a trade of the market, not of the insurance fund */
    struct json_object *bids, *asks;
} message;

/* Reads lines of one file. */
typedef struct message_reader {
    struct json_tokener *json;
    stamp_form form; /* of its receive times */
    bool has_line;   /* one was read: */
    bool has_recv;   /* with a receive time, or without: so must all others be */
} message_reader;

int32_t message_reader_open(message_reader *r, qn_err *err);
void message_reader_close(message_reader *r);

/* A line, read: the messages in it, borrowed from `document`. */
typedef struct message_line {
    struct json_object *document; /* freed by message_line_free */
    struct json_object *data;     /* a message, or an array of some */
    const char *stream;           /* of the envelope; NULL without */
    int64_t recv_ts;
    size_t n; /* of messages */
} message_line;

/* Read a line that is not blank.
 *
 * returns QN_OK; QN_E_SYNTAX for a text that is no JSON, or no JSON object; QN_E_TYPE for a
 *         receive time where the file has none, or none where it has; as stamp_read for the
 *         receive time; QN_E_NO_MEMORY. On error nothing is to be freed. */
int32_t message_line_read(message_reader *r, char *text, size_t len, message_line *out,
                          qn_err *err);
void message_line_free(message_line *line);

/* Read message `i` of a line.
 *
 * returns QN_OK; QN_E_MISSING for a member that is not there, QN_E_TYPE for one of another
 *         type than expected, QN_E_RANGE for a time that is none: each named. */
int32_t message_read(const message_line *line, size_t i, message *out, qn_err *err);

/* Level `i` of one side of a book: price and quantity. */
size_t message_levels(struct json_object *side);
void message_level(struct json_object *side, size_t i, text_piece *price, text_piece *qty);

/* May the line hold a message of one of these kinds (bits)? False only if it does not: a look
 * at its text, much cheaper than reading it. */
bool message_may_be(uint32_t kinds, const char *text, size_t len);

#endif
