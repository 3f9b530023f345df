/* SPDX-License-Identifier: MIT
 *
 * The order of imported rows: time never goes back, nothing comes twice.
 *
 * By which time a type is ordered, and what comes twice:
 *
 *   bar              its open; a second one of the same time
 *   mark, funding    the venue's time; a second one of the same time
 *   trade            the venue's time; a second one of the same time and id
 *   quote            engine time; a second one of the same time and update id
 *
 * Captured messages (raw.h) have ids that rise, and receive times of a clock that may be set:
 * for those a time that goes back is raised, not refused, and every id must be a new one. */
#ifndef QUOIN_IMPORT_SEQUENCE_H
#define QUOIN_IMPORT_SEQUENCE_H

#include "importer.h"

/* All zero is one that has seen nothing. */
typedef struct sequence {
    int64_t last; /* time of the last row */
    bool has_last;
    uint64_t *ids; /* of the rows at that time, rising */
    size_t nids, room;
    uint64_t last_id; /* of captured messages */
} sequence;

/* Judge the next row, and remember it if it is good.
 *
 * returns QN_OK; QN_E_ORDER if its time lies before the last row's; QN_E_DUPLICATE;
 *         QN_E_NO_MEMORY. On error the row is not remembered. */
int32_t sequence_add(sequence *seq, const import_event *ev, qn_err *err);

/* The same for a captured message. `id` is what rises along its series: a trade's or update's
 * id, a mark's time; 0 = nothing does. An engine time below the last one is raised to it, with
 * QN_EVENT_LATE in the flags.
 *
 * returns QN_OK; QN_E_DUPLICATE for an id that is not above the last one. On error the event
 *         is not changed, nor remembered. */
int32_t sequence_raise(sequence *seq, qn_event *ev, uint64_t id, qn_err *err);

void sequence_free(sequence *seq);

#endif
