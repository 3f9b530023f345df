/* SPDX-License-Identifier: MIT */
#include "kind.h"

#include <quoin/execution.h>
#include <quoin/model.h>
#include <quoin/optimizer.h>
#include <quoin/risk.h>
#include <quoin/sink.h>
#include <quoin/strategy.h>
#include <quoin/tuner.h>
#include <quoin/venue.h>

#include <string.h>

#define CALL(type, member)                                                                         \
    {                                                                                              \
        offsetof(type, member), #member                                                            \
    }

#define NO_CALL                                                                                    \
    {                                                                                              \
        0, NULL                                                                                    \
    }

static const kind_call strategy_calls[] = {CALL(qn_strategy, on_event), NO_CALL};
static const kind_call model_calls[] = {CALL(qn_model, on_event), NO_CALL};
static const kind_call optimizer_calls[] = {CALL(qn_optimizer, allocate), NO_CALL};
static const kind_call risk_calls[] = {CALL(qn_risk, check), NO_CALL};
static const kind_call execution_calls[] = {CALL(qn_execution, on_event), NO_CALL};
static const kind_call sink_calls[] = {CALL(qn_sink, start), CALL(qn_sink, write),
                                       CALL(qn_sink, stop), NO_CALL};

/* on_market is asked for where the venue's description is known; modify, query, history and
 * run belong to capabilities. */
static const kind_call venue_calls[] = {
    CALL(qn_venue, describe), CALL(qn_venue, start),  CALL(qn_venue, stop),
    CALL(qn_venue, submit),   CALL(qn_venue, cancel), NO_CALL,
};

static const kind_call tuner_calls[] = {CALL(qn_tuner, begin), CALL(qn_tuner, ask),
                                        CALL(qn_tuner, tell), NO_CALL};

static const kind_call work_calls[] = {CALL(qn_work, run), NO_CALL};

#define FEATURES_MAX 64u

static const kind kinds[] = {
    {.id = QN_KIND_STRATEGY,
     .prefix = "strategy",
     .tier = QN_TIER_PURE,
     .table_size = sizeof(qn_strategy),
     .calls = strategy_calls},
    {.id = QN_KIND_VENUE,
     .prefix = "venue",
     .tier = QN_TIER_IO,
     .table_size = sizeof(qn_venue),
     .calls = venue_calls},
    {.id = QN_KIND_MODEL,
     .prefix = "model",
     .tier = QN_TIER_PURE,
     .table_size = sizeof(qn_model),
     .calls = model_calls,
     .named = {"feature", offsetof(qn_model, features), 1, FEATURES_MAX}},
    {.id = QN_KIND_OPTIMIZER,
     .prefix = "optimizer",
     .tier = QN_TIER_PURE,
     .table_size = sizeof(qn_optimizer),
     .calls = optimizer_calls,
     .named = {"value", offsetof(qn_optimizer, values), 0, QN_ALLOCATION_VALUES}},
    {.id = QN_KIND_RISK,
     .prefix = "risk",
     .tier = QN_TIER_PURE,
     .table_size = sizeof(qn_risk),
     .calls = risk_calls},
    {.id = QN_KIND_EXECUTION,
     .prefix = "execution",
     .tier = QN_TIER_PURE,
     .table_size = sizeof(qn_execution),
     .calls = execution_calls},
    {.id = QN_KIND_SINK,
     .prefix = "sink",
     .tier = QN_TIER_IO,
     .table_size = sizeof(qn_sink),
     .calls = sink_calls},
    {.id = QN_KIND_TUNER,
     .prefix = "tuner",
     .tier = QN_TIER_PURE,
     .table_size = sizeof(qn_tuner),
     .calls = tuner_calls},
};

static const struct {
    const char *id;
    const kind_call *calls;
} exts[] = {
    {QN_WORK, work_calls},
};

const kind *kind_find(const char *id)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].id, id) == 0) return &kinds[i];
    return NULL;
}

const kind_call *kind_ext_calls(const char *id)
{
    for (size_t i = 0; i < sizeof exts / sizeof exts[0]; i++)
        if (strcmp(exts[i].id, id) == 0) return exts[i].calls;
    return NULL;
}

const qn_table *kind_named_rows(const kind *k, const void *table)
{
    return k && k->named.row ? (const void *)((const char *)table + k->named.offset) : NULL;
}

const char *tier_name(uint32_t tier)
{
    return tier == QN_TIER_PURE ? "pure" : tier == QN_TIER_IO ? "I/O" : "unknown";
}
