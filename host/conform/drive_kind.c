/* SPDX-License-Identifier: MIT
 *
 * What each kind is asked in a minute of the market. */
#include "drive.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS DRIVE_SLOTS
#define PERIODS_MAX 4096u

/* ------------------------------------------------------------------ numbers as texts */

static const char *const quantities[] = {"1", "0.5", "0.001", "20", "3.25"};

static const char *draw_qty(drive *d)
{
    return quantities[drive_draw(d, sizeof quantities / sizeof quantities[0])];
}

static void price_text(const drive *d, uint32_t slot, int64_t away, char to[32])
{
    int64_t price = d->price[slot] + away;

    snprintf(to, 32, "%lld.%02lld", (long long)(price / 100), (long long)(price % 100));
}

/* ------------------------------------------------------------------ execution */

static void parent_begin(drive *d)
{
    d->parent_slot = (uint32_t)drive_draw(d, d->slots);
    d->parent_side = drive_draw(d, 2) ? QN_BUY : QN_SELL;
    d->parent_qty = 2000; /* at 10^-3 */
    d->parent_filled = 0;
    d->parent = UINT64_MAX; /* children may come before the call returns */
    d->parent = qn_bench_parent(d->b, d->parent_slot, d->parent_side, "2");
    drive_settle(d);
}

static bool is_finished(const drive *d)
{
    const qn_bench_output *o = qn_bench_last(d->b, QN_BENCH_FINISH);

    return o && o->as.id == d->parent && o->answer == 0;
}

static void parent_end(drive *d, uint32_t state, uint32_t reason)
{
    uint64_t id = d->parent;

    d->parent = 0;
    d->norders = 0; /* the host cancels what still works */
    qn_bench_parent_end(d->b, id, state, reason);
    drive_settle(d);
}

static void step_execution(drive *d)
{
    if (!d->parent) parent_begin(d);
    drive_market(d);
    drive_answer(d);
    if (!d->parent) return;
    if (d->parent_filled >= d->parent_qty)
        parent_end(d, QN_ORDER_FILLED, QN_REASON_NONE);
    else if (is_finished(d))
        parent_end(d, QN_ORDER_CANCELED, QN_REASON_GIVEN_UP);
    else if (drive_draw(d, 40) == 0)
        parent_end(d, QN_ORDER_CANCELED, QN_REASON_REQUESTED);
}

/* ------------------------------------------------------------------ risk */

static void step_risk(drive *d)
{
    uint32_t slot = (uint32_t)drive_draw(d, d->slots);
    uint32_t side = drive_draw(d, 2) ? QN_BUY : QN_SELL;
    bool is_limit = drive_draw(d, 2);
    char price[32];
    qn_proposal p;
    int64_t allowed;

    drive_market(d);
    price_text(d, slot, (int64_t)drive_draw(d, 40) - 20, price);
    p = qn_bench_proposal(d->b, slot, side, draw_qty(d), is_limit ? price : NULL);
    if (d->is_hostile && drive_draw(d, 2)) {
        p.qty = p.notional = INT64_MAX;
        doing_what("a proposal of the largest quantity there is");
    }
    allowed = qn_bench_check(d->b, &p, NULL);
    if (!d->is_hostile) drive_returned(d, "check", allowed);
    drive_returned(d, "on_event",
                   d->is_hostile ? 0 : qn_bench_verdict(d->b, &p, allowed > 0 ? allowed : 0));
    if (allowed > 0 && allowed < INT64_MAX / 2) {
        qn_fill ev = {.order_id = QN_ORDER_ID(1, ++d->trades),
                      .trade_id = d->trades,
                      .price = d->price[slot],
                      .qty = allowed,
                      .side = side,
                      .liquidity = QN_TAKER};
        ev.venue_ts = qn_bench_now(d->b);
        drive_send(d, &ev.hdr, sizeof ev, QN_EVENT_FILL, slot);
    }
}

