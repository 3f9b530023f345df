/* SPDX-License-Identifier: MIT */
#include "number.h"

#include <quoin/number.h>
#include <quoin/sdk/decimal.h>

#include <stdbool.h>

__extension__ typedef unsigned __int128 uwide;

#define PLACES_MAX 18
#define DIGITS_FAST 18  /* always fit 64 bits */
#define DIGITS_EXACT 15 /* a double of 15 digits is written back as it was */
#define DIGITS_MAX 37   /* always fit 127 bits; what follows is below any noise */
#define EXPONENT_MAX 9999

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
    uwide p = (uwide)qn_pow10(n > 18 ? 18 : n);

    return n > 18 ? p * (uwide)qn_pow10(n - 18 > 18 ? 18 : n - 18) * (n > 36 ? 10 : 1) : p;
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

static int32_t read_slowly(const char *text, size_t len, int32_t exp, int64_t *out)
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

int32_t number_read(const char *text, size_t len, int32_t exp, int64_t *out)
{
    const char *p = text;
    const char *end = text + len;
    const char *point = NULL;
    int64_t value = 0;
    int64_t places;

    /* nearly every number is a few digits with a point; whatever is not goes the slow way */
    if (len == 0 || len > DIGITS_FAST) return read_slowly(text, len, exp, out);
    for (; p < end; p++) {
        uint32_t digit = (uint32_t)(unsigned char)*p - '0';
        if (digit <= 9) {
            value = value * 10 + digit;
        } else if (*p == '.' && !point) {
            point = p;
        } else {
            return read_slowly(text, len, exp, out);
        }
    }
    places = point ? end - point - 1 : 0;
    if (-exp < places || -exp - places > PLACES_MAX || (point && len == 1) ||
        __builtin_mul_overflow(value, qn_pow10((int32_t)(-exp - places)), &value))
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
