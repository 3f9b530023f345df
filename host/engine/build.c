/* SPDX-License-Identifier: MIT
 *
 * From a config to a run: instruments, instances, streams, books. Everything a person can get
 * wrong here is a mistake of the config, with the line it stands on. */
#include "internal.h"

#include "base/fail.h"

#include <stdio.h>
#include <string.h>

/* Mistakes are collected; the caller stops at the end of a phase if there are any. */
static int32_t mistakes(const engine *e, qn_err *err)
{
    const config_mistake *list;

    return config_mistakes(e->cfg, &list) ? fail(err, QN_E_INVALID, "the config has mistakes")
                                          : QN_OK;
}

/* ------------------------------------------------------------------ instruments */

static uint32_t find_instrument(const engine *e, const char *name)
{
    for (uint32_t i = 0; i < e->ninstruments; i++)
        if (strcmp(e->instruments[i].name, name) == 0) return i;
    return NO_SLOT;
}

/* Lists the catalog's instruments for an error message. */
static void list_instruments(const engine *e, char *to, size_t room)
{
    const qn_instrument *all;
    size_t n = catalog_instruments(e->catalog, &all);
    size_t used = 0;

    to[0] = '\0';
    for (size_t i = 0; i < n && used < room; i++) {
        if (i && strcmp(all[i].name, all[i - 1].name) == 0) continue;
        used += (size_t)snprintf(to + used, room - used, "%s%s", used ? ", " : "", all[i].name);
    }
}

static void add_instrument(engine *e, uint32_t v, const config_item *item)
{
    char name[128];
    char have[400];
    const qn_instrument *def;

    snprintf(name, sizeof name, "%s.%s", item->text, e->run->venues[v].id);
    if (!(def = catalog_instrument(e->catalog, name, e->options.from))) {
        list_instruments(e, have, sizeof have);
        config_add_mistake(e->cfg, item->node, QN_E_UNKNOWN_NAME,
                           "the catalog %s has no instrument %s, expected one of: %s",
                           e->run->catalog, name, have);
        return;
    }
    e->instruments[e->ninstruments] = *def;
    e->instruments[e->ninstruments].number = e->ninstruments;
    e->venue_of[e->ninstruments++] = v;
}

static int32_t build_instruments(engine *e, qn_err *err)
{
    size_t n = 0;

    for (size_t v = 0; v < e->run->nvenues; v++)
        n += e->run->venues[v].instruments.n;
    e->instruments = arena_alloc(&e->arena, (n + 1) * sizeof *e->instruments, 16);
    e->venue_of = arena_alloc(&e->arena, (n + 1) * sizeof *e->venue_of, 8);
    if (!e->instruments || !e->venue_of)
        return fail(err, QN_E_NO_MEMORY, "no memory for %zu instruments", n);
    for (uint32_t v = 0; v < e->run->nvenues; v++)
        for (size_t i = 0; i < e->run->venues[v].instruments.n; i++)
            add_instrument(e, v, &e->run->venues[v].instruments.items[i]);
    return mistakes(e, err);
}

/* ------------------------------------------------------------------ accounts */

static uint32_t find_account(const account *accounts, uint32_t n, uint32_t at, const char *currency)
{
    for (uint32_t i = 0; i < n; i++)
        if (accounts[i].venue == at && strcmp(accounts[i].currency, currency) == 0) return i;
    return NO_SLOT;
}

