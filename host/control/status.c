/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/json.h"
#include "ledger/order.h"

#include <string.h>

static bool put_ns(struct json_object *o, const char *key, uint64_t samples, int64_t ns)
{
    return samples ? json_put_count(o, key, (uint64_t)ns) : json_put_null(o, key);
}

bool status_put_values(struct json_object *to, const char *values)
{
    struct json_object *o = json_put_object(to, "params");
    bool is_whole = o != NULL;

    for (const char *key = values; *key && is_whole;) {
        const char *text = key + strlen(key) + 1;
        is_whole = json_put_text(o, key, text);
        key = text + strlen(text) + 1;
    }
    return is_whole;
}

static bool put_plugins(struct json_object *to, const engine_state *s)
{
    struct json_object *list = json_put_array(to, "plugins");
    bool is_whole = list != NULL;

    for (uint32_t i = 0; i < s->nplugins && is_whole; i++) {
        const plugin_state *p = &s->plugins[i];
        struct json_object *o = json_append_object(list);
        is_whole =
            json_put_text(o, "id", p->id) && json_put_text(o, "kind", p->kind) &&
            json_put_text(o, "class", p->class_id) && json_put_text(o, "version", p->version) &&
            json_put_text(o, "sha256", p->sha256) &&
            json_put_text(o, "state", plugin_state_name(p->state)) &&
            json_put_count(o, "epoch", p->epoch) && json_put_count(o, "events", p->events) &&
            json_put_count(o, "faults", p->faults) && json_put_count(o, "missed", p->missed) &&
            json_put_count(o, "strikes", p->strikes) &&
            json_put_count(o, "over_budget", p->over_budget) &&
            (p->why[0] ? json_put_text(o, "why", p->why) : json_put_null(o, "why")) &&
            json_put_count(o, "timers", p->timers) && put_ns(o, "p50_ns", p->samples, p->p50_ns) &&
            put_ns(o, "p99_ns", p->samples, p->p99_ns) && status_put_values(o, p->values);
    }
    return is_whole;
}

static bool put_positions(struct json_object *to, const engine_state *s)
{
    struct json_object *list = json_put_array(to, "positions");
    uint32_t told = s->npositions < POSITIONS_TOLD ? s->npositions : POSITIONS_TOLD;
    bool is_whole = list != NULL;

    for (uint32_t i = 0; i < told && is_whole; i++) {
        const position_state *p = &s->positions[i];
        struct json_object *o = json_append_object(list);
        is_whole = json_put_text(o, "strategy", p->strategy) &&
                   json_put_text(o, "instrument", p->instrument->name) &&
                   json_put_amount(o, "qty", p->qty, p->instrument->qty_exp);
    }
    return is_whole && json_put_count(to, "positions_left_out", s->npositions - told);
}

static bool put_halt(struct json_object *to, const engine_state *s)
{
    struct json_object *o;

    if (!s->is_halted) return json_put_null(to, "halt");
    o = json_put_object(to, "halt");
    return json_put_text(o, "by", s->halted_by) &&
           json_put_text(o, "reason", order_reason_name(s->halt.reason)) &&
           json_put_number(o, "limit", s->halt.limit) && json_put_number(o, "value", s->halt.value);
}

static bool put_counts(struct json_object *to, const engine_state *s)
{
    const engine_counts *n = &s->counts;
    double seconds = (double)s->run_ns / (double)QN_NS_PER_S;

    return json_put_count(to, "events", n->events) &&
           json_put_number(to, "events_per_s", seconds > 0 ? (double)n->events / seconds : 0) &&
           json_put_count(to, "market_events", n->market) && json_put_count(to, "late", n->late) &&
           json_put_count(to, "refused", n->refused) && json_put_count(to, "denied", n->denied) &&
           json_put_count(to, "rejected", n->rejected) && json_put_count(to, "faults", n->faults) &&
           json_put_count(to, "anomalies", n->anomalies) && json_put_count(to, "fills", n->fills);
}

static bool put_control(struct json_object *to, const struct control *c)
{
    struct json_object *o = json_put_object(to, "control");
    uint64_t clients = 0;

    for (uint32_t i = 0; i < CONTROL_CLIENTS; i++)
        clients += c->clients[i].fd >= 0;
    return json_put_count(o, "clients", clients) &&
           json_put_count(o, "connections", c->counts.connections) &&
           json_put_count(o, "turned_away", c->counts.turned_away) &&
           json_put_count(o, "dropped", c->counts.dropped) &&
           json_put_count(o, "requests", c->counts.lines) &&
           json_put_count(o, "garbage", c->counts.garbage) &&
           json_put_count(o, "commands", c->counts.commands) &&
           json_put_count(o, "limited", c->counts.limited);
}

struct json_object *status_json(const struct control *c)
{
    const engine_state *s = c->state;
    struct json_object *o = json_object_new_object();
    uint64_t sampled = s->p50_ns > 0;
    bool is_whole =
        o && json_put_text(o, "run", engine_run_id(c->e)) && json_put_text(o, "name", c->name) &&
        json_put_text(o, "store", c->store) &&
        json_put_count(o, "incarnation", engine_incarnation(c->e)) &&
        json_put_text(o, "status",
                      s->is_again    ? "resuming"
                      : s->is_halted ? "halted"
                                     : "running") &&
        json_put_time(o, "engine_time", s->now) && json_put_bool(o, "halted", s->is_halted) &&
        put_halt(o, s) &&
        (s->is_judged ? json_put_bool(o, "tainted", s->is_tainted) : json_put_null(o, "tainted")) &&
        put_counts(o, s) && put_ns(o, "dispatch_p50_ns", sampled, s->p50_ns) &&
        put_ns(o, "dispatch_p99_ns", sampled, s->p99_ns) &&
        json_put_count(o, "orders_working", s->working) && put_positions(o, s) &&
        put_plugins(o, s) && put_control(o, c);

    return json_whole(o, is_whole);
}
