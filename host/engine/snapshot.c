/* SPDX-License-Identifier: MIT
 *
 * Snapshots: the state of everything that is not in the books, between two events.
 *
 * The books themselves are not loaded from a snapshot: they are booked again from the journal and
 * the tape, which is fast, feeds the report, and proves that both agree: their hash must be the
 * one that the snapshot holds. What plugins remember cannot be had that way without running
 * them, and that is what a snapshot saves.
 *
 * A class that saves nothing, and does not say that it has nothing to save (QN_CLASS_STATELESS),
 * cannot be continued. A run that has one takes no snapshots, and a resume does the whole run
 * again. */
#include "internal.h"

#include "base/bytes.h"
#include "base/fail.h"
#include "base/log.h"

#include <inttypes.h>
#include <string.h>

#define SNAPSHOT_VERSION 3u
#define TAG_ENGINE BYTES_TAG('E', 'N', 'G', 'N')
#define TAG_TIMERS BYTES_TAG('T', 'I', 'M', 'E')
#define TAG_PORTFOLIO BYTES_TAG('P', 'O', 'R', 'T')
#define TAG_FEATURES BYTES_TAG('F', 'E', 'A', 'T')
#define TAG_INSTANCE BYTES_TAG('I', 'N', 'S', 'T')

/* ------------------------------------------------------------------ hashes of the books */

static int32_t hash_and_free(bytes_out *out, char to[SHA256_HEX], qn_err *err)
{
    int32_t rc = bytes_check(out, err);

    if (rc == QN_OK) rc = sha256_of(out->data, out->used, to, err);
    bytes_free(out);
    return rc;
}

int32_t engine_ledger_hash(const engine *e, char to[SHA256_HEX], qn_err *err)
{
    bytes_out out = {0};

    ledger_save(e->ledger, &out);
    return hash_and_free(&out, to, err);
}

static int32_t books_hash(const engine *e, char to[SHA256_HEX], qn_err *err)
{
    bytes_out out = {0};

    ledger_save(e->ledger, &out);
    orders_save(e->orders, &out);
    return hash_and_free(&out, to, err);
}

/* ------------------------------------------------------------------ saving */

const char *snapshot_hindrance(const engine *e)
{
    for (uint32_t i = 1; i < e->nowners; i++) {
        const qn_class *cls = e->owners[i]->cls;
        bool is_sink = strcmp(cls->kind, QN_KIND_SINK) == 0; /* its cursor is all its state */
        if (!is_sink && !cls->save && !(cls->flags & QN_CLASS_STATELESS)) return e->owners[i]->id;
    }
    return NULL;
}

static void save_engine(const engine *e, bytes_out *out)
{
    size_t begun = bytes_begin(out, TAG_ENGINE);
    char hash[SHA256_HEX];

    bytes_put_u32(out, SNAPSHOT_VERSION);
    bytes_put_u64(out, e->counts.market);
    bytes_put_u64(out, e->counts.features);
    bytes_put_u64(out, e->counts.faults);
    bytes_put_u64(out, e->counts.refused);
    bytes_put_u64(out, e->counts.strikes);
    bytes_put_text(out, books_hash(e, hash, NULL) == QN_OK ? hash : "");
    for (uint32_t i = 0; i < e->nstrategies; i++) {
        bytes_put_u64(out, e->strategies[i].burst_seq);
        bytes_put_u32(out, e->strategies[i].burst);
    }
    bytes_end(out, begun);
}

static void save_timers(const engine *e, bytes_out *out)
{
    size_t begun = bytes_begin(out, TAG_TIMERS);

    bytes_put_u64(out, e->timers.order);
    bytes_put_u64(out, e->timers.n);
    for (size_t i = 0; i < e->timers.n; i++) { /* the heap as it lies is a heap again */
        const timer *t = &e->timers.heap[i];
        bytes_put_i64(out, t->due);
        bytes_put_u64(out, t->order);
        bytes_put_u64(out, t->cookie);
        bytes_put_u32(out, t->owner);
    }
    bytes_end(out, begun);
}

