/* SPDX-License-Identifier: MIT */
#include "instrument.h"

#include "../manifest.h"

#include "base/fail.h"

#include <quoin/sdk/decimal.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define EXP_MIN (-18)
#define EXP_MAX 18
#define VENUE_MAX 32 /* characters of an id */

/* Currencies in which prices are quoted, for symbols that are written without a separator;
 * where several fit, the longest. */
static const char *const currencies[] = {"USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USD",
                                         "EUR",  "GBP",  "JPY",   "CHF",  "CAD",  "AUD",
                                         "TRY",  "BRL",  "BTC",   "ETH",  "BNB",  "DAI"};

static const struct {
    const char *name;
    uint32_t kind;
} kinds[] = {{"spot", QN_SPOT}, {"linear", QN_LINEAR}, {"inverse", QN_INVERSE}};
#define KINDS (sizeof kinds / sizeof kinds[0])

static uint32_t kind_of(const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0) return kinds[i].kind;
    return 0;
}

static const char *kind_name(uint32_t kind)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].kind == kind) return kinds[i].name;
    return "?";
}

/* The options that are decimals, and how small they may be. */
typedef struct decimal_option {
    const char *name;
    const char *text;
    bool may_be_zero;
} decimal_option;

static int32_t check_decimal(const decimal_option *opt, qn_err *err)
{
    qn_decimal value;
    int32_t rc;

    if (!opt->text) return QN_OK;
    if ((rc = qn_decimal_parse(opt->text, strlen(opt->text), &value)) != QN_OK)
        return fail(err, rc, "%s %.40s: expected a decimal number of at most 18 places", opt->name,
                    opt->text);
    if (value.mantissa < 0 || (value.mantissa == 0 && !opt->may_be_zero))
        return fail(err, QN_E_RANGE, "%s %.40s: expected a number above 0", opt->name, opt->text);
    return QN_OK;
}

/* An exponent: "-2". */
static int32_t read_exp(const char *name, const char *text, int32_t *out, qn_err *err)
{
    int64_t value;

    if (qn_decimal_parse_at(text, strlen(text), 0, &value) != QN_OK)
        return fail(err, QN_E_SYNTAX, "%s %.40s: expected a whole number such as -2", name, text);
    if (value < EXP_MIN || value > EXP_MAX)
        return fail(err, QN_E_RANGE, "%s %.40s: expected %d to %d", name, text, EXP_MIN, EXP_MAX);
    *out = (int32_t)value;
    return QN_OK;
}

/* What is said of the step of prices or quantities: by options, and by the data where they are
 * silent. */
typedef struct step_options {
    const char *step_name, *step;
    const char *exp_name, *exp;
    int32_t places; /* of the step */
    int32_t finer;  /* of values that need not be multiples of it */
} step_options;

/* The step, and the exponent that holds it. */
static int32_t read_step(const step_options *opt, int32_t *out_exp, int64_t *out_step, qn_err *err)
{
    qn_decimal value = {1, -opt->places, 0};
    int32_t rc;

    if (opt->step && (rc = qn_decimal_parse(opt->step, strlen(opt->step), &value)) != QN_OK)
        return rc;
    *out_exp = value.exp < 0 ? value.exp : 0;
    if (*out_exp > -opt->finer) *out_exp = -opt->finer;
    if (opt->exp && (rc = read_exp(opt->exp_name, opt->exp, out_exp, err)) != QN_OK) return rc;
    if (opt->exp && !opt->step) value = (qn_decimal){1, *out_exp, 0};
    if ((rc = qn_decimal_at(value, *out_exp, out_step)) != QN_OK)
        return fail(err, rc, "%s %.40s does not fit the exponent %d", opt->step_name, opt->step,
                    *out_exp);
    return QN_OK;
}

/* What a config can say of an instrument, and a catalog can hold: no blanks, nothing that a
 * shell, a path or a list would take for its own. */
static bool is_name_char(char c)
{
    return c > ' ' && c <= '~' && !strchr("/,\\\"'`$*?<>|&;", c);
}

/* The venue of SYMBOL.venue is an id of a config. */
static int32_t check_venue(const char *name, const char *venue, qn_err *err)
{
    if (venue[strspn(venue, "abcdefghijklmnopqrstuvwxyz0123456789_-")])
        return fail(err, QN_E_SYNTAX,
                    "--instrument %.64s: '%.64s' is no venue; expected an id of a-z, 0-9, '_' "
                    "and '-'",
                    name, venue);
    if (strlen(venue) > VENUE_MAX)
        return fail(err, QN_E_OVERFLOW,
                    "--instrument %.64s: the venue is longer than %d characters", name, VENUE_MAX);
    return QN_OK;
}

