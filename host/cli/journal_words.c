/* SPDX-License-Identifier: MIT
 *
 * A record in words that a person reads who answers for the risk: one function a type. */
#include "journal_say.h"

#include "base/fail.h"

#include <quoin/risk.h>

#include <json-c/json.h>
#include <string.h>

/* The begin of a line: when, and what kind of step. */
static void line(speech *s, const char *kind)
{
    size_t len = strlen(kind);

    if (s->to->used) say(s, "\n");
    say_when(s, "  ", s->item->record->ts_ns);
    say(s, "  ");
    say(s, kind);
    for (; len < 10; len++)
        say(s, " ");
}

static const char *side_word(uint32_t side)
{
    return side == QN_BUY ? "buy " : "sell ";
}

/* ------------------------------------------------------------------ what the market did */

static void on_bar(speech *s)
{
    const qn_bar *b = (const qn_bar *)(const void *)s->item->record;

    line(s, "bar");
    say_instrument(s, "", b->hdr.instrument);
    say_duration(s, " ", b->length);
    say_price(s, ": open ", b->open);
    say_price(s, ", high ", b->high);
    say_price(s, ", low ", b->low);
    say_price(s, ", close ", b->close);
    say_qty(s, ", volume ", b->volume);
}

static void on_trade(speech *s)
{
    const qn_trade *t = (const qn_trade *)(const void *)s->item->record;

    line(s, qn_record_name(t->hdr.type));
    say_instrument(s, "", t->hdr.instrument);
    say_qty(s, t->side == QN_BUY ? ": bought " : ": sold ", t->qty);
    say_price(s, " at ", t->price);
}

static void on_quote(speech *s)
{
    const qn_quote *q = (const qn_quote *)(const void *)s->item->record;

    line(s, "quote");
    say_instrument(s, "", q->hdr.instrument);
    say_qty(s, ": bid for ", q->bid_qty);
    say_price(s, " at ", q->bid);
    say_qty(s, ", asked for ", q->ask_qty);
    say_price(s, " at ", q->ask);
}

static void on_depth(speech *s)
{
    const qn_depth *d = (const qn_depth *)(const void *)s->item->record;

    line(s, "depth");
    say_instrument(s, "", d->hdr.instrument);
    say_qty(s, d->side == QN_BUY ? ": bids of " : ": asks of ", d->qty);
    say_price(s, " at ", d->price);
}

static void on_mark(speech *s)
{
    const qn_mark *m = (const qn_mark *)(const void *)s->item->record;

    line(s, qn_record_name(m->hdr.type));
    say_instrument(s, "", m->hdr.instrument);
    say_price(s, " at ", m->price);
}

static void on_funding(speech *s)
{
    const qn_funding *f = (const qn_funding *)(const void *)s->item->record;

    line(s, "funding");
    say_instrument(s, "", f->hdr.instrument);
    say(s, ": rate ");
    qn_text_add_decimal(s->to, f->rate, QN_FUNDING_EXP);
}

static void on_payment(speech *s)
{
    const qn_payment *p = (const qn_payment *)(const void *)s->item->record;

    line(s, "payment");
    say_instrument(s, "", p->hdr.instrument);
    say_money(s, p->amount < 0 ? ": funding paid, " : ": funding received, ",
              p->amount < 0 ? -p->amount : p->amount);
}

static void on_gap(speech *s)
{
    const qn_gap *g = (const qn_gap *)(const void *)s->item->record;

    line(s, "gap");
    say_instrument(s, "", g->hdr.instrument);
    say_count(s, ": market data was missed, events: ", g->missed);
}

/* ------------------------------------------------------------------ what the host did by itself */

/* A timer of the host's own is the one by which the portfolio is weighed again. */
static bool is_rebalance(const speech *s)
{
    for (const chain_item *i = s->item + 1; i < s->chain->items + s->chain->n; i++) {
        const qn_allocation *a = (const qn_allocation *)(const void *)i->record;
        if (a && a->hdr.type == QN_EVENT_ALLOCATION && a->cause_seq == s->item->seq) return true;
    }
    return false;
}

static void on_timer(speech *s)
{
    const qn_timer *t = (const qn_timer *)(const void *)s->item->record;

    line(s, "timer");
    say(s, is_rebalance(s) ? "time to weigh the portfolio again" : "a timer that was set was due");
    if (t->due_ns != t->hdr.ts_ns) say_when(s, ", due since ", t->due_ns);
}

static void on_result(speech *s)
{
    const qn_result *r = (const qn_result *)(const void *)s->item->record;

    line(s, "result");
    say(s, "work that was given to the worker pool was done: ");
    say(s, r->status == QN_OK ? "a result" : error_meaning(r->status));
}

