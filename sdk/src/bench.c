/* SPDX-License-Identifier: MIT */
#include "bench_internal.h"

#include <quoin/sdk/decimal.h>
#include <quoin/sdk/fail.h>

#include <dlfcn.h>
#include <fenv.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ failures */

__attribute__((format(printf, 3, 0))) static void say_failure(qn_bench *b, const char *who,
                                                              const char *format, va_list args)
{
    int used;

    if (b->failure[0]) return;
    used = snprintf(b->failure, sizeof b->failure, "%s", who);
    vsnprintf(b->failure + used, sizeof b->failure - (size_t)used, format, args);
    used = (int)strlen(b->failure);
    if (used > 0 && b->failure[used - 1] == '\n') b->failure[used - 1] = '\0';
}

void bench_fault(qn_bench *b, const char *who, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say_failure(b, who, format, args);
    va_end(args);
}

void qn_bench_fail(qn_bench *b, const char *format, ...)
{
    va_list args;

    if (!b) return;
    va_start(args, format);
    say_failure(b, "", format, args);
    va_end(args);
}

const char *qn_bench_failure(const qn_bench *b)
{
    if (!b) return "the test: there is no bench: out of memory";
    return b->failure[0] ? b->failure : NULL;
}

const char *qn_bench_reason(const qn_bench *b)
{
    return b ? b->reason : "";
}

int32_t bench_keep(qn_bench *b, int32_t code, const qn_err *err)
{
    snprintf(b->reason, sizeof b->reason, "%s", code == QN_OK ? "" : err->msg);
    return code;
}

const char *bench_error_name(int64_t code)
{
#define CASE(number, NAME, meaning)                                                                \
    case number:                                                                                   \
        return "QN_E_" #NAME;
    switch (code) {
        QN_ERROR_LIST(CASE)
    default:
        return "an error that does not exist";
    }
#undef CASE
}

/* ------------------------------------------------------------------ guards */

#define HASHED_MOST 65536u /* bytes of one block */

/* FNV-1a, a word at a time, over the instance and its arena: enough to see that a call which only
 * reads wrote. */
static uint64_t hash_of(const qn_bench *b)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (uint64_t i = 0; i < b->nblocks; i++) {
        const char *p = (const char *)b->blocks[i].bytes;
        uint64_t n = b->blocks[i].n < HASHED_MOST ? b->blocks[i].n : HASHED_MOST;
        for (uint64_t k = 0; k < n; k += sizeof(uint64_t)) {
            uint64_t word = 0;
            memcpy(&word, p + k, n - k < sizeof word ? n - k : sizeof word);
            hash = (hash ^ word) * UINT64_C(0x100000001b3);
        }
    }
    return hash;
}

int bench_enter(qn_bench *b, bench_guard *g, int call, const char *name, int is_reading)
{
    if (__atomic_exchange_n(&b->is_entered, 1, __ATOMIC_ACQ_REL)) {
        bench_fault(b, TEST, "%s was called while %s is under way", name, b->call_name);
        return 0;
    }
    b->call = call;
    b->call_name = name;
    b->owner = pthread_self();
    *g = (bench_guard){
        .rounding = fegetround(), .is_reading = is_reading, .rule = "it may only read"};
    if (is_reading) g->hash = hash_of(b);
    return 1;
}

void bench_leave(qn_bench *b, const bench_guard *g)
{
    if (g->is_reading && hash_of(b) != g->hash)
        bench_fault(b, PLUGIN, "%s changed the instance; %s", b->call_name, g->rule);
    if (fegetround() != g->rounding) {
        bench_fault(b, PLUGIN, "%s changed the rounding of floating-point numbers", b->call_name);
        fesetround(g->rounding);
    }
    b->call = CALL_NONE;
    __atomic_store_n(&b->is_entered, 0, __ATOMIC_RELEASE);
}

int bench_allows(qn_bench *b, const char *function, int needs, int is_active)
{
    static const char *const names[] = {"", "[control]", "[event]", "[io]"};

    if (b->call == CALL_NONE) {
        bench_fault(b, PLUGIN,
                    "%s was called outside of a call: what a call is given is valid "
                    "until it returns",
                    function);
        return 0;
    }
    if (!pthread_equal(pthread_self(), b->owner)) {
        bench_fault(b, PLUGIN, "%s was called from a thread of its own", function);
        return 0;
    }
    if (needs && b->call != needs) {
        bench_fault(b, PLUGIN, "%s was called in %s: it is %s", function, b->call_name,
                    names[needs]);
        return 0;
    }
    if (is_active >= 0 && (b->phase == PHASE_ACTIVE) != is_active) {
        bench_fault(b, PLUGIN, "%s was called in %s: only %s events flow", function, b->call_name,
                    is_active ? "while" : "before");
        return 0;
    }
    return 1;
}

