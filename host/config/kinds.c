/* SPDX-License-Identifier: MIT
 *
 * How each kind of key is read into its slot. A reader that finds a mistake tells it and leaves
 * the slot zero. */
#include "schema.h"

#include "base/nearest.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME_ROOM 64     /* of an instrument: qn_instrument.name */
#define CURRENCY_ROOM 16 /* qn_instrument.settle */
#define ID_MAX 32

static void wrong(config *cfg, const field *f, const config_node *node, int32_t code,
                  const char *expected)
{
    value_mistake(cfg, node, f->key, code, expected);
}

/* A text that is not empty; NULL after a mistake. */
static const char *full_text(config *cfg, const char *key, const config_node *node,
                             const char *expected)
{
    const char *text = NULL;

    if (node->is_bad) return NULL;
    if (value_text(node, &text) != QN_OK) {
        value_mistake(cfg, node, key, QN_E_TYPE, expected);
        return NULL;
    }
    if (text[0]) return text;
    value_mistake(cfg, node, key, QN_E_INVALID, expected);
    return NULL;
}

static void read_text(config *cfg, const field *f, const config_node *node, void *slot)
{
    *(const char **)slot = full_text(cfg, f->key, node, "a text that is not empty");
}

static void read_id(config *cfg, const field *f, const config_node *node, void *slot)
{
    static const char expected[] = "an id of a-z, 0-9, '_' and '-'";
    const char *text = full_text(cfg, f->key, node, expected);

    if (!text) return;
    if (text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-")])
        wrong(cfg, f, node, QN_E_SYNTAX, expected);
    else if (strlen(text) > ID_MAX)
        wrong(cfg, f, node, QN_E_RANGE, "an id of up to 32 characters");
    else
        *(const char **)slot = text;
}

static void read_currency(config *cfg, const field *f, const config_node *node, void *slot)
{
    static const char expected[] = "a currency of up to 15 letters and digits, \"USDT\"";
    const char *text = full_text(cfg, f->key, node, expected);

    if (!text) return;
    if (text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")] ||
        strlen(text) >= CURRENCY_ROOM)
        wrong(cfg, f, node, QN_E_SYNTAX, expected);
    else
        *(const char **)slot = text;
}

static void read_plugin(config *cfg, const field *f, const config_node *node, void *slot)
{
    const char *text = full_text(cfg, f->key, node, "a class id or a file");
    size_t len = text ? strlen(text) : 0;
    bool is_file = text && (text[0] == '/' || (len > 3 && strcmp(text + len - 3, ".so") == 0));

    *(const char **)slot = is_file ? value_path(cfg, node, f->key, text) : text;
}

const char *field_bounds(const field *f, char to[BOUNDS_TEXT])
{
    to[0] = '\0';
    if (f->high == INT64_MAX)
        snprintf(to, BOUNDS_TEXT, "%" PRId64 " or more", f->low);
    else if (f->low < f->high)
        snprintf(to, BOUNDS_TEXT, "%" PRId64 " to %" PRId64, f->low, f->high);
    return to;
}

static void read_int(config *cfg, const field *f, const config_node *node, void *slot)
{
    char bounds[BOUNDS_TEXT];
    char expected[BOUNDS_TEXT + 32] = "a whole number of up to 64 bits";
    int64_t value = 0;
    int32_t rc = value_int(node, &value);

    if (field_bounds(f, bounds)[0]) {
        snprintf(expected, sizeof expected, "a whole number, %s", bounds);
        if (rc == QN_OK && (value < f->low || value > f->high)) rc = QN_E_RANGE;
    }
    if (rc != QN_OK)
        wrong(cfg, f, node, rc, expected);
    else
        *(int64_t *)slot = value;
}

static void read_share(config *cfg, const field *f, const config_node *node, void *slot)
{
    static const char expected[] = "a number above 0, up to 1, of up to 8 decimal places";
    int64_t value = 0;
    int32_t rc = value_fixed(node, QN_RATE_EXP, &value);

    if (rc == QN_OK && (value <= 0 || value > 100000000)) rc = QN_E_RANGE;
    if (rc != QN_OK)
        wrong(cfg, f, node, rc, expected);
    else
        *(int64_t *)slot = value;
}

static void read_money(config *cfg, const field *f, const config_node *node, void *slot)
{
    static const char expected[] =
        "an amount such as \"1000000\": 0 or more, up to 8 decimal places, up to 92233720368";
    int64_t value = 0;
    int32_t rc = value_fixed(node, QN_MONEY_EXP, &value);

    if (rc == QN_OK && value < 0) rc = QN_E_RANGE;
    if (rc != QN_OK)
        wrong(cfg, f, node, rc, expected);
    else
        *(int64_t *)slot = value;
}

static void read_number(config *cfg, const field *f, const config_node *node, void *slot)
{
    double value = 0;
    int32_t rc = value_number(node, &value);

    if (rc == QN_OK && (f->flags & FIELD_POSITIVE) && value <= 0) rc = QN_E_RANGE;
    if (rc != QN_OK)
        wrong(cfg, f, node, rc, f->flags & FIELD_POSITIVE ? "a number above 0" : "a number");
    else
        *(double *)slot = value;
}

static void read_bool(config *cfg, const field *f, const config_node *node, void *slot)
{
    int64_t value = 0;

    if (value_bool(node, &value) != QN_OK)
        wrong(cfg, f, node, QN_E_TYPE, "true or false");
    else
        *(bool *)slot = value;
}

/* "process|group:*": is the text one of them, a '*' at an end standing for anything? */
static bool is_label_later(const char *labels, const char *text)
{
    for (const char *p = labels; p && *p;) {
        size_t n = strcspn(p, "|");
        bool is_open = p[n - 1] == '*';
        if (is_open ? strncmp(p, text, n - 1) == 0 : strncmp(p, text, n) == 0 && !text[n])
            return true;
        p += n + (p[n] == '|');
    }
    return false;
}

static void tell_choice(config *cfg, const field *f, const config_node *node, const char *text)
{
    const char *labels[8];
    size_t n = labels_split(cfg, f->labels, labels, sizeof labels / sizeof labels[0]);
    char hint[HINT_TEXT];

    if (is_label_later(f->later, text))
        config_add_mistake(cfg, node, QN_E_UNSUPPORTED,
                           "this version has no %s = \"%.64s\" yet, %s", f->key, text,
                           name_hint("", labels, n, hint));
    else
        config_add_mistake(cfg, node, QN_E_UNKNOWN_NAME, "%s: found \"%.64s\", %s", f->key, text,
                           name_hint(text, labels, n, hint));
}

static void read_choice(config *cfg, const field *f, const config_node *node, void *slot)
{
    const char *text;

    if (value_text(node, &text) != QN_OK)
        wrong(cfg, f, node, QN_E_TYPE, "a text");
    else if (label_find(f->labels, text) < 0)
        tell_choice(cfg, f, node, text);
    else
        *(const char **)slot = text;
}

#define AN_ISOLATION "\"none\", \"process\" or \"group:NAME\" with a NAME of a-z, 0-9, _, -"

static void read_isolation(config *cfg, const field *f, const config_node *node, void *slot)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *text;
    bool is_group;

    if (value_text(node, &text) != QN_OK) {
        wrong(cfg, f, node, QN_E_TYPE, AN_ISOLATION);
        return;
    }
    is_group = strncmp(text, "group:", 6) == 0 && text[6] && strlen(text) < 38 &&
               !text[6 + strspn(text + 6, letters)];
    if (is_group || strcmp(text, "none") == 0 || strcmp(text, "process") == 0)
        *(const char **)slot = text;
    else
        wrong(cfg, f, node, QN_E_UNKNOWN_NAME, AN_ISOLATION);
}

