/* SPDX-License-Identifier: MIT
 *
 * execution/twap: a parent in equal slices over time, each a market order (time-weighted average
 * price; Almgren and Chriss, Optimal Execution of Portfolio Transactions, Journal of Risk 3, 2000:
 * the schedule of least expected cost where impact is linear and risk is not minded).
 *
 *   slice i of n is due at    start + i x span / n,  i = 0 .. n - 1
 *   by then should be sent    quantity x (i + 1) / n, down to a whole lot; all of it at the last
 *   span                      duration, or up to the approval's expiry where that is earlier
 *
 * A slice sends what is missing: that sum less what was filled and what still works. So a child
 * that was denied or came back unfilled is made up for by the next slice, and neither a late timer
 * nor a refused child leads to more than the schedule, let alone the parent, allows. After the
 * last slice nothing is sent again: when no child works any more, the parent is finished.
 *
 * Small slices. A child below the instrument's min_qty or min_notional (at the last price) would be
 * refused, so it waits for the next slice; and so much is held back that what remains for later is
 * not too small either. The last slice takes whatever there is. A child is at most max_qty.
 *
 * Bounds. PARENTS parents are worked at a time, and CHILDREN children of each; a parent beyond
 * is finished at once, a child beyond waits for the next slice. */
#include <quoin/sdk/decimal.h>
#include <quoin/sdk/execution.h>

#include <quoin/risk.h>

#define PARENTS 128u
#define CHILDREN 8u

/* A child that works. */
typedef struct child {
    uint64_t id; /* 0 = free */
    int64_t left;
} child;

/* A parent. Invariants: filled + what its children have left <= qty (unless a venue fills a child
 * that it had canceled); next <= slices. */
typedef struct parent {
    uint64_t id;         /* 0 = free */
    uint32_t instrument; /* number */
    uint32_t next;       /* first slice that was not sent yet */
    int64_t start, span; /* engine time; ns */
    int64_t qty, filled;
    child children[CHILDREN];
} parent;

typedef struct twap {
    int64_t duration, slices;
    const qn_setup *setup;
    const qn_host_books *books;
    parent *parents;
    uint32_t nparents;
} twap;

static const qn_param params[] = {
    QN_PARAM(twap, duration, DURATION, "", "from the first slice to the end of the last one",
             .def = "10m", .min = "1s", .max = "7d"),
    QN_PARAM(twap, slices, I64, "orders", "number of slices", .def = "10", .min = "1",
             .max = "10000", .search = {"2", "50", "2"}),
};

static const qn_field parent_fields[] = {
    QN_FIELD(parent, id),     QN_FIELD(parent, instrument), QN_FIELD(parent, next),
    QN_FIELD(parent, start),  QN_FIELD(parent, span),       QN_FIELD(parent, qty),
    QN_FIELD(parent, filled), QN_FIELD(parent, children),
};
static const qn_field fields[] = {
    QN_FIELD_OF_EACH(twap, parents, nparents, parent, parent_fields),
};

static int32_t configure(twap *t, const qn_setup *setup, qn_err *err)
{
    const qn_host *host = setup->host;

    t->setup = setup;
    t->books = host->ext(host->ctx, QN_HOST_BOOKS);
    t->nparents = PARENTS;
    t->parents = host->alloc(host->ctx, PARENTS * sizeof *t->parents, _Alignof(parent));
    return t->parents ? QN_OK : qn_fail(err, QN_E_NO_MEMORY, "no memory for %u parents", PARENTS);
}

/* ------------------------------------------------------------------ the tables */

/* The parent with that id; with 0 a free place. NULL if there is none. */
static parent *find(const twap *t, uint64_t id)
{
    for (uint32_t i = 0; i < t->nparents; i++)
        if (t->parents[i].id == id) return &t->parents[i];
    return NULL;
}

static child *find_child(parent *p, uint64_t id)
{
    for (uint32_t i = 0; i < CHILDREN; i++)
        if (p->children[i].id == id) return &p->children[i];
    return NULL;
}

static int64_t working(const parent *p)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < CHILDREN; i++)
        sum += p->children[i].left;
    return sum;
}

static const qn_instrument *instrument_of(const twap *t, const parent *p)
{
    for (uint32_t i = 0; i < t->setup->ninstruments; i++)
        if (t->setup->instruments[i]->number == p->instrument) return t->setup->instruments[i];
    return NULL;
}

/* ------------------------------------------------------------------ how much */

static int64_t due_at(const twap *t, const parent *p, uint32_t slice)
{
    return p->start + (int64_t)((qn_wide)p->span * slice / t->slices);
}

static int is_enough(const twap *t, const qn_instrument *ins, int64_t qty, int64_t price)
{
    int64_t notional;

    if (qty < ins->min_qty || qty < ins->lot_size) return 0;
    if (ins->min_notional == 0 || price == 0) return 1;
    if (t->books->money(t->setup->host->ctx, ins->number, qty, price, &notional) != QN_OK) return 1;
    return notional >= ins->min_notional;
}

/* The smallest number of lots that a venue takes as one order, as a quantity; INT64_MAX if that
 * is more than `most`. */
static int64_t smallest(const twap *t, const qn_instrument *ins, int64_t most)
{
    qn_exposure e = {.size = sizeof e};
    int64_t enough = most / ins->lot_size; /* lots */
    int64_t small = 0;

    if (t->books->exposure(t->setup->host->ctx, ins->number, &e) != QN_OK) e.mark = 0;
    if (!is_enough(t, ins, enough * ins->lot_size, e.mark)) return INT64_MAX;
    while (enough - small > 1) {
        int64_t middle = small + (enough - small) / 2;
        if (is_enough(t, ins, middle * ins->lot_size, e.mark))
            enough = middle;
        else
            small = middle;
    }
    return enough * ins->lot_size;
}

