/* SPDX-License-Identifier: MIT
 *
 * What the plugin said, as lines, and the comparison with what was expected. */
#include "bench_internal.h"

#include <quoin/sdk/decimal.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ words */

static void add(qn_bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(qn_bench *b, const char *format, ...)
{
    char line[512];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0) return;
    if ((size_t)n >= sizeof line) n = (int)sizeof line - 1;
    if (!bench_reserve((void **)&b->text, &b->text_room, b->text_used + (uint64_t)n + 1, 1)) {
        bench_fault(b, TEST, "out of memory");
        return;
    }
    memcpy(b->text + b->text_used, line, (size_t)n + 1);
    b->text_used += (uint64_t)n;
}

static const qn_instrument *named(const qn_bench *b, uint32_t number)
{
    int64_t slot = bench_slot(b, number);

    return slot < 0 ? NULL : &b->instruments[slot];
}

static void add_name(qn_bench *b, const char *what, uint32_t number)
{
    const qn_instrument *in = named(b, number);

    if (in)
        add(b, "%s %s", what, in->name);
    else
        add(b, "%s instrument-%" PRIu32, what, number);
}

/* An amount behind a word, by the exponent of the instrument; nothing for 0 where it may be left
 * out. */
static void add_amount(qn_bench *b, const char *word, int64_t value, int32_t exp)
{
    char text[QN_DECIMAL_TEXT];

    qn_decimal_format(value, exp, text);
    add(b, "%s%s%s", *word ? " " : "", word, " ");
    add(b, "%s", text);
}

static int32_t price_exp(const qn_bench *b, uint32_t number)
{
    const qn_instrument *in = named(b, number);

    return in ? in->price_exp : 0;
}

static int32_t qty_exp(const qn_bench *b, uint32_t number)
{
    const qn_instrument *in = named(b, number);

    return in ? in->qty_exp : 0;
}

static void add_exits(qn_bench *b, uint32_t number, int64_t stop, int64_t take)
{
    if (stop) add_amount(b, "stop", stop, price_exp(b, number));
    if (take) add_amount(b, "take", take, price_exp(b, number));
}

static const char *reason_name(uint32_t reason)
{
#define NAME_OF(number, NAME, meaning) [number] = #NAME,
    static const char *const names[QN_REASONS] = {QN_REASON_LIST(NAME_OF)};
#undef NAME_OF
    return reason < QN_REASONS ? names[reason] : "a-reason-that-does-not-exist";
}

static const char *state_name(uint32_t state)
{
#define NAME_OF(number, NAME, klass) [number] = #NAME,
    static const char *const names[QN_ORDER_STATES] = {QN_ORDER_STATE_LIST(NAME_OF)};
#undef NAME_OF
    return state < QN_ORDER_STATES && names[state] ? names[state] : "a-state-that-does-not-exist";
}

static const char *side_name(uint32_t side)
{
    return side == QN_BUY ? "buy" : side == QN_SELL ? "sell" : "no-side";
}

/* The type of an order with its price, and what else it carries. */
static void add_terms(qn_bench *b, uint32_t number, uint32_t type, uint32_t tif, uint32_t flags,
                      int64_t price, int64_t trigger)
{
    if (type == QN_MARKET) add(b, " market");
    if (type == QN_LIMIT) add_amount(b, "limit", price, price_exp(b, number));
    if (type == QN_STOP) add_amount(b, "stop", trigger, price_exp(b, number));
    if (type < QN_MARKET || type > QN_STOP) add(b, " type-%" PRIu32, type);
    if (tif == QN_IOC) add(b, " ioc");
    if (tif == QN_GTD) add(b, " gtd");
    if (flags & QN_REDUCE_ONLY) add(b, " reduce-only");
    if (flags & QN_POST_ONLY) add(b, " post-only");
}

/* ------------------------------------------------------------------ one line of each sort */

static void line_signal(qn_bench *b, const qn_bench_output *o)
{
    const qn_signal *s = &o->as.signal;

    add_name(b, "signal", s->hdr.instrument);
    add(b, " strength %.6g confidence %.6g", s->strength, s->confidence);
    add_exits(b, s->hdr.instrument, s->stop_loss, s->take_profit);
}

static void line_target(qn_bench *b, const qn_bench_output *o)
{
    const qn_target *t = &o->as.target;

    add_name(b, "target", t->hdr.instrument);
    add_amount(b, "", t->qty, qty_exp(b, t->hdr.instrument));
    add_exits(b, t->hdr.instrument, t->stop_loss, t->take_profit);
}

