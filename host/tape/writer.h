/* SPDX-License-Identifier: MIT
 *
 * Writing into a catalog: one import, or one recording, from open to publish.
 *
 *   catalog_writer_open(dir, &w, err);
 *   catalog_writer_instrument(w, &definition, err);
 *   catalog_writer_begin(w, "BTCUSDT.binance", data, err);
 *   for each row: catalog_writer_add(w, &row.hdr, err);
 *   catalog_writer_publish(w, err);
 *   catalog_writer_close(w);
 *
 * Nothing of it exists for a reader before catalog_writer_publish has returned QN_OK; a writer
 * that is closed earlier, or killed, leaves the catalog as it was. The same rows give the same
 * files, byte for byte, whatever pieces they were imported in. Memory does not grow with the
 * number of rows.
 *
 * Not thread-safe; one writer a catalog, held by a lock on its folder that ends with the
 * process. */
#ifndef QUOIN_TAPE_WRITER_H
#define QUOIN_TAPE_WRITER_H

#include "catalog.h"

#include <quoin/event.h>

typedef struct catalog_writer catalog_writer;

/* Open the catalog `dir` for writing; the folder is made if there is none. What a killed
 * writer left behind is removed.
 *
 * returns QN_OK; QN_E_BUSY if another writer has it; QN_E_DAMAGED if its manifest is broken;
 *         QN_E_IO; QN_E_NO_MEMORY. On error *out is unchanged. */
int32_t catalog_writer_open(const char *dir, catalog_writer **out, qn_err *err);

/* The definition of an instrument as this writer knows it: published ones, and those added
 * here. `ts_ns` as for catalog_instrument. NULL if there is none. Valid until the next call of
 * catalog_writer_instrument. */
const qn_instrument *catalog_writer_find(const catalog_writer *w, const char *name, int64_t ts_ns);

/* Add a dated definition; `number` is ignored. One that says the same as the newest, or as the
 * one valid at its valid_from, changes nothing.
 *
 * returns QN_OK; QN_E_INVALID for a definition that breaks the invariants of qn_instrument or
 *         a name that cannot be a folder's; QN_E_EXISTS for another one with the same
 *         valid_from, or for other exponents (price_exp, qty_exp and money_exp cannot change:
 *         stored prices would change their meaning); QN_E_NO_MEMORY. On error nothing was
 *         added. */
int32_t catalog_writer_instrument(catalog_writer *w, const qn_instrument *definition, qn_err *err);

/* Begin, or go on with, the rows of one instrument and data type. Ends the series before it.
 *
 * returns QN_OK; QN_E_UNKNOWN_NAME if the instrument has no definition; QN_E_INVALID for a
 *         type that is not stored, or a bar without a length; as catalog_writer_add for what
 *         ending the other series may bring. */
int32_t catalog_writer_begin(catalog_writer *w, const char *instrument, data_type data,
                             qn_err *err);

/* Add one row, in time order: ts_ns never falls, and open_ts of bars rises.
 *
 * ev      type, flags, ts_ns and the body filled in; ts_ns is when it was received, where
 *         that is known, else the venue's time (a bar: its close). Size, seq, slot and
 *         instrument are ignored. Borrowed for the call.
 * returns QN_OK;
 *         QN_E_ORDER if its time goes back;
 *         QN_E_EXISTS if it lies within the time of rows that the catalog holds already (rows
 *         before or after those are merged with them);
 *         QN_E_INVALID for another type or bar length than begun, or a side that is none;
 *         QN_E_RANGE for a time outside the years 1678 to 2261.
 *         After these four the row was not taken, and the writer goes on as if it had not
 *         been offered.
 *         QN_E_STATE without a series; QN_E_IO, QN_E_NO_MEMORY, QN_E_DAMAGED (of the file
 *         that it is merged with): after these only catalog_writer_close is allowed. */
int32_t catalog_writer_add(catalog_writer *w, const qn_event *ev, qn_err *err);

/* Make everything added so far visible at once: new files to disk, then the manifest
 * replaced, then files that no manifest names any more removed. More may be added and
 * published afterwards.
 *
 * returns QN_OK; QN_E_IO, QN_E_NO_MEMORY, QN_E_DAMAGED, after which only
 *         catalog_writer_close is allowed and the catalog is as it was before the call, or as
 *         it would be after it (the disk decides when the rename's sync fails). */
int32_t catalog_writer_publish(catalog_writer *w, qn_err *err);

/* Close; what was not published is removed. NULL is fine. */
void catalog_writer_close(catalog_writer *w);

#endif
