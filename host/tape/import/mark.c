/* SPDX-License-Identifier: MIT
 *
 * mark: mark prices from any CSV file with a header, or with --columns. */
#include "importer.h"

#include <stddef.h>

static const import_column columns[] = {
    {"ts", "timestamp|time|date|datetime|ts|ts_ms|open_time|", COLUMN_TIME, NEED_ALWAYS,
     offsetof(qn_mark, venue_ts), 0},
    {"price", "price|mark|mark_price|markprice", COLUMN_PRICE, NEED_ALWAYS,
     offsetof(qn_mark, price), 0},
};

extern const importer importer_mark;
const importer importer_mark = {
    .name = "mark",
    .about = "mark prices: CSV with a header; time, price",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof columns[0],
    .type = QN_EVENT_MARK,
    .is_off_tick = true,
    .finish = mark_finish,
};
