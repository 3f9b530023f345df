/* SPDX-License-Identifier: MIT
 *
 * libconfig decides about the grammar, but it never sees a value: it is given numbered
 * stand-ins, one token a line. Number 17 as a key, a number or a text is token 17, so the
 * tree that comes back says exactly which literal of the file belongs where, and no value can
 * be wrapped, rounded or cut on its way. A line number of an error is a token's number.
 *
 * A text is given as an integer with L, a type that stands for nothing else here: libconfig 1.5
 * leaks the texts that it holds when it meets a syntax error. */
#include "internal.h"

#include "base/fail.h"

#include <inttypes.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAND_IN_TEXT 24

config_node *node_new(config *cfg, node_kind kind, const char *file, int32_t line)
{
    config_node *node = CONFIG_NEW(cfg, 1, config_node);

    if (!node) return NULL;
    node->kind = kind;
    node->file = file;
    node->line = line;
    node->text = "";
    return node;
}

void node_append(config_node *parent, config_node *child)
{
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->n++;
}

config_node *node_child(const config_node *group, const char *name)
{
    config_node *child = group->first;

    while (child && (!child->name || strcmp(child->name, name) != 0))
        child = child->next;
    return child;
}

const char *config_node_file(const config_node *node)
{
    return node->file;
}

const char *config_node_text(const config_node *node)
{
    return node ? node->text : "";
}

int32_t config_node_line(const config_node *node)
{
    return node->line;
}

const config_node *config_child(const config_node *group, const char *key)
{
    const config_node *child = node_child(group, key);

    return child ? child : group;
}

bool config_item_is_text(const config_item *item)
{
    return item->node->kind == NODE_TEXT;
}

/* How a token's stand-in is written: its number between two texts, or one text alone. */
typedef struct stand_in {
    const char *before, *after;
    bool is_numbered;
} stand_in;

static const stand_in *stand_in_of(const tokens *ts, size_t i)
{
    static const stand_in rows[] = {
        [TOKEN_NAME] = {"k", "", true},     [TOKEN_EQUALS] = {"=", "", false},
        [TOKEN_COMMA] = {",", "", false},   [TOKEN_SEMICOLON] = {";", "", false},
        [TOKEN_GROUP] = {"{", "", false},   [TOKEN_GROUP_END] = {"}", "", false},
        [TOKEN_ARRAY] = {"[", "", false},   [TOKEN_ARRAY_END] = {"]", "", false},
        [TOKEN_LIST] = {"(", "", false},    [TOKEN_LIST_END] = {")", "", false},
        [TOKEN_BOOL] = {"true", "", false}, [TOKEN_INT] = {"", "", true},
        [TOKEN_NUMBER] = {"", ".0", true},  [TOKEN_TEXT] = {"", "L", true},
        [TOKEN_GARBAGE] = {"@", "", false},
    };
    static const stand_in more_text = {"", "", false};
    token_kind kind = ts->items[i].kind;

    /* neighbouring texts are one: the first one stands for all */
    if (kind == TOKEN_TEXT && i > 0 && ts->items[i - 1].kind == TOKEN_TEXT) return &more_text;
    return &rows[kind];
}

/* All stand-ins as one text; free by mem_free. NULL when out of memory. */
static char *stand_ins(const tokens *ts)
{
    char *text = mem_new(ts->n + 1, STAND_IN_TEXT);
    char *p = text;

    for (size_t i = 0; text && i < ts->n; i++) {
        const stand_in *s = stand_in_of(ts, i);
        if (s->is_numbered)
            p += snprintf(p, STAND_IN_TEXT, "%s%zu%s\n", s->before, i, s->after);
        else
            p += snprintf(p, STAND_IN_TEXT, "%s\n", s->before);
    }
    return text;
}

/* ---- what was expected, for a syntax error ---- */

/* The brackets that are open in front of token `at`: their token numbers, innermost last. */
static size_t open_brackets(const tokens *ts, size_t at, size_t open[TOKEN_DEPTH])
{
    size_t depth = 0;

    for (size_t i = 0; i < at; i++) {
        token_kind kind = ts->items[i].kind;
        bool is_open = kind == TOKEN_GROUP || kind == TOKEN_ARRAY || kind == TOKEN_LIST;
        bool is_close =
            kind == TOKEN_GROUP_END || kind == TOKEN_ARRAY_END || kind == TOKEN_LIST_END;
        if (is_open && depth < TOKEN_DEPTH) open[depth++] = i;
        if (is_close && depth > 0) depth--;
    }
    return depth;
}

static const char *expected_behind(token_kind before, token_kind bracket)
{
    bool in_row = bracket != TOKEN_GROUP;
    const char *close = bracket == TOKEN_ARRAY ? "',' or ']'" : "',' or ')'";

    switch (before) {
    case TOKEN_NAME:
        return "'=' and a value";
    case TOKEN_EQUALS:
        return "a value";
    case TOKEN_ARRAY:
        return "a number, a text or ']'";
    case TOKEN_LIST:
        return "a value or ')'";
    case TOKEN_COMMA:
        return !in_row ? "a key" : bracket == TOKEN_ARRAY ? "a number or a text" : "a value";
    case TOKEN_GROUP:
    case TOKEN_SEMICOLON:
        return "a key";
    default:
        return in_row ? close : "';' and the next key";
    }
}

