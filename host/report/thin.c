/* SPDX-License-Identifier: MIT */
#include "thin.h"

#include <stdbool.h>

/* Unsigned: from the first time that there is to the last one is more than an int64_t holds. */
static uint64_t cell_of(const thin *t, int64_t ts)
{
    return ((uint64_t)ts - (uint64_t)t->start) / (uint64_t)t->length;
}

static bool is_in_last(const thin *t, int64_t ts)
{
    return cell_of(t, ts) == cell_of(t, t->at[t->n - 1].from);
}

static void set_end(thin *t)
{
    uint64_t room = (uint64_t)INT64_MAX - (uint64_t)t->start; /* from the start to the last time */
    uint64_t cells = cell_of(t, t->at[t->n - 1].from) + 1;

    t->end = cells > room / (uint64_t)t->length
                 ? INT64_MAX
                 : (int64_t)((uint64_t)t->start + cells * (uint64_t)t->length);
}

static void join(thin_bucket *to, const thin_bucket *next)
{
    to->to = next->to;
    to->low = next->low < to->low ? next->low : to->low;
    to->high = next->high > to->high ? next->high : to->high;
    to->last = next->last;
}

/* Double the length. Where buckets lie far apart none may meet, so that there are as many as
 * before; at most 33 times, though: by then three cells hold all times that there are. */
static void coarsen(thin *t)
{
    size_t n = 1;

    t->length *= 2;
    for (size_t i = 1; i < t->n; i++) {
        if (cell_of(t, t->at[i].from) == cell_of(t, t->at[n - 1].from))
            join(&t->at[n - 1], &t->at[i]);
        else
            t->at[n++] = t->at[i];
    }
    t->n = n;
    set_end(t);
}

void thin_begin(thin *t, int64_t ts, double value)
{
    const thin_bucket one = {ts, ts, value, value, value, value};

    if (t->n == 0) {
        t->start = ts;
        t->length = THIN_LENGTH;
    }
    while (t->n == THIN_MAX && !is_in_last(t, ts))
        coarsen(t);
    if (t->n > 0 && is_in_last(t, ts)) { /* since it is longer now, or as nothing lies behind it */
        join(&t->at[t->n - 1], &one);
        return;
    }
    t->at[t->n++] = one;
    set_end(t);
}
