/* SPDX-License-Identifier: MIT
 *
 * JSON with json-c.
 *
 * Writing: amounts as decimal strings, times as ISO 8601, what is not defined as null. Each call
 * takes a value over or frees it, and is false when memory ran out, so that calls are joined by
 * &&; a NULL object makes all of them false.
 *
 * Reading: a value is borrowed from the object that it stands in. */
#ifndef QUOIN_BASE_JSON_H
#define QUOIN_BASE_JSON_H

#include <json-c/json.h>

#include <stdbool.h>
#include <stdint.h>

/* Put a value under a key; a NULL value is a lack of memory, see json_put_null. */
bool json_put(struct json_object *object, const char *key, struct json_object *value);
bool json_put_null(struct json_object *object, const char *key);
/* Text; NULL is written as null. */
bool json_put_text(struct json_object *object, const char *key, const char *text);
bool json_put_bool(struct json_object *object, const char *key, bool value);
bool json_put_count(struct json_object *object, const char *key, uint64_t count);
/* A ratio or duration, 12 digits; a NaN or infinity is written as null. */
bool json_put_number(struct json_object *object, const char *key, double value);
bool json_put_amount(struct json_object *object, const char *key, int64_t mantissa, int32_t exp);
bool json_put_time(struct json_object *object, const char *key, int64_t ts_ns);

/* Append a value to an array. */
bool json_append(struct json_object *array, struct json_object *value);

/* A new object or array, put or appended; owned by what it was put into. NULL when out of
 * memory. */
struct json_object *json_put_object(struct json_object *object, const char *key);
struct json_object *json_put_array(struct json_object *object, const char *key);
struct json_object *json_append_object(struct json_object *array);

/* The document as text, owned by the object; NULL for NULL, or when out of memory. */
const char *json_text(struct json_object *object);

/* The object if is_whole, else NULL, and the object is freed. */
struct json_object *json_whole(struct json_object *object, bool is_whole);

/* The value under a key if it is of that type; else, and for what is no object, NULL. */
struct json_object *json_get(struct json_object *object, const char *key, enum json_type type);
/* The text under a key, or NULL. */
const char *json_get_text(struct json_object *object, const char *key);

#endif
