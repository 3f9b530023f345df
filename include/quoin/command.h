/* SPDX-License-Identifier: MIT
 *
 * Commands of a plugin: functions that an operator may call while it runs,
 * `quoin ctl call ID.NAME ARGUMENT...`. An extension of a class of any pure kind: a
 * qn_command_table under the id QN_COMMAND_TABLE among its `exts`.
 *
 * A command runs between two events, on the engine's thread, as if it were one: it is on record
 * with its arguments before it is called, and is called again, at the same place, when the run is
 * done again. So it may change what later events bring about, but what it changes must be a part
 * of the state that the class saves, and what it does may depend on its arguments and on the
 * instance alone. It pushes nothing: there is no `out`. It is one of the calls of the instance,
 * which are never made two at a time.
 *
 * The signature lists the types of what an operator gives, "f64(f64,str)". The function has two
 * arguments more: the instance comes first, a qn_err last.
 *
 *   double set_bias(trend *self, double bias, qn_err *err)           "f64(f64)"
 *
 * It fails by putting a code and a reason into *err (qn_fail), and has then changed nothing; what
 * it returns does not matter then. The host checks number, type and range of the arguments before
 * it calls. <quoin/sdk/command.h> makes a row of a function and checks at compile time that its
 * type is the signature's. */
#ifndef QUOIN_COMMAND_H
#define QUOIN_COMMAND_H

#include <quoin/param.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_COMMAND_TABLE "qn.commands/1"

/* Types of a signature: void (result only), i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, and
 * str: const char *, UTF-8 without control characters, ended by a NUL. A text argument is borrowed
 * for the call; a text result must live until the instance is called again, and is cut after
 * QN_COMMAND_TEXT - 1 bytes; NULL is "". */
#define QN_COMMAND_ARGS 8u
#define QN_COMMAND_TEXT 200u

/* An argument of a command. */
typedef struct qn_command_arg {
    uint32_t size;
    uint32_t rsv0;
    const char *name; /* of the form [a-z][a-z0-9_]* */
    const char *unit; /* "" = none */
    const char *doc;  /* one sentence */
    const char *min;  /* of a number, as text; NULL = no bound */
    const char *max;
} qn_command_arg;

/* Any function: its type is what the signature says. */
typedef void (*qn_command_fn)(void); /* [event & quiesced] */

typedef struct qn_command_row {
    uint32_t size;
    uint32_t rsv0;
    const char *name;      /* of the form [a-z][a-z0-9_]* */
    const char *signature; /* "f64(f64)" */
    const char *doc;       /* one sentence: what it does, what it returns */
    qn_command_fn fn;
    qn_table args; /* of qn_command_arg, one for each argument of the signature */
} qn_command_row;

typedef struct qn_command_table {
    uint32_t size;
    uint32_t rsv0;
    qn_table rows; /* of qn_command_row */
} qn_command_table;

#ifdef __cplusplus
}
#endif
#endif
