/* SPDX-License-Identifier: MIT
 *
 * A ring of bytes: one thread writes records, and each reader has a place of its own behind it.
 *
 * A record is any number of bytes, rounded up to 8; it never wraps: where the rest of a lap is
 * too short, that rest is left out. So whatever a reader is given is one contiguous piece of
 * whole records, and a record can be written in place. The ring does not know where one record
 * ends and the next begins: their own first bytes say that.
 *
 * Places are counted in bytes since the ring was made and never wrap (at 10 GB/s in 58 years);
 * the offset in memory is the place modulo the size.
 *
 * The memory is the caller's: anonymous, or a file mapped by several processes. All that writer
 * and readers share stands in ring_shared and in the bytes, nothing of it is a pointer; a writer
 * that dies leaves a ring that can be taken up again (ring_writer_open).
 *
 * Full is a result: ring_reserve gives NULL, and the caller decides whether it waits. Nothing
 * here blocks, allocates or makes a system call. */
#ifndef QUOIN_BASE_RING_H
#define QUOIN_BASE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_READERS 16u
#define RING_LINE 64 /* bytes of a cache line */

/* What writer and readers share. All zero is an empty ring without readers. Each word that one
 * side writes has a cache line of its own, or the two would slow each other down. */
typedef struct ring_shared {
    _Alignas(RING_LINE) _Atomic uint64_t published; /* place behind the last record to be read */
    _Atomic uint64_t lap_end;                       /* place behind the last record of the lap
                                                       before the one of `published` */
    struct {
        _Alignas(RING_LINE) _Atomic uint64_t next; /* place of a reader, plus 1; 0 = no reader */
    } readers[RING_READERS];
} ring_shared;

/* The memory of a ring. */
typedef struct ring_memory {
    ring_shared *shared;
    unsigned char *bytes; /* 8-byte aligned */
    uint64_t size;        /* of bytes: a power of two, at least 64 */
} ring_memory;

/* ------------------------------------------------------------------ the writer's end */

/* Owned by the writing thread. */
typedef struct ring_writer {
    ring_memory memory;
    uint64_t at;    /* place behind the last record put */
    uint64_t limit; /* place up to which may be written, as far as known */
} ring_writer;

/* Begin to write behind the last published record; what was put and not published before is
 * forgotten. */
void ring_writer_open(ring_writer *w, ring_memory memory);

/* Room for a record of `n` bytes, to be filled before the next call: it counts as put at once,
 * and is seen when it is published. n > 0. NULL: the slowest reader has not consumed enough, or
 * the record is longer than half the ring (such a one might never fit); nothing has changed. */
void *ring_reserve(ring_writer *w, size_t n);

/* The same with bytes that are copied. */
bool ring_put(ring_writer *w, const void *bytes, size_t n);

/* Let readers see all records put so far. One store. */
void ring_publish(ring_writer *w);

/* ------------------------------------------------------------------ a reader's end */

/* Owned by the reading thread. */
typedef struct ring_reader {
    ring_memory memory;
    uint64_t at;    /* place of the next byte to consume */
    uint32_t place; /* in ring_shared.readers */
} ring_reader;

/* Add a reader that sees what is published from now on. Called by the writing thread, or before
 * it starts: it must not use its idea of the limit meanwhile. False: RING_READERS are there. */
bool ring_reader_open(ring_writer *w, ring_reader *r);

/* The writer waits for this reader no longer. Any thread, once the reader reads no more. */
void ring_reader_close(ring_reader *r);

/* The published records in front of the reader, as one piece of *n bytes; *n = 0 (and NULL) when
 * there are none. At the end of a lap the next call gives the rest. The bytes stay as they are
 * until they are consumed. */
const void *ring_peek(ring_reader *r, size_t *n);

/* Hand back the first n bytes of what ring_peek gave: the end of a record. */
void ring_consume(ring_reader *r, size_t n);

/* Bytes published and not yet consumed, the ends of laps included. Any thread: a moment's view. */
uint64_t ring_behind(const ring_reader *r);

#endif
