/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/performance.h>

#include <quoin/sdk/normal.h>

#include <float.h>
#include <math.h>
#include <stdbool.h>

/* a / b where b is a measure of size or risk, and there is some. */
static double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

/* ------------------------------------------------------------------ growth */

double qn_returns_growth(const double *returns, size_t n)
{
    double wealth = 1;

    for (size_t i = 0; i < n; i++)
        wealth *= 1 + returns[i];
    return wealth - 1;
}

double qn_returns_annual(const double *returns, size_t n, double per_year)
{
    double wealth = 1 + qn_returns_growth(returns, n);

    return n > 0 && wealth >= 0 ? pow(wealth, per_year / (double)n) - 1 : NAN;
}

double qn_returns_positive(const double *returns, size_t n)
{
    size_t positive = 0;

    for (size_t i = 0; i < n; i++)
        positive += returns[i] > 0;
    return ratio((double)positive, (double)n);
}

/* ------------------------------------------------------------------ moments */

/* The rounding of a first mean is taken out by the mean of the differences to it. */
static double mean_of(const double *values, size_t n)
{
    double sum = 0;
    double rest = 0;
    double mean;

    if (n == 0) return NAN;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        rest += values[i] - mean;
    return mean + rest / (double)n;
}

qn_moments qn_moments_of(const double *returns, size_t n)
{
    qn_moments m = {.n = n, .mean = mean_of(returns, n)};
    double largest = 0;

    for (size_t i = 0; i < n; i++) {
        double d = returns[i] - m.mean;
        largest = fmax(largest, fabs(returns[i]));
        m.m2 += d * d;
        m.m3 += d * d * d;
        m.m4 += d * d * d * d;
    }
    m.m2 /= (double)n; /* 0 / 0 is the NaN that is due */
    m.m3 /= (double)n;
    m.m4 /= (double)n;
    if (sqrt(m.m2) <= 8 * DBL_EPSILON * largest) m.m2 = m.m3 = m.m4 = 0;
    return m;
}

double qn_moments_deviation(const qn_moments *m)
{
    return m->n > 1 ? sqrt(m->m2 * ((double)m->n / (double)(m->n - 1))) : NAN;
}

double qn_moments_skewness(const qn_moments *m)
{
    return ratio(m->m3, m->m2 * sqrt(m->m2));
}

double qn_moments_kurtosis(const qn_moments *m)
{
    return ratio(m->m4, m->m2 * m->m2) - 3;
}

double qn_moments_sharpe(const qn_moments *m, double riskless)
{
    return ratio(m->mean - riskless, qn_moments_deviation(m));
}

double qn_moments_kelly(const qn_moments *m, double riskless)
{
    double deviation = qn_moments_deviation(m);

    return ratio(m->mean - riskless, deviation * deviation);
}

double qn_moments_probabilistic_sharpe(const qn_moments *m, double reference)
{
    double sharpe = qn_moments_sharpe(m, 0);
    double variance =
        1 - qn_moments_skewness(m) * sharpe + (qn_moments_kurtosis(m) + 2) / 4 * sharpe * sharpe;

    return m->n > 1 ? qn_normal_cdf(
                          ratio((sharpe - reference) * sqrt((double)(m->n - 1)), sqrt(variance)))
                    : NAN;
}

/* ------------------------------------------------------------------ below a target */

double qn_returns_downside(const double *returns, size_t n, double target)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        double below = fmin(returns[i] - target, 0);
        sum += below * below;
    }
    return n > 0 ? sqrt(sum / (double)n) : NAN;
}

double qn_returns_sortino(const double *returns, size_t n, double target)
{
    return ratio(mean_of(returns, n) - target, qn_returns_downside(returns, n, target));
}

double qn_returns_omega(const double *returns, size_t n, double threshold)
{
    double above = 0;
    double below = 0;

    for (size_t i = 0; i < n; i++) {
        above += fmax(returns[i] - threshold, 0);
        below += fmax(threshold - returns[i], 0);
    }
    return ratio(above, below);
}

