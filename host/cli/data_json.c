/* SPDX-License-Identifier: MIT */
#include "data.h"

#include "base/clock.h"

#include <quoin/sdk/decimal.h>

#include <stdio.h>

bool json_put(struct json_object *object, const char *key, struct json_object *value)
{
    if (!value) return false;
    if (object && json_object_object_add(object, key, value) == 0) return true;
    json_object_put(value);
    return false;
}

bool json_put_text(struct json_object *object, const char *key, const char *text)
{
    return json_put(object, key, json_object_new_string(text));
}

bool json_put_count(struct json_object *object, const char *key, uint64_t count)
{
    return json_put(object, key, json_object_new_uint64(count));
}

bool json_put_time(struct json_object *object, const char *key, int64_t ts_ns)
{
    char text[TIME_TEXT];

    time_format(ts_ns, text);
    return json_put_text(object, key, text);
}

bool json_put_amount(struct json_object *object, const char *key, int64_t mantissa, int32_t exp)
{
    char text[QN_DECIMAL_TEXT];

    qn_decimal_format(mantissa, exp, text);
    return json_put_text(object, key, text);
}

static const char *kind_name(uint32_t kind)
{
    static const char *const names[] = {"?", "spot", "linear", "inverse"};

    return names[kind <= QN_INVERSE ? kind : 0];
}

struct json_object *json_instrument(const qn_instrument *def)
{
    struct json_object *o = json_object_new_object();
    bool is_whole =
        json_put_text(o, "name", def->name) && json_put_text(o, "kind", kind_name(def->kind)) &&
        json_put_text(o, "base", def->base) && json_put_text(o, "quote", def->quote) &&
        json_put_text(o, "settle", def->settle) &&
        json_put_amount(o, "tick", def->tick_size, def->price_exp) &&
        json_put_amount(o, "lot", def->lot_size, def->qty_exp) &&
        json_put(o, "price_exp", json_object_new_int(def->price_exp)) &&
        json_put(o, "qty_exp", json_object_new_int(def->qty_exp)) &&
        json_put_amount(o, "contract_size", def->contract_size.mantissa, def->contract_size.exp) &&
        json_put_amount(o, "min_notional", def->min_notional, def->money_exp) &&
        json_put_time(o, "valid_from", def->valid_from);

    if (is_whole) return o;
    json_object_put(o);
    return NULL;
}

int json_finish(struct json_object *object, bool is_whole, int status)
{
    const char *text = object && is_whole
                           ? json_object_to_json_string_ext(
                                 object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                             JSON_C_TO_STRING_NOSLASHESCAPE)
                           : NULL;

    if (text)
        puts(text);
    else
        status = cli_fail(QN_E_NO_MEMORY, NULL);
    json_object_put(object);
    return status;
}

int64_t data_start(data_type data, int64_t ts_ns)
{
    return ts_ns - data.length;
}
