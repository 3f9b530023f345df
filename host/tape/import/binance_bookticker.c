/* SPDX-License-Identifier: MIT
 *
 * binance-bookticker: best bids and asks from the public archive of Binance, with or without
 * header. A quote is known when its event was sent (event_time), which is its engine time; the
 * venue's time is that of the transaction behind it. */
#include "importer.h"

#include <stddef.h>

/* update_id, best_bid_price, best_bid_qty, best_ask_price, best_ask_qty, transaction_time,
 * event_time */
static const import_column columns[] = {
    {"ts", "transaction_time", COLUMN_TIME, NEED_ALWAYS, offsetof(qn_quote, venue_ts), 6},
    {"event", "event_time", COLUMN_TIME, NEED_NOT, offsetof(qn_quote, hdr.ts_ns), 7},
    {"id", "update_id", COLUMN_ID, NEED_ALWAYS, offsetof(qn_quote, update_id), 1},
    {"bid", "best_bid_price", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_quote, bid), 2},
    {"bid_qty", "best_bid_qty", COLUMN_QTY, NEED_ALWAYS, offsetof(qn_quote, bid_qty), 3},
    {"ask", "best_ask_price", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_quote, ask), 4},
    {"ask_qty", "best_ask_qty", COLUMN_QTY, NEED_ALWAYS, offsetof(qn_quote, ask_qty), 5},
};

extern const importer importer_binance_bookticker;
const importer importer_binance_bookticker = {
    .name = "binance-bookticker",
    .about = "best bids and asks: bookTicker of Binance's public archive",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof columns[0],
    .type = QN_EVENT_QUOTE,
    .has_places = true,
    .is_archive = true,
    .row_sizes = 1u << 7,
    .finish = quote_finish,
};
