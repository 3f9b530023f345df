/* SPDX-License-Identifier: MIT
 *
 * The result of a run, as one JSON object and as a page of text. */
#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/json.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>

/* ------------------------------------------------------------------ parts of the result */

static bool put_money(struct json_object *to, const char *key, int64_t money)
{
    return json_put_amount(to, key, money, QN_MONEY_EXP);
}

/* Money wider than an account's: what a long run has traded in all. */
static bool put_wide_money(struct json_object *to, const char *key, qn_wide money)
{
    int64_t unit = qn_pow10(-QN_MONEY_EXP);
    char whole[QN_DECIMAL_TEXT];
    char part[QN_DECIMAL_TEXT];
    char text[2 * QN_DECIMAL_TEXT];

    qn_decimal_format((int64_t)(money / unit), 0, whole);
    qn_decimal_format((int64_t)(money % unit), QN_MONEY_EXP, part);
    snprintf(text, sizeof text, "%s%s", whole, part + 1); /* behind the 0 of "0.25" */
    return json_put_text(to, key, text);
}

static const char *report_status(const report *r)
{
    return r->recorded ? r->recorded->status : run_status_name(engine_status(r->engine));
}

/* Why trading is halted, null when it is not. */
static bool put_halt(const report *r, struct json_object *to)
{
    const char *by;
    const qn_halt *why = engine_halt(r->engine, &by);
    struct json_object *halt;

    if (!why) return json_put_null(to, "halt");
    halt = json_put_object(to, "halt");
    return json_put_text(halt, "by", by) &&
           json_put_text(halt, "reason", order_reason_name(why->reason)) &&
           json_put_time(halt, "ts", why->hdr.ts_ns) &&
           json_put_number(halt, "limit", why->limit) && json_put_number(halt, "value", why->value);
}

static bool put_run(const report *r, struct json_object *to)
{
    struct json_object *run = json_put_object(to, "run");
    bool has_ended = r->finished != 0;

    return json_put_text(run, "id", engine_run_id(r->engine)) &&
           json_put_text(run, "name", config_get(r->cfg)->name) &&
           json_put_text(run, "host_version", r->version) &&
           json_put_text(run, "config_sha256", config_sha256(r->cfg)) &&
           json_put(run, "seed", json_object_new_int64(config_get(r->cfg)->seed)) &&
           json_put_time(run, "started", r->started) &&
           (has_ended ? json_put_time(run, "finished", r->finished)
                      : json_put_null(run, "finished")) &&
           json_put_number(run, "wall_s",
                           has_ended ? (double)(r->finished - r->started) * 1e-9 : NAN) &&
           json_put_text(run, "status", report_status(r)) &&
           json_put_count(run, "store_run", engine_run_number(r->engine)) && put_halt(r, run);
}

static bool put_plugins(const report *r, struct json_object *to)
{
    struct json_object *list;
    bool is_whole;

    if (r->recorded) return json_put(to, "plugins", json_object_get(r->recorded->plugins));
    list = json_put_array(to, "plugins");
    is_whole = list != NULL;
    for (uint32_t i = 0; i < engine_plugins(r->engine) && is_whole; i++) {
        engine_plugin p = engine_plugin_at(r->engine, i);
        struct json_object *one = json_append_object(list);
        is_whole = json_put_text(one, "id", p.id) && json_put_text(one, "class", p.cls->id) &&
                   json_put_text(one, "version", p.cls->version) &&
                   json_put_text(one, "sha256", p.module->sha256) &&
                   json_put_text(one, "license", p.cls->license);
    }
    return is_whole;
}

#define NAME_ROW(number, NAME, name, meaning) [number] = (name),

/* Which plugins were taken out of the run. */
static bool put_faults(const report *r, struct json_object *to)
{
    struct json_object *list = json_put_array(to, "faults");
    bool is_whole = list != NULL;

    for (uint32_t i = 0; i < engine_faults(r->engine) && is_whole; i++) {
        bool is_over;
        const qn_fault *f = engine_fault_at(r->engine, i, &is_over);
        struct json_object *one = json_append_object(list);
        is_whole = json_put_text(one, "id", f->id) &&
                   json_put_text(one, "reason", fault_reason_name(f->reason)) &&
                   json_put_text(one, "action", fault_action_name(f->action)) &&
                   json_put_text(one, "code", error_name(f->code)) &&
                   json_put_text(one, "why", f->why) && json_put_time(one, "ts", f->hdr.ts_ns) &&
                   json_put_count(one, "seq", f->hdr.seq) &&
                   json_put_bool(one, "replaced", is_over);
    }
    return is_whole;
}

