/* SPDX-License-Identifier: MIT */
#include "drive.h"

#include "base/fail.h"
#include "module/value.h"

#include <quoin/sdk/random.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MINUTE (60 * QN_NS_PER_S)

uint64_t drive_draw(drive *d, uint64_t n)
{
    return qn_random_below(&d->random, n);
}

/* ------------------------------------------------------------------ open, start */

/* A text of each type, for a parameter that must be given and has no bound to take it from. */
static const char *const plain[QN_PARAM_TYPES] = {
    [QN_PARAM_TYPE_I64] = "1",       [QN_PARAM_TYPE_F64] = "1",
    [QN_PARAM_TYPE_BOOL] = "true",   [QN_PARAM_TYPE_STRING] = "text",
    [QN_PARAM_TYPE_DURATION] = "1m", [QN_PARAM_TYPE_DECIMAL] = "1",
    [QN_PARAM_TYPE_RATIO] = "0.1",   [QN_PARAM_TYPE_BPS] = "1",
    [QN_PARAM_TYPE_SECRET] = "name"};

void drive_value(const subject *s, const qn_param *p, char to[256])
{
    static unsigned files; /* two instances must not write one file */
    const char *text = p->def         ? p->def
                       : p->search.lo ? p->search.lo
                       : p->min       ? p->min
                       : p->max       ? p->max
                                      : plain[p->type];

    if (p->type == QN_PARAM_TYPE_PATH)
        snprintf(to, 256, "%s/%s.%u", s->folder, p->key, ++files);
    else if (p->type == QN_PARAM_TYPE_ENUM && !p->def)
        snprintf(to, 256, "%.*s", (int)strcspn(p->labels, "|"), p->labels);
    else
        snprintf(to, 256, "%s", text ? text : "");
}

/* A text may name a feature, which must be there before the start to be found. */
static void give(drive *d, const qn_param *p, const char *value)
{
    if (p->type != QN_PARAM_TYPE_STRING || !strchr(value, '.') || strlen(value) > 90) return;
    for (uint32_t slot = 0; slot < d->slots; slot++)
        qn_bench_feature(d->b, value, slot, 0.01);
}

static bool set_is_known(const qn_class *cls, const char *key)
{
    for (uint32_t i = 0; i < cls->params.nrows; i++)
        if (strcmp(((const qn_param *)qn_table_row(&cls->params, i))->key, key) == 0) return true;
    return false;
}

/* What the user said of a parameter, the last time; NULL = nothing. */
static const char *set_of(const subject *s, const char *key)
{
    size_t len = strlen(key);

    for (size_t i = s->nsets; i-- > 0;)
        if (strncmp(s->sets[i], key, len) == 0 && s->sets[i][len] == '=')
            return s->sets[i] + len + 1;
    return NULL;
}

static void give_params(drive *d, const subject *s)
{
    char value[256];

    for (uint32_t i = 0; i < d->cls->params.nrows; i++) {
        const qn_param *p = qn_table_row(&d->cls->params, i);
        const char *set = set_of(s, p->key);
        bool is_file = p->type == QN_PARAM_TYPE_PATH && !(p->flags & QN_PARAM_OPTIONAL);
        drive_value(s, p, value);
        if (set) snprintf(value, sizeof value, "%s", set);
        if (set || p->def) give(d, p, value);
        if (set || (p->flags & QN_PARAM_REQUIRED) || is_file) qn_bench_set(d->b, p->key, value);
    }
    for (size_t i = 0; i < s->nsets; i++) { /* one that the class lacks: the bench says so */
        snprintf(value, sizeof value, "%.*s", (int)strcspn(s->sets[i], "="), s->sets[i]);
        if (!set_is_known(d->cls, value)) qn_bench_set(d->b, value, "");
    }
}

