/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "page.h"
#include "sheet.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/memory.h"

#include <string.h>
#include <sys/random.h>

/* ------------------------------------------------------------------ watching the run */

/* Equity and cash of all accounts in the report's currency. */
static void totals(const report *r, int64_t *equity, int64_t *cash)
{
    *equity = *cash = 0;
    for (uint32_t i = 0; i < r->naccounts; i++) {
        const account *a = &r->accounts[i];
        if (i > 0 && strcmp(a->currency, r->currency) != 0) continue;
        *equity += account_equity(a);
        *cash += account_cash(a);
    }
}

static void on_sample(void *ctx, const curve_sample *s)
{
    tables_sample(ctx, s);
}

static void see(report *r, int64_t ts)
{
    bool is_exposed = trips_open(r->trips) > 0;
    int64_t equity;
    int64_t cash;

    totals(r, &equity, &cash);
    curve_mark(&r->curve, ts, equity, cash, is_exposed);
    r->is_moving = is_exposed;
}

/* Out of line, so that a mark while everything is flat needs no stack. */
__attribute__((noinline)) static void see_mark(report *r, uint32_t instrument, int64_t ts)
{
    trips_mark(r->trips, instrument);
    see(r, ts);
}

/* Nothing to see while everything is flat: equity stays as it is, and the curve fills in the
 * samples of such a time by itself. */
static void on_mark(void *ctx, uint32_t instrument, int64_t price, int64_t ts)
{
    report *r = ctx;

    if (instrument == r->benchmark) {
        if (!r->benchmark_first) r->benchmark_first = price;
        r->benchmark_last = price;
        curve_reference(&r->curve, ts, price);
    }
    if (r->is_moving) see_mark(r, instrument, ts);
}

/* The tear sheet sees prices while everything is flat, too. */
static void on_mark_with_sheet(void *ctx, uint32_t instrument, int64_t price, int64_t ts)
{
    report *r = ctx;

    on_mark(ctx, instrument, price, ts);
    sheet_mark(r->sheet, r, instrument, price, ts, r->curve.equity, r->curve.cash);
}

static void on_payment(void *ctx, const qn_payment *payment)
{
    report *r = ctx;

    see(r, payment->venue_ts);
    if (r->sheet) sheet_payment(r->sheet, r, payment);
}

/* Statistics are of one currency: money of another cannot be added to it. */
static bool is_counted(const report *r, uint32_t instrument)
{
    return strcmp(engine_instrument(r->engine, instrument)->settle, r->currency) == 0;
}

static void on_fill(void *ctx, const qn_fill *fill, const order *o, int64_t realized)
{
    report *r = ctx;
    int64_t notional = 0;

    valuation_money(ledger_valuation(engine_ledger(r->engine), fill->hdr.instrument), fill->qty,
                    fill->price, &notional);
    r->volume += notional;
    if (is_counted(r, fill->hdr.instrument)) r->traded += notional;
    r->is_moving = true;
    tables_fill(r, fill, o, realized);
    if (r->sheet) sheet_fill_add(r->sheet, r, fill, o, notional);
    curve_pass(&r->curve, fill->venue_ts, trips_open(r->trips) > 0);
    trips_fill(r->trips, o->sent.strategy, fill, realized);
}

static void on_order(void *ctx, const order *o)
{
    report *r = ctx;

    if (r->sheet) sheet_order(r->sheet, o);
    tables_order(ctx, o);
}

static void on_trip(void *ctx, const trip *t)
{
    report *r = ctx;

    if (is_counted(r, t->instrument)) trip_totals_add(&r->done, t);
    if (r->sheet) sheet_trip(r->sheet, t);
    tables_trip(ctx, t);
}

/* ------------------------------------------------------------------ from start to end */

static uint32_t find_benchmark(const report *r)
{
    const char *name = config_get(r->cfg)->report.benchmark;

    for (uint32_t i = 0; name && i < engine_instruments(r->engine); i++)
        if (strcmp(engine_instrument(r->engine, i)->name, name) == 0) return i;
    return NO_BENCHMARK;
}

static int32_t begin(report *r, qn_err *err)
{
    int64_t equity;
    int64_t cash;

    totals(r, &equity, &cash);
    curve_begin(&r->curve, config_get(r->cfg)->report.sample, engine_first_ts(r->engine), equity,
                cash, r->benchmark != NO_BENCHMARK, on_sample, r);
    return r->dir ? sheet_new(r, &r->sheet, err) : QN_OK;
}

