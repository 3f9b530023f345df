/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/log.h"
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ the queue */

void commands_init(commands *c)
{
    pthread_mutex_init(&c->lock, NULL);
    c->last = &c->first;
}

void commands_end(commands *c)
{
    pthread_mutex_destroy(&c->lock);
}

int32_t engine_post(engine *e, engine_command *c, qn_err *err)
{
    commands *all = &e->commands;
    int32_t rc = QN_OK;

    c->next = NULL;
    c->norders = 0;
    pthread_mutex_lock(&all->lock);
    if (all->is_closed) {
        rc = fail(err, QN_E_CANCELED, "the run is over");
    } else if (all->nwaiting == COMMANDS_WAITING) {
        rc = fail(err, QN_E_FULL, "%u commands wait already", COMMANDS_WAITING);
    } else {
        *all->last = c;
        all->last = &c->next;
        all->nwaiting++;
    }
    pthread_mutex_unlock(&all->lock);
    if (rc == QN_OK) engine_attend(e);
    return rc;
}

/* A resume does first what was recorded, and attends again when it is through. */
static bool is_held(const engine *e, const engine_command *c)
{
    return e->replay && c->verb != ENGINE_ASK_STATE && !e->commands.is_closed;
}

static engine_command *take(engine *e)
{
    commands *all = &e->commands;
    engine_command **at = &all->first;
    engine_command *c;

    pthread_mutex_lock(&all->lock);
    while (*at && is_held(e, *at))
        at = &(*at)->next;
    if ((c = *at)) {
        if (!(*at = c->next)) all->last = at;
        all->nwaiting--;
    }
    pthread_mutex_unlock(&all->lock);
    return c;
}

void commands_close(engine *e)
{
    engine_command *c;

    pthread_mutex_lock(&e->commands.lock);
    e->commands.is_closed = true;
    pthread_mutex_unlock(&e->commands.lock);
    while ((c = take(e)))
        c->done(c, QN_E_CANCELED, "the run is over");
}

/* ------------------------------------------------------------------ may it be done? */

static const strategy *find_strategy(const engine *e, const char *id)
{
    for (uint32_t i = 0; i < e->nstrategies; i++)
        if (strcmp(e->strategies[i].in.id, id) == 0) return &e->strategies[i];
    return NULL;
}

#define NAMES_SHOWN 64

int32_t command_no_plugin(const engine *e, const char *id, qn_err *err)
{
    const char *names[NAMES_SHOWN];
    char hint[HINT_TEXT];
    size_t n = 0;

    for (uint32_t i = 1; i < e->nowners && n < NAMES_SHOWN; i++)
        names[n++] = e->owners[i]->id;
    return fail(err, QN_E_UNKNOWN_NAME, "the run has no plugin %s, %s", id,
                name_hint(id, names, n, hint));
}

static int32_t no_strategy(const engine *e, const char *id, qn_err *err)
{
    const char *names[NAMES_SHOWN];
    char hint[HINT_TEXT];
    size_t n = 0;

    for (; n < e->nstrategies && n < NAMES_SHOWN; n++)
        names[n] = e->strategies[n].in.id;
    return fail(err, QN_E_UNKNOWN_NAME, "the run has no strategy %s, %s", id,
                name_hint(id, names, n, hint));
}

static int32_t check_strategy(engine *e, const engine_command *c, qn_err *err)
{
    if (!c->target[0] || find_strategy(e, c->target)) return QN_OK;
    return no_strategy(e, c->target, err);
}

static int32_t check_step(engine *e, const engine_command *c, qn_err *err)
{
    const reloads *r = &e->reloads;
    bool is_its = r->seat && strcmp(r->seat->id, c->target) == 0;

    if (is_its && r->phase >= RELOAD_SHADOWED) return QN_OK;
    return fail(err, QN_E_NOT_FOUND, "no new build of %s is beside the one at work", c->target);
}

static int32_t check_reload(engine *e, const engine_command *c, qn_err *err)
{
    if (instance_find(e, c->target)) return QN_OK;
    return command_no_plugin(e, c->target, err);
}

/* One whose functions run on the engine's thread: venues and sinks have none to call. */
static instance *find_callable(const engine *e, const char *id)
{
    instance *in = instance_find(e, id);

    return in && instance_is_pure(in) ? in : NULL;
}

static int32_t check_call(engine *e, const engine_command *c, qn_err *err)
{
    const instance *in = find_callable(e, c->target);
    command_ask ask;

    if (!in && instance_find(e, c->target))
        return fail(err, QN_E_UNSUPPORTED, "%s: venues and sinks have no commands to call",
                    c->target);
    if (!in) return command_no_plugin(e, c->target, err);
    if (in->is_out) return fail(err, QN_E_STATE, "%s was taken out of the run", c->target);
    return command_read(in->live->cls, c->value, &ask, err);
}

/* What it makes is put to work by do_set, once the command is on record. */
static int32_t check_set(engine *e, const engine_command *c, qn_err *err)
{
    return set_prepare(e, c->target, c->value, &e->commands.set, err);
}

