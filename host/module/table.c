/* SPDX-License-Identifier: MIT */
#include "table.h"

#include "base/fail.h"
#include "foreign/command.h"
#include "kind.h"
#include "note.h"
#include "oldest.h"
#include "value.h"

#include <quoin/model.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Sane limits. They keep a module's mistake from becoming ours; nobody should meet them. */
#define STRUCT_MAX 4096u          /* bytes of one struct */
#define ROWS_MAX 256u             /* of a table */
#define INSTANCE_MAX (256u << 20) /* bytes of one instance */
#define ALIGN_MAX 4096u           /* of an instance */
#define NAME_TEXT_MAX 64u         /* names, keys, units, values */
#define DOC_TEXT_MAX 1000u        /* sentences and lists of labels */
#define FEATURE_TEXT_MAX 31u      /* name of a qn_named */

#define PARAM_FLAGS (QN_PARAM_REQUIRED | QN_PARAM_OPTIONAL | QN_PARAM_LIVE | QN_PARAM_ADVANCED)

/* Where a mistake was found. */
typedef struct place {
    const qn_class *class;
    const char *table; /* "parameter", "extension"; NULL = the class itself */
    const qn_table *rows;
    uint32_t row;
    const char *key; /* of the row, once it can be read */
} place;

__attribute__((format(printf, 3, 4))) static int32_t broken(qn_err *err, const place *at,
                                                            const char *format, ...)
{
    char what[200];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (!at->table) return fail(err, QN_E_MODULE_TABLE, "class %s: %s", at->class->id, what);
    if (!at->key)
        return fail(err, QN_E_MODULE_TABLE, "class %s: %s in row %u: %s", at->class->id, at->table,
                    at->row, what);
    return fail(err, QN_E_MODULE_TABLE, "class %s: %s %s (row %u): %s", at->class->id, at->table,
                at->key, at->row, what);
}

/* Text without control characters that ends within `max` bytes. */
static bool is_text(const char *text, size_t max)
{
    size_t n = text ? strnlen(text, max + 1) : max + 1;

    if (n > max) return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127) return false;
    return true;
}

static bool is_key(const char *text)
{
    size_t n =
        is_text(text, NAME_TEXT_MAX) ? strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") : 0;

    return n > 0 && !text[n] && text[0] >= 'a' && text[0] <= 'z';
}

/* ------------------------------------------------------------------ parameters */

static int32_t check_slot(const place *at, const qn_param *p, qn_err *err)
{
    const value_type *type = value_type_of(p->type);

    if (!type) return broken(err, at, "type %u is not known", p->type);
    if (p->offset % type->align != 0)
        return broken(err, at, "offset %u is not aligned to %u", p->offset, type->align);
    if (p->offset > at->class->instance_size || type->size > at->class->instance_size - p->offset)
        return broken(err, at, "its slot of %u bytes at offset %u lies outside the instance of %u",
                      type->size, p->offset, at->class->instance_size);
    return QN_OK;
}

static int32_t check_flags(const place *at, const qn_param *p, qn_err *err)
{
    int ways = !!p->def + !!(p->flags & QN_PARAM_REQUIRED) + !!(p->flags & QN_PARAM_OPTIONAL);

    if (p->flags & ~PARAM_FLAGS)
        return broken(err, at, "unknown flags 0x%x", p->flags & ~PARAM_FLAGS);
    if (ways != 1)
        return broken(err, at,
                      "exactly one of a default, QN_PARAM_REQUIRED, QN_PARAM_OPTIONAL is expected");
    return QN_OK;
}

static int32_t check_labels(const place *at, const qn_param *p, qn_err *err)
{
    if (p->type != QN_PARAM_TYPE_ENUM)
        return p->labels ? broken(err, at, "labels belong to type ENUM only") : QN_OK;
    if (!is_text(p->labels, DOC_TEXT_MAX) || !p->labels[0])
        return broken(err, at, "type ENUM needs labels: \"one|two\"");
    if (p->labels[0] == '|' || p->labels[strlen(p->labels) - 1] == '|' || strstr(p->labels, "||"))
        return broken(err, at, "an empty label in \"%.100s\"", p->labels);
    return QN_OK;
}

/* The texts of a parameter that are values of its type. */
static const struct {
    size_t offset;
    const char *name;
    bool needs_order;
} values[] = {
    {offsetof(qn_param, def), "default", false},
    {offsetof(qn_param, min), "min", true},
    {offsetof(qn_param, max), "max", true},
    {offsetof(qn_param, search.lo), "search.lo", true},
    {offsetof(qn_param, search.hi), "search.hi", true},
    {offsetof(qn_param, search.step), "search.step", true},
};

