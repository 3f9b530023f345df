/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOG_MAX ((size_t)1 << 20) /* of one call: what sends more is not compared */

/* An entry of the log: this, then nin and nout bytes. */
typedef struct entry {
    uint32_t call, nin, nout, is_used;
    int64_t result;
} entry;

#define CALL_ROW(NAME, is_effect, text) [TEE_##NAME] = {is_effect, text},
static const struct {
    bool is_effect;
    const char *text;
} calls[TEE_CALLS] = {TEE_CALL_LIST(CALL_ROW)};
#undef CALL_ROW

static size_t entry_size(const entry *head)
{
    return (sizeof *head + head->nin + head->nout + 7) & ~(size_t)7;
}

__attribute__((format(printf, 3, 4))) static void broken(tee *t, int32_t code, const char *format,
                                                         ...)
{
    va_list args;

    if (t->is_broken) return;
    t->is_broken = true;
    t->code = code;
    va_start(args, format);
    vsnprintf(t->why, sizeof t->why, format, args);
    va_end(args);
    engine_attend(t->seat->engine);
}

void tee_break(tee *t, int32_t code, const char *why)
{
    broken(t, code, "%s", why);
}

/* They did not do the same: fatal where they must, counted where they need not. */
static void differ(tee *t, const char *what, const char *how)
{
    char time[TIME_TEXT];

    t->has_differed = true;
    if (t->mode != QN_RELOAD_REFACTOR) return;
    time_format_short(t->is_behind ? t->kept_now : t->seat->engine->now, time);
    broken(t, QN_E_DIVERGED, "at %s, %llu calls after its state was loaded: %s %s", time,
           (unsigned long long)t->events, what, how);
}

/* ------------------------------------------------------------------ calls of the host */

static void put_entry(tee *t, const tee_call *c)
{
    entry head = {c->call, c->nin, c->nout, 0, c->result};
    size_t end = t->log.used + entry_size(&head);

    if (end > LOG_MAX) {
        broken(t, QN_E_FULL, "it does too much in one call to be compared");
        return;
    }
    bytes_put(&t->log, &head, sizeof head);
    if (c->nin) bytes_put(&t->log, c->in, c->nin);
    if (c->nout) bytes_put(&t->log, c->out, c->nout);
    while (t->log.used < end && t->log.code == QN_OK)
        bytes_put_u8(&t->log, 0);
}

void tee_note_call(tee *t, tee_call *c, int64_t result)
{
    c->result = result;
    if (t->is_logging && !t->is_second) put_entry(t, c);
}

/* The entry at *at that is of the same kind (effect or answer) as `call`, from there on; NULL at
 * the end. */
static entry *find(const tee *t, size_t *at, uint32_t call)
{
    while (*at < t->log.used) {
        entry *head = (entry *)(void *)(t->log.data + *at);
        if (calls[call].is_effect ? calls[head->call].is_effect : head->call == call) return head;
        *at += entry_size(head);
    }
    return NULL;
}

static bool is_same(const entry *head, const tee_call *c)
{
    return head->call == c->call && head->nin == c->nin && memcmp(head + 1, c->in, c->nin) == 0 &&
           head->nout == c->nout;
}

static void take(const entry *head, tee_call *c)
{
    if (c->nout) memcpy(c->out, (const char *)(head + 1) + head->nin, c->nout);
    c->result = head->result;
}

/* Effects come in the same order, or they are not the same. */
static void answer_effect(tee *t, tee_call *c)
{
    entry *head = find(t, &t->at, c->call);

    c->result = 0;
    if (!head || !is_same(head, c)) {
        differ(t, calls[c->call].text,
               head ? "is not the one that the other build sent"
                    : "that the other build did not send");
        return;
    }
    t->at += entry_size(head);
    take(head, c);
}

