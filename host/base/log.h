/* SPDX-License-Identifier: MIT
 *
 * Diagnostics on stderr, one line each: "quoin: error: ..." or "file:line: error: ...". */
#ifndef QUOIN_BASE_LOG_H
#define QUOIN_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

typedef enum log_level { LOG_DEBUG = 1, LOG_INFO, LOG_WARNING, LOG_ERROR } log_level;

/* Lines below `level` are not printed. LOG_INFO at start; --quiet sets LOG_WARNING. */
void log_set_level(log_level level);

void log_line(log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* About a place in a file; line 0 leaves the line out. */
void log_at(log_level level, const char *file, int64_t line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Write a file's own lines elsewhere (tests). NULL = stderr again. */
typedef void (*log_sink)(log_level level, const char *line);
void log_set_sink(log_sink sink);

#endif
