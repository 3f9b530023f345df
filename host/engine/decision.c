/* SPDX-License-Identifier: MIT
 *
 * The decision hash: SHA-256 over one record for each strategy output, verdict, order and
 * fill, in engine order. Nothing goes in that may differ between two runs that decide alike:
 * no sequence numbers, run ids, venue ids, receive or wall times.
 *
 * A record, little-endian, without padding:
 *   u8 kind (1 output, 2 verdict, 3 order, 4 fill)
 *   u8 length, bytes: id of the strategy
 *   u64 the strategy's own counter
 *   u8 length, bytes: name of the instrument
 *   u8 side, u8 type, u8 time in force
 *   i64 quantity, i32 exponent   i64 price, i32 exponent
 *   i64 trigger, i32 exponent    i64 fee, i32 exponent
 *   i64 strength, i64 confidence: doubles rounded to 1e-9
 *   u32 verdict, u32 reason
 *   i64 market time of the cause, ns */
#include "internal.h"

#include "base/fail.h"

#include <math.h>
#include <string.h>

#define RECORD_ROOM 256u

enum { DECISION_OUTPUT = 1, DECISION_VERDICT, DECISION_ORDER, DECISION_FILL };

/* What of a record enters the hash. */
typedef struct decision {
    uint8_t kind; /* DECISION_ */
    const char *strategy;
    uint64_t counter;
    const qn_instrument *instrument;
    uint32_t side, type, tif;
    int64_t qty, price, trigger, fee;
    double strength, confidence;
    uint32_t verdict, reason;
    int64_t market_ts;
} decision;

int32_t decisions_init(decisions *d, qn_err *err)
{
    d->used = 0;
    d->hash = sha256_new();
    return d->hash ? QN_OK : fail(err, QN_E_NO_MEMORY, "no memory for the decision hash");
}

void decisions_free(decisions *d)
{
    sha256_free(d->hash);
    d->hash = NULL;
}

static unsigned char *put(unsigned char *to, const void *value, size_t n)
{
    memcpy(to, value, n); /* the host runs on little-endian machines only */
    return to + n;
}

static unsigned char *put_text(unsigned char *to, const char *text)
{
    size_t n = strlen(text);

    *to++ = (unsigned char)n;
    return put(to, text, n);
}

static unsigned char *put_number(unsigned char *to, int64_t mantissa, int32_t exp)
{
    to = put(to, &mantissa, sizeof mantissa);
    return put(to, &exp, sizeof exp);
}

static unsigned char *put_real(unsigned char *to, double value)
{
    int64_t rounded = (int64_t)llrint(value * 1e9);

    return put(to, &rounded, sizeof rounded);
}

static void add(decisions *d, const decision *r)
{
    const qn_instrument *in = r->instrument;
    unsigned char *to;

    /* records are small; whole buffers reach SHA-256, which has a cost per call */
    if (sizeof d->buffer - d->used < RECORD_ROOM) {
        sha256_add(d->hash, d->buffer, d->used);
        d->used = 0;
    }
    to = d->buffer + d->used;
    *to++ = r->kind;
    to = put_text(to, r->strategy);
    to = put(to, &r->counter, sizeof r->counter);
    to = put_text(to, in->name);
    *to++ = (unsigned char)r->side;
    *to++ = (unsigned char)r->type;
    *to++ = (unsigned char)r->tif;
    to = put_number(to, r->qty, in->qty_exp);
    to = put_number(to, r->price, in->price_exp);
    to = put_number(to, r->trigger, in->price_exp);
    to = put_number(to, r->fee, in->money_exp);
    to = put_real(to, r->strength);
    to = put_real(to, r->confidence);
    to = put(to, &r->verdict, sizeof r->verdict);
    to = put(to, &r->reason, sizeof r->reason);
    to = put(to, &r->market_ts, sizeof r->market_ts);
    d->used = (size_t)(to - d->buffer);
}

/* ------------------------------------------------------------------ records */

/* A number that no double of a sane signal is far from; what a plugin made up counts as 0. */
static double sane(double value)
{
    return isfinite(value) && fabs(value) < 1e9 ? value : 0;
}

