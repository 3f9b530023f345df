/* SPDX-License-Identifier: MIT
 *
 * What the tear sheet shows beside the result's figures, gathered while the run goes on.
 *
 * Of bounded size, whatever the run's length: series are thinned (thin.h), lists keep the best
 * and the worst, fills share the buckets of a chart where there are too many to mark each. All of
 * it is for eyes: doubles in units of the currency, of price, of quantity. What must be exact
 * stands in report.json and in the tables.
 *
 * Series, months, trades, points, sides and costs are of the report's currency: instruments that
 * settle in another one are left out of them, as money of two currencies cannot be added. Charts
 * and parts are there for all of them. A series is not added to while its value stands still, as
 * while everything is flat; it goes on with the same value up to the next change, or the end.
 *
 * Nothing is allocated while the run goes on. */
#ifndef QUOIN_REPORT_SHEET_H
#define QUOIN_REPORT_SHEET_H

#include "ledger/order.h"
#include "thin.h"
#include "trips.h"

#include <stdbool.h>

#define SHEET_DRAWDOWNS 10
#define SHEET_TRADES 10  /* best ones, and as many worst */
#define SHEET_POINTS 512 /* round trips in the picture of excursions */
#define SHEET_FILLS 512  /* places on a price chart at which fills are marked */
/* All months that have a time in nanoseconds, 1677 to 2262. */
#define SHEET_MONTHS (12 * (2262 - 1677 + 1))
/* Two states, each reason: no refusal is without a place. */
#define SHEET_REFUSALS (2 * QN_REASONS)

/* A calendar month (UTC). Its return is last / first - 1. A mark at exactly midnight of the first
 * belongs to the month that ends there. Fills belong to the month of the mark that shows them in
 * equity: one at the open of a bar that begins at midnight to the month that begins. */
typedef struct sheet_month {
    int32_t year, month;                    /* 1 to 12 */
    double first;                           /* equity that it begins with: the last one's end */
    double last;                            /* and ends with */
    double benchmark_first, benchmark_last; /* prices, in the same way; 0 = none was seen yet */
    double traded;                          /* notional of its fills */
    double fees, funding;
} sheet_month;

/* A way from a peak of equity down and, if it came to that, up again. As the curve sees it: at
 * every mark, and while everything is flat the peak goes on. */
typedef struct sheet_drawdown {
    int64_t peak_ts, trough_ts;
    int64_t end_ts; /* when the peak was reached again; 0 = not yet */
    double depth;   /* fraction of the peak, > 0 */
} sheet_drawdown;

/* Fills at one place of a price chart: one, or all of a span of time. In the order of time. */
typedef struct sheet_fill {
    int64_t from, to;             /* venue time, ns */
    uint32_t buys, sells;         /* how many */
    double buy_price, sell_price; /* mean weighted by quantity; 0 = none */
    double buy_qty, sell_qty;
} sheet_fill;

/* Count the fills of `f` in at the place `to`, which is not behind it. */
void sheet_fill_join(sheet_fill *to, const sheet_fill *f);

/* A round trip. */
typedef struct sheet_trade {
    uint32_t strategy, instrument, side;
    int64_t entry_ts, exit_ts;
    double qty, entry_price, exit_price;
    double pnl, fees, mae, mfe; /* in the instrument's settlement currency */
} sheet_trade;

/* Round trips of one side: long or short. One wins that earned more than its fees. */
typedef struct sheet_side {
    uint64_t trades, wins;
    double pnl;
} sheet_side;

/* What fills of one liquidity cost, as maker or as taker. */
typedef struct sheet_cost {
    uint64_t fills;
    double volume, fees; /* notional; > 0 is paid */
} sheet_cost;

/* One strategy, or one instrument, or one of the other: what the books and the trips say of it.
 * Money in its settlement currency. An instrument's profit is that of the net position, as in its
 * account; a strategy's that of its own part: they differ in what is realized, not in the sum. */
