/* SPDX-License-Identifier: MIT
 *
 * State from a table of fields: which members of an instance are carried over a reload.
 *
 * Each field is written as a record {name, length, value}, all little-endian, so a newer
 * layout finds the fields of an older one by name. A field with `since` above the layout that
 * is read keeps the value that create gave it. */
#ifndef QUOIN_SDK_FIELDS_H
#define QUOIN_SDK_FIELDS_H

#include <quoin/sdk/window.h>
#include <quoin/state.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_FIELD_BYTES 1u  /* a plain member of fixed size: integers, doubles, arrays of them */
#define QN_FIELD_WINDOW 2u /* a qn_window; its room must be the same */
#define QN_FIELD_EACH 3u   /* an array of structs with fields of their own */

typedef struct qn_field {
    const char *name;
    uint32_t kind;                 /* QN_FIELD_ */
    uint32_t offset;               /* in the struct, bytes */
    uint32_t bytes;                /* QN_FIELD_BYTES: of the member; QN_FIELD_EACH: of one struct */
    uint32_t since;                /* layout that added it, from 1 */
    const struct qn_field *fields; /* QN_FIELD_EACH: the struct's fields */
    uint32_t nfields;
    uint32_t count_offset; /* QN_FIELD_EACH: of a uint32_t member, the number of structs */
} qn_field;

/* Rows of a table. The _SINCE forms say which layout added the field. */
#define QN_FIELD_SINCE(type, member, layout)                                                       \
    {                                                                                              \
        .name = #member, .kind = QN_FIELD_BYTES, .offset = (uint32_t)offsetof(type, member),       \
        .bytes = (uint32_t)sizeof(((type *)0)->member), .since = (layout)                          \
    }
#define QN_FIELD_OF_WINDOW_SINCE(type, member, layout)                                             \
    {                                                                                              \
        .name = #member, .kind = QN_FIELD_WINDOW, .offset = (uint32_t)offsetof(type, member),      \
        .since = (layout)                                                                          \
    }
#define QN_FIELD_OF_EACH_SINCE(type, member, count, item, table, layout)                           \
    {                                                                                              \
        .name = #member, .kind = QN_FIELD_EACH, .offset = (uint32_t)offsetof(type, member),        \
        .bytes = (uint32_t)sizeof(item), .since = (layout), .fields = table,                       \
        .nfields = (uint32_t)(sizeof(table) / sizeof((table)[0])),                                 \
        .count_offset = (uint32_t)offsetof(type, count)                                            \
    }
#define QN_FIELD(type, member) QN_FIELD_SINCE(type, member, 1)
#define QN_FIELD_OF_WINDOW(type, member) QN_FIELD_OF_WINDOW_SINCE(type, member, 1)
#define QN_FIELD_OF_EACH(type, member, count, item, table)                                         \
    QN_FIELD_OF_EACH_SINCE(type, member, count, item, table, 1)

/* What QN_STATE() puts into a class definition. */
typedef struct qn_fields {
    const qn_field *rows;
    uint32_t nrows;
    uint32_t rsv0;
} qn_fields;

/* Write all fields of `self`. QN_OK or the stream's error. [event & quiesced] */
int32_t qn_fields_save(const qn_fields *fields, const void *self, const qn_stream *to, qn_err *err);

/* Read the fields of layout `schema` into a created instance; at most 64 of one struct.
 * QN_OK; QN_E_MISSING: a field of that layout is not in the stream; QN_E_DAMAGED: a record is
 * cut, has the wrong size or comes twice; QN_E_UNKNOWN_NAME: a record that no field claims. The
 * instance is then partly loaded and must be destroyed. [control & !active] */
int32_t qn_fields_load(const qn_fields *fields, void *self, uint32_t schema, const qn_stream *from,
                       qn_err *err);

#ifdef __cplusplus
}
#endif
#endif
