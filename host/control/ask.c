/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"
#include "base/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int32_t control_connect(const char *store, int *fd, qn_err *err)
{
    struct sockaddr_un to;
    int dir;
    int s;
    int failed;
    int32_t rc = address_of(store, &dir, &to, err);

    if (rc != QN_OK) return rc;
    s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    failed = s < 0 || connect(s, (const struct sockaddr *)&to, sizeof to) != 0 ? errno : 0;
    close(dir);
    if (!failed) {
        *fd = s;
        return QN_OK;
    }
    if (s >= 0) close(s);
    if (failed == ENOENT || failed == ECONNREFUSED)
        return fail(err, QN_E_NOT_FOUND, "no host is running with the store %s", store);
    errno = failed;
    return fail_errno(err, "cannot reach the host of %s", store);
}

static int32_t lost(qn_err *err)
{
    return fail(err, QN_E_IO, "the host ended before it answered");
}

static int32_t send_line(int fd, const char *line, qn_err *err)
{
    size_t len = strlen(line);

    for (size_t at = 0; at < len;) {
        ssize_t n = send(fd, line + at, len - at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return lost(err);
        at += (size_t)n;
    }
    return QN_OK;
}

int32_t control_ask(int fd, const char *line, char **answer, qn_err *err)
{
    char *text = NULL;
    size_t room = 0;
    size_t used = 0;
    int32_t rc = send_line(fd, line, err);

    while (rc == QN_OK) {
        ssize_t n;
        if (!mem_reserve((void **)&text, &room, used + 4096, 1)) {
            rc = fail(err, QN_E_NO_MEMORY, "no memory for the answer");
            break;
        }
        n = recv(fd, text + used, room - used, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            rc = lost(err);
            break;
        }
        used += (size_t)n;
        if (text[used - 1] != '\n') continue;
        text[used - 1] = '\0';
        *answer = text;
        return QN_OK;
    }
    mem_free(text);
    return rc;
}
