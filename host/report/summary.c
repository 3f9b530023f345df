/* SPDX-License-Identifier: MIT
 *
 * The result of a run, as one JSON object and as a page of text. */
#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>

/* ------------------------------------------------------------------ JSON values
 *
 * json-c reports a lack of memory by NULL, which is also its null; what that would turn into
 * is a missing figure, and json_object_to_json_string then fails for the whole. */

static void set(struct json_object *to, const char *key, struct json_object *value)
{
    json_object_object_add(to, key, value);
}

static void set_text(struct json_object *to, const char *key, const char *text)
{
    set(to, key, text ? json_object_new_string(text) : NULL);
}

static void set_count(struct json_object *to, const char *key, uint64_t n)
{
    set(to, key, json_object_new_int64((int64_t)n));
}

static void set_amount(struct json_object *to, const char *key, int64_t mantissa, int32_t exp)
{
    char text[QN_DECIMAL_TEXT];

    qn_decimal_format(mantissa, exp, text);
    set_text(to, key, text);
}

static void set_money(struct json_object *to, const char *key, int64_t money)
{
    set_amount(to, key, money, QN_MONEY_EXP);
}

static void set_time(struct json_object *to, const char *key, int64_t ts)
{
    char text[TIME_TEXT];

    time_format(ts, text);
    set_text(to, key, text);
}

/* A number, or null where it is not defined. */
static void set_number(struct json_object *to, const char *key, double value)
{
    char text[40];

    snprintf(text, sizeof text, "%.12g", value);
    set(to, key, isfinite(value) ? json_object_new_double_s(value, text) : NULL);
}

static struct json_object *set_object(struct json_object *to, const char *key)
{
    struct json_object *made = json_object_new_object();

    set(to, key, made);
    return made;
}

static struct json_object *set_array(struct json_object *to, const char *key)
{
    struct json_object *made = json_object_new_array();

    set(to, key, made);
    return made;
}

static struct json_object *add_object(struct json_object *to)
{
    struct json_object *made = json_object_new_object();

    json_object_array_add(to, made);
    return made;
}

/* ------------------------------------------------------------------ parts of the result */

static performance performance_of(const report *r)
{
    double per_year = config_get(r->cfg)->report.periods_per_year;
    int64_t sample = r->curve.sample_ns;

    return (performance){.curve = &r->curve,
                         .trips = trips_of_all(r->trips),
                         .periods_per_year = per_year > 0
                                                 ? per_year
                                                 : 365.0 * (double)QN_NS_PER_DAY / (double)sample,
                         .traded = (double)r->volume * 1e-8};
}

static void add_run(const report *r, struct json_object *to)
{
    struct json_object *run = set_object(to, "run");

    set_text(run, "id", r->id);
    set_text(run, "name", config_get(r->cfg)->name);
    set_text(run, "host_version", r->version);
    set_text(run, "config_sha256", config_sha256(r->cfg));
    set_count(run, "seed", (uint64_t)config_get(r->cfg)->seed);
    set_time(run, "started", r->started);
    set_time(run, "finished", r->finished);
    set_number(run, "wall_s", (double)(r->finished - r->started) * 1e-9);
    set_text(run, "status", run_status_name(engine_status(r->engine)));
}

static void add_plugins(const report *r, struct json_object *to)
{
    struct json_object *list = set_array(to, "plugins");

    for (uint32_t i = 0; i < engine_plugins(r->engine); i++) {
        engine_plugin p = engine_plugin_at(r->engine, i);
        struct json_object *one = add_object(list);
        set_text(one, "id", p.id);
        set_text(one, "class", p.cls->id);
        set_text(one, "version", p.cls->version);
        set_text(one, "sha256", p.module->sha256);
        set_text(one, "license", p.cls->license);
    }
}