/* A run that begins halted has the halt of an earlier one as its first record. */
static bool is_of_earlier_run(const speech *s)
{
    struct json_object *halted;

    return json_object_object_get_ex(s->chain->run->header.root, "halted", &halted) &&
           json_object_get_boolean(halted);
}

static void on_halt(speech *s)
{
    const qn_halt *h = (const qn_halt *)(const void *)s->item->record;

    line(s, "halt");
    if (is_of_earlier_run(s)) say(s, "the run began halted: in an earlier one ");
    say_module(s, "", h->module);
    say(s, h->is_halted ? " halted trading" : " let trading go on");
    if (h->reason) say_reason(s->to, ": ", h->reason);
    say_limit(s, h->limit, h->value);
}

static void on_checkpoint(speech *s)
{
    const qn_checkpoint *c = (const qn_checkpoint *)(const void *)s->item->record;

    line(s, "checkpoint");
    say_count(s, "market events so far: ", c->market_events);
}

/* ------------------------------------------------------------------ what a strategy wanted */

static void exits(speech *s, int64_t stop_loss, int64_t take_profit)
{
    say_maybe_price(s, ", stop loss ", stop_loss);
    say_maybe_price(s, ", take profit ", take_profit);
}

static void on_signal(speech *s, const qn_output *o)
{
    const qn_output *before = s->item->before;

    line(s, "signal");
    say_strategy(s, "", o->strategy);
    say_instrument(s, " on ", o->hdr.instrument);
    say_real(s, ": strength ", o->strength);
    say_real(s, ", confidence ", o->confidence);
    if (before) {
        say_real(s, " (was: strength ", before->strength);
        say_real(s, ", confidence ", before->confidence);
        say(s, ")");
    } else {
        say(s, " (was: none)");
    }
    exits(s, o->stop_loss, o->take_profit);
    if (o->horizon) say_duration(s, ", counts for ", o->horizon);
}

static void on_target(speech *s, const qn_output *o)
{
    line(s, "target");
    say_strategy(s, "", o->strategy);
    say_qty(s, ": hold ", o->qty);
    say_instrument(s, " ", o->hdr.instrument);
    exits(s, o->stop_loss, o->take_profit);
}

static void price_words(speech *s, uint32_t type, int64_t at, int64_t trigger)
{
    if (type == QN_LIMIT)
        say_price(s, " at the limit ", at);
    else if (type == QN_STOP)
        say_price(s, " at the stop ", trigger);
    else
        say(s, " at market");
}

static void on_wish(speech *s, const qn_output *o)
{
    line(s, "wish");
    say_strategy(s, "", o->strategy);
    say(s, ": ");
    say_qty(s, side_word(o->side), o->qty);
    say_instrument(s, " ", o->hdr.instrument);
    price_words(s, o->type, o->price, o->trigger);
    exits(s, o->stop_loss, o->take_profit);
}

static void on_cancel(speech *s, const qn_output *o)
{
    line(s, "cancel");
    say_strategy(s, "", o->strategy);
    if (o->order_id)
        say_order_id(s, ": cancel ", o->order_id);
    else
        say_instrument(s, ": cancel all orders in ", o->hdr.instrument);
}

static void on_modify(speech *s, const qn_output *o)
{
    line(s, "change");
    say_strategy(s, "", o->strategy);
    say_order_id(s, ": change ", o->order_id);
    if (o->qty) say_qty(s, ", quantity to ", o->qty);
    say_maybe_price(s, ", limit to ", o->price);
    say_maybe_price(s, ", stop to ", o->trigger);
}

static void on_output(speech *s)
{
    static void (*const kinds[])(speech *, const qn_output *) = {
        [QN_INTENT_SIGNAL] = on_signal, [QN_INTENT_TARGET] = on_target, [QN_INTENT_ORDER] = on_wish,
        [QN_INTENT_CANCEL] = on_cancel, [QN_INTENT_MODIFY] = on_modify,
    };
    const qn_output *o = (const qn_output *)(const void *)s->item->record;

    for (uint32_t i = 0; i < o->nread; i++) {
        line(s, "feature");
        say_named(s, "", s->names->features, s->names->nfeatures, o->read[i].feature);
        say_instrument(s, " of ", o->read[i].instrument);
        say_real(s, " was ", o->read[i].value);
        say_strategy(s, " when ", o->strategy);
        say(s, " read it");
    }
    if (o->kind < sizeof kinds / sizeof kinds[0] && kinds[o->kind]) kinds[o->kind](s, o);
}

