/* SPDX-License-Identifier: MIT
 *
 * binance-trades: trades from the public archive of Binance, with or without header, times in
 * milliseconds or (spot, from 2025 on) microseconds. */
#include "importer.h"

#include <stddef.h>

/* id, price, qty, quote_qty, time, is_buyer_maker; spot adds is_best_match */
static const import_column columns[] = {
    {"id", "id|trade_id", COLUMN_ID, NEED_ALWAYS, offsetof(qn_trade, id), 1},
    {"price", "price", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_trade, price), 2},
    {"qty", "qty|quantity", COLUMN_QTY, NEED_ALWAYS, offsetof(qn_trade, qty), 3},
    {"ts", "time|timestamp", COLUMN_TIME, NEED_ALWAYS, offsetof(qn_trade, venue_ts), 5},
    {"maker", "is_buyer_maker", COLUMN_MAKER, NEED_ALWAYS, offsetof(qn_trade, side), 6},
};

extern const importer importer_binance_trades;
const importer importer_binance_trades = {
    .name = "binance-trades",
    .about = "trades: trades of Binance's public archive",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof columns[0],
    .type = QN_EVENT_TRADE,
    .has_places = true,
    .is_archive = true,
    .row_sizes = 1u << 6 | 1u << 7,
    .finish = trade_finish,
};
