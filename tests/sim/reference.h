/* SPDX-License-Identifier: MIT
 *
 * The fill rules a second time: slow, obvious, and sharing nothing with the venue but the
 * structs of include/quoin. It was written from the text of docs/fill-rules.md, keeps every
 * order it was ever given in one array, looks at all of them at each step, and walks a bar's
 * path one price step at a time. */
#ifndef QUOIN_TESTS_SIM_REFERENCE_H
#define QUOIN_TESTS_SIM_REFERENCE_H

#include "harness.h"

#define REF_ORDERS 2048
#define REF_STRATEGIES 4
#define REF_CURRENCIES 8

typedef struct ref_order {
    qn_order asked;     /* as last asked for: quantity, prices, times */
    uint64_t entry;     /* of an exit: the entry's id; 0 = it is an entry */
    uint32_t state;     /* QN_ORDER_ACCEPTED, _HELD, or closed: _FILLED, _CANCELED, ... */
    uint64_t rank;      /* place in the order of sending */
    int64_t works_from; /* ns */
} ref_order;

/* What a venue holds of a currency, in 10^-18. */
typedef struct ref_cash {
    const char *currency;
    qn_wide amount;
} ref_cash;

typedef struct reference {
    bool is_path; /* intrabar = ohlc */
    bool closes_at_end;
    int64_t maker_bps, taker_bps; /* 10^-8 bps */
    uint32_t max_orders, max_positions;
    const qn_instrument *instruments;
    uint32_t ninstruments;

    ref_order orders[REF_ORDERS];
    uint32_t norders;
    uint64_t ranks;
    qn_wide position[HARNESS_INSTRUMENTS][REF_STRATEGIES];
    bool has_position[HARNESS_INSTRUMENTS][REF_STRATEGIES]; /* an order was ever accepted */
    qn_wide cost[HARNESS_INSTRUMENTS]; /* of the account's net position, average cost */
    int64_t close[HARNESS_INSTRUMENTS], close_ts[HARNESS_INSTRUMENTS], mark[HARNESS_INSTRUMENTS];
    ref_cash cash[REF_CURRENCIES];
    uint32_t ncash;
    uint64_t trades;
    int64_t now;
    pushed events[HARNESS_EVENTS];
    uint32_t nevents;
} reference;

void ref_open(reference *r, const qn_instrument *instruments, uint32_t ninstruments,
              const qn_account *accounts, uint32_t naccounts);
void ref_submit(reference *r, const qn_order *o);
bool ref_modify(reference *r, const qn_order *o); /* false: no such open order */
bool ref_cancel(reference *r, uint64_t id);
void ref_bar(reference *r, uint32_t slot, int64_t open_ts, int64_t length, const int64_t ohlc[4]);
void ref_trade(reference *r, uint32_t slot, int64_t ts, int64_t price);
void ref_mark(reference *r, uint32_t slot, int64_t price);
void ref_funding(reference *r, uint32_t slot, int64_t ts, int64_t rate);
void ref_end(reference *r, int64_t ts);

/* True if the cash pays a limit buy of `qty` at `price` on a spot instrument, fee included. */
bool ref_can_buy(reference *r, uint32_t slot, int64_t qty, int64_t price);

/* The open orders, for whoever wants to cancel or change one; NULL past the last. */
const ref_order *ref_open_order(const reference *r, uint32_t i);

#endif