static int32_t build_ledger(engine *e, qn_err *err)
{
    const config_run *run = e->run;
    ledger_instrument *list = arena_alloc(&e->arena, (e->ninstruments + 1) * sizeof *list, 8);
    account *accounts;
    uint32_t n = 0;
    int32_t rc;

    for (size_t v = 0; v < run->nvenues; v++)
        n += (uint32_t)run->venues[v].naccounts;
    accounts = arena_alloc(&e->arena, (n + 1) * sizeof *accounts, 8);
    if (!list || !accounts) return fail(err, QN_E_NO_MEMORY, "no memory for the ledger");
    n = 0;
    for (uint32_t v = 0; v < run->nvenues; v++)
        for (size_t i = 0; i < run->venues[v].naccounts; i++, n++) {
            accounts[n].venue = v;
            accounts[n].start = run->venues[v].accounts[i].balance;
            snprintf(accounts[n].currency, sizeof accounts[n].currency, "%s",
                     run->venues[v].accounts[i].currency);
        }
    for (uint32_t i = 0; i < e->ninstruments; i++) {
        const qn_instrument *in = &e->instruments[i];
        list[i] = (ledger_instrument){in, find_account(accounts, n, e->venue_of[i], in->settle)};
        if (list[i].account == NO_SLOT)
            config_add_mistake(e->cfg, run->venues[e->venue_of[i]].node, QN_E_MISSING,
                               "venue %s has no account in %s, which %s is settled in",
                               run->venues[e->venue_of[i]].id, in->settle, in->name);
    }
    if ((rc = mistakes(e, err)) != QN_OK) return rc;
    return ledger_new(list, e->ninstruments, e->nstrategies + 1, accounts, n, &e->ledger, err);
}

/* ------------------------------------------------------------------ instances */

static int32_t build_venue(engine *e, uint32_t i, qn_err *err)
{
    const config_venue *cfg = &e->run->venues[i];
    venue *v = &e->venues[i];
    uint32_t *numbers = arena_alloc(&e->arena, (e->ninstruments + 1) * sizeof *numbers, 8);
    uint32_t n = 0;
    int32_t rc;

    if (!numbers) return fail(err, QN_E_NO_MEMORY, "no memory for venue %s", cfg->id);
    for (uint32_t k = 0; k < e->ninstruments; k++)
        if (e->venue_of[k] == i) numbers[n++] = k;
    v->config = cfg;
    v->in.strategy = NO_SLOT;
    rc = instance_init(&v->in, e, cfg->id, cfg->plugin, QN_KIND_VENUE, cfg->node, cfg->params,
                       numbers, n, err);
    if (rc != QN_OK) return rc;
    v->table = v->in.cls->table;
    v->out = (qn_venue_out){.size = sizeof v->out, .ctx = v, .push = venue_push};
    return QN_OK;
}

/* The instruments of a strategy, as numbers. An unknown one is a mistake. */
static uint32_t strategy_instruments(engine *e, const config_strategy *cfg, uint32_t *numbers)
{
    uint32_t n = 0;

    for (size_t i = 0; i < cfg->instruments.n; i++) {
        uint32_t number = find_instrument(e, cfg->instruments.items[i].text);
        if (number != NO_SLOT)
            numbers[n++] = number;
        else
            config_add_mistake(e->cfg, cfg->instruments.items[i].node, QN_E_UNKNOWN_NAME,
                               "no venue of this config has the instrument %s",
                               cfg->instruments.items[i].text);
    }
    return n;
}

static int32_t build_strategy(engine *e, uint32_t i, qn_err *err)
{
    const config_strategy *cfg = &e->run->strategies[i];
    strategy *s = &e->strategies[i];
    uint32_t *numbers = arena_alloc(&e->arena, (cfg->instruments.n + 1) * sizeof *numbers, 8);
    uint32_t n;
    int32_t rc;

    if (!numbers) return fail(err, QN_E_NO_MEMORY, "no memory for strategy %s", cfg->id);
    n = strategy_instruments(e, cfg, numbers);
    s->number = i + 1;
    s->capital = cfg->capital;
    s->in.strategy = i;
    rc = instance_init(&s->in, e, cfg->id, cfg->plugin, QN_KIND_STRATEGY, cfg->node, cfg->params,
                       numbers, n, err);
    if (rc != QN_OK) return rc;
    s->table = s->in.cls->table;
    s->out = (qn_out){.size = sizeof s->out, .ctx = s, .push = intent_push};
    return QN_OK;
}

