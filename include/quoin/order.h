/* SPDX-License-Identifier: MIT
 *
 * Orders: sides, types, states, reasons, and the order as a venue receives it. */
#ifndef QUOIN_ORDER_H
#define QUOIN_ORDER_H

#include <quoin/number.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_BUY 1u
#define QN_SELL 2u

/* +1 for a buy, -1 for a sell. */
static inline int64_t qn_sign(uint32_t side)
{
    return side == QN_BUY ? 1 : -1;
}

/* Order types. */
#define QN_MARKET 1u /* at the best price there is */
#define QN_LIMIT 2u  /* at `price` or better */
#define QN_STOP 3u   /* a market order once the market reaches `trigger` */

/* Time in force. */
#define QN_GTC 1u /* works until it is filled or canceled */
#define QN_IOC 2u /* fills at its first chance or expires */
#define QN_GTD 3u /* like GTC, but expires at `expire_ts` */

/* Order flags. */
#define QN_REDUCE_ONLY 1u /* never opens or reverses the strategy's position */
#define QN_POST_ONLY 2u   /* a limit order that is refused rather than take */
#define QN_ORDER_FLAGS (QN_REDUCE_ONLY | QN_POST_ONLY) /* what a strategy may set */
#define QN_CLOSE_OUT                                                                               \
    4u /* set by the host: it ends a position when the data has ended, and limits
                         * on the size of orders do not apply */

/* What a fill did to the book. */
#define QN_MAKER 1u
#define QN_TAKER 2u

/* The life of an order. X(number, NAME, class): local = never left the host, inflight = a
 * venue has yet to answer, open = works at the venue, closed = ended.
 * Which event leads from which state to which is one table in the host; a fill may still
 * reach a canceled order, because a venue can fill it before it sees the cancel. */
#define QN_ORDER_STATE_LIST(X)                                                                     \
    X(1, INITIALIZED, local)                                                                       \
    X(2, DENIED, closed)                                                                           \
    X(3, SUBMITTED, inflight)                                                                      \
    X(4, HELD, open)                                                                               \
    X(5, ACCEPTED, open)                                                                           \
    X(6, TRIGGERED, open)                                                                          \
    X(7, PENDING_UPDATE, inflight)                                                                 \
    X(8, PENDING_CANCEL, inflight)                                                                 \
    X(9, PARTIALLY_FILLED, open)                                                                   \
    X(10, FILLED, closed)                                                                          \
    X(11, CANCELED, closed)                                                                        \
    X(12, REJECTED, closed)                                                                        \
    X(13, EXPIRED, closed)                                                                         \
    X(14, UNKNOWN, inflight)

#define QN_ORDER_STATE_ENUM(number, NAME, klass) QN_ORDER_##NAME = (number),
enum { QN_ORDER_STATE_LIST(QN_ORDER_STATE_ENUM) QN_ORDER_STATES = 15 };
#undef QN_ORDER_STATE_ENUM

/* Why an order ended, or was refused. X(number, NAME, meaning). DENIED is the host's word,
 * REJECTED the venue's; both carry one of these. */
