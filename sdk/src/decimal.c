/* SPDX-License-Identifier: MIT */
#include <quoin/sdk/decimal.h>

#include <stdbool.h>
#include <string.h>

static const int64_t powers[19] = {
    INT64_C(1),
    INT64_C(10),
    INT64_C(100),
    INT64_C(1000),
    INT64_C(10000),
    INT64_C(100000),
    INT64_C(1000000),
    INT64_C(10000000),
    INT64_C(100000000),
    INT64_C(1000000000),
    INT64_C(10000000000),
    INT64_C(100000000000),
    INT64_C(1000000000000),
    INT64_C(10000000000000),
    INT64_C(100000000000000),
    INT64_C(1000000000000000),
    INT64_C(10000000000000000),
    INT64_C(100000000000000000),
    INT64_C(1000000000000000000),
};

__extension__ typedef unsigned __int128 uwide;
#define WIDE_MAX (((uwide)1 << 127) - 1)

int64_t qn_pow10(int32_t n)
{
    return powers[n];
}

/* The digits of a decimal, before sign and exponent are applied. Zeros at the end of the
 * fraction are counted but not taken in until another digit follows. */
typedef struct digits {
    uint64_t mantissa;
    int32_t exp;
    uint32_t seen;
    uint32_t zeros_held;
} digits;

static bool digits_add(digits *d, uint32_t digit, bool is_fraction)
{
    d->seen++;
    if (is_fraction && digit == 0) {
        d->zeros_held++;
        return true;
    }
    for (uint32_t k = d->zeros_held + 1; k > 0; k--) {
        uint32_t next = k == 1 ? digit : 0;
        if (d->mantissa > ((uint64_t)INT64_MAX - next) / 10) return false;
        d->mantissa = d->mantissa * 10 + next;
        if (is_fraction) d->exp--;
    }
    d->zeros_held = 0;
    return true;
}

/* "e-8": reads the exponent behind a mantissa. */
static int32_t exponent_parse(const char *p, const char *end, int32_t *out)
{
    bool is_negative = false;
    int32_t value = 0;

    if (p < end && (*p == '+' || *p == '-')) is_negative = *p++ == '-';
    if (p == end) return QN_E_SYNTAX;
    for (; p < end; p++) {
        if (*p < '0' || *p > '9') return QN_E_SYNTAX;
        if (value > 999) return QN_E_OVERFLOW;
        value = value * 10 + (*p - '0');
    }
    *out = is_negative ? -value : value;
    return QN_OK;
}

int32_t qn_decimal_parse(const char *text, size_t len, qn_decimal *out)
{
    const char *p = text;
    const char *end = text + len;
    digits d = {0};
    bool is_negative = false;
    bool is_fraction = false;
    int32_t exponent = 0;
    int32_t rc;

    if (p < end && (*p == '+' || *p == '-')) is_negative = *p++ == '-';
    for (; p < end; p++) {
        if (*p == '.' && !is_fraction) {
            is_fraction = true;
        } else if (*p >= '0' && *p <= '9') {
            if (!digits_add(&d, (uint32_t)(*p - '0'), is_fraction)) return QN_E_OVERFLOW;
        } else {
            break;
        }
    }
    if (d.seen == 0) return QN_E_SYNTAX;
    if (p < end) {
        if (*p != 'e' && *p != 'E') return QN_E_SYNTAX;
        if ((rc = exponent_parse(p + 1, end, &exponent)) != QN_OK) return rc;
    }
    d.exp = d.mantissa ? d.exp + exponent : 0;
    /* a mantissa such as 15e20 has room left: move powers of ten into it */
    while (d.exp > 18 && d.mantissa <= (uint64_t)INT64_MAX / 10) {
        d.mantissa *= 10;
        d.exp--;
    }
    if (d.exp < -18 || d.exp > 18) return QN_E_OVERFLOW;
    out->mantissa = is_negative ? -(int64_t)d.mantissa : (int64_t)d.mantissa;
    out->exp = d.exp;
    out->rsv0 = 0;
    return QN_OK;
}

int32_t qn_decimal_at(qn_decimal value, int32_t exp, int64_t *out)
{
    int32_t shift = value.exp - exp;
    int64_t result;

    if (value.mantissa == 0) {
        *out = 0;
        return QN_OK;
    }
    if (shift < 0) {
        if (shift < -18 || value.mantissa % powers[-shift] != 0) return QN_E_PRECISION;
        result = value.mantissa / powers[-shift];
    } else {
        if (shift > 18 || __builtin_mul_overflow(value.mantissa, powers[shift], &result))
            return QN_E_OVERFLOW;
    }
    *out = result;
    return QN_OK;
}

