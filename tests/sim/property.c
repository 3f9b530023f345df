/* SPDX-License-Identifier: MIT
 *
 * venue/sim against the reference: random markets, random orders of every kind, and every event
 * of the two must be the same, one by one. At the end the sums of what the venue pushed must
 * give the reference's positions and cash to the last unit. The same once more with a venue that
 * is cut at random points: its state is saved, and another instance goes on from it.
 *
 *   test_sim_property [--cases N] [--seed N]      default 10,000 cases from seed 1
 *
 * A case that fails prints the seed that repeats it alone. */
#include "harness.h"
#include "proof.h"
#include "reference.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP (60 * QN_NS_PER_S)
#define PLAYED (HARNESS_INSTRUMENTS - 1) /* the last instrument only probes the cash */
#define STEPS 40

static uint64_t first_seed = 1;
static uint64_t ncases = 10000;

/* ---------------------------------------------------------------------------- random case */

typedef struct world {
    uint64_t seed, state; /* state of the generator */
    harness h;
    reference r;
    qn_instrument instruments[HARNESS_INSTRUMENTS];
    uint32_t ninstruments;
    qn_account accounts[3];
    uint32_t nstrategies;
    int64_t lengths[HARNESS_INSTRUMENTS]; /* of bars, in steps; 0 = trades */
    int64_t prices[HARNESS_INSTRUMENTS];  /* last close */
    int64_t now;
    uint64_t next_id;
    uint64_t counts[QN_ORDER_STATES]; /* reports seen, by state */
    uint64_t fills, payments;
    qn_wide flow[HARNESS_INSTRUMENTS], position[HARNESS_INSTRUMENTS][REF_STRATEGIES];
    uint32_t owner[REF_ORDERS * 2]; /* strategy of an id */
    bool is_cut;
    uint64_t cuts, cut_state; /* and a generator of their own: both runs see the same market */
} world;

/* xorshift64*: small, and the same everywhere. */
static uint64_t draw(world *w)
{
    w->state ^= w->state >> 12;
    w->state ^= w->state << 25;
    w->state ^= w->state >> 27;
    return w->state * UINT64_C(0x2545f4914f6cdd1d);
}

/* 0 .. n - 1 */
static int64_t below(world *w, int64_t n)
{
    return (int64_t)((draw(w) >> 11) % (uint64_t)n);
}

static int64_t between(world *w, int64_t low, int64_t high)
{
    return low + below(w, high - low + 1);
}

/* True once in n times. */
static bool once_in(world *w, int64_t n)
{
    return below(w, n) == 0;
}

static void random_instrument(world *w, uint32_t i)
{
    static const int64_t contracts[] = {1, 1, 1, 10};
    static const char *const bases[] = {"BTC", "ETH", "XRP", "ADA"};
    qn_instrument *ins = &w->instruments[i];

    *ins = harness_instrument(i, bases[i]);
    ins->kind = once_in(w, 2) ? QN_SPOT : QN_LINEAR;
    ins->tick_size = once_in(w, 3) ? 5 : 1;
    ins->lot_size = once_in(w, 3) ? 100 : 1;
    ins->min_qty = once_in(w, 3) ? 200 : 0;
    ins->max_qty = once_in(w, 4) ? 4000 : 0;
    ins->money_exp = once_in(w, 3) ? -3 : QN_MONEY_EXP;
    ins->min_notional =
        once_in(w, 4) ? between(w, 1, 30) * (ins->money_exp == -3 ? 1000 : 100000000) : 0;
    if (ins->kind == QN_LINEAR)
        ins->contract_size = (qn_decimal){contracts[below(w, 4)], once_in(w, 3) ? -1 : 0, 0};
    w->lengths[i] = once_in(w, 5) ? 0 : between(w, 1, 3);
    w->prices[i] = between(w, 900, 1100);
}

