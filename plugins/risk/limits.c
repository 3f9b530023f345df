/* SPDX-License-Identifier: MIT
 *
 * risk/limits: the limits that every account should have. Each is off unless it is set.
 *
 * What only reduces the account's position passes every limit but the order rate and the price
 * band: an exit is never blocked for what is held. Where an order reduces first and then goes on
 * to the other side, the part that reduces is let through.
 *
 *   limit                  compared                                              exceeded
 *   max_orders, per        orders allowed within the last `per`                  reject
 *   price_band             (price - mark) / mark of a limit order, buys above,   reject
 *                          sells below the mark
 *   max_order_notional     quantity x price x contract size                      reject
 *   max_daily_loss         (opening - equity) / opening                          reject
 *   max_drawdown           (peak - equity) / peak                                reject, halt
 *   max_position           reach, see exposure.h                                 reduce
 *   max_position_notional  reach x mark                                          reduce
 *   max_gross              sum of |worst case x mark| / equity                   reduce
 *   max_net                sum of worst cases x mark in one direction / equity   reduce
 *
 * "Reduce" is to the largest quantity that fits, and reject where none does. The first four look
 * at the whole of what was asked, before anything is reduced: an order of absurd size is a mistake,
 * and not a wish for a smaller one.
 *
 * A day begins at midnight UTC of engine time; its opening is the equity after the last event
 * before, or the first equity seen. The peak is the highest equity seen. A drawdown halts trading
 * once; when an operator resumes, the drawdown counts from the equity of that moment, or no order
 * could ever follow. A daily loss halts once a day where halt_on_daily_loss is set; after a resume
 * what adds stays rejected until midnight. With a limit on losses or exposure, an account whose
 * equity is zero or less takes no order that adds. */
#include "exposure.h"

#include <quoin/sdk/decimal.h>
#include <quoin/sdk/risk.h>

#define RATIO_ONE INT64_C(100000000) /* 10^-QN_RATE_EXP */

/* Limits of one instrument, as its mantissas; INT64_MAX = no limit. */
typedef struct bound {
    int64_t position;
    int64_t position_notional, order_notional; /* money */
} bound;

/* An account as it was watched. */
typedef struct track {
    uint32_t account;
    uint32_t is_seen;
    uint32_t is_drawn_down; /* halted for its drawdown, and no operator has resumed since */
    uint32_t rsv0;
    int64_t day;        /* since 1970, of the last event */
    int64_t halted_day; /* on which a loss halted trading; INT64_MIN = never */
    int64_t opening;    /* equity at the end of the day before, money */
    int64_t peak, equity;
} track;

typedef struct limits {
    qn_decimal max_position, max_position_notional, max_order_notional;
    int64_t max_gross, max_net, max_daily_loss, halt_on_daily_loss, max_drawdown, price_band;
    int64_t max_orders, per;
    books books;
    bound *bounds;    /* by the place of the instrument in the setup */
    track *tracks;    /* in the order in which accounts were first seen */
    uint32_t ntracks; /* room: there are no more accounts than instruments that move them */
    qn_window orders; /* engine times of the orders that were allowed last */
} limits;

static const qn_param params[] = {
    QN_PARAM(limits, max_position, DECIMAL, "units",
             "largest position of the account in one instrument, working orders included",
             .flags = QN_PARAM_OPTIONAL | QN_PARAM_LIVE, .min = "1e-18"),
    QN_PARAM(limits, max_position_notional, DECIMAL, "account currency",
             "largest value of such a position", .flags = QN_PARAM_OPTIONAL | QN_PARAM_LIVE,
             .min = "1e-18"),
    QN_PARAM(limits, max_order_notional, DECIMAL, "account currency", "largest value of one order",
             .flags = QN_PARAM_OPTIONAL | QN_PARAM_LIVE, .min = "1e-18"),
    QN_PARAM(limits, max_gross, RATIO, "fraction of the equity",
             "largest sum of the values of all positions, long and short",
             .flags = QN_PARAM_OPTIONAL | QN_PARAM_LIVE, .min = "0.00000001", .max = "1000"),
    QN_PARAM(limits, max_net, RATIO, "fraction of the equity",
             "largest difference between long and short",
             .flags = QN_PARAM_OPTIONAL | QN_PARAM_LIVE, .min = "0.00000001", .max = "1000"),
    QN_PARAM(limits, max_daily_loss, RATIO, "fraction of the equity",
             "loss since midnight UTC from which on nothing is added",
             .flags = QN_PARAM_OPTIONAL | QN_PARAM_LIVE, .min = "0.00000001", .max = "1"),
    QN_PARAM(limits, halt_on_daily_loss, BOOL, "", "halt trading at max_daily_loss",
             .flags = QN_PARAM_LIVE, .def = "false"),
    QN_PARAM(limits, max_drawdown, RATIO, "fraction of the equity",
             "loss from the highest equity at which trading is halted",
             .flags = QN_PARAM_OPTIONAL | QN_PARAM_LIVE, .min = "0.00000001", .max = "1"),
    QN_PARAM(limits, price_band, RATIO, "fraction of the mark",
             "how much worse than the mark the price of a limit order may be",
             .flags = QN_PARAM_OPTIONAL | QN_PARAM_LIVE, .min = "0.00000001", .max = "1000"),
    QN_PARAM(limits, max_orders, I64, "orders", "largest number of orders within `per`",
             .flags = QN_PARAM_OPTIONAL, .min = "1", .max = "10000"),
    QN_PARAM(limits, per, DURATION, "", "period of max_orders", .flags = QN_PARAM_LIVE, .def = "1s",
             .min = "1ms", .max = "7d"),
};