static int32_t check_values(const place *at, const qn_param *p, qn_err *err)
{
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const char *text;
        memcpy(&text, (const char *)p + values[i].offset, sizeof text);
        if (!text) continue;
        if (values[i].needs_order && !value_is_ordered(p->type))
            return broken(err, at, "a %s, but type %s has no order", values[i].name,
                          value_type_of(p->type)->name);
        if (!is_text(text, DOC_TEXT_MAX) || !value_is_valid(p->type, text, p->labels))
            return broken(err, at, "%s is not valid for type %s; expected: %s", values[i].name,
                          value_type_of(p->type)->name, value_type_of(p->type)->written);
    }
    return QN_OK;
}

/* a <= b, where both are given. */
static int32_t check_order(const place *at, const qn_param *p, const char *a, const char *a_name,
                           const char *b, const char *b_name, qn_err *err)
{
    if (!a || !b || value_is_at_most(p->type, a, b)) return QN_OK;
    return broken(err, at, "%s %.60s is above %s %.60s", a_name, a, b_name, b);
}

static int32_t check_bounds(const place *at, const qn_param *p, qn_err *err)
{
    const char *lo = p->search.lo;
    const char *hi = p->search.hi;
    const char *def = value_is_ordered(p->type) ? p->def : NULL;
    int32_t rc;

    if (!!lo != !!hi || !!lo != !!p->search.step)
        return broken(err, at, "a search range needs lo, hi and step");
    if ((rc = check_order(at, p, p->min, "min", p->max, "max", err)) != QN_OK) return rc;
    if ((rc = check_order(at, p, p->min, "min", def, "the default", err)) != QN_OK) return rc;
    if ((rc = check_order(at, p, def, "the default", p->max, "max", err)) != QN_OK) return rc;
    if ((rc = check_order(at, p, lo, "search.lo", hi, "search.hi", err)) != QN_OK) return rc;
    if ((rc = check_order(at, p, p->min, "min", lo, "search.lo", err)) != QN_OK) return rc;
    return check_order(at, p, hi, "search.hi", p->max, "max", err);
}

static int32_t check_texts(const place *at, const qn_param *p, qn_err *err)
{
    if (!is_text(p->doc, DOC_TEXT_MAX) || !p->doc[0])
        return broken(err, at, "it has no doc: one sentence of up to %u bytes", DOC_TEXT_MAX);
    if (!is_text(p->unit, NAME_TEXT_MAX))
        return broken(err, at, "it has no unit: up to %u bytes, \"\" for none", NAME_TEXT_MAX);
    if (p->since && (!is_text(p->since, NAME_TEXT_MAX) || !version_is_valid(p->since)))
        return broken(err, at, "since is no version");
    if (p->replaced && !is_key(p->replaced)) return broken(err, at, "replaced is no key");
    return QN_OK;
}

/* at->key, the text at `offset` of each row, is that of no row before. */
static int32_t check_twins(const place *at, size_t offset, qn_err *err)
{
    for (uint32_t i = 0; i < at->row; i++) {
        const char *other;
        memcpy(&other, (const char *)qn_table_row(at->rows, i) + offset, sizeof other);
        if (strcmp(other, at->key) == 0) return broken(err, at, "row %u has the same key", i);
    }
    return QN_OK;
}

static int32_t check_param(place *at, const void *row, qn_err *err)
{
    const qn_param *p = row;
    int32_t rc;

    if (!is_key(p->key))
        return broken(err, at, "its key is missing or not of the form [a-z][a-z0-9_]*");
    at->key = p->key;
    if ((rc = check_twins(at, offsetof(qn_param, key), err)) != QN_OK) return rc;
    if ((rc = check_slot(at, p, err)) != QN_OK) return rc;
    if ((rc = check_flags(at, p, err)) != QN_OK) return rc;
    if ((rc = check_texts(at, p, err)) != QN_OK) return rc;
    if ((rc = check_labels(at, p, err)) != QN_OK) return rc;
    if ((rc = check_values(at, p, err)) != QN_OK) return rc;
    return check_bounds(at, p, err);
}

/* ------------------------------------------------------------------ extensions, named rows */

/* A struct that starts with its size; `least` is what the host reads of it. */
static bool is_sized(const void *p, uint32_t least)
{
    uint32_t size;

    if (!p || (uintptr_t)p % sizeof(void *) != 0) return false;
    memcpy(&size, p, sizeof size);
    return size >= least && size <= STRUCT_MAX;
}

