/* SPDX-License-Identifier: MIT */
#include "statistics.h"

#include <math.h>

static double years(const performance *p)
{
    return (double)(p->curve->last_ts - p->curve->first_ts) / (365.0 * (double)QN_NS_PER_DAY);
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

/* Sample standard deviation of the returns, ddof 1. */
static double deviation(const performance *p)
{
    const curve *c = p->curve;

    return c->returns > 1 ? sqrt(c->sum_squares / (double)(c->returns - 1)) : NAN;
}

static double total_return(const performance *p)
{
    return p->curve->first_equity > 0
               ? (double)p->curve->equity / (double)p->curve->first_equity - 1
               : NAN;
}

static double cagr(const performance *p)
{
    double grown = total_return(p) + 1;

    return grown > 0 && years(p) > 0 ? pow(grown, 1 / years(p)) - 1 : NAN;
}

static double volatility(const performance *p)
{
    return deviation(p) * sqrt(p->periods_per_year);
}

static double sharpe(const performance *p)
{
    return ratio(p->curve->mean, deviation(p)) * sqrt(p->periods_per_year);
}

static double sortino(const performance *p)
{
    const curve *c = p->curve;
    double downside = c->returns ? sqrt(c->downside / (double)c->returns) : NAN;

    return ratio(c->mean, downside) * sqrt(p->periods_per_year);
}

static double max_drawdown(const performance *p)
{
    return p->curve->max_drawdown;
}

static double calmar(const performance *p)
{
    return ratio(cagr(p), p->curve->max_drawdown);
}

static double max_drawdown_days(const performance *p)
{
    return (double)p->curve->longest_ns / (double)QN_NS_PER_DAY;
}

static double trade_count(const performance *p)
{
    return (double)p->trips.trips;
}

static double win_rate(const performance *p)
{
    return ratio((double)p->trips.wins, (double)p->trips.trips);
}

static double profit_factor(const performance *p)
{
    return ratio((double)p->trips.gained, (double)p->trips.lost);
}

static double expectancy(const performance *p)
{
    return ratio((double)(p->trips.gained - p->trips.lost) * 1e-8, (double)p->trips.trips);
}

static double exposure(const performance *p)
{
    return ratio((double)p->curve->exposed_ns, (double)(p->curve->last_ts - p->curve->first_ts));
}

static double turnover(const performance *p)
{
    double mean = ratio(p->curve->equity_sum * 1e-8, (double)p->curve->samples);

    return ratio(ratio(p->traded, mean), years(p));
}

static const statistic table[] = {
    {"total_return", "Total return", STATISTIC_PART, total_return,
     "equity at the end / equity at the start - 1"},
    {"cagr", "Return a year (CAGR)", STATISTIC_PART, cagr,
     "(1 + total return)^(365 d / length of the run) - 1"},
    {"volatility", "Volatility a year", STATISTIC_PART, volatility,
     "standard deviation (ddof 1) of the sampled simple returns x sqrt(periods per year)"},
    {"sharpe", "Sharpe ratio", STATISTIC_RATIO, sharpe,
     "mean / standard deviation (ddof 1) of the sampled simple returns x sqrt(periods per year), "
     "risk-free rate 0 (Sharpe 1994, eq. 3)"},
    {"sortino", "Sortino ratio", STATISTIC_RATIO, sortino,
     "mean / sqrt(mean of min(r, 0)^2 over all returns) x sqrt(periods per year), target 0 "
     "(Sortino and Price 1994)"},
    {"calmar", "Calmar ratio", STATISTIC_RATIO, calmar, "CAGR / max drawdown (Young 1991)"},
    {"max_drawdown", "Max drawdown", STATISTIC_PART, max_drawdown,
     "largest (peak - equity) / peak over all marks"},
    {"max_drawdown_days", "Longest drawdown", STATISTIC_DAYS, max_drawdown_days,
     "longest time from a peak until it is reached again, or until the end"},
    {"trades", "Round trips", STATISTIC_COUNT, trade_count, "finished ways from flat to flat"},
    {"win_rate", "Win rate", STATISTIC_PART, win_rate,
     "round trips with a profit after fees / all round trips"},
    {"profit_factor", "Profit factor", STATISTIC_RATIO, profit_factor,
     "sum of the profits / sum of the losses of round trips, after fees"},
    {"expectancy", "Expectancy", STATISTIC_MONEY, expectancy,
     "mean profit of a round trip after fees"},
    {"exposure", "Time in the market", STATISTIC_PART, exposure,
     "time with an open position / time of the run"},
    {"turnover", "Turnover a year", STATISTIC_RATIO, turnover,
     "traded notional / mean sampled equity / years"},
};

size_t statistics(const statistic **out)
{
    *out = table;
    return sizeof table / sizeof table[0];
}
