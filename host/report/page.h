/* SPDX-License-Identifier: MIT
 *
 * report.html: the tear sheet. One file that needs no network: its pictures are inline SVG, its
 * style is its own, and it holds no script. */
#ifndef QUOIN_REPORT_PAGE_H
#define QUOIN_REPORT_PAGE_H

#include "sheet.h"

#include <quoin/error.h>

struct json_object;

/* Write the page of a run.
 *
 * result    what report.json says: every figure on the page is one of it, or of the sheet
 * manifest  what manifest.json says
 * returns QN_OK; QN_E_IO and the like with the file named; QN_E_NO_MEMORY. On error no file of
 *         that name is left half-written. */
int32_t page_write(const char *path, struct json_object *result, struct json_object *manifest,
                   const sheet *s, qn_err *err);

#endif
