/* SPDX-License-Identifier: MIT
 *
 * Execution algorithms: immediate and TWAP, by hand and in random sessions. */
#include "fake_host.h"

#include "check_main.h"
#include "proof.h"

#include <stdio.h>
#include <string.h>

#define S QN_NS_PER_S

static fake_host h;

static void open_execution(const char *plugin, const char *params)
{
    if (h.bench) fake_close(&h);
    fake_init(&h, 3);
    for (int i = 0; i < 3; i++)
        h.exposures[i].mark = 10000;
    ck_assert_int_eq(fake_open(&h, plugin, params, NULL), QN_OK);
}

/* ------------------------------------------------------------------ what the host says */

static void parent_event(int64_t ts, uint64_t id, uint32_t instrument, int64_t qty, uint32_t state,
                         int64_t expire_ts)
{
    qn_parent ev = {.hdr = {.size = sizeof ev,
                            .type = QN_EVENT_PARENT,
                            .ts_ns = ts,
                            .instrument = instrument,
                            .slot = instrument},
                    .order_id = id,
                    .strategy = 1,
                    .state = state,
                    .side = QN_BUY,
                    .qty = qty,
                    .expire_ts = expire_ts};

    ck_assert_int_eq(fake_event(&h, &ev.hdr), QN_OK);
}

static void accept(int64_t ts, uint64_t id, uint32_t instrument, int64_t qty)
{
    parent_event(ts, id, instrument, qty, QN_ORDER_ACCEPTED, INT64_MAX);
}

static void report(int64_t ts, const fake_child *c, uint32_t state)
{
    qn_order_report ev = {.hdr = {.size = sizeof ev, .type = QN_EVENT_ORDER, .ts_ns = ts},
                          .order_id = c->id,
                          .state = state,
                          .parent_id = c->child.parent_id};

    ck_assert_int_eq(fake_event(&h, &ev.hdr), QN_OK);
}

static void fill(int64_t ts, const fake_child *c, int64_t qty)
{
    qn_fill ev = {.hdr = {.size = sizeof ev, .type = QN_EVENT_FILL, .ts_ns = ts},
                  .order_id = c->id,
                  .price = 10000,
                  .qty = qty,
                  .side = QN_BUY,
                  .parent_id = c->child.parent_id};

    ck_assert_int_eq(fake_event(&h, &ev.hdr), QN_OK);
}

/* The earliest timer, taken out of the list; ties by the order in which they were set. */
static fake_timer next_timer(void)
{
    uint32_t first = 0;
    fake_timer t;

    ck_assert_uint_gt(h.ntimers, 0);
    for (uint32_t i = 1; i < h.ntimers; i++)
        if (h.timers[i].due_ns < h.timers[first].due_ns) first = i;
    t = h.timers[first];
    h.ntimers--;
    memmove(&h.timers[first], &h.timers[first + 1], (h.ntimers - first) * sizeof t);
    return t;
}

static void deliver(fake_timer t, int64_t ts)
{
    qn_timer ev = {.hdr = {.size = sizeof ev,
                           .type = QN_EVENT_TIMER,
                           .ts_ns = ts,
                           .instrument = QN_NO_INSTRUMENT},
                   .due_ns = t.due_ns,
                   .cookie = t.cookie};

    ck_assert_int_eq(fake_event(&h, &ev.hdr), QN_OK);
}

/* Deliver the next timer on time, which must be `due`. */
static void tick(int64_t due)
{
    fake_timer t = next_timer();

    ck_assert_int_eq(t.due_ns, due);
    deliver(t, due);
}

/* The last child, of this quantity, and the n-th in all. */
static const fake_child *expect_child(uint32_t n, int64_t qty)
{
    const fake_child *c = &h.children[n - 1];

    ck_assert_uint_eq(h.nchildren, n);
    ck_assert_int_eq(c->child.qty, qty);
    ck_assert_uint_eq(c->child.type, QN_MARKET);
    ck_assert_int_eq(c->child.price, 0);
    return c;
}

/* ------------------------------------------------------------------ immediate */

