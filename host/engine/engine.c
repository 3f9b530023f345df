/* SPDX-License-Identifier: MIT
 *
 * The loop: which event is next, what time it is, who gets it. */
#include "internal.h"

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SAMPLE_MASK 255u /* one dispatch in 256 is timed: two clock reads cost more than it */

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

static inline bool goes_on(const engine *e)
{
    return e->status == RUN_COMPLETED && e->failed == QN_OK;
}

/* ------------------------------------------------------------------ dispatch */

/* Out of line, as all that is rare: the path of a market event that brings nothing about, which
 * most do, then needs few registers and no room on the stack. */
#define RARE __attribute__((noinline, cold))

RARE void instance_fault(instance *in, int32_t rc)
{
    if (in->is_out) return; /* it is not the one that is called */
    in->engine->counts.faults++;
    in->faults++;
    if (in->is_failing_told) return;
    in->is_failing_told = true;
    log_line(LOG_WARNING, "%s returned %s at event %" PRIu64 "; further errors are counted", in->id,
             error_name(rc), in->engine->cause);
}

/* Applies everything that waits, in its order; what that brings about waits behind it. After a
 * failure nothing is applied any more: the books stay as they were when it happened. */
RARE void engine_drain(engine *e)
{
    qn_event *ev;

    do {
        if (e->halt.has_to_cancel) halt_cancel(e);
        while (e->failed == QN_OK && (ev = queue_take(&e->queue)))
            answer_event(e, ev);
    } while (e->failed == QN_OK && e->halt.has_to_cancel);
}

/* The market's own time of an event: a bar belongs to its end. */
int64_t engine_market_time(const qn_event *ev)
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

/* Marks the books at the close of a bar or the price of a trade. False: the run has failed. */
static inline bool mark(engine *e, const stream *s, const qn_event *ev)
{
    int64_t equity;
    int64_t price;

    if (ev->type == QN_EVENT_BAR)
        price = ((const qn_bar *)(const void *)ev)->close;
    else if (ev->type == QN_EVENT_TRADE)
        price = ((const qn_trade *)(const void *)ev)->price;
    else
        return true;
    if (ledger_mark(e->ledger, s->instrument, price) != QN_OK) {
        on_mark_failed(e, s->instrument);
        return false;
    }
    if (!e->is_live) return true;
    if (e->observer.on_mark)
        e->observer.on_mark(e->observer.ctx, s->instrument, price, e->market_ts);
    /* an account that was opened with nothing is ruined by a loss, not by its start */
    equity = account_equity(s->account);
    if (equity <= 0 && equity < s->account->start) e->status = RUN_RUINED;
    return true;
}

void engine_mark(engine *e, const stream *s, const qn_event *ev)
{
    mark(e, s, ev);
}

/* The venue matches first; its fills are sequenced before the event that made them. */
static inline void match(engine *e, const stream *s, qn_event *ev, bool is_sampled)
{
    venue *v = &e->venues[s->venue];
    int64_t begun = time_begin(is_sampled);
    int32_t rc;

    ev->slot = s->venue_slot;
    slot_set(e->slot, SLOT_WORD(v->in.owner, SLOT_CALL_ON_MARKET)); /* no other call is around it */
    rc = v->table->on_market(v->in.self, ev);
    slot_set(e->slot, 0);
    instance_end(&v->in, begun);
    if (rc != QN_OK) on_venue_failed(e, v, rc);
    if (!queue_is_empty(&e->queue)) engine_drain(e);
    stage_end(e, STAGE_VENUE, begun);
}

/* ------------------------------------------------------------------ time */

/* The time from which on pass_time has something to do again. */
static int64_t next_check(const engine *e)
{
    int64_t cut = e->cut < e->options.ncuts ? e->options.cuts[e->cut] : INT64_MAX;
    int64_t next = e->portfolio.next_sample < cut ? e->portfolio.next_sample : cut;

    if (!e->is_live || next == INT64_MIN) return INT64_MIN;
    return next == INT64_MAX ? INT64_MAX : next + 1;
}

/* What happens rarely as time passes: the warm-up ends, a cut is reached, prices are sampled. */
RARE static void pass_time(engine *e, int64_t ts)
{
    qn_err err = QN_ERR_INIT;
    int32_t rc;

    if (ts > e->live_from && !e->is_live) {
        e->is_live = true;
        if (!e->is_books) portfolio_start(e);
        if (!e->is_books && e->halt.is_halted) halt_begin(e);
    }
    while (e->cut < e->options.ncuts && ts > e->options.cuts[e->cut]) {
        if ((rc = decisions_hex(&e->decisions, e->cuts[e->cut++], &err)) != QN_OK)
            engine_fail(e, rc, "%s", err.msg);
    }
    history_sample(e, ts, false);
    e->check_ts = next_check(e);
}

