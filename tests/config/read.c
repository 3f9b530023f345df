/* SPDX-License-Identifier: MIT
 *
 * Good configs, --set, the hash, and the reference. */
#include "support.h"

#include "config/internal.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"

#include "check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOUR (3600 * QN_NS_PER_S)

START_TEST(every_key)
{
    config *cfg = open_config(here("good/full.cfg"), NULL, 0);
    const config_run *run = config_get(cfg);
    const config_venue *v = run->venues;
    const config_strategy *s = run->strategies;

    config_print_mistakes(cfg);
    ck_assert_uint_eq(mistakes_of(cfg), 0);
    ck_assert_str_eq(run->file, here("good/full.cfg"));
    ck_assert_str_eq(run->name, "sma");
    ck_assert_int_eq(run->seed, 1);
    ck_assert_str_eq(run->warmup, "off");
    ck_assert_str_eq(run->store_path, here("good/var/sma"));
    ck_assert_str_eq(run->durability, "group");
    ck_assert_int_eq(run->snapshot_every, 0);
    ck_assert_int_eq(run->map_mib, 16777216);
    ck_assert_str_eq(run->catalog, here("good/var/catalog"));
    ck_assert_uint_eq(run->nplugin_path, 2);
    ck_assert_str_eq(run->plugin_path[0], here("good/plugins"));
    ck_assert_str_eq(run->plugin_path[1], "/opt/quoin/plugins");

    ck_assert_uint_eq(run->nvenues, 2);
    ck_assert_str_eq(v[0].id, "binance");
    ck_assert_str_eq(v[0].plugin, "venue/sim");
    ck_assert_str_eq(v[0].margin, "none");
    ck_assert_uint_eq(v[0].instruments.n, 2);
    ck_assert_str_eq(v[0].instruments.items[1].text, "BRK.B");
    ck_assert_int_eq(config_node_line(v[0].instruments.items[1].node), 8);
    ck_assert_uint_eq(v[0].naccounts, 2);
    ck_assert_str_eq(v[0].accounts[0].currency, "USDT");
    ck_assert_int_eq(v[0].accounts[0].balance, INT64_C(100000000000000));
    ck_assert_int_eq(v[0].accounts[1].balance, 1);
    ck_assert_ptr_nonnull(v[0].params);
    ck_assert_str_eq(v[1].plugin, here("good/./lib/venue.so"));
    ck_assert_uint_eq(v[1].data.n, 5);
    ck_assert_int_eq(v[1].accounts[0].balance, 1250000000);
    ck_assert_ptr_null(v[1].params);
    ck_assert_int_eq(config_node_line(v[1].node), 11);

    ck_assert_uint_eq(run->nstrategies, 2);
    ck_assert_str_eq(s[0].id, "sma");
    ck_assert_str_eq(s[0].instruments.items[1].text, "BRK.B.binance");
    ck_assert_str_eq(s[0].data.items[0].text, "bar:1m");
    ck_assert_int_eq(s[0].capital, 25000000);
    ck_assert_str_eq(s[0].on_fault, "flatten");
    ck_assert_str_eq(s[1].plugin, "/opt/hold.so");
    ck_assert_str_eq(s[0].route, "direct");
    ck_assert_str_eq(s[1].route, "portfolio");
    ck_assert_str_eq(s[1].isolation, "none");
    ck_assert_str_eq(s[1].on_fault, "hold");
    ck_assert_int_eq(s[1].capital, 100000000);
    ck_assert(s[0].watch && !s[1].watch);
    ck_assert_int_eq(run->report.sample, HOUR);
    ck_assert_double_eq(run->report.periods_per_year, 8766.5);
    ck_assert_str_eq(run->report.benchmark, "BTCUSDT.binance");
    config_close(cfg);
}
END_TEST

