/* SPDX-License-Identifier: MIT
 *
 * model/wild, a test plugin: publishes what no model should. Numbers that are none, features and
 * instruments that do not exist, validities of a nanosecond, floods; timers and slow work without
 * end; errors. */
#include "wild.h"

#include <quoin/sdk/model.h>

typedef struct wild {
    int64_t seed;
    uint64_t state;
    const qn_setup *setup;
    const qn_host_worker *worker;
    const qn_host_features *features;
    uint32_t market; /* events of the market, so that floods stay rare */
} wild;

static const qn_param params[] = {
    QN_PARAM(wild, seed, I64, "", "of the random numbers", .def = "1"),
};

enum { SANE, ODD, FEATURES };
static const qn_named features[] = {
    [SANE] = QN_NAMED("sane", "", "a number from -1 to 1"),
    [ODD] = QN_NAMED("odd", "", "a number that need not be one"),
};

/* Half of what it is given back comes as an error. */
static int64_t work(const void *input, uint64_t n, void *output, uint64_t room,
                    const volatile uint32_t *cancel)
{
    uint64_t seed = 0;

    (void)cancel;
    for (uint64_t i = 0; i < n; i++)
        seed = wild_mix(seed + ((const unsigned char *)input)[i]);
    if (seed % 4 == 0) return QN_E_INTERNAL;
    if (seed % 4 == 1) return (int64_t)room + 1 + (int64_t)(seed >> 40); /* it wrote nothing */
    for (uint64_t i = 0; i < room; i++)
        ((unsigned char *)output)[i] = (unsigned char)(seed >> i % 8);
    return (int64_t)(seed % (room + 1));
}

static const qn_work slow = {.size = sizeof slow, .run = work};
static const qn_ext exts[] = {QN_EXT(QN_WORK, &slow)};

static int32_t configure(wild *m, const qn_setup *setup, qn_err *err)
{
    (void)err;
    m->state = (uint64_t)m->seed;
    m->setup = setup;
    m->worker = setup->host->ext(setup->host->ctx, QN_HOST_WORKER);
    m->features = setup->host->ext(setup->host->ctx, QN_HOST_FEATURES);
    return QN_OK;
}

static void publish(wild *m, const qn_model_out *out)
{
    uint64_t *r = &m->state;
    uint32_t own = m->setup->instruments[wild_below(r, m->setup->ninstruments)]->number;
    qn_feature feature = {.size = sizeof feature};

    m->features->read(m->setup->host->ctx, wild_number(r), wild_number(r), &feature);

    qn_publish(out, own, SANE, wild_share(r), wild_below(r, 3));
    qn_publish(out, own, ODD, wild_double(r), 0);
    qn_publish(out, wild_once_in(r, 3) ? wild_number(r) : own, wild_number(r), wild_share(r),
               wild_int(r));
}

static void submit(wild *m, int64_t now)
{
    unsigned char input[64];
    uint64_t *r = &m->state;
    int64_t due = wild_once_in(r, 4) ? wild_int(r) : now + wild_below(r, INT64_C(7200000000000));

    for (size_t i = 0; i < sizeof input; i++)
        input[i] = (unsigned char)wild_next(r);
    m->worker->submit(m->setup->host->ctx, due, wild_next(r), input,
                      wild_once_in(r, 20) ? 0 : (uint64_t)wild_below(r, sizeof input + 1));
}

static void flood(wild *m, int64_t now, const qn_model_out *out)
{
    const qn_host *host = m->setup->host;

    for (int i = 0; i < 500; i++) {
        publish(m, out);
        host->timer(host->ctx, now + wild_below(&m->state, 5), (uint64_t)i);
    }
}

static int32_t on_event(void *self, const qn_event *ev, const qn_model_out *out)
{
    wild *m = self;
    const qn_host *host = m->setup->host;
    uint64_t *r = &m->state;

    publish(m, out);
    if (ev->type == QN_EVENT_TIMER || ev->type == QN_EVENT_RESULT) return QN_OK;
    if (++m->market % 64 == 0) flood(m, ev->ts_ns, out);
    if (wild_once_in(r, 4)) submit(m, ev->ts_ns);
    if (wild_once_in(r, 8)) host->timer(host->ctx, wild_int(r), 1);
    return wild_once_in(r, 10) ? wild_code(r) : QN_OK;
}

static const qn_model table = {
    .size = sizeof table, .features = QN_TABLE(features), .on_event = on_event};

QN_CLASS_DECLARE(wild, , )
QN_CLASS_DEFINE(wild, (QN_CLASS_HEAD(wild, "model/wild", QN_KIND_MODEL, "1.0.0", "MIT", &table)),
                .name = "Wild", .doc = "Publishes what no model should. For tests.",
                .params = QN_TABLE(params), .exts = QN_TABLE(exts), .configure = configure);
QN_CLASS_MODULE(wild, QN_TIER_PURE, "model/wild", QN_KIND_MODEL, "1.0.0", "MIT")
