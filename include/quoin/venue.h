/* SPDX-License-Identifier: MIT
 *
 * Kind "venue": orders in, order events and market data out. Tier: I/O.
 *
 * Two very different plugins share this table.
 *   A simulated venue matches orders itself, on market data that the host brings to it:
 *   from the catalog in a backtest (QN_DATA_CATALOG), from another venue in paper trading
 *   (QN_DATA_VENUE). It has no thread; everything it pushes, it pushes inside a call.
 *   An exchange brings its own market data (QN_DATA_OWN). It runs its sockets in `run`, on a
 *   thread that the host starts for it, and pushes events from there; `submit` and its
 *   like only hand the order over to that thread.
 *
 * Ambiguity. Only a definite answer changes an order. A timeout, a lost connection or an
 * answer that cannot be read is reported as QN_ORDER_UNKNOWN; the host then asks with
 * `query`. A fill may follow a cancel, and is pushed all the same.
 *
 * A new build of a venue takes the place of one at work between two events: its state is loaded,
 * the old one is stopped, the new one is started, and asked with `query` what became of each order.
 * No order reaches either in between. A venue that cannot be asked is not replaced.
 *
 * Today's host runs venues with QN_DATA_CATALOG and refuses the others by name; `run` and `history`
 * are called by hosts that trade live. */
#ifndef QUOIN_VENUE_H
#define QUOIN_VENUE_H

#include <quoin/event.h>
#include <quoin/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_KIND_VENUE "qn.venue/1"

/* Where a venue's market data comes from. */
#define QN_DATA_CATALOG 1u
#define QN_DATA_VENUE 2u
#define QN_DATA_OWN 3u

/* Capabilities, or-ed. An order that needs one the venue lacks is denied by the host. */
#define QN_CAN_MARKET (UINT64_C(1) << 0)
#define QN_CAN_LIMIT (UINT64_C(1) << 1)
#define QN_CAN_STOP (UINT64_C(1) << 2)
#define QN_CAN_IOC (UINT64_C(1) << 3)
#define QN_CAN_GTD (UINT64_C(1) << 4)
#define QN_CAN_REDUCE_ONLY (UINT64_C(1) << 5)
#define QN_CAN_POST_ONLY (UINT64_C(1) << 6)
#define QN_CAN_EXITS (UINT64_C(1) << 7) /* holds and works brackets itself */
#define QN_CAN_MODIFY (UINT64_C(1) << 8)
#define QN_CAN_QUERY (UINT64_C(1) << 9)
#define QN_CAN_HISTORY (UINT64_C(1) << 10)

/* What a venue says of itself once it was created. The host sets `size` and zeroes the rest. */
typedef struct qn_venue_info {
    uint32_t size;
    uint32_t data;         /* QN_DATA_ */
    uint64_t capabilities; /* QN_CAN_ */
    int64_t pace;          /* replayed time per real time at QN_RATE_EXP; 0 = as fast as possible */
    uint32_t max_orders;   /* that may work at once; 0 = no limit known */
    uint32_t close_at_end; /* 1 = the host closes open positions when the data has ended */
    /* Fees as the config says, fractions of the notional at QN_RATE_EXP; 0 = not known. */
    int64_t maker_fee, taker_fee;
} qn_venue_info;

/* One account of the venue as its config opens it. */
typedef struct qn_account {
    uint32_t size;
    int32_t exp;     /* of the currency's smallest unit */
    int64_t balance; /* money */
    char currency[16];
} qn_account;

/* Where a venue puts its events. Valid from start to stop. */
typedef struct qn_venue_out {
    uint32_t size;
    uint32_t rsv0;
    void *ctx;
    /* Hand over one event, copied. The venue fills `size`, `type`, `instrument` and the body;
     * the host gives it its sequence number and engine time. Events of one call are
     * sequenced in their order, and before the market event that the call was about.
     * Order reports carry HELD, ACCEPTED, TRIGGERED, CANCELED, REJECTED, EXPIRED or UNKNOWN:
     * a fill says by itself that an order is filled.
     * Returns QN_OK; QN_E_INVALID for an event a venue may not send or that is not whole;
     * QN_E_FULL: market data only, the event was dropped and a gap will be reported.
     * An order event is never dropped: on an I/O thread the call waits for room. */
    int32_t (*push)(void *ctx, const qn_event *ev); /* [event & active, io] */
} qn_venue_out;

