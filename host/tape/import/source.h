/* SPDX-License-Identifier: MIT
 *
 * A file to import as a stream of plain bytes: as it is, or unpacked from gzip, zstd or zip.
 * Which one is told by the file's first bytes, not by its name. Nothing is held in memory but
 * one buffer, whatever the length. */
#ifndef QUOIN_IMPORT_SOURCE_H
#define QUOIN_IMPORT_SOURCE_H

#include <quoin/error.h>

#include <stddef.h>
#include <stdint.h>

typedef struct source source;

/* Open a file. A zip archive must hold exactly one file.
 *
 * returns QN_OK; QN_E_NOT_FOUND; QN_E_IO; QN_E_DAMAGED for an archive that is none;
 *         QN_E_UNSUPPORTED for an archive of several files; QN_E_NO_MEMORY. On error *out is
 *         unchanged. */
int32_t source_open(const char *path, source **out, qn_err *err);
void source_close(source *s);

/* Read up to `room` (> 0) bytes; *got is 0 only at the end. A packed file that ends early or fails
 * its checksum is QN_E_DAMAGED, never a shorter text; QN_E_IO. After an error only
 * source_close is allowed. */
int32_t source_read(source *s, void *to, size_t room, size_t *got, qn_err *err);

/* How much of the file was read, 0 to 1. */
double source_progress(const source *s);

#endif
