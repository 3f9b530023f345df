/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/indicator.h>

#include <quoin/sdk/fail.h>

#include <math.h>

static int32_t check_length(int64_t length, int64_t least, qn_err *err)
{
    if (length >= least && length <= QN_INDICATOR_LENGTH_MAX) return QN_OK;
    return qn_fail(err, QN_E_RANGE, "a length of %lld: %lld to %d are possible", (long long)length,
                   (long long)least, QN_INDICATOR_LENGTH_MAX);
}

int32_t qn_ema_init(qn_ema *e, int64_t length, qn_err *err)
{
    int32_t rc = check_length(length, 1, err);

    if (rc == QN_OK) *e = (qn_ema){.rate = 2.0 / (double)(length + 1), .length = length};
    return rc;
}

/* ------------------------------------------------------------------ EWMA volatility */

int32_t qn_ewma_init(qn_ewma *e, double lambda, int is_log, qn_err *err)
{
    if (!(lambda > 0.0 && lambda < 1.0))
        return qn_fail(err, QN_E_RANGE, "a lambda of %g: it lies between 0 and 1", lambda);
    *e = (qn_ewma){.lambda = lambda, .is_log = is_log != 0};
    return QN_OK;
}

double qn_ewma_lambda(double halflife)
{
    return exp2(-1.0 / halflife);
}

int qn_ewma_push(qn_ewma *e, int64_t price)
{
    double r;

    if (price <= 0) return e->count > 1;
    /* the difference of two mantissas is exact, that of their quotient and 1 is not */
    if (e->count++ > 0) {
        r = (double)(price - e->price) / (double)e->price;
        if (e->is_log) r = log1p(r);
        e->sum = e->lambda * e->sum + (1.0 - e->lambda) * r * r;
        e->weight = e->lambda * e->weight + (1.0 - e->lambda);
    }
    e->price = price;
    return e->count > 1;
}

double qn_ewma_volatility(const qn_ewma *e)
{
    return sqrt(qn_ewma_variance(e));
}

/* ------------------------------------------------------------------ ranges */

/* a - b, or the end of the numbers on that side: bars of a broken venue may hold anything. */
static int64_t difference(int64_t a, int64_t b)
{
    int64_t d;

    if (__builtin_sub_overflow(a, b, &d)) return a > b ? INT64_MAX : INT64_MIN;
    return d;
}

/* High and low of a bar, stretched to the close before it. */
static double true_range(int64_t high, int64_t low, int64_t close)
{
    int64_t top = high > close ? high : close;
    int64_t bottom = low < close ? low : close;

    return (double)difference(top, bottom);
}

int32_t qn_atr_init(qn_atr *a, int64_t length, qn_err *err)
{
    int32_t rc = check_length(length, 1, err);

    if (rc == QN_OK) *a = (qn_atr){.rate = 1.0 / (double)length, .length = length};
    return rc;
}

int qn_atr_push(qn_atr *a, int64_t high, int64_t low, int64_t close)
{
    double range = true_range(high, low, a->close);

    a->close = close;
    if (a->count > a->length) {
        a->value += a->rate * (range - a->value);
        return 1;
    }
    if (a->count > 0) a->value += range;
    if (++a->count <= a->length) return 0;
    a->value *= a->rate;
    return 1;
}

/* ------------------------------------------------------------------ directional movement */

int32_t qn_dmi_init(qn_dmi *d, int64_t length, qn_err *err)
{
    int32_t rc = check_length(length, 2, err);

    if (rc == QN_OK) *d = (qn_dmi){.rate = 1.0 / (double)length, .length = length};
    return rc;
}

/* Take the bar into the three sums; in the seed of bars 2 .. length nothing fades yet. */
static void add_movement(qn_dmi *d, int64_t high, int64_t low)
{
    int64_t up = difference(high, d->high);
    int64_t down = difference(d->low, low);
    double kept = d->count < d->length ? 1.0 : 1.0 - d->rate;

    /* masks, not branches: which way a bar goes is what no processor can guess */
    d->sum_plus = d->sum_plus * kept + (double)(up & -(int64_t)((up > 0) & (up > down)));
    d->sum_minus = d->sum_minus * kept + (double)(down & -(int64_t)((down > 0) & (down > up)));
    d->sum_range = d->sum_range * kept + true_range(high, low, d->close);
}

static void update_adx(qn_dmi *d)
{
    double both = d->sum_plus + d->sum_minus;
    double dx = both > 0.0 ? 100.0 * fabs(d->sum_plus - d->sum_minus) / both : 0.0;

    if (d->count < 2 * d->length) {
        d->adx += dx;
        if (++d->count == 2 * d->length) d->adx *= d->rate;
    } else {
        d->adx += d->rate * (dx - d->adx);
    }
}

