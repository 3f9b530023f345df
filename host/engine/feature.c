/* SPDX-License-Identifier: MIT
 *
 * Features: what models publish and the others read; and slow work, whose results come back as
 * events. */
#include "internal.h"

#include "base/fail.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ building */

static int32_t name_features(engine *e, model *m, qn_err *err)
{
    const qn_table *table = &m->table->features;

    m->first = e->features.n;
    m->nfeatures = table->nrows;
    if (e->features.n + table->nrows > FEATURES_MAX)
        return fail(err, QN_E_FULL, "more than %u features in one run", FEATURES_MAX);
    for (uint32_t i = 0; i < table->nrows; i++) {
        const qn_named *row = qn_table_row(table, i);
        const char *name = arena_format(&e->arena, "%s.%s", m->in.id, row->name);
        if (!name) return fail(err, QN_E_NO_MEMORY, "no memory for the features of %s", m->in.id);
        e->features.names[e->features.n++] = name;
    }
    return QN_OK;
}

int32_t features_build(engine *e, qn_err *err)
{
    int32_t rc = QN_OK;
    size_t n;

    e->features.names = arena_alloc(&e->arena, FEATURES_MAX * sizeof *e->features.names, 8);
    if (!e->features.names) return fail(err, QN_E_NO_MEMORY, "no memory for features");
    rc = functions_name(e, err); /* before the models: they may read them */
    for (uint32_t i = 0; i < e->nmodels && rc == QN_OK; i++)
        rc = name_features(e, &e->models[i], err);
    if (rc != QN_OK) return rc;
    for (uint32_t i = 1; i < e->nowners; i++)
        e->owners[i]->features_known = e->features.n;
    for (uint32_t i = 0; i < e->nmodels; i++) /* a model reads those that run before it */
        e->models[i].in.features_known = e->models[i].first;
    n = (size_t)e->features.n * e->ninstruments;
    e->features.values = arena_alloc(&e->arena, (n + 1) * sizeof *e->features.values, 8);
    return e->features.values ? QN_OK : fail(err, QN_E_NO_MEMORY, "no memory for features");
}

/* ------------------------------------------------------------------ publishing */

void model_deliver(instance *in, qn_event *ev)
{
    model *m = (model *)(void *)in;
    int64_t begun = stage_begin(in->engine);
    uint32_t before;
    int32_t rc;

    in->engine->cause = ev->seq;
    ev->slot = ev->instrument < in->engine->ninstruments ? in->slots[ev->instrument] : NO_SLOT;
    before = call_begin(in->engine, in, SLOT_CALL_ON_EVENT);
    rc = m->table->on_event(in->self, ev, &m->out);
    call_end(in->engine, before);
    instance_end(in, begun);
    if (rc != QN_OK) instance_fault(in, rc);
}

void feature_put(engine *e, uint32_t feature, uint32_t instrument, double value, int64_t valid_to)
{
    qn_feature_value record = {.hdr = {.size = sizeof record,
                                       .type = QN_EVENT_FEATURE,
                                       .seq = e->cause,
                                       .ts_ns = e->now,
                                       .instrument = instrument,
                                       .slot = NO_SLOT},
                               .feature = feature,
                               .value = value,
                               .valid_to = valid_to};

    e->features.values[(size_t)feature * e->ninstruments + instrument] =
        (qn_feature){sizeof(qn_feature), instrument, value, e->now, valid_to};
    e->counts.features++;
    if (e->bus) bus_put(e->bus, &record.hdr);
}

static int32_t publish(model *m, uint32_t instrument, uint32_t feature, double value,
                       int64_t valid_ns)
{
    engine *e = m->in.engine;
    int64_t valid_to = INT64_MAX;

    if (instrument >= e->ninstruments || m->in.slots[instrument] == NO_SLOT)
        return QN_E_INTENT_INSTRUMENT;
    if (feature >= m->nfeatures || valid_ns < 0) return QN_E_RANGE;
    if (!isfinite(value)) return QN_E_INTENT_VALUE;
    if (valid_ns && __builtin_add_overflow(e->now, valid_ns, &valid_to)) valid_to = INT64_MAX;
    feature_put(e, m->first + feature, instrument, value, valid_to);
    return QN_OK;
}

