/* SPDX-License-Identifier: MIT */
#include "choice.h"

#include <quoin/event.h>

#include <string.h>

/* The time, ns, that files cover within (from, to]. Unsigned, because the time that can be
 * stored is longer than INT64_MAX. A pause of up to `pause` between two files is no gap: one
 * file ends with its last trade, and the next begins with its first. */
static uint64_t covered(const catalog_file *files, size_t n, int64_t from, int64_t to,
                        int64_t pause)
{
    uint64_t sum = 0;
    int64_t after = from; /* what is before it is counted */

    for (size_t i = 0; i < n; i++) {
        int64_t start;
        int64_t end = files[i].last_ts < to ? files[i].last_ts : to;
        if (__builtin_sub_overflow(files[i].first_ts, files[i].data.length, &start))
            start = INT64_MIN;
        if (start < after ||
            (i > 0 && (uint64_t)start - (uint64_t)files[i - 1].last_ts <= (uint64_t)pause))
            start = i > 0 && files[i - 1].last_ts > from ? files[i - 1].last_ts : from;
        if (start < after) start = after;
        if (end <= start) continue;
        sum += (uint64_t)end - (uint64_t)start;
        after = end;
    }
    return sum;
}

static bool is_source(data_type source, data_type data)
{
    if (source.type == QN_EVENT_TRADE) return true;
    return source.type == QN_EVENT_BAR && source.length < data.length &&
           data.length % source.length == 0;
}

bool choose_source(const catalog *cat, const char *instrument, data_type data, int64_t from,
                   int64_t to, data_type *source)
{
    const catalog_file *files;
    const catalog_file *run;
    size_t n = catalog_files(cat, &files);
    uint64_t most = 0;
    bool has_any = false;

    *source = data;
    if (catalog_find(cat, instrument, data, &run) > 0) return true;
    if (data.type != QN_EVENT_BAR || data.length <= 0) return false;
    /* first the most that any covers, then the coarsest that covers as much */
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0, count; i < n; i += count) {
            uint64_t time;
            count = catalog_find(cat, files[i].instrument, files[i].data, &run);
            if (strcmp(files[i].instrument, instrument) != 0 || !is_source(files[i].data, data))
                continue;
            time = covered(run, count, from, to, data.length);
            if (pass == 0 && time > most) most = time;
            if (pass == 0 || most - time >= (uint64_t)data.length) continue;
            if (!has_any || files[i].data.length > source->length) *source = files[i].data;
            has_any = true;
        }
    return has_any;
}
