/* SPDX-License-Identifier: MIT */
#include "call.h"

#include "base/fail.h"

static ffi_type *const ffi_types[SIGNATURE_TYPES] = {
    [SIGNATURE_VOID] = &ffi_type_void,      [SIGNATURE_I8] = &ffi_type_sint8,
    [SIGNATURE_U8] = &ffi_type_uint8,       [SIGNATURE_I16] = &ffi_type_sint16,
    [SIGNATURE_U16] = &ffi_type_uint16,     [SIGNATURE_I32] = &ffi_type_sint32,
    [SIGNATURE_U32] = &ffi_type_uint32,     [SIGNATURE_I64] = &ffi_type_sint64,
    [SIGNATURE_U64] = &ffi_type_uint64,     [SIGNATURE_F32] = &ffi_type_float,
    [SIGNATURE_F64] = &ffi_type_double,     [SIGNATURE_STR] = &ffi_type_pointer,
    [SIGNATURE_SERIES] = &ffi_type_pointer,
};

int32_t foreign_call_prepare(foreign_call *c, const signature_of *types, uint32_t use, qn_err *err)
{
    unsigned n = 0;

    *c = (foreign_call){.types = *types, .use = use};
    if (use == SIGNATURE_COMMAND) c->args[n++] = &ffi_type_pointer;
    for (uint32_t i = 0; i < types->nargs; i++)
        c->args[n++] = ffi_types[types->args[i]];
    if (use == SIGNATURE_COMMAND) c->args[n++] = &ffi_type_pointer;
    if (ffi_prep_cif(&c->cif, FFI_DEFAULT_ABI, n, ffi_types[types->result], c->args) != FFI_OK)
        return fail(err, QN_E_UNSUPPORTED, "such a function cannot be called on this machine");
    return QN_OK;
}

/* ------------------------------------------------------------------ widths */

/* An argument, as wide as its type. */
typedef union slot {
    int8_t i8;
    uint8_t u8;
    int16_t i16;
    uint16_t u16;
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    const void *pointer;
} slot;

static void put(signature_type type, const foreign_value *v, slot *to)
{
    switch (type) {
    case SIGNATURE_I8:
        to->i8 = (int8_t)v->i;
        return;
    case SIGNATURE_U8:
        to->u8 = (uint8_t)v->i;
        return;
    case SIGNATURE_I16:
        to->i16 = (int16_t)v->i;
        return;
    case SIGNATURE_U16:
        to->u16 = (uint16_t)v->i;
        return;
    case SIGNATURE_I32:
        to->i32 = (int32_t)v->i;
        return;
    case SIGNATURE_U32:
        to->u32 = (uint32_t)v->i;
        return;
    case SIGNATURE_F32:
        to->f32 = (float)v->f;
        return;
    case SIGNATURE_F64:
        to->f64 = v->f;
        return;
    case SIGNATURE_STR:
        to->pointer = v->text;
        return;
    case SIGNATURE_SERIES:
        to->pointer = v->series;
        return;
    default: /* 64 bits, with a sign or without */
        to->u64 = v->u;
    }
}

/* libffi widens whole numbers that are narrower than ffi_arg: they are read through it. */
typedef union returned {
    ffi_arg u;
    ffi_sarg i;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    const char *text;
} returned;

static void take(signature_type type, const returned *from, foreign_value *to)
{
    *to = (foreign_value){0};
    switch (type) {
    case SIGNATURE_VOID:
        return;
    case SIGNATURE_I8:
        to->i = (int8_t)from->i;
        return;
    case SIGNATURE_U8:
        to->i = (uint8_t)from->u;
        return;
    case SIGNATURE_I16:
        to->i = (int16_t)from->i;
        return;
    case SIGNATURE_U16:
        to->i = (uint16_t)from->u;
        return;
    case SIGNATURE_I32:
        to->i = (int32_t)from->i;
        return;
    case SIGNATURE_U32:
        to->i = (uint32_t)from->u;
        return;
    case SIGNATURE_F32:
        to->f = (double)from->f32;
        return;
    case SIGNATURE_F64:
        to->f = from->f64;
        return;
    case SIGNATURE_STR:
        to->text = from->text;
        return;
    default:
        to->u = from->u64;
    }
}

/* ------------------------------------------------------------------ calling */

void foreign_call_make(const foreign_call *c, foreign_fn fn, void *self, const foreign_value *args,
                       qn_err *err, foreign_value *result)
{
    ffi_cif cif = c->cif; /* ffi_call asks for one that it may write */
    slot slots[SIGNATURE_ARGS];
    void *at[SIGNATURE_ARGS + 2];
    returned value = {0};
    unsigned n = 0;

    if (c->use == SIGNATURE_COMMAND) at[n++] = &self;
    for (uint32_t i = 0; i < c->types.nargs; i++) {
        put(c->types.args[i], &args[i], &slots[i]);
        at[n++] = &slots[i];
    }
    if (c->use == SIGNATURE_COMMAND) at[n++] = &err;
    ffi_call(&cif, fn, &value, at);
    take(c->types.result, &value, result);
}

double foreign_value_number(signature_type type, const foreign_value *v)
{
    if (type == SIGNATURE_F32 || type == SIGNATURE_F64) return v->f;
    return type == SIGNATURE_U64 ? (double)v->u : (double)v->i;
}