bool drive_open(drive *d, const subject *s, uint64_t seed)
{
    qn_instrument one = qn_bench_linear("TEST.bench");
    qn_instrument two = qn_bench_linear("NEXT.bench");

    *d = (drive){.b = qn_bench_new(),
                 .cls = s->cls,
                 .kind = kind_bit(s->cls->kind),
                 .slots = s->slots,
                 .random = seed};
    if (!d->b) return false;
    for (uint32_t i = 0; i < d->slots; i++)
        d->price[i] = 10000 + 500 * (int64_t)i;
    qn_bench_add_instrument(d->b, &one);
    if (d->slots > 1) qn_bench_add_instrument(d->b, &two);
    qn_bench_add_account(d->b, "USD", "1000000");
    if (d->kind == KIND_TUNER) {
        qn_bench_add_dimension(d->b, "strategies.one.params.fast", 2, 8, 1);
        qn_bench_add_dimension(d->b, "strategies.one.params.slow", 20, 60, 10);
        qn_bench_search(d->b, seed, 4, 1000);
    }
    give_params(d, s);
    qn_bench_stream_bytes(d->b, 4096); /* in pieces only where that is the question */
    qn_bench_link(d->b, shim_entry);
    return true;
}

/* In a process of its own: what create does to its process must not be done before a check looks.
 * One that crashes there will do so again, where it is told. */
