/* SPDX-License-Identifier: MIT
 *
 * The one door: what happens in a run, and what is decided in it, becomes a record here. */
#include "internal.h"

void record_put(engine *e, qn_event *record)
{
    int64_t begun = stage_begin(e);

    record->seq = ++e->seq;
    record->ts_ns = e->now;
    record->slot = NO_SLOT; /* receivers have places of their own: no part of the record */
    decisions_add(e, record);
    if (!(e->replay && replay_compare(e, record)) && e->store) {
        journal_put(e->store, record);
        e->has_unpublished = true;
    }
    if (e->bus) bus_put(e->bus, record);
    stage_end(e, STAGE_JOURNAL, begun);
}

void record_publish(engine *e)
{
    if (!e->has_unpublished) return;
    e->has_unpublished = false;
    journal_publish(e->store);
}
