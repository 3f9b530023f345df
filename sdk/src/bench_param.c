/* SPDX-License-Identifier: MIT
 *
 * Parameters: texts into the slots of an instance, checked as the host checks them. */
#include "bench_internal.h"

#include <quoin/sdk/decimal.h>
#include <quoin/sdk/fail.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a slot holds, of any type. */
typedef union slot {
    int64_t whole;
    double real;
    qn_decimal decimal;
    qn_str text;
} slot;

static int32_t label_read(const char *labels, const char *value, int64_t *out)
{
    const char *at = labels;

    for (int64_t place = 0; at; place++) {
        size_t len = strcspn(at, "|");
        if (len == strlen(value) && strncmp(at, value, len) == 0) {
            *out = place;
            return QN_OK;
        }
        at = at[len] ? at + len + 1 : NULL;
    }
    return QN_E_UNKNOWN_NAME;
}

static int32_t duration_read(const char *value, int64_t *out)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"ns", 1},           {"us", QN_NS_PER_US},    {"ms", QN_NS_PER_MS},
                 {"s", QN_NS_PER_S},  {"m", 60 * QN_NS_PER_S}, {"h", 3600 * QN_NS_PER_S},
                 {"d", QN_NS_PER_DAY}};
    size_t digits = strspn(value, "0123456789");
    int64_t n;

    if (digits == 0 || qn_decimal_parse_at(value, digits, 0, &n) != QN_OK) return QN_E_SYNTAX;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(value + digits, units[i].name) == 0)
            return __builtin_mul_overflow(n, units[i].ns, out) ? QN_E_OVERFLOW : QN_OK;
    return QN_E_SYNTAX;
}

static int32_t real_read(const char *value, double *out)
{
    char *end;

    *out = strtod(value, &end);
    return end != value && *end == '\0' && isfinite(*out) ? QN_OK : QN_E_SYNTAX;
}

static int32_t value_read(const qn_param *p, const char *value, slot *out)
{
    switch (p->type) {
    case QN_PARAM_TYPE_BOOL:
        return label_read("false|true", value, &out->whole);
    case QN_PARAM_TYPE_ENUM:
        return label_read(p->labels, value, &out->whole);
    case QN_PARAM_TYPE_F64:
        return real_read(value, &out->real);
    case QN_PARAM_TYPE_DURATION:
        return duration_read(value, &out->whole);
    case QN_PARAM_TYPE_DECIMAL:
        return qn_decimal_parse(value, strlen(value), &out->decimal);
    case QN_PARAM_TYPE_STRING:
    case QN_PARAM_TYPE_PATH:
    case QN_PARAM_TYPE_SECRET:
        out->text.ptr = value;
        out->text.len = strlen(value);
        return QN_OK;
    case QN_PARAM_TYPE_I64:
        return qn_decimal_parse_at(value, strlen(value), 0, &out->whole);
    default:
        return qn_decimal_parse_at(value, strlen(value), QN_RATE_EXP, &out->whole);
    }
}

/* -1, 0, 1 */
static int compare(uint32_t type, const slot *x, const slot *y)
{
    long double a, b;

    switch (type) {
    case QN_PARAM_TYPE_F64:
        return (x->real > y->real) - (x->real < y->real);
    case QN_PARAM_TYPE_DECIMAL:
        a = (long double)x->decimal.mantissa * powl(10, x->decimal.exp);
        b = (long double)y->decimal.mantissa * powl(10, y->decimal.exp);
        return (a > b) - (a < b);
    default:
        return (x->whole > y->whole) - (x->whole < y->whole);
    }
}

static int32_t range_check(const qn_param *p, const char *value, const slot *s, qn_err *err)
{
    slot bound;

    if (p->min && value_read(p, p->min, &bound) == QN_OK && compare(p->type, s, &bound) < 0)
        return qn_fail(err, QN_E_RANGE, "%s = %s is below %s", p->key, value, p->min);
    if (p->max && value_read(p, p->max, &bound) == QN_OK && compare(p->type, s, &bound) > 0)
        return qn_fail(err, QN_E_RANGE, "%s = %s is above %s", p->key, value, p->max);
    return QN_OK;
}

uint64_t bench_slot_bytes(const qn_param *p)
{
#define SIZE(number, NAME, ctype, text) [number] = sizeof(ctype),
    static const unsigned char sizes[QN_PARAM_TYPES] = {QN_PARAM_TYPE_LIST(SIZE)};
#undef SIZE
    return p->type < QN_PARAM_TYPES ? sizes[p->type] : 0;
}

/* A text of the instance's own: the slot's lives as long as the instance. */
static int32_t text_own(qn_bench *b, slot *s, qn_err *err)
{
    char *copy = (char *)b->host.alloc(b->host.ctx, s->text.len + 1, 1);

    if (!copy) return qn_fail(err, QN_E_NO_MEMORY, "out of memory");
    memcpy(copy, s->text.ptr, s->text.len);
    s->text.ptr = copy;
    return QN_OK;
}

static int32_t param_fill(qn_bench *b, const qn_param *p, const char *value, qn_err *err)
{
    slot s;
    int32_t rc;

    memset(&s, 0, sizeof s);
    if ((rc = value_read(p, value, &s)) != QN_OK)
        return qn_fail(err, rc, "%s = %s: not what the parameter takes", p->key, value);
    if ((rc = range_check(p, value, &s, err)) != QN_OK) return rc;
    if ((p->type == QN_PARAM_TYPE_STRING || p->type == QN_PARAM_TYPE_PATH ||
         p->type == QN_PARAM_TYPE_SECRET) &&
        (rc = text_own(b, &s, err)) != QN_OK)
        return rc;
    memcpy((char *)b->self + p->offset, &s, bench_slot_bytes(p));
    return QN_OK;
}

/* What the test gave under a key, the last one; NULL = nothing. */
static const char *given(const qn_bench *b, const char *key)
{
    for (uint64_t i = b->nparams; i-- > 0;)
        if (strcmp(b->params[i].key, key) == 0) return b->params[i].value;
    return NULL;
}

const qn_param *bench_param_find(const qn_class *cls, const char *key)
{
    for (uint32_t i = 0; i < cls->params.nrows; i++) {
        const qn_param *p = (const qn_param *)qn_table_row(&cls->params, i);
        if (strcmp(p->key, key) == 0) return p;
    }
    return NULL;
}

int32_t bench_params_fill(qn_bench *b, qn_err *err)
{
    int32_t rc = QN_OK;

    for (uint64_t i = 0; i < b->nparams; i++)
        if (!bench_param_find(b->cls, b->params[i].key))
            return qn_fail(err, QN_E_UNKNOWN_NAME, "%s has no parameter '%s'", b->cls->id,
                           b->params[i].key);
    for (uint32_t i = 0; i < b->cls->params.nrows && rc == QN_OK; i++) {
        const qn_param *p = (const qn_param *)qn_table_row(&b->cls->params, i);
        const char *value = given(b, p->key);
        if (!value) value = p->def;
        if (value)
            rc = param_fill(b, p, value, err);
        else if (p->flags & QN_PARAM_REQUIRED)
            rc = qn_fail(err, QN_E_MISSING, "the parameter '%s' must be given", p->key);
    }
    return rc;
}