/* Money differs between the instruments of an account only in tests; keep it one. */
static void random_market(world *w)
{
    w->ninstruments = (uint32_t)between(w, 1, PLAYED);
    w->nstrategies = (uint32_t)between(w, 1, 3);
    for (uint32_t i = 0; i < w->ninstruments; i++) {
        random_instrument(w, i);
        if (i > 0 && w->instruments[i].money_exp != w->instruments[0].money_exp) {
            w->instruments[i].money_exp = w->instruments[0].money_exp;
            w->instruments[i].min_notional = 0;
        }
    }
    w->accounts[0] = harness_account("USDT", between(w, 0, 80) * INT64_C(100000000));
    w->accounts[1] = harness_account("BTC", between(w, 0, 3) * INT64_C(100000000));
    w->accounts[2] = harness_account("SEK", 1);
}

/* Spot at a price of 1, in lots of the smallest unit of money: a buy of it asks the venue, to
 * the last unit, how much cash it thinks there is. */
static void probe_instrument(world *w)
{
    qn_instrument *ins = &w->instruments[w->ninstruments];

    *ins = harness_instrument(w->ninstruments, "PROBE");
    ins->kind = QN_SPOT;
    ins->money_exp = w->instruments[0].money_exp;
    ins->qty_exp = ins->money_exp;
    ins->price_exp = 0;
}

static void random_open(world *w)
{
    char params[200];
    char bps[2][24];
    uint32_t max_orders = once_in(w, 8) ? (uint32_t)between(w, 1, 6) : 4096;
    uint32_t max_positions = once_in(w, 8) ? (uint32_t)between(w, 1, 3) : 1024;
    bool is_path = once_in(w, 2);
    bool closes = once_in(w, 2);

    for (int k = 0; k < 2; k++) {
        int64_t quarters = between(w, -40, 200);
        snprintf(bps[k], sizeof bps[k], "%s%" PRId64 ".%02" PRId64, quarters < 0 ? "-" : "",
                 (quarters < 0 ? -quarters : quarters) / 4,
                 (quarters < 0 ? -quarters : quarters) % 4 * 25);
        *(k ? &w->r.taker_bps : &w->r.maker_bps) = quarters * 25000000;
    }
    snprintf(params, sizeof params,
             "maker_bps=%s taker_bps=%s intrabar=%s close_at_end=%s max_orders=%u max_positions=%u",
             bps[0], bps[1], is_path ? "ohlc" : "worst", closes ? "true" : "false", max_orders,
             max_positions);
    w->r.is_path = is_path;
    w->r.closes_at_end = closes;
    w->r.max_orders = max_orders;
    w->r.max_positions = max_positions;
    probe_instrument(w);
    ref_open(&w->r, w->instruments, w->ninstruments + 1, w->accounts, 3);
    harness_open(&w->h, params, w->instruments, w->ninstruments + 1, w->accounts, 3, NULL);
}

/* ------------------------------------------------------------------------------ comparing */

static void show(const pushed *e, char *to, size_t room)
{
    if (e->hdr.type == QN_EVENT_FILL)
        snprintf(to, room,
                 "fill of %" PRIu64 ": side %u, %" PRId64 " @ %" PRId64 ", fee %" PRId64
                 ", liquidity %u, ts %" PRId64,
                 e->fill.order_id, e->fill.side, e->fill.qty, e->fill.price, e->fill.fee,
                 e->fill.liquidity, e->fill.venue_ts);
    else if (e->hdr.type == QN_EVENT_ORDER)
        snprintf(to, room, "order %" PRIu64 ": state %u, reason %u, ts %" PRId64,
                 e->report.order_id, e->report.state, e->report.reason, e->report.venue_ts);
    else if (e->hdr.type == QN_EVENT_PAYMENT)
        snprintf(to, room, "payment of %" PRId64 " on %" PRId64, e->payment.amount,
                 e->payment.position);
    else
        snprintf(to, room, "nothing");
}

