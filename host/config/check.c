/* SPDX-License-Identifier: MIT
 *
 * What must agree between keys. Runs over a tree that may have holes: what is missing or wrong
 * by itself was told already. */
#include "internal.h"

#include "base/nearest.h"

#include "base/clock.h"
#include "base/log.h"

#include <string.h>

#define NAMES_SHOWN 64
#define INSTRUMENT_ROOM 64 /* qn_instrument.name, with the NUL */

static const config_node *id_node(const config_node *group)
{
    const config_node *id = node_child(group, "id");

    return id ? id : node_child(group, "name"); /* of a function */
}

/* The same data under two names is the same data: "bar:60s" is "bar:1m". */
static bool is_same(const char *a, const char *b)
{
    int64_t x;
    int64_t y;

    if (strcmp(a, b) == 0) return true;
    return strncmp(a, "bar:", 4) == 0 && strncmp(b, "bar:", 4) == 0 &&
           duration_parse(a + 4, strlen(a + 4), &x) == QN_OK &&
           duration_parse(b + 4, strlen(b + 4), &y) == QN_OK && x == y;
}

static void check_twins(config *cfg, const config_list *list)
{
    for (size_t i = 1; i < list->n; i++)
        for (size_t k = 0; k < i; k++)
            if (is_same(list->items[i].text, list->items[k].text)) {
                config_add_mistake(cfg, list->items[i].node, QN_E_DUPLICATE,
                                   "found \"%.64s\" twice, expected it once", list->items[i].text);
                break;
            }
}

static void tell_twin_id(config *cfg, const config_node *group, const char *id,
                         const config_node *first)
{
    config_add_mistake(cfg, id_node(group), QN_E_DUPLICATE,
                       "the id '%s' is given twice, expected another: line %d has it already", id,
                       (int)id_node(first)->line);
}

/* The ids of a list of groups, each once. `first` is an array of structs of `size` bytes. */
static void check_ids(config *cfg, const void *first, size_t n, size_t size, size_t node_at,
                      size_t id_at)
{
    const char *base = first;

    for (size_t i = 1; i < n; i++) {
        const char *id = *(const char *const *)(base + i * size + id_at);
        for (size_t k = 0; id && k < i; k++) {
            const char *other = *(const char *const *)(base + k * size + id_at);
            if (!other || strcmp(id, other) != 0) continue;
            tell_twin_id(cfg, *(const config_node *const *)(base + i * size + node_at), id,
                         *(const config_node *const *)(base + k * size + node_at));
            break;
        }
    }
}

#define CHECK_IDS(cfg, type, first, n)                                                             \
    check_ids(cfg, first, n, sizeof(type), offsetof(type, node), offsetof(type, id))

static void check_accounts(config *cfg, const config_venue *v)
{
    for (size_t i = 1; i < v->naccounts; i++)
        for (size_t k = 0; k < i; k++) {
            const char *currency = v->accounts[i].currency;
            if (!currency || !v->accounts[k].currency ||
                strcmp(currency, v->accounts[k].currency) != 0)
                continue;
            config_add_mistake(cfg, node_child(v->accounts[i].node, "currency"), QN_E_DUPLICATE,
                               "found a second account in %s, expected one a currency", currency);
            break;
        }
}

/* Symbols stand without the venue, and both together must fit an instrument's name. */
static void check_symbols(config *cfg, const config_venue *v)
{
    for (size_t i = 0; v->id && i < v->instruments.n; i++) {
        const config_item *item = &v->instruments.items[i];
        const char *dot = strrchr(item->text, '.');
        if (dot && strcmp(dot + 1, v->id) == 0)
            config_add_mistake(cfg, item->node, QN_E_INVALID,
                               "found \"%.64s\", expected the symbol without the venue: \"%.*s\"",
                               item->text, (int)(dot - item->text), item->text);
        else if (strlen(item->text) + 1 + strlen(v->id) >= INSTRUMENT_ROOM)
            config_add_mistake(cfg, item->node, QN_E_RANGE,
                               "the name \"%.64s.%s\" is too long, expected up to %d characters",
                               item->text, v->id, INSTRUMENT_ROOM - 1);
    }
}

