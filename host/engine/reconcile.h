/* SPDX-License-Identifier: MIT
 *
 * Reconcile: what a venue that has just been started says of its orders, held against the books.
 *
 * It is asked which orders work, so that there is none that the run does not know; then of each
 * order that the run knows to work, what became of it. Its answers are checked as they come, and
 * nothing is booked yet: either all of them make sense together, or the venue is not used.
 *
 *   it works on as the books say      nothing is to be booked
 *   it has been filled since          its fills
 *   it has ended since                its report
 *   a request had no answer yet       its report is the answer
 *   the venue has not got it          CANCELED, reason NOT_AT_VENUE
 *   no answer, or one that cannot be  the venue is not used
 *
 * What is to be booked is sequenced as what a venue pushes, all of it before anybody answers. */
#ifndef QUOIN_ENGINE_RECONCILE_H
#define QUOIN_ENGINE_RECONCILE_H

#include "ledger/order.h"

#include "waiting.h"

struct engine;
struct venue;
struct body;

typedef struct reconcile {
    struct engine *e;
    struct venue *venue;
    event_queue told; /* what is to be booked */
    uint32_t what;    /* QN_QUERY_ that is asked now; 0 = nothing is, and nothing may be pushed */
    const order *o;   /* QN_QUERY_ORDER: which one */
    int64_t filled;   /* of it, with what was told */
    uint32_t state;   /* that was told of it; 0 = none yet */
    int32_t code;     /* the first answer that was wrong */
    qn_err err;
} reconcile;

/* From here on what the venue pushes is an answer, until reconcile_end. QN_OK, QN_E_NO_MEMORY. */
int32_t reconcile_begin(reconcile *c, struct engine *e, struct venue *v, qn_err *err);
/* Ask one build of it, which is started and not yet in the seat; *err says what is wrong with what
 * it said. May be done again with another build: what the one before has told is forgotten. */
int32_t reconcile_ask(reconcile *c, const struct body *b, qn_err *err);
/* An event that the venue has pushed; NULL = one that no venue may push. QN_OK or QN_E_INVALID. */
int32_t reconcile_take(reconcile *c, const qn_event *ev);
/* Put what differs into the queue of the run. Returns how many events that are. */
uint64_t reconcile_book(reconcile *c);
void reconcile_end(reconcile *c);

#endif
