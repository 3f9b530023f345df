/* SPDX-License-Identifier: MIT
 *
 * risk/limits against the rules written down plainly: what is allowed is found by trying every
 * quantity, openings, peaks and rates by looking through all that ever happened. The plugin is
 * saved and loaded at random moments, which must change nothing. */
#include "limits.h"

#include "check_main.h"
#include "proof.h"

#include <stdio.h>
#include <string.h>

#define ACCOUNTS 2
#define INSTRUMENTS 4
#define STEPS 120
#define MOST 60 /* quantity of an order */

typedef struct moment {
    int64_t ts, equity;
} moment;

/* All that the rules are made of; 0 = the limit is off. Money as mantissas, ratios in percent. */
typedef struct world {
    fake_host h;
    uint64_t state;
    int64_t max_position, max_position_notional, max_order_notional;
    int64_t max_gross, max_net, max_daily_loss, max_drawdown, price_band;
    int64_t max_orders, per;
    bool is_halting;
    moment seen[ACCOUNTS][STEPS];
    uint32_t nseen[ACCOUNTS];
    uint32_t peak_from[ACCOUNTS]; /* first moment that counts for the peak */
    bool is_down[ACCOUNTS];
    int64_t halted_day[ACCOUNTS];
    int64_t ordered[STEPS];
    uint32_t nordered, nhalts;
    int64_t now;
} world;

static world w;

static int64_t between(int64_t low, int64_t high)
{
    return fake_between(&w.state, low, high);
}

/* Exact with the exponents of the tests. */
static int64_t money(int64_t qty, int64_t price)
{
    return qty * price * 1000;
}

static int64_t day_of(int64_t ts)
{
    return ts / QN_NS_PER_DAY;
}

/* ------------------------------------------------------------------ the rules, plainly */

static bool lost(int64_t from, int64_t equity, int64_t percent)
{
    return equity < from && (from - equity) * 100 >= percent * from;
}

static int64_t opening(uint32_t account, int64_t ts)
{
    const moment *m = w.seen[account];
    int64_t equity = m[0].equity;

    for (uint32_t i = 0; i < w.nseen[account]; i++)
        if (day_of(m[i].ts) < day_of(ts)) equity = m[i].equity;
    return equity;
}

