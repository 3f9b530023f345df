/* SPDX-License-Identifier: MIT
 *
 * The checks of verification: a table of functions that look at one row each. Within host/tape. */
#ifndef QUOIN_TAPE_VERIFY_CHECK_H
#define QUOIN_TAPE_VERIFY_CHECK_H

#include "tape_file.h"

#include <quoin/sdk/book.h>

enum {
    VERIFY_ORDER,
    VERIFY_PERIOD,
    VERIFY_IDS,
    VERIFY_VALUES,
    VERIFY_CLOCK,
    VERIFY_SEQUENCE,
    VERIFY_CROSSED,
    VERIFY_CHECKS
};

/* What was found of one kind in the open file. */
typedef struct verify_finding {
    uint64_t count;
    int64_t offset, ts; /* of the first */
} verify_finding;

/* A series as far as it was read: one instrument and data type, file by file. */
typedef struct verify_series {
    const catalog_file *file;
    bool has_row; /* one was seen; else the members below say nothing */
    int64_t last_ts, last_key, last_venue_ts;
    uint64_t last_id;
    bool ids_fall; /* in this file */

    /* Depth only. */
    qn_book book;
    void *book_memory;  /* NULL = not depth */
    uint64_t crossings; /* messages of the series after which the book was crossed */
} verify_series;

/* How often the row is at fault: 0, 1, or several where a message stands for others. */
typedef uint64_t (*verify_fn)(verify_series *s, const qn_event *ev);

typedef struct verify_check {
    const char *says; /* "time goes back" */
    uint32_t errors;  /* types of which it makes the data wrong; of the others it is a warning */
    int32_t code;
    uint32_t types; /* bits 1 << QN_EVENT_; checks run in the table's order */
    verify_fn find;
} verify_check;

extern const verify_check verify_checks[VERIFY_CHECKS];

/* A new series begins with `file`. QN_OK or QN_E_NO_MEMORY. */
int32_t verify_begin(verify_series *s, const catalog *cat, const catalog_file *file, qn_err *err);
void verify_end(verify_series *s);

/* Rows of the series were not read: a book is stale, but neither time nor ids may fall. */
void verify_skip(verify_series *s);

/* The row was looked at. */
void verify_step(verify_series *s, const qn_event *ev);

/* The id that no other row may have, 0 = none. */
uint64_t verify_id(const qn_event *ev);

/* What a row is placed by: its engine time, of a bar its open. */
int64_t verify_key(const qn_event *ev);

#endif
