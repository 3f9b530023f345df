/* SPDX-License-Identifier: MIT */
#include "importer.h"

#include "number.h"

#include "base/clock.h"
#include "base/fail.h"

#include <string.h>
#include <strings.h>

#define NOWHERE (-1)
#define NONE "none"      /* --columns volume=none */
#define SEPARATORS_MIN 2 /* fewer may be text, but for a format of two columns */

static bool is_same(text_piece a, const char *b, size_t len)
{
    return a.len == len && strncasecmp(a.text, b, len) == 0;
}

/* Take the text up to `stop`, or the end, off *rest. False when there is nothing left. */
static bool take(const char **rest, char stop, text_piece *out)
{
    const char *p = *rest;
    size_t len;

    if (!p) return false;
    len = (size_t)(strchrnul(p, stop) - p);
    *out = (text_piece){p, len};
    *rest = p[len] ? p + len + 1 : NULL;
    return true;
}

/* Split "role=value". */
static bool split_pair(text_piece pair, text_piece *role, text_piece *value)
{
    const char *equals = memchr(pair.text, '=', pair.len);

    if (!equals || equals == pair.text || equals + 1 == pair.text + pair.len) return false;
    *role = (text_piece){pair.text, (size_t)(equals - pair.text)};
    *value = (text_piece){equals + 1, pair.len - role->len - 1};
    return true;
}

static size_t column_of(const importer *imp, text_piece role)
{
    size_t i = 0;

    while (i < imp->ncolumns && !is_same(role, imp->columns[i].role, strlen(imp->columns[i].role)))
        i++;
    return i;
}

/* What the map says of a column: false when nothing. */
static bool map_find(const importer *imp, const char *map, size_t column, text_piece *value)
{
    text_piece pair;
    text_piece role;

    while (take(&map, ',', &pair))
        if (split_pair(pair, &role, value) && column_of(imp, role) == column) return true;
    return false;
}

