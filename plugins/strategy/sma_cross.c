/* SPDX-License-Identifier: MIT
 *
 * strategy/sma_cross: long while the fast average of closes is above the slow one, and flat or
 * short while it is below.
 *
 * The averages are compared without dividing: with F and S the sums of the last `fast` and
 * `slow` closes, F / fast > S / slow exactly when slow x F - fast x S > 0. Closes are integers,
 * so there is no rounding and a tie is a tie on every machine. */
#include <quoin/sdk/strategy.h>

#include <quoin/sdk/decimal.h>

enum { REVERSE, LONG_FLAT };
enum { CROSS, LEVEL };

/* One instrument. */
typedef struct book {
    const qn_instrument *instrument;
    qn_window closes; /* the last `slow` ones */
    int64_t qty;      /* position to hold, mantissa */
    int64_t side;     /* sign of the last difference that was not 0; 0 = none yet */
    int64_t is_held;  /* 1 = what is held and on its way is what `side` asks for */
} book;

typedef struct sma_cross {
    int64_t fast, slow, mode, rule;
    qn_decimal qty;
    int64_t stop_loss, take_profit; /* 10^-8; 0 = off */
    const qn_host *host;
    const qn_host_portfolio *portfolio;
    book *books; /* by slot */
    uint32_t nbooks;
} sma_cross;

static const qn_param params[] = {
    QN_PARAM(sma_cross, fast, I64, "bars", "length of the fast average", .def = "10", .min = "1",
             .max = "100000", .search = {"2", "60", "1"}),
    QN_PARAM(sma_cross, slow, I64, "bars", "length of the slow average", .def = "50", .min = "2",
             .max = "100000", .search = {"20", "400", "5"}),
    QN_PARAM(sma_cross, qty, DECIMAL, "units", "size of the position", .flags = QN_PARAM_LIVE,
             .def = "1", .min = "0"),
    QN_PARAM(sma_cross, mode, ENUM, "", "what to hold while the fast average is below",
             .def = "reverse", .labels = "reverse|long_flat"),
    QN_PARAM(sma_cross, rule, ENUM, "",
             "act when the averages cross, or hold what their order says on every bar",
             .def = "cross", .labels = "cross|level"),
    QN_PARAM(sma_cross, stop_loss, RATIO, "fraction of the close", "exit at this loss",
             .flags = QN_PARAM_OPTIONAL | QN_PARAM_LIVE, .min = "0.00000001", .max = "0.99999999"),
    QN_PARAM(sma_cross, take_profit, RATIO, "fraction of the close", "exit at this profit",
             .flags = QN_PARAM_OPTIONAL | QN_PARAM_LIVE, .min = "0.00000001", .max = "100"),
};

static const qn_field book_fields[] = {QN_FIELD_OF_WINDOW(book, closes), QN_FIELD(book, side)};
static const qn_field fields[] = {
    QN_FIELD_OF_EACH(sma_cross, books, nbooks, book, book_fields),
};

static int32_t configure_book(sma_cross *s, book *b, const qn_setup *setup, qn_err *err)
{
    int32_t rc = qn_decimal_at(s->qty, b->instrument->qty_exp, &b->qty);

    if (rc != QN_OK || b->qty <= 0 || b->qty % b->instrument->lot_size != 0)
        return qn_fail(err, QN_E_RANGE, "qty must be a multiple of the lot of %s, and not 0",
                       b->instrument->name);
    return qn_window_init(&b->closes, setup, s->slow, err);
}

static int32_t configure(sma_cross *s, const qn_setup *setup, qn_err *err)
{
    int32_t rc = QN_OK;

    if (s->fast >= s->slow)
        return qn_fail(err, QN_E_RANGE, "fast (%lld) must be below slow (%lld)", (long long)s->fast,
                       (long long)s->slow);
    if (s->mode == REVERSE && s->take_profit >= qn_pow10(-QN_RATE_EXP))
        return qn_fail(
            err, QN_E_RANGE,
            "take_profit must be below 1 with mode reverse: no price falls by all of it");
    s->host = setup->host;
    s->portfolio = s->host->ext(s->host->ctx, QN_HOST_PORTFOLIO);
    s->nbooks = setup->ninstruments;
    s->books = s->host->alloc(s->host->ctx, s->nbooks * sizeof *s->books, 16);
    if (!s->books) return qn_fail(err, QN_E_NO_MEMORY, "no memory for %u books", s->nbooks);
    for (uint32_t i = 0; i < s->nbooks && rc == QN_OK; i++) {
        s->books[i].instrument = setup->instruments[i];
        rc = configure_book(s, &s->books[i], setup, err);
    }
    return rc;
}