/* Sleeps until `due` of the steady clock. False if it was woken before: by a signal, or because
 * there is something to be looked at between two events. */
static bool sleep_until(engine *e, int64_t due)
{
    int64_t left = due - clock_steady();
    struct timespec wait = {left / QN_NS_PER_S, left % QN_NS_PER_S};
    struct pollfd bell = {.fd = e->reloads.bell, .events = POLLIN};
    uint64_t rung;

    if (left <= 0) return true;
    if (ppoll(&bell, 1, &wait, NULL) == 0) return true;
    if ((bell.revents & POLLIN) && read(bell.fd, &rung, sizeof rung) < 0) return false;
    return false;
}

/* Waits until an event of a paced replay is due. False if something else came first: the event is
 * not due yet. */
static bool keep_pace(engine *e, int64_t ts)
{
    int64_t due;

    for (uint32_t i = 0; i < e->nvenues; i++) {
        if (e->venues[i].info.pace <= 0 || ts <= e->pace_from) continue;
        if (qn_wide_narrow(e->pace_begun +
                               qn_wide_divide(((qn_wide)ts - e->pace_from) * qn_pow10(-QN_RATE_EXP),
                                              e->venues[i].info.pace),
                           &due) != QN_OK)
            due = INT64_MAX;
        if (!sleep_until(e, due)) return false;
    }
    return true;
}

void engine_set_time(engine *e, qn_event *ev)
{
    if (ev->ts_ns < e->now) {
        ev->ts_ns = e->now;
        ev->flags |= QN_EVENT_LATE;
        e->counts.late++;
    }
    e->now = ev->ts_ns;
    e->market_ts = engine_market_time(ev);
    if (e->now >= e->check_ts) pass_time(e, e->now);
}

/* ------------------------------------------------------------------ one step */

/* The end of an event: everything it brought about has happened, and is on record. */
static inline void settle(engine *e)
{
    if (!queue_is_empty(&e->queue) || e->halt.has_to_cancel) engine_drain(e);
    if (e->has_unpublished) record_publish(e);
}

void engine_settle(engine *e)
{
    settle(e);
}

/* An event of the host's own, due at `due`: what was asked for too late is due at once. */
static void set_due_time(engine *e, qn_event *ev, int64_t due)
{
    ev->instrument = QN_NO_INSTRUMENT;
    ev->ts_ns = due < e->now ? e->now : due;
    engine_set_time(e, ev);
    e->market_ts = e->now; /* not the time that was asked for: it may have passed long ago */
}

static void fire_timer(engine *e)
{
    timer t = timers_take(&e->timers);
    qn_timer ev = {
        .hdr = {.size = sizeof ev, .type = QN_EVENT_TIMER}, .due_ns = t.due, .cookie = t.cookie};
    instance *in = e->owners[t.owner];

    set_due_time(e, &ev.hdr, t.due);
    record_put(e, &ev.hdr);
    if (in) {
        in->ntimers--;
        in->deliver(in, &ev.hdr);
    } else {
        e->cause = ev.hdr.seq;
        portfolio_rebalance(e, &ev);
    }
    settle(e);
}

static void fire_result(engine *e)
{
    qn_result ev = {.hdr = {.size = sizeof ev, .type = QN_EVENT_RESULT}};
    int64_t due = pool_first(e->pool)->due_ns;
    uint32_t owner = pool_take(e->pool, true, &ev);
    instance *in = e->owners[owner];

    set_due_time(e, &ev.hdr, due);
    record_put(e, &ev.hdr);
    in->deliver(in, &ev.hdr);
    settle(e);
}

static inline void compute(engine *e, const stream *s, const qn_event *ev, bool is_sampled)
{
    int64_t begun = time_begin(is_sampled);

    functions_compute(e, s->first_use, s->nuses, (const qn_bar *)(const void *)ev);
    stage_end(e, STAGE_FUNCTIONS, begun);
}

static inline void tell_models(engine *e, const stream *s, qn_event *ev, bool is_sampled)
{
    const listener *first = &e->listeners[s->first_listener], *end = first + s->nlisteners;
    int64_t begun = time_begin(is_sampled);

    for (const listener *to = first; to < end; to++) {
        int64_t called = time_begin(is_sampled);
        int32_t rc;
        ev->slot = to->slot;
        slot_set(e->slot, SLOT_WORD(to->model->in.owner, SLOT_CALL_ON_EVENT));
        rc = to->model->table->on_event(to->model->in.self, ev, &to->model->out);
        slot_set(e->slot, 0);
        instance_end(&to->model->in, called);
        if (rc != QN_OK) instance_fault(&to->model->in, rc);
    }
    stage_end(e, STAGE_MODELS, begun);
}

