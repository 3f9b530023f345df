/* SPDX-License-Identifier: MIT
 *
 * Intents: what a strategy wants. Three ways to say it, from wish to command:
 *   signal  an opinion; weights and quantities are made of it by the portfolio route
 *   target  a position to hold; the host works out the order
 *   order   the order itself (and cancel, modify): what a market maker needs
 * None of them reaches a venue unchecked. */
#ifndef QUOIN_INTENT_H
#define QUOIN_INTENT_H

#include <quoin/order.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_INTENT_SIGNAL 1u
#define QN_INTENT_TARGET 2u
#define QN_INTENT_ORDER 3u
#define QN_INTENT_CANCEL 4u
#define QN_INTENT_MODIFY 5u

/* The header of each intent. */
typedef struct qn_intent {
    uint32_t size; /* of the whole intent, bytes */
    uint32_t kind; /* QN_INTENT_ */
    uint32_t instrument;
    uint32_t rsv0;
} qn_intent;

/* An opinion on an instrument. Route "portfolio" only. */
typedef struct qn_signal {
    qn_intent hdr;
    double strength;     /* -1 (short) .. 1 (long) */
    double confidence;   /* 0 .. 1 */
    int64_t horizon;     /* how long it is meant to hold, ns; 0 = until the next one */
    int64_t stop_loss;   /* price at which it is wrong, mantissa; 0 = none */
    int64_t take_profit; /* price at which it is done, mantissa; 0 = none */
} qn_signal;

/* A position to hold. The host sends one market order over the difference to the position
 * and the strategy's market orders that are not filled yet; none where that is zero. */
typedef struct qn_target {
    qn_intent hdr;
    int64_t qty;         /* signed, mantissa at qty_exp */
    int64_t stop_loss;   /* exit of what the order opens, mantissa; 0 = none */
    int64_t take_profit; /* exit of what the order opens, mantissa; 0 = none */
} qn_target;

/* An order. */
typedef struct qn_order_intent {
    qn_intent hdr;
    uint32_t side;       /* QN_BUY, QN_SELL */
    uint32_t type;       /* QN_MARKET, QN_LIMIT, QN_STOP */
    uint32_t tif;        /* QN_GTC, QN_IOC, QN_GTD; 0 = QN_GTC */
    uint32_t flags;      /* QN_REDUCE_ONLY, QN_POST_ONLY */
    int64_t qty;         /* > 0, mantissa */
    int64_t price;       /* QN_LIMIT only, else 0 */
    int64_t trigger;     /* QN_STOP only, else 0 */
    int64_t expire_ts;   /* QN_GTD only, else 0 */
    int64_t stop_loss;   /* exits of the entry: a bracket; 0 = none */
    int64_t take_profit; /* */
} qn_order_intent;

/* Cancel one order, or with order_id 0 all orders of the strategy in the instrument. Exits
 * end with their position and are canceled by id only. */
typedef struct qn_cancel {
    qn_intent hdr;
    uint64_t order_id;
} qn_cancel;

/* Change a working order. Members that are 0 stay as they are. Refused while the venue has yet
 * to answer the order itself or an earlier change. */
typedef struct qn_modify {
    qn_intent hdr;
    uint64_t order_id;
    int64_t qty;     /* new total quantity, mantissa */
    int64_t price;   /* QN_LIMIT */
    int64_t trigger; /* QN_STOP */
} qn_modify;

/* Where a strategy puts its intents. Host-owned, valid for the call it was passed to. */
typedef struct qn_out {
    uint32_t size;
    uint32_t rsv0;
    void *ctx;
    /* Hand over one intent. [event & active]
     *
     * intent   borrowed for the call; `hdr.size` and `hdr.kind` say which struct it is
     * returns  > 0: id of the order that was sent; 0: taken, and no order was needed, or the
     *          instance is still warming up; < 0: refused, nothing was sent, and the host has
     *          counted it. QN_E_INTENT_...; QN_E_TOO_NEW: a member that this host does not
     *          know; QN_E_FULL: too many orders work, or were sent since the last market event.
     *          An order that the host denies or the venue rejects is a report, no error:
     *          it has an id and a reason.                                               */
    int64_t (*push)(void *ctx, const qn_intent *intent); /* [event & active] */
} qn_out;

#ifdef __cplusplus
}
#endif
#endif
