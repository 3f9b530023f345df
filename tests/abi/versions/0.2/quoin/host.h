/* SPDX-License-Identifier: MIT
 *
 * The host, as a plugin sees it: a small core that never grows, and extensions by id.
 *
 * Time, randomness and identity come from here and from events alone. A plugin reads no
 * clock and keeps no global state, which is what makes a run repeatable. */
#ifndef QUOIN_HOST_H
#define QUOIN_HOST_H

#include <quoin/error.h>
#include <quoin/instrument.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct qn_ctx qn_ctx; /* the host's handle of one instance; opaque */

/* Levels of log(). */
#define QN_LOG_DEBUG 1
#define QN_LOG_INFO 2
#define QN_LOG_WARNING 3
#define QN_LOG_ERROR 4

/* One host table for each instance; lives as long as the instance. */
typedef struct qn_host {
    uint32_t size;
    uint32_t abi; /* QN_ABI of the host */
    qn_ctx *ctx;  /* first argument of each call */
    /* Write a line to the host's log, under the instance's id. The text is copied. */
    void (*log)(qn_ctx *ctx, int32_t level, qn_str text); /* [any] */
    /* A table of the host by its id, or NULL where this host has none. Static. */
    const void *(*ext)(qn_ctx *ctx, const char *id); /* [any] */
    /* Zeroed memory of the instance's arena, aligned to `align` (a power of two). It is
     * freed as a whole when the instance ends. NULL when out of memory. */
    void *(*alloc)(qn_ctx *ctx, uint64_t n, uint64_t align); /* [control] */
    /* Ask for a QN_EVENT_TIMER with `cookie` at engine time `due_ns`: behind bars that end at
     * that time, before all other market data of that time or later. A due time that has
     * passed is due at once. Cookies, not function pointers, so that a reloaded class finds its
     * timers again.
     * Returns QN_OK; QN_E_FULL with 4,096 timers pending, or after as many that were due at
     * once at one engine time; QN_E_UNSUPPORTED for a venue. */
    int32_t (*timer)(qn_ctx *ctx, int64_t due_ns, uint64_t cookie); /* [event & active] */
} qn_host;

#define QN_HOST_PORTFOLIO "qn.host.portfolio/1"

/* What an instance holds in one instrument. */
typedef struct qn_position {
    uint32_t size;
    uint32_t instrument;
    int64_t qty;           /* signed, mantissa; this strategy's own part of the account */
    int64_t cost;          /* money paid for it (linear: notional at entry), signed */
    int64_t realized_pnl;  /* money, before fees */
    int64_t fees;          /* money, > 0 is paid */
    int64_t funding;       /* money, > 0 is received */
    int64_t market_orders; /* signed quantity of its market orders not filled yet */
} qn_position;

/* Host extension: the books, as far as the instance may see them. Read only. */
typedef struct qn_host_portfolio {
    uint32_t size;
    uint32_t rsv0;
    /* The instance's position. The caller sets out->size. QN_OK or QN_E_INTENT_INSTRUMENT. */
    int32_t (*position)(qn_ctx *ctx, uint32_t instrument, qn_position *out); /* [event & active] */
    /* Equity of the account that settles `instrument`, times the strategy's share of the
     * capital, money. QN_OK or QN_E_INTENT_INSTRUMENT. */
    int32_t (*equity)(qn_ctx *ctx, uint32_t instrument, int64_t *out); /* [event & active] */
    /* Last price of the instrument that the books were marked with, mantissa; 0 = none. */
    int64_t (*mark)(qn_ctx *ctx, uint32_t instrument); /* [event & active] */
} qn_host_portfolio;

/* What a new instance is told. Host-owned, lives as long as the instance. */
typedef struct qn_setup {
    uint32_t size;
    uint32_t ninstruments;
    const qn_host *host;
    const char *id; /* of the instance, from the config */
    /* The instruments the instance was given, in the config's order: qn_event.slot is an
     * index into this array. */
    const qn_instrument *const *instruments;
} qn_setup;

#ifdef __cplusplus
}
#endif
#endif