/* ------------------------------------------------------------------ drawdowns */

/* A walk over the returns. */
typedef struct walk {
    double wealth, peak;
    double drawdown; /* of this period */
    bool is_below;   /* in a drawdown, which is `now` */
    qn_drawdown now;
} walk;

/* One period on. True when a drawdown ended with it, at its peak. */
static bool step(walk *w, double r, size_t i)
{
    bool was_below = w->is_below;

    w->wealth *= 1 + r;
    w->peak = fmax(w->peak, w->wealth);
    w->drawdown = 1 - w->wealth / w->peak;
    w->is_below = w->wealth < w->peak;
    if (w->is_below && !was_below) w->now = (qn_drawdown){.from = i};
    if (w->is_below && w->drawdown > w->now.depth) {
        w->now.depth = w->drawdown;
        w->now.trough = i;
    }
    w->now.to = i;
    return was_below && !w->is_below;
}

static void count_in(qn_drawdowns *sum, const walk *w, double *depths)
{
    size_t periods = w->now.to - w->now.from + 1;

    sum->count++;
    sum->max = fmax(sum->max, w->now.depth);
    if (periods > sum->longest) sum->longest = periods;
    *depths += w->now.depth;
}

qn_drawdowns qn_drawdowns_of(const double *returns, size_t n)
{
    qn_drawdowns sum = {0};
    walk w = {.wealth = 1, .peak = 1};
    double depths = 0;
    double squares = 0;
    double total = 0;

    for (size_t i = 0; i < n; i++) {
        if (step(&w, returns[i], i)) count_in(&sum, &w, &depths);
        squares += w.drawdown * w.drawdown;
        total += w.drawdown;
    }
    if (w.is_below) count_in(&sum, &w, &depths);
    sum.average = ratio(depths, (double)sum.count);
    sum.ulcer = n > 0 ? sqrt(squares / (double)n) : NAN;
    sum.pain = ratio(total, (double)n);
    return sum;
}

/* Into a list of the deepest, which stays in order. */
static size_t place(qn_drawdown *list, size_t n, size_t room, const qn_drawdown *one)
{
    size_t at = n;

    while (at > 0 && list[at - 1].depth < one->depth)
        at--;
    if (at == room) return n;
    if (n < room) n++;
    for (size_t i = n - 1; i > at; i--)
        list[i] = list[i - 1];
    list[at] = *one;
    return n;
}

size_t qn_drawdowns_worst(const double *returns, size_t n, qn_drawdown *out, size_t room)
{
    walk w = {.wealth = 1, .peak = 1};
    size_t found = 0;

    for (size_t i = 0; i < n; i++)
        if (step(&w, returns[i], i)) found = place(out, found, room, &w.now);
    w.now.to = n;
    if (w.is_below) found = place(out, found, room, &w.now);
    return found;
}

/* ------------------------------------------------------------------ tails */

static void sift(double *values, size_t root, size_t n)
{
    double value = values[root];
    size_t child;

    while ((child = 2 * root + 1) < n) {
        if (child + 1 < n && values[child + 1] > values[child]) child++;
        if (!(values[child] > value)) break;
        values[root] = values[child];
        root = child;
    }
    values[root] = value;
}

/* Heapsort: qsort may ask for memory. */
void qn_sort(double *values, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(values, i, n);
    for (size_t last = n; last-- > 1;) {
        double largest = values[0];
        values[0] = values[last];
        values[last] = largest;
        sift(values, 0, last);
    }
}

double qn_quantile(const double *rising, size_t n, double p)
{
    double at = p * ((double)n - 1);
    size_t below;

    if (n == 0 || !(p >= 0 && p <= 1)) return NAN;
    below = (size_t)at;
    if (below + 1 >= n) return rising[n - 1];
    return rising[below] + (at - (double)below) * (rising[below + 1] - rising[below]);
}

