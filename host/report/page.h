/* SPDX-License-Identifier: MIT
 *
 * report.html: the tear sheet. One file that needs no network: its pictures are inline SVG, its
 * style is its own, and it holds no script. It is XML as well as HTML, and below 2 MB. */
#ifndef QUOIN_REPORT_PAGE_H
#define QUOIN_REPORT_PAGE_H

#include "sheet.h"

#include <quoin/error.h>

struct json_object;

/* What a page is made of. All of it is borrowed for the call. */
typedef struct page_run {
    struct json_object *result;   /* what report.json says; a figure with data-key is one of it */
    struct json_object *manifest; /* what manifest.json says */
    const sheet *sheet;
    const double *returns; /* simple ones between samples, in their order; NAN = undefined */
    size_t nreturns;
    int64_t first_ts, sample_ns; /* of the curve: its start and the grid of its samples */
    double periods_per_year;     /* samples in a year, > 0 */
} page_run;

/* Write the page of a run.
 *
 * returns QN_OK; QN_E_IO and the like with the file named; QN_E_NO_MEMORY. On error no file of
 *         that name is left half-written. */
int32_t page_write(const char *path, const page_run *run, qn_err *err);

#endif