/* The functions that the host calls without a look; `what` names the table. */
static int32_t check_calls(const place *at, const void *table, const kind_call *calls,
                           const char *what, qn_err *err)
{
    uint32_t size;

    memcpy(&size, table, sizeof size);
    for (; calls->name; calls++) {
        const void *function = NULL;
        if (size >= calls->offset + sizeof function)
            memcpy(&function, (const char *)table + calls->offset, sizeof function);
        if (!function)
            return broken(err, at, "the table of %s (%u bytes) lacks %s", what, size, calls->name);
    }
    return QN_OK;
}

static int32_t check_commands(const place *at, const qn_command_table *table, qn_err *err);

static int32_t check_ext(place *at, const void *row, qn_err *err)
{
    const qn_ext *e = row;
    const kind_call *calls;

    if (!is_text(e->id, NAME_TEXT_MAX) || !kind_id_is_valid(e->id))
        return broken(err, at, "its id is missing or not of the form \"com.vendor.thing/1\"");
    at->key = e->id;
    if (!is_sized(e->table, sizeof(uint32_t)))
        return broken(err, at, "its table is missing or does not start with its size");
    if (strcmp(e->id, QN_COMMAND_TABLE) == 0) return check_commands(at, e->table, err);
    calls = kind_ext_calls(e->id);
    return calls ? check_calls(at, e->table, calls, e->id, err) : QN_OK;
}

static int32_t check_named(place *at, const void *row, qn_err *err)
{
    const qn_named *n = row;

    if (!is_key(n->name) || strlen(n->name) > FEATURE_TEXT_MAX)
        return broken(err, at,
                      "its name is missing or not of the form [a-z][a-z0-9_]*, up to %u bytes",
                      FEATURE_TEXT_MAX);
    at->key = n->name;
    if (!is_text(n->doc, DOC_TEXT_MAX) || !n->doc[0])
        return broken(err, at, "it has no doc: one sentence of up to %u bytes", DOC_TEXT_MAX);
    if (!is_text(n->unit, NAME_TEXT_MAX))
        return broken(err, at, "it has no unit: up to %u bytes, \"\" for none", NAME_TEXT_MAX);
    return check_twins(at, offsetof(qn_named, name), err);
}

/* ------------------------------------------------------------------ tables of rows */

/* What the rows of a table are, and how many there may be. */
typedef struct row_type {
    const char *name; /* of one */
    uint32_t size;    /* that the host reads */
    uint32_t least, most;
    int32_t (*check)(place *at, const void *row, qn_err *err);
} row_type;

static int32_t check_row(place *at, const row_type *type, qn_err *err)
{
    const void *row = qn_table_row(at->rows, at->row);
    uint32_t size;

    if (!is_sized(row, type->size))
        return broken(err, at, "its size is not %u bytes or more, or it is not aligned",
                      type->size);
    memcpy(&size, row, sizeof size);
    if (size > at->rows->stride)
        return broken(err, at, "its size %u is above the stride %u", size, at->rows->stride);
    return type->check(at, row, err);
}

static int32_t check_rows(const qn_class *c, const qn_table *table, const row_type *type,
                          qn_err *err)
{
    place at = {.class = c, .table = type->name, .rows = table};
    int32_t rc = QN_OK;

    if (table->nrows == 0 && type->least == 0) return QN_OK;
    if (!table->rows || table->nrows < type->least || table->nrows > type->most ||
        table->stride > STRUCT_MAX)
        return broken(err, &(place){.class = c},
                      "the table of %ss is missing or not sane: %u rows of %u bytes; expected "
                      "%u to %u rows",
                      type->name, table->nrows, table->stride, type->least, type->most);
    for (at.row = 0; rc == QN_OK && at.row < table->nrows; at.row++) {
        at.key = NULL;
        rc = check_row(&at, type, err);
    }
    return rc;
}

static const row_type param_rows = {"parameter", OLDEST_qn_param, 0, ROWS_MAX, check_param};
static const row_type ext_rows = {"extension", OLDEST_qn_ext, 0, ROWS_MAX, check_ext};

/* ------------------------------------------------------------------ commands */

