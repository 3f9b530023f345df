/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

int32_t reconcile_begin(reconcile *c, engine *e, venue *v, qn_err *err)
{
    int32_t rc;

    *c = (reconcile){.e = e, .venue = v};
    rc = queue_init(&c->told, err);
    if (rc == QN_OK) v->asked = c;
    return rc;
}

void reconcile_end(reconcile *c)
{
    c->venue->asked = NULL;
    queue_free(&c->told);
}

/* ------------------------------------------------------------------ answers */

/* The first one that is wrong is told. */
__attribute__((format(printf, 2, 3))) static int32_t wrong(reconcile *c, const char *format, ...)
{
    va_list args;

    if (c->code != QN_OK) return c->code;
    c->code = c->err.code = QN_E_INVALID;
    va_start(args, format);
    vsnprintf(c->err.msg, sizeof c->err.msg, format, args);
    va_end(args);
    return c->code;
}

/* "it says WHAT order 5 of strategy 1" */
static int32_t wrong_of(reconcile *c, uint64_t id, const char *what)
{
    return wrong(c, "it says of order %" PRIu64 " of strategy %u %s", QN_ORDER_COUNTER(id),
                 QN_ORDER_STRATEGY(id), what);
}

static int32_t keep(reconcile *c, const qn_event *ev)
{
    if (queue_put(&c->told, ev) == QN_OK) return QN_OK;
    return wrong(c, "it tells of more than %u changes", QUEUE_EVENTS - 1);
}

static bool is_at(const reconcile *c, const order *o)
{
    return !o->is_parent && !order_is_closed(o) &&
           &c->e->venues[c->e->venue_of[o->sent.instrument]] == c->venue;
}

/* Quantity that the venue may have in mind: a change of it may be in force. */
static int64_t most_of(const order *o)
{
    return o->asked.id && o->asked.qty > o->sent.qty ? o->asked.qty : o->sent.qty;
}

static int32_t take_fill(reconcile *c, const qn_fill *f)
{
    const order *o = c->o;
    int64_t filled;

    if (c->what != QN_QUERY_ORDER || f->order_id != o->sent.id)
        return wrong_of(c, f->order_id, "that it was filled, and was not asked");
    if (c->state) return wrong_of(c, f->order_id, "that it was filled, behind what became of it");
    if (f->qty <= 0 || f->price <= 0 || f->side != o->sent.side ||
        f->hdr.instrument != o->sent.instrument)
        return wrong_of(c, f->order_id, "that it was filled as it cannot be");
    if (__builtin_add_overflow(c->filled, f->qty, &filled) || filled > most_of(o))
        return wrong_of(c, f->order_id, "that more of it was filled than was sent");
    c->filled = filled;
    return keep(c, &f->hdr);
}

/* Of all that work: one that the run does not know would be filled some day. */
static int32_t take_working(reconcile *c, const qn_order_report *report)
{
    const order *o = orders_find(c->e->orders, report->order_id);

    if (order_state_class(report->state) != ORDER_CLASS_OPEN)
        return wrong_of(c, report->order_id,
                        "that it does not work, and was asked for those that "
                        "do");
    if (!o || !is_at(c, o) || report->hdr.instrument != o->sent.instrument)
        return wrong_of(c, report->order_id, "that it works, and the run has no such order there");
    return QN_OK;
}

/* True if the books do not have it yet that the order works as the venue says. */
static bool is_news(const reconcile *c, order_change change)
{
    uint32_t next = order_next(c->o->state, change);

    if (order_state_class(c->o->state) == ORDER_CLASS_INFLIGHT) return true; /* it has an answer */
    return next && next != c->o->state && c->filled == c->o->filled;
}

static int32_t take_state(reconcile *c, const qn_order_report *report)
{
    order_change change = order_change_of_report(report->state);
    qn_order_report gone = *report;

    if (c->what != QN_QUERY_ORDER || report->order_id != c->o->sent.id ||
        report->hdr.instrument != c->o->sent.instrument)
        return wrong_of(c, report->order_id, "what it was not asked for");
    if (c->state || c->filled >= most_of(c->o))
        return wrong_of(c, report->order_id, "more behind its end");
    if (change == ORDER_CHANGES) return wrong_of(c, report->order_id, "a state that cannot be");
    c->state = report->state;
    if (change == ORDER_LOSE && c->filled > c->o->filled)
        return wrong_of(c, report->order_id, "that it was filled, and that it has not got it");
    if (change == ORDER_LOSE) {
        gone.state = QN_ORDER_CANCELED;
        gone.reason = QN_REASON_NOT_AT_VENUE;
        return keep(c, &gone.hdr);
    }
    if (order_state_class(report->state) == ORDER_CLASS_OPEN && !is_news(c, change)) return QN_OK;
    return keep(c, &report->hdr);
}

int32_t reconcile_take(reconcile *c, const qn_event *ev)
{
    const qn_order_report *report = (const qn_order_report *)(const void *)ev;

    if (!ev) return wrong(c, "it pushes what no venue may push");
    if (ev->type == QN_EVENT_FILL) return take_fill(c, (const qn_fill *)(const void *)ev);
    if (ev->type != QN_EVENT_ORDER)
        return wrong(c, "it pushes an event of type %u, and was asked for orders", ev->type);
    return c->what == QN_QUERY_ORDERS ? take_working(c, report) : take_state(c, report);
}

/* ------------------------------------------------------------------ questions */

static int32_t ask(reconcile *c, const body *b, const qn_query *query, qn_err *err)
{
    const qn_venue *table = b->cls->table;
    uint32_t before = slot_enter(slot_here(), body_row(b), SLOT_CALL_QUERY);
    int32_t rc;

    c->what = query->what;
    rc = table->query(b->self, query);
    c->what = 0;
    slot_leave(slot_here(), before);
    if (c->code != QN_OK) return fail(err, c->code, "%s", c->err.msg);
    return rc == QN_OK
               ? rc
               : fail(err, rc, "it cannot say what became of orders: %s", error_meaning(rc));
}

static int32_t ask_order(reconcile *c, const body *b, const order *o, qn_err *err)
{
    const qn_query query = {.size = sizeof query,
                            .what = QN_QUERY_ORDER,
                            .order_id = o->sent.id,
                            .filled = o->filled,
                            .instrument = o->sent.instrument};
    int32_t rc;

    c->o = o;
    c->filled = o->filled;
    c->state = 0;
    rc = ask(c, b, &query, err);
    if (rc != QN_OK || c->state || c->filled >= o->sent.qty) return rc;
    return fail(err, QN_E_INVALID,
                "it does not say what became of order %" PRIu64 " of strategy %u",
                QN_ORDER_COUNTER(o->sent.id), o->sent.strategy);
}

int32_t reconcile_ask(reconcile *c, const body *b, qn_err *err)
{
    const qn_query all = {
        .size = sizeof all, .what = QN_QUERY_ORDERS, .instrument = QN_NO_INSTRUMENT};
    int32_t rc = c->code == QN_OK ? ask(c, b, &all, err)
                                  : fail(err, c->code, "%s", c->err.msg); /* pushed by its start */

    for (const order *o = orders_first(c->e->orders); o && rc == QN_OK; o = o->next)
        if (is_at(c, o)) rc = ask_order(c, b, o, err);
    return rc;
}

uint64_t reconcile_book(reconcile *c)
{
    const qn_event *ev;
    uint64_t n = 0;

    while ((ev = queue_take(&c->told))) {
        answer_put(c->e, ev);
        n++;
    }
    return n;
}
