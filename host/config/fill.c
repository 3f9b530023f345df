/* SPDX-License-Identifier: MIT
 *
 * A class's parameters: from the config's text into the instance's slots, by the one table that
 * the class gives. */
#include "internal.h"

#include "base/nearest.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"

#include <quoin/sdk/decimal.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_SHOWN 64
#define EXPECTED_TEXT 256

/* A parameter's value, whatever its type. */
typedef union slot {
    int64_t i;
    double f;
    qn_decimal d;
    qn_str s;
} slot;

typedef struct param_type {
    const char *expected; /* what a value looks like */
    size_t size;          /* of the slot */
    int32_t (*read)(config *cfg, const qn_param *p, const config_node *node, slot *out);
    int (*compare)(const slot *a, const slot *b); /* NULL = the type has no order */
} param_type;

static int compare_int(const slot *a, const slot *b)
{
    return (a->i > b->i) - (a->i < b->i);
}

static int compare_number(const slot *a, const slot *b)
{
    return (a->f > b->f) - (a->f < b->f);
}

static int compare_decimal(const slot *a, const slot *b)
{
    qn_wide x = a->d.mantissa;
    qn_wide y = b->d.mantissa;
    int32_t shift = a->d.exp - b->d.exp;

    /* up to 10^18 the product fits; beyond, any digit of the coarser one outweighs the other */
    if (shift > 18 && x != 0) return x > 0 ? 1 : -1;
    if (shift < -18 && y != 0) return y > 0 ? -1 : 1;
    if (shift > 0 && shift <= 18) x *= qn_pow10(shift);
    if (shift < 0 && shift >= -18) y *= qn_pow10(-shift);
    return (x > y) - (x < y);
}

static int32_t read_int(config *cfg, const qn_param *p, const config_node *node, slot *out)
{
    (void)cfg;
    (void)p;
    return value_int(node, &out->i);
}

static int32_t read_number(config *cfg, const qn_param *p, const config_node *node, slot *out)
{
    (void)cfg;
    (void)p;
    return value_number(node, &out->f);
}

static int32_t read_bool(config *cfg, const qn_param *p, const config_node *node, slot *out)
{
    (void)cfg;
    (void)p;
    return value_bool(node, &out->i);
}

static int32_t read_enum(config *cfg, const qn_param *p, const config_node *node, slot *out)
{
    const char *text;
    int32_t place;

    (void)cfg;
    if (value_text(node, &text) != QN_OK) return QN_E_TYPE;
    if ((place = label_find(p->labels, text)) < 0) return QN_E_UNKNOWN_NAME;
    out->i = place;
    return QN_OK;
}

static int32_t read_string(config *cfg, const qn_param *p, const config_node *node, slot *out)
{
    const char *text;
    int32_t rc = value_text(node, &text);

    (void)p;
    if (rc != QN_OK) return rc;
    /* a copy: a default's text belongs to the module, which may be unmapped */
    if (!(text = config_text_n(cfg, text, strlen(text)))) return QN_E_NO_MEMORY;
    out->s = (qn_str){text, strlen(text)};
    return QN_OK;
}

static int32_t read_duration(config *cfg, const qn_param *p, const config_node *node, slot *out)
{
    (void)cfg;
    (void)p;
    return value_duration(node, &out->i);
}

static int32_t read_decimal(config *cfg, const qn_param *p, const config_node *node, slot *out)
{
    (void)cfg;
    (void)p;
    return value_decimal(node, &out->d);
}

static int32_t read_rate(config *cfg, const qn_param *p, const config_node *node, slot *out)
{
    (void)cfg;
    (void)p;
    return value_fixed(node, QN_RATE_EXP, &out->i);
}

static int32_t read_path(config *cfg, const qn_param *p, const config_node *node, slot *out)
{
    const char *text;
    int32_t rc = value_text(node, &text);

    if (rc != QN_OK) return rc;
    if (!(text = value_path(cfg, node, p->key, text)))
        return cfg->is_out_of_memory ? QN_E_NO_MEMORY : QN_E_INVALID;
    out->s = (qn_str){text, strlen(text)};
    return QN_OK;
}

