/* SPDX-License-Identifier: MIT
 *
 * Where the plugin puts what it says: taken as the host takes it, and kept. */
#include "bench_internal.h"

#include <math.h>
#include <string.h>

int64_t bench_answer_of(const qn_bench *b, uint32_t what)
{
    return b->answers[what];
}

qn_bench_output *bench_say(qn_bench *b, uint32_t what)
{
    qn_bench_output *o;

    if (!bench_reserve((void **)&b->outputs, &b->outputs_room, b->noutputs + 1, sizeof *o)) {
        bench_fault(b, TEST, "out of memory");
        return NULL;
    }
    o = &b->outputs[b->noutputs++];
    memset(o, 0, sizeof *o);
    o->what = what;
    o->event = b->seq;
    return o;
}

int64_t bench_slot(const qn_bench *b, uint32_t number)
{
    for (uint32_t slot = 0; slot < b->ninstruments; slot++)
        if (b->instruments[slot].number == number) return slot;
    return -1;
}

/* ------------------------------------------------------------------ orders */

bench_order *bench_order_find(qn_bench *b, uint64_t id)
{
    for (uint64_t i = b->norders; i-- > 0;)
        if (b->orders[i].id == id && !b->orders[i].is_closed) return &b->orders[i];
    return NULL;
}

uint64_t bench_order_add(qn_bench *b, uint32_t slot, uint32_t side, int64_t qty)
{
    bench_order *o;

    if (!bench_reserve((void **)&b->orders, &b->orders_room, b->norders + 1, sizeof *o)) {
        bench_fault(b, TEST, "out of memory");
        return 0;
    }
    o = &b->orders[b->norders++];
    *o = (bench_order){
        .id = QN_ORDER_ID(1, ++b->order_counter), .slot = slot, .side = side, .qty = qty};
    return o->id;
}

/* ------------------------------------------------------------------ intents */

static const struct {
    uint32_t size, what;
} intents[] = {[QN_INTENT_SIGNAL] = {sizeof(qn_signal), QN_BENCH_SIGNAL},
               [QN_INTENT_TARGET] = {sizeof(qn_target), QN_BENCH_TARGET},
               [QN_INTENT_ORDER] = {sizeof(qn_order_intent), QN_BENCH_ORDER},
               [QN_INTENT_CANCEL] = {sizeof(qn_cancel), QN_BENCH_CANCEL},
               [QN_INTENT_MODIFY] = {sizeof(qn_modify), QN_BENCH_MODIFY}};

static int64_t signal_take(const qn_signal *s)
{
    int is_sane = s->strength >= -1 && s->strength <= 1 && s->confidence >= 0 &&
                  s->confidence <= 1 && s->horizon >= 0 && s->stop_loss >= 0 && s->take_profit >= 0;

    return is_sane ? 0 : QN_E_INTENT_VALUE;
}

/* The order that a target comes to: the difference to what is held and on its way. */
static int64_t target_take(qn_bench *b, uint32_t slot, const qn_target *t)
{
    qn_position *p = &b->positions[slot];
    int64_t qty = t->qty - p->qty - p->market_orders;
    uint64_t id;

    if (t->stop_loss < 0 || t->take_profit < 0) return QN_E_INTENT_VALUE;
    if (qty == 0) return 0;
    id = bench_order_add(b, slot, qty > 0 ? QN_BUY : QN_SELL, qty > 0 ? qty : -qty);
    if (id) {
        b->orders[b->norders - 1].is_market = 1;
        p->market_orders += qty;
    }
    return (int64_t)id;
}

/* What an order or a child must be, whoever sends it. */
static int is_order_sane(uint32_t type, uint32_t tif, uint32_t flags, int64_t qty, int64_t price,
                         int64_t trigger, int64_t expire_ts)
{
    return qty > 0 && type >= QN_MARKET && type <= QN_STOP && tif <= QN_GTD &&
           !(flags & ~QN_ORDER_FLAGS) && (type == QN_LIMIT ? price > 0 : price == 0) &&
           (type == QN_STOP ? trigger > 0 : trigger == 0) &&
           (tif == QN_GTD ? expire_ts > 0 : expire_ts == 0);
}

static int64_t order_take(qn_bench *b, uint32_t slot, const qn_order_intent *o)
{
    uint64_t id;

    if ((o->side != QN_BUY && o->side != QN_SELL) || o->stop_loss < 0 || o->take_profit < 0 ||
        !is_order_sane(o->type, o->tif, o->flags, o->qty, o->price, o->trigger, o->expire_ts))
        return QN_E_INTENT_VALUE;
    id = bench_order_add(b, slot, o->side, o->qty);
    if (id && o->type == QN_MARKET) {
        b->orders[b->norders - 1].is_market = 1;
        b->positions[slot].market_orders += qn_sign(o->side) * o->qty;
    }
    return (int64_t)id;
}