int32_t layout_check(const importer *imp, const char *map, qn_err *err)
{
    bool is_given[COLUMNS_MAX] = {false};
    text_piece pair;
    text_piece role;
    text_piece value;
    size_t i;

    while (take(&map, ',', &pair)) {
        if (!split_pair(pair, &role, &value))
            return fail(err, QN_E_SYNTAX, "--columns: '%.*s' is not COLUMN=NAME or COLUMN=NUMBER",
                        (int)pair.len, pair.text);
        if ((i = column_of(imp, role)) == imp->ncolumns)
            return fail(err, QN_E_UNKNOWN_NAME, "--columns: format %s has no column '%.*s'",
                        imp->name, (int)role.len, role.text);
        if (is_given[i])
            return fail(err, QN_E_DUPLICATE, "--columns: %s is given twice", imp->columns[i].role);
        is_given[i] = true;
    }
    return QN_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The text of a field of the header, without the blanks around it: "Date, Open". */
static text_piece header_name(text_piece p)
{
    while (p.len > 0 && is_blank(p.text[p.len - 1]))
        p.len--;
    for (; p.len > 0 && is_blank(*p.text); p.len--)
        p.text++;
    return p;
}

/* The field whose text is `name`; *twice if there is another. An empty name fits the first
 * field alone. */
static int32_t field_named(const csv_row *row, text_piece name, bool *twice)
{
    int32_t at = NOWHERE;

    for (uint32_t i = 0; i < row->n && (name.len > 0 || i == 0); i++) {
        text_piece said = header_name(row->fields[i]);
        if (!is_same(name, said.text, said.len)) continue;
        if (at != NOWHERE) *twice = true;
        if (at == NOWHERE) at = (int32_t)i;
    }
    return at;
}

/* The field that one of the column's names fits. */
static int32_t field_of(const import_column *col, const csv_row *row, int32_t *at, qn_err *err)
{
    const char *names = col->names;
    text_piece name;
    bool twice = false;

    *at = NOWHERE;
    while (take(&names, '|', &name)) {
        int32_t found = field_named(row, name, &twice);
        if (found == NOWHERE || (name.len == 0 && *at != NOWHERE)) continue;
        if (twice || *at != NOWHERE)
            return fail(err, QN_E_DUPLICATE,
                        "two columns fit %s ('%.*s' is one); choose with --columns %s=NUMBER",
                        col->role, (int)name.len, name.text, col->role);
        *at = found;
    }
    return QN_OK;
}

/* Does --columns say that the file lacks this column? A column that is called so is one. */
static bool is_waived(const import_column *col, text_piece value, const csv_row *row)
{
    bool twice = false;

    return col->need == NEED_WORD && is_same(value, NONE, strlen(NONE)) &&
           field_named(row, value, &twice) == NOWHERE;
}

/* The field that --columns names, by number or by name. */
static int32_t field_mapped(const import_column *col, text_piece value, const csv_row *row,
                            bool has_header, int32_t *at, qn_err *err)
{
    uint64_t number;
    bool twice = false;

    *at = NOWHERE;
    if (is_waived(col, value, row)) return QN_OK;
    if (number_id(value.text, value.len, &number) == QN_OK) {
        if (number < 1 || number > row->n)
            return fail(err, QN_E_RANGE, "--columns %s=%.*s, but the row has %u fields", col->role,
                        (int)value.len, value.text, row->n);
        *at = (int32_t)number - 1;
        return QN_OK;
    }
    *at = has_header ? field_named(row, value, &twice) : NOWHERE;
    if (twice)
        return fail(err, QN_E_DUPLICATE, "two columns are called '%.*s'; give its number",
                    (int)value.len, value.text);
    if (*at == NOWHERE)
        return fail(err, QN_E_UNKNOWN_NAME, "no column is called '%.*s' (--columns %s)",
                    (int)value.len, value.text, col->role);
    return QN_OK;
}

/* Does a field of the row hold a number or a time, as data does? */
static bool is_data(const csv_row *row, uint32_t at)
{
    text_piece field = row->fields[at];
    int64_t ignored;

    return number_read(field.text, field.len, 0, &ignored) != QN_E_SYNTAX ||
           time_parse(field.text, field.len, &ignored) == QN_OK;
}

/* A first row that holds a number or time where a column of numbers is expected is data; the
 * places are known from --columns, or from the format. */
static bool is_header(const importer *imp, const char *map, const csv_row *row)
{
    bool is_known = false;
    text_piece value;
    uint64_t place;

    for (size_t i = 0; i < imp->ncolumns; i++) {
        const import_column *col = &imp->columns[i];
        if (map_find(imp, map, i, &value)) {
            if (number_id(value.text, value.len, &place) != QN_OK) return true; /* a name */
        } else {
            place = col->place;
        }
        if (place < 1 || place > row->n || col->kind > COLUMN_ID) continue;
        is_known = true;
        if (is_data(row, (uint32_t)place - 1)) return false;
    }
    return is_known || !imp->has_places;
}

/* Is there what the importer needs? */
static int32_t check_needs(const importer *imp, const char *map, const import_layout *out,
                           bool has_header, qn_err *err)
{
    text_piece value;

    for (size_t i = 0; i < imp->ncolumns; i++) {
        const import_column *col = &imp->columns[i];
        int32_t found = 0;
        for (size_t k = 0; k < imp->ncolumns; k++)
            if (k == i || (col->need == NEED_ONE && imp->columns[k].offset == col->offset))
                found += out->at[k] != NOWHERE;
        if (found > 0 || col->need == NEED_NOT) continue;
        if (map_find(imp, map, i, &value)) continue; /* "volume=none" */
        return fail(err, QN_E_MISSING, "%s has no column for %s; expected a header with %.60s%s",
                    has_header ? "the header" : "the file", col->role, col->names,
                    col->need == NEED_WORD ? ", or --columns; =" NONE " where there is none"
                                           : ", or --columns");
    }
    return QN_OK;
}

static bool fits_sizes(const importer *imp, uint32_t n)
{
    return imp->row_sizes == 0 || (n < 16 && (imp->row_sizes >> n & 1));
}

/* Does a first line without a comma have columns all the same? */
static int32_t check_separator(const importer *imp, const csv_row *row, qn_err *err)
{
    static const struct {
        char sign;
        const char *name;
    } others[] = {{';', "semicolons"}, {'\t', "tabs"}};
    const text_piece *line = &row->fields[0];

    if (row->n != 1) return QN_OK;
    for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < line->len; i++)
            n += line->text[i] == others[k].sign;
        if (n >= SEPARATORS_MIN || (n == 1 && imp->ncolumns == 2))
            return fail(err, QN_E_SYNTAX,
                        "the line has %s and no comma; the separator must be a comma",
                        others[k].name);
    }
    return QN_OK;
}

int32_t layout_find(const importer *imp, const char *map, const csv_row *row, import_layout *out,
                    bool *has_header, qn_err *err)
{
    int32_t rc = QN_OK;
    text_piece value;

    *out = (import_layout){.nfields = row->n};
    if ((rc = check_separator(imp, row, err)) != QN_OK) return rc;
    *has_header = is_header(imp, map, row);
    for (size_t i = 0; i < imp->ncolumns && rc == QN_OK; i++) {
        const import_column *col = &imp->columns[i];
        if (map_find(imp, map, i, &value))
            rc = field_mapped(col, value, row, *has_header, &out->at[i], err);
        else if (*has_header)
            rc = field_of(col, row, &out->at[i], err);
        else
            out->at[i] = col->place > 0 && col->place <= row->n ? col->place - 1 : NOWHERE;
    }
    if (rc != QN_OK) return rc;
    if (!*has_header && !map && !fits_sizes(imp, row->n))
        return fail(err, QN_E_SYNTAX, "a row of %u fields is none of format %s", row->n, imp->name);
    return check_needs(imp, map, out, *has_header, err);
}