static const qn_field track_fields[] = {
    QN_FIELD(track, account), QN_FIELD(track, is_seen),    QN_FIELD(track, is_drawn_down),
    QN_FIELD(track, day),     QN_FIELD(track, halted_day), QN_FIELD(track, opening),
    QN_FIELD(track, peak),    QN_FIELD(track, equity),
};
static const qn_field fields[] = {
    QN_FIELD_OF_EACH(limits, tracks, ntracks, track, track_fields),
    QN_FIELD_OF_WINDOW(limits, orders),
};

/* ------------------------------------------------------------------ setting up */

/* A limit at an instrument's exponent, rounded down: never more than was set. INT64_MAX where it
 * was not set, or is more than any quantity can be. 0: it is less than the smallest one. */
static int64_t bound_of(qn_decimal limit, int32_t exp)
{
    int32_t shift = limit.exp - exp;
    qn_wide value = limit.mantissa;
    int64_t out;

    if (limit.mantissa == 0) return INT64_MAX;
    if (shift >= 0 && qn_wide_scale(value, shift, &value) != QN_OK) return INT64_MAX;
    for (; shift < 0 && value > 0; shift++)
        value /= 10;
    return qn_wide_narrow(value, &out) == QN_OK ? out : INT64_MAX;
}

static int32_t configure_bound(const limits *l, bound *b, const qn_instrument *ins, qn_err *err)
{
    b->position = bound_of(l->max_position, ins->qty_exp);
    b->position_notional = bound_of(l->max_position_notional, ins->money_exp);
    b->order_notional = bound_of(l->max_order_notional, ins->money_exp);
    if (b->position > 0 && b->position_notional > 0 && b->order_notional > 0) return QN_OK;
    return qn_fail(err, QN_E_RANGE, "%s is smaller than the smallest amount of %s",
                   b->position == 0            ? "max_position"
                   : b->position_notional == 0 ? "max_position_notional"
                                               : "max_order_notional",
                   ins->name);
}

static int32_t configure(limits *l, const qn_setup *setup, qn_err *err)
{
    const qn_host *host = setup->host;
    uint32_t n = setup->ninstruments;
    int32_t rc = QN_OK;

    if (l->halt_on_daily_loss && l->max_daily_loss == 0)
        return qn_fail(err, QN_E_MISSING, "halt_on_daily_loss needs max_daily_loss");
    l->books = (books){host->ext(host->ctx, QN_HOST_BOOKS), host->ctx, setup};
    l->bounds = host->alloc(host->ctx, (n + 1) * sizeof *l->bounds, _Alignof(bound));
    l->tracks = host->alloc(host->ctx, (n + 1) * sizeof *l->tracks, _Alignof(track));
    if (!l->bounds || !l->tracks)
        return qn_fail(err, QN_E_NO_MEMORY, "no memory for %u instruments", n);
    l->ntracks = n;
    for (uint32_t i = 0; i < n && rc == QN_OK; i++)
        rc = configure_bound(l, &l->bounds[i], setup->instruments[i], err);
    if (rc == QN_OK && l->max_orders) rc = qn_window_init(&l->orders, setup, l->max_orders, err);
    return rc;
}

/* ------------------------------------------------------------------ watching accounts */

static int64_t day_of(int64_t ts_ns)
{
    int64_t day = ts_ns / QN_NS_PER_DAY;

    return ts_ns % QN_NS_PER_DAY < 0 ? day - 1 : day;
}

