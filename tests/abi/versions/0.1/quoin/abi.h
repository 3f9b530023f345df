/* SPDX-License-Identifier: MIT
 *
 * The ground rules of Quoin's plugin ABI: version, sized structs, strings, tables.
 *
 * A plugin and a host are built apart, at different times, by different compilers. They
 * agree on nothing but these headers, so everything that crosses between them obeys:
 *
 * 1. A struct that crosses starts with its own size and only ever grows at its end. Its
 *    reader asks QN_HAS() before it reads a member that is younger than 0.1.
 * 2. A member added later means "as before" when it is zero. Who fills a struct zeroes it
 *    first; `rsv` members are padding and stay zero.
 * 3. The owner allocates. Nobody frees, grows or keeps memory of the other side; a pointer
 *    argument is borrowed until the call returns, unless its comment says otherwise.
 * 4. Integers have fixed widths; no enum types, bool, long, bit-fields, varargs, FILE,
 *    errno or structs returned by value. A bool would be the smaller type, but its size
 *    differs between compilers and it cannot say why it is false.
 * 5. A number, once given a meaning (event type, flag, error, reason), is never reused.
 * 6. No exception, longjmp, signal handler, exit or abort crosses the line.
 *
 * Every function pointer in these headers carries its thread class in brackets:
 *   [event]    on the engine's thread, one call at a time per instance; must not allocate,
 *              lock, block or make a system call
 *   [control]  on the thread that builds and ends a run; may allocate, at most 50 ms
 *   [io]       on a thread that the host started for a venue; may block
 *   [any]      from every thread
 * and may add the state of the instance: active (events flow), !active, quiesced (between
 * two events, and no event will come before the call returns). */
#ifndef QUOIN_ABI_H
#define QUOIN_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Version of the module ABI, major << 16 | minor. Host and plugin must have the same major.
 * While the major is 0 the minor must be the same as well: the headers may still change. */
#define QN_ABI_MAJOR 0u
#define QN_ABI_MINOR 1u
#define QN_ABI (QN_ABI_MAJOR << 16 | QN_ABI_MINOR)

/* Marks the one symbol that a plugin exports; everything else is built hidden. */
#define QN_EXPORT __attribute__((visibility("default")))

/* True if `p` is long enough to hold `member` and the member is not zero. The way to read
 * every member that a shorter, older struct may lack. */
#define QN_HAS(p, type, member)                                                                    \
    ((p)->size >= offsetof(type, member) + sizeof((p)->member) && (p)->member)

/* UTF-8 text, not NUL-terminated. A frozen pair: it never grows, so it has no size. */
typedef struct qn_str {
    const char *ptr;
    uint64_t len; /* bytes */
} qn_str;

/* An array of sized structs. `stride` is the size of one row as its owner knows it, so that
 * a reader with a longer or shorter idea of the row still finds the next one. */
typedef struct qn_table {
    const void *rows;
    uint32_t nrows;
    uint32_t stride; /* bytes */
} qn_table;

/* A static C array as a qn_table. */
#define QN_TABLE(array)                                                                            \
    {                                                                                              \
        (array), (uint32_t)(sizeof(array) / sizeof((array)[0])), (uint32_t)sizeof((array)[0])      \
    }

/* Row `i` of a table. The caller checks i < nrows, and QN_HAS() for younger members. */
static inline const void *qn_table_row(const qn_table *table, uint32_t i)
{
    return (const char *)table->rows + (size_t)i * table->stride;
}

#ifdef __cplusplus
}
#endif
#endif
