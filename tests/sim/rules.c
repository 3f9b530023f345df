/* SPDX-License-Identifier: MIT
 *
 * The fill rules, sentence by sentence: runs the scenarios of rules.txt, which says how they are
 * written, and compares every event that the venue pushes. */
#include "check_main.h"
#include "harness.h"

#include <quoin/sdk/decimal.h>

#include <stdio.h>
#include <string.h>

#define TEXT_MAX 320
#define ACCOUNTS 4
#define STEP_S 60 /* length of a bar unless it says otherwise */

typedef struct scenario {
    char name[TEXT_MAX];
    char params[TEXT_MAX];
    qn_instrument instruments[HARNESS_INSTRUMENTS];
    uint32_t ninstruments;
    qn_account accounts[ACCOUNTS];
    uint32_t naccounts;
    harness h;
    bool is_open;
    bool is_refused; /* the start failed; `err` says why */
    qn_err err;
    int64_t now;                       /* s */
    int64_t ends[HARNESS_INSTRUMENTS]; /* end of each instrument's last bar, s */
    uint64_t last_id;
    qn_order sent[64]; /* by id */
    uint32_t nseen;    /* events that an expectation has been compared with */
    int line;
} scenario;

/* ----------------------------------------------------------------------------- the words */

/* The words of a line: the next one, or NULL at its end. */
static char *word(char **rest)
{
    char *w;

    do
        w = strsep(rest, " ");
    while (w && *w == '\0');
    return w;
}

static int64_t number(const scenario *sc, const char *text, int32_t exp)
{
    int64_t value = 0;

    ck_assert_msg(text && qn_decimal_parse_at(text, strlen(text), exp, &value) == QN_OK,
                  "line %d: \"%s\" is no number", sc->line, text ? text : "");
    return value;
}

static int64_t price(const scenario *sc, const char *text)
{
    return number(sc, text, -2);
}

static int64_t qty(const scenario *sc, const char *text)
{
    return number(sc, text, -3);
}

/* ----------------------------------------------------------------------- events as text */

#define ROW(n, NAME, x) [n] = #NAME,
static const char *const states[QN_ORDER_STATES] = {QN_ORDER_STATE_LIST(ROW)};
static const char *const reasons[QN_REASONS] = {QN_REASON_LIST(ROW)};
#undef ROW

static void show_fill(const qn_fill *f, char *to)
{
    char q[QN_DECIMAL_TEXT], p[QN_DECIMAL_TEXT], fee[QN_DECIMAL_TEXT];

    qn_decimal_format(f->qty, -3, q);
    qn_decimal_format(f->price, -2, p);
    qn_decimal_format(f->fee, QN_MONEY_EXP, fee);
    snprintf(to, TEXT_MAX, "%llu %s %s @%s %s fee %s t%lld", (unsigned long long)f->order_id,
             f->side == QN_BUY ? "bought" : "sold", q, p,
             f->liquidity == QN_MAKER ? "maker" : "taker", fee,
             (long long)(f->venue_ts / QN_NS_PER_S));
}

static void show_payment(const qn_payment *p, char *to)
{
    char held[QN_DECIMAL_TEXT], mark[QN_DECIMAL_TEXT], amount[QN_DECIMAL_TEXT];

    qn_decimal_format(p->position, -3, held);
    qn_decimal_format(p->price, -2, mark);
    qn_decimal_format(p->amount, QN_MONEY_EXP, amount);
    snprintf(to, TEXT_MAX, "paid %s on %s @%s t%lld", amount, held, mark,
             (long long)(p->venue_ts / QN_NS_PER_S));
}

