/* SPDX-License-Identifier: MIT
 *
 * quoin data import */
#include "data.h"
#include "option.h"
#include "progress.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "tape/event_table.h"
#include "tape/import/exchange_info.h"
#include "tape/import/import.h"
#include "tape/import/raw.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

enum {
    KEY_BAR = 1000,
    KEY_STAMP,
    KEY_COLUMNS,
    KEY_SKIP,
    KEY_TICK,
    KEY_LOT,
    KEY_PRICE_EXP,
    KEY_QTY_EXP,
    KEY_CONTRACT,
    KEY_NOTIONAL,
    KEY_BASE,
    KEY_QUOTE,
    KEY_SETTLE,
    KEY_KIND,
    KEY_INFO,
    KEY_TYPE,
    KEY_JSON
};

static const struct argp_option options[] = {
    {"format", 'f', "FORMAT", 0, "What the files hold; see below", 1},
    {"instrument", 'i', "SYMBOL.venue", 0, "Whose data it is", 1},
    {"into", 'd', "CATALOG", 0, "Folder of the catalog; made if there is none", 1},
    {"bar", KEY_BAR, "LENGTH", 0, "Length of the bars: 1m, 4h, 1d (default: found out)", 2},
    {"stamp", KEY_STAMP, "open|close", 0, "Which end of a bar its time names (default: open)", 2},
    {"columns", KEY_COLUMNS, "COLUMN=NAME,...", 0,
     "Where columns stand: a name in the header, or a number from 1; volume=none if there is none",
     2},
    {"type", KEY_TYPE, "TYPE,...", 0,
     "Of binance-raw: import these alone: depth, quote, trade, mark, index, liquidation", 2},
    {"skip-bad", KEY_SKIP, NULL, 0, "Pass over bad rows, listing them, instead of stopping", 2},
    {"tick", KEY_TICK, "D", 0, "Smallest step of a price", 3},
    {"lot", KEY_LOT, "D", 0, "Smallest step of a quantity", 3},
    {"price-exp", KEY_PRICE_EXP, "N", 0, "Exponent of prices: -2 counts in cents", 3},
    {"qty-exp", KEY_QTY_EXP, "N", 0, "Exponent of quantities", 3},
    {"contract-size", KEY_CONTRACT, "D", 0, "Size of one contract (default: 1)", 3},
    {"min-notional", KEY_NOTIONAL, "D", 0, "Smallest value of an order (default: none)", 3},
    {"base", KEY_BASE, "CURRENCY", 0, "What is traded (default: read from the symbol)", 3},
    {"quote", KEY_QUOTE, "CURRENCY", 0, "What prices are in (default: read from the symbol)", 3},
    {"settle", KEY_SETTLE, "CURRENCY", 0, "What profit is in (default: quote; inverse: base)", 3},
    {"kind", KEY_KIND, "KIND", 0, "spot, linear or inverse (default: linear)", 3},
    {"exchange-info", KEY_INFO, "FILE", 0,
     "Take what is not given from the exchangeInfo of Binance (JSON)", 3},
    {"json", KEY_JSON, NULL, 0, "Print the result as JSON", 4},
    {"quiet", 'q', NULL, 0, "Warnings and errors only", 4},
    {0}};

typedef struct arguments {
    import_options opt;
    const char *format, *bar, *stamp, *types, *info_file;
    exchange_info info;
    char **patterns; /* the FILE arguments */
    size_t npatterns;
    bool is_json, is_quiet;
} arguments;

#define TEXT(key, member)                                                                          \
    {                                                                                              \
        key, offsetof(arguments, member)                                                           \
    }
