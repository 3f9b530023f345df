/* SPDX-License-Identifier: MIT
 *
 * Rows of comma-separated text, one line each, from a source.
 *
 * Accepted: LF and CR LF, a UTF-8 byte order mark, a missing last newline, fields in double
 * quotes ("" stands for a quote). A quoted field ends on its line. Fields are not trimmed. */
#ifndef QUOIN_IMPORT_CSV_H
#define QUOIN_IMPORT_CSV_H

#include "piece.h"

#include <quoin/error.h>

#include <stddef.h>
#include <stdint.h>

#define CSV_FIELDS_MAX 64
#define CSV_LINE_MAX 65536

typedef struct csv_row {
    int64_t line; /* from 1; 0 = the end of the file */
    uint32_t n;   /* 0 = a blank line */
    text_piece fields[CSV_FIELDS_MAX];
} csv_row;

typedef struct csv csv;

/* Open a file, packed or not. As source_open. */
int32_t csv_open(const char *path, csv **out, qn_err *err);
void csv_close(csv *c);

/* Read the next row. Its fields are valid until the next call.
 *
 * returns QN_OK; QN_E_SYNTAX for a row that is none (open quote, too many fields, too long):
 *         row->line says where, and the next call goes on behind it; QN_E_IO, QN_E_DAMAGED,
 *         QN_E_NO_MEMORY from the source, after which only csv_close is allowed. */
int32_t csv_next(csv *c, csv_row *row, qn_err *err);

/* How much of the file was read, 0 to 1. */
double csv_progress(const csv *c);

#endif
