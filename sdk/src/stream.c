/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/stream.h>

#include <quoin/sdk/fail.h>

int32_t qn_stream_put(const qn_stream *to, const void *from, uint64_t n, qn_err *err)
{
    const char *p = (const char *)from;

    while (n > 0) {
        int64_t done = to->write(to->ctx, p, n);
        if (done <= 0 || (uint64_t)done > n)
            return qn_fail(err, done < 0 ? (int32_t)done : QN_E_IO, "state could not be written");
        p += done;
        n -= (uint64_t)done;
    }
    return QN_OK;
}

int32_t qn_stream_get(const qn_stream *from, void *to, uint64_t n, qn_err *err)
{
    char *p = (char *)to;

    while (n > 0) {
        int64_t done = from->read(from->ctx, p, n);
        if (done <= 0 || (uint64_t)done > n)
            return qn_fail(err, done < 0 ? (int32_t)done : QN_E_DAMAGED, "the state is cut short");
        p += done;
        n -= (uint64_t)done;
    }
    return QN_OK;
}
