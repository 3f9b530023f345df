/* SPDX-License-Identifier: MIT */
#include "period.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define HOUR (3600 * QN_NS_PER_S)

static file_span span_of(data_type data)
{
    const event_row *row = event_row_of(data.type);

    if (!row) return SPAN_ALL;
    if (row->span != SPAN_BAR) return row->span;
    if (data.length < HOUR) return SPAN_MONTH;
    return data.length < QN_NS_PER_DAY ? SPAN_YEAR : SPAN_ALL;
}

static civil next_month(civil date)
{
    if (date.month == 12) return (civil){date.year + 1, 1, 1};
    return (civil){date.year, date.month + 1, 1};
}

period period_of(data_type data, int64_t ts_ns)
{
    period p = {INT64_MIN, INT64_MAX, "all"};
    civil date = civil_of(ts_ns);

    switch (span_of(data)) {
    case SPAN_DAY:
        p.start = civil_time(date);
        p.end = p.start + QN_NS_PER_DAY;
        snprintf(p.text, sizeof p.text, "%04d-%02d-%02d", date.year, date.month, date.day);
        break;
    case SPAN_MONTH:
        date.day = 1;
        p.start = civil_time(date);
        p.end = civil_time(next_month(date));
        snprintf(p.text, sizeof p.text, "%04d-%02d", date.year, date.month);
        break;
    case SPAN_YEAR:
        p.start = civil_time((civil){date.year, 1, 1});
        p.end = civil_time((civil){date.year + 1, 1, 1});
        snprintf(p.text, sizeof p.text, "%04d", date.year);
        break;
    case SPAN_ALL:
    case SPAN_BAR:
        break;
    }
    return p;
}

int32_t period_parse(data_type data, const char *text, period *out)
{
    char date[PERIOD_TEXT];
    int64_t start = 0;
    period p;

    if (strcmp(text, "all") != 0) {
        /* "2020" and "2020-01" become the day on which they begin */
        const char *rest = strlen(text) == 4 ? "-01-01" : strlen(text) == 7 ? "-01" : "";
        int n = snprintf(date, sizeof date, "%s%s", text, rest);
        if (n != 10 || time_parse(date, 10, &start) != QN_OK) return QN_E_SYNTAX;
        if (start < STORED_TS_MIN || start > STORED_TS_MAX) return QN_E_SYNTAX;
    }
    p = period_of(data, start);
    if (strcmp(p.text, text) != 0) return QN_E_SYNTAX;
    *out = p;
    return QN_OK;
}

int64_t period_key(const qn_event *ev)
{
    return ev->type == QN_EVENT_BAR ? ((const qn_bar *)(const void *)ev)->open_ts : ev->ts_ns;
}
