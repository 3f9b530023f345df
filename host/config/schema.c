/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include "base/nearest.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What every group that names a plugin has. */
#define ID(type, doc_)                                                                             \
    {                                                                                              \
        .key = "id", .kind = &kind_id, .flags = FIELD_REQUIRED, .slot = offsetof(type, id),        \
        .doc = doc_                                                                                \
    }
#define PLUGIN(type, doc_)                                                                         \
    {                                                                                              \
        .key = "plugin", .kind = &kind_plugin, .flags = FIELD_REQUIRED,                            \
        .slot = offsetof(type, plugin), .doc = doc_                                                \
    }
#define WATCH(type)                                                                                \
    {                                                                                              \
        .key = "watch", .kind = &kind_bool, .slot = offsetof(type, watch), .def = "false",         \
        .doc = "reload it when its file changes"                                                   \
    }
#define PARAMS(type)                                                                               \
    {                                                                                              \
        .key = "params", .kind = &kind_params, .slot = offsetof(type, params),                     \
        .doc = "parameters of the plugin: `quoin plugin show ID` lists them"                       \
    }

#define ISOLATION(type, doc_)                                                                      \
    {                                                                                              \
        .key = "isolation", .kind = &kind_isolation, .slot = offsetof(type, isolation),            \
        .def = "none", .doc = doc_                                                                 \
    }
/* What speaks to a network, or writes files, runs inside the host. */
#define NO_ISOLATION                                                                               \
    {                                                                                              \
        .key = "isolation", .kind = &kind_no_isolation, .doc = "`none`: it runs inside the host"   \
    }

static const field store_fields[] = {
    {.key = "path",
     .kind = &kind_path,
     .slot = offsetof(config_run, store_path),
     .doc = "folder of the run's journal and state; none is kept when absent"},
    {.key = "durability",
     .kind = &kind_choice,
     .slot = offsetof(config_run, durability),
     .def = "none",
     .labels = "none|group|sync",
     .doc = "what survives: `none` promises nothing, for backtests; `group` keeps all through a "
            "crash of the program and all but the last few ms through a power loss; `sync` acts on "
            "nothing that is not on disk. The last two need `path`"},
    {.key = "snapshot_every",
     .kind = &kind_int,
     .slot = offsetof(config_run, snapshot_every),
     .def = "1000000",
     .high = INT64_MAX,
     .doc = "market events from one snapshot to the next; a resumed run starts from the last one, "
            "`0`: from the beginning"},
    {.key = "map_mib",
     .kind = &kind_int,
     .slot = offsetof(config_run, map_mib),
     .def = "65536",
     .low = 1,
     .high = 16777216,
     .doc = "the largest that the store can grow to, MiB: address space, the file grows as used"},
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
    ID(config_venue, "name of the venue in this config, in instrument names and in reports"),
    PLUGIN(config_venue,
           "class id, `venue/NAME`, or a file: a value that starts with `/` or ends in "
           "`.so`"),
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
    NO_ISOLATION,
    PARAMS(config_venue),
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

static const field budget_fields[] = {
    {.key = "soft",
     .kind = &kind_duration,
     .flags = FIELD_POSITIVE,
     .slot = offsetof(config_budget, soft),
     .doc = "a call that takes longer is counted; without it none is"},
    {.key = "hard",
     .kind = &kind_duration,
     .flags = FIELD_POSITIVE,
     .slot = offsetof(config_budget, hard),
     .doc = "one that takes longer takes the plugin out of the run; `10s` where a venue has a "
            "pace, else without limit"},
    {.key = "fatal",
     .kind = &kind_duration,
     .flags = FIELD_POSITIVE,
     .slot = offsetof(config_budget, fatal),
     .doc = "one that takes longer is taken never to come back, and the process ends; ten times "
            "`hard` when absent"},
};

static const schema budget_schema = {
    .name = "budget",
    .doc = "How long a call of a plugin may take: [faults.md](faults.md).",
    .fields = budget_fields,
    .nfields = COUNT(budget_fields),
    .size = sizeof(config_budget),
};

#define BUDGET(struct_)                                                                            \
    {                                                                                              \
        .key = "budget", .kind = &kind_group, .sub = &budget_schema,                               \
        .slot = offsetof(struct_, budget),                                                         \
        .doc = "how long a call of it may take; what it lacks is that of the whole run"            \
    }

static const field model_fields[] = {
    ID(config_model, "name of the model in this config and before its features: `ID.FEATURE`"),
    PLUGIN(config_model, "class id, `model/NAME`, or a file"),
    {.key = "instruments",
     .kind = &kind_instruments,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_model, instruments),
     .doc = "instruments that it publishes features of, `SYMBOL.venue`"},
    {.key = "data",
     .kind = &kind_data,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_model, data),
     .doc = "market data that it is given"},
    ISOLATION(config_model, "as in `strategies`"),
    WATCH(config_model),
    BUDGET(config_model),
    PARAMS(config_model),
};

