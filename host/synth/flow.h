/* SPDX-License-Identifier: MIT
 *
 * Order flow: best quotes and trades around the price process, event by event.
 *
 * Arrivals  a Poisson process whose rate follows volatility (Jones, Kaul and Lipson, 1994,
 *           Review of Financial Studies 7: it is the number of trades that goes with it). Each
 *           arrival is a new best quote; a third of them brings a trade with it, which takes
 *           that quote, 50 us later.
 * Price     between two steps of the path a Brownian bridge, so that the path is met exactly
 *           at each of its steps, however many arrivals lie between.
 * Sides     hidden orders of Pareto length, worked in parts, three at a time: signs with a long
 *           memory (Lillo, Mike and Farmer, 2005, Physical Review E 71; the fact: Lillo and
 *           Farmer, 2004, Studies in Nonlinear Dynamics & Econometrics 8).
 * Sizes     Pareto with exponent 1.5 (Gopikrishnan et al., 2000, Physical Review E 62).
 * Impact    a trade moves the middle of the quote its way, and that fades in seconds (Bouchaud
 *           et al., 2004, Quantitative Finance 4).
 * Spread    at least one tick; what is above it goes with volatility and with chance.
 *
 * Times are whole milliseconds, strictly rising, so that there are never 1000 arrivals a
 * second, and ids that count from the first millisecond are those of no other span of time.
 * Plain memory, no allocation; not thread-safe. */
#ifndef QUOIN_SYNTH_FLOW_H
#define QUOIN_SYNTH_FLOW_H

#include "path.h"

#include <quoin/event.h>
#include <quoin/instrument.h>

#include <stdbool.h>

#define FLOW_ORDERS 3 /* hidden orders worked at a time */

/* A trade comes so much later than the quote it takes. */
#define FLOW_TRADE_DELAY (50 * QN_NS_PER_US)

/* An order being worked: the side of its trades, and how many are left. */
typedef struct flow_order {
    uint32_t side;
    uint32_t left;
} flow_order;

typedef struct flow {
    draw_layers normal;
    double tick, lot;  /* mantissas */
    double usual_lots; /* the smallest usual size */
    double trade_rate; /* trades a second, on the average */
    draw arrivals, bridge;
    draw takers; /* side and size of trades */
    draw sizes;  /* of quotes, and the spread */
    flow_order orders[FLOW_ORDERS];
    double lean;             /* impact that has not faded, of the logarithm of the price */
    double spread;           /* above one tick, a fraction of the price */
    uint64_t quotes, trades; /* ids given last */
    /* within the minute */
    const path_minute *minute;
    uint32_t step;
    int64_t at;   /* ns since the step's beginning */
    double price; /* there, without lean */
    /* what flow_next made */
    qn_quote quote;
    qn_trade trade;
    bool has_trade; /* `trade` took `quote` */
} flow;

/* Begin at `from`, a whole minute. `ticks` as for path_begin: it gives sizes their scale. */
void flow_begin(flow *f, uint64_t seed, const qn_instrument *ins, double ticks, double trade_rate,
                int64_t from);

/* The minutes of the path, one after the other; `m` is borrowed until the next. */
void flow_minute(flow *f, const path_minute *m);

/* The next arrival of the minute in f->quote and, with f->has_trade, f->trade. False at the
 * minute's end. */
bool flow_next(flow *f);

/* The smallest usual size at a price of `ticks`, in lots: about 1000 units of money. */
double flow_usual_lots(const qn_instrument *ins, double ticks);

/* Mantissas of prices go up to this; a path that runs above it is held there. */
#define FLOW_PRICE_MOST INT64_C(1000000000000000)

/* A price of e^x ticks as a mantissa, of whole ticks, at least one. */
int64_t flow_price(double x, double tick);

/* The mean of a size against the smallest usual one. */
#define FLOW_MEAN_SIZE 3.0

#endif
