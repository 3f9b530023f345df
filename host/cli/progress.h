/* SPDX-License-Identifier: MIT
 *
 * How far a long command is: a bar on standard error, drawn over itself. */
#ifndef QUOIN_CLI_PROGRESS_H
#define QUOIN_CLI_PROGRESS_H

#include <stdbool.h>

/* Shall one be drawn: does a person look at standard error, and want to be told? */
bool progress_wanted(bool is_quiet);

/* Draw it at `part`, 0 to 1; `ctx` is not used: it lets this be a callback. */
void progress_draw(void *ctx, double part);

/* Take it away, before anything else is printed. */
void progress_wipe(void);

#endif
