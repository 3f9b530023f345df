/* SPDX-License-Identifier: MIT
 *
 * venue/sim by name, a test plugin: builds of it that are no good when they take the place of
 * another one, or to which something has happened meanwhile. Macros make the builds differ:
 *
 *   START     0  what start returns in place of starting: an error
 *   STARTS    0  so many instances start before START is in force
 *   DIES      0  1 = the process is killed when it starts
 *   LOAD      0  what load returns in place of loading: an error
 *   STATE     1  0 = it neither saves nor loads
 *   SCHEMA    1  layout of its state; 2 has a number more, which no other build can read
 *   PUSHES    0  1 = it pushes an event when it starts
 *   QUERY     0  1 = it has no query, 2 = its query fails; else what it says is true, but for:
 *   SAYS      0  of the first order that works: 1 nothing, 2 it twice, 3 a state that cannot be,
 *                4 that more than was sent is filled, 5 that the other side is, 6 something of
 *                another order, 8 a payment; 7 of all: one works that nobody has sent
 *   MUTE      0  1 = it answers no order and no cancel, until the market fills one
 *   HAPPENED  0  to each third order, before it is asked: 1 it was forgotten, 2 it was filled */
#include "sim.h"

/* The class of the venue is made below, of the functions of the real one. */
#pragma push_macro("QN_ENTRY")
#undef QN_ENTRY
#define QN_ENTRY(classes) _Static_assert(sizeof(classes) > 0, "one class");
#include "sim.c"
#pragma pop_macro("QN_ENTRY")

#include <quoin/sdk/stream.h>

#include <signal.h>
#include <unistd.h>

#ifndef START
#define START 0
#endif
#ifndef STARTS
#define STARTS 0
#endif
#ifndef DIES
#define DIES 0
#endif
#ifndef LOAD
#define LOAD 0
#endif
#ifndef STATE
#define STATE 1
#endif
#ifndef SCHEMA
#define SCHEMA 1
#endif
#ifndef PUSHES
#define PUSHES 0
#endif
#ifndef QUERY
#define QUERY 0
#endif
#ifndef SAYS
#define SAYS 0
#endif
#ifndef MUTE
#define MUTE 0
#endif
#ifndef HAPPENED
#define HAPPENED 0
#endif

#define MARK UINT64_C(0x6b72616d)

/* ------------------------------------------------------------------ state */

static int32_t varied_save(const void *self, const qn_stream *to, qn_err *err)
{
    uint64_t mark = MARK;
    int32_t rc = sim_save(self, to, err);

    return rc == QN_OK && SCHEMA > 1 ? qn_stream_put(to, &mark, sizeof mark, err) : rc;
}

static int32_t varied_load(void *self, uint32_t schema, const qn_stream *from, qn_err *err)
{
    uint64_t mark = MARK;
    int32_t rc = LOAD == QN_OK ? sim_load(self, SIM_SCHEMA, from, err)
                               : qn_fail(err, LOAD, "this build loads nothing");

    if (rc == QN_OK && schema > 1) rc = qn_stream_get(from, &mark, sizeof mark, err);
    return mark == MARK ? rc : qn_fail(err, QN_E_DAMAGED, "its mark is missing");
}

/* ------------------------------------------------------------------ service */

static int32_t varied_describe(const void *self, qn_venue_info *info)
{
    int32_t rc = sim_describe(self, info);

    if (QUERY == 1) info->capabilities &= ~QN_CAN_QUERY;
    return rc;
}

static int32_t push(const sim *s, uint16_t type, uint16_t size, qn_event *ev)
{
    ev->size = size;
    ev->type = type;
    ev->instrument = s->books[0].number;
    return s->out->push(s->out->ctx, ev);
}

static void push_payment(const sim *s)
{
    qn_payment p = {.price = 1};

    push(s, QN_EVENT_PAYMENT, sizeof p, &p.hdr);
}

static int32_t varied_start(void *self, const qn_venue_start *start, qn_err *err)
{
    static int starts;
    int32_t rc;

    if (DIES) kill(getpid(), SIGKILL);
    if (START != QN_OK && starts++ >= STARTS)
        return qn_fail(err, START, "this build does not start");
    rc = sim_start(self, start, err);
    if (rc == QN_OK && PUSHES) push_payment(self);
    return rc;
}

/* ------------------------------------------------------------------ what has happened */

/* What the venue pushed when nobody listened: told of an order when it is asked for. */
typedef struct heard {
    union {
        qn_event hdr;
        qn_order_report report;
        qn_fill fill;
    } all[4096];
    uint32_t n;
} heard;

static int32_t hear(void *ctx, const qn_event *ev)
{
    heard *h = ctx;

    if (h->n == sizeof h->all / sizeof h->all[0]) return QN_E_FULL;
    if (HAPPENED == 2) memcpy(&h->all[h->n++], ev, ev->size);
    return QN_OK;
}

