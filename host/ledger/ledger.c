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

/* True if equity and cash fit 64 bits. What they are summed up from nearly always does, on its
 * way, too. */
static bool can_be_told(const account *a)
{
    int64_t sum;
    int64_t told;
    qn_wide settled;

    if (!__builtin_add_overflow(a->start, a->realized_pnl, &sum) &&
        !__builtin_sub_overflow(sum, a->fees, &sum) &&
        !__builtin_add_overflow(sum, a->funding, &sum))
        return !__builtin_add_overflow(sum, a->unrealized_pnl, &told) &&
               !__builtin_sub_overflow(sum, a->invested, &told);
    settled = (qn_wide)a->start + a->realized_pnl - a->fees + a->funding;

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

/* What the parts of an instrument, or the instruments of an account, add up to: wide, so that
 * no figure from outside can overflow it. */
typedef struct sums {
    qn_wide qty, value, realized_pnl, unrealized_pnl, fees, funding, invested;
} sums;

static void sums_add(sums *s, const position *p)
{
    s->qty += p->qty;
    s->value += p->value;
    s->realized_pnl += p->realized_pnl;
    s->unrealized_pnl += (qn_wide)p->value - p->cost;
    s->fees += p->fees;
    s->funding += p->funding;
}

/* The sums over an instrument's parts must be the net position. */
static int32_t check_row(const ledger *l, uint32_t i, qn_err *err)
{
    const row *r = &l->rows[i];
    sums parts = {0};
    sums net = {0};

    for (uint32_t s = 0; s < l->nstrategies; s++) {
        const position *p = &r->parts[s];
        sums_add(&parts, p);
        if (p->qty == 0 && (p->cost != 0 || p->value != 0))
            return fail(err, QN_E_INTERNAL, "instrument %u: a flat position has cost or value", i);
    }
    sums_add(&net, &r->net);
    if (parts.qty != net.qty || parts.value != net.value || parts.fees != net.fees ||
        parts.funding != net.funding ||
        parts.realized_pnl + parts.unrealized_pnl != net.realized_pnl + net.unrealized_pnl)
        return fail(err, QN_E_INTERNAL,
                    "instrument %u: the strategies' parts do not add up to the account's", i);
    return QN_OK;
}

int32_t ledger_check(const ledger *l, qn_err *err)
{
    int32_t rc = QN_OK;

    for (uint32_t a = 0; a < l->naccounts && rc == QN_OK; a++) {
        const account *acc = &l->accounts[a];
        sums all = {0};
        for (uint32_t i = 0; i < l->ninstruments && rc == QN_OK; i++) {
            const row *r = &l->rows[i];
            if (r->account != a) continue;
            rc = check_row(l, i, err);
            sums_add(&all, &r->net);
            all.invested += r->is_spot ? r->net.cost : 0;
        }
        if (rc == QN_OK &&
            (all.realized_pnl != acc->realized_pnl || all.unrealized_pnl != acc->unrealized_pnl ||
             all.fees != acc->fees || all.funding != acc->funding || all.invested != acc->invested))
            rc = fail(err, QN_E_INTERNAL, "account %s: its instruments do not add up to it",
                      acc->currency);
    }
    return rc;
}

/* ------------------------------------------------------------------ saving and loading */

#define TAG BYTES_TAG('L', 'E', 'D', 'G')

/* The figures that a state carries, each an int64_t, in the order of their bytes. */
static const size_t position_figures[] = {
    offsetof(position, qty),           offsetof(position, cost), offsetof(position, value),
    offsetof(position, realized_pnl),  offsetof(position, fees), offsetof(position, funding),
    offsetof(position, market_orders),
};
static const size_t account_figures[] = {
    offsetof(account, start), offsetof(account, realized_pnl), offsetof(account, unrealized_pnl),
    offsetof(account, fees),  offsetof(account, funding),      offsetof(account, invested),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void save_figures(bytes_out *out, const void *from, const size_t *offsets, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t value;
        memcpy(&value, (const char *)from + offsets[i], sizeof value);
        bytes_put_i64(out, value);
    }
}

static void load_figures(bytes_in *in, void *to, const size_t *offsets, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t value = bytes_get_i64(in);
        memcpy((char *)to + offsets[i], &value, sizeof value);
    }
}

int32_t ledger_save(const ledger *l, bytes_out *out)
{
    size_t begun = bytes_begin(out, TAG);

    bytes_put_u32(out, l->ninstruments);
    bytes_put_u32(out, l->nstrategies);
    bytes_put_u32(out, l->naccounts);
    for (uint32_t a = 0; a < l->naccounts; a++) {
        bytes_put_u32(out, l->accounts[a].venue);
        bytes_put_text(out, l->accounts[a].currency);
        save_figures(out, &l->accounts[a], account_figures, COUNT(account_figures));
    }
    for (uint32_t i = 0; i < l->ninstruments; i++) {
        const row *r = &l->rows[i];
        bytes_put_u32(out, r->account);
        bytes_put_i64(out, r->price);
        save_figures(out, &r->net, position_figures, COUNT(position_figures));
        for (uint32_t s = 0; s < l->nstrategies; s++)
            save_figures(out, &r->parts[s], position_figures, COUNT(position_figures));
    }
    bytes_end(out, begun);
    return bytes_check(out, NULL);
}

