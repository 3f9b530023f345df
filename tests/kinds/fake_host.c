/* SPDX-License-Identifier: MIT */
#include "fake_host.h"

#include "base/memory.h"

#include <quoin/sdk/decimal.h>

#include <check.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_BYTES (1u << 18)

/* ------------------------------------------------------------------ the host's side */

static fake_host *host_of(qn_ctx *ctx)
{
    return (fake_host *)(void *)ctx;
}

static void host_log(qn_ctx *ctx, int32_t level, qn_str text)
{
    (void)ctx;
    (void)level;
    (void)text;
}

static void *host_alloc(qn_ctx *ctx, uint64_t n, uint64_t align)
{
    fake_host *h = host_of(ctx);
    void *block;

    ck_assert_msg(!h->is_active, "memory was taken while events flow");
    ck_assert_uint_le(align, 16);
    ck_assert_uint_lt(h->nblocks, sizeof h->blocks / sizeof h->blocks[0]);
    block = mem_new(n, 1);
    ck_assert_ptr_nonnull(block);
    h->blocks[h->nblocks++] = block;
    return block;
}

static int32_t host_timer(qn_ctx *ctx, int64_t due_ns, uint64_t cookie)
{
    fake_host *h = host_of(ctx);

    if (h->timer_result != QN_OK) return h->timer_result;
    ck_assert_uint_lt(h->ntimers, FAKE_RECORDS);
    h->timers[h->ntimers++] = (fake_timer){due_ns, cookie};
    return QN_OK;
}

static uint32_t books_accounts(qn_ctx *ctx)
{
    return host_of(ctx)->naccounts;
}

static int32_t books_account(qn_ctx *ctx, uint32_t account, qn_account_state *out)
{
    const fake_host *h = host_of(ctx);

    ck_assert_uint_eq(out->size, sizeof *out);
    if (account >= h->naccounts) return QN_E_RANGE;
    *out = h->accounts[account];
    return QN_OK;
}

static int32_t books_exposure(qn_ctx *ctx, uint32_t instrument, qn_exposure *out)
{
    const fake_host *h = host_of(ctx);

    ck_assert_uint_eq(out->size, sizeof *out);
    if (instrument >= h->ninstruments) return QN_E_RANGE;
    *out = h->exposures[instrument];
    return QN_OK;
}

static int32_t books_position(qn_ctx *ctx, uint32_t strategy, uint32_t instrument, qn_position *out)
{
    const fake_host *h = host_of(ctx);

    if (strategy != 0 || instrument >= h->ninstruments) return QN_E_RANGE;
    *out = (qn_position){
        .size = sizeof *out, .instrument = instrument, .qty = h->exposures[instrument].qty};
    return QN_OK;
}

static int32_t books_money(qn_ctx *ctx, uint32_t instrument, int64_t qty, int64_t price,
                           int64_t *out)
{
    const fake_host *h = host_of(ctx);
    const qn_instrument *ins = &h->instruments[instrument < h->ninstruments ? instrument : 0];
    int32_t exp = ins->qty_exp + ins->price_exp + ins->contract_size.exp - ins->money_exp;
    qn_wide product = (qn_wide)qty * price;
    qn_wide money;

    if (instrument >= h->ninstruments) return QN_E_RANGE;
    if (__builtin_mul_overflow(product, ins->contract_size.mantissa, &product) ||
        qn_wide_scale(product, exp, &money) != QN_OK)
        return QN_E_OVERFLOW;
    return qn_wide_narrow(money, out);
}

static int32_t features_find(qn_ctx *ctx, const char *name, uint32_t *feature)
{
    const fake_host *h = host_of(ctx);

    ck_assert(!h->is_active);
    for (uint32_t i = 0; i < FAKE_FEATURES; i++) {
        *feature = i;
        if (h->features[i].name && strcmp(h->features[i].name, name) == 0) return QN_OK;
    }
    return QN_E_UNKNOWN_NAME;
}

static int32_t features_read(qn_ctx *ctx, uint32_t feature, uint32_t instrument, qn_feature *out)
{
    const fake_host *h = host_of(ctx);

    ck_assert_uint_eq(out->size, sizeof *out);
    if (feature >= FAKE_FEATURES || instrument >= h->ninstruments) return QN_E_RANGE;
    out->instrument = instrument;
    out->value = h->features[feature].value;
    return h->features[feature].result;
}

static const void *host_ext(qn_ctx *ctx, const char *id)
{
    static const qn_host_features features = {sizeof features, 0, features_find, features_read};
    static const qn_host_books books = {
        sizeof books,   0,          books_accounts, books_account, books_exposure,
        books_position, books_money};

    (void)ctx;
    if (strcmp(id, QN_HOST_FEATURES) == 0) return &features;
    return strcmp(id, QN_HOST_BOOKS) == 0 ? &books : NULL;
}