/* ------------------------------------------------------------------ what they do */

static uint32_t cancel(engine *e, const char *target, uint64_t cause)
{
    const strategy *s = target[0] ? find_strategy(e, target) : NULL;
    uint32_t n = order_cancel_all(e, s, QN_REASON_OPERATOR, cause);

    engine_drain(e);
    return n;
}

static uint32_t flatten(engine *e, const char *target, uint64_t cause)
{
    uint32_t n = cancel(e, target, cause);

    for (uint32_t i = 0; i < e->nstrategies; i++) {
        strategy *s = &e->strategies[i];
        if (target[0] && strcmp(s->in.id, target) != 0) continue;
        for (uint32_t k = 0; k < e->ninstruments && e->failed == QN_OK; k++)
            n += order_close(e, s, k, cause);
    }
    return n;
}

static uint32_t do_halt(engine *e, const qn_command *record, engine_command *asked)
{
    qn_halt why = {
        .hdr = {.size = sizeof why, .type = QN_EVENT_HALT, .instrument = QN_NO_INSTRUMENT},
        .is_halted = 1,
        .reason = QN_REASON_OPERATOR};

    (void)record;
    (void)asked;
    if (!e->halt.is_halted) halt_set(e, &why);
    return 0;
}

static uint32_t do_resume(engine *e, const qn_command *record, engine_command *asked)
{
    (void)record;
    (void)asked;
    if (e->halt.is_halted) halt_lift(e);
    return 0;
}

static uint32_t do_cancel(engine *e, const qn_command *record, engine_command *asked)
{
    (void)asked;
    return cancel(e, record->target, record->hdr.seq);
}

static uint32_t do_flatten(engine *e, const qn_command *record, engine_command *asked)
{
    (void)asked;
    return flatten(e, record->target, record->hdr.seq);
}

static uint32_t do_stop(engine *e, const qn_command *record, engine_command *asked)
{
    (void)record;
    (void)asked;
    e->status = RUN_STOPPED;
    return 0;
}

int32_t command_of_body(const body *b, const qn_command *record, command_result *out, qn_err *err)
{
    command_ask ask;
    int32_t rc;

    *out = (command_result){.type = FOREIGN_VOID};
    rc = command_read(b->cls, record->value, &ask, err);
    if (rc != QN_OK) return rc;
    return module_door_of(b->module) ? guest_command(b->self, record->value, &ask, out, err)
                                     : command_call(&ask, b->self, out, err);
}

static uint32_t do_call(engine *e, const qn_command *record, engine_command *asked)
{
    instance *in = find_callable(e, record->target);
    command_result result;
    qn_err err = QN_ERR_INIT;
    uint32_t before;
    int32_t rc;

    if (!in) return 0;
    before = call_begin(e, in, SLOT_CALL_COMMAND);
    rc = in->tee ? tee_command(in->tee, record, &result, &err)
                 : command_of_body(in->live, record, &result, &err);
    call_end(e, before);
    if (!asked) return 0;
    asked->result = result;
    asked->failure = err;
    asked->failure.code = rc;
    return 0;
}

static uint32_t do_set(engine *e, const qn_command *record, engine_command *asked)
{
    set_ready *ready = &e->commands.set;
    const instance *in;
    qn_err err = QN_ERR_INIT;

    if (!asked && set_prepare(e, record->target, record->value, ready, &err) != QN_OK) {
        engine_fail(e, QN_E_DIVERGED, "%s cannot be set again: %s", record->target, err.msg);
        return 0;
    }
    in = ready->in;
    set_apply(ready);
    if (asked) set_tell(in, asked->values);
    return 0;
}

/* What a command does to the run itself, and so does again when the run is done again. The other
 * ones leave records of their own (reload.c). */
typedef struct verb_row {
    int32_t (*check)(engine *, const engine_command *, qn_err *); /* NULL = can always be done */
    /* Does it once it is on record. `asked` is NULL when the run is done again. Returns how many
     * orders it asked the end of, or sent. */
    uint32_t (*apply)(engine *, const qn_command *record, engine_command *asked);
    uint32_t step; /* of a reload */
} verb_row;

static const verb_row verbs[QN_COMMANDS] = {
    [QN_COMMAND_HALT] = {NULL, do_halt, 0},
    [QN_COMMAND_RESUME] = {NULL, do_resume, 0},
    [QN_COMMAND_CANCEL] = {check_strategy, do_cancel, 0},
    [QN_COMMAND_FLATTEN] = {check_strategy, do_flatten, 0},
    [QN_COMMAND_STOP] = {NULL, do_stop, 0},
    [QN_COMMAND_RELOAD] = {check_reload, NULL, 0},
    [QN_COMMAND_PROMOTE] = {check_step, NULL, ENGINE_RELOAD_PROMOTE},
    [QN_COMMAND_ROLLBACK] = {check_step, NULL, ENGINE_RELOAD_ROLLBACK},
    [QN_COMMAND_SET] = {check_set, do_set, 0},
    [QN_COMMAND_CALL] = {check_call, do_call, 0},
};