static void tell_syntax(config *cfg, const tokens *ts, size_t at)
{
    size_t open[TOKEN_DEPTH];
    size_t depth = open_brackets(ts, at, open);
    const token *bracket = depth ? &ts->items[open[depth - 1]] : NULL;
    const token *last = ts->n ? &ts->items[at < ts->n ? at : ts->n - 1] : NULL;
    token_kind before = at > 0 ? ts->items[at - 1].kind : TOKEN_SEMICOLON;
    const char *expected = expected_behind(before, bracket ? bracket->kind : TOKEN_GROUP);
    const char *quote = last && last->kind == TOKEN_TEXT ? "\"" : "'";

    if (!last) return;
    if (at >= ts->n && bracket && bracket->line > 0)
        config_mistake_at(cfg, last->file, last->line, QN_E_SYNTAX,
                          "found the end of the text, expected %s; the '%s' of line %" PRId32
                          " is not closed",
                          expected, bracket->text, bracket->line);
    else if (at >= ts->n)
        config_mistake_at(cfg, last->file, last->line, QN_E_SYNTAX,
                          "found the end of the text, expected %s", expected);
    else
        config_mistake_at(cfg, last->file, last->line, QN_E_SYNTAX,
                          "found %s%.64s%s, expected %s%s", quote, last->text, quote, expected,
                          last->kind == TOKEN_GARBAGE && last->text[0] == '@'
                              ? "; @include \"file\" stands at the start of a line"
                              : "");
}

static void tell_mixed_array(config *cfg, const tokens *ts, size_t at)
{
    const token *t = &ts->items[at < ts->n ? at : ts->n - 1];

    config_mistake_at(cfg, t->file, t->line, QN_E_TYPE,
                      "found '%.64s', expected the type of the elements before it: an array "
                      "[ ] holds one type, a list ( ) any",
                      t->text);
}

static void tell_grammar(config *cfg, const tokens *ts, const config_t *lib)
{
    const char *text = config_error_text(lib);
    size_t at = config_error_line(lib) > 0 ? (size_t)config_error_line(lib) - 1 : 0;

    if (text && strstr(text, "mismatched element"))
        tell_mixed_array(cfg, ts, at);
    else
        tell_syntax(cfg, ts, at);
}

/* ---- libconfig's tree and the tokens, step by step ---- */

typedef struct builder {
    config *cfg;
    const tokens *ts;
    size_t at; /* the next token */
} builder;

static int32_t broken(const builder *b)
{
    config_mistake_at(b->cfg, b->cfg->file, 1, QN_E_INTERNAL,
                      "the grammar's tree does not follow the text at token %zu", b->at);
    return QN_E_INTERNAL;
}

static const token *take(builder *b, token_kind kind)
{
    if (b->at >= b->ts->n || b->ts->items[b->at].kind != kind) return NULL;
    return &b->ts->items[b->at++];
}

/* The text of a scalar and of the texts behind it, which belong to it. */
static const char *joined_text(builder *b, const token *first)
{
    size_t len = strlen(first->text);
    size_t end = b->at;
    char *text;
    char *p;

    while (end < b->ts->n && b->ts->items[end].kind == TOKEN_TEXT)
        len += strlen(b->ts->items[end++].text);
    if (end == b->at) return first->text;
    if (!(text = config_alloc(b->cfg, len + 1, 1))) return NULL;
    p = stpcpy(text, first->text);
    for (; b->at < end; b->at++)
        p = stpcpy(p, b->ts->items[b->at].text);
    return text;
}

/* Whether libconfig's scalar is the stand-in of token `number`. */
static bool is_stand_in(const config_setting_t *s, token_kind kind, size_t number)
{
    switch (kind) {
    case TOKEN_BOOL:
        return config_setting_type(s) == CONFIG_TYPE_BOOL;
    case TOKEN_INT:
        return config_setting_type(s) == CONFIG_TYPE_INT &&
               config_setting_get_int(s) == (int)number;
    case TOKEN_NUMBER:
        return config_setting_type(s) == CONFIG_TYPE_FLOAT &&
               config_setting_get_float(s) == (double)number;
    case TOKEN_TEXT:
        return config_setting_type(s) == CONFIG_TYPE_INT64 &&
               config_setting_get_int64(s) == (long long)number;
    default:
        return false;
    }
}

