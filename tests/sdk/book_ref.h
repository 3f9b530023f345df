/* SPDX-License-Identifier: MIT
 *
 * The slow twin of qn_book: sorted arrays, one level and one message at a time, no bounds. */
#ifndef QUOIN_TESTS_SDK_BOOK_REF_H
#define QUOIN_TESTS_SDK_BOOK_REF_H

#include <quoin/sdk/book.h>

#include <stdbool.h>
#include <stddef.h>

#define REF_LEVELS 4096
#define REF_ROWS 8192
#define REF_KEPT 4096

/* Levels of a side, best first. */
typedef struct ref_side {
    qn_book_level levels[REF_LEVELS];
    size_t n;
} ref_side;

typedef struct ref_message {
    size_t n;
    qn_depth rows[REF_ROWS]; /* a kept one has memory for n */
} ref_message;

typedef struct book_ref {
    ref_side side[2];
    uint32_t rule;
    bool is_synced, is_fresh, is_hole_known;
    uint64_t first, last; /* ids of the last message applied */
    uint64_t applied, dropped, gaps, snapshots, refused;
    ref_message open;
    ref_message *kept[REF_KEPT];
    size_t nkept;
} book_ref;

void ref_init(book_ref *r, uint32_t rule);
void ref_free(book_ref *r);
int32_t ref_apply(book_ref *r, const qn_depth *row);
void ref_set(ref_side *s, bool is_bid, int64_t price, int64_t qty);

#endif
