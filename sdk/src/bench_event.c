/* SPDX-License-Identifier: MIT
 *
 * Events: made of texts, given a number and a time, and brought to the plugin. */
#include "bench_internal.h"

#include <quoin/sdk/decimal.h>

#include <stdio.h>
#include <string.h>

#define MINUTE (60 * QN_NS_PER_S)

/* ------------------------------------------------------------------ numbers of a test */

int64_t bench_number(qn_bench *b, const char *text, int32_t exp)
{
    int64_t value = 0;
    int32_t rc = qn_decimal_parse_at(text, strlen(text), exp, &value);

    if (rc != QN_OK)
        bench_fault(b, TEST, "'%.60s' is no number with at most %d places [%s]", text,
                    exp < 0 ? -exp : 0, bench_error_name(rc));
    return value;
}

const qn_instrument *bench_at(qn_bench *b, uint32_t slot)
{
    if (slot < b->ninstruments) return &b->instruments[slot];
    bench_fault(b, TEST, "there is no slot %u: the plugin has %u instruments", slot,
                b->ninstruments);
    return NULL;
}

/* ------------------------------------------------------------------ one event */

static int is_market(uint32_t type)
{
    return type >= QN_EVENT_BAR && type <= QN_EVENT_LIQUIDATION;
}

static int32_t batch_add(qn_bench *b, const qn_event *ev)
{
    uint32_t room = qn_event_room(ev);

    if (!bench_reserve((void **)&b->batch, &b->batch_room, b->batch_bytes + room, 1)) {
        bench_fault(b, TEST, "out of memory");
        return QN_E_NO_MEMORY;
    }
    memset(b->batch + b->batch_bytes, 0, room);
    memcpy(b->batch + b->batch_bytes, ev, ev->size);
    if (b->batch_events++ == 0) b->batch_first = ev->seq;
    b->batch_bytes += room;
    return QN_OK;
}

int32_t bench_deliver(qn_bench *b, const qn_event *ev)
{
    const void *table = b->cls->table;
    bench_guard g;
    int32_t rc = QN_OK;

    if (bench_is(b, QN_KIND_SINK)) return batch_add(b, ev);
    if (b->reloads_always && qn_bench_reload(b) != QN_OK) return QN_E_STATE;
    if (!bench_enter(b, &g, CALL_EVENT, "on_event", 0)) return QN_E_STATE;
    if (bench_is(b, QN_KIND_STRATEGY)) {
        rc = ((const qn_strategy *)table)->on_event(b->self, ev, &b->out);
    } else if (bench_is(b, QN_KIND_MODEL)) {
        rc = ((const qn_model *)table)->on_event(b->self, ev, &b->model_out);
    } else if (bench_is(b, QN_KIND_EXECUTION)) {
        rc = ((const qn_execution *)table)->on_event(b->self, ev, &b->child_out);
    } else if (bench_is(b, QN_KIND_RISK)) {
        const qn_risk *risk = (const qn_risk *)table;
        if (risk->on_event) rc = risk->on_event(b->self, ev, &b->risk_out);
    } else if (bench_is(b, QN_KIND_VENUE) && is_market(ev->type)) {
        const qn_venue *venue = (const qn_venue *)table;
        if (venue->on_market) rc = venue->on_market(b->self, ev);
    } else {
        bench_fault(b, TEST, "a plugin of kind %s takes no events of type %u", b->cls->kind,
                    ev->type);
    }
    bench_leave(b, &g);
    return rc;
}

/* A timer that the test fires itself is not pending any more. */
static void due_forget(qn_bench *b, const qn_timer *timer)
{
    for (uint64_t i = 0; i < b->ndue; i++) {
        const bench_due *d = &b->due[i];
        if (d->is_result || d->due_ns != timer->due_ns || d->cookie != timer->cookie) continue;
        memmove(&b->due[i], &b->due[i + 1], (b->ndue - i - 1) * sizeof *d);
        b->ndue--;
        return;
    }
}

