/* SPDX-License-Identifier: MIT */
#include "json.h"

#include "clock.h"

#include <quoin/sdk/decimal.h>

#include <math.h>
#include <stdio.h>

bool json_put(struct json_object *object, const char *key, struct json_object *value)
{
    if (!value) return false;
    if (object && json_object_object_add(object, key, value) == 0) return true;
    json_object_put(value);
    return false;
}

bool json_put_null(struct json_object *object, const char *key)
{
    return object && json_object_object_add(object, key, NULL) == 0;
}

bool json_put_text(struct json_object *object, const char *key, const char *text)
{
    return text ? json_put(object, key, json_object_new_string(text)) : json_put_null(object, key);
}

bool json_put_bool(struct json_object *object, const char *key, bool value)
{
    return json_put(object, key, json_object_new_boolean(value));
}

bool json_put_count(struct json_object *object, const char *key, uint64_t count)
{
    return json_put(object, key, json_object_new_uint64(count));
}

bool json_put_number(struct json_object *object, const char *key, double value)
{
    char text[40];

    if (!isfinite(value)) return json_put_null(object, key);
    snprintf(text, sizeof text, "%.12g", value);
    return json_put(object, key, json_object_new_double_s(value, text));
}

bool json_put_amount(struct json_object *object, const char *key, int64_t mantissa, int32_t exp)
{
    char text[QN_DECIMAL_TEXT];

    qn_decimal_format(mantissa, exp, text);
    return json_put_text(object, key, text);
}

bool json_put_time(struct json_object *object, const char *key, int64_t ts_ns)
{
    char text[TIME_TEXT];

    time_format(ts_ns, text);
    return json_put_text(object, key, text);
}

bool json_append(struct json_object *array, struct json_object *value)
{
    if (!value) return false;
    if (array && json_object_array_add(array, value) == 0) return true;
    json_object_put(value);
    return false;
}

struct json_object *json_put_object(struct json_object *object, const char *key)
{
    struct json_object *made = json_object_new_object();

    return json_put(object, key, made) ? made : NULL;
}

struct json_object *json_put_array(struct json_object *object, const char *key)
{
    struct json_object *made = json_object_new_array();

    return json_put(object, key, made) ? made : NULL;
}

struct json_object *json_append_object(struct json_object *array)
{
    struct json_object *made = json_object_new_object();

    return json_append(array, made) ? made : NULL;
}

const char *json_text(struct json_object *object)
{
    return object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
                                                               JSON_C_TO_STRING_SPACED |
                                                               JSON_C_TO_STRING_NOSLASHESCAPE)
                  : NULL;
}

struct json_object *json_whole(struct json_object *object, bool is_whole)
{
    if (is_whole) return object;
    json_object_put(object);
    return NULL;
}

struct json_object *json_get(struct json_object *object, const char *key, enum json_type type)
{
    struct json_object *value = NULL;

    if (!json_object_is_type(object, json_type_object) ||
        !json_object_object_get_ex(object, key, &value))
        return NULL;
    return json_object_is_type(value, type) ? value : NULL;
}

const char *json_get_text(struct json_object *object, const char *key)
{
    struct json_object *value = json_get(object, key, json_type_string);

    return value ? json_object_get_string(value) : NULL;
}
