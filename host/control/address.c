/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int32_t address_of(const char *store, int *dir, struct sockaddr_un *to, qn_err *err)
{
    int fd = open(store, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int len;

    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? fail(err, QN_E_NOT_FOUND, "there is no store %s", store)
                   : fail_errno(err, "cannot open %s", store);
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    len = snprintf(to->sun_path, sizeof to->sun_path, "%s/" CONTROL_SOCKET, store);
    if (len < 0 || (size_t)len >= sizeof to->sun_path)
        snprintf(to->sun_path, sizeof to->sun_path, "/proc/self/fd/%d/" CONTROL_SOCKET, fd);
    *dir = fd;
    return QN_OK;
}
