/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static log_level lowest = LOG_INFO;
static log_sink sink_now;

static const char *level_name(log_level level)
{
    static const char *const names[] = {"", "debug", "info", "warning", "error"};

    return names[level];
}

void log_set_level(log_level level)
{
    lowest = level;
}

void log_set_sink(log_sink sink)
{
    sink_now = sink;
}

/* One write a line, so that lines of several processes do not mix. */
__attribute__((format(printf, 3, 0))) static void put(log_level level, const char *where,
                                                      const char *format, va_list args)
{
    char line[1024];
    char text[768];

    if (level < lowest) return;
    vsnprintf(text, sizeof text, format, args);
    if (level == LOG_INFO && !sink_now)
        snprintf(line, sizeof line, "%s: %s", where, text);
    else
        snprintf(line, sizeof line, "%s: %s: %s", where, level_name(level), text);
    if (sink_now)
        sink_now(level, line);
    else
        fprintf(stderr, "%s\n", line);
}

void log_line(log_level level, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put(level, "quoin", format, args);
    va_end(args);
}

void log_at(log_level level, const char *file, int64_t line, const char *format, ...)
{
    char where[512];
    va_list args;

    if (line > 0)
        snprintf(where, sizeof where, "%s:%" PRId64, file, line);
    else
        snprintf(where, sizeof where, "%s", file);
    va_start(args, format);
    put(level, where, format, args);
    va_end(args);
}
