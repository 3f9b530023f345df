/* SPDX-License-Identifier: MIT */
#include "path.h"

#include <math.h>

#define MINUTES_A_YEAR (365.0 * PATH_DAY)
#define STEPS_A_YEAR (MINUTES_A_YEAR * PATH_STEPS)

/* Jumps: so many a year, with this share of the variance. */
#define JUMPS_A_YEAR 100.0
#define JUMP_SHARE 0.1

/* The premium: mean (the interest that funding is built around), standard deviation, and what a
 * minute leaves of its distance to the mean (a mean life of eight hours). */
#define PREMIUM_MEAN 1e-4
#define PREMIUM_DEVIATION 9e-4
#define PREMIUM_KEPT (1.0 - 1.0 / 480.0)

/* The regimes, the calmest first: how volatile against each other, how long they last on the
 * average, and how likely the next calmer one follows, else the next wilder one. The ends of the
 * table are 0 and 1, so that the chain stays in it. */
static const struct {
    double volatility, minutes, to_calmer;
} regimes[PATH_REGIMES] = {
    {0.5, 48 * 60.0, 0.0},
    {1.0, 36 * 60.0, 0.55},
    {2.5, 12 * 60.0, 1.0},
};

/* Volatility at the full hours of the day, UTC: peaks when Asia, Europe and America open. */
static const double hours[24] = {1.10, 1.00, 0.92, 0.86, 0.80, 0.78, 0.82, 0.95,
                                 1.08, 1.00, 0.93, 0.92, 1.00, 1.22, 1.45, 1.40,
                                 1.25, 1.10, 1.02, 0.98, 1.00, 0.96, 0.90, 0.95};

void path_shares(double shares[PATH_REGIMES])
{
    /* What goes up from a state comes down to it: a chain of neighbours is in balance. */
    double calm = regimes[1].to_calmer / regimes[1].minutes * regimes[0].minutes;
    double stormy = (1.0 - regimes[1].to_calmer) / regimes[1].minutes * regimes[2].minutes;
    double sum = calm + 1.0 + stormy;

    shares[0] = calm / sum;
    shares[1] = 1.0 / sum;
    shares[2] = stormy / sum;
}

/* The pattern between its hours, so scaled that its squares have the mean 1. Returns the mean
 * of the pattern itself. */
static double make_pattern(double hour[PATH_DAY])
{
    double squares = 0;
    double sum = 0;
    double scale;

    for (int i = 0; i < PATH_DAY; i++) {
        double part = (i % 60) / 60.0;
        hour[i] = hours[i / 60] * (1.0 - part) + hours[(i / 60 + 1) % 24] * part;
        squares += hour[i] * hour[i];
    }
    scale = sqrt(PATH_DAY / squares);
    for (int i = 0; i < PATH_DAY; i++) {
        hour[i] *= scale;
        sum += hour[i];
    }
    return sum / PATH_DAY;
}

static void make_regimes(path *p, double volatility, double mean_hour)
{
    double share[PATH_REGIMES];
    double squares = 0;
    double mean = 0;

    path_shares(share);
    for (int i = 0; i < PATH_REGIMES; i++) {
        squares += share[i] * regimes[i].volatility * regimes[i].volatility;
        mean += share[i] * regimes[i].volatility;
    }
    for (int i = 0; i < PATH_REGIMES; i++) {
        p->volatility[i] =
            volatility * sqrt((1.0 - JUMP_SHARE) / squares / STEPS_A_YEAR) * regimes[i].volatility;
        p->heat[i] = regimes[i].volatility / mean / mean_hour;
    }
}

void path_begin(path *p, const path_options *opt, const char *instrument, double ticks,
                int64_t from)
{
    double share[PATH_REGIMES];
    double u;

    draw_layers_make(&p->normal);
    make_regimes(p, opt->volatility, make_pattern(p->hour));
    p->drift = opt->drift / STEPS_A_YEAR;
    p->common = sqrt(opt->correlation);
    p->own = sqrt(1.0 - opt->correlation);
    p->jump_chance = JUMPS_A_YEAR / MINUTES_A_YEAR;
    p->jump_deviation = opt->volatility * sqrt(JUMP_SHARE / JUMPS_A_YEAR);
    draw_begin(&p->clock, opt->seed, "clock", "");
    draw_begin(&p->factor, opt->seed, "factor", "");
    draw_begin(&p->jumps, opt->seed, "jumps", "");
    draw_begin(&p->noise, opt->seed, "noise", instrument);
    draw_begin(&p->jump_noise, opt->seed, "jumps", instrument);
    draw_begin(&p->basis, opt->seed, "basis", instrument);
    p->now = from;
    p->index = portable_ln(ticks);
    p->premium = PREMIUM_MEAN + PREMIUM_DEVIATION * draw_normal(&p->basis, &p->normal);
    path_shares(share);
    u = draw_unit(&p->clock);
    p->regime = u < share[0] ? 0 : u < share[0] + share[1] ? 1 : 2;
}

/* One number a minute decides both whether the regime ends and what follows. */
static void next_regime(path *p)
{
    double end = 1.0 / regimes[p->regime].minutes;
    double u = draw_unit(&p->clock);

    if (u >= end) return;
    if (u < end * regimes[p->regime].to_calmer)
        p->regime--;
    else
        p->regime++;
}

static void next_jump(path *p, path_minute *m)
{
    double common;

    m->jump = 0;
    m->jump_at = 0;
    if (draw_unit(&p->clock) >= p->jump_chance) return;
    m->jump_at = (uint32_t)(draw_bits(&p->jumps) % PATH_STEPS);
    common = draw_normal(&p->jumps, &p->normal);
    m->jump = p->jump_deviation *
                  (p->common * common + p->own * draw_normal(&p->jump_noise, &p->normal)) -
              0.5 * p->jump_deviation * p->jump_deviation;
}

static double next_premium(path *p)
{
    static const double kept = PREMIUM_KEPT;

    return PREMIUM_MEAN + (p->premium - PREMIUM_MEAN) * kept +
           PREMIUM_DEVIATION * sqrt(1.0 - kept * kept) * draw_normal(&p->basis, &p->normal);
}

void path_next(path *p, path_minute *m)
{
    int64_t minute = p->now / PATH_MINUTE % PATH_DAY;
    double before = p->premium;
    double trend;
    double slope;

    if (minute < 0) minute += PATH_DAY;
    next_regime(p);
    m->start = p->now;
    m->regime = p->regime;
    m->heat = p->heat[p->regime] * p->hour[minute];
    m->deviation = p->volatility[p->regime] * p->hour[minute];
    m->open = p->index + before;
    next_jump(p, m);
    p->premium = next_premium(p);
    slope = (p->premium - before) / PATH_STEPS;
    trend = p->drift - 0.5 * m->deviation * m->deviation;
    for (uint32_t i = 0; i < PATH_STEPS; i++) {
        double common = p->common * draw_normal(&p->factor, &p->normal);
        double own = p->own * draw_normal(&p->noise, &p->normal);
        p->index += trend + m->deviation * (common + own);
        if (m->jump_at == i) p->index += m->jump;
        m->fair[i] = p->index + before + slope * (i + 1);
    }
    m->index = p->index;
    m->premium = p->premium;
    p->now += PATH_MINUTE;
}
