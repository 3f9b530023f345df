/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/file.h"
#include "supervise/quarantine.h"
#include "module/resolve.h"
#include "module/service.h"

#include <stdio.h>
#include <string.h>

/* The instance that a plugin's handle belongs to. */
static instance *instance_of(qn_ctx *ctx)
{
    return body_of(ctx)->seat;
}

/* ------------------------------------------------------------------ the host table */

static void host_log(qn_ctx *ctx, int32_t level, qn_str text)
{
    service_log(instance_of(ctx)->id, level, text);
}

static void *host_alloc(qn_ctx *ctx, uint64_t n, uint64_t align)
{
    return service_alloc(&body_of(ctx)->arena, n, align);
}

/* A timer that sets itself again for now would never let time go on. */
static bool is_spinning(instance *in, int64_t due_ns)
{
    int64_t now = in->engine->now;

    if (due_ns > now) return false;
    if (in->at_once_ts != now) {
        in->at_once_ts = now;
        in->at_once = 0;
    }
    return in->at_once++ >= TIMERS_PER_INSTANCE;
}

static int32_t set_timer(instance *in, int64_t due_ns, uint64_t cookie)
{
    int32_t rc;

    if (!in->deliver)
        return QN_E_UNSUPPORTED; /* venues and risk modules live on events of others */
    if (!instance_may_send(in)) return QN_E_QUARANTINED;
    if (in->ntimers >= TIMERS_PER_INSTANCE || is_spinning(in, due_ns)) return QN_E_FULL;
    rc = timers_add(&in->engine->timers, due_ns, in->owner, cookie);
    if (rc == QN_OK) in->ntimers++;
    return rc;
}

/* One that takes over, before it has: the timers of the one at work are its own then. */
static bool is_in_the_making(const body *b)
{
    return b->seat->live != b && (!b->is_created || !b->seat->tee);
}

static int32_t host_timer(qn_ctx *ctx, int64_t due_ns, uint64_t cookie)
{
    uint64_t in[] = {(uint64_t)due_ns, cookie};
    tee_call c = {.call = TEE_TIMER, .in = in, .nin = sizeof in};

    if (is_in_the_making(body_of(ctx))) return QN_OK;
    if (tee_answer(body_of(ctx), &c)) return (int32_t)c.result;
    return (int32_t)tee_note(body_of(ctx), &c, set_timer(instance_of(ctx), due_ns, cookie));
}

static bool owns(const instance *in, uint32_t instrument)
{
    return instrument < in->engine->ninstruments && in->slots[instrument] != NO_SLOT;
}

void give_position(const position *p, uint32_t instrument, qn_position *out)
{
    qn_position made = {.size = out->size,
                        .instrument = instrument,
                        .qty = p->qty,
                        .cost = p->cost,
                        .realized_pnl = p->realized_pnl,
                        .fees = p->fees,
                        .funding = p->funding,
                        .market_orders = p->market_orders};

    give_struct(out, out->size, &made, sizeof made);
}

static int32_t portfolio_position(qn_ctx *ctx, uint32_t instrument, qn_position *out)
{
    const instance *in = instance_of(ctx);
    tee_call c = {.call = TEE_POSITION,
                  .in = &instrument,
                  .nin = sizeof instrument,
                  .out = out,
                  .nout = out->size};

    if (in->strategy == NO_SLOT || !owns(in, instrument)) return QN_E_INTENT_INSTRUMENT;
    if (tee_answer(body_of(ctx), &c)) return QN_OK;
    give_position(ledger_part(in->engine->ledger, in->strategy + 1, instrument), instrument, out);
    return (int32_t)tee_note(body_of(ctx), &c, QN_OK);
}

int64_t strategy_equity(const engine *e, const strategy *s, uint32_t instrument)
{
    const account *a = ledger_account(e->ledger, ledger_account_of(e->ledger, instrument));

    return (int64_t)qn_wide_divide((qn_wide)account_equity(a) * s->capital, qn_pow10(-QN_RATE_EXP));
}

