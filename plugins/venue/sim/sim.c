/* SPDX-License-Identifier: MIT
 *
 * venue/sim: the class. Parameters, start, market events, end of data. */
#include "sim.h"

#include <quoin/sdk/decimal.h>
#include <quoin/sdk/fail.h>

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------- create and describe */

static const qn_param params[] = {
    QN_PARAM(sim, fill, ENUM, "", "when a market order fills: at the next bar's open",
             .def = "next_open", .labels = "next_open"),
    QN_PARAM(sim, maker_bps, BPS, "bps", "fee of a fill that made liquidity; < 0 is a rebate",
             .def = "0", .min = "-10000", .max = "10000"),
    QN_PARAM(sim, taker_bps, BPS, "bps", "fee of a fill that took liquidity", .def = "0",
             .min = "-10000", .max = "10000"),
    QN_PARAM(sim, close_at_end, BOOL, "",
             "close what is open when the data ends, at the last close, as taker", .def = "false"),
    QN_PARAM(sim, intrabar, ENUM, "",
             "order of fills inside a bar: stops first, or along the path of its prices",
             .def = "worst", .labels = "worst|ohlc"),
    QN_PARAM(sim, margin, ENUM, "", "margin model; none: no order is refused for lack of margin",
             .def = "none", .labels = "none"),
    QN_PARAM(sim, pace, RATIO, "times real time",
             "replayed time per real time; 0 is as fast as possible", .def = "0", .min = "0"),
    QN_PARAM(sim, max_orders, I64, "orders", "orders, exits included, that may be open at once",
             .def = "4096", .min = "1", .max = "1000000", .flags = QN_PARAM_ADVANCED),
    QN_PARAM(sim, max_positions, I64, "positions",
             "pairs of strategy and instrument that may trade", .def = "4096", .min = "1",
             .max = "1000000", .flags = QN_PARAM_ADVANCED),
};

/* The balance of a currency, made on first use. There is room for two an instrument. */
static balance *balance_of(sim *s, const char *currency)
{
    for (uint32_t i = 0; i < s->nbalances; i++) {
        if (strncmp(s->balances[i].currency, currency, sizeof s->balances[i].currency) == 0)
            return &s->balances[i];
    }
    balance *b = &s->balances[s->nbalances++];
    snprintf(b->currency, sizeof b->currency, "%s", currency);
    return b;
}

/* An instrument that the venue can settle: no inverse contracts yet, and exponents with which
 * every product of quantity, price, contract size and rate can be rounded to money at once. */
static int32_t instrument_check(const qn_instrument *ins, qn_err *err)
{
    int32_t shift = ins->price_exp + ins->qty_exp + ins->contract_size.exp - ins->money_exp;

    if (ins->kind != QN_SPOT && ins->kind != QN_LINEAR)
        return qn_fail(err, QN_E_UNSUPPORTED,
                       "%s: venue/sim trades spot and linear instruments, no inverse ones",
                       ins->name);
    if (shift + QN_FUNDING_EXP < -36 || shift > 36 || ins->qty_exp < SIM_AMOUNT_EXP ||
        ins->money_exp < SIM_AMOUNT_EXP || ins->money_exp > 0)
        return qn_fail(err, QN_E_UNSUPPORTED,
                       "%s: price, quantity and money are too many powers of ten apart", ins->name);
    return QN_OK;
}

static int32_t books_create(sim *s, const qn_setup *setup, qn_err *err)
{
    const qn_host *host = setup->host;
    uint32_t n = setup->ninstruments;

    for (uint32_t i = 0; i < n; i++) {
        if (setup->instruments[i]->number >= s->nnumbers)
            s->nnumbers = setup->instruments[i]->number + 1;
    }
    s->nbooks = n;
    s->books = host->alloc(host->ctx, (n + UINT64_C(1)) * sizeof *s->books, _Alignof(book));
    s->slots =
        host->alloc(host->ctx, (s->nnumbers + UINT64_C(1)) * sizeof *s->slots, _Alignof(uint32_t));
    s->balances =
        host->alloc(host->ctx, (2 * (uint64_t)n + 1) * sizeof *s->balances, _Alignof(balance));
    if (!s->books || !s->slots || !s->balances)
        return qn_fail(err, QN_E_NO_MEMORY, "no memory for %u instruments", n);

    for (uint32_t i = 0; i < s->nnumbers; i++)
        s->slots[i] = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++) {
        const qn_instrument *ins = setup->instruments[i];
        int32_t rc = instrument_check(ins, err);
        if (rc != QN_OK) return rc;
        s->slots[ins->number] = i;
        s->books[i].ins = ins;
        s->books[i].number = ins->number;
        s->books[i].settle = balance_of(s, ins->settle);
        if (ins->kind == QN_SPOT) s->books[i].base = balance_of(s, ins->base);
    }
    return QN_OK;
}

