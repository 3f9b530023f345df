/* SPDX-License-Identifier: MIT */
#include "fake_host.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ from the bench */

static void end_on_failure(const fake_host *h)
{
    const char *failure = qn_bench_failure(h->bench);

    ck_assert_msg(failure == NULL, "%s", failure);
}

/* What was said since the last event, each sort into its array; what was refused stays out. */
static void take(fake_host *h)
{
    for (uint32_t i = 0; i < qn_bench_count(h->bench, 0); i++) {
        const qn_bench_output *o = qn_bench_nth(h->bench, 0, i);
        uint32_t *counts[QN_BENCH_OUTPUTS] = {
            [QN_BENCH_TIMER] = &h->ntimers,    [QN_BENCH_CHILD] = &h->nchildren,
            [QN_BENCH_FINISH] = &h->nfinished, [QN_BENCH_HALT] = &h->nhalts,
            [QN_BENCH_SIGNAL] = &h->nsignals,  [QN_BENCH_FEATURE] = &h->npublished};
        uint32_t at;
        if (o->answer < 0 || !counts[o->what]) continue;
        at = (*counts[o->what])++;
        ck_assert_uint_lt(at, FAKE_RECORDS);
        if (o->what == QN_BENCH_TIMER)
            h->timers[at] = (fake_timer){o->as.timer.due_ns, o->as.timer.cookie};
        if (o->what == QN_BENCH_CHILD)
            h->children[at] = (fake_child){(uint64_t)o->answer, o->as.child};
        if (o->what == QN_BENCH_FINISH) h->finished[at] = o->as.id;
        if (o->what == QN_BENCH_HALT) h->halts[at] = o->as.halt;
        if (o->what == QN_BENCH_SIGNAL) h->signals[at] = o->as.signal;
        if (o->what == QN_BENCH_FEATURE)
            h->published[at] = (fake_published){o->as.feature.instrument, o->as.feature.feature,
                                                o->as.feature.value, o->as.feature.valid_ns};
    }
    qn_bench_forget(h->bench);
    end_on_failure(h);
}

/* What a test has set since. */
static void give(fake_host *h)
{
    qn_bench_answer(h->bench, QN_BENCH_TIMER, h->timer_result);
    qn_bench_answer(h->bench, QN_BENCH_CHILD, h->send_result);
    for (uint32_t i = 0; i < FAKE_FEATURES; i++) {
        if (!h->features[i].name) continue;
        for (uint32_t slot = 0; slot < FAKE_INSTRUMENTS; slot++)
            qn_bench_feature(h->bench, h->features[i].name, slot, h->features[i].value);
        qn_bench_feature_state(h->bench, h->features[i].name, h->features[i].result);
    }
}

/* ------------------------------------------------------------------ open and close */

void fake_account(fake_host *h)
{
    qn_bench_add_account(h->bench, "USD", "1000");
}

void fake_init(fake_host *h, uint32_t n)
{
    char name[] = "A.test";

    memset(h, 0, sizeof *h);
    h->bench = qn_bench_new();
    for (uint32_t i = 0; i < n; i++, name[0]++) {
        qn_instrument in = qn_bench_linear(name);
        qn_bench_add_instrument(h->bench, &in);
    }
    fake_account(h);
    h->instruments = qn_bench_instrument(h->bench, 0);
    h->exposures = qn_bench_exposure(h->bench, 0);
    h->accounts = qn_bench_account(h->bench, 0);
    end_on_failure(h);
}

static void params_set(fake_host *h, const char *params)
{
    char key[64], value[64];
    int used;

    while (sscanf(params, " %63[^= ]=%63s%n", key, value, &used) == 2) {
        qn_bench_set(h->bench, key, value);
        params += used;
    }
}

int32_t fake_open(fake_host *h, const char *plugin, const char *params, qn_err *err)
{
    char path[512];
    int32_t rc;

    snprintf(path, sizeof path, "%s/plugins/%s.so", QUOIN_BUILD_DIR, plugin);
    params_set(h, params);
    give(h);
    rc = qn_bench_open(h->bench, path);
    end_on_failure(h);
    ck_assert_str_eq(qn_bench_class(h->bench)->id, plugin);
    rc = qn_bench_try_start(h->bench);
    end_on_failure(h);
    if (rc != QN_OK) {
        ck_assert_msg(err != NULL, "%s", qn_bench_reason(h->bench));
        snprintf(err->msg, sizeof err->msg, "%s", qn_bench_reason(h->bench));
        fake_close(h);
    }
    return rc;
}

void fake_close(fake_host *h)
{
    end_on_failure(h);
    qn_bench_free(h->bench);
    h->bench = NULL;
}

void fake_reload(fake_host *h)
{
    if (!qn_bench_class(h->bench)->schema) return;
    give(h);
    qn_bench_stream_bytes(h->bench, 4096);
    ck_assert_int_eq(qn_bench_reload(h->bench), QN_OK);
    take(h);
}

/* ------------------------------------------------------------------ events */

int32_t fake_event(fake_host *h, const qn_event *ev)
{
    int32_t rc;

    give(h);
    rc = qn_bench_send(h->bench, ev);
    take(h);
    return rc;
}

void fake_bar(fake_host *h, uint32_t instrument, int64_t length, int64_t high, int64_t low,
              int64_t close)
{
    int64_t open_ts = h->nbars++ * length;
    qn_bar ev = {.hdr = {.size = sizeof ev,
                         .type = QN_EVENT_BAR,
                         .ts_ns = open_ts + length,
                         .instrument = instrument,
                         .slot = instrument},
                 .open_ts = open_ts,
                 .length = length,
                 .open = close,
                 .high = high,
                 .low = low,
                 .close = close};

    ck_assert_int_eq(fake_event(h, &ev.hdr), QN_OK);
}

void fake_market(fake_host *h, uint32_t instrument, int64_t ts_ns)
{
    qn_mark ev = {.hdr = {.size = sizeof ev,
                          .type = QN_EVENT_MARK,
                          .ts_ns = ts_ns,
                          .instrument = instrument,
                          .slot = instrument},
                  .venue_ts = ts_ns,
                  .price = h->exposures[instrument].mark};

    ck_assert_int_eq(fake_event(h, &ev.hdr), QN_OK);
}

uint64_t fake_draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

int64_t fake_between(uint64_t *state, int64_t low, int64_t high)
{
    return low + (int64_t)((fake_draw(state) >> 11) % (uint64_t)(high - low + 1));
}
