/* SPDX-License-Identifier: MIT
 *
 * State: saved, loaded, and an instance replaced by another in the middle of a test. */
#include "bench_internal.h"

#include <quoin/sdk/fail.h>

#include <string.h>

void qn_bench_stream_bytes(qn_bench *b, uint64_t most)
{
    if (!b) return;
    if (most == 0) bench_fault(b, TEST, "a stream moves at least 1 byte a call");
    b->stream_bytes = most ? most : 1;
}

void qn_bench_reload_always(qn_bench *b, int is_on)
{
    if (b) b->reloads_always = is_on;
}

void qn_bench_loads_early(qn_bench *b, int is_on)
{
    if (b) b->loads_early = is_on;
}

/* ------------------------------------------------------------------ streams */

static int64_t saved_write(void *ctx, const void *from, uint64_t n)
{
    qn_bench *b = (qn_bench *)ctx;

    if (n > b->stream_bytes) n = b->stream_bytes;
    if (!bench_reserve((void **)&b->saved, &b->saved_room, b->saved_bytes + n, 1))
        return QN_E_NO_MEMORY;
    memcpy(b->saved + b->saved_bytes, from, n);
    b->saved_bytes += n;
    return (int64_t)n;
}

typedef struct reader {
    const unsigned char *bytes;
    uint64_t n, at, most;
} reader;

static int64_t reader_read(void *ctx, void *to, uint64_t n)
{
    reader *r = (reader *)ctx;

    if (n > r->n - r->at) n = r->n - r->at;
    if (n > r->most) n = r->most;
    memcpy(to, r->bytes + r->at, n);
    r->at += n;
    return (int64_t)n;
}

/* ------------------------------------------------------------------ save */

static int32_t save(qn_bench *b, qn_err *err)
{
    qn_stream to = {.size = sizeof to, .ctx = b, .write = saved_write};
    int phase = b->phase;
    bench_guard g;
    int32_t rc;

    b->saved_bytes = 0;
    if (!bench_enter(b, &g, CALL_EVENT, "save", 1)) return QN_E_STATE;
    b->phase = PHASE_QUIESCED;
    rc = b->cls->save(b->self, &to, err);
    b->phase = phase;
    bench_leave(b, &g);
    return rc;
}

const void *qn_bench_save(qn_bench *b, uint64_t *n)
{
    qn_err err = QN_ERR_INIT;

    *n = 0;
    if (!b || !b->self || !b->cls->schema) return NULL;
    if (bench_keep(b, save(b, &err), &err) != QN_OK) {
        bench_fault(b, PLUGIN, "save failed: %s", err.msg);
        return NULL;
    }
    *n = b->saved_bytes;
    return b->saved ? (const void *)b->saved : "";
}

/* ------------------------------------------------------------------ a new instance */

/* The instance that is put aside while a new one is tried. */
typedef struct aside {
    void *self;
    bench_block *blocks;
    uint64_t nblocks, room;
    qn_venue_info venue;
    qn_history_need need;
} aside;

static aside put_aside(qn_bench *b)
{
    aside old = {b->self, b->blocks, b->nblocks, b->blocks_room, b->venue, b->need};

    b->self = NULL;
    b->blocks = NULL;
    b->nblocks = b->blocks_room = 0;
    return old;
}

static void destroy(qn_bench *b, void *self)
{
    bench_guard g;

    if (!b->cls->destroy || !bench_enter(b, &g, CALL_CONTROL, "destroy", 0)) return;
    b->cls->destroy(self);
    bench_leave(b, &g);
}

/* Of two instances keep the new one, or the one that was put aside. */
static void settle(qn_bench *b, aside *old, int keeps_new)
{
    aside gone = *old;

    if (!keeps_new) {
        gone = put_aside(b);
        b->self = old->self;
        b->blocks = old->blocks;
        b->nblocks = old->nblocks;
        b->blocks_room = old->room;
        b->venue = old->venue;
        b->need = old->need;
    }
    b->phase = PHASE_ENDED;
    if (gone.self) destroy(b, gone.self);
    b->phase = PHASE_ACTIVE;
    bench_blocks_free(b, gone.blocks, gone.nblocks);
    bench_give(gone.blocks);
}

static int32_t load(qn_bench *b, uint32_t schema, reader *r, qn_err *err)
{
    qn_stream from = {.size = sizeof from, .ctx = r, .read = reader_read};
    bench_guard g;
    int32_t rc;

    b->phase = PHASE_CREATED;
    if (!bench_enter(b, &g, CALL_CONTROL, "load", 0)) return QN_E_STATE;
    rc = b->cls->load(b->self, schema, &from, err);
    bench_leave(b, &g);
    if (rc == QN_OK && r->at < r->n)
        rc = qn_fail(err, QN_E_DAMAGED, "%llu bytes are left behind the state",
                     (unsigned long long)(r->n - r->at));
    return rc;
}

