/* SPDX-License-Identifier: MIT
 *
 * The config: one libconfig file -> a checked, typed description of a run.
 *
 * libconfig knows the grammar; this part knows what each key means. All mistakes are
 * collected and told together, each with its file and line. Two things libconfig gets wrong
 * are read from the text itself: integers beyond 32 bits, which it wraps without a word, and
 * decimal numbers, which it turns into doubles. */
#ifndef QUOIN_CONFIG_CONFIG_H
#define QUOIN_CONFIG_CONFIG_H

#include <quoin/error.h>
#include <quoin/param.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A node of the file: a group, list or array, or a scalar with its text. */
typedef struct config_node config_node;

/* Where a node stands in the file, for errors found after loading. */
const char *config_node_file(const config_node *node);
int32_t config_node_line(const config_node *node);

/* The node of a key in a group, for mistakes; the group's own if it has none. */
const config_node *config_child(const config_node *group, const char *key);

typedef struct config_account {
    const config_node *node;
    const char *currency;
    int64_t balance; /* money */
} config_account;

/* The place and text of one item of a list such as `data` or `instruments`. */
typedef struct config_item {
    const char *text;
    const config_node *node;
} config_item;

/* Was it written as a text, in quotes? */
bool config_item_is_text(const config_item *item);

typedef struct config_list {
    const config_item *items;
    size_t n;
} config_list;

typedef struct config_venue {
    const config_node *node;
    const char *id;
    const char *plugin;      /* class id, or a file's path */
    const char *margin;      /* "none" */
    config_list instruments; /* symbols without the venue */
    config_list data;        /* "bar:1m", ... : what it matches on */
    const config_account *accounts;
    size_t naccounts;
    const config_node *params; /* NULL = none given */
} config_venue;

/* How long one call of a plugin, with all that it brings about, may take: ns; 0 = not given. */
typedef struct config_budget {
    int64_t soft, hard, fatal;
} config_budget;

/* What publishes features. Their order is that of the calls, before the strategies. */
typedef struct config_model {
    const config_node *node;
    const char *id;
    const char *plugin;
    const char *isolation;   /* as a strategy's */
    config_list instruments; /* "BTCUSDT.binance" */
    config_list data;
    bool watch;
    config_budget budget;
    const config_node *params; /* NULL = none given */
} config_model;

typedef struct config_strategy {
    const config_node *node;
    const char *id;
    const char *plugin;
    config_list instruments; /* "BTCUSDT.binance" */
    config_list data;
    const char *route;     /* "direct", "portfolio": then there is an optimizer */
    const char *isolation; /* "none", "process", "group:NAME" */
    const char *on_fault;  /* "hold", "flatten" */
    int64_t capital;       /* share of equity at QN_RATE_EXP */
    bool watch;
    config_budget budget;
    const config_node *params;
} config_strategy;

typedef struct config_optimizer {
    const config_node *node; /* NULL = none given */
    const char *plugin;      /* NULL = no optimizer */
    const char *isolation;   /* as a strategy's */
    int64_t rebalance;       /* ns, > 0 */
    int64_t min_trade;       /* money: smaller orders are not made */
    bool watch;
    config_budget budget;
    const config_node *params;
} config_optimizer;

/* One module of the risk chain. */
typedef struct config_risk {
    const config_node *node;
    const char *id;
    const char *plugin;
    const char *isolation; /* as a strategy's */
    bool watch;
    config_budget budget;
    const config_node *params;
} config_risk;

typedef struct config_execution {
    const config_node *node; /* NULL = none given */
    const char *plugin;      /* NULL = orders are sent as they are */
    const char *isolation;   /* as a strategy's */
    config_list data;        /* market data that it is given; may be empty */
    bool watch;
    config_budget budget;
    const config_node *params;
} config_execution;

typedef struct config_sink {
    const config_node *node;
    const char *id;
    const char *plugin;
    const config_node *params;
} config_sink;

