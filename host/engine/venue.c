/* SPDX-License-Identifier: MIT
 *
 * The service of a venue: what it says of itself, its start and its stop; a new build of it; and
 * who stands in its place when it could not be started again. */
#include "internal.h"

#include "base/fail.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const qn_venue *table_of(const body *b)
{
    return b->cls->table;
}

static venue *venue_of(instance *in)
{
    return (venue *)(void *)in; /* its first member */
}

/* ------------------------------------------------------------------ service */

/* Whether this host can run what it says to be. */
static int32_t check_info(const body *b, const qn_venue_info *info, qn_err *err)
{
    const qn_venue *table = table_of(b);
    const char *lacks = NULL;

    if (info->data != QN_DATA_CATALOG)
        return fail(
            err, QN_E_UNSUPPORTED,
            "venue %s brings its own market data: this version runs venues on the catalog only",
            b->seat->id);
    if (!table->on_market)
        return fail(err, QN_E_MODULE_TABLE, "venue %s lacks on_market", b->seat->id);
    if ((info->capabilities & QN_CAN_MODIFY) && !table->modify) lacks = "modify";
    if ((info->capabilities & QN_CAN_QUERY) && !QN_HAS(table, qn_venue, query)) lacks = "query";
    return lacks ? fail(err, QN_E_MODULE_TABLE, "venue %s says that it can %s, and cannot",
                        b->seat->id, lacks)
                 : QN_OK;
}

int32_t venue_describe(const body *b, qn_venue_info *out, qn_err *err)
{
    uint32_t before = slot_enter(slot_here(), body_row(b), SLOT_CALL_DESCRIBE);
    int32_t rc;

    *out = (qn_venue_info){.size = sizeof *out};
    rc = table_of(b)->describe(b->self, out);
    slot_leave(slot_here(), before);
    if (rc != QN_OK) return fail(err, rc, "venue %s cannot say what it is", b->seat->id);
    return check_info(b, out, err);
}

/* What an account of the config holds now: at the beginning of a run what it is opened with. */
static int64_t cash_of(const engine *e, const venue *v, const config_account *of)
{
    for (uint32_t i = 0; i < ledger_accounts(e->ledger); i++) {
        const account *a = ledger_account(e->ledger, i);
        if (&e->venues[a->venue] == v && strcmp(a->currency, of->currency) == 0)
            return account_cash(a);
    }
    return of->balance;
}

static int32_t fill_accounts(venue *v, qn_table *out, qn_err *err)
{
    size_t n = v->config->naccounts;

    if (!v->accounts &&
        !(v->accounts = arena_alloc(&v->in.arena, (n + 1) * sizeof *v->accounts, 8)))
        return fail(err, QN_E_NO_MEMORY, "no memory to start venue %s", v->in.id);
    for (size_t i = 0; i < n; i++) {
        const config_account *from = &v->config->accounts[i];
        v->accounts[i] =
            (qn_account){sizeof v->accounts[i], QN_MONEY_EXP, cash_of(v->in.engine, v, from), ""};
        snprintf(v->accounts[i].currency, sizeof v->accounts[i].currency, "%s", from->currency);
    }
    *out = (qn_table){v->accounts, (uint32_t)n, sizeof v->accounts[0]};
    return QN_OK;
}

int32_t venue_start(venue *v, const body *b, qn_err *err)
{
    qn_venue_start start = {.size = sizeof start, .out = &v->out};
    qn_err why = QN_ERR_INIT;
    uint32_t before;
    int32_t rc = fill_accounts(v, &start.accounts, err);

    if (rc != QN_OK) return rc;
    v->started = b;
    before = slot_enter(slot_here(), body_row(b), SLOT_CALL_START);
    rc = table_of(b)->start(b->self, &start, &why);
    slot_leave(slot_here(), before);
    if (rc == QN_OK) return QN_OK;
    v->started = NULL;
    return fail(err, rc, "venue %s did not start: %s", v->in.id, error_text(&why, rc));
}