static void save_line(const line *l, bytes_out *out)
{
    bytes_put_double(out, l->strength);
    bytes_put_double(out, l->confidence);
    bytes_put_i64(out, l->valid_to);
    bytes_put_i64(out, l->stop_loss);
    bytes_put_i64(out, l->take_profit);
    bytes_put_u64(out, l->signal_seq);
    bytes_put_double(out, l->weight);
}

static void save_portfolio(const portfolio *p, bytes_out *out)
{
    size_t begun = bytes_begin(out, TAG_PORTFOLIO);

    for (uint32_t i = 0; i < p->nlines; i++)
        save_line(&p->lines[i], out);
    bytes_put_i64(out, p->next_sample);
    bytes_put_u64(out, p->sampled_at);
    bytes_put_u64(out, p->nsampled);
    for (uint32_t i = 0; p->prices && i < p->ncolumns; i++)
        bytes_put_i64(out, p->prices[i]);
    for (size_t i = 0; p->rows && i < (size_t)p->need.nreturns * p->ncolumns; i++)
        bytes_put_double(out, p->rows[i]);
    bytes_end(out, begun);
}

static void save_features(const engine *e, bytes_out *out)
{
    size_t begun = bytes_begin(out, TAG_FEATURES);

    for (size_t i = 0; i < (size_t)e->features.n * e->ninstruments; i++) {
        const qn_feature *f = &e->features.values[i];
        bytes_put_u8(out, f->size != 0);
        bytes_put_double(out, f->value);
        bytes_put_i64(out, f->ts_ns);
        bytes_put_i64(out, f->valid_to);
    }
    bytes_end(out, begun);
}

/* One instance: whose state it is, and the state, which only its class can read. */
static int32_t save_instance(const instance *in, bytes_out *out, qn_err *err)
{
    size_t begun = bytes_begin(out, TAG_INSTANCE);
    qn_stream bytes_of = bytes_stream_out(out);
    qn_err why = QN_ERR_INIT;
    uint32_t before;
    int32_t rc = QN_OK;

    bytes_put_text(out, in->id);
    bytes_put_text(out, in->cls->id);
    bytes_put_u32(out, in->cls->schema);
    bytes_put_u32(out, in->ntimers);
    bytes_put_i64(out, in->at_once_ts);
    bytes_put_u32(out, in->at_once);
    bytes_put_u64(out, in->sent);
    bytes_put_u32(out, in->strikes);
    bytes_put_u8(out, in->is_out);
    before = call_begin(in->engine, in, SLOT_CALL_SAVE);
    if (in->cls->save && !in->is_out) /* it is not called any more */
        rc = in->cls->save(in->live->self, &bytes_of, &why);
    call_end(in->engine, before);
    bytes_end(out, begun);
    return rc == QN_OK ? rc : fail(err, rc, "%s cannot save its state: %s", in->id, why.msg);
}

static int32_t save(engine *e, bytes_out *out, qn_err *err)
{
    int32_t rc = QN_OK;

    save_engine(e, out);
    save_timers(e, out);
    save_portfolio(&e->portfolio, out);
    save_features(e, out);
    if (e->functions.n) functions_save(e, out);
    if (e->pool) pool_save(e->pool, out);
    for (uint32_t i = 1; i < e->nowners && rc == QN_OK; i++)
        rc = save_instance(e->owners[i], out, err);
    return rc == QN_OK ? bytes_check(out, err) : rc;
}