static int32_t check_command_arg(place *at, const void *row, qn_err *err)
{
    const qn_command_arg *a = row;

    if (!is_key(a->name))
        return broken(err, at, "its name is missing or not of the form [a-z][a-z0-9_]*");
    at->key = a->name;
    if (!is_text(a->doc, DOC_TEXT_MAX) || !a->doc[0])
        return broken(err, at, "it has no doc: one sentence of up to %u bytes", DOC_TEXT_MAX);
    if (!is_text(a->unit, NAME_TEXT_MAX))
        return broken(err, at, "it has no unit: up to %u bytes, \"\" for none", NAME_TEXT_MAX);
    if ((a->min && !is_text(a->min, NAME_TEXT_MAX)) || (a->max && !is_text(a->max, NAME_TEXT_MAX)))
        return broken(err, at, "a bound is not text of up to %u bytes", NAME_TEXT_MAX);
    return check_twins(at, offsetof(qn_command_arg, name), err);
}

static const row_type arg_rows = {"argument of a command", sizeof(qn_command_arg), 0,
                                  QN_COMMAND_ARGS, check_command_arg};

static int32_t check_command(place *at, const void *row, qn_err *err)
{
    const qn_command_row *c = row;
    qn_err why = QN_ERR_INIT;
    int32_t rc;

    if (!is_key(c->name))
        return broken(err, at, "its name is missing or not of the form [a-z][a-z0-9_]*");
    at->key = c->name;
    if (!is_text(c->doc, DOC_TEXT_MAX) || !c->doc[0])
        return broken(err, at, "it has no doc: one sentence of up to %u bytes", DOC_TEXT_MAX);
    if (!c->fn) return broken(err, at, "it has no function");
    if (!is_text(c->signature, FOREIGN_TEXT - 1))
        return broken(err, at, "it has no signature: \"f64(f64)\"");
    if ((rc = check_rows(at->class, &c->args, &arg_rows, err)) != QN_OK) return rc;
    if (command_check(c, &why) != QN_OK) return broken(err, at, "%s", why.msg);
    return check_twins(at, offsetof(qn_command_row, name), err);
}

static const row_type command_rows = {"command", sizeof(qn_command_row), 1, ROWS_MAX,
                                      check_command};

/* They are called on the engine's thread, where no I/O plugin's functions belong. */
static int32_t check_commands(const place *at, const qn_command_table *table, qn_err *err)
{
    const kind *k = kind_find(at->class->kind);

    if (table->size < sizeof *table)
        return broken(err, at, "its table of %u bytes has no rows", table->size);
    if (k && k->tier != QN_TIER_PURE)
        return broken(err, at, "a %s has no commands: only pure kinds do", k->prefix);
    return check_rows(at->class, &table->rows, &command_rows, err);
}

/* The rows of names that a kind's table holds, if the module's is long enough to hold them. */
static int32_t check_kind_rows(const qn_class *c, const kind *k, uint32_t size, qn_err *err)
{
    const row_type type = {k->named.row, OLDEST_qn_named, k->named.least, k->named.most,
                           check_named};
    qn_table table;

    if (size < k->named.offset + sizeof table)
        return broken(err, &(place){.class = c}, "the table of %s (%u bytes) lacks its %ss", k->id,
                      size, type.name);
    memcpy(&table, (const char *)c->table + k->named.offset, sizeof table);
    return check_rows(c, &table, &type, err);
}

static int32_t check_kind_table(const qn_class *c, const kind *k, qn_err *err)
{
    place at = {.class = c};
    uint32_t size;
    int32_t rc;

    if (!is_sized(c->table, sizeof size))
        return broken(err, &at, "the table of %s is missing or does not start with its size",
                      k->id);
    memcpy(&size, c->table, sizeof size);
    if ((rc = check_calls(&at, c->table, k->calls, k->id, err)) != QN_OK) return rc;
    return k->named.row ? check_kind_rows(c, k, size, err) : QN_OK;
}

/* ------------------------------------------------------------------ classes */

static int32_t check_instance(const qn_class *c, qn_err *err)
{
    place at = {.class = c};

    if (c->instance_size > INSTANCE_MAX)
        return broken(err, &at, "an instance of %u bytes; at most %u", c->instance_size,
                      INSTANCE_MAX);
    if (c->instance_align == 0 || c->instance_align > ALIGN_MAX ||
        (c->instance_align & (c->instance_align - 1)) != 0)
        return broken(err, &at, "instance_align %u is no power of two up to %u", c->instance_align,
                      ALIGN_MAX);
    if (c->schema && (c->flags & QN_CLASS_STATELESS))
        return broken(err, &at, "it says that it keeps no state, and has a schema of it");
    if (c->schema == 0 && c->schema_min == 0) return QN_OK;
    if (c->schema_min == 0 || c->schema_min > c->schema)
        return broken(err, &at, "schema_min %u is not between 1 and schema %u", c->schema_min,
                      c->schema);
    if (!c->save || !c->load)
        return broken(err, &at, "it has state (schema %u), but no save or no load", c->schema);
    return QN_OK;
}

