/* SPDX-License-Identifier: MIT */
#include "value.h"

#include "base/clock.h"

#include <quoin/sdk/decimal.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_ROW(number, NAME, type, text) [number] = {#NAME, text, sizeof(type), _Alignof(type)},

const value_type *value_type_of(uint32_t type)
{
    static const value_type rows[QN_PARAM_TYPES] = {QN_PARAM_TYPE_LIST(TYPE_ROW)};

    return type < QN_PARAM_TYPES && rows[type].name ? &rows[type] : NULL;
}

/* A value in one of the three forms that compare. */
typedef struct value {
    qn_decimal decimal;
    double number;
} value;

static bool read_i64(const char *text, value *out)
{
    return qn_decimal_parse_at(text, strlen(text), 0, &out->decimal.mantissa) == QN_OK;
}

static bool read_f64(const char *text, value *out)
{
    char *end;

    if (!strchr("+-.0123456789", text[0])) return false; /* no blanks, inf, nan */
    out->number = strtod(text, &end);
    return end != text && !*end && isfinite(out->number);
}

static bool read_duration(const char *text, value *out)
{
    return duration_parse(text, strlen(text), &out->decimal.mantissa) == QN_OK;
}

static bool read_decimal(const char *text, value *out)
{
    return qn_decimal_parse(text, strlen(text), &out->decimal) == QN_OK;
}

static bool read_rate(const char *text, value *out)
{
    out->decimal.exp = QN_RATE_EXP;
    return qn_decimal_parse_at(text, strlen(text), QN_RATE_EXP, &out->decimal.mantissa) == QN_OK;
}

/* How the types with an order are read. */
static bool (*const readers[QN_PARAM_TYPES])(const char *text, value *out) = {
    [QN_PARAM_TYPE_I64] = read_i64,           [QN_PARAM_TYPE_F64] = read_f64,
    [QN_PARAM_TYPE_DURATION] = read_duration, [QN_PARAM_TYPE_DECIMAL] = read_decimal,
    [QN_PARAM_TYPE_RATIO] = read_rate,        [QN_PARAM_TYPE_BPS] = read_rate,
};

bool value_is_ordered(uint32_t type)
{
    return type < QN_PARAM_TYPES && readers[type];
}

static bool is_label(const char *text, const char *labels)
{
    size_t len = strlen(text);

    for (const char *at = labels; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, text, len) == 0 && (at[len] == '|' || !at[len])) return len > 0;
    }
    return false;
}

bool value_is_valid(uint32_t type, const char *text, const char *labels)
{
    value v = {0};

    if (value_is_ordered(type)) return readers[type](text, &v);
    if (type == QN_PARAM_TYPE_BOOL) return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
    if (type == QN_PARAM_TYPE_ENUM) return labels && !strchr(text, '|') && is_label(text, labels);
    return true;
}

static int compare(qn_decimal a, qn_decimal b)
{
    int32_t exp = a.exp < b.exp ? a.exp : b.exp;
    qn_wide x, y;

    if ((a.mantissa < 0) != (b.mantissa < 0)) return a.mantissa < 0 ? -1 : 1;
    /* one of them is at `exp` already; the other, if it does not fit, is the larger in size */
    if (qn_wide_scale(a.mantissa, a.exp - exp, &x) != QN_OK) return a.mantissa < 0 ? -1 : 1;
    if (qn_wide_scale(b.mantissa, b.exp - exp, &y) != QN_OK) return a.mantissa < 0 ? 1 : -1;
    return x < y ? -1 : x > y;
}

bool value_is_at_most(uint32_t type, const char *a, const char *b)
{
    value x = {0};
    value y = {0};

    if (!readers[type](a, &x) || !readers[type](b, &y)) return false;
    if (type == QN_PARAM_TYPE_F64) return x.number <= y.number;
    return compare(x.decimal, y.decimal) <= 0;
}