void snapshot_take(engine *e)
{
    bytes_out out = {0};
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    e->snapshot_at = e->counts.market + (uint64_t)e->run->snapshot_every;
    if (snapshot_hindrance(e)) return; /* since a reload: the last one before it serves a resume */
    rc = save(e, &out, &err);
    if (rc == QN_OK) rc = snapshot_put(e->store, e->seq, out.data, out.used, &err);
    bytes_free(&out);
    if (rc == QN_OK)
        e->counts.snapshots++;
    else /* the journal has everything: a resume takes longer, that is all */
        log_line(LOG_WARNING, "no snapshot was taken: %s", err.msg);
}

/* ------------------------------------------------------------------ loading */

static void load_engine(engine *e, bytes_in *all, qn_err *err)
{
    bytes_in in = bytes_section(all, TAG_ENGINE);
    char was[SHA256_HEX];
    char is[SHA256_HEX];

    bytes_require(&in, bytes_get_u32(&in) == SNAPSHOT_VERSION, "version of the snapshot");
    bytes_require(&in, bytes_get_u64(&in) == e->counts.market, "count of market events");
    e->counts.features = bytes_get_u64(&in);
    e->counts.faults = bytes_get_u64(&in);
    e->counts.refused = bytes_get_u64(&in); /* of some there is no record */
    e->counts.strikes = bytes_get_u64(&in);
    bytes_get_text(&in, was, sizeof was);
    if (books_hash(e, is, err) == QN_OK)
        bytes_require(&in, strcmp(was, is) == 0,
                      "hash of the books: they are not what the journal says they were");
    for (uint32_t i = 0; i < e->nstrategies; i++) {
        e->strategies[i].burst_seq = bytes_get_u64(&in);
        e->strategies[i].burst = bytes_get_u32(&in);
    }
    if (bytes_in_end(&in, err) != QN_OK) all->code = in.code;
}

static void load_timers(engine *e, bytes_in *all, qn_err *err)
{
    bytes_in in = bytes_section(all, TAG_TIMERS);
    uint64_t count = bytes_get_u64(&in);
    size_t n = bytes_get_count(&in, 28);

    timers_free(&e->timers);
    for (size_t i = 0; i < n && in.code == QN_OK; i++) {
        timer t = {.due = bytes_get_i64(&in)};
        t.order = bytes_get_u64(&in);
        t.cookie = bytes_get_u64(&in);
        t.owner = bytes_get_u32(&in);
        if (!bytes_require(&in, t.owner < e->nowners, "owner of a timer")) break;
        if (timers_append(&e->timers, &t) != QN_OK) in.code = QN_E_NO_MEMORY;
    }
    e->timers.order = count;
    if (bytes_in_end(&in, err) != QN_OK) all->code = in.code;
}

static void load_line(line *l, bytes_in *in)
{
    l->strength = bytes_get_double(in);
    l->confidence = bytes_get_double(in);
    l->valid_to = bytes_get_i64(in);
    l->stop_loss = bytes_get_i64(in);
    l->take_profit = bytes_get_i64(in);
    l->signal_seq = bytes_get_u64(in);
    l->weight = bytes_get_double(in);
}

static void load_portfolio(portfolio *p, bytes_in *all, qn_err *err)
{
    bytes_in in = bytes_section(all, TAG_PORTFOLIO);

    for (uint32_t i = 0; i < p->nlines; i++)
        load_line(&p->lines[i], &in);
    p->next_sample = bytes_get_i64(&in);
    p->sampled_at = bytes_get_u64(&in);
    p->nsampled = bytes_get_u64(&in);
    for (uint32_t i = 0; p->prices && i < p->ncolumns; i++)
        p->prices[i] = bytes_get_i64(&in);
    for (size_t i = 0; p->rows && i < (size_t)p->need.nreturns * p->ncolumns; i++)
        p->rows[i] = bytes_get_double(&in);
    if (bytes_in_end(&in, err) != QN_OK) all->code = in.code;
}