START_TEST(every_key_of_the_chain)
{
    config *cfg = open_config(here("good/full.cfg"), NULL, 0);
    const config_run *run = config_get(cfg);
    const config_model *m = run->models;
    const config_optimizer *o = &run->optimizer;
    const config_execution *e = &run->execution;

    ck_assert_uint_eq(run->nmodels, 2);
    ck_assert_str_eq(m[0].id, "vol");
    ck_assert_str_eq(m[0].plugin, "model/volatility");
    ck_assert_str_eq(m[0].instruments.items[1].text, "BRK.B.binance");
    ck_assert_str_eq(m[0].data.items[0].text, "bar:1m");
    ck_assert_str_eq(node_child(m[0].params, "halflife")->text, "20");
    ck_assert_int_eq(config_node_line(m[0].node), 13);
    ck_assert_str_eq(m[1].id, "sma"); /* as a strategy's: they are never mixed up */
    ck_assert_str_eq(m[1].plugin, here("good/./lib/model.so"));
    ck_assert_uint_eq(m[1].data.n, 2);
    ck_assert_ptr_null(m[1].params);

    ck_assert_str_eq(o->plugin, "optimizer/inverse_volatility");
    ck_assert_int_eq(o->rebalance, 4 * HOUR);
    ck_assert_int_eq(o->min_trade, 1250000000);
    ck_assert_str_eq(node_child(o->params, "lookback")->text, "30");
    ck_assert_ptr_eq(o->node, config_find(cfg, "optimizer"));

    ck_assert_uint_eq(run->nrisk, 2);
    ck_assert_str_eq(run->risk[0].id, "limits");
    ck_assert_str_eq(run->risk[0].plugin, "risk/limits");
    ck_assert_str_eq(node_child(run->risk[0].params, "drawdown")->text, "0.1");
    ck_assert_ptr_eq(run->risk[1].node, config_find(cfg, "risk.own"));
    ck_assert_str_eq(run->risk[1].plugin, "/opt/own.so");

    ck_assert_str_eq(e->plugin, "execution/twap");
    ck_assert_uint_eq(e->data.n, 1);
    ck_assert_str_eq(e->data.items[0].text, "quote");
    ck_assert_str_eq(node_child(e->params, "slices")->text, "4");
    ck_assert_ptr_eq(e->node, config_find(cfg, "execution"));

    ck_assert_uint_eq(run->nsinks, 1);
    ck_assert_str_eq(run->sinks[0].id, "log");
    ck_assert_str_eq(run->sinks[0].plugin, "sink/jsonl");
    ck_assert_str_eq(node_child(run->sinks[0].params, "path")->text, "var/events.jsonl");
    ck_assert_ptr_eq(run->sinks[0].node, config_find(cfg, "sinks.log"));
    ck_assert_str_eq(run->trust.policy, "require");
    ck_assert_str_eq(run->trust.keys, here("good/keys"));
    config_close(cfg);
}
END_TEST

START_TEST(defaults)
{
    config *cfg = open_text(RIGHT_HEAD "strategies = ( );\n");
    const config_run *run = config_get(cfg);

    ck_assert_uint_eq(mistakes_of(cfg), 0);
    ck_assert_int_eq(strncmp(run->name, "quoin-config-", 13), 0);
    ck_assert_int_eq(run->seed, 1);
    ck_assert_str_eq(run->warmup, "off");
    ck_assert_str_eq(run->durability, "none");
    ck_assert_ptr_null(run->store_path);
    ck_assert_int_eq(run->snapshot_every, 1000000);
    ck_assert_int_eq(run->map_mib, 65536);
    ck_assert_uint_eq(run->nmodels + run->nrisk + run->nsinks, 0);
    ck_assert_ptr_null(run->optimizer.node);
    ck_assert_ptr_null(run->optimizer.plugin);
    ck_assert_int_eq(run->optimizer.min_trade, 0);
    ck_assert_ptr_null(run->execution.node);
    ck_assert_ptr_null(run->execution.plugin);
    ck_assert_uint_eq(run->execution.data.n, 0);
    ck_assert_uint_eq(run->nplugin_path, 0);
    ck_assert_str_eq(run->trust.policy, "off");
    ck_assert_ptr_null(run->trust.keys);
    ck_assert_int_eq(run->report.sample, 24 * HOUR);
    ck_assert_double_eq(run->report.periods_per_year, 0);
    ck_assert_ptr_null(run->report.benchmark);
    config_close(cfg);
}
END_TEST

static const char *text_at(const config *cfg, const char *key)
{
    const config_node *node = node_child(config_get(cfg)->venues[0].params, key);

    ck_assert_msg(node != NULL, "%s", key);
    return node->text;
}

