/* SPDX-License-Identifier: MIT
 *
 * Blocks: up to 1024 rows of one type, field by field, as small numbers.
 *
 * Each value is stored as its difference from a guess (event_table.h); the differences of a
 * block as (difference - base) / unit, where base is the smallest one and unit the greatest
 * common divisor of the rest; and those numbers in groups of 128 with as many bits each as the
 * group's largest needs. All arithmetic is modulo 2^64, so every value of every field comes
 * back as it was. docs/tape.md has the bytes. */
#ifndef QUOIN_TAPE_CODEC_H
#define QUOIN_TAPE_CODEC_H

#include "event_table.h"

#include <stddef.h>

#define BLOCK_ROWS 1024u
#define GROUP_ROWS 128u
#define BLOCK_GROUPS (BLOCK_ROWS / GROUP_ROWS)

#define BLOCK_MAGIC 0x4B4C4251u /* "QBLK" */
#define BLOCK_HEAD 40u          /* bytes before the fields' heads */
#define FIELD_HEAD 32u          /* bytes of each field's head */

/* Room for the largest block, and for what bits_pack may touch behind it. */
#define BLOCK_ROOM (BLOCK_HEAD + FIELDS_MAX * (FIELD_HEAD + 8u * BLOCK_ROWS) + 8u)

/* Memory the encoder works in. */
typedef struct block_scratch {
    int64_t columns[FIELDS_MAX][BLOCK_ROWS];
    uint64_t steps[FIELDS_MAX][BLOCK_ROWS];
} block_scratch;

/* Encode `n` events (1 to BLOCK_ROWS) that stand row->size bytes apart, of which the first is
 * the file's row number `first_row`. Returns the block's size; its checksum is in its head. */
size_t block_encode(const event_row *row, const void *events, uint32_t n, uint64_t first_row,
                    block_scratch *scratch, unsigned char to[BLOCK_ROOM]);

/* A block being decoded, a group at a time. */
typedef struct block_reader {
    const event_row *row;
    const unsigned char *block; /* NULL before the first block */
    const unsigned char *at;    /* the next group's packed numbers */
    uint32_t rows, done;
    int64_t last_ts;            /* the last engine time decoded, or the block's first one */
    int64_t before[FIELDS_MAX]; /* what the guess of the group's first row stands on */
} block_reader;

/* What a block says of itself. */
typedef struct block_info {
    uint32_t size, rows, crc;
    uint64_t first_row;
    int64_t first_ts, last_ts; /* engine time */
} block_info;

/* Begin to decode the block at `data`, of which `room` bytes belong to the file's blocks and
 * BITS_BEHIND more can be read. Checks everything that can be checked without decoding: head,
 * checksum, sizes, spare bits.
 *
 * returns NULL; or what is wrong, and the reader must not be used. */
const char *block_open(block_reader *r, const event_row *row, const unsigned char *data,
                       size_t room, block_info *info);

/* The head alone, unchecked but for its size: to see times without decoding. */
void block_peek(const unsigned char *data, block_info *info);

typedef int64_t block_columns[FIELDS_MAX][GROUP_ROWS];

/* Decode the next group into columns. Returns its rows, 0 at the block's end; -1 if its values
 * cannot be (times that go back or lie outside the head's, a narrow field that overflows). */
int32_t block_next(block_reader *r, block_columns columns);

/* What the events of a file have in common. */
typedef struct event_common {
    uint32_t instrument;
    int64_t length; /* of a bar */
} event_common;

/* Zero `n` events that stand row->size bytes apart, and fill in what all of a file share. */
void events_prepare(const event_row *row, const event_common *common, void *events, uint32_t n);

/* Write rows [first, n) of the columns to prepared events, from the front. */
void block_events(const event_row *row, block_columns columns, uint32_t first, uint32_t n,
                  void *to);

#endif