/* Loads all plugins, so that all mistakes in their parameters are told together. A refused
 * module ends it at once: its code is the exit status. */
static int32_t build_instances(engine *e, qn_err *err)
{
    int32_t rc = QN_OK;

    e->venues = arena_alloc(&e->arena, (e->run->nvenues + 1) * sizeof *e->venues, 16);
    e->strategies = arena_alloc(&e->arena, (e->run->nstrategies + 1) * sizeof *e->strategies, 16);
    if (!e->venues || !e->strategies) return fail(err, QN_E_NO_MEMORY, "no memory for plugins");
    for (; e->nvenues < e->run->nvenues && (rc == QN_OK || rc == QN_E_INVALID); e->nvenues++)
        rc = build_venue(e, e->nvenues, err);
    for (; e->nstrategies < e->run->nstrategies && (rc == QN_OK || rc == QN_E_INVALID);
         e->nstrategies++)
        rc = build_strategy(e, e->nstrategies, err);
    return rc == QN_OK || rc == QN_E_INVALID ? mistakes(e, err) : rc;
}

/* Where a venue that this host cannot run says so, and a create that fails tells why. */
static int32_t create_venue(venue *v, qn_err *err)
{
    int32_t rc = instance_create(&v->in, err);

    if (rc != QN_OK) return rc;
    v->info = (qn_venue_info){.size = sizeof v->info};
    if ((rc = v->table->describe(v->in.self, &v->info)) != QN_OK)
        return fail(err, rc, "venue %s cannot say what it is", v->in.id);
    if (v->info.data != QN_DATA_CATALOG)
        return fail(
            err, QN_E_UNSUPPORTED,
            "venue %s brings its own market data: this version runs venues on the catalog only",
            v->in.id);
    if (!v->table->on_market)
        return fail(err, QN_E_MODULE_TABLE, "venue %s lacks on_market", v->in.id);
    if ((v->info.capabilities & QN_CAN_MODIFY) && !v->table->modify)
        return fail(err, QN_E_MODULE_TABLE, "venue %s says that it can modify, and cannot",
                    v->in.id);
    return QN_OK;
}

/* A create that refuses its parameters is a mistake of the config, told at the instance. */
static int32_t told(engine *e, const config_node *node, int32_t rc, const qn_err *err)
{
    if (rc != QN_OK) config_add_mistake(e->cfg, node, rc, "%s", err->msg);
    return rc;
}

static int32_t create_instances(engine *e, qn_err *err)
{
    qn_err why = QN_ERR_INIT;

    for (uint32_t i = 0; i < e->nvenues; i++)
        told(e, e->venues[i].config->node, create_venue(&e->venues[i], &why), &why);
    for (uint32_t i = 0; i < e->nstrategies; i++)
        told(e, e->run->strategies[i].node, instance_create(&e->strategies[i].in, &why), &why);
    return mistakes(e, err);
}

/* ------------------------------------------------------------------ streams */

/* The stream of an instrument and data type: the one that is there, or a new one. */
static stream *get_stream(engine *e, uint32_t instrument, data_type data)
{
    stream *s;

    for (uint32_t i = 0; i < e->nstreams; i++)
        if (e->streams[i].instrument == instrument && e->sources[i].data.type == data.type &&
            e->sources[i].data.length == data.length)
            return &e->streams[i];
    e->sources[e->nstreams] = (tape_stream){&e->instruments[instrument], data};
    s = &e->streams[e->nstreams++];
    *s = (stream){.instrument = instrument,
                  .venue = NO_VENUE,
                  .account = ledger_account(e->ledger, ledger_account_of(e->ledger, instrument))};
    return s;
}

static bool has_data(const config_list *list, data_type want)
{
    data_type data;

    for (size_t i = 0; i < list->n; i++)
        if (data_type_parse(list->items[i].text, &data) == QN_OK && data.type == want.type &&
            data.length == want.length)
            return true;
    return false;
}