/* What a fill or payment of the venue means for the books, worked out from the event alone. */
static void account_for(world *w, const pushed *e)
{
    if (e->hdr.type == QN_EVENT_ORDER) {
        w->counts[e->report.state]++;
    } else if (e->hdr.type == QN_EVENT_PAYMENT) {
        w->flow[e->hdr.instrument] += e->payment.amount;
        w->payments++;
    } else {
        const qn_instrument *ins = &w->instruments[e->hdr.instrument];
        int32_t places = ins->money_exp - ins->price_exp - ins->qty_exp - ins->contract_size.exp;
        qn_wide sign = e->fill.side == QN_BUY ? 1 : -1;
        qn_wide notional = (qn_wide)e->fill.qty * e->fill.price * ins->contract_size.mantissa;
        qn_wide unit = 1;
        for (int32_t i = 0; i < (places < 0 ? -places : places); i++)
            unit *= 10;
        if (places <= 0) {
            notional *= unit;
        } else {
            qn_wide rest = notional % unit;
            notional /= unit;
            if (2 * rest > unit || (2 * rest == unit && notional % 2)) notional++;
        }
        w->flow[e->hdr.instrument] -= sign * notional + e->fill.fee;
        w->position[e->hdr.instrument][w->owner[e->fill.order_id]] += sign * e->fill.qty;
        w->fills++;
    }
}

static void maybe_cut(world *w);

/* Both must have said the same since the last look. */
static void compare(world *w, const char *what)
{
    uint32_t n = w->h.nevents > w->r.nevents ? w->h.nevents : w->r.nevents;

    for (uint32_t i = 0; i < n; i++) {
        const pushed *a = &w->h.events[i];
        const pushed *b = &w->r.events[i];
        bool is_both = i < w->h.nevents && i < w->r.nevents;
        char sim_text[200] = "nothing", ref_text[200] = "nothing";
        if (is_both && memcmp(a, b, sizeof *a) == 0) {
            account_for(w, a);
            continue;
        }
        if (i < w->h.nevents) show(a, sim_text, sizeof sim_text);
        if (i < w->r.nevents) show(b, ref_text, sizeof ref_text);
        ck_abort_msg("case of --seed %" PRIu64 " --cases 1, %s at %" PRId64 " s, event %u:\n"
                     "  venue      %s\n  reference  %s",
                     w->seed, what, w->now / QN_NS_PER_S, i, sim_text, ref_text);
    }
    harness_forget(&w->h);
    w->r.nevents = 0;
    maybe_cut(w);
}

/* ----------------------------------------------------------------------------------- cuts */

/* Now and then another instance takes over, which gives the same state again. */
static void maybe_cut(world *w)
{
    uint64_t state = w->state;
    qn_err err = QN_ERR_INIT;
    bytes_out before, after;

    if (!w->is_cut) return;
    w->state = w->cut_state;
    if (once_in(w, 12)) {
        before = harness_save(&w->h, 1u << once_in(w, 2) * 20);
        ck_assert_msg(harness_replace(&w->h, before.data, before.used, (uint64_t)between(w, 1, 99),
                                      once_in(w, 2), &err) == QN_OK,
                      "case of --seed %" PRIu64 " --cases 1: %s", w->seed, err.msg);
        after = harness_save(&w->h, UINT64_MAX);
        ck_assert_uint_eq(before.used, after.used);
        ck_assert_mem_eq(before.data, after.data, after.used);
        bytes_free(&before);
        bytes_free(&after);
        w->cuts++;
    }
    w->cut_state = w->state;
    w->state = state;
}

/* -------------------------------------------------------------------------------- actions */

/* A price near the market; off the grid now and then. */
static int64_t random_price(world *w, uint32_t slot)
{
    const qn_instrument *ins = &w->instruments[slot];
    int64_t p = w->prices[slot] + between(w, -20, 20);

    return once_in(w, 30) ? p : p - p % ins->tick_size;
}

static int64_t random_qty(world *w, uint32_t slot)
{
    int64_t q = between(w, 1, 30) * 100;

    if (once_in(w, 30)) return between(w, -50, 5000);
    if (once_in(w, 20)) return w->instruments[slot].lot_size;
    return q;
}