static const size_t model_node = offsetof(config_model, node);

static const schema model_schema = {
    .name = "models",
    .doc = "What computes features that strategies, the optimizer and later models read. Their "
           "order is the order in which they are called, before the strategies.",
    .fields = model_fields,
    .nfields = COUNT(model_fields),
    .size = sizeof(config_model),
    .node_at = &model_node,
};

static const field strategy_fields[] = {
    ID(config_strategy, "name of the strategy in this config and in reports"),
    PLUGIN(config_strategy, "class id, `strategy/NAME`, or a file"),
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
     .labels = "direct|portfolio",
     .doc = "the way of what it wants: `direct` sends its own orders and targets, `portfolio` "
            "gives its signals to the optimizer"},
    ISOLATION(config_strategy,
              "where it runs: `none` is inside the host, `process` in a process of its own, "
              "`group:NAME` in one with all others of that group: [isolation.md](isolation.md)"),
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
    WATCH(config_strategy),
    BUDGET(config_strategy),
    PARAMS(config_strategy),
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

static const field optimizer_fields[] = {
    PLUGIN(config_optimizer, "class id, `optimizer/NAME`, or a file"),
    {.key = "rebalance",
     .kind = &kind_duration,
     .flags = FIELD_REQUIRED | FIELD_POSITIVE,
     .slot = offsetof(config_optimizer, rebalance),
     .doc = "how often it is asked, at UTC multiples; also asked when a signal's sign changes"},
    {.key = "min_trade",
     .kind = &kind_money,
     .slot = offsetof(config_optimizer, min_trade),
     .def = "0",
     .doc = "orders of less value are not made, in account currency"},
    ISOLATION(config_optimizer, "as in `strategies`"),
    WATCH(config_optimizer),
    BUDGET(config_optimizer),
    PARAMS(config_optimizer),
};

static const size_t optimizer_node = offsetof(config_optimizer, node);

static const schema optimizer_schema = {
    .name = "optimizer",
    .doc = "What weighs the signals of the strategies with `route = \"portfolio\"`.",
    .fields = optimizer_fields,
    .nfields = COUNT(optimizer_fields),
    .size = sizeof(config_optimizer),
    .node_at = &optimizer_node,
};

static const field risk_fields[] = {
    ID(config_risk, "name of the module in this config and in the journal"),
    PLUGIN(config_risk, "class id, `risk/NAME`, or a file"),
    ISOLATION(config_risk, "as in `strategies`"),
    WATCH(config_risk),
    BUDGET(config_risk),
    PARAMS(config_risk),
};

static const size_t risk_node = offsetof(config_risk, node);

static const schema risk_schema = {
    .name = "risk",
    .doc = "What each order must pass, in this order.",
    .fields = risk_fields,
    .nfields = COUNT(risk_fields),
    .size = sizeof(config_risk),
    .node_at = &risk_node,
};

static const field execution_fields[] = {
    PLUGIN(config_execution, "class id, `execution/NAME`, or a file"),
    {.key = "data",
     .kind = &kind_data,
     .slot = offsetof(config_execution, data),
     .doc = "market data that it is given, of all instruments; none when absent"},
    ISOLATION(config_execution, "as in `strategies`"),
    WATCH(config_execution),
    BUDGET(config_execution),
    PARAMS(config_execution),
};

static const size_t execution_node = offsetof(config_execution, node);

static const schema execution_schema = {
    .name = "execution",
    .doc = "What works targets and weights. Orders that a strategy words itself go as they are.",
    .fields = execution_fields,
    .nfields = COUNT(execution_fields),
    .size = sizeof(config_execution),
    .node_at = &execution_node,
};

static const field sink_fields[] = {
    ID(config_sink, "name of the sink in this config; its place in the stream is kept under it"),
    PLUGIN(config_sink, "class id, `sink/NAME`, or a file"),
    NO_ISOLATION,
    PARAMS(config_sink),
};

static const size_t sink_node = offsetof(config_sink, node);

