/* SPDX-License-Identifier: MIT
 *
 * The keys of a config as tables: one row a key. Reading, checking and the reference all come
 * from these rows. */
#ifndef QUOIN_CONFIG_SCHEMA_H
#define QUOIN_CONFIG_SCHEMA_H

#include "internal.h"

typedef struct field field;
typedef struct schema schema;

/* What a key's value is and how it is read. `slot` is the member of the typed struct. */
typedef struct field_kind {
    const char *doc; /* how the config writes it */
    void (*read)(config *cfg, const field *f, const config_node *node, void *slot);
} field_kind;

#define FIELD_REQUIRED 1u
#define FIELD_POSITIVE 2u /* a number or a period of zero or less is a mistake */

/* A key. Absent and not required: its default, or a slot that stays zero. */
struct field {
    const char *key;
    const field_kind *kind;
    uint32_t flags;
    size_t slot;        /* offset in the struct */
    size_t count;       /* of a list of groups or paths: offset of their number */
    int64_t low, high;  /* of a whole number: its range; both 0 = all 64 bits */
    const char *def;    /* as text; NULL = none */
    const char *labels; /* of a choice: "off|auto" */
    const char *later;  /* of a choice: labels that a later version will take; "group:*" */
    const schema *sub;  /* of a group or a list of groups */
    const char *doc;
};

/* A group: its keys and the struct that they fill. */
struct schema {
    const char *name; /* in the reference */
    const char *doc;
    const field *fields;
    size_t nfields;
    size_t size;           /* of the struct, bytes; 0 = it shares that of the group above */
    const size_t *node_at; /* offset of its `node` member; NULL = it has none */
};

#define SCHEMA_KEYS 24 /* at most, in one group */

extern const schema root_schema;
extern const schema tuner_schema; /* schema_tuner.c */

/* A whole number's range for people, "1 to 10" or "0 or more"; "" when it has none. */
#define BOUNDS_TEXT 48
const char *field_bounds(const field *f, char to[BOUNDS_TEXT]);

/* Find each key of `group` (NULL = the group is absent: defaults only) and fill `base`. */
void group_read(config *cfg, const schema *sc, const config_node *group, void *base);

/* kinds.c */
extern const field_kind kind_text, kind_id, kind_plugin, kind_int, kind_share, kind_money,
    kind_number, kind_bool, kind_choice, kind_duration, kind_path, kind_paths, kind_symbols,
    kind_data, kind_instruments, kind_instrument, kind_currency, kind_params, kind_group,
    kind_groups, kind_library, kind_isolation, kind_no_isolation, kind_time, kind_scalar,
    kind_scalars;

#endif
