/* SPDX-License-Identifier: MIT */
#ifndef QUOIN_IMPORT_PIECE_H
#define QUOIN_IMPORT_PIECE_H

#include <stddef.h>

/* A piece of a larger text, borrowed from it: a field of a row, a member of a message, an entry
 * of an option. Not NUL-terminated; one of length 0 is empty, or not there. */
typedef struct text_piece {
    const char *text;
    size_t len;
} text_piece;

#endif
