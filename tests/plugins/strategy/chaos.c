/* SPDX-License-Identifier: MIT
 *
 * strategy/chaos, a test plugin: sends random orders of every type from a seed, on every
 * instrument it is given, with exits, cancels, changes, targets, and now and then nonsense. */
#include <quoin/sdk/strategy.h>

#include <math.h>

#define ORDERS 64

typedef struct chaos {
    int64_t seed;
    uint64_t state;
    const qn_setup *setup;
    uint64_t orders[ORDERS]; /* the last ones, whatever became of them */
    uint64_t sent;
} chaos;

static const qn_param params[] = {
    QN_PARAM(chaos, seed, I64, "", "of the random numbers", .def = "1"),
};

static const qn_field state[] = {
    QN_FIELD(chaos, state),
    QN_FIELD(chaos, orders),
    QN_FIELD(chaos, sent),
};

static int64_t below(chaos *s, int64_t n) /* splitmix64 (Steele, Lea, Flood 2014) */
{
    uint64_t z = s->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (int64_t)((z ^ z >> 31) % (uint64_t)n);
}

static int32_t configure(chaos *s, const qn_setup *setup, qn_err *err)
{
    (void)err;
    s->state = (uint64_t)s->seed * UINT64_C(0x9E3779B97F4A7C15);
    s->setup = setup;
    return QN_OK;
}

/* A price near `around`, on the tick. */
static int64_t near_price(chaos *s, const qn_instrument *in, int64_t around)
{
    int64_t price = around + around * (below(s, 81) - 40) / 1000;

    price -= price % in->tick_size;
    return price > 0 ? price : in->tick_size;
}

static void remember(chaos *s, int64_t id)
{
    if (id > 0) s->orders[s->sent++ % ORDERS] = (uint64_t)id;
}

static void send_order(chaos *s, const qn_instrument *in, const qn_bar *bar, const qn_out *out)
{
    qn_order_intent o = {.side = below(s, 2) ? QN_BUY : QN_SELL,
                         .type = QN_MARKET + (uint32_t)below(s, 3),
                         .tif = QN_GTC + (uint32_t)below(s, 3),
                         .qty = in->lot_size * (1 + below(s, 9))};

    if (o.type == QN_LIMIT) o.price = near_price(s, in, bar->close);
    if (o.type == QN_STOP) o.trigger = near_price(s, in, bar->close);
    if (o.tif == QN_GTD) o.expire_ts = bar->hdr.ts_ns + below(s, 5) * bar->length + 1;
    if (below(s, 8) == 0) o.flags = QN_REDUCE_ONLY;
    if (below(s, 3) == 0) o.stop_loss = near_price(s, in, bar->close);
    if (below(s, 3) == 0) o.take_profit = near_price(s, in, bar->close);
    if (below(s, 50) == 0) o.qty = -o.qty;          /* refused */
    if (below(s, 50) == 0) o.price = o.trigger = 1; /* refused or rejected */
    if (below(s, 50) == 0) o.qty += 1;              /* maybe off the lot: rejected */
    remember(s, qn_out_order(out, in->number, o));
}

static void send_nonsense(chaos *s, const qn_instrument *in, const qn_out *out)
{
    qn_signal signal = {.hdr = {sizeof signal, QN_INTENT_SIGNAL, in->number, 0},
                        .strength = NAN,
                        .confidence = INFINITY};
    qn_intent odd = {sizeof odd, (uint32_t)below(s, 100) + 6, (uint32_t)below(s, 1000), 0};
    qn_intent tiny = {(uint32_t)below(s, 16), QN_INTENT_ORDER, in->number, 0};

    out->push(out->ctx, &signal.hdr);
    out->push(out->ctx, &odd);
    out->push(out->ctx, &tiny);
    qn_out_target(out, (uint32_t)below(s, 1000) + 100, 1);
    qn_out_target(out, in->number, INT64_MIN);
    qn_out_cancel(out, in->number, (uint64_t)below(s, INT64_MAX) + 1);
}

static void on_bar(chaos *s, const qn_bar *bar, const qn_out *out)
{
    const qn_instrument *in = s->setup->instruments[bar->hdr.slot];
    uint64_t known = s->orders[below(s, ORDERS)];
    qn_modify m = {.hdr = {sizeof m, QN_INTENT_MODIFY, in->number, 0}, .order_id = known};

    switch (below(s, 8)) {
    case 0:
        remember(s, qn_out_target(out, in->number, in->lot_size * (below(s, 21) - 10)));
        break;
    case 1:
        qn_out_cancel(out, in->number, known);
        break;
    case 2:
        qn_out_cancel(out, in->number, 0);
        break;
    case 3:
        m.qty = in->lot_size * (1 + below(s, 9));
        if (below(s, 2)) m.price = near_price(s, in, bar->close);
        out->push(out->ctx, &m.hdr);
        break;
    case 4:
        send_nonsense(s, in, out);
        break;
    case 5:
        s->setup->host->timer(s->setup->host->ctx, bar->hdr.ts_ns + below(s, 3 * bar->length), 7);
        break;
    default:
        send_order(s, in, bar, out);
        break;
    }
}

static void on_timer(chaos *s, const qn_timer *timer, const qn_out *out)
{
    const qn_instrument *in = s->setup->instruments[below(s, s->setup->ninstruments)];

    if (timer->cookie == 7)
        remember(s, qn_out_target(out, in->number, in->lot_size * (below(s, 5) - 2)));
}

QN_STRATEGY(chaos, "strategy/chaos", "1.0.0", "MIT", .name = "Chaos",
            .doc = "Random orders of every kind. For tests.", .params = QN_TABLE(params),
            .state = QN_STATE(1, state), .configure = configure, .on_bar = on_bar,
            .on_timer = on_timer)
