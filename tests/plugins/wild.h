/* SPDX-License-Identifier: MIT
 *
 * What the plugins that misbehave share: a stream of random numbers, and the numbers that a host
 * should be afraid of. */
#ifndef QUOIN_TESTS_WILD_H
#define QUOIN_TESTS_WILD_H

#include <quoin/error.h>
#include <quoin/instrument.h>

#include <float.h>
#include <math.h>

/* splitmix64 (Steele, Lea, Flood 2014) */
static inline uint64_t wild_mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static inline uint64_t wild_next(uint64_t *state)
{
    return wild_mix(*state += UINT64_C(0x9E3779B97F4A7C15));
}

/* 0 .. n - 1 */
static inline int64_t wild_below(uint64_t *state, int64_t n)
{
    return (int64_t)(wild_next(state) % (uint64_t)n);
}

/* True once in n times. */
static inline int wild_once_in(uint64_t *state, int64_t n)
{
    return wild_below(state, n) == 0;
}

/* -1 .. 1 */
static inline double wild_share(uint64_t *state)
{
    return (double)(int64_t)wild_next(state) / 9223372036854775808.0;
}

static inline double wild_double(uint64_t *state)
{
    static const double odd[] = {NAN,      INFINITY, -INFINITY, DBL_MAX, -DBL_MAX, DBL_MIN,
                                 4.9e-324, -0.0,     1.0000001, -1.5,    1e18,     9.3e18};

    return odd[wild_next(state) % (sizeof odd / sizeof odd[0])];
}

static inline int64_t wild_int(uint64_t *state)
{
    static const int64_t odd[] = {
        0, 1, -1, INT64_MAX, INT64_MIN, INT64_MAX - 1, 1LL << 32, -(1LL << 32), 1LL << 53, 7};

    return odd[wild_next(state) % (sizeof odd / sizeof odd[0])];
}

static inline uint32_t wild_number(uint64_t *state)
{
    static const uint32_t odd[] = {0, 1, 2, 3, 4, 77, 1u << 31, UINT32_MAX, UINT32_MAX - 1};

    return odd[wild_next(state) % (sizeof odd / sizeof odd[0])];
}

/* What an on_event returns that does not keep to the list of errors. */
static inline int32_t wild_code(uint64_t *state)
{
    static const int32_t odd[] = {QN_E_RANGE, QN_E_INTERNAL, 1, -1, INT32_MAX, INT32_MIN};

    return odd[wild_next(state) % (sizeof odd / sizeof odd[0])];
}

#endif
