/* SPDX-License-Identifier: MIT
 *
 * The order book of one instrument by price (level 2), rebuilt from snapshots and deltas.
 *
 * Feed it every qn_depth event of the instrument. A message of many rows (QN_EVENT_MORE) is
 * applied at its last row, at once: between two rows the book is what it was before the message.
 * Quantities are absolute, 0 removes the level. Every level that was ever set is kept, however
 * far from the market, and the book may be crossed if that is what the venue sent.
 *
 * Sequence. Venues number their messages, and a book is right only if none is missing:
 *
 *   rule        first delta after the snapshot L          each later one    who
 *   CHAINED     drop u < L; then U <= L <= u              pu == last u      Binance USD-M, COIN-M
 *   ADJACENT    drop u <= L; then U <= L + 1 <= u         U == last u + 1   Binance spot
 *   UNNUMBERED  any                                       any               ids are all 0
 *
 * (U first_update_id, u update_id, pu prev_update_id, L the snapshot's update_id.) A chained
 * delta with pu == L follows, too. The same message once more is dropped. Anything else is a
 * gap: the book is stale until a snapshot heals it.
 *
 * A snapshot is asked for while deltas come in, so those that it does not hold yet may lie
 * before it. While a book is stale it therefore keeps the deltas that follow each other without
 * a hole, and applies to a snapshot those of them that are newer. If there are more than it has
 * room for, the oldest are dropped, and a snapshot older than these does not heal. A snapshot
 * older than a book that is in sync changes nothing.
 *
 * Stale. A new book is stale, too. A stale one has no levels to show: its readers return
 * QN_E_STATE or NaN.
 *
 * Memory is the caller's, one piece, taken once. Near the best price a level stands in an array
 * by tick with a bitmap over it; the others stand in a sorted list. The array moves along with
 * the market. Setting a level near the market costs a few ns, a far one a binary search and a
 * move of the list's end.
 *
 * Not a part of an instance's state: an instance that was reloaded has a stale book, until the
 * next snapshot. All calls are [event], of one thread, and none allocates. */
#ifndef QUOIN_SDK_BOOK_H
#define QUOIN_SDK_BOOK_H

#include <quoin/event.h>
#include <quoin/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rules of sequence. AUTO tells them apart by each delta's ids: CHAINED where pu is not 0,
 * UNNUMBERED where u is 0, else ADJACENT. */
enum { QN_BOOK_AUTO, QN_BOOK_CHAINED, QN_BOOK_ADJACENT, QN_BOOK_UNNUMBERED, QN_BOOK_RULES };

/* How much a book can hold. */
typedef struct qn_book_room {
    uint32_t ticks;    /* of each side's array: a power of two, 256 .. 2^24 */
    uint32_t far;      /* levels of a side outside its array, 1 .. 2^24 */
    uint32_t rows;     /* of the messages being received and kept, 1 .. 2^24 */
    uint32_t messages; /* deltas kept while the book is stale, 1 .. 2^20 */
} qn_book_room;

/* 2 MiB: an array of 65,536 ticks a side. */
#define QN_BOOK_ROOM ((qn_book_room){65536, 16384, 16384, 1024})

/* One level, or one row of a message. `key` is the price in ticks, negative for asks: of two
 * levels of a side the one with the higher key is the better. */
typedef struct qn_book_entry {
    int64_t key, qty;
} qn_book_entry;

/* One side. Invariants: the far list rises by key and holds no key of the array, whose keys are
 * base .. base + ticks - 1; its first `below` entries lie below it. A bit is set where a quantity
 * is not 0, a bit of the summary where a word is not 0. */
typedef struct qn_book_side {
    int64_t base;      /* a multiple of 64 */
    int64_t best;      /* key of the best level; INT64_MIN = none */
    int64_t *qty;      /* by key - base */
    uint64_t *bits;    /* of qty */
    uint64_t *summary; /* of bits */
    qn_book_entry *far;
    uint32_t ticks, far_room, nfar, below;
    uint64_t levels; /* in the array and the far list */
} qn_book_side;

/* A message: its ids and times, and which rows are its. */
typedef struct qn_book_message {
    uint64_t first_update_id, update_id, prev_update_id;
    int64_t venue_ts, ts_ns;
    uint32_t begin, nrows;
} qn_book_message;

/* The members that may be read are the last ones; the others are the book's own. */
typedef struct qn_book {
    qn_book_side side[2]; /* bids, asks */
    int64_t tick;
    uint32_t rule;
    uint32_t is_synced, is_fresh; /* fresh: a snapshot without a delta on it yet */
    uint32_t is_open;             /* a message is being received */
    uint32_t is_snapshot;         /* and it is one */
    uint32_t is_hole_known;       /* the hole before the first kept delta was counted */
    int32_t fault;                /* of the open message; QN_OK = none */
    uint32_t rows_room, nrows, messages_room, nmessages;
    qn_book_entry *rows;       /* of the kept messages, then of the open one */
    qn_book_message *messages; /* deltas kept, oldest first */
    qn_book_message open;

    /* Called after each message that changed the book; NULL = nobody is. A snapshot may bring
     * several: itself, and the kept deltas on it. The book is not to be changed. */
    void (*watch)(void *ctx, const struct qn_book *book);
    void *watch_ctx;

    /* Of the last message applied. */
    uint64_t first_update_id, update_id;
    int64_t venue_ts, ts_ns;

    /* Deltas: received = applied + dropped + nmessages (kept), but for one being received. */
    uint64_t applied;
    uint64_t dropped;   /* older than the snapshot, repeated, broken, or lost behind a hole */
    uint64_t gaps;      /* holes in the sequence */
    uint64_t snapshots; /* applied */
    uint64_t refused;   /* snapshots that were too old, or broken */
} qn_book;

