/* SPDX-License-Identifier: MIT
 *
 * strategy/script, a test plugin: does what its script says, bar by bar.
 *
 *   "1 signal 0.5 1; 3 target 10 90 0; 3 timer 3600e9 4; 5 modify 2"
 *
 * The number is that of the instance's bar, from 1; then comes what to do in the bar's instrument,
 * with quantities and prices as mantissas, missing ones 0:
 *
 *   signal STRENGTH CONFIDENCE HORIZON STOP TAKE    target QTY STOP TAKE
 *   order QTY PRICE STOP TAKE    < 0 sells; a price makes it a limit order
 *   modify QTY                   of the order that was sent last
 *   child QTY                    modify, of the first child of the parent that was sent last
 *   cancel                       of all in the instrument
 *   drop                         cancel, of the order that was sent last
 *   timer DELAY QTY              when it is due: a target of QTY in the first instrument
 *   newer QTY TAIL               a target of a newer SDK, with TAIL in a member behind the known
 *   follow                       a target of what `feature` is; -1 if there is none, -2 if stale */
#include <quoin/sdk/strategy.h>

#include <stdlib.h>
#include <string.h>

#define ARGUMENTS 5

typedef struct script {
    qn_str acts, feature;
    const qn_setup *setup;
    qn_feature_source source;
    int64_t bars;
    uint64_t last;
    char text[1024];
} script;

static const qn_param params[] = {
    QN_PARAM(script, acts, STRING, "", "what to do, and when", .def = ""),
    QN_PARAM(script, feature, STRING, "", "what `follow` follows", .def = ""),
};

static int32_t configure(script *s, const qn_setup *setup, qn_err *err)
{
    s->setup = setup;
    if (s->acts.len >= sizeof s->text) return qn_fail(err, QN_E_RANGE, "the script is too long");
    memcpy(s->text, s->acts.ptr, s->acts.len);
    return qn_feature_open(&s->source, setup, s->feature, err);
}

/* ------------------------------------------------------------------ what can be done */

typedef struct call {
    script *s;
    const qn_bar *bar;
    const qn_out *out;
    double args[ARGUMENTS];
} call;

static void remember(call *c, int64_t id)
{
    if (id > 0) c->s->last = (uint64_t)id;
}

static void say(call *c)
{
    qn_out_signal(c->out, c->bar->hdr.instrument,
                  (qn_signal){.strength = c->args[0],
                              .confidence = c->args[1],
                              .horizon = (int64_t)c->args[2],
                              .stop_loss = (int64_t)c->args[3],
                              .take_profit = (int64_t)c->args[4]});
}

static void hold(call *c)
{
    remember(c, qn_out_target_exits(c->out, c->bar->hdr.instrument, (int64_t)c->args[0],
                                    (int64_t)c->args[1], (int64_t)c->args[2]));
}

static void trade(call *c)
{
    int64_t qty = (int64_t)c->args[0];

    remember(c, qn_out_order(c->out, c->bar->hdr.instrument,
                             (qn_order_intent){.side = qty > 0 ? QN_BUY : QN_SELL,
                                               .type = c->args[1] > 0 ? QN_LIMIT : QN_MARKET,
                                               .qty = qty > 0 ? qty : -qty,
                                               .price = (int64_t)c->args[1],
                                               .stop_loss = (int64_t)c->args[2],
                                               .take_profit = (int64_t)c->args[3]}));
}

static void change(call *c, uint64_t id)
{
    qn_modify m = {.hdr = {sizeof m, QN_INTENT_MODIFY, c->bar->hdr.instrument, 0},
                   .order_id = id,
                   .qty = (int64_t)c->args[0]};

    c->out->push(c->out->ctx, &m.hdr);
}

static void modify(call *c)
{
    change(c, c->s->last);
}

static void child(call *c)
{
    change(c, c->s->last + 1);
}

static void cancel(call *c)
{
    qn_out_cancel(c->out, c->bar->hdr.instrument, 0);
}

static void drop(call *c)
{
    qn_out_cancel(c->out, c->bar->hdr.instrument, c->s->last);
}

static void timer(call *c)
{
    const qn_host *host = c->s->setup->host;

    host->timer(host->ctx, c->bar->hdr.ts_ns + (int64_t)c->args[0], (uint64_t)(int64_t)c->args[1]);
}

static void newer(call *c)
{
    struct {
        qn_target target;
        int64_t tail;
    } t = {.target = {.hdr = {sizeof t, QN_INTENT_TARGET, c->bar->hdr.instrument, 0},
                      .qty = (int64_t)c->args[0]},
           .tail = (int64_t)c->args[1]};

    c->out->push(c->out->ctx, &t.target.hdr);
}

static void follow(call *c)
{
    double value = 0;
    int32_t rc = qn_feature_get(&c->s->source, c->bar->hdr.instrument, &value);

    qn_out_target(c->out, c->bar->hdr.instrument,
                  rc == QN_OK            ? (int64_t)value
                  : rc == QN_E_NOT_FOUND ? -1
                                         : -2);
}

static const struct {
    const char *name;
    void (*act)(call *c);
} acts[] = {{"signal", say},  {"target", hold},   {"order", trade}, {"modify", modify},
            {"child", child}, {"cancel", cancel}, {"drop", drop},   {"timer", timer},
            {"newer", newer}, {"follow", follow}};

/* ------------------------------------------------------------------ the script */

static void run(call *c, const char *name, const char *end)
{
    size_t len = strcspn(name, " ;");
    const char *at = name + len;
    char *behind;

    for (int i = 0; i < ARGUMENTS && at < end; i++) {
        c->args[i] = strtod(at, &behind);
        if (behind == at || behind > end) break;
        at = behind;
    }
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (strlen(acts[i].name) == len && strncmp(acts[i].name, name, len) == 0) acts[i].act(c);
}

static void on_bar(script *s, const qn_bar *bar, const qn_out *out)
{
    s->bars++;
    for (const char *at = s->text; *at;) {
        const char *end = at + strcspn(at, ";");
        char *name;
        call c = {.s = s, .bar = bar, .out = out};
        if (strtoll(at, &name, 10) == s->bars) run(&c, name + strspn(name, " "), end);
        at = *end ? end + 1 : end;
    }
}

static void on_timer(script *s, const qn_timer *ev, const qn_out *out)
{
    qn_out_target(out, s->setup->instruments[0]->number, (int64_t)ev->cookie);
}

QN_STRATEGY(script, "strategy/script", "1.0.0", "MIT", .name = "Script",
            .doc = "Does what its script says. For tests.", .params = QN_TABLE(params),
            .configure = configure, .on_bar = on_bar, .on_timer = on_timer)
