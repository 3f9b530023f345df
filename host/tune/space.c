/* SPDX-License-Identifier: MIT
 *
 * The space: what the config says of each dimension, and where it says nothing, what the plugin's
 * table of parameters does. */
#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/nearest.h"
#include "module/value.h"

#include <quoin/execution.h>
#include <quoin/model.h>
#include <quoin/optimizer.h>
#include <quoin/risk.h>
#include <quoin/sdk/decimal.h>
#include <quoin/sdk/tuner.h>
#include <quoin/strategy.h>
#include <quoin/venue.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAMES_SHOWN 64
#define NAME_ROOM 80

/* Where the parameters of plugins stand in a config. */
static const struct {
    const char *group;
    const char *kind;
    bool is_list; /* of groups with ids; else the group's name is the id */
} groups[] = {
    {"venues", QN_KIND_VENUE, true},        {"models", QN_KIND_MODEL, true},
    {"strategies", QN_KIND_STRATEGY, true}, {"optimizer", QN_KIND_OPTIMIZER, false},
    {"risk", QN_KIND_RISK, true},           {"execution", QN_KIND_EXECUTION, false},
};

/* Groups that say where a run is kept, or how it is searched: a trial has none of them. */
static const char *const without[] = {"store", "sinks", "tuner"};

/* A dimension while it is read. */
typedef struct reading {
    tune *t;
    const config_dimension *cfg;
    const qn_param *param; /* NULL: no plugin's parameter */
    qn_dimension *out;
    const char *low, *high, *step; /* the config's, or the table's */
} reading;

static void mistake(const reading *r, int32_t code, const char *what, const char *text)
{
    config_add_mistake(r->t->cfg, r->cfg->node, code, "%.100s: %s%.160s", r->cfg->path, what, text);
}

/* ------------------------------------------------------------------ the parameter at a path */

/* The next part of a path, cut to its room; the rest in *p. */
static void next_part(const char **p, char to[NAME_ROOM])
{
    size_t len = strcspn(*p, ".");

    snprintf(to, NAME_ROOM, "%.*s", (int)(len < NAME_ROOM ? len : NAME_ROOM - 1), *p);
    *p += len + ((*p)[len] == '.');
}

static const qn_class *find_instance(const reading *r, const engine *e, const char *kind,
                                     const char *id)
{
    const char *names[NAMES_SHOWN];
    char hint[HINT_TEXT];
    size_t n = 0;

    for (uint32_t i = 0; i < engine_plugins(e); i++) {
        engine_plugin p = engine_plugin_at(e, i);
        if (strcmp(p.cls->kind, kind) != 0) continue;
        if (strcmp(p.id, id) == 0) return p.cls;
        if (n < NAMES_SHOWN) names[n++] = p.id;
    }
    config_add_mistake(r->t->cfg, r->cfg->node, QN_E_UNKNOWN_NAME,
                       "%.100s: found no '%.64s' in this config, %s", r->cfg->path, id,
                       name_hint(id, names, n, hint));
    return NULL;
}

static const qn_param *find_param(const reading *r, const qn_class *cls, const char *key)
{
    const char *names[NAMES_SHOWN];
    char hint[HINT_TEXT];
    size_t n = 0;

    for (uint32_t i = 0; i < cls->params.nrows; i++) {
        const qn_param *p = qn_table_row(&cls->params, i);
        if (strcmp(p->key, key) == 0) return p;
        if (n < NAMES_SHOWN) names[n++] = p->key;
    }
    config_add_mistake(r->t->cfg, r->cfg->node, QN_E_UNKNOWN_NAME,
                       "%.100s: %s has no parameter '%.64s', %s", r->cfg->path, cls->id, key,
                       name_hint(key, names, n, hint));
    return NULL;
}

/* The row of a plugin's table that the path means. False after a mistake; true with r->param NULL
 * where the path means another value of the config. */