static void on_refusal(speech *s)
{
    const qn_refusal *r = (const qn_refusal *)(const void *)s->item->record;

    line(s, "refusal");
    say_strategy(s, "what ", r->strategy);
    say(s, " wanted was not let in: ");
    say(s, error_meaning(r->code));
    say(s, " [");
    say(s, error_name(r->code));
    say(s, "]");
}

/* ------------------------------------------------------------------ what was made of it */

static void on_allocation(speech *s)
{
    const qn_allocation *a = (const qn_allocation *)(const void *)s->item->record;

    line(s, "weighing");
    if (a->status != QN_OK) {
        say(s, "the optimizer failed, so the weights stay: ");
        say(s, error_meaning(a->status));
        return;
    }
    say_count(s, "the optimizer weighed ", a->nlines);
    say(s, a->nlines == 1 ? " line (a strategy's instrument)"
                          : " lines (a strategy's instrument each)");
    if (a->nreturns) {
        say_count(s, " on ", a->nreturns);
        say(s, a->nreturns == 1 ? " period of returns" : " periods of returns");
    }
    for (uint32_t i = 0; i < a->nvalues && i < s->chain->run->names.nvalues; i++) {
        say_named(s, i ? ", " : ": ", s->chain->run->names.values, a->nvalues, i);
        say_real(s, " ", a->values[i]);
    }
}

static void on_weight(speech *s)
{
    const qn_weight *w = (const qn_weight *)(const void *)s->item->record;

    line(s, "weight");
    say_strategy(s, "the optimizer gave ", w->strategy);
    say_instrument(s, "'s ", w->hdr.instrument);
    say_real(s, " the weight ", w->weight);
    say_money(s, " of equity ", w->equity);
    say_price(s, ": at ", w->price);
    say_qty(s, " a position of ", w->target);
    say_qty(s, ", held ", w->held);
    if (w->order == 0)
        say(s, ", so nothing to do");
    else
        say_qty(s, w->order > 0 ? ", so buy " : ", so sell ", w->order > 0 ? w->order : -w->order);
    if (!w->signal_seq) say(s, " (no signal counts now)");
}

/* A verdict on a change of an order that works: first, where the change adds, on what it adds, then
 * on all that would work. */
static bool is_on_change(const speech *s, const qn_verdict *v)
{
    const chain_item *cause = chain_find(s->chain, v->cause_seq);
    const qn_output *o = cause ? (const qn_output *)(const void *)cause->record : NULL;

    return o && o->hdr.type == QN_EVENT_OUTPUT && o->kind == QN_INTENT_MODIFY;
}

/* What an order had filled before the line. */
static int64_t filled_before(const speech *s, uint64_t id)
{
    int64_t filled = 0;

    for (const chain_item *i = s->chain->items; i < s->item; i++) {
        const qn_fill *f = (const qn_fill *)(const void *)i->record;
        if (f && f->hdr.type == QN_EVENT_FILL && f->order_id == id) filled += f->qty;
    }
    return filled;
}

/* A change that is not allowed as it was asked for is not made. */
static void budget_words(speech *s, const qn_verdict *v, bool is_change)
{
    bool is_given =
        is_change ? v->action == QN_ALLOW && v->stage == QN_STAGE_ORDER : v->action != QN_REJECT;

    if (!is_given) return;
    line(s, "budget");
    say_order_id(s, "", v->order_id);
    say_qty(s, v->side == QN_BUY ? " may buy up to " : " may sell up to ",
            v->allowed + (is_change ? filled_before(s, v->order_id) : 0));
    if (is_change) say(s, " in all");
    say_maybe_price(s, " at no worse than ", v->price_bound);
    if (v->expire_ts != INT64_MAX) say_when(s, " until ", v->expire_ts);
}

static void on_verdict(speech *s)
{
    const qn_verdict *v = (const qn_verdict *)(const void *)s->item->record;
    bool is_change = is_on_change(s, v);

    line(s, "verdict");
    say_order_id(s, "", v->order_id);
    if (is_change)
        say_qty(s,
                v->stage == QN_STAGE_INTENT ? ", what the change adds, "
                                            : ", what would then work, ",
                v->asked);
    if (v->action == QN_ALLOW) {
        say(s, s->names->nmodules > 1 ? ": allowed by the risk chain"
                                      : ": allowed, for this run has no risk module");
    } else {
        say_module(s, ": ", v->module);
        if (v->action == QN_REDUCE) {
            say_qty(s, " reduced it from ", v->asked);
            say_qty(s, " to ", v->allowed);
        } else {
            say_qty(s, " rejected it, asked for ", v->asked);
        }
        if (is_change) say(s, ", so nothing is changed");
        say_reason(s->to, ": ", v->reason);
        say_limit(s, v->limit, v->value);
    }
    budget_words(s, v, is_change);
}