static bool put_command(struct json_object *to, const qn_command *c)
{
    static const char *const verbs[QN_COMMANDS] = {QN_COMMAND_LIST(NAME_ROW)};

    return json_put_text(to, "verb", c->verb < QN_COMMANDS ? verbs[c->verb] : NULL) &&
           json_put_text(to, "target", c->target) && json_put_text(to, "value", c->value) &&
           json_put_text(to, "code", error_name(c->code)) &&
           json_put_time(to, "wall_ts", c->wall_ts) && json_put_count(to, "uid", c->uid) &&
           json_put_count(to, "pid", c->pid);
}

static bool put_step(struct json_object *to, const qn_reload *step)
{
    static const char *const steps[QN_RELOAD_STEPS] = {QN_RELOAD_STEP_LIST(NAME_ROW)};
    char build[SHA256_HEX];

    sha256_text(step->build, build);
    return json_put_text(to, "verb", step->step < QN_RELOAD_STEPS ? steps[step->step] : NULL) &&
           json_put_text(to, "target", step->id) && json_put_text(to, "value", build) &&
           json_put_text(to, "code", error_name(step->code)) && json_put_null(to, "wall_ts") &&
           json_put_null(to, "uid") && json_put_null(to, "pid");
}

/* What operators did while it ran, and the steps of new builds. */
static bool put_operations(const report *r, struct json_object *to)
{
    struct json_object *list = json_put_array(to, "operations");
    bool is_whole = list != NULL;

    for (uint32_t i = 0; i < engine_operations(r->engine) && is_whole; i++) {
        const qn_event *o = engine_operation_at(r->engine, i);
        bool is_command = o->type == QN_EVENT_COMMAND;
        struct json_object *one = json_append_object(list);
        is_whole = json_put_time(one, "ts", o->ts_ns) && json_put_count(one, "seq", o->seq) &&
                   json_put_text(one, "record", is_command ? "command" : "reload") &&
                   (is_command ? put_command(one, (const qn_command *)(const void *)o)
                               : put_step(one, (const qn_reload *)(const void *)o));
    }
    return is_whole;
}

static bool put_functions(const report *r, struct json_object *to)
{
    return json_put(to, "functions", engine_functions(r->engine));
}

#undef NAME_ROW

static bool put_trust(const report *r, struct json_object *to)
{
    return json_put(to, "trust", engine_trust(r->engine));
}

static bool put_data(const report *r, struct json_object *to)
{
    struct json_object *data = json_put_object(to, "data");
    struct json_object *names = json_put_array(data, "instruments");
    char hash[SHA256_HEX];
    bool is_whole = names && engine_data_hash(r->engine, hash, NULL) == QN_OK;

    for (uint32_t i = 0; i < engine_instruments(r->engine) && is_whole; i++)
        is_whole =
            json_append(names, json_object_new_string(engine_instrument(r->engine, i)->name));
    return is_whole && json_put_time(data, "from", engine_first_ts(r->engine)) &&
           json_put_time(data, "to", engine_last_ts(r->engine)) &&
           json_put_count(data, "events", engine_count(r->engine)->market) &&
           json_put_text(data, "sha256", hash);
}

static bool put_decisions(const report *r, struct json_object *to)
{
    char hash[SHA256_HEX];

    return engine_decision_hash(r->engine, hash, NULL) == QN_OK &&
           json_put_text(to, "decision_hash", hash) &&
           engine_ledger_hash(r->engine, hash, NULL) == QN_OK &&
           json_put_text(to, "ledger_hash", hash);
}

static bool put_orders(const report *r, struct json_object *to)
{
    const engine_counts *c = engine_count(r->engine);
    struct json_object *ended = json_put_object(to, "orders");
    struct json_object *fills = json_put_object(to, "fills");

    return json_put_count(ended, "submitted", c->submitted) &&
           json_put_count(ended, "accepted", c->accepted) &&
           json_put_count(ended, "filled", c->filled) &&
           json_put_count(ended, "canceled", c->canceled) &&
           json_put_count(ended, "rejected", c->rejected) &&
           json_put_count(ended, "denied", c->denied) &&
           json_put_count(ended, "expired", c->expired) &&
           json_put_count(fills, "count", c->fills) && json_put_count(fills, "maker", c->maker) &&
           json_put_count(fills, "taker", c->taker) && put_wide_money(fills, "volume", r->volume);
}