START_TEST(numbers_as_they_are_written)
{
    static const char *const rows[][2] = {
        {"plain", "10"},
        {"big", "3000000000"},
        {"low", "-3000000000"},
        {"long", "9223372036854775807"},
        {"least", "-9223372036854775808"},
        {"hex", "1099511627775"},
        {"hexlong", "16"},
        {"octal", "10"},
        {"plus", "7"},
        {"half", ".5"},
        {"whole", "2."},
        {"tiny", "1e-8"},
        {"double", "-1.5E+3"},
        {"bps", "2.0"},
        {"exact", "0.00000001"},
        {"text_rate", "0.02"},
        {"no", "false"},
        {"yes", "true"},
    };
    config *cfg = open_config(here("good/values.cfg"), NULL, 0);
    const config_run *run = config_get(cfg);
    const config_node *list;

    config_print_mistakes(cfg);
    ck_assert_uint_eq(mistakes_of(cfg), 0);
    ck_assert_int_eq(run->seed, INT64_C(3000000000));
    ck_assert_str_eq(run->catalog, here("good/catalog/\"q\""));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_str_eq(text_at(cfg, rows[i][0]), rows[i][1]);
    list = node_child(node_child(run->venues[0].params, "nested"), "list");
    ck_assert_uint_eq(list->n, 3);
    ck_assert_str_eq(list->last->last->text, "3000000000");
    config_close(cfg);
}
END_TEST

START_TEST(includes)
{
    config *cfg = open_config(here("good/values.cfg"), NULL, 0);
    const config_node *sample = config_find(cfg, "report.sample");
    const config_node *periods = config_find(cfg, "report.periods_per_year");

    ck_assert_int_eq(config_get(cfg)->report.sample, 4 * HOUR);
    ck_assert_double_eq(config_get(cfg)->report.periods_per_year, 2190);
    ck_assert_str_eq(config_node_file(sample), here("good/part.cfg"));
    ck_assert_int_eq(config_node_line(sample), 2);
    ck_assert_str_eq(config_node_file(periods), here("good/deeper.cfg"));
    ck_assert_int_eq(config_node_line(periods), 1);
    config_close(cfg);
}
END_TEST

