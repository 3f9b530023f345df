/* SPDX-License-Identifier: MIT
 *
 * Copies of a class's descriptors, so that nothing of a closed module is read. */
#include "table.h"

#include "base/fail.h"
#include "kind.h"

#include <quoin/command.h>
#include <quoin/model.h>

#include <string.h>

/* The arena, and whether it ever said no: checked once, at the end. */
typedef struct copier {
    arena *memory;
    bool is_full;
} copier;

static const char *copy_text(copier *c, const char *text)
{
    const char *copy = arena_text_n(c->memory, text ? text : "", text ? strlen(text) : 0);

    c->is_full |= !copy;
    return copy;
}

/* NULL stays NULL where it means "none". */
static void copy_member(copier *c, const char **text)
{
    if (*text) *text = copy_text(c, *text);
}

/* What this host knows of a struct that starts with its size: as much as the module's has, zeros
 * behind that, for what an older module did not know of. */
static void take(void *to, uint32_t known, const void *from)
{
    uint32_t size;

    memcpy(&size, from, sizeof size);
    memset(to, 0, known);
    memcpy(to, from, size < known ? size : known);
    memcpy(to, &known, sizeof known);
}

/* A table that starts with its size, zeros behind it where it is shorter than `least`. */
static void *copy_sized(copier *c, const void *from, uint32_t least)
{
    uint32_t size;
    void *copy;

    memcpy(&size, from, sizeof size);
    copy = arena_alloc(c->memory, size > least ? size : least, _Alignof(max_align_t));
    c->is_full |= !copy;
    if (copy) memcpy(copy, from, size);
    return copy;
}

static void copy_params(copier *c, qn_table *table)
{
    qn_param *rows = arena_alloc(c->memory, table->nrows * sizeof *rows, _Alignof(qn_param));

    c->is_full |= !rows;
    for (uint32_t i = 0; rows && i < table->nrows; i++) {
        qn_param *p = &rows[i];
        take(p, sizeof *p, qn_table_row(table, i));
        p->key = copy_text(c, p->key);
        p->unit = copy_text(c, p->unit);
        p->doc = copy_text(c, p->doc);
        copy_member(c, &p->def);
        copy_member(c, &p->min);
        copy_member(c, &p->max);
        copy_member(c, &p->search.lo);
        copy_member(c, &p->search.hi);
        copy_member(c, &p->search.step);
        copy_member(c, &p->labels);
        copy_member(c, &p->since);
        copy_member(c, &p->replaced);
    }
    *table = (qn_table){rows, table->nrows, sizeof *rows};
}

static void copy_command_args(copier *c, qn_table *table)
{
    qn_command_arg *rows =
        arena_alloc(c->memory, table->nrows * sizeof *rows, _Alignof(qn_command_arg));

    c->is_full |= !rows;
    for (uint32_t i = 0; rows && i < table->nrows; i++) {
        take(&rows[i], sizeof rows[i], qn_table_row(table, i));
        rows[i].name = copy_text(c, rows[i].name);
        rows[i].unit = copy_text(c, rows[i].unit);
        rows[i].doc = copy_text(c, rows[i].doc);
        copy_member(c, &rows[i].min);
        copy_member(c, &rows[i].max);
    }
    *table = (qn_table){rows, table->nrows, sizeof *rows};
}

/* Functions stay where they are. */
static void *copy_commands(copier *c, const qn_command_table *from)
{
    qn_command_table *copy = arena_alloc(c->memory, sizeof *copy, _Alignof(qn_command_table));
    qn_command_row *rows =
        arena_alloc(c->memory, from->rows.nrows * sizeof *rows, _Alignof(qn_command_row));

    c->is_full |= !rows || !copy;
    for (uint32_t i = 0; rows && i < from->rows.nrows; i++) {
        take(&rows[i], sizeof rows[i], qn_table_row(&from->rows, i));
        rows[i].name = copy_text(c, rows[i].name);
        rows[i].signature = copy_text(c, rows[i].signature);
        rows[i].doc = copy_text(c, rows[i].doc);
        copy_command_args(c, &rows[i].args);
    }
    if (copy)
        *copy = (qn_command_table){.size = sizeof *copy,
                                   .rows = {rows, from->rows.nrows, sizeof *rows}};
    return copy;
}

static void copy_exts(copier *c, qn_table *table)
{
    qn_ext *rows = arena_alloc(c->memory, table->nrows * sizeof *rows, _Alignof(qn_ext));

    c->is_full |= !rows;
    for (uint32_t i = 0; rows && i < table->nrows; i++) {
        take(&rows[i], sizeof rows[i], qn_table_row(table, i));
        rows[i].id = copy_text(c, rows[i].id);
        rows[i].table = rows[i].id && strcmp(rows[i].id, QN_COMMAND_TABLE) == 0
                            ? copy_commands(c, rows[i].table)
                            : copy_sized(c, rows[i].table, 0);
    }
    *table = (qn_table){rows, table->nrows, sizeof *rows};
}

static void copy_named(copier *c, qn_table *table)
{
    qn_named *rows = arena_alloc(c->memory, table->nrows * sizeof *rows, _Alignof(qn_named));

    c->is_full |= !rows;
    for (uint32_t i = 0; rows && i < table->nrows; i++) {
        take(&rows[i], sizeof rows[i], qn_table_row(table, i));
        rows[i].name = copy_text(c, rows[i].name);
        rows[i].unit = copy_text(c, rows[i].unit);
        rows[i].doc = copy_text(c, rows[i].doc);
    }
    *table = (qn_table){rows, table->nrows, sizeof *rows};
}

/* A kind's table, and the rows that it holds. */
static void *copy_kind_table(copier *c, const qn_class *from)
{
    const kind *k = kind_find(from->kind);
    char *copy = copy_sized(c, from->table, k ? k->table_size : 0);
    qn_table rows;

    if (!copy || !k || !k->named.row) return copy;
    memcpy(&rows, copy + k->named.offset, sizeof rows);
    copy_named(c, &rows);
    memcpy(copy + k->named.offset, &rows, sizeof rows);
    return copy;
}

int32_t table_copy_class(const qn_class *from, arena *memory, qn_class *to, qn_err *err)
{
    copier c = {.memory = memory};

    take(to, sizeof *to, from);
    to->id = copy_text(&c, from->id);
    to->kind = copy_text(&c, from->kind);
    to->version = copy_text(&c, from->version);
    to->license = copy_text(&c, from->license);
    to->name = copy_text(&c, from->name);
    to->doc = copy_text(&c, from->doc);
    to->needs = copy_text(&c, from->needs);
    if (from->table) to->table = copy_kind_table(&c, from);
    copy_params(&c, &to->params);
    copy_exts(&c, &to->exts);
    return c.is_full ? fail(err, QN_E_NO_MEMORY, "out of memory copying class %s", from->id)
                     : QN_OK;
}