/* A function of a library, computed on bars and read as the feature "fn.NAME". */
typedef struct config_function {
    const config_node *node;
    const char *name;
    const char *library; /* a path, or a name without a slash */
    const char *symbol;
    const char *signature;
    config_list args;        /* as written: config_item_is_text tells a text from a number */
    config_list instruments; /* none = all that have bars */
    int64_t bar;             /* ns; 0 = the shortest that the run reads */
} config_function;

typedef struct config_report {
    int64_t sample;          /* ns */
    double periods_per_year; /* 0 = 365 d / sample */
    const char *benchmark;   /* instrument, or NULL */
} config_report;

/* One dimension of a tuner's space: a range, or a list of values. Texts as written; NULL = not
 * given. What they mean depends on the parameter at the path. */
typedef struct config_dimension {
    const config_node *node;
    const char *path; /* of --set: "strategies.sma.params.fast" */
    const char *low, *high, *step;
    const char *scale;  /* "linear", "log" */
    config_list values; /* none with a range */
} config_dimension;

/* A part of the data: from < ts <= to; INT64_MIN, INT64_MAX where not given. */
typedef struct config_span {
    const config_node *node; /* NULL = none given: all of it */
    int64_t from, to;
} config_span;

/* What `quoin tune` searches, and how. A run does without it. */
typedef struct config_tuner {
    const config_node *node; /* NULL = none given */
    const char *plugin;
    const char *objective; /* a statistic */
    const char *direction; /* "max", "min" */
    int64_t trials;        /* at most */
    int64_t best;          /* how many of the best are told, and tested */
    int64_t limit;         /* wall time of a trial, ns; 0 = none */
    const char *path;      /* folder of the results */
    config_span train, test;
    const config_dimension *space;
    size_t nspace;
    const config_node *params;
} config_tuner;

/* The processes of plugins with isolation. */
typedef struct config_guest {
    const char *wait;   /* "futex", "spin" */
    int64_t deadline;   /* of one call, ns, > 0 */
    int64_t memory_mib; /* of one process */
} config_guest;

/* Everything a run needs to know. Texts that were not given and have no default are NULL.
 * Relative paths are already joined to the file's folder. */
typedef struct config_trust {
    const char *policy; /* "off", "taint", "require" */
    const char *keys;   /* folder; NULL only with "off" */
    const config_node *node;
} config_trust;

/* A run that lasts, and the engine that is started again when it has crashed. */
typedef struct config_supervise {
    bool is_on;
    int64_t crashes;  /* of one build within the window that put it into quarantine; 0 = never */
    int64_t window;   /* ns */
    int64_t restarts; /* at most, within the window */
    int64_t backoff;  /* ns */
    int64_t bundles;  /* kept of crashes; 0 = none is made */
} config_supervise;

typedef struct config_run {
    const char *file;
    const char *const *sets; /* the --set arguments that were applied */
    size_t nsets;
    const char *name; /* the file's name without its ending when not given */
    int64_t seed;
    const char *warmup;     /* "off", "auto" */
    const char *store_path; /* NULL = none */
    const char *durability; /* "none", "group", "sync": the last two with a path only */
    int64_t snapshot_every; /* market events; 0 = no snapshots */
    int64_t map_mib;        /* the largest that the store can grow to, MiB */
    int64_t strikes;        /* wrong outputs that take a plugin out; 0 = none do */
    config_budget budget;   /* of plugins that are given none of their own */
    const char *catalog;
    const char *const *plugin_path;
    size_t nplugin_path;
    const config_venue *venues;
    size_t nvenues;
    const config_model *models;
    size_t nmodels;
    const config_strategy *strategies;
    size_t nstrategies;
    config_optimizer optimizer;
    const config_risk *risk; /* in the order of the chain */
    size_t nrisk;
    config_execution execution;
    const config_sink *sinks;
    size_t nsinks;
    const config_function *functions;
    size_t nfunctions;
    config_report report;
    config_tuner tuner;
    config_trust trust;
    config_supervise supervise;
    config_guest guest;
} config_run;

typedef struct config config;

/* Read and check a file. `sets` are --set arguments ("strategies.sma.params.fast=12"), applied
 * before the check, and outlive the config; NULL when nsets is 0.
 *
 * returns QN_OK also when the file has mistakes: ask config_mistakes. QN_E_NOT_FOUND, QN_E_IO,
 *         QN_E_NO_MEMORY otherwise, and *out is unchanged. */
