/* SPDX-License-Identifier: MIT
 *
 * sink/kill, a test plugin: kills the process without warning as soon as it is given the event
 * whose number the file `armed` holds, and removes the file before that. Without the file it does
 * nothing: config and plugins are the same before the death and after it. */
#include <quoin/sdk/sink.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

typedef struct kill_at {
    qn_str armed;
    char path[4096];
    uint64_t at; /* 0 = never */
} kill_at;

static const qn_param params[] = {
    QN_PARAM(kill_at, armed, PATH, "", "file with the number", .flags = QN_PARAM_REQUIRED),
};

/* The number in the file; 0 = there is none. */
static uint64_t read_number(const char *path)
{
    char text[32];
    uint64_t number = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);

    if (fd >= 0) close(fd);
    for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
        number = number * 10 + (uint64_t)(text[i] - '0');
    return number;
}

static int32_t start(kill_at *s, const qn_sink_start *with, qn_err *err)
{
    (void)with;
    (void)err;
    if (s->armed.len >= sizeof s->path) return QN_E_OVERFLOW;
    memcpy(s->path, s->armed.ptr, s->armed.len);
    s->at = read_number(s->path);
    return QN_OK;
}

static int32_t take(kill_at *s, const qn_batch *batch, qn_err *err)
{
    (void)err;
    if (!s->at || batch->last_seq < s->at) return QN_OK;
    unlink(s->path);
    kill(getpid(), SIGKILL);
    return QN_OK;
}

QN_SINK(kill_at, "sink/kill", "1.0.0", "MIT", .name = "Kill", .params = QN_TABLE(params),
        .start = start, .write = take)
