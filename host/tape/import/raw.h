/* SPDX-License-Identifier: MIT
 *
 * Importing captured messages: files that hold several types of events at once. Each becomes
 * its own series of the catalog.
 *
 * The files are read once to judge every line, to count, and to find out what nobody said;
 * then once for each type, so that memory does not grow with them. Messages of other symbols
 * and of kinds that are not imported are passed over and counted; so are trades of the
 * insurance fund and of liquidations by it (X is not MARKET), which are no trades of the
 * market, and aggTrade where there is trade, which says the same.
 *
 * Engine time is the receive time, else the venue's E, else T; the venue's time is T, else E.
 * Engine time never goes back in a series: where the clock of the capture was set back it
 * stands still until that has been made up for (QN_EVENT_LATE). */
#ifndef QUOIN_IMPORT_RAW_H
#define QUOIN_IMPORT_RAW_H

#include "job.h"

/* The types of events that messages hold: bit n is type n of QN_EVENT_LIST. */
uint32_t raw_types(void);

/* Look at all files: judge every line, count the messages, find decimal places, sort the files
 * by their times. Bad lines are passed over, if that is wished, here and told here.
 *
 * returns QN_OK; QN_E_MISSING if there is nothing to import; QN_E_ORDER for files of which one
 *         begins before the last one ends; as a bad line; as lines_open. job_at says where. */
int32_t raw_look(import_job *job, qn_err *err);

/* Read all files into the catalog, once for each type, and warn of what was passed over. The
 * job has a writer, and was looked at.
 *
 * returns QN_OK; as a message that cannot be an event; as the writer. On an error nothing is
 *         published: the writer is the caller's. */
int32_t raw_read(import_job *job, qn_err *err);

#endif