static bool resolve(reading *r, const engine *e)
{
    const char *p = r->cfg->path;
    const qn_class *cls;
    char part[NAME_ROOM];
    char id[NAME_ROOM];

    next_part(&p, part);
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        if (strcmp(part, without[i]) == 0) {
            mistake(r, QN_E_INVALID, "a trial has no ", part);
            return false;
        }
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(part, groups[i].group) != 0) continue;
        snprintf(id, sizeof id, "%s", part);
        if (groups[i].is_list) next_part(&p, id);
        if (!(cls = find_instance(r, e, groups[i].kind, id))) return false;
        next_part(&p, part);
        return strcmp(part, "params") != 0 || (r->param = find_param(r, cls, p)) != NULL;
    }
    return true;
}

/* ------------------------------------------------------------------ values one by one */

/* Within the table's type and bounds; told if not. */
static bool is_allowed(const reading *r, const char *text)
{
    const qn_param *p = r->param;

    if (!p) return true;
    if (p->type == QN_PARAM_TYPE_SECRET) {
        mistake(r, QN_E_TYPE, "a secret cannot be searched", "");
        return false;
    }
    if (!value_is_valid(p->type, text, p->labels)) {
        mistake(r, QN_E_TYPE, "no value of this parameter: ", text);
        return false;
    }
    if (value_is_ordered(p->type) && ((p->min && !value_is_at_most(p->type, p->min, text)) ||
                                      (p->max && !value_is_at_most(p->type, text, p->max)))) {
        mistake(r, QN_E_RANGE, "outside the range of the plugin's parameter: ", text);
        return false;
    }
    return true;
}

/* Numbers, each above the one before. */
static bool is_rising(const char *const *texts, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        if (!value_is_valid(QN_PARAM_TYPE_F64, texts[i], NULL) ||
            !value_is_at_most(QN_PARAM_TYPE_F64, texts[i - 1], texts[i]))
            return false;
    return n > 1 && value_is_valid(QN_PARAM_TYPE_F64, texts[0], NULL);
}

static bool read_labels(const reading *r, const char **texts, uint32_t n)
{
    qn_dimension *d = r->out;

    for (uint32_t i = 0; i < n; i++) {
        if (!is_allowed(r, texts[i])) return false;
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(texts[i], texts[k]) == 0) {
                mistake(r, QN_E_DUPLICATE, "found a value twice: ", texts[i]);
                return false;
            }
        if (strlen(texts[i]) < VALUE_TEXT && !strchr("\"[({", texts[i][0])) continue;
        mistake(r, QN_E_SYNTAX,
                "a value of up to 159 characters without brackets is expected: ", texts[i]);
        return false;
    }
    d->type = QN_DIMENSION_CHOICE;
    d->labels = texts;
    d->nlabels = n;
    d->high = (int64_t)n - 1;
    d->step = 1;
    d->flags = is_rising(texts, n) ? QN_DIMENSION_ORDERED : 0;
    return true;
}

static bool read_values(const reading *r)
{
    const config_list *list = &r->cfg->values;
    const char **texts = arena_alloc(&r->t->memory, list->n * sizeof *texts, 8);

    for (size_t i = 0; texts && i < list->n; i++)
        texts[i] = list->items[i].text;
    return texts && read_labels(r, texts, (uint32_t)list->n);
}

/* All labels of the table: "cross|level". */
static bool read_enum(const reading *r)
{
    const char **texts = arena_alloc(&r->t->memory, (strlen(r->param->labels) + 1) * 8, 8);
    uint32_t n = 0;

    for (const char *p = r->param->labels; texts && *p;) {
        size_t len = strcspn(p, "|");
        if (!(texts[n++] = arena_text_n(&r->t->memory, p, len))) return false;
        p += len + (p[len] == '|');
    }
    return texts && read_labels(r, texts, n);
}

/* ------------------------------------------------------------------ ranges */

