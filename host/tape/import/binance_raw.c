/* SPDX-License-Identifier: MIT
 *
 * binance-raw: captured WebSocket messages of Binance, one a line (message.h, raw.h). */
#include "importer.h"

extern const importer importer_binance_raw;
const importer importer_binance_raw = {
    .name = "binance-raw",
    .about = "depth, quotes, trades, marks ...: captured messages of Binance, one a line",
    .is_messages = true,
};
