/* SPDX-License-Identifier: MIT */
#include "service.h"

#include "base/log.h"

void service_log(const char *who, int32_t level, qn_str text)
{
    static const log_level levels[] = {LOG_DEBUG, LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR};
    int len = (int)(text.len < SERVICE_LOG_BYTES ? text.len : SERVICE_LOG_BYTES);

    log_line(levels[level < 0 || level > QN_LOG_ERROR ? QN_LOG_ERROR : level], "%s: %.*s", who, len,
             text.ptr);
}

void *service_alloc(arena *from, uint64_t n, uint64_t align)
{
    if (align == 0 || align > 4096 || (align & (align - 1))) return NULL;
    return arena_alloc(from, n, align);
}
