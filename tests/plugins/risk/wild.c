/* SPDX-License-Identifier: MIT
 *
 * risk/wild, a test plugin: answers that make no sense (actions and reasons that do not exist,
 * reduced to more than was asked, negative bounds), errors, and halts. */
#include "wild.h"

#include <quoin/sdk/risk.h>

typedef struct wild {
    int64_t seed, halts;
    uint64_t state;
    const qn_setup *setup;
    const qn_host_books *books;
} wild;

static const qn_param params[] = {
    QN_PARAM(wild, seed, I64, "", "of the random numbers", .def = "1"),
    QN_PARAM(wild, halts, I64, "events", "one in so many halts trading or fails; 0 = none",
             .def = "0"),
};

static int32_t configure(wild *m, const qn_setup *setup, qn_err *err)
{
    (void)err;
    m->state = (uint64_t)m->seed;
    m->setup = setup;
    m->books = setup->host->ext(setup->host->ctx, QN_HOST_BOOKS);
    return QN_OK;
}

static void odd_reads(const wild *m, uint64_t *r)
{
    qn_ctx *ctx = m->setup->host->ctx;
    qn_account_state account = {.size = (uint32_t)wild_below(r, sizeof account + 1)};
    qn_exposure exposure = {.size = (uint32_t)wild_below(r, sizeof exposure + 1)};
    qn_position position = {.size = (uint32_t)wild_below(r, sizeof position + 1)};
    int64_t money;

    m->books->account(ctx, wild_number(r), &account);
    m->books->exposure(ctx, wild_number(r), &exposure);
    m->books->position(ctx, wild_number(r), wild_number(r), &position);
    m->books->money(ctx, wild_number(r), wild_int(r), wild_int(r), &money);
}

static void odd_answer(const qn_proposal *p, uint64_t *r, qn_answer *a)
{
    a->action = wild_once_in(r, 2) ? QN_REDUCE : wild_number(r);
    a->reason = wild_once_in(r, 2) ? QN_REASON_LIMIT_POSITION : wild_number(r);
    a->qty = wild_once_in(r, 2) ? wild_int(r) : p->qty + wild_below(r, 3) - 1;
    a->price_bound = wild_once_in(r, 2) ? 0 : wild_int(r);
    a->lifetime = wild_once_in(r, 2) ? 0 : wild_int(r);
    a->limit = wild_double(r);
    a->value = wild_double(r);
}

/* The instance is read only: what is random comes of the order itself. */
static int32_t check(const void *self, const qn_proposal *p, qn_answer *a)
{
    const wild *m = self;
    uint64_t r = m->state ^ wild_mix((uint64_t)p->ts_ns ^ (uint64_t)p->qty << 7 ^ p->strategy);

    odd_reads(m, &r);
    switch (wild_below(&r, 10)) {
    case 0:
        odd_answer(p, &r, a);
        break;
    case 1:
        return wild_code(&r);
    case 2:
        return p->qty > 1 ? qn_reduce(a, 1 + wild_below(&r, p->qty - 1), QN_REASON_LIMIT_GROSS,
                                      wild_double(&r), wild_double(&r))
                          : QN_OK;
    case 3:
        a->price_bound = p->price > 1 ? p->price + wild_below(&r, 3) - 1 : 0;
        a->lifetime = 1 + wild_below(&r, INT64_C(7200000000000));
        break;
    case 4:
        a->halt = wild_once_in(&r, 2) ? 0 : wild_number(&r);
        if (a->halt == 1 && (!m->halts || wild_below(&r, m->halts))) a->halt = 2;
        break;
    default:
        break;
    }
    return QN_OK;
}

static int32_t on_event(void *self, const qn_event *ev, const qn_risk_out *out)
{
    wild *m = self;
    uint64_t *r = &m->state;

    (void)ev;
    odd_reads(m, r);
    if (wild_once_in(r, 10)) qn_risk_halt(out, QN_REASON_NONE, 1, 2); /* no reason, no halt */
    if (wild_once_in(r, 10)) qn_risk_halt(out, UINT32_MAX, 1, 2);
    if (!m->halts || !wild_once_in(r, m->halts)) return QN_OK;
    if (wild_once_in(r, 2)) return wild_code(r);
    qn_risk_halt(out, QN_REASON_LIMIT_DRAWDOWN, wild_double(r), wild_double(r));
    return QN_OK;
}

static const qn_risk table = {.size = sizeof table, .check = check, .on_event = on_event};

QN_CLASS_DECLARE(wild, , )
QN_CLASS_DEFINE(wild, (QN_CLASS_HEAD(wild, "risk/wild", QN_KIND_RISK, "1.0.0", "MIT", &table)),
                .name = "Wild", .doc = "Answers what makes no sense. For tests.",
                .params = QN_TABLE(params), .configure = configure);
QN_CLASS_MODULE(wild, QN_TIER_PURE, "risk/wild", QN_KIND_RISK, "1.0.0", "MIT")