static int32_t sim_create(void *self, const qn_setup *setup, qn_err *err)
{
    sim *s = self;
    int32_t rc = books_create(s, setup, err);

    return rc != QN_OK ? rc : orders_create(s, setup, err);
}

/* A fee parameter, 10^-8 basis points, as a fraction at QN_RATE_EXP: 1 bps is 10^-4. */
static int64_t fraction_of(int64_t bps)
{
    return (int64_t)qn_wide_divide(bps, 10000);
}

static int32_t sim_describe(const void *self, qn_venue_info *info)
{
    const sim *s = self;

    info->data = QN_DATA_CATALOG;
    info->capabilities = QN_CAN_MARKET | QN_CAN_LIMIT | QN_CAN_STOP | QN_CAN_IOC | QN_CAN_GTD |
                         QN_CAN_REDUCE_ONLY | QN_CAN_POST_ONLY | QN_CAN_EXITS | QN_CAN_MODIFY |
                         QN_CAN_QUERY;
    info->pace = s->pace;
    info->max_orders = (uint32_t)s->max_orders;
    info->close_at_end = s->close_at_end ? 1 : 0;
    info->maker_fee = fraction_of(s->maker_bps);
    info->taker_fee = fraction_of(s->taker_bps);
    return QN_OK;
}

/* -------------------------------------------------------------------------- start and end */

/* Put an account's opening balance into its currency. An account in a currency that no
 * instrument uses is the host's to keep; nothing here can change it. */
static int32_t account_open(sim *s, const qn_account *account, qn_err *err)
{
    for (uint32_t i = 0; i < s->nbalances; i++) {
        balance *b = &s->balances[i];
        if (strncmp(b->currency, account->currency, sizeof b->currency) != 0) continue;
        if (b->has_account)
            return qn_fail(err, QN_E_DUPLICATE, "two accounts in %s; a venue keeps one a currency",
                           b->currency);
        if (account->exp < SIM_AMOUNT_EXP || account->exp > 0 ||
            qn_wide_scale(account->balance, account->exp - SIM_AMOUNT_EXP, &b->amount) != QN_OK)
            return qn_fail(err, QN_E_RANGE, "the unit 10^%d of the account in %s is not usable",
                           account->exp, b->currency);
        b->has_account = true;
    }
    return QN_OK;
}

/* A loaded state already has the balances: the accounts are only looked at. */
static int32_t sim_start(void *self, const qn_venue_start *start, qn_err *err)
{
    sim *s = self;

    for (uint32_t i = 0; i < s->nbalances && !s->is_loaded; i++) {
        s->balances[i].amount = 0;
        s->balances[i].has_account = false;
    }
    for (uint32_t i = 0; i < start->accounts.nrows && !s->is_loaded; i++) {
        int32_t rc = account_open(s, qn_table_row(&start->accounts, i), err);
        if (rc != QN_OK) return rc;
    }
    for (uint32_t i = 0; i < s->nbooks; i++) {
        const book *b = &s->books[i];
        if (!b->settle->has_account)
            return qn_fail(err, QN_E_MISSING, "no account in %s, in which %s settles",
                           b->settle->currency, b->ins->name);
    }
    s->out = start->out;
    s->is_loaded = false;
    return QN_OK;
}

static void sim_stop(void *self)
{
    ((sim *)self)->out = NULL;
}

/* The end of the data. The host has canceled what still worked and, where positions are to be
 * closed, has sent one market order for each at `ts_ns`: those fill at the last close. */
