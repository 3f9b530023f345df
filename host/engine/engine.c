/* SPDX-License-Identifier: MIT
 *
 * The loop: which event is next, what time it is, who gets it. */
#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SAMPLE_MASK 255u /* one dispatch in 256 is timed: two clock reads cost more than it */

const char *run_status_name(run_status status)
{
    static const char *const names[] = {"completed", "stopped", "ruined", "failed"};

    return names[status];
}

void engine_fail(engine *e, int32_t code, const char *format, ...)
{
    va_list args;

    if (e->failed != QN_OK) return; /* the first one is the cause */
    e->failed = code;
    e->failure = (qn_err)QN_ERR_INIT;
    e->failure.code = code;
    va_start(args, format);
    vsnprintf(e->failure.msg, sizeof e->failure.msg, format, args);
    va_end(args);
}

/* ------------------------------------------------------------------ dispatch */

/* Out of line, as all that is rare: the path of a market event that brings nothing about, which
 * most do, then needs few registers and no room on the stack. */
#define RARE __attribute__((noinline, cold))

RARE static void on_fault(engine *e, strategy *s, int32_t rc)
{
    e->counts.faults++;
    if (s->is_failing_told) return;
    s->is_failing_told = true;
    log_line(LOG_WARNING,
             "strategy %s returned %s at event %" PRIu64 "; further errors are counted", s->in.id,
             error_name(rc), e->seq);
}

void engine_deliver(engine *e, strategy *s, qn_event *ev)
{
    int32_t rc;

    ev->slot = ev->instrument < e->ninstruments ? s->in.slots[ev->instrument] : NO_SLOT;
    rc = s->table->on_event(s->in.self, ev, &s->out);
    if (rc != QN_OK) on_fault(e, s, rc);
}

/* Applies everything that waits, in its order; what that brings about waits behind it. After a
 * failure nothing is applied any more: the books stay as they were when it happened. */
void engine_drain(engine *e)
{
    qn_event *ev;

    while (e->failed == QN_OK && (ev = queue_take(&e->queue))) {
        ev->seq = ++e->seq;
        ev->ts_ns = e->now;
        order_event(e, ev);
    }
}

/* The market's own time of an event: a bar belongs to its end. */
static int64_t market_time(const qn_event *ev)
{
    if (ev->type == QN_EVENT_BAR) return qn_bar_close_ts((const qn_bar *)(const void *)ev);
    return ((const qn_trade *)(const void *)ev)->venue_ts; /* the first member of all others */
}

RARE static void on_venue_failed(engine *e, const venue *v, int32_t rc)
{
    engine_fail(e, rc, "venue %s cannot go on: %s", v->in.id, error_meaning(rc));
}

RARE static void on_mark_failed(engine *e, uint32_t instrument)
{
    engine_fail(e, QN_E_OVERFLOW, "the position in %s is worth more than 64 bits of money",
                e->instruments[instrument].name);
}

/* Marks the books at the close of a bar or the price of a trade. */
static inline void mark(engine *e, const stream *s, const qn_event *ev)
{
    int64_t equity;
    int64_t price;

    if (ev->type == QN_EVENT_BAR)
        price = ((const qn_bar *)(const void *)ev)->close;
    else if (ev->type == QN_EVENT_TRADE)
        price = ((const qn_trade *)(const void *)ev)->price;
    else
        return;
    if (ledger_mark(e->ledger, s->instrument, price) != QN_OK) {
        on_mark_failed(e, s->instrument);
        return;
    }
    if (!e->is_live) return;
    if (e->observer.on_mark)
        e->observer.on_mark(e->observer.ctx, s->instrument, price, e->market_ts);
    /* an account that was opened with nothing is ruined by a loss, not by its start */
    equity = account_equity(s->account);
    if (equity <= 0 && equity < s->account->start) e->status = RUN_RUINED;
}