/* The account's track, or the first free one; NULL if there is neither. */
static track *track_of(const limits *l, uint32_t account)
{
    for (uint32_t i = 0; i < l->ntracks; i++)
        if (!l->tracks[i].is_seen || l->tracks[i].account == account) return &l->tracks[i];
    return NULL;
}

/* The account's track where a limit on its losses can be judged; else NULL. */
static const track *seen_track(const limits *l, uint32_t account)
{
    const track *t = track_of(l, account);

    return t && t->is_seen ? t : NULL;
}

static int64_t opening_at(const track *t, int64_t ts_ns)
{
    return day_of(ts_ns) > t->day ? t->equity : t->opening;
}

static int is_lost(int64_t from, int64_t equity, int64_t ratio)
{
    return equity < from && ((qn_wide)from - equity) * RATIO_ONE >= (qn_wide)ratio * from;
}

static double fraction(qn_wide part, qn_wide whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

static double ratio(int64_t mantissa)
{
    return qn_decimal_double(mantissa, QN_RATE_EXP);
}

static void halt_where_lost(const limits *l, track *t, const qn_risk_out *out)
{
    if (l->max_drawdown && !t->is_drawn_down && is_lost(t->peak, t->equity, l->max_drawdown)) {
        t->is_drawn_down = 1;
        qn_risk_halt(out, QN_REASON_LIMIT_DRAWDOWN, ratio(l->max_drawdown),
                     fraction((qn_wide)t->peak - t->equity, t->peak));
    }
    if (l->halt_on_daily_loss && t->halted_day != t->day &&
        is_lost(t->opening, t->equity, l->max_daily_loss)) {
        t->halted_day = t->day;
        qn_risk_halt(out, QN_REASON_LIMIT_DAILY_LOSS, ratio(l->max_daily_loss),
                     fraction((qn_wide)t->opening - t->equity, t->opening));
    }
}

/* An event may have changed the equity of the account that settles its instrument. */
static void on_market(limits *l, const qn_event *ev, const qn_risk_out *out)
{
    const books *b = &l->books;
    qn_exposure e = {.size = sizeof e};
    qn_account_state a = {.size = sizeof a};
    int64_t day = day_of(ev->ts_ns);
    track *t;

    if (!l->max_drawdown && !l->max_daily_loss) return;
    if (b->table->exposure(b->ctx, ev->instrument, &e) != QN_OK) return;
    if (b->table->account(b->ctx, e.account, &a) != QN_OK) return;
    if (!(t = track_of(l, e.account))) return;
    if (!t->is_seen)
        *t = (track){.account = e.account,
                     .is_seen = 1,
                     .day = day,
                     .halted_day = INT64_MIN,
                     .opening = a.equity,
                     .peak = a.equity,
                     .equity = a.equity};
    t->opening = opening_at(t, ev->ts_ns);
    t->day = day > t->day ? day : t->day;
    t->equity = a.equity;
    if (t->peak < a.equity) t->peak = a.equity;
    halt_where_lost(l, t, out);
}

static void on_fill(limits *l, const qn_fill *fill, const qn_risk_out *out)
{
    on_market(l, &fill->hdr, out);
}

static void on_payment(limits *l, const qn_payment *payment, const qn_risk_out *out)
{
    on_market(l, &payment->hdr, out);
}

static void on_verdict(limits *l, const qn_verdict *verdict, const qn_risk_out *out)
{
    (void)out;
    if (l->max_orders && (verdict->stage & QN_STAGE_ORDER) && verdict->action != QN_REJECT)
        qn_window_push(&l->orders, verdict->hdr.ts_ns);
}

static void on_halt(limits *l, const qn_halt *halt, const qn_risk_out *out)
{
    (void)out;
    for (uint32_t i = 0; !halt->is_halted && i < l->ntracks; i++) {
        track *t = &l->tracks[i];
        if (t->is_drawn_down) t->peak = t->equity;
        t->is_drawn_down = 0;
    }
}

/* ------------------------------------------------------------------ judging an order */

/* What one limit makes of the order. On entry qty is what was asked. */
typedef struct cut {
    int64_t qty; /* that it lets through */
    uint32_t reason;
    uint32_t halt;
    double limit, value;
} cut;

typedef struct question {
    const limits *l;
    const bound *bound;
    scene scene;
} question;

static void reject(cut *c, uint32_t reason, double limit, double value)
{
    *c = (cut){.reason = reason, .limit = limit, .value = value};
}

static double money(const question *q, qn_wide value)
{
    int64_t narrow = value > 0 ? INT64_MAX : INT64_MIN;

    (void)qn_wide_narrow(value, &narrow);
    return qn_decimal_double(narrow, q->scene.instrument->money_exp);
}

/* An order that ends a position when the data has ended has no later chance. */
static int is_close_out(const question *q)
{
    return (q->scene.order->flags & QN_CLOSE_OUT) != 0;
}

static void judge_rate(const question *q, cut *c)
{
    const qn_window *orders = &q->l->orders;
    int64_t max = q->l->max_orders;

    if (!max || is_close_out(q) || !qn_window_is_full(orders)) return;
    if ((qn_wide)q->scene.order->ts_ns - qn_window_at(orders, (uint64_t)max - 1) < q->l->per)
        reject(c, QN_REASON_LIMIT_ORDER_RATE, (double)max, (double)max + 1);
}

static void judge_price(const question *q, cut *c)
{
    const qn_proposal *order = q->scene.order;
    int64_t mark = q->scene.exposure.mark;
    qn_wide worse = (qn_wide)q->scene.sign * ((qn_wide)order->price - mark);

    if (!q->l->price_band || order->type != QN_LIMIT || is_close_out(q)) return;
    if (mark <= 0)
        reject(c, QN_REASON_NO_PRICE, ratio(q->l->price_band), 0);
    else if (worse * RATIO_ONE > (qn_wide)q->l->price_band * mark)
        reject(c, QN_REASON_PRICE_BOUND, ratio(q->l->price_band), fraction(worse, mark));
}

static void judge_order_notional(const question *q, cut *c)
{
    const qn_proposal *order = q->scene.order;
    int64_t max = q->bound->order_notional;

    if (max == INT64_MAX) return;
    if (order->price == 0)
        reject(c, QN_REASON_NO_PRICE, money(q, max), 0);
    else if (order->notional > max)
        reject(c, QN_REASON_LIMIT_ORDER_NOTIONAL, money(q, max), money(q, order->notional));
}

static void judge_equity(const question *q, cut *c)
{
    const limits *l = q->l;
    int64_t equity = q->scene.account.equity;

    if (equity <= 0 && (l->max_gross || l->max_net || l->max_daily_loss || l->max_drawdown))
        reject(c, QN_REASON_RUINED, 0, money(q, equity));
}

static void judge_daily_loss(const question *q, cut *c)
{
    const track *t = seen_track(q->l, q->scene.exposure.account);
    int64_t equity = q->scene.account.equity;
    int64_t opening = t ? opening_at(t, q->scene.order->ts_ns) : 0;

    if (!q->l->max_daily_loss || !is_lost(opening, equity, q->l->max_daily_loss)) return;
    reject(c, QN_REASON_LIMIT_DAILY_LOSS, ratio(q->l->max_daily_loss),
           fraction((qn_wide)opening - equity, opening));
    c->halt = q->l->halt_on_daily_loss && t->halted_day != day_of(q->scene.order->ts_ns);
}

static void judge_drawdown(const question *q, cut *c)
{
    const track *t = seen_track(q->l, q->scene.exposure.account);
    int64_t equity = q->scene.account.equity;

    if (!q->l->max_drawdown || !t || !is_lost(t->peak, equity, q->l->max_drawdown)) return;
    reject(c, QN_REASON_LIMIT_DRAWDOWN, ratio(q->l->max_drawdown),
           fraction((qn_wide)t->peak - equity, t->peak));
    c->halt = 1;
}

static void judge_position(const question *q, cut *c)
{
    int32_t exp = q->scene.instrument->qty_exp;
    qn_wide room = (qn_wide)q->bound->position - q->scene.base;

    if (q->bound->position == INT64_MAX || room >= c->qty) return;
    *c = (cut){.qty = room > 0 ? (int64_t)room : 0,
               .reason = QN_REASON_LIMIT_POSITION,
               .limit = qn_decimal_double(q->bound->position, exp),
               .value = (double)(q->scene.base + c->qty) * qn_decimal_double(1, exp)};
}

static void judge_position_notional(const question *q, cut *c)
{
    int64_t max = q->bound->position_notional;

    if (max == INT64_MAX) return;
    if (q->scene.price <= 0) {
        reject(c, QN_REASON_NO_PRICE, money(q, max), 0);
        return;
    }
    *c = (cut){.qty = scene_fit(&q->l->books, &q->scene, max),
               .reason = QN_REASON_LIMIT_POSITION,
               .limit = money(q, max),
               .value = money(q, scene_worth(&q->l->books, &q->scene, c->qty))};
}

/* Gross and net: the room is what the limit leaves when the other instruments are counted. */
static void judge_exposure(const question *q, cut *c, int64_t max, int is_gross)
{
    const books *b = &q->l->books;
    int64_t equity = q->scene.account.equity;
    int64_t worth;
    qn_wide gross;
    qn_wide net;
    qn_wide others;

    if (!max) return;
    if (q->scene.price <= 0 || scene_others(b, &q->scene, &gross, &net) != QN_OK) {
        reject(c, QN_REASON_NO_PRICE, ratio(max), 0);
        return;
    }
    others = is_gross ? gross : net;
    worth = scene_worth(b, &q->scene, c->qty);
    if (is_gross && worth < 0) worth = 0;
    *c = (cut){.qty = scene_fit(b, &q->scene, (qn_wide)max * equity / RATIO_ONE - others),
               .reason = is_gross ? QN_REASON_LIMIT_GROSS : QN_REASON_LIMIT_NET,
               .limit = ratio(max),
               .value = fraction(others + worth, equity)};
}

static void judge_gross(const question *q, cut *c)
{
    judge_exposure(q, c, q->l->max_gross, 1);
}

static void judge_net(const question *q, cut *c)
{
    judge_exposure(q, c, q->l->max_net, 0);
}

/* In the order in which they are asked. What loses money is looked at for children, too: the
 * loss may have come after their parent was approved. */
static const struct limit {
    uint32_t stage;                           /* QN_STAGE_, or-ed */
    uint32_t holds_all;                       /* 1 = what only reduces is held, too */
    void (*judge)(const question *q, cut *c); /* [event & active] */
} table[] = {
    {QN_STAGE_ORDER, 1, judge_rate},
    {QN_STAGE_ORDER, 1, judge_price},
    {QN_STAGE_ORDER, 0, judge_order_notional},
    {QN_STAGE_INTENT | QN_STAGE_ORDER, 0, judge_equity},
    {QN_STAGE_INTENT | QN_STAGE_ORDER, 0, judge_daily_loss},
    {QN_STAGE_INTENT | QN_STAGE_ORDER, 0, judge_drawdown},
    {QN_STAGE_INTENT, 0, judge_position},
    {QN_STAGE_INTENT, 0, judge_position_notional},
    {QN_STAGE_INTENT, 0, judge_gross},
    {QN_STAGE_INTENT, 0, judge_net},
};

/* The place of an instrument in the setup, or its number of instruments. */
static uint32_t place_of(const qn_setup *setup, uint32_t instrument)
{
    uint32_t i = 0;

    while (i < setup->ninstruments && setup->instruments[i]->number != instrument)
        i++;
    return i;
}

static int32_t check(const limits *l, const qn_proposal *order, qn_answer *answer)
{
    const qn_setup *setup = l->books.setup;
    uint32_t place = place_of(setup, order->instrument);
    cut best = {.qty = order->qty};
    question q = {.l = l};
    int32_t rc;

    if (place == setup->ninstruments || order->qty <= 0) return QN_E_INVALID;
    q.bound = &l->bounds[place];
    if ((rc = scene_read(&l->books, order, setup->instruments[place], &q.scene)) != QN_OK)
        return rc;
    for (size_t i = 0; i < sizeof table / sizeof table[0] && best.qty > 0; i++) {
        int64_t least = table[i].holds_all ? 0 : order->reducing;
        cut c = {.qty = order->qty};
        if (!(table[i].stage & order->stage)) continue;
        table[i].judge(&q, &c);
        if (c.qty < least) c.qty = least;
        if (c.qty < best.qty) best = c;
    }
    answer->halt = best.halt;
    if (best.qty <= 0) return qn_reject(answer, best.reason, best.limit, best.value);
    if (best.qty < order->qty)
        return qn_reduce(answer, best.qty, best.reason, best.limit, best.value);
    return QN_OK;
}

QN_RISK(limits, "risk/limits", "1.0.0", "MIT", .name = "Limits",
        .doc = "Limits on position, exposure, loss, order size, order rate and price. Each is off "
               "unless it is set.",
        .needs = QN_HOST_BOOKS, .params = QN_TABLE(params), .state = QN_STATE(1, fields),
        .configure = configure, .check = check, .on_market = on_market, .on_fill = on_fill,
        .on_payment = on_payment, .on_verdict = on_verdict, .on_halt = on_halt)
