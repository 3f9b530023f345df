/* SPDX-License-Identifier: MIT */
#include "book_side.h"

#include <string.h>

#define WORD 64u

/* The key's place in the array; one that is not below s->ticks lies outside. In unsigned
 * arithmetic, so that no pair of keys overflows. */
static inline uint64_t place_of(const qn_book_side *s, int64_t key)
{
    return (uint64_t)key - (uint64_t)s->base;
}

static inline int64_t key_at(const qn_book_side *s, uint64_t place)
{
    return (int64_t)((uint64_t)s->base + place);
}

/* ---- the array's bitmap ---- */

/* Set or clear, without a branch: which of both it is cannot be predicted. */
static inline void bit_put(qn_book_side *s, uint64_t place, bool is_set)
{
    uint64_t *word = &s->bits[place / WORD];
    uint64_t *above = &s->summary[place / WORD / WORD];

    *word = (*word & ~(UINT64_C(1) << place % WORD)) | (uint64_t)is_set << place % WORD;
    *above = (*above & ~(UINT64_C(1) << place / WORD % WORD)) | (uint64_t)(*word != 0)
                                                                    << place / WORD % WORD;
}

static inline uint64_t highest(uint64_t word)
{
    return WORD - 1 - (uint64_t)__builtin_clzll(word);
}

/* The bits of a word below bit `n`, 0 <= n < 64. */
static inline uint64_t lower(uint64_t word, uint64_t n)
{
    return word & ((UINT64_C(1) << n) - 1);
}

/* The highest bit that is set below `place` <= 64 x words of the map; -1 if there is none. */
static int64_t highest_below(const uint64_t *map, uint64_t place)
{
    uint64_t i = place / WORD;
    uint64_t rest = place % WORD ? lower(map[i], place % WORD) : 0;

    while (rest == 0) {
        if (i-- == 0) return -1;
        rest = map[i];
    }
    return (int64_t)(i * WORD + highest(rest));
}

/* The highest level of the array below `place` <= ticks; -1 if there is none. */
static int64_t array_below(const qn_book_side *s, uint64_t place)
{
    uint64_t i = place / WORD;
    uint64_t rest = place % WORD ? lower(s->bits[i], place % WORD) : 0;
    int64_t word;

    if (rest) return (int64_t)(i * WORD + highest(rest));
    if ((word = highest_below(s->summary, i)) < 0) return -1;
    return word * (int64_t)WORD + (int64_t)highest(s->bits[word]);
}

/* ---- the far list ---- */

