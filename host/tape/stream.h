/* SPDX-License-Identifier: MIT
 *
 * One stream of a tape: the files of one instrument and data type as batches of events, or
 * bars built from finer data while reading. */
#ifndef QUOIN_TAPE_STREAM_H
#define QUOIN_TAPE_STREAM_H

#include "held.h"
#include "tape.h"
#include "tape_file.h"

#include <quoin/sdk/bars.h>

typedef struct stream {
    const char *dir;           /* of the catalog */
    const catalog_file *files; /* those with events in the range */
    size_t nfiles, next_file;
    held_files held;  /* those still to be read, as far as they could be held */
    tape_stream what; /* what is delivered */
    data_type source; /* what is read */
    int64_t from, to; /* of the source's events: from < ts_ns <= to */
    tape_file file;   /* the one being read; all zero = none */
    uint64_t next_block;
    block_reader block;
    const event_row *row; /* of the source */
    char *events;         /* decoded ones, GROUP_ROWS at most */
    bool is_over;         /* the source has no more */

    /* Building only. */
    bool is_built;
    int64_t bars_from, bars_to; /* of the bars: from < ts_ns <= to */
    qn_bar_builder builder;
    char *source_at, *source_end; /* decoded events not yet fed to the builder */
    qn_bar *bars;

    char *at, *end;  /* the batch: the event to deliver next, and where it ends */
    uint32_t stride; /* bytes from one to the next */
} stream;

/* Choose the source and the files and hold those open; nothing is read yet. As tape_open. `s`
 * is all zero before, and closed by the caller also after an error. */
int32_t stream_open(stream *s, const catalog *cat, const tape_stream *what, int64_t from,
                    int64_t to, qn_err *err);
void stream_close(stream *s);

/* Get the next batch; at == end when there is none. `columns` is memory to work in. */
int32_t stream_fill(stream *s, block_columns columns, qn_err *err);

#endif
