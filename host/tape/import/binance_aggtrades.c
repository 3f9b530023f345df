/* SPDX-License-Identifier: MIT
 *
 * binance-aggtrades: aggregated trades from the public archive of Binance, with or without
 * header, times in milliseconds or (spot, from 2025 on) microseconds. */
#include "importer.h"

#include <stddef.h>

/* agg_trade_id, price, quantity, first_trade_id, last_trade_id, transact_time,
 * is_buyer_maker; spot adds is_best_match */
static const import_column columns[] = {
    {"id", "agg_trade_id|id", COLUMN_ID, NEED_ALWAYS, offsetof(qn_trade, id), 1},
    {"price", "price", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_trade, price), 2},
    {"qty", "quantity|qty", COLUMN_QTY, NEED_ALWAYS, offsetof(qn_trade, qty), 3},
    {"ts", "transact_time|time|timestamp", COLUMN_TIME, NEED_ALWAYS, offsetof(qn_trade, venue_ts),
     6},
    {"maker", "is_buyer_maker", COLUMN_MAKER, NEED_ALWAYS, offsetof(qn_trade, side), 7},
};

extern const importer importer_binance_aggtrades;
const importer importer_binance_aggtrades = {
    .name = "binance-aggtrades",
    .about = "trades: aggTrades of Binance's public archive",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof columns[0],
    .type = QN_EVENT_TRADE,
    .has_places = true,
    .is_archive = true,
    .row_sizes = 1u << 7 | 1u << 8,
    .finish = trade_finish,
};
