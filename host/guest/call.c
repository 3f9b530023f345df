/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include "base/fail.h"

#include <stdio.h>
#include <string.h>

#define LOOK_EVERY 1024u /* questions: who asks without end does not return either */

/* The lane failed, or what came over it is wrong. */
static int32_t broken(guest *g, const call *c, int32_t rc)
{
    if (g->is_dead) return g->code;
    return guest_end(g, rc == QN_E_NO_MEMORY ? QN_E_DIED : QN_E_GUEST_WIRE,
                     "guest process %d of %s, in %s: %s (message of type %u)", g->pid, g->name,
                     wire_call_text(c->type), error_meaning(rc), g->lane.type);
}

static int32_t take_return(guest *g, answer *a)
{
    wire_answer head;

    if (g->lane.n < sizeof head) return QN_E_GUEST_WIRE;
    memcpy(&head, g->lane.bytes, sizeof head);
    *a = (answer){head.result, head.value, g->lane.bytes + sizeof head, g->lane.n - sizeof head};
    return QN_OK;
}

static int32_t converse(guest *g, call *c, answer *a)
{
    uint32_t seat = c->proxy ? c->proxy->number : 0;
    int32_t rc;

    for (;;) {
        if ((rc = wire_receive(&g->lane)) != QN_OK) return rc;
        if (g->lane.seat != seat) return QN_E_GUEST_WIRE;
        if (g->lane.type == WIRE_RETURN) return take_return(g, a);
        if ((rc = serve(g, c)) != QN_OK) return rc;
        if (g->is_dead) return g->code;
        if (++c->asked % LOOK_EVERY == 0 && (rc = guest_look(g)) != QN_OK) return rc;
    }
}

static uint32_t depth_of(const call *c)
{
    uint32_t n = 0;

    for (; c; c = c->outer)
        n++;
    return n;
}

int32_t guest_call(guest *g, call *c, const wire_part *parts, size_t nparts, answer *a)
{
    int32_t rc;

    if (g->is_dead) return g->code;
    c->outer = g->innermost;
    if (depth_of(c) > GUEST_DEPTH) return QN_E_FULL;
    g->innermost = c;
    if (!c->outer) g->lane.asked_at = 0;
    /* what was said before it was asked is no answer */
    rc = wire_is_empty(&g->lane)
             ? wire_send(&g->lane, c->type, c->proxy ? c->proxy->number : 0, parts, nparts)
             : QN_E_GUEST_WIRE;
    if (rc == QN_E_FULL) { /* nothing was sent */
        g->innermost = c->outer;
        return rc;
    }
    if (rc == QN_OK) rc = converse(g, c, a);
    if (rc != QN_OK) rc = broken(g, c, rc);
    g->innermost = c->outer;
    return rc;
}

void guest_text(char *to, const unsigned char *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(from[i] < ' ' || from[i] == 127 ? '?' : from[i]);
    to[n] = '\0';
}

/* Cut where it is longer than a reason. */
static void say(const answer *a, qn_err *err)
{
    if (!err) return;
    guest_text(err->msg, a->bytes, a->n < sizeof err->msg - 1 ? a->n : sizeof err->msg - 1);
}

int32_t guest_call_told(guest *g, call *c, const wire_part *parts, size_t nparts, answer *a,
                        qn_err *err)
{
    int32_t rc = guest_call(g, c, parts, nparts, a);

    if (rc != QN_OK) return fail(err, rc, "%s", g->is_dead ? g->why : error_meaning(rc));
    if (a->result != (int32_t)a->result) return broken(g, c, QN_E_GUEST_WIRE);
    if (a->result != QN_OK) {
        if (err) err->code = (int32_t)a->result;
        say(a, err);
    }
    return (int32_t)a->result;
}

int32_t guest_ask(guest *g, call *c, const wire_call *head, const void *data, size_t n, answer *a,
                  qn_err *err)
{
    const wire_part parts[] = {{head, sizeof *head}, {data, n}};

    return guest_call_told(g, c, parts, 2, a, err);
}
