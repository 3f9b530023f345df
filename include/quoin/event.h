/* SPDX-License-Identifier: MIT
 *
 * Events: everything that comes in, as plain bytes without pointers, so that the same bytes
 * go to a plugin, through shared memory and into a journal.
 *
 * Order. Events are sequenced by (engine time, rank, instrument number, position in the
 * file). The rank of a type stands in QN_EVENT_LIST: a bar and its fills, then timers, then
 * marks and funding, then quotes, depth and trades.
 *
 * Decisions (<quoin/decision.h>) have the same header and stand in the same sequence, so that
 * one stream of records tells a whole run: what came in, what was made of it, what went out.
 *
 * Time. `ts_ns` is engine time: when the event was received, where that is known, else the
 * venue's time; it never goes back. The venue's own time is `venue_ts` in the body, and it
 * is the one that bars, funding and statistics are made of. */
#ifndef QUOIN_EVENT_H
#define QUOIN_EVENT_H

#include <quoin/order.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(number, NAME, struct, rank, meaning) */
#define QN_EVENT_LIST(X)                                                                           \
    X(1, BAR, qn_bar, 1, "open, high, low, close, volume of a period")                             \
    X(2, TRADE, qn_trade, 4, "one trade of the market")                                            \
    X(3, QUOTE, qn_quote, 4, "best bid and ask")                                                   \
    X(4, DEPTH, qn_depth, 4, "one level of an order book snapshot or delta")                       \
    X(5, MARK, qn_mark, 3, "mark price")                                                           \
    X(6, INDEX, qn_mark, 3, "index price")                                                         \
    X(7, FUNDING, qn_funding, 3, "funding rate, at the instant at which it is paid")               \
    X(8, LIQUIDATION, qn_trade, 4, "one forced order of another trader")                           \
    X(16, TIMER, qn_timer, 2, "a timer that the receiver set is due")                              \
    X(17, ORDER, qn_order_report, 1, "the state of an order changed")                              \
    X(18, FILL, qn_fill, 1, "an order was filled, whole or in part")                               \
    X(19, PAYMENT, qn_payment, 3, "funding was paid to or from an account")                        \
    X(20, GAP, qn_gap, 4, "market data of an instrument was missed")                               \
    X(21, RESULT, qn_result, 2, "the worker pool has done what the receiver asked for")            \
    X(22, HALT, qn_halt, 2, "trading was halted, or is allowed again")                             \
    X(23, COMMAND, qn_command, 2, "an operator's command")                                         \
    X(32, FEATURE, qn_feature_value, 0, "a model published a value")                               \
    X(33, OUTPUT, qn_output, 0, "a strategy pushed an intent")                                     \
    X(34, REFUSAL, qn_refusal, 0, "an output was not let in")                                      \
    X(35, ALLOCATION, qn_allocation, 0, "the optimizer weighed the portfolio")                     \
    X(36, WEIGHT, qn_weight, 0, "one strategy's instrument was given a weight")                    \
    X(37, VERDICT, qn_verdict, 0, "the risk chain allowed, reduced or rejected an order")          \
    X(38, PARENT, qn_parent, 0, "an order was given to the execution algorithm, or taken back")    \
    X(39, SUBMIT, qn_submit, 0, "an order left for its venue, or was denied")                      \
    X(40, REQUEST, qn_request, 0, "a cancel or a change of an order left for its venue")           \
    X(41, CHECKPOINT, qn_checkpoint, 0, "how many market events the tape had given so far")        \
    X(42, RELOAD, qn_reload, 0, "a new build of a plugin: a step on its way in, or out")           \
    X(43, FAULT, qn_fault, 0, "a plugin was taken out of the run")

#define QN_EVENT_ENUM(number, NAME, type, rank, meaning) QN_EVENT_##NAME = (number),
enum { QN_EVENT_LIST(QN_EVENT_ENUM) QN_EVENT_TYPES = 64 };
#undef QN_EVENT_ENUM

