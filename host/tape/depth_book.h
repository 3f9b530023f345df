/* SPDX-License-Identifier: MIT
 *
 * The book that recorded depth is replayed into: <quoin/sdk/book.h> in memory of the host's. */
#ifndef QUOIN_TAPE_DEPTH_BOOK_H
#define QUOIN_TAPE_DEPTH_BOOK_H

#include <quoin/instrument.h>
#include <quoin/sdk/book.h>

/* Levels of a side far from the market, before a replay ends with QN_E_FULL. */
#define DEPTH_BOOK_LEVELS (1u << 20)
#define DEPTH_BOOK_ROWS (1u << 19) /* of one message, and of those that wait for a snapshot */

/* Make an empty, stale book that tells the rule of sequence from the ids.
 *
 * memory      set to what the book stands in: the caller's, for mem_free when the book is done
 *             with; NULL on error
 * instrument  gives the tick; NULL, or one without a tick = prices are counted one by one
 * returns QN_OK, QN_E_NO_MEMORY */
int32_t depth_book_make(qn_book *book, void **memory, const qn_instrument *instrument, qn_err *err);

#endif
