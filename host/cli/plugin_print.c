/* SPDX-License-Identifier: MIT
 *
 * A class and its parameters, as text and as JSON. */
#include "plugin.h"

#include "base/json.h"
#include "foreign/command.h"
#include "module/kind.h"
#include "module/value.h"

#include <quoin/model.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define CELL 256

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void type_name(const qn_param *p, char to[16])
{
    const char *name = value_type_of(p->type)->name;
    size_t n = 0;

    for (; name[n] && n < 15; n++)
        to[n] = (char)tolower((unsigned char)name[n]);
    to[n] = '\0';
}

static void upper(const char *text, char to[CELL])
{
    size_t n = 0;

    for (; text[n] && n < CELL - 1; n++)
        to[n] = (char)toupper((unsigned char)text[n]);
    to[n] = '\0';
}

/* The columns of the parameter table; the doc is last and as long as it is. */
enum { KEY, TYPE, UNIT, DEFAULT, RANGE, COLUMNS };
static const char *const titles[COLUMNS] = {"KEY", "TYPE", "UNIT", "DEFAULT", "RANGE"};

static const char *default_of(const qn_param *p)
{
    if (p->def) return p->def;
    return p->flags & QN_PARAM_REQUIRED ? "(required)" : "(optional)";
}

static void cell(const qn_param *p, int column, char to[CELL])
{
    char type[16];

    type_name(p, type);
    switch (column) {
    case RANGE:
        if (p->labels)
            snprintf(to, CELL, "%s", p->labels);
        else if (p->min && p->max)
            snprintf(to, CELL, "%s .. %s", p->min, p->max);
        else
            snprintf(to, CELL, "%s%s",
                     p->min   ? ">= "
                     : p->max ? "<= "
                              : "",
                     or_empty(p->min ? p->min : p->max));
        return;
    case DEFAULT:
        snprintf(to, CELL, "%s", default_of(p));
        return;
    default:
        snprintf(to, CELL, "%s", column == KEY ? p->key : column == TYPE ? type : p->unit);
    }
}

static void print_params(const qn_table *params)
{
    int widths[COLUMNS];
    char text[CELL];

    for (int k = 0; k < COLUMNS; k++)
        widths[k] = (int)strlen(titles[k]);
    for (uint32_t i = 0; i < params->nrows; i++)
        for (int k = 0; k < COLUMNS; k++) {
            cell(qn_table_row(params, i), k, text);
            if ((int)strlen(text) > widths[k]) widths[k] = (int)strlen(text);
        }
    printf("\n  ");
    for (int k = 0; k < COLUMNS; k++)
        printf("%-*s  ", widths[k], titles[k]);
    puts("MEANING");
    for (uint32_t i = 0; i < params->nrows; i++) {
        const qn_param *p = qn_table_row(params, i);
        printf("  ");
        for (int k = 0; k < COLUMNS; k++) {
            cell(p, k, text);
            printf("%-*s  ", widths[k], text);
        }
        printf("%s", p->doc);
        if (p->flags & QN_PARAM_LIVE) printf("; may change while running");
        if (p->replaced) printf(" (deprecated: use %s)", p->replaced);
        putchar('\n');
    }
}

/* What instances give out under a name: a model's features, an optimizer's values. */
static void print_named(const kind *k, const qn_table *named)
{
    char title[CELL];
    int widths[2];

    upper(k->named.row, title);
    widths[0] = (int)strlen(title);
    widths[1] = (int)strlen(titles[UNIT]);
    for (uint32_t i = 0; i < named->nrows; i++) {
        const qn_named *n = qn_table_row(named, i);
        if ((int)strlen(n->name) > widths[0]) widths[0] = (int)strlen(n->name);
        if ((int)strlen(n->unit) > widths[1]) widths[1] = (int)strlen(n->unit);
    }
    printf("\n  %-*s  %-*s  MEANING\n", widths[0], title, widths[1], titles[UNIT]);
    for (uint32_t i = 0; i < named->nrows; i++) {
        const qn_named *n = qn_table_row(named, i);
        printf("  %-*s  %-*s  %s\n", widths[0], n->name, widths[1], n->unit, n->doc);
    }
}

/* "set_bias(bias -1 .. 1)", the signature, and what it does. */
static void command_cell(const qn_command_row *c, char to[CELL])
{
    size_t used = (size_t)snprintf(to, CELL, "%s(", c->name);

    for (uint32_t i = 0; i < c->args.nrows && used < CELL; i++) {
        const qn_command_arg *a = qn_table_row(&c->args, i);
        const char *lead = a->min ? a->min : a->max ? "" : NULL;
        used += (size_t)snprintf(to + used, CELL - used, "%s%s%s%s%s%s", i ? ", " : "", a->name,
                                 lead ? " " : "", lead ? lead : "", lead ? " .. " : "",
                                 or_empty(a->max));
    }
    if (used < CELL) snprintf(to + used, CELL - used, ")");
}

