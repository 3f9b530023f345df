/* SPDX-License-Identifier: MIT
 *
 * model/volatility: how much each instrument moves, from bars of one length.
 *
 *   ewma     standard deviation of the return of one bar, exponentially weighted (RiskMetrics
 *            1996), as a fraction of the price: 0.01 = 1 % a bar
 *   annual   ewma x sqrt(bars a year)
 *   atr      Wilder's average true range (1978) / close: a fraction of the price, too
 *
 * Formulas and seeds stand in <quoin/sdk/indicator.h>. With simple returns nothing but + - x / and
 * square roots is computed on events; the one other call of libm is exp2, for `halflife`. */
#include <quoin/sdk/model.h>

#include <quoin/sdk/indicator.h>

#include <math.h>

#define YEAR_NS (365.0 * (double)QN_NS_PER_DAY)

enum { SIMPLE, LOG };
enum { EWMA, ANNUAL, ATR };

/* One instrument. */
typedef struct book {
    qn_ewma ewma;
    qn_atr atr;
} book;

typedef struct volatility {
    double lambda, halflife; /* halflife 0 = not given */
    int64_t returns;
    int64_t warmup, length, valid_bars;
    double periods_per_year; /* 0 = from the bars */
    book *books;             /* by slot */
    uint32_t nbooks;
} volatility;

static const qn_param params[] = {
    QN_PARAM(volatility, lambda, F64, "", "weight of a squared return against the one after it",
             .def = "0.94", .min = "0.000001", .max = "0.999999",
             .search = {"0.8", "0.99", "0.01"}),
    QN_PARAM(volatility, halflife, F64, "bars",
             "bars after which a return counts half; given, it takes the place of lambda",
             .flags = QN_PARAM_OPTIONAL, .min = "0.1", .max = "100000"),
    QN_PARAM(volatility, returns, ENUM, "", "price / price before - 1, or the log of the quotient",
             .def = "simple", .labels = "simple|log"),
    QN_PARAM(volatility, warmup, I64, "bars", "returns that ewma and annual are made of at least",
             .def = "20", .min = "1", .max = "100000"),
    QN_PARAM(volatility, length, I64, "bars", "length of the average true range", .def = "14",
             .min = "1", .max = "65536", .search = {"5", "50", "1"}),
    QN_PARAM(volatility, periods_per_year, F64, "bars",
             "bars a year, for annual; absent: 365 days divided by the length of the bar",
             .flags = QN_PARAM_OPTIONAL, .min = "0.000001", .max = "1000000000"),
    QN_PARAM(volatility, valid_bars, I64, "bars",
             "how long a value counts without a new one, in lengths of its bar; 0 = for ever",
             .def = "2", .min = "0", .max = "100000"),
};

static const qn_named features[] = {
    QN_NAMED("ewma", "fraction per bar",
             "Standard deviation of the return of one bar, exponentially weighted "
             "(RiskMetrics 1996)."),
    QN_NAMED("annual", "fraction per year", "ewma times the root of the bars a year."),
    QN_NAMED("atr", "fraction of the close", "Average true range (Wilder 1978) over the close."),
};

static const qn_field book_fields[] = {QN_FIELDS_OF_EWMA(book, ewma), QN_FIELDS_OF_ATR(book, atr)};
static const qn_field fields[] = {
    QN_FIELD_OF_EACH(volatility, books, nbooks, book, book_fields),
};

static int32_t configure(volatility *m, const qn_setup *setup, qn_err *err)
{
    double lambda = m->halflife > 0.0 ? qn_ewma_lambda(m->halflife) : m->lambda;
    int32_t rc = QN_OK;

    m->nbooks = setup->ninstruments;
    m->books = setup->host->alloc(setup->host->ctx, m->nbooks * sizeof *m->books, 16);
    if (!m->books) return qn_fail(err, QN_E_NO_MEMORY, "no memory for %u books", m->nbooks);
    for (uint32_t i = 0; i < m->nbooks && rc == QN_OK; i++) {
        rc = qn_ewma_init(&m->books[i].ewma, lambda, m->returns == LOG, err);
        if (rc == QN_OK) rc = qn_atr_init(&m->books[i].atr, m->length, err);
    }
    return rc;
}

/* Both need one bar more than returns or ranges, and that one may be the first live one. */
static int64_t lookback(const volatility *m, int64_t bar_length)
{
    int64_t bars = m->warmup > m->length ? m->warmup : m->length;
    int64_t needed;

    return __builtin_mul_overflow(bars, bar_length, &needed) ? INT64_MAX : needed;
}

static void on_bar(volatility *m, const qn_bar *bar, const qn_model_out *out)
{
    book *b = &m->books[bar->hdr.slot];
    double periods =
        m->periods_per_year > 0.0 ? m->periods_per_year : YEAR_NS / (double)bar->length;
    int64_t valid;

    if (bar->close <= 0 || bar->length <= 0) return; /* what only a broken venue sends */
    if (__builtin_mul_overflow(m->valid_bars, bar->length, &valid)) valid = 0;
    qn_ewma_push(&b->ewma, bar->close);
    if (b->ewma.count > m->warmup) {
        double ewma = qn_ewma_volatility(&b->ewma);
        qn_publish(out, bar->hdr.instrument, EWMA, ewma, valid);
        qn_publish(out, bar->hdr.instrument, ANNUAL, ewma * sqrt(periods), valid);
    }
    if (qn_atr_push(&b->atr, bar->high, bar->low, bar->close))
        qn_publish(out, bar->hdr.instrument, ATR, b->atr.value / (double)bar->close, valid);
}

QN_MODEL(volatility, "model/volatility", "1.0.0", "MIT", .name = "Volatility",
         .doc = "Exponentially weighted volatility and average true range of each instrument, from "
                "bars of one length.",
         .params = QN_TABLE(params), .features = QN_TABLE(features), .state = QN_STATE(1, fields),
         .configure = configure, .lookback = lookback, .on_bar = on_bar)
