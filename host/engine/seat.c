/* SPDX-License-Identifier: MIT
 *
 * Who is called in the seat of an instance: the plugin; who watches its calls, in a run that is
 * done again; or the absent plugin of its kind. And what follows, kind by kind, when one is
 * absent. */
#include "internal.h"

#include <string.h>

/* ------------------------------------------------------------------ who watches it */

static int32_t strategy_apart(instance *in, const qn_event *ev, const void *out)
{
    return ((const qn_strategy *)in->seated)->on_event(in->seated_self, ev, out);
}

static int32_t execution_apart(instance *in, const qn_event *ev, const void *out)
{
    return ((const qn_execution *)in->seated)->on_event(in->seated_self, ev, out);
}

static int32_t watched_strategy(void *self, const qn_event *ev, const qn_out *out)
{
    instance *in = self;
    int32_t rc;

    if (fault_before(in)) return QN_OK;
    rc = fault_is_apart(in) ? apart_make(in, strategy_apart, ev, out)
                            : ((const qn_strategy *)in->seated)->on_event(in->seated_self, ev, out);
    return fault_behind(in, rc);
}

static int32_t watched_model(void *self, const qn_event *ev, const qn_model_out *out)
{
    instance *in = self;
    int32_t rc;

    if (fault_before(in)) return QN_OK;
    rc = ((const qn_model *)in->seated)->on_event(in->seated_self, ev, out);
    return fault_behind(in, rc);
}

static int32_t watched_execution(void *self, const qn_event *ev, const qn_child_out *out)
{
    instance *in = self;
    int32_t rc;

    if (fault_before(in)) return QN_OK;
    rc = fault_is_apart(in)
             ? apart_make(in, execution_apart, ev, out)
             : ((const qn_execution *)in->seated)->on_event(in->seated_self, ev, out);
    return fault_behind(in, rc);
}

static int32_t watched_risk(void *self, const qn_event *ev, const qn_risk_out *out)
{
    instance *in = self;
    const qn_risk *table = in->seated;
    int32_t rc;

    if (!QN_HAS(table, qn_risk, on_event) || fault_before(in)) return QN_OK;
    rc = table->on_event(in->seated_self, ev, out);
    return fault_behind(in, rc);
}

/* ------------------------------------------------------------------ what stands in for it */

static int32_t absent_check(const void *self, const qn_proposal *p, qn_answer *answer)
{
    (void)self;
    if (p->reducing >= p->qty) return QN_OK;
    answer->reason = QN_REASON_FAULT;
    answer->action = p->reducing > 0 ? QN_REDUCE : QN_REJECT;
    answer->qty = p->reducing;
    return QN_OK;
}

static int32_t watched_check(const void *self, const qn_proposal *p, qn_answer *answer)
{
    instance *in = (instance *)(uintptr_t)self; /* it is only read by the module */

    if (fault_before(in)) return absent_check(self, p, answer);
    return fault_behind(in, ((const qn_risk *)in->seated)->check(in->seated_self, p, answer));
}

static int32_t watched_optimizer(void *self, const qn_portfolio *p, qn_weights *out, qn_err *err)
{
    instance *in = self;
    const qn_optimizer *table = in->seated;
    int32_t rc;

    if (fault_before(in)) return QN_E_QUARANTINED;
    rc = fault_behind(in, table->allocate(in->seated_self, p, out, err));
    if (rc != QN_OK && in->is_out) { /* as they were given: they are on record */
        memset(out->weights, 0, out->nweights * sizeof *out->weights);
        memset(out->values, 0, out->nvalues * sizeof *out->values);
    }
    return rc;
}

static int32_t absent_optimizer(void *self, const qn_portfolio *p, qn_weights *out, qn_err *err)
{
    (void)self;
    (void)p;
    (void)out;
    (void)err;
    return QN_E_QUARANTINED;
}

/* A fill that was under way when the strategy was taken out belongs to it all the same. */
static int32_t absent_strategy(void *self, const qn_event *ev, const qn_out *out)
{
    const instance *in = self;
    engine *e = in->engine;

    (void)out;
    if (ev->type == QN_EVENT_FILL && in->fault_action == QN_FAULT_ACTION_FLATTEN && !e->has_ended)
        order_close(e, &e->strategies[in->strategy], ev->instrument, ev->seq);
    return QN_OK;
}

static int32_t absent_model(void *self, const qn_event *ev, const qn_model_out *out)
{
    (void)self;
    (void)ev;
    (void)out;
    return QN_OK;
}

static int32_t absent_risk(void *self, const qn_event *ev, const qn_risk_out *out)
{
    (void)self;
    (void)ev;
    (void)out;
    return QN_OK;
}

/* An order that was approved and is worked by nobody ends. */
static int32_t absent_execution(void *self, const qn_event *ev, const qn_child_out *out)
{
    const instance *in = self;
    const qn_parent *p = (const qn_parent *)(const void *)ev;
    order *o;

    (void)out;
    if (ev->type != QN_EVENT_PARENT || p->state != QN_ORDER_ACCEPTED) return QN_OK;
    if ((o = orders_find(in->engine->orders, p->order_id)))
        execution_end(in->engine, o, QN_ORDER_CANCELED, QN_REASON_FAULT, ev->seq);
    return QN_OK;
}

