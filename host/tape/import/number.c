/* SPDX-License-Identifier: MIT */
#include "number.h"

#include <quoin/number.h>
#include <quoin/sdk/decimal.h>

#include <endian.h>
#include <stdbool.h>
#include <string.h>

__extension__ typedef unsigned __int128 uwide;

#define PLACES_MAX 18
#define DIGITS_FAST 18  /* always fit 64 bits */
#define DIGITS_EXACT 15 /* a double of 15 digits is written back as it was */
#define DIGITS_MAX 37   /* always fit 127 bits; what follows is below any noise */
#define EXPONENT_MAX 9999

static const int64_t tens[PLACES_MAX + 1] = {1,
                                             10,
                                             100,
                                             1000,
                                             10000,
                                             100000,
                                             1000000,
                                             10000000,
                                             100000000,
                                             1000000000,
                                             10000000000,
                                             100000000000,
                                             1000000000000,
                                             10000000000000,
                                             100000000000000,
                                             1000000000000000,
                                             10000000000000000,
                                             100000000000000000,
                                             1000000000000000000};

/* A number as written: mantissa x 10^exp. */
typedef struct written {
    uwide mantissa;
    int32_t exp;
    bool is_negative;
} written;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "e-8" at p, to the end. */
static int32_t exponent(const char *p, const char *end, int32_t *exp)
{
    bool is_negative = false;
    int32_t value = 0;

    if (p == end) return QN_OK;
    if (*p != 'e' && *p != 'E') return QN_E_SYNTAX;
    p++;
    if (p < end && (*p == '+' || *p == '-')) is_negative = *p++ == '-';
    if (p == end) return QN_E_SYNTAX;
    for (; p < end; p++) {
        if (!is_digit(*p)) return QN_E_SYNTAX;
        if (value < EXPONENT_MAX) value = value * 10 + (*p - '0');
    }
    *exp += is_negative ? -value : value;
    return QN_OK;
}

/* Any number, with as many digits as there are. */
static int32_t parse(const char *p, const char *end, written *w)
{
    bool is_fraction = false;
    uint32_t seen = 0;
    int32_t digits = 0;

    *w = (written){0};
    if (p < end && (*p == '+' || *p == '-')) w->is_negative = *p++ == '-';
    for (; p < end; p++) {
        if (*p == '.' && !is_fraction) {
            is_fraction = true;
            continue;
        }
        if (!is_digit(*p)) break;
        seen++;
        if (digits < DIGITS_MAX) {
            w->mantissa = w->mantissa * 10 + (uwide)(*p - '0');
            digits += w->mantissa != 0;
            w->exp -= is_fraction;
        } else {
            w->exp += !is_fraction;
        }
    }
    return seen ? exponent(p, end, &w->exp) : QN_E_SYNTAX;
}

static uwide power(int32_t n)
{
    uwide p = (uwide)tens[n > 18 ? 18 : n];

    return n > 18 ? p * (uwide)tens[n - 18 > 18 ? 18 : n - 18] * (n > 36 ? 10 : 1) : p;
}

/* The multiple of 10^exp that `w` stands for, without sign. */
static int32_t scale(const written *w, int32_t exp, uwide *out)
{
    int32_t below = exp - w->exp; /* digits that the unit does not hold */
    uwide unit;
    uwide multiple;
    uwide rest;

    if (w->mantissa == 0) {
        *out = 0;
        return QN_OK;
    }
    if (below <= 0) {
        if (below < -18 || w->mantissa > (uwide)INT64_MAX / power(-below)) return QN_E_OVERFLOW;
        *out = w->mantissa * power(-below);
        return QN_OK;
    }
    if (below > DIGITS_MAX) return QN_E_PRECISION;
    unit = power(below);
    multiple = w->mantissa / unit;
    rest = w->mantissa % unit;
    if (rest > unit / 2) { /* the nearest one lies above */
        rest = unit - rest;
        multiple++;
    }
    /* rest < mantissa x 2^-50, without a product that could overflow */
    if (rest > (w->mantissa - 1) >> 50) return QN_E_PRECISION;
    *out = multiple;
    return QN_OK;
}

static int32_t __attribute__((noinline))
read_slowly(const char *text, size_t len, int32_t exp, int64_t *out)
{
    written w;
    uwide magnitude;
    int32_t rc;

    if ((rc = parse(text, text + len, &w)) != QN_OK) return rc;
    if ((rc = scale(&w, exp, &magnitude)) != QN_OK) return rc;
    if (magnitude > (uwide)INT64_MAX) return QN_E_OVERFLOW;
    *out = w.is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return QN_OK;
}

/* --- numbers of few digits, eight characters at a time ---------------------------------- */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* `n` characters (1 to 8) as a number of as many bytes, the first one lowest. Reads overlap, so
 * that none goes beyond the text. */
static uint64_t load(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;
    uint64_t whole;
    uint32_t first;
    uint32_t last;

    if (n == 8) {
        memcpy(&whole, p, sizeof whole);
        return le64toh(whole);
    }
    if (n >= 4) {
        memcpy(&first, p, sizeof first);
        memcpy(&last, p + n - 4, sizeof last);
        return le32toh(first) | (uint64_t)le32toh(last) << (8 * (n - 4));
    }
    return p[0] | (uint64_t)p[n / 2] << (8 * (n / 2)) | (uint64_t)p[n - 1] << (8 * (n - 1));
}