/* ------------------------------------------------------------------ optimizers */

/* Covariance of the columns, COLUMNS at most, ddof 1. */
static void covariance(const double *returns, uint32_t n, uint32_t columns, double *out)
{
    double mean[COLUMNS] = {0};

    for (uint32_t i = 0; i < n * columns; i++)
        mean[i % columns] += returns[i] / n;
    for (uint32_t a = 0; a < columns; a++)
        for (uint32_t b = 0; b < columns; b++) {
            double sum = 0;
            for (uint32_t i = 0; i < n; i++)
                sum += (returns[i * columns + a] - mean[a]) * (returns[i * columns + b] - mean[b]);
            out[a * columns + b] = sum / (n - 1);
        }
}

/* Returns of a market: wild ones where it is hostile, none at all where it stands still. */
static double draw_return(drive *d)
{
    static const double wild[] = {0, -1, 1e300, -1e-300, 40};

    if (d->is_hostile && drive_draw(d, 4) == 0)
        return wild[drive_draw(d, sizeof wild / sizeof wild[0])];
    return ((double)drive_draw(d, 2001) - 1000) * 1e-5;
}

static void step_optimizer(drive *d)
{
    static double returns[PERIODS_MAX * COLUMNS]; /* too much for a stack */
    const qn_history_need *need = qn_bench_need(d->b);
    uint32_t most = need->nreturns < PERIODS_MAX ? need->nreturns : PERIODS_MAX;
    uint32_t n = (uint32_t)drive_draw(d, 4) ? most : (uint32_t)drive_draw(d, most + 1u);
    double squares[COLUMNS * COLUMNS];
    qn_line lines[COLUMNS];
    qn_portfolio in = {.size = sizeof in,
                       .ncolumns = d->slots,
                       .lines = {lines, d->slots, sizeof lines[0]},
                       .returns = returns,
                       .nreturns = n,
                       .period = need->period,
                       .ts_ns = (int64_t)d->step * QN_NS_PER_DAY};
    int32_t rc;

    for (uint32_t i = 0; i < n * d->slots; i++)
        returns[i] = draw_return(d);
    for (uint32_t i = 0; i < d->slots; i++) {
        lines[i] = qn_bench_line(i, ((double)drive_draw(d, 201) - 100) / 100);
        lines[i].instrument = qn_bench_instrument(d->b, i)->number;
    }
    if (n >= 2) {
        covariance(returns, n, d->slots, squares);
        in.covariance = squares;
    }
    if (d->is_hostile) doing_what("a market that moves like none");
    rc = qn_bench_allocate_of(d->b, &in, NULL, NULL);
    if (!d->is_hostile) drive_returned(d, "allocate", rc);
    drive_settle(d);
}

/* ------------------------------------------------------------------ venues */

static void judge_fill(drive *d, const qn_fill *fill)
{
    bool is_known = fill->order_id <= d->forgotten;

    for (uint32_t i = 0; i < d->norders && !is_known; i++) {
        drive_order *o = &d->orders[i];
        if (o->id != fill->order_id) continue;
        is_known = fill->qty > 0 && fill->qty <= o->qty - o->filled && fill->side == o->side;
        o->filled += is_known ? fill->qty : 0;
    }
    if (!is_known && !d->insane[0])
        snprintf(d->insane, sizeof d->insane,
                 "a fill of %lld, side %u, of order %llu: not an order's, or more than is left",
                 (long long)fill->qty, fill->side, (unsigned long long)fill->order_id);
}

