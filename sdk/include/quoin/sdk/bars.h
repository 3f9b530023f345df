/* SPDX-License-Identifier: MIT
 *
 * Bars from trades, or from finer bars: feed rows in, get finished bars out. The same code
 * builds the bars of a backtest and those of a live venue.
 *
 *   qn_bar_builder b;
 *   qn_bar bar;
 *   qn_bar_builder_init(&b, 60 * QN_NS_PER_S);
 *   for each trade:
 *       if (qn_bar_builder_add(&b, &trade.hdr, &bar) == QN_BAR_DONE) use(&bar);
 *   if (qn_bar_builder_end(&b, INT64_MAX, &bar) == QN_BAR_DONE) use(&bar);
 *
 * The rules. A bar covers [open, open + length) in venue time; opens are multiples of the
 * length since 1970-01-01T00:00Z, whatever the length (so a bar of a week opens on a
 * Thursday). A trade at the boundary belongs to the next bar. Without a trade there is no
 * bar. The first and the last bar may be incomplete. Volumes are added up in integers; a sum
 * that does not fit is an error, never a wrong bar.
 *
 * A finished bar's ts_ns is its end, or the engine time of the last row in it if that is
 * later: with receive times on the rows, a bar is never known before its last trade was. */
#ifndef QUOIN_SDK_BARS_H
#define QUOIN_SDK_BARS_H

#include <quoin/error.h>
#include <quoin/event.h>

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the calls below return besides errors. */
#define QN_BAR_NONE 0 /* no bar was finished */
#define QN_BAR_DONE 1 /* one was, and stands in *done */

/* One instrument's bar in the making. Plain memory, owned by the caller. */
typedef struct qn_bar_builder {
    int64_t length; /* ns */
    int64_t end;    /* of the bar being built; INT64_MIN = none */
    int64_t done;   /* end of the last finished one; INT64_MIN = none */
    qn_bar bar;     /* the bar being built: its ts_ns is the last row's */
    uint64_t late;  /* rows that came after their bar was finished, and were left out */
} qn_bar_builder;

/* Get ready for bars of `length` ns. QN_OK, or QN_E_RANGE if length <= 0. */
int32_t qn_bar_builder_init(qn_bar_builder *b, int64_t length);

/* Feed one row: a qn_trade, or a qn_bar that lies inside one bar of the builder.
 *
 * ev      borrowed; of one instrument only, whose number the bars get
 * done    the finished bar, if the row is the first one of a later bar; the row itself is in
 *         the bar being built then
 * returns QN_BAR_NONE; QN_BAR_DONE; QN_E_TYPE for another event; QN_E_RANGE for a bar that
 *         does not fit into one of the builder's, or a time at the end of the range;
 *         QN_E_OVERFLOW if the volume would not fit. After an error the builder is as before
 *         the call, and *done unchanged. */
int32_t qn_bar_builder_add(qn_bar_builder *b, const qn_event *ev, qn_bar *done);

/* Venue time has come to `venue_ts`: finish the bar being built if its end is reached. At the
 * end of the data call it with INT64_MAX, which finishes an incomplete one.
 *
 * returns QN_BAR_NONE or QN_BAR_DONE */
int32_t qn_bar_builder_end(qn_bar_builder *b, int64_t venue_ts, qn_bar *done);

#ifdef __cplusplus
}
#endif
#endif