/* Types of parameters that have ranges, as dimensions. */
static const struct {
    uint32_t type;
    int32_t exp;      /* of its values; 1 = that of the finest of the range */
    bool needs_step;  /* any number between would not be one of its values */
    const char *step; /* where none is given */
} ranges[QN_PARAM_TYPES] = {
    [0] = {QN_DIMENSION_DECIMAL, 1, true, NULL}, /* a key of the config */
    [QN_PARAM_TYPE_I64] = {QN_DIMENSION_INTEGER, 0, true, "1"},
    [QN_PARAM_TYPE_F64] = {QN_DIMENSION_REAL, 1, false, NULL},
    [QN_PARAM_TYPE_DURATION] = {QN_DIMENSION_DURATION, 0, true, NULL},
    [QN_PARAM_TYPE_DECIMAL] = {QN_DIMENSION_DECIMAL, 1, true, NULL},
    [QN_PARAM_TYPE_RATIO] = {QN_DIMENSION_REAL, QN_RATE_EXP, false, NULL},
    [QN_PARAM_TYPE_BPS] = {QN_DIMENSION_REAL, QN_RATE_EXP, false, NULL},
};

/* Digits of a number without a step: nine of its range, or of its least value where that is what
 * counts. Finer than any objective can tell, and exact as text. */
static int32_t fine_exp(const qn_decimal *low, const qn_decimal *high, bool is_log)
{
    double from = qn_decimal_double(low->mantissa, low->exp);
    double width = is_log ? from : qn_decimal_double(high->mantissa, high->exp) - from;
    double exp = width > 0 ? floor(log10(width)) - 9 : 0;

    return (int32_t)fmin(fmax(exp, -18), 0);
}

static bool parse(const reading *r, const char *name, const char *text, bool is_duration,
                  qn_decimal *out)
{
    int32_t rc;

    *out = (qn_decimal){0};
    rc = is_duration ? duration_parse(text, strlen(text), &out->mantissa)
                     : qn_decimal_parse(text, strlen(text), out);
    if (rc == QN_OK) return true;
    config_add_mistake(r->t->cfg, r->cfg->node, rc, "%.100s: %s: found \"%.64s\", expected %s",
                       r->cfg->path, name, text,
                       is_duration ? "a period, \"1m\", \"4h\", \"1d\"" : "a number");
    return false;
}

/* low, high and step at one exponent, in order; exp above 0: at one that holds them all. */
static bool set_range(const reading *r, qn_decimal low, qn_decimal high, qn_decimal step,
                      int32_t exp)
{
    qn_dimension *d = r->out;

    if (exp > 0) {
        exp = low.exp < high.exp ? low.exp : high.exp;
        exp = step.mantissa && step.exp < exp ? step.exp : exp > 0 ? 0 : exp;
        if (!step.mantissa && fine_exp(&low, &high, d->scale == QN_SCALE_LOG) < exp)
            exp = fine_exp(&low, &high, d->scale == QN_SCALE_LOG);
    }
    d->exp = exp;
    if (qn_decimal_at(low, exp, &d->low) != QN_OK || qn_decimal_at(high, exp, &d->high) != QN_OK ||
        qn_decimal_at(step, exp, &d->step) != QN_OK)
        mistake(r, QN_E_PRECISION, "low, high or step has more digits than a value can have", "");
    else if (d->low > d->high)
        mistake(r, QN_E_RANGE, "low is above high", "");
    else if (d->step < 0 || (r->step && d->step == 0))
        mistake(r, QN_E_RANGE, "step must be above 0", "");
    else if (d->scale == QN_SCALE_LOG && d->low <= 0)
        mistake(r, QN_E_RANGE, "scale = \"log\" needs a low above 0", "");
    else
        return true;
    return false;
}