static int32_t portfolio_equity(qn_ctx *ctx, uint32_t instrument, int64_t *out)
{
    const instance *in = instance_of(ctx);
    tee_call c = {.call = TEE_EQUITY,
                  .in = &instrument,
                  .nin = sizeof instrument,
                  .out = out,
                  .nout = sizeof *out};

    if (in->strategy == NO_SLOT || !owns(in, instrument)) return QN_E_INTENT_INSTRUMENT;
    if (tee_answer(body_of(ctx), &c)) return QN_OK;
    *out = strategy_equity(in->engine, &in->engine->strategies[in->strategy], instrument);
    return (int32_t)tee_note(body_of(ctx), &c, QN_OK);
}

static int64_t portfolio_mark(qn_ctx *ctx, uint32_t instrument)
{
    const instance *in = instance_of(ctx);
    tee_call c = {.call = TEE_MARK, .in = &instrument, .nin = sizeof instrument};

    if (!owns(in, instrument)) return 0;
    if (tee_answer(body_of(ctx), &c)) return c.result;
    return tee_note(body_of(ctx), &c, ledger_price(in->engine->ledger, instrument));
}

static const void *host_ext(qn_ctx *ctx, const char *id)
{
    static const qn_host_portfolio own = {sizeof own, 0, portfolio_position, portfolio_equity,
                                          portfolio_mark};
    static const qn_ext exts[] = {
        {sizeof(qn_ext), 0, QN_HOST_PORTFOLIO, &own},
        {sizeof(qn_ext), 0, QN_HOST_FEATURES, &features_extension},
        {sizeof(qn_ext), 0, QN_HOST_WORKER, &worker_extension},
        {sizeof(qn_ext), 0, QN_HOST_BOOKS, &books_extension},
    };

    if (strcmp(id, QN_HOST_BOOKS) == 0 && !instance_of(ctx)->sees_books) return NULL;
    for (size_t i = 0; i < sizeof exts / sizeof exts[0]; i++)
        if (strcmp(exts[i].id, id) == 0) return exts[i].table;
    return NULL;
}

/* ------------------------------------------------------------------ making one */

/* A place in the table of modules; NULL when it is full. */
static module_use *free_place(engine *e)
{
    uint32_t i = 0;

    while (i < e->nmodules && e->modules[i].module)
        i++;
    if (i == CLASS_MODULES) return NULL;
    if (i == e->nmodules) e->nmodules++;
    return &e->modules[i];
}

int32_t module_adopt(engine *e, module *m, qn_err *err)
{
    module_use *place = free_place(e);

    if (!place) return fail(err, QN_E_FULL, "more than %u plugin files in one run", CLASS_MODULES);
    *place = (module_use){m, 1};
    return QN_OK;
}

void module_share(engine *e, const module *m)
{
    for (uint32_t i = 0; i < e->nmodules; i++)
        if (e->modules[i].module == m) e->modules[i].uses++;
}

static module *find_module(const engine *e, const char *path, const char *hash, const guest *g)
{
    for (uint32_t i = 0; i < e->nmodules; i++) {
        module *m = e->modules[i].module;
        if (!m || module_door_of(m) != g) continue;
        if (hash ? strcmp(module_about(m)->sha256, hash) == 0
                 : strcmp(module_about(m)->path, path) == 0)
            return m;
    }
    return NULL;
}

/* The module of a file, or with a hash the build of that one, here or in a guest: the one that is
 * loaded already, or a new one. */
static int32_t module_take(engine *e, const char *path, const char *hash, guest *g, module **out,
                           qn_err *err)
{
    module_options options = e->loading;
    module_door door;
    module *m = find_module(e, path, hash, g);
    int32_t rc;

    if (m) {
        module_share(e, m);
        *out = m;
        return QN_OK;
    }
    if (g) {
        door = guest_door(g);
        options.door = &door;
    }
    rc =
        hash ? recorded_load(e, hash, options.door, &m, err) : module_load(path, &options, &m, err);
    if (rc != QN_OK) return rc;
    if ((rc = module_adopt(e, m, err)) == QN_OK)
        *out = m;
    else
        module_close(m);
    return rc;
}

