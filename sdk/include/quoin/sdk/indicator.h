/* SPDX-License-Identifier: MIT
 *
 * Indicators, one value at a time: averages, volatility, true range, directional movement, the
 * place of a value in its window. Each update takes a few nanoseconds, and no memory but that
 * which init took.
 *
 *   typedef struct book { qn_atr atr; ... } book;
 *   static const qn_field book_fields[] = {QN_FIELDS_OF_ATR(book, atr), ...};
 *   configure:  qn_atr_init(&b->atr, s->length, err)
 *   on_bar:     if (qn_atr_push(&b->atr, bar->high, bar->low, bar->close)) use(b->atr.value);
 *
 * Conventions. Prices are mantissas, and results are in their unit, unless a comment says
 * otherwise. An indicator has no value until it is ready; push returns 1 from then on. Seeds and
 * smoothing are those of TA-Lib 0.4 without an unstable period. Nothing but + - x / and square
 * roots is used, so results are the same on every machine, except where a comment names libm.
 *
 * What QN_FIELDS_OF_... lists is all that a class must save: the rest is set by init. A state that
 * is loaded into an indicator of another length goes on from the old value at the new speed;
 * windows refuse it (<quoin/sdk/fields.h>). A plugin that uses this file is linked with libm. */
#ifndef QUOIN_SDK_INDICATOR_H
#define QUOIN_SDK_INDICATOR_H

#include <quoin/sdk/window.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_INDICATOR_LENGTH_MAX 65536 /* longest length that an init below takes */

/* ------------------------------------------------------------------ exponential average
 *
 *   y = y + a (x - y),  a = 2 / (length + 1)
 *
 * Ready at value `length`, with the simple mean of the first `length` values as its seed; so do
 * TA-Lib's EMA and TTR's. */
typedef struct qn_ema {
    double rate;
    int64_t length;
    int64_t count; /* values seen, at most `length` */
    double value;  /* sum of the values until it is ready */
} qn_ema;

#define QN_FIELDS_OF_EMA(type, member) QN_FIELD(type, member.count), QN_FIELD(type, member.value)

/* length 1 .. QN_INDICATOR_LENGTH_MAX. QN_OK, or QN_E_RANGE with *e unchanged. [control] */
int32_t qn_ema_init(qn_ema *e, int64_t length, qn_err *err);

static inline int qn_ema_is_ready(const qn_ema *e)
{
    return e->count == e->length;
}

/* Returns 1 once it is ready. [event] */
static inline int qn_ema_push(qn_ema *e, double x)
{
    if (e->count == e->length) {
        e->value += e->rate * (x - e->value);
        return 1;
    }
    e->value += x;
    if (++e->count < e->length) return 0;
    e->value /= (double)e->length;
    return 1;
}

/* ------------------------------------------------------------------ EWMA volatility
 *
 * Variance of returns with exponential weights and mean zero, over all returns so far:
 *
 *   variance = sum of w(i) r(i)^2 / sum of w(i),  w(i) = lambda^(age of return i, 0 = the last)
 *
 * RiskMetrics Technical Document, 4th edition (J.P. Morgan/Reuters 1996), section 5.2, where
 * lambda is 0.94 for daily data. The weights are divided by their sum, so there is no seed to
 * choose, and after many returns it is the recursion v = lambda v + (1 - lambda) r^2. No ddof is
 * taken off. Ready at the second price. Returns are simple, r = p / p' - 1, or logarithmic,
 * r = log(p / p'), which takes log1p from libm. */
typedef struct qn_ewma {
    double lambda;
    int64_t is_log; /* 1 = logarithmic returns */
    int64_t count;  /* prices seen */
    int64_t price;  /* the last one */
    double sum;     /* (1 - lambda) x that of the formula */
    double weight;  /* (1 - lambda) x the sum of weights: 1 - lambda^returns */
} qn_ewma;

#define QN_FIELDS_OF_EWMA(type, member)                                                            \
    QN_FIELD(type, member.count), QN_FIELD(type, member.price), QN_FIELD(type, member.sum),        \
        QN_FIELD(type, member.weight)

/* 0 < lambda < 1. QN_OK, or QN_E_RANGE with *e unchanged. [control] */
int32_t qn_ewma_init(qn_ewma *e, double lambda, int is_log, qn_err *err);

/* The lambda whose weights fall to one half in `halflife` values, > 0: 0.5^(1 / halflife). Takes
 * exp2 from libm. [control] */
double qn_ewma_lambda(double halflife);

/* The next price, > 0; one that is not is left out. Returns 1 once it is ready. [event] */
int qn_ewma_push(qn_ewma *e, int64_t price);

/* Variance of a return; it is ready. [event] */
static inline double qn_ewma_variance(const qn_ewma *e)
{
    return e->sum / e->weight;
}

/* Standard deviation of a return: a fraction of the price a period. It is ready. [event] */
double qn_ewma_volatility(const qn_ewma *e);

/* ------------------------------------------------------------------ average true range
 *
 *   TR  = max(high, close') - min(low, close')
 *   ATR = ATR' + (TR - ATR') / length
 *
 * J. Welles Wilder, New Concepts in Technical Trading Systems (1978). The first bar gives a close
 * only. Ready at bar `length` + 1, with the mean of the first `length` true ranges as its seed; so
 * do TA-Lib's ATR and TTR's. */
