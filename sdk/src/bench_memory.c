/* SPDX-License-Identifier: MIT */
#include "bench_internal.h"

#include <stdlib.h>
#include <string.h>

void *bench_take(uint64_t n, uint64_t align)
{
    uint64_t at_least = align > sizeof(void *) ? align : sizeof(void *);
    void *p = NULL;

    if (n == 0) n = 1;
    if (posix_memalign(&p, at_least, n) != 0) return NULL;
    return memset(p, 0, n);
}

void bench_give(void *p)
{
    free(p);
}

int bench_reserve(void **rows, uint64_t *room, uint64_t need, uint64_t size)
{
    uint64_t more = *room ? *room : 16;
    void *grown;

    if (need <= *room) return 1;
    while (more < need)
        more *= 2;
    if (!(grown = realloc(*rows, more * size))) return 0;
    *rows = grown;
    *room = more;
    return 1;
}
