/* SPDX-License-Identifier: MIT
 *
 * sink/jsonl by name, a test plugin: a build of it that does not start. */
#include <quoin/sdk/sink.h>

#include <quoin/sdk/fail.h>

typedef struct bad {
    qn_str path;
} bad;

static const qn_param params[] = {
    QN_PARAM(bad, path, PATH, "", "file to write", .flags = QN_PARAM_REQUIRED),
};

static int32_t start(bad *s, const qn_sink_start *from, qn_err *err)
{
    (void)s;
    (void)from;
    return qn_fail(err, QN_E_IO, "this build does not start");
}

static int32_t take(bad *s, const qn_batch *batch, qn_err *err)
{
    (void)s;
    (void)batch;
    return qn_fail(err, QN_E_INTERNAL, "it was never started");
}

static int32_t stop(bad *s, qn_err *err)
{
    return take(s, NULL, err);
}

QN_SINK(bad, "sink/jsonl", "1.0.0", "MIT", .name = "Bad", .doc = "Does not start.",
        .params = QN_TABLE(params), .start = start, .write = take, .stop = stop)
