/* SPDX-License-Identifier: MIT
 *
 * The ledger: positions and accounts in exact integers. It changes only when the engine
 * applies a fill, a payment or a mark to it.
 *
 * Each fill becomes money once: notional = quantity x price x contract size, rounded half to
 * even to the currency's unit. From there on everything is sums, so for each account, at any
 * moment and to the last unit:
 *
 *     equity = start + realized_pnl + unrealized_pnl - fees + funding
 *
 * A strategy's part of an account is a position of its own ("virtual"); the parts add up to
 * the account's quantity, and what they are worth adds up to what the account is worth.
 * Realized profit is by average cost. The account nets its strategies first: one may realize
 * what another still holds, so realized and unrealized differ between the account and the sum
 * of its strategies, and only their total is the same. */
#ifndef QUOIN_LEDGER_LEDGER_H
#define QUOIN_LEDGER_LEDGER_H

#include "valuation.h"

#include "base/bytes.h"

#include <quoin/event.h>

#include <stddef.h>

/* A position: a strategy's own part, or the net one of the account. Invariant: |qty| fits. */
typedef struct position {
    int64_t qty;           /* signed, mantissa */
    int64_t cost;          /* money paid for it, signed; 0 when flat */
    int64_t value;         /* what it is worth at the last mark, money, signed */
    int64_t realized_pnl;  /* money, before fees */
    int64_t fees;          /* money, > 0 is paid */
    int64_t funding;       /* money, > 0 is received */
    int64_t market_orders; /* signed quantity of market orders not filled; kept by the engine */
} position;

static inline int64_t position_unrealized(const position *p)
{
    return p->value - p->cost;
}

/* An account of a venue. */
typedef struct account {
    uint32_t venue;
    char currency[16];
    int64_t start;          /* balance it was opened with, money */
    int64_t realized_pnl;   /* */
    int64_t unrealized_pnl; /* */
    int64_t fees;           /* */
    int64_t funding;        /* */
    int64_t invested;       /* cost of the open spot positions: what cash has been spent on */
} account;

/* The ledger sees to it that both figures fit; what they are summed up from may not on its way. */
static inline int64_t account_equity(const account *a)
{
    return (int64_t)((qn_wide)a->start + a->realized_pnl + a->unrealized_pnl - a->fees +
                     a->funding);
}

/* Cash: for spot, money that is spent on the asset is gone until it is sold. */
static inline int64_t account_cash(const account *a)
{
    return (int64_t)((qn_wide)a->start + a->realized_pnl - a->fees + a->funding - a->invested);
}

/* One instrument as the ledger sees it. */
typedef struct ledger_instrument {
    const qn_instrument *def;
    uint32_t account; /* index of the account that settles it */
} ledger_instrument;

typedef struct ledger ledger;

/* A ledger of `ninstruments` instruments (indexed by their numbers), `nstrategies` strategies
 * and accounts of which venue, currency and start are given. Definitions outlive the ledger.
 * QN_E_RANGE for an instrument that cannot be valued; QN_E_UNSUPPORTED for QN_INVERSE. */
int32_t ledger_new(const ledger_instrument *instruments, uint32_t ninstruments,
                   uint32_t nstrategies, const account *accounts, uint32_t naccounts, ledger **out,
                   qn_err *err);
void ledger_free(ledger *l);

/* Book a fill of a strategy. *realized is the strategy's profit by it, before its fee.
 * QN_OK; QN_E_OVERFLOW: nothing was booked. */
int32_t ledger_fill(ledger *l, uint32_t strategy, const qn_fill *fill, int64_t *realized);

/* Value all positions in the instrument at `price`. QN_OK; QN_E_OVERFLOW: a value or the equity
 * does not fit 64 bits; some positions are valued then and others not, and nothing may be booked
 * any more. */
int32_t ledger_mark(ledger *l, uint32_t instrument, int64_t price);

/* Book a funding payment: shared over the strategies by their positions, the last one takes
 * what rounding leaves. QN_OK; QN_E_INVALID for an amount on no position; QN_E_OVERFLOW: nothing
 * was booked. */
int32_t ledger_payment(ledger *l, const qn_payment *payment);

/* Last mark of an instrument, 0 = none. */
int64_t ledger_price(const ledger *l, uint32_t instrument);

/* A strategy's part: for the engine, which keeps market_orders, and for readers. */
position *ledger_position(ledger *l, uint32_t strategy, uint32_t instrument);
const position *ledger_part(const ledger *l, uint32_t strategy, uint32_t instrument);
const position *ledger_net(const ledger *l, uint32_t instrument);
/* Accounts lie side by side, and stay where they are as long as the ledger. */
const account *ledger_account(const ledger *l, uint32_t i);
uint32_t ledger_accounts(const ledger *l);
uint32_t ledger_account_of(const ledger *l, uint32_t instrument);
const valuation *ledger_valuation(const ledger *l, uint32_t instrument);

/* Check every invariant by adding everything up again. QN_OK, or QN_E_INTERNAL and which one
 * is broken. Slow: for the end of a run and for tests. */
int32_t ledger_check(const ledger *l, qn_err *err);

/* Write the books as one section "LEDG": accounts, then for each instrument its last mark, the
 * net position and each strategy's part. The same books are the same bytes, and other books are
 * others: their SHA-256 is the hash of a ledger. QN_OK or the writer's error. */
int32_t ledger_save(const ledger *l, bytes_out *out);

/* Take the books from such a section, into a ledger that was made with the same instruments,
 * strategies and accounts. QN_OK; QN_E_INVALID: the section is of a ledger of another shape;
 * QN_E_DAMAGED: it is cut or changed, or its figures break an invariant; QN_E_NO_MEMORY. On error
 * the ledger is as it was. What was had from ledger_account and ledger_position stays valid. */
int32_t ledger_load(ledger *l, bytes_in *in, qn_err *err);

#endif