/* ------------------------------------------------------------------ a bench */

qn_bench *qn_bench_new(void)
{
    qn_bench *b = (qn_bench *)bench_take(sizeof *b, 16);

    if (!b) return NULL;
    b->owner = pthread_self();
    b->stream_bytes = 3;
    b->space = (qn_space){.size = sizeof b->space, .outstanding = 1, .seed = 1, .most = 1000};
    bench_host_make(b);
    bench_outs_make(b);
    return b;
}

void bench_blocks_free(qn_bench *b, bench_block *blocks, uint64_t n)
{
    (void)b;
    for (uint64_t i = 0; i < n; i++)
        bench_give(blocks[i].bytes);
}

static void instance_end(qn_bench *b)
{
    bench_guard g;

    if (b->self && b->phase != PHASE_NONE) {
        b->phase = PHASE_ENDED;
        if (b->cls->destroy && bench_enter(b, &g, CALL_CONTROL, "destroy", 0)) {
            b->cls->destroy(b->self);
            bench_leave(b, &g);
        }
    }
    bench_blocks_free(b, b->blocks, b->nblocks);
    b->nblocks = 0;
    b->self = NULL;
    b->phase = PHASE_NONE;
}

void qn_bench_free(qn_bench *b)
{
    if (!b) return;
    if (b->phase == PHASE_ACTIVE && (bench_is(b, QN_KIND_VENUE) || bench_is(b, QN_KIND_SINK)))
        qn_bench_stop(b);
    instance_end(b);
    if (b->module) dlclose(b->module);
    bench_give(b->blocks);
    bench_give(b->params);
    bench_give(b->due);
    bench_give(b->orders);
    bench_give(b->batch);
    bench_give(b->trials);
    bench_give(b->outputs);
    bench_give(b->text);
    bench_give(b->saved);
    bench_give(b);
}

int qn_bench_end(qn_bench *b)
{
    const char *failure;
    int status;

    /* What goes wrong while it ends counts, too. */
    if (b && b->phase == PHASE_ACTIVE && qn_bench_stop(b) != QN_OK)
        bench_fault(b, PLUGIN, "stop failed: %s", b->reason);
    if (b) instance_end(b);
    failure = qn_bench_failure(b);
    status = failure ? 1 : 0;
    if (failure) fprintf(stderr, "failed: %s\n", failure);
    qn_bench_free(b);
    return status;
}

/* ------------------------------------------------------------------ what it is given */

qn_instrument qn_bench_linear(const char *name)
{
    qn_instrument in = {.size = sizeof in,
                        .kind = QN_LINEAR,
                        .price_exp = -2,
                        .qty_exp = -3,
                        .money_exp = QN_MONEY_EXP,
                        .tick_size = 1,
                        .lot_size = 1,
                        .contract_size = {1, 0, 0},
                        .quote = "USD",
                        .settle = "USD"};

    snprintf(in.name, sizeof in.name, "%s", name);
    snprintf(in.base, sizeof in.base, "%.*s", (int)strcspn(name, "."), name);
    return in;
}

int32_t qn_bench_add_instrument(qn_bench *b, const qn_instrument *instrument)
{
    uint32_t slot;

    if (!b) return QN_E_NO_MEMORY;
    if (b->phase != PHASE_NONE || b->ninstruments == QN_BENCH_INSTRUMENTS) {
        bench_fault(b, TEST, "instruments are added before the start, %u at most",
                    QN_BENCH_INSTRUMENTS);
        return b->phase != PHASE_NONE ? QN_E_STATE : QN_E_FULL;
    }
    slot = b->ninstruments;
    b->instruments[slot] = *instrument;
    while (bench_slot(b, b->instruments[slot].number) >= 0)
        b->instruments[slot].number++;
    b->list[slot] = &b->instruments[slot];
    b->exposures[slot] = (qn_exposure){.size = sizeof b->exposures[slot]};
    b->positions[slot] =
        (qn_position){.size = sizeof b->positions[slot], .instrument = b->instruments[slot].number};
    b->ninstruments++;
    return (int32_t)slot;
}