/* Flags of the header. */
#define QN_EVENT_MORE 1u     /* a further row of the same message follows (depth) */
#define QN_EVENT_SNAPSHOT 2u /* the row belongs to a snapshot, not to a delta (depth) */
#define QN_EVENT_LATE 4u     /* its time lay before the engine's and was raised to it */

/* The header of each event. `slot` is the one field that differs between receivers: the
 * place of the instrument in the receiver's own list (qn_setup), so that a strategy finds
 * its per-instrument state by s->per[ev->slot] without a search. */
typedef struct qn_event {
    uint16_t size;       /* of the whole event, bytes */
    uint16_t type;       /* QN_EVENT_ */
    uint32_t flags;      /* QN_EVENT_MORE, ... */
    uint64_t seq;        /* sequence number in the run: from 1, without a gap */
    int64_t ts_ns;       /* engine time */
    uint32_t instrument; /* number, or QN_NO_INSTRUMENT */
    uint32_t slot;       /* place in the receiver's list of instruments */
} qn_event;

/* A bar covers [open_ts, open_ts + length) in venue time; a trade at the boundary belongs
 * to the next bar, and a period without a trade has no bar. It is delivered at its end.
 * Prices at price_exp, volume at qty_exp. high >= open, close >= low > 0; volume >= 0. */
typedef struct qn_bar {
    qn_event hdr;
    int64_t open_ts; /* venue time, ns */
    int64_t length;  /* ns */
    int64_t open, high, low, close;
    int64_t volume;
} qn_bar;

/* End of a bar, venue time; INT64_MAX where it lies beyond. */
static inline int64_t qn_bar_close_ts(const qn_bar *bar)
{
    int64_t ts;

    return __builtin_add_overflow(bar->open_ts, bar->length, &ts) ? INT64_MAX : ts;
}

/* A trade of the market, or a liquidation order. */
typedef struct qn_trade {
    qn_event hdr;
    int64_t venue_ts;
    uint64_t id;   /* the venue's; 0 = none */
    int64_t price; /* > 0 */
    int64_t qty;   /* > 0 */
    uint32_t side; /* of the aggressor: QN_BUY, QN_SELL */
    uint32_t rsv0;
} qn_trade;

/* The best bid and ask. A side that is empty has quantity 0. */
typedef struct qn_quote {
    qn_event hdr;
    int64_t venue_ts;
    uint64_t update_id; /* the venue's; 0 = none */
    int64_t bid, bid_qty;
    int64_t ask, ask_qty;
} qn_quote;

/* One level of a book update. A message of many levels is as many events in a row, all but
 * the last with QN_EVENT_MORE; events have one size that way, on the tape as in memory. */
typedef struct qn_depth {
    qn_event hdr;
    int64_t venue_ts;
    uint64_t first_update_id, update_id, prev_update_id; /* as the venue numbers messages */
    int64_t price;
    int64_t qty;   /* absolute; 0 removes the level */
    uint32_t side; /* QN_BUY = bid, QN_SELL = ask */
    uint32_t rsv0;
} qn_depth;

/* A mark or index price. */
typedef struct qn_mark {
    qn_event hdr;
    int64_t venue_ts;
    int64_t price;
} qn_mark;

/* A funding rate: at venue_ts a long position pays position x mark x rate. */
typedef struct qn_funding {
    qn_event hdr;
    int64_t venue_ts;
    int64_t rate; /* mantissa at QN_FUNDING_EXP; < 0 is received by longs */
} qn_funding;

/* A timer is due. */
typedef struct qn_timer {
    qn_event hdr;
    int64_t due_ns;  /* as it was asked for */
    uint64_t cookie; /* as it was given */
} qn_timer;

/* The state of an order changed. Sent by the venue, seen by the owner. */
typedef struct qn_order_report {
    qn_event hdr;
    int64_t venue_ts;
    uint64_t order_id;
    uint32_t state;     /* QN_ORDER_ */
    uint32_t reason;    /* QN_REASON_ */
    uint64_t parent_id; /* order that an execution algorithm made this one of; 0 = none */
} qn_order_report;