void venue_stop(venue *v)
{
    const body *b = v->started;
    uint32_t before;

    if (!b) return;
    v->started = NULL;
    before = slot_enter(slot_here(), body_row(b), SLOT_CALL_STOP);
    table_of(b)->stop(b->self);
    slot_leave(slot_here(), before);
}

/* ------------------------------------------------------------------ a new build */

/* On the loading thread. The old build once more, too: what was stopped is not started again. */
int32_t venue_make_ready(reloads *r, qn_err *err)
{
    qn_venue_info same;
    int32_t rc = venue_describe(r->body, &r->info, err);

    if (rc != QN_OK) return rc;
    if (!(r->info.capabilities & QN_CAN_QUERY))
        return fail(err, QN_E_UNSUPPORTED,
                    "it cannot be asked what became of orders (QN_CAN_QUERY), so that it cannot "
                    "take the place of another build");
    if (r->seat->is_out) return QN_OK;
    rc = reload_make_spare(r, err);
    return rc == QN_OK ? venue_describe(r->spare, &same, err) : rc;
}

/* All that can fail while the old one is at work: it saves its state, both others load it. */
int32_t venue_hand_over(engine *e, qn_err *err)
{
    reloads *r = &e->reloads;
    bool has_state = r->old->cls->save != NULL;
    int32_t rc = reload_save_state(r, err);

    if (rc == QN_OK && has_state && r->body->cls->load) rc = reload_load_state(r, r->body, err);
    if (rc == QN_OK && has_state && r->spare->cls->load) rc = reload_load_state(r, r->spare, err);
    return rc;
}

/* A build that cannot be asked is believed as far as it has its own state. */
static int32_t ask_if_it_can(reconcile *c, const body *b, uint64_t capabilities, qn_err *err)
{
    if (capabilities & QN_CAN_QUERY) return reconcile_ask(c, b, err);
    if (b->cls->save && b->cls->load) return QN_OK;
    return fail(err, QN_E_UNSUPPORTED, "it has lost its state, and cannot be asked");
}

/* Starts a build and hears what it has to say. On error it is stopped. */
static int32_t bring_up(venue *v, const body *b, uint64_t capabilities, reconcile *c, qn_err *err)
{
    qn_err why = QN_ERR_INIT;
    int32_t rc = reconcile_begin(c, v->in.engine, v, err);

    if (rc != QN_OK) return rc;
    if ((rc = venue_start(v, b, &why)) == QN_OK) {
        rc = ask_if_it_can(c, b, capabilities, &why);
        if (rc != QN_OK) venue_stop(v);
    }
    if (rc == QN_OK) return rc;
    reconcile_end(c);
    return fail(err, rc, "%s", error_text(&why, rc));
}

/* What differs comes in one go, before anybody can answer it. */
static void book(engine *e, const instance *in, reconcile *c)
{
    uint64_t n = reconcile_book(c);

    reconcile_end(c);
    if (n && !e->replay)
        log_line(LOG_WARNING,
                 "%s: what it says of orders differs from the books: %" PRIu64 " events are booked",
                 in->id, n);
    engine_settle(e);
}

int32_t venue_take_over(engine *e, qn_err *err)
{
    reloads *r = &e->reloads;
    instance *seat = r->seat;
    venue *v = venue_of(seat);
    reconcile c;
    int32_t rc;

    venue_stop(v);
    rc = bring_up(v, r->body, r->info.capabilities, &c, err);
    if (rc != QN_OK) return rc;
    v->info = r->info;
    body_drop(r->spare); /* first: it is of the module that goes with the old one */
    r->spare = NULL;
    reload_take_seat(e);
    book(e, seat, &c);
    return QN_OK;
}

/* Neither build serves. The seat keeps the one from before, which is not called any more. */
static void take_out(engine *e, int32_t code, const char *why, const qn_err *spare)
{
    char both[256];

    snprintf(both, sizeof both, "%.110s; nor does the build before it: %.110s", why, spare->msg);
    fault_take_out(e, e->reloads.seat, QN_FAULT_STOPPED, code, both);
    reload_refuse(e, code, both);
}

