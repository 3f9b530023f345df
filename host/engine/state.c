/* SPDX-License-Identifier: MIT
 *
 * The state of a run between two events, for an operator. */
#include "internal.h"

#include <stdio.h>

const char *plugin_state_name(uint32_t state)
{
#define STATE_ROW(NAME, name, meaning) [PLUGIN_##NAME] = (name),
    static const char *const names[PLUGIN_STATES] = {PLUGIN_STATE_LIST(STATE_ROW)};
#undef STATE_ROW

    return state < PLUGIN_STATES ? names[state] : "?";
}

engine_state *engine_state_new(const engine *e)
{
    engine_state *s = mem_new(1, sizeof *s);

    if (!s) return NULL;
    s->plugins = mem_new(engine_plugins(e) + 1, sizeof *s->plugins);
    if (s->plugins) return s;
    mem_free(s);
    return NULL;
}

void engine_state_free(engine_state *s)
{
    if (!s) return;
    mem_free(s->plugins);
    mem_free(s);
}

static uint32_t plugin_phase(const engine *e, const instance *in)
{
    static const uint32_t phases[] = {
        [RELOAD_IDLE] = PLUGIN_ACTIVE,           [RELOAD_LOADING] = PLUGIN_LOADING,
        [RELOAD_TAKING_OVER] = PLUGIN_LOADING,   [RELOAD_CATCHING_UP] = PLUGIN_LOADING,
        [RELOAD_CHANGING] = PLUGIN_LOADING,      [RELOAD_SHADOWED] = PLUGIN_SHADOW,
        [RELOAD_ON_PROBATION] = PLUGIN_PROBATION};

    if (in->is_out) return PLUGIN_OUT;
    return e->reloads.seat == in ? phases[e->reloads.phase] : PLUGIN_ACTIVE;
}

/* A sink is given records by a thread of its own, and says how far it has come. */
static uint64_t events_of(const engine *e, const instance *in)
{
    for (uint32_t i = 0; i < e->nsinks; i++)
        if (in == &e->sinks[i]) return e->bus ? bus_cursor(e->bus, i) : 0;
    return in->events;
}

static uint64_t missed_of(const engine *e, const instance *in)
{
    for (uint32_t i = 0; i < e->nsinks; i++)
        if (in == &e->sinks[i]) return e->bus ? bus_missed(e->bus, i) : 0;
    return 0;
}

static void fill_plugin(const engine *e, const instance *in, plugin_state *out)
{
    const body *b = in->live;

    *out =
        (plugin_state){.id = in->id,
                       .kind = in->kind,
                       .state = plugin_phase(e, in),
                       .epoch = in->epoch,
                       .events = events_of(e, in),
                       .faults = in->faults,
                       .missed = missed_of(e, in),
                       .strikes = in->strikes,
                       .over_budget = atomic_load_explicit(&in->over_budget, memory_order_relaxed),
                       .timers = in->ntimers,
                       .samples = in->times->n,
                       .p50_ns = stage_percentile(in->times, 0.5),
                       .p99_ns = stage_percentile(in->times, 0.99)};
    if (in->is_out) snprintf(out->why, sizeof out->why, "%s", fault_why(in));
    set_tell(in, out->values);
    snprintf(out->class_id, sizeof out->class_id, "%s", b->cls->id);
    snprintf(out->version, sizeof out->version, "%s", b->cls->version);
    snprintf(out->sha256, sizeof out->sha256, "%s", module_about(b->module)->sha256);
}

static void fill_positions(const engine *e, engine_state *out)
{
    out->npositions = 0;
    for (uint32_t s = 0; s < e->nstrategies; s++) {
        for (uint32_t i = 0; i < e->ninstruments; i++) {
            int64_t qty = ledger_part(e->ledger, s + 1, i)->qty;
            if (qty == 0) continue;
            if (out->npositions < POSITIONS_TOLD)
                out->positions[out->npositions] =
                    (position_state){e->strategies[s].in.id, &e->instruments[i], qty};
            out->npositions++;
        }
    }
}

void state_fill(const engine *e, engine_state *out)
{
    out->status = e->status;
    out->now = e->now > e->first_ts ? e->now : e->first_ts;
    out->run_ns = clock_steady() - e->started;
    out->counts = e->counts;
    out->counts.events = e->seq;
    out->is_again = e->replay != NULL;
    out->is_halted = e->halt.is_halted;
    out->is_judged = e->loading.trust.policy != TRUST_OFF;
    out->is_tainted = engine_is_tainted(e);
    out->halt = e->halt.why;
    engine_halt(e, &out->halted_by);
    out->working = orders_working(e->orders);
    out->p50_ns = engine_dispatch_ns(e, 0.5);
    out->p99_ns = engine_dispatch_ns(e, 0.99);
    out->nplugins = engine_plugins(e);
    for (uint32_t i = 0; i < out->nplugins; i++)
        fill_plugin(e, e->owners[i + 1], &out->plugins[i]);
    fill_positions(e, out);
}
