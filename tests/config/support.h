/* SPDX-License-Identifier: MIT
 *
 * What the tests of the config share. */
#ifndef QUOIN_TESTS_CONFIG_SUPPORT_H
#define QUOIN_TESTS_CONFIG_SUPPORT_H

#include "config/config.h"

/* The path of a file of this folder, in static memory of four turns. */
const char *here(const char *name);

/* Open a config that must load; its mistakes, if any, are printed. */
config *open_config(const char *path, const char *const *sets, size_t nsets);

/* The same from a text, written to a file of its own that is removed again. */
config *open_text(const char *text);

/* The number of mistakes; and the i-th's text. */
size_t mistakes_of(const config *cfg);
const char *mistake_text(const config *cfg, size_t i);

/* The beginning of each config that is right but for what a test adds. */
#define RIGHT_HEAD                                                                                 \
    "catalog = \"c\";\n"                                                                           \
    "venues = ( { id = \"v\"; plugin = \"venue/sim\"; instruments = [ \"X\" ];\n"                  \
    "  data = [ \"bar:1m\" ]; accounts = ( { currency = \"USDT\"; balance = \"1\"; } ); } );\n"

#endif
