/* SPDX-License-Identifier: MIT
 *
 * Reading market data: many streams of a catalog, merged into the one order of the engine.
 *
 * A stream is one data type of one instrument. Bars that the catalog does not hold are built
 * while reading from finer bars, or from trades, and are the same objects as imported ones. Of
 * these sources the one is read that covers the most of the time asked for, from the first to
 * the last event of its files; of those that cover as much, to within one length of the bars,
 * the coarsest.
 *
 * All files are opened at the beginning, so an import into the catalog changes nothing for a
 * tape that is open. Only where they are more than three quarters of the files that the process
 * may open (its hard limit, ulimit -Hn), the last ones are opened when their turn comes.
 *
 * Every block's checksum is checked on every read; damage is an error that names file and
 * offset. Pages behind the reader are given back, so memory does not grow with the data. */
#ifndef QUOIN_TAPE_TAPE_H
#define QUOIN_TAPE_TAPE_H

#include "catalog.h"

#include <quoin/event.h>

/* One stream to read. */
typedef struct tape_stream {
    const qn_instrument *instrument; /* `number` goes into the events; outlives the tape */
    data_type data;
} tape_stream;

typedef struct tape {
    qn_event *head;  /* the next event, the tape's memory until tape_next; NULL at the end */
    uint32_t stream; /* which of the streams it belongs to */

    /* of tape_next: those behind the head in its stream that come before all of the others */
    uint32_t stride; /* from one to the next, bytes */
    const char *end; /* of those that are decoded */
    int64_t limit;   /* up to this ts_ns */
} tape;

/* Open `n` streams for the events with from < ts_ns <= to, and read the first one. The head
 * event has size, type, flags, ts_ns and instrument filled in; seq and slot are 0, and the
 * reader may write to them.
 *
 * returns QN_OK; QN_E_NOT_FOUND if the catalog has nothing to make a stream of (said which,
 *         and what it has), or not a file that it names; QN_E_DAMAGED; QN_E_IO. On error
 *         *out is unchanged. */
int32_t tape_open(const catalog *cat, const tape_stream *streams, size_t n, int64_t from,
                  int64_t to, tape **out, qn_err *err);

/* Go to the next event in the order (ts_ns, rank, instrument number, position in the file).
 * QN_OK, or QN_E_DAMAGED or QN_E_IO, after which only tape_close is allowed. */
static inline int32_t tape_next(tape *t, qn_err *err);

/* The same where the next one is not simply behind the head. */
int32_t tape_advance(tape *t, qn_err *err);

static inline int32_t tape_next(tape *t, qn_err *err)
{
    char *next = (char *)t->head;

    if (!next) return QN_OK;
    next += t->stride;
    if (next < t->end && ((const qn_event *)(const void *)next)->ts_ns <= t->limit) {
        t->head = (qn_event *)(void *)next;
        return QN_OK;
    }
    return tape_advance(t, err);
}

void tape_close(tape *t);

/* SHA-256, as hex, over names and checksums of the files the streams read: what a run's
 * manifest says of its data. */
int32_t tape_identity(const tape *t, char *to, qn_err *err);

#endif