static inline void tell_strategies(engine *e, const stream *s, qn_event *ev, bool is_sampled)
{
    const subscriber *first = &e->subscribers[s->first], *end = first + s->n;
    int64_t begun = time_begin(is_sampled);

    for (const subscriber *to = first; to < end; to++) {
        int64_t called = time_begin(is_sampled);
        int32_t rc;
        ev->slot = to->slot;
        slot_set(e->slot, SLOT_WORD(to->strategy->in.owner, SLOT_CALL_ON_EVENT));
        rc = to->strategy->table->on_event(to->strategy->in.self, ev, &to->strategy->out);
        slot_set(e->slot, 0);
        instance_end(&to->strategy->in, called);
        if (rc != QN_OK) instance_fault(&to->strategy->in, rc);
    }
    stage_end(e, STAGE_STRATEGIES, begun);
}

/* `is_sampled` is a constant to each of its callers: what times an event is compiled into one of
 * them only. */
__attribute__((always_inline)) static inline void market_event(engine *e, qn_event *ev,
                                                               bool is_sampled)
{
    const stream *s = &e->streams[e->tape->stream];

    engine_set_time(e, ev);
    e->counts.market++;
    if (s->venue != NO_VENUE) match(e, s, ev, is_sampled);
    if (e->failed != QN_OK) return;
    ev->seq = e->cause = ++e->seq;
    if (e->bus) bus_put(e->bus, ev);
    if (s->venue != NO_VENUE && (!mark(e, s, ev) || e->status != RUN_COMPLETED)) return;
    if (s->nuses) compute(e, s, ev, is_sampled);
    /* first: features follow their event at once */
    if (s->nlisteners) tell_models(e, s, ev, is_sampled);
    if (e->nrisk && s->venue != NO_VENUE) risk_event(e, ev);
    if (s->n) tell_strategies(e, s, ev, is_sampled);
    if (s->is_executed) execution_deliver(&e->execution.in, ev);
    settle(e);
}

static void put_checkpoint(engine *e)
{
    qn_checkpoint record = {
        .hdr = {.size = sizeof record, .type = QN_EVENT_CHECKPOINT, .instrument = QN_NO_INSTRUMENT},
        .market_events = e->counts.market,
        .market_ts = e->market_ts};

    record_put(e, &record.hdr);
}

static void note_time(stage_times *t, int64_t begun)
{
    t->buckets[latency_bucket(clock_steady() - begun)]++;
    t->n++;
}

void stage_note(engine *e, uint32_t stage, int64_t begun)
{
    note_time(&e->stages[stage], begun);
}

void instance_note(instance *in, int64_t begun)
{
    note_time(in->times, begun);
}

