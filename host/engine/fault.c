/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

/* What waits in the queue for its turn: whose fault it was. */
typedef struct fault_turn {
    qn_event hdr;
    uint64_t owner;
} fault_turn;

/* ------------------------------------------------------------------ on record */

/* Whose fault was recorded: of those that share an id, the only one that can be replaced. */
static instance *find_culprit(const engine *e, const char *id)
{
    instance *in = instance_find(e, id);

    return in && in->table_at ? in : NULL;
}

static void tell(engine *e, const qn_fault *record)
{
    faults *f = &e->faults;

    f->n++;
    f->last_seq = record->hdr.seq;
    if (f->ntold == FAULTS_TOLD) memmove(f->told, f->told + 1, --f->ntold * sizeof *f->told);
    f->told[f->ntold++] = (fault_told){.record = *record};
}

static void tell_over(engine *e, const char *id)
{
    for (uint32_t i = 0; i < e->faults.ntold; i++)
        if (strcmp(e->faults.told[i].record.id, id) == 0) e->faults.told[i].is_over = true;
}

/* Puts the record, and the absent plugin into the seat. Callbacks of the plugin may be on the
 * stack: nothing else changes before the queue is worked off. */
static void put_fault(engine *e, instance *in, qn_fault *record)
{
    fault_turn turn = {.hdr = {.size = sizeof turn, .type = QN_EVENT_FAULT}, .owner = in->owner};

    record_put(e, &record->hdr);
    tell(e, record);
    in->is_out = true;
    in->planned.reason = 0;
    fault_seat(in);
    if (in->tee) tee_fail(in->tee, record->code, record->why);
    turn.hdr.seq = record->hdr.seq;
    if (queue_put(&e->queue, &turn.hdr) != QN_OK)
        engine_fail(e, QN_E_FULL, "the event queue is full");
}

/* ------------------------------------------------------------------ as it was recorded */

/* The journal's next record, if it is a fault that came from outside and is due now. */
static const qn_fault *recorded(const engine *e, uint32_t place)
{
    const qn_event *next = e->replay && !e->is_books ? replay_next(e->replay) : NULL;
    const qn_fault *f = (const qn_fault *)(const void *)next;

    if (!next || next->type != QN_EVENT_FAULT || next->seq != e->seq + 1 || next->ts_ns != e->now ||
        qn_record_check(next, next->size, NULL) != QN_OK)
        return NULL;
    return f->reason != QN_FAULT_STRIKES && f->place == place ? f : NULL;
}

static void put_again(engine *e, instance *in, const qn_fault *was)
{
    qn_fault record = *was;
    const qn_fault *behind;

    put_fault(e, in, &record);
    while ((behind = recorded(e, QN_FAULT_PLACE_BEHIND)) && (in = find_culprit(e, behind->id))) {
        record = *behind;
        put_fault(e, in, &record);
    }
}

/* True if the instance was taken out here. */
static bool is_again(instance *in, uint32_t place)
{
    const qn_fault *was = recorded(in->engine, place);

    if (!was || was->sent != in->sent || strcmp(was->id, in->id) != 0) return false;
    put_again(in->engine, in, was);
    return true;
}

bool fault_again(engine *e)
{
    const qn_fault *was = recorded(e, QN_FAULT_PLACE_BETWEEN);
    instance *in = was ? find_culprit(e, was->id) : NULL;

    if (!in) return false;
    put_again(e, in, was);
    engine_settle(e);
    return true;
}

/* ------------------------------------------------------------------ taking it out */

static void put_new(engine *e, instance *in, uint32_t place, const fault_plan *what)
{
    qn_fault record = {
        .hdr = {.size = sizeof record, .type = QN_EVENT_FAULT, .instrument = QN_NO_INSTRUMENT},
        .cause_seq = e->cause,
        .sent = in->sent,
        .reason = what->reason,
        .action = in->fault_action,
        .place = place,
        .code = what->code};

    module_hash(in->live->module, record.build);
    snprintf(record.id, sizeof record.id, "%s", in->id);
    snprintf(record.why, sizeof record.why, "%s", what->why);
    put_fault(e, in, &record);
    if (!e->replay)
        log_line(LOG_ERROR, "%s (%s) was taken out of the run: %s [%s]", in->id, in->cls->id,
                 record.why, error_name(record.code));
}

static fault_plan make_plan(uint32_t reason, int32_t code, const char *why)
{
    fault_plan p = {.reason = reason, .code = code};

    snprintf(p.why, sizeof p.why, "%s", why && why[0] ? why : error_meaning(code));
    return p;
}

/* A venue can be absent as long as it takes to put another build in its place. */
static bool can_be_absent(engine *e, const instance *in, uint32_t reason, int32_t code)
{
    if (instance_is_pure(in) || (in->table_at && reason == QN_FAULT_STOPPED)) return true;
    engine_fail(e, code, "%s cannot be taken out of a run: a run without its %s is another one",
                in->id, in->kind);
    return false;
}

/* In a call in which a run that is done again looks for a fault (seat.c), also where it is a
 * command that brought the call about. */
