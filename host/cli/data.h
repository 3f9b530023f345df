/* SPDX-License-Identifier: MIT
 *
 * quoin data: one file a subcommand, one row in the table of data.c. */
#ifndef QUOIN_CLI_DATA_H
#define QUOIN_CLI_DATA_H

#include "cli.h"

#include "base/json.h"
#include "tape/catalog.h"

int cmd_data_import(int argc, char **argv);
int cmd_data_list(int argc, char **argv);
int cmd_data_verify(int argc, char **argv);
int cmd_data_export(int argc, char **argv);
int cmd_data_synth(int argc, char **argv);
int cmd_data_book(int argc, char **argv);

/* --- what they share (data.c) ----------------------------------------------------------- */

/* The one argument CATALOG: a child parser whose input is a const char *. */
extern const struct argp data_catalog_argp;

/* An instrument's definition as an object; NULL when out of memory. */
struct json_object *json_instrument(const qn_instrument *def);

/* The start of what an event time bounds: of a bar its open. */
int64_t data_start(data_type data, int64_t ts_ns);

#endif