static void random_order(world *w)
{
    uint32_t slot = (uint32_t)below(w, w->ninstruments);
    qn_order o = {.size = sizeof o,
                  .instrument = w->instruments[slot].number,
                  .id = w->next_id++,
                  .strategy = (uint32_t)below(w, w->nstrategies),
                  .side = once_in(w, 2) ? QN_BUY : QN_SELL,
                  .type = (uint32_t)between(w, 1, 3),
                  .tif = once_in(w, 4) ? (uint32_t)between(w, 1, 3) : QN_GTC,
                  .qty = random_qty(w, slot),
                  .sent_ts = w->now};

    if (o.type == QN_LIMIT) o.price = random_price(w, slot);
    if (o.type == QN_STOP) o.trigger = random_price(w, slot);
    if (o.tif == QN_GTD) o.expire_ts = w->now + between(w, -1, 20) * STEP / 4;
    if (once_in(w, 6)) o.flags |= QN_REDUCE_ONLY;
    if (once_in(w, 12)) o.flags |= QN_POST_ONLY;
    if (once_in(w, 40)) o.type = 4;
    if (once_in(w, 2)) {
        o.stop_loss_id = w->next_id++;
        o.stop_loss = random_price(w, slot);
    }
    if (once_in(w, 2)) {
        o.take_profit_id = w->next_id++;
        o.take_profit = random_price(w, slot);
    }
    ck_assert_uint_lt(w->next_id, sizeof w->owner / sizeof w->owner[0]);
    for (uint64_t id = o.id; id < w->next_id; id++)
        w->owner[id] = o.strategy;
    ref_submit(&w->r, &o);
    ck_assert_int_eq(harness_submit(&w->h, &o), QN_OK);
    compare(w, "submit");
}

/* Some open order; NULL where none is. */
static const ref_order *random_open_order(world *w)
{
    uint32_t n = 0;

    while (ref_open_order(&w->r, n))
        n++;
    return n ? ref_open_order(&w->r, (uint32_t)below(w, n)) : NULL;
}

static void random_cancel(world *w)
{
    const ref_order *o = random_open_order(w);
    uint64_t id = o && !once_in(w, 10) ? o->asked.id : (uint64_t)between(w, 1, 100000);
    bool is_known = ref_cancel(&w->r, id);

    ck_assert_int_eq(harness_cancel(&w->h, id), is_known ? QN_OK : QN_E_NOT_FOUND);
    compare(w, "cancel");
}

static void random_modify(world *w)
{
    const ref_order *old = random_open_order(w);
    qn_order o;

    if (!old) return;
    o = old->asked;
    o.sent_ts = w->now;
    uint32_t slot = o.instrument;
    if (once_in(w, 2)) o.qty = random_qty(w, slot);
    if (o.type == QN_LIMIT) o.price = random_price(w, slot);
    if (o.type == QN_STOP) o.trigger = random_price(w, slot);
    if (o.tif == QN_GTD) o.expire_ts = w->now + between(w, -1, 20) * STEP / 4;
    ck_assert(ref_modify(&w->r, &o));
    ck_assert_int_eq(harness_modify(&w->h, &o), QN_OK);
    compare(w, "modify");
}

static void random_actions(world *w)
{
    for (int64_t n = between(w, -1, 2); n > 0; n--) {
        int64_t kind = below(w, 8);
        if (kind == 0)
            random_cancel(w);
        else if (kind == 1)
            random_modify(w);
        else
            random_order(w);
    }
}

/* --------------------------------------------------------------------------------- market */

static void random_bar(world *w, uint32_t slot, int64_t length)
{
    int64_t gap = once_in(w, 4) ? between(w, -15, 15) : between(w, -2, 2);
    int64_t open = w->prices[slot] + gap;
    int64_t close = open + between(w, -10, 10);
    int64_t high = (open > close ? open : close) + below(w, 12);
    int64_t low = (open < close ? open : close) - below(w, 12);
    int64_t ohlc[4] = {open, high, low, close};

    w->prices[slot] = close > 200 ? close : 200;
    ref_bar(&w->r, slot, w->now - length, length, ohlc);
    harness_bar(&w->h, slot, w->now - length, length, ohlc);
    compare(w, "bar");
}

