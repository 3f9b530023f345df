/* SPDX-License-Identifier: MIT
 *
 * The definition of the instrument whose data is imported: from the options, the catalog and,
 * where both are silent, the file itself. */
#ifndef QUOIN_IMPORT_INSTRUMENT_H
#define QUOIN_IMPORT_INSTRUMENT_H

#include <quoin/error.h>
#include <quoin/instrument.h>

#include <stdbool.h>

/* The options as they were given; NULL = not given. */
typedef struct instrument_options {
    const char *name; /* SYMBOL.venue; required */
    const char *tick, *lot;
    const char *price_exp, *qty_exp;
    const char *contract_size, *min_notional;
    const char *base, *quote, *settle;
    const char *kind;              /* spot, linear, inverse */
    const char *min_qty, *max_qty; /* --exchange-info alone knows these */
    /* Without --price-exp and --qty-exp prices and quantities are counted at least so finely,
     * decimal places, whatever tick and lot are: marks and indexes are computed, and books and
     * the past hold what was traded when tick and lot were others. 0 = as tick and lot. */
    int32_t price_places, qty_places;
} instrument_options;

/* Judge the options alone. QN_OK; QN_E_MISSING, QN_E_SYNTAX, QN_E_RANGE, QN_E_PRECISION,
 * QN_E_OVERFLOW, QN_E_UNKNOWN_NAME. */
int32_t options_check(const instrument_options *opt, qn_err *err);

/* Do the options leave the step of prices (of quantities) to be taken from the data? */
bool options_lack_tick(const instrument_options *opt);
bool options_lack_lot(const instrument_options *opt);

/* A new definition. Checked options only.
 *
 * price_places, qty_places: decimal places that the data needs; used where the options say
 *         nothing. The currencies that were not given are read from the symbol ("BTCUSDT",
 *         "ETH-USD"), the quote currency is USD where it shows none.
 * returns QN_OK; QN_E_OVERFLOW for a currency too long; QN_E_PRECISION for a tick or lot
 *         finer than the exponent given with it. */
int32_t options_define(const instrument_options *opt, int32_t price_places, int32_t qty_places,
                       qn_instrument *out, qn_err *err);

/* Do the options agree with the definition of the catalog? QN_OK, or QN_E_INVALID with the
 * option and both values. */
int32_t options_agree(const instrument_options *opt, const qn_instrument *known, qn_err *err);

#endif