/* The venue matches first; its fills are sequenced before the event that made them. */
static inline void match(engine *e, const stream *s, qn_event *ev)
{
    venue *v = &e->venues[s->venue];
    int32_t rc;

    ev->slot = s->venue_slot;
    rc = v->table->on_market(v->in.self, ev);
    if (rc != QN_OK) on_venue_failed(e, v, rc);
    if (!queue_is_empty(&e->queue)) engine_drain(e);
    if (e->failed == QN_OK) mark(e, s, ev);
}

/* ------------------------------------------------------------------ time */

/* What happens rarely as time passes: the warm-up ends, a cut is reached. */
RARE static void pass_time(engine *e, int64_t ts)
{
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    if (ts > e->live_from) e->is_live = true;
    while (e->cut < e->options.ncuts && ts > e->options.cuts[e->cut]) {
        if ((rc = decisions_hex(&e->decisions, e->cuts[e->cut++], &err)) != QN_OK)
            engine_fail(e, rc, "%s", err.msg);
    }
    e->check_ts = !e->is_live                 ? INT64_MIN
                  : e->cut < e->options.ncuts ? e->options.cuts[e->cut] + 1
                                              : INT64_MAX;
}

/* Sleeps until an event of a paced replay is due. False if a signal ended the sleep: the event
 * is not due yet. */
static bool keep_pace(const engine *e, int64_t ts)
{
    struct timespec until;
    int64_t due;

    for (uint32_t i = 0; i < e->nvenues; i++) {
        if (e->venues[i].info.pace <= 0 || ts <= e->first_ts) continue;
        if (qn_wide_narrow(e->started +
                               qn_wide_divide(((qn_wide)ts - e->first_ts) * qn_pow10(-QN_RATE_EXP),
                                              e->venues[i].info.pace),
                           &due) != QN_OK)
            due = INT64_MAX;
        until = (struct timespec){due / QN_NS_PER_S, due % QN_NS_PER_S};
        if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) return false;
    }
    return true;
}

static inline void set_time(engine *e, qn_event *ev)
{
    if (ev->ts_ns < e->now) {
        ev->ts_ns = e->now;
        ev->flags |= QN_EVENT_LATE;
        e->counts.late++;
    }
    e->now = ev->ts_ns;
    e->market_ts = market_time(ev);
    if (e->now >= e->check_ts) pass_time(e, e->now);
}

/* ------------------------------------------------------------------ one step */

static void fire_timer(engine *e)
{
    timer t = timers_take(&e->timers);
    strategy *s = &e->strategies[t.strategy];
    qn_timer ev = {.hdr = {.size = sizeof ev,
                           .type = QN_EVENT_TIMER,
                           .ts_ns = t.due,
                           .instrument = QN_NO_INSTRUMENT},
                   .due_ns = t.due,
                   .cookie = t.cookie};

    s->in.ntimers--;
    if (ev.hdr.ts_ns < e->now) ev.hdr.ts_ns = e->now; /* asked for too late: due at once */
    set_time(e, &ev.hdr);
    e->market_ts = e->now; /* not the time that was asked for: it may have passed long ago */
    ev.hdr.seq = ++e->seq;
    engine_deliver(e, s, &ev.hdr);
    engine_drain(e);
}

static void market_event(engine *e, qn_event *ev)
{
    const stream *s = &e->streams[e->tape->stream];

    set_time(e, ev);
    e->counts.market++;
    if (s->venue != NO_VENUE) {
        match(e, s, ev);
        if (e->status != RUN_COMPLETED || e->failed != QN_OK) return;
    }
    ev->seq = ++e->seq;
    for (uint32_t i = s->first; i < s->first + s->n; i++) {
        subscriber *to = &e->subscribers[i];
        int32_t rc;
        ev->slot = to->slot;
        rc = to->strategy->table->on_event(to->strategy->in.self, ev, &to->strategy->out);
        if (rc != QN_OK) on_fault(e, to->strategy, rc);
    }
    if (!queue_is_empty(&e->queue)) engine_drain(e);
}

