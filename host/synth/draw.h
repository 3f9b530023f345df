/* SPDX-License-Identifier: MIT
 *
 * Streams of random numbers: xoshiro256++ (Blackman and Vigna, 2021, "Scrambled linear
 * pseudorandom number generators", ACM TOMS 47), its state filled by splitmix64 (Steele, Lea
 * and Flood, 2014) from the seed and two names. What a number is used for has a stream of its
 * own, so that asking for trades moves no price, and one more instrument no other. */
#ifndef QUOIN_SYNTH_DRAW_H
#define QUOIN_SYNTH_DRAW_H

#include "maths.h"

#include <stdint.h>

typedef struct draw {
    uint64_t s[4]; /* never all zero */
} draw;

/* Begin the stream of `seed`, a purpose, and an instrument's name ("" for what all share). */
void draw_begin(draw *d, uint64_t seed, const char *purpose, const char *name);

static inline uint64_t draw_rotate(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

/* 64 random bits. */
static inline uint64_t draw_bits(draw *d)
{
    uint64_t *s = d->s;
    uint64_t result = draw_rotate(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = draw_rotate(s[3], 45);
    return result;
}

/* Uniform in (0, 1): the middles of 2^52 steps, each of which a double holds exactly. */
static inline double draw_unit(draw *d)
{
    return ((double)(draw_bits(d) >> 12) + 0.5) * 0x1p-52;
}

/* The layers of the ziggurat: the half of the bell curve above zero as 128 pieces of one area,
 * of which 127 are rectangles; x[i] is the right edge of piece i, the widest first. */
#define DRAW_LAYERS 128
typedef struct draw_layers {
    double x[DRAW_LAYERS + 1];
    double inner[DRAW_LAYERS]; /* part of a piece's width that lies below the curve whole */
} draw_layers;

void draw_layers_make(draw_layers *z);

/* What a number that fell beside the rectangle of its layer becomes. */
double draw_normal_rare(draw *d, const draw_layers *z, double u, unsigned layer);

/* Normal with mean 0 and variance 1: the ziggurat of Marsaglia and Tsang (2000), Journal of
 * Statistical Software 5, in the form of Doornik (2005), "An improved ziggurat method to
 * generate normal random samples", where layer and place come from different bits. */
static inline double draw_normal(draw *d, const draw_layers *z)
{
    uint64_t bits = draw_bits(d);
    unsigned layer = (unsigned)(bits & (DRAW_LAYERS - 1));
    double u = ((double)(bits >> 12) + 0.5) * 0x1p-51 - 1.0;

    if (__builtin_expect((u < 0 ? -u : u) < z->inner[layer], 1)) return u * z->x[layer];
    return draw_normal_rare(d, z, u, layer);
}

/* Exponential with mean 1. */
static inline double draw_exponential(draw *d)
{
    return -portable_ln(draw_unit(d));
}

/* Pareto above 1: P(X > x) = x^-tail, cut at `most`. */
static inline double draw_pareto(draw *d, double tail, double most)
{
    double x = portable_exp(draw_exponential(d) / tail);

    return x < most ? x : most;
}

#endif
