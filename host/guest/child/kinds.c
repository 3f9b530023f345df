/* SPDX-License-Identifier: MIT
 *
 * The calls of the kinds, on the plugin's own instance. */
#include "child.h"

#include "guest/portfolio.h"

#include <quoin/execution.h>
#include <quoin/optimizer.h>
#include <quoin/risk.h>
#include <quoin/strategy.h>

#include <string.h>

/* ------------------------------------------------------------------ where plugins put things */

/* A struct that starts with its size: at least its head goes over, at most what a host reads. */
static size_t length_of(uint32_t size, size_t least)
{
    return size < least ? least : size > WIRE_INTENT_MAX ? least : size;
}

static int64_t push(void *ctx, const qn_intent *intent)
{
    const wire_ask q = {0};

    return ask_host(ctx, ASK_INTENT, &q, intent, length_of(intent->size, sizeof *intent));
}

static int32_t publish(void *ctx, uint32_t instrument, uint32_t feature, double value,
                       int64_t valid_ns)
{
    const wire_ask q = {.i = instrument, .k = feature, .a = valid_ns, .x = value};

    return (int32_t)ask_host(ctx, ASK_PUBLISH, &q, NULL, 0);
}

static int64_t send_child(void *ctx, const qn_child *child)
{
    const wire_ask q = {0};

    return ask_host(ctx, ASK_CHILD, &q, child, length_of(child->size, sizeof child->size));
}

static int32_t cancel_child(void *ctx, uint64_t order_id)
{
    const wire_ask q = {.a = (int64_t)order_id};

    return (int32_t)ask_host(ctx, ASK_CHILD_CANCEL, &q, NULL, 0);
}

static int32_t finish_parent(void *ctx, uint64_t parent_id)
{
    const wire_ask q = {.a = (int64_t)parent_id};

    return (int32_t)ask_host(ctx, ASK_CHILD_FINISH, &q, NULL, 0);
}

static int32_t halt(void *ctx, uint32_t reason, double limit, double value)
{
    const wire_ask q = {.i = reason, .x = limit, .y = value};

    return (int32_t)ask_host(ctx, ASK_HALT, &q, NULL, 0);
}

/* ------------------------------------------------------------------ events */

static int32_t strategy_event(seat *s, const qn_event *ev)
{
    const qn_out out = {.size = sizeof out, .ctx = s, .push = push};

    return ((const qn_strategy *)s->cls->table)->on_event(s->self, ev, &out);
}

static int32_t model_event(seat *s, const qn_event *ev)
{
    const qn_model_out out = {.size = sizeof out, .ctx = s, .publish = publish};

    return ((const qn_model *)s->cls->table)->on_event(s->self, ev, &out);
}

static int32_t risk_event(seat *s, const qn_event *ev)
{
    const qn_risk_out out = {.size = sizeof out, .ctx = s, .halt = halt};

    return ((const qn_risk *)s->cls->table)->on_event(s->self, ev, &out);
}

static int32_t execution_event(seat *s, const qn_event *ev)
{
    const qn_child_out out = {.size = sizeof out,
                              .ctx = s,
                              .send = send_child,
                              .cancel = cancel_child,
                              .finish = finish_parent};

    return ((const qn_execution *)s->cls->table)->on_event(s->self, ev, &out);
}

static const struct {
    const char *kind;
    int32_t (*event)(seat *s, const qn_event *ev);
} kinds[] = {
    {QN_KIND_STRATEGY, strategy_event},
    {QN_KIND_MODEL, model_event},
    {QN_KIND_RISK, risk_event},
    {QN_KIND_EXECUTION, execution_event},
};

void call_event(served *c)
{
    const qn_event *ev = (const void *)c->bytes;

    if (c->n < sizeof *ev || c->n < ev->size) give_up();
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].kind, c->seat->cls->kind) == 0) {
            c->result = kinds[i].event(c->seat, ev);
            return;
        }
    give_up();
}

/* ------------------------------------------------------------------ questions of the host */

void call_check(served *c)
{
    struct {
        qn_proposal proposal;
        qn_answer answer;
    } in;

    if (c->n != sizeof in) give_up();
    memcpy(&in, c->bytes, sizeof in);
    c->result =
        ((const qn_risk *)c->seat->cls->table)->check(c->seat->self, &in.proposal, &in.answer);
    bytes_put(&c->out, &in.answer, sizeof in.answer);
}

void call_need(served *c)
{
    qn_history_need need = {.size = sizeof need};

    ((const qn_optimizer *)c->seat->cls->table)->need(c->seat->self, &need);
    c->result = need.nreturns;
    c->value = need.period;
}

void call_lookback(served *c)
{
    const qn_class *cls = c->seat->cls;

    if (strcmp(cls->kind, QN_KIND_MODEL) == 0)
        c->result = ((const qn_model *)cls->table)->lookback(c->seat->self, c->head.a);
    else
        c->result = ((const qn_strategy *)cls->table)->lookback(c->seat->self, c->head.a);
}

void call_allocate(served *c)
{
    wire_portfolio n;
    bytes_in in = bytes_reader(c->bytes, c->n);
    qn_portfolio p = {.size = sizeof p};
    qn_weights out = {.size = sizeof out};
    double *made;

    bytes_get(&in, &n, sizeof n);
    p.lines = (qn_table){bytes_borrow(&in, (size_t)n.nlines * n.stride), n.nlines, n.stride};
    p.ncolumns = n.ncolumns;
    p.nreturns = n.nreturns;
    p.returns = bytes_borrow(&in, (size_t)n.nreturns * n.ncolumns * sizeof(double));
    if (n.has_covariance)
        p.covariance = bytes_borrow(&in, (size_t)n.ncolumns * n.ncolumns * sizeof(double));
    p.period = n.period;
    p.ts_ns = n.ts_ns;
    if (in.code != QN_OK) give_up();
    if (!(made = mem_new((size_t)n.nweights + n.nvalues + 1, sizeof *made))) {
        c->result = QN_E_NO_MEMORY;
        return;
    }
    out.nweights = n.nweights;
    out.weights = made;
    out.nvalues = n.nvalues;
    out.values = made + n.nweights;
    c->result =
        ((const qn_optimizer *)c->seat->cls->table)->allocate(c->seat->self, &p, &out, &c->err);
    if (c->result == QN_OK)
        bytes_put(&c->out, made, ((size_t)n.nweights + n.nvalues) * sizeof *made);
    mem_free(made);
}