void module_give_back(engine *e, module *m)
{
    for (uint32_t i = 0; i < e->nmodules; i++) {
        module_use *use = &e->modules[i];
        if (use->module != m) continue;
        if (--use->uses > 0) return;
        module_close(m);
        use->module = NULL;
        return;
    }
}

bool module_is_barred(const engine *e, const module *m)
{
    return e->options.quarantine && quarantine_find(e->options.quarantine, module_about(m)->sha256);
}

void module_hash(const module *m, uint8_t to[32])
{
    const char *hex = module_about(m)->sha256;

    for (size_t i = 0; i < 32; i++) {
        unsigned byte = 0;
        sscanf(hex + i * 2, "%2x", &byte);
        to[i] = (uint8_t)byte;
    }
}

/* A class that cannot do without an extension is refused before any of its code runs. */
static int32_t check_needs(body *b, qn_err *err)
{
    const qn_class *cls = b->cls;
    char id[64];

    for (const char *p = cls->needs + strspn(cls->needs, " "); *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        snprintf(id, sizeof id, "%.*s", (int)len, p);
        if (!host_ext((qn_ctx *)(void *)b, id))
            return fail(err, QN_E_ABI_VERSION,
                        "%s needs the host extension %s, which this host (ABI %u.%u) does not "
                        "give to a class of its kind",
                        cls->id, id, QN_ABI_MAJOR, QN_ABI_MINOR);
        p += len;
    }
    return QN_OK;
}

static int32_t set_instruments(instance *in, const uint32_t *numbers, uint32_t n, qn_err *err)
{
    const engine *e = in->engine;

    in->instruments = arena_alloc(&in->arena, (n + 1) * sizeof *in->instruments, 8);
    in->slots = arena_alloc(&in->arena, (e->ninstruments + 1) * sizeof *in->slots, 8);
    if (!in->instruments || !in->slots)
        return fail(err, QN_E_NO_MEMORY, "no memory for %s", in->id);
    for (uint32_t i = 0; i < e->ninstruments; i++)
        in->slots[i] = NO_SLOT;
    for (uint32_t i = 0; i < n; i++) {
        in->instruments[i] = &e->instruments[numbers[i]];
        in->slots[numbers[i]] = i;
    }
    in->ninstruments = n;
    return QN_OK;
}

void instance_name(const instance *in, uint32_t row, const body *b)
{
    const module_info *m = module_about(b->module);
    slot_row what = {0};

    snprintf(what.id, sizeof what.id, "%s", in->id);
    snprintf(what.kind, sizeof what.kind, "%s", in->kind);
    snprintf(what.class_id, sizeof what.class_id, "%s", b->cls->id);
    snprintf(what.version, sizeof what.version, "%s", b->cls->version);
    snprintf(what.sha256, sizeof what.sha256, "%s", m->sha256);
    snprintf(what.path, sizeof what.path, "%s", m->path);
    snprintf(what.copy, sizeof what.copy, "%s", m->copy_path ? m->copy_path : m->path);
    slot_name(row, &what);
}

/* A build that is not in its seat yet, or has left it, is told from the one that is. Another
 * instance of the same module is the same build. */
static bool is_at_work(const body *b)
{
    return b->seat->live && b->seat->live->module == b->module;
}

uint32_t body_row(const body *b)
{
    return is_at_work(b) ? b->seat->owner : SLOT_ROW_CANDIDATE;
}

static int32_t state_told(int32_t rc, const qn_err *why, qn_err *err)
{
    return rc == QN_OK ? rc : fail(err, rc, "its state did not go over: %s", error_text(why, rc));
}

int32_t body_save(const body *b, bytes_out *to, qn_err *err)
{
    qn_stream out = bytes_stream_out(to);
    qn_err why = QN_ERR_INIT;
    uint32_t before = slot_enter(slot_here(), body_row(b), SLOT_CALL_SAVE);
    int32_t rc = b->cls->save(b->self, &out, &why);

    slot_leave(slot_here(), before);
    if (rc == QN_OK) rc = bytes_check(to, &why);
    return state_told(rc, &why, err);
}

