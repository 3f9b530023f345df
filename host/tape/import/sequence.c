/* SPDX-License-Identifier: MIT */
#include "sequence.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

static int32_t __attribute__((cold)) goes_back(int64_t ts, int64_t last, qn_err *err)
{
    char now[TIME_TEXT];
    char before[TIME_TEXT];

    time_format_short(ts, now);
    time_format_short(last, before);
    return fail(err, QN_E_ORDER, "time goes back: %s follows %s", now, before);
}

static int32_t __attribute__((cold)) comes_twice(int64_t ts, uint64_t id, qn_err *err)
{
    char now[TIME_TEXT];

    time_format_short(ts, now);
    if (id == 0) return fail(err, QN_E_DUPLICATE, "a second row of time %s", now);
    return fail(err, QN_E_DUPLICATE, "a second row of id %" PRIu64 " at %s", id, now);
}

/* Where `id` stands among the ids, or would stand. Most ids rise, so look at the end first. */
static size_t place_of(const sequence *seq, uint64_t id)
{
    size_t from = 0;
    size_t to = seq->nids;

    if (to > 0 && seq->ids[to - 1] < id) return to;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (seq->ids[middle] < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static int32_t add_id(sequence *seq, int64_t ts, uint64_t id, qn_err *err)
{
    size_t place = place_of(seq, id);

    if (place < seq->nids && seq->ids[place] == id) return comes_twice(ts, id, err);
    if (!mem_reserve((void **)&seq->ids, &seq->room, seq->nids + 1, sizeof *seq->ids))
        return fail(err, QN_E_NO_MEMORY, "out of memory checking ids");
    memmove(&seq->ids[place + 1], &seq->ids[place], (seq->nids - place) * sizeof *seq->ids);
    seq->ids[place] = id;
    seq->nids++;
    return QN_OK;
}

int32_t sequence_add(sequence *seq, const import_event *ev, qn_err *err)
{
    bool is_trade = ev->hdr.type == QN_EVENT_TRADE;
    int64_t ts = is_trade ? ev->trade.venue_ts : ev->bar.open_ts;
    int32_t rc;

    if (seq->has_last && ts < seq->last) return goes_back(ts, seq->last, err);
    if (!seq->has_last || ts > seq->last) seq->nids = 0;
    if (!is_trade && seq->has_last && ts == seq->last) return comes_twice(ts, 0, err);
    if (is_trade && ev->trade.id && (rc = add_id(seq, ts, ev->trade.id, err)) != QN_OK) return rc;
    seq->last = ts;
    seq->has_last = true;
    return QN_OK;
}

void sequence_free(sequence *seq)
{
    mem_free(seq->ids);
    *seq = (sequence){0};
}
