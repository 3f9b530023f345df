/* SPDX-License-Identifier: MIT
 *
 * Memory: checked allocation, and arenas that are freed as a whole. The one place that calls
 * malloc. Nothing here aborts: NULL means out of memory, and the caller says so. */
#ifndef QUOIN_BASE_MEMORY_H
#define QUOIN_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `n` zeroed objects of `size` bytes; NULL when out of memory or n x size overflows. */
void *mem_new(size_t n, size_t size);

/* Resize an array to `n` objects; new ones are not zeroed. NULL leaves the old one as it was. */
void *mem_resize(void *array, size_t n, size_t size);

/* Make room for at least `need` objects in a growing array, doubling. Returns false when out
 * of memory; *array and *room are then unchanged. */
bool mem_reserve(void **array, size_t *room, size_t need, size_t size);

/* Copies of text. */
char *mem_text(const char *text);
char *mem_text_n(const char *text, size_t len);

/* How often this thread has taken memory from the system. */
uint64_t mem_count(void);

/* Frees what the functions above returned; NULL is fine. */
void mem_free(void *p);

/* An arena. All zero is an empty one. */
typedef struct arena {
    struct arena_block *blocks; /* newest first */
} arena;

/* Zeroed memory that lives as long as the arena; align is a power of two <= 4096. */
void *arena_alloc(arena *a, size_t n, size_t align);
char *arena_text_n(arena *a, const char *text, size_t len);
char *arena_format(arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Frees everything; the arena is empty afterwards. */
void arena_free(arena *a);

#endif
