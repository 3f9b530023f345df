/* SPDX-License-Identifier: MIT
 *
 * Checking a whole catalog: every byte of every file, and what the rows say.
 *
 * Two levels. An error is what makes data wrong to use: it was not recorded or stored as it
 * should be. A warning is what the market or the feed did, and is there in the best recording.
 *
 *   error    QN_E_DAMAGED       bytes that fail their check; the rest of the file is not read
 *   error    QN_E_NOT_FOUND ... a file that is missing, or cannot be read
 *   error    QN_E_ORDER         engine time (of bars: the open) that falls within or across files
 *   error    QN_E_RANGE         a row outside its file's period
 *   error    QN_E_DUPLICATE     an id that another row of the file has, or the last one of the file
 *                               before: of trades, quotes, messages of depth (deltas)
 *   error    QN_E_INVALID       a price that is not > 0, a quantity < 0 (of trades: not > 0), a
 *                               bar's high below or its low above one of the others, no side
 *   warning  QN_E_GAP           a day without a file between two days of trades, quotes, depth
 *   warning  QN_E_GAP           a hole in the sequence of depth (<quoin/sdk/book.h>)
 *   warning  QN_E_CROSSED       best bid not below the best ask: of quotes, of the book after a
 *                               message of depth
 *   warning  QN_E_ORDER         venue time that falls while engine time rises: the venue's clock
 *                               was set back, or messages passed each other (not of snapshots,
 *                               which are older than what they are sent among) */
#ifndef QUOIN_TAPE_VERIFY_H
#define QUOIN_TAPE_VERIFY_H

#include "catalog.h"

/* One finding: of one kind in one file, told once. */
typedef struct catalog_problem {
    bool is_error;            /* else a warning: legal, but worth knowing */
    int32_t code;             /* see above */
    const catalog_file *file; /* where */
    int64_t offset;           /* of the first one's block in the file, -1 = the file as a whole */
    bool has_ts;              /* rows are the matter, and not the file */
    int64_t ts;               /* of the first row: engine time, of a bar its open */
    uint64_t count;           /* how often; 1 where the file is the matter */
    const char *text;         /* file (relative to the catalog), place and reason */
} catalog_problem;

/* Is told each finding, in the order of catalog_files. `problem` is borrowed for the call. */
typedef void (*catalog_problem_fn)(void *ctx, const catalog_problem *problem);

/* Read every block of every file and report. Memory does not grow with the files, but for 8 bytes
 * a row of a file whose ids do not rise.
 *
 * returns QN_OK when the catalog was read to its end, whatever was found; QN_E_NO_MEMORY. */
int32_t catalog_verify(const catalog *cat, catalog_problem_fn report, void *ctx, qn_err *err);

#endif