int32_t model_publish(void *ctx, uint32_t instrument, uint32_t feature, double value,
                      int64_t valid_ns)
{
    model *m = ctx;
    int32_t rc;

    if (!instance_may_send(&m->in)) return QN_E_QUARANTINED;
    rc = publish(m, instrument, feature, value, valid_ns);

    if (rc != QN_OK) {
        m->in.engine->counts.refused++;
        fault_strike(&m->in, rc);
    }
    return rc;
}

/* ------------------------------------------------------------------ reading */

static int32_t feature_find(qn_ctx *ctx, const char *name, uint32_t *feature)
{
    const instance *in = body_of(ctx)->seat;

    for (uint32_t i = 0; i < in->features_known; i++) {
        if (strcmp(in->engine->features.names[i], name) != 0) continue;
        *feature = i;
        return QN_OK;
    }
    return QN_E_UNKNOWN_NAME;
}

/* Notes what was read, so that an order can be explained by it. */
static void note_read(instance *in, uint32_t feature, const qn_feature *value)
{
    if (in->read_seq != in->engine->cause) {
        in->read_seq = in->engine->cause;
        in->nread = 0;
    }
    in->read[in->nread++ % QN_FEATURES_READ] =
        (qn_feature_read){feature, value->instrument, value->value};
}

static int32_t read_now(body *b, uint32_t feature, uint32_t instrument, qn_feature *out)
{
    instance *in = b->seat;
    const engine *e = in->engine;
    const qn_feature *found;
    qn_feature made;

    found = &e->features.values[(size_t)feature * e->ninstruments + instrument];
    if (!found->size) return QN_E_NOT_FOUND;
    if (b == in->live) note_read(in, feature, found);
    made = *found;
    made.size = out->size;
    give_struct(out, out->size, &made, sizeof made);
    return found->valid_to < e->now ? QN_E_STALE : QN_OK;
}

static int32_t feature_read(qn_ctx *ctx, uint32_t feature, uint32_t instrument, qn_feature *out)
{
    body *b = body_of(ctx);
    uint32_t in[] = {feature, instrument};
    tee_call c = {.call = TEE_FEATURE, .in = in, .nin = sizeof in, .out = out, .nout = out->size};

    if (feature >= b->seat->features_known || instrument >= b->seat->engine->ninstruments)
        return QN_E_RANGE;
    if (tee_answer(b, &c)) return (int32_t)c.result;
    return (int32_t)tee_note(b, &c, read_now(b, feature, instrument, out));
}

const qn_host_features features_extension = {
    .size = sizeof features_extension, .find = feature_find, .read = feature_read};

/* ------------------------------------------------------------------ slow work */

const qn_work *instance_work(const instance *in)
{
    for (uint32_t i = 0; i < in->cls->exts.nrows; i++) {
        const qn_ext *ext = qn_table_row(&in->cls->exts, i);
        if (strcmp(ext->id, QN_WORK) == 0) return ext->table;
    }
    return NULL;
}

static int32_t submit(instance *in, const qn_work *work, const job *j, const void *input,
                      uint64_t n)
{
    if (j->due_ns <= in->engine->now) return QN_E_RANGE;
    if (!instance_may_send(in)) return QN_E_QUARANTINED;
    return pool_submit(in->engine->pool, work, in->owner, j->due_ns, j->cookie, input, n);
}

static int32_t work_submit(qn_ctx *ctx, int64_t due_ns, uint64_t cookie, const void *input,
                           uint64_t n)
{
    instance *in = body_of(ctx)->seat;
    const qn_work *work = instance_work(in);
    const job j = {.due_ns = due_ns, .cookie = cookie};
    uint64_t words[] = {(uint64_t)due_ns, cookie, input ? crc32c(input, n) : 0, n};
    tee_call c = {.call = TEE_WORK, .in = words, .nin = sizeof words};

    if (!work || !in->deliver) return QN_E_UNSUPPORTED;
    if (tee_answer(body_of(ctx), &c)) return (int32_t)c.result;
    return (int32_t)tee_note(body_of(ctx), &c, submit(in, work, &j, input, n));
}

const qn_host_worker worker_extension = {.size = sizeof worker_extension, .submit = work_submit};
