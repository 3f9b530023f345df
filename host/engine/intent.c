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
    void (*describe)(const any_intent *in, decision *to);
    int64_t (*apply)(engine *e, strategy *s, const any_intent *in);
} intent_kind;

/* ------------------------------------------------------------------ signal */

static int32_t signal_check(const any_intent *in)
{
    const qn_signal *s = &in->signal;

    if (!(fabs(s->strength) <= 1) || !(s->confidence >= 0 && s->confidence <= 1))
        return QN_E_INTENT_VALUE;
    return QN_OK;
}

static void signal_describe(const any_intent *in, decision *to)
{
    bool is_sane = isfinite(in->signal.strength) && isfinite(in->signal.confidence) &&
                   fabs(in->signal.strength) < 1e9 && fabs(in->signal.confidence) < 1e9;

    to->strength = is_sane ? in->signal.strength : 0;
    to->confidence = is_sane ? in->signal.confidence : 0;
}

/* Signals become weights and quantities on the portfolio route; a direct strategy that sends
 * one has no optimizer behind it. */
static int64_t signal_apply(engine *e, strategy *s, const any_intent *in)
{
    (void)e;
    (void)s;
    (void)in;
    return QN_E_INTENT_ROUTE;
}

/* ------------------------------------------------------------------ target */

static int32_t exits_check(int64_t stop_loss, int64_t take_profit)
{
    return stop_loss < 0 || take_profit < 0 ? QN_E_INTENT_VALUE : QN_OK;
}

static int32_t target_check(const any_intent *in)
{
    if (in->target.qty == INT64_MIN) return QN_E_INTENT_VALUE;
    return exits_check(in->target.stop_loss, in->target.take_profit);
}

static void target_describe(const any_intent *in, decision *to)
{
    to->qty = in->target.qty;
    to->price = in->target.take_profit;
    to->trigger = in->target.stop_loss;
}

static int64_t target_apply(engine *e, strategy *s, const any_intent *in)
{
    const qn_target *t = &in->target;
    const position *p = ledger_position(e->ledger, s->number, t->hdr.instrument);
    qn_wide missing = (qn_wide)t->qty - p->qty - p->market_orders;
    order_wish wish = {.order = {.hdr = t->hdr,
                                 .type = QN_MARKET,
                                 .tif = QN_GTC,
                                 .stop_loss = t->stop_loss,
                                 .take_profit = t->take_profit}};

    if (missing == 0) return 0;
    if (missing > INT64_MAX || missing < -INT64_MAX) return QN_E_INTENT_VALUE;
    wish.order.side = missing > 0 ? QN_BUY : QN_SELL;
    wish.order.qty = (int64_t)(missing > 0 ? missing : -missing);
    if (t->qty == 0) wish.order.stop_loss = wish.order.take_profit = 0; /* nothing is opened */
    return order_send(e, s, &wish);
}

/* ------------------------------------------------------------------ order */

static int32_t order_check(const any_intent *in)
{
    const qn_order_intent *o = &in->order;

    if ((o->side != QN_BUY && o->side != QN_SELL) || o->type < QN_MARKET || o->type > QN_STOP ||
        o->tif > QN_GTD || (o->flags & ~QN_ORDER_FLAGS) || o->qty <= 0)
        return QN_E_INTENT_VALUE;
    if ((o->type == QN_LIMIT) != (o->price > 0) || (o->type == QN_STOP) != (o->trigger > 0) ||
        o->price < 0 || o->trigger < 0 || (o->tif == QN_GTD) != (o->expire_ts > 0) ||
        ((o->flags & QN_POST_ONLY) && o->type != QN_LIMIT))
        return QN_E_INTENT_VALUE;
    return exits_check(o->stop_loss, o->take_profit);
}

static void order_describe(const any_intent *in, decision *to)
{
    const qn_order_intent *o = &in->order;

    to->side = o->side;
    to->type = o->type;
    to->tif = o->tif ? o->tif : QN_GTC;
    to->qty = o->qty;
    to->price = o->price;
    to->trigger = o->trigger;
}

static int64_t order_apply(engine *e, strategy *s, const any_intent *in)
{
    order_wish wish = {.order = in->order};

    if (!wish.order.tif) wish.order.tif = QN_GTC;
    return order_send(e, s, &wish);
}

/* ------------------------------------------------------------------ cancel and modify */

static int32_t cancel_check(const any_intent *in)
{
    (void)in;
    return QN_OK;
}

static void cancel_describe(const any_intent *in, decision *to)
{
    to->qty = (int64_t)QN_ORDER_COUNTER(in->cancel.order_id);
}

static int64_t cancel_apply(engine *e, strategy *s, const any_intent *in)
{
    return order_cancel(e, s, &in->cancel);
}

static int32_t modify_check(const any_intent *in)
{
    const qn_modify *m = &in->modify;

    return m->qty < 0 || m->price < 0 || m->trigger < 0 ? QN_E_INTENT_VALUE : QN_OK;
}

static void modify_describe(const any_intent *in, decision *to)
{
    to->qty = in->modify.qty;
    to->price = in->modify.price;
    to->trigger = in->modify.trigger;
    to->fee = (int64_t)QN_ORDER_COUNTER(in->modify.order_id);
}

static int64_t modify_apply(engine *e, strategy *s, const any_intent *in)
{
    return order_modify(e, s, &in->modify);
}

static const intent_kind kinds[] = {
    [QN_INTENT_SIGNAL] = {sizeof(qn_signal), signal_check, signal_describe, signal_apply},
    [QN_INTENT_TARGET] = {sizeof(qn_target), target_check, target_describe, target_apply},
    [QN_INTENT_ORDER] = {sizeof(qn_order_intent), order_check, order_describe, order_apply},
    [QN_INTENT_CANCEL] = {sizeof(qn_cancel), cancel_check, cancel_describe, cancel_apply},
    [QN_INTENT_MODIFY] = {sizeof(qn_modify), modify_check, modify_describe, modify_apply},
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

static void note_output(engine *e, strategy *s, const any_intent *in)
{
    decision d = {.kind = DECISION_OUTPUT,
                  .strategy = s->in.id,
                  .counter = ++s->outputs,
                  .instrument = &e->instruments[in->hdr.instrument],
                  .verdict = in->hdr.kind,
                  .market_ts = e->market_ts};

    kinds[in->hdr.kind].describe(in, &d);
    decisions_add(&e->decisions, &d);
}

int64_t intent_push(void *ctx, const qn_intent *intent)
{
    strategy *s = ctx;
    engine *e = s->in.engine;
    any_intent in;
    int64_t rc;

    if (!e->is_live) return 0; /* warming up: what it would do now is not done */
    if (e->has_ended) return QN_E_STATE;
    if ((rc = read_intent(intent, &in)) == QN_OK) {
        if (in.hdr.instrument >= e->ninstruments || s->in.slots[in.hdr.instrument] == NO_SLOT) {
            rc = QN_E_INTENT_INSTRUMENT;
        } else {
            note_output(e, s, &in);
            rc = kinds[in.hdr.kind].check(&in);
            if (rc == QN_OK) rc = kinds[in.hdr.kind].apply(e, s, &in);
        }
    }
    if (rc < 0) e->counts.refused++;
    return rc;
}