static void random_trade(world *w, uint32_t slot)
{
    int64_t price = w->prices[slot] + between(w, -8, 8);

    w->prices[slot] = price > 200 ? price : 200;
    ref_trade(&w->r, slot, w->now, price);
    harness_trade(&w->h, slot, w->now, price);
    compare(w, "trade");
}

static void random_funding(world *w, uint32_t slot)
{
    int64_t price = w->prices[slot] + between(w, -3, 3);
    int64_t rate = between(w, -2000, 2000) * INT64_C(500000);

    if (once_in(w, 2)) {
        ref_mark(&w->r, slot, price);
        harness_mark(&w->h, slot, w->now, price);
    }
    ref_funding(&w->r, slot, w->now, rate);
    harness_funding(&w->h, slot, w->now, rate);
    compare(w, "funding");
}

static void random_step(world *w)
{
    for (uint32_t slot = 0; slot < w->ninstruments; slot++) {
        int64_t length = w->lengths[slot] * STEP;
        if (length && w->now % length == 0 && !once_in(w, 10)) random_bar(w, slot, length);
    }
    for (uint32_t slot = 0; slot < w->ninstruments; slot++) {
        if (once_in(w, 10)) random_funding(w, slot);
        if (w->lengths[slot] == 0) random_trade(w, slot);
    }
    random_actions(w);
}

/* ------------------------------------------------------------------------------------ end */

/* As the host does at the end of the data: cancel what works, close what is open. */
static void end_run(world *w)
{
    const ref_order *o;

    while ((o = ref_open_order(&w->r, 0))) {
        uint64_t id = o->asked.id;
        ck_assert(ref_cancel(&w->r, id));
        ck_assert_int_eq(harness_cancel(&w->h, id), QN_OK);
    }
    compare(w, "cancel at the end");
    for (uint32_t slot = 0; slot < w->ninstruments; slot++) {
        for (uint32_t s = 0; s < w->nstrategies; s++) {
            int64_t held = (int64_t)w->r.position[slot][s];
            qn_order close = {.size = sizeof close,
                              .instrument = slot,
                              .id = w->next_id++,
                              .strategy = s,
                              .side = held > 0 ? QN_SELL : QN_BUY,
                              .type = QN_MARKET,
                              .tif = QN_GTC,
                              .qty = held > 0 ? held : -held,
                              .sent_ts = w->now};
            w->owner[close.id] = s;
            if (held == 0) continue;
            ref_submit(&w->r, &close);
            ck_assert_int_eq(harness_submit(&w->h, &close), QN_OK);
        }
    }
    ref_end(&w->r, w->now);
    harness_end(&w->h, w->now);
    compare(w, "end");
}

static void probe_buy(world *w, int64_t qty)
{
    qn_order o = {.size = sizeof o,
                  .instrument = w->ninstruments,
                  .id = w->next_id++,
                  .side = QN_BUY,
                  .type = QN_LIMIT,
                  .tif = QN_IOC,
                  .price = 1,
                  .qty = qty,
                  .sent_ts = w->now};

    w->owner[o.id] = 0;
    ref_submit(&w->r, &o);
    ck_assert_int_eq(harness_submit(&w->h, &o), QN_OK);
}

/* Spend more than there is by one unit, then all there is: refused, then filled. */
static void probe_cash(world *w)
{
    static const int64_t ones[4] = {1, 1, 1, 1};
    int64_t low = 0;
    int64_t high = INT64_C(1) << 50;

    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        *(ref_can_buy(&w->r, w->ninstruments, middle, 1) ? &low : &high) = middle;
    }
    if (low == 0) return;
    probe_buy(w, high);
    probe_buy(w, low);
    ref_bar(&w->r, w->ninstruments, w->now, STEP, ones);
    harness_bar(&w->h, w->ninstruments, w->now, STEP, ones);
    w->now += STEP;
    compare(w, "probe of the cash");
}

