/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

bool progress_wanted(bool is_quiet)
{
    return !is_quiet && isatty(STDERR_FILENO);
}

void progress_draw(void *ctx, double part)
{
    static const char full[] = "########################################";
    int width = (int)sizeof full - 1;

    (void)ctx;
    fprintf(stderr, "\r[%-*.*s] %3d %%", width, (int)(part * width), full, (int)(part * 100));
}

void progress_wipe(void)
{
    fprintf(stderr, "\r%60s\r", "");
}