/* Take the first point out of `n` characters: *n falls, *behind is how many stand behind it.
 * False if there is none. */
static bool take_point(uint64_t *chunk, size_t *n, size_t *behind)
{
    uint64_t x = *chunk ^ EACH('.');
    uint64_t found = (x - EACH(1)) & ~x & EACH(0x80); /* its lowest bit is of the first zero byte */
    size_t at = found ? (size_t)__builtin_ctzll(found) / 8 : 8;
    uint64_t behind_it;

    if (at >= *n) return false;
    behind_it = ~UINT64_C(0) << (8 * at);
    *chunk = (*chunk & ~behind_it) | (*chunk >> 8 & behind_it);
    *behind = --*n - at;
    return true;
}

/* `n` digits (1 to 8) as a number; false if one is none. Pairs are joined, then fours, then
 * all, each step in every part of the word at once (D. Lemire, "Quickly parsing eight digits",
 * 2018). */
static bool read_digits(uint64_t chunk, size_t n, int64_t *out)
{
    size_t lacking = 8 * (8 - n);
    uint64_t x = chunk << lacking | (EACH('0') & ~(~UINT64_C(0) << lacking));

    if (((x & EACH(0xf0)) ^ EACH('0')) | (((x + EACH(6)) & EACH(0xf0)) ^ EACH('0'))) return false;
    x -= EACH('0');
    x = x * 10 + (x >> 8);
    x = ((x & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064) +
         (x >> 16 & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001)) >>
        32;
    *out = (int64_t)x;
    return true;
}

bool number_digits(const char *text, size_t len, int64_t *out)
{
    int64_t value = 0;
    int64_t part;

    if (len == 0 || len > DIGITS_FAST) return false;
    for (size_t n; len > 0; text += n, len -= n) {
        n = len < 8 ? len : 8;
        if (!read_digits(load(text, n), n, &part)) return false;
        value = value * tens[n] + part;
    }
    *out = value;
    return true;
}

/* Digits around a point, 2 to 16 characters: nearly every number is that, or digits alone.
 * False for any other text. */
static bool read_few(const char *text, size_t len, int64_t *value, int32_t *places)
{
    size_t n = len < 8 ? len : 8;
    size_t behind = 0;
    uint64_t chunk = load(text, n);
    int64_t more;

    if (!take_point(&chunk, &n, &behind)) return false;
    if (!read_digits(chunk, n, value)) return false;
    *places = (int32_t)behind;
    if (len <= 8) return true;
    len -= 8;
    if (!read_digits(load(text + 8, len), len, &more)) return false;
    *value = *value * tens[len] + more;
    *places += (int32_t)len;
    return true;
}

int32_t number_read(const char *text, size_t len, int32_t exp, int64_t *out)
{
    int64_t value = 0;
    int32_t places = 0;

    if (len < 2 || len > 16 || !read_few(text, len, &value, &places)) {
        places = 0;
        if (!number_digits(text, len, &value)) return read_slowly(text, len, exp, out);
    }
    places = -exp - places; /* that the number lacks */
    if (places < 0 || places > PLACES_MAX || __builtin_mul_overflow(value, tens[places], &value))
        return read_slowly(text, len, exp, out);
    *out = value;
    return QN_OK;
}

/* Places of a number of few enough digits that none can be noise: with 15 or fewer, the last
 * one is worth more than 2^-50 of the whole. Returns -1 for any other text. */
static int32_t places_of_few(const char *text, size_t len)
{
    int32_t places = 0; /* digits behind the point so far */
    int32_t needed = 0; /* up to the last one that is not 0 */
    bool is_fraction = false;

    if (len < 2 || len > DIGITS_EXACT) return -1;
    for (size_t i = 0; i < len; i++) {
        uint32_t digit = (uint32_t)(unsigned char)text[i] - '0';
        if (digit <= 9) {
            places += is_fraction;
            if (digit > 0) needed = places;
        } else if (text[i] == '.' && !is_fraction) {
            is_fraction = true;
        } else {
            return -1;
        }
    }
    return needed;
}

int32_t number_places(const char *text, size_t len, int32_t *out)
{
    written w;
    uwide ignored;
    int32_t few = places_of_few(text, len);
    int32_t rc;

    if (few >= 0) {
        *out = few;
        return QN_OK;
    }
    if ((rc = parse(text, text + len, &w)) != QN_OK) return rc;
    while (w.exp < 0 && w.mantissa % 10 == 0 && w.mantissa != 0) {
        w.mantissa /= 10;
        w.exp++;
    }
    for (int32_t places = 0; places <= PLACES_MAX; places++) {
        rc = scale(&w, -places, &ignored);
        if (rc == QN_E_PRECISION) continue;
        *out = places; /* one too large for its unit is told of when it is read */
        return QN_OK;
    }
    return QN_E_PRECISION;
}

int32_t number_id(const char *text, size_t len, uint64_t *out)
{
    uint64_t value = 0;

    if (len == 0) return QN_E_SYNTAX;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(text[i])) return QN_E_SYNTAX;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
            return QN_E_OVERFLOW;
    }
    *out = value;
    return QN_OK;
}
