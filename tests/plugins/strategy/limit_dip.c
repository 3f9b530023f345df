/* SPDX-License-Identifier: MIT
 *
 * strategy/limit_dip, a test plugin: on each bar on which it is flat it replaces its order by a
 * buy limit at 0.995 x close, with a stop loss 2 % and a take profit 1 % away from that limit.
 * It exercises orders, cancels and brackets; as a strategy it is worth nothing. */
#include <quoin/sdk/strategy.h>

#include <quoin/sdk/decimal.h>

typedef struct limit_dip {
    qn_decimal qty;
    const qn_host *host;
    const qn_host_portfolio *portfolio;
    const qn_instrument *instrument;
    int64_t size;
    uint64_t order; /* the one that works; 0 = none */
} limit_dip;

static const qn_param params[] = {
    QN_PARAM(limit_dip, qty, DECIMAL, "units", "size of an order", .def = "1000"),
};

static int32_t configure(limit_dip *s, const qn_setup *setup, qn_err *err)
{
    s->host = setup->host;
    s->portfolio = s->host->ext(s->host->ctx, QN_HOST_PORTFOLIO);
    s->instrument = setup->instruments[0];
    if (qn_decimal_at(s->qty, s->instrument->qty_exp, &s->size) != QN_OK)
        return qn_fail(err, QN_E_PRECISION, "qty is finer than the lot");
    return QN_OK;
}

/* price x thousandths / 1000, to the nearest tick. */
static int64_t scaled(const limit_dip *s, int64_t price, int64_t thousandths)
{
    int64_t tick = s->instrument->tick_size;

    return (int64_t)qn_wide_divide((qn_wide)price * thousandths, (qn_wide)1000 * tick) * tick;
}

static void on_bar(limit_dip *s, const qn_bar *bar, const qn_out *out)
{
    qn_position p = {.size = sizeof p};
    int64_t limit = scaled(s, bar->close, 995);

    s->portfolio->position(s->host->ctx, bar->hdr.instrument, &p);
    if (p.qty != 0) return;
    if (s->order) qn_out_cancel(out, bar->hdr.instrument, s->order);
    s->order = (uint64_t)qn_out_order(out, bar->hdr.instrument,
                                      (qn_order_intent){.side = QN_BUY,
                                                        .type = QN_LIMIT,
                                                        .qty = s->size,
                                                        .price = limit,
                                                        .stop_loss = scaled(s, limit, 980),
                                                        .take_profit = scaled(s, limit, 1010)});
}

static void on_fill(limit_dip *s, const qn_fill *fill, const qn_out *out)
{
    (void)out;
    if (fill->order_id == s->order) s->order = 0;
}

QN_STRATEGY(limit_dip, "strategy/limit_dip", "1.0.0", "MIT", .name = "Limit dip",
            .doc = "Buys dips by limit orders with brackets. For tests.",
            .needs = QN_HOST_PORTFOLIO, .params = QN_TABLE(params), .configure = configure,
            .on_bar = on_bar, .on_fill = on_fill)
