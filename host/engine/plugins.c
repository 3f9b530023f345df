/* SPDX-License-Identifier: MIT
 *
 * The plugins of a run: one row a kind, in the order of the data's way. */
#include "internal.h"

#include "base/fail.h"

#include <string.h>

/* ------------------------------------------------------------------ one of each kind */

/* Numbers 0 .. n-1 of the instruments for which `is_in` holds, in the arena. NULL: no memory. */
static uint32_t *all_instruments(engine *e, uint32_t at_venue, uint32_t *n)
{
    uint32_t *numbers = arena_alloc(&e->arena, (e->ninstruments + 1) * sizeof *numbers, 8);

    *n = 0;
    for (uint32_t i = 0; numbers && i < e->ninstruments; i++)
        if (at_venue == NO_VENUE || e->venue_of[i] == at_venue) numbers[(*n)++] = i;
    return numbers;
}

/* What comes by a guest has its class later. */
static void seat_first(instance *in)
{
    if (in->cls) seat_table(in, in->cls->table);
}

static int32_t build_venue(engine *e, uint32_t i, qn_err *err)
{
    const config_venue *cfg = &e->run->venues[i];
    venue *v = &e->venues[i];
    instance_spec spec = {cfg->id, cfg->plugin, QN_KIND_VENUE, cfg->node, cfg->params,
                          NULL,    0,           NULL};
    int32_t rc;

    if (!(spec.instruments = all_instruments(e, i, &spec.ninstruments)))
        return fail(err, QN_E_NO_MEMORY, "no memory for venue %s", cfg->id);
    v->config = cfg;
    if ((rc = instance_init(&v->in, e, &spec, err)) != QN_OK || e->is_books) return rc;
    v->in.fault_action = QN_FAULT_ACTION_HALT;
    v->in.table_at = &v->table;
    seat_first(&v->in);
    v->out = (qn_venue_out){.size = sizeof v->out, .ctx = v, .push = venue_push};
    return QN_OK;
}

/* The instruments of a list, as numbers in the arena. An unknown one is a mistake. */
static int32_t list_numbers(engine *e, const config_list *list, instance_spec *spec, qn_err *err)
{
    uint32_t *numbers = arena_alloc(&e->arena, (list->n + 1) * sizeof *numbers, 8);

    if (!numbers) return fail(err, QN_E_NO_MEMORY, "no memory for %s", spec->id);
    for (size_t i = 0; i < list->n; i++) {
        uint32_t number = build_find_instrument(e, list->items[i].text);
        if (number != NO_SLOT)
            numbers[spec->ninstruments++] = number;
        else
            config_add_mistake(e->cfg, list->items[i].node, QN_E_UNKNOWN_NAME,
                               "no venue of this config has the instrument %s",
                               list->items[i].text);
    }
    spec->instruments = numbers;
    return QN_OK;
}

static int32_t build_model(engine *e, uint32_t i, qn_err *err)
{
    const config_model *cfg = &e->run->models[i];
    model *m = &e->models[i];
    instance_spec spec = {cfg->id, cfg->plugin, QN_KIND_MODEL, cfg->node, cfg->params,
                          NULL,    0,           cfg->isolation};
    int32_t rc;

    if ((rc = list_numbers(e, &cfg->instruments, &spec, err)) != QN_OK) return rc;
    if ((rc = instance_init(&m->in, e, &spec, err)) != QN_OK || e->is_books) return rc;
    m->in.deliver = model_deliver;
    m->in.budget = cfg->budget;
    m->in.fault_action = QN_FAULT_ACTION_STALE;
    m->in.table_at = &m->table;
    seat_first(&m->in);
    m->out = (qn_model_out){.size = sizeof m->out, .ctx = m, .publish = model_publish};
    return QN_OK;
}