static void print_commands(const qn_command_table *table)
{
    int widths[2] = {(int)strlen("COMMAND"), (int)strlen("SIGNATURE")};
    char text[CELL];

    for (uint32_t i = 0; i < table->rows.nrows; i++) {
        const qn_command_row *c = qn_table_row(&table->rows, i);
        command_cell(c, text);
        if ((int)strlen(text) > widths[0]) widths[0] = (int)strlen(text);
        if ((int)strlen(c->signature) > widths[1]) widths[1] = (int)strlen(c->signature);
    }
    printf("\n  %-*s  %-*s  MEANING\n", widths[0], "COMMAND", widths[1], "SIGNATURE");
    for (uint32_t i = 0; i < table->rows.nrows; i++) {
        const qn_command_row *c = qn_table_row(&table->rows, i);
        command_cell(c, text);
        printf("  %-*s  %-*s  %s\n", widths[0], text, widths[1], c->signature, c->doc);
    }
}

/* Does one lie beside it? Whose it is, and whether it is right, tells `verify`. */
static bool has_signature(const char *path)
{
    char beside[PATH_ROOM];

    return trust_signature_path(path, beside, NULL) == QN_OK && file_exists(beside);
}

void plugin_print(const module *m, const qn_class *c)
{
    const module_info *info = module_about(m);
    const kind *k = kind_find(c->kind);
    const qn_table *named = kind_named_rows(k, c->table);

    printf("%s %s%s%s\n", c->id, c->version, c->name[0] ? " - " : "", c->name);
    if (c->doc[0]) printf("%s\n", c->doc);
    printf("\n");
    printf("  kind      %s\n", c->kind);
    printf("  license   %s\n", c->license);
    printf("  file      %s\n", info->path);
    printf("  sha256    %s\n", info->sha256);
    printf("  build id  %s\n", info->build_id[0] ? info->build_id : "none");
    printf("  abi       %u.%u\n", info->abi >> 16, info->abi & 0xffff);
    printf("  tier      %s\n", tier_name(info->tier));
    printf("  profile   %s\n", info->is_dev ? "dev" : "strict");
    printf("  signature %s\n", has_signature(info->path) ? "beside it" : "none");
    printf("  unload    %s%s\n", info->can_close ? "yes" : "no: ", or_empty(info->kept_because));
    if (c->schema)
        printf("  state     layout %u, reads %u and later\n", c->schema, c->schema_min);
    else
        printf("  state     none\n");
    if (c->params.nrows > 0) print_params(&c->params);
    if (named && named->nrows > 0) print_named(k, named);
    if (command_table_of(c)) print_commands(command_table_of(c));
}

/* A text, or null where there is none. */
static struct json_object *json_labels(const char *labels)
{
    struct json_object *list = json_object_new_array();

    for (const char *at = labels; list && *at;) {
        size_t len = strcspn(at, "|");
        struct json_object *label = json_object_new_string_len(at, (int)len);
        if (!label || json_object_array_add(list, label) != 0) {
            json_object_put(list);
            return NULL;
        }
        at += len + (at[len] == '|');
    }
    return list;
}

static struct json_object *json_search(const qn_param *p)
{
    struct json_object *o = json_object_new_object();

    if (json_put_text(o, "lo", p->search.lo) && json_put_text(o, "hi", p->search.hi) &&
        json_put_text(o, "step", p->search.step))
        return o;
    json_object_put(o);
    return NULL;
}

static struct json_object *json_param(const qn_param *p)
{
    struct json_object *o = json_object_new_object();
    char type[16];
    bool is_whole;

    type_name(p, type);
    is_whole =
        json_put_text(o, "key", p->key) && json_put_text(o, "type", type) &&
        json_put_text(o, "unit", p->unit) && json_put_text(o, "doc", p->doc) &&
        json_put_text(o, "default", p->def) && json_put_text(o, "min", p->min) &&
        json_put_text(o, "max", p->max) &&
        json_put_bool(o, "required", p->flags & QN_PARAM_REQUIRED) &&
        json_put_bool(o, "live", p->flags & QN_PARAM_LIVE) &&
        json_put_bool(o, "advanced", p->flags & QN_PARAM_ADVANCED) &&
        json_put_text(o, "since", p->since) && json_put_text(o, "replaced_by", p->replaced) &&
        (p->labels ? json_put(o, "labels", json_labels(p->labels))
                   : json_put_text(o, "labels", NULL)) &&
        (p->search.lo ? json_put(o, "search", json_search(p)) : json_put_text(o, "search", NULL));
    if (is_whole) return o;
    json_object_put(o);
    return NULL;
}