typedef struct qn_atr {
    double rate;
    int64_t length;
    int64_t count; /* bars seen, at most `length` + 1 */
    int64_t close; /* of the last bar */
    double value;  /* sum of the true ranges until it is ready */
} qn_atr;

#define QN_FIELDS_OF_ATR(type, member)                                                             \
    QN_FIELD(type, member.count), QN_FIELD(type, member.close), QN_FIELD(type, member.value)

/* length 1 .. QN_INDICATOR_LENGTH_MAX. QN_OK, or QN_E_RANGE with *a unchanged. [control] */
int32_t qn_atr_init(qn_atr *a, int64_t length, qn_err *err);

static inline int qn_atr_is_ready(const qn_atr *a)
{
    return a->count > a->length;
}

/* Returns 1 once it is ready. [event] */
int qn_atr_push(qn_atr *a, int64_t high, int64_t low, int64_t close);

/* ------------------------------------------------------------------ directional movement
 *
 *   +DM = high - high' where that is > 0 and > low' - low, else 0; -DM the other way round
 *   S   = S' - S' / length + x                    Wilder's sums, of +DM, -DM and TR
 *   +DI = 100 S(+DM) / S(TR);  -DI = 100 S(-DM) / S(TR)
 *   DX  = 100 |+DI - -DI| / (+DI + -DI)
 *   ADX = ADX' + (DX - ADX') / length
 *
 * Wilder (1978). The sums are seeded with the sum of bars 2 .. `length`; the DIs are there from
 * bar `length` + 1, ADX from bar 2 `length`, seeded with the mean of `length` DX; so does TA-Lib.
 * Until the first movement both sums are 0, and DIs and DX are 0 as well. */
typedef struct qn_dmi {
    double rate;
    int64_t length;
    int64_t count;              /* bars seen, at most 2 x `length` */
    int64_t high, low, close;   /* of the last bar */
    double sum_plus, sum_minus; /* S(+DM), S(-DM) */
    double sum_range;           /* S(TR) */
    double adx;                 /* 0 .. 100; sum of the DX until it is ready */
    double plus_di, minus_di;   /* 0 .. 100 */
} qn_dmi;

#define QN_FIELDS_OF_DMI(type, member)                                                             \
    QN_FIELD(type, member.count), QN_FIELD(type, member.high), QN_FIELD(type, member.low),         \
        QN_FIELD(type, member.close), QN_FIELD(type, member.sum_plus),                             \
        QN_FIELD(type, member.sum_minus), QN_FIELD(type, member.sum_range),                        \
        QN_FIELD(type, member.adx), QN_FIELD(type, member.plus_di),                                \
        QN_FIELD(type, member.minus_di)

/* length 2 .. QN_INDICATOR_LENGTH_MAX. QN_OK, or QN_E_RANGE with *d unchanged. [control] */
int32_t qn_dmi_init(qn_dmi *d, int64_t length, qn_err *err);

/* True when ADX is there; both DIs are by then. */
static inline int qn_dmi_is_ready(const qn_dmi *d)
{
    return d->count == 2 * d->length;
}

/* Returns 1 once it is ready. [event] */
int qn_dmi_push(qn_dmi *d, int64_t high, int64_t low, int64_t close);

/* ------------------------------------------------------------------ mean and deviation
 *
 * Of the last `length` values: mean, standard deviation, and the z-score of the last one,
 *
 *   mean = S / n,  sd = sqrt((n Q - S^2) / n / (n - ddof)),  z = (x - mean) / sd
 *
 * with S the sum and Q the sum of squares. Both are kept as integers, relative to the first value,
 * so nothing is lost between close values and no error is carried along: the deviation is within
 * 4 units in the last place of the true one, however long it runs. ddof 0 is what Bollinger bands
 * and TA-Lib's STDDEV take. Ready with `length` values.
 *
 * A value more than 2^54 from the first one begins a new window with itself as the first: integers
 * of 128 bits hold no more. */
typedef struct qn_rolling {
    qn_window values;
    qn_wide squares; /* sum of (value - anchor)^2 over the window */
    int64_t anchor;  /* the first value */
    int64_t ddof;
} qn_rolling;

#define QN_FIELDS_OF_ROLLING(type, member)                                                         \
    QN_FIELD_OF_WINDOW(type, member.values), QN_FIELD(type, member.squares),                       \
        QN_FIELD(type, member.anchor)

/* length ddof + 1 .. QN_INDICATOR_LENGTH_MAX, ddof 0 or 1; memory comes from the instance's
 * arena. QN_OK, QN_E_RANGE or QN_E_NO_MEMORY, with *r unchanged. [control] */
int32_t qn_rolling_init(qn_rolling *r, const qn_setup *setup, int64_t length, int64_t ddof,
                        qn_err *err);

static inline int qn_rolling_is_ready(const qn_rolling *r)
{
    return qn_window_is_full(&r->values);
}

/* Returns 1 once it is ready. [event] */
int qn_rolling_push(qn_rolling *r, int64_t value);

/* Mean of the window; it is ready. [event] */
double qn_rolling_mean(const qn_rolling *r);

/* Standard deviation; 0 when all values are equal. It is ready. [event] */
double qn_rolling_deviation(const qn_rolling *r);

/* z-score of the last value; 0 when all are equal. It is ready. [event] */
double qn_rolling_zscore(const qn_rolling *r);

#ifdef __cplusplus
}
#endif
#endif