static int32_t build_strategy(engine *e, uint32_t i, qn_err *err)
{
    const config_strategy *cfg = &e->run->strategies[i];
    strategy *s = &e->strategies[i];
    instance_spec spec = {cfg->id, cfg->plugin, QN_KIND_STRATEGY, cfg->node, cfg->params,
                          NULL,    0,           cfg->isolation};
    int32_t rc;

    if ((rc = list_numbers(e, &cfg->instruments, &spec, err)) != QN_OK) return rc;
    s->number = i + 1;
    s->capital = cfg->capital;
    s->is_portfolio = strcmp(cfg->route, "portfolio") == 0;
    rc = instance_init(&s->in, e, &spec, err);
    s->in.strategy = i;
    if (rc != QN_OK || e->is_books) return rc;
    s->in.deliver = strategy_deliver;
    s->in.budget = cfg->budget;
    s->in.fault_action =
        strcmp(cfg->on_fault, "flatten") == 0 ? QN_FAULT_ACTION_FLATTEN : QN_FAULT_ACTION_HOLD;
    s->in.table_at = &s->table;
    seat_first(&s->in);
    s->out = (qn_out){.size = sizeof s->out, .ctx = s, .push = intent_push};
    return QN_OK;
}

/* A plugin that sees all instruments of the run. */
static int32_t build_one(engine *e, instance *in, instance_spec spec, qn_err *err)
{
    if (!(spec.instruments = all_instruments(e, NO_VENUE, &spec.ninstruments)))
        return fail(err, QN_E_NO_MEMORY, "no memory for %s", spec.id);
    in->sees_books = strcmp(spec.kind, QN_KIND_SINK) != 0;
    in->fault_action = QN_FAULT_ACTION_HALT; /* all orders pass through it; a sink has no seat */
    return instance_init(in, e, &spec, err);
}

static int32_t build_optimizer(engine *e, uint32_t i, qn_err *err)
{
    const config_optimizer *cfg = &e->run->optimizer;
    instance *in = &e->portfolio.in;
    int32_t rc;

    (void)i;
    rc = build_one(e, in,
                   (instance_spec){"optimizer", cfg->plugin, QN_KIND_OPTIMIZER, cfg->node,
                                   cfg->params, NULL, 0, cfg->isolation},
                   err);
    if (rc != QN_OK || e->is_books) return rc;
    in->budget = cfg->budget;
    in->table_at = &e->portfolio.table;
    seat_first(in);
    return rc;
}

static int32_t build_risk(engine *e, uint32_t i, qn_err *err)
{
    const config_risk *cfg = &e->run->risk[i];
    risk_module *m = &e->risk[i];
    int32_t rc;

    m->number = i + 1;
    rc = build_one(e, &m->in,
                   (instance_spec){cfg->id, cfg->plugin, QN_KIND_RISK, cfg->node, cfg->params, NULL,
                                   0, cfg->isolation},
                   err);
    if (rc != QN_OK || e->is_books) return rc;
    m->in.budget = cfg->budget;
    m->in.table_at = &m->table;
    seat_first(&m->in);
    m->out = (qn_risk_out){.size = sizeof m->out, .ctx = m, .halt = risk_halt};
    return QN_OK;
}

static int32_t build_execution(engine *e, uint32_t i, qn_err *err)
{
    const config_execution *cfg = &e->run->execution;
    execution *x = &e->execution;
    int32_t rc;

    (void)i;
    rc = build_one(e, &x->in,
                   (instance_spec){"execution", cfg->plugin, QN_KIND_EXECUTION, cfg->node,
                                   cfg->params, NULL, 0, cfg->isolation},
                   err);
    if (rc != QN_OK || e->is_books) return rc;
    x->in.deliver = execution_deliver;
    x->in.budget = cfg->budget;
    x->in.table_at = &x->table;
    seat_first(&x->in);
    x->out = (qn_child_out){.size = sizeof x->out,
                            .ctx = x,
                            .send = child_send,
                            .cancel = child_cancel,
                            .finish = child_finish};
    return QN_OK;
}

static int32_t build_sink(engine *e, uint32_t i, qn_err *err)
{
    const config_sink *cfg = &e->run->sinks[i];

    return build_one(
        e, &e->sinks[i],
        (instance_spec){cfg->id, cfg->plugin, QN_KIND_SINK, cfg->node, cfg->params, NULL, 0, NULL},
        err);
}

static void *plugin_array(engine *e, size_t n, size_t size)
{
    return arena_alloc(&e->arena, (n + 1) * size, 16);
}

/* Loads all plugins, so that all mistakes in their parameters are told together. A refused
 * module ends it at once: its code is the exit status. */