static void check_venues(config *cfg)
{
    const config_run *run = &cfg->run;

    CHECK_IDS(cfg, config_venue, run->venues, run->nvenues);
    for (size_t i = 0; i < run->nvenues; i++) {
        const config_venue *v = &run->venues[i];
        check_twins(cfg, &v->instruments);
        check_twins(cfg, &v->data);
        check_symbols(cfg, v);
        check_accounts(cfg, v);
    }
}

static const config_venue *find_venue(const config_run *run, const char *id)
{
    for (size_t i = 0; i < run->nvenues; i++)
        if (run->venues[i].id && strcmp(run->venues[i].id, id) == 0) return &run->venues[i];
    return NULL;
}

static void tell_venue(config *cfg, const config_item *item, const char *id)
{
    const char *names[NAMES_SHOWN];
    char hint[HINT_TEXT];
    size_t n = 0;

    for (size_t i = 0; i < cfg->run.nvenues && n < NAMES_SHOWN; i++)
        if (cfg->run.venues[i].id) names[n++] = cfg->run.venues[i].id;
    config_add_mistake(cfg, item->node, QN_E_UNKNOWN_NAME,
                       "\"%.64s\": found no venue '%.64s' in this config, %s", item->text, id,
                       name_hint(id, names, n, hint));
}

static void tell_symbol(config *cfg, const config_item *item, const config_venue *v,
                        const char *symbol)
{
    const char *names[NAMES_SHOWN];
    char hint[HINT_TEXT];
    size_t n = 0;

    for (size_t i = 0; i < v->instruments.n && n < NAMES_SHOWN; i++)
        names[n++] = v->instruments.items[i].text;
    config_add_mistake(cfg, item->node, QN_E_UNKNOWN_NAME,
                       "\"%.64s\": the venue '%s' is not given the instrument '%.64s', %s",
                       item->text, v->id, symbol, name_hint(symbol, names, n, hint));
}

static bool has_symbol(const config_venue *v, const char *text, size_t len)
{
    for (size_t i = 0; i < v->instruments.n; i++)
        if (strncmp(v->instruments.items[i].text, text, len) == 0 &&
            !v->instruments.items[i].text[len])
            return true;
    return false;
}

/* "BTCUSDT.binance" must be an instrument of a venue of this config. */
static void check_instrument(config *cfg, const config_item *item)
{
    const char *dot = strrchr(item->text, '.');
    const config_venue *v = find_venue(&cfg->run, dot + 1);
    const char *symbol;

    if (!v) {
        tell_venue(cfg, item, dot + 1);
        return;
    }
    if (has_symbol(v, item->text, (size_t)(dot - item->text)) || v->instruments.n == 0) return;
    if ((symbol = config_text_n(cfg, item->text, (size_t)(dot - item->text))))
        tell_symbol(cfg, item, v, symbol);
}

/* The instruments and data of one that is given market data. */
static void check_feed(config *cfg, const config_list *instruments, const config_list *data)
{
    check_twins(cfg, instruments);
    check_twins(cfg, data);
    for (size_t k = 0; k < instruments->n; k++)
        check_instrument(cfg, &instruments->items[k]);
}

static void check_models(config *cfg)
{
    const config_run *run = &cfg->run;

    CHECK_IDS(cfg, config_model, run->models, run->nmodels);
    for (size_t i = 0; i < run->nmodels; i++)
        check_feed(cfg, &run->models[i].instruments, &run->models[i].data);
}

static bool gives_signals(const config_strategy *s)
{
    return s->route && strcmp(s->route, "portfolio") == 0;
}

/* Signals without an optimizer would come to nothing, without a word. */
static void check_route(config *cfg, const config_strategy *s)
{
    if (!gives_signals(s) || config_find(cfg, "optimizer")) return;
    config_add_mistake(cfg, node_child(s->node, "route"), QN_E_MISSING,
                       "route = \"portfolio\": found no optimizer, expected an optimizer in this "
                       "config or route = \"direct\"");
}