static struct json_object *json_params(const qn_table *params)
{
    struct json_object *list = json_object_new_array();

    for (uint32_t i = 0; list && i < params->nrows; i++) {
        struct json_object *o = json_param(qn_table_row(params, i));
        if (o && json_object_array_add(list, o) == 0) continue;
        json_object_put(list);
        return NULL;
    }
    return list;
}

static struct json_object *json_named(const qn_table *named)
{
    struct json_object *list = json_object_new_array();

    for (uint32_t i = 0; list && i < named->nrows; i++) {
        const qn_named *n = qn_table_row(named, i);
        struct json_object *o = json_object_new_object();
        if (json_put_text(o, "name", n->name) && json_put_text(o, "unit", n->unit) &&
            json_put_text(o, "doc", n->doc) && json_object_array_add(list, o) == 0)
            continue;
        json_object_put(o);
        json_object_put(list);
        return NULL;
    }
    return list;
}

/* "features" or "values", where the kind has them. */
static bool put_named(struct json_object *o, const qn_class *c)
{
    const kind *k = kind_find(c->kind);
    const qn_table *named = kind_named_rows(k, c->table);
    char key[16];

    if (!named) return true;
    snprintf(key, sizeof key, "%ss", k->named.row);
    return json_put(o, key, json_named(named));
}

static bool put_args(struct json_object *to, const qn_table *args)
{
    struct json_object *list = json_put_array(to, "args");
    bool is_whole = list != NULL;

    for (uint32_t i = 0; i < args->nrows && is_whole; i++) {
        const qn_command_arg *a = qn_table_row(args, i);
        struct json_object *o = json_append_object(list);
        is_whole = json_put_text(o, "name", a->name) && json_put_text(o, "unit", a->unit) &&
                   json_put_text(o, "doc", a->doc) && json_put_text(o, "min", a->min) &&
                   json_put_text(o, "max", a->max);
    }
    return is_whole;
}

/* What an operator may call; an empty list where there is nothing. */
static bool put_commands(struct json_object *to, const qn_class *c)
{
    const qn_command_table *table = command_table_of(c);
    struct json_object *list = json_put_array(to, "commands");
    bool is_whole = list != NULL;

    for (uint32_t i = 0; table && i < table->rows.nrows && is_whole; i++) {
        const qn_command_row *row = qn_table_row(&table->rows, i);
        struct json_object *o = json_append_object(list);
        is_whole = json_put_text(o, "name", row->name) &&
                   json_put_text(o, "signature", row->signature) &&
                   json_put_text(o, "doc", row->doc) && put_args(o, &row->args);
    }
    return is_whole;
}

struct json_object *plugin_json(const module *m, const qn_class *c)
{
    const module_info *info = module_about(m);
    struct json_object *o = json_object_new_object();
    char abi[24];
    bool is_whole;

    snprintf(abi, sizeof abi, "%u.%u", info->abi >> 16, info->abi & 0xffff);
    is_whole = json_put_text(o, "id", c->id) && json_put_text(o, "name", c->name) &&
               json_put_text(o, "version", c->version) && json_put_text(o, "license", c->license) &&
               json_put_text(o, "kind", c->kind) && json_put_text(o, "doc", c->doc) &&
               json_put_text(o, "file", info->path) && json_put_text(o, "sha256", info->sha256) &&
               json_put_text(o, "build_id", info->build_id[0] ? info->build_id : NULL) &&
               json_put_text(o, "abi", abi) &&
               json_put_text(o, "tier", info->tier == QN_TIER_PURE ? "pure" : "io") &&
               json_put_text(o, "profile", info->is_dev ? "dev" : "strict") &&
               json_put_bool(o, "can_unload", info->can_close) &&
               json_put_text(o, "kept_because", info->kept_because) &&
               json_put_bool(o, "has_signature", has_signature(info->path)) &&
               json_put(o, "state_schema", json_object_new_int64(c->schema)) &&
               json_put(o, "params", json_params(&c->params)) && put_named(o, c) &&
               put_commands(o, c);
    if (is_whole) return o;
    json_object_put(o);
    return NULL;
}
