/* SPDX-License-Identifier: MIT
 *
 * quoin data synth */
#include "data.h"
#include "option.h"
#include "progress.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/memory.h"
#include "synth/synth.h"
#include "tape/import/instrument.h"

#include <quoin/sdk/decimal.h>

#include <stdio.h>
#include <string.h>

#define INSTRUMENT_DEFAULT "BTCUSDT." SYNTH_VENUE
#define TYPES_DEFAULT "bar:1m,funding,mark"
#define FROM_DEFAULT "2024-01-01"
#define DAYS_DEFAULT "90"
#define DAYS_MOST 40000
#define INSTRUMENTS_MAX 256
#define MIN_NOTIONAL "5"

enum {
    KEY_FROM = 1000,
    KEY_TO,
    KEY_DAYS,
    KEY_SEED,
    KEY_TYPES,
    KEY_CORRELATION,
    KEY_VOLATILITY,
    KEY_DRIFT,
    KEY_RATE,
    KEY_PRICE,
    KEY_TICK,
    KEY_LOT,
    KEY_JSON
};

static const struct argp_option options[] = {
    {"into", 'd', "CATALOG", 0, "Folder of the catalog; made if there is none", 1},
    {"instrument", 'i', "SYMBOL.synthetic", 0,
     "What is made; several make a basket (default: " INSTRUMENT_DEFAULT ")", 1},
    {"seed", KEY_SEED, "N", 0, "Another number, another market (default: 1)", 1},
    {"from", KEY_FROM, "TIME", 0, "Where it begins (default: " FROM_DEFAULT ")", 2},
    {"to", KEY_TO, "TIME", 0, "Where it ends", 2},
    {"days", KEY_DAYS, "N", 0, "The same, in days (default: " DAYS_DEFAULT ")", 2},
    {"types", KEY_TYPES, "TYPE,...", 0,
     "bar:LENGTH, trade, quote, mark, index, funding (default: " TYPES_DEFAULT ")", 2},
    {"volatility", KEY_VOLATILITY, "D", 0, "Of a year, a fraction (default: 0.6)", 3},
    {"drift", KEY_DRIFT, "D", 0, "Growth of the expected price in a year (default: 0)", 3},
    {"correlation", KEY_CORRELATION, "D", 0,
     "Of the returns of any two instruments, 0 to 1 (default: 0.6)", 3},
    {"trade-rate", KEY_RATE, "D", 0, "Trades a second, on the average (default: 1)", 3},
    {"price", KEY_PRICE, "D", 0, "Price at the beginning (default: by the symbol, else 100)", 4},
    {"tick", KEY_TICK, "D", 0, "Smallest step of a price (default: fits the price)", 4},
    {"lot", KEY_LOT, "D", 0, "Smallest step of a quantity (default: fits the price)", 4},
    {"json", KEY_JSON, NULL, 0, "Print the result as JSON", 5},
    {"quiet", 'q', NULL, 0, "Warnings and errors only", 5},
    {0}};

/* As it was typed; NULL = not given. */
typedef struct arguments {
    const char *into, *seed, *from, *to, *days, *types;
    const char *volatility, *drift, *correlation, *rate;
    const char *price, *tick, *lot;
    const char *names[INSTRUMENTS_MAX];
    size_t nnames;
    bool is_json, is_quiet;
} arguments;