int32_t qn_bench_send(qn_bench *b, const qn_event *event)
{
    _Alignas(16) unsigned char copy[QN_BENCH_EVENT_BYTES] = {0};
    qn_event *ev = (qn_event *)(void *)copy;

    if (!b) return QN_E_NO_MEMORY;
    if (b->phase != PHASE_ACTIVE || event->size < sizeof *ev || event->size > sizeof copy) {
        bench_fault(b, TEST, "an event of %u bytes to a plugin that %s", event->size,
                    b->phase == PHASE_ACTIVE ? "is active" : "is not started");
        return QN_E_STATE;
    }
    memcpy(copy, event, event->size);
    if (ev->ts_ns == 0) ev->ts_ns = b->now;
    if (ev->ts_ns < b->now) {
        bench_fault(b, TEST, "event %llu goes back in time, from %lld to %lld",
                    (unsigned long long)b->seq + 1, (long long)b->now, (long long)ev->ts_ns);
        return QN_E_ORDER;
    }
    b->now = ev->ts_ns;
    ev->seq = ++b->seq;
    if (ev->type == QN_EVENT_TIMER) due_forget(b, (const qn_timer *)(const void *)ev);
    bench_book(b, ev);
    return bench_deliver(b, ev);
}

/* The same where an error of the plugin is a failure. */
static int32_t send(qn_bench *b, qn_event *ev, uint16_t size, uint16_t type, uint32_t slot)
{
    int32_t rc;

    ev->size = size;
    ev->type = type;
    ev->instrument = slot < b->ninstruments ? b->instruments[slot].number : QN_NO_INSTRUMENT;
    ev->slot = slot;
    rc = qn_bench_send(b, ev);
    if (rc != QN_OK)
        bench_fault(b, PLUGIN, "event %llu: it returned %s", (unsigned long long)b->seq,
                    bench_error_name(rc));
    return rc;
}

/* ------------------------------------------------------------------ what is due */

/* The place of what is due first, up to a time; ndue = nothing is. */
static uint64_t due_first(const qn_bench *b, int64_t to_ns)
{
    uint64_t best = b->ndue;

    for (uint64_t i = 0; i < b->ndue; i++) {
        const bench_due *d = &b->due[i];
        if (d->due_ns > to_ns) continue;
        if (best == b->ndue || d->due_ns < b->due[best].due_ns ||
            (d->due_ns == b->due[best].due_ns && d->number < b->due[best].number))
            best = i;
    }
    return best;
}

static int32_t due_fire(qn_bench *b, uint64_t at)
{
    bench_due d = b->due[at];

    memmove(&b->due[at], &b->due[at + 1], (b->ndue - at - 1) * sizeof d);
    b->ndue--;
    if (d.due_ns > b->now) b->now = d.due_ns;
    if (d.is_result) {
        qn_result ev = {
            .hdr = {.ts_ns = b->now}, .cookie = d.cookie, .status = d.status, .nbytes = d.nbytes};
        memcpy(ev.bytes, d.bytes, d.nbytes);
        return send(b, &ev.hdr, sizeof ev, QN_EVENT_RESULT, QN_NO_INSTRUMENT);
    } else {
        qn_timer ev = {.hdr = {.ts_ns = b->now}, .due_ns = d.due_ns, .cookie = d.cookie};
        return send(b, &ev.hdr, sizeof ev, QN_EVENT_TIMER, QN_NO_INSTRUMENT);
    }
}

/* A timer that sets itself again at once would never end. */
#define FIRED_MAX 100000u

static int32_t fire(qn_bench *b, int64_t to_ns)
{
    uint32_t fired = 0;
    uint64_t at;
    int32_t rc = QN_OK;

    while (rc == QN_OK && (at = due_first(b, to_ns)) < b->ndue) {
        rc = due_fire(b, at);
        if (++fired == FIRED_MAX) {
            bench_fault(b, PLUGIN, "%u timers were due up to one time", FIRED_MAX);
            return QN_E_FULL;
        }
    }
    return rc;
}

int32_t qn_bench_advance(qn_bench *b, int64_t to_ns)
{
    int32_t rc;

    if (!b) return QN_E_NO_MEMORY;
    if (to_ns < b->now) {
        bench_fault(b, TEST, "the clock cannot go back to %lld", (long long)to_ns);
        return QN_E_ORDER;
    }
    rc = fire(b, to_ns);
    b->now = to_ns;
    return rc;
}

/* ------------------------------------------------------------------ the market */

/* The next blank-separated word of *at, cut to `room`; 0 = none. */
static int word_next(const char **at, char *to, size_t room)
{
    size_t len;

    *at += strspn(*at, " \t\n");
    len = strcspn(*at, " \t\n");
    snprintf(to, room, "%.*s", (int)len, *at);
    *at += len;
    return len > 0;
}

