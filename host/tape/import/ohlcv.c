/* SPDX-License-Identifier: MIT
 *
 * ohlcv: bars from any CSV file with a header, or with --columns. */
#include "importer.h"

#include <stddef.h>

/* an unnamed first column is the time: programs that save a table's index leave it so */
static const import_column columns[] = {
    {"ts", "timestamp|time|date|datetime|ts|ts_ms|open_time|", COLUMN_TIME, NEED_ALWAYS,
     offsetof(qn_bar, open_ts), 0},
    {"open", "open", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_bar, open), 0},
    {"high", "high", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_bar, high), 0},
    {"low", "low", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_bar, low), 0},
    {"close", "close", COLUMN_PRICE, NEED_ALWAYS, offsetof(qn_bar, close), 0},
    {"volume", "volume", COLUMN_QTY, NEED_WORD, offsetof(qn_bar, volume), 0},
};

extern const importer importer_ohlcv;
const importer importer_ohlcv = {
    .name = "ohlcv",
    .about = "bars: CSV with a header; time, open, high, low, close, volume",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof columns[0],
    .type = QN_EVENT_BAR,
    .finish = bar_finish,
};
