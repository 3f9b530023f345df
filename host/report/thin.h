/* SPDX-License-Identifier: MIT
 *
 * A series of values over time, of bounded length: what a chart can show, however long the run.
 *
 * Time is cut into buckets of equal length. When there would be more than THIN_MAX of them, the
 * length doubles and neighbours become one. A bucket knows its first, lowest, highest and last
 * value, so that a line through them touches every extreme of the series. */
#ifndef QUOIN_REPORT_THIN_H
#define QUOIN_REPORT_THIN_H

#include <quoin/number.h>

#include <stddef.h>

#define THIN_MAX 1024
#define THIN_LENGTH QN_NS_PER_S /* of a bucket, to begin with */

/* Invariants: low <= first, last <= high; from <= to; at least one value lies in it. */
typedef struct thin_bucket {
    int64_t from, to; /* time of its first and last value, ns */
    double first, low, high, last;
} thin_bucket;

/* All zero is an empty one. Invariants: n <= THIN_MAX; buckets in the order of time, none empty,
 * no two in one cell of the grid; `end` is the first time behind the cell of the last one, or
 * INT64_MAX if that lies behind all times. */
typedef struct thin {
    int64_t start, length, end; /* of the grid, ns; length is 1 s x a power of 2 */
    size_t n;
    thin_bucket at[THIN_MAX];
} thin;

/* thin_add of a value that begins a bucket. */
void thin_begin(thin *t, int64_t ts, double value);

/* Add a finite value. Times do not fall; one before the last is taken as the last. Inline: a run
 * does this at each mark, and nearly always the value falls into the last bucket. */
static inline void thin_add(thin *t, int64_t ts, double value)
{
    thin_bucket *b;

    if (t->n == 0 || ts >= t->end) {
        thin_begin(t, ts, value);
        return;
    }
    b = &t->at[t->n - 1];
    b->to = ts > b->to ? ts : b->to;
    b->low = value < b->low ? value : b->low;
    b->high = value > b->high ? value : b->high;
    b->last = value;
}

/* The series goes on with its last value up to `ts`: called before a change of what stood still,
 * so that a line goes straight there. An empty one stays empty. */
static inline void thin_hold(thin *t, int64_t ts)
{
    if (t->n > 0) thin_add(t, ts, t->at[t->n - 1].last);
}

#endif
