/* SPDX-License-Identifier: MIT
 *
 * Pieces of a sentence about a record. Each writes its lead, a text, and then its value with the
 * scale of the record's instrument, or with the name that stands for it. */
#ifndef QUOIN_CLI_JOURNAL_SAY_H
#define QUOIN_CLI_JOURNAL_SAY_H

#include "journal_order.h"

typedef struct speech {
    qn_text *to;
    const chain *chain;
    const chain_item *item;
    const qn_record_names *names;
    const qn_instrument *in; /* of the record; NULL = none, or not known */
} speech;

void say(speech *s, const char *text);
void say_price(speech *s, const char *lead, int64_t value);
void say_maybe_price(speech *s, const char *lead, int64_t value); /* nothing for 0 */
void say_qty(speech *s, const char *lead, int64_t value);
void say_money(speech *s, const char *lead, int64_t value); /* with its currency */
/* To six digits: enough for a person; the record has all of them. */
void say_real(speech *s, const char *lead, double value);
void say_count(speech *s, const char *lead, uint64_t n);
void say_named(speech *s, const char *lead, const char *const *names, uint32_t n, uint32_t i);
void say_strategy(speech *s, const char *lead, uint32_t number);
void say_module(speech *s, const char *lead, uint32_t number); /* 0 is the host */
void say_instrument(speech *s, const char *lead, uint32_t number);
void say_order_id(speech *s, const char *lead, uint64_t id);
void say_when(speech *s, const char *lead, int64_t ts);
void say_duration(speech *s, const char *lead, int64_t ns);
/* " (limit 1, value 1.2)"; nothing where both are 0. */
void say_limit(speech *s, double bound, double value);
/* A reason in words, with its name in brackets. */
void say_reason(qn_text *to, const char *lead, uint32_t reason);
/* The reason why an order ended. A stop that is filled ends other exits and what still builds the
 * position, which are two different stories of one reason. */
void say_end_reason(qn_text *to, const char *lead, uint32_t reason, bool is_exit);

#endif