int32_t qn_bench_add_account(qn_bench *b, const char *currency, const char *balance)
{
    qn_account *a;
    int64_t money;

    if (!b) return QN_E_NO_MEMORY;
    if (b->phase != PHASE_NONE || b->naccounts == QN_BENCH_ACCOUNTS) {
        bench_fault(b, TEST, "accounts are added before the start, %u at most", QN_BENCH_ACCOUNTS);
        return QN_E_STATE;
    }
    money = bench_number(b, balance, QN_MONEY_EXP);
    a = &b->accounts[b->naccounts];
    *a = (qn_account){.size = sizeof *a, .exp = QN_MONEY_EXP, .balance = money};
    snprintf(a->currency, sizeof a->currency, "%s", currency);
    b->states[b->naccounts] = (qn_account_state){.size = sizeof b->states[0],
                                                 .account = b->naccounts,
                                                 .start = money,
                                                 .equity = money,
                                                 .cash = money};
    b->naccounts++;
    return QN_OK;
}

int32_t qn_bench_set(qn_bench *b, const char *key, const char *value)
{
    bench_param *p;

    if (!b) return QN_E_NO_MEMORY;
    if (strlen(key) >= sizeof p->key || strlen(value) >= sizeof p->value) {
        bench_fault(b, TEST, "the parameter %.60s is too long", key);
        return QN_E_OVERFLOW;
    }
    if (!bench_reserve((void **)&b->params, &b->params_room, b->nparams + 1, sizeof *p)) {
        bench_fault(b, TEST, "out of memory");
        return QN_E_NO_MEMORY;
    }
    p = &b->params[b->nparams++];
    snprintf(p->key, sizeof p->key, "%s", key);
    snprintf(p->value, sizeof p->value, "%s", value);
    return QN_OK;
}

/* ------------------------------------------------------------------ the module */

static int32_t refuse(qn_bench *b, int32_t code, const char *what, const char *why)
{
    qn_err err = QN_ERR_INIT;

    qn_fail(&err, code, "%s%s%s", what, why ? ": " : "", why ? why : "");
    bench_fault(b, PLUGIN, "%s", err.msg);
    return bench_keep(b, code, &err);
}

int32_t qn_bench_link(qn_bench *b, qn_entry_fn entry)
{
    if (!b) return QN_E_NO_MEMORY;
    if (b->about) return refuse(b, QN_E_STATE, "the bench has a module already", NULL);
    b->about = entry(QN_ABI);
    if (!b->about) return refuse(b, QN_E_MODULE_ENTRY, "its entry returned nothing", NULL);
    if (b->about->abi < QN_ABI_OLDEST || b->about->abi > QN_ABI || b->about->nclasses == 0 ||
        !b->about->classes)
        return refuse(b, QN_E_MODULE_TABLE, "its module is of another ABI, or has no class", NULL);
    for (uint32_t i = 0; i < b->about->nclasses; i++)
        if (b->about->classes[i]->size < BENCH_CLASS_LEAST || !b->about->classes[i]->table)
            return refuse(b, QN_E_MODULE_TABLE, "a class has the wrong size, or no table", NULL);
    b->cls = b->about->classes[0];
    return QN_OK;
}

int32_t qn_bench_open(qn_bench *b, const char *path)
{
    qn_entry_fn entry;

    if (!b) return QN_E_NO_MEMORY;
    if (b->about) return refuse(b, QN_E_STATE, "the bench has a module already", NULL);
    b->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!b->module) return refuse(b, QN_E_MODULE_LOAD, path, dlerror());
    *(void **)&entry = dlsym(b->module, QN_ENTRY_NAME);
    if (!*(void **)&entry)
        return refuse(b, QN_E_MODULE_ENTRY, path, "it does not export " QN_ENTRY_NAME);
    return qn_bench_link(b, entry);
}

int32_t qn_bench_pick(qn_bench *b, const char *class_id)
{
    if (!b) return QN_E_NO_MEMORY;
    for (uint32_t i = 0; b->about && i < b->about->nclasses; i++)
        if (strcmp(b->about->classes[i]->id, class_id) == 0) {
            b->cls = b->about->classes[i];
            return QN_OK;
        }
    return refuse(b, QN_E_UNKNOWN_NAME, "it has no class of that id", class_id);
}

/* ------------------------------------------------------------------ start */

int bench_is(const qn_bench *b, const char *kind)
{
    return b->cls && strcmp(b->cls->kind, kind) == 0;
}

static int32_t needs_check(const qn_bench *b, qn_err *err)
{
    char id[64];

    for (const char *at = b->cls->needs; at && *at; at += *at == ' ') {
        size_t len = strcspn(at, " ");
        snprintf(id, sizeof id, "%.*s", (int)len, at);
        if (!bench_has(b, id))
            return qn_fail(err, QN_E_UNSUPPORTED, "the class needs %s, which its host lacks", id);
        at += len;
    }
    return QN_OK;
}

