/* SPDX-License-Identifier: MIT */
#include "draw.h"

#include <math.h>

/* Where the tail begins, and the area of each piece, for 128 of them. */
#define TAIL 3.442619855899
#define AREA 9.91256303526217e-3

static uint64_t mix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15)); /* 2^64 / the golden ratio */

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Take a text in, its end too, so that "ab" "c" and "a" "bc" differ. */
static void absorb(uint64_t *state, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    do
        *state = mix(state) ^ *p;
    while (*p++);
}

void draw_begin(draw *d, uint64_t seed, const char *purpose, const char *name)
{
    uint64_t state = seed;

    absorb(&state, purpose);
    absorb(&state, name);
    for (int i = 0; i < 4; i++)
        d->s[i] = mix(&state);
}

/* The bell curve, but for its factor. */
static double bell(double x)
{
    return portable_exp(-0.5 * x * x);
}

void draw_layers_make(draw_layers *z)
{
    double f = bell(TAIL);

    z->x[0] = AREA / f; /* the lowest piece with its tail pressed into a rectangle */
    z->x[1] = TAIL;
    for (int i = 2; i < DRAW_LAYERS; i++) {
        z->x[i] = sqrt(-2.0 * portable_ln(AREA / z->x[i - 1] + f));
        f = bell(z->x[i]);
    }
    z->x[DRAW_LAYERS] = 0;
    for (int i = 0; i < DRAW_LAYERS; i++)
        z->inner[i] = z->x[i + 1] / z->x[i];
}

/* Beyond TAIL: Marsaglia (1964), Technometrics 6. */
static double tail(draw *d, int is_negative)
{
    double x;
    double y;

    do {
        x = draw_exponential(d) / TAIL;
        y = draw_exponential(d);
    } while (2.0 * y < x * x);
    return is_negative ? -TAIL - x : TAIL + x;
}

double draw_normal_rare(draw *d, const draw_layers *z, double u, unsigned layer)
{
    for (;;) {
        double x = u * z->x[layer];
        double upper;
        double lower;
        uint64_t bits;
        if ((u < 0 ? -u : u) < z->inner[layer]) return x;
        if (layer == 0) return tail(d, u < 0);
        upper = portable_exp(-0.5 * (z->x[layer] * z->x[layer] - x * x));
        lower = portable_exp(-0.5 * (z->x[layer + 1] * z->x[layer + 1] - x * x));
        if (lower + draw_unit(d) * (upper - lower) < 1.0) return x;
        bits = draw_bits(d);
        layer = (unsigned)(bits & (DRAW_LAYERS - 1));
        u = ((double)(bits >> 12) + 0.5) * 0x1p-51 - 1.0;
    }
}
