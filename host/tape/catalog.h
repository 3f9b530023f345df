/* SPDX-License-Identifier: MIT
 *
 * The catalog: a folder of immutable tape files, and a manifest that names them.
 *
 *   CATALOG/manifest.json                        the only file that is ever replaced
 *   CATALOG/<SYMBOL.venue>/<data>/<period>-<crc>.tape
 *
 * An import writes new files beside the old ones, syncs them, and publishes all of them at
 * once by replacing the manifest. Whatever the manifest does not name does not exist, so a
 * killed import leaves the catalog as it was; the next import removes what it left. */
#ifndef QUOIN_TAPE_CATALOG_H
#define QUOIN_TAPE_CATALOG_H

#include <quoin/error.h>
#include <quoin/instrument.h>

#include <stdbool.h>
#include <stddef.h>

/* A kind of data as configs and folders name it: "trade", "funding", "bar:1m". */
typedef struct data_type {
    uint32_t type;  /* QN_EVENT_BAR, QN_EVENT_TRADE, ... */
    int64_t length; /* of a bar, ns; 0 otherwise */
} data_type;

#define DATA_TYPE_TEXT 40

/* "bar:1m" -> {QN_EVENT_BAR, 60 s}. QN_OK or QN_E_SYNTAX. */
int32_t data_type_parse(const char *text, data_type *out);
void data_type_format(data_type data, char to[DATA_TYPE_TEXT]);

/* One file of the catalog. */
typedef struct catalog_file {
    const char *instrument; /* SYMBOL.venue */
    data_type data;
    /* The period it belongs to, ns: a bar's open, or another event's engine time. */
    int64_t period_start, period_end;
    int64_t first_ts, last_ts; /* engine times of its first and last event */
    uint64_t events;
    uint64_t bytes;
    uint32_t crc;     /* CRC32C over its index and foot, and so, through them, of every byte */
    const char *path; /* relative to the catalog */
} catalog_file;

typedef struct catalog catalog;

/* Open for reading. A missing folder or manifest is QN_E_NOT_FOUND, a broken manifest
 * QN_E_DAMAGED with what and where. */
int32_t catalog_open(const char *dir, catalog **out, qn_err *err);
void catalog_close(catalog *cat);

const char *catalog_dir(const catalog *cat);

/* Its files, sorted by instrument name, data type, period. */
size_t catalog_files(const catalog *cat, const catalog_file **out);

/* Its instruments' definitions, sorted by name, then by valid_from. `number` is 0. */
size_t catalog_instruments(const catalog *cat, const qn_instrument **out);

/* The definition of `name` that is valid at `ts_ns` (the first one for earlier times), or
 * NULL. */
const qn_instrument *catalog_instrument(const catalog *cat, const char *name, int64_t ts_ns);

/* The files of one instrument and data type, a run in the array of catalog_files. */
size_t catalog_find(const catalog *cat, const char *instrument, data_type data,
                    const catalog_file **out);

#endif
