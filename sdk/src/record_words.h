/* SPDX-License-Identifier: MIT
 *
 * The words of numbers from closed lists: sides, states, reasons, ... */
#ifndef QUOIN_SDK_SRC_RECORD_WORDS_H
#define QUOIN_SDK_SRC_RECORD_WORDS_H

#include <stdint.h>

/* The word for a number that a member of the kind `holds` (QN_HOLDS_) has; NULL where the list has
 * none, and for kinds without a list. */
const char *record_word(uint32_t holds, uint32_t value);

/* The word for bit `bit` of a kind that is a set of flags; NULL = no such flag, or no such kind. */
const char *record_flag(uint32_t holds, uint32_t bit);

/* Whether `value` is one of its kind; kinds without a list take any. */
int32_t record_is_in_list(uint32_t holds, uint32_t value);

#endif
