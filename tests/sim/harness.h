/* SPDX-License-Identifier: MIT
 *
 * The bench of <quoin/bench.h> for tests of venues with Check: what the venue pushes comes as an
 * array, and a failure of the bench ends the test. */
#ifndef QUOIN_TESTS_SIM_HARNESS_H
#define QUOIN_TESTS_SIM_HARNESS_H

#include "base/bytes.h"

#include <quoin/bench.h>

#include <stdbool.h>

#define HARNESS_EVENTS 4096
#define HARNESS_INSTRUMENTS 4

/* Any event a venue may push. */
typedef union pushed {
    qn_event hdr;
    qn_fill fill;
    qn_order_report report;
    qn_payment payment;
} pushed;

typedef struct harness {
    qn_bench *bench;
    qn_venue_info info;
    pushed events[HARNESS_EVENTS]; /* what was pushed, in order */
    uint32_t nevents;
    uint64_t npushed; /* events ever pushed; harness_forget does not reset it */
} harness;

/* Load the venue, create and start an instance. `params` is "key=value key=value"; defaults
 * fill the rest. A failure ends the test, unless `err` is given: then it is returned and the
 * harness is closed. */
int32_t harness_open(harness *h, const char *params, const qn_instrument *instruments,
                     uint32_t ninstruments, const qn_account *accounts, uint32_t naccounts,
                     qn_err *err);
void harness_close(harness *h);

/* Save the state, at most `most` bytes a call. To be freed by bytes_free. */
bytes_out harness_save(const harness *h, uint64_t most);

/* Put a new instance of the same parameters, instruments and accounts in the place of the one
 * there is, and load a state into it, before or after it is started. What was pushed stays. An
 * error of load is returned; the instance is then in no state to be used, and the next one can
 * be put in its place. The accounts that harness_open was given must still be there. */
int32_t harness_replace(harness *h, const void *state, size_t n, uint64_t most, bool is_started,
                        qn_err *err);

/* Forget the events that were pushed so far. */
void harness_forget(harness *h);

/* Market data. `slot` is the instrument; times in ns. All fail the test on an error. */
void harness_bar(harness *h, uint32_t slot, int64_t open_ts, int64_t length, const int64_t ohlc[4]);
void harness_trade(harness *h, uint32_t slot, int64_t ts, int64_t price);
void harness_mark(harness *h, uint32_t slot, int64_t ts, int64_t price);
void harness_funding(harness *h, uint32_t slot, int64_t ts, int64_t rate);

/* Any event of the market. Returns what the venue returned. */
int32_t harness_market(harness *h, const qn_event *ev);

/* Orders, and the end of the data. Return what the venue returned. */
int32_t harness_submit(harness *h, const qn_order *order);
int32_t harness_modify(harness *h, const qn_order *order);
int32_t harness_cancel(harness *h, uint64_t order_id);
int32_t harness_query(harness *h, uint64_t order_id);
void harness_end(harness *h, int64_t ts_ns);

/* An instrument for tests: linear, prices at 10^-2, quantities at 10^-3, tick and lot of one
 * mantissa, no further filters, settled in USDT. */
qn_instrument harness_instrument(uint32_t number, const char *base);

/* An account; money at 10^-8. */
qn_account harness_account(const char *currency, int64_t balance);

#endif
