/* SPDX-License-Identifier: MIT */
#include "surroundings.h"

#include <dirent.h>
#include <fenv.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

static size_t count_entries(const char *path)
{
    DIR *dir = opendir(path);
    size_t n = 0;

    if (!dir) return 0; /* no /proc: then the same before and after */
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* Rounding, denormals and traps; the flags of past operations are left out. */
static uint64_t rounding_mode(void)
{
#if defined(__x86_64__)
    return (uint64_t)fegetround() << 32 | (__builtin_ia32_stmxcsr() & ~0x3fu);
#elif defined(__aarch64__)
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    return control;
#else
    return (uint64_t)fegetround();
#endif
}

void surroundings_take(surroundings *s)
{
    const char *locale = setlocale(LC_ALL, NULL);

    memset(s, 0, sizeof *s);
    s->threads = count_entries("/proc/self/task");
    s->files = count_entries("/proc/self/fd");
    s->rounding = rounding_mode();
    snprintf(s->locale, sizeof s->locale, "%s", locale ? locale : "");
    for (int i = 1; i < _NSIG; i++) {
        struct sigaction action;
        if (sigaction(i, NULL, &action) == 0) s->handlers[i] = action.sa_handler;
    }
    sigprocmask(SIG_SETMASK, NULL, &s->blocked);
}

const char *surroundings_changed(const surroundings *before, const surroundings *after)
{
    if (memcmp(before->handlers, after->handlers, sizeof before->handlers) != 0)
        return "changes the handling of a signal";
    if (memcmp(&before->blocked, &after->blocked, sizeof before->blocked) != 0)
        return "blocks or unblocks a signal";
    if (strcmp(before->locale, after->locale) != 0) return "changes the locale";
    if (before->rounding != after->rounding) return "changes the rounding mode";
    if (before->files < after->files) return "leaves a file open";
    if (before->files > after->files) return "closes a file that is not its own";
    if (before->threads != after->threads) return "starts a thread";
    return NULL;
}
