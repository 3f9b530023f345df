/* SPDX-License-Identifier: MIT */
#include "signature.h"

#include "base/fail.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 40 /* bytes of what was found, in a message */

static const struct {
    const char *name;
    uint32_t uses;
    const char *doc;
} types[FOREIGN_TYPES] = {
#define ROW(NAME, name, uses, meaning) [FOREIGN_##NAME] = {name, uses, meaning},
    FOREIGN_TYPE_LIST(ROW)
#undef ROW
};

const char *foreign_type_name(foreign_type type)
{
    return types[type].name;
}

const char *foreign_type_doc(foreign_type type)
{
    return types[type].doc;
}

/* ------------------------------------------------------------------ signatures */

typedef struct reader {
    const char *text, *at;
    qn_err *err;
} reader;

static const char a_type[] = "void, i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, str or f64[]";

static int column(const reader *r)
{
    return (int)(r->at - r->text) + 1;
}

static void skip_blanks(reader *r)
{
    while (*r->at == ' ')
        r->at++;
}

/* Letters, digits and brackets; without any, the one character that stands there. */
static int word_length(const reader *r)
{
    size_t n = strspn(r->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_[]*");

    if (n > SHOWN) n = SHOWN;
    return n ? (int)n : *r->at != '\0';
}

static int32_t expected(const reader *r, const char *what)
{
    if (!*r->at)
        return fail(r->err, QN_E_SYNTAX, "column %d: the signature ends, expected %s", column(r),
                    what);
    return fail(r->err, QN_E_SYNTAX, "column %d: found '%.*s', expected %s", column(r),
                word_length(r), r->at, what);
}

static int32_t read_type(reader *r, uint32_t use, foreign_type *out)
{
    int n;

    skip_blanks(r);
    n = word_length(r);
    for (int i = 0; i < FOREIGN_TYPES; i++) {
        if (strlen(types[i].name) != (size_t)n || memcmp(types[i].name, r->at, (size_t)n) != 0)
            continue;
        if (!(types[i].uses & use))
            return fail(r->err, QN_E_TYPE, "column %d: %s cannot stand here", column(r),
                        types[i].name);
        *out = (foreign_type)i;
        r->at += n;
        return QN_OK;
    }
    if (n == 0 || strchr("(),", *r->at)) return expected(r, a_type);
    return fail(r->err, QN_E_UNKNOWN_NAME, "column %d: found '%.*s', expected %s", column(r), n,
                r->at, a_type);
}

static bool takes(reader *r, char c)
{
    skip_blanks(r);
    if (*r->at != c) return false;
    r->at++;
    return true;
}

static int32_t read_args(reader *r, uint32_t use, foreign_signature *s)
{
    int32_t rc;

    if (takes(r, ')')) return QN_OK;
    for (;;) {
        if (s->nargs == FOREIGN_ARGS)
            return fail(r->err, QN_E_FULL, "column %d: more than %u arguments", column(r),
                        FOREIGN_ARGS);
        if ((rc = read_type(r, use, &s->args[s->nargs])) != QN_OK) return rc;
        s->nargs++;
        if (takes(r, ')')) return QN_OK;
        if (!takes(r, ',')) return expected(r, "',' or ')'");
    }
}

int32_t foreign_signature_parse(const char *text, uint32_t use, foreign_signature *out, qn_err *err)
{
    reader r = {.text = text, .at = text, .err = err};
    foreign_signature s = {0};
    uint32_t result = use == FOREIGN_COMMAND ? FOREIGN_COMMAND_RESULT : FOREIGN_FUNCTION_RESULT;
    int32_t rc;

    if (strnlen(text, FOREIGN_TEXT) == FOREIGN_TEXT)
        return fail(err, QN_E_SYNTAX, "a signature has at most %u bytes", FOREIGN_TEXT - 1);
    if ((rc = read_type(&r, result, &s.result)) != QN_OK) return rc;
    if (!takes(&r, '(')) return expected(&r, "'('");
    if ((rc = read_args(&r, use, &s)) != QN_OK) return rc;
    skip_blanks(&r);
    if (*r.at) return expected(&r, "the end");
    *out = s;
    return QN_OK;
}

/* ------------------------------------------------------------------ values */

static int32_t not_one(foreign_type type, const char *text, int32_t code, qn_err *err)
{
    bool is_long = strlen(text) > SHOWN;

    return fail(err, code, "found \"%.*s\"%s, expected %s", SHOWN, text, is_long ? "..." : "",
                types[type].doc);
}

/* The widths of whole numbers; those of 64 bits end where their parser does. */
static const struct {
    int64_t low, high;
} ranges[FOREIGN_TYPES] = {
    [FOREIGN_I8] = {INT8_MIN, INT8_MAX},    [FOREIGN_U8] = {0, UINT8_MAX},
    [FOREIGN_I16] = {INT16_MIN, INT16_MAX}, [FOREIGN_U16] = {0, UINT16_MAX},
    [FOREIGN_I32] = {INT32_MIN, INT32_MAX}, [FOREIGN_U32] = {0, UINT32_MAX},
    [FOREIGN_I64] = {INT64_MIN, INT64_MAX}, [FOREIGN_U64] = {0, INT64_MAX},
};

bool foreign_value_fits(foreign_type type, const foreign_value *v)
{
    if (type == FOREIGN_U64 || !ranges[type].high) return true;
    return v->i >= ranges[type].low && v->i <= ranges[type].high;
}

/* Digits behind an optional sign, and nothing else. */
static bool is_whole(const char *text)
{
    const char *digits = text + (*text == '-' || *text == '+');

    return *digits && !digits[strspn(digits, "0123456789")];
}

static int32_t parse_whole(foreign_type type, const char *text, foreign_value *out)
{
    foreign_value v;

    if (!is_whole(text)) return QN_E_TYPE;
    errno = 0;
    if (type == FOREIGN_U64 && *text != '-') {
        v.u = strtoull(text, NULL, 10);
        if (errno) return QN_E_RANGE;
    } else {
        v.i = strtoll(text, NULL, 10);
        if (errno || v.i < ranges[type].low || v.i > ranges[type].high) return QN_E_RANGE;
    }
    *out = v;
    return QN_OK;
}

/* Decimal and finite: strtod alone would take "inf", "nan" and hexadecimal, too. */
static int32_t parse_number(foreign_type type, const char *text, foreign_value *out)
{
    double most = type == FOREIGN_F32 ? (double)FLT_MAX : DBL_MAX;
    char *end;
    double f;

    if (!*text || text[strspn(text, "0123456789+-.eE")]) return QN_E_TYPE;
    f = strtod(text, &end);
    if (*end) return QN_E_TYPE;
    if (!isfinite(f) || fabs(f) > most) return QN_E_RANGE;
    out->f = f;
    return QN_OK;
}

static int32_t parse_text(const char *text, foreign_value *out)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p < ' ' || *p == 127) return QN_E_TYPE;
    out->text = text;
    return QN_OK;
}

int32_t foreign_value_parse(foreign_type type, const char *text, foreign_value *out, qn_err *err)
{
    int32_t rc = QN_E_TYPE;

    if (type == FOREIGN_STR)
        rc = parse_text(text, out);
    else if (type == FOREIGN_F32 || type == FOREIGN_F64)
        rc = parse_number(type, text, out);
    else if (ranges[type].high)
        rc = parse_whole(type, text, out);
    return rc == QN_OK ? rc : not_one(type, text, rc, err);
}

int foreign_value_compare(foreign_type type, const foreign_value *a, const foreign_value *b)
{
    if (type == FOREIGN_F32 || type == FOREIGN_F64) return (a->f > b->f) - (a->f < b->f);
    if (type == FOREIGN_U64) return (a->u > b->u) - (a->u < b->u);
    return (a->i > b->i) - (a->i < b->i);
}