static void sim_on_end(void *self, int64_t ts_ns)
{
    sim *s = self;

    if (!s->close_at_end) return;
    for (uint32_t i = 0; i < s->nbooks; i++) {
        book *b = &s->books[i];
        if (b->close == 0) continue;
        for (order *o = b->first; o; o = o->next) {
            if (o->state == SIM_WORKING && o->type == QN_MARKET && o->works_from >= ts_ns)
                order_fill(s, o, b->close, QN_TAKER, b->close_ts);
        }
        book_sweep(s, b);
    }
}

/* -------------------------------------------------------------------------- market events */

/* What is known of the market from here on. */
static inline int32_t remember(sim *s, book *b, int64_t close, int64_t ts)
{
    b->close = close;
    b->close_ts = ts;
    if (ts > s->now) s->now = ts;
    return QN_OK;
}

/* An order that was sent before a bar has not seen its close, so match first, then remember. */
static int32_t match(sim *s, book *b, const span *v)
{
    int32_t rc = book_match(s, b, v);

    remember(s, b, v->close, v->close_ts);
    return rc;
}

/* These two are out of line, so that a bar without orders, which nearly every bar of a long run
 * is, needs no stack for the span. */
__attribute__((noinline)) static int32_t match_bar(sim *s, book *b, const qn_bar *bar)
{
    span v = {bar->open_ts, qn_bar_close_ts(bar), bar->open, bar->high, bar->low, bar->close};

    return match(s, b, &v);
}

__attribute__((noinline)) static int32_t match_trade(sim *s, book *b, const qn_trade *t)
{
    span v = {t->venue_ts, t->venue_ts, t->price, t->price, t->price, t->price};

    return match(s, b, &v);
}

static int32_t on_bar(sim *s, book *b, const qn_bar *bar)
{
    return b->first ? match_bar(s, b, bar) : remember(s, b, bar->close, qn_bar_close_ts(bar));
}

static int32_t on_trade(sim *s, book *b, const qn_trade *t)
{
    return b->first ? match_trade(s, b, t) : remember(s, b, t->price, t->venue_ts);
}

static int32_t sim_on_market(void *self, const qn_event *ev)
{
    sim *s = self;
    const void *body = ev;
    book *b;

    if (ev->slot >= s->nbooks || s->books[ev->slot].number != ev->instrument) return QN_E_INVALID;
    b = &s->books[ev->slot];
    switch (ev->type) {
    case QN_EVENT_BAR:
        return on_bar(s, b, body);
    case QN_EVENT_TRADE:
        return on_trade(s, b, body);
    case QN_EVENT_FUNDING:
        return funding_pay(s, b, body);
    case QN_EVENT_MARK:
        b->mark = ((const qn_mark *)body)->price;
        return QN_OK;
    default: /* quotes, depth and the like are for strategies; nothing is matched on them */
        return QN_OK;
    }
}

/* ------------------------------------------------------------------------------ the class */

static const qn_venue venue = {
    .size = sizeof venue,
    .describe = sim_describe,
    .start = sim_start,
    .stop = sim_stop,
    .on_market = sim_on_market,
    .on_end = sim_on_end,
    .submit = sim_submit,
    .modify = sim_modify,
    .cancel = sim_cancel,
    .query = sim_query,
};

#define SIM_ID "venue/sim"
#define SIM_VERSION "1.0.0"
#define SIM_LICENSE "MIT"

static const qn_class sim_class = {
    .size = sizeof sim_class,
    .id = SIM_ID,
    .kind = QN_KIND_VENUE,
    .version = SIM_VERSION,
    .license = SIM_LICENSE,
    .name = "Simulated venue",
    .doc = "Matches orders against bars or trades of the catalog, by the published fill rules.",
    .params = QN_TABLE(params),
    .table = &venue,
    .instance_size = sizeof(sim),
    .instance_align = _Alignof(sim),
    .schema = SIM_SCHEMA,
    .schema_min = 1,
    .create = sim_create,
    .save = sim_save,
    .load = sim_load,
};

static const qn_class *const classes[] = {&sim_class};

QN_NOTE(QN_TIER_IO, 1, QN_NOTE_CLASS(SIM_ID, QN_KIND_VENUE, SIM_VERSION, SIM_LICENSE));
QN_ENTRY(classes)
