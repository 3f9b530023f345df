/* SPDX-License-Identifier: MIT
 *
 * strategy/buy_and_hold: buys once, at the first bar of each instrument, and holds. The
 * benchmark that every other strategy must beat. */
#include <quoin/sdk/strategy.h>

#include <quoin/sdk/decimal.h>

/* One instrument. */
typedef struct book {
    const qn_instrument *instrument;
    int64_t is_done; /* 1 = the purchase was sent, or nothing can be bought */
} book;

typedef struct buy_and_hold {
    qn_decimal qty;
    int64_t weight; /* 10^-8 */
    const qn_host *host;
    const qn_host_portfolio *portfolio;
    book *books; /* by slot */
    uint32_t nbooks;
} buy_and_hold;

static const qn_param params[] = {
    QN_PARAM(buy_and_hold, qty, DECIMAL, "units",
             "quantity to buy of each instrument; absent: as much as `weight` pays for",
             .flags = QN_PARAM_OPTIONAL, .min = "0"),
    QN_PARAM(buy_and_hold, weight, RATIO, "fraction of equity",
             "share of the equity to invest, divided evenly over the instruments", .def = "0.99",
             .min = "0.00000001", .max = "1", .search = {"0.1", "1", "0.1"}),
};

static const qn_field book_fields[] = {QN_FIELD(book, is_done)};
static const qn_field fields[] = {
    QN_FIELD_OF_EACH(buy_and_hold, books, nbooks, book, book_fields),
};

static int32_t configure(buy_and_hold *s, const qn_setup *setup, qn_err *err)
{
    int64_t qty;

    s->host = setup->host;
    s->portfolio = s->host->ext(s->host->ctx, QN_HOST_PORTFOLIO);
    s->nbooks = setup->ninstruments;
    s->books = s->host->alloc(s->host->ctx, s->nbooks * sizeof *s->books, 16);
    if (!s->books) return qn_fail(err, QN_E_NO_MEMORY, "no memory for %u books", s->nbooks);
    for (uint32_t i = 0; i < s->nbooks; i++) {
        const qn_instrument *in = s->books[i].instrument = setup->instruments[i];
        if (qn_decimal_at(s->qty, in->qty_exp, &qty) != QN_OK || qty % in->lot_size != 0)
            return qn_fail(err, QN_E_RANGE, "qty must be a multiple of the lot of %s", in->name);
    }
    return QN_OK;
}

/* What `weight` of the equity, divided over the instruments, buys at `price`: rounded down to
 * the lot. Money, price and quantity have exponents of their own; powers of ten go to the
 * side of the fraction where they stay whole. */
static int64_t affordable(const buy_and_hold *s, const qn_instrument *in, int64_t price)
{
    int64_t equity = 0;
    qn_wide above;
    qn_wide below = (qn_wide)price * in->contract_size.mantissa * s->nbooks;
    int32_t shift =
        in->money_exp + QN_RATE_EXP - in->price_exp - in->qty_exp - in->contract_size.exp;
    qn_wide lots;

    if (s->portfolio->equity(s->host->ctx, in->number, &equity) != QN_OK || equity <= 0) return 0;
    above = (qn_wide)equity * s->weight;
    if (shift < 0 && qn_wide_scale(below, -shift, &below) != QN_OK) return 0;
    if (shift > 0 && qn_wide_scale(above, shift, &above) != QN_OK) return 0;
    lots = above / below / in->lot_size;
    return lots > INT64_MAX / in->lot_size ? 0 : (int64_t)lots * in->lot_size;
}

static void on_bar(buy_and_hold *s, const qn_bar *bar, const qn_out *out)
{
    book *b = &s->books[bar->hdr.slot];
    int64_t qty = 0;

    if (b->is_done) return;
    if (s->qty.mantissa)
        qn_decimal_at(s->qty, b->instrument->qty_exp, &qty);
    else
        qty = affordable(s, b->instrument, bar->close);
    /* 0 = nothing was sent: it warms up, and buys at the first bar behind that */
    b->is_done = qty <= 0 || qn_out_target(out, bar->hdr.instrument, qty) != 0;
}

QN_STRATEGY(buy_and_hold, "strategy/buy_and_hold", "1.0.0", "MIT", .name = "Buy and hold",
            .doc = "Buys at the first bar of each instrument and holds to the end.",
            .needs = QN_HOST_PORTFOLIO, .params = QN_TABLE(params), .state = QN_STATE(1, fields),
            .configure = configure, .on_bar = on_bar)
