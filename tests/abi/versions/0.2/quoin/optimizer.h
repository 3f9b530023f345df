/* SPDX-License-Identifier: MIT
 *
 * Kind "optimizer": signals in, weights out. Tier: pure.
 *
 * It is asked at every rebalance of the config, and when the sign of a signal changes. The host
 * turns the weights into orders:
 *
 *   target value = weight x equity of the account x the strategy's capital share
 *   target       = target value / (price x contract size), towards zero to a whole lot
 *   order        = target - (position + working orders); none below the config's min_trade */
#ifndef QUOIN_OPTIMIZER_H
#define QUOIN_OPTIMIZER_H

#include <quoin/model.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_KIND_OPTIMIZER "qn.optimizer/1"

/* What the host is to collect for it. The host sets size and zeroes the rest. */
typedef struct qn_history_need {
    uint32_t size;
    uint32_t nreturns; /* periods of returns, 0 .. 4,096 */
    int64_t period;    /* ns: prices are taken at its UTC multiples; > 0 where nreturns > 0 */
} qn_history_need;

/* One line of the portfolio: a strategy's instrument. Lines come in config order. */
typedef struct qn_line {
    uint32_t size;
    uint32_t strategy; /* number from 1 */
    uint32_t instrument;
    uint32_t column;   /* of the instrument in returns and covariance */
    double strength;   /* -1 .. 1 of the last signal that still holds; 0 = none */
    double confidence; /* 0 .. 1 */
    double capital;    /* the strategy's share of the equity, 0 .. 1 */
    double weight;     /* held now: value of the position / (equity x capital), signed */
    double cost;       /* taker fee, fraction of what is traded; 0 = none known */
    double min_weight; /* 0 where the instrument cannot be sold short, else -HUGE_VAL */
    double max_weight; /* HUGE_VAL */
} qn_line;

/* What it decides on. Host-owned, borrowed for the call. */
typedef struct qn_portfolio {
    uint32_t size;
    uint32_t ncolumns;        /* instruments */
    qn_table lines;           /* of qn_line */
    const double *returns;    /* nreturns rows of ncolumns simple returns, oldest row first */
    const double *covariance; /* ncolumns x ncolumns per period, ddof 1; NULL below 2 returns */
    uint32_t nreturns;        /* at most what was asked for; fewer at the start of a run: a row
                                 needs two prices of each instrument */
    uint32_t rsv0;
    int64_t period; /* ns */
    int64_t ts_ns;  /* engine time */
} qn_portfolio;

/* Where the weights go. Arrays are the host's, filled with zeros. */
typedef struct qn_weights {
    uint32_t size;
    uint32_t nweights; /* = lines */
    double *weights;   /* by line, signed, finite */
    uint32_t nvalues;  /* = rows of the class's table of values */
    uint32_t rsv0;
    double *values; /* diagnostics; NAN = not defined this time */
} qn_weights;

typedef struct qn_optimizer {
    uint32_t size;
    uint32_t rsv0;
    qn_table values; /* of qn_named: diagnostics, at most QN_ALLOCATION_VALUES */
    /* What the host is to collect. NULL = nothing. Asked once, after create. */
    void (*need)(const void *self, qn_history_need *out); /* [control & !active] */
    /* Give each line a weight. A line whose weight may not be given (no signal, too little
     * history) gets 0. Returns QN_OK, or an error with its reason: positions then stay as they
     * are until it is asked again. Weights that are not finite, or outside min_weight ..
     * max_weight, are such an error, too. */
    int32_t (*allocate)(void *self, const qn_portfolio *in, qn_weights *out,
                        qn_err *err); /* [event & active] */
} qn_optimizer;

#ifdef __cplusplus
}
#endif
#endif
