/* SPDX-License-Identifier: MIT
 *
 * What of a process a module must leave as it was: threads, open files, the handling of signals,
 * how the processor rounds, the locale. Looked at before and after a call. */
#ifndef QUOIN_MODULE_SURROUNDINGS_H
#define QUOIN_MODULE_SURROUNDINGS_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

typedef struct surroundings {
    size_t threads, files;
    uint64_t rounding; /* of the processor */
    char locale[64];
    void (*handlers[_NSIG])(int); /* of all signals */
    sigset_t blocked;             /* of this thread */
} surroundings;

void surroundings_take(surroundings *s);

/* What a module did between the two, as the end of a sentence that begins with "it"; NULL =
 * nothing. */
const char *surroundings_changed(const surroundings *before, const surroundings *after);

#endif
