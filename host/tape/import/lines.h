/* SPDX-License-Identifier: MIT
 *
 * Lines of text from a source, of any length up to LINE_MAX_BYTES: a book of thousands of
 * levels is one line. LF and CR LF, a UTF-8 byte order mark and a missing last newline are
 * accepted. */
#ifndef QUOIN_IMPORT_LINES_H
#define QUOIN_IMPORT_LINES_H

#include <quoin/error.h>

#include <stddef.h>
#include <stdint.h>

#define LINE_MAX_BYTES ((size_t)16 * 1024 * 1024)

typedef struct text_line {
    int64_t number; /* from 1; 0 = the end of the file */
    char *text;     /* not NUL-terminated; the reader's, to be written to if that helps */
    size_t len;     /* 0 = a blank line */
} text_line;

typedef struct lines lines;

/* Open a file, packed or not. As source_open. */
int32_t lines_open(const char *path, lines **out, qn_err *err);
void lines_close(lines *l);

/* Read the next line, valid until the next call.
 *
 * returns QN_OK; QN_E_SYNTAX for a line that is too long: out->number says which, and the next
 *         call goes on behind it; QN_E_IO, QN_E_DAMAGED, QN_E_NO_MEMORY, after which only
 *         lines_close is allowed. */
int32_t lines_next(lines *l, text_line *out, qn_err *err);

/* How much of the file was read, 0 to 1. */
double lines_progress(const lines *l);

#endif
