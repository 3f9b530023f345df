/* SPDX-License-Identifier: MIT
 *
 * venue/sim, inside: a venue that matches orders against market data which the host replays.
 * What it does, rule by rule and with examples, stands in docs/fill-rules.md.
 *
 *   sim.c       the class: parameters, start, market events, end
 *   orders.c    the order book: submit, modify, cancel, filters, memory of orders
 *   match.c     which order fills where in a bar
 *   accounts.c  what a fill costs and changes: fees, balances, positions, exits, funding
 *   state.c     all of it as bytes, so that a run can be taken up where it ended
 *
 * Everything runs on the engine's thread, one call at a time. All memory is taken when the
 * instance is created; from then on nothing allocates. */
#ifndef QUOIN_VENUE_SIM_H
#define QUOIN_VENUE_SIM_H

#include <quoin/venue.h>

#include <stdbool.h>

/* An amount of a currency, held at 10^SIM_AMOUNT_EXP: fine enough for the money of any
 * account and the quantity of any spot instrument, so that nothing is rounded twice. */
#define SIM_AMOUNT_EXP (-18)

typedef struct balance {
    char currency[16];
    qn_wide amount;
    bool has_account; /* the config opens one; the base currency of a spot pair needs none */
} balance;

/* What one strategy holds in one instrument. */
typedef struct position {
    struct position *next; /* of the same instrument, another strategy */
    uint32_t strategy;
    int64_t qty; /* signed, mantissa */
} position;

/* What became of an order. Closed orders stay in the list until the call ends, so that a
 * walk through the list survives whatever a fill cancels. */
#define SIM_CLOSED 0u
#define SIM_HELD ((uint32_t)QN_ORDER_HELD)
#define SIM_WORKING ((uint32_t)QN_ORDER_ACCEPTED)

/* An order. Entries and exits are the same thing here; an exit is held until its entry fills.
 *
 * Invariants: entry->exits[k] and exit->parent point at each other while the exit is held;
 * `sibling` is mutual, and set while both exits of an entry are open. */
typedef struct order {
    uint64_t id;
    struct order *prev, *next; /* in the instrument's list: the order of sending */
    struct order *chain;       /* in the index by id; in the free list */
    struct order *parent;      /* of a held exit: its entry */
    struct order *sibling;     /* of an exit: the other one of the same entry */
    struct order *exits[2];    /* of an entry: stop loss, take profit */
    struct book *book;
    position *position;
    uint32_t state; /* SIM_ */
    uint32_t side, type, tif;
    bool is_exit;
    bool is_reducing;   /* exits and reduce-only orders: never more than the position */
    int64_t qty;        /* mantissa */
    int64_t price;      /* limit price or stop price; 0 of a market order */
    int64_t works_from; /* it meets bars that open at this time or later, ns */
    int64_t expire_ts;  /* QN_GTD; else INT64_MAX */
} order;

/* One instrument. */
typedef struct book {
    uint32_t number;     /* of the instrument */
    order *first, *last; /* open orders, in the order of sending */
    const qn_instrument *ins;
    position *positions; /* of the strategies; they add up to net_qty */
    int64_t net_qty;     /* what the account holds, signed, mantissa */
    int64_t net_cost;    /* money, signed as net_qty: what that was opened for */
    balance *settle;     /* pays and receives money */
    balance *base;       /* spot: holds what was bought; else NULL */
    int64_t close;       /* last close or trade price; 0 = none yet */
    int64_t close_ts;
    int64_t mark; /* last mark price; 0 = none */
} book;

/* What orders are matched against: a bar, or a trade as a bar of no length. */
typedef struct span {
    int64_t open_ts, close_ts;
    int64_t open, high, low, close;
} span;

#define SIM_WORST 0 /* places in the parameter's list of labels */
#define SIM_OHLC 1

