/* SPDX-License-Identifier: MIT
 *
 * PLUGIN_NAME: a simulated venue that fills market orders at the open of the next bar, for a
 * fee. It takes no other orders, so nothing ever works at it for long: the least a backtest
 * needs. */
#include <quoin/plugin.h>
#include <quoin/sdk/decimal.h>
#include <quoin/sdk/fail.h>
#include <quoin/sdk/fields.h>
#include <quoin/venue.h>

#define SCHEMA 1u  /* layout of the state */
#define ORDERS 256 /* that may wait for their bar */

typedef struct PLUGIN_NAME { /* one instance; made by the host, zeroed */
    int64_t fee;             /* parameter: 10^-8 basis points */
    const qn_setup *setup;
    const qn_venue_out *out;
    qn_order orders[ORDERS]; /* state: what waits, in order of sending */
    uint32_t norders, rsv0;
    uint64_t trades; /* trade ids given so far */
} PLUGIN_NAME;

static const qn_param params[] = {
    QN_PARAM(PLUGIN_NAME, fee, BPS, "basis points", "fee of each fill", .def = "5", .min = "0",
             .max = "10000"),
};

static const qn_field state[] = {
    QN_FIELD(PLUGIN_NAME, orders),
    QN_FIELD(PLUGIN_NAME, norders),
    QN_FIELD(PLUGIN_NAME, trades),
};
static const qn_fields fields = {state, sizeof state / sizeof state[0], 0};

static int32_t create(void *self, const qn_setup *setup, qn_err *err)
{
    (void)err;
    ((PLUGIN_NAME *)self)->setup = setup;
    return QN_OK;
}

static int32_t save(const void *self, const qn_stream *to, qn_err *err)
{
    return qn_fields_save(&fields, self, to, err);
}

static int32_t load(void *self, uint32_t schema, const qn_stream *from, qn_err *err)
{
    PLUGIN_NAME *v = (PLUGIN_NAME *)self;
    int32_t rc;

    if (schema > SCHEMA)
        return qn_fail(err, QN_E_TOO_NEW, "state of layout %u; this build knows up to %u", schema,
                       SCHEMA);
    rc = qn_fields_load(&fields, self, schema, from, err);
    if (rc == QN_OK && v->norders > ORDERS)
        return qn_fail(err, QN_E_DAMAGED, "a state of %u orders", v->norders);
    return rc;
}

/* ------------------------------------------------------------------ service */

static int32_t describe(const void *self, qn_venue_info *info)
{
    const PLUGIN_NAME *v = (const PLUGIN_NAME *)self;

    info->data = QN_DATA_CATALOG;
    info->capabilities = QN_CAN_MARKET | QN_CAN_REDUCE_ONLY | QN_CAN_QUERY;
    info->max_orders = ORDERS;
    info->taker_fee = v->fee / 10000;
    return QN_OK;
}

static int32_t start(void *self, const qn_venue_start *start, qn_err *err)
{
    (void)err;
    ((PLUGIN_NAME *)self)->out = start->out;
    return QN_OK;
}

static void stop(void *self)
{
    (void)self;
}

static const qn_instrument *instrument_of(const PLUGIN_NAME *v, uint32_t number)
{
    for (uint32_t i = 0; i < v->setup->ninstruments; i++)
        if (v->setup->instruments[i]->number == number) return v->setup->instruments[i];
    return NULL;
}

/* ------------------------------------------------------------------ orders */

static int32_t report(const PLUGIN_NAME *v, const qn_order *o, uint32_t state, uint32_t reason,
                      int64_t ts)
{
    qn_order_report ev = {.hdr = {.size = sizeof ev,
                                  .type = QN_EVENT_ORDER,
                                  .ts_ns = ts,
                                  .instrument = o->instrument},
                          .venue_ts = ts,
                          .order_id = o->id,
                          .state = state,
                          .reason = reason};

    return v->out->push(v->out->ctx, &ev.hdr);
}

static int32_t submit(void *self, const qn_order *order)
{
    PLUGIN_NAME *v = (PLUGIN_NAME *)self;
    int64_t now = order->sent_ts;

    if (!instrument_of(v, order->instrument)) return QN_E_INVALID;
    if (order->type != QN_MARKET)
        return report(v, order, QN_ORDER_REJECTED, QN_REASON_UNSUPPORTED, now);
    if (v->norders == ORDERS)
        return report(v, order, QN_ORDER_REJECTED, QN_REASON_TOO_MANY_ORDERS, now);
    v->orders[v->norders++] = *order;
    return report(v, order, QN_ORDER_ACCEPTED, QN_REASON_NONE, now);
}

static int32_t modify(void *self, const qn_order *order)
{
    (void)self;
    (void)order;
    return QN_E_UNSUPPORTED;
}

/* Take an order out; those behind it move up. */
static void drop(PLUGIN_NAME *v, uint32_t at)
{
    v->norders--;
    for (uint32_t i = at; i < v->norders; i++)
        v->orders[i] = v->orders[i + 1];
    v->orders[v->norders] = (qn_order){0}; /* so that equal states are equal bytes */
}