static int64_t lookback(const sma_cross *s, int64_t bar_length)
{
    int64_t needed;

    return __builtin_mul_overflow(s->slow, bar_length, &needed) ? INT64_MAX : needed;
}

/* close x (1 + fraction), to the tick that lies further from the close; 0, which is no exit,
 * where no price can be that high. */
static int64_t exit_price(const book *b, int64_t close, int64_t fraction)
{
    qn_wide scaled = (qn_wide)close * (qn_pow10(-QN_RATE_EXP) + fraction);
    qn_wide step = (qn_wide)b->instrument->tick_size * qn_pow10(-QN_RATE_EXP);
    qn_wide ticks = scaled / step;
    int64_t price;

    if (fraction > 0 && ticks * step != scaled) ticks++;
    return qn_wide_narrow(ticks * b->instrument->tick_size, &price) == QN_OK ? price : 0;
}

static void hold(sma_cross *s, const book *b, const qn_bar *bar, const qn_out *out)
{
    int64_t target = b->side > 0 ? b->qty : s->mode == REVERSE ? -b->qty : 0;
    int64_t away = b->side > 0 ? 1 : -1; /* where profit lies */
    int64_t stop = 0;
    int64_t take = 0;

    if (target != 0 && s->stop_loss) stop = exit_price(b, bar->close, -away * s->stop_loss);
    if (target != 0 && s->take_profit) take = exit_price(b, bar->close, away * s->take_profit);
    qn_out_target_exits(out, bar->hdr.instrument, target, stop, take);
}

/* The level rule sends only what is missing: true unless the position, with the market orders
 * under way, is what the side asks for. Asked again only after something may have changed it. */
static int is_missing(const sma_cross *s, book *b, uint32_t instrument)
{
    qn_position p = {.size = sizeof p};
    int64_t target = b->side > 0 ? b->qty : s->mode == REVERSE ? -b->qty : 0;

    if (b->is_held) return 0;
    s->portfolio->position(s->host->ctx, instrument, &p);
    b->is_held = p.qty + p.market_orders == target;
    return !b->is_held;
}

static void on_fill(sma_cross *s, const qn_fill *fill, const qn_out *out)
{
    (void)out;
    s->books[fill->hdr.slot].is_held = 0;
}

static void on_order(sma_cross *s, const qn_order_report *report, const qn_out *out)
{
    (void)out;
    s->books[report->hdr.slot].is_held = 0;
}

static void on_bar(sma_cross *s, const qn_bar *bar, const qn_out *out)
{
    book *b = &s->books[bar->hdr.slot];
    int64_t before = b->side;
    qn_wide d;

    qn_window_push(&b->closes, bar->close);
    if (!qn_window_is_full(&b->closes)) return;
    d = s->slow * qn_window_sum(&b->closes, (uint64_t)s->fast) -
        s->fast * qn_window_sum(&b->closes, (uint64_t)s->slow);
    if (d == 0) return;
    b->side = d > 0 ? 1 : -1;
    if (b->side != before) b->is_held = 0;
    if (s->rule == LEVEL ? is_missing(s, b, bar->hdr.instrument) : b->side == -before)
        hold(s, b, bar, out);
}

QN_STRATEGY(sma_cross, "strategy/sma_cross", "1.0.0", "MIT", .name = "SMA cross",
            .doc = "Follows the order of a fast and a slow simple moving average of closes.",
            .needs = QN_HOST_PORTFOLIO, .params = QN_TABLE(params), .state = QN_STATE(1, fields),
            .configure = configure, .lookback = lookback, .on_bar = on_bar, .on_order = on_order,
            .on_fill = on_fill)
