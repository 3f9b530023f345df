/* SPDX-License-Identifier: MIT
 *
 * One import under way: what reading rows (rows.h) and reading messages (raw.h) share. */
#ifndef QUOIN_IMPORT_JOB_H
#define QUOIN_IMPORT_JOB_H

#include "import.h"
#include "message.h"
#include "sequence.h"
#include "survey.h"

#include "../writer.h"

/* Decimal places that the data needs. */
typedef struct data_places {
    int32_t price, qty;
    int32_t computed; /* of prices that nobody trades at */
} data_places;

/* What a look at captured messages found: how many there are of the instrument. */
typedef struct raw_found {
    uint64_t messages[MESSAGE_KINDS];
    uint64_t indexes;     /* mark prices that tell the index price, too */
    bool has_other_books; /* books of other symbols */
    char other[24];       /* one of the other symbols */
} raw_found;

typedef struct import_job {
    const import_options *opt;
    import_result *out;
    survey_file *files; /* in the order of their times */
    bool is_known;      /* the catalog knows the instrument */
    survey found;
    survey read; /* the steps of the bars that were read */
    data_places places;
    raw_found raw;
    import_settings set;
    catalog_writer *writer;
    sequence seq;
    size_t file;                          /* the one being read */
    double progress_from, progress_share; /* of the whole, that reading all files once is */
} import_job;

/* Say where it failed. Returns rc. */
int32_t job_at(import_job *job, const char *file, int64_t line, int32_t rc);

/* Is it a code that a bad row brings? Any other ends the import even with --skip-bad. */
bool job_is_bad_row(int32_t rc);

/* Pass over a bad row of the file being read if that is wished, else fail at it. */
int32_t job_bad_row(import_job *job, int64_t line, int32_t rc, qn_err *err);

/* Sort the files by the times of their first rows; those without come last. */
void job_sort(import_job *job);

/* The rows of a type come next. As catalog_writer_begin. */
int32_t job_begin(import_job *job, data_type data, qn_err *err);

/* Write one row of the series. As catalog_writer_add. */
int32_t job_add(import_job *job, const import_event *ev, int64_t line, qn_err *err);

/* Tell how far it is, `part` of the file being read. */
void job_progress(const import_job *job, double part);

#endif