static int32_t cancel(void *self, uint64_t order_id)
{
    PLUGIN_NAME *v = (PLUGIN_NAME *)self;

    for (uint32_t i = 0; i < v->norders; i++) {
        qn_order order = v->orders[i];
        if (order.id != order_id) continue;
        drop(v, i);
        return report(v, &order, QN_ORDER_CANCELED, QN_REASON_REQUESTED, order.sent_ts);
    }
    return QN_E_NOT_FOUND;
}

/* What a host asks of a new build that has taken over: what works, and what became of an order. An
 * order is filled whole or not at all, so none that waits has a fill to tell. */
static int32_t query(void *self, const qn_query *what)
{
    PLUGIN_NAME *v = (PLUGIN_NAME *)self;
    qn_order gone = {.instrument = what->instrument, .id = what->order_id};
    int32_t rc = QN_OK;
    int is_there = 0;

    if (what->what != QN_QUERY_ORDER && what->what != QN_QUERY_ORDERS) return QN_E_UNSUPPORTED;
    for (uint32_t i = 0; i < v->norders && rc == QN_OK; i++) {
        const qn_order *o = &v->orders[i];
        if (what->what == QN_QUERY_ORDER && o->id != what->order_id) continue;
        is_there = 1;
        rc = report(v, o, QN_ORDER_ACCEPTED, QN_REASON_NONE, o->sent_ts);
    }
    if (what->what == QN_QUERY_ORDERS || is_there) return rc;
    if (!instrument_of(v, what->instrument)) return QN_E_INVALID;
    return report(v, &gone, QN_ORDER_UNKNOWN, QN_REASON_NONE, 0);
}

/* ------------------------------------------------------------------ matching */

/* quantity x price x contract size x fee, as money, rounded half to even. */
static int64_t fee_of(const PLUGIN_NAME *v, const qn_instrument *in, int64_t qty, int64_t price)
{
    int32_t exp = in->qty_exp + in->price_exp + in->contract_size.exp - in->money_exp;
    qn_wide notional = (qn_wide)qty * price * in->contract_size.mantissa;
    qn_wide fee;
    int64_t money;

    /* the fee is 10^-8 of a ten-thousandth */
    if (qn_wide_scale(notional, exp, &notional) != QN_OK ||
        qn_wide_scale(notional * v->fee, -12, &fee) != QN_OK ||
        qn_wide_narrow(fee, &money) != QN_OK)
        return 0;
    return money;
}

static int32_t fill(PLUGIN_NAME *v, const qn_order *o, const qn_instrument *in, const qn_bar *bar)
{
    qn_fill ev = {.hdr = {.size = sizeof ev, .type = QN_EVENT_FILL, .instrument = o->instrument},
                  .venue_ts = bar->open_ts,
                  .order_id = o->id,
                  .trade_id = ++v->trades,
                  .price = bar->open,
                  .qty = o->qty,
                  .fee = fee_of(v, in, o->qty, bar->open),
                  .side = o->side,
                  .liquidity = QN_TAKER};

    return v->out->push(v->out->ctx, &ev.hdr);
}

static int32_t on_market(void *self, const qn_event *ev)
{
    PLUGIN_NAME *v = (PLUGIN_NAME *)self;
    const qn_bar *bar = (const qn_bar *)(const void *)ev;
    const qn_instrument *in = instrument_of(v, ev->instrument);
    int32_t rc = QN_OK;

    if (!in) return QN_E_INVALID;
    if (ev->type != QN_EVENT_BAR) return QN_OK;
    for (uint32_t i = 0; i < v->norders && rc == QN_OK;) {
        qn_order order = v->orders[i];
        if (order.instrument != ev->instrument || order.sent_ts > bar->open_ts) {
            i++;
            continue;
        }
        drop(v, i);
        rc = fill(v, &order, in, bar);
    }
    return rc;
}

/* ------------------------------------------------------------------ the class */

static const qn_venue venue = {
    .size = sizeof venue,
    .describe = describe,
    .start = start,
    .stop = stop,
    .on_market = on_market,
    .submit = submit,
    .modify = modify,
    .cancel = cancel,
    .query = query,
};

static const qn_class class_of_venue = {
    .size = sizeof class_of_venue,
    .id = "venue/PLUGIN_NAME",
    .kind = QN_KIND_VENUE,
    .version = "1.0.0",
    .license = "MIT",
    .name = "PLUGIN_NAME",
    .doc = "Fills market orders at the next open.",
    .params = QN_TABLE(params),
    .table = &venue,
    .instance_size = sizeof(PLUGIN_NAME),
    .instance_align = _Alignof(PLUGIN_NAME),
    .schema = SCHEMA,
    .schema_min = 1,
    .create = create,
    .save = save,
    .load = load,
};

static const qn_class *const classes[] = {&class_of_venue};

QN_NOTE(QN_TIER_IO, 1, QN_NOTE_CLASS("venue/PLUGIN_NAME", QN_KIND_VENUE, "1.0.0", "MIT"));
QN_ENTRY(classes)
