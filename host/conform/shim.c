/* SPDX-License-Identifier: MIT */
#include "shim.h"

#include "internal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "module/oldest.h"
#include "module/surroundings.h"

#include <quoin/execution.h>
#include <quoin/optimizer.h>
#include <quoin/risk.h>
#include <quoin/sink.h>
#include <quoin/strategy.h>
#include <quoin/tuner.h>
#include <quoin/venue.h>

#include <fenv.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TIMES_MAX ((uint64_t)1 << 20)
#define HOSTS 64u /* instances alive at once are three at most: a place is free long before */
#define TAIL 64u  /* bytes of a longer struct that the plugin does not know */
#define GARBAGE 0xa5

static struct {
    qn_class real, shown;
    shim_mode mode;
    shim_seen seen;
    const char *call; /* the plugin's function that runs; NULL = none */
    bool is_event;
    qn_host bench; /* what the bench gave: its functions are the same for all instances */
    qn_host hosts[HOSTS];
    qn_setup setups[HOSTS];
    uint32_t nhosts;
    arena extra; /* memory that was asked for in events */
    surroundings before;
    fenv_t floats;
    int64_t began;
    union {
        qn_strategy strategy;
        qn_model model;
        qn_optimizer optimizer;
        qn_risk risk;
        qn_execution execution;
        qn_tuner tuner;
        qn_venue venue;
        qn_sink sink;
    } table;
} shim;

/* ------------------------------------------------------------------ around each call */

static void begin(const char *call, bool is_event)
{
    shim.call = call;
    shim.is_event = is_event;
    doing_call(call);
    fegetenv(&shim.floats);
    if (shim.mode.watches) surroundings_take(&shim.before);
    shim.began = shim.mode.measures ? clock_steady() : 0;
}

static void measure(void)
{
    int64_t took = clock_steady() - shim.began;

    if (shim.is_event && shim.seen.ntimes < TIMES_MAX)
        shim.seen.times[shim.seen.ntimes++] = (uint64_t)took;
}

static void watch(void)
{
    surroundings after;
    const char *what;

    surroundings_take(&after);
    /* sinks and venues open files and have threads of the libraries they link */
    if (kind_bit(shim.real.kind) & (KIND_SINK | KIND_VENUE)) {
        after.files = shim.before.files;
        after.threads = shim.before.threads;
    }
    what = surroundings_changed(&shim.before, &after);
    if (what && !shim.seen.changed[0])
        snprintf(shim.seen.changed, sizeof shim.seen.changed, "%s in %s", what, shim.call);
}

static void end(void)
{
    if (shim.mode.measures) measure();
    if (shim.mode.watches) watch();
    fesetenv(&shim.floats);
    doing_call("");
    shim.call = NULL;
    shim.is_event = false;
}

/* ------------------------------------------------------------------ the host */

static void *host_alloc(qn_ctx *ctx, uint64_t n, uint64_t align)
{
    if (shim.is_event) {
        if (shim.seen.event_allocs++ == 0)
            snprintf(shim.seen.alloc_call, sizeof shim.seen.alloc_call, "%s", shim.call);
        return align == 0 || align > 4096 || (align & (align - 1)) != 0
                   ? NULL
                   : arena_alloc(&shim.extra, n, align);
    }
    if (++shim.seen.allocs == shim.mode.deny) return NULL;
    return shim.bench.alloc(ctx, n, align);
}

/* Is the id one of the words of `needs`? */
static bool is_needed(const char *id)
{
    size_t len = strlen(id);

    for (const char *at = shim.real.needs; at && (at = strstr(at, id)); at += len)
        if ((at == shim.real.needs || at[-1] == ' ') && (at[len] == ' ' || !at[len])) return true;
    return false;
}

static const void *host_ext(qn_ctx *ctx, const char *id)
{
    return shim.mode.is_bare && !is_needed(id) ? NULL : shim.bench.ext(ctx, id);
}

/* A copy of a struct at the end of a page behind which nothing can be read. */
static void *at_the_edge(const void *from, size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) != 0) return NULL;
    return memcpy(pages + page - n, from, n);
}

static void *longer(const void *from, size_t n, uint32_t size)
{
    char bytes[sizeof(qn_host) + sizeof(qn_setup) + TAIL];

    memset(bytes, shim.mode.shape == HOST_NEWER ? GARBAGE : 0, sizeof bytes);
    memcpy(bytes, from, n);
    memcpy(bytes, &size, sizeof size); /* each struct begins with its size */
    return at_the_edge(bytes, size);
}

/* The setup in the mode's shape; NULL = out of memory. Pages stay until the process ends. */
static const qn_setup *shape(const qn_setup *setup)
{
    uint32_t place = shim.nhosts++ % HOSTS;
    qn_host *host = &shim.hosts[place];
    qn_setup *own = &shim.setups[place];

    shim.bench = *setup->host;
    *host = shim.bench;
    host->alloc = host_alloc;
    host->ext = host_ext;
    *own = *setup;
    own->host = host;
    if (shim.mode.shape == HOST_PLAIN) return own;
    if (shim.mode.shape == HOST_SHORT) {
        host->size = OLDEST_qn_host;
        own->size = OLDEST_qn_setup;
        own->host = at_the_edge(host, host->size);
        return own->host ? at_the_edge(own, own->size) : NULL;
    }
    own->host = longer(host, sizeof *host, sizeof *host + TAIL);
    return own->host ? longer(own, sizeof *own, sizeof *own + TAIL) : NULL;
}

/* ------------------------------------------------------------------ the class */