static void send_order(drive *d)
{
    uint32_t slot = (uint32_t)drive_draw(d, d->slots);
    uint32_t side = drive_draw(d, 2) ? QN_BUY : QN_SELL;
    uint64_t can = qn_bench_venue(d->b)->capabilities;
    bool is_limit = (can & QN_CAN_LIMIT) && drive_draw(d, 2);
    char price[32];
    qn_order o;

    if (!is_limit && !(can & QN_CAN_MARKET)) return;
    price_text(d, slot, (int64_t)drive_draw(d, 200) - 100, price);
    o = qn_bench_order(d->b, slot, side, draw_qty(d), is_limit ? price : NULL);
    if (d->norders == DRIVE_ORDERS) {
        d->forgotten = d->orders[0].id;
        memmove(d->orders, d->orders + 1, (DRIVE_ORDERS - 1) * sizeof d->orders[0]);
        d->norders--;
    }
    d->orders[d->norders++] =
        (drive_order){.id = o.id, .slot = slot, .side = side, .qty = o.qty, .is_market = !is_limit};
    drive_returned(d, "submit", qn_bench_submit(d->b, &o));
}

static void step_venue(drive *d)
{
    uint32_t from = qn_bench_count(d->b, QN_BENCH_FILL);
    const qn_bench_output *o;

    if (drive_draw(d, 2)) send_order(d);
    if (d->norders > 0 && drive_draw(d, 4) == 0)
        qn_bench_cancel(d->b, d->orders[drive_draw(d, d->norders)].id);
    drive_market(d);
    while ((o = qn_bench_nth(d->b, QN_BENCH_FILL, from++)))
        judge_fill(d, &o->as.fill);
}

/* ------------------------------------------------------------------ sinks, tuners */

#define BATCH_STEPS 8u

static void step_sink(drive *d)
{
    qn_output said = {.cause_seq = 1, .counter = 1, .strategy = 1, .kind = QN_INTENT_TARGET};
    qn_refusal refused = {.cause_seq = 1, .strategy = 1, .code = QN_E_INTENT_VALUE};
    int32_t rc;

    drive_market(d);
    drive_send(d, &said.hdr, sizeof said, QN_EVENT_OUTPUT, 0);
    drive_send(d, &refused.hdr, sizeof refused, QN_EVENT_REFUSAL, 0);
    if (d->step % BATCH_STEPS != BATCH_STEPS - 1) return;
    rc = qn_bench_write(d->b);
    if (!d->is_hostile) drive_returned(d, "write", rc);
}

/* A hill in the middle of the space; one trial in eight has failed. */
static double objective(drive *d, const qn_bench_output *trial)
{
    double x = (double)trial->as.list.values.whole[0] - 5;
    double y = (double)trial->as.list.values.whole[1] / 10 - 4;

    return drive_draw(d, 8) ? -(x * x) - y * y : NAN;
}

static void tell(drive *d)
{
    const qn_bench_output *last = qn_bench_last(d->b, QN_BENCH_TRIAL);

    drive_returned(d, "tell", qn_bench_tell(d->b, last ? objective(d, last) : 0));
    d->ntrials--;
}

static void step_tuner(drive *d)
{
    int32_t rc;

    if (d->is_searched) return;
    if (d->ntrials == 4) tell(d);
    rc = qn_bench_ask(d->b);
    drive_returned(d, "ask", rc);
    if (rc == QN_ASK_TRIAL) d->ntrials++;
    if (rc == QN_ASK_WAIT && d->ntrials > 0) tell(d);
    d->is_searched = rc == QN_ASK_END || rc < 0;
    drive_settle(d);
}

/* ------------------------------------------------------------------ by kind */

static void step_strategy(drive *d)
{
    drive_market(d);
    drive_answer(d);
}

static const struct {
    unsigned kind;
    void (*step)(drive *d);
} steps[] = {{KIND_STRATEGY, step_strategy},   {KIND_MODEL, drive_market},
             {KIND_OPTIMIZER, step_optimizer}, {KIND_RISK, step_risk},
             {KIND_EXECUTION, step_execution}, {KIND_TUNER, step_tuner},
             {KIND_VENUE, step_venue},         {KIND_SINK, step_sink}};

void drive_step_kind(drive *d)
{
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (steps[i].kind == d->kind) steps[i].step(d);
}
