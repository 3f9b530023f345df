/* SPDX-License-Identifier: MIT
 *
 * A venue and a sink, written against the plain headers, for the same purpose as pure.c: market
 * orders fill at the open of the next bar; records are counted and hashed into a file. Before 0.2
 * there was no sink. */
#include <quoin/venue.h>
#if QN_ABI_MINOR >= 2
#include <quoin/sink.h>
#endif

#include <stdio.h>

/* ------------------------------------------------------------------ the venue */

#define ORDERS 64u

typedef struct shop {
    const qn_venue_out *out;
    qn_order orders[ORDERS]; /* id 0 = a free place */
    int64_t last;            /* price of the last bar's close */
    uint64_t ntrades;
} shop;

static int32_t shop_describe(const void *self, qn_venue_info *info)
{
    (void)self;
    info->data = QN_DATA_CATALOG;
    info->capabilities = QN_CAN_MARKET;
    info->max_orders = ORDERS;
    info->close_at_end = 1;
    return QN_OK;
}

static int32_t shop_start(void *self, const qn_venue_start *start, qn_err *err)
{
    (void)err;
    ((shop *)self)->out = start->out;
    return QN_OK;
}

static void shop_stop(void *self)
{
    ((shop *)self)->out = NULL;
}

static void tell(shop *v, const qn_order *order, uint32_t state, uint32_t reason)
{
    qn_order_report report = {
        .hdr = {.size = sizeof report, .type = QN_EVENT_ORDER, .instrument = order->instrument},
        .venue_ts = order->sent_ts,
        .order_id = order->id,
        .state = state,
        .reason = reason};

    v->out->push(v->out->ctx, &report.hdr);
}

static void fill(shop *v, qn_order *order, int64_t price, int64_t ts)
{
    qn_fill done = {
        .hdr = {.size = sizeof done, .type = QN_EVENT_FILL, .instrument = order->instrument},
        .venue_ts = ts,
        .order_id = order->id,
        .trade_id = ++v->ntrades,
        .price = price,
        .qty = order->qty,
        .side = order->side,
        .liquidity = QN_TAKER};

    order->id = 0;
    v->out->push(v->out->ctx, &done.hdr);
}

static int32_t shop_on_market(void *self, const qn_event *ev)
{
    const qn_bar *bar = (const void *)ev;
    shop *v = self;

    if (ev->type != QN_EVENT_BAR) return QN_OK;
    for (uint32_t i = 0; i < ORDERS; i++)
        if (v->orders[i].id && v->orders[i].instrument == ev->instrument)
            fill(v, &v->orders[i], bar->open, bar->open_ts);
    v->last = bar->close;
    return QN_OK;
}

static void shop_on_end(void *self, int64_t ts_ns)
{
    shop *v = self;

    for (uint32_t i = 0; i < ORDERS; i++)
        if (v->orders[i].id) fill(v, &v->orders[i], v->last, ts_ns);
}

static int32_t shop_submit(void *self, const qn_order *order)
{
    shop *v = self;

    for (uint32_t i = 0; i < ORDERS; i++) {
        if (v->orders[i].id) continue;
        v->orders[i] = *order;
        tell(v, order, QN_ORDER_ACCEPTED, QN_REASON_NONE);
        return QN_OK;
    }
    return QN_E_FULL;
}

static int32_t shop_cancel(void *self, uint64_t order_id)
{
    shop *v = self;

    for (uint32_t i = 0; i < ORDERS; i++) {
        if (v->orders[i].id != order_id) continue;
        tell(v, &v->orders[i], QN_ORDER_CANCELED, QN_REASON_REQUESTED);
        v->orders[i].id = 0;
        return QN_OK;
    }
    return QN_E_NOT_FOUND;
}

static const qn_venue shop_table = {.size = sizeof shop_table,
                                    .describe = shop_describe,
                                    .start = shop_start,
                                    .stop = shop_stop,
                                    .on_market = shop_on_market,
                                    .on_end = shop_on_end,
                                    .submit = shop_submit,
                                    .cancel = shop_cancel};

static const qn_class shop_class = {.size = sizeof shop_class,
                                    .id = "venue/abi_shop",
                                    .kind = QN_KIND_VENUE,
                                    .version = "1.0.0",
                                    .license = "MIT",
                                    .table = &shop_table,
                                    .instance_size = sizeof(shop),
                                    .instance_align = _Alignof(shop)};

#define NOTE_SHOP QN_NOTE_CLASS("venue/abi_shop", QN_KIND_VENUE, "1.0.0", "MIT")

#if QN_ABI_MINOR < 2

static const qn_class *const classes[] = {&shop_class};
QN_NOTE(QN_TIER_IO, 1, NOTE_SHOP);
QN_ENTRY(classes)

#else

/* ------------------------------------------------------------------ the sink */

typedef struct tally {
    qn_str path;
    uint64_t nevents, hash;
} tally;

static const qn_param tally_params[] = {
    QN_PARAM(tally, path, PATH, "", "file of the count", .flags = QN_PARAM_REQUIRED)};

static int32_t tally_start(void *self, const qn_sink_start *start, qn_err *err)
{
    (void)start;
    (void)err;
    ((tally *)self)->hash = UINT64_C(14695981039346656037); /* FNV-1a */
    return QN_OK;
}

static int32_t tally_write(void *self, const qn_batch *batch, qn_err *err)
{
    const unsigned char *bytes = batch->events;
    tally *s = self;

    (void)err;
    for (uint64_t i = 0; i < batch->nbytes; i++)
        s->hash = (s->hash ^ bytes[i]) * UINT64_C(1099511628211);
    s->nevents += batch->nevents;
    return QN_OK;
}

static int32_t tally_stop(void *self, qn_err *err)
{
    const tally *s = self;
    FILE *f = fopen(s->path.ptr, "w");

    (void)err;
    if (!f) return QN_E_IO;
    fprintf(f, "%llu %016llx\n", (unsigned long long)s->nevents, (unsigned long long)s->hash);
    return fclose(f) == 0 ? QN_OK : QN_E_IO;
}

static const qn_sink tally_table = {
    .size = sizeof tally_table, .start = tally_start, .write = tally_write, .stop = tally_stop};
static const qn_class tally_class = {.size = sizeof tally_class,
                                     .id = "sink/abi_tally",
                                     .kind = QN_KIND_SINK,
                                     .version = "1.0.0",
                                     .license = "MIT",
                                     .params = QN_TABLE(tally_params),
                                     .table = &tally_table,
                                     .instance_size = sizeof(tally),
                                     .instance_align = _Alignof(tally)};

static const qn_class *const classes[] = {&shop_class, &tally_class};
QN_NOTE(QN_TIER_IO, 2, NOTE_SHOP QN_NOTE_CLASS("sink/abi_tally", QN_KIND_SINK, "1.0.0", "MIT"));
QN_ENTRY(classes)

#endif