static const schema sink_schema = {
    .name = "sinks",
    .doc = "What is given all events and decisions.",
    .fields = sink_fields,
    .nfields = COUNT(sink_fields),
    .size = sizeof(config_sink),
    .node_at = &sink_node,
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

static const field trust_fields[] = {
    {.key = "policy",
     .kind = &kind_choice,
     .slot = offsetof(config_trust, policy),
     .def = "off",
     .labels = "require|taint|off",
     .doc = "`require` loads only what a trusted key has signed; `taint` loads what is unsigned as "
            "well, and the run's record and report say so; both refuse a signature that is wrong "
            "or cannot be read. `off` does not look"},
    {.key = "keys",
     .kind = &kind_path,
     .slot = offsetof(config_trust, keys),
     .doc = "folder of the trusted public keys, `*.pem`; required unless `off`"},
};

static const size_t trust_node = offsetof(config_trust, node);

static const schema trust_schema = {
    .name = "trust",
    .doc = "Whose plugins are loaded: [trust.md](trust.md).",
    .fields = trust_fields,
    .nfields = COUNT(trust_fields),
    .size = sizeof(config_trust),
    .node_at = &trust_node,
};

static const field function_fields[] = {
    {.key = "name",
     .kind = &kind_id,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_function, name),
     .doc = "name of the function in this config; its feature is `fn.NAME`"},
    {.key = "library",
     .kind = &kind_library,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_function, library),
     .doc = "what the function is in: a file, told by a `/` in it, or a name that the dynamic "
            "linker finds, `libgsl.so.27`"},
    {.key = "symbol",
     .kind = &kind_text,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_function, symbol),
     .doc = "the function's name in it"},
    {.key = "signature",
     .kind = &kind_text,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_function, signature),
     .doc = "its types, `f64(f64[],i32)`: [functions.md](functions.md)"},
    {.key = "args",
     .kind = &kind_scalars,
     .slot = offsetof(config_function, args),
     .doc = "one for each argument: a number, a text, a series `\"close:60\"`, or one value of the "
            "bar, `\"close\"`"},
    {.key = "instruments",
     .kind = &kind_instruments,
     .slot = offsetof(config_function, instruments),
     .doc = "instruments that it is computed for, `SYMBOL.venue`; all that have bars when absent"},
    {.key = "bar",
     .kind = &kind_duration,
     .flags = FIELD_POSITIVE,
     .slot = offsetof(config_function, bar),
     .doc = "length of the bars that it is computed on; the shortest that the run reads of the "
            "instrument when absent"},
};

static const size_t function_node = offsetof(config_function, node);

static const schema function_schema = {
    .name = "functions",
    .doc = "Functions of other libraries as features: [functions.md](functions.md). They are "
           "computed before the models are called.",
    .fields = function_fields,
    .nfields = COUNT(function_fields),
    .size = sizeof(config_function),
    .node_at = &function_node,
};

static const field supervise_fields[] = {
    {.key = "enabled",
     .kind = &kind_bool,
     .slot = offsetof(config_supervise, is_on),
     .def = "true",
     .doc = "whether a run that lasts has a parent that starts its engine again"},
    {.key = "crashes",
     .kind = &kind_int,
     .slot = offsetof(config_supervise, crashes),
     .def = "2",
     .high = 16,
     .doc = "crashes of one build of a plugin within `window` that put it into quarantine; `0`: "
            "never"},
    {.key = "window",
     .kind = &kind_duration,
     .flags = FIELD_POSITIVE,
     .slot = offsetof(config_supervise, window),
     .def = "10m",
     .doc = "wall time in which crashes and restarts are counted"},
    {.key = "restarts",
     .kind = &kind_int,
     .slot = offsetof(config_supervise, restarts),
     .def = "8",
     .high = 64,
     .doc = "how often the engine is started again within `window`"},
    {.key = "backoff",
     .kind = &kind_duration,
     .flags = FIELD_POSITIVE,
     .slot = offsetof(config_supervise, backoff),
     .def = "250ms",
     .doc = "pause before the third restart within `window`, doubled by each further one, up to a "
            "minute; the first two come at once"},
    {.key = "bundles",
     .kind = &kind_int,
     .slot = offsetof(config_supervise, bundles),
     .def = "8",
     .high = 1000,
     .doc = "bundles of crashes that are kept in the store, the last ones; `0`: none is made"},
};

