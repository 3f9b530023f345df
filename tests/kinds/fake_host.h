/* SPDX-License-Identifier: MIT
 *
 * The bench of <quoin/bench.h> for tests with Check: what a plugin of a pure kind asks for comes as
 * arrays, and a failure of the bench ends the test. */
#ifndef QUOIN_TESTS_KINDS_FAKE_HOST_H
#define QUOIN_TESTS_KINDS_FAKE_HOST_H

#include <quoin/bench.h>

#include <stdbool.h>

#define FAKE_INSTRUMENTS 8
#define FAKE_RECORDS 4096
#define FAKE_FEATURES 2

typedef struct fake_timer {
    int64_t due_ns;
    uint64_t cookie;
} fake_timer;

typedef struct fake_child {
    uint64_t id; /* that it was given */
    qn_child child;
} fake_child;

/* A feature as a test says it stands: what find knows it by, what read answers. */
typedef struct fake_feature {
    const char *name;
    int32_t result;
    double value; /* of every instrument */
} fake_feature;

typedef struct fake_published {
    uint32_t instrument, feature;
    double value;
    int64_t valid_ns;
} fake_published;

typedef struct fake_host {
    /* a test sets these before it opens a plugin; books and results also later */
    qn_instrument *instruments; /* the bench's, by slot, which is their number */
    qn_exposure *exposures;
    qn_account_state *accounts;
    int32_t timer_result; /* what the next calls return; QN_OK: the host takes them */
    int64_t send_result;  /* 0: a child gets an id */
    fake_feature features[FAKE_FEATURES];

    /* what was asked for, in order */
    fake_timer timers[FAKE_RECORDS];
    fake_child children[FAKE_RECORDS];
    uint64_t finished[FAKE_RECORDS]; /* parents */
    qn_halt halts[FAKE_RECORDS];     /* reason, limit, value */
    qn_signal signals[FAKE_RECORDS]; /* hdr.instrument says whose */
    fake_published published[FAKE_RECORDS];
    uint32_t ntimers, nchildren, nfinished, nhalts, nsignals, npublished;

    /* the rest is the host's own */
    qn_bench *bench; /* NULL = closed */
    int64_t nbars;
} fake_host;

/* A zeroed host with `n` instruments: linear, prices at 10^-2, quantities at 10^-3, money at 10^-8,
 * tick and lot of one mantissa; all settled by account 0, which has an equity of 1,000. */
void fake_init(fake_host *h, uint32_t n);

/* One more account of 1,000. */
void fake_account(fake_host *h);

/* Load "risk/limits" and make an instance. `params` is "key=value key=value"; defaults fill the
 * rest. A failure of create ends the test, unless `err` is given: then it is returned, and the
 * host is closed. */
int32_t fake_open(fake_host *h, const char *plugin, const char *params, qn_err *err);
void fake_close(fake_host *h);

/* Save the instance, load the bytes into a new one and go on with that. The test ends where the
 * new one saves other bytes. Nothing happens where the class has no state. */
void fake_reload(fake_host *h);

/* An event to the plugin, of any kind it is of. Returns what it returned. */
int32_t fake_event(fake_host *h, const qn_event *ev);

/* The next bar: one follows the other in time, whatever their instruments. */
void fake_bar(fake_host *h, uint32_t instrument, int64_t length, int64_t high, int64_t low,
              int64_t close);

/* Market data as a risk module sees it: the books have been changed by the test before. */
void fake_market(fake_host *h, uint32_t instrument, int64_t ts_ns);

/* xorshift64*: small, and the same everywhere. *state > 0. */
uint64_t fake_draw(uint64_t *state);

/* low .. high */
int64_t fake_between(uint64_t *state, int64_t low, int64_t high);

#endif
