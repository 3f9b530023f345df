/* SPDX-License-Identifier: MIT
 *
 * strategy/trend_following: a signal for the order of two averages, as strong as they lie apart,
 * as confident as the trend is strong. Route "portfolio" only: it pushes signals, which the host
 * refuses of a strategy whose intents go straight to orders.
 *
 *   unit        what the instrument moves in a bar, in price: Wilder's ATR, or close x the feature
 *               that `volatility` names (a fraction of the price a bar: "vol.ewma", "vol.atr")
 *   distance    (EMA(fast) - EMA(slow)) / unit
 *   strength    distance / full_distance, within -1 .. 1, plus `bias`, within -1 .. 1 again
 *   confidence  (ADX - adx_floor) / (adx_full - adx_floor), within 0 .. 1
 *   stop        close - stop x unit for a long signal, + for a short one, at the tick further away
 *
 * Averages, ATR and ADX with their seeds stand in <quoin/sdk/indicator.h>. That averages' distance
 * is measured in what the market moves, so that one setting serves quiet and wild instruments, is
 * usual in trend following (Baz et al., Dissecting Investment Strategies in the Cross Section and
 * Time Series, 2015, eq. 4, with the standard deviation of price in place of ATR). Confidence and
 * its bounds are ours: Wilder calls a market trending from an ADX of about 25 on.
 *
 * A signal is pushed when it says something new (<quoin/sdk/signal.h>). While the feature that is
 * the unit is missing or stale, nothing is pushed and the last signal stands. `bias` leans all
 * instruments to one side; it may change while events flow, by the command set_bias, and is carried
 * over a reload. */
#include <quoin/sdk/strategy.h>

#include <quoin/sdk/command.h>
#include <quoin/sdk/indicator.h>
#include <quoin/sdk/signal.h>

#include <math.h>

/* One instrument. */
typedef struct book {
    const qn_instrument *instrument;
    qn_ema fast, slow;
    qn_atr atr;
    qn_dmi dmi;
    qn_signal_gate gate;
} book;

typedef struct trend {
    int64_t fast, slow;
    double full_distance;
    int64_t adx;
    double adx_floor, adx_full;
    int64_t atr;
    qn_str volatility;
    double stop, bias, step;
    int64_t repeat;
    qn_feature_source unit; /* closed = ATR */
    book *books;            /* by slot */
    uint32_t nbooks;
} trend;

static const qn_param params[] = {
    QN_PARAM(trend, fast, I64, "bars", "length of the fast average", .def = "20", .min = "1",
             .max = "65536", .search = {"5", "60", "1"}),
    QN_PARAM(trend, slow, I64, "bars", "length of the slow average", .def = "60", .min = "2",
             .max = "65536", .search = {"20", "400", "5"}),
    QN_PARAM(trend, full_distance, F64, "units",
             "distance of the averages at which the strength is 1, in what the market moves a bar",
             .flags = QN_PARAM_LIVE, .def = "2", .min = "0.001", .max = "1000",
             .search = {"0.5", "6", "0.5"}),
    QN_PARAM(trend, adx, I64, "bars", "length of the average directional index", .def = "14",
             .min = "2", .max = "65536"),
    QN_PARAM(trend, adx_floor, F64, "", "ADX up to which there is no confidence",
             .flags = QN_PARAM_LIVE, .def = "15", .min = "0", .max = "100"),
    QN_PARAM(trend, adx_full, F64, "", "ADX from which the confidence is 1", .flags = QN_PARAM_LIVE,
             .def = "40", .min = "0", .max = "100"),
    QN_PARAM(trend, atr, I64, "bars", "length of the average true range", .def = "14", .min = "1",
             .max = "65536"),
    QN_PARAM(trend, volatility, STRING, "",
             "feature that says what an instrument moves in a bar, as a fraction of its price: "
             "\"vol.ewma\"; absent: the average true range",
             .flags = QN_PARAM_OPTIONAL),
    QN_PARAM(trend, stop, F64, "units", "stop loss, in what the market moves a bar; 0 = none",
             .flags = QN_PARAM_LIVE, .def = "3", .min = "0", .max = "1000",
             .search = {"1", "8", "0.5"}),
    QN_PARAM(trend, bias, F64, "", "added to the strength of all instruments",
             .flags = QN_PARAM_LIVE, .def = "0", .min = "-1", .max = "1"),
    QN_PARAM(trend, step, F64, "", "change of strength or confidence that is worth a new signal",
             .flags = QN_PARAM_LIVE, .def = "0.1", .min = "0", .max = "2"),
    QN_PARAM(trend, repeat, I64, "bars",
             "bars after which a signal is pushed again though nothing changed; 0 = never",
             .flags = QN_PARAM_LIVE, .def = "24", .min = "0", .max = "1000000"),
};

static const qn_field book_fields[] = {
    QN_FIELDS_OF_EMA(book, fast), QN_FIELDS_OF_EMA(book, slow),  QN_FIELDS_OF_ATR(book, atr),
    QN_FIELDS_OF_DMI(book, dmi),  QN_FIELDS_OF_GATE(book, gate),
};
static const qn_field fields[] = {
    QN_FIELD(trend, bias),
    QN_FIELD_OF_EACH(trend, books, nbooks, book, book_fields),
};

