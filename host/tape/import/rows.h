/* SPDX-License-Identifier: MIT
 *
 * Importing files of rows: CSV, one type of event. */
#ifndef QUOIN_IMPORT_ROWS_H
#define QUOIN_IMPORT_ROWS_H

#include "job.h"

/* Look at all files, sort them, and see to it that nothing is left unsaid. If the first file
 * then has no row that can be read, none has, and some have bad ones. */
int32_t rows_look(import_job *job, qn_err *err);

/* Read all files into the catalog. Without a writer nothing is written: reading tells of the
 * bad rows. */
int32_t rows_read(import_job *job, qn_err *err);

#endif