void venue_go_back(engine *e, int32_t code, const char *why)
{
    reloads *r = &e->reloads;
    instance *seat = r->seat;
    venue *v = venue_of(seat);
    qn_err err = QN_ERR_INIT;
    reconcile c;

    venue_stop(v);
    if (seat->is_out) { /* of a run that is done again: it is on record that neither served */
        reload_refuse(e, code, why);
        return;
    }
    if (bring_up(v, r->spare, v->info.capabilities, &c, &err) != QN_OK) {
        take_out(e, code, why, &err);
        return;
    }
    instance_seat(seat, r->spare);
    body_drop(r->old); /* its use of the module goes over to the one of the same build */
    r->spare = NULL;
    r->old = seat->live;
    reload_refuse(e, code, why);
    book(e, seat, &c);
}

void venue_change(engine *e)
{
    reloads *r = &e->reloads;
    qn_err err = QN_ERR_INIT;
    bool was_out = r->seat->is_out;
    int32_t rc = was_out ? QN_OK : venue_hand_over(e, &err);

    if (rc != QN_OK) {
        reload_refuse(e, rc, error_text(&err, rc));
        return;
    }
    if (!was_out) reload_record(e, QN_RELOAD_SAVE, QN_OK);
    if ((rc = venue_take_over(e, &err)) == QN_OK) return;
    if (was_out)
        reload_refuse(e, rc, error_text(&err, rc));
    else
        venue_go_back(e, rc, error_text(&err, rc));
}

int32_t venue_restore(instance *in, body *b, qn_err *err)
{
    venue *v = venue_of(in);

    venue_stop(v);
    return venue_describe(b, &v->info, err) == QN_OK ? venue_start(v, b, err) : err->code;
}

/* ------------------------------------------------------------------ who stands in for it */

void venue_lose_orders(engine *e, const instance *in)
{
    for (const order *o = orders_first(e->orders); o; o = o->next)
        if (!o->is_parent && &e->venues[e->venue_of[o->sent.instrument]].in == in)
            answer_tell(e, o, QN_ORDER_UNKNOWN, QN_REASON_FAULT);
}

static int32_t absent_describe(const void *self, qn_venue_info *info)
{
    (void)self;
    (void)info;
    return QN_E_QUARANTINED;
}

static int32_t absent_start(void *self, const qn_venue_start *start, qn_err *err)
{
    (void)self;
    (void)start;
    (void)err;
    return QN_E_QUARANTINED;
}

static void absent_stop(void *self)
{
    (void)self;
}

static int32_t absent_on_market(void *self, const qn_event *ev)
{
    (void)self;
    (void)ev;
    return QN_OK;
}

static int32_t absent_submit(void *self, const qn_order *sent)
{
    engine *e = ((const instance *)self)->engine;
    const uint64_t ids[] = {sent->id, sent->stop_loss_id, sent->take_profit_id};

    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        const order *o = ids[i] ? orders_find(e->orders, ids[i]) : NULL;
        if (o)
            answer_tell(e, o, i ? QN_ORDER_CANCELED : QN_ORDER_REJECTED,
                        i ? QN_REASON_PARENT_CLOSED : QN_REASON_FAULT);
    }
    return QN_OK;
}

static int32_t absent_modify(void *self, const qn_order *as)
{
    (void)self;
    (void)as;
    return QN_E_UNSUPPORTED;
}

/* It stays PENDING_CANCEL: the next build is asked what became of it. */
static int32_t absent_cancel(void *self, uint64_t order_id)
{
    (void)self;
    (void)order_id;
    return QN_OK;
}

const qn_venue venue_absent = {.size = sizeof venue_absent,
                               .describe = absent_describe,
                               .start = absent_start,
                               .stop = absent_stop,
                               .on_market = absent_on_market,
                               .submit = absent_submit,
                               .modify = absent_modify,
                               .cancel = absent_cancel};
