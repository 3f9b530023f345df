/* SPDX-License-Identifier: MIT
 *
 * A new build of a sink: what the bus is asked for, and who sits in the seat afterwards. */
#include "internal.h"

#include "base/fail.h"

static void on_sink_done(void *ctx, bus_outcome outcome, int32_t code, const char *why)
{
    engine *e = ctx;
    reloads *r = &e->reloads;

    r->outcome = outcome;
    r->code = code;
    fail(&r->err, code, "%s", why);
    atomic_store_explicit(&r->is_loaded, true, memory_order_release);
    engine_attend(e);
}

void sink_change(engine *e)
{
    reloads *r = &e->reloads;
    const bus_change change = {.table = r->body->cls->table,
                               .self = r->body->self,
                               .back_table = r->spare->cls->table,
                               .back = r->spare->self,
                               .done = on_sink_done,
                               .ctx = e};

    atomic_store_explicit(&r->is_loaded, false, memory_order_relaxed);
    r->phase = RELOAD_CHANGING;
    bus_replace(e->bus, (uint32_t)(r->seat - e->sinks), &change);
}

void sink_seat(reloads *r)
{
    if (r->outcome == BUS_AS_BEFORE) return;
    if (r->outcome == BUS_CHANGED) {
        instance_seat(r->seat, r->body);
        body_drop(r->spare); /* first: it is of the module that goes with the old one */
        r->spare = NULL;
        body_free(r->old);
        r->body = NULL;
        r->adopted = NULL; /* in use by who sits there */
    } else {
        instance_seat(r->seat, r->spare);
        body_drop(r->old); /* its use of the module goes over to the one of the same build */
        r->spare = NULL;
    }
    r->old = r->seat->live;
}