static bool is_within_call(const engine *e)
{
    uint32_t call = SLOT_WORD_CALL(atomic_load_explicit(&e->slot->word, memory_order_relaxed));

    return call == SLOT_CALL_ON_EVENT || call == SLOT_CALL_CHECK || call == SLOT_CALL_ALLOCATE;
}

void fault_take_out(engine *e, instance *in, uint32_t reason, int32_t code, const char *why)
{
    fault_plan what = make_plan(reason, code, why);
    uint32_t place = QN_FAULT_PLACE_WITHIN;
    bool is_between = e->is_attending && !is_within_call(e);

    if (in->is_out || !can_be_absent(e, in, reason, code)) return;
    /* what the record does not say has not happened, as far as this run goes */
    if (reason != QN_FAULT_STRIKES && e->replay && replay_next(e->replay)) return;
    if (is_between)
        place = QN_FAULT_PLACE_BETWEEN;
    else if (e->faults.n && e->faults.last_seq == e->seq)
        place = QN_FAULT_PLACE_BEHIND;
    put_new(e, in, place, &what);
    if (is_between) engine_settle(e);
}

void fault_plan_out(engine *e, instance *in, uint32_t reason, int32_t code, const char *why)
{
    if (in->is_out || !can_be_absent(e, in, reason, code)) return;
    in->planned = make_plan(reason, code, why);
    in->is_watched = true;
    fault_seat(in);
    engine_attend(e);
}

void fault_lift(instance *in)
{
    in->strikes = 0;
    in->planned.reason = 0;
    if (!in->is_out) return;
    in->is_out = false;
    in->is_failing_told = false;
    tell_over(in->engine, in->id);
    fault_seat(in);
}

/* A call of it took too long, and it comes back, or sends, only now. */
static void take_out_hung(instance *in)
{
    char why[128];

    if (!atomic_exchange_explicit(&in->is_hung, false, memory_order_relaxed)) return;
    snprintf(why, sizeof why, "a call took longer than %lld ms",
             (long long)(in->budget.hard / QN_NS_PER_MS));
    fault_take_out(in->engine, in, QN_FAULT_HUNG, QN_E_HUNG, why);
}

static bool is_through(const engine *e)
{
    return !e->replay || !replay_next(e->replay);
}

void faults_attend(engine *e)
{
    for (uint32_t i = 1; i < e->nowners; i++) {
        instance *in = e->owners[i];
        fault_plan what = in->planned;
        take_out_hung(in);
        if (!what.reason || in->is_out || !is_through(e)) continue;
        put_new(e, in, QN_FAULT_PLACE_BETWEEN, &what);
        engine_settle(e);
    }
}

/* ------------------------------------------------------------------ watching calls */

bool fault_before(instance *in)
{
    fault_plan what = in->planned;

    if (what.reason && is_through(in->engine)) {
        put_new(in->engine, in, QN_FAULT_PLACE_BEFORE, &what);
        return true;
    }
    return is_again(in, QN_FAULT_PLACE_BEFORE);
}

int32_t fault_behind(instance *in, int32_t rc)
{
    const qn_fault *was = recorded(in->engine, QN_FAULT_PLACE_WITHIN);
    int32_t code = was ? was->code : rc;

    return !in->is_out && is_again(in, QN_FAULT_PLACE_WITHIN) ? code : rc;
}

bool fault_stops(instance *in)
{
    take_out_hung(in);
    return in->is_out || is_again(in, QN_FAULT_PLACE_WITHIN);
}

/* ------------------------------------------------------------------ strikes */

/* What only a plugin does that is wrong. What an honest one may meet is none: an order that was
 * closed in the meantime, too many orders, a limit of the risk chain, an intent of a newer host. */
static const struct {
    int32_t code;
    const char *what;
} strikes[] = {
    {QN_E_INTENT_INSTRUMENT, "it names an instrument that is not its own"},
    {QN_E_INTENT_VALUE, "a value that is not finite, not in range, or malformed"},
    {QN_E_INTENT_ROUTE, "an intent that does not fit its route"},
    {QN_E_RANGE, "it names a feature, a reason or a time that does not exist"},
    {QN_E_BUDGET, "a child order of more than is left of its parent"},
};

void fault_strike(instance *in, int32_t code)
{
    engine *e = in->engine;
    char why[128];
    int64_t most = e->run->strikes;
    size_t i = 0;

    while (i < sizeof strikes / sizeof strikes[0] && strikes[i].code != code)
        i++;
    if (i == sizeof strikes / sizeof strikes[0] || in->is_out) return;
    in->strikes++;
    e->counts.strikes++;
    if (!e->replay && in->strikes <= most)
        log_line(LOG_WARNING, "%s (%s) sent what is wrong, strike %u of %lld: %s [%s]", in->id,
                 in->cls->id, in->strikes, (long long)most, strikes[i].what, error_name(code));
    if (!most || in->strikes < most) return;
    snprintf(why, sizeof why, "strike %u: %s", in->strikes, strikes[i].what);
    fault_take_out(e, in, QN_FAULT_STRIKES, code, why);
}