/* Subscribers of one stream, in config order. */
static void subscribe(engine *e, uint32_t index, uint32_t *used)
{
    stream *s = &e->streams[index];

    s->first = *used;
    for (uint32_t i = 0; i < e->nstrategies; i++) {
        strategy *to = &e->strategies[i];
        if (to->in.slots[s->instrument] == NO_SLOT ||
            !has_data(&e->run->strategies[i].data, e->sources[index].data))
            continue;
        e->subscribers[(*used)++] = (subscriber){to, to->in.slots[s->instrument]};
    }
    s->n = *used - s->first;
}

/* A venue can do without marks and funding of an instrument that has none: a spot one beside a
 * perpetual contract. */
static bool is_absent(const engine *e, uint32_t instrument, data_type data)
{
    const catalog_file *files;
    bool is_optional =
        data.type == QN_EVENT_MARK || data.type == QN_EVENT_INDEX || data.type == QN_EVENT_FUNDING;

    return is_optional &&
           catalog_find(e->catalog, e->instruments[instrument].name, data, &files) == 0;
}

static int32_t build_streams(engine *e, qn_err *err)
{
    const config_run *run = e->run;
    size_t most = 1;
    uint32_t used = 0;
    data_type data;

    for (size_t v = 0; v < run->nvenues; v++)
        most += run->venues[v].instruments.n * run->venues[v].data.n;
    for (size_t s = 0; s < run->nstrategies; s++)
        most += run->strategies[s].instruments.n * run->strategies[s].data.n;
    e->streams = arena_alloc(&e->arena, most * sizeof *e->streams, 8);
    e->sources = arena_alloc(&e->arena, most * sizeof *e->sources, 8);
    e->subscribers =
        arena_alloc(&e->arena, most * (run->nstrategies + 1) * sizeof *e->subscribers, 8);
    if (!e->streams || !e->sources || !e->subscribers)
        return fail(err, QN_E_NO_MEMORY, "no memory for %zu streams", most);
    for (uint32_t i = 0; i < e->ninstruments; i++) {
        const venue *v = &e->venues[e->venue_of[i]];
        for (size_t d = 0; d < v->config->data.n; d++) {
            if (data_type_parse(v->config->data.items[d].text, &data) != QN_OK) continue;
            if (is_absent(e, i, data)) continue;
            stream *s = get_stream(e, i, data);
            s->venue = e->venue_of[i];
            s->venue_slot = v->in.slots[i];
        }
    }
    for (uint32_t k = 0; k < e->nstrategies; k++)
        for (uint32_t i = 0; i < e->strategies[k].in.setup.ninstruments; i++)
            for (size_t d = 0; d < run->strategies[k].data.n; d++)
                if (data_type_parse(run->strategies[k].data.items[d].text, &data) == QN_OK)
                    get_stream(e, e->strategies[k].in.setup.instruments[i]->number, data);
    for (uint32_t i = 0; i < e->nstreams; i++)
        subscribe(e, i, &used);
    return QN_OK;
}

/* How much history before `from` the strategies ask for. */
static int64_t lookback(const engine *e)
{
    int64_t most = 0;
    data_type data;

    for (uint32_t i = 0; i < e->nstrategies; i++) {
        const strategy *s = &e->strategies[i];
        if (!QN_HAS(s->table, qn_strategy, lookback)) continue;
        for (size_t d = 0; d < e->run->strategies[i].data.n; d++) {
            int64_t need = 0;
            if (data_type_parse(e->run->strategies[i].data.items[d].text, &data) == QN_OK)
                need = s->table->lookback(s->in.self, data.length);
            if (need > most) most = need;
        }
    }
    return most;
}

