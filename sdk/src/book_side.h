/* SPDX-License-Identifier: MIT
 *
 * One side of a book: levels by key, of which a higher one is better. See <quoin/sdk/book.h>. */
#ifndef QUOIN_SDK_BOOK_SIDE_H
#define QUOIN_SDK_BOOK_SIDE_H

#include <quoin/sdk/book.h>

#include <stdbool.h>

#define BOOK_NO_KEY INT64_MIN

/* Set the quantity of a level, 0 removes it. False if the far list is full: nothing changed. */
bool book_side_set(qn_book_side *s, int64_t key, int64_t qty);

/* The quantity at a key, 0 = no level. */
int64_t book_side_qty(const qn_book_side *s, int64_t key);

/* The best key below `key`; BOOK_NO_KEY if there is none. */
int64_t book_side_next(const qn_book_side *s, int64_t key);

/* Remove all levels, and put the array where `best` will be near its better end. */
void book_side_clear(qn_book_side *s, int64_t best);

/* Move the array along when the best level has left its better half. Never fails: where the far
 * list has no room for what leaves the array, it stays, and the book is slower but right. */
void book_side_settle(qn_book_side *s);

/* Whether the far list has room for all levels, as book_side_refine needs. */
bool book_side_can_refine(const qn_book_side *s);

/* All keys become `factor` times what they are, which the largest must allow. */
void book_side_refine(qn_book_side *s, int64_t factor);

#endif