int qn_dmi_push(qn_dmi *d, int64_t high, int64_t low, int64_t close)
{
    double percent;

    if (d->count > 0) add_movement(d, high, low);
    d->high = high;
    d->low = low;
    d->close = close;
    if (d->count < d->length) {
        d->count++;
        return 0;
    }
    percent = d->sum_range > 0.0 ? 100.0 / d->sum_range : 0.0;
    d->plus_di = d->sum_plus * percent;
    d->minus_di = d->sum_minus * percent;
    update_adx(d);
    return qn_dmi_is_ready(d);
}

/* ------------------------------------------------------------------ mean and deviation */

#define ROLLING_REACH (INT64_C(1) << 54) /* squares of it, 65,536 times, fit 128 bits */

int32_t qn_rolling_init(qn_rolling *r, const qn_setup *setup, int64_t length, int64_t ddof,
                        qn_err *err)
{
    qn_window values = {0};
    int32_t rc = check_length(length, ddof + 1, err);

    if (rc == QN_OK && ddof != 0 && ddof != 1)
        rc = qn_fail(err, QN_E_RANGE, "a ddof of %lld: 0 and 1 are possible", (long long)ddof);
    if (rc == QN_OK) rc = qn_window_init(&values, setup, length, err);
    if (rc == QN_OK) *r = (qn_rolling){.values = values, .ddof = ddof};
    return rc;
}

/* As a double, within 1 unit in the last place of the nearest one, and several times faster than
 * the compiler's conversion. */
static double wide_double(qn_wide x)
{
    qn_wide sign = x >> 127; /* 0 or -1 */
    qn_wide magnitude = (x ^ sign) - sign;

    return copysign((double)(int64_t)(magnitude >> 63) * 0x1p63 +
                        (double)(int64_t)(magnitude & INT64_MAX),
                    (double)(int64_t)(sign | 1));
}

/* Sums that wrap around: of what a window really holds they never do, of a state that was damaged
 * they may, and must do no harm. */
__extension__ typedef unsigned __int128 unsigned_wide;

static unsigned_wide square(int64_t x)
{
    return (unsigned_wide)((qn_wide)x * x);
}

int qn_rolling_push(qn_rolling *r, int64_t value)
{
    qn_window *w = &r->values;
    int64_t d;

    if (w->count == 0 || __builtin_sub_overflow(value, r->anchor, &d) || d > ROLLING_REACH ||
        d < -ROLLING_REACH) {
        w->count = 0;
        r->squares = 0;
        r->anchor = value;
        d = 0;
    }
    if (qn_window_is_full(w))
        r->squares = (qn_wide)((unsigned_wide)r->squares -
                               square(difference(qn_window_at(w, w->room - 1), r->anchor)));
    r->squares = (qn_wide)((unsigned_wide)r->squares + square(d));
    qn_window_push(w, value);
    return qn_window_is_full(w);
}

double qn_rolling_mean(const qn_rolling *r)
{
    return wide_double(qn_window_sum(&r->values, r->values.room)) / (double)r->values.room;
}

/* n times the sum of squared deviations from the mean: n Q - S^2, which is the same for every
 * anchor. With S = n q + rest it is n (Q - q (S + rest)) - rest^2 for every q. With q near the mean
 * the term in brackets, a sum of squares around q, is small where Q and S^2 are large. */
static double spread(const qn_rolling *r)
{
    int64_t n = (int64_t)r->values.room;
    qn_wide sum = qn_window_sum(&r->values, r->values.room) - (qn_wide)n * r->anchor;
    int64_t q =
        (int64_t)(wide_double(sum) / (double)n); /* an integer division of 128 bits is slow */
    qn_wide rest = sum - (qn_wide)q * n;
    unsigned_wide product = (unsigned_wide)q * (unsigned_wide)(sum + rest);
    qn_wide around = (qn_wide)((unsigned_wide)r->squares - product);

    if (around >> 109 == 0)
        return wide_double(
            (qn_wide)((unsigned_wide)(around * n) - (unsigned_wide)rest * (unsigned_wide)rest));
    return wide_double(around) * (double)n; /* the rest is far below its last place */
}

double qn_rolling_deviation(const qn_rolling *r)
{
    double n = (double)r->values.room;

    return sqrt(spread(r) / (n * (n - (double)r->ddof)));
}

double qn_rolling_zscore(const qn_rolling *r)
{
    double all = spread(r);
    double n = (double)r->values.room;
    qn_wide above; /* n x (x - mean) */

    if (all == 0.0) return 0.0;
    above = (qn_wide)r->values.room * qn_window_at(&r->values, 0) -
            qn_window_sum(&r->values, r->values.room);
    return wide_double(above) / sqrt(all * n / (n - (double)r->ddof));
}
