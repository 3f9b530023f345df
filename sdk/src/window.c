/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/window.h>

#include <quoin/sdk/fail.h>

int32_t qn_window_init(qn_window *w, const qn_setup *setup, int64_t room, qn_err *err)
{
    uint64_t size = 2;
    qn_wide *sums;

    if (room < 1 || room > 1 << 24)
        return qn_fail(err, QN_E_RANGE, "a window of %lld values: 1 to 16777216 are possible",
                       (long long)room);
    while (size < (uint64_t)room + 1)
        size *= 2;
    sums = (qn_wide *)setup->host->alloc(setup->host->ctx, size * sizeof *sums, 16);
    if (!sums) return qn_fail(err, QN_E_NO_MEMORY, "no memory for a window");
    *w = (qn_window){.sums = sums, .mask = size - 1, .room = (uint64_t)room};
    return QN_OK;
}
