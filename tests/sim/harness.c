/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include "base/memory.h"

#include <quoin/sdk/decimal.h>

#include <check.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------ the host's side */

static void host_log(qn_ctx *ctx, int32_t level, qn_str text)
{
    (void)ctx;
    (void)level;
    (void)text;
}

static const void *host_ext(qn_ctx *ctx, const char *id)
{
    (void)ctx;
    (void)id;
    return NULL;
}

static void *host_alloc(qn_ctx *ctx, uint64_t n, uint64_t align)
{
    harness *h = (harness *)(void *)ctx;
    void *block;

    ck_assert_msg(!h->is_active, "memory was taken while events flow");
    ck_assert_uint_le(align, 16);
    ck_assert_uint_lt(h->narena, sizeof h->arena / sizeof h->arena[0]);
    block = mem_new(n, 1);
    ck_assert_ptr_nonnull(block);
    h->arena[h->narena++] = block;
    return block;
}

static int32_t host_push(void *ctx, const qn_event *ev)
{
    harness *h = ctx;

    ck_assert_uint_lt(h->nevents, HARNESS_EVENTS);
    ck_assert_uint_le(ev->size, sizeof(pushed));
    memset(&h->events[h->nevents], 0, sizeof(pushed));
    memcpy(&h->events[h->nevents++], ev, ev->size);
    h->npushed++;
    return QN_OK;
}

/* ------------------------------------------------------------------------------ parameters */

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

static void param_set(harness *h, const qn_param *p, const char *value)
{
    int64_t slot = 0;

    switch (p->type) {
    case QN_PARAM_TYPE_BOOL:
        slot = strcmp(value, "true") == 0;
        break;
    case QN_PARAM_TYPE_ENUM:
        slot = label_place(p->labels, value);
        break;
    case QN_PARAM_TYPE_I64:
        ck_assert_int_eq(qn_decimal_parse_at(value, strlen(value), 0, &slot), QN_OK);
        break;
    default: /* RATIO and BPS */
        ck_assert_int_eq(qn_decimal_parse_at(value, strlen(value), QN_RATE_EXP, &slot), QN_OK);
        break;
    }
    memcpy((char *)h->self + p->offset, &slot, sizeof slot);
}

/* The value of a key in "key=value key=value", else the default. */
static void params_set(harness *h, const char *params)
{
    for (uint32_t i = 0; i < h->cls->params.nrows; i++) {
        const qn_param *p = qn_table_row(&h->cls->params, i);
        size_t len = strlen(p->key);
        char value[64];
        snprintf(value, sizeof value, "%s", p->def);
        for (const char *at = strstr(params, p->key); at; at = strstr(at + 1, p->key)) {
            if ((at == params || at[-1] == ' ') && at[len] == '=')
                ck_assert_int_eq(sscanf(at + len + 1, "%63s", value), 1);
        }
        param_set(h, p, value);
    }
}

/* ------------------------------------------------------------------------- open and close */

