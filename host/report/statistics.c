/* SPDX-License-Identifier: MIT */
#include "statistics.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>

static double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

static double days(int64_t ns)
{
    return (double)ns / (double)QN_NS_PER_DAY;
}

static double units(qn_wide money)
{
    return (double)money * 1e-8;
}

/* A figure that is one expression of what has been prepared. */
#define FIGURE(name, expression)                                                                   \
    static double name(const performance *p)                                                       \
    {                                                                                              \
        return expression;                                                                         \
    }

/* ------------------------------------------------------------------ return */

static double total_return(const performance *p)
{
    return p->curve->first_equity > 0
               ? (double)p->curve->equity / (double)p->curve->first_equity - 1
               : NAN;
}

static double cagr(const performance *p)
{
    double grown = total_return(p) + 1;

    return grown > 0 && p->years > 0 ? pow(grown, 1 / p->years) - 1 : NAN;
}

FIGURE(periods, (double)p->moments.n)
FIGURE(mean_return, p->moments.mean)
FIGURE(best_return, p->best)
FIGURE(worst_return, p->worst)
FIGURE(positive_returns, p->positive)

/* ------------------------------------------------------------------ risk */

FIGURE(volatility, qn_moments_deviation(&p->moments) * sqrt(p->periods_per_year))
FIGURE(downside_deviation, p->downside *sqrt(p->periods_per_year))
FIGURE(skewness, qn_moments_skewness(&p->moments))
FIGURE(kurtosis, qn_moments_kurtosis(&p->moments))

/* ------------------------------------------------------------------ drawdowns */

FIGURE(max_drawdown, p->curve->max_drawdown)
FIGURE(max_drawdown_days, days(p->curve->longest_ns))
FIGURE(recovery_days, p->curve->is_recovered ? days(p->curve->recovery_ns) : NAN)
FIGURE(underwater,
       ratio((double)p->curve->below_ns, (double)(p->curve->last_ts - p->curve->first_ts)))
FIGURE(drawdowns, (double)p->drawdowns.count)
FIGURE(average_drawdown, p->drawdowns.average)
FIGURE(ulcer_index, p->drawdowns.ulcer)
FIGURE(pain_index, p->drawdowns.pain)

/* ------------------------------------------------------------------ tails */

FIGURE(var_95, p->var[0])
FIGURE(es_95, p->es[0])
FIGURE(var_99, p->var[1])
FIGURE(es_99, p->es[1])
FIGURE(var_95_gaussian, qn_var_gaussian(&p->moments, 0.95))
FIGURE(es_95_gaussian, qn_es_gaussian(&p->moments, 0.95))
FIGURE(var_99_gaussian, qn_var_gaussian(&p->moments, 0.99))
FIGURE(es_99_gaussian, qn_es_gaussian(&p->moments, 0.99))
FIGURE(var_95_cornish_fisher, qn_var_cornish_fisher(&p->moments, 0.95))
FIGURE(es_95_cornish_fisher, qn_es_cornish_fisher(&p->moments, 0.95))
FIGURE(var_99_cornish_fisher, qn_var_cornish_fisher(&p->moments, 0.99))
FIGURE(es_99_cornish_fisher, qn_es_cornish_fisher(&p->moments, 0.99))

/* ------------------------------------------------------------------ return for risk */

FIGURE(sharpe, qn_moments_sharpe(&p->moments, 0) * sqrt(p->periods_per_year))
FIGURE(probabilistic_sharpe, qn_moments_probabilistic_sharpe(&p->moments, 0))
FIGURE(sortino, p->sortino *sqrt(p->periods_per_year))
FIGURE(calmar, ratio(cagr(p), p->curve->max_drawdown))
FIGURE(martin_ratio, ratio(cagr(p), p->drawdowns.ulcer))
FIGURE(pain_ratio, ratio(cagr(p), p->drawdowns.pain))
FIGURE(omega, p->omega)
FIGURE(kelly, qn_moments_kelly(&p->moments, 0))

/* ------------------------------------------------------------------ round trips */