static int32_t bar_send(qn_bench *b, uint32_t slot, int64_t length, const int64_t values[5])
{
    qn_bar bar = {.length = length,
                  .open = values[0],
                  .high = values[1],
                  .low = values[2],
                  .close = values[3],
                  .volume = values[4]};
    int32_t rc;

    bar.open_ts = b->bar_end[slot];
    if (bar.open_ts + length < b->now) bar.open_ts = b->now - b->now % length;
    bar.hdr.ts_ns = bar.open_ts + length;
    b->bar_end[slot] = bar.hdr.ts_ns;
    /* A timer that is due when the bar ends comes behind it. */
    if ((rc = fire(b, bar.hdr.ts_ns - 1)) != QN_OK) return rc;
    return send(b, &bar.hdr, sizeof bar, QN_EVENT_BAR, slot);
}

int32_t qn_bench_bar(qn_bench *b, uint32_t slot, int64_t length, const char *prices)
{
    int64_t values[5] = {0};
    const qn_instrument *in = b ? bench_at(b, slot) : NULL;
    const char *at = prices;
    char word[64];
    uint32_t n = 0;

    if (!in) return QN_E_RANGE;
    while (n < 5 && word_next(&at, word, sizeof word)) {
        values[n] = bench_number(b, word, n == 4 ? in->qty_exp : in->price_exp);
        n++;
    }
    if (n == 1) values[1] = values[2] = values[3] = values[0];
    if (length <= 0 || n == 0 || n == 2 || n == 3 || word_next(&at, word, sizeof word) ||
        values[1] < values[0] || values[1] < values[3] || values[2] > values[0] ||
        values[2] > values[3] || values[2] <= 0) {
        bench_fault(b, TEST, "'%.80s' is no bar: open high low close [volume]", prices);
        return QN_E_INVALID;
    }
    return bar_send(b, slot, length, values);
}

int32_t qn_bench_closes(qn_bench *b, uint32_t slot, const char *closes)
{
    const char *at = closes;
    char word[64];
    int32_t rc = QN_OK;

    if (!b) return QN_E_NO_MEMORY;
    while (rc == QN_OK && word_next(&at, word, sizeof word))
        rc = qn_bench_bar(b, slot, MINUTE, word);
    return rc;
}

int32_t qn_bench_trade(qn_bench *b, uint32_t slot, uint32_t side, const char *price,
                       const char *qty)
{
    const qn_instrument *in = b ? bench_at(b, slot) : NULL;
    qn_trade ev = {.side = side};

    if (!in) return QN_E_RANGE;
    fire(b, b->now);
    ev.venue_ts = b->now;
    ev.price = bench_number(b, price, in->price_exp);
    ev.qty = bench_number(b, qty, in->qty_exp);
    return send(b, &ev.hdr, sizeof ev, QN_EVENT_TRADE, slot);
}

int32_t qn_bench_quote(qn_bench *b, uint32_t slot, const char *bid, const char *bid_qty,
                       const char *ask, const char *ask_qty)
{
    const qn_instrument *in = b ? bench_at(b, slot) : NULL;
    qn_quote ev = {.venue_ts = 0};

    if (!in) return QN_E_RANGE;
    fire(b, b->now);
    ev.venue_ts = b->now;
    ev.bid = bench_number(b, bid, in->price_exp);
    ev.bid_qty = bench_number(b, bid_qty, in->qty_exp);
    ev.ask = bench_number(b, ask, in->price_exp);
    ev.ask_qty = bench_number(b, ask_qty, in->qty_exp);
    return send(b, &ev.hdr, sizeof ev, QN_EVENT_QUOTE, slot);
}

int32_t qn_bench_mark(qn_bench *b, uint32_t slot, const char *price)
{
    const qn_instrument *in = b ? bench_at(b, slot) : NULL;
    qn_mark ev = {.venue_ts = 0};

    if (!in) return QN_E_RANGE;
    fire(b, b->now);
    ev.venue_ts = b->now;
    ev.price = bench_number(b, price, in->price_exp);
    return send(b, &ev.hdr, sizeof ev, QN_EVENT_MARK, slot);
}

