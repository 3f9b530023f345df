/* SPDX-License-Identifier: MIT */
#include "command.h"

#include "base/fail.h"
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

#define NAMES_SHOWN 32u

/* ------------------------------------------------------------------ finding */

const qn_command_table *command_table_of(const qn_class *cls)
{
    for (uint32_t i = 0; i < cls->exts.nrows; i++) {
        const qn_ext *ext = qn_table_row(&cls->exts, i);
        if (strcmp(ext->id, QN_COMMAND_TABLE) == 0) return ext->table;
    }
    return NULL;
}

const qn_command_row *command_find(const qn_class *cls, const char *name)
{
    const qn_command_table *table = command_table_of(cls);

    for (uint32_t i = 0; table && i < table->rows.nrows; i++) {
        const qn_command_row *row = qn_table_row(&table->rows, i);
        if (strcmp(row->name, name) == 0) return row;
    }
    return NULL;
}

static int32_t not_found(const qn_class *cls, const char *name, qn_err *err)
{
    const qn_command_table *table = command_table_of(cls);
    const char *names[NAMES_SHOWN];
    char hint[HINT_TEXT];
    size_t n = 0;

    for (; table && n < table->rows.nrows && n < NAMES_SHOWN; n++)
        names[n] = ((const qn_command_row *)qn_table_row(&table->rows, (uint32_t)n))->name;
    if (!n) return fail(err, QN_E_UNKNOWN_NAME, "%s has no commands", cls->id);
    return fail(err, QN_E_UNKNOWN_NAME, "%s has no command '%.40s', %s", cls->id, name,
                name_hint(name, names, n, hint));
}

/* ------------------------------------------------------------------ checking */

static bool is_number(foreign_type type)
{
    return type >= FOREIGN_I8 && type <= FOREIGN_F64;
}

/* A bound as a value; NULL is none. */
static int32_t read_bound(foreign_type type, const char *text, foreign_value *out, qn_err *err)
{
    if (!is_number(type)) return fail(err, QN_E_TYPE, "a bound, and a text has no order");
    return foreign_value_parse(type, text, out, err);
}

static int32_t check_arg(const qn_command_arg *arg, foreign_type type, qn_err *err)
{
    foreign_value low;
    foreign_value high;
    qn_err why = QN_ERR_INIT;
    int32_t rc = QN_OK;

    if (arg->min) rc = read_bound(type, arg->min, &low, &why);
    if (rc == QN_OK && arg->max) rc = read_bound(type, arg->max, &high, &why);
    if (rc != QN_OK) return fail(err, rc, "argument %s: %s", arg->name, why.msg);
    if (arg->min && arg->max && foreign_value_compare(type, &low, &high) > 0)
        return fail(err, QN_E_RANGE, "argument %s: min %.40s is above max %.40s", arg->name,
                    arg->min, arg->max);
    return QN_OK;
}

int32_t command_check(const qn_command_row *row, qn_err *err)
{
    foreign_signature types;
    qn_err why = QN_ERR_INIT;
    int32_t rc = foreign_signature_parse(row->signature, FOREIGN_COMMAND, &types, &why);

    if (rc != QN_OK) return fail(err, rc, "its signature: %s", why.msg);
    if (row->args.nrows != types.nargs)
        return fail(err, QN_E_INVALID, "%u rows of arguments, and %s has %u", row->args.nrows,
                    row->signature, types.nargs);
    for (uint32_t i = 0; i < types.nargs && rc == QN_OK; i++)
        rc = check_arg(qn_table_row(&row->args, i), types.args[i], err);
    return rc;
}

/* ------------------------------------------------------------------ reading */

/* "-1 to 1", "1 or more". */
static void say_bounds(const qn_command_arg *arg, char to[96])
{
    if (arg->min && arg->max)
        snprintf(to, 96, "%.40s to %.40s", arg->min, arg->max);
    else
        snprintf(to, 96, "%.40s or %s", arg->min ? arg->min : arg->max, arg->min ? "more" : "less");
}

static int32_t read_arg(const qn_command_arg *arg, foreign_type type, const char *text,
                        foreign_value *out, qn_err *err)
{
    foreign_value bound;
    char bounds[96];
    qn_err why = QN_ERR_INIT;
    int32_t rc = foreign_value_parse(type, text, out, &why);

    if (rc != QN_OK) return fail(err, rc, "argument %s: %s", arg->name, why.msg);
    if (arg->min && foreign_value_parse(type, arg->min, &bound, NULL) == QN_OK &&
        foreign_value_compare(type, out, &bound) < 0)
        rc = QN_E_RANGE;
    if (arg->max && foreign_value_parse(type, arg->max, &bound, NULL) == QN_OK &&
        foreign_value_compare(type, out, &bound) > 0)
        rc = QN_E_RANGE;
    if (rc == QN_OK) return rc;
    say_bounds(arg, bounds);
    return fail(err, rc, "argument %s: found %.40s, expected %s", arg->name, text, bounds);
}

/* "set_bias(bias)", for a person who gave another number of arguments. */
static void say_usage(const qn_command_row *row, char to[160])
{
    size_t used = (size_t)snprintf(to, 160, "%s(", row->name);

    for (uint32_t i = 0; i < row->args.nrows && used < 140; i++) {
        const qn_command_arg *arg = qn_table_row(&row->args, i);
        used += (size_t)snprintf(to + used, 160 - used, "%s%.40s", i ? ", " : "", arg->name);
    }
    if (used < 158) snprintf(to + used, 160 - used, ")");
}

int32_t command_read(const qn_class *cls, const char *text, command_ask *out, qn_err *err)
{
    foreign_signature types;
    char usage[160];
    int32_t rc = words_split(text, &out->words, err);

    if (rc != QN_OK) return rc;
    if (!out->words.n) return fail(err, QN_E_MISSING, "no command is named");
    if (!(out->row = command_find(cls, out->words.items[0])))
        return not_found(cls, out->words.items[0], err);
    if ((rc = foreign_signature_parse(out->row->signature, FOREIGN_COMMAND, &types, err)) != QN_OK)
        return rc;
    if (out->words.n - 1 != types.nargs) {
        say_usage(out->row, usage);
        return fail(err, QN_E_INVALID, "found %u argument%s, expected %u: %s", out->words.n - 1,
                    out->words.n == 2 ? "" : "s", types.nargs, usage);
    }
    for (uint32_t i = 0; i < types.nargs && rc == QN_OK; i++)
        rc = read_arg(qn_table_row(&out->row->args, i), types.args[i], out->words.items[i + 1],
                      &out->args[i], err);
    return rc == QN_OK ? foreign_call_prepare(&out->call, &types, FOREIGN_COMMAND, err) : rc;
}

/* ------------------------------------------------------------------ calling */

int32_t command_call(const command_ask *ask, void *self, command_result *out, qn_err *err)
{
    foreign_value value;

    *err = (qn_err)QN_ERR_INIT;
    *out = (command_result){.type = FOREIGN_VOID};
    foreign_call_make(&ask->call, ask->row->fn, self, ask->args, err, &value);
    if (err->code != QN_OK) return err->code;
    out->type = ask->call.types.result;
    out->value = value;
    if (out->type != FOREIGN_STR) return QN_OK;
    snprintf(out->text, sizeof out->text, "%s", value.text ? value.text : "");
    out->value = (foreign_value){0}; /* an address of the plugin's says nothing */
    return QN_OK;
}

bool command_is_same(const command_result *a, const command_result *b)
{
    return a->type == b->type && a->value.u == b->value.u && strcmp(a->text, b->text) == 0;
}
