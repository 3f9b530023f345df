/* SPDX-License-Identifier: MIT
 *
 * Commands: their signatures, their arguments as texts, their calls, checked as the host checks
 * them. */
#include "bench_internal.h"

#include <quoin/sdk/fail.h>

#include <errno.h>
#include <ffi.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* X(NAME, name, libffi's, lowest, highest, what a value looks like): bounds of whole numbers, where
 * their parser has others */
#define TYPES(X)                                                                                   \
    X(VOID, "void", ffi_type_void, 0, 0, "nothing")                                                \
    X(I8, "i8", ffi_type_sint8, INT8_MIN, INT8_MAX, "a whole number, -128 to 127")                 \
    X(U8, "u8", ffi_type_uint8, 0, UINT8_MAX, "a whole number, 0 to 255")                          \
    X(I16, "i16", ffi_type_sint16, INT16_MIN, INT16_MAX, "a whole number, -32768 to 32767")        \
    X(U16, "u16", ffi_type_uint16, 0, UINT16_MAX, "a whole number, 0 to 65535")                    \
    X(I32, "i32", ffi_type_sint32, INT32_MIN, INT32_MAX,                                           \
      "a whole number, -2147483648 to 2147483647")                                                 \
    X(U32, "u32", ffi_type_uint32, 0, UINT32_MAX, "a whole number, 0 to 4294967295")               \
    X(I64, "i64", ffi_type_sint64, INT64_MIN, INT64_MAX, "a whole number of 64 bits")              \
    X(U64, "u64", ffi_type_uint64, 0, INT64_MAX, "a whole number of 64 bits, 0 or more")           \
    X(F32, "f32", ffi_type_float, 0, 0, "a number that fits 32 bits")                              \
    X(F64, "f64", ffi_type_double, 0, 0, "a number")                                               \
    X(STR, "str", ffi_type_pointer, 0, 0, "a text without control characters")

enum {
#define ROW(NAME, name, ffi, low, high, doc) NAME,
    TYPES(ROW)
#undef ROW
        NTYPES
};

static const struct {
    const char *name;
    ffi_type *ffi;
    int64_t low, high;
    const char *doc;
} types[NTYPES] = {
#define ROW(NAME, name, ffi, low, high, doc) {name, &ffi, low, high, doc},
    TYPES(ROW)
#undef ROW
};

static int is_real(uint32_t type)
{
    return type == F32 || type == F64;
}

/* ------------------------------------------------------------------ words */

/* A word in quotation marks, taken from *at to *to without them. */
static int unquote(const char **at, char **to)
{
    const char *p = *at + 1;

    for (; *p && *p != '"'; p++) {
        if (*p == '\\' && !*++p) return 0;
        *(*to)++ = *p;
    }
    *at = p + (*p == '"');
    return *p == '"' && (!p[1] || p[1] == ' ');
}

int32_t bench_split(const char *text, bench_words *out, qn_err *err)
{
    const char *at = text;
    char *to = out->text;

    out->n = 0;
    if (strlen(text) >= BENCH_TEXT)
        return qn_fail(err, QN_E_SYNTAX, "more than %u bytes", BENCH_TEXT - 1);
    while (*at) {
        if (out->n == BENCH_WORDS)
            return qn_fail(err, QN_E_INVALID, "more than %u words", BENCH_WORDS);
        out->items[out->n++] = to;
        if (*at == '"' && !unquote(&at, &to))
            return qn_fail(err, QN_E_SYNTAX, "a quotation mark has no other, or no blank behind");
        while (*at && *at != ' ')
            *to++ = *at++;
        *to++ = '\0';
        if (*at == ' ' && !*++at) return qn_fail(err, QN_E_SYNTAX, "it ends with a blank");
    }
    return QN_OK;
}

/* ------------------------------------------------------------------ signatures */

const qn_command_table *bench_commands(const qn_bench *b)
{
    for (uint32_t i = 0; i < b->cls->exts.nrows; i++) {
        const qn_ext *ext = (const qn_ext *)qn_table_row(&b->cls->exts, i);
        if (strcmp(ext->id, QN_COMMAND_TABLE) == 0) return (const qn_command_table *)ext->table;
    }
    return NULL;
}