/* Eleven files below one another: ten may be included. */
START_TEST(includes_have_a_depth)
{
    char dir[] = "/tmp/quoin-config-XXXXXX";
    char path[PATH_ROOM];
    char text[64];
    const config_mistake *m;
    config *cfg;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    for (int i = 0; i <= 11; i++) {
        snprintf(path, sizeof path, "%s/%d.cfg", dir, i);
        snprintf(text, sizeof text, i < 11 ? "\n@include \"%d.cfg\"\n" : "seed = %d;", i + 1);
        ck_assert_int_eq(file_replace(path, text, strlen(text), NULL), QN_OK);
    }
    snprintf(path, sizeof path, "%s/0.cfg", dir);
    cfg = open_config(path, NULL, 0);
    ck_assert_uint_eq(config_mistakes(cfg, &m), 1);
    ck_assert_str_eq(m->text, "@include: files are included deeper than 10");
    ck_assert_ptr_nonnull(strstr(m->file, "/10.cfg"));
    ck_assert_int_eq(m->line, 2);
    config_close(cfg);

    snprintf(path, sizeof path, "%s/1.cfg", dir); /* one less: all is read */
    cfg = open_config(path, NULL, 0);
    ck_assert_ptr_nonnull(config_find(cfg, "seed"));
    config_close(cfg);
    for (int i = 0; i <= 11; i++) {
        snprintf(path, sizeof path, "%s/%d.cfg", dir, i);
        ck_assert_int_eq(unlink(path), 0);
    }
    ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(lines_end_with_crlf)
{
    config *cfg =
        open_text("catalog = \"c\";\r\n# note\r\nvenues = ( );\r\nseed = 5;\r\nsed = 1\r\n");

    ck_assert_int_eq(config_get(cfg)->seed, 5);
    ck_assert_int_eq(config_node_line(config_find(cfg, "seed")), 4);
    ck_assert_int_eq(config_node_line(config_find(cfg, "sed")), 5);
    config_close(cfg);
}
END_TEST

START_TEST(set_values)
{
    static const char *const sets[] = {
        "seed=7",
        "name=my run",
        "report.sample=2h",
        "strategies.sma.params.fast=12",
        "strategies.hold.params.new=x=y",
        "strategies.hold.capital=0.5",
        "venues.binance.params.pace=1",
        "venues.binance.accounts.1.balance=0.5",
        "venues.other-1.data=[\"bar:5m\", \"trade\"]",
        "store.path=\"else where\"",
        "strategies.hold.data.1=quote",
    };
    config *cfg = open_config(here("good/full.cfg"), sets, sizeof sets / sizeof sets[0]);
    const config_run *run = config_get(cfg);

    config_print_mistakes(cfg);
    ck_assert_uint_eq(mistakes_of(cfg), 0);
    ck_assert_int_eq(run->seed, 7);
    ck_assert_str_eq(run->name, "my run");
    ck_assert_int_eq(run->report.sample, 2 * HOUR);
    ck_assert_str_eq(node_child(run->strategies[0].params, "fast")->text, "12");
    ck_assert_str_eq(node_child(run->strategies[1].params, "new")->text, "x=y");
    ck_assert_int_eq(run->strategies[1].capital, 50000000);
    ck_assert_int_eq(run->venues[0].accounts[1].balance, 50000000);
    ck_assert_uint_eq(run->venues[1].data.n, 2);
    ck_assert_str_eq(run->store_path, here("good/else where"));
    ck_assert_str_eq(run->strategies[1].data.items[1].text, "quote");
    ck_assert_str_eq(config_node_file(config_find(cfg, "seed")), "--set seed=7");
    ck_assert_int_eq(config_node_line(config_find(cfg, "seed")), 0);
    config_close(cfg);
}
END_TEST

START_TEST(set_values_of_the_chain)
{
    static const char *const sets[] = {
        "store.durability=sync",
        "store.map_mib=1",
        "store.snapshot_every=9223372036854775807",
        "models.vol.params.halflife=40",
        "models.sma.data=[\"quote\"]",
        "strategies.sma.route=portfolio",
        "optimizer.params.lookback=60",
        "optimizer.rebalance=1d",
        "optimizer.min_trade=0",
        "risk.limits.params.drawdown=0.2",
        "risk.own.params.new=1",
        "execution.plugin=execution/immediate",
        "execution.params.slices=2",
        "execution.data=[]",
        "sinks.log.params.path=else.jsonl",
    };
    config *cfg = open_config(here("good/full.cfg"), sets, sizeof sets / sizeof sets[0]);
    const config_run *run = config_get(cfg);

    config_print_mistakes(cfg);
    ck_assert_uint_eq(mistakes_of(cfg), 0);
    ck_assert_str_eq(run->durability, "sync");
    ck_assert_int_eq(run->map_mib, 1);
    ck_assert_int_eq(run->snapshot_every, INT64_MAX);
    ck_assert_str_eq(node_child(run->models[0].params, "halflife")->text, "40");
    ck_assert_str_eq(run->models[1].data.items[0].text, "quote");
    ck_assert_str_eq(run->strategies[0].route, "portfolio");
    ck_assert_str_eq(node_child(run->optimizer.params, "lookback")->text, "60");
    ck_assert_int_eq(run->optimizer.rebalance, 24 * HOUR);
    ck_assert_int_eq(run->optimizer.min_trade, 0);
    ck_assert_str_eq(node_child(run->risk[0].params, "drawdown")->text, "0.2");
    ck_assert_str_eq(node_child(run->risk[1].params, "new")->text, "1");
    ck_assert_str_eq(run->execution.plugin, "execution/immediate");
    ck_assert_str_eq(node_child(run->execution.params, "slices")->text, "2");
    ck_assert_uint_eq(run->execution.data.n, 0);
    ck_assert_str_eq(node_child(run->sinks[0].params, "path")->text, "else.jsonl");
    config_close(cfg);
}
END_TEST

/* What the file lacks is brought by --set alone. */
START_TEST(set_makes_groups)
{
    static const char *const sets[] = {"optimizer.plugin=optimizer/o", "optimizer.rebalance=1h",
                                       "execution.plugin=execution/e", "store.path=s",
                                       "store.durability=group"};
    config *cfg = open_config(here("good/values.cfg"), sets, sizeof sets / sizeof sets[0]);
    const config_run *run = config_get(cfg);

    config_print_mistakes(cfg);
    ck_assert_uint_eq(mistakes_of(cfg), 0);
    ck_assert_str_eq(run->optimizer.plugin, "optimizer/o");
    ck_assert_int_eq(run->optimizer.rebalance, HOUR);
    ck_assert_str_eq(run->execution.plugin, "execution/e");
    ck_assert_str_eq(run->durability, "group");
    config_close(cfg);
}
END_TEST

START_TEST(set_mistakes)
{
    static const struct {
        const char *set;
        int32_t code;
        const char *part;
    } rows[] = {
        {"seed", QN_E_SYNTAX, "expected path=value"},
        {"=3", QN_E_SYNTAX, "expected path=value"},
        {"a..b=1", QN_E_SYNTAX, "expected path=value"},
        {"a.=1", QN_E_SYNTAX, "expected path=value"},
        {".a=1", QN_E_SYNTAX, "expected path=value"},
        {"strategies.smaa.params.fast=1", QN_E_UNKNOWN_NAME, "did you mean 'sma'?"},
        {"strategies.0.capital=1", QN_E_UNKNOWN_NAME, "no element '0'"},
        {"venues.binance.accounts.2.balance=1", QN_E_UNKNOWN_NAME, "no element '2'"},
        {"name.x=1", QN_E_TYPE, "'name' is a value"},
        {"reprot.sample=1h", QN_E_UNKNOWN_NAME, "did you mean 'report'?"},
        {"seed=x", QN_E_TYPE, "seed: found 'x', expected a whole number"},
        {"seed=\"7\"", QN_E_TYPE, "seed: found \"7\""},
        {"seed=99999999999999999999", QN_E_OVERFLOW, "seed: found"},
        {"report.periods_per_year=1e999", QN_E_RANGE, "periods_per_year"},
        {"plugin_path=[\"a\"", QN_E_SYNTAX, "end of the text, expected ',' or ']'"},
        {"name=\"a\"; seed=2", QN_E_SYNTAX, "several keys"},
        {"warmup=\"auto", QN_E_SYNTAX, "no closing quote"},
        {"name=\xff", QN_E_SYNTAX, "not UTF-8"},
        {"catalog=", QN_E_INVALID, "catalog: found ''"},
        {"trust={ policy = \"on\"; }", QN_E_UNKNOWN_NAME, "known here: require, taint, off"},
        {"budget={ soft = \"2s\"; hard = \"1s\"; }", QN_E_RANGE, "found soft longer than hard"},
        {"budget={ hard = \"2s\"; fatal = \"1s\"; }", QN_E_RANGE, "found hard longer than fatal"},
        {"budget={ soft = \"2s\"; fatal = \"1s\"; }", QN_E_RANGE, "found soft longer than fatal"},
        {"trust={ policy = \"taint\"; }", QN_E_MISSING, "expected the folder of the trusted"},
        {"functions=( { name = \"f\"; library = \"libm.so.6\"; symbol = \"sin\"; signature = "
         "\"f64(f64)\"; bar = \"0s\"; } )",
         QN_E_RANGE, "bar: found \"0s\""},
        {"models.voll.params.x=1", QN_E_UNKNOWN_NAME, "did you mean 'vol'?"},
        {"risk.limit.params.x=1", QN_E_UNKNOWN_NAME, "did you mean 'limits'?"},
        {"sinks.lo.plugin=x", QN_E_UNKNOWN_NAME, "no element 'lo'"},
        {"store.durability=disk", QN_E_UNKNOWN_NAME, "known here: none, group, sync"},
        {"store.map_mib=0", QN_E_RANGE, "map_mib: found '0', which lies outside the range"},
        {"store.snapshot_every=-1", QN_E_RANGE, "expected a whole number, 0 or more"},
        {"optimizer.rebalance=0s", QN_E_RANGE, "rebalance: found"},
        {"optimizer.rebalence=1s", QN_E_UNKNOWN_NAME, "did you mean 'rebalance'?"},
        {"execution.plugin=", QN_E_INVALID, "plugin: found ''"},
        {"risk=( { id = \"x\"; plugin = 1; } )", QN_E_TYPE, "plugin: found the number 1"},
    };
    char place[128];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        config *cfg = open_config(here("good/full.cfg"), &rows[i].set, 1);
        const config_mistake *m;
        ck_assert_msg(config_mistakes(cfg, &m) == 1, "%s", rows[i].set);
        snprintf(place, sizeof place, "--set %s", rows[i].set);
        ck_assert_str_eq(m->file, place);
        ck_assert_int_eq(m->line, 0);
        ck_assert_msg(m->code == rows[i].code && strstr(m->text, rows[i].part), "%s: %s %s",
                      rows[i].set, error_name(m->code), m->text);
        config_close(cfg);
    }
}
END_TEST

