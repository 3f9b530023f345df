/* SPDX-License-Identifier: MIT
 *
 * One tape file: head, blocks, index, foot (docs/tape.md). Written once from front to end,
 * then only read. A reader trusts nothing: whatever does not fit is QN_E_DAMAGED with the
 * file and the byte where it was seen. */
#ifndef QUOIN_TAPE_TAPE_FILE_H
#define QUOIN_TAPE_TAPE_FILE_H

#include "base/file.h"
#include "catalog.h"
#include "codec.h"

#define TAPE_VERSION 1u

/* What a file is about; stands in its head. */
typedef struct tape_about {
    data_type data;
    int32_t price_exp, qty_exp;
    char instrument[64];
} tape_about;

/* What a finished file holds; stands in its foot and in the manifest. */
typedef struct tape_totals {
    uint64_t events, bytes;
    int64_t first_ts, last_ts; /* engine time */
    uint32_t crc;              /* of index and foot, and so, through them, of every byte */
} tape_totals;

/* ---- reading ---- */

typedef struct tape_file {
    file_map map;
    size_t dropped; /* pages given back so far */
    const event_row *row;
    tape_about about;
    tape_totals totals;
    uint64_t blocks;
    size_t index; /* its offset */
    size_t fault; /* the byte where something wrong was last seen */
    char path[PATH_ROOM];
} tape_file;

/* Open and check head, index and foot. `f` is all zero on error, but for `fault`.
 * QN_OK, QN_E_DAMAGED, QN_E_NOT_FOUND, QN_E_IO, QN_E_TOO_NEW for a later format. */
int32_t tape_file_open(const char *path, tape_file *f, qn_err *err);

/* The same for a file that the manifest names; one that is not the file of that entry is
 * damage, too. */
int32_t tape_file_open_listed(const char *dir, const catalog_file *listed, tape_file *f,
                              qn_err *err);

/* The same for one that is open for reading as `fd`, whatever its path names by now; -1 = open
 * it by its path. `fd` stays the caller's and is not needed afterwards. */
int32_t tape_file_open_held(const char *dir, const catalog_file *listed, int fd, tape_file *f,
                            qn_err *err);

void tape_file_close(tape_file *f); /* an all zero one is fine */

/* Begin to decode block `i` < blocks, checked against its checksum and the index, and give
 * back the pages before it. */
int32_t tape_file_block(tape_file *f, uint64_t i, block_reader *r, qn_err *err);

/* The first block that may hold an event later than `ts_ns`; `blocks` if there is none. */
uint64_t tape_file_seek(const tape_file *f, int64_t ts_ns);

/* Say that something is wrong with the file at a byte. Returns QN_E_DAMAGED. */
int32_t tape_file_damaged(tape_file *f, size_t offset, const char *reason, qn_err *err);

/* The byte at which the block that `r` decodes begins. */
size_t tape_file_offset(const tape_file *f, const block_reader *r);

/* ---- writing ---- */

typedef struct tape_out tape_out;

/* The writer's memory, used for one file after the other. NULL when out of memory. */
tape_out *tape_out_new(void);
void tape_out_free(tape_out *o); /* a file that is open is left as it is */

/* Begin a file. On error none is open. */
int32_t tape_out_open(tape_out *o, const char *path, const tape_about *about, qn_err *err);

/* Add one event, of which only the fields of its type are looked at. QN_OK or an error of the
 * disk, told again by tape_out_close. */
int32_t tape_out_add(tape_out *o, const qn_event *ev, qn_err *err);

/* Finish the file, which must hold an event. It is closed in any case. Not synced. */
int32_t tape_out_close(tape_out *o, tape_totals *totals, qn_err *err);

#endif
