/* SPDX-License-Identifier: MIT
 *
 * Instruments: what can be traded, and in which steps. */
#ifndef QUOIN_INSTRUMENT_H
#define QUOIN_INSTRUMENT_H

#include <quoin/number.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a position in the instrument is. */
#define QN_SPOT 1u    /* the asset itself, bought with and sold for the quote currency */
#define QN_LINEAR 2u  /* a contract whose profit is in the quote currency */
#define QN_INVERSE 3u /* a contract whose profit is in the base currency */

#define QN_NO_INSTRUMENT UINT32_MAX /* in events that concern none */

/* One definition of an instrument. The host owns it; it lives as long as the instances that
 * were given it and does not change while events flow.
 *
 * Invariants: tick_size > 0, lot_size > 0; max_qty 0 = no limit; the names are not empty. */
typedef struct qn_instrument {
    uint32_t size;
    uint32_t number;          /* dense, from 0, in the order of the config; valid for one run */
    uint32_t kind;            /* QN_SPOT, QN_LINEAR, QN_INVERSE */
    int32_t price_exp;        /* price = mantissa x 10^price_exp */
    int32_t qty_exp;          /* quantity = mantissa x 10^qty_exp */
    int32_t money_exp;        /* smallest unit of the settle currency */
    int64_t tick_size;        /* smallest step of a price, a mantissa at price_exp */
    int64_t lot_size;         /* smallest step of a quantity, a mantissa at qty_exp */
    int64_t min_qty;          /* smallest order, a mantissa at qty_exp; 0 = one lot */
    int64_t max_qty;          /* largest order, a mantissa at qty_exp; 0 = no limit */
    int64_t min_notional;     /* smallest quantity x price x contract size, money; 0 = none */
    qn_decimal contract_size; /* of one contract; 1 for spot */
    int64_t valid_from;       /* this definition applies from here on, ns */
    char name[64];            /* "BTCUSDT.binance": the symbol, a dot, the venue's id */
    char base[16];            /* "BTC" */
    char quote[16];           /* "USDT": the currency of the price */
    char settle[16];          /* the currency of profit and fees */
} qn_instrument;

#ifdef __cplusplus
}
#endif
#endif
