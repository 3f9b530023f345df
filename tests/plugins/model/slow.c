/* SPDX-License-Identifier: MIT
 *
 * model/slow, a test plugin: has the worker pool compute something of each bar's close, and
 * publishes what comes of it at its date. Jobs are of very different length, so that they would
 * come in another order if it were the threads' to say. */
#include "wild.h"

#include <quoin/sdk/model.h>

#include <string.h>

typedef struct slow {
    int64_t delay, rounds;
    const qn_setup *setup;
    const qn_host_worker *worker;
    uint64_t bars;
} slow;

typedef struct question {
    uint64_t seed, rounds;
} question;

static const qn_param params[] = {
    QN_PARAM(slow, delay, DURATION, "", "from the bar to its result", .def = "90m"),
    QN_PARAM(slow, rounds, I64, "", "the most work of a job", .def = "20000"),
};

static const qn_named features[] = {QN_NAMED("answer", "", "0 to 9, of the close")};

static int64_t work(const void *input, uint64_t n, void *output, uint64_t room,
                    const volatile uint32_t *cancel)
{
    question q;
    double answer;

    if (n != sizeof q || room < sizeof answer) return QN_E_INVALID;
    memcpy(&q, input, sizeof q);
    for (uint64_t i = 0; i < q.rounds && !*cancel; i++)
        q.seed = wild_mix(q.seed + i);
    answer = (double)(q.seed % 10);
    memcpy(output, &answer, sizeof answer);
    return sizeof answer;
}

static const qn_work jobs = {.size = sizeof jobs, .run = work};
static const qn_ext exts[] = {QN_EXT(QN_WORK, &jobs)};

static int32_t configure(slow *m, const qn_setup *setup, qn_err *err)
{
    m->setup = setup;
    m->worker = setup->host->ext(setup->host->ctx, QN_HOST_WORKER);
    return m->worker ? QN_OK : qn_fail(err, QN_E_UNSUPPORTED, "the host has no worker pool");
}

static void on_bar(slow *m, const qn_bar *bar, const qn_model_out *out)
{
    question q = {(uint64_t)bar->close,
                  m->bars % 3 == 0 ? (uint64_t)m->rounds : m->bars % 7}; /* long, short, short */

    (void)out;
    m->bars++;
    m->worker->submit(m->setup->host->ctx, bar->hdr.ts_ns + m->delay, bar->hdr.instrument, &q,
                      sizeof q);
}

static void on_result(slow *m, const qn_result *ev, const qn_model_out *out)
{
    double answer;

    (void)m;
    if (ev->status != QN_OK || ev->nbytes != sizeof answer) return;
    memcpy(&answer, ev->bytes, sizeof answer);
    qn_publish(out, (uint32_t)ev->cookie, 0, answer, 0);
}

QN_MODEL(slow, "model/slow", "1.0.0", "MIT", .name = "Slow",
         .doc = "Publishes what the worker pool computes. For tests.", .params = QN_TABLE(params),
         .features = QN_TABLE(features), .exts = QN_TABLE(exts), .configure = configure,
         .on_bar = on_bar, .on_result = on_result)
