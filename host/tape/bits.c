/* SPDX-License-Identifier: MIT */
#include "bits.h"

uint32_t bits_width(const uint64_t *values, size_t n)
{
    uint64_t all = 0;

    for (size_t i = 0; i < n; i++)
        all |= values[i];
    return all ? 64 - (uint32_t)__builtin_clzll(all) : 0;
}

size_t bits_pack(const uint64_t *values, size_t n, uint32_t width, unsigned char *to)
{
    unsigned char *at = to;
    uint64_t word = 0; /* bits not yet stored */
    uint32_t used = 0; /* of them, below 64 */

    if (width == 0) return 0;
    for (size_t i = 0; i < n; i++) {
        word |= values[i] << used;
        used += width;
        if (used < 64) continue;
        store64(at, word);
        at += 8;
        used -= 64;
        /* the bits of this value that did not fit; a shift by 64 would be undefined */
        word = used ? values[i] >> (width - used) : 0;
    }
    store64(at, word);
    return bits_size(n, width);
}

/* A load of 8 bytes holds any value of up to 57 bits, wherever in its first byte it starts. */
#define WIDTH_ONE_LOAD 57u

static inline uint64_t take(const unsigned char *from, size_t bit, uint32_t width)
{
    return (load64(from + bit / 8) >> (bit % 8)) & (UINT64_MAX >> (64 - width));
}

static uint64_t take_wide(const unsigned char *from, size_t bit, uint32_t width)
{
    uint32_t shift = bit % 8;
    uint64_t low = load64(from + bit / 8) >> shift;

    if (shift) low |= (uint64_t)from[bit / 8 + 8] << (64 - shift);
    return low & (UINT64_MAX >> (64 - width));
}

/* Eight values start on a byte again: with a constant width the compiler turns the shifts and
 * masks of the eight into constants. */
static inline __attribute__((always_inline)) void unpack_eights(const unsigned char *from, size_t n,
                                                                uint32_t width, uint64_t *to)
{
    for (size_t i = 0; i < n; i += 8, from += width, to += 8) {
        to[0] = take(from, 0, width);
        to[1] = take(from, width, width);
        to[2] = take(from, 2 * (size_t)width, width);
        to[3] = take(from, 3 * (size_t)width, width);
        to[4] = take(from, 4 * (size_t)width, width);
        to[5] = take(from, 5 * (size_t)width, width);
        to[6] = take(from, 6 * (size_t)width, width);
        to[7] = take(from, 7 * (size_t)width, width);
    }
}

#define EIGHTS(width)                                                                              \
    case width:                                                                                    \
        unpack_eights(from, n, width, to);                                                         \
        break;

/* Widths beyond 32 are rare (quantities of new coins, first values): no code of their own. */
static void unpack_many(const unsigned char *from, size_t n, uint32_t width, uint64_t *to)
{
    switch (width) {
        EIGHTS(1)
        EIGHTS(2)
        EIGHTS(3)
        EIGHTS(4)
        EIGHTS(5)
        EIGHTS(6)
        EIGHTS(7)
        EIGHTS(8)
        EIGHTS(9)
        EIGHTS(10)
        EIGHTS(11)
        EIGHTS(12)
        EIGHTS(13)
        EIGHTS(14)
        EIGHTS(15)
        EIGHTS(16)
        EIGHTS(17)
        EIGHTS(18)
        EIGHTS(19)
        EIGHTS(20)
        EIGHTS(21)
        EIGHTS(22)
        EIGHTS(23)
        EIGHTS(24)
        EIGHTS(25)
        EIGHTS(26)
        EIGHTS(27)
        EIGHTS(28)
        EIGHTS(29)
        EIGHTS(30)
        EIGHTS(31)
        EIGHTS(32)
    default:
        unpack_eights(from, n, width, to);
    }
}

void bits_unpack(const unsigned char *from, size_t n, uint32_t width, uint64_t *values)
{
    size_t i = 0;

    if (width == 0) {
        memset(values, 0, n * sizeof *values);
    } else if (width > WIDTH_ONE_LOAD) {
        for (; i < n; i++)
            values[i] = take_wide(from, i * width, width);
    } else {
        i = n & ~(size_t)7;
        unpack_many(from, i, width, values);
        for (; i < n; i++)
            values[i] = take(from, i * width, width);
    }
}