/* ------------------------------------------------------------------ calls that crash */

#define APART_VALUE "fault.within"

static void apart_load(engine *e)
{
    size_t n = sizeof e->faults.apart;

    e->faults.napart = 0;
    if (e->store && value_get(e->store, APART_VALUE, e->faults.apart, &n, NULL) == QN_OK)
        e->faults.napart = (uint32_t)(n / sizeof e->faults.apart[0]);
}

void fault_expect(engine *e, uint64_t cause_seq)
{
    faults *f = &e->faults;

    if (f->napart == FAULTS_APART)
        memmove(f->apart, f->apart + 1, --f->napart * sizeof f->apart[0]);
    f->apart[f->napart++] = (fault_call){e->run_number, cause_seq};
}

static void apart_save(const engine *e)
{
    const faults *f = &e->faults;
    qn_err err = QN_ERR_INIT;

    if (!e->store || e->options.mode == ENGINE_REPLAY) return;
    if (value_put(e->store, APART_VALUE, f->apart, f->napart * sizeof f->apart[0], &err) != QN_OK)
        log_line(LOG_WARNING, "a replay of this run will come to the crash: %s", err.msg);
}

static bool is_expected(const engine *e)
{
    for (uint32_t i = 0; i < e->faults.napart; i++)
        if (e->faults.apart[i].cause_seq == e->cause && e->faults.apart[i].run == e->run_number)
            return true;
    return false;
}

/* A process that could put nothing down has not said in which of its calls a build ended it: it may
 * be any. */
bool fault_is_apart(const instance *in)
{
    const engine *e = in->engine;

    return is_expected(e) ||
           (in->planned.reason && e->options.mode == ENGINE_RESUME && !e->options.crashed_at);
}

void fault_leave(instance *in)
{
    fault_plan what = in->planned;

    if (in->is_out) return;
    if (what.reason && is_through(in->engine)) {
        put_new(in->engine, in, QN_FAULT_PLACE_WITHIN, &what);
        if (!is_expected(in->engine)) fault_expect(in->engine, in->engine->cause);
        apart_save(in->engine);
    } else if (!is_again(in, QN_FAULT_PLACE_WITHIN)) {
        return;
    }
    apart_leave(in);
}

/* ------------------------------------------------------------------ for the engine */

void fault_follow(engine *e, const qn_event *ev)
{
    instance *in = e->owners[((const fault_turn *)(const void *)ev)->owner];

    e->cause = ev->seq;
    timers_drop(&e->timers, in->owner);
    in->ntimers = 0;
    seat_is_left(e, in, ev->seq);
}

void faults_begin(engine *e)
{
    apart_load(e);
    for (uint32_t i = 1; i < e->nowners && e->replay && !e->is_books; i++) {
        e->owners[i]->is_watched = true;
        fault_seat(e->owners[i]);
    }
}

void faults_go_live(engine *e)
{
    for (uint32_t i = 1; i < e->nowners; i++) {
        e->owners[i]->is_watched = e->owners[i]->planned.reason != 0;
        fault_seat(e->owners[i]);
    }
}

/* ------------------------------------------------------------------ booked again, and told */

void fault_book(engine *e, const qn_fault *record)
{
    tell(e, record);
}

void fault_book_reload(engine *e, const qn_reload *record)
{
    if (record->step == QN_RELOAD_COMMIT ||
        (record->step == QN_RELOAD_ROLLBACK && record->mode != QN_RELOAD_REFACTOR))
        tell_over(e, record->id);
}

const char *fault_why(const instance *in)
{
    const faults *f = &in->engine->faults;

    for (uint32_t i = f->ntold; i-- > 0;)
        if (!f->told[i].is_over && strcmp(f->told[i].record.id, in->id) == 0)
            return f->told[i].record.why;
    return "";
}

uint32_t engine_faults(const engine *e)
{
    return e->faults.ntold;
}

const qn_fault *engine_fault_at(const engine *e, uint32_t i, bool *is_over)
{
    *is_over = e->faults.told[i].is_over;
    return &e->faults.told[i].record;
}

bool engine_is_incomplete(const engine *e)
{
    for (uint32_t i = 0; i < e->faults.ntold; i++)
        if (!e->faults.told[i].is_over) return true;
    return false;
}

const char *fault_reason_name(uint32_t reason)
{
#define ROW(number, NAME, name, meaning) [number] = (name),
    static const char *const names[QN_FAULTS] = {QN_FAULT_LIST(ROW)};

    return reason < QN_FAULTS && names[reason] ? names[reason] : "?";
}

const char *fault_action_name(uint32_t action)
{
    static const char *const names[QN_FAULT_ACTIONS] = {QN_FAULT_ACTION_LIST(ROW)};
#undef ROW

    return action < QN_FAULT_ACTIONS && names[action] ? names[action] : "?";
}

uint64_t engine_over_budget(const engine *e)
{
    uint64_t n = 0;

    for (uint32_t i = 1; i < e->nowners; i++)
        n += atomic_load_explicit(&e->owners[i]->over_budget, memory_order_relaxed);
    return n;
}