static int64_t intent_take(qn_bench *b, const qn_intent *intent)
{
    const void *any = intent;
    const qn_modify *m = (const qn_modify *)any;
    int64_t slot = bench_slot(b, intent->instrument);
    uint64_t id;

    if (slot < 0) return QN_E_INTENT_INSTRUMENT;
    switch (intent->kind) {
    case QN_INTENT_SIGNAL:
        return signal_take((const qn_signal *)any);
    case QN_INTENT_TARGET:
        return target_take(b, (uint32_t)slot, (const qn_target *)any);
    case QN_INTENT_ORDER:
        return order_take(b, (uint32_t)slot, (const qn_order_intent *)any);
    case QN_INTENT_CANCEL:
        id = ((const qn_cancel *)any)->order_id;
        return id == 0 || bench_order_find(b, id) ? 0 : QN_E_INTENT_ORDER;
    default:
        if (m->qty < 0 || m->price < 0 || m->trigger < 0) return QN_E_INTENT_VALUE;
        return bench_order_find(b, m->order_id) ? 0 : QN_E_INTENT_ORDER;
    }
}

static int64_t out_push(void *ctx, const qn_intent *intent)
{
    qn_bench *b = (qn_bench *)ctx;
    qn_bench_output *o;
    uint32_t kind = intent->kind;
    int64_t rc;

    if (!bench_allows(b, "push", CALL_EVENT, 1)) return QN_E_STATE;
    if (kind == 0 || kind >= sizeof intents / sizeof intents[0] ||
        intent->size != intents[kind].size) {
        bench_fault(b, PLUGIN, "it pushed an intent of kind %u and size %u", kind, intent->size);
        return QN_E_INTENT_VALUE;
    }
    rc = bench_answer_of(b, intents[kind].what);
    if (rc == 0) rc = intent_take(b, intent);
    if (!(o = bench_say(b, intents[kind].what))) return QN_E_NO_MEMORY;
    memcpy(&o->as, intent, intent->size);
    o->answer = rc;
    return rc;
}

/* ------------------------------------------------------------------ features */

static int32_t out_publish(void *ctx, uint32_t instrument, uint32_t feature, double value,
                           int64_t valid_ns)
{
    qn_bench *b = (qn_bench *)ctx;
    const qn_model *table = (const qn_model *)b->cls->table;
    int64_t rc = bench_answer_of(b, QN_BENCH_FEATURE);
    qn_bench_output *o;

    if (!bench_allows(b, "publish", CALL_EVENT, 1)) return QN_E_STATE;
    if (rc == 0 && bench_slot(b, instrument) < 0) rc = QN_E_INTENT_INSTRUMENT;
    if (rc == 0 && (feature >= table->features.nrows || valid_ns < 0)) rc = QN_E_RANGE;
    if (rc == 0 && !isfinite(value)) rc = QN_E_INTENT_VALUE;
    if (!(o = bench_say(b, QN_BENCH_FEATURE))) return QN_E_NO_MEMORY;
    o->as.feature.instrument = instrument;
    o->as.feature.feature = feature;
    o->as.feature.value = value;
    o->as.feature.valid_ns = valid_ns;
    o->answer = rc;
    return (int32_t)rc;
}

/* ------------------------------------------------------------------ children */

static int64_t child_take(qn_bench *b, const qn_child *c)
{
    bench_order *parent = bench_order_find(b, c->parent_id);
    int64_t on_its_way = 0;
    uint64_t id;

    if (!is_order_sane(c->type, c->tif, c->flags, c->qty, c->price, c->trigger, c->expire_ts))
        return QN_E_INTENT_VALUE;
    if (!parent || !parent->is_parent) return QN_E_INTENT_ORDER;
    for (uint64_t i = 0; i < b->norders; i++)
        if (b->orders[i].parent_id == c->parent_id && !b->orders[i].is_closed)
            on_its_way += b->orders[i].qty - b->orders[i].filled;
    if (c->qty > parent->qty - parent->filled - on_its_way) return QN_E_BUDGET;
    id = bench_order_add(b, parent->slot, parent->side, c->qty); /* parent may have moved */
    if (id) b->orders[b->norders - 1].parent_id = c->parent_id;
    return (int64_t)id;
}

