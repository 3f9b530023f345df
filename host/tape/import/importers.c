/* SPDX-License-Identifier: MIT */
#include "importer.h"

#include <string.h>

extern const importer importer_ohlcv, importer_trades, importer_funding, importer_mark,
    importer_binance_klines, importer_binance_aggtrades, importer_binance_trades,
    importer_binance_bookticker, importer_binance_fundingrate, importer_binance_markprice,
    importer_binance_raw;

static const importer *const table[] = {
    &importer_ohlcv,
    &importer_trades,
    &importer_funding,
    &importer_mark,
    &importer_binance_klines,
    &importer_binance_aggtrades,
    &importer_binance_trades,
    &importer_binance_bookticker,
    &importer_binance_fundingrate,
    &importer_binance_markprice,
    &importer_binance_raw,
};
#define IMPORTERS (sizeof table / sizeof table[0])

size_t importers(const importer *const **out)
{
    *out = table;
    return IMPORTERS;
}

const importer *importer_find(const char *name)
{
    for (size_t i = 0; i < IMPORTERS; i++)
        if (strcmp(table[i]->name, name) == 0) return table[i];
    return NULL;
}