static void show(const pushed *ev, char *to)
{
    if (ev->hdr.type == QN_EVENT_FILL) {
        show_fill(&ev->fill, to);
    } else if (ev->hdr.type == QN_EVENT_PAYMENT) {
        show_payment(&ev->payment, to);
    } else {
        const qn_order_report *r = &ev->report;
        snprintf(to, TEXT_MAX, "%llu %s%s%s t%lld", (unsigned long long)r->order_id,
                 states[r->state], r->reason ? " " : "", r->reason ? reasons[r->reason] : "",
                 (long long)(r->venue_ts / QN_NS_PER_S));
    }
}

/* -------------------------------------------------------------------------- set-up lines */

static void do_params(scenario *sc, char *rest)
{
    snprintf(sc->params, sizeof sc->params, "%s", rest ? rest : "");
}

static void do_account(scenario *sc, char *rest)
{
    const char *currency = word(&rest);

    ck_assert_uint_lt(sc->naccounts, ACCOUNTS);
    sc->accounts[sc->naccounts++] = harness_account(currency, number(sc, word(&rest), -8));
}

/* instrument ETH spot tick=0.5 ... */
static void do_instrument(scenario *sc, char *rest)
{
    qn_instrument *ins = &sc->instruments[sc->ninstruments];
    char *w = word(&rest);

    *ins = harness_instrument(sc->ninstruments++, w);
    while ((w = word(&rest))) {
        char *value = strchr(w, '=');
        value = value ? value + 1 : w;
        if (strcmp(w, "spot") == 0)
            ins->kind = QN_SPOT;
        else if (strcmp(w, "inverse") == 0)
            ins->kind = QN_INVERSE;
        else if (strncmp(w, "tick=", 5) == 0)
            ins->tick_size = price(sc, value);
        else if (strncmp(w, "lot=", 4) == 0)
            ins->lot_size = qty(sc, value);
        else if (strncmp(w, "min=", 4) == 0)
            ins->min_qty = qty(sc, value);
        else if (strncmp(w, "max=", 4) == 0)
            ins->max_qty = qty(sc, value);
        else if (strncmp(w, "notional=", 9) == 0)
            ins->min_notional = number(sc, value, ins->money_exp);
        else if (strncmp(w, "contract=", 9) == 0)
            qn_decimal_parse(value, strlen(value), &ins->contract_size);
        else if (strncmp(w, "money_exp=", 10) == 0)
            ins->money_exp = (int32_t)number(sc, value, 0);
        else
            ck_abort_msg("line %d: unknown word %s", sc->line, w);
    }
}

/* The instance is made when the first line needs it. One linear instrument and one account
 * are the default. */
static void open_once(scenario *sc)
{
    if (sc->is_open || sc->is_refused) return;
    if (sc->ninstruments == 0) sc->instruments[sc->ninstruments++] = harness_instrument(0, "BTC");
    if (sc->naccounts == 0) sc->accounts[sc->naccounts++] = harness_account("USDT", 0);
    sc->err = (qn_err)QN_ERR_INIT;
    sc->is_open = harness_open(&sc->h, sc->params, sc->instruments, sc->ninstruments, sc->accounts,
                               sc->naccounts, &sc->err) == QN_OK;
    sc->is_refused = !sc->is_open;
}

/* ------------------------------------------------------------------------- orders and data */

