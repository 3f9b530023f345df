/* SPDX-License-Identifier: MIT
 *
 * From a config to a run: instruments, instances, streams, books. Everything a person can get
 * wrong here is a mistake of the config, with the line it stands on. */
#include "internal.h"

#include "base/fail.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>

/* Mistakes are collected; the caller stops at the end of a phase if there are any. */
int32_t build_mistakes(const engine *e, qn_err *err)
{
    const config_mistake *list;

    return config_mistakes(e->cfg, &list) ? fail(err, QN_E_INVALID, "the config has mistakes")
                                          : QN_OK;
}

/* ------------------------------------------------------------------ instruments */

uint32_t build_find_instrument(const engine *e, const char *name)
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
    return build_mistakes(e, err);
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
    if ((rc = build_mistakes(e, err)) != QN_OK) return rc;
    return ledger_new(list, e->ninstruments, e->nstrategies + 1, accounts, n, &e->ledger, err);
}

/* ------------------------------------------------------------------ streams */

stream *build_get_stream(engine *e, uint32_t instrument, data_type data)
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

static void listen_to(engine *e, uint32_t index, uint32_t *used)
{
    stream *s = &e->streams[index];

    s->first_listener = *used;
    for (uint32_t i = 0; i < e->nmodels; i++) {
        model *to = &e->models[i];
        if (to->in.slots[s->instrument] == NO_SLOT ||
            !has_data(&e->run->models[i].data, e->sources[index].data))
            continue;
        e->listeners[(*used)++] = (listener){to, to->in.slots[s->instrument]};
    }
    s->nlisteners = *used - s->first_listener;
}

