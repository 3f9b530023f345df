/* SPDX-License-Identifier: MIT
 *
 * Signatures: the types of a function as a short text, "f64(f64[],i32,str)", and the values that
 * it takes as text.
 *
 *   signature = result "(" [ type { "," type } ] ")"      blanks may stand between them
 *
 * Two kinds of function have one, and not every type fits both (FOREIGN_ below). A command is a
 * plugin's, called by an operator; a function is any C function of a library, called on bars.
 * What a signature says is all that is known of a function: one that lies is undefined behaviour,
 * so they come from plugins and from the config alone, never over a wire. */
#ifndef QUOIN_FOREIGN_SIGNATURE_H
#define QUOIN_FOREIGN_SIGNATURE_H

#include <quoin/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOREIGN_ARGS 8u
#define FOREIGN_TEXT 128u /* at most, its NUL included */

/* What a type may be used for. */
#define FOREIGN_COMMAND 1u
#define FOREIGN_FUNCTION 2u
#define FOREIGN_COMMAND_RESULT 4u
#define FOREIGN_FUNCTION_RESULT 8u
#define FOREIGN_ALL 15u

/* X(NAME, name, uses, what a value looks like) */
#define FOREIGN_TYPE_LIST(X)                                                                       \
    X(VOID, "void", FOREIGN_COMMAND_RESULT, "nothing")                                             \
    X(I8, "i8", FOREIGN_ALL, "a whole number, -128 to 127")                                        \
    X(U8, "u8", FOREIGN_ALL, "a whole number, 0 to 255")                                           \
    X(I16, "i16", FOREIGN_ALL, "a whole number, -32768 to 32767")                                  \
    X(U16, "u16", FOREIGN_ALL, "a whole number, 0 to 65535")                                       \
    X(I32, "i32", FOREIGN_ALL, "a whole number, -2147483648 to 2147483647")                        \
    X(U32, "u32", FOREIGN_ALL, "a whole number, 0 to 4294967295")                                  \
    X(I64, "i64", FOREIGN_ALL, "a whole number of 64 bits")                                        \
    X(U64, "u64", FOREIGN_ALL, "a whole number of 64 bits, 0 or more")                             \
    X(F32, "f32", FOREIGN_ALL, "a number that fits 32 bits")                                       \
    X(F64, "f64", FOREIGN_ALL, "a number")                                                         \
    X(STR, "str", FOREIGN_COMMAND | FOREIGN_FUNCTION | FOREIGN_COMMAND_RESULT,                     \
      "a text without control characters")                                                         \
    X(SERIES, "f64[]", FOREIGN_FUNCTION, "a series, \"close:60\"")

#define FOREIGN_TYPE_ENUM(NAME, name, uses, meaning) FOREIGN_##NAME,
typedef enum foreign_type { FOREIGN_TYPE_LIST(FOREIGN_TYPE_ENUM) FOREIGN_TYPES } foreign_type;
#undef FOREIGN_TYPE_ENUM

typedef struct foreign_signature {
    foreign_type result;
    foreign_type args[FOREIGN_ARGS];
    uint32_t nargs;
} foreign_signature;

/* A value of one type: which member counts is the type's business. Texts and series are borrowed,
 * and texts end with a NUL. */
typedef union foreign_value {
    int64_t i; /* I8 to I64 */
    uint64_t u;
    double f; /* F32, F64 */
    const char *text;
    const double *series;
} foreign_value;

/* Read a signature. `use` is FOREIGN_COMMAND or FOREIGN_FUNCTION. On error *out is unchanged.
 * returns QN_OK; QN_E_SYNTAX, QN_E_UNKNOWN_NAME, QN_E_TYPE (a type that this use does not have),
 *         QN_E_FULL (too many arguments): all name the column, from 1 */
int32_t foreign_signature_parse(const char *text, uint32_t use, foreign_signature *out,
                                qn_err *err);

/* "f64", and what a value of it looks like. */
const char *foreign_type_name(foreign_type type);
const char *foreign_type_doc(foreign_type type);

/* Read a value from its text, which must outlive it where it is a text. SERIES and VOID have none.
 * The message says what was found and what was expected. On error *out is unchanged.
 * returns QN_OK; QN_E_TYPE: it is not of this type at all; QN_E_RANGE: it does not fit */
int32_t foreign_value_parse(foreign_type type, const char *text, foreign_value *out, qn_err *err);

/* True of what is a value of the type: a whole number in its range. Of 64 bits, and of numbers that
 * are not whole, all are. */
bool foreign_value_fits(foreign_type type, const foreign_value *v);

/* -1, 0, 1: the order of two values of a number's type. */
int foreign_value_compare(foreign_type type, const foreign_value *a, const foreign_value *b);

#endif
