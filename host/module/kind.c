/* SPDX-License-Identifier: MIT */
#include "kind.h"

#include <quoin/strategy.h>
#include <quoin/venue.h>

#include <string.h>

#define CALL(type, member)                                                                         \
    {                                                                                              \
        offsetof(type, member), #member                                                            \
    }

static const kind_call strategy_calls[] = {
    CALL(qn_strategy, on_event),
    {0, NULL},
};

/* on_market is asked for where the venue's description is known; modify, query, history and
 * run belong to capabilities. */
static const kind_call venue_calls[] = {
    CALL(qn_venue, describe), CALL(qn_venue, start),  CALL(qn_venue, stop),
    CALL(qn_venue, submit),   CALL(qn_venue, cancel), {0, NULL},
};

static const kind kinds[] = {
    {QN_KIND_STRATEGY, "strategy", QN_TIER_PURE, sizeof(qn_strategy), strategy_calls},
    {QN_KIND_VENUE, "venue", QN_TIER_IO, sizeof(qn_venue), venue_calls},
    {"qn.model/1", "model", QN_TIER_PURE, 0, NULL},
    {"qn.optimizer/1", "optimizer", QN_TIER_PURE, 0, NULL},
    {"qn.risk/1", "risk", QN_TIER_PURE, 0, NULL},
    {"qn.execution/1", "execution", QN_TIER_PURE, 0, NULL},
    {"qn.tuner/1", "tuner", QN_TIER_PURE, 0, NULL},
    {"qn.sink/1", "sink", QN_TIER_IO, 0, NULL},
};

const kind *kind_find(const char *id)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].id, id) == 0) return &kinds[i];
    return NULL;
}

const char *tier_name(uint32_t tier)
{
    return tier == QN_TIER_PURE ? "pure" : tier == QN_TIER_IO ? "I/O" : "unknown";
}