int32_t body_load(const body *b, uint32_t schema, const bytes_out *state, qn_err *err)
{
    bytes_in loaded = bytes_reader(state->data, state->used);
    qn_stream in = bytes_stream_in(&loaded);
    qn_err why = QN_ERR_INIT;
    uint32_t before = slot_enter(slot_here(), body_row(b), SLOT_CALL_LOAD_STATE);
    int32_t rc = b->cls->load(b->self, schema, &in, &why);

    slot_leave(slot_here(), before);
    if (rc == QN_OK) rc = bytes_in_end(&loaded, &why);
    return state_told(rc, &why, err);
}

void body_drop(body *b)
{
    if (!b) return;
    if (b->is_created && b->cls->destroy) {
        uint32_t before = slot_enter(slot_here(), body_row(b), SLOT_CALL_DESTROY);
        b->cls->destroy(b->self);
        slot_leave(slot_here(), before);
    }
    arena_free(&b->arena);
    mem_free(b);
}

void body_free(body *b)
{
    engine *e;
    module *m;

    if (!b) return;
    e = b->seat->engine;
    m = b->module;
    body_drop(b);
    module_give_back(e, m);
}

int32_t body_new(instance *seat, module *m, const qn_class *cls, body **out, qn_err *err)
{
    body *b = mem_new(1, sizeof *b);
    int32_t rc;

    if (!b) return fail(err, QN_E_NO_MEMORY, "no memory for %s", seat->id);
    *b = (body){.seat = seat, .module = m, .cls = cls};
    b->host = (qn_host){.size = sizeof b->host,
                        .abi = QN_ABI,
                        .ctx = (qn_ctx *)(void *)b,
                        .log = host_log,
                        .ext = host_ext,
                        .alloc = host_alloc,
                        .timer = host_timer};
    b->setup = (qn_setup){.size = sizeof b->setup,
                          .ninstruments = seat->ninstruments,
                          .host = &b->host,
                          .id = seat->id,
                          .instruments = seat->instruments};
    rc = check_needs(b, err);
    if (rc == QN_OK && !(b->self = arena_alloc(&b->arena, cls->instance_size, cls->instance_align)))
        rc = fail(err, QN_E_NO_MEMORY, "no memory for %s", seat->id);
    if (rc == QN_OK) {
        module_bind(m, cls, b->self);
        *out = b;
    } else {
        arena_free(&b->arena);
        mem_free(b);
    }
    return rc;
}

int32_t body_create(body *b, qn_err *err)
{
    const engine *e = b->seat->engine;
    qn_err why = QN_ERR_INIT;
    uint32_t before;
    int32_t rc;

    if (e->options.mode == ENGINE_TRADE && module_is_barred(e, b->module)) return QN_OK;
    before = slot_enter(slot_here(), body_row(b), SLOT_CALL_CREATE);
    rc = b->cls->create ? b->cls->create(b->self, &b->setup, &why) : QN_OK;
    slot_leave(slot_here(), before);
    if (rc != QN_OK)
        return fail(err, rc, "%s (%s): %s", b->seat->id, b->cls->id, error_text(&why, rc));
    b->is_created = true;
    return QN_OK;
}

int32_t body_make(instance *seat, config *values, module *m, const qn_class *cls, body **out,
                  qn_err *err)
{
    engine *e = seat->engine;
    config *cfg = values ? values : e->cfg;
    const config_node *params = values ? config_find(values, "") : seat->params;
    body *b;
    int32_t rc = body_new(seat, m, cls, &b, err);

    if (rc != QN_OK) return rc;
    if (!is_at_work(b)) instance_name(seat, SLOT_ROW_CANDIDATE, b);
    pthread_mutex_lock(&e->reloads.filling);
    rc = config_fill(cfg, seat->node, params, &cls->params, b->self);
    if (rc != QN_OK) config_take_mistakes(cfg, err);
    pthread_mutex_unlock(&e->reloads.filling);
    if (rc == QN_OK) rc = body_create(b, err);
    if (rc == QN_OK)
        *out = b;
    else
        body_drop(b);
    return rc;
}

