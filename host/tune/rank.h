/* SPDX-License-Identifier: MIT
 *
 * Places and bins on a dimension: for what matters, and for pictures. */
#ifndef QUOIN_TUNE_RANK_H
#define QUOIN_TUNE_RANK_H

#include <quoin/tuner.h>

#define BINS 20 /* a dimension of more values is cut into as many parts */

/* 0 at low to 1 at high, on the dimension's scale. */
double value_place(const qn_dimension *d, int64_t value);

/* How many bins a dimension has: one a value where there are no more than BINS; and a value's. */
uint32_t bins_of(const qn_dimension *d);
uint32_t bin_of(const qn_dimension *d, int64_t value);

#endif
