/* SPDX-License-Identifier: MIT
 *
 * Orders that leave the host past their budget. */
#include "internal.h"

static int32_t send_unchecked(venue *v, const qn_order *o)
{
    return v->table->submit(v->in.self, o); /* expect: venue */
}

static int32_t change_unchecked(engine *e, const qn_order *o)
{
    return e->venues[0].table->modify(e->venues[0].in.self, o); /* expect: venue */
}

static int32_t over_lines(venue *v, const qn_order *o)
{
    return v->table->submit /* expect: venue */
        (v->in.self, o);
}

static int32_t by_a_copy(venue *v, const qn_order *o)
{
    int32_t (*send)(void *, const qn_order *) = v->table->submit; /* expect: venue */

    return send(v->in.self, o);
}

/* What is right: a cancel, the question whether a venue can, and other things of those names. */
static int32_t take_back(venue *v, uint64_t id, const any_intent *in)
{
    if (!v->table->modify || !v->table->submit) return QN_E_UNSUPPORTED;
    pool_submit(in->modify.order_id);
    return v->table->cancel(v->in.self, id);
}