static void read_no_isolation(config *cfg, const field *f, const config_node *node, void *slot)
{
    const char *text;

    (void)slot;
    if (value_text(node, &text) == QN_OK && strcmp(text, "none") == 0) return;
    config_add_mistake(cfg, node, QN_E_UNSUPPORTED,
                       "%s: venues and sinks run inside the host, for they speak to networks and "
                       "write files, which a plugin's process may not; expected \"none\"",
                       f->key);
}

static void read_duration(config *cfg, const field *f, const config_node *node, void *slot)
{
    static const char expected[] = "a period above zero, \"250ms\", \"1m\", \"4h\", \"1d\"";
    int64_t value = 0;
    int32_t rc = value_duration(node, &value);

    if (rc == QN_OK && (f->flags & FIELD_POSITIVE) && value == 0) rc = QN_E_RANGE;
    if (rc != QN_OK)
        wrong(cfg, f, node, rc, expected);
    else
        *(int64_t *)slot = value;
}

static void read_time(config *cfg, const field *f, const config_node *node, void *slot)
{
    static const char expected[] = "a time, \"2024-01-31\" or \"2024-01-31T12:30:00\", UTC";
    const char *text = NULL;
    int64_t value = 0;

    if (value_text(node, &text) != QN_OK)
        wrong(cfg, f, node, QN_E_TYPE, expected);
    else if (time_parse(text, strlen(text), &value) != QN_OK)
        wrong(cfg, f, node, QN_E_SYNTAX, expected);
    else
        *(int64_t *)slot = value;
}

