/* SPDX-License-Identifier: MIT
 *
 * The host as the plugin sees it: its table, its extensions. Each function first asks whether it
 * may be called now. */
#include "bench_internal.h"

#include <quoin/sdk/decimal.h>

#include <string.h>

#define TIMERS_MAX 4096u
#define WORK_MAX 16u
#define WORK_BYTES (UINT64_C(16) << 20)

static qn_bench *bench_of(qn_ctx *ctx)
{
    return (qn_bench *)(void *)ctx;
}

static void host_log(qn_ctx *ctx, int32_t level, qn_str text)
{
    qn_bench *b = bench_of(ctx);
    qn_bench_output *o;
    uint64_t n;

    if (!bench_allows(b, "log", CALL_NONE, -1) || !(o = bench_say(b, QN_BENCH_LOG))) return;
    n = text.len < sizeof o->as.log.text ? text.len : sizeof o->as.log.text - 1;
    o->as.log.level = level;
    memcpy(o->as.log.text, text.ptr, n);
}

static void *host_alloc(qn_ctx *ctx, uint64_t n, uint64_t align)
{
    qn_bench *b = bench_of(ctx);
    void *bytes;

    if (!bench_allows(b, "alloc", CALL_CONTROL, 0)) return NULL;
    if (align == 0 || (align & (align - 1)) != 0 || align > 4096) {
        bench_fault(b, PLUGIN, "alloc with an alignment of %llu: it is a power of two",
                    (unsigned long long)align);
        return NULL;
    }
    if (!bench_reserve((void **)&b->blocks, &b->blocks_room, b->nblocks + 1, sizeof *b->blocks))
        return NULL;
    if (!(bytes = bench_take(n, align))) return NULL;
    b->blocks[b->nblocks++] = (bench_block){bytes, n};
    return bytes;
}

/* Something to be due later; NULL = out of memory, a failure. */
static bench_due *due_add(qn_bench *b, int64_t due_ns, uint64_t cookie)
{
    bench_due *d;

    if (!bench_reserve((void **)&b->due, &b->due_room, b->ndue + 1, sizeof *d)) {
        bench_fault(b, TEST, "out of memory");
        return NULL;
    }
    d = &b->due[b->ndue++];
    memset(d, 0, sizeof *d);
    d->due_ns = due_ns;
    d->cookie = cookie;
    d->number = ++b->due_counter;
    return d;
}

static int32_t host_timer(qn_ctx *ctx, int64_t due_ns, uint64_t cookie)
{
    qn_bench *b = bench_of(ctx);
    qn_bench_output *o;
    int64_t rc;

    if (!bench_allows(b, "timer", CALL_EVENT, 1)) return QN_E_STATE;
    if (!(o = bench_say(b, QN_BENCH_TIMER))) return QN_E_NO_MEMORY;
    o->as.timer.due_ns = due_ns;
    o->as.timer.cookie = cookie;
    rc = bench_answer_of(b, QN_BENCH_TIMER);
    if (rc == 0 && bench_is(b, QN_KIND_VENUE)) rc = QN_E_UNSUPPORTED;
    if (rc == 0 && b->ndue >= TIMERS_MAX) rc = QN_E_FULL;
    if (rc == 0 && !due_add(b, due_ns, cookie)) rc = QN_E_NO_MEMORY;
    o->answer = rc;
    return (int32_t)rc;
}

/* ------------------------------------------------------------------ portfolio */

static int32_t portfolio_position(qn_ctx *ctx, uint32_t instrument, qn_position *out)
{
    qn_bench *b = bench_of(ctx);
    int64_t slot = bench_slot(b, instrument);
    uint32_t size = out->size;

    if (!bench_allows(b, "position", CALL_EVENT, 1)) return QN_E_STATE;
    if (slot < 0) return QN_E_INTENT_INSTRUMENT;
    memcpy(out, &b->positions[slot], size < sizeof *out ? size : sizeof *out);
    out->size = size;
    return QN_OK;
}