/* The words behind side and quantity. */
static void order_words(scenario *sc, qn_order *o, char *rest)
{
    char *w;

    while ((w = word(&rest))) {
        if (strcmp(w, "market") == 0) {
            o->type = QN_MARKET;
        } else if (strcmp(w, "limit") == 0) {
            o->type = QN_LIMIT;
            o->price = price(sc, word(&rest));
        } else if (strcmp(w, "stop") == 0) {
            o->type = QN_STOP;
            o->trigger = price(sc, word(&rest));
        } else if (strcmp(w, "ioc") == 0) {
            o->tif = QN_IOC;
        } else if (strcmp(w, "gtd") == 0) {
            o->tif = QN_GTD;
            o->expire_ts = number(sc, word(&rest), 0) * QN_NS_PER_S;
        } else if (strcmp(w, "reduce") == 0) {
            o->flags |= QN_REDUCE_ONLY;
        } else if (strcmp(w, "post") == 0) {
            o->flags |= QN_POST_ONLY;
        } else if (strcmp(w, "sl") == 0) {
            o->stop_loss = price(sc, word(&rest));
            if (!o->stop_loss_id) o->stop_loss_id = ++sc->last_id;
        } else if (strcmp(w, "tp") == 0) {
            o->take_profit = price(sc, word(&rest));
            if (!o->take_profit_id) o->take_profit_id = ++sc->last_id;
        } else if (strcmp(w, "as") == 0) {
            o->strategy = (uint32_t)number(sc, word(&rest), 0);
        } else if (strcmp(w, "on") == 0) {
            o->instrument = (uint32_t)number(sc, word(&rest), 0);
        } else if (strcmp(w, "id") == 0) {
            o->id = (uint64_t)number(sc, word(&rest), 0);
        } else {
            ck_abort_msg("line %d: unknown word %s", sc->line, w);
        }
    }
}

/* Ids count up: the order, then its stop loss, then its take profit. */
static void do_order(scenario *sc, uint32_t side, char *rest)
{
    qn_order o = {.size = sizeof o, .id = ++sc->last_id, .side = side, .tif = QN_GTC};
    qn_order exit;

    o.qty = qty(sc, word(&rest));
    o.sent_ts = sc->now * QN_NS_PER_S;
    order_words(sc, &o, rest);
    ck_assert_uint_lt(sc->last_id, sizeof sc->sent / sizeof sc->sent[0]);
    exit = (qn_order){.size = sizeof o,
                      .instrument = o.instrument,
                      .strategy = o.strategy,
                      .side = side == QN_BUY ? QN_SELL : QN_BUY,
                      .tif = QN_GTC,
                      .qty = o.qty};
    sc->sent[o.id] = o;
    if (o.stop_loss_id) {
        exit.id = o.stop_loss_id;
        exit.type = QN_STOP;
        exit.trigger = o.stop_loss;
        sc->sent[exit.id] = exit;
    }
    if (o.take_profit_id) {
        exit.id = o.take_profit_id;
        exit.type = QN_LIMIT;
        exit.trigger = 0;
        exit.price = o.take_profit;
        sc->sent[exit.id] = exit;
    }
    ck_assert_int_eq(harness_submit(&sc->h, &o), QN_OK);
}

static void do_buy(scenario *sc, char *rest)
{
    do_order(sc, QN_BUY, rest);
}

static void do_sell(scenario *sc, char *rest)
{
    do_order(sc, QN_SELL, rest);
}

/* modify ID QTY words: what is not said stays. */
static void do_modify(scenario *sc, char *rest)
{
    qn_order *o = &sc->sent[number(sc, word(&rest), 0)];
    qn_order changed = *o;

    changed.qty = qty(sc, word(&rest));
    changed.sent_ts = sc->now * QN_NS_PER_S;
    order_words(sc, &changed, rest);
    ck_assert_int_eq(harness_modify(&sc->h, &changed), QN_OK);
}

static void do_cancel(scenario *sc, char *rest)
{
    ck_assert_int_eq(harness_cancel(&sc->h, (uint64_t)number(sc, word(&rest), 0)), QN_OK);
}

/* query ID, or query: all that work. */
static void do_query(scenario *sc, char *rest)
{
    const char *id = word(&rest);

    ck_assert_int_eq(harness_query(&sc->h, id ? (uint64_t)number(sc, id, 0) : 0), QN_OK);
}

/* An id that no open order has: cancel and modify both say so, and push nothing. */
static void do_gone(scenario *sc, char *rest)
{
    qn_order o = {.size = sizeof o, .id = (uint64_t)number(sc, word(&rest), 0)};

    ck_assert_int_eq(harness_cancel(&sc->h, o.id), QN_E_NOT_FOUND);
    ck_assert_int_eq(harness_modify(&sc->h, &o), QN_E_NOT_FOUND);
}

