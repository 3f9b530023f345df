/* SPDX-License-Identifier: MIT */
#include "sequence.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

/* By which time rows are ordered, and what may not come twice at one: their id (its place in
 * the event), or, 0, any second row. */
typedef struct rule {
    uint16_t time, id;
} rule;

static const rule rules[] = {
    [QN_EVENT_BAR] = {offsetof(qn_bar, open_ts), 0},
    [QN_EVENT_TRADE] = {offsetof(qn_trade, venue_ts), offsetof(qn_trade, id)},
    [QN_EVENT_QUOTE] = {offsetof(qn_quote, hdr.ts_ns), offsetof(qn_quote, update_id)},
    [QN_EVENT_MARK] = {offsetof(qn_mark, venue_ts), 0},
    [QN_EVENT_FUNDING] = {offsetof(qn_funding, venue_ts), 0},
};

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
    const rule *r = &rules[ev->hdr.type];
    int64_t ts;
    uint64_t id = 0;
    int32_t rc;

    memcpy(&ts, (const char *)ev + r->time, sizeof ts);
    if (seq->has_last && ts <= seq->last) {
        if (ts < seq->last) return goes_back(ts, seq->last, err);
        if (!r->id) return comes_twice(ts, 0, err);
    } else {
        seq->nids = 0;
    }
    if (r->id) memcpy(&id, (const char *)ev + r->id, sizeof id);
    if (id && (rc = add_id(seq, ts, id, err)) != QN_OK) return rc;
    seq->last = ts;
    seq->has_last = true;
    return QN_OK;
}

int32_t sequence_raise(sequence *seq, qn_event *ev, uint64_t id, qn_err *err)
{
    if (id && seq->last_id >= id)
        return fail(err, QN_E_DUPLICATE, "%s %" PRIu64 " does not rise: it follows %" PRIu64,
                    ev->type == QN_EVENT_MARK || ev->type == QN_EVENT_INDEX ? "time" : "id", id,
                    seq->last_id);
    if (seq->has_last && ev->ts_ns < seq->last) {
        ev->ts_ns = seq->last;
        ev->flags |= QN_EVENT_LATE;
    }
    if (id) seq->last_id = id;
    seq->last = ev->ts_ns;
    seq->has_last = true;
    return QN_OK;
}

void sequence_free(sequence *seq)
{
    mem_free(seq->ids);
    *seq = (sequence){0};
}