/* ------------------------------------------------------------------ orders */

void order_words(qn_text *to, const qn_order *o, const qn_record_names *names)
{
    speech s = {.to = to, .names = names};

    if (o->instrument < names->ninstruments) s.in = names->instruments[o->instrument];
    say_qty(&s, side_word(o->side), o->qty);
    say_instrument(&s, " ", o->instrument);
    price_words(&s, o->type, o->price, o->trigger);
}

static void on_parent(speech *s)
{
    const qn_parent *p = (const qn_parent *)(const void *)s->item->record;

    line(s, "parent");
    say_order_id(s, "", p->order_id);
    if (p->state == QN_ORDER_ACCEPTED) {
        say(s, ": ");
        say_qty(s, side_word(p->side), p->qty);
        say_instrument(s, " ", p->hdr.instrument);
        say(s, ", given to the execution algorithm");
        exits(s, p->stop_loss, p->take_profit);
        return;
    }
    say_qty(s, p->state == QN_ORDER_FILLED ? ": done, filled " : ": ended, filled ", p->filled);
    say_qty(s, " of ", p->qty);
    if (p->reason) say_end_reason(s->to, ": ", p->reason, false);
}

static void on_submit(speech *s)
{
    static const char *const tifs[] = {[QN_IOC] = ", at once or never", [QN_GTD] = ", until "};
    const qn_submit *m = (const qn_submit *)(const void *)s->item->record;
    const qn_order *o = &m->order;

    line(s, m->entry_id ? "exit" : m->parent_id ? "child" : "order");
    say_order_id(s, "", o->id);
    say(s, ": ");
    order_words(s->to, o, s->names);
    if (o->tif < sizeof tifs / sizeof tifs[0] && tifs[o->tif]) say(s, tifs[o->tif]);
    if (o->tif == QN_GTD) say_when(s, "", o->expire_ts);
    if (m->entry_id) say_order_id(s, ", ends the position of ", m->entry_id);
    if (m->parent_id) say_order_id(s, ", for ", m->parent_id);
    exits(s, o->stop_loss, o->take_profit);
    if (o->flags & QN_CLOSE_OUT) say(s, ", closes the position as the data ends");
    if (m->state == QN_ORDER_DENIED) say_reason(s->to, ", denied: ", m->reason);
}

static bool is_exit(const speech *s, uint64_t id)
{
    for (const chain_item *i = s->chain->items; i < s->item; i++) {
        const qn_submit *m = (const qn_submit *)(const void *)i->record;
        if (m && m->hdr.type == QN_EVENT_SUBMIT && m->order.id == id) return m->entry_id != 0;
    }
    return false;
}

static void on_request(speech *s)
{
    const qn_request *r = (const qn_request *)(const void *)s->item->record;

    line(s, "request");
    say_order_id(s, "", r->order_id);
    if (r->kind == QN_INTENT_CANCEL) {
        say(s, ": its venue was asked to cancel it");
        if (r->reason) say_end_reason(s->to, ": ", r->reason, is_exit(s, r->order_id));
        return;
    }
    say_qty(s, ": its venue was asked to change it, quantity ", r->qty);
    say_maybe_price(s, ", limit ", r->price);
    say_maybe_price(s, ", stop ", r->trigger);
}

/* What a denial says, and what ends a parent, stands in the line before. */
static bool is_repeated(const speech *s, const qn_order_report *r)
{
    if (r->state == QN_ORDER_DENIED) return true;
    for (const chain_item *i = s->chain->items; i < s->item; i++) {
        const qn_parent *p = (const qn_parent *)(const void *)i->record;
        if (p && p->hdr.type == QN_EVENT_PARENT && p->order_id == r->order_id) return true;
    }
    return false;
}