static int32_t open_tape(engine *e, qn_err *err)
{
    int64_t from = e->options.from;
    const qn_event *head;
    int32_t rc;

    e->live_from = e->options.from;
    if (strcmp(e->run->warmup, "auto") == 0 && from != INT64_MIN &&
        __builtin_sub_overflow(from, lookback(e), &from))
        from = INT64_MIN;
    rc = tape_open(e->catalog, e->sources, e->nstreams, from, e->options.to, &e->tape, err);
    if (rc != QN_OK) return rc;
    head = e->tape->head;
    if (!head && !e->options.is_prefix)
        return fail(err, QN_E_NOT_FOUND,
                    "catalog %s has no data of this config in the range asked for",
                    e->run->catalog);
    e->now = INT64_MIN;
    e->check_ts = INT64_MIN;
    e->first_ts = !head                        ? e->options.to
                  : head->type == QN_EVENT_BAR ? ((const qn_bar *)(const void *)head)->open_ts
                                               : head->ts_ns;
    if (e->first_ts < e->live_from) e->first_ts = e->live_from;
    e->last_ts = e->first_ts; /* a run that fails at its start has a report, too */
    return QN_OK;
}

/* ------------------------------------------------------------------ all of it */

/* The config's plugin folders, then the host's own. */
static int32_t open_index(engine *e, qn_err *err)
{
    size_t n = e->run->nplugin_path;
    const char **dirs = arena_alloc(&e->arena, (n + 1) * sizeof *dirs, 8);

    if (!dirs) return fail(err, QN_E_NO_MEMORY, "no memory for the plugin folders");
    for (size_t i = 0; i < n; i++)
        dirs[i] = e->run->plugin_path[i];
    if (e->options.plugin_dir) dirs[n++] = e->options.plugin_dir;
    return module_index_open(dirs, n, &e->index, err);
}

static int32_t build(engine *e, qn_err *err)
{
    int32_t rc;

    if ((rc = open_index(e, err)) != QN_OK) return rc;
    if ((rc = catalog_open(e->run->catalog, &e->catalog, err)) != QN_OK) return rc;
    if ((rc = build_instruments(e, err)) != QN_OK) return rc;
    if ((rc = build_instances(e, err)) != QN_OK) return rc;
    if ((rc = build_ledger(e, err)) != QN_OK) return rc;
    if ((rc = create_instances(e, err)) != QN_OK) return rc;
    if ((rc = build_streams(e, err)) != QN_OK) return rc;
    if ((rc = open_tape(e, err)) != QN_OK) return rc;
    if ((rc = queue_init(&e->queue, err)) != QN_OK) return rc;
    if ((rc = decisions_init(&e->decisions, err)) != QN_OK) return rc;
    e->orders = orders_new(WORKING_ORDERS);
    return e->orders ? QN_OK : fail(err, QN_E_NO_MEMORY, "no memory for orders");
}

int32_t engine_new(config *cfg, const engine_options *options, engine **out, qn_err *err)
{
    engine *e = mem_new(1, sizeof *e);
    int32_t rc;

    if (!e) return fail(err, QN_E_NO_MEMORY, "no memory for the engine");
    e->cfg = cfg;
    e->run = config_get(cfg);
    e->options = *options;
    rc = build(e, err);
    if (rc == QN_OK)
        *out = e;
    else
        engine_free(e);
    return rc;
}

void engine_free(engine *e)
{
    if (!e) return;
    for (uint32_t i = 0; i < e->nvenues; i++)
        if (e->venues[i].is_started) e->venues[i].table->stop(e->venues[i].in.self);
    for (uint32_t i = 0; i < e->nstrategies; i++)
        instance_free(&e->strategies[i].in);
    for (uint32_t i = 0; i < e->nvenues; i++)
        instance_free(&e->venues[i].in);
    for (uint32_t i = 0; i < e->nmodules; i++)
        module_close(e->modules[i]);
    if (e->tape) tape_close(e->tape);
    if (e->catalog) catalog_close(e->catalog);
    if (e->index) module_index_close(e->index);
    orders_free(e->orders);
    ledger_free(e->ledger);
    queue_free(&e->queue);
    timers_free(&e->timers);
    decisions_free(&e->decisions);
    arena_free(&e->arena);
    mem_free(e);
}
