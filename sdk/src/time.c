/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/time.h>

/* Both ways: years that begin in March so that the leap day comes last (the usual era
 * arithmetic; see Hinnant, "chrono-compatible low-level date algorithms", 2013). */
int64_t qn_civil_days(qn_civil date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

qn_civil qn_civil_of(int64_t ts_ns)
{
    int64_t days = floor_div(ts_ns, QN_NS_PER_DAY) + 719468;
    int64_t era = floor_div(days, 146097);
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    qn_civil date;

    date.day = (int32_t)(doy - (153 * mp + 2) / 5 + 1);
    date.month = (int32_t)(mp < 10 ? mp + 3 : mp - 9);
    date.year = (int32_t)(yoe + era * 400 + (date.month <= 2));
    return date;
}

/* Two digits at a time: this runs once for each line of a report. */
static char *put_digits(char *to, int64_t value, int32_t n)
{
    for (int32_t i = n - 1; i >= 0; i--) {
        to[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return to + n;
}

static size_t format_time(int64_t ts_ns, int with_fraction, char to[QN_TIME_TEXT])
{
    qn_civil date = qn_civil_of(ts_ns);
    int64_t ns = ts_ns % QN_NS_PER_DAY; /* of the day; not by its midnight, which may not fit */
    char *p = put_digits(to, date.year, 4);

    if (ns < 0) ns += QN_NS_PER_DAY;
    *p++ = '-';
    p = put_digits(p, date.month, 2);
    *p++ = '-';
    p = put_digits(p, date.day, 2);
    *p++ = 'T';
    p = put_digits(p, ns / (3600 * QN_NS_PER_S), 2);
    *p++ = ':';
    p = put_digits(p, ns / (60 * QN_NS_PER_S) % 60, 2);
    *p++ = ':';
    p = put_digits(p, ns / QN_NS_PER_S % 60, 2);
    if (with_fraction) {
        *p++ = '.';
        p = put_digits(p, ns % QN_NS_PER_S, 9);
    }
    *p++ = 'Z';
    *p = '\0';
    return (size_t)(p - to);
}

size_t qn_time_format(int64_t ts_ns, char to[QN_TIME_TEXT])
{
    return format_time(ts_ns, 1, to);
}

size_t qn_time_format_short(int64_t ts_ns, char to[QN_TIME_TEXT])
{
    return format_time(ts_ns, ts_ns % QN_NS_PER_S != 0, to);
}
