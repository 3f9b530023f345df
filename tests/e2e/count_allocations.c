/* SPDX-License-Identifier: MIT
 *
 * Counts allocations: loaded before the C library (LD_PRELOAD), it stands in for malloc and its
 * relatives, whoever calls them: the program, its plugins or a library. At the end the number
 * goes into the file that QUOIN_COUNT_OUT names. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t align, size_t size);

static long count; /* one thread allocates */

EXPORT void *malloc(size_t size)
{
    count++;
    return __libc_malloc(size);
}

EXPORT void *calloc(size_t n, size_t size)
{
    count++;
    return __libc_calloc(n, size);
}

EXPORT void *realloc(void *p, size_t size)
{
    count++;
    return __libc_realloc(p, size);
}

EXPORT void *reallocarray(void *p, size_t n, size_t size)
{
    size_t total;

    count++;
    if (!__builtin_mul_overflow(n, size, &total)) return __libc_realloc(p, total);
    errno = ENOMEM;
    return NULL;
}

EXPORT void *aligned_alloc(size_t align, size_t size)
{
    count++;
    return __libc_memalign(align, size);
}

EXPORT int posix_memalign(void **out, size_t align, size_t size)
{
    count++;
    *out = __libc_memalign(align, size);
    return *out ? 0 : ENOMEM;
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("QUOIN_COUNT_OUT");
    long made = count;
    FILE *f = path ? fopen(path, "w") : NULL;

    if (!f) return;
    fprintf(f, "%ld\n", made);
    fclose(f);
}