/* One event in 256 is timed; what need not be looked at for each event is looked at here. */
RARE static void sampled_market_event(engine *e, qn_event *ev)
{
    qn_err err = QN_ERR_INIT;
    int64_t before;
    int32_t rc;

    if (e->store && !e->replay) {
        if ((rc = store_check(e->store, &err)) != QN_OK) engine_fail(e, rc, "%s", err.msg);
        /* before the checkpoint: a run that goes on from here makes it again */
        if (e->counts.market >= e->snapshot_at && e->reloads.phase == RELOAD_IDLE) {
            e->is_attending = true; /* a guest that dies as it saves dies between two events */
            snapshot_take(e);
            e->is_attending = false;
        }
    }
    if (e->counts.market && !(e->counts.market & CHECKPOINT_MASK)) put_checkpoint(e);
    e->is_sampled = true;
    before = clock_steady();
    market_event(e, ev, true);
    e->latency[latency_bucket(clock_steady() - before)]++;
    e->is_sampled = false;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* True if what is due at `at` comes before the tape's next event: by time, then by rank. Behind
 * the last event a prefix run has what is due up to its end, for more data would bring it. */
static bool is_due(const engine *e, int64_t at, const qn_event *ev)
{
#define RANK(number, NAME, type, rank, meaning) [number] = (rank),
    static const uint8_t ranks[QN_EVENT_TYPES] = {QN_EVENT_LIST(RANK)};
#undef RANK
    int64_t due;
    int64_t ts;

    if (!ev) return at <= (e->options.is_prefix ? e->options.to : e->now);
    due = later(at, e->now); /* what is late is raised to the engine's time, and has a rank */
    ts = later(ev->ts_ns, e->now);
    return due < ts || (due == ts && ranks[QN_EVENT_TIMER] < ranks[ev->type]);
}

typedef enum next_step { STEP_END, STEP_MARKET, STEP_TIMER, STEP_RESULT } next_step;

/* What comes next. A result comes when its date is due, behind the timers of that date. At real
 * pace one that is not there yet is passed over; a replay knows from the journal when it came. */
static next_step choose(const engine *e, const qn_event *ev, bool is_paced, int64_t *due)
{
    const timer *t = timers_first(&e->timers);
    const job *j = e->pool ? pool_first(e->pool) : NULL;
    const qn_event *recorded = e->replay ? replay_next(e->replay) : NULL;

    if (t && is_due(e, t->due, ev) && !(j && j->due_ns < t->due)) {
        *due = t->due;
        return STEP_TIMER;
    }
    if (j && is_due(e, j->due_ns, ev)) {
        bool has_come = recorded ? recorded->type == QN_EVENT_RESULT && recorded->seq == e->seq + 1
                                 : !is_paced || pool_is_done(e->pool);
        *due = j->due_ns;
        if (has_come) return STEP_RESULT;
    }
    *due = ev ? ev->ts_ns : INT64_MAX;
    return ev ? STEP_MARKET : STEP_END;
}

/* What others ask for: a step of a reload first, which marks all of it as seen. */
RARE static void attend(engine *e)
{
    e->is_attending = true;
    reload_attend(e);
    faults_attend(e);
    commands_attend(e);
    e->is_attending = false;
}

/* The same of a run that is done again. */
static bool again(engine *e)
{
    bool is_done;

    e->is_attending = true;
    is_done = commands_again(e);
    e->is_attending = false;
    return is_done;
}

/* True while only the tape has a say in what comes next, and nobody else wants to be heard. */
static inline bool is_undisturbed(const engine *e, const volatile sig_atomic_t *stop)
{
    return goes_on(e) && e->tape->head && (e->counts.market & SAMPLE_MASK) &&
           !timers_first(&e->timers) && !reload_is_due(&e->reloads) && !*stop;
}

/* A market event. When nothing but the tape and what `is_undisturbed` looks at can bring about
 * anything else (is_alone), those behind it, too: this is where a backtest spends its time. */
static int32_t market_events(engine *e, bool is_alone, const volatile sig_atomic_t *stop,
                             qn_err *err)
{
    int32_t rc;

    do {
        market_event(e, e->tape->head, false);
        rc = tape_next(e->tape, err);
    } while (is_alone && rc == QN_OK && is_undisturbed(e, stop));
    return rc;
}

int32_t engine_loop(engine *e, qn_err *err)
{
    static volatile sig_atomic_t never;
    const volatile sig_atomic_t *stop = e->options.stop ? e->options.stop : &never;
    bool is_paced = false;
    int64_t due;
    int32_t rc = QN_OK;

    for (uint32_t i = 0; i < e->nvenues; i++)
        is_paced = is_paced || e->venues[i].info.pace > 0;
    while (goes_on(e) && rc == QN_OK) {
        qn_event *ev = e->tape->head;
        next_step step;
        if (e->watchdog.is_running) atomic_fetch_add_explicit(&e->steps, 1, memory_order_relaxed);
        if (e->replay && (e->options.mode == ENGINE_RESUME || e->options.goes_on) &&
            !replay_next(e->replay))
            replay_go_live(e);
        if (reload_is_due(&e->reloads)) attend(e);
        if (e->replay && again(e)) continue;
        if (!goes_on(e)) break;
        if (*stop || (e->replay && replay_stops_at(e->replay, e->seq))) {
            e->status = RUN_STOPPED;
            break;
        }
        step = timers_first(&e->timers) || e->pool ? choose(e, ev, is_paced, &due)
               : ev                                ? STEP_MARKET
                                                   : STEP_END;
        if (step == STEP_END) break;
        if (is_paced && e->bus) bus_publish(e->bus); /* the next one may be long in coming */
        if (is_paced && !e->replay && !e->options.goes_on &&
            !keep_pace(e, step == STEP_MARKET ? ev->ts_ns : due))
            continue;
        if (step == STEP_TIMER) {
            fire_timer(e);
        } else if (step == STEP_RESULT) {
            fire_result(e);
        } else if (e->counts.market & SAMPLE_MASK) {
            bool is_alone = !is_paced && !e->replay && !e->pool && !e->watchdog.is_running;
            rc = market_events(e, is_alone, stop, err);
        } else {
            sampled_market_event(e, ev);
            rc = tape_next(e->tape, err);
        }
    }
    return rc;
}