/* "env:NAME": the value of an environment variable, in memory that is wiped at the end. */
static int32_t read_secret(config *cfg, const qn_param *p, const config_node *node, slot *out)
{
    const char *text;
    const char *value;
    secret *s;

    (void)p;
    if (value_text(node, &text) != QN_OK) return QN_E_TYPE;
    if (strncmp(text, "env:", 4) != 0 || !text[4]) return QN_E_SYNTAX;
    if (!(value = getenv(text + 4)) || !value[0]) return QN_E_NOT_FOUND;
    if (!(s = mem_new(1, sizeof *s + strlen(value) + 1))) return QN_E_NO_MEMORY;
    s->len = strlen(value);
    memcpy(s->text, value, s->len + 1);
    s->next = cfg->secrets;
    cfg->secrets = s;
    out->s = (qn_str){s->text, s->len};
    return QN_OK;
}

static const param_type types[QN_PARAM_TYPES] = {
    [QN_PARAM_TYPE_I64] = {"a whole number", sizeof(int64_t), read_int, compare_int},
    [QN_PARAM_TYPE_F64] = {"a number", sizeof(double), read_number, compare_number},
    [QN_PARAM_TYPE_BOOL] = {"true or false", sizeof(int64_t), read_bool, NULL},
    [QN_PARAM_TYPE_ENUM] = {"one of ", sizeof(int64_t), read_enum, NULL},
    [QN_PARAM_TYPE_STRING] = {"a text", sizeof(qn_str), read_string, NULL},
    [QN_PARAM_TYPE_DURATION] = {"a period, \"250ms\", \"1m\", \"4h\", \"1d\"", sizeof(int64_t),
                                read_duration, compare_int},
    [QN_PARAM_TYPE_DECIMAL] = {"a decimal number, \"0.001\"", sizeof(qn_decimal), read_decimal,
                               compare_decimal},
    [QN_PARAM_TYPE_RATIO] = {"a number of up to 8 decimal places", sizeof(int64_t), read_rate,
                             compare_int},
    [QN_PARAM_TYPE_BPS] = {"basis points of up to 8 decimal places", sizeof(int64_t), read_rate,
                           compare_int},
    [QN_PARAM_TYPE_PATH] = {"a path", sizeof(qn_str), read_path, NULL},
    [QN_PARAM_TYPE_SECRET] = {"the name of a secret, \"env:NAME\"", sizeof(qn_str), read_secret,
                              NULL},
};

static const qn_param *param_at(const qn_table *table, uint32_t i)
{
    return qn_table_row(table, i);
}

/* "a whole number of 1 bars to 100": what the table says about a parameter. */
static void say_expected(const qn_param *p, char to[EXPECTED_TEXT])
{
    bool is_enum = p->type == QN_PARAM_TYPE_ENUM;
    int n = snprintf(to, EXPECTED_TEXT, "%s%.128s", types[p->type].expected,
                     is_enum && p->labels ? p->labels : "");

    if (p->min) n += snprintf(to + n, EXPECTED_TEXT - (size_t)n, ", %.24s or more", p->min);
    if (p->max) snprintf(to + n, EXPECTED_TEXT - (size_t)n, ", %.24s or less", p->max);
}

/* The place of a node, without the value where that is a part of a --set: it may be a secret. */
static const char *place_of(config *cfg, const config_node *node)
{
    const char *equals = node->line == 0 ? strchr(node->file, '=') : NULL;
    const char *file =
        equals ? config_text_n(cfg, node->file, (size_t)(equals - node->file)) : NULL;

    return file ? file : equals ? cfg->file : node->file;
}

/* A secret's text may be the secret itself, put into the wrong place: it is not repeated. */
static void tell_secret(config *cfg, const config_node *node, const qn_param *p, int32_t code)
{
    config_mistake_at(cfg, place_of(cfg, node), node->line, code, "%.64s: %s, expected %s", p->key,
                      code == QN_E_NOT_FOUND ? "found no such environment variable, or an empty one"
                                             : "the value is no name of a secret",
                      types[p->type].expected);
}

