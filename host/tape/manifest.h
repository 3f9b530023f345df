/* SPDX-License-Identifier: MIT
 *
 * The manifest: what a catalog holds, as JSON (docs/tape.md). Read as a whole, replaced as a
 * whole. Its last member is a checksum of the text before it, so that damage to it is seen,
 * too. */
#ifndef QUOIN_TAPE_MANIFEST_H
#define QUOIN_TAPE_MANIFEST_H

#include "base/memory.h"
#include "catalog.h"

/* All zero is an empty one.
 *
 * Invariants: instruments sorted by name, then valid_from; files by instrument, type, length,
 * period; no two with the same of these. */
typedef struct manifest {
    arena texts; /* names and paths of the files */
    qn_instrument *instruments;
    size_t ninstruments, instruments_room;
    catalog_file *files;
    size_t nfiles, files_room;
} manifest;

#define MANIFEST_NAME "manifest.json"

/* Read `dir`'s manifest into an empty one. QN_OK, QN_E_NOT_FOUND, QN_E_DAMAGED (what and
 * where), QN_E_TOO_NEW, QN_E_IO, QN_E_NO_MEMORY; *m is empty after an error. */
int32_t manifest_read(const char *dir, manifest *m, qn_err *err);

/* Replace `dir`'s manifest by this one: on disk when it returns QN_OK. */
int32_t manifest_write(const char *dir, const manifest *m, qn_err *err);

void manifest_free(manifest *m);

/* Put in, in place of the one with the same key if there is one. Strings are copied.
 * QN_OK, QN_E_NO_MEMORY. */
int32_t manifest_put_file(manifest *m, const catalog_file *file, qn_err *err);
int32_t manifest_put_instrument(manifest *m, const qn_instrument *ins, qn_err *err);

/* The file of a period, or the definition of exactly that date; NULL if there is none. Valid
 * until the next put. */
const catalog_file *manifest_file(const manifest *m, const char *instrument, data_type data,
                                  int64_t period_start);
const qn_instrument *manifest_dated(const manifest *m, const char *name, int64_t valid_from);

/* "SYMBOL.venue/bar:1m/2020-01-<crc>.tape": where a file lies. */
const char *manifest_path(arena *texts, const char *instrument, data_type data, const char *span,
                          uint32_t crc);

/* Is the definition whole: a name that can be a folder's, sizes above zero, exponents in
 * range? QN_OK or QN_E_INVALID with the reason. */
int32_t instrument_check(const qn_instrument *ins, qn_err *err);

/* The definition of `name` valid at `ts_ns`, the first one for earlier times, or NULL. */
const qn_instrument *manifest_instrument(const manifest *m, const char *name, int64_t ts_ns);

/* The place of the first file of an instrument and data type, and how many there are. */
size_t manifest_find(const manifest *m, const char *instrument, data_type data, size_t *count);

#endif