static bool put_accounts(const report *r, struct json_object *to)
{
    const ledger *l = engine_ledger(r->engine);
    struct json_object *list = json_put_array(to, "accounts");
    bool is_whole = list != NULL;

    for (uint32_t i = 0; i < ledger_accounts(l) && is_whole; i++) {
        const account *a = ledger_account(l, i);
        struct json_object *one = json_append_object(list);
        is_whole = json_put_text(one, "venue", engine_venue_id(r->engine, a->venue)) &&
                   json_put_text(one, "currency", a->currency) &&
                   put_money(one, "start", a->start) && put_money(one, "end", account_cash(a)) &&
                   put_money(one, "equity", account_equity(a)) &&
                   put_money(one, "realized_pnl", a->realized_pnl) &&
                   put_money(one, "unrealized_pnl", a->unrealized_pnl) &&
                   put_money(one, "fees", a->fees) && put_money(one, "funding", a->funding);
    }
    return is_whole;
}

/* A strategy's books over all its instruments. */
static position strategy_total(const report *r, uint32_t number)
{
    position sum = {0};

    for (uint32_t i = 0; i < engine_instruments(r->engine); i++) {
        const position *p = ledger_part(engine_ledger(r->engine), number, i);
        sum.realized_pnl += p->realized_pnl;
        sum.value += p->value;
        sum.cost += p->cost;
        sum.fees += p->fees;
        sum.funding += p->funding;
    }
    return sum;
}

static bool put_strategies(const report *r, struct json_object *to)
{
    struct json_object *list = json_put_array(to, "strategies");
    bool is_whole = list != NULL;

    for (uint32_t s = 1; s <= engine_strategies(r->engine) && is_whole; s++) {
        position sum = strategy_total(r, s);
        struct json_object *one = json_append_object(list);
        is_whole = json_put_text(one, "id", engine_strategy_id(r->engine, s)) &&
                   put_money(one, "realized_pnl", sum.realized_pnl) &&
                   put_money(one, "unrealized_pnl", position_unrealized(&sum)) &&
                   put_money(one, "fees", sum.fees) && put_money(one, "funding", sum.funding) &&
                   json_put_count(one, "trades", trips_of_strategy(r->trips, s)->trips);
    }
    return is_whole;
}

static double benchmark_return(const report *r)
{
    return r->benchmark_first > 0 ? (double)r->benchmark_last / (double)r->benchmark_first - 1
                                  : NAN;
}

static bool put_performance(const report *r, struct json_object *to)
{
    struct json_object *out = json_put_object(to, "performance");
    const statistic *rows;
    size_t n = statistics(&rows);
    bool is_whole = out != NULL;

    for (size_t i = 0; i < n && is_whole; i++)
        is_whole = statistic_put(out, &rows[i], rows[i].compute(&r->performance));
    return is_whole && json_put_text(out, "currency", r->currency) &&
           json_put_text(out, "benchmark", config_get(r->cfg)->report.benchmark) &&
           json_put_number(out, "benchmark_return", benchmark_return(r));
}

static double events_per_second(const report *r)
{
    int64_t ns = r->recorded ? 0 : engine_run_ns(r->engine);

    return ns > 0 ? (double)engine_count(r->engine)->market * 1e9 / (double)ns : NAN;
}

static double dispatch_ns(const report *r, double p)
{
    int64_t ns = engine_dispatch_ns(r->engine, p);

    return ns > 0 ? (double)ns : NAN; /* none was sampled */
}

/* A count that only the process knows that made the run: no record holds it. */
static bool put_own_count(const report *r, struct json_object *to, const char *key, uint64_t count)
{
    return r->recorded ? json_put_null(to, key) : json_put_count(to, key, count);
}

/* Time of each stage in the sampled events; null where no sampled event came by it. */
static bool put_stages(const report *r, struct json_object *to)
{
    struct json_object *list = json_put_array(to, "stages");
    bool is_whole = list != NULL;
    engine_stage s;

    for (uint32_t i = 0; engine_stage_at(r->engine, i, &s) && is_whole; i++) {
        struct json_object *one = json_append_object(list);
        is_whole = json_put_text(one, "stage", s.name) && json_put_count(one, "samples", s.n) &&
                   json_put_number(one, "p50_ns", s.n ? (double)s.p50_ns : NAN) &&
                   json_put_number(one, "p99_ns", s.n ? (double)s.p99_ns : NAN);
    }
    return is_whole;
}