int32_t qn_bench_funding(qn_bench *b, uint32_t slot, const char *rate)
{
    qn_funding ev = {.venue_ts = 0};

    if (!b || !bench_at(b, slot)) return QN_E_RANGE;
    fire(b, b->now);
    ev.venue_ts = b->now;
    ev.rate = bench_number(b, rate, QN_FUNDING_EXP);
    return send(b, &ev.hdr, sizeof ev, QN_EVENT_FUNDING, slot);
}

/* ------------------------------------------------------------------ orders, halts */

int32_t qn_bench_fill(qn_bench *b, uint64_t order_id, const char *price, const char *qty)
{
    const bench_order *o = b ? bench_order_find(b, order_id) : NULL;
    const qn_instrument *in;
    qn_fill ev = {.order_id = order_id, .liquidity = QN_TAKER};
    uint32_t slot;

    if (!b) return QN_E_NO_MEMORY;
    if (!o) {
        bench_fault(b, TEST, "a fill of order %llu, which does not work",
                    (unsigned long long)order_id);
        return QN_E_INTENT_ORDER;
    }
    slot = o->slot;
    in = &b->instruments[slot];
    ev.venue_ts = b->now;
    ev.trade_id = b->seq + 1;
    ev.price = bench_number(b, price, in->price_exp);
    ev.qty = bench_number(b, qty, in->qty_exp);
    ev.side = o->side;
    ev.parent_id = o->parent_id;
    if (ev.qty <= 0 || ev.qty > o->qty - o->filled) {
        bench_fault(b, TEST, "a fill of %s, which is more than is left of the order", qty);
        return QN_E_RANGE;
    }
    return send(b, &ev.hdr, sizeof ev, QN_EVENT_FILL, slot);
}

/* An order that was sent, whether it still works or not. */
static const bench_order *order_any(const qn_bench *b, uint64_t id)
{
    for (uint64_t i = b->norders; i-- > 0;)
        if (b->orders[i].id == id) return &b->orders[i];
    return NULL;
}

int32_t qn_bench_report(qn_bench *b, uint64_t order_id, uint32_t state, uint32_t reason)
{
    const bench_order *o = b ? order_any(b, order_id) : NULL;
    qn_order_report ev = {.order_id = order_id, .state = state, .reason = reason};

    if (!b) return QN_E_NO_MEMORY;
    if (!o) {
        bench_fault(b, TEST, "a report on order %llu, which was never sent",
                    (unsigned long long)order_id);
        return QN_E_INTENT_ORDER;
    }
    ev.venue_ts = b->now;
    ev.parent_id = o->parent_id;
    return send(b, &ev.hdr, sizeof ev, QN_EVENT_ORDER, o->slot);
}

int32_t qn_bench_halt(qn_bench *b, uint32_t reason)
{
    qn_halt ev = {.is_halted = reason != QN_REASON_NONE, .reason = reason};

    return b ? send(b, &ev.hdr, sizeof ev, QN_EVENT_HALT, QN_NO_INSTRUMENT) : QN_E_NO_MEMORY;
}

uint64_t qn_bench_parent(qn_bench *b, uint32_t slot, uint32_t side, const char *qty)
{
    const qn_instrument *in = b ? bench_at(b, slot) : NULL;
    qn_parent ev = {
        .strategy = 1, .state = QN_ORDER_ACCEPTED, .side = side, .expire_ts = INT64_MAX};

    if (!in) return 0;
    fire(b, b->now);
    ev.order_id = QN_ORDER_ID(1, ++b->order_counter);
    ev.qty = bench_number(b, qty, in->qty_exp);
    return send(b, &ev.hdr, sizeof ev, QN_EVENT_PARENT, slot) == QN_OK ? ev.order_id : 0;
}

int32_t qn_bench_parent_end(qn_bench *b, uint64_t parent_id, uint32_t state, uint32_t reason)
{
    qn_parent ev = {.order_id = parent_id, .strategy = 1, .state = state, .reason = reason};

    if (!b) return QN_E_NO_MEMORY;
    for (uint64_t i = 0; i < b->norders; i++) {
        const bench_order *o = &b->orders[i];
        if (o->id != parent_id || !o->is_parent) continue;
        ev.side = o->side;
        ev.qty = o->qty;
        ev.filled = o->filled;
        return send(b, &ev.hdr, sizeof ev, QN_EVENT_PARENT, o->slot);
    }
    bench_fault(b, TEST, "%llu is no parent", (unsigned long long)parent_id);
    return QN_E_INTENT_ORDER;
}
