/* SPDX-License-Identifier: MIT
 *
 * The parameters of one plugin with other values. The run's own config is shared by all and never
 * changes; what an operator sets lies in a small config beside it, which is given up whole when it
 * is refused, or replaced. */
#include "internal.h"

#include "base/fail.h"

#include <string.h>

static const char *keep(config *cfg, const char *text)
{
    return config_text_n(cfg, text, strlen(text));
}

/* Texts are copied: the node may be of a changed config that will be gone. A parameter is a scalar,
 * or the plugin would not have been created with it. */
static config_node *add_copy(config *cfg, const config_node *from)
{
    config_node *node = node_new(cfg, from->kind, keep(cfg, from->file), from->line);

    if (!node) return NULL;
    node->name = keep(cfg, from->name);
    node->text = keep(cfg, from->text);
    node_append(cfg->root, node);
    return node;
}

static int32_t put_value(config *cfg, const char *place, const config_value *v, qn_err *err)
{
    config_node *node = node_child(cfg->root, v->key);

    if (!text_is_utf8(v->text, strlen(v->text)))
        return fail(err, QN_E_SYNTAX, "the value of %.64s is not UTF-8", v->key);
    if (!node && (node = node_new(cfg, NODE_BARE, place, 0))) {
        node->name = keep(cfg, v->key);
        node_append(cfg->root, node);
    }
    if (!node) return QN_E_NO_MEMORY;
    node->kind = NODE_BARE;
    node->file = place;
    node->line = 0;
    node->text = keep(cfg, v->text);
    return QN_OK;
}

static int32_t check_keys(const config_value *values, size_t n, qn_err *err)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(values[i].key, values[k].key) == 0)
                return fail(err, QN_E_DUPLICATE, "found %.64s twice, expected it once",
                            values[i].key);
    return QN_OK;
}

static int32_t fill_tree(config *cfg, const config_node *params, const char *place,
                         const config_value *values, size_t n, qn_err *err)
{
    const char *label = keep(cfg, place);
    int32_t rc = QN_OK;

    cfg->root = node_new(cfg, NODE_GROUP, label, 0);
    for (const config_node *c = params ? params->first : NULL; c && cfg->root; c = c->next)
        if (!add_copy(cfg, c)) break;
    for (size_t i = 0; i < n && cfg->root && !cfg->is_out_of_memory && rc == QN_OK; i++)
        rc = put_value(cfg, label, &values[i], err);
    return cfg->is_out_of_memory ? fail(err, QN_E_NO_MEMORY, "no memory for parameters") : rc;
}

int32_t config_change(const config *of, const config_node *params, const char *place,
                      const config_value *values, size_t n, config **out, qn_err *err)
{
    config *cfg;
    int32_t rc = check_keys(values, n, err);

    if (rc != QN_OK) return rc;
    if (!(cfg = mem_new(1, sizeof *cfg))) return fail(err, QN_E_NO_MEMORY, "out of memory");
    cfg->file = mem_text(of->file);
    cfg->dir = mem_text(of->dir);
    if (!cfg->file || !cfg->dir ||
        !mem_reserve((void **)&cfg->mistakes, &cfg->mistakes_room, 1, sizeof *cfg->mistakes))
        rc = fail(err, QN_E_NO_MEMORY, "no memory for parameters");
    if (rc == QN_OK) rc = fill_tree(cfg, params, place, values, n, err);
    if (rc == QN_OK)
        *out = cfg;
    else
        config_close(cfg);
    return rc;
}

int32_t config_changes(const config *changed, const config_node *params, char *to, size_t room)
{
    size_t used = 0;

    for (const config_node *c = changed->root->first; c; c = c->next) {
        const config_node *was = params ? node_child(params, c->name) : NULL;
        size_t key = strlen(c->name) + 1;
        size_t text = strlen(c->text) + 1;
        if (was && strcmp(was->text, c->text) == 0) continue;
        if (used + key + text + 1 > room) return QN_E_FULL;
        memcpy(to + used, c->name, key);
        memcpy(to + used + key, c->text, text);
        used += key + text;
    }
    to[used] = '\0';
    return QN_OK;
}