/* A question that the other build did not ask is answered by what is the case now. */
static bool answer_question(tee *t, tee_call *c)
{
    size_t at = 0;
    entry *head;

    while ((head = find(t, &at, c->call))) {
        if (!head->is_used && is_same(head, c)) {
            head->is_used = 1;
            take(head, c);
            return true;
        }
        at += entry_size(head);
    }
    return false;
}

bool tee_answer_call(tee *t, const body *b, tee_call *c)
{
    if (b == t->first) return false;
    if (calls[c->call].is_effect)
        answer_effect(t, c);
    else if (!answer_question(t, c)) {
        t->is_astray = t->is_astray || t->is_behind; /* what was the case then nobody knows now */
        return false;
    }
    return true;
}

/* ------------------------------------------------------------------ one call, to both */

/* Whose call it is, in case that it crashes. */
static void name_turn(const tee *t, bool is_new_build)
{
    call_slot *s = t->seat->engine->slot;
    uint32_t word = atomic_load_explicit(&s->word, memory_order_relaxed);

    slot_enter(s, is_new_build ? SLOT_ROW_CANDIDATE : t->seat->owner, SLOT_WORD_CALL(word));
}

static void first_turn(tee *t, const void *out)
{
    t->log.used = 0;
    t->at = 0;
    t->is_logging = true;
    t->is_second = t->has_differed = false;
    t->out = out;
    name_turn(t, t->is_committed);
}

static void second_turn(tee *t)
{
    t->is_second = true;
    name_turn(t, !t->is_committed);
}

/* A new build that may do otherwise may not fail where the old one does not. */
static void judge(tee *t, int32_t new_build, int32_t old_build)
{
    if (new_build != QN_OK && old_build == QN_OK)
        broken(t, new_build, "it failed: %s", error_meaning(new_build));
}

static void over(tee *t, int32_t first, int32_t second)
{
    size_t at = t->at;
    entry *left = find(t, &at, TEE_INTENT);

    t->is_logging = false;
    if (left) differ(t, calls[left->call].text, "is missing that the other build sent");
    if (first != second) differ(t, "its result", "is not the other build's");
    if (t->mode != QN_RELOAD_REFACTOR)
        judge(t, t->is_committed ? first : second, t->is_committed ? second : first);
    if (t->log.code != QN_OK) broken(t, t->log.code, "no memory to compare it");
    t->differences += t->has_differed;
    if (++t->events >= t->limit) engine_attend(t->seat->engine);
}

/* The second build is not there yet, or behind: it is given the call later. */
static void keep(tee *t, kept_call *head, const void *in, const void *out, int32_t result)
{
    t->is_logging = false;
    head->nlog = (uint32_t)t->log.used;
    head->result = result;
    head->now = t->seat->engine->now;
    if (t->log.code != QN_OK) broken(t, t->log.code, "no memory to compare it");
    catchup_keep(t->later, head, in, out, t->log.data);
}

static int32_t event(tee *t, const qn_event *ev, const void *real)
{
    kept_call head = {.nin = ev->size};
    int32_t rc;

    first_turn(t, real);
    rc = t->give(t, t->first, ev);
    if (t->later) {
        keep(t, &head, ev, NULL, rc);
    } else {
        second_turn(t);
        over(t, rc, t->give(t, t->second, ev));
    }
    return rc;
}

/* ------------------------------------------------------------------ the kinds */

/* What the second one sends has no effect: it gets the first one's answer, in c->result. */
static bool is_shadowed(tee *t, tee_call *c)
{
    if (!t->is_second) return false;
    tee_answer(t->second, c);
    return true;
}

static int64_t push(void *ctx, const qn_intent *intent)
{
    tee *t = ctx;
    const qn_out *out = t->out;
    tee_call c = {.call = TEE_INTENT, .in = intent, .nin = intent->size};
    int32_t rc;

    if (intent->size < sizeof *intent || intent->size > 4096) c.nin = sizeof *intent;
    if (t->mode != QN_RELOAD_REFACTOR && t->is_second != t->is_committed &&
        (rc = intent_judge(intent)) != QN_OK)
        broken(t, rc, "it sent an intent that is refused: %s", error_meaning(rc));
    if (is_shadowed(t, &c)) return c.result;
    return tee_note(t->first, &c, out->push(out->ctx, intent));
}

