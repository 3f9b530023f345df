/* SPDX-License-Identifier: MIT
 *
 * binance-markprice: mark prices from the candles of them (markPriceKlines) in the public
 * archive of Binance, with or without header. A candle's open is the mark at its open time;
 * what it did until its close has no times, and is left out. */
#include "importer.h"

#include <stddef.h>

/* open_time, open, high, low, close, volume, close_time, quote_volume, count,
 * taker_buy_volume, taker_buy_quote_volume, ignore */
static const import_column columns[] = {
    {"ts", "open_time", COLUMN_TIME, NEED_ALWAYS, offsetof(qn_mark, venue_ts), 1},
    {"price", "open", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_mark, price), 2},
};

extern const importer importer_binance_markprice;
const importer importer_binance_markprice = {
    .name = "binance-markprice",
    .about = "mark prices: markPriceKlines of Binance's public archive, their opens",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof columns[0],
    .type = QN_EVENT_MARK,
    .has_places = true,
    .is_archive = true,
    .is_off_tick = true,
    .row_sizes = 1u << 12,
    .finish = mark_finish,
};
