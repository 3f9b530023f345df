/* SPDX-License-Identifier: MIT
 *
 * Round trips: a strategy's way in an instrument from flat to flat. A fill that reverses the
 * position ends one trip and begins the next; quantity and fee are split between them. */
#ifndef QUOIN_REPORT_TRIPS_H
#define QUOIN_REPORT_TRIPS_H

#include "ledger/ledger.h"

/* One trip, open or done. Money before fees unless it says otherwise.
 * Invariants: entered >= left >= 0; done when they are equal. */
typedef struct trip {
    uint32_t strategy, instrument;
    uint32_t side; /* QN_BUY = long */
    bool is_open;
    int64_t entered, left;           /* quantities, mantissas */
    qn_wide entry_value, exit_value; /* sums of price x quantity, mantissas */
    int64_t entry_ts, exit_ts;       /* venue times of the first entry and the last exit */
    int64_t realized;                /* profit so far */
    int64_t fees;
    uint64_t bars;        /* closes seen while it was open */
    int64_t mae, mfe;     /* worst loss and best profit at a close or exit, >= 0 */
    const position *part; /* the strategy's position, in the ledger */
} trip;

typedef void (*trip_sink)(void *ctx, const trip *done);

typedef struct trips trips;

/* What all finished trips add up to. */
typedef struct trip_totals {
    uint64_t trips, wins, losses; /* one that earned nothing is neither */
    uint64_t longs;               /* began with a buy */
    uint64_t losing;              /* losses in a row up to now */
    uint64_t longest_losing;
    qn_wide gained, lost; /* money net of fees, both >= 0 */
    qn_wide long_pnl;     /* net, of the long ones */
    qn_wide gross;        /* profits before fees of those that have one */
    qn_wide fees;
    qn_wide held_ns;                   /* from first entry to last exit */
    int64_t largest_win, largest_loss; /* net, both >= 0 */
} trip_totals;

/* Count a finished trip in. */
void trip_totals_add(trip_totals *sum, const trip *done);

trips *trips_new(const ledger *l, uint32_t ninstruments, uint32_t nstrategies, trip_sink sink,
                 void *ctx);
void trips_free(trips *t);

/* After the ledger booked the fill; `realized` is what it said. */
void trips_fill(trips *t, uint32_t strategy, const qn_fill *fill, int64_t realized);
/* After the ledger marked the instrument. */
void trips_mark(trips *t, uint32_t instrument);

/* How many are open now. */
uint32_t trips_open(const trips *t);
/* Of all currencies: only the counts can be compared between them. */
const trip_totals *trips_of_strategy(const trips *t, uint32_t strategy);

/* Net profit of a finished trip, money. */
static inline int64_t trip_pnl(const trip *t)
{
    return t->realized - t->fees;
}

#endif