static int64_t out_send(void *ctx, const qn_child *child)
{
    qn_bench *b = (qn_bench *)ctx;
    qn_bench_output *o;
    int64_t rc = bench_answer_of(b, QN_BENCH_CHILD);

    if (!bench_allows(b, "send", CALL_EVENT, 1)) return QN_E_STATE;
    if (child->size != sizeof *child) {
        bench_fault(b, PLUGIN, "it sent a child of size %u", child->size);
        return QN_E_INTENT_VALUE;
    }
    if (rc == 0) rc = child_take(b, child);
    if (!(o = bench_say(b, QN_BENCH_CHILD))) return QN_E_NO_MEMORY;
    o->as.child = *child;
    o->answer = rc;
    return rc;
}

/* Cancel a child, or finish a parent: an id that must be of that sort and open. */
static int32_t end_one(qn_bench *b, const char *function, uint32_t what, uint64_t id)
{
    bench_order *order;
    qn_bench_output *o;
    int64_t rc = bench_answer_of(b, what);

    if (!bench_allows(b, function, CALL_EVENT, 1)) return QN_E_STATE;
    order = bench_order_find(b, id);
    if (rc == 0 && (!order || order->is_parent != (what == QN_BENCH_FINISH)))
        rc = QN_E_INTENT_ORDER;
    if (rc == 0 && what == QN_BENCH_FINISH) order->is_closed = 1; /* it can have no more children */
    if (!(o = bench_say(b, what))) return QN_E_NO_MEMORY;
    o->as.id = id;
    o->answer = rc;
    return (int32_t)rc;
}

static int32_t out_cancel(void *ctx, uint64_t order_id)
{
    return end_one((qn_bench *)ctx, "cancel", QN_BENCH_CHILD_CANCEL, order_id);
}

static int32_t out_finish(void *ctx, uint64_t parent_id)
{
    return end_one((qn_bench *)ctx, "finish", QN_BENCH_FINISH, parent_id);
}

/* ------------------------------------------------------------------ halts */

static int32_t out_halt(void *ctx, uint32_t reason, double limit, double value)
{
    qn_bench *b = (qn_bench *)ctx;
    qn_bench_output *o;
    int64_t rc = bench_answer_of(b, QN_BENCH_HALT);

    if (!bench_allows(b, "halt", CALL_EVENT, 1)) return QN_E_STATE;
    if (rc == 0 && (reason == QN_REASON_NONE || reason >= QN_REASONS)) rc = QN_E_RANGE;
    if (!(o = bench_say(b, QN_BENCH_HALT))) return QN_E_NO_MEMORY;
    o->as.halt.is_halted = 1;
    o->as.halt.reason = reason;
    o->as.halt.limit = limit;
    o->as.halt.value = value;
    o->answer = rc;
    return (int32_t)rc;
}

/* ------------------------------------------------------------------ a venue's events */

static const struct {
    uint32_t size, what;
} pushed[QN_EVENT_TYPES] = {[QN_EVENT_ORDER] = {sizeof(qn_order_report), QN_BENCH_REPORT},
                            [QN_EVENT_FILL] = {sizeof(qn_fill), QN_BENCH_FILL},
                            [QN_EVENT_PAYMENT] = {sizeof(qn_payment), QN_BENCH_PAYMENT}};

static int32_t venue_push(void *ctx, const qn_event *ev)
{
    qn_bench *b = (qn_bench *)ctx;
    uint32_t what = ev->type < QN_EVENT_TYPES ? pushed[ev->type].what : 0;
    qn_bench_output *o;

    if (!bench_allows(b, "push", CALL_EVENT, 1)) return QN_E_STATE;
    if (what == 0 || ev->size != pushed[ev->type].size || bench_slot(b, ev->instrument) < 0) {
        bench_fault(b, PLUGIN, "it pushed an event of type %u, size %u and instrument %u", ev->type,
                    ev->size, ev->instrument);
        return QN_E_INVALID;
    }
    if (!(o = bench_say(b, what))) return QN_E_NO_MEMORY;
    memcpy(&o->as, ev, ev->size);
    o->answer = bench_answer_of(b, what);
    return (int32_t)o->answer;
}

/* ------------------------------------------------------------------ the tables */

void bench_outs_make(qn_bench *b)
{
    b->out = (qn_out){.size = sizeof b->out, .ctx = b, .push = out_push};
    b->model_out = (qn_model_out){.size = sizeof b->model_out, .ctx = b, .publish = out_publish};
    b->child_out = (qn_child_out){.size = sizeof b->child_out,
                                  .ctx = b,
                                  .send = out_send,
                                  .cancel = out_cancel,
                                  .finish = out_finish};
    b->risk_out = (qn_risk_out){.size = sizeof b->risk_out, .ctx = b, .halt = out_halt};
    b->venue_out = (qn_venue_out){.size = sizeof b->venue_out, .ctx = b, .push = venue_push};
}
