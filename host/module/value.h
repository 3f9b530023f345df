/* SPDX-License-Identifier: MIT
 *
 * The texts of a parameter table: do they parse by their type, and are they in order? */
#ifndef QUOIN_MODULE_VALUE_H
#define QUOIN_MODULE_VALUE_H

#include <quoin/param.h>

#include <stdbool.h>

/* What a type of parameter is like. */
typedef struct value_type {
    const char *name;     /* "I64" */
    const char *written;  /* how a config writes it */
    uint32_t size, align; /* of the slot */
} value_type;

/* The row of a QN_PARAM_TYPE_, or NULL. */
const value_type *value_type_of(uint32_t type);

/* Has the type an order, so that bounds and a search range make sense? */
bool value_is_ordered(uint32_t type);

/* Does the text parse? `labels` for QN_PARAM_TYPE_ENUM, else ignored. */
bool value_is_valid(uint32_t type, const char *text, const char *labels);

/* a <= b, both valid texts of an ordered type. */
bool value_is_at_most(uint32_t type, const char *a, const char *b);

#endif