/* Subscribers of one stream, in config order. */
static void subscribe(engine *e, uint32_t index, uint32_t *used)
{
    stream *s = &e->streams[index];

    s->is_executed =
        e->execution.table && has_data(&e->run->execution.data, e->sources[index].data);
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

/* The streams that an instance asks for. */
static void ask_streams(engine *e, const instance *in, const config_list *list)
{
    data_type data;

    for (uint32_t i = 0; i < in->ninstruments; i++)
        for (size_t d = 0; d < list->n; d++)
            if (data_type_parse(list->items[d].text, &data) == QN_OK)
                build_get_stream(e, in->instruments[i]->number, data);
}

static int32_t build_streams(engine *e, qn_err *err)
{
    const config_run *run = e->run;
    size_t most = 1;
    uint32_t used = 0;
    uint32_t heard = 0;
    data_type data;
    int32_t rc;

    for (size_t v = 0; v < run->nvenues; v++)
        most += run->venues[v].instruments.n * run->venues[v].data.n;
    for (size_t s = 0; s < run->nstrategies; s++)
        most += run->strategies[s].instruments.n * run->strategies[s].data.n;
    for (size_t m = 0; m < run->nmodels; m++)
        most += run->models[m].instruments.n * run->models[m].data.n;
    most += e->ninstruments * (run->execution.data.n + e->functions.n);
    e->streams = arena_alloc(&e->arena, most * sizeof *e->streams, 8);
    e->sources = arena_alloc(&e->arena, most * sizeof *e->sources, 8);
    e->subscribers =
        arena_alloc(&e->arena, most * (run->nstrategies + 1) * sizeof *e->subscribers, 8);
    e->listeners = arena_alloc(&e->arena, most * (run->nmodels + 1) * sizeof *e->listeners, 8);
    if (!e->streams || !e->sources || !e->subscribers || !e->listeners)
        return fail(err, QN_E_NO_MEMORY, "no memory for %zu streams", most);
    for (uint32_t i = 0; i < e->ninstruments; i++) {
        const venue *v = &e->venues[e->venue_of[i]];
        for (size_t d = 0; d < v->config->data.n; d++) {
            if (data_type_parse(v->config->data.items[d].text, &data) != QN_OK) continue;
            if (is_absent(e, i, data)) continue;
            stream *s = build_get_stream(e, i, data);
            s->venue = e->venue_of[i];
            s->venue_slot = v->in.slots[i];
        }
    }
    for (uint32_t k = 0; k < e->nstrategies; k++)
        ask_streams(e, &e->strategies[k].in, &run->strategies[k].data);
    for (uint32_t k = 0; k < e->nmodels; k++)
        ask_streams(e, &e->models[k].in, &run->models[k].data);
    if (run->execution.plugin) ask_streams(e, &e->execution.in, &run->execution.data);
    if ((rc = functions_place(e, err)) != QN_OK) return rc;
    for (uint32_t i = 0; i < e->nstreams; i++) {
        subscribe(e, i, &used);
        listen_to(e, i, &heard);
    }
    return QN_OK;
}

static int64_t longest(const config_list *list, const instance *in,
                       int64_t (*lookback)(const void *, int64_t))
{
    uint32_t before = call_begin(in->engine, in, SLOT_CALL_LOOKBACK);
    int64_t most = 0;
    data_type data;

    for (size_t d = 0; lookback && in->live->is_created && d < list->n; d++) {
        int64_t need = data_type_parse(list->items[d].text, &data) == QN_OK
                           ? lookback(in->self, data.length)
                           : 0;
        if (need > most) most = need;
    }
    call_end(in->engine, before);
    return most;
}

/* How much history before `from` the functions, models and strategies ask for. */
static int64_t lookback(const engine *e)
{
    int64_t most = 0;
    int64_t need;

    for (uint32_t i = 0; i < e->nstrategies; i++) {
        const strategy *s = &e->strategies[i];
        if (!QN_HAS(s->table, qn_strategy, lookback)) continue;
        need = longest(&e->run->strategies[i].data, &s->in, s->table->lookback);
        if (need > most) most = need;
    }
    need = functions_lookback(e);
    if (need > most) most = need;
    for (uint32_t i = 0; i < e->nmodels; i++) {
        const model *m = &e->models[i];
        if (!QN_HAS(m->table, qn_model, lookback)) continue;
        need = longest(&e->run->models[i].data, &m->in, m->table->lookback);
        if (need > most) most = need;
    }
    return most;
}

static int32_t open_tape(engine *e, qn_err *err)
{
    int64_t from = e->options.from;
    const qn_event *head;
    int32_t rc;

    e->live_from = e->options.from;
    if (e->is_books)
        from = e->options.tape_from;
    else if (strcmp(e->run->warmup, "auto") == 0 && from != INT64_MIN &&
             __builtin_sub_overflow(from, lookback(e), &from))
        from = INT64_MIN;
    e->tape_from = from;
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

static bool has_work(const engine *e)
{
    for (uint32_t i = 1; i < e->nowners; i++)
        if (instance_work(e->owners[i])) return true;
    return false;
}

static int32_t build_memory(engine *e, qn_err *err)
{
    int32_t rc;

    e->open = arena_alloc(&e->arena, (e->ninstruments + 1) * sizeof *e->open, 8);
    e->orders = orders_new(WORKING_ORDERS);
    e->halt.kept = arena_alloc(&e->arena, (e->ninstruments + 1) * sizeof *e->halt.kept, 8);
    if (!e->open || !e->orders || !e->halt.kept)
        return fail(err, QN_E_NO_MEMORY, "no memory for orders");
    if (has_work(e) && !(e->pool = pool_new(WORKERS)))
        return fail(err, QN_E_NO_MEMORY, "no memory for the worker pool");
    if ((rc = queue_init(&e->queue, err)) != QN_OK) return rc;
    return decisions_init(&e->decisions, err);
}

/* Told before the first plugin is refused for it. */
static int32_t check_trust(engine *e, qn_err *err)
{
    e->loading =
        (module_options){.cache_dir = e->options.cache_dir, .trust = trust_from(&e->run->trust)};
    return e->is_books ? QN_OK : trust_check_keys(&e->loading.trust, err);
}

static int32_t build(engine *e, qn_err *err)
{
    int32_t (*const phases[])(engine *, qn_err *) = {
        check_trust,     recorded_read, open_index,       build_instruments,
        build_instances, build_ledger,  create_instances, portfolio_build,
        build_streams,   open_tape,     build_memory,
    };
    int32_t rc = catalog_open(e->run->catalog, &e->catalog, err);

    for (size_t i = 0; i < sizeof phases / sizeof phases[0] && rc == QN_OK; i++)
        rc = phases[i](e, err);
    return rc;
}

int32_t engine_new(config *cfg, const engine_options *options, engine **out, qn_err *err)
{
    engine *e = mem_new(1, sizeof *e);
    int32_t rc;

    if (!e) return fail(err, QN_E_NO_MEMORY, "no memory for the engine");
    e->cfg = cfg;
    e->slot = slot_here();
    e->run = config_get(cfg);
    e->options = *options;
    e->store = options->store;
    e->is_books = options->mode == ENGINE_BOOKS;
    run_id_make(clock_wall(), e->run_id);
    commands_init(&e->commands);
    rc = reloads_init(&e->reloads, err);
    if (rc == QN_OK) rc = build(e, err);
    if (rc == QN_OK)
        *out = e;
    else
        engine_free(e);
    return rc;
}

static void free_instances(engine *e)
{
    for (uint32_t i = 0; i < e->nstrategies; i++)
        instance_free(&e->strategies[i].in);
    for (uint32_t i = 0; i < e->nmodels; i++)
        instance_free(&e->models[i].in);
    for (uint32_t i = 0; i < e->nrisk; i++)
        instance_free(&e->risk[i].in);
    for (uint32_t i = 0; i < e->nsinks; i++)
        instance_free(&e->sinks[i]);
    instance_free(&e->portfolio.in);
    instance_free(&e->execution.in);
    for (uint32_t i = 0; i < e->nvenues; i++)
        instance_free(&e->venues[i].in);
    isolation_free(e);
}

void engine_free(engine *e)
{
    if (!e) return;
    commands_close(e);
    reloads_end(e);
    commands_end(&e->commands);
    bus_free(e->bus);
    pool_free(e->pool);
    for (uint32_t i = 0; i < e->nvenues; i++)
        venue_stop(&e->venues[i]);
    free_instances(e);
    functions_free(e);
    replay_close(e->replay);
    if (e->tape) tape_close(e->tape);
    if (e->catalog) catalog_close(e->catalog);
    if (e->index) module_index_close(e->index);
    json_object_put(e->trust_was);
    orders_free(e->orders);
    ledger_free(e->ledger);
    queue_free(&e->queue);
    timers_free(&e->timers);
    decisions_free(&e->decisions);
    arena_free(&e->arena);
    if (e->slot->seq == &e->cause) e->slot->seq = NULL;
    mem_free(e);
}
