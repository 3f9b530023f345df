/* SPDX-License-Identifier: MIT
 *
 * A user's own library, as functions.py names it: nothing of ours is included. */
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Code does not export a table by mistake: it is what a wrong name finds. */
extern const int a_table[2];
const int a_table[2] = {1, 2};

double mean(const double *x, int32_t n);
double mean(const double *x, int32_t n)
{
    double sum = 0;

    for (int32_t i = 0; i < n; i++)
        sum += x[i];
    return sum / n;
}

/* Relative to the last value: what strategy/trend_following can measure a market by. */
double relative_sd(const double *x, int32_t n);
double relative_sd(const double *x, int32_t n)
{
    double m = mean(x, n);
    double sum = 0;

    for (int32_t i = 0; i < n; i++)
        sum += (x[i] - m) * (x[i] - m);
    return sqrt(sum / (n - 1)) / x[n - 1];
}

/* Writes into what it was given, as a sort in place would. */
double spoil(double *x, uint64_t n);
double spoil(double *x, uint64_t n)
{
    double oldest = x[0];

    memset(x, 0, n * sizeof *x);
    return oldest;
}

double of_bar(double open, double high, double low, double close, double volume);
double of_bar(double open, double high, double low, double close, double volume)
{
    return open + 2 * high + 3 * low + 4 * close + volume / 1000;
}

/* Narrow, and negative. */
int8_t direction(double open, double close);
int8_t direction(double open, double close)
{
    return close > open ? 1 : close < open ? -1 : 0;
}

double scaled(double close, const char *how, int16_t by, float also);
double scaled(double close, const char *how, int16_t by, float also)
{
    return strcmp(how, "down") == 0 ? close / by + (double)also : close * by;
}

/* Finite for closes below the limit only. */
double below(double close, double limit);
double below(double close, double limit)
{
    return close < limit ? close : log(-1.0);
}

uint64_t nothing(void);
uint64_t nothing(void)
{
    return UINT64_MAX;
}
