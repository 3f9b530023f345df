/* SPDX-License-Identifier: MIT
 *
 * The putting thread's end of the journal. */
#include "internal.h"

#include "base/fail.h"
#include "base/hash.h"

#include <string.h>

/* A record that breaks the rules of the caller is the caller's fault: the run must not go on. */
static void refuse(store *s, const qn_event *record)
{
    qn_err why = QN_ERR_INIT;

    if (!s->may_put)
        fail(&why, QN_E_STATE, "a record was put into %s, and no run was begun", s->dir);
    else if (record->size < sizeof *record)
        fail(&why, QN_E_INVALID, "a record of %u bytes was put into %s", record->size, s->dir);
    else
        fail(&why, QN_E_ORDER, "record %llu was put into %s behind record %llu",
             (unsigned long long)record->seq, s->dir, (unsigned long long)s->put_seq);
    store_failed(s, &why, false);
}

/* The ring is full. This thread commits itself, or waits for the commit that is under way. What
 * was put and not published yet is published where nothing else makes room: records of one event
 * that do not fit into the ring. */
static ring_slot *wait_for_room(store *s, size_t n)
{
    ring_slot *slot = NULL;

    s->waits++;
    for (int tries = 0; !slot && tries < 3; tries++) {
        if (tries == 1) journal_publish(s);
        if (commit_with(s, NULL, NULL, NULL) != QN_OK) return NULL;
        slot = ring_reserve(&s->ring, n);
    }
    if (!slot) {
        qn_err why = QN_ERR_INIT;
        fail(&why, QN_E_FULL, "a record of %zu bytes does not fit into the ring of %s", n, s->dir);
        store_failed(s, &why, false);
    }
    return slot;
}

void journal_put(store *s, const qn_event *record)
{
    size_t n = record->size;
    ring_slot *slot;

    if (!s->may_put || n < sizeof *record || record->seq <= s->put_seq) {
        refuse(s, record);
        return;
    }
    slot = ring_reserve(&s->ring, sizeof *slot + n);
    if (!slot && !(slot = wait_for_room(s, sizeof *slot + n))) {
        s->may_put = false; /* dropped, and so are all behind it: a journal has no holes */
        return;
    }
    s->crc = crc32c_add(s->crc, record, n);
    slot->crc = s->crc;
    slot->size = (uint32_t)n;
    memcpy(slot + 1, record, n);
    s->put_seq = record->seq;
    s->records++;
}

void journal_publish(store *s)
{
    /* relaxed: the release of ring_publish orders it; a process that dies between the two leaves
     * a number whose records are all there (leftovers_read) */
    atomic_store_explicit(s->ring_seq, s->put_seq, memory_order_relaxed);
    ring_publish(&s->ring);
    if (s->options.durability == DURABILITY_SYNC) commit_with(s, NULL, NULL, NULL);
}

journal_counts journal_count(const store *s)
{
    return (journal_counts){.records = s->records,
                            .waits = s->waits,
                            .commits = atomic_load_explicit(&s->commits, memory_order_relaxed),
                            .recovered = s->recovered,
                            .is_cut = s->is_cut};
}