static int32_t build_scalar(builder *b, const config_setting_t *s, config_node *node)
{
    static const node_kind kinds[] = {[TOKEN_BOOL] = NODE_BOOL,
                                      [TOKEN_INT] = NODE_INT,
                                      [TOKEN_NUMBER] = NODE_NUMBER,
                                      [TOKEN_TEXT] = NODE_TEXT};
    const token *t = b->at < b->ts->n ? &b->ts->items[b->at] : NULL;

    if (!t || !is_stand_in(s, t->kind, b->at)) return broken(b);
    b->at++;
    node->kind = kinds[t->kind];
    node->is_bad = t->is_bad;
    node->text = t->kind == TOKEN_TEXT ? joined_text(b, t) : t->text;
    return node->text ? QN_OK : QN_E_NO_MEMORY;
}

static int32_t build_value(builder *b, const config_setting_t *s, config_node *node);

static int32_t build_member(builder *b, const config_setting_t *s, config_node *group)
{
    size_t number = b->at;
    const token *key = take(b, TOKEN_NAME);
    const char *name = config_setting_name(s);
    const config_node *twin;
    config_node *node;
    int32_t rc;

    if (!key || !name || name[0] != 'k' || strtoul(name + 1, NULL, 10) != number ||
        !take(b, TOKEN_EQUALS))
        return broken(b);
    if (!(node = node_new(b->cfg, NODE_GROUP, key->file, key->line))) return QN_E_NO_MEMORY;
    node->name = key->text;
    if ((rc = build_value(b, s, node)) != QN_OK) return rc;
    if (!take(b, TOKEN_SEMICOLON)) take(b, TOKEN_COMMA);
    if (!(twin = node_child(group, node->name))) {
        node_append(group, node);
        return QN_OK;
    }
    config_mistake_at(b->cfg, node->file, node->line, QN_E_DUPLICATE,
                      "the key '%.64s' is named twice, expected it once: it stands in line %" PRId32
                      " of %.128s already",
                      node->name, twin->line, twin->file);
    return QN_OK;
}

static int32_t build_element(builder *b, const config_setting_t *s, config_node *row)
{
    const token *t = b->at < b->ts->n ? &b->ts->items[b->at] : NULL;
    config_node *node;
    int32_t rc;

    if (!t) return broken(b);
    if (!(node = node_new(b->cfg, NODE_GROUP, t->file, t->line))) return QN_E_NO_MEMORY;
    if ((rc = build_value(b, s, node)) != QN_OK) return rc;
    take(b, TOKEN_COMMA);
    node_append(row, node);
    return QN_OK;
}

static int32_t build_children(builder *b, const config_setting_t *s, config_node *node)
{
    int32_t rc = QN_OK;
    int n = config_setting_length(s);

    for (int i = 0; rc == QN_OK && i < n; i++) {
        const config_setting_t *child = config_setting_get_elem(s, (unsigned)i);
        rc =
            node->kind == NODE_GROUP ? build_member(b, child, node) : build_element(b, child, node);
    }
    return rc;
}

static int32_t build_value(builder *b, const config_setting_t *s, config_node *node)
{
    static const struct {
        int type;
        node_kind kind;
        token_kind open, close;
    } rows[] = {{CONFIG_TYPE_GROUP, NODE_GROUP, TOKEN_GROUP, TOKEN_GROUP_END},
                {CONFIG_TYPE_LIST, NODE_LIST, TOKEN_LIST, TOKEN_LIST_END},
                {CONFIG_TYPE_ARRAY, NODE_ARRAY, TOKEN_ARRAY, TOKEN_ARRAY_END}};
    int32_t rc;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (config_setting_type(s) != rows[i].type) continue;
        node->kind = rows[i].kind;
        if (!take(b, rows[i].open)) return broken(b);
        if ((rc = build_children(b, s, node)) != QN_OK) return rc;
        return take(b, rows[i].close) ? QN_OK : broken(b);
    }
    return build_scalar(b, s, node);
}

static int32_t build_root(config *cfg, const tokens *ts, const config_setting_t *s,
                          config_node **out)
{
    builder b = {cfg, ts, 0};
    config_node *root = node_new(cfg, NODE_GROUP, cfg->files[0], 1);
    int32_t rc;

    if (!root) return QN_E_NO_MEMORY;
    rc = build_children(&b, s, root);
    if (rc == QN_OK && b.at != ts->n) rc = broken(&b);
    if (rc == QN_OK) *out = root;
    return rc == QN_E_INTERNAL ? QN_OK : rc; /* told as a mistake */
}

int32_t tree_build(config *cfg, const tokens *ts, config_node **out)
{
    config_t lib;
    char *text;
    int32_t rc = QN_OK;

    if (ts->is_unusable) return QN_OK;
    if (!(text = stand_ins(ts))) {
        cfg->is_out_of_memory = true;
        return QN_E_NO_MEMORY;
    }
    config_init(&lib);
    if (config_read_string(&lib, text))
        rc = build_root(cfg, ts, config_root_setting(&lib), out);
    else
        tell_grammar(cfg, ts, &lib);
    config_destroy(&lib);
    mem_free(text);
    return rc;
}