FIGURE(trade_count, (double)p->trips.trips)
FIGURE(win_rate, ratio((double)p->trips.wins, (double)p->trips.trips))
FIGURE(profit_factor, ratio((double)p->trips.gained, (double)p->trips.lost))
FIGURE(expectancy, ratio(units(p->trips.gained - p->trips.lost), (double)p->trips.trips))
FIGURE(average_win, ratio(units(p->trips.gained), (double)p->trips.wins))
FIGURE(average_loss, ratio(-units(p->trips.lost), (double)p->trips.losses))
FIGURE(payoff_ratio, ratio(average_win(p), -average_loss(p)))
FIGURE(largest_win, p->trips.wins ? units(p->trips.largest_win) : NAN)
FIGURE(largest_loss, p->trips.losses ? -units(p->trips.largest_loss) : NAN)
FIGURE(max_consecutive_losses, (double)p->trips.longest_losing)
FIGURE(long_trades, (double)p->trips.longs)
FIGURE(short_trades, (double)(p->trips.trips - p->trips.longs))
FIGURE(long_pnl, units(p->trips.long_pnl))
FIGURE(short_pnl, units(p->trips.gained - p->trips.lost - p->trips.long_pnl))
FIGURE(holding_days,
       ratio((double)p->trips.held_ns / (double)QN_NS_PER_DAY, (double)p->trips.trips))

/* ------------------------------------------------------------------ activity */

FIGURE(trades_per_day, ratio((double)p->trips.trips, p->years * 365))
FIGURE(exposure,
       ratio((double)p->curve->exposed_ns, (double)(p->curve->last_ts - p->curve->first_ts)))
FIGURE(fee_share, ratio((double)p->trips.fees, (double)p->trips.gross))

static double turnover(const performance *p)
{
    double mean = ratio(p->curve->equity_sum * 1e-8, (double)p->curve->samples);

    return ratio(ratio(p->traded, mean), p->years);
}

/* ------------------------------------------------------------------ benchmark */

FIGURE(beta, p->relative.beta)
FIGURE(alpha, p->relative.alpha * p->periods_per_year)
FIGURE(correlation, p->relative.correlation)
FIGURE(tracking_error, p->relative.active_deviation *sqrt(p->periods_per_year))
FIGURE(information_ratio,
       ratio(p->relative.active, p->relative.active_deviation) * sqrt(p->periods_per_year))
FIGURE(up_capture, p->relative.up)
FIGURE(down_capture, p->relative.down)

/* ------------------------------------------------------------------ the table */

#define NO_RETURN "equity was never above 0"
#define ONE_RETURN "fewer than 2 returns"
#define FLAT "fewer than 2 returns, or all are equal"
#define NO_LOSS "no return is below 0"
#define NO_CAGR "there is no return a year, "
#define NO_TRIP "no round trip ended"
#define NO_WIN "no round trip earned anything"
#define NO_LOSER "no round trip lost anything"
#define NO_TIME "the run has no time"
#define NO_BASE "no benchmark, or fewer than 2 returns of it, or all of its are equal"

#define HISTORICAL(part) "the " part "-quantile of the sampled returns, linear between neighbours"
#define SHORTFALL(part) "mean of the sampled returns <= the " part "-quantile"
#define GAUSSIAN(part)                                                                             \
    "m + z s, z = the normal distribution's " part "-quantile; m mean, s^2 mean of (r - m)^2"
#define GAUSSIAN_ES(part) "m - s phi(z) / " part "; m, s and z as for the VaR"
#define CORNISH_FISHER(part)                                                                       \
    "m + h s, h = z + (z^2 - 1) S / 6 + (z^3 - 3 z) K / 24 - (2 z^3 - 5 z) S^2 / 36, z at " part   \
    "; S skewness, K excess kurtosis"
#define CORNISH_FISHER_ES(part)                                                                    \
    "m + s min(e, h), e = -phi(h) / " part " x (1 + h^3 S / 6 + (h^6 - 9 h^4 + 9 h^2 + 3) S^2 / "  \
    "72 + (h^4 - 2 h^2 - 1) K / 24)"