static int32_t add_data(const report *r, struct json_object *to, qn_err *err)
{
    struct json_object *data = set_object(to, "data");
    struct json_object *names = set_array(data, "instruments");
    char hash[SHA256_HEX];
    int32_t rc = engine_data_hash(r->engine, hash, err);

    if (rc != QN_OK) return rc;
    for (uint32_t i = 0; i < engine_instruments(r->engine); i++)
        json_object_array_add(names, json_object_new_string(engine_instrument(r->engine, i)->name));
    set_time(data, "from", engine_first_ts(r->engine));
    set_time(data, "to", engine_last_ts(r->engine));
    set_count(data, "events", engine_count(r->engine)->market);
    set_text(data, "sha256", hash);
    return QN_OK;
}

static void add_orders(const report *r, struct json_object *to)
{
    const engine_counts *c = engine_count(r->engine);
    struct json_object *ended = set_object(to, "orders");
    struct json_object *fills = set_object(to, "fills");

    set_count(ended, "submitted", c->submitted);
    set_count(ended, "accepted", c->accepted);
    set_count(ended, "filled", c->filled);
    set_count(ended, "canceled", c->canceled);
    set_count(ended, "rejected", c->rejected);
    set_count(ended, "denied", c->denied);
    set_count(ended, "expired", c->expired);
    set_count(fills, "count", c->fills);
    set_count(fills, "maker", c->maker);
    set_count(fills, "taker", c->taker);
    set_money(fills, "volume", r->volume > INT64_MAX ? INT64_MAX : (int64_t)r->volume);
}