/* ------------------------------------------------------------------ one command */

/* Mode and file of a reload; of a longer one the end, which holds its name. */
static void put_value(const engine_command *c, char to[256])
{
#define MODE(number, NAME, name, meaning) [number] = (name),
    static const char *const modes[QN_RELOAD_MODES] = {QN_RELOAD_MODE_LIST(MODE)};
#undef MODE
    const char *file = c->reload.file;
    size_t len = strlen(file);
    int n;

    if (c->verb == QN_COMMAND_CALL || c->verb == QN_COMMAND_SET) snprintf(to, 256, "%s", c->value);
    if (c->verb != QN_COMMAND_RELOAD) return;
    n = snprintf(to, 256, "%s ", modes[c->reload.mode < QN_RELOAD_MODES ? c->reload.mode : 0]);
    if (len > 255 - (size_t)n) file += len - (255 - (size_t)n);
    snprintf(to + n, 256 - (size_t)n, "%s", file);
}

static void apply(engine *e, qn_command *record, engine_command *asked)
{
    const verb_row *row = &verbs[record->verb];
    uint32_t norders = 0;

    record_put(e, &record->hdr);
    operation_keep(e, &record->hdr);
    e->cause = record->hdr.seq;
    if (record->code == QN_OK && row->apply) norders = row->apply(e, record, asked);
    if (asked) asked->norders = norders;
    engine_settle(e);
}

static void on_reload_done(void *ctx, int32_t code, const char *why)
{
    engine_command *c = ctx;

    c->done(c, code, why);
}

/* True if the command is to be answered now. */
static bool begin_reload(engine *e, engine_command *c, int32_t *rc, qn_err *err)
{
    snprintf(c->reload.id, sizeof c->reload.id, "%s", c->target);
    c->reload.done = on_reload_done;
    c->reload.ctx = c;
    c->is_begun = true;
    *rc = engine_ask_reload(e, &c->reload, err);
    return *rc != QN_OK;
}

static void do_command(engine *e, engine_command *c)
{
    const verb_row *row = &verbs[c->verb < QN_COMMANDS ? c->verb : 0];
    qn_command record = {
        .hdr = {.size = sizeof record, .type = QN_EVENT_COMMAND, .instrument = QN_NO_INSTRUMENT},
        .wall_ts = c->wall_ts,
        .verb = c->verb,
        .uid = c->uid,
        .pid = c->pid};
    qn_err err = QN_ERR_INIT;
    int32_t rc = QN_OK;

    if (!row->apply && !row->check) {
        c->done(c, QN_E_UNKNOWN_NAME, "there is no such command");
        return;
    }
    if (row->check) rc = row->check(e, c, &err);
    record.code = rc;
    snprintf(record.target, sizeof record.target, "%s", c->target);
    put_value(c, record.value);
    apply(e, &record, c);
    if (rc == QN_OK && c->failure.code != QN_OK) {
        rc = c->failure.code;
        err = c->failure;
    }
    if (rc == QN_OK && row->step) engine_ask_reload_step(e, row->step);
    if (rc == QN_OK && c->verb == QN_COMMAND_RELOAD && !begin_reload(e, c, &rc, &err)) return;
    c->done(c, rc, err.msg);
}

void commands_attend(engine *e)
{
    engine_command *c;

    for (uint32_t i = 0; i < COMMANDS_AT_ONCE; i++) {
        if (e->status != RUN_COMPLETED || e->failed != QN_OK) return;
        if (!(c = take(e))) return;
        if (c->verb == ENGINE_ASK_STATE) {
            state_fill(e, c->state);
            c->done(c, QN_OK, "");
        } else {
            do_command(e, c);
        }
    }
    engine_attend(e); /* there may be more */
}

/* ------------------------------------------------------------------ a run that is done again */

/* While a run warms up a halt is not told yet. */
void commands_book(engine *e, const qn_command *record)
{
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    if (record->code != QN_OK) return;
    if (record->verb == QN_COMMAND_SET && (rc = set_book(e, record, &err)) != QN_OK)
        engine_fail(e, rc, "%s cannot be set again: %s", record->target, err.msg);
    if (e->is_live) return;
    if (record->verb == QN_COMMAND_HALT) do_halt(e, record, NULL);
    if (record->verb == QN_COMMAND_RESUME) do_resume(e, record, NULL);
}

bool commands_again(engine *e)
{
    const qn_event *next = replay_next(e->replay);
    operation record;

    if (fault_again(e)) return true;
    if (!next || next->seq != e->seq + 1 || next->ts_ns != e->now) return false;
    if ((next->type != QN_EVENT_COMMAND || next->size != sizeof record.command) &&
        (next->type != QN_EVENT_RELOAD || next->size != sizeof record.reload))
        return false;
    if (qn_record_check(next, next->size, NULL) != QN_OK) return false;
    memcpy(&record, next, next->size);
    if (next->type == QN_EVENT_COMMAND) {
        apply(e, &record.command, NULL);
    } else {
        reload_again(e, &record.reload);
    }
    return true;
}
