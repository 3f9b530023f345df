/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include "base/nearest.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const field store_fields[] = {
    {.key = "path",
     .kind = &kind_path,
     .slot = offsetof(config_run, store_path),
     .doc = "folder of the run's journal and state; none is kept when absent"},
    {.key = "durability",
     .kind = &kind_choice,
     .slot = offsetof(config_run, durability),
     .def = "none",
     .labels = "none",
     .later = "group|sync",
     .doc = "what survives a crash: `none` is for backtests"},
};

static const schema store_schema = {
    .name = "store",
    .doc = "Where a run keeps what must survive it.",
    .fields = store_fields,
    .nfields = COUNT(store_fields),
};

static const field account_fields[] = {
    {.key = "currency",
     .kind = &kind_currency,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_account, currency),
     .doc = "currency of the account; one account a currency"},
    {.key = "balance",
     .kind = &kind_money,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_account, balance),
     .doc = "cash at the start, 0 or more, up to 8 decimal places"},
};

static const size_t account_node = offsetof(config_account, node);

static const schema account_schema = {
    .name = "venues.accounts",
    .doc = "The money at a venue.",
    .fields = account_fields,
    .nfields = COUNT(account_fields),
    .size = sizeof(config_account),
    .node_at = &account_node,
};

static const field venue_fields[] = {
    {.key = "id",
     .kind = &kind_id,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_venue, id),
     .doc = "name of the venue in this config, in instrument names and in reports"},
    {.key = "plugin",
     .kind = &kind_plugin,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_venue, plugin),
     .doc = "class id, `venue/NAME`, or a file: a value that starts with `/` or ends in "
            "`.so`"},
    {.key = "instruments",
     .kind = &kind_symbols,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_venue, instruments),
     .doc = "symbols, without the venue; their order numbers the instruments of the run"},
    {.key = "data",
     .kind = &kind_data,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_venue, data),
     .doc = "market data that the venue works on; a simulated venue matches on it"},
    {.key = "accounts",
     .kind = &kind_groups,
     .flags = FIELD_REQUIRED | FIELD_POSITIVE,
     .slot = offsetof(config_venue, accounts),
     .count = offsetof(config_venue, naccounts),
     .sub = &account_schema,
     .doc = "the accounts, one or more"},
    {.key = "margin",
     .kind = &kind_choice,
     .slot = offsetof(config_venue, margin),
     .def = "none",
     .labels = "none",
     .later = "cross|isolated",
     .doc = "how positions are margined"},
    {.key = "params",
     .kind = &kind_params,
     .slot = offsetof(config_venue, params),
     .doc = "parameters of the plugin: `quoin plugin show ID` lists them"},
};

static const size_t venue_node = offsetof(config_venue, node);

static const schema venue_schema = {
    .name = "venues",
    .doc = "Where orders go and market data comes from.",
    .fields = venue_fields,
    .nfields = COUNT(venue_fields),
    .size = sizeof(config_venue),
    .node_at = &venue_node,
};

static const field strategy_fields[] = {
    {.key = "id",
     .kind = &kind_id,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_strategy, id),
     .doc = "name of the strategy in this config and in reports"},
    {.key = "plugin",
     .kind = &kind_plugin,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_strategy, plugin),
     .doc = "class id, `strategy/NAME`, or a file"},
    {.key = "instruments",
     .kind = &kind_instruments,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_strategy, instruments),
     .doc = "instruments that it sees and trades, `SYMBOL.venue`, split at the last dot"},
    {.key = "data",
     .kind = &kind_data,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_strategy, data),
     .doc = "market data that it is given"},
    {.key = "route",
     .kind = &kind_choice,
     .slot = offsetof(config_strategy, route),
     .def = "direct",
     .labels = "direct",
     .later = "portfolio",
     .doc = "the way of what it wants: `direct` sends its own orders"},
    {.key = "isolation",
     .kind = &kind_choice,
     .slot = offsetof(config_strategy, isolation),
     .def = "none",
     .labels = "none",
     .later = "process|group:*",
     .doc = "where it runs: `none` is inside the host"},
    {.key = "capital",
     .kind = &kind_share,
     .slot = offsetof(config_strategy, capital),
     .def = "1",
     .doc = "its share of the equity, above 0, up to 1, up to 8 decimal places"},
    {.key = "on_fault",
     .kind = &kind_choice,
     .slot = offsetof(config_strategy, on_fault),
     .def = "hold",
     .labels = "hold|flatten",
     .doc = "what becomes of its position when it is taken out of service"},
    {.key = "watch",
     .kind = &kind_bool,
     .flags = FIELD_LATER_TRUE,
     .slot = offsetof(config_strategy, watch),
     .def = "false",
     .doc = "load it again when its file changes"},
    {.key = "params",
     .kind = &kind_params,
     .slot = offsetof(config_strategy, params),
     .doc = "parameters of the plugin: `quoin plugin show ID` lists them"},
};

static const size_t strategy_node = offsetof(config_strategy, node);

static const schema strategy_schema = {
    .name = "strategies",
    .doc = "What decides. Their order is the order in which they are called.",
    .fields = strategy_fields,
    .nfields = COUNT(strategy_fields),
    .size = sizeof(config_strategy),
    .node_at = &strategy_node,
};

