/* SPDX-License-Identifier: MIT */
#include "module/module.h"
#include "cli/cli.h" /* expect: arrows */

/* A comment may say strategy/sma_cross, and sprintf(), and malloc(). */
static const char *const names[] = {
    "strategy/", "a strategy/ folder",
    "strategy/sma_cross", /* expect: kinds */
    "see plugins/venue/sim.so", /* expect: kinds */
};

void bad(char *to, const char *from)
{
    strcpy(to, from);        /* expect: banned */
    sprintf(to, "%s", from); /* expect: banned */
    free(to);                /* expect: memory */
    log("never strcpy(a, b)");
}