/* An order was filled. Sent by the venue, seen by the owner. */
typedef struct qn_fill {
    qn_event hdr;
    int64_t venue_ts;
    uint64_t order_id;
    uint64_t trade_id;  /* unique within the venue */
    int64_t price;      /* mantissa */
    int64_t qty;        /* of this fill, > 0, mantissa */
    int64_t fee;        /* money, > 0 is paid */
    uint32_t side;      /* QN_BUY, QN_SELL */
    uint32_t liquidity; /* QN_MAKER, QN_TAKER */
    uint64_t parent_id; /* filled in by the host, as in qn_order_report */
} qn_fill;

/* Funding was paid: amount = -(position x price x rate), rounded half to even. */
typedef struct qn_payment {
    qn_event hdr;
    int64_t venue_ts;
    int64_t position; /* net, signed, mantissa */
    int64_t price;    /* the mark it was computed with */
    int64_t rate;     /* mantissa at QN_FUNDING_EXP */
    int64_t amount;   /* money, > 0 is received */
} qn_payment;

#define QN_RESULT_BYTES 464u

/* Work that the receiver gave to the worker pool (qn_host_worker) is done. */
typedef struct qn_result {
    qn_event hdr;
    uint64_t cookie; /* as it was given */
    int32_t status;  /* QN_OK, or the error that the work returned */
    uint32_t nbytes; /* of the result */
    unsigned char bytes[QN_RESULT_BYTES];
} qn_result;

/* Trading was halted, or is allowed again. A halted engine cancels what would add to a
 * position, lets through what reduces one, and denies the rest. */
typedef struct qn_halt {
    qn_event hdr;
    uint32_t is_halted;
    uint32_t reason; /* QN_REASON_ */
    uint32_t module; /* number of the risk module from 1; 0 = the host or its operator */
    uint32_t rsv0;
    double limit, value; /* what was exceeded, and by what; 0 where the reason has none */
} qn_halt;

/* What an operator can ask a run for. X(number, NAME, name, meaning) */
#define QN_COMMAND_LIST(X)                                                                         \
    X(1, HALT, "halt", "nothing more that adds to a position")                                     \
    X(2, RESUME, "resume", "trading is allowed again")                                             \
    X(3, CANCEL, "cancel", "working orders are canceled")                                          \
    X(4, FLATTEN, "flatten", "working orders are canceled, positions closed")                      \
    X(5, STOP, "stop", "the run ends")                                                             \
    X(6, RELOAD, "reload", "a new build of a plugin")                                              \
    X(7, PROMOTE, "promote", "the next step of a reload at once")                                  \
    X(8, ROLLBACK, "rollback", "the end of a reload, with the build from before")                  \
    X(9, SET, "set", "parameters of a plugin")                                                     \
    X(10, CALL, "call", "a command of a plugin's own")

#define QN_COMMAND_ENUM(number, NAME, name, meaning) QN_COMMAND_##NAME = (number),
enum { QN_COMMAND_LIST(QN_COMMAND_ENUM) QN_COMMANDS = 11 };
#undef QN_COMMAND_ENUM

/* An operator's command, between two events. For the journal and sinks: no other plugin sees it. */
typedef struct qn_command {
    qn_event hdr;
    int64_t wall_ts;   /* wall clock when it was taken, ns: the only record that has it */
    uint32_t verb;     /* QN_COMMAND_ */
    uint32_t uid, pid; /* who asked, as the kernel told */
    int32_t code;      /* QN_OK: done, or begun; else why nothing was done */
    char target[64];   /* id of a plugin, "all"; "" = the verb takes none */
    char value[256];   /* reload: mode and file, the end of it where it is longer; call: the command
                        * and its arguments, set: PARAMETER=VALUE of each, with a blank between,
                        * words that hold one as in JSON; else "" */
} qn_command;

/* Market data was missed: the receiver's picture of the instrument is stale until new. */
typedef struct qn_gap {
    qn_event hdr;
    int64_t venue_ts;
    uint64_t missed; /* events, as far as known */
} qn_gap;

#ifdef __cplusplus
}
#endif
#endif