/* Where no step can be told apart from none: the config has to say. */
static bool choose_range(reading *r, uint32_t type)
{
    if (r->cfg->low) {
        r->low = r->cfg->low;
        r->high = r->cfg->high;
        r->step = r->cfg->step ? r->cfg->step : ranges[type].step;
    } else if (r->param && r->param->search.lo && r->param->search.hi) {
        r->low = r->param->search.lo;
        r->high = r->param->search.hi;
        r->step = r->cfg->step ? r->cfg->step : r->param->search.step;
        if (!r->step) r->step = ranges[type].step;
    } else {
        mistake(r, QN_E_MISSING,
                "expected low and high, or values: the plugin gives no range to search", "");
        return false;
    }
    if (r->step || !ranges[type].needs_step) return true;
    mistake(r, QN_E_MISSING, "expected a step, in its own unit", "");
    return false;
}

static bool read_range(reading *r)
{
    uint32_t type = r->param ? r->param->type : 0;
    qn_decimal low, high;
    qn_decimal step = {0};
    int64_t ns;
    bool is_duration;

    if (!ranges[type].type) {
        mistake(r, QN_E_TYPE, "this parameter has no range: give values", "");
        return false;
    }
    if (!choose_range(r, type)) return false;
    is_duration = ranges[type].type == QN_DIMENSION_DURATION ||
                  (!r->param && duration_parse(r->low, strlen(r->low), &ns) == QN_OK);
    r->out->type = is_duration ? QN_DIMENSION_DURATION : ranges[type].type;
    r->out->flags = QN_DIMENSION_ORDERED;
    if (!is_allowed(r, r->low) || !is_allowed(r, r->high)) return false;
    if (!parse(r, "low", r->low, is_duration, &low) ||
        !parse(r, "high", r->high, is_duration, &high) ||
        (r->step && !parse(r, "step", r->step, is_duration, &step)))
        return false;
    return set_range(r, low, high, step, is_duration ? 0 : ranges[type].exp);
}

/* ------------------------------------------------------------------ a dimension */

/* Another key of the config: does it exist, and take such a value? The config itself knows. */
static bool try_key(const reading *r)
{
    tune *t = r->t;
    const config_mistake *list;
    qn_err err = QN_ERR_INIT;
    config *cfg = NULL;
    char value[VALUE_TEXT];
    const char **sets;
    char *set;
    bool is_good = false;

    value_write(r->out, r->out->low, value);
    set = arena_format(&t->memory, "%s=%s", r->cfg->path, value);
    sets = arena_alloc(&t->memory, (t->options.nsets + 1) * sizeof *sets, 8);
    if (!set || !sets) return false;
    for (size_t i = 0; i < t->options.nsets; i++)
        sets[i] = t->options.sets[i];
    sets[t->options.nsets] = set;
    if (config_open(t->options.conf, sets, t->options.nsets + 1, &cfg, &err) == QN_OK) {
        is_good = config_mistakes(cfg, &list) == 0;
        if (!is_good) mistake(r, list[0].code, "", list[0].text);
        config_close(cfg);
    }
    return is_good;
}

static bool read_dimension(tune *t, const engine *e, const config_dimension *cfg, qn_dimension *out)
{
    reading r = {.t = t, .cfg = cfg, .out = out};

    *out = (qn_dimension){.size = sizeof *out,
                          .scale = strcmp(cfg->scale, "log") == 0 ? QN_SCALE_LOG : QN_SCALE_LINEAR,
                          .name = cfg->path,
                          .unit = ""};
    if (!resolve(&r, e)) return false;
    if (r.param && r.param->unit)
        out->unit = arena_text_n(&t->memory, r.param->unit, strlen(r.param->unit));
    if (cfg->values.n > 0) {
        if (!read_values(&r)) return false;
    } else if (r.param && r.param->type == QN_PARAM_TYPE_ENUM) {
        if (!read_enum(&r)) return false;
    } else if (r.param && r.param->type == QN_PARAM_TYPE_BOOL) {
        out->type = QN_DIMENSION_BOOL;
        out->high = out->step = 1;
    } else if (!read_range(&r)) {
        return false;
    }
    if (out->scale == QN_SCALE_LOG && !(out->flags & QN_DIMENSION_ORDERED)) {
        mistake(&r, QN_E_TYPE, "scale = \"log\" is for numbers", "");
        return false;
    }
    if (out->nlabels) out->scale = QN_SCALE_LINEAR; /* places have no logarithm */
    return r.param || try_key(&r);
}

