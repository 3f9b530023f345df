/* SPDX-License-Identifier: MIT */
#include "synth.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/memory.h"
#include "flow.h"
#include "series.h"

#include <string.h>

#define PROGRESS_EVERY 4096 /* minutes */

/* A usual trade's mantissa: far enough from the end that a bar of any length adds up. */
#define USUAL_MOST 1e10

/* ---- options ---- */

static bool has_trades(const synth_options *opt)
{
    for (size_t i = 0; i < opt->ntypes; i++)
        if (opt->types[i].type == QN_EVENT_TRADE) return true;
    return false;
}

/* The comparisons are so that a NaN fails. */
static int32_t check_numbers(const synth_options *opt, qn_err *err)
{
    const struct {
        const char *option;
        double value, least, most;
        bool is_open; /* `least` itself is not allowed */
    } all[] = {
        {"--volatility", opt->path.volatility, 0, SYNTH_VOLATILITY_MAX, true},
        {"--drift", opt->path.drift, -SYNTH_DRIFT_MAX, SYNTH_DRIFT_MAX, false},
        {"--correlation", opt->path.correlation, 0, 1, false},
        {"--trade-rate", opt->trade_rate, 0, SYNTH_RATE_MAX, true},
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        double v = all[i].value;
        if (v >= all[i].least && v <= all[i].most && !(all[i].is_open && v <= all[i].least))
            continue;
        return fail(err, QN_E_RANGE, "%s %g: expected %s %g, at most %g", all[i].option, v,
                    all[i].is_open ? "more than" : "at least", all[i].least, all[i].most);
    }
    return QN_OK;
}

static int32_t check_span(const synth_options *opt, int64_t step, const char *what, qn_err *err)
{
    char text[TIME_TEXT];
    int64_t ends[] = {opt->from, opt->to};

    for (int i = 0; i < 2; i++) {
        if (ends[i] % step == 0) continue;
        time_format_short(ends[i], text);
        return fail(err, QN_E_INVALID, "--%s %s lies inside a %s", i ? "to" : "from", text, what);
    }
    return QN_OK;
}

static int32_t check_types(const synth_options *opt, qn_err *err)
{
    char text[DATA_TYPE_TEXT];
    int32_t rc = check_span(opt, PATH_MINUTE, "minute", err);

    if (rc == QN_OK && opt->ntypes == 0) return fail(err, QN_E_MISSING, "--types: none is given");
    for (size_t i = 0; i < opt->ntypes && rc == QN_OK; i++) {
        data_type data = opt->types[i];
        data_type_format(data, text);
        rc = series_check(data, has_trades(opt), err);
        if (rc == QN_OK && data.length) rc = check_span(opt, data.length, text, err);
        for (size_t k = 0; k < i && rc == QN_OK; k++)
            if (opt->types[k].type == data.type && opt->types[k].length == data.length)
                rc = fail(err, QN_E_DUPLICATE, "--types: %s is given twice", text);
    }
    return rc;
}

static bool is_synthetic(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && dot != name && strcmp(dot + 1, SYNTH_VENUE) == 0;
}

static int32_t check_instrument(const synth_options *opt, size_t i, qn_err *err)
{
    const synth_instrument *ins = &opt->instruments[i];
    const qn_instrument *def = &ins->definition;

    if (!is_synthetic(def->name))
        return fail(err, QN_E_INVALID,
                    "--instrument %s: the venue of what is made up is '%s', so that nobody takes "
                    "it for a market's: expected SYMBOL.%s",
                    def->name, SYNTH_VENUE, SYNTH_VENUE);
    for (size_t k = 0; k < i; k++)
        if (strcmp(opt->instruments[k].definition.name, def->name) == 0)
            return fail(err, QN_E_DUPLICATE, "--instrument %s is given twice", def->name);
    if (ins->price < def->tick_size || ins->price % def->tick_size != 0 ||
        ins->price > FLOW_PRICE_MOST)
        return fail(err, QN_E_RANGE,
                    "%s: --price is no multiple of --tick, or more than 10^15 of its smallest unit",
                    def->name);
    if (flow_usual_lots(def, (double)ins->price / (double)def->tick_size) * (double)def->lot_size >
        USUAL_MOST)
        return fail(err, QN_E_RANGE, "%s: --lot is too large, or far too small, for --price",
                    def->name);
    return QN_OK;
}

