/* SPDX-License-Identifier: MIT
 *
 * Orders: their life as one table, and the ones the run knows of. */
#ifndef QUOIN_LEDGER_ORDER_H
#define QUOIN_LEDGER_ORDER_H

#include "base/bytes.h"

#include <quoin/error.h>
#include <quoin/order.h>

#include <stdbool.h>
#include <stddef.h>

/* What can happen to an order. */
typedef enum order_change {
    ORDER_SUBMIT,     /* the host hands it to the venue */
    ORDER_DENY,       /* the host refuses it */
    ORDER_HOLD,       /* the venue keeps it until its entry fills */
    ORDER_ACCEPT,     /* it works; also: a cancel or a change was refused, it works on */
    ORDER_REJECT,     /* the venue refuses it */
    ORDER_TRIGGER,    /* its trigger was reached */
    ORDER_FILL_PART,  /* */
    ORDER_FILL_WHOLE, /* */
    ORDER_CANCEL,     /* the venue ended it on request, or by a rule of its own */
    ORDER_EXPIRE,     /* its time in force ended */
    ORDER_ASK_CANCEL, /* the host asked for the cancel */
    ORDER_ASK_UPDATE, /* the host asked for a change */
    ORDER_LOSE,       /* the outcome of the last request is not known */
    ORDER_CHANGES
} order_change;

typedef enum order_class {
    ORDER_CLASS_LOCAL,
    ORDER_CLASS_INFLIGHT,
    ORDER_CLASS_OPEN,
    ORDER_CLASS_CLOSED
} order_class;

/* The state that `change` leads to from `state` (QN_ORDER_), 0 if it cannot happen there. */
uint32_t order_next(uint32_t state, order_change change);

const char *order_state_name(uint32_t state);   /* "FILLED" */
order_class order_state_class(uint32_t state);  /* */
const char *order_reason_name(uint32_t reason); /* "RUN_END"; "NONE" for 0 */
const char *order_change_name(order_change change);

/* The change that a venue's report of `state` stands for; ORDER_CHANGES = a venue may not
 * report that state. */
order_change order_change_of_report(uint32_t state);

/* What the risk chain approved: the only thing that lets an order out of the host. An order has
 * one of its own; the children of an execution algorithm are charged to that of their parent.
 * Invariant: 0 <= charged <= qty. */
typedef struct budget {
    int64_t qty;         /* that may be sent, mantissa; 0 = nothing was approved */
    int64_t charged;     /* filled or working at the venue */
    int64_t price_bound; /* worst price, mantissa; 0 = none */
    int64_t expire_ts;   /* engine time from which on it is void; INT64_MAX = never */
} budget;

/* One order: what a venue has, or a parent, which an execution algorithm works by its children
 * and no venue ever sees.
 *
 * Invariants: filled <= sent.qty unless is_overfilled; closed orders do not change but for a
 * late fill; at most one of entry, parent and is_parent is set. */
typedef struct order {
    qn_order sent;        /* as the venue has it */
    qn_order asked;       /* as it will be once the venue agrees to a change; id 0 = no change */
    budget budget;        /* */
    uint64_t entry;       /* of an exit: the entry's id; 0 = no exit */
    uint64_t parent;      /* of an execution algorithm's child: the parent's id; 0 = no child */
    bool is_parent;       /* */
    uint32_t state;       /* QN_ORDER_ */
    uint32_t reason;      /* QN_REASON_, once it is known */
    uint32_t why;         /* QN_REASON_ of the cancel that was asked for; 0 = none was */
    int64_t made_ts;      /* market time of the event that caused it, ns */
    int64_t filled;       /* quantity, mantissa */
    qn_wide filled_value; /* sum of price x quantity of its fills, mantissas */
    bool is_overfilled;   /* the venue filled more than was sent */
    bool was_accepted;    /* it has been ACCEPTED once */
    struct order *next, *prev;
} order;

static inline bool order_is_closed(const order *o)
{
    return order_state_class(o->state) == ORDER_CLASS_CLOSED;
}

/* Quantity that has yet to be filled; 0 when it was filled beyond. */
static inline int64_t order_unfilled(const order *o)
{
    return o->filled < o->sent.qty ? o->sent.qty - o->filled : 0;
}

typedef struct orders orders;

/* Room for `max` working orders; memory grows with what is used. NULL when out of memory. */
orders *orders_new(size_t max);
void orders_free(orders *all);

/* A new order, INITIALIZED, all zero but for its id. NULL when `max` orders work already, the
 * id is known, or memory is out. */
order *orders_add(orders *all, uint64_t id);

/* A working order, or one of the last 1,024 closed ones; NULL if unknown. */
order *orders_find(const orders *all, uint64_t id);

/* Tell that an order was closed: it stays findable until 1,024 others have been closed. */
void orders_close(orders *all, order *o);

/* The working orders in the order in which they were added: first, then o->next. */
order *orders_first(const orders *all);
size_t orders_working(const orders *all);

/* Write all orders as one section "ORDR": the closed ones that can still be found, oldest first,
 * then the working ones in their order. The same orders are the same bytes. QN_OK or the
 * writer's error. */
int32_t orders_save(const orders *all, bytes_out *out);

/* Replace all orders by those of such a section. QN_OK; QN_E_DAMAGED: it is cut or changed, of
 * another version, or holds more working orders than there is room for; QN_E_NO_MEMORY. On error
 * all is as it was. Pointers to orders that were there before are no longer valid. */
int32_t orders_load(orders *all, bytes_in *in, qn_err *err);

#endif
