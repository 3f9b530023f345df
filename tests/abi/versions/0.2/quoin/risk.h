/* SPDX-License-Identifier: MIT
 *
 * Kind "risk": each order that anybody wants to send, and the books; out comes allow, reduce or
 * reject. Tier: pure.
 *
 * Modules stand in a chain, in config order; each sees what the one before it allowed. What the
 * last one allows becomes a budget, and no order reaches a venue without one. A module that fails
 * or answers nonsense rejects (QN_REASON_RISK_FAULT): the chain fails closed. */
#ifndef QUOIN_RISK_H
#define QUOIN_RISK_H

#include <quoin/decision.h>
#include <quoin/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_KIND_RISK "qn.risk/1"

/* What is checked. A strategy's own order is both at once; an execution algorithm's parent is
 * checked as an intent, each of its children as an order. A change is checked as an intent where
 * it adds, and then as an order. */
#define QN_STAGE_INTENT 1u /* the wish: position, exposure, loss */
#define QN_STAGE_ORDER 2u  /* what will leave for the venue: size, price, rate */

/* An order that asks for approval. Host-owned, borrowed for the call. */
typedef struct qn_proposal {
    uint32_t size;
    uint32_t stage; /* QN_STAGE_, or-ed */
    uint32_t strategy;
    uint32_t instrument;
    uint32_t side;  /* QN_BUY, QN_SELL */
    uint32_t type;  /* QN_MARKET, ... */
    uint32_t flags; /* QN_REDUCE_ONLY, ... */
    uint32_t rsv0;
    int64_t qty;      /* asked for, > 0, mantissa; of a change as an intent what it would add, as
                         an order all that would work */
    int64_t reducing; /* how much of it can only reduce the account's position, whatever else
                         works: those orders are let through while trading is halted */
    int64_t price;    /* limit, trigger, or last mark, mantissa; 0 = the instrument has none */
    int64_t notional; /* qty x price x contract size, money, >= 0; INT64_MAX if it does not fit */
    int64_t ts_ns;    /* engine time */
} qn_proposal;

/* A module's answer. The host sets size, action QN_ALLOW, qty as asked, and zeroes the rest. */
typedef struct qn_answer {
    uint32_t size;
    uint32_t action;     /* QN_ALLOW, QN_REDUCE, QN_REJECT */
    uint32_t reason;     /* QN_REASON_: required unless QN_ALLOW */
    uint32_t halt;       /* 1 = halt trading as well, for the same reason */
    int64_t qty;         /* QN_REDUCE: 0 < qty < asked, a multiple of the lot is the host's care */
    int64_t price_bound; /* worst price that is approved, mantissa; 0 = none */
    int64_t lifetime;    /* how long the approval holds, ns; 0 = as long as the order works */
    double limit, value; /* what was compared, for the record */
} qn_answer;

/* Where a module halts trading. */
typedef struct qn_risk_out {
    uint32_t size;
    uint32_t rsv0;
    void *ctx;
    /* Halt trading: what adds to a position is canceled, and denied from now on, until an
     * operator resumes. `limit` and `value` are what was compared. QN_OK, also when trading is
     * halted already; QN_E_RANGE for a reason that does not exist. */
    int32_t (*halt)(void *ctx, uint32_t reason, double limit, double value); /* [event & active] */
} qn_risk_out;

typedef struct qn_risk {
    uint32_t size;
    uint32_t rsv0;
    /* Judge one order. Reads only: nothing of the instance changes, for the next module may
     * still reject. Returns QN_OK, or an error, which rejects. */
    int32_t (*check)(const void *self, const qn_proposal *proposal,
                     qn_answer *answer); /* [event & active] */
    /* Events, after the books have changed: market events that marked them, order reports,
     * fills, payments, every QN_EVENT_VERDICT of the chain and every QN_EVENT_HALT. Counters
     * change here. NULL = none. Returns QN_OK, or an error, which halts trading. */
    int32_t (*on_event)(void *self, const qn_event *ev,
                        const qn_risk_out *out); /* [event & active] */
} qn_risk;

/* ------------------------------------------------------------------ the books */

#define QN_HOST_BOOKS "qn.host.books/1"

/* An account now. The reader sets size. */
typedef struct qn_account_state {
    uint32_t size;
    uint32_t account; /* number */
    int64_t start;    /* money it was opened with */
    int64_t equity;
    int64_t cash;
    int64_t gross; /* sum over its instruments of |net position at its mark|, money */
    int64_t net;   /* the same, signed */
} qn_account_state;

/* What is held and what works in one instrument. The reader sets size. */
typedef struct qn_exposure {
    uint32_t size;
    uint32_t account; /* that settles it */
    int64_t qty;      /* net position of the account, signed, mantissa */
    int64_t value;    /* that at its mark, money, signed */
    int64_t buying;   /* quantity of approved orders that is not filled yet, exits left out */
    int64_t selling;
    int64_t mark; /* last price, mantissa; 0 = none */
} qn_exposure;

/* Host extension: the books of all strategies, read only. Given to risk modules, optimizers and
 * execution algorithms. What was approved earlier in the same event is in it. */
typedef struct qn_host_books {
    uint32_t size;
    uint32_t rsv0;
    uint32_t (*accounts)(qn_ctx *ctx);                                        /* [event & active] */
    int32_t (*account)(qn_ctx *ctx, uint32_t account, qn_account_state *out); /* [event & active] */
    int32_t (*exposure)(qn_ctx *ctx, uint32_t instrument, qn_exposure *out);  /* [event & active] */
    /* A strategy's own part; strategy 0 = the net position. All: QN_OK or QN_E_RANGE. */
    int32_t (*position)(qn_ctx *ctx, uint32_t strategy, uint32_t instrument,
                        qn_position *out); /* [event & active] */
    /* qty x price x contract size as money, rounded half to even. QN_E_OVERFLOW. */
    int32_t (*money)(qn_ctx *ctx, uint32_t instrument, int64_t qty, int64_t price,
                     int64_t *out); /* [event & active] */
} qn_host_books;

#ifdef __cplusplus
}
#endif
#endif
