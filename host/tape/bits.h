/* SPDX-License-Identifier: MIT
 *
 * Little-endian numbers in files, and arrays of small unsigned numbers packed bit by bit:
 * value i stands in bits [i x width, (i + 1) x width), lowest bit first. */
#ifndef QUOIN_TAPE_BITS_H
#define QUOIN_TAPE_BITS_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t load64(const unsigned char *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof value);
    return le64toh(value);
}

static inline uint32_t load32(const unsigned char *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return le32toh(value);
}

static inline uint16_t load16(const unsigned char *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline void store64(unsigned char *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof value);
}

static inline void store32(unsigned char *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof value);
}

static inline void store16(unsigned char *at, uint16_t value)
{
    at[0] = (unsigned char)value;
    at[1] = (unsigned char)(value >> 8);
}

/* Bytes that `n` values of `width` bits fill; the spare bits of the last one are zero. */
static inline size_t bits_size(size_t n, uint32_t width)
{
    return (n * width + 7) / 8;
}

/* A reader may look this far behind the packed bytes; the caller sees to it that they exist. */
#define BITS_BEHIND 16

/* Bits that the largest of `n` values needs, 0 to 64. */
uint32_t bits_width(const uint64_t *values, size_t n);

/* Pack `n` values, each below 2^width, width <= 64. `to` has bits_size bytes and 8 more. Returns
 * bits_size(n, width). */
size_t bits_pack(const uint64_t *values, size_t n, uint32_t width, unsigned char *to);

/* The way back. Reads up to BITS_BEHIND bytes behind the packed ones. */
void bits_unpack(const unsigned char *from, size_t n, uint32_t width, uint64_t *values);

#endif