static int32_t configure_book(const trend *s, book *b, qn_err *err)
{
    int32_t rc = qn_ema_init(&b->fast, s->fast, err);

    if (rc == QN_OK) rc = qn_ema_init(&b->slow, s->slow, err);
    if (rc == QN_OK) rc = qn_atr_init(&b->atr, s->atr, err);
    if (rc == QN_OK) rc = qn_dmi_init(&b->dmi, s->adx, err);
    return rc;
}

static int32_t configure(trend *s, const qn_setup *setup, qn_err *err)
{
    int32_t rc;

    if (s->fast >= s->slow)
        return qn_fail(err, QN_E_RANGE, "fast (%lld) must be below slow (%lld)", (long long)s->fast,
                       (long long)s->slow);
    if (!(s->adx_floor < s->adx_full))
        return qn_fail(err, QN_E_RANGE, "adx_floor (%g) must be below adx_full (%g)", s->adx_floor,
                       s->adx_full);
    if ((rc = qn_feature_open(&s->unit, setup, s->volatility, err)) != QN_OK) return rc;
    s->nbooks = setup->ninstruments;
    s->books = setup->host->alloc(setup->host->ctx, s->nbooks * sizeof *s->books, 16);
    if (!s->books) return qn_fail(err, QN_E_NO_MEMORY, "no memory for %u books", s->nbooks);
    for (uint32_t i = 0; i < s->nbooks && rc == QN_OK; i++) {
        s->books[i].instrument = setup->instruments[i];
        rc = configure_book(s, &s->books[i], err);
    }
    return rc;
}

/* The bars before the one at which all indicators are ready. */
static int64_t lookback(const trend *s, int64_t bar_length)
{
    int64_t bars = s->slow - 1;
    int64_t needed;

    if (s->atr > bars) bars = s->atr;
    if (2 * s->adx - 1 > bars) bars = 2 * s->adx - 1;
    return __builtin_mul_overflow(bars, bar_length, &needed) ? INT64_MAX : needed;
}

static double within(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* What the instrument moves in a bar, in price; 0 = not known, or it does not move. */
static double unit_of(const trend *s, const book *b, const qn_bar *bar)
{
    double fraction;

    if (!qn_feature_is_open(&s->unit)) return b->atr.value;
    if (qn_feature_get(&s->unit, bar->hdr.instrument, &fraction) != QN_OK) return 0.0;
    return fraction * (double)bar->close;
}

static void speak(trend *s, book *b, const qn_bar *bar, double unit, const qn_out *out)
{
    double distance = (b->fast.value - b->slow.value) / unit;
    double lean = within(distance / s->full_distance, -1.0, 1.0) + s->bias;
    qn_signal signal = {
        .strength = within(lean, -1.0, 1.0),
        .confidence = within((b->dmi.adx - s->adx_floor) / (s->adx_full - s->adx_floor), 0.0, 1.0)};

    if (s->stop > 0.0 && signal.strength != 0.0)
        signal.stop_loss = qn_stop_price(b->instrument, bar->close, s->stop * unit,
                                         signal.strength > 0.0 ? 1 : -1);
    qn_signal_say(&b->gate, out, bar->hdr.instrument, signal, s->step, s->repeat);
}

static void on_bar(trend *s, const qn_bar *bar, const qn_out *out)
{
    book *b = &s->books[bar->hdr.slot];
    int is_ready = qn_ema_push(&b->slow, (double)bar->close);
    double unit;

    qn_ema_push(&b->fast, (double)bar->close);
    is_ready &= qn_atr_push(&b->atr, bar->high, bar->low, bar->close);
    is_ready &= qn_dmi_push(&b->dmi, bar->high, bar->low, bar->close);
    if (!is_ready) return;
    unit = unit_of(s, b, bar);
    if (unit > 0.0) speak(s, b, bar, unit, out);
}

/* ------------------------------------------------------------------ commands */

static double set_bias(trend *s, double bias, qn_err *err)
{
    double before = s->bias;

    (void)err; /* its range is the table's */
    s->bias = bias;
    return before;
}

static const qn_command_arg bias_args[] = {
    QN_COMMAND_ARG("bias", "", "added to the strength of all instruments", .min = "-1", .max = "1"),
};

static const qn_command_row commands[] = {
    QN_COMMAND(trend, set_bias, f64, (f64),
               "Sets the bias from the next bar on; returns the one from before.", bias_args),
};

static const qn_command_table command_table = QN_COMMANDS_OF(commands);

static const qn_ext exts[] = {QN_EXT(QN_COMMAND_TABLE, &command_table)};

QN_STRATEGY(trend, "strategy/trend_following", "1.0.0", "MIT", .name = "Trend following",
            .doc = "Signals by the distance of two exponential averages, with confidence from ADX "
                   "and a stop. Needs route \"portfolio\".",
            .needs = QN_HOST_FEATURES, .params = QN_TABLE(params), .exts = QN_TABLE(exts),
            .state = QN_STATE(1, fields), .configure = configure, .lookback = lookback,
            .on_bar = on_bar)
