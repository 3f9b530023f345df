/* SPDX-License-Identifier: MIT
 *
 * Kind "execution": an approved order in, its child orders over time out. Tier: pure.
 *
 * It works what targets and weights ask for. An order that a strategy words itself (type, price,
 * bracket) is sent as it is. Each child is charged against the parent's budget and passes the
 * risk chain as an order; what is canceled or expires is given back.
 *
 * One instance works all parents of the run, on all venues. A parent ends when it is filled, when
 * its strategy cancels it, when a newer target takes its place, or when the algorithm finishes it;
 * its working children are then canceled by the host. */
#ifndef QUOIN_EXECUTION_H
#define QUOIN_EXECUTION_H

#include <quoin/decision.h>
#include <quoin/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_KIND_EXECUTION "qn.execution/1"

/* A child order. Instrument and side are the parent's. */
typedef struct qn_child {
    uint32_t size;
    uint32_t type;      /* QN_MARKET, QN_LIMIT, QN_STOP */
    uint32_t tif;       /* QN_GTC, QN_IOC, QN_GTD; 0 = QN_GTC */
    uint32_t flags;     /* QN_REDUCE_ONLY, QN_POST_ONLY */
    uint64_t parent_id; /* order that it is a part of */
    int64_t qty;        /* > 0, mantissa */
    int64_t price;      /* QN_LIMIT only, else 0 */
    int64_t trigger;    /* QN_STOP only, else 0 */
    int64_t expire_ts;  /* QN_GTD only, else 0 */
} qn_child;

/* Where an algorithm puts its children. Host-owned, valid for the call it was passed to. */
typedef struct qn_child_out {
    uint32_t size;
    uint32_t rsv0;
    void *ctx;
    /* Send a child. Returns its order id, > 0 (it may still be denied or rejected, which comes as
     * a report); QN_E_INTENT_ORDER: the parent is unknown or has ended; QN_E_INTENT_VALUE;
     * QN_E_BUDGET: more than what is left of the parent, or a price worse than its bound;
     * QN_E_FULL; QN_E_TOO_NEW. On error nothing was sent, and the host has counted it. */
    int64_t (*send)(void *ctx, const qn_child *child); /* [event & active] */
    /* Cancel a working child. QN_OK or QN_E_INTENT_ORDER. */
    int32_t (*cancel)(void *ctx, uint64_t order_id); /* [event & active] */
    /* No more children will come: what is left of the parent is given up. QN_OK or
     * QN_E_INTENT_ORDER. */
    int32_t (*finish)(void *ctx, uint64_t parent_id); /* [event & active] */
} qn_child_out;

typedef struct qn_execution {
    uint32_t size;
    uint32_t rsv0;
    /* One event: a QN_EVENT_PARENT when a parent begins (ACCEPTED) or ends; reports and fills of
     * its children, which carry parent_id; its timers; market data of its config's `data`.
     * Returns QN_OK, or an error, which the host logs and counts; what was sent stands. */
    int32_t (*on_event)(void *self, const qn_event *ev,
                        const qn_child_out *out); /* [event & active] */
} qn_execution;

#ifdef __cplusplus
}
#endif
#endif