/* Bytes of memory that a book of this room needs; 0 if a room is not in its range. */
uint64_t qn_book_bytes(const qn_book_room *room);

/* Make an empty, stale book. [control]
 *
 * memory  qn_book_bytes(room) zeroed bytes, aligned to 8; the caller's, in use as long as the book
 * tick    the least step of prices, as a mantissa at the instrument's price_exp, > 0. A price
 *         between two ticks makes it finer: the array then covers less, and nothing else changes
 * rule    QN_BOOK_
 * returns QN_OK; QN_E_RANGE, QN_E_INVALID: the book is unchanged. */
int32_t qn_book_init(qn_book *book, void *memory, const qn_book_room *room, int64_t tick,
                     uint32_t rule, qn_err *err);

/* The same in memory of the instance's arena. Also QN_E_NO_MEMORY. [control] */
int32_t qn_book_make(qn_book *book, const qn_setup *setup, const qn_book_room *room, int64_t tick,
                     uint32_t rule, qn_err *err);

/* Forget all levels and what was kept: the book is stale. Counters stay. */
void qn_book_reset(qn_book *book);

/* Take one row. All rows but a message's last return QN_OK; the last one returns what became of
 * the message:
 *
 * QN_OK         applied, dropped as old, or kept for a snapshot
 * QN_E_GAP      it does not follow the one before, or the one before was cut off: the book is
 *               stale, and this message is kept; or a snapshot that does not reach the kept deltas
 * QN_E_INVALID  a price that is not > 0, a quantity < 0, a side that is none (a row of price 0 and
 *               quantity 0 is fine, and sets nothing)
 * QN_E_FULL     more rows or more far levels than there is room for
 *
 * After INVALID and FULL the book is stale, the message lost, and a gap was counted. */
int32_t qn_book_apply(qn_book *book, const qn_depth *row);

/* Whether the levels are what the venue has. */
static inline int qn_book_is_synced(const qn_book *book)
{
    return book->is_synced != 0;
}

/* ---- reading: side is QN_BUY for bids, QN_SELL for asks ---- */

/* One level: mantissas at the instrument's price_exp and qty_exp. */
typedef struct qn_book_level {
    int64_t price, qty;
} qn_book_level;

/* The best level. QN_OK; QN_E_STATE: stale; QN_E_NOT_FOUND: the side is empty. On error *out is
 * unchanged. */
int32_t qn_book_best(const qn_book *book, uint32_t side, qn_book_level *out);

/* The quantity at a price, 0 if there is no level. QN_OK or QN_E_STATE, *out then unchanged. */
int32_t qn_book_qty(const qn_book *book, uint32_t side, int64_t price, int64_t *out);

/* Levels of a side; 0 when stale. */
static inline uint64_t qn_book_levels(const qn_book *book, uint32_t side)
{
    return book->is_synced ? book->side[side != QN_BUY].levels : 0;
}

/* A walk from the best level outwards; it ends with the next change of the book. */
typedef struct qn_book_walk {
    const qn_book_side *side;
    int64_t next; /* key; INT64_MIN = over */
    int64_t tick;
} qn_book_walk;

qn_book_walk qn_book_walk_of(const qn_book *book, uint32_t side);

/* The next level; 0 when there is none left. */
int qn_book_walk_next(qn_book_walk *walk, qn_book_level *out);

/* The quantity of the best `n` levels together. QN_OK; QN_E_STATE; QN_E_OVERFLOW. On error *out
 * is unchanged. */
int32_t qn_book_depth(const qn_book *book, uint32_t side, uint64_t n, int64_t *out);

/* Whether both sides have a level and the best bid is not below the best ask; 0 when stale. */
int qn_book_is_crossed(const qn_book *book);

/* For mathematics, in units of 10^price_exp; NaN when stale or a side is empty.
 *
 * mid         (a + b) / 2
 * microprice  (b A + a B) / (A + B): the mid weighted by the other side's quantity; what Stoikov,
 *             "The micro-price" (2018), section 2, calls the weighted mid-price
 * imbalance   (B - A) / (B + A) of the best `n` levels; Cartea, Jaimungal, Penalva, "Algorithmic
 *             and High-Frequency Trading" (2015), section 10.4.2, with n = 1
 *
 * b, a best bid and ask; B, A the quantities. imbalance: also NaN for n = 0 and when a sum does
 * not fit 64 bits. */
double qn_book_mid(const qn_book *book);
double qn_book_microprice(const qn_book *book);
double qn_book_imbalance(const qn_book *book, uint64_t n);

#ifdef __cplusplus
}
#endif
#endif