static void line_order(qn_bench *b, const qn_bench_output *o)
{
    const qn_order_intent *i = &o->as.order;

    add_name(b, "order", i->hdr.instrument);
    add_amount(b, side_name(i->side), i->qty, qty_exp(b, i->hdr.instrument));
    add_terms(b, i->hdr.instrument, i->type, i->tif, i->flags, i->price, i->trigger);
    add_exits(b, i->hdr.instrument, i->stop_loss, i->take_profit);
}

static void line_cancel(qn_bench *b, const qn_bench_output *o)
{
    add_name(b, "cancel", o->as.cancel.hdr.instrument);
    add(b, " %" PRIu64, o->as.cancel.order_id);
}

static void line_modify(qn_bench *b, const qn_bench_output *o)
{
    const qn_modify *m = &o->as.modify;

    add_name(b, "modify", m->hdr.instrument);
    add(b, " %" PRIu64, m->order_id);
    add_amount(b, "", m->qty, qty_exp(b, m->hdr.instrument));
    add_amount(b, "", m->price, price_exp(b, m->hdr.instrument));
    add_amount(b, "", m->trigger, price_exp(b, m->hdr.instrument));
}

static void line_feature(qn_bench *b, const qn_bench_output *o)
{
    const qn_model *t = (const qn_model *)b->cls->table;
    uint32_t place = o->as.feature.feature;

    add_name(b, "feature", o->as.feature.instrument);
    add(b, " %s %.6g",
        place < t->features.nrows ? ((const qn_named *)qn_table_row(&t->features, place))->name
                                  : "a-feature-that-does-not-exist",
        o->as.feature.value);
    if (o->as.feature.valid_ns) add(b, " for %" PRId64, o->as.feature.valid_ns);
}

static void line_child(qn_bench *b, const qn_bench_output *o)
{
    const qn_child *c = &o->as.child;
    uint32_t number = 0;

    for (uint64_t i = 0; i < b->norders; i++)
        if (b->orders[i].id == c->parent_id) number = b->instruments[b->orders[i].slot].number;
    add(b, "child of %" PRIu64, c->parent_id);
    add_amount(b, "", c->qty, qty_exp(b, number));
    add_terms(b, number, c->type, c->tif, c->flags, c->price, c->trigger);
}

static void line_child_cancel(qn_bench *b, const qn_bench_output *o)
{
    add(b, "cancel child %" PRIu64, o->as.id);
}

static void line_finish(qn_bench *b, const qn_bench_output *o)
{
    add(b, "finish %" PRIu64, o->as.id);
}

static void line_halt(qn_bench *b, const qn_bench_output *o)
{
    add(b, "halt %s limit %.6g value %.6g", reason_name(o->as.halt.reason), o->as.halt.limit,
        o->as.halt.value);
}

static void line_timer(qn_bench *b, const qn_bench_output *o)
{
    add(b, "%s %" PRId64 " cookie %" PRIu64, o->what == QN_BENCH_TIMER ? "timer" : "work",
        o->as.timer.due_ns, o->as.timer.cookie);
}

static void line_report(qn_bench *b, const qn_bench_output *o)
{
    add(b, "report %" PRIu64 " %s", o->as.report.order_id, state_name(o->as.report.state));
    if (o->as.report.reason) add(b, " %s", reason_name(o->as.report.reason));
}

static void line_fill(qn_bench *b, const qn_bench_output *o)
{
    const qn_fill *f = &o->as.fill;
    const qn_instrument *in = named(b, f->hdr.instrument);

    add(b, "fill %" PRIu64, f->order_id);
    add_amount(b, "", f->qty, qty_exp(b, f->hdr.instrument));
    add_amount(b, "at", f->price, price_exp(b, f->hdr.instrument));
    add_amount(b, "fee", f->fee, in ? in->money_exp : QN_MONEY_EXP);
    add(b, " %s", f->liquidity == QN_MAKER ? "maker" : "taker");
}

static void line_payment(qn_bench *b, const qn_bench_output *o)
{
    const qn_instrument *in = named(b, o->as.payment.hdr.instrument);

    add_name(b, "payment", o->as.payment.hdr.instrument);
    add_amount(b, "", o->as.payment.amount, in ? in->money_exp : QN_MONEY_EXP);
}

