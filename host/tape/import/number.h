/* SPDX-License-Identifier: MIT
 *
 * Numbers as data files write them, made exact.
 *
 * Programs that computed with doubles leave binary noise behind: 1.2147000000000001. Such a
 * value is taken as the nearest multiple of the unit if it differs from it by less than 2^-50
 * of itself (four units in the last place of a double); any other digit below the unit is an
 * error, because it would have to be rounded away. */
#ifndef QUOIN_IMPORT_NUMBER_H
#define QUOIN_IMPORT_NUMBER_H

#include <quoin/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Read "[+-]digits[.digits][e[+-]digits]", all of the text, as a mantissa at `exp`.
 *
 * returns QN_OK; QN_E_SYNTAX; QN_E_PRECISION if it is finer than the exponent; QN_E_OVERFLOW.
 *         On error *out is unchanged. */
int32_t number_read(const char *text, size_t len, int32_t exp, int64_t *out);

/* Digits alone, 1 to 18 of them: what number_read does most. False for any other text, and
 * *out is unchanged. */
bool number_digits(const char *text, size_t len, int64_t *out);

/* How many decimal places the number needs, noise left out: 0 to 18.
 *
 * returns QN_OK; QN_E_SYNTAX; QN_E_PRECISION if 18 are not enough. On error *out is
 *         unchanged. */
int32_t number_places(const char *text, size_t len, int32_t *out);

/* A whole number without sign: an id. QN_OK, QN_E_SYNTAX, QN_E_OVERFLOW. */
int32_t number_id(const char *text, size_t len, uint64_t *out);

#endif
