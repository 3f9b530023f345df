/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local uint64_t count; /* sinks and the store have threads of their own */

uint64_t mem_count(void)
{
    return count;
}

void *mem_new(size_t n, size_t size)
{
    count++;
    return calloc(n ? n : 1, size);
}

void *mem_resize(void *array, size_t n, size_t size)
{
    count++;
    return reallocarray(array, n ? n : 1, size);
}

bool mem_reserve(void **array, size_t *room, size_t need, size_t size)
{
    size_t want = *room ? *room : 16;
    void *grown;

    if (need <= *room) return true;
    while (want < need) {
        if (want > SIZE_MAX / 2) return false;
        want *= 2;
    }
    if (!(grown = mem_resize(*array, want, size))) return false;
    *array = grown;
    *room = want;
    return true;
}

char *mem_text_n(const char *text, size_t len)
{
    char *copy = len < SIZE_MAX ? malloc(len + 1) : NULL;

    if (!copy) return NULL;
    count++;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *mem_text(const char *text)
{
    return mem_text_n(text, strlen(text));
}

void mem_free(void *p)
{
    free(p);
}

#define BLOCK_SIZE ((size_t)16384)

typedef struct arena_block {
    struct arena_block *older;
    size_t used, room;
    /* room bytes follow */
} arena_block;

static void *block_take(arena_block *block, size_t n, size_t align)
{
    uintptr_t base = (uintptr_t)(block + 1);
    uintptr_t at = (base + block->used + align - 1) & ~(uintptr_t)(align - 1);
    size_t offset = at - base;

    if (offset > block->room || n > block->room - offset) return NULL;
    block->used = offset + n;
    return (void *)at;
}

void *arena_alloc(arena *a, size_t n, size_t align)
{
    void *p = a->blocks ? block_take(a->blocks, n, align) : NULL;
    arena_block *block;
    size_t room;

    if (p) return p;
    if (n > SIZE_MAX / 4) return NULL;
    room = n + align > BLOCK_SIZE ? n + align : BLOCK_SIZE;
    if (!(block = calloc(1, sizeof *block + room))) return NULL;
    count++;
    block->room = room;
    block->older = a->blocks;
    a->blocks = block;
    return block_take(block, n, align);
}

char *arena_text_n(arena *a, const char *text, size_t len)
{
    char *copy = arena_alloc(a, len + 1, 1);

    if (copy) memcpy(copy, text, len);
    return copy;
}

char *arena_format(arena *a, const char *format, ...)
{
    va_list args;
    char *text = NULL;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len >= 0) text = arena_alloc(a, (size_t)len + 1, 1);
    if (!text) return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}

void arena_free(arena *a)
{
    while (a->blocks) {
        arena_block *block = a->blocks;
        a->blocks = block->older;
        free(block);
    }
}
