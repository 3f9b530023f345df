/* SPDX-License-Identifier: MIT */
#include "stamp.h"

#include "number.h"

#include "base/clock.h"
#include "base/fail.h"

#include <quoin/number.h>

#include <stdbool.h>

#define SHOWN(text, len) (int)((len) > 40 ? 40 : (len)), (text)

/* The forms, by their number: name, the exponent of one unit in seconds, and its ns. */
static const struct {
    const char *name;
    int32_t exp;
    int64_t ns;
} forms[] = {
    [STAMP_UNKNOWN] = {"nothing", 0, 0},
    [STAMP_ISO] = {"ISO 8601", 0, 0},
    [STAMP_S] = {"seconds", 0, QN_NS_PER_S},
    [STAMP_MS] = {"milliseconds", -3, QN_NS_PER_MS},
    [STAMP_US] = {"microseconds", -6, QN_NS_PER_US},
    [STAMP_NS] = {"nanoseconds", -9, 1},
};

/* The unit of a number, by how many digits stand before the point. */
static const uint8_t form_of_digits[20] = {
    [9] = STAMP_S,   [10] = STAMP_S,  [12] = STAMP_MS, [13] = STAMP_MS,
    [15] = STAMP_US, [16] = STAMP_US, [18] = STAMP_NS, [19] = STAMP_NS};

/* How many digits begin the text; *is_number if nothing but a fraction follows them. */
static size_t count_digits(const char *text, size_t len, bool *is_number)
{
    size_t n = 0;
    size_t rest;

    while (n < len && text[n] >= '0' && text[n] <= '9')
        n++;
    rest = n;
    if (rest < len && text[rest] == '.') rest++;
    while (rest < len && text[rest] >= '0' && text[rest] <= '9')
        rest++;
    *is_number = n > 0 && rest == len;
    return n;
}

static int32_t read_number(const char *text, size_t len, size_t digits, stamp_form *form,
                           int64_t *out, qn_err *err)
{
    *form = digits < sizeof form_of_digits ? (stamp_form)form_of_digits[digits] : STAMP_UNKNOWN;
    if (*form == STAMP_UNKNOWN || text[0] == '0')
        return fail(err, QN_E_RANGE,
                    "time '%.*s' is ambiguous: s, ms, us or ns since 1970 cannot be told apart",
                    SHOWN(text, len));
    /* a unit of 10^exp s is 10^(9 + exp) ns, so the number is a mantissa of that many places */
    if (number_read(text, len, -9 - forms[*form].exp, out) != QN_OK)
        return fail(err, QN_E_RANGE, "time '%.*s' is beyond the year 2261 or finer than 1 ns",
                    SHOWN(text, len));
    return QN_OK;
}

/* Digits alone, in the form of those before: nearly every time is that. */
static bool read_like_before(const char *text, size_t len, stamp_form form, int64_t *out)
{
    int64_t value;

    if (form <= STAMP_ISO || len >= sizeof form_of_digits || form_of_digits[len] != form ||
        text[0] == '0' || !number_digits(text, len, &value))
        return false;
    return !__builtin_mul_overflow(value, forms[form].ns, out);
}

int32_t stamp_read(const char *text, size_t len, stamp_form *form, int64_t *out_ns, qn_err *err)
{
    bool is_number;
    size_t digits;
    stamp_form found = STAMP_ISO;
    int64_t ns = 0;
    int32_t rc = QN_OK;

    if (read_like_before(text, len, *form, out_ns)) return QN_OK;
    digits = count_digits(text, len, &is_number);
    if (is_number)
        rc = read_number(text, len, digits, &found, &ns, err);
    else if (time_parse(text, len, &ns) != QN_OK)
        rc = fail(err, QN_E_SYNTAX,
                  "'%.*s' is no time; expected ISO 8601 or s, ms, us or ns since 1970",
                  SHOWN(text, len));
    if (rc != QN_OK) return rc;
    if (*form != STAMP_UNKNOWN && *form != found)
        return fail(err, QN_E_TYPE, "time '%.*s' is in %s, but the file's times are in %s",
                    SHOWN(text, len), forms[found].name, forms[*form].name);
    *form = found;
    *out_ns = ns;
    return QN_OK;
}
