/* SPDX-License-Identifier: MIT
 *
 * binance-klines: bars from the public archive of Binance, with or without header, times in
 * milliseconds or (spot, from 2025 on) microseconds. */
#include "importer.h"

#include <stddef.h>

/* open_time, open, high, low, close, volume, close_time, quote_volume, count,
 * taker_buy_volume, taker_buy_quote_volume, ignore */
static const import_column columns[] = {
    {"ts", "open_time", COLUMN_TIME, NEED_ALWAYS, offsetof(qn_bar, open_ts), 1},
    {"open", "open", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_bar, open), 2},
    {"high", "high", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_bar, high), 3},
    {"low", "low", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_bar, low), 4},
    {"close", "close", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_bar, close), 5},
    {"volume", "volume", COLUMN_QTY, NEED_ALWAYS, offsetof(qn_bar, volume), 6},
};

extern const importer importer_binance_klines;
const importer importer_binance_klines = {
    .name = "binance-klines",
    .about = "bars: klines of Binance's public archive",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof columns[0],
    .type = QN_EVENT_BAR,
    .has_places = true,
    .is_archive = true,
    .row_sizes = 1u << 12,
    .finish = bar_finish,
};