static void module_load(harness *h)
{
    qn_entry_fn entry;
    const qn_module *module;

    h->module = dlopen(QUOIN_BUILD_DIR "/plugins/venue/sim.so", RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(h->module != NULL, "%s", dlerror());
    *(void **)&entry = dlsym(h->module, QN_ENTRY_NAME);
    ck_assert_ptr_nonnull(*(void **)&entry);
    module = entry(QN_ABI);
    ck_assert_ptr_nonnull(module);
    ck_assert_uint_eq(module->nclasses, 1);
    h->cls = module->classes[0];
    ck_assert_str_eq(h->cls->id, "venue/sim");
    ck_assert_str_eq(h->cls->kind, QN_KIND_VENUE);
    h->venue = h->cls->table;
}

/* An instance: made, and its parameters filled in. */
static int32_t instance_create(harness *h, qn_err *err)
{
    h->is_active = false;
    h->self = host_alloc(h->host.ctx, h->cls->instance_size, h->cls->instance_align);
    params_set(h, h->params);
    return h->cls->create(h->self, &h->setup, err);
}

static int32_t instance_start(harness *h, qn_err *err)
{
    qn_venue_start start = {.size = sizeof start, .accounts = h->accounts, .out = &h->out};
    int32_t rc = h->venue->start(h->self, &start, err);

    h->is_active = rc == QN_OK;
    return rc;
}

static void instance_end(harness *h)
{
    if (h->is_active) h->venue->stop(h->self);
    if (h->cls->destroy) h->cls->destroy(h->self);
    h->is_active = false;
    while (h->narena)
        mem_free(h->arena[--h->narena]);
}

int32_t harness_open(harness *h, const char *params, const qn_instrument *instruments,
                     uint32_t ninstruments, const qn_account *accounts, uint32_t naccounts,
                     qn_err *err)
{
    qn_err own = QN_ERR_INIT;
    int32_t rc;

    memset(h, 0, sizeof *h);
    module_load(h);
    for (uint32_t i = 0; i < ninstruments; i++)
        h->instruments[i] = &instruments[i];
    snprintf(h->params, sizeof h->params, "%s", params);
    h->accounts = (qn_table){accounts, naccounts, sizeof *accounts};
    h->host = (qn_host){.size = sizeof h->host,
                        .abi = QN_ABI,
                        .ctx = (qn_ctx *)(void *)h,
                        .log = host_log,
                        .ext = host_ext,
                        .alloc = host_alloc};
    h->setup = (qn_setup){.size = sizeof h->setup,
                          .ninstruments = ninstruments,
                          .host = &h->host,
                          .id = "test",
                          .instruments = h->instruments};
    h->out = (qn_venue_out){.size = sizeof h->out, .ctx = h, .push = host_push};
    h->info.size = sizeof h->info;

    rc = instance_create(h, &own);
    if (rc == QN_OK) rc = h->venue->describe(h->self, &h->info);
    if (rc == QN_OK) rc = instance_start(h, &own);
    if (rc != QN_OK) {
        ck_assert_msg(err != NULL, "%s", own.msg);
        *err = own;
        harness_close(h);
    }
    return rc;
}

void harness_close(harness *h)
{
    instance_end(h);
    dlclose(h->module);
}

/* --------------------------------------------------------------------------------- state */

/* A stream that moves at most `most` bytes a call. */
typedef struct trickle {
    qn_stream stream;
    uint64_t most;
} trickle;

static int64_t trickle_write(void *ctx, const void *from, uint64_t n)
{
    trickle *t = ctx;

    return t->stream.write(t->stream.ctx, from, n < t->most ? n : t->most);
}

static int64_t trickle_read(void *ctx, void *to, uint64_t n)
{
    trickle *t = ctx;

    return t->stream.read(t->stream.ctx, to, n < t->most ? n : t->most);
}

bytes_out harness_save(const harness *h, uint64_t most)
{
    bytes_out out = {0};
    trickle t = {bytes_stream_out(&out), most};
    qn_stream stream = {.size = sizeof stream, .ctx = &t, .write = trickle_write};
    qn_err err = QN_ERR_INIT;

    ck_assert_msg(h->cls->save(h->self, &stream, &err) == QN_OK, "%s", err.msg);
    return out;
}

int32_t harness_replace(harness *h, const void *state, size_t n, uint64_t most, bool is_started,
                        qn_err *err)
{
    bytes_in in = bytes_reader(state, n);
    trickle t = {bytes_stream_in(&in), most};
    qn_stream stream = {.size = sizeof stream, .ctx = &t, .read = trickle_read};
    int32_t rc;

    instance_end(h);
    ck_assert_int_eq(instance_create(h, err), QN_OK);
    if (is_started) ck_assert_int_eq(instance_start(h, err), QN_OK);
    rc = h->cls->load(h->self, h->cls->schema, &stream, err);
    if (rc == QN_OK && !is_started) rc = instance_start(h, err);
    if (rc == QN_OK) rc = bytes_in_end(&in, err);
    return rc;
}

void harness_forget(harness *h)
{
    h->nevents = 0;
}

/* ---------------------------------------------------------------------------- market data */

static void market(harness *h, qn_event *ev, uint16_t size, uint16_t type, uint32_t slot,
                   int64_t ts)
{
    ev->size = size;
    ev->type = type;
    ev->ts_ns = ts;
    ev->instrument = h->instruments[slot]->number;
    ev->slot = slot;
    ck_assert_int_eq(h->venue->on_market(h->self, ev), QN_OK);
}

void harness_bar(harness *h, uint32_t slot, int64_t open_ts, int64_t length, const int64_t ohlc[4])
{
    qn_bar bar = {.open_ts = open_ts,
                  .length = length,
                  .open = ohlc[0],
                  .high = ohlc[1],
                  .low = ohlc[2],
                  .close = ohlc[3],
                  .volume = 1};

    market(h, &bar.hdr, sizeof bar, QN_EVENT_BAR, slot, open_ts + length);
}

void harness_trade(harness *h, uint32_t slot, int64_t ts, int64_t price)
{
    qn_trade t = {.venue_ts = ts, .price = price, .qty = 1, .side = QN_BUY};

    market(h, &t.hdr, sizeof t, QN_EVENT_TRADE, slot, ts);
}

void harness_mark(harness *h, uint32_t slot, int64_t ts, int64_t price)
{
    qn_mark m = {.venue_ts = ts, .price = price};

    market(h, &m.hdr, sizeof m, QN_EVENT_MARK, slot, ts);
}

void harness_funding(harness *h, uint32_t slot, int64_t ts, int64_t rate)
{
    qn_funding f = {.venue_ts = ts, .rate = rate};

    market(h, &f.hdr, sizeof f, QN_EVENT_FUNDING, slot, ts);
}

/* ---------------------------------------------------------------------------- definitions */

qn_instrument harness_instrument(uint32_t number, const char *base)
{
    qn_instrument ins = {.size = sizeof ins,
                         .number = number,
                         .kind = QN_LINEAR,
                         .price_exp = -2,
                         .qty_exp = -3,
                         .money_exp = QN_MONEY_EXP,
                         .tick_size = 1,
                         .lot_size = 1,
                         .contract_size = {1, 0, 0},
                         .quote = "USDT",
                         .settle = "USDT"};

    snprintf(ins.base, sizeof ins.base, "%s", base);
    snprintf(ins.name, sizeof ins.name, "%.15sUSDT.test", base);
    return ins;
}

qn_account harness_account(const char *currency, int64_t balance)
{
    qn_account a = {.size = sizeof a, .exp = QN_MONEY_EXP, .balance = balance};

    snprintf(a.currency, sizeof a.currency, "%s", currency);
    return a;
}
