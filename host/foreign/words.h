/* SPDX-License-Identifier: MIT
 *
 * The name of a command and its arguments as one text, as a journal keeps them: with a blank
 * between, `set_bias 0.2`. A word that is empty, holds a blank or begins with a quotation mark is
 * written as a JSON string, `say "two words"`. */
#ifndef QUOIN_FOREIGN_WORDS_H
#define QUOIN_FOREIGN_WORDS_H

#include <quoin/error.h>

#include <stddef.h>
#include <stdint.h>

#define WORDS_MAX 9u    /* a name and the arguments of a signature */
#define WORDS_TEXT 256u /* bytes of the text, its NUL included: qn_command.value */

typedef struct word_list {
    const char *items[WORDS_MAX];
    uint32_t n;
    char text[WORDS_TEXT]; /* of the items */
} word_list;

/* Append a word to a text that begins as "". On error `to` is unchanged.
 * returns QN_OK; QN_E_OVERFLOW: the text is too long; QN_E_TYPE: a word with control characters */
int32_t words_add(char to[WORDS_TEXT], const char *word, qn_err *err);

/* Cut a text into words. On error *out is not defined.
 * returns QN_OK; QN_E_SYNTAX; QN_E_INVALID: more than WORDS_MAX words */
int32_t words_split(const char *text, word_list *out, qn_err *err);

#endif
