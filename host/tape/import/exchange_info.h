/* SPDX-License-Identifier: MIT
 *
 * An instrument as its exchange defines it: the exchangeInfo of Binance (spot, USD-M, COIN-M),
 * as its REST interface gives it. */
#ifndef QUOIN_IMPORT_EXCHANGE_INFO_H
#define QUOIN_IMPORT_EXCHANGE_INFO_H

#include "instrument.h"

#define INFO_TEXT 48

/* The texts that the filled options point to. */
typedef struct exchange_info {
    char tick[INFO_TEXT], lot[INFO_TEXT], min_qty[INFO_TEXT], max_qty[INFO_TEXT];
    char min_notional[INFO_TEXT], contract_size[INFO_TEXT];
    char base[INFO_TEXT], quote[INFO_TEXT], settle[INFO_TEXT];
} exchange_info;

/* Fill in what `opt` leaves open, for the symbol of opt->name (SYMBOL.venue). What is given
 * stays, but a tick or lot that is another number is refused.
 *
 *   PRICE_FILTER.tickSize                       --tick
 *   LOT_SIZE.stepSize, minQty, maxQty           --lot, smallest and largest order
 *   NOTIONAL.minNotional, MIN_NOTIONAL.minNotional or .notional  --min-notional
 *   baseAsset, quoteAsset                       --base, --quote
 *   marginAsset                                 --settle (spot: the quote)
 *   contractSize                                --contract-size
 *   pricePrecision, quoteAssetPrecision         price_places: what prices are written with
 *   quantityPrecision, baseAssetPrecision       qty_places (the Asset ones: of spot alone)
 *   no contractType: spot; marginAsset is baseAsset: inverse; else linear: --kind
 *
 * returns QN_OK; QN_E_UNKNOWN_NAME for a symbol that is not in it, with the nearest one that
 *         is; QN_E_INVALID for a contradiction; QN_E_SYNTAX for a text that is no exchangeInfo;
 *         QN_E_TYPE for a value that is neither text nor number; as source_open. On error
 *         *opt is not to be used. */
int32_t exchange_info_read(const char *path, instrument_options *opt, exchange_info *out,
                           qn_err *err);

#endif
