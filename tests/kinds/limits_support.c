/* SPDX-License-Identifier: MIT */
#include "limits.h"

#include <check.h>
#include <math.h>

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

static int64_t reducing(const qn_exposure *e, uint32_t side, int64_t qty)
{
    int64_t room = magnitude(e->qty) - (side == QN_BUY ? e->buying : e->selling);

    if (e->qty == 0 || (e->qty > 0) == (side == QN_BUY) || room <= 0) return 0;
    return room < qty ? room : qty;
}

qn_proposal proposal_of(fake_host *h, uint32_t instrument, uint32_t side, int64_t qty,
                        int64_t price)
{
    const qn_exposure *e = &h->exposures[instrument];
    const qn_host_books *books = h->host.ext(h->host.ctx, QN_HOST_BOOKS);
    qn_proposal p = {.size = sizeof p,
                     .stage = BOTH,
                     .strategy = 1,
                     .instrument = instrument,
                     .side = side,
                     .type = price ? QN_LIMIT : QN_MARKET,
                     .qty = qty,
                     .reducing = reducing(e, side, qty),
                     .price = price ? price : e->mark};

    if (books->money(h->host.ctx, instrument, qty, p.price, &p.notional) != QN_OK)
        p.notional = INT64_MAX;
    return p;
}

int64_t ask(fake_host *h, const qn_proposal *p, qn_answer *answer)
{
    const qn_risk *table = h->cls->table;

    *answer = (qn_answer){.size = sizeof *answer, .action = QN_ALLOW, .qty = p->qty};
    ck_assert_int_eq(table->check(h->self, p, answer), QN_OK);
    ck_assert(isfinite(answer->limit) && isfinite(answer->value));
    if (answer->action == QN_ALLOW) {
        ck_assert_uint_eq(answer->halt, 0);
        return p->qty;
    }
    ck_assert_uint_ne(answer->reason, QN_REASON_NONE);
    ck_assert_uint_lt(answer->reason, QN_REASONS);
    if (answer->action == QN_REJECT) return 0;
    ck_assert_uint_eq(answer->action, QN_REDUCE);
    ck_assert(answer->qty > 0 && answer->qty < p->qty);
    return answer->qty;
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
