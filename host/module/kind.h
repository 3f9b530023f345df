/* SPDX-License-Identifier: MIT
 *
 * The kinds of plugin, as far as loading must know them: to which tier each belongs, and what
 * the table of a class must have. One row a kind. The same for extensions. */
#ifndef QUOIN_MODULE_KIND_H
#define QUOIN_MODULE_KIND_H

#include <quoin/plugin.h>

/* A function that a kind's table must have. */
typedef struct kind_call {
    uint32_t offset;
    const char *name;
} kind_call;

/* The table of qn_named that a kind's table holds: a model's features, an optimizer's values. */
typedef struct kind_named {
    const char *row;      /* "feature"; NULL = the kind has none */
    uint32_t offset;      /* of the qn_table */
    uint32_t least, most; /* rows */
} kind_named;

typedef struct kind {
    const char *id;     /* "qn.strategy/1" */
    const char *prefix; /* of the ids of its classes: "strategy" */
    uint32_t tier;      /* QN_TIER_ */
    /* Size of the table that this host knows. 0 = this host has the kind's name, but not yet
     * the kind: its classes stay hidden. */
    uint32_t table_size;
    const kind_call *calls; /* that must not be NULL; ended by name NULL */
    kind_named named;
} kind;

/* The row of a kind, or NULL: a vendor's, or a later version's. */
const kind *kind_find(const char *id);

/* The calls that the table of an extension must have, ended by name NULL; NULL: the host does not
 * know the extension. */
const kind_call *kind_ext_calls(const char *id);

/* The rows of k->named in a class's table that was checked; NULL if the kind has none. */
const qn_table *kind_named_rows(const kind *k, const void *table);

/* "pure" or "I/O". */
const char *tier_name(uint32_t tier);

#endif
