/* SPDX-License-Identifier: MIT
 *
 * A call of a plugin on a stack of its own, which the host can leave for good.
 *
 * A build that is known to crash in a call, behind what it sends there, is called once more when
 * the run is done again: what it sent is on record, and has left. The call is left as soon as all
 * of that is done, before it comes to the crash: what stands on its stack is never gone on with. */
#ifndef QUOIN_ENGINE_APART_H
#define QUOIN_ENGINE_APART_H

#include <quoin/event.h>

struct instance;
typedef struct apart apart;

/* The call itself, by the kind's own types. Returns what the plugin returned. */
typedef int32_t (*apart_call)(struct instance *in, const qn_event *ev, const void *out);

/* Make a call that may be left: QN_OK if it was. QN_E_NO_MEMORY: it was not made. */
int32_t apart_make(struct instance *in, apart_call call, const qn_event *ev, const void *out);
/* Within such a call, from a function of the host: leave it. Does not return. */
_Noreturn void apart_leave(struct instance *in);

#endif