static bool put_engine(const report *r, struct json_object *to)
{
    const engine_counts *c = engine_count(r->engine);
    struct json_object *out = json_put_object(to, "engine");
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return json_put_number(out, "events_per_s", events_per_second(r)) &&
           json_put_number(out, "dispatch_p50_ns", dispatch_ns(r, 0.5)) &&
           json_put_number(out, "dispatch_p99_ns", dispatch_ns(r, 0.99)) &&
           put_own_count(r, out, "max_rss_bytes", (uint64_t)usage.ru_maxrss * 1024) &&
           put_own_count(r, out, "allocations_hot", c->allocations) &&
           json_put_count(out, "events", c->events) &&
           json_put_count(out, "late_events", c->late) &&
           json_put_count(out, "refused_intents", c->refused) &&
           put_own_count(r, out, "strategy_errors", c->faults) &&
           put_own_count(r, out, "strikes", c->strikes) &&
           put_own_count(r, out, "over_budget", engine_over_budget(r->engine)) &&
           json_put_count(out, "order_anomalies", c->anomalies) &&
           put_own_count(r, out, "features", c->features) &&
           put_own_count(r, out, "functions_not_finite", c->not_finite) &&
           json_put_count(out, "halts", c->halts) &&
           put_own_count(r, out, "snapshots", c->snapshots) && put_stages(r, out);
}

struct json_object *summary_json(const report *r)
{
    struct json_object *json = json_object_new_object();

    return json_whole(json, put_run(r, json) && put_plugins(r, json) && put_faults(r, json) &&
                                put_operations(r, json) && put_functions(r, json) &&
                                put_trust(r, json) && put_data(r, json) && put_decisions(r, json) &&
                                put_orders(r, json) && put_accounts(r, json) &&
                                put_strategies(r, json) && put_performance(r, json) &&
                                put_engine(r, json));
}

/* What the command line added to the config: --set, --from and --to. */
static bool put_arguments(const report *r, struct json_object *to)
{
    const config_run *run = config_get(r->cfg);
    struct json_object *sets = json_put_array(to, "set");
    int64_t from = engine_from(r->engine);
    int64_t until = engine_to(r->engine);
    bool is_whole = sets != NULL;

    for (size_t i = 0; i < run->nsets && is_whole; i++)
        is_whole = json_append(sets, json_object_new_string(run->sets[i]));
    return is_whole &&
           (from == INT64_MIN ? json_put_null(to, "from") : json_put_time(to, "from", from)) &&
           (until == INT64_MAX ? json_put_null(to, "to") : json_put_time(to, "to", until));
}

/* Enough to run it again and to see that it is the same: what went in, as hashes. */
struct json_object *summary_manifest(const report *r)
{
    struct json_object *json = json_object_new_object();
    struct json_object *file;
    bool is_whole = json_put_text(json, "run_id", engine_run_id(r->engine)) &&
                    json_put_text(json, "host_version", r->version) &&
                    json_put_count(json, "abi", QN_ABI);

    file = json_put_object(json, "config");
    is_whole = is_whole && json_put_text(file, "file", config_get(r->cfg)->file) &&
               json_put_text(file, "sha256", config_sha256(r->cfg)) && put_arguments(r, json) &&
               json_put(json, "seed", json_object_new_int64(config_get(r->cfg)->seed)) &&
               put_plugins(r, json) && put_functions(r, json) && put_trust(r, json) &&
               put_data(r, json) && put_decisions(r, json);
    return json_whole(json, is_whole);
}

/* ------------------------------------------------------------------ text */

/* The lines of an account, in one column of exact decimals. */
typedef struct money_line {
    const char *title;
    int64_t money;
} money_line;

/* How many places it takes to show all of them exactly; two at least. */
static int32_t places_of(const money_line *lines, size_t n)
{
    int32_t places = 2;

    for (size_t i = 0; i < n; i++)
        while (places < -QN_MONEY_EXP && lines[i].money % qn_pow10(-QN_MONEY_EXP - places) != 0)
            places++;
    return places;
}

static void print_account(FILE *to, const char *venue_id, const account *a)
{
    const money_line lines[] = {
        {"Start", a->start},
        {"Realized profit", a->realized_pnl},
        {"Unrealized profit", a->unrealized_pnl},
        {"Fees paid", a->fees},
        {"Funding received", a->funding},
        {"Equity", account_equity(a)},
    };
    size_t n = sizeof lines / sizeof lines[0];
    int32_t places = places_of(lines, n);
    char text[QN_DECIMAL_TEXT];

    fprintf(to, "\nAccount %s %s\n", venue_id, a->currency);
    for (size_t i = 0; i < n; i++) {
        qn_decimal_format_fixed(lines[i].money, QN_MONEY_EXP, places, text);
        fprintf(to, "  %-22s %20s %s\n", lines[i].title, text, a->currency);
    }
}

