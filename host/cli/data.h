/* SPDX-License-Identifier: MIT
 *
 * quoin data: one file a subcommand, one row in the table of data.c. */
#ifndef QUOIN_CLI_DATA_H
#define QUOIN_CLI_DATA_H

#include "cli.h"

#include "tape/catalog.h"

#include <json-c/json.h>

int cmd_data_import(int argc, char **argv);
int cmd_data_list(int argc, char **argv);
int cmd_data_verify(int argc, char **argv);
int cmd_data_export(int argc, char **argv);

/* --- what they share (data_json.c) ------------------------------------------------------ */

/* Put a value into a JSON object. Times are ISO 8601, amounts decimal strings. False when out
 * of memory; so that calls can be joined by &&. */
bool json_put(struct json_object *object, const char *key, struct json_object *value);
bool json_put_text(struct json_object *object, const char *key, const char *text);
bool json_put_count(struct json_object *object, const char *key, uint64_t count);
bool json_put_time(struct json_object *object, const char *key, int64_t ts_ns);
bool json_put_amount(struct json_object *object, const char *key, int64_t mantissa, int32_t exp);

/* An instrument's definition as an object; NULL when out of memory. */
struct json_object *json_instrument(const qn_instrument *def);

/* Print an object as one document on stdout, and free it. With is_whole false (something could
 * not be put), or out of memory, nothing is printed and the exit status says so. */
int json_finish(struct json_object *object, bool is_whole, int status);

/* The start of what an event time bounds: of a bar its open. */
int64_t data_start(data_type data, int64_t ts_ns);

#endif