START_TEST(immediate_sends_the_whole)
{
    open_execution("execution/immediate", "");
    accept(5, 77, 1, 1234);
    ck_assert_uint_eq(expect_child(1, 1234)->child.parent_id, 77);
    report(5, &h.children[0], QN_ORDER_ACCEPTED);
    fill(6, &h.children[0], 1234);
    report(6, &h.children[0], QN_ORDER_FILLED);
    parent_event(6, 77, 1, 1234, QN_ORDER_FILLED, INT64_MAX);
    ck_assert_uint_eq(h.nchildren, 1);
    ck_assert_uint_eq(h.nfinished, 0);
}
END_TEST

START_TEST(immediate_gives_up_what_comes_back)
{
    static const uint32_t ends[] = {QN_ORDER_DENIED, QN_ORDER_REJECTED, QN_ORDER_CANCELED,
                                    QN_ORDER_EXPIRED};

    for (size_t i = 0; i < 4; i++) {
        open_execution("execution/immediate", "");
        accept(5, 77, 1, 1000);
        fill(6, &h.children[0], 300);
        report(7, &h.children[0], ends[i]);
        ck_assert_uint_eq(h.nfinished, 1);
        ck_assert_uint_eq(h.finished[0], 77);
        ck_assert_uint_eq(h.nchildren, 1);
    }
    open_execution("execution/immediate", "");
    h.send_result = QN_E_FULL;
    accept(5, 78, 1, 1000);
    ck_assert_uint_eq(h.finished[0], 78);
}
END_TEST

/* ------------------------------------------------------------------ TWAP */

START_TEST(twap_slices)
{
    open_execution("execution/twap", "duration=60s slices=3");
    h.instruments[0].lot_size = 10;
    accept(100 * S, 7, 0, 1000); /* 330, 660, 1000 in whole lots */
    fill(101 * S, expect_child(1, 330), 330);
    tick(120 * S);
    fill(121 * S, expect_child(2, 330), 330);
    tick(140 * S);
    fill(141 * S, expect_child(3, 340), 340);
    ck_assert_uint_eq(h.ntimers, 0);
    ck_assert_uint_eq(h.nfinished, 0); /* the host sees for itself that it is filled */
    open_execution("execution/twap", "duration=60s slices=1");
    accept(0, 8, 0, 7);
    expect_child(1, 7);
    ck_assert_uint_eq(h.ntimers, 0);
}
END_TEST

START_TEST(twap_catches_up)
{
    open_execution("execution/twap", "duration=40s slices=4");
    accept(0, 7, 0, 1000);
    report(1, expect_child(1, 250), QN_ORDER_DENIED);
    tick(10 * S);
    expect_child(2, 500); /* what the first was to send as well */
    fill(11 * S, &h.children[1], 100);
    tick(20 * S);
    expect_child(3, 250); /* 400 still work */
    report(21 * S, &h.children[1], QN_ORDER_CANCELED);
    fill(21 * S, &h.children[2], 250);
    tick(30 * S);
    fill(31 * S, expect_child(4, 650), 600);
    report(32 * S, &h.children[3], QN_ORDER_EXPIRED); /* after the last slice: given up */
    ck_assert_uint_eq(h.nfinished, 1);
    ck_assert_uint_eq(h.finished[0], 7);
    ck_assert_uint_eq(h.nchildren, 4);
}
END_TEST

START_TEST(twap_takes_what_a_venue_fills)
{
    open_execution("execution/twap", "duration=40s slices=4");
    accept(0, 7, 0, 1000);
    fill(1, &h.children[0], 300); /* of 250 */
    tick(10 * S);
    expect_child(2, 200);
    report(11 * S, &h.children[1], QN_ORDER_CANCELED);
    fill(12 * S, &h.children[1], 200); /* before it saw the cancel */
    tick(20 * S);
    expect_child(3, 250);
    fill(21 * S, &h.children[2], 500);
    tick(30 * S);
    ck_assert_uint_eq(h.nchildren, 3);
    ck_assert_uint_eq(h.nfinished, 0);
}
END_TEST

START_TEST(twap_late_timers_and_refusals)
{
    open_execution("execution/twap", "duration=40s slices=4");
    accept(0, 7, 0, 1000);
    deliver(next_timer(), 25 * S); /* two slices late: both at once */
    expect_child(2, 500);
    deliver((fake_timer){10 * S, 7}, 25 * S); /* one of old: is answered already */
    ck_assert_uint_eq(h.ntimers, 1);
    h.send_result = QN_E_FULL;
    tick(30 * S);
    ck_assert_uint_eq(h.nchildren, 2);
    fill(31 * S, &h.children[0], 250);
    fill(32 * S, &h.children[1], 500); /* the last one was refused: nothing works any more */
    ck_assert_uint_eq(h.nfinished, 1);
    open_execution("execution/twap", "duration=40s slices=4");
    h.timer_result = QN_E_FULL;
    accept(0, 7, 0, 1000); /* no further slice would come */
    ck_assert_uint_eq(h.nfinished, 1);
}
END_TEST

