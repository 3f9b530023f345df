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

/* Invariants: low <= first, last <= high; from <= to; at least one value lies in it. */
typedef struct thin_bucket {
    int64_t from, to; /* time of its first and last value, ns */
    double first, low, high, last;
} thin_bucket;

/* All zero is an empty one. Invariants: n <= THIN_MAX; buckets in the order of time, none empty;
 * `end` is the first time behind the last bucket. */
typedef struct thin {
    int64_t start, length, end; /* of the grid, ns; length is 1 s x a power of 2 */
    size_t n;
    thin_bucket at[THIN_MAX];
} thin;

/* Add a value. Times do not fall; one before the last is taken as the last. */
void thin_add(thin *t, int64_t ts, double value);

#endif
