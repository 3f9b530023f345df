/* SPDX-License-Identifier: MIT
 *
 * strategy/wild, a test plugin: pushes what no strategy should, on whichever route it is: numbers
 * that are none, positions of 2^63, instruments that do not exist, intents of every length, floods,
 * timers without end, errors. In between it does what is sane: there must be something to lose. */
#include "wild.h"

#include <quoin/sdk/strategy.h>

typedef struct wild {
    int64_t seed;
    uint64_t state;
    const qn_setup *setup;
    const qn_host_features *features;
    const qn_host_portfolio *portfolio;
    uint64_t last; /* order that was sent last */
    uint32_t market;
} wild;

static const qn_param params[] = {
    QN_PARAM(wild, seed, I64, "", "of the random numbers", .def = "1"),
};

static int32_t configure(wild *s, const qn_setup *setup, qn_err *err)
{
    const qn_host *host = setup->host;

    (void)err;
    s->state = (uint64_t)s->seed;
    s->setup = setup;
    s->features = host->ext(host->ctx, QN_HOST_FEATURES);
    s->portfolio = host->ext(host->ctx, QN_HOST_PORTFOLIO);
    return QN_OK;
}

static void push(wild *s, const qn_out *out, const qn_intent *intent)
{
    int64_t id = out->push(out->ctx, intent);

    if (id > 0) s->last = (uint64_t)id;
}

/* ------------------------------------------------------------------ what is sane */

static void sane(wild *s, const qn_instrument *in, const qn_out *out)
{
    uint64_t *r = &s->state;
    qn_signal signal = {.hdr = {sizeof signal, QN_INTENT_SIGNAL, in->number, 0},
                        .strength = wild_share(r),
                        .confidence = fabs(wild_share(r)),
                        .horizon = wild_once_in(r, 3) ? wild_below(r, INT64_C(36000000000000)) : 0};
    qn_target target = {.hdr = {sizeof target, QN_INTENT_TARGET, in->number, 0},
                        .qty = in->lot_size * (wild_below(r, 41) - 20)};
    qn_order_intent order = {.hdr = {sizeof order, QN_INTENT_ORDER, in->number, 0},
                             .side = wild_once_in(r, 2) ? QN_BUY : QN_SELL,
                             .type = QN_MARKET,
                             .qty = in->lot_size * (1 + wild_below(r, 20))};
    int64_t mark = s->portfolio->mark(s->setup->host->ctx, in->number);

    if (wild_once_in(r, 2) && mark > 0) {
        signal.stop_loss = target.stop_loss = mark - mark % in->tick_size;
        order.type = QN_LIMIT;
        order.price = mark - mark % in->tick_size;
    }
    push(s, out, &signal.hdr);
    if (wild_once_in(r, 2))
        push(s, out, &target.hdr);
    else
        push(s, out, &order.hdr);
}

/* ------------------------------------------------------------------ what is not */

static void odd_signal(wild *s, uint32_t instrument, const qn_out *out)
{
    uint64_t *r = &s->state;
    qn_signal signal = {.hdr = {sizeof signal, QN_INTENT_SIGNAL, instrument, 0},
                        .strength = wild_once_in(r, 2) ? wild_double(r) : wild_share(r),
                        .confidence = wild_once_in(r, 2) ? wild_double(r) : 0.5,
                        .horizon = wild_int(r),
                        .stop_loss = wild_int(r),
                        .take_profit = wild_int(r)};

    push(s, out, &signal.hdr);
}

static void odd_target(wild *s, uint32_t instrument, const qn_out *out)
{
    uint64_t *r = &s->state;
    qn_target target = {.hdr = {sizeof target, QN_INTENT_TARGET, instrument, 0},
                        .qty = wild_int(r),
                        .stop_loss = wild_int(r),
                        .take_profit = wild_int(r)};

    push(s, out, &target.hdr);
}

static void odd_order(wild *s, uint32_t instrument, const qn_out *out)
{
    uint64_t *r = &s->state;
    qn_order_intent order = {.hdr = {sizeof order, QN_INTENT_ORDER, instrument, 0},
                             .side = wild_number(r),
                             .type = wild_number(r),
                             .tif = wild_number(r),
                             .flags = wild_number(r),
                             .qty = wild_int(r),
                             .price = wild_int(r),
                             .trigger = wild_int(r),
                             .expire_ts = wild_int(r),
                             .stop_loss = wild_int(r),
                             .take_profit = wild_int(r)};

    if (wild_once_in(r, 2)) order.side = QN_BUY;
    if (wild_once_in(r, 2)) order.type = QN_LIMIT;
    if (wild_once_in(r, 2)) order.tif = order.flags = 0;
    if (wild_once_in(r, 2)) order.trigger = order.expire_ts = order.stop_loss = 0;
    push(s, out, &order.hdr);
}