static void line_answer(qn_bench *b, const qn_bench_output *o)
{
    static const char *const words[] = {"no-answer", "allow", "reduce", "reject"};
    const qn_answer *a = &o->as.verdict;

    add_name(b, words[a->action <= QN_REJECT ? a->action : 0], a->size);
    add_amount(b, "", a->qty, qty_exp(b, a->size));
    if (a->reason) add(b, " %s", reason_name(a->reason));
}

static void line_list(qn_bench *b, const qn_bench_output *o)
{
    static const char *const words[] = {"no-answer", "trial", "wait", "end"};
    uint32_t answer = o->as.list.answer;

    if (o->what == QN_BENCH_WEIGHTS)
        add(b, "weights");
    else
        add(b, "%s", words[answer <= QN_ASK_END ? answer : 0]);
    for (uint32_t i = 0; i < o->as.list.n; i++) {
        if (o->what == QN_BENCH_WEIGHTS)
            add(b, " %.6g", o->as.list.values.real[i]);
        else
            add(b, " %" PRId64, o->as.list.values.whole[i]);
    }
}

static void line_result(qn_bench *b, const qn_bench_output *o)
{
    add(b, "result %s", bench_command_name(b, o->as.result.command));
    if (o->as.result.text[0]) add(b, " %s", o->as.result.text);
}

static void (*const lines[QN_BENCH_OUTPUTS])(qn_bench *, const qn_bench_output *) = {
    [QN_BENCH_SIGNAL] = line_signal,   [QN_BENCH_TARGET] = line_target,
    [QN_BENCH_ORDER] = line_order,     [QN_BENCH_CANCEL] = line_cancel,
    [QN_BENCH_MODIFY] = line_modify,   [QN_BENCH_FEATURE] = line_feature,
    [QN_BENCH_CHILD] = line_child,     [QN_BENCH_CHILD_CANCEL] = line_child_cancel,
    [QN_BENCH_FINISH] = line_finish,   [QN_BENCH_HALT] = line_halt,
    [QN_BENCH_TIMER] = line_timer,     [QN_BENCH_WORK] = line_timer,
    [QN_BENCH_REPORT] = line_report,   [QN_BENCH_FILL] = line_fill,
    [QN_BENCH_PAYMENT] = line_payment, [QN_BENCH_ANSWER] = line_answer,
    [QN_BENCH_WEIGHTS] = line_list,    [QN_BENCH_TRIAL] = line_list,
    [QN_BENCH_RESULT] = line_result};

static const char *told_from(qn_bench *b, uint64_t first)
{
    b->text_used = 0;
    add(b, "%s", "");
    for (uint64_t i = first; i < b->noutputs; i++) {
        const qn_bench_output *o = &b->outputs[i];
        if (!lines[o->what]) continue;
        add(b, "#%" PRIu64 " ", o->event);
        lines[o->what](b, o);
        if (o->answer < 0) add(b, " refused %s", bench_error_name(o->answer));
        add(b, "\n");
    }
    return b->text ? b->text : "";
}

/* ------------------------------------------------------------------ for tests */

const char *qn_bench_told(qn_bench *b)
{
    return b ? told_from(b, 0) : "";
}

int qn_bench_expect(qn_bench *b, const char *expected)
{
    const char *told;
    int is_same;

    if (!b) return 0;
    told = told_from(b, b->nexpected);
    is_same = strcmp(told, expected) == 0;
    if (!is_same)
        bench_fault(b, PLUGIN, "expected\n%sit said\n%s", *expected ? expected : "(nothing)\n",
                    *told ? told : "(nothing)\n");
    b->nexpected = b->noutputs;
    return is_same;
}

uint32_t qn_bench_count(const qn_bench *b, uint32_t what)
{
    uint32_t n = 0;

    for (uint64_t i = 0; b && i < b->noutputs; i++)
        n += what == 0 || b->outputs[i].what == what;
    return n;
}

const qn_bench_output *qn_bench_nth(const qn_bench *b, uint32_t what, uint32_t n)
{
    for (uint64_t i = 0; b && i < b->noutputs; i++)
        if ((what == 0 || b->outputs[i].what == what) && n-- == 0) return &b->outputs[i];
    return NULL;
}

const qn_bench_output *qn_bench_last(const qn_bench *b, uint32_t what)
{
    for (uint64_t i = b ? b->noutputs : 0; i-- > 0;)
        if (what == 0 || b->outputs[i].what == what) return &b->outputs[i];
    return NULL;
}

void qn_bench_forget(qn_bench *b)
{
    if (b) b->noutputs = b->nexpected = 0;
}