void seat_table(instance *in, const void *table)
{
    in->seated = table;
    in->seated_self = in->self;
    fault_seat(in);
}

void instance_seat(instance *in, body *b)
{
    in->live = b;
    in->cls = b->cls;
    in->self = b->self;
    seat_table(in, b->cls->table);
    if (in->owner) instance_name(in, in->owner, b);
}

int32_t instance_take_class(instance *in, module *m, const char *plugin, qn_err *err)
{
    engine *e = in->engine;
    const qn_class *cls = module_resolve_class(e->cfg, m, plugin, in->kind, in->node);
    body *b;
    int32_t rc =
        cls ? body_new(in, m, cls, &b, err) : fail(err, QN_E_INVALID, "the config has mistakes");

    if (rc != QN_OK) {
        module_give_back(e, m);
        return rc;
    }
    instance_seat(in, b);
    if (!e->recorded.n) taint_note(e, in, m); /* else the record says what nobody has signed */
    rc = config_fill(e->cfg, in->node, in->params, &cls->params, b->self);
    return rc == QN_OK ? rc : fail(err, rc, "the config has mistakes");
}

static int32_t load_class(instance *in, const instance_spec *spec, qn_err *err)
{
    engine *e = in->engine;
    char path[PATH_ROOM];
    const char *was;
    guest *g = NULL;
    module *m;
    int32_t rc;

    if ((rc = module_resolve(e->cfg, e->index, spec->plugin, spec->node, path, err)) != QN_OK)
        return rc;
    if (!(in->file = arena_text_n(&in->arena, path, strlen(path))))
        return fail(err, QN_E_NO_MEMORY, "no memory for %s", in->id);
    was = recorded_other(e, e->nowners - 1, path);
    if (isolation_is_process(in->isolation) && (rc = isolation_guest(e, in, &g, err)) != QN_OK)
        return rc;
    rc = module_take(e, path, was, g, &m, err);
    /* lost: what is there is another build, which is refused when the whole run is looked at */
    if (was && rc == QN_E_MODULE_MISMATCH) rc = module_take(e, path, NULL, g, &m, err);
    guest_release(g); /* the module holds it */
    if (rc != QN_OK) return rc;
    return g ? isolation_wait(e, in, spec->plugin, m, err)
             : instance_take_class(in, m, spec->plugin, err);
}

int32_t instance_init(instance *in, engine *e, const instance_spec *spec, qn_err *err)
{
    int32_t rc;

    in->engine = e;
    in->id = spec->id;
    in->kind = spec->kind;
    in->node = spec->node;
    in->params = spec->params;
    in->isolation = spec->isolation ? spec->isolation : "none";
    in->strategy = NO_SLOT;
    if (!(in->times = arena_alloc(&in->arena, sizeof *in->times, 8)))
        return fail(err, QN_E_NO_MEMORY, "no memory for %s", in->id);
    if ((rc = set_instruments(in, spec->instruments, spec->ninstruments, err)) != QN_OK) return rc;
    if (e->is_books) return QN_OK; /* the books need to know whom they are of, and no more */
    if ((rc = load_class(in, spec, err)) != QN_OK) return rc;
    in->owner = e->nowners;
    e->owners[e->nowners++] = in;
    if (in->live) instance_name(in, in->owner, in->live); /* one in a guest is named in its seat */
    return QN_OK;
}

void instance_free(instance *in)
{
    body_free(in->live);
    config_close(in->changed);
    in->live = NULL;
    arena_free(&in->arena);
}

instance *instance_find(const engine *e, const char *id)
{
    instance *found = NULL;

    for (uint32_t i = 1; i < e->nowners; i++)
        if (strcmp(e->owners[i]->id, id) == 0 && !(found && instance_is_pure(found)))
            found = e->owners[i];
    return found;
}
