/* SPDX-License-Identifier: MIT */
#include "harness.h"

#include <quoin/sdk/decimal.h>

#include <check.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------- from the bench */

static void end_on_failure(const harness *h)
{
    const char *failure = qn_bench_failure(h->bench);

    ck_assert_msg(failure == NULL, "%s", failure);
}

/* What the venue has pushed since. */
static void take(harness *h)
{
    for (uint32_t i = 0; i < qn_bench_count(h->bench, 0); i++) {
        const qn_bench_output *o = qn_bench_nth(h->bench, 0, i);
        ck_assert_uint_lt(h->nevents, HARNESS_EVENTS);
        memset(&h->events[h->nevents], 0, sizeof(pushed));
        memcpy(&h->events[h->nevents++], &o->as, o->as.hdr.size);
        h->npushed++;
    }
    qn_bench_forget(h->bench);
    end_on_failure(h);
}

/* ------------------------------------------------------------------------- open and close */

static void params_set(harness *h, const char *params)
{
    char key[64], value[64];
    int used;

    while (sscanf(params, " %63[^= ]=%63s%n", key, value, &used) == 2) {
        qn_bench_set(h->bench, key, value);
        params += used;
    }
}

static void accounts_add(harness *h, const qn_account *accounts, uint32_t naccounts)
{
    char balance[QN_DECIMAL_TEXT];

    for (uint32_t i = 0; i < naccounts; i++) {
        qn_decimal_format(accounts[i].balance, accounts[i].exp, balance);
        qn_bench_add_account(h->bench, accounts[i].currency, balance);
    }
}

int32_t harness_open(harness *h, const char *params, const qn_instrument *instruments,
                     uint32_t ninstruments, const qn_account *accounts, uint32_t naccounts,
                     qn_err *err)
{
    int32_t rc;

    memset(h, 0, sizeof *h);
    h->bench = qn_bench_new();
    for (uint32_t i = 0; i < ninstruments; i++)
        qn_bench_add_instrument(h->bench, &instruments[i]);
    accounts_add(h, accounts, naccounts);
    params_set(h, params);
    qn_bench_open(h->bench, QUOIN_BUILD_DIR "/plugins/venue/sim.so");
    end_on_failure(h);
    rc = qn_bench_try_start(h->bench);
    end_on_failure(h);
    if (rc != QN_OK) {
        ck_assert_msg(err != NULL, "%s", qn_bench_reason(h->bench));
        err->code = rc;
        snprintf(err->msg, sizeof err->msg, "%s", qn_bench_reason(h->bench));
        harness_close(h);
        return rc;
    }
    h->info = *qn_bench_venue(h->bench);
    return QN_OK;
}

void harness_close(harness *h)
{
    end_on_failure(h);
    qn_bench_free(h->bench);
    h->bench = NULL;
}

/* --------------------------------------------------------------------------------- state */

bytes_out harness_save(const harness *h, uint64_t most)
{
    bytes_out out = {0};
    const void *state;
    uint64_t n;

    qn_bench_stream_bytes(h->bench, most);
    state = qn_bench_save(h->bench, &n);
    end_on_failure(h);
    bytes_put(&out, state, n);
    return out;
}

int32_t harness_replace(harness *h, const void *state, size_t n, uint64_t most, bool is_started,
                        qn_err *err)
{
    int32_t rc;

    qn_bench_stream_bytes(h->bench, most);
    qn_bench_loads_early(h->bench, !is_started);
    rc = qn_bench_load(h->bench, qn_bench_class(h->bench)->schema, state, n);
    err->code = rc;
    snprintf(err->msg, sizeof err->msg, "%s", qn_bench_reason(h->bench));
    take(h);
    return rc;
}

void harness_forget(harness *h)
{
    h->nevents = 0;
}

/* ------------------------------------------------------------------------ events, orders */

int32_t harness_market(harness *h, const qn_event *ev)
{
    int32_t rc = qn_bench_send(h->bench, ev);

    take(h);
    return rc;
}

int32_t harness_submit(harness *h, const qn_order *order)
{
    int32_t rc = qn_bench_submit(h->bench, order);

    take(h);
    return rc;
}

int32_t harness_modify(harness *h, const qn_order *order)
{
    int32_t rc = qn_bench_modify(h->bench, order);

    take(h);
    return rc;
}

int32_t harness_cancel(harness *h, uint64_t order_id)
{
    int32_t rc = qn_bench_cancel(h->bench, order_id);

    take(h);
    return rc;
}

int32_t harness_query(harness *h, uint64_t order_id)
{
    int32_t rc = qn_bench_query(h->bench, 0, order_id, NULL);

    take(h);
    return rc;
}

void harness_end(harness *h, int64_t ts_ns)
{
    qn_bench_end_of_data(h->bench, ts_ns);
    take(h);
}

/* ---------------------------------------------------------------------------- market data */

static void market(harness *h, qn_event *ev, uint16_t size, uint16_t type, uint32_t slot,
                   int64_t ts)
{
    ev->size = size;
    ev->type = type;
    ev->ts_ns = ts;
    ev->instrument = qn_bench_instrument(h->bench, slot)->number;
    ev->slot = slot;
    ck_assert_int_eq(harness_market(h, ev), QN_OK);
}

void harness_bar(harness *h, uint32_t slot, int64_t open_ts, int64_t length, const int64_t ohlc[4])
{
    qn_bar bar = {.open_ts = open_ts,
                  .length = length,
                  .open = ohlc[0],
                  .high = ohlc[1],
                  .low = ohlc[2],
                  .close = ohlc[3],
                  .volume = 1};

    market(h, &bar.hdr, sizeof bar, QN_EVENT_BAR, slot, open_ts + length);
}

void harness_trade(harness *h, uint32_t slot, int64_t ts, int64_t price)
{
    qn_trade t = {.venue_ts = ts, .price = price, .qty = 1, .side = QN_BUY};

    market(h, &t.hdr, sizeof t, QN_EVENT_TRADE, slot, ts);
}

void harness_mark(harness *h, uint32_t slot, int64_t ts, int64_t price)
{
    qn_mark m = {.venue_ts = ts, .price = price};

    market(h, &m.hdr, sizeof m, QN_EVENT_MARK, slot, ts);
}

void harness_funding(harness *h, uint32_t slot, int64_t ts, int64_t rate)
{
    qn_funding f = {.venue_ts = ts, .rate = rate};

    market(h, &f.hdr, sizeof f, QN_EVENT_FUNDING, slot, ts);
}

/* ---------------------------------------------------------------------------- definitions */

qn_instrument harness_instrument(uint32_t number, const char *base)
{
    char name[64];
    qn_instrument ins;

    snprintf(name, sizeof name, "%.15sUSDT.test", base);
    ins = qn_bench_linear(name);
    ins.number = number;
    snprintf(ins.base, sizeof ins.base, "%s", base);
    snprintf(ins.quote, sizeof ins.quote, "USDT");
    snprintf(ins.settle, sizeof ins.settle, "USDT");
    return ins;
}

qn_account harness_account(const char *currency, int64_t balance)
{
    qn_account a = {.size = sizeof a, .exp = QN_MONEY_EXP, .balance = balance};

    snprintf(a.currency, sizeof a.currency, "%s", currency);
    return a;
}