static int32_t portfolio_equity(qn_ctx *ctx, uint32_t instrument, int64_t *out)
{
    qn_bench *b = bench_of(ctx);
    int64_t slot = bench_slot(b, instrument);

    if (!bench_allows(b, "equity", CALL_EVENT, 1)) return QN_E_STATE;
    if (slot < 0) return QN_E_INTENT_INSTRUMENT;
    *out = b->states[b->exposures[slot].account % QN_BENCH_ACCOUNTS].equity;
    return QN_OK;
}

static int64_t portfolio_mark(qn_ctx *ctx, uint32_t instrument)
{
    qn_bench *b = bench_of(ctx);
    int64_t slot = bench_slot(b, instrument);

    if (!bench_allows(b, "mark", CALL_EVENT, 1)) return 0;
    return slot < 0 ? 0 : b->exposures[slot].mark;
}

/* ------------------------------------------------------------------ features */

static int32_t features_find(qn_ctx *ctx, const char *name, uint32_t *feature)
{
    qn_bench *b = bench_of(ctx);

    if (!bench_allows(b, "find", CALL_CONTROL, 0)) return QN_E_STATE;
    for (uint32_t i = 0; i < b->nfeatures; i++)
        if (strcmp(b->features[i].name, name) == 0) {
            *feature = i;
            return QN_OK;
        }
    return QN_E_UNKNOWN_NAME;
}

static int32_t features_read(qn_ctx *ctx, uint32_t feature, uint32_t instrument, qn_feature *out)
{
    qn_bench *b = bench_of(ctx);
    int64_t slot = bench_slot(b, instrument);
    const bench_feature *f;

    if (!bench_allows(b, "read", CALL_EVENT, 1)) return QN_E_STATE;
    if (out->size != sizeof *out) {
        bench_fault(b, PLUGIN, "read was given a qn_feature whose size is %u", out->size);
        return QN_E_INVALID;
    }
    if (feature >= b->nfeatures || slot < 0) return QN_E_RANGE;
    f = &b->features[feature];
    if (!f->is_known[slot]) return QN_E_NOT_FOUND;
    *out = (qn_feature){.size = sizeof *out,
                        .instrument = instrument,
                        .value = f->values[slot],
                        .ts_ns = b->now,
                        .valid_to = f->code == QN_E_STALE ? b->now - 1 : INT64_MAX};
    return f->code;
}

static bench_feature *feature_named(qn_bench *b, const char *name)
{
    bench_feature *f;

    for (uint32_t i = 0; i < b->nfeatures; i++)
        if (strcmp(b->features[i].name, name) == 0) return &b->features[i];
    if (b->nfeatures == QN_BENCH_FEATURES || strlen(name) >= sizeof f->name) {
        bench_fault(b, TEST, "feature %.60s: too long, or more than %u", name, QN_BENCH_FEATURES);
        return NULL;
    }
    f = &b->features[b->nfeatures++];
    memcpy(f->name, name, strlen(name) + 1);
    return f;
}

int32_t qn_bench_feature(qn_bench *b, const char *name, uint32_t slot, double value)
{
    bench_feature *f = b ? feature_named(b, name) : NULL;

    if (!f) return QN_E_FULL;
    if (slot >= QN_BENCH_INSTRUMENTS) {
        bench_fault(b, TEST, "feature %s of slot %u", name, slot);
        return QN_E_RANGE;
    }
    f->values[slot] = value;
    f->is_known[slot] = 1;
    return QN_OK;
}

int32_t qn_bench_feature_state(qn_bench *b, const char *name, int32_t code)
{
    bench_feature *f = b ? feature_named(b, name) : NULL;

    if (!f) return QN_E_FULL;
    f->code = code;
    return QN_OK;
}

/* ------------------------------------------------------------------ books */