START_TEST(twap_ends_before_the_approval)
{
    open_execution("execution/twap", "duration=40s slices=4");
    parent_event(0, 7, 0, 1000, QN_ORDER_ACCEPTED, 20 * S);
    tick(5 * S);
    tick(10 * S);
    tick(15 * S);
    expect_child(4, 250);
    parent_event(50 * S, 8, 0, 1000, QN_ORDER_ACCEPTED, 50 * S); /* at once or never */
    expect_child(5, 1000);
    parent_event(50 * S, 9, 0, 1000, QN_ORDER_ACCEPTED, INT64_MIN);
    expect_child(6, 1000);
    ck_assert_uint_eq(h.ntimers, 0);
}
END_TEST

START_TEST(twap_forgets_what_is_taken_back)
{
    open_execution("execution/twap", "duration=20s slices=2");
    accept(0, 7, 0, 1000);
    accept(0, 8, 1, 600);
    parent_event(1, 7, 0, 1000, QN_ORDER_CANCELED, INT64_MAX);
    report(2, &h.children[0], QN_ORDER_CANCELED);
    fill(2, &h.children[0], 10); /* it came too late */
    tick(10 * S);
    ck_assert_uint_eq(h.nchildren, 2);
    tick(10 * S);
    ck_assert_uint_eq(expect_child(3, 300)->child.parent_id, 8);
    accept(11 * S, 8, 1, 600); /* told twice: it is worked once */
    ck_assert_uint_eq(h.nchildren, 3);
    ck_assert_uint_eq(h.nfinished, 0);
}
END_TEST

START_TEST(twap_merges_small_slices)
{
    open_execution("execution/twap", "duration=40s slices=4");
    h.instruments[0].min_qty = 300;
    accept(0, 7, 0, 1000); /* 250 is too small */
    ck_assert_uint_eq(h.nchildren, 0);
    tick(10 * S);
    expect_child(1, 500);
    tick(20 * S);
    tick(30 * S);
    expect_child(2, 500);
    accept(50 * S, 8, 0, 700);
    tick(60 * S); /* 350, and as much for later */
    expect_child(3, 350);
    tick(70 * S); /* 175 */
    tick(80 * S);
    expect_child(4, 350);
    accept(100 * S, 9, 0, 500); /* cannot be cut */
    tick(110 * S);
    tick(120 * S); /* 375 would leave 125 */
    ck_assert_uint_eq(h.nchildren, 4);
    tick(130 * S);
    expect_child(5, 500);
    h.instruments[1].min_notional = INT64_C(3000000000); /* 30: 0.3 at 100 */
    accept(200 * S, 10, 1, 1000);
    ck_assert_uint_eq(h.nchildren, 5);
    h.exposures[1].mark = 20000; /* 0.15 */
    tick(210 * S);
    expect_child(6, 500);
    tick(220 * S);
    expect_child(7, 250);
}
END_TEST

START_TEST(twap_holds_back_for_the_last)
{
    open_execution("execution/twap", "duration=30s slices=3");
    h.instruments[0].min_qty = 400;
    accept(0, 7, 0, 900);
    tick(10 * S); /* 600 are due, 500 leave enough for later */
    expect_child(1, 500);
    tick(20 * S);
    expect_child(2, 400);
}
END_TEST