/* bar OPEN HIGH LOW CLOSE [len S] [on SLOT]: follows the instrument's last bar. */
static void do_bar(scenario *sc, char *rest)
{
    int64_t ohlc[4];
    int64_t length = STEP_S;
    int64_t slot = 0;
    char *w;

    for (int k = 0; k < 4; k++)
        ohlc[k] = price(sc, word(&rest));
    while ((w = word(&rest))) {
        if (strcmp(w, "len") == 0)
            length = number(sc, word(&rest), 0);
        else if (strcmp(w, "on") == 0)
            slot = number(sc, word(&rest), 0);
    }
    harness_bar(&sc->h, (uint32_t)slot, sc->ends[slot] * QN_NS_PER_S, length * QN_NS_PER_S, ohlc);
    sc->ends[slot] += length;
    if (sc->ends[slot] > sc->now) sc->now = sc->ends[slot];
}

static void do_trade(scenario *sc, char *rest)
{
    harness_trade(&sc->h, 0, sc->now * QN_NS_PER_S, price(sc, word(&rest)));
}

static void do_mark(scenario *sc, char *rest)
{
    harness_mark(&sc->h, 0, sc->now * QN_NS_PER_S, price(sc, word(&rest)));
}

static void do_funding(scenario *sc, char *rest)
{
    harness_funding(&sc->h, 0, sc->now * QN_NS_PER_S, number(sc, word(&rest), QN_FUNDING_EXP));
}

static void do_wait(scenario *sc, char *rest)
{
    sc->now += number(sc, word(&rest), 0);
    for (uint32_t i = 0; i < HARNESS_INSTRUMENTS; i++)
        sc->ends[i] = sc->now;
}

static void do_end(scenario *sc, char *rest)
{
    (void)rest;
    harness_end(&sc->h, sc->now * QN_NS_PER_S);
}

/* The start must fail, with a text that holds these words. */
static void do_refused(scenario *sc, char *rest)
{
    ck_assert_msg(sc->is_refused, "line %d: the venue started", sc->line);
    ck_assert_msg(strstr(sc->err.msg, rest) != NULL, "line %d: \"%s\" is not in \"%s\"", sc->line,
                  rest, sc->err.msg);
}

static void do_expect(scenario *sc, char *rest)
{
    char got[TEXT_MAX] = "nothing";

    if (sc->nseen < sc->h.nevents) show(&sc->h.events[sc->nseen++], got);
    ck_assert_msg(strcmp(got, rest) == 0, "rules.txt:%d: %s: expected \"%s\", got \"%s\"", sc->line,
                  sc->name, rest, got);
}

static void expect_no_more(const scenario *sc)
{
    char got[TEXT_MAX];

    if (sc->nseen == sc->h.nevents) return;
    show(&sc->h.events[sc->nseen], got);
    ck_abort_msg("rules.txt:%d: %s: expected nothing more, got \"%s\"", sc->line, sc->name, got);
}

/* ------------------------------------------------------------------------------- the file */

typedef struct verb {
    const char *name;
    void (*run)(scenario *sc, char *rest);
    bool is_setup; /* needs no instance yet */
} verb;

static const verb verbs[] = {
    {"params", do_params, true},
    {"account", do_account, true},
    {"instrument", do_instrument, true},
    {"buy", do_buy, false},
    {"sell", do_sell, false},
    {"modify", do_modify, false},
    {"cancel", do_cancel, false},
    {"gone", do_gone, false},
    {"query", do_query, false},
    {"bar", do_bar, false},
    {"trade", do_trade, false},
    {"mark", do_mark, false},
    {"funding", do_funding, false},
    {"wait", do_wait, false},
    {"end", do_end, false},
    {"refused", do_refused, false},
    {"=", do_expect, false},
};