/* What a venue is started with. Host-owned, borrowed for the call; `out` until stop. */
typedef struct qn_venue_start {
    uint32_t size;
    uint32_t incarnation; /* of the host: goes into client order ids */
    const qn_venue_out *out;
    qn_table accounts; /* of qn_account */
} qn_venue_start;

/* What `query` can be asked for. An answer comes as ordinary events (order reports, fills): of a
 * simulated venue within the call. Silence is no answer. */

/* One order, by id. First its fills beyond the quantity `filled`, which the host has booked, in
 * their order. Then, unless it is filled whole with them, one report of what it is: HELD, ACCEPTED
 * or TRIGGERED as it works (a change that is not answered yet is answered by this one, as by
 * `modify`); CANCELED, REJECTED or EXPIRED, with the reason, if it has ended; UNKNOWN of an id that
 * the venue has not got: it is taken to be gone, and booked as CANCELED. */
#define QN_QUERY_ORDER 1u
/* One report, as above, of each order of ours that works. */
#define QN_QUERY_ORDERS 2u
/* All fills since `since_ts`. */
#define QN_QUERY_FILLS 3u

typedef struct qn_query {
    uint32_t size;
    uint32_t what; /* QN_QUERY_ */
    uint64_t order_id;
    int64_t since_ts;
    int64_t filled;      /* QN_QUERY_ORDER: quantity that the host knows to be filled, mantissa */
    uint32_t instrument; /* QN_QUERY_ORDER: its number, for the answer; else QN_NO_INSTRUMENT */
    uint32_t rsv0;
} qn_query;

/* A request for past market data; the answer is pushed as market events in time order. */
typedef struct qn_history {
    uint32_t size;
    uint32_t instrument;
    uint32_t type; /* QN_EVENT_BAR, QN_EVENT_TRADE, ... */
    uint32_t rsv0;
    int64_t length; /* of a bar, ns */
    int64_t from_ts, to_ts;
} qn_history;

typedef struct qn_venue {
    uint32_t size;
    uint32_t rsv0;
    /* Say what the venue is. Called once, after create. */
    int32_t (*describe)(const void *self, qn_venue_info *info); /* [control & !active] */
    /* Begin: connect, or get ready to match. On error the venue is not started. */
    int32_t (*start)(void *self, const qn_venue_start *start,
                     qn_err *err); /* [control & !active] */
    /* No more calls but destroy follow; `run` returns soon after. Working orders are the
     * host's business: it has canceled what it wanted canceled. */
    void (*stop)(void *self); /* [control] */
    /* Market data that the host brings: match working orders against it, push what follows.
     * Called for the data types of the venue's config, before any strategy sees the event.
     * NULL with QN_DATA_OWN. */
    int32_t (*on_market)(void *self, const qn_event *ev); /* [event & active] */
    /* The data has ended at engine time `ts_ns`, and working orders were canceled. With
     * close_at_end the host has submitted a market order for each open position at that very
     * time: fill them at the last price, as taker. Fills pushed here are the last ones.
     * NULL = nothing. */
    void (*on_end)(void *self, int64_t ts_ns); /* [event & active] */
    /* Send an order. The venue answers with events: accepted or rejected, then fills.
     * Returns QN_OK when it took charge of the order; an error means it surely did not. */
    int32_t (*submit)(void *self, const qn_order *order); /* [event & active] */
    /* Change a working order to the values in `order` (same id). Answered by an ACCEPTED
     * report: without a reason the new values are in force, with one the old ones still are. */
    int32_t (*modify)(void *self, const qn_order *order); /* [event & active] */
    /* Cancel a working order. Answered by a report; a fill may come first. */
    int32_t (*cancel)(void *self, uint64_t order_id); /* [event & active] */
    /* Drive the venue's I/O until stop is called. NULL = no thread is needed. */
    void (*run)(void *self); /* [io] */
    /* Ask the venue what it knows, after a start, a reconnect or an unknown outcome. With
     * QN_CAN_QUERY. An error means that it cannot tell now; QN_E_UNSUPPORTED, that it keeps no
     * such thing. */
    int32_t (*query)(void *self, const qn_query *query); /* [event] */
    /* Ask for past market data. */
    int32_t (*history)(void *self, const qn_history *request); /* [event] */
} qn_venue;

#ifdef __cplusplus
}
#endif
#endif