static const field report_fields[] = {
    {.key = "sample",
     .kind = &kind_duration,
     .flags = FIELD_POSITIVE,
     .slot = offsetof(config_report, sample),
     .def = "1d",
     .doc = "grid of the equity curve and of the statistics"},
    {.key = "periods_per_year",
     .kind = &kind_number,
     .flags = FIELD_POSITIVE,
     .slot = offsetof(config_report, periods_per_year),
     .doc = "samples a year, for yearly figures; 365 days / `sample` when absent"},
    {.key = "benchmark",
     .kind = &kind_instrument,
     .slot = offsetof(config_report, benchmark),
     .doc = "instrument to compare with, `SYMBOL.venue`"},
};

static const schema report_schema = {
    .name = "report",
    .doc = "How results are computed.",
    .fields = report_fields,
    .nfields = COUNT(report_fields),
    .size = sizeof(config_report),
};

#define RESERVED(key_, doc_)                                                                       \
    {                                                                                              \
        .key = key_, .kind = &kind_reserved, .doc = doc_                                           \
    }

static const field root_fields[] = {
    {.key = "name",
     .kind = &kind_text,
     .slot = offsetof(config_run, name),
     .doc = "name of the run in reports; the file's name without its ending when absent"},
    {.key = "seed",
     .kind = &kind_int,
     .slot = offsetof(config_run, seed),
     .def = "1",
     .doc = "seed of all random numbers"},
    {.key = "warmup",
     .kind = &kind_choice,
     .slot = offsetof(config_run, warmup),
     .def = "off",
     .labels = "off|auto",
     .doc = "`auto` reads, before the start, the history that the strategies ask for"},
    {.key = "store", .kind = &kind_group, .sub = &store_schema, .doc = "what survives the run"},
    {.key = "catalog",
     .kind = &kind_path,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_run, catalog),
     .doc = "folder of the market data"},
    {.key = "plugin_path",
     .kind = &kind_paths,
     .slot = offsetof(config_run, plugin_path),
     .count = offsetof(config_run, nplugin_path),
     .doc = "folders with plugins, searched before the installed ones"},
    {.key = "venues",
     .kind = &kind_groups,
     .flags = FIELD_REQUIRED | FIELD_POSITIVE,
     .slot = offsetof(config_run, venues),
     .count = offsetof(config_run, nvenues),
     .sub = &venue_schema,
     .doc = "the venues, one or more"},
    {.key = "strategies",
     .kind = &kind_groups,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_run, strategies),
     .count = offsetof(config_run, nstrategies),
     .sub = &strategy_schema,
     .doc = "the strategies"},
    {.key = "report",
     .kind = &kind_group,
     .slot = offsetof(config_run, report),
     .sub = &report_schema,
     .doc = "how results are computed"},
    RESERVED("models", "features that strategies share"),
    RESERVED("optimizer", "target weights from signals"),
    RESERVED("risk", "the chain of risk checks"),
    RESERVED("execution", "how approved orders are worked"),
    RESERVED("sinks", "where events are copied to"),
    RESERVED("trust", "signatures of plugins"),
    RESERVED("functions", "functions of other libraries as features"),
};

const schema root_schema = {
    .name = "(top of the file)",
    .doc = "",
    .fields = root_fields,
    .nfields = COUNT(root_fields),
    .size = sizeof(config_run),
};

static void tell_unknown(config *cfg, const schema *sc, const config_node *node)
{
    const char *keys[SCHEMA_KEYS];
    char hint[HINT_TEXT];
    size_t n = 0;

    for (size_t i = 0; i < sc->nfields; i++)
        if (sc->fields[i].kind != &kind_reserved) keys[n++] = sc->fields[i].key;
    config_add_mistake(cfg, node, QN_E_UNKNOWN_NAME, "found the unknown key '%.64s', %s",
                       node->name, name_hint(node->name, keys, n, hint));
}

static bool is_known(const schema *sc, const char *key)
{
    for (size_t i = 0; i < sc->nfields; i++)
        if (strcmp(sc->fields[i].key, key) == 0) return true;
    return false;
}

static void field_read(config *cfg, const field *f, const config_node *group, void *base)
{
    const config_node *node = group ? node_child(group, f->key) : NULL;
    config_node def = {.kind = NODE_BARE, .text = f->def, .file = cfg->file};

    if (node) {
        if (!node->is_bad) f->kind->read(cfg, f, node, (char *)base + f->slot);
    } else if (f->def) {
        f->kind->read(cfg, f, &def, (char *)base + f->slot);
    } else if (f->sub && !f->sub->node_at) {
        group_read(cfg, f->sub, NULL, (char *)base + f->slot); /* the defaults inside */
    } else if (group && (f->flags & FIELD_REQUIRED)) {
        config_add_mistake(cfg, group, QN_E_MISSING, "the key '%s' is missing, expected %s: %s",
                           f->key, f->kind->doc, f->doc);
    }
}

void group_read(config *cfg, const schema *sc, const config_node *group, void *base)
{
    for (const config_node *n = group ? group->first : NULL; n; n = n->next)
        if (!is_known(sc, n->name)) tell_unknown(cfg, sc, n);
    for (size_t i = 0; i < sc->nfields; i++)
        field_read(cfg, &sc->fields[i], group, base);
}

void schema_read(config *cfg)
{
    group_read(cfg, &root_schema, cfg->root, &cfg->run);
}
