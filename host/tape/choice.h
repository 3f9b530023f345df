/* SPDX-License-Identifier: MIT
 *
 * What a stream is read from when the catalog does not hold its data. */
#ifndef QUOIN_TAPE_CHOICE_H
#define QUOIN_TAPE_CHOICE_H

#include "catalog.h"

/* The source for `data` of an instrument, for events with from < ts_ns <= to: the data itself
 * if the catalog has it; for bars, else, finer bars whose length divides theirs, or trades:
 * what covers the most of that time, from the first to the last event of its files. Coverages
 * that differ by less than one length of `data` are equal, and of equal ones the coarsest is
 * chosen. False if there is none; *source is `data` then. */
bool choose_source(const catalog *cat, const char *instrument, data_type data, int64_t from,
                   int64_t to, data_type *source);

#endif
