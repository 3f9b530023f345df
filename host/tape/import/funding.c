/* SPDX-License-Identifier: MIT
 *
 * funding: funding rates from any CSV file with a header, or with --columns. */
#include "importer.h"

#include <stddef.h>

static const import_column columns[] = {
    {"ts", "timestamp|time|date|datetime|ts|ts_ms|funding_time|fundingtime|calc_time|", COLUMN_TIME,
     NEED_ALWAYS, offsetof(qn_funding, venue_ts), 0},
    {"rate", "rate|funding_rate|fundingrate|last_funding_rate", COLUMN_RATE, NEED_ALWAYS,
     offsetof(qn_funding, rate), 0},
};

extern const importer importer_funding;
const importer importer_funding = {
    .name = "funding",
    .about = "funding rates: CSV with a header; time, rate",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof columns[0],
    .type = QN_EVENT_FUNDING,
    .finish = funding_finish,
};