static int32_t out_halt(void *ctx, uint32_t reason, double limit, double value)
{
    fake_host *h = ctx;

    ck_assert_uint_lt(h->nhalts, FAKE_RECORDS);
    h->halts[h->nhalts++] = (qn_halt){.reason = reason, .limit = limit, .value = value};
    return QN_OK;
}

static int64_t out_send(void *ctx, const qn_child *child)
{
    fake_host *h = ctx;

    ck_assert_uint_eq(child->size, sizeof *child);
    ck_assert_int_gt(child->qty, 0);
    if (h->send_result) return h->send_result;
    ck_assert_uint_lt(h->nchildren, FAKE_RECORDS);
    h->children[h->nchildren] = (fake_child){++h->next_id, *child};
    return (int64_t)h->children[h->nchildren++].id;
}

static int32_t out_cancel(void *ctx, uint64_t order_id)
{
    (void)ctx;
    (void)order_id;
    return QN_E_INTENT_ORDER;
}

static int32_t out_finish(void *ctx, uint64_t parent_id)
{
    fake_host *h = ctx;

    ck_assert_uint_lt(h->nfinished, FAKE_RECORDS);
    h->finished[h->nfinished++] = parent_id;
    return QN_OK;
}

static int64_t out_push(void *ctx, const qn_intent *intent)
{
    fake_host *h = ctx;

    ck_assert_uint_eq(intent->kind, QN_INTENT_SIGNAL);
    ck_assert_uint_eq(intent->size, sizeof(qn_signal));
    ck_assert_uint_lt(h->nsignals, FAKE_RECORDS);
    h->signals[h->nsignals++] = *(const qn_signal *)(const void *)intent;
    return 0;
}

static int32_t out_publish(void *ctx, uint32_t instrument, uint32_t feature, double value,
                           int64_t valid_ns)
{
    fake_host *h = ctx;

    ck_assert_uint_lt(h->npublished, FAKE_RECORDS);
    h->published[h->npublished++] = (fake_published){instrument, feature, value, valid_ns};
    return QN_OK;
}

/* ------------------------------------------------------------------ parameters */

static int64_t label_place(const char *labels, const char *value)
{
    int64_t place = 0;

    for (const char *p = labels; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL, place++) {
        size_t len = strcspn(p, "|");
        if (len == strlen(value) && strncmp(p, value, len) == 0) return place;
    }
    ck_abort_msg("%s is none of %s", value, labels);
    return -1;
}

static int64_t duration(const char *value)
{
    static const struct unit {
        const char *name;
        int64_t ns;
    } units[] = {{"ms", QN_NS_PER_MS},
                 {"s", QN_NS_PER_S},
                 {"m", 60 * QN_NS_PER_S},
                 {"h", 3600 * QN_NS_PER_S},
                 {"d", QN_NS_PER_DAY}};
    char *end;
    int64_t n = strtoll(value, &end, 10);

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i].name) == 0) return n * units[i].ns;
    ck_abort_msg("%s is no duration", value);
    return 0;
}

static void param_set(void *self, const qn_param *p, const char *value)
{
    union {
        int64_t whole;
        double real;
        qn_decimal decimal;
        qn_str text;
    } slot = {0};
    size_t bytes = 8;
    int32_t rc = QN_OK;

    switch (p->type) {
    case QN_PARAM_TYPE_BOOL:
        slot.whole = strcmp(value, "true") == 0;
        break;
    case QN_PARAM_TYPE_ENUM:
        slot.whole = label_place(p->labels, value);
        break;
    case QN_PARAM_TYPE_F64:
        slot.real = strtod(value, NULL);
        break;
    case QN_PARAM_TYPE_DURATION:
        slot.whole = duration(value);
        break;
    case QN_PARAM_TYPE_DECIMAL:
        bytes = sizeof slot.decimal;
        rc = qn_decimal_parse(value, strlen(value), &slot.decimal);
        break;
    case QN_PARAM_TYPE_STRING:
        bytes = sizeof slot.text;
        slot.text = (qn_str){value, strlen(value)};
        break;
    default: /* I64; RATIO and BPS */
        rc = qn_decimal_parse_at(value, strlen(value),
                                 p->type == QN_PARAM_TYPE_I64 ? 0 : QN_RATE_EXP, &slot.whole);
        break;
    }
    ck_assert_msg(rc == QN_OK, "%s = %s", p->key, value);
    memcpy((char *)self + p->offset, &slot, bytes);
}

