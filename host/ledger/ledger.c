/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include "base/fail.h"
#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

/* One instrument: how it is valued, and who holds it. The parts of all strategies lie side by
 * side in `parts`, so that a mark walks one short array. */
typedef struct row {
    valuation value;
    int64_t price; /* last mark, 0 = none */
    position net;
    position *parts;  /* nstrategies of them */
    uint32_t holders; /* how many of them are not flat */
    uint32_t account;
    bool is_spot;
} row;

struct ledger {
    row *rows;
    position *parts;
    account *accounts;
    uint32_t ninstruments, nstrategies, naccounts;
};

/* Adds; false if the sum does not fit, which is then unchanged. */
static bool add(int64_t *sum, qn_wide amount)
{
    return qn_wide_narrow(*sum + amount, sum) == QN_OK;
}

static bool is_narrow(qn_wide value)
{
    return value == (int64_t)value;
}

/* True if equity and cash fit 64 bits. */
static bool can_be_told(const account *a)
{
    qn_wide settled = (qn_wide)a->start + a->realized_pnl - a->fees + a->funding;

    return is_narrow(settled + a->unrealized_pnl) && is_narrow(settled - a->invested);
}

/* ------------------------------------------------------------------ building */

static int32_t row_init(ledger *l, uint32_t i, const ledger_instrument *in, qn_err *err)
{
    row *r = &l->rows[i];

    if (in->def->kind == QN_INVERSE)
        return fail(err, QN_E_UNSUPPORTED, "%s: this version keeps no books of inverse contracts",
                    in->def->name);
    if (in->account >= l->naccounts)
        return fail(err, QN_E_INTERNAL, "%s: no account %u", in->def->name, in->account);
    r->account = in->account;
    r->is_spot = in->def->kind == QN_SPOT;
    r->parts = l->parts + (size_t)i * l->nstrategies;
    return valuation_init(&r->value, in->def, err);
}

int32_t ledger_new(const ledger_instrument *instruments, uint32_t ninstruments,
                   uint32_t nstrategies, const account *accounts, uint32_t naccounts, ledger **out,
                   qn_err *err)
{
    ledger *l = mem_new(1, sizeof *l);
    int32_t rc = QN_OK;

    if (!l) return fail(err, QN_E_NO_MEMORY, "no memory for the ledger");
    l->ninstruments = ninstruments;
    l->nstrategies = nstrategies;
    l->naccounts = naccounts;
    l->rows = mem_new(ninstruments, sizeof *l->rows);
    l->parts = mem_new((size_t)ninstruments * nstrategies, sizeof *l->parts);
    l->accounts = mem_new(naccounts, sizeof *l->accounts);
    if (!l->rows || !l->parts || !l->accounts) {
        rc = fail(err, QN_E_NO_MEMORY, "no memory for the ledger");
        goto done;
    }
    if (naccounts) memcpy(l->accounts, accounts, naccounts * sizeof *accounts);
    for (uint32_t i = 0; i < ninstruments && rc == QN_OK; i++)
        rc = row_init(l, i, &instruments[i], err);
done:
    if (rc == QN_OK)
        *out = l;
    else
        ledger_free(l);
    return rc;
}

void ledger_free(ledger *l)
{
    if (!l) return;
    mem_free(l->rows);
    mem_free(l->parts);
    mem_free(l->accounts);
    mem_free(l);
}

/* ------------------------------------------------------------------ fills */

/* The share of `amount` that belongs to `part` of `whole`: rounded half to even. */
static int64_t share(int64_t amount, int64_t part, int64_t whole)
{
    if (part == whole) return amount;
    return (int64_t)qn_wide_divide((qn_wide)amount * part, whole);
}

/* Applies a fill of signed quantity `dq` and positive `notional` to a copy of a position, by
 * average cost: what closes takes its share of the cost with it, what opens adds to it. */