static int32_t shim_create(void *self, const qn_setup *setup, qn_err *err)
{
    const qn_setup *own = shape(setup);
    int32_t rc = QN_OK;

    if (!own) return QN_E_NO_MEMORY;
    begin("create", false);
    if (shim.real.create) rc = shim.real.create(self, own, err);
    end();
    return rc;
}

static void shim_destroy(void *self)
{
    begin("destroy", false);
    shim.real.destroy(self);
    end();
}

static int32_t shim_save(const void *self, const qn_stream *to, qn_err *err)
{
    int32_t rc;

    begin("save", false);
    rc = shim.real.save(self, to, err);
    end();
    return rc;
}

static int32_t shim_load(void *self, uint32_t schema, const qn_stream *from, qn_err *err)
{
    int32_t rc;

    begin("load", false);
    rc = shim.real.load(self, schema, from, err);
    end();
    return rc;
}

/* ------------------------------------------------------------------ the kinds' tables */

/* A call in an event: LED(kind, function, parameters with self first, arguments). */
#define LED(kind, function, parameters, arguments)                                                 \
    static int32_t kind##_##function parameters                                                    \
    {                                                                                              \
        int32_t rc;                                                                                \
                                                                                                   \
        begin(#function, true);                                                                    \
        rc = ((const qn_##kind *)shim.real.table)->function arguments;                             \
        end();                                                                                     \
        return rc;                                                                                 \
    }

LED(strategy, on_event, (void *self, const qn_event *ev, const qn_out *out), (self, ev, out))
LED(model, on_event, (void *self, const qn_event *ev, const qn_model_out *out), (self, ev, out))
LED(execution, on_event, (void *self, const qn_event *ev, const qn_child_out *out), (self, ev, out))
LED(risk, on_event, (void *self, const qn_event *ev, const qn_risk_out *out), (self, ev, out))
LED(risk, check, (const void *self, const qn_proposal *p, qn_answer *a), (self, p, a))
LED(optimizer, allocate, (void *self, const qn_portfolio *in, qn_weights *out, qn_err *err),
    (self, in, out, err))
LED(venue, on_market, (void *self, const qn_event *ev), (self, ev))
LED(venue, submit, (void *self, const qn_order *order), (self, order))
LED(venue, modify, (void *self, const qn_order *order), (self, order))
LED(venue, cancel, (void *self, uint64_t id), (self, id))
LED(sink, write, (void *self, const qn_batch *batch, qn_err *err), (self, batch, err))
LED(tuner, ask, (void *self, qn_ask *out, qn_err *err), (self, out, err))
LED(tuner, tell, (void *self, const qn_trial *trial, qn_err *err), (self, trial, err))

/* Put a function of ours in the place of the plugin's, where it has one. */
#define LEAD(kind, function)                                                                       \
    if (shim.table.kind.function) shim.table.kind.function = kind##_##function

static void lead_all(unsigned kind)
{
    switch (kind) {
    case KIND_STRATEGY:
        LEAD(strategy, on_event);
        break;
    case KIND_MODEL:
        LEAD(model, on_event);
        break;
    case KIND_EXECUTION:
        LEAD(execution, on_event);
        break;
    case KIND_RISK:
        LEAD(risk, on_event);
        LEAD(risk, check);
        break;
    case KIND_OPTIMIZER:
        LEAD(optimizer, allocate);
        break;
    case KIND_VENUE:
        LEAD(venue, on_market);
        LEAD(venue, submit);
        LEAD(venue, modify);
        LEAD(venue, cancel);
        break;
    case KIND_SINK:
        LEAD(sink, write);
        break;
    default:
        LEAD(tuner, ask);
        LEAD(tuner, tell);
    }
}

/* ------------------------------------------------------------------ what the bench is shown */

static const struct {
    unsigned kind;
    size_t size;
} tables[] = {{KIND_STRATEGY, sizeof(qn_strategy)},   {KIND_MODEL, sizeof(qn_model)},
              {KIND_OPTIMIZER, sizeof(qn_optimizer)}, {KIND_RISK, sizeof(qn_risk)},
              {KIND_EXECUTION, sizeof(qn_execution)}, {KIND_TUNER, sizeof(qn_tuner)},
              {KIND_VENUE, sizeof(qn_venue)},         {KIND_SINK, sizeof(qn_sink)}};

void shim_wrap(const qn_class *cls, const shim_mode *mode)
{
    unsigned kind = kind_bit(cls->kind);

    if (shim.seen.times) mem_free(shim.seen.times);
    arena_free(&shim.extra);
    memset(&shim.seen, 0, sizeof shim.seen);
    shim.real = shim.shown = *cls;
    shim.mode = *mode;
    if (mode->measures) shim.seen.times = mem_new(TIMES_MAX, sizeof *shim.seen.times);
    if (mode->measures && !shim.seen.times) shim.mode.measures = false;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (tables[i].kind == kind) memcpy(&shim.table, cls->table, tables[i].size);
    lead_all(kind);
    shim.shown.size = sizeof shim.shown;
    shim.shown.table = &shim.table;
    shim.shown.create = shim_create;
    if (cls->destroy) shim.shown.destroy = shim_destroy;
    if (cls->save) shim.shown.save = shim_save;
    if (cls->load) shim.shown.load = shim_load;
    shim.shown.schema += mode->newer_load;
}

const qn_module *shim_entry(uint32_t host_abi)
{
    static const qn_class *const classes[] = {&shim.shown};
    static const qn_module table = {sizeof(qn_module), QN_ABI, classes, 1, 0};

    return host_abi == QN_ABI ? &table : NULL;
}

const shim_seen *shim_look(void)
{
    return &shim.seen;
}
