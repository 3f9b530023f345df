/* SPDX-License-Identifier: MIT
 *
 * Kind "strategy": market events and own fills in, intents out.
 *
 * An instance sees, in engine order, the events of the instruments and data types that its
 * config lists, its own timers, and the reports and fills of its own orders. It never sees
 * another strategy's. Tier: pure.
 *
 * The same table serves a strategy that looks at a bar a day and one that quotes on every
 * tick; sdk/ splits on_event into typed callbacks (<quoin/sdk/strategy.h>). */
#ifndef QUOIN_STRATEGY_H
#define QUOIN_STRATEGY_H

#include <quoin/event.h>
#include <quoin/intent.h>
#include <quoin/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QN_KIND_STRATEGY "qn.strategy/1"

typedef struct qn_strategy {
    uint32_t size;
    uint32_t rsv0;
    /* One event. Intents pushed to `out` are checked and sent before the call that pushed
     * them returns; their fills come as later events.
     *
     * ev       borrowed for the call
     * returns  QN_OK, or an error: the host logs and counts it, and what was pushed stands */
    int32_t (*on_event)(void *self, const qn_event *ev, const qn_out *out); /* [event & active] */
    /* How much history of its finest data the instance needs before its first decision, ns.
     * NULL = none. Asked once, after create. */
    int64_t (*lookback)(const void *self, int64_t bar_length); /* [control & !active] */
} qn_strategy;

#ifdef __cplusplus
}
#endif
#endif
