/* SPDX-License-Identifier: MIT
 *
 * Every figure of the returns on standard input, for a comparison with those of other libraries.
 * In: "periods-a-year riskless target", then a line "return benchmark" each period. Out: a line
 * "name value" each; "worst from trough to depth" for each of the three deepest drawdowns. */
#include <quoin/sdk/performance.h>

#include <math.h>
#include <stdio.h>

enum { ROOM = 100000 };

static double r[ROOM], b[ROOM], rising[ROOM];

static void print(const char *name, double value)
{
    printf("%s %.17g\n", name, value);
}

static void print_moments(const qn_moments *m, double per_year, double riskless)
{
    print("mean", m->mean);
    print("sd_sample", qn_moments_deviation(m));
    print("ann_sd", qn_moments_deviation(m) * sqrt(per_year));
    print("skew_moment", qn_moments_skewness(m));
    print("kurt_excess_moment", qn_moments_kurtosis(m));
    print("sharpe_per_period", qn_moments_sharpe(m, riskless));
    print("sharpe_annualized_arith", qn_moments_sharpe(m, riskless) * sqrt(per_year));
    print("kelly_full", qn_moments_kelly(m, riskless));
    print("probabilistic_sharpe", qn_moments_probabilistic_sharpe(m, 0));
}

static void print_tails(const qn_moments *m, size_t n)
{
    static const double levels[] = {0.95, 0.99};

    for (int i = 0; i < 2; i++) {
        double p = levels[i];
        int percent = (int)(100 * p + 0.5);
        printf("VaR%d_historical %.17g\n", percent, qn_var_historical(rising, n, p));
        printf("ES%d_historical %.17g\n", percent, qn_es_historical(rising, n, p));
        printf("VaR%d_gaussian %.17g\n", percent, qn_var_gaussian(m, p));
        printf("ES%d_gaussian %.17g\n", percent, qn_es_gaussian(m, p));
        printf("VaR%d_modified %.17g\n", percent, qn_var_cornish_fisher(m, p));
        printf("ES%d_modified %.17g\n", percent, qn_es_cornish_fisher(m, p));
    }
}

static void print_path(size_t n, double per_year, double target)
{
    qn_drawdowns d = qn_drawdowns_of(r, n);
    qn_drawdown worst[3];
    size_t found = qn_drawdowns_worst(r, n, worst, 3);

    print("cum_return", qn_returns_growth(r, n));
    print("ann_return_geometric", qn_returns_annual(r, n, per_year));
    print("downside_dev_full", qn_returns_downside(r, n, target));
    print("sortino_per_period", qn_returns_sortino(r, n, target));
    print("omega_L0", qn_returns_omega(r, n, 0));
    print("max_drawdown", d.max);
    print("calmar", qn_returns_annual(r, n, per_year) / d.max);
    print("ulcer_index", d.ulcer);
    print("pain_index", d.pain);
    print("martin", qn_returns_annual(r, n, per_year) / d.ulcer);
    for (size_t i = 0; i < found; i++)
        printf("worst %zu %zu %zu %.17g\n", worst[i].from, worst[i].trough, worst[i].to,
               worst[i].depth);
}

static void print_relative(size_t n)
{
    qn_relative rel = qn_relative_of(r, b, n);

    print("beta", rel.beta);
    print("alpha", rel.alpha);
    print("correlation", rel.correlation);
    print("active", rel.active);
    print("active_deviation", rel.active_deviation);
    print("up", rel.up);
    print("down", rel.down);
}

int main(void)
{
    double per_year;
    double riskless;
    double target;
    qn_moments m;
    size_t n = 0;

    if (scanf("%lf %lf %lf", &per_year, &riskless, &target) != 3) return 1;
    while (n < ROOM && scanf("%lf %lf", &r[n], &b[n]) == 2)
        n++;
    m = qn_moments_of(r, n);
    for (size_t i = 0; i < n; i++)
        rising[i] = r[i];
    qn_sort(rising, n);
    print_moments(&m, per_year, riskless);
    print_tails(&m, n);
    print_path(n, per_year, target);
    print_relative(n);
    return 0;
}