/* Any one value, as written: its reader knows the type. */
static const char *scalar_text(config *cfg, const char *key, const config_node *node)
{
    if (node->kind >= NODE_BOOL && node->text[0]) return node->text;
    value_mistake(cfg, node, key, QN_E_TYPE, "one value");
    return NULL;
}

static void read_scalar(config *cfg, const field *f, const config_node *node, void *slot)
{
    *(const char **)slot = scalar_text(cfg, f->key, node);
}

static void read_path(config *cfg, const field *f, const config_node *node, void *slot)
{
    const char *text = full_text(cfg, f->key, node, "a path");

    if (text) *(const char **)slot = value_path(cfg, node, f->key, text);
}

/* A name without a slash is the dynamic linker's to find, as for dlopen. */
static void read_library(config *cfg, const field *f, const config_node *node, void *slot)
{
    const char *text = full_text(cfg, f->key, node, "a file with a '/', or a name, \"libm.so.6\"");

    if (text) *(const char **)slot = strchr(text, '/') ? value_path(cfg, node, f->key, text) : text;
}

/* ---- rows of texts ---- */

/* Is the node [ ] or ( ), with something in it where something is required? */
static bool is_row(config *cfg, const field *f, const config_node *node, const char *expected)
{
    if (node->kind != NODE_ARRAY && node->kind != NODE_LIST) {
        wrong(cfg, f, node, QN_E_TYPE, expected);
        return false;
    }
    if (node->n == 0 && (f->flags & FIELD_REQUIRED)) {
        config_add_mistake(cfg, node, QN_E_MISSING, "%s: found none, expected %s", f->key,
                           expected);
        return false;
    }
    return true;
}

static void read_paths(config *cfg, const field *f, const config_node *node, void *slot)
{
    size_t *count = (size_t *)((char *)slot - f->slot + f->count);
    const char **paths;
    const char *text;

    if (!is_row(cfg, f, node, "[ \"folder\" ]")) return;
    if (!(paths = CONFIG_NEW(cfg, node->n, const char *))) return;
    *(const char *const **)slot = paths;
    for (const config_node *e = node->first; e; e = e->next)
        if ((text = full_text(cfg, f->key, e, "a path")))
            paths[(*count)++] = value_path(cfg, e, f->key, text);
}

/* Reads a row of texts that `is_good` accepts, each once. */
static void read_list(config *cfg, const field *f, const config_node *node, void *slot,
                      bool (*is_good)(const char *text), const char *one, const char *row)
{
    config_list *list = slot;
    config_item *items;
    const char *text;
    size_t n = 0;

    if (!is_row(cfg, f, node, row) || !(items = CONFIG_NEW(cfg, node->n, config_item))) return;
    for (const config_node *e = node->first; e; e = e->next) {
        if (!(text = full_text(cfg, f->key, e, one))) continue;
        if (!is_good(text))
            value_mistake(cfg, e, f->key, QN_E_SYNTAX, one);
        else
            items[n++] = (config_item){text, e};
    }
    *list = (config_list){items, n};
}

static void read_scalars(config *cfg, const field *f, const config_node *node, void *slot)
{
    config_list *list = slot;
    config_item *items;
    const char *text;
    size_t n = 0;

    if (!is_row(cfg, f, node, "( \"a\", \"b\" ), values of one type")) return;
    if (!(items = CONFIG_NEW(cfg, node->n, config_item))) return;
    for (const config_node *e = node->first; e; e = e->next)
        if (!e->is_bad && (text = scalar_text(cfg, f->key, e))) items[n++] = (config_item){text, e};
    *list = (config_list){items, n};
}

/* Symbols are the venues' own: only what would break a name or a line is refused. */
static bool is_symbol(const char *text)
{
    size_t len = strlen(text);

    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p <= ' ' || *p == 127 || *p == '/' || *p == ',' || *p == '"') return false;
    return len > 0 && len < NAME_ROOM && text[0] != '.';
}

static bool is_instrument(const char *text)
{
    const char *dot = strrchr(text, '.');

    return is_symbol(text) && dot && dot[1];
}

static bool is_data_name(const char *text)
{
    static const char *const names[] = {"trade", "quote", "depth", "funding", "mark"};
    int64_t length;

    if (strncmp(text, "bar:", 4) == 0)
        return duration_parse(text + 4, strlen(text + 4), &length) == QN_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) return true;
    return false;
}

#define A_DATA_NAME                                                                                \
    "\"bar:1m\" or another length, \"trade\", \"quote\", \"depth\", \"funding\", \"mark\""

