/* SPDX-License-Identifier: MIT
 *
 * What a report reads of a run. */
#include "internal.h"

const char *run_status_name(run_status status)
{
    static const char *const names[] = {"completed", "stopped", "ruined", "halted", "failed"};

    return names[status];
}

void engine_observe(engine *e, const engine_observer *observer)
{
    e->observer = *observer;
}

run_status engine_status(const engine *e)
{
    return e->status;
}

const engine_counts *engine_count(const engine *e)
{
    return &e->counts;
}

const ledger *engine_ledger(const engine *e)
{
    return e->ledger;
}

int64_t engine_first_ts(const engine *e)
{
    return e->first_ts;
}

int64_t engine_last_ts(const engine *e)
{
    return e->last_ts;
}

int64_t engine_from(const engine *e)
{
    return e->options.from;
}

int64_t engine_to(const engine *e)
{
    return e->options.to;
}

int64_t engine_run_ns(const engine *e)
{
    return e->run_ns;
}

#define FINE 256u       /* buckets of 8 ns */
#define FINE_TO 8       /* FINE is 1 << FINE_TO */
#define OCTAVE 32u      /* buckets from one power of two to the next */
#define OCTAVE_SHIFT 5u /* OCTAVE is 1 << OCTAVE_SHIFT */

uint32_t latency_bucket(int64_t ns)
{
    uint64_t eighths = ns > 0 ? (uint64_t)ns / 8 : 0;
    uint32_t power, bucket;

    if (eighths < FINE) return (uint32_t)eighths;
    power = 63u - (uint32_t)__builtin_clzll(eighths);
    bucket =
        FINE + (power - FINE_TO) * OCTAVE + (uint32_t)(eighths >> (power - OCTAVE_SHIFT)) - OCTAVE;
    return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

int64_t latency_middle(uint32_t bucket)
{
    uint32_t shift, part;

    if (bucket < FINE) return (int64_t)bucket * 8 + 4;
    shift = FINE_TO - OCTAVE_SHIFT + (bucket - FINE) / OCTAVE;
    part = OCTAVE + (bucket - FINE) % OCTAVE;
    return (((int64_t)part << shift) + ((int64_t)1 << shift) / 2) * 8;
}

/* Middle of the bucket that holds the p-th part of n samples. */
static int64_t percentile(const uint32_t *buckets, uint64_t n, double p)
{
    uint64_t seen = 0;

    for (uint32_t i = 0; i < LATENCY_BUCKETS && n; i++) {
        seen += buckets[i];
        if ((double)seen >= p * (double)n) return latency_middle(i);
    }
    return 0;
}

int64_t stage_percentile(const stage_times *t, double p)
{
    return percentile(t->buckets, t->n, p);
}

int64_t engine_dispatch_ns(const engine *e, double p)
{
    uint64_t all = 0;

    for (uint32_t i = 0; i < LATENCY_BUCKETS; i++)
        all += e->latency[i];
    return percentile(e->latency, all, p);
}

int32_t engine_decision_hash(const engine *e, char to[SHA256_HEX], qn_err *err)
{
    return decisions_hex(&e->decisions, to, err);
}

const char *engine_cut_hash(const engine *e, size_t i)
{
    return e->cuts[i];
}

int32_t engine_data_hash(const engine *e, char to[SHA256_HEX], qn_err *err)
{
    return tape_identity(e->tape, to, err);
}

uint32_t engine_instruments(const engine *e)
{
    return e->ninstruments;
}

const qn_instrument *engine_instrument(const engine *e, uint32_t i)
{
    return &e->instruments[i];
}

uint32_t engine_strategies(const engine *e)
{
    return e->nstrategies;
}

const char *engine_strategy_id(const engine *e, uint32_t number)
{
    return number ? e->strategies[number - 1].in.id : "host";
}

uint32_t engine_venues(const engine *e)
{
    return e->nvenues;
}

const char *engine_venue_id(const engine *e, uint32_t i)
{
    return e->venues[i].in.id;
}

const char *engine_run_id(const engine *e)
{
    return e->run_id;
}

uint32_t engine_run_number(const engine *e)
{
    return e->run_number;
}

uint32_t engine_incarnation(const engine *e)
{
    return e->incarnation;
}

bool engine_stage_at(const engine *e, uint32_t i, engine_stage *out)
{
#define STAGE_ROW(NAME, name, meaning) {name, meaning},
    static const struct {
        const char *name, *meaning;
    } names[STAGES] = {STAGE_LIST(STAGE_ROW)};
#undef STAGE_ROW
    const stage_times *t = &e->stages[i < STAGES ? i : 0];

    if (i >= STAGES) return false;
    *out = (engine_stage){names[i].name, names[i].meaning, t->n, percentile(t->buckets, t->n, 0.5),
                          percentile(t->buckets, t->n, 0.99)};
    return true;
}

const qn_halt *engine_halt(const engine *e, const char **by)
{
    uint32_t m = e->halt.why.module;

    *by = m ? e->risk[m - 1].in.id : "host";
    return e->halt.is_halted ? &e->halt.why : NULL;
}

uint32_t engine_plugins(const engine *e)
{
    return e->nowners ? e->nowners - 1 : 0; /* the first owner is the host */
}

engine_plugin engine_plugin_at(const engine *e, uint32_t i)
{
    const instance *in = e->owners[i + 1];

    return (engine_plugin){in->id, in->cls, module_about(in->live->module)};
}