static int64_t peak(uint32_t account)
{
    int64_t most = INT64_MIN;

    for (uint32_t i = w.peak_from[account]; i < w.nseen[account]; i++)
        if (w.seen[account][i].equity > most) most = w.seen[account][i].equity;
    return most;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t reach(const qn_proposal *p, int64_t qty)
{
    const qn_exposure *e = &w.h.exposures[p->instrument];

    return p->side == QN_BUY ? e->qty + e->buying + qty : e->selling - e->qty + qty;
}

static int64_t price_of(const qn_proposal *p)
{
    int64_t mark = w.h.exposures[p->instrument].mark;

    return mark ? mark : p->price;
}

/* Exposure in the worst case once the order is filled over qty; -1: something has no price. */
static int64_t gross_with(const qn_proposal *p, int64_t qty)
{
    int64_t sum = money(larger(0, reach(p, qty)), price_of(p));

    for (uint32_t i = 0; i < INSTRUMENTS; i++) {
        const qn_exposure *e = &w.h.exposures[i];
        int64_t worst = larger(e->qty + e->buying, e->selling - e->qty);
        if (i == p->instrument || e->account != w.h.exposures[p->instrument].account) continue;
        if (worst && !e->mark) return -1;
        sum += money(worst, e->mark);
    }
    return price_of(p) ? sum : -1;
}

static int64_t net_with(const qn_proposal *p, int64_t qty)
{
    int64_t sum = money(reach(p, qty), price_of(p));

    for (uint32_t i = 0; i < INSTRUMENTS; i++) {
        const qn_exposure *e = &w.h.exposures[i];
        if (i == p->instrument || e->account != w.h.exposures[p->instrument].account) continue;
        sum += money(p->side == QN_BUY ? e->qty + e->buying : e->selling - e->qty, e->mark);
    }
    return sum;
}

/* May nothing of it go, not even what reduces? */
static bool is_held(const qn_proposal *p)
{
    int64_t mark = w.h.exposures[p->instrument].mark;
    int64_t recent = 0;

    if (!(p->stage & QN_STAGE_ORDER)) return false;
    for (uint32_t i = 0; i < w.nordered; i++)
        recent += p->ts_ns - w.ordered[i] < w.per;
    if (w.max_orders && recent >= w.max_orders) return true;
    if (!w.price_band || p->type != QN_LIMIT) return false;
    return mark == 0 || (p->side == QN_BUY ? p->price * 100 > mark * (100 + w.price_band)
                                           : p->price * 100 < mark * (100 - w.price_band));
}

/* May nothing that adds go, however small? */
static bool is_closed(const qn_proposal *p)
{
    uint32_t account = w.h.exposures[p->instrument].account;
    int64_t equity = w.h.accounts[account].equity;
    bool is_order = p->stage & QN_STAGE_ORDER;

    if (is_order && w.max_order_notional &&
        (p->price == 0 || money(p->qty, p->price) > w.max_order_notional))
        return true;
    if (equity <= 0 && (w.max_gross || w.max_net || w.max_daily_loss || w.max_drawdown))
        return true;
    if (w.nseen[account] == 0) return false;
    if (w.max_daily_loss && lost(opening(account, p->ts_ns), equity, w.max_daily_loss)) return true;
    return w.max_drawdown && lost(peak(account), equity, w.max_drawdown);
}

static bool fits(const qn_proposal *p, int64_t qty)
{
    int64_t equity = w.h.accounts[w.h.exposures[p->instrument].account].equity;
    int64_t gross = gross_with(p, qty);

    if (!(p->stage & QN_STAGE_INTENT)) return true;
    if (w.max_position && reach(p, qty) > w.max_position) return false;
    if (w.max_position_notional &&
        (!price_of(p) || money(reach(p, qty), price_of(p)) > w.max_position_notional))
        return false;
    if (w.max_gross && (gross < 0 || gross * 100 > w.max_gross * equity)) return false;
    if (w.max_net && (gross < 0 || net_with(p, qty) * 100 > w.max_net * equity)) return false;
    return true;
}

static int64_t expected(const qn_proposal *p)
{
    int64_t qty = is_closed(p) ? 0 : p->qty;

    if (is_held(p)) return 0;
    while (qty > p->reducing && !fits(p, qty))
        qty--;
    return larger(qty, p->reducing);
}

/* The halts that an event brings about. */
static void watch(uint32_t account, int64_t ts, int64_t equity)
{
    w.seen[account][w.nseen[account]++] = (moment){ts, equity};
    if (w.max_drawdown && !w.is_down[account] && lost(peak(account), equity, w.max_drawdown)) {
        w.is_down[account] = true;
        w.nhalts++;
    }
    if (w.is_halting && w.halted_day[account] != day_of(ts) &&
        lost(opening(account, ts), equity, w.max_daily_loss)) {
        w.halted_day[account] = day_of(ts);
        w.nhalts++;
    }
}

/* ------------------------------------------------------------------ a random session */

static int64_t sometimes(int64_t low, int64_t high)
{
    return between(0, 2) ? 0 : between(low, high);
}

/* Add "key=valueSUFFIX", where the value is not 0. */
static void set(char params[512], const char *key, int64_t value, const char *suffix)
{
    size_t used = strlen(params);

    if (value) snprintf(params + used, 512 - used, "%s=%lld%s ", key, (long long)value, suffix);
}

static void begin(uint64_t seed)
{
    char params[512] = "";

    memset(&w, 0, sizeof w);
    w.state = seed * 2654435761u + 1;
    fake_init(&w.h, INSTRUMENTS);
    fake_account(&w.h);
    w.max_position = sometimes(1, 150);
    w.max_position_notional = sometimes(1, 15000) * 1000;
    w.max_order_notional = sometimes(1000, 6000) * 1000;
    w.max_gross = sometimes(20, 300);
    w.max_net = sometimes(20, 200);
    w.max_daily_loss = sometimes(5, 50);
    w.max_drawdown = sometimes(5, 50);
    w.price_band = sometimes(1, 20);
    w.max_orders = sometimes(1, 6);
    w.per = between(1, 20) * 3600 * QN_NS_PER_S;
    w.is_halting = w.max_daily_loss && between(0, 1);
    set(params, "max_position", w.max_position, "e-3");
    set(params, "max_position_notional", w.max_position_notional, "e-8");
    set(params, "max_order_notional", w.max_order_notional, "e-8");
    set(params, "max_gross", w.max_gross, "e-2");
    set(params, "max_net", w.max_net, "e-2");
    set(params, "max_daily_loss", w.max_daily_loss, "e-2");
    set(params, "max_drawdown", w.max_drawdown, "e-2");
    set(params, "price_band", w.price_band, "e-2");
    set(params, "max_orders", w.max_orders, "");
    set(params, "per", w.per / (3600 * QN_NS_PER_S), "h");
    snprintf(params + strlen(params), sizeof params - strlen(params), "halt_on_daily_loss=%s",
             w.is_halting ? "true" : "false");
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        w.halted_day[i] = -1;
    for (uint32_t i = 0; i < INSTRUMENTS; i++)
        w.h.exposures[i].account = between(0, 3) == 0;
    ck_assert_int_eq(fake_open(&w.h, "risk/limits", params, NULL), QN_OK);
}

static void move_books(uint32_t instrument)
{
    qn_exposure *e = &w.h.exposures[instrument];
    qn_account_state *a = &w.h.accounts[e->account];

    e->qty = between(0, 3) ? between(-100, 100) : 0;
    e->buying = sometimes(0, 50);
    e->selling = sometimes(0, 50);
    if (e->qty || between(0, 3)) e->mark = between(50, 150);
    a->equity = between(0, 30) ? between(8000, 13000) * 1000 : between(-100, 100) * 1000;
}

static void market_event(void)
{
    uint32_t instrument = (uint32_t)between(0, INSTRUMENTS - 1);
    uint32_t account = w.h.exposures[instrument].account;

    move_books(instrument);
    watch(account, w.now, w.h.accounts[account].equity);
    fake_market(&w.h, instrument, w.now);
    ck_assert_uint_eq(w.h.nhalts, w.max_drawdown || w.max_daily_loss ? w.nhalts : 0);
}

static void resume(void)
{
    for (uint32_t i = 0; i < ACCOUNTS; i++) {
        if (w.is_down[i]) w.peak_from[i] = w.nseen[i] - 1;
        w.is_down[i] = false;
    }
    tell_resume(&w.h);
}

/* Returns 1 if something was cut off. */
static int order(uint64_t seed)
{
    static const uint32_t stages[] = {BOTH, QN_STAGE_INTENT, QN_STAGE_ORDER};
    uint32_t instrument = (uint32_t)between(0, INSTRUMENTS - 1);
    uint32_t side = between(0, 1) ? QN_BUY : QN_SELL; /* drawn one by one: C has no order of them */
    int64_t qty = between(1, MOST);
    int64_t price = sometimes(40, 170);
    qn_proposal p = proposal_of(&w.h, instrument, side, qty, price);
    qn_answer answer;
    int64_t allowed;

    p.ts_ns = w.now;
    p.stage = stages[between(0, 2)];
    allowed = ask(&w.h, &p, &answer);
    ck_assert_msg(allowed == expected(&p), "seed %llu: %lld of %lld, expected %lld, reason %u",
                  (unsigned long long)seed, (long long)allowed, (long long)p.qty,
                  (long long)expected(&p), answer.reason);
    if (allowed && (p.stage & QN_STAGE_ORDER)) w.ordered[w.nordered++] = w.now;
    tell_verdict(&w.h, &p, allowed == p.qty ? QN_ALLOW : allowed ? QN_REDUCE : QN_REJECT);
    return allowed < p.qty;
}

START_TEST(random_sessions)
{
    uint64_t n = 1000 * proof_scale();
    uint64_t orders = 0;
    uint64_t cut = 0;

    for (uint64_t seed = 1; seed <= n; seed++) {
        begin(seed);
        for (int step = 0; step < STEPS; step++) {
            int64_t what = between(0, 9);
            w.now += between(0, 1) ? 0 : between(0, 8 * 3600) * QN_NS_PER_S;
            if (what < 4) {
                market_event();
            } else if (what < 9) {
                cut += (uint64_t)order(seed);
                orders++;
            } else if (between(0, 3) == 0) {
                resume();
            } else {
                fake_reload(&w.h);
            }
        }
        fake_close(&w.h);
    }
    ck_assert_uint_gt(cut, orders / 10); /* else nothing was tried */
    printf("proof: kinds: %llu orders against limits, %llu of them cut\n",
           (unsigned long long)orders, (unsigned long long)cut);
}
END_TEST

CHECK_MAIN("limits_property", random_sessions)
