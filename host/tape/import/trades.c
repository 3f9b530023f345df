/* SPDX-License-Identifier: MIT
 *
 * trades: trades of the market from any CSV file with a header, or with --columns. */
#include "importer.h"

#include <stddef.h>

static const import_column columns[] = {
    {"ts", "timestamp|time|date|datetime|ts|ts_ms|", COLUMN_TIME, NEED_ALWAYS,
     offsetof(qn_trade, venue_ts), 0},
    {"price", "price", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_trade, price), 0},
    {"qty", "qty|quantity|amount", COLUMN_QTY, NEED_ALWAYS, offsetof(qn_trade, qty), 0},
    {"id", "id|trade_id", COLUMN_ID, NEED_NOT, offsetof(qn_trade, id), 0},
    {"side", "side", COLUMN_SIDE, NEED_ONE, offsetof(qn_trade, side), 0},
    {"maker", "is_buyer_maker", COLUMN_MAKER, NEED_ONE, offsetof(qn_trade, side), 0},
};

extern const importer importer_trades;
const importer importer_trades = {
    .name = "trades",
    .about = "trades: CSV with a header; time, price, qty, id, side or is_buyer_maker",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof columns[0],
    .type = QN_EVENT_TRADE,
    .finish = trade_finish,
};
