/* SPDX-License-Identifier: MIT
 *
 * What a module is, in words for the host: the counterpart of guest/describe.c. */
#include "child.h"

#include "foreign/command.h"
#include "module/kind.h"

#include <quoin/command.h>
#include <quoin/model.h>
#include <quoin/optimizer.h>
#include <quoin/risk.h>
#include <quoin/strategy.h>

#include <string.h>

static void put_optional(bytes_out *out, const char *text)
{
    bytes_put_u8(out, text != NULL);
    if (text) bytes_put_text(out, text);
}

static void put_text(bytes_out *out, const char *text)
{
    bytes_put_text(out, text ? text : "");
}

static void put_param(bytes_out *out, const qn_param *p)
{
    bytes_put_u32(out, p->type);
    bytes_put_u32(out, p->flags);
    bytes_put_u32(out, p->offset);
    put_text(out, p->key);
    put_text(out, p->unit);
    put_text(out, p->doc);
    put_optional(out, p->def);
    put_optional(out, p->min);
    put_optional(out, p->max);
    put_optional(out, p->search.lo);
    put_optional(out, p->search.hi);
    put_optional(out, p->search.step);
    put_optional(out, p->labels);
    put_optional(out, p->since);
    put_optional(out, p->replaced);
}

static uint32_t kind_has(const qn_class *c)
{
    if (strcmp(c->kind, QN_KIND_STRATEGY) == 0)
        return QN_HAS((const qn_strategy *)c->table, qn_strategy, lookback) ? HAS(LOOKBACK) : 0;
    if (strcmp(c->kind, QN_KIND_MODEL) == 0)
        return QN_HAS((const qn_model *)c->table, qn_model, lookback) ? HAS(LOOKBACK) : 0;
    if (strcmp(c->kind, QN_KIND_OPTIMIZER) == 0)
        return QN_HAS((const qn_optimizer *)c->table, qn_optimizer, need) ? HAS(NEED) : 0;
    if (strcmp(c->kind, QN_KIND_RISK) == 0)
        return QN_HAS((const qn_risk *)c->table, qn_risk, on_event) ? HAS(ON_EVENT) : 0;
    return 0;
}

static uint32_t has_of(const qn_class *c)
{
    return (c->create ? HAS(CREATE) : 0) | (c->destroy ? HAS(DESTROY) : 0) |
           (c->save ? HAS(SAVE) : 0) | (c->load ? HAS(LOAD) : 0) | (class_work(c) ? HAS(WORK) : 0) |
           (command_table_of(c) ? HAS(COMMANDS) : 0) | kind_has(c);
}

static void put_named(bytes_out *out, const qn_class *c)
{
    const qn_table *rows = kind_named_rows(kind_find(c->kind), c->table);

    bytes_put_u32(out, rows ? rows->nrows : 0);
    for (uint32_t i = 0; rows && i < rows->nrows; i++) {
        const qn_named *row = qn_table_row(rows, i);
        put_text(out, row->name);
        put_text(out, row->unit);
        put_text(out, row->doc);
    }
}

static void put_command(bytes_out *out, const qn_command_row *c)
{
    put_text(out, c->name);
    put_text(out, c->signature);
    put_text(out, c->doc);
    bytes_put_u32(out, c->args.nrows);
    for (uint32_t i = 0; i < c->args.nrows; i++) {
        const qn_command_arg *a = qn_table_row(&c->args, i);
        put_text(out, a->name);
        put_text(out, a->unit);
        put_text(out, a->doc);
        put_optional(out, a->min);
        put_optional(out, a->max);
    }
}

static void put_commands(bytes_out *out, const qn_class *c)
{
    const qn_command_table *table = command_table_of(c);

    if (!table) return;
    bytes_put_u32(out, table->rows.nrows);
    for (uint32_t i = 0; i < table->rows.nrows; i++)
        put_command(out, qn_table_row(&table->rows, i));
}

static void put_class(bytes_out *out, const qn_class *c)
{
    bytes_put_u32(out, c->flags);
    put_text(out, c->id);
    put_text(out, c->kind);
    put_text(out, c->version);
    put_text(out, c->license);
    put_text(out, c->name);
    put_text(out, c->doc);
    put_text(out, c->needs);
    bytes_put_u32(out, c->instance_size);
    bytes_put_u32(out, c->instance_align);
    bytes_put_u32(out, c->schema);
    bytes_put_u32(out, c->schema_min);
    bytes_put_u32(out, has_of(c));
    bytes_put_u32(out, c->params.nrows);
    for (uint32_t i = 0; i < c->params.nrows; i++)
        put_param(out, qn_table_row(&c->params, i));
    put_named(out, c);
    put_commands(out, c);
}

void describe_module(const qn_module *m, bytes_out *out)
{
    bytes_put_u32(out, m->abi);
    bytes_put_u32(out, m->nclasses);
    for (uint32_t i = 0; i < m->nclasses; i++)
        put_class(out, m->classes[i]);
}