int32_t build_instances(engine *e, qn_err *err)
{
    const config_run *run = e->run;
    bool has_sinks = e->options.with_sinks && !e->is_books;
    const struct {
        uint32_t n, *made;
        int32_t (*build)(engine *, uint32_t, qn_err *);
    } kinds[] = {
        {(uint32_t)run->nvenues, &e->nvenues, build_venue},
        {(uint32_t)run->nmodels, &e->nmodels, build_model},
        {(uint32_t)run->nstrategies, &e->nstrategies, build_strategy},
        {run->optimizer.plugin != NULL, NULL, build_optimizer},
        {(uint32_t)run->nrisk, &e->nrisk, build_risk},
        {run->execution.plugin != NULL, NULL, build_execution},
        {has_sinks ? (uint32_t)run->nsinks : 0, &e->nsinks, build_sink},
    };
    size_t most = run->nvenues + run->nmodels + run->nstrategies + run->nrisk + run->nsinks + 3;
    int32_t rc = QN_OK;

    e->venues = plugin_array(e, run->nvenues, sizeof *e->venues);
    e->models = plugin_array(e, run->nmodels, sizeof *e->models);
    e->strategies = plugin_array(e, run->nstrategies, sizeof *e->strategies);
    e->risk = plugin_array(e, run->nrisk, sizeof *e->risk);
    e->sinks = plugin_array(e, run->nsinks, sizeof *e->sinks);
    e->owners = plugin_array(e, most, sizeof *e->owners);
    if (!e->venues || !e->models || !e->strategies || !e->risk || !e->sinks || !e->owners)
        return fail(err, QN_E_NO_MEMORY, "no memory for plugins");
    e->nowners = 1; /* OWNER_HOST */
    e->most_owners = (uint32_t)most;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (uint32_t i = 0; i < kinds[k].n && (rc == QN_OK || rc == QN_E_INVALID); i++) {
            if (kinds[k].made) *kinds[k].made = i + 1;
            rc = kinds[k].build(e, i, err);
        }
    if (rc == QN_OK || rc == QN_E_INVALID) rc = isolation_enter(e, err);
    return rc == QN_OK || rc == QN_E_INVALID ? build_mistakes(e, err) : rc;
}

/* Where a venue that this host cannot run says so, and a create that fails tells why. */
static int32_t create_venue(venue *v, qn_err *err)
{
    int32_t rc = body_create(v->in.live, err);

    return rc == QN_OK ? venue_describe(v->in.live, &v->info, err) : rc;
}

/* A create that refuses its parameters is a mistake of the config, told at the instance. */
static int32_t told(engine *e, const config_node *node, int32_t rc, const qn_err *err)
{
    if (rc != QN_OK) config_add_mistake(e->cfg, node, rc, "%s", err->msg);
    return rc;
}

int32_t create_instances(engine *e, qn_err *err)
{
    const config_run *run = e->run;
    qn_err why = QN_ERR_INIT;
    int32_t rc;

    if (e->is_books) return QN_OK;
    if ((rc = functions_build(e, err)) != QN_OK) return rc;
    if ((rc = features_build(e, err)) != QN_OK) return rc;
    for (uint32_t i = 0; i < e->nvenues; i++)
        told(e, run->venues[i].node, create_venue(&e->venues[i], &why), &why);
    for (uint32_t i = 0; i < e->nmodels; i++)
        told(e, run->models[i].node, body_create(e->models[i].in.live, &why), &why);
    for (uint32_t i = 0; i < e->nstrategies; i++)
        told(e, run->strategies[i].node, body_create(e->strategies[i].in.live, &why), &why);
    if (e->portfolio.table)
        told(e, run->optimizer.node, body_create(e->portfolio.in.live, &why), &why);
    for (uint32_t i = 0; i < e->nrisk; i++)
        told(e, run->risk[i].node, body_create(e->risk[i].in.live, &why), &why);
    if (e->execution.table)
        told(e, run->execution.node, body_create(e->execution.in.live, &why), &why);
    for (uint32_t i = 0; i < e->nsinks; i++)
        told(e, run->sinks[i].node, body_create(e->sinks[i].live, &why), &why);
    return build_mistakes(e, err);
}
