/* SPDX-License-Identifier: MIT
 *
 * The tables as Markdown. */
#include "schema.h"

#include <string.h>

/* "a|b" inside a table cell: the bar would end the cell. */
static void put_labels(FILE *to, const char *labels)
{
    for (const char *p = labels; *p;) {
        size_t n = strcspn(p, "|");
        fprintf(to, "%s`%.*s`", p == labels ? "" : ", ", (int)n, p);
        p += n + (p[n] == '|');
    }
}

static void put_cell(FILE *to, const char *text)
{
    for (; *text; text++)
        fprintf(to, *text == '|' ? "\\%c" : "%c", *text == '\n' ? ' ' : *text);
}

static void put_field(FILE *to, const field *f)
{
    char bounds[BOUNDS_TEXT];

    fprintf(to, "| `%s` | %s", f->key, f->kind->doc);
    if (f->labels) {
        fputc(' ', to);
        put_labels(to, f->labels);
    }
    if (field_bounds(f, bounds)[0]) fprintf(to, ", %s", bounds);
    if (f->def)
        fprintf(to, " | `%s` | ", f->def);
    else
        fprintf(to, " | %s | ", f->flags & FIELD_REQUIRED ? "required" : "");
    put_cell(to, f->doc);
    if (f->later) {
        fputs("; later versions: ", to);
        put_labels(to, f->later);
    }
    fputs(" |\n", to);
}

/* A group that stands at the top, too, is told there. */
static bool is_at_top(const schema *sub)
{
    for (size_t i = 0; i < root_schema.nfields; i++)
        if (root_schema.fields[i].sub == sub) return true;
    return false;
}

static void put_schema(FILE *to, const schema *sc, const char *title)
{
    fprintf(to, "### %s\n\n", title);
    if (sc->doc[0]) fprintf(to, "%s\n\n", sc->doc);
    fputs("| key | value | default | meaning |\n|---|---|---|---|\n", to);
    for (size_t i = 0; i < sc->nfields; i++)
        put_field(to, &sc->fields[i]);
    fputc('\n', to);
    for (size_t i = 0; i < sc->nfields; i++) {
        const schema *sub = sc->fields[i].sub;
        if (sub && (sc == &root_schema || !is_at_top(sub))) put_schema(to, sub, sub->name);
    }
}

void config_reference(FILE *to)
{
    put_schema(to, &root_schema, "Top of the file");
}

static const char *type_name(uint32_t type)
{
#define TYPE_TEXT(number, NAME, c_type, text) [number] = text,
    static const char *const texts[QN_PARAM_TYPES] = {QN_PARAM_TYPE_LIST(TYPE_TEXT)};
#undef TYPE_TEXT

    return type < QN_PARAM_TYPES && texts[type] ? texts[type] : "?";
}

/* What the config writes, without what the slot then holds. */
static void put_type(FILE *to, const qn_param *p)
{
    const char *text = type_name(p->type);
    size_t len = strcspn(text, ";");

    if (p->type == QN_PARAM_TYPE_ENUM && p->labels) {
        put_labels(to, p->labels);
        return;
    }
    fprintf(to, "%.*s", (int)len, text);
    /* basis points are their own unit; a ratio is of something */
    if (p->unit && p->unit[0] && p->type != QN_PARAM_TYPE_BPS)
        fprintf(to, p->type == QN_PARAM_TYPE_RATIO ? " (%s)" : ", in %s", p->unit);
}

static void put_range(FILE *to, const qn_param *p)
{
    if (p->min && p->max)
        fprintf(to, "%s to %s", p->min, p->max);
    else if (p->min)
        fprintf(to, "%s or more", p->min);
    else if (p->max)
        fprintf(to, "%s or less", p->max);
}

static void put_param(FILE *to, const qn_param *p)
{
    fprintf(to, "| `%s` | ", p->key);
    put_type(to, p);
    fputs(" | ", to);
    put_range(to, p);
    if (p->def)
        fprintf(to, " | `%s` | ", p->def);
    else
        fprintf(to, " | %s | ", p->flags & QN_PARAM_REQUIRED ? "required" : "");
    put_cell(to, p->doc ? p->doc : "");
    if (p->flags & QN_PARAM_LIVE) fputs("; may change while running", to);
    if (p->since) fprintf(to, "; since %s", p->since);
    if (p->replaced) fprintf(to, "; replaced by `%s`", p->replaced);
    fputs(" |\n", to);
}

void config_describe_params(const qn_table *table, FILE *to)
{
    if (table->nrows == 0) {
        fputs("It has no parameters.\n", to);
        return;
    }
    fputs("| parameter | value | range | default | meaning |\n|---|---|---|---|---|\n", to);
    for (uint32_t i = 0; i < table->nrows; i++)
        put_param(to, qn_table_row(table, i));
}