static int32_t check_names(const qn_class *c, qn_err *err)
{
    place at = {.class = c};

    if (c->flags & ~QN_CLASS_STATELESS) return broken(err, &at, "unknown flags 0x%x", c->flags);
    if (!is_text(c->version, NAME_TEXT_MAX) || !version_is_valid(c->version))
        return broken(err, &at, "its version is missing or not like \"1.0.0\"");
    if (!is_text(c->license, NAME_TEXT_MAX) || !license_is_valid(c->license))
        return broken(err, &at, "its license is missing or no SPDX expression");
    if (c->name && !is_text(c->name, NAME_TEXT_MAX))
        return broken(err, &at, "its name is not text of up to %u bytes", NAME_TEXT_MAX);
    if (c->doc && !is_text(c->doc, DOC_TEXT_MAX))
        return broken(err, &at, "its doc is not text of up to %u bytes", DOC_TEXT_MAX);
    if (c->needs && !is_text(c->needs, DOC_TEXT_MAX))
        return broken(err, &at, "its needs are not text of up to %u bytes", DOC_TEXT_MAX);
    return QN_OK;
}

int32_t table_check_class(const qn_class *c, qn_err *err)
{
    const kind *k;
    int32_t rc;

    if (!is_sized(c, OLDEST_qn_class))
        return fail(err, QN_E_MODULE_TABLE,
                    "a class is missing, not aligned, or its size is not %u bytes or more",
                    OLDEST_qn_class);
    if (!is_text(c->id, NAME_TEXT_MAX) || !class_id_is_valid(c->id) ||
        !is_text(c->kind, NAME_TEXT_MAX) || !kind_id_is_valid(c->kind))
        return fail(err, QN_E_MODULE_TABLE, "a class has no valid id or kind");
    if ((rc = check_names(c, err)) != QN_OK) return rc;
    if ((rc = check_instance(c, err)) != QN_OK) return rc;
    if ((rc = check_rows(c, &c->params, &param_rows, err)) != QN_OK) return rc;
    if ((rc = check_rows(c, &c->exts, &ext_rows, err)) != QN_OK) return rc;
    k = kind_find(c->kind);
    return k && k->table_size ? check_kind_table(c, k, err) : QN_OK;
}

static int32_t differs(qn_err *err, const note_class *n, const char *what, const char *in_note,
                       const char *in_table)
{
    return fail(err, QN_E_MODULE_MISMATCH,
                "class %s: the note says %s \"%.60s\", the table \"%.60s\"; give both the same",
                n->id, what, in_note, in_table);
}

static int32_t compare_class(const note_class *n, const qn_class *c, qn_err *err)
{
    if (strcmp(n->id, c->id) != 0) return differs(err, n, "id", n->id, c->id);
    if (strcmp(n->kind, c->kind) != 0) return differs(err, n, "kind", n->kind, c->kind);
    if (strcmp(n->version, c->version) != 0)
        return differs(err, n, "version", n->version, c->version);
    if (strcmp(n->license, c->license) != 0)
        return differs(err, n, "license", n->license, c->license);
    return QN_OK;
}

int32_t table_check(const qn_module *table, const note *n, qn_err *err)
{
    int32_t rc = QN_OK;

    if (!is_sized(table, OLDEST_qn_module) || !table->classes)
        return fail(err, QN_E_MODULE_TABLE,
                    "the module's table has no classes, or its size is not %u bytes or more",
                    OLDEST_qn_module);
    if (table->abi != n->abi)
        return fail(err, QN_E_MODULE_MISMATCH, "the note says ABI %u.%u, the table %u.%u",
                    n->abi >> 16, n->abi & 0xffff, table->abi >> 16, table->abi & 0xffff);
    if (table->nclasses != n->nclasses)
        return fail(err, QN_E_MODULE_MISMATCH, "the note counts %u classes, the table %u",
                    n->nclasses, table->nclasses);
    for (uint32_t i = 0; rc == QN_OK && i < n->nclasses; i++) {
        rc = table_check_class(table->classes[i], err);
        if (rc == QN_OK) rc = compare_class(&n->classes[i], table->classes[i], err);
    }
    return rc;
}
