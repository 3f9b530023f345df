/* SPDX-License-Identifier: MIT */
#include <quoin/strategy.h>
#include "engine/engine.h" /* expect: arrows */

static int64_t bad(const qn_host *host, void *p)
{
    free(p);                      /* expect: memory */
    host->free(p);
    if (getenv("QUOIN")) abort(); /* expect: world */
    return time(NULL);            /* expect: world */
}
