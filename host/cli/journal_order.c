/* SPDX-License-Identifier: MIT
 *
 * quoin journal show --order: what became of the order in one line, and the chain below it. */
#include "journal_say.h"

#include "base/fail.h"
#include "base/json.h"
#include "base/nearest.h"
#include "ledger/order.h"
#include "ledger/valuation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ its name */

/* "sma-17": a strategy, a dash, the number of its order. Ids of strategies may hold dashes. */
static int32_t order_named(const recorded_run *run, const char *name, uint64_t *out, qn_err *err)
{
    const qn_record_names *all = &run->names.all;
    const char *dash = strrchr(name, '-');
    char strategy[64];
    char hint[HINT_TEXT];
    unsigned long long counter;
    char *end;

    if (!dash || dash == name || (size_t)(dash - name) >= sizeof strategy || dash[1] < '1' ||
        dash[1] > '9')
        return fail(err, QN_E_UNKNOWN_NAME,
                    "'%s' is no order: expected a strategy, a dash and a number, as in orders.csv",
                    name);
    counter = strtoull(dash + 1, &end, 10);
    if (*end || counter >> 40)
        return fail(err, QN_E_UNKNOWN_NAME, "'%s' is no number of an order", dash + 1);
    snprintf(strategy, sizeof strategy, "%.*s", (int)(dash - name), name);
    for (uint32_t i = 1; i < all->nstrategies; i++)
        if (strcmp(all->strategies[i], strategy) == 0) {
            *out = QN_ORDER_ID(i, counter);
            return QN_OK;
        }
    return fail(err, QN_E_UNKNOWN_NAME, "run %u has no strategy '%s': %s", run->number, strategy,
                name_hint(strategy, all->strategies + 1, all->nstrategies - 1, hint));
}

/* ------------------------------------------------------------------ what became of it */

typedef struct outcome {
    const char *kind; /* "order", "child", "exit", "parent" */
    qn_order order;   /* as its venue has it at the end */
    const qn_instrument *in;
    uint32_t state, reason;
    int64_t made_ts; /* market time of the event that caused it; of a parent engine time */
    int64_t filled, fee;
    qn_wide value;    /* sum of price x quantity */
    qn_request asked; /* a change that its venue has yet to agree to; order_id 0 = none */
} outcome;

static void take_begin(outcome *o, const qn_event *begin)
{
    const qn_submit *s = (const qn_submit *)(const void *)begin;
    const qn_parent *p = (const qn_parent *)(const void *)begin;

    if (begin->type == QN_EVENT_SUBMIT) {
        o->kind = s->entry_id ? "exit" : s->parent_id ? "child" : "order";
        o->order = s->order;
        o->state = s->state;
        o->reason = s->reason;
        o->made_ts = s->made_ts;
        return;
    }
    o->kind = "parent";
    o->state = p->state;
    o->made_ts = begin->ts_ns;
    o->order = (qn_order){.instrument = begin->instrument,
                          .id = p->order_id,
                          .strategy = p->strategy,
                          .side = p->side,
                          .type = QN_MARKET,
                          .qty = p->qty};
}

/* A change that is agreed to takes effect; an exit that has not begun to fill follows the quantity
 * of its entry. */
static void settle_change(outcome *o, const qn_order_report *r)
{
    bool is_agreed = (r->state == QN_ORDER_ACCEPTED || r->state == QN_ORDER_HELD);

    if (o->asked.order_id != r->order_id || !is_agreed) return;
    if (r->reason == QN_REASON_NONE) {
        if (r->order_id == o->order.id || o->filled == 0) o->order.qty = o->asked.qty;
        if (r->order_id == o->order.id) {
            o->order.price = o->asked.price;
            o->order.trigger = o->asked.trigger;
        }
    }
    o->asked.order_id = 0;
}

/* What does not fit the state of an order does not change it: as in the books. */
static void move(outcome *o, order_change change)
{
    uint32_t next = order_next(o->state, change);

    if (next) o->state = next;
}

