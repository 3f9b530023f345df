/* SPDX-License-Identifier: MIT
 *
 * Random numbers from a seed, the same on every machine: splitmix64 (Steele, Lea, Flood, Fast
 * Splittable Pseudorandom Number Generators, OOPSLA 2014, figure 17). Good for drawing points; not
 * for secrets. The state is one number, which any seed may start. */
#ifndef QUOIN_SDK_RANDOM_H
#define QUOIN_SDK_RANDOM_H

#include <quoin/number.h>

/* The next 64 bits. */
static inline uint64_t qn_random_next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 .. n - 1, each as likely as the others; n > 0 (Lemire, Fast Random Integer Generation in an
 * Interval, ACM TOMACS 29, 2019, algorithm 5). */
static inline uint64_t qn_random_below(uint64_t *state, uint64_t n)
{
    __extension__ typedef unsigned __int128 product;
    product p = (product)qn_random_next(state) * n;

    while ((uint64_t)p < n && (uint64_t)p < (0 - n) % n)
        p = (product)qn_random_next(state) * n;
    return (uint64_t)(p >> 64);
}

/* 0 <= x < 1, a multiple of 2^-53. */
static inline double qn_random_unit(uint64_t *state)
{
    return (double)(qn_random_next(state) >> 11) * 0x1p-53;
}

#endif
