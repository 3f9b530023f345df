/* SPDX-License-Identifier: MIT
 *
 * The calls of a build at work that a new build has still to see.
 *
 * A new build loads the state of the one at work on the loading thread. Meanwhile the run goes on,
 * and each call of the one at work is kept here, with what it asked of the host and what it was
 * answered. Then the new build is given them, a few between two events, until none is left: from
 * there on it sees each call when it is made (tee.h).
 *
 * The room is bounded. When it is used up everything that was kept is thrown away, and the state
 * has to be saved again.
 *
 * The engine's thread; catchup_open alone runs on the loading thread, before anything is kept. */
#ifndef QUOIN_ENGINE_CATCHUP_H
#define QUOIN_ENGINE_CATCHUP_H

#include <quoin/plugin.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CATCHUP_BYTES ((size_t)16 << 20)
#define CATCHUP_CALLS 32u /* given between two events: more than one event brings about */
#define CATCHUP_TRIES 3u  /* so often the state is saved for one reload */

/* A call, in front of its bytes: what went in, what came out (risk: the answer as it was asked for
 * and as it was given; a command: its result), and the log of what the build at work called
 * meanwhile. */
typedef struct kept_call {
    uint32_t size; /* all of it, a multiple of 8 */
    uint32_t nin, nout, nlog;
    int32_t result;
    uint32_t is_command; /* an operator's: in is a qn_command, out a command_result */
    int64_t now;         /* engine time */
} kept_call;

/* All zero is one that keeps nothing. */
typedef struct catchup {
    unsigned char *bytes;
    size_t room; /* 0 = CATCHUP_BYTES; set before it is opened */
    size_t begun, used;
    bool is_overrun;
    uint64_t kept, given; /* calls, since it was begun */
} catchup;

/* Take the memory, which later reloads use again. QN_OK or QN_E_NO_MEMORY. */
int32_t catchup_open(catchup *c, qn_err *err);
/* Nothing is kept, and there was no overrun. */
void catchup_begin(catchup *c);
/* Keep a call; the sizes are those of `head`. Without room for it everything is thrown away. */
void catchup_keep(catchup *c, const kept_call *head, const void *in, const void *out,
                  const void *log);
/* The call that is next; NULL when none is left. Valid until it is dropped, or one is kept. */
const kept_call *catchup_first(const catchup *c);
void catchup_drop(catchup *c);
void catchup_close(catchup *c);

static inline const void *kept_in(const kept_call *k)
{
    return k + 1;
}

static inline const void *kept_out(const kept_call *k)
{
    return (const unsigned char *)(k + 1) + ((k->nin + 7u) & ~7u);
}

static inline const void *kept_log(const kept_call *k)
{
    return (const unsigned char *)kept_out(k) + ((k->nout + 7u) & ~7u);
}

#endif