/* Every unit of money and quantity is accounted for: what the venue's events add up to is what
 * the reference holds. */
static void check_conservation(world *w)
{
    qn_wide unit = 1; /* 10^-18 in one unit of money */
    qn_wide expected = 0;

    for (int32_t i = 0; i < 18 + w->instruments[0].money_exp; i++)
        unit *= 10;
    expected = (qn_wide)w->accounts[0].balance * INT64_C(10000000000);
    for (uint32_t slot = 0; slot <= w->ninstruments; slot++) {
        expected += w->flow[slot] * unit;
        if (w->instruments[slot].kind == QN_LINEAR) expected += w->r.cost[slot] * unit;
        for (uint32_t s = 0; s < w->nstrategies; s++)
            ck_assert_msg(w->position[slot][s] == w->r.position[slot][s],
                          "--seed %" PRIu64 ": positions do not add up", w->seed);
    }
    for (uint32_t i = 0; i < w->r.ncash; i++) {
        if (strcmp(w->r.cash[i].currency, "USDT") == 0)
            ck_assert_msg(w->r.cash[i].amount == expected,
                          "--seed %" PRIu64 ": cash does not add up", w->seed);
    }
}

/* One case; what happened in it is in the world. */
static void play(world *w, uint64_t seed, bool is_cut)
{
    memset(w, 0, sizeof *w);
    w->seed = seed;
    w->state = w->cut_state = w->seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    w->is_cut = is_cut;
    w->next_id = 1;
    random_market(w);
    random_open(w);
    random_actions(w);
    for (int step = 1; step <= STEPS; step++) {
        w->now += STEP;
        random_step(w);
    }
    probe_cash(w);
    end_run(w);
    check_conservation(w);
    harness_close(&w->h);
}

START_TEST(venue_and_reference_agree)
{
    static world w;
    uint64_t counts[QN_ORDER_STATES] = {0};
    uint64_t fills = 0;
    uint64_t payments = 0;

    for (uint64_t i = 0; i < ncases; i++) {
        play(&w, first_seed + i, false);
        fills += w.fills;
        payments += w.payments;
        for (int k = 0; k < QN_ORDER_STATES; k++)
            counts[k] += w.counts[k];
    }
    printf("proof: venue/sim against a slow matcher: %" PRIu64 " cases from seed %" PRIu64
           ": %" PRIu64 " orders accepted, %" PRIu64 " rejected, %" PRIu64 " canceled, %" PRIu64
           " expired, %" PRIu64 " fills, %" PRIu64 " payments; all equal\n",
           ncases, first_seed, counts[QN_ORDER_ACCEPTED], counts[QN_ORDER_REJECTED],
           counts[QN_ORDER_CANCELED], counts[QN_ORDER_EXPIRED], fills, payments);
    ck_assert(ncases < 100 || (fills > 0 && payments > 0 && counts[QN_ORDER_EXPIRED] > 0));
}
END_TEST

START_TEST(so_does_a_venue_that_is_cut)
{
    static world w;
    uint64_t n = ncases / 10 + 1;
    uint64_t cuts = 0;
    uint64_t fills = 0;

    for (uint64_t i = 0; i < n; i++) {
        play(&w, first_seed + i, true);
        cuts += w.cuts;
        fills += w.fills;
    }
    printf("proof: venue/sim taken up from its state: %" PRIu64 " cases from seed %" PRIu64
           ": %" PRIu64 " cuts, %" PRIu64 " fills; all equal\n",
           n, first_seed, cuts, fills);
    ck_assert(n < 100 || cuts > n);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("sim_property");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    ncases *= proof_scale();
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0) first_seed = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--cases") == 0) ncases = strtoull(argv[i + 1], NULL, 10);
    }
    tcase_set_timeout(all, 0);
    tcase_add_test(all, venue_and_reference_agree);
    tcase_add_test(all, so_does_a_venue_that_is_cut);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