static void add_accounts(const report *r, struct json_object *to)
{
    const ledger *l = engine_ledger(r->engine);
    struct json_object *list = set_array(to, "accounts");

    for (uint32_t i = 0; i < ledger_accounts(l); i++) {
        const account *a = ledger_account(l, i);
        struct json_object *one = add_object(list);
        set_text(one, "venue", engine_venue_id(r->engine, a->venue));
        set_text(one, "currency", a->currency);
        set_money(one, "start", a->start);
        set_money(one, "end", account_cash(a));
        set_money(one, "equity", account_equity(a));
        set_money(one, "realized_pnl", a->realized_pnl);
        set_money(one, "unrealized_pnl", a->unrealized_pnl);
        set_money(one, "fees", a->fees);
        set_money(one, "funding", a->funding);
    }
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

static void add_strategies(const report *r, struct json_object *to)
{
    struct json_object *list = set_array(to, "strategies");

    for (uint32_t s = 1; s <= engine_strategies(r->engine); s++) {
        position sum = strategy_total(r, s);
        struct json_object *one = add_object(list);
        set_text(one, "id", engine_strategy_id(r->engine, s));
        set_money(one, "realized_pnl", sum.realized_pnl);
        set_money(one, "unrealized_pnl", position_unrealized(&sum));
        set_money(one, "fees", sum.fees);
        set_money(one, "funding", sum.funding);
        set_count(one, "trades", trips_of_strategy(r->trips, s)->trips);
    }
}

static void add_statistic(struct json_object *to, const statistic *s, double value)
{
    char text[64];

    if (s->unit == STATISTIC_COUNT && isfinite(value)) {
        set_count(to, s->name, (uint64_t)value);
    } else if (s->unit == STATISTIC_MONEY && isfinite(value)) {
        snprintf(text, sizeof text, "%.8f", value);
        set_text(to, s->name, text);
    } else {
        set_number(to, s->name, value);
    }
}

static double benchmark_return(const report *r)
{
    return r->benchmark_first > 0 ? (double)r->benchmark_last / (double)r->benchmark_first - 1
                                  : NAN;
}

static void add_performance(const report *r, struct json_object *to)
{
    performance p = performance_of(r);
    struct json_object *out = set_object(to, "performance");
    const statistic *rows;
    size_t n = statistics(&rows);

    for (size_t i = 0; i < n; i++)
        add_statistic(out, &rows[i], rows[i].compute(&p));
    set_text(out, "currency", r->currency);
    set_text(out, "benchmark", config_get(r->cfg)->report.benchmark);
    set_number(out, "benchmark_return", benchmark_return(r));
}

static double events_per_second(const report *r)
{
    int64_t ns = engine_run_ns(r->engine);

    return ns > 0 ? (double)engine_count(r->engine)->market * 1e9 / (double)ns : NAN;
}

static void add_engine(const report *r, struct json_object *to)
{
    const engine_counts *c = engine_count(r->engine);
    struct json_object *out = set_object(to, "engine");
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    set_number(out, "events_per_s", events_per_second(r));
    set_count(out, "dispatch_p50_ns", (uint64_t)engine_dispatch_ns(r->engine, 0.5));
    set_count(out, "dispatch_p99_ns", (uint64_t)engine_dispatch_ns(r->engine, 0.99));
    set_count(out, "max_rss_bytes", (uint64_t)usage.ru_maxrss * 1024);
    set_count(out, "allocations_hot", c->allocations);
    set_count(out, "events", c->events);
    set_count(out, "late_events", c->late);
    set_count(out, "refused_intents", c->refused);
    set_count(out, "strategy_errors", c->faults);
    set_count(out, "order_anomalies", c->anomalies);
}

struct json_object *summary_json(report *r, qn_err *err)
{
    struct json_object *json = json_object_new_object();
    char hash[SHA256_HEX];

    if (!json || engine_decision_hash(r->engine, hash, err) != QN_OK) goto failed;
    add_run(r, json);
    add_plugins(r, json);
    if (add_data(r, json, err) != QN_OK) goto failed;
    set_text(json, "decision_hash", hash);
    add_orders(r, json);
    add_accounts(r, json);
    add_strategies(r, json);
    add_performance(r, json);
    add_engine(r, json);
    return json;
failed:
    json_object_put(json);
    return NULL;
}

/* Enough to run it again and to see that it is the same: what went in, as hashes. */
struct json_object *summary_manifest(report *r, qn_err *err)
{
    struct json_object *json = json_object_new_object();
    struct json_object *file;
    char hash[SHA256_HEX];

    if (!json || engine_decision_hash(r->engine, hash, err) != QN_OK) goto failed;
    set_text(json, "run_id", r->id);
    set_text(json, "host_version", r->version);
    set_count(json, "abi", QN_ABI);
    file = set_object(json, "config");
    set_text(file, "file", config_get(r->cfg)->file);
    set_text(file, "sha256", config_sha256(r->cfg));
    set_count(json, "seed", (uint64_t)config_get(r->cfg)->seed);
    add_plugins(r, json);
    if (add_data(r, json, err) != QN_OK) goto failed;
    set_text(json, "decision_hash", hash);
    return json;
failed:
    json_object_put(json);
    return NULL;
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

void report_print_text(const report *r, FILE *to)
{
    const engine_counts *c = engine_count(r->engine);
    performance p = performance_of(r);
    char from[TIME_TEXT];
    char until[TIME_TEXT];
    char hash[SHA256_HEX] = "?";
    const statistic *rows;
    size_t n = statistics(&rows);

    time_format_short(engine_first_ts(r->engine), from);
    time_format_short(engine_last_ts(r->engine), until);
    engine_decision_hash(r->engine, hash, NULL);
    fprintf(to, "%s: %s\n", config_get(r->cfg)->name, run_status_name(engine_status(r->engine)));
    fprintf(to, "  %s to %s, %llu events, %.1f million a second\n", from, until,
            (unsigned long long)c->market, events_per_second(r) * 1e-6);
    fprintf(to, "  %llu orders, %llu fills (%llu as maker), %llu rejected, %llu denied\n",
            (unsigned long long)c->submitted, (unsigned long long)c->fills,
            (unsigned long long)c->maker, (unsigned long long)c->rejected,
            (unsigned long long)c->denied);
    print_accounts(r, to);
    fprintf(to, "\nPerformance\n");
    for (size_t i = 0; i < n; i++)
        print_statistic(to, &rows[i], rows[i].compute(&p), r->currency);
    if (r->benchmark_first)
        fprintf(to, "  %-22s %18.2f %%\n", "Benchmark", benchmark_return(r) * 100);
    fprintf(to, "\nDecision hash %s\n", hash);
}