static void check_strategies(config *cfg)
{
    const config_run *run = &cfg->run;

    CHECK_IDS(cfg, config_strategy, run->strategies, run->nstrategies);
    for (size_t i = 0; i < run->nstrategies; i++) {
        check_feed(cfg, &run->strategies[i].instruments, &run->strategies[i].data);
        check_route(cfg, &run->strategies[i]);
    }
}

/* Ids name modules in the journal, and a sink's place in the stream. */
static void check_modules(config *cfg)
{
    CHECK_IDS(cfg, config_risk, cfg->run.risk, cfg->run.nrisk);
    CHECK_IDS(cfg, config_sink, cfg->run.sinks, cfg->run.nsinks);
    check_twins(cfg, &cfg->run.execution.data);
}

/* Their features share a prefix, which no model may have as well. */
static void check_functions(config *cfg)
{
    const config_run *run = &cfg->run;

    check_ids(cfg, run->functions, run->nfunctions, sizeof(config_function),
              offsetof(config_function, node), offsetof(config_function, name));
    for (size_t i = 0; i < run->nfunctions; i++)
        check_feed(cfg, &run->functions[i].instruments, &(config_list){0});
    for (size_t i = 0; i < run->nmodels && run->nfunctions; i++)
        if (run->models[i].id && strcmp(run->models[i].id, "fn") == 0)
            config_add_mistake(cfg, id_node(run->models[i].node), QN_E_DUPLICATE,
                               "the id 'fn' is taken by the features of functions, expected "
                               "another");
}

/* What is to survive a crash needs a place. */
static void check_store(config *cfg)
{
    const char *durability = cfg->run.durability;

    if (!durability || strcmp(durability, "none") == 0 || config_find(cfg, "store.path")) return;
    config_add_mistake(cfg, config_find(cfg, "store.durability"), QN_E_MISSING,
                       "durability = \"%s\": found no path, expected the store's path or "
                       "durability = \"none\"",
                       durability);
}

/* Where a plugin's own group is silent the one of the run counts, and so the two must fit. */
static void check_budget(config *cfg, const config_budget *own, const config_node *of)
{
    const config_budget *all = &cfg->run.budget;
    const config_node *group = of ? node_child(of, "budget") : NULL;
    int64_t soft = own->soft ? own->soft : all->soft;
    int64_t hard = own->hard ? own->hard : all->hard;
    int64_t fatal = own->fatal ? own->fatal : all->fatal;
    const char *wrong = NULL;

    if (!group) return;
    if (hard && soft > hard) wrong = "soft longer than hard";
    if (fatal && hard > fatal) wrong = "hard longer than fatal";
    if (fatal && soft > fatal) wrong = "soft longer than fatal";
    if (wrong)
        config_add_mistake(cfg, group, QN_E_RANGE,
                           "budget: found %s, expected soft, hard and fatal from short to long; "
                           "what a plugin's group lacks is that of the whole run",
                           wrong);
}

static void check_budgets(config *cfg)
{
    const config_run *run = &cfg->run;

    check_budget(cfg, &run->budget, cfg->root);
    for (size_t i = 0; i < run->nmodels; i++)
        check_budget(cfg, &run->models[i].budget, run->models[i].node);
    for (size_t i = 0; i < run->nstrategies; i++)
        check_budget(cfg, &run->strategies[i].budget, run->strategies[i].node);
    for (size_t i = 0; i < run->nrisk; i++)
        check_budget(cfg, &run->risk[i].budget, run->risk[i].node);
    check_budget(cfg, &run->optimizer.budget, run->optimizer.node);
    check_budget(cfg, &run->execution.budget, run->execution.node);
}

/* Signatures are held against something. */
static void check_trust(config *cfg)
{
    const config_trust *t = &cfg->run.trust;

    if (!t->policy || strcmp(t->policy, "off") == 0 || config_find(cfg, "trust.keys")) return;
    config_add_mistake(cfg, config_find(cfg, "trust.policy"), QN_E_MISSING,
                       "policy = \"%s\": found no keys, expected the folder of the trusted public "
                       "keys",
                       t->policy);
}