static uint32_t books_accounts(qn_ctx *ctx)
{
    return bench_allows(bench_of(ctx), "accounts", CALL_EVENT, 1) ? bench_of(ctx)->naccounts : 0;
}

static int32_t books_account(qn_ctx *ctx, uint32_t account, qn_account_state *out)
{
    qn_bench *b = bench_of(ctx);

    if (!bench_allows(b, "account", CALL_EVENT, 1)) return QN_E_STATE;
    if (account >= b->naccounts) return QN_E_RANGE;
    if (out->size != sizeof *out) {
        bench_fault(b, PLUGIN, "account was given a qn_account_state whose size is %u", out->size);
        return QN_E_INVALID;
    }
    *out = b->states[account];
    return QN_OK;
}

static int32_t books_exposure(qn_ctx *ctx, uint32_t instrument, qn_exposure *out)
{
    qn_bench *b = bench_of(ctx);
    int64_t slot = bench_slot(b, instrument);

    if (!bench_allows(b, "exposure", CALL_EVENT, 1)) return QN_E_STATE;
    if (slot < 0) return QN_E_RANGE;
    if (out->size != sizeof *out) {
        bench_fault(b, PLUGIN, "exposure was given a qn_exposure whose size is %u", out->size);
        return QN_E_INVALID;
    }
    *out = b->exposures[slot];
    return QN_OK;
}

/* Of the account, strategy 0, and of strategy 1: on the bench they are the same. */
static int32_t books_position(qn_ctx *ctx, uint32_t strategy, uint32_t instrument, qn_position *out)
{
    qn_bench *b = bench_of(ctx);
    int64_t slot = bench_slot(b, instrument);
    uint32_t size = out->size;

    if (!bench_allows(b, "position", CALL_EVENT, 1)) return QN_E_STATE;
    if (slot < 0 || strategy > 1) return QN_E_RANGE;
    memcpy(out, &b->positions[slot], size < sizeof *out ? size : sizeof *out);
    out->size = size;
    out->qty = b->exposures[slot].qty;
    return QN_OK;
}

int32_t qn_bench_money(qn_bench *b, uint32_t slot, int64_t qty, int64_t price, int64_t *out)
{
    const qn_instrument *in = b && slot < b->ninstruments ? &b->instruments[slot] : NULL;
    qn_wide product = (qn_wide)qty * price, money;
    int32_t exp;

    if (!in) return QN_E_RANGE;
    exp = in->qty_exp + in->price_exp + in->contract_size.exp - in->money_exp;
    if (__builtin_mul_overflow(product, in->contract_size.mantissa, &product) ||
        qn_wide_scale(product, exp, &money) != QN_OK)
        return QN_E_OVERFLOW;
    return qn_wide_narrow(money, out);
}

static int32_t books_money(qn_ctx *ctx, uint32_t instrument, int64_t qty, int64_t price,
                           int64_t *out)
{
    qn_bench *b = bench_of(ctx);
    int64_t slot = bench_slot(b, instrument);

    if (!bench_allows(b, "money", CALL_EVENT, 1)) return QN_E_STATE;
    return slot < 0 ? QN_E_RANGE : qn_bench_money(b, (uint32_t)slot, qty, price, out);
}

/* ------------------------------------------------------------------ work */

static const qn_work *work_of(const qn_bench *b)
{
    for (uint32_t i = 0; i < b->cls->exts.nrows; i++) {
        const qn_ext *ext = (const qn_ext *)qn_table_row(&b->cls->exts, i);
        if (strcmp(ext->id, QN_WORK) == 0) return (const qn_work *)ext->table;
    }
    return NULL;
}

static uint64_t work_under_way(const qn_bench *b)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i < b->ndue; i++)
        n += b->due[i].is_result != 0;
    return n;
}

