/* SPDX-License-Identifier: MIT
 *
 * Values of options, as several commands read them: stored as typed while the command line is
 * parsed, and judged after it, so that a wrong one is told with its reason. */
#ifndef QUOIN_CLI_OPTION_H
#define QUOIN_CLI_OPTION_H

#include <quoin/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An option whose value is only stored: its key, and where its const char * stands in the
 * parser's input. */
typedef struct option_text {
    int key;
    size_t offset;
} option_text;

/* Store `arg`, which is borrowed, if `key` is one of these. False for any other key. */
bool option_store(const option_text *all, size_t n, int key, const char *arg, void *input);

/* Read a time in ns since 1970. `option` is its name with the dashes, `text` NULL where it was
 * not given. Returns QN_OK, or QN_E_SYNTAX; then, and for NULL, *out is unchanged. */
int32_t option_time(const char *option, const char *text, int64_t *out, qn_err *err);

/* The same for a whole number from `least` to `most`. QN_OK, or QN_E_RANGE. */
int32_t option_whole(const char *option, const char *text, int64_t least, int64_t most,
                     int64_t *out, qn_err *err);

#endif