START_TEST(hash_is_of_text_and_sets)
{
    static const char *const sets[] = {"seed=7", "seed=8"};
    const char *path = here("good/full.cfg");
    char own[SHA256_HEX];
    char hashes[4][SHA256_HEX];
    config *cfg[4] = {open_config(path, NULL, 0), open_config(path, sets, 1),
                      open_config(path, sets + 1, 1), open_config(path, sets, 2)};

    ck_assert_int_eq(file_sha256(path, own, NULL), QN_OK);
    for (int i = 0; i < 4; i++) {
        memcpy(hashes[i], config_sha256(cfg[i]), SHA256_HEX);
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(hashes[i], hashes[k]);
        config_close(cfg[i]);
    }
    ck_assert_str_eq(hashes[0], own);
}
END_TEST

static char printed[1024];
static log_level kept = LOG_ERROR;

static void keep_line(log_level level, const char *line)
{
    if (level == kept) snprintf(printed, sizeof printed, "%s", line);
}

START_TEST(an_optimizer_without_signals_is_warned_of)
{
    static const char *const sets[] = {"strategies.hold.route=direct"};
    config *cfg;

    kept = LOG_WARNING;
    log_set_sink(keep_line);
    config_close(open_config(here("good/full.cfg"), NULL, 0));
    ck_assert_str_eq(printed, "");
    cfg = open_config(here("good/full.cfg"), sets, 1);
    log_set_sink(NULL);
    ck_assert_uint_eq(mistakes_of(cfg), 0);
    ck_assert_msg(strstr(printed, "full.cfg:23: warning: no strategy has route = \"portfolio\""),
                  "%s", printed);
    config_close(cfg);
}
END_TEST

