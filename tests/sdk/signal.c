/* SPDX-License-Identifier: MIT
 *
 * When a signal says something new, and stops at the tick that is further away. */
#include <quoin/sdk/signal.h>

#include "check_main.h"

#include <math.h>

static qn_signal last;
static int pushed;

static int64_t push(void *ctx, const qn_intent *intent)
{
    (void)ctx;
    ck_assert_uint_eq(intent->size, sizeof last);
    ck_assert_uint_eq(intent->kind, QN_INTENT_SIGNAL);
    last = *(const qn_signal *)(const void *)intent;
    pushed++;
    return QN_E_FULL; /* a signal that is refused counts as said */
}

static const qn_out out = {.size = sizeof out, .push = push};

typedef struct bar {
    double strength, confidence;
    int is_pushed;
} bar;

static void run(const bar *bars, int n, double step, int64_t repeat)
{
    qn_signal_gate gate = {0};

    for (int i = 0; i < n; i++) {
        qn_signal s = {.strength = bars[i].strength, .confidence = bars[i].confidence};
        int before = pushed;
        int was_pushed = qn_signal_say(&gate, &out, 3, s, step, repeat);
        ck_assert_msg(was_pushed == bars[i].is_pushed, "bar %d", i);
        ck_assert_int_eq(pushed - before, was_pushed);
        if (!was_pushed) continue;
        ck_assert_uint_eq(last.hdr.instrument, 3);
        ck_assert(last.strength == s.strength && last.confidence == s.confidence);
    }
}

#define RUN(bars, step, repeat) run(bars, sizeof bars / sizeof bars[0], step, repeat)

START_TEST(what_is_new)
{
    static const bar bars[] = {
        {0.0, 1.0, 0},   /* no opinion is nothing new */
        {0.25, 1.0, 1},  /* the first */
        {0.375, 1.0, 0}, /* within the step, which is 0.125 */
        {0.25, 1.0, 0},  /* */
        {0.5, 1.0, 1},   /* moved since what was pushed */
        {0.5, 0.5, 1},   /* less sure */
        {-0.01, 0.5, 1}, /* another sign, however small */
        {0.0, 0.5, 1},   /* none any more */
        {0.0, 0.5, 0},   /* */
        {0.01, 0.5, 1},  /* */
    };

    RUN(bars, 0.125, 0);
}
END_TEST

START_TEST(silence_ends)
{
    static const bar bars[] = {{0.0, 1.0, 0}, {0.0, 1.0, 0}, {0.0, 1.0, 0}, {0.5, 1.0, 1},
                               {0.5, 1.0, 0}, {0.5, 1.0, 0}, {0.5, 1.0, 1}, {0.5, 1.0, 0},
                               {0.9, 1.0, 1}, {0.9, 1.0, 0}, {0.9, 1.0, 0}, {0.9, 1.0, 1}};

    RUN(bars, 0.1, 3);
}
END_TEST

START_TEST(without_a_step_every_change_is_new)
{
    static const bar bars[] = {{0.5, 1.0, 1}, {0.5, 1.0, 0}, {0.5000001, 1.0, 1}};

    RUN(bars, 0.0, 0);
}
END_TEST

START_TEST(stops)
{
    static const qn_instrument in = {.size = sizeof in, .tick_size = 10};
    static const struct {
        int64_t price;
        double distance;
        int side;
        int64_t expected;
    } rows[] = {
        {1000, 0.0, 1, 1000},
        {1000, 100.0, 1, 900},
        {1000, 100.1, 1, 890}, /* further away, never nearer */
        {1000, 99.0, 1, 900},
        {1000, 100.1, -1, 1110},
        {1000, 100.0, -1, 1100},
        {1000, 990.0, 1, 10},
        {1000, 991.0, 1, 0}, /* no price is that low */
        {1000, 2000.0, 1, 0},
        {1000, 1e300, 1, 0},
        {1000, 1e300, -1, 0},
        {1000, INFINITY, -1, 0},
        {1000, NAN, 1, 0},
        {1000, -1.0, 1, 0},
        {INT64_MAX - 100, 95.0, -1, 0}, /* nor that high */
        {INT64_MAX - 100, 0x1p61, -1, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(qn_stop_price(&in, rows[i].price, rows[i].distance, rows[i].side) ==
                          rows[i].expected,
                      "row %zu", i);
}
END_TEST

CHECK_MAIN("signal", what_is_new, silence_ends, without_a_step_every_change_is_new, stops)
