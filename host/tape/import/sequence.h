/* SPDX-License-Identifier: MIT
 *
 * The order of imported rows: time never goes back, nothing comes twice. */
#ifndef QUOIN_IMPORT_SEQUENCE_H
#define QUOIN_IMPORT_SEQUENCE_H

#include "importer.h"

/* All zero is one that has seen nothing. */
typedef struct sequence {
    int64_t last; /* time of the last row */
    bool has_last;
    uint64_t *ids; /* of the rows at that time, rising */
    size_t nids, room;
} sequence;

/* Judge the next row, and remember it if it is good.
 *
 * returns QN_OK; QN_E_ORDER if its time lies before the last row's; QN_E_DUPLICATE for a
 *         second bar of the same time, or a second trade of the same time and id;
 *         QN_E_NO_MEMORY. On error the row is not remembered. */
int32_t sequence_add(sequence *seq, const import_event *ev, qn_err *err);

void sequence_free(sequence *seq);

#endif