/* The value of a key in "key=value key=value", else the default; false if it has none. */
static bool param_value(const char *params, const qn_param *p, char value[64])
{
    size_t len = strlen(p->key);

    for (const char *at = strstr(params, p->key); at; at = strstr(at + 1, p->key))
        if ((at == params || at[-1] == ' ') && at[len] == '=')
            return sscanf(at + len + 1, "%63s", value) == 1;
    return p->def && snprintf(value, 64, "%s", p->def) > 0;
}

static void params_set(const fake_host *h, void *self)
{
    for (uint32_t i = 0; i < h->cls->params.nrows; i++) {
        const qn_param *p = qn_table_row(&h->cls->params, i);
        char on_stack[64];
        /* a text lives as long as the instance */
        char *value =
            p->type == QN_PARAM_TYPE_STRING ? host_alloc(h->host.ctx, 64, 1) : &on_stack[0];
        if (param_value(h->params, p, value)) param_set(self, p, value);
    }
}

/* ------------------------------------------------------------------ open and close */

void fake_init(fake_host *h, uint32_t n)
{
    memset(h, 0, sizeof *h);
    h->ninstruments = n;
    h->naccounts = 1;
    h->next_id = 1000;
    for (uint32_t i = 0; i < FAKE_ACCOUNTS; i++)
        h->accounts[i] = (qn_account_state){.size = sizeof h->accounts[i],
                                            .account = i,
                                            .start = INT64_C(100000000000),
                                            .equity = INT64_C(100000000000),
                                            .cash = INT64_C(100000000000)};
    for (uint32_t i = 0; i < FAKE_INSTRUMENTS; i++) {
        h->instruments[i] = (qn_instrument){.size = sizeof h->instruments[i],
                                            .number = i,
                                            .kind = QN_LINEAR,
                                            .price_exp = -2,
                                            .qty_exp = -3,
                                            .money_exp = QN_MONEY_EXP,
                                            .tick_size = 1,
                                            .lot_size = 1,
                                            .contract_size = {1, 0, 0}};
        snprintf(h->instruments[i].name, sizeof h->instruments[i].name, "%c.test", 'A' + (int)i);
        h->exposures[i] = (qn_exposure){.size = sizeof h->exposures[i]};
        h->list[i] = &h->instruments[i];
    }
}

static void module_open(fake_host *h, const char *plugin)
{
    char path[512];
    qn_entry_fn entry;
    const qn_module *module;

    snprintf(path, sizeof path, "%s/plugins/%s.so", QUOIN_BUILD_DIR, plugin);
    h->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(h->module != NULL, "%s", dlerror());
    *(void **)&entry = dlsym(h->module, QN_ENTRY_NAME);
    ck_assert_ptr_nonnull(*(void **)&entry);
    module = entry(QN_ABI);
    ck_assert_ptr_nonnull(module);
    ck_assert_uint_eq(module->nclasses, 1);
    h->cls = module->classes[0];
    ck_assert_str_eq(h->cls->id, plugin);
    ck_assert(!h->cls->needs || host_ext(h->host.ctx, h->cls->needs) != NULL);
}

static int32_t make(fake_host *h, qn_err *err)
{
    int32_t rc;

    h->is_active = false;
    h->self = host_alloc(h->host.ctx, h->cls->instance_size, h->cls->instance_align);
    params_set(h, h->self);
    rc = h->cls->create ? h->cls->create(h->self, &h->setup, err) : QN_OK;
    h->is_active = rc == QN_OK;
    return rc;
}

int32_t fake_open(fake_host *h, const char *plugin, const char *params, qn_err *err)
{
    qn_err own = QN_ERR_INIT;
    int32_t rc;

    snprintf(h->params, sizeof h->params, "%s", params);
    h->host = (qn_host){.size = sizeof h->host,
                        .abi = QN_ABI,
                        .ctx = (qn_ctx *)(void *)h,
                        .log = host_log,
                        .ext = host_ext,
                        .alloc = host_alloc,
                        .timer = host_timer};
    h->setup = (qn_setup){.size = sizeof h->setup,
                          .ninstruments = h->ninstruments,
                          .host = &h->host,
                          .id = "test",
                          .instruments = h->list};
    h->risk_out = (qn_risk_out){.size = sizeof h->risk_out, .ctx = h, .halt = out_halt};
    h->child_out = (qn_child_out){.size = sizeof h->child_out,
                                  .ctx = h,
                                  .send = out_send,
                                  .cancel = out_cancel,
                                  .finish = out_finish};
    h->out = (qn_out){.size = sizeof h->out, .ctx = h, .push = out_push};
    h->model_out = (qn_model_out){.size = sizeof h->model_out, .ctx = h, .publish = out_publish};
    module_open(h, plugin);
    rc = make(h, &own);
    if (rc != QN_OK) {
        ck_assert_msg(err != NULL, "%s", own.msg);
        *err = own;
        fake_close(h);
    }
    return rc;
}