static void happen(sim *s, book *b, heard *h)
{
    qn_venue_out to_us = {.size = sizeof to_us, .ctx = h, .push = hear};
    const qn_venue_out *out = s->out;

    s->out = &to_us;
    for (order *o = b->first; o; o = o->next) {
        if (o->state != SIM_WORKING || QN_ORDER_COUNTER(o->id) % 3) continue;
        if (HAPPENED == 1)
            order_close(s, o, QN_ORDER_CANCELED, QN_REASON_NONE, s->now);
        else
            order_fill(s, o, o->price ? o->price : b->close, QN_TAKER, s->now);
    }
    book_sweep(s, b);
    s->out = out;
}

static uint64_t id_of(const heard *h, uint32_t i)
{
    return h->all[i].hdr.type == QN_EVENT_FILL ? h->all[i].fill.order_id
                                               : h->all[i].report.order_id;
}

/* Its fills, and its end. That it works now the venue says itself. */
static bool tell_heard(const sim *s, const heard *h, uint64_t id)
{
    bool is_told = false;

    for (uint32_t i = 0; i < h->n; i++) {
        if (id_of(h, i) != id || h->all[i].report.state == QN_ORDER_ACCEPTED) continue;
        s->out->push(s->out->ctx, &h->all[i].hdr);
        is_told = true;
    }
    return is_told;
}

/* ------------------------------------------------------------------ requests */

static int32_t varied_submit(void *self, const qn_order *sent)
{
    static heard nobody;
    qn_venue_out to_us = {.size = sizeof to_us, .ctx = &nobody, .push = hear};
    sim *s = self;
    const qn_venue_out *out = s->out;
    int32_t rc;

    if (MUTE) s->out = &to_us;
    rc = sim_submit(self, sent);
    s->out = out;
    return rc;
}

static int32_t varied_cancel(void *self, uint64_t id)
{
    static heard nobody;
    qn_venue_out to_us = {.size = sizeof to_us, .ctx = &nobody, .push = hear};
    sim *s = self;
    const qn_venue_out *out = s->out;
    int32_t rc;

    if (MUTE) s->out = &to_us;
    rc = sim_cancel(self, id);
    s->out = out;
    return rc;
}

/* ------------------------------------------------------------------ what it says */

static int32_t say_state(const sim *s, uint64_t id, uint32_t state)
{
    qn_order_report r = {.order_id = id, .state = state};

    return push(s, QN_EVENT_ORDER, sizeof r, &r.hdr);
}

static int32_t say_filled(const sim *s, const order *o, int64_t qty, uint32_t side)
{
    qn_fill f = {.order_id = o->id,
                 .trade_id = 1,
                 .price = s->books[0].close,
                 .qty = qty,
                 .side = side,
                 .liquidity = QN_TAKER};

    return push(s, QN_EVENT_FILL, sizeof f, &f.hdr);
}

/* True if that was all. */
static bool say(const sim *s, const order *o)
{
    uint32_t other = o->side == QN_BUY ? QN_SELL : QN_BUY;

    switch (SAYS) {
    case 1:
        return true;
    case 2:
        say_state(s, o->id, o->state);
        return false;
    case 3:
        say_state(s, o->id, 200);
        return true;
    case 4:
        say_filled(s, o, o->qty + o->book->ins->lot_size, o->side);
        return true;
    case 5:
        say_filled(s, o, o->qty, other);
        return true;
    case 6:
        say_state(s, o->id + 1000000, QN_ORDER_ACCEPTED);
        return false;
    case 8:
        push_payment(s);
        return false;
    default:
        return false;
    }
}

static int32_t varied_query(void *self, const qn_query *query)
{
    static heard meanwhile;
    sim *s = self;

    if (QUERY == 2) return QN_E_IO;
    if (query->what == QN_QUERY_ORDERS) {
        meanwhile.n = 0;
        if (HAPPENED) happen(s, &s->books[0], &meanwhile);
        if (SAYS == 7) say_state(s, QN_ORDER_ID(1, 1000000), QN_ORDER_ACCEPTED);
    } else {
        const order *o = s->books[0].first;
        if (tell_heard(s, &meanwhile, query->order_id)) return QN_OK;
        if (o && o->id == query->order_id && say(s, o)) return QN_OK;
    }
    return sim_query(self, query);
}

/* ------------------------------------------------------------------ the class */

static const qn_venue varied_table = {
    .size = sizeof varied_table,
    .describe = varied_describe,
    .start = varied_start,
    .stop = sim_stop,
    .on_market = sim_on_market,
    .on_end = sim_on_end,
    .submit = varied_submit,
    .modify = sim_modify,
    .cancel = varied_cancel,
    .query = QUERY == 1 ? NULL : varied_query,
};

static const qn_class varied_class = {
    .size = sizeof varied_class,
    .id = SIM_ID,
    .kind = QN_KIND_VENUE,
    .version = SIM_VERSION,
    .license = SIM_LICENSE,
    .name = "Varied venue",
    .doc = "A simulated venue to which something is wrong.",
    .params = QN_TABLE(params),
    .table = &varied_table,
    .instance_size = sizeof(sim),
    .instance_align = _Alignof(sim),
    .schema = STATE ? SCHEMA : 0,
    .schema_min = STATE ? 1 : 0,
    .create = sim_create,
    .save = STATE ? varied_save : NULL,
    .load = STATE ? varied_load : NULL,
};

static const qn_class *const varied_classes[] = {&varied_class};

QN_ENTRY(varied_classes)