static const schema supervise_schema = {
    .name = "supervise",
    .doc = "What happens when the engine of a run that lasts crashes: "
           "[containment.md](containment.md).",
    .fields = supervise_fields,
    .nfields = COUNT(supervise_fields),
    .size = sizeof(config_supervise),
};

static const field guest_fields[] = {
    {.key = "wait",
     .kind = &kind_choice,
     .slot = offsetof(config_guest, wait),
     .def = "futex",
     .labels = "futex|spin",
     .doc = "how an answer is waited for: `futex` looks for some microseconds and then sleeps, "
            "`spin` looks until it is there and wants a processor for each process"},
    {.key = "deadline",
     .kind = &kind_duration,
     .flags = FIELD_POSITIVE,
     .slot = offsetof(config_guest, deadline),
     .def = "10s",
     .doc = "a call that has not returned by then ends the process"},
    {.key = "memory_mib",
     .kind = &kind_int,
     .slot = offsetof(config_guest, memory_mib),
     .def = "1024",
     .low = 64,
     .high = 1048576,
     .doc = "address space of a process, MiB"},
};

static const schema guest_schema = {
    .name = "guest",
    .doc = "The processes of plugins with `isolation`: [isolation.md](isolation.md).",
    .fields = guest_fields,
    .nfields = COUNT(guest_fields),
    .size = sizeof(config_guest),
};

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
    {.key = "strikes",
     .kind = &kind_int,
     .slot = offsetof(config_run, strikes),
     .high = 1000000,
     .def = "3",
     .doc = "outputs that are wrong, after which a plugin is taken out of the run; 0 = never"},
    {.key = "budget",
     .kind = &kind_group,
     .sub = &budget_schema,
     .slot = offsetof(config_run, budget),
     .doc = "how long a call of a plugin may take, where it has no budget of its own"},
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
    {.key = "models",
     .kind = &kind_groups,
     .slot = offsetof(config_run, models),
     .count = offsetof(config_run, nmodels),
     .sub = &model_schema,
     .doc = "features that strategies share; none when absent"},
    {.key = "strategies",
     .kind = &kind_groups,
     .flags = FIELD_REQUIRED,
     .slot = offsetof(config_run, strategies),
     .count = offsetof(config_run, nstrategies),
     .sub = &strategy_schema,
     .doc = "the strategies"},
    {.key = "optimizer",
     .kind = &kind_group,
     .slot = offsetof(config_run, optimizer),
     .sub = &optimizer_schema,
     .doc = "weights from signals; required by `route = \"portfolio\"`"},
    {.key = "risk",
     .kind = &kind_groups,
     .slot = offsetof(config_run, risk),
     .count = offsetof(config_run, nrisk),
     .sub = &risk_schema,
     .doc = "the chain of risk checks, in order; an empty one lets every order through"},
    {.key = "execution",
     .kind = &kind_group,
     .slot = offsetof(config_run, execution),
     .sub = &execution_schema,
     .doc = "how targets and weights are worked; one order at once when absent"},
    {.key = "sinks",
     .kind = &kind_groups,
     .slot = offsetof(config_run, sinks),
     .count = offsetof(config_run, nsinks),
     .sub = &sink_schema,
     .doc = "where events and decisions are copied to; none when absent"},
    {.key = "report",
     .kind = &kind_group,
     .slot = offsetof(config_run, report),
     .sub = &report_schema,
     .doc = "how results are computed"},
    {.key = "tuner",
     .kind = &kind_group,
     .slot = offsetof(config_run, tuner),
     .sub = &tuner_schema,
     .doc = "what `quoin tune` searches; a run does without it"},
    {.key = "trust",
     .kind = &kind_group,
     .slot = offsetof(config_run, trust),
     .sub = &trust_schema,
     .doc = "signatures of plugins"},
    {.key = "supervise",
     .kind = &kind_group,
     .slot = offsetof(config_run, supervise),
     .sub = &supervise_schema,
     .doc = "a run that lasts goes on when its engine has crashed"},
    {.key = "functions",
     .kind = &kind_groups,
     .slot = offsetof(config_run, functions),
     .count = offsetof(config_run, nfunctions),
     .sub = &function_schema,
     .doc = "functions of other libraries as features; none when absent"},
    {.key = "guest",
     .kind = &kind_group,
     .slot = offsetof(config_run, guest),
     .sub = &guest_schema,
     .doc = "processes of plugins"},
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
        keys[n++] = sc->fields[i].key;
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
    } else if (f->kind == &kind_group) {
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
