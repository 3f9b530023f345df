/* SPDX-License-Identifier: MIT
 *
 * Commands of a plugin in a few lines (<quoin/command.h> says what they may do):
 *
 *   static double set_bias(trend *s, double bias, qn_err *err)
 *   {
 *       double before = s->bias;
 *       ...
 *   }
 *
 *   static const qn_command_arg bias_args[] = {
 *       QN_COMMAND_ARG("bias", "", "added to all signals", .min = "-1", .max = "1")};
 *   static const qn_command_row commands[] = {
 *       QN_COMMAND(trend, set_bias, f64, (f64), "Sets it; returns the one before.", bias_args)};
 *   static const qn_command_table command_table = QN_COMMANDS_OF(commands);
 *   static const qn_ext exts[] = {QN_EXT(QN_COMMAND_TABLE, &command_table)};
 *
 *   QN_STRATEGY(trend, ..., .exts = QN_TABLE(exts), ...)
 *
 * The types behind the function's name make the signature, and the function's C type must be the
 * one that they make: else it does not compile. In C++ write the rows out. */
#ifndef QUOIN_SDK_COMMAND_H
#define QUOIN_SDK_COMMAND_H

#include <quoin/command.h>
#include <quoin/error.h>
#include <quoin/sdk/class.h>

/* A row of a command's arguments: name, unit, sentence; then .min, .max where it has bounds. */
#define QN_COMMAND_ARG(...)                                                                        \
    {                                                                                              \
        .size = sizeof(qn_command_arg), .rsv0 = 0, __VA_ARGS__                                     \
    }

/* A command of class T: FN is called by its own name. RESULT is a type of a signature, TYPES are
 * those of the arguments in parentheses, ARGS is an array of qn_command_arg as long. */
#define QN_COMMAND(T, FN, RESULT, TYPES, DOC, ARGS)                                                \
    {                                                                                              \
        sizeof(qn_command_row), 0, #FN, #RESULT #TYPES, DOC,                                       \
            (qn_command_fn) _Generic(&FN, QN_COMMAND_TYPE(T, RESULT, TYPES)                        \
                                     : &FN),                                                       \
            QN_TABLE(ARGS)                                                                         \
    }

/* A command without arguments. */
#define QN_COMMAND_PLAIN(T, FN, RESULT, DOC)                                                       \
    {                                                                                              \
        sizeof(qn_command_row), 0, #FN, #RESULT "()", DOC,                                         \
            (qn_command_fn) _Generic(&FN, QN_C_##RESULT(*)(T *, qn_err *)                          \
                                     : &FN),                                                       \
        {                                                                                          \
            NULL, 0, 0                                                                             \
        }                                                                                          \
    }

/* The table of an array of rows. */
#define QN_COMMANDS_OF(rows)                                                                       \
    {                                                                                              \
        sizeof(qn_command_table), 0, QN_TABLE(rows)                                                \
    }

/* ------------------------------------------------------------------ how it works */

#define QN_C_void void
#define QN_C_i8 int8_t
#define QN_C_u8 uint8_t
#define QN_C_i16 int16_t
#define QN_C_u16 uint16_t
#define QN_C_i32 int32_t
#define QN_C_u32 uint32_t
#define QN_C_i64 int64_t
#define QN_C_u64 uint64_t
#define QN_C_f32 float
#define QN_C_f64 double
#define QN_C_str const char *

/* The C type of a command's function: QN_COMMAND_TYPE(trend, f64, (f64, str)) is
 * double (*)(trend *, double, const char *, qn_err *). */
#define QN_COMMAND_TYPE(T, RESULT, TYPES) QN_C_##RESULT (*)(T *, QN_C_EACH TYPES qn_err *)
#define QN_C_EACH(...)                                                                             \
    QN_C_PICK(__VA_ARGS__, QN_C_8, QN_C_7, QN_C_6, QN_C_5, QN_C_4, QN_C_3, QN_C_2, QN_C_1, )       \
    (__VA_ARGS__)
#define QN_C_PICK(a, b, c, d, e, f, g, h, chosen, ...) chosen
#define QN_C_1(a) QN_C_##a,
#define QN_C_2(a, ...) QN_C_##a, QN_C_1(__VA_ARGS__)
#define QN_C_3(a, ...) QN_C_##a, QN_C_2(__VA_ARGS__)
#define QN_C_4(a, ...) QN_C_##a, QN_C_3(__VA_ARGS__)
#define QN_C_5(a, ...) QN_C_##a, QN_C_4(__VA_ARGS__)
#define QN_C_6(a, ...) QN_C_##a, QN_C_5(__VA_ARGS__)
#define QN_C_7(a, ...) QN_C_##a, QN_C_6(__VA_ARGS__)
#define QN_C_8(a, ...) QN_C_##a, QN_C_7(__VA_ARGS__)

#endif