/* A route that --set gave is told there. */
START_TEST(a_route_that_is_set_needs_an_optimizer)
{
    static const char *const sets[] = {"strategies=( { id = \"s\"; plugin = \"strategy/x\"; "
                                       "instruments = [ \"X.v\" ]; data = [ \"bar:1h\" ]; } )",
                                       "strategies.s.route=portfolio"};
    config *cfg = open_config(here("good/values.cfg"), sets, 2);
    const config_mistake *m;

    ck_assert_uint_eq(config_mistakes(cfg, &m), 1);
    ck_assert_int_eq(m->code, QN_E_MISSING);
    ck_assert_str_eq(m->file, "--set strategies.s.route=portfolio");
    ck_assert_ptr_nonnull(strstr(m->text, "found no optimizer"));
    config_close(cfg);
}
END_TEST

START_TEST(mistakes_are_printed_and_added)
{
    const config_mistake *m;
    config *cfg = open_text(RIGHT_HEAD "strategies = ( );\n");

    config_add_mistake(cfg, config_find(cfg, "strategies"), QN_E_NOT_FOUND, "no %s\nhere", "data");
    config_add_mistake(cfg, NULL, QN_E_MISSING, "%s", "first");
    ck_assert_uint_eq(config_mistakes(cfg, &m), 2);
    ck_assert_str_eq(m[0].text, "first");
    ck_assert_int_eq(m[0].line, 1);
    ck_assert_int_eq(m[1].line, 4);
    log_set_sink(keep_line);
    config_print_mistakes(cfg);
    log_set_sink(NULL);
    ck_assert_ptr_nonnull(strstr(printed, ":4: error: no data here [QN_E_NOT_FOUND]"));
    config_close(cfg);
}
END_TEST

START_TEST(many_mistakes_keep_their_order)
{
    static char text[16384];
    size_t len = (size_t)snprintf(text, sizeof text, RIGHT_HEAD);
    const config_mistake *m;
    config *cfg;

    for (int i = 0; i < 300; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "zz%d = 1; seed = \"x\";\n", i);
    cfg = open_text(text);
    /* 300 unknown keys, 299 keys named twice, the text as a seed, and no strategies */
    ck_assert_uint_eq(config_mistakes(cfg, &m), 601);
    for (size_t i = 1; i < 601; i++)
        ck_assert_int_le(m[i - 1].line, m[i].line);
    config_close(cfg);
}
END_TEST

CHECK_MAIN("config", every_key, every_key_of_the_chain, defaults, numbers_as_they_are_written,
           includes, includes_have_a_depth, lines_end_with_crlf, set_values,
           set_values_of_the_chain, set_makes_groups, set_mistakes,
           an_optimizer_without_signals_is_warned_of, a_route_that_is_set_needs_an_optimizer,
           hash_is_of_text_and_sets, mistakes_are_printed_and_added, many_mistakes_keep_their_order)
