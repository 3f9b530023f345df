/* SPDX-License-Identifier: MIT
 *
 * Importing files into a catalog: all of them, or nothing. */
#ifndef QUOIN_IMPORT_IMPORT_H
#define QUOIN_IMPORT_IMPORT_H

#include "importer.h"
#include "instrument.h"

#include "../catalog.h"

typedef struct import_options {
    const importer *format;
    const char *catalog;
    const char *const *files; /* in any order: they are imported in the order of their times */
    size_t nfiles;
    instrument_options instrument;
    const char *columns; /* --columns, or NULL */
    int64_t bar;         /* length of bars, ns; 0 = find it out */
    uint32_t types;      /* of captured messages: bit n is event type n; 0 = all */
    bool is_close_time;
    bool skip_bad; /* pass over bad rows, telling of each by log_at as a warning */

    /* Is told from time to time how far it is, 0 to 1. NULL = nobody asks. */
    void (*progress)(void *ctx, double part);
    void *progress_ctx;
} import_options;

#define IMPORT_SERIES_MAX 8

/* One type of data that came in. */
typedef struct import_series {
    data_type data;
    uint64_t rows;
    int64_t from, to; /* start of the first row, end of the last */
} import_series;

/* Captured messages that are well, but no part of what was imported. */
typedef struct import_passed {
    uint64_t other_symbols;  /* of other instruments */
    uint64_t other_messages; /* of kinds that are not imported */
    uint64_t not_market;     /* trades that were not trades of the market */
    uint64_t aggregated;     /* aggTrade where there is trade */
} import_passed;

typedef struct import_result {
    uint64_t rows;    /* imported */
    uint64_t skipped; /* bad ones */
    uint64_t late;    /* messages received before the one ahead of them */
    size_t files;
    int64_t from, to;                        /* start of the first row, end of the last */
    import_series series[IMPORT_SERIES_MAX]; /* rising types */
    size_t nseries;
    import_passed passed;
    qn_instrument instrument;
    bool is_new; /* the catalog did not know the instrument */

    /* Where it failed: the file, and the line if it is a matter of one. NULL = neither. */
    const char *bad_file;
    int64_t bad_line;
} import_result;

/* Import. Files that hold no row are warned of by log_at.
 *
 * returns QN_OK: everything is on disk and published. Any other code: the catalog is as it
 *         was (see catalog_writer_publish for the one exception), and *out says where it
 *         failed; without bad_file it is a matter of the options or of the catalog. */
int32_t import_run(const import_options *opt, import_result *out, qn_err *err);

#endif
