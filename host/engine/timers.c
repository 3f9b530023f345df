/* SPDX-License-Identifier: MIT */
#include "internal.h"

static bool is_before(const timer *a, const timer *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

int32_t timers_append(timers *t, const timer *made)
{
    if (!mem_reserve((void **)&t->heap, &t->room, t->n + 1, sizeof *t->heap)) return QN_E_NO_MEMORY;
    t->heap[t->n++] = *made;
    return QN_OK;
}

/* Puts one that is to come at place `at` or above it. */
static void sift_up(timers *t, size_t at, timer made)
{
    for (; at > 0 && is_before(&made, &t->heap[(at - 1) / 2]); at = (at - 1) / 2)
        t->heap[at] = t->heap[(at - 1) / 2];
    t->heap[at] = made;
}

int32_t timers_add(timers *t, int64_t due, uint32_t owner, uint64_t cookie)
{
    timer made = {.due = due, .order = t->order + 1, .cookie = cookie, .owner = owner};
    size_t at = t->n;
    int32_t rc = timers_append(t, &made);

    if (rc != QN_OK) return rc;
    t->order++;
    sift_up(t, at, made);
    return QN_OK;
}

timer timers_take(timers *t)
{
    timer first = t->heap[0];
    timer moved = t->heap[--t->n];
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= t->n) break;
        if (child + 1 < t->n && is_before(&t->heap[child + 1], &t->heap[child])) child++;
        if (!is_before(&t->heap[child], &moved)) break;
        t->heap[at] = t->heap[child];
        at = child;
    }
    t->heap[at] = moved;
    return first;
}

void timers_drop(timers *t, uint32_t owner)
{
    size_t n = t->n;

    t->n = 0;
    for (size_t i = 0; i < n; i++) /* what is kept lies before what is read */
        if (t->heap[i].owner != owner) sift_up(t, t->n++, t->heap[i]);
}

void timers_free(timers *t)
{
    mem_free(t->heap);
    *t = (timers){0};
}