static void sampled_market_event(engine *e, qn_event *ev)
{
    int64_t before = clock_steady();
    uint64_t bucket;

    market_event(e, ev);
    bucket = (uint64_t)(clock_steady() - before) / 8;
    e->latency[bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1]++;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* True if the earliest timer comes before the tape's next event: by time, then by rank. Behind
 * the last event a prefix run has the timers up to its end, for more data would bring them. */
static bool timer_is_next(const engine *e, const qn_event *ev)
{
#define RANK(number, NAME, type, rank, meaning) [number] = (rank),
    static const uint8_t ranks[QN_EVENT_TYPES] = {QN_EVENT_LIST(RANK)};
#undef RANK
    const timer *t = timers_first(&e->timers);
    int64_t due;
    int64_t ts;

    if (!t) return false;
    if (!ev) return t->due <= (e->options.is_prefix ? e->options.to : e->now);
    due = later(t->due, e->now); /* what is late is raised to the engine's time, and has a rank */
    ts = later(ev->ts_ns, e->now);
    return due < ts || (due == ts && ranks[QN_EVENT_TIMER] < ranks[ev->type]);
}

static int32_t loop(engine *e, qn_err *err)
{
    static volatile sig_atomic_t never;
    const volatile sig_atomic_t *stop = e->options.stop ? e->options.stop : &never;
    bool is_paced = false;
    int32_t rc = QN_OK;

    for (uint32_t i = 0; i < e->nvenues; i++)
        is_paced = is_paced || e->venues[i].info.pace > 0;
    while (e->status == RUN_COMPLETED && e->failed == QN_OK && rc == QN_OK) {
        qn_event *ev = e->tape->head;
        bool is_timer = timer_is_next(e, ev);
        if (*stop) {
            e->status = RUN_STOPPED;
        } else if (!is_timer && !ev) {
            break;
        } else if (is_paced &&
                   !keep_pace(e, is_timer ? timers_first(&e->timers)->due : ev->ts_ns)) {
            continue;
        } else if (is_timer) {
            fire_timer(e);
        } else {
            if (e->counts.market & SAMPLE_MASK)
                market_event(e, ev);
            else
                sampled_market_event(e, ev);
            rc = tape_next(e->tape, err);
        }
    }
    return rc;
}

/* ------------------------------------------------------------------ the whole run */

static int32_t start_venue(venue *v, qn_err *err)
{
    size_t n = v->config->naccounts;
    qn_account *accounts = arena_alloc(&v->in.arena, (n + 1) * sizeof *accounts, 8);
    qn_venue_start start = {.size = sizeof start, .out = &v->out};
    qn_err why = QN_ERR_INIT;
    int32_t rc;

    if (!accounts) return fail(err, QN_E_NO_MEMORY, "no memory to start venue %s", v->in.id);
    for (size_t i = 0; i < n; i++) {
        const config_account *from = &v->config->accounts[i];
        accounts[i] = (qn_account){sizeof accounts[i], QN_MONEY_EXP, from->balance, ""};
        snprintf(accounts[i].currency, sizeof accounts[i].currency, "%s", from->currency);
    }
    start.accounts = (qn_table){accounts, (uint32_t)n, sizeof accounts[0]};
    if ((rc = v->table->start(v->in.self, &start, &why)) != QN_OK)
        return fail(err, rc, "venue %s did not start: %s", v->in.id,
                    why.msg[0] ? why.msg : error_meaning(rc));
    v->is_started = true;
    return QN_OK;
}

int32_t engine_run(engine *e, qn_err *err)
{
    uint64_t before;
    int32_t rc = QN_OK;

    for (uint32_t i = 0; i < e->nvenues && rc == QN_OK; i++)
        rc = start_venue(&e->venues[i], err);
    if (rc != QN_OK) {
        e->status = RUN_FAILED;
        return rc;
    }
    e->started = clock_steady();
    before = mem_count();
    rc = loop(e, err);
    e->counts.allocations = mem_count() - before;
    e->last_ts = later(e->now, e->first_ts);
    if (rc == QN_OK && e->failed == QN_OK && e->status == RUN_COMPLETED && !e->is_live &&
        !e->options.is_prefix)
        rc = fail(err, QN_E_NOT_FOUND,
                  "catalog %s has no data of this config in the range asked for: only what comes "
                  "before it, to warm up on",
                  e->run->catalog);
    while (e->cut < e->options.ncuts && rc == QN_OK) /* cuts behind the last event */
        rc = decisions_hex(&e->decisions, e->cuts[e->cut++], err);
    if (rc == QN_OK && e->failed == QN_OK && !e->options.is_prefix) order_end_all(e);
    e->run_ns = clock_steady() - e->started;
    e->counts.events = e->seq;
    if (rc == QN_OK && e->failed != QN_OK) {
        rc = e->failed;
        if (err) *err = e->failure;
    }
    if (rc == QN_OK) rc = ledger_check(e->ledger, err);
    if (rc != QN_OK) e->status = RUN_FAILED;
    return rc;
}

/* ------------------------------------------------------------------ reading */

void engine_observe(engine *e, const engine_observer *observer)
{
    e->observer = *observer;
}

run_status engine_status(const engine *e)
{
    return e->status;
}

const engine_counts *engine_count(const engine *e)
{
    return &e->counts;
}

const ledger *engine_ledger(const engine *e)
{
    return e->ledger;
}

int64_t engine_first_ts(const engine *e)
{
    return e->first_ts;
}

int64_t engine_last_ts(const engine *e)
{
    return e->last_ts;
}

int64_t engine_from(const engine *e)
{
    return e->options.from;
}

int64_t engine_to(const engine *e)
{
    return e->options.to;
}

int64_t engine_run_ns(const engine *e)
{
    return e->run_ns;
}

int64_t engine_dispatch_ns(const engine *e, double p)
{
    uint64_t all = 0;
    uint64_t seen = 0;

    for (uint32_t i = 0; i < LATENCY_BUCKETS; i++)
        all += e->latency[i];
    for (uint32_t i = 0; i < LATENCY_BUCKETS && all; i++) {
        seen += e->latency[i];
        if ((double)seen >= p * (double)all) return (int64_t)i * 8 + 4;
    }
    return 0;
}

int32_t engine_decision_hash(const engine *e, char to[SHA256_HEX], qn_err *err)
{
    return decisions_hex(&e->decisions, to, err);
}

const char *engine_cut_hash(const engine *e, size_t i)
{
    return e->cuts[i];
}

int32_t engine_data_hash(const engine *e, char to[SHA256_HEX], qn_err *err)
{
    return tape_identity(e->tape, to, err);
}

uint32_t engine_instruments(const engine *e)
{
    return e->ninstruments;
}

const qn_instrument *engine_instrument(const engine *e, uint32_t i)
{
    return &e->instruments[i];
}

uint32_t engine_strategies(const engine *e)
{
    return e->nstrategies;
}

const char *engine_strategy_id(const engine *e, uint32_t number)
{
    return number ? e->strategies[number - 1].in.id : "host";
}

uint32_t engine_venues(const engine *e)
{
    return e->nvenues;
}

const char *engine_venue_id(const engine *e, uint32_t i)
{
    return e->venues[i].in.id;
}

uint32_t engine_plugins(const engine *e)
{
    return e->nvenues + e->nstrategies;
}

engine_plugin engine_plugin_at(const engine *e, uint32_t i)
{
    const instance *in = i < e->nvenues ? &e->venues[i].in : &e->strategies[i - e->nvenues].in;

    return (engine_plugin){in->id, in->cls, module_about(in->module)};
}
