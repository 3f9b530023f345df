/* SPDX-License-Identifier: MIT
 *
 * The report of a run: watches it, writes its files as it goes, and says what came of it.
 *
 * With a folder it writes orders.csv, fills.csv, trades.csv and equity.csv line by line while
 * the run goes on, and report.json, manifest.json and report.html at its end. Without one it only
 * counts.
 * Rows of orders.csv and trades.csv come in the order in which orders and trips ended. */
#ifndef QUOIN_REPORT_REPORT_H
#define QUOIN_REPORT_REPORT_H

#include "engine/engine.h"

#include <stdio.h>

typedef struct report report;

/* What is known of a run that is over, and reported from its record (ENGINE_BOOKS). Texts and
 * objects outlive the report. */
typedef struct report_recorded {
    const char *version; /* of the host that ran it */
    const char *status;
    int64_t begun, ended;        /* wall time, ns; ended 0 = it never did */
    struct json_object *plugins; /* an array, as in the result */
} report_recorded;

typedef struct report_options {
    const char *dir;                 /* NULL = no files; a folder is made */
    const char *version;             /* of this host */
    const report_recorded *recorded; /* NULL = a run that happens now */
} report_options;

/* A report on a built engine and its config, which outlive it. On error *out is unchanged and
 * nothing is open. */
int32_t report_new(engine *e, config *cfg, const report_options *options, report **out,
                   qn_err *err);
void report_free(report *r);

/* After engine_run, whatever it returned: closes the files and writes report.json,
 * manifest.json and report.html. A file that cannot be written is an error that names it. */
int32_t report_finish(report *r, qn_err *err);

/* The result, after report_finish: one JSON object, or a summary for people. */
int32_t report_print_json(report *r, FILE *to, qn_err *err);
void report_print_text(const report *r, FILE *to);

#endif
