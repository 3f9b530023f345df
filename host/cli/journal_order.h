/* SPDX-License-Identifier: MIT
 *
 * An order explained: the records that it came from and that came of it, from the market event
 * that a strategy saw to the last fill.
 *
 *   journal_chain.c    collects them
 *   journal_market.c   finds the market events on the tape, which the journal does not hold
 *   journal_words.c    says them in words, of the pieces in journal_say.c
 *   journal_order.c    puts it together */
#ifndef QUOIN_CLI_JOURNAL_ORDER_H
#define QUOIN_CLI_JOURNAL_ORDER_H

#include "journal.h"

#define CHAIN_ABOVE 4 /* the longest line upwards: exit, child that it guards, parent */

/* One record of a chain. */
typedef struct chain_item {
    uint64_t seq;
    const qn_event *record; /* NULL = a market event that is not to be had */
    bool is_market;
    uint64_t market;   /* its number among the market events, from 1 */
    qn_output *before; /* of a signal: the one that it took the place of; NULL = none */
} chain_item;

/* All of them, rising by sequence number. */
typedef struct chain {
    const recorded_run *run; /* borrowed */
    uint64_t order;
    const qn_event *origin;      /* the qn_submit or qn_parent by which it began */
    uint64_t above[CHAIN_ABOVE]; /* of a child its parent, of an exit its entry, and theirs */
    uint32_t nabove;
    uint64_t *children; /* of a parent */
    size_t nchildren, children_room;
    chain_item *items;
    size_t n, room;
    char why[256];        /* there are no market events to be had; "" = there are */
    const qn_event *halt; /* the last qn_halt of the run up to where it was read */
    arena memory;
} chain;

/* Collect the chain of an order. QN_E_UNKNOWN_NAME: the run has no such order, and the last one of
 * its strategy is named; QN_E_DAMAGED; QN_E_NO_MEMORY. Free it in any case. */
int32_t chain_collect(chain *c, const recorded_run *run, uint64_t order, qn_err *err);
void chain_free(chain *c);

/* The item with a sequence number; NULL if it is not in the chain. */
const chain_item *chain_find(const chain *c, uint64_t seq);

/* A copy of a record that lives as long as the chain; NULL when out of memory. */
qn_event *chain_copy(chain *c, const qn_event *record);

/* Fill in the market events, from the catalog that the run's config names. Where that cannot be
 * done, chain.why says why, and that is no error. QN_E_NO_MEMORY. */
int32_t chain_add_market(chain *c, qn_err *err);

/* Room for the words of one item. */
#define WORDS_TEXT 8192u

/* Append an item as lines for people; nothing, where it repeats what another one says. */
void chain_words(qn_text *to, const chain *c, const chain_item *item);
/* Append "buy 0.5 BTCUSDT.binance at market". */
void order_words(qn_text *to, const qn_order *o, const qn_record_names *names);

/* Print the chain of an order, named as in orders.csv. Returns an exit status. */
int journal_show_order(const recorded_run *run, const char *name, bool is_json);

#endif