static void print_statistic(FILE *to, const statistic *s, double value, const char *currency)
{
    fprintf(to, "  %-22s ", s->title);
    if (!isfinite(value))
        fprintf(to, "%20s\n", "n/a");
    else if (s->unit == STATISTIC_PART)
        fprintf(to, "%18.2f %%\n", value * 100);
    else if (s->unit == STATISTIC_COUNT)
        fprintf(to, "%20.0f\n", value);
    else if (s->unit == STATISTIC_DAYS)
        fprintf(to, "%20.1f days\n", value);
    else if (s->unit == STATISTIC_MONEY)
        fprintf(to, "%20.2f %s\n", value, currency);
    else
        fprintf(to, "%20.3f\n", value);
}

static void print_accounts(const report *r, FILE *to)
{
    const ledger *l = engine_ledger(r->engine);

    for (uint32_t i = 0; i < ledger_accounts(l); i++) {
        const account *a = ledger_account(l, i);
        print_account(to, engine_venue_id(r->engine, a->venue), a);
    }
}

/* What each strategy made of the account, where there is more than one of them and one account:
 * columns that add up to it. */
static void print_strategies(const report *r, FILE *to)
{
    uint32_t n = engine_strategies(r->engine);
    char profit[QN_DECIMAL_TEXT];
    char fees[QN_DECIMAL_TEXT];

    if (n < 2 || ledger_accounts(engine_ledger(r->engine)) != 1) return;
    fprintf(to, "\n%-24s %20s %20s %12s\n", "Strategies", "Profit", "Fees", "Round trips");
    for (uint32_t s = 1; s <= n; s++) {
        position sum = strategy_total(r, s);
        int64_t earned = sum.realized_pnl + position_unrealized(&sum) + sum.funding;
        qn_decimal_format_fixed(earned, QN_MONEY_EXP, -QN_MONEY_EXP, profit);
        qn_decimal_format_fixed(sum.fees, QN_MONEY_EXP, -QN_MONEY_EXP, fees);
        fprintf(to, "  %-22s %20s %20s %12llu\n", engine_strategy_id(r->engine, s), profit, fees,
                (unsigned long long)trips_of_strategy(r->trips, s)->trips);
    }
}

static void print_taint(const report *r, FILE *to)
{
    struct json_object *told = engine_trust(r->engine);
    struct json_object *list = json_get(told, "unsigned", json_type_array);
    size_t n = list ? json_object_array_length(list) : 0;

    if (n > 0) fprintf(to, "  tainted: ran unsigned plugins:");
    for (size_t i = 0; i < n; i++)
        fprintf(to, "%s %s", i ? "," : "",
                json_object_get_string(json_object_array_get_idx(list, i)));
    if (n > 0) fprintf(to, "\n");
    json_object_put(told);
}

void report_print_text(const report *r, FILE *to)
{
    const engine_counts *c = engine_count(r->engine);
    char from[TIME_TEXT];
    char until[TIME_TEXT];
    char hash[SHA256_HEX] = "?";
    const statistic *rows;
    size_t n = statistics(&rows);

    time_format_short(engine_first_ts(r->engine), from);
    time_format_short(engine_last_ts(r->engine), until);
    engine_decision_hash(r->engine, hash, NULL);
    fprintf(to, "%s: %s\n", config_get(r->cfg)->name, report_status(r));
    fprintf(to, "  %s to %s, %llu events", from, until, (unsigned long long)c->market);
    if (isfinite(events_per_second(r)))
        fprintf(to, ", %.1f million a second", events_per_second(r) * 1e-6);
    fprintf(to, "\n");
    fprintf(to,
            "  orders: %llu sent, %llu filled, %llu canceled, %llu expired, %llu rejected, "
            "%llu denied\n",
            (unsigned long long)c->submitted, (unsigned long long)c->filled,
            (unsigned long long)c->canceled, (unsigned long long)c->expired,
            (unsigned long long)c->rejected, (unsigned long long)c->denied);
    fprintf(to, "  fills: %llu, %llu of them as maker\n", (unsigned long long)c->fills,
            (unsigned long long)c->maker);
    if (c->refused)
        fprintf(to, "  %llu intents were refused: a strategy asked for what cannot be\n",
                (unsigned long long)c->refused);
    print_taint(r, to);
    print_accounts(r, to);
    print_strategies(r, to);
    fprintf(to, "\nPerformance\n");
    for (size_t i = 0; i < n; i++)
        if (rows[i].is_headline)
            print_statistic(to, &rows[i], rows[i].compute(&r->performance), r->currency);
    if (r->benchmark_first)
        fprintf(to, "  %-22s %18.2f %%\n", "Benchmark", benchmark_return(r) * 100);
    fprintf(to, "\nDecision hash %s\n", hash);
}