/* The instance as the host makes it: zeroed, parameters filled in, create called. On error the
 * blocks that it took are freed and nothing is there. */
int32_t bench_instance_make(qn_bench *b, qn_err *err)
{
    bench_guard g;
    int32_t rc = QN_OK;

    b->phase = PHASE_CREATED;
    b->self = NULL;
    if (!bench_enter(b, &g, CALL_CONTROL, "create", 0)) return QN_E_STATE;
    b->self = b->host.alloc(b->host.ctx, b->cls->instance_size, b->cls->instance_align);
    if (!b->self) rc = qn_fail(err, QN_E_NO_MEMORY, "no memory for an instance");
    if (rc == QN_OK) rc = bench_params_fill(b, err);
    if (rc == QN_OK && b->cls->create) rc = b->cls->create(b->self, &b->setup, err);
    bench_leave(b, &g);
    if (rc == QN_OK) return QN_OK;
    bench_blocks_free(b, b->blocks, b->nblocks);
    b->nblocks = 0;
    b->self = NULL;
    b->phase = PHASE_NONE;
    return rc;
}

static void defaults_add(qn_bench *b)
{
    if (b->ninstruments == 0) {
        qn_instrument in = qn_bench_linear("TEST.bench");
        qn_bench_add_instrument(b, &in);
    }
    if (b->naccounts == 0) qn_bench_add_account(b, "USD", "1000");
}

int32_t qn_bench_try_start(qn_bench *b)
{
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    if (!b) return QN_E_NO_MEMORY;
    if (!b->cls || b->phase != PHASE_NONE) {
        bench_fault(b, TEST, b->cls ? "it was started already" : "there is no plugin to start");
        return QN_E_STATE;
    }
    defaults_add(b);
    b->setup.ninstruments = b->ninstruments;
    rc = needs_check(b, &err);
    if (rc == QN_OK) rc = bench_instance_make(b, &err);
    if (rc == QN_OK && (rc = bench_begin_service(b, &err)) != QN_OK) instance_end(b);
    return bench_keep(b, rc, &err);
}

int32_t qn_bench_start(qn_bench *b)
{
    int32_t rc = qn_bench_try_start(b);

    if (b && rc != QN_OK)
        bench_fault(b, PLUGIN, "it was not started: %s [%s]", b->reason, bench_error_name(rc));
    return rc;
}

int qn_bench_refuses(qn_bench *b, int32_t code, const char *words)
{
    int32_t rc = qn_bench_try_start(b);

    if (!b) return 0;
    if (rc == code && strstr(b->reason, words)) return 1;
    bench_fault(b, PLUGIN, "expected %s: ...%s..., got %s: %s", bench_error_name(code), words,
                rc == QN_OK ? "a start" : bench_error_name(rc), b->reason);
    return 0;
}

/* ------------------------------------------------------------------ what it is */

const qn_class *qn_bench_class(const qn_bench *b)
{
    return b ? b->cls : NULL;
}

const qn_venue_info *qn_bench_venue(const qn_bench *b)
{
    return b && b->self && bench_is(b, QN_KIND_VENUE) ? &b->venue : NULL;
}

const qn_history_need *qn_bench_need(const qn_bench *b)
{
    return b && b->self && bench_is(b, QN_KIND_OPTIMIZER) ? &b->need : NULL;
}

void *qn_bench_self(qn_bench *b)
{
    return b ? b->self : NULL;
}

const qn_host *qn_bench_host(const qn_bench *b)
{
    return b ? &b->host : NULL;
}

int64_t qn_bench_now(const qn_bench *b)
{
    return b ? b->now : 0;
}

uint64_t qn_bench_event(const qn_bench *b)
{
    return b ? b->seq : 0;
}

qn_position *qn_bench_position(qn_bench *b, uint32_t slot)
{
    return b && slot < b->ninstruments ? &b->positions[slot] : NULL;
}

qn_exposure *qn_bench_exposure(qn_bench *b, uint32_t slot)
{
    return b && slot < b->ninstruments ? &b->exposures[slot] : NULL;
}

qn_account_state *qn_bench_account(qn_bench *b, uint32_t account)
{
    return b && account < b->naccounts ? &b->states[account] : NULL;
}

qn_instrument *qn_bench_instrument(qn_bench *b, uint32_t slot)
{
    return b && slot < b->ninstruments ? &b->instruments[slot] : NULL;
}

void qn_bench_answer(qn_bench *b, uint32_t what, int64_t code)
{
    if (!b) return;
    if (what < QN_BENCH_OUTPUTS)
        b->answers[what] = code;
    else
        bench_fault(b, TEST, "there is no output of the number %u", what);
}