static void load_features(engine *e, bytes_in *all, qn_err *err)
{
    bytes_in in = bytes_section(all, TAG_FEATURES);

    for (size_t i = 0; i < (size_t)e->features.n * e->ninstruments; i++) {
        qn_feature *f = &e->features.values[i];
        *f = (qn_feature){.size = bytes_get_bool(&in) ? sizeof *f : 0,
                          .instrument = (uint32_t)(i % e->ninstruments)};
        f->value = bytes_get_double(&in);
        f->ts_ns = bytes_get_i64(&in);
        f->valid_to = bytes_get_i64(&in);
    }
    if (bytes_in_end(&in, err) != QN_OK) all->code = in.code;
}

static int32_t load_instance(instance *in, bytes_in *all, qn_err *err)
{
    bytes_in part = bytes_section(all, TAG_INSTANCE);
    qn_stream bytes_of = bytes_stream_in(&part);
    qn_err why = QN_ERR_INIT;
    char text[128];
    uint32_t schema;
    uint32_t before;
    int32_t rc = QN_OK;

    bytes_get_text(&part, text, sizeof text);
    bytes_require(&part, strcmp(text, in->id) == 0, "id of an instance");
    bytes_get_text(&part, text, sizeof text);
    bytes_require(&part, strcmp(text, in->cls->id) == 0, "class of an instance");
    schema = bytes_get_u32(&part);
    in->ntimers = bytes_get_u32(&part);
    in->at_once_ts = bytes_get_i64(&part);
    in->at_once = bytes_get_u32(&part);
    in->sent = bytes_get_u64(&part);
    in->strikes = bytes_get_u32(&part);
    in->is_out = bytes_get_bool(&part);
    fault_seat(in);
    if ((rc = bytes_in_check(&part, err)) != QN_OK) return rc;
    before = call_begin(in->engine, in, SLOT_CALL_LOAD_STATE);
    if (in->cls->load && !in->is_out) rc = in->cls->load(in->live->self, schema, &bytes_of, &why);
    call_end(in->engine, before);
    if (rc != QN_OK) return fail(err, rc, "%s cannot load its state: %s", in->id, why.msg);
    return bytes_in_end(&part, err);
}

static const qn_work *work_of_owner(void *ctx, uint32_t owner)
{
    const engine *e = ctx;

    return owner > OWNER_HOST && owner < e->nowners ? instance_work(e->owners[owner]) : NULL;
}

static int32_t load(engine *e, bytes_in *in, qn_err *err)
{
    int32_t rc;

    load_engine(e, in, err);
    if (in->code == QN_OK) load_timers(e, in, err);
    if (in->code == QN_OK) load_portfolio(&e->portfolio, in, err);
    if (in->code == QN_OK) load_features(e, in, err);
    if (in->code == QN_OK && e->functions.n) functions_load(e, in, err);
    if (in->code == QN_OK && e->pool) in->code = pool_load(e->pool, in, work_of_owner, e, err);
    rc = in->code;
    for (uint32_t i = 1; i < e->nowners && rc == QN_OK; i++)
        rc = load_instance(e->owners[i], in, err);
    return rc == QN_OK ? bytes_in_end(in, err) : rc;
}

int32_t snapshot_restore(engine *e, qn_err *err)
{
    uint64_t seq;
    void *bytes;
    size_t n;
    bytes_in in;
    int32_t rc = snapshot_get(e->store, e->run_number, &seq, &bytes, &n, err);

    if (rc == QN_E_NOT_FOUND) return QN_OK; /* the whole run is done again */
    if (rc != QN_OK) return rc;
    in = bytes_reader(bytes, n);
    rc = books_replay(e, seq, err);
    if (rc == QN_OK && e->failed != QN_OK) {
        rc = e->failed;
        if (err) *err = e->failure;
    }
    if (rc == QN_OK) rc = reload_restore(e, err);
    if (rc == QN_OK) rc = load(e, &in, err);
    mem_free(bytes);
    if (rc == QN_OK)
        log_line(LOG_INFO, "%" PRIu64 " market events were booked again from the journal",
                 e->counts.market);
    return rc;
}
