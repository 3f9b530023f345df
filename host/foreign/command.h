/* SPDX-License-Identifier: MIT
 *
 * A plugin's commands: found by name, checked against what an operator gave, called. */
#ifndef QUOIN_FOREIGN_COMMAND_H
#define QUOIN_FOREIGN_COMMAND_H

#include "call.h"
#include "words.h"

#include <quoin/command.h>
#include <quoin/plugin.h>

#include <stdbool.h>

/* What a command returned. A text lies in `text`. */
typedef struct command_result {
    foreign_type type; /* FOREIGN_VOID: nothing */
    foreign_value value;
    char text[QN_COMMAND_TEXT];
} command_result;

/* The commands of a class whose tables were checked; NULL: it has none. */
const qn_command_table *command_table_of(const qn_class *cls);
/* One of them by its name, or NULL. */
const qn_command_row *command_find(const qn_class *cls, const char *name);

/* Is the row sane: does the signature parse, has each argument a row, are the bounds values of its
 * type and in order? Texts and sizes are checked elsewhere. QN_OK, or an error that says what. */
int32_t command_check(const qn_command_row *row, qn_err *err);

/* A command with its arguments, ready to be called. */
typedef struct command_ask {
    const qn_command_row *row;
    foreign_call call;
    foreign_value args[FOREIGN_ARGS];
    word_list words; /* the arguments' texts */
} command_ask;

/* Read "NAME ARGUMENT ..." as a command of a class. *out is not to be moved.
 * returns QN_OK; QN_E_UNKNOWN_NAME: no such command; QN_E_INVALID: another number of arguments;
 *         QN_E_TYPE, QN_E_RANGE; QN_E_SYNTAX */
int32_t command_read(const qn_class *cls, const char *text, command_ask *out, qn_err *err);

/* Call it on an instance. What the function says of its failure goes to *err, which is never NULL
 * here. returns QN_OK, or the code that the function gave; *out is then VOID */
int32_t command_call(const command_ask *ask, void *self, command_result *out, qn_err *err);

/* Are two results the same, to the bit? */
bool command_is_same(const command_result *a, const command_result *b);

#endif