/* Slots of parameters, as they were filled in. */
typedef struct kept {
    const qn_param *p;
    unsigned char bytes[32]; /* of the longest type */
} kept;

static void slots_keep(const qn_bench *b, kept *all, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        all[i].p = bench_param_find(b->cls, b->params[b->nparams - n + i].key);
        memcpy(all[i].bytes, (const char *)b->self + all[i].p->offset, bench_slot_bytes(all[i].p));
    }
}

static void slots_put(const qn_bench *b, const kept *all, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        memcpy((char *)b->self + all[i].p->offset, all[i].bytes, bench_slot_bytes(all[i].p));
}

/* A new instance with a state (r NULL = without) in the place of the one there is. Where a command
 * changes a parameter, the state holds it: of the last `nset` parameters what was given counts. */
static int32_t replace(qn_bench *b, uint32_t schema, reader *r, uint64_t nset, qn_err *err)
{
    kept slots[BENCH_WORDS];
    aside old = put_aside(b);
    int32_t rc = bench_instance_make(b, err);

    if (rc == QN_OK) slots_keep(b, slots, nset);
    if (rc == QN_OK && r && b->loads_early) rc = load(b, schema, r, err);
    if (rc == QN_OK) rc = bench_begin_service(b, err);
    if (rc == QN_OK && r && !b->loads_early) rc = load(b, schema, r, err);
    if (rc == QN_OK) slots_put(b, slots, nset);
    settle(b, &old, rc == QN_OK);
    return rc;
}

int32_t qn_bench_load(qn_bench *b, uint32_t schema, const void *bytes, uint64_t n)
{
    reader r = {(const unsigned char *)bytes, n, 0, b ? b->stream_bytes : 1};
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    if (!b) return QN_E_NO_MEMORY;
    if (b->phase != PHASE_ACTIVE || !b->cls->schema || schema < b->cls->schema_min ||
        schema > b->cls->schema) {
        bench_fault(b, TEST, "a state of layout %u into a class that reads %u to %u", schema,
                    b->cls ? b->cls->schema_min : 0, b->cls ? b->cls->schema : 0);
        return QN_E_STATE;
    }
    rc = replace(b, schema, &r, 0, &err);
    if (rc != QN_OK && !err.msg[0])
        bench_fault(b, PLUGIN, "load returned %s and did not say why", bench_error_name(rc));
    return bench_keep(b, rc, &err);
}

/* Save, into memory that the next save does not touch; NULL = a failure. */
static unsigned char *saved_copy(qn_bench *b, uint64_t *n)
{
    const void *now = qn_bench_save(b, n);
    unsigned char *copy = now ? (unsigned char *)bench_take(*n, 1) : NULL;

    if (copy) memcpy(copy, now, *n);
    return copy;
}

static int32_t reload_with_state(qn_bench *b, qn_err *err)
{
    uint64_t before_n, after_n;
    unsigned char *before = saved_copy(b, &before_n);
    reader r = {before, before_n, 0, b->stream_bytes};
    const void *after;
    int32_t rc;

    if (!before) return qn_fail(err, QN_E_STATE, "its state could not be saved");
    if ((rc = replace(b, b->cls->schema, &r, 0, err)) == QN_OK) {
        after = qn_bench_save(b, &after_n);
        if (!after || after_n != before_n || memcmp(after, before, before_n) != 0)
            rc = qn_fail(err, QN_E_DIVERGED, "what was loaded is saved as other bytes");
    }
    bench_give(before);
    return rc;
}

int32_t bench_replace_set(qn_bench *b, uint64_t nset, qn_err *err)
{
    uint64_t n;
    unsigned char *state;
    reader r;
    int32_t rc;

    if (!b->cls->schema && !(b->cls->flags & QN_CLASS_STATELESS))
        return qn_fail(err, QN_E_STATE, "%s saves no state that could go over", b->cls->id);
    if (!b->cls->schema) return replace(b, 0, NULL, nset, err);
    if (!(state = saved_copy(b, &n)))
        return qn_fail(err, QN_E_STATE, "its state could not be saved");
    r = (reader){state, n, 0, b->stream_bytes};
    rc = replace(b, b->cls->schema, &r, nset, err);
    bench_give(state);
    return rc;
}

int32_t qn_bench_reload(qn_bench *b)
{
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    if (!b) return QN_E_NO_MEMORY;
    if (b->phase != PHASE_ACTIVE) {
        bench_fault(b, TEST, "a reload of a plugin that is not started");
        return QN_E_STATE;
    }
    if (b->cls->schema)
        rc = reload_with_state(b, &err);
    else if (b->cls->flags & QN_CLASS_STATELESS)
        rc = replace(b, 0, NULL, 0, &err);
    else
        rc = qn_fail(&err, QN_E_UNSUPPORTED,
                     "the class saves no state and does not say that it is stateless");
    if (rc != QN_OK) bench_fault(b, PLUGIN, "reload: %s [%s]", err.msg, bench_error_name(rc));
    return bench_keep(b, rc, &err);
}
