/* SPDX-License-Identifier: MIT */
#include "trips.h"

#include "base/memory.h"

struct trips {
    const ledger *ledger;
    uint32_t ninstruments, nstrategies, open;
    trip *rows; /* by instrument, then strategy */
    trip_totals *totals;
    trip_sink sink;
    void *ctx;
};

trips *trips_new(const ledger *l, uint32_t ninstruments, uint32_t nstrategies, trip_sink sink,
                 void *ctx)
{
    trips *t = mem_new(1, sizeof *t);

    if (!t) return NULL;
    *t = (trips){.ledger = l,
                 .ninstruments = ninstruments,
                 .nstrategies = nstrategies,
                 .rows = mem_new((size_t)ninstruments * nstrategies, sizeof *t->rows),
                 .totals = mem_new(nstrategies, sizeof *t->totals),
                 .sink = sink,
                 .ctx = ctx};
    if (t->rows && t->totals) return t;
    trips_free(t);
    return NULL;
}

void trips_free(trips *t)
{
    if (!t) return;
    mem_free(t->rows);
    mem_free(t->totals);
    mem_free(t);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Stores always: whether there is a new extreme is anybody's guess, the processor's too. */
static void see(trip *row, int64_t profit)
{
    row->mfe = larger(row->mfe, profit);
    row->mae = larger(row->mae, -profit);
}

static void begin(trips *t, trip *row, uint32_t strategy, const qn_fill *fill)
{
    *row = (trip){.strategy = strategy,
                  .instrument = fill->hdr.instrument,
                  .side = fill->side,
                  .is_open = true,
                  .entry_ts = fill->venue_ts,
                  .part = ledger_part(t->ledger, strategy, fill->hdr.instrument)};
    t->open++;
}

void trip_totals_add(trip_totals *sum, const trip *done)
{
    int64_t pnl = trip_pnl(done);

    sum->trips++;
    sum->wins += pnl > 0;
    sum->losses += pnl < 0;
    sum->losing = pnl < 0 ? sum->losing + 1 : 0;
    if (sum->losing > sum->longest_losing) sum->longest_losing = sum->losing;
    if (pnl > 0)
        sum->gained += pnl;
    else
        sum->lost -= pnl;
    sum->largest_win = larger(sum->largest_win, pnl);
    sum->largest_loss = larger(sum->largest_loss, -pnl);
    sum->longs += done->side == QN_BUY;
    if (done->side == QN_BUY) sum->long_pnl += pnl;
    sum->gross += larger(done->realized, 0);
    sum->fees += done->fees;
    sum->held_ns += done->exit_ts - done->entry_ts;
}

static void finish(trips *t, trip *row)
{
    row->is_open = false;
    t->open--;
    trip_totals_add(&t->totals[row->strategy], row);
    if (t->sink) t->sink(t->ctx, row);
}

void trips_fill(trips *t, uint32_t strategy, const qn_fill *fill, int64_t realized)
{
    trip *row = &t->rows[(size_t)fill->hdr.instrument * t->nstrategies + strategy];
    int64_t held = row->is_open ? row->entered - row->left : 0;
    int64_t closing =
        row->is_open && row->side != fill->side ? (fill->qty < held ? fill->qty : held) : 0;
    int64_t fee = closing == fill->qty
                      ? fill->fee
                      : (int64_t)qn_wide_divide((qn_wide)fill->fee * closing, fill->qty);

    if (closing > 0) {
        row->left += closing;
        row->exit_value += (qn_wide)fill->price * closing;
        row->exit_ts = fill->venue_ts;
        row->realized += realized;
        row->fees += fee;
        if (row->left == row->entered) {
            see(row, row->realized);
            finish(t, row);
        }
    }
    if (closing == fill->qty) return;
    if (!row->is_open) begin(t, row, strategy, fill);
    row->entered += fill->qty - closing;
    row->entry_value += (qn_wide)fill->price * (fill->qty - closing);
    row->fees += fill->fee - fee;
}

void trips_mark(trips *t, uint32_t instrument)
{
    trip *rows = &t->rows[(size_t)instrument * t->nstrategies];

    for (uint32_t s = 0; s < t->nstrategies; s++) {
        if (!rows[s].is_open) continue;
        rows[s].bars++;
        see(&rows[s], rows[s].realized + position_unrealized(rows[s].part));
    }
}

uint32_t trips_open(const trips *t)
{
    return t->open;
}

const trip_totals *trips_of_strategy(const trips *t, uint32_t strategy)
{
    return &t->totals[strategy];
}