static void tell_value(config *cfg, const config_node *node, const qn_param *p, int32_t code)
{
    char expected[EXPECTED_TEXT];

    if (code == QN_E_NO_MEMORY) return;
    if (p->type == QN_PARAM_TYPE_PATH && code == QN_E_INVALID) return; /* value_path told it */
    if (p->type == QN_PARAM_TYPE_SECRET) {
        tell_secret(cfg, node, p, code);
        return;
    }
    say_expected(p, expected);
    value_mistake(cfg, node, p->key, code, expected);
}

static int32_t broken_table(config *cfg, const config_node *owner, const char *key,
                            const char *what)
{
    config_add_mistake(cfg, owner, QN_E_MODULE_TABLE,
                       "the parameter '%.64s' of this plugin has a broken table row: %s", key,
                       what);
    return QN_E_MODULE_TABLE;
}

/* One side of the range: sign -1 for the minimum, 1 for the maximum. */
static int32_t check_bound(config *cfg, const config_node *owner, const qn_param *p,
                           const slot *value, const char *bound, int sign)
{
    config_node node = {.kind = NODE_BARE, .text = bound, .file = cfg->file};
    const param_type *type = &types[p->type];
    slot limit;

    if (!bound) return QN_OK;
    if (!type->compare || type->read(cfg, p, &node, &limit) != QN_OK)
        return broken_table(cfg, owner, p->key, "its range");
    return type->compare(value, &limit) * sign > 0 ? QN_E_RANGE : QN_OK;
}

static int32_t read_param(config *cfg, const config_node *owner, const qn_param *p,
                          const config_node *node, slot *out)
{
    int32_t rc;

    memset(out, 0, sizeof *out);
    if ((rc = types[p->type].read(cfg, p, node, out)) != QN_OK) return rc;
    if ((rc = check_bound(cfg, owner, p, out, p->min, -1)) != QN_OK) return rc;
    return check_bound(cfg, owner, p, out, p->max, 1);
}

/* Can a slot of the row be found and read at all? */
static bool is_row_whole(const qn_param *p, uint32_t stride)
{
    uint32_t ways = (p->def != NULL) + ((p->flags & QN_PARAM_REQUIRED) != 0) +
                    ((p->flags & QN_PARAM_OPTIONAL) != 0);

    return p->size >= sizeof(qn_param) && stride >= sizeof(qn_param) && p->key && p->key[0] &&
           p->type < QN_PARAM_TYPES && types[p->type].read && ways == 1 &&
           (p->type != QN_PARAM_TYPE_ENUM || p->labels);
}

static int32_t fill_one(config *cfg, const config_node *owner, const config_node *params,
                        const qn_param *p, void *instance)
{
    const config_node *node = params ? node_child(params, p->key) : NULL;
    config_node def = {.kind = NODE_BARE, .text = p->def, .file = cfg->file};
    slot value;
    int32_t rc;

    if (!node && !p->def) {
        if (p->flags & QN_PARAM_OPTIONAL) return QN_OK;
        config_add_mistake(cfg, params ? params : owner, QN_E_MISSING,
                           "the parameter '%.64s' is missing, expected %s: %.200s", p->key,
                           types[p->type].expected, p->doc ? p->doc : "");
        return QN_E_MISSING;
    }
    if (node && node->is_bad) return QN_E_INVALID;
    if (node && p->replaced)
        log_at(LOG_WARNING, node->file, node->line, "the parameter '%s' is replaced by '%s'",
               p->key, p->replaced);
    rc = read_param(cfg, owner, p, node ? node : &def, &value);
    if (rc == QN_OK)
        memcpy((char *)instance + p->offset, &value, types[p->type].size);
    else if (rc == QN_E_NO_MEMORY)
        cfg->is_out_of_memory = true;
    else if (rc != QN_E_MODULE_TABLE && node)
        tell_value(cfg, node, p, rc);
    else if (rc != QN_E_MODULE_TABLE && p->type != QN_PARAM_TYPE_SECRET)
        broken_table(cfg, owner, p->key, "its default");
    else if (rc != QN_E_MODULE_TABLE)
        tell_secret(cfg, owner, p, rc);
    return rc;
}

