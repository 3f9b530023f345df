/* SPDX-License-Identifier: MIT
 *
 * Checking a whole catalog: every byte of every file, and what the rows say. */
#ifndef QUOIN_TAPE_VERIFY_H
#define QUOIN_TAPE_VERIFY_H

#include "catalog.h"

/* One finding. */
typedef struct catalog_problem {
    bool is_error;            /* else a warning: legal, but worth knowing */
    int32_t code;             /* QN_E_DAMAGED, QN_E_ORDER, QN_E_DUPLICATE, QN_E_GAP, ... */
    const catalog_file *file; /* where */
    int64_t offset;           /* byte in the file, -1 = the file as a whole */
    const char *text;         /* file (relative to the catalog), place and reason */
} catalog_problem;

/* Is told each finding, in the order of catalog_files. `problem` is borrowed for the call. */
typedef void (*catalog_problem_fn)(void *ctx, const catalog_problem *problem);

/* Read every block of every file and report:
 *   errors    damage (the rest of that file is not read), a missing file, rows out of order
 *             within or across files, rows outside their file's period, a trade's id seen
 *             twice in a row of files, totals that differ from the manifest's
 *   warnings  a day without a file between two days of trades, quotes or depth
 *
 * returns QN_OK when the catalog was read to its end, whatever was found; QN_E_NO_MEMORY. */
int32_t catalog_verify(const catalog *cat, catalog_problem_fn report, void *ctx, qn_err *err);

#endif