double qn_var_historical(const double *rising, size_t n, double confidence)
{
    return qn_quantile(rising, n, 1 - confidence);
}

double qn_es_historical(const double *rising, size_t n, double confidence)
{
    double var = qn_var_historical(rising, n, confidence);
    size_t count = 0;

    while (count < n && rising[count] <= var)
        count++;
    return mean_of(rising, count);
}

double qn_var_gaussian(const qn_moments *m, double confidence)
{
    return m->m2 > 0 ? m->mean + qn_normal_quantile(1 - confidence) * sqrt(m->m2) : NAN;
}

double qn_es_gaussian(const qn_moments *m, double confidence)
{
    double z = qn_normal_quantile(1 - confidence);

    return m->m2 > 0 ? m->mean - sqrt(m->m2) * qn_normal_density(z) / (1 - confidence) : NAN;
}

/* The normal quantile, corrected for skewness and kurtosis. */
static double cornish_fisher_quantile(const qn_moments *m, double confidence)
{
    double z = qn_normal_quantile(1 - confidence);
    double skewness = qn_moments_skewness(m);
    double kurtosis = qn_moments_kurtosis(m);

    return z + (z * z - 1) * skewness / 6 + (z * z * z - 3 * z) * kurtosis / 24 -
           (2 * z * z * z - 5 * z) * skewness * skewness / 36;
}

double qn_var_cornish_fisher(const qn_moments *m, double confidence)
{
    return m->mean + cornish_fisher_quantile(m, confidence) * sqrt(m->m2);
}

double qn_es_cornish_fisher(const qn_moments *m, double confidence)
{
    double h = cornish_fisher_quantile(m, confidence);
    double h2 = h * h;
    double skewness = qn_moments_skewness(m);
    double density = 1 + h2 * h * skewness / 6 +
                     (h2 * h2 * h2 - 9 * h2 * h2 + 9 * h2 + 3) * skewness * skewness / 72 +
                     (h2 * h2 - 2 * h2 - 1) * qn_moments_kurtosis(m) / 24;
    double expected = -qn_normal_density(h) / (1 - confidence) * density;

    return m->mean + sqrt(m->m2) * (expected < h ? expected : h);
}

/* ------------------------------------------------------------------ against a benchmark */

/* Sums over the periods with b of one sign. */
typedef struct side {
    double r, b;
} side;

static void look_at_active(qn_relative *out, const double *r, const double *b)
{
    double squares = 0;

    for (size_t i = 0; i < out->n; i++) {
        double d = r[i] - b[i] - out->active;
        squares += d * d;
    }
    out->active_deviation = out->n > 1 ? sqrt(squares / (double)(out->n - 1)) : NAN;
}

static void look_at_sides(qn_relative *out, const double *r, const double *b)
{
    side up = {0};
    side down = {0};

    for (size_t i = 0; i < out->n; i++) {
        side *s = b[i] > 0 ? &up : &down;
        if (b[i] == 0) continue;
        s->r += r[i];
        s->b += b[i];
    }
    out->up = ratio(up.r, up.b);
    out->down = ratio(-down.r, -down.b);
}

qn_relative qn_relative_of(const double *returns, const double *benchmark, size_t n)
{
    qn_moments r = qn_moments_of(returns, n);
    qn_moments b = qn_moments_of(benchmark, n);
    qn_relative out = {.n = n, .active = r.mean - b.mean};
    double covariance = 0;

    for (size_t i = 0; i < n; i++)
        covariance += (returns[i] - r.mean) * (benchmark[i] - b.mean);
    covariance /= (double)n;
    out.beta = ratio(covariance, b.m2);
    out.alpha = r.mean - out.beta * b.mean;
    out.correlation = ratio(covariance, sqrt(r.m2) * sqrt(b.m2));
    look_at_active(&out, returns, benchmark);
    look_at_sides(&out, returns, benchmark);
    return out;
}