/* What no venue brings has no price to compare with. */
static void check_benchmark(config *cfg)
{
    config_item item = {cfg->run.report.benchmark, config_find(cfg, "report.benchmark")};

    if (item.text) check_instrument(cfg, &item);
}

/* A finer grid than the data can have would only cost time. */
static void check_sample(config *cfg)
{
    if (cfg->run.report.sample < QN_NS_PER_S && cfg->run.report.sample > 0)
        config_add_mistake(cfg, config_find(cfg, "report.sample"), QN_E_RANGE,
                           "sample must be 1s or longer");
}

/* Not wrong, but hardly what was meant. What has mistakes is read once more anyway. */
static void warn_of_idle_optimizer(const config *cfg)
{
    const config_run *run = &cfg->run;
    const config_node *optimizer = run->optimizer.node;

    if (!optimizer || cfg->nmistakes > 0) return;
    for (size_t i = 0; i < run->nstrategies; i++)
        if (gives_signals(&run->strategies[i])) return;
    log_at(LOG_WARNING, optimizer->file, optimizer->line,
           "no strategy has route = \"portfolio\": the optimizer has nothing to weigh");
}

/* Weighing the portfolio more often than that would fill a disk with records of it. */
static void check_rebalance(config *cfg)
{
    int64_t rebalance = cfg->run.optimizer.rebalance;

    if (rebalance < QN_NS_PER_S && rebalance > 0)
        config_add_mistake(cfg, config_find(cfg, "optimizer.rebalance"), QN_E_RANGE,
                           "rebalance must be 1s or longer");
}

/* What was not given has no bound. */
static void open_span(config_span *span)
{
    if (!span->node || !node_child(span->node, "from")) span->from = INT64_MIN;
    if (!span->node || !node_child(span->node, "to")) span->to = INT64_MAX;
}

static void check_span(config *cfg, const config_span *span, const char *name)
{
    if (span->node && span->from >= span->to)
        config_add_mistake(cfg, span->node, QN_E_RANGE, "%s must begin before it ends", name);
}

static void check_dimension(config *cfg, const config_dimension *d)
{
    if (d->values.n > 0 && (d->low || d->high || d->step))
        config_add_mistake(cfg, d->node, QN_E_DUPLICATE,
                           "found a range and values, expected one of the two");
    else if (!d->low != !d->high)
        config_add_mistake(cfg, d->node, QN_E_MISSING, "found %s without %s, expected both",
                           d->low ? "low" : "high", d->low ? "high" : "low");
}

/* Figures of data that the search has seen would be no test. */
static void check_tuner(config *cfg)
{
    config_tuner *t = &cfg->run.tuner;

    open_span(&t->train);
    open_span(&t->test);
    check_span(cfg, &t->train, "train");
    check_span(cfg, &t->test, "test");
    if (t->test.node && t->test.from < t->train.to && t->train.from < t->test.to)
        config_add_mistake(cfg, t->test.node, QN_E_RANGE,
                           "test lies on the same data as train, expected them apart: give train a "
                           "`to` and test the same time as `from`");
    for (size_t i = 0; i < t->nspace; i++) {
        check_dimension(cfg, &t->space[i]);
        for (size_t k = 0; k < i; k++)
            if (t->space[i].path && t->space[k].path &&
                strcmp(t->space[i].path, t->space[k].path) == 0)
                config_add_mistake(cfg, t->space[i].node, QN_E_DUPLICATE,
                                   "found the path %s twice, expected it once", t->space[i].path);
    }
}

void config_check(config *cfg)
{
    check_store(cfg);
    check_trust(cfg);
    check_budgets(cfg);
    check_venues(cfg);
    check_models(cfg);
    check_functions(cfg);
    check_strategies(cfg);
    check_modules(cfg);
    check_benchmark(cfg);
    check_sample(cfg);
    check_rebalance(cfg);
    check_tuner(cfg);
    warn_of_idle_optimizer(cfg);
}