int32_t synth_check(const synth_options *opt, qn_err *err)
{
    int32_t rc;

    if (opt->ninstruments == 0) return fail(err, QN_E_MISSING, "--instrument: none is given");
    if (opt->from >= opt->to) return fail(err, QN_E_RANGE, "--to does not lie after --from");
    if ((rc = check_numbers(opt, err)) != QN_OK) return rc;
    if ((rc = check_types(opt, err)) != QN_OK) return rc;
    for (size_t i = 0; i < opt->ninstruments && rc == QN_OK; i++)
        rc = check_instrument(opt, i, err);
    return rc;
}

/* ---- the catalog ---- */

static int32_t check_free(const catalog *cat, const synth_options *opt, const char *name,
                          data_type data, qn_err *err)
{
    const catalog_file *files;
    size_t n = catalog_find(cat, name, data, &files);
    char text[DATA_TYPE_TEXT];
    char from[TIME_TEXT];
    char to[TIME_TEXT];

    for (size_t i = 0; i < n; i++) {
        if (files[i].last_ts <= opt->from || files[i].first_ts > opt->to) continue;
        data_type_format(data, text);
        time_format_short(files[i].first_ts, from);
        time_format_short(files[i].last_ts, to);
        return fail(err, QN_E_EXISTS,
                    "%s has %s %s from %s to %s already: choose another span, or another catalog",
                    opt->catalog, name, text, from, to);
    }
    return QN_OK;
}

/* Told before anything is made, not after minutes of it. The writer would see most of this, but
 * not where the rows of the catalog lie between two of the new ones. */
static int32_t check_catalog(const synth_options *opt, qn_err *err)
{
    catalog *cat = NULL;
    int32_t rc = catalog_open(opt->catalog, &cat, err);

    if (rc == QN_E_NOT_FOUND) return QN_OK;
    for (size_t i = 0; i < opt->ninstruments && rc == QN_OK; i++)
        for (size_t k = 0; k < opt->ntypes && rc == QN_OK; k++)
            rc = check_free(cat, opt, opt->instruments[i].definition.name, opt->types[k], err);
    catalog_close(cat);
    return rc;
}

/* ---- making ---- */

typedef struct meter {
    const synth_options *opt;
    uint64_t done, all; /* minutes of all series */
} meter;

static void minute_done(void *ctx)
{
    meter *m = ctx;

    if (++m->done % PROGRESS_EVERY == 0 && m->opt->progress)
        m->opt->progress(m->opt->progress_ctx, (double)m->done / (double)m->all);
}

static int32_t make_all(const synth_options *opt, catalog_writer *w, synth_result *out, qn_err *err)
{
    uint64_t minutes = (uint64_t)((opt->to - opt->from) / PATH_MINUTE);
    meter m = {opt, 0, minutes * opt->ninstruments * opt->ntypes};
    int32_t rc = QN_OK;

    for (size_t i = 0; i < opt->ninstruments && rc == QN_OK; i++) {
        const synth_instrument *ins = &opt->instruments[i];
        rc = catalog_writer_instrument(w, &ins->definition, err);
        for (size_t k = 0; k < opt->ntypes && rc == QN_OK; k++) {
            synth_series *one = &out->series[out->n++];
            *one = (synth_series){.instrument = ins->definition.name, .data = opt->types[k]};
            rc =
                series_make(opt, ins, opt->types[k], has_trades(opt), w, minute_done, &m, one, err);
            out->rows += one->rows;
        }
    }
    return rc == QN_OK ? catalog_writer_publish(w, err) : rc;
}

int32_t synth_run(const synth_options *opt, synth_result *out, qn_err *err)
{
    catalog_writer *w = NULL;
    int32_t rc;

    *out = (synth_result){0};
    if ((rc = synth_check(opt, err)) != QN_OK) return rc;
    if ((rc = check_catalog(opt, err)) != QN_OK) return rc;
    if (!(out->series = mem_new(opt->ninstruments * opt->ntypes, sizeof *out->series)))
        return fail(err, QN_E_NO_MEMORY, "out of memory");
    if ((rc = catalog_writer_open(opt->catalog, &w, err)) == QN_OK) rc = make_all(opt, w, out, err);
    catalog_writer_close(w);
    if (rc != QN_OK) synth_result_free(out);
    return rc;
}

void synth_result_free(synth_result *result)
{
    mem_free(result->series);
    *result = (synth_result){0};
}
