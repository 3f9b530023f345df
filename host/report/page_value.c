/* SPDX-License-Identifier: MIT
 *
 * Figures of the result, found by name and shown to people. */
#include "page_parts.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct json_object *page_find(struct json_object *in, const char *path)
{
    char key[64];

    while (in && *path) {
        size_t n = strcspn(path, ".");
        if (n >= sizeof key) return NULL;
        memcpy(key, path, n);
        key[n] = '\0';
        if (json_object_is_type(in, json_type_array))
            in = json_object_array_get_idx(in, strtoul(key, NULL, 10));
        else if (!json_object_is_type(in, json_type_object) ||
                 !json_object_object_get_ex(in, key, &in))
            return NULL;
        path += n + (path[n] == '.');
    }
    return in;
}

static const char *text_of(struct json_object *value)
{
    if (!value) return NULL;
    return json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
}

const char *page_string(struct json_object *in, const char *path)
{
    return text_of(page_find(in, path));
}

static double number_of(struct json_object *value)
{
    const char *text = text_of(value);
    char *end;
    double number;

    if (!text || !*text) return NAN;
    number = strtod(text, &end);
    return *end ? NAN : number;
}

double page_number(struct json_object *in, const char *path)
{
    return number_of(page_find(in, path));
}

/* Money with cents, and as many places as it takes to see a small sum at all. */
static void money_text(double value, char to[HTML_NUMBER])
{
    int places = 2;

    if (isfinite(value) && value != 0 && fabs(value) < 0.1) places = html_places(value, 2);
    html_number(value, places > 8 ? 8 : places, to);
}

void page_format_value(struct json_object *value, page_format format, char to[HTML_NUMBER])
{
    const char *text = text_of(value);
    double number = number_of(value);

    if (!text)
        snprintf(to, HTML_NUMBER, "n/a");
    else if (format == PAGE_TEXT || isnan(number))
        snprintf(to, HTML_NUMBER, "%.60s", text);
    else if (format == PAGE_COUNT)
        html_number(number, 0, to);
    else if (format == PAGE_MONEY)
        money_text(number, to);
    else if (format == PAGE_NUMBER)
        html_number(number, number != 0 && fabs(number) < 0.01 ? html_places(number, 2) : 2, to);
    else if (format == PAGE_PART)
        html_percent(number, number != 0 && fabs(number) < 1e-4 ? html_places(number * 100, 2) : 2,
                     to);
    else
        html_number(number, fabs(number) < 10 ? 2 : 1, to);
}

/* ------------------------------------------------------------------ cells */

void page_mark(page *p, const char *key)
{
    const char *text = page_string(p->result, key);

    html_attribute(&p->h, "data-key", key);
    html_attribute(&p->h, "data-value", text ? text : "null");
}

static void put_cell(page *p, const char *key, const char *text, const char *why)
{
    html_put(&p->h, "<td class=\"r\"");
    page_mark(p, key);
    if (why) html_attribute(&p->h, "title", why);
    html_put(&p->h, ">");
    html_text(&p->h, text);
    html_put(&p->h, "</td>");
}

void page_cell(page *p, const char *key, page_format format, const char *why)
{
    struct json_object *value = page_find(p->result, key);
    char text[HTML_NUMBER];

    page_format_value(value, format, text);
    put_cell(p, key, text, value ? NULL : why);
}

void page_cell_places(page *p, const char *key, int places)
{
    char text[HTML_NUMBER];

    html_number(page_number(p->result, key), places, text);
    put_cell(p, key, text, NULL);
}

void page_cell_money(page *p, double value)
{
    char text[HTML_NUMBER];

    money_text(value, text);
    html_cell_number(&p->h, text);
}

void page_cell_count(page *p, uint64_t count)
{
    char text[HTML_NUMBER];

    html_number((double)count, 0, text);
    html_cell_number(&p->h, text);
}

void page_cell_part(page *p, double value)
{
    char text[HTML_NUMBER];

    html_percent(value, 2, text);
    html_cell_number(&p->h, text);
}

void page_cell_number(page *p, double value)
{
    char text[HTML_NUMBER];
    int places = html_places(value, 6);
    size_t n = html_number(value, places, text);

    if (isfinite(value) && strchr(text, '.')) /* without zeros that say nothing */
        while (text[n - 1] == '0' || text[n - 1] == '.') {
            bool is_point = text[n - 1] == '.';
            text[--n] = '\0';
            if (is_point) break;
        }
    html_cell_number(&p->h, text);
}

/* ------------------------------------------------------------------ times */

void page_time(int64_t ts, bool with_clock, char to[PAGE_TIME])
{
    char text[TIME_TEXT];

    time_format(ts, text);
    if (with_clock)
        snprintf(to, PAGE_TIME, "%.10s %.5s", text, text + 11);
    else
        snprintf(to, PAGE_TIME, "%.10s", text);
}

void page_cell_time(page *p, int64_t ts)
{
    char text[PAGE_TIME];

    page_time(ts, p->has_clock, text);
    html_put(&p->h, "<td style=\"white-space:nowrap\">");
    html_text(&p->h, text);
    html_put(&p->h, "</td>");
}

void page_duration(double seconds, char to[HTML_NUMBER])
{
    static const struct {
        double least, unit;
        const char *name;
    } units[] = {{2 * 86400.0, 86400, "days"}, {2 * 3600.0, 3600, "h"}, {120, 60, "min"}};
    char number[HTML_NUMBER];

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (seconds >= units[i].least) {
            double value = seconds / units[i].unit;
            html_number(value, value < 100 && fabs(value - round(value)) > 0.05 ? 1 : 0, number);
            snprintf(to, HTML_NUMBER, "%.40s\xc2\xa0%s", number, units[i].name);
            return;
        }
    html_number(seconds, seconds != floor(seconds) && seconds < 10 ? 1 : 0, number);
    snprintf(to, HTML_NUMBER, "%.40s\xc2\xa0s", number);
}