/* An account must be the one that the ledger was opened with. */
static void load_account(account *a, bytes_in *in)
{
    account was = *a;
    uint32_t venue = bytes_get_u32(in);

    bytes_get_text(in, a->currency, sizeof a->currency);
    load_figures(in, a, account_figures, COUNT(account_figures));
    bytes_require(in, venue == was.venue && strcmp(a->currency, was.currency) == 0,
                  "an account is of another venue or currency");
    bytes_require(in, a->start == was.start, "an account was opened with another balance");
    bytes_require(in, can_be_told(a), "an account's equity or cash does not fit");
}

static void load_position(position *p, bytes_in *in)
{
    load_figures(in, p, position_figures, COUNT(position_figures));
    bytes_require(in, p->qty != INT64_MIN && is_narrow((qn_wide)p->value - p->cost),
                  "a position does not fit");
}

static void load_row(const ledger *l, row *r, bytes_in *in)
{
    bytes_require(in, bytes_get_u32(in) == r->account, "an instrument is of another account");
    r->price = bytes_get_i64(in);
    bytes_require(in, r->price >= 0, "a price is negative");
    load_position(&r->net, in);
    r->holders = 0;
    for (uint32_t s = 0; s < l->nstrategies; s++) {
        load_position(&r->parts[s], in);
        r->holders += r->parts[s].qty != 0;
    }
}

static int32_t load_all(ledger *l, bytes_in *in, qn_err *err)
{
    bytes_in part = bytes_section(in, TAG);
    uint32_t ninstruments = bytes_get_u32(&part);
    uint32_t nstrategies = bytes_get_u32(&part);
    uint32_t naccounts = bytes_get_u32(&part);
    int32_t rc = bytes_in_check(&part, err);

    if (rc == QN_OK && (ninstruments != l->ninstruments || nstrategies != l->nstrategies ||
                        naccounts != l->naccounts))
        return fail(err, QN_E_INVALID,
                    "the ledger was saved with %u instruments, %u strategies and %u accounts, and "
                    "is to be loaded with %u, %u and %u",
                    ninstruments, nstrategies, naccounts, l->ninstruments, l->nstrategies,
                    l->naccounts);
    for (uint32_t a = 0; a < l->naccounts; a++)
        load_account(&l->accounts[a], &part);
    for (uint32_t i = 0; i < l->ninstruments; i++)
        load_row(l, &l->rows[i], &part);
    if ((rc = bytes_in_end(&part, err)) != QN_OK) return rc;
    return ledger_check(l, err) == QN_OK ? QN_OK : QN_E_DAMAGED;
}

/* A ledger of the same shape, with books of its own. */
static ledger *copy_of(const ledger *l)
{
    size_t nparts = (size_t)l->ninstruments * l->nstrategies;
    ledger *copy = mem_new(1, sizeof *copy);

    if (!copy) return NULL;
    *copy = *l;
    copy->rows = mem_new(l->ninstruments, sizeof *l->rows);
    copy->parts = mem_new(nparts, sizeof *l->parts);
    copy->accounts = mem_new(l->naccounts, sizeof *l->accounts);
    if (!copy->rows || !copy->parts || !copy->accounts) {
        ledger_free(copy);
        return NULL;
    }
    if (l->naccounts) memcpy(copy->accounts, l->accounts, l->naccounts * sizeof *l->accounts);
    for (uint32_t i = 0; i < l->ninstruments; i++) {
        copy->rows[i] = l->rows[i];
        copy->rows[i].parts = copy->parts + (size_t)i * l->nstrategies;
    }
    return copy;
}

int32_t ledger_load(ledger *l, bytes_in *in, qn_err *err)
{
    ledger *loaded = copy_of(l); /* so that a state that is refused changes nothing */
    int32_t rc;

    if (!loaded) return fail(err, QN_E_NO_MEMORY, "no memory for the ledger");
    rc = load_all(loaded, in, err);
    if (rc == QN_OK) {
        /* copied into place: readers hold pointers to accounts and positions */
        for (uint32_t a = 0; a < l->naccounts; a++)
            l->accounts[a] = loaded->accounts[a];
        for (uint32_t i = 0; i < l->ninstruments; i++) {
            row *r = &l->rows[i];
            position *parts = r->parts;
            *r = loaded->rows[i];
            r->parts = parts;
            for (uint32_t s = 0; s < l->nstrategies; s++)
                parts[s] = loaded->rows[i].parts[s];
        }
    } else if (err) {
        err->code = rc;
    }
    ledger_free(loaded);
    return rc;
}