const char *bench_command_name(const qn_bench *b, uint32_t command)
{
    return ((const qn_command_row *)qn_table_row(&bench_commands(b)->rows, command))->name;
}

/* The type that begins at *at, which moves behind it and the blanks around; NTYPES = none. */
static uint32_t take_type(const char **at)
{
    const char *from = *at + strspn(*at, " ");
    size_t n = strcspn(from, " (),");

    for (uint32_t i = 0; i < NTYPES; i++)
        if (strlen(types[i].name) == n && memcmp(types[i].name, from, n) == 0) {
            *at = from + n + strspn(from + n, " ");
            return i;
        }
    return NTYPES;
}

/* "f64(i32,str)": 0 = it is none. */
static int signature_read(const char *at, bench_ask *out)
{
    out->nargs = 0;
    if ((out->result = take_type(&at)) == NTYPES || *at++ != '(') return 0;
    at += strspn(at, " ");
    if (*at == ')') return !at[1];
    do {
        uint32_t type = take_type(&at);
        if (type == NTYPES || type == VOID || out->nargs == QN_COMMAND_ARGS) return 0;
        out->types[out->nargs++] = type;
    } while (*at++ == ',');
    return at[-1] == ')' && !*at;
}

/* ------------------------------------------------------------------ arguments */

static int32_t whole_read(uint32_t type, const char *text, bench_value *out)
{
    const char *digits = text + (*text == '-' || *text == '+');

    if (!*digits || digits[strspn(digits, "0123456789")]) return QN_E_TYPE;
    errno = 0;
    if (type == U64 && *text != '-') {
        out->u = strtoull(text, NULL, 10);
        return errno ? QN_E_RANGE : QN_OK;
    }
    out->i = strtoll(text, NULL, 10);
    return errno || out->i < types[type].low || out->i > types[type].high ? QN_E_RANGE : QN_OK;
}

static int32_t real_read(uint32_t type, const char *text, bench_value *out)
{
    char *end;

    if (!*text || text[strspn(text, "0123456789+-.eE")]) return QN_E_TYPE;
    out->f = strtod(text, &end);
    if (*end) return QN_E_TYPE;
    return isfinite(out->f) && (type == F64 || fabs(out->f) <= (double)FLT_MAX) ? QN_OK
                                                                                : QN_E_RANGE;
}

static int32_t text_read(const char *text, bench_value *out)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p < ' ' || *p == 127) return QN_E_TYPE;
    out->text = text;
    return QN_OK;
}

static int32_t value_read(uint32_t type, const char *text, bench_value *out)
{
    if (type == STR) return text_read(text, out);
    return is_real(type) ? real_read(type, text, out) : whole_read(type, text, out);
}

static int compare(uint32_t type, bench_value x, bench_value y)
{
    if (is_real(type)) return (x.f > y.f) - (x.f < y.f);
    if (type == U64) return (x.u > y.u) - (x.u < y.u);
    return (x.i > y.i) - (x.i < y.i);
}

static int32_t arg_read(const qn_command_arg *arg, uint32_t type, const char *text,
                        bench_value *out, qn_err *err)
{
    int32_t rc = value_read(type, text, out);
    bench_value bound;

    if (rc != QN_OK)
        return qn_fail(err, rc, "argument %s: found \"%.40s\", expected %s", arg->name, text,
                       types[type].doc);
    if (arg->min && value_read(type, arg->min, &bound) == QN_OK && compare(type, *out, bound) < 0)
        return qn_fail(err, QN_E_RANGE, "argument %s: found %.40s, expected %.40s or more",
                       arg->name, text, arg->min);
    if (arg->max && value_read(type, arg->max, &bound) == QN_OK && compare(type, *out, bound) > 0)
        return qn_fail(err, QN_E_RANGE, "argument %s: found %.40s, expected %.40s or less",
                       arg->name, text, arg->max);
    return QN_OK;
}

static int32_t row_find(const qn_bench *b, const char *name, bench_ask *out, qn_err *err)
{
    const qn_command_table *table = bench_commands(b);

    for (out->place = 0; table && out->place < table->rows.nrows; out->place++) {
        out->row = (const qn_command_row *)qn_table_row(&table->rows, out->place);
        if (strcmp(out->row->name, name) == 0) return QN_OK;
    }
    return qn_fail(err, QN_E_UNKNOWN_NAME, "%s has no command '%.40s'", b->cls->id, name);
}

