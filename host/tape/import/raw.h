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

int32_t raw_look(import_job *job, qn_err *err);
int32_t raw_read(import_job *job, qn_err *err);

#endif