static const option_text texts[] = {
    TEXT('f', format),
    TEXT('i', opt.instrument.name),
    TEXT('d', opt.catalog),
    TEXT(KEY_BAR, bar),
    TEXT(KEY_STAMP, stamp),
    TEXT(KEY_COLUMNS, opt.columns),
    TEXT(KEY_TICK, opt.instrument.tick),
    TEXT(KEY_LOT, opt.instrument.lot),
    TEXT(KEY_PRICE_EXP, opt.instrument.price_exp),
    TEXT(KEY_QTY_EXP, opt.instrument.qty_exp),
    TEXT(KEY_CONTRACT, opt.instrument.contract_size),
    TEXT(KEY_NOTIONAL, opt.instrument.min_notional),
    TEXT(KEY_BASE, opt.instrument.base),
    TEXT(KEY_QUOTE, opt.instrument.quote),
    TEXT(KEY_SETTLE, opt.instrument.settle),
    TEXT(KEY_KIND, opt.instrument.kind),
    TEXT(KEY_INFO, info_file),
    TEXT(KEY_TYPE, types),
};
#undef TEXT

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    if (option_store(texts, sizeof texts / sizeof texts[0], key, arg, a)) return 0;
    switch (key) {
    case KEY_SKIP:
        a->opt.skip_bad = true;
        return 0;
    case KEY_JSON:
        a->is_json = true;
        return 0;
    case 'q':
        a->is_quiet = true;
        return 0;
    case ARGP_KEY_ARGS:
        a->patterns = state->argv + state->next;
        a->npatterns = (size_t)(state->argc - state->next);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The formats, behind the options of --help. argp frees what is not the text it gave. */
static char *help_filter(int key, const char *text, void *input)
{
    const importer *const *all;
    size_t n = importers(&all);
    size_t room = 4096;
    size_t len = 0;
    char *help;

    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC || !text || !(help = mem_new(1, room)))
        return (char *)(uintptr_t)text;
    len += (size_t)snprintf(help, room, "Formats:\n");
    for (size_t i = 0; i < n && len < room; i++)
        len +=
            (size_t)snprintf(help + len, room - len, "  %-18s %s\n", all[i]->name, all[i]->about);
    if (len < room) snprintf(help + len, room - len, "%s", text);
    return help;
}

static const char doc[] =
    "Import market data from files into a catalog: all of it, or, if a row is bad, nothing."
    "\v"
    "\n"
    "Files may be plain, .gz, .zst or .zip (one file in it), are given in any order, and may be "
    "patterns. Times are ISO 8601 (UTC where no zone is said) or s, ms, us, ns since 1970.\n"
    "\n"
    "An instrument that the catalog does not know is defined by the options; without --tick or "
    "--lot its steps are the finest decimal place in the data.\n"
    "\n"
    "Examples:\n"
    "  quoin data import --format ohlcv --instrument GOOG.nasdaq --quote USD --tick 0.01 \\\n"
    "      --lot 1 --bar 1d --into var/catalog GOOG.csv\n"
    "  quoin data import --format binance-klines --instrument BTCUSDT.binance --bar 1m \\\n"
    "      --into var/catalog 'BTCUSDT-1m-2024-*.zip'\n"
    "  quoin data import --format trades --columns ts=1,price=5,qty=6,side=4 \\\n"
    "      --instrument XRPETH.binance --into var/catalog trades.csv.gz\n"
    "  quoin data import --format binance-raw --instrument BTCUSDT.binance \\\n"
    "      --exchange-info exchangeInfo.json --into var/catalog capture.jsonl.zst\n"
    "\n"
    "Exit status: 0 imported; 2 wrong usage; 4 a file is missing, damaged or has a bad row.";

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "FILE...",
    .doc = doc,
    .help_filter = help_filter,
};

/* --- arguments -------------------------------------------------------------------------- */

static int32_t unknown_format(const char *name, qn_err *err)
{
    char known[256] = "";
    size_t len = 0;
    const importer *const *all;
    size_t n = importers(&all);

    for (size_t i = 0; i < n && len < sizeof known; i++)
        len +=
            (size_t)snprintf(known + len, sizeof known - len, "%s%s", i ? ", " : "", all[i]->name);
    return fail(err, QN_E_UNKNOWN_NAME, "--format %.32s: expected one of %s", name, known);
}

static int32_t read_bar(const char *text, int64_t *out, qn_err *err)
{
    if (duration_parse(text, strlen(text), out) != QN_OK)
        return fail(err, QN_E_SYNTAX, "--bar %.40s: expected a length such as 1m, 4h or 1d", text);
    if (*out > BAR_LENGTH_MAX)
        return fail(err, QN_E_RANGE, "--bar %.40s: expected at most 366d", text);
    return QN_OK;
}

/* "depth,trade" -> bits of event types. */
static int32_t read_types(const char *text, uint32_t *out, qn_err *err)
{
    for (const char *p = text; p; p = *p ? p + 1 : NULL) {
        size_t len = strcspn(p, ",");
        const event_row *row = event_row_named(p, len);
        if (!row || !(raw_types() >> row->type & 1))
            return fail(err, QN_E_UNKNOWN_NAME,
                        "--type %.40s: expected some of depth, quote, trade, mark, index, "
                        "liquidation",
                        text);
        *out |= 1u << row->type;
        p += len;
    }
    return QN_OK;
}