START_TEST(twap_bounds)
{
    open_execution("execution/twap", "duration=20s slices=2");
    h.instruments[0].max_qty = 100;
    accept(0, 7, 0, 500);
    ck_assert_uint_eq(h.nchildren, 3); /* 250 as 100, 100, 50 */
    ck_assert_int_eq(h.children[2].child.qty, 50);
    tick(10 * S);
    ck_assert_uint_eq(h.nchildren, 6);
    open_execution("execution/twap", "duration=20s slices=2");
    for (uint64_t id = 1; id <= 128; id++)
        accept(0, id, 0, 1000);
    ck_assert_uint_eq(h.nfinished, 0);
    accept(0, 129, 0, 1000); /* the table is full */
    ck_assert_uint_eq(h.nfinished, 1);
    ck_assert_uint_eq(h.finished[0], 129);
    parent_event(1, 50, 0, 1000, QN_ORDER_CANCELED, INT64_MAX);
    accept(2, 130, 0, 1000);
    ck_assert_uint_eq(h.nfinished, 1);
    accept(2, 130, 99, 1000);
    parent_event(2, 51, 0, 1000, QN_ORDER_CANCELED, INT64_MAX);
    accept(3, 131, 99, 1000); /* an instrument that it was not given */
    ck_assert_uint_eq(h.finished[1], 131);
}
END_TEST

/* ------------------------------------------------------------------ random sessions */

#define PARENTS 6

/* What the test knows of a parent: nothing is taken from the plugin but its children. */
typedef struct wanted {
    int64_t start, qty, filled, working;
    uint32_t instrument;
    bool is_over; /* finished by the plugin or taken back */
} wanted;

typedef struct session {
    uint64_t state;
    int64_t duration, slices, now;
    wanted parents[PARENTS];    /* id - 1 */
    int64_t left[FAKE_RECORDS]; /* of children */
    uint32_t seen, finished;    /* children and ends taken note of */
    bool is_calm;               /* every child fills */
    uint64_t reloads;           /* state of a generator of their own; 0 = none */
} session;

static session s;

static int64_t between(int64_t low, int64_t high)
{
    return fake_between(&s.state, low, high);
}

/* No more than the schedule, never ahead of it, in whole lots but for the end. */
static void check_child(uint64_t seed, uint32_t i)
{
    const qn_child *c = &h.children[i].child;
    wanted *p = &s.parents[c->parent_id - 1];
    const qn_instrument *ins = &h.instruments[p->instrument];
    int64_t done = (s.now - p->start) * s.slices / s.duration + 1; /* slices begun by now */
    bool is_last = done >= s.slices;
    int64_t due = is_last ? p->qty : p->qty * done / s.slices;

    ck_assert_msg(!p->is_over, "seed %llu: a child of a parent that is over",
                  (unsigned long long)seed);
    s.left[i] = c->qty;
    p->working += c->qty;
    ck_assert_msg(p->filled + p->working <= due, "seed %llu: %lld of %lld",
                  (unsigned long long)seed, (long long)(p->filled + p->working), (long long)due);
    ck_assert(!ins->max_qty || c->qty <= ins->max_qty);
    if (is_last) return;
    ck_assert_int_eq(c->qty % ins->lot_size, 0);
    ck_assert(ins->max_qty || c->qty >= ins->min_qty);
}

static void take_note(uint64_t seed)
{
    for (; s.seen < h.nchildren; s.seen++)
        check_child(seed, s.seen);
    for (; s.finished < h.nfinished; s.finished++) {
        wanted *p = &s.parents[h.finished[s.finished] - 1];
        ck_assert(!p->is_over && p->filled < p->qty);
        ck_assert_msg(p->working == 0, "seed %llu", (unsigned long long)seed);
        p->is_over = true;
    }
}

/* A venue does something with a child that works. */
static void answer_child(uint32_t i)
{
    const fake_child *c = &h.children[i];
    wanted *p = &s.parents[c->child.parent_id - 1];
    int64_t part = between(0, 1) ? s.left[i] : between(1, s.left[i]);
    bool is_end = !s.is_calm && between(0, 3) == 0;

    if (is_end) {
        static const uint32_t ends[] = {QN_ORDER_DENIED, QN_ORDER_REJECTED, QN_ORDER_CANCELED,
                                        QN_ORDER_EXPIRED};
        part = s.left[i];
        s.left[i] = 0;
        p->working -= part;
        report(s.now, c, ends[between(0, 3)]);
        return;
    }
    s.left[i] -= part;
    p->working -= part;
    p->filled += part;
    report(s.now, c, s.left[i] ? QN_ORDER_PARTIALLY_FILLED : QN_ORDER_FILLED);
    fill(s.now, c, part);
}

static void answer_children(uint64_t seed)
{
    for (uint32_t i = 0; i < h.nchildren; i++)
        while (s.left[i] && (s.is_calm || between(0, 2))) {
            answer_child(i);
            take_note(seed);
        }
}