static int32_t check_name(const char *name, qn_err *err)
{
    const char *dot = name ? strrchr(name, '.') : NULL;

    if (!name) return fail(err, QN_E_MISSING, "--instrument SYMBOL.venue is required");
    if (!dot || dot == name || dot[1] == '\0' || name[0] == '.' || name[0] == '-')
        return fail(err, QN_E_SYNTAX, "--instrument %.64s: expected SYMBOL.venue", name);
    if (strlen(name) >= sizeof((qn_instrument *)0)->name)
        return fail(err, QN_E_OVERFLOW, "--instrument %.64s...: longer than %zu characters", name,
                    sizeof((qn_instrument *)0)->name - 1);
    for (const char *p = name; *p; p++) {
        if (is_name_char(*p)) continue;
        if (*p < ' ' || *p > '~') /* a part of a character, or none to be seen */
            return fail(err, QN_E_SYNTAX,
                        "--instrument: a name is of ASCII letters, digits and such as '-', '_', "
                        "':'");
        return fail(err, QN_E_SYNTAX,
                    "--instrument %.64s: '%c' cannot stand in a name; expected letters, digits "
                    "and such as '-', '_', ':'",
                    name, *p);
    }
    if (strcmp(name, MANIFEST_NAME) == 0 || strcmp(name, MANIFEST_NAME ".new") == 0)
        return fail(err, QN_E_INVALID,
                    "--instrument %.64s: the catalog's own file is called so; expected another "
                    "SYMBOL.venue",
                    name);
    return check_venue(name, dot + 1, err);
}

static int32_t check_currency(const char *option, const char *text, qn_err *err)
{
    if (!text) return QN_OK;
    if (text[0] == '\0') return fail(err, QN_E_SYNTAX, "%s is empty", option);
    if (strlen(text) >= sizeof((qn_instrument *)0)->quote)
        return fail(err, QN_E_OVERFLOW, "%s %.40s: longer than %zu characters", option, text,
                    sizeof((qn_instrument *)0)->quote - 1);
    return QN_OK;
}

int32_t options_check(const instrument_options *opt, qn_err *err)
{
    const decimal_option decimals[] = {
        {"--tick", opt->tick, false},
        {"--lot", opt->lot, false},
        {"--contract-size", opt->contract_size, false},
        {"--min-notional", opt->min_notional, true},
    };
    qn_instrument trial;
    int32_t rc = check_name(opt->name, err);

    for (size_t i = 0; i < sizeof decimals / sizeof decimals[0] && rc == QN_OK; i++)
        rc = check_decimal(&decimals[i], err);
    if (rc == QN_OK) rc = check_currency("--base", opt->base, err);
    if (rc == QN_OK) rc = check_currency("--quote", opt->quote, err);
    if (rc == QN_OK) rc = check_currency("--settle", opt->settle, err);
    if (rc == QN_OK && opt->kind && !kind_of(opt->kind))
        rc = fail(err, QN_E_UNKNOWN_NAME, "--kind %.40s: expected spot, linear or inverse",
                  opt->kind);
    return rc == QN_OK ? options_define(opt, 0, 0, &trial, err) : rc;
}

bool options_lack_tick(const instrument_options *opt)
{
    return !opt->tick && !opt->price_exp;
}

bool options_lack_lot(const instrument_options *opt)
{
    return !opt->lot && !opt->qty_exp;
}

/* Length of the currency that ends `symbol`, and leaves something in front of it; 0 = none. */
static size_t quote_length(const char *symbol, size_t len)
{
    size_t best = 0;

    for (size_t i = 0; i < sizeof currencies / sizeof currencies[0]; i++) {
        size_t n = strlen(currencies[i]);
        if (n < len && n > best && strncasecmp(symbol + len - n, currencies[i], n) == 0) best = n;
    }
    return best;
}

static bool is_separator(char c)
{
    return c == '-' || c == '_' || c == ':' || c == '/';
}

/* A text of the definition, cut to its room: names longer than that are only ever guesses. */
static void put(char to[16], const char *text, size_t len)
{
    snprintf(to, 16, "%.*s", (int)len, text);
}

/* Base and quote currency as the symbol shows them. */
static void read_symbol(const char *name, char base[16], char quote[16])
{
    static const char suffix[] = "_PERP";
    size_t len = (size_t)(strrchr(name, '.') - name);
    size_t tail = sizeof suffix - 1;
    size_t n;

    if (len > tail && is_separator(name[len - tail]) &&
        strncasecmp(name + len - tail + 1, suffix + 1, tail - 1) == 0)
        len -= tail;
    n = quote_length(name, len);
    if (n)
        put(quote, name + len - n, n);
    else
        put(quote, "USD", 3);
    len -= n;
    while (n && len > 1 && is_separator(name[len - 1]))
        len--;
    put(base, name, len);
}