static bool position_fill(position *p, int64_t dq, int64_t notional, int64_t fee)
{
    int64_t sign = dq > 0 ? 1 : -1;
    int64_t size = dq * sign;
    int64_t held = p->qty < 0 ? -p->qty : p->qty;
    int64_t closing = (p->qty < 0) == (dq < 0) ? 0 : size < held ? size : held;
    int64_t realized = 0;

    if (closing > 0) {
        int64_t closed_notional = share(notional, closing, size);
        int64_t closed_cost = share(p->cost, closing, held);
        realized = -sign * closed_notional - closed_cost;
        if (!add(&p->cost, -closed_cost)) return false;
        notional -= closed_notional;
    }
    return add(&p->qty, dq) && p->qty != INT64_MIN && add(&p->cost, sign * notional) &&
           add(&p->realized_pnl, realized) && add(&p->fees, fee);
}

/* What a new value and cost of the parts and of the net position mean for the account. */
static bool account_apply(account *a, const row *r, const position *before, const position *after,
                          int64_t fee)
{
    qn_wide value_change = (qn_wide)after->value - before->value;
    qn_wide cost_change = (qn_wide)after->cost - before->cost;

    return add(&a->realized_pnl, after->realized_pnl - before->realized_pnl) &&
           add(&a->unrealized_pnl, value_change - cost_change) && add(&a->fees, fee) &&
           (!r->is_spot || add(&a->invested, cost_change)) && can_be_told(a);
}

int32_t ledger_fill(ledger *l, uint32_t strategy, const qn_fill *fill, int64_t *realized)
{
    row *r = &l->rows[fill->hdr.instrument];
    position part = r->parts[strategy];
    position net = r->net;
    account acc = l->accounts[r->account];
    int64_t before = part.value;
    int64_t dq = qn_sign(fill->side) * fill->qty;
    int64_t notional;

    if (valuation_money(&r->value, fill->qty, fill->price, &notional) != QN_OK ||
        !position_fill(&part, dq, notional, fill->fee) ||
        !position_fill(&net, dq, notional, fill->fee) ||
        valuation_money(&r->value, part.qty, fill->price, &part.value) != QN_OK ||
        !add(&net.value, (qn_wide)part.value - before) ||
        !account_apply(&acc, r, &r->net, &net, fill->fee))
        return QN_E_OVERFLOW;
    *realized = part.realized_pnl - r->parts[strategy].realized_pnl;
    r->holders += (uint32_t)(part.qty != 0) - (uint32_t)(r->parts[strategy].qty != 0);
    r->parts[strategy] = part;
    r->net = net;
    l->accounts[r->account] = acc;
    return QN_OK;
}

/* ------------------------------------------------------------------ marks and funding */

/* Out of line: a mark of what nobody holds, of which there are many, is then two stores. */
__attribute__((noinline)) static int32_t mark_parts(ledger *l, row *r, int64_t price)
{
    account *a = &l->accounts[r->account];
    qn_wide change = 0;

    for (uint32_t s = 0; s < l->nstrategies; s++) {
        position *p = &r->parts[s];
        int64_t before = p->value;
        if (p->qty == 0) continue;
        if (valuation_money(&r->value, p->qty, price, &p->value) != QN_OK) return QN_E_OVERFLOW;
        change += (qn_wide)p->value - before;
    }
    return add(&r->net.value, change) && add(&a->unrealized_pnl, change) && can_be_told(a)
               ? QN_OK
               : QN_E_OVERFLOW;
}

int32_t ledger_mark(ledger *l, uint32_t instrument, int64_t price)
{
    row *r = &l->rows[instrument];

    r->price = price;
    return r->holders ? mark_parts(l, r, price) : QN_OK;
}

/* What of a payment on the net position falls to a part of it, rounded half to even. */
static qn_wide share_of_payment(const row *r, int64_t amount, const position *part)
{
    int64_t sign = r->net.qty < 0 ? -1 : 1;

    return qn_wide_divide((qn_wide)amount * part->qty * sign, (qn_wide)r->net.qty * sign);
}

/* Share a payment out over the parts; the last one takes what rounding leaves. False if a
 * part's funding would not fit. `is_trial`: only see whether it would. */
static bool share_payment(ledger *l, row *r, int64_t amount, bool is_trial)
{
    qn_wide rest = amount;
    uint32_t last = 0;

    for (uint32_t s = 0; s < l->nstrategies; s++)
        if (r->parts[s].qty) last = s;
    for (uint32_t s = 0; s <= last; s++) {
        int64_t funding = r->parts[s].funding;
        qn_wide part = s == last ? rest : share_of_payment(r, amount, &r->parts[s]);
        if (!add(&funding, part)) return false;
        if (!is_trial) r->parts[s].funding = funding;
        rest -= part;
    }
    return true;
}

