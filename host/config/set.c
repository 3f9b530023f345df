/* SPDX-License-Identifier: MIT
 *
 * --set: one value of the tree, found by its path. An element of a list is found by its id;
 * one without an id by its place, from 0. A key that is not there is added: whether it is
 * known is for the schema to say, which then names the --set as the place. */
#include "internal.h"

#include "base/nearest.h"

#include "base/fail.h"

#include <string.h>

#define IDS_SHOWN 64

typedef struct setter {
    config *cfg;
    const char *label;    /* "--set a.b=1": the place in messages */
    const char *argument; /* "a.b=1" */
    const char *value;    /* "1" */
} setter;

/* The next part of the path as a text of its own, NULL at its end or when out of memory. */
static const char *next_part(const setter *s, const char **p)
{
    const char *from = *p;
    const char *end = s->value - 1;
    const char *dot = from < end ? memchr(from, '.', (size_t)(end - from)) : NULL;

    if (from > end) return NULL;
    *p = dot ? dot + 1 : end + 1;
    return config_text_n(s->cfg, from, (size_t)((dot ? dot : end) - from));
}

static const char *id_of(const config_node *element)
{
    const config_node *id = element->kind == NODE_GROUP ? node_child(element, "id") : NULL;

    if (!id && element->kind == NODE_GROUP) id = node_child(element, "name"); /* of a function */
    return id && id->kind >= NODE_TEXT ? id->text : NULL;
}

static void tell_element(const setter *s, const config_node *row, const char *part)
{
    const char *ids[IDS_SHOWN];
    char hint[HINT_TEXT];
    size_t n = 0;

    for (const config_node *e = row->first; e && n < IDS_SHOWN; e = e->next)
        if (id_of(e)) ids[n++] = id_of(e);
    config_mistake_at(s->cfg, s->label, 0, QN_E_UNKNOWN_NAME,
                      "found no element '%.64s' in '%.64s', expected an id of it: %s", part,
                      row->name ? row->name : "a list", name_hint(part, ids, n, hint));
}

/* An element by its id, else by its place; NULL after a mistake. */
static config_node *find_element(const setter *s, const config_node *row, const char *part)
{
    config_node *e = row->first;
    int64_t place;

    while (e && (!id_of(e) || strcmp(id_of(e), part) != 0))
        e = e->next;
    if (!e && part[0] >= '0' && part[0] <= '9' &&
        integer_parse(part, strlen(part), &place) == QN_OK && place < (int64_t)row->n) {
        for (e = row->first; place > 0; place--)
            e = e->next;
        if (id_of(e)) e = NULL; /* what has a name is called by it: its place may change */
    }
    if (!e) tell_element(s, row, part);
    return e;
}

/* The node that one part of the path means below `node`; NULL after a mistake or without
 * memory, which the config then knows. */
static config_node *step(const setter *s, config_node *node, const char *part)
{
    config_node *child;

    if (node->kind == NODE_LIST || node->kind == NODE_ARRAY) return find_element(s, node, part);
    if (node->kind != NODE_GROUP) {
        config_mistake_at(s->cfg, s->label, 0, QN_E_TYPE,
                          "'%.64s' is a value, expected a group that holds '%.64s'",
                          node->name ? node->name : "the element", part);
        return NULL;
    }
    if ((child = node_child(node, part))) return child;
    if (!(child = node_new(s->cfg, NODE_GROUP, s->label, 0))) return NULL;
    child->name = part;
    node_append(node, child);
    return child;
}

/* A value with quotes or brackets: read as in a file. */
static int32_t parse_value(const setter *s, config_node *to)
{
    tokens ts = {0};
    config_node *root = NULL;
    const char *text = arena_format(&s->cfg->arena, "value = %s", s->value);
    int32_t rc = QN_E_NO_MEMORY;

    to->is_bad = true; /* until the value is read */
    if (!text) goto done;
    if ((rc = tokens_read_text(s->cfg, s->label, text, strlen(text), &ts)) != QN_OK) goto done;
    if ((rc = tree_build(s->cfg, &ts, &root)) != QN_OK || !root) goto done;
    if (root->n == 1)
        *to = *root->first;
    else
        config_mistake_at(s->cfg, s->label, 0, QN_E_SYNTAX, "found several keys, expected a value");
done:
    if (rc == QN_E_NO_MEMORY) s->cfg->is_out_of_memory = true;
    mem_free(ts.items);
    return rc;
}

static int32_t read_value(const setter *s, config_node *to)
{
    if (s->value[0] && strchr("\"[({", s->value[0])) return parse_value(s, to);
    to->kind = NODE_BARE;
    to->text = config_text_n(s->cfg, s->value, strlen(s->value));
    if (to->text && !text_is_utf8(to->text, strlen(to->text))) {
        config_mistake_at(s->cfg, s->label, 0, QN_E_SYNTAX, "the value is not UTF-8");
        to->is_bad = true;
    }
    return to->text ? QN_OK : QN_E_NO_MEMORY;
}

static void replace(config_node *node, const config_node *value)
{
    config_node old = *node;

    *node = *value;
    node->name = old.name;
    node->next = old.next;
}

static int32_t apply(const setter *s)
{
    config_node value = {.kind = NODE_BARE, .file = s->label, .text = ""};
    config_node *node = s->cfg->root;
    const char *p = s->argument;
    const char *part;
    int32_t rc;

    while (node && (part = next_part(s, &p)))
        node = step(s, node, part);
    if (s->cfg->is_out_of_memory) return QN_E_NO_MEMORY;
    if (!node) return QN_OK;
    if ((rc = read_value(s, &value)) != QN_OK) return rc;
    value.line = 0;
    value.file = s->label;
    replace(node, &value);
    return QN_OK;
}

static const char word[] = "--set ";

static const char *set_label(config *cfg, const char *argument)
{
    char *label = arena_format(&cfg->arena, "%s%s", word, argument);

    if (label) text_make_printable(label);
    return label;
}

/* Names with one dot between two of them. */
static bool is_path(const char *p, const char *end)
{
    for (const char *from = p; p <= end; p++) {
        if (p < end && *p != '.') continue;
        if (p == from) return false;
        from = p + 1;
    }
    return true;
}

bool set_is_of_place(const char *argument)
{
    return strncmp(argument, "store.", 6) == 0 || strncmp(argument, "sinks.", 6) == 0 ||
           strncmp(argument, "supervise.", 10) == 0;
}

void set_hash(config *cfg, const char *argument)
{
    sha256_add(cfg->hash, "", 1);
    sha256_add(cfg->hash, word, sizeof word - 1);
    sha256_add(cfg->hash, argument, strlen(argument));
}

int32_t tree_set(config *cfg, const char *argument)
{
    const char *equals = strchr(argument, '=');
    setter s = {.cfg = cfg, .argument = argument, .value = equals ? equals + 1 : NULL};

    s.label = set_label(cfg, argument);
    if (!s.label || config_file_add(cfg, s.label) != QN_OK) {
        cfg->is_out_of_memory = true;
        return QN_E_NO_MEMORY;
    }
    if (equals && is_path(argument, equals)) return cfg->root ? apply(&s) : QN_OK;
    config_mistake_at(cfg, s.label, 0, QN_E_SYNTAX,
                      "expected path=value, as in seed=7 or report.sample=1h");
    return QN_OK;
}