/* What only some formats have a use for. */
static int32_t check_use(const arguments *a, qn_err *err)
{
    const importer *format = a->opt.format;
    bool is_bar = format->type == QN_EVENT_BAR;

    if (!is_bar && (a->bar || a->stamp))
        return fail(err, QN_E_INVALID, "%s says nothing in format %s, which has no bars",
                    a->bar ? "--bar" : "--stamp", a->format);
    if (format->is_messages ? a->opt.columns != NULL : a->types != NULL)
        return fail(err, QN_E_INVALID, "%s says nothing in format %s, which has %s",
                    a->types ? "--type" : "--columns", a->format,
                    a->types ? "one type alone" : "no columns");
    return QN_OK;
}

/* --exchange-info */
static int32_t take_info(arguments *a, qn_err *err)
{
    qn_err why = QN_ERR_INIT;
    int32_t rc = exchange_info_read(a->info_file, &a->opt.instrument, &a->info, &why);

    if (rc == QN_OK) return rc;
    return fail(err, rc, "--exchange-info %.120s: %s", a->info_file, why.msg);
}

static int32_t check(arguments *a, qn_err *err)
{
    import_options *opt = &a->opt;
    int32_t rc;

    if (!a->format) return fail(err, QN_E_MISSING, "--format is required");
    if (!opt->catalog) return fail(err, QN_E_MISSING, "--into CATALOG is required");
    if (a->npatterns == 0) return fail(err, QN_E_MISSING, "no FILE is given");
    if (!(opt->format = importer_find(a->format))) return unknown_format(a->format, err);
    if ((rc = check_use(a, err)) != QN_OK) return rc;
    if (a->types && (rc = read_types(a->types, &opt->types, err)) != QN_OK) return rc;
    if (a->bar && (rc = read_bar(a->bar, &opt->bar, err)) != QN_OK) return rc;
    if (a->stamp && strcmp(a->stamp, "open") != 0 && strcmp(a->stamp, "close") != 0)
        return fail(err, QN_E_UNKNOWN_NAME, "--stamp %.40s: expected open or close", a->stamp);
    opt->is_close_time = a->stamp && strcmp(a->stamp, "close") == 0;
    if (!a->info_file) return QN_OK;
    /* the name is judged first: what is looked up in the file is a part of it */
    if ((rc = options_check(&opt->instrument, err)) != QN_OK) return rc;
    return take_info(a, err);
}

/* The files that the arguments stand for. */
typedef struct file_list {
    char **names;
    size_t n, room;
} file_list;

static int32_t list_add(file_list *list, const char *name, qn_err *err)
{
    if (!mem_reserve((void **)&list->names, &list->room, list->n + 1, sizeof *list->names) ||
        !(list->names[list->n] = mem_text(name)))
        return fail(err, QN_E_NO_MEMORY, "out of memory");
    list->n++;
    return QN_OK;
}

static void list_free(file_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        mem_free(list->names[i]);
    mem_free(list->names);
}

static int32_t list_add_matches(file_list *list, const char *pattern, qn_err *err)
{
    glob_t found = {0};
    int result = glob(pattern, 0, NULL, &found);
    int32_t rc = QN_OK;

    if (result == GLOB_NOMATCH)
        rc = fail(err, QN_E_NOT_FOUND, "no file matches %.200s", pattern);
    else if (result == GLOB_NOSPACE)
        rc = fail(err, QN_E_NO_MEMORY, "out of memory");
    else if (result != 0)
        rc = fail(err, QN_E_IO, "cannot look for %.200s", pattern);
    for (size_t i = 0; i < found.gl_pathc && rc == QN_OK; i++)
        rc = list_add(list, found.gl_pathv[i], err);
    globfree(&found);
    return rc;
}

/* A name that exists is that file, whatever characters it has; any other is a pattern. */
static int32_t find_files(const arguments *a, file_list *list, qn_err *err)
{
    int32_t rc = QN_OK;

    for (size_t i = 0; i < a->npatterns && rc == QN_OK; i++)
        rc = file_exists(a->patterns[i]) ? list_add(list, a->patterns[i], err)
                                         : list_add_matches(list, a->patterns[i], err);
    return rc;
}