static void take_report(outcome *o, const qn_order_report *r)
{
    settle_change(o, r);
    if (r->order_id != o->order.id || order_state_class(o->state) == ORDER_CLASS_CLOSED) return;
    move(o, order_change_of_report(r->state));
    if (order_state_class(o->state) == ORDER_CLASS_CLOSED && o->state == r->state)
        o->reason = r->reason;
}

static void take_fill(outcome *o, const qn_fill *f)
{
    if (f->order_id != o->order.id && f->parent_id != o->order.id) return;
    o->filled += f->qty;
    o->fee += f->fee;
    o->value += (qn_wide)f->price * f->qty;
    if (f->parent_id == o->order.id) return; /* a parent says itself how it ended */
    move(o, o->filled >= o->order.qty ? ORDER_FILL_WHOLE : ORDER_FILL_PART);
}

static void take_end(outcome *o, const qn_parent *p)
{
    if (p->order_id != o->order.id) return;
    o->state = p->state;
    o->reason = p->reason;
}

static outcome outcome_of(const chain *c)
{
    const qn_record_names *names = &c->run->names.all;
    outcome o = {0};

    take_begin(&o, c->origin);
    if (o.order.instrument < names->ninstruments) o.in = names->instruments[o.order.instrument];
    for (size_t i = 0; i < c->n; i++) {
        const void *record = c->items[i].record;
        uint32_t type = record ? c->items[i].record->type : 0;
        if (type == QN_EVENT_ORDER) take_report(&o, record);
        if (type == QN_EVENT_FILL) take_fill(&o, record);
        if (type == QN_EVENT_PARENT) take_end(&o, record);
        if (type == QN_EVENT_REQUEST) {
            const qn_request *asked = record;
            if (asked->kind == QN_INTENT_MODIFY) o.asked = *asked;
        }
    }
    return o;
}

/* ------------------------------------------------------------------ as text */

static const char *state_words(uint32_t state)
{
    static const char *const words[QN_ORDER_STATES] = {
        [QN_ORDER_DENIED] = "denied",     [QN_ORDER_CANCELED] = "canceled",
        [QN_ORDER_REJECTED] = "rejected", [QN_ORDER_EXPIRED] = "expired",
        [QN_ORDER_FILLED] = "",
    };

    return state < QN_ORDER_STATES && words[state] ? words[state] : "still working";
}

static void print_outcome(const chain *c, const outcome *o)
{
    const qn_record_names *names = &c->run->names.all;
    char room[2048];
    qn_text t = QN_TEXT(room);
    const char *state = state_words(o->state);

    qn_text_add(&t, o->kind);
    qn_text_add_char(&t, ' ');
    qn_record_order_id(&t, c->order, names);
    qn_text_add(&t, ": ");
    order_words(&t, &o->order, names);
    if (o->filled) {
        qn_decimal mean = price_mean(o->value, o->filled, o->in->price_exp);
        qn_text_add(&t, ", filled ");
        qn_text_add_decimal(&t, o->filled, o->in->qty_exp);
        qn_text_add(&t, " at ");
        qn_text_add_decimal(&t, mean.mantissa, mean.exp);
        qn_text_add(&t, ", fee ");
        qn_text_add_decimal(&t, o->fee, o->in->money_exp);
        qn_text_add_char(&t, ' ');
        qn_text_add_clean(&t, o->in->settle);
    }
    if (*state) qn_text_add(&t, ", ");
    qn_text_add(&t, state);
    if (o->reason) say_end_reason(&t, ": ", o->reason, strcmp(o->kind, "exit") == 0);
    puts(room);
}

static int print_text(const chain *c, const outcome *o)
{
    char room[WORDS_TEXT];

    print_outcome(c, o);
    for (size_t i = 0; i < c->n; i++) {
        qn_text t = QN_TEXT(room);
        room[0] = '\0';
        chain_words(&t, c, &c->items[i]);
        if (*room) puts(room);
    }
    return EXIT_DONE;
}

/* ------------------------------------------------------------------ as JSON */

static bool put_mean(struct json_object *to, const outcome *o)
{
    qn_decimal mean;

    if (o->filled == 0) return json_put_null(to, "avg_price");
    mean = price_mean(o->value, o->filled, o->in->price_exp);
    return json_put_amount(to, "avg_price", mean.mantissa, mean.exp);
}