#define QN_REASON_LIST(X)                                                                          \
    X(0, NONE, "no reason was given")                                                              \
    X(1, RUN_END, "the order still worked when the run ended")                                     \
    X(2, REQUESTED, "its strategy or an operator asked for it")                                    \
    X(3, INSUFFICIENT_BALANCE, "the account does not hold what the order would spend")             \
    X(4, FILTER_TICK, "a price is no multiple of the tick size")                                   \
    X(5, FILTER_LOT, "the quantity is no multiple of the lot size")                                \
    X(6, FILTER_MIN_QTY, "the quantity is below the smallest one allowed")                         \
    X(7, FILTER_MAX_QTY, "the quantity is above the largest one allowed")                          \
    X(8, FILTER_MIN_NOTIONAL, "quantity x price is below the smallest one allowed")                \
    X(9, REDUCE_ONLY, "there is no position that the order could reduce")                          \
    X(10, POSITION_CLOSED, "the position that the exit guards was closed or reversed")             \
    X(11, SIBLING_FILLED, "the other exit of the same entry was filled")                           \
    X(12, PARENT_CLOSED, "the entry ended before it was filled")                                   \
    X(13, TIME_IN_FORCE, "its time in force ended")                                                \
    X(14, INVALID_VALUE, "a quantity, price or time of the request is not valid")                  \
    X(15, INVALID_INSTRUMENT, "the strategy may not trade this instrument")                        \
    X(16, UNSUPPORTED, "the venue does not take this type of order")                               \
    X(17, SHORT_SPOT, "a sell beyond what is held of a spot instrument")                           \
    X(18, TOO_MANY_ORDERS, "the venue or the host can hold no further working order")              \
    X(19, ENGINE_STOPPED, "the run has ended or is halted")                                        \
    X(20, RUINED, "the account's equity fell to zero or below")                                    \
    X(21, LIMIT_POSITION, "the position would be larger than its limit")                           \
    X(22, LIMIT_ORDER_NOTIONAL, "the order is worth more than the limit of one order")             \
    X(23, LIMIT_GROSS, "gross exposure would be more than its limit of the equity")                \
    X(24, LIMIT_NET, "net exposure would be more than its limit of the equity")                    \
    X(25, LIMIT_DAILY_LOSS, "the loss since midnight UTC has reached its limit")                   \
    X(26, LIMIT_DRAWDOWN, "the drawdown from the highest equity has reached its limit")            \
    X(27, LIMIT_ORDER_RATE, "more orders in the period than its limit")                            \
    X(28, HALTED, "trading is halted: only what reduces a position is let through")                \
    X(29, BUDGET, "the order exceeds what the risk chain has approved")                            \
    X(30, BUDGET_EXPIRED, "the approval has expired")                                              \
    X(31, PRICE_BOUND, "the price is worse than the approval allows")                              \
    X(32, RISK_FAULT, "a risk module failed, or gave a verdict that is not valid")                 \
    X(33, NO_PRICE, "the instrument has no price yet, so the order cannot be valued")              \
    X(34, REPLACED, "a newer target took its place")                                               \
    X(35, GIVEN_UP, "the execution algorithm gave up what was left")                               \
    X(36, OPERATOR, "an operator asked for it")                                                    \
    X(37, FAULT, "a plugin that it depends on was taken out of the run")                           \
    X(38, NOT_AT_VENUE, "a new build of its venue was asked for it, and has not got it")

#define QN_REASON_ENUM(number, NAME, meaning) QN_REASON_##NAME = (number),
enum { QN_REASON_LIST(QN_REASON_ENUM) QN_REASONS = 39 };
#undef QN_REASON_ENUM

/* An order id: the strategy's number and that strategy's own counter. Together with the
 * incarnation, which no two starts of a host share, it is the client order id, so sending
 * an order again cannot double it. Never 0. */
#define QN_ORDER_ID(strategy, counter) ((uint64_t)(strategy) << 40 | (uint64_t)(counter))
#define QN_ORDER_STRATEGY(id) ((uint32_t)((id) >> 40))
#define QN_ORDER_COUNTER(id) ((id) & ((UINT64_C(1) << 40) - 1))

/* An order as a venue receives it. Host-owned, borrowed for the call.
 *
 * Exits: where stop_loss_id or take_profit_id is not 0, the venue (which says so in its
 * capabilities) holds a stop or a limit of the opposite side back until the entry fills,
 * then works it under that id. An exit only reduces the strategy's position; the exits of
 * one entry cancel each other, and end with the position. */
typedef struct qn_order {
    uint32_t size;
    uint32_t instrument;
    uint64_t id;
    uint32_t strategy;    /* number of the owner: positions of exits are kept per owner */
    uint32_t incarnation; /* of the host, for the client order id */
    uint32_t side;        /* QN_BUY, QN_SELL */
    uint32_t type;        /* QN_MARKET, QN_LIMIT, QN_STOP */
    uint32_t tif;         /* QN_GTC, QN_IOC, QN_GTD */
    uint32_t flags;       /* QN_REDUCE_ONLY, QN_POST_ONLY */
    int64_t qty;          /* > 0, mantissa */
    int64_t price;        /* limit price, mantissa; 0 unless QN_LIMIT */
    int64_t trigger;      /* stop price, mantissa; 0 unless QN_STOP */
    int64_t sent_ts;      /* engine time at which it was sent, ns */
    int64_t expire_ts;    /* for QN_GTD, ns */
    int64_t stop_loss;    /* trigger of the exit, mantissa; 0 = none */
    int64_t take_profit;  /* limit of the exit, mantissa; 0 = none */
    uint64_t stop_loss_id;
    uint64_t take_profit_id;
} qn_order;

#ifdef __cplusplus
}
#endif
#endif