uint32_t drive_slots(const subject *s)
{
    static const shim_mode ours = {.shape = HOST_PLAIN};
    subject trial = *s;
    int status = 0;
    pid_t child = fork();
    drive d;

    if (child == 0) {
        shim_wrap(s->cls, &ours);
        for (trial.slots = DRIVE_SLOTS; trial.slots > 1; trial.slots--)
            if (!drive_open(&d, &trial, s->seed) || qn_bench_try_start(d.b) == QN_OK) break;
        _exit((int)trial.slots);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return DRIVE_SLOTS;
    return WEXITSTATUS(status) == 1 ? 1 : DRIVE_SLOTS;
}

bool drive_start(drive *d, finding *f)
{
    int32_t rc = qn_bench_try_start(d->b);

    if (rc != QN_OK)
        broken(f, "it is not created with the defaults of its parameters: %s [%s]",
               qn_bench_reason(d->b), error_name(rc));
    if (rc == QN_OK) qn_bench_lookback(d->b, MINUTE);
    return rc == QN_OK;
}

void drive_close(drive *d)
{
    if (!d->b) return;
    if (qn_bench_stop(d->b) != QN_OK) drive_returned(d, "stop", QN_E_IO);
    qn_bench_free(d->b);
    d->b = NULL;
}

bool drive_run(drive *d, const subject *s, uint64_t seed, uint64_t steps, finding *f)
{
    if (!drive_open(d, s, seed)) {
        skipped(f, "out of memory");
        return false;
    }
    if (!drive_start(d, f)) return false;
    drive_go(d, steps);
    return true;
}

/* ------------------------------------------------------------------ going */

const char *drive_failure(const drive *d)
{
    return qn_bench_failure(d->b);
}

void drive_returned(drive *d, const char *call, int64_t rc)
{
    if (rc < 0 && !d->error[0])
        snprintf(d->error, sizeof d->error, "event %llu: %s returned %s",
                 (unsigned long long)qn_bench_event(d->b), call, error_name((int32_t)rc));
}

/* A target's order is reckoned from what was on its way before it was pushed. */
static void before(drive *d)
{
    for (uint32_t i = 0; i < d->slots; i++)
        d->market_orders[i] = qn_bench_position(d->b, i)->market_orders;
}

void drive_advance(drive *d, int64_t to_ns)
{
    before(d);
    if (to_ns > qn_bench_now(d->b)) qn_bench_advance(d->b, to_ns);
    drive_settle(d);
}

void drive_go(drive *d, uint64_t steps)
{
    for (uint64_t end = d->step + steps; d->step < end && !drive_failure(d); d->step++) {
        doing_what("minute %llu of the market", (unsigned long long)d->step);
        drive_advance(d, (int64_t)(d->step + 1) * MINUTE - 1);
        drive_step_kind(d);
        if (d->reload_every && d->step % d->reload_every == d->reload_every - 1) {
            doing_what("a reload");
            qn_bench_reload(d->b);
        }
    }
}

void drive_send(drive *d, qn_event *ev, uint16_t size, uint16_t type, uint32_t slot)
{
    _Alignas(16) unsigned char room[QN_BENCH_EVENT_BYTES];
    const qn_instrument *in = qn_bench_instrument(d->b, slot);
    qn_event *own = (void *)room;
    int32_t rc;

    memset(room, 0xa5, sizeof room);
    memcpy(room, ev, size);
    own->size = (uint16_t)(size + d->tail);
    own->type = type;
    own->instrument = in ? in->number : QN_NO_INSTRUMENT;
    own->slot = in ? slot : 0;
    before(d);
    rc = qn_bench_send(d->b, own);
    if (!d->is_hostile) drive_returned(d, "on_event", rc);
    drive_settle(d);
}

/* ------------------------------------------------------------------ what it said */

/* Codes with which a host refuses what makes no sense, whatever the state of its books. */
static bool is_nonsense(int64_t code)
{
    return code == QN_E_INTENT_VALUE || code == QN_E_INTENT_INSTRUMENT || code == QN_E_RANGE;
}

#define QTY_MAX ((int64_t)1 << 60)

static void judge(drive *d, const qn_bench_output *o)
{
    static const char *const names[] = {
        [QN_BENCH_SIGNAL] = "a signal", [QN_BENCH_TARGET] = "a target",
        [QN_BENCH_ORDER] = "an order",  [QN_BENCH_CANCEL] = "a cancel",
        [QN_BENCH_MODIFY] = "a change", [QN_BENCH_FEATURE] = "a feature",
        [QN_BENCH_CHILD] = "a child",   [QN_BENCH_HALT] = "a halt",
        [QN_BENCH_TIMER] = "a timer",   [QN_BENCH_OUTPUTS] = NULL};
    const char *name = names[o->what];
    bool is_huge =
        o->what == QN_BENCH_TARGET && (o->as.target.qty > QTY_MAX || o->as.target.qty < -QTY_MAX);

    if (d->insane[0] || !(is_huge || (o->answer < 0 && is_nonsense(o->answer)))) return;
    snprintf(d->insane, sizeof d->insane, "event %llu: %s that a host refuses: %s",
             (unsigned long long)o->event, name ? name : "an output",
             is_huge ? "a quantity out of all range" : error_name((int32_t)o->answer));
}

static void open_order(drive *d, drive_order o)
{
    if (d->norders == DRIVE_ORDERS) { /* the oldest one is forgotten: it works for ever */
        memmove(d->orders, d->orders + 1, (DRIVE_ORDERS - 1) * sizeof o);
        d->norders--;
    }
    d->orders[d->norders++] = o;
}

static uint32_t slot_of(const drive *d, uint32_t instrument)
{
    for (uint32_t i = 0; i < d->slots; i++)
        if (qn_bench_instrument(d->b, i)->number == instrument) return i;
    return 0;
}

/* A target's order is the difference to what was held and on its way when it was pushed. */
static void take_target(drive *d, const qn_bench_output *o)
{
    uint32_t slot = slot_of(d, o->as.target.hdr.instrument);
    int64_t qty = o->as.target.qty - qn_bench_position(d->b, slot)->qty - d->market_orders[slot];

    d->market_orders[slot] += qty;
    open_order(d, (drive_order){.id = (uint64_t)o->answer,
                                .slot = slot,
                                .side = qty > 0 ? QN_BUY : QN_SELL,
                                .qty = qty > 0 ? qty : -qty,
                                .is_market = 1});
}

static void take_order(drive *d, const qn_bench_output *o)
{
    const qn_order_intent *in = &o->as.order;
    uint32_t slot = slot_of(d, in->hdr.instrument);

    if (in->type == QN_MARKET) d->market_orders[slot] += qn_sign(in->side) * in->qty;
    open_order(d, (drive_order){.id = (uint64_t)o->answer,
                                .slot = slot,
                                .side = in->side,
                                .qty = in->qty,
                                .is_market = in->type == QN_MARKET});
}

static void look(drive *d, const qn_bench_output *o)
{
    judge(d, o);
    if (o->answer <= 0) return;
    if (o->what == QN_BENCH_TARGET) take_target(d, o);
    if (o->what == QN_BENCH_ORDER) take_order(d, o);
    if (o->what == QN_BENCH_CHILD)
        open_order(d, (drive_order){.id = (uint64_t)o->answer,
                                    .parent_id = o->as.child.parent_id,
                                    .slot = d->parent_slot,
                                    .side = d->parent_side,
                                    .qty = o->as.child.qty,
                                    .is_market = o->as.child.type == QN_MARKET});
}

/* ------------------------------------------------------------------ answering orders */

static void report(drive *d, const drive_order *o, uint32_t state, uint32_t reason)
{
    qn_order_report ev = {
        .order_id = o->id, .state = state, .reason = reason, .parent_id = o->parent_id};

    ev.venue_ts = qn_bench_now(d->b);
    drive_send(d, &ev.hdr, sizeof ev, QN_EVENT_ORDER, o->slot);
}

static void fill(drive *d, drive_order *o, int64_t qty)
{
    qn_fill ev = {.order_id = o->id,
                  .trade_id = ++d->trades,
                  .price = d->price[o->slot],
                  .qty = qty,
                  .fee = qty,
                  .side = o->side,
                  .liquidity = o->is_market ? QN_TAKER : QN_MAKER,
                  .parent_id = o->parent_id};

    ev.venue_ts = qn_bench_now(d->b);
    o->filled += qty;
    if (o->parent_id == d->parent) d->parent_filled += qty;
    drive_send(d, &ev.hdr, sizeof ev, QN_EVENT_FILL, o->slot);
}

/* One answer to one order. Returns false when the order has ended. */
static bool answer(drive *d, drive_order *o)
{
    uint64_t lot = drive_draw(d, 16);
    int64_t left = o->qty - o->filled;

    if (!o->is_accepted && lot == 0) {
        report(d, o, QN_ORDER_REJECTED, QN_REASON_FILTER_LOT);
        return false;
    }
    if (!o->is_accepted) {
        o->is_accepted = 1;
        report(d, o, QN_ORDER_ACCEPTED, QN_REASON_NONE);
        return true;
    }
    if (!o->is_market && lot >= 4) return true; /* still works */
    if (lot == 1) {
        report(d, o, QN_ORDER_CANCELED, QN_REASON_REQUESTED);
        return false;
    }
    fill(d, o, lot < 8 && left > 1 ? left / 2 : left);
    return o->filled < o->qty;
}

void drive_answer(drive *d)
{
    for (uint32_t i = 0; i < d->norders && !drive_failure(d);) {
        drive_order o = d->orders[i]; /* the list may move while it is answered */
        bool works = answer(d, &o);
        uint32_t at = 0;
        while (at < d->norders && d->orders[at].id != o.id)
            at++;
        if (at == d->norders) continue;
        if (works) {
            d->orders[at] = o;
            i = at + 1;
        } else {
            memmove(&d->orders[at], &d->orders[at + 1], (d->norders - at - 1) * sizeof o);
            d->norders--;
            i = at;
        }
    }
}

void drive_settle(drive *d)
{
    const qn_bench_output *o;

    while ((o = qn_bench_nth(d->b, 0, d->next_output))) {
        d->next_output++;
        look(d, o);
    }
}

/* ------------------------------------------------------------------ comparing */

/* The line at which two texts part, without its end. */
static void first_difference(const char *a, const char *b, char one[200], char other[200])
{
    size_t line = 0;

    for (size_t i = 0; a[i] == b[i] && a[i]; i++)
        if (a[i] == '\n') line = i + 1;
    snprintf(one, 200, "%.*s", (int)strcspn(a + line, "\n"), a + line);
    snprintf(other, 200, "%.*s", (int)strcspn(b + line, "\n"), b + line);
}

void drive_compare(const drive *a, const char *one, const drive *b, const char *other, finding *f)
{
    char x[200];
    char y[200];

    for (uint32_t i = 0;; i++) {
        const qn_bench_output *p = qn_bench_nth(a->b, 0, i);
        const qn_bench_output *q = qn_bench_nth(b->b, 0, i);
        if (!p && !q) break;
        if (p && q && memcmp(p, q, sizeof *p) == 0) continue;
        first_difference(qn_bench_told(a->b), qn_bench_told(b->b), x, y);
        if (strcmp(x, y) == 0)
            broken(f, "%s and %s: what it says about event %llu differs behind the 6th digit", one,
                   other, (unsigned long long)(p ? p : q)->event);
        else
            broken(f, "%s it says \"%s\", %s \"%s\"", one, x[0] ? x : "nothing more", other,
                   y[0] ? y : "nothing more");
        return;
    }
    if (strcmp(a->error, b->error) != 0)
        broken(f, "%s: %s; %s: %s", one, a->error[0] ? a->error : "no error", other,
               b->error[0] ? b->error : "no error");
}