static bool put_price(struct json_object *to, const outcome *o)
{
    int64_t at = o->order.type == QN_STOP ? o->order.trigger : o->order.price;

    return at ? json_put_amount(to, "price", at, o->in->price_exp) : json_put_null(to, "price");
}

static const char *type_name(uint32_t type)
{
    return type == QN_LIMIT ? "limit" : type == QN_STOP ? "stop" : "market";
}

/* With the names and values of orders.csv. */
static struct json_object *json_outcome(const chain *c, const outcome *o)
{
    struct json_object *j = json_object_new_object();
    char room[160];
    qn_text id = QN_TEXT(room);
    bool is_whole;

    qn_record_order_id(&id, c->order, &c->run->names.all);
    is_whole = json_put_time(j, "ts", o->made_ts) && json_put_text(j, "order_id", room) &&
               json_put_text(j, "kind", o->kind) && json_put_text(j, "instrument", o->in->name) &&
               json_put_text(j, "strategy", c->run->names.all.strategies[o->order.strategy]) &&
               json_put_text(j, "side", o->order.side == QN_BUY ? "buy" : "sell") &&
               json_put_text(j, "type", type_name(o->order.type)) &&
               json_put_amount(j, "qty", o->order.qty, o->in->qty_exp) && put_price(j, o) &&
               json_put_text(j, "status", order_state_name(o->state)) &&
               json_put_amount(j, "filled_qty", o->filled, o->in->qty_exp) && put_mean(j, o) &&
               json_put_amount(j, "fee", o->fee, o->in->money_exp) &&
               json_put_text(j, "fee_currency", o->in->settle) &&
               json_put_text(j, "reason", o->reason ? order_reason_name(o->reason) : NULL);
    return json_whole(j, is_whole);
}

/* A market event that is not to be had is told by its number. */
static int32_t json_item(qn_text *to, const chain *c, const chain_item *item)
{
    if (item->record) return qn_record_json(to, item->record, &c->run->names.all);
    qn_text_add(to, "{\"seq\":");
    qn_text_add_count(to, item->seq);
    qn_text_add(to, ",\"ts\":null,\"type\":null,\"instrument\":null,\"market_event\":");
    qn_text_add_count(to, item->market);
    qn_text_add(to, ",\"why\":\"");
    qn_text_add_json(to, c->why);
    qn_text_add(to, "\"}");
    return to->is_cut ? QN_E_FULL : QN_OK;
}

static int print_json(const chain *c, const outcome *o)
{
    struct json_object *head = json_outcome(c, o);
    char room[QN_RECORD_TEXT];
    int32_t rc = QN_OK;

    if (!json_text(head)) {
        json_object_put(head);
        return cli_fail(QN_E_NO_MEMORY, NULL);
    }
    printf("{\"run\":%u,\"order\":%s,\n\"chain\":[", c->run->number, json_text(head));
    json_object_put(head);
    for (size_t i = 0; i < c->n && rc == QN_OK; i++) {
        qn_text t = QN_TEXT(room);
        room[0] = '\0';
        rc = json_item(&t, c, &c->items[i]);
        printf("%s%s", i ? ",\n" : "\n", rc == QN_OK ? room : "null");
    }
    puts("\n]}");
    return rc == QN_OK ? EXIT_DONE : cli_fail(rc, NULL);
}

int journal_show_order(const recorded_run *run, const char *name, bool is_json)
{
    qn_err err = QN_ERR_INIT;
    chain c = {0};
    uint64_t id = 0;
    int32_t rc = order_named(run, name, &id, &err);
    int status;

    if (rc == QN_OK) rc = chain_collect(&c, run, id, &err);
    if (rc == QN_OK) rc = chain_add_market(&c, &err);
    if (rc == QN_OK) {
        outcome o = outcome_of(&c);
        if (o.in)
            status = is_json ? print_json(&c, &o) : print_text(&c, &o);
        else
            status = cli_fail(fail(&err, QN_E_DAMAGED,
                                   "order %s is in instrument %u, which the "
                                   "run does not have",
                                   name, o.order.instrument),
                              &err);
    } else {
        status = cli_fail(rc, &err);
    }
    chain_free(&c);
    return status;
}