static void on_order(speech *s)
{
    static const char *const states[QN_ORDER_STATES] = {
        [QN_ORDER_HELD] = ": held back until its entry is filled",
        [QN_ORDER_ACCEPTED] = ": accepted, it works",
        [QN_ORDER_TRIGGERED] = ": its stop was reached",
        [QN_ORDER_PENDING_UPDATE] = ": its change is under way",
        [QN_ORDER_PENDING_CANCEL] = ": its cancel is under way",
        [QN_ORDER_PARTIALLY_FILLED] = ": filled in part",
        [QN_ORDER_FILLED] = ": filled",
        [QN_ORDER_CANCELED] = ": canceled",
        [QN_ORDER_REJECTED] = ": rejected by its venue",
        [QN_ORDER_EXPIRED] = ": expired",
        [QN_ORDER_UNKNOWN] = ": what became of it is not known",
    };
    const qn_order_report *r = (const qn_order_report *)(const void *)s->item->record;
    const char *state = r->state < QN_ORDER_STATES ? states[r->state] : NULL;

    if (is_repeated(s, r)) return;
    line(s, "report");
    say_order_id(s, "", r->order_id);
    say(s, r->state == QN_ORDER_ACCEPTED && r->reason ? ": the request was refused, it works on"
           : state                                    ? state
                                                      : ": ?");
    if (r->reason) say_end_reason(s->to, ": ", r->reason, is_exit(s, r->order_id));
}

static void on_fill(speech *s)
{
    const qn_fill *f = (const qn_fill *)(const void *)s->item->record;

    line(s, "fill");
    say_order_id(s, "", f->order_id);
    say_qty(s, f->side == QN_BUY ? ": bought " : ": sold ", f->qty);
    say_price(s, " at ", f->price);
    say(s, f->liquidity == QN_MAKER ? ", maker" : ", taker");
    say_money(s, f->fee < 0 ? ", rebate " : ", fee ", f->fee < 0 ? -f->fee : f->fee);
    if (f->venue_ts != f->hdr.ts_ns) say_when(s, ", at the venue's time ", f->venue_ts);
}

static void on_command(speech *s)
{
#define VERB_ROW(number, NAME, name, meaning) [number] = (name),
    static const char *const verbs[QN_COMMANDS] = {QN_COMMAND_LIST(VERB_ROW)};
#undef VERB_ROW
    const qn_command *c = (const qn_command *)(const void *)s->item->record;
    const char *verb = c->verb < QN_COMMANDS ? verbs[c->verb] : NULL;

    line(s, "command");
    say(s, verb ? verb : "?");
    if (c->target[0]) say(s, " ");
    qn_text_add_clean(s->to, c->target);
    say(s, c->code == QN_OK ? ", asked for by user " : ", refused, of user ");
    qn_text_add_count(s->to, c->uid);
    say(s, " (process ");
    qn_text_add_count(s->to, c->pid);
    say_when(s, ") on ", c->wall_ts);
}

/* ------------------------------------------------------------------ all of them */

static void (*const tellers[QN_EVENT_TYPES])(speech *) = {
    [QN_EVENT_BAR] = on_bar,         [QN_EVENT_TRADE] = on_trade,
    [QN_EVENT_QUOTE] = on_quote,     [QN_EVENT_DEPTH] = on_depth,
    [QN_EVENT_MARK] = on_mark,       [QN_EVENT_INDEX] = on_mark,
    [QN_EVENT_FUNDING] = on_funding, [QN_EVENT_LIQUIDATION] = on_trade,
    [QN_EVENT_TIMER] = on_timer,     [QN_EVENT_ORDER] = on_order,
    [QN_EVENT_FILL] = on_fill,       [QN_EVENT_PAYMENT] = on_payment,
    [QN_EVENT_GAP] = on_gap,         [QN_EVENT_RESULT] = on_result,
    [QN_EVENT_HALT] = on_halt,       [QN_EVENT_OUTPUT] = on_output,
    [QN_EVENT_REFUSAL] = on_refusal, [QN_EVENT_ALLOCATION] = on_allocation,
    [QN_EVENT_WEIGHT] = on_weight,   [QN_EVENT_VERDICT] = on_verdict,
    [QN_EVENT_PARENT] = on_parent,   [QN_EVENT_SUBMIT] = on_submit,
    [QN_EVENT_REQUEST] = on_request, [QN_EVENT_CHECKPOINT] = on_checkpoint,
    [QN_EVENT_COMMAND] = on_command,
};

void chain_words(qn_text *to, const chain *c, const chain_item *item)
{
    const qn_record_names *names = &c->run->names.all;
    speech s = {.to = to, .chain = c, .item = item, .names = names};
    const qn_event *record = item->record;

    if (!record) {
        qn_text_add(to, "  market event ");
        qn_text_add_count(to, item->market);
        qn_text_add(to, " cannot be shown: ");
        qn_text_add_clean(to, c->why);
        return;
    }
    if (record->instrument < names->ninstruments) s.in = names->instruments[record->instrument];
    if (record->type < QN_EVENT_TYPES && tellers[record->type]) tellers[record->type](&s);
}
