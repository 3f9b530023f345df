/* SPDX-License-Identifier: MIT
 *
 * Helping with misspelt names. */
#ifndef QUOIN_BASE_NEAREST_H
#define QUOIN_BASE_NEAREST_H

#include <stddef.h>

/* The name of `names` nearest to a misspelt one, or NULL if none is near. */
const char *name_nearest(const char *name, const char *const *names, size_t n);

/* Names for a message: " (did you mean 'x'?); known: a, b, c". */
#define HINT_TEXT 320
const char *name_hint(const char *name, const char *const *names, size_t n, char to[HINT_TEXT]);

#endif