/* Blocks that were taken before `first` stay. */
static void blocks_free(fake_host *h, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        mem_free(h->blocks[i]);
    memmove(h->blocks + first, h->blocks + end, (h->nblocks - end) * sizeof h->blocks[0]);
    h->nblocks -= end - first;
}

void fake_close(fake_host *h)
{
    if (h->is_active && h->cls->destroy) h->cls->destroy(h->self);
    h->is_active = false;
    blocks_free(h, 0, h->nblocks);
    dlclose(h->module);
    h->module = NULL;
}

/* ------------------------------------------------------------------ state */

typedef struct blob {
    unsigned char bytes[STATE_BYTES];
    uint64_t used, at;
} blob;

static int64_t blob_read(void *ctx, void *to, uint64_t n)
{
    blob *b = ctx;
    uint64_t left = b->used - b->at;

    n = n < left ? n : left;
    memcpy(to, b->bytes + b->at, n);
    b->at += n;
    return (int64_t)n;
}

static int64_t blob_write(void *ctx, const void *from, uint64_t n)
{
    blob *b = ctx;

    if (n > sizeof b->bytes - b->used) return QN_E_FULL;
    memcpy(b->bytes + b->used, from, n);
    b->used += n;
    return (int64_t)n;
}

static void save(const fake_host *h, blob *b)
{
    qn_stream to = {sizeof to, 0, b, blob_read, blob_write};
    qn_err err = QN_ERR_INIT;

    b->used = b->at = 0;
    ck_assert_msg(h->cls->save(h->self, &to, &err) == QN_OK, "%s", err.msg);
}

void fake_reload(fake_host *h)
{
    static blob before;
    static blob after;
    qn_stream from = {sizeof from, 0, &before, blob_read, blob_write};
    qn_err err = QN_ERR_INIT;
    uint32_t old = h->nblocks;

    if (!h->cls->schema) return;
    save(h, &before);
    ck_assert_int_eq(make(h, &err), QN_OK);
    ck_assert_msg(h->cls->load(h->self, h->cls->schema, &from, &err) == QN_OK, "%s", err.msg);
    ck_assert_uint_eq(before.at, before.used);
    save(h, &after);
    ck_assert_uint_eq(before.used, after.used);
    ck_assert(memcmp(before.bytes, after.bytes, before.used) == 0);
    blocks_free(h, 0, old);
}

/* ------------------------------------------------------------------ events */

int32_t fake_event(fake_host *h, const qn_event *ev)
{
    const void *table = h->cls->table;

    if (strcmp(h->cls->kind, QN_KIND_RISK) == 0)
        return ((const qn_risk *)table)->on_event(h->self, ev, &h->risk_out);
    if (strcmp(h->cls->kind, QN_KIND_STRATEGY) == 0)
        return ((const qn_strategy *)table)->on_event(h->self, ev, &h->out);
    if (strcmp(h->cls->kind, QN_KIND_MODEL) == 0)
        return ((const qn_model *)table)->on_event(h->self, ev, &h->model_out);
    ck_assert_str_eq(h->cls->kind, QN_KIND_EXECUTION);
    return ((const qn_execution *)table)->on_event(h->self, ev, &h->child_out);
}

void fake_bar(fake_host *h, uint32_t instrument, int64_t length, int64_t high, int64_t low,
              int64_t close)
{
    int64_t open_ts = h->nbars++ * length;
    qn_bar ev = {.hdr = {.size = sizeof ev,
                         .type = QN_EVENT_BAR,
                         .ts_ns = open_ts + length,
                         .instrument = instrument,
                         .slot = instrument},
                 .open_ts = open_ts,
                 .length = length,
                 .open = close,
                 .high = high,
                 .low = low,
                 .close = close};

    ck_assert_int_eq(fake_event(h, &ev.hdr), QN_OK);
}

void fake_market(fake_host *h, uint32_t instrument, int64_t ts_ns)
{
    qn_mark ev = {.hdr = {.size = sizeof ev,
                          .type = QN_EVENT_MARK,
                          .ts_ns = ts_ns,
                          .instrument = instrument,
                          .slot = instrument},
                  .venue_ts = ts_ns,
                  .price = h->exposures[instrument].mark};

    ck_assert_int_eq(fake_event(h, &ev.hdr), QN_OK);
}

uint64_t fake_draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

int64_t fake_between(uint64_t *state, int64_t low, int64_t high)
{
    return low + (int64_t)((fake_draw(state) >> 11) % (uint64_t)(high - low + 1));
}
