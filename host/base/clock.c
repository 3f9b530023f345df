/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <quoin/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return now.tv_sec * QN_NS_PER_S + now.tv_nsec;
}

int64_t clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_steady(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly `n` digits; moves *p behind them. */
static bool take_digits(const char **p, const char *end, int32_t n, int32_t *out)
{
    int32_t value = 0;

    if (end - *p < n) return false;
    for (int32_t i = 0; i < n; i++) {
        if (!is_digit((*p)[i])) return false;
        value = value * 10 + ((*p)[i] - '0');
    }
    *p += n;
    *out = value;
    return true;
}

static bool take(const char **p, const char *end, char c)
{
    if (*p == end || **p != c) return false;
    ++*p;
    return true;
}

static bool take_date(const char **p, const char *end, civil *date)
{
    static const int32_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap;

    if (!take_digits(p, end, 4, &date->year) || !take(p, end, '-') ||
        !take_digits(p, end, 2, &date->month) || !take(p, end, '-') ||
        !take_digits(p, end, 2, &date->day))
        return false;
    if (date->year < 1678 || date->year > 2261 || date->month < 1 || date->month > 12) return false;
    is_leap = date->year % 4 == 0 && (date->year % 100 != 0 || date->year % 400 == 0);
    return date->day >= 1 && date->day <= days[date->month - 1] &&
           (date->month != 2 || date->day < 29 || is_leap);
}

/* ":59.123456789": seconds and fraction, both optional. */
static bool take_seconds(const char **p, const char *end, int64_t *ns)
{
    int32_t second;
    int64_t unit = QN_NS_PER_S;

    if (!take(p, end, ':')) return true;
    if (!take_digits(p, end, 2, &second) || second > 59) return false;
    *ns += second * QN_NS_PER_S;
    if (!take(p, end, '.')) return true;
    if (*p == end || !is_digit(**p)) return false;
    for (; *p < end && is_digit(**p); ++*p) {
        unit /= 10; /* digits beyond the ninth count nothing */
        *ns += (**p - '0') * unit;
    }
    return true;
}

/* "Z", "+01:00", "-0530" or nothing. */
static bool take_zone(const char **p, const char *end, int64_t *ns)
{
    int32_t hours;
    int32_t minutes = 0;
    int64_t sign;

    if (*p == end || take(p, end, 'Z')) return true;
    if (take(p, end, '+'))
        sign = -1;
    else if (take(p, end, '-'))
        sign = 1;
    else
        return false;
    if (!take_digits(p, end, 2, &hours)) return false;
    take(p, end, ':');
    if (*p < end && !take_digits(p, end, 2, &minutes)) return false;
    if (hours > 15 || minutes > 59) return false;
    *ns += sign * (hours * 60 + minutes) * 60 * QN_NS_PER_S;
    return true;
}

int32_t time_parse(const char *text, size_t len, int64_t *out)
{
    const char *p = text;
    const char *end = text + len;
    civil date;
    int32_t hour;
    int32_t minute;
    int64_t ns = 0;

    if (!take_date(&p, end, &date)) return QN_E_SYNTAX;
    if (p < end) {
        if (!take(&p, end, 'T') && !take(&p, end, ' ')) return QN_E_SYNTAX;
        if (!take_digits(&p, end, 2, &hour) || !take(&p, end, ':') ||
            !take_digits(&p, end, 2, &minute) || hour > 23 || minute > 59)
            return QN_E_SYNTAX;
        ns = (hour * 60 + minute) * 60 * QN_NS_PER_S;
        if (!take_seconds(&p, end, &ns) || !take_zone(&p, end, &ns) || p != end) return QN_E_SYNTAX;
    }
    *out = civil_time(date) + ns;
    return QN_OK;
}

static const struct {
    const char *name;
    int64_t ns;
} units[] = {{"w", 7 * QN_NS_PER_DAY},  {"d", QN_NS_PER_DAY},
             {"h", 3600 * QN_NS_PER_S}, {"m", 60 * QN_NS_PER_S},
             {"s", QN_NS_PER_S},        {"ms", QN_NS_PER_MS},
             {"us", QN_NS_PER_US},      {"ns", 1}};
#define UNITS (sizeof units / sizeof units[0])

int32_t duration_parse(const char *text, size_t len, int64_t *out)
{
    int64_t value = 0;
    int64_t result;
    size_t i = 0;

    for (; i < len && is_digit(text[i]); i++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text[i] - '0', &value))
            return QN_E_OVERFLOW;
    if (i == 0 || value == 0) return QN_E_SYNTAX;
    for (size_t u = 0; u < UNITS; u++) {
        if (strlen(units[u].name) != len - i || memcmp(units[u].name, text + i, len - i) != 0)
            continue;
        if (__builtin_mul_overflow(value, units[u].ns, &result)) return QN_E_OVERFLOW;
        *out = result;
        return QN_OK;
    }
    return QN_E_SYNTAX;
}

size_t duration_format(int64_t ns, char to[24])
{
    size_t u = 1; /* weeks are read, but days are what people name their bars by */

    while (u < UNITS - 1 && ns % units[u].ns != 0)
        u++;
    return (size_t)snprintf(to, 24, "%" PRId64 "%s", ns / units[u].ns, units[u].name);
}
