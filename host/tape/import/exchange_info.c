/* SPDX-License-Identifier: MIT */
#include "exchange_info.h"

#include "source.h"

#include "base/fail.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/nearest.h"

#include <quoin/sdk/decimal.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX ((size_t)256 * 1024 * 1024)
#define JSON_DEPTH 16
#define PLACES_MAX 18

/* All of a file, unpacked. */
static int32_t read_all(const char *path, char **out, size_t *len, qn_err *err)
{
    source *src = NULL;
    char *text = NULL;
    size_t room = 0;
    size_t n = 0;
    size_t got = 1;
    int32_t rc = source_open(path, &src, err);

    while (rc == QN_OK && got > 0) {
        if (n == room && !mem_reserve((void **)&text, &room, n + 65536, 1))
            rc = fail(err, QN_E_NO_MEMORY, "out of memory");
        else if (n > FILE_MAX)
            rc = fail(err, QN_E_OVERFLOW, "the file is longer than %zu bytes", FILE_MAX);
        else
            rc = source_read(src, text + n, room - n, &got, err);
        n += rc == QN_OK ? got : 0;
    }
    source_close(src);
    if (rc != QN_OK) {
        mem_free(text);
        return rc;
    }
    *out = text;
    *len = n;
    return QN_OK;
}

static int32_t parse(const char *text, size_t len, struct json_object **out, qn_err *err)
{
    struct json_tokener *json = json_tokener_new_ex(JSON_DEPTH);
    enum json_tokener_error error;
    size_t end;

    if (!json) return fail(err, QN_E_NO_MEMORY, "out of memory");
    *out = json_tokener_parse_ex(json, text, (int)len);
    error = json_tokener_get_error(json);
    end = json_tokener_get_parse_end(json);
    json_tokener_free(json);
    while (error == json_tokener_success && end < len && text[end] && strchr(" \t\r\n", text[end]))
        end++;
    if (error == json_tokener_success && end == len) return QN_OK;
    if (error == json_tokener_success)
        return fail(err, QN_E_SYNTAX, "text follows the JSON at byte %zu", end + 1);
    return fail(err, QN_E_SYNTAX, "no JSON at byte %zu: %s", end + 1,
                error == json_tokener_continue ? "it ends too early"
                                               : json_tokener_error_desc(error));
}