/* ------------------------------------------------------------------ what follows */

static void leave_strategy(engine *e, instance *in, uint64_t cause)
{
    strategy *s = &e->strategies[in->strategy];

    for (uint32_t i = 0; i < e->portfolio.nlines; i++)
        if (e->portfolio.lines[i].strategy == in->strategy) e->portfolio.lines[i].signal_seq = 0;
    if (!e->is_live || e->has_ended) return;
    s->burst = 0; /* how much it has sent does not limit what the host does for it */
    order_cancel_all(e, s, QN_REASON_FAULT, cause);
    for (uint32_t k = 0; in->fault_action == QN_FAULT_ACTION_FLATTEN && k < e->ninstruments; k++)
        order_close(e, s, k, cause);
}

static void leave_model(engine *e, instance *in, uint64_t cause)
{
    const model *m = (const model *)(const void *)in;
    size_t from = (size_t)m->first * e->ninstruments;
    size_t n = (size_t)m->nfeatures * e->ninstruments;

    (void)cause;
    for (size_t i = from; i < from + n; i++)
        if (e->features.values[i].valid_to >= e->now) e->features.values[i].valid_to = e->now - 1;
}

static void halt(engine *e, uint32_t number)
{
    qn_halt why = {
        .hdr = {.size = sizeof why, .type = QN_EVENT_HALT, .instrument = QN_NO_INSTRUMENT},
        .is_halted = 1,
        .reason = QN_REASON_FAULT,
        .module = number};

    if (!e->halt.is_halted && !e->has_ended) halt_set(e, &why);
}

static void leave_risk(engine *e, instance *in, uint64_t cause)
{
    (void)cause;
    halt(e, ((const risk_module *)(const void *)in)->number);
}

static void leave_optimizer(engine *e, instance *in, uint64_t cause)
{
    (void)in;
    (void)cause;
    halt(e, 0);
}

static void leave_execution(engine *e, instance *in, uint64_t cause)
{
    order *next;

    (void)in;
    for (order *o = orders_first(e->orders); o; o = next) {
        next = o->next; /* a parent leaves the list at once */
        if (o->is_parent) execution_end(e, o, QN_ORDER_CANCELED, QN_REASON_FAULT, cause);
    }
    halt(e, 0);
}

static void leave_venue(engine *e, instance *in, uint64_t cause)
{
    (void)cause;
    venue_lose_orders(e, in);
    halt(e, 0);
}

/* ------------------------------------------------------------------ the kinds */

static const qn_strategy strategy_absent = {.size = sizeof strategy_absent,
                                            .on_event = absent_strategy};
static const qn_strategy strategy_watched = {.size = sizeof strategy_watched,
                                             .on_event = watched_strategy};
static const qn_model model_absent = {.size = sizeof model_absent, .on_event = absent_model};
static const qn_model model_watched = {.size = sizeof model_watched, .on_event = watched_model};
static const qn_risk risk_absent = {
    .size = sizeof risk_absent, .check = absent_check, .on_event = absent_risk};
static const qn_risk risk_watched = {
    .size = sizeof risk_watched, .check = watched_check, .on_event = watched_risk};
static const qn_optimizer optimizer_absent = {.size = sizeof optimizer_absent,
                                              .allocate = absent_optimizer};
static const qn_optimizer optimizer_watched = {.size = sizeof optimizer_watched,
                                               .allocate = watched_optimizer};
static const qn_execution execution_absent = {.size = sizeof execution_absent,
                                              .on_event = absent_execution};
static const qn_execution execution_watched = {.size = sizeof execution_watched,
                                               .on_event = watched_execution};

typedef struct fault_kind {
    const char *kind;
    const void *absent, *watched;
    void (*leave)(engine *e, instance *in, uint64_t cause);
} fault_kind;

static const fault_kind *kind_of(const instance *in)
{
    static const fault_kind kinds[] = {
        {QN_KIND_STRATEGY, &strategy_absent, &strategy_watched, leave_strategy},
        {QN_KIND_MODEL, &model_absent, &model_watched, leave_model},
        {QN_KIND_RISK, &risk_absent, &risk_watched, leave_risk},
        {QN_KIND_OPTIMIZER, &optimizer_absent, &optimizer_watched, leave_optimizer},
        {QN_KIND_EXECUTION, &execution_absent, &execution_watched, leave_execution},
        {QN_KIND_VENUE, &venue_absent, NULL, leave_venue}, /* between two events alone */
    };
    size_t i = 0;

    while (strcmp(kinds[i].kind, in->kind) != 0) /* what has a table_at is of one of them */
        i++;
    return &kinds[i];
}

void fault_seat(instance *in)
{
    const void *table = in->seated;
    const fault_kind *kind;
    bool is_itself;

    if (!in->table_at) return;
    kind = kind_of(in);
    is_itself = !in->is_out && !(in->is_watched && kind->watched);
    if (!is_itself) table = in->is_out ? kind->absent : kind->watched;
    in->self = is_itself ? in->seated_self : in;
    memcpy(in->table_at, &table, sizeof table);
}

void seat_is_left(engine *e, instance *in, uint64_t cause)
{
    kind_of(in)->leave(e, in, cause);
}
