/* SPDX-License-Identifier: MIT */
#include "limits.h"

#include <quoin/sdk/decimal.h>

#include <check.h>

qn_proposal proposal_of(fake_host *h, uint32_t instrument, uint32_t side, int64_t qty,
                        int64_t price)
{
    char qty_text[QN_DECIMAL_TEXT], price_text[QN_DECIMAL_TEXT];

    qn_decimal_format(qty, h->instruments[instrument].qty_exp, qty_text);
    qn_decimal_format(price, h->instruments[instrument].price_exp, price_text);
    return qn_bench_proposal(h->bench, instrument, side, qty_text, price ? price_text : NULL);
}

int64_t ask(fake_host *h, const qn_proposal *p, qn_answer *answer)
{
    int64_t allowed = qn_bench_check(h->bench, p, answer);

    ck_assert_int_ge(allowed, 0);
    ck_assert_msg(qn_bench_failure(h->bench) == NULL, "%s", qn_bench_failure(h->bench));
    if (answer->action == QN_ALLOW) ck_assert_uint_eq(answer->halt, 0);
    qn_bench_forget(h->bench);
    return allowed;
}

void tell_verdict(fake_host *h, const qn_proposal *p, uint32_t action)
{
    qn_verdict v = {.hdr = {.size = sizeof v,
                            .type = QN_EVENT_VERDICT,
                            .ts_ns = p->ts_ns,
                            .instrument = p->instrument,
                            .slot = p->instrument},
                    .strategy = p->strategy,
                    .stage = p->stage,
                    .action = action,
                    .side = p->side,
                    .asked = p->qty,
                    .allowed = action == QN_REJECT ? 0 : p->qty,
                    .expire_ts = INT64_MAX};

    ck_assert_int_eq(fake_event(h, &v.hdr), QN_OK);
}

void tell_resume(fake_host *h)
{
    qn_halt ev = {
        .hdr = {.size = sizeof ev, .type = QN_EVENT_HALT, .instrument = QN_NO_INSTRUMENT}};

    ck_assert_int_eq(fake_event(h, &ev.hdr), QN_OK);
}
