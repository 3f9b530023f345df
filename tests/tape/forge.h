/* SPDX-License-Identifier: MIT
 *
 * Files that no writer of ours would make: whole, listed, and wrong in their rows. */
#ifndef QUOIN_TESTS_TAPE_FORGE_H
#define QUOIN_TESTS_TAPE_FORGE_H

#include "support.h"

/* A catalog in the empty folder `dir` of one file with these rows, listed as one of the day or
 * month that begins at T2020. */
void forge(const char *dir, const qn_instrument *ins, data_type data, const any_event *rows,
           size_t n);

#endif