static int32_t give_strategy(tee *t, const body *to, const qn_event *ev)
{
    const qn_strategy *table = to->cls->table;
    qn_out out = {.size = sizeof out, .ctx = t, .push = push};

    return table->on_event(to->self, ev, &out);
}

static int32_t strategy_event(void *self, const qn_event *ev, const qn_out *real)
{
    return event(self, ev, real);
}

typedef struct published {
    uint32_t instrument, feature;
    double value;
    int64_t valid_ns;
} published;

static int32_t publish(void *ctx, uint32_t instrument, uint32_t feature, double value,
                       int64_t valid_ns)
{
    tee *t = ctx;
    const qn_model_out *out = t->out;
    published in = {instrument, feature, value, valid_ns};
    tee_call c = {.call = TEE_PUBLISH, .in = &in, .nin = sizeof in};

    if (is_shadowed(t, &c)) return (int32_t)c.result;
    return (int32_t)tee_note(t->first, &c,
                             out->publish(out->ctx, instrument, feature, value, valid_ns));
}

static int32_t give_model(tee *t, const body *to, const qn_event *ev)
{
    const qn_model *table = to->cls->table;
    qn_model_out out = {.size = sizeof out, .ctx = t, .publish = publish};

    return table->on_event(to->self, ev, &out);
}

static int32_t model_event(void *self, const qn_event *ev, const qn_model_out *real)
{
    return event(self, ev, real);
}

static int32_t allocate(void *self, const qn_portfolio *in, qn_weights *out, qn_err *err)
{
    tee *t = self;
    const qn_optimizer *first = t->first->cls->table;
    const qn_optimizer *second = t->second->cls->table;
    size_t n = (size_t)out->nweights + out->nvalues;
    double *mine = mem_new(n + 1, sizeof *mine);
    qn_weights other = *out;
    qn_err unheard = QN_ERR_INIT;
    int32_t rc;
    int32_t rc2 = QN_OK;

    first_turn(t, NULL);
    rc = first->allocate(t->first->self, in, out, err);
    second_turn(t);
    other.weights = mine;
    other.values = mine ? mine + out->nweights : NULL;
    if (mine)
        rc2 = second->allocate(t->second->self, in, &other, &unheard);
    else
        broken(t, QN_E_NO_MEMORY, "no memory to compare it");
    if (mine && rc == QN_OK && memcmp(mine, out->weights, out->nweights * sizeof *mine) != 0)
        differ(t, "a weight", "is not the other build's");
    over(t, rc, mine ? rc2 : rc);
    mem_free(mine);
    return rc;
}

/* `was` is the answer before the call, `answer` what the first build made of it. */
static void second_check(tee *t, const qn_proposal *proposal, const qn_answer *was,
                         const qn_answer *answer, int32_t rc)
{
    const qn_risk *second = t->second->cls->table;
    qn_answer other = *was;
    int32_t rc2;

    second_turn(t);
    rc2 = second->check(t->second->self, proposal, &other);
    if (memcmp(&other, answer, sizeof other) != 0)
        differ(t, "its answer to an order", "is not the other build's");
    over(t, rc, rc2);
}

static int32_t check(const void *self, const qn_proposal *proposal, qn_answer *answer)
{
    tee *t = (tee *)(uintptr_t)self; /* its own state changes, the modules' must not */
    const qn_risk *first = t->first->cls->table;
    kept_call head = {.nin = sizeof *proposal, .nout = 2 * sizeof *answer};
    qn_answer both[2] = {*answer};
    int32_t rc;

    first_turn(t, NULL);
    rc = first->check(t->first->self, proposal, answer);
    both[1] = *answer;
    if (t->later)
        keep(t, &head, proposal, both, rc);
    else
        second_check(t, proposal, &both[0], &both[1], rc);
    return rc;
}