static const option_text texts[] = {
    {'d', offsetof(arguments, into)},
    {KEY_SEED, offsetof(arguments, seed)},
    {KEY_FROM, offsetof(arguments, from)},
    {KEY_TO, offsetof(arguments, to)},
    {KEY_DAYS, offsetof(arguments, days)},
    {KEY_TYPES, offsetof(arguments, types)},
    {KEY_VOLATILITY, offsetof(arguments, volatility)},
    {KEY_DRIFT, offsetof(arguments, drift)},
    {KEY_CORRELATION, offsetof(arguments, correlation)},
    {KEY_RATE, offsetof(arguments, rate)},
    {KEY_PRICE, offsetof(arguments, price)},
    {KEY_TICK, offsetof(arguments, tick)},
    {KEY_LOT, offsetof(arguments, lot)},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    arguments *a = state->input;

    if (option_store(texts, sizeof texts / sizeof texts[0], key, arg, a)) return 0;
    switch (key) {
    case 'i':
        if (a->nnames == INSTRUMENTS_MAX)
            cli_usage(state, "more than %d instruments", INSTRUMENTS_MAX);
        a->names[a->nnames++] = arg;
        return 0;
    case KEY_JSON:
        a->is_json = true;
        return 0;
    case 'q':
        a->is_quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        cli_usage(state, "'%s' is no option: nothing is read from files", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Make up market data from a seed: a perpetual, or a basket of correlated ones, with "
    "regimes of volatility, a daily pattern, jumps, order flow, quotes and funding."
    "\v"
    "The same options give the same bytes on every machine. The venue is 'synthetic', so that "
    "every report says what its data is. Bars are the aggregation of the trades where trades are "
    "made, and of the same price process where not.\n"
    "\n"
    "Examples:\n"
    "  quoin data synth --into var/catalog\n"
    "  quoin data synth --into var/catalog --days 1 --types trade,quote,bar:1m,mark,funding\n"
    "  quoin data synth --into var/catalog -i BTCUSDT.synthetic -i ETHUSDT.synthetic \\\n"
    "      --correlation 0.8 --from 2022-01-01 --to 2024-01-01 --types bar:1h,funding\n"
    "\n"
    "Exit status: 0 made; 2 wrong usage; 4 the catalog has data there already, or is damaged.";

static const struct argp argp = {.options = options, .parser = parse, .doc = doc};

/* --- numbers and times ------------------------------------------------------------------- */

static int32_t read_decimal(const char *option, const char *text, qn_decimal *out, qn_err *err)
{
    if (qn_decimal_parse(text, strlen(text), out) != QN_OK)
        return fail(err, QN_E_SYNTAX, "%s %.40s: expected a decimal number of at most 18 places",
                    option, text);
    return QN_OK;
}

static int32_t read_number(const char *option, const char *text, double *out, qn_err *err)
{
    qn_decimal value = {0};
    int32_t rc = text ? read_decimal(option, text, &value, err) : QN_OK;

    if (text && rc == QN_OK) *out = qn_decimal_double(value.mantissa, value.exp);
    return rc;
}

static int32_t read_span(const arguments *a, synth_options *opt, qn_err *err)
{
    int64_t days = 0;
    int32_t rc = option_time("--from", a->from ? a->from : FROM_DEFAULT, &opt->from, err);

    if (rc != QN_OK) return rc;
    if (a->to && a->days) return fail(err, QN_E_INVALID, "--to and --days both say where it ends");
    if (a->to) return option_time("--to", a->to, &opt->to, err);
    rc = option_whole("--days", a->days ? a->days : DAYS_DEFAULT, 1, DAYS_MOST, &days, err);
    if (rc == QN_OK && __builtin_add_overflow(opt->from, days * QN_NS_PER_DAY, &opt->to))
        rc = fail(err, QN_E_RANGE, "--days %.40s ends outside the years 1678 to 2261", a->days);
    return rc;
}

static int32_t read_types(const char *list, data_type types[SYNTH_TYPES_MAX], size_t *n,
                          qn_err *err)
{
    char one[DATA_TYPE_TEXT];

    for (*n = 0; list; (*n)++) {
        const char *comma = strchr(list, ',');
        size_t len = comma ? (size_t)(comma - list) : strlen(list);
        if (*n == SYNTH_TYPES_MAX)
            return fail(err, QN_E_OVERFLOW, "--types: more than %d", SYNTH_TYPES_MAX);
        snprintf(one, sizeof one, "%.*s", (int)(len < sizeof one ? len : sizeof one - 1), list);
        if (data_type_parse(one, &types[*n]) != QN_OK)
            return fail(err, QN_E_SYNTAX,
                        "--types: '%s' is no type of data; expected bar:LENGTH (bar:1m), trade, "
                        "quote, mark, index or funding",
                        one);
        list = comma ? comma + 1 : NULL;
    }
    return QN_OK;
}

/* --- instruments ------------------------------------------------------------------------- */

/* What well-known ones cost, roughly: a familiar look for a demo, and nothing else. */
static const struct {
    const char *base;
    const char *price;
} prices[] = {{"BTC", "60000"}, {"ETH", "3000"}, {"BNB", "600"},
              {"SOL", "150"},   {"XRP", "0.6"},  {"DOGE", "0.15"}};

static const char *price_of(const char *base)
{
    for (size_t i = 0; i < sizeof prices / sizeof prices[0]; i++)
        if (strcmp(prices[i].base, base) == 0) return prices[i].price;
    return "100";
}

/* The power of ten that a price begins with: 4 for 60000, -1 for 0.6. */
static int decade_of(qn_decimal price)
{
    int decade = price.exp - 1;

    for (int64_t m = price.mantissa; m > 0; m /= 10)
        decade++;
    return decade;
}

/* The name's parts and the options make a definition; the tick is a hundred-thousandth of the
 * price's power of ten, a lot is worth 10 to 100 units of money. */
static int32_t define(const arguments *a, const char *name, synth_instrument *out, qn_err *err)
{
    instrument_options ins = {
        .name = name, .tick = a->tick, .lot = a->lot, .min_notional = MIN_NOTIONAL};
    char tick[16];
    char lot[16];
    const char *text;
    qn_decimal price;
    int32_t rc;

    if ((rc = options_check(&ins, err)) != QN_OK) return rc;
    if ((rc = options_define(&ins, 0, 0, &out->definition, err)) != QN_OK) return rc;
    text = a->price ? a->price : price_of(out->definition.base);
    if ((rc = read_decimal("--price", text, &price, err)) != QN_OK) return rc;
    if (price.mantissa <= 0 || decade_of(price) < -7 || decade_of(price) > 12)
        return fail(err, QN_E_RANGE, "--price %.40s: expected 10^-7 to 10^12", text);
    snprintf(tick, sizeof tick, "1e%d", decade_of(price) - 5);
    snprintf(lot, sizeof lot, "1e%d", 1 - decade_of(price));
    if (!ins.tick) ins.tick = tick;
    if (!ins.lot) ins.lot = lot;
    if ((rc = options_define(&ins, 0, 0, &out->definition, err)) != QN_OK) return rc;
    if ((rc = qn_decimal_at(price, out->definition.price_exp, &out->price)) != QN_OK)
        return fail(err, rc, "--price %.40s is finer than --tick %.40s, or too large for it", text,
                    ins.tick);
    return QN_OK;
}

static int32_t read_instruments(const arguments *a, synth_instrument *out, size_t *n, qn_err *err)
{
    int32_t rc = QN_OK;

    *n = a->nnames ? a->nnames : 1;
    for (size_t i = 0; i < *n && rc == QN_OK; i++)
        rc = define(a, a->nnames ? a->names[i] : INSTRUMENT_DEFAULT, &out[i], err);
    return rc;
}

static int32_t read_options(const arguments *a, synth_options *opt, qn_err *err)
{
    int64_t seed = 1;
    int32_t rc;

    if (!a->into) return fail(err, QN_E_MISSING, "--into CATALOG is required");
    opt->catalog = a->into;
    opt->path.volatility = opt->path.correlation = 0.6;
    opt->trade_rate = 1;
    rc = option_whole("--seed", a->seed, 0, INT64_MAX, &seed, err);
    opt->path.seed = (uint64_t)seed;
    if (rc == QN_OK) rc = read_number("--volatility", a->volatility, &opt->path.volatility, err);
    if (rc == QN_OK) rc = read_number("--drift", a->drift, &opt->path.drift, err);
    if (rc == QN_OK) rc = read_number("--correlation", a->correlation, &opt->path.correlation, err);
    if (rc == QN_OK) rc = read_number("--trade-rate", a->rate, &opt->trade_rate, err);
    return rc == QN_OK ? read_span(a, opt, err) : rc;
}

/* --- what is told ------------------------------------------------------------------------ */

static bool put_series(struct json_object *list, const synth_series *s)
{
    struct json_object *o = json_append_object(list);
    char data[DATA_TYPE_TEXT];

    data_type_format(s->data, data);
    return json_put_text(o, "instrument", s->instrument) && json_put_text(o, "data", data) &&
           json_put_count(o, "rows", s->rows) &&
           (s->rows ? json_put_time(o, "from", s->from) : json_put_null(o, "from")) &&
           (s->rows ? json_put_time(o, "to", s->to) : json_put_null(o, "to"));
}

static int tell_json(const synth_options *opt, const synth_result *r, double seconds)
{
    struct json_object *o = json_object_new_object();
    struct json_object *list;
    bool is_whole =
        json_put_text(o, "catalog", opt->catalog) && json_put_bool(o, "synthetic", true) &&
        json_put_count(o, "seed", opt->path.seed) && json_put_time(o, "from", opt->from) &&
        json_put_time(o, "to", opt->to) && json_put_number(o, "volatility", opt->path.volatility) &&
        json_put_number(o, "drift", opt->path.drift) &&
        json_put_number(o, "correlation", opt->path.correlation) &&
        json_put_number(o, "trade_rate", opt->trade_rate) && json_put_count(o, "rows", r->rows) &&
        json_put_number(o, "seconds", seconds);

    list = json_put_array(o, "instruments");
    for (size_t i = 0; i < opt->ninstruments; i++)
        is_whole = is_whole && json_append(list, json_instrument(&opt->instruments[i].definition));
    list = json_put_array(o, "series");
    for (size_t i = 0; i < r->n; i++)
        is_whole = is_whole && put_series(list, &r->series[i]);
    return cli_print_json(o, is_whole, EXIT_DONE);
}

static int tell(const arguments *a, const synth_options *opt, const synth_result *r, double seconds)
{
    char data[DATA_TYPE_TEXT];
    char from[TIME_TEXT];
    char to[TIME_TEXT];

    if (a->is_json) return tell_json(opt, r, seconds);
    for (size_t i = 0; i < r->n; i++) {
        const synth_series *s = &r->series[i];
        data_type_format(s->data, data);
        printf("%s %s: ", s->instrument, data);
        if (s->rows == 0) {
            printf("no rows\n");
            continue;
        }
        time_format_short(s->from, from);
        time_format_short(s->to, to);
        printf("%llu rows, %s to %s\n", (unsigned long long)s->rows, from, to);
    }
    return EXIT_DONE;
}

int cmd_data_synth(int argc, char **argv)
{
    arguments a = {0};
    synth_options opt = {0};
    synth_result result = {0};
    synth_instrument *instruments = NULL;
    data_type types[SYNTH_TYPES_MAX];
    qn_err err = QN_ERR_INIT;
    int64_t start = clock_steady();
    int32_t rc;
    int status;

    cli_parse(&argp, argc, argv, &a);
    if (a.is_quiet) log_set_level(LOG_WARNING);
    if (!(instruments = mem_new(a.nnames + 1, sizeof *instruments)))
        return cli_fail(QN_E_NO_MEMORY, NULL);
    opt.instruments = instruments;
    opt.types = types;
    if ((rc = read_options(&a, &opt, &err)) != QN_OK) goto done;
    if ((rc = read_types(a.types ? a.types : TYPES_DEFAULT, types, &opt.ntypes, &err)) != QN_OK)
        goto done;
    if ((rc = read_instruments(&a, instruments, &opt.ninstruments, &err)) != QN_OK) goto done;
    if (progress_wanted(a.is_quiet)) opt.progress = progress_draw;
    rc = synth_run(&opt, &result, &err);
    if (opt.progress) progress_wipe();
done:
    status = rc == QN_OK ? tell(&a, &opt, &result, (double)(clock_steady() - start) / 1e9)
                         : cli_fail(rc, &err);
    synth_result_free(&result);
    mem_free(instruments);
    return status;
}
