/* SPDX-License-Identifier: MIT
 *
 * strategy/mean_reversion: against a close that lies far from its average, until it is back.
 * Route "portfolio" only: it pushes signals, which the host refuses of a strategy whose intents
 * go straight to orders.
 *
 *   z         (close - mean) / standard deviation, of the last `length` closes, ddof 0
 *   enters    long at z <= -entry, short at z >= entry
 *   strength  -z / full, within -1 .. 1
 *   leaves    a long at z >= -exit, a short at z <= exit: a signal of strength 0
 *   stop      where |z| reaches `stop` on the wrong side it leaves, too, and does not enter again
 *             before |z| was within `exit`. The signal carries the price of that z, at the tick
 *             further away, so that the exit does not wait for the end of a bar.
 *
 * The z-score and its arithmetic stand in <quoin/sdk/indicator.h>; bands of a mean and standard
 * deviations over closes are Bollinger's (Bollinger on Bollinger Bands, 2001). Where all closes of
 * the window are equal there is no z, and everything stays as it is. A signal is pushed when it
 * says something new (<quoin/sdk/signal.h>). */
#include <quoin/sdk/strategy.h>

#include <quoin/sdk/indicator.h>
#include <quoin/sdk/signal.h>

#include <math.h>

/* One instrument. */
typedef struct book {
    const qn_instrument *instrument;
    qn_rolling closes;
    int64_t side;       /* -1, 0, 1 */
    int64_t is_stopped; /* 1 = left by the stop, and |z| was not within `exit` since */
    qn_signal_gate gate;
} book;

typedef struct reversion {
    int64_t length;
    double entry, exit, stop, full, confidence, step;
    int64_t repeat;
    book *books; /* by slot */
    uint32_t nbooks;
} reversion;

static const qn_param params[] = {
    QN_PARAM(reversion, length, I64, "bars", "closes that mean and deviation are made of",
             .def = "20", .min = "2", .max = "65536", .search = {"10", "200", "5"}),
    QN_PARAM(reversion, entry, F64, "deviations", "distance from the mean at which it enters",
             .flags = QN_PARAM_LIVE, .def = "2", .min = "0.01", .max = "100",
             .search = {"1", "3.5", "0.25"}),
    QN_PARAM(reversion, exit, F64, "deviations", "distance from the mean at which it leaves",
             .flags = QN_PARAM_LIVE, .def = "0.5", .min = "0", .max = "100",
             .search = {"0", "1", "0.25"}),
    QN_PARAM(reversion, stop, F64, "deviations",
             "distance from the mean at which it was wrong; 0 = none", .flags = QN_PARAM_LIVE,
             .def = "4", .min = "0", .max = "1000"),
    QN_PARAM(reversion, full, F64, "deviations",
             "distance from the mean at which the strength is 1", .flags = QN_PARAM_LIVE,
             .def = "4", .min = "0.01", .max = "1000"),
    QN_PARAM(reversion, confidence, F64, "", "confidence of all its signals",
             .flags = QN_PARAM_LIVE, .def = "1", .min = "0", .max = "1"),
    QN_PARAM(reversion, step, F64, "", "change of strength that is worth a new signal",
             .flags = QN_PARAM_LIVE, .def = "0.1", .min = "0", .max = "2"),
    QN_PARAM(reversion, repeat, I64, "bars",
             "bars after which a signal is pushed again though nothing changed; 0 = never",
             .flags = QN_PARAM_LIVE, .def = "24", .min = "0", .max = "1000000"),
};

static const qn_field book_fields[] = {
    QN_FIELDS_OF_ROLLING(book, closes),
    QN_FIELD(book, side),
    QN_FIELD(book, is_stopped),
    QN_FIELDS_OF_GATE(book, gate),
};
static const qn_field fields[] = {
    QN_FIELD_OF_EACH(reversion, books, nbooks, book, book_fields),
};

static int32_t configure(reversion *s, const qn_setup *setup, qn_err *err)
{
    int32_t rc = QN_OK;

    if (!(s->exit < s->entry))
        return qn_fail(err, QN_E_RANGE, "exit (%g) must be below entry (%g)", s->exit, s->entry);
    if (s->stop > 0.0 && !(s->stop > s->entry))
        return qn_fail(err, QN_E_RANGE, "stop (%g) must be above entry (%g), or 0", s->stop,
                       s->entry);
    s->nbooks = setup->ninstruments;
    s->books = setup->host->alloc(setup->host->ctx, s->nbooks * sizeof *s->books, 16);
    if (!s->books) return qn_fail(err, QN_E_NO_MEMORY, "no memory for %u books", s->nbooks);
    for (uint32_t i = 0; i < s->nbooks && rc == QN_OK; i++) {
        s->books[i].instrument = setup->instruments[i];
        rc = qn_rolling_init(&s->books[i].closes, setup, s->length, 0, err);
    }
    return rc;
}

/* The bars before the one that fills the window. */
static int64_t lookback(const reversion *s, int64_t bar_length)
{
    int64_t needed;

    return __builtin_mul_overflow(s->length - 1, bar_length, &needed) ? INT64_MAX : needed;
}

/* Side and stop after a close at z. */
static void decide(const reversion *s, book *b, double z)
{
    int is_back = fabs(z) <= s->exit;
    int is_wrong = s->stop > 0.0 && -(double)b->side * z >= s->stop;
    int is_beyond = s->stop > 0.0 && fabs(z) >= s->stop;

    if (is_back) b->is_stopped = 0;
    if (b->side != 0 && is_wrong) b->is_stopped = 1;
    /* a close that went through the mean to the other side is back, too */
    if (is_wrong || -(double)b->side * z <= s->exit) b->side = 0;
    if (b->side == 0 && !b->is_stopped && !is_beyond && fabs(z) >= s->entry)
        b->side = z < 0.0 ? 1 : -1;
}

static qn_signal word(const reversion *s, const book *b, const qn_bar *bar, double z)
{
    double strength = fabs(z) / s->full;
    qn_signal signal = {.confidence = s->confidence};

    if (b->side == 0) return signal;
    signal.strength = (double)b->side * (strength < 1.0 ? strength : 1.0);
    if (s->stop > 0.0)
        signal.stop_loss =
            qn_stop_price(b->instrument, bar->close,
                          (s->stop - fabs(z)) * qn_rolling_deviation(&b->closes), (int)b->side);
    return signal;
}

static void on_bar(reversion *s, const qn_bar *bar, const qn_out *out)
{
    book *b = &s->books[bar->hdr.slot];
    double z;

    if (!qn_rolling_push(&b->closes, bar->close)) return;
    if (qn_rolling_deviation(&b->closes) == 0.0) return;
    z = qn_rolling_zscore(&b->closes);
    decide(s, b, z);
    qn_signal_say(&b->gate, out, bar->hdr.instrument, word(s, b, bar, z), s->step, s->repeat);
}

QN_STRATEGY(reversion, "strategy/mean_reversion", "1.0.0", "MIT", .name = "Mean reversion",
            .doc = "Signals against closes that lie far from their mean, by z-score, with a stop. "
                   "Needs route \"portfolio\".",
            .params = QN_TABLE(params), .state = QN_STATE(1, fields), .configure = configure,
            .lookback = lookback, .on_bar = on_bar)