/* The work is done at once, on a copy of its input, as it sees nothing else; its result waits. */
static int32_t work_do(qn_bench *b, int64_t due_ns, uint64_t cookie, const void *input, uint64_t n)
{
    const qn_work *work = work_of(b);
    const volatile uint32_t cancel = 0;
    bench_due *d;
    void *copy;
    int64_t used;

    if (!work) return QN_E_UNSUPPORTED;
    if (due_ns <= b->now || n > WORK_BYTES) return QN_E_RANGE;
    if (work_under_way(b) == WORK_MAX) return QN_E_FULL;
    if (!(copy = bench_take(n, 16))) return QN_E_NO_MEMORY;
    if (n) memcpy(copy, input, n);
    if ((d = due_add(b, due_ns, cookie))) {
        d->is_result = 1;
        used = work->run(copy, n, d->bytes, sizeof d->bytes, &cancel);
        if (used > (int64_t)sizeof d->bytes)
            bench_fault(b, PLUGIN, "its work wrote %lld bytes, into %u", (long long)used,
                        QN_RESULT_BYTES);
        d->status = used < 0 ? (int32_t)used : QN_OK;
        d->nbytes = used < 0 ? 0 : (uint32_t)used;
    }
    bench_give(copy);
    return d ? QN_OK : QN_E_NO_MEMORY;
}

static int32_t worker_submit(qn_ctx *ctx, int64_t due_ns, uint64_t cookie, const void *input,
                             uint64_t n)
{
    qn_bench *b = bench_of(ctx);
    int64_t rc = bench_answer_of(b, QN_BENCH_WORK);
    qn_bench_output *o;

    if (!bench_allows(b, "submit", CALL_EVENT, 1)) return QN_E_STATE;
    if (rc == 0) rc = work_do(b, due_ns, cookie, input, n);
    if (!(o = bench_say(b, QN_BENCH_WORK))) return QN_E_NO_MEMORY;
    o->as.timer.due_ns = due_ns;
    o->as.timer.cookie = cookie;
    o->answer = rc;
    return (int32_t)rc;
}

/* ------------------------------------------------------------------ the table */

static const qn_host_portfolio portfolio = {sizeof portfolio, 0, portfolio_position,
                                            portfolio_equity, portfolio_mark};
static const qn_host_features features = {sizeof features, 0, features_find, features_read};
static const qn_host_books books = {
    sizeof books, 0, books_accounts, books_account, books_exposure, books_position, books_money};
static const qn_host_worker worker = {sizeof worker, 0, worker_submit};

static const struct {
    const char *id;
    const void *table;
    const char *kinds; /* that are given it; NULL = all */
} exts[] = {
    {QN_HOST_PORTFOLIO, &portfolio, NULL},
    {QN_HOST_FEATURES, &features, NULL},
    {QN_HOST_WORKER, &worker, NULL},
    {QN_HOST_BOOKS, &books, QN_KIND_RISK " " QN_KIND_OPTIMIZER " " QN_KIND_EXECUTION},
};

static const void *ext_of(const qn_bench *b, const char *id)
{
    for (size_t i = 0; i < sizeof exts / sizeof exts[0]; i++)
        if (strcmp(exts[i].id, id) == 0)
            return !exts[i].kinds || strstr(exts[i].kinds, b->cls->kind) ? exts[i].table : NULL;
    return NULL;
}

static const void *host_ext(qn_ctx *ctx, const char *id)
{
    qn_bench *b = bench_of(ctx);

    return bench_allows(b, "ext", CALL_NONE, -1) ? ext_of(b, id) : NULL;
}

int bench_has(const qn_bench *b, const char *ext)
{
    return ext_of(b, ext) != NULL;
}

void bench_host_make(qn_bench *b)
{
    b->host = (qn_host){.size = sizeof b->host,
                        .abi = QN_ABI,
                        .ctx = (qn_ctx *)(void *)b,
                        .log = host_log,
                        .ext = host_ext,
                        .alloc = host_alloc,
                        .timer = host_timer};
    b->setup = (qn_setup){
        .size = sizeof b->setup, .host = &b->host, .id = "bench", .instruments = b->list};
}