static void scenario_line(scenario *sc, char *line)
{
    const char *name = word(&line);

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].name, name) != 0) continue;
        if (!verbs[i].is_setup) open_once(sc);
        if (verbs[i].run != do_expect && sc->is_open) expect_no_more(sc);
        verbs[i].run(sc, line);
        return;
    }
    ck_abort_msg("rules.txt:%d: unknown verb %s", sc->line, name);
}

static void scenario_end(scenario *sc)
{
    if (!sc->is_open) return;
    expect_no_more(sc);
    harness_close(&sc->h);
}

START_TEST(every_rule_holds)
{
    static scenario sc;
    char line[TEXT_MAX];
    int n = 0;
    int line_number = 0;
    FILE *file = fopen(QUOIN_SOURCE_DIR "/tests/sim/rules.txt", "r");

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        line_number++;
        if (strncmp(line, "## ", 3) == 0) {
            scenario_end(&sc);
            memset(&sc, 0, sizeof sc);
            snprintf(sc.name, sizeof sc.name, "%.100s", line + 3);
            n++;
        } else if (line[0] != '\0' && line[0] != '#') {
            sc.line = line_number;
            scenario_line(&sc, line);
        }
    }
    scenario_end(&sc);
    fclose(file);
    ck_assert_int_ge(n, 60);
}
END_TEST

/* What the class says of itself. */
START_TEST(it_describes_itself)
{
    static harness h;
    qn_instrument ins = harness_instrument(0, "BTC");
    qn_account account = harness_account("USDT", 0);

    harness_open(&h, "close_at_end=true pace=60 max_orders=7 maker_bps=-1.25 taker_bps=4.00005",
                 &ins, 1, &account, 1, NULL);
    ck_assert_int_eq(h.info.maker_fee, -12500);
    ck_assert_int_eq(h.info.taker_fee, 40000); /* half a unit, to the even one */
    ck_assert_uint_eq(h.info.data, QN_DATA_CATALOG);
    ck_assert_uint_eq(h.info.close_at_end, 1);
    ck_assert_uint_eq(h.info.max_orders, 7);
    ck_assert_int_eq(h.info.pace, 60 * INT64_C(100000000));
    ck_assert_uint_eq(h.info.capabilities, QN_CAN_MARKET | QN_CAN_LIMIT | QN_CAN_STOP | QN_CAN_IOC |
                                               QN_CAN_GTD | QN_CAN_REDUCE_ONLY | QN_CAN_POST_ONLY |
                                               QN_CAN_EXITS | QN_CAN_MODIFY | QN_CAN_QUERY);
    harness_close(&h);
}
END_TEST

/* Events and orders of instruments that are not the venue's. */
START_TEST(it_refuses_foreign_instruments)
{
    static harness h;
    qn_instrument ins = harness_instrument(3, "BTC");
    qn_account account = harness_account("USDT", 0);
    qn_bar bar = {.hdr = {.size = sizeof bar, .type = QN_EVENT_BAR, .instrument = 3, .slot = 1}};
    qn_order o = {.size = sizeof o, .id = 1, .side = QN_BUY, .type = QN_MARKET, .tif = QN_GTC};

    harness_open(&h, "", &ins, 1, &account, 1, NULL);
    ck_assert_int_eq(harness_market(&h, &bar.hdr), QN_E_INVALID);
    bar.hdr.slot = 0;
    bar.hdr.instrument = 2;
    ck_assert_int_eq(harness_market(&h, &bar.hdr), QN_E_INVALID);
    o.instrument = 2;
    ck_assert_int_eq(harness_submit(&h, &o), QN_E_INVALID);
    o.instrument = 4;
    ck_assert_int_eq(harness_submit(&h, &o), QN_E_INVALID);
    ck_assert_uint_eq(h.nevents, 0);
    harness_close(&h);
}
END_TEST

CHECK_MAIN("sim_rules", every_rule_holds, it_describes_itself, it_refuses_foreign_instruments)
