/* SPDX-License-Identifier: MIT
 *
 * What every host of a plugin does behind its qn_host: the engine, a tuner's search, a guest. */
#ifndef QUOIN_MODULE_SERVICE_H
#define QUOIN_MODULE_SERVICE_H

#include "base/memory.h"

#include <quoin/host.h>

#define SERVICE_LOG_BYTES 500u /* of what a plugin logs at once; the rest is cut */

/* A line of a plugin's in the host's log; `who` stands before it. A level that does not exist is an
 * error. Any thread. */
void service_log(const char *who, int32_t level, qn_str text);

/* qn_host.alloc out of an arena: NULL when out of memory, and for an alignment that the ABI does
 * not allow. */
void *service_alloc(arena *from, uint64_t n, uint64_t align);

#endif