static void tell_unknown(config *cfg, const qn_table *table, const config_node *node)
{
    const char *keys[KEYS_SHOWN];
    char hint[HINT_TEXT];
    size_t n = 0;

    for (uint32_t i = 0; i < table->nrows && n < KEYS_SHOWN; i++)
        if (!param_at(table, i)->replaced) keys[n++] = param_at(table, i)->key;
    config_mistake_at(cfg, place_of(cfg, node), node->line, QN_E_UNKNOWN_NAME,
                      "found the unknown parameter '%.64s', %s", node->name,
                      name_hint(node->name, keys, n, hint));
}

static const qn_param *find_param(const qn_table *table, const char *key)
{
    for (uint32_t i = 0; i < table->nrows; i++)
        if (strcmp(param_at(table, i)->key, key) == 0) return param_at(table, i);
    return NULL;
}

int32_t config_fill(config *cfg, const config_node *owner, const config_node *params,
                    const qn_table *table, void *instance)
{
    bool is_good = true;

    for (uint32_t i = 0; i < table->nrows; i++)
        if (!is_row_whole(param_at(table, i), table->stride)) {
            broken_table(cfg, owner, "?", "size, type, key or default");
            return QN_E_INVALID;
        }
    for (const config_node *n = params ? params->first : NULL; n; n = n->next)
        if (!find_param(table, n->name)) {
            tell_unknown(cfg, table, n);
            is_good = false;
        }
    for (uint32_t i = 0; i < table->nrows; i++)
        if (fill_one(cfg, owner, params, param_at(table, i), instance) != QN_OK) is_good = false;
    if (cfg->is_out_of_memory) return QN_E_NO_MEMORY;
    return is_good ? QN_OK : QN_E_INVALID;
}

/* ------------------------------------------------------------------ while a run goes on */

static void tell_fixed(config *cfg, const qn_table *table, const config_node *node)
{
    char live[EXPECTED_TEXT] = "";
    size_t n = 0;

    for (uint32_t i = 0; i < table->nrows && n < sizeof live; i++)
        if (param_at(table, i)->flags & QN_PARAM_LIVE)
            n += (size_t)snprintf(live + n, sizeof live - n, " %.64s", param_at(table, i)->key);
    config_mistake_at(cfg, node->file, node->line, QN_E_UNSUPPORTED,
                      "%.64s does not change while a run goes on; what does of this class:%s",
                      node->name, live[0] ? live : " nothing");
}

int32_t config_check_live(config *changed, const qn_table *table, const config_value *values,
                          size_t n)
{
    size_t before = changed->nmistakes;

    for (size_t i = 0; i < n; i++) {
        const config_node *node = node_child(changed->root, values[i].key);
        const qn_param *p = find_param(table, values[i].key);
        if (!p)
            tell_unknown(changed, table, node);
        else if (p->type == QN_PARAM_TYPE_SECRET)
            config_add_mistake(changed, node, QN_E_UNSUPPORTED,
                               "%.64s: a secret does not change while a run goes on", p->key);
        else if (!(p->flags & QN_PARAM_LIVE))
            tell_fixed(changed, table, node);
    }
    return changed->nmistakes == before ? QN_OK : QN_E_INVALID;
}

int32_t config_refill(config *changed, const qn_table *table, const config_value *values, size_t n,
                      void *instance)
{
    int32_t rc = QN_OK;

    for (size_t i = 0; i < n && rc == QN_OK; i++)
        rc = fill_one(changed, changed->root, changed->root, find_param(table, values[i].key),
                      instance);
    return rc;
}
