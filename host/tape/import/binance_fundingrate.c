/* SPDX-License-Identifier: MIT
 *
 * binance-fundingrate: funding rates from the public archive of Binance, with or without
 * header. */
#include "importer.h"

#include <stddef.h>

/* calc_time, funding_interval_hours, last_funding_rate */
static const import_column columns[] = {
    {"ts", "calc_time", COLUMN_TIME, NEED_ALWAYS, offsetof(qn_funding, venue_ts), 1},
    {"rate", "last_funding_rate", COLUMN_RATE, NEED_ALWAYS, offsetof(qn_funding, rate), 3},
};

extern const importer importer_binance_fundingrate;
const importer importer_binance_fundingrate = {
    .name = "binance-fundingrate",
    .about = "funding rates: fundingRate of Binance's public archive",
    .columns = columns,
    .ncolumns = sizeof columns / sizeof columns[0],
    .type = QN_EVENT_FUNDING,
    .has_places = true,
    .is_archive = true,
    .row_sizes = 1u << 3,
    .finish = funding_finish,
};
