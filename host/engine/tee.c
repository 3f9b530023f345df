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

/* They did not do the same: fatal where they must, counted where they need not. */
static void differ(tee *t, const char *what, const char *how)
{
    char time[TIME_TEXT];

    t->has_differed = true;
    if (t->mode != QN_RELOAD_REFACTOR) return;
    time_format_short(t->seat->engine->now, time);
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

int64_t tee_note(body *b, tee_call *c, int64_t result)
{
    tee *t = b->seat->tee;

    c->result = result;
    if (t && t->is_logging && !t->is_second) put_entry(t, c);
    return result;
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

bool tee_answer(body *b, tee_call *c)
{
    tee *t = b->seat->tee;

    if (!t || b == t->first) return false;
    if (calls[c->call].is_effect)
        answer_effect(t, c);
    else if (!answer_question(t, c))
        return false;
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

static int32_t strategy_event(void *self, const qn_event *ev, const qn_out *real)
{
    tee *t = self;
    const qn_strategy *first = t->first->cls->table;
    const qn_strategy *second = t->second->cls->table;
    qn_out out = {.size = sizeof out, .ctx = t, .push = push};
    int32_t rc;

    first_turn(t, real);
    rc = first->on_event(t->first->self, ev, &out);
    second_turn(t);
    over(t, rc, second->on_event(t->second->self, ev, &out));
    return rc;
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

static int32_t model_event(void *self, const qn_event *ev, const qn_model_out *real)
{
    tee *t = self;
    const qn_model *first = t->first->cls->table;
    const qn_model *second = t->second->cls->table;
    qn_model_out out = {.size = sizeof out, .ctx = t, .publish = publish};
    int32_t rc;

    first_turn(t, real);
    rc = first->on_event(t->first->self, ev, &out);
    second_turn(t);
    over(t, rc, second->on_event(t->second->self, ev, &out));
    return rc;
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

static int32_t check(const void *self, const qn_proposal *proposal, qn_answer *answer)
{
    tee *t = (tee *)(uintptr_t)self; /* its own state changes, the modules' must not */
    const qn_risk *first = t->first->cls->table;
    const qn_risk *second = t->second->cls->table;
    qn_answer other = *answer;
    int32_t rc;
    int32_t rc2;

    first_turn(t, NULL);
    rc = first->check(t->first->self, proposal, answer);
    second_turn(t);
    rc2 = second->check(t->second->self, proposal, &other);
    if (memcmp(&other, answer, sizeof other) != 0)
        differ(t, "its answer to an order", "is not the other build's");
    over(t, rc, rc2);
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

static int32_t risk_sees(void *self, const qn_event *ev, const qn_risk_out *real)
{
    tee *t = self;
    const qn_risk *first = t->first->cls->table;
    const qn_risk *second = t->second->cls->table;
    qn_risk_out out = {.size = sizeof out, .ctx = t, .halt = halt};
    int32_t rc;
    int32_t rc2;

    first_turn(t, real);
    rc = QN_HAS(first, qn_risk, on_event) ? first->on_event(t->first->self, ev, &out) : QN_OK;
    second_turn(t);
    rc2 = QN_HAS(second, qn_risk, on_event) ? second->on_event(t->second->self, ev, &out) : QN_OK;
    over(t, rc, rc2);
    return rc;
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

static int32_t execution_event(void *self, const qn_event *ev, const qn_child_out *real)
{
    tee *t = self;
    const qn_execution *first = t->first->cls->table;
    const qn_execution *second = t->second->cls->table;
    qn_child_out out = {.size = sizeof out,
                        .ctx = t,
                        .send = send_child,
                        .cancel = cancel_child,
                        .finish = finish_parent};
    int32_t rc;

    first_turn(t, real);
    rc = first->on_event(t->first->self, ev, &out);
    second_turn(t);
    over(t, rc, second->on_event(t->second->self, ev, &out));
    return rc;
}

static const qn_strategy strategy_table = {.size = sizeof strategy_table,
                                           .on_event = strategy_event};
static const qn_model model_table = {.size = sizeof model_table, .on_event = model_event};
static const qn_optimizer optimizer_table = {.size = sizeof optimizer_table, .allocate = allocate};
static const qn_risk risk_table = {
    .size = sizeof risk_table, .check = check, .on_event = risk_sees};
static const qn_execution execution_table = {.size = sizeof execution_table,
                                             .on_event = execution_event};

/* What stands in the seat of each kind that can be shadowed. */
static const struct {
    const char *kind;
    const void *table;
} kinds[] = {
    {QN_KIND_STRATEGY, &strategy_table},   {QN_KIND_MODEL, &model_table},
    {QN_KIND_OPTIMIZER, &optimizer_table}, {QN_KIND_RISK, &risk_table},
    {QN_KIND_EXECUTION, &execution_table},
};

/* ------------------------------------------------------------------ in and out of the seat */

int32_t tee_begin(tee *t, instance *seat, body *second, uint32_t mode, uint64_t limit)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(seat->cls->kind, kinds[i].kind) != 0) continue;
        *t = (tee){
            .seat = seat, .first = seat->live, .second = second, .mode = mode, .limit = limit};
        seat->tee = t;
        seat->self = t;
        seat_table(seat, kinds[i].table);
        return QN_OK;
    }
    return QN_E_UNSUPPORTED;
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