int32_t bench_command_read(qn_bench *b, const char *text, bench_ask *out, qn_err *err)
{
    int32_t rc = bench_split(text, &out->words, err);

    if (rc != QN_OK) return rc;
    if (!out->words.n) return qn_fail(err, QN_E_MISSING, "no command is named");
    if ((rc = row_find(b, out->words.items[0], out, err)) != QN_OK) return rc;
    if (!signature_read(out->row->signature, out) || out->row->args.nrows != out->nargs) {
        bench_fault(b, PLUGIN, "command %s: its signature %s is none, or not of its %u arguments",
                    out->row->name, out->row->signature, out->row->args.nrows);
        return qn_fail(err, QN_E_MODULE_TABLE, "its signature is wrong");
    }
    if (out->words.n - 1 != out->nargs)
        return qn_fail(err, QN_E_INVALID, "found %u arguments, expected %u", out->words.n - 1,
                       out->nargs);
    for (uint32_t i = 0; i < out->nargs && rc == QN_OK; i++)
        rc = arg_read((const qn_command_arg *)qn_table_row(&out->row->args, i), out->types[i],
                      out->words.items[i + 1], &out->args[i], err);
    return rc;
}

/* ------------------------------------------------------------------ calling */

/* What libffi returns: whole numbers that are narrower than ffi_arg are widened to it. */
typedef union returned {
    ffi_arg u;
    int64_t i64;
    float f32;
    double f64;
    const char *text;
} returned;

/* A whole number of `bytes`, cut out of a wider one. */
static int64_t narrow(ffi_arg wide, size_t bytes, int is_signed)
{
    unsigned away = 64 - 8 * (unsigned)bytes;

    return is_signed ? (int64_t)((uint64_t)wide << away) >> away
                     : (int64_t)((uint64_t)wide << away >> away);
}

static void result_take(uint32_t type, const returned *r, qn_bench_output *o)
{
    char *text = o->as.result.text;
    size_t room = sizeof o->as.result.text;
    int64_t whole;

    if (type == VOID) return;
    if (type == STR) {
        snprintf(text, room, "%s", r->text ? r->text : "");
    } else if (is_real(type)) {
        o->as.result.value = type == F32 ? (double)r->f32 : r->f64;
        snprintf(text, room, "%.6g", o->as.result.value);
    } else if (type == U64) {
        o->as.result.value = (double)(uint64_t)r->i64;
        snprintf(text, room, "%" PRIu64, (uint64_t)r->i64);
    } else {
        whole = type == I64 ? r->i64 : narrow(r->u, types[type].ffi->size, types[type].low < 0);
        o->as.result.value = (double)whole;
        snprintf(text, room, "%" PRId64, whole);
    }
}

int32_t bench_command_call(const bench_ask *ask, void *self, qn_bench_output *out, qn_err *err)
{
    bench_value args[QN_COMMAND_ARGS]; /* a narrow number lies in its first bytes */
    float narrow_reals[QN_COMMAND_ARGS];
    ffi_type *at_types[QN_COMMAND_ARGS + 2] = {&ffi_type_pointer};
    void *at[QN_COMMAND_ARGS + 2] = {&self};
    returned result = {0};
    uint32_t n = 1;
    ffi_cif cif;

    memcpy(args, ask->args, sizeof args);
    for (uint32_t i = 0; i < ask->nargs; i++, n++) {
        at_types[n] = types[ask->types[i]].ffi;
        at[n] = &args[i];
        if (ask->types[i] != F32) continue;
        narrow_reals[i] = (float)args[i].f;
        at[n] = &narrow_reals[i];
    }
    at_types[n] = &ffi_type_pointer;
    at[n++] = &err;
    if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, n, types[ask->result].ffi, at_types) != FFI_OK)
        return qn_fail(err, QN_E_UNSUPPORTED, "it cannot be called on this machine");
    ffi_call(&cif, ask->row->fn, &result, at);
    if (err->code == QN_OK) result_take(ask->result, &result, out);
    return err->code;
}