/* An intent as it was pushed. A cancel is told by the counter of its order, a change by it too. */
static bool of_output(const engine *e, const qn_event *ev, decision *d)
{
    const qn_output *o = (const qn_output *)(const void *)ev;

    *d = (decision){.kind = DECISION_OUTPUT,
                    .counter = o->counter,
                    .side = o->side,
                    .type = o->type,
                    .tif = o->tif,
                    .qty = o->qty,
                    .price = o->price,
                    .trigger = o->trigger,
                    .strength = sane(o->strength),
                    .confidence = sane(o->confidence),
                    .verdict = o->kind};
    if (o->kind == QN_INTENT_TARGET) {
        d->price = o->take_profit;
        d->trigger = o->stop_loss;
    } else if (o->kind == QN_INTENT_CANCEL) {
        d->qty = (int64_t)QN_ORDER_COUNTER(o->order_id);
    } else if (o->kind == QN_INTENT_MODIFY) {
        d->fee = (int64_t)QN_ORDER_COUNTER(o->order_id);
    }
    d->strategy = e->strategies[o->strategy - 1].in.id;
    return true;
}

/* Without a chain there is nobody whose word it would be, unless the host itself objected. */
static bool of_verdict(const engine *e, const qn_event *ev, decision *d)
{
    const qn_verdict *v = (const qn_verdict *)(const void *)ev;

    *d = (decision){.kind = DECISION_VERDICT,
                    .counter = QN_ORDER_COUNTER(v->order_id),
                    .side = v->side,
                    .qty = v->allowed,
                    .price = v->price_bound,
                    .verdict = v->action,
                    .reason = v->reason};
    d->strategy = e->strategies[v->strategy - 1].in.id;
    return e->nrisk > 0 || v->action != QN_ALLOW;
}

static bool of_submit(const engine *e, const qn_event *ev, decision *d)
{
    const qn_submit *s = (const qn_submit *)(const void *)ev;
    bool is_denied = s->state == QN_ORDER_DENIED;

    *d = (decision){.kind = is_denied ? DECISION_VERDICT : DECISION_ORDER,
                    .counter = QN_ORDER_COUNTER(s->order.id),
                    .side = s->order.side,
                    .type = s->order.type,
                    .tif = s->order.tif,
                    .qty = s->order.qty,
                    .price = s->order.price,
                    .trigger = s->order.trigger,
                    .verdict = is_denied ? s->state : 0,
                    .reason = s->reason};
    d->strategy = e->strategies[s->order.strategy - 1].in.id;
    return true;
}

/* A fill of an order that nobody knows ends the run: it decides nothing any more. */
static bool of_fill(const engine *e, const qn_event *ev, decision *d)
{
    const qn_fill *f = (const qn_fill *)(const void *)ev;
    const order *o = orders_find(e->orders, f->order_id);

    if (!o) return false;
    *d = (decision){.kind = DECISION_FILL,
                    .counter = QN_ORDER_COUNTER(f->order_id),
                    .side = f->side,
                    .type = o->sent.type,
                    .tif = o->sent.tif,
                    .qty = f->qty,
                    .price = f->price,
                    .fee = f->fee,
                    .market_ts = f->venue_ts};
    d->strategy = e->strategies[o->sent.strategy - 1].in.id;
    return true;
}

void decisions_add(engine *e, const qn_event *record)
{
    static bool (*const readers[QN_EVENT_TYPES])(const engine *, const qn_event *, decision *) = {
        [QN_EVENT_OUTPUT] = of_output,
        [QN_EVENT_VERDICT] = of_verdict,
        [QN_EVENT_SUBMIT] = of_submit,
        [QN_EVENT_FILL] = of_fill,
    };
    decision d;

    if (!readers[record->type] || !readers[record->type](e, record, &d)) return;
    d.instrument = &e->instruments[record->instrument];
    if (d.kind != DECISION_FILL) d.market_ts = e->market_ts;
    add(&e->decisions, &d);
}

int32_t decisions_hex(const decisions *d, char to[SHA256_HEX], qn_err *err)
{
    return sha256_hex_with(d->hash, d->buffer, d->used, to, err);
}