/* --- what is told ----------------------------------------------------------------------- */

/* Exit status of a failure: a file's rows are data, everything else what its code says. */
static int tell_failure(const import_result *result, int32_t rc, const qn_err *err)
{
    if (!result->bad_file) return cli_fail(rc, err);
    log_at(LOG_ERROR, result->bad_file, result->bad_line, "%s [%s]", err->msg, error_name(rc));
    return rc == QN_E_NO_MEMORY ? EXIT_FAILED : EXIT_DATA;
}

static bool put_series(struct json_object *o, const import_result *r)
{
    struct json_object *all = json_put_array(o, "series");
    bool is_whole = all != NULL;
    char data[DATA_TYPE_TEXT];

    for (size_t i = 0; i < r->nseries; i++) {
        const import_series *s = &r->series[i];
        struct json_object *one = json_append_object(all);
        data_type_format(s->data, data);
        is_whole = is_whole && json_put_text(one, "data", data) &&
                   json_put_count(one, "rows", s->rows) && json_put_time(one, "from", s->from) &&
                   json_put_time(one, "to", s->to);
    }
    return is_whole;
}

static bool put_passed(struct json_object *o, const import_passed *p)
{
    struct json_object *to = json_put_object(o, "passed_over");

    return json_put_count(to, "other_symbols", p->other_symbols) &&
           json_put_count(to, "other_messages", p->other_messages) &&
           json_put_count(to, "not_market", p->not_market) &&
           json_put_count(to, "aggregated", p->aggregated);
}

static int tell_json(const arguments *a, const import_result *r, double seconds)
{
    char data[DATA_TYPE_TEXT];
    struct json_object *o = json_object_new_object();
    bool is_whole;

    data_type_format(r->series[0].data, data);
    is_whole = json_put_text(o, "catalog", a->opt.catalog) &&
               json_put_text(o, "format", a->opt.format->name) &&
               json_put(o, "instrument", json_instrument(&r->instrument)) &&
               json_put_text(o, "data", r->nseries == 1 ? data : NULL) &&
               json_put_count(o, "files", r->files) && json_put_count(o, "rows", r->rows) &&
               json_put_count(o, "skipped", r->skipped) && json_put_count(o, "late", r->late) &&
               json_put_time(o, "from", r->from) && json_put_time(o, "to", r->to) &&
               put_series(o, r) && put_passed(o, &r->passed) &&
               json_put(o, "seconds", json_object_new_double(seconds));
    return cli_print_json(o, is_whole, EXIT_DONE);
}

static int tell(const arguments *a, const import_result *r, double seconds)
{
    char data[DATA_TYPE_TEXT];
    char from[TIME_TEXT];
    char to[TIME_TEXT];

    if (r->skipped > 0)
        log_line(LOG_WARNING, "%llu bad rows skipped", (unsigned long long)r->skipped);
    if (a->is_json) return tell_json(a, r, seconds);
    for (size_t i = 0; i < r->nseries; i++) {
        const import_series *s = &r->series[i];
        data_type_format(s->data, data);
        time_format_short(s->from, from);
        time_format_short(s->to, to);
        printf("%s %s: %llu rows of %zu file%s, %s to %s\n", r->instrument.name, data,
               (unsigned long long)s->rows, r->files, r->files == 1 ? "" : "s", from, to);
    }
    return EXIT_DONE;
}

int cmd_data_import(int argc, char **argv)
{
    arguments a = {0};
    import_result result = {0};
    file_list files = {0};
    qn_err err = QN_ERR_INIT;
    int64_t start = clock_steady();
    int32_t rc;
    int status;

    cli_parse(&argp, argc, argv, &a);
    if (a.is_quiet) log_set_level(LOG_WARNING);
    if ((rc = check(&a, &err)) != QN_OK || (rc = find_files(&a, &files, &err)) != QN_OK) {
        status = cli_fail(rc, &err);
        goto done;
    }
    a.opt.files = (const char *const *)files.names;
    a.opt.nfiles = files.n;
    if (progress_wanted(a.is_quiet)) a.opt.progress = progress_draw;
    rc = import_run(&a.opt, &result, &err);
    if (a.opt.progress) progress_wipe();
    status = rc == QN_OK ? tell(&a, &result, (double)(clock_steady() - start) / 1e9)
                         : tell_failure(&result, rc, &err);
done:
    list_free(&files);
    return status;
}