int32_t space_build(tune *t, const engine *e, qn_err *err)
{
    const config_tuner *c = t->config;
    bool is_good = true;

    if (c->nspace > DIMENSIONS_MAX) {
        config_add_mistake(t->cfg, c->node, QN_E_RANGE, "space: found %zu dimensions, at most %d",
                           c->nspace, DIMENSIONS_MAX);
        return fail(err, QN_E_INVALID, "the config has mistakes");
    }
    t->dimensions = arena_alloc(&t->memory, c->nspace * sizeof *t->dimensions, 8);
    if (!t->dimensions) return fail(err, QN_E_NO_MEMORY, "no memory for the space");
    t->ndimensions = (uint32_t)c->nspace;
    for (uint32_t i = 0; i < t->ndimensions; i++)
        is_good = read_dimension(t, e, &c->space[i], &t->dimensions[i]) && is_good;
    return is_good ? QN_OK : fail(err, QN_E_INVALID, "the config has mistakes");
}

/* ------------------------------------------------------------------ values and texts */

void value_write(const qn_dimension *d, int64_t value, char to[VALUE_TEXT])
{
    char text[QN_DECIMAL_TEXT];

    if (d->type == QN_DIMENSION_CHOICE)
        snprintf(to, VALUE_TEXT, "%s", d->labels[value]);
    else if (d->type == QN_DIMENSION_BOOL)
        snprintf(to, VALUE_TEXT, "%s", value ? "true" : "false");
    else if (d->type == QN_DIMENSION_DURATION && value > 0)
        duration_format(value, to);
    else if (qn_decimal_format(value, d->exp, text) > 0)
        snprintf(to, VALUE_TEXT, "%s%s", text, d->type == QN_DIMENSION_DURATION ? "s" : "");
}

char **space_sets(const tune *t, const trial *tr)
{
    char **sets = mem_new(t->options.nsets + t->ndimensions + 1, sizeof *sets);
    size_t room;
    char value[VALUE_TEXT];

    for (size_t i = 0; sets && i < t->options.nsets; i++)
        sets[i] = mem_text(t->options.sets[i]);
    for (uint32_t i = 0; sets && i < t->ndimensions; i++) {
        value_write(&t->dimensions[i], tr->values[i], value);
        room = strlen(t->dimensions[i].name) + strlen(value) + 2;
        if (!(sets[t->options.nsets + i] = mem_new(1, room))) break;
        snprintf(sets[t->options.nsets + i], room, "%s=%s", t->dimensions[i].name, value);
    }
    for (size_t i = 0; sets && i < t->options.nsets + t->ndimensions; i++)
        if (!sets[i]) {
            space_sets_free(t, sets);
            return NULL;
        }
    return sets;
}

void space_sets_free(const tune *t, char **sets)
{
    for (size_t i = 0; sets && i < t->options.nsets + t->ndimensions; i++)
        mem_free(sets[i]);
    mem_free(sets);
}

double value_as_number(const qn_dimension *d, int64_t value)
{
    if (d->type == QN_DIMENSION_DURATION) return (double)value * 1e-9;
    return qn_decimal_double(value, d->exp);
}

bool value_is_in(const qn_dimension *d, int64_t value)
{
    if (value < d->low || value > d->high) return false;
    return d->step == 0 || ((uint64_t)value - (uint64_t)d->low) % (uint64_t)d->step == 0;
}
