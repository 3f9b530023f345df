/* SPDX-License-Identifier: MIT
 *
 * What a quantity at a price is worth: the one place where products become money. */
#ifndef QUOIN_LEDGER_VALUATION_H
#define QUOIN_LEDGER_VALUATION_H

#include <quoin/error.h>
#include <quoin/instrument.h>

#include <quoin/sdk/decimal.h>

#include <stdbool.h>

/* quantity x price x contract size = mantissa product x factor / divisor, in money. One of
 * the two is 10^n, so a product is either exact or rounded once. */
typedef struct valuation {
    int64_t factor;  /* contract size and what scales up, > 0 */
    int64_t divisor; /* what scales down, > 0 */
} valuation;

/* Set up for an instrument. QN_E_RANGE if its exponents lie too far apart for 128 bits. */
int32_t valuation_init(valuation *v, const qn_instrument *instrument, qn_err *err);

/* The general case of valuation_money. */
int32_t valuation_money_wide(const valuation *v, int64_t qty, int64_t price, int64_t *money);

/* Money of qty x price, rounded half to even; qty may be negative.
 * QN_OK or QN_E_OVERFLOW, *money then unchanged. */
static inline int32_t valuation_money(const valuation *v, int64_t qty, int64_t price,
                                      int64_t *money)
{
    int64_t product;

    if (v->divisor == 1 && !__builtin_mul_overflow(qty, price, &product) &&
        !__builtin_mul_overflow(product, v->factor, &product)) {
        *money = product;
        return QN_OK;
    }
    return valuation_money_wide(v, qty, price, money);
}

/* The mean price of a sum of price x quantity over a quantity: exact where it can be, else to up
 * to four more digits than prices have, as many as fit. qty > 0. */
qn_decimal price_mean(qn_wide value, int64_t qty, int32_t price_exp);

#endif