#define QUANTILE "Hyndman and Fan 1996, type 7"
#define JORION "Jorion 2007"
#define FAVRE "Favre and Galeano 2002"
#define BOUDT "Boudt, Peterson and Croux 2008"

/* name, title, unit, group, function, definition, source, when it is undefined, in the summary */
static const statistic table[] = {
    {"total_return", "Total return", STATISTIC_PART, STATISTIC_RETURN, total_return,
     "equity at the end / equity at the start - 1", NULL, "no equity at the start", true},
    {"cagr", "Return a year (CAGR)", STATISTIC_PART, STATISTIC_RETURN, cagr,
     "(1 + total return)^(365 d / length of the run) - 1", NULL,
     "the run has no time, or everything was lost", true},
    {"volatility", "Volatility a year", STATISTIC_PART, STATISTIC_RISK, volatility,
     "standard deviation (ddof 1) of the sampled simple returns x sqrt(periods per year)", NULL,
     ONE_RETURN, true},
    {"sharpe", "Sharpe ratio", STATISTIC_RATIO, STATISTIC_REWARD, sharpe,
     "mean / standard deviation (ddof 1) of the sampled simple returns x sqrt(periods per year), "
     "risk-free rate 0",
     "Sharpe 1994, eq. 3", FLAT, true},
    {"sortino", "Sortino ratio", STATISTIC_RATIO, STATISTIC_REWARD, sortino,
     "mean / sqrt(mean of min(r, 0)^2 over all returns) x sqrt(periods per year), target 0",
     "Sortino and Price 1994", NO_LOSS, true},
    {"calmar", "Calmar ratio", STATISTIC_RATIO, STATISTIC_REWARD, calmar, "CAGR / max drawdown",
     "Young 1991", NO_CAGR "or no drawdown", true},
    {"max_drawdown", "Max drawdown", STATISTIC_PART, STATISTIC_DRAWDOWN, max_drawdown,
     "largest (peak - equity) / peak over all marks", NULL, NULL, true},
    {"max_drawdown_days", "Longest drawdown", STATISTIC_DAYS, STATISTIC_DRAWDOWN, max_drawdown_days,
     "longest time from a peak until it is reached again, or until the end", NULL, NULL, true},
    {"trades", "Round trips", STATISTIC_COUNT, STATISTIC_TRADES, trade_count,
     "finished ways from flat to flat", NULL, NULL, true},
    {"win_rate", "Win rate", STATISTIC_PART, STATISTIC_TRADES, win_rate,
     "round trips with a profit after fees / all round trips", NULL, NO_TRIP, true},
    {"profit_factor", "Profit factor", STATISTIC_RATIO, STATISTIC_TRADES, profit_factor,
     "sum of the profits / sum of the losses of round trips, after fees", NULL, NO_LOSER, true},
    {"expectancy", "Expectancy", STATISTIC_MONEY, STATISTIC_TRADES, expectancy,
     "mean profit of a round trip after fees", NULL, NO_TRIP, true},
    {"exposure", "Time in the market", STATISTIC_PART, STATISTIC_ACTIVITY, exposure,
     "time with an open position / time of the run", NULL, NO_TIME, true},
    {"turnover", "Turnover a year", STATISTIC_RATIO, STATISTIC_ACTIVITY, turnover,
     "traded notional / mean sampled equity / years", NULL,
     "the run has no time, or mean equity is not above 0", true},

    {"periods", "Sampled returns", STATISTIC_COUNT, STATISTIC_RETURN, periods,
     "samples with a sample of equity above 0 before them", NULL, NULL, false},
    {"mean_return", "Mean return", STATISTIC_PART, STATISTIC_RETURN, mean_return,
     "mean of the sampled returns", NULL, NO_RETURN, false},
    {"best_return", "Best return", STATISTIC_PART, STATISTIC_RETURN, best_return,
     "largest of the sampled returns: with a sample a day the best day", NULL, NO_RETURN, false},
    {"worst_return", "Worst return", STATISTIC_PART, STATISTIC_RETURN, worst_return,
     "smallest of the sampled returns", NULL, NO_RETURN, false},
    {"positive_returns", "Positive returns", STATISTIC_PART, STATISTIC_RETURN, positive_returns,
     "sampled returns > 0 / all of them", NULL, NO_RETURN, false},

    {"downside_deviation", "Downside deviation a year", STATISTIC_PART, STATISTIC_RISK,
     downside_deviation,
     "sqrt(mean of min(r, 0)^2 over all sampled returns) x sqrt(periods per year)",
     "Sortino and Price 1994", NO_RETURN, false},
    {"skewness", "Skewness", STATISTIC_RATIO, STATISTIC_RISK, skewness,
     "m3 / m2^(3/2), mk = mean of (r - mean)^k", "Bacon 2008", FLAT, false},
    {"kurtosis", "Excess kurtosis", STATISTIC_RATIO, STATISTIC_RISK, kurtosis,
     "m4 / m2^2 - 3, which is 0 for the normal distribution", "Bacon 2008", FLAT, false},

    {"recovery_days", "Recovery", STATISTIC_DAYS, STATISTIC_DRAWDOWN, recovery_days,
     "time from the deepest mark of the max drawdown until its peak was reached again", NULL,
     "no drawdown, or none that ended", false},
    {"underwater", "Time under water", STATISTIC_PART, STATISTIC_DRAWDOWN, underwater,
     "time with equity below its peak / time of the run", NULL, NO_TIME, false},
    {"drawdowns", "Drawdowns", STATISTIC_COUNT, STATISTIC_DRAWDOWN, drawdowns,
     "ways from a peak of the samples down until it is reached again, or until the end", NULL, NULL,
     false},
    {"average_drawdown", "Average drawdown", STATISTIC_PART, STATISTIC_DRAWDOWN, average_drawdown,
     "mean over these drawdowns of the largest (peak - sample) / peak of each", "Bacon 2008",
     "no drawdown", false},
    {"ulcer_index", "Ulcer index", STATISTIC_PART, STATISTIC_DRAWDOWN, ulcer_index,
     "sqrt(mean over the samples of ((peak - sample) / peak)^2)", "Martin and McCann 1989",
     NO_RETURN, false},
    {"pain_index", "Pain index", STATISTIC_PART, STATISTIC_DRAWDOWN, pain_index,
     "mean over the samples of (peak - sample) / peak", "Becker 2006", NO_RETURN, false},

    {"var_95", "VaR 95 %", STATISTIC_PART, STATISTIC_TAIL, var_95, HISTORICAL("0.05"), QUANTILE,
     ONE_RETURN, false},
    {"es_95", "Expected shortfall 95 %", STATISTIC_PART, STATISTIC_TAIL, es_95, SHORTFALL("0.05"),
     QUANTILE, ONE_RETURN, false},
    {"var_99", "VaR 99 %", STATISTIC_PART, STATISTIC_TAIL, var_99, HISTORICAL("0.01"), QUANTILE,
     ONE_RETURN, false},
    {"es_99", "Expected shortfall 99 %", STATISTIC_PART, STATISTIC_TAIL, es_99, SHORTFALL("0.01"),
     QUANTILE, ONE_RETURN, false},
    {"var_95_gaussian", "VaR 95 %, Gaussian", STATISTIC_PART, STATISTIC_TAIL, var_95_gaussian,
     GAUSSIAN("0.05"), JORION, FLAT, false},
    {"es_95_gaussian", "Shortfall 95 %, Gaussian", STATISTIC_PART, STATISTIC_TAIL, es_95_gaussian,
     GAUSSIAN_ES("0.05"), JORION, FLAT, false},
    {"var_99_gaussian", "VaR 99 %, Gaussian", STATISTIC_PART, STATISTIC_TAIL, var_99_gaussian,
     GAUSSIAN("0.01"), JORION, FLAT, false},
    {"es_99_gaussian", "Shortfall 99 %, Gaussian", STATISTIC_PART, STATISTIC_TAIL, es_99_gaussian,
     GAUSSIAN_ES("0.01"), JORION, FLAT, false},
    {"var_95_cornish_fisher", "VaR 95 %, Cornish-Fisher", STATISTIC_PART, STATISTIC_TAIL,
     var_95_cornish_fisher, CORNISH_FISHER("0.05"), FAVRE, FLAT, false},
    {"es_95_cornish_fisher", "Shortfall 95 %, Cornish-Fisher", STATISTIC_PART, STATISTIC_TAIL,
     es_95_cornish_fisher, CORNISH_FISHER_ES("0.05"), BOUDT, FLAT, false},
    {"var_99_cornish_fisher", "VaR 99 %, Cornish-Fisher", STATISTIC_PART, STATISTIC_TAIL,
     var_99_cornish_fisher, CORNISH_FISHER("0.01"), FAVRE, FLAT, false},
    {"es_99_cornish_fisher", "Shortfall 99 %, Cornish-Fisher", STATISTIC_PART, STATISTIC_TAIL,
     es_99_cornish_fisher, CORNISH_FISHER_ES("0.01"), BOUDT, FLAT, false},

    {"probabilistic_sharpe", "Probabilistic Sharpe ratio", STATISTIC_PART, STATISTIC_REWARD,
     probabilistic_sharpe,
     "probability that the true Sharpe ratio is above 0: Phi(SR sqrt(n - 1) / sqrt(1 - S SR + (K + "
     "2) / 4 SR^2)), SR of a period; S skewness, K excess kurtosis",
     "Bailey and Lopez de Prado 2012", FLAT ", or the root is not of a positive number", false},
    {"martin_ratio", "Martin ratio", STATISTIC_RATIO, STATISTIC_REWARD, martin_ratio,
     "CAGR / ulcer index", "Martin and McCann 1989", NO_CAGR "or no sample is below a peak", false},
    {"pain_ratio", "Pain ratio", STATISTIC_RATIO, STATISTIC_REWARD, pain_ratio, "CAGR / pain index",
     "Becker 2006", NO_CAGR "or no sample is below a peak", false},
    {"omega", "Omega", STATISTIC_RATIO, STATISTIC_REWARD, omega,
     "sum of max(r, 0) / sum of max(-r, 0) over the sampled returns, threshold 0",
     "Keating and Shadwick 2002", NO_LOSS, false},
    {"kelly", "Kelly fraction", STATISTIC_RATIO, STATISTIC_REWARD, kelly,
     "mean / variance (ddof 1) of the sampled returns: by how much to multiply all positions for "
     "the fastest growth, were returns normal and known; half of it is called half Kelly",
     "Thorp 1997", FLAT, false},

    {"average_win", "Average win", STATISTIC_MONEY, STATISTIC_TRADES, average_win,
     "mean profit of the round trips that have one after fees", NULL, NO_WIN, false},
    {"average_loss", "Average loss", STATISTIC_MONEY, STATISTIC_TRADES, average_loss,
     "mean profit, < 0, of the round trips that lost after fees", NULL, NO_LOSER, false},
    {"payoff_ratio", "Payoff ratio", STATISTIC_RATIO, STATISTIC_TRADES, payoff_ratio,
     "average win / -average loss", NULL, "no round trip earned, or none lost", false},
    {"largest_win", "Largest win", STATISTIC_MONEY, STATISTIC_TRADES, largest_win,
     "largest profit of a round trip after fees", NULL, NO_WIN, false},
    {"largest_loss", "Largest loss", STATISTIC_MONEY, STATISTIC_TRADES, largest_loss,
     "smallest profit, < 0, of a round trip after fees", NULL, NO_LOSER, false},
    {"max_consecutive_losses", "Most losses in a row", STATISTIC_COUNT, STATISTIC_TRADES,
     max_consecutive_losses,
     "most round trips that lost after fees, one after another in the order of their ends", NULL,
     NULL, false},
    {"long_trades", "Long round trips", STATISTIC_COUNT, STATISTIC_TRADES, long_trades,
     "round trips that began with a buy", NULL, NULL, false},
    {"short_trades", "Short round trips", STATISTIC_COUNT, STATISTIC_TRADES, short_trades,
     "round trips that began with a sale", NULL, NULL, false},
    {"long_pnl", "Profit of long ones", STATISTIC_MONEY, STATISTIC_TRADES, long_pnl,
     "sum of their profits after fees", NULL, NULL, false},
    {"short_pnl", "Profit of short ones", STATISTIC_MONEY, STATISTIC_TRADES, short_pnl,
     "sum of their profits after fees", NULL, NULL, false},
    {"holding_days", "Average holding time", STATISTIC_DAYS, STATISTIC_TRADES, holding_days,
     "mean time from the first entry to the last exit of a round trip", NULL, NO_TRIP, false},

    {"trades_per_day", "Round trips a day", STATISTIC_RATIO, STATISTIC_ACTIVITY, trades_per_day,
     "round trips / days of the run", NULL, NO_TIME, false},
    {"fee_share", "Fees of gross profit", STATISTIC_PART, STATISTIC_ACTIVITY, fee_share,
     "fees of all round trips / sum of the profits, before fees, of those that have one", NULL,
     "no round trip has a profit before fees", false},

    {"beta", "Beta", STATISTIC_RATIO, STATISTIC_BENCHMARK, beta,
     "covariance(r, b) / variance(b), b the benchmark's returns of the same periods", "Jensen 1968",
     NO_BASE, false},
    {"alpha", "Alpha a year", STATISTIC_PART, STATISTIC_BENCHMARK, alpha,
     "(mean of r - beta x mean of b) x periods per year, risk-free rate 0", "Jensen 1968", NO_BASE,
     false},
    {"correlation", "Correlation", STATISTIC_RATIO, STATISTIC_BENCHMARK, correlation,
     "covariance(r, b) / sqrt(variance(r) x variance(b))", NULL, NO_BASE ", or all of r are",
     false},
    {"tracking_error", "Tracking error a year", STATISTIC_PART, STATISTIC_BENCHMARK, tracking_error,
     "standard deviation (ddof 1) of r - b x sqrt(periods per year)", "Grinold and Kahn 2000",
     "no benchmark, or fewer than 2 returns of it", false},
    {"information_ratio", "Information ratio", STATISTIC_RATIO, STATISTIC_BENCHMARK,
     information_ratio, "mean / standard deviation (ddof 1) of r - b x sqrt(periods per year)",
     "Grinold and Kahn 2000", "the same, or r and b never differ", false},
    {"up_capture", "Up capture", STATISTIC_RATIO, STATISTIC_BENCHMARK, up_capture,
     "mean of r / mean of b over the periods with b > 0", "Bacon 2008",
     "no benchmark, or it never rose", false},
    {"down_capture", "Down capture", STATISTIC_RATIO, STATISTIC_BENCHMARK, down_capture,
     "mean of r / mean of b over the periods with b < 0", "Bacon 2008",
     "no benchmark, or it never fell", false},
};

size_t statistics(const statistic **out)
{
    *out = table;
    return sizeof table / sizeof table[0];
}

bool statistic_put(struct json_object *to, const statistic *s, double value)
{
    char text[64];

    if (s->unit == STATISTIC_COUNT && isfinite(value))
        return json_put_count(to, s->name, (uint64_t)value);
    if (s->unit != STATISTIC_MONEY || !isfinite(value)) return json_put_number(to, s->name, value);
    snprintf(text, sizeof text, "%.*f", -QN_MONEY_EXP, value);
    return json_put_text(to, s->name, text);
}

const char *statistic_group_title(statistic_group group)
{
    static const char *const titles[STATISTIC_GROUPS] = {
        [STATISTIC_RETURN] = "Return",          [STATISTIC_RISK] = "Risk",
        [STATISTIC_DRAWDOWN] = "Drawdowns",     [STATISTIC_TAIL] = "Tails",
        [STATISTIC_REWARD] = "Return for risk", [STATISTIC_TRADES] = "Round trips",
        [STATISTIC_ACTIVITY] = "Activity",      [STATISTIC_BENCHMARK] = "Benchmark",
    };

    return titles[group];
}