int32_t report_new(engine *e, config *cfg, const report_options *options, report **out, qn_err *err)
{
    const char *dir = options->dir;
    report *r = mem_new(1, sizeof *r);
    engine_observer observer;
    int32_t rc = QN_OK;

    if (!r) return fail(err, QN_E_NO_MEMORY, "no memory for the report");
    *r = (report){.engine = e,
                  .cfg = cfg,
                  .dir = dir,
                  .version = options->version,
                  .recorded = options->recorded,
                  .started = clock_wall()};
    if (r->recorded) {
        r->version = r->recorded->version;
        r->started = r->recorded->begun;
    }
    r->accounts = ledger_account(engine_ledger(e), 0);
    r->naccounts = ledger_accounts(engine_ledger(e));
    r->currency = r->accounts[0].currency;
    r->benchmark = find_benchmark(r);
    r->trips =
        trips_new(engine_ledger(e), engine_instruments(e), engine_strategies(e) + 1, on_trip, r);
    if (!r->trips) rc = fail(err, QN_E_NO_MEMORY, "no memory for the report");
    if (rc == QN_OK && dir) rc = tables_open(r, err);
    if (rc == QN_OK) rc = begin(r, err);
    if (rc != QN_OK) {
        report_free(r);
        return rc;
    }
    observer = (engine_observer){.ctx = r,
                                 .on_fill = on_fill,
                                 .on_order = on_order,
                                 .on_mark = dir ? on_mark_with_sheet : on_mark,
                                 .on_payment = on_payment};
    engine_observe(e, &observer);
    *out = r;
    return QN_OK;
}

void report_free(report *r)
{
    if (!r) return;
    for (int i = 0; i < TABLES; i++)
        file_out_close(&r->tables[i], false, NULL);
    trips_free(r->trips);
    sheet_free(r->sheet);
    curve_free(&r->curve);
    mem_free(r);
}

static int32_t look_back(report *r, qn_err *err)
{
    double per_year = config_get(r->cfg)->report.periods_per_year;
    double sample = (double)r->curve.sample_ns;

    r->performance = (performance){
        .curve = &r->curve,
        .trips = r->done,
        .periods_per_year = per_year > 0 ? per_year : 365.0 * (double)QN_NS_PER_DAY / sample,
        .traded = (double)r->traded * 1e-8};
    return performance_prepare(&r->performance, err);
}

static int32_t write_json(report *r, const char *name, struct json_object *json, qn_err *err)
{
    char path[PATH_ROOM];
    const char *text = json_text(json);
    file_out out = {0};
    int32_t rc;

    if (!text) return fail(err, QN_E_NO_MEMORY, "no memory for %s", name);
    if ((rc = path_join(r->dir, name, path, err)) != QN_OK) return rc;
    if ((rc = file_out_open(&out, path, err)) != QN_OK) return rc;
    file_out_text(&out, text);
    file_out_text(&out, "\n");
    return file_out_close(&out, false, err);
}

static int32_t write_page(report *r, struct json_object *result, struct json_object *manifest,
                          qn_err *err)
{
    const page_run run = {.result = result,
                          .manifest = manifest,
                          .sheet = r->sheet,
                          .returns = r->curve.returns,
                          .nreturns = r->curve.nreturns,
                          .first_ts = r->curve.first_ts,
                          .sample_ns = r->curve.sample_ns,
                          .periods_per_year = r->performance.periods_per_year};
    char path[PATH_ROOM];
    int32_t rc = path_join(r->dir, "report.html", path, err);

    return rc == QN_OK ? page_write(path, &run, err) : rc;
}

/* One result for all three: each figure of the page is one of report.json. */
static int32_t write_results(report *r, qn_err *err)
{
    struct json_object *result = summary_json(r);
    struct json_object *manifest = summary_manifest(r);
    int32_t rc = write_json(r, "report.json", result, err);

    if (rc == QN_OK) rc = write_json(r, "manifest.json", manifest, err);
    if (rc == QN_OK) rc = write_page(r, result, manifest, err);
    json_object_put(result);
    json_object_put(manifest);
    return rc;
}

int32_t report_finish(report *r, qn_err *err)
{
    int64_t equity;
    int64_t cash;
    int64_t end = engine_last_ts(r->engine);
    int32_t rc;

    r->finished = r->recorded ? r->recorded->ended : clock_wall();
    totals(r, &equity, &cash);
    curve_end(&r->curve, end, equity, cash, trips_open(r->trips) > 0);
    if ((rc = look_back(r, err)) != QN_OK) return rc;
    if (!r->dir) return QN_OK;
    sheet_finish(r->sheet, r, r->curve.last_ts, equity, cash);
    rc = tables_close(r, err);
    if (rc == QN_OK) rc = write_results(r, err);
    return rc;
}

int32_t report_print_json(report *r, FILE *to, qn_err *err)
{
    struct json_object *json = summary_json(r);
    const char *text = json_text(json);
    int32_t rc = QN_OK;

    if (!text)
        rc = fail(err, QN_E_NO_MEMORY, "no memory for the result");
    else if (fprintf(to, "%s\n", text) < 0 || fflush(to) != 0)
        rc = fail_errno(err, "cannot write the result");
    json_object_put(json);
    return rc;
}
