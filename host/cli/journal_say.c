/* SPDX-License-Identifier: MIT */
#include "journal_say.h"

#include "base/clock.h"

#include <math.h>

void say(speech *s, const char *text)
{
    qn_text_add(s->to, text);
}

static void say_scaled(speech *s, const char *lead, int64_t value, int32_t exp)
{
    say(s, lead);
    if (s->in)
        qn_text_add_decimal(s->to, value, exp);
    else
        qn_text_add_integer(s->to, value);
}

void say_price(speech *s, const char *lead, int64_t value)
{
    say_scaled(s, lead, value, s->in ? s->in->price_exp : 0);
}

void say_qty(speech *s, const char *lead, int64_t value)
{
    say_scaled(s, lead, value, s->in ? s->in->qty_exp : 0);
}

void say_money(speech *s, const char *lead, int64_t value)
{
    say_scaled(s, lead, value, s->in ? s->in->money_exp : 0);
    if (!s->in) return;
    say(s, " ");
    qn_text_add_clean(s->to, s->in->settle);
}

void say_maybe_price(speech *s, const char *lead, int64_t value)
{
    if (value) say_price(s, lead, value);
}

void say_real(speech *s, const char *lead, double value)
{
    double scale = 1;

    while (fabs(value) * scale < 1e5 && scale < 1e12 && value != 0)
        scale *= 10;
    say(s, lead);
    qn_text_add_real(s->to, round(value * scale) / scale);
}

void say_count(speech *s, const char *lead, uint64_t n)
{
    say(s, lead);
    qn_text_add_count(s->to, n);
}

void say_named(speech *s, const char *lead, const char *const *names, uint32_t n, uint32_t i)
{
    say(s, lead);
    if (i < n && names[i])
        qn_text_add_clean(s->to, names[i]);
    else
        qn_text_add_count(s->to, i);
}

void say_strategy(speech *s, const char *lead, uint32_t number)
{
    say_named(s, lead, s->names->strategies, s->names->nstrategies, number);
}

void say_module(speech *s, const char *lead, uint32_t number)
{
    if (number) {
        say_named(s, lead, s->names->modules, s->names->nmodules, number);
    } else {
        say(s, lead);
        say(s, "the host");
    }
}

void say_instrument(speech *s, const char *lead, uint32_t number)
{
    const qn_instrument *in =
        number < s->names->ninstruments ? s->names->instruments[number] : NULL;

    say(s, lead);
    if (in)
        qn_text_add_clean(s->to, in->name);
    else
        qn_text_add_count(s->to, number);
}

void say_order_id(speech *s, const char *lead, uint64_t id)
{
    say(s, lead);
    qn_record_order_id(s->to, id, s->names);
}

void say_when(speech *s, const char *lead, int64_t ts)
{
    say(s, lead);
    qn_text_add_time_short(s->to, ts);
}

void say_duration(speech *s, const char *lead, int64_t ns)
{
    char text[24];

    duration_format(ns, text);
    say(s, lead);
    say(s, text);
}

void say_reason(qn_text *to, const char *lead, uint32_t reason)
{
#define ROW(number, NAME, meaning) [number] = {#NAME, meaning},
    static const struct {
        const char *name, *meaning;
    } rows[] = {QN_REASON_LIST(ROW)};
#undef ROW

    qn_text_add(to, lead);
    if (reason >= sizeof rows / sizeof rows[0]) {
        qn_text_add_count(to, reason);
        return;
    }
    qn_text_add(to, rows[reason].meaning);
    qn_text_add(to, " [");
    qn_text_add(to, rows[reason].name);
    qn_text_add(to, "]");
}

void say_end_reason(qn_text *to, const char *lead, uint32_t reason, bool is_exit)
{
    if (reason != QN_REASON_POSITION_CLOSED || is_exit) {
        say_reason(to, lead, reason);
        return;
    }
    qn_text_add(to, lead);
    qn_text_add(to, "a stop or take-profit of its position was filled [POSITION_CLOSED]");
}

void say_limit(speech *s, double bound, double value)
{
    if (bound == 0 && value == 0) return;
    say_real(s, " (limit ", bound);
    say_real(s, ", value ", value);
    say(s, ")");
}