int32_t qn_decimal_parse_at(const char *text, size_t len, int32_t exp, int64_t *out)
{
    qn_decimal value;
    int32_t rc = qn_decimal_parse(text, len, &value);

    return rc != QN_OK ? rc : qn_decimal_at(value, exp, out);
}

/* Writes digits from the right, with a point where 10^0 ends. */
static size_t format(uint64_t magnitude, bool is_negative, int32_t exp, int32_t places, char *to)
{
    char reversed[QN_DECIMAL_TEXT];
    size_t n = 0;
    size_t len = 0;

    for (int32_t k = 0; k < exp && magnitude; k++)
        reversed[n++] = '0';
    for (int32_t place = exp < 0 ? exp : 0; place < 0 || magnitude; place++) {
        if (place == 0 && n > 0 && exp < 0) reversed[n++] = '.';
        reversed[n++] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    }
    if (n == 0 || (exp < 0 && n == (size_t)-exp)) { /* nothing in front of the point */
        if (n) reversed[n++] = '.';
        reversed[n++] = '0';
    }
    if (is_negative) to[len++] = '-';
    while (n > 0)
        to[len++] = reversed[--n];
    if (places > 0 && exp >= 0) to[len++] = '.';
    for (int32_t k = exp < 0 ? -exp : 0; k < places; k++)
        to[len++] = '0';
    to[len] = '\0';
    return len;
}

static uint64_t magnitude_of(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

size_t qn_decimal_format(int64_t mantissa, int32_t exp, char *to)
{
    if (mantissa == 0) exp = 0;
    while (exp < 0 && mantissa % 10 == 0) {
        mantissa /= 10;
        exp++;
    }
    return format(magnitude_of(mantissa), mantissa < 0, exp, 0, to);
}

size_t qn_decimal_format_fixed(int64_t mantissa, int32_t exp, int32_t places, char *to)
{
    if (exp < -places) {
        mantissa = (int64_t)qn_wide_divide(mantissa, powers[-places - exp]);
        exp = -places;
    }
    return format(magnitude_of(mantissa), mantissa < 0, exp, places, to);
}

double qn_decimal_double(int64_t mantissa, int32_t exp)
{
    /* powers up to 10^18 are exact in a double's product or quotient by one rounding */
    if (exp < 0) return (double)mantissa / (double)powers[-exp];
    return (double)mantissa * (double)powers[exp];
}

/* The same in 64 bits, which most values fit, and which is several times faster. */
static int64_t narrow_divide(int64_t numerator, int64_t denominator)
{
    int64_t quotient = numerator / denominator;
    int64_t rest = numerator % denominator;
    int64_t twice = rest < 0 ? -rest : rest;
    int64_t to_half = denominator - twice;

    if (twice > to_half || (twice == to_half && (quotient & 1))) quotient += numerator < 0 ? -1 : 1;
    return quotient;
}

static bool is_narrow(qn_wide value)
{
    return value == (int64_t)value;
}

qn_wide qn_wide_divide(qn_wide numerator, qn_wide denominator)
{
    if (is_narrow(numerator) && is_narrow(denominator))
        return narrow_divide((int64_t)numerator, (int64_t)denominator);

    qn_wide quotient = numerator / denominator;
    qn_wide rest = numerator % denominator;
    qn_wide twice = rest < 0 ? -rest : rest;
    qn_wide to_half = denominator - twice; /* > twice: below one half */

    if (twice > to_half || (twice == to_half && (quotient & 1))) quotient += numerator < 0 ? -1 : 1;
    return quotient;
}

int32_t qn_wide_scale(qn_wide value, int32_t shift, qn_wide *out)
{
    qn_wide factor = powers[shift < -18 || shift > 18 ? 18 : shift < 0 ? -shift : shift];

    if (shift < -18 || shift > 18) factor *= powers[(shift < 0 ? -shift : shift) - 18];
    if (shift < 0) {
        *out = qn_wide_divide(value, factor);
        return QN_OK;
    }
    uwide magnitude = value < 0 ? -(uwide)value : (uwide)value;
    if (shift > 0 && magnitude > WIDE_MAX / (uwide)factor) return QN_E_OVERFLOW;
    *out = value * factor;
    return QN_OK;
}

int64_t qn_floor_to(int64_t value, int64_t step)
{
    int64_t rest = value % step;

    return value - rest - (rest < 0 ? step : 0);
}

int64_t qn_ceil_to(int64_t value, int64_t step)
{
    int64_t rest = value % step;

    return value - rest + (rest > 0 ? step : 0);
}
