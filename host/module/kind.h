/* SPDX-License-Identifier: MIT
 *
 * The kinds of plugin, as far as loading must know them: to which tier each belongs, and what
 * the table of a class must have. One row a kind. */
#ifndef QUOIN_MODULE_KIND_H
#define QUOIN_MODULE_KIND_H

#include <quoin/plugin.h>

/* A function that a kind's table must have. */
typedef struct kind_call {
    uint32_t offset;
    const char *name;
} kind_call;

typedef struct kind {
    const char *id;     /* "qn.strategy/1" */
    const char *prefix; /* of the ids of its classes: "strategy" */
    uint32_t tier;      /* QN_TIER_ */
    /* Size of the table that this host knows. 0 = this host has the kind's name, but not yet
     * the kind: its classes stay hidden. */
    uint32_t table_size;
    const kind_call *calls; /* that must not be NULL; ended by name NULL */
} kind;

/* The row of a kind, or NULL: a vendor's, or a later version's. */
const kind *kind_find(const char *id);

/* "pure" or "I/O". */
const char *tier_name(uint32_t tier);

#endif
