/* SPDX-License-Identifier: MIT */
#include "call.h"

#include "base/fail.h"

static ffi_type *const ffi_types[FOREIGN_TYPES] = {
    [FOREIGN_VOID] = &ffi_type_void,      [FOREIGN_I8] = &ffi_type_sint8,
    [FOREIGN_U8] = &ffi_type_uint8,       [FOREIGN_I16] = &ffi_type_sint16,
    [FOREIGN_U16] = &ffi_type_uint16,     [FOREIGN_I32] = &ffi_type_sint32,
    [FOREIGN_U32] = &ffi_type_uint32,     [FOREIGN_I64] = &ffi_type_sint64,
    [FOREIGN_U64] = &ffi_type_uint64,     [FOREIGN_F32] = &ffi_type_float,
    [FOREIGN_F64] = &ffi_type_double,     [FOREIGN_STR] = &ffi_type_pointer,
    [FOREIGN_SERIES] = &ffi_type_pointer,
};

int32_t foreign_call_prepare(foreign_call *c, const foreign_signature *types, uint32_t use,
                             qn_err *err)
{
    unsigned n = 0;

    *c = (foreign_call){.types = *types, .use = use};
    if (use == FOREIGN_COMMAND) c->args[n++] = &ffi_type_pointer;
    for (uint32_t i = 0; i < types->nargs; i++)
        c->args[n++] = ffi_types[types->args[i]];
    if (use == FOREIGN_COMMAND) c->args[n++] = &ffi_type_pointer;
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

static void put(foreign_type type, const foreign_value *v, slot *to)
{
    switch (type) {
    case FOREIGN_I8:
        to->i8 = (int8_t)v->i;
        return;
    case FOREIGN_U8:
        to->u8 = (uint8_t)v->i;
        return;
    case FOREIGN_I16:
        to->i16 = (int16_t)v->i;
        return;
    case FOREIGN_U16:
        to->u16 = (uint16_t)v->i;
        return;
    case FOREIGN_I32:
        to->i32 = (int32_t)v->i;
        return;
    case FOREIGN_U32:
        to->u32 = (uint32_t)v->i;
        return;
    case FOREIGN_F32:
        to->f32 = (float)v->f;
        return;
    case FOREIGN_F64:
        to->f64 = v->f;
        return;
    case FOREIGN_STR:
        to->pointer = v->text;
        return;
    case FOREIGN_SERIES:
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

static void take(foreign_type type, const returned *from, foreign_value *to)
{
    *to = (foreign_value){0};
    switch (type) {
    case FOREIGN_VOID:
        return;
    case FOREIGN_I8:
        to->i = (int8_t)from->i;
        return;
    case FOREIGN_U8:
        to->i = (uint8_t)from->u;
        return;
    case FOREIGN_I16:
        to->i = (int16_t)from->i;
        return;
    case FOREIGN_U16:
        to->i = (uint16_t)from->u;
        return;
    case FOREIGN_I32:
        to->i = (int32_t)from->i;
        return;
    case FOREIGN_U32:
        to->i = (uint32_t)from->u;
        return;
    case FOREIGN_F32:
        to->f = (double)from->f32;
        return;
    case FOREIGN_F64:
        to->f = from->f64;
        return;
    case FOREIGN_STR:
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
    slot slots[FOREIGN_ARGS];
    void *at[FOREIGN_ARGS + 2];
    returned value = {0};
    unsigned n = 0;

    if (c->use == FOREIGN_COMMAND) at[n++] = &self;
    for (uint32_t i = 0; i < c->types.nargs; i++) {
        put(c->types.args[i], &args[i], &slots[i]);
        at[n++] = &slots[i];
    }
    if (c->use == FOREIGN_COMMAND) at[n++] = &err;
    ffi_call(&cif, fn, &value, at);
    take(c->types.result, &value, result);
}

double foreign_value_number(foreign_type type, const foreign_value *v)
{
    if (type == FOREIGN_F32 || type == FOREIGN_F64) return v->f;
    return type == FOREIGN_U64 ? (double)v->u : (double)v->i;
}