static void begin_parent(uint32_t i)
{
    wanted *p = &s.parents[i];

    *p = (wanted){.start = s.now};
    p->qty = between(1, 3000);
    p->instrument = (uint32_t)between(0, 2);
    p->qty = p->qty / h.instruments[p->instrument].lot_size * h.instruments[p->instrument].lot_size;
    if (p->qty == 0) p->qty = h.instruments[p->instrument].lot_size;
    accept(s.now, i + 1, p->instrument, p->qty);
}

static void run(uint64_t seed)
{
    uint32_t begun = 0;

    while (begun < PARENTS || h.ntimers) {
        if (begun < PARENTS && (h.ntimers == 0 || between(0, 2) == 0)) {
            begin_parent(begun++);
        } else {
            fake_timer t = next_timer();
            int64_t late = between(0, 5) ? 0 : between(0, s.duration / 2);
            s.now = s.now > t.due_ns + late ? s.now : t.due_ns + late;
            h.send_result = s.is_calm || between(0, 9) ? 0 : QN_E_FULL;
            deliver(t, s.now);
            h.send_result = 0;
        }
        take_note(seed);
        if (s.reloads && fake_between(&s.reloads, 0, 3) == 0) fake_reload(&h);
        answer_children(seed);
        if (!s.is_calm && begun && between(0, 15) == 0) {
            wanted *p = &s.parents[between(0, begun - 1)];
            if (!p->is_over && p->filled < p->qty) {
                p->is_over = true;
                parent_event(s.now, (uint64_t)(p - s.parents) + 1, p->instrument, p->qty,
                             QN_ORDER_CANCELED, INT64_MAX);
            }
        }
    }
}

static void begin(uint64_t seed, bool has_reloads)
{
    char params[80];

    memset(&s, 0, sizeof s);
    s.state = seed * 2654435761u + 1;
    s.is_calm = seed % 2;
    s.reloads = has_reloads ? seed : 0;
    s.slices = between(1, 20);
    s.duration = between(1, 600) * s.slices * S;
    snprintf(params, sizeof params, "duration=%llds slices=%lld", (long long)(s.duration / S),
             (long long)s.slices);
    open_execution("execution/twap", params);
    for (int i = 0; i < 3; i++) {
        qn_instrument *ins = &h.instruments[i];
        ins->lot_size = between(0, 1) ? 1 : between(1, 50);
        ins->min_qty = between(0, 1) ? 0 : ins->lot_size * between(1, 20);
        ins->max_qty = between(0, 3) ? 0 : 1000;
    }
}

/* Nothing is left over: what was not filled was given up or taken back. */
static void check_end(uint64_t seed)
{
    for (uint32_t pass = 0; pass < 100; pass++)
        answer_children(seed);
    for (uint32_t i = 0; i < PARENTS; i++) {
        const wanted *p = &s.parents[i];
        ck_assert_msg(p->working == 0 && (p->filled == p->qty || (p->is_over && !s.is_calm)),
                      "seed %llu parent %u: %lld of %lld filled", (unsigned long long)seed, i,
                      (long long)p->filled, (long long)p->qty);
    }
}

START_TEST(random_sessions)
{
    static fake_child children[FAKE_RECORDS];
    uint64_t n = 2000 * proof_scale();
    uint64_t total = 0;

    for (uint64_t seed = 1; seed <= n; seed++) {
        uint32_t nchildren;
        begin(seed, false);
        run(seed);
        check_end(seed);
        nchildren = h.nchildren;
        memcpy(children, h.children, nchildren * sizeof *children);
        begin(seed, true);
        run(seed);
        check_end(seed);
        ck_assert_uint_eq(h.nchildren, nchildren);
        ck_assert(memcmp(children, h.children, nchildren * sizeof *children) == 0);
        total += nchildren;
    }
    printf("proof: kinds: %llu children of %llu parents\n", (unsigned long long)total,
           (unsigned long long)n * PARENTS);
}
END_TEST

CHECK_MAIN("execution", immediate_sends_the_whole, immediate_gives_up_what_comes_back, twap_slices,
           twap_catches_up, twap_takes_what_a_venue_fills, twap_late_timers_and_refusals,
           twap_ends_before_the_approval, twap_forgets_what_is_taken_back, twap_merges_small_slices,
           twap_holds_back_for_the_last, twap_bounds, random_sessions)