static void odd_change(wild *s, uint32_t instrument, const qn_out *out)
{
    uint64_t *r = &s->state;
    uint64_t id = wild_once_in(r, 2) ? s->last : QN_ORDER_ID(wild_below(r, 5), wild_below(r, 50));
    qn_modify change = {.hdr = {sizeof change, QN_INTENT_MODIFY, instrument, 0},
                        .order_id = id,
                        .qty = wild_int(r),
                        .price = wild_int(r),
                        .trigger = wild_int(r)};

    push(s, out, &change.hdr);
    qn_out_cancel(out, wild_number(r), id);
}

/* A struct of any length and kind, with anything behind it. */
static void odd_bytes(wild *s, const qn_out *out)
{
    union {
        qn_intent hdr;
        unsigned char bytes[256];
    } any;
    uint64_t *r = &s->state;

    for (size_t i = 0; i < sizeof any; i++)
        any.bytes[i] = (unsigned char)(wild_once_in(r, 2) ? wild_next(r) : 0);
    any.hdr.size = (uint32_t)wild_below(r, sizeof any + 1);
    if (wild_once_in(r, 8)) any.hdr.size = UINT32_MAX;
    any.hdr.kind = wild_once_in(r, 4) ? wild_number(r) : (uint32_t)wild_below(r, 7);
    if (!wild_once_in(r, 4)) any.hdr.instrument = 0;
    push(s, out, &any.hdr);
}

static void odd_reads(wild *s)
{
    qn_ctx *ctx = s->setup->host->ctx;
    uint64_t *r = &s->state;
    qn_feature feature = {.size = (uint32_t)wild_below(r, sizeof feature + 1)};
    qn_position position = {.size = (uint32_t)wild_below(r, sizeof position + 1)};
    int64_t equity;

    s->features->read(ctx, wild_number(r), wild_number(r), &feature);
    s->portfolio->position(ctx, wild_number(r), &position);
    s->portfolio->equity(ctx, wild_number(r), &equity);
    s->portfolio->mark(ctx, wild_number(r));
}

static void act(wild *s, const qn_instrument *in, const qn_out *out)
{
    uint64_t *r = &s->state;
    uint32_t instrument = wild_once_in(r, 8) ? wild_number(r) : in->number;

    odd_reads(s);
    switch (wild_below(r, 8)) {
    case 0:
        odd_signal(s, instrument, out);
        break;
    case 1:
        odd_target(s, instrument, out);
        break;
    case 2:
        odd_order(s, instrument, out);
        break;
    case 3:
        odd_change(s, instrument, out);
        break;
    case 4:
        odd_bytes(s, out);
        break;
    default:
        sane(s, in, out);
        break;
    }
}

static int32_t on_event(void *self, const qn_event *ev, const qn_out *out)
{
    wild *s = self;
    const qn_host *host = s->setup->host;
    uint64_t *r = &s->state;
    const qn_instrument *in = s->setup->instruments[wild_below(r, s->setup->ninstruments)];
    int is_market = ev->type < QN_EVENT_TIMER;

    if (is_market || wild_once_in(r, 3)) act(s, in, out);
    if (!is_market) return QN_OK;
    if (++s->market % 100 == 0)
        for (int i = 0; i < 2000; i++) {
            act(s, in, out);
            host->timer(host->ctx, ev->ts_ns, (uint64_t)i);
        }
    if (wild_once_in(r, 8)) host->timer(host->ctx, wild_int(r), 0);
    return wild_once_in(r, 10) ? wild_code(r) : QN_OK;
}

static const qn_strategy table = {.size = sizeof table, .on_event = on_event};

QN_CLASS_DECLARE(wild, , )
QN_CLASS_DEFINE(wild,
                (QN_CLASS_HEAD(wild, "strategy/wild", QN_KIND_STRATEGY, "1.0.0", "MIT", &table)),
                .name = "Wild", .doc = "Pushes what no strategy should. For tests.",
                .params = QN_TABLE(params), .configure = configure);
QN_CLASS_MODULE(wild, QN_TIER_PURE, "strategy/wild", QN_KIND_STRATEGY, "1.0.0", "MIT")
