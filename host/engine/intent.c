/* SPDX-License-Identifier: MIT
 *
 * What strategies push: checked, noted in the decision hash, turned into orders. The checks
 * here are the boundary: whatever a plugin hands over, a value goes on only if it is sane. */
#include "internal.h"

#include <math.h>
#include <string.h>

/* Room for the largest intent, so that a shorter one of an older plugin reads as zero behind
 * its end. */
typedef union any_intent {
    qn_intent hdr;
    qn_signal signal;
    qn_target target;
    qn_order_intent order;
    qn_cancel cancel;
    qn_modify modify;
} any_intent;

typedef struct intent_kind {
    uint32_t size;
    int32_t (*check)(const any_intent *in);
    void (*record)(const any_intent *in, qn_output *to);
    int64_t (*apply)(engine *e, strategy *s, const any_intent *in, uint64_t output);
} intent_kind;

/* ------------------------------------------------------------------ signal */

static int32_t exits_check(int64_t stop_loss, int64_t take_profit)
{
    return stop_loss < 0 || take_profit < 0 ? QN_E_INTENT_VALUE : QN_OK;
}

static int32_t signal_check(const any_intent *in)
{
    const qn_signal *s = &in->signal;

    if (!(fabs(s->strength) <= 1) || !(s->confidence >= 0 && s->confidence <= 1) || s->horizon < 0)
        return QN_E_INTENT_VALUE;
    return exits_check(s->stop_loss, s->take_profit);
}

static void signal_record(const any_intent *in, qn_output *to)
{
    to->strength = in->signal.strength;
    to->confidence = in->signal.confidence;
    to->horizon = in->signal.horizon;
    to->stop_loss = in->signal.stop_loss;
    to->take_profit = in->signal.take_profit;
}

/* Signals become weights and quantities on the portfolio route; a direct strategy that sends
 * one has no optimizer behind it. */
static int64_t signal_apply(engine *e, strategy *s, const any_intent *in, uint64_t output)
{
    return s->is_portfolio ? portfolio_signal(e, s, &in->signal, output) : QN_E_INTENT_ROUTE;
}

/* ------------------------------------------------------------------ target */

static int32_t target_check(const any_intent *in)
{
    if (in->target.qty == INT64_MIN) return QN_E_INTENT_VALUE;
    return exits_check(in->target.stop_loss, in->target.take_profit);
}

static void target_record(const any_intent *in, qn_output *to)
{
    to->qty = in->target.qty;
    to->stop_loss = in->target.stop_loss;
    to->take_profit = in->target.take_profit;
}

static int64_t target_send(engine *e, strategy *s, const qn_target *t, uint64_t cause)
{
    const position *p = ledger_position(e->ledger, s->number, t->hdr.instrument);
    qn_wide missing = (qn_wide)t->qty - p->qty - p->market_orders;
    uint32_t against = missing > 0 ? QN_SELL : QN_BUY;
    wish w = {.order = {.hdr = t->hdr,
                        .type = QN_MARKET,
                        .tif = QN_GTC,
                        .stop_loss = t->stop_loss,
                        .take_profit = t->take_profit},
              .cause = cause,
              .is_worked = true};

    /* a parent that still works against what is missing gives way to it */
    if (missing != 0 &&
        execution_end_side(e, s->number, t->hdr.instrument, against, QN_REASON_REPLACED, cause))
        missing = (qn_wide)t->qty - p->qty - p->market_orders;
    if (missing == 0) return 0;
    if (missing > INT64_MAX || missing < -INT64_MAX) return QN_E_INTENT_VALUE;
    w.order.side = missing > 0 ? QN_BUY : QN_SELL;
    w.order.qty = (int64_t)(missing > 0 ? missing : -missing);
    if (t->qty == 0 || (t->qty > 0) != (missing > 0)) /* nothing is opened */
        w.order.stop_loss = w.order.take_profit = 0;
    return order_send(e, s, &w);
}

static int64_t target_apply(engine *e, strategy *s, const any_intent *in, uint64_t output)
{
    return s->is_portfolio ? QN_E_INTENT_ROUTE : target_send(e, s, &in->target, output);
}

/* ------------------------------------------------------------------ order */