typedef struct halted {
    uint32_t reason, rsv0;
    double limit, value;
} halted;

static int32_t halt(void *ctx, uint32_t reason, double limit, double value)
{
    tee *t = ctx;
    const qn_risk_out *out = t->out;
    halted in = {reason, 0, limit, value};
    tee_call c = {.call = TEE_HALT, .in = &in, .nin = sizeof in};

    if (is_shadowed(t, &c)) return (int32_t)c.result;
    return (int32_t)tee_note(t->first, &c, out->halt(out->ctx, reason, limit, value));
}

static int32_t give_risk(tee *t, const body *to, const qn_event *ev)
{
    const qn_risk *table = to->cls->table;
    qn_risk_out out = {.size = sizeof out, .ctx = t, .halt = halt};

    return QN_HAS(table, qn_risk, on_event) ? table->on_event(to->self, ev, &out) : QN_OK;
}

static int32_t risk_sees(void *self, const qn_event *ev, const qn_risk_out *real)
{
    return event(self, ev, real);
}

static int64_t send_child(void *ctx, const qn_child *child)
{
    tee *t = ctx;
    const qn_child_out *out = t->out;
    tee_call c = {.call = TEE_CHILD, .in = child, .nin = sizeof *child};

    if (is_shadowed(t, &c)) return c.result;
    return tee_note(t->first, &c, out->send(out->ctx, child));
}

static int32_t cancel_child(void *ctx, uint64_t order_id)
{
    tee *t = ctx;
    const qn_child_out *out = t->out;
    tee_call c = {.call = TEE_CHILD_CANCEL, .in = &order_id, .nin = sizeof order_id};

    if (is_shadowed(t, &c)) return (int32_t)c.result;
    return (int32_t)tee_note(t->first, &c, out->cancel(out->ctx, order_id));
}

static int32_t finish_parent(void *ctx, uint64_t parent_id)
{
    tee *t = ctx;
    const qn_child_out *out = t->out;
    tee_call c = {.call = TEE_CHILD_FINISH, .in = &parent_id, .nin = sizeof parent_id};

    if (is_shadowed(t, &c)) return (int32_t)c.result;
    return (int32_t)tee_note(t->first, &c, out->finish(out->ctx, parent_id));
}

static int32_t give_execution(tee *t, const body *to, const qn_event *ev)
{
    const qn_execution *table = to->cls->table;
    qn_child_out out = {.size = sizeof out,
                        .ctx = t,
                        .send = send_child,
                        .cancel = cancel_child,
                        .finish = finish_parent};

    return table->on_event(to->self, ev, &out);
}

static int32_t execution_event(void *self, const qn_event *ev, const qn_child_out *real)
{
    return event(self, ev, real);
}

static const qn_strategy strategy_table = {.size = sizeof strategy_table,
                                           .on_event = strategy_event};
static const qn_model model_table = {.size = sizeof model_table, .on_event = model_event};
static const qn_optimizer optimizer_table = {.size = sizeof optimizer_table, .allocate = allocate};
static const qn_risk risk_table = {
    .size = sizeof risk_table, .check = check, .on_event = risk_sees};
static const qn_execution execution_table = {.size = sizeof execution_table,
                                             .on_event = execution_event};

/* ------------------------------------------------------------------ commands */

static void second_command(tee *t, const qn_command *record, const command_result *first,
                           int32_t result)
{
    command_result second;
    qn_err unheard = QN_ERR_INIT;
    int32_t rc;

    second_turn(t);
    rc = command_of_body(t->second, record, &second, &unheard);
    if (rc == QN_OK && result == QN_OK && !command_is_same(first, &second))
        differ(t, "the result of a command", "is not the other build's");
    over(t, result, rc);
}