/* The definition of a symbol among those of the file. */
static int32_t find(struct json_object *info, const char *symbol, struct json_object **out,
                    qn_err *err)
{
    struct json_object *all = json_get(info, "symbols", json_type_array);
    size_t n = all ? json_object_array_length(all) : 0;
    const char **names;
    const char *near;
    size_t known = 0;

    if (!all) return fail(err, QN_E_SYNTAX, "no exchangeInfo: it has no array \"symbols\"");
    if (!(names = mem_new(n + 1, sizeof *names))) return fail(err, QN_E_NO_MEMORY, "out of memory");
    *out = NULL;
    for (size_t i = 0; i < n && !*out; i++) {
        struct json_object *one = json_object_array_get_idx(all, i);
        const char *name = json_get_text(one, "symbol");
        if (!name) continue;
        if (strcmp(name, symbol) == 0) *out = one;
        names[known++] = name;
    }
    near = *out ? NULL : name_nearest(symbol, names, known);
    if (!*out)
        fail(err, QN_E_UNKNOWN_NAME, "no symbol %.64s among its %zu%s%.64s%s", symbol, known,
             near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
    mem_free(names);
    return *out ? QN_OK : QN_E_UNKNOWN_NAME;
}

/* A value of the symbol, or of one of its filters. */
typedef struct info_row {
    const char *filter; /* NULL = the symbol itself */
    const char *key;
    size_t option; /* place in instrument_options */
    size_t text;   /* place in exchange_info */
    /* The option that is to be the same number where it is given; NULL = the option wins. */
    const char *must_agree;
} info_row;

#define ROW(filter, key, member, must_agree)                                                       \
    {                                                                                              \
        filter, key, offsetof(instrument_options, member), offsetof(exchange_info, member),        \
            must_agree                                                                             \
    }

/* Of rows for one option the first that is there counts. */
static const info_row rows[] = {
    ROW("PRICE_FILTER", "tickSize", tick, "--tick"),
    ROW("LOT_SIZE", "stepSize", lot, "--lot"),
    ROW("LOT_SIZE", "minQty", min_qty, NULL),
    ROW("LOT_SIZE", "maxQty", max_qty, NULL),
    ROW("NOTIONAL", "minNotional", min_notional, NULL),
    ROW("MIN_NOTIONAL", "minNotional", min_notional, NULL),
    ROW("MIN_NOTIONAL", "notional", min_notional, NULL),
    ROW(NULL, "baseAsset", base, NULL),
    ROW(NULL, "quoteAsset", quote, NULL),
    ROW(NULL, "marginAsset", settle, NULL),
    ROW(NULL, "contractSize", contract_size, NULL),
};

static struct json_object *filter_of(struct json_object *symbol, const char *type)
{
    struct json_object *filters = json_get(symbol, "filters", json_type_array);
    size_t n = filters ? json_object_array_length(filters) : 0;

    for (size_t i = 0; i < n; i++) {
        struct json_object *filter = json_object_array_get_idx(filters, i);
        const char *name = json_get_text(filter, "filterType");
        if (name && strcmp(name, type) == 0) return filter;
    }
    return NULL;
}

/* What the file says: a text, or a number as text; "" when nothing. What is there and neither is
 * an error: an instrument that lacks its tick would be another one. */
static int32_t say(struct json_object *symbol, const info_row *row, char to[INFO_TEXT], qn_err *err)
{
    struct json_object *from = row->filter ? filter_of(symbol, row->filter) : symbol;
    struct json_object *value = NULL;

    to[0] = '\0';
    if (!from || !json_object_object_get_ex(from, row->key, &value)) return QN_OK;
    if ((json_object_is_type(value, json_type_string) ||
         json_object_is_type(value, json_type_int) ||
         json_object_is_type(value, json_type_double)) &&
        snprintf(to, INFO_TEXT, "%s", json_object_get_string(value)) < INFO_TEXT && to[0])
        return QN_OK;
    return fail(err, QN_E_TYPE, "\"%s\": expected a text or a number of 1 to %d characters",
                row->key, INFO_TEXT - 1);
}

static bool is_same_number(const char *a, const char *b)
{
    qn_decimal x;
    qn_decimal y;
    int64_t of_x = 0;
    int64_t of_y = 0;
    int32_t exp;

    if (qn_decimal_parse(a, strlen(a), &x) != QN_OK || qn_decimal_parse(b, strlen(b), &y) != QN_OK)
        return false;
    exp = x.exp < y.exp ? x.exp : y.exp; /* 1e2 and 100 are the same in the finer one of both */
    return qn_decimal_at(x, exp, &of_x) == QN_OK && qn_decimal_at(y, exp, &of_y) == QN_OK &&
           of_x == of_y;
}

static int32_t places_of(struct json_object *symbol, const char *key)
{
    struct json_object *value = json_get(symbol, key, json_type_int);
    int32_t places = value ? json_object_get_int(value) : 0;

    return places > 0 && places <= PLACES_MAX ? places : 0;
}

static int32_t fill(struct json_object *symbol, instrument_options *opt, exchange_info *out,
                    qn_err *err)
{
    bool is_spot = !json_get(symbol, "contractType", json_type_string);
    struct json_object *filters = NULL;
    char text[INFO_TEXT];
    int32_t rc;

    if (json_object_object_get_ex(symbol, "filters", &filters) &&
        !json_object_is_type(filters, json_type_array))
        return fail(err, QN_E_TYPE, "\"filters\": expected an array");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char **option = (const char **)((char *)opt + rows[i].option);
        char *place = (char *)out + rows[i].text;
        if ((rc = say(symbol, &rows[i], text, err)) != QN_OK) return rc;
        if (!text[0]) continue;
        if (!*option) {
            memcpy(place, text, INFO_TEXT);
            *option = place;
        } else if (rows[i].must_agree && !is_same_number(*option, text)) {
            return fail(err, QN_E_INVALID, "%s %.40s contradicts its %s %s", rows[i].must_agree,
                        *option, rows[i].key, text);
        }
    }
    if (!opt->kind) {
        const char *margin = json_get_text(symbol, "marginAsset");
        const char *base = json_get_text(symbol, "baseAsset");
        bool is_inverse = margin && base && strcmp(margin, base) == 0;
        opt->kind = is_spot ? "spot" : is_inverse ? "inverse" : "linear";
    }
    opt->price_places = places_of(symbol, is_spot ? "quoteAssetPrecision" : "pricePrecision");
    opt->qty_places = places_of(symbol, is_spot ? "baseAssetPrecision" : "quantityPrecision");
    return QN_OK;
}

int32_t exchange_info_read(const char *path, instrument_options *opt, exchange_info *out,
                           qn_err *err)
{
    const char *dot = opt->name ? strrchr(opt->name, '.') : NULL;
    struct json_object *info = NULL;
    struct json_object *symbol = NULL;
    char name[64];
    char *text = NULL;
    size_t len = 0;
    int32_t rc;

    *out = (exchange_info){0};
    snprintf(name, sizeof name, "%.*s", dot ? (int)(dot - opt->name) : 0, dot ? opt->name : "");
    if ((rc = read_all(path, &text, &len, err)) != QN_OK) goto done;
    if ((rc = parse(text, len, &info, err)) != QN_OK) goto done;
    if ((rc = find(info, name, &symbol, err)) != QN_OK) goto done;
    rc = fill(symbol, opt, out, err);
done:
    if (info) json_object_put(info);
    mem_free(text);
    return rc;
}