int32_t intent_check_order(const qn_order_intent *o)
{
    if ((o->side != QN_BUY && o->side != QN_SELL) || o->type < QN_MARKET || o->type > QN_STOP ||
        o->tif > QN_GTD || (o->flags & ~QN_ORDER_FLAGS) || o->qty <= 0)
        return QN_E_INTENT_VALUE;
    if ((o->type == QN_LIMIT) != (o->price > 0) || (o->type == QN_STOP) != (o->trigger > 0) ||
        o->price < 0 || o->trigger < 0 || (o->tif == QN_GTD) != (o->expire_ts > 0) ||
        ((o->flags & QN_POST_ONLY) && o->type != QN_LIMIT))
        return QN_E_INTENT_VALUE;
    return exits_check(o->stop_loss, o->take_profit);
}

static int32_t order_check(const any_intent *in)
{
    return intent_check_order(&in->order);
}

static void order_record(const any_intent *in, qn_output *to)
{
    const qn_order_intent *o = &in->order;

    to->side = o->side;
    to->type = o->type;
    to->tif = o->tif ? o->tif : QN_GTC;
    to->flags = o->flags;
    to->qty = o->qty;
    to->price = o->price;
    to->trigger = o->trigger;
    to->expire_ts = o->expire_ts;
    to->stop_loss = o->stop_loss;
    to->take_profit = o->take_profit;
}

static int64_t order_apply(engine *e, strategy *s, const any_intent *in, uint64_t output)
{
    wish w = {.order = in->order, .cause = output};

    if (s->is_portfolio) return QN_E_INTENT_ROUTE;
    if (!w.order.tif) w.order.tif = QN_GTC;
    return order_send(e, s, &w);
}

/* ------------------------------------------------------------------ cancel and modify */

static int32_t cancel_check(const any_intent *in)
{
    (void)in;
    return QN_OK;
}

static void cancel_record(const any_intent *in, qn_output *to)
{
    to->order_id = in->cancel.order_id;
}

static int64_t cancel_apply(engine *e, strategy *s, const any_intent *in, uint64_t output)
{
    return order_cancel(e, s, &in->cancel, output);
}

static int32_t modify_check(const any_intent *in)
{
    const qn_modify *m = &in->modify;

    return m->qty < 0 || m->price < 0 || m->trigger < 0 ? QN_E_INTENT_VALUE : QN_OK;
}

static void modify_record(const any_intent *in, qn_output *to)
{
    to->order_id = in->modify.order_id;
    to->qty = in->modify.qty;
    to->price = in->modify.price;
    to->trigger = in->modify.trigger;
}

static int64_t modify_apply(engine *e, strategy *s, const any_intent *in, uint64_t output)
{
    return order_modify(e, s, &in->modify, output);
}