/* What to send now that slices up to `p->next` are due. */
static int64_t missing(const twap *t, const parent *p, const qn_instrument *ins)
{
    int64_t rest = p->qty - p->filled - working(p);
    int64_t planned = (int64_t)((qn_wide)p->qty * p->next / t->slices);
    int64_t now = qn_floor_to(planned - p->filled - working(p), ins->lot_size);
    int64_t least;

    if (rest <= 0 || p->next == t->slices) return rest;
    if (now <= 0) return 0;
    if ((least = smallest(t, ins, rest)) == INT64_MAX) return 0;
    if (now < rest && rest - now < least) now = qn_floor_to(rest - least, ins->lot_size);
    return now < least ? 0 : now;
}

/* ------------------------------------------------------------------ sending */

static void forget(parent *p)
{
    *p = (parent){.id = 0};
}

static void finish(parent *p, const qn_child_out *out)
{
    parent over = *p;

    forget(p); /* first: the host tells of the end by an event */
    if (over.filled < over.qty) qn_parent_finish(out, over.id);
}

static void send(parent *p, const qn_instrument *ins, int64_t qty, const qn_child_out *out)
{
    int64_t most = ins->max_qty ? qn_floor_to(ins->max_qty, ins->lot_size) : INT64_MAX;
    child *c;

    while (qty > 0 && most > 0 && (c = find_child(p, 0))) {
        int64_t part = qty < most ? qty : most;
        int64_t id = qn_child_send(out, p->id, (qn_child){.type = QN_MARKET, .qty = part});
        if (id <= 0) break; /* nothing was sent: the next slice makes up for it */
        *c = (child){(uint64_t)id, part};
        qty -= part;
    }
}

/* Nothing works and nothing will be sent any more. */
static int is_over(const twap *t, const parent *p)
{
    return p->next == t->slices && working(p) == 0;
}

/* Send what is due at `now`, and ask to be called for the next slice. */
static void advance(const twap *t, parent *p, int64_t now, const qn_child_out *out)
{
    const qn_host *host = t->setup->host;
    const qn_instrument *ins = instrument_of(t, p);

    while (p->next < t->slices && due_at(t, p, p->next) <= now)
        p->next++;
    if (ins) send(p, ins, missing(t, p, ins), out);
    if (!ins || is_over(t, p))
        finish(p, out);
    else if (p->next < t->slices && host->timer(host->ctx, due_at(t, p, p->next), p->id) != QN_OK)
        finish(p, out); /* no further slice would come */
}

static void on_parent(twap *t, const qn_parent *ev, const qn_child_out *out)
{
    int64_t now = ev->hdr.ts_ns;
    parent *p = find(t, ev->order_id);

    if (ev->state != QN_ORDER_ACCEPTED) {
        if (p) forget(p);
        return;
    }
    if (p) return; /* it is worked already */
    if (!(p = find(t, 0))) {
        qn_parent_finish(out, ev->order_id);
        return;
    }
    *p = (parent){.id = ev->order_id,
                  .instrument = ev->hdr.instrument,
                  .start = now,
                  .span = t->duration,
                  .qty = ev->qty - ev->filled};
    if ((qn_wide)ev->expire_ts - now < t->duration)
        p->span = ev->expire_ts > now ? ev->expire_ts - now : 0;
    advance(t, p, now, out);
}

/* ------------------------------------------------------------------ what came of it */

/* A timer that was set for a slice which has been sent since is late, and means nothing. */
static void on_timer(twap *t, const qn_timer *ev, const qn_child_out *out)
{
    parent *p = ev->cookie ? find(t, ev->cookie) : NULL;

    if (p && p->next < t->slices && due_at(t, p, p->next) == ev->due_ns)
        advance(t, p, ev->hdr.ts_ns, out);
}

static void on_fill(twap *t, const qn_fill *ev, const qn_child_out *out)
{
    parent *p = ev->parent_id ? find(t, ev->parent_id) : NULL;
    child *c = p ? find_child(p, ev->order_id) : NULL;

    if (!p) return;
    p->filled += ev->qty;
    if (c) c->left -= ev->qty < c->left ? ev->qty : c->left;
    if (c && c->left == 0) *c = (child){0, 0};
    if (is_over(t, p)) finish(p, out);
}

static void on_order(twap *t, const qn_order_report *ev, const qn_child_out *out)
{
    parent *p = ev->parent_id ? find(t, ev->parent_id) : NULL;
    child *c = p ? find_child(p, ev->order_id) : NULL;

    if (!c) return;
    switch (ev->state) {
    case QN_ORDER_DENIED:
    case QN_ORDER_REJECTED:
    case QN_ORDER_CANCELED:
    case QN_ORDER_EXPIRED:
        *c = (child){0, 0};
        if (is_over(t, p)) finish(p, out);
        break;
    default: /* of fills the fills tell */
        break;
    }
}

QN_EXECUTION(twap, "execution/twap", "1.0.0", "MIT", .name = "TWAP",
             .doc = "Works an approved order in equal market orders over a period of time.",
             .needs = QN_HOST_BOOKS, .params = QN_TABLE(params), .state = QN_STATE(1, fields),
             .configure = configure, .on_parent = on_parent, .on_order = on_order,
             .on_fill = on_fill, .on_timer = on_timer)