typedef struct sheet_part {
    const char *name;     /* the engine's */
    const char *currency; /* NULL = several, which cannot be added: the money is NAN */
    double realized, unrealized, fees, funding;
    double volume; /* notional of its fills */
    uint64_t fills, maker, trades, wins;
} sheet_part;

/* An instrument's chart. */
typedef struct sheet_chart {
    thin price;          /* marks */
    thin position;       /* net quantity of all strategies, signed; empty = never held */
    int64_t fill_length; /* span of time that a place of `fills` stands for; 0 = one fill each */
    size_t nfills;       /* places in use */
    sheet_fill *fills;   /* SHEET_FILLS of them */
} sheet_chart;

/* Orders that were refused, and why. */
typedef struct sheet_refusal {
    uint32_t state;  /* QN_ORDER_DENIED by the host, QN_ORDER_REJECTED by the venue */
    uint32_t reason; /* QN_REASON_ */
    uint64_t count;
} sheet_refusal;

typedef struct sheet {
    thin equity; /* of the report's currency */
    thin cash;
    thin benchmark; /* price, scaled to the first equity; empty = none */
    thin drawdown;  /* fraction, >= 0 */
    thin exposure;  /* sum of |position value| / equity: 1 = fully invested; while equity > 0 */
    thin net;       /* sum of position value / equity */

    sheet_month *months; /* in their order, none left out; room for SHEET_MONTHS */
    size_t nmonths;

    sheet_drawdown drawdowns[SHEET_DRAWDOWNS]; /* deepest first */
    size_t ndrawdowns;
    sheet_drawdown now; /* the one under way; depth 0 = at a peak */
    double peak;

    sheet_trade best[SHEET_TRADES], worst[SHEET_TRADES]; /* by pnl, best and worst first */
    size_t nbest, nworst;
    sheet_trade points[SHEET_POINTS]; /* every points_step-th round trip, from the first */
    size_t npoints;
    uint64_t points_step, ntrades;
    sheet_side sides[2]; /* long, short */
    sheet_cost costs[2]; /* as maker, as taker */

    sheet_part *strategies;  /* nstrategies + 1; 0 = the host's own orders */
    sheet_part *instruments; /* ninstruments */
    sheet_chart *charts;     /* ninstruments */
    uint32_t nstrategies, ninstruments;

    sheet_refusal refusals[SHEET_REFUSALS]; /* most frequent first, once finished */
    size_t nrefusals;
    bool is_synthetic; /* an instrument is of a venue called "synthetic" */

    struct gather *gather; /* what is known of the run so far; sheet.c's own */
} sheet;

/* Everything below is called by report.c, in the order of the run; `r` outlives the sheet. The
 * curve of `r` has seen a mark or a payment before the sheet does. */
struct report;

/* A sheet that begins as the curve of `r` did. QN_OK, or QN_E_NO_MEMORY; then *out is unchanged. */
int32_t sheet_new(const struct report *r, sheet **out, qn_err *err);
void sheet_free(sheet *s); /* NULL is fine */

/* The books were marked: the price of an instrument at `ts`. Equity and cash in the report's
 * currency; while everything is flat, as they were last seen. */
void sheet_mark(sheet *s, const struct report *r, uint32_t instrument, int64_t price, int64_t ts,
                int64_t equity, int64_t cash);
/* A fill was booked. `notional` in its instrument's settlement currency. */
void sheet_fill_add(sheet *s, const struct report *r, const qn_fill *fill, const order *o,
                    int64_t notional);
void sheet_order(sheet *s, const order *o); /* an order ended */
void sheet_trip(sheet *s, const trip *t);   /* a round trip ended */
void sheet_payment(sheet *s, const struct report *r, const qn_payment *payment);
/* The run is over: books of each strategy and instrument are taken from the ledger. Once. */
void sheet_finish(sheet *s, const struct report *r, int64_t ts, int64_t equity, int64_t cash);

#endif