static const intent_kind kinds[] = {
    [QN_INTENT_SIGNAL] = {sizeof(qn_signal), signal_check, signal_record, signal_apply},
    [QN_INTENT_TARGET] = {sizeof(qn_target), target_check, target_record, target_apply},
    [QN_INTENT_ORDER] = {sizeof(qn_order_intent), order_check, order_record, order_apply},
    [QN_INTENT_CANCEL] = {sizeof(qn_cancel), cancel_check, cancel_record, cancel_apply},
    [QN_INTENT_MODIFY] = {sizeof(qn_modify), modify_check, modify_record, modify_apply},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* ------------------------------------------------------------------ the door */

/* Copies an intent of whatever length the plugin knows: zero behind a shorter one, and only
 * zeros behind what we know in a longer one (a newer member that asks for something we would
 * not do must not be dropped in silence). */
static int32_t read_intent(const qn_intent *from, any_intent *to)
{
    const unsigned char *bytes = (const unsigned char *)from;
    uint32_t known;

    if (from->size < sizeof *from || from->size > 4096 || from->kind >= KINDS ||
        !kinds[from->kind].size)
        return QN_E_INTENT_VALUE;
    known = kinds[from->kind].size;
    for (uint32_t i = known; i < from->size; i++)
        if (bytes[i]) return QN_E_TOO_NEW;
    *to = (any_intent){0};
    memcpy(to, from, from->size < known ? from->size : known);
    return QN_OK;
}

/* What the strategy read in the call that it pushes from: the last ones, oldest first. */
static void record_reads(const engine *e, const instance *in, qn_output *to)
{
    uint32_t n = in->nread < QN_FEATURES_READ ? in->nread : QN_FEATURES_READ;

    if (in->read_seq != e->cause) return;
    to->nread = n;
    for (uint32_t i = 0; i < n; i++)
        to->read[i] = in->read[(in->nread - n + i) % QN_FEATURES_READ];
}

/* Returns the output's sequence number. */
static uint64_t record_output(engine *e, strategy *s, const any_intent *in)
{
    qn_output record = {
        .hdr = {.size = sizeof record, .type = QN_EVENT_OUTPUT, .instrument = in->hdr.instrument},
        .cause_seq = e->cause,
        .counter = s->outputs + 1,
        .strategy = s->number,
        .kind = in->hdr.kind};

    kinds[in->hdr.kind].record(in, &record);
    record_reads(e, &s->in, &record);
    record_put(e, &record.hdr);
    apply_output(e, &record);
    return record.hdr.seq;
}

int64_t intent_refuse(engine *e, const strategy *s, uint32_t instrument, uint64_t output,
                      int32_t code)
{
    qn_refusal record = {
        .hdr = {.size = sizeof record, .type = QN_EVENT_REFUSAL, .instrument = instrument},
        .cause_seq = output,
        .strategy = s->number,
        .code = code};

    record_put(e, &record.hdr);
    e->counts.refused++;
    return code;
}

/* One that no strategy has a reason to send: what it is, and not what the books are, refuses it. */
static int64_t refuse_wrong(engine *e, strategy *s, uint32_t instrument, uint64_t output,
                            int32_t code)
{
    intent_refuse(e, s, instrument, output, code);
    fault_strike(&s->in, code);
    return code;
}

static int64_t push(strategy *s, const qn_intent *intent)
{
    engine *e = s->in.engine;
    uint64_t output;
    any_intent in;
    int64_t rc;

    if (!instance_may_send(&s->in)) return QN_E_QUARANTINED;
    if (!e->is_live) return 0; /* warming up: what it would do now is not done */
    if (e->has_ended) return QN_E_STATE;
    if ((rc = read_intent(intent, &in)) != QN_OK)
        return refuse_wrong(e, s, QN_NO_INSTRUMENT, 0, (int32_t)rc);
    if (in.hdr.instrument >= e->ninstruments || s->in.slots[in.hdr.instrument] == NO_SLOT)
        return refuse_wrong(e, s, QN_NO_INSTRUMENT, 0, QN_E_INTENT_INSTRUMENT);
    output = record_output(e, s, &in);
    if ((rc = kinds[in.hdr.kind].check(&in)) != QN_OK)
        return refuse_wrong(e, s, in.hdr.instrument, output, (int32_t)rc);
    rc = kinds[in.hdr.kind].apply(e, s, &in, output);
    if (rc == QN_E_INTENT_ROUTE)
        return refuse_wrong(e, s, in.hdr.instrument, output, QN_E_INTENT_ROUTE);
    return rc < 0 ? intent_refuse(e, s, in.hdr.instrument, output, (int32_t)rc) : rc;
}

int64_t intent_push(void *ctx, const qn_intent *intent)
{
    strategy *s = ctx;

    return instance_has_sent(&s->in, push(s, intent));
}

int32_t intent_judge(const qn_intent *intent)
{
    any_intent in;
    int32_t rc = read_intent(intent, &in);

    return rc == QN_OK ? (int32_t)kinds[in.hdr.kind].check(&in) : rc;
}

void strategy_deliver(instance *in, qn_event *ev)
{
    engine *e = in->engine;
    strategy *s = &e->strategies[in->strategy];
    int64_t begun = stage_begin(e);
    uint32_t before;
    int32_t rc;

    e->cause = ev->seq;
    ev->slot = ev->instrument < e->ninstruments ? in->slots[ev->instrument] : NO_SLOT;
    before = call_begin(e, in, SLOT_CALL_ON_EVENT);
    rc = s->table->on_event(in->self, ev, &s->out);
    call_end(e, before);
    instance_end(in, begun);
    if (rc != QN_OK) instance_fault(in, rc);
}