int32_t config_open(const char *path, const char *const *sets, size_t nsets, config **out,
                    qn_err *err);
void config_close(config *cfg);

/* The typed tree. Valid only when there is no mistake; lives as long as the config. */
const config_run *config_get(const config *cfg);

/* The node at a path of keys and ids ("report.benchmark", "venues.binance"), for mistakes found
 * after loading; NULL if the file has none. */
const config_node *config_find(const config *cfg, const char *path);
/* The text of a scalar as it was written; "" for NULL, and for what is none. */
const char *config_node_text(const config_node *node);

/* SHA-256 of the file's text, its includes and the --set arguments, as hex. Without includes and
 * --set it is the file's own. */
const char *config_sha256(const config *cfg);

/* The same without --set arguments of `store` and `sinks`: two configs of the same identity decide
 * alike, wherever the run is kept. */
const char *config_identity(const config *cfg);

/* A mistake: a stable code, and the text that is printed behind "file:line: error: ". */
typedef struct config_mistake {
    int32_t code;
    const char *file;
    int32_t line;
    const char *text;
} config_mistake;

size_t config_mistakes(const config *cfg, const config_mistake **out);

/* Add one that the loading of plugins or the catalog brought up, at a node (NULL = the file). */
void config_add_mistake(config *cfg, const config_node *node, int32_t code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Print all of them through log_at, in the order of their lines. */
void config_print_mistakes(const config *cfg);
/* Take them back, the first one's text into *err: for what is held against a config that is in
 * use. */
void config_take_mistakes(config *cfg, qn_err *err);

/* Check the group `params` (may be NULL) against a class's table of qn_param and write the
 * values into `instance`. Mistakes go to the config, at the line of their key; a missing key is
 * told at `params`, or at `owner`, the group that should hold it, when there is none. Texts live
 * as long as the config. A key that its table calls replaced is a warning in the log. A secret
 * is read from the environment ("env:NAME"); its value appears in no message.
 *
 * returns QN_OK; QN_E_INVALID if a mistake was added (the instance is then partly filled and
 *         must not be used); QN_E_NO_MEMORY. */
int32_t config_fill(config *cfg, const config_node *owner, const config_node *params,
                    const qn_table *table, void *instance);

/* A parameter and the text of its value, as in KEY=VALUE. */
typedef struct config_value {
    const char *key, *text;
} config_value;

/* A config that holds nothing but a copy of the group `params` (may be NULL) with other values, for
 * a plugin whose parameters change while the run goes on: the config that they come from stays as
 * it is. config_find(*out, "") is the group. Mistakes name `place`.
 *
 * of       the config of the run, or one that this made
 * returns  QN_OK: nothing was checked against a table yet; QN_E_DUPLICATE: a key is there twice;
 *          QN_E_SYNTAX: a value is not UTF-8; QN_E_NO_MEMORY. On error *out is unchanged. */
int32_t config_change(const config *of, const config_node *params, const char *place,
                      const config_value *values, size_t n, config **out, qn_err *err);

/* May these parameters change while a run goes on? Mistakes go to the config.
 * returns QN_OK; QN_E_INVALID if a mistake was added */
int32_t config_check_live(config *changed, const qn_table *table, const config_value *values,
                          size_t n);

/* Write the values of these parameters into an instance once more. As config_fill. */
int32_t config_refill(config *changed, const qn_table *table, const config_value *values, size_t n,
                      void *instance);

/* What is other in a changed config than in the group that it began with: key and text by turns,
 * each with its NUL, then an empty key. QN_OK; QN_E_FULL: it is more than `room` bytes. */
int32_t config_changes(const config *changed, const config_node *params, char *to, size_t room);

/* The reference of all keys, as Markdown: what docs/configuration.md holds between its marks. */
void config_reference(FILE *to);

/* A class's parameters as a Markdown table; nothing but a sentence when it has none. */
void config_describe_params(const qn_table *table, FILE *to);

#endif