/* How many entries lie below `key`. */
static uint32_t far_below(const qn_book_side *s, int64_t key)
{
    uint32_t low = 0;
    uint32_t high = s->nfar;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->far[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Open or close a hole of `n` entries at `at`. */
static void far_shift(qn_book_side *s, uint32_t at, uint32_t n, bool opens)
{
    qn_book_entry *from = s->far + at + (opens ? 0 : n);
    uint32_t rest = s->nfar - at - (opens ? 0 : n);

    memmove(s->far + at + (opens ? n : 0), from, rest * sizeof *from);
    s->nfar = opens ? s->nfar + n : s->nfar - n;
}

static bool is_far(const qn_book_side *s, uint32_t at, int64_t key)
{
    return at < s->nfar && s->far[at].key == key;
}

/* ---- levels ---- */

static int64_t find_best(const qn_book_side *s)
{
    int64_t place;

    if (s->nfar > s->below) return s->far[s->nfar - 1].key;
    if ((place = array_below(s, s->ticks)) >= 0) return key_at(s, (uint64_t)place);
    return s->below ? s->far[s->below - 1].key : BOOK_NO_KEY;
}

static void far_remove(qn_book_side *s, uint32_t at, int64_t key)
{
    far_shift(s, at, 1, false);
    s->below -= key < s->base;
    s->levels--;
    if (key == s->best) s->best = find_best(s);
}

static bool far_set(qn_book_side *s, int64_t key, int64_t qty)
{
    uint32_t at = far_below(s, key);

    if (is_far(s, at, key)) {
        if (qty)
            s->far[at].qty = qty;
        else
            far_remove(s, at, key);
        return true;
    }
    if (qty == 0) return true;
    if (s->nfar == s->far_room) return false;
    far_shift(s, at, 1, true);
    s->far[at] = (qn_book_entry){key, qty};
    s->below += key < s->base;
    s->levels++;
    if (key > s->best) s->best = key;
    return true;
}

/* Where the array begins when `key` is the best: three quarters of it lie below, which is where
 * a side's levels are. With 256 ticks or more that leaves the key inside after rounding. */
static int64_t base_for(const qn_book_side *s, int64_t key)
{
    int64_t behind = (int64_t)(s->ticks / 4 * 3);

    return key < INT64_MIN + behind ? INT64_MIN : (key - behind) & ~(int64_t)(WORD - 1);
}

bool book_side_set(qn_book_side *s, int64_t key, int64_t qty)
{
    uint64_t place = place_of(s, key);
    int64_t before;

    if (place >= s->ticks) {
        if (s->levels || qty == 0) return far_set(s, key, qty);
        s->base = base_for(s, key); /* an empty array may stand anywhere */
        place = place_of(s, key);
    }
    before = s->qty[place];
    s->qty[place] = qty;
    bit_put(s, place, qty != 0);
    s->levels += (uint64_t)(qty != 0) - (uint64_t)(before != 0);
    if (key > s->best && qty) s->best = key;
    if (key == s->best && qty == 0) s->best = find_best(s);
    return true;
}

int64_t book_side_qty(const qn_book_side *s, int64_t key)
{
    uint64_t place = place_of(s, key);
    uint32_t at;

    if (place < s->ticks) return s->qty[place];
    at = far_below(s, key);
    return is_far(s, at, key) ? s->far[at].qty : 0;
}

int64_t book_side_next(const qn_book_side *s, int64_t key)
{
    uint32_t at;
    int64_t place;
    uint64_t end;

    if (key <= s->base) {
        at = far_below(s, key);
        return at ? s->far[at - 1].key : BOOK_NO_KEY;
    }
    end = place_of(s, key);
    if (end > s->ticks && (at = far_below(s, key)) > s->below) return s->far[at - 1].key;
    if ((place = array_below(s, end < s->ticks ? end : s->ticks)) >= 0)
        return key_at(s, (uint64_t)place);
    return s->below ? s->far[s->below - 1].key : BOOK_NO_KEY;
}

/* ---- the array as a whole ---- */

void book_side_clear(qn_book_side *s, int64_t best)
{
    int64_t place = s->ticks;

    /* Level by level: an array is far larger than what stands in it. */
    while ((place = array_below(s, (uint64_t)place)) >= 0)
        s->qty[place] = 0;
    memset(s->bits, 0, s->ticks / 8);
    memset(s->summary, 0, (s->ticks / WORD + WORD - 1) / WORD * sizeof *s->summary);
    s->nfar = s->below = 0;
    s->levels = 0;
    s->best = BOOK_NO_KEY;
    s->base = best == BOOK_NO_KEY ? 0 : base_for(s, best);
}

static uint64_t count_bits(const qn_book_side *s, uint32_t from, uint32_t to)
{
    uint64_t n = 0;

    for (uint32_t i = from / WORD; i < to / WORD; i++)
        n += (uint64_t)__builtin_popcountll(s->bits[i]);
    return n;
}

/* Move the levels of places [from, to) to the far list, where they belong between what lies
 * below the array and what lies above it. `n` is their count, and there is room. */
static void evict(qn_book_side *s, uint32_t from, uint32_t to, uint32_t n)
{
    uint32_t at = s->below + n;
    int64_t place = to;

    far_shift(s, s->below, n, true);
    while ((place = array_below(s, (uint64_t)place)) >= from) {
        s->far[--at] = (qn_book_entry){key_at(s, (uint64_t)place), s->qty[place]};
        s->qty[place] = 0;
        bit_put(s, (uint64_t)place, false);
    }
}

/* Slide what stands in the array by `by` places, down for a higher base; `by` is a multiple of
 * 64 below ticks, and what would fall out is gone already. */
static void slide(qn_book_side *s, uint32_t by, bool down)
{
    uint32_t keep = s->ticks - by;
    uint32_t words = s->ticks / WORD;

    memmove(s->qty + (down ? 0 : by), s->qty + (down ? by : 0), keep * sizeof *s->qty);
    memset(s->qty + (down ? keep : 0), 0, by * sizeof *s->qty);
    memmove(s->bits + (down ? 0 : by / WORD), s->bits + (down ? by / WORD : 0), keep / 8);
    memset(s->bits + (down ? keep / WORD : 0), 0, by / 8);
    for (uint32_t i = 0; i < words; i++) {
        uint64_t bit = UINT64_C(1) << i % WORD;
        uint64_t *word = &s->summary[i / WORD];
        *word = s->bits[i] ? *word | bit : *word & ~bit;
    }
}

/* Take from the far list what lies in the array's range now. */
static void pull(qn_book_side *s)
{
    uint32_t from = far_below(s, s->base);
    uint32_t to = from;

    for (; to < s->nfar && place_of(s, s->far[to].key) < s->ticks; to++) {
        uint64_t place = place_of(s, s->far[to].key);
        s->qty[place] = s->far[to].qty;
        bit_put(s, place, true);
    }
    far_shift(s, from, to - from, false);
    s->below = from;
}

void book_side_settle(qn_book_side *s)
{
    uint64_t place = place_of(s, s->best);
    int64_t base;
    bool rises;
    uint64_t by;
    uint32_t from;
    uint32_t to;
    uint64_t n;

    if (s->levels == 0 || (place >= s->ticks / 2 && place < s->ticks)) return;
    if ((base = base_for(s, s->best)) == s->base) return;
    rises = base > s->base;
    by = rises ? (uint64_t)base - (uint64_t)s->base : (uint64_t)s->base - (uint64_t)base;
    if (by > s->ticks) by = s->ticks;
    from = rises ? 0 : s->ticks - (uint32_t)by;
    to = rises ? (uint32_t)by : s->ticks;
    n = count_bits(s, from, to);
    if (n > s->far_room - s->nfar) return;
    evict(s, from, to, (uint32_t)n);
    if (by < s->ticks) slide(s, (uint32_t)by, rises);
    s->base = base;
    pull(s);
}

bool book_side_can_refine(const qn_book_side *s)
{
    return s->levels <= s->far_room;
}

void book_side_refine(qn_book_side *s, int64_t factor)
{
    evict(s, 0, s->ticks, (uint32_t)s->levels - s->nfar);
    for (uint32_t i = 0; i < s->nfar; i++)
        s->far[i].key *= factor;
    if (s->best != BOOK_NO_KEY) s->best *= factor;
    s->base = s->best == BOOK_NO_KEY ? 0 : base_for(s, s->best);
    pull(s);
}
