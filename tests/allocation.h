/* SPDX-License-Identifier: MIT
 *
 * Makes the k-th allocation of the host's own code fail. Included by the one source of a test
 * that is linked with -Wl,--wrap=calloc,--wrap=reallocarray:
 *
 *     for (allocation_fail(k = 1); the_call() != QN_OK; allocation_fail(++k)) ... */
#ifndef QUOIN_TESTS_ALLOCATION_H
#define QUOIN_TESTS_ALLOCATION_H

#include <stddef.h>

static struct {
    long calls, fail_at; /* 0 = never */
} allocation;

void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);

/* From now on the k-th call fails, and no other. 0 = none. */
static inline void allocation_fail(long k)
{
    allocation.calls = 0;
    allocation.fail_at = k;
}

void *__wrap_calloc(size_t n, size_t size)
{
    if (allocation.fail_at && ++allocation.calls == allocation.fail_at) return NULL;
    return __real_calloc(n, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
    if (allocation.fail_at && ++allocation.calls == allocation.fail_at) return NULL;
    return __real_reallocarray(p, n, size);
}

#endif
