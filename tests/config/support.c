/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/fail.h"
#include "base/file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *here(const char *name)
{
    static char paths[4][PATH_ROOM];
    static unsigned turn;
    char *path = paths[turn++ % 4];

    snprintf(path, PATH_ROOM, "%s/tests/config/%s", QUOIN_SOURCE_DIR, name);
    return path;
}

config *open_config(const char *path, const char *const *sets, size_t nsets)
{
    qn_err err = QN_ERR_INIT;
    config *cfg = NULL;
    int32_t rc = config_open(path, sets, nsets, &cfg, &err);

    ck_assert_msg(rc == QN_OK && cfg, "%s: %s", error_name(rc), err.msg);
    return cfg;
}

config *open_text(const char *text)
{
    char path[] = "/tmp/quoin-config-XXXXXX";
    int fd = mkstemp(path);
    config *cfg;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    cfg = open_config(path, NULL, 0);
    unlink(path);
    return cfg;
}

size_t mistakes_of(const config *cfg)
{
    const config_mistake *m;

    return config_mistakes(cfg, &m);
}

const char *mistake_text(const config *cfg, size_t i)
{
    const config_mistake *m;

    ck_assert_uint_gt(config_mistakes(cfg, &m), i);
    return m[i].text;
}
