/* SPDX-License-Identifier: MIT
 *
 * quoin data export */
#include "data.h"
#include "option.h"

#include "base/clock.h"
#include "base/fail.h"
#include "tape/event_table.h"
#include "tape/tape.h"

#include <quoin/sdk/decimal.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STDOUT_ROOM ((size_t)256 * 1024)
#define LINE_ROOM 1024 /* FIELDS_MAX values of at most QN_DECIMAL_TEXT bytes */

enum { KEY_FROM = 1000, KEY_TO, KEY_CSV };

static const struct argp_option options[] = {
    {"instrument", 'i', "SYMBOL.venue", 0, "Whose data", 0},
    {"type", 't', "TYPE", 0, "bar:1m, bar (if there is one length), trade, quote, ...", 0},
    {"from", KEY_FROM, "T", 0, "Only events later than T (ISO 8601)", 0},
    {"to", KEY_TO, "T", 0, "Only events up to T", 0},
    {"csv", KEY_CSV, NULL, 0, "As CSV, which is the default", 0},
    {0}};

typedef struct arguments {
    const char *catalog, *instrument, *type, *from, *to;
} arguments;

static const option_text texts[] = {
    {'i', offsetof(arguments, instrument)},
    {'t', offsetof(arguments, type)},
    {KEY_FROM, offsetof(arguments, from)},
    {KEY_TO, offsetof(arguments, to)},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    if (option_store(texts, sizeof texts / sizeof texts[0], key, arg, a)) return 0;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->catalog;
        return 0;
    case KEY_CSV:
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Write market data of a catalog to standard output as CSV."
    "\v"
    "Bars that the catalog does not hold are built from finer ones, or from trades. The time of "
    "a bar is printed as its open; --from and --to count by its end, as they do in a run.\n"
    "\n"
    "Examples:\n"
    "  quoin data export var/catalog --instrument BTCUSDT.binance --type bar:1m > bars.csv\n"
    "  quoin data export var/catalog -i BTCUSDT.binance -t trade --from 2024-01-01 --to 2024-01-02";

static const struct argp_child children[] = {{&data_catalog_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = options, .parser = parse, .args_doc = "CATALOG", .doc = doc, .children = children};

/* What is to be exported. */
typedef struct job {
    const qn_instrument *instrument;
    data_type data;
    int64_t from, to;
    const event_row *row;
    const event_field *columns[FIELDS_MAX]; /* by their place */
    size_t ncolumns;
} job;

/* "bar" alone means the one length that there is. */
static int32_t only_length(const catalog *cat, const char *instrument, data_type *out, qn_err *err)
{
    const catalog_file *files;
    size_t n = catalog_files(cat, &files);
    char one[DATA_TYPE_TEXT];
    char other[DATA_TYPE_TEXT];

    *out = (data_type){QN_EVENT_BAR, 0};
    for (size_t i = 0; i < n; i++) {
        if (strcmp(files[i].instrument, instrument) != 0 || files[i].data.type != QN_EVENT_BAR ||
            files[i].data.length == out->length)
            continue;
        if (out->length) {
            data_type_format(*out, one);
            data_type_format(files[i].data, other);
            return fail(err, QN_E_INVALID, "--type bar: %s has %s and %s; say which", instrument,
                        one, other);
        }
        *out = files[i].data;
    }
    if (!out->length)
        return fail(err, QN_E_NOT_FOUND,
                    "the catalog holds no bars of %s; say which to build: bar:1m", instrument);
    return QN_OK;
}

static int32_t prepare(const catalog *cat, const arguments *a, job *j, qn_err *err)
{
    int32_t rc;

    if (!a->instrument) return fail(err, QN_E_MISSING, "--instrument SYMBOL.venue is required");
    if (!a->type) return fail(err, QN_E_MISSING, "--type is required: bar:1m, trade, ...");
    j->from = INT64_MIN;
    j->to = INT64_MAX;
    if ((rc = option_time("--from", a->from, &j->from, err)) != QN_OK) return rc;
    if ((rc = option_time("--to", a->to, &j->to, err)) != QN_OK) return rc;
    if (strcmp(a->type, "bar") != 0 && (rc = data_type_parse(a->type, &j->data)) != QN_OK)
        return fail(err, rc, "--type %.40s: expected bar:1m, trade, quote, depth, mark or funding",
                    a->type);
    if (!(j->instrument = catalog_instrument(cat, a->instrument, 0)))
        return fail(err, QN_E_NOT_FOUND, "the catalog does not know the instrument %.64s",
                    a->instrument);
    if (strcmp(a->type, "bar") == 0 &&
        (rc = only_length(cat, a->instrument, &j->data, err)) != QN_OK)
        return rc;
    if (!(j->row = event_row_of(j->data.type)))
        return fail(err, QN_E_INVALID, "--type %.40s is not stored", a->type);
    for (size_t i = 0; i < j->row->nfields; i++) {
        const event_field *field = &j->row->fields[i];
        if (field->place == 0) continue;
        j->columns[field->place - 1] = field;
        if (field->place > j->ncolumns) j->ncolumns = field->place;
    }
    return QN_OK;
}

static size_t put_text(char *to, const char *text)
{
    size_t len = strlen(text);

    memcpy(to, text, len + 1);
    return len;
}

/* One value; `to` has QN_DECIMAL_TEXT bytes. */
static size_t put_value(const job *j, const event_field *field, const qn_event *ev, char *to)
{
    int64_t value = event_field_get(field, ev);
    bool is_book = ev->type == QN_EVENT_DEPTH;

    switch ((field_kind)field->kind) {
    case FIELD_TIME:
        return time_format(value, to);
    case FIELD_PRICE:
        return qn_decimal_format(value, j->instrument->price_exp, to);
    case FIELD_QTY:
        return qn_decimal_format(value, j->instrument->qty_exp, to);
    case FIELD_RATE:
        return qn_decimal_format(value, QN_FUNDING_EXP, to);
    case FIELD_ID:
        return (size_t)snprintf(to, QN_DECIMAL_TEXT, "%" PRIu64, (uint64_t)value);
    case FIELD_SIDE:
        if (is_book) return put_text(to, value == QN_BUY ? "bid" : "ask");
        return put_text(to, value == QN_BUY ? "buy" : "sell");
    case FIELD_FLAGS:
        return put_text(to, value & QN_EVENT_SNAPSHOT ? "snapshot" : "delta");
    }
    return 0;
}

static void print_head(const job *j)
{
    for (size_t i = 0; i < j->ncolumns; i++)
        printf("%s%s", i ? "," : "", j->columns[i]->head);
    putchar('\n');
}

static void print_event(const job *j, const qn_event *ev)
{
    char line[LINE_ROOM];
    size_t len = 0;

    for (size_t i = 0; i < j->ncolumns; i++) {
        len += put_value(j, j->columns[i], ev, line + len);
        line[len++] = i + 1 < j->ncolumns ? ',' : '\n';
    }
    fwrite(line, 1, len, stdout);
}

static int32_t export_all(const catalog *cat, const job *j, qn_err *err)
{
    tape_stream stream = {j->instrument, j->data};
    tape *t = NULL;
    int32_t rc = tape_open(cat, &stream, 1, j->from, j->to, &t, err);

    if (rc != QN_OK) return rc;
    print_head(j);
    while (t->head && rc == QN_OK && !ferror(stdout)) {
        print_event(j, t->head);
        rc = tape_next(t, err);
    }
    tape_close(t);
    return rc;
}

int cmd_data_export(int argc, char **argv)
{
    static char buffer[STDOUT_ROOM]; /* outlives this call, as stdout does */
    arguments a = {0};
    job j = {0};
    catalog *cat = NULL;
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    cli_parse(&argp, argc, argv, &a);
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    if ((rc = catalog_open(a.catalog, &cat, &err)) != QN_OK) return cli_fail(rc, &err);
    if ((rc = prepare(cat, &a, &j, &err)) == QN_OK) rc = export_all(cat, &j, &err);
    catalog_close(cat);
    return rc == QN_OK ? EXIT_DONE : cli_fail(rc, &err);
}