int32_t tee_command(tee *t, const qn_command *record, command_result *out, qn_err *err)
{
    kept_call head = {.nin = sizeof *record, .nout = sizeof *out, .is_command = 1};
    int32_t rc;

    first_turn(t, NULL);
    rc = command_of_body(t->first, record, out, err);
    if (t->later)
        keep(t, &head, record, out, rc);
    else
        second_command(t, record, out, rc);
    return rc;
}

/* What stands in the seat of each kind that can be shadowed, and how one build is given an event.
 * An optimizer is not given events but what its pointers lead to, and only now: it is not kept. */
static const struct seat_kind {
    const char *kind;
    const void *table;
    int32_t (*give)(tee *, const body *, const qn_event *);
} kinds[] = {
    {QN_KIND_STRATEGY, &strategy_table, give_strategy},
    {QN_KIND_MODEL, &model_table, give_model},
    {QN_KIND_OPTIMIZER, &optimizer_table, NULL},
    {QN_KIND_RISK, &risk_table, give_risk},
    {QN_KIND_EXECUTION, &execution_table, give_execution},
};

static const struct seat_kind *kind_of(const instance *seat)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(seat->cls->kind, kinds[i].kind) == 0) return &kinds[i];
    return NULL;
}

/* ------------------------------------------------------------------ what was kept */

bool tee_can_keep(const instance *seat)
{
    const struct seat_kind *kind = kind_of(seat);

    return kind && kind->give;
}

/* One call that was kept, to the second build, with what the first one was answered. */
static void give_kept(tee *t, const kept_call *k)
{
    const qn_answer *answers = kept_out(k);

    first_turn(t, NULL);
    second_turn(t);
    t->kept_now = k->now;
    bytes_put(&t->log, kept_log(k), k->nlog);
    if (k->is_command)
        second_command(t, kept_in(k), kept_out(k), k->result);
    else if (k->nout)
        second_check(t, kept_in(k), &answers[0], &answers[1], k->result);
    else
        over(t, k->result, t->give(t, t->second, kept_in(k)));
}

bool tee_catch_up(tee *t, body *second, uint32_t most)
{
    const engine *e = t->seat->engine;
    uint32_t before = call_begin(e, t->seat, SLOT_CALL_ON_EVENT);
    const kept_call *k;

    t->second = second;
    t->is_behind = true;
    while (most-- > 0 && !t->is_broken && !t->is_astray && (k = catchup_first(t->later))) {
        give_kept(t, k);
        catchup_drop(t->later);
    }
    t->is_behind = t->is_second = false;
    call_end(e, before);
    return !catchup_first(t->later) && !t->is_broken && !t->is_astray;
}

void tee_shadow(tee *t, body *second, uint64_t limit)
{
    t->second = second;
    t->later = NULL;
    t->limit = limit;
    t->events = t->differences = 0;
}

/* ------------------------------------------------------------------ in and out of the seat */

int32_t tee_begin(tee *t, instance *seat, uint32_t mode, catchup *later)
{
    const struct seat_kind *kind = kind_of(seat);

    if (!kind) return QN_E_UNSUPPORTED;
    *t = (tee){.seat = seat,
               .first = seat->live,
               .give = kind->give,
               .mode = mode,
               .limit = UINT64_MAX,
               .later = later};
    seat->tee = t;
    seat->self = t;
    seat_table(seat, kind->table);
    return QN_OK;
}

void tee_fail(tee *t, int32_t code, const char *why)
{
    broken(t, code, "the build at work was taken out: %s", why);
}

void tee_swap(tee *t)
{
    body *was = t->first;

    t->first = t->second;
    t->second = was;
    t->seat->live = t->first;
    t->seat->cls = t->first->cls;
    t->is_committed = !t->is_committed;
}

void tee_end(tee *t)
{
    instance *seat = t->seat;

    bytes_free(&t->log);
    seat->tee = NULL;
    instance_seat(seat, t->first);
}