static void read_symbols(config *cfg, const field *f, const config_node *node, void *slot)
{
    read_list(cfg, f, node, slot, is_symbol, "a symbol, \"BTCUSDT\", without blanks",
              "[ \"BTCUSDT\" ], one symbol or more");
}

static void read_data(config *cfg, const field *f, const config_node *node, void *slot)
{
    read_list(cfg, f, node, slot, is_data_name, A_DATA_NAME,
              "[ \"bar:1m\" ], one kind of data or more");
}

#define AN_INSTRUMENT "an instrument, \"BTCUSDT.binance\": symbol, dot, id of a venue"

static void read_instruments(config *cfg, const field *f, const config_node *node, void *slot)
{
    read_list(cfg, f, node, slot, is_instrument, AN_INSTRUMENT,
              "[ \"BTCUSDT.binance\" ], one instrument or more");
}

static void read_instrument(config *cfg, const field *f, const config_node *node, void *slot)
{
    const char *text = full_text(cfg, f->key, node, AN_INSTRUMENT);

    if (text && !is_instrument(text))
        wrong(cfg, f, node, QN_E_SYNTAX, AN_INSTRUMENT);
    else
        *(const char **)slot = text;
}

/* ---- groups ---- */

static void read_params(config *cfg, const field *f, const config_node *node, void *slot)
{
    if (node->kind == NODE_GROUP)
        *(const config_node **)slot = node;
    else
        wrong(cfg, f, node, QN_E_TYPE, "a group { }");
}

static void read_group(config *cfg, const field *f, const config_node *node, void *slot)
{
    if (node->kind != NODE_GROUP) {
        wrong(cfg, f, node, QN_E_TYPE, "a group { }");
        return;
    }
    if (f->sub->node_at) *(const config_node **)((char *)slot + *f->sub->node_at) = node;
    group_read(cfg, f->sub, node, slot);
}

static void read_groups(config *cfg, const field *f, const config_node *node, void *slot)
{
    size_t *count = (size_t *)((char *)slot - f->slot + f->count);
    char *structs;

    if (node->kind != NODE_LIST) {
        wrong(cfg, f, node, QN_E_TYPE, "a list of groups, ( { ... }, { ... } )");
        return;
    }
    if (node->n == 0 && (f->flags & FIELD_POSITIVE))
        config_add_mistake(cfg, node, QN_E_MISSING, "%s: found none, expected one group or more",
                           f->key);
    if (!(structs = config_alloc(cfg, node->n * f->sub->size, _Alignof(max_align_t)))) return;
    memcpy(slot, &structs, sizeof structs); /* a pointer to structs of the sub-schema */
    for (const config_node *e = node->first; e; e = e->next) {
        char *to = structs + *count * f->sub->size;
        if (e->kind != NODE_GROUP) {
            wrong(cfg, f, e, QN_E_TYPE, "a group { }");
            continue;
        }
        *(const config_node **)(to + *f->sub->node_at) = e;
        group_read(cfg, f->sub, e, to);
        (*count)++;
    }
}

const field_kind kind_text = {"text", read_text};
const field_kind kind_id = {"text of a-z, 0-9, `_`, `-`", read_id};
const field_kind kind_plugin = {"text", read_plugin};
const field_kind kind_currency = {"text", read_currency};
const field_kind kind_int = {"whole number", read_int};
const field_kind kind_share = {"number", read_share};
const field_kind kind_money = {"decimal text", read_money};
const field_kind kind_number = {"number", read_number};
const field_kind kind_bool = {"true or false", read_bool};
const field_kind kind_choice = {"one of", read_choice};
const field_kind kind_isolation = {"`none`, `process`, `group:NAME`", read_isolation};
const field_kind kind_no_isolation = {"`none`", read_no_isolation};
const field_kind kind_duration = {"period, \"1m\"", read_duration};
const field_kind kind_time = {"time, UTC", read_time};
const field_kind kind_scalar = {"value", read_scalar};
const field_kind kind_scalars = {"( values )", read_scalars};
const field_kind kind_path = {"path", read_path};
const field_kind kind_paths = {"[ paths ]", read_paths};
const field_kind kind_symbols = {"[ symbols ]", read_symbols};
const field_kind kind_data = {"[ data names ]", read_data};
const field_kind kind_instruments = {"[ instruments ]", read_instruments};
const field_kind kind_instrument = {"instrument", read_instrument};
const field_kind kind_params = {"group", read_params};
const field_kind kind_group = {"group", read_group};
const field_kind kind_groups = {"list of groups", read_groups};
const field_kind kind_library = {"path or name", read_library};