typedef struct sim {
    /* parameters, filled in by the host */
    int64_t fill, intrabar, margin;
    int64_t maker_bps, taker_bps; /* 10^-8 basis points */
    int64_t close_at_end;
    int64_t pace; /* at QN_RATE_EXP */
    int64_t max_orders, max_positions;

    const qn_venue_out *out;
    book *books; /* by slot */
    uint32_t nbooks;
    uint32_t nnumbers;
    uint32_t *slots; /* by instrument number; UINT32_MAX = not ours */
    balance *balances;
    uint32_t nbalances;
    uint32_t index_bits;
    order **index; /* 2^index_bits chains of orders by id */
    order *orders; /* the pool: max_orders, of which `orders_used` were ever given out */
    order *orders_free;
    int64_t orders_used, orders_open;
    position *positions; /* the pool: max_positions */
    int64_t positions_used;
    uint64_t trades; /* last trade id given out */
    int64_t now;     /* latest time known, ns: the stamp of answers that no market event caused */
    int32_t failed;  /* first error of the current call */
    bool has_closed; /* closed orders wait in some list */
    bool is_loaded;  /* from a state, and not started since */
} sim;

/* ---------------------------------------------------------------------------- orders.c */

/* Take the memory for orders and positions. QN_OK or QN_E_NO_MEMORY. [control] */
int32_t orders_create(sim *s, const qn_setup *setup, qn_err *err);

/* The calls of qn_venue of the same name. [event] */
int32_t sim_submit(void *self, const qn_order *request);
int32_t sim_modify(void *self, const qn_order *request);
int32_t sim_cancel(void *self, uint64_t order_id);
int32_t sim_query(void *self, const qn_query *query);

/* A new order at the end of its book's list, in the index. The caller has checked for room. */
order *order_new(sim *s, book *b, uint64_t id);

/* The open order with that id, NULL if there is none. */
order *order_find(const sim *s, uint64_t id);

/* Tell the owner the order's state. */
void order_report(sim *s, const order *o, uint32_t state, uint32_t reason, int64_t ts);

/* End an order without a (further) fill, and tell. Exits it still holds end with it. */
void order_close(sim *s, order *o, uint32_t state, uint32_t reason, int64_t ts);

/* End an order that was filled: nothing is told, exits are left to the caller. */
void order_retire(sim *s, order *o);

/* Give closed orders of a list back to the pool. Ends each call that may close orders. */
void book_sweep(sim *s, book *b);

/* ----------------------------------------------------------------------------- match.c */

/* Match the working orders of one instrument against a bar or a trade. Returns QN_OK, or the
 * host's refusal of an event. */
int32_t book_match(sim *s, book *b, const span *v);

/* -------------------------------------------------------------------------- accounts.c */

/* quantity x price x contract size x rate x 10^rate_exp as money of the instrument, rounded
 * half to even, once. QN_OK or QN_E_OVERFLOW, *out then unchanged. */
int32_t money_of(const qn_instrument *ins, int64_t qty, int64_t price, int64_t rate,
                 int32_t rate_exp, int64_t *out);

/* Fill an order whole at `price`, as far as positions and balances allow, and tell: the fill
 * and what follows from it, or why there is none. The order is closed afterwards. */
void order_fill(sim *s, order *o, int64_t price, uint32_t liquidity, int64_t ts);

/* Pay funding on the net position of an instrument. QN_OK; QN_E_OVERFLOW if the amount does
 * not fit (nothing is paid); the host's refusal of the event. */
int32_t funding_pay(sim *s, book *b, const qn_funding *ev);

/* Hand an event to the host; the first refusal is kept in s->failed. */
void event_push(sim *s, const book *b, qn_event *ev, uint16_t type, size_t size);

/* ----------------------------------------------------------------------------- state.c */

#define SIM_SCHEMA 1u /* layout of the state */

/* qn_class.save and .load. A state is loaded before or after start, as long as no order was
 * sent; start then keeps its balances. */
int32_t sim_save(const void *self, const qn_stream *to, qn_err *err);
int32_t sim_load(void *self, uint32_t schema, const qn_stream *from, qn_err *err);

#endif