/* Smallest and largest order, which are multiples of nothing. */
static int32_t read_limit(const char *what, const char *text, int32_t exp, int64_t *out,
                          qn_err *err)
{
    int32_t rc = text ? qn_decimal_parse_at(text, strlen(text), exp, out) : QN_OK;

    if (rc != QN_OK) return fail(err, rc, "%s %.40s does not fit the exponent %d", what, text, exp);
    return QN_OK;
}

int32_t options_define(const instrument_options *opt, int32_t price_places, int32_t qty_places,
                       qn_instrument *out, qn_err *err)
{
    const step_options price = {"--tick",       opt->tick,    "--price-exp",
                                opt->price_exp, price_places, opt->price_places};
    const step_options qty = {"--lot",      opt->lot,   "--qty-exp",
                              opt->qty_exp, qty_places, opt->qty_places};
    qn_decimal notional = {0};
    int32_t rc;

    *out = (qn_instrument){.size = sizeof *out,
                           .kind = opt->kind ? kind_of(opt->kind) : QN_LINEAR,
                           .money_exp = QN_MONEY_EXP,
                           .contract_size = {1, 0, 0}};
    snprintf(out->name, sizeof out->name, "%s", opt->name);
    read_symbol(out->name, out->base, out->quote);
    if (opt->base) put(out->base, opt->base, strlen(opt->base));
    if (opt->quote) put(out->quote, opt->quote, strlen(opt->quote));
    snprintf(out->settle, sizeof out->settle, "%s",
             opt->settle               ? opt->settle
             : out->kind == QN_INVERSE ? out->base
                                       : out->quote);
    if ((rc = read_step(&price, &out->price_exp, &out->tick_size, err)) != QN_OK) return rc;
    if ((rc = read_step(&qty, &out->qty_exp, &out->lot_size, err)) != QN_OK) return rc;
    rc = read_limit("smallest order", opt->min_qty, out->qty_exp, &out->min_qty, err);
    if (rc != QN_OK) return rc;
    rc = read_limit("largest order", opt->max_qty, out->qty_exp, &out->max_qty, err);
    if (rc != QN_OK) return rc;
    if (opt->contract_size)
        rc = qn_decimal_parse(opt->contract_size, strlen(opt->contract_size), &out->contract_size);
    if (rc == QN_OK && opt->min_notional)
        rc = qn_decimal_parse(opt->min_notional, strlen(opt->min_notional), &notional);
    if (rc != QN_OK) return rc;
    rc = qn_decimal_at(notional, QN_MONEY_EXP, &out->min_notional);
    return rc == QN_OK ? rc
                       : fail(err, rc, "--min-notional %.40s does not fit 8 places of money",
                              opt->min_notional);
}

/* One option against the definition: equal as numbers (of different scale, perhaps) or as
 * texts. */
typedef struct comparison {
    const char *option;
    const char *given;
    bool is_text;
    qn_decimal number; /* of the definition */
    const char *text;
} comparison;

static bool is_equal(const comparison *c)
{
    qn_decimal given;
    int64_t a;
    int64_t b;

    if (c->is_text) return strcmp(c->given, c->text) == 0;
    if (qn_decimal_parse(c->given, strlen(c->given), &given) != QN_OK) return false;
    return qn_decimal_at(given, given.exp < c->number.exp ? given.exp : c->number.exp, &a) ==
               QN_OK &&
           qn_decimal_at(c->number, given.exp < c->number.exp ? given.exp : c->number.exp, &b) ==
               QN_OK &&
           a == b;
}

int32_t options_agree(const instrument_options *opt, const qn_instrument *known, qn_err *err)
{
    const comparison all[] = {
        {"--tick", opt->tick, false, {known->tick_size, known->price_exp, 0}, NULL},
        {"--lot", opt->lot, false, {known->lot_size, known->qty_exp, 0}, NULL},
        {"--price-exp", opt->price_exp, false, {known->price_exp, 0, 0}, NULL},
        {"--qty-exp", opt->qty_exp, false, {known->qty_exp, 0, 0}, NULL},
        {"--contract-size", opt->contract_size, false, known->contract_size, NULL},
        {"--min-notional",
         opt->min_notional,
         false,
         {known->min_notional, known->money_exp, 0},
         NULL},
        {"--base", opt->base, true, {0}, known->base},
        {"--quote", opt->quote, true, {0}, known->quote},
        {"--settle", opt->settle, true, {0}, known->settle},
        {"--kind", opt->kind, true, {0}, kind_name(known->kind)},
    };
    char text[QN_DECIMAL_TEXT];

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const comparison *c = &all[i];
        if (!c->given || is_equal(c)) continue;
        if (!c->is_text) qn_decimal_format(c->number.mantissa, c->number.exp, text);
        return fail(err, QN_E_INVALID, "%s %.40s contradicts the catalog, where %s has %s",
                    c->option, c->given, known->name, c->is_text ? c->text : text);
    }
    return QN_OK;
}
