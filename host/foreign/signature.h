/* SPDX-License-Identifier: MIT
 *
 * Signatures: the types of a function as a short text, "f64(f64[],i32,str)", and the values that
 * it takes as text.
 *
 *   signature = result "(" [ type { "," type } ] ")"      blanks may stand between them
 *
 * Two kinds of function have one, and not every type fits both (SIGNATURE_ below). A command is a
 * plugin's, called by an operator; a function is any C function of a library, called on bars.
 * What a signature says is all that is known of a function: one that lies is undefined behaviour,
 * so they come from plugins and from the config alone, never over a wire. */
#ifndef QUOIN_FOREIGN_SIGNATURE_H
#define QUOIN_FOREIGN_SIGNATURE_H

#include <quoin/error.h>

#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_ARGS 8u
#define SIGNATURE_TEXT 128u /* at most, its NUL included */

/* What a type may be used for. */
#define SIGNATURE_COMMAND 1u
#define SIGNATURE_FUNCTION 2u
#define SIGNATURE_COMMAND_RESULT 4u
#define SIGNATURE_FUNCTION_RESULT 8u
#define SIGNATURE_ALL 15u

/* X(NAME, name, uses, what a value looks like) */
#define SIGNATURE_TYPE_LIST(X)                                                                     \
    X(VOID, "void", SIGNATURE_COMMAND_RESULT, "nothing")                                           \
    X(I8, "i8", SIGNATURE_ALL, "a whole number, -128 to 127")                                      \
    X(U8, "u8", SIGNATURE_ALL, "a whole number, 0 to 255")                                         \
    X(I16, "i16", SIGNATURE_ALL, "a whole number, -32768 to 32767")                                \
    X(U16, "u16", SIGNATURE_ALL, "a whole number, 0 to 65535")                                     \
    X(I32, "i32", SIGNATURE_ALL, "a whole number, -2147483648 to 2147483647")                      \
    X(U32, "u32", SIGNATURE_ALL, "a whole number, 0 to 4294967295")                                \
    X(I64, "i64", SIGNATURE_ALL, "a whole number of 64 bits")                                      \
    X(U64, "u64", SIGNATURE_ALL, "a whole number of 64 bits, 0 or more")                           \
    X(F32, "f32", SIGNATURE_ALL, "a number that fits 32 bits")                                     \
    X(F64, "f64", SIGNATURE_ALL, "a number")                                                       \
    X(STR, "str", SIGNATURE_COMMAND | SIGNATURE_FUNCTION | SIGNATURE_COMMAND_RESULT,               \
      "a text without control characters")                                                         \
    X(SERIES, "f64[]", SIGNATURE_FUNCTION, "a series, \"close:60\"")

#define SIGNATURE_TYPE_ENUM(NAME, name, uses, meaning) SIGNATURE_##NAME,
typedef enum signature_type {
    SIGNATURE_TYPE_LIST(SIGNATURE_TYPE_ENUM) SIGNATURE_TYPES
} signature_type;
#undef SIGNATURE_TYPE_ENUM

typedef struct signature_of {
    signature_type result;
    signature_type args[SIGNATURE_ARGS];
    uint32_t nargs;
} signature_of;

/* A value of one type: which member counts is the type's business. Texts and series are borrowed,
 * and texts end with a NUL. */
typedef union foreign_value {
    int64_t i; /* I8 to I64 */
    uint64_t u;
    double f; /* F32, F64 */
    const char *text;
    const double *series;
} foreign_value;

/* Read a signature. `use` is SIGNATURE_COMMAND or SIGNATURE_FUNCTION. On error *out is unchanged.
 * returns QN_OK; QN_E_SYNTAX, QN_E_UNKNOWN_NAME, QN_E_TYPE (a type that this use does not have),
 *         QN_E_FULL (too many arguments): all name the column, from 1 */
int32_t signature_parse(const char *text, uint32_t use, signature_of *out, qn_err *err);

/* "f64", and what a value of it looks like. */
const char *signature_type_name(signature_type type);
const char *signature_type_doc(signature_type type);

/* Read a value from its text, which must outlive it where it is a text. SERIES and VOID have none.
 * The message says what was found and what was expected. On error *out is unchanged.
 * returns QN_OK; QN_E_TYPE: it is not of this type at all; QN_E_RANGE: it does not fit */
int32_t foreign_value_parse(signature_type type, const char *text, foreign_value *out, qn_err *err);

/* -1, 0, 1: the order of two values of a number's type. */
int foreign_value_compare(signature_type type, const foreign_value *a, const foreign_value *b);

#endif