int32_t ledger_payment(ledger *l, const qn_payment *payment)
{
    row *r = &l->rows[payment->hdr.instrument];
    account acc = l->accounts[r->account];
    int64_t funding = r->net.funding;

    if (r->net.qty == 0) return payment->amount ? QN_E_INVALID : QN_OK;
    if (!add(&acc.funding, payment->amount) || !can_be_told(&acc) ||
        !add(&funding, payment->amount) || !share_payment(l, r, payment->amount, true))
        return QN_E_OVERFLOW;
    l->accounts[r->account] = acc;
    r->net.funding = funding;
    share_payment(l, r, payment->amount, false);
    return QN_OK;
}

/* ------------------------------------------------------------------ reading */

int64_t ledger_price(const ledger *l, uint32_t instrument)
{
    return l->rows[instrument].price;
}

position *ledger_position(ledger *l, uint32_t strategy, uint32_t instrument)
{
    return &l->rows[instrument].parts[strategy];
}

const position *ledger_part(const ledger *l, uint32_t strategy, uint32_t instrument)
{
    return &l->rows[instrument].parts[strategy];
}

const position *ledger_net(const ledger *l, uint32_t instrument)
{
    return &l->rows[instrument].net;
}

const account *ledger_account(const ledger *l, uint32_t i)
{
    return &l->accounts[i];
}

uint32_t ledger_accounts(const ledger *l)
{
    return l->naccounts;
}

uint32_t ledger_account_of(const ledger *l, uint32_t instrument)
{
    return l->rows[instrument].account;
}

const valuation *ledger_valuation(const ledger *l, uint32_t instrument)
{
    return &l->rows[instrument].value;
}

/* ------------------------------------------------------------------ checking */

/* The sums over an instrument's parts must be the net position. */
static int32_t check_row(const ledger *l, uint32_t i, position *sum, qn_err *err)
{
    const row *r = &l->rows[i];

    *sum = (position){0};
    for (uint32_t s = 0; s < l->nstrategies; s++) {
        const position *p = &r->parts[s];
        sum->qty += p->qty;
        sum->value += p->value;
        sum->fees += p->fees;
        sum->funding += p->funding;
        sum->realized_pnl += p->realized_pnl + position_unrealized(p);
        if (p->qty == 0 && (p->cost != 0 || p->value != 0))
            return fail(err, QN_E_INTERNAL, "instrument %u: a flat position has cost or value", i);
    }
    if (sum->qty != r->net.qty || sum->value != r->net.value || sum->fees != r->net.fees ||
        sum->funding != r->net.funding ||
        sum->realized_pnl != r->net.realized_pnl + position_unrealized(&r->net))
        return fail(err, QN_E_INTERNAL,
                    "instrument %u: the strategies' parts do not add up to the account's", i);
    return QN_OK;
}

int32_t ledger_check(const ledger *l, qn_err *err)
{
    int32_t rc = QN_OK;

    for (uint32_t a = 0; a < l->naccounts && rc == QN_OK; a++) {
        const account *acc = &l->accounts[a];
        account sum = {0};
        for (uint32_t i = 0; i < l->ninstruments && rc == QN_OK; i++) {
            const row *r = &l->rows[i];
            position parts;
            if (r->account != a) continue;
            rc = check_row(l, i, &parts, err);
            sum.realized_pnl += r->net.realized_pnl;
            sum.unrealized_pnl += position_unrealized(&r->net);
            sum.fees += r->net.fees;
            sum.funding += r->net.funding;
            sum.invested += r->is_spot ? r->net.cost : 0;
        }
        if (rc == QN_OK &&
            (sum.realized_pnl != acc->realized_pnl || sum.unrealized_pnl != acc->unrealized_pnl ||
             sum.fees != acc->fees || sum.funding != acc->funding || sum.invested != acc->invested))
            rc = fail(err, QN_E_INTERNAL, "account %s: its instruments do not add up to it",
                      acc->currency);
    }
    return rc;
}
